//! The fields of a record in the order in which real servers write them, which is the order of their declaration, without
//! those that only root administrators see.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::fields::{self, Field};
use super::nics;

/// What is inside a record, and what it is declared as.
const INSIDE: &[(&str, &[Field])] = &[
    ("nic", nics::NIC),
    ("user", fields::USER),
    ("network", fields::NETWORK),
];

/// What is behind a cloud's walls, and not for its users to see, by what the record is called.
const OF_ROOT: &[(&str, &[&str])] = &[
    ("zone", &["dns1", "internaldns1", "guestcidraddress"]),
    ("virtualmachine", &["hostid", "hostname", "instancename"]),
    (
        "volume",
        &[
            "path",
            "storage",
            "storageid",
            "clusterid",
            "clustername",
            "podid",
            "podname",
        ],
    ),
    ("network", &["broadcasturi", "vlan", "physicalnetworkid"]),
];

/// Takes away what a caller who is no root administrator does not see of a record of that name.
pub fn restrict(name: &str, record: &mut Value) {
    let hidden = OF_ROOT.iter().find(|(known, _)| *known == name);
    if let (Some((_, hidden)), Some(fields)) = (hidden, record.as_object_mut()) {
        for field in *hidden {
            fields.shift_remove(*field);
        }
    }
}

/// Where each field of an answer has its place.
pub struct Order(HashMap<&'static str, usize>);

impl Order {
    pub fn of(answers: &'static [Field]) -> Order {
        Order(
            answers
                .iter()
                .enumerate()
                .map(|(place, field)| (field.name.trim_start_matches("r#"), place))
                .collect(),
        )
    }

    /// A record with its fields in order; what is not declared stays behind what it came after.
    pub fn arrange(&self, record: Value) -> Value {
        let Value::Object(fields) = record else {
            return record;
        };
        let mut last = 0;
        let mut fields: Vec<(usize, String, Value)> = fields
            .into_iter()
            .map(|(name, value)| {
                last = self.0.get(name.as_str()).copied().unwrap_or(last);
                (last, name, value)
            })
            .collect();
        fields.sort_by_key(|(place, ..)| *place);
        let arranged = fields.into_iter().map(|(_, name, value)| {
            let inside = INSIDE.iter().find(|(known, _)| *known == name);
            let value = match (inside, value) {
                (Some((_, declared)), Value::Array(rows)) if !rows.is_empty() => {
                    let order = Order::of(declared);
                    rows.into_iter().map(|row| order.arrange(row)).collect()
                }
                (_, value) => value,
            };
            (name, value)
        });
        Value::Object(arranged.collect::<Map<String, Value>>())
    }
}
