//! Words to what they mean: a call of an API, a built-in, or help on one of them.
//! In comes a line with the language of the moment, out comes a command that is ready to be carried out.

use std::sync::Arc;

use super::options::{self, Options};
use super::subject::{Subject, subject};
use super::variables::Variables;
use super::words::{Unfinished, quote, split};
use super::{call, expand, shown, unknown};
use crate::catalog::Api;
use crate::error::{Error, Result};
use crate::record::select::wanted;

pub use super::call::{Call, Given};
pub use super::subject::Language;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Empty,
    Call(Call),
    ApiHelp(Arc<Api>),
    /// A verb alone with `-h`.
    VerbHelp(String),
    BuiltinHelp(&'static str),
    Builtin {
        name: &'static str,
        args: Vec<String>,
        /// For this line only.
        settings: Vec<(String, String)>,
    },
}

/// A command and where its output goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub command: Command,
    /// A line for the user's own shell that reads what is printed.
    pub pipe: Option<String>,
}

/// Built-ins that carry out the command whose words follow, which they have as they were typed: a variable in it is looked up
/// when it is carried out, and what it stands for is a value there too.
const CARRIERS: [&str; 3] = ["doctor", "on", "watch"];

/// Built-ins that take the rest of the line as it stands, with a pipe and quotes: it is a command itself, or words of their own.
const WHOLE_LINE: [&str; 5] = ["shell", "let", "assert", "expect-error", "for"];

/// What a line means where no variable is set; a wrong line is an error of `Kind::Line` and lists all that is wrong with it.
pub fn parse(line: &str, language: &Language<'_>) -> Result<Line> {
    parse_with(line, language, &Variables::default())
}

/// The same with values in place of the variables that are set.
pub fn parse_with(line: &str, language: &Language<'_>, variables: &Variables) -> Result<Line> {
    if let Some((name, rest)) = whole_line(line, language) {
        return Ok(Line {
            command: with_rest(name, rest.to_string()),
            pipe: None,
        });
    }
    let words = split(line).map_err(|(reason, position)| unfinished(line, reason, position))?;
    let pipe = words.pipe.map(|(text, _)| text);
    let texts = expand::command(&words.words, variables)?;
    let data: Vec<bool> = texts.iter().map(expand::Text::is_data).collect();
    let several: Vec<bool> = texts.iter().map(expand::Text::is_several).collect();
    let texts: Vec<String> = texts.into_iter().map(|text| text.text).collect();
    if let Some(pipe) = &pipe {
        check_pipe(&texts, pipe)?;
    }
    let typed = || {
        words
            .words
            .iter()
            .map(|word| line[word.span.clone()].to_string())
    };
    if let Some(command) = carrier(&texts, typed, language) {
        return Ok(Line { command, pipe });
    }
    let those = |which: Vec<bool>| -> Vec<&str> {
        let those = texts.iter().zip(which).filter(|(_, is)| *is);
        those.map(|(text, _)| text.as_str()).collect()
    };
    let command = parse_texts(&texts, [those(data), those(several)], language)?;
    Ok(Line { command, pipe })
}

/// What words mean that are split already, as in the arguments of a one-shot: `|`, `#` and `$` are ordinary letters there.
pub fn parse_words(words: &[String], language: &Language<'_>) -> Result<Command> {
    let typed = || words.iter().map(|word| quote(word));
    match carrier(words, typed, language) {
        Some(command) => Ok(command),
        None => parse_texts(words, Default::default(), language),
    }
}

fn parse_texts<'w>(
    words: &'w [String],
    [data, several]: [Vec<&'w str>; 2],
    language: &Language<'_>,
) -> Result<Command> {
    if let Some(command) = whole_words(words, language) {
        return Ok(command);
    }
    let mut own = options::take(words, language.settings);
    (own.data, own.several) = (data, several);
    let rest = std::mem::take(&mut own.rest);
    if rest.is_empty() {
        return without_words(words, &own);
    }
    let help = own.help;
    match subject(&rest, language)? {
        Subject::Api { api, .. } if help => Ok(Command::ApiHelp(api)),
        Subject::Api { api, rest } => call::checked(api, &rest, own, language).map(Command::Call),
        Subject::Unchecked { name, api, .. } if help => match api {
            Some(api) => Ok(Command::ApiHelp(api)),
            None => Err(unknown::api(&name, language)),
        },
        Subject::Unchecked { name, api, rest } => {
            call::unchecked(name, api, &rest, own, language).map(Command::Call)
        }
        Subject::Builtin { name, rest } if help && rest.is_empty() => {
            Ok(Command::BuiltinHelp(name))
        }
        // `set -h NAME` is about that setting.
        Subject::Builtin { name, rest } if help => Ok(Command::Builtin {
            name: "help",
            args: [&[name], rest.as_slice()]
                .concat()
                .iter()
                .map(ToString::to_string)
                .collect(),
            settings: Vec::new(),
        }),
        Subject::Builtin { name, rest } => builtin(name, &rest, own, language),
        Subject::Verb { verb, rest } if help && rest.iter().all(|word| word.contains('=')) => {
            Ok(Command::VerbHelp(verb))
        }
        Subject::Verb { verb, rest } => Err(unknown::noun(&verb, &rest, language)),
        Subject::UnknownApi(name) => Err(unknown::api(name, language)),
        Subject::Unknown => Err(unknown::command(&rest, language)),
    }
}

/// Whether the line's pipe and quotes are for what its first word begins.
pub fn keeps_whole_line(line: &str) -> bool {
    let line = line.trim_ascii_start();
    let first = line.split_ascii_whitespace().next().unwrap_or_default();
    line.starts_with('!') || WHOLE_LINE.contains(&first)
}

/// The built-in that takes the rest of a line as it stands, with that rest: `!` and `shell` hand it to the user's shell.
fn whole_line<'l>(line: &'l str, language: &Language<'_>) -> Option<(&'static str, &'l str)> {
    let line = line.trim_ascii();
    if let Some(rest) = line.strip_prefix('!') {
        return Some(("shell", rest.trim_ascii_start()));
    }
    let first = line.split_ascii_whitespace().next()?;
    let name = of_whole_line(first, language)?;
    let rest = line[first.len()..].trim_ascii_start();
    (!options::is_help(rest)).then_some((name, rest))
}

fn of_whole_line(word: &str, language: &Language<'_>) -> Option<&'static str> {
    let name = WHOLE_LINE.into_iter().find(|name| *name == word)?;
    (name == "shell" || language.builtin(name).is_some()).then_some(name)
}

/// The same for words: one word is a line, several are quoted so that they are seen as they are.
fn whole_words(words: &[String], language: &Language<'_>) -> Option<Command> {
    let (first, rest) = words.split_first()?;
    let cut = first.strip_prefix('!');
    let name = match cut {
        Some(_) => "shell",
        None => of_whole_line(first, language)?,
    };
    let words: Vec<&str> = cut
        .filter(|word| !word.is_empty())
        .into_iter()
        .chain(rest.iter().map(String::as_str))
        .collect();
    Some(match words.as_slice() {
        [word] if options::is_help(word) => Command::BuiltinHelp(name),
        [word] if name == "shell" => with_rest(name, word.to_string()),
        several => with_rest(
            name,
            several
                .iter()
                .map(|word| quote(word))
                .collect::<Vec<_>>()
                .join(" "),
        ),
    })
}

fn with_rest(name: &'static str, rest: String) -> Command {
    let args = if rest.is_empty() {
        Vec::new()
    } else {
        vec![rest]
    };
    Command::Builtin {
        name,
        args,
        settings: Vec::new(),
    }
}

/// `watch` and its like have the words of the command that they carry out as they are typed; what stands before goes with it.
fn carrier<T: Iterator<Item = String>>(
    words: &[String],
    typed: impl Fn() -> T,
    language: &Language<'_>,
) -> Option<Command> {
    let first = *options::take(words, language.settings).rest.first()?;
    let name = CARRIERS.iter().find(|name| **name == first)?;
    let at = words.iter().position(|word| word == first)?;
    let (before, after) = (&words[..at], words.get(at + 1..)?);
    if after.first().is_none_or(|word| options::is_help(word)) {
        let helped = before
            .iter()
            .chain(after)
            .any(|word| options::is_help(word));
        return helped.then_some(Command::BuiltinHelp(name));
    }
    Some(Command::Builtin {
        name,
        args: typed().skip(at + 1).chain(typed().take(at)).collect(),
        settings: Vec::new(),
    })
}

fn builtin(
    name: &'static str,
    rest: &[&str],
    mut own: Options<'_>,
    known: &Language<'_>,
) -> Result<Command> {
    // `set` takes name=value for itself, as the line does that is completed, and a command among the words has its own.
    // Profiles are listed and added by words that are verbs as well.
    let keeps = match name {
        "set" => !rest.iter().all(|word| is_output_word(word)),
        "complete" => true,
        "profile" => false,
        _ => rest.iter().any(|word| known.verb(word).is_some()),
    };
    let setting = |word: &&str| {
        let (name, value) = word.split_once('=').filter(|_| !keeps)?;
        Some((options::setting(name, known.settings)?, value.to_string()))
    };
    for (name, value) in rest.iter().filter_map(setting) {
        own.settings.add(name, &value);
    }
    check_settings(name, &own)?;
    let named = |word: &&&str| {
        word.split_once("=@")
            .is_some_and(|(name, _)| !name.contains('='))
    };
    if let Some(word) = own.data.iter().find(named) {
        return Err(Error::line(format!(
            "`{}`: the value of a variable names no file here",
            shown(word.split('=').next().unwrap_or_default())
        )));
    }
    Ok(Command::Builtin {
        name,
        args: rest
            .iter()
            .filter(|word| setting(word).is_none())
            .map(|word| word.to_string())
            .collect(),
        settings: own.settings.given,
    })
}

/// Whether the word says what is printed and is no setting, so that `set` alone lists with it.
fn is_output_word(word: &str) -> bool {
    let name = word.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| options::setting(name, wanted::WORDS).is_some())
}

/// Nothing on the line, or nothing but options.
fn without_words(words: &[String], own: &Options<'_>) -> Result<Command> {
    if words.is_empty() {
        return Ok(Command::Empty);
    }
    if own.help {
        return Ok(Command::Builtin {
            name: "help",
            args: Vec::new(),
            settings: Vec::new(),
        });
    }
    Err(Error::line("the line has options and no command")
        .hint("options go with a command, as in `list zones --output=json`"))
}

fn check_settings(command: &str, own: &Options<'_>) -> Result<()> {
    if let Some(name) = own.unanswered {
        return Err(
            Error::line(format!("`{command}`: `--{name}` needs a value"))
                .hint(format!("as in `--{name}=value`")),
        );
    }
    match own.settings.repeated.first() {
        Some(name) => Err(Error::line(format!(
            "`{command}`: the setting `{name}` is there twice"
        ))),
        None => Ok(()),
    }
}

fn check_pipe(words: &[String], pipe: &str) -> Result<()> {
    let quoting = "a | that belongs to a value is quoted: name='a|b'";
    if words.is_empty() {
        return Err(Error::line("there is no command before the |").hint(quoting));
    }
    if pipe.is_empty() || pipe.starts_with('|') {
        return Err(Error::line("there is no command after the |")
            .hint("as in `list zones | grep name`")
            .hint(quoting));
    }
    Ok(())
}

fn unfinished(line: &str, reason: Unfinished, position: usize) -> Error {
    let column = line
        .get(..position)
        .map_or(0, |before| before.chars().count())
        + 1;
    let (what, hint) = match reason {
        Unfinished::SingleQuote => (
            "a single quote is not closed",
            "close it, or write \\' for a quote that is part of a value",
        ),
        Unfinished::DoubleQuote => (
            "a double quote is not closed",
            "close it, or write \\\" for a quote that is part of a value",
        ),
        Unfinished::Backslash => (
            "the line ends in a backslash",
            "it joins the next line to this one; write \\\\ for a backslash that is part of a value",
        ),
    };
    Error::line(format!("{what} (column {column})")).hint(hint)
}

#[cfg(test)]
mod tests;
