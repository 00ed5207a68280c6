//! The schedules of snapshot policies: `MM`, `MM:HH`, `MM:HH:day of the week` or `MM:HH:day of the month`, in a time zone, to
//! the next moment that they mean.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Whether a schedule has so many parts, each of which can be.
pub fn valid(schedule: &str, parts: usize) -> bool {
    let Some(numbers) = numbers(schedule) else {
        return false;
    };
    numbers.len() == parts
        && numbers.first().is_some_and(|minute| *minute < 60)
        && numbers.get(1).is_none_or(|hour| *hour < 24)
        && numbers.get(2).is_none_or(|day| (1..=28).contains(day))
}

fn numbers(schedule: &str) -> Option<Vec<i8>> {
    schedule
        .split(':')
        .map(|part| part.parse().ok().filter(|number| *number >= 0))
        .collect()
}

/// The name of a time zone, or GMT for what is none, as Java takes it.
pub fn zone_name(name: &str) -> &str {
    match TimeZone::get(name) {
        Ok(_) => name,
        Err(_) => "GMT",
    }
}

/// The next moment after another, both in milliseconds since 1970.
pub fn next(interval: &str, schedule: &str, zone_name: &str, after: i64) -> Option<i64> {
    let numbers = numbers(schedule)?;
    let zone = TimeZone::get(zone_name).unwrap_or(TimeZone::UTC);
    let after = Timestamp::from_millisecond(after).ok()?;
    let start = after.to_zoned(zone.clone()).datetime();
    let minute = *numbers.first()?;
    let hour = numbers.get(1).copied();
    let mut at = DateTime::new(
        start.year(),
        start.month(),
        start.day(),
        hour.unwrap_or(start.hour()),
        minute,
        0,
        0,
    )
    .ok()?;
    // A week has seven days and a month at most 31; an hour that summer time leaves out comes an hour later.
    for _ in 0..64 {
        let moment = at.to_zoned(zone.clone()).ok()?.timestamp();
        let day = match (interval, numbers.get(2)) {
            ("WEEKLY", Some(day)) => at.weekday() == Weekday::from_sunday_one_offset(*day).ok()?,
            ("MONTHLY", Some(day)) => at.day() == *day,
            _ => true,
        };
        if moment > after && day {
            return Some(moment.as_millisecond());
        }
        at = match hour {
            Some(_) => at.checked_add(1.day()).ok()?,
            None => at.checked_add(1.hour()).ok()?,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn the_next_moment_is_the_first_after_another() {
        // A Sunday.
        let after = clock::moment("2026-11-22T01:15:00+0000").unwrap() * 1000;
        for (interval, schedule, zone, expected) in [
            ("HOURLY", "30", "UTC", "2026-11-22T01:30:00+0000"),
            ("HOURLY", "15", "UTC", "2026-11-22T02:15:00+0000"),
            ("DAILY", "0:3", "GMT", "2026-11-22T03:00:00+0000"),
            ("DAILY", "0:1", "UTC", "2026-11-23T01:00:00+0000"),
            ("DAILY", "0:12", "Asia/Tokyo", "2026-11-22T03:00:00+0000"),
            ("WEEKLY", "0:0:1", "UTC", "2026-11-29T00:00:00+0000"),
            ("WEEKLY", "0:2:1", "UTC", "2026-11-22T02:00:00+0000"),
            ("WEEKLY", "0:0:2", "UTC", "2026-11-23T00:00:00+0000"),
            ("MONTHLY", "0:0:22", "UTC", "2026-12-22T00:00:00+0000"),
            ("MONTHLY", "0:0:28", "UTC", "2026-11-28T00:00:00+0000"),
        ] {
            let next = next(interval, schedule, zone, after).unwrap();
            assert_eq!(clock::date(next), expected, "{interval} {schedule} {zone}");
        }
    }

    #[test]
    fn only_schedules_that_can_be_are_taken() {
        for (schedule, parts, good) in [
            ("30", 1, true),
            ("60", 1, false),
            ("0:24", 2, false),
            ("0:0:29", 3, false),
            ("0:0:0", 3, false),
            ("0:0", 3, false),
            ("-1", 1, false),
            ("x", 1, false),
            ("", 1, false),
        ] {
            assert_eq!(valid(schedule, parts), good, "{schedule}");
        }
        assert_eq!(zone_name("Europe/Berlin"), "Europe/Berlin");
        assert_eq!(zone_name("Nowhere"), "GMT");
    }
}
