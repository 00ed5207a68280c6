//! A call in, its reply out: proved to be the caller's, sent again where that does no harm and may help, with a wrong clock
//! put right and an ended session renewed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::logins::{At, Logins, Question};
use super::retry::{self, Twice};
use super::sessions::Sessions;
use super::transport::{Failure, Reached, Route, Transport};
use super::turns;
use super::wire::{Carrier, Wire, locked};
use super::{Addresses, Options};
use crate::catalog::types::Types;
use crate::cloud::{
    Access, Dialect, Identity, Manner, Proof, Reply, Request, Sent, SignedCall, Throttle, address,
};
use crate::config::secret::Secret;
use crate::error::{Error, Kind, Result};

pub use super::wire::Observer;

/// The shortest wait for a cloud that takes no more calls, and what a wait is longer by than the cloud says.
const SHORTEST: Duration = Duration::from_millis(100);
/// The first wait where the cloud does not say how long.
const UNTOLD: Duration = Duration::from_secs(1);
/// No call is tried in more manners than these before the last.
const MANNERS: usize = 3;
/// How far waits grow by themselves.
const LONGEST: Duration = Duration::from_secs(15);

/// Sends the calls of one caller to one cloud.
pub struct Sender {
    servers: Vec<String>,
    /// The one to ask first: it answered last.
    first: AtomicUsize,
    /// It was said that none answers and calls go again; once until one does.
    silent: AtomicBool,
    caller: Caller,
    wire: Wire,
    /// The manner that is asked for and the other one that the cloud takes in its place.
    taken: Mutex<Option<(Manner, Manner)>>,
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
        if access.servers.is_empty() {
            return Err(Error::local("there is no address to call a cloud at"));
        }
        let transport = Box::new(Transport::new(route)?);
        Ok(Sender::over(transport, access, observer, sessions))
    }

    pub(super) fn over(
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
            silent: AtomicBool::new(false),
            caller,
            wire: Wire::new(carrier, observer),
            taken: Mutex::default(),
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
        let call = Call {
            dialect,
            request,
            manner: &options.manner,
            addresses: options.addresses,
            reads: twice == Twice::Harmless,
        };
        let mut patience = Patience::of(options);
        let mut silent = Silent::default();
        let mut tries = 0;
        loop {
            let order = self.order();
            for (step, server) in order.iter().enumerate() {
                let outcome = self.patiently(&call, *server, &mut patience).await;
                let Some(how) = retry::silence(&outcome) else {
                    self.first.store(*server, Ordering::Relaxed);
                    self.silent.store(false, Ordering::Relaxed);
                    silent.told(&self.wire, &self.servers, Some(*server));
                    return outcome;
                };
                silent.add(*server, how);
                // Whatever is sent next had better go elsewhere.
                let next = order[(step + 1) % order.len()];
                self.first.store(next, Ordering::Relaxed);
                if !retry::worth_it(&outcome, twice) {
                    silent.told(&self.wire, &self.servers, Some(next));
                    return outcome;
                }
                if step + 1 == order.len() && tries >= options.retries {
                    silent.told(&self.wire, &self.servers, None);
                    return outcome;
                }
            }
            tries += 1;
            if !self.silent.swap(true, Ordering::Relaxed) {
                silent.again(&self.wire, &self.servers);
            }
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

    /// Whether a changing call is out of which nobody can say what became of it: on its way, given up there, or without an
    /// answer. One that waits for a login, a throttle or a server is not.
    pub fn in_doubt(&self) -> bool {
        self.wire.in_doubt()
    }

    /// Begins another changing call, or says what only the understanding of an answer can tell.
    pub fn set_doubt(&self, doubt: bool) {
        self.wire.set_doubt(doubt);
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

    /// The addresses that are to be told, of the calls since this was last asked.
    pub fn addresses(&self) -> Vec<String> {
        self.wire.addresses()
    }

    pub fn note(&self, text: String) {
        self.wire.note(text);
    }

    /// How far the cloud's clock is ahead of this machine's, in seconds, as far as is known.
    pub fn ahead(&self) -> i64 {
        self.wire.ahead()
    }

    /// The servers in the order in which they are asked: the one that answered last comes first. One where the caller would
    /// have to log in by hand is left out while there is another.
    fn order(&self) -> Vec<usize> {
        let count = self.servers.len();
        let first = self.first.load(Ordering::Relaxed);
        let all: Vec<usize> = (0..count).map(|step| (first + step) % count).collect();
        let open: Vec<usize> = match &self.caller {
            Caller::Login(logins) if count > 1 => all
                .iter()
                .copied()
                .filter(|server| logins.lets_in(*server))
                .collect(),
            _ => Vec::new(),
        };
        if open.is_empty() { all } else { open }
    }

    /// Asks one server, as long as it only has the caller wait: a throttled call did nothing, so a changing one may go again.
    async fn patiently(
        &self,
        call: &Call<'_>,
        server: usize,
        patience: &mut Patience,
    ) -> Result<Reply, Failure> {
        loop {
            let reply = self.answer(call, server).await?;
            let busy = call.dialect.busy(&reply);
            let told = match call.dialect.throttled(&reply, self.wire.now()) {
                None if busy => None,
                None => return Ok(reply),
                Some(Throttle::For(wait)) => Some(wait),
                Some(Throttle::Untold) => self.limit_left(call, server).await,
            };
            let Some(wait) = patience.take(told) else {
                return Err(patience.ended(call, &reply, told, busy));
            };
            let wait_text = seconds(wait);
            self.wire.note(match busy {
                true => format!(
                    "what {} is about is being changed; the call goes again in {wait_text}",
                    call.request.api
                ),
                false => format!(
                    "the cloud lets this account make no more calls for {wait_text}; waiting"
                ),
            });
            tokio::time::sleep(wait.saturating_add(SHORTEST)).await;
        }
    }

    /// Asks how long the cloud takes no more calls.
    async fn limit_left(&self, call: &Call<'_>, server: usize) -> Option<Duration> {
        let manner = Manner {
            response: "json".into(),
            ..call.manner.clone()
        };
        let question = Call {
            dialect: call.dialect,
            request: &call.dialect.limit()?,
            manner: &manner,
            addresses: call.addresses,
            reads: true,
        };
        let reply = self.answer(&question, server).await.ok()?;
        call.dialect.limit_left(&reply)
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

    /// Sends the call in its manner, or in another where the cloud does not take that and did nothing.
    async fn once(
        &self,
        call: &Call<'_>,
        server: usize,
        proof: Proof<'_>,
    ) -> Result<Reply, Failure> {
        let Call {
            dialect,
            request,
            manner: asked,
            ..
        } = call;
        let _turn = match dialect.one_at_a_time() {
            true => Some(turns::at(&self.servers[server]).await),
            false => None,
        };
        let taken = locked(&self.taken).clone();
        let mut manner = match taken {
            Some((known, other)) if known == **asked => other,
            _ => Manner::clone(asked),
        };
        let mut told = None;
        for _ in 0..MANNERS {
            let (url, now) = (&self.servers[server], self.wire.milliseconds());
            let signed = dialect.sign_at(request, url, proof, &manner, now);
            let reply = self.carry(call, &signed).await?;
            if let Some((other, note)) = dialect.otherwise(request, &reply, &manner) {
                manner = other;
                told = Some(note);
                continue;
            }
            // One that no manner helps is refused in the last as it was in the first.
            if let Some(note) = told.filter(|_| dialect.otherwise(request, &reply, asked).is_none())
            {
                *locked(&self.taken) = Some((Manner::clone(asked), manner));
                self.wire.note(note);
            }
            return Ok(reply);
        }
        let (url, now) = (&self.servers[server], self.wire.milliseconds());
        let signed = dialect.sign_at(request, url, proof, &manner, now);
        self.carry(call, &signed).await
    }

    async fn carry(&self, call: &Call<'_>, signed: &SignedCall) -> Result<Reply, Failure> {
        let Call { request, .. } = call;
        if call.addresses != Addresses::Untold {
            let whole = call.addresses == Addresses::Whole;
            self.wire.show(address::shown(signed, request, whole));
        }
        self.wire.send(&request.api, signed, call.reads).await
    }
}

/// A call as it is asked of whichever server.
struct Call<'a> {
    dialect: &'a dyn Dialect,
    request: &'a Request,
    manner: &'a Manner,
    addresses: Addresses,
    reads: bool,
}

/// How long one call may still wait where the cloud takes no more calls.
struct Patience {
    allowed: Duration,
    left: Duration,
    /// How often it has waited.
    waits: u32,
}

impl Patience {
    fn of(options: &Options) -> Patience {
        Patience {
            allowed: options.throttle_wait,
            left: options.throttle_wait,
            waits: 0,
        }
    }

    /// Takes a wait off what is left; nothing where that is not enough. Waits grow by themselves where the cloud tells too
    /// short a time or none, so that it is not asked over and over.
    fn take(&mut self, told: Option<Duration>) -> Option<Duration> {
        let least = if told.is_some() { SHORTEST } else { UNTOLD };
        let least = (least * 2u32.saturating_pow(self.waits.min(16))).min(LONGEST);
        let wait = told.unwrap_or_default().max(least);
        self.left = self.left.checked_sub(wait)?;
        self.waits += 1;
        Some(wait)
    }

    /// The error for a call that would have to wait longer than it may.
    fn ended(&self, call: &Call<'_>, reply: &Reply, told: Option<Duration>, busy: bool) -> Failure {
        let read = call
            .dialect
            .read(call.request, reply, &Types::default(), false);
        let mut error = read.err().unwrap_or_else(|| {
            Error::new(
                Kind::Refused,
                format!("{}: the cloud takes no more calls", call.request.api),
            )
        });
        let long = match told {
            Some(told) => format!("for {}", seconds(told)),
            None => "for a time that it does not tell".into(),
        };
        let allowed = match (self.allowed.is_zero(), self.waits) {
            (true, _) => "throttle_wait is 0, which never waits".into(),
            (false, 0) => format!("throttle_wait is {}", seconds(self.allowed)),
            (false, _) => format!(
                "of throttle_wait, {}, there is no more than {} left",
                seconds(self.allowed),
                seconds(self.left)
            ),
        };
        let why = match busy {
            true => "what it is about is still being changed".into(),
            false => format!("the cloud lets this account make no more calls {long}"),
        };
        error.hints = vec![format!(
            "{why}, and {allowed}; a longer wait: throttle_wait=SECONDS"
        )];
        Failure {
            error,
            reached: Reached::Refusal,
        }
    }
}

/// A time to a person, in whole seconds that are never too few.
fn seconds(time: Duration) -> String {
    format!("{} s", time.as_millis().div_ceil(1000))
}

/// The servers that gave no answer to a call, and how.
#[derive(Default)]
struct Silent(Vec<(usize, String)>);

impl Silent {
    fn add(&mut self, server: usize, how: String) {
        self.0.retain(|(known, _)| *known != server);
        self.0.push((server, how));
    }

    /// Says that the call goes again.
    fn again(&self, wire: &Wire, servers: &[String]) {
        wire.note(format!("{}; the call goes again", self.list(servers)));
    }

    fn list(&self, servers: &[String]) -> String {
        let silent = self.0.iter();
        let silent: Vec<String> = silent
            .map(|(server, how)| format!("{} {how}", servers[*server]))
            .collect();
        silent.join(", ")
    }

    /// Says which servers gave none, and which is used in their place; of a cloud of one server the error says it all.
    fn told(&self, wire: &Wire, servers: &[String], used: Option<usize>) {
        if self.0.is_empty() || servers.len() < 2 {
            return;
        }
        let silent = self.list(servers);
        wire.note(match used {
            Some(server) => format!("{silent}; {} is used", servers[server]),
            None => format!("no server of this cloud answers: {silent}"),
        });
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod turn_tests;
