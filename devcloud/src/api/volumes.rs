//! What is done to volumes besides their life: resized, moved, renamed, brought in from a URL, taken out.

use serde_json::{Value, json};

use super::listing::view;
use super::things::{begun, born};
use super::{Call, Done, Reply, in_job, quotas, storage, templates};
use crate::api::fields::VOLUME;
use crate::store;
use crate::wire::Refusal;

fields! {
    EXTRACTION: id string "its id", name string "its name", accountid string "the account that asked",
        created date "when it was made", extractId string "the id of what is taken out",
        extractMode string "how it is taken out", state string "its state", status string "how far its download is",
        storagetype string "where it comes from", uploadpercentage integer "how far it is", url string "where it is",
        zoneid string "the zone it is in", zonename string "that zone's name";
}

apis! {
    Everyone "resizeVolume" "Makes a volume larger, or smaller where that is allowed" () {
        req "id" Id("volume") "its id";
        opt "size" Long "its new size in GB";
        opt "diskofferingid" Id("diskoffering") "its new offering";
        opt "shrinkok" Boolean "whether it may become smaller";
        opt "miniops" Long "how many operations a second it has at least";
        opt "maxiops" Long "how many operations a second it has at most";
    } -> VOLUME resize,
        job "admin.volume.ResizeVolumeCmdByAdmin" on "Volume" then |call| call.end_shown("volume", "volume");

    Everyone "migrateVolume" "Moves a volume to another storage pool" () {
        req "volumeid" Id("volume") "the volume";
        req "storageid" Id("storagepool") "the storage pool";
        opt "livemigrate" Boolean "whether it moves while its machine runs";
    } -> VOLUME migrate,
        job "admin.volume.MigrateVolumeCmdByAdmin" on "Volume" then |call| call.end_shown("volume", "volume");

    Everyone "updateVolume" "Changes whether users see a volume" () {
        opt "id" Id("volume") "its id";
        opt "displayvolume" Boolean "whether users see it";
    } -> VOLUME |call| {
            let mut volume = call.own_thing("id", "volume")?;
            call.take_over(&mut volume, &[], &["displayvolume"]);
            store::update(call.db, &volume)?;
            Ok(begun(&volume))
        },
        job "admin.volume.UpdateVolumeCmdByAdmin" on "Volume" then |call| call.end_shown("volume", "volume");

    Everyone "uploadVolume" "Makes a data disk of what is at a URL" () {
        req "name" Text "its name";
        req "format" Text "its disk format";
        req "url" Text "where it is" <= 2048;
        req "zoneid" Id("zone") "the zone it is in";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
        opt "checksum" Text "its MD5 sum";
        opt "diskofferingid" Id("diskoffering") "the disk offering";
        opt "imagestoreuuid" Text "where it is kept";
    } -> VOLUME upload,
        job "admin.volume.UploadVolumeCmdByAdmin" on "Volume" then |call| {
            let mut volume = call.subject("volume")?;
            volume.state = "UploadOp".into();
            store::update(call.db, &volume)?;
            templates::download(call, &volume)?;
            call.end_shown("volume", "volume")
        };

    Everyone "extractVolume" "Tells where a volume can be fetched" () {
        req "id" Id("volume") "its id";
        req "mode" Text "how it is taken out: HTTP_DOWNLOAD or FTP_UPLOAD";
        req "zoneid" Id("zone") "the zone it is in";
        opt "url" Text "where it is" <= 2048;
    } -> EXTRACTION extract,
        job "user.volume.ExtractVolumeCmd" on "Volume" then extracted;
}

fn resize(call: &mut Call) -> Done<Reply> {
    let mut volume = call.own_thing("id", "volume")?;
    let offering = call.thing("diskofferingid", "diskoffering")?;
    if !matches!(volume.state.as_str(), "Ready" | "Allocated") {
        return Err(Refusal::value(format!(
            "Volume should be in ready or allocated state before attempting a resize. Volume {} is in state {}.",
            volume.uuid, volume.state
        )));
    }
    let size = match (&offering, call.number("size")) {
        (Some(offering), size) => match offering.whole("disksize") {
            0 => size,
            fixed => Some(fixed),
        },
        (None, size) => size,
    };
    let most = storage::largest(call)?;
    let Some(size) = size.filter(|size| (1..=most).contains(size)) else {
        return Err(Refusal::value("Requested size out of range"));
    };
    let bytes = size << 30;
    let shrinks = bytes < volume.whole("size");
    if shrinks && !call.boolean("shrinkok").unwrap_or(false) {
        return Err(Refusal::value(format!(
            "Going from existing size of {} to size of {bytes} would shrink the volume.Need to sign off by supplying the shrinkok parameter with value of true.",
            volume.whole("size")
        )));
    }
    if shrinks && volume.text("type") == "ROOT" {
        return Err(Refusal::value(
            "Shrink operation on ROOT volume not supported",
        ));
    }
    if let Some(offering) = offering {
        volume.set("diskofferingid", offering.uuid);
        volume.set("diskofferingname", offering.name);
    }
    let growth = json!({"size": bytes - volume.whole("size")});
    quotas::reserve_growth(call, &volume, &growth)?;
    volume.set("size", bytes);
    store::update(call.db, &volume)?;
    Ok(begun(&volume))
}

fn migrate(call: &mut Call) -> Done<Reply> {
    let mut volume = call.own_thing("volumeid", "volume")?;
    let pool = call.required_thing("storageid", "storagepool")?;
    if volume.state != "Ready" {
        return Err(Refusal::value("Volume must be in ready state"));
    }
    if volume.text("storageid") == pool.uuid {
        return Err(Refusal::value(format!(
            "The volume {} is already on the destination storage pool",
            volume.uuid
        )));
    }
    let machine = store::by_uuid(call.db, "machine", &volume.parent)?;
    let runs = machine.is_some_and(|machine| machine.state == "Running");
    if runs && !call.boolean("livemigrate").unwrap_or(false) {
        return Err(Refusal::value(
            "Volume needs to be detached from VM, or livemigrate given",
        ));
    }
    if pool.state != "Up" {
        return Err(Refusal::value(format!(
            "Cannot migrate volume {} to the destination storage pool {} as the storage pool is in maintenance mode.",
            volume.uuid, pool.name
        )));
    }
    volume.set("storageid", pool.uuid);
    volume.set("storage", pool.name);
    store::update(call.db, &volume)?;
    Ok(begun(&volume))
}

fn upload(call: &mut Call) -> Done<Reply> {
    let zone = call.required_thing("zoneid", "zone")?;
    let url = call.required("url")?;
    if !["http://", "https://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
    {
        return Err(Refusal::value(format!("Unsupported scheme for url: {url}")));
    }
    let owner = call.owner()?;
    let offering = call.thing("diskofferingid", "diskoffering")?;
    let name = call.required("name")?;
    let volume = storage::add(
        call,
        &owner,
        name,
        "DATADISK",
        1 << 30,
        &zone,
        offering.as_ref(),
        None,
    )?;
    Ok(born(&volume))
}

fn extract(call: &mut Call) -> Done<Reply> {
    let volume = call.own_thing("id", "volume")?;
    if !matches!(call.required("mode")?, "HTTP_DOWNLOAD" | "FTP_UPLOAD") {
        return Err(Refusal::value("Please specify a valid extract Mode "));
    }
    let machine = store::by_uuid(call.db, "machine", &volume.parent)?;
    if machine.is_some_and(|machine| machine.state != "Stopped") {
        return Err(Refusal::value(
            "Invalid state of the volume with ID: the volume should be either detached or the VM should be in stopped state.",
        ));
    }
    Ok(begun(&volume))
}

/// Where it can be fetched: an address that no server answers at, for there are no bytes behind it.
fn extracted(call: &mut Call) -> Done<Value> {
    let volume = call.subject("volume")?;
    let shown = view(call.db, &volume)?;
    let mut record = json!({"id": volume.uuid, "name": volume.name, "extractId": volume.uuid,
        "accountid": call.caller.account.uuid, "state": "DOWNLOAD_URL_CREATED", "zoneid": shown["zoneid"],
        "zonename": shown["zonename"], "extractMode": call.required("mode")?});
    record["url"] = json!(format!("http://10.147.28.6/userdata/{}.vhd", volume.uuid));
    Ok(in_job("volume", record))
}
