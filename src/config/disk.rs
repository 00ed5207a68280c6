//! The configuration file's bytes: a path in, the text out; a text in, the file replaced whole while no one else edits it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The most links that are followed from one to the next.
const MOST_LINKS: usize = 40;

/// The most bytes that a file of another tool has.
const LARGEST_FOREIGN: u64 = 1 << 20;

/// Reads the file; nothing where there is none. A file that others can read or change is refused.
pub fn read(path: &Path) -> Result<Option<String>> {
    let failed = |why: &io::Error| fault(path, "could not be read", why);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(failed(&why)),
    };
    refuse_open_door(&file, path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|why| failed(&why))?;
    text(path, bytes).map(Some)
}

/// Reads a file of another tool, whoever else can; nothing where there is none. A larger one than any configuration is
/// refused.
pub fn read_foreign(path: &Path) -> Result<Option<String>> {
    let failed = |why: &io::Error| fault(path, "could not be read", why);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(failed(&why)),
    };
    let mut bytes = Vec::new();
    let mut most = file.take(LARGEST_FOREIGN + 1);
    most.read_to_end(&mut bytes).map_err(|why| failed(&why))?;
    if bytes.len() as u64 > LARGEST_FOREIGN {
        return Err(Error::local(format!(
            "{} is too large for a configuration",
            path.display()
        ))
        .hint("move it away"));
    }
    text(path, bytes).map(Some)
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|why| {
        let good = &why.as_bytes()[..why.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        Error::local(format!(
            "{}, line {line}: it is not UTF-8 text",
            path.display()
        ))
        .hint(format!("save it as UTF-8, or mend line {line}"))
    })
}

#[cfg(unix)]
fn refuse_open_door(file: &File, path: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let found = file
        .metadata()
        .map_err(|why| fault(path, "could not be read", &why))?;
    // A device or a pipe keeps no keys.
    if found.is_file() && found.mode() & 0o077 != 0 {
        return Err(Error::local(format!(
            "{} is open to others (mode {:03o}), and it is where keys are kept",
            path.display(),
            found.mode() & 0o777
        ))
        .hint(format!("chmod 600 {}", quoted(path))));
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_open_door(_: &File, _: &Path) -> Result<()> {
    Ok(())
}

/// The right to replace the file, until dropped.
pub struct Lock {
    target: PathBuf,
    _held: File,
}

/// Waits until nobody else edits the file; makes its directory where the file was not named.
pub fn lock(path: &Path, explicit: bool) -> Result<Lock> {
    let target = target(path)?;
    let failed = |why: &io::Error| fault(&target, "could not be written", why);
    if let Some(directory) = target.parent().filter(|_| !explicit) {
        make_directory(directory).map_err(|why| failed(&why))?;
    }
    if fs::metadata(&target).is_ok_and(|found| !found.is_file()) {
        return Err(Error::local(format!(
            "{} is not a file that can be written",
            path.display()
        ))
        .hint("name another with -c FILE or CAPUCHIN_CONFIG"));
    }
    let beside = beside(&target, ".lock");
    let held = private()
        .create(true)
        .truncate(false)
        .open(&beside)
        .map_err(|why| fault(&beside, "could not be opened", &why))?;
    match held.lock() {
        Ok(()) => {}
        // A file system without locks has no one to wait for that could be waited for.
        Err(why) if why.kind() == ErrorKind::Unsupported => {}
        Err(why) => return Err(fault(&beside, "could not be locked", &why)),
    }
    Ok(Lock {
        target,
        _held: held,
    })
}

impl Lock {
    /// Replaces the file: whoever reads it meanwhile, or after a power cut, sees the old text or the new one.
    pub fn write(&self, text: &str) -> Result<()> {
        let new = beside(&self.target, ".new");
        let written = self.replace(&new, text);
        written.map_err(|why| {
            // The failure is told; what it left behind is only in the way.
            let _ = fs::remove_file(&new);
            fault(&self.target, "could not be written", &why)
        })
    }

    fn replace(&self, new: &Path, text: &str) -> io::Result<()> {
        // Another edit may have died here; its file's mode is anybody's guess.
        match fs::remove_file(new) {
            Err(why) if why.kind() != ErrorKind::NotFound => return Err(why),
            _ => {}
        }
        let mut file = private().create_new(true).open(new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(new, &self.target)?;
        sync_directory(&self.target)
    }
}

/// The file itself, at the end of all links, whether it is there or not.
fn target(path: &Path) -> Result<PathBuf> {
    let mut target = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&target) {
            Ok(next) => {
                target = target
                    .parent()
                    .map_or_else(|| next.clone(), |directory| directory.join(&next));
            }
            Err(_) => return Ok(target),
        }
    }
    Err(
        Error::local(format!("{} is a link that leads nowhere", path.display()))
            .hint("make it a file, or name another with -c FILE or CAPUCHIN_CONFIG"),
    )
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(ending);
    path.with_file_name(name)
}

/// For writing, readable by the owner alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Makes a directory, and those above it, for its owner alone; one that is there stays as it is.
pub fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Makes the new name last; only there where a directory can be opened.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(directory) if directory.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The path as a shell takes it.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+:@%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn fault(path: &Path, what: &str, why: &io::Error) -> Error {
    Error::local(format!("{} {what}: {why}", path.display())).hint(match why.kind() {
        ErrorKind::PermissionDenied => "check its owner and permissions, and its directory's",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on the disk",
        _ => "name another with -c FILE or CAPUCHIN_CONFIG, or mend its directory",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_for_a_shell() {
        assert_eq!(quoted(Path::new("/home/me/a-b.toml")), "/home/me/a-b.toml");
        assert_eq!(quoted(Path::new("/it's here")), r"'/it'\''s here'");
    }
}
