//! Premium hosts: hosts that an account rents, for its premium machines alone.

use serde_json::{Map, Value, json};

use super::limits::only;
use crate::api::fields::SUCCESS;
use crate::api::infrastructure::Made;
use crate::api::machines::HOME;
use crate::api::{Call, Done, Reply};
use crate::clock;
use crate::store::{self, Load, Thing};
use crate::wire::Refusal;

const GROUPS: &[&str] = &["GROUP1", "GROUP2"];

fields! {
    PREMIUMHOST: name string "its name", hypervisor string "what it runs on", zoneid string "the zone it is in",
        zonename string "that zone's name", state string "whether it is up", resourcestate string "whether it is in use",
        cpunumber integer "how many processors", cpuspeed long "their speed in MHz",
        cpuallocated string "how much of them is given away", cpuused string "how much of them is busy",
        memorytotal long "its memory in bytes", memoryallocated long "how much of it is given away",
        memoryused long "how much of it is in use", distributionGroupName string "its distribution group";
    DISTRIBUTIONGROUP: name string "its name";
}

apis! {
    Everyone "addPremiumHosts" "Rents premium hosts" () {
        req "zoneid" Id("zone") "the zone they are in";
        req "hypervisor" Text "VMware";
        req "number" Integer "how many, from 1 to 5";
        opt "distributiongroup" Text "GROUP1 or GROUP2";
    } -> PREMIUMHOST add;

    Everyone "listPremiumHosts" "Lists the account's premium hosts" () {
        opt "zoneid" Id("zone") "the zone they are in";
    } -> PREMIUMHOST list;

    Everyone "removePremiumHost" "Gives a premium host back" () {
        req "name" Text "its name";
    } -> SUCCESS remove;

    Everyone "listDistributionGroups" "Lists the groups that keep premium hosts apart" () {
    } -> DISTRIBUTIONGROUP |_| {
        let rows = GROUPS.iter().map(|name| json!({"name": name})).collect();
        Ok(Reply::List("distributiongroup", rows, GROUPS.len()))
    };
}

/// The premium hosts that the caller may use.
fn usable(call: &Call) -> Done<Vec<Thing>> {
    let mut hosts = store::of_kind(call.db, "host")?;
    hosts.retain(|host| host.account != 0 && call.may_use(host).is_ok());
    Ok(hosts)
}

/// The premium host of that name that the caller may use.
pub fn named(call: &Call, name: &str) -> Done<Option<Thing>> {
    Ok(usable(call)?.into_iter().find(|host| host.name == name))
}

fn add(call: &mut Call) -> Done<Reply> {
    only(call, "hypervisor", &["VMware"])?;
    only(call, "distributiongroup", GROUPS)?;
    let number = call.number("number").unwrap_or(0);
    if !(1..=5).contains(&number) {
        return Err(Refusal::value(format!(
            "Invalid value {number} for parameter number: it is from 1 to 5"
        )));
    }
    let zone = call.required_thing("zoneid", "zone")?;
    let cluster = store::of_kind(call.db, "cluster")?
        .into_iter()
        .find(|cluster| cluster.text("zoneid") == zone.uuid)
        .ok_or_else(|| {
            Refusal::new(
                533,
                4325,
                format!("There is no cluster in zone {}", zone.name),
            )
        })?;
    let owner = call.owner_of(&call.caller.account)?;
    let mut rows = Vec::new();
    for _ in 0..number {
        let serial = store::last_number(call.db, "host")? + 1;
        let name = format!("{}-Losv-{serial:06}", zone.name);
        let body = json!({"state": "Up", "type": "Routing",
            "ipaddress": format!("172.16.16.{}", 2 + serial.rem_euclid(250)), "zoneid": zone.uuid,
            "zonename": zone.name, "podid": cluster.text("podid"), "podname": cluster.text("podname"),
            "version": super::VERSION, "hypervisor": "VMware", "cpunumber": 16, "cpuspeed": 2600,
            "memorytotal": 128_i64 << 30, "clusterid": cluster.uuid, "clustername": cluster.name,
            "clustertype": cluster.text("clustertype"), "resourcestate": "Enabled",
            "distributionGroupName": call.text("distributiongroup"), "created": clock::date(call.now)});
        let made = Made {
            kind: "host",
            name: &name,
            state: "Up",
            parent: &cluster.uuid,
            account: owner.id,
            domain: owner.domain.id,
            uuid: None,
        };
        rows.push(shown(&call.create(made, body)?, Load::default()));
    }
    let count = rows.len();
    Ok(Reply::List("host", rows, count))
}

fn list(call: &mut Call) -> Done<Reply> {
    let zone = call.thing("zoneid", "zone")?;
    let load = store::load(call.db)?;
    let rows = usable(call)?
        .iter()
        .filter(|host| {
            zone.as_ref()
                .is_none_or(|zone| host.text("zoneid") == zone.uuid)
        })
        .map(|host| shown(host, load.get(&host.uuid).copied().unwrap_or_default()))
        .collect();
    call.page("host", rows)
}

fn remove(call: &mut Call) -> Done<Reply> {
    let name = call.required("name")?;
    let host = named(call, name)?
        .ok_or_else(|| Refusal::value("The Host you specified could not be found."))?;
    if !store::named(call.db, HOME, &host.uuid)?.is_empty() {
        return Err(Refusal::value(format!(
            "The Host {name} has virtual machines and could not be removed."
        )));
    }
    store::remove(call.db, &host)?;
    Ok(Reply::Success)
}

/// A host as the vendor shows it: by its name, without an id.
fn shown(host: &Thing, load: Load) -> Value {
    let speed = (host.whole("cpunumber") * host.whole("cpuspeed")).max(1);
    let mut row = Map::new();
    for field in [
        "name",
        "hypervisor",
        "zoneid",
        "zonename",
        "state",
        "resourcestate",
        "cpunumber",
        "cpuspeed",
        "memorytotal",
        "distributionGroupName",
    ] {
        if let Some(value) = host.body.get(field) {
            row.insert(field.into(), value.clone());
        }
    }
    let share = format!("{}%", load.speed * 100 / speed);
    row.insert("cpuallocated".into(), json!(share));
    row.insert("cpuused".into(), json!("0%"));
    row.insert("memoryallocated".into(), json!(load.memory << 20));
    row.insert("memoryused".into(), json!(load.memory << 20));
    Value::Object(row)
}
