//! Scenario files: found, run each in a session of its own, several at once, and what each came to.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::clouds::{Demo, Place};
use super::left;
use super::report::Outcome;
use super::script;
use super::session::{Env, Failure, Mode, Session};
use crate::catalog::Catalog;
use crate::client::network::Network;
use crate::config::Places;
use crate::config::resolve::{Flags, Resolved};
use crate::config::secret::Secret;
use crate::error::{Error, Kind, Result};
use crate::line::variables::Variables;
use crate::ui::{Transcript, Ui};

/// What the names of scenario files end in, where a directory is looked through.
const EXTENSION: &str = "cap";
/// Directories within directories are looked through no deeper: a circle of links ends.
const DEEPEST: usize = 32;
/// Scripts run scripts, and need room for it.
const STACK: usize = 16 << 20;
const TICK: Duration = Duration::from_millis(100);

/// The files that are named, and those in the directories that are, each once and in the order of their names.
pub fn find(paths: &[String]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        let path = PathBuf::from(path);
        let known = fs::metadata(&path).map_err(|why| unread(&path, &why))?;
        if !known.is_dir() {
            found.push(path);
            continue;
        }
        let before = found.len();
        look_through(&path, 0, &mut found)?;
        if found.len() == before {
            return Err(Error::line(format!(
                "there is no scenario in {}: no file whose name ends in .{EXTENSION}",
                path.display()
            )));
        }
    }
    let mut seen = HashSet::new();
    found.retain(|path| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    Ok(found)
}

fn look_through(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(|why| unread(directory, &why))? {
        paths.push(entry.map_err(|why| unread(directory, &why))?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if depth < DEEPEST {
                look_through(&path, depth + 1, found)?;
            }
        } else if path
            .extension()
            .is_some_and(|extension| extension == EXTENSION)
        {
            found.push(path);
        }
    }
    Ok(())
}

fn unread(path: &Path, why: &std::io::Error) -> Error {
    Error::local(format!("{} could not be read: {why}", path.display()))
        .hint("check the path and its permissions")
}

/// A scenario that waits for its turn.
struct Waiting {
    place: usize,
    path: PathBuf,
}

/// Runs the scenarios, so many at once, and gives each outcome in their order as soon as it is known, and all of them at the
/// end. Those that have not begun are left out once `tell` wants no more.
pub fn run(
    session: &mut Session,
    paths: &[PathBuf],
    parallel: usize,
    mut tell: impl FnMut(&Session, usize, &Outcome) -> ControlFlow<()>,
) -> Result<Vec<Outcome>> {
    // What all of them use is made once: the built-in cloud, the network's thread, the catalogue.
    session.network()?;
    session.catalog()?;
    // The client starts the built-in cloud, and runs a command that prints the secret key: it may take long, or ask for a
    // passphrase.
    session.client()?;
    let beside = Beside::of(session)?;
    let presses = session.presses();
    let mut waiting = VecDeque::new();
    for (place, path) in paths.iter().enumerate() {
        let path = path.clone();
        waiting.push_back(Waiting { place, path });
    }
    let waiting = Mutex::new(waiting);
    let (sender, receiver) = channel();
    let mut outcomes: Vec<Option<Outcome>> = vec![None; paths.len()];
    thread::scope(|scope| {
        for _ in 0..parallel.min(paths.len()) {
            let (waiting, beside, sender) = (&waiting, &beside, sender.clone());
            let work = move || {
                while let Some(next) = next(waiting) {
                    // Nobody listens any more where a report could not be written.
                    let outcome = run_one(&next.path, beside, presses);
                    if sender.send((next.place, outcome)).is_err() {
                        return;
                    }
                }
            };
            thread::Builder::new()
                .name("scenario".into())
                .stack_size(STACK)
                .spawn_scoped(scope, work)
                .map_err(|why| Error::local(format!("no thread for a scenario: {why}")))?;
        }
        drop(sender);
        let start = Instant::now();
        let (mut told, mut done) = (0, 0);
        loop {
            match receiver.recv_timeout(TICK) {
                Ok((place, outcome)) => {
                    outcomes[place] = Some(outcome);
                    done += 1;
                    session.ui.clear_spinner();
                    while let Some(Some(outcome)) = outcomes.get(told) {
                        if tell(session, told, outcome).is_break() {
                            let mut waiting =
                                waiting.lock().unwrap_or_else(PoisonError::into_inner);
                            waiting.clear();
                            return Ok(());
                        }
                        told += 1;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    let what = format!("{done} of {} scenarios", paths.len());
                    session.ui.spin(&what, start.elapsed());
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    })?;
    session.ui.clear_spinner();
    Ok(outcomes.into_iter().flatten().collect())
}

fn next(waiting: &Mutex<VecDeque<Waiting>>) -> Option<Waiting> {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.pop_front()
}

fn run_one(path: &Path, beside: &Beside, presses: u64) -> Outcome {
    let transcript = Transcript::default();
    let start = Instant::now();
    let mut session = match beside.session(&transcript) {
        Ok(session) => session,
        Err(error) => return not_run(path, error),
    };
    let ended = if session.presses() > presses {
        Err(Error::new(
            Kind::Interrupted,
            "Ctrl-C was pressed before it began",
        ))
    } else {
        script::run_file(&mut session, path)
    };
    let status = match ended {
        Ok(ended) => ended.status,
        Err(error) => {
            let status = session.failed(&error).status;
            session.failure = Some(failure(path, error));
            status
        }
    };
    let duration = start.elapsed();
    let left = match status {
        0 => Vec::new(),
        _ => left::behind(&mut session).unwrap_or_else(|error| {
            vec![format!(
                "what it made could not be looked up: {}",
                error.message
            )]
        }),
    };
    Outcome {
        path: path.into(),
        status,
        failure: session.failure.take().filter(|_| status != 0),
        duration,
        output: session.variables.hidden().strike(&transcript.text()),
        left,
    }
}

fn not_run(path: &Path, error: Error) -> Outcome {
    Outcome {
        path: path.into(),
        status: error.status(),
        failure: Some(failure(path, error)),
        duration: Duration::ZERO,
        output: String::new(),
        left: Vec::new(),
    }
}

fn failure(path: &Path, error: Error) -> Failure {
    Failure {
        place: path.display().to_string(),
        line: String::new(),
        error: Some(error),
    }
}

/// What the session of a scenario begins with: all that the one has which runs them.
struct Beside {
    places: Places,
    env: Env,
    flags: Flags,
    resolved: Resolved,
    variables: Variables,
    keep_going: bool,
    sources: Vec<PathBuf>,
    network: Arc<Network>,
    demo: Arc<Demo>,
    catalog: Option<(Place, Arc<Catalog>)>,
    /// The secret keys that commands printed.
    printed: HashMap<String, Secret>,
    /// Whether standard input is in use.
    stdin: bool,
}

impl Beside {
    fn of(session: &mut Session) -> Result<Beside> {
        Ok(Beside {
            places: session.places.clone(),
            env: session.env.clone(),
            flags: session.flags.clone(),
            resolved: session.resolved.clone(),
            variables: session.variables.clone(),
            keep_going: session.keep_going,
            sources: session.sources.clone(),
            network: session.network()?,
            demo: session.demo.clone(),
            catalog: session.catalog.clone(),
            printed: session.printed.clone(),
            stdin: session.mode == (Mode::Script { stdin: true }),
        })
    }

    /// A session that changes nothing in the one that runs it; what it prints and says goes into the transcript.
    fn session(&self, transcript: &Transcript) -> Result<Session> {
        let mut session = Session::with_ui(
            Ui::recorded(transcript.clone()),
            self.places.clone(),
            self.env.clone(),
            self.flags.clone(),
            Mode::Script { stdin: self.stdin },
        )?;
        session.resolved = self.resolved.clone();
        session.variables.take_in(&self.variables);
        session.keep_going = self.keep_going;
        session.sources = self.sources.clone();
        session.network = Some(self.network.clone());
        session.demo = self.demo.clone();
        session.catalog = self.catalog.clone();
        session.printed = self.printed.clone();
        // By a ledger of its own, which each session has, its calls are told from those of the others.
        Ok(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_looked_through_and_a_file_is_taken_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        for name in ["b.cap", "a.cap", "in/c.cap", "in/notes.txt", "script"] {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let at = |name: &str| home.path().join(name).display().to_string();
        let found = find(&[at("script"), at(""), at("a.cap")]).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| path.strip_prefix(home.path()).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["script", "a.cap", "b.cap", "in/c.cap"]);
        fs::create_dir(at("empty")).unwrap();
        assert_eq!(find(&[at("empty")]).unwrap_err().kind, Kind::Line);
        assert_eq!(find(&[at("gone")]).unwrap_err().kind, Kind::Local);
    }
}
