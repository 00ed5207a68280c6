//! The cloud's own settings: those that it honours.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::listing::PAGED;
use super::{Access, Api, Call, Done, Reply, Takes, fields, opt, req};
use crate::store;
use crate::wire::Refusal;

/// How long every job takes, in milliseconds; each API's own time where it is empty.
pub const JOB_TIME: &str = "devcloud.job.milliseconds";
const PAGE_SIZE: &str = "default.page.size";
/// How long a session may idle, in seconds.
const SESSION_TIME: &str = "devcloud.session.seconds";
/// How long an upload may take to come, in minutes; 0 expects none in time.
const UPLOAD_TIME: &str = "upload.operation.timeout";

/// Names, defaults and meanings.
const SETTINGS: &[(&str, &str, &str)] = &[
    (
        PAGE_SIZE,
        "500",
        "How many entries a list has at most that nobody asked for in pages",
    ),
    (
        SESSION_TIME,
        "1800",
        "How many seconds a session may idle before it ends",
    ),
    (
        UPLOAD_TIME,
        "10",
        "Time(in minutes) to wait before abandoning volume upload using HTTP POST request",
    ),
    (
        JOB_TIME,
        "",
        "How long every job takes, in milliseconds; each API's own time if empty",
    ),
];

pub const APIS: &[Api] = &[
    Api {
        name: "listConfigurations",
        about: "Lists the settings of the cloud",
        access: Access::Root,
        params: &[
            &[opt("name", Takes::Text, "only the setting of this name")],
            PAGED,
        ],
        answers: fields::CONFIGURATION,
        run: list,
        job: None,
    },
    Api {
        name: "updateConfiguration",
        about: "Changes a setting of the cloud",
        access: Access::Root,
        params: &[&[
            req("name", Takes::Text, "the name of the setting"),
            opt(
                "value",
                Takes::Text,
                "its new value; the default if left out",
            )
            .up_to(4095),
        ]],
        answers: fields::CONFIGURATION,
        run: update,
        job: None,
    },
];

pub fn default_page_size(db: &Connection) -> Done<i64> {
    number(db, PAGE_SIZE)
}

/// How long a session may idle, in seconds.
pub fn session_seconds(db: &Connection) -> Done<i64> {
    number(db, SESSION_TIME)
}

/// A setting that is a number, or its default.
fn number(db: &Connection, name: &str) -> Done<i64> {
    let set = store::setting(db, name)?;
    let default = SETTINGS.iter().find(|(known, ..)| *known == name);
    let text = set.or(default.map(|(_, default, _)| default.to_string()));
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| Refusal::internal(format!("the setting {name} is no number")))
}

/// How many minutes after the call that announces it an upload has to begin.
pub fn upload_minutes(db: &Connection) -> Done<i64> {
    let set = store::setting(db, UPLOAD_TIME)?;
    Ok(set.and_then(|text| text.parse().ok()).unwrap_or(10))
}

/// How long every job takes, in milliseconds, if that was set.
pub fn job_milliseconds(db: &Connection) -> Done<Option<i64>> {
    Ok(store::setting(db, JOB_TIME)?.and_then(|text| text.parse().ok()))
}

fn record(db: &Connection, (name, default, about): &(&str, &str, &str)) -> Done<Value> {
    let value = store::setting(db, name)?.unwrap_or_else(|| default.to_string());
    let mut record = json!({"category": "Advanced", "name": name});
    if !value.is_empty() {
        record["value"] = json!(value);
    }
    record["description"] = json!(about);
    Ok(record)
}

fn list(call: &mut Call) -> Done<Reply> {
    let keyword = call.text("keyword").unwrap_or_default().to_lowercase();
    let rows = SETTINGS
        .iter()
        .filter(|(name, ..)| call.text("name").is_none_or(|wanted| wanted == *name))
        .filter(|(name, ..)| name.contains(&keyword))
        .map(|setting| record(call.db, setting))
        .collect::<Done<Vec<Value>>>()?;
    call.page("configuration", rows)
}

fn update(call: &mut Call) -> Done<Reply> {
    let name = call.required("name")?;
    let setting = SETTINGS
        .iter()
        .find(|(known, ..)| *known == name)
        .ok_or_else(|| {
            Refusal::value(format!("Config parameter with name {name} doesn't exist"))
        })?;
    let value = call.text("value").unwrap_or(setting.1);
    let number = value
        .parse::<u32>()
        .is_ok_and(|number| number > 0 || [JOB_TIME, UPLOAD_TIME].contains(&name));
    let unset = value.is_empty() && name == JOB_TIME;
    if !number && !unset {
        return Err(Refusal::value(format!(
            "There was error in trying to parse value: {value}. Please enter a valid integer value for parameter {name}"
        )));
    }
    store::change_setting(call.db, name, value)?;
    Ok(Reply::One("configuration", record(call.db, setting)?))
}
