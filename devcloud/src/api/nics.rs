//! A machine's network interfaces: listed, added, removed, made the default one, given more addresses.

use serde_json::{Value, json};

use super::listing::{PAGED, view};
use super::things::begun;
use super::{Call, Done, Reply, deploying, in_job};
use crate::api::fields::{MACHINE, SUCCESS};
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    NIC: id string "its id", networkid string "the network it is in", networkname string "that network's name",
        netmask string "its netmask", gateway string "its gateway", ipaddress string "its address",
        isolationuri string "how its network is kept apart", broadcasturi string "what carries its network",
        traffictype string "what it carries", r#type string "its type",
        isdefault boolean "whether it is the default one", macaddress string "its hardware address",
        secondaryip list "its other addresses", extradhcpoption list "its DHCP options",
        deviceid string "its place in the machine", virtualmachineid string "the virtual machine";
}
fields! {
    NICADDRESS: id string "its id", nicid string "the network interface", networkid string "the network it is in",
        ipaddress string "its address", virtualmachineid string "the virtual machine";
}

apis! {
    Everyone "listNics" "Lists a machine's network interfaces" (PAGED) {
        req "virtualmachineid" Id("machine") "the virtual machine";
        opt "networkid" Id("network") "the network it is in";
        opt "nicid" Uuid "only this interface";
    } -> NIC list;

    Everyone "addNicToVirtualMachine" "Puts a machine into another network" () {
        req "virtualmachineid" Id("machine") "the virtual machine";
        req "networkid" Id("network") "the network it is in";
        opt "ipaddress" Text "its address";
        opt "macaddress" Text "its hardware address";
    } -> MACHINE add,
        job "admin.vm.AddNicToVMCmdByAdmin" on "VirtualMachine" then shown;

    Everyone "removeNicFromVirtualMachine" "Takes a machine out of a network" () {
        req "virtualmachineid" Id("machine") "the virtual machine";
        req "nicid" Uuid "the network interface";
    } -> MACHINE remove,
        job "admin.vm.RemoveNicFromVMCmdByAdmin" on "VirtualMachine" then shown;

    Everyone "updateDefaultNicForVirtualMachine" "Makes an interface its machine's default one" () {
        req "virtualmachineid" Id("machine") "the virtual machine";
        req "nicid" Uuid "the network interface";
    } -> MACHINE make_default,
        job "admin.vm.UpdateDefaultNicForVMCmdByAdmin" on "VirtualMachine" then shown;

    Everyone "updateVmNicIp" "Gives an interface of a stopped machine another address in place of its own" () {
        req "nicid" Uuid "the network interface";
        opt "ipaddress" Text "its new address; a free one if left out";
    } -> MACHINE change_address,
        job "user.vm.UpdateVmNicIpCmd" on "Nic" then shown;

    Everyone "addIpToNic" "Gives an interface another address" () {
        req "nicid" Uuid "the network interface";
        opt "ipaddress" Text "its address";
    } -> NICADDRESS add_address,
        job "user.vm.AddIpToVmNicCmd" on "None" then |call| { let (machine, nic, address) = secondary(call, &call.subject)?; Ok(in_job("nicsecondaryip", address_view(&machine, &nic, &address))) };

    Everyone "removeIpFromNic" "Takes an address off an interface" () {
        req "id" Uuid "its id";
    } -> SUCCESS |call| { let id = call.required("id")?.to_string(); let (machine, _, _) = secondary(call, &id)?; call.may_use(&machine)?; Ok(begun(&machine)) },
        job "user.vm.RemoveIpFromVmNicCmd" on "" then remove_address;
}

/// The interfaces of a machine.
pub fn of(machine: &Thing) -> &[Value] {
    let nics = machine.body.get("nic").and_then(Value::as_array);
    nics.map_or(&[], Vec::as_slice)
}

fn change(machine: &mut Thing, work: impl FnOnce(&mut Vec<Value>)) {
    if let Some(Value::Array(nics)) = machine.body.get_mut("nic") {
        work(nics);
    }
}

/// The address that a machine has in a network.
pub fn address_in(machine: &Thing, network: &Thing) -> Option<String> {
    let nic = of(machine)
        .iter()
        .find(|nic| nic["networkid"] == *network.uuid)?;
    nic["ipaddress"].as_str().map(String::from)
}

/// The machines that have an interface in a network.
pub fn machines_in(call: &Call, network: &Thing) -> Done<Vec<Thing>> {
    let mut machines = store::children(call.db, "machine", &network.uuid)?;
    for machine in store::wired_machines(call.db, &network.uuid)? {
        if machine.parent != network.uuid {
            machines.push(machine);
        }
    }
    Ok(machines)
}

fn list(call: &mut Call) -> Done<Reply> {
    let machine = call.own_thing("virtualmachineid", "machine")?;
    let network = call.thing("networkid", "network")?;
    let wanted = call.text("nicid");
    let machine_shown = view(call.db, &machine)?;
    let rows = machine_shown["nic"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .filter(|(_, nic)| {
            wanted.is_none_or(|id| nic["id"] == *id)
                && network
                    .as_ref()
                    .is_none_or(|network| nic["networkid"] == *network.uuid)
        })
        .map(|(place, nic)| {
            let mut nic = nic.clone();
            nic["deviceid"] = json!(place.to_string());
            nic["virtualmachineid"] = json!(machine.uuid);
            if nic["secondaryip"] == json!([])
                && let Some(fields) = nic.as_object_mut()
            {
                fields.shift_remove("secondaryip");
            }
            nic
        })
        .collect();
    call.page("nic", rows)
}

fn ready(machine: &Thing) -> Done<()> {
    if matches!(machine.state.as_str(), "Running" | "Stopped") {
        return Ok(());
    }
    Err(Refusal::new(
        530,
        4250,
        format!(
            "VM {} is not running or stopped, it is {}",
            machine.uuid, machine.state
        ),
    ))
}

fn shown(call: &mut Call) -> Done<Value> {
    let machine = call.subject("machine")?;
    Ok(in_job("virtualmachine", view(call.db, &machine)?))
}

fn add(call: &mut Call) -> Done<Reply> {
    let mut machine = call.own_thing("virtualmachineid", "machine")?;
    let network = call.own_thing("networkid", "network")?;
    ready(&machine)?;
    if address_in(&machine, &network).is_some() {
        return Err(Refusal::new(
            530,
            4250,
            format!(
                "A NIC already exists for VM:{} in network: {}",
                machine.text("instancename"),
                network.uuid
            ),
        ));
    }
    let address = deploying::address(call, &network, call.text("ipaddress"))?;
    let nic = deploying::interface(&network, Some(address));
    let mut nic = nic.get(0).cloned().unwrap_or_default();
    nic["isdefault"] = json!(of(&machine).is_empty());
    let mac = format!(
        "02:01:{:02x}:{:02x}:00:{:02x}",
        (machine.number >> 8) & 0xff,
        machine.number & 0xff,
        of(&machine).len() + 1
    );
    nic["macaddress"] = json!(call.text("macaddress").unwrap_or(&mac));
    change(&mut machine, |nics| nics.push(nic));
    store::update(call.db, &machine)?;
    Ok(begun(&machine))
}

/// Which of a machine's interfaces the call names.
fn named(call: &Call, machine: &Thing) -> Done<usize> {
    let id = call.required("nicid")?;
    of(machine)
        .iter()
        .position(|nic| nic["id"] == *id)
        .ok_or_else(|| call.no_entity("nicid", id))
}

fn remove(call: &mut Call) -> Done<Reply> {
    let mut machine = call.own_thing("virtualmachineid", "machine")?;
    ready(&machine)?;
    let place = named(call, &machine)?;
    let nic = of(&machine)[place].clone();
    if nic["isdefault"] == true {
        return Err(Refusal::new(
            530,
            4250,
            format!(
                "Unable to remove nic from {} in network: the nic is the default one",
                machine.uuid
            ),
        ));
    }
    let address = nic["ipaddress"].as_str().unwrap_or_default();
    for rule in store::mentioning(call.db, "portforwarding", &machine.uuid)? {
        if rule.text("vmguestip") == address {
            return Err(Refusal::value(format!(
                "Unable to remove nic from {}: it has port forwarding rules",
                machine.uuid
            )));
        }
    }
    change(&mut machine, |nics| {
        nics.remove(place);
    });
    store::update(call.db, &machine)?;
    Ok(begun(&machine))
}

fn make_default(call: &mut Call) -> Done<Reply> {
    let mut machine = call.own_thing("virtualmachineid", "machine")?;
    ready(&machine)?;
    let place = named(call, &machine)?;
    if of(&machine)[place]["isdefault"] == true {
        return Err(Refusal::new(
            530,
            4250,
            format!(
                "refusing to set default nic because chosen nic is already the default nic of {}",
                machine.uuid
            ),
        ));
    }
    change(&mut machine, |nics| {
        for (index, nic) in nics.iter_mut().enumerate() {
            nic["isdefault"] = json!(index == place);
        }
    });
    let network = of(&machine)[place]["networkid"].as_str().map(String::from);
    machine.parent = network.unwrap_or_default();
    store::update(call.db, &machine)?;
    Ok(begun(&machine))
}

/// The machine that has an interface, and which it is.
fn with(call: &Call, nic: &str) -> Done<(Thing, usize)> {
    let machines = store::mentioning(call.db, "machine", nic)?;
    machines
        .into_iter()
        .find_map(|machine| {
            let place = of(&machine).iter().position(|known| known["id"] == *nic)?;
            Some((machine, place))
        })
        .ok_or_else(|| call.no_entity("nicid", nic))
}

fn change_address(call: &mut Call) -> Done<Reply> {
    let nic = call.required("nicid")?.to_string();
    let (mut machine, place) = with(call, &nic)?;
    call.may_use(&machine)?;
    if machine.state != "Stopped" {
        return Err(Refusal::value(format!(
            "The virtual machine {} has to be stopped before an interface of it gets another address",
            machine.uuid
        )));
    }
    let network = of(&machine)[place]["networkid"]
        .as_str()
        .unwrap_or_default();
    let network = store::by_uuid(call.db, "network", network)?
        .ok_or_else(|| Refusal::value("the network of the interface is gone"))?;
    let address = deploying::address(call, &network, call.text("ipaddress"))?;
    change(&mut machine, |nics| {
        if let Some(nic) = nics.get_mut(place) {
            nic["ipaddress"] = json!(address);
        }
    });
    store::update(call.db, &machine)?;
    Ok(begun(&machine))
}

fn add_address(call: &mut Call) -> Done<Reply> {
    let nic = call.required("nicid")?.to_string();
    let (mut machine, place) = with(call, &nic)?;
    call.may_use(&machine)?;
    let network = of(&machine)[place]["networkid"]
        .as_str()
        .unwrap_or_default();
    let network = store::by_uuid(call.db, "network", network)?
        .ok_or_else(|| Refusal::value("the network of the interface is gone"))?;
    let address = deploying::address(call, &network, call.text("ipaddress"))?;
    let id = uuid::Uuid::new_v4().to_string();
    change(&mut machine, |nics| {
        if let Some(Value::Array(more)) = nics
            .get_mut(place)
            .and_then(|nic| nic.get_mut("secondaryip"))
        {
            more.push(json!({"id": id, "ipaddress": address}));
        }
    });
    store::update(call.db, &machine)?;
    Ok(Reply::Job {
        thing: id,
        created: true,
    })
}

/// The machine, the interface and the secondary address that has that id.
fn secondary(call: &Call, id: &str) -> Done<(Thing, Value, Value)> {
    for machine in store::mentioning(call.db, "machine", id)? {
        for nic in of(&machine) {
            let addresses = nic["secondaryip"].as_array();
            let found = addresses.and_then(|all| all.iter().find(|address| address["id"] == *id));
            if let Some(address) = found {
                return Ok((machine.clone(), nic.clone(), address.clone()));
            }
        }
    }
    Err(call.no_entity("id", id))
}

fn address_view(machine: &Thing, nic: &Value, address: &Value) -> Value {
    json!({"id": address["id"], "nicid": nic["id"], "networkid": nic["networkid"],
        "ipaddress": address["ipaddress"], "virtualmachineid": machine.uuid})
}

fn remove_address(call: &mut Call) -> Done<Value> {
    let id = call.required("id")?.to_string();
    let (mut machine, _, _) = secondary(call, &id)?;
    change(&mut machine, |nics| {
        for nic in nics {
            if let Some(addresses) = nic["secondaryip"].as_array_mut() {
                addresses.retain(|address| address["id"] != *id);
            }
        }
    });
    store::update(call.db, &machine)?;
    Ok(json!({"success": true}))
}
