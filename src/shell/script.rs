//! Scripts: a file or standard input, a command a line, to the end or to the first failure.

use std::io::{self, BufRead, BufReader};
use std::path::Path;

use super::session::{Ended, Mode, Session};
use crate::error::{Error, Kind, Result};
use crate::line::secrets::strike;

/// Runs the commands in a file and tells how it ended; settings changed there last for the file only.
pub fn run_file(session: &mut Session, path: &Path) -> Result<Ended> {
    let unread = |why: io::Error| {
        Error::local(format!("{} could not be read: {why}", path.display()))
            .hint("check the path and its permissions")
    };
    let file = std::fs::File::open(path).map_err(unread)?;
    if file.metadata().is_ok_and(|known| known.is_dir()) {
        return Err(Error::local(format!("{} is a directory", path.display())));
    }
    session.sources.push(path.to_path_buf());
    let name = path.display().to_string();
    let ended = run(session, BufReader::new(file), &name, false);
    session.sources.pop();
    Ok(ended)
}

/// Runs the commands on standard input.
pub fn run_stdin(session: &mut Session) -> Ended {
    run(session, io::stdin().lock(), "standard input", true)
}

fn run(session: &mut Session, input: impl BufRead, name: &str, stdin: bool) -> Ended {
    let settings = session.resolved.clone();
    let mode = std::mem::replace(&mut session.mode, Mode::Script { stdin });
    let presses = session.presses();
    let ended = run_lines(session, Lines::new(input), name, presses);
    session.mode = mode;
    session.resolved = settings;
    ended
}

fn run_lines<R: BufRead>(
    session: &mut Session,
    mut lines: Lines<R>,
    name: &str,
    presses: u64,
) -> Ended {
    let mut first_failure = 0;
    loop {
        let ended = match lines.next() {
            Ok(None) => return going_on(first_failure),
            Ok(Some(line)) => session.execute(&line),
            Err(error) => session.failed(&error),
        };
        if first_failure == 0 {
            first_failure = ended.status;
        }
        if ended.leave {
            return Ended {
                status: first_failure,
                leave: true,
            };
        }
        if session.presses() > presses {
            let error = Error::new(Kind::Interrupted, format!("{name} was interrupted"));
            let status = session.failed(&error).status;
            return going_on(if first_failure == 0 {
                status
            } else {
                first_failure
            });
        }
        if ended.status != 0 {
            let place = format!("{name}, line {}", lines.first);
            let line = strike(&lines.shown());
            if lines.broken || !session.keep_going {
                session.ui.say(&format!("stopped at {place}: {line}"));
                return going_on(first_failure);
            }
            session.ui.say(&format!("failed at {place}: {line}"));
        }
    }
}

fn going_on(status: u8) -> Ended {
    Ended {
        status,
        leave: false,
    }
}

/// Logical lines: a backslash at the end of one joins the next.
struct Lines<R> {
    input: R,
    /// How many lines were read.
    read: usize,
    /// The number of the logical line's first line, from 1.
    first: usize,
    last: String,
    /// Reading failed, so nothing can follow.
    broken: bool,
}

impl<R: BufRead> Lines<R> {
    fn new(input: R) -> Lines<R> {
        Lines {
            input,
            read: 0,
            first: 0,
            last: String::new(),
            broken: false,
        }
    }

    fn next(&mut self) -> Result<Option<String>> {
        let mut logical = String::new();
        self.last.clear();
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
        self.last.clone_from(&logical);
        Ok(Some(logical))
    }

    /// The line as an error shows it: its beginning is enough to find it.
    fn shown(&self) -> String {
        let mut shown: String = self.last.chars().take(200).collect();
        if shown.len() < self.last.len() {
            shown.push('…');
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logical(text: &[u8]) -> Vec<std::result::Result<String, u8>> {
        let mut lines = Lines::new(text);
        std::iter::from_fn(|| lines.next().map_err(|error| error.status()).transpose()).collect()
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
