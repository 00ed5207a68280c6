//! Text laid out for a terminal: wrapped at blanks, in columns, and as entries with their meanings beside them.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Narrower than this nothing can be laid out; the lines then run over.
pub const NARROWEST: usize = 20;
/// The least that a meaning needs beside the other columns; with less room it goes below them.
const LEAST_MEANING: usize = 20;
/// Set before every entry of a list.
const MARGIN: usize = 2;

/// Entries a line each with their meanings beside them; entries that are much wider than most have theirs below.
pub fn entries<S: AsRef<str>>(rows: &[(S, S)], width: usize) -> String {
    let most = (width.max(NARROWEST) * 9 / 20).saturating_sub(2 * MARGIN);
    let widths = rows.iter().map(|(entry, _)| entry.as_ref().width());
    let column = widths.filter(|wide| *wide <= most).max().unwrap_or(most);
    entries_in(rows, column, width)
}

/// The same with the meanings after that many columns for the entries.
pub fn entries_in<S: AsRef<str>>(rows: &[(S, S)], column: usize, width: usize) -> String {
    let width = width.max(NARROWEST);
    let indent = column + 2 * MARGIN;
    let mut text = String::new();
    for (entry, meaning) in rows {
        let (entry, meaning) = (clean(entry.as_ref()), meaning.as_ref());
        if entry.width() > column {
            let alone = wrap(&entry, width - MARGIN);
            let below = wrap(meaning, width.saturating_sub(indent).max(LEAST_MEANING));
            let below = below
                .iter()
                .map(|line| format!("{}{line}\n", " ".repeat(indent)));
            text.extend(alone.iter().map(|line| format!("  {line}\n")));
            text.extend(below);
            continue;
        }
        let cells = format!("  {}", padded(&entry, column));
        for line in table_row(&cells, meaning, indent, width) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Words side by side in as many columns as fit, filled from top to bottom.
pub fn columns(words: &[String], width: usize) -> String {
    let widest = words.iter().map(|word| word.width()).max().unwrap_or(0) + MARGIN;
    let across = (width.saturating_sub(MARGIN) / widest).max(1);
    let down = words.len().div_ceil(across).max(1);
    (0..words.len().min(down))
        .map(|row| {
            let cells = words.iter().skip(row).step_by(down);
            let cells: String = cells.map(|word| padded(word, widest)).collect();
            format!("  {}\n", cells.trim_end())
        })
        .collect()
}

/// A paragraph in lines.
pub fn paragraph(text: &str, width: usize) -> String {
    let lines = wrap(text, width.max(NARROWEST));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The cells with the meaning beside them, or below where there is no room.
pub fn table_row(cells: &str, meaning: &str, indent: usize, width: usize) -> Vec<String> {
    if width < indent + LEAST_MEANING {
        let mut lines = vec![cells.trim_end().to_string()];
        lines.extend(
            wrap(meaning, width - 4)
                .iter()
                .map(|line| format!("    {line}")),
        );
        return lines;
    }
    let meaning = wrap(meaning, width - indent);
    let first = meaning.first().map_or("", String::as_str);
    let mut lines = vec![format!("{cells}  {first}").trim_end().to_string()];
    let below = meaning.iter().skip(1);
    lines.extend(below.map(|line| format!("{}{line}", " ".repeat(indent))));
    lines
}

pub fn padded(cell: &str, width: usize) -> String {
    let blanks = width.saturating_sub(cell.width());
    format!("{cell}{}", " ".repeat(blanks))
}

/// Descriptions come from the cloud: nothing in them may move the cursor or change the terminal.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

/// The text in lines of at most `width` columns, broken at blanks; nothing for an empty text.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for word in clean(text).split_whitespace() {
        for piece in pieces(word, width) {
            let needed = piece.width();
            match lines.last_mut() {
                Some(line) if used + 1 + needed <= width => {
                    line.push(' ');
                    line.push_str(piece);
                    used += 1 + needed;
                }
                _ => {
                    lines.push(piece.to_string());
                    used = needed;
                }
            }
        }
    }
    lines
}

/// A word that is wider than a line, cut to what fits.
fn pieces(word: &str, width: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (at, letter) in word.char_indices() {
        let columns = letter.width().unwrap_or(0);
        if used > 0 && used + columns > width {
            pieces.extend(word.get(start..at));
            (start, used) = (at, 0);
        }
        used += columns;
    }
    pieces.extend(word.get(start..));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_cut_and_wide_letters_counted() {
        assert_eq!(wrap("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("日本語 x", 4), ["日本", "語 x"]);
        assert!(wrap("  ", 4).is_empty());
    }

    #[test]
    fn entries_have_their_meanings_beside_or_below() {
        let rows = [
            ("a", "one two three four five six"),
            ("bb", ""),
            ("a-very-long-entry-of-its-own", "below"),
        ];
        assert_eq!(
            entries(&rows, 30),
            "  a   one two three four five\n      six\n  bb\n  a-very-long-entry-of-its-own\n      below\n"
        );
    }

    #[test]
    fn columns_are_filled_downwards() {
        let words = ["a", "b", "c", "d", "e"].map(String::from);
        assert_eq!(columns(&words, 11), "  a  c  e\n  b  d\n");
        assert_eq!(columns(&[], 80), "");
    }
}
