//! `completions`: scripts that teach other shells to complete the program's words, made of the flags that clap has and of a
//! template a shell; all else they ask `complete` for when Tab is pressed.

use clap::{Arg, Command, ValueHint};

use super::{Builtin, first_word};
use crate::cli::flags;
use crate::config::settings;
use crate::error::{Error, Result};
use crate::line::nearest::{did_you_mean, nearest};
use crate::shell::session::{Session, Shown};

pub const COMPLETIONS: Builtin = Builtin {
    name: "completions",
    args: "bash|zsh|fish",
    about: "Prints a script that completes capuchin's words in your shell",
    run,
    words: |_, given| first_word(given, &SHELLS.map(|(name, _)| name)),
};

const SHELLS: [(&str, &str); 3] = [
    ("bash", include_str!("../completions/bash.txt")),
    ("zsh", include_str!("../completions/zsh.txt")),
    ("fish", include_str!("../completions/fish.txt")),
];

/// The flags that say which cloud is meant and who calls, and so which catalogue.
const PASSED: [&str; 3] = ["config", "profile", "url"];

fn run(_: &mut Session, args: &[String]) -> Result<Shown> {
    let names = SHELLS.map(|(name, _)| name);
    let [shell] = args else {
        return Err(Error::line("completions needs the name of one shell")
            .hint(format!("there are {}", names.join(", "))));
    };
    script(shell).map(Shown::Text).ok_or_else(|| {
        let error = Error::line(format!("there are no completions for {shell}"));
        match did_you_mean(&nearest(shell, names, 1)) {
            Some(question) => error.hint(question),
            None => error.hint(format!("there are {}", names.join(", "))),
        }
    })
}

/// The script for that shell.
fn script(shell: &str) -> Option<String> {
    let (_, template) = SHELLS.iter().find(|(name, _)| *name == shell)?;
    let mut command = flags::command();
    command.build();
    let flags = Flags::of(&command);
    let fish = shell == "fish";
    // What may follow a long name and its `=` in a pattern.
    let (any, end) = if fish { ("", "$") } else { ("*", "") };
    let joined = |passed: bool| -> Vec<String> {
        let those = flags.taking.iter().filter(|flag| flag.passed == passed);
        those.map(|flag| format!("--{}={any}", flag.long)).collect()
    };
    let alone = flags.alone.iter().map(|name| format!("{name}{end}"));
    let others: Vec<String> = alone.chain(joined(false)).collect();
    let names = |is: &dyn Fn(&&Flag) -> bool| -> String {
        let those = flags
            .taking
            .iter()
            .filter(is)
            .flat_map(|flag| flag.names.clone());
        those.collect::<Vec<_>>().join("|")
    };
    let asked: Vec<String> = flags
        .taking
        .iter()
        .filter_map(|flag| Some((flag, flag.asked()?)))
        .map(|(flag, asked)| format!("{}) asked=\"{asked}$typed\" ;;", flag.names.join("|")))
        .collect();
    let mut all: Vec<String> = flags.alone.clone();
    all.extend(flags.taking.iter().flat_map(|flag| flag.names.clone()));
    all.sort();
    let text = template
        .replace("{passed}", &names(&|flag| flag.passed))
        .replace("{taking}", &names(&|_| true))
        .replace("{passed_joined}", &joined(true).join("|"))
        .replace("{others}", &others.join("|"))
        .replace("{asked_cases}", &asked.join("\n        "))
        .replace("{file_cases}", &names(&|flag| flag.file))
        .replace("{flags}", &all.join(" "))
        .replace("{fish_flags}\n", &fish_flags(&command));
    Some(text)
}

/// The program's flags, as far as the scripts have to know them.
struct Flags {
    taking: Vec<Flag>,
    /// The names of those that take no value.
    alone: Vec<String>,
}

/// One that takes a value.
struct Flag {
    long: String,
    /// With their dashes.
    names: Vec<String>,
    passed: bool,
    file: bool,
}

impl Flags {
    fn of(command: &Command) -> Flags {
        let (taking, alone): (Vec<&Arg>, Vec<&Arg>) = command
            .get_arguments()
            .partition(|arg| arg.get_action().takes_values());
        let flag = |arg: &&Arg| Flag {
            long: arg.get_long().unwrap_or_default().to_string(),
            names: names(arg),
            passed: PASSED.contains(&arg.get_id().as_str()),
            file: arg.get_value_hint() == ValueHint::FilePath,
        };
        Flags {
            taking: taking.iter().map(flag).collect(),
            alone: alone.iter().flat_map(|arg| names(arg)).collect(),
        }
    }
}

impl Flag {
    /// The beginning of the line whose completion tells the flag's values.
    fn asked(&self) -> Option<String> {
        match self.long.as_str() {
            "profile" => Some("profile use ".into()),
            long if self.passed || settings::find(long).is_none() => None,
            long => Some(format!("set {long} ")),
        }
    }
}

fn names(arg: &Arg) -> Vec<String> {
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    short.into_iter().chain(long).collect()
}

/// A line for each flag; fish shows what they are for.
fn fish_flags(command: &Command) -> String {
    let line = |arg: &Arg| {
        let mut line = String::from("complete -c capuchin");
        if let Some(short) = arg.get_short() {
            line.push_str(&format!(" -s {short}"));
        }
        if let Some(long) = arg.get_long() {
            line.push_str(&format!(" -l {long}"));
        }
        if arg.get_action().takes_values() {
            let flags = Flags::of(command).taking;
            let flag = flags
                .iter()
                .find(|flag| Some(flag.long.as_str()) == arg.get_long());
            match flag.map(|flag| (flag.file, flag.asked())) {
                Some((true, _)) => line.push_str(" -r -F"),
                Some((_, Some(asked))) => {
                    line.push_str(&format!(" -x -a '(__capuchin_offer {asked})'"));
                }
                _ => line.push_str(" -x"),
            }
        }
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        format!("{line} -d '{}'\n", help.replace('\'', "\\'"))
    };
    command.get_arguments().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_template_is_left_open() {
        for (shell, _) in SHELLS {
            let script = script(shell).unwrap();
            let open = ["passed", "taking", "others", "cases", "flags"]
                .iter()
                .any(|name| script.contains(&format!("{name}}}")));
            assert!(!open, "{script}");
            assert!(script.contains("profile use"), "{script}");
        }
        assert_eq!(script("tcsh"), None);
    }
}
