//! What handlers of every family do with things: whose a new one is, made, found, changed, shown at a job's end, removed.

use serde_json::{Map, Value, json};

use super::infrastructure::Made;
use super::listing::view;
use super::{Call, Done, Reply, in_job, listing, projects};
use crate::store::{self, Thing};
use crate::wire::Refusal;

/// Whose a new thing is: an account's or a project's.
pub struct Owner {
    /// The internal id that its things carry.
    pub id: i64,
    /// The account's number, or the project's.
    pub number: i64,
    pub name: String,
    pub uuid: String,
    pub domain: Thing,
    pub project: bool,
}

impl Owner {
    /// The fields of a thing, with whose it is between those that come before and those after.
    pub fn body(&self, before: Value, after: Value) -> Value {
        let mut body = Map::new();
        let mut add = |fields: Value| {
            if let Value::Object(fields) = fields {
                body.extend(fields);
            }
        };
        add(before);
        if self.project {
            add(json!({"projectid": self.uuid, "project": self.name}));
        } else {
            add(json!({"account": self.name}));
        }
        add(json!({"domainid": self.domain.uuid, "domain": self.domain.name}));
        add(after);
        Value::Object(body)
    }
}

impl Thing {
    /// A field that is a text; empty where there is none.
    pub fn text(&self, field: &str) -> &str {
        self.body
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub fn is(&self, field: &str) -> bool {
        self.body.get(field) == Some(&json!(true))
    }

    pub fn whole(&self, field: &str) -> i64 {
        self.body.get(field).and_then(Value::as_i64).unwrap_or(0)
    }

    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.body.insert(field.into(), value.into());
    }

    pub fn unset(&mut self, fields: &[&str]) {
        for field in fields {
            self.body.shift_remove(*field);
        }
    }
}

impl Call<'_> {
    /// Whose the new thing of this call is, by `projectid`, by `account` and `domainid`, or the caller's.
    pub fn owner(&self) -> Done<Owner> {
        if let Some(project) = self.thing("projectid", "project")? {
            projects::may_work_in(self, &project)?;
            return self.owner_of(&project);
        }
        let caller = &self.caller.account;
        let Some(name) = self.text("account") else {
            return self.owner_of(caller);
        };
        let domain = match self.thing("domainid", "domain")? {
            Some(domain) => domain,
            None => self.domain_of(caller)?,
        };
        let account = store::named(self.db, "account", name)?
            .into_iter()
            .find(|account| account.domain == domain.id)
            .ok_or_else(|| {
                Refusal::value(format!(
                    "Unable to find account {name} in domain {}",
                    domain.number
                ))
            })?;
        self.may_use(&account)?;
        self.owner_of(&account)
    }

    /// An account or a project as the owner of things.
    pub fn owner_of(&self, holder: &Thing) -> Done<Owner> {
        Ok(Owner {
            id: holder.id,
            number: holder.number,
            name: holder.name.clone(),
            uuid: holder.uuid.clone(),
            domain: self.domain_of(holder)?,
            project: holder.kind == "project",
        })
    }

    /// Whose another thing is, for what comes of it.
    pub fn owner_like(&self, thing: &Thing) -> Done<Owner> {
        let holder = match store::by_id(self.db, "account", thing.account)? {
            Some(account) => Some(account),
            None => store::by_id(self.db, "project", thing.account)?,
        };
        self.owner_of(holder.as_ref().unwrap_or(&self.caller.account))
    }

    fn domain_of(&self, holder: &Thing) -> Done<Thing> {
        store::by_id(self.db, "domain", holder.domain)?
            .ok_or_else(|| Refusal::internal(format!("the domain of {} is gone", holder.name)))
    }

    /// Keeps a new thing of an owner.
    pub fn make(
        &self,
        owner: &Owner,
        (kind, name, state, parent): (&str, &str, &str, &str),
        body: Value,
    ) -> Done<Thing> {
        let made = Made {
            kind,
            name,
            state,
            parent,
            account: owner.id,
            domain: owner.domain.id,
            uuid: None,
        };
        self.create(made, body)
    }

    /// Keeps a new thing of the cloud's own.
    pub fn make_common(
        &self,
        (kind, name, state, parent): (&str, &str, &str, &str),
        body: Value,
    ) -> Done<Thing> {
        let made = Made {
            kind,
            name,
            state,
            parent,
            ..Made::default()
        };
        self.create(made, body)
    }

    /// Takes the fields that were given over from the parameters of the same names.
    pub fn take_over(&self, thing: &mut Thing, texts: &[&str], booleans: &[&str]) {
        for field in texts {
            if let Some(text) = self.text(field) {
                thing.set(field, text);
            }
        }
        for field in booleans {
            if let Some(value) = self.boolean(field) {
                thing.set(field, value);
            }
        }
        if texts.contains(&"name")
            && let Some(name) = self.text("name")
        {
            thing.name = name.into();
        }
    }

    /// The thing that a job works on.
    pub fn subject(&self, kind: &str) -> Done<Thing> {
        store::by_uuid(self.db, kind, &self.subject)?.ok_or_else(|| {
            Refusal::param(format!("Unable to find a {kind} with id {}", self.subject))
        })
    }

    /// What a parameter's list names, by commas.
    pub fn listed(&self, name: &str) -> Vec<&str> {
        self.text(name)
            .map_or(Vec::new(), |text| text.split(',').map(str::trim).collect())
    }

    /// The things that a list of ids names, each of which the caller may use.
    pub fn things(&self, name: &str, kind: &str) -> Done<Vec<Thing>> {
        let mut things = Vec::new();
        for given in self.listed(name) {
            let thing = self.find(name, kind, given)?;
            self.may_use(&thing)?;
            things.push(thing);
        }
        Ok(things)
    }

    pub fn shown(&self, name: &'static str, thing: &Thing) -> Done<Reply> {
        Ok(Reply::One(name, view(self.db, thing)?))
    }

    /// Begins the job that removes something of the caller's.
    pub fn begin_on(&self, param: &str, kind: &str) -> Done<Reply> {
        Ok(begun(&self.own_thing(param, kind)?))
    }

    /// Begins the job that works on something of the cloud's own.
    pub fn begin_on_common(&self, param: &str, kind: &str) -> Done<Reply> {
        Ok(begun(&self.required_thing(param, kind)?))
    }

    /// The end of a job: the thing that it made or changed.
    pub fn end_shown(&self, kind: &str, name: &str) -> Done<Value> {
        let thing = self.subject(kind)?;
        Ok(in_job(name, view(self.db, &thing)?))
    }

    /// The end of a job that left a thing in a state.
    pub fn end_in(&self, kind: &str, name: &str, state: &str) -> Done<Value> {
        let mut thing = self.subject(kind)?;
        thing.state = state.into();
        store::update(self.db, &thing)?;
        Ok(in_job(name, view(self.db, &thing)?))
    }

    /// The end of a job that removes a thing.
    pub fn end_removed(&self, kind: &str) -> Done<Value> {
        store::remove(self.db, &self.subject(kind)?)?;
        Ok(json!({"success": true}))
    }

    /// Refuses what is the cloud's own to everybody but root administrators.
    pub fn may_change(&self, thing: &Thing) -> Done<()> {
        if thing.account == 0 && !self.caller.root() {
            let account = &self.caller.account;
            return Err(Refusal::new(
                531,
                4365,
                format!(
                    "Acct[{}-{}] does not have permission to operate with resource {}",
                    account.uuid, account.name, thing.uuid
                ),
            ));
        }
        self.may_use(thing)
    }

    /// Refuses a domain that the caller's does not reach.
    pub fn may_enter(&self, domain: &Thing) -> Done<()> {
        if self.within(domain.id)? {
            return Ok(());
        }
        let account = &self.caller.account;
        Err(Refusal::new(
            531,
            4365,
            format!(
                "Acct[{}-{}] does not have permission to operate within domain id={}",
                account.uuid, account.name, domain.uuid
            ),
        ))
    }

    /// Whether a domain administrator's or user's domain reaches a thing's.
    pub fn within(&self, domain: i64) -> Done<bool> {
        Ok(self.caller.root() || listing::below(self.db, domain, self.caller.account.domain)?)
    }
}

/// A job that goes on with a thing that was there.
pub fn begun(thing: &Thing) -> Reply {
    Reply::Job {
        thing: thing.uuid.clone(),
        created: false,
    }
}

/// A job that goes on with a thing that the call made.
pub fn born(thing: &Thing) -> Reply {
    Reply::Job {
        thing: thing.uuid.clone(),
        created: true,
    }
}
