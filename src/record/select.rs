//! What of an answer's rows is wanted: fields by dotted paths (`filter=`), the paths that nobody knows, and in files of
//! their own what else a line can ask for (`where=`, `sort=`, `query=` …).

pub mod age;
pub mod condition;
pub mod decimal;
pub mod order;
pub mod path;
pub mod query;
pub mod wanted;

use std::collections::BTreeSet;

use super::rows::{Row, Rows};
use super::{Record, Value};
use crate::catalog::Field;

/// The paths of `a,b , "c d"`: trimmed, without quotes, empty ones left out.
pub fn paths(text: &str) -> Vec<String> {
    text.split(',')
        .map(|path| path.trim().trim_matches(['"', '\'']).trim())
        .filter(|path| !path.is_empty())
        .map(String::from)
        .collect()
}

/// The row's fields by paths, in their order and under the paths as names; what the row lacks is absent.
pub fn filter(row: &Value, paths: &[String]) -> Record {
    let mut kept = Record::default();
    for path in paths {
        // A record has no field twice, however often it was asked for.
        if kept.get(path).is_some() {
            continue;
        }
        if let Some(value) = at(row, &steps(path)) {
            kept.push(path.as_str(), value);
        }
    }
    kept
}

/// `nic[0].ipaddress` and `nic.0.ipaddress` are the same steps.
fn steps(path: &str) -> Vec<&str> {
    path.split(['.', '['])
        .map(|step| step.trim_end_matches(']'))
        .collect()
}

fn at(value: &Value, steps: &[&str]) -> Option<Value> {
    let Some((first, rest)) = steps.split_first() else {
        return Some(value.clone());
    };
    match value {
        Value::Record(record) => {
            // Details have names with dots in them, so a longer name goes before a shorter one.
            let joined = (1..steps.len()).rev().find_map(|taken| {
                let name = steps[..=taken].join(".");
                record
                    .get(&name)
                    .and_then(|value| at(value, &steps[taken + 1..]))
            });
            joined.or_else(|| field(record, first).and_then(|value| at(value, rest)))
        }
        Value::List(items) => match first.parse::<usize>() {
            Ok(index) => items.get(index).and_then(|item| at(item, rest)),
            Err(_) => {
                let found: Vec<Value> = items.iter().filter_map(|item| at(item, steps)).collect();
                match found.len() {
                    0 => None,
                    // One machine has one address nearly always, and nobody wants it in brackets.
                    1 => found.into_iter().next(),
                    _ => Some(Value::List(found)),
                }
            }
        },
        _ => None,
    }
}

/// The field of that name, in any case where none has it exactly.
fn field<'a>(record: &'a Record, name: &str) -> Option<&'a Value> {
    record.get(name).or_else(|| {
        record
            .fields
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

/// Watches rows go by for the paths of a filter that the catalogue's fields do not tell.
#[derive(Default)]
pub struct Sought {
    /// Those that no row had so far.
    missing: Vec<String>,
    /// What a path could have begun with, nested names with their dots.
    names: BTreeSet<String>,
    /// How many rows are still looked at for names.
    patience: usize,
    /// Whether there was anything that a path could have been in.
    any: bool,
}

impl Sought {
    /// So many rows tell what names there are.
    const ENOUGH: usize = 100;

    pub fn of(paths: &[String], fields: &[Field]) -> Sought {
        let mut names = BTreeSet::new();
        for field in fields {
            names.insert(field.name.clone());
            for inner in &field.response {
                names.insert(format!("{}.{}", field.name, inner.name));
            }
        }
        let missing = paths.iter().filter(|path| !declared(fields, &steps(path)));
        Sought {
            missing: missing.cloned().collect(),
            any: !names.is_empty(),
            names,
            patience: Sought::ENOUGH,
        }
    }

    /// Looks at a row that goes by.
    pub fn see(&mut self, row: &Row) {
        if self.missing.is_empty() {
            return;
        }
        self.any = true;
        let row = row.value();
        self.missing.retain(|path| at(&row, &steps(path)).is_none());
        if self.patience > 0 {
            self.patience -= 1;
            self.note(&row);
        }
    }

    /// Looks at rows as long as there is a path that none had.
    pub fn see_all(&mut self, rows: &Rows) {
        for row in rows.iter() {
            if self.missing.is_empty() {
                return;
            }
            self.see(&row);
        }
    }

    fn note(&mut self, row: &Value) {
        let Value::Record(record) = row else { return };
        for (name, value) in &record.fields {
            self.names.insert(name.to_string());
            let inner = match value {
                Value::List(items) => items.first(),
                other => Some(other),
            };
            if let Some(Value::Record(inner)) = inner {
                for (field, _) in &inner.fields {
                    self.names.insert(format!("{name}.{field}"));
                }
            }
        }
    }

    /// The paths that neither a row nor the catalogue has, each with the nearest that one of them has.
    pub fn unknown(&self) -> Vec<(String, Option<String>)> {
        self.missing
            .iter()
            .filter(|_| self.any)
            .map(|path| (path.clone(), nearest(path, &self.names)))
            .collect()
    }
}

fn declared(fields: &[Field], steps: &[&str]) -> bool {
    let Some((first, rest)) = steps.split_first() else {
        return true;
    };
    // After a list's name a place in it may come.
    let rest = match rest.split_first() {
        Some((place, after)) if place.parse::<usize>().is_ok() => after,
        _ => rest,
    };
    fields.iter().any(|field| {
        let open =
            field.response.is_empty() && matches!(field.kind.as_str(), "map" | "list" | "set");
        field.name.eq_ignore_ascii_case(first)
            && (rest.is_empty() || open || declared(&field.response, rest))
    })
}

fn nearest(path: &str, names: &BTreeSet<String>) -> Option<String> {
    let path = path.to_lowercase();
    names
        .iter()
        .map(|name| {
            (
                strsim::normalized_damerau_levenshtein(&path, &name.to_lowercase()),
                name,
            )
        })
        .filter(|(likeness, _)| *likeness > 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json;

    const MACHINE: &str = r#"{"id":"a","size":1.10,"nic":[{"ipaddress":"10.1.1.2"},{"ipaddress":"10.1.1.3"}],"details":{"a.b":"c"},"tags":[]}"#;

    fn filtered(path: &str) -> String {
        let row = json::read(MACHINE.as_bytes()).unwrap();
        let mut out = Vec::new();
        json::compact(&Value::Record(filter(&row, &paths(path))), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fields_come_in_the_order_asked_for() {
        for (path, expected) in [
            ("size,id", r#"{"size":1.10,"id":"a"}"#),
            (" \"id\" ,, missing", r#"{"id":"a"}"#),
            ("ID", r#"{"ID":"a"}"#),
            ("id,size,id", r#"{"id":"a","size":1.10}"#),
            (
                "nic.ipaddress",
                r#"{"nic.ipaddress":["10.1.1.2","10.1.1.3"]}"#,
            ),
            ("nic[1].ipaddress", r#"{"nic[1].ipaddress":"10.1.1.3"}"#),
            ("nic.0.ipaddress", r#"{"nic.0.ipaddress":"10.1.1.2"}"#),
            ("details.a.b", r#"{"details.a.b":"c"}"#),
            ("id.x", "{}"),
        ] {
            assert_eq!(filtered(path), expected, "{path}");
        }
    }

    #[test]
    fn a_place_is_known_below_a_list_only() {
        let inner = Field {
            name: "mtu".into(),
            ..Field::default()
        };
        let field = Field {
            name: "nics".into(),
            kind: "list".into(),
            response: vec![inner],
            ..Field::default()
        };
        let mut sought = Sought::of(&paths("0,nics.0,nics.0.mtu,nics[0].x"), &[field]);
        sought.see(&json::read(MACHINE.as_bytes()).unwrap().into());
        let told = sought.unknown();
        let told: Vec<&str> = told.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(told, ["0", "nics[0].x"]);
    }

    #[test]
    fn what_nobody_knows_is_told_with_the_nearest() {
        let row = json::read(MACHINE.as_bytes()).unwrap();
        let field = Field {
            name: "networkid".into(),
            ..Field::default()
        };
        let mut sought = Sought::of(&paths("id,networkid,nic.ipadress,zzz"), &[field]);
        sought.see(&row.into());
        let told = sought.unknown();
        assert_eq!(
            told,
            [
                (
                    "nic.ipadress".to_string(),
                    Some("nic.ipaddress".to_string())
                ),
                ("zzz".to_string(), None)
            ]
        );
    }
}
