//! Recorded answers of a real server through the dialect: each decodes or is a clear error, in JSON and XML alike.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use capuchin::Answer;
use capuchin::catalog::Catalog;
use capuchin::catalog::types::Types;
use capuchin::cloud::{Dialect, Outcome, Reply, Request, cloudstack::CLOUDSTACK};
use capuchin::error::Kind;
use capuchin::print::Printer;
use capuchin::print::surface::Surface;
use capuchin::record::answer::Shape;
use capuchin::record::select::Sought;
use capuchin::record::{Record, Value, json};

use crate::support::Stub;

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
    LazyLock::new(|| Arc::new(Catalog::of(CLOUDSTACK.shipped().unwrap().apis)));

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
    let follow = CLOUDSTACK.follows(&request.api);
    CLOUDSTACK.read(&request, &reply, &types, follow)
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

fn printed(form: &str, answer: &Answer) -> Vec<u8> {
    let mut out = Vec::new();
    Printer::new(
        form,
        Surface::default(),
        None,
        &[],
        Sought::default(),
        &|| false,
    )
    .unwrap()
    .print(answer, &mut out)
    .unwrap();
    out
}

/// Every recorded answer that is one.
fn answers() -> impl Iterator<Item = (String, Answer)> {
    let all = FILES.iter().flat_map(|(_, text)| exchanges(text));
    all.filter_map(|exchange| match read(&exchange) {
        Ok(Outcome::Done(answer) | Outcome::Started { answer, .. }) => {
            Some((exchange.name, answer))
        }
        Err(_) => None,
    })
}

/// The record that an answer was without its envelope.
fn body(answer: &Answer) -> Record {
    let mut whole = answer.head.clone();
    let rows = || answer.rows.values();
    match (answer.shape, &answer.name) {
        (Shape::List, Some(name)) => whole.push(name.clone(), Value::List(rows().collect())),
        (Shape::List, None) => {}
        (Shape::Object, Some(name)) => whole.push(name.clone(), rows().next().unwrap()),
        (Shape::Object, None) => whole = rows().next().unwrap().as_record().unwrap().clone(),
    }
    whole
}

#[test]
fn json_read_back_is_the_same_tree() {
    let mut count = 0;
    for (name, answer) in answers() {
        count += 1;
        let json = json::read(&printed("json", &answer)).unwrap();
        assert_eq!(json, Value::Record(body(&answer)), "{name}");
        let lines = printed("jsonl", &answer);
        let lines = lines
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        let rows: Vec<Value> = lines.map(|line| json::read(line).unwrap()).collect();
        assert!(answer.rows.values().eq(rows), "{name}");
    }
    assert_eq!(count, 458);
}

#[test]
fn json_is_what_the_server_sent_and_laid_out_as_a_tree_would_be() {
    let mut count = 0;
    for exchange in FILES.iter().flat_map(|(_, text)| exchanges(text)) {
        let Ok(Outcome::Done(answer) | Outcome::Started { answer, .. }) = read(&exchange) else {
            continue;
        };
        let sent = exchange.body.unwrap_or_default();
        if sent.starts_with('<') {
            continue;
        }
        count += 1;
        // Held against what another reader makes of the body.
        let sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
        let sent = sent.as_object().unwrap().values().next().unwrap();
        let out = printed("json", &answer);
        let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(read, *sent, "{}", exchange.name);
        let mut written = Vec::new();
        json::write(&Value::Record(body(&answer)), 0, &mut written).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap().trim_end(),
            String::from_utf8(written).unwrap(),
            "{}",
            exchange.name
        );
    }
    assert_eq!(count, 291);
}

#[test]
fn csv_read_back_has_every_fields_text() {
    for (name, answer) in answers() {
        let out = printed("csv", &answer);
        let mut reader = csv::ReaderBuilder::new().from_reader(out.as_slice());
        let header = reader.headers().unwrap().clone();
        let lines: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(lines.len(), answer.rows.len(), "{name}");
        for (line, row) in lines.iter().zip(answer.records()) {
            let mut left: Vec<&str> = line.iter().filter(|cell| !cell.is_empty()).collect();
            for (field, value) in &row.fields {
                let place = header.iter().position(|column| column == &**field);
                let cell = &line[place.unwrap_or_else(|| panic!("{name}: no column {field}"))];
                match value {
                    Value::List(_) | Value::Record(_) => {
                        assert_eq!(
                            json::read(cell.as_bytes()).as_ref(),
                            Ok(value),
                            "{name} {field}"
                        );
                    }
                    scalar => {
                        assert_eq!(cell, scalar.scalar().unwrap_or_default(), "{name} {field}")
                    }
                }
                left.retain(|other| *other != cell);
            }
            assert!(left.is_empty(), "{name}: {left:?} in no field");
        }
    }
}

#[test]
fn the_program_prints_the_same_of_an_answer_in_either_format() {
    let lists: Vec<Exchange> = exchanges(FILES[2].1);
    let names = [
        "listAsyncJobs",
        "listHostsMetrics",
        "listNetworkOfferings",
        "listStoragePools",
        "listClusters",
        "listRouters",
    ];
    let answers: HashMap<(String, bool), String> = lists
        .into_iter()
        .filter(|exchange| names.contains(&command(exchange).as_str()))
        .map(|exchange| {
            let xml = exchange.name.ends_with(".xml");
            let media = if xml { "text/xml" } else { "application/json" };
            let whole = Stub::whole("200 OK", media, &exchange.body.clone().unwrap());
            ((command(&exchange), xml), whole)
        })
        .collect();
    assert_eq!(answers.len(), names.len() * 2);
    let stub = Stub::with(move |_, head| {
        let asked = |name: &str| {
            let pairs = head.split(['?', '&', ' ']);
            let mut values = pairs.filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            values.next().unwrap_or_default().to_string()
        };
        let key = (asked("command"), asked("response") == "xml");
        let answer = answers.get(&key).cloned().unwrap_or_default();
        answer.into_bytes()
    });
    let home = stub.home();
    home.catalogue(
        &stub.url,
        include_str!("../../src/cloud/cloudstack/listapis-4.11.json"),
    );
    for name in names {
        let [json, xml] = ["json", "xml"].map(|format| {
            let line = format!("api {name} listall=true response={format} -o json");
            json::read(home.run(&line).ok().as_bytes()).unwrap()
        });
        let mut found = Vec::new();
        differences(&told(&json), &told(&xml), name, &mut found);
        assert!(found.is_empty(), "{found:#?}");
    }
}
