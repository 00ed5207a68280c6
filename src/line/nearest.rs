//! Did you mean: in come a misspelt name and the names there are, out come the nearest few, best first.

/// Nobody misspells a longer name by a letter or two; it is something else.
const LONGEST: usize = 64;

/// How a name resembles what was typed, best first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Misspelt(usize),
    CutShort(usize),
    PartOf(usize),
}

/// The names nearest to what was typed, in any case, at most `most` of them.
pub fn nearest<S: AsRef<str>>(
    typed: &str,
    names: impl IntoIterator<Item = S>,
    most: usize,
) -> Vec<String> {
    let typed = typed.to_lowercase();
    if typed.is_empty() || typed.len() > LONGEST {
        return Vec::new();
    }
    let mut found: Vec<(Likeness, String)> = names
        .into_iter()
        .filter(|name| !name.as_ref().is_empty())
        .filter_map(|name| Some((likeness(&typed, name.as_ref())?, name.as_ref().to_string())))
        .collect();
    found.sort();
    found.dedup();
    if let Some((Likeness::Misspelt(best), _)) = found.first() {
        let worst = best + 1;
        found.retain(|(likeness, _)| !matches!(likeness, Likeness::Misspelt(n) if *n > worst));
    }
    found.into_iter().map(|(_, name)| name).take(most).collect()
}

/// The nearest names as a question, each in backquotes; None when nothing is near.
pub fn did_you_mean(names: &[String]) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    Some(format!("did you mean {}?", quoted.join(", ")))
}

fn likeness(typed: &str, name: &str) -> Option<Likeness> {
    let name = name.to_lowercase();
    let letters = typed.chars().count();
    let distance = strsim::osa_distance(typed, &name);
    if distance <= (letters / 3).max(1) {
        Some(Likeness::Misspelt(distance))
    } else if letters >= 2 && name.starts_with(typed) {
        Some(Likeness::CutShort(distance))
    } else if letters >= 4 && name.contains(typed) {
        Some(Likeness::PartOf(distance))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_and_strangers_not_at_all() {
        let nouns = ["users", "userdata", "zones", "virtualmachines", "volumes"];
        let table: &[(&str, &[&str])] = &[
            ("user", &["users", "userdata"]),
            ("USRES", &["users"]),
            ("machines", &["virtualmachines"]),
            ("vol", &["volumes"]),
            ("xyzzy", &[]),
            ("", &[]),
        ];
        for (typed, expected) in table {
            assert_eq!(nearest(typed, nouns, 4), *expected, "{typed}");
        }
        assert_eq!(nearest("users", nouns, 1), ["users"]);
        assert!(nearest(&"u".repeat(1 << 24), nouns, 4).is_empty());
    }

    #[test]
    fn the_question_names_each() {
        let names = ["list users".to_string(), "list userdata".to_string()];
        assert_eq!(
            did_you_mean(&names).unwrap(),
            "did you mean `list users`, `list userdata`?"
        );
        assert_eq!(did_you_mean(&[]), None);
    }
}
