//! Variables: what a name stands for (a text, a thing, the rows of a list) and what is found in it by a path.

use std::collections::BTreeMap;

use super::hidden::Hidden;
use super::secrets::is_secret;
use super::shown;
use crate::record::rows::Rows;
use crate::record::{Record, Value, select};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Held {
    Text(String),
    Thing(Record),
    /// A list's rows stay in the bytes that came, however many there are.
    Rows(Rows),
}

/// A value and whether it came from where secrets are.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    pub held: Held,
    pub secret: bool,
}

/// The names that are set.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    named: BTreeMap<String, Variable>,
    hidden: Hidden,
}

/// What there is to say of a variable while a line is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    pub name: String,
    /// What kind of value it is; never the value.
    pub what: String,
    pub fields: Vec<String>,
}

/// How many fields an error names.
const MOST_NAMES: usize = 30;

impl Variables {
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.named.get(name)
    }

    pub fn set(&mut self, name: &str, variable: Variable) {
        self.named.insert(name.to_string(), variable);
    }

    /// Sets all names that are set there.
    pub fn take_in(&mut self, others: &Variables) {
        self.named.extend(others.named.clone());
    }

    /// The secrets among what they gave out.
    pub fn hidden(&self) -> &Hidden {
        &self.hidden
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.named.iter().map(|(name, held)| (name.as_str(), held))
    }

    /// All of them in short, in the order of their names.
    pub fn brief(&self) -> Vec<Brief> {
        let brief = |(name, variable): (&str, &Variable)| Brief {
            name: name.to_string(),
            what: variable.held.what(),
            fields: variable.held.fields(),
        };
        self.iter().map(brief).collect()
    }
}

impl From<Held> for Variable {
    fn from(held: Held) -> Variable {
        Variable {
            held,
            secret: false,
        }
    }
}

impl From<Value> for Held {
    fn from(value: Value) -> Held {
        match value {
            Value::Record(record) => Held::Thing(record),
            Value::List(items) => Held::Rows(items.into()),
            scalar => Held::Text(scalar.scalar().unwrap_or_default()),
        }
    }
}

impl Variable {
    /// What stands at the path, or why nothing does.
    pub fn at(&self, name: &str, path: &str) -> Result<Variable, String> {
        let secret = self.secret || is_secret(name) || path.split(['.', '[', ']']).any(is_secret);
        let held = if path.is_empty() {
            self.held.clone()
        } else {
            self.held.at(path).ok_or_else(|| self.lacks(name, path))?
        };
        Ok(Variable { held, secret })
    }

    fn lacks(&self, name: &str, path: &str) -> String {
        match &self.held {
            Held::Text(_) => {
                let dot = if path.starts_with('[') { "" } else { "." };
                let follows = format!("{dot}{}", shown(path));
                format!(
                    "${name} is a text and has no fields; write ${{{name}}}{follows} where `{follows}` is to follow it"
                )
            }
            Held::Thing(_) => format!("${name} has no {}{}", shown(path), self.held.has()),
            Held::Rows(rows) => format!(
                "${name} is a list of {} and has no {}{}",
                rows.len(),
                shown(path),
                self.held.has()
            ),
        }
    }
}

impl Held {
    fn at(&self, path: &str) -> Option<Held> {
        match self {
            Held::Text(_) => None,
            Held::Thing(record) => in_value(&Value::Record(record.clone()), path),
            Held::Rows(rows) if path == "count" => Some(Held::Text(rows.len().to_string())),
            Held::Rows(rows) => match indexed(path) {
                Some((place, rest)) => {
                    let row = rows.iter().nth(place)?.into_value();
                    match rest {
                        "" => Some(row.into()),
                        rest => in_value(&row, rest),
                    }
                }
                None if rows.is_empty() => Some(Held::Rows(Rows::default())),
                None => {
                    let found: Vec<Value> = rows
                        .values()
                        .filter_map(|row| select::find(&row, path))
                        .collect();
                    (!found.is_empty()).then(|| Held::Rows(found.into()))
                }
            },
        }
    }

    /// The text that stands for it in a value, those of a list with commas between; or why there is none.
    pub fn text(&self, name: &str) -> Result<String, String> {
        let no_text = |what: String| {
            Err(format!(
                "${name} is {what}, which is no text: name a field, as in ${name}.id{}",
                self.has()
            ))
        };
        match self {
            Held::Text(text) => Ok(text.clone()),
            Held::Thing(record) => match record.code() {
                Some(code) => Ok(code.into()),
                None => no_text("a thing with fields".into()),
            },
            Held::Rows(rows) => {
                let mut texts = Vec::new();
                for row in rows.values() {
                    match Held::from(row) {
                        Held::Text(text) => texts.push(text),
                        Held::Thing(record) if record.code().is_some() => {
                            texts.extend(record.code().map(String::from));
                        }
                        _ => return no_text(format!("a list of {}", rows.len())),
                    }
                }
                Ok(texts.join(","))
            }
        }
    }

    /// Gives its members one after another, as long as `each` wants more; a row is read when its turn comes.
    pub fn each(&self, each: &mut dyn FnMut(Held) -> bool) {
        match self {
            Held::Rows(rows) => {
                rows.values().map(Held::from).all(each);
            }
            one => {
                each(one.clone());
            }
        }
    }

    /// The fields there are, for an error.
    fn has(&self) -> String {
        let Some(record) = self.record() else {
            return String::new();
        };
        let mut names: Vec<&str> = record
            .fields
            .iter()
            .take(MOST_NAMES)
            .map(|(name, _)| &**name)
            .collect();
        if record.fields.len() > MOST_NAMES {
            names.push("…");
        }
        format!("; it has {}", shown_names(&names.join(", ")))
    }

    /// The thing itself, or the first of a list.
    fn record(&self) -> Option<Record> {
        let first = match self {
            Held::Thing(record) => return Some(record.clone()),
            Held::Rows(rows) => rows.values().next(),
            Held::Text(_) => None,
        };
        match first {
            Some(Value::Record(record)) => Some(record),
            _ => None,
        }
    }

    /// What may follow its name after a full stop.
    fn fields(&self) -> Vec<String> {
        let record = self.record().unwrap_or_default();
        let names = record.fields.iter().map(|(name, _)| name.to_string());
        let count = matches!(self, Held::Rows(_)).then(|| "count".to_string());
        names
            .filter(|name| super::expand::is_name(name))
            .chain(count)
            .collect()
    }

    fn what(&self) -> String {
        match self {
            Held::Text(_) => "a text".into(),
            Held::Thing(_) => "a thing".into(),
            Held::Rows(rows) => format!("a list of {}", rows.len()),
        }
    }
}

/// Field names come from the cloud and go to a terminal.
fn shown_names(names: &str) -> String {
    names
        .chars()
        .filter(|letter| !letter.is_control())
        .collect()
}

fn in_value(value: &Value, path: &str) -> Option<Held> {
    let found = select::find(value, path).map(Held::from);
    found.or_else(
        || match select::find(value, path.strip_suffix(".count")?)? {
            Value::List(items) => Some(Held::Text(items.len().to_string())),
            _ => None,
        },
    )
}

/// `[2].id` as 2 and `id`.
fn indexed(path: &str) -> Option<(usize, &str)> {
    let (number, rest) = path.strip_prefix('[')?.split_once(']')?;
    Some((number.parse().ok()?, rest.trim_start_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json;

    fn variable(text: &str) -> Variable {
        Held::from(json::read(text.as_bytes()).unwrap()).into()
    }

    fn text(variable: &Variable, path: &str) -> Result<String, String> {
        variable.at("v", path)?.held.text("v")
    }

    #[test]
    fn fields_are_found_by_paths() {
        let thing = variable(
            r#"{"id":"a","nic":[{"ip":"10.1.1.2"},{"ip":"10.1.1.3"}],"details":{"cpu.x":"2"},"big":1.10}"#,
        );
        for (path, expected) in [
            ("id", "a"),
            ("ID", "a"),
            ("nic[1].ip", "10.1.1.3"),
            ("nic.ip", "10.1.1.2,10.1.1.3"),
            ("nic.count", "2"),
            ("details.cpu.x", "2"),
            ("big", "1.10"),
        ] {
            assert_eq!(text(&thing, path).as_deref(), Ok(expected), "{path}");
        }
        let missing = text(&thing, "name").unwrap_err();
        assert!(
            missing.contains("it has id, nic, details, big"),
            "{missing}"
        );
        assert!(text(&thing, "").unwrap_err().contains("name a field"));
    }

    #[test]
    fn a_list_is_counted_indexed_and_joined() {
        let list = variable(r#"[{"id":"a","n":1},{"id":"b"}]"#);
        for (path, expected) in [("count", "2"), ("id", "a,b"), ("[1].id", "b"), ("n", "1")] {
            assert_eq!(text(&list, path).as_deref(), Ok(expected), "{path}");
        }
        assert!(text(&list, "[2].id").is_err());
        assert!(text(&list, "x").unwrap_err().contains("it has id, n"));
        assert_eq!(text(&variable("[]"), "id").as_deref(), Ok(""));
    }

    #[test]
    fn a_text_has_no_fields_and_what_was_secret_stays_so() {
        assert!(
            text(&variable("\"web\""), "txt")
                .unwrap_err()
                .contains("${v}.txt")
        );
        let keys = variable(r#"{"apikey":"k","secretkey":"s"}"#);
        assert!(keys.at("keys", "secretkey").unwrap().secret);
        assert!(!keys.at("keys", "apikey").unwrap().secret);
    }
}
