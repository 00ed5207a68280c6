//! A call's parameters: lists as `Name.1`, `Name.2`, members as `Name.1.Member`, and filters held against answers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::words::Wrong;
use crate::auth::Params;
use crate::form::{decode, is_form};
use crate::manner::desk::Heard;

/// Names and values in the order in which they came.
pub struct Query {
    pub pairs: Params,
}

/// The members of an element of a list, by what follows its number.
pub type Members<'a> = Vec<(&'a str, &'a str)>;

impl Query {
    /// What a request asks, in its query and its form; nothing where that cannot be read.
    pub fn of(heard: &Heard) -> Option<Query> {
        let mut pairs = decode(heard.query())?;
        if heard.method == hyper::Method::POST && is_form(&heard.headers) {
            pairs.extend(decode(std::str::from_utf8(&heard.body).ok()?)?);
        }
        Some(Query { pairs })
    }

    /// A parameter that was given and is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The values of `name.1`, `name.2` …, by their numbers.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let members = self.members(name);
        let plain = members
            .into_iter()
            .flatten()
            .filter(|(member, value)| member.is_empty() && !value.is_empty());
        plain.map(|(_, value)| value).collect()
    }

    /// The members of `name.1`, of `name.2` …, by their numbers.
    pub fn members(&self, name: &str) -> Vec<Members<'_>> {
        let mut found: BTreeMap<u32, Members> = BTreeMap::new();
        for (known, value) in &self.pairs {
            let rest = known
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('.'));
            let Some(rest) = rest else { continue };
            let (number, member) = rest.split_once('.').unwrap_or((rest, ""));
            if let Ok(number) = number.parse() {
                found.entry(number).or_default().push((member, value));
            }
        }
        found.into_values().collect()
    }

    /// The items that all filters of the call take; `known` says where in an item a filter looks.
    pub fn filtered(&self, items: Vec<Value>, known: &[(&str, &str)]) -> Result<Vec<Value>, Wrong> {
        let mut filters = Vec::new();
        for filter in self.members("Filter") {
            let name = filter.iter().find(|(member, _)| *member == "Name");
            let name = name.map_or("", |(_, name)| *name);
            let place = known.iter().find(|(filter, _)| *filter == name);
            let (_, place) = place.ok_or_else(|| {
                Wrong::client("Unsupported", format!("Unsupported filter [{name}]"))
            })?;
            let values: Vec<&str> = filter
                .iter()
                .filter(|(member, _)| member.starts_with("Value"))
                .map(|(_, value)| *value)
                .collect();
            filters.push((*place, values));
        }
        let taken = |item: &Value| {
            filters.iter().all(|(place, values)| {
                let there = at(item, place);
                values
                    .iter()
                    .any(|pattern| there.iter().any(|value| fits(pattern, value)))
            })
        };
        Ok(items.into_iter().filter(taken).collect())
    }
}

/// The values at a place in an item: fields between slashes, `*` for every item of a list.
fn at(item: &Value, place: &str) -> Vec<String> {
    let mut found = vec![item];
    for step in place.split('/') {
        found = match step {
            "*" => found
                .into_iter()
                .flat_map(|value| value.as_array().into_iter().flatten())
                .collect(),
            field => found
                .into_iter()
                .filter_map(|value| value.get(field))
                .collect(),
        };
    }
    found
        .into_iter()
        .filter_map(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            _ => None,
        })
        .collect()
}

/// Whether a value is what a filter asks for, in which `*` stands for anything and `?` for any one letter.
fn fits(pattern: &str, value: &str) -> bool {
    let (pattern, value): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), value.chars().collect());
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < value.len() {
        match pattern.get(place) {
            Some('*') => {
                star = Some((place, at));
                place += 1;
            }
            Some(letter) if *letter == '?' || *letter == value[at] => {
                at += 1;
                place += 1;
            }
            _ => match star {
                Some((star_place, taken)) => {
                    star = Some((star_place, taken + 1));
                    place = star_place + 1;
                    at = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[place..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_what_they_say() {
        for (pattern, value, taken) in [
            ("running", "running", true),
            ("running", "runnin", false),
            ("r*g", "running", true),
            ("r?nning", "running", true),
            ("*", "", true),
            ("?", "", false),
            ("*a*b", "xaxxb", true),
            ("*a*b", "xaxxbc", false),
        ] {
            assert_eq!(fits(pattern, value), taken, "{pattern} {value}");
        }
    }
}
