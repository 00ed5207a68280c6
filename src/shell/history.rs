//! The lines typed at the prompt, in a file for each profile: what one session adds, the others find at their next prompt.
//!
//! The file is a line `#V2` and a line for each command, oldest first, with `\n` for a line end and `\\` for a backslash.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::config::private_directory;
use crate::line::commands::commands;
use crate::line::secrets::has_secret;

const HEAD: &str = "#V2\n";
/// How many lines are remembered; the file is cut when it has twice as many.
pub const MOST_LINES: usize = 10_000;
/// How much of the file's end is read.
const MOST_BYTES: u64 = 8 << 20;
/// Longer lines are pasted and not typed, and nobody looks for them.
const LONGEST: usize = 64 << 10;

/// What stays as it is in the name of a file.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// The history of one profile.
#[derive(Default)]
pub struct History {
    path: PathBuf,
    /// What the file begins with where it is not there yet.
    before: Option<PathBuf>,
    lines: Vec<String>,
    /// The file as it was when it was last read or written.
    seen: Option<Stamp>,
    /// Why lines are not kept; told once.
    trouble: Option<String>,
    told: bool,
}

type Stamp = (u64, Option<SystemTime>);

/// Where the history of a profile is kept. What was kept before profiles had their own is where each begins.
pub fn place(state: &Path, profile: &str) -> (PathBuf, PathBuf) {
    let name = utf8_percent_encode(profile, NAME).to_string();
    (state.join("histories").join(name), state.join("history"))
}

impl History {
    /// Opens nothing before it is asked for lines or given some.
    pub fn at(path: PathBuf, before: Option<PathBuf>) -> History {
        History {
            path,
            before,
            ..History::default()
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The lines of all sessions so far, oldest first, each once.
    pub fn lines(&mut self) -> &[String] {
        match self.refresh() {
            Err(why) if why.kind() != ErrorKind::NotFound => self.note(&why),
            _ => {}
        }
        &self.lines
    }

    /// Keeps a line for this session and the next ones, unless it has a secret.
    pub fn add(&mut self, line: &str) {
        if line.trim().is_empty() || line.len() > LONGEST || is_secret(line) {
            return;
        }
        let latest = self.lines().last().is_some_and(|last| last == line);
        if latest {
            return;
        }
        if let Err(why) = self.append(line) {
            self.note(&why);
        }
        self.lines.retain(|other| other != line);
        self.lines.push(line.to_string());
        let over = self.lines.len().saturating_sub(MOST_LINES);
        self.lines.drain(..over);
    }

    /// Why lines are not kept, the first time it is asked.
    pub fn trouble(&mut self) -> Option<String> {
        if std::mem::replace(&mut self.told, self.trouble.is_some()) {
            return None;
        }
        self.trouble.clone()
    }

    fn note(&mut self, why: &io::Error) {
        let path = self.path.display();
        self.trouble
            .get_or_insert(format!("the history is not kept in {path}: {why}"));
    }

    fn refresh(&mut self) -> io::Result<()> {
        let path = match std::fs::metadata(&self.path) {
            // What is no file, such as /dev/null, keeps nothing, and reading it may never end.
            Ok(known) if !known.is_file() => return Ok(()),
            Ok(known) if self.seen == Some(stamp(&known)) => return Ok(()),
            Ok(_) => self.path.clone(),
            Err(why) if why.kind() == ErrorKind::NotFound => match self.before.take() {
                Some(before) => before,
                None => return Err(why),
            },
            Err(why) => return Err(why),
        };
        let mut file = File::open(&path)?;
        held(file.lock_shared())?;
        let (lines, count) = read(&mut file)?;
        let known = file.metadata()?;
        self.lines = lines;
        if path == self.path {
            self.seen = Some(stamp(&known));
            if count > MOST_LINES * 2 || known.len() > MOST_BYTES {
                drop(file);
                return self.cut();
            }
        }
        Ok(())
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        if std::fs::metadata(&self.path).is_ok_and(|known| !known.is_file()) {
            return Ok(());
        }
        if let Some(directory) = self
            .path
            .parent()
            .filter(|path| !path.as_os_str().is_empty())
        {
            private_directory(directory)?;
        }
        let mut file = self.open(true)?;
        let mut text = String::new();
        if file.metadata()?.len() == 0 {
            text.push_str(HEAD);
            for earlier in self.lines.iter().filter(|line| !is_secret(line)) {
                text.push_str(&escaped(earlier));
            }
        } else if !headed(&mut file)? {
            // An older file has its lines as they are.
            drop(file);
            self.cut()?;
            file = self.open(true)?;
        }
        // What others added since it was read is not overlooked.
        let known = file.metadata()?;
        if known.len() > 0 && self.seen != Some(stamp(&known)) {
            file.seek(SeekFrom::Start(0))?;
            self.lines = read(&mut file)?.0;
        }
        text.push_str(&escaped(line));
        file.write_all(text.as_bytes())?;
        self.seen = Some(stamp(&file.metadata()?));
        Ok(())
    }

    /// Writes the file anew with the lines that are remembered.
    fn cut(&mut self) -> io::Result<()> {
        let mut file = self.open(false)?;
        // Others may have added to it meanwhile.
        let (lines, _) = read(&mut file)?;
        let mut text = HEAD.to_string();
        text.extend(lines.iter().map(|line| escaped(line)));
        file.seek(SeekFrom::Start(0))?;
        file.set_len(0)?;
        file.write_all(text.as_bytes())?;
        self.seen = Some(stamp(&file.metadata()?));
        self.lines = lines;
        Ok(())
    }

    /// For reading and writing by this process alone; nobody else may read it at any time.
    fn open(&self, append: bool) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).append(append).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&self.path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mut mode = file.metadata()?.permissions();
            if mode.mode() & 0o077 != 0 {
                mode.set_mode(0o600);
                file.set_permissions(mode)?;
            }
        }
        held(file.lock())?;
        Ok(file)
    }
}

/// Whether a command of it has a secret; a loop has several.
fn is_secret(text: &str) -> bool {
    let spans = commands(text).spans;
    has_secret(text) || spans.into_iter().any(|span| has_secret(&text[span]))
}

fn stamp(known: &std::fs::Metadata) -> Stamp {
    (known.len(), known.modified().ok())
}

/// A file system without locks has no one to wait for that could be waited for.
fn held(lock: io::Result<()>) -> io::Result<()> {
    lock.or_else(|why| match why.kind() {
        ErrorKind::Unsupported => Ok(()),
        _ => Err(why),
    })
}

fn headed(file: &mut File) -> io::Result<bool> {
    let mut head = [0; HEAD.len()];
    file.seek(SeekFrom::Start(0))?;
    let read = file.read(&mut head)?;
    Ok(&head[..read] == HEAD.as_bytes())
}

/// The latest lines, each where it was typed last, and how many lines the file has.
fn read(file: &mut File) -> io::Result<(Vec<String>, usize)> {
    let escapes = headed(file)?;
    let length = file.metadata()?.len();
    let skipped = length.saturating_sub(MOST_BYTES);
    let start = if escapes { HEAD.len() as u64 } else { 0 };
    file.seek(SeekFrom::Start(skipped.max(start)))?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    // The first line may be cut.
    let text = match skipped {
        0 => &text,
        _ => text.split_once('\n').map_or("", |(_, rest)| rest),
    };
    let mut count = 0;
    let mut seen = HashSet::new();
    let mut lines = Vec::new();
    for line in text.lines().rev().filter(|line| !line.is_empty()) {
        count += 1;
        if lines.len() < MOST_LINES && seen.insert(line) {
            let line = if escapes {
                unescaped(line)
            } else {
                line.into()
            };
            lines.push(line);
        }
    }
    lines.reverse();
    Ok((lines, count))
}

fn escaped(line: &str) -> String {
    format!(
        "{}\n",
        line.replace('\\', "\\\\")
            .replace('\n', "\\n")
            .replace('\r', "")
    )
}

fn unescaped(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            },
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn what_one_session_adds_the_other_finds_and_a_line_is_there_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("histories/demo");
        let mut one = History::at(path.clone(), None);
        let mut other = History::at(path.clone(), None);
        one.add("list zones");
        other.add("list pods");
        assert_eq!(one.lines(), ["list zones", "list pods"]);
        one.add("list zones");
        one.add("list zones");
        assert_eq!(other.lines(), ["list pods", "list zones"]);
        assert_eq!(kept(&path), "#V2\nlist zones\nlist pods\nlist zones\n");
        assert_eq!((one.trouble(), other.trouble()), (None, None));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_line_with_a_secret_is_kept_nowhere() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("demo");
        let mut history = History::at(path.clone(), None);
        history.add("create user password=hunter2");
        for line in [
            "set secretkey hunter2",
            "complete 'create user account=x password=hunter5 na'",
            "expect-error login admin hunter3",
            "assert hunter2 == $x.secretkey",
            "!echo 'user=a&password=hunter6'",
            "for password in hunter2 hunter3",
        ] {
            history.add(line);
        }
        history.add(" \t");
        assert!(history.lines().is_empty() && !path.exists());
    }

    #[test]
    fn several_lines_and_backslashes_come_back_as_they_were() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("demo");
        let lines = ["x name='a\nb'", "list \\\nzones", "a \\n b\\", "日本"];
        let mut history = History::at(path.clone(), None);
        for line in lines {
            history.add(line);
        }
        assert_eq!(History::at(path, None).lines(), lines);
    }

    #[test]
    fn a_profile_begins_with_what_was_kept_before() {
        let directory = tempfile::tempdir().unwrap();
        let (path, before) = place(directory.path(), "a/../b");
        assert_eq!(path, directory.path().join("histories/a%2F%2E%2E%2Fb"));
        std::fs::write(&before, "#V2\nlist zones\n").unwrap();
        let mut history = History::at(path.clone(), Some(before));
        assert_eq!(history.lines(), ["list zones"]);
        history.add("list pods");
        assert_eq!(kept(&path), "#V2\nlist zones\nlist pods\n");
        assert_eq!(history.lines(), ["list zones", "list pods"]);
    }

    #[test]
    fn an_older_file_is_taken_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mine");
        std::fs::write(&path, "echo a\\nb\n\n\u{feff}x\n").unwrap();
        let mut history = History::at(path.clone(), None);
        history.add("list pods");
        assert_eq!(kept(&path), "#V2\necho a\\\\nb\n\u{feff}x\nlist pods\n");
        assert_eq!(history.lines(), ["echo a\\nb", "\u{feff}x", "list pods"]);
    }

    #[test]
    fn a_long_file_is_cut_and_only_the_latest_lines_are_remembered() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("demo");
        let lines: String = (0..MOST_LINES * 2 + 1)
            .map(|n| format!("line {n}\n"))
            .collect();
        std::fs::write(&path, format!("{HEAD}{lines}")).unwrap();
        let mut history = History::at(path.clone(), None);
        assert_eq!(history.lines().len(), MOST_LINES);
        assert_eq!(history.lines()[0], format!("line {}", MOST_LINES + 1));
        assert_eq!(kept(&path).lines().count(), MOST_LINES + 1);
        std::fs::write(&path, vec![b'x'; MOST_BYTES as usize + 5]).unwrap();
        assert!(History::at(path, None).lines().is_empty());
    }

    #[test]
    fn what_cannot_be_kept_is_told_once_and_remembered_meanwhile() {
        let directory = tempfile::tempdir().unwrap();
        let blocked = directory.path().join("file");
        std::fs::write(&blocked, "").unwrap();
        let mut history = History::at(blocked.join("demo"), None);
        history.add("list zones");
        assert_eq!(history.lines(), ["list zones"]);
        assert!(history.trouble().unwrap().contains("not kept"));
        assert_eq!(history.trouble(), None);
        let mut nowhere = History::at("/dev/null".into(), None);
        nowhere.add("list zones");
        assert_eq!(nowhere.lines(), ["list zones"]);
        assert_eq!(nowhere.trouble(), None);
    }
}
