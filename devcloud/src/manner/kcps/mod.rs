//! KDDI Cloud Platform Service Ver2: CloudStack 4.3 behind a gate that lets the commands of its catalogue through and
//! refuses in its own words, with commands that it added. Sources: the vendor's API pages and its note on triage.

mod hosts;
mod jobs;
mod limits;
mod machines;
mod networks;

use serde_json::{Value, json};

use crate::api::{self, Request, Ways, World, own_envelope};
use crate::auth::value;
use crate::wire::{Answer, Body, Refusal};

const VERSION: &str = "4.3.0.2";

/// The commands of the catalogue, one a line.
const COMMANDS: &str = include_str!("commands.txt");

const WAYS: Ways = Ways {
    apis: &[
        hosts::APIS,
        jobs::APIS,
        limits::APIS,
        machines::APIS,
        networks::APIS,
    ],
    check: limits::check,
};

/// The commands that no CloudStack has.
pub fn names_of_its_own() -> impl Iterator<Item = &'static str> {
    WAYS.apis.iter().copied().flatten().map(|api| api.name)
}

pub fn answer(world: &mut World, request: &Request) -> Answer {
    // The gate looks at the command alone, before anybody looks who calls.
    if !COMMANDS.lines().any(|known| known == request.command()) {
        return forbidden();
    }
    let mut outcome = api::outcome(world, request, &WAYS);
    let json =
        value(&request.params, "response").is_some_and(|form| form.eq_ignore_ascii_case("json"));
    if json && let Ok(body) = &mut outcome.done {
        jobs::loosen(body);
    }
    match outcome.done.map_err(worded) {
        Err(refusal) if refusal.code == 403 => forbidden(),
        done => {
            outcome.done = done;
            spoken(outcome.written(own_envelope(request.command())))
        }
    }
}

/// A refusal that comes whatever was asked.
pub fn refused(request: &Request, refusal: &Refusal) -> Answer {
    spoken(worded(refusal.clone()).answer(&own_envelope(request.command())))
}

fn spoken(answer: Answer) -> Answer {
    Answer {
        version: Some(VERSION),
        ..answer
    }
}

/// What the gate says of a command that it does not know; not in the server's manner.
fn forbidden() -> Answer {
    let body: Value = json!({"errorcode": 403, "errortext": " Forbidden "});
    Answer {
        status: 403,
        body: Body::Tree("errorresponse".into(), body),
        description: None,
        cookies: Vec::new(),
        version: None,
    }
}

/// A refusal in its codes: a bad key or signature is 401, a wrong argument 500, and both have 400 within.
fn worded(refusal: Refusal) -> Refusal {
    match refusal.code {
        401 => Refusal::new(
            401,
            400,
            "Unable to verify user credentials and/or request signature.",
        ),
        430 | 431 => Refusal::new(500, 400, refusal.text),
        432 => Refusal::bare(403, ""),
        _ => refusal,
    }
}
