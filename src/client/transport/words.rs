//! What is said of a call that brought no answer: what the HTTP client told in, an error with what to do out.

use std::error::Error as StdError;
use std::time::Duration;

use reqwest::Response;

use super::{Failure, Limits, Reached, header};
use crate::client::proxies::Proxy;
use crate::client::tls;
use crate::config::settings::size;
use crate::error::{Error, Kind, Result};

/// A call on its way: what its errors have to say.
pub struct Sending<'a> {
    pub what: &'a str,
    pub url: &'a str,
    pub proxy: Option<&'a Proxy>,
    pub limits: Limits,
    pub reads: bool,
    /// Whether the address is the one that the user gave.
    pub own: bool,
}

impl Sending<'_> {
    /// The failure of an answer that stands for none: sent on to elsewhere, or made by a proxy in the cloud's place.
    pub fn refuse(&self, response: &Response) -> Result<(), Failure> {
        let status = response.status();
        let address = address(self.url);
        let what = self.what;
        if status.is_redirection() {
            let target =
                header(response, "location").map_or_else(|| "nowhere".into(), without_keys);
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
    pub fn broken(&self, why: reqwest::Error) -> Failure {
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
    pub fn unconnected(&self, why: &reqwest::Error) -> Error {
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
            None => {
                let set = if self.own { " (`set url`)" } else { "" };
                unreachable(format!("{what}: {address} could not be reached: {text}")).hint(
                    format!(
                        "{NOTHING}; check the address{set}, the network and the proxy settings"
                    ),
                )
            }
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
    pub fn lost(&self, why: &str, limit: Option<(&str, Duration)>) -> Failure {
        let mut error = self.warned(self.unanswered(why));
        if let Some((setting, limit)) = limit {
            error = error.hint(format!(
                "{setting} is {}; for a longer wait: {setting}=SECONDS",
                seconds(limit)
            ));
        }
        Failure::new(Reached::Server, error)
    }

    /// The failure of an answer that is too large.
    pub fn oversize(&self, why: &str) -> Failure {
        let limit = size(self.limits.bytes);
        let error = self.unanswered(&format!("it is larger than {limit}: {why}"));
        let hint = format!("max_reply is {limit}; for a larger answer: max_reply=4G, for instance");
        match self.reads {
            // Asking again brings the same.
            true => Failure::new(Reached::Refusal, error.hint(hint)),
            false => Failure::new(Reached::Server, self.warned(error).hint(hint)),
        }
    }

    fn unanswered(&self, why: &str) -> Error {
        let address = address(self.url);
        let what = self.what;
        let message = if self.reads {
            format!("{what}: no whole answer came from {address}: {why}")
        } else {
            format!("{what} was sent to {address}, but its answer never came: {why}")
        };
        Error::new(self.doubtful(), message)
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
pub fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}

/// The address without the query, which holds key and signature.
pub fn address(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

/// The host of an address, for a sentence about it.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest)
}

/// The error and what caused it, outermost first, each said once; the libraries' words for where it came up are left out
/// where a cause says more.
pub fn chain(why: &dyn StdError) -> String {
    let place = |said: &str| said == "error sending request" || said.starts_with("client error (");
    let mut text = why.to_string();
    let mut source = why.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if place(&text) {
            text = said;
        } else if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = cause.source();
    }
    text
}
/// An address without what may let somebody in: user, session and query.
fn without_keys(address: &str) -> String {
    let bare = address.split(['?', ';', '#']).next().unwrap_or(address);
    match bare.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest
                .split_once('/')
                .map_or((rest, ""), |(host, path)| (host, path));
            let host = host.rsplit('@').next().unwrap_or(host);
            format!("{scheme}://{host}/{path}")
        }
        None => bare.into(),
    }
}
