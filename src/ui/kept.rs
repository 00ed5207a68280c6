//! Output that goes neither to stdout nor to stderr: a transcript of everything, and what programs print that are started here.

use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// No transcript is longer than this, in bytes: it is for people to look through.
const LONGEST: usize = 256 << 10;

/// What was printed and said, in its order.
#[derive(Clone, Default)]
pub struct Transcript(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    /// How many bytes more there were.
    dropped: usize,
}

impl Transcript {
    pub fn add(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = LONGEST - kept.bytes.len();
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        kept.bytes.extend_from_slice(first);
        kept.dropped += rest.len();
    }

    pub fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::from_utf8_lossy(&kept.bytes).into_owned();
        if kept.dropped > 0 {
            text.push_str(&format!("\n… and {} bytes more\n", kept.dropped));
        }
        text
    }
}

impl Write for &Transcript {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a started program prints, read on threads so that it never waits for a reader.
pub struct Gathering {
    out: bool,
    err: bool,
    readers: [Option<JoinHandle<Vec<u8>>>; 2],
}

impl Gathering {
    /// `out` and `err` are what does not go where stdout and stderr go.
    pub fn of(out: bool, err: bool) -> Gathering {
        Gathering {
            out,
            err,
            readers: [None, None],
        }
    }

    pub fn start(&mut self, command: &mut Command) -> io::Result<Child> {
        if self.out {
            command.stdout(Stdio::piped());
        }
        if self.err {
            command.stderr(Stdio::piped());
        }
        let mut child = command.spawn()?;
        self.readers = [child.stdout.take().map(read), child.stderr.take().map(read)];
        Ok(child)
    }

    /// All that the program printed to its stdout and its stderr, once it has ended.
    pub fn end(&mut self) -> (Vec<u8>, Vec<u8>) {
        let [out, err] = std::mem::take(&mut self.readers);
        let all = |reader: Option<JoinHandle<Vec<u8>>>| {
            reader.map_or(Vec::new(), |reader| reader.join().unwrap_or_default())
        };
        (all(out), all(err))
    }
}

fn read(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        // What was read before a failure is all there is to show.
        let _ = from.read_to_end(&mut all);
        all
    })
}
