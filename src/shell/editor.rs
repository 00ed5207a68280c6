//! The line editor: rustyline with our completion; lines in from a terminal.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::builtin::Known;
use super::candidates::screenful;
use super::tab::{PATIENCE, offer};
use crate::catalog::Catalog;
use crate::config::private_directory;
use crate::error::{Error, Result};

const HISTORY_LINES: usize = 10_000;

/// What came from the terminal.
#[derive(Debug, PartialEq)]
pub enum Read {
    Line(String),
    /// Ctrl-C: the line is given up.
    Cancelled,
    /// Ctrl-D, or the terminal is gone.
    End,
}

/// Where a prompt's lines come from.
pub trait Input {
    fn read(&mut self, prompt: &str) -> Result<Read>;
    /// Keeps the line for later sessions.
    fn remember(&mut self, line: &str);
    /// What completion may offer from now on.
    fn know(&mut self, catalog: Arc<Catalog>, known: Known);
    /// The lines that earlier sessions kept, oldest first.
    fn remembered(&self) -> Vec<String>;
}

/// rustyline on the process's terminal.
pub struct Terminal {
    editor: Editor<Assistant, FileHistory>,
    history: PathBuf,
    /// Why history is not kept; told once.
    pub trouble: Option<String>,
}

impl Terminal {
    pub fn open(history: PathBuf) -> Result<Terminal> {
        let broken = |why: ReadlineError| {
            Error::local(format!("the line editor could not be set up: {why}"))
        };
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            // No more come than a screen has place for.
            .completion_prompt_limit(usize::MAX)
            .auto_add_history(false)
            .history_ignore_dups(true)
            .and_then(|config| config.max_history_size(HISTORY_LINES))
            .map_err(broken)?
            .bracketed_paste(true)
            .build();
        let mut editor = Editor::with_config(config).map_err(broken)?;
        editor.set_helper(Some(Assistant::default()));
        let mut trouble = None;
        if let Some(directory) = history.parent()
            && let Err(why) = private_directory(directory)
        {
            trouble = Some(format!("{}: {why}", directory.display()));
        }
        match editor.load_history(&history) {
            Err(ReadlineError::Io(why)) if why.kind() == std::io::ErrorKind::NotFound => {}
            Err(why) => trouble = Some(format!("{}: {why}", history.display())),
            Ok(()) => {}
        }
        Ok(Terminal {
            editor,
            history,
            trouble: trouble.map(|why| format!("the history is not kept: {why}")),
        })
    }
}

impl Input for Terminal {
    fn read(&mut self, prompt: &str) -> Result<Read> {
        match self.editor.readline(prompt) {
            Ok(line) => Ok(Read::Line(line)),
            Err(ReadlineError::Interrupted) => Ok(Read::Cancelled),
            Err(ReadlineError::Eof) => Ok(Read::End),
            Err(why) => Err(Error::local(format!(
                "the terminal could not be read: {why}"
            ))),
        }
    }

    fn remember(&mut self, line: &str) {
        // A history that can't be written was told of when the session began.
        if self.editor.add_history_entry(line).unwrap_or(false) {
            let _ = self.editor.append_history(&self.history);
        }
    }

    fn know(&mut self, catalog: Arc<Catalog>, known: Known) {
        if let Some(assistant) = self.editor.helper_mut() {
            assistant.catalog = catalog;
            assistant.known = known;
        }
    }

    fn remembered(&self) -> Vec<String> {
        self.editor.history().iter().cloned().collect()
    }
}

/// What rustyline asks while a line is typed.
struct Assistant {
    catalog: Arc<Catalog>,
    known: Known,
}

impl Default for Assistant {
    fn default() -> Assistant {
        Assistant {
            catalog: Arc::new(Catalog::of(Vec::new())),
            known: Known::default(),
        }
    }
}

impl Helper for Assistant {}
impl Highlighter for Assistant {}
impl Validator for Assistant {}

impl Hinter for Assistant {
    type Hint = String;
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (columns, rows) = size();
        let until = Instant::now() + PATIENCE;
        let offer = offer(line, position, &self.catalog, &self.known, until, columns);
        // A cloud that refuses or cannot be reached has nothing to offer, and says so when it is called.
        let offer = offer.unwrap_or_default();
        let start = offer.start;
        let typed = line.get(start..position).unwrap_or_default();
        let pairs = screenful(offer, typed, columns, rows).into_iter();
        let pairs = pairs.map(|(replacement, display)| Pair {
            display,
            replacement,
        });
        Ok((start, pairs.collect()))
    }
}

/// The terminal's columns and rows.
fn size() -> (usize, usize) {
    terminal_size::terminal_size().map_or((80, 24), |(columns, rows)| {
        (usize::from(columns.0).max(20), usize::from(rows.0).max(5))
    })
}
