//! A header and a record for each row; nested values as JSON on one line.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use super::surface::{Surface, harmless};
use super::{Columns, Form, Head, cell};
use crate::record::Value;
use crate::record::rows::Row;

pub struct Csv {
    filtered: bool,
    columns: Columns,
    /// What the rows at hand have and the catalogue does not tell.
    seen: Columns,
    /// Fields that came up after the header was written.
    late: Vec<String>,
    line: Line,
}

impl Csv {
    pub fn new(filtered: bool, surface: Surface) -> Csv {
        Csv {
            filtered,
            columns: Columns::default(),
            seen: Columns::default(),
            late: Vec::new(),
            line: Line {
                shown: surface.is_terminal(),
                ..Line::default()
            },
        }
    }
}

impl Form for Csv {
    fn whole(&self) -> bool {
        false
    }

    /// Without a filter the header has what the rows have.
    fn looks(&self) -> bool {
        !self.filtered
    }

    fn look(&mut self, row: &Row) {
        row.names(&mut |name| {
            self.seen.place(name);
        });
    }

    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        self.columns = Columns::of(head.filter.unwrap_or(head.known));
        for name in &self.seen.names {
            self.columns.place(name);
        }
        if self.columns.names.is_empty() {
            return Ok(());
        }
        self.line.write(&self.columns.names, out)
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        let value = row.value();
        if self.columns.names.is_empty() {
            return self.line.write(&[cell(&value)], out);
        }
        let mut cells = vec![String::new(); self.columns.names.len()];
        match &*value {
            Value::Record(record) => {
                for (name, value) in &record.fields {
                    match self.columns.places.get(&**name) {
                        Some(place) => cells[*place] = cell(value),
                        None if self.late.iter().any(|known| **known == **name) => {}
                        None => self.late.push(name.to_string()),
                    }
                }
            }
            scalar => cells[0] = cell(scalar),
        }
        self.line.write(&cells, out)
    }

    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn note(&self) -> Option<String> {
        let late = self.late.join(", ");
        (!late.is_empty()).then(|| {
            format!(
                "{late} came up after the header was printed and is not there: name the fields wanted with filter=, or print jsonl"
            )
        })
    }
}

/// The library's writer, with what it wrote to be taken from it.
struct Line {
    writer: csv::Writer<Written>,
    written: Written,
    /// Whether a terminal shows it, which obeys what a file keeps.
    shown: bool,
}

#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

impl Default for Line {
    fn default() -> Line {
        let written = Written::default();
        Line {
            writer: csv::Writer::from_writer(written.clone()),
            written,
            shown: false,
        }
    }
}

impl Line {
    fn write(&mut self, cells: &[String], out: &mut dyn Write) -> io::Result<()> {
        if self.shown {
            let cells = cells.iter().map(|cell| harmless(cell, &['\n', '\t']));
            self.writer.write_record(cells).map_err(io::Error::from)?;
        } else {
            self.writer.write_record(cells).map_err(io::Error::from)?;
        }
        self.writer.flush()?;
        let mut written = self.written.0.borrow_mut();
        out.write_all(&written)?;
        written.clear();
        Ok(())
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
