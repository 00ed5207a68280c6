//! Which values a cloud's list offers for what is typed, and how they are shown: choices and typed text in, candidates out.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::complete::{Candidate, open, whole};
use crate::cloud::listing::Choice;
use crate::line::byname::BY_NAME;
use crate::print::surface::drives;

/// Between the columns of what is shown.
pub const GAP: usize = 2;
/// No name is cut shorter than this to make place for its id.
const NARROWEST: usize = 8;

/// What Tab offers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offer {
    /// The byte where the replaced word begins.
    pub start: usize,
    pub candidates: Vec<Candidate>,
    /// Whether they are values that a name or an id finds, of which several never change what is typed.
    pub keeps: bool,
    /// What there is besides these.
    pub beyond: Beyond,
}

/// What a list has besides the candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Beyond {
    #[default]
    Nothing,
    /// So many more that go on from what is typed.
    More(usize),
    /// Whatever is not among the first rows of so many.
    Unseen { seen: usize, of: usize },
}

/// A value as far as it is typed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Typed<'t> {
    /// The values before it in a list, with their commas.
    pub done: &'t str,
    /// What is matched.
    pub text: &'t str,
    /// Whether a name is wanted and no id.
    pub by_name: bool,
}

impl<'t> Typed<'t> {
    /// `list` is whether several values may stand there with commas between.
    pub fn of(value: &'t str, list: bool) -> Typed<'t> {
        let comma = value.rfind(',').filter(|_| list).map_or(0, |at| at + 1);
        let (done, last) = value.split_at(comma);
        let name = last.strip_prefix(BY_NAME);
        Typed {
            done,
            text: name.unwrap_or(last),
            by_name: name.is_some(),
        }
    }

    fn named_before(&self, value: &str) -> bool {
        self.done.split(',').any(|done| done == value)
    }
}

/// How a choice matches, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    Prefix,
    Substring,
    Subsequence,
}

/// How the text matches what is typed in small letters.
fn matches(text: &str, typed: &str) -> Option<Match> {
    let text = text.to_lowercase();
    if text.starts_with(typed) {
        return Some(Match::Prefix);
    }
    if text.contains(typed) {
        return Some(Match::Substring);
    }
    let mut letters = text.chars();
    typed
        .chars()
        .all(|wanted| letters.any(|letter| letter == wanted))
        .then_some(Match::Subsequence)
}

/// The choices that match best, in their order, and how they match: by name or id, of those of the first kind of match
/// that any has.
pub fn ranked<'c>(choices: &'c [Choice], typed: &Typed<'_>) -> (Vec<&'c Choice>, Match) {
    let text = typed.text.to_lowercase();
    let how = |choice: &Choice| {
        let names = choice.labels.iter().filter_map(|name| matches(name, &text));
        match typed.by_name {
            true => matches(choice.labels.first()?, &text),
            false => names.chain(matches(&choice.value, &text)).min(),
        }
    };
    let found: Vec<(&Choice, Match)> = choices
        .iter()
        .filter(|choice| is_plain(inserted(choice, typed)))
        .filter(|choice| !typed.named_before(&choice.value))
        .filter_map(|choice| Some((choice, how(choice)?)))
        .collect();
    let best = found.iter().map(|(_, how)| *how).min();
    let best = best.unwrap_or(Match::Prefix);
    let found = found.into_iter().filter(|(_, how)| *how == best);
    let mut found: Vec<&Choice> = found.map(|(choice, _)| choice).collect();
    if typed.by_name {
        // Things of one name are one name.
        let mut seen = std::collections::HashSet::new();
        found.retain(|choice| seen.insert(choice.label()));
    }
    (found, best)
}

fn inserted<'c>(choice: &'c Choice, typed: &Typed<'_>) -> &'c str {
    match typed.by_name {
        true => choice.label(),
        false => &choice.value,
    }
}

/// Candidates for the value of a parameter. `width` is the terminal's, in columns.
pub fn candidates(
    param: &str,
    typed: &Typed<'_>,
    found: &[&Choice],
    width: usize,
) -> Vec<Candidate> {
    let rows: Vec<[String; 3]> = found.iter().map(|choice| row(choice)).collect();
    let shown = aligned(&rows, width);
    let lines = found.iter().zip(rows.iter().zip(shown));
    lines
        .map(|(choice, ([name, _, state], display))| {
            let lead = if typed.by_name { BY_NAME } else { "" };
            let value = format!("{}{lead}{}", typed.done, inserted(choice, typed));
            let label = [name.as_str(), state.as_str()];
            let label: Vec<&str> = label.into_iter().filter(|part| !part.is_empty()).collect();
            Candidate {
                label: label.join("  "),
                display,
                ..whole(&format!("{param}={value}"))
            }
        })
        .collect()
}

/// What is shown of a choice: name, id and state.
fn row(choice: &Choice) -> [String; 3] {
    let name = choice.labels.first().map_or("", String::as_str);
    let state = choice.state.as_deref().unwrap_or_default();
    [name, choice.value.as_str(), state].map(printable)
}

/// Each row on a line, its columns under those of the others; long names give way to what follows them.
fn aligned(rows: &[[String; 3]], width: usize) -> Vec<String> {
    let widest = |column: usize| {
        let widths = rows.iter().map(|row| row[column].width());
        widths.max().unwrap_or(0)
    };
    let rest: usize = [1, 2]
        .map(widest)
        .into_iter()
        .filter(|width| *width > 0)
        .map(|width| width + GAP)
        .sum();
    let room = width.saturating_sub(rest + GAP).max(NARROWEST);
    let widths = [widest(0).min(room), widest(1), widest(2)];
    let line = |row: &[String; 3]| {
        let mut line = String::new();
        for (text, width) in row.iter().zip(widths).filter(|(_, width)| *width > 0) {
            if !line.is_empty() {
                line.push_str(&" ".repeat(GAP));
            }
            let text = cut(text, width);
            line.push_str(&text);
            line.push_str(&" ".repeat(width.saturating_sub(text.width())));
        }
        line.trim_end().to_string()
    };
    rows.iter().map(line).collect()
}

/// The text in so many columns at most.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_string();
    }
    let mut used = 1;
    let kept = text.chars().take_while(|letter| {
        used += letter.width().unwrap_or(0);
        used <= width
    });
    kept.chain(['…']).collect()
}

/// Whether a text can be shown and put into a line as it is.
fn is_plain(text: &str) -> bool {
    !text.chars().any(is_hidden)
}

/// Letters that would move the cursor, or turn the writing round.
fn is_hidden(letter: char) -> bool {
    drives(letter) || matches!(letter, '\u{200e}' | '\u{200f}')
}

/// The text with such letters spelt out.
pub fn printable(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for letter in text.chars() {
        match is_hidden(letter) {
            true => made.extend(letter.escape_default()),
            false => made.push(letter),
        }
    }
    made
}

/// Candidates that are files of this machine, after what stands before the path in its word: names as they are to stand in the line, those of directories with a `/`.
pub fn files(lead: &str, names: Vec<String>) -> Vec<Candidate> {
    let names = names.into_iter().filter(|name| is_plain(name));
    names
        .map(|name| {
            let word = format!("{lead}{name}");
            let is_directory = name.ends_with('/');
            let last = name.trim_end_matches('/').rsplit('/').next();
            let mark = if is_directory { "/" } else { "" };
            let display = format!("{}{mark}", last.unwrap_or_default());
            let made = match is_directory {
                true => open(&word),
                false => whole(&word),
            };
            Candidate { display, ..made }
        })
        .collect()
}

#[cfg(test)]
mod tests;
