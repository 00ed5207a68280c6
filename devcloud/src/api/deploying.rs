//! A virtual machine made: its networks and addresses, its interfaces, its volumes, and everything that it starts with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::infrastructure::Made;
use super::things::Owner;
use super::{Call, Done, Reply, groups, keypairs, networks, nics, storage, templates, wires};
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

/// The networks that a new machine is in: those named, else the account's own, made when there is none.
pub fn networks_of(call: &Call, owner: &Owner, zone: &Thing) -> Done<Vec<Thing>> {
    let named = call.things("networkids", "network")?;
    if !named.is_empty() {
        return Ok(named);
    }
    let own = store::children(call.db, "network", &zone.uuid)?
        .into_iter()
        .find(|network| {
            // Where security groups keep machines apart, they share a network.
            let shared = zone.is("securitygroupsenabled") && network.text("type") == "Shared";
            shared || (network.account == owner.id && network.text("vpcid").is_empty())
        });
    if let Some(network) = own {
        return Ok(vec![network]);
    }
    let offering = store::of_kind(call.db, "networkoffering")?
        .into_iter()
        .next()
        .ok_or_else(|| Refusal::value("Unable to find a default isolated network offering"))?;
    let name = format!("{}-network", owner.name);
    Ok(vec![networks::create(
        call, owner, &name, &name, &offering, zone,
    )?])
}

/// Refuses what no machine can be made of.
fn deployable(call: &Call, template: &Thing, zone: &Thing) -> Done<()> {
    templates::usable(call, template)?;
    if template.text("templatetype") == "SYSTEM" {
        return Err(Refusal::value(format!(
            "Unable to use system template {} to deploy a user vm",
            template.uuid
        )));
    }
    if !template.is("isready") {
        return Err(Refusal::value(format!(
            "Template {} has not been completely downloaded to zone {}",
            template.uuid, zone.uuid
        )));
    }
    let pools = store::of_kind(call.db, "storagepool")?;
    if !pools
        .iter()
        .any(|pool| pool.state == "Up" && pool.text("zoneid") == zone.uuid)
    {
        return Err(Refusal::new(
            533,
            4340,
            format!("There is no storage pool in use in zone {}", zone.name),
        ));
    }
    if zone.text("allocationstate") == "Disabled" && !call.caller.root() {
        return Err(Refusal::new(
            531,
            4365,
            format!(
                "Cannot perform this operation, Zone is currently disabled: {}",
                zone.uuid
            ),
        ));
    }
    Ok(())
}

pub fn deploy(call: &mut Call) -> Done<Reply> {
    let zone = call.required_thing("zoneid", "zone")?;
    let template = call.required_thing("templateid", "template")?;
    let offering = call.required_thing("serviceofferingid", "serviceoffering")?;
    deployable(call, &template, &zone)?;
    if template.kind == "iso" {
        installable(call, &template)?;
    }
    let owner = call.owner()?;
    if let Some(pair) = call.text("keypair")
        && keypairs::of_owner(call, &owner, pair)?.is_none()
    {
        return Err(Refusal::value(format!(
            "A key pair with name '{pair}' was not found."
        )));
    }
    let uuid = call
        .custom_id()?
        .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let name = call
        .text("name")
        .map_or_else(|| format!("VM-{uuid}"), String::from);
    let addressed = addressed_networks(call)?;
    let mut networks: Vec<Thing> = match addressed.is_empty() {
        true => networks_of(call, &owner, &zone)?,
        false => addressed
            .iter()
            .map(|(network, _)| network.clone())
            .collect(),
    };
    let mut nics = Vec::new();
    for (place, network) in networks.iter_mut().enumerate() {
        let twins = store::children(call.db, "machine", &network.uuid)?;
        if twins.iter().any(|other| other.name == name) {
            return Err(Refusal::value(format!(
                "The vm with hostName {name} already exists in the network domain: {}; network={}",
                network.text("networkdomain"),
                network.name
            )));
        }
        networks::implement(call, network)?;
        let wanted = match addressed.get(place) {
            Some((_, wanted)) => wanted.as_deref(),
            None => call.text("ipaddress").filter(|_| place == 0),
        };
        let address = address(call, network, wanted)?;
        if let Value::Array(more) = interface(network, Some(address)) {
            nics.extend(more);
        }
        if let Some(nic) = nics.last_mut() {
            nic["isdefault"] = json!(place == 0);
        }
    }
    let network = networks.first().map_or("", |network| &network.uuid);
    let body = body(
        call,
        &owner,
        &name,
        &zone,
        &template,
        &offering,
        Value::Array(nics),
    )?;
    let state = if call.boolean("startvm").unwrap_or(true) {
        "Starting"
    } else {
        "Stopped"
    };
    let made = Made {
        kind: "machine",
        name: &name,
        state,
        parent: network,
        account: owner.id,
        domain: owner.domain.id,
        uuid: Some(uuid),
    };
    let mut machine = call.create(made, body)?;
    number(&mut machine.body, owner.number, machine.number);
    if let Some(group) = call.text("group") {
        let group = groups::instance_group(call, &owner, group, true)?;
        machine.set("groupid", group.uuid);
    }
    store::update(call.db, &machine)?;
    keep_userdata(call, &owner, &machine)?;
    let offering = call.thing("diskofferingid", "diskoffering")?;
    if template.kind == "iso" {
        // The disk offering is that of the root volume, on which the ISO installs something.
        let size = offered_size(call, offering.as_ref())?;
        let root = format!("ROOT-{}", machine.number);
        let mut root = storage::add(
            call,
            &owner,
            &root,
            "ROOT",
            size,
            &zone,
            offering.as_ref(),
            None,
        )?;
        storage::put_on(call, &mut root, &machine)?;
        store::update(call.db, &root)?;
    } else {
        let size = template.whole("size");
        let larger = storage::bytes(call, "rootdisksize")?.unwrap_or(0);
        add_root(call, &owner, &machine, &template, &zone, size.max(larger))?;
        if let Some(offering) = offering {
            let size = offered_size(call, Some(&offering))?;
            add_data(call, &owner, &machine, &zone, &offering, size)?;
        }
    }
    for record in call.records("datadiskofferinglist") {
        let of = |field: &str| {
            record
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        call.find("datadisktemplateid", "template", of("datadisktemplateid"))?;
        let offering = call.find("diskofferingid", "diskoffering", of("diskofferingid"))?;
        let size = offered_size(call, Some(&offering))?;
        add_data(call, &owner, &machine, &zone, &offering, size)?;
    }
    Ok(Reply::Job {
        thing: machine.uuid,
        created: true,
    })
}

/// Refuses an ISO that nothing can be installed from the way that the call says.
fn installable(call: &Call, iso: &Thing) -> Done<()> {
    if !iso.is("bootable") {
        return Err(Refusal::value(format!(
            "Installing from ISO requires an ISO that is bootable: {}",
            iso.uuid
        )));
    }
    if call.text("diskofferingid").is_none() {
        return Err(Refusal::value(
            "Installing from ISO requires a disk offering to be specified for the root disk.",
        ));
    }
    if call.text("hypervisor").is_none() {
        return Err(Refusal::value(
            "hypervisor parameter is needed to deploy VM or the hypervisor parameter value passed is invalid",
        ));
    }
    Ok(())
}

/// Keeps what a machine's operating system is to read, in place of what was kept before.
pub fn keep_userdata(call: &Call, owner: &Owner, machine: &Thing) -> Done<()> {
    let Some(data) = call.text("userdata") else {
        return Ok(());
    };
    match STANDARD.decode(data) {
        Err(_) => return Err(Refusal::value("User data is not base64 encoded")),
        Ok(bytes) if bytes.is_empty() => return Err(Refusal::value("User data is too short")),
        Ok(_) => {}
    }
    for before in store::children(call.db, "userdata", &machine.uuid)? {
        store::remove(call.db, &before)?;
    }
    let body = json!({"userdata": data});
    call.make(owner, ("userdata", "", "", &machine.uuid), body)?;
    Ok(())
}

/// The networks of `iptonetworklist`, each with the address that the machine shall have in it.
fn addressed_networks(call: &Call) -> Done<Vec<(Thing, Option<String>)>> {
    let records = call.records("iptonetworklist");
    if !records.is_empty()
        && (call.text("networkids").is_some() || call.text("ipaddress").is_some())
    {
        return Err(Refusal::value(
            "ipToNetworkMap can't be specified along with networkIds or ipAddress",
        ));
    }
    let mut networks = Vec::new();
    for record in records {
        let of = |field: &str| record.get(field).and_then(Value::as_str);
        let given = of("networkid").or(of("networkids")).unwrap_or_default();
        let network = call.find("networkid", "network", given)?;
        call.may_use(&network)?;
        networks.push((network, of("ip").map(String::from)));
    }
    Ok(networks)
}

/// The bytes of a volume of an offering, which the call says where the offering does not.
fn offered_size(call: &Call, offering: Option<&Thing>) -> Done<i64> {
    match offering.map_or(0, |offering| offering.whole("disksize")) {
        0 => Ok(storage::bytes(call, "size")?.unwrap_or(1 << 30)),
        fixed => Ok(fixed << 30),
    }
}

/// Gives a new machine a data disk.
fn add_data(
    call: &Call,
    owner: &Owner,
    machine: &Thing,
    zone: &Thing,
    offering: &Thing,
    size: i64,
) -> Done<()> {
    let name = format!("DATA-{}", machine.number);
    let mut data = storage::add(
        call,
        owner,
        &name,
        "DATADISK",
        size,
        zone,
        Some(offering),
        None,
    )?;
    storage::put_on(call, &mut data, machine)?;
    Ok(store::update(call.db, &data)?)
}

/// Gives a machine the root volume that a template makes.
pub fn add_root(
    call: &Call,
    owner: &Owner,
    machine: &Thing,
    template: &Thing,
    zone: &Thing,
    size: i64,
) -> Done<()> {
    let name = format!("ROOT-{}", machine.number);
    let mut root = storage::add(call, owner, &name, "ROOT", size, zone, None, None)?;
    root.set("templateid", template.uuid.as_str());
    storage::put_on(call, &mut root, machine)?;
    Ok(store::update(call.db, &root)?)
}

/// Words that no one else knows, for a machine that takes passwords.
pub fn password() -> String {
    uuid::Uuid::new_v4()
        .simple()
        .to_string()
        .chars()
        .take(9)
        .collect()
}

/// The next free address of a network, or the one that is wanted.
pub fn address(call: &Call, network: &Thing, wanted: Option<&str>) -> Done<String> {
    let machines = nics::machines_in(call, network)?;
    let mut taken: Vec<&str> = vec![network.text("gateway")];
    for nic in machines.iter().flat_map(nics::of) {
        taken.extend(nic["ipaddress"].as_str());
        let more = nic["secondaryip"].as_array();
        taken.extend(
            more.into_iter()
                .flatten()
                .filter_map(|more| more["ipaddress"].as_str()),
        );
    }
    let (first, bits) = network
        .text("cidr")
        .split_once('/')
        .and_then(|(first, bits)| {
            let first: std::net::Ipv4Addr = first.parse().ok()?;
            Some((u32::from(first), bits.parse::<u32>().ok()?))
        })
        .unwrap_or((0, 32));
    let last = first | u32::MAX.checked_shr(bits).unwrap_or(0);
    if let Some(wanted) = wanted {
        let inside = wanted
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| (first..=last).contains(&u32::from(address)));
        if !inside || taken.contains(&wanted) {
            return Err(Refusal::new(
                533,
                4320,
                format!(
                    "Unable to acquire Guest IP address {wanted} for network {}",
                    network.uuid
                ),
            ));
        }
        return Ok(wanted.into());
    }
    let ranges = wires::guest_ranges(call, network)?;
    let free: Box<dyn Iterator<Item = u32>> = match ranges.is_empty() {
        true => Box::new(first.saturating_add(2)..last),
        false => Box::new(ranges.into_iter().flat_map(|(first, last)| first..=last)),
    };
    free.map(|number| std::net::Ipv4Addr::from(number).to_string())
        .find(|address| !taken.contains(&address.as_str()))
        .ok_or_else(|| {
            Refusal::new(
                533,
                4320,
                format!(
                    "Unable to acquire Guest IP address for network {}",
                    network.uuid
                ),
            )
        })
}

/// A machine's interface in a network.
pub fn interface(network: &Thing, address: Option<String>) -> Value {
    let field = |name: &str| network.body.get(name).cloned();
    json!([{"id": uuid::Uuid::new_v4().to_string(), "networkid": network.uuid, "networkname": network.name,
        "netmask": field("netmask"), "gateway": field("gateway"), "ipaddress": address, "traffictype": "Guest",
        "type": field("type"), "isdefault": true, "macaddress": "", "secondaryip": [], "extradhcpoption": []}])
}

/// Gives a machine what comes of its number: its name on the host, and the address of its interface's hardware.
pub fn number(machine: &mut Map<String, Value>, account: i64, number: i64) {
    let instance = format!("i-{account}-{number}-VM");
    machine.insert("instancename".into(), json!(instance));
    let mac = format!(
        "02:00:{:02x}:{:02x}:00:{:02x}",
        (number >> 8) & 0xff,
        number & 0xff,
        1 + ((number >> 16) & 0x7f)
    );
    if let Some(nic) = machine.get_mut("nic").and_then(|nics| nics.get_mut(0)) {
        nic["macaddress"] = json!(mac);
    }
}

/// A machine's fields before it has an id and a number.
pub fn body(
    call: &Call,
    owner: &Owner,
    name: &str,
    zone: &Thing,
    template: &Thing,
    offering: &Thing,
    nic: Value,
) -> Done<Value> {
    let user = store::by_uuid(call.db, "user", &call.caller.user)?;
    let iso = (template.kind == "iso").then_some(template);
    let hypervisor = match iso {
        Some(_) => call.text("hypervisor").unwrap_or_default(),
        None => template.text("hypervisor"),
    };
    let size = |field: &str| offering.body.get(field).cloned();
    let before = json!({"displayname": call.text("displayname").unwrap_or(name)});
    let after = json!({"userid": call.caller.user, "username": user.map(|user| user.name),
        "created": clock::date(call.now), "state": "Starting", "haenable": false,
        "group": call.text("group"), "zoneid": zone.uuid, "zonename": zone.name, "templateid": template.uuid,
        "templatename": template.name, "templatedisplaytext": template.body.get("displaytext"),
        "passwordenabled": template.is("passwordenabled"), "serviceofferingid": offering.uuid, "serviceofferingname": offering.name,
        "cpunumber": size("cpunumber"), "cpuspeed": size("cpuspeed"), "memory": size("memory"), "rootdeviceid": 0,
        "rootdevicetype": "ROOT", "securitygroup": groups::security_of(call, owner, zone)?, "nic": nic,
        "isoid": iso.map(|iso| &iso.uuid), "isoname": iso.map(|iso| &iso.name),
        "isodisplaytext": iso.map(|iso| iso.text("displaytext")),
        "hypervisor": hypervisor, "keypair": call.text("keypair"), "details": call.map("details"),
        "affinitygroup": groups::affinity_of(call, owner)?,
        "displayvm": call.boolean("displayvm").unwrap_or(true), "isdynamicallyscalable": false, "tags": []});
    Ok(owner.body(before, after))
}
