//! Servers, which are machines: made in a subnet, started, stopped, changed, terminated, each when its status allows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::ask::{Ask, Done, REGION, date};
use super::given::{missing, wrong};
use super::words::{Fault, OTHER, Reply, code};
use super::{addresses, images, interfaces, wiring};
use crate::api;
use crate::store::{self, Thing};

/// An object that something else goes on with.
const BUSY: &str = "23006";
/// How long a new server is said to be prepared before it is said to be made, in milliseconds.
const PREPARED: i64 = 300;
/// How many servers one call may make.
const MOST: i64 = 20;

/// The caller's servers; one that was destroyed is not there any more.
pub fn all(ask: &Ask) -> Done<Vec<Thing>> {
    let machines = ask.own("machine")?.into_iter();
    Ok(machines
        .filter(|machine| machine.state != "Destroyed")
        .collect())
}

/// A status code, an operation's, and both in a word.
fn status(ask: &Ask, machine: &Thing) -> Done<(&'static str, &'static str, &'static str)> {
    let pending = ask.pending(&machine.uuid)?;
    if let Some(pending) = pending {
        let now = ask.desk.look(api::cloud_time)?;
        return Ok(match pending.api.as_str() {
            "deployVirtualMachine" if now - pending.begun < PREPARED => ("INIT", "NULL", "init"),
            "deployVirtualMachine" => ("CREAT", "SETUP", "creating"),
            "startVirtualMachine" => ("NSTOP", "START", "booting"),
            "stopVirtualMachine" => ("RUN", "SHTDN", "shutting down"),
            "rebootVirtualMachine" => ("RUN", "RESTA", "rebooting"),
            "destroyVirtualMachine" => ("NSTOP", "TERMT", "terminating"),
            _ if machine.state == "Stopped" => ("NSTOP", "CHNG", "changingSpec"),
            _ => ("RUN", "SETUP", "setting up"),
        });
    }
    Ok(match machine.state.as_str() {
        "Running" => ("RUN", "NULL", "running"),
        "Stopped" => ("NSTOP", "NULL", "stopped"),
        "Migrating" => ("RUN", "MIGRA", "repairing"),
        "Error" => ("FSTOP", "NULL", "stopped"),
        _ => ("CREAT", "NULL", "creating"),
    })
}

pub fn view(ask: &Ask, machine: &Thing) -> Done<Value> {
    let (status, operation, name) = status(ask, machine)?;
    let network = ask.other("network", &machine.parent)?;
    let network = network.filter(|network| !network.text("vpcid").is_empty());
    let vpc = network.as_ref().map_or("", |network| network.text("vpcid"));
    let image = ask.other("template", machine.text("templateid"))?;
    let spec = ask.other("serviceoffering", machine.text("serviceofferingid"))?;
    let address = addresses::of_machine(ask, machine)?;
    let affinity = machine.body.get("affinitygroup");
    let group = affinity.and_then(|groups| groups.get(0));
    let group_id = group.and_then(|group| group["id"].as_str());
    let created = date(machine.text("created"));
    Ok(json!({
        "serverInstanceNo": machine.id.to_string(),
        "serverName": machine.text("displayname"),
        "serverDescription": ask.noted(&machine.uuid, "description")?,
        "cpuCount": machine.whole("cpunumber"),
        "memorySize": machine.whole("memory") << 20,
        "platformType": image.as_ref().map(|image| images::platform(image)),
        "loginKeyName": machine.text("keypair"),
        "publicIpInstanceNo": address.as_ref().map(|address| address.id.to_string()),
        "publicIp": address.as_ref().map(|address| &address.name),
        "serverInstanceStatus": code(status, &format!("Server {} state", status.to_lowercase())),
        "serverInstanceOperation": code(operation, &format!("Server {operation} OP")),
        "serverInstanceStatusName": name,
        "createDate": created,
        "uptime": created,
        "serverImageProductCode": image.as_ref().map(|image| images::image_product(image)),
        "serverProductCode": spec.as_ref().map(|spec| images::spec_product(spec)),
        "isProtectServerTermination": ask.noted(&machine.uuid, "protected")? == true,
        "zoneCode": ask.zone_of(machine)?,
        "regionCode": REGION,
        "vpcNo": ask.number_of("vpc", vpc)?,
        "subnetNo": network.as_ref().map(|network| network.id.to_string()),
        "networkInterfaceNoList": interfaces::numbers(ask, machine)?,
        "initScriptNo": ask.noted(&machine.uuid, "initscript")?,
        "serverInstanceType": code("STAND", "Standard"),
        "baseBlockStorageDiskType": code("NET", "Network Storage"),
        "baseBlockStorageDiskDetailType": code("SSD", "SSD"),
        "placementGroupNo": ask.number_of("affinitygroup", group_id.unwrap_or_default())?,
        "placementGroupName": group.map(|group| &group["name"]),
        "hypervisorType": images::hypervisor(machine),
        "serverImageNo": image.as_ref().map(|image| image.id.to_string()),
        "serverSpecCode": spec.as_ref().map(|spec| images::spec_code(spec)),
    }))
}

pub fn list(ask: &mut Ask) -> Done<Reply> {
    let mut machines = all(ask)?;
    if let Some(ip) = ask.given.text("ip") {
        let public = addresses::all(ask)?;
        machines.retain(|machine| {
            let own = interfaces::of(machine);
            own.iter().any(|nic| nic["ipaddress"] == *ip)
                || public.iter().any(|address| {
                    address.name == ip && address.text("virtualmachineid") == machine.uuid
                })
        });
    }
    ask.listed(&machines, |machine| view(ask, machine))
}

/// The servers that have no public address.
pub fn list_without_address(ask: &mut Ask) -> Done<Reply> {
    let mut bare = Vec::new();
    for machine in all(ask)? {
        if addresses::of_machine(ask, &machine)?.is_none() {
            bare.push(machine);
        }
    }
    ask.listed(&bare, |machine| view(ask, machine))
}

/// Shows machines as they are now.
pub fn show(ask: &Ask, machines: &[Thing]) -> Done<Reply> {
    let mut now = Vec::new();
    for machine in machines {
        now.extend(ask.look(|db| store::by_uuid(db, "machine", &machine.uuid))?);
    }
    ask.shown(&now, |machine| view(ask, machine))
}

/// Refuses a server that something goes on with.
pub fn idle(ask: &Ask, machine: &Thing) -> Done<()> {
    match ask.pending(&machine.uuid)? {
        Some(_) => Err(Fault::service(
            BUSY,
            format!(
                "The server {} is in operation. Please try again.",
                machine.id
            ),
        )),
        None => Ok(()),
    }
}

/// Refuses a server that is not in a state.
fn in_state(ask: &Ask, machine: &Thing, state: &str) -> Done<()> {
    idle(ask, machine)?;
    if machine.state == state {
        return Ok(());
    }
    let (status, ..) = status(ask, machine)?;
    let wanted = if state == "Stopped" { "NSTOP" } else { "RUN" };
    Err(Fault::service(
        OTHER,
        format!(
            "The status of server {} has to be {wanted} and is {status}",
            machine.id
        ),
    ))
}

/// Does something to each of the servers of a list, or to none where one is in another state.
fn each(ask: &mut Ask, state: &str, command: &str, more: &[(&str, &str)]) -> Done<Reply> {
    let machines = ask.things("serverInstanceNoList", "machine")?;
    for machine in &machines {
        in_state(ask, machine, state)?;
    }
    for machine in &machines {
        let params = [&[("id", machine.uuid.as_str())], more].concat();
        ask.call(command, &params)?;
    }
    show(ask, &machines)
}

pub fn start(ask: &mut Ask) -> Done<Reply> {
    each(ask, "Stopped", "startVirtualMachine", &[])
}

pub fn stop(ask: &mut Ask) -> Done<Reply> {
    each(ask, "Running", "stopVirtualMachine", &[])
}

pub fn reboot(ask: &mut Ask) -> Done<Reply> {
    each(ask, "Running", "rebootVirtualMachine", &[])
}

pub fn terminate(ask: &mut Ask) -> Done<Reply> {
    let machines = ask.things("serverInstanceNoList", "machine")?;
    for machine in &machines {
        if ask.noted(&machine.uuid, "protected")? == true {
            return Err(Fault::service(
                OTHER,
                format!("The server {} is protected from termination", machine.id),
            ));
        }
    }
    let more = [("expunge", "true")];
    let terminated = each(ask, "Stopped", "destroyVirtualMachine", &more)?;
    for machine in &machines {
        interfaces::keep_staying(ask, machine)?;
    }
    Ok(terminated)
}

/// Sends a server that runs an interrupt for diagnosis, of which nothing is to be seen from outside.
pub fn interrupt(ask: &mut Ask) -> Done<Reply> {
    let machine = ask.thing("serverInstanceNo", "machine")?;
    in_state(ask, &machine, "Running")?;
    show(ask, &[machine])
}

pub fn protect(ask: &mut Ask) -> Done<Reply> {
    let machine = ask.thing("serverInstanceNo", "machine")?;
    let protected = ask.given.flag("isProtectServerTermination");
    ask.keep(&machine.uuid, json!({"protected": protected}))?;
    show(ask, &[machine])
}

pub fn rename(ask: &mut Ask) -> Done<Reply> {
    let machine = ask.thing("serverInstanceNo", "machine")?;
    let name = valid_name(ask.given.required("serverName")?)?.to_string();
    unused(ask, &name)?;
    let params = [("id", machine.uuid.as_str()), ("displayname", &name)];
    ask.call("updateVirtualMachine", &params)?;
    show(ask, &[machine])
}

pub fn change_spec(ask: &mut Ask) -> Done<Reply> {
    let machine = ask.thing("serverInstanceNo", "machine")?;
    in_state(ask, &machine, "Stopped")?;
    let spec = images::spec_asked(ask)?.ok_or_else(|| missing("serverSpecCode"))?;
    let params = [
        ("id", machine.uuid.as_str()),
        ("serviceofferingid", &spec.uuid),
    ];
    ask.call("changeServiceForVirtualMachine", &params)?;
    show(ask, &[machine])
}

fn valid_name(name: &str) -> Done<&str> {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let good = (3..=30).contains(&name.len())
        && name.chars().all(letters)
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.ends_with('-');
    match good {
        true => Ok(name),
        false => Err(wrong("serverName", name)),
    }
}

fn unused(ask: &Ask, name: &str) -> Done<()> {
    let machines = all(ask)?;
    let twin = machines
        .iter()
        .any(|machine| machine.text("displayname") == name);
    match twin {
        true => Err(Fault::parameter(format!(
            "The server name {name} is in use"
        ))),
        false => Ok(()),
    }
}

/// The names of the servers to be made.
fn names(ask: &Ask) -> Done<Vec<String>> {
    let count = ask.given.number("serverCreateCount")?.unwrap_or(1);
    let first = ask.given.number("serverCreateStartNo")?.unwrap_or(1);
    if !(1..=MOST).contains(&count) || !(0..=999).contains(&first) {
        return Err(wrong(
            "serverCreateCount, serverCreateStartNo",
            "out of range",
        ));
    }
    let name = match ask.given.text("serverName") {
        Some(name) => valid_name(name)?.to_string(),
        None => format!("s{:.10}", uuid::Uuid::new_v4().simple().to_string()),
    };
    if count == 1 {
        return Ok(vec![name]);
    }
    let names = (first..first + count).map(|number| format!("{name}-{number:03}"));
    Ok(names.collect())
}

pub fn create(ask: &mut Ask) -> Done<Reply> {
    let vpc = ask.thing("vpcNo", "vpc")?;
    let subnet = ask.thing("subnetNo", "network")?;
    if subnet.text("vpcid") != vpc.uuid {
        return Err(wrong("subnetNo", &subnet.id.to_string()));
    }
    let image = images::image_asked(ask)?;
    let spec = images::spec_asked(ask)?;
    let spec = match spec {
        Some(spec) => spec,
        None => images::specs(ask)?
            .into_iter()
            .next()
            .ok_or_else(|| missing("serverSpecCode"))?,
    };
    let wanted = wiring::wanted(ask, &subnet)?;
    let networks: Vec<&str> = wanted.iter().map(|one| one.subnet.uuid.as_str()).collect();
    let networks = networks.join(",");
    let groups: Vec<&str> = wanted.first().map_or(Vec::new(), |first| {
        first
            .groups
            .iter()
            .map(|group| group.uuid.as_str())
            .collect()
    });
    let groups = groups.join(",");
    let script = ask.maybe("initScriptNo", "initscript")?;
    let data = script
        .as_ref()
        .map(|script| STANDARD.encode(script.text("content")));
    let placement = ask.maybe("placementGroupNo", "affinitygroup")?;
    let key = ask.given.text("loginKeyName").map(String::from);
    let about = json!({"description": ask.given.text("serverDescription"),
        "protected": ask.given.flag("isProtectServerTermination"),
        "initscript": script.as_ref().map(|script| script.id.to_string())});
    let names = names(ask)?;
    for name in &names {
        unused(ask, name)?;
    }
    if names.len() > 1 && wanted.iter().any(|one| one.is_fixed()) {
        return Err(wrong(
            "networkInterfaceList",
            "one address for several servers",
        ));
    }
    let mut made = Vec::new();
    for name in &names {
        let mut params = vec![
            ("zoneid", subnet.text("zoneid")),
            ("templateid", &image.uuid),
            ("serviceofferingid", &spec.uuid),
            ("networkids", &networks),
            ("name", name),
            ("displayname", name),
        ];
        let ip = wanted.first().and_then(|first| first.ip.as_deref());
        let optional = [
            ("securitygroupids", Some(groups.as_str())),
            ("ipaddress", ip),
            ("keypair", key.as_deref()),
            ("userdata", data.as_deref()),
            (
                "affinitygroupids",
                placement.as_ref().map(|group| group.uuid.as_str()),
            ),
        ];
        let given = optional.into_iter();
        params
            .extend(given.filter_map(|(name, value)| {
                Some((name, value.filter(|value| !value.is_empty())?))
            }));
        let answer = ask.call("deployVirtualMachine", &params)?;
        let uuid = answer["id"].as_str().unwrap_or_default().to_string();
        let machine = ask.look(|db| store::by_uuid(db, "machine", &uuid))?;
        let machine = machine.ok_or_else(|| Fault::service(OTHER, "the server is gone"))?;
        ask.keep(&uuid, about.clone())?;
        wiring::bind(ask, &machine, &wanted)?;
        if ask.given.flag("associateWithPublicIp") == Some(true) {
            let address = addresses::acquire(ask, &machine)?;
            addresses::lead(ask, &address, &machine)?;
        }
        made.push(machine);
    }
    show(ask, &made)
}
