//! The files that processes with a call under way keep locked: one that nobody holds tells of a crash.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::config::private_directory;

/// Makes the locked file that tells others that this process lives. It has its name only once it is locked.
pub(super) fn mark(marks: &Path, process: &str) -> io::Result<File> {
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
pub(super) fn lives(mark: &Path) -> bool {
    match File::open(mark) {
        // Shared, so that two that look at once do not take each other for the owner.
        Ok(file) => file.try_lock_shared().is_err(),
        Err(why) => why.kind() != io::ErrorKind::NotFound,
    }
}
