//! The time, its form in answers, and the forms that parameters have.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The true time, in milliseconds since 1970.
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}

/// A moment in milliseconds as answers have it: 2026-11-22T01:16:46+0000.
pub fn date(milliseconds: i64) -> String {
    spelt(milliseconds, "%Y-%m-%dT%H:%M:%S+0000")
}

/// A moment in milliseconds as HTTP's headers have it: Sun, 22 Nov 2026 01:16:46 GMT.
pub fn http_date(milliseconds: i64) -> String {
    spelt(milliseconds, "%a, %d %b %Y %H:%M:%S GMT")
}

/// A moment without anything between its numbers, as names of snapshots have it: 20261122011658.
pub fn compact(milliseconds: i64) -> String {
    date(milliseconds)
        .chars()
        .filter(char::is_ascii_digit)
        .take(14)
        .collect()
}

/// A moment in milliseconds as usage records have it, quotes and all: 2026-11-22'T'01:16:46+00:00.
pub fn usage_date(milliseconds: i64) -> String {
    spelt(milliseconds, "%Y-%m-%d'T'%H:%M:%S+00:00")
}

/// A moment in milliseconds as Java's dates say themselves: Sun Nov 22 01:16:46 UTC 2026.
pub fn java_date(milliseconds: i64) -> String {
    spelt(milliseconds, "%a %b %d %H:%M:%S UTC %Y")
}

fn spelt(milliseconds: i64, form: &str) -> String {
    let moment = Timestamp::from_millisecond(milliseconds);
    let moment = moment.unwrap_or(Timestamp::UNIX_EPOCH);
    moment.strftime(form).to_string()
}

/// The second that a date means: with a time of day, or else its first or its last; what follows a date is left aside,
/// as real servers do.
pub fn day(text: &str, last: bool) -> Option<i64> {
    let second = |time: &str| {
        let broken = jiff::fmt::strtime::parse("%Y-%m-%d %H:%M:%S", time).ok()?;
        let moment = TimeZone::UTC
            .to_timestamp(broken.to_datetime().ok()?)
            .ok()?;
        Some(moment.as_second())
    };
    let date = text
        .split(|letter: char| !letter.is_ascii_digit() && letter != '-')
        .next()?;
    let time = if last { "23:59:59" } else { "00:00:00" };
    second(text).or_else(|| second(&format!("{date} {time}")))
}

/// The second of a moment spelt as answers have it, with any offset: no Z, no colon in the offset, no fraction.
pub fn moment(text: &str) -> Option<i64> {
    let broken = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", text).ok()?;
    let moment = broken.to_timestamp().ok()?;
    (text.len() == 24).then_some(moment.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_taken_as_real_servers_take_it() {
        let midnight = 1_795_305_600; // 2026-11-22T00:00:00+0000
        for (text, last, second) in [
            ("2026-11-22", false, Some(midnight)),
            ("2026-11-22", true, Some(midnight + 86_399)),
            ("2026-11-22 01:00:00", true, Some(midnight + 3600)),
            ("2026-11-22T01:00:00+0000", false, Some(midnight)),
            ("2026-11-22T01:00:00+0000", true, Some(midnight + 86_399)),
            ("yesterday", false, None),
            ("22.11.2026", false, None),
            ("", false, None),
        ] {
            assert_eq!(day(text, last), second, "{text}");
        }
    }

    #[test]
    fn dates_have_four_forms() {
        let moment = 1_795_310_206_789;
        assert_eq!(date(moment), "2026-11-22T01:16:46+0000");
        assert_eq!(usage_date(moment), "2026-11-22'T'01:16:46+00:00");
        assert_eq!(http_date(moment), "Sun, 22 Nov 2026 01:16:46 GMT");
        assert_eq!(java_date(moment), "Sun Nov 22 01:16:46 UTC 2026");
    }
}
