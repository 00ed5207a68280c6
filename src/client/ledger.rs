//! What was asked for and what became of it: every call that changes something, written down before it is sent, in an SQLite
//! file that all processes of a user share. A file that a process keeps locked while it has a call under way tells the
//! others that it lives.

mod marks;
mod noted;
mod trouble;

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::config::private_directory;
use crate::error::{Error, Result};
use crate::line::hidden::Hidden;
use crate::line::secrets::{STRUCK, is_secret_of};

use marks::{lives, mark};
use noted::noted;
pub use noted::{Fate, MISSED, Noted, State, Whose};
use trouble::Trouble;

/// How long another process's write is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
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

/// The book that all processes of a user write into.
pub struct Ledger {
    directory: PathBuf,
    hidden: Hidden,
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
            hidden: Hidden::default(),
            book: Mutex::new(None),
        }
    }

    /// The same, which writes none of these texts down.
    pub fn without(mut self, hidden: Hidden) -> Ledger {
        self.hidden = hidden;
        self
    }

    fn struck<'a>(&self, api: &str, params: &'a [(String, String)]) -> Vec<(&'a str, String)> {
        params
            .iter()
            .map(
                |(name, value)| match is_secret_of(api, params, name) && !value.is_empty() {
                    true => (name.as_str(), STRUCK.to_string()),
                    false => (name.as_str(), self.hidden.strike(value)),
                },
            )
            .collect()
    }

    fn error(&self, fate: &Fate) -> Option<String> {
        let error = fate.error.as_deref();
        error.map(|error| self.hidden.strike(error))
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
        let shown = serde_json::to_string(&self.struck(api, given)).unwrap_or_default();
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
                    self.error(fate),
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
                params![fate.state, fate.job, fate.resource, self.error(fate), ended, id],
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

/// The error for a call that the ledger's trouble kept from being sent.
pub fn unsent(api: &str, error: Error) -> Error {
    Error {
        message: format!("{api} was not sent: {}", error.message),
        ..error
    }
    .hint("a call that changes something is only sent once it is written down")
}

/// Milliseconds since 1970 by this machine's clock.
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}

#[cfg(test)]
mod tests;
