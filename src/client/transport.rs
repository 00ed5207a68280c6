//! Signed calls over HTTP: one request out, one reply in. Nothing is followed, repeated or told to others by itself.

use std::error::Error as StdError;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response};
use tokio::time::timeout;

use super::connecting::Connecting;
use super::proxies::{Proxies, Proxy};
use super::tls::{self, Tls};
use crate::cloud::{Reply, SignedCall};
use crate::config::secret::Secret;
use crate::error::{Error, Kind, Result};

/// A reply larger than this is broken off.
const MAX_REPLY: usize = 1 << 30;
/// Connections are let go before the usual servers close them, so that no call is sent into a closing one.
const IDLE: Duration = Duration::from_secs(10);

/// How long to wait at most, for what; each is a setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// For a connection, its TLS and its proxy included (`connect_timeout`).
    pub connect: Duration,
    /// From there for the first byte of the answer (`reply_timeout`).
    pub reply: Duration,
    /// For each further byte (`idle_timeout`).
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(15),
            reply: Duration::from_secs(300),
            idle: Duration::from_secs(60),
        }
    }
}

/// How a cloud is reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    pub trust: Tls,
    /// Whether any address is spoken to with TLS; the platform's roots take time to load.
    pub tls: bool,
    /// None for the built-in cloud.
    pub proxies: Proxies,
    pub limits: Limits,
}

/// How far a call came that brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// No connection was made: nothing was sent.
    Nobody,
    /// Something was sent, and no whole answer came.
    Server,
    /// What came back will come back again.
    Refusal,
}

/// Why no answer came, and how far the call got.
#[derive(Clone, Debug)]
pub struct Failure {
    pub error: Error,
    pub reached: Reached,
}

impl Failure {
    fn new(reached: Reached, error: Error) -> Failure {
        Failure { error, reached }
    }
}

/// Keeps connections open from call to call.
pub struct Transport {
    http: reqwest::Client,
    connecting: Connecting,
    proxies: Proxies,
    limits: Limits,
}

impl Transport {
    pub fn new(route: &Route) -> Result<Transport> {
        // A second installation is refused, which is as good as the first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let connecting = Connecting::new();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("capuchin/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            // What is left is hyper's own: a request that it has not begun to write when a kept connection proves closed
            // goes over another one. That cannot be turned off here, and nothing was sent by then.
            .retry(reqwest::retry::never())
            .pool_idle_timeout(IDLE)
            .connect_timeout(route.limits.connect)
            .connector_layer(connecting.clone());
        builder = if route.tls || route.proxies.secure() {
            builder.tls_backend_preconfigured(route.trust.config()?)
        } else {
            builder.tls_certs_only([])
        };
        let http =
            route.proxies.give_to(builder)?.build().map_err(|why| {
                Error::local(format!("HTTP could not be set up: {}", chain(&why)))
            })?;
        Ok(Transport {
            http,
            connecting,
            proxies: route.proxies.clone(),
            limits: route.limits,
        })
    }

    /// Sends the call once. `reads` tells whether losing the answer leaves anything in doubt.
    pub async fn send(&self, what: &str, call: &SignedCall, reads: bool) -> Result<Reply, Failure> {
        let sending = Sending {
            what,
            url: &call.url,
            proxy: self.proxies.to(&call.url),
            limits: self.limits,
            reads,
        };
        let request = match &call.body {
            Some(form) => self
                .http
                .post(&call.url)
                .header(
                    "content-type",
                    "application/x-www-form-urlencoded; charset=utf-8",
                )
                .body(form.clone()),
            None => self.http.get(&call.url),
        };
        let request = match &call.cookies {
            Some(cookies) => request.header("cookie", cookies.expose()),
            None => request,
        };
        let response = self.answered(request, &sending).await?;
        sending.refuse(&response)?;
        read(response, &sending).await
    }

    /// The head of the answer.
    async fn answered(
        &self,
        request: RequestBuilder,
        sending: &Sending<'_>,
    ) -> Result<Response, Failure> {
        let answer = self.connecting.limit(self.limits.reply, request.send());
        match answer.await {
            Some(answer) => answer.map_err(|why| sending.broken(why)),
            None => {
                let limit = self.limits.reply;
                let why = format!("it did not begin to answer within {}", seconds(limit));
                Err(sending.lost(&why, Some(("reply_timeout", limit))))
            }
        }
    }

    /// Adds to the error of an answer that nobody understands that a proxy may have made it.
    pub fn doubt(&self, url: &str, error: Error) -> Error {
        match self.proxies.to(url) {
            Some(proxy) if !url.starts_with("https:") => error.hint(format!(
                "the call went through the proxy {}, which may have answered itself",
                proxy.shown
            )),
            _ => error,
        }
    }
}

/// The whole of a reply whose head is there.
async fn read(mut response: Response, sending: &Sending<'_>) -> Result<Reply, Failure> {
    let status = response.status().as_u16();
    let content_type = header(&response, "content-type")
        .unwrap_or_default()
        .to_string();
    let date = header(&response, "date")
        .and_then(|value| jiff::fmt::rfc2822::parse(value).ok())
        .map(|date| date.timestamp().as_second());
    let retry_after = header(&response, "retry-after").map(Into::into);
    let cookies = response
        .headers()
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .map(Secret::new)
        .collect();
    let mut body = Vec::new();
    let idle = sending.limits.idle;
    loop {
        let Ok(chunk) = timeout(idle, response.chunk()).await else {
            let why = format!(
                "it stopped in its middle, after {} bytes, for {}",
                body.len(),
                seconds(idle)
            );
            return Err(sending.lost(&why, Some(("idle_timeout", idle))));
        };
        let Some(chunk) = chunk.map_err(|why| sending.broken(why))? else {
            break;
        };
        if body.len() + chunk.len() > MAX_REPLY {
            let why = format!("the answer is larger than {MAX_REPLY} bytes");
            return Err(sending.lost(&why, None));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply {
        status,
        content_type,
        date,
        retry_after,
        cookies,
        body: body.into(),
    })
}

fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// A call on its way: what its errors have to say.
struct Sending<'a> {
    what: &'a str,
    url: &'a str,
    proxy: Option<&'a Proxy>,
    limits: Limits,
    reads: bool,
}

impl Sending<'_> {
    /// The failure of an answer that stands for none: sent on to elsewhere, or made by a proxy in the cloud's place.
    fn refuse(&self, response: &Response) -> Result<(), Failure> {
        let status = response.status();
        let address = address(self.url);
        let what = self.what;
        if status.is_redirection() {
            let target = header(response, "location").map_or("nowhere", |target| {
                target.split('?').next().unwrap_or(target)
            });
            let error = Error::new(
                Kind::Refused,
                format!(
                    "{what}: {address} sends callers on to {target} (HTTP {}), which is not followed",
                    status.as_u16()
                ),
            )
            .hint("set url to the API's own address");
            return Err(Failure::new(Reached::Refusal, error));
        }
        // What a proxy tunnels it cannot answer.
        let Some(proxy) = self.proxy.filter(|_| !self.url.starts_with("https:")) else {
            return Ok(());
        };
        let shown = &proxy.shown;
        if status.as_u16() == 407 {
            return Err(Failure::new(Reached::Refusal, self.login_wanted(proxy)));
        }
        if !matches!(status.as_u16(), 502..=504) {
            return Ok(());
        }
        let error = Error::new(
            self.doubtful(),
            format!("{what}: the proxy {shown} answered HTTP {status} in the place of {address}"),
        )
        .hint(format!(
            "the proxy does not get through to the cloud; to go without it, add the cloud's host to NO_PROXY or unset {}",
            proxy.variable()
        ));
        Err(Failure::new(Reached::Server, self.warned(error)))
    }

    /// The error for a call that did not bring an answer.
    fn broken(&self, why: reqwest::Error) -> Failure {
        let why = why.without_url();
        if why.is_connect() {
            return Failure::new(Reached::Nobody, self.unconnected(&why));
        }
        if why.is_builder() {
            let error = Error::line(format!(
                "{}: no call can be made of {}: {}",
                self.what,
                address(self.url),
                chain(&why)
            ));
            return Failure::new(Reached::Refusal, error);
        }
        // TLS 1.3 has a server look at the client's certificate after the client has begun to send.
        if let Some(told) = tls::told(&why) {
            let mut failure = self.lost(&format!("the server {}", told.what), None);
            failure.error.hints.splice(0..0, told.hints);
            return failure;
        }
        self.lost(&chain(&why), None)
    }

    /// The error for a connection that was not made, to a proxy or to the cloud.
    fn unconnected(&self, why: &reqwest::Error) -> Error {
        let address = address(self.url);
        let what = self.what;
        let text = chain(why);
        let unreachable = |message| Error::new(Kind::Unreachable, message);
        const NOTHING: &str = "nothing was sent";
        let to_proxy = self.proxy.filter(|_| {
            !self.url.starts_with("https:") || text.contains("create underlying connection")
        });
        if why.is_timeout() {
            let limit = seconds(self.limits.connect);
            let whom = match self.proxy {
                Some(proxy) => format!("{address}, by the proxy {}", proxy.shown),
                None => address.into(),
            };
            return unreachable(format!(
                "{what}: no connection to {whom} was made within {limit}"
            ))
            .hint(format!(
                "{NOTHING}; check the address, or wait longer: connect_timeout=SECONDS"
            ));
        }
        if let Some(told) = tls::told(why) {
            let host = to_proxy.map_or_else(
                || host(self.url).to_string(),
                |proxy| format!("the proxy {}", proxy.shown),
            );
            let error = unreachable(format!("{what}: {host} {}", told.what));
            return told
                .hints
                .into_iter()
                .fold(error, Error::hint)
                .hint(NOTHING);
        }
        match self.proxy {
            Some(proxy) if text.contains("proxy authorization required") => {
                self.login_wanted(proxy)
            }
            Some(proxy) if to_proxy.is_some() => unreachable(format!(
                "{what}: the proxy {} on the way to {address} could not be reached: {text}",
                proxy.shown
            ))
            .hint(format!(
                "{NOTHING}; check {} and NO_PROXY",
                proxy.variable()
            )),
            Some(proxy) => unreachable(format!(
                "{what}: the proxy {} does not let through to {address}: {text}",
                proxy.shown
            ))
            .hint(format!(
                "{NOTHING}; ask who runs the proxy, or add the cloud's host to NO_PROXY"
            )),
            None => unreachable(format!("{what}: {address} could not be reached: {text}")).hint(
                format!(
                    "{NOTHING}; check the address (`set url`), the network and the proxy settings"
                ),
            ),
        }
    }

    fn login_wanted(&self, proxy: &Proxy) -> Error {
        Error::new(
            Kind::Unreachable,
            format!(
                "{}: the proxy {} wants a user name and a password that are right (HTTP 407)",
                self.what, proxy.shown
            ),
        )
        .hint(format!(
            "nothing was done; write them into the variable: {}=http://USER:PASSWORD@HOST:PORT",
            proxy.variable()
        ))
    }

    /// The failure of a call whose answer never came whole; `limit` is the setting that ended the wait for it.
    fn lost(&self, why: &str, limit: Option<(&str, Duration)>) -> Failure {
        let address = address(self.url);
        let what = self.what;
        let message = if self.reads {
            format!("{what}: no whole answer came from {address}: {why}")
        } else {
            format!("{what} was sent to {address}, but its answer never came: {why}")
        };
        let mut error = self.warned(Error::new(self.doubtful(), message));
        if let Some((setting, limit)) = limit {
            error = error.hint(format!(
                "{setting} is {}; for a longer wait: {setting}=SECONDS",
                seconds(limit)
            ));
        }
        Failure::new(Reached::Server, error)
    }

    /// What a call comes to that was sent and has no answer of its own.
    fn doubtful(&self) -> Kind {
        match self.reads {
            true => Kind::Unreachable,
            false => Kind::Unknown,
        }
    }

    fn warned(&self, error: Error) -> Error {
        error.hint(match self.reads {
            true => "nothing was changed; try again",
            false => "it may have been carried out: look before you send it again",
        })
    }
}

/// A time as settings have it.
fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}

/// The address without the query, which holds key and signature.
fn address(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

/// The host of an address, for a sentence about it.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest)
}

/// The error and what caused it, outermost first, each said once.
fn chain(why: &dyn StdError) -> String {
    let mut text = why.to_string();
    let mut source = why.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = cause.source();
    }
    text
}
