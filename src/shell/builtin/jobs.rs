//! `jobs`: the calls that changed something, of all processes of the profile, how far each is, and waiting for them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Builtin, Known};
use crate::catalog::Catalog;
use crate::client::ledger::{Fate, Noted, State};
use crate::client::resolve::Inquiry;
use crate::client::{Client, Options, interrupted_wait, resolve, wait};
use crate::cloud::Request;
use crate::cloud::desk::overdue;
use crate::error::{Error, Kind, Result};
use crate::record::answer::Answer;
use crate::record::{Record, Value};
use crate::shell::calls::options_of;
use crate::shell::session::{Session, Shown, View};

const WORDS: [&str; 4] = ["all", "wait", "show", "forget"];
/// `jobs` alone shows so many of the calls that have ended, the latest ones.
const SHOWN: usize = 50;

pub const JOBS: Builtin = Builtin {
    name: "jobs",
    args: "[all] | wait [ID…|all] | show ID | forget ID…",
    about: "Lists, waits for, shows or forgets calls that changed something",
    run,
    words,
};

fn words(known: &Known, given: &[&str]) -> Vec<String> {
    let ids = |open: bool| {
        let calls = known.jobs().iter();
        let calls = calls.filter(move |call| !open || call.state.open());
        calls
            .map(|call| call.id.to_string())
            .filter(|id| !given.contains(&id.as_str()))
    };
    match given {
        [] => WORDS.map(String::from).to_vec(),
        ["wait"] => ids(true).chain(["all".into()]).collect(),
        ["wait", ..] => ids(true).collect(),
        ["show"] | ["forget", ..] => ids(false).collect(),
        _ => Vec::new(),
    }
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        [] => list(session, false),
        ["all"] => list(session, true),
        ["wait"] | ["wait", "all"] => wait_for(session, &[]),
        ["wait", ref ids @ ..] => wait_for(session, ids),
        ["show", id] => show(session, id),
        ["forget", ref ids @ ..] if !ids.is_empty() => forget(session, ids),
        _ => Err(Error::line(format!("jobs takes {}", JOBS.args)).hint(
            "an ID is the number that `jobs` shows, the id of a job, or of what it works on",
        )),
    }
}

fn list(session: &mut Session, all: bool) -> Result<Shown> {
    let whose = session.whose(&session.resolved)?;
    let mut calls = session.ledger.calls(&whose, all)?;
    bring_up_to_date(session, &mut calls)?;
    if !all {
        let ended = calls.iter().filter(|call| !call.state.open()).count();
        let mut skipped = ended.saturating_sub(SHOWN);
        calls.retain(|call| {
            let old = skipped > 0 && !call.state.open();
            skipped -= usize::from(old);
            !old
        });
    }
    tell_overdue(session, &calls);
    Ok(shown(session, &calls))
}

/// Says which of the calls take longer than they should.
fn tell_overdue(session: &Session, calls: &[Noted]) {
    let dialect = session.dialect();
    for call in calls.iter().filter(|call| call.state == State::Running) {
        let request = Request {
            api: call.api.clone(),
            params: call.params.clone(),
        };
        if let Some(text) = overdue(&*dialect, &request, call.age()) {
            session.ui.warn(&format!("number {}: {text}", call.id));
        }
    }
}

/// Waits until none of the calls is open, or the time limit has passed. The status tells the worst of them.
fn wait_for(session: &mut Session, ids: &[&str]) -> Result<Shown> {
    let calls = match ids {
        [] => open(session)?,
        ids => named(session, ids)?,
    };
    let whose = session.whose(&session.resolved)?;
    let client = session.client()?;
    let limit = Duration::from_secs(session.resolved.seconds("timeout"));
    let wanted: Vec<i64> = calls.iter().map(|call| call.id).collect();
    let start = Instant::now();
    let mut calls = calls;
    let waits = |session: &Session, call: &Noted| {
        let lives = call.state == State::Sent && session.ledger.lives(call);
        call.is_of(&whose) && (call.state == State::Running || lives)
    };
    let mut answered = Instant::now();
    loop {
        let open = calls.iter().filter(|call| waits(session, call)).count();
        let left = limit.saturating_sub(start.elapsed());
        if open == 0 || left.is_zero() || answered.elapsed() > wait::PATIENCE {
            break;
        }
        let pause = wait::pause(start.elapsed()).min(left);
        let caller = client.clone();
        let what = format!("waiting for {open} of {}", calls.len());
        session.on_network(
            &caller,
            || what.clone(),
            |mut interrupt| async move {
                tokio::select! {
                    () = tokio::time::sleep(pause) => Ok(()),
                    () = interrupt.pressed() => Err(interrupted_wait()),
                }
            },
        )??;
        // A question that fails is no call that failed.
        if refresh(session, &mut calls)?.is_empty() {
            answered = Instant::now();
        }
    }
    bring_up_to_date(session, &mut calls)?;
    session.values.forget();
    let calls: Vec<Noted> = session
        .ledger
        .calls(&whose, true)?
        .into_iter()
        .filter(|call| wanted.contains(&call.id))
        .collect();
    let answer = shown(session, &calls);
    let worst = [State::Failed, State::Unknown, State::Running, State::Sent]
        .into_iter()
        .find_map(|state| calls.iter().find(|call| call.state == state));
    let Some(call) = worst else {
        return Ok(answer);
    };
    let Shown::Answer(view) = answer else {
        return Ok(answer);
    };
    session
        .print(&view)
        .map_err(|why| Error::local(format!("the output could not be written: {why}")))?;
    let told = format!("{} (number {} in `jobs`)", call.api, call.id);
    let why = call.error.clone().unwrap_or_default();
    Err(match call.state {
        State::Failed => Error::new(Kind::JobFailed, format!("{told} failed: {why}")),
        State::Unknown => Error::new(
            Kind::Unknown,
            format!("what became of {told} is not known: {why}"),
        )
        .hint("look in the cloud; `jobs forget ID` when you know"),
        _ => Error::new(
            Kind::StillRunning,
            format!("{told} still runs after {} s", limit.as_secs()),
        )
        .hint("a longer wait: timeout=SECONDS on the line"),
    })
}

fn show(session: &mut Session, id: &str) -> Result<Shown> {
    let mut calls = named(session, &[id])?;
    bring_up_to_date(session, &mut calls)?;
    let Some(call) = calls.first() else {
        return Err(none(id));
    };
    let mut record = row(session, call, &columns(&calls));
    record.push("profile", Value::String(call.profile.clone()));
    record.push("process", Value::Number(call.pid.to_string()));
    if call.custom {
        record.push("customid", Value::String(call.uuid.clone()));
    }
    let mut params = Record::default();
    for (name, value) in &call.params {
        params.push(name.as_str(), Value::String(value.clone()));
    }
    record.push("params", Value::Record(params));
    let form = session.resolved.get("output");
    Ok(View::of(Answer::of(Value::Record(record)), form))
}

fn forget(session: &mut Session, ids: &[&str]) -> Result<Shown> {
    for call in named(session, ids)? {
        if call.state == State::Sent && session.ledger.lives(&call) {
            return Err(Error::line(format!(
                "number {} is being sent by process {} and is not forgotten",
                call.id, call.pid
            )));
        }
        session.ledger.forget(call.id)?;
    }
    Ok(Shown::Nothing)
}

fn open(session: &Session) -> Result<Vec<Noted>> {
    let whose = session.whose(&session.resolved)?;
    let mut calls = session.ledger.calls(&whose, false)?;
    calls.retain(|call| call.undecided());
    Ok(calls)
}

/// The calls of these numbers, or with these jobs or resources; the latest where several have the resource.
fn named(session: &Session, ids: &[&str]) -> Result<Vec<Noted>> {
    let whose = session.whose(&session.resolved)?;
    let calls = session.ledger.calls(&whose, true)?;
    ids.iter()
        .map(|id| {
            let number = |call: &&Noted| call.id.to_string() == *id;
            let thing = |call: &&Noted| {
                call.job.as_deref() == Some(id) || call.resource.as_deref() == Some(id)
            };
            let found = calls
                .iter()
                .find(number)
                .or_else(|| calls.iter().rev().find(thing));
            found.cloned().ok_or_else(|| none(id))
        })
        .collect()
}

/// The latest call of that API, as it is now.
pub(super) fn latest(session: &mut Session, api: &str) -> Result<Option<Noted>> {
    let whose = session.whose(&session.resolved)?;
    let calls = session.ledger.calls(&whose, true)?;
    let Some(latest) = calls.into_iter().rev().find(|call| call.api == api) else {
        return Ok(None);
    };
    let mut calls = [latest];
    bring_up_to_date(session, &mut calls)?;
    let [latest] = calls;
    Ok(Some(latest))
}

fn none(id: &str) -> Error {
    Error::line(format!("there is no call {id} in this profile's ledger"))
        .hint("`jobs all` shows those that there are")
}

/// Asks the cloud after the calls that are undecided; what cannot be asked stays as it was, and the reason is told.
fn bring_up_to_date(session: &mut Session, calls: &mut [Noted]) -> Result<()> {
    if !calls.iter().any(Noted::undecided) {
        return Ok(());
    }
    match refresh(session, calls) {
        Err(error) if error.kind != Kind::Interrupted => {
            tell(session, &error);
            Ok(())
        }
        asked => asked.map(|troubles| troubles.iter().for_each(|error| tell(session, error))),
    }
}

fn tell(session: &Session, error: &Error) {
    session.ui.warn(&format!(
        "what became of an open call could not be asked: {}",
        error.message
    ));
}

/// Asks after each undecided call, and gives what kept some from being asked after.
fn refresh(session: &mut Session, calls: &mut [Noted]) -> Result<Vec<Error>> {
    let whose = session.whose(&session.resolved)?;
    let (client, catalog) = (session.client()?, session.catalog()?);
    let mut options = options_of(&session.resolved);
    options.manner.response = "json".into();
    let mut troubles = Vec::new();
    for call in calls.iter_mut() {
        if !call.undecided() || !call.is_of(&whose) {
            continue;
        }
        // What another process is sending is that one's to settle; asked in this order, its last word is not missed.
        let lives = session.ledger.lives(call);
        if let Some(now) = session.ledger.call(call.id)? {
            *call = now;
        }
        if !call.undecided() || (call.state == State::Sent && lives) {
            continue;
        }
        match ask(session, &client, &catalog, &options, call) {
            Ok(fate) => {
                session.ledger.find_out(call, &fate)?;
                if let Some(now) = session.ledger.call(call.id)? {
                    *call = now;
                }
            }
            Err(error) if error.kind == Kind::Interrupted => return Err(error),
            Err(error) => troubles.push(error),
        }
    }
    // Looked at now, whatever came of it.
    session.ledger.seen(calls)?;
    Ok(troubles)
}

fn ask(
    session: &mut Session,
    client: &Arc<Client>,
    catalog: &Arc<Catalog>,
    options: &Options,
    call: &Noted,
) -> Result<Fate> {
    let (caller, known, options, asked) = (
        client.clone(),
        catalog.clone(),
        options.clone(),
        call.clone(),
    );
    let what = format!("{} (number {})", call.api, call.id);
    session.on_network(
        client,
        || what.clone(),
        |mut interrupt| async move {
            let Some(book) = caller.book() else {
                return Err(Error::local("there is no ledger"));
            };
            let inquiry = Inquiry {
                client: &caller,
                book,
                catalog: &known,
                options: &options,
            };
            tokio::select! {
                fate = resolve::refresh(&inquiry, &asked) => fate,
                () = interrupt.pressed() => Err(interrupted_wait()),
            }
        },
    )?
}

fn shown(session: &Session, calls: &[Noted]) -> Shown {
    let columns = columns(calls);
    let rows = calls
        .iter()
        .map(|call| row(session, call, &columns))
        .collect();
    let form = session.resolved.get("output");
    let mut shown = View::of(Answer::table("job", rows), form);
    if let Shown::Answer(view) = &mut shown {
        // Scripts that read csv can count on the columns.
        let always = ["id", "api", "state", "sent"].into_iter();
        view.known = always.chain(MAYBE).map(String::from).collect();
    }
    shown
}

fn row(session: &Session, call: &Noted, columns: &[bool; 5]) -> Record {
    let state = match call.state {
        // The process that sent it is gone, so nobody hears the answer.
        State::Sent if !session.ledger.lives(call) => State::Unknown,
        state => state,
    };
    let mut row = Record::default();
    row.push("id", Value::Number(call.id.to_string()));
    row.push("api", Value::String(call.api.clone()));
    row.push("state", Value::String(state.name().into()));
    row.push("sent", Value::String(date(call.sent)));
    for ((name, value), shown) in MAYBE.into_iter().zip(maybe(call)).zip(columns) {
        if *shown {
            row.push(name, Value::String(value.unwrap_or_default()));
        }
    }
    row
}

/// What not every call has.
const MAYBE: [&str; 5] = ["name", "jobid", "resourceid", "ended", "error"];

fn maybe(call: &Noted) -> [Option<String>; 5] {
    let named = ["name", "displayname", "username", "id"]
        .iter()
        .find_map(|wanted| {
            let same = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(wanted);
            call.params
                .iter()
                .find(same)
                .map(|(_, value)| value.clone())
        });
    [
        named,
        call.job.clone(),
        call.resource.clone(),
        call.ended.map(date),
        call.error.clone(),
    ]
}

/// Which of these any of the calls has: it stands in the same place for all of them.
fn columns(calls: &[Noted]) -> [bool; 5] {
    let mut columns = [false; 5];
    for call in calls {
        for (column, value) in columns.iter_mut().zip(maybe(call)) {
            *column |= value.is_some();
        }
    }
    columns
}

/// A moment in milliseconds since 1970, as answers have them.
pub(super) fn date(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds)
        .unwrap_or_default()
        .strftime("%Y-%m-%dT%H:%M:%S+0000")
        .to_string()
}
