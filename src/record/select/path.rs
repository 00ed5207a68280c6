//! A field's place in a row, `nic[0].ipaddress` or `nic.0.ipaddress`: found in a row of which no more is read than it takes,
//! and taken out of one.

use std::borrow::Cow;

use super::{at, steps};
use crate::record::json::{self, text};
use crate::record::rows::Row;
use crate::record::{Record, Value};

/// A path as it was typed, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    pub text: String,
    steps: Vec<String>,
    /// What a row's own field may be called that the path leads into: `a`, `a.b`, `a.b.c`.
    names: Vec<String>,
}

impl Path {
    pub fn of(text: &str) -> Path {
        let steps: Vec<String> = steps(text).into_iter().map(String::from).collect();
        let names = (1..=steps.len()).map(|taken| steps[..taken].join("."));
        Path {
            text: text.into(),
            names: names.collect(),
            steps,
        }
    }

    /// What stands there: of a list the one thing, or all of them in a list.
    pub fn of_row(&self, row: &Row) -> Option<Value> {
        let tree: Cow<Value> = match row {
            Row::Json(text) if text.starts_with('{') => {
                Cow::Owned(Value::Record(self.looked_up(text)))
            }
            Row::Json(text) => Cow::Owned(json::value(text)),
            Row::Value(value) => Cow::Borrowed(&**value),
        };
        let steps: Vec<&str> = self.steps.iter().map(String::as_str).collect();
        at(&tree, &steps)
    }

    /// Those of a row's fields that the path may lead into.
    fn looked_up(&self, row: &str) -> Record {
        let mut found = Record::default();
        text::members(row, &mut |name, value| {
            if !self.names.iter().any(|own| own.eq_ignore_ascii_case(name)) {
                return;
            }
            let value = json::value(value);
            // Of a field that is there twice the last one counts.
            match found.fields.iter_mut().find(|(known, _)| **known == *name) {
                Some((_, known)) => *known = value,
                None => found.push(name, value),
            }
        });
        found
    }

    /// Takes what stands there out of a row.
    pub fn take_out(&self, row: &mut Value) {
        let steps: Vec<&str> = self.steps.iter().map(String::as_str).collect();
        take_out(row, &steps);
    }
}

fn take_out(value: &mut Value, steps: &[&str]) {
    let Some((first, rest)) = steps.split_first() else {
        return;
    };
    match value {
        Value::Record(record) => {
            let place = |name: &str| record.fields.iter().position(|(known, _)| **known == *name);
            // The same names go before the same others as where a field is looked up.
            let joined = (1..steps.len()).rev().find_map(|taken| {
                let place = place(&steps[..=taken].join("."))?;
                Some((place, &steps[taken + 1..]))
            });
            let any_case = || {
                let mut fields = record.fields.iter();
                fields.position(|(known, _)| known.eq_ignore_ascii_case(first))
            };
            let found = joined.or_else(|| Some((place(first).or_else(any_case)?, rest)));
            match found {
                Some((place, [])) => {
                    record.fields.remove(place);
                }
                Some((place, rest)) => take_out(&mut record.fields[place].1, rest),
                None => {}
            }
        }
        Value::List(items) => match (first.parse::<usize>(), rest) {
            (Ok(place), []) if place < items.len() => {
                items.remove(place);
            }
            (Ok(place), rest) => {
                if let Some(item) = items.get_mut(place) {
                    take_out(item, rest);
                }
            }
            (Err(_), _) => items.iter_mut().for_each(|item| take_out(item, steps)),
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = r#"{"id":"a","size":1.10,"nic":[{"ip":"10.1.1.2","mac":"x"},{"ip":"10.1.1.3"}],"details":{"a.b":"c"}}"#;

    fn compact(value: &Value) -> String {
        let mut out = Vec::new();
        json::compact(value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_row_in_its_bytes_and_one_in_a_tree_have_the_same_fields() {
        for (path, expected) in [
            ("size", Some("1.10")),
            ("SIZE", Some("1.10")),
            ("nic.ip", Some(r#"["10.1.1.2","10.1.1.3"]"#)),
            ("nic[1].ip", Some(r#""10.1.1.3""#)),
            ("details.a.b", Some(r#""c""#)),
            ("id.x", None),
            ("", None),
        ] {
            let path = Path::of(path);
            let tree = json::value(MACHINE);
            let of_tree = path.of_row(&Row::Value(Cow::Borrowed(&tree)));
            assert_eq!(of_tree, path.of_row(&Row::Json(MACHINE)), "{path:?}");
            assert_eq!(
                of_tree.as_ref().map(compact).as_deref(),
                expected,
                "{path:?}"
            );
        }
    }

    #[test]
    fn what_is_taken_out_leaves_the_rest_as_it_was() {
        for (path, left) in [
            ("nic", r#"{"id":"a","size":1.10,"details":{"a.b":"c"}}"#),
            (
                "NIC.mac",
                r#"{"id":"a","size":1.10,"nic":[{"ip":"10.1.1.2"},{"ip":"10.1.1.3"}],"details":{"a.b":"c"}}"#,
            ),
            (
                "nic[0]",
                r#"{"id":"a","size":1.10,"nic":[{"ip":"10.1.1.3"}],"details":{"a.b":"c"}}"#,
            ),
            (
                "details.a.b",
                r#"{"id":"a","size":1.10,"nic":[{"ip":"10.1.1.2","mac":"x"},{"ip":"10.1.1.3"}],"details":{}}"#,
            ),
            ("nic[7].ip", MACHINE),
            ("zzz", MACHINE),
        ] {
            let mut row = json::value(MACHINE);
            Path::of(path).take_out(&mut row);
            assert_eq!(compact(&row), left, "{path}");
        }
    }
}
