//! What a value can be: in come a parameter's type and a text, out comes why the cloud cannot want it.
//! The server takes a bad boolean and nonsense in silence, so it is checked here.

use jiff::civil;

/// What is wrong with the value for a parameter of that type; an empty value and unknown types are right.
pub fn problem(kind: &str, value: &str) -> Option<&'static str> {
    if value.is_empty() {
        return None;
    }
    let (right, wanted) = match kind.to_ascii_lowercase().as_str() {
        "boolean" => (is_boolean(value), "true or false is wanted"),
        "short" => (
            value.parse::<i16>().is_ok(),
            "a whole number from -32768 to 32767 is wanted",
        ),
        "integer" | "int" => (
            value.parse::<i32>().is_ok(),
            "a whole number from -2147483648 to 2147483647 is wanted",
        ),
        "long" => (
            value.parse::<i64>().is_ok(),
            "a whole number of at most 64 bits is wanted",
        ),
        "date" | "tzdate" => (
            is_date(value),
            "a date is wanted: 2026-11-22, '2026-11-22 13:45:00' or 2026-11-22T13:45:00+0000",
        ),
        _ => (true, ""),
    };
    (!right).then_some(wanted)
}

/// Whether the text is what an id can be: a uuid, or a number such as the -1 that stands for all or none.
pub fn is_id(value: &str) -> bool {
    is_number(value) || is_uuid(value)
}

fn is_boolean(value: &str) -> bool {
    value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false")
}

fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

pub fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value
            .bytes()
            .enumerate()
            .all(|(place, letter)| match place {
                8 | 13 | 18 | 23 => letter == b'-',
                _ => letter.is_ascii_hexdigit(),
            })
}

/// A real day, alone or with a time of day after a blank, or in ISO's form with or without its offset; also as usage records
/// have it, with quotes around the T and a colon in the offset.
fn is_date(value: &str) -> bool {
    let Some((date, rest)) = value.split_at_checked(10) else {
        return false;
    };
    if rest.is_empty() {
        return is_day(date);
    }
    let timed = |time: &str, is_offset: fn(&str) -> bool| {
        let parts = time.split_at_checked(8);
        parts.is_some_and(|(time, offset)| is_time(time) && is_offset(offset))
    };
    let right = if let Some(time) = rest.strip_prefix("'T'") {
        timed(time, is_colon_offset)
    } else if let Some(time) = rest.strip_prefix('T') {
        timed(time, is_offset)
    } else {
        rest.strip_prefix(' ').is_some_and(is_time)
    };
    is_day(date) && right
}

fn is_day(text: &str) -> bool {
    let Some([year, month, day]) = numbers(text, [4, 2, 2], '-') else {
        return false;
    };
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else {
        return false;
    };
    civil::Date::new(year, month, day).is_ok()
}

fn is_time(text: &str) -> bool {
    matches!(numbers(text, [2, 2, 2], ':'), Some([hour, minute, second]) if hour < 24 && minute < 60 && second < 60)
}

/// Nothing, `Z`, or `+hhmm`.
fn is_offset(text: &str) -> bool {
    match text.strip_prefix(['+', '-']) {
        None => text.is_empty() || text == "Z",
        Some(digits) => {
            digits.len() == 4
                && digits.bytes().all(|digit| digit.is_ascii_digit())
                && digits < "2400"
                && &digits[2..] < "60"
        }
    }
}

/// `+hh:mm`
fn is_colon_offset(text: &str) -> bool {
    let colon = text.get(3..4) == Some(":");
    colon && is_offset(&text.replacen(':', "", 1))
}

/// The numbers of a text in which each has its width and one sign stands between them.
fn numbers<const N: usize>(text: &str, widths: [usize; N], between: char) -> Option<[i16; N]> {
    let mut parts = text.split(between);
    let mut found = [0; N];
    for (number, width) in found.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_takes_what_it_should() {
        let table: &[(&str, &[&str], &[&str])] = &[
            (
                "boolean",
                &["true", "FALSE", "True", ""],
                &["yes", "1", "treu", " true"],
            ),
            (
                "integer",
                &["0", "-1", "+5", "2147483647", ""],
                &["2147483648", "1.0", "x", "-", "1 ", "١"],
            ),
            ("short", &["-32768"], &["32768"]),
            (
                "long",
                &["9223372036854775807"],
                &["9223372036854775808", "1e3"],
            ),
            (
                "date",
                &[
                    "2026-11-22",
                    "2024-02-29",
                    "2026-11-22 13:45:00",
                    "2026-11-22T13:45:00",
                    "2026-11-22T13:45:00Z",
                    "2026-11-22T13:45:00+0530",
                    "2026-11-22'T'13:45:00+05:30",
                    "",
                ],
                &[
                    "2026-02-29",
                    "2026-13-01",
                    "26-1-1",
                    "2026-11-22 24:00:00",
                    "2026-11-22 13:45",
                    "2026-11-22T13:45:00+05:30",
                    "2026-11-22'T'13:45:00+0530",
                    "2026-11-22'T'13:45:00+0:530",
                    "2026-11-22'T'13:45:00",
                    "2026-11-22T13:45:00+2500",
                    "2026-11-22T13:45:00+0060",
                    "2026-11-22x13:45:00",
                    "yesterday",
                    "2026-11-2é",
                    "2026-11-22é",
                ],
            ),
            ("TZDate", &["2026-11-22"], &["now"]),
            ("string", &["anything"], &[]),
            ("uuid", &["anything", "-1"], &[]),
            ("", &["anything"], &[]),
        ];
        for (kind, right, wrong) in table {
            for value in *right {
                assert_eq!(problem(kind, value), None, "{kind} {value}");
            }
            for value in *wrong {
                assert!(problem(kind, value).is_some(), "{kind} {value}");
            }
        }
    }

    #[test]
    fn ids_are_uuids_and_numbers() {
        for id in ["-1", "42", "7ed6d5da-93b2-4545-a502-23d20b48ef2a"] {
            assert!(is_id(id), "{id}");
        }
        for name in ["", "-", "web1", "7ed6d5da-93b2-4545-a502-23d20b48ef2"] {
            assert!(!is_id(name), "{name}");
        }
    }
}
