//! Which argument of a refused call is the suspicious one: the server's words and the parameters in, their names out.

use crate::line::secrets::is_secret_of;

/// Shorter values are found in a sentence by chance.
const SHORTEST: usize = 3;
/// Shorter words are too.
const SHORTEST_WORD: usize = 4;

/// The parameters that a refusal speaks of, with why they are suspected; those whose values it repeats before those that it
/// names, and those before what it names in other words.
pub fn suspects<'p>(
    text: &str,
    api: &str,
    params: &'p [(String, String)],
) -> Vec<(&'p str, String)> {
    let lower = text.to_lowercase();
    let bare: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut words: Vec<String> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .map(String::from)
        .collect();
    words.retain(|word| !word.is_empty());
    let by = |sure: &dyn Fn(&str, &str) -> bool| -> Vec<&'p (String, String)> {
        let mut found = params.iter();
        found
            .by_ref()
            .filter(|(name, value)| sure(name, value))
            .collect()
    };
    let repeated = by(&|name, value| {
        value.len() >= SHORTEST && !is_secret_of(api, params, name) && text.contains(value)
    });
    if !repeated.is_empty() {
        return told(&repeated, |value| format!("the refusal repeats {value}"));
    }
    let named = by(&|name, _| words.contains(&name.to_lowercase()));
    if !named.is_empty() {
        return told(&named, |_| "the refusal names it".into());
    }
    let meant = by(&|name, _| {
        let thing = thing(name);
        thing.len() >= SHORTEST_WORD && bare.contains(&thing)
    });
    told(&meant, |_| "the refusal speaks of such a thing".into())
}

fn told<'p>(
    found: &[&'p (String, String)],
    why: impl Fn(&str) -> String,
) -> Vec<(&'p str, String)> {
    found
        .iter()
        .map(|(name, value)| (name.as_str(), why(value)))
        .collect()
}

/// What a parameter names: `host` of hostname, `serviceoffering` of serviceofferingid, `network` of
/// iptonetworklist[0].networkid.
fn thing(param: &str) -> String {
    let member = param.rsplit(['.', ']']).next().unwrap_or(param);
    let member = if member.is_empty() { param } else { member };
    let lower: String = member
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    for ending in ["ids", "id", "names", "name", "no"] {
        if let Some(thing) = lower.strip_suffix(ending).filter(|thing| !thing.is_empty()) {
            return thing.to_string();
        }
    }
    lower
}

/// What a value begins with and no name of the others does, with what theirs begin with: `kc2` and `jp2`. Nothing where the
/// others have no beginning in common, or this one has it too.
pub fn beginnings<'v>(value: &'v str, others: &[&'v str]) -> Option<(&'v str, &'v str)> {
    let begin = |text: &'v str| text.split_once(['-', '_', '.']).map(|(begin, _)| begin);
    let own = begin(value).filter(|begin| !begin.is_empty())?;
    let theirs = begin(others.first()?).filter(|begin| !begin.is_empty())?;
    let same = others.iter().all(|other| begin(other) == Some(theirs));
    (same && !theirs.eq_ignore_ascii_case(own)).then_some((own, theirs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, params: &[(&str, &str)]) -> Vec<String> {
        let params: Vec<(String, String)> = params
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        suspects(text, "deployVirtualMachine", &params)
            .into_iter()
            .map(|(name, _)| name.to_string())
            .collect()
    }

    #[test]
    fn the_servers_words_give_the_argument_away() {
        let premium = [
            ("name", "test"),
            ("zoneid", "z1"),
            ("templateid", "t1"),
            ("serviceofferingid", "s1"),
            ("hostname", "kc2-west01-Losv-000031"),
            ("iptonetworklist[0].networkid", "n1"),
        ];
        for (text, expected) in [
            ("The Host you specified could not be found.", "hostname"),
            ("Unable to find service offering", "serviceofferingid"),
            ("Invalid network", "iptonetworklist[0].networkid"),
            ("Invalid parameter templateid value=t1", "templateid"),
            ("no such kc2-west01-Losv-000031", "hostname"),
        ] {
            assert_eq!(names(text, &premium), [expected], "{text}");
        }
        assert!(names("Internal error", &premium).is_empty());
        assert!(names("", &[]).is_empty());
        // A password is not told by being recognised.
        assert!(names("hunter2 is too short", &[("password", "hunter2")]).is_empty());
    }

    #[test]
    fn a_name_of_another_place_begins_otherwise() {
        let hosts = ["jp2-east03-Losv-003271", "jp2-east03-Losv-003272"];
        let found = beginnings("kc2-west01-Losv-000031", &hosts);
        assert_eq!(found, Some(("kc2", "jp2")));
        assert_eq!(beginnings("jp2-west01-Losv-000031", &hosts), None);
        assert_eq!(beginnings("web", &hosts), None);
        assert_eq!(beginnings("kc2-a", &["jp2-a", "us1-b"]), None);
        assert_eq!(beginnings("kc2-a", &[]), None);
    }
}
