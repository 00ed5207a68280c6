//! A bar of how much of something is done, on a terminal's stderr: how many bytes or rows of how many in, one line that is
//! drawn over and over out.

use std::io::{self, Write, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

/// What is written to the right of a full line breaks it, and a Ctrl-C is shown wherever the cursor stands.
const MARGIN: usize = 4;

/// A bar that is there until it is cleared.
pub struct Bar(ProgressBar);

impl Bar {
    /// `width` is the terminal's, in columns.
    pub fn of_bytes(what: &str, total: u64, width: usize) -> Bar {
        let bar = Bar::new(
            "{msg} [{wide_bar}] {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            what,
            width,
        );
        bar.0.set_length(total);
        bar
    }

    /// The same for the rows of a list, whose number may change.
    pub fn of_rows(what: &str, width: usize) -> Bar {
        Bar::new(
            "{msg} [{wide_bar}] {pos} of {len} rows {prefix}",
            what,
            width,
        )
    }

    fn new(template: &str, what: &str, width: usize) -> Bar {
        let width = width.saturating_sub(MARGIN);
        let target = ProgressDrawTarget::term_like(Box::new(Line { width }));
        let bar = ProgressBar::with_draw_target(None, target);
        // A template that cannot be read leaves the usual one.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        let what: String = what.chars().take(width / 3).collect();
        Bar(bar.with_message(what))
    }

    pub fn set_rows(&self, came: usize, total: usize, time: String) {
        self.0.set_length(total as u64);
        self.0.set_prefix(time);
        self.0.set_position(came as u64);
    }

    pub fn set(&self, done: u64) {
        self.0.set_position(done);
    }

    pub fn clear(self) {
        self.0.finish_and_clear();
    }
}

/// The one line of stderr, narrower than it is.
#[derive(Debug)]
struct Line {
    width: usize,
}

impl Line {
    fn write(&self, text: &str) -> io::Result<()> {
        stderr().write_all(text.as_bytes())
    }

    /// Moves the cursor; moving it by nothing would move it by one.
    fn go(&self, by: usize, letter: char) -> io::Result<()> {
        match by {
            0 => Ok(()),
            by => self.write(&format!("\x1b[{by}{letter}")),
        }
    }
}

impl TermLike for Line {
    fn width(&self) -> u16 {
        u16::try_from(self.width).unwrap_or(u16::MAX)
    }

    fn move_cursor_up(&self, by: usize) -> io::Result<()> {
        self.go(by, 'A')
    }

    fn move_cursor_down(&self, by: usize) -> io::Result<()> {
        self.go(by, 'B')
    }

    fn move_cursor_right(&self, by: usize) -> io::Result<()> {
        self.go(by, 'C')
    }

    fn move_cursor_left(&self, by: usize) -> io::Result<()> {
        self.go(by, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write(&format!("{text}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.write(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.write("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        stderr().flush()
    }
}
