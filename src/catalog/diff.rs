//! What is different between two catalogues: APIs that came, went, and whose parameters changed. Two catalogues in, rows out.

use super::{Api, Catalog, Param};
use crate::error::Result;

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub api: String,
    /// The parameter; empty where it is the API itself.
    pub param: String,
    pub change: Change,
    /// What of it changed, before and now; empty where it came or went.
    pub before: String,
    pub now: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Came,
    Went,
    Changed,
}

impl Change {
    pub fn name(self) -> &'static str {
        match self {
            Change::Came => "came",
            Change::Went => "went",
            Change::Changed => "changed",
        }
    }
}

/// The differences in the order of the APIs' names.
pub fn differences(before: &Catalog, now: &Catalog) -> Result<Vec<Difference>> {
    let names = |catalog: &Catalog| -> Vec<String> {
        let entries = catalog.entries().iter();
        entries.map(|entry| entry.name.clone()).collect()
    };
    let mut all = [names(before), names(now)].concat();
    all.sort();
    all.dedup();
    let mut found = Vec::new();
    for name in all {
        let whole = |change| Difference {
            api: name.clone(),
            param: String::new(),
            change,
            before: String::new(),
            now: String::new(),
        };
        match (exactly(before, &name)?, exactly(now, &name)?) {
            (None, Some(_)) => found.push(whole(Change::Came)),
            (Some(_), None) => found.push(whole(Change::Went)),
            (Some(before), Some(now)) => between(&before, &now, &mut found),
            (None, None) => {}
        }
    }
    Ok(found)
}

/// The API of that spelling.
fn exactly(catalog: &Catalog, name: &str) -> Result<Option<Api>> {
    let api = catalog.api(name)?;
    Ok(api.filter(|api| api.name == name).map(|api| (*api).clone()))
}

fn between(before: &Api, now: &Api, found: &mut Vec<Difference>) {
    let mut add = |param: &str, change, before: String, after: String| {
        found.push(Difference {
            api: now.name.clone(),
            param: param.into(),
            change,
            before,
            now: after,
        });
    };
    let kind = |api: &Api| match api.asynchronous {
        true => "asynchronous",
        false => "synchronous",
    };
    if before.asynchronous != now.asynchronous {
        add("", Change::Changed, kind(before).into(), kind(now).into());
    }
    let of = |api: &Api, name: &str| api.params.iter().find(|param| param.name == name).cloned();
    for param in &before.params {
        match of(now, &param.name) {
            None => add(&param.name, Change::Went, String::new(), String::new()),
            Some(after) if told(&after) != told(param) => {
                add(&param.name, Change::Changed, told(param), told(&after));
            }
            Some(_) => {}
        }
    }
    for param in &now.params {
        if of(before, &param.name).is_none() {
            add(&param.name, Change::Came, String::new(), told(param));
        }
    }
}

/// What of a parameter matters to who sends it.
fn told(param: &Param) -> String {
    match param.required {
        true => format!("{}, required", param.kind),
        false => param.kind.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(name: &str, asynchronous: bool, params: &[(&str, &str, bool)]) -> Api {
        let params = params.iter().map(|(name, kind, required)| Param {
            name: (*name).into(),
            kind: (*kind).into(),
            required: *required,
            ..Param::default()
        });
        Api {
            name: name.into(),
            asynchronous,
            params: params.collect(),
            ..Api::default()
        }
    }

    #[test]
    fn what_came_went_and_changed_is_told() {
        let before = Catalog::of(vec![
            api("listOld", false, &[]),
            api("listSame", false, &[("id", "uuid", false)]),
            api(
                "startIt",
                false,
                &[("id", "uuid", false), ("gone", "string", false)],
            ),
        ]);
        let now = Catalog::of(vec![
            api("listNew", false, &[("id", "uuid", false)]),
            api("listSame", false, &[("id", "uuid", false)]),
            api(
                "startIt",
                true,
                &[("id", "uuid", true), ("more", "map", false)],
            ),
        ]);
        let told: Vec<String> = differences(&before, &now)
            .unwrap()
            .iter()
            .map(|found| {
                let change = found.change.name();
                format!(
                    "{} {} {change} {}>{}",
                    found.api, found.param, found.before, found.now
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "listNew  came >",
                "listOld  went >",
                "startIt  changed synchronous>asynchronous",
                "startIt id changed uuid>uuid, required",
                "startIt gone went >",
                "startIt more came >map",
            ]
        );
        assert_eq!(differences(&now, &now).unwrap(), []);
    }
}
