//! Texts that variables gave out from under a secret's name: struck wherever a call, a line or an error is written down,
//! whatever name they have there.

use std::sync::{Arc, PoisonError, RwLock};

use percent_encoding::percent_decode_str;

use super::secrets::{STRUCK, is_secret};
use super::shown;
use crate::error::Error;
use crate::record::Value;

/// Shorter ones are struck only where they are the whole value: in other texts they would be found by chance.
const SHORTEST: usize = 6;

/// The texts, shared by all that write.
#[derive(Clone, Debug, Default)]
pub struct Hidden(Arc<RwLock<Vec<String>>>);

impl Hidden {
    pub fn learn(&self, text: &str) {
        let mut texts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Errors show no more than its beginning.
        let cut = shown(text);
        for text in [text, cut.trim_end_matches('…')] {
            if !text.is_empty() && !texts.iter().any(|known| known == text) {
                texts.push(text.to_string());
                texts.sort_by_key(|known| std::cmp::Reverse(known.len()));
            }
        }
    }

    /// Learns what an answer has in fields with a secret's name. Short ones stay: they would be struck by chance elsewhere.
    pub fn learn_fields(&self, value: &Value) {
        match value {
            Value::Record(record) => {
                for (name, value) in &record.fields {
                    match is_secret_field(name) {
                        true => self.learn_lines(value),
                        false => self.learn_fields(value),
                    }
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.learn_fields(item)),
            _ => {}
        }
    }

    /// Line by line, as some forms print what has several.
    fn learn_lines(&self, value: &Value) {
        match value {
            Value::Record(record) => {
                let values = record.fields.iter();
                values.for_each(|(_, value)| self.learn_lines(value));
            }
            Value::List(items) => items.iter().for_each(|item| self.learn_lines(item)),
            Value::String(text) => {
                let lines = text.lines().filter(|line| line.len() >= SHORTEST);
                lines.for_each(|line| self.learn(line));
            }
            _ => {}
        }
    }

    /// The text without them.
    pub fn strike(&self, text: &str) -> String {
        let texts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if texts.iter().any(|known| known == text) {
            return STRUCK.to_string();
        }
        let long = texts.iter().filter(|known| known.len() >= SHORTEST);
        let struck = long.fold(text.to_string(), |text, known| {
            match text.contains(known.as_str()) {
                true => text.replace(known, STRUCK),
                false => text,
            }
        });
        cut_short(struck, &texts)
    }

    /// An address without them, however they are written in its query.
    pub fn strike_query(&self, url: &str) -> String {
        let Some((address, query)) = url.split_once('?') else {
            return url.to_string();
        };
        let members = query.split('&').map(|member| {
            let Some((name, value)) = member.split_once('=') else {
                return member.to_string();
            };
            let plain = percent_decode_str(value).decode_utf8_lossy();
            match self.strike(&plain) {
                struck if struck == plain => member.to_string(),
                _ => format!("{name}={STRUCK}"),
            }
        });
        format!("{address}?{}", members.collect::<Vec<_>>().join("&"))
    }

    /// The error without them.
    pub fn strike_error(&self, mut error: Error) -> Error {
        error.message = self.strike(&error.message);
        for hint in &mut error.hints {
            *hint = self.strike(hint);
        }
        if let Some(said) = &mut error.said {
            said.text = self.strike(&said.text);
        }
        error
    }
}

/// Whether a field of an answer is a secret, and not what is said of one: `passwordenabled`, `userdataid`.
fn is_secret_field(name: &str) -> bool {
    const SAID: [&str; 5] = ["enabled", "id", "name", "policy", "details"];
    let name = name.to_ascii_lowercase();
    is_secret(&name) && !SAID.iter().any(|end| name.ends_with(end))
}

/// The text without the beginnings of those that were cut off with a `…`.
fn cut_short(mut text: String, texts: &[String]) -> String {
    let ends: Vec<usize> = text.match_indices('…').map(|(at, _)| at).collect();
    for end in ends.into_iter().rev() {
        let beginnings = texts.iter().filter_map(|known| {
            let lengths = known.char_indices().map(|(length, _)| length);
            lengths
                .rev()
                .take_while(|length| *length >= SHORTEST)
                .find(|length| text[..end].ends_with(&known[..*length]))
        });
        if let Some(length) = beginnings.max() {
            text.replace_range(end - length..end, STRUCK);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_what_its_secrets_are() {
        let answer = r#"{"user":[{"id":"ann-ann","secretkey":"hush hush","passwordenabled":"trueish","userdataid":"7777777"},
            {"privatekey":"-----BEGIN\nabcdefgh\n","password":"x","details":{"token":["tttttt"]}}]}"#;
        let hidden = Hidden::default();
        hidden.learn_fields(&crate::record::json::read(answer.as_bytes()).unwrap());
        for (text, expected) in [
            ("secretkey = hush hush", "secretkey = ********"),
            ("-----BEGIN\\nabcdefgh\\n", "********\\n********\\n"),
            ("[tttttt]", "[********]"),
            ("ann-ann trueish 7777777 x", "ann-ann trueish 7777777 x"),
            ("x", "x"),
        ] {
            assert_eq!(hidden.strike(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_known_is_struck_in_every_writing() {
        let hidden = Hidden::default();
        for text in ["hush hush/+", "abc", &"x".repeat(80), ""] {
            hidden.learn(text);
        }
        let many = "x".repeat(80);
        for (text, expected) in [
            ("name=hush hush/+.", "name=********."),
            ("abc", "********"),
            ("abcd", "abcd"),
            ("", ""),
            (many.as_str(), "********"),
            (&shown(&many), "********…"),
            ("no-hush hu…, hush…", "no-********…, hush…"),
        ] {
            assert_eq!(hidden.strike(text), expected, "{text}");
        }
        assert_eq!(
            hidden.strike_query("http://c/api?a=b&name=x-hush%20hush%2F%2B&c"),
            "http://c/api?a=b&name=********&c"
        );
        let error = Error::line("no hush hush/+").hint("hush hush/+ is wrong");
        let error = hidden.strike_error(error);
        assert_eq!(
            (error.message.as_str(), error.hints[0].as_str()),
            ("no ********", "******** is wrong")
        );
    }
}
