//! Replies to callers who made too many calls in, how long they are to wait out: by the header that HTTP has for it, by the
//! server's words, or by what getApiLimit tells.

use std::time::Duration;

use jiff::fmt::rfc2822;

use crate::cloud::{Reply, Throttle};
use crate::record::body::Body;

/// So much of a refusal is looked through for its words.
const HEAD: usize = 4096;

/// How the reply refuses a call, if it does so because its caller made too many.
pub fn throttled(reply: &Reply, now: i64) -> Option<Throttle> {
    if reply.status != 429 {
        return None;
    }
    let told = || {
        milliseconds(&String::from_utf8_lossy(
            &reply.body[..reply.body.len().min(HEAD)],
        ))
    };
    let header = reply.retry_after.as_deref().and_then(|text| {
        // The server's own clock knows best how far away a date of its own is.
        after(text, reply.date.unwrap_or(now))
    });
    let told = header.or_else(told);
    Some(told.map_or(Throttle::Untold, Throttle::For))
}

/// The value of Retry-After, seconds or a date (RFC 9110, 10.2.3).
fn after(text: &str, now: i64) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::parse(text).ok()?.timestamp().as_second();
    Some(Duration::from_secs(
        u64::try_from(date.saturating_sub(now)).unwrap_or(0),
    ))
}

/// The wait in "please retry after 19789 ms.", as real servers have it in their text.
pub fn milliseconds(text: &str) -> Option<Duration> {
    let text = text.to_ascii_lowercase();
    let (_, rest) = text.split_once("retry after")?;
    let rest = rest.trim_start();
    let digits = rest.len()
        - rest
            .trim_start_matches(|letter: char| letter.is_ascii_digit())
            .len();
    let (number, unit) = rest.split_at(digits);
    unit.trim_start().starts_with("ms").then_some(())?;
    number.parse().ok().map(Duration::from_millis)
}

/// What getApiLimit tells: nothing to wait for where calls are left, else the milliseconds until the count starts over.
/// It is a call like others, so it may be refused itself and tell by that.
pub fn left(reply: &Reply) -> Option<Duration> {
    match throttled(reply, reply.date.unwrap_or(0)) {
        Some(Throttle::For(wait)) => return Some(wait),
        Some(Throttle::Untold) => return None,
        None => {}
    }
    let body = Body::of_json(&reply.body).ok()?;
    let limit = body.fields.get("apilimit")?.as_record()?;
    let number = |name: &str| limit.text(name)?.parse::<u64>().ok();
    match number("apiAllowed") {
        Some(0) | None => number("expireAfter").map(Duration::from_millis),
        Some(_) => Some(Duration::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Recorded {
        name: String,
        status: u16,
        body: String,
    }

    fn recorded() -> impl Iterator<Item = (String, Reply)> {
        let text = include_str!("../../../tests/recorded/throttle.jsonl");
        text.lines().map(|line| {
            let recorded: Recorded = serde_json::from_str(line).unwrap();
            let reply = Reply {
                status: recorded.status,
                body: recorded.body.into(),
                ..Reply::default()
            };
            (recorded.name, reply)
        })
    }

    #[test]
    fn real_servers_tell_the_milliseconds_in_words() {
        let mut told = Vec::new();
        for (name, reply) in recorded() {
            match throttled(&reply, 0) {
                Some(Throttle::For(wait)) => told.push(wait.as_millis()),
                Some(Throttle::Untold) => panic!("{name}"),
                None => assert_ne!(reply.status, 429, "{name}"),
            }
        }
        assert_eq!(told, [19789, 19772, 19751, 19725]);
    }

    #[test]
    fn the_limit_is_nothing_to_wait_for_while_calls_are_left() {
        let limits: Vec<_> = recorded()
            .filter(|(name, _)| name.ends_with("getApiLimit.json"))
            .map(|(_, reply)| left(&reply).map(|wait| wait.as_millis()))
            .collect();
        // One of them was throttled itself, and an administrator never is.
        assert_eq!(limits, [Some(0), Some(19725), Some(0), Some(0)]);
        let reply = |body: &'static str| Reply {
            status: 200,
            body: body.into(),
            ..Reply::default()
        };
        let full = r#"{"getapilimitresponse":{"apilimit":{"apiIssued":26,"apiAllowed":0,"expireAfter":1500}}}"#;
        assert_eq!(left(&reply(full)), Some(Duration::from_millis(1500)));
        for nothing in ["", "<html>", r#"{"getapilimitresponse":{}}"#] {
            assert_eq!(left(&reply(nothing)), None, "{nothing}");
        }
    }

    #[test]
    fn the_header_wins_over_the_words_and_what_is_neither_tells_nothing() {
        for (header, body, seconds) in [
            (Some("7"), "retry after 9000 ms", Some(7.0)),
            (Some(" 0 "), "", Some(0.0)),
            (Some("Sun, 22 Nov 2026 01:30:35 GMT"), "", Some(30.0)),
            (Some("Sun, 22 Nov 2026 01:00:00 GMT"), "", Some(0.0)),
            (Some("soon"), "Please RETRY AFTER 1500ms", Some(1.5)),
            (Some("-1"), "", None),
            (Some("99999999999999999999999"), "", None),
            (None, "retry after 99999999999999999999999 ms", None),
            (None, "retry after lunch", None),
            (None, "retry after 5 minutes", None),
            (None, "<html>slow down</html>", None),
        ] {
            let reply = Reply {
                status: 429,
                date: Some(1_795_311_005), // 2026-11-22T01:30:05+0000
                retry_after: header.map(Into::into),
                body: body.into(),
                ..Reply::default()
            };
            let told = seconds.map_or(Throttle::Untold, |seconds| {
                Throttle::For(Duration::from_secs_f64(seconds))
            });
            assert_eq!(throttled(&reply, 0), Some(told), "{header:?} {body}");
        }
    }
}
