//! `sync`: asks the cloud what can be called, and keeps the answer.

use super::{Builtin, no_words};
use crate::error::{Error, Result};
use crate::shell::session::{Session, Shown};

pub const SYNC: Builtin = Builtin {
    name: "sync",
    args: "",
    about: "Discovers the APIs of the cloud and caches them",
    run,
    words: no_words,
};

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    if let Some(word) = args.first() {
        return Err(Error::line(format!(
            "sync {word}: this cloud has no such API, and the built-in sync takes no arguments"
        )));
    }
    let catalog = session.sync()?;
    let how = match catalog.shipped() {
        true => "cached, though not told by this cloud",
        false => "discovered and cached",
    };
    Ok(Shown::Text(format!("{} APIs {how}\n", catalog.len())))
}
