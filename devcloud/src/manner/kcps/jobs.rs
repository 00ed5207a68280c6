//! Jobs: those of the vendor's own code are asked after with a command of their own, and come in looser types.

use serde_json::{Value, json};

use crate::api::fields::JOB;
use crate::api::{Call, Done, Reply};
use crate::clock;
use crate::store;

apis! {
    Everyone "queryAsyncJobResult" "Tells how far a job is" () {
        req "jobid" Uuid "the id of the job";
    } -> JOB |call| ask(call, false);

    Everyone "queryExAsyncJobResult" "Tells how far a job of the vendor's own is" () {
        req "jobid" Uuid "the id of the job";
    } -> JOB |call| ask(call, true);
}

/// The calls whose jobs the vendor runs itself.
const OWN: &[&str] = &["deployVirtualMachine", "startVirtualMachine"];

/// Each command knows its own jobs alone, so that a client that asks with the other one finds out.
fn ask(call: &Call, own: bool) -> Done<Reply> {
    let id = call.required("jobid")?;
    let found = store::find_job(call.db, id)?;
    let known = found.is_some_and(|job| OWN.contains(&job.api.as_str()) == own);
    if !known {
        return Err(call.no_entity("jobid", id));
    }
    call.instead("queryAsyncJobResult", call.params)
        .map(Reply::Flat)
}

/// The machine in a job's result as its JSON has it: numbers as texts, and the time in milliseconds.
pub fn loosen(body: &mut Value) {
    let Some(machine) = body.pointer_mut("/jobresult/virtualmachine") else {
        return;
    };
    for field in ["cpunumber", "cpuspeed", "rootdeviceid"] {
        if let Some(number) = machine[field].as_i64() {
            machine[field] = json!(number.to_string());
        }
    }
    if let Some(created) = machine["created"].as_str().and_then(clock::moment) {
        machine["created"] = json!(created * 1000);
    }
}
