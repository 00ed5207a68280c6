//! How long a server waits for those who call it, and how many it listens to at a time.

use std::time::Duration;

/// The limits of a server towards its callers. Each is for a whole, not for the pauses in it: a caller who sends a byte
/// now and then gains nothing.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the head of a request; also for a connection that asks nothing.
    pub head: Duration,
    /// For the form of a call.
    pub form: Duration,
    /// For a file that is uploaded.
    pub upload: Duration,
    /// For an answer to be taken.
    pub answer: Duration,
    /// Connections at a time; for one more, the one that has been silent longest is closed.
    pub connections: usize,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            head: Duration::from_secs(15),
            form: Duration::from_secs(30),
            upload: Duration::from_secs(3600),
            answer: Duration::from_secs(60),
            // A process may have 1024 files open on many systems, 256 on some.
            connections: 200,
        }
    }
}
