//! What is done to machines besides their life: resized, restored, moved to a host or an account, given passwords.

use serde_json::{Value, json};

use super::listing::{PAGED, view};
use super::things::begun;
use super::{Call, Done, Reply, deploying, in_job, machines, networks, nics, quotas, templates};
use crate::api::fields::{HOST, MACHINE, SUCCESS};
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    USERDATA: virtualmachineid string "the virtual machine",
        userdata string "what its operating system reads when it first starts, in base64";
}

apis! {
    Everyone "changeServiceForVirtualMachine" "Gives a stopped machine another offering" () {
        req "id" Id("machine") "its id";
        req "serviceofferingid" Id("serviceoffering") "the service offering";
        opt "details" Map "its details, such as details[0].name=value";
    } -> MACHINE |call| {
            let machine = scaled(call)?;
            call.shown("virtualmachine", &machine)
        };

    Everyone "scaleVirtualMachine" "Gives a machine another offering; a running one only if it is dynamically scalable" () {
        req "id" Id("machine") "its id";
        req "serviceofferingid" Id("serviceoffering") "the service offering";
        opt "details" Map "its details, such as details[0].name=value";
    } -> SUCCESS |call| Ok(begun(&scaled(call)?)),
        job "admin.vm.ScaleVMCmdByAdmin" on "VirtualMachine" then |call| call.end_shown("machine", "virtualmachine");

    Everyone "restoreVirtualMachine" "Makes a machine's root volume anew, out of its template or another" () {
        req "virtualmachineid" Id("machine") "the virtual machine";
        opt "templateid" Id("template") "the template";
    } -> MACHINE restore,
        job "admin.vm.RestoreVMCmdByAdmin" on "VirtualMachine" then end_restore;

    Everyone "resetPasswordForVirtualMachine" "Gives a stopped machine a new password, told this once" () {
        req "id" Id("machine") "its id";
    } -> MACHINE reset_password,
        job "admin.vm.ResetVMPasswordCmdByAdmin" on "VirtualMachine" then |call| {
            let machine = call.subject("machine")?;
            let mut shown = in_job("virtualmachine", view(call.db, &machine)?);
            shown["virtualmachine"]["password"] = json!(deploying::password());
            Ok(shown)
        };

    Root "migrateVirtualMachine" "Moves a running machine to another host" () {
        req "virtualmachineid" Id("machine") "the virtual machine";
        opt "hostid" Id("host") "the host it is on";
    } -> MACHINE migrate,
        job "admin.vm.MigrateVMCmd" on "VirtualMachine" then end_migrate;

    Root "findHostsForMigration" "Lists the hosts that a machine can move to" (PAGED) {
        req "virtualmachineid" Id("machine") "the virtual machine";
    } -> HOST hosts_for;

    Admins "assignVirtualMachine" "Gives a stopped machine to another account" () {
        req "virtualmachineid" Id("machine") "the virtual machine";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
        opt "networkids" List "its networks";
        opt "securitygroupids" List "the security groups, by commas";
    } -> MACHINE assign;

    Everyone "getVirtualMachineUserData" "Tells the user data of a machine" () {
        req "virtualmachineid" Id("machine") "the virtual machine";
    } -> USERDATA |call| {
            let machine = call.own_thing("virtualmachineid", "machine")?;
            let data = store::children(call.db, "userdata", &machine.uuid)?;
            let data = data.first().map(|data| data.text("userdata").to_string());
            Ok(Reply::One("virtualmachineuserdata", json!({"virtualmachineid": machine.uuid, "userdata": data.unwrap_or_default()})))
        };
}

/// A machine with the offering that the call gives it.
fn scaled(call: &Call) -> Done<Thing> {
    let mut machine = call.own_thing("id", "machine")?;
    let offering = call.required_thing("serviceofferingid", "serviceoffering")?;
    let scales = machine.state == "Running" && machine.is("isdynamicallyscalable");
    if machine.state != "Stopped" && !scales {
        return Err(Refusal::value(format!(
            "Unable to upgrade virtual machine {} in state {}; make sure the virtual machine is stopped",
            machine.text("displayname"),
            machine.state
        )));
    }
    if machine.text("serviceofferingid") == offering.uuid {
        return Err(Refusal::value(format!(
            "Not upgrading vm {} since it already has the requested service offering ({})",
            machine.uuid, offering.name
        )));
    }
    let grows = |field: &str| offering.whole(field) - machine.whole(field);
    let growth = json!({"cpunumber": grows("cpunumber"), "memory": grows("memory")});
    quotas::reserve_growth(call, &machine, &growth)?;
    machine.set("serviceofferingid", offering.uuid.as_str());
    machine.set("serviceofferingname", offering.name.as_str());
    for field in ["cpunumber", "cpuspeed", "memory"] {
        machine.set(field, offering.whole(field));
    }
    store::update(call.db, &machine)?;
    Ok(machine)
}

fn restore(call: &mut Call) -> Done<Reply> {
    let machine = call.own_thing("virtualmachineid", "machine")?;
    if !matches!(machine.state.as_str(), "Running" | "Stopped") {
        return Err(Refusal::new(
            530,
            4250,
            format!(
                "Vm {} currently in {} state, restore vm can only execute when VM in Running or Stopped",
                machine.uuid, machine.state
            ),
        ));
    }
    if let Some(template) = call.thing("templateid", "template")? {
        templates::usable(call, &template)?;
    }
    if !store::children(call.db, "vmsnapshot", &machine.uuid)?.is_empty() {
        return Err(Refusal::value(
            "Unable to restore VM, please remove VM snapshots before restoring VM",
        ));
    }
    Ok(begun(&machine))
}

fn end_restore(call: &mut Call) -> Done<Value> {
    let mut machine = call.subject("machine")?;
    let template = match call.thing("templateid", "template")? {
        Some(template) => template,
        None => store::by_uuid(call.db, "template", machine.text("templateid"))?
            .ok_or_else(|| Refusal::value("the template of the machine is gone"))?,
    };
    for volume in store::children(call.db, "volume", &machine.uuid)? {
        if volume.text("type") == "ROOT" {
            store::remove(call.db, &volume)?;
        }
    }
    let owner = call.owner_like(&machine)?;
    let zone = machines::zone_of(call, &machine)?;
    deploying::add_root(
        call,
        &owner,
        &machine,
        &template,
        &zone,
        template.whole("size"),
    )?;
    machine.set("templateid", template.uuid.as_str());
    machine.set("templatename", template.name.as_str());
    machine.set("templatedisplaytext", template.text("displaytext"));
    store::update(call.db, &machine)?;
    Ok(in_job("virtualmachine", view(call.db, &machine)?))
}

fn reset_password(call: &mut Call) -> Done<Reply> {
    let machine = call.own_thing("id", "machine")?;
    if machine.state != "Stopped" {
        return Err(Refusal::value(format!(
            "Vm {} should be stopped to do password reset",
            machine.uuid
        )));
    }
    if !machine.is("passwordenabled") {
        return Err(Refusal::value(format!(
            "Fail to reset password for the virtual machine, the template is not password enabled: {}",
            machine.uuid
        )));
    }
    Ok(begun(&machine))
}

/// The hosts that could take a machine: other ones, up and in use.
fn others(call: &Call, machine: &Thing) -> Done<Vec<Thing>> {
    let hosts = store::of_kind(call.db, "host")?;
    Ok(hosts
        .into_iter()
        .filter(|host| {
            host.uuid != machine.text("hostid")
                && host.state == "Up"
                && host.text("resourcestate") == "Enabled"
        })
        .collect())
}

fn migrate(call: &mut Call) -> Done<Reply> {
    let machine = call.own_thing("virtualmachineid", "machine")?;
    if machine.state != "Running" {
        return Err(Refusal::value(format!(
            "VM is not Running, unable to migrate the vm {}",
            machine.uuid
        )));
    }
    let host = call.thing("hostid", "host")?;
    let host =
        host.ok_or_else(|| Refusal::value("Either hostId or storageId must be specified"))?;
    if host.uuid == machine.text("hostid") {
        return Err(Refusal::value(
            "Cannot migrate VM, VM is already present on this host, please specify valid destination host to migrate the VM",
        ));
    }
    if !others(call, &machine)?
        .iter()
        .any(|other| other.uuid == host.uuid)
    {
        return Err(Refusal::value(format!(
            "Cannot migrate VM, destination host is not in correct state, has status: {}, state: {}",
            host.state,
            host.text("resourcestate")
        )));
    }
    Ok(begun(&machine))
}

fn end_migrate(call: &mut Call) -> Done<Value> {
    let mut machine = call.subject("machine")?;
    let host = call.required_thing("hostid", "host")?;
    machine.set("hostid", host.uuid);
    machine.set("hostname", host.name);
    store::update(call.db, &machine)?;
    Ok(in_job("virtualmachine", view(call.db, &machine)?))
}

fn hosts_for(call: &mut Call) -> Done<Reply> {
    let machine = call.own_thing("virtualmachineid", "machine")?;
    if machine.state != "Running" {
        return Err(Refusal::value(format!(
            "VM is not running, cannot migrate the vm with specified id {}",
            machine.uuid
        )));
    }
    let rows = others(call, &machine)?
        .iter()
        .map(|host| view(call.db, host))
        .collect::<Done<_>>()?;
    call.page("host", rows)
}

fn assign(call: &mut Call) -> Done<Reply> {
    let mut machine = call.own_thing("virtualmachineid", "machine")?;
    if machine.state != "Stopped" {
        return Err(Refusal::value(format!(
            "VM is {}, should be stopped: {}",
            machine.state, machine.uuid
        )));
    }
    if call.text("account").is_none() && call.text("projectid").is_none() {
        return Err(Refusal::value("Invalid Account name: null"));
    }
    let owner = call.owner()?;
    if owner.id == machine.account {
        return Err(Refusal::value(format!(
            "The account {} already owns the vm",
            owner.name
        )));
    }
    if !store::mentioning(call.db, "portforwarding", &machine.uuid)?.is_empty()
        || !store::named(call.db, "balanced", &machine.uuid)?.is_empty()
    {
        return Err(Refusal::value(
            "Remove the port forwarding and load balancer rules for this VM before assigning to another user.",
        ));
    }
    let zone = machines::zone_of(call, &machine)?;
    let mut fresh = deploying::networks_of(call, &owner, &zone)?;
    let mut interfaces = Vec::new();
    for (place, network) in fresh.iter_mut().enumerate() {
        networks::implement(call, network)?;
        let address = deploying::address(call, network, None)?;
        if let Some(mut nic) = deploying::interface(network, Some(address)).get(0).cloned() {
            nic["isdefault"] = json!(place == 0);
            nic["macaddress"] = nics::of(&machine)
                .first()
                .map_or(Value::Null, |nic| nic["macaddress"].clone());
            interfaces.push(nic);
        }
    }
    machine.parent = fresh
        .first()
        .map_or(String::new(), |network| network.uuid.clone());
    machine.set("nic", interfaces);
    move_to(&mut machine, &owner);
    store::update(call.db, &machine)?;
    for mut volume in store::children(call.db, "volume", &machine.uuid)? {
        move_to(&mut volume, &owner);
        store::update(call.db, &volume)?;
    }
    call.shown("virtualmachine", &machine)
}

/// Gives a thing to somebody else.
fn move_to(thing: &mut Thing, owner: &super::things::Owner) {
    thing.account = owner.id;
    thing.domain = owner.domain.id;
    thing.unset(&["account", "projectid", "project"]);
    if owner.project {
        thing.set("projectid", owner.uuid.as_str());
        thing.set("project", owner.name.as_str());
    } else {
        thing.set("account", owner.name.as_str());
    }
    thing.set("domainid", owner.domain.uuid.as_str());
    thing.set("domain", owner.domain.name.as_str());
}
