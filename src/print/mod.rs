//! Rows to text: one file a form, each behind begin, row and end. A form that must know rows before it begins looks at
//! them first; none keeps them.

mod brief;
mod chart;
mod csv;
mod fit;
mod json;
mod jsonl;
pub mod surface;
mod table;
mod text;
mod useful;
mod xml;
mod yaml;

use std::io::{self, Write};

use surface::{Guard, Surface};
use table::{Dress, Table};

use crate::record::answer::{Answer, Shape};
use crate::record::rows::{Row, Rows};
use crate::record::select::{self, Sought};
use crate::record::{Record, Value};

/// What stands around the rows.
pub struct Head<'a> {
    pub shape: Shape,
    pub name: Option<&'a str>,
    /// The members beside the list.
    pub head: &'a Record,
    /// The job's record without its result, which follows as the row.
    pub job: Option<&'a Record>,
    pub filter: Option<&'a [String]>,
    /// The catalogue's response fields, in its order.
    pub known: &'a [String],
    /// Whether no row follows.
    pub empty: bool,
    /// How many rows the count that stands beside the list says, where they have not all come yet.
    pub promised: Option<usize>,
}

/// An output form; it sees rows only.
pub trait Form {
    /// Whether all rows must be at hand before the form begins.
    fn whole(&self) -> bool;
    /// Whether the form looks at the rows at hand before it begins.
    fn looks(&self) -> bool {
        false
    }
    fn look(&mut self, _: &Row) {}
    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()>;
    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()>;
    fn end(&mut self, out: &mut dyn Write) -> io::Result<()>;
    /// What could not be printed, for people to be told when all is.
    fn note(&self) -> Option<String> {
        None
    }
    /// What was left out for want of room, in a line of its own.
    fn left(&self) -> Option<String> {
        None
    }
}

/// The form of that name: one of `config::settings::OUTPUTS` but `auto`, which chooses among the others.
pub fn form(name: &str, filtered: bool, surface: Surface) -> Option<Box<dyn Form>> {
    Some(match name {
        "table" => Box::new(Table::new(Dress::Grid, surface, false)),
        "wide" => Box::new(Table::new(Dress::Grid, surface, true)),
        "column" => Box::new(Table::new(Dress::Bare, surface, false)),
        "text" => Box::new(text::Text::new(surface)),
        // What was made here has no body as it came.
        "json" | "raw" => Box::new(json::Json::default()),
        "jsonl" => Box::new(jsonl::Jsonl),
        "csv" => Box::new(csv::Csv::new(filtered, surface)),
        "yaml" => Box::new(yaml::Yaml::default()),
        "xml" => Box::new(xml::Xml::default()),
        "chart" => Box::new(chart::Chart::new(surface)),
        _ => return None,
    })
}

/// Prints an answer's rows in one form, filtered where a filter is given.
pub struct Printer<'a> {
    form: Box<dyn Form>,
    raw: bool,
    /// Whether what is copied through goes to a terminal, which it could drive.
    guarded: bool,
    filter: Option<&'a [String]>,
    known: &'a [String],
    sought: Sought,
    stop: &'a dyn Fn() -> bool,
}

impl<'a> Printer<'a> {
    /// The form must be one that `form` knows. Printing ends with `ErrorKind::Interrupted` when `stop` says so.
    pub fn new(
        name: &str,
        surface: Surface,
        filter: Option<&'a [String]>,
        known: &'a [String],
        sought: Sought,
        stop: &'a dyn Fn() -> bool,
    ) -> io::Result<Printer<'a>> {
        let form = form(name, filter.is_some(), surface)
            .ok_or_else(|| io::Error::other(format!("there is no output form {name}")))?;
        Ok(Printer {
            form,
            raw: name == "raw",
            guarded: surface.is_terminal() && matches!(name, "json" | "jsonl" | "raw"),
            filter,
            known,
            sought,
            stop,
        })
    }

    /// Whether all rows must be there before any is printed.
    pub fn whole(&self) -> bool {
        self.form.whole()
    }

    /// Prints a whole answer.
    pub fn print(&mut self, answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
        if self.raw && !answer.raw.is_empty() {
            if !self.guarded {
                return out.write_all(&answer.raw);
            }
            let mut guard = Guard::new(out);
            return guard.write_all(&answer.raw).and_then(|()| guard.end());
        }
        let alone = alone(answer);
        let rows = alone.as_ref().unwrap_or(&answer.rows);
        self.begin(answer, rows, None, out)?;
        self.rows(rows, out)?;
        self.end(out)
    }

    /// Begins an answer whose first rows are at hand; `promised` is how many the count says, where more are to come.
    pub fn begin(
        &mut self,
        answer: &Answer,
        rows: &Rows,
        promised: Option<usize>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self.form.looks() {
            for row in rows.iter() {
                self.checked(&row, |form, row| {
                    form.look(row);
                    Ok(())
                })?;
            }
        }
        let mut guard;
        let out: &mut dyn Write = if self.guarded {
            guard = Guard::new(out);
            &mut guard
        } else {
            out
        };
        self.form.begin(
            &Head {
                shape: answer.shape,
                name: answer.name.as_deref(),
                head: &answer.head,
                // A job that ended without a result is the row itself.
                job: answer.job.as_ref().filter(|_| !answer.rows.is_empty()),
                filter: self.filter,
                known: self.known,
                empty: rows.is_empty(),
                promised,
            },
            out,
        )
    }

    /// Prints rows as they come.
    pub fn rows(&mut self, rows: &Rows, out: &mut dyn Write) -> io::Result<()> {
        if self.guarded {
            return self.print_rows(rows, &mut Guard::new(out));
        }
        self.print_rows(rows, out)
    }

    fn print_rows(&mut self, rows: &Rows, out: &mut dyn Write) -> io::Result<()> {
        for row in rows.iter() {
            self.sought.see(&row);
            self.checked(&row, |form, row| form.row(row, out))?;
        }
        Ok(())
    }

    fn checked(
        &mut self,
        row: &Row,
        act: impl FnOnce(&mut dyn Form, &Row) -> io::Result<()>,
    ) -> io::Result<()> {
        if (self.stop)() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match self.filter {
            None => act(&mut *self.form, row),
            Some(paths) => {
                let kept = Value::Record(select::filter(&row.value(), paths));
                act(&mut *self.form, &kept.into())
            }
        }
    }

    /// Ends the answer.
    pub fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.form.end(out)
    }

    /// What could not be printed.
    pub fn note(&self) -> Option<String> {
        self.form.note()
    }

    /// The line that names what was left out for want of room.
    pub fn left(&self) -> Option<String> {
        self.form.left()
    }

    /// The paths of the filter that no row had and the catalogue does not know, each with the nearest that is there.
    pub fn unknown(&self) -> Vec<(String, Option<String>)> {
        self.sought.unknown()
    }
}

/// A job that ended without a result has only itself to show, in every form and to filter= alike.
fn alone(answer: &Answer) -> Option<Rows> {
    let job = answer.job.as_ref().filter(|_| answer.rows.is_empty())?;
    Some(vec![Value::Record(job.clone())].into())
}

/// A value in one cell: text as it is, nested values as JSON on one line.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        value => value.scalar().unwrap_or_else(|| {
            let mut out = Vec::new();
            // Writing into memory does not fail.
            let _ = crate::record::json::compact(value, &mut out);
            String::from_utf8(out).unwrap_or_default()
        }),
    }
}

/// The columns of rows that are not known beforehand, in the order in which they first appear.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    places: std::collections::HashMap<String, usize>,
}

impl Columns {
    fn of(names: &[String]) -> Columns {
        let mut columns = Columns::default();
        for name in names {
            columns.place(name);
        }
        columns
    }

    /// The place of the column of that name, which is added if it is not there.
    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.names.len();
        self.places.insert(name.into(), place);
        self.names.push(name.into());
        place
    }
}

#[cfg(test)]
mod tests;
