//! `batch`: commands on standard input, a line each, and for each line of them one line of JSON with what it came to.

use std::io::{self, BufRead};

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::{Builtin, no_words};
use crate::error::{Error, Kind, Result};
use crate::record::json::text::compact;
use crate::shell::input::Input;
use crate::shell::keep::Kept;
use crate::shell::session::{Mode, Session, Shown, unwritten};

pub const BATCH: Builtin = Builtin {
    name: "batch",
    args: "",
    about: "Answers each line of standard input with one of JSON",
    run,
    words: no_words,
};

/// What an answer is made of besides its line's number.
enum Answered {
    /// The result, in JSON on one line.
    Ok(Box<RawValue>),
    /// The error's members, in JSON.
    Failed(Value),
    /// Those of each error, and the result of what went well beside them.
    Partly(Vec<Value>, Box<RawValue>),
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    if !args.is_empty() || session.mode != Mode::OneShot {
        return Err(
            Error::line("batch reads commands from standard input, for another program")
                .hint("start it so: capuchin batch"),
        );
    }
    session.mode = Mode::Script { stdin: true };
    let settings = session.resolved.clone();
    let ended = answer_all(session);
    session.resolved = settings;
    session.mode = Mode::OneShot;
    ended
}

fn answer_all(session: &mut Session) -> Result<Shown> {
    // Ctrl-C ends it between two answers, and while it waits for a line.
    let mut input = Input::begin(session.network()?)?;
    let pressed = session.presses();
    let mut number = 0_u64;
    loop {
        let mut bytes = Vec::new();
        let read = input.read_until(b'\n', &mut bytes).map_err(|why| {
            Error::local(format!("standard input could not be read: {why}"))
                .hint("commands are read from a pipe or a file")
        })?;
        if session.presses() > pressed {
            return Ok(Shown::Status(Kind::Interrupted.status()));
        }
        if read == 0 {
            return Ok(Shown::Nothing);
        }
        number += 1;
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        let (answered, leave) = answer(session, bytes);
        match print(session, number, &answered) {
            // Whoever asked is gone.
            Err(why) if why.kind() == io::ErrorKind::BrokenPipe => return Ok(Shown::Nothing),
            Err(why) => return Err(unwritten(&why)),
            Ok(()) => {}
        }
        if let Some(status) = leave {
            return Ok(Shown::Leave(status));
        }
    }
}

/// What came of a line, and the status to end with if it says so.
fn answer(session: &mut Session, bytes: Vec<u8>) -> (Answered, Option<u8>) {
    let line = match String::from_utf8(bytes) {
        Ok(line) => line,
        Err(why) => {
            let at = why.utf8_error().valid_up_to() + 1;
            let error = Error::line(format!("the line is not UTF-8 text (byte {at})"));
            return (failed(&error), None);
        }
    };
    match session.keep(&line) {
        Ok(Kept::Partly(kept, failures)) => match result(Ok(*kept)) {
            (Answered::Ok(result), leave) => {
                let failures = failures.iter().map(members).collect();
                (Answered::Partly(failures, result), leave)
            }
            other => other,
        },
        kept => result(kept),
    }
}

fn result(kept: Result<Kept>) -> (Answered, Option<u8>) {
    let null = || raw("null");
    match kept {
        Ok(Kept::Nothing) => (null(), None),
        Ok(Kept::Leave(status)) => (null(), Some(status)),
        Ok(Kept::Text(text)) => match to_raw_value(&text) {
            Ok(text) => (Answered::Ok(text), None),
            Err(why) => (failed(&Error::local(why.to_string())), None),
        },
        Ok(Kept::Json(printed)) => {
            let mut one_line = Vec::with_capacity(printed.json.len());
            compact(&String::from_utf8_lossy(&printed.json), &mut one_line);
            (raw(&String::from_utf8_lossy(&one_line)), None)
        }
        Ok(Kept::Failed(status)) => {
            let message = format!("it ended with status {status}");
            let mut members = members(&Error::local(message));
            members["status"] = status.into();
            members["kind"] = Value::Null;
            (Answered::Failed(members), None)
        }
        Ok(kept @ Kept::Partly(..)) => result(kept.whole()),
        Err(error) => (failed(&error), None),
    }
}

fn raw(json: &str) -> Answered {
    match RawValue::from_string(json.trim().to_string()) {
        Ok(value) => Answered::Ok(value),
        Err(why) => failed(&Error::local(format!("the result is no JSON: {why}"))),
    }
}

fn failed(error: &Error) -> Answered {
    Answered::Failed(members(error))
}

/// The error as output=json tells it, its errorcode as `code`.
fn members(error: &Error) -> Value {
    let mut members = json!({
        "status": error.status(),
        "code": error.code,
        "message": error.message,
    });
    if let (Value::Object(members), Ok(Value::Object(mut told))) =
        (&mut members, serde_json::from_str(&error.json()))
        && let Some(Value::Object(told)) = told.remove("error")
    {
        for (name, value) in told {
            if name != "errorcode" && !members.contains_key(&name) {
                members.insert(name, value);
            }
        }
    }
    members
}

fn print(session: &Session, number: u64, answered: &Answered) -> io::Result<()> {
    session.ui.write(|out| {
        match answered {
            Answered::Ok(result) => {
                write!(out, "{{\"line\":{number},\"ok\":true,\"result\":{result}}}")?;
            }
            Answered::Failed(error) => {
                write!(out, "{{\"line\":{number},\"ok\":false,\"error\":{error}}}")?;
            }
            Answered::Partly(errors, result) => {
                let first = errors.first().unwrap_or(&Value::Null);
                let all = Value::from(errors.clone());
                write!(
                    out,
                    "{{\"line\":{number},\"ok\":false,\"error\":{first},\"errors\":{all},\"result\":{result}}}"
                )?;
            }
        }
        out.write_all(b"\n")
    })
}
