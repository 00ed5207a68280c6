//! Settings that show a part of another one: host of url, tabularize of output, signatureversion of expires.
//! Such a setting and its value in; what is stored in its place, or what it reads, out.

use super::address;
use super::settings;
use crate::error::Result;

/// Gives the setting that is stored in place of this one, where there is such.
pub fn source(name: &str) -> Option<&'static str> {
    match name {
        "protocol" | "host" | "port" | "path" => Some("url"),
        "tabularize" => Some("output"),
        "signatureversion" => Some("expires"),
        _ => None,
    }
}

/// Gives the value that a setting's source takes when the setting is set; `now` is the source's value so far.
pub fn write(name: &str, value: &str, now: &str) -> Result<String> {
    Ok(match (name, value) {
        ("tabularize", "true") => "table".into(),
        ("tabularize", _) => "text".into(),
        ("signatureversion", "") => "0".into(),
        ("signatureversion", _) if now == "0" => {
            settings::find("expires").map_or(String::new(), |expires| expires.default.into())
        }
        ("signatureversion", _) => now.into(),
        _ if now.is_empty() => address::with_part(address::START, name, value)?,
        _ => address::with_part(now, name, value)?,
    })
}

/// Gives what a setting reads where its source has the value `now`.
pub fn read(name: &str, now: &str) -> String {
    match name {
        "tabularize" => (now == "table").to_string(),
        "signatureversion" if now == "0" => String::new(),
        "signatureversion" => "3".into(),
        _ => address::part(now, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for (name, value, now) in [
            ("tabularize", "true", "auto"),
            ("tabularize", "false", "table"),
            ("signatureversion", "", "600"),
            ("signatureversion", "3", "0"),
            ("signatureversion", "3", "60"),
            ("host", "cloud.example.org", ""),
            ("port", "443", "https://c.example.org/client/api"),
        ] {
            let written = write(name, value, now).expect(name);
            assert_eq!(read(name, &written), value, "{name} {written}");
        }
        assert_eq!(write("signatureversion", "3", "60").as_deref(), Ok("60"));
    }
}
