//! What was asked for and what became of it: every call that changes something, written down before it is sent, in an SQLite
//! file that all processes of a user share. A file that a process keeps locked while it has a call under way tells the
//! others that it lives.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::config::private_directory;
use crate::error::{Error, Result};
use crate::line::secrets::{STRUCK, is_secret_of};

/// How long another process's write is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is written of a call that the cloud was asked for and shows no trace of.
pub const MISSED: &str = "the cloud shows no trace of it";
/// So long a call may still be on its way to the cloud, in milliseconds: as long as its signature is good, usually.
const ON_ITS_WAY: i64 = 15 * 60 * 1000;
/// Calls that ended long ago are forgotten when there are more than this many.
const MOST: i64 = 20_000;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS call (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        uuid TEXT NOT NULL, process TEXT NOT NULL, pid INTEGER NOT NULL,
        profile TEXT NOT NULL, endpoint TEXT NOT NULL, identity TEXT NOT NULL,
        api TEXT NOT NULL, params TEXT NOT NULL, custom INTEGER NOT NULL,
        sent INTEGER NOT NULL, state TEXT NOT NULL,
        job TEXT, resource TEXT, ended INTEGER, error TEXT);
    CREATE INDEX IF NOT EXISTS call_whose ON call (endpoint, identity, id);
    CREATE INDEX IF NOT EXISTS call_process ON call (process);
    CREATE TABLE IF NOT EXISTS without_custom (endpoint TEXT NOT NULL, identity TEXT NOT NULL,
        PRIMARY KEY (endpoint, identity));
";

/// How far a call is, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is being sent, or the process ended before its answer came.
    Sent,
    /// The cloud works on its job.
    Running,
    Done,
    /// Its job failed.
    Failed,
    /// The cloud refused it; nothing was done.
    Refused,
    /// It never got to the cloud, or the cloud has no trace of it; nothing was done.
    NotDone,
    /// Its answer never came, and nothing tells whether it was carried out.
    Unknown,
}

const STATES: [(State, &str); 7] = [
    (State::Sent, "sent"),
    (State::Running, "running"),
    (State::Done, "done"),
    (State::Failed, "failed"),
    (State::Refused, "refused"),
    (State::NotDone, "notdone"),
    (State::Unknown, "unknown"),
];

impl State {
    pub fn name(self) -> &'static str {
        STATES
            .iter()
            .find(|(state, _)| *state == self)
            .map_or("unknown", |(_, name)| name)
    }

    /// Whether something may still become of it.
    pub fn open(self) -> bool {
        matches!(self, State::Sent | State::Running | State::Unknown)
    }
}

impl ToSql for State {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<State> {
        let text = value.as_str()?;
        Ok(STATES
            .iter()
            .find(|(_, name)| *name == text)
            .map_or(State::Unknown, |(state, _)| *state))
    }
}

/// Whose calls: one cloud and one identity there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    pub profile: String,
    pub endpoint: String,
    pub identity: String,
}

/// A call as it is written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Noted {
    pub id: i64,
    /// The ledger's own id of the call, which went with it as the new thing's id where `custom` is true.
    pub uuid: String,
    process: String,
    pub pid: u32,
    pub profile: String,
    endpoint: String,
    identity: String,
    pub api: String,
    /// Secrets are struck out.
    pub params: Vec<(String, String)>,
    pub custom: bool,
    /// When, in milliseconds since 1970 by this machine's clock.
    pub sent: i64,
    pub state: State,
    pub job: Option<String>,
    pub resource: Option<String>,
    pub ended: Option<i64>,
    pub error: Option<String>,
    /// Whether it is taken for not done since the cloud shows no trace of it.
    missed: bool,
}

impl Noted {
    /// Whether it was made to this cloud by this identity, so that they can be asked after it.
    pub fn is_of(&self, whose: &Whose) -> bool {
        self.endpoint == whose.endpoint && self.identity == whose.identity
    }

    /// Whether something may still become known of it: it is open, or missed in the cloud while it may be on its way.
    pub fn undecided(&self) -> bool {
        let missed = self.state == State::NotDone && self.ended.is_some() && self.missed;
        self.state.open() || (missed && now() - self.sent < ON_ITS_WAY)
    }

    /// A call of this process that is under way.
    pub fn of(entry: &Entry, api: &str, given: &[(String, String)], custom: bool) -> Noted {
        Noted {
            id: entry.id,
            uuid: entry.uuid.clone(),
            custom,
            sent: entry.sent,
            ..Noted::made(api, given)
        }
    }

    /// A call that is in no ledger.
    pub fn made(api: &str, given: &[(String, String)]) -> Noted {
        Noted {
            id: 0,
            uuid: String::new(),
            process: String::new(),
            pid: std::process::id(),
            profile: String::new(),
            endpoint: String::new(),
            identity: String::new(),
            api: api.into(),
            params: given.to_vec(),
            custom: false,
            sent: 0,
            state: State::Sent,
            job: None,
            resource: None,
            ended: None,
            error: None,
            missed: false,
        }
    }
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Fate {
    pub state: State,
    pub job: Option<String>,
    pub resource: Option<String>,
    pub error: Option<String>,
}

impl Fate {
    pub fn of(state: State) -> Fate {
        Fate {
            state,
            job: None,
            resource: None,
            error: None,
        }
    }

    /// The same with the reason told.
    pub fn because(state: State, error: &Error) -> Fate {
        Fate {
            error: Some(error.message.clone()),
            ..Fate::of(state)
        }
    }
}

/// The book that all processes of a user write into.
pub struct Ledger {
    directory: PathBuf,
    book: Mutex<Option<Book>>,
}

struct Book {
    db: Connection,
    process: String,
    /// How many calls of this process are under way.
    open: usize,
    /// Locked while `open` is not 0.
    mark: Option<File>,
}

/// A call that this process has under way. Dropped before its end is known, it is written down as it then stands.
pub struct Entry {
    ledger: Arc<Ledger>,
    id: i64,
    /// The call's own id.
    uuid: String,
    sent: i64,
    /// Whether its answer is still to come.
    unanswered: bool,
    /// What could not be written down.
    unwritten: Option<Fate>,
}

impl Ledger {
    /// The ledger in the state directory; nothing is opened before it is needed.
    pub fn at(state: &Path) -> Ledger {
        Ledger {
            directory: state.join("ledger"),
            book: Mutex::new(None),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.join("calls.sqlite")
    }

    fn marks(&self) -> PathBuf {
        self.directory.join("open")
    }

    /// Writes a call down before it is sent, and keeps it open until the entry is settled or dropped.
    pub fn begin(
        self: &Arc<Ledger>,
        whose: &Whose,
        api: &str,
        given: &[(String, String)],
        uuid: Option<String>,
    ) -> Result<Entry> {
        let custom = uuid.is_some();
        let uuid = uuid.unwrap_or_else(|| Uuid::new_v4().to_string());
        let shown = serde_json::to_string(&struck(api, given)).unwrap_or_default();
        let sent = now();
        let id = self.with(|book, marks| {
            if book.mark.is_none() {
                let mark = mark(marks, &book.process);
                book.mark = Some(mark.map_err(|why| Trouble::Mark(marks.to_path_buf(), why))?);
            }
            book.db.execute(
                "INSERT INTO call (uuid, process, pid, profile, endpoint, identity, api, params, custom, sent, state)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    uuid,
                    book.process,
                    std::process::id(),
                    whose.profile,
                    whose.endpoint,
                    whose.identity,
                    api,
                    shown,
                    custom,
                    sent,
                    State::Sent
                ],
            )?;
            book.open += 1;
            Ok(book.db.last_insert_rowid())
        });
        let id = id.map_err(|error| unsent(api, error))?;
        Ok(Entry {
            ledger: self.clone(),
            id,
            uuid,
            sent,
            unanswered: true,
            unwritten: None,
        })
    }

    /// The calls of a profile and of its cloud and identity, oldest first; `all` takes in those that came to nothing. Those
    /// that the profile made with another address or identity can't be asked after with this one.
    pub fn calls(&self, whose: &Whose, all: bool) -> Result<Vec<Noted>> {
        if !self.path().exists() {
            return Ok(Vec::new());
        }
        self.with(|book, _| {
            let mut statement = book.db.prepare(
                "SELECT * FROM call WHERE (endpoint = ?1 AND identity = ?2 OR profile = ?3)
                 AND (?4 OR state <> 'refused') ORDER BY id",
            )?;
            let of = params![whose.endpoint, whose.identity, whose.profile, all];
            let rows = statement.query_map(of, noted)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The calls that were written down here and by nobody else, oldest first.
    pub fn own(&self) -> Result<Vec<Noted>> {
        if self.locked().is_none() {
            return Ok(Vec::new());
        }
        self.with(|book, _| {
            let mut statement = book
                .db
                .prepare("SELECT * FROM call WHERE process = ? ORDER BY id")?;
            let rows = statement.query_map([&book.process], noted)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Whether the process that sent the call still has it under way.
    pub fn lives(&self, call: &Noted) -> bool {
        !call.process.is_empty() && lives(&self.marks().join(&call.process))
    }

    /// The call as the ledger has it now.
    pub fn call(&self, id: i64) -> Result<Option<Noted>> {
        self.with(|book, _| {
            let found = book
                .db
                .query_row("SELECT * FROM call WHERE id = ?", [id], noted);
            Ok(found.optional()?)
        })
    }

    /// The jobs that the other calls of that cloud and identity have.
    pub fn jobs_of_others(&self, whose: &Whose, id: i64) -> Result<HashSet<String>> {
        self.with(|book, _| {
            let mut statement = book.db.prepare(
                "SELECT job FROM call WHERE job IS NOT NULL AND id <> ? AND endpoint = ? AND identity = ?",
            )?;
            let of = params![id, whose.endpoint, whose.identity];
            let jobs = statement.query_map(of, |row| row.get(0))?;
            Ok(jobs.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Writes down what was found out about a call, unless somebody else has written more of it since it was read.
    pub fn find_out(&self, seen: &Noted, fate: &Fate) -> Result<()> {
        self.with(|book, _| {
            let ended = (!fate.state.open()).then(now);
            book.db.execute(
                "UPDATE call SET state = ?1, job = coalesce(?2, job), resource = coalesce(?3, resource), error = ?4,
                 ended = ?5 WHERE id = ?6 AND state = ?7 AND job IS ?8",
                params![
                    fate.state,
                    fate.job,
                    fate.resource,
                    fate.error,
                    ended,
                    seen.id,
                    seen.state,
                    seen.job
                ],
            )?;
            Ok(())
        })
    }

    /// Writes down what became of a call. What was known of its job and resource stays known.
    pub fn settle(&self, id: i64, fate: &Fate) -> Result<()> {
        self.with(|book, _| {
            let ended = (!fate.state.open()).then(now);
            book.db.execute(
                "UPDATE call SET state = ?1, job = coalesce(?2, job), resource = coalesce(?3, resource), error = ?4,
                 ended = ?5 WHERE id = ?6",
                params![fate.state, fate.job, fate.resource, fate.error, ended, id],
            )?;
            Ok(())
        })
    }

    /// Takes calls of processes that are gone for looked at, so that the next start is silent about them.
    pub fn seen(&self, calls: &[Noted]) -> Result<()> {
        let processes: HashSet<&str> = calls.iter().map(|call| call.process.as_str()).collect();
        for process in processes {
            if process.is_empty() || lives(&self.marks().join(process)) {
                continue;
            }
            self.with(|book, _| {
                book.db
                    .execute("UPDATE call SET process = '' WHERE process = ?", [process])?;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Forgets a call.
    pub fn forget(&self, id: i64) -> Result<()> {
        self.with(|book, _| {
            book.db.execute("DELETE FROM call WHERE id = ?", [id])?;
            Ok(())
        })
    }

    /// Forgets the calls to a cloud that was started over.
    pub fn forget_cloud(&self, endpoint: &str) -> Result<()> {
        if !self.path().exists() {
            return Ok(());
        }
        self.with(|book, _| {
            book.db
                .execute("DELETE FROM call WHERE endpoint = ?", [endpoint])?;
            Ok(())
        })
    }

    /// Whether the cloud lets this identity choose the ids of new things, as far as is known.
    pub fn may_choose(&self, whose: &Whose) -> Result<bool> {
        self.with(|book, _| {
            let refused = book.db.query_row(
                "SELECT 1 FROM without_custom WHERE endpoint = ? AND identity = ?",
                [&whose.endpoint, &whose.identity],
                |_| Ok(()),
            );
            Ok(refused.optional()?.is_none())
        })
    }

    /// Remembers that it does not.
    pub fn may_not_choose(&self, whose: &Whose) -> Result<()> {
        self.with(|book, _| {
            book.db.execute(
                "INSERT OR IGNORE INTO without_custom (endpoint, identity) VALUES (?, ?)",
                [&whose.endpoint, &whose.identity],
            )?;
            Ok(())
        })
    }

    /// The calls that processes left open that ended before they should have. Without such a process nothing is opened.
    pub fn left(&self) -> Result<Vec<Noted>> {
        let Ok(marks) = fs::read_dir(self.marks()) else {
            return Ok(Vec::new());
        };
        let dead: Vec<PathBuf> = marks
            .filter_map(|mark| Some(mark.ok()?.path()))
            .filter(|mark| !lives(mark))
            .collect();
        let mut left = Vec::new();
        for mark in dead {
            let process = mark.file_name().unwrap_or_default().to_string_lossy();
            let calls = self.with(|book, _| {
                let mut statement = book.db.prepare(
                    "SELECT * FROM call WHERE process = ? AND state IN ('sent', 'running') ORDER BY id",
                )?;
                let rows = statement.query_map([&*process], noted)?;
                Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
            })?;
            if calls.is_empty() {
                // Somebody else may have removed it, which is as good.
                let _ = fs::remove_file(&mark);
            }
            left.extend(calls);
        }
        Ok(left)
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut Book, &Path) -> std::result::Result<T, Trouble>,
    ) -> Result<T> {
        let mut held = self.locked();
        let done = match &mut *held {
            Some(book) => work(book, &self.marks()),
            none => self
                .open()
                .and_then(|book| work(none.insert(book), &self.marks())),
        };
        done.map_err(|trouble| trouble.told(&self.path()))
    }

    fn locked(&self) -> MutexGuard<'_, Option<Book>> {
        self.book.lock().unwrap_or_else(|held| held.into_inner())
    }

    fn open(&self) -> std::result::Result<Book, Trouble> {
        let path = self.path();
        private_directory(&self.directory)?;
        // SQLite's own files beside it get the permissions of this one.
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path)?;
        let db = Connection::open(&path)?;
        db.busy_timeout(PATIENCE)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.execute_batch(TABLES)?;
        db.execute(
            "DELETE FROM call WHERE id <= (SELECT max(id) FROM call) - ?
             AND state NOT IN ('sent', 'running', 'unknown')",
            [MOST],
        )?;
        Ok(Book {
            db,
            process: Uuid::new_v4().to_string(),
            open: 0,
            mark: None,
        })
    }

    /// One call of this process less is under way.
    fn close(&self) {
        let mut held = self.locked();
        let Some(book) = &mut *held else { return };
        book.open = book.open.saturating_sub(1);
        if book.open == 0 && book.mark.take().is_some() {
            // One that stays costs the next start a look and nothing else.
            let _ = fs::remove_file(self.marks().join(&book.process));
        }
    }
}

impl Entry {
    /// The call's number in the ledger.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Writes down what became of the call.
    pub fn settle(&mut self, fate: &Fate) -> Result<()> {
        let written = self.ledger.settle(self.id, fate);
        self.unanswered = false;
        self.unwritten = written.is_err().then(|| fate.clone());
        written
    }

    /// The call was given up before it went.
    pub fn never_sent(&mut self) {
        if self.unanswered {
            // What cannot be written now is in doubt, which does no harm.
            let _ = self.settle(&Fate::of(State::NotDone));
        }
    }

    /// The call goes without an id of its own from now on.
    pub fn without_custom(&self) -> Result<()> {
        self.ledger.with(|book, _| {
            book.db
                .execute("UPDATE call SET custom = 0 WHERE id = ?", [self.id])?;
            Ok(())
        })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let unknown = self.unanswered.then(|| Fate::of(State::Unknown));
        let left = unknown.or(self.unwritten.take());
        // What cannot be written now the next start finds as left by a process that is gone.
        if left.is_none_or(|fate| self.ledger.settle(self.id, &fate).is_ok()) {
            self.ledger.close();
        }
    }
}

/// What kept the ledger from being read or written.
enum Trouble {
    Disk(io::Error),
    Mark(PathBuf, io::Error),
    Database(rusqlite::Error),
}

impl From<io::Error> for Trouble {
    fn from(why: io::Error) -> Trouble {
        Trouble::Disk(why)
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(why: rusqlite::Error) -> Trouble {
        Trouble::Database(why)
    }
}

impl Trouble {
    fn told(self, path: &Path) -> Error {
        let shown = path.display();
        match self {
            Trouble::Disk(why) => {
                Error::local(format!("the ledger {shown} could not be opened: {why}"))
                    .hint("check the directory's permissions and free space, or set XDG_STATE_HOME")
            }
            Trouble::Mark(marks, why) => Error::local(format!(
                "the ledger's mark in {} could not be made: {why}",
                marks.display()
            ))
            .hint("check the directory's permissions and free space, or set XDG_STATE_HOME"),
            Trouble::Database(why) => {
                let error = Error::local(format!("the ledger {shown} could not be used: {why}"));
                match why.sqlite_error_code() {
                    Some(
                        rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt,
                    ) => error.hint(
                        "it is damaged: move it away, and what it tells of calls so far with it",
                    ),
                    Some(rusqlite::ErrorCode::DatabaseBusy) => {
                        error.hint("another process keeps it busy; try again")
                    }
                    _ => error.hint("check the disk, or move the file away"),
                }
            }
        }
    }
}

/// The error for a call that the ledger's trouble kept from being sent.
pub fn unsent(api: &str, error: Error) -> Error {
    Error {
        message: format!("{api} was not sent: {}", error.message),
        ..error
    }
    .hint("a call that changes something is only sent once it is written down")
}

/// Makes the locked file that tells others that this process lives. It has its name only once it is locked.
fn mark(marks: &Path, process: &str) -> io::Result<File> {
    private_directory(marks)?;
    let new = marks.with_file_name(format!("{process}.new"));
    let file = File::create(&new)?;
    match file.lock() {
        // Where files can't be locked, a crash is only seen in `jobs`.
        Err(why) if why.kind() == io::ErrorKind::Unsupported => {}
        locked => locked?,
    }
    fs::rename(&new, marks.join(process))?;
    // The name has to outlast a loss of power as the calls do.
    #[cfg(unix)]
    File::open(marks)?.sync_all()?;
    Ok(file)
}

/// Whether somebody holds the mark locked; one that is gone is nobody's, one that can't be read somebody's.
fn lives(mark: &Path) -> bool {
    match File::open(mark) {
        // Shared, so that two that look at once do not take each other for the owner.
        Ok(file) => file.try_lock_shared().is_err(),
        Err(why) => why.kind() != io::ErrorKind::NotFound,
    }
}

fn struck<'a>(api: &str, params: &'a [(String, String)]) -> Vec<(&'a str, &'a str)> {
    params
        .iter()
        .map(
            |(name, value)| match is_secret_of(api, params, name) && !value.is_empty() {
                true => (name.as_str(), STRUCK),
                false => (name.as_str(), value.as_str()),
            },
        )
        .collect()
}

fn noted(row: &Row) -> rusqlite::Result<Noted> {
    let shown: String = row.get("params")?;
    let error: Option<String> = row.get("error")?;
    Ok(Noted {
        missed: error.as_deref() == Some(MISSED),
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        process: row.get("process")?,
        pid: row.get("pid")?,
        profile: row.get("profile")?,
        endpoint: row.get("endpoint")?,
        identity: row.get("identity")?,
        api: row.get("api")?,
        params: serde_json::from_str(&shown).unwrap_or_default(),
        custom: row.get("custom")?,
        sent: row.get("sent")?,
        state: row.get("state")?,
        job: row.get("job")?,
        resource: row.get("resource")?,
        ended: row.get("ended")?,
        error,
    })
}

/// Milliseconds since 1970 by this machine's clock.
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose() -> Whose {
        Whose {
            profile: "prod".into(),
            endpoint: "http://cloud/client/api".into(),
            identity: "KEY".into(),
        }
    }

    fn pairs(text: &[(&str, &str)]) -> Vec<(String, String)> {
        text.iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect()
    }

    fn begin(ledger: &Arc<Ledger>) -> Entry {
        let params = pairs(&[("name", "web"), ("password", "hunter2")]);
        ledger.begin(&whose(), "createUser", &params, None).unwrap()
    }

    fn states(ledger: &Ledger) -> Vec<State> {
        let calls = ledger.calls(&whose(), true).unwrap();
        calls.iter().map(|call| call.state).collect()
    }

    #[test]
    fn a_call_is_written_down_before_it_is_sent_and_its_secrets_are_not() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Arc::new(Ledger::at(directory.path()));
        assert!(!ledger.path().exists());
        let mut entry = begin(&ledger);
        let other = Ledger::at(directory.path());
        let calls = other.calls(&whose(), false).unwrap();
        assert_eq!(calls[0].state, State::Sent);
        assert_eq!(
            calls[0].params,
            pairs(&[("name", "web"), ("password", STRUCK)])
        );
        assert!(other.lives(&calls[0]));
        let fate = Fate {
            job: Some("j".into()),
            ..Fate::of(State::Running)
        };
        entry.settle(&fate).unwrap();
        entry.settle(&Fate::of(State::Done)).unwrap();
        drop(entry);
        let calls = other.calls(&whose(), false).unwrap();
        assert_eq!(
            (calls[0].state, calls[0].job.as_deref()),
            (State::Done, Some("j"))
        );
        assert!(calls[0].ended.is_some() && !other.lives(&calls[0]));
        let of_others = |id| other.jobs_of_others(&whose(), id).unwrap().contains("j");
        assert!(of_others(calls[0].id + 1) && !of_others(calls[0].id));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(ledger.path()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn an_entry_dropped_without_an_answer_is_unknown_and_nothing_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Arc::new(Ledger::at(directory.path()));
        drop(begin(&ledger));
        assert_eq!(states(&ledger), [State::Unknown]);
        assert!(Ledger::at(directory.path()).left().unwrap().is_empty());
    }

    #[test]
    fn what_a_dead_process_left_is_told_until_it_was_looked_at() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Arc::new(Ledger::at(directory.path()));
        let entry = begin(&ledger);
        let next = Ledger::at(directory.path());
        assert!(next.left().unwrap().is_empty(), "it lives");
        // As if it had been killed: the lock goes with the process, and nothing else is done.
        ledger.locked().as_mut().unwrap().mark = None;
        std::mem::forget(entry);
        let left = next.left().unwrap();
        assert_eq!(left.len(), 1);
        assert!(!next.lives(&left[0]));
        assert_eq!(next.left().unwrap().len(), 1);
        next.seen(&left).unwrap();
        assert!(next.left().unwrap().is_empty());
        assert_eq!(fs::read_dir(next.marks()).unwrap().count(), 0);
    }

    #[test]
    fn a_start_with_nothing_left_opens_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(directory.path());
        assert!(ledger.left().unwrap().is_empty());
        assert!(ledger.calls(&whose(), true).unwrap().is_empty());
        assert!(!directory.path().join("ledger").exists());
    }

    #[test]
    fn calls_belong_to_a_cloud_and_an_identity() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Arc::new(Ledger::at(directory.path()));
        let mut entry = begin(&ledger);
        entry.settle(&Fate::of(State::Refused)).unwrap();
        assert!(ledger.calls(&whose(), false).unwrap().is_empty());
        let other = Whose {
            identity: "OTHER".into(),
            ..whose()
        };
        // The same profile with another key shows them and cannot ask after them.
        let calls = ledger.calls(&other, true).unwrap();
        assert!(calls.len() == 1 && !calls[0].is_of(&other) && calls[0].is_of(&whose()));
        let elsewhere = Whose {
            profile: "test".into(),
            ..other.clone()
        };
        assert!(ledger.calls(&elsewhere, true).unwrap().is_empty());
        assert!(ledger.may_choose(&whose()).unwrap());
        ledger.may_not_choose(&whose()).unwrap();
        assert!(!ledger.may_choose(&whose()).unwrap());
        assert!(ledger.may_choose(&other).unwrap());
        ledger.forget_cloud(&whose().endpoint).unwrap();
        assert!(states(&ledger).is_empty());
    }

    #[test]
    fn a_damaged_file_is_an_error_that_says_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Arc::new(Ledger::at(directory.path()));
        fs::create_dir_all(directory.path().join("ledger")).unwrap();
        fs::write(ledger.path(), "x".repeat(5000)).unwrap();
        let error = ledger
            .begin(&whose(), "createUser", &[], None)
            .err()
            .unwrap();
        assert_eq!(error.status(), 7);
        assert!(
            error.message.starts_with("createUser was not sent"),
            "{error}"
        );
        assert!(error.hints.iter().any(|hint| hint.contains("move it away")));
    }
}
