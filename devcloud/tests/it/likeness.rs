//! Two answers beside each other, of servers with other ids, names and counts: what of status, envelope, fields, their order
//! and types, codes and words is different.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::exchanges::masked;
use crate::support::Answer;

/// What is different about an answer here, each as a place in it and what is the matter there.
pub fn differences(there: &Answer, here: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    if (there.status, &there.content_type) != (here.status, &here.content_type) {
        found.push(format!(
            "is {} {} and not {} {}: {}",
            here.status, here.content_type, there.status, there.content_type, here.body
        ));
        return found;
    }
    if there.status != 200 {
        let told = |answer: &Answer| {
            (
                masked(&answer.body),
                answer.description.as_deref().map(masked),
            )
        };
        if told(here) != told(there) {
            found.push(format!("says {:?} and not {:?}", told(here), told(there)));
        }
        return found;
    }
    compare("", &[&tree(there)], &[&tree(here)], &mut found);
    found
}

/// What an answer says, whatever the format.
pub fn tree(answer: &Answer) -> Value {
    match answer.content_type.starts_with("application/json") {
        true => serde_json::from_str(&answer.body).unwrap(),
        false => xml(&answer.body),
    }
}

/// Fields whose values are words of the server's own, the same on every cloud.
const WORDS: &[&str] = &[
    "accounttype",
    "acltype",
    "action",
    "algorithm",
    "allocationstate",
    "availability",
    "broadcastdomaintype",
    "clustertype",
    "cmd",
    "guestiptype",
    "intervaltype",
    "jobinstancetype",
    "jobresulttype",
    "level",
    "managedstate",
    "protocol",
    "provider",
    "provisioningtype",
    "redundantstate",
    "resourcestate",
    "resourcetype",
    "resourcetypename",
    "role",
    "roletype",
    "rootdevicetype",
    "scope",
    "snapshottype",
    "state",
    "storagetype",
    "success",
    "templatetype",
    "traffictype",
    "type",
    "usersource",
    "volumetype",
];

/// The values that are at one place of answers: of one record, or of all the rows of a list.
fn compare(place: &str, there: &[&Value], here: &[&Value], found: &mut Vec<String>) {
    let kinds =
        |values: &[&Value]| -> BTreeSet<&str> { values.iter().map(|value| kind(value)).collect() };
    let (known, ours) = (kinds(there), kinds(here));
    // A setting's value is anything.
    if place.ends_with("configuration.value") {
        return;
    }
    if !ours.is_subset(&known) {
        found.push(format!("{place} is {ours:?} and not {known:?}"));
        return;
    }
    // Which events there were is each cloud's own story.
    let told = place.starts_with("listeventsresponse");
    if !told && WORDS.contains(&place.rsplit('.').next().unwrap_or_default()) {
        let said = |values: &[&Value]| -> BTreeSet<String> {
            values
                .iter()
                .filter_map(|value| value.as_str().map(String::from))
                .collect()
        };
        let known = said(there);
        for word in said(here).difference(&known) {
            found.push(format!("{place} says {word} and not one of {known:?}"));
        }
    }
    let items = |values: &[&Value]| -> Vec<Value> {
        values
            .iter()
            .filter_map(|value| value.as_array())
            .flatten()
            .cloned()
            .collect()
    };
    let (known, ours) = (items(there), items(here));
    match (known.is_empty(), ours.is_empty()) {
        (true, false) => found.push(format!("{place} has items")),
        (false, true) => found.push(format!("{place} is empty")),
        _ => {}
    }
    if !known.is_empty() && !ours.is_empty() {
        let known: Vec<&Value> = known.iter().collect();
        let ours: Vec<&Value> = ours.iter().collect();
        compare(place, &known, &ours, found);
    }
    let records = |values: &[&Value]| -> Vec<Map<String, Value>> {
        values
            .iter()
            .filter_map(|value| value.as_object().cloned())
            .collect()
    };
    records_differ(place, &records(there), &records(here), found);
}

fn records_differ(
    place: &str,
    there: &[Map<String, Value>],
    here: &[Map<String, Value>],
    found: &mut Vec<String>,
) {
    if there.is_empty() || here.is_empty() {
        return;
    }
    let at = |field: &str| match place {
        "" => field.to_string(),
        place => format!("{place}.{field}"),
    };
    let (known, ours) = (fields(there), fields(here));
    for (field, values) in &known {
        match ours.get(field) {
            None => found.push(format!("{} is missing", at(field))),
            Some(others) if values.len() == there.len() && others.len() < here.len() => {
                found.push(format!("{} is sometimes missing", at(field)));
            }
            Some(_) => {}
        }
    }
    for (field, values) in &ours {
        match known.get(field) {
            None => found.push(format!("{} is there", at(field))),
            Some(others) => compare(&at(field), others, values, found),
        }
    }
    for record in here {
        let order: Vec<&String> = record
            .keys()
            .filter(|field| known.contains_key(*field))
            .collect();
        for pair in order.windows(2) {
            let turned = there.iter().any(|other| {
                let place = |field: &String| other.keys().position(|known| known == field);
                matches!((place(pair[0]), place(pair[1])), (Some(first), Some(second)) if first > second)
            });
            if turned {
                let wrong = format!("{} comes before {}", at(pair[0]), pair[1]);
                if !found.contains(&wrong) {
                    found.push(wrong);
                }
            }
        }
    }
}

fn fields(records: &[Map<String, Value>]) -> BTreeMap<String, Vec<&Value>> {
    let mut fields: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for (field, value) in records.iter().flatten() {
        fields.entry(field.clone()).or_default().push(value);
    }
    fields
}

/// What a value is: its type, and of texts the form.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "fraction",
        Value::Number(_) => "number",
        Value::Array(_) => "list",
        Value::Object(_) => "map",
        Value::String(text) => form(text),
    }
}

fn form(text: &str) -> &'static str {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let shape: String = text
        .chars()
        .map(|letter| if letter.is_ascii_digit() { '0' } else { letter })
        .collect();
    if uuid::Uuid::parse_str(text).is_ok() && text.len() == 36 {
        return "id";
    }
    match shape.as_str() {
        "0000-00-00T00:00:00+0000" => "date",
        "0000-00-00'T'00:00:00+00:00" => "date of usage",
        _ if text.split('.').count() <= 2 && text.split('.').all(digits) => "number in a text",
        _ if text.ends_with('%') => "percents",
        _ if text.parse::<std::net::IpAddr>().is_ok() => "address",
        _ if text.starts_with("{") && text.ends_with('}') => "map in a text",
        "true" | "false" => "true or false",
        _ => "text",
    }
}

/// XML as a tree in which every element is a list: how often one may come is not to be seen.
fn xml(text: &str) -> Value {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(text);
    let mut open: Vec<(String, Map<String, Value>, String)> =
        vec![(String::new(), Map::new(), String::new())];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let name = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
                open.push((name, Map::new(), String::new()));
            }
            Event::Text(text) => open.last_mut().unwrap().2 += &text.decode().unwrap(),
            Event::GeneralRef(_) => open.last_mut().unwrap().2 += "&",
            Event::End(_) => {
                let (name, fields, text) = open.pop().unwrap();
                let value = match fields.is_empty() {
                    true => Value::String(text),
                    false => Value::Object(fields),
                };
                let above = &mut open.last_mut().unwrap().1;
                let list = above.entry(name).or_insert(Value::Array(Vec::new()));
                list.as_array_mut().unwrap().push(value);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    Value::Object(open.pop().unwrap().1)
}
