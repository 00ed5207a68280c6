//! Virtual routers of networks and VPCs, and the cloud's own system VMs: started, stopped, scaled, made anew.

use serde_json::{Value, json};

use super::listing::{IN_PROJECT, Listing, OWNED, PAGED};
use super::things::{Owner, begun};
use super::{Call, Done, Reply};
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    ROUTER: id string "its id", zoneid string "the zone it is in", zonename string "that zone's name",
        dns1 string "its first DNS server", networkdomain string "its DNS domain", gateway string "its gateway",
        name string "its name", podid string "the pod it is in", hostid string "the host it is on",
        hostname string "that host's name", hypervisor string "what it runs on",
        linklocalip string "its link-local address",
        linklocalmacaddress string "the hardware address of its link-local interface",
        linklocalnetmask string "the netmask of its link-local interface",
        linklocalnetworkid string "the network to its host", publicip string "its public address",
        publicmacaddress string "the hardware address of its public interface",
        publicnetmask string "the netmask of its public interface", publicnetworkid string "the public network",
        guestipaddress string "its address in the guest network",
        guestmacaddress string "its hardware address for guests",
        guestnetmask string "the netmask of its guest interface", guestnetworkid string "the guest network",
        guestnetworkname string "that network's name", templateid string "the template",
        created date "when it was made", state state "its state", account string "the account it belongs to",
        projectid string "the project it belongs to", project string "that project's name",
        domainid string "the domain it belongs to", domain string "that domain's name",
        serviceofferingid string "the service offering", serviceofferingname string "that offering's name",
        isredundantrouter boolean "whether it has a twin", redundantstate string "MASTER, BACKUP or UNKNOWN",
        version string "its version", vpcid string "the VPC", vpcname string "that VPC's name", role string "the role",
        nic set "its network interfaces", requiresupgrade boolean "whether it is older than the cloud";
}
fields! {
    SYSTEMVM: id string "its id", systemvmtype string "consoleproxy or secondarystoragevm",
        zoneid string "the zone it is in", zonename string "that zone's name", dns1 string "its first DNS server",
        gateway string "its gateway", name string "its name", podid string "the pod it is in",
        hostid string "the host it is on", hostname string "that host's name", hypervisor string "what it runs on",
        privateip string "its address among hosts", privatenetmask string "the netmask of its private interface",
        linklocalip string "its link-local address", publicip string "its public address",
        publicnetmask string "the netmask of its public interface", templateid string "the template",
        created date "when it was made", state string "its state",
        activeviewersessions integer "how many consoles are open";
}

apis! {
    Admins "listRouters" "Lists virtual routers" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("router") "its id";
        opt "name" Text "its name";
        opt "state" Text "its state";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "podid" Id("pod") "the pod it is in";
        opt "clusterid" Id("cluster") "the cluster it is in";
        opt "hostid" Id("host") "the host it is on";
        opt "networkid" Id("network") "only those of this network";
        opt "vpcid" Id("vpc") "only those of this VPC";
        opt "version" Text "its version";
        opt "forvpc" Boolean "whether it is for VPCs";
    } -> ROUTER list_routers;

    Admins "startRouter" "Starts a virtual router" () {
        req "id" Id("router") "its id";
    } -> ROUTER |call| change(call, "router", &["Stopped"], "Starting"),
        job "admin.router.StartRouterCmd" on "DomainRouter" then |call| settle(call, "router", "router", "Running");

    Admins "stopRouter" "Stops a virtual router" () {
        req "id" Id("router") "its id";
        opt "forced" Boolean "whether it is cut off without being asked";
    } -> ROUTER |call| change(call, "router", &["Running"], "Stopping"),
        job "admin.router.StopRouterCmd" on "DomainRouter" then |call| settle(call, "router", "router", "Stopped");

    Admins "rebootRouter" "Reboots a virtual router" () {
        req "id" Id("router") "its id";
    } -> ROUTER |call| change(call, "router", &["Running"], "Running"),
        job "admin.router.RebootRouterCmd" on "DomainRouter" then |call| settle(call, "router", "router", "Running");

    Admins "destroyRouter" "Destroys a virtual router; its network gets a new one when it is restarted" () {
        req "id" Id("router") "its id";
    } -> ROUTER |call| { let router = call.own_thing("id", "router")?; Ok(begun(&router)) },
        job "admin.router.DestroyRouterCmd" on "DomainRouter" then |call| { let shown = settle(call, "router", "router", "Expunging")?; call.end_removed("router")?; Ok(shown) };

    Admins "changeServiceForRouter" "Gives a stopped router another offering" () {
        req "id" Id("router") "its id";
        req "serviceofferingid" Uuid "the service offering";
    } -> ROUTER |call| { let router = scale(call, "router")?; call.shown("domainrouter", &router) };

    Root "listSystemVms" "Lists the cloud's system VMs" (PAGED) {
        opt "id" Id("systemvm") "its id";
        opt "name" Text "its name";
        opt "state" Text "its state";
        opt "systemvmtype" Text "consoleproxy or secondarystoragevm";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "podid" Id("pod") "the pod it is in";
        opt "hostid" Id("host") "the host it is on";
    } -> SYSTEMVM |call| call.list(&Listing { kind: "systemvm", name: "systemvm", filters: &[("state", "state"), ("systemvmtype", "systemvmtype"), ("zoneid", "zoneid"), ("podid", "podid"), ("hostid", "hostid")] });

    Root "startSystemVm" "Starts a system VM" () {
        req "id" Id("systemvm") "its id";
    } -> SYSTEMVM |call| change(call, "systemvm", &["Stopped"], "Starting"),
        job "admin.systemvm.StartSystemVMCmd" on "SystemVm" then |call| settle(call, "systemvm", "systemvm", "Running");

    Root "stopSystemVm" "Stops a system VM" () {
        req "id" Id("systemvm") "its id";
        opt "forced" Boolean "whether it is cut off without being asked";
    } -> SYSTEMVM |call| change(call, "systemvm", &["Running"], "Stopping"),
        job "admin.systemvm.StopSystemVmCmd" on "SystemVm" then |call| settle(call, "systemvm", "systemvm", "Stopped");

    Root "rebootSystemVm" "Reboots a system VM" () {
        req "id" Id("systemvm") "its id";
    } -> SYSTEMVM |call| change(call, "systemvm", &["Running"], "Running"),
        job "admin.systemvm.RebootSystemVmCmd" on "SystemVm" then |call| settle(call, "systemvm", "systemvm", "Running");

    Root "destroySystemVm" "Destroys a system VM; another takes its place" () {
        req "id" Id("systemvm") "its id";
    } -> SYSTEMVM |call| Ok(begun(&call.required_thing("id", "systemvm")?)),
        job "admin.systemvm.DestroySystemVmCmd" on "SystemVm" then destroy_system;

    Root "changeServiceForSystemVm" "Gives a stopped system VM another offering" () {
        req "id" Id("systemvm") "its id";
        req "serviceofferingid" Uuid "the service offering";
        opt "details" Map "its details, such as details[0].name=value";
    } -> SYSTEMVM |call| { let machine = scale(call, "systemvm")?; call.shown("systemvm", &machine) };

    Root "scaleSystemVm" "Gives a stopped system VM another offering" () {
        req "id" Id("systemvm") "its id";
        req "serviceofferingid" Uuid "the service offering";
        opt "details" Map "its details, such as details[0].name=value";
    } -> SYSTEMVM |call| Ok(begun(&scale(call, "systemvm")?)),
        job "admin.systemvm.ScaleSystemVMCmd" on "SystemVm" then |call| call.end_shown("systemvm", "systemvm");
}

fn list_routers(call: &mut Call) -> Done<Reply> {
    let for_vpc = call.boolean("forvpc");
    let listing = Listing {
        kind: "router",
        name: "router",
        filters: &[
            ("state", "state"),
            ("zoneid", "zoneid"),
            ("podid", "podid"),
            ("hostid", "hostid"),
            ("networkid", "guestnetworkid"),
            ("vpcid", "vpcid"),
            ("version", "version"),
        ],
    };
    call.list_where(&listing, |router| {
        for_vpc.is_none_or(|wanted| wanted != router.text("vpcid").is_empty())
    })
}

/// A router for a network, unless it has one.
pub fn for_network(call: &Call, owner: &Owner, zone: &Thing, network: &Thing) -> Done<()> {
    if !store::children(call.db, "router", &network.uuid)?.is_empty() {
        return Ok(());
    }
    let addresses = store::children(call.db, "publicip", &network.uuid)?;
    let public = addresses.iter().find(|address| address.is("issourcenat"));
    let guest = json!({"guestipaddress": network.text("gateway"), "guestnetmask": network.text("netmask"),
        "guestnetworkid": network.uuid, "guestnetworkname": network.name});
    add(call, owner, zone, (network, public), guest)
}

/// A router for a VPC, unless it has one.
pub fn for_vpc(call: &Call, owner: &Owner, zone: &Thing, vpc: &Thing) -> Done<()> {
    if !store::children(call.db, "router", &vpc.uuid)?.is_empty() {
        return Ok(());
    }
    let addresses = store::children(call.db, "publicip", &vpc.uuid)?;
    let public = addresses.iter().find(|address| address.is("issourcenat"));
    let of = json!({"vpcid": vpc.uuid, "vpcname": vpc.name});
    add(call, owner, zone, (vpc, public), of)
}

fn add(
    call: &Call,
    owner: &Owner,
    zone: &Thing,
    (served, public): (&Thing, Option<&Thing>),
    more: Value,
) -> Done<()> {
    let first = |kind: &str| -> Done<Option<Thing>> {
        Ok(store::of_kind(call.db, kind)?.into_iter().next())
    };
    let (pod, host, template) = (first("pod")?, first("host")?, first("template")?);
    let offering = store::named(
        call.db,
        "systemoffering",
        "System Offering For Software Router",
    )?;
    let offering = offering.first();
    let next = store::last_number(call.db, "router")? + 1;
    let mac = |first: &str| {
        format!(
            "{first}:00:{:02x}:{:02x}:00:01",
            (next >> 8) & 0xff,
            next & 0xff
        )
    };
    let before = json!({"zoneid": zone.uuid, "zonename": zone.name, "dns1": zone.text("dns1"),
        "networkdomain": served.text("networkdomain"), "gateway": "10.147.40.1",
        "podid": pod.map(|pod| pod.uuid), "hostid": host.as_ref().map(|host| &host.uuid),
        "hostname": host.as_ref().map(|host| &host.name),
        "hypervisor": host.as_ref().map(|host| host.text("hypervisor")),
        "linklocalmacaddress": mac("0e"), "linklocalnetmask": "255.255.0.0",
        "linklocalnetworkid": uuid::Uuid::new_v4().to_string(), "publicmacaddress": mac("1e"), "publicip": public.map(|address| &address.name),
        "publicnetmask": "255.255.255.0", "publicnetworkid": public.map(|address| address.text("networkid")),
        "templateid": template.map(|template| template.uuid), "created": clock::date(call.now), "state": "Running"});
    let after = json!({"serviceofferingid": offering.map(|offering| &offering.uuid),
        "serviceofferingname": offering.map(|offering| &offering.name), "isredundantrouter": false,
        "redundantstate": "UNKNOWN", "version": "4.11.1", "role": "VIRTUAL_ROUTER",
        "requiresupgrade": false});
    let mut body = owner.body(before, after);
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    let mut router = call.make(owner, ("router", "", "Running", &served.uuid), body)?;
    let name = format!("r-{}-VM", router.number);
    let low = router.number.rem_euclid(250) + 2;
    router.set("name", name.as_str());
    router.set(
        "linklocalip",
        format!("169.254.{}.{low}", (router.number / 250).rem_euclid(250)),
    );
    router.name = name;
    if router.body.contains_key("guestnetworkid") {
        router.set("guestmacaddress", mac("02"));
    }
    router.set("nic", interfaces(&router, public));
    Ok(store::update(call.db, &router)?)
}

/// A router's interfaces: to its host, to outside, and to the guests that it serves.
fn interfaces(router: &Thing, public: Option<&Thing>) -> Value {
    let nic = |kind: &str, fields: [&str; 3], gateway: &str| {
        let [network, address, mac] = fields.map(|field| router.body.get(field).cloned());
        json!({"id": uuid::Uuid::new_v4().to_string(), "networkid": network, "gateway": gateway, "ipaddress": address,
            "traffictype": kind, "isdefault": kind == "Public", "macaddress": mac})
    };
    let link = ["linklocalnetworkid", "linklocalip", "linklocalmacaddress"];
    let mut control = nic("Control", link, "169.254.0.1");
    control["netmask"] = json!("255.255.0.0");
    let mut nics = vec![control];
    if let Some(address) = public {
        let outside = ["publicnetworkid", "publicip", "publicmacaddress"];
        let mut outside = nic("Public", outside, router.text("gateway"));
        outside["netmask"] = json!(router.text("publicnetmask"));
        for field in ["isolationuri", "broadcasturi"] {
            outside[field] = json!(address.text("vlanname"));
        }
        nics.push(outside);
    }
    if router.body.contains_key("guestnetworkid") {
        let guest = ["guestnetworkid", "guestipaddress", "guestmacaddress"];
        let mut guest = nic("Guest", guest, "");
        if let Some(fields) = guest.as_object_mut() {
            fields.shift_remove("gateway");
        }
        guest["netmask"] = json!(router.text("guestnetmask"));
        guest["networkname"] = json!(router.text("guestnetworkname"));
        guest["type"] = json!("Isolated");
        nics.push(guest);
    }
    Value::Array(nics)
}

/// Makes what serves a network run again, or anew where that is asked for.
pub fn restart(call: &Call, network: &Thing, anew: bool) -> Done<()> {
    let routers = store::children(call.db, "router", &network.uuid)?;
    let had = !routers.is_empty();
    for mut router in routers {
        if anew {
            store::remove(call.db, &router)?;
        } else {
            router.state = "Running".into();
            store::update(call.db, &router)?;
        }
    }
    let alone =
        network.text("vpcid").is_empty() && super::networks::offers(call, network, "SourceNat")?;
    if anew || (!had && alone) {
        let zone = store::by_uuid(call.db, "zone", network.text("zoneid"))?
            .ok_or_else(|| Refusal::internal("the zone is gone"))?;
        let owner = call.owner_like(network)?;
        if network.kind == "vpc" {
            for_vpc(call, &owner, &zone, network)?;
        } else if alone {
            for_network(call, &owner, &zone, network)?;
        }
    }
    Ok(())
}

fn change(call: &mut Call, kind: &str, from: &[&str], meanwhile: &str) -> Done<Reply> {
    let mut machine = call.own_thing("id", kind)?;
    if !from.contains(&machine.state.as_str()) {
        return Err(Refusal::new(
            530,
            4250,
            format!(
                "{} is not possible while {} is {}",
                call.api.name, machine.name, machine.state
            ),
        ));
    }
    machine.state = meanwhile.into();
    store::update(call.db, &machine)?;
    Ok(begun(&machine))
}

fn settle(call: &mut Call, kind: &str, name: &str, state: &str) -> Done<Value> {
    let mut machine = call.subject(kind)?;
    match (state, store::of_kind(call.db, "host")?.into_iter().next()) {
        ("Running", Some(host)) => {
            machine.set("hostid", host.uuid.as_str());
            machine.set("hostname", host.name.as_str());
        }
        _ => machine.unset(&["hostid", "hostname"]),
    }
    store::update(call.db, &machine)?;
    call.end_in(kind, name, state)
}

/// A router or system VM with the offering that the call gives it.
fn scale(call: &Call, kind: &str) -> Done<Thing> {
    let mut machine = call.own_thing("id", kind)?;
    let offering = call.required_thing("serviceofferingid", "systemoffering")?;
    if machine.state != "Stopped" {
        return Err(Refusal::value(format!(
            "Unable to upgrade {}: it is {}, and has to be stopped",
            machine.name, machine.state
        )));
    }
    if kind == "router" {
        machine.set("serviceofferingid", offering.uuid.as_str());
        machine.set("serviceofferingname", offering.name.as_str());
    }
    store::update(call.db, &machine)?;
    Ok(machine)
}

fn destroy_system(call: &mut Call) -> Done<Value> {
    let mut machine = call.subject("systemvm")?;
    let shown = settle(call, "systemvm", "systemvm", "Expunging")?;
    store::remove(call.db, &machine)?;
    let letter = if machine.text("systemvmtype") == "consoleproxy" {
        "v"
    } else {
        "s"
    };
    let name = format!(
        "{letter}-{}-VM",
        store::last_number(call.db, "systemvm")? + 1
    );
    machine.unset(&["id", "name"]);
    let mut body = machine.body.clone();
    body.insert("created".into(), json!(clock::date(call.now)));
    call.make_common(("systemvm", &name, "Running", ""), Value::Object(body))?;
    Ok(shown)
}
