//! One cloud: how it is spoken to, by whom, over what; calls in, answers out, jobs followed.

mod connecting;
pub mod network;
pub mod pages;
pub mod proxies;
pub mod retry;
pub mod tls;
pub mod transport;
pub mod wait;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::catalog::{Api, Field};
use crate::cloud::{self, Dialect, Identity, Manner, Outcome, Progress, Reply, Request, Sent};
use crate::config::secret::Secret;
use crate::error::{Error, Kind, Result};
use crate::record::answer::Answer;
use proxies::Proxies;
use transport::{Failure, Route, Transport};

/// How long a job is waited for unless somebody says otherwise.
pub const JOB_TIME: Duration = Duration::from_secs(3600);
/// How long a signature is good for unless somebody says otherwise, in seconds.
const EXPIRES: u64 = 600;
const RETRIES: u32 = 3;

type Observer = dyn Fn(&Sent) + Send + Sync;

/// What holds for one call.
#[derive(Clone, Debug)]
pub struct Options {
    pub manner: Manner,
    /// What the catalogue says of the answer's fields.
    pub fields: Vec<Field>,
    /// How often a call may go again that brought no answer and may go again at all.
    pub retries: u32,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            manner: Manner {
                expires: EXPIRES,
                response: "json".into(),
            },
            fields: Vec::new(),
            retries: RETRIES,
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
    identity: Identity,
    transport: Transport,
    observer: Option<Arc<Observer>>,
    clock: Mutex<Clock>,
}

/// How far the server's clock is from this machine's.
#[derive(Default)]
struct Clock {
    /// What is added to this machine's time when a call is signed, in seconds.
    offset: i64,
    /// What there is to say about it and has not been said.
    note: Option<String>,
}

/// Clocks that differ by less than this many seconds differ by nothing that matters.
const SKEW: i64 = 30;

impl Client {
    /// A CloudStack cloud at `url` (`https://cloud.example.org/client/api`), called with this key and secret, by the
    /// proxies of the process's environment.
    pub fn new(url: &str, apikey: &str, secretkey: &str) -> Result<Client> {
        let identity = Identity {
            url: url.into(),
            apikey: apikey.into(),
            secretkey: Secret::new(secretkey),
        };
        let route = Route {
            tls: url.starts_with("https:"),
            proxies: Proxies::read(&|name| std::env::var(name).ok())?,
            ..Route::default()
        };
        Client::with(identity, &route, None)
    }

    /// The same with the route chosen and every call observed.
    pub fn with(
        identity: Identity,
        route: &Route,
        observer: Option<Arc<Observer>>,
    ) -> Result<Client> {
        let dialect = cloud::dialect("cloudstack")
            .ok_or_else(|| Error::local("no kind of cloud is called cloudstack"))?;
        Ok(Client {
            dialect,
            identity,
            transport: Transport::new(route)?,
            observer,
            clock: Mutex::default(),
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
        if let Some(error) = self.dialect.objection(request) {
            return Err(error);
        }
        let reads = self.dialect.reads(&request.api);
        let reply = self.send(request, options, reads).await?;
        let follow = self.dialect.follows(&request.api);
        let outcome = self.dialect.read(request, &reply, &options.fields, follow);
        self.doubted(&reply, outcome)
    }

    /// Asks once how far a job is that `request` started.
    pub async fn progress(
        &self,
        request: &Request,
        job: &str,
        options: &Options,
    ) -> Result<Progress> {
        let reply = self.send(&self.dialect.ask(job), options, true).await?;
        self.dialect.progress(request, job, &reply, &options.fields)
    }

    /// Asks the cloud what can be called.
    pub async fn discover(&self) -> Result<Vec<Api>> {
        let options = Options::default();
        let reply = self.send(&self.dialect.discovery(), &options, true).await?;
        self.doubted(&reply, self.dialect.catalog(&reply))
    }

    /// A web page in an answer's place may be a proxy's, and its error says so.
    fn doubted<T>(&self, reply: &Reply, outcome: Result<T>) -> Result<T> {
        let page = reply.content_type.starts_with("text/html");
        outcome.map_err(|error| match page {
            true => self.transport.doubt(&self.identity.url, error),
            false => error,
        })
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

    /// The line that asks after a job by hand.
    pub fn ask_line(&self, job: &str) -> String {
        self.dialect.ask_line(job)
    }

    /// Sends the call, again where that does no harm and may help, each time signed anew.
    async fn send(&self, request: &Request, options: &Options, reads: bool) -> Result<Reply> {
        let mut tries = 0;
        loop {
            let mut outcome = self.send_once(request, &options.manner, reads).await;
            // A refused identity changed nothing, so even a changing call may go again with the right time.
            if outcome
                .as_ref()
                .is_ok_and(|reply| self.clock_was_wrong(reply))
            {
                outcome = self.send_once(request, &options.manner, reads).await;
            }
            if tries >= options.retries || !retry::worth_it(&outcome, reads) {
                return outcome.map_err(|failure| failure.error);
            }
            tries += 1;
            tokio::time::sleep(retry::pause(tries)).await;
        }
    }

    /// Whether a refusal may come from the clock: then what is signed from now on has the server's time.
    fn clock_was_wrong(&self, reply: &Reply) -> bool {
        let (true, Some(date)) = (self.dialect.unauthorized(reply), reply.date) else {
            return false;
        };
        let offset = date.saturating_sub(now());
        let mut clock = self.clock();
        if (offset - clock.offset).abs() < SKEW {
            return false;
        }
        let way = if offset > 0 { "behind" } else { "ahead of" };
        clock.note = Some(format!(
            "this machine's clock is {} s {way} the cloud's; calls are signed with the cloud's time",
            offset.abs()
        ));
        clock.offset = offset;
        true
    }

    /// What there is to say about the calls made since this was last asked.
    pub fn note(&self) -> Option<String> {
        self.clock().note.take()
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(|held| held.into_inner())
    }

    async fn send_once(
        &self,
        request: &Request,
        manner: &Manner,
        reads: bool,
    ) -> std::result::Result<Reply, Failure> {
        let now = now().saturating_add(self.clock().offset);
        let call = self.dialect.sign(request, &self.identity, manner, now);
        let start = Instant::now();
        let outcome = self.transport.send(&request.api, &call, reads).await;
        if let Some(observer) = &self.observer {
            observer(&Sent {
                url: call.shown,
                status: match &outcome {
                    Ok(reply) => Ok(reply.status),
                    Err(failure) => Err(failure.error.message.clone()),
                },
                duration: start.elapsed(),
            });
        }
        outcome
    }
}

/// This machine's time in seconds since 1970.
fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() as i64)
}

/// The error for a call that Ctrl-C ended before its answer came.
pub fn interrupted(request: &Request, reads: bool) -> Error {
    if reads {
        Error::new(
            Kind::Interrupted,
            format!("{} was interrupted", request.api),
        )
    } else {
        Error::new(
            Kind::Unknown,
            format!("{} was interrupted before its answer came", request.api),
        )
        .hint("it may have been carried out: look before you send it again")
    }
}
