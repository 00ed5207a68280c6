//! What there is, told from the catalogue: the verbs with their counts, the calls of a verb, the calls on a thing.

use super::layout::{columns, entries};
use crate::catalog::{Catalog, Entry};
use crate::error::Result;

/// The verbs side by side, each with how many commands it begins.
pub fn verbs(catalog: &Catalog, width: usize) -> String {
    let verbs = catalog.verbs();
    let counted = verbs.iter().filter(|verb| !verb.is_empty()).map(|verb| {
        let count = of_verb(catalog, verb).count();
        format!("{verb} {count}")
    });
    columns(&counted.collect::<Vec<_>>(), width)
}

/// The calls that the verb begins, with their count above; nothing where it is no verb here.
pub fn verb(catalog: &Catalog, verb: &str, width: usize) -> Result<Option<String>> {
    let found: Vec<&Entry> = of_verb(catalog, verb).collect();
    let Some(first) = found.first() else {
        return Ok(None);
    };
    let rows = rows(catalog, &found)?;
    let head = format!("{} with the verb {}:\n", counted(found.len()), first.verb());
    let tail = format!(
        "\n{} NOUN -h tells the parameters{}.\n",
        first.verb(),
        marked(&found)
    );
    Ok(Some(head + &entries(&rows, width) + &tail))
}

/// The calls on a thing, whatever their verb and be it named as one or as several; then those that have it in their names.
pub fn noun(catalog: &Catalog, typed: &str, width: usize) -> Result<Option<String>> {
    let wanted = singular(&typed.to_lowercase());
    let (exact, others): (Vec<&Entry>, Vec<&Entry>) = catalog
        .entries()
        .iter()
        .filter(|entry| {
            let noun = entry.noun();
            noun.contains(&wanted) || singular(&noun) == wanted
        })
        .partition(|entry| singular(&entry.noun()) == wanted);
    // Two letters are in every other name.
    let others = match exact.is_empty() && wanted.chars().count() < 3 {
        true => Vec::new(),
        false => others,
    };
    if exact.is_empty() && others.is_empty() {
        return Ok(None);
    }
    let mut text = String::new();
    if !exact.is_empty() {
        text.push_str(&format!("{} on {wanted}:\n", counted(exact.len())));
        text.push_str(&entries(&rows(catalog, &exact)?, width));
    }
    if !others.is_empty() {
        let more = if exact.is_empty() { "" } else { " more" };
        let count = counted(others.len()).replacen(' ', &format!("{more} "), 1);
        text.push_str(&format!("{count} with {wanted} in the name:\n"));
        text.push_str(&entries(&rows(catalog, &others)?, width));
    }
    let all: Vec<&Entry> = exact.into_iter().chain(others).collect();
    text.push_str(&format!(
        "\nVERB NOUN -h tells the parameters{}.\n",
        marked(&all)
    ));
    Ok(Some(text))
}

/// The nouns that there are, each once.
pub fn nouns(catalog: &Catalog) -> Vec<String> {
    let nouns = catalog.entries().iter().map(Entry::noun);
    let mut nouns: Vec<String> = nouns.filter(|noun| !noun.is_empty()).collect();
    nouns.sort_unstable();
    nouns.dedup();
    nouns
}

/// One of several things: `zone` of `zones`, `policy` of `policies`.
pub fn singular(noun: &str) -> String {
    if let Some(stem) = noun.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let stem = match noun.strip_suffix("es") {
        Some(stem) if stem.ends_with("ss") || stem.ends_with("ch") => Some(stem),
        _ => noun.strip_suffix('s'),
    };
    match stem {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) || noun.ends_with("sses") => stem.into(),
        _ => noun.into(),
    }
}

fn of_verb<'a>(catalog: &'a Catalog, verb: &str) -> impl Iterator<Item = &'a Entry> {
    let entries = catalog.entries().iter();
    entries.filter(move |entry| entry.verb().eq_ignore_ascii_case(verb))
}

/// Verb and noun, with (A) for those that start a job, and the first sentence of what they do.
fn rows(catalog: &Catalog, found: &[&Entry]) -> Result<Vec<(String, String)>> {
    let row = |entry: &&Entry| {
        let api = catalog.api(&entry.name)?;
        let (words, about) = api.map_or_else(Default::default, |api| {
            (api.words(), first_sentence(&api.description).to_string())
        });
        let mark = if entry.asynchronous { " (A)" } else { "" };
        Ok((format!("{words}{mark}"), about))
    };
    found.iter().map(row).collect()
}

/// What a description says up to its first full stop.
pub fn first_sentence(text: &str) -> &str {
    text.split(". ").next().unwrap_or_default().trim()
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 command".into(),
        _ => format!("{count} commands"),
    }
}

/// What the mark means, where one is there.
fn marked(found: &[&Entry]) -> &'static str {
    match found.iter().any(|entry| entry.asynchronous) {
        true => "; (A) starts a job, which is waited for",
        false => "",
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::line::testing::{recorded, small};

    #[test]
    fn verbs_have_their_counts() {
        let text = verbs(&recorded(), 80);
        assert!(
            text.contains("list 145") && text.contains("deploy 2"),
            "{text}"
        );
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
    }

    #[test]
    fn a_thing_has_all_its_calls_named_as_one_or_several() {
        for typed in ["virtualmachine", "virtualMachines"] {
            let text = noun(&recorded(), typed, 80).unwrap().unwrap();
            for call in [
                "  deploy virtualmachine (A)\n",
                "  list virtualmachines\n",
                "  stop virtualmachine (A)\n",
            ] {
                assert!(text.contains(call), "{call:?} in {text}");
            }
            let (exact, others) = text.split_once("in the name:").unwrap();
            assert!(
                !exact.contains("userdata") && others.contains("  list virtualmachinesmetrics")
            );
            assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        }
        assert_eq!(noun(&recorded(), "xyzzy", 80).unwrap(), None);
        assert_eq!(noun(&recorded(), "ma", 80).unwrap(), None);
    }

    #[test]
    fn every_noun_and_verb_of_a_real_server_has_help() {
        let catalog = recorded();
        for name in nouns(&catalog) {
            let text = noun(&catalog, &name, 80).unwrap().unwrap();
            assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        }
        for name in catalog.verbs() {
            assert!(verb(&catalog, name, 80).unwrap().is_some(), "{name}");
        }
        assert_eq!(verb(&small(), "lst", 80).unwrap(), None);
    }

    #[test]
    fn plurals_are_taken_back() {
        for (several, one) in [
            ("zones", "zone"),
            ("policies", "policy"),
            ("publicipaddresses", "publicipaddress"),
            ("publicipaddress", "publicipaddress"),
            ("status", "status"),
            ("bus", "bus"),
            ("virtualmachines", "virtualmachine"),
            ("isos", "iso"),
            ("niciss", "niciss"),
            ("", ""),
        ] {
            assert_eq!(singular(several), one, "{several}");
        }
    }
}
