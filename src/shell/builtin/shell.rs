//! `!cmd` and `shell cmd`: a command of the user's shell, on this terminal.

use super::{Builtin, no_words};
use crate::error::{Error, Result};
use crate::shell::session::{Mode, Session, Shown};

pub const SHELL: Builtin = Builtin {
    name: "shell",
    args: "COMMAND … (or !COMMAND …)",
    about: "Runs a command of the operating system with the user's shell",
    run,
    words: no_words,
};

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let text = args.join(" ");
    if text.trim().is_empty() {
        return Err(Error::line("shell needs a command").hint("shell ls -l, or !ls -l"));
    }
    // A script's own lines are not for the commands in it to read.
    let stdin = session.mode != Mode::Script { stdin: true };
    let shell = session.shell();
    session
        .ui
        .run_shell(&shell, &text, stdin)
        .map(Shown::Status)
}
