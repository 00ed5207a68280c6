//! The same tree as JSON's as XML, in the form that the cloud itself answers in: a list is its element over and over.

use std::borrow::Cow;
use std::io::{self, Write};

use super::surface::drives;
use super::{Form, Head};
use crate::record::Value;
use crate::record::answer::Shape;
use crate::record::rows::Row;

/// The element around everything, and around what has no name of its own.
const ROOT: &str = "response";
const ITEM: &str = "item";

#[derive(Default)]
pub struct Xml {
    /// What a row's element is called; rows without one are the document itself.
    name: Option<String>,
}

impl Form for Xml {
    /// What stands beside the rows is right only when all are there.
    fn whole(&self) -> bool {
        true
    }

    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{ROOT}>")?;
        if head.shape == Shape::List {
            for (name, value) in &head.head.fields {
                element(name, value, 1, out)?;
            }
        }
        self.name = head.name.map(Into::into);
        Ok(())
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        match (&self.name, &*row.value()) {
            (Some(name), value @ Value::List(_)) => one(name, value, 1, out),
            (Some(name), value) => element(name, value, 1, out),
            (None, Value::Record(record)) => record
                .fields
                .iter()
                .try_for_each(|(name, value)| element(name, value, 1, out)),
            (None, value) => element(ITEM, value, 1, out),
        }
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "</{ROOT}>")
    }
}

/// A field: a list is its element for each item, and an element without anything where it has none.
fn element(name: &str, value: &Value, indent: usize, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::List(items) if !items.is_empty() => items
            .iter()
            .try_for_each(|item| one(name, item, indent, out)),
        other => one(name, other, indent, out),
    }
}

fn one(name: &str, value: &Value, indent: usize, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{:1$}", "", indent * 2)?;
    let (tag, mut attributes) = tag(name);
    match value {
        Value::Record(record) if !record.fields.is_empty() => {
            writeln!(out, "<{tag}{attributes}>")?;
            for (name, value) in &record.fields {
                element(name, value, indent + 1, out)?;
            }
            write!(out, "{:1$}", "", indent * 2)?;
        }
        Value::List(items) if !items.is_empty() => {
            writeln!(out, "<{tag}{attributes}>")?;
            for item in items {
                one(ITEM, item, indent + 1, out)?;
            }
            write!(out, "{:1$}", "", indent * 2)?;
        }
        leaf => {
            let text = leaf.scalar().unwrap_or_default();
            if text.is_empty() {
                return writeln!(out, "<{tag}{attributes}/>");
            }
            let carried = carried(&text);
            if matches!(carried, Cow::Owned(_)) {
                attributes.push_str(" escapes=\"json\"");
            }
            write!(out, "<{tag}{attributes}>{}", escaped(&carried, false))?;
        }
    }
    writeln!(out, "</{tag}>")
}

/// The element of that name: a name that no element can have stands in an attribute.
fn tag(name: &str) -> (&str, String) {
    let starts = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let reserved = name
        .get(..3)
        .is_some_and(|start| start.eq_ignore_ascii_case("xml"));
    if starts && !reserved && name.bytes().all(inner) {
        return (name, String::new());
    }
    let name = format!(" name=\"{}\"", escaped(&carried(name), true));
    ("field", name)
}

/// The text as it is, or where XML has no way to carry a character of it, with JSON's escapes.
fn carried(text: &str) -> Cow<'_, str> {
    let lost = |letter: char| matches!(letter, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    if !text.contains(lost) {
        return text.into();
    }
    let mut made = String::new();
    for letter in text.chars() {
        match letter {
            '\\' => made.push_str("\\\\"),
            _ if lost(letter) => made.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => made.push(letter),
        }
    }
    made.into()
}

/// Text between tags or in an attribute: what readers change is written by number, and what a terminal obeys as well.
fn escaped(text: &str, attribute: bool) -> String {
    let mut made = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => made.push_str("&amp;"),
            '<' => made.push_str("&lt;"),
            '>' => made.push_str("&gt;"),
            '"' if attribute => made.push_str("&quot;"),
            '\n' | '\t' if !attribute => made.push(letter),
            _ if drives(letter) => {
                made.push_str(&format!("&#x{:x};", u32::from(letter)));
            }
            _ => made.push(letter),
        }
    }
    made
}
