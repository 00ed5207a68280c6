//! `help` and `?`: what can be typed here, the calls of a verb, or the help of one command.

use super::{BUILTINS, Builtin, find};
use crate::catalog::{Catalog, Entry};
use crate::error::{Error, Result};
use crate::shell::help::api_help;
use crate::shell::session::{Session, Shown};

pub const HELP: Builtin = Builtin {
    name: "help",
    args: "[VERB [NOUN]] (or ? …)",
    about: "Lists the commands, the nouns of a verb, or tells about one command",
    run,
    words: |_, _| Vec::new(),
};

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    // Help is needed most where a profile is not finished.
    let catalog = session.catalog().unwrap_or_else(|error| {
        session.ui.warn(&error.message);
        session.known_catalog()
    });
    let width = session.ui.width();
    let text = match args {
        [] => overview(&catalog, width),
        [word] => {
            if let Some(api) = catalog.api(word)? {
                api_help(&api, width)
            } else if catalog
                .verbs()
                .iter()
                .any(|known| known.eq_ignore_ascii_case(word))
            {
                verb(&catalog, word)?
            } else if let Some(builtin) = find(word) {
                builtin.help()
            } else {
                verb(&catalog, word)?
            }
        }
        [word, noun, ..] => match catalog.find(word, noun)? {
            Some(api) => api_help(&api, width),
            None => {
                return Err(
                    Error::line(format!("{word} {noun} is no command of this cloud"))
                        .hint(format!("help {word}")),
                );
            }
        },
    };
    Ok(Shown::Text(text))
}

fn overview(catalog: &Catalog, width: usize) -> String {
    let mut text = String::from("Commands of this cloud: VERB NOUN [name=value …]\n");
    let verbs: Vec<String> = catalog.verbs().iter().map(ToString::to_string).collect();
    text.push_str(&columns(&verbs, width));
    text.push_str("\nBuilt-in commands:\n");
    for builtin in BUILTINS {
        let usage = format!("{} {}", builtin.name, builtin.args);
        text.push_str(&format!("  {:42} {}\n", usage.trim_end(), builtin.about));
    }
    text.push_str(
        "\nhelp VERB lists a verb's nouns; VERB NOUN -h tells its parameters.\n\
         On every line: filter=FIELD,… output=FORM timeout=SECONDS and other settings; `| command` pipes.\n",
    );
    text
}

/// The calls of a verb, with (A) for asynchronous ones and the first sentence of their descriptions.
pub fn verb(catalog: &Catalog, verb: &str) -> Result<String> {
    let entries: Vec<&Entry> = catalog
        .entries()
        .iter()
        .filter(|entry| entry.verb().eq_ignore_ascii_case(verb))
        .collect();
    if entries.is_empty() {
        let near = crate::line::nearest::nearest(verb, catalog.verbs(), 1);
        let error = Error::line(format!(
            "{verb} is neither a verb of this cloud nor a built-in"
        ));
        return Err(match near.first() {
            Some(near) => error.hint(format!("did you mean {near}? `help` lists all")),
            None => error.hint("help lists all"),
        });
    }
    let mut text = String::new();
    for entry in entries {
        let api = catalog.api(&entry.name)?;
        let about = api.map_or(String::new(), |api| api.description.clone());
        let about = about.split(". ").next().unwrap_or_default();
        let mark = if entry.asynchronous { " (A)" } else { "" };
        let line = format!("{} {}{mark}", entry.verb(), entry.noun());
        let line = format!("{:44} {about}", line.replace("  ", " "));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    Ok(text)
}

/// Words side by side in as many columns as fit.
fn columns(words: &[String], width: usize) -> String {
    let widest = words.iter().map(String::len).max().unwrap_or(0) + 2;
    let across = (width.saturating_sub(2) / widest.max(1)).max(1);
    words
        .chunks(across)
        .map(|row| {
            let cells: String = row.iter().map(|word| format!("{word:widest$}")).collect();
            format!("  {}\n", cells.trim_end())
        })
        .collect()
}
