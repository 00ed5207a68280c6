//! `jobs`: the jobs that this process started, and how far each is.

use super::{Builtin, no_words};
use crate::client::Options;
use crate::cloud::Progress;
use crate::error::{Error, Result};
use crate::record::answer::Answer;
use crate::record::{Record, Value};
use crate::shell::session::{Session, Shown, View};

pub const JOBS: Builtin = Builtin {
    name: "jobs",
    args: "",
    about: "Lists the jobs started here, with the state each is in",
    run,
    words: no_words,
};

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    if !args.is_empty() {
        return Err(Error::line("jobs takes no arguments"));
    }
    ask_after_running(session)?;
    let rows = session
        .jobs
        .iter()
        .map(|started| {
            let mut row = Record::default();
            for (name, text) in [
                ("jobid", started.job.as_str()),
                ("api", &started.request.api),
                ("state", started.state),
                ("resourceid", &started.resource),
            ] {
                row.push(name, Value::String(text.into()));
            }
            row
        })
        .collect();
    let form = session.resolved.get("output");
    Ok(View::of(Answer::table("job", rows), form))
}

/// Brings the jobs that still ran up to date.
fn ask_after_running(session: &mut Session) -> Result<()> {
    for index in 0..session.jobs.len() {
        if session.jobs[index].state != "running" {
            continue;
        }
        let client = session.client()?;
        let started = session.jobs[index].clone();
        let progress = session.network()?.run(
            async move {
                client
                    .progress(&started.request, &started.job, &Options::default())
                    .await
            },
            |_| (),
        )?;
        session.jobs[index].state = match progress {
            Ok(Progress::Running) => "running",
            Ok(Progress::Done(_)) => "done",
            Ok(Progress::Failed(_)) => "failed",
            Err(error) => {
                session.ui.warn(&error.message);
                "unknown"
            }
        };
    }
    Ok(())
}
