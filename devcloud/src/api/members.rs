//! The machines of autoscale groups: made by the group's profile while there are too few, destroyed while there are too many.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::errands::{self, Errands};
use super::{Call, Done, Reply};
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

/// The end of the job that enables a group: it is looked after from now on.
pub fn enable(call: &mut Call) -> Done<Value> {
    let shown = call.end_in("scalegroup", "autoscalevmgroup", "enabled")?;
    let group = call.subject("scalegroup")?;
    errands::plan(call.db, errands::GROUP, &group, clock::now())?;
    Ok(shown)
}

/// Looks after a group again when its interval has passed.
pub fn look_again(db: &Connection, group: &Thing, now: i64) -> Done<()> {
    let interval = group.whole("interval").max(1) * 1000;
    errands::plan(db, errands::GROUP, group, now + interval)
}

/// Gives an enabled group as many machines as it shall have.
pub fn keep(errands: &Errands, group: &Thing) -> Done<()> {
    let db = errands.db;
    if group.state != "enabled" {
        return Ok(());
    }
    let Some(balancer) = store::by_uuid(db, "loadbalancer", group.text("lbruleid"))? else {
        return Ok(());
    };
    let Some(profile) = store::by_uuid(db, "scaleprofile", group.text("vmprofileid"))? else {
        return Ok(());
    };
    let size = |field: &str| usize::try_from(group.whole(field)).unwrap_or(0);
    let mut links = Vec::new();
    for link in store::children(db, "balanced", &balancer.uuid)? {
        let machine = store::by_uuid(db, "machine", &link.name)?;
        match machine.map(|machine| machine.state) {
            Some(state) if !matches!(state.as_str(), "Destroyed" | "Expunging" | "Error") => {
                links.push(link);
            }
            // What is gone is made up for.
            _ => store::remove(db, &link)?,
        }
    }
    for _ in links.len()..size("minmembers") {
        add_member(errands, &profile, &balancer)?;
    }
    for link in links.iter().skip(size("maxmembers")) {
        store::remove(db, link)?;
        let gone = [("id", link.name.as_str()), ("expunge", "true")];
        errands.call("destroyVirtualMachine", group, &gone, begin)?;
    }
    Ok(())
}

/// Makes a machine by a group's profile and puts it behind the group's rule.
fn add_member(errands: &Errands, profile: &Thing, balancer: &Thing) -> Done<()> {
    let name = format!("as-{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let more = profile.text("otherdeployparams").to_string();
    let mut params = vec![
        ("name", name.as_str()),
        ("zoneid", profile.text("zoneid")),
        ("templateid", profile.text("templateid")),
        ("serviceofferingid", profile.text("serviceofferingid")),
        ("networkids", balancer.text("networkid")),
    ];
    params.extend(more.split('&').filter_map(|pair| pair.split_once('=')));
    let begun = errands.call("deployVirtualMachine", profile, &params, begin)?;
    let machine = begun["id"].as_str().unwrap_or_default().to_string();
    errands.call("assignToLoadBalancerRule", balancer, &[], |call| {
        let owner = call.owner_like(balancer)?;
        call.make(
            &owner,
            ("balanced", &machine, "", &balancer.uuid),
            json!({}),
        )
    })?;
    Ok(())
}

/// Begins the job of an API whose handler does no more than that.
fn begin(call: &mut Call) -> Done<Value> {
    match (call.api.run)(call)? {
        Reply::Job { thing, created } => call.start_job(&thing, created),
        _ => Err(Refusal::internal("a group's machine is made by no job")),
    }
}
