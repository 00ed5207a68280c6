//! Placement groups, which are affinity groups.

use serde_json::{Value, json};

use super::ask::{Ask, Done};
use super::given::wrong;
use super::servers;
use super::words::{Reply, code};
use crate::store::Thing;

fn view(group: &Thing) -> Value {
    json!({"placementGroupNo": group.id.to_string(), "placementGroupName": group.name,
        "placementGroupType": code("AA", "Anti-Affinity")})
}

pub fn list(ask: &mut Ask) -> Done<Reply> {
    let groups = ask.own("affinitygroup")?;
    ask.listed(&groups, |group| Ok(view(group)))
}

pub fn create(ask: &mut Ask) -> Done<Reply> {
    if let Some(kind) = ask
        .given
        .text("placementGroupTypeCode")
        .filter(|kind| *kind != "AA")
    {
        return Err(wrong("placementGroupTypeCode", kind));
    }
    let name = match ask.given.text("placementGroupName") {
        Some(name) => name.to_string(),
        None => format!("pg{:.10}", uuid::Uuid::new_v4().simple().to_string()),
    };
    let params = [("name", name.as_str()), ("type", "host anti-affinity")];
    ask.call("createAffinityGroup", &params)?;
    let groups: Vec<Thing> = ask
        .own("affinitygroup")?
        .into_iter()
        .filter(|group| group.name == name)
        .collect();
    ask.shown(&groups, |group| Ok(view(group)))
}

pub fn delete(ask: &mut Ask) -> Done<Reply> {
    let group = ask.thing("placementGroupNo", "affinitygroup")?;
    ask.call("deleteAffinityGroup", &[("id", &group.uuid)])?;
    ask.shown(&[group], |group| Ok(view(group)))
}

/// Puts a stopped server into a placement group, or out of all.
fn place(ask: &mut Ask, into: bool) -> Done<Reply> {
    let group = ask.thing("placementGroupNo", "affinitygroup")?;
    let machine = ask.thing("serverInstanceNo", "machine")?;
    servers::idle(ask, &machine)?;
    let ids = if into { group.uuid.as_str() } else { "" };
    let params = [("id", machine.uuid.as_str()), ("affinitygroupids", ids)];
    ask.call("updateVMAffinityGroup", &params)?;
    servers::show(ask, &[machine])
}

pub fn add_server(ask: &mut Ask) -> Done<Reply> {
    place(ask, true)
}

pub fn remove_server(ask: &mut Ask) -> Done<Reply> {
    place(ask, false)
}
