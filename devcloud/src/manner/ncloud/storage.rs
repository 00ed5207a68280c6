//! Block storage and its snapshots, which are volumes and theirs.

use serde_json::{Value, json};

use super::ask::{Ask, Done, REGION, date};
use super::given::{missing, wrong};
use super::words::{Fault, OTHER, Reply, code};
use super::{images, servers};
use crate::store::{self, Thing};

/// Storage that something goes on with.
const BUSY: &str = "25013";
const GIGABYTE: i64 = 1 << 30;

fn view(ask: &Ask, volume: &Thing) -> Done<Value> {
    let pending = ask
        .pending(&volume.uuid)?
        .map(|pending| pending.api.as_str());
    let attached = !volume.parent.is_empty();
    let (status, operation, name) = match pending {
        Some("createVolume") => ("INIT", "CREAT", "creating"),
        Some("attachVolume") => ("CREAT", "ATTAC", "attaching"),
        Some("detachVolume") => ("ATTAC", "DETAC", "detaching"),
        Some("resizeVolume") => ("CREAT", "CHNG", "optimizing"),
        _ if attached => ("ATTAC", "NULL", "attached"),
        _ => ("CREAT", "NULL", "detached"),
    };
    let machine = ask.other("machine", &volume.parent)?;
    let root = volume.text("type") == "ROOT";
    let letters = "abcdefghijklmnopqrstuvwxyz";
    let device = usize::try_from(volume.whole("deviceid")).unwrap_or(0);
    let letter = letters.get(device..=device).filter(|_| attached);
    let kind = ask.noted(&volume.uuid, "kind")?;
    let kind = kind.as_str().unwrap_or("SSD");
    Ok(json!({
        "blockStorageInstanceNo": volume.id.to_string(),
        "serverInstanceNo": machine.as_ref().map(|machine| machine.id.to_string()),
        "blockStorageName": volume.name,
        "blockStorageType": if root { code("BASIC", "Basic BS") } else { code("SVRBS", "Server BS") },
        "blockStorageSize": volume.whole("size"),
        "deviceName": letter.map(|letter| format!("/dev/xvd{letter}")),
        "blockStorageProductCode": "SPBSTBSTAD000006",
        "blockStorageInstanceStatus": code(status, &format!("BS {status} state")),
        "blockStorageInstanceOperation": code(operation, &format!("BS {operation} OP")),
        "blockStorageInstanceStatusName": name,
        "createDate": date(volume.text("created")),
        "blockStorageDescription": ask.noted(&volume.uuid, "description")?,
        "blockStorageDiskType": code("NET", "Network Storage"),
        "blockStorageDiskDetailType": code(kind, kind),
        "maxIopsThroughput": 4000,
        "isEncryptedVolume": false,
        "zoneCode": ask.zone_of(volume)?,
        "regionCode": REGION,
        "isReturnProtection": ask.noted(&volume.uuid, "protected")? == true,
        "blockStorageVolumeType": code(kind, kind),
        "hypervisorType": images::hypervisor(volume),
        "blockStorageSnapshotInstanceNo": ask.noted(&volume.uuid, "snapshot")?,
    }))
}

pub fn list(ask: &mut Ask) -> Done<Reply> {
    let mut volumes = ask.own("volume")?;
    if let Some(name) = ask.given.text("serverName") {
        let servers = servers::all(ask)?;
        volumes.retain(|volume| {
            servers
                .iter()
                .any(|server| server.uuid == volume.parent && server.text("displayname") == name)
        });
    }
    ask.listed(&volumes, |volume| view(ask, volume))
}

fn show(ask: &Ask, volumes: &[Thing]) -> Done<Reply> {
    let mut now = Vec::new();
    for volume in volumes {
        now.extend(ask.look(|db| store::by_uuid(db, "volume", &volume.uuid))?);
    }
    ask.shown(&now, |volume| view(ask, volume))
}

fn idle(ask: &Ask, volume: &Thing) -> Done<()> {
    match ask.pending(&volume.uuid)? {
        Some(_) => Err(Fault::service(
            BUSY,
            format!(
                "The block storage {} is in operation. Please try again.",
                volume.id
            ),
        )),
        None => Ok(()),
    }
}

/// A size in GB, as parameters have it.
fn size(ask: &Ask) -> Done<String> {
    let size = ask.given.number("blockStorageSize")?;
    let size = size.ok_or_else(|| missing("blockStorageSize"))?;
    match size {
        10..=2000 if size % 10 == 0 => Ok(size.to_string()),
        _ => Err(wrong("blockStorageSize", &size.to_string())),
    }
}

pub fn create(ask: &mut Ask) -> Done<Reply> {
    let size = size(ask)?;
    let machine = ask.maybe("serverInstanceNo", "machine")?;
    let zone = match &machine {
        Some(machine) => {
            servers::idle(ask, machine)?;
            machine.text("zoneid").to_string()
        }
        None => ask.zone("zoneCode")?.uuid,
    };
    let snapshot = ask.maybe("blockStorageSnapshotInstanceNo", "snapshot")?;
    let kind = [
        "blockStorageVolumeTypeCode",
        "blockStorageDiskDetailTypeCode",
    ]
    .into_iter()
    .find_map(|name| ask.given.text(name));
    let about = json!({"description": ask.given.text("blockStorageDescription"), "kind": kind,
        "protected": ask.given.flag("isReturnProtection"),
        "snapshot": snapshot.as_ref().map(|snapshot| snapshot.id)});
    let name = match ask.given.text("blockStorageName") {
        Some(name) => name.to_string(),
        None => format!("bst{:.10}", uuid::Uuid::new_v4().simple().to_string()),
    };
    let mut params = vec![("name", name.as_str()), ("zoneid", &zone), ("size", &size)];
    params.extend(
        machine
            .as_ref()
            .map(|machine| ("virtualmachineid", machine.uuid.as_str())),
    );
    params.extend(
        snapshot
            .as_ref()
            .map(|snapshot| ("snapshotid", snapshot.uuid.as_str())),
    );
    let answer = ask.call("createVolume", &params)?;
    let uuid = answer["id"].as_str().unwrap_or_default().to_string();
    ask.keep(&uuid, about)?;
    let made = ask.look(|db| store::by_uuid(db, "volume", &uuid))?;
    let made: Vec<Thing> = made.into_iter().collect();
    ask.shown(&made, |volume| view(ask, volume))
}

pub fn attach(ask: &mut Ask) -> Done<Reply> {
    let volume = ask.thing("blockStorageInstanceNo", "volume")?;
    let machine = ask.thing("serverInstanceNo", "machine")?;
    idle(ask, &volume)?;
    servers::idle(ask, &machine)?;
    if !volume.parent.is_empty() {
        return Err(Fault::service(
            OTHER,
            format!("The block storage {} is attached", volume.id),
        ));
    }
    let params = [
        ("id", volume.uuid.as_str()),
        ("virtualmachineid", &machine.uuid),
    ];
    ask.call("attachVolume", &params)?;
    show(ask, &[volume])
}

pub fn detach(ask: &mut Ask) -> Done<Reply> {
    let volumes = ask.things("blockStorageInstanceNoList", "volume")?;
    for volume in &volumes {
        idle(ask, volume)?;
        if volume.parent.is_empty() || volume.text("type") == "ROOT" {
            return Err(Fault::service(
                OTHER,
                format!("The block storage {} cannot be detached", volume.id),
            ));
        }
    }
    for volume in &volumes {
        ask.call("detachVolume", &[("id", &volume.uuid)])?;
    }
    show(ask, &volumes)
}

pub fn delete(ask: &mut Ask) -> Done<Reply> {
    let volumes = ask.things("blockStorageInstanceNoList", "volume")?;
    for volume in &volumes {
        idle(ask, volume)?;
        let protected = ask.noted(&volume.uuid, "protected")? == true;
        if !volume.parent.is_empty() || protected {
            let why = if protected {
                "is protected"
            } else {
                "is attached"
            };
            return Err(Fault::service(
                OTHER,
                format!("The block storage {} {why}", volume.id),
            ));
        }
    }
    let shown = ask.shown(&volumes, |volume| view(ask, volume))?;
    for volume in &volumes {
        ask.call("deleteVolume", &[("id", &volume.uuid)])?;
    }
    Ok(shown)
}

pub fn resize(ask: &mut Ask) -> Done<Reply> {
    let volume = ask.thing("blockStorageInstanceNo", "volume")?;
    idle(ask, &volume)?;
    let size = size(ask)?;
    let gigabytes: i64 = size.parse().unwrap_or(0);
    if gigabytes * GIGABYTE <= volume.whole("size") {
        return Err(wrong("blockStorageSize", &size));
    }
    ask.call("resizeVolume", &[("id", &volume.uuid), ("size", &size)])?;
    show(ask, &[volume])
}

pub fn protect(ask: &mut Ask) -> Done<Reply> {
    let volume = ask.thing("blockStorageInstanceNo", "volume")?;
    let protected = ask.given.flag("isReturnProtection");
    ask.keep(&volume.uuid, json!({"protected": protected}))?;
    show(ask, &[volume])
}

fn snapshot_view(ask: &Ask, snapshot: &Thing) -> Done<Value> {
    let (status, operation, name) = match ask
        .pending(&snapshot.uuid)?
        .map(|pending| pending.api.as_str())
    {
        Some("createSnapshot") => ("INIT", "CREAT", "creating"),
        Some(_) => ("CREAT", "TERMT", "terminating"),
        None => ("CREAT", "NULL", "created"),
    };
    Ok(json!({
        "blockStorageSnapshotInstanceNo": snapshot.id.to_string(),
        "blockStorageSnapshotName": snapshot.name,
        "blockStorageSnapshotVolumeSize": snapshot.whole("virtualsize"),
        "originalBlockStorageInstanceNo": ask.number_of("volume", snapshot.text("volumeid"))?,
        "blockStorageSnapshotInstanceStatus": code(status, &format!("BSI {status} state")),
        "blockStorageSnapshotInstanceOperation": code(operation, &format!("BSI {operation} OP")),
        "blockStorageSnapshotInstanceStatusName": name,
        "createDate": date(snapshot.text("created")),
        "isEncryptedOriginalBlockStorageVolume": false,
        "blockStorageSnapshotDescription": ask.noted(&snapshot.uuid, "description")?,
        "snapshotType": code("FULL", "Full"),
        "snapshotChainDepth": 0,
        "hypervisorType": code("XEN", "XEN"),
        "isBootable": snapshot.text("volumetype") == "ROOT",
        "blockStorageVolumeType": code("SSD", "SSD"),
    }))
}

pub fn snapshots(ask: &mut Ask) -> Done<Reply> {
    let snapshots = ask.own("snapshot")?;
    ask.listed(&snapshots, |snapshot| snapshot_view(ask, snapshot))
}

pub fn snapshot(ask: &mut Ask) -> Done<Reply> {
    let volume = ask.thing("originalBlockStorageInstanceNo", "volume")?;
    idle(ask, &volume)?;
    let about = json!({"description": ask.given.text("blockStorageSnapshotDescription")});
    let name = match ask.given.text("blockStorageSnapshotName") {
        Some(name) => name.to_string(),
        None => format!("bss{:.10}", uuid::Uuid::new_v4().simple().to_string()),
    };
    let answer = ask.call(
        "createSnapshot",
        &[("volumeid", &volume.uuid), ("name", &name)],
    )?;
    let uuid = answer["id"].as_str().unwrap_or_default().to_string();
    ask.keep(&uuid, about)?;
    let made = ask.look(|db| store::by_uuid(db, "snapshot", &uuid))?;
    let made: Vec<Thing> = made.into_iter().collect();
    ask.shown(&made, |snapshot| snapshot_view(ask, snapshot))
}

pub fn delete_snapshots(ask: &mut Ask) -> Done<Reply> {
    let snapshots = ask.things("blockStorageSnapshotInstanceNoList", "snapshot")?;
    for snapshot in &snapshots {
        ask.call("deleteSnapshot", &[("id", &snapshot.uuid)])?;
    }
    ask.shown(&snapshots, |snapshot| snapshot_view(ask, snapshot))
}
