//! What Tab offers: a line and a cursor in, the ways to go on out, with the files of this machine and the values of the cloud.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::builtin::{self, Known};
use super::candidates::{Beyond, Match, Offer, Typed, candidates, files, printable, ranked};
use super::complete::{Completion, Wanted, complete, variables};
use super::files::paths;
use super::session::{Session, language, line_words};
use super::values::{List, Values};
use crate::catalog::Catalog;
use crate::cloud::listing::{Choice, Listing};
use crate::cloud::{Dialect, Request};
use crate::config::settings;
use crate::error::Result;
use crate::line::check::is_uuid;
use crate::line::words::split_open;

/// How long Tab holds the line for an answer of the cloud.
pub const PATIENCE: Duration = Duration::from_millis(170);
/// How long an answer may be on its way that nobody waits for.
const LIMIT: Duration = Duration::from_secs(15);
/// Of so many letters no two uuids have the same at their beginnings, as they are random.
const TELLING: usize = 8;

/// The ways to go on from the cursor. `until` is when values of the cloud are waited for no longer, and `width` the terminal's.
/// An error is why the cloud gives no values, where there is nothing to offer.
pub fn offer(
    line: &str,
    position: usize,
    catalog: &Catalog,
    known: &Known,
    until: Instant,
    width: usize,
) -> Result<Offer> {
    let mut completion = variables::complete(line, position, &known.variables)
        .unwrap_or_else(|| known_without_asking(line, position, catalog, known));
    label_jobs(&mut completion, line, known);
    if let Some((start, path)) = path_of_script(line, position) {
        return Ok(Offer {
            start,
            candidates: files("", paths(&path)),
            ..Offer::default()
        });
    }
    let Some(wanted) = &completion.wanted else {
        return Ok(Offer {
            start: completion.start,
            candidates: completion.candidates,
            ..Offer::default()
        });
    };
    if let Some(lead) = wanted.of_file() {
        let path = wanted.prefix.strip_prefix(lead).unwrap_or_default();
        return Ok(Offer {
            start: completion.start,
            candidates: files(&format!("{}={lead}", wanted.param), paths(path)),
            ..Offer::default()
        });
    }
    let question = Question {
        wanted,
        catalog,
        known,
        dialect: &*(known.kind.dialect)(),
        until,
    };
    let offer = question.offer(width)?;
    Ok(Offer {
        start: completion.start,
        ..offer
    })
}

/// The path that is typed after `source` or `test`, and where its word begins.
fn path_of_script(line: &str, position: usize) -> Option<(usize, String)> {
    let typed = line.get(..position)?;
    let (split, _) = split_open(typed);
    let (first, rest) = split.words.split_first()?;
    let takes_paths = ["source", "test"].contains(&first.text.as_str());
    if !takes_paths || first.span.end == position || split.pipe.is_some() || split.comment.is_some()
    {
        return None;
    }
    match rest.last().filter(|last| last.span.end == position) {
        Some(last) if last.text.starts_with(['-', '$']) => None,
        Some(last) => Some((last.span.start, last.text.clone())),
        None => Some((position, String::new())),
    }
}

fn known_without_asking(
    line: &str,
    position: usize,
    catalog: &Catalog,
    known: &Known,
) -> Completion {
    let names = builtin::names(known.kind);
    let settings = line_words();
    let language = language(catalog, &names, &settings);
    let words = |name: &str, given: &[&str]| {
        builtin::find(name).map_or(Vec::new(), |found| (found.words)(known, given))
    };
    complete(line, position, &language, &words, &setting_values)
}

/// Says of the numbers that `jobs` takes which calls they are.
fn label_jobs(completion: &mut Completion, line: &str, known: &Known) {
    if line.split_ascii_whitespace().next() != Some("jobs") {
        return;
    }
    for candidate in &mut completion.candidates {
        let jobs = known.jobs().iter();
        let job = jobs
            .clone()
            .find(|job| job.id.to_string() == candidate.value);
        if let Some(job) = job {
            let label = format!("{}  {}", job.api, job.state.name());
            candidate.label = printable(&label);
            candidate.display = format!("{}  {}", candidate.value, candidate.label);
        }
    }
}

/// The values of a parameter, wanted of the cloud.
struct Question<'a> {
    wanted: &'a Wanted,
    catalog: &'a Catalog,
    known: &'a Known,
    dialect: &'a dyn Dialect,
    until: Instant,
}

impl Question<'_> {
    fn offer(&self, width: usize) -> Result<Offer> {
        let wanted = self.wanted;
        let typed = Typed::of(&wanted.prefix, wanted.is_list());
        let mut choices = self.jobs();
        let mut lists = Vec::new();
        let listing = self.listing(&wanted.param, &self.given());
        if let (Some(values), Some(listing)) = (&self.known.values, listing) {
            match self.lists(values, &listing, &typed) {
                Err(error) if choices.is_empty() => return Err(error),
                came => lists = came.unwrap_or_default(),
            }
        }
        let own = !choices.is_empty();
        for choice in lists.iter().flat_map(|list| &list.choices) {
            if !choices.iter().any(|known| known.value == choice.value) {
                choices.push(choice.clone());
            }
        }
        let (found, how) = ranked(&choices, &typed);
        let sure = (own && lists.is_empty()) || is_sure(&lists, how, is_begun_id(&found, &typed));
        let beyond = beyond(&lists, &typed, found.len(), sure);
        Ok(Offer {
            candidates: candidates(&wanted.param, &typed, &found, width),
            keeps: true,
            beyond,
            ..Offer::default()
        })
    }

    fn listing(&self, param: &str, given: &[(String, String)]) -> Option<Listing> {
        let api = &self.wanted.api;
        let listing = self.dialect.listing(self.catalog, api, param, given)?;
        listing.missing.is_empty().then_some(listing)
    }

    /// What is typed already and may narrow the list: ids in place of names, and nothing that only sending makes a value of.
    fn given(&self) -> Vec<(String, String)> {
        let mut given: Vec<(String, String)> = Vec::new();
        for (param, value) in &self.wanted.given {
            let typed = Typed::of(value, false);
            let value = match typed.by_name {
                true => self.id_of(param, typed.text, &given),
                false => Some(value.clone()).filter(|value| !value.starts_with(['@', '$'])),
            };
            given.extend(value.map(|value| (param.clone(), value)));
        }
        given
    }

    /// The id of the one thing of that name.
    fn id_of(&self, param: &str, name: &str, given: &[(String, String)]) -> Option<String> {
        let listing = self.listing(param, given)?;
        let values = self.known.values.as_ref()?;
        let list = values.list(&listing, None, self.until)?.ok()?;
        let mut named = list
            .choices
            .iter()
            .filter(|choice| choice.labels.iter().any(|label| label == name));
        let found = named.next()?;
        named.next().is_none().then(|| found.value.clone())
    }

    /// The list as far as it came: its first page and, where that is not all and something is typed, what the server finds.
    fn lists(
        &self,
        values: &Arc<Values>,
        listing: &Listing,
        typed: &Typed<'_>,
    ) -> Result<Vec<Arc<List>>> {
        let first = values.list(listing, None, self.until).transpose()?;
        let Some(first) = first else {
            return Ok(Vec::new());
        };
        let narrow = !first.is_whole() && listing.keyword && !typed.text.is_empty();
        let mut lists = vec![first];
        if narrow && let Some(Ok(found)) = values.list(listing, Some(typed.text), self.until) {
            lists.push(found);
        }
        Ok(lists)
    }

    /// The jobs of the ledger, where it is a job's id that is wanted.
    fn jobs(&self) -> Vec<Choice> {
        let is = |name: &String| name.eq_ignore_ascii_case(&self.wanted.param);
        let jobs = self.known.jobs().iter();
        jobs.filter_map(|job| {
            let id = job.job.clone()?;
            let request = Request {
                api: job.api.clone(),
                params: job.params.clone(),
            };
            let ask = self.dialect.ask(&request, &id);
            if ask.api != self.wanted.api.name || !ask.params.iter().any(|(name, _)| is(name)) {
                return None;
            }
            Some(Choice {
                value: id,
                labels: vec![job.api.clone()],
                state: Some(job.state.name().into()),
                zone: None,
            })
        })
        .collect()
    }
}

/// Whether there is nothing else that matches as well, as far as lists can tell: a server finds what has the text in its name.
/// `by_id` is whether what is typed is so much of an id that no other begins with it.
fn is_sure(lists: &[Arc<List>], how: Match, by_id: bool) -> bool {
    match lists {
        [] => false,
        [first] => first.is_whole(),
        [.., found] if found.choices.is_empty() => found.is_whole() && by_id,
        [.., found] => found.is_whole() && how < Match::Subsequence,
    }
}

/// Whether the one choice is found by so long a beginning of its id that nothing else has it.
fn is_begun_id(found: &[&Choice], typed: &Typed<'_>) -> bool {
    let begun = |choice: &&Choice| {
        let start = choice.value.get(..typed.text.len());
        is_uuid(&choice.value) && start.is_some_and(|start| start.eq_ignore_ascii_case(typed.text))
    };
    !typed.by_name && typed.text.len() >= TELLING && found.len() == 1 && found.iter().all(begun)
}

fn beyond(lists: &[Arc<List>], typed: &Typed<'_>, found: usize, sure: bool) -> Beyond {
    match (sure, lists) {
        (true, _) | (false, []) => Beyond::Nothing,
        (false, [first]) if typed.text.is_empty() => Beyond::More(first.of.saturating_sub(found)),
        (false, [_, narrowed, ..]) if narrowed.of > found => Beyond::More(narrowed.of - found),
        (false, [first, ..]) => Beyond::Unseen {
            seen: first.seen,
            of: first.of,
        },
    }
}

impl Session {
    /// What completion may know while the next line is typed.
    pub fn known(&mut self) -> Known {
        let mut known = Known::of(self);
        if self.resolved.bool("paramcompletion") {
            // Without a way to the cloud there are no values.
            let source = self.value_source(LIMIT, false).ok().flatten();
            self.values.ask_at(source);
            known.values = Some(self.values.clone());
        }
        known
    }

    /// The same for somebody who waits for the cloud's answers, each so long at most.
    pub fn known_asking(&mut self, limit: Duration) -> Result<Known> {
        let mut known = Known::of(self);
        if self.resolved.bool("paramcompletion") {
            let source = self.value_source(limit, true)?;
            self.values.ask_at(source);
            known.values = Some(self.values.clone());
        }
        Ok(known)
    }
}

/// The values that a setting can have, where they can be listed.
pub fn setting_values(name: &str) -> Vec<String> {
    let words: &[&str] = match settings::find(name).map(|setting| &setting.kind) {
        None if name == "count" => &["true", "false"],
        Some(settings::Kind::Bool) => &["true", "false"],
        Some(settings::Kind::Choice(words)) => words,
        _ => &[],
    };
    words.iter().map(ToString::to_string).collect()
}
