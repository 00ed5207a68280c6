//! One cloud: how it is spoken to, by whom, over what; calls in, answers out, jobs followed.

mod change;
mod connecting;
pub mod discovery;
pub mod ledger;
mod logins;
pub mod network;
pub mod pages;
pub mod proxies;
pub mod resolve;
pub mod retry;
pub mod send;
pub mod sessions;
pub mod tls;
pub mod transport;
pub mod turns;
pub mod upload;
pub mod wait;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use crate::catalog::types::Types;
use crate::catalog::{Api, Catalog};
use crate::cloud::{self, Access, Dialect, Identity, Manner, Outcome, Progress, Reply, Request};
use crate::config::secret::Secret;
use crate::error::{Error, Kind, Result};
use crate::record::answer::Answer;
use ledger::{Entry, Ledger, Whose};
pub use logins::{At, Question};
use proxies::Proxies;
use retry::Twice;
use send::{Observer, Sender};
use sessions::Sessions;
use transport::Route;

/// How long a job is waited for unless somebody says otherwise.
pub const JOB_TIME: Duration = Duration::from_secs(3600);
/// How long a signature is good for unless somebody says otherwise, in seconds.
const EXPIRES: u64 = 600;
const RETRIES: u32 = 3;
const THROTTLE_WAIT: Duration = Duration::from_secs(60);
/// Parts of a list that never comes to its end; no cloud has so many things.
const MOST_PARTS: usize = 100_000;

/// What holds for one call.
#[derive(Clone, Debug)]
pub struct Options {
    pub manner: Manner,
    /// What is known of the answer's fields.
    pub types: Types,
    /// How often a call may go again that brought no answer and may go again at all.
    pub retries: u32,
    /// How long is waited in all where the cloud takes no more calls for a while.
    pub throttle_wait: Duration,
    /// The parameter that may carry the ledger's own id of the call as the new thing's.
    pub custom: Option<&'static str>,
    /// Whether the address of each call is to be told.
    pub addresses: Addresses,
    /// Whether the call goes even if it cannot be right.
    pub as_typed: bool,
}

/// Whether the addresses of calls are told, and how much of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addresses {
    #[default]
    Untold,
    /// Without key and signature.
    Masked,
    Whole,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            manner: Manner {
                expires: EXPIRES,
                response: "json".into(),
                version: String::new(),
                method: String::new(),
                variant: 0,
            },
            types: Types::default(),
            retries: RETRIES,
            throttle_wait: THROTTLE_WAIT,
            custom: None,
            addresses: Addresses::Untold,
            as_typed: false,
        }
    }
}

/// A cloud that can be called.
///
/// ```
/// # let state = tempfile::tempdir()?;
/// # let demo = devcloud::start(&state.path().join("cloud.sqlite"), ([127, 0, 0, 1], 0).into())?;
/// # let (url, apikey, secretkey) = (demo.url(), demo.apikey(), demo.secretkey());
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// let cloud = capuchin::Client::new(&url, apikey, secretkey)?;
/// let users = cloud.call("listUsers", &[("account", "admin"), ("domainid", "1")]).await?;
/// for user in users.records() {
///     println!("{}", user.text("username").unwrap_or_default());
/// }
/// // A call that starts a job is followed to the job's end.
/// let zones = cloud.call("listZones", &[]).await?;
/// let zone = zones.records().next().and_then(|zone| zone.text("id")).unwrap_or_default();
/// let volume = cloud.call("createVolume", &[("name", "data"), ("size", "1"), ("zoneid", &zone)]).await?;
/// assert_eq!(volume.records().next().and_then(|row| row.text("name")).as_deref(), Some("data"));
/// # Ok::<(), capuchin::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client {
    dialect: Box<dyn Dialect>,
    sender: Sender,
    route: Route,
    book: Option<Book>,
}

/// Where the calls of a client are written down, and whose they are.
#[derive(Clone)]
pub struct Book {
    pub ledger: Arc<Ledger>,
    pub whose: Whose,
}

/// A call that was answered.
pub struct Begun {
    pub outcome: Outcome,
    /// Its place in the ledger, open until its end is settled or nobody waits for it.
    pub entry: Option<Entry>,
}

impl Client {
    /// A CloudStack cloud at `url` (`https://cloud.example.org/client/api`), called with this key and secret, by the
    /// proxies of the process's environment.
    pub fn new(url: &str, apikey: &str, secretkey: &str) -> Result<Client> {
        let access = Access {
            servers: vec![url.into()],
            identity: Identity::Keys {
                apikey: apikey.into(),
                secretkey: Secret::new(secretkey),
            },
        };
        let route = Route {
            tls: url.starts_with("https:"),
            proxies: Proxies::read(&|name| std::env::var(name).ok())?,
            ..Route::default()
        };
        Client::with(cloud::usual(), access, &route, None, None, None)
    }

    /// The same for any kind of cloud and anybody, with the route chosen, every call observed, those that change something written down, and
    /// the sessions of logins kept.
    pub fn with(
        dialect: Box<dyn Dialect>,
        access: Access,
        route: &Route,
        observer: Option<Arc<Observer>>,
        book: Option<Book>,
        sessions: Option<Sessions>,
    ) -> Result<Client> {
        Ok(Client {
            dialect,
            sender: Sender::new(access, route, observer, sessions)?,
            route: route.clone(),
            book,
        })
    }

    /// Makes the call and, where it starts a job, waits for the job's end (an hour at most).
    pub async fn call(&self, api: &str, params: &[(&str, &str)]) -> Result<Answer> {
        let request = Request {
            api: api.into(),
            params: params
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
        };
        let options = Options::default();
        match self.start(&request, &options).await? {
            Outcome::Done(answer) if self.pages(&request) => {
                let whole = pages::complete(self, &request, &options, answer, |_, _| ()).await?;
                Ok(whole.answer)
            }
            Outcome::Done(answer) => Ok(answer),
            Outcome::Started { job, .. } => {
                wait::follow(self, &request, &job, &options, JOB_TIME).await
            }
        }
    }

    /// Makes the call and does not wait for what it starts.
    pub async fn start(&self, request: &Request, options: &Options) -> Result<Outcome> {
        let begun = self.begin(request, options, None).await?;
        Ok(begun.outcome)
    }

    /// Makes the call; one that changes something is written down before. With a catalogue, one whose answer is lost is
    /// looked for in the cloud.
    pub async fn begin(
        &self,
        request: &Request,
        options: &Options,
        catalog: Option<&Catalog>,
    ) -> Result<Begun> {
        if !options.as_typed
            && let Some(error) = self.dialect.objection(request)
        {
            return Err(error);
        }
        if !self.dialect.reads(&request.api) {
            return change::carry_out(self, request, options, catalog).await;
        }
        Ok(Begun {
            outcome: self.fetch(request, options).await?,
            entry: None,
        })
    }

    /// Makes a call that only reads; one that proves to be asked in the wrong way is asked in the other.
    pub async fn fetch(&self, request: &Request, options: &Options) -> Result<Outcome> {
        let reply = self.send(request, options, Twice::Harmless).await?;
        let read = self.read(request, options, &reply);
        let Some(other) = self.rephrased(request, &read) else {
            return self.whole(request, options, read?).await;
        };
        let reply = self.send(&other, options, Twice::Harmless).await?;
        match self.read(&other, options, &reply) {
            Ok(again) => self.whole(&other, options, again).await,
            // Where the other way is no better, the one that was meant tells more.
            Err(_) => self.whole(request, options, read?).await,
        }
    }

    /// The answer to `request` with the parts of its list that follow, where it is a list in parts.
    async fn whole(
        &self,
        request: &Request,
        options: &Options,
        mut outcome: Outcome,
    ) -> Result<Outcome> {
        let Outcome::Done(answer) = &mut outcome else {
            return Ok(outcome);
        };
        let mut following = self.dialect.next(request, answer);
        let mut parts = 1;
        while let Some(asked) = following {
            let why = if parts == MOST_PARTS {
                format!("the cloud still had more after {MOST_PARTS} parts")
            } else {
                let reply = self.send(&asked, options, Twice::Harmless).await?;
                match self.read(&asked, options, &reply)? {
                    Outcome::Done(part) => {
                        parts += 1;
                        following = self.dialect.next(request, &part);
                        answer.rows.append(part.rows);
                        if following.as_ref() != Some(&asked) {
                            continue;
                        }
                        "the cloud names the part that it gave as the next one again".into()
                    }
                    Outcome::Started { .. } => {
                        "the cloud answered the next part with something that goes on".into()
                    }
                }
            };
            self.note(format!("the list is not whole: {why}"));
            break;
        }
        Ok(outcome)
    }

    fn rephrased<T>(&self, request: &Request, read: &Result<T>) -> Option<Request> {
        let refusal = read.as_ref().err()?;
        self.dialect.rephrased(request, refusal)
    }

    fn read(&self, request: &Request, options: &Options, reply: &Reply) -> Result<Outcome> {
        let follow = self.dialect.follows(&request.api);
        let outcome = self.dialect.read(request, reply, &options.types, follow);
        outcome.map_err(|error| self.sender.doubt(reply, error))
    }

    /// Asks once how far a job is that `request` started.
    pub async fn progress(
        &self,
        request: &Request,
        job: &str,
        options: &Options,
    ) -> Result<Progress> {
        let question = self.dialect.ask(request, job);
        let reply = self.send(&question, options, Twice::Harmless).await?;
        let progress = |reply| self.dialect.progress(request, job, reply, &options.types);
        let told = progress(&reply);
        let Some(other) = self.rephrased(&question, &told) else {
            return told;
        };
        let reply = self.send(&other, options, Twice::Harmless).await?;
        let again = progress(&reply);
        if again.is_ok() { again } else { told }
    }

    /// Asks the cloud what can be called, with the call that tells it.
    pub async fn discover(&self, discovery: &Request, options: &Options) -> Result<Vec<Api>> {
        let reply = self.send(discovery, options, Twice::Harmless).await?;
        let catalog = self.dialect.catalog(&reply);
        catalog.map_err(|error| self.sender.doubt(&reply, error))
    }

    /// Whether the changing call that was made last may have been carried out without anybody knowing.
    pub fn in_doubt(&self) -> bool {
        self.sender.in_doubt()
    }

    /// Logs in at every server, for callers with a password: the one given, or their own. Nothing for others.
    pub async fn log_in(&self, password: Option<Secret>) -> Vec<At> {
        self.sender.log_in(&*self.dialect, password).await
    }

    /// Ends the sessions that there are, and forgets them.
    pub async fn log_out(&self) -> Vec<At> {
        let manner = Options::default().manner;
        self.sender.log_out(&*self.dialect, &manner).await
    }

    /// What the user is to be asked for the call to go on.
    pub fn question(&self) -> Option<Question> {
        self.sender.question()
    }

    /// How this cloud is spoken to.
    pub fn dialect(&self) -> &dyn Dialect {
        &*self.dialect
    }

    /// Whether the request is for a list of which no page was asked for.
    pub fn pages(&self, request: &Request) -> bool {
        self.dialect.pages(request)
    }

    /// How many rows the cloud counts.
    pub fn total(&self, answer: &Answer) -> Option<usize> {
        self.dialect.total(answer)
    }

    /// The request for a page of a list.
    pub fn page(&self, request: &Request, number: usize, size: usize) -> Request {
        self.dialect.page(request, number, size)
    }

    /// Whether the call only reads.
    pub fn reads(&self, api: &str) -> bool {
        self.dialect.reads(api)
    }

    /// How far the cloud's clock is ahead of this machine's, in seconds, as far as is known.
    pub fn ahead(&self) -> i64 {
        self.sender.ahead()
    }

    /// Where its calls are written down.
    pub fn book(&self) -> Option<&Book> {
        self.book.as_ref()
    }

    /// How it is reached.
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// What there is to say about the calls made since this was last asked.
    pub fn notes(&self) -> Vec<String> {
        self.sender.notes()
    }

    /// Has something said to the user.
    fn note(&self, text: String) {
        self.sender.note(text);
    }

    /// The addresses of calls that were sent since this was last asked, where they are to be told.
    pub fn addresses(&self) -> Vec<String> {
        self.sender.addresses()
    }

    /// The line that asks by hand after what a request started.
    pub fn ask_line(&self, request: &Request, job: &str) -> String {
        self.dialect.ask_line(request, job)
    }

    async fn send(&self, request: &Request, options: &Options, twice: Twice) -> Result<Reply> {
        let sent = self.sender.send(&*self.dialect, request, options, twice);
        sent.await.map_err(|failure| failure.error)
    }
}

/// The error for a call that Ctrl-C ended before its answer came; `harmless` where nothing can have come of it.
pub fn interrupted(request: &Request, harmless: bool) -> Error {
    if harmless {
        Error::new(
            Kind::Interrupted,
            format!("{} was interrupted", request.api),
        )
    } else {
        Error::new(
            Kind::Unknown,
            format!("{} was interrupted before its answer came", request.api),
        )
        .hint("it may have been carried out: `jobs` asks the cloud what became of it")
    }
}

/// The error for a wait that Ctrl-C ended.
pub fn interrupted_wait() -> Error {
    Error::new(Kind::Interrupted, "the wait was interrupted")
        .hint("the jobs go on in the cloud; `jobs` tells how far they are")
}

#[cfg(test)]
mod parts_tests;
