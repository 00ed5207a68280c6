//! The process's arguments: which flags there are, and which of the three ways of use they ask for.

mod cmk;
pub mod flags;

use std::ffi::OsString;
use std::io::{IsTerminal, stdin};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;

use self::cmk::Cmk;
use self::flags::Cli;
use crate::config::Places;
use crate::config::resolve::{Flags, Origin};
use crate::error::{Error, Result};
use crate::line::options;
use crate::shell::editor::Terminal;
use crate::shell::session::{Env, Mode, Session, line_words};
use crate::shell::{repl, script};
use crate::ui::Ui;

/// Does what the arguments ask for and gives the exit status.
pub fn run(args: impl Iterator<Item = OsString>) -> u8 {
    let env: Env = Arc::new(|name| std::env::var(name).ok());
    let args: Vec<OsString> = args.collect();
    let early = Early::of(&args, &env);
    if cmk::is_called(&args) {
        return match Cmk::try_parse_from(args) {
            Ok(cmk) => as_cmk(cmk, &env).unwrap_or_else(|error| early.tell(&error)),
            Err(why) => {
                let _ = why.print();
                if why.use_stderr() { 2 } else { 0 }
            }
        };
    }
    let (flags, words) = match split(args.into_iter()) {
        Ok(split) => split,
        Err(error) => return early.tell(&error),
    };
    let cli = match Cli::try_parse_from(flags) {
        Ok(cli) => cli,
        Err(why) if why.use_stderr() && early.json => return early.tell(&line_error(&why)),
        Err(why) => {
            // Help and version are data and no failure; clap knows where each goes.
            let _ = why.print();
            return if why.use_stderr() { 2 } else { 0 };
        }
    };
    start(cli, &words, env).unwrap_or_else(|error| early.tell(&error))
}

/// How errors are told before the settings are known.
struct Early {
    no_color: bool,
    json: bool,
}

impl Early {
    fn of(args: &[OsString], env: &Env) -> Early {
        let words: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
        let form = options::output(&words).or_else(|| env("CAPUCHIN_OUTPUT"));
        Early {
            no_color: env("NO_COLOR").is_some_and(|value| !value.is_empty()),
            json: form.is_some_and(|form| form.eq_ignore_ascii_case("json")),
        }
    }

    fn tell(&self, error: &Error) -> u8 {
        let ui = Ui::new(self.no_color);
        if self.json {
            ui.error_json(error);
        } else {
            ui.error(error);
        }
        error.status()
    }
}

/// What clap says of wrong flags, which it writes with a label and a blank line before each thing to do.
fn line_error(why: &clap::Error) -> Error {
    let text = why.render().to_string();
    let mut parts = text
        .split("\n\n")
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let message = parts.next().unwrap_or_default();
    let error = Error::line(message.trim_start_matches("error: "));
    parts.fold(error, |error, part| {
        error.hint(part.trim_start_matches("tip: "))
    })
}

fn start(cli: Cli, words: &[String], env: Env) -> Result<u8> {
    if cli.file.is_some() && !words.is_empty() {
        return Err(Error::line(format!(
            "-f runs a file, and {} is a command: which of the two?",
            words.join(" ")
        )));
    }
    let mode = match (&cli.file, words, stdin().is_terminal()) {
        (Some(_), ..) => Mode::Script { stdin: false },
        (None, [_, ..], _) => Mode::OneShot,
        (None, [], true) => Mode::Prompt,
        (None, [], false) => Mode::Script { stdin: true },
    };
    let places = Places::find(cli.config.as_deref(), &*env)?;
    let flags = Flags {
        profile: cli.profile,
        url: cli.url,
        output: cli.output,
        ..Flags::default()
    };
    let mut session = Session::open(places, env, flags, mode)?;
    session.keep_going = cli.keep_going;
    for given in &cli.var {
        session.set_variable(given)?;
    }
    introduce(&session);
    work(session, cli.file, words)
}

fn as_cmk(cmk: Cmk, env: &Env) -> Result<u8> {
    let (session, words) = cmk::session(cmk, env)?;
    work(session, None, &words)
}

/// Does what the session was opened for.
fn work(mut session: Session, file: Option<PathBuf>, words: &[String]) -> Result<u8> {
    session.tell_left();
    match (file, session.mode) {
        (Some(path), _) => script::run_file(&mut session, &path).map(|ended| ended.status),
        (None, Mode::OneShot) => Ok(session.execute_words(words).status),
        (None, Mode::Script { .. }) => script::run_stdin(&mut session).map(|ended| ended.status),
        (None, Mode::Prompt) => {
            let mut terminal = Terminal::open()?;
            Ok(repl::run(&mut session, &mut terminal))
        }
    }
}

/// Says which cloud this is, where somebody reads along and may not know.
fn introduce(session: &Session) {
    let unasked = session.flags.profile.is_none() && session.file.current().is_none();
    if session.resolved.origin == Origin::Demo
        && unasked
        // A note has said it already.
        && session.resolved.notes.is_empty()
        && (session.mode == Mode::Prompt || std::io::stderr().is_terminal())
    {
        session.ui.say(
            "No profile is configured: this is the built-in demo cloud (`profile add NAME` is for a real one).",
        );
    }
}

/// The program's own flags, wherever they stand, apart from the words of the command.
fn split(args: impl Iterator<Item = OsString>) -> Result<(Vec<String>, Vec<String>)> {
    let command = flags::command();
    let own = |flag: &str| {
        command.get_arguments().find(|arg| {
            flag.strip_prefix("--").map_or_else(
                || {
                    arg.get_short()
                        .is_some_and(|short| flag == format!("-{short}"))
                },
                |long| arg.get_long() == Some(long),
            )
        })
    };
    let settings = line_words();
    let mut flags = Vec::new();
    let mut words: Vec<String> = Vec::new();
    // What stands on every line may stand before the command as well.
    let mut early = Vec::new();
    let mut args = args.enumerate().map(|(index, arg)| {
        arg.into_string().map_err(|arg| {
            Error::line(format!(
                "argument {index} is not UTF-8 text: {}",
                arg.display()
            ))
        })
    });
    if let Some(program) = args.next() {
        flags.push(program?);
    }
    while let Some(arg) = args.next() {
        let arg = arg?;
        let name = arg.split('=').next().unwrap_or(&arg).to_string();
        let shell = words
            .first()
            .is_some_and(|word| word == "shell" || word.starts_with('!'));
        // A profile that is added has an address of its own.
        let added = name == "--url"
            && matches!(&words[..], [first, second, ..] if first == "profile" && second == "add");
        if shell || added || !arg.starts_with('-') {
            words.push(arg);
        } else if arg == "--" {
            for arg in args.by_ref() {
                words.push(arg?);
            }
        } else if let Some(flag) = own(&name) {
            let takes_value = flag.get_action().takes_values() && name == arg;
            flags.push(arg);
            if takes_value && let Some(value) = args.next() {
                flags.push(value?);
            }
        } else if !words.is_empty() {
            words.push(arg);
        } else if settings.contains(&name.trim_start_matches("--")) {
            let value = if name == arg { args.next() } else { None };
            early.push(match value {
                Some(value) => format!("{name}={}", value?),
                None => arg,
            });
        } else if arg == options::YES || arg == options::REVEAL {
            early.push(arg);
        } else {
            flags.push(arg);
        }
    }
    words.extend(early);
    Ok((flags, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> (String, String) {
        let args = std::iter::once("capuchin").chain(line.split(' '));
        let (flags, words) = split(args.map(OsString::from)).unwrap();
        (flags[1..].join(" "), words.join(" "))
    }

    #[test]
    fn flags_stand_before_or_after_the_command() {
        for (line, flags, words) in [
            ("list users", "", "list users"),
            ("list users -o json", "-o json", "list users"),
            ("-o json list users", "-o json", "list users"),
            (
                "--output=json list users id=-1",
                "--output=json",
                "list users id=-1",
            ),
            (
                "list users -p prod --filter=id",
                "-p prod",
                "list users --filter=id",
            ),
            ("--filter=id list users", "", "list users --filter=id"),
            ("--filter id list users", "", "list users --filter=id"),
            (
                "--yes -o json destroy virtualmachine id=1",
                "-o json",
                "destroy virtualmachine id=1 --yes",
            ),
            ("list users -h", "", "list users -h"),
            ("-h", "-h", ""),
            ("--version", "--version", ""),
            ("--bogus", "--bogus", ""),
            ("shell ls -o x", "", "shell ls -o x"),
            ("-- list users -o json", "", "list users -o json"),
        ] {
            assert_eq!(
                parts(line),
                (flags.to_string(), words.to_string()),
                "{line}"
            );
        }
    }

    #[test]
    fn help_fits_a_terminal_of_80_columns() {
        let help = flags::command().render_help().to_string();
        assert!(
            help.lines().all(|line| line.chars().count() <= 80),
            "{help}"
        );
        assert!(help.contains("--output"), "{help}");
    }
}
