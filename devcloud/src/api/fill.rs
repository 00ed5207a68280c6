//! A large world out of numbers: machines in networks and on hosts, some stopped, and data disks, all of the first
//! administrator's.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::infrastructure::Made;
use super::limits::Limits;
use super::{Call, Caller, Done, configuration, deploying, machines, networks, storage};
use crate::auth::Params;
use crate::store::{self, Thing};
use crate::wire::Refusal;

/// How many machines a network has at most: its addresses, but for the gateway's.
const IN_NETWORK: u32 = 250;
/// How many machines a host has at most: it has room for all of them, whatever their size.
const ON_HOST: usize = 50;
const GIGABYTE: i64 = 1 << 30;

/// Adds so many of each to what is there, every one with a name, and every machine with an address, of its own.
pub fn fill(db: &Connection, machines: u32, networks: u32, volumes: u32) -> Done<()> {
    if machines > networks.saturating_mul(IN_NETWORK) {
        return Err(Refusal::value(format!(
            "{machines} machines need {} networks or more, for a network has {IN_NETWORK} addresses",
            machines.div_ceil(IN_NETWORK)
        )));
    }
    let networks = (0..networks)
        .map(|_| add_network(db))
        .collect::<Done<Vec<Thing>>>()?;
    let machines = add_machines(db, machines, &networks)?;
    add_volumes(db, volumes, &machines)
}

fn first(db: &Connection, kind: &str) -> Done<Thing> {
    let first = store::of_kind(db, kind)?.into_iter().next();
    first.ok_or_else(|| Refusal::internal(format!("there is no {kind}")))
}

/// The number that the next thing of a kind will have.
fn next(db: &Connection, kind: &str) -> Done<i64> {
    Ok(store::last_number(db, kind)? + 1)
}

/// Does something as the first administrator, with these parameters.
fn as_admin<T>(
    db: &Connection,
    params: &[(&str, String)],
    work: impl FnOnce(&mut Call) -> Done<T>,
) -> Done<T> {
    let missing = || Refusal::internal("there is no administrator");
    let account = store::named(db, "account", "admin")?
        .into_iter()
        .next()
        .ok_or_else(missing)?;
    let user = store::named(db, "user", "admin")?
        .into_iter()
        .next()
        .ok_or_else(missing)?;
    let params: Params = params
        .iter()
        .map(|(name, value)| (name.to_string(), value.clone()))
        .collect();
    let api = machines::APIS.first().ok_or_else(missing)?;
    work(&mut Call {
        db,
        limits: &Limits::default(),
        params: &params,
        caller: Caller {
            account,
            user: user.uuid,
        },
        api,
        now: configuration::cloud_time(db)?,
        host: "",
        by: "",
        subject: String::new(),
    })
}

fn add_network(db: &Connection) -> Done<Thing> {
    let number = next(db, "network")?;
    let name = format!("network-{number:04}");
    let (high, low) = (1 + number / 256, number % 256);
    if high > 255 {
        return Err(Refusal::value("there are no more addresses for networks"));
    }
    let params = [
        ("gateway", format!("10.{high}.{low}.1")),
        ("netmask", "255.255.255.0".to_string()),
    ];
    let (zone, offering) = (first(db, "zone")?, first(db, "networkoffering")?);
    as_admin(db, &params, |call| {
        let mut network = networks::create(call, &call.owner()?, &name, &name, &offering, &zone)?;
        network.state = "Implemented".into();
        store::update(db, &network)?;
        Ok(network)
    })
}

/// A machine's state by its number: of twenty, fourteen run, five are stopped and one is destroyed.
fn state_of(number: i64) -> &'static str {
    match number % 20 {
        0..14 => "Running",
        14..19 => "Stopped",
        _ => "Destroyed",
    }
}

/// Another thing like the first of its kind, with some other fields.
fn another(call: &Call, kind: &str, fields: Value) -> Done<Thing> {
    let like = first(call.db, kind)?;
    let mut body = like.body.clone();
    body.retain(|field, _| field != "id" && field != "name");
    if let Value::Object(fields) = fields {
        body.extend(fields);
    }
    let name = format!("{}-{:04}", like.name, next(call.db, kind)?);
    call.make_common(
        (kind, &name, &like.state, &like.parent),
        Value::Object(body),
    )
}

/// Hosts for so many machines, beside those that are there.
fn add_hosts(db: &Connection, machines: usize) -> Done<Vec<Thing>> {
    as_admin(db, &[], |call| {
        (0..machines.div_ceil(ON_HOST))
            .map(|index| {
                let address = format!("192.168.{}.{}", 57 + index / 250, 2 + index % 250);
                another(call, "host", json!({"ipaddress": address, "cpunumber": 64}))
            })
            .collect()
    })
}

fn add_machines(db: &Connection, machines: u32, networks: &[Thing]) -> Done<Vec<Thing>> {
    let zone = first(db, "zone")?;
    let hosts = add_hosts(db, usize::try_from(machines).unwrap_or(usize::MAX))?;
    let offerings = store::of_kind(db, "serviceoffering")?;
    let template = store::of_kind(db, "template")?.into_iter().next_back();
    let template = template.ok_or_else(|| Refusal::internal("there is no template"))?;
    let number = next(db, "machine")?;
    as_admin(db, &[], |call| {
        let owner = call.owner()?;
        let mut made = Vec::new();
        for (index, (number, network)) in (0..i64::from(machines))
            .map(|index| number + index)
            .zip(networks.iter().cycle())
            .enumerate()
        {
            let round = index / networks.len().max(1);
            let gateway = network.body.get("gateway").and_then(Value::as_str);
            let prefix = gateway.and_then(|gateway| gateway.strip_suffix(".1"));
            let address = prefix.map(|prefix| format!("{prefix}.{}", round + 2));
            let offering = offerings
                .get(index % offerings.len().max(1))
                .ok_or_else(|| Refusal::internal("there is no service offering"))?;
            let name = format!("vm-{number:05}");
            let nic = deploying::interface(network, address);
            let Value::Object(mut body) =
                deploying::body(call, &owner, &name, &zone, &template, offering, nic)?
            else {
                return Err(Refusal::internal("a machine has no fields"));
            };
            deploying::number(&mut body, owner.number, number);
            let state = state_of(number);
            if state == "Running"
                && let Some(host) = hosts.get(index / ON_HOST)
            {
                body.insert("hostid".into(), json!(host.uuid));
                body.insert("hostname".into(), json!(host.name));
            }
            made.push(call.create(
                Made {
                    kind: "machine",
                    name: &name,
                    state,
                    parent: &network.uuid,
                    account: owner.id,
                    domain: owner.domain.id,
                    uuid: None,
                },
                Value::Object(body),
            )?);
        }
        Ok(made)
    })
}

/// Every second data disk is attached to a machine, as long as there are machines.
fn add_volumes(db: &Connection, volumes: u32, machines: &[Thing]) -> Done<()> {
    let zone = first(db, "zone")?;
    let number = next(db, "volume")?;
    as_admin(db, &[], |call| {
        let size = i64::from(volumes).saturating_mul(100 * GIGABYTE);
        if size > 0 {
            another(call, "storagepool", json!({"disksizetotal": size}))?;
        }
        let owner = call.owner()?;
        let mut machines = machines.iter();
        for number in (0..i64::from(volumes)).map(|index| number + index) {
            let name = format!("disk-{number:05}");
            let size = (1 + number % 100) * GIGABYTE;
            let mut volume =
                storage::add(call, &owner, &name, "DATADISK", size, &zone, None, None)?;
            if number % 2 == 0
                && let Some(machine) = machines.next()
            {
                storage::put_on(call, &mut volume, machine)?;
                store::update(db, &volume)?;
            }
        }
        Ok(())
    })
}
