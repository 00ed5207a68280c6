//! An answer's elements in, its rows out: sets of items are lists, the instances of all reservations are one list, and each row
//! has its fields as the server ordered them.

use std::borrow::Cow;

use super::catalog::{self, LIST};
use crate::catalog::Field;
use crate::cloud::Request;
use crate::record::answer::{Answer, Shape};
use crate::record::json::is_number;
use crate::record::xml::Element;
use crate::record::{Name, Record, Value};

/// What every answer carries and no thing has.
const REQUEST_ID: &str = "requestId";
const NEXT: &str = "nextToken";
const RESERVATIONS: &str = "reservationSet";
const INSTANCES: &str = "instancesSet";
const GROUPS: &str = "groupSet";

/// The fields by which things are known, by how the names of the actions on them end.
const IDS: [(&str, &str); 8] = [
    ("instances", "instanceId"),
    ("volume", "volumeId"),
    ("volumes", "volumeId"),
    ("snapshot", "snapshotId"),
    ("snapshots", "snapshotId"),
    ("image", "imageId"),
    ("keypair", "keyName"),
    ("address", "publicIp"),
];

/// The field that is the id of what an action is about.
pub fn id_of(api: &str) -> Option<&'static str> {
    let api = api.to_ascii_lowercase();
    let mut ids = IDS.iter();
    ids.find(|(end, _)| api.ends_with(end)).map(|(_, id)| *id)
}

/// The answer without its envelope.
pub fn of(request: &Request, root: &Element) -> Answer {
    let action = catalog::action(&request.api);
    let fields = action.map_or(&[][..], |action| &action.api.response);
    let mut answer = match list_of(request, root) {
        Some(list) => rows(list, root, fields),
        None => one(thing(root, fields)),
    };
    answer.id = id_of(&request.api).map(Name::from);
    answer
}

/// An answer that is a sentence.
pub fn sentence(text: &str) -> Answer {
    let mut record = Record::default();
    record.push("message", Value::String(text.trim().into()));
    one(record)
}

fn one(record: Record) -> Answer {
    if record.fields.is_empty() {
        return Answer::default();
    }
    Answer {
        rows: vec![Value::Record(record)].into(),
        ..Answer::default()
    }
}

/// The list that has the answer's rows; of an action that nobody knows the one set in it.
fn list_of<'a>(request: &Request, root: &'a Element) -> Option<Cow<'a, str>> {
    if let Some(action) = catalog::action(&request.api) {
        return action.list.map(Cow::Borrowed);
    }
    if !request.api.to_ascii_lowercase().starts_with("describe") {
        return None;
    }
    let sets = root.children.iter();
    let mut sets = sets.filter(|child| is_set(child) || named(child).ends_with("Set"));
    match (sets.next(), sets.next()) {
        (Some(one), None) if named(one) == RESERVATIONS => Some(INSTANCES.into()),
        (Some(one), None) => Some(named(one).into()),
        _ => None,
    }
}

fn rows(list: Cow<'_, str>, root: &Element, fields: &[Field]) -> Answer {
    let mut rows: Vec<Value> = Vec::new();
    let mut head = Record::default();
    let reserved = |holder: &Element, rows: &mut Vec<Value>| {
        let beside = beside(holder, &list, fields);
        for set in holder.children.iter().filter(|child| named(child) == list) {
            let row = |item: &Element| row(item, fields, &beside);
            rows.extend(set.children.iter().map(row));
        }
    };
    for child in &root.children {
        match named(child) {
            RESERVATIONS => {
                for reservation in &child.children {
                    reserved(reservation, &mut rows);
                }
            }
            NEXT if !child.text.is_empty() => {
                head.push(NEXT, Value::String(child.text.to_string()));
            }
            _ => {}
        }
    }
    reserved(root, &mut rows);
    Answer {
        shape: Shape::List,
        name: Some(Name::from(&*list)),
        head,
        rows: rows.into(),
        ..Answer::default()
    }
}

/// What stands beside the instances of a reservation and holds for each of them.
fn beside(holder: &Element, list: &str, fields: &[Field]) -> Record {
    let mut record = Record::default();
    if list != INSTANCES {
        return record;
    }
    for child in &holder.children {
        let name = named(child);
        if ![list, REQUEST_ID, NEXT, RESERVATIONS].contains(&name) {
            record.push(name, value(child, field(fields, name)));
        }
    }
    record
}

/// An item of a list: its own fields after those that hold for all of them. Security groups stand in either place.
fn row(item: &Element, fields: &[Field], beside: &Record) -> Value {
    let own = match self::item(item, fields) {
        Value::Record(own) => own,
        other => return other,
    };
    let nothing = |value: &Value| matches!(value, Value::List(items) if items.is_empty());
    let mut record = Record::default();
    for (name, value) in &beside.fields {
        let own = own.get(name);
        if own.is_none_or(|own| &**name == GROUPS && nothing(own) && !nothing(value)) {
            record.fields.push((name.clone(), value.clone()));
        }
    }
    for (name, value) in own.fields {
        if record.get(&name).is_none() {
            record.fields.push((name, value));
        }
    }
    Value::Record(record)
}

/// The fields of one thing. Where an answer has nothing else, the id of the request says that it was done.
fn thing(root: &Element, fields: &[Field]) -> Record {
    if root.children.is_empty() {
        let mut record = Record::default();
        if !root.text.trim().is_empty() {
            record.push(named(root), Value::String(root.text.trim().into()));
        }
        return record;
    }
    let mut record = record(root, fields);
    if record.fields.len() > 1 {
        record.fields.retain(|(name, _)| &**name != REQUEST_ID);
    }
    record
}

fn record(element: &Element, fields: &[Field]) -> Record {
    let mut record = Record::default();
    for child in &element.children {
        let name = named(child);
        let value = value(child, field(fields, name));
        let known = record.fields.iter_mut().find(|(known, _)| &**known == name);
        match known.map(|(_, known)| known) {
            Some(Value::List(items)) => items.push(value),
            Some(first) => {
                let kept = std::mem::replace(first, Value::Null);
                *first = Value::List(vec![kept, value]);
            }
            None => record.push(name, value),
        }
    }
    record
}

fn value(element: &Element, known: Option<&Field>) -> Value {
    let inner = known.map_or(&[][..], |known| &known.response);
    if is_set(element) {
        let items = element.children.iter();
        return Value::List(items.map(|item| self::item(item, inner)).collect());
    }
    if !element.children.is_empty() {
        return Value::Record(record(element, inner));
    }
    let kind = known.map_or("", |known| &known.kind);
    let text = &*element.text;
    match kind {
        LIST if text.trim().is_empty() => Value::List(Vec::new()),
        "responseobject" if text.trim().is_empty() => Value::Record(Record::default()),
        "" if text.trim().is_empty() && named(element).ends_with("Set") => Value::List(Vec::new()),
        "integer" | "long" | "double" if is_number(text.trim()) => {
            Value::Number(text.trim().into())
        }
        "boolean" if text == "true" => Value::Bool(true),
        "boolean" if text == "false" => Value::Bool(false),
        _ => Value::String(text.into()),
    }
}

fn item(item: &Element, fields: &[Field]) -> Value {
    match item.children.is_empty() {
        true => Value::String(item.text.to_string()),
        false => Value::Record(record(item, fields)),
    }
}

/// Whether an element holds items and nothing else.
fn is_set(element: &Element) -> bool {
    !element.children.is_empty() && element.children.iter().all(|child| named(child) == "item")
}

fn field<'f>(fields: &'f [Field], name: &str) -> Option<&'f Field> {
    fields.iter().find(|field| field.name == name)
}

/// The name of an element without the prefix of its namespace.
pub fn named<'a>(element: &Element<'a>) -> &'a str {
    let name = element.name;
    name.rsplit_once(':').map_or(name, |(_, name)| name)
}
