//! The log: a line a call, with time, the line that was typed, the URL without secrets, the status and the duration.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

use jiff::Timestamp;

use crate::cloud::Sent;
use crate::config::private_directory;
use crate::line::hidden::Hidden;
use crate::line::secrets::strike;

/// A log over this many bytes is put aside under the name with `.old` when a session opens it.
const LARGE: u64 = 10 << 20;

/// A file that is opened when the first call is made.
pub struct Log {
    path: PathBuf,
    hidden: Hidden,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    file: Option<File>,
    line: String,
    /// Why nothing can be logged; told once.
    trouble: Option<String>,
}

impl Log {
    /// `hidden` are the texts that it leaves out.
    pub fn new(path: PathBuf, hidden: Hidden) -> Log {
        Log {
            path,
            hidden,
            state: Mutex::default(),
        }
    }

    /// The line that the calls from now on belong to.
    pub fn line(&self, line: &str) {
        self.locked().line = self.hidden.strike(&strike(line));
    }

    pub fn sent(&self, sent: &Sent) {
        let line = self.locked().line.clone();
        self.sent_for(&line, sent);
    }

    /// Notes a call that belongs to another line than the last one.
    pub fn sent_for(&self, line: &str, sent: &Sent) {
        let mut state = self.locked();
        if state.file.is_none() {
            match self.open() {
                Ok(file) => state.file = Some(file),
                Err(why) => {
                    let path = self.path.display();
                    state
                        .trouble
                        .get_or_insert(format!("the log {path} could not be opened: {why}"));
                    return;
                }
            }
        }
        let status = match &sent.status {
            Ok(status) => status.to_string(),
            Err(why) => one_line(&self.hidden.strike(why)),
        };
        let text = format!(
            "{}\t{}\t{}\t{status}\t{} ms\n",
            Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
            one_line(line),
            one_line(&self.hidden.strike_query(&sent.url)),
            sent.duration.as_millis(),
        );
        let State { file, trouble, .. } = &mut *state;
        if let Some(file) = file
            && let Err(why) = file.write_all(text.as_bytes())
        {
            trouble.get_or_insert(format!("the log could not be written: {why}"));
        }
    }

    /// What kept the log from being written, the first time it is asked.
    pub fn trouble(&self) -> Option<String> {
        let mut state = self.locked();
        let trouble = state.trouble.clone().filter(|text| !text.is_empty());
        if trouble.is_some() {
            state.trouble = Some(String::new());
        }
        trouble
    }

    fn open(&self) -> std::io::Result<File> {
        if let Some(directory) = self.path.parent() {
            private_directory(directory)?;
        }
        if std::fs::metadata(&self.path).is_ok_and(|known| known.len() > LARGE) {
            std::fs::rename(&self.path, self.path.with_extension("log.old"))?;
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|held| held.into_inner())
    }
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}
