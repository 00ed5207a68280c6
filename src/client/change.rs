//! A call that changes something: written down, sent once or under an id of its own, and looked for where its answer is lost.

use super::ledger::{Entry, Fate, Noted, State, now, unsent};
use super::resolve::{self, Inquiry, Trace};
use super::retry::{self, Twice};
use super::transport::{Failure, Reached};
use super::{Begun, Client, Options};
use crate::catalog::Catalog;
use crate::cloud::{Outcome, Reply, Request};
use crate::error::{Error, Kind, Result};
use crate::record::answer::Answer;
use crate::record::{Record, Value};

/// Sends the call and tells what it began.
pub async fn carry_out(
    client: &Client,
    request: &Request,
    options: &Options,
    catalog: Option<&Catalog>,
) -> Result<Begun> {
    let mut change = Change::write_down(client, request, options)?;
    let mut tries = 0;
    loop {
        let sent = change.send().await;
        match change.understand(sent) {
            Understood::Begun(outcome) => return Ok(change.begun(outcome)),
            Understood::Again => {}
            Understood::Failed(error) => return Err(error),
            // Under an id of its own it may go again, for the server refuses the second.
            Understood::Lost(_) if change.custom.is_some() && tries < options.retries => {
                change.doubted = true;
                client.sender.set_doubt(true);
                tries += 1;
                tokio::time::sleep(retry::pause(tries)).await;
            }
            Understood::Lost(error) | Understood::Taken(error) => {
                client.sender.set_doubt(true);
                return change.look_for(error, catalog).await;
            }
        }
    }
}

/// A call on its way.
struct Change<'a> {
    client: &'a Client,
    options: &'a Options,
    request: Request,
    entry: Option<Entry>,
    /// The id chosen for the new thing.
    custom: Option<String>,
    /// Whether it was chosen here and not on the line.
    ours: bool,
    /// Whether it was sent before and that may have been carried out.
    doubted: bool,
}

impl Drop for Change<'_> {
    /// What is given up while it waits for a login, a throttle or a server has not gone.
    fn drop(&mut self) {
        if let Some(entry) = &mut self.entry
            && !self.doubted
            && !self.client.sender.in_doubt()
        {
            entry.never_sent();
        }
    }
}

enum Understood {
    Begun(Outcome),
    Again,
    Failed(Error),
    /// Whether it was carried out is not known.
    Lost(Error),
    /// An earlier sending was carried out, or may have been, and sending again tells no more.
    Taken(Error),
}

impl<'a> Change<'a> {
    fn write_down(
        client: &'a Client,
        request: &Request,
        options: &'a Options,
    ) -> Result<Change<'a>> {
        client.sender.set_doubt(false);
        let noted = &request.params;
        let mut request = request.clone();
        let typed = options.custom.and_then(|name| {
            let same = |given: &&(String, String)| given.0.eq_ignore_ascii_case(name);
            request.params.iter().find(same).map(|(_, id)| id.clone())
        });
        let may_choose = match &client.book {
            Some(book) if options.custom.is_some() && typed.is_none() => book
                .ledger
                .may_choose(&book.whose)
                .map_err(|error| unsent(&request.api, error))?,
            _ => false,
        };
        let mut ours = false;
        let custom = match (options.custom, typed) {
            (_, Some(typed)) => Some(typed).filter(|id| !id.is_empty()),
            (Some(name), None) if may_choose => {
                let id = uuid::Uuid::new_v4().to_string();
                request.params.push((name.into(), id.clone()));
                ours = true;
                Some(id)
            }
            _ => None,
        };
        let entry = match &client.book {
            Some(book) => {
                Some(
                    book.ledger
                        .begin(&book.whose, &request.api, noted, custom.clone())?,
                )
            }
            None => None,
        };
        Ok(Change {
            client,
            options,
            request,
            entry,
            custom,
            ours,
            doubted: false,
        })
    }

    async fn send(&self) -> Result<Reply, Failure> {
        let Client {
            dialect, sender, ..
        } = self.client;
        sender
            .send(&**dialect, &self.request, self.options, Twice::Harmful)
            .await
    }

    fn understand(&mut self, sent: Result<Reply, Failure>) -> Understood {
        let reply = match sent {
            Ok(reply) => reply,
            Err(failure) if failure.reached == Reached::Server => {
                return Understood::Lost(failure.error);
            }
            Err(failure) if self.doubted => return Understood::Taken(failure.error),
            Err(failure) => {
                self.settle(&Fate::because(State::NotDone, &failure.error));
                return Understood::Failed(failure.error);
            }
        };
        match self.client.read(&self.request, self.options, &reply) {
            Ok(outcome) => {
                self.settle(&fate_of(&outcome));
                Understood::Begun(outcome)
            }
            Err(error) => self.refused(error),
        }
    }

    fn refused(&mut self, error: Error) -> Understood {
        let dialect = &self.client.dialect;
        if self.ours && dialect.refuses_custom_id(&error) {
            return self.without_custom(error);
        }
        if let Some(id) = &self.custom
            && self.ours
            && dialect.knows_custom_id(&error, id)
        {
            // Nobody else knows the id, so an earlier sending got through whose answer was lost.
            return Understood::Taken(Error::new(
                Kind::Unknown,
                format!("{}: its answer was lost", self.request.api),
            ));
        }
        if error.kind == Kind::Unknown {
            return Understood::Lost(error);
        }
        if self.doubted {
            // This refusal says nothing of the sendings before it.
            return Understood::Taken(error);
        }
        self.settle(&Fate::because(State::Refused, &error));
        Understood::Failed(error)
    }

    /// The cloud did nothing and lets this identity choose no ids: the call goes without, and so do all later ones.
    fn without_custom(&mut self, error: Error) -> Understood {
        let remembered = match (&self.client.book, &self.entry) {
            (Some(book), Some(entry)) => book
                .ledger
                .may_not_choose(&book.whose)
                .and_then(|()| entry.without_custom()),
            _ => Err(error),
        };
        match remembered {
            Ok(()) => {
                self.ours = false;
                let id = self.custom.take();
                self.request
                    .params
                    .retain(|(_, value)| Some(value) != id.as_ref());
                Understood::Again
            }
            Err(error) => {
                self.settle(&Fate::because(State::Refused, &error));
                Understood::Failed(error)
            }
        }
    }

    fn begun(mut self, outcome: Outcome) -> Begun {
        Begun {
            outcome,
            entry: self.entry.take(),
        }
    }

    /// Asks the cloud what became of a call without an answer; `error` is what is told where nobody knows.
    async fn look_for(mut self, error: Error, catalog: Option<&Catalog>) -> Result<Begun> {
        let error = match self.entry {
            Some(_) => error.hint("`jobs` asks the cloud what became of it"),
            None => error,
        };
        let unknown = Fate::because(State::Unknown, &error);
        self.settle(&unknown);
        let Some(traced) = self.trace(catalog).await else {
            return Err(error);
        };
        let api = &self.request.api;
        match traced {
            Ok(Trace::Taken {
                job,
                resource,
                thing,
            }) => {
                let how = match &job {
                    Some(job) => self.client.dialect.under_way(&self.request, job),
                    None => "what it made".into(),
                };
                self.client.sender.note(format!(
                    "the answer to {api} was lost; the cloud took the call, and {how} was found there"
                ));
                let answer = answer_of(resource.as_deref(), thing);
                let outcome = match job {
                    Some(job) => Outcome::Started { job, answer },
                    None => Outcome::Done(answer),
                };
                let mut fate = fate_of(&outcome);
                fate.resource = resource;
                self.settle(&fate);
                Ok(self.begun(outcome))
            }
            Ok(Trace::Absent) => Err(in_doubt(error).hint("the cloud has no trace of it so far")),
            Ok(Trace::Unsure(seen)) => {
                Err(in_doubt(error).hint(format!("it was looked for in the cloud: {seen}")))
            }
            Err(why) => Err(in_doubt(error).hint(format!(
                "what became of it could not be asked: {}",
                why.message
            ))),
        }
    }

    /// What the cloud shows of the call; nothing where it cannot be asked.
    async fn trace(&self, catalog: Option<&Catalog>) -> Option<Result<Trace>> {
        let (book, entry) = (self.client.book.as_ref()?, self.entry.as_ref()?);
        let call = Noted::of(
            entry,
            &self.request.api,
            &self.request.params,
            self.custom.is_some(),
        );
        let mut options = self.options.clone();
        options.manner.response = "json".into();
        let inquiry = Inquiry {
            client: self.client,
            book,
            catalog: catalog?,
            options: &options,
        };
        Some(resolve::trace(&inquiry, &call, now()).await)
    }

    /// Writes down what is known; where that fails, the cloud's answer matters more than the ledger's trouble.
    fn settle(&mut self, fate: &Fate) {
        if let Some(Err(error)) = self.entry.as_mut().map(|entry| entry.settle(fate)) {
            self.client.sender.note(error.message);
        }
    }
}

fn fate_of(outcome: &Outcome) -> Fate {
    match outcome {
        Outcome::Done(answer) => Fate {
            resource: answer.resource(),
            ..Fate::of(State::Done)
        },
        Outcome::Started { job, answer } => Fate {
            job: Some(job.clone()),
            resource: answer.resource(),
            ..Fate::of(State::Running)
        },
    }
}

/// The error of a call that may have been carried out before it came to this error.
fn in_doubt(error: Error) -> Error {
    Error {
        kind: Kind::Unknown,
        ..error
    }
}

/// The answer that was lost, as far as it can be made again.
fn answer_of(resource: Option<&str>, thing: Option<Record>) -> Answer {
    let thing = thing.unwrap_or_else(|| {
        let mut record = Record::default();
        if let Some(id) = resource {
            record.push("id", Value::String(id.into()));
        }
        record
    });
    Answer::of(Value::Record(thing))
}
