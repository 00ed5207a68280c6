//! Recorded answers of a real server through the dialect: each decodes or is a clear error, in JSON and XML alike.

use std::sync::{Arc, LazyLock};

use capuchin::Answer;
use capuchin::catalog::Catalog;
use capuchin::catalog::types::Types;
use capuchin::cloud::{Dialect, Outcome, Reply, Request, cloudstack::CloudStack};
use capuchin::error::Kind;
use capuchin::record::{Record, Value};

#[derive(serde::Deserialize)]
struct Exchange {
    name: String,
    request: Sent,
    status: u16,
    content_type: Option<String>,
    body: Option<String>,
}

#[derive(serde::Deserialize)]
struct Sent {
    query: Option<String>,
    body: Option<String>,
}

fn exchanges(text: &str) -> Vec<Exchange> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const FILES: [(&str, &str); 7] = [
    ("calls", include_str!("../recorded/calls.jsonl")),
    ("async", include_str!("../recorded/async.jsonl")),
    ("lists", include_str!("../recorded/lists.jsonl")),
    ("roles", include_str!("../recorded/roles.jsonl")),
    ("usage", include_str!("../recorded/usage.jsonl")),
    ("seed", include_str!("../recorded/seed.jsonl")),
    ("throttle", include_str!("../recorded/throttle.jsonl")),
];

static CATALOG: LazyLock<Arc<Catalog>> =
    LazyLock::new(|| Arc::new(Catalog::of(CloudStack.shipped().unwrap().apis)));

fn command(exchange: &Exchange) -> String {
    let Sent { query, body } = &exchange.request;
    let text = format!(
        "{}&{}",
        query.as_deref().unwrap_or(""),
        body.as_deref().unwrap_or("")
    );
    text.split('&')
        .find_map(|pair| pair.strip_prefix("command="))
        .unwrap_or("none")
        .to_string()
}

fn read(exchange: &Exchange) -> capuchin::Result<Outcome> {
    let request = Request {
        api: command(exchange),
        params: Vec::new(),
    };
    let reply = Reply {
        status: exchange.status,
        content_type: exchange.content_type.clone().unwrap_or_default(),
        body: exchange.body.clone().unwrap_or_default().into(),
        ..Reply::default()
    };
    let api = CATALOG.api(&request.api).unwrap();
    let fields = api.map_or(Vec::new(), |api| api.response.clone());
    let types = Types::within(&fields, CATALOG.clone());
    let follow = CloudStack.follows(&request.api);
    CloudStack.read(&request, &reply, &types, follow)
}

#[test]
fn every_recorded_answer_decodes_or_is_a_clear_error() {
    let (mut all, mut decoded) = (0, 0);
    for exchange in FILES.iter().flat_map(|(_, text)| exchanges(text)) {
        let name = &exchange.name;
        all += 1;
        match read(&exchange) {
            Ok(_) => {
                assert_eq!(exchange.status, 200, "{name}");
                decoded += 1;
            }
            Err(error) => {
                assert_ne!(exchange.status, 200, "{name}: {error}");
                assert_eq!(error.kind, Kind::Refused, "{name}: {error}");
                assert!(error.message.len() > 20, "{name}: {error}");
                let told = !error.hints.is_empty() || error.code == Some(530);
                assert!(told, "{name}: {error}");
            }
        }
    }
    assert_eq!((all, decoded), (570, 458));
}

/// Two calls of one name each, and not two forms of one answer.
const APART: [&str; 6] = [
    "async-createVolume",
    "async-createVolume-poll1",
    "async-fail-attachVolume",
    "async-fail-attachVolume-poll2",
    "admin-insufficient-capacity-done",
    "user-other-account-vm-start",
];

/// The tree as both formats can tell it: XML has nothing where JSON has an empty list.
fn told(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.iter().map(told).collect()),
        Value::Record(record) => {
            let mut kept = Record::default();
            for (name, value) in &record.fields {
                if *value != Value::List(Vec::new()) {
                    kept.push(name.clone(), told(value));
                }
            }
            Value::Record(kept)
        }
        scalar => scalar.clone(),
    }
}

/// The whole of an answer as one tree.
fn tree(answer: &Answer) -> Value {
    let mut whole = Record::default();
    whole.push("shape", Value::String(format!("{:?}", answer.shape)));
    whole.push("name", Value::String(format!("{:?}", answer.name)));
    whole.push("head", Value::Record(answer.head.clone()));
    whole.push("rows", Value::List(answer.rows.values().collect()));
    told(&Value::Record(whole))
}

/// The paths at which two trees differ, with what is there.
fn differences(json: &Value, xml: &Value, path: &str, found: &mut Vec<String>) {
    match (json, xml) {
        (Value::Record(a), Value::Record(b)) => {
            let names = |record: &Record| -> Vec<String> {
                record
                    .fields
                    .iter()
                    .map(|(name, _)| name.to_string())
                    .collect()
            };
            if names(a) != names(b) {
                found.push(format!("{path}: {:?} {:?}", names(a), names(b)));
            }
            for (name, value) in &a.fields {
                if let Some(other) = b.get(name) {
                    differences(value, other, &format!("{path}.{name}"), found);
                }
            }
        }
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(a, b, &format!("{path}[{index}]"), found);
            }
        }
        _ if json == xml => {}
        _ => found.push(format!("{path}: {json:?} {xml:?}")),
    }
}

#[test]
fn json_and_xml_of_one_answer_are_the_same_tree() {
    let (mut compared, mut refused) = (0, 0);
    let mut wrong = Vec::new();
    for (file, text) in FILES {
        let all = exchanges(text);
        for json in &all {
            let Some(name) = json.name.strip_suffix(".json") else {
                continue;
            };
            let xml = format!("{name}.xml");
            let Some(xml) = all.iter().find(|other| other.name == xml) else {
                continue;
            };
            if APART.contains(&name) {
                continue;
            }
            match (read(json), read(xml)) {
                (Ok(Outcome::Done(a)), Ok(Outcome::Done(b)))
                | (
                    Ok(Outcome::Started { answer: a, .. }),
                    Ok(Outcome::Started { answer: b, .. }),
                ) => {
                    compared += 1;
                    let mut found = Vec::new();
                    differences(&tree(&a), &tree(&b), "", &mut found);
                    wrong.extend(found.iter().map(|what| format!("{file} {name}{what}")));
                }
                (Err(a), Err(b)) => {
                    refused += 1;
                    assert_eq!((a.code, a.kind), (b.code, b.kind), "{name}");
                }
                (a, b) => panic!("{name}: {a:?} {b:?}"),
            }
        }
    }
    assert!(wrong.is_empty(), "{} {wrong:#?}", wrong.len());
    assert_eq!((compared, refused), (157, 45));
}
