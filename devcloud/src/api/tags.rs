//! Tags: keys and values that people put on things, and lists that choose by them.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::listing::{IN_PROJECT, Listing, OWNED, PAGED};
use super::{Call, Done, Reply};
use crate::api::fields::SUCCESS;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    TAG: key string "the tag's key", value string "the tag's value",
        resourcetype string "what kind of thing has it: UserVm, Volume, Network …",
        resourceid string "the id of the thing that has it", account string "the account it belongs to",
        projectid string "the project it belongs to", project string "that project's name",
        customer string "whose tag it is", domainid string "the domain it belongs to",
        domain string "that domain's name";
}

apis! {
    Everyone "listTags" "Lists tags" (OWNED, IN_PROJECT, PAGED) {
        opt "key" Text "the tag's key";
        opt "value" Text "the tag's value";
        opt "resourceid" Text "the id of the thing that has it";
        opt "resourcetype" Text "what kind of thing has it: UserVm, Volume, Network …";
        opt "customer" Text "whose tag it is";
    } -> TAG list;

    Everyone "createTags" "Puts tags on things" () {
        req "resourceids" List "the ids of the things, by commas";
        req "resourcetype" Text "what kind of thing has it: UserVm, Volume, Network …";
        req "tags" Map "tags[0].key=… tags[0].value=…";
        opt "customer" Text "whose tag it is";
    } -> SUCCESS |call| begin(call),
        job "user.tag.CreateTagsCmd" on "" then create;

    Everyone "deleteTags" "Takes tags off things" () {
        req "resourceids" List "the ids of the things, by commas";
        req "resourcetype" Text "what kind of thing has it: UserVm, Volume, Network …";
        opt "tags" Map "tags[0].key=… tags[0].value=…; all if left out";
    } -> SUCCESS |call| begin(call),
        job "user.tag.DeleteTagsCmd" on "" then delete;
}

/// What kinds of things can have tags, by the name of their type.
const TYPES: &[(&str, &str)] = &[
    ("UserVm", "machine"),
    ("Template", "template"),
    ("ISO", "iso"),
    ("Volume", "volume"),
    ("Snapshot", "snapshot"),
    ("Network", "network"),
    ("LoadBalancer", "loadbalancer"),
    ("PortForwardingRule", "portforwarding"),
    ("FirewallRule", "rule"),
    ("SecurityGroup", "securitygroup"),
    ("PublicIpAddress", "publicip"),
    ("Project", "project"),
    ("Vpc", "vpc"),
    ("NetworkACL", "aclrule"),
    ("NetworkACLList", "acllist"),
    ("StaticRoute", "staticroute"),
    ("VMSnapshot", "vmsnapshot"),
    ("RemoteAccessVpn", "remotevpn"),
    ("Zone", "zone"),
    ("ServiceOffering", "serviceoffering"),
    ("Account", "account"),
    ("User", "user"),
    ("Domain", "domain"),
];

fn type_of(call: &Call) -> Done<(&'static str, &'static str)> {
    let given = call.required("resourcetype")?;
    TYPES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(given))
        .copied()
        .ok_or_else(|| Refusal::value(format!("Invalid resource type {given}")))
}

fn resources(call: &Call) -> Done<Vec<Thing>> {
    let (_, kind) = type_of(call)?;
    let things = call.things("resourceids", kind)?;
    things.iter().try_for_each(|thing| call.may_change(thing))?;
    Ok(things)
}

fn begin(call: &Call) -> Done<Reply> {
    let first = resources(call)?.into_iter().next();
    Ok(Reply::Job {
        thing: first.map_or_else(String::new, |thing| thing.uuid),
        created: false,
    })
}

fn create(call: &mut Call) -> Done<Value> {
    let (name, _) = type_of(call)?;
    for thing in resources(call)? {
        let owner = call.owner_like(&thing)?;
        for (key, value) in call.map("tags") {
            let there = store::children(call.db, "tag", &thing.uuid)?;
            if there.iter().any(|tag| tag.name == key) {
                return Err(Refusal::new(
                    530,
                    4250,
                    format!("tag {key} already on {name} with id {}", thing.uuid),
                ));
            }
            let body = owner.body(
                json!({"key": key, "value": value, "resourcetype": name, "resourceid": thing.uuid}),
                json!({"customer": call.text("customer")}),
            );
            call.make(&owner, ("tag", &key, "", &thing.uuid), body)?;
        }
        show(call, thing)?;
    }
    Ok(json!({"success": true}))
}

fn delete(call: &mut Call) -> Done<Value> {
    let wanted = call.map("tags");
    for thing in resources(call)? {
        for tag in store::children(call.db, "tag", &thing.uuid)? {
            let meant = wanted.get(&tag.name).is_some_and(|value| {
                value.as_str().is_none_or(str::is_empty) || value == tag.text("value")
            });
            if wanted.is_empty() || meant {
                store::remove(call.db, &tag)?;
            }
        }
        show(call, thing)?;
    }
    Ok(json!({"success": true}))
}

/// A tag as answers show it: it has no id of its own there.
fn record(tag: &Thing) -> Value {
    let mut body = tag.body.clone();
    body.shift_remove("id");
    body.shift_remove("name");
    Value::Object(body)
}

/// Lets a thing show the tags that it has.
fn show(call: &Call, mut thing: Thing) -> Done<()> {
    let tags: Vec<Value> = store::children(call.db, "tag", &thing.uuid)?
        .iter()
        .map(record)
        .collect();
    thing.set("tags", tags);
    Ok(store::update(call.db, &thing)?)
}

fn list(call: &mut Call) -> Done<Reply> {
    let reply = call.list(&Listing {
        kind: "tag",
        name: "tag",
        filters: &[
            ("key", "key"),
            ("value", "value"),
            ("resourceid", "resourceid"),
            ("resourcetype", "resourcetype"),
            ("customer", "customer"),
        ],
    })?;
    let Reply::List(name, mut rows, count) = reply else {
        return Ok(reply);
    };
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        row.shift_remove("id");
        row.shift_remove("name");
    }
    Ok(Reply::List(name, rows, count))
}

/// The internal ids of what has all the tags that a list is asked for; nothing where it is asked for none.
pub fn tagged(call: &Call) -> Done<Option<HashSet<i64>>> {
    let wanted = call.map("tags");
    let mut found: Option<HashSet<i64>> = None;
    for (key, value) in wanted {
        let mut these = HashSet::new();
        for tag in store::named(call.db, "tag", &key)? {
            if tag.text("value") == value {
                these.extend(store::id_of(call.db, &tag.parent)?);
            }
        }
        found = Some(match found {
            Some(before) => before.intersection(&these).copied().collect(),
            None => these,
        });
    }
    Ok(found)
}
