//! `sort=a,-b`: the keys of rows and their order. Numbers go by value, dates by the moment, text as people count.

use std::cmp::Ordering;

use super::age::Date;
use super::decimal::Decimal;
use super::path::Path;
use crate::record::rows::{Row, Rows};
use crate::record::{Value, json};

/// A field to sort by.
#[derive(Clone, Debug, PartialEq)]
pub struct By {
    pub path: Path,
    down: bool,
}

/// What a row is sorted by; the order of these is the order of kinds.
#[derive(Clone, Debug)]
pub enum Key {
    Bool(bool),
    Number(Decimal),
    Date(Date),
    Text(String),
    /// Several of the others, none of them a list or missing.
    List(Vec<Key>),
    /// What is missing or empty comes last whichever way is sorted.
    Missing,
}

impl By {
    /// The fields of `a,-b`; a dash sorts down.
    pub fn all(text: &str) -> Vec<By> {
        super::paths(text)
            .iter()
            .map(|path| By {
                path: Path::of(path.trim_start_matches('-').trim_start()),
                down: path.starts_with('-'),
            })
            .filter(|by| !by.path.text.is_empty())
            .collect()
    }
}

/// Sorts rows; those that are equal stay in their order.
pub fn sort(rows: &Rows, by: &[By]) -> Rows {
    let keys = |row: &Row| -> Vec<Key> {
        by.iter()
            .map(|by| by.path.of_row(row).map_or(Key::Missing, Key::of))
            .collect()
    };
    rows.sorted(keys, |left, right| {
        let orders = by.iter().zip(left.iter().zip(right));
        orders.fold(Ordering::Equal, |order, (by, (left, right))| {
            order.then_with(|| match (by.down, left, right) {
                (true, Key::Missing, _) | (true, _, Key::Missing) | (false, ..) => left.cmp(right),
                (true, ..) => right.cmp(left),
            })
        })
    })
}

impl Key {
    pub fn of(value: Value) -> Key {
        match value {
            Value::Null => Key::Missing,
            Value::Bool(value) => Key::Bool(value),
            Value::Number(text) | Value::String(text) => Key::of_text(text),
            Value::List(items) => {
                let mut keys = Vec::new();
                for item in items {
                    match Key::of(item) {
                        Key::List(inner) => keys.extend(inner),
                        Key::Missing => {}
                        key => keys.push(key),
                    }
                }
                match (keys.len(), keys.pop()) {
                    (1, Some(key)) => key,
                    (_, Some(last)) => {
                        keys.push(last);
                        Key::List(keys)
                    }
                    (_, None) => Key::Missing,
                }
            }
            Value::Record(record) if record.fields.is_empty() => Key::Missing,
            Value::Record(record) if record.code().is_some() => {
                Key::of_text(record.code().unwrap_or_default().into())
            }
            record => {
                let mut text = Vec::new();
                // Writing into memory does not fail.
                let _ = json::compact(&record, &mut text);
                Key::Text(String::from_utf8(text).unwrap_or_default())
            }
        }
    }

    fn of_text(text: String) -> Key {
        if text.is_empty() {
            return Key::Missing;
        }
        match (Decimal::read(&text), Date::read(&text)) {
            (Some(number), _) => Key::Number(number),
            (None, Some(date)) => Key::Date(date),
            (None, None) => Key::Text(text),
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Key::Bool(_) => 0,
            Key::Number(_) => 1,
            Key::Date(_) => 2,
            Key::Text(_) => 3,
            Key::Missing => 4,
            // It is as its first item.
            Key::List(items) => items.first().map_or(4, Key::kind),
        }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        match (self, other) {
            (Key::Bool(left), Key::Bool(right)) => left.cmp(right),
            (Key::Number(left), Key::Number(right)) => left.cmp(right),
            (Key::Date(left), Key::Date(right)) => left.cmp(right),
            (Key::Text(left), Key::Text(right)) => natural(left, right),
            (Key::List(left), Key::List(right)) => left.cmp(right),
            // One thing is a list of one.
            (Key::List(left), right) if self.kind() == right.kind() => {
                left.as_slice().cmp(std::slice::from_ref(right))
            }
            (left, Key::List(right)) if self.kind() == other.kind() => {
                std::slice::from_ref(left).cmp(right.as_slice())
            }
            _ => self.kind().cmp(&other.kind()),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

/// Texts as people order them: `vm-9` before `vm-10`, in any case; letter for letter where that makes no difference.
pub fn natural(left: &str, right: &str) -> Ordering {
    let (mut a, mut b) = (left, right);
    loop {
        let (Some(first), Some(second)) = (a.chars().next(), b.chars().next()) else {
            // The shorter one is over.
            let order = a.len().cmp(&b.len());
            return order.then_with(|| left.cmp(right));
        };
        let order = if first.is_ascii_digit() && second.is_ascii_digit() {
            let (one, two) = (take_digits(&mut a), take_digits(&mut b));
            one.len().cmp(&two.len()).then_with(|| one.cmp(two))
        } else {
            a = &a[first.len_utf8()..];
            b = &b[second.len_utf8()..];
            first.to_lowercase().cmp(second.to_lowercase())
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Takes the digits that a text begins with; zeros before a number do not count.
fn take_digits<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|letter: char| !letter.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    *text = rest;
    digits.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(by: &str, rows: &[&str]) -> String {
        let rows: Vec<Value> = rows.iter().map(|row| json::value(row)).collect();
        let sorted = sort(&rows.into(), &By::all(by));
        let ids = sorted.iter().filter_map(|row| row.text("id"));
        ids.collect()
    }

    #[test]
    fn rows_come_in_the_order_of_their_values_with_what_is_missing_last() {
        let rows = [
            r#"{"id":"a","n":10,"name":"vm-10","t":"2013-04-10T10:16:16+0900"}"#,
            r#"{"id":"b","n":9.5,"name":"VM-9","t":"2013-04-10T02:16:16+0000"}"#,
            r#"{"id":"c","name":"","t":null}"#,
            r#"{"id":"d","n":"9.50","name":"vm-9","nic":[{"ip":"10.1.1.10"}]}"#,
            r#"{"id":"e","n":-1,"name":"db","nic":[{"ip":"10.1.1.9"}]}"#,
        ];
        for (by, order) in [
            ("n", "ebdac"),
            ("-n", "abdec"),
            ("name", "ebdac"),
            ("t", "abcde"),
            ("-t", "bacde"),
            ("nic.ip", "edabc"),
            ("-nic.ip,-n", "deabc"),
            ("n,-name", "edbac"),
            ("zzz", "abcde"),
            ("", "abcde"),
        ] {
            assert_eq!(sorted(by, &rows), order, "{by}");
        }
    }

    #[test]
    fn text_is_ordered_as_people_count() {
        let rising = [
            "10.1.1.2",
            "10.1.1.10",
            "a",
            "A1",
            "a2",
            "a10",
            "a10b",
            "ä",
            "日本",
        ];
        for pair in rising.windows(2) {
            assert_eq!(natural(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(natural(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(natural("01", "1"), Ordering::Less);
    }
}
