//! Elements to values: what is a list, a number, a map or nothing at all, by the types and by where it stands.

use super::{Element, Manner};
use crate::catalog::types::{Fields, Kind, Known, Types};
use crate::record::json::is_number;
use crate::record::{Name, Places, Record, Value};

/// Numbers in every answer, whether a catalogue is there or not.
const NUMBERS: [&str; 6] = [
    "count",
    "errorcode",
    "cserrorcode",
    "jobstatus",
    "jobprocstatus",
    "jobresultcode",
];

/// Lists in every answer where they hold records, though catalogues are silent about some of them.
const LISTS: [&str; 4] = ["tags", "nic", "securitygroup", "affinitygroup"];

/// Maps in every answer, whether a catalogue is there or not.
const MAPS: [&str; 3] = ["details", "resourcedetails", "storagecapabilities"];

pub struct Tree<'a> {
    types: &'a Types,
    old: bool,
}

impl Element<'_> {
    /// Whether the API's own entry describes it though it stands in the envelope: the one record of an answer, and rows
    /// without a count.
    pub fn is_described(&self, own: &Fields, lone: bool) -> bool {
        !self.children.is_empty() && (lone || own.get(self.name).is_none())
    }
}

impl<'a> Tree<'a> {
    pub fn new(manner: &'a Manner) -> Tree<'a> {
        Tree {
            types: &manner.types,
            old: manner.old,
        }
    }

    /// A member of the body that is no row of a list; nothing where JSON leaves it out. `lone` is whether it is the only one.
    pub fn member(&self, envelope: &str, element: &Element, lone: bool) -> Option<Value> {
        let own = self.types.own();
        match element.name {
            "jobresult" => Some(self.result(element, own)),
            // Of an answer it is a text, of a job's result a boolean.
            "success" if element.children.is_empty() => {
                Some(Value::String(element.text.to_string()))
            }
            _ if element.is_described(own, lone) => Some(self.row(element)),
            _ => self.field(envelope, element, own),
        }
    }

    /// Whether a member of the body is one of a list, even if no other is there.
    pub fn is_list(&self, envelope: &str, element: &Element) -> bool {
        is_list(element, self.known(envelope, element, self.types.own()))
    }

    /// A record that the API's own entry describes.
    pub fn row(&self, element: &Element) -> Value {
        if element.children.is_empty() && !element.text.is_empty() {
            return Value::String(element.text.to_string());
        }
        self.record(element, self.types.own())
    }

    fn record(&self, element: &Element, told: &Fields) -> Value {
        let mut made = Made::default();
        for child in &element.children {
            let known = self.known(element.name, child, told);
            if let Some(value) = self.field(element.name, child, told) {
                made.add(child.name, value, is_list(child, known));
            }
        }
        Value::Record(made.record)
    }

    /// What a job ended with: a text, flat fields, or the one record that the followed call's entry describes.
    fn result(&self, element: &Element, told: &Fields) -> Value {
        if element.children.is_empty() {
            return Value::String(element.text.to_string());
        }
        // The entry of a question after jobs describes the job and not what it worked on.
        let nothing = Fields::default();
        let told = match told.get(element.name) {
            Some(_) => &nothing,
            None => told,
        };
        let mut made = Made::default();
        for child in &element.children {
            let value = match child.name {
                _ if !child.children.is_empty() => Some(self.record(child, told)),
                "success" => Some(scalar("success", &child.text, Some(Kind::Bool))),
                _ => self.field(element.name, child, told),
            };
            if let Some(value) = value {
                made.add(child.name, value, false);
            }
        }
        Value::Record(made.record)
    }

    fn known<'t>(&'t self, record: &str, child: &Element, told: &'t Fields) -> Option<&'t Known> {
        let nested = !child.children.is_empty();
        self.types.of_field(told, record, child.name, nested)
    }

    /// A field of a record of that name; nothing where JSON leaves it out.
    fn field(&self, record: &str, child: &Element, told: &Fields) -> Option<Value> {
        let known = self.known(record, child, told);
        if !child.children.is_empty() {
            let nothing = Fields::default();
            return Some(match child.name {
                "jobresult" => self.result(child, told),
                _ => self.record(child, known.map_or(&nothing, |known| &known.inner)),
            });
        }
        let kind = known.map(|known| known.kind);
        if child.text.is_empty() {
            return self.empty(known);
        }
        if kind == Some(Kind::Map) || looks_like_map(child) {
            return Some(map(&child.text));
        }
        Some(scalar(child.name, &child.text, kind))
    }

    /// An empty element is an empty text, map or record, but on old servers it is what JSON leaves out.
    fn empty(&self, known: Option<&Known>) -> Option<Value> {
        let kind = known.map_or(Kind::Text, |known| known.kind);
        let records = known.is_some_and(|known| !known.inner.is_empty());
        match kind {
            Kind::Number | Kind::Bool => None,
            _ if self.old => None,
            Kind::Map | Kind::Record => Some(Value::Record(Record::default())),
            // listApis has records without a field in its lists.
            Kind::List if records => Some(Value::Record(Record::default())),
            Kind::List | Kind::Text => Some(Value::String(String::new())),
        }
    }
}

/// Whether an element is one of a list, even if it is alone. `tags` with text in it is the text that offerings have.
fn is_list(element: &Element, known: Option<&Known>) -> bool {
    match known {
        Some(known) if known.kind == Kind::List => true,
        _ if !element.children.is_empty() => LISTS.contains(&element.name),
        Some(_) => false,
        None => element.name == "servicelist",
    }
}

/// A record being made: a field that is there already, or that is a list anyway, collects its values.
#[derive(Default)]
pub struct Made {
    pub record: Record,
    places: Places,
}

impl Made {
    pub fn add(&mut self, name: &str, value: Value, list: bool) {
        let name = Name::from(name);
        let place = self.places.of(&name, &self.record);
        match place.map(|place| &mut self.record.fields[place].1) {
            Some(Value::List(items)) => items.push(value),
            Some(first) => {
                let kept = std::mem::replace(first, Value::Null);
                *first = Value::List(vec![kept, value]);
            }
            None if list => self.record.push(name, Value::List(vec![value])),
            None => self.record.push(name, value),
        }
    }
}

fn scalar(name: &str, text: &str, kind: Option<Kind>) -> Value {
    let number = kind == Some(Kind::Number) || NUMBERS.contains(&name);
    if number && is_number(text.trim()) {
        return Value::Number(text.trim().into());
    }
    match (kind, text) {
        (Some(Kind::Bool), "true") => Value::Bool(true),
        (Some(Kind::Bool), "false") => Value::Bool(false),
        _ => Value::String(text.into()),
    }
}

fn looks_like_map(element: &Element) -> bool {
    MAPS.contains(&element.name) && element.text.starts_with('{') && element.text.ends_with('}')
}

/// A map as Java prints it: `{a=1, b=2}`.
fn map(text: &str) -> Value {
    let Some(inside) = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
    else {
        return Value::String(text.into());
    };
    let mut record = Record::default();
    let mut places = Places::default();
    if inside.is_empty() {
        return Value::Record(record);
    }
    for part in inside.split(", ") {
        // No map has a name twice: what looks like a second one stands in a value, as a comma alone does.
        let pair = part
            .split_once('=')
            .map(|(name, value)| (Name::from(name), value))
            .filter(|(name, _)| places.of(name, &record).is_none());
        match (pair, record.fields.last_mut()) {
            (Some((name, value)), _) => record.push(name, Value::String(value.into())),
            (None, Some((_, Value::String(last)))) => {
                last.push_str(", ");
                last.push_str(part);
            }
            (None, _) => return Value::String(text.into()),
        }
    }
    Value::Record(record)
}
