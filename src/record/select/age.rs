//! Dates as clouds write them, read; and `age=`: how long ago each was, by a clock that comes in as an argument.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::record::Value;

/// A date in the clock that it was written by.
#[derive(Clone, Copy, Debug)]
pub struct Date {
    civil: DateTime,
    offset: Option<Offset>,
    /// Whether a time of day stands there as well.
    timed: bool,
}

impl Date {
    /// Reads `2013-04-10T10:16:16+0900`, usage's `2013-04-10'T'10:16:16+09:00`, and the same without an offset, a time of day
    /// or both.
    pub fn read(text: &str) -> Option<Date> {
        let bytes = text.as_bytes();
        let dashed = bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
        if !dashed || bytes.len() > 40 || !text.is_ascii() {
            return None;
        }
        let (day, rest) = text.split_at_checked(10)?;
        let time = rest
            .strip_prefix("'T'")
            .or(rest.strip_prefix(['T', ' ']))
            .unwrap_or(rest);
        if time.is_empty() {
            let civil = day.parse::<jiff::civil::Date>().ok()?.into();
            let untimed = rest.is_empty();
            return untimed.then_some(Date {
                civil,
                offset: None,
                timed: false,
            });
        }
        let (time, offset) = match time.find(['+', '-', 'Z']) {
            Some(at) => (&time[..at], Some(offset(&time[at..])?)),
            None => (time, None),
        };
        if time.len() == rest.len() {
            return None;
        }
        Some(Date {
            civil: format!("{day}T{time}").parse().ok()?,
            offset,
            timed: true,
        })
    }

    /// The moment that it means; where it names no offset, by a clock that has this one.
    fn moment(&self, offset: Option<Offset>) -> Option<Timestamp> {
        let offset = self.offset.or(offset).unwrap_or(Offset::UTC);
        offset.to_timestamp(self.civil).ok()
    }

    /// Compares two moments; one that names no offset is meant by the other's clock.
    pub fn against(&self, other: &Date) -> Ordering {
        let (left, right) = (self.moment(other.offset), other.moment(self.offset));
        left.cmp(&right)
    }
}

/// Moments in order, those that name no offset by the clock of UTC.
impl Ord for Date {
    fn cmp(&self, other: &Date) -> Ordering {
        self.moment(None).cmp(&other.moment(None))
    }
}

impl PartialOrd for Date {
    fn partial_cmp(&self, other: &Date) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Date {
    fn eq(&self, other: &Date) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Date {}

/// `+0900`, `+09:00`, `-03` or `Z`.
fn offset(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text[1..].split(':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = digits
        .get(2..)
        .filter(|text| !text.is_empty())
        .unwrap_or("0")
        .parse()
        .ok()?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// Puts in the place of every date with its time and offset how long before `now` it was.
pub fn in_ages(value: Value, now: Timestamp) -> Value {
    match value {
        Value::String(text) => {
            let date = Date::read(&text).filter(|date| date.timed && date.offset.is_some());
            let moment = date.and_then(|date| date.moment(None));
            Value::String(moment.map_or(text, |moment| {
                age(now.as_second().saturating_sub(moment.as_second()))
            }))
        }
        Value::List(items) => {
            Value::List(items.into_iter().map(|item| in_ages(item, now)).collect())
        }
        Value::Record(mut record) => {
            for (_, value) in &mut record.fields {
                *value = in_ages(std::mem::replace(value, Value::Null), now);
            }
            Value::Record(record)
        }
        other => other,
    }
}

/// A time in its largest unit, with the next one while that tells something: `45s`, `5m`, `3h20m`, `3d4h`, `120d`, `3y40d`.
fn age(seconds: i64) -> String {
    let size = seconds.unsigned_abs();
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    const YEAR: u64 = 365 * DAY;
    /// So many of the larger unit need no smaller one.
    const MANY: u64 = 10;
    let (large, unit, small, part) = match size {
        0..MINUTE => (1, 's', 1, 's'),
        MINUTE..HOUR => (MINUTE, 'm', 1, 's'),
        HOUR..DAY => (HOUR, 'h', MINUTE, 'm'),
        DAY..YEAR => (DAY, 'd', HOUR, 'h'),
        YEAR.. => (YEAR, 'y', DAY, 'd'),
    };
    let (whole, rest) = (size / large, size % large / small);
    let text = if whole < MANY && rest > 0 && small < large {
        format!("{whole}{unit}{rest}{part}")
    } else {
        format!("{whole}{unit}")
    };
    if seconds < 0 {
        format!("in {text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_compared_as_moments() {
        let read = |text| Date::read(text).unwrap_or_else(|| panic!("{text}"));
        for (left, right, order) in [
            (
                "2013-04-10T10:16:16+0900",
                "2013-04-10'T'01:16:16+00:00",
                Ordering::Equal,
            ),
            (
                "2013-04-10T10:16:16.5Z",
                "2013-04-10T10:16:16Z",
                Ordering::Greater,
            ),
            (
                "2013-04-10T23:00:00-0300",
                "2013-04-11T01:00:00+0000",
                Ordering::Greater,
            ),
            // What names no offset is meant as the other's clock shows.
            ("2013-04-10", "2013-04-10T00:00:00+0900", Ordering::Equal),
            (
                "2013-04-10 10:17",
                "2013-04-10T10:16:16+0900",
                Ordering::Greater,
            ),
        ] {
            assert_eq!(read(left).against(&read(right)), order, "{left} {right}");
        }
        for none in [
            "",
            "2013-04-1",
            "2013-13-10",
            "2013-04-10T",
            "2013-04-10x",
            "2013-04-10+0900",
            "x013-04-10",
            "2013-04-10T10:16:16+9",
            "2013-04-10T10:16:16+99:99",
            "2013-04-10T25:00:00Z",
            "2013-04-1€T10",
        ] {
            assert!(Date::read(none).is_none(), "{none}");
        }
    }

    #[test]
    fn ages_are_told_in_the_units_that_tell_something() {
        let now: Timestamp = "2013-04-10T10:00:00Z".parse().unwrap();
        for (date, told) in [
            ("2013-04-10T10:00:00+0000", "0s"),
            ("2013-04-10T09:59:15+0000", "45s"),
            ("2013-04-10T09:55:00+0000", "5m"),
            ("2013-04-10T09:54:30+0000", "5m30s"),
            ("2013-04-10T09:20:30+0000", "39m"),
            ("2013-04-10'T'17:00:00+09:00", "2h"),
            ("2013-04-07T06:00:01+0000", "3d3h"),
            ("2013-01-01T00:00:00+0000", "99d"),
            ("2011-03-01T00:00:00+0000", "2y41d"),
            ("2013-04-10T10:05:00+0000", "in 5m"),
            ("2013-04-10", "2013-04-10"),
            ("a name", "a name"),
        ] {
            let aged = in_ages(Value::List(vec![Value::String(date.into())]), now);
            assert_eq!(
                aged,
                Value::List(vec![Value::String(told.into())]),
                "{date}"
            );
        }
    }
}
