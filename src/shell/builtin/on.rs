//! `on`: one command for several profiles, side by side; one list of what came of it, with the profile of each row first.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Builtin, Known};
use crate::catalog::Field;
use crate::client::network::Network;
use crate::cloud::Request;
use crate::config::Places;
use crate::config::resolve::Flags;
use crate::error::{Error, Kind, Result};
use crate::line::command::{Call, Command, Given};
use crate::line::secrets::strike;
use crate::line::variables::Variables;
use crate::record::answer::{Answer, Shape};
use crate::record::rows::{Row, Rows, Source};
use crate::record::select::wanted::Wanted;
use crate::record::{Record, Value};
use crate::shell::clouds::Demo;
use crate::shell::session::{Env, Mode, Session, Shown, View};
use crate::ui::{Transcript, Ui};

const ALL: &str = "all";
/// The first column.
const PROFILE: &str = "profile";
const STACK: usize = 8 << 20;
const TICK: Duration = Duration::from_millis(100);

pub const ON: Builtin = Builtin {
    name: "on",
    args: "PROFILE[,PROFILE…]|all COMMAND…",
    about: "Carries a call out on several profiles at once",
    run,
    words,
};

fn words(known: &Known, given: &[&str]) -> Vec<String> {
    match given {
        [] => std::iter::once(ALL.to_string())
            .chain(known.profiles.iter().cloned())
            .collect(),
        _ => Vec::new(),
    }
}

/// What came of the command on one profile.
struct Part {
    answer: Answer,
    known: Vec<String>,
    fields: Vec<Field>,
    /// What the line says of what is printed, of all rows together.
    wanted: Settings,
    form: Option<String>,
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let usage =
        "on PROFILE[,PROFILE…]|all COMMAND…, as in `on all list virtualmachines filter=name,state`";
    let [names, words @ ..] = args else {
        return Err(Error::line("on needs profiles and a command").hint(usage));
    };
    if words.is_empty() {
        return Err(Error::line(format!("on {names} needs a command")).hint(usage));
    }
    if words.iter().any(|word| word.ends_with("=@-")) {
        return Err(Error::line(
            "on: standard input can be read only once, so not by each profile (@-)",
        )
        .hint("put it into a file: name=@FILE"));
    }
    // The words are as they were typed: what variables stand for in them stays a value.
    let line = &words.join(" ");
    let profiles = profiles(session, names)?;
    let beside = Beside {
        places: session.places.clone(),
        env: session.env.clone(),
        output: session.flags.output.clone(),
        network: session.network()?,
        demo: session.demo.clone(),
        variables: session.variables.clone(),
    };
    confirm(session, &beside, line, &profiles)?;
    let outcomes = side_by_side(session, &beside, &profiles, line)?;
    let mut whole: Option<Part> = None;
    let mut failures = Vec::new();
    for (profile, (outcome, said)) in profiles.iter().zip(outcomes) {
        for line in said.lines() {
            session.ui.say(&format!("{profile}: {line}"));
        }
        match outcome {
            Ok(part) => add(&mut whole, part, profile),
            Err(error) => failures.push(Error {
                message: format!("{profile}: {}", error.message),
                ..error
            }),
        }
    }
    let Some(Part {
        mut answer,
        mut known,
        mut fields,
        wanted,
        form,
    }) = whole
    else {
        let statuses: Vec<u8> = failures
            .iter()
            .map(|error| session.failed(error).status)
            .collect();
        return Ok(Shown::Status(statuses.first().copied().unwrap_or(0)));
    };
    let (_, wanted) = session.for_line(&wanted)?;
    let count = answer.rows.len().to_string();
    answer.head = Record::default();
    answer.head.push("count", Value::Number(count));
    if answer.name.is_none() && !answer.rows.is_empty() {
        answer.name = Some("result".into());
    }
    known.retain(|name| name != PROFILE);
    known.insert(0, PROFILE.into());
    fields.push(Field {
        name: PROFILE.into(),
        kind: "string".into(),
        ..Field::default()
    });
    let mut view = View {
        answer,
        rest: None,
        form: form.unwrap_or_else(|| session.resolved.get("output")),
        wanted,
        known,
        fields,
        readable: None,
        failures,
    };
    if let Some(paths) = &mut view.wanted.filter
        && !paths.iter().any(|path| path == PROFILE)
    {
        paths.insert(0, PROFILE.into());
    }
    Ok(Shown::Answer(Box::new(view)))
}

/// The profiles that are meant, each once.
fn profiles(session: &Session, names: &str) -> Result<Vec<String>> {
    let mut profiles: Vec<String> = Vec::new();
    for name in names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let named = match name {
            ALL if !session.file.profiles().iter().any(|known| known == ALL) => {
                session.file.profiles()
            }
            name => {
                session.file.known(name)?;
                vec![name.to_string()]
            }
        };
        for name in named {
            if !profiles.contains(&name) {
                profiles.push(name);
            }
        }
    }
    if profiles.is_empty() {
        return Err(Error::line(format!("on {names}: there is no profile"))
            .hint("`profile add NAME` and `profile import` make some; `demo` is always there"));
    }
    Ok(profiles)
}

type Settings = Vec<(String, String)>;

/// The words that say what is printed, and the settings of the call itself.
fn split(settings: &[(String, String)]) -> Result<(Settings, Settings)> {
    let mut wanted = Wanted::default();
    let (mut words, mut own) = (Settings::new(), Settings::new());
    for (name, value) in settings {
        let given = (name.clone(), value.clone());
        match name == "age" || wanted.take(name, value)? {
            true => words.push(given),
            false => own.push(given),
        }
    }
    Ok((words, own))
}

/// Asks once for all profiles before a call that takes something away for good.
fn confirm(session: &mut Session, beside: &Beside, line: &str, profiles: &[String]) -> Result<()> {
    if session.mode != Mode::Prompt {
        return Ok(());
    }
    // Where nobody knows the call, each profile says why.
    let call = call_of(session, line).or_else(|error| {
        let mut others = profiles.iter();
        let meant = others.find_map(|profile| beside.meaning(profile, line).ok());
        meant.ok_or(error)
    });
    let Ok(call) = call else {
        return Ok(());
    };
    let answered = call
        .settings
        .iter()
        .any(|(name, value)| name == "confirm" && value == "false");
    let params = call.params.into_iter().map(|(name, given)| {
        let value = match given {
            Given::Text(text) | Given::Data(text) => text,
            Given::File(_) | Given::Stdin => String::new(),
        };
        (name, value)
    });
    let request = Request {
        api: call.name,
        params: params.collect(),
    };
    if answered || session.dialect().loses(&request).is_none() {
        return Ok(());
    }
    let command = strike(line);
    session.confirm(&format!("{command} on {}", profiles.join(", ")))
}

/// What came of the command on each profile, in their order, with what was said meanwhile.
fn side_by_side(
    session: &Session,
    beside: &Beside,
    profiles: &[String],
    line: &str,
) -> Result<Vec<(Result<Part>, String)>> {
    let (sender, receiver) = channel();
    let mut outcomes: Vec<Option<(Result<Part>, String)>> = Vec::new();
    outcomes.resize_with(profiles.len(), || None);
    thread::scope(|scope| -> Result<()> {
        for (place, profile) in profiles.iter().enumerate() {
            let sender = sender.clone();
            let work = move || {
                // Nobody listens any more where a thread could not be made.
                let _ = sender.send((place, beside.carry_out(profile, line)));
            };
            thread::Builder::new()
                .name("on".into())
                .stack_size(STACK)
                .spawn_scoped(scope, work)
                .map_err(|why| Error::local(format!("no thread for profile {profile}: {why}")))?;
        }
        drop(sender);
        let (start, mut done) = (Instant::now(), 0);
        loop {
            match receiver.recv_timeout(TICK) {
                Ok((place, outcome)) => {
                    outcomes[place] = Some(outcome);
                    done += 1;
                }
                Err(RecvTimeoutError::Timeout) => {
                    let what = format!("{done} of {} profiles", profiles.len());
                    session.ui.spin(&what, start.elapsed());
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        session.ui.clear_spinner();
        Ok(())
    })?;
    let lost = || {
        let error = Error::local("its thread ended unexpectedly")
            .hint("this is a fault of the program; please report it");
        (Err(error), String::new())
    };
    Ok(outcomes
        .into_iter()
        .map(|outcome| outcome.unwrap_or_else(lost))
        .collect())
}

/// What the sessions of the profiles begin with.
struct Beside {
    places: Places,
    env: Env,
    output: Option<String>,
    network: Arc<Network>,
    demo: Arc<Demo>,
    variables: Variables,
}

impl Beside {
    /// A session of that profile which changes nothing in the one that runs it.
    fn session(&self, profile: &str, transcript: &Transcript) -> Result<Session> {
        let flags = Flags {
            profile: Some(profile.into()),
            output: self.output.clone(),
            ..Flags::default()
        };
        // What is to be said of the configuration was said at the start.
        let mut session = Session::with_ui(
            Ui::recorded(Transcript::default()),
            self.places.clone(),
            self.env.clone(),
            flags,
            Mode::Script { stdin: false },
        )?;
        session.ui = Ui::recorded(transcript.clone());
        session.network = Some(self.network.clone());
        session.demo = self.demo.clone();
        session.variables = self.variables.clone();
        Ok(session)
    }

    /// What the words mean on that profile.
    fn meaning(&self, profile: &str, line: &str) -> Result<Call> {
        call_of(&mut self.session(profile, &Transcript::default())?, line)
    }

    fn carry_out(&self, profile: &str, line: &str) -> (Result<Part>, String) {
        let transcript = Transcript::default();
        let outcome = self
            .session(profile, &transcript)
            .and_then(|mut session| part(&mut session, line));
        (outcome, transcript.text())
    }
}

fn call_of(session: &mut Session, line: &str) -> Result<Call> {
    match session.meaning(line)? {
        Command::Call(call) => Ok(call),
        _ => Err(
            Error::line(format!("on: `{}` is no call of a cloud", strike(line)))
                .hint("as in `on all list virtualmachines filter=name,state`"),
        ),
    }
}

/// All rows of one profile's answer, as nothing has been left out of them yet.
fn part(session: &mut Session, line: &str) -> Result<Part> {
    let mut call = call_of(session, line)?;
    let name = call.name.clone();
    let (wanted, settings) = split(&call.settings)?;
    // Words that do not go together are refused before anything is sent.
    session.for_line(&wanted)?;
    call.settings = settings;
    let form = call.settings.iter().find(|(name, _)| name == "output");
    let form = form.map(|(_, form)| form.to_ascii_lowercase());
    let shown = session.call(call).map_err(|error| error.of(&name))?;
    let Shown::Answer(view) = shown else {
        return Err(Error::new(Kind::Local, "the call came to no answer"));
    };
    let (known, fields) = (view.known.clone(), view.fields.clone());
    let mut answer = session.whole(*view).map_err(|error| error.of(&name))?;
    // A job may end without a result.
    if let Some(job) = answer.job.take().filter(|_| answer.rows.is_empty()) {
        answer.rows = vec![Value::Record(job)].into();
    }
    Ok(Part {
        answer,
        known,
        fields,
        wanted,
        form,
    })
}

/// Puts the rows of a profile to those of the others.
fn add(whole: &mut Option<Part>, part: Part, profile: &str) {
    let rows = with_profile(&part.answer.rows, profile);
    match whole {
        None => {
            *whole = Some(Part {
                answer: Answer {
                    shape: Shape::List,
                    name: part.answer.name,
                    rows,
                    ..Answer::default()
                },
                ..part
            });
        }
        Some(whole) => {
            // An empty list has no name of its own.
            whole.answer.name = whole.answer.name.take().or(part.answer.name);
            whole.answer.rows.append(rows);
            if whole.known.is_empty() {
                (whole.known, whole.fields) = (part.known, part.fields);
            }
        }
    }
}

/// The rows with the profile as their first field, in JSON as they came.
fn with_profile(rows: &Rows, profile: &str) -> Rows {
    let first = serde_json::Value::from(profile).to_string();
    let texts: Vec<bytes::Bytes> = rows
        .iter()
        .map(|row| {
            let mut text = Vec::new();
            // Writing into memory does not fail.
            let _ = row.compact(&mut text);
            let text = String::from_utf8_lossy(&text).into_owned();
            let is_record = match &row {
                Row::Json(text) => text.trim_start().starts_with('{'),
                Row::Value(value) => value.as_record().is_some(),
            };
            let rest = match is_record {
                true => text.trim().strip_prefix('{').unwrap_or_default().into(),
                false => format!("\"value\":{text}}}"),
            };
            let comma = if rest.trim_start().starts_with('}') {
                ""
            } else {
                ","
            };
            format!("{{\"profile\":{first}{comma}{rest}").into()
        })
        .collect();
    let count = texts.len();
    Rows::of(Source::Texts(texts), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_stands_before_what_a_row_has() {
        let rows = vec![
            Value::Record(Record::default()),
            Value::Number("1.10".into()),
            {
                let mut row = Record::default();
                row.push("id", Value::Number("1.10".into()));
                Value::Record(row)
            },
        ];
        let rows = with_profile(&rows.into(), "a\"b");
        let mut seen = Vec::new();
        for row in rows.iter() {
            row.compact(&mut seen).unwrap();
            seen.push(b'\n');
        }
        let seen = String::from_utf8(seen).unwrap().replace(' ', "");
        assert_eq!(
            seen,
            "{\"profile\":\"a\\\"b\"}\n{\"profile\":\"a\\\"b\",\"value\":1.10}\n{\"profile\":\"a\\\"b\",\"id\":1.10}\n"
        );
    }
}
