//! Virtual machines: declared, listed, started, stopped, destroyed, each when its state allows. How one is made is in
//! `deploying.rs`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::listing::{IN_PROJECT, Listing, OWNED, PAGED, view};
use super::{
    Access, Api, Call, Done, Param, Reply, Takes, Work, configuration, deploying, errands, fields,
    groups, in_job, nics, opt, req,
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
            req(
                "templateid",
                Takes::Id("template"),
                "the template or the ISO that it is made of",
            ),
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
            opt(
                "datadiskofferinglist",
                Takes::Map,
                "datadiskofferinglist[0].datadisktemplateid=… datadiskofferinglist[0].diskofferingid=…",
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
        run: deploying::deploy,
        job: Some(Work {
            class: "org.apache.cloudstack.api.command.admin.vm.DeployVMCmdByAdmin",
            instance: "VirtualMachine",
            milliseconds: 1000,
            end: |call| {
                let start = call.boolean("startvm").unwrap_or(true);
                let mut shown = settle(call, if start { "Running" } else { "Stopped" })?;
                if shown["virtualmachine"]["passwordenabled"] == true {
                    shown["virtualmachine"]["password"] = json!(deploying::password());
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
        let mut keys = BTreeMap::new();
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

    /// The records of a map parameter, in the order of their indexes: `list[0].networkid=…`, `list[0].ip=…`.
    pub fn records(&self, name: &str) -> Vec<Map<String, Value>> {
        let mut records: BTreeMap<u32, Map<String, Value>> = BTreeMap::new();
        let prefix = format!("{name}[");
        for (param, given) in self.params {
            let member = param
                .get(..prefix.len())
                .filter(|start| start.eq_ignore_ascii_case(&prefix))
                .and_then(|start| param[start.len()..].split_once("]."));
            if let Some((index, member)) = member
                && let Ok(index) = index.parse()
            {
                let record = records.entry(index).or_default();
                record.insert(member.to_lowercase(), json!(given));
            }
        }
        records.into_values().collect()
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
    let delay = configuration::number(call.db, configuration::EXPUNGE_DELAY)?;
    let at = clock::now().saturating_add(delay.saturating_mul(1000));
    errands::plan(call.db, errands::EXPUNGE, &subject(call)?, at)?;
    if call.boolean("expunge").unwrap_or(false) {
        let machine = subject(call)?;
        expunge(call, &machine)?;
    }
    Ok(shown)
}

/// Removes a machine with its root volume; data disks are detached.
pub fn expunge(call: &Call, machine: &Thing) -> Done<()> {
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
    errands::cancel(call.db, errands::EXPUNGE, &machine)?;
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
        deploying::keep_userdata(call, &owner, &machine)?;
    }
    store::update(call.db, &machine)?;
    Ok(Reply::One("virtualmachine", view(call.db, &machine)?))
}
