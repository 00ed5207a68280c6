//! How what Tab offers is laid out on the screen: an offer and the screen in, lines for the editor out, as many as have place
//! for themselves and for the line that is typed.

use indicatif::HumanCount;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::candidates::{Beyond, GAP, Offer, printable};
use super::complete::Candidate;

/// The editor counts lines in 16 bits, whatever size a terminal says it has.
const MOST: usize = 10_000;

/// The terminal, and the line on it.
#[derive(Clone, Copy)]
pub struct Screen<'a> {
    pub columns: usize,
    pub rows: usize,
    /// How many rows the line takes below its first one once what is typed has become this text.
    pub below: &'a dyn Fn(&str) -> usize,
}

/// What the editor is given for an offer: replacement and line shown of each. No more than a screen has place for, and a
/// line that counts the rest; where several are left, `typed` stays unless all go on from it alike.
///
/// The editor draws the line that is typed again over as many rows as it took, from where the list ended: empty rows at the
/// end of the list are for that.
pub fn screenful(offer: Offer, typed: &str, screen: Screen<'_>) -> Vec<(String, String)> {
    let Offer {
        mut candidates,
        keeps,
        mut beyond,
        ..
    } = offer;
    if candidates.is_empty() {
        return Vec::new();
    }
    if let ([_], None) = (&candidates[..], beyond.told(keeps)) {
        let only = candidates.remove(0);
        return vec![(only.text, printable(&only.display))];
    }
    let common = common(&candidates);
    let text = match !keeps && common.len() > typed.len() {
        true => common.to_string(),
        false => typed.to_string(),
    };
    let below = (screen.below)(&text).min(screen.rows).min(MOST);
    // The line as it stood stays in sight, and the line as it goes on.
    let place = screen.rows.saturating_sub(2 + below).clamp(2, MOST);
    let displays: Vec<String> = candidates
        .iter()
        .map(|candidate| printable(&candidate.display))
        .collect();
    let widths: Vec<usize> = displays.iter().map(|display| display.width()).collect();
    let told = usize::from(beyond.told(keeps).is_some());
    let mut rows = place - told;
    let mut fit = fitting(&widths, rows, screen.columns);
    if fit < displays.len() {
        rows = place - 1;
        fit = fitting(&widths, rows, screen.columns);
        let more = displays.len() - fit;
        beyond = match beyond {
            Beyond::Unseen { .. } => beyond,
            Beyond::More(others) => Beyond::More(others + more),
            Beyond::Nothing => Beyond::More(more),
        };
    }
    let mut lines = laid_out(&displays[..fit], &widths[..fit], rows, screen.columns);
    lines.extend(beyond.told(keeps));
    lines.extend(std::iter::repeat_n(String::new(), below));
    // One that is wider than half the screen keeps the editor from putting lines beside each other.
    if let Some(first) = lines.first_mut() {
        let missing = (screen.columns / 2).saturating_sub(first.width());
        first.push_str(&" ".repeat(missing));
    }
    lines.into_iter().map(|line| (text.clone(), line)).collect()
}

/// How many rows a text takes below its first one on a terminal of so many columns.
pub fn rows_below(text: &str, columns: usize) -> usize {
    let (mut row, mut column) = (0, 0);
    for letter in text.chars() {
        if letter == '\n' {
            (row, column) = (row + 1, 0);
            continue;
        }
        let width = letter.width().unwrap_or(0);
        column += width;
        if column > columns {
            (row, column) = (row + 1, width);
        }
    }
    // The cursor goes on in the next row.
    row + usize::from(column >= columns)
}

/// How many have place in so many rows, one column after another.
fn fitting(widths: &[usize], rows: usize, columns: usize) -> usize {
    let mut used = 0;
    let full = widths.chunks(rows.max(1)).take_while(|column| {
        let first = used == 0;
        used += widest(column) + GAP;
        first || used - GAP < columns
    });
    full.map(<[usize]>::len).sum()
}

/// Lines of columns, in as few rows as have place for all but in two at least: the editor lists nothing that is one.
fn laid_out(displays: &[String], widths: &[usize], most: usize, columns: usize) -> Vec<String> {
    let fits = |rows: &usize| fitting(widths, *rows, columns) == widths.len();
    let rows = (2..most).find(fits).unwrap_or(most).max(1);
    let mut lines = vec![String::new(); rows.min(displays.len())];
    let mut last = vec![0; lines.len()];
    let mut start = 0;
    for (column, of) in displays.chunks(rows).zip(widths.chunks(rows)) {
        for (row, (display, width)) in column.iter().zip(of).enumerate() {
            lines[row].push_str(&" ".repeat(start - last[row]));
            lines[row].push_str(display);
            last[row] = start + width;
        }
        start += widest(of) + GAP;
    }
    lines
}

fn widest(widths: &[usize]) -> usize {
    widths.iter().copied().max().unwrap_or(0)
}

/// What all candidates begin with.
fn common(candidates: &[Candidate]) -> &str {
    let mut texts = candidates.iter().map(|candidate| candidate.text.as_str());
    let first = texts.next().unwrap_or_default();
    let shared = texts.fold(first.len(), |shared, text| {
        let same = first.bytes().zip(text.bytes()).take(shared);
        same.take_while(|(one, other)| one == other).count()
    });
    &first[..first.floor_char_boundary(shared)]
}

impl Beyond {
    /// The same in words; `by_name` is whether names and ids find what is not shown.
    pub fn told(self, by_name: bool) -> Option<String> {
        let count = |number: usize| HumanCount(number as u64);
        let type_more = match by_name {
            true => "type part of a name or id",
            false => "type a letter",
        };
        match self {
            Beyond::Nothing | Beyond::More(0) => None,
            Beyond::More(more) => Some(format!("… {} more: {type_more}", count(more))),
            Beyond::Unseen { seen, of } => Some(format!(
                "… among the first {} of {}: {type_more}",
                count(seen),
                count(of)
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::complete::whole;
    use super::*;

    fn offer(count: usize, keeps: bool) -> Offer {
        let candidates = (0..count).map(|number| whole(&format!("id=v{number:05}")));
        Offer {
            candidates: candidates.collect(),
            keeps,
            ..Offer::default()
        }
    }

    fn at(columns: usize, rows: usize, below: &dyn Fn(&str) -> usize) -> Screen<'_> {
        Screen {
            columns,
            rows,
            below,
        }
    }

    fn small() -> Screen<'static> {
        at(80, 24, &|_| 0)
    }

    #[test]
    fn a_single_candidate_is_put_in_and_several_leave_the_line() {
        assert_eq!(
            screenful(offer(1, true), "id=", small()),
            [("id=v00000 ".to_string(), "v00000".to_string())]
        );
        let shown = screenful(offer(2, true), "id=", small());
        let texts: Vec<&str> = shown.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["id=", "id="]);
        // Words go on as far as all of them do.
        let (text, _) = &screenful(offer(2, false), "id=", small())[0];
        assert_eq!(text, "id=v0000");
        let (text, _) = &screenful(offer(2, false), "ID=V0000", small())[0];
        assert_eq!(text, "ID=V0000");
    }

    #[test]
    fn a_screenful_is_shown_and_the_rest_counted() {
        for (columns, rows, fit) in [(80, 24, 210), (200, 50, 1175), (20, 5, 4), (1, 1, 1)] {
            let shown = screenful(offer(2_000, true), "id=", at(columns, rows, &|_| 0));
            assert!(shown.len() <= (rows.saturating_sub(2)).max(2));
            let (text, told) = shown.last().unwrap();
            assert_eq!(text, "id=");
            let more = HumanCount(2_000 - fit);
            assert_eq!(
                *told,
                format!("… {more} more: type part of a name or id"),
                "{columns}x{rows}"
            );
        }
        // The editor cannot count what a terminal of any size would have place for.
        let shown = screenful(offer(200, true), "id=", at(65_535, 65_535, &|_| 70_000));
        assert!(shown.len() <= 65_535);
        // One of which is not known whether it is the only one is no answer.
        let unsure = Offer {
            beyond: Beyond::Unseen {
                seen: 250,
                of: 10_000,
            },
            ..offer(1, true)
        };
        let shown = screenful(unsure, "id=", small());
        assert_eq!(shown[0].0, "id=");
        assert_eq!(
            shown[1].1,
            "… among the first 250 of 10,000: type part of a name or id"
        );
        assert!(screenful(offer(0, true), "id=", small()).is_empty());
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let words = ["a", "bb", "a long word of its own", "c", "d"];
        let offer = Offer {
            candidates: words.map(whole).to_vec(),
            ..Offer::default()
        };
        let shown = screenful(offer.clone(), "", at(40, 24, &|_| 0)).into_iter();
        let lines: Vec<String> = shown.map(|(_, line)| line.trim_end().to_string()).collect();
        assert_eq!(lines, ["a   a long word of its own  d", "bb  c"]);
        // Where the line that is typed takes more rows, the list makes place for them.
        let shown = screenful(offer, "", at(40, 24, &|_| 3));
        let empty = shown.iter().filter(|(_, line)| line.trim().is_empty());
        assert_eq!((shown.len(), empty.count()), (5, 3));
    }

    #[test]
    fn rows_are_counted_as_a_terminal_breaks_them() {
        for (text, columns, rows) in [
            ("", 10, 0),
            ("123456789", 10, 0),
            ("1234567890", 10, 1),
            ("12345678901", 10, 1),
            ("123456789漢", 10, 1),
            ("ab\ncd", 10, 1),
            ("1234567890\n", 10, 1),
        ] {
            assert_eq!(rows_below(text, columns), rows, "{text:?}");
        }
    }
}
