//! Errors for lines that name nothing there is: what was typed, and what it may have meant.

use super::nearest::{did_you_mean, nearest};
use super::shown;
use super::subject::Language;
use crate::catalog::Entry;
use crate::error::Error;

/// Nothing begins like this line.
pub fn command(words: &[&str], language: &Language<'_>) -> Error {
    let Some(&first) = words.first() else {
        return Error::line("the line names no command").hint("`help` shows what there is");
    };
    if let Some((name, _)) = first.split_once('=') {
        return Error::line(format!(
            "the line begins with the parameter `{}` and names no command",
            shown(name)
        ))
        .hint("begin with a verb and a noun, as in `list zones`, or with `command=listZones`");
    }
    let mut near = match words.get(1) {
        Some(noun) if !noun.contains('=') => {
            let phrases = language.catalog.entries().iter().map(phrase);
            nearest(&format!("{first} {noun}"), phrases, 4)
        }
        _ => Vec::new(),
    };
    if near.is_empty() {
        near = nearest(first, first_words(language), 4);
    }
    let error = Error::line(format!("`{}` is not a command", shown(first)));
    with_question(error, &near).hint(overview(language))
}

/// There is no API of that name.
pub fn api(name: &str, language: &Language<'_>) -> Error {
    let names = language.catalog.entries().iter().map(|entry| &entry.name);
    let error = Error::line(format!("there is no API `{}`", shown(name)));
    with_question(error, &nearest(name, names, 4)).hint(overview(language))
}

/// The verb is known; what follows it is no noun of that verb, or nothing follows.
pub fn noun(verb: &str, rest: &[&str], language: &Language<'_>) -> Error {
    let nouns: Vec<&str> = rest
        .iter()
        .copied()
        .take_while(|word| !word.contains('='))
        .collect();
    let Some(&first) = nouns.first() else {
        return Error::line(format!("`{verb}` needs a noun after it"))
            .hint(format!("`help {verb}` shows the nouns that it has"));
    };
    let error = Error::line(format!("there is no `{verb} {}`", shown(first)));
    let near = near_nouns(verb, &nouns, language);
    let others = verbs_of(first, language);
    let mut error = with_question(error, &near);
    if near.is_empty() && !others.is_empty() {
        error = with_question(error, &others);
    }
    error.hint(format!("`help {verb}` shows the nouns that it has"))
}

/// The words that make an API when they are joined: `list virtual machines`.
pub fn joined(verb: &str, nouns: &[&str], language: &Language<'_>) -> Option<String> {
    // No noun consists of more words than this.
    let most = nouns.len().min(8);
    (2..=most).rev().find_map(|count| {
        let noun = nouns.get(..count)?.concat().to_lowercase();
        let known = language.catalog.entries().iter();
        let entry = known
            .filter(|entry| entry.verb() == verb)
            .find(|entry| entry.noun() == noun)?;
        Some(phrase(entry))
    })
}

fn near_nouns(verb: &str, nouns: &[&str], language: &Language<'_>) -> Vec<String> {
    if let Some(phrase) = joined(verb, nouns, language) {
        return vec![phrase];
    }
    let known = language.catalog.nouns(verb);
    let mut near = Vec::new();
    if nouns.len() > 1 {
        near = nearest(&nouns.concat(), &known, 3);
    }
    if near.is_empty() {
        near = nouns
            .first()
            .map(|noun| nearest(noun, &known, 4))
            .unwrap_or_default();
    }
    near.iter().map(|noun| format!("{verb} {noun}")).collect()
}

/// The other verbs that the noun goes with.
fn verbs_of(noun: &str, language: &Language<'_>) -> Vec<String> {
    let noun = noun.to_lowercase();
    let entries = language.catalog.entries().iter();
    entries
        .filter(|entry| entry.noun() == noun)
        .map(phrase)
        .take(5)
        .collect()
}

fn first_words<'a>(language: &'a Language<'_>) -> impl Iterator<Item = &'a str> {
    let entries = language.catalog.entries().iter();
    let names = entries.map(|entry| entry.name.as_str());
    let builtins = language.builtins.iter().copied();
    language
        .catalog
        .verbs()
        .into_iter()
        .chain(builtins)
        .chain(names)
}

/// Verb and noun as they are typed; the name alone where it begins with a capital.
fn phrase(entry: &Entry) -> String {
    match (entry.verb(), entry.noun()) {
        ("", _) => entry.name.clone(),
        (verb, noun) if noun.is_empty() => verb.to_string(),
        (verb, noun) => format!("{verb} {noun}"),
    }
}

fn with_question(error: Error, names: &[String]) -> Error {
    match did_you_mean(names) {
        Some(question) => error.hint(question),
        None => error,
    }
}

fn overview(language: &Language<'_>) -> &'static str {
    if language.catalog.is_empty() {
        "no API is known yet: `sync` asks the cloud for them"
    } else {
        "`help` shows what there is"
    }
}
