//! The way to one server, step by step: its name, a connection, TLS, HTTP, whether it is the API, and its clock.
//! Each step has a time limit of its own, and the first that fails is the last.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::Url;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::certificate::Certificate;
use super::{Found, Status, Step};
use crate::client::tls::Seen;
use crate::client::transport::{Limits, Reached, Route, Transport, address, seconds};
use crate::client::turns;
use crate::cloud::{Dialect, Manner, Proof, Reply};
use crate::error::{Error, Kind};

/// How long a name, and a connection, is waited for at most; settings may say less.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer is.
const REPLY: Duration = Duration::from_secs(20);
/// How much an answer may have here.
const BYTES: u64 = 4 << 20;
/// Clocks that differ by less than this many seconds differ by nothing that matters.
const SKEW: i64 = 30;
/// What the steps after the exchange look at.
const THAT_ANSWER: &str = "that answer";
/// A certificate that ends within so many days is told of.
const SOON: i64 = 14;

/// The step that is being looked at, for whoever shows it.
#[derive(Default)]
pub struct Now(Mutex<Option<Step>>);

impl Now {
    pub fn is(&self, step: Step) {
        *self.0.lock().unwrap_or_else(|held| held.into_inner()) = Some(step);
    }

    pub fn told(&self) -> &'static str {
        let step = *self.0.lock().unwrap_or_else(|held| held.into_inner());
        step.map_or("profile", Step::name)
    }
}

/// The same way with the time limits of a triage, where those of the settings are longer.
pub fn bounded(route: &Route) -> Route {
    let limits = route.limits;
    Route {
        limits: Limits {
            connect: limits.connect.min(CONNECT),
            reply: limits.reply.min(REPLY),
            idle: limits.idle.min(CONNECT),
            bytes: limits.bytes.min(BYTES),
        },
        ..route.clone()
    }
}

/// One server and how it is spoken to.
pub struct Server<'a> {
    pub url: &'a str,
    /// With the limits of a triage.
    pub route: &'a Route,
    pub dialect: &'a dyn Dialect,
    pub manner: &'a Manner,
}

/// Looks at the way to a server, as far as it goes.
pub async fn examine(server: &Server<'_>, now: &Now) -> Vec<Found> {
    let mut found = Vec::new();
    let goes_on = |found: &[Found]| {
        found
            .last()
            .is_none_or(|last| !matches!(last.status, Status::Failed(_)))
    };
    now.is(Step::Name);
    let (name, addresses) = server.name().await;
    found.push(name);
    if goes_on(&found) {
        now.is(Step::Tcp);
        found.push(server.connection(&addresses).await);
    }
    if goes_on(&found) {
        now.is(Step::Http);
        server.conversation(&mut found).await;
    }
    found
}

impl Server<'_> {
    /// What is connected to: the server itself, or the proxy before it.
    fn target(&self) -> Option<(String, u16)> {
        if let Some(proxy) = self.route.proxies.to(self.url) {
            return proxy.host_and_port();
        }
        let url = Url::parse(self.url).ok()?;
        let port = url.port_or_known_default()?;
        Some((url.host_str()?.to_string(), port))
    }

    /// That a proxy stands between, for a sentence's end.
    fn by_proxy(&self) -> String {
        let proxy = self.route.proxies.to(self.url);
        proxy.map_or(String::new(), |proxy| {
            format!(" of the proxy {}", proxy.shown)
        })
    }

    async fn name(&self) -> (Found, Vec<SocketAddr>) {
        let start = Instant::now();
        let by_proxy = self.by_proxy();
        let Some((host, port)) = self.target() else {
            let error = Error::local(format!("{} names no host", self.url))
                .hint("set url https://HOST/PATH");
            let tried = format!("the address {}", self.url);
            return (Found::failed(Step::Name, tried, error), Vec::new());
        };
        let bare = host.trim_matches(['[', ']']);
        if let Ok(ip) = bare.parse::<IpAddr>() {
            let tried = format!("the address {host}{by_proxy}");
            let found = Found::well(Step::Name, tried, "no name: there is nothing to look up");
            return (found, vec![SocketAddr::new(ip, port)]);
        }
        let tried = format!("looked up the name {host}{by_proxy}");
        let limit = self.route.limits.connect;
        let came = timeout(limit, lookup_host((bare, port))).await;
        let took = start.elapsed();
        let whose = match self.route.proxies.to(self.url) {
            Some(proxy) => format!(
                "check the proxy's name in {}, or add the cloud's host to NO_PROXY",
                proxy.variable()
            ),
            None => "check the host's name (`set host`)".into(),
        };
        let unknown = |what: String| {
            Error::new(Kind::Unreachable, what)
                .hint(whose.clone())
                .hint(format!("ask this machine's resolver: getent hosts {bare}"))
        };
        let found = match came {
            Err(_) => Err(unknown(format!(
                "no answer from this machine's resolver within {}",
                seconds(limit)
            ))),
            Ok(Err(why)) => Err(unknown(format!("{host} has no address: {}", plain(&why)))),
            Ok(Ok(addresses)) => {
                let mut all: Vec<SocketAddr> = addresses.collect();
                all.sort();
                all.dedup();
                match all.is_empty() {
                    true => Err(unknown(format!("{host} has no address"))),
                    false => Ok(all),
                }
            }
        };
        match found {
            Ok(addresses) => {
                let told: Vec<String> = addresses.iter().map(|at| at.ip().to_string()).collect();
                let found = Found::well(Step::Name, tried, told.join(", "));
                (found.taking(took), addresses)
            }
            Err(error) => (
                Found::failed(Step::Name, tried, error).taking(took),
                Vec::new(),
            ),
        }
    }

    async fn connection(&self, addresses: &[SocketAddr]) -> Found {
        let start = Instant::now();
        let by_proxy = self.by_proxy();
        let port = addresses.first().map_or(0, SocketAddr::port);
        let limit = self.route.limits.connect;
        let mut failures: Vec<String> = Vec::new();
        let mut refused = false;
        for at in addresses {
            let left = (limit * 2).saturating_sub(start.elapsed());
            if left.is_zero() {
                failures.push(format!("{at} was not tried any more"));
                continue;
            }
            let why = match timeout(limit.min(left), TcpStream::connect(at)).await {
                Ok(Ok(_)) => {
                    let tried = format!("a connection to {at}{by_proxy}");
                    let mut came = "connected".to_string();
                    if !failures.is_empty() {
                        came.push_str(&format!(" (before it {})", failures.join("; ")));
                    }
                    return Found::well(Step::Tcp, tried, came).taking(start.elapsed());
                }
                Ok(Err(why)) => {
                    refused |= why.kind() == io::ErrorKind::ConnectionRefused;
                    plain(&why)
                }
                Err(_) => format!("no answer within {}", seconds(limit)),
            };
            failures.push(format!("{at}: {why}"));
        }
        let tried = format!("a connection to port {port}{by_proxy}");
        let error = Error::new(Kind::Unreachable, failures.join("; "));
        let error = match (self.route.proxies.to(self.url), refused) {
            (Some(proxy), _) => error.hint(format!(
                "check {}, or add the cloud's host to NO_PROXY",
                proxy.variable()
            )),
            (None, true) => error
                .hint("nothing listens there, or a firewall says no: check the port (`set port`) and whether the server is up"),
            (None, false) => error
                .hint("check the address (`set url`), the network, and the firewalls on the way"),
        };
        Found::failed(Step::Tcp, tried, error).taking(start.elapsed())
    }

    /// TLS, HTTP, the API and its clock: one exchange tells of all of them.
    async fn conversation(&self, found: &mut Vec<Found>) {
        let secure = self.url.starts_with("https:");
        let shown = address(self.url);
        let seen = Seen::default();
        let probe = self.dialect.probe();
        let tried_http = format!("an unsigned {} at {shown}{}", probe.api, self.through());
        let transport = match Transport::watched(self.route, Some(&seen)) {
            Ok(transport) => transport,
            Err(error) => {
                let step = if secure { Step::Tls } else { Step::Http };
                found.push(Found::failed(step, "the files that TLS needs", error));
                return;
            }
        };
        let _turn = match self.dialect.one_at_a_time() {
            true => Some(turns::at(self.url).await),
            false => None,
        };
        let start = Instant::now();
        let call = self
            .dialect
            .sign(&probe, self.url, Proof::Nothing, self.manner, clock());
        let outcome = transport.send(&probe.api, &call, true).await;
        let came_at = clock();
        let took = start.elapsed();
        let certificate = seen.last();
        let handshake = certificate
            .as_ref()
            .map_or(took, |shown| shown.at.duration_since(start));
        let certificate = certificate.and_then(|shown| Certificate::of(&shown.der));
        let tls = match &outcome {
            Err(failure) if secure && failure.reached == Reached::Nobody => {
                self.handshake(certificate, Some(&failure.error))
            }
            _ if secure => self.handshake(certificate, None),
            _ => Found::skipped(Step::Tls, "nothing", "the address is http: it has no TLS"),
        };
        let broken = matches!(tls.status, Status::Failed(_));
        found.push(match secure {
            true => tls.taking(handshake),
            false => tls,
        });
        if broken {
            return;
        }
        let took = took.saturating_sub(if secure { handshake } else { Duration::ZERO });
        match outcome {
            // What refuses in HTTP's own terms speaks it.
            Err(failure) if failure.reached == Reached::Refusal => {
                let http = Found::well(Step::Http, tried_http, "an answer in HTTP");
                found.push(http.taking(took));
                found.push(Found::failed(Step::Api, THAT_ANSWER, failure.error));
            }
            Err(failure) => {
                found.push(Found::failed(Step::Http, tried_http, failure.error).taking(took));
            }
            Ok(reply) => {
                found.push(Found::well(Step::Http, tried_http, told(&reply)).taking(took));
                found.push(match self.dialect.foreign(&probe, &reply) {
                    Some(error) => {
                        Found::failed(Step::Api, THAT_ANSWER, transport.doubt(self.url, error))
                    }
                    None => {
                        let version = self.dialect.version(&reply);
                        let version = version.map_or(String::new(), |it| format!("; version {it}"));
                        let came = "it is this API's, and no proxy's or login page's";
                        Found::well(Step::Api, THAT_ANSWER, format!("{came}{version}"))
                    }
                });
                if !found
                    .iter()
                    .any(|found| matches!(found.status, Status::Failed(_)))
                {
                    found.push(self.clock(&reply, came_at));
                }
            }
        }
    }

    fn through(&self) -> String {
        let proxy = self.route.proxies.to(self.url);
        proxy.map_or(String::new(), |proxy| {
            format!(" through the proxy {}", proxy.shown)
        })
    }

    fn handshake(&self, certificate: Option<Certificate>, why: Option<&Error>) -> Found {
        let tried = format!("TLS with {}{}", address(self.url), self.through());
        let told = certificate.as_ref().map(Certificate::told);
        if let Some(error) = why {
            let message = match told {
                Some(told) => format!("{}; it is {told}", error.message),
                None => error.message.clone(),
            };
            return Found::failed(
                Step::Tls,
                tried,
                Error {
                    message,
                    ..error.clone()
                },
            );
        }
        let came = told.unwrap_or_else(|| "a connection".into());
        let found = Found::well(Step::Tls, tried, came);
        let days = certificate.map(|certificate| certificate.days_left(clock()));
        match days {
            _ if !self.route.trust.verifycert => found.noticing(
                "verifycert is false, so that nobody knows whose the certificate is: `set verifycert true`",
            ),
            Some(days) if days < SOON => found.noticing(format!(
                "the certificate ends in {days} days: have it renewed"
            )),
            _ => found,
        }
    }

    /// What the server's clock says; `now` is when its answer came.
    fn clock(&self, reply: &Reply, now: i64) -> Found {
        let tried = "its date against this machine's clock";
        let Some(date) = reply.date else {
            return Found::skipped(Step::Clock, tried, "the server does not tell its time");
        };
        let ahead = date.saturating_sub(now);
        let came = match ahead {
            -1..=1 => "the same time".to_string(),
            ahead if ahead > 0 => format!("this machine's clock is {ahead} s behind the cloud's"),
            ahead => format!("this machine's clock is {} s ahead of the cloud's", -ahead),
        };
        const SET_RIGHT: &str = "set this machine's clock right, or have the cloud's looked at; what is refused for it meanwhile is signed again with the cloud's time";
        if self.dialect.outdated(ahead, self.manner) {
            let error = Error::local(format!("{came}, so that calls are void when they come"))
                .hint(SET_RIGHT);
            return Found::failed(Step::Clock, tried, error);
        }
        let found = Found::well(Step::Clock, tried, came);
        match ahead.abs() < SKEW {
            true => found,
            false => found.noticing(SET_RIGHT),
        }
    }
}

/// What came in HTTP's own terms.
fn told(reply: &Reply) -> String {
    let media = match reply.content_type.as_str() {
        "" => "no content type",
        media => media,
    };
    format!("HTTP {}, {media}, {} bytes", reply.status, reply.body.len())
}

/// An error of the system without its number.
fn plain(why: &io::Error) -> String {
    let text = why.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.trim_start_matches("failed to lookup address information: ")
        .to_string()
}

/// This machine's time in seconds since 1970.
fn clock() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        })
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::cloud::kind;

    /// Whether the exchange comes while somebody else has the server's turn.
    async fn pushes_in(name: &str) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let dialect = (kind(name).dialect)();
        let manner = Manner {
            expires: 0,
            response: "json".into(),
            version: String::new(),
            method: String::new(),
            variant: 0,
        };
        let server = Server {
            url: &url,
            route: &Route::default(),
            dialect: &*dialect,
            manner: &manner,
        };
        let turn = turns::at(&url).await;
        let now = Now::default();
        let mut examined = std::pin::pin!(examine(&server, &now));
        let mut accept = async |limit: Duration| {
            tokio::select! {
                found = &mut examined => panic!("nothing was answered: {found:?}"),
                came = timeout(limit, listener.accept()) => came.is_ok(),
            }
        };
        // The first connection is the step's that looks whether there is one.
        assert!(accept(REPLY).await);
        let early = accept(Duration::from_millis(200)).await;
        drop(turn);
        assert!(early || accept(REPLY).await);
        early
    }

    #[tokio::test]
    async fn the_exchange_waits_for_its_turn_where_a_server_takes_one_call_at_a_time() {
        assert!(!pushes_in("kcps").await);
        assert!(pushes_in("cloudstack").await);
    }
}
