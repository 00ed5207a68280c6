//! The one table of settings: `set`, completion, help and the checks of file, environment and flags read it.
//! A name in, the setting or its nearest neighbours out; a value in, its canonical spelling or what is allowed out.

use super::{address, derived};
use crate::cloud;
use crate::error::{Error, Result};

/// The output forms that can be asked for; `auto` is a table on a terminal and text elsewhere.
pub const OUTPUTS: &[&str] = &[
    "auto", "table", "wide", "text", "column", "json", "jsonl", "csv", "yaml", "xml", "raw",
    "chart",
];

/// The longest time in seconds that a setting may name, a year; clocks overflow far above it.
const LONGEST: u64 = 365 * 24 * 3600;

/// The largest size that a setting may name.
const LARGEST: u64 = 1 << 40;

const UNITS: [(char, u32); 4] = [('T', 40), ('G', 30), ('M', 20), ('K', 10)];

/// What values a setting has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Seconds,
    /// Seconds that may have a fraction.
    Limit,
    /// A number of bytes, as in 500M; K, M, G and T are powers of 1024.
    Size,
    /// A whole number up to this.
    Count(u64),
    Port,
    Text,
    /// A line for the user's shell.
    Command,
    /// A file; `~/` is the home directory.
    Path,
    Secret,
    Url,
    Choice(&'static [&'static str]),
}

/// One setting.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    pub name: &'static str,
    pub kind: Kind,
    pub default: &'static str,
    pub about: &'static str,
    /// Whether it is part of how the cloud is reached and who asks, which belongs to a profile alone.
    pub connection: bool,
    /// Whether it may stand on a command line for that line only.
    pub line: bool,
}

const ALWAYS: Setting = Setting {
    name: "",
    kind: Kind::Text,
    default: "",
    about: "",
    connection: false,
    line: false,
};
const CONNECTION: Setting = Setting {
    connection: true,
    ..ALWAYS
};
const LINE: Setting = Setting {
    line: true,
    ..ALWAYS
};

/// All settings, by the names that the CloudStack guide's shell gave them where it had them.
pub static SETTINGS: &[Setting] = &[
    Setting {
        name: "kind",
        kind: Kind::Choice(cloud::NAMES),
        default: cloud::NAMES[0],
        about: "What kind of cloud it is, which says how it is spoken to",
        ..CONNECTION
    },
    Setting {
        name: "site",
        about: "Which of the addresses that its kind of cloud is known to have, in place of url",
        ..CONNECTION
    },
    Setting {
        name: "url",
        kind: Kind::Url,
        about: "The address of the API, as in https://cloud.example.org/client/api; of several servers with commas",
        ..CONNECTION
    },
    Setting {
        name: "protocol",
        kind: Kind::Choice(&["http", "https"]),
        default: "http",
        about: "How the cloud is spoken to: a part of url",
        ..CONNECTION
    },
    Setting {
        name: "host",
        default: "localhost",
        about: "The management server's name or address: a part of url",
        ..CONNECTION
    },
    Setting {
        name: "port",
        kind: Kind::Port,
        default: "8080",
        about: "The port of the API: a part of url",
        ..CONNECTION
    },
    Setting {
        name: "path",
        default: "/client/api",
        about: "The path of the API: a part of url",
        ..CONNECTION
    },
    Setting {
        name: "apikey",
        about: "The API key of the user who asks",
        line: true,
        ..CONNECTION
    },
    Setting {
        name: "secretkey",
        kind: Kind::Secret,
        about: "The secret key that signs calls; never shown",
        ..CONNECTION
    },
    Setting {
        name: "secretkey_command",
        kind: Kind::Command,
        about: "A command whose first line of output is the secret key, as in pass show cloud",
        ..CONNECTION
    },
    Setting {
        name: "auth",
        kind: Kind::Choice(&["auto", "keys", "login", "none"]),
        default: "auto",
        about: "How calls prove who makes them; auto is keys, else a login, else nothing on port 8096",
        ..CONNECTION
    },
    Setting {
        name: "username",
        about: "The user who logs in where there are no keys",
        ..CONNECTION
    },
    Setting {
        name: "password",
        kind: Kind::Secret,
        about: "The password of that user; without one, login asks for it",
        ..CONNECTION
    },
    Setting {
        name: "domain",
        about: "The path of that user's domain; empty is the root domain",
        ..CONNECTION
    },
    Setting {
        name: "verifycert",
        kind: Kind::Bool,
        default: "true",
        about: "Check the server's TLS certificate; false makes the connection open to forgery",
        ..LINE
    },
    Setting {
        name: "cacert",
        kind: Kind::Path,
        about: "A PEM file with the TLS roots to trust in place of the platform's",
        ..LINE
    },
    Setting {
        name: "cert",
        kind: Kind::Path,
        about: "A PEM file with the TLS certificate to show to the cloud; goes with key",
        ..LINE
    },
    Setting {
        name: "key",
        kind: Kind::Path,
        about: "A PEM file with the private key of cert",
        ..LINE
    },
    Setting {
        name: "connect_timeout",
        kind: Kind::Limit,
        default: "15",
        about: "How many seconds to wait for a connection",
        ..LINE
    },
    Setting {
        name: "reply_timeout",
        kind: Kind::Limit,
        default: "300",
        about: "How many seconds to wait for the first byte of an answer",
        ..LINE
    },
    Setting {
        name: "idle_timeout",
        kind: Kind::Limit,
        default: "60",
        about: "How many seconds to wait for the next byte of an answer",
        ..LINE
    },
    Setting {
        name: "max_reply",
        kind: Kind::Size,
        default: "1G",
        about: "How many bytes an answer may have, unpacked; a larger one is broken off",
        ..LINE
    },
    Setting {
        name: "output",
        kind: Kind::Choice(OUTPUTS),
        default: "auto",
        about: "The form of what is printed; auto is a table for lists on a terminal and text elsewhere",
        ..LINE
    },
    Setting {
        name: "age",
        kind: Kind::Bool,
        default: "false",
        about: "Tell dates as how long ago they were, as in 3d4h",
        ..LINE
    },
    Setting {
        name: "tabularize",
        kind: Kind::Bool,
        default: "false",
        about: "Print tables: true is output table, false is output text",
        ..LINE
    },
    Setting {
        name: "asyncblock",
        kind: Kind::Bool,
        default: "true",
        about: "Wait for the end of the jobs that calls start",
        ..LINE
    },
    Setting {
        name: "timeout",
        kind: Kind::Seconds,
        default: "3600",
        about: "How many seconds to wait for a job",
        ..LINE
    },
    Setting {
        name: "expires",
        kind: Kind::Seconds,
        default: "600",
        about: "After how many seconds a signed call is void; 0 signs without an end",
        ..LINE
    },
    Setting {
        name: "retries",
        kind: Kind::Count(20),
        default: "3",
        about: "How often a reading call is sent again when no answer comes",
        ..LINE
    },
    Setting {
        name: "customid",
        kind: Kind::Bool,
        default: "true",
        about: "Let calls that create choose the new thing's id where the cloud allows it, so that none is carried out twice",
        ..LINE
    },
    Setting {
        name: "throttle_wait",
        kind: Kind::Seconds,
        default: "60",
        about: "How many seconds a call waits at most where the cloud takes no more calls for a while; 0 never waits",
        ..LINE
    },
    Setting {
        name: "signatureversion",
        kind: Kind::Choice(&["3", ""]),
        default: "3",
        about: "3 signs calls that expire; empty is expires 0",
        ..LINE
    },
    Setting {
        name: "response",
        kind: Kind::Choice(&["json", "xml"]),
        default: "json",
        about: "The format that the cloud is asked to answer in",
        ..LINE
    },
    Setting {
        name: "api_version",
        about: "The version of the API that calls name, where the kind of cloud has one",
        ..LINE
    },
    Setting {
        name: "signature_method",
        kind: Kind::Choice(&["hmacsha256", "hmacsha1"]),
        default: "hmacsha256",
        about: "What signs calls, where the kind of cloud takes several",
        ..LINE
    },
    Setting {
        name: "service",
        about: "What the vendor calls the service, for reports of doctor",
        ..CONNECTION
    },
    Setting {
        name: "contract",
        about: "The number of the contract with the vendor, for reports of doctor",
        ..CONNECTION
    },
    Setting {
        name: "line",
        about: "The number of the network line that leads to the cloud, for reports of doctor",
        ..CONNECTION
    },
    Setting {
        name: "showurl",
        kind: Kind::Choice(&["false", "true", "reveal"]),
        default: "false",
        about: "Tell the address of each call on stderr, without key and signature; --reveal on a line tells them too",
        ..LINE
    },
    Setting {
        name: "paramcompletion",
        kind: Kind::Bool,
        default: "true",
        about: "Complete values that the cloud has to be asked for with Tab",
        ..ALWAYS
    },
    Setting {
        name: "prompt",
        about: "The prompt, with {profile}, {user}, {host}, {time}, {status} and {elapsed}; empty is ({profile}) >",
        ..ALWAYS
    },
    Setting {
        name: "confirm",
        kind: Kind::Bool,
        default: "true",
        about: "Ask at a prompt before a call that destroys; --yes on a line answers beforehand",
        ..LINE
    },
    Setting {
        name: "color",
        kind: Kind::Bool,
        default: "true",
        about: "Use colour on a terminal",
        ..ALWAYS
    },
    Setting {
        name: "pager",
        kind: Kind::Command,
        about: "What shows output that is longer than the screen; empty is PAGER or less, off is none",
        ..ALWAYS
    },
    Setting {
        name: "progress",
        kind: Kind::Bool,
        default: "true",
        about: "Show on a terminal how far calls, jobs and long lists are",
        ..ALWAYS
    },
    Setting {
        name: "history_file",
        kind: Kind::Path,
        about: "Where the prompt keeps its history; empty is a file for each profile in the state directory",
        ..ALWAYS
    },
    Setting {
        name: "log_file",
        kind: Kind::Path,
        about: "Where calls are logged; empty is in the state directory",
        ..ALWAYS
    },
];

/// Gives the bytes that a size such as `500M` names.
pub fn bytes(size: &str) -> Option<u64> {
    let size = size.to_ascii_uppercase();
    let size = size
        .strip_suffix("IB")
        .or(size.strip_suffix('B'))
        .unwrap_or(&size);
    let unit = UNITS
        .iter()
        .find_map(|(letter, shift)| Some((size.strip_suffix(*letter)?, *shift)));
    let (number, shift) = unit.unwrap_or((size, 0));
    let plain = number.bytes().all(|digit| digit.is_ascii_digit());
    let number = number.parse::<u64>().ok().filter(|_| plain)?;
    number.checked_mul(1 << shift)
}

/// Gives the shortest size that is exactly this many bytes.
pub fn size(bytes: u64) -> String {
    let unit = UNITS
        .iter()
        .find(|(_, shift)| bytes > 0 && bytes.is_multiple_of(1 << shift));
    match unit {
        Some((letter, shift)) => format!("{}{letter}", bytes >> shift),
        None => bytes.to_string(),
    }
}

/// Finds a setting by its name in any case.
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS
        .iter()
        .find(|setting| setting.name.eq_ignore_ascii_case(name))
}

/// Gives the settings whose names are like the one given, the likest first.
pub fn nearest(name: &str) -> Vec<&'static str> {
    closest(
        &name.to_ascii_lowercase(),
        SETTINGS.iter().map(|setting| setting.name),
    )
}

/// Gives the words that `word` may be a slip of, the likest first.
pub(super) fn closest<'a>(word: &str, words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> = words
        .filter(|candidate| !candidate.is_empty())
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= allowed || (word.len() > 2 && candidate.starts_with(word))
        })
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().map(|(_, candidate)| candidate).collect()
}

impl Setting {
    /// Gives the canonical spelling of a value, or an error that says what was given and what is allowed.
    /// A secret is never part of the error.
    pub fn check(&self, value: &str) -> Result<String> {
        let value = match self.name {
            "prompt" | "password" => value,
            _ => value.trim(),
        };
        if value.chars().any(char::is_control) {
            return Err(self.refuse(&value.escape_debug().to_string(), "text on one line"));
        }
        match self.kind {
            Kind::Bool => match value.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Ok("true".into()),
                "false" | "no" | "off" | "0" => Ok("false".into()),
                _ => Err(self.refuse(value, "true or false")),
            },
            Kind::Seconds => self.seconds(value),
            Kind::Limit => self.limit(value),
            Kind::Size => match bytes(value) {
                Some(bytes) if (1..=LARGEST).contains(&bytes) => Ok(size(bytes)),
                _ => Err(self.refuse(value, "a number of bytes from 1 to 1T, as in 500M")),
            },
            Kind::Count(most) => match value.parse::<u64>() {
                Ok(count) if count <= most => Ok(count.to_string()),
                _ => Err(self.refuse(value, &format!("a number from 0 to {most}"))),
            },
            Kind::Port => match value.parse::<u16>() {
                Ok(port) if port > 0 => Ok(port.to_string()),
                _ => Err(self.refuse(value, "a port from 1 to 65535")),
            },
            Kind::Choice(words) => self.choice(value, words),
            Kind::Url => address::check_all(value),
            Kind::Text if derived::source(self.name).is_some() => {
                address::with_part(address::START, self.name, value)
                    .map(|url| address::part(&url, self.name))
            }
            Kind::Text if self.name == "apikey" => self.key(value),
            Kind::Secret if self.name != "password" => self.key(value),
            Kind::Text | Kind::Path | Kind::Command | Kind::Secret => Ok(value.into()),
        }
    }

    fn seconds(&self, value: &str) -> Result<String> {
        // A time limit of 0 would give every job up at once.
        let least = u64::from(self.name == "timeout");
        match value.parse::<u64>() {
            Ok(seconds) if (least..=LONGEST).contains(&seconds) => Ok(seconds.to_string()),
            _ => Err(self.refuse(value, &format!("seconds from {least} to {LONGEST}"))),
        }
    }

    fn limit(&self, value: &str) -> Result<String> {
        let plain = value
            .bytes()
            .all(|letter| letter.is_ascii_digit() || letter == b'.');
        match value.parse::<f64>() {
            Ok(seconds) if plain && seconds >= 0.001 && seconds <= LONGEST as f64 => {
                Ok(seconds.to_string())
            }
            _ => Err(self.refuse(value, &format!("seconds from 0.001 to {LONGEST}"))),
        }
    }

    fn choice(&self, value: &str, words: &[&str]) -> Result<String> {
        let same = |word: &&&str| word.eq_ignore_ascii_case(value);
        if let Some(word) = words.iter().find(same) {
            return Ok(word.to_string());
        }
        let word = value.to_ascii_lowercase();
        let listed: Vec<&str> = words
            .iter()
            .map(|word| if word.is_empty() { "nothing" } else { word })
            .collect();
        let error = self.refuse(value, &listed.join(" or "));
        Err(match closest(&word, words.iter().copied()).first() {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error,
        })
    }

    /// Keys are pasted, and what was pasted with them makes a signature that no cloud takes.
    fn key(&self, value: &str) -> Result<String> {
        if value.contains(char::is_whitespace) {
            return Err(self.refuse(value, "one word without blanks"));
        }
        Ok(value.into())
    }

    fn refuse(&self, value: &str, allowed: &str) -> Error {
        let given = match (self.kind, value) {
            (Kind::Secret, _) => "what was given".into(),
            (_, "") => "nothing".into(),
            _ => format!("\"{value}\""),
        };
        Error::line(format!("{}: {given} is not {allowed}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind as ErrorKind;

    fn check(name: &str, value: &str) -> Result<String> {
        find(name).expect(name).check(value)
    }

    #[test]
    fn every_default_is_a_value_of_its_setting() {
        for setting in SETTINGS {
            assert!(!setting.about.is_empty() && !setting.about.ends_with('.'));
            if setting.kind != Kind::Url {
                assert_eq!(
                    setting.check(setting.default).as_deref(),
                    Ok(setting.default)
                );
            }
            // How the cloud is reached is one thing, and no line changes a part of it but the key typed by hand.
            let apart = setting.connection && setting.line;
            assert!(!apart || setting.name == "apikey", "{}", setting.name);
        }
    }

    #[test]
    fn values_become_canonical() {
        for (name, given, canonical) in [
            ("color", "Yes", "true"),
            ("color", "off", "false"),
            ("timeout", " 060 ", "60"),
            ("expires", "0", "0"),
            ("max_reply", "1024m", "1G"),
            ("max_reply", "1537 ", "1537"),
            ("max_reply", "500MiB", "500M"),
            ("max_reply", "1073741824", "1G"),
            ("idle_timeout", "0.20", "0.2"),
            ("idle_timeout", "60.0", "60"),
            ("port", "08080", "8080"),
            ("output", "JSON", "json"),
            ("signatureversion", "", ""),
            ("host", "::1", "[::1]"),
            ("path", "client/api", "/client/api"),
            ("apikey", " key\n", "key"),
            ("secretkey_command", "pass show cloud ", "pass show cloud"),
            ("prompt", "cloud> ", "cloud> "),
            ("password", " with blanks ", " with blanks "),
            ("domain", "/Sales/Big Ones", "/Sales/Big Ones"),
            ("auth", "Login", "login"),
            ("url", "https://c.example.org", "https://c.example.org/"),
        ] {
            assert_eq!(check(name, given).as_deref(), Ok(canonical), "{name}");
        }
    }

    #[test]
    fn what_is_not_allowed_is_refused_with_what_is() {
        for (name, given, says) in [
            ("color", "maybe", "color: \"maybe\" is not true or false"),
            (
                "timeout",
                "0",
                "timeout: \"0\" is not seconds from 1 to 31536000",
            ),
            (
                "timeout",
                "",
                "timeout: nothing is not seconds from 1 to 31536000",
            ),
            (
                "timeout",
                "-1",
                "timeout: \"-1\" is not seconds from 1 to 31536000",
            ),
            (
                "expires",
                "99999999999999999999",
                "expires: \"99999999999999999999\" is not seconds from 0 to 31536000",
            ),
            (
                "connect_timeout",
                "0",
                "connect_timeout: \"0\" is not seconds from 0.001 to 31536000",
            ),
            (
                "connect_timeout",
                "1e3",
                "connect_timeout: \"1e3\" is not seconds from 0.001 to 31536000",
            ),
            (
                "max_reply",
                "1.5G",
                "max_reply: \"1.5G\" is not a number of bytes from 1 to 1T, as in 500M",
            ),
            (
                "max_reply",
                "0",
                "max_reply: \"0\" is not a number of bytes from 1 to 1T, as in 500M",
            ),
            (
                "max_reply",
                "99999999T",
                "max_reply: \"99999999T\" is not a number of bytes from 1 to 1T, as in 500M",
            ),
            ("port", "0", "port: \"0\" is not a port from 1 to 65535"),
            (
                "port",
                "70000",
                "port: \"70000\" is not a port from 1 to 65535",
            ),
            (
                "output",
                "jsn",
                "output: \"jsn\" is not auto or table or wide or text or column or json or jsonl or csv or yaml or xml or raw or chart",
            ),
            (
                "signatureversion",
                "2",
                "signatureversion: \"2\" is not 3 or nothing",
            ),
            (
                "prompt",
                "a\nb",
                "prompt: \"a\\nb\" is not text on one line",
            ),
            (
                "secretkey",
                "top secret",
                "secretkey: what was given is not one word without blanks",
            ),
        ] {
            let error = check(name, given).expect_err(name);
            assert_eq!(
                (error.kind, error.message.as_str()),
                (ErrorKind::Line, says)
            );
        }
        assert_eq!(
            check("output", "jsn").expect_err("").hints,
            ["did you mean json?"]
        );
    }

    #[test]
    fn names_are_found_in_any_case_and_slips_have_neighbours() {
        assert_eq!(find("ApiKey").map(|setting| setting.name), Some("apikey"));
        assert_eq!(nearest("outptu"), ["output"]);
        assert_eq!(nearest("History"), ["history_file"]);
        assert!(nearest("zzzzzz").is_empty());
    }
}
