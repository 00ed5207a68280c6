//! `exit`, `quit` and `EOF`: leave the shell or end the script.

use super::{Builtin, no_words};
use crate::error::{Error, Result};
use crate::shell::session::{Session, Shown};

pub const EXIT: Builtin = leaving("exit");
pub const QUIT: Builtin = leaving("quit");
pub const EOF: Builtin = leaving("EOF");

const fn leaving(name: &'static str) -> Builtin {
    Builtin {
        name,
        args: "",
        about: "Leaves the shell",
        run: leave,
        words: no_words,
    }
}

fn leave(_: &mut Session, args: &[String]) -> Result<Shown> {
    match args {
        [] => Ok(Shown::Leave(0)),
        [status] => status
            .parse()
            .map(Shown::Leave)
            .map_err(|_| Error::line(format!("exit {status}: a status is a number from 0 to 255"))),
        _ => Err(Error::line("exit takes one status at most")),
    }
}
