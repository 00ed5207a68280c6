//! What a manner that answers by itself is given: the request as it came, and a desk at which to make calls to the world's
//! APIs for whoever the manner knows to be calling. Limits, roles, states and jobs are the APIs' own.

use std::cell::RefCell;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Method, Response, StatusCode, Uri};
use rusqlite::Connection;
use serde_json::Value;

use crate::api::{self, Asked, Caller, Done, World};
use crate::auth::Params;
use crate::store;
use crate::wire::Refusal;

/// How often it is looked whether a job has ended.
const LOOK: Duration = Duration::from_millis(20);

/// A request as it came.
pub struct Heard {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Heard {
    /// A header's value; empty where it is missing or no text.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    pub fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }
}

/// Where calls are made. The world is held for a call at a time and never while something is waited for.
pub struct Desk<'a> {
    world: &'a RefCell<World>,
    /// What the server was called by.
    host: &'a str,
}

impl<'a> Desk<'a> {
    pub fn new(world: &'a RefCell<World>, host: &'a str) -> Desk<'a> {
        Desk { world, host }
    }

    /// Whose an API key is, with the secret that goes with it.
    pub fn owner_of_key(&self, key: &str) -> Done<Option<(Caller, String)>> {
        api::owner_of_key(&self.world.borrow().db, key)
    }

    /// Looks something up in the world's state.
    pub fn look<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        work(&self.world.borrow().db)
    }

    /// Ends what is due.
    pub fn settle(&self) -> Done<()> {
        api::settle_due(&mut self.world.borrow_mut())
    }

    /// Makes a call: what its answer's envelope holds. `by` is the name of what was asked for in the manner.
    pub fn call(&self, caller: &Caller, by: &str, command: &str, params: &Params) -> Done<Value> {
        let asked = Asked {
            command,
            params,
            host: self.host,
            by,
        };
        api::call_as(&mut self.world.borrow_mut(), caller.clone(), &asked)
    }

    /// Makes an asynchronous call and waits for its end: what came of its job.
    pub async fn finish(
        &self,
        caller: &Caller,
        by: &str,
        command: &str,
        params: &Params,
    ) -> Done<Value> {
        let begun = self.call(caller, by, command, params)?;
        match begun["jobid"].as_str() {
            Some(job) => self.ended(job).await,
            None => Ok(begun),
        }
    }

    /// Waits for the end of a job: what came of it.
    pub async fn ended(&self, job: &str) -> Done<Value> {
        loop {
            self.settle()?;
            let found = self.look(|db| store::find_job(db, job))?;
            let body = found
                .ok_or_else(|| Refusal::internal("a job is gone"))?
                .body;
            let result = body.get("jobresult").cloned().unwrap_or_default();
            match body.get("jobstatus").and_then(Value::as_i64) {
                Some(1) => return Ok(result),
                Some(2) => {
                    let code = result["errorcode"].as_u64().unwrap_or(530);
                    let text = result["errortext"].as_str().unwrap_or_default();
                    let code = u16::try_from(code).unwrap_or(530);
                    return Err(Refusal::new(code, 9999, text));
                }
                _ => tokio::time::sleep(LOOK).await,
            }
        }
    }
}

/// An answer of that status, content type and text.
pub fn text(status: u16, media: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}
