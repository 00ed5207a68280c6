//! What changed between two screens: lines of text in, the places in each new line that were not there before out. A line
//! that moved and a column that grew wider changed nothing.

use std::collections::HashMap;
use std::ops::Range;

/// A word of a line and where it stands, in letters from the line's beginning.
type Word<'a> = (Range<usize>, &'a str);

/// The changed places of the first `shown` of the new lines.
pub fn changes(old: &[String], new: &[String], shown: usize) -> Vec<Vec<Range<usize>>> {
    let mut left: HashMap<Vec<&str>, usize> = HashMap::new();
    let old: Vec<Vec<&str>> = old.iter().map(|line| texts(&words(line))).collect();
    for line in &old {
        *left.entry(line.clone()).or_default() += 1;
    }
    let new: Vec<Vec<Word>> = new.iter().map(|line| words(line)).collect();
    let stays: Vec<bool> = new
        .iter()
        .map(|line| take(&mut left, &texts(line)))
        .collect();
    // What is left of the old lines became something else, or went away.
    let mut gone: Vec<Vec<&str>> = old;
    gone.retain(|line| take(&mut left, line));
    let lines = new.iter().zip(stays).take(shown);
    lines
        .map(|(line, stays)| match stays {
            true => Vec::new(),
            false => changed(line, &mut gone),
        })
        .collect()
}

/// Takes one of the lines of that text, if there is one.
fn take<'a>(left: &mut HashMap<Vec<&'a str>, usize>, line: &Vec<&'a str>) -> bool {
    match left.get_mut(line) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}

/// The words of a line that are not those of the old line that it is most like; all of it where there is none.
fn changed(line: &[Word], gone: &mut Vec<Vec<&str>>) -> Vec<Range<usize>> {
    let alike = |other: &Vec<&str>| {
        let pairs = line.iter().zip(other);
        pairs.filter(|((_, word), old)| word == *old).count()
    };
    let most = gone
        .iter()
        .enumerate()
        .filter(|(_, other)| other.len() == line.len())
        .map(|(place, other)| (alike(other), place))
        .filter(|(alike, _)| *alike > 0)
        .max_by_key(|(alike, place)| (*alike, std::cmp::Reverse(*place)));
    match most {
        Some((_, place)) => {
            let other = gone.remove(place);
            let pairs = line.iter().zip(other);
            pairs
                .filter(|((_, word), old)| word != old)
                .map(|((range, _), _)| range.clone())
                .collect()
        }
        None => match (line.first(), line.last()) {
            (Some((first, _)), Some((last, _))) => std::iter::once(first.start..last.end).collect(),
            _ => Vec::new(),
        },
    }
}

fn texts<'a>(words: &[Word<'a>]) -> Vec<&'a str> {
    words.iter().map(|(_, text)| *text).collect()
}

/// The words of a line but those that a frame is drawn with.
fn words(line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    let ends = std::iter::once((line.len(), ' '));
    for (count, (at, letter)) in line.char_indices().chain(ends).enumerate() {
        match (letter.is_whitespace(), start) {
            (false, None) => start = Some((count, at)),
            (true, Some((first, from))) => {
                let text = &line[from..at];
                if !text.chars().all(is_frame) {
                    words.push((first..count, text));
                }
                start = None;
            }
            _ => {}
        }
    }
    words
}

fn is_frame(letter: char) -> bool {
    matches!(letter, '-' | '+' | '=' | '|' | '\u{2500}'..='\u{257f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(String::from).collect()
    }

    /// The changed places of each line, as they are printed.
    fn marked(old: &str, new: &str) -> String {
        let marks = changes(&lines(old), &lines(new), 9);
        let marks: Vec<String> = marks.iter().map(|line| format!("{line:?}")).collect();
        marks.join(" ")
    }

    #[test]
    fn words_that_were_not_there_are_marked() {
        let old = "| name | state    |\n| web  | Starting |\n| db   | Running  |";
        for (new, told) in [
            (old, "[] [] []"),
            // A column that became narrower, and lines that changed places.
            (
                "+---+\n| db  | Running |\n| name | state |\n| web | Starting |",
                "[] [] [] []",
            ),
            (
                "| name | state   |\n| web  | Running |\n| db   | Running |",
                "[] [9..16] []",
            ),
            (
                "| name | state    |\n| new1 | Éx       |\n| web  | Starting |\n| db   | Running  |",
                "[] [2..11] [] []",
            ),
            ("", ""),
        ] {
            assert_eq!(marked(old, new), told, "{new}");
        }
        assert_eq!(marked("", "a"), "[0..1]");
    }
}
