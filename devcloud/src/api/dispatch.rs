//! A request in, an answer out: who calls, whether they may, the handler, all in one transaction.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde_json::{Map, Value, json};

use super::jobs::settle;
use super::limits::Limits;
use super::order::{Order, restrict};
use super::{
    Access, Api, Call, Caller, Done, Reply, SYSTEM, all, configuration, errands, names, roles,
    sessions, upload,
};
use crate::auth::{Params, in_time, signed_by, value};
use crate::clock;
use crate::store;
use crate::wire::{Answer, Body, Refusal, VERSION};

/// By which way a request came.
#[derive(Clone, Copy, PartialEq)]
pub enum Door {
    /// Everybody's, where callers show who they are.
    Public,
    /// The integration port's, where whoever comes is the cloud itself.
    Integration,
}

/// What came in over HTTP.
pub struct Request {
    pub door: Door,
    pub params: Params,
    pub post: bool,
    pub cookies: Vec<(String, String)>,
    /// What the server was called by, as in `127.0.0.1:8080`.
    pub host: String,
}

impl Request {
    pub fn command(&self) -> &str {
        value(&self.params, "command").unwrap_or_default()
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What a server answers out of: the state that all servers share, and what each keeps for itself.
pub struct World {
    pub db: Connection,
    pub limits: Limits,
}

/// From a request to an answer: who calls, whether they may, whether the parameters can be right, then the handler.
pub fn answer(world: &mut World, request: &Request) -> Answer {
    let outcome = outcome(world, request, &Ways::PLAIN);
    let envelope = match &outcome.done {
        Ok(_) => own_envelope(request.command()),
        Err(refusal) => envelope(request, request.command(), refusal),
    };
    outcome.written(envelope)
}

/// What a manner has of its own where it speaks as CloudStack does.
pub struct Ways {
    /// APIs that only it has, or that it has in a way of its own.
    pub apis: &'static [&'static [Api]],
    /// What is checked before an API's own checks.
    pub check: fn(&Call) -> Done<()>,
}

impl Ways {
    const PLAIN: Ways = Ways {
        apis: &[],
        check: |_| Ok(()),
    };

    fn find(&self, command: &str) -> Option<&'static Api> {
        let own = self.apis.iter().copied().flatten();
        own.chain(all()).find(|api| api.name == command)
    }
}

/// What came of a request, not yet written.
pub struct Outcome {
    pub done: Done<Value>,
    pub cookies: Vec<String>,
}

/// What comes of a request.
pub fn outcome(world: &mut World, request: &Request, ways: &Ways) -> Outcome {
    let command = request.command();
    let entered = match request.door {
        Door::Public => sessions::enter(&world.db, request, command),
        Door::Integration => None,
    };
    let (done, cookies) =
        entered.unwrap_or_else(|| (call(world, request, command, ways), Vec::new()));
    Outcome { done, cookies }
}

impl Outcome {
    pub fn written(self, envelope: String) -> Answer {
        let mut answer = match self.done {
            Ok(body) => Answer {
                status: 200,
                body: Body::Tree(envelope, body),
                description: None,
                cookies: Vec::new(),
                version: Some(VERSION),
            },
            Err(refusal) => refusal.answer(&envelope),
        };
        answer.cookies = self.cookies;
        answer
    }
}

/// A refusal that comes whatever was asked.
pub fn refused(request: &Request, refusal: &Refusal) -> Answer {
    refusal.answer(&envelope(request, request.command(), refusal))
}

/// What a refusal is wrapped in: the answer that the API would have given, where the server got as far as to find it.
fn envelope(request: &Request, command: &str, refusal: &Refusal) -> String {
    let known = names().any(|name| name == command);
    match command {
        _ if request.params.is_empty() || refusal.code == 432 => "errorresponse".into(),
        "" => "null".into(),
        _ if known => own_envelope(command),
        _ => "errorresponse".into(),
    }
}

/// The name of what an API answers.
pub fn own_envelope(command: &str) -> String {
    let irregular = ENVELOPES.iter().find(|(api, _)| *api == command);
    match upload::envelope(command).or(irregular.map(|(_, envelope)| *envelope)) {
        Some(other) => other.into(),
        None => format!("{}response", command.to_lowercase()),
    }
}

/// The answers that are not called by the lower-cased command.
const ENVELOPES: &[(&str, &str)] = &[
    ("activateProject", "activaterojectresponse"),
    ("addImageStoreS3", "addImageStoreS3Response"),
    ("addIpToNic", "addiptovmnicresponse"),
    (
        "cancelStorageMaintenance",
        "cancelprimarystoragemaintenanceresponse",
    ),
    ("copyIso", "copytemplateresponse"),
    ("createAutoScalePolicy", "autoscalepolicyresponse"),
    ("createAutoScaleVmGroup", "autoscalevmgroupresponse"),
    ("createAutoScaleVmProfile", "autoscalevmprofileresponse"),
    ("createCondition", "conditionresponse"),
    ("createCounter", "counterresponse"),
    ("createLBStickinessPolicy", "createLBStickinessPolicy"),
    (
        "deleteLBStickinessPolicy",
        "deleteLBstickinessrruleresponse",
    ),
    ("disableAutoScaleVmGroup", "disableautoscalevmGroupresponse"),
    ("enableAutoScaleVmGroup", "enableautoscalevmGroupresponse"),
    (
        "enableStorageMaintenance",
        "prepareprimarystorageformaintenanceresponse",
    ),
    ("listCounters", "counterresponse"),
    ("listIsoPermissions", "listtemplatepermissionsresponse"),
    (
        "resetSSHKeyForVirtualMachine",
        "resetSSHKeyforvirtualmachineresponse",
    ),
    ("restoreVirtualMachine", "restorevmresponse"),
    ("scaleSystemVm", "changeserviceforsystemvmresponse"),
    ("updateNetworkACLItem", "createnetworkaclresponse"),
    ("updateVMAffinityGroup", "updatevirtualmachineresponse"),
];

fn call(world: &mut World, request: &Request, command: &str, ways: &Ways) -> Done<Value> {
    let session = match request.door {
        Door::Public => sessions::resume(&world.db, request, clock::now())?,
        Door::Integration if command.is_empty() => {
            return Err(Refusal::new(432, 9999, "Invalid request, no command sent"));
        }
        Door::Integration => Some(cloud_itself(&world.db)?),
    };
    let asked = Asked {
        command,
        params: &request.params,
        host: &request.host,
        by: command,
    };
    work(world, &asked, session, ways)
}

/// A call to an API.
pub struct Asked<'a> {
    pub command: &'a str,
    pub params: &'a Params,
    /// What the server was called by.
    pub host: &'a str,
    /// What the caller asked for, where that is no API itself.
    pub by: &'a str,
}

/// Makes a call for somebody who has shown who they are.
pub fn call_as(world: &mut World, caller: Caller, asked: &Asked) -> Done<Value> {
    work(world, asked, Some(caller), &Ways::PLAIN)
}

/// Ends the jobs and uploads whose time has come, and does what the cloud does by itself.
pub fn settle_due(world: &mut World) -> Done<()> {
    let World { db, limits } = world;
    let now = clock::now();
    let due =
        !store::due_jobs(db, now)?.is_empty() || upload::due(db, now)? || errands::due(db, now)?;
    if due {
        // Jobs that end stay ended, whatever becomes of the call.
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        settle(&transaction, limits)?;
        upload::settle(&transaction, now)?;
        errands::settle(&transaction, limits, now)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Makes a call for whom a session knows, else for whom the parameters show.
fn work(world: &mut World, asked: &Asked, session: Option<Caller>, ways: &Ways) -> Done<Value> {
    settle_due(world)?;
    let World { db, limits } = world;
    let Asked {
        command, params, ..
    } = *asked;
    let api = ways.find(command);
    let behaviour = if api.is_some_and(|api| !reads(api)) {
        TransactionBehavior::Immediate
    } else {
        TransactionBehavior::Deferred
    };
    let transaction = db.transaction_with_behavior(behaviour)?;
    let now = configuration::cloud_time(&transaction)?;
    let done = caller(&transaction, params, session, now).and_then(|caller| {
        let api = permitted(&transaction, &caller, api, command)?;
        limits.allow(&transaction, &caller.caller)?;
        let mut call = Call {
            db: &transaction,
            limits,
            params,
            caller: caller.caller,
            api,
            now,
            host: asked.host,
            subject: String::new(),
            by: asked.by,
        };
        (ways.check)(&call)?;
        carry_out(&mut call)
    });
    // What a refused call began is undone.
    match done {
        Ok(body) => {
            transaction.commit()?;
            Ok(body)
        }
        Err(refusal) => {
            transaction.rollback()?;
            Err(refusal)
        }
    }
}

impl Call<'_> {
    /// Makes another call in this one's place, by the same caller and in the same transaction.
    pub fn instead(&self, command: &str, params: &Params) -> Done<Value> {
        let api = all()
            .find(|api| api.name == command)
            .ok_or_else(|| Refusal::internal(format!("it has no {command}")))?;
        carry_out(&mut Call {
            params,
            caller: self.caller.clone(),
            api,
            subject: String::new(),
            ..*self
        })
    }
}

fn reads(api: &Api) -> bool {
    api.job.is_none()
        && upload::envelope(api.name).is_none()
        && (api.name.starts_with("list")
            || api.name.starts_with("get")
            || api.name.starts_with("query"))
}

/// The account that the cloud has for itself, which is a root administrator's.
fn cloud_itself(db: &Connection) -> Done<Caller> {
    let account = store::by_number(db, "account", SYSTEM)?;
    let user = store::by_number(db, "user", SYSTEM)?;
    match (account, user) {
        (Some(account), Some(user)) => Ok(Caller {
            account,
            user: user.uuid,
        }),
        _ => Err(Refusal::internal("it has no account of its own")),
    }
}

/// A caller, and whether it is a key that tells who they are.
struct Known {
    caller: Caller,
    by_key: bool,
}

fn caller(db: &Transaction, params: &Params, session: Option<Caller>, now: i64) -> Done<Known> {
    if let Some(caller) = session {
        return Ok(Known {
            caller,
            by_key: false,
        });
    }
    let key = value(params, "apikey").ok_or_else(Refusal::unauthorized)?;
    let (caller, secret) = owner_of_key(db, key)?.ok_or_else(Refusal::unauthorized)?;
    if !signed_by(params, &secret) || !in_time(params, now / 1000) {
        return Err(Refusal::unauthorized());
    }
    Ok(Known {
        caller,
        by_key: true,
    })
}

/// Whose an API key is, with the secret that goes with it; nobody's where they may not call.
pub fn owner_of_key(db: &Connection, key: &str) -> Done<Option<(Caller, String)>> {
    let user = store::of_kind(db, "user")?
        .into_iter()
        .find(|user| user.body.get("apikey").and_then(Value::as_str) == Some(key));
    let Some(user) = user.filter(|user| user.state == "enabled") else {
        return Ok(None);
    };
    let account = store::by_uuid(db, "account", &user.parent)?;
    let Some(account) = account.filter(|account| account.state == "enabled") else {
        return Ok(None);
    };
    let secret = user.text("secretkey").to_string();
    let user = user.uuid;
    Ok(Some((Caller { account, user }, secret)))
}

/// The API that is called, if it is there for the caller.
fn permitted(
    db: &Connection,
    known: &Known,
    api: Option<&'static Api>,
    command: &str,
) -> Done<&'static Api> {
    let text = match api {
        Some(api) if roles::permits(db, &known.caller, api.access, api.name)? => return Ok(api),
        // Real servers answer a command that they do not know as they answer a bad key.
        None if known.by_key => return Err(Refusal::unauthorized()),
        None if known.caller.root() => format!("Unknown API command: {command}"),
        _ => format!("The API {command} does not exist or is not available for this account."),
    };
    Err(Refusal::new(432, 9999, text))
}

pub fn allowed(access: Access, kind: i64) -> bool {
    match access {
        Access::Everyone | Access::Entrance => true,
        Access::Admins => kind != 0,
        Access::Root => kind == 1,
    }
}

fn carry_out(call: &mut Call) -> Done<Value> {
    call.check()?;
    match (call.api.run)(call)? {
        Reply::List(name, rows, count) => {
            let order = Order::of(call.api.answers);
            let mut rows: Vec<Value> = rows.into_iter().map(|row| order.arrange(row)).collect();
            if !call.caller.root() {
                rows.iter_mut().for_each(|row| restrict(name, row));
            }
            Ok(list(name, rows, count))
        }
        Reply::One(name, record) => {
            let mut record = Order::of(call.api.answers).arrange(record);
            if !call.caller.root() {
                restrict(name, &mut record);
            }
            Ok(json!({ name: record }))
        }
        Reply::Flat(record) => Ok(record),
        Reply::Success => Ok(json!({"success": "true"})),
        Reply::Job { thing, created } => call.start_job(&thing, created),
    }
}

/// The body of a list as real servers write it: nothing at all when it is empty, the count alone past its end.
fn list(name: &str, rows: Vec<Value>, count: usize) -> Value {
    let mut body = Map::new();
    if count > 0 {
        body.insert("count".into(), json!(count));
    }
    if !rows.is_empty() {
        body.insert(name.into(), Value::Array(rows));
    }
    Value::Object(body)
}
