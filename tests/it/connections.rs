//! Connections kept from call to call: how many there are, what happens when a server closes one, and what is not
//! followed or told to others.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::secure::{CATALOGUE, ZONES};
use crate::support::{Home, Stub};

const DOMAIN: &str = r#"{"createdomainresponse":{"domain":{"id":"d","name":"x"}}}"#;

/// What a server does with a request.
#[derive(Clone, Copy, PartialEq)]
enum Does {
    Answer,
    /// Answers as if to go on, and closes.
    AnswerAndClose,
    /// Closes when the request has come whole.
    Close,
    /// Closes at the request's first byte.
    CloseAtOnce,
}

/// A server that keeps connections open, and counts.
struct Kept {
    url: String,
    address: SocketAddr,
    /// The heads of the requests that came, each with the number of its connection.
    requests: Arc<Mutex<Vec<(usize, String)>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Kept {
    /// `does` is told the request's number on its connection and that connection's number, both from 0.
    fn new(does: fn(usize, usize) -> Does) -> Kept {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (noted, stopped) = (requests.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let mut threads = Vec::new();
            for (connection, stream) in listener.incoming().enumerate() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { break };
                let noted = noted.clone();
                threads.push(std::thread::spawn(move || {
                    serve(stream, connection, does, &noted);
                }));
            }
            for thread in threads {
                let _ = thread.join();
            }
        });
        Kept {
            url: format!("http://{address}/client/api"),
            address,
            requests,
            stop,
            thread: Some(thread),
        }
    }

    fn home(&self) -> Home {
        let home = Home::new().configured(&format!(
            "profile = \"kept\"\n[profiles.kept]\nurl = \"{}\"\napikey = \"KEY\"\nsecretkey = \"TOPSECRET\"\n",
            self.url
        ));
        home.catalogue(&self.url, CATALOGUE);
        home
    }

    fn requests(&self) -> Vec<(usize, String)> {
        self.requests.lock().unwrap().clone()
    }

    /// How many requests have that in their head.
    fn count(&self, part: &str) -> usize {
        let requests = self.requests();
        requests
            .iter()
            .filter(|(_, head)| head.contains(part))
            .count()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(
    mut stream: TcpStream,
    connection: usize,
    does: fn(usize, usize) -> Does,
    requests: &Mutex<Vec<(usize, String)>>,
) {
    for number in 0.. {
        let does = does(number, connection);
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
            head.push(byte[0]);
            if does == Does::CloseAtOnce {
                requests.lock().unwrap().push((connection, "cut".into()));
                return;
            }
        }
        if !head.ends_with(b"\r\n\r\n") {
            return;
        }
        let head = String::from_utf8(head).unwrap();
        let body = match head.contains("command=createDomain") {
            true => DOMAIN,
            false => ZONES,
        };
        requests.lock().unwrap().push((connection, head));
        if does == Does::Close {
            return;
        }
        let answer = Stub::whole("200 OK", "application/json", body);
        let answer = answer.replace("connection: close\r\n", "");
        if stream.write_all(answer.as_bytes()).is_err() || does == Does::AnswerAndClose {
            return;
        }
    }
}

#[test]
fn a_script_uses_one_connection() {
    let cloud = Kept::new(|_, _| Does::Answer);
    let home = cloud.home();
    home.script("list zones\ncreate domain name=x\n".repeat(20))
        .status(0);
    let requests = cloud.requests();
    assert_eq!(requests.len(), 40);
    assert!(requests.iter().all(|(connection, _)| *connection == 0));
    // Nothing but the call itself is told to the server, and where it came from least of all.
    for (_, head) in requests {
        let head = head.to_lowercase();
        assert!(
            !head.contains("referer") && !head.contains("cookie"),
            "{head}"
        );
    }
}

#[test]
fn a_call_into_a_closing_connection_is_sent_again_only_if_it_reads() {
    // The second request on the first connection is lost.
    let whole = |number: usize, connection: usize| match (number, connection) {
        (1, 0) => Does::Close,
        _ => Does::Answer,
    };
    let cut = |number: usize, connection: usize| match (number, connection) {
        (1, 0) => Does::CloseAtOnce,
        _ => Does::Answer,
    };
    let ways: [fn(usize, usize) -> Does; 2] = [whole, cut];
    for does in ways {
        let cloud = Kept::new(does);
        let home = cloud.home();
        let seen = home.script("list zones\ncreate domain name=x\n").status(6);
        assert!(seen.stderr.contains("its answer never came"), "{seen:?}");
        let requests = cloud.requests();
        assert_eq!(requests.len(), 2, "{requests:?}");

        let cloud = Kept::new(does);
        let home = cloud.home();
        home.script("list zones\nlist zones\n").status(0);
        let requests = cloud.requests();
        let connections: Vec<usize> = requests.iter().map(|(connection, _)| *connection).collect();
        assert_eq!(connections, [0, 0, 1], "{requests:?}");
    }
}

#[test]
fn a_server_that_closes_behind_each_answer_gets_no_changing_call_twice() {
    let cloud = Kept::new(|_, _| Does::AnswerAndClose);
    let home = cloud.home();
    let lines: String = (0..50)
        .map(|number| format!("create domain name=d{number}x\n"))
        .collect();
    // Whether a call meets the close or comes after it is anybody's guess; it comes once at most.
    let seen = home.args(&["--keep-going"]).stdin(lines).seen();
    assert!([0, 6].contains(&seen.status), "{seen:?}");
    let lost = seen.stderr.matches("its answer never came").count();
    let mut arrived = 0;
    for number in 0..50 {
        let times = cloud.count(&format!("name=d{number}x"));
        assert!(times <= 1, "d{number} came {times} times");
        arrived += times;
    }
    assert!(
        arrived + lost >= 50,
        "{arrived} arrived, {lost} were told lost"
    );
    // A reading call goes again by itself until it has its answer.
    home.script("list zones\n".repeat(50)).status(0);
}

#[test]
fn answers_may_come_compressed() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(ZONES.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let answer = |body: &[u8]| {
        let mut answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        )
        .into_bytes();
        answer.extend_from_slice(body);
        answer
    };
    for (body, status) in [
        (&gzip[..], 0),
        (&gzip[..gzip.len() / 2], 3),
        (&b"no gzip at all"[..], 3),
    ] {
        let cloud = Stub::new(answer(body));
        let home = cloud.home();
        home.catalogue(&cloud.url, CATALOGUE);
        let seen = home.run("list zones retries=0").seen().status(status);
        assert_eq!(seen.stdout.contains("name = far"), status == 0, "{seen:?}");
    }
    let cloud = Kept::new(|_, _| Does::Answer);
    cloud.home().run("list zones").ok();
    assert_eq!(cloud.count("accept-encoding: gzip"), 1);
}

#[test]
fn a_redirect_is_not_followed_and_shows_no_key() {
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let target = Stub::answering("200 OK", "application/json", ZONES);
        let cloud = Stub::new(format!(
            "HTTP/1.1 {status}\r\nlocation: {}?apikey=KEY&signature=SIGNED\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            target.url
        ));
        let home = cloud.home();
        home.catalogue(&cloud.url, CATALOGUE);
        for line in ["list zones", "create domain name=x"] {
            let seen = home.run(line).seen().status(1);
            assert!(seen.stderr.contains(&target.url), "{seen:?}");
            assert!(seen.stderr.contains("is not followed"), "{seen:?}");
            let text = format!("{seen:?}");
            assert!(!text.contains("KEY") && !text.contains("SIGNED"), "{text}");
        }
        assert_eq!(target.calls.load(Ordering::SeqCst), 0);
        assert_eq!(cloud.calls.load(Ordering::SeqCst), 2);
    }
}
