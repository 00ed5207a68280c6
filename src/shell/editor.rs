//! The line editor: rustyline with our completion; lines in from a terminal.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use rustyline::completion::{Completer, Pair};
use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::{MemHistory, SearchDirection};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    Cmd, ColorMode, CompletionType, ConditionalEventHandler, Config, Context, Editor, Event,
    EventContext, EventHandler, Helper, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

use super::builtin::{self, Known};
use super::highlight::{self, DIM, PLAIN, paint};
use super::hint::{self, Hint};
use super::history::MOST_LINES;
use super::prompt::Prompt;
use super::screenful::{Screen, rows_below, screenful};
use super::script::blocks;
use super::session::{language, line_words};
use super::tab::{PATIENCE, offer};
use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::line::command::Language;
use crate::line::commands::commands;

const CLEAR_ROW: &str = "\x1b[K";

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
    /// Reads until no quote is open and no backslash ends the text, which may be several lines.
    fn read(&mut self, prompt: &Prompt, color: bool) -> Result<Read>;
    /// What completion may offer from now on.
    fn know(&mut self, catalog: Arc<Catalog>, known: Known);
    /// The lines that can be called back, oldest first.
    fn recall(&mut self, lines: &[String]);
}

/// rustyline on the process's terminal.
pub struct Terminal {
    editor: Editor<Assistant, MemHistory>,
}

impl Terminal {
    pub fn open() -> Result<Terminal> {
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
            .and_then(|config| config.max_history_size(MOST_LINES))
            .map_err(broken)?
            .bracketed_paste(true)
            .build();
        let history = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history).map_err(broken)?;
        editor.set_helper(Some(Assistant::default()));
        for key in [
            KeyEvent::ctrl('E'),
            KeyEvent::ctrl('F'),
            KeyEvent(KeyCode::End, Modifiers::NONE),
        ] {
            editor.bind_sequence(key, EventHandler::Conditional(Box::new(TakeHint)));
        }
        Ok(Terminal { editor })
    }
}

impl Input for Terminal {
    fn read(&mut self, prompt: &Prompt, color: bool) -> Result<Read> {
        self.editor.set_color_mode(match color {
            true => ColorMode::Enabled,
            false => ColorMode::Disabled,
        });
        if let Some(assistant) = self.editor.helper_mut() {
            assistant.color = color;
            assistant.prompt.clone_from(&prompt.plain);
        }
        match self.editor.readline(&(&prompt.plain, &prompt.styled)) {
            Ok(line) => Ok(Read::Line(line)),
            Err(ReadlineError::Interrupted) => Ok(Read::Cancelled),
            Err(ReadlineError::Eof) => Ok(Read::End),
            Err(why) => Err(Error::local(format!(
                "the terminal could not be read: {why}"
            ))),
        }
    }

    fn know(&mut self, catalog: Arc<Catalog>, known: Known) {
        if let Some(assistant) = self.editor.helper_mut() {
            assistant.catalog = catalog;
            assistant.known = known;
        }
    }

    fn recall(&mut self, lines: &[String]) {
        // A history in memory takes whatever it is given.
        let _ = self.editor.clear_history();
        for line in lines {
            let _ = self.editor.add_history_entry(line);
        }
    }
}

/// What rustyline asks while a line is typed.
struct Assistant {
    catalog: Arc<Catalog>,
    known: Known,
    /// Without colours a hint would look like what was typed.
    color: bool,
    /// What stands before the line.
    prompt: String,
    /// Whether the line is still typed.
    typing: Cell<bool>,
}

impl Assistant {
    fn with_language<T>(&self, work: impl FnOnce(&Language<'_>) -> T) -> T {
        let names = builtin::names(self.known.kind);
        let settings = line_words();
        work(&language(&self.catalog, &names, &settings))
    }

    /// How many rows a line takes below its first, with the hint that is shown behind it.
    fn rows_below(
        &self,
        line: &str,
        cursor: usize,
        columns: usize,
        context: &Context<'_>,
    ) -> usize {
        let hint = self.hint(line, cursor, context);
        let hint = hint.map_or(String::new(), |hint| hint.shown);
        rows_below(&format!("{}{line}{hint}", self.prompt), columns)
    }
}

impl Default for Assistant {
    fn default() -> Assistant {
        Assistant {
            catalog: Arc::new(Catalog::of(Vec::new())),
            known: Known::default(),
            color: false,
            prompt: String::new(),
            typing: Cell::new(true),
        }
    }
}

impl Helper for Assistant {}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, position: usize) -> Cow<'l, str> {
        if line.len() > highlight::LONGEST {
            return Cow::Borrowed(line);
        }
        let cursor = self.typing.get().then_some(position);
        let variables = &self.known.variables;
        let is_set = |name: &str| variables.iter().any(|set| set.name == name);
        Cow::Owned(self.with_language(|language| paint(line, cursor, language, &is_set)))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("{DIM}{hint}{PLAIN}"))
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        // The rest of a hint may stand in its row.
        Cow::Owned(format!("{CLEAR_ROW}{candidate}"))
    }

    fn highlight_char(&self, line: &str, _: usize, kind: CmdKind) -> bool {
        self.typing.set(kind != CmdKind::ForcedRefresh);
        line.len() <= highlight::LONGEST
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let found = commands(text);
        let lines = found.spans.into_iter().map(|span| &text[span]);
        // A loop goes on to its end.
        Ok(match found.open.is_some() || blocks::open(lines) > 0 {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}

impl Hinter for Assistant {
    type Hint = Hint;

    fn hint(&self, line: &str, position: usize, context: &Context<'_>) -> Option<Hint> {
        if !self.color
            || line.is_empty()
            || position < line.len()
            || line.len() > highlight::LONGEST
        {
            return None;
        }
        let history = context.history();
        let from = context.history_index().min(history.len().saturating_sub(1));
        let earlier = history.starts_with(line, from, SearchDirection::Reverse);
        earlier
            .ok()
            .flatten()
            .and_then(|found| hint::of_history(line, &found.entry))
            .or_else(|| self.with_language(|language| hint::of_call(line, language)))
    }
}

impl rustyline::hint::Hint for Hint {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        Some(&self.text)
    }
}

/// At the end of the line, the keys that go there take the hint over.
struct TakeHint;

impl ConditionalEventHandler for TakeHint {
    fn handle(
        &self,
        _: &Event,
        _: RepeatCount,
        _: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        let at_end = context.pos() == context.line().len();
        (context.has_hint() && at_end).then_some(Cmd::CompleteHint)
    }
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (columns, rows) = size();
        let until = Instant::now() + PATIENCE;
        let offer = offer(line, position, &self.catalog, &self.known, until, columns);
        // A cloud that refuses or cannot be reached has nothing to offer, and says so when it is called.
        let offer = offer.unwrap_or_default();
        let start = offer.start;
        let typed = line.get(start..position).unwrap_or_default();
        let (before, after) = (line.get(..start), line.get(position..));
        let below = |text: &str| {
            let before = format!("{}{text}", before.unwrap_or_default());
            let line = format!("{before}{}", after.unwrap_or_default());
            self.rows_below(&line, before.len(), columns, context)
        };
        let screen = Screen {
            columns,
            rows,
            below: &below,
        };
        let pairs = screenful(offer, typed, screen).into_iter();
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
