//! Time limits: for a connection, for an answer's beginning, between its bytes; each says itself which it was.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::secure::{CATALOGUE, ZONES, authority, trusting};
use crate::support::{Home, Stub};

/// A server that takes connections and falls silent, after a request if it is to read one and some bytes of an answer.
struct Silent {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Silent {
    fn at_once() -> Silent {
        Silent::start(|_| ())
    }

    /// Reads the request and says that much.
    fn after(said: &'static str) -> Silent {
        Silent::start(move |stream| {
            read_head(stream);
            let _ = stream.write_all(said.as_bytes());
        })
    }

    fn start(begin: impl Fn(&mut TcpStream) + Send + 'static) -> Silent {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { return };
                begin(&mut stream);
                open.push(stream);
            }
        });
        Silent {
            address,
            stop,
            thread: Some(thread),
        }
    }

    fn home(&self, scheme: &str) -> Home {
        home(&format!("{scheme}://{}/client/api", self.address))
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
}

fn home(url: &str) -> Home {
    let home = Home::new().configured(&format!(
        "profile = \"p\"\nretries = 0\n[profiles.p]\nurl = \"{url}\"\napikey = \"KEY\"\nsecretkey = \"S\"\n"
    ));
    home.catalogue(url, CATALOGUE);
    home
}

#[test]
fn a_connection_that_is_never_made_whole_sent_nothing() {
    // A backlog cannot be filled everywhere alike, and a handshake without an answer belongs to the connection as well.
    let cloud = Silent::at_once();
    let home = cloud.home("https");
    let roots = home.file("roots.pem", authority("authority").pem);
    for line in ["list zones", "create domain name=x"] {
        let run = home.run(&format!("{line} connect_timeout=0.3 reply_timeout=0.1"));
        let said = trusting(run, &roots).fails(3);
        assert!(said.contains("was made within 0.3 s"), "{said}");
        assert!(
            said.contains("connect_timeout=SECONDS") && said.contains("nothing was sent"),
            "{said}"
        );
    }
    // The same for a proxy that opens no tunnel.
    let home = Silent::at_once().home("https");
    let roots = home.file("roots.pem", authority("authority").pem);
    let run = home
        .run("create domain name=x connect_timeout=0.3")
        .env("https_proxy", &cloud.address.to_string());
    let said = trusting(run, &roots).fails(3);
    assert!(
        said.contains("by the proxy") && said.contains("within 0.3 s"),
        "{said}"
    );
}

#[test]
fn an_answer_that_does_not_begin_is_given_up() {
    for begun in ["", "HTTP/1.1 200 OK\r\ncontent-"] {
        let cloud = Silent::after(begun);
        let home = cloud.home("http");
        for (line, status) in [("list zones", 3), ("create domain name=x", 6)] {
            let said = home.run(&format!("{line} reply_timeout=0.3")).fails(status);
            assert!(
                said.contains("did not begin to answer within 0.3 s"),
                "{said}"
            );
            assert!(said.contains("reply_timeout=SECONDS"), "{said}");
        }
    }
}

#[test]
fn an_answer_that_stops_in_its_middle_is_given_up() {
    let cloud = Silent::after(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"listzones",
    );
    let home = cloud.home("http");
    for (line, status) in [("list zones", 3), ("create domain name=x", 6)] {
        let said = home.run(&format!("{line} idle_timeout=0.3")).fails(status);
        assert!(
            said.contains("stopped in its middle, after 11 bytes, for 0.3 s"),
            "{said}"
        );
        assert!(said.contains("idle_timeout=SECONDS"), "{said}");
    }
}

#[test]
fn an_answer_that_goes_on_is_waited_for_however_slow_it_is() {
    let answer = Stub::whole("200 OK", "application/json", ZONES);
    let cloud = Silent::start(move |stream| {
        read_head(stream);
        let (head, body) = answer.split_at(answer.len() - ZONES.len());
        let _ = stream.write_all(head.as_bytes());
        // Longer in all than the limit, and never nearly as long between two pieces.
        for piece in body.as_bytes().chunks(3) {
            std::thread::sleep(Duration::from_millis(60));
            let _ = stream.write_all(piece);
        }
        let _ = stream.shutdown(std::net::Shutdown::Both);
    });
    let out = cloud.home("http").run("list zones idle_timeout=1").ok();
    assert!(out.contains("name = far"), "{out}");
}

#[test]
fn limits_are_kept_in_a_profile_with_their_fractions() {
    let cloud = Silent::after("");
    let home = cloud.home("http");
    home.run("set reply_timeout 0.20").ok();
    let text = std::fs::read_to_string(home.config()).unwrap();
    assert!(text.contains("reply_timeout = 0.2\n"), "{text}");
    let said = home.run("list zones").fails(3);
    assert!(said.contains("within 0.2 s"), "{said}");
    let said = home.run("list zones reply_timeout=0").fails(2);
    assert!(said.contains("reply_timeout"), "{said}");
    home.run("set reply_timeout 7").ok();
    let text = std::fs::read_to_string(home.config()).unwrap();
    assert!(text.contains("reply_timeout = 7\n"), "{text}");
}

#[test]
fn a_runaway_answer_is_broken_off_while_it_comes() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    // One that says its length, one that never ends, and one that is small until it is unpacked.
    let told = Silent::start(move |stream| {
        read_head(stream);
        let _ = stream.write_all(format!("{head}content-length: 734003200\r\n\r\n").as_bytes());
    });
    let endless = Silent::start(move |stream| {
        read_head(stream);
        let _ = stream.write_all(format!("{head}\r\n").as_bytes());
        while stream.write_all(&[b' '; 10_000]).is_ok() {}
    });
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..400 {
        packed.write_all(&[b' '; 100_000]).unwrap();
    }
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 1_000_000);
    let bomb = Silent::start(move |stream| {
        read_head(stream);
        let length = packed.len();
        let head = format!("{head}content-encoding: gzip\r\ncontent-length: {length}\r\n\r\n");
        let _ = stream.write_all(&[head.as_bytes(), &packed].concat());
    });
    for (cloud, told) in [
        (&told, "it has 734003200 bytes"),
        (&endless, "it was broken off after"),
        (&bomb, "it was broken off after"),
    ] {
        let home = cloud.home("http");
        // Asking again would bring the same.
        for (line, status) in [("list zones retries=3", 3), ("create domain name=x", 6)] {
            let said = home.run(&format!("{line} max_reply=1M")).fails(status);
            assert!(
                said.contains("larger than 1M") && said.contains(told),
                "{said}"
            );
            assert!(said.contains("max_reply is 1M"), "{said}");
        }
    }
}

#[test]
fn an_answer_just_as_large_as_it_may_be_is_taken() {
    let stub = Stub::answering("200 OK", "application/json", ZONES);
    let home = home(&stub.url);
    let fits = ZONES.len();
    home.run(&format!("list zones max_reply={fits}")).ok();
    home.run(&format!("list zones max_reply={}", fits - 1))
        .fails(3);
    home.run("set max_reply 2048K").ok();
    let text = std::fs::read_to_string(home.config()).unwrap();
    assert!(text.contains("max_reply = \"2M\"\n"), "{text}");
}
