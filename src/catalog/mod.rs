//! What can be called: the APIs of a cloud as listApis tells them; look-up by name and by verb and noun.

pub mod cache;
pub mod diff;
pub mod names;
pub mod rules;
pub mod seen;
pub mod types;

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use self::names::{Lexicon, Named, Names};
use self::rules::Rule;
use crate::error::Result;

/// The type of a parameter that is a file of this machine; no server knows it.
pub const FILE: &str = "file";

/// The type of a parameter that is nothing but its parts: its bare name means something else, as `filter=` does beside
/// `filter.instance-state-name=`.
pub const PARTS: &str = "parts";

/// The type of a parameter whose parts stand for one thing, so that the numbers in their names never grow.
pub const RECORD: &str = "record";

/// One API of the cloud.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Api {
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default, rename = "isasync")]
    pub asynchronous: bool,
    #[serde(default)]
    pub related: String,
    #[serde(default)]
    pub since: String,
    #[serde(default)]
    pub params: Vec<Param>,
    /// What holds between its parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// The fields of its answer.
    #[serde(default)]
    pub response: Vec<Field>,
}

/// A parameter of an API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Param {
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// The API's own word: string, uuid, integer, long, short, boolean, date, list, map …
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub related: String,
    #[serde(default)]
    pub since: String,
    /// What may follow its name where it has parts, each with that as its name: `[0].networkid`, `.1.subnetNo`,
    /// `.instance-state-name`. A number stands for any. Empty where nothing is known of its parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Param>,
}

impl Param {
    /// The parts of the things that it takes, each with its name in full; nothing of one that takes values alone.
    pub fn parts(&self) -> impl Iterator<Item = Param> {
        let number = |name: &str| {
            let last = name.rsplit('.').next();
            last.is_some_and(|last| last.parse::<u32>().is_ok())
        };
        let members = self.members.iter();
        members
            .filter(move |part| !number(&part.name))
            .map(|part| Param {
                name: format!("{}{}", self.name, part.name),
                ..part.clone()
            })
    }

    /// Gives the part of that name as it goes over the wire, with the number that was typed; names are of any case.
    pub fn member(&self, typed: &str) -> Option<(&Param, String)> {
        self.members.iter().find_map(|member| {
            let spelt = spelt_like(&member.name, typed)?;
            Some((member, spelt))
        })
    }
}

/// The name with the numbers of what was typed, where the two are the same but for case and numbers.
fn spelt_like(name: &str, typed: &str) -> Option<String> {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let mut spelt = String::new();
    let (mut name, mut typed) = (name, typed);
    loop {
        let (letters, more) = name.split_at(name.find(is_digit).unwrap_or(name.len()));
        let (given, rest) = typed.split_at_checked(letters.len())?;
        if !given.eq_ignore_ascii_case(letters) {
            return None;
        }
        spelt.push_str(letters);
        if more.is_empty() {
            return rest.is_empty().then_some(spelt);
        }
        let number = rest.split_once(|letter: char| !letter.is_ascii_digit());
        let number = number.map_or(rest, |(number, _)| number);
        if number.is_empty() {
            return None;
        }
        spelt.push_str(number);
        name = more.trim_start_matches(is_digit);
        typed = &rest[number.len()..];
    }
}

/// A field of an API's answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Field {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default, rename = "type")]
    pub kind: String,
    /// The fields of a nested record or of the records of a nested list.
    #[serde(default)]
    pub response: Vec<Field>,
}

/// What is known of an API without reading it whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub name: String,
    pub asynchronous: bool,
}

impl Entry {
    pub fn verb(&self) -> &str {
        verb_of(&self.name)
    }

    /// What follows the verb, in lower case: `users` of listUsers, empty for login.
    pub fn noun(&self) -> String {
        self.name[self.verb().len()..].to_lowercase()
    }
}

/// The leading lower-case letters of an API's name: `list` of listUsers. One that names its service, `server/getZoneList`, is
/// called by its whole name and has none.
pub fn verb_of(name: &str) -> &str {
    if name.contains('/') {
        return "";
    }
    let end = name
        .find(|letter: char| !letter.is_ascii_lowercase())
        .unwrap_or(name.len());
    &name[..end]
}

/// Where the whole APIs are: in memory, or in a cache file from which one is read at a time.
pub trait Shelf: Send + Sync {
    fn read(&self, index: usize) -> Result<Api>;
}

impl Shelf for Vec<Api> {
    fn read(&self, index: usize) -> Result<Api> {
        Ok(self[index].clone())
    }
}

/// The APIs of one cloud, sorted by name.
pub struct Catalog {
    entries: Vec<Entry>,
    shelf: Box<dyn Shelf>,
    elsewhere: OnceLock<types::Elsewhere>,
    shipped: bool,
    lexicon: Option<Arc<dyn Lexicon>>,
}

impl Catalog {
    /// `entries` and `shelf` have the same order; names must be sorted and occur once.
    pub fn new(entries: Vec<Entry>, shelf: Box<dyn Shelf>) -> Catalog {
        Catalog {
            entries,
            shelf,
            elsewhere: OnceLock::new(),
            shipped: false,
            lexicon: None,
        }
    }

    /// The same as one that the cloud itself did not tell.
    pub fn as_shipped(self, shipped: bool) -> Catalog {
        Catalog { shipped, ..self }
    }

    /// Whether this is a known server's catalogue in place of the cloud's own, so that it proves nothing about this cloud.
    pub fn shipped(&self) -> bool {
        self.shipped
    }

    /// A catalogue of APIs that are all in memory.
    pub fn of(mut apis: Vec<Api>) -> Catalog {
        apis.sort_by(|a, b| a.name.cmp(&b.name));
        apis.dedup_by(|a, b| a.name == b.name);
        let entries = apis
            .iter()
            .map(|api| Entry {
                name: api.name.clone(),
                asynchronous: api.asynchronous,
            })
            .collect();
        Catalog::new(entries, Box::new(apis))
    }

    /// The same with names for the values of parameters.
    pub fn with_lexicon(self, lexicon: Arc<dyn Lexicon>) -> Catalog {
        Catalog {
            lexicon: Some(lexicon),
            ..self
        }
    }

    /// The names for the values of a parameter, both in the catalogue's spelling.
    pub fn names(&self, api: &str, param: &str) -> Option<Names> {
        self.lexicon.as_ref()?.names(api, param)
    }

    /// The fixed set of a parameter's values, where it has one.
    pub fn choices(&self, api: &str, param: &str) -> Vec<Named> {
        let lexicon = self.lexicon.as_ref();
        lexicon.map_or(Vec::new(), |lexicon| lexicon.choices(api, param))
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What all entries say of fields together; one that cannot be read says nothing.
    fn elsewhere(&self) -> &types::Elsewhere {
        self.elsewhere.get_or_init(|| {
            let apis: Vec<Api> = (0..self.entries.len())
                .filter_map(|index| self.shelf.read(index).ok())
                .collect();
            types::Elsewhere::of(&apis)
        })
    }

    /// The API of that name, in any case: `listUsers`, `listusers`.
    pub fn api(&self, name: &str) -> Result<Option<Arc<Api>>> {
        let position = self
            .entries
            .binary_search_by(|entry| entry.name.as_str().cmp(name))
            .ok()
            .or_else(|| {
                self.entries
                    .iter()
                    .position(|entry| entry.name.eq_ignore_ascii_case(name))
            });
        match position {
            Some(index) => Ok(Some(Arc::new(self.shelf.read(index)?))),
            None => self.by_other_name(name),
        }
    }

    /// The API that documents call so and the catalogue otherwise.
    fn by_other_name(&self, name: &str) -> Result<Option<Arc<Api>>> {
        let lexicon = self.lexicon.as_ref();
        match lexicon.and_then(|lexicon| lexicon.own_name(name)) {
            Some(own) if own != name => self.api(own),
            _ => Ok(None),
        }
    }

    /// Whether the word is a vendor's script whose words are a command of its own: `./kick_api.sh command=…`.
    pub fn is_script(&self, word: &str) -> bool {
        let name = word.rsplit('/').next().unwrap_or(word);
        let lexicon = self.lexicon.as_ref();
        lexicon.is_some_and(|lexicon| lexicon.is_script(name))
    }

    /// The API that a verb and a noun make, in any case; the noun is empty for `login`.
    pub fn find(&self, verb: &str, noun: &str) -> Result<Option<Arc<Api>>> {
        let verb = verb.to_ascii_lowercase();
        match self.entries.iter().find(|entry| {
            entry.verb() == verb && entry.name[verb.len()..].eq_ignore_ascii_case(noun)
        }) {
            Some(entry) => self.api(&entry.name),
            None => self.by_other_name(&format!("{verb}{noun}")),
        }
    }

    /// The verbs, sorted, each once.
    pub fn verbs(&self) -> Vec<&str> {
        let mut verbs: Vec<&str> = self.entries.iter().map(Entry::verb).collect();
        verbs.sort_unstable();
        verbs.dedup();
        verbs
    }

    /// The nouns of a verb, sorted.
    pub fn nouns(&self, verb: &str) -> Vec<String> {
        let mut nouns: Vec<String> = self
            .entries
            .iter()
            .filter(|entry| entry.verb().eq_ignore_ascii_case(verb))
            .map(Entry::noun)
            .filter(|noun| !noun.is_empty())
            .collect();
        nouns.sort_unstable();
        nouns
    }
}

impl Api {
    /// The parameter of that name, in any case; `details[0].cpu` and `tags[0].key` find `details` and `tags`.
    pub fn param(&self, name: &str) -> Option<&Param> {
        let named = |base: &str| {
            let mut params = self.params.iter();
            params.find(|param| param.name.eq_ignore_ascii_case(base))
        };
        let base = name.split('[').next().unwrap_or(name);
        let bare = named(base).filter(|param| param.kind != PARTS);
        bare.or_else(|| {
            let parted = base.match_indices('.').map(|(dot, _)| &base[..dot]);
            parted
                .filter_map(named)
                .rfind(|param| !param.members.is_empty())
        })
    }

    /// Gives the parameter of that name, in any case, with the name in full as the catalogue spells it; what is typed after
    /// the name of one of whose parts nothing is known stays as it is. Nothing where there is no such parameter or part.
    pub fn spelt(&self, typed: &str) -> Option<(&Param, String)> {
        let param = self.param(typed)?;
        let part = typed.get(param.name.len()..)?;
        let part = match param.member(part) {
            Some((_, spelt)) => spelt,
            None if part.is_empty() || param.members.is_empty() => part.into(),
            None => return None,
        };
        Some((param, format!("{}{part}", param.name)))
    }

    /// Verb and noun as they are typed: `list users`.
    pub fn words(&self) -> String {
        let entry = Entry {
            name: self.name.clone(),
            asynchronous: self.asynchronous,
        };
        format!("{} {}", entry.verb(), entry.noun())
            .trim_end()
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn param(name: &str, members: &[&str]) -> Param {
        let members = members.iter().map(|name| param(name, &[]));
        Param {
            name: name.into(),
            members: members.collect(),
            ..Param::default()
        }
    }

    #[test]
    fn parts_are_found_in_any_case_with_the_numbers_that_were_typed() {
        let api = Api {
            params: vec![
                param("details", &[]),
                param("iptonetworklist", &["[0].networkid", "[0].ip"]),
                param("networkInterfaceList", &[".1.subnetNo", ".1.groupNoList.1"]),
                param("Placement.AvailabilityZone", &[]),
                Param {
                    kind: PARTS.into(),
                    ..param("Filter", &[".instance-state-name", ".1.Name"])
                },
            ],
            ..Api::default()
        };
        let spelt = |typed: &str| api.spelt(typed).map(|(_, spelt)| spelt);
        for (typed, expected) in [
            ("DETAILS[0].Cpu", Some("details[0].Cpu")),
            (
                "ipToNetworkList[12].networkID",
                Some("iptonetworklist[12].networkid"),
            ),
            (
                "networkinterfacelist.3.subnetno",
                Some("networkInterfaceList.3.subnetNo"),
            ),
            (
                "networkinterfacelist.3.groupnolist.20",
                Some("networkInterfaceList.3.groupNoList.20"),
            ),
            (
                "placement.availabilityzone",
                Some("Placement.AvailabilityZone"),
            ),
            ("networkinterfacelist", Some("networkInterfaceList")),
            (
                "filter.Instance-State-Name",
                Some("Filter.instance-state-name"),
            ),
            ("filter.2.name", Some("Filter.2.Name")),
            ("filter", None),
            ("networkinterfacelist.x.subnetno", None),
            ("networkinterfacelist.3.nothing", None),
            ("iptonetworklist[].ip", None),
            ("iptonetworklist[0].ip6", None),
            ("placement.é", None),
            ("details.1", None),
        ] {
            assert_eq!(spelt(typed).as_deref(), expected, "{typed}");
        }
    }
}
