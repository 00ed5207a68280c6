//! The guide's grid under `count = N` and the list's name; columns of all rows, cells centred.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::{Columns, Form, Head, cell, harmless};
use crate::record::Value;
use crate::record::answer::Shape;
use crate::record::rows::Row;

#[derive(Default)]
pub struct Table {
    columns: Columns,
    /// Of the columns' cells; headers may be wider.
    widths: Vec<usize>,
}

impl Form for Table {
    fn whole(&self) -> bool {
        true
    }

    /// The columns and their widths are those of all rows.
    fn looks(&self) -> bool {
        true
    }

    fn look(&mut self, row: &Row) {
        if let Value::Record(record) = &*row.value() {
            for (name, value) in &record.fields {
                let place = self.columns.place(name);
                if place == self.widths.len() {
                    self.widths.push(0);
                }
                let width = shown(value).width();
                self.widths[place] = self.widths[place].max(width);
            }
        }
    }

    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        if head.shape == Shape::List {
            let count = head.head.text("count").unwrap_or_else(|| "0".into());
            if head.empty || head.head.get("count").is_some() {
                writeln!(out, "count = {}", harmless(&count, &[]))?;
            }
            if let (Some(name), false) = (head.name, head.empty) {
                writeln!(out, "{}:", harmless(name, &[]))?;
            }
        }
        if let Some(filter) = head.filter {
            let seen = std::mem::replace(&mut self.columns, Columns::of(filter));
            let widths = std::mem::take(&mut self.widths);
            let width = |name: &String| seen.places.get(name).map_or(0, |place| widths[*place]);
            self.widths = self.columns.names.iter().map(width).collect();
        }
        let header: Vec<String> = self
            .columns
            .names
            .iter()
            .map(|name| harmless(name, &[]))
            .collect();
        for (width, name) in self.widths.iter_mut().zip(&header) {
            *width = name.width().max(*width);
        }
        if head.empty {
            self.columns = Columns::default();
        }
        if self.columns.names.is_empty() {
            return Ok(());
        }
        rule(&self.widths, out)?;
        line(&header, &self.widths, out)?;
        rule(&self.widths, out)
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        let value = row.value();
        if self.columns.names.is_empty() {
            return writeln!(out, "{}", shown(&value));
        }
        let mut cells = vec![String::new(); self.columns.names.len()];
        match &*value {
            Value::Record(record) => {
                for (name, value) in &record.fields {
                    if let Some(place) = self.columns.places.get(&**name) {
                        cells[*place] = shown(value);
                    }
                }
            }
            scalar => cells[0] = shown(scalar),
        }
        line(&cells, &self.widths, out)
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.columns.names.is_empty() {
            return Ok(());
        }
        rule(&self.widths, out)
    }
}

fn shown(value: &Value) -> String {
    harmless(&cell(value), &[])
}

fn rule(widths: &[usize], out: &mut dyn Write) -> io::Result<()> {
    for width in widths {
        write!(out, "+{}", "-".repeat(width + 2))?;
    }
    out.write_all(b"+\n")
}

fn line(cells: &[String], widths: &[usize], out: &mut dyn Write) -> io::Result<()> {
    for (cell, width) in cells.iter().zip(widths) {
        let spare = width.saturating_sub(cell.width());
        let left = spare / 2;
        write!(
            out,
            "| {}{cell}{} ",
            " ".repeat(left),
            " ".repeat(spare - left)
        )?;
    }
    out.write_all(b"|\n")
}
