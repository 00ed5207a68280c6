//! A screen that is drawn over and over in its place: a header and text in, what changed since the last one marked. It has
//! the terminal's other screen, and when it is dropped gives the first one back, with what was shown last.

use std::io::{self, Write, stdout};

use unicode_width::UnicodeWidthChar;

use super::changes::changes;
use super::{DIM, PLAIN};

const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[2J";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
const MARK: &str = "\x1b[7m";
const UNMARK: &str = "\x1b[27m";
/// The header and the empty line below it.
const ABOVE: usize = 2;
const TAB: usize = 8;

/// What is on the terminal while something is watched.
pub struct Screen {
    /// What is shown, as it was given, and without its colours what was shown before.
    header: [String; 2],
    lines: Vec<String>,
    before: Option<Vec<String>>,
    size: (usize, usize),
}

impl Screen {
    pub fn enter() -> io::Result<Screen> {
        let screen = Screen {
            header: Default::default(),
            lines: Vec::new(),
            before: None,
            size: size(),
        };
        stdout().write_all(ENTER.as_bytes())?;
        stdout().flush()?;
        Ok(screen)
    }

    /// Draws the text under a header, of which the second part stands to the right.
    pub fn show(&mut self, header: [String; 2], text: &str) -> io::Result<()> {
        // What is shown for the first time is no change.
        self.before = match self.header[0].is_empty() {
            true => None,
            false => Some(self.lines.iter().map(|line| plain(line)).collect()),
        };
        self.header = header;
        self.lines = text.lines().map(untabbed).collect();
        self.draw()
    }

    /// Draws what is shown anew where the terminal has become another size.
    pub fn follow_size(&mut self) -> io::Result<()> {
        if size() == self.size {
            return Ok(());
        }
        self.draw()
    }

    fn draw(&mut self) -> io::Result<()> {
        self.size = size();
        let drawn = drawn(&self.header, &self.lines, self.before.as_deref(), self.size);
        stdout().write_all(drawn.as_bytes())?;
        stdout().flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let last = match self.header[0].is_empty() {
            true => String::new(),
            false => picture(&self.header, &self.lines, None, size()).join("\r\n") + "\r\n",
        };
        // A terminal that is gone needs nothing back.
        let _ = stdout().write_all(format!("{LEAVE}{last}").as_bytes());
        let _ = stdout().flush();
    }
}

/// The terminal's columns and lines.
fn size() -> (usize, usize) {
    terminal_size::terminal_size().map_or((80, 24), |(width, height)| {
        (usize::from(width.0).max(20), usize::from(height.0).max(4))
    })
}

/// All that is to be written for a screen of that many columns and lines.
fn drawn(
    header: &[String; 2],
    lines: &[String],
    before: Option<&[String]>,
    size: (usize, usize),
) -> String {
    let mut screen = picture(header, lines, before, size);
    screen.insert(1, String::new());
    format!("\x1b[H{}\x1b[K\x1b[J", screen.join("\x1b[K\r\n"))
}

/// The lines of a screen, without the empty one below the header.
fn picture(
    [left, right]: &[String; 2],
    lines: &[String],
    before: Option<&[String]>,
    (width, height): (usize, usize),
) -> Vec<String> {
    let room = height - ABOVE;
    let shown = if lines.len() > room { room - 1 } else { room };
    let new: Vec<String> = lines.iter().map(|line| plain(line)).collect();
    let marks = before.map(|before| changes(before, &new, shown));
    let space = width.saturating_sub(right.chars().count() + 2);
    let left = fitted(left, space, &[]);
    let gap = space.saturating_sub(left.chars().count()) + 2;
    let mut screen = vec![format!("{DIM}{left}{}{right}{PLAIN}", " ".repeat(gap))];
    for (place, line) in lines.iter().take(shown).enumerate() {
        let marks = marks.as_ref().map_or(&[][..], |marks| &marks[place]);
        screen.push(fitted(line, width, marks));
    }
    if lines.len() > shown {
        let more = lines.len() - shown;
        screen.push(format!("{DIM}… {more} more lines{PLAIN}"));
    }
    screen
}

/// A part of a line: a letter to be seen, or a change of colour.
enum Part<'a> {
    Letter(char),
    Color(&'a str),
}

/// The parts of a line without what else drives a terminal.
fn parts(line: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = line;
    std::iter::from_fn(move || {
        loop {
            let letter = rest.chars().next()?;
            if let Some(after) = rest.strip_prefix("\x1b[") {
                let end = after.find(|letter: char| !letter.is_ascii_digit() && letter != ';');
                if let Some(end) = end.filter(|end| after[*end..].starts_with('m')) {
                    let (color, after) = rest.split_at(end + "\x1b[m".len());
                    rest = after;
                    return Some(Part::Color(color));
                }
            }
            rest = &rest[letter.len_utf8()..];
            if !letter.is_control() {
                return Some(Part::Letter(letter));
            }
        }
    })
}

fn plain(line: &str) -> String {
    parts(line)
        .filter_map(|part| match part {
            Part::Letter(letter) => Some(letter),
            Part::Color(_) => None,
        })
        .collect()
}

/// A line of no more columns than there are, with places marked.
fn fitted(line: &str, width: usize, marks: &[std::ops::Range<usize>]) -> String {
    let mut fitted = String::new();
    let (mut used, mut colored) = (0, false);
    let mut letters = 0;
    for part in parts(line) {
        match part {
            Part::Color(color) => {
                colored = true;
                fitted.push_str(color);
            }
            Part::Letter(letter) => {
                used += letter.width().unwrap_or(0);
                if used > width {
                    break;
                }
                if marks.iter().any(|mark| mark.start == letters) {
                    fitted.push_str(MARK);
                    colored = true;
                }
                fitted.push(letter);
                letters += 1;
                if marks.iter().any(|mark| mark.end == letters) {
                    fitted.push_str(UNMARK);
                }
            }
        }
    }
    if colored {
        fitted.push_str(PLAIN);
    }
    fitted
}

/// A line with blanks in the place of its tabs.
fn untabbed(line: &str) -> String {
    let mut wide = String::new();
    let mut column = 0;
    for letter in line.chars() {
        if letter == '\t' {
            let blanks = TAB - column % TAB;
            wide.push_str(&" ".repeat(blanks));
            column += blanks;
        } else {
            wide.push(letter);
            column += letter.width().unwrap_or(0);
        }
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(untabbed).collect()
    }

    #[test]
    fn a_screen_is_drawn_from_its_corner_and_cut_to_its_size() {
        let header = ["every 2 s: list zones".to_string(), "10:00:00".to_string()];
        let text = lines("a\tb\n日本語日本語日本語日本語\n\x1b[32mgreen\x1b[0m\x1b[2J\n4\n5");
        let screen = drawn(&header, &text, None, (20, 6));
        assert_eq!(
            screen.replace('\x1b', "^"),
            "^[H^[2mevery 2 s:  10:00:00^[0m^[K\r\n^[K\r\na       b^[K\r\n日本語日本語日本語日^[K\r\n\
             ^[32mgreen^[0m[2J^[0m^[K\r\n^[2m… 2 more lines^[0m^[K^[J"
        );
    }

    #[test]
    fn what_changed_is_marked() {
        let header = ["x".to_string(), String::new()];
        let before = vec!["web Starting".to_string()];
        let text = lines("web \x1b[32mRunning\x1b[0m");
        let screen = drawn(&header, &text, Some(&before), (20, 6));
        assert!(
            screen.contains("web \x1b[32m\x1b[7mRunning\x1b[27m\x1b[0m"),
            "{screen:?}"
        );
    }
}
