//! What the vendor allows of CloudStack's calls: checked before anything else of a call is.

use crate::api::{Call, Done, Reply};
use crate::auth::Params;
use crate::wire::Refusal;

use crate::api::fields::{Field, field};

const POLICY: &[Field] = &[field("snapshotpolicy", "object", "the policy")];

apis! {
    Everyone "createSnapshotPolicy" "Has snapshots of a volume taken regularly" () {
        req "volumeid" Id("volume") "the volume";
        req "intervaltype" Text "DAILY, WEEKLY or MONTHLY";
        req "maxsnaps" Integer "how many are kept, at most 8";
        req "schedule" Text "when: MM:HH, MM:HH:DAY";
        req "timezone" Text "the time zone of the schedule";
    } -> POLICY policy;
}

/// Refuses what the vendor does not allow.
pub fn check(call: &Call) -> Done<()> {
    match call.api.name {
        "createVolume" => volume(call),
        "createFirewallRule" => only(call, "protocol", &["TCP", "UDP", "ICMP"]),
        "createLoadBalancerRule" => only(call, "algorithm", &["source", "roundrobin", "leastconn"]),
        "getUploadParamsForTemplate" => {
            only(call, "format", &["OVA"])?;
            only(call, "hypervisor", &["VMware"])
        }
        _ => Ok(()),
    }
}

/// Refuses a value that is none of those, whatever the case of its letters.
pub fn only(call: &Call, name: &str, values: &[&str]) -> Done<()> {
    match call.text(name) {
        Some(given) if !values.iter().any(|value| value.eq_ignore_ascii_case(given)) => {
            Err(Refusal::value(format!(
                "Invalid value {given} for parameter {name}: it is {}",
                values.join(" or ")
            )))
        }
        _ => Ok(()),
    }
}

/// A volume is made of a name, a size, an offering and a zone, or of a name and a snapshot.
fn volume(call: &Call) -> Done<()> {
    let given = |name: &str| call.text(name).is_some();
    let fresh = ["size", "diskofferingid", "zoneid"];
    let complete = match given("snapshotid") {
        true => !fresh.iter().any(|name| given(name)),
        false => fresh.iter().all(|name| given(name)),
    };
    if !given("name") || !complete {
        return Err(Refusal::value(
            "Either name, size, diskofferingid and zoneid or name and snapshotid must be specified",
        ));
    }
    let size = call.text("size").map(str::parse::<i64>);
    match size {
        Some(Ok(size)) if !(10..=2000).contains(&size) || size % 10 != 0 => {
            Err(Refusal::value(format!(
                "Invalid value {size} for parameter size: it is from 10 to 2000 in steps of 10"
            )))
        }
        _ => Ok(()),
    }
}

/// A policy by day, week or month; one with a bad day of the week or month quietly becomes one by day.
fn policy(call: &mut Call) -> Done<Reply> {
    only(call, "intervaltype", &["DAILY", "WEEKLY", "MONTHLY"])?;
    let most = call.number("maxsnaps").unwrap_or(0);
    if most > 8 {
        return Err(Refusal::value(format!(
            "Invalid value {most} for parameter maxsnaps: it is at most 8"
        )));
    }
    let interval = call.required("intervaltype")?.to_uppercase();
    let schedule: Vec<&str> = call.required("schedule")?.split(':').collect();
    let days = match interval.as_str() {
        "WEEKLY" => 1..=7,
        _ => 1..=28,
    };
    let day = schedule.get(2).and_then(|day| day.parse::<u8>().ok());
    let bad =
        interval != "DAILY" && !(schedule.len() == 3 && day.is_some_and(|day| days.contains(&day)));
    let mut params: Params = call.params.clone();
    if bad {
        let daily = schedule.get(..2).unwrap_or(&schedule).join(":");
        params.push(("intervaltype".into(), "DAILY".into()));
        params.push(("schedule".into(), daily));
    }
    call.instead("createSnapshotPolicy", &params)
        .map(Reply::Flat)
}
