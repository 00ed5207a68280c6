//! What became of a call whose end this process did not see: the ledger's entry in, the cloud is asked, its fate out.

use std::time::Duration;

use tokio::time::sleep;

use super::ledger::{Fate, Noted, State, now};
use super::{Book, Client, Options, pages};
use crate::catalog::Catalog;
use crate::cloud::{Finding, Lost, Outcome, Progress, Request};
use crate::error::{Error, Kind, Result};
use crate::record::Record;

/// So long after it was sent a call that got to the cloud shows there.
const GRACE: i64 = 2000;

/// What the cloud shows of a call.
#[derive(Debug)]
pub enum Trace {
    Taken {
        job: Option<String>,
        resource: Option<String>,
        /// What it made, as the cloud lists it.
        thing: Option<Record>,
    },
    Absent,
    Unsure(String),
}

/// Asks the cloud what it shows of a call; one that was sent a moment ago is looked for again before it counts as absent.
pub async fn trace(client: &Client, book: &Book, catalog: &Catalog, call: &Noted) -> Result<Trace> {
    let traced = trace_once(client, book, catalog, call).await?;
    let left = call.sent + GRACE - now();
    if left <= 0 || matches!(traced, Trace::Taken { job: Some(_), .. }) {
        return Ok(traced);
    }
    sleep(Duration::from_millis(left.min(GRACE).unsigned_abs())).await;
    trace_once(client, book, catalog, call).await
}

async fn trace_once(
    client: &Client,
    book: &Book,
    catalog: &Catalog,
    call: &Noted,
) -> Result<Trace> {
    let dialect = client.dialect();
    let lost = lost(client, call);
    // Things first: what they show has a job by the time that jobs are asked for.
    let things = match dialect.things_of(&lost, catalog)? {
        Some(request) => Some(match list(client, &request).await {
            // Servers refuse to list an id that they do not know.
            Err(error) if dialect.is_absence(&error) => Vec::new(),
            listed => listed?,
        }),
        None => None,
    };
    let jobs = match dialect.jobs_since(&lost, catalog)? {
        Some(request) => Some(list(client, &request).await?),
        None => None,
    };
    // The cloud's clock is known from its answers now.
    let lost = self::lost(client, call);
    let known = |job: &str| {
        call.job.as_deref() != Some(job) && book.ledger.has_job(&book.whose, job).unwrap_or(true)
    };
    Ok(
        match dialect.find(&lost, jobs.as_deref(), things.as_deref(), &known) {
            Finding::Taken { job, resource } => Trace::Taken {
                thing: things.into_iter().flatten().find(|thing| {
                    let id = thing.text("id");
                    id.is_some() && id == resource
                }),
                job,
                resource,
            },
            Finding::Absent => Trace::Absent,
            Finding::Unsure(seen) => Trace::Unsure(seen),
        },
    )
}

/// Finds out how far a call is that the ledger has as open.
pub async fn refresh(
    client: &Client,
    book: &Book,
    catalog: &Catalog,
    call: &Noted,
) -> Result<Fate> {
    let known = Fate {
        job: call.job.clone(),
        resource: call.resource.clone(),
        ..Fate::of(State::Running)
    };
    match (&call.job, call.state) {
        (_, state) if !state.open() => Ok(Fate { state, ..known }),
        (Some(job), _) => {
            let fate = asked(client, call, job, known.clone()).await?;
            if fate.state != State::Unknown {
                return Ok(fate);
            }
            // A job that the cloud does not know may have been misread; the call itself may still be found.
            let mut misread = call.clone();
            misread.job = None;
            match traced(client, book, catalog, &misread, known).await? {
                // It was answered, so that nothing is found proves nothing.
                found if matches!(found.state, State::Unknown | State::NotDone) => Ok(fate),
                found => Ok(found),
            }
        }
        (None, _) => traced(client, book, catalog, call, known).await,
    }
}

/// The fate of a call of which no job is known.
async fn traced(
    client: &Client,
    book: &Book,
    catalog: &Catalog,
    call: &Noted,
    known: Fate,
) -> Result<Fate> {
    match trace(client, book, catalog, call).await? {
        Trace::Taken {
            job: Some(job),
            resource,
            ..
        } => {
            let found = Fate {
                job: Some(job.clone()),
                resource,
                ..known
            };
            asked(client, call, &job, found).await
        }
        Trace::Taken { resource, .. } => Ok(Fate {
            resource,
            ..Fate::of(State::Done)
        }),
        Trace::Absent => Ok(Fate {
            error: Some("the cloud has no trace of it".into()),
            ..Fate::of(State::NotDone)
        }),
        Trace::Unsure(seen) => Ok(Fate {
            error: Some(seen),
            ..Fate::of(State::Unknown)
        }),
    }
}

/// The fate of a call whose job is known.
async fn asked(client: &Client, call: &Noted, job: &str, known: Fate) -> Result<Fate> {
    let request = Request {
        api: call.api.clone(),
        params: call.params.clone(),
    };
    let progress = client.progress(&request, job, &Options::default()).await;
    Ok(match progress {
        Ok(progress) => fate(&progress, known),
        // Servers forget jobs after a day or so.
        Err(error) if error.kind == Kind::Refused && error.code == Some(431) => Fate {
            state: State::Unknown,
            error: Some(format!(
                "the cloud no longer knows job {job}: {}",
                error.message
            )),
            ..known
        },
        Err(error) => return Err(error),
    })
}

/// What a job's progress says of its call.
pub fn fate(progress: &Progress, known: Fate) -> Fate {
    match progress {
        Progress::Running => known,
        Progress::Done(answer) => Fate {
            state: State::Done,
            resource: known.resource.clone().or_else(|| answer.resource()),
            ..known
        },
        Progress::Failed(error) => Fate {
            state: State::Failed,
            error: Some(error.message.clone()),
            ..known
        },
    }
}

/// A list whole.
async fn list(client: &Client, request: &Request) -> Result<Vec<Record>> {
    let options = Options::default();
    let Outcome::Done(first) = client.fetch(request, &options).await? else {
        return Err(Error::new(
            Kind::Unreachable,
            format!("{} answered no list", request.api),
        ));
    };
    let whole = pages::complete(client, request, &options, first, |_, _| ()).await?;
    Ok(whole.answer.records().collect())
}

fn lost(client: &Client, call: &Noted) -> Lost {
    Lost {
        api: call.api.clone(),
        params: call.params.clone(),
        custom: call.custom.then(|| call.uuid.clone()),
        sent: call.sent / 1000 + client.ahead(),
        now: now() / 1000 + client.ahead(),
    }
}
