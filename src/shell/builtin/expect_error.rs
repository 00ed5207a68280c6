//! `expect-error [CODE] COMMAND …`: succeeds where the command fails, with that code if one is given.

use super::explain::{self, Matching};
use super::{Builtin, no_words};
use crate::error::{Error, Kind, Result};
use crate::line::command::keeps_whole_line;
use crate::line::{expand, words};
use crate::shell::keep::Kept;
use crate::shell::session::{Session, Shown};

pub const EXPECT_ERROR: Builtin = Builtin {
    name: "expect-error",
    args: "[CODE] COMMAND …",
    about: "Succeeds where the command fails (with that code)",
    run,
    words: no_words,
};

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let rest = args.first().map_or("", String::as_str);
    let (code, line) = code_and_command(session, rest)?;
    // A mistake in a variable's name is the script's and no error of the command.
    if !keeps_whole_line(line)
        && let Ok(split) = words::split(line)
    {
        expand::command(&split.words, &session.variables)?;
    }
    // What a script in the command tells of itself is expected, or told of here; what went wrong before stays.
    let earlier = session.failure.take();
    let kept = session.keep(line).and_then(Kept::whole);
    session.failure = earlier;
    let wanted = match &code {
        Some((name, _)) => format!("error {name}"),
        None => "an error".into(),
    };
    let failed =
        |came: String| Error::new(Kind::Assertion, format!("{wanted} was expected and {came}"));
    let by_status = |status: u8| format!("where that is expected: expect-error {status} COMMAND …");
    let came = match kept {
        Err(error) if error.kind == Kind::Interrupted => return Err(error),
        Err(error) => {
            let other = failed(format!("another one came: {}", told(&error)));
            match &code {
                Some((_, matching)) if matching.is(&error) => None,
                Some(_) => Some(other),
                None if by_itself(error.kind) => None,
                None => Some(other.hint(by_status(error.status()))),
            }
        }
        Ok(Kept::Failed(status)) => {
            let other = failed(format!("it ended with status {status}"));
            match &code {
                Some((_, matching)) if matching.is_status(status) => None,
                Some(_) => Some(other),
                None => Some(other.hint(by_status(status))),
            }
        }
        Ok(Kept::Leave(status)) => return Ok(Shown::Leave(status)),
        Ok(_) => Some(failed("the command succeeded".into())),
    };
    came.map_or(Ok(Shown::Nothing), Err)
}

/// Whether such an error is one that needs no naming: what the cloud or an assertion says. A slip in the line, or a cloud
/// that is not there, would otherwise pass for what is tested.
fn by_itself(kind: Kind) -> bool {
    matches!(kind, Kind::Refused | Kind::JobFailed | Kind::Assertion)
}

fn told(error: &Error) -> String {
    let codes: Vec<String> = [
        ("errorcode", error.code),
        ("cserrorcode", error.cserrorcode),
    ]
    .into_iter()
    .filter_map(|(name, code)| Some(format!("{name} {}, ", code?)))
    .collect();
    format!(
        "{} ({}status {})",
        error.message,
        codes.concat(),
        error.status()
    )
}

type Expected<'l> = (Option<(String, Matching)>, &'l str);

/// The code, if the first word is one, and the command after it.
fn code_and_command<'l>(session: &mut Session, rest: &'l str) -> Result<Expected<'l>> {
    let first = words::split_open(rest).0.words.into_iter().next();
    let missing = || {
        Error::line("expect-error needs a command")
            .hint("as in `expect-error 431 list zones id=nope`")
    };
    let first = first.ok_or_else(missing)?;
    let number = first.text.bytes().all(|letter| letter.is_ascii_digit());
    if !number && (rest.starts_with(['!', '?']) || session.begins_command(&first.text)?) {
        return Ok((None, rest));
    }
    let Some(matching) = explain::matching(&first.text, &*session.dialect()) else {
        let error = Error::line(format!(
            "expect-error: {} is neither a code nor a command",
            first.text
        ));
        return Err(error.hint("`explain` lists the codes"));
    };
    let line = rest[first.span.end..].trim_start();
    match line.is_empty() {
        true => Err(missing()),
        false => Ok((Some((first.text, matching)), line)),
    }
}
