//! What CloudStack's refusals mean: the guide's ApiErrorCode names, and what there is to do about each.

use crate::cloud::{Reply, Request};
use crate::error::{Error, Kind};
use crate::record::Record;

/// The name of an errorcode (the guide's ApiErrorCode, also the HTTP status) and what to do about it.
fn meaning(code: u32) -> Option<(&'static str, &'static str)> {
    Some(match code {
        401 => (
            "unauthorized",
            "check apikey and secretkey (`set`), and that this identity may make the call",
        ),
        405 => (
            "method not allowed",
            "this call is made by POST only; is there a proxy in between?",
        ),
        429 => ("API_LIMIT_EXCEED", "wait a little and try again"),
        430 => (
            "MALFORMED_PARAMETER_ERROR",
            "check the form of the values (-h shows the parameters)",
        ),
        431 => (
            "PARAM_ERROR",
            "check the values and ids given (-h shows the parameters)",
        ),
        432 => (
            "UNSUPPORTED_ACTION_ERROR",
            "this identity or this server may not make the call",
        ),
        530 => (
            "INTERNAL_ERROR",
            "the management server's log tells more; look before you send it again",
        ),
        531 => (
            "ACCOUNT_ERROR",
            "check whose the thing is and what this account may do",
        ),
        532 => (
            "ACCOUNT_RESOURCE_LIMIT_ERROR",
            "free something, or have the account's limit raised",
        ),
        533 => (
            "INSUFFICIENT_CAPACITY_ERROR",
            "try another zone or a smaller offering, or try later",
        ),
        534 => ("RESOURCE_UNAVAILABLE_ERROR", "try again later"),
        535 => (
            "RESOURCE_ALLOCATION_ERROR",
            "free something, or have the limit raised (`list resourcelimits`)",
        ),
        536 => (
            "RESOURCE_IN_USE_ERROR",
            "free the thing from what uses it first",
        ),
        537 => (
            "NETWORK_RULE_CONFLICT_ERROR",
            "look for a rule that is there already",
        ),
        _ => return None,
    })
}

/// The error that a record with errorcode and errortext tells, of a call or of a job.
pub fn refusal(kind: Kind, what: &str, record: &Record, fallback: u32) -> Error {
    let code = record
        .text("errorcode")
        .and_then(|text| text.parse().ok())
        .unwrap_or(fallback);
    let cserrorcode = record
        .text("cserrorcode")
        .and_then(|text| text.parse().ok());
    let text = record.text("errortext").unwrap_or_default();
    let mut error = said(kind, what, code, cserrorcode, &text);
    error.cserrorcode = cserrorcode;
    error
}

/// The error for a code and the server's text.
pub fn said(kind: Kind, what: &str, code: u32, cserrorcode: Option<u32>, text: &str) -> Error {
    let named = meaning(code);
    let mut codes = code.to_string();
    if let Some((name, _)) = named {
        codes.push(' ');
        codes.push_str(name);
    }
    // 9999 is every server's word for an exception without a number of its own.
    if let Some(number) = cserrorcode.filter(|number| *number != 9999) {
        codes.push_str(&format!(", cserrorcode {number}"));
    }
    let text = text.trim();
    let said = if text.is_empty() {
        "no reason given"
    } else {
        text
    };
    let verb = match kind {
        Kind::JobFailed => "failed",
        _ => "was refused",
    };
    let mut error = Error::new(kind, format!("{what} {verb}: {said} ({codes})"));
    error.code = Some(code);
    error.hint(named.map_or("-h after the command shows what it takes", |(_, hint)| hint))
}

/// The error for a file that the cloud has not taken, in the cloud's words.
pub fn upload_failed(what: &str, why: &str) -> Error {
    Error::new(Kind::JobFailed, format!("{what}: the upload failed: {why}"))
}

/// The error for a body that is no answer of this API. `reads` tells whether sending again does no harm.
pub fn not_understood(request: &Request, reply: &Reply, why: &str, reads: bool) -> Error {
    let media = if reply.content_type.is_empty() {
        "no content type"
    } else {
        &reply.content_type
    };
    let message = format!(
        "{}: the answer (HTTP {}, {media}, {} bytes) was not understood: {why}{}",
        request.api,
        reply.status,
        reply.body.len(),
        excerpt(&reply.body),
    );
    // A refusal by whatever stands before the API changed nothing; anything else may have.
    let refused = matches!(reply.status, 400..=407 | 409..=499 | 530..=559);
    let kind = match (refused, reads) {
        (true, _) => Kind::Refused,
        (false, true) => Kind::Unreachable,
        (false, false) => Kind::Unknown,
    };
    let mut error = Error::new(kind, message)
        .hint("check the url (`set url`): is this the API's address, and is no proxy or login page in between?");
    error.code = Some(u32::from(reply.status));
    if kind == Kind::Unknown {
        error = error.hint("the call may have been carried out: look before you send it again");
    }
    error
}

/// The beginning of a body that was not understood, on one line, for a person to recognise it by.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(400)]);
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String = words
        .join(" ")
        .chars()
        .filter(|letter| !letter.is_control())
        .take(120)
        .collect();
    if line.is_empty() {
        String::new()
    } else {
        format!(": {line}")
    }
}
