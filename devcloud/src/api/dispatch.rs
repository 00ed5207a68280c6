//! A request in, an answer out: who calls, whether they may, the handler, all in one transaction.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde_json::{Map, Value, json};

use super::jobs::settle;
use super::limits::Limits;
use super::order::{Order, restrict};
use super::{Access, Api, Call, Caller, Done, Reply, SYSTEM, all, configuration, sessions, upload};
use crate::auth::{Params, in_time, signed_by, value};
use crate::clock;
use crate::store;
use crate::wire::{Answer, Body, Refusal};

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
    let command = value(&request.params, "command").unwrap_or_default();
    let entered = match request.door {
        Door::Public => sessions::enter(&world.db, request, command),
        Door::Integration => None,
    };
    let (done, cookies) = match entered {
        Some(entered) => entered,
        None => (call(world, request, command), Vec::new()),
    };
    let mut answer = match done {
        Ok(body) => Answer {
            status: 200,
            body: Body::Tree(own_envelope(command), body),
            description: None,
            cookies: Vec::new(),
        },
        Err(refusal) => refusal.answer(&envelope(request, command, &refusal)),
    };
    answer.cookies = cookies;
    answer
}

/// A refusal that comes whatever was asked.
pub fn refused(request: &Request, refusal: &Refusal) -> Answer {
    let command = value(&request.params, "command").unwrap_or_default();
    refusal.answer(&envelope(request, command, refusal))
}

/// What a refusal is wrapped in: the answer that the API would have given, where the server got as far as to find it.
fn envelope(request: &Request, command: &str, refusal: &Refusal) -> String {
    let known = all().any(|api| api.name == command);
    match command {
        _ if request.params.is_empty() || refusal.code == 432 => "errorresponse".into(),
        "" => "null".into(),
        _ if known => own_envelope(command),
        _ => "errorresponse".into(),
    }
}

fn own_envelope(command: &str) -> String {
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

fn call(world: &mut World, request: &Request, command: &str) -> Done<Value> {
    let World { db, limits } = world;
    let params = &request.params;
    let now = clock::now();
    let session = match request.door {
        Door::Public => sessions::resume(db, request, now)?,
        Door::Integration if command.is_empty() => {
            return Err(Refusal::new(432, 9999, "Invalid request, no command sent"));
        }
        Door::Integration => Some(cloud_itself(db)?),
    };
    if !store::due_jobs(db, now)?.is_empty() || upload::due(db, now)? {
        // Jobs that end stay ended, whatever becomes of the call.
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        settle(&transaction, limits)?;
        upload::settle(&transaction, now)?;
        transaction.commit()?;
    }
    let api = all().find(|api| api.name == command);
    let behaviour = if api.is_some_and(|api| !reads(api)) {
        TransactionBehavior::Immediate
    } else {
        TransactionBehavior::Deferred
    };
    let transaction = db.transaction_with_behavior(behaviour)?;
    let now = configuration::cloud_time(&transaction)?;
    let done = caller(&transaction, params, session, now).and_then(|caller| {
        let api = permitted(&caller, api, command)?;
        limits.allow(&transaction, &caller.caller)?;
        carry_out(&mut Call {
            db: &transaction,
            limits,
            params,
            caller: caller.caller,
            api,
            now,
            host: &request.host,
            subject: String::new(),
        })
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
    let user = store::of_kind(db, "user")?
        .into_iter()
        .find(|user| user.body.get("apikey").and_then(Value::as_str) == Some(key))
        .ok_or_else(Refusal::unauthorized)?;
    let secret = user
        .body
        .get("secretkey")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let account = store::by_uuid(db, "account", &user.parent)?.ok_or_else(Refusal::unauthorized)?;
    let good = signed_by(params, secret)
        && in_time(params, now / 1000)
        && user.state == "enabled"
        && account.state == "enabled";
    if !good {
        return Err(Refusal::unauthorized());
    }
    Ok(Known {
        caller: Caller {
            account,
            user: user.uuid,
        },
        by_key: true,
    })
}

/// The API that is called, if it is there for the caller.
fn permitted(known: &Known, api: Option<&'static Api>, command: &str) -> Done<&'static Api> {
    let text = match api {
        Some(api) if allowed(api.access, known.caller.kind()) => return Ok(api),
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
