//! Network interfaces: those of servers, each kept with its access control groups, and those that no server has yet.

use serde_json::{Value, json};

use super::ask::{Ask, Done};
use super::given::{Given, missing, wrong};
use super::servers;
use super::words::{Fault, OTHER, Reply, code};
use crate::store::{self, Thing};

/// A server has at least one interface and at most so many.
pub const MOST: usize = 3;

/// The interfaces of a machine as CloudStack has them.
pub fn of(machine: &Thing) -> &[Value] {
    let nics = machine.body.get("nic").and_then(Value::as_array);
    nics.map_or(&[], Vec::as_slice)
}

/// An interface: what is kept of it, and where it is on a server.
struct Interface {
    number: String,
    kept: Option<Thing>,
    place: Option<(Thing, usize)>,
}

/// A number for an interface that was made in another manner, out of its id.
fn number_of(nic: &Value) -> String {
    let id = nic["id"]
        .as_str()
        .and_then(|id| uuid::Uuid::parse_str(id).ok());
    let number = id.map_or(0, |id| id.as_u128() >> 80);
    number.to_string()
}

/// All of the caller's interfaces, those of servers first.
fn all(ask: &Ask) -> Done<Vec<Interface>> {
    let mut kept = ask.own("interface")?;
    let mut all = Vec::new();
    for machine in servers::all(ask)? {
        for (place, nic) in of(&machine).iter().enumerate() {
            let at = kept
                .iter()
                .position(|kept| kept.body.get("nic") == Some(&nic["id"]));
            let kept = at.map(|at| kept.remove(at));
            all.push(Interface {
                number: kept
                    .as_ref()
                    .map_or_else(|| number_of(nic), |kept| kept.id.to_string()),
                kept,
                place: Some((machine.clone(), place)),
            });
        }
    }
    all.extend(kept.into_iter().map(|kept| Interface {
        number: kept.id.to_string(),
        kept: Some(kept),
        place: None,
    }));
    Ok(all)
}

/// The numbers of a machine's interfaces.
pub fn numbers(ask: &Ask, machine: &Thing) -> Done<Vec<String>> {
    let kept = ask.look(|db| store::children(db, "interface", &machine.uuid))?;
    let number = |nic: &Value| {
        let kept = kept
            .iter()
            .find(|kept| kept.body.get("nic") == Some(&nic["id"]));
        kept.map_or_else(|| number_of(nic), |kept| kept.id.to_string())
    };
    Ok(of(machine).iter().map(number).collect())
}

fn view(ask: &Ask, one: &Interface) -> Done<Value> {
    let kept = one.kept.as_ref();
    let text = |field: &str| kept.map_or("", |kept| kept.text(field));
    let nic = one
        .place
        .as_ref()
        .and_then(|(machine, place)| of(machine).get(*place));
    let subnet = match nic {
        Some(nic) => nic["networkid"].as_str().unwrap_or_default(),
        None => text("subnet"),
    };
    let groups: Vec<&str> = match kept.and_then(|kept| kept.body.get("groups")) {
        Some(groups) => groups
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect(),
        None => Vec::new(),
    };
    let mut numbers = Vec::new();
    for group in groups {
        numbers.push(ask.number_of("securitygroup", group)?);
    }
    let more = nic.and_then(|nic| nic["secondaryip"].as_array());
    let more: Vec<&Value> = more
        .into_iter()
        .flatten()
        .map(|more| &more["ipaddress"])
        .collect();
    let (status, status_name) = match nic {
        Some(_) => ("USED", "used"),
        None => ("NOTUSED", "not used"),
    };
    let place = one.place.as_ref().map(|(_, place)| *place);
    Ok(json!({
        "networkInterfaceNo": one.number,
        "networkInterfaceName": if text("name").is_empty() { format!("nic-{}", one.number) } else { text("name").into() },
        "subnetNo": ask.number_of("network", subnet)?,
        "deleteOnTermination": kept.is_none_or(|kept| !kept.is("stays")),
        "isDefault": nic.is_some_and(|nic| nic["isdefault"] == true),
        "deviceName": place.map(|place| format!("eth{place}")),
        "networkInterfaceStatus": code(status, status_name),
        "instanceType": place.map(|_| code("VSVR", "Server (VPC)")),
        "instanceNo": one.place.as_ref().map(|(machine, _)| machine.id.to_string()),
        "ip": nic.map_or_else(|| json!(text("ip")), |nic| nic["ipaddress"].clone()),
        "macAddress": nic.map(|nic| &nic["macaddress"]),
        "accessControlGroupNoList": numbers,
        "networkInterfaceDescription": text("description"),
        "secondaryIpList": more,
        "enableFlowLog": false,
    }))
}

pub fn list(ask: &mut Ask) -> Done<Reply> {
    let mut all = all(ask)?;
    if let Some(name) = ask.given.text("serverName") {
        all.retain(|one| {
            one.place
                .as_ref()
                .is_some_and(|(machine, _)| machine.text("displayname") == name)
        });
    }
    ask.listed(&all, |one| view(ask, one))
}

/// The interface that a parameter names.
fn find(ask: &Ask, name: &str) -> Done<Interface> {
    let wanted = ask.given.required(name)?;
    let found = all(ask)?.into_iter().find(|one| one.number == wanted);
    found.ok_or_else(|| wrong(name, wanted))
}

/// Shows the interface of that number as it is now.
fn show(ask: &Ask, number: &str) -> Done<Reply> {
    let found: Vec<Interface> = all(ask)?
        .into_iter()
        .filter(|one| one.number == number)
        .collect();
    ask.shown(&found, |one| view(ask, one))
}

pub fn groups_of(ask: &Ask, given: &Given) -> Done<Vec<Thing>> {
    let numbers = given.list("accessControlGroupNoList").into_iter();
    numbers
        .map(|number| ask.numbered("securitygroup", "accessControlGroupNoList", number))
        .collect()
}

pub fn kept_groups(ask: &Ask, kept: &Thing) -> Done<Vec<Thing>> {
    let groups = kept.body.get("groups").and_then(Value::as_array);
    let mut found = Vec::new();
    for group in groups.into_iter().flatten().filter_map(Value::as_str) {
        found.extend(ask.look(|db| store::by_uuid(db, "securitygroup", group))?);
    }
    Ok(found)
}

pub fn uuids(groups: &[Thing]) -> Vec<&str> {
    groups.iter().map(|group| group.uuid.as_str()).collect()
}

pub fn put_on(kept: &mut Thing, machine: &Thing, nic: &Value) {
    kept.parent = machine.uuid.clone();
    kept.set("nic", nic["id"].clone());
}

/// Takes the interfaces off a server that stay when it goes.
pub fn keep_staying(ask: &mut Ask, machine: &Thing) -> Done<()> {
    for mut kept in ask.look(|db| store::children(db, "interface", &machine.uuid))? {
        if kept.is("stays") {
            kept.parent.clear();
            kept.unset(&["nic"]);
            ask.update(&kept)?;
        }
    }
    Ok(())
}

pub fn create(ask: &mut Ask) -> Done<Reply> {
    let vpc = ask.thing("vpcNo", "vpc")?;
    let subnet = ask.thing("subnetNo", "network")?;
    if subnet.text("vpcid") != vpc.uuid {
        return Err(wrong("subnetNo", &subnet.id.to_string()));
    }
    let groups = groups_of(ask, &ask.given)?;
    if groups.is_empty() {
        return Err(missing("accessControlGroupNoList"));
    }
    let machine = ask.maybe("serverInstanceNo", "machine")?;
    let body = json!({"name": ask.given.text("networkInterfaceName"), "subnet": subnet.uuid, "stays": true,
        "description": ask.given.text("networkInterfaceDescription"), "ip": ask.given.text("ip"), "groups": uuids(&groups)});
    let kept = ask.make("interface", "", body)?;
    if let Some(machine) = machine {
        put(ask, kept.clone(), &machine)?;
    }
    show(ask, &kept.id.to_string())
}

/// Puts an interface on a server.
fn put(ask: &mut Ask, mut kept: Thing, machine: &Thing) -> Done<()> {
    servers::idle(ask, machine)?;
    if of(machine).len() >= MOST {
        return Err(Fault::service(
            OTHER,
            format!("The server {} has {MOST} interfaces", machine.id),
        ));
    }
    let subnet = kept.text("subnet").to_string();
    let mut params = vec![
        ("virtualmachineid", machine.uuid.as_str()),
        ("networkid", &subnet),
    ];
    let ip = kept.text("ip").to_string();
    if !ip.is_empty() {
        params.push(("ipaddress", &ip));
    }
    ask.call("addNicToVirtualMachine", &params)?;
    let machine = ask.look(|db| store::by_uuid(db, "machine", &machine.uuid))?;
    if let Some(machine) = machine
        && let Some(nic) = of(&machine).iter().find(|nic| nic["networkid"] == *subnet)
    {
        put_on(&mut kept, &machine, nic);
    }
    ask.update(&kept)
}

pub fn attach(ask: &mut Ask) -> Done<Reply> {
    let one = find(ask, "networkInterfaceNo")?;
    let machine = ask.thing("serverInstanceNo", "machine")?;
    let subnet = ask.thing("subnetNo", "network")?;
    let (Some(kept), None) = (one.kept, one.place) else {
        return Err(Fault::service(
            OTHER,
            format!("The interface {} is in use", one.number),
        ));
    };
    if kept.text("subnet") != subnet.uuid {
        return Err(wrong("subnetNo", &subnet.id.to_string()));
    }
    put(ask, kept, &machine)?;
    show(ask, &one.number)
}

pub fn detach(ask: &mut Ask) -> Done<Reply> {
    let one = find(ask, "networkInterfaceNo")?;
    let machine = ask.thing("serverInstanceNo", "machine")?;
    servers::idle(ask, &machine)?;
    let nic = match &one.place {
        Some((owner, place)) if owner.uuid == machine.uuid => of(owner).get(*place).cloned(),
        _ => None,
    };
    let nic = nic.ok_or_else(|| wrong("serverInstanceNo", &machine.id.to_string()))?;
    let id = nic["id"].as_str().unwrap_or_default();
    let params = [("virtualmachineid", machine.uuid.as_str()), ("nicid", id)];
    ask.call("removeNicFromVirtualMachine", &params)?;
    if let Some(mut kept) = one.kept {
        kept.parent.clear();
        kept.unset(&["nic"]);
        kept.set("subnet", nic["networkid"].clone());
        ask.update(&kept)?;
    }
    show(ask, &one.number)
}

pub fn delete(ask: &mut Ask) -> Done<Reply> {
    let one = find(ask, "networkInterfaceNo")?;
    let shown = ask.shown(std::slice::from_ref(&one), |one| view(ask, one))?;
    let (Some(kept), None) = (&one.kept, &one.place) else {
        return Err(Fault::service(
            OTHER,
            format!("The interface {} is in use", one.number),
        ));
    };
    ask.remove(kept)?;
    Ok(shown)
}

/// Changes the access control groups of an interface.
fn regroup(ask: &mut Ask, change: impl FnOnce(&mut Vec<String>, &[&str])) -> Done<Reply> {
    let one = find(ask, "networkInterfaceNo")?;
    let groups = groups_of(ask, &ask.given)?;
    if groups.is_empty() {
        return Err(missing("accessControlGroupNoList"));
    }
    let mut kept = match (one.kept, &one.place) {
        (Some(kept), _) => kept,
        (None, Some((machine, place))) => {
            let nic = of(machine)[*place]["id"].clone();
            let parent = machine.uuid.clone();
            ask.make("interface", &parent, json!({"nic": nic, "groups": []}))?
        }
        (None, None) => return Err(wrong("networkInterfaceNo", &one.number)),
    };
    let known = kept_groups(ask, &kept)?;
    let mut now: Vec<String> = known.iter().map(|group| group.uuid.clone()).collect();
    change(&mut now, &uuids(&groups));
    if now.is_empty() {
        return Err(Fault::service(
            "1002035",
            "At least one access control group has to remain",
        ));
    }
    kept.set("groups", now);
    ask.update(&kept)?;
    show(ask, &kept.id.to_string())
}

pub fn add_groups(ask: &mut Ask) -> Done<Reply> {
    regroup(ask, |now, groups| {
        for group in groups {
            if !now.iter().any(|known| known == group) {
                now.push(group.to_string());
            }
        }
    })
}

pub fn remove_groups(ask: &mut Ask) -> Done<Reply> {
    regroup(ask, |now, groups| {
        now.retain(|known| !groups.contains(&known.as_str()))
    })
}

pub fn assign_addresses(ask: &mut Ask) -> Done<Reply> {
    let one = find(ask, "networkInterfaceNo")?;
    let nic = nic_id(&one)?;
    let mut wanted: Vec<Option<String>> = ask
        .given
        .list("secondaryIpList")
        .into_iter()
        .map(|ip| Some(ip.to_string()))
        .collect();
    let count = ask.given.number("secondaryIpCount")?.unwrap_or(0);
    if wanted.is_empty() && !(1..=5).contains(&count) {
        return Err(missing("secondaryIpList"));
    }
    if wanted.is_empty() {
        wanted = (0..count).map(|_| None).collect();
    }
    for ip in &wanted {
        let mut params = vec![("nicid", nic.as_str())];
        params.extend(ip.as_deref().map(|ip| ("ipaddress", ip)));
        ask.call("addIpToNic", &params)?;
    }
    show(ask, &one.number)
}

pub fn unassign_addresses(ask: &mut Ask) -> Done<Reply> {
    let one = find(ask, "networkInterfaceNo")?;
    nic_id(&one)?;
    let nic = one
        .place
        .as_ref()
        .and_then(|(machine, place)| of(machine).get(*place));
    let more = nic
        .and_then(|nic| nic["secondaryip"].as_array())
        .cloned()
        .unwrap_or_default();
    let mut ids = Vec::new();
    for ip in ask.given.list("secondaryIpList") {
        let found = more.iter().find(|more| more["ipaddress"] == *ip);
        let id = found.and_then(|more| more["id"].as_str());
        ids.push(id.ok_or_else(|| wrong("secondaryIpList", ip))?.to_string());
    }
    for id in ids {
        ask.call("removeIpFromNic", &[("id", &id)])?;
    }
    show(ask, &one.number)
}

fn nic_id(one: &Interface) -> Done<String> {
    let nic = one
        .place
        .as_ref()
        .and_then(|(machine, place)| of(machine).get(*place));
    let id = nic.and_then(|nic| nic["id"].as_str());
    id.map(String::from).ok_or_else(|| {
        Fault::service(
            OTHER,
            format!("The interface {} is on no server", one.number),
        )
    })
}
