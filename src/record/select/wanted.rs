//! The words of a line that say what of an answer is printed: read before anything is sent, and done to the answer in one
//! order: where, sort, limit, then exclude and filter, then query.

use std::sync::Arc;

use jiff::Timestamp;

use super::age::in_ages;
use super::condition::Condition;
use super::order::{self, By};
use super::path::Path;
use super::query::Query;
use super::{Sought, filter, paths};
use crate::catalog::Field;
use crate::error::{Error, Result};
use crate::record::answer::{Answer, Shape};
use crate::record::rows::{Change, Rows};
use crate::record::{Record, Value};

/// The words, which are no settings, in the order in which they are done.
pub const WORDS: &[&str] = &[
    "where", "sort", "limit", "exclude", "filter", "query", "count",
];

/// Forms that print a query's answer as the one document that it is.
const DOCUMENTS: &[&str] = &["json", "yaml", "xml", "raw"];

/// What a line wants printed of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    pub filter: Option<Vec<String>>,
    /// How many rows at most.
    pub limit: Option<usize>,
    /// Whether dates are told as how long ago they were.
    pub age: bool,
    exclude: Vec<Path>,
    conditions: Vec<Condition>,
    sort: Vec<By>,
    query: Option<Query>,
    /// Whether only the number of rows is wanted.
    count: bool,
}

impl Wanted {
    /// Takes a word of the line if it says what is wanted; an error where its value says nothing.
    pub fn take(&mut self, name: &str, value: &str) -> Result<bool> {
        match name.to_ascii_lowercase().as_str() {
            "filter" => self.filter = Some(paths(value)).filter(|paths| !paths.is_empty()),
            "exclude" => self.exclude = paths(value).iter().map(|path| Path::of(path)).collect(),
            "where" => self.conditions = Condition::all(value)?,
            "sort" => self.sort = By::all(value),
            "query" if value.trim().is_empty() => self.query = None,
            "query" => self.query = Some(Query::read(value)?),
            "limit" => match value.trim().parse() {
                Ok(most) if most > 0 => self.limit = Some(most),
                _ => {
                    return Err(Error::line(format!(
                        "limit: \"{value}\" is not a number of rows from 1"
                    )));
                }
            },
            "count" => {
                self.count = match value.trim().to_ascii_lowercase().as_str() {
                    "true" => true,
                    "false" => false,
                    _ => {
                        return Err(Error::line(format!(
                            "count: \"{value}\" is neither true nor false"
                        )));
                    }
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Refuses words that do not go together.
    pub fn check(&self) -> Result<()> {
        if self.count && self.query.is_some() {
            return Err(Error::line("count= and query= do not go together")
                .hint("a query counts with length(), as in query='length(virtualmachine)'"));
        }
        Ok(())
    }

    /// The names of the words that are in use.
    pub fn words(&self) -> Vec<&'static str> {
        let used = [
            ("filter", self.filter.is_some()),
            ("exclude", !self.exclude.is_empty()),
            ("where", self.picks()),
            ("sort", !self.sort.is_empty()),
            ("limit", self.limit.is_some()),
            ("query", self.query.is_some()),
            ("count", self.count),
            ("age", self.age),
        ];
        let used = used.into_iter().filter(|(_, used)| *used);
        used.map(|(word, _)| word).collect()
    }

    /// Whether rows are left out by what they say.
    pub fn picks(&self) -> bool {
        !self.conditions.is_empty()
    }

    /// Whether all rows must be there before one is printed, whatever the form is.
    pub fn gathers(&self) -> bool {
        !self.sort.is_empty() || self.query.is_some() || self.count
    }

    /// Whether rows that come first are printed first, so that no more are fetched than are printed.
    pub fn in_turn(&self) -> bool {
        self.sort.is_empty()
    }

    /// How many rows are fetched at most.
    pub fn fetched(&self) -> Option<usize> {
        self.limit.filter(|_| self.in_turn() && !self.picks())
    }

    /// Whether the one document that a query makes is printed in that form as it is.
    fn document(&self, form: &str) -> bool {
        DOCUMENTS.contains(&form)
    }

    /// Watches for fields that nobody knows; those of `filter` alone are left to who prints.
    pub fn sought(&self, fields: &[Field]) -> Sought {
        let conditions = self.conditions.iter().map(|condition| &condition.path);
        let sort = self.sort.iter().map(|by| &by.path);
        let mut sought: Vec<String> = Vec::new();
        let filtered = self.filter.iter().flatten().cloned();
        for path in conditions
            .chain(sort)
            .chain(&self.exclude)
            .map(|path| path.text.clone())
            .chain(filtered.filter(|_| self.query.is_some()))
        {
            if !sought.contains(&path) {
                sought.push(path);
            }
        }
        Sought::of(&sought, fields)
    }

    /// Leaves rows out that the conditions do not hold for.
    pub fn pick(&self, rows: &mut Rows) {
        if self.picks() {
            rows.retain(|row| self.conditions.iter().all(|condition| condition.holds(row)));
        }
    }

    /// Has rows read without what is excluded, and with ages for dates.
    pub fn shape(&self, rows: &mut Rows, now: Timestamp) {
        let (exclude, age) = (self.exclude.clone(), self.age);
        if exclude.is_empty() && !age {
            return;
        }
        let change: Change = Arc::new(move |mut row| {
            for path in &exclude {
                path.take_out(&mut row);
            }
            if age { in_ages(row, now) } else { row }
        });
        rows.change(&change);
    }

    /// Takes what is excluded out of the names that are to be columns.
    pub fn name(&mut self, columns: &mut Vec<String>) {
        if self.query.is_some() || self.count {
            columns.clear();
        }
        let out = |name: &String| {
            let mut exclude = self.exclude.iter();
            exclude.any(|path| path.text.eq_ignore_ascii_case(name))
        };
        columns.retain(|name| !out(name));
        if let Some(filter) = &mut self.filter {
            filter.retain(|name| !out(name));
        }
    }

    /// Whether with so many picked rows no more are looked at.
    pub fn enough(&self, rows: usize) -> bool {
        let limit = self.limit.filter(|_| self.in_turn() && self.picks());
        limit.is_some_and(|limit| rows >= limit)
    }

    /// Sorts picked rows, leaves out those over the limit, and tells how many there were; `counted` is what the cloud says
    /// of the rows where no condition left any out.
    pub fn arrange(&self, answer: &mut Answer, counted: Option<usize>) -> usize {
        let there = answer.rows.len();
        if answer.shape != Shape::List {
            return there;
        }
        if !self.sort.is_empty() {
            answer.rows = order::sort(&answer.rows, &self.sort);
        }
        let over = self.limit.filter(|limit| there >= *limit);
        if let Some(limit) = over {
            answer.rows.truncate(limit);
        }
        if over.is_some() || self.picks() {
            answer.recount();
        }
        let counted = counted.filter(|_| over.is_some() && !self.picks());
        counted.unwrap_or(there)
    }

    /// Picks from an answer that is there as a whole. One thing that is left out is an empty list.
    pub fn pick_from(&self, answer: &mut Answer) {
        if !self.picks() {
            return;
        }
        // A job that ended without a result is itself the row.
        if answer.rows.is_empty()
            && let Some(job) = answer.job.take()
        {
            answer.rows = vec![Value::Record(job)].into();
        }
        self.pick(&mut answer.rows);
        if answer.shape == Shape::Object && answer.rows.is_empty() {
            *answer = Answer {
                shape: Shape::List,
                ..Answer::default()
            };
        }
    }

    /// What is asked of the rows that are left: their number, or what the query makes of them in a form of that name.
    /// Afterwards nothing is left to be filtered.
    pub fn asked(&mut self, answer: Answer, form: &str) -> Result<Answer> {
        if self.count {
            self.filter = None;
            let rows = answer.rows.len();
            return Ok(single(Value::Number(rows.to_string())));
        }
        let Some(query) = &self.query else {
            return Ok(answer);
        };
        let found = query.of(&document(&answer, self.filter.take().as_deref()))?;
        Ok(match found {
            Value::List(items) if !self.document(form) => {
                let records = items.iter().all(|item| matches!(item, Value::Record(_)));
                Answer {
                    shape: if records { Shape::List } else { Shape::Object },
                    rows: items.into(),
                    ..Answer::default()
                }
            }
            // A query that finds nothing prints nothing.
            Value::Null if !self.document(form) => Answer::default(),
            found => single(found),
        })
    }
}

fn single(value: Value) -> Answer {
    Answer {
        rows: vec![value].into(),
        ..Answer::default()
    }
}

/// An answer as `json` prints it.
fn document(answer: &Answer, paths: Option<&[String]>) -> Value {
    let rows = answer.rows.values().map(|row| match paths {
        Some(paths) => Value::Record(filter(&row, paths)),
        None => row,
    });
    let mut whole = Record::default();
    match (answer.shape, &answer.name) {
        (Shape::List, name) => {
            whole.fields.clone_from(&answer.head.fields);
            if let Some(name) = name {
                whole.push(name.clone(), Value::List(rows.collect()));
            }
        }
        (Shape::Object, name) => {
            let mut rows = rows;
            let job = || answer.job.clone().map_or(Value::Null, Value::Record);
            let row = rows.next().unwrap_or_else(job);
            let Some(name) = name else { return row };
            whole.push(name.clone(), row);
        }
    }
    Value::Record(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json;

    const ANSWER: &str = r#"{"count":3,"vm":[{"id":"a","m":1.10,"t":"2013-04-10T10:00:00+0000"},
        {"id":"b","m":9,"t":"2013-04-09T10:00:00+0000"},{"id":"c"}]}"#;

    /// The rows and count that are left, and how many there were.
    fn left(words: &[(&str, &str)]) -> String {
        let mut wanted = Wanted::default();
        for (name, value) in words {
            assert!(wanted.take(name, value).unwrap());
        }
        wanted.check().unwrap();
        let mut answer = Answer::of(json::value(ANSWER));
        wanted.pick_from(&mut answer);
        let total = wanted.arrange(&mut answer, None);
        wanted.shape(&mut answer.rows, "2013-04-10T12:00:00Z".parse().unwrap());
        let answer = wanted.asked(answer, "json").unwrap();
        let mut out = Vec::new();
        json::compact(&document(&answer, None), &mut out).unwrap();
        format!("{} of {total}", String::from_utf8(out).unwrap())
    }

    #[test]
    fn words_are_done_in_their_order() {
        for (words, told) in [
            (
                &[("where", "m>1"), ("limit", "1"), ("exclude", "t")][..],
                r#"{"count":1,"vm":[{"id":"a","m":1.10}]} of 2"#,
            ),
            (
                &[("sort", "-m"), ("limit", "1"), ("exclude", "t")],
                r#"{"count":1,"vm":[{"id":"b","m":9}]} of 3"#,
            ),
            (&[("where", "id~[ab]"), ("count", "true")], "2 of 2"),
            (&[("where", "id=zzz")], r#"{"count":0,"vm":[]} of 0"#),
            (
                &[("sort", "-id"), ("query", "vm[].m"), ("filter", "m")],
                "[9,1.10] of 3",
            ),
            (&[("query", "count"), ("where", "id=a")], "1 of 1"),
        ] {
            assert_eq!(left(words), told, "{words:?}");
        }
    }

    #[test]
    fn one_thing_that_is_left_out_is_an_empty_list() {
        let mut wanted = Wanted::default();
        wanted.take("where", "id=b").unwrap();
        let mut answer = Answer::of(json::value(r#"{"vm":{"id":"a"}}"#));
        wanted.pick_from(&mut answer);
        assert_eq!((answer.shape, answer.rows.len()), (Shape::List, 0));
    }
}
