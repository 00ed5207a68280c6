//! Answers as rows of named values: fields in the server's order, numbers as spelt, names shared between rows.

pub mod answer;
pub mod body;
pub mod json;
pub mod rows;
pub mod select;
pub mod xml;

use std::collections::HashMap;
use std::sync::Arc;

/// A field's name, shared by all rows that have it.
pub type Name = Arc<str>;

/// A value of an answer. Numbers keep the server's spelling: 1.10 stays 1.10 and 23 digits stay 23 digits.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    List(Vec<Value>),
    Record(Record),
}

/// Named values in the order in which the server sent them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    pub fields: Vec<(Name, Value)>,
}

impl Record {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(field, _)| &**field == name)
            .map(|(_, value)| value)
    }

    pub fn push(&mut self, name: impl Into<Name>, value: Value) {
        self.fields.push((name.into(), value));
    }

    /// What a record says that is a code with its name: `RUN` of `{"code": "RUN", "codeName": "running"}`, and where the
    /// code is a number the name, `running` of `{"code": 16, "name": "running"}`.
    pub fn code(&self) -> Option<&str> {
        match (self.get("code")?, self.get("codeName"), self.get("name")) {
            (Value::String(code), Some(Value::String(_)), _) => Some(code),
            (Value::Number(_), None, Some(Value::String(name))) if self.fields.len() == 2 => {
                Some(name)
            }
            _ => None,
        }
    }

    /// The text of a string, number or boolean of that name, or the code.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(Value::scalar)
    }
}

/// Where a record being read has which field: a look through the few fields that records have, an index for the many
/// that only a hostile one does.
#[derive(Default)]
struct Places {
    index: HashMap<Name, usize>,
    indexed: usize,
}

impl Places {
    const FEW: usize = 64;

    /// The place of a field, if the record has it; fields are only ever added at the end.
    fn of(&mut self, name: &Name, record: &Record) -> Option<usize> {
        if record.fields.len() <= Places::FEW {
            return record.fields.iter().position(|(known, _)| known == name);
        }
        for (place, (known, _)) in record.fields.iter().enumerate().skip(self.indexed) {
            self.index.insert(known.clone(), place);
        }
        self.indexed = record.fields.len();
        self.index.get(name).copied()
    }
}

impl Value {
    /// A string, number or boolean as text, a code with its name as the code; nothing for lists, other records and null.
    pub fn scalar(&self) -> Option<String> {
        match self {
            Value::String(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Record(record) => record.code().map(String::from),
            Value::Null | Value::List(_) => None,
        }
    }

    pub fn as_record(&self) -> Option<&Record> {
        match self {
            Value::Record(record) => Some(record),
            _ => None,
        }
    }
}
