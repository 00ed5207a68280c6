//! What a refusal means: an answer that is none in, out comes what was asked, the cloud's own words, what its code means and
//! what there is to do. Refusals come as XML, as a sentence, or as a page of the server that the servlet runs in.

use super::answer::named;
use super::catalog::{action, on_the_wire};
use super::codes;
use crate::cloud::strange::{self, on_one_line};
use crate::cloud::{Reply, Request, http};
use crate::error::{Doubt, Error, Kind, Said};
use crate::record::xml::Element;

/// What old servers say before a code: whose fault it is.
const SIDES: [&str; 2] = ["Client.", "Server."];
/// Codes of a cloud that failed: behind them a call may have been carried out.
const DOUBTFUL: [&str; 4] = [
    "InternalError",
    "InternalFailure",
    "ServiceUnavailable",
    "Unavailable",
];
/// The longest sentence that is shown.
const SENTENCE: usize = 500;

/// The code and the text of an answer that refuses.
pub fn told(root: &Element) -> Option<(String, String)> {
    let error = find(root, "Error")?;
    let text = |name: &str| {
        let mut children = error.children.iter();
        let child = children.find(|child| named(child) == name);
        child.map_or("", |child| &*child.text).trim().to_string()
    };
    let code = text("Code");
    let bare = SIDES.iter().find_map(|side| code.strip_prefix(side));
    let code = bare.map_or(code.clone(), String::from);
    (!code.is_empty()).then(|| (code, text("Message")))
}

fn find<'e, 'a>(element: &'e Element<'a>, name: &str) -> Option<&'e Element<'a>> {
    if named(element) == name {
        return Some(element);
    }
    let outer = ["Response", "ErrorResponse", "Errors"].contains(&named(element));
    let mut children = element.children.iter().filter(|_| outer);
    children.find_map(|child| find(child, name))
}

/// Whether a refusal has one of these codes; the body is not read whole for that.
pub fn has_code(reply: &Reply, codes: &[&str]) -> bool {
    let text = String::from_utf8_lossy(&reply.body[..reply.body.len().min(2000)]);
    let has = |code: &str| text.contains(&format!("<Code>{code}</Code>"));
    codes
        .iter()
        .any(|code| has(code) || SIDES.iter().any(|side| has(&format!("{side}{code}"))))
}

/// The error for a refusal that has a code by name. `reads` tells whether sending again does no harm.
pub fn refusal(request: &Request, reply: &Reply, code: &str, text: &str, reads: bool) -> Error {
    let known = codes::find(code);
    let text = on_one_line(text);
    let reason = if text.is_empty() {
        "no reason given"
    } else {
        &text
    };
    let meaning = known
        .as_ref()
        .map_or(String::new(), |code| format!(": {}", code.meaning));
    let what = on_the_wire(&request.api);
    let code = on_one_line(code);
    let (kind, came) = match reply.status >= 500 && DOUBTFUL.contains(&&*code) && !reads {
        true => (Kind::Unknown, "came to no end"),
        false => (Kind::Refused, "was refused"),
    };
    let mut error =
        Error::new(kind, format!("{what} {came}: {reason} ({code}{meaning})")).of(&request.api);
    error = error.hint(
        known.map_or("-h after the command shows what it takes", |code| {
            code.advice
        }),
    );
    error.code = Some(u32::from(reply.status));
    error.said = Some(Box::new(Said {
        doubt: doubt(request, &code),
        text,
        name: code,
        ..Said::default()
    }));
    error
}

/// What the cloud does not do may be a slip in the name.
fn doubt(request: &Request, code: &str) -> Option<Doubt> {
    let unknown = ["InvalidAction", "UnknownAction", "Unsupported"].contains(&code);
    (unknown && action(&request.api).is_none()).then_some(Doubt::Command)
}

/// The error for an answer that is no XML of the API's: a sentence or a page. `reads` tells whether sending again does no
/// harm.
pub fn other(request: &Request, reply: &Reply, why: &str, reads: bool) -> Error {
    let status = u32::from(reply.status);
    let own = codes::of_status(status);
    let page = strange::looks_like_html(&reply.body);
    let text = match page {
        true => heading(&String::from_utf8_lossy(&reply.body)),
        false => sentence(&reply.body),
    };
    if let (Some(code), Some(text)) = (own, text) {
        let what = on_the_wire(&request.api);
        let mut error = Error::new(
            Kind::Refused,
            format!(
                "{what} was refused: {text} ({status} {}: {})",
                code.name, code.meaning
            ),
        )
        .of(&request.api)
        .hint(code.advice);
        error.code = Some(status);
        error.said = Some(Box::new(Said {
            text,
            name: code.name.into(),
            ..Said::default()
        }));
        return error;
    }
    let kind = match (reply.status, reads) {
        // Whatever stands before the API let nothing through; anything else may have been done.
        (400..=407 | 409..=499 | 530..=559, _) => Kind::Refused,
        (_, true) => Kind::Unreachable,
        (_, false) => Kind::Unknown,
    };
    let mut error = strange::error(kind, request, reply, why, http::find(status).or(own));
    if action(&request.api).is_none() {
        error.said = Some(Box::new(Said {
            doubt: Some(Doubt::Command),
            ..Said::default()
        }));
    }
    error
}

/// Whether a refusal is about who calls. The servlet has a status of its own for keys that it was not told, and one for
/// signatures that do not fit.
pub fn blames_caller(error: &Error) -> bool {
    const NAMES: [&str; 5] = [
        "AuthFailure",
        "InvalidClientTokenId",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UserDisabled",
    ];
    let named = error.said.as_ref().map(|said| said.name.as_str());
    matches!(error.code, Some(401 | 403 | 404)) || named.is_some_and(|name| NAMES.contains(&name))
}

/// What a page says that Tomcat makes of a refusal, without the status.
fn heading(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<h1>")? + "<h1>".len();
    let end = start + lower.get(start..)?.find("</h1>")?;
    let heading = page.get(start..end)?;
    let (status, text) = heading.split_once(['-', '–']).unwrap_or((heading, ""));
    // Pages of other servers have other headings.
    let own = status.contains("HTTP Status");
    let text = if text.trim().is_empty() { status } else { text };
    let text = on_one_line(&entities(text));
    (own && text.len() <= SENTENCE).then_some(text)
}

/// The letters that a page writes otherwise.
fn entities(text: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    pairs
        .iter()
        .fold(text.to_string(), |text, (from, to)| text.replace(from, to))
}

/// The text of a body that is a sentence for people.
pub fn sentence(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let strange = text.is_empty() || text.len() > SENTENCE || text.starts_with(['<', '{', '[']);
    (!strange).then(|| on_one_line(text))
}

/// Whether an error says that there is no thing of that id.
pub fn is_absence(error: &Error) -> bool {
    let said = error.said.as_ref();
    said.is_some_and(|said| {
        said.name.ends_with(".NotFound") || said.name == "InvalidAMIID.Unavailable"
    })
}
