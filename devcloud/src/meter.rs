//! What is charged for: while a machine runs, while it is allocated, while a volume, an address or a rule is there. Follows the
//! things as they change; out come the spells of time that usage records are made of.

mod facts;

use rusqlite::{Connection, Result, params};
use serde_json::{Map, Value};

use crate::clock;
use crate::store::{self, Thing};

/// The usage types of real servers that this cloud has something of.
pub const RUNNING: i64 = 1;
pub const ALLOCATED: i64 = 2;
pub const ADDRESS: i64 = 3;
pub const VOLUME: i64 = 6;
pub const TEMPLATE: i64 = 7;
pub const ISO: i64 = 8;
pub const SNAPSHOT: i64 = 9;
pub const BALANCER: i64 = 11;
pub const FORWARDING: i64 = 12;
pub const NETWORK_OFFERING: i64 = 13;
pub const VPN_USER: i64 = 14;
pub const MACHINE_SNAPSHOT: i64 = 25;
pub const MACHINE_SNAPSHOT_ON_PRIMARY: i64 = 27;

/// A time in which something was charged for, in true milliseconds since 1970.
pub struct Spell {
    pub number: i64,
    pub usage: i64,
    /// Internal ids of the thing and its account.
    pub thing: i64,
    pub account: i64,
    /// The uuid of what is charged for: the thing, or a part of it such as the network that a machine is in.
    pub uuid: String,
    pub begun: i64,
    /// Nothing while it goes on.
    pub ended: Option<i64>,
}

/// A type of usage and the uuid of what is charged for.
type Charge = (i64, String);

/// Which kind of thing is charged for by a type.
fn kind_of(usage: i64) -> &'static str {
    match usage {
        ADDRESS => "publicip",
        VOLUME => "volume",
        TEMPLATE => "template",
        ISO => "iso",
        SNAPSHOT => "snapshot",
        BALANCER => "loadbalancer",
        FORWARDING => "portforwarding",
        VPN_USER => "vpnuser",
        MACHINE_SNAPSHOT | MACHINE_SNAPSHOT_ON_PRIMARY => "vmsnapshot",
        _ => "machine",
    }
}

/// What a thing is charged for in its state.
fn charges(db: &Connection, thing: &Thing) -> Result<Vec<Charge>> {
    let one = |usage: i64| vec![(usage, thing.uuid.clone())];
    Ok(match (thing.kind.as_str(), thing.state.as_str()) {
        ("volume", _) => one(VOLUME),
        ("machine", "Running") => {
            let nics = thing.body.get("nic").and_then(Value::as_array);
            let networks = nics
                .into_iter()
                .flatten()
                .filter_map(|nic| nic["networkid"].as_str());
            let mut charges = vec![
                (RUNNING, thing.uuid.clone()),
                (ALLOCATED, thing.uuid.clone()),
            ];
            charges.extend(networks.map(|network| (NETWORK_OFFERING, network.to_string())));
            charges
        }
        ("machine", "Destroyed" | "Expunging" | "Error") => Vec::new(),
        ("machine", _) => one(ALLOCATED),
        ("publicip", _) => one(ADDRESS),
        ("template", _) if thing.account != 0 => one(TEMPLATE),
        ("iso", _) if thing.account != 0 => one(ISO),
        ("snapshot", _) => one(SNAPSHOT),
        ("loadbalancer", _) => one(BALANCER),
        ("portforwarding", _) => one(FORWARDING),
        ("vpnuser", _) => one(VPN_USER),
        ("vmsnapshot", _) => {
            let mut charges = one(MACHINE_SNAPSHOT_ON_PRIMARY);
            for volume in store::children(db, "volume", &thing.parent)? {
                charges.push((MACHINE_SNAPSHOT, volume.uuid));
            }
            charges
        }
        _ => Vec::new(),
    })
}

/// Begins what a new thing is charged for.
pub fn made(db: &Connection, thing: &Thing) -> Result<()> {
    begin(db, thing, &charges(db, thing)?)
}

/// Ends what a thing is charged for no longer in its new state, and begins what it is charged for now.
pub fn changed(db: &Connection, thing: &Thing) -> Result<()> {
    if thing.kind != "machine" {
        return Ok(());
    }
    let Some(before) = store::by_id(db, &thing.kind, thing.id)? else {
        return Ok(());
    };
    let (before, after) = (charges(db, &before)?, charges(db, thing)?);
    let only = |these: &[Charge], those: &[Charge]| -> Vec<Charge> {
        let only = these.iter().filter(|charge| !those.contains(charge));
        only.cloned().collect()
    };
    end(db, thing, &only(&before, &after))?;
    begin(db, thing, &only(&after, &before))
}

/// Ends what a thing that goes is charged for.
pub fn gone(db: &Connection, thing: &Thing) -> Result<()> {
    let open: Vec<Charge> = db
        .prepare_cached("SELECT usage, uuid FROM spell WHERE thing = ? AND ended IS NULL")?
        .query_map([thing.id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    end(db, thing, &open)
}

fn begin(db: &Connection, thing: &Thing, charges: &[Charge]) -> Result<()> {
    for (usage, uuid) in charges {
        db.prepare_cached(
            "INSERT INTO spell (usage, thing, uuid, account, begun) VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![usage, thing.id, uuid, thing.account, clock::now()])?;
    }
    Ok(())
}

/// The thing may change or go afterwards, so its spells keep what there is to tell of it.
fn end(db: &Connection, thing: &Thing, charges: &[Charge]) -> Result<()> {
    for (usage, uuid) in charges {
        let facts = Value::Object(facts::facts(db, thing, *usage, uuid)?).to_string();
        db.prepare_cached(
            "UPDATE spell SET ended = ?, facts = ? WHERE thing = ? AND usage = ? AND uuid = ? AND ended IS NULL",
        )?
        .execute(params![clock::now(), facts, thing.id, usage, uuid])?;
    }
    Ok(())
}

/// Which spells are meant.
pub struct Wanted<'a> {
    pub usage: Option<i64>,
    pub uuid: Option<&'a str>,
    /// They touch a time between these, in milliseconds since 1970.
    pub from: i64,
    pub to: i64,
}

/// Spells in the order in which they began.
pub fn spells(db: &Connection, wanted: &Wanted) -> Result<Vec<Spell>> {
    db.prepare_cached(
        "SELECT id, usage, thing, account, uuid, begun, ended FROM spell
         WHERE begun <= ?4 AND (ended IS NULL OR ended >= ?3)
            AND (?1 IS NULL OR usage = ?1) AND (?2 IS NULL OR uuid = ?2) ORDER BY id",
    )?
    .query_map(
        params![wanted.usage, wanted.uuid, wanted.from, wanted.to],
        |row| {
            Ok(Spell {
                number: row.get(0)?,
                usage: row.get(1)?,
                thing: row.get(2)?,
                account: row.get(3)?,
                uuid: row.get(4)?,
                begun: row.get(5)?,
                ended: row.get(6)?,
            })
        },
    )?
    .collect()
}

/// What there is to tell of the thing of a spell.
pub fn told(db: &Connection, spell: &Spell) -> Result<Map<String, Value>> {
    if spell.ended.is_none()
        && let Some(thing) = store::by_id(db, kind_of(spell.usage), spell.thing)?
    {
        return facts::facts(db, &thing, spell.usage, &spell.uuid);
    }
    let kept: Option<String> = db
        .prepare_cached("SELECT facts FROM spell WHERE id = ?")?
        .query_row([spell.number], |row| row.get(0))?;
    let kept = kept.and_then(|text| serde_json::from_str(&text).ok());
    Ok(kept.unwrap_or_default())
}
