//! What the fields of an answer are: the catalogue's entry of the API in, and for each field of each record whether it
//! is a number, a list, a map … out. XML needs to be told; JSON tells by itself.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::fmt;
use std::sync::Arc;

use super::{Api, Catalog, Entry, Field};

/// What a field's value is, as far as JSON tells values apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Bool,
    Map,
    List,
    Record,
}

/// What is known of a field, and of the fields of the records in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub kind: Kind,
    pub inner: Fields,
}

/// The fields of one kind of record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(HashMap<String, Known>);

/// The fields of one API's answer, and where to look for what its entry is silent about. It is cheap to clone.
#[derive(Clone, Default)]
pub struct Types(Arc<Inner>);

#[derive(Default)]
struct Inner {
    own: Fields,
    catalog: Option<Arc<Catalog>>,
}

/// What all entries of a catalogue say together.
#[derive(Default)]
pub(super) struct Elsewhere {
    /// The fields of the things that APIs are named after: `volume` of createVolume, `volumes` of listVolumes.
    things: HashMap<String, Fields>,
    /// What a field of that name is wherever it holds no records; nothing where entries differ.
    plain: HashMap<String, Option<Known>>,
    /// What a field of that name is wherever it holds records.
    nested: HashMap<String, Option<Known>>,
}

impl Types {
    /// What the API's own entry says and nothing else.
    pub fn of(fields: &[Field]) -> Types {
        Types(Arc::new(Inner {
            own: Fields::of(fields),
            catalog: None,
        }))
    }

    /// The same with a whole catalogue to look into where the entry is silent; it is read when that happens first.
    pub fn within(fields: &[Field], catalog: Arc<Catalog>) -> Types {
        Types(Arc::new(Inner {
            own: Fields::of(fields),
            catalog: Some(catalog),
        }))
    }

    /// The fields that the API's own entry tells.
    pub fn own(&self) -> &Fields {
        &self.0.own
    }

    /// What a field of a record is: as `told`, the record's own entry, has it; else as the entries that are named after
    /// the record do; else as all entries that know such a field do, if they agree. `nested` is whether it holds records.
    pub fn of_field<'a>(
        &'a self,
        told: &'a Fields,
        record: &str,
        field: &str,
        nested: bool,
    ) -> Option<&'a Known> {
        if let Some(known) = told.get(field) {
            return Some(known);
        }
        let elsewhere = self.0.catalog.as_ref()?.elsewhere();
        let agreed = match nested {
            true => &elsewhere.nested,
            false => &elsewhere.plain,
        };
        elsewhere
            .of_thing(record, field)
            .or_else(|| agreed.get(field)?.as_ref())
    }
}

impl fmt::Debug for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Types")
            .field("own", &self.0.own)
            .finish_non_exhaustive()
    }
}

impl Fields {
    fn of(fields: &[Field]) -> Fields {
        let mut made = Fields::default();
        made.merge(fields);
        made
    }

    pub fn get(&self, name: &str) -> Option<&Known> {
        self.0.get(name)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the fields that are not there yet.
    fn merge(&mut self, fields: &[Field]) {
        for field in fields.iter().filter(|field| !field.name.is_empty()) {
            match self.0.entry(field.name.clone()) {
                Place::Vacant(place) => {
                    place.insert(Known::of(field));
                }
                Place::Occupied(mut known) => known.get_mut().inner.merge(&field.response),
            }
        }
    }
}

impl Known {
    fn of(field: &Field) -> Known {
        let kind = match field.kind.as_str() {
            "integer" | "int" | "long" | "short" | "float" | "double" => Kind::Number,
            "boolean" => Kind::Bool,
            "map" => Kind::Map,
            "list" | "set" => Kind::List,
            "responseobject" => Kind::Record,
            _ if field.response.is_empty() => Kind::Text,
            _ => Kind::Record,
        };
        Known {
            kind,
            inner: Fields::of(&field.response),
        }
    }
}

impl Elsewhere {
    pub(super) fn of(apis: &[Api]) -> Elsewhere {
        let mut made = Elsewhere::default();
        for api in apis {
            let entry = Entry {
                name: api.name.clone(),
                asynchronous: api.asynchronous,
            };
            made.things
                .entry(entry.noun())
                .or_default()
                .merge(&api.response);
            made.note(&api.response);
        }
        made
    }

    fn note(&mut self, fields: &[Field]) {
        for field in fields.iter().filter(|field| !field.name.is_empty()) {
            let places = match field.response.is_empty() {
                true => &mut self.plain,
                false => &mut self.nested,
            };
            let told = Known::of(field);
            match places.entry(field.name.clone()) {
                Place::Vacant(place) => {
                    place.insert(Some(told));
                }
                Place::Occupied(mut place) => match place.get_mut() {
                    Some(known) if known.kind == told.kind => known.inner.merge(&field.response),
                    known => *known = None,
                },
            }
            self.note(&field.response);
        }
    }

    /// A field of a thing by the entries that are named after it, in the singular or the plural.
    fn of_thing(&self, thing: &str, field: &str) -> Option<&Known> {
        let thing = thing.to_lowercase();
        let stem = thing.strip_suffix('y').unwrap_or(&thing);
        [
            thing.clone(),
            format!("{thing}s"),
            format!("{thing}es"),
            format!("{stem}ies"),
        ]
        .iter()
        .find_map(|noun| self.things.get(noun)?.get(field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, kind: &str, response: Vec<Field>) -> Field {
        Field {
            name: name.into(),
            kind: kind.into(),
            response,
            ..Field::default()
        }
    }

    fn api(name: &str, response: Vec<Field>) -> Api {
        Api {
            name: name.into(),
            response,
            ..Api::default()
        }
    }

    #[test]
    fn what_an_entry_is_silent_about_is_looked_up_by_thing_and_then_by_name() {
        let own = [field("size", "string", Vec::new())];
        let catalog = Catalog::of(vec![
            api(
                "listVolumes",
                vec![
                    field("size", "long", Vec::new()),
                    field("deviceid", "long", Vec::new()),
                    field("ready", "boolean", Vec::new()),
                    field("tags", "set", vec![field("key", "string", Vec::new())]),
                ],
            ),
            api(
                "listNics",
                vec![
                    field("deviceid", "string", Vec::new()),
                    field("tags", "string", Vec::new()),
                ],
            ),
        ]);
        let types = Types::within(&own, Arc::new(catalog));
        let of = |record: &str, name: &str, nested| {
            types
                .of_field(types.own(), record, name, nested)
                .map(|known| known.kind)
        };
        for (record, name, nested, kind) in [
            ("volume", "size", false, Some(Kind::Text)),
            ("Volume", "deviceid", false, Some(Kind::Number)),
            ("nic", "deviceid", false, Some(Kind::Text)),
            // Entries differ, so nothing is known of another thing's.
            ("router", "deviceid", false, None),
            ("router", "ready", false, Some(Kind::Bool)),
            ("router", "tags", true, Some(Kind::List)),
            ("router", "tags", false, Some(Kind::Text)),
            ("router", "unheard", false, None),
        ] {
            assert_eq!(of(record, name, nested), kind, "{record} {name}");
        }
        let alone = Types::of(&own);
        assert!(
            alone
                .of_field(alone.own(), "volume", "ready", false)
                .is_none()
        );
    }
}
