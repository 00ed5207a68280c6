//! `watch`: carries a reading command out again and again, on a terminal in its place with what changed marked.

use std::time::Duration;

use jiff::Zoned;

use super::{Builtin, no_words};
use crate::error::{Error, Result};
use crate::line::command::Command;
use crate::line::secrets::strike;
use crate::shell::session::{Session, Shown};
use crate::ui::Screen;

/// How often, unless something else is asked for.
const USUALLY: Duration = Duration::from_secs(2);
const LONGEST: f64 = 86_400.0;
const SHORTEST: f64 = 0.1;

pub const WATCH: Builtin = Builtin {
    name: "watch",
    args: "[SECONDS] [--rounds N] COMMAND…",
    about: "Repeats a reading command every 2 seconds, or so many; marks changes",
    run,
    words: no_words,
};

/// What is to be watched, and how.
#[derive(Debug, PartialEq)]
struct Watched<'a> {
    every: Duration,
    rounds: Option<u64>,
    /// The command as it was typed.
    words: &'a [String],
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let watched = Watched::of(args)?;
    let line = watched.words.join(" ");
    refuse_changes(session, &line)?;
    let network = session.network()?;
    let pressed = network.presses();
    let terminal = session.ui.to_terminal();
    let unwritten = |why| Error::local(format!("the terminal could not be written to: {why}"));
    let mut screen = match terminal {
        true => Some(Screen::enter().map_err(unwritten)?),
        false => None,
    };
    let title = watched.title();
    for round in 1_u64.. {
        let ended = match &mut screen {
            Some(screen) => {
                session.ui.begin_screen();
                let ended = session.execute(&line);
                let text = session.ui.end_screen();
                let time = Zoned::now().strftime("%H:%M:%S").to_string();
                if network.presses() == pressed {
                    screen
                        .show([title.clone(), time], &text)
                        .map_err(unwritten)?;
                }
                ended
            }
            None => {
                if round > 1 && session.ui.print("\n").is_err() {
                    return Ok(Shown::Leave(0));
                }
                session.execute(&line)
            }
        };
        if network.presses() > pressed || session.ui.unread() {
            break;
        }
        if ended.leave {
            return Ok(Shown::Leave(ended.status));
        }
        if watched.rounds == Some(round) {
            return Ok(Shown::Status(ended.status));
        }
        let mut interrupt = network.interrupt();
        let every = watched.every;
        let pause = async move {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = interrupt.pressed() => {}
            }
        };
        network.run(pause, |_| {
            if let Some(screen) = &mut screen {
                // The next round tells of a terminal that is gone.
                let _ = screen.follow_size();
            }
        })?;
        if network.presses() > pressed {
            break;
        }
    }
    Ok(Shown::Status(0))
}

impl Watched<'_> {
    fn of(args: &[String]) -> Result<Watched<'_>> {
        let mut watched = Watched {
            every: USUALLY,
            rounds: None,
            words: args,
        };
        loop {
            watched.words = match watched.words {
                [] => {
                    return Err(Error::line("watch needs a command to carry out")
                        .hint("as in `watch 5 list virtualmachines filter=name,state`"));
                }
                [option, rest @ ..] if option == "--rounds" => match rest {
                    [number, rest @ ..] => {
                        watched.rounds = Some(rounds(number)?);
                        rest
                    }
                    [] => return Err(rounds("").unwrap_err()),
                },
                [option, rest @ ..] if option.starts_with("--rounds=") => {
                    watched.rounds = Some(rounds(&option["--rounds=".len()..])?);
                    rest
                }
                [word, rest @ ..] if word.starts_with(|letter: char| letter.is_ascii_digit()) => {
                    watched.every = seconds(word)?;
                    rest
                }
                _ => return Ok(watched),
            };
        }
    }

    fn title(&self) -> String {
        let every = self.every.as_secs_f64();
        format!("every {every} s: {}", strike(&self.words.join(" ")))
    }
}

fn rounds(text: &str) -> Result<u64> {
    let rounds = text.parse().ok().filter(|rounds| *rounds > 0);
    rounds.ok_or_else(|| Error::line(format!("watch: --rounds \"{text}\" is not a number from 1")))
}

fn seconds(text: &str) -> Result<Duration> {
    let number = text.parse::<f64>().ok();
    let seconds = number.filter(|number| (SHORTEST..=LONGEST).contains(number));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| {
        Error::line(format!(
            "watch: {text} is no number of seconds from {SHORTEST} to {LONGEST}"
        ))
        .hint("watch [SECONDS] COMMAND…, as in `watch 5 list virtualmachines`")
    })
}

/// What changes something is not to be done over and over.
fn refuse_changes(session: &mut Session, line: &str) -> Result<()> {
    let reads = match session.meaning(line)? {
        Command::Builtin {
            name: "on", args, ..
        } => {
            let carried = args.get(1..).unwrap_or_default().join(" ");
            return refuse_changes(session, &carried);
        }
        Command::Call(call) => session.client()?.reads(&call.name),
        Command::Builtin { name, args, .. } => {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            matches!(
                (name, &args[..]),
                ("jobs", [] | ["all"] | ["show", ..])
                    | ("profile", ["list" | "show", ..])
                    | ("set", [])
                    | ("history", _)
            )
        }
        _ => false,
    };
    if reads {
        return Ok(());
    }
    let command = strike(line);
    Err(
        Error::line(format!("watch: `{command}` is no command that only reads"))
            .hint("watched are list and get calls, `jobs`, `profile list` and their like"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_command_is_how_it_is_watched() {
        let words =
            |line: &str| -> Vec<String> { line.split_whitespace().map(String::from).collect() };
        for (line, every, rounds, rest) in [
            ("list zones", 2.0, None, "list zones"),
            ("5 list zones 7", 5.0, None, "list zones 7"),
            ("--rounds 3 0.5 jobs", 0.5, Some(3), "jobs"),
            (
                "1 --rounds=2 jobs --rounds=9",
                1.0,
                Some(2),
                "jobs --rounds=9",
            ),
        ] {
            let args = words(line);
            let watched = Watched::of(&args).unwrap();
            let seen = (
                watched.every.as_secs_f64(),
                watched.rounds,
                watched.words.join(" "),
            );
            assert_eq!(seen, (every, rounds, rest.to_string()), "{line}");
        }
        for line in [
            "",
            "5",
            "0 jobs",
            "1e9 jobs",
            "--rounds",
            "--rounds 0 jobs",
            "3x jobs",
        ] {
            assert!(Watched::of(&words(line)).is_err(), "{line}");
        }
    }
}
