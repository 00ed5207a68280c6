//! What Naver Cloud's refusals mean: the two envelopes, the gateway's and the services', in; the error with what its code
//! means and what to do about it out. The codes are in codes.txt.

use crate::cloud::{Code, Reply, Request};
use crate::cloud::{http, strange};
use crate::error::{Error, Kind, Said};
use crate::record::Record;

const TABLE: &str = include_str!("codes.txt");

/// Codes that say that something is being changed just now: nothing was done, and the same call works a moment later.
const BUSY: [u32; 7] = [
    1003016, 1007009, 1011002, 1012005, 1200004, 1250000, 1250700,
];

/// Codes of the gateway behind which a call may have been carried out.
const DOUBTFUL: [u32; 3] = [500, 510, 900];

/// Who refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    Gateway,
    Service,
}

/// What an answer says of a refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub speaker: Speaker,
    /// Nothing where the code is no number.
    pub code: Option<u32>,
    pub text: String,
}

/// Every code there is, each member by its number.
pub fn codes() -> Vec<Code> {
    TABLE.lines().filter_map(row).collect()
}

fn row(line: &'static str) -> Option<Code> {
    let mut columns = line.split(" | ");
    let number = columns.next()?.parse().ok()?;
    let (member, name) = (columns.next()?, columns.next()?);
    Some(Code {
        number,
        name: if name == "-" { "" } else { name },
        member,
        meaning: columns.next()?,
        advice: columns.next()?,
    })
}

impl Refusal {
    /// What a body says, where its envelope is one of a refusal.
    pub fn read(envelope: &str, fields: &Record) -> Option<Refusal> {
        let (speaker, [code, text]) = match envelope {
            "error" => (Speaker::Gateway, ["errorCode", "message"]),
            "responseError" => (Speaker::Service, ["returnCode", "returnMessage"]),
            // Of an answer that is none of either the code tells; 0 is success.
            _ if fields.text("returnCode").is_some_and(|code| code != "0") => {
                (Speaker::Service, ["returnCode", "returnMessage"])
            }
            _ => return None,
        };
        let mut told = fields.text(text).unwrap_or_default().trim().to_string();
        let details = fields.text("details").unwrap_or_default();
        if !details.trim().is_empty() && details.trim() != told {
            told = format!("{told} ({})", details.trim());
        }
        Some(Refusal {
            speaker,
            code: fields.text(code).and_then(|code| code.trim().parse().ok()),
            text: told,
        })
    }

    /// Whether the same call works a moment later and nothing was done.
    pub fn is_busy(&self) -> bool {
        self.speaker == Speaker::Service && self.code.is_some_and(|code| BUSY.contains(&code))
    }

    fn known(&self) -> Option<Code> {
        let member = match self.speaker {
            Speaker::Gateway => "errorCode",
            Speaker::Service => "returnCode",
        };
        let mut codes = codes().into_iter();
        codes.find(|code| code.member == member && Some(code.number) == self.code)
    }

    /// The error for what it says of a call; `reads` tells whether sending that again does no harm.
    pub fn error(&self, request: &Request, reply: &Reply, reads: bool) -> Error {
        let api = &request.api;
        let reason = match self.text.as_str() {
            "" => "no reason given",
            text => text,
        };
        let known = self.known();
        let member = match self.speaker {
            Speaker::Gateway => "errorCode",
            Speaker::Service => "returnCode",
        };
        let mut code = match self.code {
            Some(code) => format!("{member} {code}"),
            None => format!("no {member}"),
        };
        if let Some(known) = &known {
            code.push_str(&format!(": {}", known.meaning));
        }
        let doubtful = self.speaker == Speaker::Gateway
            && (self.code.is_some_and(|code| DOUBTFUL.contains(&code)) || reply.status >= 500);
        let kind = match (doubtful, reads) {
            (false, _) => Kind::Refused,
            (true, true) => Kind::Unreachable,
            (true, false) => Kind::Unknown,
        };
        let said = match kind {
            Kind::Refused => "was refused",
            _ => "came to no end",
        };
        let status = reply.status;
        let mut error = Error::new(
            kind,
            format!("{api} {said}: {reason} (HTTP {status}, {code})"),
        )
        .of(api);
        error.hints.push(match &known {
            Some(known) => known.advice.into(),
            None => "-h after the command shows what it takes".into(),
        });
        error.code = Some(u32::from(status));
        error.cserrorcode = self.code;
        error.said = Some(Box::new(Said {
            text: self.text.clone(),
            name: known.map_or("", |code| code.name).into(),
            ..Said::default()
        }));
        error
    }
}

/// The error for a body that is no answer of this API. `reads` tells whether sending again does no harm.
pub fn not_understood(request: &Request, reply: &Reply, why: &str, reads: bool) -> Error {
    let status = u32::from(reply.status);
    let refused = matches!(reply.status, 400..=407 | 409..=499);
    let kind = match (refused, reads) {
        (true, _) => Kind::Refused,
        (false, true) => Kind::Unreachable,
        (false, false) => Kind::Unknown,
    };
    strange::error(kind, request, reply, why, http::find(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_told_once_and_in_plain_words() {
        let all = codes();
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines.count(), all.len());
        for code in &all {
            assert!(
                code.meaning.len() > 10 && code.advice.len() > 10,
                "{code:?}"
            );
            assert!(!code.meaning.ends_with('.'), "{code:?}");
        }
        for (place, code) in all.iter().enumerate() {
            let same = |other: &Code| (other.member, other.number) == (code.member, code.number);
            assert!(!all[..place].iter().any(same), "{code:?}");
        }
        for code in BUSY {
            assert!(all.iter().any(|known| known.number == code), "{code}");
        }
    }
}
