//! `apropos`: what has to do with a word, among the calls of the cloud, the built-ins, the settings and the topics of help.

use super::{BUILTINS, Builtin, no_words};
use crate::error::{Error, Result};
use crate::line::nearest::{did_you_mean, nearest};
use crate::shell::help::apropos::search;
use crate::shell::help::layout;
use crate::shell::help::overview;
use crate::shell::session::{Session, Shown};

pub const APROPOS: Builtin = Builtin {
    name: "apropos",
    args: "WORD…",
    about: "Searches names and descriptions of commands and settings",
    run,
    words: no_words,
};

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let words: Vec<String> = args
        .iter()
        .flat_map(|arg| arg.split_whitespace())
        .map(String::from)
        .collect();
    if words.is_empty() {
        return Err(Error::line("apropos needs a word to look for").hint("as in: apropos snapshot"));
    }
    let catalog = session.catalog_or_known();
    let builtins: Vec<(&str, &str)> = BUILTINS.iter().map(|one| (one.name, one.about)).collect();
    let found = search(&words, &catalog, &builtins)?;
    if found.is_empty() {
        session
            .ui
            .say(&format!("nothing has to do with {}", words.join(" ")));
        let last = words.last().map_or("", String::as_str);
        if let Some(question) = did_you_mean(&nearest(last, overview::nouns(&catalog), 4)) {
            session.ui.say(&format!("hint: {question}"));
        }
        return Ok(Shown::Nothing);
    }
    let rows: Vec<(String, String)> = found
        .into_iter()
        .map(|found| (found.words, found.about))
        .collect();
    Ok(Shown::Text(layout::entries(&rows, session.ui.width())))
}
