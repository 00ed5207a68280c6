//! Reports of scenarios: outcomes in, text out; a file a form. Pure.

pub mod human;
pub mod junit;
pub mod tap;

use std::path::PathBuf;
use std::time::Duration;

use super::session::Failure;

/// What a scenario came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub path: PathBuf,
    pub status: u8,
    pub failure: Option<Failure>,
    pub duration: Duration,
    /// What it printed and said.
    pub output: String,
    /// What it made and did not delete, the latest first; only where it failed.
    pub left: Vec<String>,
}

impl Outcome {
    pub fn passed(&self) -> bool {
        self.status == 0
    }

    /// Why it failed, in one line or more.
    pub fn reason(&self) -> String {
        let error = self
            .failure
            .as_ref()
            .and_then(|failure| failure.error.as_ref());
        error.map_or_else(
            || format!("it ended with status {}", self.status),
            |error| error.message.clone(),
        )
    }
}

/// The text, without what would drive a terminal or end a line.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

/// Where it failed and what stood there.
fn place(outcome: &Outcome) -> Option<String> {
    let failure = outcome.failure.as_ref()?;
    Some(match failure.line.is_empty() {
        true => failure.place.clone(),
        false => format!("{}: {}", failure.place, failure.line.trim()),
    })
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use crate::error::{Error, Kind};

    pub fn outcomes() -> Vec<Outcome> {
        let passed = Outcome {
            path: "scenarios/good.cap".into(),
            status: 0,
            failure: None,
            duration: Duration::from_millis(1_234),
            output: "count = 1\n".into(),
            left: Vec::new(),
        };
        let error = Error::new(
            Kind::Assertion,
            "assertion failed: $a == \"<&]]>\u{1b}\u{0}",
        );
        let failed = Outcome {
            path: "scenarios/#bad \"one\".cap".into(),
            status: 8,
            failure: Some(Failure {
                place: "scenarios/#bad \"one\".cap, line 3".into(),
                line: "assert $a == '<&]]>'".into(),
                error: Some(error),
            }),
            output: "name = <web>\u{1b}[31m\n".into(),
            left: vec!["volume v (data): delete volume id=v".into()],
            ..passed.clone()
        };
        vec![passed, failed]
    }
}
