//! What a usage record tells of what was used, by its type.

use rusqlite::{Connection, Result};
use serde_json::{Map, Value, json};

use super::*;

/// What there is to tell of a thing that is charged for by a type; `uuid` is the part of it that is, if it has parts.
pub fn facts(db: &Connection, thing: &Thing, usage: i64, uuid: &str) -> Result<Map<String, Value>> {
    let mut facts = whose(db, thing)?;
    facts.insert("usagetype".into(), json!(usage));
    let more = match usage {
        RUNNING | ALLOCATED => of_machine(db, thing, usage)?,
        NETWORK_OFFERING => of_network(db, thing, uuid)?,
        VOLUME => of_volume(db, thing)?,
        ADDRESS => {
            json!({"description": format!("IPAddress: {}", thing.name), "usageid": thing.uuid,
            "issourcenat": thing.is("issourcenat"), "issystem": thing.is("issystem")})
        }
        TEMPLATE | ISO => {
            let word = if usage == ISO { "ISO" } else { "Template" };
            let size = thing.whole("size");
            json!({"description": format!("{word} Id:{} Size:{size}", thing.number), "usageid": thing.uuid, "size": size})
        }
        SNAPSHOT => {
            let size = thing.whole("physicalsize");
            json!({"description": format!("Snapshot Id:{} Size:{size}", thing.number), "usageid": thing.uuid,
                "size": size})
        }
        BALANCER => {
            json!({"description": format!("Load Balancing Policy: {} usage time", thing.number),
            "usageid": thing.uuid})
        }
        FORWARDING => {
            json!({"description": format!("Port Forwarding Rule: {} usage time", thing.number),
            "usageid": thing.uuid})
        }
        VPN_USER => json!({
            "description": format!("VPN User: {}, Id: {} usage time", thing.text("username"), thing.number),
            "usageid": thing.uuid}),
        _ => of_machine_snapshot(db, thing, usage, uuid)?,
    };
    if let Value::Object(more) = more {
        facts.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
    }
    Ok(facts)
}

/// Whose it is and where; rules are where their network is, and users of a VPN nowhere.
fn whose(db: &Connection, thing: &Thing) -> Result<Map<String, Value>> {
    let account = store::by_id(db, "account", thing.account)?;
    let mut facts = Map::new();
    if let Some(account) = account {
        facts.insert("account".into(), json!(account.name));
        facts.insert("accountid".into(), json!(account.uuid));
        for field in ["domainid", "domain"] {
            facts.extend(
                account
                    .body
                    .get(field)
                    .map(|value| (field.into(), value.clone())),
            );
        }
    }
    let zone = match thing.text("zoneid") {
        "" => store::by_uuid(db, "network", thing.text("networkid"))?
            .map(|network| network.text("zoneid").to_string()),
        zone => Some(zone.to_string()),
    };
    facts.extend(zone.map(|zone| ("zoneid".to_string(), json!(zone))));
    Ok(facts)
}

/// The number of the thing of a kind that a field names.
fn number(db: &Connection, thing: &Thing, field: &str, kind: &str) -> Result<Option<i64>> {
    let other = store::by_uuid(db, kind, thing.text(field))?;
    Ok(other.map(|other| other.number))
}

fn of_machine(db: &Connection, machine: &Thing, usage: i64) -> Result<Value> {
    let doing = match usage {
        RUNNING => "running time",
        _ => "allocated",
    };
    let about = format!(
        "{} {doing} (ServiceOffering: {}) (Template: {})",
        machine.name,
        number(db, machine, "serviceofferingid", "serviceoffering")?.unwrap_or_default(),
        number(db, machine, "templateid", "template")?.unwrap_or_default()
    );
    let has = |field: &str| machine.body.get(field);
    Ok(
        json!({"description": about, "virtualmachineid": machine.uuid, "name": machine.name,
        "offeringid": has("serviceofferingid"), "templateid": has("templateid"), "usageid": machine.uuid,
        "type": has("hypervisor"), "cpunumber": has("cpunumber"), "cpuspeed": has("cpuspeed"), "memory": has("memory")}),
    )
}

fn of_network(db: &Connection, machine: &Thing, network: &str) -> Result<Value> {
    let nics = machine.body.get("nic").and_then(Value::as_array);
    let mut nics = nics.into_iter().flatten();
    let default = nics.any(|nic| nic["networkid"] == network && nic["isdefault"] == true);
    let offering = match store::by_uuid(db, "network", network)? {
        Some(network) => store::by_uuid(db, "networkoffering", network.text("networkofferingid"))?,
        None => None,
    };
    let about = format!(
        "Network offering:{} for Vm : {} usage time",
        offering.as_ref().map_or(0, |offering| offering.number),
        machine.number
    );
    Ok(
        json!({"description": about, "virtualmachineid": machine.uuid,
        "offeringid": offering.map(|offering| offering.uuid), "isdefault": default}),
    )
}

fn of_volume(db: &Connection, volume: &Thing) -> Result<Value> {
    let offering = number(db, volume, "diskofferingid", "diskoffering")?;
    let template = number(db, volume, "templateid", "template")?;
    let of = match (offering, template) {
        (Some(offering), _) => format!(" (DiskOffering: {offering})"),
        (None, Some(template)) => format!(" (Template: {template})"),
        (None, None) => String::new(),
    };
    let has = |field: &str| volume.body.get(field);
    Ok(
        json!({"description": format!("Volume Id: {} usage time{of}", volume.number), "offeringid": has("diskofferingid"),
        "templateid": has("templateid"), "usageid": volume.uuid, "size": has("size")}),
    )
}

/// A machine's snapshot as a whole, or what it takes of one of the machine's volumes.
fn of_machine_snapshot(
    db: &Connection,
    snapshot: &Thing,
    usage: i64,
    volume: &str,
) -> Result<Value> {
    let machine = store::by_uuid(db, "machine", &snapshot.parent)?;
    let (uuid, id) = machine
        .as_ref()
        .map_or((None, 0), |machine| (Some(&machine.uuid), machine.number));
    if usage == MACHINE_SNAPSHOT_ON_PRIMARY {
        let volumes = store::children(db, "volume", &snapshot.parent)?;
        let size: i64 = volumes.iter().map(|volume| volume.whole("size")).sum();
        return Ok(
            json!({"description": format!("VMSnapshot On Primary Usage: VM Id: {id} Size: {size}"),
            "virtualmachineid": uuid, "name": snapshot.name}),
        );
    }
    let volume = store::by_uuid(db, "volume", volume)?;
    let offering = match &volume {
        Some(volume) => number(db, volume, "diskofferingid", "diskoffering")?,
        None => None,
    };
    let of = offering.map_or(String::new(), |offering| {
        format!(" DiskOffering: {offering}")
    });
    let (number, size) = volume.map_or((0, 0), |volume| (volume.number, volume.whole("size")));
    Ok(json!({
        "description": format!("VMSnapshot Usage: VM Id: {id} Volume Id: {number} {of} Size: {size}"),
        "virtualmachineid": uuid, "name": machine.as_ref().map(|machine| machine.text("instancename")),
        "offeringid": offering.map(|offering| offering.to_string()), "usageid": uuid, "size": size}))
}
