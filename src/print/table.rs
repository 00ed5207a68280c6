//! The guide's grid under `count = N` and the list's name; columns of all rows, cells centred.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::{Form, Head, cell, columns, harmless};
use crate::record::Value;
use crate::record::answer::Shape;

#[derive(Default)]
pub struct Table {
    columns: Option<Vec<String>>,
    rows: Vec<Value>,
}

impl Form for Table {
    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        self.columns = head.filter.map(<[String]>::to_vec);
        if head.shape == Shape::List {
            let count = head.head.text("count").unwrap_or_else(|| "0".into());
            if head.empty || head.head.get("count").is_some() {
                writeln!(out, "count = {}", harmless(&count, &[]))?;
            }
            if let (Some(name), false) = (head.name, head.empty) {
                writeln!(out, "{}:", harmless(name, &[]))?;
            }
        }
        Ok(())
    }

    fn row(&mut self, row: &Value, _: &mut dyn Write) -> io::Result<()> {
        // The widths are those of all rows.
        self.rows.push(row.clone());
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let columns = self.columns.take().unwrap_or_else(|| columns(&self.rows));
        if columns.is_empty() {
            for row in &self.rows {
                writeln!(out, "{}", harmless(&cell(row), &[]))?;
            }
            return Ok(());
        }
        let rows: Vec<Vec<String>> = self.rows.iter().map(|row| cells(row, &columns)).collect();
        let header: Vec<String> = columns.iter().map(|name| harmless(name, &[])).collect();
        let mut widths: Vec<usize> = header.iter().map(|name| name.width()).collect();
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        rule(&widths, out)?;
        line(&header, &widths, out)?;
        rule(&widths, out)?;
        for row in &rows {
            line(row, &widths, out)?;
        }
        rule(&widths, out)
    }
}

fn cells(row: &Value, columns: &[String]) -> Vec<String> {
    columns
        .iter()
        .map(|column| match row {
            Value::Record(record) => record.get(column).map_or(String::new(), cell),
            scalar => cell(scalar),
        })
        .map(|text| harmless(&text, &[]))
        .collect()
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
