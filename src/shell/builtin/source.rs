//! `source FILE`: runs a file of commands in this session.

use super::{Builtin, no_words};
use crate::error::{Error, Result};
use crate::shell::script;
use crate::shell::session::{Session, Shown, expand_home};

/// Files that source one another this deep are taken for a circle.
const DEEPEST: usize = 32;

pub const SOURCE: Builtin = Builtin {
    name: "source",
    args: "FILE",
    about: "Runs the commands in a file; what `set` changes there lasts for the file only",
    run,
    words: no_words,
};

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let [path] = args else {
        return Err(Error::line("source takes one file").hint("source FILE"));
    };
    if session.sources.len() >= DEEPEST {
        return Err(Error::line(format!(
            "source {path}: files source one another {DEEPEST} deep"
        )));
    }
    let path = expand_home(path, &session.env);
    let ended = script::run_file(session, &path)?;
    Ok(if ended.leave {
        Shown::Leave(ended.status)
    } else {
        Shown::Status(ended.status)
    })
}
