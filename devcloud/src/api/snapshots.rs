//! Snapshots of volumes, the policies that they are taken by, and snapshots of whole machines.

use std::collections::VecDeque;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::errands::Errands;
use super::listing::{IN_PROJECT, Listing, OWNED, PAGED, view};
use super::things::{begun, born};
use super::{Call, Done, Reply, configuration, errands, in_job};
use crate::api::fields::{MACHINE, SUCCESS};
use crate::auth::Params;
use crate::clock;
use crate::schedule;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    SNAPSHOT: id string "its id", account string "the account it belongs to",
        projectid string "the project it belongs to", project string "that project's name",
        domainid string "the domain it belongs to", domain string "that domain's name",
        snapshottype string "MANUAL, HOURLY, DAILY, WEEKLY or MONTHLY", volumeid string "the volume",
        volumename string "that volume's name", volumetype string "that volume's type", created date "when it was made",
        name string "its name", intervaltype string "MANUAL, HOURLY, DAILY, WEEKLY or MONTHLY", state state "its state",
        physicalsize long "its size in bytes where it is kept", zoneid string "the zone it is in", tags list "its tags",
        revertable boolean "whether its volume can be set back to it", ostypeid string "the operating system in it",
        osdisplayname string "that system's name", virtualsize long "its volume's size in bytes",
        locationtype string "primary or secondary";
}
fields! {
    POLICY: id string "its id", volumeid string "the volume", schedule string "when: MM, MM:HH, MM:HH:DAY",
        intervaltype short "MANUAL, HOURLY, DAILY, WEEKLY or MONTHLY", maxsnaps int "how many are kept",
        timezone string "the time zone of the schedule", fordisplay boolean "whether users see it";
}
fields! {
    VMSNAPSHOT: id string "its id", name string "its name", state state "its state", description string "what it is",
        displayname string "its name for people", zoneid string "the zone it is in",
        virtualmachineid string "the virtual machine", parent string "the snapshot before it",
        parentName string "that snapshot's name", current boolean "whether the machine is in it now",
        r#type string "its type", created date "when it was made", account string "the account it belongs to",
        projectid string "the project it belongs to", project string "that project's name",
        domainid string "the domain it belongs to", domain string "that domain's name";
}

apis! {
    Everyone "listSnapshots" "Lists snapshots of volumes" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("snapshot") "its id";
        opt "ids" List "the ids, by commas";
        opt "name" Text "its name";
        opt "volumeid" Id("volume") "the volume";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "snapshottype" Text "MANUAL, HOURLY, DAILY, WEEKLY or MONTHLY";
        opt "intervaltype" Text "MANUAL, HOURLY, DAILY, WEEKLY or MONTHLY";
        opt "tags" Map "its tags";
    } -> SNAPSHOT |call| call.list(&Listing {
            kind: "snapshot",
            name: "snapshot",
            filters: &[("volumeid", "volumeid"), ("zoneid", "zoneid"), ("snapshottype", "snapshottype"), ("intervaltype", "intervaltype")],
        });

    Everyone "createSnapshot" "Takes a snapshot of a volume" () {
        req "volumeid" Id("volume") "the volume";
        opt "name" Text "its name";
        opt "policyid" Id("policy") "the policy";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "quiescevm" Boolean "whether the machine is held meanwhile";
        opt "asyncbackup" Boolean "whether the backup goes on after the answer";
        opt "locationtype" Text "primary or secondary";
    } -> SNAPSHOT create,
        job "user.snapshot.CreateSnapshotCmd" on "Snapshot" then |call| call.end_in("snapshot", "snapshot", "BackedUp");

    Everyone "deleteSnapshot" "Deletes a snapshot of a volume" () {
        req "id" Id("snapshot") "its id";
    } -> SUCCESS |call| call.begin_on("id", "snapshot"),
        job "user.snapshot.DeleteSnapshotCmd" on "Snapshot" then |call| call.end_removed("snapshot");

    Everyone "revertSnapshot" "Sets a volume back to a snapshot" () {
        req "id" Id("snapshot") "its id";
    } -> SNAPSHOT revert,
        job "user.snapshot.RevertSnapshotCmd" on "Snapshot" then |call| call.end_shown("snapshot", "snapshot");

    Everyone "listSnapshotPolicies" "Lists the snapshot policies of a volume" (PAGED) {
        opt "id" Id("policy") "its id";
        opt "volumeid" Id("volume") "the volume";
        opt "fordisplay" Boolean "whether users see it";
    } -> POLICY list_policies;

    Everyone "createSnapshotPolicy" "Has snapshots of a volume taken regularly" () {
        req "volumeid" Id("volume") "the volume";
        req "intervaltype" Text "HOURLY, DAILY, WEEKLY or MONTHLY";
        req "maxsnaps" Integer "how many are kept";
        req "schedule" Text "when: MM, MM:HH, MM:HH:DAY";
        req "timezone" Text "the time zone of the schedule";
        opt "fordisplay" Boolean "whether users see it";
    } -> POLICY create_policy;

    Everyone "updateSnapshotPolicy" "Changes whether users see a snapshot policy" () {
        opt "id" Id("policy") "its id";
        opt "fordisplay" Boolean "whether users see it";
    } -> POLICY |call| {
            let mut policy = call.own_thing("id", "policy")?;
            call.take_over(&mut policy, &[], &["fordisplay"]);
            store::update(call.db, &policy)?;
            Ok(begun(&policy))
        },
        job "user.snapshot.UpdateSnapshotPolicyCmd" on "" then |call| call.end_shown("policy", "snapshotpolicy");

    Everyone "deleteSnapshotPolicies" "Ends snapshot policies" () {
        opt "id" Id("policy") "its id";
        opt "ids" List "the ids, by commas";
    } -> SUCCESS delete_policies;

    Everyone "listVMSnapshot" "Lists snapshots of machines" (OWNED, IN_PROJECT, PAGED) {
        opt "vmsnapshotid" Id("vmsnapshot") "the snapshot of the machine";
        opt "name" Text "its name";
        opt "virtualmachineid" Id("machine") "the virtual machine";
        opt "state" Text "its state";
        opt "tags" Map "its tags";
    } -> VMSNAPSHOT list_of_machines;

    Everyone "createVMSnapshot" "Takes a snapshot of a machine" () {
        req "virtualmachineid" Id("machine") "the virtual machine";
        opt "name" Text "its name";
        opt "description" Text "what it is";
        opt "snapshotmemory" Boolean "whether the memory is kept too";
        opt "quiescevm" Boolean "whether the machine is held meanwhile";
    } -> VMSNAPSHOT create_of_machine,
        job "user.vmsnapshot.CreateVMSnapshotCmd" on "None" then |call| call.end_in("vmsnapshot", "vmsnapshot", "Ready");

    Everyone "deleteVMSnapshot" "Deletes a snapshot of a machine" () {
        req "vmsnapshotid" Id("vmsnapshot") "the snapshot of the machine";
    } -> SUCCESS |call| call.begin_on("vmsnapshotid", "vmsnapshot"),
        job "user.vmsnapshot.DeleteVMSnapshotCmd" on "" then end_delete_of_machine;

    Everyone "revertToVMSnapshot" "Sets a machine back to a snapshot" () {
        req "vmsnapshotid" Id("vmsnapshot") "the snapshot of the machine";
    } -> MACHINE revert_machine,
        job "admin.vmsnapshot.RevertToVMSnapshotCmdByAdmin" on "" then end_revert_machine;
}

fn create(call: &mut Call) -> Done<Reply> {
    let volume = call.own_thing("volumeid", "volume")?;
    if volume.state != "Ready" {
        return Err(Refusal::value(format!(
            "VolumeId: {} is not in Ready state but {}. Cannot take snapshot.",
            volume.uuid, volume.state
        )));
    }
    let kind = match call.thing("policyid", "policy")? {
        Some(policy) => interval_of(&policy),
        None => "MANUAL",
    };
    let snapshot = take(
        call,
        &volume,
        call.text("name"),
        kind,
        call.now,
        "BackingUp",
    )?;
    Ok(born(&snapshot))
}

/// Takes a snapshot of a volume, dated by the cloud's clock.
fn take(
    call: &Call,
    volume: &Thing,
    name: Option<&str>,
    kind: &str,
    at: i64,
    state: &str,
) -> Done<Thing> {
    let owner = call.owner_like(volume)?;
    let machine = store::by_uuid(call.db, "machine", &volume.parent)?;
    let of = machine.map_or_else(|| "detached".to_string(), |machine| machine.name);
    let name = name.map_or_else(
        || format!("{of}_{}_{}", volume.name, clock::compact(at)),
        String::from,
    );
    let body = json!({"snapshottype": kind, "volumeid": volume.uuid, "volumename": volume.name,
        "volumetype": volume.body.get("type"), "created": clock::date(at), "intervaltype": kind,
        "state": state, "physicalsize": 0, "zoneid": volume.text("zoneid"), "tags": [], "revertable": false,
        "virtualsize": volume.whole("size")});
    call.make(
        &owner,
        ("snapshot", &name, state, &volume.uuid),
        owner.body(json!({}), body),
    )
}

/// The intervals that policies have, with the parts of their schedules and the setting that says how many snapshots they keep
/// at most.
const INTERVALS: [(&str, usize, &str); 4] = [
    ("HOURLY", 1, "snapshot.max.hourly"),
    ("DAILY", 2, "snapshot.max.daily"),
    ("WEEKLY", 3, "snapshot.max.weekly"),
    ("MONTHLY", 3, "snapshot.max.monthly"),
];

fn interval_of(policy: &Thing) -> &'static str {
    let place = usize::try_from(policy.whole("intervaltype")).unwrap_or(0);
    INTERVALS.get(place).map_or("MANUAL", |(name, ..)| name)
}

/// Plans the next snapshot of a policy after a moment of the cloud's clock, in milliseconds.
pub fn plan(db: &Connection, policy: &Thing, after: i64) -> Done<()> {
    let Some(next) = schedule::next(
        interval_of(policy),
        policy.text("schedule"),
        policy.text("timezone"),
        after,
    ) else {
        return Ok(());
    };
    let ahead = configuration::clock_offset(db)?;
    errands::plan(db, errands::SNAPSHOT, policy, next - ahead)
}

/// Takes the snapshots that a policy's times asked for since the one that was due at a true time; it keeps only so many.
pub fn by_policy(errands: &Errands, policy: &Thing, due: i64) -> Done<()> {
    let db = errands.db;
    let (ahead, interval) = (configuration::clock_offset(db)?, interval_of(policy));
    let now = errands.now + ahead;
    let most = usize::try_from(policy.whole("maxsnaps"))
        .unwrap_or(1)
        .max(1);
    let mut times = VecDeque::from([due + ahead]);
    let mut last = due + ahead;
    while let Some(next) = schedule::next(
        interval,
        policy.text("schedule"),
        policy.text("timezone"),
        last,
    ) && next <= now
    {
        times.push_back(next);
        if times.len() > most {
            times.pop_front();
        }
        last = next;
    }
    let Some(volume) = store::by_uuid(db, "volume", &policy.parent)? else {
        return Ok(());
    };
    if volume.state != "Ready" {
        return Ok(());
    }
    for at in times {
        errands.call("createSnapshot", policy, &[], |call| {
            take(call, &volume, None, interval, at, "BackedUp")
        })?;
    }
    let mut kept = store::children(db, "snapshot", &volume.uuid)?;
    kept.retain(|snapshot| snapshot.text("intervaltype") == interval);
    let beyond = kept.len().saturating_sub(most);
    for snapshot in &kept[..beyond] {
        store::remove(db, snapshot)?;
    }
    Ok(())
}

fn revert(call: &mut Call) -> Done<Reply> {
    let snapshot = call.own_thing("id", "snapshot")?;
    let volume = store::by_uuid(call.db, "volume", snapshot.text("volumeid"))?;
    let mut volume = volume.ok_or_else(|| {
        Refusal::value(format!(
            "Failed to revert snapshot {}: its volume is gone",
            snapshot.uuid
        ))
    })?;
    let machine = store::by_uuid(call.db, "machine", &volume.parent)?;
    if machine.is_some_and(|machine| !matches!(machine.state.as_str(), "Stopped" | "Destroyed")) {
        return Err(Refusal::value(
            "The VM the specified disk is attached to is not in the shutdown state.",
        ));
    }
    // What was written is not kept here; its size is what can be set back.
    volume.set("size", snapshot.whole("virtualsize"));
    store::update(call.db, &volume)?;
    Ok(begun(&snapshot))
}

fn list_policies(call: &mut Call) -> Done<Reply> {
    let policies = match (call.text("id"), call.text("volumeid")) {
        (Some(_), _) => vec![call.own_thing("id", "policy")?],
        (None, Some(_)) => {
            let volume = call.own_thing("volumeid", "volume")?;
            store::children(call.db, "policy", &volume.uuid)?
        }
        (None, None) => return Err(Refusal::value("Unable to find a volume with id null")),
    };
    let display = call.boolean("fordisplay");
    let mut rows = Vec::new();
    for policy in policies {
        if display.is_none_or(|display| policy.is("fordisplay") == display) {
            rows.push(view(call.db, &policy)?);
        }
    }
    call.page("snapshotpolicy", rows)
}

fn create_policy(call: &mut Call) -> Done<Reply> {
    let volume = call.own_thing("volumeid", "volume")?;
    let interval = call.required("intervaltype")?.to_uppercase();
    let Some((place, (_, parts, most_setting))) = INTERVALS
        .iter()
        .enumerate()
        .find(|(_, (name, ..))| *name == interval)
    else {
        return Err(Refusal::value(format!(
            "Unsupported interval type {interval}"
        )));
    };
    let times = call.required("schedule")?.to_string();
    if !schedule::valid(&times, *parts) {
        return Err(Refusal::value(format!(
            "Invalid schedule: {times} for interval type: {interval}"
        )));
    }
    let zone = schedule::zone_name(call.required("timezone")?).to_string();
    let most = call.number("maxsnaps").unwrap_or(0);
    if most < 1 {
        return Err(Refusal::value(format!(
            "maxSnaps: {most} should be greater than 0"
        )));
    }
    let limit = configuration::number(call.db, most_setting)?;
    if most > limit {
        return Err(Refusal::value(format!(
            "maxSnaps: {most} exceeds limit: {limit} for interval type: {interval}"
        )));
    }
    // One policy for each interval: a second one changes the first.
    for policy in store::children(call.db, "policy", &volume.uuid)? {
        if policy.whole("intervaltype") == i64::try_from(place).unwrap_or(0) {
            store::remove(call.db, &policy)?;
        }
    }
    let owner = call.owner_like(&volume)?;
    let body = json!({"volumeid": volume.uuid, "schedule": times, "intervaltype": place, "maxsnaps": most,
        "timezone": zone, "fordisplay": call.boolean("fordisplay").unwrap_or(true)});
    let policy = call.make(&owner, ("policy", "", "", &volume.uuid), body)?;
    plan(call.db, &policy, call.now)?;
    call.shown("snapshotpolicy", &policy)
}

fn delete_policies(call: &mut Call) -> Done<Reply> {
    let mut policies = call.things("ids", "policy")?;
    if call.text("id").is_some() {
        policies.push(call.own_thing("id", "policy")?);
    }
    if policies.is_empty() {
        return Err(Refusal::value("No policy id(s) specified."));
    }
    for policy in policies {
        store::remove(call.db, &policy)?;
    }
    Ok(Reply::Success)
}

fn of_machine(call: &Call, machine: &str) -> Done<Vec<Thing>> {
    Ok(store::children(call.db, "vmsnapshot", machine)?)
}

/// A snapshot of a machine is found by the name that it was given, too, which is not the one that it has on its host.
fn list_of_machines(call: &mut Call) -> Done<Reply> {
    let listing = Listing {
        kind: "vmsnapshot",
        name: "vmSnapshot",
        filters: &[
            ("vmsnapshotid", "id"),
            ("virtualmachineid", "virtualmachineid"),
            ("state", "state"),
        ],
    };
    let Some(name) = call.text("name") else {
        return call.list(&listing);
    };
    let others: Params = call
        .params
        .iter()
        .filter(|(known, _)| !known.eq_ignore_ascii_case("name"))
        .cloned()
        .collect();
    let asked = Call {
        params: &others,
        caller: call.caller.clone(),
        subject: String::new(),
        ..*call
    };
    asked.list_where(&listing, |snapshot| {
        snapshot.name == name || snapshot.text("displayname") == name
    })
}

fn create_of_machine(call: &mut Call) -> Done<Reply> {
    let machine = call.own_thing("virtualmachineid", "machine")?;
    if !matches!(machine.state.as_str(), "Running" | "Stopped") {
        return Err(Refusal::value(format!(
            "Creating vm snapshot failed due to VM:{} is not in the running or Stopped state",
            machine.uuid
        )));
    }
    let memory = call.boolean("snapshotmemory").unwrap_or(false);
    if machine.state == "Stopped" && memory {
        return Err(Refusal::value(
            "Can not snapshot memory when VM is not in Running state",
        ));
    }
    let there = of_machine(call, &machine.uuid)?;
    if there.len() >= 10 {
        return Err(Refusal::new(
            530,
            4250,
            "Creating vm snapshot failed due to a VM can just have : 10 VM snapshots. Please delete old ones",
        ));
    }
    let before = there.iter().find(|snapshot| snapshot.is("current"));
    let owner = call.owner_like(&machine)?;
    let name = format!(
        "{}_VS_{}",
        machine.text("instancename"),
        clock::compact(call.now)
    );
    let body = owner.body(
        json!({"state": "Creating", "description": call.text("description"),
            "displayname": call.text("name").unwrap_or(&name), "zoneid": machine.text("zoneid"),
            "virtualmachineid": machine.uuid, "parent": before.map(|before| &before.uuid),
            "parentName": before.map(|before| before.text("displayname")), "current": true,
            "type": if memory { "DiskAndMemory" } else { "Disk" }, "created": clock::date(call.now)}),
        json!({}),
    );
    for mut other in there {
        other.set("current", false);
        store::update(call.db, &other)?;
    }
    let snapshot = call.make(
        &owner,
        ("vmsnapshot", &name, "Creating", &machine.uuid),
        body,
    )?;
    Ok(born(&snapshot))
}

fn end_delete_of_machine(call: &mut Call) -> Done<Value> {
    let gone = call.subject("vmsnapshot")?;
    let above = gone.body.get("parent").cloned();
    for mut other in of_machine(call, &gone.parent)? {
        if other.text("parent") == gone.uuid {
            match &above {
                Some(above) => other.set("parent", above.clone()),
                None => other.unset(&["parent", "parentName"]),
            }
            store::update(call.db, &other)?;
        }
        if gone.is("current") && above.as_ref().is_some_and(|above| *above == other.uuid) {
            other.set("current", true);
            store::update(call.db, &other)?;
        }
    }
    call.end_removed("vmsnapshot")
}

fn revert_machine(call: &mut Call) -> Done<Reply> {
    let snapshot = call.own_thing("vmsnapshotid", "vmsnapshot")?;
    let machine = store::by_uuid(call.db, "machine", &snapshot.parent)?
        .ok_or_else(|| Refusal::value("the machine of the snapshot is gone"))?;
    if !matches!(machine.state.as_str(), "Running" | "Stopped") {
        return Err(Refusal::value(
            "VM Snapshot reverting failed due to vm is not in the state of Running or Stopped.",
        ));
    }
    let memory = snapshot.text("type") == "DiskAndMemory";
    if machine.state == "Running" && !memory {
        return Err(Refusal::value(
            "VM Snapshot revert not allowed. This will result in VM state change. You can revert running VM to disk and memory type snapshot and stopped VM to disk type snapshot",
        ));
    }
    Ok(begun(&snapshot))
}

fn end_revert_machine(call: &mut Call) -> Done<Value> {
    let snapshot = call.subject("vmsnapshot")?;
    for mut other in of_machine(call, &snapshot.parent)? {
        other.set("current", other.uuid == snapshot.uuid);
        store::update(call.db, &other)?;
    }
    let machine = store::by_uuid(call.db, "machine", &snapshot.parent)?
        .ok_or_else(|| Refusal::value("the machine of the snapshot is gone"))?;
    Ok(in_job("virtualmachine", view(call.db, &machine)?))
}
