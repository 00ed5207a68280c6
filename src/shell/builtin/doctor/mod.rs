//! `doctor`: finds out step by step why a cloud or a command does not do as it should, and writes a report of it.

mod arguments;
mod asked;
mod ledger;
mod reach;
mod send;

use std::sync::Arc;
use std::time::{Duration, Instant};

use asked::Asked;

use super::{Builtin, Known};
use crate::client::{Client, Options};
use crate::cloud::{Dialect, Proof, Request};
use crate::config::resolve::Resolved;
use crate::config::secret::Secret;
use crate::doctor::report::{self, Report};
use crate::doctor::{Findings, Found, Status, Step};
use crate::error::{Error, Kind, Result};
use crate::line::command::{Call, Command};
use crate::line::secrets::{STRUCK, is_secret_of, strike};
use crate::line::{options, shown};
use crate::record::answer::Answer;
use crate::record::select::wanted::Wanted;
use crate::shell::calls::options_of;
use crate::shell::clouds::reached_by;
use crate::shell::help::layout::entries_in;
use crate::shell::session::{Session, Shown, View};

/// How long a job is waited for that a triage started, unless the line says otherwise.
const JOB_TIME: u64 = 60;
/// The columns of a row, for forms that have them beforehand.
const COLUMNS: [&str; 6] = ["step", "status", "tried", "came", "do", "ms"];
/// How wide step and status are where they stand before what came.
const HEAD: usize = 18;

pub const DOCTOR: Builtin = Builtin {
    name: "doctor",
    args: "[--send] [--report FILE] [COMMAND…]",
    about: "Finds out step by step why a cloud or a command fails",
    run,
    words,
};

fn words(_: &Known, given: &[&str]) -> Vec<String> {
    let all = given
        .iter()
        .all(|word| word.starts_with("--"))
        .then_some(["--send", "--report"]);
    let fresh = all.into_iter().flatten();
    fresh
        .filter(|word| !given.contains(word))
        .map(String::from)
        .collect()
}

/// A triage in work.
struct Case {
    asked: Asked,
    /// The settings that hold, without the triage's own limits.
    resolved: Resolved,
    findings: Findings,
    /// The addresses that were looked at.
    servers: Vec<String>,
    /// What no report may hold.
    secrets: Vec<Secret>,
    /// The call that is looked into, as it would be sent.
    request: Option<Request>,
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let asked = Asked::of(session, args)?;
    let words = asked.words.iter().skip_while(|word| !word.contains('='));
    let mut way = reached_by(words.map(String::as_str));
    way.retain(|(name, _)| !asked.settings.iter().any(|(known, _)| known == name));
    way.extend(asked.settings.iter().cloned());
    let (resolved, wanted) = session.for_line(&way)?;
    let mut case = Case {
        resolved,
        findings: Findings::default(),
        servers: Vec::new(),
        secrets: Vec::new(),
        request: None,
        asked,
    };
    let start = Instant::now();
    let kept = std::mem::replace(&mut session.resolved, bounded(&case.resolved)?);
    let ended = case.examine(session);
    session.resolved = kept;
    session.ui.clear_spinner();
    case.tell_where_it_stands(session);
    let mut failures = case.findings.errors();
    failures.extend(ended.err());
    if let Some(path) = case.asked.report.clone() {
        let text = case.report(session, start.elapsed());
        match report::write(&path, &text) {
            Ok(()) => {
                let whom = report::whom(session.dialect().desk(), case.findings.cut_off());
                session.ui.say(&format!(
                    "the report is in {}, for you alone to read; {whom}",
                    path.display()
                ));
            }
            Err(error) => failures.push(error),
        }
    }
    let form = options::output(&case.asked.words);
    let form = form.unwrap_or_else(|| session.resolved.get("output"));
    let width = session.ui.to_terminal().then(|| session.ui.width());
    let whole = wanted == Wanted::default();
    let readable = whole.then(|| readable(&case.findings, width));
    let rows = case.findings.rows();
    Ok(Shown::Answer(Box::new(View {
        answer: Answer::table("step", rows),
        rest: None,
        form,
        wanted,
        known: COLUMNS.map(String::from).to_vec(),
        fields: Vec::new(),
        readable,
        failures,
    })))
}

/// The settings with the limits of a triage: nothing is waited for long, and nothing is tried twice.
fn bounded(resolved: &Resolved) -> Result<Resolved> {
    let mut bounded = resolved.with("retries", "0")?;
    for (name, most) in [
        ("connect_timeout", 5.0),
        ("reply_timeout", 20.0),
        ("idle_timeout", 5.0),
        ("throttle_wait", 0.0),
    ] {
        if resolved.duration(name) > Duration::from_secs_f64(most) {
            bounded = bounded.with(name, &most.to_string())?;
        }
    }
    Ok(bounded)
}

/// The steps for people, a paragraph each at a terminal of that width; what failed is told there by its error below.
fn readable(findings: &Findings, width: Option<usize>) -> String {
    let rows: Vec<(String, String)> = findings
        .0
        .iter()
        .map(|found| {
            let head = format!("{:<11}{}", found.step.name(), found.status.name());
            let mut said = match &found.server {
                Some(server) => format!("{server}: {}", found.tried),
                None => found.tried.clone(),
            };
            if width.is_none() || !matches!(found.status, Status::Failed(_)) {
                said.push_str(&format!(": {}", found.came));
                if !found.advice.is_empty() {
                    said.push_str(&format!(" ({})", found.advice.join("; ")));
                }
            }
            (head, said)
        })
        .collect();
    entries_in(&rows, HEAD, width.unwrap_or(usize::MAX))
}

impl Case {
    /// Goes through the steps until one fails; a step's failure is among the findings, and an error is one of the triage itself.
    fn examine(&mut self, session: &mut Session) -> Result<()> {
        if !self.reach(session)? {
            return Ok(());
        }
        let Some(call) = self.command(session)? else {
            return Ok(());
        };
        let prepared = self.arguments(session, call)?;
        let Some((call, client, options)) = prepared else {
            return Ok(());
        };
        let Some(request) = self.request.clone() else {
            return Ok(());
        };
        if client.reads(&request.api) || self.asked.send {
            self.send(session, &call, &request, &options)
        } else {
            self.by_ledger(session, &request)
        }
    }

    /// Whether the command is one, and may be called. Nothing where there is none to go on with.
    fn command(&mut self, session: &mut Session) -> Result<Option<Call>> {
        let start = Instant::now();
        let Some(line) = self.asked.line.clone() else {
            let tried = "what this identity may call";
            let found = match session.catalog() {
                Ok(catalog) if catalog.shipped() => Found::well(
                    Step::Command,
                    tried,
                    format!(
                        "{} APIs in the catalogue that comes with the program",
                        catalog.len()
                    ),
                ),
                Ok(catalog) => Found::well(Step::Command, tried, format!("{} APIs", catalog.len())),
                Err(error) if error.kind == Kind::Interrupted => return Err(error),
                Err(error) => Found::failed(Step::Command, tried, error),
            };
            self.findings.add(found.taking(start.elapsed()));
            return Ok(None);
        };
        let tried = format!("`{}` by the catalogue", shown(&strike(&line)));
        let meant = session.meaning(&line);
        let took = start.elapsed();
        let found = match meant {
            Ok(Command::Call(call)) => {
                let catalog = session.known_catalog();
                let known = catalog.api(&call.name)?.is_some();
                let came = match (known, catalog.shipped()) {
                    (true, false) => format!("{} is there, and allowed", call.name),
                    (true, true) => format!(
                        "{} is in the catalogue that comes with the program; whether this cloud has it shows when it is called",
                        call.name
                    ),
                    (false, _) => format!("{} is in no catalogue, and goes as typed", call.name),
                };
                let found = Found::well(Step::Command, tried, came);
                let found = match known {
                    true => found,
                    false => found.noticing("check its name: `apropos WORD` finds commands"),
                };
                self.findings.add(found.taking(took));
                return Ok(Some(call));
            }
            Ok(_) => {
                let error = Error::line("that is no call of a cloud")
                    .hint("as in `doctor start virtualmachine id=…`");
                Found::failed(Step::Command, tried, error)
            }
            Err(error) if error.kind == Kind::Interrupted => return Err(error),
            // What is wrong is with its parameters where its name alone means an API.
            Err(error) if error.kind == Kind::Line && self.names_an_api(session, &line) => {
                let there = "it is there, and allowed";
                self.findings
                    .add(Found::well(Step::Command, tried.clone(), there).taking(took));
                Found::failed(Step::Arguments, tried, error)
            }
            Err(error) => {
                let words = self.asked.words.iter().map(String::as_str);
                Found::failed(Step::Command, tried, session.elsewhere(error, words))
            }
        };
        self.findings.add(found.taking(took));
        Ok(None)
    }

    fn names_an_api(&self, session: &mut Session, line: &str) -> bool {
        let meant = session.meaning(&format!("{line} -h"));
        matches!(meant, Ok(Command::ApiHelp(_)))
    }

    /// Adds whom to turn to where a whole site may be cut off.
    fn tell_where_it_stands(&mut self, session: &Session) {
        if !self.findings.cut_off() {
            return;
        }
        if let Some(desk) = session.dialect().desk()
            && let Some(last) = self.findings.0.last_mut()
        {
            last.advice.push(format!(
                "where every terminal of a site is cut off, {} comes first",
                desk.line
            ));
        }
    }

    fn report(&self, session: &Session, took: Duration) -> String {
        let dialect = session.dialect();
        let endpoint = self.resolved.endpoint().ok().flatten();
        let of_call = self.request.iter().flat_map(secrets_of);
        let mut secrets: Vec<String> = self.secrets.iter().map(|it| it.expose().into()).collect();
        secrets.extend(of_call);
        // One that is a part of another goes after it.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let strike = |text: &str| {
            let struck = session.variables.hidden().strike(text);
            secrets
                .iter()
                .fold(struck, |text, secret| text.replace(secret, STRUCK))
        };
        report::text(&Report {
            settings: ["service", "contract", "line"].map(|name| self.resolved.get(name)),
            desk: dialect.desk(),
            profile: &self.resolved.profile,
            kind: self.resolved.kind().about,
            servers: &self.servers,
            caller: endpoint.map_or("its administrator".into(), |endpoint| {
                reach::caller(&endpoint.who)
            }),
            call: self.call_as_sent(&*dialect),
            findings: &self.findings,
            now: jiff::Timestamp::now().strftime(report::DATE).to_string(),
            took,
            strike: &strike,
        })
    }

    /// The address of the call without key, signature and secrets.
    fn call_as_sent(&self, dialect: &dyn Dialect) -> Option<String> {
        let request = self.request.as_ref()?;
        let url = self.servers.first()?;
        let manner = options_of(&self.resolved).manner;
        let proof = Proof::Nothing;
        Some(dialect.sign(request, url, proof, &manner, 0).shown)
    }
}

/// The values of a call's own secrets, as they are and on one line, as errors tell what a cloud says. Those so short that they stand
/// elsewhere by chance are left out.
fn secrets_of(request: &Request) -> impl Iterator<Item = String> {
    const SHORTEST: usize = 4;
    let Request { api, params } = request;
    params
        .iter()
        .filter(|(name, _)| is_secret_of(api, params, name))
        .flat_map(|(_, value)| {
            let words: Vec<&str> = value.split_whitespace().collect();
            [value.clone(), words.join(" ")]
        })
        .filter(|value| value.len() >= SHORTEST)
}

/// What a call is made with.
type Prepared = (Call, Arc<Client>, Options);
