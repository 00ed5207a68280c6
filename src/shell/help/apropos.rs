//! What has to do with a word: the search through names and descriptions of calls, built-ins, settings and topics.

use super::overview::{first_sentence, singular};
use super::topics::TOPICS;
use crate::catalog::{Api, Catalog};
use crate::config::settings::SETTINGS;
use crate::error::Result;

/// Something that has to do with the words.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What to type to get it.
    pub words: String,
    pub about: String,
}

/// How near a word comes to a thing, the nearest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    Name,
    PartOfName,
    About,
    Parameter,
}

/// What has to do with all the words, best first; `builtins` are names with what they do.
pub fn search(
    words: &[String],
    catalog: &Catalog,
    builtins: &[(&str, &str)],
) -> Result<Vec<Found>> {
    let words: Vec<String> = words.iter().map(|word| stem(word)).collect();
    let mut found = Vec::new();
    let mut take = |nearness: Option<Vec<Nearness>>, thing: Found| {
        found.extend(nearness.map(|nearness| (nearness, thing)));
    };
    for entry in catalog.entries() {
        let Some(api) = catalog.api(&entry.name)? else {
            continue;
        };
        let mark = if api.asynchronous { " (A)" } else { "" };
        let thing = Found {
            words: format!("{}{mark}", api.words()),
            about: about(&api, &words),
        };
        take(
            nearness(&words, |word| of_api(&api, &entry.noun(), word)),
            thing,
        );
    }
    let plain = |name: &str, about: &str, word: &str| of_name(name, word).or(of_text(about, word));
    for (name, about) in builtins {
        let thing = Found {
            words: name.to_string(),
            about: about.to_string(),
        };
        take(nearness(&words, |word| plain(name, about, word)), thing);
    }
    for setting in SETTINGS {
        let thing = Found {
            words: format!("set {}", setting.name),
            about: setting.about.to_string(),
        };
        let near = nearness(&words, |word| plain(setting.name, setting.about, word));
        take(near, thing);
    }
    for topic in TOPICS {
        let thing = Found {
            words: format!("help {}", topic.name),
            about: topic.about.to_string(),
        };
        let near = nearness(&words, |word| plain(topic.name, topic.about, word));
        take(near, thing);
    }
    // Within the same nearness the catalogue's order stays.
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found.into_iter().map(|(_, thing)| thing).collect())
}

/// How near each word comes; nothing where one is nowhere.
fn nearness(words: &[String], of: impl Fn(&str) -> Option<Nearness>) -> Option<Vec<Nearness>> {
    let mut all = words
        .iter()
        .map(|word| of(word))
        .collect::<Option<Vec<_>>>()?;
    all.sort();
    all.reverse();
    Some(all)
}

fn of_api(api: &Api, noun: &str, word: &str) -> Option<Nearness> {
    let whole = stem(noun) == word || api.name.eq_ignore_ascii_case(word);
    if whole {
        return Some(Nearness::Name);
    }
    let verb = api.name.len() - noun.len();
    if api.name.get(..verb).is_some_and(|verb| verb == word) {
        return Some(Nearness::Name);
    }
    of_name(&api.name, word)
        .or(of_text(&api.description, word))
        .or_else(|| {
            let params = api.params.iter();
            let mut named = params.filter(|param| param.name.to_lowercase().contains(word));
            named.next().map(|_| Nearness::Parameter)
        })
}

fn of_name(name: &str, word: &str) -> Option<Nearness> {
    let name = name.to_lowercase();
    match name.contains(word) {
        true if stem(&name) == word => Some(Nearness::Name),
        true => Some(Nearness::PartOfName),
        false => None,
    }
}

fn of_text(text: &str, word: &str) -> Option<Nearness> {
    text.to_lowercase()
        .contains(word)
        .then_some(Nearness::About)
}

/// What the API does, and the parameters that have the words in their names where nothing else of it has.
fn about(api: &Api, words: &[String]) -> String {
    let said = first_sentence(&api.description);
    let elsewhere = |word: &&String| {
        of_name(&api.name, word).is_none() && of_text(&api.description, word).is_none()
    };
    let mut params: Vec<&str> = Vec::new();
    for word in words.iter().filter(elsewhere) {
        let named = api.params.iter().map(|param| param.name.as_str());
        params.extend(named.filter(|name| name.to_lowercase().contains(word.as_str())));
    }
    params.sort_unstable();
    params.dedup();
    match (params.is_empty(), said) {
        (true, said) => said.to_string(),
        (false, "") => format!("takes {}", params.join(", ")),
        (false, said) => format!("{said} (takes {})", params.join(", ")),
    }
}

/// The word as it is looked for: in lower case, and one for several.
fn stem(word: &str) -> String {
    let word = word.to_lowercase();
    match word.chars().count() {
        0..4 => word,
        _ => singular(&word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::testing::recorded;

    fn found(words: &str) -> Vec<String> {
        let words: Vec<String> = words.split(' ').map(String::from).collect();
        let builtins = [("jobs", "Lists calls"), ("set", "Shows all settings")];
        let found = search(&words, &recorded(), &builtins).unwrap();
        found.into_iter().map(|found| found.words).collect()
    }

    #[test]
    fn the_thing_itself_comes_before_what_only_mentions_it() {
        let zones = found("zones");
        assert!(zones[..4].contains(&"list zones".to_string()), "{zones:?}");
        let place = |words: &str| zones.iter().position(|found| found == words).unwrap();
        assert!(
            place("update zone") < place("list hypervisors"),
            "{zones:?}"
        );
        assert_eq!(found("jobs")[0], "jobs");
        assert_eq!(found("OUTPUT")[..2], ["set output", "help output"]);
    }

    #[test]
    fn all_words_count_and_parameters_are_told() {
        let all = found("list template");
        assert_eq!(all[0], "list templates");
        assert!(
            all.iter().any(|words| words == "list templatepermissions"),
            "{all:?}"
        );
        let words = ["templatefilter".to_string()];
        let told = search(&words, &recorded(), &[]).unwrap();
        assert!(
            told.iter()
                .any(|found| found.about == "takes templatefilter"),
            "{told:?}"
        );
        assert!(found("xyzzy").is_empty());
        assert!(found("zones xyzzy").is_empty());
    }
}
