//! Alerts: what the administrators of the cloud should know, newest first.

use serde_json::{Value, json};

use super::listing::PAGED;
use super::{Access, Api, Call, Done, Reply, Takes, fields, opt};
use crate::store;

pub const APIS: &[Api] = &[Api {
    name: "listAlerts",
    about: "Lists alerts, newest first",
    access: Access::Root,
    params: &[
        &[
            opt("id", Takes::Uuid, "the id of the alert"),
            opt(
                "type",
                Takes::Text,
                "only alerts of this type, by its number",
            ),
            opt(
                "name",
                Takes::Text,
                "only alerts of this type, such as ALERT.MANAGEMENT",
            ),
        ],
        PAGED,
    ],
    answers: fields::ALERT,
    run: list,
    job: None,
}];

fn list(call: &mut Call) -> Done<Reply> {
    let word = call.text("keyword").unwrap_or_default().to_lowercase();
    let rows = store::of_kind(call.db, "alert")?
        .into_iter()
        .rev()
        .filter(|alert| {
            let has =
                |param: &str, value: &str| call.text(param).is_none_or(|wanted| wanted == value);
            let kind = alert.body.get("type").map(Value::to_string);
            let about = alert.body.get("description").and_then(Value::as_str);
            has("id", &alert.uuid)
                && has("name", &alert.name)
                && has("type", &kind.unwrap_or_default())
                && about.unwrap_or_default().to_lowercase().contains(&word)
        })
        .map(|alert| {
            let field = |name: &str| alert.body.get(name).cloned();
            json!({"id": alert.uuid, "type": field("type"), "name": alert.name, "description": field("description"),
                "sent": field("sent")})
        })
        .collect();
    call.page("alert", rows)
}
