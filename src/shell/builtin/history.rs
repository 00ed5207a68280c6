//! `history`: the lines typed at the profile's prompts, oldest first, numbered.

use super::{Builtin, no_words};
use crate::error::{Error, Result};
use crate::shell::session::{Session, Shown};

pub const HISTORY: Builtin = Builtin {
    name: "history",
    args: "[N]",
    about: "Lists what this profile's prompts ran, or the last N lines",
    run,
    words: no_words,
};

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let lines = session.history().lines();
    let wanted = match args {
        [] => lines.len(),
        [number] => number
            .parse()
            .map_err(|_| Error::line(format!("history {number}: not a number of lines")))?,
        _ => return Err(Error::line("history takes one number at most")),
    };
    let skipped = lines.len().saturating_sub(wanted);
    let text = lines
        .iter()
        .enumerate()
        .skip(skipped)
        .map(|(index, line)| format!("{:5}  {line}\n", index + 1))
        .collect();
    Ok(Shown::Text(text))
}
