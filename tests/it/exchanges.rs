//! Recorded answers of a real server through the dialect: each decodes or is a clear error, in JSON and XML alike.

use std::collections::BTreeMap;

use capuchin::catalog::{Api, Catalog, Field};
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

fn recorded() -> Vec<Exchange> {
    let mut all = exchanges(include_str!("../recorded/calls.jsonl"));
    all.extend(exchanges(include_str!("../recorded/async.jsonl")));
    all
}

fn catalog() -> Catalog {
    #[derive(serde::Deserialize)]
    struct Whole {
        listapisresponse: Listed,
    }
    #[derive(serde::Deserialize)]
    struct Listed {
        api: Vec<Api>,
    }
    let whole: Whole =
        serde_json::from_str(include_str!("../recorded/listapis-4.11.json")).unwrap();
    Catalog::of(whole.listapisresponse.api)
}

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

fn read(exchange: &Exchange, fields: &[Field]) -> capuchin::Result<Outcome> {
    let request = Request {
        api: command(exchange),
        params: Vec::new(),
    };
    let reply = Reply {
        status: exchange.status,
        content_type: exchange.content_type.clone().unwrap_or_default(),
        body: exchange.body.clone().unwrap_or_default().into_bytes(),
        ..Reply::default()
    };
    CloudStack.read(&request, &reply, fields, true)
}

#[test]
fn every_recorded_answer_decodes_or_is_a_clear_error() {
    let catalog = catalog();
    let all = recorded();
    assert!(all.len() > 250, "{}", all.len());
    let mut decoded = 0;
    for exchange in &all {
        let api = catalog.api(&command(exchange)).unwrap();
        let fields = api.map_or(Vec::new(), |api| api.response.clone());
        match read(exchange, &fields) {
            Ok(_) => {
                assert_eq!(exchange.status, 200, "{}", exchange.name);
                decoded += 1;
            }
            Err(error) => {
                assert_ne!(exchange.status, 200, "{}: {error}", exchange.name);
                assert_eq!(error.kind, Kind::Refused, "{}: {error}", exchange.name);
                assert!(error.message.len() > 20, "{}: {error}", exchange.name);
                assert!(
                    !error.hints.is_empty() || error.code == Some(530),
                    "{}: {error}",
                    exchange.name
                );
            }
        }
    }
    assert!(decoded > 150, "{decoded}");
}

/// XML leaves out empty lists and knows no types that the catalogue does not tell.
fn loose(value: &Value) -> BTreeMap<String, String> {
    fn walk(value: &Value, path: &str, leaves: &mut BTreeMap<String, String>) {
        match value {
            Value::Record(record) => walk_record(record, path, leaves),
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &format!("{path}[{index}]"), leaves);
                }
            }
            leaf => {
                leaves.insert(path.into(), leaf.scalar().unwrap_or_default());
            }
        }
    }
    fn walk_record(record: &Record, path: &str, leaves: &mut BTreeMap<String, String>) {
        for (name, value) in &record.fields {
            walk(value, &format!("{path}.{name}"), leaves);
        }
    }
    let mut leaves = BTreeMap::new();
    walk(value, "", &mut leaves);
    leaves
}

#[test]
fn json_and_xml_of_one_answer_are_the_same_tree() {
    let catalog = catalog();
    let all = exchanges(include_str!("../recorded/calls.jsonl"));
    // Two calls each and not two forms of one answer.
    let apart = [
        "async-createVolume",
        "async-createVolume-poll1",
        "async-fail-attachVolume",
        "async-fail-attachVolume-poll2",
    ];
    let mut compared = 0;
    let mut wrong = Vec::new();
    for json in &all {
        let Some(name) = json.name.strip_suffix(".json") else {
            continue;
        };
        let Some(xml) = all.iter().find(|other| other.name == format!("{name}.xml")) else {
            continue;
        };
        if apart.contains(&name) {
            continue;
        }
        let api = catalog.api(&command(json)).unwrap();
        let fields = api.map_or(Vec::new(), |api| api.response.clone());
        match (read(json, &fields), read(xml, &fields)) {
            (Ok(Outcome::Done(a)), Ok(Outcome::Done(b))) => {
                compared += 1;
                let same = a.shape == b.shape
                    && a.name == b.name
                    && a.rows.len() == b.rows.len()
                    && a.rows
                        .iter()
                        .zip(&b.rows)
                        .all(|(a, b)| loose(a) == loose(b));
                if !same {
                    let differing = a.rows.iter().zip(&b.rows).find_map(|(a, b)| {
                        let (a, b) = (loose(a), loose(b));
                        let path = a
                            .keys()
                            .chain(b.keys())
                            .find(|path| a.get(*path) != b.get(*path))?;
                        Some(format!("{path}: {:?} {:?}", a.get(path), b.get(path)))
                    });
                    wrong.push(format!("{name}: {}", differing.unwrap_or_default()));
                }
            }
            (Err(a), Err(b)) => assert_eq!((a.code, a.kind), (b.code, b.kind), "{name}"),
            (Ok(Outcome::Started { .. }), Ok(Outcome::Started { .. })) => {}
            (a, b) => panic!("{name}: {a:?} {b:?}"),
        }
    }
    assert!(compared >= 50, "{compared}");
    assert!(wrong.is_empty(), "{wrong:?}");
}
