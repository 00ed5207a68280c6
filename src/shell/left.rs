//! What a session's own calls made and did not delete again: a line each, with the command that deletes it.

use super::keep::Kept;
use super::session::Session;
use crate::catalog::{Api, Catalog, Entry};
use crate::client::ledger::{Noted, State};
use crate::error::{Error, Kind, Result};
use crate::line::variables::Held;
use crate::line::words::quote;

/// Verbs that make things, and those that undo them: the first with the same noun that the cloud knows is offered.
const UNDONE: &[(&str, &[&str])] = &[
    ("create", &["delete"]),
    ("deploy", &["destroy", "expunge"]),
    ("register", &["delete", "unregister"]),
    ("add", &["delete", "remove"]),
    ("upload", &["delete"]),
    ("copy", &["delete"]),
    ("associate", &["disassociate"]),
];

/// Something that was made.
#[derive(Clone, Debug, PartialEq)]
struct Made {
    noun: String,
    /// The id, or the name where it has no other.
    key: (&'static str, String),
    name: Option<String>,
}

/// What is left, the latest first. What the cloud no longer lists is gone with something else.
pub fn behind(session: &mut Session) -> Result<Vec<String>> {
    let calls = session.ledger.own()?;
    let catalog = session.known_catalog();
    let mut left = Vec::new();
    for made in left_of(&calls).into_iter().rev() {
        let Some(undo) = undoing(&made, &catalog)? else {
            continue;
        };
        if !gone(session, &catalog, &made)? {
            left.push(told(&made, &undo));
        }
    }
    Ok(left)
}

/// The things of the calls that no later call undid.
fn left_of(calls: &[Noted]) -> Vec<Made> {
    let mut left: Vec<Made> = Vec::new();
    for call in calls {
        // Of one that may have been carried out it is better to be told than not.
        if !(call.state == State::Done || call.state.open()) {
            continue;
        }
        let entry = entry(&call.api);
        let param = |wanted: &str| {
            let same = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(wanted);
            call.params
                .iter()
                .find(same)
                .map(|(_, value)| value.clone())
        };
        let noun = entry.noun();
        if UNDONE.iter().any(|(verb, _)| *verb == entry.verb()) {
            let custom = call.custom.then(|| call.uuid.clone());
            let id = call.resource.clone().or(custom).map(|id| ("id", id));
            let name = param("name").or_else(|| param("username"));
            if let Some(key) = id.or_else(|| Some(("name", name.clone()?))) {
                left.push(Made { noun, key, name });
            }
        } else if UNDONE.iter().any(|(_, undo)| undo.contains(&entry.verb())) {
            let (id, name) = (param("id"), param("name"));
            left.retain(|made| {
                let given = if made.key.0 == "id" { &id } else { &name };
                made.noun != noun || given.as_ref() != Some(&made.key.1)
            });
        }
    }
    left
}

fn entry(api: &str) -> Entry {
    Entry {
        name: api.into(),
        asynchronous: false,
    }
}

/// The API that deletes it by what is known of it, if there is one.
fn undoing(made: &Made, catalog: &Catalog) -> Result<Option<String>> {
    for verb in UNDONE.iter().flat_map(|(_, undo)| *undo) {
        let Some(api) = catalog.find(verb, &made.noun)? else {
            continue;
        };
        if api.param(made.key.0).is_some() {
            let expunge = api.param("expunge").map_or("", |_| " expunge=true");
            let key = quote(&format!("{}={}", made.key.0, made.key.1));
            return Ok(Some(format!("{} {key}{expunge}", api.words())));
        }
    }
    Ok(None)
}

fn told(made: &Made, undo: &str) -> String {
    let name = match &made.name {
        Some(name) if made.key.0 == "id" => format!(" ({name})"),
        _ => String::new(),
    };
    format!("{} {}{name}: {undo}", made.noun, made.key.1)
}

/// Whether the cloud, asked for it by its id, shows nothing. What can't be asked for is there.
fn gone(session: &mut Session, catalog: &Catalog, made: &Made) -> Result<bool> {
    let Some(list) = list_of(&made.noun, catalog)?.filter(|_| made.key.0 == "id") else {
        return Ok(false);
    };
    let all = list.param("listall").map_or("", |_| " listall=true");
    let line = format!("api {} id={}{all}", list.name, quote(&made.key.1));
    match session.keep(&line) {
        Ok(Kept::Json(printed)) => {
            let held = printed.into_variable()?.held;
            Ok(matches!(held, Held::Rows(rows) if rows.is_empty()))
        }
        Err(Error {
            kind: Kind::Refused,
            ..
        }) => Ok(true),
        _ => Ok(false),
    }
}

/// The API that lists things of that noun and can be asked for one by its id alone.
fn list_of(noun: &str, catalog: &Catalog) -> Result<Option<std::sync::Arc<Api>>> {
    let mut plurals = vec![format!("{noun}s"), format!("{noun}es")];
    plurals.extend(noun.strip_suffix('y').map(|stem| format!("{stem}ies")));
    for plural in plurals {
        if let Some(api) = catalog.find("list", &plural)? {
            let only_id = api.params.iter().all(|param| !param.required);
            return Ok(Some(api).filter(|api| only_id && api.param("id").is_some()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(api: &str, params: &[(&str, &str)], resource: Option<&str>, state: State) -> Noted {
        let params: Vec<_> = params
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        let mut call = Noted::made(api, &params);
        (call.resource, call.state) = (resource.map(String::from), state);
        call
    }

    fn keys(calls: &[Noted]) -> Vec<String> {
        left_of(calls)
            .into_iter()
            .map(|made| format!("{} {}", made.noun, made.key.1))
            .collect()
    }

    #[test]
    fn what_was_made_and_not_deleted_is_left() {
        let done = State::Done;
        let calls = [
            call("createVolume", &[("name", "data")], Some("v"), done),
            call("deployVirtualMachine", &[], Some("m"), done),
            call("attachVolume", &[("id", "v")], Some("v"), done),
            call("createNetwork", &[], Some("n"), State::Failed),
            call("createUser", &[], Some("u"), State::Running),
            call("createSSHKeyPair", &[("name", "k")], None, done),
            call("createDomain", &[], Some("d"), done),
            call("deleteVolume", &[("id", "d")], None, done),
            call("deleteDomain", &[("ID", "d")], None, State::Refused),
            call("destroyVirtualMachine", &[("ID", "m")], Some("m"), done),
        ];
        assert_eq!(
            keys(&calls),
            ["volume v", "user u", "sshkeypair k", "domain d"]
        );
        let deleted = call("deleteSSHKeyPair", &[("name", "k")], None, done);
        assert_eq!(keys(&[calls[5].clone(), deleted]), [""; 0]);
    }
}
