//! Jobs: asked after one by one, or listed.

use serde_json::{Map, Value};

use super::listing::{OWNED, PAGED};
use super::{Access, Api, Call, Done, Reply, Takes, fields, req};
use crate::store::{self, Job};

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
        about: "Lists the caller's jobs, newest first, ended ones included",
        access: Access::Everyone,
        params: &[OWNED, PAGED],
        answers: fields::JOB,
        run: list,
        job: None,
    },
];

fn query(call: &mut Call) -> Done<Reply> {
    let id = call.required("jobid")?;
    let job = store::find_job(call.db, id)?.ok_or_else(|| call.no_entity("jobid", id))?;
    let body = record(&job);
    Ok(Reply::Flat(body))
}

fn list(call: &mut Call) -> Done<Reply> {
    let all = call.caller.root() && call.boolean("listall").unwrap_or(false);
    let rows = store::jobs(call.db)?
        .iter()
        .filter(|job| all || job.account == call.caller.account.id)
        .map(record)
        .collect();
    call.page("asyncjobs", rows)
}

/// The job's record; the thing inside its result carries the job's id.
fn record(job: &Job) -> Value {
    let mut body: Map<String, Value> = job.body.clone();
    if let Some(Value::Object(result)) = body.get_mut("jobresult") {
        for value in result.values_mut() {
            if let Value::Object(thing) = value
                && let Some(status) = thing.remove("jobstatus")
            {
                thing.insert("jobid".into(), Value::String(job.uuid.clone()));
                thing.insert("jobstatus".into(), status);
            }
        }
    }
    Value::Object(body)
}
