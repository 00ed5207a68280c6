//! Whole lists: a server stops an unpaged list at its own page size in silence, and only the count tells.

use std::collections::HashSet;

use super::{Client, Options};
use crate::cloud::{Outcome, Request};
use crate::error::Result;
use crate::record::answer::Answer;
use crate::record::{Value, json};

/// Pages of a list that never comes to its end; no cloud has so many things.
const MOST_PAGES: usize = 100_000;

/// A list with all its rows, and what there is to say about how it came together.
pub struct Whole {
    pub answer: Answer,
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
    let size = first.rows.len();
    let Some(total) = client
        .total(&first)
        .filter(|total| *total > size && size > 0)
    else {
        return Ok(Whole {
            answer: first,
            notes: Vec::new(),
        });
    };
    // Paged and unpaged lists may differ in order, so the first rows come again with the first page.
    let mut whole = Gathered::new(total);
    for number in 1..=MOST_PAGES {
        let asked = client.page(request, number, size);
        let Outcome::Done(page) = client.fetch(&asked, options).await? else {
            break;
        };
        whole.total = client.total(&page).unwrap_or(whole.total);
        let full = page.rows.len() >= size;
        let fresh = whole.add(page.rows);
        seen(whole.rows.len(), whole.total);
        if whole.rows.len() >= whole.total || !full {
            break;
        }
        if fresh == 0 {
            whole.stuck = true;
            break;
        }
    }
    Ok(whole.into_whole(first, size))
}

struct Gathered {
    rows: Vec<Value>,
    keys: HashSet<String>,
    /// What the server said at first and says now.
    announced: usize,
    total: usize,
    repeats: usize,
    /// The server gave a page again, whole.
    stuck: bool,
}

impl Gathered {
    fn new(total: usize) -> Gathered {
        Gathered {
            rows: Vec::new(),
            keys: HashSet::new(),
            announced: total,
            total,
            repeats: 0,
            stuck: false,
        }
    }

    /// Keeps the rows that are not there yet and tells how many those were.
    fn add(&mut self, rows: Vec<Value>) -> usize {
        let before = self.rows.len();
        let came = rows.len();
        for row in rows {
            if self.keys.insert(key(&row)) {
                self.rows.push(row);
            }
        }
        let fresh = self.rows.len() - before;
        self.repeats += came - fresh;
        fresh
    }

    fn into_whole(self, first: Answer, size: usize) -> Whole {
        // An API that ignores pages gives the same rows again: then the first answer is all there is to have.
        if self.stuck && self.rows.len() <= size {
            let note = format!(
                "the cloud counts {} rows and gives {size}, the same on every page",
                self.total
            );
            return Whole {
                answer: first,
                notes: vec![note],
            };
        }
        let mut notes = Vec::new();
        if self.total != self.announced || self.repeats > 0 {
            notes.push(format!(
                "the list changed while it was read: {} rows were announced at first and {} at the end, {} came twice",
                self.announced, self.total, self.repeats
            ));
        }
        if self.rows.len() < self.total {
            notes.push(format!(
                "the cloud counts {} rows and gave {}",
                self.total,
                self.rows.len()
            ));
        }
        let mut answer = first;
        answer.rows = self.rows;
        for (name, value) in &mut answer.head.fields {
            if &**name == "count" {
                *value = Value::Number(answer.rows.len().to_string());
            }
        }
        Whole { answer, notes }
    }
}

/// What tells a row from others: its id, or all of it where it has none.
fn key(row: &Value) -> String {
    let id = row.as_record().and_then(|record| record.text("id"));
    id.unwrap_or_else(|| {
        let mut text = Vec::new();
        // Writing into memory does not fail.
        let _ = json::compact(row, &mut text);
        String::from_utf8(text).unwrap_or_default()
    })
}
