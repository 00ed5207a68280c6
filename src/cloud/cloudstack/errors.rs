//! What CloudStack's refusals mean: an answer that is none in, out comes what was asked, the server's text, the codes' names and
//! meaning, and what there is to do about it.

use super::{codes, throttle};
use crate::cloud::strange::{self, on_one_line};
use crate::cloud::{Code, Reply, Request, http};
use crate::error::{Doubt, Error, Kind, Said};
use crate::record::Record;

/// The number that every server gives an exception without a number of its own.
const UNNUMBERED: u32 = 9999;

/// What the server's words give away, in lower case, and what to do about it; these know more than the code does.
const TELLING: &[(&str, &str)] = &[
    (
        "missing parameter",
        "give the parameter that it names (-h after the command shows which are required)",
    ),
    (
        "unable to parse date",
        "dates are 2026-11-22, '2026-11-22 13:45:00' or 2026-11-22T13:45:00+0000",
    ),
    (
        "entity does not exist",
        "look the id up with the list command of its kind: it may be gone, mistyped, or another account's",
    ),
    (
        "max allowed page size",
        "ask for smaller pages, or leave page and pagesize out for the whole list",
    ),
    (
        "parameter when pagesize is -1",
        "leave page and pagesize out for the whole list",
    ),
    (
        "parameter is required when",
        "page and pagesize go together; leave both out for the whole list",
    ),
    (
        "non-printable characters",
        "take the control characters out of the value that it names",
    ),
    ("max allowed length", "shorten the value that it names"),
    (
        "no enum constant",
        "the value is none of the words that the parameter takes (-h after the command tells more)",
    ),
    (
        "api.throttling.enabled",
        "this cloud does not limit calls, so it has no limit to tell of",
    ),
    (
        "permission to operate with",
        "it is another account's: use that account's key, or an administrator's",
    ),
    (
        "use http post",
        "give the password too: with it the call goes by POST",
    ),
    (
        "not allowed to create/update custom id",
        "customid is for root administrators; leave it out",
    ),
    (
        "can't create/update with custom id",
        "something has that id already: look at it before you make another",
    ),
    (
        "no command specified",
        "name the command, as in `list zones` or `command=listZones`",
    ),
];

/// What an answer says of a refusal, whichever way it says it.
#[derive(Clone, Debug, Default)]
pub struct Refusal {
    pub code: u32,
    pub cserrorcode: Option<u32>,
    pub text: String,
    /// Whether it is answered under the name of no command.
    pub nameless: bool,
}

impl Refusal {
    /// What a record with errorcode and errortext tells, of a call or of a job; `fallback` is its code if it has none.
    pub fn read(record: &Record, fallback: u32) -> Refusal {
        let number = |name: &str| record.text(name).and_then(|text| text.parse().ok());
        Refusal {
            code: number("errorcode").unwrap_or(fallback),
            cserrorcode: number("cserrorcode"),
            text: record.text("errortext").unwrap_or_default(),
            nameless: false,
        }
    }

    /// The error for what it says of `api`; `what` is what was asked for.
    pub fn error(&self, kind: Kind, api: &str, what: &str) -> Error {
        let text = self.text.trim();
        let code = self.named();
        let exception = self
            .cserrorcode
            .filter(|number| *number != UNNUMBERED)
            .map(|number| (number, codes::find(number).map_or("", |code| code.name)));
        let mut codes = self.code.to_string();
        if let Some(code) = &code {
            let space = if code.name.is_empty() { "" } else { " " };
            codes.push_str(&format!("{space}{}: {}", code.name, code.meaning));
        }
        if let Some((number, name)) = exception {
            codes.push_str(format!("; cserrorcode {number} {name}").trim_end());
        }
        let verb = match kind {
            Kind::JobFailed => "failed",
            _ => "was refused",
        };
        let reason = if text.is_empty() {
            "no reason given"
        } else {
            text
        };
        let mut error = Error::new(kind, format!("{what} {verb}: {reason} ({codes})")).of(api);
        error.hints = self.hints(api, code.as_ref());
        error.code = Some(self.code);
        error.cserrorcode = self.cserrorcode;
        error.said = Some(Box::new(Said {
            text: text.into(),
            name: code.map_or("", |code| code.name).into(),
            exception: exception.map_or("", |(_, name)| name).into(),
            doubt: self.doubt(),
        }));
        error
    }

    fn named(&self) -> Option<Code> {
        codes::find(self.code).or_else(|| http::find(self.code).cloned())
    }

    /// What to do: by the text if it gives something away, else by the exception's number, else by the code.
    fn hints(&self, api: &str, code: Option<&Code>) -> Vec<String> {
        let text = self.text.to_lowercase();
        if api.eq_ignore_ascii_case("login") && self.code == 531 {
            return vec!["check the user name, the password and the domain".into()];
        }
        if let Some(wait) = throttle::milliseconds(&text) {
            let seconds = wait.as_millis().div_ceil(1000);
            return vec![format!("wait {seconds} s and try again")];
        }
        if let Some((_, hint)) = TELLING.iter().find(|(part, _)| text.contains(part)) {
            return vec![(*hint).into()];
        }
        let mut hints: Vec<String> = code.iter().map(|code| code.advice.into()).collect();
        let exception = self.cserrorcode.filter(|number| *number != UNNUMBERED);
        if let Some(exception) = exception.and_then(codes::find)
            && !hints.iter().any(|hint| hint == exception.advice)
        {
            hints.insert(0, exception.advice.into());
        }
        if hints.is_empty() {
            hints.push("-h after the command shows what it takes".into());
        }
        hints
    }

    fn doubt(&self) -> Option<Doubt> {
        let text = self.text.to_lowercase();
        match self.code {
            401 if self.nameless => Some(Doubt::Command),
            401 => Some(Doubt::Caller),
            403 => Some(Doubt::Command),
            // The same code says of a command that is there why it makes no sense here.
            432 if text.contains("only available when") => None,
            432 => Some(Doubt::Command),
            _ => None,
        }
    }
}

/// The error for a file that the cloud has not taken, in the cloud's words.
pub fn upload_failed(what: &str, why: &str) -> Error {
    Error::new(Kind::JobFailed, format!("{what}: the upload failed: {why}"))
}

/// The error for a body that is no answer of this API. `reads` tells whether sending again does no harm.
pub fn not_understood(request: &Request, reply: &Reply, why: &str, reads: bool) -> Error {
    let status = u32::from(reply.status);
    // A refusal by whatever stands before the API changed nothing; anything else may have.
    // A sentence in another media type than the API's may be from what stands before it, put there after the call went
    // through.
    let sentence = plain(&reply.body);
    let api_says = reads
        || sentence
            .as_ref()
            .is_some_and(|text| text.is_empty() || media_of_the_api(&reply.content_type));
    let refused = match reply.status {
        400..=407 | 409..=499 => true,
        530..=559 => api_says,
        _ => false,
    };
    let kind = match (refused, reads) {
        (true, _) => Kind::Refused,
        (false, true) => Kind::Unreachable,
        (false, false) => Kind::Unknown,
    };
    let own = codes::find(status).filter(|_| refused);
    if let (Some(_), Some(text)) = (&own, sentence) {
        let refusal = Refusal {
            code: status,
            text,
            ..Refusal::default()
        };
        return refusal.error(kind, &request.api, &request.api);
    }
    let known = http::find(status).cloned().or(own);
    strange::error(kind, request, reply, why, known.as_ref())
}

/// Whether the content type is one that the API answers in.
fn media_of_the_api(content_type: &str) -> bool {
    let media = content_type.to_ascii_lowercase();
    ["json", "javascript", "xml"]
        .iter()
        .any(|kind| media.contains(kind) && !media.contains("xhtml"))
}

/// The text of a body that is a sentence for people, which servers send for some refusals whatever the content type says;
/// nothing for `null`.
fn plain(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    match text {
        "null" => Some(String::new()),
        _ if text.is_empty() || text.len() > 500 || text.starts_with(['<', '{', '[', '"']) => None,
        _ => Some(on_one_line(text)),
    }
}
