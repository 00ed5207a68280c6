//! What is printed on: a terminal, so wide and with or without colours, or a file or pipe, which has neither. What would
//! drive a terminal is escaped here, and the colours of states are told.

use std::io::{self, Write};

pub const RED: &str = "\x1b[31m";
pub const GREEN: &str = "\x1b[32m";
pub const YELLOW: &str = "\x1b[33m";
pub const DIM: &str = "\x1b[2m";
pub const PLAIN: &str = "\x1b[0m";

/// Where the rows of an answer are seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surface {
    /// The columns of the terminal; none for a file or pipe.
    pub width: Option<usize>,
    pub color: bool,
}

impl Surface {
    pub fn is_terminal(self) -> bool {
        self.width.is_some()
    }
}

/// The fields that tell what a thing is doing.
const STATES: [&str; 8] = [
    "state",
    "status",
    "resourcestate",
    "allocationstate",
    "powerstate",
    "vmstate",
    "agentstate",
    "redundantstate",
];

/// The words that they have, by what they mean to whoever looks.
const MEANINGS: [(&str, &[&str]); 4] = [
    (
        GREEN,
        &[
            "running",
            "run",
            "attac",
            "up",
            "enabled",
            "ready",
            "allocated",
            "implemented",
            "active",
            "backedup",
            "done",
            "on",
            "primary",
            "master",
            "download complete",
        ],
    ),
    (
        YELLOW,
        &[
            "stopped",
            "nstop",
            "disabled",
            "suspended",
            "maintenance",
            "poweredoff",
            "off",
            "sent",
            "locked",
        ],
    ),
    (
        RED,
        &[
            "error",
            "down",
            "alert",
            "failed",
            "refused",
            "unknown",
            "disconnected",
            "uploaderror",
            "errorinmaintenance",
            "fault",
            "fstop",
        ],
    ),
    (
        DIM,
        &["destroyed", "expunged", "removed", "notdone", "free"],
    ),
];

/// The colour of a value of a field, where the field is a state. What ends in -ing is on its way to another.
pub fn color(field: &str, value: &str) -> Option<&'static str> {
    let field = field.rsplit('.').next().unwrap_or(field);
    if !STATES.iter().any(|state| state.eq_ignore_ascii_case(field)) {
        return None;
    }
    let value = value.to_ascii_lowercase();
    MEANINGS
        .iter()
        .find(|(_, words)| words.contains(&value.as_str()))
        .map(|(color, _)| *color)
        .or_else(|| value.ends_with("ing").then_some(YELLOW))
}

/// Whether the character moves a terminal's cursor, gives it orders, or turns the text around it about.
pub fn drives(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text without characters that would drive a terminal; `keep` says which of them stay.
pub fn harmless(text: &str, keep: &[char]) -> String {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte);
    if text.bytes().all(plain) || !text.chars().any(drives) {
        return text.into();
    }
    let mut made = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            _ if keep.contains(&letter) || !drives(letter) => made.push(letter),
            '\n' => made.push_str("\\n"),
            '\t' => made.push_str("\\t"),
            '\r' => made.push_str("\\r"),
            _ if u32::from(letter) < 0x100 => {
                made.push_str(&format!("\\x{:02x}", u32::from(letter)));
            }
            _ => made.push_str(&format!("\\u{:04x}", u32::from(letter))),
        }
    }
    made
}

/// Lets through what a terminal shows and writes the rest as JSON's escapes: the same text within JSON's strings, where
/// alone such characters stand, and what came as close as can be elsewhere.
pub struct Guard<'a> {
    out: &'a mut dyn Write,
    /// The first bytes of a character whose rest is yet to come.
    begun: Vec<u8>,
}

impl<'a> Guard<'a> {
    pub fn new(out: &'a mut dyn Write) -> Guard<'a> {
        Guard {
            out,
            begun: Vec::new(),
        }
    }

    /// Writes what has begun and has no end.
    pub fn end(&mut self) -> io::Result<()> {
        let begun = std::mem::take(&mut self.begun);
        self.lossy(&begun)
    }

    fn lossy(&mut self, bytes: &[u8]) -> io::Result<()> {
        for chunk in bytes.utf8_chunks() {
            self.text(chunk.valid())?;
            for byte in chunk.invalid() {
                write!(self.out, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        let mut rest = text;
        let hit = |letter: char| drives(letter) && !matches!(letter, '\n' | '\t');
        while let Some((at, letter)) = rest.char_indices().find(|(_, letter)| hit(*letter)) {
            let after = at + letter.len_utf8();
            self.out.write_all(&rest.as_bytes()[..at])?;
            // A line that ends as it does on other systems is no harm.
            match letter {
                '\r' if rest[after..].starts_with('\n') => self.out.write_all(b"\r")?,
                _ => write!(self.out, "\\u{:04x}", u32::from(letter))?,
            }
            rest = &rest[after..];
        }
        self.out.write_all(rest.as_bytes())
    }
}

impl Write for Guard<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut whole = std::mem::take(&mut self.begun);
        whole.extend_from_slice(bytes);
        let cut = match std::str::from_utf8(&whole) {
            Err(why) if why.error_len().is_none() => why.valid_up_to(),
            _ => whole.len(),
        };
        self.begun = whole.split_off(cut);
        self.lossy(&whole)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_colours_and_nothing_else_has() {
        for (field, value, expected) in [
            ("state", "Running", Some(GREEN)),
            ("nic.state", "Up", Some(GREEN)),
            ("allocationstate", "Disabled", Some(YELLOW)),
            ("state", "Migrating", Some(YELLOW)),
            ("state", "Error", Some(RED)),
            ("state", "Tokyo", None),
            ("name", "Running", None),
        ] {
            assert_eq!(color(field, value), expected, "{field} {value}");
        }
    }

    #[test]
    fn a_terminal_is_given_no_orders() {
        assert_eq!(
            harmless("a\x1b[2J\n\u{9b}\u{202e}漢é", &[]),
            "a\\x1b[2J\\n\\x9b\\u202e漢é"
        );
        let mut out = Vec::new();
        let mut guard = Guard::new(&mut out);
        // A character may come in parts.
        for part in "\"a\u{9b}\u{202e}漢\u{7f}\"\x1b\r\n".as_bytes().chunks(1) {
            guard.write_all(part).unwrap();
        }
        guard.write_all(b"\xff\xe6").unwrap();
        guard.end().unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\"a\\u009b\\u202e漢\\u007f\"\\u001b\\u000d\n\\xff\\xe6"
        );
    }
}
