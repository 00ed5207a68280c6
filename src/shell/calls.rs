//! A call as the line means it: values read, sent, its job followed; what came of it and how it is to be seen.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::ask;
use super::output::Rest;
use super::refused::told_apart;
use super::session::{Mode, Session, Shown, View};
use super::uploads::Upload;
use crate::catalog::Api;
use crate::catalog::types::Types;
use crate::client::ledger::{Entry, Fate, State};
use crate::client::network::Interrupt;
use crate::client::pages::Pages;
use crate::client::{Addresses, Begun, Client, Options, interrupted, wait};
use crate::cloud::{Manner, Outcome, Request};
use crate::config::resolve::Resolved;
use crate::error::{Error, Kind, Result};
use crate::line::command::{Call, Given};
use crate::record::answer::{Answer, Shape};

/// A job and how long it is waited for.
pub struct Wait<'a> {
    pub request: &'a Request,
    pub options: &'a Options,
    pub job: &'a str,
    pub limit: Duration,
    /// What it works on.
    pub resource: Option<String>,
}

impl Session {
    pub(super) fn call(&mut self, mut call: Call) -> Result<Shown> {
        let (resolved, wanted) = self.for_line(&call.settings)?;
        for hint in &call.hints {
            self.ui.say(&format!("hint: {hint}"));
        }
        let file = self.take_file(call.api.as_deref(), &mut call.params)?;
        let of_data = call.params.iter();
        let of_data = of_data.filter(|(_, given)| matches!(given, Given::Data(_)));
        let data: Vec<String> = of_data.map(|(name, _)| name.clone()).collect();
        let params = self.given(std::mem::take(&mut call.params))?;
        let options = Options {
            types: self.types(call.api.as_deref()),
            as_typed: !call.checked,
            ..options_of(&resolved)
        };
        let client = self.client_of(&resolved)?;
        let params = self.by_value(&call, params, &client, &options)?;
        let request = Request {
            api: call.name.clone(),
            params: self.by_id(&call, params, &data, &client, &options)?,
        };
        self.confirm_call(&client, &request, call.api.as_deref(), &options, &resolved)?;
        let options = Options {
            custom: self.may_choose(&client, &resolved, call.api.as_deref()),
            ..options
        };
        let uploads = client.dialect().uploads(&request.api);
        let upload = file.as_ref().zip(uploads);
        if let Some((file, uploads)) = upload
            && let Some(hint) = uploads.hint(&request, &file.name)
        {
            self.ui.say(&format!("hint: {hint}"));
        }
        let mut shower = call.api.clone();
        let demo = resolved.endpoint()?.is_none();
        let begun = self.start(&client, &request, &options).map_err(|error| {
            let dialect = client.dialect();
            let own = dialect.ships();
            let error = told_apart(error, &call.name, &self.known_catalog(), own, || {
                dialect.shipped().ok()
            });
            match demo {
                true => in_demo(error),
                false => error,
            }
        })?;
        let mut pages = None;
        let answer = match begun.outcome {
            Outcome::Done(answer) => {
                if client.pages(&request) && pageable(&client, call.api.as_deref()) {
                    pages = Pages::after(&client, &request, &answer, wanted.fetched());
                }
                match upload {
                    Some((file, uploads)) => {
                        let upload = Upload {
                            uploads,
                            file,
                            request: &request,
                            options: &options,
                            entry: begun.entry,
                        };
                        let (answer, shown_by) = self.upload(&client, upload, answer, &resolved)?;
                        shower = shown_by;
                        answer
                    }
                    None => answer,
                }
            }
            Outcome::Started { job, answer } => {
                let blocks = resolved.bool("asyncblock");
                let limit = Duration::from_secs(resolved.seconds("timeout"));
                if blocks {
                    let wait = Wait {
                        request: &request,
                        options: &options,
                        job: &job,
                        limit,
                        resource: answer.resource(),
                    };
                    self.follow(&client, &wait, begun.entry)?
                } else {
                    self.ui.say(&format!(
                        "{} runs; ask after it with: {}",
                        client.dialect().under_way(&request, &job),
                        client.ask_line(&request, &job)
                    ));
                    answer
                }
            }
        };
        let known = response_names(shower.as_deref(), &answer);
        Ok(Shown::Answer(Box::new(View {
            answer,
            rest: pages.map(|pages| Rest {
                client,
                request,
                options,
                pages,
            }),
            form: resolved.get("output"),
            wanted,
            known,
            fields: shower.map_or(Vec::new(), |api| api.response.clone()),
            readable: None,
            failures: Vec::new(),
        })))
    }

    /// What is known of the fields of an API's answer: XML has to be told, and may come though JSON was asked for.
    pub(super) fn types(&mut self, api: Option<&Api>) -> Types {
        let fields = api.map_or(&[][..], |api| &api.response);
        Types::within(fields, self.known_catalog())
    }

    /// Sends the call; Ctrl-C ends the wait for its answer.
    pub(super) fn start(
        &mut self,
        client: &Arc<Client>,
        request: &Request,
        options: &Options,
    ) -> Result<Begun> {
        let (caller, request, options) = (client.clone(), request.clone(), options.clone());
        let what = request.api.clone();
        let catalog = self.known_catalog();
        self.on_network(
            client,
            move || what.clone(),
            |mut interrupt| async move {
                tokio::select! {
                    begun = caller.begin(&request, &options, Some(&catalog)) => begun,
                    () = interrupt.pressed() => {
                    let harmless = caller.reads(&request.api) || !caller.in_doubt();
                    Err(interrupted(&request, harmless))
                }
                }
            },
        )?
    }

    /// Runs what a client does on the network's thread; meanwhile the spinner tells `what` goes on, and what the client
    /// has to say is said when it comes up.
    pub(super) fn on_network<T, F>(
        &mut self,
        client: &Arc<Client>,
        what: impl Fn() -> String,
        work: impl FnOnce(Interrupt) -> F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let network = self.network()?;
        let outcome = network.run(work(network.interrupt()), |elapsed| {
            self.attend(client);
            self.ui.spin(&what(), elapsed);
        });
        self.ui.clear_spinner();
        self.attend(client);
        outcome
    }

    /// Says what a client has to say while it works, and puts its questions to the user.
    pub(super) fn attend(&self, client: &Client) {
        for note in client.notes() {
            self.ui.warn(&note);
        }
        for address in client.addresses() {
            self.ui.say(&format!("SEND URL: {address}"));
        }
        if let Some(question) = client.question().filter(|_| ask::possible(&self.ui)) {
            self.ui.clear_spinner();
            let typed = self.ui.wait_for_user(|| ask::password(&question.text));
            question.answer(typed.ok());
        }
    }

    /// The parameter by which this call may carry an id of ours.
    pub(super) fn may_choose(
        &mut self,
        client: &Client,
        resolved: &Resolved,
        api: Option<&Api>,
    ) -> Option<&'static str> {
        // A catalogue that is not the cloud's own does not tell whether it takes such an id.
        let told = !self.known_catalog().shipped();
        let api = api.filter(|_| told && resolved.bool("customid"))?;
        client.dialect().custom_id(api)
    }

    /// Waits for the job's end; the time limit and Ctrl-C end the wait and not the job.
    pub(super) fn follow(
        &mut self,
        client: &Arc<Client>,
        wait: &Wait,
        entry: Option<Entry>,
    ) -> Result<Answer> {
        let Wait {
            request,
            options,
            job,
            limit,
            resource,
        } = wait;
        let under_way = client.dialect().under_way(request, job);
        let what = format!("{} ({under_way})", request.api);
        let (caller, limit) = (client.clone(), *limit);
        let (request, options, job) = (
            Request::clone(request),
            Options::clone(options),
            job.to_string(),
        );
        let end = self.on_network(client, || what.clone(), |mut interrupt| async move {
            tokio::select! {
                end = wait::follow(&caller, &request, &job, &options, limit) => end,
                () = interrupt.pressed() => {
                    Err(wait::ended(&caller, &request, &job, "was left to run: the wait was interrupted"))
                }
            }
        })?;
        let fate = match &end {
            Ok(answer) => Some(Fate {
                resource: answer.resource(),
                ..Fate::of(State::Done)
            }),
            Err(error) if error.kind == Kind::JobFailed => {
                Some(Fate::because(State::Failed, error))
            }
            Err(_) => None,
        };
        if let (Some(mut entry), Some(fate)) = (entry, fate)
            && let Err(error) = entry.settle(&fate)
        {
            // What the cloud did is told all the same.
            self.ui.warn(&error.message);
        }
        end.map_err(|error| match resource {
            Some(id) if error.kind == Kind::StillRunning => {
                error.hint(format!("what it works on has the id {id}"))
            }
            _ => error,
        })
    }

    /// Reads what `name=@file` and `name=@-` name.
    pub(super) fn given(&self, params: Vec<(String, Given)>) -> Result<Vec<(String, String)>> {
        params
            .into_iter()
            .map(|(name, given)| {
                let value = match given {
                    Given::Text(text) | Given::Data(text) => text,
                    Given::File(path) => read_text(&name, &path, std::fs::read(&path))?,
                    Given::Stdin if self.mode == (Mode::Script { stdin: true }) => {
                        return Err(Error::line(format!(
                            "{name}=@- reads standard input, which is the script itself"
                        ))
                        .hint("name a file, or run the script with -f FILE"));
                    }
                    Given::Stdin => {
                        let mut bytes = Vec::new();
                        let read = io::Read::read_to_end(&mut io::stdin(), &mut bytes);
                        read_text(&name, "standard input", read.map(|_| bytes))?
                    }
                };
                Ok((name, value))
            })
            .collect()
    }
}

/// An error of the built-in cloud, whose keys nobody has to set.
fn in_demo(error: Error) -> Error {
    match error.code {
        Some(401) => Error {
            hints: vec![
                "the built-in cloud's administrator was locked, perhaps, and may call nothing"
                    .into(),
                "`devcloud reset` starts it over".into(),
            ],
            ..error
        },
        _ => error,
    }
}

/// What the settings say of how calls are sent.
pub fn options_of(resolved: &Resolved) -> Options {
    Options {
        manner: Manner {
            version: resolved.get("api_version"),
            method: resolved.get("signature_method"),
            variant: 0,
            expires: resolved.seconds("expires"),
            response: resolved.get("response"),
        },
        addresses: match resolved.get("showurl").as_str() {
            "true" => Addresses::Masked,
            "reveal" => Addresses::Whole,
            _ => Addresses::Untold,
        },
        retries: u32::try_from(resolved.seconds("retries")).unwrap_or(0),
        throttle_wait: Duration::from_secs(resolved.seconds("throttle_wait")),
        ..Options::default()
    }
}

/// Whether the API takes pages; one that the catalogue does not know is tried.
fn pageable(client: &Client, api: Option<&Api>) -> bool {
    let Some(api) = api else {
        return true;
    };
    let bare = Request {
        api: api.name.clone(),
        params: Vec::new(),
    };
    let page = client.page(&bare, 1, 1);
    page.params
        .iter()
        .all(|(name, _)| api.param(name).is_some())
}

/// The fields that the catalogue tells of the rows: those of the list's or object's record.
fn response_names(api: Option<&Api>, answer: &Answer) -> Vec<String> {
    let fields = api.map_or(&[][..], |api| &api.response);
    // A job's own fields are none of the thing's that it worked on, and an answer may know less than its rows.
    let flat = answer.job.is_none() && answer.name.is_none() && answer.shape == Shape::Object;
    if flat {
        return Vec::new();
    }
    fields
        .iter()
        .filter(|field| !field.name.is_empty())
        .map(|field| field.name.clone())
        .collect()
}

fn read_text(name: &str, path: &str, read: io::Result<Vec<u8>>) -> Result<String> {
    let bytes = read.map_err(|why| {
        Error::line(format!("{name}: {path} could not be read: {why}"))
            .hint(format!("{name}=@@… is for a value that begins with @"))
    })?;
    let mut bytes = bytes;
    // A file's last line end is no part of a password.
    if name.to_ascii_lowercase().contains("password") && bytes.ends_with(b"\n") {
        bytes.pop();
        bytes.pop_if(|byte| *byte == b'\r');
    }
    String::from_utf8(bytes).map_err(|why| {
        Error::line(format!(
            "{name}: {path} is not UTF-8 text (byte {})",
            why.utf8_error().valid_up_to()
        ))
        .hint("user data and certificates are sent in base64 or PEM")
    })
}
