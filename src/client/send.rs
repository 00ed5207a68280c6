//! A call in, its reply out: proved to be the caller's, sent again where that does no harm and may help, with a wrong clock
//! put right and an ended session renewed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Options;
use super::logins::{At, Logins, Question};
use super::retry::{self, Twice};
use super::sessions::Sessions;
use super::transport::{Failure, Route, Transport};
use super::wire::{Carrier, Wire};
use crate::cloud::{Access, Dialect, Identity, Manner, Proof, Reply, Request};
use crate::config::secret::Secret;
use crate::error::{Error, Result};

pub use super::wire::Observer;

/// Sends the calls of one caller to one cloud.
pub struct Sender {
    servers: Vec<String>,
    /// The one to ask first: it answered last.
    first: AtomicUsize,
    caller: Caller,
    wire: Wire,
}

enum Caller {
    Keys { apikey: String, secretkey: Secret },
    Login(Box<Logins>),
    Nobody,
}

impl Sender {
    /// `sessions` is where those of logins are kept.
    pub fn new(
        access: Access,
        route: &Route,
        observer: Option<Arc<Observer>>,
        sessions: Option<Sessions>,
    ) -> Result<Sender> {
        let transport = Box::new(Transport::new(route)?);
        Ok(Sender::over(transport, access, observer, sessions))
    }

    fn over(
        carrier: Box<dyn Carrier>,
        access: Access,
        observer: Option<Arc<Observer>>,
        sessions: Option<Sessions>,
    ) -> Sender {
        let caller = match access.identity {
            Identity::Keys { apikey, secretkey } => Caller::Keys { apikey, secretkey },
            Identity::Login(login) => {
                Caller::Login(Box::new(Logins::new(login, &access.servers, sessions)))
            }
            Identity::Nobody => Caller::Nobody,
        };
        Sender {
            servers: access.servers,
            first: AtomicUsize::new(0),
            caller,
            wire: Wire::new(carrier, observer),
        }
    }

    /// Sends the call until an answer comes that is worth having, or trying again makes no sense. Where a server gives none,
    /// the next one is asked, if sending the call once more does no harm; `retries` counts rounds over all of them.
    pub async fn send(
        &self,
        dialect: &dyn Dialect,
        request: &Request,
        options: &Options,
        twice: Twice,
    ) -> Result<Reply, Failure> {
        self.wire.set_doubt(false);
        let call = Call {
            dialect,
            request,
            manner: &options.manner,
            reads: twice == Twice::Harmless,
        };
        let count = self.servers.len();
        let mut silent = Silent::default();
        let mut tries = 0;
        loop {
            let start = self.first.load(Ordering::Relaxed);
            for step in 1..=count {
                let server = (start + step - 1) % count;
                let outcome = self.answer(&call, server).await;
                let Some(how) = retry::silence(&outcome) else {
                    silent.told(&self.wire, &self.servers, Some(server));
                    return outcome;
                };
                silent.add(server, how);
                // Whatever is sent next had better go elsewhere.
                let next = (server + 1) % count;
                self.first.store(next, Ordering::Relaxed);
                if !retry::worth_it(&outcome, twice) {
                    silent.told(&self.wire, &self.servers, Some(next));
                    return outcome;
                }
                if step == count && tries >= options.retries {
                    silent.told(&self.wire, &self.servers, None);
                    return outcome;
                }
            }
            tries += 1;
            tokio::time::sleep(retry::pause(tries)).await;
        }
    }

    /// Logs in at every server; `password` is in place of the profile's. Nothing where no login is used.
    pub async fn log_in(&self, dialect: &dyn Dialect, password: Option<Secret>) -> Vec<At> {
        match &self.caller {
            Caller::Login(logins) => {
                let logged_in = logins.log_in_everywhere(&self.wire, dialect, password);
                logged_in.await
            }
            Caller::Keys { .. } | Caller::Nobody => Vec::new(),
        }
    }

    /// Ends the sessions there are.
    pub async fn log_out(&self, dialect: &dyn Dialect, manner: &Manner) -> Vec<At> {
        match &self.caller {
            Caller::Login(logins) => logins.log_out(&self.wire, dialect, manner).await,
            Caller::Keys { .. } | Caller::Nobody => Vec::new(),
        }
    }

    /// What the user is to be asked for the call to go on.
    pub fn question(&self) -> Option<Question> {
        match &self.caller {
            Caller::Login(logins) => logins.question(),
            Caller::Keys { .. } | Caller::Nobody => None,
        }
    }

    /// What there is to say about the calls made since this was last asked.
    pub fn notes(&self) -> Vec<String> {
        self.wire.notes()
    }

    /// Whether the call that was last given up may have been carried out: it changes something, and was on its way.
    pub fn in_doubt(&self) -> bool {
        self.wire.in_doubt()
    }

    /// Adds to the error of a web page in an answer's place that a proxy may have made it.
    pub fn doubt(&self, reply: &Reply, error: Error) -> Error {
        match reply.content_type.starts_with("text/html") {
            true => {
                let answered = self.first.load(Ordering::Relaxed);
                self.wire.doubt(&self.servers[answered], error)
            }
            false => error,
        }
    }

    pub fn note(&self, text: String) {
        self.wire.note(text);
    }

    /// How far the cloud's clock is ahead of this machine's, in seconds, as far as is known.
    pub fn ahead(&self) -> i64 {
        self.wire.ahead()
    }

    /// Asks one server. A refused caller changed nothing, so even a changing call goes again with the right time or a new
    /// session.
    async fn answer(&self, call: &Call<'_>, server: usize) -> Result<Reply, Failure> {
        match &self.caller {
            Caller::Keys { apikey, secretkey } => {
                let proof = Proof::Keys { apikey, secretkey };
                let reply = self.once(call, server, proof).await?;
                if call.dialect.unauthorized(&reply) && self.clock_was_wrong(&reply) {
                    return self.once(call, server, proof).await;
                }
                Ok(reply)
            }
            Caller::Login(logins) => {
                let (wire, dialect) = (&self.wire, call.dialect);
                let token = logins.token(wire, dialect, server, None).await?;
                let reply = self.once(call, server, Proof::Session(&token)).await?;
                if !dialect.unauthorized(&reply) {
                    return Ok(reply);
                }
                let token = logins.token(wire, dialect, server, Some(&token)).await?;
                self.once(call, server, Proof::Session(&token)).await
            }
            Caller::Nobody => self.once(call, server, Proof::Nothing).await,
        }
    }

    /// Whether a refusal may come from the clock: then what is signed from now on has the server's time.
    fn clock_was_wrong(&self, reply: &Reply) -> bool {
        let Some(offset) = self.wire.set_clock(reply) else {
            return false;
        };
        let way = if offset > 0 { "behind" } else { "ahead of" };
        self.wire.note(format!(
            "this machine's clock is {} s {way} the cloud's; calls are signed with the cloud's time",
            offset.abs()
        ));
        true
    }

    async fn once(
        &self,
        call: &Call<'_>,
        server: usize,
        proof: Proof<'_>,
    ) -> Result<Reply, Failure> {
        let url = &self.servers[server];
        let now = self.wire.now();
        let signed = call
            .dialect
            .sign(call.request, url, proof, call.manner, now);
        self.wire.send(&call.request.api, &signed, call.reads).await
    }
}

/// A call as it is asked of whichever server.
struct Call<'a> {
    dialect: &'a dyn Dialect,
    request: &'a Request,
    manner: &'a Manner,
    reads: bool,
}

/// The servers that gave no answer to a call, and how.
#[derive(Default)]
struct Silent(Vec<(usize, String)>);

impl Silent {
    fn add(&mut self, server: usize, how: String) {
        self.0.retain(|(known, _)| *known != server);
        self.0.push((server, how));
    }

    /// Says which servers gave none, and which is used in their place; of a cloud of one server the error says it all.
    fn told(&self, wire: &Wire, servers: &[String], used: Option<usize>) {
        if self.0.is_empty() || servers.len() < 2 {
            return;
        }
        let silent: Vec<String> = self
            .0
            .iter()
            .map(|(server, how)| format!("{} {how}", servers[*server]))
            .collect();
        let silent = silent.join(", ");
        wire.note(match used {
            Some(server) => format!("{silent}; {} is used", servers[server]),
            None => format!("no server of this cloud answers: {silent}"),
        });
    }
}

#[cfg(test)]
mod tests;
