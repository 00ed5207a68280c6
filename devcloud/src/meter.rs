//! What is charged for: while a machine runs, while it is allocated, while a volume is there. Follows the things as they
//! change; out come the spells of time that usage records are made of.

use rusqlite::{Connection, OptionalExtension, Result, params};
use serde_json::{Map, Value, json};

use crate::clock;
use crate::store::{self, Thing};

/// The usage types of real servers that this cloud has something of.
pub const RUNNING: i64 = 1;
pub const ALLOCATED: i64 = 2;
pub const VOLUME: i64 = 6;

/// A time in which something was charged for, in true milliseconds since 1970.
pub struct Spell {
    pub number: i64,
    pub usage: i64,
    /// Internal ids of the thing and its account.
    pub thing: i64,
    pub account: i64,
    pub begun: i64,
    /// Nothing while it goes on.
    pub ended: Option<i64>,
}

/// What a thing is charged for in its state.
fn charged(kind: &str, state: &str) -> &'static [i64] {
    match (kind, state) {
        ("volume", _) => &[VOLUME],
        ("machine", "Running") => &[RUNNING, ALLOCATED],
        ("machine", "Destroyed" | "Expunging" | "Error") => &[],
        ("machine", _) => &[ALLOCATED],
        _ => &[],
    }
}

/// Begins what a new thing is charged for.
pub fn made(db: &Connection, thing: &Thing) -> Result<()> {
    begin(db, thing, charged(&thing.kind, &thing.state))
}

/// Ends what a thing is charged for no longer in its new state, and begins what it is charged for now.
pub fn changed(db: &Connection, thing: &Thing) -> Result<()> {
    if thing.kind != "machine" {
        return Ok(());
    }
    let before: Option<String> = db
        .prepare_cached("SELECT state FROM thing WHERE id = ?")?
        .query_row([thing.id], |row| row.get(0))
        .optional()?;
    let before = charged(&thing.kind, &before.unwrap_or_default());
    let after = charged(&thing.kind, &thing.state);
    let only = |these: &[i64], those: &[i64]| -> Vec<i64> {
        let only = these.iter().filter(|usage| !those.contains(usage));
        only.copied().collect()
    };
    end(db, thing, &only(before, after))?;
    begin(db, thing, &only(after, before))
}

/// Ends what a thing that goes is charged for.
pub fn gone(db: &Connection, thing: &Thing) -> Result<()> {
    end(db, thing, charged(&thing.kind, &thing.state))
}

fn begin(db: &Connection, thing: &Thing, usages: &[i64]) -> Result<()> {
    for usage in usages {
        db.prepare_cached(
            "INSERT INTO spell (usage, thing, uuid, account, begun) VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![
            usage,
            thing.id,
            thing.uuid,
            thing.account,
            clock::now()
        ])?;
    }
    Ok(())
}

/// The thing may change or go afterwards, so its spells keep what there is to tell of it.
fn end(db: &Connection, thing: &Thing, usages: &[i64]) -> Result<()> {
    for usage in usages {
        let facts = Value::Object(facts(db, thing, *usage)?).to_string();
        db.prepare_cached(
            "UPDATE spell SET ended = ?, facts = ? WHERE thing = ? AND usage = ? AND ended IS NULL",
        )?
        .execute(params![clock::now(), facts, thing.id, usage])?;
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
        "SELECT id, usage, thing, account, begun, ended FROM spell
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
                begun: row.get(4)?,
                ended: row.get(5)?,
            })
        },
    )?
    .collect()
}

/// What there is to tell of the thing of a spell, in the order of usage records.
pub fn told(db: &Connection, spell: &Spell) -> Result<Map<String, Value>> {
    let kind = if spell.usage == VOLUME {
        "volume"
    } else {
        "machine"
    };
    if spell.ended.is_none()
        && let Some(thing) = store::by_id(db, kind, spell.thing)?
    {
        return facts(db, &thing, spell.usage);
    }
    let kept: Option<String> = db
        .prepare_cached("SELECT facts FROM spell WHERE id = ?")?
        .query_row([spell.number], |row| row.get(0))?;
    let kept = kept.and_then(|text| serde_json::from_str(&text).ok());
    Ok(kept.unwrap_or_default())
}

fn facts(db: &Connection, thing: &Thing, usage: i64) -> Result<Map<String, Value>> {
    let number = |field: &str, kind: &str| -> Result<Option<i64>> {
        let Some(uuid) = thing.body.get(field).and_then(Value::as_str) else {
            return Ok(None);
        };
        Ok(store::by_uuid(db, kind, uuid)?.map(|other| other.number))
    };
    let account = store::by_id(db, "account", thing.account)?;
    let mut facts = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            facts.insert(name.into(), value);
        }
    };
    let has = |field: &str| thing.body.get(field).cloned();
    put("account", has("account"));
    put("accountid", account.map(|account| json!(account.uuid)));
    for field in ["domainid", "domain", "zoneid"] {
        put(field, has(field));
    }
    let template = number("templateid", "template")?;
    if usage == VOLUME {
        let offering = number("diskofferingid", "diskoffering")?;
        let of = match (offering, template) {
            (Some(offering), _) => format!(" (DiskOffering: {offering})"),
            (None, Some(template)) => format!(" (Template: {template})"),
            (None, None) => String::new(),
        };
        let about = format!("Volume Id: {} usage time{of}", thing.number);
        put("description", Some(json!(about)));
        put("usagetype", Some(json!(usage)));
        put("offeringid", has("diskofferingid"));
        put("templateid", has("templateid"));
        put("usageid", Some(json!(thing.uuid)));
        put("size", has("size"));
        return Ok(facts);
    }
    let offering = number("serviceofferingid", "serviceoffering")?;
    let doing = if usage == RUNNING {
        "running time"
    } else {
        "allocated"
    };
    let about = format!(
        "{} {doing} (ServiceOffering: {}) (Template: {})",
        thing.name,
        offering.unwrap_or_default(),
        template.unwrap_or_default()
    );
    put("description", Some(json!(about)));
    put("usagetype", Some(json!(usage)));
    put("virtualmachineid", Some(json!(thing.uuid)));
    put("name", Some(json!(thing.name)));
    put("offeringid", has("serviceofferingid"));
    put("templateid", has("templateid"));
    put("usageid", Some(json!(thing.uuid)));
    put("type", has("hypervisor"));
    for field in ["cpunumber", "cpuspeed", "memory"] {
        put(field, has(field));
    }
    Ok(facts)
}
