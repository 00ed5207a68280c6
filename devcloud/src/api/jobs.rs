//! Jobs: begun by asynchronous calls, ended when their time has come, asked after one by one, or listed.

use rusqlite::Transaction;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::limits::Limits;
use super::listing::{OWNED, PAGED, Seen};
use super::order::{Order, restrict};
use super::{Access, Api, Call, Caller, Done, Reply, Takes, all, configuration, fields, opt, req};
use crate::auth::Params;
use crate::clock;
use crate::faults;
use crate::store::{self, Job};
use crate::wire::Refusal;

pub const APIS: &[Api] = &[
    Api {
        name: "queryAsyncJobResult",
        about: "Tells how far a job is and, once it has ended, what came of it",
        access: Access::Everyone,
        params: &[&[req("jobid", Takes::Uuid, "the id of the job")]],
        answers: fields::JOB,
        run: query,
        job: None,
    },
    Api {
        name: "listAsyncJobs",
        about: "Lists the caller's jobs, oldest first, ended ones included",
        access: Access::Everyone,
        params: &[
            &[opt(
                "startdate",
                Takes::Moment,
                "only jobs that began at this time or later, such as 2026-11-22T02:00:00+0000",
            )],
            OWNED,
            PAGED,
        ],
        answers: fields::JOB,
        run: list,
        job: None,
    },
];

fn query(call: &mut Call) -> Done<Reply> {
    let id = call.required("jobid")?;
    let job = store::find_job(call.db, id)?.ok_or_else(|| call.no_entity("jobid", id))?;
    let caller = &call.caller;
    match caller.kind() {
        0 if job.account != caller.account.id => {
            let text = format!(
                "Account Acct[{}-{}] is not authorized to see job id={}",
                caller.account.uuid, caller.account.name, job.number
            );
            return Err(Refusal::new(531, 4365, text));
        }
        2 => {
            if let Some(owner) = store::by_id(call.db, "account", job.account)? {
                call.may_use(&owner)?;
            }
        }
        _ => {}
    }
    let body = record(&job);
    Ok(Reply::Flat(body))
}

fn list(call: &mut Call) -> Done<Reply> {
    let seen = Seen::by(call)?;
    let since = call.text("startdate").and_then(clock::moment).unwrap_or(0);
    let keyword = call.text("keyword").unwrap_or_default().to_lowercase();
    let mut rows = Vec::new();
    for job in store::jobs_since(call.db, since * 1000)? {
        let class = job
            .body
            .get("cmd")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if class.to_lowercase().contains(&keyword) && seen.sees_account(call, job.account)? {
            rows.push(record(&job));
        }
    }
    call.page("asyncjobs", rows)
}

/// The job's record; the thing inside its result carries the job's id.
fn record(job: &Job) -> Value {
    let mut body: Map<String, Value> = job.body.clone();
    if let Some(Value::Object(result)) = body.get_mut("jobresult") {
        for value in result.values_mut() {
            if let Value::Object(thing) = value
                && let Some(status) = thing.shift_remove("jobstatus")
            {
                thing.insert("jobid".into(), Value::String(job.uuid.clone()));
                thing.insert("jobstatus".into(), status);
            }
        }
    }
    Value::Object(body)
}

/// Kinds of things that servers name without the id.
const WITHOUT_ID: &[&str] = &["AffinityGroup", "PortableIpAddress"];

impl Call<'_> {
    /// Begins the job of an asynchronous call and answers its id.
    pub fn start_job(&mut self, thing: &str, created: bool) -> Done<Value> {
        let Some(work) = &self.api.job else {
            return Err(Refusal::internal("a synchronous call began a job"));
        };
        let uuid = Uuid::new_v4().to_string();
        let class = class_for(&self.caller, work.class);
        let body = json!({
            "accountid": self.caller.account.uuid,
            "userid": self.caller.user,
            "cmd": class,
            "jobstatus": 0,
            "jobprocstatus": 0,
            "jobresultcode": 0,
            "jobinstancetype": work.instance,
            "jobinstanceid": thing,
            "created": clock::date(self.now),
            "jobid": uuid,
        });
        let Value::Object(mut body) = body else {
            return Err(Refusal::internal("a job has no record"));
        };
        if matches!(work.instance, "" | "None") || WITHOUT_ID.contains(&work.instance) {
            body.shift_remove("jobinstanceid");
        }
        if work.instance.is_empty() {
            body.shift_remove("jobinstancetype");
        }
        let scheduled = self.event("Scheduled", thing, None)?;
        self.event("Started", thing, Some(&scheduled))?;
        let kept: Vec<&(String, String)> = self
            .params
            .iter()
            .filter(|(name, _)| {
                !matches!(
                    name.to_lowercase().as_str(),
                    "signature" | "apikey" | "password" | "sessionkey"
                )
            })
            .collect();
        let job = Job {
            number: 0,
            begun: self.now,
            uuid: uuid.clone(),
            api: self.api.name.into(),
            account: self.caller.account.id,
            params: json!({"params": kept, "user": self.caller.user, "thing": thing, "by": self.by,
                "event": scheduled}),
            body,
        };
        let set = configuration::job_milliseconds(self.db)?;
        let milliseconds = set.unwrap_or(work.milliseconds);
        let ends = clock::now().saturating_add(milliseconds);
        store::start_job(self.db, &job, ends)?;
        Ok(if created {
            json!({"id": thing, "jobid": uuid})
        } else {
            json!({"jobid": uuid})
        })
    }
}

/// The server's class for a call: what is declared is the root administrators', and where they have one of their own,
/// everybody else has another.
fn class_for(caller: &Caller, declared: &str) -> String {
    match declared.strip_suffix("ByAdmin") {
        Some(others) if !caller.root() => others.replace(".admin.", ".user."),
        _ => declared.into(),
    }
}

/// Ends the jobs whose time has come.
pub fn settle(db: &Transaction, limits: &Limits) -> Done<()> {
    let now = configuration::cloud_time(db)?;
    for mut job in store::due_jobs(db, clock::now())? {
        let Some(api) = all().find(|api| api.name == job.api) else {
            continue;
        };
        let Some(work) = &api.job else { continue };
        let params: Params =
            serde_json::from_value(job.params["params"].clone()).unwrap_or_default();
        let text = |name: &str| job.params[name].as_str().unwrap_or_default().to_string();
        let (user, subject, by) = (text("user"), text("thing"), text("by"));
        let Some(account) = store::by_id(db, "account", job.account)? else {
            continue;
        };
        let mut call = Call {
            db,
            limits,
            params: &params,
            caller: Caller { account, user },
            api,
            now,
            host: "",
            subject: subject.clone(),
            by: &by,
        };
        let fault = faults::job_fails(db, &[api.name, by.as_str()])?;
        db.execute_batch("SAVEPOINT job")?;
        let ended = match fault {
            Some(text) => Err(Refusal::new(530, 9999, text)),
            None => (work.end)(&mut call),
        };
        let (status, code, result) = match &ended {
            Ok(result) => {
                db.execute_batch("RELEASE job")?;
                (1, 0, arranged(result.clone(), &call))
            }
            Err(refusal) => {
                db.execute_batch("ROLLBACK TO job; RELEASE job")?;
                give_up(db, api, &subject)?;
                // The job says 530 whatever happened; the real code is inside.
                (
                    2,
                    530,
                    json!({"errorcode": refusal.code, "errortext": refusal.text}),
                )
            }
        };
        let state = if ended.is_ok() { "Completed" } else { "Error" };
        call.event(state, &subject, job.params["event"].as_str())?;
        let mut body = Map::new();
        for (name, value) in std::mem::take(&mut job.body) {
            match name.as_str() {
                "jobstatus" => body.insert(name, json!(status)),
                "jobresultcode" => {
                    body.insert(name, json!(code));
                    body.insert("jobresulttype".into(), json!("object"));
                    body.insert("jobresult".into(), result.clone())
                }
                _ => body.insert(name, value),
            };
        }
        job.body = body;
        store::settle_job(db, &job)?;
    }
    Ok(())
}

/// The record that a job's result holds, in the order that its API declares.
fn arranged(result: Value, call: &Call) -> Value {
    let Value::Object(members) = result else {
        return result;
    };
    let order = Order::of(call.api.answers);
    let arranged = members.into_iter().map(|(name, record)| {
        let mut record = order.arrange(record);
        if !call.caller.root() {
            restrict(&name, &mut record);
        }
        (name, record)
    });
    Value::Object(arranged.collect())
}

/// What a failed job worked on is in no state between two others any more: what was to be made is in error, what was to
/// change is as it was.
fn give_up(db: &Transaction, api: &Api, subject: &str) -> Done<()> {
    let Some(mut machine) = store::by_uuid(db, "machine", subject)? else {
        return Ok(());
    };
    let state = match (api.name, machine.state.as_str()) {
        ("deployVirtualMachine", "Starting") => "Error",
        (_, "Starting" | "Expunging") => "Stopped",
        (_, "Stopping" | "Migrating") => "Running",
        _ => return Ok(()),
    };
    machine.state = state.into();
    Ok(store::update(db, &machine)?)
}
