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
    /// The fields by which people know it, best first.
    pub labels: Vec<&'static str>,
    /// The fields that tell its state, best first.
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
        let text = |field: &str| row.text(field).filter(|text| !text.is_empty());
        let Some(value) = text(self.value) else {
            return;
        };
        let mut labels: Vec<String> = Vec::new();
        for label in self.labels.iter().filter_map(|label| text(label)) {
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        choices.push(Choice {
            value,
            labels,
            state: self.states.iter().find_map(|state| text(state)),
            zone: text("zonename"),
        });
    }
}

impl Choice {
    /// The best of its names, or the value itself.
    pub fn label(&self) -> &str {
        self.labels.first().unwrap_or(&self.value)
    }
}
