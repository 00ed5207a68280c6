//! Signed calls over HTTP: one request out, one reply in. Nothing is followed, repeated or told to others by itself.

use std::time::Duration;

use reqwest::redirect::Policy;

use crate::cloud::{Reply, SignedCall};
use crate::config::secret::Secret;
use crate::error::{Error, Kind, Result};

/// A reply larger than this is broken off.
const MAX_REPLY: usize = 1 << 30;
const CONNECT_TIME: Duration = Duration::from_secs(15);
/// Connections are let go before the usual servers close them, so that no call is sent into a closing one.
const IDLE: Duration = Duration::from_secs(10);
/// How long the server may say nothing at all before the call is given up.
const SILENCE: Duration = Duration::from_secs(300);

/// How a cloud is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Whether the server's certificate must be right.
    pub verifycert: bool,
    /// Whether the environment's proxies are used; never for the built-in cloud.
    pub proxies: bool,
    /// Whether any address is spoken to with TLS; the platform's roots take time to load.
    pub tls: bool,
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
}

impl Transport {
    pub fn new(route: &Route) -> Result<Transport> {
        // A second installation is refused, which is as good as the first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("capuchin/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .pool_idle_timeout(IDLE)
            .connect_timeout(CONNECT_TIME)
            .read_timeout(SILENCE)
            .tls_danger_accept_invalid_certs(!route.verifycert);
        if !route.proxies {
            builder = builder.no_proxy();
        }
        if !route.tls {
            builder = builder.tls_certs_only([]);
        }
        let http = builder
            .build()
            .map_err(|why| Error::local(format!("HTTP could not be set up: {}", chain(&why))))?;
        Ok(Transport { http })
    }

    /// Sends the call once. `reads` tells whether losing the answer leaves anything in doubt.
    pub async fn send(&self, what: &str, call: &SignedCall, reads: bool) -> Result<Reply, Failure> {
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
        let mut response = request
            .send()
            .await
            .map_err(|why| broken(what, &call.url, why, reads))?;
        let status = response.status().as_u16();
        if (300..400).contains(&status) {
            let target = response
                .headers()
                .get("location")
                .and_then(|value| value.to_str().ok())
                .map(|value| value.split('?').next().unwrap_or(value).to_string())
                .unwrap_or_else(|| "nowhere".into());
            let address = address(&call.url);
            let error = Error::new(
                Kind::Refused,
                format!("{what}: {address} sends callers on to {target} (HTTP {status}), which is not followed"),
            )
            .hint("set url to the API's own address");
            return Err(Failure::new(Reached::Refusal, error));
        }
        let content_type = response
            .headers()
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_string();
        let date = response
            .headers()
            .get("date")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| jiff::fmt::rfc2822::parse(value).ok())
            .map(|date| date.timestamp().as_second());
        let cookies = response
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .map(Secret::new)
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|why| broken(what, &call.url, why, reads))?
        {
            if body.len() + chunk.len() > MAX_REPLY {
                return Err(lost(
                    what,
                    &call.url,
                    &format!("the answer is larger than {MAX_REPLY} bytes"),
                    reads,
                ));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply {
            status,
            content_type,
            date,
            cookies,
            body,
        })
    }
}

/// The error for a call that did not bring an answer.
fn broken(what: &str, url: &str, why: reqwest::Error, reads: bool) -> Failure {
    let why = why.without_url();
    if why.is_connect() {
        let error = Error::new(
            Kind::Unreachable,
            format!(
                "{what}: {} could not be reached: {}",
                address(url),
                chain(&why)
            ),
        )
        .hint(
            "nothing was sent; check the address (`set url`), the network and the proxy settings",
        );
        return Failure::new(Reached::Nobody, error);
    }
    if why.is_builder() {
        let error = Error::line(format!(
            "{what}: no call can be made of {}: {}",
            address(url),
            chain(&why)
        ));
        return Failure::new(Reached::Refusal, error);
    }
    lost(what, url, &chain(&why), reads)
}

fn lost(what: &str, url: &str, why: &str, reads: bool) -> Failure {
    let address = address(url);
    let error = if reads {
        Error::new(
            Kind::Unreachable,
            format!("{what}: no whole answer came from {address}: {why}"),
        )
        .hint("nothing was changed; try again")
    } else {
        Error::new(
            Kind::Unknown,
            format!("{what} was sent to {address}, but its answer never came: {why}"),
        )
        .hint("it may have been carried out: look before you send it again")
    };
    Failure::new(Reached::Server, error)
}

/// The address without the query, which holds key and signature.
fn address(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

/// The error and what caused it, outermost first, each said once.
fn chain(why: &dyn std::error::Error) -> String {
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
