//! Who calls: Signature Version 2 checked as CloudStack's awsapi does it, of keys that were registered before.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Response};
use percent_encoding::percent_encode;
use sha1::Sha1;
use sha2::Sha256;

use super::query::Query;
use super::words::page;
use crate::api::{Caller, configuration};
use crate::auth::BARE;
use crate::manner::desk::{Desk, Heard, text};
use crate::store;

/// How long a call is good after its Timestamp, in seconds.
const GOOD: i64 = 15 * 60;

/// What stands before a registered key among the settings.
const REGISTERED: &str = "awsapi.key.";

/// Why a call goes no further: the status and the words of the server in front.
pub struct Stopped {
    status: u16,
    text: String,
}

impl Stopped {
    fn new(status: u16, text: impl Into<String>) -> Stopped {
        Stopped {
            status,
            text: text.into(),
        }
    }

    /// A page, but for a signature that is wrong.
    pub fn spoken(self) -> Response<Full<Bytes>> {
        match self.status {
            403 => text(403, "text/plain;charset=utf-8", self.text),
            status => page(status, &self.text),
        }
    }
}

/// Registers an account's keys, which must be its own: before that, nothing is answered to them.
pub fn register(query: &Query, desk: &Desk) -> Response<Full<Bytes>> {
    let given = (query.text("accesskey"), query.text("secretkey"));
    let (Some(key), Some(secret)) = given else {
        return page(530, "Missing accesskey or secretkey parameter");
    };
    let known = matches!(desk.owner_of_key(key), Ok(Some((_, own))) if own == secret);
    if !known {
        return page(401, "Invalid accesskey and secretkey");
    }
    let kept = desk.look(|db| store::change_setting(db, &format!("{REGISTERED}{key}"), "set"));
    match kept {
        Ok(()) => text(
            200,
            "text/plain;charset=utf-8",
            "User keys set successfully",
        ),
        Err(why) => text(500, "text/plain;charset=utf-8", why.to_string()),
    }
}

/// Who makes a call, or why it goes no further.
pub fn caller(heard: &Heard, query: &Query, desk: &Desk, version: &str) -> Result<Caller, Stopped> {
    let required = |name: &str| {
        query
            .text(name)
            .ok_or_else(|| Stopped::new(530, format!("Missing {name} parameter")))
    };
    let key = required("AWSAccessKeyId")?;
    let signature = required("Signature")?;
    let method = required("SignatureMethod")?;
    let asked = required("Version")?;
    let signed = required("SignatureVersion")?;
    let (timestamp, expires) = (query.text("Timestamp"), query.text("Expires"));
    if timestamp.is_none() && expires.is_none() {
        return Err(Stopped::new(530, "Missing Timestamp or Expires parameter"));
    }
    let unsupported = |name: &str, value: &str, supported: &str| {
        Stopped::new(
            531,
            format!("Unsupported {name} value: {value}, expecting {supported}"),
        )
    };
    if asked != version {
        return Err(unsupported("Version", asked, version));
    }
    if signed != "2" {
        return Err(unsupported("SignatureVersion", signed, "2"));
    }
    if !matches!(method, "HmacSHA1" | "HmacSHA256") {
        return Err(unsupported(
            "SignatureMethod",
            method,
            "HmacSHA1 or HmacSHA256",
        ));
    }
    let now = desk.look(configuration::cloud_time).unwrap_or(0) / 1000;
    let last = match (expires, timestamp) {
        (Some(expires), _) => moment(expires),
        (None, Some(timestamp)) => moment(timestamp).map(|second| second + GOOD),
        (None, None) => None,
    };
    if last.is_none_or(|last| last < now) {
        return Err(Stopped::new(531, "Request has expired"));
    }
    let registered = desk.look(|db| store::setting(db, &format!("{REGISTERED}{key}")));
    let owner = match registered {
        Ok(Some(_)) => desk.owner_of_key(key).ok().flatten(),
        _ => None,
    };
    let Some((caller, secret)) = owner else {
        return Err(Stopped::new(
            404,
            format!("{key} is not registered, call SetUserKeys"),
        ));
    };
    let string = string_to_sign(heard, query);
    if signature_holds(&string, &secret, method, signature) {
        Ok(caller)
    } else {
        Err(Stopped::new(403, "Access denied"))
    }
}

/// The second that a timestamp means, with or without its zone and parts of a second.
fn moment(text: &str) -> Option<i64> {
    let zoned = text.parse::<jiff::Timestamp>();
    let moment = zoned.or_else(|_| format!("{text}Z").parse());
    moment.ok().map(|moment| moment.as_second())
}

/// The text that a signature is made of: the method, the Host header and the path as they came, and the parameters in the
/// order of their names.
fn string_to_sign(heard: &Heard, query: &Query) -> String {
    let mut pairs: Vec<(String, String)> = if heard.method == Method::POST {
        // A form is put together anew in Java's manner, in which the first of it is left as it is.
        let encoded = |(place, (name, value)): (usize, &(String, String))| {
            let value = match place {
                0 => value.clone(),
                _ => percent_encode(value.as_bytes(), BARE)
                    .to_string()
                    .replace("%20", "+"),
            };
            (name.clone(), value)
        };
        query.pairs.iter().enumerate().map(encoded).collect()
    } else {
        heard
            .query()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    };
    pairs.retain(|(name, _)| name != "Signature");
    pairs.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let path = match heard.uri.path() {
        "" => "/",
        path => path,
    };
    format!(
        "{}\n{}\n{path}\n{}",
        heard.method,
        heard.header("host").to_lowercase(),
        pairs.join("&")
    )
}

fn signature_holds(string: &str, secret: &str, method: &str, signature: &str) -> bool {
    let Ok(given) = STANDARD.decode(signature) else {
        return false;
    };
    match method {
        "HmacSHA1" => Hmac::<Sha1>::new_from_slice(secret.as_bytes())
            .is_ok_and(|mac| mac.chain_update(string).verify_slice(&given).is_ok()),
        _ => Hmac::<Sha256>::new_from_slice(secret.as_bytes())
            .is_ok_and(|mac| mac.chain_update(string).verify_slice(&given).is_ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector_is_signed_as_published() {
        let uri = "/?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Action=DescribeJobFlows&SignatureMethod=HmacSHA256\
                   &SignatureVersion=2&Timestamp=2011-10-03T15%3A19%3A30&Version=2009-03-31&Signature=x";
        let mut headers = hyper::HeaderMap::new();
        headers.insert("host", "ElasticMapReduce.amazonaws.com".parse().unwrap());
        let heard = Heard {
            method: Method::GET,
            uri: uri.parse().unwrap(),
            headers,
            body: Bytes::new(),
        };
        let query = Query::of(&heard).unwrap();
        let string = string_to_sign(&heard, &query);
        assert!(signature_holds(
            &string,
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "HmacSHA256",
            "i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf/Mj6vPxyYIs="
        ));
        assert!(moment("2011-10-03T15:19:30").is_some());
        assert!(moment("2011-10-03T15:19:30.5Z").is_some());
        assert!(moment("yesterday").is_none());
    }
}
