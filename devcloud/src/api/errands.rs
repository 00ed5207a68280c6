//! What the cloud does by itself when its time has come: downloads end, policies take snapshots, groups of machines keep their
//! size, destroyed machines go.

use rusqlite::{Connection, OptionalExtension, Transaction};
use serde_json::json;

use super::limits::Limits;
use super::{Api, Call, Caller, Done, all, configuration, machines, members, snapshots, templates};
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

/// A kind of errand, and what it does to the thing that it is for.
pub const DOWNLOAD: &str = "download";
pub const SNAPSHOT: &str = "snapshot";
pub const GROUP: &str = "group";
pub const EXPUNGE: &str = "expunge";

/// An errand is a thing of this kind that is part of what it is for; its name is what there is to do.
const KIND: &str = "errand";

/// Has something done for a thing at a true time, in place of what was planned for it before.
pub fn plan(db: &Connection, errand: &str, thing: &Thing, at: i64) -> Done<()> {
    cancel(db, errand, thing)?;
    let body = json!({"due": clock::date(at), "begun": clock::date(clock::now())});
    let mut planned = Thing {
        id: 0,
        number: 0,
        uuid: uuid::Uuid::new_v4().to_string(),
        kind: KIND.into(),
        name: errand.into(),
        account: thing.account,
        domain: thing.domain,
        parent: thing.uuid.clone(),
        state: thing.kind.clone(),
        body: body.as_object().cloned().unwrap_or_default(),
    };
    Ok(store::insert(db, &mut planned)?)
}

pub fn cancel(db: &Connection, errand: &str, thing: &Thing) -> Done<()> {
    for planned in store::children(db, KIND, &thing.uuid)? {
        if planned.name == errand {
            store::remove(db, &planned)?;
        }
    }
    Ok(())
}

/// How many per cent of the time have passed that an errand for a thing takes.
pub fn progress(db: &Connection, errand: &str, thing: &Thing) -> Done<Option<i64>> {
    let planned = store::children(db, KIND, &thing.uuid)?;
    let planned = planned.iter().find(|planned| planned.name == errand);
    Ok(planned.map(|planned| {
        let moment = |field: &str| clock::moment(planned.text(field)).unwrap_or(0) * 1000;
        let (begun, due) = (moment("begun"), moment("due"));
        let passed = (clock::now() - begun).max(0);
        (passed * 100 / (due - begun).max(1)).min(100)
    }))
}

/// Whether something is due at a true time.
pub fn due(db: &Connection, now: i64) -> Done<bool> {
    Ok(first(db, now)?.is_some())
}

fn first(db: &Connection, now: i64) -> Done<Option<String>> {
    let uuid = db
        .prepare_cached(
            "SELECT uuid FROM thing WHERE kind = 'errand' AND body ->> 'due' <= ? ORDER BY body ->> 'due', id LIMIT 1",
        )?
        .query_row([clock::date(now)], |row| row.get(0))
        .optional()?;
    Ok(uuid)
}

/// Does what is due. What cannot be done is left undone, as real servers do who only log it.
pub fn settle(db: &Transaction, limits: &Limits, now: i64) -> Done<()> {
    while let Some(uuid) = first(db, now)? {
        let Some(errand) = store::by_uuid(db, KIND, &uuid)? else {
            break;
        };
        store::remove(db, &errand)?;
        let Some(thing) = store::by_uuid(db, &errand.state, &errand.parent)? else {
            continue;
        };
        match errand.name.as_str() {
            SNAPSHOT => snapshots::plan(db, &thing, now + configuration::clock_offset(db)?)?,
            GROUP => members::look_again(db, &thing, now)?,
            _ => {}
        }
        db.execute_batch("SAVEPOINT errand")?;
        match run(db, limits, &errand, &thing, now) {
            Ok(()) => db.execute_batch("RELEASE errand")?,
            Err(_) => db.execute_batch("ROLLBACK TO errand; RELEASE errand")?,
        }
    }
    Ok(())
}

fn run(db: &Connection, limits: &Limits, errand: &Thing, thing: &Thing, now: i64) -> Done<()> {
    let due = clock::moment(errand.text("due")).unwrap_or(0) * 1000;
    let errands = Errands { db, limits, now };
    match errand.name.as_str() {
        DOWNLOAD => templates::downloaded(db, thing),
        SNAPSHOT => snapshots::by_policy(&errands, thing, due),
        GROUP => members::keep(&errands, thing),
        EXPUNGE if thing.state == "Destroyed" => {
            errands.call("expungeVirtualMachine", thing, &[], |call| {
                machines::expunge(call, thing)
            })
        }
        _ => Ok(()),
    }
}

/// What errands are done with.
pub struct Errands<'a> {
    pub db: &'a Connection,
    limits: &'a Limits,
    /// The true time, in milliseconds since 1970.
    pub now: i64,
}

impl Errands<'_> {
    /// Does something as the one to whom a thing belongs, as if they called that API.
    pub fn call<T>(
        &self,
        api: &str,
        thing: &Thing,
        params: &[(&str, &str)],
        work: impl FnOnce(&mut Call) -> Done<T>,
    ) -> Done<T> {
        let api: &'static Api = all()
            .find(|known| known.name == api)
            .ok_or_else(|| Refusal::internal("an errand for an API that is not there"))?;
        let params = params
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        work(&mut Call {
            db: self.db,
            limits: self.limits,
            params: &params,
            caller: self.owner(thing)?,
            api,
            now: configuration::cloud_time(self.db)?,
            host: "",
            subject: String::new(),
            by: api.name,
        })
    }

    /// Whose a thing is; what belongs to projects and to the cloud is the administrator's.
    fn owner(&self, thing: &Thing) -> Done<Caller> {
        let account = match store::by_id(self.db, "account", thing.account)? {
            Some(account) => Some(account),
            None => store::by_number(self.db, "account", 2)?,
        };
        let account = account.ok_or_else(|| Refusal::internal("there is no administrator"))?;
        let users = store::children(self.db, "user", &account.uuid)?;
        let user = users
            .first()
            .map_or(String::new(), |user| user.uuid.clone());
        Ok(Caller { account, user })
    }
}
