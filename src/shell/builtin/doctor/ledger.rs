//! A command that changes something and is not sent by a triage: what the ledger has of the latest call of its API.

use std::time::Instant;

use super::Case;
use super::send::suspicions;
use crate::client::ledger::{Noted, State};
use crate::cloud::Request;
use crate::cloud::desk::overdue;
use crate::doctor::{Found, Step};
use crate::error::{Error, Kind, Result};
use crate::shell::builtin::jobs;
use crate::shell::session::Session;

impl Case {
    pub(super) fn by_ledger(&mut self, session: &mut Session, request: &Request) -> Result<()> {
        let start = Instant::now();
        let tried = format!("the latest {} in the ledger", request.api);
        let latest = jobs::latest(session, &request.api)?;
        let Some(call) = latest else {
            for step in [Step::Issued, Step::Progress] {
                let why = "there is none, and nothing was sent: `doctor --send …` sends it";
                self.findings.add(Found::skipped(step, &tried, why));
            }
            return Ok(());
        };
        let tried = format!(
            "{tried}: number {}, sent {}",
            call.id,
            jobs::date(call.sent)
        );
        let dead = call.state == State::Sent && !session.ledger.lives(&call);
        let (issued, progress) = of_call(session, &call, dead);
        let took = start.elapsed();
        let issued = match issued {
            Ok(came) => Found::well(Step::Issued, &tried, came),
            Err(error) => Found::failed(Step::Issued, &tried, error),
        };
        self.findings.add(issued.taking(took));
        if let Some(progress) = progress {
            self.findings.add(match progress {
                Ok(came) => Found::well(Step::Progress, tried, came),
                Err(error) => Found::failed(Step::Progress, tried, error),
            });
        }
        Ok(())
    }
}

/// How it was taken, and how far it is; nothing of the latter where it was not taken.
type Told = (
    std::result::Result<String, Error>,
    Option<std::result::Result<String, Error>>,
);

fn of_call(session: &Session, call: &Noted, dead: bool) -> Told {
    let request = Request {
        api: call.api.clone(),
        params: call.params.clone(),
    };
    let why = call.error.clone().unwrap_or_default();
    let error = |kind: Kind, what: &str| {
        let said = if why.is_empty() { what } else { &why };
        Error::new(kind, said).of(&call.api)
    };
    let suspected = |error: Error| {
        let hints = suspicions(&why, &request);
        hints.into_iter().fold(error, Error::hint)
    };
    let taken = match &call.job {
        Some(job) => format!("taken, as job {job}"),
        None => "taken".into(),
    };
    match call.state {
        State::Done => (Ok(taken), Some(Ok("it ended well".into()))),
        State::Failed => {
            let error = suspected(error(Kind::JobFailed, "its job failed"));
            let error = error.hint(format!("`jobs show {}` shows all of it", call.id));
            (Ok(taken), Some(Err(error)))
        }
        State::Running => {
            let minutes = call.age().as_secs() / 60;
            let error = Error::new(
                Kind::StillRunning,
                format!("it has run for {minutes} minutes and goes on"),
            )
            .of(&call.api)
            .hint(format!("`jobs wait {}` waits for its end", call.id));
            let slow = overdue(&*session.dialect(), &request, call.age());
            (
                Ok(taken),
                Some(Err(slow.into_iter().fold(error, Error::hint))),
            )
        }
        State::Refused => (
            Err(suspected(error(Kind::Refused, "the cloud refused it"))),
            None,
        ),
        State::NotDone => {
            let error = error(Kind::Unreachable, "it never got to the cloud");
            (Err(error.hint("nothing was done; send it again")), None)
        }
        State::Sent if !dead => (
            Err(error(Kind::StillRunning, "it is being sent")
                .hint(format!("`jobs wait {}` waits for it", call.id))),
            None,
        ),
        State::Sent | State::Unknown => {
            let error = error(Kind::Unknown, "its answer never came");
            (
                Err(error.hint("look in the cloud; `jobs` asks what became of it")),
                None,
            )
        }
    }
}
