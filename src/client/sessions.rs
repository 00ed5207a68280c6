//! Sessions on disk: an address and who logs in there, in; the session that the last login gave, out.
//!
//! Each is a file of its own, for its owner alone, written whole and renamed. A lock beside it lets one process at a
//! time log in, so that the others find the session that it made.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use crate::cloud::{Login, Token};
use crate::config::private_directory;
use crate::config::secret::Secret;

/// The sessions that are kept.
#[derive(Clone)]
pub struct Sessions {
    directory: PathBuf,
}

/// The right to log in, until dropped.
pub struct Turn {
    _lock: File,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    url: String,
    username: String,
    domain: String,
    sessionkey: String,
    cookies: String,
}

impl Sessions {
    /// Those in the state directory.
    pub fn below(state: &Path) -> Sessions {
        Sessions {
            directory: state.join("sessions"),
        }
    }

    /// The session; nothing where there is none, or none that can be trusted.
    pub fn load(&self, url: &str, login: &Login) -> Option<Token> {
        let path = self.path(url, login);
        if open_to_others(&path) {
            return None;
        }
        let kept: Kept = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
        let same = kept.url == url
            && kept.username == login.username
            && domain(&kept.domain) == domain(&login.domain);
        same.then(|| Token {
            sessionkey: Secret::new(kept.sessionkey),
            cookies: Secret::new(kept.cookies),
        })
    }

    /// Keeps the session for the processes to come.
    pub fn save(&self, url: &str, login: &Login, token: &Token) -> io::Result<()> {
        private_directory(&self.directory)?;
        let kept = Kept {
            url: url.into(),
            username: login.username.clone(),
            domain: login.domain.clone(),
            sessionkey: token.sessionkey.expose().into(),
            cookies: token.cookies.expose().into(),
        };
        let path = self.path(url, login);
        let new = path.with_extension(format!("{}.new", std::process::id()));
        // One that an earlier process of this number left may have any mode.
        match fs::remove_file(&new) {
            Err(why) if why.kind() != ErrorKind::NotFound => return Err(why),
            _ => {}
        }
        let written = private()
            .create_new(true)
            .open(&new)
            .and_then(|mut file| file.write_all(&serde_json::to_vec(&kept)?))
            .and_then(|()| fs::rename(&new, &path));
        if written.is_err() {
            // The failure is told; what it left is only in the way.
            let _ = fs::remove_file(&new);
        }
        written
    }

    /// Forgets the session.
    pub fn forget(&self, url: &str, login: &Login) -> io::Result<()> {
        match fs::remove_file(self.path(url, login)) {
            Err(why) if why.kind() != ErrorKind::NotFound => Err(why),
            _ => Ok(()),
        }
    }

    /// Waits until no other process logs in there as that user.
    pub fn turn(&self, url: &str, login: &Login) -> io::Result<Turn> {
        private_directory(&self.directory)?;
        let lock = private()
            .create(true)
            .truncate(false)
            .open(self.path(url, login).with_extension("lock"))?;
        match lock.lock() {
            // A file system without locks has no one to wait for that could be waited for.
            Err(why) if why.kind() != ErrorKind::Unsupported => Err(why),
            _ => Ok(Turn { _lock: lock }),
        }
    }

    fn path(&self, url: &str, login: &Login) -> PathBuf {
        let mut digest = Sha1::new();
        for part in [url, &login.username, domain(&login.domain)] {
            digest.update(part.as_bytes());
            digest.update([0]);
        }
        let name: String = digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.directory.join(name)
    }
}

/// A domain's path in one spelling: servers take it with and without slashes around it.
fn domain(path: &str) -> &str {
    path.trim_matches('/')
}

/// For writing, readable by the owner alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).is_ok_and(|found| found.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://c/client/api";

    fn bob(domain: &str) -> Login {
        Login {
            username: "bob".into(),
            domain: domain.into(),
            password: None,
        }
    }

    fn token(key: &str) -> Token {
        Token {
            sessionkey: Secret::new(key),
            cookies: Secret::new("JSESSIONID=1"),
        }
    }

    #[test]
    fn a_session_is_kept_by_address_and_user() {
        let state = tempfile::tempdir().unwrap();
        let sessions = Sessions::below(state.path());
        assert!(sessions.load(URL, &bob("")).is_none());
        sessions.save(URL, &bob("Sales"), &token("a")).unwrap();
        sessions.save(URL, &bob("/Sales/"), &token("b")).unwrap();
        assert!(sessions.load(URL, &bob("Sales")) == Some(token("b")));
        assert!(sessions.load(URL, &bob("")).is_none());
        assert!(
            sessions
                .load("https://d/client/api", &bob("Sales"))
                .is_none()
        );
        sessions.forget(URL, &bob("Sales")).unwrap();
        sessions.forget(URL, &bob("Sales")).unwrap();
        assert!(sessions.load(URL, &bob("Sales")).is_none());
        assert_eq!(
            fs::read_dir(state.path().join("sessions")).unwrap().count(),
            0
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_session_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let state = tempfile::tempdir().unwrap();
        let sessions = Sessions::below(state.path());
        sessions.save(URL, &bob(""), &token("a")).unwrap();
        let path = sessions.path(URL, &bob(""));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        // What others could read, others may have changed.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(sessions.load(URL, &bob("")).is_none());
        sessions.save(URL, &bob(""), &token("b")).unwrap();
        assert_eq!(mode(&path), 0o600);
        fs::write(&path, "{\"url\":").unwrap();
        assert!(sessions.load(URL, &bob("")).is_none());
    }

    #[test]
    fn one_at_a_time_logs_in() {
        let state = tempfile::tempdir().unwrap();
        let sessions = Sessions::below(state.path());
        let turn = sessions.turn(URL, &bob("")).unwrap();
        let (other, (said, heard)) = (sessions.clone(), std::sync::mpsc::channel());
        let waiting = std::thread::spawn(move || {
            let _turn = other.turn(URL, &bob("")).unwrap();
            said.send(()).unwrap();
        });
        let _elsewhere = sessions.turn(URL, &bob("Sales")).unwrap();
        assert!(heard.try_recv().is_err());
        drop(turn);
        heard.recv().unwrap();
        waiting.join().unwrap();
    }
}
