//! What a call leaves behind in the cloud, by which one whose answer never came is found again: the id chosen for it, its
//! job in listAsyncJobs, the thing of its name in the list of its noun.

use jiff::Timestamp;

use crate::catalog::{Api, Catalog, Entry, verb_of};
use crate::cloud::{Finding, Lost, Request};
use crate::error::{Error, Result};
use crate::record::{Record, Value};

/// Of all calls these two alone take the new thing's id; elsewhere `customid` changes the id of a thing that is there.
const CHOOSING: [&str; 2] = ["deployVirtualMachine", "createVolume"];
const CUSTOM: &str = "customid";

/// Jobs are looked for from so many seconds before the call was sent: clocks and their readings differ a little.
const EARLY: i64 = 2;
/// And until so many after it: an answer is waited for no longer by far, nor a throttle.
const LATE: i64 = 400;
/// The list is asked for from further back, so that a clock that is not yet known to be wrong hides nothing.
const BACK: i64 = 6 * 3600;

/// Servers forget jobs a day after they ended, and people remove things: after so many seconds nothing is no proof.
const FORGOTTEN: i64 = 12 * 3600;

/// APIs whose class has neither their own name nor that with VM for the virtual machine, in lower case.
const CLASSES: [(&str, &str); 6] = [
    ("associateipaddress", "associateipaddr"),
    ("disassociateipaddress", "disassociateipaddr"),
    ("resetpasswordforvirtualmachine", "resetvmpassword"),
    ("resetsshkeyforvirtualmachine", "resetvmsshkey"),
    ("startinternalloadbalancervm", "startinternallbvm"),
    ("stopinternalloadbalancervm", "stopinternallbvm"),
];

/// Fields that many things share, so that they tell none from another.
const COMMON: [&str; 12] = [
    "zoneid",
    "account",
    "domainid",
    "projectid",
    "templateid",
    "serviceofferingid",
    "diskofferingid",
    "networkofferingid",
    "hypervisor",
    "displaytext",
    "keypair",
    "group",
];

pub fn custom_id(api: &Api) -> Option<&'static str> {
    (CHOOSING.contains(&api.name.as_str()) && api.param(CUSTOM).is_some()).then_some(CUSTOM)
}

pub fn refuses_custom_id(error: &Error) -> bool {
    let denied = error.code == Some(531) || error.cserrorcode == Some(4365);
    denied && error.message.contains("create/update custom id")
}

pub fn knows_custom_id(error: &Error, id: &str) -> bool {
    error.message.contains(id) && error.message.contains("already exists")
}

pub fn is_absence(error: &Error) -> bool {
    error.code == Some(431) && error.message.contains("entity does not exist")
}

pub fn jobs_since(lost: &Lost, catalog: &Catalog) -> Result<Option<Request>> {
    let Some(list) = catalog.api("listAsyncJobs")?.filter(|_| lost.starts_job) else {
        return Ok(None);
    };
    let mut params = Vec::new();
    if list.param("startdate").is_some() {
        params.push(("startdate".into(), super::date(lost.sent - BACK)));
    }
    Ok(Some(Request {
        api: list.name.clone(),
        params,
    }))
}

pub fn things_of(lost: &Lost, catalog: &Catalog) -> Result<Option<Request>> {
    let Some(list) = list_of(&lost.api, catalog)? else {
        return Ok(None);
    };
    let mut params = Vec::new();
    let takes = |name: &str| list.param(name).is_some();
    match (&lost.custom, param(lost, "id"), name_of(lost)) {
        (Some(id), ..) => params.push(("id".into(), id.clone())),
        (None, Some(id), _) => params.push(("id".into(), id.into())),
        (None, None, Some((field, name))) => {
            // A keyword matches more than the name, and what is not of that name is left out afterwards.
            let Some(by) = [field, "name", "keyword"].into_iter().find(|by| takes(by)) else {
                return Ok(None);
            };
            params.push((by.into(), name.into()));
        }
        (None, None, None) => return Ok(None),
    }
    if takes("listall") {
        params.push(("listall".into(), "true".into()));
    }
    if let Some(project) = param(lost, "projectid").filter(|_| takes("projectid")) {
        params.push(("projectid".into(), project.into()));
    }
    for filter in ["templatefilter", "isofilter"] {
        if takes(filter) {
            params.push((filter.into(), "self".into()));
        }
    }
    Ok(Some(Request {
        api: list.name.clone(),
        params,
    }))
}

pub fn find(
    lost: &Lost,
    jobs: Option<&[Record]>,
    things: Option<&[Record]>,
    known: &dyn Fn(&str) -> bool,
) -> Finding {
    match look(lost, jobs, things, known) {
        Finding::Absent if lost.now - lost.sent > FORGOTTEN => Finding::Unsure(
            "nothing shows it today, but it is so long ago that its traces may be gone".into(),
        ),
        finding => finding,
    }
}

fn look(
    lost: &Lost,
    jobs: Option<&[Record]>,
    things: Option<&[Record]>,
    known: &dyn Fn(&str) -> bool,
) -> Finding {
    let jobs = jobs.map(|jobs| {
        jobs.iter()
            .filter(|job| in_time(job, lost) && !job.text("jobid").is_some_and(|id| known(&id)))
            .collect::<Vec<&Record>>()
    });
    if let Some(id) = &lost.custom {
        return by_custom_id(lost, id, jobs.as_deref(), things);
    }
    match (jobs, param(lost, "id")) {
        (Some(jobs), Some(id)) => {
            let own: Vec<&Record> = jobs.into_iter().filter(|job| is_of(lost, job)).collect();
            by_subject(id, &own)
        }
        (Some(jobs), None) => {
            let own: Vec<&Record> = jobs.into_iter().filter(|job| is_of(lost, job)).collect();
            by_fields(lost, &own, things.unwrap_or_default())
        }
        (None, id) => by_thing(lost, id, things),
    }
}

fn by_custom_id(
    lost: &Lost,
    id: &str,
    jobs: Option<&[&Record]>,
    things: Option<&[Record]>,
) -> Finding {
    let job = jobs
        .unwrap_or_default()
        .iter()
        .find(|job| is_of(lost, job) && job.text("jobinstanceid").as_deref() == Some(id))
        .and_then(|job| job.text("jobid"));
    let thing = things
        .unwrap_or_default()
        .iter()
        .find(|thing| thing.text("id").as_deref() == Some(id));
    match (job, thing, things) {
        (None, None, Some(_)) => Finding::Absent,
        (None, None, None) => Finding::Unsure(format!("no list tells whether there is {id}")),
        // An id that was typed may have been another thing's before.
        (None, Some(thing), _) if !in_time(thing, lost) => {
            Finding::Unsure(format!("{id} is there, and not since this call"))
        }
        (job, ..) => Finding::Taken {
            job,
            resource: Some(id.into()),
        },
    }
}

/// A call on something that was there: its job names it, or what the job ended with is it.
fn by_subject(id: &str, jobs: &[&Record]) -> Finding {
    let subject = |job: &Record| {
        job.text("jobinstanceid")
            .or_else(|| made(job).and_then(|made| made.text("id")))
    };
    let pick = |wanted: Option<&str>| -> Vec<&Record> {
        let jobs = jobs.iter().copied();
        jobs.filter(|job| subject(job).as_deref() == wanted)
            .collect()
    };
    if !is_uuid(id) && !jobs.is_empty() {
        // Jobs tell uuids, and an administrator may have given a number.
        return unsure(jobs);
    }
    match (pick(Some(id)).as_slice(), pick(None).as_slice()) {
        ([job], _) => taken(job, Some(id.into())),
        ([], []) => Finding::Absent,
        ([], others) => unsure(others),
        (several, _) => unsure(several),
    }
}

/// A call that makes something: what its job made has the values that were asked for.
fn by_fields(lost: &Lost, jobs: &[&Record], things: &[Record]) -> Finding {
    let mut same = Vec::new();
    let mut open = Vec::new();
    for job in jobs {
        let instance = job.text("jobinstanceid");
        let thing = things
            .iter()
            .find(|thing| instance.is_some() && thing.text("id") == instance);
        match made(job).or(thing).map(|made| likeness(lost, made)) {
            Some(Likeness::Same) => same.push(*job),
            Some(Likeness::Other) => {}
            Some(Likeness::Open) | None => open.push(*job),
        }
    }
    match (same.as_slice(), open.is_empty()) {
        ([job], _) => {
            let resource = job
                .text("jobinstanceid")
                .or_else(|| made(job).and_then(|made| made.text("id")));
            taken(job, resource)
        }
        ([], true) => Finding::Absent,
        ([], false) => unsure(&open),
        (several, _) => unsure(several),
    }
}

/// A call without a job: the thing that it makes or removes tells.
fn by_thing(lost: &Lost, id: Option<&str>, things: Option<&[Record]>) -> Finding {
    let Some(things) = things else {
        return Finding::Unsure("no list shows what such a call does".into());
    };
    match (verb_of(&lost.api), id) {
        _ if lost.starts_job => Finding::Unsure("its job cannot be looked for".into()),
        ("delete" | "remove", Some(_)) if !things.is_empty() => Finding::Absent,
        ("delete" | "remove", Some(id)) => Finding::Unsure(format!(
            "{id} is not there any more, and whoever removed it may be another"
        )),
        ("create" | "register" | "add", None) => {
            let Some((field, name)) = name_of(lost) else {
                return Finding::Unsure("it has no name to be found by".into());
            };
            let named: Vec<&Record> = things
                .iter()
                .filter(|thing| {
                    [field, "name"]
                        .iter()
                        .any(|field| thing.text(field).as_deref() == Some(name))
                })
                .filter(|thing| likeness(lost, thing) != Likeness::Other)
                .collect();
            let fresh: Vec<&&Record> = named.iter().filter(|thing| in_time(thing, lost)).collect();
            let undated = named.iter().any(|thing| thing.get("created").is_none());
            match (fresh.as_slice(), undated) {
                (_, true) => Finding::Unsure(format!(
                    "there is one of the name {name}, and nothing tells when it was made"
                )),
                ([thing], false) => Finding::Taken {
                    job: None,
                    resource: thing.text("id"),
                },
                ([], false) => Finding::Absent,
                (several, false) => Finding::Unsure(format!(
                    "{} of the name {name} were made at that time",
                    several.len()
                )),
            }
        }
        _ => Finding::Unsure(
            "what such a call changes looks the same whether it was carried out or not".into(),
        ),
    }
}

fn taken(job: &Record, resource: Option<String>) -> Finding {
    Finding::Taken {
        job: job.text("jobid"),
        resource,
    }
}

fn unsure(jobs: &[&Record]) -> Finding {
    let ids: Vec<String> = jobs.iter().filter_map(|job| job.text("jobid")).collect();
    let these = match ids.len() {
        1 => "one such job began at that time".to_string(),
        many => format!("{many} such jobs began at that time"),
    };
    Finding::Unsure(format!("{these}: {}", ids.join(", ")))
}

/// The record that a job ended with.
fn made(job: &Record) -> Option<&Record> {
    let Value::Record(result) = job.get("jobresult")? else {
        return None;
    };
    match result.fields.as_slice() {
        [(_, Value::Record(made))] => Some(made),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Likeness {
    /// A value that hardly another thing has is the one asked for, and none differs.
    Same,
    Open,
    /// A name or an id differs.
    Other,
}

fn likeness(lost: &Lost, made: &Record) -> Likeness {
    let (mut named, mut telling, mut differs) = (false, false, false);
    for (name, wanted) in &lost.params {
        let name = name.to_ascii_lowercase();
        let Some(has) = made.text(&name).filter(|_| !wanted.is_empty()) else {
            continue;
        };
        let names = matches!(name.as_str(), "name" | "displayname" | "username");
        let uuids = name.ends_with("id") && is_uuid(&has) && is_uuid(wanted);
        match has.eq_ignore_ascii_case(wanted) {
            true => {
                named |= names;
                telling |= uuids && !COMMON.contains(&name.as_str());
            }
            false if names || uuids || name == "account" => return Likeness::Other,
            // Servers write sizes and the like in their own way.
            false => differs = true,
        }
    }
    match named || (telling && !differs) {
        true => Likeness::Same,
        false => Likeness::Open,
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Whether the job is one that this API starts, by the server's class name for it.
fn is_of(lost: &Lost, job: &Record) -> bool {
    let class = job.text("cmd").unwrap_or_default();
    let class = class.rsplit('.').next().unwrap_or_default();
    let class = class.strip_suffix("ByAdmin").unwrap_or(class);
    let Some(class) = class.strip_suffix("Cmd").map(str::to_ascii_lowercase) else {
        return false;
    };
    let api = lost.api.to_ascii_lowercase();
    let irregular = CLASSES.iter().find(|(name, _)| *name == api);
    class == api
        || class == api.replace("virtualmachine", "vm")
        || irregular.is_some_and(|(_, name)| *name == class)
}

/// Whether what was created then can be the call's; it may where nothing tells when.
fn in_time(record: &Record, lost: &Lost) -> bool {
    record
        .text("created")
        .and_then(|text| seconds(&text))
        .is_none_or(|created| (lost.sent - EARLY..=lost.sent + LATE).contains(&created))
}

fn seconds(text: &str) -> Option<i64> {
    jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", text)
        .and_then(|broken| broken.to_timestamp())
        .map(Timestamp::as_second)
        .ok()
}

fn param<'a>(lost: &'a Lost, wanted: &str) -> Option<&'a str> {
    lost.params
        .iter()
        .find(|(name, value)| name.eq_ignore_ascii_case(wanted) && !value.is_empty())
        .map(|(_, value)| value.as_str())
}

/// The name that a call gives to what it makes, and the parameter that gave it.
fn name_of(lost: &Lost) -> Option<(&'static str, &str)> {
    let fields: &[&'static str] = match lost.api.as_str() {
        "createUser" => &["username"],
        // An account without a name of its own has its user's.
        "createAccount" => &["account", "username"],
        _ => &["name"],
    };
    let (field, name) = fields
        .iter()
        .find_map(|field| param(lost, field).map(|name| (*field, name)))?;
    let field = if lost.api == "createAccount" {
        "name"
    } else {
        field
    };
    Some((field, name))
}

/// The list call of the noun: listVolumes for createVolume.
fn list_of(api: &str, catalog: &Catalog) -> Result<Option<std::sync::Arc<Api>>> {
    let entry = Entry {
        name: api.into(),
        asynchronous: false,
    };
    let noun = entry.noun();
    // What is announced for an upload is made by the announcement.
    let noun = noun.strip_prefix("uploadparamsfor").unwrap_or(&noun);
    for plural in [
        format!("{noun}s"),
        format!("{noun}es"),
        format!("{}ies", noun.trim_end_matches('y')),
    ] {
        if let Some(list) = catalog.find("list", &plural)? {
            return Ok(Some(list));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
