//! Virtual machines: deployed, started, stopped, destroyed, each when its state allows.

use serde_json::{Map, Value, json};

use super::infrastructure::Made;
use super::listing::{IN_PROJECT, Listing, OWNED, PAGED, view};
use super::things::Owner;
use super::{
    Access, Api, Call, Done, Param, Reply, Takes, Work, fields, groups, in_job, keypairs, networks,
    nics, opt, req, storage, templates, wires,
};
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

const ONE: &[Param] = &[req(
    "id",
    Takes::Id("machine"),
    "the id of the virtual machine",
)];

pub const APIS: &[Api] = &[
    Api {
        name: "listVirtualMachines",
        about: "Lists virtual machines",
        access: Access::Everyone,
        params: &[
            &[
                opt("id", Takes::Id("machine"), "the id of the virtual machine"),
                opt("name", Takes::Text, "only the machine of this name"),
                opt("state", Takes::Text, "only machines in this state"),
                opt("zoneid", Takes::Id("zone"), "only those in this zone"),
                opt("hostid", Takes::Id("host"), "only those on this host"),
                opt(
                    "templateid",
                    Takes::Id("template"),
                    "only those made of this template",
                ),
                opt(
                    "serviceofferingid",
                    Takes::Id("serviceoffering"),
                    "only those of this offering",
                ),
                opt("tags", Takes::Map, "only machines with these tags"),
                opt("ids", Takes::List, "only machines of these ids, by commas"),
                opt(
                    "networkid",
                    Takes::Id("network"),
                    "only those in this network",
                ),
                opt("vpcid", Takes::Id("vpc"), "only those in this VPC"),
                opt(
                    "affinitygroupid",
                    Takes::Id("affinitygroup"),
                    "only those in this affinity group",
                ),
                opt(
                    "groupid",
                    Takes::Id("instancegroup"),
                    "only those shown in this group",
                ),
                opt("isoid", Takes::Id("iso"), "only those with this ISO"),
                opt("keypair", Takes::Text, "only those with this SSH key pair"),
                opt("hypervisor", Takes::Text, "only those that it runs"),
                opt(
                    "userid",
                    Takes::Id("user"),
                    "only those that this user made",
                ),
                opt("displayvm", Takes::Boolean, "whether users see them"),
            ],
            OWNED,
            IN_PROJECT,
            PAGED,
        ],
        answers: fields::MACHINE,
        run: list,
        job: None,
    },
    Api {
        name: "deployVirtualMachine",
        about: "Creates and automatically starts a virtual machine of a service offering and a template",
        access: Access::Everyone,
        params: &[&[
            req("zoneid", Takes::Id("zone"), "the zone it is in"),
            req(
                "serviceofferingid",
                Takes::Id("serviceoffering"),
                "how large it is",
            ),
            req("templateid", Takes::Id("template"), "what it is made of"),
            opt(
                "account",
                Takes::Text,
                "the account it belongs to; goes with domainid",
            ),
            opt(
                "customid",
                Takes::Text,
                "the id that it gets; for root administrators",
            ),
            opt("details", Takes::Map, "details[0].name=value …"),
            opt(
                "diskofferingid",
                Takes::Id("diskoffering"),
                "the offering of a data disk that it gets",
            ),
            opt("displayname", Takes::Text, "its name for people"),
            opt("domainid", Takes::Id("domain"), "the domain it belongs to"),
            opt("group", Takes::Text, "its group"),
            opt(
                "hostid",
                Takes::Id("host"),
                "the host that it runs on, for administrators",
            ),
            opt("hypervisor", Takes::Text, "what is to run it"),
            opt(
                "ipaddress",
                Takes::Text,
                "its address in its default network",
            ),
            opt(
                "iptonetworklist",
                Takes::Map,
                "iptonetworklist[0].networkid=… iptonetworklist[0].ip=…",
            ),
            opt("keyboard", Takes::Text, "the keyboard of its console"),
            opt("keypair", Takes::Text, "its SSH key pair"),
            opt(
                "securitygroupids",
                Takes::List,
                "the security groups it is in, by commas",
            ),
            opt(
                "securitygroupnames",
                Takes::List,
                "the same by name, in place of the ids",
            ),
            opt(
                "affinitygroupids",
                Takes::List,
                "the affinity groups it is in, by commas",
            ),
            opt(
                "affinitygroupnames",
                Takes::List,
                "the same by name, in place of the ids",
            ),
            opt(
                "displayvm",
                Takes::Boolean,
                "whether users see it; true if left out",
            ),
            opt(
                "rootdisksize",
                Takes::Long,
                "the size of its root volume in GB, where larger than the template",
            ),
            opt("name", Takes::Text, "its name"),
            opt(
                "networkids",
                Takes::List,
                "the networks it is in, the default one first",
            ),
            opt(
                "projectid",
                Takes::Id("project"),
                "the project it belongs to",
            ),
            opt("size", Takes::Long, "the size of its data disk in GB"),
            opt(
                "startvm",
                Takes::Boolean,
                "whether it starts at once; true if left out",
            ),
            opt(
                "userdata",
                Takes::Text,
                "what its operating system reads when it first starts, in base64",
            )
            .up_to(32_768),
        ]],
        answers: fields::MACHINE,
        run: deploy,
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.vm.DeployVMCmdByAdmin",
            instance: "VirtualMachine",
            milliseconds: 1000,
            end: |call| {
                let start = call.boolean("startvm").unwrap_or(true);
                let mut shown = settle(call, if start { "Running" } else { "Stopped" })?;
                if shown["virtualmachine"]["passwordenabled"] == true {
                    shown["virtualmachine"]["password"] = json!(password());
                }
                Ok(shown)
            },
        }),
    },
    Api {
        name: "startVirtualMachine",
        about: "Starts a virtual machine",
        access: Access::Everyone,
        params: &[
            ONE,
            &[opt(
                "hostid",
                Takes::Id("host"),
                "the host that it runs on, for administrators",
            )],
        ],
        answers: fields::MACHINE,
        run: |call| change(call, &["Stopped", "Running"], "Starting"),
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.vm.StartVMCmdByAdmin",
            instance: "VirtualMachine",
            milliseconds: 500,
            end: |call| settle(call, "Running"),
        }),
    },
    Api {
        name: "stopVirtualMachine",
        about: "Stops a virtual machine",
        access: Access::Everyone,
        params: &[
            ONE,
            &[opt(
                "forced",
                Takes::Boolean,
                "whether it is cut off without being asked",
            )],
        ],
        answers: fields::MACHINE,
        run: |call| change(call, &["Running", "Stopped"], "Stopping"),
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.vm.StopVMCmdByAdmin",
            instance: "VirtualMachine",
            milliseconds: 500,
            end: |call| settle(call, "Stopped"),
        }),
    },
    Api {
        name: "rebootVirtualMachine",
        about: "Reboots a virtual machine",
        access: Access::Everyone,
        params: &[ONE],
        answers: fields::MACHINE,
        run: |call| change(call, &["Running"], "Running"),
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.vm.RebootVMCmdByAdmin",
            instance: "VirtualMachine",
            milliseconds: 500,
            end: |call| settle(call, "Running"),
        }),
    },
    Api {
        name: "destroyVirtualMachine",
        about: "Destroys a virtual machine; it can be recovered until it is expunged",
        access: Access::Everyone,
        params: &[
            ONE,
            &[opt(
                "expunge",
                Takes::Boolean,
                "whether it is gone at once and for good",
            )],
        ],
        answers: fields::MACHINE,
        run: |call| {
            change(
                call,
                &["Running", "Stopped", "Error", "Destroyed"],
                "Stopping",
            )
        },
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.vm.DestroyVMCmdByAdmin",
            instance: "VirtualMachine",
            milliseconds: 500,
            end: destroy,
        }),
    },
    Api {
        name: "recoverVirtualMachine",
        about: "Recovers a destroyed virtual machine; it is stopped then",
        access: Access::Admins,
        params: &[ONE],
        answers: fields::MACHINE,
        run: recover,
        job: None,
    },
    Api {
        name: "expungeVirtualMachine",
        about: "Removes a destroyed virtual machine for good",
        access: Access::Admins,
        params: &[ONE],
        answers: fields::SUCCESS,
        run: |call| change(call, &["Destroyed"], "Expunging"),
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.vm.ExpungeVMCmd",
            instance: "VirtualMachine",
            milliseconds: 300,
            end: |call| {
                let machine = subject(call)?;
                expunge(call, &machine)?;
                Ok(json!({"success": true}))
            },
        }),
    },
    Api {
        name: "updateVirtualMachine",
        about: "Changes a virtual machine's names, group or details",
        access: Access::Everyone,
        params: &[
            ONE,
            &[
                opt("displayname", Takes::Text, "its name for people"),
                opt("name", Takes::Text, "its name; it must be stopped"),
                opt("group", Takes::Text, "its group"),
                opt(
                    "haenable",
                    Takes::Boolean,
                    "whether it is restarted elsewhere",
                ),
                opt("details", Takes::Map, "details[0].name=value …"),
                opt("displayvm", Takes::Boolean, "whether users see it"),
                opt(
                    "userdata",
                    Takes::Text,
                    "what its operating system reads when it starts, in base64",
                )
                .up_to(32_768),
            ],
        ],
        answers: fields::MACHINE,
        run: update,
        job: None,
    },
];

pub fn zone_of(call: &Call, machine: &Thing) -> Done<Thing> {
    let uuid = machine
        .body
        .get("zoneid")
        .and_then(Value::as_str)
        .unwrap_or_default();
    store::by_uuid(call.db, "zone", uuid)?
        .ok_or_else(|| Refusal::internal("the machine's zone is gone"))
}

fn subject(call: &Call) -> Done<Thing> {
    store::by_uuid(call.db, "machine", &call.subject)?.ok_or_else(|| {
        Refusal::param(format!(
            "Unable to find a virtual machine with id {}",
            call.subject
        ))
    })
}

impl Call<'_> {
    /// The members of a map parameter: `details[0].name=value`, or key and value apart.
    pub fn map(&self, name: &str) -> Map<String, Value> {
        let mut members = Map::new();
        let mut keys = std::collections::BTreeMap::new();
        let prefix = format!("{name}[");
        for (param, given) in self.params {
            let Some((index, member)) = param
                .strip_prefix(&prefix)
                .and_then(|rest| rest.split_once("]."))
            else {
                continue;
            };
            match member {
                "key" => {
                    keys.entry(index)
                        .or_insert((String::new(), String::new()))
                        .0 = given.clone();
                }
                "value" => {
                    keys.entry(index)
                        .or_insert((String::new(), String::new()))
                        .1 = given.clone();
                }
                member => {
                    members.insert(member.into(), json!(given));
                }
            }
        }
        for (key, value) in keys.into_values() {
            members.insert(key, json!(value));
        }
        members
    }
}

fn list(call: &mut Call) -> Done<Reply> {
    let listing = Listing {
        kind: "machine",
        name: "virtualmachine",
        filters: &[
            ("state", "state"),
            ("zoneid", "zoneid"),
            ("hostid", "hostid"),
            ("templateid", "templateid"),
            ("serviceofferingid", "serviceofferingid"),
            ("groupid", "groupid"),
            ("isoid", "isoid"),
            ("keypair", "keypair"),
            ("hypervisor", "hypervisor"),
            ("userid", "userid"),
            ("displayvm", "displayvm"),
        ],
    };
    let network = call.thing("networkid", "network")?;
    let group = call.thing("affinitygroupid", "affinitygroup")?;
    let vpc = call.thing("vpcid", "vpc")?;
    if network.is_none() && group.is_none() && vpc.is_none() {
        return call.list(&listing);
    }
    let tiers: Vec<Thing> = match &vpc {
        Some(vpc) => store::mentioning(call.db, "network", &vpc.uuid)?,
        None => Vec::new(),
    };
    call.list_where(&listing, |machine| {
        let groups = machine.body.get("affinitygroup");
        network
            .as_ref()
            .is_none_or(|network| nics::address_in(machine, network).is_some())
            && group.as_ref().is_none_or(|group| {
                groups.is_some_and(|groups| groups.to_string().contains(&group.uuid))
            })
            && (vpc.is_none()
                || tiers
                    .iter()
                    .any(|tier| nics::address_in(machine, tier).is_some()))
    })
}

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

fn deploy(call: &mut Call) -> Done<Reply> {
    let zone = call.required_thing("zoneid", "zone")?;
    let template = call.required_thing("templateid", "template")?;
    let offering = call.required_thing("serviceofferingid", "serviceoffering")?;
    deployable(call, &template, &zone)?;
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
    let mut networks = networks_of(call, &owner, &zone)?;
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
        let wanted = call.text("ipaddress").filter(|_| place == 0);
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
    let size = template.whole("size");
    let larger = storage::bytes(call, "rootdisksize")?.unwrap_or(0);
    add_root(call, &owner, &machine, &template, &zone, size.max(larger))?;
    if let Some(offering) = call.thing("diskofferingid", "diskoffering")? {
        let fixed = Some(offering.whole("disksize")).filter(|size| *size > 0);
        let size = match fixed {
            Some(size) => size << 30,
            None => storage::bytes(call, "size")?.unwrap_or(1 << 30),
        };
        let mut data = storage::add(
            call,
            &owner,
            &format!("DATA-{}", machine.number),
            "DATADISK",
            size,
            &zone,
            Some(&offering),
            None,
        )?;
        storage::put_on(call, &mut data, &machine)?;
        store::update(call.db, &data)?;
    }
    Ok(Reply::Job {
        thing: machine.uuid,
        created: true,
    })
}

/// Keeps what a machine's operating system is to read, in place of what was kept before.
fn keep_userdata(call: &Call, owner: &Owner, machine: &Thing) -> Done<()> {
    let Some(data) = call.text("userdata") else {
        return Ok(());
    };
    for before in store::children(call.db, "userdata", &machine.uuid)? {
        store::remove(call.db, &before)?;
    }
    let body = json!({"userdata": data});
    call.make(owner, ("userdata", "", "", &machine.uuid), body)?;
    Ok(())
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
pub(super) fn body(
    call: &Call,
    owner: &Owner,
    name: &str,
    zone: &Thing,
    template: &Thing,
    offering: &Thing,
    nic: Value,
) -> Done<Value> {
    let user = store::by_uuid(call.db, "user", &call.caller.user)?;
    let size = |field: &str| offering.body.get(field).cloned();
    let before = json!({"displayname": call.text("displayname").unwrap_or(name)});
    let after = json!({"userid": call.caller.user, "username": user.map(|user| user.name),
        "created": clock::date(call.now), "state": "Starting", "haenable": false,
        "group": call.text("group"), "zoneid": zone.uuid, "zonename": zone.name, "templateid": template.uuid,
        "templatename": template.name, "templatedisplaytext": template.body.get("displaytext"),
        "passwordenabled": template.is("passwordenabled"), "serviceofferingid": offering.uuid, "serviceofferingname": offering.name,
        "cpunumber": size("cpunumber"), "cpuspeed": size("cpuspeed"), "memory": size("memory"), "rootdeviceid": 0,
        "rootdevicetype": "ROOT", "securitygroup": groups::security_of(call, owner, zone)?, "nic": nic,
        "hypervisor": template.text("hypervisor"), "keypair": call.text("keypair"), "details": call.map("details"),
        "affinitygroup": groups::affinity_of(call, owner)?,
        "displayvm": call.boolean("displayvm").unwrap_or(true), "isdynamicallyscalable": false, "tags": []});
    Ok(owner.body(before, after))
}

/// Begins a change that only some states allow.
fn change(call: &mut Call, from: &[&str], meanwhile: &str) -> Done<Reply> {
    let mut machine = call.own_thing("id", "machine")?;
    if !from.contains(&machine.state.as_str()) {
        return Err(Refusal::new(
            530,
            4250,
            format!(
                "{} is not possible while the machine {} is {}",
                call.api.name, machine.uuid, machine.state
            ),
        ));
    }
    let begins = machine.state != "Destroyed" || meanwhile == "Expunging";
    if begins {
        machine.state = meanwhile.into();
        store::update(call.db, &machine)?;
    }
    Ok(Reply::Job {
        thing: machine.uuid,
        created: false,
    })
}

/// The host that a machine runs on: the one that the call names, the one that it is on, or the first with room.
pub fn host_for(call: &Call, machine: &Thing) -> Done<Thing> {
    let load = store::load(call.db)?;
    let asked = call
        .thing("hostid", "host")?
        .filter(|_| call.caller.kind() != 0);
    let room = |host: &Thing| {
        let used = load.get(&host.uuid).copied().unwrap_or_default();
        let enabled = host.state == "Up"
            && host.text("resourcestate") == "Enabled"
            && host.text("zoneid") == machine.text("zoneid");
        let speed = machine.whole("cpunumber") * machine.whole("cpuspeed");
        enabled
            && (used.memory + machine.whole("memory")) << 20 <= host.whole("memorytotal")
            && used.speed + speed <= host.whole("cpunumber") * host.whole("cpuspeed")
    };
    if let Some(host) = asked.filter(|host| room(host)) {
        return Ok(host);
    }
    // A host that an account rents is for the machines that were made for it.
    let hosts = match home(call, machine)? {
        Some(home) => vec![home],
        None => {
            let mut hosts = store::of_kind(call.db, "host")?;
            hosts.retain(|host| host.account == 0);
            hosts
        }
    };
    let stays = hosts
        .iter()
        .find(|host| host.uuid == machine.text("hostid") && host.state == "Up");
    stays
        .or_else(|| hosts.iter().find(|host| room(host)))
        .cloned()
        .ok_or_else(|| {
            Refusal::new(
                533,
                4325,
                format!(
                    "Unable to create a deployment for VM[User|{}]",
                    machine.text("instancename")
                ),
            )
        })
}

/// What says which rented host a machine was made for: its child, with the host's uuid as its name.
pub const HOME: &str = "home";

/// The rented host that a machine was made for.
pub fn home(call: &Call, machine: &Thing) -> Done<Option<Thing>> {
    match store::children(call.db, HOME, &machine.uuid)?.first() {
        Some(home) => Ok(store::by_uuid(call.db, "host", &home.name)?),
        None => Ok(None),
    }
}

/// Ends a change in its state; a running machine is on a host.
fn settle(call: &mut Call, state: &str) -> Done<Value> {
    let mut machine = subject(call)?;
    machine.state = state.into();
    let host = match state {
        "Running" => Some(host_for(call, &machine)?),
        _ => None,
    };
    match host {
        Some(host) => {
            machine.body.insert("hostid".into(), json!(host.uuid));
            machine.body.insert("hostname".into(), json!(host.name));
        }
        _ => {
            machine.body.shift_remove("hostid");
            machine.body.shift_remove("hostname");
            // Real servers leave a note of their own among the details of what was stopped.
            if let Some(details) = machine.body.get_mut("details") {
                details["Message.ReservedCapacityFreed.Flag"] = json!("false");
            }
        }
    }
    store::update(call.db, &machine)?;
    Ok(in_job("virtualmachine", view(call.db, &machine)?))
}

fn destroy(call: &mut Call) -> Done<Value> {
    let shown = settle(call, "Destroyed")?;
    if call.boolean("expunge").unwrap_or(false) {
        let machine = subject(call)?;
        expunge(call, &machine)?;
    }
    Ok(shown)
}

/// Removes a machine with its root volume; data disks are detached.
fn expunge(call: &Call, machine: &Thing) -> Done<()> {
    for mut volume in store::children(call.db, "volume", &machine.uuid)? {
        if volume.body.get("type") == Some(&json!("ROOT")) {
            store::remove(call.db, &volume)?;
        } else {
            volume.parent.clear();
            for field in ["virtualmachineid", "vmname", "attached", "deviceid"] {
                volume.body.shift_remove(field);
            }
            store::update(call.db, &volume)?;
        }
    }
    without_rules(call, machine)?;
    for snapshot in store::children(call.db, "vmsnapshot", &machine.uuid)? {
        store::remove(call.db, &snapshot)?;
    }
    Ok(store::remove(call.db, machine)?)
}

/// Takes away what leads to a machine from outside.
fn without_rules(call: &Call, machine: &Thing) -> Done<()> {
    for rule in store::mentioning(call.db, "portforwarding", &machine.uuid)? {
        super::rules::close_firewall(call, &rule)?;
        store::remove(call.db, &rule)?;
    }
    for link in store::named(call.db, "balanced", &machine.uuid)? {
        store::remove(call.db, &link)?;
    }
    for address in store::mentioning(call.db, "publicip", &machine.uuid)? {
        super::addresses::without_static_nat(call, address)?;
    }
    Ok(())
}

fn recover(call: &mut Call) -> Done<Reply> {
    let mut machine = call.own_thing("id", "machine")?;
    if machine.state != "Destroyed" {
        return Err(Refusal::value(format!(
            "Unable to recover the vm with id {}: it is {}",
            machine.uuid, machine.state
        )));
    }
    machine.state = "Stopped".into();
    store::update(call.db, &machine)?;
    Ok(Reply::One("virtualmachine", view(call.db, &machine)?))
}

fn update(call: &mut Call) -> Done<Reply> {
    let mut machine = call.own_thing("id", "machine")?;
    if let Some(name) = call.text("name") {
        if machine.state != "Stopped" {
            return Err(Refusal::value(format!(
                "The name of the vm {} can be changed only while it is stopped",
                machine.uuid
            )));
        }
        machine.name = name.into();
        machine.body.insert("name".into(), json!(name));
    }
    call.take_over(&mut machine, &["displayname"], &["displayvm"]);
    if let Some(group) = call.text("group") {
        let owner = call.owner_like(&machine)?;
        let group = groups::instance_group(call, &owner, group, true)?;
        machine.set("group", group.name);
        machine.set("groupid", group.uuid);
    }
    if let Some(enabled) = call.boolean("haenable") {
        machine.body.insert("haenable".into(), json!(enabled));
    }
    let details = call.map("details");
    if !details.is_empty() {
        machine.body.insert("details".into(), json!(details));
    }
    if call.text("userdata").is_some() {
        let owner = call.owner_like(&machine)?;
        keep_userdata(call, &owner, &machine)?;
    }
    store::update(call.db, &machine)?;
    Ok(Reply::One("virtualmachine", view(call.db, &machine)?))
}
