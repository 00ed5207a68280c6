//! A header and a record for each row; nested values as JSON on one line.

use std::io::{self, Write};

use super::{Form, Head, cell, columns};
use crate::record::{Record, Value};

#[derive(Default)]
pub struct Csv {
    columns: Option<Vec<String>>,
    known: Vec<String>,
    /// Rows kept until all columns are known.
    rows: Vec<Value>,
}

impl Form for Csv {
    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        self.known = head.known.to_vec();
        if let Some(paths) = head.filter {
            record(paths.iter().map(String::as_str), out)?;
            self.columns = Some(paths.to_vec());
        }
        Ok(())
    }

    fn row(&mut self, row: &Value, out: &mut dyn Write) -> io::Result<()> {
        match &self.columns {
            Some(columns) => fields(row, columns, out),
            None => {
                self.rows.push(row.clone());
                Ok(())
            }
        }
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.columns.is_some() {
            return Ok(());
        }
        let mut header = std::mem::take(&mut self.known);
        for column in columns(&self.rows) {
            if !header.contains(&column) {
                header.push(column);
            }
        }
        if header.is_empty() {
            return self
                .rows
                .iter()
                .try_for_each(|row| record([cell(row).as_str()], out));
        }
        record(header.iter().map(String::as_str), out)?;
        self.rows
            .iter()
            .try_for_each(|row| fields(row, &header, out))
    }
}

fn fields(row: &Value, columns: &[String], out: &mut dyn Write) -> io::Result<()> {
    let none = Record::default();
    let row = row.as_record().unwrap_or(&none);
    let cells: Vec<String> = columns
        .iter()
        .map(|column| row.get(column).map_or(String::new(), cell))
        .collect();
    record(cells.iter().map(String::as_str), out)
}

fn record<'a>(cells: impl IntoIterator<Item = &'a str>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    writer.write_record(cells).map_err(io::Error::from)?;
    writer.flush()
}
