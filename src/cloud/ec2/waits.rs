//! The state that a verb aims at, as there are no jobs to ask after: an answer in, what is to be waited for out; what a list of
//! the things says in, how far they are out.

use super::catalog::on_the_wire;
use super::errors::is_absence;
use crate::cloud::{Progress, Request};
use crate::error::{Error, Kind, Result};
use crate::record::answer::Answer;
use crate::record::{Record, Value};

/// How it is seen that a call has done what it was for.
struct Aim {
    api: &'static str,
    /// The action that lists the things, and its parameter for their ids.
    list: (&'static str, &'static str),
    /// The field that is their id.
    id: &'static str,
    /// The states of a thing that has come there, the usual one first.
    reached: &'static [&'static str],
    /// The states from which it will not come there.
    failed: &'static [&'static str],
    /// Whether one that is gone has come there, too.
    gone: bool,
}

const INSTANCES: (&str, &str) = ("describeInstances", "InstanceId");
const VOLUMES: (&str, &str) = ("describeVolumes", "VolumeId");
const IMAGES: (&str, &str) = ("describeImages", "ImageId");

const fn aim(
    api: &'static str,
    list: (&'static str, &'static str),
    id: &'static str,
    reached: &'static [&'static str],
    failed: &'static [&'static str],
) -> Aim {
    Aim {
        api,
        list,
        id,
        reached,
        failed,
        gone: false,
    }
}

const DEAD: &[&str] = &["shutting-down", "terminated", "stopping"];
const BROKEN: &[&str] = &["failed", "error", "invalid", "deregistered"];

/// Ends as Amazon's own clients wait for them.
static AIMS: &[Aim] = &[
    aim("runInstances", INSTANCES, "instanceId", &["running"], DEAD),
    aim(
        "startInstances",
        INSTANCES,
        "instanceId",
        &["running"],
        DEAD,
    ),
    aim(
        "stopInstances",
        INSTANCES,
        "instanceId",
        &["stopped"],
        &["pending", "terminated"],
    ),
    Aim {
        gone: true,
        ..aim(
            "terminateInstances",
            INSTANCES,
            "instanceId",
            &["terminated"],
            &["pending", "stopping"],
        )
    },
    aim(
        "createVolume",
        VOLUMES,
        "volumeId",
        &["available"],
        &["deleting", "deleted", "error"],
    ),
    aim(
        "attachVolume",
        VOLUMES,
        "volumeId",
        &["in-use", "attached"],
        &["deleting", "deleted", "error"],
    ),
    aim(
        "detachVolume",
        VOLUMES,
        "volumeId",
        &["available", "detached"],
        &["deleting", "deleted", "error"],
    ),
    aim(
        "createSnapshot",
        ("describeSnapshots", "SnapshotId"),
        "snapshotId",
        &["completed"],
        &["error"],
    ),
    aim("createImage", IMAGES, "imageId", &["available"], BROKEN),
    aim("registerImage", IMAGES, "imageId", &["available"], BROKEN),
];

/// The fields that have a thing's state; those of instances have it by its name.
const STATES: [&str; 4] = ["instanceState", "currentState", "imageState", "status"];

fn aim_of(api: &str) -> Option<&'static Aim> {
    AIMS.iter().find(|aim| aim.api.eq_ignore_ascii_case(api))
}

/// Whether there is something to wait for after such a call.
pub fn follows(api: &str) -> bool {
    aim_of(api).is_some()
}

/// The ids of what is on its way, with commas between; nothing where all of it has come there.
pub fn started(request: &Request, answer: &Answer) -> Option<String> {
    let aim = aim_of(&request.api)?;
    let things: Vec<Record> = answer.records().collect();
    let there =
        |thing: &Record| state(thing).is_some_and(|state| aim.reached.contains(&state.as_str()));
    if things.iter().all(there) {
        return None;
    }
    let ids: Vec<String> = things
        .iter()
        .filter_map(|thing| thing.text(aim.id))
        .collect();
    (!ids.is_empty()).then(|| ids.join(","))
}

/// The call that tells how far they are.
pub fn ask(request: &Request, job: &str) -> Request {
    let (api, param) = aim_of(&request.api).map_or(INSTANCES, |aim| aim.list);
    Request {
        api: api.into(),
        params: vec![(param.into(), job.into())],
    }
}

pub fn ask_line(request: &Request, job: &str) -> String {
    let Request { api, params } = ask(request, job);
    let noun = api.trim_start_matches("describe").to_lowercase();
    let param = params
        .first()
        .map_or(String::new(), |(name, _)| name.to_lowercase());
    format!("describe {noun} {param}={job}")
}

/// What goes on, for people.
pub fn under_way(request: &Request, job: &str) -> String {
    let ids = job.replace(',', ", ");
    let aim = aim_of(&request.api).and_then(|aim| aim.reached.first());
    match aim {
        Some(aim) => format!("the change of {ids} to {aim}"),
        None => format!("the change of {ids}"),
    }
}

/// What the answer to `ask` says.
pub fn progress(request: &Request, job: &str, listed: Result<Answer>) -> Result<Progress> {
    let Some(aim) = aim_of(&request.api) else {
        return listed.map(Progress::Done);
    };
    let mut listed = match listed {
        Ok(answer) => answer,
        // What was only just made may not show yet.
        Err(error) if is_absence(&error) && !aim.gone => return Ok(Progress::Running),
        Err(error) if is_absence(&error) => Answer {
            id: Some(aim.id.into()),
            ..Answer::default()
        },
        Err(error) => return Err(error),
    };
    let things: Vec<Record> = listed.records().collect();
    let mut gone: Vec<Value> = Vec::new();
    let mut running = false;
    for id in job.split(',') {
        let thing = things
            .iter()
            .find(|thing| thing.text(aim.id).as_deref() == Some(id));
        let state = thing.and_then(state);
        match (thing, state.as_deref()) {
            (_, Some(state)) if aim.reached.contains(&state) => {}
            (Some(thing), Some(state)) if aim.failed.contains(&state) => {
                return Ok(Progress::Failed(failed(request, aim, thing, id, state)));
            }
            (None, _) if aim.gone => gone.push(as_gone(aim, id)),
            _ => running = true,
        }
    }
    if running {
        return Ok(Progress::Running);
    }
    listed.rows.append(gone.into());
    Ok(Progress::Done(listed))
}

fn failed(request: &Request, aim: &Aim, thing: &Record, id: &str, state: &str) -> Error {
    let why = thing.get("stateReason").and_then(Value::as_record);
    let why = why
        .and_then(|why| why.text("message"))
        .or_else(|| thing.text("reason"));
    let why = why
        .filter(|why| !why.is_empty())
        .map_or(String::new(), |why| format!(": {why}"));
    let wanted = aim.reached.first().unwrap_or(&"");
    let what = on_the_wire(&request.api);
    Error::new(
        Kind::JobFailed,
        format!("{what} failed: {id} is {state} and not {wanted}{why}"),
    )
    .of(&request.api)
    .hint(format!("look at it: {}", ask_line(request, id)))
}

/// One that is not there any more, as it would be told.
fn as_gone(aim: &Aim, id: &str) -> Value {
    let mut state = Record::default();
    state.push("code", Value::Number("48".into()));
    state.push("name", Value::String("terminated".into()));
    let mut thing = Record::default();
    thing.push(aim.id, Value::String(id.into()));
    thing.push("instanceState", Value::Record(state));
    Value::Record(thing)
}

/// The state of a thing, by its name.
pub fn state(thing: &Record) -> Option<String> {
    STATES.iter().find_map(|field| match thing.get(field)? {
        Value::Record(state) => state.text("name"),
        state => state.scalar(),
    })
}
/// What takes long about a call because much has to be copied, if anything does.
pub fn slow(request: &Request) -> Option<&'static str> {
    let given = |wanted: &str| {
        let mut params = request.params.iter();
        params.any(|(name, value)| name.eq_ignore_ascii_case(wanted) && !value.is_empty())
    };
    match request.api.as_str() {
        "createVolume" if given("SnapshotId") => Some("a volume from a snapshot"),
        "createImage" => Some("an image from a volume"),
        "runInstances" => Some("an instance from an image"),
        "attachVolume" => Some("a volume attached to an instance"),
        _ => None,
    }
}
