//! Whole lists: a server stops an unpaged list at its own page size in silence, and only the count tells.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use tokio::sync::mpsc::Sender;

use super::{Client, Options};
use crate::cloud::{Outcome, Request};
use crate::error::{Error, Result};
use crate::record::Name;
use crate::record::answer::Answer;
use crate::record::rows::{Row, Rows};

/// Pages of a list that never comes to its end; no cloud has so many things.
const MOST_PAGES: usize = 100_000;

/// A list with all its rows, and what there is to say about how it came together.
pub struct Whole {
    pub answer: Answer,
    /// How many rows the cloud counts, where it does.
    pub total: Option<usize>,
    pub notes: Vec<String>,
}

/// Fetches what `first`, the answer to an unpaged request, left out. `seen` is told how many rows of how many are there.
pub async fn complete(
    client: &Client,
    request: &Request,
    options: &Options,
    first: Answer,
    seen: impl Fn(usize, usize),
) -> Result<Whole> {
    match Pages::after(client, request, &first, None) {
        Some(pages) => pages.gather(client, options, first, seen).await,
        None => Ok(Whole {
            total: client.total(&first),
            answer: first,
            notes: Vec::new(),
        }),
    }
}

/// What comes of a list that is fetched page by page.
pub enum Step {
    /// Rows, and how many the cloud counts.
    Page(Rows, usize),
    /// All is there; what there is to say about how it came together.
    End(Vec<String>),
    Failed(Error),
}

/// Fetches page after page and sends each; none is fetched before the last but one was taken.
pub async fn send(client: &Client, options: &Options, mut pages: Pages, sender: &Sender<Step>) {
    // Without a receiver nobody wants more.
    while let Ok(permit) = sender.reserve().await {
        match pages.next(client, options).await {
            Ok(Some(rows)) => permit.send(Step::Page(rows, pages.total)),
            Ok(None) => return permit.send(Step::End(pages.notes())),
            Err(error) => return permit.send(Step::Failed(error)),
        }
    }
}

/// The pages of a list, fetched one after another.
pub struct Pages {
    request: Request,
    /// How many rows a page has.
    size: usize,
    /// The number of the last page that came; they begin with 1.
    number: usize,
    /// What the server said at first and says now.
    announced: usize,
    pub total: usize,
    /// How many rows were given out so far, and how many are wanted at most.
    pub given: usize,
    most: usize,
    /// What tells the rows given out from others.
    keys: HashSet<u64>,
    /// The field that is a row's id.
    id: Name,
    hasher: RandomState,
    repeats: usize,
    /// The server gave a page again, whole.
    stuck: bool,
    over: bool,
}

impl Pages {
    /// The pages of the list of which `first` is a part; nothing where it is the whole list, or has all the rows that are
    /// wanted.
    pub fn after(
        client: &Client,
        request: &Request,
        first: &Answer,
        most: Option<usize>,
    ) -> Option<Pages> {
        let size = first.rows.len();
        let total = client.total(first)?;
        // Paged and unpaged lists may differ in order, so the first rows come again with the first page.
        let most = most.unwrap_or(usize::MAX);
        (total > size && size > 0 && most > size).then(|| Pages {
            request: request.clone(),
            size,
            number: 0,
            announced: total,
            total,
            given: 0,
            most,
            keys: HashSet::new(),
            id: first.id.clone().unwrap_or_else(|| Name::from("id")),
            hasher: RandomState::new(),
            repeats: 0,
            stuck: false,
            over: false,
        })
    }

    /// Fetches all pages; their rows take the place of those of `first`, which had some of them.
    pub async fn gather(
        mut self,
        client: &Client,
        options: &Options,
        first: Answer,
        seen: impl Fn(usize, usize),
    ) -> Result<Whole> {
        let mut answer = Answer {
            rows: Rows::default(),
            ..first
        };
        while let Some(page) = self.next(client, options).await? {
            answer.rows.append(page);
            seen(self.given, self.total);
        }
        answer.recount();
        Ok(Whole {
            answer,
            total: Some(self.total),
            notes: self.notes(),
        })
    }

    /// Fetches the next page and gives those of its rows that were not there yet; nothing after the last.
    pub async fn next(&mut self, client: &Client, options: &Options) -> Result<Option<Rows>> {
        if self.over || self.number == MOST_PAGES {
            return Ok(None);
        }
        self.number += 1;
        let asked = client.page(&self.request, self.number, self.size);
        let Outcome::Done(page) = client.fetch(&asked, options).await? else {
            return Ok(None);
        };
        self.total = client.total(&page).unwrap_or(self.total);
        let mut rows = page.rows;
        let came = rows.len();
        self.drop_repeats(&mut rows);
        let new = rows.len();
        rows.truncate(self.most - self.given);
        self.given += rows.len();
        let full = came >= self.size;
        let whole = self.given >= self.total.min(self.most) || !full;
        self.stuck = !whole && rows.is_empty();
        if !self.stuck {
            self.repeats += came - new;
        }
        self.over = whole || self.stuck;
        Ok((!rows.is_empty()).then_some(rows))
    }

    /// Leaves out the rows that were on a page before. Templates have a row a zone, all of one id. Rows without an id may be
    /// equal and two things all the same, so that they are repeats only where the whole page is one.
    fn drop_repeats(&mut self, rows: &mut Rows) {
        let before: Vec<(bool, bool)> = rows.iter().map(|row| self.seen_before(&row)).collect();
        let again = before.iter().all(|(_, seen)| *seen);
        let mut before = before.into_iter();
        rows.retain(|_| {
            let (named, seen) = before.next().unwrap_or_default();
            !seen || !(named || again)
        });
    }

    /// Whether the row has an id, and whether it was on a page before.
    fn seen_before(&mut self, row: &Row) -> (bool, bool) {
        let mut hasher = self.hasher.build_hasher();
        let id = row.text(&self.id);
        let named = id.is_some();
        match id {
            Some(id) => (id, row.text("zoneid")).hash(&mut hasher),
            None => row.hash_all(&mut hasher),
        }
        (named, !self.keys.insert(hasher.finish()))
    }

    /// What there is to say about how the list came together.
    pub fn notes(&self) -> Vec<String> {
        let (total, given) = (self.total, self.given);
        // An API that ignores pages gives the same rows again: then those are all there is to have.
        if self.stuck && given <= self.size {
            return vec![format!(
                "the cloud counts {total} rows and gives {given}, the same on every page"
            )];
        }
        let mut notes = Vec::new();
        if total != self.announced || self.repeats > 0 {
            notes.push(format!(
                "the list changed while it was read: {} rows were announced at first and {total} at the end, {} came twice",
                self.announced, self.repeats
            ));
        }
        if given < total.min(self.most) {
            notes.push(format!("the cloud counts {total} rows and gave {given}"));
        }
        notes
    }
}
