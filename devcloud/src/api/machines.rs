//! Virtual machines: deployed, started, stopped, destroyed, each when its state allows.

use serde_json::{Map, Value, json};

use super::infrastructure::Made;
use super::listing::{IN_PROJECT, Listing, OWNED, PAGED, view};
use super::{
    Access, Api, Call, Done, Param, Reply, Takes, Work, fields, in_job, networks, opt, req, storage,
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
            ],
            OWNED,
            IN_PROJECT,
            PAGED,
        ],
        answers: fields::MACHINE,
        run: |call| {
            call.list(&Listing {
                kind: "machine",
                name: "virtualmachine",
                filters: &[
                    ("state", "state"),
                    ("zoneid", "zoneid"),
                    ("hostid", "hostid"),
                    ("templateid", "templateid"),
                    ("serviceofferingid", "serviceofferingid"),
                ],
            })
        },
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
                settle(call, if start { "Running" } else { "Stopped" })
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
    fn map(&self, name: &str) -> Map<String, Value> {
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

/// The network that a new machine is in: the first one named, else the account's own, made when there is none.
fn network(call: &Call, zone: &Thing) -> Done<Thing> {
    if let Some(ids) = call.text("networkids") {
        let first = ids.split(',').next().unwrap_or_default().trim();
        let network = call.find("networkids", "network", first)?;
        call.may_use(&network)?;
        return Ok(network);
    }
    let own = store::children(call.db, "network", &zone.uuid)?
        .into_iter()
        .find(|network| network.account == call.caller.account.id);
    if let Some(network) = own {
        return Ok(network);
    }
    let offering = store::of_kind(call.db, "networkoffering")?
        .into_iter()
        .next()
        .ok_or_else(|| Refusal::value("Unable to find a default isolated network offering"))?;
    let name = format!("{}-network", call.caller.account.name);
    networks::create(call, &name, &name, &offering, zone)
}

fn deploy(call: &mut Call) -> Done<Reply> {
    let zone = call.required_thing("zoneid", "zone")?;
    let template = call.required_thing("templateid", "template")?;
    let offering = call.required_thing("serviceofferingid", "serviceoffering")?;
    if template.body.get("templatetype") == Some(&json!("SYSTEM")) {
        return Err(Refusal::value(format!(
            "Unable to use system template {} to deploy a user vm",
            template.uuid
        )));
    }
    if template.body.get("isready") != Some(&json!(true)) {
        return Err(Refusal::value(format!(
            "Template {} has not been completely downloaded to zone {}",
            template.uuid, zone.uuid
        )));
    }
    let uuid = call
        .custom_id()?
        .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let name = call
        .text("name")
        .map_or_else(|| format!("VM-{uuid}"), String::from);
    let mut network = network(call, &zone)?;
    let twins = store::children(call.db, "machine", &network.uuid)?;
    if twins.iter().any(|other| other.name == name) {
        return Err(Refusal::value(format!(
            "The vm with hostName {name} already exists in the network domain: {}; network={}",
            network
                .body
                .get("networkdomain")
                .and_then(Value::as_str)
                .unwrap_or_default(),
            network.name
        )));
    }
    let nic = interface(&network, address(call, &network, &twins));
    network.state = "Implemented".into();
    store::update(call.db, &network)?;
    let body = body(call, &name, &zone, &template, &offering, nic)?;
    let account = &call.caller.account;
    let state = if call.boolean("startvm").unwrap_or(true) {
        "Starting"
    } else {
        "Stopped"
    };
    let made = Made {
        kind: "machine",
        name: &name,
        state,
        parent: &network.uuid,
        account: account.id,
        domain: account.domain,
        uuid: Some(uuid),
    };
    let mut machine = call.create(made, body)?;
    number(&mut machine.body, account.number, machine.number);
    store::update(call.db, &machine)?;
    let size = template
        .body
        .get("size")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    let mut root = storage::add(
        call,
        &format!("ROOT-{}", machine.number),
        "ROOT",
        size,
        &zone,
        None,
        None,
    )?;
    root.body.insert("templateid".into(), json!(template.uuid));
    storage::put_on(call, &mut root, &machine)?;
    store::update(call.db, &root)?;
    if let Some(offering) = call.thing("diskofferingid", "diskoffering")? {
        let fixed = offering
            .body
            .get("disksize")
            .and_then(Value::as_i64)
            .filter(|size| *size > 0);
        let size = fixed.or(call.number("size")).unwrap_or(1) << 30;
        let mut data = storage::add(
            call,
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

/// The next free address of a network, or the one that was asked for.
fn address(call: &Call, network: &Thing, machines: &[Thing]) -> Option<String> {
    let taken: Vec<&str> = machines
        .iter()
        .filter_map(|machine| machine.body.get("nic")?.get(0)?.get("ipaddress")?.as_str())
        .collect();
    let gateway = network.body.get("gateway").and_then(Value::as_str);
    let prefix = gateway
        .and_then(|gateway| gateway.rsplit_once('.'))
        .map_or("10.1.1", |(prefix, _)| prefix);
    let free = || {
        (2..=254)
            .map(|number| format!("{prefix}.{number}"))
            .find(|address| !taken.contains(&address.as_str()))
    };
    call.text("ipaddress").map(String::from).or_else(free)
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
    name: &str,
    zone: &Thing,
    template: &Thing,
    offering: &Thing,
    nic: Value,
) -> Done<Value> {
    let account = &call.caller.account;
    let domain = store::by_id(call.db, "domain", account.domain)?
        .ok_or_else(|| Refusal::internal("the caller's domain is gone"))?;
    let user = store::by_uuid(call.db, "user", &call.caller.user)?;
    let size = |field: &str| offering.body.get(field).cloned();
    Ok(
        json!({"displayname": call.text("displayname").unwrap_or(name), "account": account.name,
        "userid": call.caller.user, "username": user.map(|user| user.name), "domainid": domain.uuid,
        "domain": domain.name, "created": clock::date(call.now), "state": "Starting", "haenable": false,
        "group": call.text("group"), "zoneid": zone.uuid, "zonename": zone.name, "templateid": template.uuid,
        "templatename": template.name, "templatedisplaytext": template.body.get("displaytext"),
        "passwordenabled": false, "serviceofferingid": offering.uuid, "serviceofferingname": offering.name,
        "cpunumber": size("cpunumber"), "cpuspeed": size("cpuspeed"), "memory": size("memory"), "rootdeviceid": 0,
        "rootdevicetype": "ROOT", "securitygroup": [], "nic": nic, "hypervisor": "XenServer",
        "keypair": call.text("keypair"), "details": call.map("details"), "affinitygroup": [], "displayvm": true,
        "isdynamicallyscalable": false, "tags": []}),
    )
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

/// Ends a change in its state; a running machine is on a host.
fn settle(call: &mut Call, state: &str) -> Done<Value> {
    let mut machine = subject(call)?;
    machine.state = state.into();
    let host = store::of_kind(call.db, "host")?.into_iter().next();
    match host {
        Some(host) if state == "Running" => {
            machine.body.insert("hostid".into(), json!(host.uuid));
            machine.body.insert("hostname".into(), json!(host.name));
        }
        _ => {
            machine.body.shift_remove("hostid");
            machine.body.shift_remove("hostname");
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
    Ok(store::remove(call.db, machine)?)
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
    for field in ["displayname", "group"] {
        if let Some(value) = call.text(field) {
            machine.body.insert(field.into(), json!(value));
        }
    }
    if let Some(enabled) = call.boolean("haenable") {
        machine.body.insert("haenable".into(), json!(enabled));
    }
    let details = call.map("details");
    if !details.is_empty() {
        machine.body.insert("details".into(), json!(details));
    }
    store::update(call.db, &machine)?;
    Ok(Reply::One("virtualmachine", view(call.db, &machine)?))
}
