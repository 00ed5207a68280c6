//! Trees in, JSON out: laid out as jq has it, or on one line.

use std::io::{self, Write};

use crate::record::Value;

/// Writes the value in two-space steps as `jq .` does; `indent` is how deep its own line stands.
pub fn write(value: &Value, indent: usize, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::List(items) if !items.is_empty() => {
            out.write_all(b"[\n")?;
            for (index, item) in items.iter().enumerate() {
                separator(index, indent + 1, out)?;
                write(item, indent + 1, out)?;
            }
            out.write_all(b"\n")?;
            spaces(indent, out)?;
            out.write_all(b"]")
        }
        Value::Record(record) if !record.fields.is_empty() => {
            out.write_all(b"{\n")?;
            for (index, (name, value)) in record.fields.iter().enumerate() {
                separator(index, indent + 1, out)?;
                string(name, out)?;
                out.write_all(b": ")?;
                write(value, indent + 1, out)?;
            }
            out.write_all(b"\n")?;
            spaces(indent, out)?;
            out.write_all(b"}")
        }
        other => compact(other, out),
    }
}

/// Goes to the next line before every member but the first.
pub fn separator(index: usize, indent: usize, out: &mut dyn Write) -> io::Result<()> {
    if index > 0 {
        out.write_all(b",\n")?;
    }
    spaces(indent, out)
}

pub(super) fn spaces(indent: usize, out: &mut dyn Write) -> io::Result<()> {
    for _ in 0..indent {
        out.write_all(b"  ")?;
    }
    Ok(())
}

/// Writes a string with its quotes.
pub fn string(text: &str, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(out, text).map_err(io::Error::from)
}

/// Writes the value on one line without blanks.
pub fn compact(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::Null => out.write_all(b"null"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Number(spelling) => out.write_all(spelling.as_bytes()),
        Value::String(text) => string(text, out),
        Value::List(items) => {
            out.write_all(b"[")?;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.write_all(b",")?;
                }
                compact(item, out)?;
            }
            out.write_all(b"]")
        }
        Value::Record(record) => {
            out.write_all(b"{")?;
            for (index, (name, value)) in record.fields.iter().enumerate() {
                if index > 0 {
                    out.write_all(b",")?;
                }
                string(name, out)?;
                out.write_all(b":")?;
                compact(value, out)?;
            }
            out.write_all(b"}")
        }
    }
}
