//! Refusals that leave open what is wrong, told apart by what the catalogues know: a name that is none, a command that is for
//! others, or who calls.

use crate::catalog::Catalog;
use crate::cloud::Shipped;
use crate::error::{Doubt, Error};
use crate::line::nearest::{did_you_mean, nearest};

/// Where a command is known.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    /// In the catalogue that this cloud told this identity.
    Here,
    /// In a catalogue that stands in for this cloud's own.
    Supposed,
    /// Only in the shipped catalogue of a known server.
    Elsewhere,
    Nowhere,
}

/// Gives a refusal of the call `name` the hints that the catalogues allow; `own` is whether a shipped catalogue is of this very
/// kind of cloud, and `shipped` is asked for only where it can help.
pub fn told_apart(
    mut error: Error,
    name: &str,
    here: &Catalog,
    own: bool,
    shipped: impl FnOnce() -> Option<Shipped>,
) -> Error {
    let Some(doubt) = error.said.as_ref().and_then(|said| said.doubt) else {
        return error;
    };
    let entries = here.entries().iter();
    let here_names: Vec<&str> = entries.map(|entry| entry.name.as_str()).collect();
    let has = here_names.contains(&name);
    let shipped = if has { None } else { shipped() };
    let apis = shipped.iter().flat_map(|shipped| &shipped.apis);
    let there_names: Vec<&str> = apis.map(|api| api.name.as_str()).collect();
    let known = match (has, here.shipped()) {
        (true, false) => Known::Here,
        // What its vendor's documents have is there, whoever may call it.
        (true, true) if own && doubt == Doubt::Caller => Known::Here,
        (true, true) => Known::Supposed,
        (false, _) if there_names.contains(&name) => Known::Elsewhere,
        (false, _) => Known::Nowhere,
    };
    let unauthorized = error.code == Some(401);
    error.hints = match (known, doubt) {
        (Known::Here, Doubt::Caller) => vec![
            "the catalogue has this call, so it is the API key, its secret, the clock, or a user who is disabled"
                .into(),
            "`set apikey KEY` and `set secretkey SECRET` put a wrong pair right".into(),
        ],
        (Known::Here, Doubt::Command) => vec![
            "the catalogue has this call, and now it is refused to this identity: `sync` asks anew what it may call"
                .into(),
        ],
        (Known::Supposed, _) => vec![
            "this cloud tells no catalogue of its own, so it may not have the call, or have it for another role only"
                .into(),
        ],
        (Known::Elsewhere, _) => {
            vec![not_offered(shipped.map_or("", |shipped| shipped.of), name)]
        }
        (Known::Nowhere, _) => {
            let mut near = nearest(name, here_names, 4);
            if near.is_empty() {
                near = nearest(name, there_names, 4);
            }
            vec![match did_you_mean(&near) {
                Some(question) => format!("no catalogue has the call {name}: {question}"),
                None => format!("no catalogue has the call {name}: `help` lists those that there are"),
            }]
        }
    };
    if unauthorized && (known, doubt) != (Known::Here, Doubt::Caller) {
        error.hints.push(
            "a wrong key or secret is refused in the same words: `sync` tells whether they are right"
                .into(),
        );
    }
    error
}

/// Adds to the error about a line that names nothing here that a known server has it, if so.
pub fn elsewhere(
    error: Error,
    words: &[&str],
    here: &Catalog,
    shipped: impl FnOnce() -> Option<Shipped>,
) -> Error {
    let Some(first) = words.first() else {
        return error;
    };
    let noun = words.get(1).copied().unwrap_or_default();
    let found = |catalog: &Catalog| {
        let found = catalog.find(first, noun).ok().flatten();
        found.or_else(|| catalog.api(first).ok().flatten())
    };
    if found(here).is_some() {
        return error;
    }
    let Some(Shipped { of, apis }) = shipped() else {
        return error;
    };
    match found(&Catalog::of(apis)) {
        Some(api) => error.hint(not_offered(of, &api.name)),
        None => error,
    }
}

fn not_offered(of: &str, api: &str) -> String {
    format!(
        "{of} has {api}, and this cloud does not offer it to this identity: it is for another role (an administrator's key?), or too new for this cloud"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Api;
    use crate::error::{Kind, Said};

    fn apis(names: &[&str]) -> Vec<Api> {
        let apis = names.iter().map(|name| Api {
            name: name.to_string(),
            ..Api::default()
        });
        apis.collect()
    }

    fn hints(name: &str, code: u32, doubt: Option<Doubt>, here: &Catalog) -> String {
        let mut error = Error::new(Kind::Refused, "no").hint("what the code says");
        error.code = Some(code);
        error.said = Some(Box::new(Said {
            doubt,
            ..Said::default()
        }));
        let shipped = || {
            Some(Shipped {
                of: "CloudStack 4.11",
                apis: apis(&["listHosts", "listUsers", "listVPCs"]),
            })
        };
        told_apart(error, name, here, false, shipped)
            .hints
            .join("\n")
    }

    #[test]
    fn the_catalogues_tell_what_is_wrong() {
        let here = Catalog::of(apis(&["listUsers", "listZones"]));
        let supposed = Catalog::of(apis(&["listUsers"])).as_shipped(true);
        let (caller, command) = (Some(Doubt::Caller), Some(Doubt::Command));
        for (name, code, doubt, here, expected) in [
            ("listUsers", 401, caller, &here, "so it is the API key"),
            ("listUsers", 432, command, &here, "`sync` asks anew"),
            ("listUsers", 401, command, &here, "`sync` tells whether"),
            ("listHosts", 432, command, &here, "for another role"),
            ("listHosts", 401, command, &here, "for another role"),
            ("listHosts", 401, caller, &here, "`sync` tells whether"),
            ("listVpcs", 401, command, &here, "did you mean `listVPCs`"),
            ("makeCoffee", 403, command, &here, "`help` lists those"),
            (
                "listUsers",
                401,
                caller,
                &supposed,
                "no catalogue of its own",
            ),
            ("listUsers", 535, None, &here, "what the code says"),
        ] {
            let told = hints(name, code, doubt, here);
            assert!(told.contains(expected), "{name} {code}: {told}");
        }
        assert!(!hints("listHosts", 432, command, &here).contains("wrong key"));
    }

    #[test]
    fn a_line_for_another_role_is_known_elsewhere() {
        let here = Catalog::of(apis(&["listUsers"]));
        let told = |words: &[&str]| {
            let shipped = Shipped {
                of: "CloudStack 4.11",
                apis: apis(&["listHosts", "listUsers"]),
            };
            elsewhere(Error::line("no"), words, &here, || Some(shipped)).hints
        };
        assert!(told(&["list", "hosts"])[0].contains("CloudStack 4.11 has listHosts"));
        assert!(told(&["listHosts"])[0].contains("another role"));
        for words in [&["list", "users"][..], &["list", "nothing"], &["list"], &[]] {
            assert!(told(words).is_empty(), "{words:?}");
        }
    }
}
