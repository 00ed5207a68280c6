//! A fluent builder: a home directory, what is typed, what must come out.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One home directory with its own configuration, state and built-in cloud; gone when dropped.
pub struct Home {
    directory: tempfile::TempDir,
}

/// One run of the program.
pub struct Run {
    command: Command,
    stdin: Vec<u8>,
}

/// A run that goes on until it is dropped.
pub struct Running {
    child: std::process::Child,
    /// The first line that it printed.
    pub line: String,
}

/// What a run left.
#[derive(Debug)]
pub struct Seen {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
}

impl Home {
    pub fn new() -> Home {
        Home {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn config(&self) -> PathBuf {
        self.path().join(".config/capuchin/config.toml")
    }

    /// Puts a file into the home directory.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A configuration file as `set` would leave it.
    pub fn configured(self, text: &str) -> Home {
        self.file(".config/capuchin/config.toml", text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let only_me = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(self.config(), only_me).unwrap();
        }
        self
    }

    /// The program with the words of a line that needs no shell's quoting.
    pub fn run(&self, words: &str) -> Run {
        self.args(&words.split_whitespace().collect::<Vec<_>>())
    }

    pub fn args(&self, args: &[&str]) -> Run {
        self.program(Path::new(env!("CARGO_BIN_EXE_capuchin")), args)
    }

    /// The same by another name of the program.
    pub fn program(&self, program: &Path, args: &[&str]) -> Run {
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("SHELL", "/bin/sh")
            .current_dir(self.path());
        Run {
            command,
            stdin: Vec::new(),
        }
    }

    /// Lines on standard input.
    pub fn script(&self, text: impl AsRef<[u8]>) -> Seen {
        self.args(&[]).stdin(text).seen()
    }

    /// The one value that a command with `filter=` of one field prints as csv.
    pub fn value(&self, line: &str, field: &str) -> String {
        let seen = self.run(&format!("{line} --filter={field} -o csv")).ok();
        seen.lines().nth(1).unwrap_or_default().to_string()
    }

    /// The name of the cached catalogue of that cloud and key.
    pub fn catalogue_name(&self, url: &str, apikey: &str) -> std::ffi::OsString {
        capuchin::catalog::cache::path(self.path(), "cloudstack", url, apikey)
            .file_name()
            .unwrap()
            .to_owned()
    }

    /// Puts a catalogue where `sync` of the stub's key at that address would.
    pub fn catalogue(&self, url: &str, answer: &str) {
        let served = Stub::answering("200 OK", "application/json", answer);
        let text = std::fs::read_to_string(self.config()).unwrap();
        std::fs::write(self.config(), text.replace(url, &served.url)).unwrap();
        self.run("sync").ok();
        std::fs::write(self.config(), text).unwrap();
        let directory = self.path().join(".cache/capuchin/catalogue");
        let made = directory.join(self.catalogue_name(&served.url, "KEY"));
        std::fs::rename(made, directory.join(self.catalogue_name(url, "KEY"))).unwrap();
    }

    /// Makes every job of the built-in cloud take that long.
    pub fn job_milliseconds(&self, milliseconds: u32) {
        let value = format!("value={milliseconds}");
        self.args(&[
            "update",
            "configuration",
            "name=devcloud.job.milliseconds",
            &value,
        ])
        .ok();
    }
}

impl Run {
    pub fn env(mut self, name: &str, value: &str) -> Run {
        self.command.env(name, value);
        self
    }

    pub fn stdin(mut self, text: impl AsRef<[u8]>) -> Run {
        self.stdin = text.as_ref().to_vec();
        self
    }

    /// The process to be, for a test that runs it by itself.
    pub fn command(self) -> Command {
        self.command
    }

    /// Starts it and waits for its first line.
    pub fn started(mut self) -> Running {
        use std::io::BufRead;
        let mut child = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        std::io::BufReader::new(stdout)
            .read_line(&mut line)
            .unwrap();
        Running { child, line }
    }

    /// Starts it, for tests that read its output while it runs.
    pub fn piped(mut self) -> std::process::Child {
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    pub fn seen(mut self) -> Seen {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let text = self.stdin;
        // The program may leave before it has read everything.
        let writer = std::thread::spawn(move || {
            let _ = stdin.write_all(&text);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let seen = Seen {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            status: output.status.code().unwrap_or(-1),
        };
        assert!(!seen.stderr.contains("panicked"), "{seen:?}");
        seen
    }

    /// What it printed, where nothing may go wrong.
    pub fn ok(self) -> String {
        let seen = self.seen();
        assert_eq!(seen.status, 0, "{seen:?}");
        seen.stdout
    }

    /// What it said on stderr, where it must end with that status.
    pub fn fails(self, status: i32) -> String {
        let seen = self.seen();
        assert_eq!(seen.status, status, "{seen:?}");
        seen.stderr
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already needs no ending.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Seen {
    pub fn status(self, status: i32) -> Seen {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    pub fn out(self, part: &str) -> Seen {
        assert!(self.stdout.contains(part), "no {part:?} in {self:?}");
        self
    }

    pub fn err(self, part: &str) -> Seen {
        assert!(self.stderr.contains(part), "no {part:?} in {self:?}");
        self
    }
}

/// A server that gives one raw answer to every connection, for answers no cloud would give.
pub struct Stub {
    pub url: String,
    /// How many calls came.
    pub calls: std::sync::Arc<std::sync::atomic::AtomicUsize>,
    stop: std::sync::Arc<std::sync::atomic::AtomicBool>,
    address: std::net::SocketAddr,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Stub {
    /// `answer` is everything from the status line on; an empty one closes the connection without a word.
    pub fn new(answer: impl Into<Vec<u8>>) -> Stub {
        Stub::dropping(0, answer)
    }

    /// Closes the first connections without a word.
    pub fn dropping(drops: usize, answer: impl Into<Vec<u8>>) -> Stub {
        let answer = answer.into();
        Stub::with(move |call, _| match call < drops {
            true => Vec::new(),
            false => answer.clone(),
        })
    }

    /// Answers each command with what the table has for it, `*` for the others: status, content type, body.
    pub fn speaking(table: &[(&str, &str, &str, &str)]) -> Stub {
        let table: Vec<(String, String)> = table
            .iter()
            .map(|(command, status, media, body)| {
                (command.to_string(), Stub::whole(status, media, body))
            })
            .collect();
        Stub::with(move |_, head| {
            let command = head
                .split(['?', '&', ' '])
                .find_map(|part| part.strip_prefix("command="));
            let answer = table
                .iter()
                .find(|(known, _)| Some(known.as_str()) == command || known == "*");
            answer.map_or(Vec::new(), |(_, answer)| answer.clone().into_bytes())
        })
    }

    /// Answers with what is made of the call's number, from 0, and its head.
    pub fn with(mut answer: impl FnMut(usize, &str) -> Vec<u8> + Send + 'static) -> Stub {
        use std::io::Read;
        use std::sync::atomic::Ordering;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let stopped = stop.clone();
        let calls = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = calls.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { return };
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                    head.push(byte[0]);
                }
                let call = counted.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(&answer(call, &String::from_utf8_lossy(&head)));
            }
        });
        Stub {
            url: format!("http://{address}/client/api"),
            calls,
            stop,
            address,
            thread: Some(thread),
        }
    }

    /// A whole HTTP answer with its length.
    pub fn answering(status: &str, content_type: &str, body: &str) -> Stub {
        Stub::new(Stub::whole(status, content_type, body))
    }

    /// The bytes of such an answer.
    pub fn whole(status: &str, content_type: &str, body: &str) -> String {
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }

    /// A home whose profile is this server.
    pub fn home(&self) -> Home {
        Home::new().configured(&format!(
            "profile = \"stub\"\n[profiles.stub]\nurl = \"{}\"\napikey = \"KEY\"\nsecretkey = \"TOPSECRET\"\n",
            self.url
        ))
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.stop.store(true, std::sync::atomic::Ordering::SeqCst);
        let _ = std::net::TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
