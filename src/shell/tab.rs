//! What Tab offers: a line and a cursor in, the ways to go on out.

use super::builtin::{self, Known};
use super::complete::{Completion, complete};
use super::session::{language, line_words};
use crate::catalog::Catalog;
use crate::config::settings;

/// The ways to go on from the cursor that are known without asking anybody.
pub fn offers(line: &str, position: usize, catalog: &Catalog, known: &Known) -> Completion {
    let names = builtin::names();
    let settings = line_words();
    let language = language(catalog, &names, &settings);
    let words = |name: &str, given: &[&str]| {
        builtin::find(name).map_or(Vec::new(), |found| (found.words)(known, given))
    };
    complete(line, position, &language, &words, &setting_values)
}

/// The values that a setting can have, where they can be listed.
pub fn setting_values(name: &str) -> Vec<String> {
    let words: &[&str] = match settings::find(name).map(|setting| &setting.kind) {
        Some(settings::Kind::Bool) => &["true", "false"],
        Some(settings::Kind::Choice(words)) => words,
        _ => &[],
    };
    words.iter().map(ToString::to_string).collect()
}
