//! Volumes: disks as EC2 shows and changes them.

use serde_json::{Value, json};

use super::words::{Said, Wrong, moment, tags};
use super::{Ask, Missing, instances, snapshots};

const VOLUMES: (&str, &str) = ("listVolumes", "volume");
pub const MISSING: Missing = Missing {
    code: "InvalidVolume.NotFound",
    what: "volume",
};

const FILTERS: &[(&str, &str)] = &[
    ("attachment.attach-time", "attachmentSet/*/attachTime"),
    (
        "attachment.delete-on-termination",
        "attachmentSet/*/deleteOnTermination",
    ),
    ("attachment.device", "attachmentSet/*/device"),
    ("attachment.instance-id", "attachmentSet/*/instanceId"),
    ("attachment.status", "attachmentSet/*/status"),
    ("availability-zone", "availabilityZone"),
    ("create-time", "createTime"),
    ("size", "size"),
    ("snapshot-id", "snapshotId"),
    ("status", "status"),
    ("tag-key", "tagSet/*/key"),
    ("tag-value", "tagSet/*/value"),
    ("volume-id", "volumeId"),
];

/// A device's name; the first is the root's.
fn device(volume: &Value) -> Value {
    match volume["deviceid"].as_u64() {
        Some(0) => json!("/dev/sda1"),
        Some(number @ 1..26) => {
            let letter = char::from(b'a' + u8::try_from(number).unwrap_or(0));
            json!(format!("/dev/sd{letter}"))
        }
        _ => Value::Null,
    }
}

/// The number of a device's name: /dev/sdb, /dev/xvdb or xvdb is 1.
fn number_of(name: &str) -> Option<u8> {
    let short = name.strip_prefix("/dev/").unwrap_or(name);
    let letter = short
        .strip_prefix("sd")
        .or_else(|| short.strip_prefix("xvd"))?;
    match letter.as_bytes() {
        [letter @ b'b'..=b'z'] => Some(letter - b'a'),
        _ => None,
    }
}

fn attachment(volume: &Value) -> Value {
    json!({"volumeId": volume["id"], "instanceId": volume["virtualmachineid"], "device": device(volume),
        "status": "attached", "attachTime": attached(volume), "deleteOnTermination": volume["type"] == "ROOT"})
}

fn attached(volume: &Value) -> Value {
    match moment(volume, "attached") {
        Value::Null => moment(volume, "created"),
        time => time,
    }
}

/// A disk among those of an instance.
pub fn mapping(volume: &Value) -> Value {
    json!({"deviceName": device(volume), "ebs": {"volumeId": volume["id"], "status": "attached",
        "attachTime": attached(volume), "deleteOnTermination": volume["type"] == "ROOT"}})
}

/// A volume as EC2 shows it.
fn volume(row: &Value) -> Value {
    let held = row["virtualmachineid"].is_string();
    let status = match row["state"].as_str().unwrap_or_default() {
        _ if held => "in-use",
        "Creating" | "NotUploaded" | "UploadInProgress" | "UploadOp" => "creating",
        "Destroy" | "Expunging" | "Destroying" => "deleting",
        _ => "available",
    };
    let attachments: Vec<Value> = held.then(|| attachment(row)).into_iter().collect();
    let size = row["size"].as_u64().unwrap_or(0).div_ceil(1 << 30);
    json!({"volumeId": row["id"], "size": size, "snapshotId": row["snapshotid"], "availabilityZone": row["zonename"],
        "status": status, "createTime": moment(row, "created"), "attachmentSet": attachments, "tagSet": tags(row)})
}

pub fn describe(ask: &Ask) -> Said {
    let rows = ask.meant("VolumeId", VOLUMES, &[], MISSING)?;
    let items = ask
        .query
        .filtered(rows.iter().map(volume).collect(), FILTERS)?;
    Ok(json!({ "volumeSet": items }))
}

pub fn one(ask: &Ask, id: &str) -> Said {
    ask.one(VOLUMES.0, VOLUMES.1, id, &[], MISSING)
}

/// The disk offering that leaves the size open.
pub fn open_offering(ask: &Ask) -> Result<String, Wrong> {
    let offerings = ask.rows("listDiskOfferings", "diskoffering", &[])?;
    let open = offerings
        .iter()
        .find(|offering| offering["iscustomized"] == true);
    let id = open.and_then(|offering| offering["id"].as_str());
    id.map(String::from).ok_or_else(|| {
        Wrong::client(
            "Unsupported",
            "No disk offering of the cloud leaves the size open",
        )
    })
}

pub async fn create(ask: &Ask<'_>) -> Said {
    let zone = instances::zone(ask, Some(ask.required("AvailabilityZone")?))?;
    let name = format!("vol-{}", uuid::Uuid::new_v4().simple());
    let mut params = vec![("name", name.as_str()), ("zoneid", zone.as_str())];
    let offering;
    if let Some(snapshot) = ask.query.text("SnapshotId") {
        snapshots::one(ask, snapshot)?;
        params.push(("snapshotid", snapshot));
    } else {
        let size = ask.required("Size")?;
        offering = open_offering(ask)?;
        params.extend([("diskofferingid", offering.as_str()), ("size", size)]);
    }
    let ended = ask.finish("createVolume", &params).await;
    let ended = ended.map_err(|wrong| full(wrong, "VolumeLimitExceeded"))?;
    Ok(volume(&ended["volume"]))
}

/// What an account may have no more of, under its own code.
pub fn full(wrong: Wrong, code: &str) -> Wrong {
    if wrong.is("InstanceLimitExceeded") {
        wrong.called(code)
    } else {
        wrong
    }
}

pub async fn attach(ask: &Ask<'_>) -> Said {
    let (id, machine) = (ask.required("VolumeId")?, ask.required("InstanceId")?);
    let wanted = ask.required("Device")?;
    let number = number_of(wanted).ok_or_else(|| Wrong::value("Device", wanted))?;
    one(ask, id)?;
    let list = ("listVirtualMachines", "virtualmachine");
    ask.one(list.0, list.1, machine, &[], instances::MISSING)?;
    let on = [("virtualmachineid", machine), ("listall", "true")];
    let disks = ask.rows(VOLUMES.0, VOLUMES.1, &on)?;
    if disks.iter().any(|disk| disk["deviceid"] == number) {
        return Err(Wrong::client(
            "InvalidDevice.InUse",
            format!("{wanted} is in use at the instance '{machine}'"),
        ));
    }
    let number = number.to_string();
    let params = [
        ("id", id),
        ("virtualmachineid", machine),
        ("deviceid", number.as_str()),
    ];
    let ended = ask.finish("attachVolume", &params).await?;
    Ok(attachment(&ended["volume"]))
}

pub async fn detach(ask: &Ask<'_>) -> Said {
    let id = ask.required("VolumeId")?;
    let before = one(ask, id)?;
    let given = ask.query.text("InstanceId");
    if given.is_some_and(|machine| before["virtualmachineid"] != machine)
        || before["virtualmachineid"].is_null()
    {
        return Err(Wrong::client(
            "InvalidAttachment.NotFound",
            format!("The volume '{id}' is not attached so"),
        ));
    }
    ask.finish("detachVolume", &[("id", id)]).await?;
    let mut item = attachment(&before);
    item["status"] = json!("detached");
    Ok(item)
}

pub fn delete(ask: &Ask) -> Said {
    let id = ask.required("VolumeId")?;
    if one(ask, id)?["virtualmachineid"].is_string() {
        return Err(Wrong::client(
            "IncorrectState",
            format!("The volume '{id}' is attached to an instance"),
        ));
    }
    ask.call("deleteVolume", &[("id", id)])?;
    Ok(json!({"return": true}))
}
