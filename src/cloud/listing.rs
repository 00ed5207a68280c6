//! How the values of a parameter are listed: the list call and how its rows are read in, the values with their names out.

use super::Request;
use crate::record::{Record, Value};

/// The list call whose rows are what a parameter means, and how its rows are read.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The call, narrowed by what was typed and with what it needs filled in.
    pub request: Request,
    /// The parameters that it needs and that nothing typed gives; it is not to be sent while there are any.
    pub missing: Vec<String>,
    /// Whether it narrows by `keyword`.
    pub keyword: bool,
    /// Whether it takes page and pagesize.
    pub paged: bool,
    /// Its parameter that takes one value and answers that row alone.
    pub by_value: Option<&'static str>,
    /// The fields that lead from a row to what has the value, where that is part of the row: `nic`, `secondaryip`.
    pub within: Vec<&'static str>,
    /// The field that is the value, nearly always `id`.
    pub value: &'static str,
    /// The fields that name it; `tagSet[Name]` is the value of the tag of that key.
    pub names: Vec<&'static str>,
    /// The fields by which people know it where none of those is there, best first.
    pub labels: Vec<&'static str>,
    /// The fields that tell its state, best first; `instanceState.name` is in a record.
    pub states: Vec<&'static str>,
}

/// A value that a list offers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    pub value: String,
    /// What people know it by, best first; empty where it has no name.
    pub labels: Vec<String>,
    pub state: Option<String>,
    pub zone: Option<String>,
}

impl Listing {
    /// The values in rows of its answer, in their order; rows without the value are left out.
    pub fn choices<'r>(&self, rows: impl IntoIterator<Item = &'r Record>) -> Vec<Choice> {
        let mut choices = Vec::new();
        for row in rows {
            self.collect(row, &self.within, &mut choices);
        }
        choices
    }

    fn collect(&self, row: &Record, within: &[&str], choices: &mut Vec<Choice>) {
        if let Some((field, within)) = within.split_first() {
            match row.get(field) {
                Some(Value::List(inner)) => {
                    for row in inner.iter().filter_map(Value::as_record) {
                        self.collect(row, within, choices);
                    }
                }
                Some(Value::Record(inner)) => self.collect(inner, within, choices),
                _ => {}
            }
            return;
        }
        let text = |field: &str| text_of(row, field).filter(|text| !text.is_empty());
        let Some(value) = text(self.value) else {
            return;
        };
        let mut labels: Vec<String> = Vec::new();
        for name in self.names.iter().filter_map(|name| text(name)) {
            if !labels.contains(&name) {
                labels.push(name);
            }
        }
        // What has a name is known by no other field: a machine is not called as the host that it runs on.
        if labels.is_empty() {
            labels.extend(self.labels.iter().find_map(|label| text(label)));
        }
        choices.push(Choice {
            value,
            labels,
            state: self.states.iter().find_map(|state| text(state)),
            zone: text("zonename"),
        });
    }
}

/// The text of a field, of one in a record (`instanceState.name`), or of a tag (`tagSet[Name]`).
fn text_of(row: &Record, field: &str) -> Option<String> {
    if let Some((list, key)) = field
        .strip_suffix(']')
        .and_then(|path| path.split_once('['))
    {
        let Some(Value::List(tags)) = row.get(list) else {
            return None;
        };
        let mut tags = tags.iter().filter_map(Value::as_record);
        let tag = tags.find(|tag| tag.text("key").as_deref() == Some(key))?;
        return tag.text("value");
    }
    match field.split_once('.') {
        Some((outer, inner)) => row.get(outer)?.as_record()?.text(inner),
        None => row.text(field),
    }
}

impl Choice {
    /// The best of its names, or the value itself.
    pub fn label(&self) -> &str {
        self.labels.first().unwrap_or(&self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(fields: &[(&str, Value)]) -> Record {
        let mut record = Record::default();
        for (name, value) in fields {
            record.push(*name, value.clone());
        }
        record
    }

    fn text(text: &str) -> Value {
        Value::String(text.into())
    }

    #[test]
    fn rows_and_what_is_in_them_become_values_with_names() {
        let nic = |id: &str, ip: &str| {
            let fields = [("id", text(id)), ("ipaddress", text(ip))];
            Value::Record(record(&fields))
        };
        let row = record(&[
            ("id", text("7")),
            ("name", text("web")),
            ("displayname", text("web")),
            ("username", text("root")),
            ("state", text("Running")),
            ("zonename", text("z")),
            (
                "nic",
                Value::List(vec![nic("8", "10.1.1.2"), text("?"), nic("9", "")]),
            ),
        ]);
        let mut listing = Listing {
            request: Request {
                api: "listVirtualMachines".into(),
                params: Vec::new(),
            },
            missing: Vec::new(),
            keyword: false,
            paged: false,
            by_value: None,
            within: Vec::new(),
            value: "id",
            names: vec!["name", "displayname"],
            labels: vec!["username", "ipaddress"],
            states: vec!["state"],
        };
        let nameless = record(&[("name", text("x"))]);
        let choice = Choice {
            value: "7".into(),
            labels: vec!["web".into()],
            state: Some("Running".into()),
            zone: Some("z".into()),
        };
        assert_eq!(listing.choices([&row, &nameless]), [choice]);
        listing.within = vec!["nic"];
        let nics = listing.choices([&row, &nameless]);
        let known: Vec<(&str, &str)> = nics
            .iter()
            .map(|choice| (choice.value.as_str(), choice.label()))
            .collect();
        assert_eq!(known, [("8", "10.1.1.2"), ("9", "9")]);
    }
}
