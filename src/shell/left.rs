//! What a session's own calls made and did not delete again: a line each, with the command that deletes it.

use super::keep::Kept;
use super::session::Session;
use crate::catalog::{Api, Catalog, Entry};
use crate::client::ledger::{Noted, State};
use crate::cloud::{Dialect, Source, Undoing};
use crate::error::{Error, Kind, Result};
use crate::line::variables::Held;
use crate::line::words::quote;

/// Verbs that make things, and those that undo them: the first with the same noun that the cloud knows is offered. What
/// else undoes something the dialect knows.
const UNDONE: &[(&str, &[&str])] = &[
    ("create", &["delete"]),
    ("deploy", &["destroy", "expunge"]),
    ("register", &["delete", "unregister"]),
    ("add", &["delete", "remove"]),
    ("upload", &["delete"]),
];
/// Whose a thing is that goes by its name.
const OWNERS: [&str; 3] = ["account", "domainid", "projectid"];

type Params = Vec<(String, String)>;

/// Something that was made.
#[derive(Clone, Debug, PartialEq)]
struct Made {
    noun: String,
    /// The id, or the name where it has no other.
    key: (&'static str, String),
    name: Option<String>,
    owner: Params,
    /// The calls that undo and list it, where its noun does not tell.
    own: Option<(&'static Undoing, Params, Params)>,
}

/// What is left, the latest first. What the cloud no longer lists is gone with something else.
pub fn behind(session: &mut Session) -> Result<Vec<String>> {
    let calls = session.ledger.own()?;
    let catalog = session.known_catalog();
    let mut left = Vec::new();
    let dialect = session.dialect();
    for made in left_of(&calls, &*dialect).into_iter().rev() {
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
fn left_of(calls: &[Noted], dialect: &dyn Dialect) -> Vec<Made> {
    let mut left: Vec<Made> = Vec::new();
    for call in calls {
        // Of one that may have been carried out it is better to be told than not, and a job that fails may leave something.
        let undecided = call.state.open() || leaves_something(call, dialect);
        if !(call.state == State::Done || undecided) {
            continue;
        }
        let entry = entry(&call.api);
        let noun = entry.noun();
        if let Some(made) = made_by(call, dialect) {
            left.push(made);
            continue;
        }
        left.retain(|made| match &made.own {
            Some((undoing, undo, _)) => undoing.undo.0 != call.api || !undoes(call, undo),
            None => {
                let undone = UNDONE.iter().any(|(_, undo)| undo.contains(&entry.verb()));
                let given = param(call, made.key.0);
                !undone || made.noun != noun || given.as_ref() != Some(&made.key.1)
            }
        });
    }
    left
}

/// What the call made, if it is one that makes something.
fn made_by(call: &Noted, dialect: &dyn Dialect) -> Option<Made> {
    let entry = entry(&call.api);
    let custom = call.custom.then(|| call.uuid.clone());
    let id = call.resource.clone().or(custom);
    let name = param(call, "name").or_else(|| param(call, "username"));
    if let Some(undoing) = dialect.undoing(&call.api) {
        let undo = filled(undoing.undo.1, call, id.as_deref())?;
        let list = filled(undoing.list.1, call, id.as_deref())?;
        let noun = self::entry(undoing.undo.0).noun();
        let key = ("id", undo.first()?.1.clone());
        return Some(Made {
            noun,
            name: name.filter(|name| *name != key.1),
            key,
            owner: Params::new(),
            own: Some((undoing, undo, list)),
        });
    }
    UNDONE.iter().find(|(verb, _)| *verb == entry.verb())?;
    let owner = OWNERS
        .iter()
        .filter_map(|name| Some((name.to_string(), param(call, name)?)));
    Some(Made {
        noun: entry.noun(),
        key: match id {
            Some(id) => ("id", id),
            None => ("name", name.clone()?),
        },
        name,
        owner: owner.collect(),
        own: None,
    })
}

/// The parameters with their values; nothing where one has none.
fn filled(wanted: &[(&str, Source)], call: &Noted, id: Option<&str>) -> Option<Params> {
    let mut filled = Params::new();
    for (name, source) in wanted {
        let before = filled.len();
        match source {
            Source::Made => filled.push((name.to_string(), id?.to_string())),
            Source::Text(text) => filled.push((name.to_string(), text.to_string())),
            Source::Given(given) => {
                filled.extend(call.params.iter().filter_map(|(known, value)| {
                    let rest = known.to_ascii_lowercase();
                    let rest = rest.strip_prefix(given)?;
                    let is_it = rest.is_empty() || rest.starts_with('[');
                    is_it.then(|| (format!("{name}{rest}"), value.clone()))
                }))
            }
        }
        if filled.len() == before {
            return None;
        }
    }
    Some(filled)
}

/// Whether the call is for all that is named; what it leaves open takes in everything.
fn undoes(call: &Noted, undo: &Params) -> bool {
    undo.iter().enumerate().all(|(place, (name, value))| {
        let given = param(call, name);
        given.map_or(place > 0, |given| given == *value)
    })
}

fn param(call: &Noted, wanted: &str) -> Option<String> {
    let same = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(wanted);
    call.params
        .iter()
        .find(same)
        .map(|(_, value)| value.clone())
}

fn entry(api: &str) -> Entry {
    Entry {
        name: api.into(),
        asynchronous: false,
    }
}

/// The command that undoes it, if there is one.
fn undoing(made: &Made, catalog: &Catalog) -> Result<Option<String>> {
    if let Some((undoing, undo, _)) = &made.own {
        let api = catalog.api(undoing.undo.0)?;
        return Ok(api.map(|api| format!("{}{}", api.words(), words(undo))));
    }
    for verb in UNDONE.iter().flat_map(|(_, undo)| *undo) {
        let Some(api) = catalog.find(verb, &made.noun)? else {
            continue;
        };
        if api.param(made.key.0).is_some() {
            let mut params = vec![(made.key.0.to_string(), made.key.1.clone())];
            if made.key.0 == "name" {
                let owner = made
                    .owner
                    .iter()
                    .filter(|(name, _)| api.param(name).is_some());
                params.extend(owner.cloned());
            }
            if api.param("expunge").is_some() {
                params.push(("expunge".into(), "true".into()));
            }
            return Ok(Some(format!("{}{}", api.words(), words(&params))));
        }
    }
    Ok(None)
}

fn words(params: &Params) -> String {
    params
        .iter()
        .map(|(name, value)| format!(" {}", quote(&format!("{name}={value}"))))
        .collect()
}

fn told(made: &Made, undo: &str) -> String {
    let name = match &made.name {
        Some(name) if made.key.0 == "id" => format!(" ({name})"),
        _ => String::new(),
    };
    format!("{} {}{name}: {undo}", made.noun, made.key.1)
}

/// Whether the cloud, asked for it, shows nothing. What can't be asked for is there.
fn gone(session: &mut Session, catalog: &Catalog, made: &Made) -> Result<bool> {
    let (list, params) = match &made.own {
        Some((undoing, _, params)) => (catalog.api(undoing.list.0)?, params.clone()),
        None if made.key.0 == "id" => (
            list_of(&made.noun, catalog)?,
            vec![("id".to_string(), made.key.1.clone())],
        ),
        None => return Ok(false),
    };
    let Some(list) = list else {
        return Ok(false);
    };
    let all = list.param("listall").map_or("", |_| " listall=true");
    let line = format!("api {}{}{all}", list.name, words(&params));
    match session.keep(&line).and_then(Kept::whole) {
        Ok(Kept::Json(printed)) => {
            let held = printed.into_variable()?.held;
            Ok(matches!(held, Held::Rows(rows) if rows.is_empty()))
        }
        Err(error) => Ok(is_unknown(&error, &made.key.1)),
        _ => Ok(false),
    }
}

/// Whether the failed call was to make something whose id is known: the cloud is asked whether that is there.
fn leaves_something(call: &Noted, dialect: &dyn Dialect) -> bool {
    let known = || made_by(call, dialect).is_some_and(|made| made.key.0 == "id");
    call.state == State::Failed && known()
}

/// Whether the cloud says that it has nothing of that id. Another refusal tells nothing of the thing.
fn is_unknown(error: &Error, id: &str) -> bool {
    error.kind == Kind::Refused
        && error.said.as_ref().is_some_and(|said| {
            let text = said.text.to_lowercase();
            text.contains(&id.to_lowercase())
                && ["not exist", "unable to find", "not found"]
                    .iter()
                    .any(|words| text.contains(words))
        })
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
    use crate::cloud;

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
        left_of(calls, &*cloud::usual())
            .into_iter()
            .map(|made| format!("{} {}", made.noun, made.key.1))
            .collect()
    }

    #[test]
    fn only_what_the_cloud_does_not_know_is_gone() {
        use crate::error::Said;
        for (text, gone) in [
            (
                "Invalid parameter id value=m-1 due to incorrect long value format, or entity does not exist",
                true,
            ),
            ("Region with id: M-1 does not exist", true),
            ("unable to verify user credentials", false),
            (
                "The given command does not exist or it is not available for user",
                false,
            ),
            ("m-1: the maximum number of calls is reached", false),
        ] {
            let mut error = Error::new(Kind::Refused, "");
            error.said = Some(Box::new(Said {
                text: text.into(),
                ..Said::default()
            }));
            assert_eq!(is_unknown(&error, "m-1"), gone, "{text}");
        }
        assert!(!is_unknown(
            &Error::new(Kind::Unreachable, "m-1 not found"),
            "m-1"
        ));
    }

    #[test]
    fn what_a_failed_job_may_have_left_is_looked_for_by_its_id() {
        let failed = State::Failed;
        let calls = [
            call("deployVirtualMachine", &[("name", "m")], Some("m"), failed),
            call("deployVirtualMachine", &[("name", "n")], None, failed),
            call("createVolume", &[], Some("v"), State::Done),
            call("deleteVolume", &[("id", "v")], None, failed),
        ];
        assert_eq!(keys(&calls), ["virtualmachine m", "volume v"]);
    }

    #[test]
    fn what_no_verb_tells_the_dialect_knows() {
        let done = State::Done;
        let tags = [
            ("resourceids", "m"),
            ("resourcetype", "UserVm"),
            ("tags[0].key", "k"),
            ("tags[0].value", "v"),
        ];
        let calls = [
            call("associateIpAddress", &[], Some("i"), done),
            call(
                "createRemoteAccessVpn",
                &[("publicipid", "i")],
                Some("x"),
                done,
            ),
            call("createTags", &tags, None, done),
            call(
                "copyTemplate",
                &[("id", "t"), ("destzoneid", "z")],
                Some("t"),
                done,
            ),
            call(
                "createVMSnapshot",
                &[("virtualmachineid", "m")],
                Some("s"),
                done,
            ),
            call("addVpnUser", &[("username", "ann")], Some("u"), done),
            call(
                "getUploadParamsForVolume",
                &[("name", "data")],
                Some("v"),
                done,
            ),
            // In all zones: nobody can tell what to delete.
            call("copyTemplate", &[("id", "t")], Some("t"), done),
        ];
        let catalog = crate::line::testing::recorded();
        let commands = |calls: &[Noted]| -> Vec<String> {
            let undo = |made: Made| undoing(&made, &catalog).unwrap();
            left_of(calls, &*cloud::usual())
                .into_iter()
                .filter_map(undo)
                .collect()
        };
        assert_eq!(
            commands(&calls),
            [
                "disassociate ipaddress id=i",
                "delete remoteaccessvpn publicipid=i",
                "delete tags resourceids=m resourcetype=UserVm tags[0].key=k tags[0].value=v",
                "delete template id=t zoneid=z",
                "delete vmsnapshot vmsnapshotid=s",
                "remove vpnuser username=ann",
                "delete volume id=v",
            ]
        );
        let undone = [
            call("disassociateIpAddress", &[("id", "i")], None, done),
            call(
                "deleteTags",
                &[("resourceids", "m"), ("resourceType", "UserVm")],
                None,
                done,
            ),
            call(
                "deleteTemplate",
                &[("id", "t"), ("zoneid", "y")],
                None,
                done,
            ),
            call("deleteVolume", &[("id", "v")], None, done),
        ];
        let left = left_of(&[&calls[..], &undone].concat(), &*cloud::usual());
        let nouns: Vec<_> = left.iter().map(|made| made.noun.as_str()).collect();
        assert_eq!(
            nouns,
            ["remoteaccessvpn", "template", "vmsnapshot", "vpnuser"]
        );
        let pair = call(
            "createSSHKeyPair",
            &[("name", "k"), ("account", "crew"), ("domainid", "d")],
            None,
            done,
        );
        assert_eq!(
            commands(&[pair]),
            ["delete sshkeypair name=k account=crew domainid=d"]
        );
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
            [
                "volume v",
                "network n",
                "user u",
                "sshkeypair k",
                "domain d"
            ]
        );
        let deleted = call("deleteSSHKeyPair", &[("name", "k")], None, done);
        assert_eq!(keys(&[calls[5].clone(), deleted]), [""; 0]);
    }
}
