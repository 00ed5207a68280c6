//! Public addresses: acquired, led to one server, given back.

use serde_json::{Value, json};

use super::ask::{Ask, Done, date};
use super::given::{missing, wrong};
use super::servers;
use super::words::{Fault, OTHER, Reply, code};
use crate::store::{self, Thing};

/// The caller's addresses but for those that whole networks go out by.
pub fn all(ask: &Ask) -> Done<Vec<Thing>> {
    let kept: Vec<Value> = ask
        .own("natgateway")?
        .iter()
        .filter_map(|gateway| gateway.body.get("address").cloned())
        .collect();
    let addresses = ask.own("publicip")?.into_iter();
    Ok(addresses
        .filter(|address| !address.is("issourcenat") && !kept.contains(&json!(address.uuid)))
        .collect())
}

/// The address that leads to a machine.
pub fn of_machine(ask: &Ask, machine: &Thing) -> Done<Option<Thing>> {
    let addresses = ask.look(|db| store::mentioning(db, "publicip", &machine.uuid))?;
    Ok(addresses
        .into_iter()
        .find(|address| address.is("isstaticnat")))
}

fn view(ask: &Ask, address: &Thing) -> Done<Value> {
    let machine = ask.other("machine", address.text("virtualmachineid"))?;
    let operation = match ask
        .pending(&address.uuid)?
        .map(|pending| pending.api.as_str())
    {
        Some("disableStaticNat") => "DISUS",
        Some("associateIpAddress") => "CREAT",
        Some(_) => "TERMT",
        None => "NULL",
    };
    let (status, name) = match (&machine, operation) {
        (_, "CREAT") => ("INIT", "creating"),
        (Some(_), _) => ("USED", "used"),
        (None, _) => ("CREAT", "created"),
    };
    let made = date(address.text("allocated"));
    Ok(json!({
        "publicIpInstanceNo": address.id.to_string(),
        "publicIp": address.name,
        "publicIpDescription": ask.noted(&address.uuid, "description")?,
        "createDate": made,
        "publicIpInstanceStatusName": name,
        "publicIpInstanceStatus": code(status, &format!("NET {status} state")),
        "serverInstanceNo": machine.as_ref().map(|machine| machine.id.to_string()),
        "serverName": machine.as_ref().map(|machine| machine.text("displayname")),
        "privateIp": address.text("vmipaddress"),
        "lastModifyDate": made,
        "publicIpInstanceOperation": code(operation, &format!("NET {operation} OP")),
    }))
}

fn show(ask: &Ask, address: &Thing) -> Done<Reply> {
    let now = ask.look(|db| store::by_uuid(db, "publicip", &address.uuid))?;
    let now: Vec<Thing> = now.into_iter().collect();
    ask.shown(&now, |address| view(ask, address))
}

pub fn list(ask: &mut Ask) -> Done<Reply> {
    let mut addresses = all(ask)?;
    if let Some(associated) = ask.given.flag("isAssociated") {
        addresses.retain(|address| address.is("isstaticnat") == associated);
    }
    if let Some(vpc) = ask.maybe("vpcNo", "vpc")? {
        addresses.retain(|address| {
            let network = ask.other("network", address.text("associatednetworkid"));
            network.is_ok_and(|network| {
                network.is_some_and(|network| network.text("vpcid") == vpc.uuid)
            })
        });
    }
    ask.listed(&addresses, |address| view(ask, address))
}

/// Acquires an address in a machine's zone.
pub fn acquire(ask: &mut Ask, machine: &Thing) -> Done<Thing> {
    acquire_in(ask, machine.text("zoneid"))
}

pub fn acquire_in(ask: &mut Ask, zone: &str) -> Done<Thing> {
    let answer = ask.call("associateIpAddress", &[("zoneid", zone)])?;
    let uuid = answer["id"].as_str().unwrap_or_default().to_string();
    let made = ask.look(|db| store::by_uuid(db, "publicip", &uuid))?;
    made.ok_or_else(|| Fault::service(OTHER, "the address is gone"))
}

/// Leads an address to a machine.
pub fn lead(ask: &mut Ask, address: &Thing, machine: &Thing) -> Done<()> {
    let params = [
        ("ipaddressid", address.uuid.as_str()),
        ("virtualmachineid", &machine.uuid),
        ("networkid", &machine.parent),
    ];
    ask.call("enableStaticNat", &params)?;
    Ok(())
}

pub fn create(ask: &mut Ask) -> Done<Reply> {
    let machine = ask.maybe("serverInstanceNo", "machine")?;
    if let Some(machine) = &machine {
        free(ask, machine)?;
    }
    let zone = match &machine {
        Some(machine) => machine.text("zoneid").to_string(),
        None => ask.zone("zoneCode")?.uuid,
    };
    let address = acquire_in(ask, &zone)?;
    if let Some(about) = ask.given.text("publicIpDescription") {
        let note = json!({"description": about});
        ask.keep(&address.uuid, note)?;
    }
    if let Some(machine) = machine {
        lead(ask, &address, &machine)?;
    }
    show(ask, &address)
}

/// Refuses a server that has an address, or is on its way to another status.
fn free(ask: &Ask, machine: &Thing) -> Done<()> {
    if ask.pending(&machine.uuid)?.is_some() {
        return Err(Fault::service(
            "1003016",
            format!(
                "The server {} is in operation. Please try again.",
                machine.id
            ),
        ));
    }
    match of_machine(ask, machine)? {
        Some(other) => Err(Fault::service(
            OTHER,
            format!("The server {} has the public IP {}", machine.id, other.name),
        )),
        None => Ok(()),
    }
}

pub fn associate(ask: &mut Ask) -> Done<Reply> {
    let address = ask.thing("publicIpInstanceNo", "publicip")?;
    let machine = ask.thing("serverInstanceNo", "machine")?;
    free(ask, &machine)?;
    if address.is("isstaticnat") {
        return Err(Fault::service(
            OTHER,
            format!("The public IP {} is in use", address.name),
        ));
    }
    lead(ask, &address, &machine)?;
    show(ask, &address)
}

pub fn disassociate(ask: &mut Ask) -> Done<Reply> {
    let machine = ask.maybe("serverInstanceNo", "machine")?;
    let address = match (ask.maybe("publicIpInstanceNo", "publicip")?, &machine) {
        (Some(address), _) => Some(address),
        (None, Some(machine)) => of_machine(ask, machine)?,
        (None, None) => return Err(missing("publicIpInstanceNo")),
    };
    let address = address.ok_or_else(|| wrong("serverInstanceNo", "no public IP"))?;
    if !address.is("isstaticnat") {
        return Err(Fault::service(
            OTHER,
            format!("The public IP {} is on no server", address.name),
        ));
    }
    ask.call("disableStaticNat", &[("ipaddressid", &address.uuid)])?;
    show(ask, &address)
}

pub fn delete(ask: &mut Ask) -> Done<Reply> {
    let address = ask.thing("publicIpInstanceNo", "publicip")?;
    if let Some(machine) = ask.other("machine", address.text("virtualmachineid"))? {
        servers::idle(ask, &machine)?;
        return Err(Fault::service(
            OTHER,
            format!(
                "The public IP {} has to be disassociated from server {} first",
                address.name, machine.id
            ),
        ));
    }
    ask.call("disassociateIpAddress", &[("id", &address.uuid)])?;
    show(ask, &address)
}
