//! A line in, its answer or error out: `evaluate` knows the whole way, `execute` prints what came of it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::builtin::{self, Builtin};
use super::help;
use super::log::Log;
use crate::catalog::{Api, Catalog, cache};
use crate::client::transport::Route;
use crate::client::{Client, JOB_TIME, Options, interrupted, network::Network, wait};
use crate::cloud::{Identity, Manner, Outcome, Request};
use crate::config::file::File;
use crate::config::resolve::{Flags, Resolved, resolve};
use crate::config::{Places, settings};
use crate::error::{Error, Kind, Result};
use crate::line::command::{self, Call, Command, Given, Language};
use crate::line::words;
use crate::print;
use crate::record::answer::{Answer, Shape};
use crate::record::select;
use crate::ui::Ui;

/// The words that shape what is printed and are no settings.
pub const OUTPUT_WORDS: &[&str] = &["filter"];

/// Reads a variable of the environment.
pub type Env = Box<dyn Fn(&str) -> Option<String>>;

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

/// An answer and how it is to be seen.
pub struct View {
    pub answer: Answer,
    /// The output form by name; `auto` is settled when it is printed.
    pub form: String,
    pub filter: Option<Vec<String>>,
    /// The catalogue's response fields, in its order.
    pub known: Vec<String>,
}

impl View {
    pub fn of(answer: Answer, form: String) -> Shown {
        Shown::Answer(Box::new(View {
            answer,
            form,
            filter: None,
            known: Vec::new(),
        }))
    }
}

/// A job that this process started.
#[derive(Clone)]
pub struct Started {
    pub job: String,
    pub request: Request,
    pub resource: String,
    /// running, done, failed or waiting for nobody.
    pub state: &'static str,
}

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ended {
    pub status: u8,
    pub leave: bool,
}

pub struct Session {
    pub ui: Ui,
    pub places: Places,
    pub env: Env,
    pub flags: Flags,
    pub file: File,
    pub resolved: Resolved,
    pub mode: Mode,
    pub jobs: Vec<Started>,
    pub history: Vec<String>,
    pub keep_going: bool,
    pub sources: Vec<PathBuf>,
    network: Option<Arc<Network>>,
    demo: Option<devcloud::Cloud>,
    client: Option<(Place, Arc<Client>)>,
    catalog: Option<(Place, Arc<Catalog>)>,
    log: Option<Arc<Log>>,
}

/// Which cloud, asked by whom: what tells one client and one catalogue from another.
#[derive(Clone, PartialEq)]
struct Place {
    endpoint: String,
    identity: String,
    secret: crate::config::secret::Secret,
    verifycert: bool,
}

impl Session {
    pub fn open(places: Places, env: Env, flags: Flags, mode: Mode) -> Result<Session> {
        let file = File::load(&places)?;
        let resolved = resolve(&file, &*env, &flags)?;
        let mut ui = Ui::new(env("NO_COLOR").is_some_and(|value| !value.is_empty()));
        ui.set_color(resolved.bool("color"));
        for note in file.warnings().iter().chain(&resolved.notes) {
            ui.warn(note);
        }
        Ok(Session {
            ui,
            places,
            env,
            flags,
            file,
            resolved,
            mode,
            jobs: Vec::new(),
            history: Vec::new(),
            keep_going: false,
            sources: Vec::new(),
            network: None,
            demo: None,
            client: None,
            catalog: None,
            log: None,
        })
    }

    /// Evaluates a line, prints what came of it and tells how it ended.
    pub fn execute(&mut self, line: &str) -> Ended {
        let pipe = words::split(line).ok().and_then(|words| words.pipe);
        // `!` and `shell` hand their pipes to the user's shell with everything else.
        let piped = match pipe {
            // A pipe into nothing is refused with the line.
            Some((text, _)) if !text.is_empty() && !text.starts_with('|') && !is_shell(line) => {
                self.ui.pipe_into(&self.shell(), &text);
                true
            }
            _ => false,
        };
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

    /// The same for a command whose words another shell has split.
    pub fn execute_words(&mut self, words: &[String]) -> Ended {
        let outcome = self.evaluate_words(words);
        self.show(outcome)
    }

    /// From a line to what it came to; prints no data.
    pub fn evaluate(&mut self, line: &str) -> Result<Shown> {
        self.note_line(line);
        let catalog = self.catalog_for(line.split_ascii_whitespace())?;
        let (parsed, catalog) =
            self.understand(catalog, |language| command::parse(line, language))?;
        self.run(parsed.command, &catalog)
    }

    /// The same for words that another shell has split.
    pub fn evaluate_words(&mut self, words: &[String]) -> Result<Shown> {
        let quoted: Vec<String> = words.iter().map(|word| words::quote(word)).collect();
        self.note_line(&quoted.join(" "));
        let catalog = self.catalog_for(words.iter().map(String::as_str))?;
        let (command, catalog) =
            self.understand(catalog, |language| command::parse_words(words, language))?;
        self.run(command, &catalog)
    }

    /// Parses with the catalogue; one that proves broken while it is read is built anew, once.
    fn understand<T>(
        &mut self,
        catalog: Arc<Catalog>,
        parse: impl Fn(&Language) -> Result<T>,
    ) -> Result<(T, Arc<Catalog>)> {
        let names = builtin::names();
        let settings = line_words();
        match parse(&language(&catalog, &names, &settings)) {
            // A line itself is never a fault on this side.
            Err(error) if error.kind == Kind::Local => self.ui.warn(&error.message),
            parsed => return parsed.map(|parsed| (parsed, catalog)),
        }
        cache::forget(&self.cache_path(&self.place(&self.resolved)?))?;
        self.catalog = None;
        let catalog = self.catalog()?;
        let parsed = parse(&language(&catalog, &names, &settings))?;
        Ok((parsed, catalog))
    }

    fn run(&mut self, command: Command, catalog: &Catalog) -> Result<Shown> {
        match command {
            Command::Empty => Ok(Shown::Nothing),
            Command::Call(call) => self.call(call),
            Command::ApiHelp(api) => Ok(Shown::Text(help::api_help(&api, self.ui.width()))),
            Command::VerbHelp(verb) => builtin::help::verb(catalog, &verb).map(Shown::Text),
            Command::BuiltinHelp(name) => Ok(match builtin::find(name) {
                Some(found) => Shown::Text(found.help()),
                None => Shown::Nothing,
            }),
            Command::Builtin {
                name,
                args,
                settings,
            } => self.builtin(name, &args, &settings),
        }
    }

    fn builtin(
        &mut self,
        name: &str,
        args: &[String],
        settings: &[(String, String)],
    ) -> Result<Shown> {
        let Some(Builtin { run, .. }) = builtin::find(name) else {
            return Err(Error::line(format!("{name} is not a command here")));
        };
        let (resolved, filter) = self.for_line(settings)?;
        let kept = std::mem::replace(&mut self.resolved, resolved);
        let changed_by_line = self.resolved.clone();
        let shown = run(self, args);
        // What the built-in itself changed stays; what the line changed for itself goes.
        if self.resolved == changed_by_line {
            self.resolved = kept;
        }
        Ok(match shown? {
            Shown::Answer(mut view) => {
                view.filter = filter;
                Shown::Answer(view)
            }
            shown => shown,
        })
    }

    /// The settings as they are for one line, and its filter.
    fn for_line(&self, settings: &[(String, String)]) -> Result<(Resolved, Option<Vec<String>>)> {
        let mut resolved = self.resolved.clone();
        let mut filter = None;
        for (name, value) in settings {
            if name.eq_ignore_ascii_case("filter") {
                filter = Some(select::paths(value)).filter(|paths| !paths.is_empty());
            } else {
                resolved = resolved.with(name, value)?;
            }
        }
        Ok((resolved, filter))
    }

    fn call(&mut self, call: Call) -> Result<Shown> {
        let (resolved, filter) = self.for_line(&call.settings)?;
        for hint in &call.hints {
            self.ui.say(&format!("hint: {hint}"));
        }
        let request = Request {
            api: call.name.clone(),
            params: self.given(call.params)?,
        };
        let options = Options {
            manner: Manner {
                expires: resolved.seconds("expires"),
                response: resolved.get("response"),
            },
            fields: call
                .api
                .as_ref()
                .map_or(Vec::new(), |api| api.response.clone()),
        };
        let client = self.client_of(&resolved)?;
        let outcome = self.start(&client, &request, &options)?;
        let answer = match outcome {
            Outcome::Done(answer) => answer,
            Outcome::Started { job, answer } => {
                let blocks = resolved.bool("asyncblock");
                let limit = Duration::from_secs(resolved.seconds("timeout"));
                self.started(&request, &job, &answer);
                if blocks {
                    self.follow(&client, &request, &options, &job, limit, &answer)?
                } else {
                    self.ui.say(&format!(
                        "job {job} runs; ask after it with: {}",
                        client.ask_line(&job)
                    ));
                    answer
                }
            }
        };
        let known = response_names(call.api.as_deref(), &answer);
        if let Some(paths) = &filter {
            let fields = call.api.as_ref().map_or(&[][..], |api| &api.response);
            for (path, nearest) in select::unknown(paths, &answer.rows, fields) {
                let nearest =
                    nearest.map_or(String::new(), |near| format!("; did you mean {near}?"));
                self.ui.warn(&format!(
                    "no field {path} in the answer of {}{nearest}",
                    call.name
                ));
            }
        }
        Ok(Shown::Answer(Box::new(View {
            answer,
            form: resolved.get("output"),
            filter,
            known,
        })))
    }

    /// Sends the call; Ctrl-C ends the wait for its answer.
    fn start(
        &mut self,
        client: &Arc<Client>,
        request: &Request,
        options: &Options,
    ) -> Result<Outcome> {
        let (client, request, options) = (client.clone(), request.clone(), options.clone());
        let what = request.api.clone();
        let network = self.network()?;
        let mut interrupt = network.interrupt();
        let outcome = self.network()?.run(
            async move {
                tokio::select! {
                    outcome = client.start(&request, &options) => outcome,
                    () = interrupt.pressed() => Err(interrupted(&request, client.reads(&request.api))),
                }
            },
            |elapsed| self.ui.spin(&what, elapsed),
        );
        self.ui.clear_spinner();
        outcome?
    }

    /// Waits for the job's end; the time limit and Ctrl-C end the wait and not the job.
    fn follow(
        &mut self,
        client: &Arc<Client>,
        request: &Request,
        options: &Options,
        job: &str,
        limit: Duration,
        first: &Answer,
    ) -> Result<Answer> {
        let waiting = (
            client.clone(),
            request.clone(),
            options.clone(),
            job.to_string(),
        );
        let mut interrupt = self.network()?.interrupt();
        let what = format!("{} (job {job})", request.api);
        let end = self.network()?.run(
            async move {
                let (client, request, options, job) = waiting;
                tokio::select! {
                    end = wait::follow(&client, &request, &job, &options, limit) => end,
                    () = interrupt.pressed() => {
                        Err(wait::ended(&client, &request, &job, "was left to run: the wait was interrupted"))
                    }
                }
            },
            |elapsed| self.ui.spin(&what, elapsed),
        );
        self.ui.clear_spinner();
        let end = end?;
        let state = match &end {
            Ok(_) => "done",
            Err(error) if error.kind == Kind::JobFailed => "failed",
            Err(_) => "running",
        };
        if let Some(started) = self.jobs.iter_mut().find(|started| started.job == job) {
            started.state = state;
        }
        end.map_err(|error| match first.resource() {
            Some(id) if error.kind == Kind::StillRunning => {
                error.hint(format!("what it works on has the id {id}"))
            }
            _ => error,
        })
    }

    fn started(&mut self, request: &Request, job: &str, answer: &Answer) {
        self.jobs.push(Started {
            job: job.into(),
            request: request.clone(),
            resource: answer.resource().unwrap_or_default(),
            state: "running",
        });
    }

    /// Reads what `name=@file` and `name=@-` name.
    fn given(&self, params: Vec<(String, Given)>) -> Result<Vec<(String, String)>> {
        params
            .into_iter()
            .map(|(name, given)| {
                let value = match given {
                    Given::Text(text) => text,
                    Given::File(path) => read_text(&name, &path, std::fs::read(&path))?,
                    Given::Stdin if self.mode == (Mode::Script { stdin: true }) => {
                        return Err(Error::line(format!(
                            "{name}=@- reads standard input, which is the script itself"
                        ))
                        .hint("name a file, or run the script with -f FILE"));
                    }
                    Given::Stdin => {
                        let mut bytes = Vec::new();
                        let read = io::Read::read_to_end(&mut io::stdin(), &mut bytes);
                        read_text(&name, "standard input", read.map(|_| bytes))?
                    }
                };
                Ok((name, value))
            })
            .collect()
    }

    /// Prints what a line came to.
    fn show(&mut self, outcome: Result<Shown>) -> Ended {
        if let Some(trouble) = self.log.as_ref().and_then(|log| log.trouble()) {
            self.ui.warn(&trouble);
        }
        let status = |status| Ended {
            status,
            leave: false,
        };
        let written = match outcome {
            Err(error) => return self.failed(&error),
            Ok(Shown::Nothing) => return status(0),
            Ok(Shown::Status(number)) => return status(number),
            Ok(Shown::Leave(number)) => {
                return Ended {
                    status: number,
                    leave: true,
                };
            }
            Ok(Shown::Text(text)) => self.ui.print(&text),
            Ok(Shown::Answer(view)) => self.print(&view),
        };
        match written {
            Ok(()) => status(0),
            // Whoever read has enough: nothing is wrong, and nothing more is to be said to them.
            Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ended {
                status: 0,
                leave: true,
            },
            Err(why) => self.failed(
                &Error::local(format!("the output could not be written: {why}"))
                    .hint("check the disk or the program that reads it"),
            ),
        }
    }

    pub fn print(&self, view: &View) -> io::Result<()> {
        let form = match view.form.as_str() {
            "auto" if view.answer.shape == Shape::List && self.ui.to_terminal() => "table",
            "auto" => "text",
            form => form,
        };
        let filter = view.filter.as_deref();
        self.ui
            .write(|out| print::print(form, &view.answer, filter, &view.known, out))
    }

    /// Says the error and gives its status.
    pub fn failed(&self, error: &Error) -> Ended {
        self.ui.error(error);
        Ended {
            status: error.status(),
            leave: false,
        }
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
        self.resolved = resolve(&self.file, &*self.env, &self.flags)?;
        self.ui.set_color(self.resolved.bool("color"));
        Ok(())
    }

    /// How often Ctrl-C was pressed since calls were first made.
    pub fn presses(&self) -> u64 {
        self.network.as_ref().map_or(0, |network| network.presses())
    }

    /// The network's thread, started by the first call.
    pub fn network(&mut self) -> Result<Arc<Network>> {
        if let Some(network) = &self.network {
            return Ok(network.clone());
        }
        let network = Arc::new(Network::start()?);
        self.network = Some(network.clone());
        Ok(network)
    }

    /// Where the built-in cloud keeps its state.
    pub fn demo_state(&self) -> PathBuf {
        self.places.state.join("devcloud.sqlite")
    }

    /// The client of the cloud in use.
    pub fn client(&mut self) -> Result<Arc<Client>> {
        let resolved = self.resolved.clone();
        self.client_of(&resolved)
    }

    fn client_of(&mut self, resolved: &Resolved) -> Result<Arc<Client>> {
        let place = self.place(resolved)?;
        if let Some((known, client)) = &self.client
            && *known == place
        {
            return Ok(client.clone());
        }
        let endpoint = resolved.endpoint()?;
        let identity = match &endpoint {
            Some(endpoint) => Identity {
                url: endpoint.url.clone(),
                apikey: endpoint.apikey.clone(),
                secretkey: endpoint.secretkey.clone(),
            },
            None => self.demo()?,
        };
        let route = Route {
            verifycert: place.verifycert,
            proxies: endpoint.is_some(),
            tls: identity.url.starts_with("https:"),
        };
        let log = self.log();
        let client = Client::with(identity, &route, Some(Arc::new(move |sent| log.sent(sent))))?;
        let client = Arc::new(client);
        self.client = Some((place, client.clone()));
        Ok(client)
    }

    /// Starts the built-in cloud, once a process.
    pub fn demo(&mut self) -> Result<Identity> {
        if self.demo.is_none() {
            let state = self.demo_state();
            if let Some(directory) = state.parent() {
                std::fs::create_dir_all(directory).map_err(|why| {
                    Error::local(format!("{} could not be made: {why}", directory.display()))
                        .hint("check its permissions, or set XDG_STATE_HOME")
                })?;
            }
            let started = devcloud::start(&state, ([127, 0, 0, 1], 0).into());
            self.demo = Some(started.map_err(|why| Error::local(why.to_string()))?);
        }
        let cloud = self
            .demo
            .as_ref()
            .ok_or_else(|| Error::local("the built-in cloud is not there"))?;
        Ok(Identity {
            url: cloud.url(),
            apikey: cloud.apikey().into(),
            secretkey: crate::config::secret::Secret::new(cloud.secretkey()),
        })
    }

    fn log(&mut self) -> Arc<Log> {
        let path = match self.resolved.get("log_file") {
            path if path.is_empty() => self.places.state.join("capuchin.log"),
            path => PathBuf::from(path),
        };
        self.log
            .get_or_insert_with(|| Arc::new(Log::new(path)))
            .clone()
    }

    fn note_line(&mut self, line: &str) {
        self.log().line(line);
    }

    fn place(&self, resolved: &Resolved) -> Result<Place> {
        let verifycert = resolved.bool("verifycert");
        Ok(match resolved.endpoint()? {
            Some(endpoint) => Place {
                endpoint: endpoint.url,
                identity: endpoint.apikey,
                secret: endpoint.secretkey,
                verifycert,
            },
            None => Place {
                endpoint: "built-in".into(),
                identity: devcloud::fingerprint(),
                secret: crate::config::secret::Secret::new(""),
                verifycert,
            },
        })
    }

    /// What can be called, for a line that begins so: a built-in makes do with what is known without asking.
    fn catalog_for<'a>(
        &mut self,
        mut words: impl Iterator<Item = &'a str>,
    ) -> Result<Arc<Catalog>> {
        let first = words.next().unwrap_or_default();
        let builtin = builtin::names().contains(&first) && first != "help" && first != "api";
        if first.is_empty() || builtin || first.starts_with(['!', '#', '?']) {
            return Ok(self.known_catalog());
        }
        self.catalog()
    }

    /// The catalogue as far as it is known without asking the cloud.
    pub fn known_catalog(&mut self) -> Arc<Catalog> {
        let Ok(place) = self.place(&self.resolved) else {
            return Arc::new(Catalog::of(Vec::new()));
        };
        if let Some((known, catalog)) = &self.catalog
            && *known == place
        {
            return catalog.clone();
        }
        match cache::load(&self.cache_path(&place)) {
            Some(catalog) => {
                let catalog = Arc::new(catalog);
                self.catalog = Some((place, catalog.clone()));
                catalog
            }
            None => Arc::new(Catalog::of(Vec::new())),
        }
    }

    /// The catalogue of the cloud in use; asks the cloud where nothing is known yet, and says so.
    pub fn catalog(&mut self) -> Result<Arc<Catalog>> {
        let known = self.known_catalog();
        if !known.is_empty() {
            return Ok(known);
        }
        let (catalog, count) = self.sync()?;
        self.ui.say(&format!(
            "{count} APIs discovered and cached (first use of this cloud and key)"
        ));
        Ok(catalog)
    }

    /// Asks the cloud what can be called, and keeps it.
    pub fn sync(&mut self) -> Result<(Arc<Catalog>, usize)> {
        let place = self.place(&self.resolved)?;
        let client = self.client()?;
        let mut interrupt = self.network()?.interrupt();
        let apis = self.network()?.run(
            async move {
                tokio::select! {
                    apis = client.discover() => apis,
                    () = interrupt.pressed() => Err(Error::new(Kind::Interrupted, "sync was interrupted")),
                }
            },
            |elapsed| self.ui.spin("sync", elapsed),
        );
        self.ui.clear_spinner();
        let apis = apis??;
        if apis.is_empty() {
            return Err(Error::new(
                Kind::Refused,
                "sync: the cloud answered that this identity may call nothing",
            )
            .hint("check apikey and secretkey (`set`)"));
        }
        let path = self.cache_path(&place);
        let catalog = match cache::store(&path, &apis) {
            Ok(()) => cache::load(&path).unwrap_or_else(|| Catalog::of(apis)),
            // A catalogue that can't be kept still serves this session.
            Err(error) => {
                self.ui.warn(&error.message);
                Catalog::of(apis)
            }
        };
        let count = catalog.len();
        let catalog = Arc::new(catalog);
        self.catalog = Some((place, catalog.clone()));
        Ok((catalog, count))
    }

    fn cache_path(&self, place: &Place) -> PathBuf {
        cache::path(&self.places.cache, &place.endpoint, &place.identity)
    }

    /// How long a job is waited for at most.
    pub fn job_time(&self) -> Duration {
        match self.resolved.seconds("timeout") {
            0 => JOB_TIME,
            seconds => Duration::from_secs(seconds),
        }
    }
}

/// The names of settings and output words that may stand on a line.
pub fn line_words() -> Vec<&'static str> {
    settings::SETTINGS
        .iter()
        .filter(|setting| setting.line)
        .map(|setting| setting.name)
        .chain(OUTPUT_WORDS.iter().copied())
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

fn is_shell(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('!') || line.split_ascii_whitespace().next() == Some("shell")
}

/// The fields that the catalogue tells of the rows: those of the list's or object's record.
fn response_names(api: Option<&Api>, answer: &Answer) -> Vec<String> {
    let fields = api.map_or(&[][..], |api| &api.response);
    // A job's own fields are none of the thing's that it worked on, and an answer may know less than its rows.
    let flat = answer.job.is_none() && answer.name.is_none() && answer.shape == Shape::Object;
    if flat {
        return Vec::new();
    }
    fields
        .iter()
        .filter(|field| !field.name.is_empty())
        .map(|field| field.name.clone())
        .collect()
}

fn read_text(name: &str, path: &str, read: io::Result<Vec<u8>>) -> Result<String> {
    let bytes = read.map_err(|why| {
        Error::line(format!("{name}: {path} could not be read: {why}"))
            .hint(format!("{name}=@@… is for a value that begins with @"))
    })?;
    String::from_utf8(bytes).map_err(|why| {
        Error::line(format!(
            "{name}: {path} is not UTF-8 text (byte {})",
            why.utf8_error().valid_up_to()
        ))
        .hint("user data and certificates are sent in base64 or PEM")
    })
}

/// A path as the user meant it: `~/` is the home directory.
pub fn expand_home(path: &str, env: &Env) -> PathBuf {
    match (path.strip_prefix("~/"), env("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(path),
    }
}
