//! `datacenter deploy FILE`: builds what a configuration file describes, call by call, and goes on where it stopped before.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;

use super::{Builtin, Known, first_word};
use crate::client::ledger::State;
use crate::datacenter::plan::{Look, Param, Params, Plan, Step, When};
use crate::error::{Error, Kind, Result};
use crate::line::command::{Call, Command, Given};
use crate::line::words::quote;
use crate::record::answer::Answer;
use crate::record::{Record, Value};
use crate::shell::session::{self, Session, Shown, View};

pub const DATACENTER: Builtin = Builtin {
    name: "datacenter",
    args: "deploy FILE [--dry-run]",
    about: "Builds zones from a configuration file",
    run,
    words,
};

/// The largest file that is read: far more than any datacentre needs.
const LARGEST: u64 = 16 << 20;
/// How many things of the file that are not used are told.
const MOST_NOTES: usize = 20;
const DRY_RUN: &str = "--dry-run";

fn words(_: &Known, given: &[&str]) -> Vec<String> {
    match given {
        ["deploy", ..] => vec![DRY_RUN.into()],
        _ => first_word(given, &["deploy"]),
    }
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let wrong = || Error::line(format!("datacenter takes `{}`", DATACENTER.args));
    let (first, rest) = args.split_first().ok_or_else(wrong)?;
    let (flags, files): (Vec<&String>, Vec<&String>) =
        rest.iter().partition(|word| word.starts_with("--"));
    let [file] = files[..] else {
        return Err(wrong());
    };
    if first != "deploy" || flags.iter().any(|flag| *flag != DRY_RUN) {
        return Err(wrong());
    }
    let text = read(&session::expand_home(file, &session.env))?;
    let plan = crate::datacenter::plan(&text).map_err(|mut error| {
        error.message = format!("{file}: {}", error.message);
        error
    })?;
    for note in plan.notes.iter().take(MOST_NOTES) {
        session.ui.warn(note);
    }
    if let Some(more) = plan.notes.len().checked_sub(MOST_NOTES).filter(|n| *n > 0) {
        session.ui.warn(&format!("{more} more are left out"));
    }
    if !flags.is_empty() {
        let lines: Vec<String> = plan.steps.iter().map(|step| step.line() + "\n").collect();
        return Ok(Shown::Text(lines.concat()));
    }
    deploy(session, &plan, file)
}

fn read(path: &Path) -> Result<String> {
    let shown = path.display();
    let unread = |why: std::io::Error| Error::line(format!("{shown} could not be read: {why}"));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unread)?;
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(unread)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Error::line(format!(
            "{shown} is no datacentre's file: it is larger than {} MB",
            LARGEST >> 20
        )));
    }
    String::from_utf8(bytes).map_err(|why| {
        let at = why.utf8_error().valid_up_to();
        Error::line(format!("{shown} is not UTF-8 text (byte {at})"))
    })
}

/// What is known of the cloud while it is built.
#[derive(Default)]
struct Site {
    /// What calls gave or lists showed, by the names of the plan.
    kept: HashMap<String, Record>,
    /// Those of them that were made just now, in which nothing is yet.
    fresh: HashSet<String>,
    /// Settings that were changed, and may want a restart.
    changed: Vec<String>,
    made: usize,
}

/// What a step came to.
enum Came {
    Made(Option<String>),
    Found(Option<String>),
}

fn deploy(session: &mut Session, plan: &Plan, file: &str) -> Result<Shown> {
    let mut site = Site::default();
    let total = plan.steps.len();
    let width = total.to_string().len();
    // Ctrl-C ends it between two calls, too.
    session.network()?;
    let pressed = session.presses();
    for (place, step) in plan.steps.iter().enumerate() {
        let number = place + 1;
        let came = match session.presses() > pressed {
            true => Err(Error::new(Kind::Interrupted, "it was interrupted before")),
            false => site.take(session, step),
        };
        let came = came.map_err(|error| stopped(error, step, (number, total), file))?;
        let end = match came {
            Came::Made(Some(id)) => id,
            Came::Made(None) => "done".into(),
            Came::Found(Some(id)) => format!("is there already, {id}"),
            Came::Found(None) => "is so already".into(),
        };
        session.ui.say(&format!(
            "{number:width$}/{total} {} {}: {end}",
            step.api, step.about
        ));
    }
    if site.made == 0 {
        session
            .ui
            .say("everything of the file is there; nothing was changed");
    }
    if !site.changed.is_empty() {
        session.ui.say(&format!(
            "changed settings that may take effect only when the management server is restarted: {}",
            site.changed.join(", ")
        ));
    }
    if site.kept.contains_key("zone") && site.made > 0 {
        session.ui.say(
            "system VMs start by themselves in an enabled zone; its first template is ready a minute or more later",
        );
    }
    let zones = plan.steps.iter().filter(|step| step.api == "createZone");
    let rows = zones
        .filter_map(|step| site.kept.get(step.keeps.as_deref()?))
        .map(|zone| {
            let mut row = Record::default();
            for field in ["id", "name", "networktype"] {
                let text = zone.text(field).unwrap_or_default();
                row.push(field, Value::String(text));
            }
            row
        })
        .collect();
    let form = session.resolved.get("output");
    Ok(View::of(Answer::table("zone", rows), form))
}

/// The error of a step, with where it happened and how to go on.
fn stopped(mut error: Error, step: &Step, (number, total): (usize, usize), file: &str) -> Error {
    error.message = format!(
        "{} {}, call {number} of {total} ({} in the file): {}",
        step.api, step.about, step.path, error.message
    );
    error.hint(format!(
        "what was made stays, and `datacenter deploy {}` goes on from there",
        quote(file)
    ))
}

impl Site {
    fn take(&mut self, session: &mut Session, step: &Step) -> Result<Came> {
        match &step.when {
            When::Always => self.make(session, step, step.api),
            When::Unlike { kept, field, value } => {
                let thing = self.kept.get(kept);
                let now = thing.and_then(|thing| thing.text(field));
                match now.is_some_and(|now| now.eq_ignore_ascii_case(value)) {
                    true => Ok(Came::Found(None)),
                    false => self.make(session, step, step.api),
                }
            }
            When::Unlisted(look) => match self.find(session, step, look)? {
                Some(row) => {
                    let id = row.text("id");
                    self.keep(step, row);
                    Ok(Came::Found(id))
                }
                None => self.make(session, step, step.api),
            },
            When::Find { name, otherwise } => {
                let rows = call(session, step.api, self.given(&step.params)?)?;
                let row = rows.into_iter().find(|row| {
                    let known = name.as_deref().zip(row.text("name"));
                    known.is_none_or(|(name, known)| known.eq_ignore_ascii_case(name))
                });
                match (row, otherwise) {
                    (Some(row), _) => {
                        let id = row.text("id");
                        self.keep(step, row);
                        Ok(Came::Made(id))
                    }
                    (None, Some(api)) => self.make(session, step, api),
                    (None, None) => Err(Error::new(
                        Kind::Refused,
                        "the cloud lists none, and it is needed for what follows",
                    )),
                }
            }
        }
    }

    fn keep(&mut self, step: &Step, row: Record) {
        if let Some(name) = &step.keeps {
            self.kept.insert(name.clone(), row);
        }
    }

    /// Makes the call of a step, or another one with its parameters.
    fn make(&mut self, session: &mut Session, step: &Step, api: &str) -> Result<Came> {
        let row = call(session, api, self.given(&step.params)?)?
            .into_iter()
            .next();
        self.made += 1;
        let live = |row: &Record| row.text("isdynamic").as_deref() == Some("true");
        if api == "updateConfiguration" && !row.as_ref().is_some_and(live) {
            self.changed.push(step.about.clone());
        }
        let id = row.as_ref().and_then(|row| row.text("id"));
        let id = id.filter(|_| !matches!(step.when, When::Unlike { .. }));
        if let Some(name) = &step.keeps {
            self.fresh.insert(name.clone());
        }
        if let Some(row) = row {
            self.keep(step, row);
        }
        Ok(Came::Made(id))
    }

    /// The row of a list that shows what a step would make.
    fn find(&self, session: &mut Session, step: &Step, look: &Look) -> Result<Option<Record>> {
        // Nothing is in what was made a moment ago.
        let new = |(_, param): &(String, Param)| match param {
            Param::Id(kept) => self.fresh.contains(kept),
            Param::Text(_) => false,
        };
        if look.params.iter().any(new) {
            return Ok(None);
        }
        let rows = call(session, look.api, self.given(&look.params)?)?;
        let fits = |row: &&Record| {
            look.rows.iter().any(|fields| {
                fields.iter().all(|(field, value)| {
                    let text = row.text(field);
                    text.is_some_and(|text| text.eq_ignore_ascii_case(value))
                })
            })
        };
        if let Some(row) = rows.iter().find(fits) {
            return Ok(Some(row.clone()));
        }
        let noted = self.noted(session, step)?;
        let mut rows = rows.into_iter();
        Ok(rows.find(|row| row.text("id").is_some_and(|id| noted.contains(&id))))
    }

    /// The ids that the same call gave before: some things do not show what they were made with.
    fn noted(&self, session: &mut Session, step: &Step) -> Result<HashSet<String>> {
        let given = self.given(&step.params)?;
        let whose = session.whose(&session.resolved)?;
        let calls = session.ledger.calls(&whose, false)?;
        let same = calls.into_iter().filter(|call| {
            let alike = |(name, value): &(String, String)| {
                name == "password" || call.params.iter().any(|(n, v)| n == name && v == value)
            };
            call.api == step.api && call.state == State::Done && given.iter().all(alike)
        });
        Ok(same.filter_map(|call| call.resource).collect())
    }

    /// The parameters with the ids that are known by now.
    fn given(&self, params: &Params) -> Result<Vec<(String, String)>> {
        let value = |(name, param): &(String, Param)| {
            let text = match param {
                Param::Text(text) => text.clone(),
                Param::Id(kept) => {
                    let id = self.kept.get(kept).and_then(|thing| thing.text("id"));
                    id.ok_or_else(|| {
                        Error::new(
                            Kind::Refused,
                            format!("{name} is not known: the cloud gave no id of the {kept}"),
                        )
                    })?
                }
            };
            Ok((name.clone(), text))
        };
        params.iter().map(value).collect()
    }
}

/// Makes a call the way a line does, its job followed to the end, and gives the records of its answer.
fn call(session: &mut Session, api: &str, given: Vec<(String, String)>) -> Result<Vec<Record>> {
    let catalog = session.catalog_for(["api", api].into_iter())?;
    let call = Call {
        name: api.into(),
        api: catalog.api(api)?,
        params: given
            .into_iter()
            .map(|(name, text)| (name, Given::Data(text)))
            .collect(),
        settings: vec![("asyncblock".into(), "true".into())],
        hints: Vec::new(),
        checked: true,
    };
    match session.run(Command::Call(call), &catalog)? {
        Shown::Answer(view) => Ok(view.answer.records().collect()),
        _ => Ok(Vec::new()),
    }
}
