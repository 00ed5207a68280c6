//! What kept the ledger from being read or written, in words.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// What kept the ledger from being read or written.
pub(super) enum Trouble {
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
    /// The error that says what kept it and what to do.
    pub(super) fn told(self, path: &Path) -> Error {
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
