//! Text of one or more lines to its commands: a line each, unless a quote or a backslash joins it to the next.
//! In comes what was typed or pasted, out come where its commands stand and what is unfinished at its end.

use std::ops::Range;

use super::words::Unfinished;

/// The commands of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commands {
    /// Where they stand, in bytes, without the line end; blank ones are left out.
    pub spans: Vec<Range<usize>>,
    /// Why the last one goes on.
    pub open: Option<Unfinished>,
}

/// Cuts a text into its commands, in one go whatever its length.
pub fn commands(text: &str) -> Commands {
    let mut found = Commands::default();
    let mut start = 0;
    while start < text.len() {
        let (length, open) = first(&text[start..]);
        let span = start..start + length;
        if !text[span.clone()].trim_ascii().is_empty() {
            found.spans.push(span);
        }
        start += length + 1;
        found.open = open;
    }
    found
}

/// How long the first command is, and whether it goes on after the end of the text.
fn first(text: &str) -> (usize, Option<Unfinished>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut between = true;
    while let Some(byte) = bytes.get(at) {
        let opened = match byte {
            b'\n' => return (at, None),
            b'\'' => Some(Unfinished::SingleQuote),
            b'"' => Some(Unfinished::DoubleQuote),
            // What follows is nobody's words.
            b'|' => return (line_end(bytes, at), None),
            b'#' if between => return (line_end(bytes, at), None),
            b'\\' if at + 1 == bytes.len() => return (bytes.len(), Some(Unfinished::Backslash)),
            b'\\' => {
                // A joined line goes on where the first one stopped, between words or within one.
                between = between && bytes[at + 1] == b'\n';
                at += 2;
                continue;
            }
            _ => None,
        };
        between = byte.is_ascii_whitespace();
        at += 1;
        if let Some(quote) = opened {
            match closing(bytes, at, quote) {
                Some(after) => at = after,
                None => return (bytes.len(), Some(quote)),
            }
        }
    }
    (bytes.len(), None)
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes[from..].iter();
    from + rest.take_while(|byte| **byte != b'\n').count()
}

/// The byte after the quote that closes what opened before `at`.
fn closing(bytes: &[u8], mut at: usize, quote: Unfinished) -> Option<usize> {
    while let Some(byte) = bytes.get(at) {
        match (byte, quote) {
            (b'\'', Unfinished::SingleQuote) | (b'"', Unfinished::DoubleQuote) => {
                return Some(at + 1);
            }
            (b'\\', Unfinished::DoubleQuote) => at += 2,
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::testing::Random;
    use crate::line::words::split;

    fn texts(text: &str) -> Vec<&str> {
        let spans = commands(text).spans;
        spans.into_iter().map(|span| &text[span]).collect()
    }

    #[test]
    fn a_pasted_script_is_a_command_a_line() {
        let table: &[(&str, &[&str])] = &[
            ("", &[]),
            ("list zones", &["list zones"]),
            ("list zones\nlist pods\n", &["list zones", "list pods"]),
            ("list \\\nzones", &["list \\\nzones"]),
            ("x name='a\nb'\n\n \ny", &["x name='a\nb'", "y"]),
            ("# it's all\nlist zones", &["# it's all", "list zones"]),
            ("a \\\n# b'\nc", &["a \\\n# b'", "c"]),
            ("list zones | grep 'x\ny", &["list zones | grep 'x", "y"]),
            ("a'b\\'\nc", &["a'b\\'", "c"]),
        ];
        for (text, expected) in table {
            assert_eq!(texts(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn what_goes_on_is_told() {
        for (text, open) in [
            ("list zones", None),
            ("list \\", Some(Unfinished::Backslash)),
            ("x name='a\nb", Some(Unfinished::SingleQuote)),
            ("list zones\nx \"a", Some(Unfinished::DoubleQuote)),
            ("list \\\n", None),
            ("x \"a\\", Some(Unfinished::DoubleQuote)),
        ] {
            assert_eq!(commands(text).open, open, "{text:?}");
        }
    }

    #[test]
    fn each_command_is_a_line_that_the_words_call_whole() {
        let mut random = Random::new(23);
        for _ in 0..20_000 {
            let text = random.text(24);
            let Commands { spans, open } = commands(&text);
            let (last, whole) = match spans.split_last() {
                Some((last, whole)) if open.is_some() => (Some(last), whole),
                _ => (None, &spans[..]),
            };
            for span in whole {
                assert!(split(&text[span.clone()]).is_ok(), "{text:?}");
            }
            if let Some(last) = last {
                let found = split(&text[last.clone()]);
                assert_eq!(found.err().map(|(why, _)| why), open, "{text:?}");
            }
        }
    }

    #[test]
    fn ten_megabytes_with_an_open_quote_are_cut_in_one_go() {
        let text = format!("'{}", "list zones\n".repeat(1 << 20));
        assert_eq!(commands(&text).open, Some(Unfinished::SingleQuote));
        assert_eq!(commands(&text[1..]).spans.len(), 1 << 20);
    }
}
