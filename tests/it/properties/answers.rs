//! Trees through JSON, and answers that a CloudStack server would give through JSON and XML alike.

use bytes::Bytes;
use capuchin::catalog::Field;
use capuchin::catalog::types::Types;
use capuchin::cloud::cloudstack::CLOUDSTACK;
use capuchin::cloud::{Dialect, Outcome, Progress, Reply, Request};
use capuchin::record::answer::Answer;
use capuchin::record::body::Body;
use capuchin::record::{Record, Value};
use proptest::prelude::*;
use proptest::sample::select;

use super::{cases, text};
use crate::fuzz::{json_answer, rows, xml_answer};

pub fn record(fields: Vec<(String, Value)>) -> Value {
    let mut record = Record::default();
    for (name, value) in fields {
        record.push(name, value);
    }
    Value::Record(record)
}

/// Numbers in every spelling that JSON has.
fn number() -> impl Strategy<Value = Value> {
    "-?(0|[1-9][0-9]{0,29})(\\.[0-9]{1,12})?([eE][+-]?[0-9]{1,3})?".prop_map(Value::Number)
}

/// Any tree that JSON can say.
pub fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        2 => number(),
        4 => text(12).prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let fields = proptest::collection::btree_map(text(6), inner.clone(), 0..6)
            .prop_map(|fields| fields.into_iter().collect::<Vec<_>>())
            .prop_shuffle();
        prop_oneof![
            proptest::collection::vec(inner, 0..6).prop_map(Value::List),
            fields.prop_map(record),
        ]
    })
}

/// What a catalogue says of a field, and what servers fill it with.
#[derive(Clone, Debug)]
enum Sort {
    Text(&'static str),
    Number(&'static str),
    Truth,
    Map,
    /// A list of texts.
    Texts(&'static str),
    /// A list of records.
    Rows(&'static str, Vec<(String, Sort)>),
    /// One record.
    Thing(&'static str, Vec<(String, Sort)>),
    /// One record of which the catalogue says nothing more.
    Untold(&'static str, Vec<String>),
}

/// Names that mean something in every answer, here too.
const TAKEN: [&str; 19] = [
    "affinitygroup",
    "count",
    "cserrorcode",
    "details",
    "errorcode",
    "errortext",
    "id",
    "jobid",
    "jobprocstatus",
    "jobresult",
    "jobresultcode",
    "jobstatus",
    "nic",
    "resourcedetails",
    "securitygroup",
    "servicelist",
    "storagecapabilities",
    "success",
    "tags",
];

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-zA-Z0-9]{0,7}".prop_filter("taken", |name| !TAKEN.contains(&name.as_str()))
}

fn sort() -> impl Strategy<Value = Sort> {
    let leaf = prop_oneof![
        4 => select(vec!["string", "date", "uuid", "state", "hypervisortype", ""]).prop_map(Sort::Text),
        3 => select(vec!["integer", "int", "long", "short", "float", "double"]).prop_map(Sort::Number),
        2 => Just(Sort::Truth),
        1 => Just(Sort::Map),
        1 => select(vec!["list", "set"]).prop_map(Sort::Texts),
        1 => proptest::collection::btree_set(name(), 1..4)
            .prop_map(|names| Sort::Untold("hostharesponse", names.into_iter().collect())),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        let fields = proptest::collection::btree_map(name(), inner, 1..5)
            .prop_map(|fields| fields.into_iter().collect::<Vec<_>>())
            .boxed();
        prop_oneof![
            (select(vec!["list", "set"]), fields.clone())
                .prop_map(|(kind, fields)| Sort::Rows(kind, fields)),
            fields.prop_map(|fields| Sort::Thing("ownerresponse", fields)),
        ]
    })
}

/// A catalogue's word on the rows of an answer; some of its fields have names that mean something.
fn sorts() -> impl Strategy<Value = Vec<(String, Sort)>> {
    let keyed = || vec![("key".to_string(), Sort::Text("string"))];
    let named = prop_oneof![
        Just(vec![]),
        Just(vec![("details".to_string(), Sort::Map)]),
        Just(vec![("tags".to_string(), Sort::Text("string"))]),
        Just(vec![("tags".to_string(), Sort::Rows("list", keyed()))]),
        Just(vec![("nic".to_string(), Sort::Rows("set", keyed()))]),
    ];
    (proptest::collection::btree_map(name(), sort(), 1..7), named)
        .prop_map(|(sorts, named)| sorts.into_iter().chain(named).collect::<Vec<_>>())
        .prop_shuffle()
}

/// The catalogue's fields as listApis tells them.
fn fields(sorts: &[(String, Sort)]) -> Vec<Field> {
    sorts
        .iter()
        .map(|(name, sort)| {
            let (kind, response) = match sort {
                Sort::Text(kind)
                | Sort::Number(kind)
                | Sort::Texts(kind)
                | Sort::Untold(kind, _) => (*kind, Vec::new()),
                Sort::Truth => ("boolean", Vec::new()),
                Sort::Map => ("map", Vec::new()),
                Sort::Rows(kind, inner) | Sort::Thing(kind, inner) => (*kind, fields(inner)),
            };
            Field {
                name: name.clone(),
                kind: kind.into(),
                response,
                ..Field::default()
            }
        })
        .collect()
}

/// A record with some of its fields: servers leave out what has no value, and lists without members.
fn filled(sorts: &[(String, Sort)]) -> impl Strategy<Value = Vec<(String, Value)>> + use<> {
    let fields: Vec<_> = sorts
        .iter()
        .map(|(name, sort)| {
            let value = proptest::option::weighted(0.7, value(sort));
            (Just(name.clone()), value)
        })
        .collect();
    fields.prop_map(|fields| {
        fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    })
}

fn value(sort: &Sort) -> BoxedStrategy<Value> {
    match sort {
        Sort::Text(_) => text(10).prop_map(Value::String).boxed(),
        Sort::Number(_) => number().boxed(),
        Sort::Truth => any::<bool>().prop_map(Value::Bool).boxed(),
        // Where a value reads as two, nobody can tell.
        Sort::Map => proptest::collection::btree_map(text(5), text(8), 0..4)
            .prop_map(|pairs| {
                let pairs = pairs
                    .into_iter()
                    .filter(|(name, value)| xml_answer::is_pair(name, value));
                record(
                    pairs
                        .map(|(name, value)| (name, Value::String(value)))
                        .collect(),
                )
            })
            .boxed(),
        Sort::Texts(_) => proptest::collection::vec(text(6).prop_map(Value::String), 1..4)
            .prop_map(Value::List)
            .boxed(),
        Sort::Rows(_, inner) => proptest::collection::vec(filled(inner).prop_map(record), 1..4)
            .prop_map(Value::List)
            .boxed(),
        Sort::Thing(_, inner) => filled(inner).prop_map(record).boxed(),
        Sort::Untold(_, names) => {
            let fields: Vec<_> = names
                .iter()
                .map(|name| (Just(name.clone()), text(6).prop_map(Value::String)))
                .collect();
            fields.prop_map(record).boxed()
        }
    }
}

/// An answer's body, as a list, one thing, flat fields, or what a job ended with.
fn answer() -> impl Strategy<Value = (Vec<Field>, Value)> {
    (sorts(), name()).prop_flat_map(|(sorts, name)| {
        let fields = fields(&sorts);
        let rows = proptest::collection::vec(filled(&sorts), 0..4);
        let list = (rows, Just(name.clone())).prop_map(|(rows, name)| {
            let count = Value::Number(rows.len().to_string());
            let rows: Vec<Value> = rows.into_iter().map(record).collect();
            match rows.is_empty() {
                true => record(Vec::new()),
                false => record(vec![("count".into(), count), (name, Value::List(rows))]),
            }
        });
        let one = (filled(&sorts), Just(name))
            .prop_map(|(mut row, name)| {
                // A thing without a field, in XML, is no thing.
                row.push(("id".into(), Value::String("a".into())));
                record(vec![(name, record(row))])
            })
            .boxed();
        let flat = filled(&sorts).prop_map(|mut row| {
            row.push(("id".into(), Value::String("a".into())));
            record(row)
        });
        let job = one.clone().prop_map(|result| {
            let status = Value::Number("1".into());
            record(vec![
                ("jobstatus".into(), status),
                ("jobresult".into(), result),
            ])
        });
        let body = prop_oneof![3 => list, 2 => one, 1 => flat, 1 => job];
        (Just(fields), body)
    })
}

/// The answer as the dialect has it, of a call or of a job, without the bytes that it came as.
fn read(body: &[u8], fields: &[Field], job: bool) -> Answer {
    let request = Request {
        api: "listThings".into(),
        params: Vec::new(),
    };
    let reply = Reply {
        status: 200,
        body: Bytes::copy_from_slice(body),
        ..Reply::default()
    };
    let types = Types::of(fields);
    let answer = if job {
        match CLOUDSTACK.progress(&request, "7", &reply, &types) {
            Ok(Progress::Done(answer)) => answer,
            other => panic!("{other:?}"),
        }
    } else {
        match CLOUDSTACK.read(&request, &reply, &types, false) {
            Ok(Outcome::Done(answer)) => answer,
            other => panic!("{other:?}"),
        }
    };
    Answer {
        raw: Bytes::new(),
        ..answer
    }
}

/// A JSON text with blanks around each of its parts and every letter of its strings by number.
fn spelt_anew(text: &str, blank: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars();
    let mut inside = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                inside = !inside;
                out.push('"');
            }
            '\\' if inside => {
                let escape = letters.next().unwrap();
                let digits = if escape == 'u' { 4 } else { 0 };
                out.extend(['\\', escape]);
                out.extend(letters.by_ref().take(digits));
            }
            letter if inside => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            '{' | '}' | '[' | ']' | ',' | ':' => {
                out.push_str(&format!("{blank}{letter}{blank}"));
            }
            letter => out.push(letter),
        }
    }
    out
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn any_tree_survives_json(tree in tree()) {
        json_answer::survives(&tree);
    }

    #[test]
    fn rows_that_stay_in_their_bytes_are_those_of_the_tree(
        items in proptest::collection::vec(tree(), 0..5),
        beside in proptest::collection::vec((text(6), tree()), 0..2),
        blank in "[ \t\r\n]{0,2}",
    ) {
        let list = [("list".to_string(), Value::List(items))];
        let body = record(list.into_iter().chain(beside).collect());
        for text in json_answer::written(&record(vec![("r".into(), body)])) {
            json_answer::check(&text);
            let text = String::from_utf8(text).unwrap();
            json_answer::check(spelt_anew(&text, &blank).as_bytes());
        }
    }

    #[test]
    fn an_answer_is_the_same_tree_in_json_and_xml((fields, body) in answer()) {
        let xml = xml_answer::write("thingresponse", &body, &fields);
        let (_, tree) = xml_answer::read(xml.as_bytes(), &fields).unwrap();
        prop_assert_eq!(&tree, &body, "{}", xml);
        let bytes = Bytes::copy_from_slice(xml.as_bytes());
        let left = Body::of_xml(&bytes, &Types::of(&fields));
        rows::check(left, Some(("thingresponse", &body)));
        let json = record(vec![("thingresponse".into(), body.clone())]);
        let json = &json_answer::written(&json)[0];
        let job = body.as_record().is_some_and(|body| body.get("jobstatus").is_some());
        prop_assert_eq!(read(xml.as_bytes(), &fields, job), read(json, &fields, job));
    }
}
