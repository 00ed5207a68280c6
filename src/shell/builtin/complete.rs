//! `complete`: what Tab would offer at the end of a line, for other programs and other shells.

use std::time::{Duration, Instant};

use super::{Builtin, Known, no_words};
use crate::error::{Error, Result};
use crate::shell::candidates::printable;
use crate::shell::session::{Session, Shown};
use crate::shell::tab::offer;

/// Asks the cloud for values, too, and waits for its answer.
const VALUES: &str = "--values";

pub const COMPLETE: Builtin = Builtin {
    name: "complete",
    args: "[--values] 'LINE'",
    about: "Prints what Tab would offer at the end of a line, one a line: value, tab, label",
    run,
    words: no_words,
};

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let asks = args.iter().any(|word| word == VALUES);
    let mut lines = args.iter().filter(|word| *word != VALUES);
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return Err(Error::line("complete takes one line, in quotes")
            .hint("as in: complete 'list zones fil'"));
    };
    let (catalog, known, limit) = match asks {
        true => {
            let limit = session.resolved.duration("reply_timeout");
            (session.catalog()?, session.known_asking(limit)?, limit)
        }
        false => (session.known_catalog(), Known::of(session), Duration::ZERO),
    };
    // A list that is not whole is asked for a second time, narrowed.
    let until = Instant::now() + limit + limit;
    let offer = offer(line, line.len(), &catalog, &known, until, usize::MAX)?;
    if let Some(told) = offer.beyond.told(offer.keeps) {
        session.ui.say(&told);
    }
    let lines = offer.candidates.iter().map(|candidate| {
        let [value, label] = [&candidate.value, &candidate.label].map(|text| printable(text));
        format!("{value}\t{label}\n")
    });
    Ok(Shown::Text(lines.collect()))
}
