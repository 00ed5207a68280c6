//! A server that stands in for a cloud: each request in, the answer that the test decides on out; it remembers what came.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::support::{Home, Stub};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Path and query.
    pub target: String,
    /// The head, whole.
    pub head: String,
    pub body: String,
    /// How many of its API came before it.
    pub nth: usize,
}

impl Asked {
    /// A parameter of the query or the form, as it was encoded.
    pub fn param(&self, name: &str) -> Option<&str> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        query
            .split('&')
            .chain(self.body.split('&'))
            .filter_map(|pair| pair.split_once('='))
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// What was asked for, by its parameter or, of clouds without that, by its path.
    pub fn api(&self) -> &str {
        let path = self.target.split('?').next().unwrap_or_default();
        let last = path.rsplit('/').next().filter(|_| path != "/client/api");
        self.param("command").or(last).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

pub struct StandIn {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    /// `answer` gives everything from the status line on; nothing closes the connection without a word.
    pub fn new(answer: impl Fn(&Asked) -> String + Send + 'static) -> StandIn {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (stopped, log) = (stop.clone(), asked.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                if let Some(mut request) = read(&mut stream) {
                    let mut log = log.lock().unwrap();
                    let before = |one: &&Asked| one.api() == request.api();
                    request.nth = log.iter().filter(before).count();
                    log.push(request.clone());
                    drop(log);
                    let said = answer(&request);
                    let _ = stream.write_all(said.as_bytes());
                }
            }
        });
        StandIn {
            url: format!("http://{address}/client/api"),
            asked,
            stop,
            address,
            thread: Some(thread),
        }
    }

    /// What came so far of an API.
    pub fn asked(&self, api: &str) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter(|one| one.api() == api)
            .cloned()
            .collect()
    }

    /// The names of all APIs that were asked for, in order.
    pub fn apis(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|one| one.api().to_string()).collect()
    }

    /// A home whose profile is this server, with more lines of the profile.
    pub fn home(&self, lines: &str) -> Home {
        Home::new().configured(&format!(
            "profile = \"prod\"\n[profiles.prod]\nurl = \"{}\"\n{lines}\n",
            self.url
        ))
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// An answer in JSON.
pub fn json(body: &str) -> String {
    Stub::whole("200 OK", "application/json;charset=utf-8", body)
}

/// A refusal as real servers word it.
pub fn refused(status: u16, api: &str, text: &str) -> String {
    let body = format!(
        "{{\"{}response\":{{\"uuidList\":[],\"errorcode\":{status},\"errortext\":\"{text}\"}}}}",
        api.to_ascii_lowercase()
    );
    Stub::whole(
        &format!("{status} X"),
        "application/json;charset=utf-8",
        &body,
    )
}

fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let mut request = Asked {
        target: head.split(' ').nth(1)?.to_string(),
        head,
        body: String::new(),
        nth: 0,
    };
    let length = request
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).ok()?;
    Some(request)
}
