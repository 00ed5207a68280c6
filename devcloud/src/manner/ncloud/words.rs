//! What is said and how: answers in their envelopes, the gateway's errors and the services', as XML or JSON.

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::catalogue::{Action, Field, Holds, fields};
use crate::manner::desk::text;
use crate::wire::{Refusal, escaped};

/// The two forms of answers.
#[derive(Clone, Copy, PartialEq)]
pub enum Form {
    Xml,
    Json,
}

/// What an action answers.
pub enum Reply {
    /// Records of its list, and how many there are besides those on this page.
    List(Vec<Value>, usize),
    /// Fields without a list.
    Fields(Value),
}

/// Why a call fails.
#[derive(Debug)]
pub enum Fault {
    /// The gateway in front refuses it.
    Gateway {
        status: u16,
        code: &'static str,
        message: &'static str,
        details: String,
    },
    /// The service refuses it.
    Service { code: &'static str, message: String },
}

/// A wrong parameter, or no right to what it names.
pub const PARAMETER: &str = "800";
/// Whatever has no code of its own here.
pub const OTHER: &str = "1300";

impl Fault {
    pub fn gateway(
        status: u16,
        code: &'static str,
        message: &'static str,
        details: impl Into<String>,
    ) -> Fault {
        Fault::Gateway {
            status,
            code,
            message,
            details: details.into(),
        }
    }

    pub fn service(code: &'static str, message: impl Into<String>) -> Fault {
        Fault::Service {
            code,
            message: message.into(),
        }
    }

    /// A parameter that cannot be right.
    pub fn parameter(message: impl Into<String>) -> Fault {
        Fault::service(PARAMETER, message)
    }

    pub fn spoken(&self, form: Form) -> Response<Full<Bytes>> {
        match self {
            // The gateway stands before the services and knows nothing of their forms.
            Fault::Gateway {
                status,
                code,
                message,
                details,
            } => {
                let error = json!({"errorCode": code, "message": message, "details": details});
                text(*status, JSON, json!({ "error": error }).to_string())
            }
            Fault::Service { code, message } => {
                let body = json!({"returnCode": code, "returnMessage": message});
                written(400, "responseError", &body, form)
            }
        }
    }
}

/// Refusals of the APIs behind the actions.
impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        let text = refusal.text;
        match refusal.code {
            401 => Fault::gateway(401, "200", "Authentication Failed", text),
            531 | 432 => Fault::gateway(401, "210", "Permission Denied", text),
            429 => Fault::gateway(429, "410", "Throttle Limited", text),
            503 | 534 => Fault::gateway(503, "500", "Endpoint Error", text),
            530 if text.starts_with("the cloud's state") => {
                Fault::gateway(500, "900", "Unexpected Error", text)
            }
            430 | 431 => Fault::parameter(text),
            _ => Fault::service(OTHER, text),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(why: rusqlite::Error) -> Fault {
        Refusal::internal(why).into()
    }
}

const JSON: &str = "application/json;charset=utf-8";
const XML: &str = "application/xml;charset=utf-8";

/// An answer in the envelope of its action.
pub fn answer(action: &Action, reply: Reply, form: Form) -> Response<Full<Bytes>> {
    let mut body = Map::new();
    body.insert("requestId".into(), json!(Uuid::new_v4().to_string()));
    body.insert("returnCode".into(), json!("0"));
    body.insert("returnMessage".into(), json!("success"));
    match (reply, action.list) {
        (Reply::List(rows, total), Some((list, item))) => {
            body.insert("totalRows".into(), json!(total));
            let rows = rows.iter().map(|row| whole(row, item)).collect();
            body.insert(list.into(), Value::Array(rows));
        }
        (Reply::Fields(Value::Object(fields)), _) => body.extend(fields),
        (_, _) => {}
    }
    let envelope = format!("{}Response", action.name);
    written(200, &envelope, &Value::Object(body), form)
}

/// A record with all its fields in their order, empty ones too.
fn whole(row: &Value, record: &str) -> Value {
    let known = fields(record);
    known
        .iter()
        .map(|field| (field.name.to_string(), value(&row[field.name], field)))
        .collect::<Map<String, Value>>()
        .into()
}

fn value(given: &Value, field: &Field) -> Value {
    match (given, field.holds) {
        (Value::Array(items), Holds::Record(record)) => {
            items.iter().map(|item| whole(item, record)).collect()
        }
        (Value::Null, _) if field.list => json!([]),
        (Value::Null, Holds::Text) => json!(""),
        (Value::Null, Holds::Record(_)) => json!({}),
        (Value::Null, _) => Value::Null,
        (given, Holds::Record(record)) => whole(given, record),
        (given, _) => given.clone(),
    }
}

fn written(status: u16, envelope: &str, body: &Value, form: Form) -> Response<Full<Bytes>> {
    match form {
        Form::Json => text(status, JSON, json!({ envelope: body }).to_string()),
        Form::Xml => {
            let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
            element(&mut out, envelope, body);
            text(status, XML, out)
        }
    }
}

/// An element; each item of a list stands in one that is called as the list is, without its `List`.
fn element(out: &mut String, name: &str, value: &Value) {
    out.push_str(&format!("<{name}>"));
    match value {
        Value::Null => {}
        Value::Array(items) => {
            let item = name.strip_suffix("List").unwrap_or(name);
            items.iter().for_each(|value| element(out, item, value));
        }
        Value::Object(fields) => {
            for (field, value) in fields {
                element(out, field, value);
            }
        }
        Value::String(text) => out.push_str(&escaped(text)),
        other => out.push_str(&other.to_string()),
    }
    out.push_str(&format!("</{name}>"));
}

/// A code with its name.
pub fn code(code: &str, name: &str) -> Value {
    json!({"code": code, "codeName": name})
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::find;
    use super::*;

    fn body(reply: Reply, form: Form) -> (u16, String) {
        use http_body_util::BodyExt;
        let action = find("vserver", "getLoginKeyList").unwrap();
        let response = answer(action, reply, form);
        let status = response.status().as_u16();
        let mut body = response.into_body();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let frame = runtime.block_on(body.frame()).unwrap().unwrap();
        let bytes = frame.into_data().unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_record_has_all_its_fields_in_order_and_empty_ones_stay() {
        let row = json!({"publicKey": "<&\u{1}", "keyName": "k"});
        let (status, xml) = body(Reply::List(vec![row.clone()], 7), Form::Xml);
        assert_eq!(status, 200);
        assert!(
            xml.ends_with(
                "<totalRows>7</totalRows><loginKeyList><loginKey><keyName>k</keyName><fingerprint></fingerprint>\
                 <publicKey>&lt;&amp;\u{fffd}</publicKey><createDate></createDate></loginKey></loginKeyList>\
                 </getLoginKeyListResponse>"
            ),
            "{xml}"
        );
        let (_, json) = body(Reply::List(vec![row], 7), Form::Json);
        let json: Value = serde_json::from_str(&json).unwrap();
        let list = &json["getLoginKeyListResponse"]["loginKeyList"];
        assert_eq!(list[0]["createDate"], "");
    }
}
