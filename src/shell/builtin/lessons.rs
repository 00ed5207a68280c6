//! What help says of the built-ins beyond their own entries: the group that each is told in, and a line to try.

/// The groups in which help tells the built-ins, with the names in each.
pub const GROUPS: &[(&str, &[&str])] = &[
    ("Help", &["help", "apropos", "explain", "man"]),
    (
        "The cloud",
        &[
            "sync",
            "catalog",
            "api",
            "on",
            "jobs",
            "doctor",
            "login",
            "logout",
            "datacenter",
            "devcloud",
        ],
    ),
    (
        "This program",
        &["set", "profile", "history", "complete", "completions"],
    ),
    (
        "Scripts and the shell",
        &["source", "let", "for", "end", "shell", "watch", "batch"],
    ),
    ("Tests", &["test", "assert", "expect-error"]),
    ("Leaving", &["exit", "quit", "EOF"]),
];

/// A line to try for each that takes words.
const EXAMPLES: &[(&str, &str)] = &[
    ("api", "api listZones available=true"),
    ("apropos", "apropos snapshot"),
    ("assert", "assert $vm.state == Running"),
    ("catalog", "catalog diff"),
    ("complete", "complete 'list zones av'"),
    (
        "completions",
        "capuchin completions bash > ~/.local/share/bash-completion/completions/capuchin",
    ),
    (
        "datacenter",
        "datacenter deploy scenarios/datacenter/advanced.cfg --dry-run",
    ),
    ("devcloud", "devcloud seed large"),
    ("doctor", "doctor list zones"),
    ("explain", "explain 431"),
    ("expect-error", "expect-error 431 list zones id=nope"),
    ("for", "for word in snapshot volume\n  apropos $word\nend"),
    ("help", "help list"),
    ("history", "history 20"),
    ("jobs", "jobs all"),
    ("let", "let zones = list zones"),
    ("login", "login username=admin"),
    ("man", "capuchin man | man -l -"),
    ("on", "on all list virtualmachines filter=name,state"),
    ("profile", "profile add prod"),
    ("set", "set output json"),
    ("shell", "!date"),
    ("source", "source setup.txt"),
    ("sync", "sync"),
    ("test", "test scenarios"),
    ("watch", "watch 5 list virtualmachines filter=name,state"),
];

/// The line to try for the built-in of that name.
pub fn example(name: &str) -> Option<&'static str> {
    let mut examples = EXAMPLES.iter();
    examples.find_map(|(known, line)| (*known == name).then_some(*line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::builtin::BUILTINS;
    use crate::shell::builtin::help::short;

    #[test]
    fn every_built_in_is_in_one_group_and_what_takes_words_has_an_example() {
        for builtin in BUILTINS {
            let groups = GROUPS
                .iter()
                .filter(|(_, names)| names.contains(&builtin.name));
            assert_eq!(groups.count(), 1, "the groups of {}", builtin.name);
            assert!(
                builtin.args.is_empty() || example(builtin.name).is_some(),
                "no example of {}",
                builtin.name
            );
        }
    }

    #[test]
    fn a_loop_is_shown_whole() {
        let example = example("for").unwrap_or_default();
        assert!(example.starts_with("for ") && example.ends_with("\nend"));
    }

    #[test]
    fn every_built_in_fits_on_one_line() {
        for builtin in BUILTINS {
            let about = short(builtin.about);
            assert!(about.chars().count() <= 64, "{about}");
        }
    }
}
