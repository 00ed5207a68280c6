//! The guide's `key = value` lines: count, the list's name, rulers, nested values by their dotted paths.

use std::io::{self, Write};

use super::surface::{PLAIN, Surface, color, harmless};
use super::{Form, Head};
use crate::record::answer::{Shape, count};
use crate::record::rows::Row;
use crate::record::{Record, Value};

/// As wide as the guide prints it.
const RULER: &str = "==========================================================\n";

pub struct Text {
    color: bool,
    /// Whether each row ends with a ruler.
    ruled: bool,
    rows: usize,
    /// What the count is called that was printed.
    counted: Option<String>,
    /// How many rows it says.
    promised: Option<usize>,
}

impl Text {
    pub fn new(surface: Surface) -> Text {
        Text {
            color: surface.color,
            ruled: false,
            rows: 0,
            counted: None,
            promised: None,
        }
    }
}

impl Form for Text {
    fn whole(&self) -> bool {
        false
    }

    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        self.ruled = head.shape == Shape::List;
        self.promised = head.promised.filter(|_| count(head.head).is_some());
        if self.ruled {
            self.counted = count(head.head).map(|(name, _)| name.to_string());
            if head.empty && self.counted.is_none() {
                out.write_all(b"count = 0\n")?;
            }
            fields(head.head, "", false, out)?;
            return match head.name {
                Some(name) if !head.empty => heading(name, out),
                _ => Ok(()),
            };
        }
        if head.filter.is_some() {
            return Ok(());
        }
        if let Some(job) = head.job {
            fields(job, "", false, out)?;
            heading("jobresult", out)?;
        }
        match head.name {
            Some(name) => heading(name, out),
            None => Ok(()),
        }
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        match &*row.value() {
            Value::Record(record) => fields(record, "", self.color, out)?,
            other => writeln!(out, "{}", shown(&super::cell(other)))?,
        }
        self.rows += 1;
        if self.ruled {
            out.write_all(RULER.as_bytes())?;
        }
        Ok(())
    }

    /// A count that proved wrong stands there once more, right.
    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self.promised {
            Some(promised) if promised != self.rows => {
                let name = self.counted.as_deref().unwrap_or("count");
                writeln!(out, "{name} = {}", self.rows)
            }
            _ => Ok(()),
        }
    }
}

fn heading(name: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}:", shown(name))?;
    out.write_all(RULER.as_bytes())
}

fn fields(record: &Record, path: &str, colors: bool, out: &mut dyn Write) -> io::Result<()> {
    for (name, value) in &record.fields {
        leaves(value, &format!("{path}{name}"), colors, out)?;
    }
    Ok(())
}

/// A line for each leaf, under the path by which filter= finds it.
fn leaves(value: &Value, path: &str, colors: bool, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::Record(record) if !record.fields.is_empty() && record.code().is_none() => {
            fields(record, &format!("{path}."), colors, out)
        }
        Value::List(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{path}[{index}]"), colors, out)?;
            }
            Ok(())
        }
        leaf => match leaf.scalar().filter(|text| !text.is_empty()) {
            Some(text) => match colors.then(|| color(path, &text)).flatten() {
                Some(color) => writeln!(out, "{} = {color}{}{PLAIN}", shown(path), shown(&text)),
                None => writeln!(out, "{} = {}", shown(path), shown(&text)),
            },
            None => writeln!(out, "{} =", shown(path)),
        },
    }
}

/// Private keys are pasted from here, so their line ends stay.
fn shown(text: &str) -> String {
    harmless(text, &['\n', '\t'])
}
