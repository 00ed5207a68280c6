//! What only the user can tell: questions at the terminal, and secrets from a file or standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, stdin};

use rustyline::error::ReadlineError;
use rustyline::{Behavior, Config, DefaultEditor};

use super::session::{Mode, Session, expand_home};
use crate::config::secret::Secret;
use crate::error::{Error, Kind, Result};
use crate::ui::Ui;

/// No secret is longer than this, in bytes.
const LONGEST: u64 = 4096;

/// Whether there is somebody to ask. What is recorded runs beside others, which may not all ask at one terminal.
pub fn possible(ui: &Ui) -> bool {
    !ui.is_recorded() && stdin().is_terminal()
}

/// Asks for something that may be seen.
pub fn line(question: &str) -> Result<String> {
    // The terminal itself, as standard output is for data.
    let config = Config::builder().behavior(Behavior::PreferTerm).build();
    let mut editor = DefaultEditor::with_config(config).map_err(|why| broken(&why))?;
    match editor.readline(question) {
        Ok(line) => Ok(line.trim().into()),
        Err(ReadlineError::Interrupted | ReadlineError::Eof) => Err(given_up()),
        Err(why) => Err(broken(&why)),
    }
}

/// Asks for something that is not shown while it is typed. Ctrl-C is for whoever listens for the signal: there has to be
/// somebody, or the terminal is left without echo.
pub fn password(question: &str) -> Result<Secret> {
    match rpassword::prompt_password(question) {
        Ok(typed) if typed.is_empty() => Err(given_up()),
        Ok(typed) => Ok(Secret::new(typed)),
        Err(why) if why.kind() == std::io::ErrorKind::Interrupted => Err(given_up()),
        Err(why) if why.kind() == std::io::ErrorKind::UnexpectedEof => Err(given_up()),
        Err(why) => Err(broken(&why)),
    }
}

/// A secret from the first line of a file, or of standard input where `place` is `-`; `name` is what it is for.
pub fn from_place(session: &Session, name: &str, place: &str) -> Result<Secret> {
    let line = match place {
        "-" if session.mode == (Mode::Script { stdin: true }) => {
            return Err(Error::line(format!(
                "{name}=@- reads standard input, which is the script itself"
            ))
            .hint("name a file, or run the script with -f FILE"));
        }
        "-" => first_line(stdin().lock()),
        path => File::open(expand_home(path, &session.env))
            .and_then(|file| first_line(BufReader::new(file))),
    };
    let line = line
        .map_err(|why| Error::line(format!("the {name} could not be read from {place}: {why}")))?;
    if line.is_empty() {
        return Err(Error::line(format!("{place} holds no {name}")));
    }
    Ok(Secret::new(line))
}

fn first_line(input: impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    input.take(LONGEST).read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).into())
}

fn given_up() -> Error {
    Error::new(Kind::Interrupted, "nothing was typed, and nothing was sent")
}

fn broken(why: &dyn std::error::Error) -> Error {
    Error::local(format!("the terminal could not be asked: {why}"))
}
