//! What became of a call whose end this process did not see: the ledger's entry in, the cloud is asked, its fate out.

use std::time::Duration;

use tokio::time::sleep;

use super::ledger::{Fate, MISSED, Noted, State, now};
use super::{Book, Client, Options, pages};
use crate::catalog::Catalog;
use crate::cloud::{Finding, Lost, Outcome, Progress, Request};
use crate::error::{Error, Kind, Result};
use crate::record::{Name, Record};

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

/// Where and how the cloud is asked.
pub struct Inquiry<'a> {
    pub client: &'a Client,
    pub book: &'a Book,
    pub catalog: &'a Catalog,
    pub options: &'a Options,
}

/// Asks the cloud what it shows of a call that was given up at `lost`, in milliseconds; soon after that it is looked for
/// again before it counts as absent.
pub async fn trace(inquiry: &Inquiry<'_>, call: &Noted, lost: i64) -> Result<Trace> {
    let traced = trace_once(inquiry, call).await?;
    let left = lost + GRACE - now();
    if left <= 0 || matches!(traced, Trace::Taken { job: Some(_), .. }) {
        return Ok(traced);
    }
    sleep(Duration::from_millis(left.min(GRACE).unsigned_abs())).await;
    trace_once(inquiry, call).await
}

async fn trace_once(inquiry: &Inquiry<'_>, call: &Noted) -> Result<Trace> {
    let Inquiry { book, catalog, .. } = inquiry;
    let dialect = inquiry.client.dialect();
    let lost = lost(inquiry, call)?;
    // Things first: what they show has a job by the time that jobs are asked for.
    let things = match dialect.things_of(&lost, catalog)? {
        Some(request) => Some(match list(inquiry, &request).await {
            // Servers refuse to list an id that they do not know.
            Err(error) if dialect.is_absence(&error) => Listed::default(),
            listed => listed?,
        }),
        None => None,
    };
    let jobs = match dialect.jobs_since(&lost, catalog)? {
        Some(request) => Some(list(inquiry, &request).await?.rows),
        None => None,
    };
    let (id, things) = match things {
        Some(things) => (things.id, Some(things.rows)),
        None => (None, None),
    };
    // The cloud's clock is known from its answers now.
    let lost = self::lost(inquiry, call)?;
    let others = book.ledger.jobs_of_others(&book.whose, call.id)?;
    let known = |job: &str| others.contains(job);
    Ok(
        match dialect.find(&lost, jobs.as_deref(), things.as_deref(), &known) {
            Finding::Taken { job, resource } => Trace::Taken {
                thing: things.into_iter().flatten().find(|thing| {
                    let id = thing.text(id.as_deref().unwrap_or("id"));
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

/// Finds out how far a call is that the ledger has as undecided.
pub async fn refresh(inquiry: &Inquiry<'_>, call: &Noted) -> Result<Fate> {
    let known = Fate {
        job: call.job.clone(),
        resource: call.resource.clone(),
        ..Fate::of(State::Running)
    };
    match (&call.job, &call.resource, call.state) {
        _ if !call.undecided() => Ok(Fate {
            state: call.state,
            ..known
        }),
        (Some(job), ..) => {
            let fate = asked(inquiry, call, job, known.clone()).await?;
            if fate.state != State::Unknown {
                return Ok(fate);
            }
            // A job that the cloud does not know may have been misread; the call itself may still be found.
            let mut misread = call.clone();
            misread.job = None;
            match traced(inquiry, &misread, known).await? {
                // It was answered, so that nothing is found proves nothing.
                found if matches!(found.state, State::Unknown | State::NotDone) => Ok(fate),
                found => Ok(found),
            }
        }
        (None, Some(id), State::Running) => uploaded(inquiry, call, id, known.clone()).await,
        (None, ..) => traced(inquiry, call, known).await,
    }
}

/// The fate of an upload that was begun.
async fn uploaded(inquiry: &Inquiry<'_>, call: &Noted, id: &str, known: Fate) -> Result<Fate> {
    let client = inquiry.client;
    let Some(uploads) = client.dialect().uploads(&call.api) else {
        return Ok(known);
    };
    let request = request_of(call);
    let look = uploads.look(&request, id);
    match client.fetch(&look, inquiry.options).await? {
        Outcome::Done(answer) => Ok(fate(&uploads.progress(&request, id, answer), known)),
        Outcome::Started { .. } => Ok(known),
    }
}

/// The fate of a call of which no job is known.
async fn traced(inquiry: &Inquiry<'_>, call: &Noted, known: Fate) -> Result<Fate> {
    match trace(inquiry, call, call.sent).await? {
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
            asked(inquiry, call, &job, found).await
        }
        Trace::Taken { resource, .. } => Ok(Fate {
            resource,
            ..Fate::of(State::Done)
        }),
        Trace::Absent => Ok(Fate {
            error: Some(MISSED.into()),
            ..Fate::of(State::NotDone)
        }),
        Trace::Unsure(seen) => Ok(Fate {
            error: Some(seen),
            ..Fate::of(State::Unknown)
        }),
    }
}

/// The fate of a call whose job is known.
async fn asked(inquiry: &Inquiry<'_>, call: &Noted, job: &str, known: Fate) -> Result<Fate> {
    let Inquiry {
        client, options, ..
    } = inquiry;
    let progress = client.progress(&request_of(call), job, options).await;
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

fn request_of(call: &Noted) -> Request {
    Request {
        api: call.api.clone(),
        params: call.params.clone(),
    }
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

/// What a list has, and the field that is its things' id where that is another than `id`.
#[derive(Default)]
struct Listed {
    id: Option<Name>,
    rows: Vec<Record>,
}

/// A list whole.
async fn list(inquiry: &Inquiry<'_>, request: &Request) -> Result<Listed> {
    let Inquiry {
        client, options, ..
    } = inquiry;
    let Outcome::Done(first) = client.fetch(request, options).await? else {
        return Err(Error::new(
            Kind::Unreachable,
            format!("{} answered no list", request.api),
        ));
    };
    let whole = pages::complete(client, request, options, first, |_, _| ()).await?;
    Ok(Listed {
        rows: whole.answer.records().collect(),
        id: whole.answer.id,
    })
}

fn lost(inquiry: &Inquiry<'_>, call: &Noted) -> Result<Lost> {
    let ahead = inquiry.client.ahead();
    let api = inquiry.catalog.api(&call.api)?;
    Ok(Lost {
        api: call.api.clone(),
        params: call.params.clone(),
        custom: call.custom.then(|| call.uuid.clone()),
        starts_job: api.is_some_and(|api| api.asynchronous),
        sent: call.sent / 1000 + ahead,
        now: now() / 1000 + ahead,
    })
}
