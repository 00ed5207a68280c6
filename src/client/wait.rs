//! Following a job to its end: when to ask, for how long, and what a question without an answer means.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::{Client, Options};
use crate::cloud::desk::overdue;
use crate::cloud::{Progress, Request};
use crate::error::{Error, Kind, Result};
use crate::record::answer::Answer;

const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(15);
/// How long the last question has for its answer, which a cloud that takes no more calls may put off.
const LAST: Duration = Duration::from_secs(5);
/// How long what may not have begun to show is looked at before it counts as done.
const LATE: Duration = Duration::from_secs(2);
/// How long questions may go without an answer before the wait is given up.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait before asking again after a job that has run for `elapsed`: a tenth of that, so that the end is
/// noticed within a tenth of the job's duration.
pub fn pause(elapsed: Duration) -> Duration {
    (elapsed / 10).clamp(SHORTEST, LONGEST)
}

/// Asks after the job until it ends or `limit` has passed. A question that fails is no job that failed.
pub async fn follow(
    client: &Client,
    request: &Request,
    job: &str,
    options: &Options,
    limit: Duration,
) -> Result<Answer> {
    let start = Instant::now();
    let mut silent_since: Option<Instant> = None;
    let mut told = false;
    let mut begun = !client.dialect().shows_late(request);
    loop {
        let left = limit.saturating_sub(start.elapsed());
        let slow = overdue(client.dialect(), request, start.elapsed()).filter(|_| !told);
        if left.is_zero() {
            let what = format!("still runs after {} s", limit.as_secs());
            let error = ended(client, request, job, &what)
                .hint("a longer wait: timeout=SECONDS on the line, or `set timeout SECONDS`");
            return Err(slow.into_iter().fold(error, Error::hint));
        }
        if let Some(slow) = slow {
            client.note(slow);
            told = true;
        }
        sleep(pause(start.elapsed()).min(left)).await;
        let left = limit.saturating_sub(start.elapsed()).max(LAST);
        let Ok(asked) = timeout(left, client.progress(request, job, options)).await else {
            continue;
        };
        match asked {
            Ok(Progress::Running) => {
                silent_since = None;
                begun = true;
            }
            Ok(Progress::Done(answer)) if begun || start.elapsed() >= LATE.min(limit) => {
                return Ok(answer);
            }
            Ok(Progress::Done(_)) => silent_since = None,
            Ok(Progress::Failed(error)) => return Err(error),
            // The cloud is there and has made it wait: it goes on with that until its own time is up.
            Err(error) if error.code == Some(429) => silent_since = None,
            Err(error) if may_pass(&error) => {
                let since = *silent_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= PATIENCE {
                    let what = format!("could not be asked after: {error}");
                    return Err(ended(client, request, job, &what));
                }
            }
            Err(error) => {
                let what = format!("could not be asked after: {error}");
                return Err(ended(client, request, job, &what));
            }
        }
    }
}

/// Whether asking again may bring an answer: all but a refusal of the question itself or of who asks.
fn may_pass(error: &Error) -> bool {
    let final_code = matches!(error.code, Some(400..=405 | 430..=432));
    error.kind == Kind::Unreachable || (error.kind == Kind::Refused && !final_code)
}

/// The error for a wait that ended before the job did.
pub fn ended(client: &Client, request: &Request, job: &str, what: &str) -> Error {
    Error::new(
        Kind::StillRunning,
        format!(
            "{}: {} {what}",
            request.api,
            client.dialect().under_way(request, job)
        ),
    )
    .hint(format!(
        "it goes on in the cloud; `jobs wait` waits for it, and this asks after it: {}",
        client.ask_line(request, job)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When a job that ends after `duration` is asked after, in seconds from its start.
    fn asked(duration: f64) -> Vec<f64> {
        let mut times = Vec::new();
        let mut now = 0.0;
        while now < duration {
            now += pause(Duration::from_secs_f64(now)).as_secs_f64();
            times.push(now);
        }
        times
    }

    #[test]
    fn the_end_is_noticed_in_time_and_few_questions_are_asked() {
        for duration in [0.05, 0.3, 1.0, 7.0, 30.0, 60.0, 140.0] {
            let noticed = *asked(duration).last().unwrap();
            let late: f64 = noticed - duration;
            assert!(
                late <= (duration * 0.1_f64).max(0.1) + 1e-9,
                "{duration}: {late}"
            );
        }
        assert!(asked(60.0).len() <= 60);
        let slow: Vec<f64> = asked(1200.0).into_iter().filter(|at| *at > 600.0).collect();
        assert!(slow.windows(2).all(|pair| pair[1] - pair[0] >= 15.0 - 1e-9));
    }
}
