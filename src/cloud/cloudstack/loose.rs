//! Answers that are written loosely: names that are slips, numbers as texts, times in milliseconds. An answer as it came in,
//! the same as CloudStack would have written it out.

use bytes::Bytes;
use memchr::memmem;

use super::date;
use crate::catalog::types::{Fields, Kind, Types};
use crate::record::{Record, Value};

/// The fields that are dates, which come as milliseconds since 1970 where a server is loose about them.
const DATES: [&str; 2] = ["created", "removed"];
/// What milliseconds since 1970 have of digits, from 1973 to 5138.
const MILLISECONDS: std::ops::RangeInclusive<usize> = 12..=14;

/// The body with what it should say for the names that are slips; both JSON and XML escape what looks like a name within a
/// value.
pub fn without_slips(body: &Bytes, api: &str, slips: &[(&str, &str, &str)]) -> Bytes {
    let of_api = slips.iter().filter(|(apis, ..)| fits(apis, api));
    let there: Vec<(&str, &str)> = of_api
        .map(|(_, slip, meant)| (*slip, *meant))
        .filter(|(slip, _)| memmem::find(body, slip.as_bytes()).is_some())
        .collect();
    let mut body = body.clone();
    for (slip, meant) in there {
        body = replaced(&body, slip, meant);
    }
    body
}

/// `*` at either end of a name is anything.
fn fits(apis: &str, api: &str) -> bool {
    let api = api.to_ascii_lowercase();
    let apis = apis.to_ascii_lowercase();
    match (apis.strip_prefix('*'), apis.strip_suffix('*')) {
        (Some(end), None) => api.ends_with(end),
        (None, Some(start)) => api.starts_with(start),
        (Some(_), Some(_)) => api.contains(apis.trim_matches('*')),
        (None, None) => api == apis,
    }
}

/// The body with one name in the place of another, where it is an element's or a member's.
fn replaced(body: &Bytes, slip: &str, meant: &str) -> Bytes {
    let mut made = Vec::with_capacity(body.len());
    let mut from = 0;
    for at in memmem::find_iter(body, slip.as_bytes()) {
        let end = at + slip.len();
        made.extend_from_slice(&body[from..at]);
        let name = is_name(body, at, end);
        made.extend_from_slice(if name { meant } else { slip }.as_bytes());
        from = end;
    }
    made.extend_from_slice(&body[from..]);
    made.into()
}

fn is_name(body: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).map(|at| body[at]);
    let after = body.get(end).copied();
    match (before, after) {
        (Some(b'<'), Some(b'>' | b'/' | b' ')) => true,
        (Some(b'/'), Some(b'>' | b' ')) => start >= 2 && body[start - 2] == b'<',
        (Some(b'"'), Some(b'"')) => {
            let mut rest = body[end + 1..].iter();
            rest.find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
        }
        _ => false,
    }
}

/// Gives the thing that a job ended with its numbers and dates.
pub fn settle_job(job: &mut Record, types: &Types) {
    settle_dates(job);
    for (name, value) in &mut job.fields {
        if &**name == "jobresult"
            && let Value::Record(result) = value
        {
            settle_result(result, types);
        }
    }
}

fn settle_result(result: &mut Record, types: &Types) {
    let mut things = result.fields.iter_mut();
    // A result is one thing by its name, or that thing's fields.
    match (things.next(), things.next()) {
        (Some((name, Value::Record(thing))), None) => settle(thing, name, types.own(), types),
        _ => settle(result, "", types.own(), types),
    }
}

fn settle(record: &mut Record, thing: &str, told: &Fields, types: &Types) {
    settle_dates(record);
    for (name, value) in &mut record.fields {
        let nested = matches!(value, Value::List(_) | Value::Record(_));
        let Some(known) = types.of_field(told, thing, name, nested) else {
            continue;
        };
        match value {
            Value::String(text) if known.kind == Kind::Number && is_number(text) => {
                *value = Value::Number(std::mem::take(text));
            }
            Value::Record(inner) => settle(inner, name, &known.inner, types),
            Value::List(items) => {
                for item in items {
                    if let Value::Record(inner) = item {
                        settle(inner, name, &known.inner, types);
                    }
                }
            }
            _ => {}
        }
    }
}

fn settle_dates(record: &mut Record) {
    for (name, value) in &mut record.fields {
        if let Value::Number(text) | Value::String(text) = value
            && DATES.contains(&&**name)
            && MILLISECONDS.contains(&text.len())
            && text.bytes().all(|digit| digit.is_ascii_digit())
            && let Ok(milliseconds) = text.parse::<i64>()
        {
            *value = Value::String(date(milliseconds / 1000));
        }
    }
}

/// Whether the text can stand as a number as it is.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    plain && (digits == "0" || !digits.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Field;
    use crate::record::json;

    #[test]
    fn slips_are_mended_where_they_are_names_and_nowhere_else() {
        let slips = [
            ("*", "jjobid", "jobid"),
            ("listZones", "serviceoffering", "zone"),
        ];
        let mended = |api: &str, text: &str| {
            let body = Bytes::copy_from_slice(text.as_bytes());
            String::from_utf8(without_slips(&body, api, &slips).to_vec()).unwrap()
        };
        for (api, text, expected) in [
            (
                "x",
                r#"{"a":{"jjobid" : "jjobid"}}"#,
                r#"{"a":{"jobid" : "jjobid"}}"#,
            ),
            ("x", r#"{"a":"\"jjobid\":1"}"#, r#"{"a":"\"jjobid\":1"}"#),
            (
                "x",
                "<a><jjobid>jjobid</jjobid><jjobid/></a>",
                "<a><jobid>jjobid</jobid><jobid/></a>",
            ),
            ("x", "<a>1/jjobid></a>", "<a>1/jjobid></a>"),
            (
                "listzones",
                "<r><serviceoffering><id>1</id></serviceoffering></r>",
                "<r><zone><id>1</id></zone></r>",
            ),
            ("x", "<serviceoffering/>", "<serviceoffering/>"),
            ("x", "jjobid", "jjobid"),
        ] {
            assert_eq!(mended(api, text), expected, "{text}");
        }
    }

    #[test]
    fn a_jobs_thing_has_numbers_and_dates() {
        let field = |name: &str, kind: &str| Field {
            name: name.into(),
            kind: kind.into(),
            ..Field::default()
        };
        let fields = [
            field("cpunumber", "integer"),
            field("rootdeviceid", "long"),
            field("name", "string"),
        ];
        let text = r#"{"jobstatus":1,"created":1514271600123,"jobresult":{"virtualmachine":{"cpunumber":"2","rootdeviceid":"007",
            "name":"7","created":"1514271600000","memory":512}}}"#;
        let Value::Record(mut job) = json::read(text.as_bytes()).unwrap() else {
            panic!("no record");
        };
        settle_job(&mut job, &Types::of(&fields));
        assert_eq!(
            job.text("created").as_deref(),
            Some("2017-12-26T07:00:00+0000")
        );
        let result = job.get("jobresult").and_then(Value::as_record).unwrap();
        let machine = result.get("virtualmachine").and_then(Value::as_record);
        let machine = machine.unwrap();
        assert_eq!(machine.get("cpunumber"), Some(&Value::Number("2".into())));
        // What no number is written like stays what it is.
        assert_eq!(
            machine.get("rootdeviceid"),
            Some(&Value::String("007".into()))
        );
        assert_eq!(machine.get("name"), Some(&Value::String("7".into())));
        assert_eq!(
            machine.text("created").as_deref(),
            Some("2017-12-26T07:00:00+0000")
        );
    }
}
