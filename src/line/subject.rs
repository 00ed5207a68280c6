//! What the first words of a line name. In come the words without options, out comes an API, a built-in or a verb,
//! with the words that follow it.

use std::sync::Arc;

use crate::catalog::{Api, Catalog};
use crate::error::Result;

/// What words can mean here.
#[derive(Clone, Copy)]
pub struct Language<'a> {
    pub catalog: &'a Catalog,
    pub builtins: &'a [&'static str],
    /// Settings and output words that may stand on a line.
    pub settings: &'a [&'static str],
}

impl Language<'_> {
    /// The built-in of that name; its case counts, as EOF is one.
    pub fn builtin(&self, name: &str) -> Option<&'static str> {
        self.builtins.iter().copied().find(|known| *known == name)
    }

    /// The catalogue's spelling of a verb typed in any case.
    pub fn verb(&self, typed: &str) -> Option<String> {
        let verb = typed.to_ascii_lowercase();
        let known = self.catalog.entries().iter().any(|e| e.verb() == verb);
        (known && !verb.is_empty()).then_some(verb)
    }
}

/// What a line is about, with the words that are left.
pub enum Subject<'w> {
    Api {
        api: Arc<Api>,
        rest: Vec<&'w str>,
    },
    /// `api NAME`: sent as typed, known to the catalogue or not.
    Unchecked {
        name: String,
        api: Option<Arc<Api>>,
        rest: Vec<&'w str>,
    },
    Builtin {
        name: &'static str,
        rest: Vec<&'w str>,
    },
    /// A verb of the catalogue and what follows it, which is no noun of that verb.
    Verb {
        verb: String,
        rest: Vec<&'w str>,
    },
    /// `command=NAME` with a name that the catalogue does not have.
    UnknownApi(&'w str),
    Unknown,
}

/// Finds what the words name: verb and noun before a built-in, so that `sync storagepool` and `sync` both work.
pub fn subject<'w>(words: &[&'w str], language: &Language<'_>) -> Result<Subject<'w>> {
    let catalog = language.catalog;
    let Some((&first, rest)) = words.split_first() else {
        return Ok(Subject::Unknown);
    };
    if first.contains('=') {
        return by_command(words, catalog);
    }
    if rest.first().is_some_and(|next| next.contains('=')) && catalog.is_script(first) {
        return by_command(rest, catalog);
    }
    if let Some((&noun, rest)) = rest.split_first()
        && let Some(api) = catalog.find(first, noun)?
    {
        let rest = rest.to_vec();
        return Ok(Subject::Api { api, rest });
    }
    if let ("api", Some((&name, rest))) = (first, rest.split_first())
        && !name.is_empty()
        && !name.contains('=')
    {
        return unchecked(name, rest, catalog);
    }
    let rest = rest.to_vec();
    if let Some(help) = first.strip_prefix('?') {
        let words = (!help.is_empty()).then_some(help).into_iter().chain(rest);
        return Ok(Subject::Builtin {
            name: "help",
            rest: words.collect(),
        });
    }
    if let Some(name) = language.builtin(first) {
        return Ok(Subject::Builtin { name, rest });
    }
    if let Some(api) = catalog.api(first)? {
        return Ok(Subject::Api { api, rest });
    }
    Ok(match language.verb(first) {
        Some(verb) => Subject::Verb { verb, rest },
        None => Subject::Unknown,
    })
}

/// `command=NAME` among words that are all parameters.
fn by_command<'w>(words: &[&'w str], catalog: &Catalog) -> Result<Subject<'w>> {
    let found = words.iter().enumerate().find_map(|(place, word)| {
        let (name, value) = word.split_once('=')?;
        name.eq_ignore_ascii_case("command")
            .then_some((place, value))
    });
    let Some((place, name)) = found else {
        return Ok(Subject::Unknown);
    };
    let mut rest = words.to_vec();
    rest.remove(place);
    Ok(match catalog.api(name)? {
        Some(api) => Subject::Api { api, rest },
        None => Subject::UnknownApi(name),
    })
}

fn unchecked<'w>(name: &str, rest: &[&'w str], catalog: &Catalog) -> Result<Subject<'w>> {
    let api = catalog.api(name)?;
    Ok(Subject::Unchecked {
        name: api
            .as_ref()
            .map_or_else(|| name.to_string(), |api| api.name.clone()),
        api,
        rest: rest.to_vec(),
    })
}
