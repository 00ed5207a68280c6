//! `help` and `?`: what can be typed here, the calls of a verb or on a thing, a setting, a topic, or one command.

use super::lessons::GROUPS;
use super::{BUILTINS, Builtin, Known, find};
use crate::catalog::{Api, Catalog};
use crate::cloud::Tool;
use crate::config::resolve::describe;
use crate::config::settings::{self, SETTINGS, Setting};
use crate::error::{Error, Result};
use crate::line::nearest::{did_you_mean, nearest};
use crate::shell::help::{self, layout, overview, topics};
use crate::shell::session::{Session, Shown};

pub const HELP: Builtin = Builtin {
    name: "help",
    args: "[VERB [NOUN] | NOUN | BUILT-IN | SETTING | TOPIC] (or ? …)",
    about: "Tells what there is, or about one command, thing or setting",
    run,
    words,
};

fn words(_: &Known, given: &[&str]) -> Vec<String> {
    match given {
        ["set"] => SETTINGS.iter().map(|one| one.name.to_string()).collect(),
        _ => Vec::new(),
    }
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let catalog = session.catalog_or_known();
    let width = session.ui.width();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let text = match words[..] {
        [] => everything(&catalog, session.dialect().tools(), width),
        ["set"] => {
            let usage = of_builtin(session, "set", width).unwrap_or_default();
            format!("{usage}\n{}", topics::settings(width))
        }
        ["set", name, ..] => match settings::find(name) {
            Some(setting) => of_setting(session, setting, width),
            None => {
                return Err(unknown(
                    name,
                    SETTINGS.iter().map(|one| one.name),
                    "help set",
                ));
            }
        },
        ["exit", of, ..] if of.starts_with("status") => exit_statuses(width),
        _ => match told(session, &catalog, &words, width)? {
            Some(text) => text,
            None => return Err(nothing(&catalog, &words)),
        },
    };
    Ok(Shown::Text(text))
}

/// All that the words name: a built-in, a call or a verb; else a topic, a thing, a setting.
fn told(
    session: &mut Session,
    catalog: &Catalog,
    words: &[&str],
    width: usize,
) -> Result<Option<String>> {
    if let [verb, noun, ..] = words {
        if let Some(api) = catalog.find(verb, noun)? {
            return Ok(Some(session.api_help(&api)));
        }
        return Ok(of_builtin(session, verb, width));
    }
    let Some(&word) = words.first() else {
        return Ok(None);
    };
    let builtin = of_builtin(session, word, width);
    let command = match catalog.api(word)? {
        Some(api) => Some(session.api_help(&api)),
        None => overview::verb(catalog, word, width)?,
    };
    if builtin.is_some() || command.is_some() {
        let parts: Vec<String> = [builtin, command].into_iter().flatten().collect();
        return Ok(Some(parts.join("\n")));
    }
    let topic = topics::find(word).map(|topic| topic.text(width));
    let setting = settings::find(word).map(|setting| of_setting(session, setting, width));
    let thing = overview::noun(catalog, word, width)?;
    let parts: Vec<String> = [topic, thing, setting].into_iter().flatten().collect();
    Ok((!parts.is_empty()).then(|| parts.join("\n")))
}

fn nothing(catalog: &Catalog, words: &[&str]) -> Error {
    if let [verb, noun, ..] = words {
        let known = catalog.nouns(verb);
        let near = nearest(noun, &known, 3);
        let near: Vec<String> = near
            .iter()
            .map(|noun| format!("help {verb} {noun}"))
            .collect();
        let error = Error::line(format!("{verb} {noun} is no command of this cloud"));
        return match did_you_mean(&near) {
            Some(question) => error.hint(question),
            None if known.is_empty() => error.hint("help"),
            None => error.hint(format!("help {verb}")),
        };
    }
    let word = words.first().copied().unwrap_or_default();
    let nouns = overview::nouns(catalog);
    let names = catalog.entries().iter().map(|entry| entry.name.as_str());
    let known = catalog.verbs().into_iter();
    let known = known.chain(BUILTINS.iter().map(|one| one.name));
    let known = known.chain(nouns.iter().map(String::as_str));
    let known = known.chain(SETTINGS.iter().map(|one| one.name));
    let known = known.chain(topics::TOPICS.iter().map(|topic| topic.name));
    unknown(word, known.chain(names), "help")
        .hint(format!("`apropos {word}` searches descriptions"))
}

fn unknown<'a>(word: &str, known: impl Iterator<Item = &'a str>, list: &str) -> Error {
    let near = nearest(word, known.filter(|name| !name.is_empty()), 4);
    let error = Error::line(format!("there is nothing called {word} to tell about"));
    match did_you_mean(&near) {
        Some(question) => error.hint(format!("{question} `{list}` lists all")),
        None => error.hint(format!("`{list}` lists all")),
    }
}

fn everything(catalog: &Catalog, tools: &[Tool], width: usize) -> String {
    let mut text = String::new();
    if catalog.is_empty() {
        text.push_str("No command of a cloud is known yet: `sync` asks for them.\n");
    } else {
        let count = catalog.len();
        text.push_str(&format!(
            "Commands of this cloud, {count}: VERB NOUN [name=value …]\n"
        ));
        text.push_str(&overview::verbs(catalog, width));
    }
    text.push_str("\nBuilt-in commands:\n");
    let column = BUILTINS.iter().map(|one| one.name.len()).max().unwrap_or(0);
    for (group, names) in GROUPS {
        let known = names.iter().filter_map(|name| find(name));
        let rows: Vec<_> = known.map(|one| (one.name, short(one.about))).collect();
        text.push_str(&format!(" {group}\n"));
        text.push_str(&layout::entries_in(&rows, column, width));
    }
    if !tools.is_empty() {
        text.push_str("\nCommands of other tools, as aliases:\n");
        let rows: Vec<_> = tools.iter().map(|one| (one.name, one.about)).collect();
        text.push_str(&layout::entries(&rows, width));
    }
    text.push('\n');
    let rows = [
        (
            "help VERB, help NOUN",
            "its commands: `help list`, `help virtualmachine`",
        ),
        ("VERB NOUN -h", "what one takes, with an example"),
        (
            "apropos WORD",
            "the commands and settings that have to do with it",
        ),
        (
            "help line",
            "what may stand on a line: filter=, limit=, | …",
        ),
        ("help output", "the forms of what is printed"),
        ("help set", "the settings"),
        ("help exit status", "what the statuses mean"),
    ];
    text + &layout::entries(&rows, width)
}

/// What a built-in does, without the particulars after it.
pub fn short(about: &str) -> &str {
    let end = [about.find("; "), about.find(": ")]
        .into_iter()
        .flatten()
        .min();
    end.and_then(|end| about.get(..end)).unwrap_or(about)
}

/// The text of `-h` for a built-in: what it does, how it is typed, an example, what Tab offers after it.
pub fn of_builtin(session: &Session, name: &str, width: usize) -> Option<String> {
    let own = find(name).map(|builtin| builtin.help(&Known::of(session), width));
    own.or_else(|| tool_help(session, name, width))
}

/// The same for a command of another tool.
fn tool_help(session: &Session, name: &str, width: usize) -> Option<String> {
    let dialect = session.dialect();
    let tool = dialect.tools().iter().find(|tool| tool.name == name)?;
    let usage = format!("Usage: {} {}", tool.name, tool.args);
    Some(layout::paragraph(tool.about, width) + &layout::paragraph(&usage, width))
}

fn of_setting(session: &Session, setting: &Setting, width: usize) -> String {
    let described = describe(&session.resolved);
    let now = described.iter().find(|(name, ..)| name == setting.name);
    let (now, from) = now.map_or(("", "default"), |(_, now, from)| (now, from));
    topics::setting(setting, now, from, width)
}

fn exit_statuses(width: usize) -> String {
    let rows: Vec<(String, &str)> = super::explain::exit_statuses();
    let rows: Vec<(&str, &str)> = rows
        .iter()
        .map(|(code, told)| (code.as_str(), *told))
        .collect();
    format!(
        "Exit statuses:\n{}\n`explain exit STATUS` tells what to do about one.\n",
        layout::entries(&rows, width)
    )
}

/// The calls of a verb, as `VERB -h` tells them.
pub fn verb(catalog: &Catalog, verb: &str, width: usize) -> Result<String> {
    let text = overview::verb(catalog, verb, width)?;
    text.ok_or_else(|| nothing(catalog, &[verb]))
}

impl Session {
    /// The catalogue, or what is known of it: help is needed most where a profile is not finished.
    pub(super) fn catalog_or_known(&mut self) -> std::sync::Arc<Catalog> {
        self.catalog().unwrap_or_else(|error| {
            self.ui.warn(&error.message);
            self.known_catalog()
        })
    }

    /// The text of `-h` for an API, which ends in an example.
    pub fn api_help(&mut self, api: &Api) -> String {
        let width = self.ui.width();
        let text = help::api_help(api, width);
        let printed = help::printed(api, width);
        let example = self.example(api);
        format!("{text}{printed}\n{}", example.text(width))
    }
}
