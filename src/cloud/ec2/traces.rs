//! What Describe can tell of a call whose answer never came: things in the state that it aims at, things that are gone, things
//! that came to be at that time. Nothing in this API carries an id of the caller's own that every cloud keeps.

use jiff::Timestamp;

use super::answer::id_of;
use super::waits::state;
use crate::cloud::{Finding, Lost, Request};
use crate::record::{Record, Value};

/// What was made is looked for from so many seconds before the call was sent: clocks and their readings differ a little.
const EARLY: i64 = 5;
/// And until so many after it.
const LATE: i64 = 400;
/// People remove things: after so many seconds nothing is no proof.
const FORGOTTEN: i64 = 12 * 3600;

/// The fields that tell when a thing came to be.
const TIMES: [&str; 4] = ["launchTime", "createTime", "startTime", "creationDate"];

/// What a call leaves behind that a list shows.
enum Trace {
    /// Things in one of these states.
    State(&'static [&'static str]),
    /// Nothing, where a thing was.
    Gone,
    /// A thing of that time, with these parameters as its fields.
    New(&'static [(&'static str, &'static str)]),
    /// A thing of the name given.
    Named,
}

/// The calls, each with the list that shows what it leaves and the parameter that names the thing there and in the call.
const TRACES: &[(&str, &str, &str, Trace)] = &[
    (
        "startInstances",
        "describeInstances",
        "InstanceId",
        Trace::State(&["pending", "running"]),
    ),
    (
        "stopInstances",
        "describeInstances",
        "InstanceId",
        Trace::State(&["stopping", "stopped"]),
    ),
    (
        "terminateInstances",
        "describeInstances",
        "InstanceId",
        Trace::State(&["shutting-down", "terminated"]),
    ),
    (
        "attachVolume",
        "describeVolumes",
        "VolumeId",
        Trace::State(&["attaching", "in-use"]),
    ),
    (
        "detachVolume",
        "describeVolumes",
        "VolumeId",
        Trace::State(&["detaching", "available"]),
    ),
    ("deleteVolume", "describeVolumes", "VolumeId", Trace::Gone),
    (
        "deleteSnapshot",
        "describeSnapshots",
        "SnapshotId",
        Trace::Gone,
    ),
    ("deregisterImage", "describeImages", "ImageId", Trace::Gone),
    ("deleteKeyPair", "describeKeyPairs", "KeyName", Trace::Gone),
    (
        "deleteSecurityGroup",
        "describeSecurityGroups",
        "GroupName",
        Trace::Gone,
    ),
    (
        "runInstances",
        "describeInstances",
        "",
        Trace::New(&[("ImageId", "imageId"), ("ClientToken", "clientToken")]),
    ),
    (
        "createVolume",
        "describeVolumes",
        "",
        Trace::New(&[("AvailabilityZone", "availabilityZone"), ("Size", "size")]),
    ),
    (
        "createSnapshot",
        "describeSnapshots",
        "",
        Trace::New(&[("VolumeId", "volumeId")]),
    ),
    (
        "createImage",
        "describeImages",
        "",
        Trace::New(&[("Name", "name")]),
    ),
    ("createKeyPair", "describeKeyPairs", "KeyName", Trace::Named),
    ("importKeyPair", "describeKeyPairs", "KeyName", Trace::Named),
    (
        "createSecurityGroup",
        "describeSecurityGroups",
        "GroupName",
        Trace::Named,
    ),
];

fn trace_of(api: &str) -> Option<&'static (&'static str, &'static str, &'static str, Trace)> {
    TRACES
        .iter()
        .find(|(known, ..)| known.eq_ignore_ascii_case(api))
}

fn param<'l>(lost: &'l Lost, name: &str) -> Option<&'l str> {
    let mut params = lost.params.iter();
    let given = params.find(|(known, value)| known.eq_ignore_ascii_case(name) && !value.is_empty());
    given.map(|(_, value)| value.as_str())
}

/// The list in which it would show.
pub fn things_of(lost: &Lost) -> Option<Request> {
    let (_, list, by, _) = trace_of(&lost.api)?;
    let params = match *by {
        "" => Vec::new(),
        by => vec![(by.to_string(), param(lost, by)?.to_string())],
    };
    Some(Request {
        api: (*list).into(),
        params,
    })
}

pub fn find(lost: &Lost, things: Option<&[Record]>) -> Finding {
    let (Some((_, list, by, trace)), Some(things)) = (trace_of(&lost.api), things) else {
        return Finding::Unsure(format!(
            "no list of this kind of cloud shows what became of {}",
            lost.api
        ));
    };
    let named = param(lost, by).unwrap_or_default();
    match trace {
        Trace::State(states) => by_state(lost, list, named, states, things),
        Trace::Gone if things.is_empty() => taken(None, named),
        Trace::Gone => Finding::Unsure(format!("{named} is there")),
        Trace::New(fields) => by_time(lost, list, fields, things),
        Trace::Named if things.is_empty() => absent(lost),
        Trace::Named => Finding::Unsure(format!(
            "{named} is there; whether this call made it does not show, and what its answer had is lost"
        )),
    }
}

/// Things that are in the state aimed at, or on the way there. Those that a call ended may be gone.
fn by_state(lost: &Lost, list: &str, ids: &str, states: &[&str], things: &[Record]) -> Finding {
    let key = id_of(list).unwrap_or_default();
    let mut others = Vec::new();
    for id in ids.split(',') {
        let thing = things
            .iter()
            .find(|thing| thing.text(key).as_deref() == Some(id));
        match (thing, thing.and_then(state)) {
            (None, _) if states.contains(&"terminated") => {}
            (None, _) => others.push(format!("{id} is not listed")),
            (_, Some(state)) if states.contains(&state.as_str()) => {
                if lost.api.eq_ignore_ascii_case("attachVolume") && !attached(lost, thing) {
                    others.push(format!("{id} is attached to another instance"));
                }
            }
            (_, state) => {
                let state = state.unwrap_or_else(|| "in no known state".into());
                others.push(format!("{id} is {state}"));
            }
        }
    }
    match others.is_empty() {
        true => taken(Some(ids.into()), ids.split(',').next().unwrap_or(ids)),
        false => Finding::Unsure(others.join(", ")),
    }
}

fn attached(lost: &Lost, volume: Option<&Record>) -> bool {
    let Some(Value::List(attachments)) = volume.and_then(|volume| volume.get("attachmentSet"))
    else {
        return false;
    };
    let wanted = param(lost, "InstanceId");
    let mut attachments = attachments.iter().filter_map(Value::as_record);
    attachments.any(|one| one.text("instanceId").as_deref() == wanted)
}

/// Things that came to be when the call was made: somebody else's call may have made them as well.
fn by_time(lost: &Lost, list: &str, fields: &[(&str, &str)], things: &[Record]) -> Finding {
    let key = id_of(list).unwrap_or_default();
    let fits = |thing: &&Record| {
        let time = TIMES.iter().find_map(|field| thing.text(field));
        let time = time.and_then(|time| time.parse::<Timestamp>().ok());
        let time = time.map_or(lost.sent, Timestamp::as_second);
        let same = |(name, field): &(&str, &str)| {
            let told = thing.text(field).filter(|text| !text.is_empty());
            param(lost, name)
                .zip(told)
                .is_none_or(|(given, told)| given == told)
        };
        (lost.sent - EARLY..=lost.sent + LATE).contains(&time) && fields.iter().all(same)
    };
    let found: Vec<&Record> = things.iter().filter(fits).collect();
    let ids: Vec<String> = found.iter().filter_map(|thing| thing.text(key)).collect();
    let token = param(lost, "ClientToken");
    let own = |thing: &&&Record| token.is_some() && thing.text("clientToken").as_deref() == token;
    match found.iter().filter(own).count() {
        _ if found.is_empty() => absent(lost),
        _ if ids.is_empty() => Finding::Unsure(format!(
            "something came to be at that time that the cloud lists without its {key}"
        )),
        0 => Finding::Unsure(format!(
            "{} came to be at that time; whether this call made it does not show",
            ids.join(", ")
        )),
        _ => taken(Some(ids.join(",")), &ids[0]),
    }
}

fn taken(job: Option<String>, resource: &str) -> Finding {
    Finding::Taken {
        job,
        resource: Some(resource.into()),
    }
}

fn absent(lost: &Lost) -> Finding {
    match lost.now - lost.sent < FORGOTTEN {
        true => Finding::Absent,
        false => Finding::Unsure("nothing shows of it, and it was made long ago".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json;

    fn lost(api: &str, params: &[(&str, &str)]) -> Lost {
        Lost {
            api: api.into(),
            params: params
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
            custom: None,
            starts_job: true,
            // 2026-11-22T01:02:55Z
            sent: 1_795_309_375,
            now: 1_795_309_380,
        }
    }

    fn things(text: &str) -> Vec<Record> {
        match json::read(text.as_bytes()).unwrap() {
            Value::List(items) => items
                .iter()
                .map(|item| item.as_record().unwrap().clone())
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    fn found(api: &str, params: &[(&str, &str)], list: &str) -> String {
        match find(&lost(api, params), Some(&things(list))) {
            Finding::Taken { job, resource } => {
                format!(
                    "{} {}",
                    job.unwrap_or_default(),
                    resource.unwrap_or_default()
                )
            }
            Finding::Absent => "absent".into(),
            Finding::Unsure(seen) => format!("unsure: {seen}"),
        }
    }

    #[test]
    fn what_describe_shows_tells_what_became_of_a_call() {
        let two = [("InstanceId", "a,b")];
        let stopping = r#"[{"instanceId":"a","instanceState":{"name":"stopping"}},
            {"instanceId":"b","instanceState":{"name":"stopped"}}]"#;
        let running = r#"[{"instanceId":"a","instanceState":{"name":"running"}}]"#;
        let volume = [("VolumeId", "v"), ("InstanceId", "i")];
        let attached =
            r#"[{"volumeId":"v","status":"in-use","attachmentSet":[{"instanceId":"i"}]}]"#;
        let elsewhere =
            r#"[{"volumeId":"v","status":"in-use","attachmentSet":[{"instanceId":"j"}]}]"#;
        let image = [("ImageId", "m"), ("ClientToken", "t")];
        let fresh = r#"[{"instanceId":"n","imageId":"m","clientToken":"t","launchTime":"2026-11-22T01:02:56.000Z"},
            {"instanceId":"o","imageId":"m","launchTime":"2026-11-21T01:02:56.000Z"}]"#;
        for (api, params, list, expected) in [
            ("stopInstances", &two[..], stopping, "a,b a"),
            (
                "stopInstances",
                &two,
                running,
                "unsure: a is running, b is not listed",
            ),
            ("terminateInstances", &two, "[]", "a,b a"),
            (
                "startInstances",
                &two[..1],
                "[]",
                "unsure: a is not listed, b is not listed",
            ),
            ("attachVolume", &volume, attached, "v v"),
            (
                "attachVolume",
                &volume,
                elsewhere,
                "unsure: v is attached to another instance",
            ),
            ("deleteVolume", &volume[..1], "[]", " v"),
            (
                "deleteVolume",
                &volume[..1],
                elsewhere,
                "unsure: v is there",
            ),
            ("runInstances", &image, fresh, "n n"),
            (
                "runInstances",
                &image[..1],
                fresh,
                "unsure: n came to be at that time; whether this call made it does not show",
            ),
            ("runInstances", &[("ImageId", "x")], fresh, "absent"),
            (
                "runInstances",
                &image,
                r#"[{"imageId":"m","clientToken":"t","launchTime":"2026-11-22T01:02:56.000Z"}]"#,
                "unsure: something came to be at that time that the cloud lists without its instanceId",
            ),
            ("createKeyPair", &[("KeyName", "k")], "[]", "absent"),
        ] {
            assert_eq!(found(api, params, list), expected, "{api}");
        }
        assert!(matches!(
            find(&lost("rebootInstances", &two), None),
            Finding::Unsure(_)
        ));
        assert_eq!(
            things_of(&lost("stopInstances", &two)).unwrap().params,
            [("InstanceId".to_string(), "a,b".to_string())]
        );
    }
}
