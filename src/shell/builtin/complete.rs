//! `complete`: what Tab would offer at the end of a line, for other programs and other shells.

use super::{Builtin, Known, no_words};
use crate::error::{Error, Result};
use crate::shell::session::{Session, Shown};
use crate::shell::tab::offers;

pub const COMPLETE: Builtin = Builtin {
    name: "complete",
    args: "'LINE'",
    about: "Prints what Tab would offer at the end of a line, one a line: value, tab, label",
    run,
    words: no_words,
};

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let [line] = args else {
        return Err(Error::line("complete takes one line, in quotes")
            .hint("as in: complete 'list zones fil'"));
    };
    let known = Known::of(session);
    let completion = offers(line, line.len(), &session.known_catalog(), &known);
    let lines = completion
        .candidates
        .iter()
        .map(|candidate| format!("{}\t{}\n", candidate.value, candidate.label));
    Ok(Shown::Text(lines.collect()))
}
