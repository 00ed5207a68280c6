//! The list call whose rows are what a parameter means: by the table in lists.txt, else by names, else by what the catalogue
//! says is related.

use crate::catalog::{Api, Catalog};
use crate::cloud::Request;
use crate::cloud::listing::Listing;

/// The fields by which people know a thing, best first.
const LABELS: [&str; 7] = [
    "name",
    "displayname",
    "displaytext",
    "username",
    "description",
    "ipaddress",
    "publicip",
];

const STATES: [&str; 4] = ["state", "status", "resourcestate", "allocationstate"];

pub fn listing(
    catalog: &Catalog,
    api: &Api,
    param: &str,
    given: &[(String, String)],
) -> Option<Listing> {
    let base = param.trim_end_matches("ids").trim_end_matches("id");
    let words = api.words();
    let noun = match base {
        "" => words.split(' ').nth(1)?,
        base => base,
    };
    let list = [
        format!("{noun}s"),
        noun.to_string(),
        format!("{noun}es"),
        format!("{}ies", noun.strip_suffix('y').unwrap_or(noun)),
    ]
    .iter()
    .find_map(|nouns| catalog.find("list", nouns).ok().flatten())?;
    let has = |name: &str| list.param(name).is_some();
    let mut params: Vec<(String, String)> = Vec::new();
    if list.name == "listTemplates" {
        params.push(("templatefilter".into(), "executable".into()));
    }
    if has("listall") {
        params.push(("listall".into(), "true".into()));
    }
    let zone = given.iter().find(|(name, _)| name == "zoneid");
    params.extend(zone.filter(|_| has("zoneid")).cloned());
    Some(Listing {
        request: Request {
            api: list.name.clone(),
            params,
        },
        missing: Vec::new(),
        keyword: has("keyword"),
        paged: has("page") && has("pagesize"),
        by_value: Some("id").filter(|id| has(id)),
        within: Vec::new(),
        value: "id",
        labels: LABELS.into(),
        states: STATES.into(),
    })
}
