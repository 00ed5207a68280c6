//! Names that stand for the values of a parameter: a value as it was typed in, what the cloud calls it out.

use serde::{Deserialize, Serialize};

/// A value and the name by which people know it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Named {
    pub name: String,
    pub value: String,
}

/// A thing of the cloud that a parameter may mean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Thing {
    pub value: String,
    pub label: String,
    /// Whether it fits what it was looked for.
    pub fits: bool,
}

/// The names for the values of a parameter.
#[derive(Clone, Debug)]
pub struct Names {
    /// What one of them is: `usage type`.
    pub what: &'static str,
    /// The usual ones, offered at once.
    pub first: Vec<Named>,
    /// Others, offered when something is typed of them.
    pub more: Vec<Named>,
    /// Those that this cloud listed, which knows best; none where it was not asked.
    pub told: Option<Vec<Named>>,
    /// Whether a value needs no name.
    pub bare: fn(&str) -> bool,
    /// The API that lists them, on clouds that have it.
    pub list: Option<&'static str>,
}

impl Default for Names {
    fn default() -> Names {
        Names {
            what: "",
            first: Vec::new(),
            more: Vec::new(),
            told: None,
            bare: |_| false,
            list: None,
        }
    }
}

/// What was found for a name.
#[derive(Debug, PartialEq)]
pub struct Found<'n> {
    pub named: &'n Named,
    /// Whether the cloud listed others, and this is known from elsewhere.
    pub elsewhere: bool,
}

impl Names {
    /// What a name, in any case, stands for.
    pub fn find(&self, typed: &str) -> Option<Found<'_>> {
        let is = |named: &&Named| named.name.eq_ignore_ascii_case(typed);
        let told = self.told.iter().flatten().find(is);
        let known = || self.first.iter().chain(&self.more).find(is);
        told.map(|named| Found {
            named,
            elsewhere: false,
        })
        .or_else(|| {
            known().map(|named| Found {
                named,
                elsewhere: self.told.is_some(),
            })
        })
    }

    /// The names to choose from when that much of one is typed.
    pub fn offered(&self, typed: &str) -> impl Iterator<Item = &str> {
        let (first, more) = match &self.told {
            Some(told) => (told.as_slice(), &[][..]),
            None => (self.first.as_slice(), self.more.as_slice()),
        };
        let more = if typed.is_empty() { &[] } else { more };
        first.iter().chain(more).map(|named| named.name.as_str())
    }
}

/// Knows which parameters have names for their values, and which have a fixed set of values.
pub trait Lexicon: Send + Sync {
    fn names(&self, api: &str, param: &str) -> Option<Names>;
    /// Those of the fixed set, with what there is to say of each as its name; nothing where there is no such set.
    fn choices(&self, _api: &str, _param: &str) -> Vec<Named> {
        Vec::new()
    }
    /// The catalogue's name of an API that is called otherwise elsewhere.
    fn own_name(&self, _name: &str) -> Option<&'static str> {
        None
    }
    /// Whether it is the name of a script that takes `command=NAME name=value…`, which goes without saying here.
    fn is_script(&self, _name: &str) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[(&str, &str)]) -> Vec<Named> {
        let names = names.iter().map(|(name, value)| Named {
            name: name.to_string(),
            value: value.to_string(),
        });
        names.collect()
    }

    #[test]
    fn the_clouds_own_list_wins() {
        let mut names = Names {
            first: named(&[("ONE", "1"), ("TWO", "2")]),
            more: named(&[("THREE", "3")]),
            ..Names::default()
        };
        let value = |names: &Names, typed: &str| {
            let found = names.find(typed);
            found.map(|found| (found.named.value.clone(), found.elsewhere))
        };
        assert_eq!(value(&names, "two"), Some(("2".into(), false)));
        assert_eq!(value(&names, "four"), None);
        assert_eq!(names.offered("").collect::<Vec<_>>(), ["ONE", "TWO"]);
        assert_eq!(names.offered("T").count(), 3);
        names.told = Some(named(&[("TWO", "22"), ("FOUR", "4")]));
        assert_eq!(value(&names, "Two"), Some(("22".into(), false)));
        assert_eq!(value(&names, "four"), Some(("4".into(), false)));
        assert_eq!(value(&names, "one"), Some(("1".into(), true)));
        assert_eq!(names.offered("").collect::<Vec<_>>(), ["TWO", "FOUR"]);
    }
}
