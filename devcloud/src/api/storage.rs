//! Volumes: made, attached, detached, deleted; a machine's root volume goes with it.

use serde_json::{Value, json};

use super::infrastructure::Made;
use super::listing::{IN_PROJECT, Listing, OWNED, PAGED, view};
use super::things::Owner;
use super::{Access, Api, Call, Done, Reply, Takes, Work, configuration, fields, in_job, opt, req};
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

const GIGABYTE: i64 = 1 << 30;

pub const APIS: &[Api] = &[
    Api {
        name: "listVolumes",
        about: "Lists volumes",
        access: Access::Everyone,
        params: &[
            &[
                opt("id", Takes::Id("volume"), "the id of the volume"),
                opt("name", Takes::Text, "only the volume of this name"),
                opt("type", Takes::Text, "ROOT or DATADISK"),
                opt(
                    "virtualmachineid",
                    Takes::Id("machine"),
                    "only volumes of this machine",
                ),
                opt("zoneid", Takes::Id("zone"), "only those in this zone"),
                opt("ids", Takes::List, "only volumes of these ids, by commas"),
                opt(
                    "diskofferingid",
                    Takes::Id("diskoffering"),
                    "only those of this offering",
                ),
                opt("tags", Takes::Map, "only volumes with these tags"),
            ],
            OWNED,
            IN_PROJECT,
            PAGED,
        ],
        answers: fields::VOLUME,
        run: |call| {
            call.list(&Listing {
                kind: "volume",
                name: "volume",
                filters: &[
                    ("type", "type"),
                    ("virtualmachineid", "virtualmachineid"),
                    ("zoneid", "zoneid"),
                    ("diskofferingid", "diskofferingid"),
                ],
            })
        },
        job: None,
    },
    Api {
        name: "createVolume",
        about: "Creates a data disk",
        access: Access::Everyone,
        params: &[&[
            opt("name", Takes::Text, "its name"),
            opt(
                "diskofferingid",
                Takes::Id("diskoffering"),
                "its offering; or give size",
            ),
            opt(
                "size",
                Takes::Long,
                "its size in GB, for offerings that leave it free",
            ),
            opt("zoneid", Takes::Id("zone"), "the zone it is in"),
            opt(
                "virtualmachineid",
                Takes::Id("machine"),
                "the machine that it is attached to at once",
            ),
            opt(
                "account",
                Takes::Text,
                "the account it belongs to; goes with domainid",
            ),
            opt("domainid", Takes::Id("domain"), "the domain it belongs to"),
            opt(
                "projectid",
                Takes::Id("project"),
                "the project it belongs to",
            ),
            opt(
                "snapshotid",
                Takes::Id("snapshot"),
                "the snapshot that it is made of",
            ),
            opt(
                "customid",
                Takes::Text,
                "the id that it gets; for root administrators",
            ),
        ]],
        answers: fields::VOLUME,
        run: create,
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.volume.CreateVolumeCmdByAdmin",
            instance: "Volume",
            milliseconds: 300,
            end: shown,
        }),
    },
    Api {
        name: "attachVolume",
        about: "Attaches a data disk to a machine",
        access: Access::Everyone,
        params: &[&[
            req("id", Takes::Id("volume"), "the id of the volume"),
            req(
                "virtualmachineid",
                Takes::Id("machine"),
                "the machine that it is attached to",
            ),
            opt(
                "deviceid",
                Takes::Long,
                "which of the machine's devices it becomes",
            ),
        ]],
        answers: fields::VOLUME,
        run: |call| {
            let volume = call.own_thing("id", "volume")?;
            call.own_thing("virtualmachineid", "machine")?;
            Ok(Reply::Job {
                thing: volume.uuid,
                created: false,
            })
        },
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.volume.AttachVolumeCmdByAdmin",
            instance: "Volume",
            milliseconds: 500,
            end: attach,
        }),
    },
    Api {
        name: "detachVolume",
        about: "Detaches a data disk from its machine",
        access: Access::Everyone,
        params: &[&[
            opt("id", Takes::Id("volume"), "the id of the volume"),
            opt(
                "virtualmachineid",
                Takes::Id("machine"),
                "in place of id: the machine; goes with deviceid",
            ),
            opt(
                "deviceid",
                Takes::Long,
                "in place of id: which of the machine's devices",
            ),
        ]],
        answers: fields::VOLUME,
        run: |call| {
            let volume = attached(call)?;
            Ok(Reply::Job {
                thing: volume.uuid,
                created: false,
            })
        },
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.volume.DetachVolumeCmdByAdmin",
            instance: "Volume",
            milliseconds: 500,
            end: detach,
        }),
    },
    Api {
        name: "deleteVolume",
        about: "Deletes a data disk that is attached to nothing",
        access: Access::Everyone,
        params: &[&[req("id", Takes::Id("volume"), "the id of the volume")]],
        answers: fields::SUCCESS,
        run: delete,
        job: None,
    },
];

fn create(call: &mut Call) -> Done<Reply> {
    let offering = call.thing("diskofferingid", "diskoffering")?;
    let machine = match call.text("virtualmachineid") {
        Some(_) => Some(call.own_thing("virtualmachineid", "machine")?),
        None => None,
    };
    let fixed = offering
        .as_ref()
        .and_then(|offering| offering.body.get("disksize"))
        .and_then(Value::as_i64);
    let snapshot = match call.text("snapshotid") {
        Some(_) => Some(call.own_thing("snapshotid", "snapshot")?),
        None => None,
    };
    let size = match (fixed.filter(|size| *size > 0), call.number("size")) {
        _ if snapshot.is_some() => 0,
        (Some(size), _) => size,
        (None, Some(_)) => bytes(call, "size")?.unwrap_or(0) / GIGABYTE,
        (None, None) => {
            return Err(Refusal::value(
                "Missing parameter(s),either a positive volume size or a valid disk offering id must be specified.",
            ));
        }
    };
    let zone = match (call.thing("zoneid", "zone")?, &machine) {
        (Some(zone), _) => zone,
        (None, Some(machine)) => super::machines::zone_of(call, machine)?,
        (None, None) if snapshot.is_some() => {
            let zone = snapshot
                .as_ref()
                .map_or("", |snapshot| snapshot.text("zoneid"));
            store::by_uuid(call.db, "zone", zone)?
                .ok_or_else(|| Refusal::value("the zone of the snapshot is gone"))?
        }
        (None, None) => {
            return Err(Refusal::value(
                "Unable to find zone to create the volume in",
            ));
        }
    };
    let name = call
        .text("name")
        .map_or_else(|| format!("DATA-{}", call.now), String::from);
    let uuid = call.custom_id()?;
    let bytes = snapshot.map_or(size * GIGABYTE, |snapshot| snapshot.whole("virtualsize"));
    let owner = call.owner()?;
    let mut volume = add(
        call,
        &owner,
        &name,
        "DATADISK",
        bytes,
        &zone,
        offering.as_ref(),
        uuid,
    )?;
    if let Some(machine) = machine {
        put_on(call, &mut volume, &machine)?;
        store::update(call.db, &volume)?;
    }
    Ok(Reply::Job {
        thing: volume.uuid,
        created: true,
    })
}

/// The bytes of a size that a parameter says in GB.
pub fn bytes(call: &Call, param: &str) -> Done<Option<i64>> {
    let Some(size) = call.number(param) else {
        return Ok(None);
    };
    let most = largest(call)?;
    if !(1..=most).contains(&size) {
        return Err(Refusal::value(format!(
            "Invalid size for custom volume creation: {size} ,max volume size is:{most}"
        )));
    }
    Ok(Some(size * GIGABYTE))
}

/// How many GB the largest volume may have that is not of an offering's size.
pub fn largest(call: &Call) -> Done<i64> {
    configuration::number(call.db, configuration::MAX_VOLUME)
}

/// Makes a volume.
#[allow(clippy::too_many_arguments)]
pub fn add(
    call: &Call,
    owner: &Owner,
    name: &str,
    kind: &str,
    size: i64,
    zone: &Thing,
    offering: Option<&Thing>,
    uuid: Option<String>,
) -> Done<Thing> {
    let before = json!({"zoneid": zone.uuid, "zonename": zone.name, "type": kind, "provisioningtype": "thin",
        "size": size, "created": clock::date(call.now), "state": "Allocated"});
    let after = json!({"storagetype": "shared", "hypervisor": "XenServer",
        "diskofferingid": offering.map(|offering| &offering.uuid),
        "diskofferingname": offering.map(|offering| &offering.name), "destroyed": false, "isextractable": true,
        "tags": [], "displayvolume": true, "quiescevm": false});
    let made = Made {
        kind: "volume",
        name,
        state: "Allocated",
        parent: "",
        account: owner.id,
        domain: owner.domain.id,
        uuid,
    };
    call.create(made, owner.body(before, after))
}

/// Notes on the volume which machine it is attached to, and as which device.
pub fn put_on(call: &Call, volume: &mut Thing, machine: &Thing) -> Done<()> {
    let taken: Vec<i64> = store::children(call.db, "volume", &machine.uuid)?
        .iter()
        .filter_map(|other| other.body.get("deviceid")?.as_i64())
        .collect();
    let root = volume.body.get("type") == Some(&json!("ROOT"));
    let wanted = call.number("deviceid").filter(|_| !root);
    let device = match wanted {
        Some(device) if taken.contains(&device) => {
            return Err(Refusal::value(format!(
                "deviceId {device} is used by vm {}",
                machine.uuid
            )));
        }
        Some(device) => device,
        None if root => 0,
        // Device 3 is the CD drive's.
        None => (1..)
            .find(|device| *device != 3 && !taken.contains(device))
            .unwrap_or(1),
    };
    volume.body.insert("deviceid".into(), json!(device));
    volume.parent = machine.uuid.clone();
    volume.state = "Ready".into();
    volume
        .body
        .insert("virtualmachineid".into(), json!(machine.uuid));
    volume.body.insert("vmname".into(), json!(machine.name));
    Ok(())
}

/// The end of a job on a volume that only had to be waited for.
fn shown(call: &mut Call) -> Done<Value> {
    let volume = store::by_uuid(call.db, "volume", &call.subject)?
        .ok_or_else(|| Refusal::value("the volume is gone"))?;
    Ok(in_job("volume", view(call.db, &volume)?))
}

fn attach(call: &mut Call) -> Done<Value> {
    let mut volume = call.own_thing("id", "volume")?;
    let machine = call.own_thing("virtualmachineid", "machine")?;
    if !volume.parent.is_empty() {
        return Err(Refusal::param(
            "Please specify a volume that is not attached to any VM.",
        ));
    }
    if !matches!(volume.state.as_str(), "Allocated" | "Ready" | "Uploaded") {
        return Err(Refusal::param(
            "Volume state must be in Allocated, Ready or in Uploaded state",
        ));
    }
    if !matches!(machine.state.as_str(), "Running" | "Stopped") {
        return Err(Refusal::param(
            "Please specify a VM that is either running or stopped.",
        ));
    }
    put_on(call, &mut volume, &machine)?;
    volume
        .body
        .insert("attached".into(), json!(clock::date(call.now)));
    store::update(call.db, &volume)?;
    Ok(in_job("volume", view(call.db, &volume)?))
}

/// The volume that detachVolume means: by its id, or by machine and device.
fn attached(call: &Call) -> Done<Thing> {
    if call.text("id").is_some() {
        return call.own_thing("id", "volume");
    }
    let (Some(_), Some(device)) = (call.text("virtualmachineid"), call.number("deviceid")) else {
        return Err(Refusal::value(
            "Please provide either a volume id, or a tuple(device id, instance id)",
        ));
    };
    let machine = call.own_thing("virtualmachineid", "machine")?;
    store::children(call.db, "volume", &machine.uuid)?
        .into_iter()
        .find(|volume| volume.body.get("deviceid") == Some(&json!(device)))
        .ok_or_else(|| {
            Refusal::value(format!(
                "No volume is attached to the machine as device {device}"
            ))
        })
}

fn detach(call: &mut Call) -> Done<Value> {
    let mut volume = attached(call)?;
    if volume.body.get("type") == Some(&json!("ROOT")) {
        return Err(Refusal::param("Please specify a data volume."));
    }
    if volume.parent.is_empty() {
        return Err(Refusal::param(
            "The specified volume is not attached to a VM.",
        ));
    }
    volume.parent.clear();
    for field in ["virtualmachineid", "vmname", "attached", "deviceid"] {
        volume.body.shift_remove(field);
    }
    store::update(call.db, &volume)?;
    Ok(in_job("volume", view(call.db, &volume)?))
}

fn delete(call: &mut Call) -> Done<Reply> {
    let volume = call.own_thing("id", "volume")?;
    if !volume.parent.is_empty() {
        return Err(Refusal::value(
            "Please specify a volume that is not attached to any VM.",
        ));
    }
    if matches!(volume.state.as_str(), "NotUploaded" | "UploadInProgress") {
        return Err(Refusal::value(
            "The volume is either getting uploaded or it may be initiated shortly, please wait for it to be completed",
        ));
    }
    store::remove(call.db, &volume)?;
    Ok(Reply::Success)
}
