//! The one error of the program: what was tried, what came back, what to do. Its kind gives the exit status.

use std::fmt;

/// What went wrong, told apart by what it means for whoever waits for the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The cloud refused.
    Refused,
    /// The line was wrong and nothing was sent.
    Line,
    /// The cloud could not be reached and nothing was done, or a reading call's answer was not understood.
    Unreachable,
    /// The job failed.
    JobFailed,
    /// The wait ended (time, Ctrl-C or SIGTERM) while the job runs on.
    StillRunning,
    /// A changing call was sent and its answer never came: its outcome is unknown.
    Unknown,
    /// A fault on this side: configuration, disk, lock.
    Local,
    /// Ctrl-C where nothing else says it better.
    Interrupted,
}

impl Kind {
    pub const ALL: [Kind; 8] = [
        Kind::Refused,
        Kind::Line,
        Kind::Unreachable,
        Kind::JobFailed,
        Kind::StillRunning,
        Kind::Unknown,
        Kind::Local,
        Kind::Interrupted,
    ];

    /// The exit status, fixed for good and listed in the README.
    pub fn status(self) -> u8 {
        match self {
            Kind::Refused => 1,
            Kind::Line => 2,
            Kind::Unreachable => 3,
            Kind::JobFailed => 4,
            Kind::StillRunning => 5,
            Kind::Unknown => 6,
            Kind::Local => 7,
            Kind::Interrupted => 130,
        }
    }

    /// The word for it that programs read, fixed for good and listed in the README.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Refused => "refused",
            Kind::Line => "line",
            Kind::Unreachable => "unreachable",
            Kind::JobFailed => "jobfailed",
            Kind::StillRunning => "stillrunning",
            Kind::Unknown => "unknown",
            Kind::Local => "local",
            Kind::Interrupted => "interrupted",
        }
    }

    /// What it means, and what to do about it.
    pub fn meaning(self) -> (&'static str, &'static str) {
        match self {
            Kind::Refused => (
                "the cloud refused",
                "the error says why; `explain CODE` tells of its code",
            ),
            Kind::Line => (
                "the line was wrong and nothing was sent",
                "mend the line and run it again",
            ),
            Kind::Unreachable => (
                "the cloud could not be reached and nothing was done, or a reading call's answer was not understood",
                "check the address and the network, and run it again",
            ),
            Kind::JobFailed => (
                "the job or the upload failed",
                "the error says why; look at what the job left before you run it again",
            ),
            Kind::StillRunning => (
                "the wait ended (time, Ctrl-C or SIGTERM) while the job or the upload goes on in the cloud",
                "ask after it: `query asyncjobresult jobid=…`, or `jobs`",
            ),
            Kind::Unknown => (
                "a changing call was sent and its answer never came: outcome unknown",
                "look whether it was done before you run it again",
            ),
            Kind::Local => (
                "a fault on this side: configuration, disk, lock",
                "the error says what to mend",
            ),
            Kind::Interrupted => ("interrupted otherwise", "nothing is left to do"),
        }
    }
}

/// What a refusal leaves open, because the cloud answers different mistakes in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Who calls was not accepted; a cloud may say the same of a command that it does not know.
    Caller,
    /// The command is not known, or not for who calls.
    Command,
}

/// What the cloud said when it refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The server's own words.
    pub text: String,
    /// The name of the code.
    pub name: String,
    /// The name of the server's exception.
    pub exception: String,
    pub doubt: Option<Doubt>,
}

/// A message, hints that say what to do, and the cloud's own codes where it gave some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub kind: Kind,
    pub message: String,
    pub hints: Vec<String>,
    /// The API that was called.
    pub api: Option<Box<str>>,
    /// The API's errorcode (the guide's ApiErrorCode, also the HTTP status).
    pub code: Option<u32>,
    /// The server's own exception number.
    pub cserrorcode: Option<u32>,
    /// Set where the cloud itself refused, in an answer that was understood.
    pub said: Option<Box<Said>>,
}

impl Error {
    pub fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
            hints: Vec::new(),
            api: None,
            code: None,
            cserrorcode: None,
            said: None,
        }
    }

    /// The line was wrong; nothing was sent.
    pub fn line(message: impl Into<String>) -> Error {
        Error::new(Kind::Line, message)
    }

    /// A fault on this side: configuration, disk, lock.
    pub fn local(message: impl Into<String>) -> Error {
        Error::new(Kind::Local, message)
    }

    /// Adds one thing that the reader can do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hints.push(hint.into());
        self
    }

    /// Says which API was called, unless that is known.
    pub fn of(mut self, api: &str) -> Error {
        self.api.get_or_insert_with(|| api.into());
        self
    }

    pub fn status(&self) -> u8 {
        self.kind.status()
    }

    /// The error as one line of JSON for programs: every member is always there, null where there is nothing to tell.
    pub fn json(&self) -> String {
        let said = self.said.as_deref();
        let text = |of: fn(&Said) -> &String| said.map(of).filter(|text| !text.is_empty());
        serde_json::json!({"error": {
            "message": self.message,
            "hints": self.hints,
            "kind": self.kind.name(),
            "status": self.status(),
            "api": self.api,
            "errorcode": self.code,
            "name": text(|said| &said.name),
            "cserrorcode": self.cserrorcode,
            "exception": text(|said| &said.exception),
            "text": text(|said| &said.text),
        }})
        .to_string()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// A result whose error is the program's own.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_status_and_a_word_of_its_own() {
        for (index, kind) in Kind::ALL.iter().enumerate() {
            for other in &Kind::ALL[index + 1..] {
                assert_ne!(kind.status(), other.status());
                assert_ne!(kind.name(), other.name());
            }
        }
    }

    #[test]
    fn json_is_one_line_with_the_same_members_always() {
        let mut error = Error::new(Kind::Refused, "no\n\u{1b}[31m")
            .hint("ask")
            .of("listZones");
        error.code = Some(431);
        error.cserrorcode = Some(4350);
        error.said = Some(Box::new(Said {
            text: "bad id".into(),
            name: "PARAM_ERROR".into(),
            ..Said::default()
        }));
        assert_eq!(
            error.json(),
            r#"{"error":{"message":"no\n\u001b[31m","hints":["ask"],"kind":"refused","status":1,"api":"listZones","errorcode":431,"name":"PARAM_ERROR","cserrorcode":4350,"exception":null,"text":"bad id"}}"#
        );
        assert_eq!(
            Error::line("what?").json(),
            r#"{"error":{"message":"what?","hints":[],"kind":"line","status":2,"api":null,"errorcode":null,"name":null,"cserrorcode":null,"exception":null,"text":null}}"#
        );
    }
}
