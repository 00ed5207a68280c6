//! An object of the file with its path, read by key: texts, flags and lists, or errors that name the place.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::line::nearest::{did_you_mean, nearest};

/// One object and where it is, such as `zones[0].pods[1]`.
pub struct Node<'f> {
    pub path: String,
    value: &'f Value,
}

impl<'f> Node<'f> {
    pub fn top(value: &'f Value) -> Node<'f> {
        Node {
            path: String::new(),
            value,
        }
    }

    /// The path of one of its keys.
    pub fn at(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => key.to_string(),
            path => format!("{path}.{key}"),
        }
    }

    fn get(&self, key: &str) -> Option<&'f Value> {
        // Files spell a thing that there is none of with an empty text.
        self.value
            .get(key)
            .filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    /// A string, number or boolean as text; nothing where there is none.
    pub fn text(&self, key: &str) -> Result<Option<String>> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        scalar(value, &self.at(key)).map(Some)
    }

    /// The same, which has to be there.
    pub fn required(&self, key: &str) -> Result<String> {
        self.text(key)?.ok_or_else(|| {
            Error::line(format!("{} is missing", self.at(key)))
                .hint("nothing was sent; the file has to say it")
        })
    }

    pub fn flag(&self, key: &str) -> Result<Option<bool>> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => Err(wrong(&self.at(key), "true or false", &text)),
        }
    }

    /// The objects of a list; none where there is no such key.
    pub fn list(&self, key: &str) -> Result<Vec<Node<'f>>> {
        let path = self.at(key);
        let Some(value) = self.get(key) else {
            return Ok(Vec::new());
        };
        let Value::Array(items) = value else {
            return Err(wrong(&path, "a list", kind(value)));
        };
        let node = |(place, value): (usize, &'f Value)| {
            let path = format!("{path}[{place}]");
            match value {
                Value::Object(_) => Ok(Node { path, value }),
                other => Err(wrong(&path, "an object", kind(other))),
            }
        };
        items.iter().enumerate().map(node).collect()
    }

    /// An object under a key.
    pub fn object(&self, key: &str) -> Result<Option<Node<'f>>> {
        match self.get(key) {
            None => Ok(None),
            Some(value @ Value::Object(_)) => Ok(Some(Node {
                path: self.at(key),
                value,
            })),
            Some(other) => Err(wrong(&self.at(key), "an object", kind(other))),
        }
    }

    /// One text, or the texts of a list with commas between.
    pub fn texts(&self, key: &str) -> Result<Option<String>> {
        let Some(Value::Array(items)) = self.get(key) else {
            return self.text(key);
        };
        let path = self.at(key);
        let texts = items
            .iter()
            .enumerate()
            .map(|(place, item)| scalar(item, &format!("{path}[{place}]")))
            .collect::<Result<Vec<String>>>()?;
        Ok(Some(texts.join(",")).filter(|text| !text.is_empty()))
    }

    /// Its members with their texts, in the file's order.
    pub fn members(&self) -> Result<Vec<(&'f str, String)>> {
        let members = self.value.as_object().into_iter().flatten();
        members
            .map(|(key, value)| {
                // A key becomes part of a parameter's name.
                let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
                match key.chars().all(plain) {
                    true => Ok((key.as_str(), scalar(value, &self.at(key))?)),
                    false => Err(wrong(&self.path, "keys of letters, digits, . _ and -", key)),
                }
            })
            .collect()
    }

    /// Whether the value under a key is a list.
    pub fn is_list(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Value::Array(_)))
    }

    /// Says of each key that is none of these that it is left out.
    pub fn only(&self, known: &[&str], notes: &mut Vec<String>) -> Result<()> {
        let Value::Object(members) = self.value else {
            return Err(Error::line(format!(
                "an object is wanted, and {} came",
                kind(self.value)
            )));
        };
        for key in members.keys().filter(|key| !known.contains(&key.as_str())) {
            let near = did_you_mean(&nearest(key, known.iter().copied(), 1));
            let near = near.map_or(String::new(), |near| format!("; {near}"));
            notes.push(format!(
                "{} is unknown here and left out{near}",
                self.at(key)
            ));
        }
        Ok(())
    }
}

fn scalar(value: &Value, path: &str) -> Result<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        other => return Err(wrong(path, "a text", kind(other))),
    };
    if text.chars().any(char::is_control) {
        return Err(Error::line(format!("{path} has a control character in it")));
    }
    Ok(text)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// What is said of a value that cannot be used.
pub fn wrong(path: &str, wanted: &str, came: &str) -> Error {
    Error::line(format!("{path}: {wanted} is wanted, and {came} came"))
}
