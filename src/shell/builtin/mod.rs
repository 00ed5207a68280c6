//! The built-ins: one file each, and the table from which help, completion and the dispatch come.

mod assert;
mod batch;
mod devcloud;
mod exit;
mod expect_error;
mod explain;
pub mod help;
mod history;
mod jobs;
mod login;
mod loops;
mod profile;
mod set;
mod shell;
mod source;
mod sync;
mod test;
mod variable;

use super::session::{Session, Shown};
use crate::error::Result;

/// A command of the shell's own.
pub struct Builtin {
    pub name: &'static str,
    /// What may follow the name.
    pub args: &'static str,
    pub about: &'static str,
    pub run: fn(&mut Session, &[String]) -> Result<Shown>,
    /// The words that may follow those given, for completion.
    pub words: fn(&Known, &[&str]) -> Vec<String>,
}

/// What completion knows of the session while a line is typed.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub profiles: Vec<String>,
}

impl Known {
    pub fn of(session: &Session) -> Known {
        Known {
            profiles: session.file.profiles(),
        }
    }
}

impl Builtin {
    /// The text of `-h`.
    pub fn help(&self) -> String {
        let usage = format!("{} {}", self.name, self.args);
        format!("{}\nUsage: {}\n", self.about, usage.trim_end())
    }
}

/// All built-ins, in the order of their names.
pub static BUILTINS: &[Builtin] = &[
    exit::EOF,
    API,
    assert::ASSERT,
    batch::BATCH,
    devcloud::DEVCLOUD,
    loops::END,
    exit::EXIT,
    expect_error::EXPECT_ERROR,
    explain::EXPLAIN,
    loops::FOR,
    help::HELP,
    history::HISTORY,
    jobs::JOBS,
    variable::LET,
    login::LOGIN,
    login::LOGOUT,
    profile::PROFILE,
    exit::QUIT,
    set::SET,
    shell::SHELL,
    source::SOURCE,
    sync::SYNC,
    test::TEST,
];

/// The grammar itself makes a call of `api NAME …`; alone it is told how.
const API: Builtin = Builtin {
    name: "api",
    args: "NAME [name=value …]",
    about: "Calls any API by its own name, unchecked",
    run: |_, _| {
        Err(crate::error::Error::line("api needs the name of an API")
            .hint("api listZones, for instance"))
    },
    words: no_words,
};

pub fn find(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.name == name)
}

pub fn names() -> Vec<&'static str> {
    BUILTINS.iter().map(|builtin| builtin.name).collect()
}

/// For built-ins after which nothing can be told.
pub fn no_words(_: &Known, _: &[&str]) -> Vec<String> {
    Vec::new()
}

/// Those of `words` as completion wants them when nothing was given yet.
fn first_word(given: &[&str], words: &[&str]) -> Vec<String> {
    if given.is_empty() {
        words.iter().map(ToString::to_string).collect()
    } else {
        Vec::new()
    }
}
