//! The built-ins: one file each, and the table from which help, completion and the dispatch come.

mod apropos;
mod assert;
mod batch;
mod catalog;
mod complete;
mod completions;
mod datacenter;
mod devcloud;
mod doctor;
mod exit;
mod expect_error;
mod explain;
pub mod help;
mod history;
mod import;
mod jobs;
mod lessons;
mod login;
mod loops;
mod man;
mod on;
mod profile;
mod set;
mod shell;
mod source;
mod sync;
mod test;
mod variable;
mod watch;

use std::sync::{Arc, OnceLock};

use super::session::{Session, Shown};
use super::values::Values;
use crate::client::ledger::{Ledger, Noted, Whose};
use crate::cloud::{self, Kind};
use crate::error::Result;
use crate::line::variables::Brief;
use crate::shell::help::layout;

/// How many words that Tab offers are told in help.
const MOST_OFFERED: usize = 40;

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
#[derive(Clone)]
pub struct Known {
    pub kind: &'static Kind,
    pub profiles: Vec<String>,
    /// The variables that are set.
    pub variables: Vec<Brief>,
    /// The calls that were written down, read when they are first wanted.
    jobs: Arc<OnceLock<Vec<Noted>>>,
    ledger: Option<(Arc<Ledger>, Whose)>,
    /// What is known of the values that the cloud has; none where they are not to be completed.
    pub values: Option<Arc<Values>>,
}

impl Default for Known {
    fn default() -> Known {
        Known {
            kind: cloud::kind(""),
            profiles: Vec::new(),
            variables: Vec::new(),
            jobs: Arc::default(),
            ledger: None,
            values: None,
        }
    }
}

impl Known {
    pub fn of(session: &Session) -> Known {
        let whose = session.whose(&session.resolved).ok();
        Known {
            kind: session.resolved.kind(),
            profiles: session.file.profiles(),
            variables: session.variables.brief(),
            jobs: Arc::default(),
            ledger: whose.map(|whose| (session.ledger.clone(), whose)),
            values: None,
        }
    }

    /// The calls in the ledger, the latest first; none where it cannot be read.
    pub fn jobs(&self) -> &[Noted] {
        self.jobs.get_or_init(|| {
            let calls = self.ledger.as_ref();
            let calls = calls.and_then(|(ledger, whose)| ledger.calls(whose, false).ok());
            let mut calls = calls.unwrap_or_default();
            calls.reverse();
            calls
        })
    }
}

impl Builtin {
    /// The text of `-h`: what it does, how it is typed, a line to try, and what Tab offers after its name.
    pub fn help(&self, known: &Known, width: usize) -> String {
        let usage = format!("{} {}", self.name, self.args);
        let mut text = layout::paragraph(self.about, width);
        text.push_str(&layout::paragraph(&format!("Usage: {usage}"), width));
        if let Some(example) = lessons::example(self.name) {
            match example.contains('\n') {
                true => text.push_str(&format!("Example:\n  {}\n", example.replace('\n', "\n  "))),
                false => text.push_str(&layout::paragraph(&format!("Example: {example}"), width)),
            }
        }
        let offered = (self.words)(known, &[]);
        if !offered.is_empty() {
            let more = offered.len().saturating_sub(MOST_OFFERED);
            let mut words = offered.get(..MOST_OFFERED).unwrap_or(&offered).join(" ");
            if more > 0 {
                words.push_str(&format!(" … ({more} more)"));
            }
            text.push_str(&layout::paragraph(&format!("Tab offers: {words}"), width));
        }
        text
    }
}

/// All built-ins, in the order of their names.
pub static BUILTINS: &[Builtin] = &[
    exit::EOF,
    API,
    assert::ASSERT,
    batch::BATCH,
    catalog::CATALOG,
    complete::COMPLETE,
    apropos::APROPOS,
    completions::COMPLETIONS,
    datacenter::DATACENTER,
    devcloud::DEVCLOUD,
    doctor::DOCTOR,
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
    man::MAN,
    on::ON,
    profile::PROFILE,
    exit::QUIT,
    set::SET,
    shell::SHELL,
    source::SOURCE,
    sync::SYNC,
    test::TEST,
    watch::WATCH,
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

/// The names of all, with the commands of other tools by which people know the kind of cloud.
pub fn names(kind: &Kind) -> Vec<&'static str> {
    let tools = (kind.dialect)().tools().iter().map(|tool| tool.name);
    let own = BUILTINS.iter().map(|builtin| builtin.name);
    own.chain(tools).collect()
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
