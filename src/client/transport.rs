//! Signed calls over HTTP: one request out, one reply in. Nothing is followed, repeated or told to others by itself.

mod words;

use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response};
use tokio::time::timeout;

use super::connecting::Connecting;
use super::proxies::Proxies;
use super::tls::{Seen, Tls};
use crate::cloud::{Reply, SignedCall};
use crate::config::secret::Secret;
use crate::error::{Error, Result};
use words::Sending;

pub use words::{address, chain, host, seconds};

/// Connections are let go before the usual servers close them, so that no call is sent into a closing one.
const IDLE: Duration = Duration::from_secs(10);

/// How long to wait at most, for what, and for how much; each is a setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// For a connection, its TLS and its proxy included (`connect_timeout`).
    pub connect: Duration,
    /// From there for the first byte of the answer (`reply_timeout`).
    pub reply: Duration,
    /// For each further byte (`idle_timeout`).
    pub idle: Duration,
    /// How many bytes an answer may have, unpacked (`max_reply`).
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(15),
            reply: Duration::from_secs(300),
            idle: Duration::from_secs(60),
            bytes: 1 << 30,
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
        Transport::watched(route, None)
    }

    /// The same, with a server's certificate kept where it can be looked at.
    pub fn watched(route: &Route, seen: Option<&Seen>) -> Result<Transport> {
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
            builder.tls_backend_preconfigured(route.trust.config_watched(seen)?)
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
            own: true,
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
        let mut request = request;
        for (name, value) in &call.headers {
            let mut value = HeaderValue::from_str(value.expose())
                .map_err(|_| Failure::new(Reached::Refusal, unsendable(what, name)))?;
            value.set_sensitive(true);
            request = request.header(*name, value);
        }
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

    /// Begins a POST that is not a call of the API.
    pub fn post(&self, url: &str) -> RequestBuilder {
        self.http.post(url)
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The error for an address that could not be connected to, or nothing where something was sent.
    pub fn unconnected(&self, what: &str, url: &str, why: &reqwest::Error) -> Option<Error> {
        let sending = Sending {
            what,
            url,
            proxy: self.proxies.to(url),
            limits: self.limits,
            reads: true,
            own: false,
        };
        why.is_connect().then(|| sending.unconnected(why))
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

/// The error for a header that cannot have its value, which is a secret and not shown. Others than the key are made of digits
/// and base64.
fn unsendable(what: &str, name: &str) -> Error {
    Error::local(format!(
        "{what} was not sent: apikey has letters that the header {name} cannot carry"
    ))
    .hint("set apikey KEY, of letters, digits and signs of ASCII alone")
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
    let most = sending.limits.bytes;
    // What tells its length is refused before any of it is here.
    let length = response.content_length().unwrap_or(0);
    if length > most {
        return Err(sending.oversize(&format!("it has {length} bytes")));
    }
    let mut body = Vec::new();
    // Where the memory cannot be had at once, the body may yet prove shorter than it says.
    let _ = body.try_reserve_exact(usize::try_from(length).unwrap_or(0));
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
        if (body.len() + chunk.len()) as u64 > most {
            let why = format!("it was broken off after {} bytes", body.len());
            return Err(sending.oversize(&why));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[tokio::test]
    async fn a_key_that_no_header_can_carry_is_refused_before_anything_is_sent() {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", server.local_addr().unwrap());
        let call = |key: &str| SignedCall {
            url: url.clone(),
            shown: url.clone(),
            body: None,
            cookies: None,
            headers: vec![("x-key", Secret::new(key))],
        };
        let transport = Transport::new(&Route::default()).unwrap();
        for key in ["HUSH\nx", "HUSH\u{7f}"] {
            let call = call(key);
            let sent = transport.send("getRegionList", &call, false);
            let failure = sent.await.unwrap_err();
            assert_eq!(failure.reached, Reached::Refusal);
            assert_eq!(failure.error.kind, Kind::Local);
            let said = format!("{:?}", failure.error);
            assert!(said.contains("apikey") && !said.contains("HUSH"), "{said}");
        }
        let call = call("FINE");
        tokio::select! {
            _ = transport.send("getRegionList", &call, false) => panic!("nobody answers"),
            // It was the first to connect.
            came = server.accept() => assert!(came.is_ok()),
        }
    }
}
