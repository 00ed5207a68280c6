//! The world in an SQLite file: things of all kinds in one table, jobs and events in their own. Every server that has
//! the file open sees the same; nothing is kept in memory.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use serde_json::{Map, Value, json};

use crate::{Error, meter};

/// Changes when tables or seed do; a file of an older version is started over.
const SCHEMA: i64 = 13;
const PATIENCE: Duration = Duration::from_secs(10);

const TABLES: &str = "
    CREATE TABLE thing (
        id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
        number INTEGER NOT NULL, name TEXT NOT NULL, account INTEGER NOT NULL, domain INTEGER NOT NULL, parent TEXT NOT NULL, state TEXT NOT NULL,
        body TEXT NOT NULL);
    CREATE INDEX thing_kind ON thing (kind, name);
    CREATE INDEX thing_parent ON thing (parent);
    CREATE INDEX thing_account ON thing (account, kind);
    CREATE UNIQUE INDEX thing_number ON thing (kind, number);
    CREATE INDEX thing_outline ON thing (kind, id, number, name, account, domain);
    CREATE INDEX thing_load ON thing (
        body ->> 'hostid', body ->> 'memory', body ->> 'cpunumber', body ->> 'cpuspeed')
        WHERE kind = 'machine' AND state = 'Running';
    CREATE INDEX thing_wired ON thing (id) WHERE kind = 'machine'
        AND (json_array_length(body, '$.nic') > 1 OR body ->> '$.nic[0].networkid' IS NOT parent);
    CREATE TABLE counter (kind TEXT PRIMARY KEY, last INTEGER NOT NULL);
    CREATE TABLE job (
        id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, account INTEGER NOT NULL, api TEXT NOT NULL,
        begun INTEGER NOT NULL, ends INTEGER NOT NULL, settled INTEGER NOT NULL, params TEXT NOT NULL, body TEXT NOT NULL);
    CREATE INDEX job_settled ON job (settled, ends);
    CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL, body TEXT NOT NULL);
    CREATE TABLE spell (
        id INTEGER PRIMARY KEY AUTOINCREMENT, usage INTEGER NOT NULL, thing INTEGER NOT NULL, uuid TEXT NOT NULL,
        account INTEGER NOT NULL, begun INTEGER NOT NULL, ended INTEGER, facts TEXT);
    CREATE INDEX spell_thing ON spell (thing, usage);
    CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE password (user INTEGER PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL);
    CREATE TABLE session (id TEXT PRIMARY KEY, key TEXT NOT NULL, user INTEGER NOT NULL, used INTEGER NOT NULL);
    CREATE TABLE fault (
        id INTEGER PRIMARY KEY AUTOINCREMENT, api TEXT NOT NULL, kind TEXT NOT NULL, number INTEGER NOT NULL, said TEXT NOT NULL,
        remaining INTEGER, chance REAL);
    CREATE TRIGGER user_gone AFTER DELETE ON thing WHEN old.kind = 'user' BEGIN
        DELETE FROM password WHERE user = old.id;
        DELETE FROM session WHERE user = old.id;
    END;
";

const TABLE_NAMES: &[&str] = &[
    "thing", "counter", "job", "event", "spell", "setting", "password", "session", "fault",
];

/// A thing of the cloud: a zone, a machine, an account.
#[derive(Clone, Debug)]
pub struct Thing {
    pub id: i64,
    pub uuid: String,
    pub kind: String,
    /// Its number among its kind, which may be given in place of the uuid.
    pub number: i64,
    pub name: String,
    /// Internal ids of the account and domain it belongs to; 0 for what belongs to the cloud.
    pub account: i64,
    pub domain: i64,
    /// The uuid of what it goes with: a volume's machine, a pod's zone.
    pub parent: String,
    pub state: String,
    /// Its fields in the order of answers.
    pub body: Map<String, Value>,
}

/// Opens the file, making and seeding it where it is absent or of another version.
pub fn open(path: &Path) -> Result<Connection, Error> {
    let failed = |why: rusqlite::Error| {
        Error::new(format!(
            "the built-in cloud's state {} could not be opened: {why}; if it is damaged, delete it",
            path.display()
        ))
    };
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed)?;
    connection
        .pragma_update(None, "synchronous", "NORMAL")
        .map_err(failed)?;
    if version > SCHEMA {
        return Err(Error::new(format!(
            "the built-in cloud's state {} was made by a newer version of this program, which alone can read it; delete it to start over",
            path.display()
        )));
    }
    if version != SCHEMA {
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .map_err(failed)?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        // Another process may have done it while this one waited.
        let version: i64 = transaction
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(failed)?;
        if version != SCHEMA {
            rebuild(&transaction).map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
    }
    Ok(connection)
}

/// Fills empty tables; the keys are the administrator's, if there were some before.
pub type Seed = fn(&Connection, Option<(String, String)>) -> rusqlite::Result<()>;

/// Starts the world of an older version over; who knows its administrator's keys can go on with them.
fn rebuild(transaction: &Transaction) -> rusqlite::Result<()> {
    let keys = admin_keys(transaction).ok().flatten();
    for table in TABLE_NAMES {
        transaction.execute_batch(&format!("DROP TABLE IF EXISTS {table}"))?;
    }
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "user_version", SCHEMA)?;
    crate::seed::seed(transaction, keys)
}

/// Starts the world over, by what fills the empty tables; the administrator keeps the keys.
pub fn reset(connection: &mut Connection, seed: Seed) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let keys = admin_keys(&transaction)?;
    for table in TABLE_NAMES.iter().chain(&["sqlite_sequence"]) {
        transaction.execute_batch(&format!("DELETE FROM {table}"))?;
    }
    seed(&transaction, keys)?;
    transaction.commit()
}

/// The API key and secret of the cloud's administrator.
pub fn admin_keys(connection: &Connection) -> rusqlite::Result<Option<(String, String)>> {
    // The first user is the cloud's own, and has none.
    let Some(admin) = by_number(connection, "user", 2)? else {
        return Ok(None);
    };
    let key = |name: &str| admin.body.get(name)?.as_str().map(String::from);
    Ok(key("apikey").zip(key("secretkey")))
}

fn thing(row: &Row) -> rusqlite::Result<Thing> {
    let body: String = row.get("body")?;
    Ok(Thing {
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        kind: row.get("kind")?,
        number: row.get("number")?,
        name: row.get("name")?,
        account: row.get("account")?,
        domain: row.get("domain")?,
        parent: row.get("parent")?,
        state: row.get("state")?,
        body: serde_json::from_str(&body).unwrap_or_default(),
    })
}

/// All things of a kind, in the order in which they were made.
pub fn of_kind(connection: &Connection, kind: &str) -> rusqlite::Result<Vec<Thing>> {
    connection
        .prepare_cached("SELECT * FROM thing WHERE kind = ? ORDER BY id")?
        .query_map([kind], thing)?
        .collect()
}

/// The things of a kind that go with another.
pub fn children(connection: &Connection, kind: &str, parent: &str) -> rusqlite::Result<Vec<Thing>> {
    connection
        .prepare_cached("SELECT * FROM thing WHERE parent = ? AND kind = ? ORDER BY id")?
        .query_map([parent, kind], thing)?
        .collect()
}

/// The things of a kind that belong to an account.
pub fn of_account(
    connection: &Connection,
    kind: &str,
    account: i64,
) -> rusqlite::Result<Vec<Thing>> {
    connection
        .prepare_cached("SELECT * FROM thing WHERE account = ? AND kind = ? ORDER BY id")?
        .query_map(params![account, kind], thing)?
        .collect()
}

/// How many those are.
pub fn count_of_account(
    connection: &Connection,
    kind: &str,
    account: i64,
) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT count(*) FROM thing WHERE account = ? AND kind = ?")?
        .query_row(params![account, kind], |row| row.get(0))
}

/// How many things of a kind belong to a domain's accounts.
pub fn count_of_domain(connection: &Connection, kind: &str, domain: i64) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT count(*) FROM thing WHERE kind = ? AND domain = ?")?
        .query_row(params![kind, domain], |row| row.get(0))
}

/// The things of a kind whose fields have that text somewhere: an id that others refer to.
pub fn mentioning(connection: &Connection, kind: &str, text: &str) -> rusqlite::Result<Vec<Thing>> {
    connection
        .prepare_cached("SELECT * FROM thing WHERE kind = ? AND instr(body, ?) > 0 ORDER BY id")?
        .query_map([kind, text], thing)?
        .collect()
}

/// The machines that are in other networks than the one they go with, and whose fields have that text somewhere.
pub fn wired_machines(connection: &Connection, text: &str) -> rusqlite::Result<Vec<Thing>> {
    connection
        .prepare_cached(
            "SELECT * FROM thing INDEXED BY thing_wired WHERE kind = 'machine'
             AND (json_array_length(body, '$.nic') > 1 OR body ->> '$.nic[0].networkid' IS NOT parent)
             AND instr(body, ?) > 0 ORDER BY id",
        )?
        .query_map([text], thing)?
        .collect()
}

/// How many things of a kind are in a state.
pub fn in_state(connection: &Connection, kind: &str, state: &str) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT count(*) FROM thing WHERE kind = ? AND state = ?")?
        .query_row([kind, state], |row| row.get(0))
}

/// How many of those an account or project has.
pub fn in_state_of_account(
    connection: &Connection,
    kind: &str,
    state: &str,
    account: i64,
) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT count(*) FROM thing WHERE account = ? AND kind = ? AND state = ?")?
        .query_row(params![account, kind, state], |row| row.get(0))
}

/// The sum of a field over what an account or project has of a kind.
pub fn sum_of_account(
    connection: &Connection,
    kind: &str,
    field: &str,
    account: i64,
) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "SELECT coalesce(sum(body ->> ?2), 0) FROM thing WHERE account = ?3 AND kind = ?1",
        )?
        .query_row(params![kind, field, account], |row| row.get(0))
}

/// The sum of a field over the things of a kind.
pub fn total(connection: &Connection, kind: &str, field: &str) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT coalesce(sum(body ->> ?2), 0) FROM thing WHERE kind = ?1")?
        .query_row([kind, field], |row| row.get(0))
}

/// What the machines that run on a host take of it: memory in MB, speed in MHz, processors.
#[derive(Default, Clone, Copy)]
pub struct Load {
    pub memory: i64,
    pub speed: i64,
    pub cores: i64,
    pub machines: i64,
}

/// The load of every host that has one, by its uuid.
pub fn load(connection: &Connection) -> rusqlite::Result<HashMap<String, Load>> {
    connection
        .prepare_cached(
            "SELECT body ->> 'hostid', coalesce(sum(body ->> 'memory'), 0),
                coalesce(sum((body ->> 'cpunumber') * (body ->> 'cpuspeed')), 0), coalesce(sum(body ->> 'cpunumber'), 0),
                count(*)
             FROM thing INDEXED BY thing_load
             WHERE kind = 'machine' AND state = 'Running' AND body ->> 'hostid' IS NOT NULL GROUP BY 1",
        )?
        .query_map([], |row| {
            let load = Load {
                memory: row.get(1)?,
                speed: row.get(2)?,
                cores: row.get(3)?,
                machines: row.get(4)?,
            };
            Ok((row.get(0)?, load))
        })?
        .collect()
}

/// Removes all that belongs to an account or project, but for itself.
pub fn remove_all_of(connection: &Connection, account: i64) -> rusqlite::Result<()> {
    let things: Vec<Thing> = connection
        .prepare_cached("SELECT * FROM thing WHERE account = ?1 AND id != ?1")?
        .query_map([account], thing)?
        .collect::<rusqlite::Result<_>>()?;
    things
        .iter()
        .try_for_each(|thing| remove(connection, thing))
}

/// The things of a kind that have that name.
pub fn named(connection: &Connection, kind: &str, name: &str) -> rusqlite::Result<Vec<Thing>> {
    connection
        .prepare_cached("SELECT * FROM thing WHERE kind = ? AND name = ? ORDER BY id")?
        .query_map([kind, name], thing)?
        .collect()
}

pub fn by_uuid(connection: &Connection, kind: &str, uuid: &str) -> rusqlite::Result<Option<Thing>> {
    connection
        .prepare_cached("SELECT * FROM thing WHERE uuid = ? AND kind = ?")?
        .query_row([uuid, kind], thing)
        .optional()
}

pub fn by_id(connection: &Connection, kind: &str, id: i64) -> rusqlite::Result<Option<Thing>> {
    connection
        .prepare_cached("SELECT * FROM thing WHERE id = ? AND kind = ?")?
        .query_row(params![id, kind], thing)
        .optional()
}

pub fn by_number(
    connection: &Connection,
    kind: &str,
    number: i64,
) -> rusqlite::Result<Option<Thing>> {
    connection
        .prepare_cached("SELECT * FROM thing WHERE number = ? AND kind = ?")?
        .query_row(params![number, kind], thing)
        .optional()
}

/// The number that the youngest thing of a kind has or had; 0 where there was none.
pub fn last_number(connection: &Connection, kind: &str) -> rusqlite::Result<i64> {
    let last = connection
        .prepare_cached("SELECT last FROM counter WHERE kind = ?")?
        .query_row([kind], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(0))
}

/// The internal id of whatever has that uuid.
pub fn id_of(connection: &Connection, uuid: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM thing WHERE uuid = ?")?
        .query_row([uuid], |row| row.get(0))
        .optional()
}

pub fn taken(connection: &Connection, uuid: &str) -> rusqlite::Result<bool> {
    connection
        .query_row("SELECT 1 FROM thing WHERE uuid = ?", [uuid], |_| Ok(()))
        .optional()
        .map(|found| found.is_some())
}

/// Adds a thing and gives it its internal id and its number.
pub fn insert(connection: &Connection, thing: &mut Thing) -> rusqlite::Result<()> {
    thing.number = connection
        .prepare_cached(
            "INSERT INTO counter (kind, last) VALUES (?1, 1) ON CONFLICT (kind) DO UPDATE SET last = last + 1
             RETURNING last",
        )?
        .query_row([&thing.kind], |row| row.get(0))?;
    connection
        .prepare_cached(
            "INSERT INTO thing (uuid, kind, number, name, account, domain, parent, state, body)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            thing.uuid,
            thing.kind,
            thing.number,
            thing.name,
            thing.account,
            thing.domain,
            thing.parent,
            thing.state,
            text(&thing.body)?
        ])?;
    thing.id = connection.last_insert_rowid();
    meter::made(connection, thing)
}

pub fn update(connection: &Connection, thing: &Thing) -> rusqlite::Result<()> {
    meter::changed(connection, thing)?;
    connection
        .prepare_cached(
            "UPDATE thing SET name = ?, account = ?, domain = ?, parent = ?, state = ?, body = ? WHERE id = ?",
        )?
        .execute(params![
            thing.name,
            thing.account,
            thing.domain,
            thing.parent,
            thing.state,
            text(&thing.body)?,
            thing.id
        ])?;
    Ok(())
}

fn text(body: &Map<String, Value>) -> rusqlite::Result<String> {
    serde_json::to_string(body).map_err(|why| rusqlite::Error::ToSqlConversionFailure(why.into()))
}

/// Removes a thing with its tags and whatever else is only part of it.
pub fn remove(connection: &Connection, thing: &Thing) -> rusqlite::Result<()> {
    meter::gone(connection, thing)?;
    connection
        .prepare_cached("DELETE FROM thing WHERE id = ?1 OR (parent = ?2 AND kind IN ('tag', 'permission', 'copy', 'balanced', 'stickiness', 'policy', 'userdata', 'note', 'interface', 'home', 'errand'))")?
        .execute(params![thing.id, thing.uuid])?;
    Ok(())
}

/// A setting of the cloud that somebody changed.
pub fn setting(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    connection
        .query_row("SELECT value FROM setting WHERE name = ?", [name], |row| {
            row.get(0)
        })
        .optional()
}

/// The settings whose names begin so, without that beginning, each with its value.
pub fn settings(connection: &Connection, prefix: &str) -> rusqlite::Result<Vec<(String, String)>> {
    connection
        .prepare_cached("SELECT substr(name, length(?1) + 1), value FROM setting WHERE substr(name, 1, length(?1)) = ?1")?
        .query_map([prefix], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

pub fn change_setting(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
        [name, value],
    )?;
    Ok(())
}

/// A job that runs or has ended.
pub struct Job {
    /// Its number among the jobs; 0 until it is kept.
    pub number: i64,
    pub uuid: String,
    pub api: String,
    pub account: i64,
    /// When it began by the cloud's clock, in milliseconds since 1970.
    pub begun: i64,
    pub params: Value,
    /// The record that queryAsyncJobResult answers.
    pub body: Map<String, Value>,
}

fn job(row: &Row) -> rusqlite::Result<Job> {
    let (params, body): (String, String) = (row.get("params")?, row.get("body")?);
    Ok(Job {
        number: row.get("id")?,
        begun: row.get("begun")?,
        uuid: row.get("uuid")?,
        api: row.get("api")?,
        account: row.get("account")?,
        params: serde_json::from_str(&params).unwrap_or_default(),
        body: serde_json::from_str(&body).unwrap_or_default(),
    })
}

/// Keeps a job that ends at `ends`, in true milliseconds since 1970.
pub fn start_job(connection: &Connection, job: &Job, ends: i64) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO job (uuid, account, api, begun, ends, settled, params, body) VALUES (?, ?, ?, ?, ?, 0, ?, ?)",
        params![
            job.uuid,
            job.account,
            job.api,
            job.begun,
            ends,
            job.params.to_string(),
            Value::Object(job.body.clone()).to_string()
        ],
    )?;
    Ok(())
}

/// The jobs whose time has come and that nobody has settled.
pub fn due_jobs(connection: &Connection, now: i64) -> rusqlite::Result<Vec<Job>> {
    connection
        .prepare_cached("SELECT * FROM job WHERE settled = 0 AND ends <= ? ORDER BY ends, id")?
        .query_map([now], job)?
        .collect()
}

pub fn settle_job(connection: &Connection, job: &Job) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE job SET settled = 1, body = ? WHERE uuid = ?",
        params![Value::Object(job.body.clone()).to_string(), job.uuid],
    )?;
    Ok(())
}

pub fn find_job(connection: &Connection, uuid: &str) -> rusqlite::Result<Option<Job>> {
    connection
        .query_row("SELECT * FROM job WHERE uuid = ?", [uuid], job)
        .optional()
}

/// What the jobs of an API that have not ended work on.
pub fn worked_on(connection: &Connection, api: &str) -> rusqlite::Result<HashSet<String>> {
    connection
        .prepare_cached("SELECT params ->> 'thing' FROM job WHERE settled = 0 AND api = ?")?
        .query_map([api], |row| row.get(0))?
        .collect()
}

/// The jobs that began at that time or later, in milliseconds since 1970, in the order in which they did.
pub fn jobs_since(connection: &Connection, begun: i64) -> rusqlite::Result<Vec<Job>> {
    connection
        .prepare_cached("SELECT * FROM job WHERE begun >= ? ORDER BY id")?
        .query_map([begun], job)?
        .collect()
}

pub fn add_event(connection: &Connection, account: i64, body: &Value) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO event (account, body) VALUES (?, ?)",
        params![account, body.to_string()],
    )?;
    Ok(())
}

/// Marks the events of these ids as put away.
pub fn archive_events(connection: &Connection, ids: &[String]) -> rusqlite::Result<()> {
    let ids = serde_json::json!(ids).to_string();
    connection.execute(
        "UPDATE event SET body = json_set(body, '$.archived', json('true'))
         WHERE body ->> 'id' IN (SELECT value FROM json_each(?))",
        [ids],
    )?;
    Ok(())
}

/// Removes the events of these ids.
pub fn remove_events(connection: &Connection, ids: &[String]) -> rusqlite::Result<()> {
    let ids = serde_json::json!(ids).to_string();
    connection.execute(
        "DELETE FROM event WHERE body ->> 'id' IN (SELECT value FROM json_each(?))",
        [ids],
    )?;
    Ok(())
}

/// The events, newest first, each with the account that it belongs to.
pub fn events(connection: &Connection) -> rusqlite::Result<Vec<(i64, Value)>> {
    connection
        .prepare("SELECT account, body FROM event ORDER BY id DESC")?
        .query_map([], |row| {
            let body: String = row.get(1)?;
            Ok((
                row.get(0)?,
                serde_json::from_str(&body).unwrap_or(json!({})),
            ))
        })?
        .collect()
}
