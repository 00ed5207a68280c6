//! Output that may be longer than the screen: held back until it is, and then shown by a pager, to which the rest goes as
//! it comes. What fits, or finds no pager that works, is printed as it is.

use std::cell::Cell;
use std::io::{self, Write, stdout};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use unicode_width::UnicodeWidthStr;

/// A pager that took more than a pipe holds has shown something; less than that may have been lost with it.
const LOST: usize = 256 << 10;
/// What a signal's number is added to by a shell that tells of it.
const BY_SIGNAL: u8 = 128;
const INTERRUPT: u8 = 2;
const BROKEN_PIPE: u8 = 13;

/// Which program shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// less, if it is there.
    Less,
    /// A line for the shell.
    Line(String),
}

impl Program {
    fn command(&self) -> Command {
        let mut command = match self {
            Program::Less => Command::new("less"),
            Program::Line(line) => {
                let mut command = Command::new("/bin/sh");
                command.arg("-c").arg(line);
                command
            }
        };
        let unset = |name: &str| std::env::var_os(name).is_none_or(|value| value.is_empty());
        // Ends by itself where one screen is enough, shows colours, and leaves what it showed.
        if unset("LESS") {
            command.env("LESS", "FRX");
        }
        if ["LESSCHARSET", "LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .all(unset)
        {
            command.env("LESSCHARSET", "utf-8");
        }
        command
    }
}

/// Output on its way to a screen of that size.
pub struct Pager {
    program: Program,
    width: usize,
    height: usize,
    state: State,
    /// Whether the pager has the terminal, for those who would draw on it, and how long pagers have had it.
    shows: Rc<Cell<bool>>,
    read: Rc<Cell<Duration>>,
    since: Instant,
    signal: Option<signal_hook::SigId>,
    /// Whether there is no such program, or it could show nothing.
    useless: bool,
}

enum State {
    /// Not longer than the screen so far; `counted` bytes of it take `rows` rows.
    Held {
        bytes: Vec<u8>,
        counted: usize,
        rows: usize,
    },
    /// `sent` is what would be lost with the pager.
    Shown { child: Child, sent: Option<Vec<u8>> },
    /// There is no pager.
    Printed,
    /// Whoever looked has seen enough.
    Closed,
}

impl Pager {
    pub fn new(
        program: Program,
        (width, height): (usize, usize),
        shows: Rc<Cell<bool>>,
        read: Rc<Cell<Duration>>,
    ) -> Pager {
        Pager {
            program,
            width,
            height,
            state: State::Held {
                bytes: Vec::new(),
                counted: 0,
                rows: 0,
            },
            shows,
            read,
            since: Instant::now(),
            signal: None,
            useless: false,
        }
    }

    /// Whether nobody looks any more.
    pub fn closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Prints what was held back, or waits until the pager is left. Gives the line of a pager that was of no use.
    pub fn end(mut self) -> (Option<String>, io::Result<()>) {
        let ended = self.finish();
        let line = match &self.program {
            Program::Line(line) if self.useless => Some(line.clone()),
            _ => None,
        };
        (line, ended)
    }

    fn finish(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.state, State::Printed) {
            State::Held { bytes, .. } => print(&bytes),
            State::Shown { mut child, sent } => {
                drop(child.stdin.take());
                let worked = worked(&mut child);
                self.give_back();
                self.useless = !worked;
                match sent {
                    Some(sent) if !worked => print(&sent),
                    _ => Ok(()),
                }
            }
            State::Printed | State::Closed => Ok(()),
        }
    }

    fn start(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        let Ok(mut child) = self.program.command().stdin(Stdio::piped()).spawn() else {
            self.state = State::Printed;
            self.useless = true;
            return print(&bytes);
        };
        // Ctrl-C is the pager's while it has the terminal.
        let pressed = Arc::new(AtomicBool::new(false));
        self.signal = signal_hook::flag::register(signal_hook::consts::SIGINT, pressed).ok();
        self.shows.set(true);
        self.since = Instant::now();
        let taken = give(&mut child, &bytes);
        let sent = Some(bytes);
        self.state = State::Shown { child, sent };
        match taken {
            Ok(()) => Ok(()),
            Err(why) => self.left(&[], why),
        }
    }

    /// The pager takes no more: it was left, or it never worked.
    fn left(&mut self, bytes: &[u8], why: io::Error) -> io::Result<()> {
        let State::Shown { mut child, sent } = std::mem::replace(&mut self.state, State::Closed)
        else {
            return Err(why);
        };
        drop(child.stdin.take());
        let worked = worked(&mut child);
        self.give_back();
        if worked {
            return Err(why);
        }
        self.state = State::Printed;
        self.useless = true;
        print(&sent.unwrap_or_default())?;
        print(bytes)
    }

    fn give_back(&mut self) {
        self.shows.set(false);
        self.read.set(self.read.get() + self.since.elapsed());
        if let Some(signal) = self.signal.take() {
            signal_hook::low_level::unregister(signal);
        }
    }
}

impl Write for Pager {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        match &mut self.state {
            State::Closed => return Err(io::ErrorKind::BrokenPipe.into()),
            State::Printed => print(more)?,
            State::Shown { child, sent } => match give(child, more) {
                Err(why) => self.left(more, why)?,
                Ok(()) => {
                    if let Some(kept) = sent {
                        kept.extend_from_slice(more);
                        if kept.len() > LOST {
                            *sent = None;
                        }
                    }
                }
            },
            State::Held {
                bytes,
                counted,
                rows,
            } => {
                bytes.extend_from_slice(more);
                while let Some(end) = bytes[*counted..].iter().position(|byte| *byte == b'\n') {
                    *rows += rows_of(&bytes[*counted..*counted + end], self.width);
                    *counted += end + 1;
                }
                let begun = rows_of(&bytes[*counted..], self.width);
                let begun = if bytes.len() > *counted { begun } else { 0 };
                // A row stays for the prompt.
                if *rows + begun > self.height.saturating_sub(1) {
                    let bytes = std::mem::take(bytes);
                    self.start(bytes)?;
                }
            }
        }
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Pager {
    /// One that was never ended is waited for, so that the terminal is whole again.
    fn drop(&mut self) {
        if let State::Shown { child, .. } = &mut self.state {
            drop(child.stdin.take());
            let _ = child.wait();
            self.give_back();
        }
    }
}

fn give(child: &mut Child, bytes: &[u8]) -> io::Result<()> {
    match &mut child.stdin {
        Some(stdin) => stdin.write_all(bytes),
        None => Ok(()),
    }
}

/// Whether the pager ended as one that was looked into: by itself, or by Ctrl-C.
fn worked(child: &mut Child) -> bool {
    let quiet = [0, BY_SIGNAL + INTERRUPT, BY_SIGNAL + BROKEN_PIPE];
    child
        .wait()
        .is_ok_and(|status| quiet.contains(&super::status_of(status)))
}

fn print(bytes: &[u8]) -> io::Result<()> {
    let mut out = stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush())
}

/// How many rows of the screen a line takes.
fn rows_of(line: &[u8], width: usize) -> usize {
    if line.len() <= width {
        return 1;
    }
    let text = String::from_utf8_lossy(line);
    // Colours take no room: each is an escape, a bracket, and what ends with an m.
    let mut shown = 0;
    for (index, part) in text.split("\x1b[").enumerate() {
        let part = match (index, part.split_once('m')) {
            (0, _) | (_, None) => part,
            (_, Some((_, after))) => after,
        };
        shown += part.width();
    }
    shown.div_ceil(width.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_takes_as_many_rows_as_it_is_wide() {
        for (line, rows) in [
            ("", 1),
            ("0123456789", 1),
            ("0123456789a", 2),
            ("漢字漢字漢字", 2),
            ("\x1b[32m0123456789\x1b[0m", 1),
        ] {
            assert_eq!(rows_of(line.as_bytes(), 10), rows, "{line:?}");
        }
    }
}
