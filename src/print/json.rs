//! The answer without its envelope as pretty JSON; a job is what it made, as cmk prints it.

use std::io::{self, Write};

use super::{Form, Head};
use crate::record::answer::Shape;
use crate::record::json::{separator, string, write};
use crate::record::rows::Row;

#[derive(Default)]
pub struct Json {
    /// How deep a row stands.
    indent: usize,
    rows: usize,
    closing: &'static str,
}

impl Form for Json {
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
                out.write_all(b"{\n")?;
                for (index, (field, value)) in head.head.fields.iter().enumerate() {
                    separator(index, 1, out)?;
                    string(field, out)?;
                    out.write_all(b": ")?;
                    write(value, 1, out)?;
                }
                let Some(name) = name else {
                    self.closing = "\n}\n";
                    return Ok(());
                };
                separator(head.head.fields.len(), 1, out)?;
                string(name, out)?;
                self.indent = 2;
                self.closing = if head.empty { "[]\n}\n" } else { "\n  ]\n}\n" };
                out.write_all(if head.empty { b": " } else { b": [\n" })
            }
            (Shape::Object, Some(name)) => {
                self.closing = "\n}\n";
                self.indent = 1;
                out.write_all(b"{\n  ")?;
                string(name, out)?;
                out.write_all(b": ")
            }
            (Shape::Object, None) => {
                self.closing = "\n";
                Ok(())
            }
        }
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        if self.indent == 2 {
            separator(self.rows, 2, out)?;
        }
        self.rows += 1;
        row.pretty(self.indent, out)
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.closing.as_bytes())
    }
}
