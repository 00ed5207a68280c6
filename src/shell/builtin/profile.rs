//! `profile`: the clouds that are configured, and which of them is in use.

use super::{Builtin, Known, import};
use crate::cloud;
use crate::config::file::File;
use crate::config::resolve::{Flags, Resolved, describe, resolve};
use crate::config::settings::{self, Setting};
use crate::error::{Error, Result};
use crate::line::shown;
use crate::record::answer::Answer;
use crate::record::{Record, Value};
use crate::shell::session::{Session, Shown, View};

/// The built-in cloud's profile, which is always there.
const DEMO: &str = "demo";
/// What a profile can be given as it is added.
const FIRST: [&str; 3] = ["--kind", "--site", "--url"];
const WORDS: [&str; 6] = ["list", "add", "use", "remove", "show", "import"];

pub const PROFILE: Builtin = Builtin {
    name: "profile",
    args: "list | add NAME [--kind KIND] [--site SITE] [--url URL] | use NAME | remove NAME | show [NAME] | import [NAME…] [--replace]",
    about: "Lists, adds, chooses, removes, shows or imports profiles: one a cloud and identity",
    run,
    words,
};

fn words(known: &Known, given: &[&str]) -> Vec<String> {
    match given {
        [] => WORDS.map(String::from).to_vec(),
        ["use" | "remove" | "show"] => known
            .profiles
            .iter()
            .cloned()
            .chain(std::iter::once(DEMO.to_string()))
            .collect(),
        ["add", _, given @ ..] => added(given),
        _ => Vec::new(),
    }
}

/// What may follow on a line that adds a profile.
fn added(given: &[&str]) -> Vec<String> {
    let of = |name: &str| {
        let mut words = given.windows(2);
        words.find(|pair| pair[0] == name).map(|pair| pair[1])
    };
    match given.last() {
        Some(&"--kind") => cloud::NAMES.iter().map(ToString::to_string).collect(),
        Some(&"--site") => {
            let sites = cloud::kind(of("--kind").unwrap_or_default()).sites.iter();
            sites.map(|(name, _)| name.to_string()).collect()
        }
        Some(&"--url") => Vec::new(),
        _ => {
            let left = FIRST.iter().filter(|name| !given.contains(*name));
            left.map(ToString::to_string).collect()
        }
    }
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        [] | ["list"] => Ok(list(session)),
        ["add", name, ref first @ ..] if !name.starts_with('-') => add(session, name, first),
        ["use", name] => switch(session, name),
        ["remove", name] => remove(session, name),
        ["show"] => show(session, None),
        ["show", name] => show(session, Some(name)),
        ["import", ref names @ ..] => import::run(session, names),
        [word, ..] => {
            let what = if word == "add" {
                "profile add takes the name first".into()
            } else if WORDS.contains(&word) {
                format!("profile {word} takes one name")
            } else {
                format!("profile {word} is not known")
            };
            Err(Error::line(what).hint(format!("profile {}", PROFILE.args)))
        }
    }
}

fn list(session: &Session) -> Shown {
    let mut names = session.file.profiles();
    if !names.iter().any(|name| name == DEMO) {
        names.push(DEMO.into());
    }
    let rows = names
        .iter()
        .map(|name| {
            let mut row = Record::default();
            row.push("name", Value::String(name.clone()));
            let settings = settings_of(session, name);
            let said = |name: &str| {
                let settings = settings.as_ref();
                settings.map_or(String::new(), |settings| settings.get(name))
            };
            let url = match said("url") {
                none if none.is_empty() && name == DEMO => "built in".into(),
                url => url,
            };
            row.push("url", Value::String(url));
            row.push("inuse", Value::Bool(*name == session.resolved.profile));
            row.push("kind", Value::String(said("kind")));
            row
        })
        .collect();
    View::of(
        Answer::table("profile", rows),
        session.resolved.get("output"),
    )
}

/// What holds in a profile, where that can be settled.
fn settings_of(session: &Session, name: &str) -> Option<Resolved> {
    let flags = Flags {
        profile: Some(name.into()),
        ..Flags::default()
    };
    resolve(&session.file, &*session.env, &flags).ok()
}

fn add(session: &mut Session, name: &str, first: &[&str]) -> Result<Shown> {
    let first = first_settings(first)?;
    File::edit(&session.places, |file| {
        file.add(name)?;
        for (setting, value) in &first {
            file.set(name, setting, value)?;
        }
        file.switch(name)
    })?;
    session.flags.url = None;
    session.flags.profile = Some(name.into());
    session.reload()?;
    let kind = session.resolved.kind();
    let addressed = first.iter().any(|(setting, _)| setting.name == "url");
    let needs = kind.needs(addressed);
    let url = session.resolved.get("url");
    let at = match url.is_empty() {
        true => String::new(),
        false => format!(" for {url}"),
    };
    session
        .ui
        .say(&format!("profile {name} is in use{at}; it needs: {needs}"));
    Ok(Shown::Nothing)
}

/// The settings in `--kind kcps --site=…`.
fn first_settings<'w>(words: &[&'w str]) -> Result<Vec<(&'static Setting, &'w str)>> {
    let mut found: Vec<(&'static Setting, &str)> = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (*word, None),
        };
        let known = FIRST.iter().find(|known| **known == name);
        let setting = known.and_then(|known| settings::find(known.trim_start_matches('-')));
        let Some(setting) = setting else {
            return Err(
                Error::line(format!("profile add does not know {}", shown(name)))
                    .hint(format!("profile {}", PROFILE.args)),
            );
        };
        let Some(value) = value.or_else(|| words.next().copied()) else {
            return Err(Error::line(format!("profile add: {name} needs a value")));
        };
        if found.iter().any(|(other, _)| *other == setting) {
            return Err(Error::line(format!("profile add: {name} is there twice")));
        }
        found.push((setting, value));
    }
    let of = |name: &str| {
        let mut given = found.iter().filter(|(setting, _)| setting.name == name);
        given.next().map(|(_, value)| *value)
    };
    let kind = cloud::kind(of("kind").unwrap_or_default());
    if let Some(site) = of("site")
        && !kind.sites.iter().any(|(name, _)| *name == site)
    {
        let names: Vec<&str> = kind.sites.iter().map(|(name, _)| *name).collect();
        let error = Error::line(format!("{} has no site {}", kind.about, shown(site)));
        return Err(match names.is_empty() {
            true => error.hint("--url ADDRESS says where it is"),
            false => error.hint(format!("its sites are {}", names.join(", "))),
        });
    }
    Ok(found)
}

fn switch(session: &mut Session, name: &str) -> Result<Shown> {
    // Which one a configuration that is not ours has in use is not ours to change.
    match session.places.foreign {
        true => session.file.known(name)?,
        false => File::edit(&session.places, |file| file.switch(name))?,
    }
    session.flags = Flags {
        profile: Some(name.into()),
        output: session.flags.output.take(),
        ..Flags::default()
    };
    session.reload()?;
    Ok(Shown::Nothing)
}

fn remove(session: &mut Session, name: &str) -> Result<Shown> {
    File::edit(&session.places, |file| file.remove(name))?;
    if session.flags.profile.as_deref() == Some(name) {
        session.flags.profile = None;
        session.flags.url = None;
    }
    session.reload()?;
    session.ui.say(&format!(
        "profile {name} is removed; {} is in use",
        session.resolved.profile
    ));
    Ok(Shown::Nothing)
}

fn show(session: &Session, name: Option<&str>) -> Result<Shown> {
    let resolved = match name {
        None => session.resolved.clone(),
        Some(name) => {
            let flags = Flags {
                profile: Some(name.into()),
                ..Default::default()
            };
            crate::config::elsewhere::settle(&session.file, &*session.env, &flags)?
        }
    };
    let mut row = Record::default();
    row.push("profile", Value::String(resolved.profile.clone()));
    for (name, value, _) in describe(&resolved) {
        row.push(name, Value::String(value));
    }
    let form = session.resolved.get("output");
    Ok(View::of(Answer::of(Value::Record(row)), form))
}
