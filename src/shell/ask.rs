//! Questions to the user at the terminal: what to ask in, what was typed out.

use std::io::{IsTerminal, stdin};

use rustyline::error::ReadlineError;
use rustyline::{Behavior, Config, DefaultEditor};

use crate::config::secret::Secret;
use crate::error::{Error, Kind, Result};

/// Whether there is somebody to ask.
pub fn possible() -> bool {
    stdin().is_terminal()
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

fn given_up() -> Error {
    Error::new(Kind::Interrupted, "nothing was typed, and nothing was sent")
}

fn broken(why: &dyn std::error::Error) -> Error {
    Error::local(format!("the terminal could not be asked: {why}"))
}
