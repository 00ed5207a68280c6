//! The APIs: each declared once beside its handler; the checks that come before every handler; listApis out of the declaration.

#[macro_use]
mod declare;
#[macro_use]
pub mod fields;

mod accounts;
mod addresses;
mod alerts;
mod balancers;
mod capabilities;
mod capacity;
pub mod configuration;
mod deploying;
mod derived;
mod discovery;
mod dispatch;
mod domains;
mod errands;
mod events;
mod fill;
mod gateways;
mod groups;
pub mod infrastructure;
pub mod jobs;
mod keypairs;
mod limits;
pub mod listing;
pub mod machines;
mod members;
mod metrics;
mod networks;
mod nics;
mod offers;
mod order;
mod projects;
mod quotas;
mod regions;
mod roles;
mod routers;
mod rules;
mod scaling;
mod sessions;
mod snapshots;
mod staging;
mod storage;
mod tags;
pub mod templates;
pub mod things;
mod upkeep;
pub mod upload;
mod usage;
mod volumes;
mod vpcs;
mod vpn;
mod waking;
mod wires;
mod zones;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::auth::{Params, value};
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

pub use capabilities::of_offering as service_of_offering;
pub use configuration::{CLOCK_OFFSET, cloud_time, integration_port};
pub use dispatch::{
    Asked, Door, Request, Ways, World, answer, call_as, outcome, own_envelope, owner_of_key,
    refused, settle_due,
};
pub use fill::fill;
use limits::Limits;

/// What comes of a call, or why it is refused.
pub type Done<T> = Result<T, Refusal>;

/// Who may make a call.
#[derive(Clone, Copy, PartialEq)]
pub enum Access {
    Everyone,
    /// Whoever comes to the door, known or not.
    Entrance,
    /// Domain administrators and root administrators.
    Admins,
    Root,
}

/// What a parameter takes.
#[derive(Clone, Copy, PartialEq)]
pub enum Takes {
    Text,
    Long,
    Integer,
    Short,
    Boolean,
    List,
    Map,
    /// A date, with the time of day or without.
    Date,
    /// A moment with its offset.
    Moment,
    /// The uuid of something that is no thing of the world: a job, an event.
    Uuid,
    /// The uuid of a thing of that kind, or its number among its kind.
    Id(&'static str),
}

/// A parameter as it is declared.
#[derive(Clone, Copy)]
pub struct Param {
    name: &'static str,
    takes: Takes,
    required: bool,
    about: &'static str,
    length: usize,
}

pub const fn req(name: &'static str, takes: Takes, about: &'static str) -> Param {
    Param {
        name,
        takes,
        required: true,
        about,
        length: 255,
    }
}

pub const fn opt(name: &'static str, takes: Takes, about: &'static str) -> Param {
    Param {
        name,
        takes,
        required: false,
        about,
        length: 255,
    }
}

impl Param {
    /// The same for longer values than usual.
    pub const fn up_to(self, length: usize) -> Param {
        Param { length, ..self }
    }
}

/// An API as it is declared.
pub struct Api {
    pub name: &'static str,
    pub about: &'static str,
    pub access: Access,
    pub params: &'static [&'static [Param]],
    /// The fields of its answer.
    pub answers: &'static [fields::Field],
    pub run: fn(&mut Call) -> Done<Reply>,
    pub job: Option<Work>,
}

/// What an asynchronous API leaves for its job.
pub struct Work {
    /// The server's class name for the call.
    pub class: &'static str,
    /// What kind of thing it works on: VirtualMachine, Volume; `None` for kinds that servers have no word for, and nothing
    /// where they say none.
    pub instance: &'static str,
    pub milliseconds: i64,
    /// Does what is left to do when the job's time has come, and gives its result.
    pub end: fn(&mut Call) -> Done<Value>,
}

/// What a handler answers.
pub enum Reply {
    /// A list by name, after paging, with the count before it.
    List(&'static str, Vec<Value>, usize),
    /// A single record by name.
    One(&'static str, Value),
    /// A record without a name of its own.
    Flat(Value),
    Success,
    /// The job goes on with this thing; its id is told when the call created it.
    Job {
        thing: String,
        created: bool,
    },
}

/// The number of the account and of the user that are the cloud's own; no list shows them.
const SYSTEM: i64 = 1;

/// The account and user that make a call.
#[derive(Clone, Debug)]
pub struct Caller {
    pub account: Thing,
    pub user: String,
}

impl Caller {
    /// 0 an ordinary user, 1 a root administrator, 2 a domain administrator.
    pub fn kind(&self) -> i64 {
        self.account
            .body
            .get("accounttype")
            .and_then(Value::as_i64)
            .unwrap_or(0)
    }

    pub fn root(&self) -> bool {
        self.kind() == 1
    }
}

/// One call on its way through a handler, or a job at its end.
pub struct Call<'a> {
    pub db: &'a Connection,
    pub limits: &'a Limits,
    pub params: &'a Params,
    pub caller: Caller,
    pub api: &'static Api,
    /// What the cloud's clock shows, in milliseconds since 1970.
    pub now: i64,
    /// What the server was called by: `host:port`; nothing for a job.
    pub host: &'a str,
    /// What the handler saw and a job's end shall see again.
    pub subject: String,
    /// What the caller asked for: the API's name, or that of what stands for it in another manner.
    pub by: &'a str,
}

/// The names of all APIs.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().map(|api| api.name)
}

fn all() -> impl Iterator<Item = &'static Api> {
    [
        accounts::APIS,
        addresses::APIS,
        alerts::APIS,
        balancers::APIS,
        capacity::APIS,
        configuration::APIS,
        discovery::APIS,
        domains::APIS,
        events::APIS,
        groups::APIS,
        infrastructure::APIS,
        jobs::APIS,
        keypairs::APIS,
        limits::APIS,
        machines::APIS,
        metrics::APIS,
        networks::APIS,
        nics::APIS,
        projects::APIS,
        quotas::APIS,
        routers::APIS,
        rules::APIS,
        sessions::APIS,
        snapshots::APIS,
        storage::APIS,
        tags::APIS,
        templates::APIS,
        upkeep::APIS,
        upload::APIS,
        usage::APIS,
        volumes::APIS,
        vpcs::APIS,
        staging::APIS,
        vpn::APIS,
        gateways::APIS,
        offers::APIS,
        regions::APIS,
        roles::APIS,
        scaling::APIS,
        wires::APIS,
        zones::APIS,
    ]
    .into_iter()
    .flatten()
}

/// Changes when what is declared does.
pub fn fingerprint() -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |text: &str| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for api in all() {
        add(api.name);
        add(api.about);
        for param in api.params.iter().copied().flatten() {
            add(param.name);
            add(param.about);
            add(type_name(param.takes));
            add(if param.required { "1" } else { "0" });
        }
        api.answers.iter().for_each(|field| add(field.name));
    }
    format!("{hash:016x}")
}

fn type_name(takes: Takes) -> &'static str {
    match takes {
        Takes::Text => "string",
        Takes::Long => "long",
        Takes::Integer => "integer",
        Takes::Short => "short",
        Takes::Boolean => "boolean",
        Takes::List => "list",
        Takes::Map => "map",
        Takes::Date => "date",
        Takes::Moment => "tzdate",
        Takes::Uuid | Takes::Id(_) => "uuid",
    }
}

impl Call<'_> {
    /// A parameter that was given and is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        value(self.params, name).filter(|text| !text.is_empty())
    }

    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.text(name)
            .map(|text| text.eq_ignore_ascii_case("true"))
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name).and_then(|text| text.parse().ok())
    }

    /// The second that a date means; a day that ends something means its last second.
    fn date(&self, name: &str) -> Option<i64> {
        self.text(name)
            .and_then(|text| clock::day(text, name == "enddate"))
    }

    /// A required parameter; the checks made sure of it.
    pub fn required(&self, name: &str) -> Done<&str> {
        self.text(name).ok_or_else(|| self.missing(name))
    }

    pub fn missing(&self, name: &str) -> Refusal {
        Refusal::param(format!(
            "Unable to execute API command {} due to missing parameter {name}",
            self.api.name.to_lowercase()
        ))
    }

    pub fn no_entity(&self, name: &str, given: &str) -> Refusal {
        Refusal::param(format!(
            "Unable to execute API command {} due to invalid value. Invalid parameter {name} value={given} due to \
             incorrect long value format, or entity does not exist or due to incorrect parameter annotation for the \
             field in api cmd class.",
            self.api.name.to_lowercase()
        ))
    }

    /// The thing that a parameter names.
    pub fn thing(&self, name: &str, kind: &str) -> Done<Option<Thing>> {
        self.text(name)
            .map(|given| self.find(name, kind, given))
            .transpose()
    }

    fn find(&self, name: &str, kind: &str, given: &str) -> Done<Thing> {
        let found = match given.parse() {
            Ok(number) => store::by_number(self.db, kind, number)?,
            Err(_) => store::by_uuid(self.db, kind, given)?,
        };
        let found = match found {
            // A machine can be made of an ISO as well.
            None if kind == "template" && self.api.name == "deployVirtualMachine" => {
                store::by_uuid(self.db, "iso", given)?
            }
            found => found,
        };
        found.ok_or_else(|| self.no_entity(name, given))
    }

    pub fn required_thing(&self, name: &str, kind: &str) -> Done<Thing> {
        self.thing(name, kind)?.ok_or_else(|| self.missing(name))
    }

    /// A thing that the caller may work on: their own, or any below an administrator.
    pub fn own_thing(&self, name: &str, kind: &str) -> Done<Thing> {
        let thing = self.required_thing(name, kind)?;
        self.may_use(&thing)?;
        Ok(thing)
    }

    pub fn may_use(&self, thing: &Thing) -> Done<()> {
        let caller = &self.caller;
        let may = match caller.kind() {
            1 => true,
            2 => {
                thing.account == 0 || listing::below(self.db, thing.domain, caller.account.domain)?
            }
            _ => {
                thing.account == 0
                    || thing.account == caller.account.id
                    || projects::member(self.db, thing.account, caller.account.id)?
            }
        };
        if may {
            return Ok(());
        }
        Err(Refusal::new(
            531,
            4365,
            format!(
                "Acct[{}-{}] does not have permission to operate with resource {}",
                caller.account.uuid,
                caller.account.name,
                self.spelt_owner(thing)?
            ),
        ))
    }

    /// Whose a thing is, as refusals spell it.
    fn spelt_owner(&self, thing: &Thing) -> Done<String> {
        let account = store::by_id(self.db, "account", thing.account)?;
        Ok(account.map_or_else(
            || thing.uuid.clone(),
            |account| format!("Acct[{}-{}]", account.uuid, account.name),
        ))
    }

    /// The checks that real servers make before every handler, in their order and words.
    fn check(&self) -> Done<()> {
        let command = self.api.name.to_lowercase();
        for (name, given) in self.params {
            let illegal = |letter: char| letter.is_control() && letter != '\r';
            if given.chars().any(illegal) && !name.eq_ignore_ascii_case("userdata") {
                return Err(Refusal::param(format!(
                    "Received value containing illegal ASCII non-printable characters for parameter {name}"
                )));
            }
        }
        let params = || self.api.params.iter().copied().flatten();
        for param in params() {
            let base = format!("{}[", param.name);
            let indexed = param.takes == Takes::Map
                && self
                    .params
                    .iter()
                    .any(|(name, _)| name.to_lowercase().starts_with(&base));
            if param.required && !indexed && self.text(param.name).is_none() {
                return Err(self.missing(param.name));
            }
        }
        for param in params() {
            let Some(given) = self.text(param.name) else {
                continue;
            };
            if given.len() > param.length {
                return Err(Refusal::param(format!(
                    "Unable to execute API command {command} due to invalid value. Value greater than max allowed \
                     length {} for param: {}",
                    param.length, param.name
                )));
            }
            let number = given.parse::<i64>().unwrap_or(i64::MAX);
            let possible = match param.takes {
                // What is larger could not be added up.
                Takes::Long => number.unsigned_abs() < 1 << 53,
                Takes::Integer => i32::try_from(number).is_ok(),
                Takes::Short => i16::try_from(number).is_ok(),
                _ => true,
            };
            if !possible {
                return Err(Refusal::param(format!(
                    "Unable to execute API command {command} due to invalid value {given} for parameter {}",
                    param.name
                )));
            }
            let no_date = match param.takes {
                Takes::Date => self.date(param.name).is_none(),
                Takes::Moment => clock::moment(given).is_none(),
                _ => false,
            };
            if no_date {
                return Err(Refusal::param(format!(
                    "Unable to parse date {given} for command {command}, please pass dates in the format mentioned in \
                     the api documentation"
                )));
            }
            if let Takes::Id(kind) = param.takes
                && !(given == "-1" && kind == "project")
            {
                self.find(param.name, kind, given)?;
            }
        }
        Ok(())
    }
}

/// What real servers read together with the jobs that work on it.
const WITH_JOBS: &[&str] = &[
    "virtualmachine",
    "volume",
    "router",
    "systemvm",
    "host",
    "storagepool",
    "account",
];

/// A record as a job's result; some kinds carry the job's id there, and a status that stays 0.
pub fn in_job(name: &str, mut record: Value) -> Value {
    if let Value::Object(fields) = &mut record
        && WITH_JOBS.contains(&name)
    {
        fields.insert("jobstatus".into(), json!(0));
    }
    json!({ name: record })
}
