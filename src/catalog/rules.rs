//! Which parameters of an API go together and which do not: rules that no single parameter tells. What was given in, what is
//! wrong with it out.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A rule about what a call is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Just one of these ways, each of them a parameter or several that go together.
    One(Vec<Vec<String>>),
    /// At least one of these.
    Any(Vec<String>),
    /// No two of these.
    Apart(Vec<String>),
    /// The first is of use only with the second.
    With(String, String),
    /// All of these or none.
    Together(Vec<String>),
    /// A whole number between two, in steps from the first on.
    Within(String, i64, i64, i64),
}

impl Rule {
    /// What is wrong with a call; `given` has the values of its parameters, which are nothing where they are not there, and empty
    /// where they are not known yet.
    pub fn problem(&self, given: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let there = |name: &String| given(name).is_some();
        match self {
            Rule::One(ways) => {
                let begun: Vec<&Vec<String>> =
                    ways.iter().filter(|way| way.iter().any(there)).collect();
                match begun.as_slice() {
                    [] => Some(format!("{} is wanted", self.choice("or"))),
                    [way] => {
                        let lacking = way.iter().find(|name| !there(name))?;
                        let has = way.iter().find(|name| there(name))?;
                        Some(format!("{has} goes with {lacking}, which is missing"))
                    }
                    [..] => Some(format!("of {} only one may be given", self.choice("and"))),
                }
            }
            Rule::Any(names) => (!names.iter().any(there))
                .then(|| format!("at least one of {} is wanted", listed(names, "and"))),
            Rule::Apart(names) => {
                let there: Vec<String> = names.iter().filter(|name| there(name)).cloned().collect();
                (there.len() > 1).then(|| format!("{} exclude each other", listed(&there, "and")))
            }
            Rule::With(name, other) => (there(name) && !there(other))
                .then(|| format!("{name} goes with {other}, which is missing")),
            Rule::Together(names) => {
                let lacking = names.iter().find(|name| !there(name))?;
                names.iter().any(there).then(|| {
                    let names = listed(names, "and");
                    format!("{names} go together, and there is no {lacking}")
                })
            }
            Rule::Within(name, from, to, step) => {
                let value = given(name).filter(|value| !value.is_empty())?;
                let within = |number: i64| {
                    (*from..=*to).contains(&number) && (number - from) % (*step).max(1) == 0
                };
                // What is no number at all is told with the parameter's type.
                let number: i64 = value.parse().ok()?;
                (!within(number)).then(|| format!("`{name}={value}`: {self}"))
            }
        }
    }

    /// Whether it speaks of giving that parameter, so that a call which lacks it may be wrong.
    pub fn asks_for(&self) -> Vec<&str> {
        match self {
            Rule::One(ways) => ways
                .first()
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect(),
            Rule::Any(names) => names.first().into_iter().map(String::as_str).collect(),
            Rule::Apart(_) | Rule::With(..) | Rule::Together(_) | Rule::Within(..) => Vec::new(),
        }
    }

    /// The ways of which one is wanted, as people say it.
    fn choice(&self, between: &str) -> String {
        let Rule::One(ways) = self else {
            return String::new();
        };
        let ways: Vec<String> = ways.iter().map(|way| way.join(" with ")).collect();
        listed(&ways, between)
    }
}

/// As help has it.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::One(_) => write!(f, "{}, only one of them", self.choice("or")),
            Rule::Any(names) => write!(f, "{}, at least one of them", listed(names, "or")),
            Rule::Apart(names) => write!(f, "{} exclude each other", listed(names, "and")),
            Rule::With(name, other) => write!(f, "{name} goes with {other}"),
            Rule::Together(names) => write!(f, "{} go together", listed(names, "and")),
            Rule::Within(name, from, to, 1) => write!(f, "{name} is from {from} to {to}"),
            Rule::Within(name, from, to, step) => {
                write!(f, "{name} is from {from} to {to} in steps of {step}")
            }
        }
    }
}

/// `a, b or c`
fn listed(names: &[String], between: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {between} {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split(' ').map(String::from).collect()
    }

    fn problem(rule: &Rule, given: &str) -> String {
        let value = |wanted: &str| {
            let mut pairs = given.split(' ').filter_map(|word| word.split_once('='));
            let found = pairs.find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.to_string())
        };
        rule.problem(&value).unwrap_or_default()
    }

    #[test]
    fn what_is_wrong_is_said_and_what_is_right_is_not() {
        let detach = Rule::One(vec![names("id"), names("deviceid virtualmachineid")]);
        let either = Rule::One(vec![names("id"), names("name")]);
        let any = Rule::Any(names("cidrlist usersecuritygrouplist"));
        let apart = Rule::Apart(names("size diskofferingid"));
        let with = Rule::With("account".into(), "domainid".into());
        let together = Rule::Together(names("page pagesize"));
        let within = Rule::Within("size".into(), 10, 2000, 10);
        for (rule, given, expected) in [
            (&either, "", "id or name is wanted"),
            (&either, "id=1", ""),
            (
                &either,
                "id=1 name=x",
                "of id and name only one may be given",
            ),
            (
                &detach,
                "",
                "id or deviceid with virtualmachineid is wanted",
            ),
            (&detach, "deviceid=1 virtualmachineid=2", ""),
            (
                &detach,
                "deviceid=1",
                "deviceid goes with virtualmachineid, which is missing",
            ),
            (
                &detach,
                "id=1 deviceid=1",
                "of id and deviceid with virtualmachineid only one may be given",
            ),
            (
                &any,
                "",
                "at least one of cidrlist and usersecuritygrouplist is wanted",
            ),
            (&any, "cidrlist=a usersecuritygrouplist=b", ""),
            (&apart, "size=1", ""),
            (
                &apart,
                "size=1 diskofferingid=2",
                "size and diskofferingid exclude each other",
            ),
            (&with, "domainid=1", ""),
            (
                &with,
                "account=x",
                "account goes with domainid, which is missing",
            ),
            (&together, "", ""),
            (
                &together,
                "page=1",
                "page and pagesize go together, and there is no pagesize",
            ),
            (&within, "size=20", ""),
            (&within, "size=x", ""),
            (&within, "size=", ""),
            (
                &within,
                "size=15",
                "`size=15`: size is from 10 to 2000 in steps of 10",
            ),
            (
                &within,
                "size=-9223372036854775808",
                "`size=-9223372036854775808`: size is from 10 to 2000 in steps of 10",
            ),
        ] {
            assert_eq!(problem(rule, given), expected, "{given}");
        }
    }
}
