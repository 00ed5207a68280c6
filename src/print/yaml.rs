//! The same tree as JSON's as YAML: numbers as spelt, and quotes around every text that a reader, of version 1.1 too, could
//! take for something else.

use std::io::{self, Write};

use super::surface::drives;
use super::{Form, Head};
use crate::record::answer::Shape;
use crate::record::rows::Row;
use crate::record::{Record, Value};

/// What means something else where it stands without quotes.
const WORDS: [&str; 10] = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan",
];
/// A key that is longer has to be marked as one.
const LONGEST_KEY: usize = 800;

#[derive(Default)]
pub struct Yaml {
    /// Whether rows are items of a list, and how deep they stand.
    item: bool,
    indent: usize,
    closing: &'static str,
}

impl Form for Yaml {
    /// The count stands before the rows.
    fn whole(&self) -> bool {
        true
    }

    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        match (head.shape, head.name) {
            (Shape::List, name) => {
                if name.is_none() && head.head.fields.is_empty() {
                    self.closing = "{}\n";
                    return Ok(());
                }
                for (field, value) in &head.head.fields {
                    key(field, 0, out)?;
                    after_key(value, 0, out)?;
                }
                let Some(name) = name else { return Ok(()) };
                key(name, 0, out)?;
                self.item = true;
                out.write_all(if head.empty { b" []\n" } else { b"\n" })
            }
            (Shape::Object, Some(name)) => {
                self.indent = 1;
                key(name, 0, out)
            }
            (Shape::Object, None) => Ok(()),
        }
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        let value = row.value();
        if self.item {
            return item(&value, 0, out);
        }
        match self.indent {
            0 => document(&value, out),
            _ => after_key(&value, 0, out),
        }
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.closing.as_bytes())
    }
}

/// A value that is all there is.
fn document(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::Record(record) if !record.fields.is_empty() => members(record, 0, false, out),
        Value::List(items) if !items.is_empty() => {
            items.iter().try_for_each(|value| item(value, 0, out))
        }
        leaf => {
            scalar(leaf, 1, out)?;
            out.write_all(b"\n")
        }
    }
}

fn spaces(indent: usize, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{:1$}", "", indent * 2)
}

/// `first` is whether the first member stands on a line that has begun.
fn members(record: &Record, indent: usize, first: bool, out: &mut dyn Write) -> io::Result<()> {
    for (index, (name, value)) in record.fields.iter().enumerate() {
        if index > 0 || !first {
            spaces(indent, out)?;
        }
        key(name, indent, out)?;
        after_key(value, indent, out)?;
    }
    Ok(())
}

fn key(name: &str, indent: usize, out: &mut dyn Write) -> io::Result<()> {
    if is_plain(name) && name.len() < LONGEST_KEY {
        return write!(out, "{name}:");
    }
    let quoted = quoted(name);
    if quoted.len() < LONGEST_KEY {
        return write!(out, "{quoted}:");
    }
    writeln!(out, "? {quoted}")?;
    spaces(indent, out)?;
    out.write_all(b":")
}

fn after_key(value: &Value, indent: usize, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::Record(record) if !record.fields.is_empty() => {
            out.write_all(b"\n")?;
            members(record, indent + 1, false, out)
        }
        Value::List(items) if !items.is_empty() => {
            out.write_all(b"\n")?;
            items
                .iter()
                .try_for_each(|value| item(value, indent + 1, out))
        }
        leaf => {
            out.write_all(b" ")?;
            scalar(leaf, indent + 1, out)?;
            out.write_all(b"\n")
        }
    }
}

fn item(value: &Value, indent: usize, out: &mut dyn Write) -> io::Result<()> {
    spaces(indent, out)?;
    match value {
        Value::Record(record) if !record.fields.is_empty() => {
            out.write_all(b"- ")?;
            members(record, indent + 1, true, out)
        }
        Value::List(items) if !items.is_empty() => {
            out.write_all(b"-\n")?;
            items
                .iter()
                .try_for_each(|value| item(value, indent + 1, out))
        }
        leaf => {
            out.write_all(b"- ")?;
            scalar(leaf, indent + 1, out)?;
            out.write_all(b"\n")
        }
    }
}

/// `indent` is how deep the lines of a text of several would stand.
fn scalar(value: &Value, indent: usize, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::Null => out.write_all(b"null"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Number(spelling) => out.write_all(spelling.as_bytes()),
        Value::List(_) => out.write_all(b"[]"),
        Value::Record(_) => out.write_all(b"{}"),
        Value::String(text) if is_plain(text) => out.write_all(text.as_bytes()),
        Value::String(text) if is_block(text) => {
            let (mark, body) = match text.strip_suffix('\n') {
                Some(body) => ("|", body),
                None => ("|-", text.as_str()),
            };
            out.write_all(mark.as_bytes())?;
            for line in body.split('\n') {
                out.write_all(b"\n")?;
                if !line.is_empty() {
                    spaces(indent, out)?;
                    out.write_all(line.as_bytes())?;
                }
            }
            Ok(())
        }
        Value::String(text) => out.write_all(quoted(text).as_bytes()),
    }
}

/// Whether the text means itself without quotes: words of letters and digits that begin with a letter, and ids.
fn is_plain(text: &str) -> bool {
    let inner =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
    let starts = |word: &str| word.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let known = || WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    let words = starts(text)
        && text
            .split(' ')
            .all(|word| !word.is_empty() && word.bytes().all(inner));
    (words && !known()) || is_id(text)
}

/// Groups of hexadecimal digits with hyphens between are never a number or a date.
fn is_id(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.len() == 5
        && groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a text of several lines can stand as it is, as keys and user data do.
fn is_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    body.contains('\n')
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n', '\t'])
        && body
            .split('\n')
            .all(|line| !line.ends_with([' ', '\t']) && !line.starts_with('\t'))
        && body
            .chars()
            .all(|letter| matches!(letter, '\n' | '\t' | ' '..='~'))
}

/// The text in quotes, as JSON has it, with what YAML can't carry or a terminal obeys escaped as well.
fn quoted(text: &str) -> String {
    let mut made = String::with_capacity(text.len() + 2);
    made.push('"');
    for letter in text.chars() {
        match letter {
            '"' => made.push_str("\\\""),
            '\\' => made.push_str("\\\\"),
            '\n' => made.push_str("\\n"),
            '\t' => made.push_str("\\t"),
            '\r' => made.push_str("\\r"),
            _ if drives(letter) || matches!(letter, '\u{feff}' | '\u{fffe}' | '\u{ffff}') => {
                made.push_str(&format!("\\u{:04X}", u32::from(letter)));
            }
            _ => made.push(letter),
        }
    }
    made.push('"');
    made
}
