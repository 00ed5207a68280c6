//! `set`: shows the settings or changes one; at a prompt and as a one-shot for good, in a script for the script.

use super::{Builtin, Known};
use crate::config::file::File;
use crate::config::resolve::{Origin, describe, new_profile_for};
use crate::config::settings::{self, Kind, Setting};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::record::answer::Answer;
use crate::record::{Record, Value};
use crate::shell::ask;
use crate::shell::prompt;
use crate::shell::session::{Mode, Session, Shown, View};
use crate::shell::tab::setting_values;

pub const SET: Builtin = Builtin {
    name: "set",
    args: "[NAME [VALUE]]",
    about: "Shows all settings or one, or changes one",
    run,
    words,
};

fn words(_: &Known, given: &[&str]) -> Vec<String> {
    match given {
        [] => settings::SETTINGS
            .iter()
            .map(|setting| setting.name.to_string())
            .collect(),
        [name] => setting_values(name),
        _ => Vec::new(),
    }
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let (name, value) = match args {
        [] => return Ok(all(session)),
        [word] => match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_string())),
            None => (word.as_str(), None),
        },
        // A prompt may hold blanks, and nobody quotes it.
        [name, rest @ ..] => (name.as_str(), Some(rest.join(" "))),
    };
    let setting = settings::find(name).ok_or_else(|| unknown(name))?;
    match value {
        None if setting.kind == Kind::Secret && asks(session) => {
            // Ctrl-C at the question needs somebody who listens for it.
            session.network()?;
            let question = format!("{} (not shown): ", setting.name);
            let typed = session.ui.wait_for_user(|| ask::password(&question))?;
            change(session, setting, typed.expose())
        }
        None => one(session, setting),
        Some(value) if setting.kind == Kind::Secret => match value.strip_prefix('@') {
            Some(text) if text.starts_with('@') => change(session, setting, text),
            Some(place) => {
                let secret = ask::from_place(session, setting.name, place)?;
                change(session, setting, secret.expose())
            }
            None => change(session, setting, &value),
        },
        Some(value) => change(session, setting, &value),
    }
}

/// Whether somebody is there who can type what nobody else is to read.
fn asks(session: &Session) -> bool {
    matches!(session.mode, Mode::Prompt | Mode::OneShot) && ask::possible(&session.ui)
}

fn unknown(name: &str) -> Error {
    let error = Error::line(format!("there is no setting {name}"));
    match settings::nearest(name).first() {
        Some(near) => error.hint(format!("did you mean {near}? `set` alone lists all")),
        None => error.hint("`set` alone lists all"),
    }
}

fn all(session: &Session) -> Shown {
    let rows = describe(&session.resolved)
        .into_iter()
        .map(|(name, value, origin)| {
            let mut row = Record::default();
            row.push("name", Value::String(name));
            row.push("value", Value::String(value));
            row.push("from", Value::String(origin));
            row
        })
        .collect();
    View::of(
        Answer::table("setting", rows),
        session.resolved.get("output"),
    )
}

fn one(session: &Session, setting: &'static Setting) -> Result<Shown> {
    let shown = describe(&session.resolved)
        .into_iter()
        .find(|(name, ..)| name == setting.name)
        .map_or(String::new(), |(_, value, _)| value);
    let mut row = Record::default();
    row.push(setting.name, Value::String(shown));
    let answer = Answer::of(Value::Record(row));
    Ok(View::of(answer, session.resolved.get("output")))
}

fn change(session: &mut Session, setting: &'static Setting, value: &str) -> Result<Shown> {
    setting.check(value)?;
    if setting.name == "contract"
        && !value.is_empty()
        && let Some(desk) = session
            .dialect()
            .desk()
            .filter(|desk| !(desk.is_contract)(value))
    {
        return Err(Error {
            kind: ErrorKind::Line,
            ..desk.no_contract(value)
        });
    }
    if setting.name == "prompt" {
        prompt::check(value)?;
    }
    // A configuration that is not ours is never written, so what is set holds as long as the process.
    if matches!(session.mode, Mode::Script { .. }) || session.places.foreign {
        session.resolved = session.resolved.with(setting.name, value)?;
        return Ok(Shown::Nothing);
    }
    match session.resolved.origin {
        Origin::Environment if setting.connection => {
            return Err(Error::line(format!(
                "{} comes from the environment (CLOUDSTACK_ENDPOINT, CLOUDSTACK_KEY, CLOUDSTACK_SECRET)",
                setting.name
            ))
            .hint("`profile use NAME` sets the environment's aside"));
        }
        Origin::Demo if setting.connection => start_profile(session, setting, value)?,
        _ => {
            let profile = session.resolved.profile.clone();
            File::edit(&session.places, |file| file.set(&profile, setting, value))?;
        }
    }
    session.reload()?;
    Ok(Shown::Nothing)
}

/// The built-in cloud's way in is its own, so the change begins a profile for another cloud.
fn start_profile(session: &mut Session, setting: &'static Setting, value: &str) -> Result<()> {
    let host = (setting.name == "host").then_some(value);
    let profile = new_profile_for(&session.file, host);
    File::edit(&session.places, |file| {
        file.add(&profile)?;
        file.set(&profile, setting, value)?;
        file.switch(&profile)
    })?;
    session.flags.url = None;
    session.flags.profile = Some(profile.clone());
    session.ui.say(&format!(
        "{} belongs to no demo cloud: a new profile, {profile}, begins and is in use (`profile use demo` goes back)",
        setting.name
    ));
    Ok(())
}
