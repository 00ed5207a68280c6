//! The `file=` of a line: found and opened before anything is sent, uploaded when its call was answered, followed to its end.

use std::sync::Arc;
use std::time::Duration;

use indicatif::HumanBytes;

use super::session::{Session, expand_home};
use crate::catalog::{self, Api};
use crate::client::ledger::{Entry, Fate, State};
use crate::client::transport::host;
use crate::client::upload::{self, Delivered, File, Following, Gone};
use crate::client::{Client, Options};
use crate::cloud::{Request, Uploads, Way};
use crate::config::resolve::Resolved;
use crate::error::{Error, Kind, Result};
use crate::line::command::Given;
use crate::record::answer::Answer;
use crate::record::{Record, Value};

/// A file to be uploaded after its call.
pub struct Upload<'a> {
    pub uploads: &'static dyn Uploads,
    pub file: &'a File,
    pub request: &'a Request,
    pub options: &'a Options,
    /// The call's place in the ledger.
    pub entry: Option<Entry>,
}

impl Session {
    /// Takes the file out of a line's parameters, for it is not the cloud's, and looks whether it can be read.
    pub(super) fn take_file(
        &self,
        api: Option<&Api>,
        params: &mut Vec<(String, Given)>,
    ) -> Result<Option<File>> {
        let is_file = |name: &str| {
            let param = api.and_then(|api| api.param(name));
            param.is_some_and(|param| param.kind == catalog::FILE)
        };
        let Some(at) = params.iter().position(|(name, _)| is_file(name)) else {
            return Ok(None);
        };
        match params.remove(at) {
            (_, Given::Text(path) | Given::Data(path) | Given::File(path)) => {
                File::open(&expand_home(&path, &self.env)).map(Some)
            }
            (name, Given::Stdin) => Err(Error::line(format!(
                "{name}=@- cannot be uploaded: its size has to be known before"
            ))
            .hint(format!("write it to a file and give {name}=PATH"))),
        }
    }

    /// Uploads the file to where the call's answer says, and gives what the cloud shows of it in the end, with the API
    /// that shows it.
    pub(super) fn upload(
        &mut self,
        client: &Arc<Client>,
        upload: Upload,
        answer: Answer,
        resolved: &Resolved,
    ) -> Result<(Answer, Option<Arc<Api>>)> {
        let Upload {
            uploads,
            file,
            request,
            options,
            mut entry,
        } = upload;
        let way = uploads.way(request, &answer)?;
        // The call is answered, and what it is for has only begun.
        self.note(&mut entry, &Fate::of(State::Running));
        let noun = uploads.noun();
        let look_line = uploads.look_line(&way.id);
        self.ui.say(&format!(
            "{noun} {} is made; {} ({}) goes to {}, where it is let in until {}",
            way.id,
            file.name,
            HumanBytes(file.size),
            host(&way.url),
            way.expires
        ));
        if way.url.starts_with("https:") {
            self.warn_once(client.route().trust.warnings(host(&way.url)));
        } else if client.route().tls {
            self.ui.warn(&format!(
                "the cloud has the file come without encryption, to {}",
                host(&way.url)
            ));
        }
        let shower = uploads.look(request, &way.id).api;
        let shower = self.known_catalog().api(&shower).ok().flatten();
        let types = self.types(shower.as_deref());
        let delivered = self.deliver(client, request, &way, file, options.retries);
        let end = match delivered {
            Err(error) => Err(error),
            Ok(Delivered::Unknown(error)) if !resolved.bool("asyncblock") => Err(error),
            Ok(Delivered::Taken) if !resolved.bool("asyncblock") => {
                self.ui.say(&format!(
                    "the file is there; ask after the {noun} with: {look_line}"
                ));
                return Ok((only_id(&answer, &way.id), None));
            }
            Ok(delivered) => {
                let following = Following {
                    uploads,
                    request: request.clone(),
                    way: way.clone(),
                    options: Options {
                        types,
                        ..options.clone()
                    },
                    limit: Duration::from_secs(resolved.seconds("timeout")),
                    doubt: match delivered {
                        Delivered::Taken => None,
                        Delivered::Unknown(error) => Some(error),
                    },
                };
                self.follow_upload(client, following)
            }
        };
        match &end {
            Ok(_) => self.note(&mut entry, &Fate::of(State::Done)),
            Err(error) if error.kind == Kind::JobFailed => {
                self.note(&mut entry, &Fate::because(State::Failed, error));
            }
            Err(_) => {}
        }
        let answer = end.map_err(|error| match error.kind {
            Kind::StillRunning | Kind::Unknown => {
                error.hint(format!("ask after the {noun} with: {look_line}"))
            }
            _ => error.hint(format!(
                "the {noun} {0} is left without its file; when the cloud has noticed, it can go: delete {noun} id={0}",
                way.id
            )),
        })?;
        Ok((answer, shower))
    }

    /// Writes down how far the call is; what the cloud did is told although that fails.
    fn note(&self, entry: &mut Option<Entry>, fate: &Fate) {
        if let Some(Err(trouble)) = entry.as_mut().map(|entry| entry.settle(fate)) {
            self.ui.warn(&trouble.message);
        }
    }

    /// Sends the file, with a bar that tells how far it is.
    fn deliver(
        &mut self,
        client: &Arc<Client>,
        request: &Request,
        way: &Way,
        file: &File,
        retries: u32,
    ) -> Result<Delivered> {
        let network = self.network()?;
        let mut interrupt = network.interrupt();
        let gone = Gone::new();
        let (caller, request, way) = (client.clone(), request.clone(), way.clone());
        let (sent, seen) = (file.clone(), gone.clone());
        let outcome = network.run(
            async move {
                tokio::select! {
                    delivered = upload::send(&caller, &request, &way, &sent, retries, &gone) => delivered,
                    () = interrupt.pressed() => Err(upload::interrupted(&request, &way, &sent, &gone)),
                }
            },
            |_| self.ui.bar(&file.name, seen.bytes(), file.size),
        );
        self.ui.clear_spinner();
        outcome?
    }

    fn follow_upload(&mut self, client: &Arc<Client>, following: Following) -> Result<Answer> {
        let what = format!("{} {}", following.uploads.noun(), following.way.id);
        let caller = client.clone();
        self.on_network(
            client,
            || what.clone(),
            |mut interrupt| async move {
                tokio::select! {
                    end = following.follow(&caller) => end,
                    () = interrupt.pressed() => {
                        Err(following.ended("was left to the cloud: the wait was interrupted"))
                    }
                }
            },
        )?
    }
}

/// What goes with an upload has done its work; what is left of the answer is the id.
fn only_id(answer: &Answer, id: &str) -> Answer {
    let mut thing = Record::default();
    thing.push("id", Value::String(id.into()));
    let mut whole = Record::default();
    match &answer.name {
        Some(name) => whole.push(name.clone(), Value::Record(thing)),
        None => whole = thing,
    }
    Answer::of(Value::Record(whole))
}
