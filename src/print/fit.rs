//! What fits: text cut to a number of a terminal's columns, and columns of a table made narrower until they fit.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

const CUT: char = '…';

/// The text in no more than so many columns, never cut within what is read as one character.
pub fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return text.into();
    }
    if width == 0 {
        return "".into();
    }
    let (mut used, mut ends) = (0, Vec::new());
    for (at, cluster) in text.grapheme_indices(true) {
        used += cluster.width();
        if used >= width {
            break;
        }
        ends.push(at + cluster.len());
    }
    // Characters that join may come to more than each by itself.
    loop {
        let end = ends.pop().unwrap_or(0);
        let made = format!("{}{CUT}", &text[..end]);
        if end == 0 || made.width() <= width {
            return made.into();
        }
    }
}

/// Which columns become narrower first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gives {
    First,
    /// Names, by which things are told apart.
    Later,
    /// Ids, which are copied.
    Last,
}

/// Makes columns narrower until they fit into `room`; false, and nothing is changed, where they can't.
pub fn squeeze(columns: &mut [(usize, Gives)], room: usize) -> bool {
    if columns.len() > room {
        return false;
    }
    for (gives, floor) in [
        (Gives::First, 10),
        (Gives::Later, 12),
        (Gives::First, 6),
        (Gives::Later, 8),
        (Gives::Last, 8),
        (Gives::Last, 1),
    ] {
        if total(columns) <= room {
            break;
        }
        level(columns, gives, floor, room);
    }
    total(columns) <= room
}

fn total(columns: &[(usize, Gives)]) -> usize {
    columns.iter().map(|(width, _)| width).sum()
}

/// Takes the widest down to the same width, as far as must be and no further than the floor.
fn level(columns: &mut [(usize, Gives)], gives: Gives, floor: usize, room: usize) {
    let lowered = |(width, own): (usize, Gives), most: usize| match own <= gives {
        true => width.min(most),
        false => width,
    };
    let sum = |most: usize| -> usize { columns.iter().map(|column| lowered(*column, most)).sum() };
    let (mut low, mut high) = (floor, room.max(floor));
    while low < high {
        let middle = (low + high).div_ceil(2);
        if sum(middle) <= room {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    for column in columns.iter_mut() {
        column.0 = lowered(*column, low);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_what_is_read_as_one_character() {
        for (text, width, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("abcd", 1, "…"),
            ("abcd", 0, ""),
            ("漢字漢字", 4, "漢…"),
            ("漢字漢字", 5, "漢字…"),
            ("漢字", 4, "漢字"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("👨‍👩‍👧👨‍👩‍👧", 3, "👨‍👩‍👧…"),
            ("👨‍👩‍👧👨‍👩‍👧", 2, "…"),
        ] {
            assert_eq!(cut(text, width), expected, "{text} {width}");
        }
    }

    #[test]
    fn what_is_copied_gives_last() {
        let widths = |room: usize| {
            let mut columns = [
                (36, Gives::Last),
                (30, Gives::Later),
                (50, Gives::First),
                (5, Gives::First),
            ];
            squeeze(&mut columns, room).then(|| columns.map(|(width, _)| width))
        };
        assert_eq!(widths(200), Some([36, 30, 50, 5]));
        assert_eq!(widths(100), Some([36, 30, 29, 5]));
        assert_eq!(widths(70), Some([36, 19, 10, 5]));
        assert_eq!(widths(50), Some([31, 8, 6, 5]));
        assert_eq!(widths(4), Some([1, 1, 1, 1]));
        assert_eq!(widths(3), None);
    }
}
