//! `profile`: the clouds that are configured, and which of them is in use.

use super::{Builtin, Known, import};
use crate::config::file::File;
use crate::config::resolve::{Flags, describe};
use crate::error::{Error, Result};
use crate::record::answer::Answer;
use crate::record::{Record, Value};
use crate::shell::session::{Session, Shown, View};

/// The built-in cloud's profile, which is always there.
const DEMO: &str = "demo";
const WORDS: [&str; 6] = ["list", "add", "use", "remove", "show", "import"];

pub const PROFILE: Builtin = Builtin {
    name: "profile",
    args: "list | add NAME | use NAME | remove NAME | show [NAME] | import [NAME…] [--replace]",
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
        _ => Vec::new(),
    }
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        [] | ["list"] => Ok(list(session)),
        ["add", name] => add(session, name),
        ["use", name] => switch(session, name),
        ["remove", name] => remove(session, name),
        ["show"] => show(session, None),
        ["show", name] => show(session, Some(name)),
        ["import", ref names @ ..] => import::run(session, names),
        [word, ..] => {
            let what = if WORDS.contains(&word) {
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
            let url = match session.file.get(name, "url") {
                None if name == DEMO => "built in".into(),
                url => url.unwrap_or_default(),
            };
            row.push("url", Value::String(url));
            row.push("inuse", Value::Bool(*name == session.resolved.profile));
            row
        })
        .collect();
    View::of(
        Answer::table("profile", rows),
        session.resolved.get("output"),
    )
}

fn add(session: &mut Session, name: &str) -> Result<Shown> {
    File::edit(&session.places, |file| {
        file.add(name)?;
        file.switch(name)
    })?;
    session.flags.url = None;
    session.flags.profile = Some(name.into());
    session.reload()?;
    session.ui.say(&format!(
        "profile {name} is in use; it needs: set url URL, and set apikey KEY and set secretkey SECRET, or set username NAME and login"
    ));
    Ok(Shown::Nothing)
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
