//! What may be sent again, and when: reading calls after a failure that time may mend, changing ones only where the
//! connection itself was never made.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use super::transport::{Failure, Reached};
use crate::cloud::Reply;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// What sending a call a second time does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twice {
    /// It only reads.
    Harmless,
    /// It changes something once more.
    Harmful,
}

/// How a server gave no answer of its own, in words; nothing where it gave one, or where there is none to be had.
pub fn silence(outcome: &Result<Reply, Failure>) -> Option<String> {
    match outcome {
        Ok(reply) => {
            matches!(reply.status, 502..=504).then(|| format!("answers HTTP {}", reply.status))
        }
        Err(failure) => match failure.reached {
            Reached::Nobody => Some("could not be reached".into()),
            Reached::Server => Some("gave no whole answer".into()),
            Reached::Refusal => None,
        },
    }
}

/// Whether what came back is worth another try.
pub fn worth_it(outcome: &Result<Reply, Failure>, twice: Twice) -> bool {
    let may = twice == Twice::Harmless;
    match outcome {
        // A proxy or a server that starts up; a changing call may have gone through behind it.
        Ok(reply) => may && matches!(reply.status, 502..=504),
        Err(failure) => match failure.reached {
            Reached::Nobody => true,
            Reached::Server => may,
            Reached::Refusal => false,
        },
    }
}

/// How long to wait before try number `tries` (from 1): doubled each time, and up to half of it left out by chance, so
/// that many clients do not come back at once.
pub fn pause(tries: u32) -> Duration {
    let whole = (FIRST * 2u32.saturating_pow(tries.saturating_sub(1).min(16))).min(LONGEST);
    let chance = RandomState::new().build_hasher().finish() % 1000;
    whole.mul_f64(1.0 - chance as f64 / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, Kind};

    fn failed(reached: Reached) -> Result<Reply, Failure> {
        Err(Failure {
            error: Error::new(Kind::Unreachable, "x"),
            reached,
        })
    }

    fn answered(status: u16) -> Result<Reply, Failure> {
        Ok(Reply {
            status,
            ..Reply::default()
        })
    }

    #[test]
    fn a_changing_call_goes_again_only_where_no_connection_was_made() {
        for (outcome, reading, changing) in [
            (failed(Reached::Nobody), true, true),
            (failed(Reached::Server), true, false),
            (failed(Reached::Refusal), false, false),
            (answered(200), false, false),
            (answered(431), false, false),
            (answered(502), true, false),
            (answered(504), true, false),
        ] {
            for (twice, again) in [(Twice::Harmless, reading), (Twice::Harmful, changing)] {
                assert_eq!(worth_it(&outcome, twice), again, "{outcome:?} {twice:?}");
            }
        }
    }

    #[test]
    fn pauses_grow_and_have_an_end() {
        for tries in 1..100 {
            let whole = (FIRST * 2u32.saturating_pow((tries - 1).min(16))).min(LONGEST);
            let pause = pause(tries);
            assert!(pause <= whole && pause >= whole / 2, "{tries}: {pause:?}");
        }
    }
}
