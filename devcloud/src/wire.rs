//! Answers and refusals as trees in, bytes of JSON or XML out, as real servers write them.

use serde_json::{Map, Value, json};

/// What servers of this version say in every XML answer, unless they have another manner.
pub const VERSION: &str = "4.11.1.0";

/// What is said, and how it went.
pub struct Answer {
    pub status: u16,
    pub body: Body,
    /// The text that real servers repeat in a header.
    pub description: Option<String>,
    /// Cookies to be set.
    pub cookies: Vec<String>,
    /// The version that XML gives the server; some that answer in its place have none.
    pub version: Option<&'static str>,
}

/// What an answer says.
pub enum Body {
    /// A tree in its envelope, written as JSON or XML.
    Tree(String, Value),
    /// A text that comes as it is, whatever its content type says.
    Plain(String),
}

/// Why a call is refused: errorcode, cserrorcode (none for 401 and logins) and text.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub code: u16,
    pub cscode: Option<u32>,
    pub text: String,
    /// Whether the text comes bare, where real servers forget its envelope.
    pub plain: bool,
}

impl Refusal {
    pub fn new(code: u16, cscode: u32, text: impl Into<String>) -> Refusal {
        Refusal {
            code,
            cscode: Some(cscode),
            text: text.into(),
            plain: false,
        }
    }

    /// A refusal that has no cserrorcode, and so no header for its text.
    pub fn bare(code: u16, text: impl Into<String>) -> Refusal {
        Refusal {
            code,
            cscode: None,
            text: text.into(),
            plain: false,
        }
    }

    /// A refusal that is a text without an envelope.
    pub fn plain(code: u16, text: impl Into<String>) -> Refusal {
        Refusal {
            plain: true,
            ..Refusal::bare(code, text)
        }
    }

    /// A value that a parameter cannot have, in the words of the one who called.
    pub fn value(text: impl Into<String>) -> Refusal {
        Refusal::new(431, 4350, text)
    }

    /// A parameter that the call itself rejects.
    pub fn param(text: impl Into<String>) -> Refusal {
        Refusal::new(431, 9999, text)
    }

    pub fn unauthorized() -> Refusal {
        Refusal::bare(
            401,
            "unable to verify user credentials and/or request signature",
        )
    }

    /// The fault of this cloud and nobody else's.
    pub fn internal(why: impl std::fmt::Display) -> Refusal {
        Refusal::new(
            530,
            9999,
            format!("the cloud's state could not be used: {why}"),
        )
    }

    pub fn answer(&self, envelope: &str) -> Answer {
        Answer {
            status: self.code,
            body: if self.plain {
                Body::Plain(self.text.clone())
            } else {
                Body::Tree(envelope.into(), self.tree())
            },
            description: self.cscode.map(|_| self.text.clone()),
            cookies: Vec::new(),
            version: Some(VERSION),
        }
    }

    fn tree(&self) -> Value {
        let mut body = Map::new();
        body.insert("uuidList".into(), json!([]));
        body.insert("errorcode".into(), json!(self.code));
        if let Some(code) = self.cscode {
            body.insert("cserrorcode".into(), json!(code));
        }
        body.insert("errortext".into(), json!(self.text));
        Value::Object(body)
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(why: rusqlite::Error) -> Refusal {
        Refusal::internal(why)
    }
}

impl Body {
    pub fn json(self) -> Vec<u8> {
        match self {
            Body::Plain(text) => text.into_bytes(),
            Body::Tree(envelope, body) => json!({ envelope: body }).to_string().into_bytes(),
        }
    }

    pub fn xml(self, version: Option<&str>) -> Vec<u8> {
        let (name, body) = match self {
            Body::Plain(text) => return text.into_bytes(),
            Body::Tree(envelope, body) => (envelope, body),
        };
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        match version {
            Some(version) => {
                text.push_str(&format!("<{name} cloud-stack-version=\"{version}\">"));
            }
            None => text.push_str(&format!("<{name}>")),
        }
        if let Value::Object(fields) = &body {
            // The list of ids that an error has in JSON is not written here.
            for (field, value) in fields.iter().filter(|(field, _)| *field != "uuidList") {
                element(&mut text, field, value);
            }
        }
        text.push_str(&format!("</{name}>"));
        text.into_bytes()
    }
}

fn element(text: &mut String, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| match item {
            Value::Object(fields) => record(text, name, fields),
            item => element(text, name, item),
        }),
        Value::Object(fields) if is_map(name) => {
            let pairs: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{key}={}", plain(value)))
                .collect();
            let map = format!("{{{}}}", pairs.join(", "));
            text.push_str(&format!("<{name}>{}</{name}>", escaped(&map)));
        }
        Value::Object(fields) => record(text, name, fields),
        scalar => text.push_str(&format!("<{name}>{}</{name}>", escaped(&plain(scalar)))),
    }
}

fn record(text: &mut String, name: &str, fields: &Map<String, Value>) {
    text.push_str(&format!("<{name}>"));
    for (field, value) in fields {
        element(text, field, value);
    }
    text.push_str(&format!("</{name}>"));
}

/// Maps are one text in Java's manner.
fn is_map(name: &str) -> bool {
    matches!(
        name,
        "details" | "resourcedetails" | "storagecapabilities" | "params"
    )
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A text for an element, without the characters that no XML has, not even as references.
pub fn escaped(text: &str) -> String {
    let possible = |letter: char| match letter {
        '\t' | '\n' | '\r' => letter,
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        other if other < ' ' => char::REPLACEMENT_CHARACTER,
        other => other,
    };
    let possible: String = text.chars().map(possible).collect();
    quick_xml::escape::escape(&possible).into_owned()
}
