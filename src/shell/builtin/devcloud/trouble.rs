//! `devcloud fault` and `devcloud clock`: a rehearsal of what goes wrong with clouds, and of time that passes.

use devcloud::faults::{self, Fault, Trouble};
use jiff::{SpanRelativeTo, Unit};

use super::make_directory;
use crate::error::{Error, Result};
use crate::record::answer::Answer;
use crate::record::{Record, Value};
use crate::shell::session::{Session, Shown, View};

/// What can go wrong, for completion.
pub const KINDS: &[&str] = &[
    "job-fails",
    "latency",
    "jitter",
    "drop",
    "lose",
    "throttled",
    "html",
    "401",
    "430",
    "431",
    "432",
    "530",
    "531",
    "533",
    "534",
    "503",
];

fn said(why: devcloud::Error) -> Error {
    Error::line(why.to_string())
}

pub fn fault(session: &mut Session, words: &[&str]) -> Result<Shown> {
    let state = session.demo_state();
    make_directory(&state)?;
    match words {
        ["add", words @ ..] => {
            let fault = Fault::parse(words).map_err(said)?;
            let number = faults::add(&state, &fault).map_err(said)?;
            session.ui.say(&format!(
                "fault {number}: {fault} (`devcloud fault remove {number}` ends it)"
            ));
            Ok(Shown::Nothing)
        }
        ["list"] | [] => {
            let rows = faults::list(&state).map_err(said)?.into_iter().map(row);
            let answer = Answer::table("fault", rows.collect());
            Ok(View::of(answer, session.resolved.get("output")))
        }
        ["remove", which] => {
            let number = match *which {
                "all" => None,
                text => Some(text.parse().map_err(|_| {
                    Error::line(format!("\"{text}\" is no number of a fault")).hint(
                        "`devcloud fault list` shows them; `devcloud fault remove all` ends all",
                    )
                })?),
            };
            let gone = faults::remove(&state, number).map_err(said)?;
            match (gone, number) {
                (0, Some(number)) => Err(Error::line(format!("there is no fault {number}"))
                    .hint("`devcloud fault list` shows them")),
                _ => {
                    session.ui.say(&format!("{gone} removed"));
                    Ok(Shown::Nothing)
                }
            }
        }
        _ => Err(Error::line(format!("devcloud fault add {}", faults::FORMS))
            .hint("devcloud fault list")
            .hint("devcloud fault remove NUMBER|all")),
    }
}

fn row((number, fault): (i64, Fault)) -> Record {
    let mut row = Record::default();
    row.push("id", Value::Number(number.to_string()));
    row.push("api", Value::String(fault.api.clone()));
    // The words after the API's name.
    let words = fault.to_string();
    let words = words.split_once(' ').map_or("", |(_, words)| words);
    row.push("fault", Value::String(words.into()));
    row.push(
        "of",
        Value::String(
            match fault.trouble {
                Trouble::JobFails(_) => "job",
                _ => "call",
            }
            .into(),
        ),
    );
    row
}

pub fn clock(session: &mut Session, words: &[&str]) -> Result<Shown> {
    let usage = || {
        Error::line("devcloud clock takes `advance DURATION` or `offset DURATION`")
            .hint("devcloud clock advance 2h: jobs end and usage accrues as if two hours went by")
            .hint("devcloud clock offset -90s: the cloud's clock is wrong from now on; 0 sets it right")
    };
    let state = session.demo_state();
    make_directory(&state)?;
    match words {
        ["advance", duration @ ..] if !duration.is_empty() => {
            let seconds = seconds(&duration.join(" "))?;
            if seconds <= 0 {
                return Err(Error::line(
                    "time goes on only: the duration must be above 0",
                ));
            }
            devcloud::advance(&state, seconds.saturating_mul(1000)).map_err(said)?;
            session
                .ui
                .say(&format!("{seconds} seconds went by in the built-in cloud"));
            Ok(Shown::Nothing)
        }
        ["offset", duration @ ..] if !duration.is_empty() => {
            let seconds = seconds(&duration.join(" "))?;
            devcloud::set_clock(&state, seconds).map_err(said)?;
            session.ui.say(&match seconds {
                0 => "the built-in cloud's clock is right".to_string(),
                1.. => format!("the built-in cloud's clock is {seconds} seconds ahead"),
                _ => format!("the built-in cloud's clock is {} seconds behind", -seconds),
            });
            Ok(Shown::Nothing)
        }
        _ => Err(usage()),
    }
}

/// A duration such as `2h`, `90s`, `1d 6h` or `-10m`, in whole seconds; a number alone is seconds.
fn seconds(text: &str) -> Result<i64> {
    const MOST: i64 = 20 * 366 * 24 * 3600;
    let wrong = || Error::line(format!("\"{text}\" is no duration such as 90s, 2h or 1d"));
    let seconds = match text.parse::<i64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let span: jiff::Span = text.parse().map_err(|_| wrong())?;
            let total = span
                .total((Unit::Second, SpanRelativeTo::days_are_24_hours()))
                .map_err(|_| wrong())?;
            total as i64
        }
    };
    match seconds.checked_abs() {
        Some(long) if long <= MOST => Ok(seconds),
        _ => Err(Error::line(format!("{text} is longer than 20 years"))),
    }
}
