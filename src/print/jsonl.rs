//! A row a line, as JSON without blanks, so that a list of any length can be read while it comes.

use std::io::{self, Write};

use super::{Form, Head};
use crate::record::rows::Row;

#[derive(Default)]
pub struct Jsonl;

impl Form for Jsonl {
    fn whole(&self) -> bool {
        false
    }

    fn begin(&mut self, _: &Head, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        row.compact(out)?;
        out.write_all(b"\n")
    }

    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
