//! Snapshots of volumes as EC2 shows and changes them.

use serde_json::{Value, json};

use super::words::{Said, moment, owner, tags};
use super::{Ask, Missing, volumes};

const SNAPSHOTS: (&str, &str) = ("listSnapshots", "snapshot");
const MISSING: Missing = Missing {
    code: "InvalidSnapshot.NotFound",
    what: "snapshot",
};

const FILTERS: &[(&str, &str)] = &[
    ("owner-alias", "ownerAlias"),
    ("owner-id", "ownerId"),
    ("snapshot-id", "snapshotId"),
    ("start-time", "startTime"),
    ("status", "status"),
    ("tag-key", "tagSet/*/key"),
    ("tag-value", "tagSet/*/value"),
    ("volume-id", "volumeId"),
    ("volume-size", "volumeSize"),
];

/// A snapshot as EC2 shows it.
fn snapshot(row: &Value) -> Value {
    let (status, progress) = match row["state"].as_str().unwrap_or_default() {
        "BackedUp" => ("completed", "100%"),
        "Error" => ("error", "0%"),
        _ => ("pending", "0%"),
    };
    let size = row["virtualsize"].as_u64().unwrap_or(0).div_ceil(1 << 30);
    json!({"snapshotId": row["id"], "volumeId": row["volumeid"], "status": status,
        "startTime": moment(row, "created"), "progress": progress, "ownerId": owner(row),
        "ownerAlias": row["account"], "volumeSize": size, "description": row["name"], "tagSet": tags(row)})
}

pub fn one(ask: &Ask, id: &str) -> Said {
    ask.one(SNAPSHOTS.0, SNAPSHOTS.1, id, &[], MISSING)
}

pub async fn create(ask: &Ask<'_>) -> Said {
    let volume = ask.required("VolumeId")?;
    volumes::one(ask, volume)?;
    let ended = ask
        .finish("createSnapshot", &[("volumeid", volume)])
        .await
        .map_err(|wrong| volumes::full(wrong, "SnapshotLimitExceeded"))?;
    Ok(snapshot(&ended["snapshot"]))
}

pub fn describe(ask: &Ask) -> Said {
    let rows = ask.meant("SnapshotId", SNAPSHOTS, &[], MISSING)?;
    let items = ask
        .query
        .filtered(rows.iter().map(snapshot).collect(), FILTERS)?;
    Ok(json!({ "snapshotSet": items }))
}

pub async fn delete(ask: &Ask<'_>) -> Said {
    let id = ask.required("SnapshotId")?;
    one(ask, id)?;
    ask.finish("deleteSnapshot", &[("id", id)]).await?;
    Ok(json!({"return": true}))
}
