//! `let NAME = …`: what a command comes to, or a value, under a name; alone it shows the names that are set.

use super::{Builtin, no_words};
use crate::error::{Error, Result};
use crate::line::expand::{self, is_name};
use crate::line::secrets::{STRUCK, is_secret};
use crate::line::variables::{Held, Variable};
use crate::line::words;
use crate::record::answer::Answer;
use crate::record::{Record, Value};
use crate::shell::keep::Kept;
use crate::shell::session::{Session, Shown, View};

pub const LET: Builtin = Builtin {
    name: "let",
    args: "[NAME = COMMAND … | VALUE]",
    about: "Keeps what a command comes to, or a value, as $NAME; alone it shows what is kept",
    run,
    words: no_words,
};

/// How much of a text `let` alone shows, in characters.
const SHOWN: usize = 200;

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let Some(rest) = args.first() else {
        return Ok(all(session));
    };
    let (name, right) = assignment(rest)?;
    if let Some(value) = value(session, right)? {
        session.variables.set(name, value);
        return Ok(Shown::Nothing);
    }
    let (kept, failures) = match session.keep(right)? {
        Kept::Partly(kept, failures) => (*kept, failures),
        kept => (kept, Vec::new()),
    };
    let variable = match kept {
        Kept::Nothing => Held::Text(String::new()).into(),
        Kept::Text(text) => Held::Text(text.trim_end_matches(['\r', '\n']).to_string()).into(),
        Kept::Json(printed) => printed.into_variable()?,
        Kept::Failed(status) => return Ok(Shown::Status(status)),
        Kept::Leave(status) => return Ok(Shown::Leave(status)),
        kept @ Kept::Partly(..) => return kept.whole().map(|_| Shown::Nothing),
    };
    session.variables.set(name, variable);
    let Some((first, others)) = failures.split_first() else {
        return Ok(Shown::Nothing);
    };
    for error in others {
        session.failed(error);
    }
    Err(first.clone())
}

/// `NAME = …` with blanks or without.
fn assignment(text: &str) -> Result<(&str, &str)> {
    let form = "let NAME = COMMAND, as in `let zones = list zones`";
    let (name, right) = text
        .split_once('=')
        .ok_or_else(|| Error::line("let: there is no =").hint(form))?;
    let (name, right) = (name.trim(), right.trim());
    if !is_name(name) {
        return Err(Error::line(
            "let needs the name of a variable before the =: letters, digits and _, no digit first",
        )
        .hint(form));
    }
    if right.is_empty() {
        return Err(
            Error::line(format!("let {name}: nothing stands after the ="))
                .hint(form)
                .hint(format!("let {name} = '' is for an empty text")),
        );
    }
    Ok((name, right))
}

/// What stands for itself: one word that is quoted, has variables in it, or is the name of no command.
fn value(session: &mut Session, right: &str) -> Result<Option<Variable>> {
    let Ok(split) = words::split(right) else {
        // What is wrong with it is told with the command that it should be.
        return Ok(None);
    };
    let [word] = split.words.as_slice() else {
        return Ok(None);
    };
    let command = word.bare && word.dollars.is_empty() && session.is_command(&word.text)?;
    if split.pipe.is_some() || command || right.starts_with('!') {
        return Ok(None);
    }
    expand::held(word, &session.variables).map(Some)
}

/// The names that are set and what they stand for, in short.
fn all(session: &Session) -> Shown {
    let rows = session.variables.iter().map(|(name, variable)| {
        let what = match &variable.held {
            _ if variable.secret || is_secret(name) => STRUCK.to_string(),
            Held::Text(text) if text.chars().nth(SHOWN).is_some() => {
                text.chars().take(SHOWN).chain(['…']).collect()
            }
            Held::Text(text) => text.clone(),
            Held::Thing(record) => {
                let named = ["name", "displayname", "id"]
                    .iter()
                    .find_map(|field| record.text(field));
                named.unwrap_or_else(|| format!("a thing with {} fields", record.fields.len()))
            }
            Held::Rows(rows) => format!("a list of {}", rows.len()),
        };
        let mut row = Record::default();
        row.push("name", Value::String(name.to_string()));
        let what = session.variables.hidden().strike(&what);
        row.push("value", Value::String(what));
        row
    });
    let form = session.resolved.get("output");
    View::of(Answer::table("variable", rows.collect()), form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_stands_before_the_first_equals_sign() {
        for (text, expected) in [
            ("vm = list zones id=a", Ok(("vm", "list zones id=a"))),
            ("vm=5", Ok(("vm", "5"))),
            ("_a1\t=\t'x'", Ok(("_a1", "'x'"))),
            ("vm", Err(())),
            ("vm =", Err(())),
            ("1a = x", Err(())),
            ("a b = x", Err(())),
            ("$a = x", Err(())),
        ] {
            assert_eq!(assignment(text).map_err(|_| ()), expected, "{text}");
        }
    }
}
