//! Alerts: what the administrators of the cloud should know, newest first; archived and deleted.

use serde_json::{Value, json};

use super::fields::{ALERT, SUCCESS};
use super::listing::PAGED;
use super::{Call, Done, Reply};
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

apis! {
    Root "listAlerts" "Lists alerts, newest first" (PAGED) {
        opt "id" Uuid "the id of the alert";
        opt "type" Text "only alerts of this type, by its number";
        opt "name" Text "only alerts of this type, such as ALERT.MANAGEMENT";
    } -> ALERT list;

    Root "archiveAlerts" "Takes alerts out of the list, and keeps them" () {
        opt "ids" List "the ids of the alerts, by commas";
        opt "type" Text "only alerts of this type, by its name";
        opt "startdate" Date "only alerts of this day or later";
        opt "enddate" Date "only alerts of this day or earlier";
    } -> SUCCESS |call| {
            for mut alert in meant(call, "archive")? {
                alert.set("archived", true);
                store::update(call.db, &alert)?;
            }
            Ok(Reply::Success)
        };

    Root "deleteAlerts" "Deletes alerts" () {
        opt "ids" List "the ids of the alerts, by commas";
        opt "type" Text "only alerts of this type, by its name";
        opt "startdate" Date "only alerts of this day or later";
        opt "enddate" Date "only alerts of this day or earlier";
    } -> SUCCESS |call| {
            for alert in meant(call, "delete")? {
                store::remove(call.db, &alert)?;
            }
            Ok(Reply::Success)
        };
}

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
            !alert.is("archived")
                && has("id", &alert.uuid)
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

/// The alerts that a call archives or deletes; all that it names have to be there.
fn meant(call: &Call, verb: &str) -> Done<Vec<Thing>> {
    let given = ["ids", "type", "startdate", "enddate"];
    if given.iter().all(|name| call.text(name).is_none()) {
        return Err(Refusal::value(
            "either ids, type or enddate must be specified",
        ));
    }
    let ids = call.listed("ids");
    let (from, to) = (call.date("startdate"), call.date("enddate"));
    let mut alerts = store::of_kind(call.db, "alert")?;
    alerts.retain(|alert| {
        let sent = clock::moment(alert.text("sent")).unwrap_or(0);
        from.is_none_or(|from| sent >= from)
            && to.is_none_or(|to| sent <= to)
            && call.text("type").is_none_or(|kind| alert.name == kind)
            && (ids.is_empty() || ids.contains(&alert.uuid.as_str()))
    });
    if alerts.len() < ids.len() {
        return Err(Refusal::value(format!(
            "Unable to {verb} Alerts, one or more parameters has invalid values"
        )));
    }
    Ok(alerts)
}
