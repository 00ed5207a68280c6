//! Files to where the cloud says: opened before anything is sent, streamed from the disk, and followed until the cloud has
//! them or says that it will not.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Response};
use tokio::io::AsyncReadExt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::transport::{Route, Transport, address, chain, seconds};
use super::{Client, Options, retry, wait};
use crate::cloud::{Outcome, Progress, Request, Sent, Uploads, Way};
use crate::error::{Error, Kind, Result};
use crate::record::answer::Answer;

/// How much of a file is read at a time: little enough that a slow line takes more than one in an idle time.
const CHUNK: u64 = 64 << 10;
/// How much of what a server says of an upload is read.
const SAID: usize = 4096;

/// A file that can be read and has something in it.
#[derive(Clone, Debug)]
pub struct File {
    path: PathBuf,
    pub name: String,
    pub size: u64,
}

impl File {
    /// Looks at the file; what is wrong with it is a mistake in the line that names it.
    pub fn open(path: &Path) -> Result<File> {
        let shown = path.display();
        let unreadable = |why: io::Error| {
            Error::line(format!("file: {shown} could not be read: {why}"))
                .hint("nothing was sent; name a file of this machine that you may read")
        };
        // A pipe would be waited for when it is opened.
        let found = std::fs::metadata(path).map_err(unreadable)?;
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|_| found.is_file()) else {
            return Err(Error::line(format!("file: {shown} is no ordinary file"))
                .hint("nothing was sent; an upload has to know its size before it begins"));
        };
        std::fs::File::open(path).map_err(unreadable)?;
        if found.len() == 0 {
            return Err(Error::line(format!("file: {shown} is empty")).hint("nothing was sent"));
        }
        Ok(File {
            path: path.into(),
            name: name.into(),
            size: found.len(),
        })
    }
}

/// How much of a file has gone out, for others to see.
#[derive(Clone)]
pub struct Gone(Arc<watch::Sender<State>>);

#[derive(Clone, Default)]
struct State {
    bytes: u64,
    /// When the last of them went; none before the connection is made.
    last: Option<Instant>,
    whole: bool,
    /// Why the file could not be read on.
    trouble: Option<String>,
}

impl Gone {
    pub fn new() -> Gone {
        Gone(Arc::new(watch::Sender::new(State::default())))
    }

    /// How many bytes have gone out.
    pub fn bytes(&self) -> u64 {
        self.0.borrow().bytes
    }

    /// Whether all of the file has gone out, so that the server may have taken it.
    pub fn whole(&self) -> bool {
        self.0.borrow().whole
    }

    fn state(&self) -> State {
        self.0.borrow().clone()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.0.send_modify(|state| {
            change(state);
            state.last = Some(Instant::now());
        });
    }
}

impl Default for Gone {
    fn default() -> Gone {
        Gone::new()
    }
}

/// What came of sending a file.
pub enum Delivered {
    /// The server says that it has it.
    Taken,
    /// All of it went out, and no answer tells what became of it; the error says so.
    Unknown(Error),
}

/// Sends the file to where the cloud said. What fails for certain is an error: the cloud has no whole file then.
pub async fn send(
    client: &Client,
    request: &Request,
    way: &Way,
    file: &File,
    retries: u32,
    gone: &Gone,
) -> Result<Delivered> {
    let route = Route {
        tls: way.url.starts_with("https:"),
        ..client.route().clone()
    };
    let transport = Transport::new(&route)?;
    let mut tries = 0;
    loop {
        let attempt = Attempt {
            transport: &transport,
            request,
            way,
            file,
            gone,
        };
        let start = Instant::now();
        let sent = attempt.send().await;
        client.sender.tell(&Sent {
            url: address(&way.url).into(),
            status: match &sent {
                Ok((status, _)) => Ok(*status),
                Err(trouble) => Err(trouble.error().message.clone()),
            },
            duration: start.elapsed(),
        });
        match sent {
            Ok((status, said)) => return attempt.answered(status, &said),
            Err(Trouble::Unconnected(_)) if tries < retries => {
                tries += 1;
                sleep(retry::pause(tries)).await;
            }
            Err(Trouble::Unconnected(error) | Trouble::Cut(error)) => return Err(error),
            Err(Trouble::Unanswered(error)) => return Ok(Delivered::Unknown(error)),
        }
    }
}

/// Why a server did not answer.
enum Trouble {
    /// Nothing was sent.
    Unconnected(Error),
    /// Not all of the file went out.
    Cut(Error),
    /// All of it did.
    Unanswered(Error),
}

impl Trouble {
    fn error(&self) -> &Error {
        match self {
            Trouble::Unconnected(error) | Trouble::Cut(error) | Trouble::Unanswered(error) => error,
        }
    }
}

struct Attempt<'a> {
    transport: &'a Transport,
    request: &'a Request,
    way: &'a Way,
    file: &'a File,
    gone: &'a Gone,
}

impl Attempt<'_> {
    /// The server's status and what it says.
    async fn send(&self) -> std::result::Result<(u16, String), Trouble> {
        self.gone.0.send_replace(State::default());
        let File { path, name, size } = self.file;
        let opened = tokio::fs::File::open(path).await;
        let opened = opened.map_err(|why| {
            let what = format!("{} could not be read: {why}", path.display());
            Trouble::Unconnected(self.failed(&what))
        })?;
        let body = Body::wrap_stream(chunks(opened, *size, self.gone.clone()));
        let part = Part::stream_with_length(body, *size).file_name(name.clone());
        let part = part
            .mime_str("application/octet-stream")
            .map_err(|why| Trouble::Unconnected(self.failed(&chain(&why))))?;
        let mut post = self.transport.post(&self.way.url);
        for (name, value) in &self.way.headers {
            post = post.header(*name, value.expose());
        }
        let answer = post
            .multipart(Form::new().part(self.way.field, part))
            .send();
        let response = match self.in_time(answer).await {
            Ok(Ok(response)) => response,
            Ok(Err(why)) => return Err(self.broken(&why.without_url())),
            Err(trouble) => return Err(trouble),
        };
        let status = response.status().as_u16();
        Ok((status, self.said(response).await))
    }

    /// The answer, unless the file stands still for too long before or it takes too long after.
    async fn in_time<T>(&self, answer: impl Future<Output = T>) -> std::result::Result<T, Trouble> {
        let limits = self.transport.limits();
        let mut states = self.gone.0.subscribe();
        let mut answer = std::pin::pin!(answer);
        loop {
            let state = states.borrow_and_update().clone();
            let (setting, limit) = match state.whole {
                true => ("reply_timeout", limits.reply),
                false => ("idle_timeout", limits.idle),
            };
            // The connection has a limit of its own.
            let end = state.last.map(|last| last + limit);
            tokio::select! {
                biased;
                answer = &mut answer => return Ok(answer),
                // The sender is `self`'s own, so there is always one.
                _ = states.changed() => {}
                () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => {
                    let error = match state.whole {
                        true => self.unknown(&format!("no answer came for {}", seconds(limit))),
                        false => self.cut(&format!("it stood still for {}", seconds(limit))),
                    };
                    let error = error.hint(format!(
                        "{setting} is {}; for a longer wait: {setting}=SECONDS", seconds(limit)
                    ));
                    return Err(match state.whole {
                        true => Trouble::Unanswered(error),
                        false => Trouble::Cut(error),
                    });
                }
            }
        }
    }

    /// What the server says, on one line.
    async fn said(&self, mut response: Response) -> String {
        let mut bytes = Vec::new();
        let idle = self.transport.limits().idle;
        while let Ok(Ok(Some(chunk))) = timeout(idle, response.chunk()).await {
            bytes.extend_from_slice(&chunk);
            if bytes.len() >= SAID {
                break;
            }
        }
        bytes.truncate(SAID);
        let text = String::from_utf8_lossy(&bytes);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn broken(&self, why: &reqwest::Error) -> Trouble {
        let what = self.request.api.as_str();
        if let Some(error) = self.transport.unconnected(what, &self.way.url, why) {
            return Trouble::Unconnected(Error {
                kind: Kind::JobFailed,
                ..error
            });
        }
        let state = self.gone.state();
        match state.trouble {
            Some(trouble) => Trouble::Cut(self.cut(&trouble)),
            None if state.whole => Trouble::Unanswered(self.unknown(&chain(why))),
            None => Trouble::Cut(self.cut(&chain(why))),
        }
    }

    /// What an answer means.
    fn answered(&self, status: u16, said: &str) -> Result<Delivered> {
        let said = match said {
            "" => "it gave no reason",
            said if said.starts_with('<') => "it answered with a web page",
            said => said,
        };
        match status {
            200..=299 => Ok(Delivered::Taken),
            // What stands before the server gave up on it, and it may have the file.
            502..=504 if self.gone.whole() => Ok(Delivered::Unknown(
                self.unknown(&format!("HTTP {status}: {said}")),
            )),
            _ => {
                let error = self.failed(&format!(
                    "{} refused the file (HTTP {status}): {said}",
                    address(&self.way.url)
                ));
                Err(error.hint(format!(
                    "the address was good for one upload, until {}",
                    self.way.expires
                )))
            }
        }
    }

    fn cut(&self, why: &str) -> Error {
        self.failed(&format!(
            "the upload to {} broke off after {} of {} bytes: {why}",
            address(&self.way.url),
            self.gone.bytes(),
            self.file.size
        ))
    }

    fn failed(&self, what: &str) -> Error {
        Error::new(Kind::JobFailed, format!("{}: {what}", self.request.api))
    }

    fn unknown(&self, why: &str) -> Error {
        Error::new(
            Kind::Unknown,
            format!(
                "{}: the file went to {}, but no answer tells that it was taken: {why}",
                self.request.api,
                address(&self.way.url)
            ),
        )
    }
}

/// The bytes of a file as they are asked for, exactly as many as were announced.
fn chunks(
    file: tokio::fs::File,
    size: u64,
    gone: Gone,
) -> impl stream::Stream<Item = io::Result<Vec<u8>>> + Send + 'static {
    stream::try_unfold((file, size), move |(mut file, left)| {
        let gone = gone.clone();
        async move {
            if left == 0 {
                return Ok(None);
            }
            let mut chunk = Vec::new();
            let mut piece = (&mut file).take(left.min(CHUNK));
            let trouble = match piece.read_to_end(&mut chunk).await {
                Ok(0) => "the file became shorter meanwhile".to_string(),
                Err(why) => format!("the file could not be read on: {why}"),
                Ok(length) => {
                    let left = left - length as u64;
                    gone.change(|state| {
                        state.bytes += length as u64;
                        state.whole = left == 0;
                    });
                    return Ok(Some((chunk, (file, left))));
                }
            };
            gone.change(|state| state.trouble = Some(trouble.clone()));
            Err(io::Error::other(trouble))
        }
    })
}

/// What is followed, and for how long.
pub struct Following {
    pub uploads: &'static dyn Uploads,
    pub request: Request,
    pub way: Way,
    /// What holds for the calls that ask.
    pub options: Options,
    pub limit: Duration,
    /// The error that stands as long as nobody knows whether the file was taken.
    pub doubt: Option<Error>,
}

impl Following {
    /// Asks after the file until the cloud has it or says that it will not, or until the time is over.
    pub async fn follow(&self, client: &Client) -> Result<Answer> {
        let Following {
            uploads,
            request,
            way,
            ..
        } = self;
        let look = uploads.look(request, &way.id);
        let start = Instant::now();
        let mut silent_since: Option<Instant> = None;
        loop {
            let left = self.limit.saturating_sub(start.elapsed());
            if left.is_zero() {
                let what = format!("is not ready after {} s", self.limit.as_secs());
                return Err(self
                    .ended(&what)
                    .hint("a longer wait: timeout=SECONDS on the line, or `set timeout SECONDS`"));
            }
            sleep(wait::pause(start.elapsed()).min(left)).await;
            match client.fetch(&look, &self.options).await {
                Ok(Outcome::Done(answer)) => match uploads.progress(request, &way.id, answer) {
                    Progress::Running => silent_since = None,
                    Progress::Done(answer) => return Ok(answer),
                    Progress::Failed(error) => return Err(error),
                },
                // A list starts nothing.
                Ok(Outcome::Started { .. }) => {}
                Err(error) => {
                    let since = *silent_since.get_or_insert_with(Instant::now);
                    if error.kind != Kind::Unreachable || since.elapsed() >= wait::PATIENCE {
                        return Err(self.ended(&format!("could not be asked after: {error}")));
                    }
                }
            }
        }
    }

    /// The error for a wait that ended before the cloud was done with the file, or before anything was known of it.
    pub fn ended(&self, what: &str) -> Error {
        match &self.doubt {
            Some(doubt) => doubt.clone(),
            None => Error::new(
                Kind::StillRunning,
                format!(
                    "{}: {} {} {what}",
                    self.request.api,
                    self.uploads.noun(),
                    self.way.id
                ),
            ),
        }
    }
}

/// The error for an upload that Ctrl-C ended.
pub fn interrupted(request: &Request, way: &Way, file: &File, gone: &Gone) -> Error {
    let to = address(&way.url);
    if gone.whole() {
        return Error::new(
            Kind::Unknown,
            format!(
                "{}: the file went to {to}, and the wait for its answer was interrupted",
                request.api
            ),
        );
    }
    Error::new(
        Kind::Interrupted,
        format!(
            "{}: the upload to {to} was interrupted after {} of {} bytes",
            request.api,
            gone.bytes(),
            file.size
        ),
    )
}
