//! An answer's bytes in, its envelope's name and its body out; the body's lists stay in the bytes until they are wanted.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;

use super::rows::{Rows, Source};
use super::{Name, Record, Value, json, xml};
use crate::catalog::types::Types;

/// Lists that were looked through, by their place in the body: where each stands in the bytes, and how many items it has.
pub type Lists = BTreeMap<usize, (Range<usize>, usize)>;

/// What looking through an answer found.
#[derive(Debug)]
pub struct Scanned {
    pub envelope: Name,
    /// The body; empty lists are in the places of its lists.
    pub fields: Record,
    pub lists: Lists,
}

/// A body without its envelope.
#[derive(Clone, Debug)]
pub struct Body {
    /// The envelope's name; empty where the body was made here.
    pub envelope: Name,
    /// All but the lists, in whose places empty ones stand.
    pub fields: Record,
    lists: BTreeMap<usize, Rows>,
}

impl Body {
    /// Looks through an answer in JSON; the error is a reason for people.
    pub fn of_json(bytes: &Bytes) -> Result<Body, String> {
        let scanned = json::scan(bytes)?;
        Ok(Body::of(scanned, |span| Source::Json(bytes.slice(span))))
    }

    /// The same in XML, by what is known of the fields.
    pub fn of_xml(bytes: &Bytes, types: &Types) -> Result<Body, String> {
        let (scanned, manner) = xml::scan(bytes, types).map_err(|bad| bad.to_string())?;
        Ok(Body::of_scanned_xml(bytes, scanned, &manner))
    }

    pub(super) fn of_scanned_xml(bytes: &Bytes, scanned: Scanned, manner: &xml::Manner) -> Body {
        Body::of(scanned, |span| {
            Source::Xml(bytes.slice(span), manner.clone())
        })
    }

    fn of(scanned: Scanned, source: impl Fn(Range<usize>) -> Source) -> Body {
        let mut body = Body {
            envelope: scanned.envelope,
            ..Body::from(scanned.fields)
        };
        for (place, (span, count)) in scanned.lists {
            body.lists.insert(place, Rows::of(source(span), count));
        }
        body
    }

    /// Takes the one list out, if there is one and no record stands beside it.
    pub fn take_list(&mut self) -> Option<(Name, Rows)> {
        let beside = |value: &Value| matches!(value, Value::Record(_));
        if self.lists.len() != 1 || self.fields.fields.iter().any(|(_, value)| beside(value)) {
            return None;
        }
        let (place, rows) = self.lists.pop_first()?;
        let (name, _) = self.fields.fields.remove(place);
        Some((name, rows))
    }

    /// The whole body as one tree.
    pub fn into_record(mut self) -> Record {
        for (place, rows) in std::mem::take(&mut self.lists) {
            if let Some((_, value)) = self.fields.fields.get_mut(place) {
                *value = Value::List(rows.values().collect());
            }
        }
        self.fields
    }
}

impl From<Record> for Body {
    fn from(record: Record) -> Body {
        let mut body = Body {
            envelope: Name::from(""),
            fields: record,
            lists: BTreeMap::new(),
        };
        for (place, (_, value)) in body.fields.fields.iter_mut().enumerate() {
            if let Value::List(items) = value {
                let items = std::mem::take(items);
                body.lists.insert(place, Rows::from(items));
            }
        }
        body
    }
}
