//! Names looked up in the cloud where ids are wanted, before a call is sent.

use std::collections::HashSet;
use std::sync::Arc;

use super::refused::told_apart;
use super::session::Session;
use crate::catalog::{Api, Catalog};
use crate::client::{Client, Options, interrupted, pages};
use crate::cloud::listing::{Choice, Listing};
use crate::cloud::{Outcome, Request};
use crate::error::{Error, Result};
use crate::line::byname::{Part, has_name, is_list, parts, takes_ids};
use crate::line::command::Call;
use crate::line::nearest::{did_you_mean, nearest};
use crate::line::shown;
use crate::line::words::quote;

/// How many of several things of one name are shown.
const MOST: usize = 10;

/// What stands for a name while it is not known which thing it means.
const SOME_ID: &str = "0";

impl Session {
    /// The parameters with ids in place of the names for them (`zoneid=name:devcloud`). A name that no thing has, or more
    /// than one, is an error, and nothing is sent. The values of those in `data` came from variables and name nothing.
    pub(super) fn by_id(
        &mut self,
        call: &Call,
        mut params: Vec<(String, String)>,
        data: &[String],
        client: &Arc<Client>,
        options: &Options,
    ) -> Result<Vec<(String, String)>> {
        let Some(api) = call.api.clone().filter(|_| call.checked) else {
            return Ok(params);
        };
        let catalog = self.known_catalog();
        let mut named: Vec<usize> = (0..params.len())
            .filter(|at| !data.contains(&params[*at].0))
            .filter(|at| is_named(&catalog, client, &api, &params, *at))
            .collect();
        while !named.is_empty() {
            // What others on the line narrow comes after them.
            let next = named
                .iter()
                .position(|at| stands_alone(&catalog, client, &api, &params, &named, *at));
            let at = named.remove(next.unwrap_or(0));
            let (param, value) = params[at].clone();
            let lookup = Lookup {
                api: &api,
                param: &param,
                params: &params,
                client,
                options,
            };
            params[at].1 = self.looked_up(&lookup, &value)?;
        }
        Ok(params)
    }

    /// A value with ids in place of the names in it.
    fn looked_up(&mut self, lookup: &Lookup, value: &str) -> Result<String> {
        let parts = parts(value, lookup.is_list()).map_err(|why| lookup.unsent(value, &why))?;
        let mut ids = Vec::new();
        for part in parts {
            ids.push(match part {
                Part::Id(id) => id,
                Part::Name(name) => self.id_of(lookup, &name)?,
            });
        }
        Ok(ids.join(","))
    }

    fn id_of(&mut self, lookup: &Lookup, name: &str) -> Result<String> {
        let typed = format!("name:{name}");
        let catalog = self.known_catalog();
        let Some(listing) = lookup.listing(&catalog) else {
            let why = "no list is known of what it takes, so that no name can be looked up";
            return Err(lookup.unsent(&typed, why).hint("give the id"));
        };
        if !listing.missing.is_empty() {
            let why = format!(
                "names are looked up with {}, which needs {}",
                listing.request.api,
                listing.missing.join(", ")
            );
            return Err(lookup.unsent(&typed, &why).hint("give the id"));
        }
        let mut request = listing.request.clone();
        if listing.keyword {
            request.params.push(("keyword".into(), name.into()));
        }
        let mut all = self.asked(lookup, &typed, &listing, request, true)?;
        // A keyword is not looked for in everything that a thing is known by. What the cloud gives at once of the list
        // has to do to find nothing, for a name that there is not would have the whole of a large one fetched; one that is
        // there may be there again.
        if of_name(name, &all.choices).is_empty() && listing.keyword {
            all = self.asked(lookup, &typed, &listing, listing.request.clone(), false)?;
            if !all.whole && !of_name(name, &all.choices).is_empty() {
                all = self.asked(lookup, &typed, &listing, listing.request.clone(), true)?;
            }
        }
        match &of_name(name, &all.choices)[..] {
            [one] => Ok(one.value.clone()),
            [] => Err(lookup.nobody(name, &line_of(&catalog, &listing), &all)),
            several => Err(lookup.several(name, several)),
        }
    }

    /// What the list has, or why what was typed could not be looked up.
    fn asked(
        &mut self,
        lookup: &Lookup,
        typed: &str,
        listing: &Listing,
        request: Request,
        whole: bool,
    ) -> Result<Listed> {
        let list = request.api.clone();
        let asked = self.choices(listing, request, whole, lookup.client, lookup.options);
        asked.map_err(|error| {
            let dialect = lookup.client.dialect();
            let catalog = self.known_catalog();
            let own = dialect.ships();
            let mut error = told_apart(error, &list, &catalog, own, || dialect.shipped().ok());
            error.message = format!(
                "`{}` could not be looked up, and {} was not sent: {}",
                lookup.word(typed),
                lookup.api.name,
                error.message
            );
            error.of(&list)
        })
    }

    /// The values in the list, each once; not `whole`, in as much of it as the cloud gives at once.
    pub(super) fn choices(
        &mut self,
        listing: &Listing,
        request: Request,
        whole: bool,
        client: &Arc<Client>,
        options: &Options,
    ) -> Result<Listed> {
        let list = self.known_catalog().api(&request.api)?;
        let options = Options {
            types: self.types(list.as_deref()),
            custom: None,
            ..options.clone()
        };
        let (caller, what, on) = (client.clone(), request.api.clone(), listing.paged && whole);
        let answer = self.on_network(
            client,
            move || what.clone(),
            |mut interrupt| async move {
                let whole = async {
                    match caller.fetch(&request, &options).await? {
                        Outcome::Done(first) if on && caller.pages(&request) => {
                            let all =
                                pages::complete(&caller, &request, &options, first, |_, _| ());
                            Ok(all.await?.answer)
                        }
                        Outcome::Done(answer) | Outcome::Started { answer, .. } => Ok(answer),
                    }
                };
                tokio::select! {
                    answer = whole => answer,
                    () = interrupt.pressed() => Err(interrupted(&request, true)),
                }
            },
        )??;
        let total = client.total(&answer);
        let whole = total.is_none_or(|total| total <= answer.rows.len());
        let mut choices: Vec<Choice> = Vec::new();
        for row in answer.records() {
            choices.extend(listing.choices([&row]));
        }
        // A thing may have a row for each of its places.
        let mut seen = HashSet::new();
        choices.retain(|choice| seen.insert(choice.value.clone()));
        Ok(Listed { choices, whole })
    }
}

/// What a list has.
pub struct Listed {
    pub choices: Vec<Choice>,
    /// Whether it is all of the list.
    pub whole: bool,
}

/// A name that is looked up: for which parameter of which call.
struct Lookup<'a> {
    api: &'a Api,
    param: &'a str,
    params: &'a [(String, String)],
    client: &'a Arc<Client>,
    options: &'a Options,
}

impl Lookup<'_> {
    fn listing(&self, catalog: &Catalog) -> Option<Listing> {
        let dialect = self.client.dialect();
        dialect.listing(catalog, self.api, self.param, self.params)
    }

    fn is_list(&self) -> bool {
        let declared = self.api.param(self.param);
        is_list(self.param, declared.map_or("", |param| &param.kind))
    }

    fn word(&self, value: &str) -> String {
        format!("{}={}", self.param, shown(value))
    }

    fn unsent(&self, value: &str, why: &str) -> Error {
        let (words, word) = (self.api.words(), self.word(value));
        Error::line(format!("`{words}` was not sent: `{word}`: {why}"))
    }

    /// `list` is the line that lists what was looked through.
    fn nobody(&self, name: &str, list: &str, listed: &Listed) -> Error {
        let all = &listed.choices;
        let why = match (all.is_empty(), listed.whole) {
            (true, _) => format!("`{list}` has nothing in it"),
            (false, true) => format!("`{list}` has nothing of that name"),
            (false, false) => format!(
                "`{list}` has nothing of that name by its keyword, nor among its first {}",
                all.len()
            ),
        };
        let error = self.unsent(&format!("name:{name}"), &why);
        let labels = all.iter().flat_map(|choice| &choice.labels);
        match did_you_mean(&nearest(name, labels.map(|label| shown(label)), 4)) {
            Some(question) => error.hint(question),
            None if all.is_empty() => error,
            None => error.hint(format!("`{list}` shows what there is")),
        }
    }

    fn several(&self, name: &str, found: &[&Choice]) -> Error {
        let mut why = format!("{} have that name:", found.len());
        for choice in found.iter().take(MOST) {
            why += &format!("\n  {}", shown(&choice.value));
            let known = [
                Some(choice.label().to_string()),
                choice.state.clone(),
                choice.zone.clone(),
            ];
            for part in known.into_iter().flatten() {
                why += &format!("  {}", shown(&part));
            }
        }
        if found.len() > MOST {
            why += &format!("\n  and {} more", found.len() - MOST);
        }
        let error = self.unsent(&format!("name:{name}"), &why);
        error.hint("give the id of the one that is meant")
    }
}

/// The line that shows a list.
pub fn line_of(catalog: &Catalog, listing: &Listing) -> String {
    let name = &listing.request.api;
    let api = catalog.api(name).ok().flatten();
    let mut line = api.map_or(name.clone(), |api| api.words());
    for (name, value) in &listing.request.params {
        line += &format!(" {}", quote(&format!("{name}={value}")));
    }
    line
}

/// What is called so exactly, or else in another case.
fn of_name<'c>(name: &str, choices: &'c [Choice]) -> Vec<&'c Choice> {
    let whose = |is: &dyn Fn(&str) -> bool| -> Vec<&'c Choice> {
        let labelled = |choice: &&Choice| choice.labels.iter().any(|label| is(label));
        choices.iter().filter(labelled).collect()
    };
    let exact = whose(&|label| label == name);
    if !exact.is_empty() {
        return exact;
    }
    let lower = name.to_lowercase();
    whose(&|label| label.to_lowercase() == lower)
}

/// Whether a parameter has a name to be looked up in its value. Text that only begins so goes as it is: that of parameters
/// that take no ids, and of those that take ids of no list.
fn is_named(
    catalog: &Catalog,
    client: &Client,
    api: &Api,
    params: &[(String, String)],
    at: usize,
) -> bool {
    let (param, value) = &params[at];
    let Some(declared) = api.param(param).filter(|_| has_name(value)) else {
        return false;
    };
    let listing = || client.dialect().listing(catalog, api, param, params);
    let listed = || listing().is_some_and(|listing| listing.value != "name");
    if param.contains("].") {
        return listed();
    }
    let certain = declared.kind.eq_ignore_ascii_case("uuid") || declared.name.ends_with("ids");
    certain || (takes_ids(&declared.name, &declared.kind) && listed())
}

/// Whether what the other names mean would not change where this one is looked for.
fn stands_alone(
    catalog: &Catalog,
    client: &Client,
    api: &Api,
    params: &[(String, String)],
    named: &[usize],
    at: usize,
) -> bool {
    let mut supposed = params.to_vec();
    for other in named.iter().filter(|other| **other != at) {
        supposed[*other].1 = SOME_ID.into();
    }
    let dialect = client.dialect();
    let param = &params[at].0;
    dialect.listing(catalog, api, param, params) == dialect.listing(catalog, api, param, &supposed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(value: &str, labels: &[&str]) -> Choice {
        Choice {
            value: value.into(),
            labels: labels.iter().map(|label| label.to_string()).collect(),
            ..Choice::default()
        }
    }

    #[test]
    fn a_name_is_taken_exactly_and_only_then_in_any_case() {
        let choices = [
            choice("1", &["web", "Front"]),
            choice("2", &["WEB"]),
            choice("3", &["db"]),
        ];
        let found = |name: &str| -> Vec<String> {
            let found = of_name(name, &choices);
            found.iter().map(|choice| choice.value.clone()).collect()
        };
        assert_eq!(found("web"), ["1"]);
        assert_eq!(found("WEB"), ["2"]);
        assert_eq!(found("Web"), ["1", "2"]);
        assert_eq!(found("front"), ["1"]);
        assert_eq!(found("we"), Vec::<String>::new());
    }
}
