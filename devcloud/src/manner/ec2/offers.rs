//! Instance types: the names of service offerings, or Amazon's names where an administrator said what they stand for.

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use serde_json::Value;

use super::Ask;
use super::query::Query;
use super::words::{Wrong, page};
use crate::api::Caller;
use crate::manner::desk::{Desk, text};
use crate::store;

/// What stands before Amazon's name among the settings.
const OFFER: &str = "awsapi.offer.";
/// What a machine is that was not said to be anything.
const USUAL: &str = "m1.small";

/// Answers the two calls that change what Amazon's names stand for; nothing where it is neither.
pub fn change(
    name: &str,
    query: &Query,
    desk: &Desk,
    caller: &Caller,
) -> Option<Response<Full<Bytes>>> {
    let (set, done) = match name {
        "SetOfferMapping" => (true, "offering mapping set successfully"),
        "DeleteOfferMapping" => (false, "offering mapping deleted successfully"),
        _ => return None,
    };
    if !caller.root() {
        return Some(page(401, "Only the cloud's administrator maps offerings"));
    }
    let Some(amazon) = query.text("amazonoffer") else {
        return Some(page(530, "Missing amazonoffer parameter"));
    };
    let cloud = match (set, query.text("cloudoffer")) {
        (true, None) => return Some(page(530, "Missing cloudoffer parameter")),
        (true, Some(cloud)) => cloud,
        (false, _) => "",
    };
    let kept = desk.look(|db| store::change_setting(db, &format!("{OFFER}{amazon}"), cloud));
    Some(match kept {
        Ok(()) => text(200, "text/plain;charset=utf-8", done),
        Err(why) => text(500, "text/plain;charset=utf-8", why.to_string()),
    })
}

/// What Amazon's name stands for, if somebody said so.
fn mapped(ask: &Ask, amazon: &str) -> Option<String> {
    let name = format!("{OFFER}{amazon}");
    let cloud = ask.desk.look(|db| store::setting(db, &name)).ok().flatten();
    cloud.filter(|cloud| !cloud.is_empty())
}

/// The id of the offering that an instance type means; where none is named, of m1.small or else of the first.
pub fn id_of(ask: &Ask, wanted: Option<&str>) -> Result<String, Wrong> {
    let offerings = ask.rows("listServiceOfferings", "serviceoffering", &[])?;
    let amazon = wanted.unwrap_or(USUAL);
    let name = mapped(ask, amazon).unwrap_or_else(|| amazon.into());
    let found = offerings
        .iter()
        .find(|offering| offering["name"] == name.as_str());
    let found = found.or_else(|| offerings.first().filter(|_| wanted.is_none()));
    let id = found.and_then(|offering| offering["id"].as_str());
    id.map(String::from)
        .ok_or_else(|| Wrong::value("InstanceType", amazon))
}

/// Amazon's names, each with the offering that it stands for.
pub fn names(ask: &Ask) -> Vec<(String, String)> {
    let named = ask.desk.look(|db| store::settings(db, OFFER));
    named.unwrap_or_default()
}

/// The instance type of a machine.
pub fn type_of(names: &[(String, String)], machine: &Value) -> String {
    let offering = machine["serviceofferingname"].as_str().unwrap_or_default();
    let amazon = names.iter().find(|(_, cloud)| cloud == offering);
    amazon.map_or(offering, |(amazon, _)| amazon).into()
}
