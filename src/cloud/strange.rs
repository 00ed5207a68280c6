//! A body that is no answer of the API in, what a person can recognise it by out: the page of a proxy, a login, a broken answer.

use super::{Code, Reply, Request};
use crate::error::{Error, Kind};

/// The error for a body that was not understood, with what is known of its status.
pub fn error(
    kind: Kind,
    request: &Request,
    reply: &Reply,
    why: &str,
    known: Option<&Code>,
) -> Error {
    let status = u32::from(reply.status);
    let name = known.map_or("", |code| code.name);
    let media = if reply.content_type.is_empty() {
        "no content type"
    } else {
        &reply.content_type
    };
    let message = format!(
        "{}: the answer ({}, {media}, {} bytes) was not understood: {why}{}",
        request.api,
        format!("HTTP {status} {name}").trim_end(),
        reply.body.len(),
        excerpt(&reply.body),
    );
    let mut error = Error::new(kind, message).of(&request.api);
    error = error.hint(known.map_or(
        "check the url (`set url`): is this the API's address, and is no proxy or login page in between?",
        |code| code.advice,
    ));
    error.code = Some(status);
    if kind == Kind::Unknown {
        error = error.hint("the call may have been carried out: look before you send it again");
    }
    error
}

/// Whether a body is a web page.
pub fn looks_like_html(body: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&body[..body.len().min(512)]).to_ascii_lowercase();
    head.contains("<html") || head.contains("<!doctype html")
}

/// The beginning of a body that was not understood, or a web page's title, for a person to recognise it by.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4000)]);
    let page = looks_like_html(body).then(|| title(&text)).flatten();
    let shown = match page {
        Some(title) => on_one_line(title),
        // A broken answer may hold the very keys that it was asked for.
        None if text.trim_start().starts_with(['{', '[', '<']) => String::new(),
        None => on_one_line(&text),
    };
    let shown: String = shown.chars().take(120).collect();
    if shown.is_empty() {
        shown
    } else {
        format!(": {shown}")
    }
}

/// What a web page says it is.
pub fn title(page: &str) -> Option<&str> {
    // ASCII letters keep their places in lower case.
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower.get(start..)?.find("</title>")?;
    page.get(start..end).filter(|text| !text.trim().is_empty())
}

/// A text on one line, without letters that do something to a terminal.
pub fn on_one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    line.chars().filter(|letter| !letter.is_control()).collect()
}
