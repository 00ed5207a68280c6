//! `for` and `end`: a loop over values. A script and the prompt read it as a block; alone on a line it is told so.

use super::{Builtin, no_words};
use crate::error::{Error, Result};
use crate::shell::session::{Session, Shown};

pub const FOR: Builtin = Builtin {
    name: "for",
    args: "NAME in WORD…",
    about: "Runs the lines up to `end` for each word or member of a list",
    run: |_: &mut Session, _: &[String]| -> Result<Shown> {
        Err(
            Error::line("for goes over several lines, up to its end, in a script or at a prompt")
                .hint("write it to a file and run that: -f FILE, or source FILE"),
        )
    },
    words: no_words,
};

pub const END: Builtin = Builtin {
    name: "end",
    args: "",
    about: "Ends the lines of a for",
    run: |_: &mut Session, _: &[String]| -> Result<Shown> {
        Err(Error::line("there is no for that this could end"))
    },
    words: no_words,
};
