//! A call in, its reply out: signed for who calls, sent again where that does no harm and may help, with a wrong clock put
//! right.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::Options;
use super::retry::{self, Twice};
use super::transport::{Failure, Route, Transport};
use crate::cloud::{Dialect, Identity, Manner, Reply, Request, Sent};
use crate::error::{Error, Result};

/// Is told of every call that went out.
pub type Observer = dyn Fn(&Sent) + Send + Sync;

/// Clocks that differ by less than this many seconds differ by nothing that matters.
const SKEW: i64 = 30;

/// Sends the calls of one identity to one cloud.
pub struct Sender {
    identity: Identity,
    transport: Transport,
    observer: Option<Arc<Observer>>,
    /// What is added to this machine's time when a call is signed, in seconds.
    offset: Mutex<i64>,
    /// How far the cloud's clock was ahead of this machine's when it last told, in seconds.
    measured: Mutex<Option<i64>>,
    notes: Mutex<Vec<String>>,
}

impl Sender {
    pub fn new(
        identity: Identity,
        route: &Route,
        observer: Option<Arc<Observer>>,
    ) -> Result<Sender> {
        Ok(Sender {
            identity,
            transport: Transport::new(route)?,
            observer,
            offset: Mutex::default(),
            measured: Mutex::default(),
            notes: Mutex::default(),
        })
    }

    /// Sends the call until an answer comes that is worth having, or trying again makes no sense.
    pub async fn send(
        &self,
        dialect: &dyn Dialect,
        request: &Request,
        options: &Options,
        twice: Twice,
    ) -> Result<Reply, Failure> {
        let mut tries = 0;
        loop {
            let manner = &options.manner;
            let mut outcome = self.send_once(dialect, request, manner, twice).await;
            // A refused identity changed nothing, so even a changing call may go again with the right time.
            if outcome
                .as_ref()
                .is_ok_and(|reply| self.clock_was_wrong(dialect, reply))
            {
                outcome = self.send_once(dialect, request, manner, twice).await;
            }
            if tries >= options.retries || !retry::worth_it(&outcome, twice) {
                return outcome;
            }
            tries += 1;
            tokio::time::sleep(retry::pause(tries)).await;
        }
    }

    /// Adds to the error of a web page in an answer's place that a proxy may have made it.
    pub fn doubt(&self, reply: &Reply, error: Error) -> Error {
        match reply.content_type.starts_with("text/html") {
            true => self.transport.doubt(&self.identity.url, error),
            false => error,
        }
    }

    /// What there is to say about the calls made since this was last asked.
    pub fn notes(&self) -> Vec<String> {
        std::mem::take(&mut *locked(&self.notes))
    }

    pub fn note(&self, text: String) {
        locked(&self.notes).push(text);
    }

    /// How far the cloud's clock is ahead of this machine's, in seconds, as far as is known.
    pub fn ahead(&self) -> i64 {
        locked(&self.measured).unwrap_or(*locked(&self.offset))
    }

    /// The cloud's time for signing, in seconds since 1970.
    fn now(&self) -> i64 {
        now().saturating_add(*locked(&self.offset))
    }

    /// Whether a refusal may come from the clock: then what is signed from now on has the server's time.
    fn clock_was_wrong(&self, dialect: &dyn Dialect, reply: &Reply) -> bool {
        let (true, Some(date)) = (dialect.unauthorized(reply), reply.date) else {
            return false;
        };
        let offset = date.saturating_sub(now());
        let mut known = locked(&self.offset);
        if (offset - *known).abs() < SKEW {
            return false;
        }
        *known = offset;
        let way = if offset > 0 { "behind" } else { "ahead of" };
        self.note(format!(
            "this machine's clock is {} s {way} the cloud's; calls are signed with the cloud's time",
            offset.abs()
        ));
        true
    }

    async fn send_once(
        &self,
        dialect: &dyn Dialect,
        request: &Request,
        manner: &Manner,
        twice: Twice,
    ) -> Result<Reply, Failure> {
        let call = dialect.sign(request, &self.identity, manner, self.now());
        let start = Instant::now();
        let reads = twice == Twice::Harmless;
        let outcome = self.transport.send(&request.api, &call, reads).await;
        if let Some(date) = outcome.as_ref().ok().and_then(|reply| reply.date) {
            *locked(&self.measured) = Some(date.saturating_sub(now()));
        }
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

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|held| held.into_inner())
}
