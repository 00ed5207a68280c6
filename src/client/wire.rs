//! A signed call in, its reply out, told to whoever keeps the log; with it the cloud's clock and what there is to say.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::transport::{Failure, Reached, Transport};
use crate::cloud::{Reply, Sent, SignedCall};
use crate::error::Error;

/// Is told of every call that went out.
pub type Observer = dyn Fn(&Sent) + Send + Sync;

/// A reply that is on its way.
type Coming<'a> = Pin<Box<dyn Future<Output = Result<Reply, Failure>> + Send + 'a>>;

/// Clocks that differ by less than this many seconds differ by nothing that matters.
const SKEW: i64 = 30;

/// Takes a call to where it goes; `reads` tells whether losing the answer leaves anything in doubt.
pub trait Carrier: Send + Sync {
    fn carry<'a>(&'a self, what: &'a str, call: &'a SignedCall, reads: bool) -> Coming<'a>;
    /// Adds to the error of an answer that nobody understands who else may have made it.
    fn doubt(&self, url: &str, error: Error) -> Error;
}

impl Carrier for Transport {
    fn carry<'a>(&'a self, what: &'a str, call: &'a SignedCall, reads: bool) -> Coming<'a> {
        Box::pin(self.send(what, call, reads))
    }

    fn doubt(&self, url: &str, error: Error) -> Error {
        Transport::doubt(self, url, error)
    }
}

/// The way to a cloud.
pub struct Wire {
    carrier: Box<dyn Carrier>,
    observer: Option<Arc<Observer>>,
    /// What is added to this machine's time when a call is signed, in seconds.
    offset: Mutex<i64>,
    /// How far the cloud's clock was ahead of this machine's when it last told, in seconds.
    measured: Mutex<Option<i64>>,
    notes: Mutex<Vec<String>>,
    addresses: Mutex<Vec<String>>,
    /// A call that changes something is on its way, was given up there, or lost its answer.
    doubt: AtomicBool,
}

impl Wire {
    pub fn new(carrier: Box<dyn Carrier>, observer: Option<Arc<Observer>>) -> Wire {
        Wire {
            carrier,
            observer,
            offset: Mutex::default(),
            measured: Mutex::default(),
            notes: Mutex::default(),
            addresses: Mutex::default(),
            doubt: AtomicBool::new(false),
        }
    }

    /// Sends the call once.
    pub async fn send(&self, what: &str, call: &SignedCall, reads: bool) -> Result<Reply, Failure> {
        let start = Instant::now();
        let before = self.in_doubt();
        self.set_doubt(before || !reads);
        let outcome = self.carrier.carry(what, call, reads).await;
        let lost = |failure: &Failure| failure.reached == Reached::Server;
        if !reads && !outcome.as_ref().is_err_and(lost) {
            self.set_doubt(before);
        }
        if let Some(date) = outcome.as_ref().ok().and_then(|reply| reply.date) {
            *locked(&self.measured) = Some(date.saturating_sub(now()));
        }
        self.tell(&Sent {
            url: call.shown.clone(),
            status: match &outcome {
                Ok(reply) => Ok(reply.status),
                Err(failure) => Err(failure.error.message.clone()),
            },
            duration: start.elapsed(),
        });
        outcome
    }

    /// Tells whoever keeps the log of something that went out.
    pub fn tell(&self, sent: &Sent) {
        if let Some(observer) = &self.observer {
            observer(sent);
        }
    }

    /// Whether a changing call is out of which nobody can say what became of it.
    pub fn in_doubt(&self) -> bool {
        self.doubt.load(Ordering::SeqCst)
    }

    pub fn set_doubt(&self, doubt: bool) {
        self.doubt.store(doubt, Ordering::SeqCst);
    }

    /// Adds to the error of an answer that nobody understands who else may have made it.
    pub fn doubt(&self, url: &str, error: Error) -> Error {
        self.carrier.doubt(url, error)
    }

    /// How far the cloud's clock is ahead of this machine's, in seconds, as far as is known.
    pub fn ahead(&self) -> i64 {
        locked(&self.measured).unwrap_or(*locked(&self.offset))
    }

    /// The cloud's time, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.milliseconds().div_euclid(1000)
    }

    /// The cloud's time for signing, in milliseconds since 1970.
    pub fn milliseconds(&self) -> i64 {
        let offset = locked(&self.offset).saturating_mul(1000);
        milliseconds().saturating_add(offset)
    }

    /// Has calls signed with the time of a reply; tells by how much this machine is behind it where that is news.
    pub fn set_clock(&self, reply: &Reply) -> Option<i64> {
        let offset = reply.date?.saturating_sub(now());
        let mut known = locked(&self.offset);
        if (offset - *known).abs() < SKEW {
            return None;
        }
        *known = offset;
        Some(offset)
    }

    /// Has something said to the user.
    pub fn note(&self, text: String) {
        locked(&self.notes).push(text);
    }

    /// Has the address of a call told.
    pub fn show(&self, address: String) {
        locked(&self.addresses).push(address);
    }

    /// Those that are to be told and have not been asked for.
    pub fn addresses(&self) -> Vec<String> {
        std::mem::take(&mut *locked(&self.addresses))
    }

    /// What there is to say since this was last asked.
    pub fn notes(&self) -> Vec<String> {
        std::mem::take(&mut *locked(&self.notes))
    }
}

/// This machine's time in seconds since 1970.
fn now() -> i64 {
    milliseconds().div_euclid(1000)
}

/// The same in milliseconds.
fn milliseconds() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}

/// What a mutex holds, also after a thread that held it has failed.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|held| held.into_inner())
}
