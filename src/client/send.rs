//! A call in, its reply out: proved to be the caller's, sent again where that does no harm and may help, with a wrong clock
//! put right and an ended session renewed.

use std::sync::Arc;

use super::Options;
use super::logins::{At, Logins, Question};
use super::retry::{self, Twice};
use super::sessions::Sessions;
use super::transport::{Failure, Route, Transport};
use super::wire::{Carrier, Wire};
use crate::cloud::{Access, Dialect, Identity, Manner, Proof, Reply, Request, Sent};
use crate::config::secret::Secret;
use crate::error::{Error, Result};

pub use super::wire::Observer;

/// Sends the calls of one caller to one cloud.
pub struct Sender {
    servers: Vec<String>,
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
            caller,
            wire: Wire::new(carrier, observer),
        }
    }

    /// Sends the call until an answer comes that is worth having, or trying again makes no sense.
    pub async fn send(
        &self,
        dialect: &dyn Dialect,
        request: &Request,
        options: &Options,
        twice: Twice,
    ) -> Result<Reply, Failure> {
        self.wire.set_doubt(false);
        let mut tries = 0;
        loop {
            let call = Call {
                dialect,
                request,
                manner: &options.manner,
                reads: twice == Twice::Harmless,
            };
            let outcome = self.answer(&call, 0).await;
            if tries >= options.retries || !retry::worth_it(&outcome, twice) {
                return outcome;
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

    /// Tells who keeps the log of something else that went out.
    pub fn tell(&self, sent: &Sent) {
        self.wire.tell(sent);
    }

    /// Whether the call that was last given up may have been carried out: it changes something, and was on its way.
    pub fn in_doubt(&self) -> bool {
        self.wire.in_doubt()
    }

    /// Adds to the error of a web page in an answer's place that a proxy may have made it.
    pub fn doubt(&self, reply: &Reply, error: Error) -> Error {
        match reply.content_type.starts_with("text/html") {
            true => self.wire.doubt(&self.servers[0], error),
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
