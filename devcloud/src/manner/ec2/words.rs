//! What is said and how: answers and errors in XML, and the pages and texts of the server in front.

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use serde_json::Value;
use uuid::Uuid;

use crate::manner::desk::text;
use crate::wire::Refusal;

const XML: &str = "text/xml;charset=utf-8";
const DECLARED: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
/// The last version whose codes say whose fault it is.
const PREFIXED: &str = "2010-11-15";

/// What an action answers, or what is wrong.
pub type Said = Result<Value, Wrong>;

/// Why a call fails: a code of EC2's and a text.
#[derive(Debug)]
pub struct Wrong {
    code: String,
    text: String,
    /// Whether it is the server's fault and not the caller's.
    server: bool,
}

impl Wrong {
    pub fn client(code: &str, text: impl Into<String>) -> Wrong {
        Wrong {
            code: code.into(),
            text: text.into(),
            server: false,
        }
    }

    pub fn value(name: &str, value: &str) -> Wrong {
        Wrong::client(
            "InvalidParameterValue",
            format!("Value ({value}) for parameter {name} is invalid"),
        )
    }

    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }

    /// The same under another code.
    pub fn called(self, code: &str) -> Wrong {
        Wrong {
            code: code.into(),
            ..self
        }
    }

    pub fn spoken(&self, version: &str) -> Response<Full<Bytes>> {
        let side = match (version == PREFIXED, self.server) {
            (false, _) => "",
            (true, true) => "Server.",
            (true, false) => "Client.",
        };
        let body = format!(
            "{DECLARED}<Response><Errors><Error><Code>{side}{}</Code><Message>{}</Message></Error></Errors>\
             <RequestID>{}</RequestID></Response>",
            self.code,
            escaped(&self.text),
            Uuid::new_v4()
        );
        text(if self.server { 500 } else { 400 }, XML, body)
    }
}

/// CloudStack's refusals in EC2's codes.
impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Wrong {
        let (code, server) = match (refusal.code, refusal.cscode) {
            (401 | 531 | 432, _) => ("AuthFailure", false),
            (430 | 431, _) => ("InvalidParameterValue", false),
            (429, _) => ("RequestLimitExceeded", false),
            // What a thing's state does not allow.
            (530, Some(4250)) => ("IncorrectState", false),
            (533, _) => ("InsufficientInstanceCapacity", true),
            (534, _) => ("Unavailable", true),
            (535, _) => ("InstanceLimitExceeded", false),
            _ => ("InternalError", true),
        };
        Wrong {
            code: code.into(),
            text: refusal.text,
            server,
        }
    }
}

/// The answer of an action.
pub fn answer(action: &str, version: &str, body: &Value) -> Response<Full<Bytes>> {
    let mut xml = format!(
        "{DECLARED}<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/{}/\"><requestId>{}</requestId>",
        escaped(version),
        Uuid::new_v4()
    );
    if let Value::Object(fields) = body {
        fields
            .iter()
            .for_each(|(name, value)| element(&mut xml, name, value));
    }
    xml.push_str(&format!("</{action}Response>"));
    text(200, XML, xml)
}

/// An element; a list's elements are items, and what is null is not there.
fn element(xml: &mut String, name: &str, value: &Value) {
    let mut inner = String::new();
    match value {
        Value::Null => return,
        Value::Array(items) => items
            .iter()
            .for_each(|item| element(&mut inner, "item", item)),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(field, value)| element(&mut inner, field, value)),
        Value::String(text) => inner = escaped(text),
        number => inner = number.to_string(),
    }
    if inner.is_empty() {
        xml.push_str(&format!("<{name}/>"));
    } else {
        xml.push_str(&format!("<{name}>{inner}</{name}>"));
    }
}

/// Which version it is, for whoever asks.
pub fn cloud_version(version: &str) -> Response<Full<Bytes>> {
    let version = escaped(version);
    text(
        200,
        XML,
        format!("{DECLARED}<CloudEC2Version>{version}</CloudEC2Version>"),
    )
}

/// A page of the server in front, which looks at a call before anybody answers it.
pub fn page(status: u16, said: &str) -> Response<Full<Bytes>> {
    let said = escaped(said);
    let html = format!(
        "<html><head><title>Apache Tomcat - Error report</title></head><body><h1>HTTP Status {status} - {said}</h1>\
         <p><b>message</b> <u>{said}</u></p></body></html>"
    );
    text(status, "text/html;charset=utf-8", html)
}

pub fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

/// A moment of CloudStack's as EC2 has it: 2026-11-22T01:16:46.000Z.
pub fn moment(record: &Value, field: &str) -> Value {
    match record[field].as_str() {
        Some(text) => Value::String(text.replace("+0000", ".000Z")),
        None => Value::Null,
    }
}

/// Whose something is: its domain and its account.
pub fn owner(record: &Value) -> String {
    let text = |field: &str| record[field].as_str().unwrap_or_default();
    format!("{}:{}", text("domainid"), text("account"))
}

/// The tags of a thing.
pub fn tags(record: &Value) -> Value {
    let tags = record["tags"].as_array().into_iter().flatten();
    tags.map(|tag| serde_json::json!({"key": tag["key"], "value": tag["value"]}))
        .collect()
}
