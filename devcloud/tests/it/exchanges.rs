//! Recorded exchanges with a real server: what was asked, what it answered, and what of that no two clouds share.

use serde_json::Value;

use crate::support::Answer;

/// A call that a real server was sent, and what it answered.
pub struct Exchange {
    pub name: String,
    pub method: String,
    pub query: String,
    pub form: String,
    pub answer: Answer,
}

fn exchanges(text: &str) -> Vec<Exchange> {
    text.lines()
        .map(|line| {
            let whole: Value = serde_json::from_str(line).unwrap();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
            Exchange {
                name: text(&whole["name"]),
                method: text(&whole["request"]["method"]),
                query: text(&whole["request"]["query"]),
                form: text(&whole["request"]["body"]),
                answer: Answer {
                    status: u16::try_from(whole["status"].as_u64().unwrap()).unwrap(),
                    content_type: text(&whole["content_type"]),
                    description: whole["headers"]["x-description"].as_str().map(String::from),
                    cookies: Vec::new(),
                    retry_after: None,
                    date: None,
                    body: text(&whole["body"]),
                },
            }
        })
        .collect()
}

/// Authentication, errors, paging, formats, sessions.
pub fn calls() -> Vec<Exchange> {
    exchanges(include_str!("../../../tests/recorded/calls.jsonl"))
}

/// What other accounts than the administrator's are answered.
pub fn roles() -> Vec<Exchange> {
    exchanges(include_str!("../../../tests/recorded/roles.jsonl"))
}

pub fn throttle() -> Vec<Exchange> {
    exchanges(include_str!("../../../tests/recorded/throttle.jsonl"))
}

pub fn usage() -> Vec<Exchange> {
    exchanges(include_str!("../../../tests/recorded/usage.jsonl"))
}

/// Lists of everything, in both formats.
pub fn lists() -> Vec<Exchange> {
    exchanges(include_str!("../../../tests/recorded/lists.jsonl"))
}

/// A zone being built.
pub fn seed() -> Vec<Exchange> {
    exchanges(include_str!("../../../tests/recorded/seed.jsonl"))
}

/// A machine with all that goes with it, job by job.
pub fn jobs() -> Vec<Exchange> {
    exchanges(include_str!("../../../tests/recorded/async.jsonl"))
}

impl Exchange {
    pub fn starts(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name.starts_with(name))
    }

    /// The parameters, but for those that prove who calls.
    pub fn params(&self) -> Vec<(String, String)> {
        let text = match self.form.starts_with("command=") {
            true => &self.form,
            false => &self.query,
        };
        text.split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (unescape(name), unescape(value)))
            .filter(|(name, _)| {
                !["apikey", "signature", "sessionkey"].contains(&name.to_lowercase().as_str())
            })
            .collect()
    }

    pub fn param(&self, name: &str) -> String {
        let params = self.params();
        let param = params.iter().find(|(known, _)| known == name);
        param.map_or(String::new(), |(_, value)| value.clone())
    }

    pub fn command(&self) -> String {
        self.param("command")
    }

    /// What is different about the answer that came here.
    pub fn differs(&self, here: &Answer) -> Option<String> {
        let told = |answer: &Answer| {
            format!(
                "{} {} {} {:?}",
                answer.status,
                answer.content_type,
                masked(&answer.body),
                answer.description.as_deref().map(masked)
            )
        };
        let (here, there) = (told(here), told(&self.answer));
        (here != there).then(|| format!("{}: {here}\n   not {there}", self.name))
    }
}

fn unescape(text: &str) -> String {
    percent_encoding::percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

/// A text without the ids and times in it, which no two clouds share.
pub fn masked(text: &str) -> String {
    let mut text = text.to_string();
    for before in ["please retry after ", "\"expireAfter\":", "<expireAfter>"] {
        // Real servers tell the interval in seconds where nothing was counted, which is the same here.
        if let Some((head, tail)) = text.split_once(before)
            && let digits = tail.chars().take_while(char::is_ascii_digit).count()
            && digits > 2
        {
            text = format!("{head}{before}MS{}", &tail[digits..]);
        }
    }
    let text = text.as_str();
    let mut masked = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let uuid = rest
            .get(..36)
            .filter(|uuid| uuid.len() == 36 && uuid::Uuid::parse_str(uuid).is_ok());
        let taken = uuid.map_or(letter.len_utf8(), str::len);
        masked.push_str(uuid.map_or(&rest[..taken], |_| "UUID"));
        rest = &rest[taken..];
    }
    masked
}
