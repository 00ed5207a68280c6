//! A call whose caller has shown who they are: its parameters, what of the world is the caller's, and CloudStack's calls
//! behind it. Numbers stand for ids: a thing's is the one that the state keeps it under.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::catalogue::Action;
use super::given::{Given, missing, wrong};
use super::words::{Fault, PARAMETER};
use crate::api::{self, Caller};
use crate::auth::Params;
use crate::clock;
use crate::manner::desk::Desk;
use crate::store::{self, Thing};

pub type Done<T> = Result<T, Fault>;

/// The one region.
pub const REGION: &str = "KR";
/// How long what has no job of its own is not yet in its place, in milliseconds.
const SETTLES: i64 = 300;

pub struct Ask<'a> {
    pub desk: &'a Desk<'a>,
    pub caller: Caller,
    pub action: &'static Action,
    pub given: Given,
    /// What goes on with each thing, by its uuid.
    pending: OnceCell<HashMap<String, Pending>>,
    notes: OnceCell<HashMap<String, Thing>>,
    others: RefCell<HashMap<String, Option<Rc<Thing>>>>,
}

/// A job that has not ended: its API, and when it began, in milliseconds since 1970.
pub struct Pending {
    pub api: String,
    pub begun: i64,
}

impl<'a> Ask<'a> {
    pub fn new(
        desk: &'a Desk<'a>,
        caller: Caller,
        action: &'static Action,
        given: Given,
    ) -> Ask<'a> {
        Ask {
            desk,
            caller,
            action,
            given,
            pending: OnceCell::new(),
            notes: OnceCell::new(),
            others: RefCell::default(),
        }
    }

    /// Whose things are meant: the caller's account, by its internal id.
    pub fn whose(&self) -> i64 {
        self.caller.account.id
    }

    pub fn look<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Done<T> {
        Ok(self.desk.look(work)?)
    }

    /// Makes one of CloudStack's calls, and forgets what was known before.
    pub fn call(&mut self, command: &str, params: &[(&str, &str)]) -> Done<Value> {
        let params: Params = params
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        let done = self
            .desk
            .call(&self.caller, self.action.name, command, &params)?;
        self.forget();
        Ok(done)
    }

    /// What is looked up next is looked up anew.
    fn forget(&mut self) {
        self.pending.take();
        self.notes.take();
        self.others.borrow_mut().clear();
    }

    /// The caller's things of a kind, in the order in which they were made.
    pub fn own(&self, kind: &str) -> Done<Vec<Thing>> {
        let account = self.whose();
        let mut things = self.look(|db| store::of_account(db, kind, account))?;
        things.sort_by_key(|thing| thing.id);
        Ok(things)
    }

    /// The caller's thing of a kind that has that number.
    pub fn numbered(&self, kind: &str, name: &str, number: &str) -> Done<Thing> {
        let found = match number.parse() {
            Ok(id) => self.look(|db| store::by_id(db, kind, id))?,
            Err(_) => None,
        };
        let own = found.filter(|thing| thing.account == self.whose());
        own.ok_or_else(|| not_found(kind, name, number))
    }

    /// The caller's thing whose number a parameter gives.
    pub fn thing(&self, name: &str, kind: &str) -> Done<Thing> {
        self.numbered(kind, name, self.given.required(name)?)
    }

    /// The same where the parameter may be left out.
    pub fn maybe(&self, name: &str, kind: &str) -> Done<Option<Thing>> {
        let number = self.given.text(name);
        number
            .map(|number| self.numbered(kind, name, number))
            .transpose()
    }

    /// The caller's things whose numbers a list gives.
    pub fn things(&self, name: &str, kind: &str) -> Done<Vec<Thing>> {
        let numbers = self.given.list(name);
        if numbers.is_empty() {
            return Err(missing(name));
        }
        let things = numbers.into_iter();
        things
            .map(|number| self.numbered(kind, name, number))
            .collect()
    }

    /// Another thing that one refers to, whoever has it.
    pub fn other(&self, kind: &str, uuid: &str) -> Done<Option<Rc<Thing>>> {
        if let Some(known) = self.others.borrow().get(uuid) {
            return Ok(known.clone());
        }
        let found = self.look(|db| store::by_uuid(db, kind, uuid))?.map(Rc::new);
        let mut others = self.others.borrow_mut();
        others.insert(uuid.into(), found.clone());
        Ok(found)
    }

    /// The number of another thing; empty where it is not there.
    pub fn number_of(&self, kind: &str, uuid: &str) -> Done<String> {
        if uuid.is_empty() {
            return Ok(String::new());
        }
        let other = self.other(kind, uuid)?;
        Ok(other.map_or_else(String::new, |other| other.id.to_string()))
    }

    /// The job that a thing is the subject of.
    pub fn pending(&self, uuid: &str) -> Done<Option<&Pending>> {
        if self.pending.get().is_none() {
            let jobs = self.look(|db| store::due_jobs(db, i64::MAX))?;
            let jobs = jobs.into_iter().map(|job| {
                let thing = job.params["thing"].as_str().unwrap_or_default();
                let pending = Pending {
                    api: job.api,
                    begun: job.begun,
                };
                (thing.to_string(), pending)
            });
            // Nobody else can have set it meanwhile.
            let _ = self.pending.set(jobs.collect());
        }
        Ok(self.pending.get().and_then(|pending| pending.get(uuid)))
    }

    /// What is kept of a thing besides what CloudStack knows of it.
    pub fn note(&self, uuid: &str) -> Done<Option<&Thing>> {
        if self.notes.get().is_none() {
            let notes = self.own("note")?.into_iter();
            let _ = self
                .notes
                .set(notes.map(|note| (note.parent.clone(), note)).collect());
        }
        Ok(self.notes.get().and_then(|notes| notes.get(uuid)))
    }

    /// A field of such a note; null where there is none.
    pub fn noted(&self, uuid: &str, field: &str) -> Done<Value> {
        let note = self.note(uuid)?;
        let value = note.and_then(|note| note.body.get(field));
        Ok(value.cloned().unwrap_or_default())
    }

    /// Keeps something of a thing besides what CloudStack knows of it.
    pub fn keep(&mut self, uuid: &str, fields: Value) -> Done<()> {
        let known = self.note(uuid)?.cloned();
        let mut note = match known {
            Some(note) => note,
            None => self.make("note", uuid, json!({}))?,
        };
        if let Value::Object(fields) = fields {
            note.body.extend(fields);
        }
        self.update(&note)
    }

    /// Keeps a thing of the caller's that CloudStack does not know.
    pub fn make(&mut self, kind: &str, parent: &str, body: Value) -> Done<Thing> {
        let Value::Object(body) = body else {
            return Err(Fault::service(PARAMETER, "a thing has no fields"));
        };
        let name = body.get("name").and_then(Value::as_str);
        let mut thing = Thing {
            id: 0,
            uuid: uuid::Uuid::new_v4().to_string(),
            kind: kind.into(),
            number: 0,
            name: name.unwrap_or_default().into(),
            account: self.whose(),
            domain: self.caller.account.domain,
            parent: parent.into(),
            state: String::new(),
            body,
        };
        let now = clock::now();
        thing.body.insert("ready".into(), json!(now + SETTLES));
        let date = clock::date(self.look(|db| Ok(api::cloud_time(db)))??);
        thing.body.insert("created".into(), json!(date));
        self.look(|db| {
            let transaction = db.unchecked_transaction()?;
            store::insert(&transaction, &mut thing)?;
            transaction.commit()
        })?;
        self.forget();
        Ok(thing)
    }

    pub fn update(&mut self, thing: &Thing) -> Done<()> {
        self.look(|db| store::update(db, thing))?;
        self.forget();
        Ok(())
    }

    pub fn remove(&mut self, thing: &Thing) -> Done<()> {
        self.look(|db| store::remove(db, thing))?;
        self.forget();
        Ok(())
    }

    /// The zone that a code names, or the first one.
    pub fn zone(&self, name: &str) -> Done<Thing> {
        let zones = self.look(|db| store::of_kind(db, "zone"))?;
        let found = match self.given.text(name) {
            Some(code) => zones.into_iter().find(|zone| zone_code(zone) == code),
            None => zones.into_iter().next(),
        };
        found.ok_or_else(|| wrong(name, self.given.text(name).unwrap_or_default()))
    }

    /// The code of a thing's zone.
    pub fn zone_of(&self, thing: &Thing) -> Done<String> {
        let zone = self.other("zone", thing.text("zoneid"))?;
        Ok(zone.map_or_else(String::new, |zone| zone_code(&zone)))
    }
}

fn not_found(kind: &str, name: &str, number: &str) -> Fault {
    let code = match kind {
        "securitygroup" => "1007000",
        _ => PARAMETER,
    };
    Fault::service(
        code,
        format!("Not found. location : {name}, value : {number}"),
    )
}

/// A zone's code.
pub fn zone_code(zone: &Thing) -> String {
    format!("{REGION}-{}", zone.number)
}

/// Whether a thing of the caller's own kind is still on its way into its place.
pub fn settling(thing: &Thing) -> bool {
    clock::now() < thing.whole("ready")
}

/// A moment in answers, as in 2026-11-22T10:16:46+0900.
pub fn date(text: &str) -> String {
    let Some(second) = clock::moment(text) else {
        return String::new();
    };
    let there = clock::date((second + 9 * 3600) * 1000);
    there.replace("+0000", "+0900")
}
