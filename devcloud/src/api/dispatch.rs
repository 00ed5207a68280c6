//! A request's parameters in, an answer out: who calls, whether they may, the handler, all in one transaction.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde_json::{Map, Value, json};

use super::jobs::settle;
use super::{Access, Api, Call, Caller, Done, Reply, all};
use crate::auth::{Params, in_time, signed_by, value};
use crate::clock;
use crate::store;
use crate::wire::{Answer, Refusal};

/// From parameters to an answer: who calls, whether they may, whether the parameters can be right, then the handler.
pub fn answer(db: &mut Connection, params: &Params) -> Answer {
    let command = value(params, "command").unwrap_or_default();
    let envelope = match command {
        "" => "null".to_string(),
        _ if all().any(|api| api.name == command) => format!("{}response", command.to_lowercase()),
        _ => "errorresponse".into(),
    };
    match call(db, params, command) {
        Ok(body) => Answer {
            status: 200,
            envelope,
            body,
            description: None,
        },
        Err(refusal) => refusal.answer(&envelope),
    }
}

fn call(db: &mut Connection, params: &Params, command: &str) -> Done<Value> {
    let now = clock::now();
    let due = !store::due_jobs(db, now)?.is_empty();
    let api = all().find(|api| api.name == command);
    let changes = due || api.is_some_and(|api| !reads(api));
    let behaviour = if changes {
        TransactionBehavior::Immediate
    } else {
        TransactionBehavior::Deferred
    };
    let transaction = db.transaction_with_behavior(behaviour)?;
    if due {
        settle(&transaction, now)?;
    }
    let done = caller(&transaction, params, now)
        .and_then(|caller| permitted(caller, api))
        .and_then(|(caller, api)| carry_out(&transaction, params, caller, api, now));
    // What a refused call began is undone; jobs that were settled before it stay settled.
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
        && (api.name.starts_with("list")
            || api.name.starts_with("get")
            || api.name.starts_with("query"))
}

fn caller(db: &Transaction, params: &Params, now: i64) -> Done<Caller> {
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
    Ok(Caller {
        account,
        user: user.uuid,
    })
}

fn permitted(caller: Caller, api: Option<&'static Api>) -> Done<(Caller, &'static Api)> {
    // Real servers answer a command that they do not know as they answer a bad key.
    let api = api.ok_or_else(Refusal::unauthorized)?;
    let may = allowed(api.access, caller.kind());
    if !may {
        return Err(Refusal::new(
            432,
            9999,
            format!(
                "The user is not allowed to request the API command: {}",
                api.name
            ),
        ));
    }
    Ok((caller, api))
}

pub fn allowed(access: Access, kind: i64) -> bool {
    match access {
        Access::Everyone => true,
        Access::Admins => kind != 0,
        Access::Root => kind == 1,
    }
}

fn carry_out(
    db: &Transaction,
    params: &Params,
    caller: Caller,
    api: &'static Api,
    now: i64,
) -> Done<Value> {
    let mut call = Call {
        db,
        params,
        caller,
        api,
        now,
        subject: String::new(),
    };
    call.check()?;
    match (api.run)(&mut call)? {
        Reply::List(name, rows, count) => Ok(list(name, rows, count)),
        Reply::One(name, record) => Ok(json!({ name: record })),
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
