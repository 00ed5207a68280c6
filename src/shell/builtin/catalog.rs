//! `catalog`: what is known of what can be called, and what the last `sync` changed of it.

use jiff::Timestamp;

use super::{Builtin, Known};
use crate::catalog::diff::{Difference, differences};
use crate::catalog::{Catalog, cache};
use crate::client::Options;
use crate::cloud::{Outcome, Request};
use crate::config::elsewhere::settle;
use crate::config::resolve::{Flags, Resolved};
use crate::error::{Error, Result};
use crate::record::answer::Answer;
use crate::record::{Record, Value};
use crate::shell::calls::options_of;
use crate::shell::session::{Session, Shown, View};

const WORDS: [&str; 2] = ["show", "diff"];
/// The call that tells a server's version, and the field in which it does.
const CAPABILITIES: &str = "listCapabilities";
const VERSION: &str = "cloudstackversion";

pub const CATALOG: Builtin = Builtin {
    name: "catalog",
    args: "show | diff [PROFILE]",
    about: "Tells what can be called, and what the last sync changed",
    run,
    words,
};

fn words(known: &Known, given: &[&str]) -> Vec<String> {
    match given {
        [] => WORDS.map(String::from).to_vec(),
        ["diff"] => known.profiles.clone(),
        _ => Vec::new(),
    }
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        [] | ["show"] => show(session),
        ["diff"] => diff(session, None),
        ["diff", profile] => diff(session, Some(profile)),
        [word, ..] => Err(Error::line(format!("catalog {word} is not known"))
            .hint(format!("catalog {}", CATALOG.args))),
    }
}

fn show(session: &mut Session) -> Result<Shown> {
    let catalog = session.catalog()?;
    let path = session.catalogue_path(&session.resolved)?;
    let synced = std::fs::metadata(&path)
        .and_then(|found| found.modified())
        .ok();
    let synced = synced
        .and_then(|time| Timestamp::try_from(time).ok())
        .map_or(String::new(), |time| {
            time.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
        });
    let asynchronous = catalog.entries().iter().filter(|entry| entry.asynchronous);
    let asynchronous = asynchronous.count();
    let version = version(session, &catalog);
    let mut row = Record::default();
    row.push("profile", Value::String(session.resolved.profile.clone()));
    row.push("apis", Value::Number(catalog.len().to_string()));
    row.push("asynchronous", Value::Number(asynchronous.to_string()));
    row.push("verbs", Value::Number(catalog.verbs().len().to_string()));
    row.push("synced", Value::String(synced));
    row.push("version", Value::String(version));
    let told = if catalog.shipped() {
        "this program"
    } else {
        "the cloud"
    };
    row.push("toldby", Value::String(told.into()));
    let form = session.resolved.get("output");
    Ok(View::of(Answer::of(Value::Record(row)), form))
}

/// The server's version; empty where it does not tell.
fn version(session: &mut Session, catalog: &Catalog) -> String {
    if !matches!(catalog.api(CAPABILITIES), Ok(Some(_))) {
        return String::new();
    }
    let request = Request {
        api: CAPABILITIES.into(),
        params: Vec::new(),
    };
    let options = Options {
        retries: 0,
        ..options_of(&session.resolved)
    };
    let answer = session.client().and_then(|client| {
        let begun = session.start(&client, &request, &options)?;
        Ok(begun.outcome)
    });
    match answer {
        Ok(Outcome::Done(answer)) => {
            let row = answer.rows.iter().next();
            row.and_then(|row| row.text(VERSION)).unwrap_or_default()
        }
        Ok(_) => String::new(),
        Err(error) => {
            session
                .ui
                .warn(&format!("the version was not told: {}", error.message));
            String::new()
        }
    }
}

fn diff(session: &mut Session, profile: Option<&str>) -> Result<Shown> {
    let now = session.catalog()?;
    let before = match profile {
        Some(name) => of_profile(session, name)?,
        None => {
            let path = session.catalogue_path(&session.resolved)?;
            cache::load_previous(&path).ok_or_else(|| {
                Error::local("there is no earlier catalogue: it was synced once so far")
                    .hint("`sync` asks anew, and `catalog diff` tells then what changed")
            })?
        }
    };
    let found = differences(&before, &now)?;
    if found.is_empty() {
        session.ui.say("there is no difference");
    }
    let rows = found.iter().map(row).collect();
    Ok(View::of(
        Answer::table("difference", rows),
        session.resolved.get("output"),
    ))
}

fn row(found: &Difference) -> Record {
    let mut row = Record::default();
    for (name, value) in [
        ("api", found.api.as_str()),
        ("param", &found.param),
        ("change", found.change.name()),
        ("before", &found.before),
        ("now", &found.now),
    ] {
        row.push(name, Value::String(value.into()));
    }
    row
}

/// What is known of another profile's cloud.
fn of_profile(session: &Session, name: &str) -> Result<Catalog> {
    let flags = Flags {
        profile: Some(name.into()),
        ..Flags::default()
    };
    let resolved: Resolved = settle(&session.file, &*session.env, &flags)?;
    let path = session.catalogue_path(&resolved)?;
    cache::load(&path).ok_or_else(|| {
        Error::local(format!(
            "nothing is known yet of what can be called in profile {name}"
        ))
        .hint(format!("capuchin -p {name} sync"))
    })
}
