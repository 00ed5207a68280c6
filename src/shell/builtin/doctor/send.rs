//! The command that a triage is about, sent: what came back, and how the job ended that it started.

use std::time::{Duration, Instant};

use super::{Case, JOB_TIME};
use crate::client::Options;
use crate::cloud::{Outcome, Request};
use crate::doctor::suspects::suspects;
use crate::doctor::{Found, Step};
use crate::error::{Doubt, Error, Kind, Result};
use crate::line::command::Call;
use crate::shell::calls::Wait;
use crate::shell::refused::told_apart;
use crate::shell::session::Session;

impl Case {
    pub(super) fn send(
        &mut self,
        session: &mut Session,
        call: &Call,
        request: &Request,
        options: &Options,
    ) -> Result<()> {
        // A call that changes something has the time that it has elsewhere.
        if self.asked.send {
            session.resolved.clone_from(&self.resolved);
        }
        let (resolved, _) = session.for_line(&call.settings)?;
        let client = session.client_of(&resolved)?;
        let reads = client.reads(&request.api);
        if !reads {
            session.confirm_call(&client, request, call.api.as_deref(), options, &resolved)?;
        }
        let options = Options {
            custom: session.may_choose(&client, &resolved, call.api.as_deref()),
            ..options.clone()
        };
        let start = Instant::now();
        let begun = session.start(&client, request, &options);
        let took = start.elapsed();
        let tried = match reads {
            true => format!("{} was sent", request.api),
            false => format!("{} was sent, as --send says", request.api),
        };
        let begun = match begun {
            Ok(begun) => begun,
            Err(error) if error.kind == Kind::Interrupted => return Err(error),
            Err(error) => {
                let dialect = client.dialect();
                let own = dialect.ships();
                let error = told_apart(error, &call.name, &session.known_catalog(), own, || {
                    dialect.shipped().ok()
                });
                let error = suspecting(error, request);
                self.findings
                    .add(Found::failed(Step::Issued, tried, error).taking(took));
                return Ok(());
            }
        };
        let job = match begun.outcome {
            Outcome::Done(answer) => {
                let rows = answer.rows.len();
                let came = match rows {
                    1 => "answered".to_string(),
                    rows => format!("answered, with {rows} rows"),
                };
                self.findings
                    .add(Found::well(Step::Issued, tried, came).taking(took));
                let why = "the answer was the end of it";
                self.findings
                    .add(Found::skipped(Step::Progress, "nothing", why));
                return Ok(());
            }
            Outcome::Started { job, answer } => {
                let came = format!("a job was started: {job}");
                self.findings
                    .add(Found::well(Step::Issued, tried, came).taking(took));
                (job, answer.resource())
            }
        };
        let own = call.settings.iter().any(|(name, _)| name == "timeout");
        let seconds = resolved.seconds("timeout");
        let limit = if own { seconds } else { seconds.min(JOB_TIME) };
        let wait = Wait {
            request,
            options: &options,
            job: &job.0,
            limit: Duration::from_secs(limit),
            resource: job.1,
        };
        let tried = format!("job {} was followed, for {limit} s at most", job.0);
        let start = Instant::now();
        let found = match session.follow(&client, &wait, begun.entry) {
            Ok(_) => Found::well(Step::Progress, tried, "it ended well"),
            Err(error) => Found::failed(Step::Progress, tried, suspecting(error, request)),
        };
        self.findings.add(found.taking(start.elapsed()));
        Ok(())
    }
}

/// The refusal with the arguments that it speaks of, where it is about arguments.
pub(super) fn suspecting(mut error: Error, request: &Request) -> Error {
    let Some(said) = &error.said else {
        return error;
    };
    if matches!(said.doubt, Some(Doubt::Caller | Doubt::Command)) {
        return error;
    }
    let hints = suspicions(&said.text, request);
    error.hints.splice(0..0, hints);
    error
}

/// What is said of the arguments that the text speaks of.
pub(super) fn suspicions(text: &str, request: &Request) -> Vec<String> {
    let found = suspects(text, &request.api, &request.params);
    found
        .into_iter()
        .map(|(name, why)| format!("the suspicious argument is {name}: {why}"))
        .collect()
}
