//! An answer in XML in: its tree survives JSON, and XML as a CloudStack server writes it.

use bytes::Bytes;
use capuchin::catalog::Field;
use capuchin::catalog::types::Types;
use capuchin::record::body::Body;
use capuchin::record::{Record, Value, xml};

use super::{answer, json_answer, rows};

/// The envelope's name and the body, or what is wrong with the text.
pub fn read(bytes: &[u8], fields: &[Field]) -> Result<(String, Value), String> {
    xml::read(bytes, fields)
        .map(|(name, body)| (name.to_string(), body))
        .map_err(|bad| bad.what)
}

pub fn check(data: &[u8]) {
    let fields = answer::fields();
    let read_first = read(data, &fields);
    if let Ok((envelope, body)) = &read_first {
        json_answer::survives(body);
        if is_name(envelope) && can_be_written(body, &fields) {
            let again = read(write(envelope, body, &fields).as_bytes(), &fields);
            assert_eq!(again, read_first);
        }
    }
    let whole = read_first
        .as_ref()
        .ok()
        .map(|(name, body)| (name.as_str(), body));
    let read = Body::of_xml(&Bytes::copy_from_slice(data), &Types::of(&fields));
    rows::check(read, whole);
    // The dialect takes only what begins as XML for XML.
    if data.trim_ascii_start().starts_with(b"<") {
        answer::check(data, read_first.as_ref().ok().map(|(_, body)| body));
    }
}

/// The answer as a CloudStack server writes it: a list is an element repeated, a map is one string in Java's manner,
/// the five entities and nothing else are escaped.
pub fn write(envelope: &str, body: &Value, fields: &[Field]) -> String {
    let mut text = String::from(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    text.push_str(&format!(r#"<{envelope} cloud-stack-version="4.11.1.0">"#));
    if let Value::Record(record) = body {
        let rows = record.get("count").is_some() || record.fields.len() == 1;
        for (name, value) in &record.fields {
            let field = fields.iter().find(|field| *field.name == **name);
            match value {
                Value::Record(job) if &**name == "jobresult" => {
                    inside(&mut text, name, |text| members(text, job, fields, true));
                }
                value if rows || field.is_none() => row(&mut text, name, value, fields),
                value => element(&mut text, name, value, field),
            }
        }
    }
    text.push_str(&format!("</{envelope}>"));
    text
}

/// A thing that the fields describe, or each of several, or a scalar.
fn row(text: &mut String, name: &str, value: &Value, fields: &[Field]) {
    match value {
        Value::List(items) => items.iter().for_each(|item| row(text, name, item, fields)),
        Value::Record(record) => inside(text, name, |text| members(text, record, fields, false)),
        scalar => element(text, name, scalar, None),
    }
}

/// The fields of a record; those of a job's result may be rows.
fn members(text: &mut String, record: &Record, fields: &[Field], rows: bool) {
    for (name, value) in &record.fields {
        let field = fields.iter().find(|field| *field.name == **name);
        match value {
            Value::Record(_) | Value::List(_) if rows && !is_map(name, field) => {
                row(text, name, value, fields);
            }
            value => element(text, name, value, field),
        }
    }
}

fn element(text: &mut String, name: &str, value: &Value, field: Option<&Field>) {
    let inner = field.map_or(&[][..], |field| &field.response);
    match value {
        Value::List(items) => items
            .iter()
            .for_each(|item| element(text, name, item, field)),
        Value::Record(record) if is_map(name, field) && pairs(record).is_some() => {
            let map = pairs(record).unwrap_or_default();
            inside(text, name, |text| escape(text, &map));
        }
        Value::Record(record) => inside(text, name, |text| members(text, record, inner, false)),
        scalar => {
            let scalar = scalar.scalar().unwrap_or_default();
            inside(text, name, |text| escape(text, &scalar));
        }
    }
}

fn inside(text: &mut String, name: &str, write: impl FnOnce(&mut String)) {
    text.push_str(&format!("<{name}>"));
    write(text);
    text.push_str(&format!("</{name}>"));
}

fn escape(text: &mut String, value: &str) {
    for letter in value.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&apos;"),
            other => text.push(other),
        }
    }
}

/// What is a map by the catalogue, or by its name in every answer.
fn is_map(name: &str, field: Option<&Field>) -> bool {
    field.is_some_and(|field| field.kind == "map")
        || matches!(name, "details" | "resourcedetails" | "storagecapabilities")
}

/// `{a=1, b=2}`, where that is a way to write it.
fn pairs(record: &Record) -> Option<String> {
    let pairs: Option<Vec<String>> = record
        .fields
        .iter()
        .map(|(name, value)| match value {
            Value::String(text) if is_pair(name, text) => Some(format!("{name}={text}")),
            _ => None,
        })
        .collect();
    Some(format!("{{{}}}", pairs?.join(", ")))
}

/// Whether a name and a value can be told apart again once they stand in a map as Java prints it.
pub fn is_pair(name: &str, value: &str) -> bool {
    let reads_as_pairs = value.split(", ").skip(1).any(|part| part.contains('='));
    !name.contains('=') && !name.contains(", ") && !reads_as_pairs
}

fn is_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}

/// Whether the tree's names can be elements, and no map stands where rows do, as no server has one there, nor a record
/// without a field where that reads as an empty text.
fn can_be_written(body: &Value, fields: &[Field]) -> bool {
    fn names(value: &Value) -> bool {
        match value {
            Value::List(items) => items.iter().all(names),
            Value::Record(record) => record
                .fields
                .iter()
                .all(|(name, value)| is_name(name) && names(value)),
            _ => true,
        }
    }
    let field = |name: &str| fields.iter().find(|field| field.name == name);
    let map = |(name, value): &(capuchin::record::Name, Value)| {
        is_map(name, field(name)) && !matches!(value, Value::String(_))
    };
    let Value::Record(record) = body else {
        return names(body);
    };
    let counted = record.get("count").is_some();
    let hollow = |(name, value): &(capuchin::record::Name, Value)| match value {
        Value::List(rows) if counted => rows
            .iter()
            .filter(|row| !is_empty(row))
            .any(|row| is_hollow(name, row, None, fields)),
        value => match field(name) {
            Some(field) if record.fields.len() > 1 => {
                is_hollow(name, value, Some(field), &field.response)
            }
            _ => is_hollow(name, value, None, fields),
        },
    };
    names(body) && !record.fields.iter().any(map) && !record.fields.iter().any(hollow)
}

fn is_empty(value: &Value) -> bool {
    value
        .as_record()
        .is_some_and(|record| record.fields.is_empty())
}

/// Whether a record without a field is in the value where nothing tells that its element would be one, and no text.
fn is_hollow(name: &str, value: &Value, field: Option<&Field>, inner: &[Field]) -> bool {
    let ended = name == "jobresult";
    let told = || is_map(name, field) || field.is_some_and(|field| !field.response.is_empty());
    match value {
        Value::List(items) => items.iter().any(|item| is_hollow(name, item, field, inner)),
        Value::Record(record) if record.fields.is_empty() => !told(),
        Value::Record(record) => record.fields.iter().any(|(name, value)| {
            match inner.iter().find(|field| *field.name == **name) {
                Some(field) => is_hollow(name, value, Some(field), &field.response),
                // What a job ended with is a row.
                None if ended => is_hollow(name, value, None, inner),
                None => is_hollow(name, value, None, &[]),
            }
        }),
        _ => false,
    }
}
