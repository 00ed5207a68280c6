//! Answers of Naver Cloud: bytes in JSON or XML in, the body without its envelope or the refusal that it is out. A list's
//! items stand in an element of their own in XML, and empty elements are kept.

use bytes::Bytes;

use super::errors::{self, Refusal};
use crate::catalog::types::{Fields, Kind, Known, Types};
use crate::cloud::strange::looks_like_html;
use crate::cloud::{Reply, Request};
use crate::error::Result;
use crate::record::answer::Answer;
use crate::record::body::Body;
use crate::record::json::is_number;
use crate::record::xml::{self, Element};
use crate::record::{Name, Record, Value};

/// What a list's name ends in.
const LIST: &str = "List";
/// How many rows there are in all.
pub const TOTAL: &str = "totalRows";

/// The answer, or the error that it is; `reads` tells whether sending the call again does no harm.
pub fn read(request: &Request, reply: &Reply, types: &Types, reads: bool) -> Result<Answer> {
    let body = match body(&reply.body, types) {
        Ok(body) => body,
        Err(why) => return Err(errors::not_understood(request, reply, &why, reads)),
    };
    if let Some(refusal) = Refusal::read(&body.envelope, &body.fields) {
        return Err(refusal.error(request, reply, reads));
    }
    if reply.status != 200 {
        let why = "its status says failure, its body does not";
        return Err(errors::not_understood(request, reply, why, reads));
    }
    let mut answer = Answer::of_body(body);
    answer.raw = reply.body.clone();
    answer.id = answer
        .name
        .as_ref()
        .and_then(|name| name.strip_suffix(LIST))
        .map(|thing| Name::from(format!("{thing}No")));
    Ok(answer)
}

/// The refusal that a reply is, where it is one.
pub fn refusal(reply: &Reply) -> Option<Refusal> {
    let body = body(&reply.body, &Types::default()).ok()?;
    Refusal::read(&body.envelope, &body.fields)
}

fn body(bytes: &Bytes, types: &Types) -> std::result::Result<Body, String> {
    let start = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match start {
        None => Err("it is empty".into()),
        Some(b'<') if looks_like_html(bytes) => Err("it is a web page".into()),
        Some(b'<' | 0xef) => of_xml(bytes, types),
        Some(_) => Body::of_json(bytes),
    }
}

fn of_xml(bytes: &Bytes, types: &Types) -> std::result::Result<Body, String> {
    let root = xml::element(bytes).map_err(|bad| bad.to_string())?;
    let mut record = Record::default();
    for child in &root.children {
        // What is known of the answer are the fields of its rows, and of its own those that stand beside them.
        let known = match is_list(child, None) {
            true => None,
            false => types.own().get(child.name),
        };
        let value = match child.name {
            TOTAL => scalar(&child.text, Some(Kind::Number)),
            _ => value(child, known, types.own()),
        };
        record.push(child.name, value);
    }
    let mut body = Body::from(record);
    body.envelope = Name::from(root.name);
    Ok(body)
}

/// An element as JSON has it; `within` are the fields of the records in it where nothing else is known of them.
fn value(element: &Element, known: Option<&Known>, within: &Fields) -> Value {
    let kind = known.map(|known| known.kind);
    let within = known.map_or(within, |known| &known.inner);
    if is_list(element, kind) {
        let items = element.children.iter();
        return Value::List(items.map(|item| value(item, None, within)).collect());
    }
    if element.children.is_empty() {
        return match (kind, &element.text) {
            (Some(Kind::Record), text) if text.is_empty() => Value::Record(Record::default()),
            (kind, text) => scalar(text, kind),
        };
    }
    let mut record = Record::default();
    let nothing = Fields::default();
    for child in &element.children {
        let known = within.get(child.name);
        record.push(child.name, value(child, known, &nothing));
    }
    Value::Record(record)
}

/// Whether an element holds the items of a list: by what is known of it, else by its name and theirs.
fn is_list(element: &Element, kind: Option<Kind>) -> bool {
    match (kind, element.name.strip_suffix(LIST)) {
        (Some(kind), _) => kind == Kind::List,
        (None, Some(item)) => {
            let mut children = element.children.iter();
            let named = |child: &Element| child.name.eq_ignore_ascii_case(item);
            let one = element.children.first().map(|first| first.name);
            let alike = || element.children.iter().all(|child| Some(child.name) == one);
            element.text.trim().is_empty() && (children.all(named) || alike())
        }
        (None, None) => false,
    }
}

fn scalar(text: &str, kind: Option<Kind>) -> Value {
    match (kind, text) {
        (Some(Kind::Number), text) if is_number(text.trim()) => Value::Number(text.trim().into()),
        (Some(Kind::Bool), "true") => Value::Bool(true),
        (Some(Kind::Bool), "false") => Value::Bool(false),
        (_, text) => Value::String(text.into()),
    }
}
