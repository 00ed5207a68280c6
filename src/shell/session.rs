//! A line in, its answer or error out: `evaluate` knows the whole way, `execute` prints what came of it.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::builtin::{self, Builtin};
use super::clouds::{Demo, Place};
use super::history::{self, History};
use super::log::Log;
use super::output::Ending;
use super::values::Values;
use crate::catalog::{Catalog, cache};
use crate::client::Client;
use crate::client::ledger::Ledger;
use crate::client::network::Network;
use crate::config::elsewhere::settle;
use crate::config::file::File;
use crate::config::resolve::{Flags, Resolved};
use crate::config::secret::Secret;
use crate::config::{Places, settings};
use crate::error::{Error, Kind, Result};
use crate::line::command::{self, Call, Command, Language};
use crate::line::variables::Variables;
use crate::line::{options, words};
use crate::record::select::wanted::{self, Wanted};
use crate::ui::Ui;

pub use super::output::View;

/// The status of a process that was told to end and had nothing else to say, as shells tell it.
const TERMINATED: u8 = 128 + 15;

/// Reads a variable of the environment.
pub type Env = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Where lines come from, which decides what `set` writes and what Ctrl-C ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    Prompt,
    OneShot,
    /// `stdin` is whether the script itself is read from standard input.
    Script {
        stdin: bool,
    },
}

/// What a line came to.
pub enum Shown {
    Nothing,
    Text(String),
    Answer(Box<View>),
    /// It printed for itself and has this status.
    Status(u8),
    /// The session is to end with this status.
    Leave(u8),
}

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ended {
    pub status: u8,
    pub leave: bool,
}

/// What went wrong in a script, and where.
#[derive(Clone, Debug)]
pub struct Failure {
    pub place: String,
    /// The line as it was typed, without its secrets.
    pub line: String,
    /// Nothing where a command of the system ended with its own status.
    pub error: Option<Error>,
}

pub struct Session {
    pub ui: Ui,
    pub places: Places,
    pub env: Env,
    pub flags: Flags,
    pub file: File,
    pub resolved: Resolved,
    pub mode: Mode,
    pub ledger: Arc<Ledger>,
    history: History,
    pub keep_going: bool,
    pub sources: Vec<PathBuf>,
    pub variables: Variables,
    /// The first thing that went wrong in the script in work, where it is asked for.
    pub failure: Option<Failure>,
    /// The latest error that was told.
    pub(super) told: Option<Error>,
    /// What is said once a process and has been said.
    pub(super) warned: Vec<String>,
    /// The output form that the line in work asks for.
    pub(super) line_form: Option<String>,
    /// The APIs that list names and were refused.
    pub(super) unlisted: Vec<&'static str>,
    pub(super) network: Option<Arc<Network>>,
    pub(super) demo: Arc<Demo>,
    /// What completion knows of the values that the cloud has.
    pub values: Arc<Values>,
    pub(super) client: Option<(Place, Arc<Client>)>,
    /// The secret keys that commands printed, by command: each is run once.
    pub(super) printed: HashMap<String, Secret>,
    pub(super) catalog: Option<(Place, Arc<Catalog>)>,
    pub(super) log: Option<Arc<Log>>,
}

impl Session {
    pub fn open(places: Places, env: Env, flags: Flags, mode: Mode) -> Result<Session> {
        let no_color = env("NO_COLOR").is_some_and(|value| !value.is_empty());
        let ui = Ui::new(no_color || env("TERM").is_some_and(|term| term == "dumb"));
        Session::with_ui(ui, places, env, flags, mode)
    }

    pub fn with_ui(
        mut ui: Ui,
        places: Places,
        env: Env,
        flags: Flags,
        mode: Mode,
    ) -> Result<Session> {
        let file = File::load(&places)?;
        let resolved = settle(&file, &*env, &flags)?;
        ui.set_color(resolved.bool("color"));
        ui.set_progress(resolved.bool("progress"));
        for note in file.warnings().iter().chain(&resolved.notes) {
            ui.warn(note);
        }
        let variables = Variables::default();
        let hidden = variables.hidden().clone();
        ui.hide(hidden.clone());
        let ledger = Arc::new(Ledger::at(&places.state).without(hidden));
        let demo = Arc::new(Demo::at(places.state.join("devcloud.sqlite")));
        Ok(Session {
            ui,
            places,
            env,
            flags,
            file,
            resolved,
            mode,
            ledger,
            history: History::default(),
            keep_going: false,
            sources: Vec::new(),
            variables,
            failure: None,
            told: None,
            warned: Vec::new(),
            line_form: None,
            unlisted: Vec::new(),
            network: None,
            demo,
            values: Arc::default(),
            client: None,
            printed: HashMap::new(),
            catalog: None,
            log: None,
        })
    }

    /// Evaluates a line, prints what came of it and tells how it ended.
    pub fn execute(&mut self, line: &str) -> Ended {
        let (split, _) = words::split_open(line);
        let texts: Vec<String> = split.words.into_iter().map(|word| word.text).collect();
        self.in_form_of(&texts, |session| session.carry_out(line))
    }

    /// Errors of what `work` does have the output form that the words ask for.
    fn in_form_of(&mut self, words: &[String], work: impl FnOnce(&mut Session) -> Ended) -> Ended {
        // A line may run others, as `source` does.
        let outer = std::mem::replace(&mut self.line_form, options::output(words));
        let ended = work(self);
        self.line_form = outer;
        match self
            .network
            .as_ref()
            .is_some_and(|network| network.terminated())
        {
            true => Ended {
                status: if ended.status == 0 {
                    TERMINATED
                } else {
                    ended.status
                },
                leave: true,
            },
            false => ended,
        }
    }

    fn carry_out(&mut self, line: &str) -> Ended {
        let piped = self.begin_pipe(line);
        let outcome = self.evaluate(line);
        let ended = self.show(outcome);
        if !piped {
            return ended;
        }
        match self.ui.end_pipe(ended.status == 0) {
            Ok(status) if ended.status == 0 => Ended { status, ..ended },
            Ok(_) => ended,
            Err(error) => self.failed(&error),
        }
    }

    /// Has what the line prints go through its pipe, if it has one.
    pub(super) fn begin_pipe(&self, line: &str) -> bool {
        let pipe = words::split(line).ok().and_then(|words| words.pipe);
        match pipe {
            // A pipe into nothing is refused with the line.
            Some((text, _))
                if !text.is_empty()
                    && !text.starts_with('|')
                    && !command::keeps_whole_line(line) =>
            {
                self.ui.pipe_into(&self.shell(), &text);
                true
            }
            _ => false,
        }
    }

    /// The same for a command whose words another shell has split.
    pub fn execute_words(&mut self, words: &[String]) -> Ended {
        self.in_form_of(words, |session| {
            let outcome = session.evaluate_words(words);
            session.show(outcome)
        })
    }

    /// From a line to what it came to; prints no data.
    pub fn evaluate(&mut self, line: &str) -> Result<Shown> {
        self.note_line(line);
        let shown = self.evaluate_open(line);
        shown.map_err(|error| self.variables.hidden().strike_error(error))
    }

    fn evaluate_open(&mut self, line: &str) -> Result<Shown> {
        let words = || line.split_ascii_whitespace();
        let catalog = self.catalog_for(words())?;
        let (parsed, catalog) = self
            .understand(catalog, |language, variables| {
                command::parse_with(line, language, variables)
            })
            .map_err(|error| self.elsewhere(error, words()))?;
        self.run(parsed.command, &catalog)
    }

    /// The same for words that another shell has split.
    pub fn evaluate_words(&mut self, words: &[String]) -> Result<Shown> {
        let quoted: Vec<String> = words.iter().map(|word| words::quote(word)).collect();
        self.note_line(&quoted.join(" "));
        let texts = || words.iter().map(String::as_str);
        let catalog = self.catalog_for(texts())?;
        let (command, catalog) = self
            .understand(catalog, |language, _| command::parse_words(words, language))
            .map_err(|error| self.elsewhere(error, texts()))?;
        self.run(command, &catalog)
    }

    /// What a line means, without anything being done.
    pub(super) fn meaning(&mut self, line: &str) -> Result<Command> {
        let catalog = self.catalog_for(line.split_ascii_whitespace())?;
        let meant = self.understand(catalog, |language, variables| {
            command::parse_with(line, language, variables)
        })?;
        Ok(meant.0.command)
    }

    /// Parses with the catalogue; one that proves broken while it is read is built anew, once.
    fn understand<T>(
        &mut self,
        catalog: Arc<Catalog>,
        parse: impl Fn(&Language, &Variables) -> Result<T>,
    ) -> Result<(T, Arc<Catalog>)> {
        let names = builtin::names(self.resolved.kind());
        let settings = line_words();
        match parse(&language(&catalog, &names, &settings), &self.variables) {
            // A line itself is never a fault on this side.
            Err(error) if error.kind == Kind::Local => self.ui.warn(&error.message),
            parsed => return parsed.map(|parsed| (parsed, catalog)),
        }
        cache::forget(&self.cache_path(&self.place(&self.resolved)?))?;
        self.catalog = None;
        let catalog = self.catalog()?;
        let parsed = parse(&language(&catalog, &names, &settings), &self.variables)?;
        Ok((parsed, catalog))
    }

    /// Whether this word alone is a command: a built-in or the name of an API.
    pub(super) fn is_command(&mut self, word: &str) -> Result<bool> {
        let catalog = self.catalog_for([word].into_iter())?;
        let names = builtin::names(self.resolved.kind());
        Ok(names.contains(&word) || catalog.api(word)?.is_some())
    }

    /// Whether a command begins with this word: one of those, or a verb.
    pub(super) fn begins_command(&mut self, word: &str) -> Result<bool> {
        if word.contains('=') || self.is_command(word)? {
            return Ok(true);
        }
        let names = builtin::names(self.resolved.kind());
        let (catalog, settings) = (self.known_catalog(), line_words());
        Ok(language(&catalog, &names, &settings).verb(word).is_some())
    }

    pub(super) fn run(&mut self, command: Command, catalog: &Catalog) -> Result<Shown> {
        match command {
            Command::Empty => Ok(Shown::Nothing),
            Command::Call(call) => self.called(call),
            Command::ApiHelp(api) => Ok(Shown::Text(self.api_help(&api))),
            Command::VerbHelp(verb) => {
                builtin::help::verb(catalog, &verb, self.ui.width()).map(Shown::Text)
            }
            Command::BuiltinHelp(name) => {
                let text = builtin::help::of_builtin(self, name, self.ui.width());
                Ok(Shown::Text(text.unwrap_or_default()))
            }
            Command::Builtin {
                name,
                args,
                settings,
            } => self.builtin(name, &args, &settings),
        }
    }

    /// Makes a call, and forgets what is known of the things that it changed.
    pub(super) fn called(&mut self, call: Call) -> Result<Shown> {
        let name = call.name.clone();
        let shown = self.call(call);
        // Whatever came of it, and after the end of its job.
        if !self.dialect().reads(&name) {
            self.values.changed(&name);
            self.forget_seen();
        }
        shown.map_err(|error| error.of(&name))
    }

    fn builtin(
        &mut self,
        name: &str,
        args: &[String],
        settings: &[(String, String)],
    ) -> Result<Shown> {
        let Some(Builtin { run, .. }) = builtin::find(name) else {
            return self.tool(name, args, settings);
        };
        let (resolved, wanted) = self.for_line(settings)?;
        let kept = std::mem::replace(&mut self.resolved, resolved);
        let changed_by_line = self.resolved.clone();
        let shown = run(self, args);
        // What the built-in itself changed stays; what the line changed for itself goes.
        if self.resolved == changed_by_line {
            self.resolved = kept;
        }
        Ok(match shown? {
            // One that carries a command out knows what that wants.
            Shown::Answer(view) if settings.is_empty() && view.wanted != Wanted::default() => {
                Shown::Answer(view)
            }
            Shown::Answer(mut view) => {
                let own = view.wanted.filter.take();
                view.wanted = wanted.clone();
                view.wanted.filter = wanted.filter.or(own);
                Shown::Answer(view)
            }
            shown => shown,
        })
    }

    /// The settings as they are for one line, and what it wants printed.
    pub(super) fn for_line(&self, settings: &[(String, String)]) -> Result<(Resolved, Wanted)> {
        let mut resolved = self.resolved.clone();
        let mut wanted = Wanted::default();
        for (name, value) in settings {
            if !wanted.take(name, value)? {
                resolved = resolved.with(name, value)?;
            }
        }
        wanted.check()?;
        wanted.age = resolved.bool("age");
        Ok((resolved, wanted))
    }

    /// Prints what a line came to.
    fn show(&mut self, outcome: Result<Shown>) -> Ended {
        if let Some(trouble) = self.log.as_ref().and_then(|log| log.trouble()) {
            self.ui.warn(&trouble);
        }
        let printed = outcome.map_err(Ending::from);
        let printed = printed.and_then(|shown| self.print_shown(shown));
        let paged = self.ui.end_page().map_err(Ending::from);
        match printed.and_then(|ended| paged.map(|()| ended)) {
            Ok(ended) => ended,
            Err(Ending::Failed(error)) => self.failed(&error),
            // Whoever read has enough: nothing is wrong, and nothing more is to be said to them.
            Err(Ending::Unwritten(why)) if why.kind() == io::ErrorKind::BrokenPipe => Ended {
                status: 0,
                leave: true,
            },
            Err(Ending::Unwritten(why)) => self.failed(&unwritten(&why)),
        }
    }

    pub(super) fn print_shown(&mut self, shown: Shown) -> std::result::Result<Ended, Ending> {
        let ended = |status, leave| Ok(Ended { status, leave });
        match shown {
            Shown::Nothing => {}
            Shown::Status(number) => return ended(number, false),
            Shown::Leave(number) => return ended(number, true),
            Shown::Text(text) => {
                self.page();
                self.ui.print(&text)?;
            }
            Shown::Answer(mut view) => {
                let failures = std::mem::take(&mut view.failures);
                self.page();
                match view.readable.take().filter(|_| view.form == "auto") {
                    Some(text) => self.ui.print(&text)?,
                    None => self.print_whole(*view)?,
                }
                if let Some(first) = failures.first() {
                    self.ui.end_page()?;
                    failures.iter().for_each(|error| {
                        self.failed(error);
                    });
                    self.told = Some(first.clone());
                    return ended(first.status(), false);
                }
            }
        }
        ended(0, false)
    }

    /// Says the error and gives its status.
    pub fn failed(&mut self, error: &Error) -> Ended {
        let error = &self.variables.hidden().strike_error(error.clone());
        let form = self.line_form.clone();
        match form.unwrap_or_else(|| self.resolved.get("output")).as_str() {
            "json" => self.ui.error_json(error),
            _ => self.ui.error(error),
        }
        self.told = Some(error.clone());
        Ended {
            status: error.status(),
            leave: false,
        }
    }

    /// The lines typed at the prompts of the profile in use.
    pub fn history(&mut self) -> &mut History {
        let (path, before) = match self.resolved.get("history_file") {
            path if path.is_empty() => {
                let (path, before) = history::place(&self.places.state, &self.resolved.profile);
                (path, Some(before))
            }
            path => (expand_home(&path, &self.env), None),
        };
        if self.history.path() != path {
            self.history = History::at(path, before);
        }
        &mut self.history
    }

    /// The user's shell.
    pub fn shell(&self) -> String {
        (self.env)("SHELL")
            .filter(|shell| !shell.is_empty())
            .unwrap_or_else(|| "/bin/sh".into())
    }

    /// Reads the configuration anew, after it was edited or another profile chosen.
    pub fn reload(&mut self) -> Result<()> {
        self.file = File::load(&self.places)?;
        self.resolved = settle(&self.file, &*self.env, &self.flags)?;
        self.ui.set_color(self.resolved.bool("color"));
        self.ui.set_progress(self.resolved.bool("progress"));
        self.unlisted.clear();
        Ok(())
    }

    pub(super) fn log(&mut self) -> Arc<Log> {
        let path = match self.resolved.get("log_file") {
            path if path.is_empty() => self.places.state.join("capuchin.log"),
            path => PathBuf::from(path),
        };
        let hidden = self.variables.hidden();
        self.log
            .get_or_insert_with(|| Arc::new(Log::new(path, hidden.clone())))
            .clone()
    }

    pub(super) fn note_line(&mut self, line: &str) {
        self.log().line(line);
    }
}

/// The names of settings and output words that may stand on a line.
pub fn line_words() -> Vec<&'static str> {
    settings::SETTINGS
        .iter()
        .filter(|setting| setting.line)
        .map(|setting| setting.name)
        .chain(wanted::WORDS.iter().copied())
        .collect()
}

pub fn language<'a>(
    catalog: &'a Catalog,
    builtins: &'a [&'static str],
    settings: &'a [&'static str],
) -> Language<'a> {
    Language {
        catalog,
        builtins,
        settings,
    }
}

pub(super) fn unwritten(why: &io::Error) -> Error {
    Error::local(format!("the output could not be written: {why}"))
        .hint("check the disk or the program that reads it")
}

/// A path as the user meant it: `~/` is the home directory.
pub fn expand_home(path: &str, env: &Env) -> PathBuf {
    match (path.strip_prefix("~/"), env("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(path),
    }
}
