//! An example of a call that runs as it stands on this cloud: an API and what the cloud has in, a line and what to say of it out.

use super::layout::{clean, paragraph};
use super::overview::singular;
use crate::catalog::names::Thing;
use crate::catalog::{Api, Catalog, Param};
use crate::cloud::Dialect;
use crate::cloud::listing::Listing;
use crate::error::Result;
use crate::line::words::quote;

/// The most fields that a list's example asks for.
const FIELDS: usize = 3;

/// A line to run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    pub line: String,
    /// What the ids on it are called, by parameter.
    named: Vec<(String, String)>,
    /// The parameters whose values are still to be put in, with what there is to say of each.
    open: Vec<(String, String)>,
}

/// What the cloud has for a parameter, by the list call; nothing where it could not be asked.
pub type Ask<'a> = dyn FnMut(&Param, &Listing) -> Option<Vec<Thing>> + 'a;

/// Makes the line; `today` is a date as the API takes it.
pub fn example(
    api: &Api,
    catalog: &Catalog,
    dialect: &dyn Dialect,
    today: &str,
    ask: &mut Ask<'_>,
) -> Result<Example> {
    let mut needs = dialect.needs(&api.name).to_vec();
    let required = api.params.iter().filter(|param| param.required);
    needs.extend(required.map(|param| param.name.as_str()));
    for rule in &api.rules {
        let given = |name: &str| needs.contains(&name).then(String::new);
        if rule.problem(&given).is_some() {
            needs.extend(rule.asks_for());
        }
    }
    let wanted = |param: &&Param| needs.contains(&param.name.as_str());
    // Of what takes things, an example has the parts that these cannot do without.
    let wanted = api.params.iter().filter(wanted).flat_map(|param| {
        let parts: Vec<Param> = param.parts().filter(|part| part.required).collect();
        if parts.is_empty() {
            vec![param.clone()]
        } else {
            parts
        }
    });
    let wanted: Vec<Param> = wanted.collect();
    let mut wanted: Vec<&Param> = wanted.iter().collect();
    wanted.sort_by_key(|param| param.name.as_str());
    wanted.dedup_by_key(|param| param.name.as_str());

    let mut example = Example::default();
    let mut given: Vec<(String, String)> = Vec::new();
    let sample = |param: &Param| dialect.sample(&api.name, param, today);
    let mut left = wanted.clone();
    // What others depend on comes first: what is in a zone is to be listed with the zone.
    left.sort_by_key(|param| param.name != "zoneid");
    for last in [false, true] {
        let mut open = Vec::new();
        for param in left {
            if let Some(value) = plain(api, param, catalog, dialect, today) {
                given.push((param.name.clone(), value));
                continue;
            }
            match choose(api, param, catalog, dialect, &given, ask)? {
                Chosen::Value(thing) => {
                    if thing.label != thing.value {
                        example.named.push((param.name.clone(), thing.label));
                    }
                    given.push((param.name.clone(), thing.value));
                }
                Chosen::Nothing(_) if !last => open.push(param),
                // What has no list here may have a usual value.
                Chosen::Nothing(_) if sample(param).is_some() => {
                    given.push((param.name.clone(), sample(param).unwrap_or_default()));
                }
                Chosen::Nothing(why) => {
                    example.open.push((param.name.clone(), why));
                    given.push((param.name.clone(), param.name.to_uppercase()));
                }
            }
        }
        left = open;
    }
    let mut line = api.words();
    for param in &wanted {
        let value = given.iter().find(|(name, _)| *name == param.name);
        let value = value.map_or("", |(_, value)| value);
        let word = match param.kind.as_str() {
            "map" if param.members.is_empty() => format!("{}[0].key={value}", param.name),
            _ => format!("{}={value}", typed(param)),
        };
        line.push(' ');
        line.push_str(&quote(&word));
    }
    if wanted.is_empty() && dialect.reads(&api.name) {
        let fields = telling(api);
        if !fields.is_empty() {
            line.push_str(&format!(" filter={}", fields.join(",")));
        }
    }
    example.line = line;
    Ok(example)
}

/// A value that needs no question.
fn plain(
    api: &Api,
    param: &Param,
    catalog: &Catalog,
    dialect: &dyn Dialect,
    today: &str,
) -> Option<String> {
    if is_id(param) {
        return None;
    }
    if let Some(value) = dialect.sample(&api.name, param, today) {
        return Some(value);
    }
    let names = catalog.names(&api.name, &param.name)?;
    names.offered("").next().map(String::from)
}

enum Chosen {
    Value(Thing),
    /// Why there is none.
    Nothing(String),
}

/// A thing of the cloud that the call can work on.
fn choose(
    api: &Api,
    param: &Param,
    catalog: &Catalog,
    dialect: &dyn Dialect,
    given: &[(String, String)],
    ask: &mut Ask<'_>,
) -> Result<Chosen> {
    let nothing = |why: &str| Ok(Chosen::Nothing(why.to_string()));
    let Some(listing) = dialect.listing(catalog, api, &typed(param), given) else {
        return nothing("");
    };
    if !listing.missing.is_empty() {
        return nothing("");
    }
    let Some(things) = ask(param, &listing) else {
        return nothing("");
    };
    // No id is taken twice, as for the two ends of something.
    let taken = |thing: &Thing| given.iter().any(|(_, value)| *value == thing.value);
    let there = !things.is_empty();
    match things.into_iter().find(|thing| thing.fits && !taken(thing)) {
        Some(thing) => Ok(Chosen::Value(thing)),
        None => {
            let thing = thing(&listing.request.api);
            let none = match there {
                true => format!("no {thing} here is as this needs it"),
                false => format!("there is no {thing} yet"),
            };
            Ok(Chosen::Nothing(match maker(&thing, catalog) {
                Some(maker) => format!("{none}: `{maker} -h` tells how to make one"),
                None => none,
            }))
        }
    }
}

/// The name as it is typed: with the first of its parts, where it has some.
fn typed(param: &Param) -> String {
    let part = param.members.first().map_or("", |part| &part.name);
    format!("{}{part}", param.name)
}

/// Whether it is a thing of the cloud that is meant.
fn is_id(param: &Param) -> bool {
    param.kind == "uuid"
        || param.name == "hypervisor"
        || (param.kind == "list" && param.name.ends_with("ids"))
}

/// What a list call lists, as one: `virtualmachine`.
fn thing(list: &str) -> String {
    let noun = list.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
    singular(&noun.to_lowercase())
}

/// The call that makes one.
fn maker(thing: &str, catalog: &Catalog) -> Option<String> {
    ["deploy", "create", "register", "add", "associate"]
        .iter()
        .find(|verb| matches!(catalog.find(verb, thing), Ok(Some(_))))
        .map(|verb| format!("{verb} {thing}"))
}

/// The fields by which the rows of a list are told apart.
fn telling(api: &Api) -> Vec<&str> {
    const TELLING: [&str; 8] = [
        "id",
        "name",
        "state",
        "username",
        "type",
        "description",
        "account",
        "domain",
    ];
    let has = |name: &&&str| api.response.iter().any(|field| field.name == **name);
    TELLING.iter().filter(has).take(FIELDS).copied().collect()
}

impl Example {
    /// What to say above the line, and the line, which is not broken: it is to be copied.
    pub fn text(&self, width: usize) -> String {
        let mut head = String::from("Example");
        if !self.named.is_empty() {
            let named = self
                .named
                .iter()
                .map(|(param, label)| format!("{param} is {label}"));
            head.push_str(&format!(" ({})", named.collect::<Vec<_>>().join(", ")));
        }
        let mut whys: Vec<&str> = Vec::new();
        for (_, why) in &self.open {
            if !why.is_empty() && !whys.contains(&why.as_str()) {
                whys.push(why);
            }
        }
        if !self.open.is_empty() {
            let open = self.open.iter().map(|(param, _)| param.to_uppercase());
            let open = open.collect::<Vec<_>>().join(", ");
            head.push_str(&format!("; put a value in for {open}"));
        }
        if !whys.is_empty() {
            head.push_str(&format!(" ({})", whys.join("; ")));
        }
        let head = paragraph(&format!("{head}:"), width);
        // Ids and names come from the cloud: nothing in them may move the cursor either.
        format!("{head}{}\n", clean(&self.line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud;
    use crate::line::testing::recorded;

    fn made(name: &str, things: &[(&str, &str, bool)]) -> Example {
        let catalog = recorded();
        let api = catalog.api(name).unwrap().unwrap();
        let things: Vec<Thing> = things
            .iter()
            .map(|(value, label, fits)| Thing {
                value: value.to_string(),
                label: label.to_string(),
                fits: *fits,
            })
            .collect();
        let mut ask = |_: &Param, _: &Listing| Some(things.clone());
        example(&api, &catalog, &*cloud::usual(), "2026-01-31", &mut ask).unwrap()
    }

    #[test]
    fn what_fits_is_taken_and_named() {
        let example = made(
            "stopVirtualMachine",
            &[("1", "old", false), ("2", "web", true)],
        );
        assert_eq!(
            example.text(80),
            "Example (id is web):\nstop virtualmachine id=2\n"
        );
    }

    #[test]
    fn what_is_not_there_is_marked_and_nothing_moves_the_cursor() {
        let example = made("stopVirtualMachine", &[]);
        assert!(example.text(80).ends_with("\nstop virtualmachine id=ID\n"));
        let example = made("stopVirtualMachine", &[("2\u{1b}[2J", "w\u{1b}[2J", true)]);
        assert!(!example.text(80).contains('\u{1b}'));
    }

    #[test]
    fn every_api_of_a_real_server_has_an_example() {
        let catalog = recorded();
        for entry in catalog.entries() {
            let things = [("1", "a", true), ("2", "b", true), ("3", "c", true)];
            let example = made(&entry.name, &things);
            assert!(example.line.starts_with(entry.verb()), "{example:?}");
        }
    }
}
