//! The rows of an answer, in bytes that were looked through or made here: counted, left out, and read one at a time.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::Hasher;
use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;

use super::json::text;
use super::{Value, json, xml};

/// Where rows come from.
#[derive(Clone)]
pub enum Source {
    /// A JSON list, brackets included.
    Json(Bytes),
    /// Elements one after another, and how they are read.
    Xml(Bytes, xml::Manner),
    Made(Vec<Value>),
    /// Rows in JSON, each a text of its own.
    Texts(Vec<Bytes>),
}

/// What is made of a row when it is read.
pub type Change = Arc<dyn Fn(Value) -> Value + Send + Sync>;

/// Rows that may stand in several answers, as the pages of a list do.
#[derive(Clone, Default)]
pub struct Rows {
    pages: Vec<Page>,
}

#[derive(Clone)]
struct Page {
    source: Source,
    /// How many rows the source has.
    count: usize,
    /// Those of them that are left out, by their place.
    out: BTreeSet<usize>,
    change: Option<Change>,
}

/// One row, read as far as it must be.
pub enum Row<'a> {
    Json(&'a str),
    Value(Cow<'a, Value>),
}

impl Rows {
    pub fn of(source: Source, count: usize) -> Rows {
        Rows {
            pages: vec![Page {
                source,
                count,
                out: BTreeSet::new(),
                change: None,
            }],
        }
    }

    pub fn len(&self) -> usize {
        self.pages.iter().map(Page::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.pages.iter().flat_map(Page::rows)
    }

    /// The rows as trees, made one at a time.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        self.iter().map(Row::into_value)
    }

    /// Adds the rows of a further answer.
    pub fn append(&mut self, more: Rows) {
        self.pages.extend(more.pages);
    }

    /// Leaves out the rows that `keep` is false for.
    pub fn retain(&mut self, mut keep: impl FnMut(&Row) -> bool) {
        for page in &mut self.pages {
            let dropped: Vec<usize> = page
                .numbered()
                .filter(|(_, row)| !keep(row))
                .map(|(place, _)| place)
                .collect();
            page.out.extend(dropped);
        }
        self.pages.retain(|page| page.len() > 0);
    }

    /// Has `change` made of each row when it is read; what the rows were before is not seen any more.
    pub fn change(&mut self, change: &Change) {
        for page in &mut self.pages {
            page.change = Some(change.clone());
        }
    }

    /// The rows in the order of their keys, each in the bytes that it had.
    pub fn sorted<K>(&self, key: impl Fn(&Row) -> K, compare: impl Fn(&K, &K) -> Ordering) -> Rows {
        let keyed = self.pages.iter().flat_map(|page| {
            let key = &key;
            page.rows().map(move |row| (key(&row), page.text(&row)))
        });
        let mut keyed: Vec<(K, Bytes)> = keyed.collect();
        keyed.sort_by(|left, right| compare(&left.0, &right.0));
        let texts: Vec<Bytes> = keyed.into_iter().map(|(_, text)| text).collect();
        let count = texts.len();
        Rows::of(Source::Texts(texts), count)
    }

    /// Leaves out all rows after the first `most`.
    pub fn truncate(&mut self, most: usize) {
        let mut left = most;
        for page in &mut self.pages {
            let kept = (0..page.count)
                .filter(|place| !page.out.contains(place))
                .take(left)
                .last();
            left -= page.len().min(left);
            page.count = kept.map_or(0, |last| last + 1);
            page.out.split_off(&page.count);
        }
        self.pages.retain(|page| page.len() > 0);
    }
}

impl From<Vec<Value>> for Rows {
    fn from(values: Vec<Value>) -> Rows {
        let count = values.len();
        Rows::of(Source::Made(values), count)
    }
}

impl PartialEq for Rows {
    fn eq(&self, other: &Rows) -> bool {
        self.len() == other.len() && self.values().eq(other.values())
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values()).finish()
    }
}

impl Page {
    fn len(&self) -> usize {
        self.count - self.out.len()
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.numbered().map(|(_, row)| row)
    }

    fn numbered(&self) -> impl Iterator<Item = (usize, Row<'_>)> {
        let all: Box<dyn Iterator<Item = Row<'_>>> = match &self.source {
            Source::Json(list) => {
                // It was looked through as text.
                let list = std::str::from_utf8(list).unwrap_or_default();
                Box::new(text::items(list).map(Row::Json))
            }
            Source::Xml(elements, manner) => Box::new(
                xml::rows(elements, manner.clone()).map(|value| Row::Value(Cow::Owned(value))),
            ),
            Source::Made(values) => {
                Box::new(values.iter().map(|value| Row::Value(Cow::Borrowed(value))))
            }
            Source::Texts(texts) => Box::new(
                texts
                    .iter()
                    .map(|text| Row::Json(std::str::from_utf8(text).unwrap_or_default())),
            ),
        };
        all.take(self.count)
            .enumerate()
            .filter(|(place, _)| !self.out.contains(place))
            .map(|(place, row)| match &self.change {
                Some(change) => (place, Row::Value(Cow::Owned(change(row.into_value())))),
                None => (place, row),
            })
    }

    /// One of its rows in JSON: a part of the bytes it came in, where it came in JSON.
    fn text(&self, row: &Row) -> Bytes {
        match (&self.source, row) {
            (Source::Json(list), Row::Json(text)) => list.slice_ref(text.as_bytes()),
            _ => {
                let mut written = Vec::new();
                // Writing into memory does not fail.
                let _ = row.compact(&mut written);
                written.into()
            }
        }
    }
}

impl From<Value> for Row<'_> {
    fn from(value: Value) -> Self {
        Row::Value(Cow::Owned(value))
    }
}

impl Row<'_> {
    /// The row as a tree.
    pub fn value(&self) -> Cow<'_, Value> {
        match self {
            Row::Json(text) => Cow::Owned(json::value(text)),
            Row::Value(value) => Cow::Borrowed(value),
        }
    }

    pub fn into_value(self) -> Value {
        match self {
            Row::Json(text) => json::value(text),
            Row::Value(value) => value.into_owned(),
        }
    }

    /// The text of the row's field of that name, as far as it has one that is no record or list.
    pub fn text(&self, name: &str) -> Option<String> {
        match self {
            Row::Json(row) => json::value(text::member(row, name)?).scalar(),
            Row::Value(value) => value.as_record()?.text(name),
        }
    }

    /// Gives the names of the row's fields, in their order.
    pub fn names(&self, each: &mut dyn FnMut(&str)) {
        match self {
            Row::Json(row) => text::names(row, each),
            Row::Value(value) => {
                let fields = value.as_record().map_or(&[][..], |record| &record.fields);
                fields.iter().for_each(|(name, _)| each(name));
            }
        }
    }

    /// Feeds all of the row to a hasher.
    pub fn hash_all(&self, hasher: &mut impl Hasher) {
        let mut written = Vec::new();
        // Writing into memory does not fail.
        let _ = self.compact(&mut written);
        hasher.write(&written);
    }

    /// Writes the row as JSON; `indent` is how deep its own line stands.
    pub fn pretty(&self, indent: usize, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Row::Json(row) => {
                let mut laid = Vec::with_capacity(row.len() * 2);
                text::pretty(row, indent, &mut laid);
                out.write_all(&laid)
            }
            Row::Value(value) => json::write(value, indent, out),
        }
    }

    /// Writes the row as JSON on one line.
    pub fn compact(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Row::Json(row) => {
                let mut laid = Vec::with_capacity(row.len());
                text::compact(row, &mut laid);
                out.write_all(&laid)
            }
            Row::Value(value) => json::compact(value, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Rows {
        let count = text::items(text).count();
        Rows::of(Source::Json(Bytes::from(text.to_string())), count)
    }

    fn ids(rows: &Rows) -> String {
        rows.iter().filter_map(|row| row.text("id")).collect()
    }

    #[test]
    fn pages_are_one_list_that_rows_are_left_out_of() {
        let mut all = rows(r#"[{"id":"a"},{"id":"b"},{"id":"c"}]"#);
        all.append(rows("[]"));
        all.append(vec![json::value(r#"{"id":"d"}"#), json::value("7")].into());
        all.append(rows(r#"[{"id":"e"},{"id":5}]"#));
        assert_eq!((all.len(), ids(&all).as_str()), (7, "abcde5"));
        all.retain(|row| !matches!(row.text("id").as_deref(), Some("b" | "e")));
        assert_eq!((all.len(), ids(&all).as_str()), (5, "acd5"));
        // What is out stays out.
        all.retain(|row| row.text("id").as_deref() != Some("a"));
        assert_eq!((all.len(), ids(&all).as_str()), (4, "cd5"));
        for (most, left) in [
            (9, "cd5"),
            (4, "cd5"),
            (3, "cd"),
            (2, "cd"),
            (1, "c"),
            (0, ""),
        ] {
            let mut few = all.clone();
            few.truncate(most);
            assert_eq!(
                (few.len(), ids(&few).as_str()),
                (most.min(4), left),
                "{most}"
            );
        }
    }
}
