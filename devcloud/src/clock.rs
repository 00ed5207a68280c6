//! The time, its form in answers, and the forms that parameters have.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Milliseconds since 1970.
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}

/// A moment in milliseconds as answers have it: 2026-11-22T01:16:46+0000.
pub fn date(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .strftime("%Y-%m-%dT%H:%M:%S+0000")
        .to_string()
}

/// The second of a moment spelt as answers have it, with any offset: no Z, no colon in the offset, no fraction.
pub fn moment(text: &str) -> Option<i64> {
    let broken = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", text).ok()?;
    let moment = broken.to_timestamp().ok()?;
    (text.len() == 24).then_some(moment.as_second())
}
