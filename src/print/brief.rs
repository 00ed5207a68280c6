//! A nested value in the few words that fit into a cell at a terminal: names, addresses, `key=value`.

use crate::record::{Record, Value};

/// More than this fits no cell.
const ENOUGH: usize = 400;

/// The value as text for a cell that may be cut.
pub fn brief(value: &Value) -> String {
    match value {
        Value::List(items) => joined(items.iter().map(brief)),
        Value::Record(record) => thing(record),
        Value::Null => String::new(),
        Value::String(text) => class(text).into(),
        scalar => scalar.scalar().unwrap_or_default(),
    }
}

/// The first address of a machine that tells it with its network cards.
pub fn address(record: &Record) -> Option<String> {
    let Some(Value::List(cards)) = record.get("nic") else {
        return None;
    };
    cards
        .iter()
        .filter_map(Value::as_record)
        .find_map(|card| card.text("ipaddress").or_else(|| card.text("ip6address")))
}

/// Of one of the server's classes the name alone, without the packages that it stands in.
fn class(text: &str) -> &str {
    match text.rsplit_once('.') {
        Some((package, name))
            if ["org.apache.", "com.cloud."]
                .iter()
                .any(|own| package.starts_with(own)) =>
        {
            name
        }
        _ => text,
    }
}

/// A thing by what it is known by, or all of it.
fn thing(record: &Record) -> String {
    if let Some(code) = record.code() {
        return code.into();
    }
    if let (Some(key), Some(value)) = (record.text("key"), record.text("value")) {
        return format!("{key}={value}");
    }
    let known = ["ipaddress", "name", "displayname", "displaytext"];
    known
        .iter()
        .find_map(|field| record.text(field).filter(|text| !text.is_empty()))
        .unwrap_or_else(|| {
            joined(
                record
                    .fields
                    .iter()
                    .map(|(name, value)| format!("{name}={}", brief(value))),
            )
        })
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for (index, part) in parts.enumerate() {
        if text.len() > ENOUGH {
            text.push('…');
            break;
        }
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(&part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json;

    #[test]
    fn nested_values_are_what_they_are_known_by() {
        for (text, expected) in [
            (r#"["a","b"]"#, "a, b"),
            ("[]", ""),
            (
                r#"[{"id":"x","ipaddress":"10.1.1.2","name":"n"},{"ipaddress":"10.1.1.3"}]"#,
                "10.1.1.2, 10.1.1.3",
            ),
            (r#"[{"id":"x","name":"default"}]"#, "default"),
            (
                r#"[{"key":"env","value":"test","account":"a"}]"#,
                "env=test",
            ),
            (r#"{"cpu":2,"os":"x"}"#, "cpu=2, os=x"),
            (r#"{"code":"RUN","codeName":"running"}"#, "RUN"),
            (r#"{"code":16,"name":"running"}"#, "running"),
            (
                r#""org.apache.cloudstack.api.command.StopVMCmd""#,
                "StopVMCmd",
            ),
        ] {
            assert_eq!(brief(&json::read(text.as_bytes()).unwrap()), expected);
        }
    }
}
