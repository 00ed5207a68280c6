//! Bytes to the lines of a script: a backslash at the end of one joins the next, a comment goes no further than its line.

use std::io::BufRead;

use super::blocks::Line;
use crate::error::{Error, Result};

/// Logical lines: a backslash at the end of one joins the next.
pub struct Lines<R> {
    input: R,
    /// How many lines were read.
    read: usize,
    /// The number of the logical line's first line, from 1.
    pub first: usize,
    /// Reading failed, so nothing can follow.
    pub broken: bool,
}

impl<R: BufRead> Lines<R> {
    pub fn new(input: R) -> Lines<R> {
        Lines {
            input,
            read: 0,
            first: 0,
            broken: false,
        }
    }

    pub fn next(&mut self) -> Result<Option<Line>> {
        let mut logical = String::new();
        self.first = self.read + 1;
        loop {
            let mut bytes = Vec::new();
            let count = self.input.read_until(b'\n', &mut bytes).map_err(|why| {
                self.broken = true;
                Error::local(format!("the script could not be read: {why}"))
            })?;
            if count == 0 {
                if self.read < self.first {
                    return Ok(None);
                }
                // A backslash on the very last line joins nothing.
                break;
            }
            self.read += 1;
            while matches!(bytes.last(), Some(b'\n' | b'\r')) {
                bytes.pop();
            }
            let line = String::from_utf8(bytes).map_err(|why| {
                Error::line(format!(
                    "line {} is not UTF-8 text (byte {})",
                    self.read,
                    why.utf8_error().valid_up_to() + 1
                ))
            })?;
            let comment = logical.is_empty() && line.trim_start().starts_with('#');
            let slashes = line.chars().rev().take_while(|c| *c == '\\').count();
            if comment || slashes % 2 == 0 {
                logical.push_str(&line);
                break;
            }
            logical.push_str(&line[..line.len() - 1]);
        }
        Ok(Some(Line {
            number: self.first,
            text: logical,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logical(text: &[u8]) -> Vec<std::result::Result<String, u8>> {
        let mut lines = Lines::new(text);
        let next = || lines.next().map_err(|error| error.status()).transpose();
        let texts = std::iter::from_fn(next).map(|line| line.map(|line| line.text));
        texts.collect()
    }

    #[test]
    fn a_backslash_joins_lines_and_a_comment_does_not() {
        let text = b"list \\\nzones\n# a comment \\\nlist users\\\\\n\nlast \\";
        let expected = [
            "list zones",
            "# a comment \\",
            "list users\\\\",
            "",
            "last ",
        ];
        assert_eq!(logical(text), expected.map(|line| Ok(line.to_string())));
    }

    #[test]
    fn windows_line_ends_are_no_part_of_the_line() {
        assert_eq!(logical(b"list zones\r\n"), [Ok("list zones".to_string())]);
    }

    #[test]
    fn bytes_that_are_no_text_are_an_error_and_the_next_line_is_read() {
        assert_eq!(logical(b"\xff\xfe\nx"), [Err(2), Ok("x".to_string())]);
    }
}
