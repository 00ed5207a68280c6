//! The list call whose rows are what a parameter means: by the table in lists.txt, else by names, else by what the catalogue
//! says is related. In come the parameter and what was typed, out comes the call with as much of that as narrows it.

mod narrow;
mod table;

use std::sync::Arc;

use self::table::{Line, member};
use crate::catalog::{Api, Catalog};
use crate::cloud::Request;
use crate::cloud::listing::Listing;
use crate::line::byname::has_name;

/// The fields that name a thing.
const NAMES: [&str; 2] = ["name", "displayname"];

/// The fields by which people know a thing that has no name, best first.
const LABELS: [&str; 11] = [
    "displaytext",
    "username",
    "description",
    "ipaddress",
    "publicip",
    "osdisplayname",
    "hypervisor",
    "hostname",
    "startip",
    "rule",
    "cmd",
];

/// The fields that tell how a thing is, best first.
const STATES: [&str; 5] = [
    "state",
    "status",
    "resourcestate",
    "allocationstate",
    "jobstatus",
];

/// Lists that answer a row by another parameter than the one that is called as the row's field.
const BY_VALUE: [(&str, &str); 3] = [
    ("listNics", "nicid"),
    ("listVMSnapshot", "vmsnapshotid"),
    ("listSslCerts", "certid"),
];

/// `more` are lines as in lists.txt that come before its own.
pub fn listing(
    more: &'static str,
    catalog: &Catalog,
    api: &Api,
    param: &str,
    given: &[(String, String)],
) -> Option<Listing> {
    // A name or a file that is still to be looked into narrows nothing.
    let given: Vec<&(String, String)> = given
        .iter()
        .filter(|(_, value)| !(value.is_empty() || has_name(value) || value.starts_with('@')))
        .collect();
    let sought = Sought {
        catalog,
        api,
        param,
        given: &given,
    };
    let (mut lacking, mut told) = (None, false);
    for line in table::lines(more) {
        if !line.fits(api, param, &given) {
            continue;
        }
        if line.list == "-" {
            return None;
        }
        told = true;
        let Some(list) = known(catalog, line.list) else {
            continue;
        };
        let listing = sought.by(&line, &list);
        if listing.missing.is_empty() {
            return Some(listing);
        }
        lacking.get_or_insert(listing);
    }
    lacking.or_else(|| sought.by_names(told))
}

/// The list of that name, or else the one with measurements that has the same rows.
fn known(catalog: &Catalog, list: &str) -> Option<Arc<Api>> {
    let named = |name: &str| catalog.api(name).ok().flatten();
    named(list).or_else(|| named(&format!("{list}Metrics")))
}

/// What a list is sought for.
struct Sought<'a> {
    catalog: &'a Catalog,
    api: &'a Api,
    param: &'a str,
    given: &'a [&'a (String, String)],
}

impl Sought<'_> {
    fn typed(&self, name: &str) -> Option<&str> {
        self.given
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The listing by a line of the table.
    fn by(&self, line: &Line, list: &Api) -> Listing {
        let has = |name: &str| list.param(name).is_some();
        let mut params: Vec<(String, String)> = Vec::new();
        let mut put = |name: &str, value: &str| {
            if has(name) && !params.iter().any(|(known, _)| known == name) {
                params.push((name.into(), value.into()));
            }
        };
        for (name, source) in &line.taken {
            if let Some(value) = self.typed(source) {
                put(name, value);
            }
        }
        for (name, value) in narrow::narrowing(self.api, self.param, list, self.given) {
            if !line.barred.contains(&name) {
                put(name, value);
            }
        }
        for (name, value) in &line.fixed {
            put(name, self.typed(name).unwrap_or(value));
        }
        // Without it a list has only what belongs to the caller.
        if has("listall") && !params.iter().any(|(name, _)| name == "account") {
            params.push(("listall".into(), "true".into()));
        }
        let missing = list
            .params
            .iter()
            .filter(|param| param.required && !params.iter().any(|(name, _)| *name == param.name))
            .map(|param| param.name.clone())
            .collect();
        let by_value = BY_VALUE
            .iter()
            .find(|(name, _)| *name == list.name)
            .map_or(line.value, |(_, by)| by);
        Listing {
            request: Request {
                api: list.name.clone(),
                params,
            },
            missing,
            keyword: has("keyword"),
            paged: has("page") && has("pagesize"),
            by_value: Some(by_value).filter(|by| line.within.is_empty() && has(by)),
            within: line.within.clone(),
            value: line.value,
            names: NAMES.into(),
            labels: LABELS.into(),
            states: STATES.into(),
        }
    }

    /// The listing of a parameter that no line of the table is about: a vendor's, or a later server's. Where one is and the
    /// cloud lacks the list (`told`), only a list of that very name will do: physical networks are no networks.
    fn by_names(&self, told: bool) -> Option<Listing> {
        let declared = self.api.param(self.param)?;
        let name = member(self.param).unwrap_or(&declared.name);
        let uuid = member(self.param).is_none() && declared.kind.eq_ignore_ascii_case("uuid");
        let singular = name.strip_suffix("ids").or_else(|| name.strip_suffix("id"));
        if !uuid && singular.is_none() {
            return None;
        }
        let list = match singular.unwrap_or(name) {
            "" if told => None,
            "" => self.by_noun(),
            thing if told => self.list_of(thing),
            thing => suffixes(thing).find_map(|thing| self.list_of(thing)),
        };
        let list = list.or_else(|| self.related(&declared.related).filter(|_| !told))?;
        let line = Line {
            fixed: match list.name.as_str() {
                "listTemplates" => vec![("templatefilter", "executable")],
                _ => Vec::new(),
            },
            value: "id",
            ..Line::default()
        };
        Some(self.by(&line, &list))
    }

    /// The list of what an API is about: `startFancyThing` and `changeColourOfFancyThing` are about fancy things.
    fn by_noun(&self) -> Option<Arc<Api>> {
        let words = self.api.words();
        let noun = words.split_once(' ')?.1;
        if self.api.name.starts_with("list") && has_id(self.api) {
            return self.catalog.api(&self.api.name).ok().flatten();
        }
        self.list_of(noun)
            .or_else(|| prefixes(noun).find_map(|thing| self.list_of(thing)))
            .or_else(|| suffixes(noun).find_map(|thing| self.list_of(thing)))
    }

    /// The list of things called so, whose rows have ids.
    fn list_of(&self, thing: &str) -> Option<Arc<Api>> {
        let stem = thing.strip_suffix('y').unwrap_or(thing);
        [
            format!("{thing}s"),
            format!("{stem}ies"),
            format!("{thing}es"),
            thing.to_string(),
        ]
        .iter()
        .find_map(|noun| self.catalog.find("list", noun).ok().flatten())
        .filter(|list| has_id(list))
    }

    fn related(&self, related: &str) -> Option<Arc<Api>> {
        let lists = related.split(',').filter(|name| name.starts_with("list"));
        let (metrics, plain): (Vec<&str>, Vec<&str>) =
            lists.partition(|name| name.ends_with("Metrics"));
        plain
            .into_iter()
            .chain(metrics)
            .find_map(|name| self.catalog.api(name).ok().flatten())
    }
}

/// The shortest word that is taken for the name of a thing.
const SHORTEST: usize = 3;

/// `sourcezone`, `ourcezone` … `one`
fn suffixes(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices()
        .filter_map(|(at, _)| text.get(at..))
        .filter(|part| part.len() >= SHORTEST)
}

/// `zonestate`, `zonestat` … `zon`
fn prefixes(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices()
        .rev()
        .filter_map(|(at, _)| text.get(..at))
        .filter(|part| part.len() >= SHORTEST)
}

/// Whether the rows of a list have ids, as far as the catalogue tells.
fn has_id(list: &Api) -> bool {
    list.response.is_empty() || list.response.iter().any(|field| field.name == "id")
}

#[cfg(test)]
mod tests;
