//! `expect-error [CODE] COMMAND …`: succeeds where the command fails, with that code if one is given.

use super::explain::{self, Matching};
use super::{Builtin, no_words};
use crate::error::{Error, Kind, Result};
use crate::line::words;
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
    if !crate::line::command::keeps_whole_line(line)
        && let Ok(split) = words::split(line)
    {
        crate::line::expand::command(&split.words, &session.variables)?;
    }
    let kept = session.keep(line);
    let wanted = match &code {
        Some((name, _)) => format!("error {name}"),
        None => "an error".into(),
    };
    let failed = |came: String| {
        Err(Error::new(
            Kind::Assertion,
            format!("{wanted} was expected and {came}"),
        ))
    };
    let came = match kept {
        Err(error) if error.kind == Kind::Interrupted => return Err(error),
        Err(error) => match &code {
            Some((_, matching)) if !matching.is(&error) => {
                return failed(format!("another one came: {}", told(&error)));
            }
            _ => None,
        },
        Ok(Kept::Failed(status)) => match &code {
            Some((_, matching)) if !matching.is_status(status) => {
                Some(format!("it ended with status {status}"))
            }
            _ => None,
        },
        Ok(Kept::Leave(status)) => return Ok(Shown::Leave(status)),
        Ok(_) => Some("the command succeeded".into()),
    };
    match came {
        Some(came) => failed(came),
        None => {
            // What a script in the command told of itself was expected.
            session.failure = None;
            Ok(Shown::Nothing)
        }
    }
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
    let Some(matching) = explain::matching(&first.text) else {
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
