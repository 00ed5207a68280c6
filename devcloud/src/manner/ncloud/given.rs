//! The parameters of a call: texts and numbers, lists as `name.1`, records in lists as `name.1.field`.

use super::ask::Done;
use super::words::Fault;
use crate::auth::Params;

/// Parameters by their names, lists as `name.1`, records in lists as `name.1.field`.
pub struct Given(pub Params);

impl Given {
    /// A parameter that was given and is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(known, _)| known == name);
        let value = found.map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        let text = self.text(name)?;
        Some(text.eq_ignore_ascii_case("true"))
    }

    pub fn number(&self, name: &str) -> Done<Option<i64>> {
        let parsed = |text: &str| {
            let number: Result<i32, _> = text.parse();
            number.map(i64::from).map_err(|_| {
                Fault::parameter(format!("The value of {name} is no whole number: {text}"))
            })
        };
        self.text(name).map(parsed).transpose()
    }

    pub fn required(&self, name: &str) -> Done<&str> {
        self.text(name).ok_or_else(|| missing(name))
    }

    /// What comes after `name.`: the number, what follows that, and the value.
    fn members(&self, name: &str) -> Vec<(u32, &str, &str)> {
        let mut members: Vec<(u32, &str, &str)> = Vec::new();
        for (known, value) in &self.0 {
            let rest = known.strip_prefix(name);
            let Some(rest) = rest.and_then(|rest| rest.strip_prefix('.')) else {
                continue;
            };
            let (number, rest) = rest.split_once('.').unwrap_or((rest, ""));
            if let Ok(number) = number.parse() {
                members.push((number, rest, value));
            }
        }
        members.sort_by_key(|(number, ..)| *number);
        members
    }

    /// The values of a list, in the order of their numbers.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let members = self.members(name).into_iter();
        members
            .filter(|(_, rest, value)| rest.is_empty() && !value.is_empty())
            .map(|(_, _, value)| value)
            .collect()
    }

    /// The records of a list.
    pub fn records(&self, name: &str) -> Vec<Given> {
        let mut records: Vec<(u32, Params)> = Vec::new();
        for (number, rest, value) in self.members(name) {
            if rest.is_empty() {
                continue;
            }
            let pair = (rest.to_string(), value.to_string());
            match records.last_mut() {
                Some((last, params)) if *last == number => params.push(pair),
                _ => records.push((number, vec![pair])),
            }
        }
        records
            .into_iter()
            .map(|(_, params)| Given(params))
            .collect()
    }

    /// Whether anything of that name was given, in whatever form.
    pub fn has(&self, name: &str) -> bool {
        self.text(name).is_some() || !self.members(name).is_empty()
    }
}

pub fn missing(name: &str) -> Fault {
    Fault::parameter(format!(
        "Required field is not specified. location : {name}"
    ))
}

pub fn wrong(name: &str, value: &str) -> Fault {
    Fault::parameter(format!("Invalid value. location : {name}, value : {value}"))
}
