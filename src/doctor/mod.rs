//! The triage of a cloud that does not answer as it should: steps from the profile to the end of a job, each with what was
//! tried, what came back and what to do.

pub mod certificate;
pub mod report;
pub mod suspects;
pub mod way;

use std::time::Duration;

use jiff::Timestamp;

use crate::error::{Error, Kind};
use crate::record::{Record, Value};

/// What is looked at, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Profile,
    Name,
    Tcp,
    Tls,
    Http,
    Api,
    Clock,
    Key,
    Command,
    Arguments,
    Issued,
    Progress,
}

impl Step {
    /// The word for it that programs read.
    pub fn name(self) -> &'static str {
        match self {
            Step::Profile => "profile",
            Step::Name => "name",
            Step::Tcp => "tcp",
            Step::Tls => "tls",
            Step::Http => "http",
            Step::Api => "api",
            Step::Clock => "clock",
            Step::Key => "key",
            Step::Command => "command",
            Step::Arguments => "arguments",
            Step::Issued => "issued",
            Step::Progress => "progress",
        }
    }
}

/// How a step went.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    Well,
    /// Well, and yet there is something to do about it.
    Noticed,
    /// There was nothing to look at.
    Skipped,
    Failed(Error),
}

impl Status {
    /// The word for it that programs read.
    pub fn name(&self) -> &'static str {
        match self {
            Status::Well => "ok",
            Status::Noticed => "warn",
            Status::Skipped => "skipped",
            Status::Failed(error) if error.kind == Kind::StillRunning => "running",
            Status::Failed(_) => "failed",
        }
    }
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub step: Step,
    /// The server that was looked at, of a cloud with several.
    pub server: Option<String>,
    pub status: Status,
    pub tried: String,
    pub came: String,
    /// What to do; empty where nothing is.
    pub advice: Vec<String>,
    pub took: Duration,
    pub ended: Timestamp,
}

impl Found {
    pub fn well(step: Step, tried: impl Into<String>, came: impl Into<String>) -> Found {
        Found {
            step,
            server: None,
            status: Status::Well,
            tried: tried.into(),
            came: came.into(),
            advice: Vec::new(),
            took: Duration::ZERO,
            ended: Timestamp::now(),
        }
    }

    pub fn skipped(step: Step, tried: impl Into<String>, why: impl Into<String>) -> Found {
        Found {
            status: Status::Skipped,
            ..Found::well(step, tried, why)
        }
    }

    pub fn failed(step: Step, tried: impl Into<String>, error: Error) -> Found {
        Found {
            advice: error.hints.clone(),
            status: Status::Failed(error.clone()),
            ..Found::well(step, tried, error.message)
        }
    }

    /// Well, with something to do about it all the same.
    pub fn noticing(mut self, advice: impl Into<String>) -> Found {
        self.status = Status::Noticed;
        self.advice.push(advice.into());
        self
    }

    pub fn taking(self, took: Duration) -> Found {
        Found { took, ..self }
    }

    /// The step's error as it is told by itself.
    pub fn error(&self) -> Option<Error> {
        let Status::Failed(error) = &self.status else {
            return None;
        };
        let place = match &self.server {
            Some(server) => format!("{} of {server}", self.step.name()),
            None => self.step.name().into(),
        };
        Some(Error {
            message: format!("{place}: {}", error.message),
            hints: self.advice.clone(),
            ..error.clone()
        })
    }

    /// The row that it is.
    pub fn row(&self, with_server: bool) -> Record {
        let mut row = Record::default();
        let text = |text: &str| Value::String(text.into());
        row.push("step", text(self.step.name()));
        if with_server {
            row.push("server", text(self.server.as_deref().unwrap_or_default()));
        }
        row.push("status", text(self.status.name()));
        row.push("tried", text(&self.tried));
        row.push("came", text(&self.came));
        row.push("do", text(&self.advice.join("; ")));
        row.push("ms", Value::Number(self.took.as_millis().to_string()));
        row
    }
}

/// What came of a triage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings(pub Vec<Found>);

impl Findings {
    pub fn add(&mut self, found: Found) {
        self.0.push(found);
    }

    /// Whether a step has failed.
    pub fn failed(&self) -> bool {
        self.0
            .iter()
            .any(|found| matches!(found.status, Status::Failed(_)))
    }

    /// The errors of the steps that failed, in their order.
    pub fn errors(&self) -> Vec<Error> {
        self.0.iter().filter_map(Found::error).collect()
    }

    /// Whether nothing at all was reached: not one server, though the profile is whole.
    pub fn cut_off(&self) -> bool {
        let reached = |found: &Found| found.step == Step::Tcp && found.error().is_none();
        let tried = |found: &Found| matches!(found.step, Step::Name | Step::Tcp);
        self.0.iter().any(tried) && self.failed() && !self.0.iter().any(reached)
    }

    /// Whether a row tells which server it is about.
    pub fn several(&self) -> bool {
        self.0.iter().any(|found| found.server.is_some())
    }

    pub fn rows(&self) -> Vec<Record> {
        let several = self.several();
        self.0.iter().map(|found| found.row(several)).collect()
    }
}
