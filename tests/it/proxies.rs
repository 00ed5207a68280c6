//! Proxies of the environment, each a recording one in the test's own process: what goes through which, and what is
//! said of their answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::secure::{CATALOGUE, Secure, ZONES, authority, params, trusting};
use crate::support::{Home, Run, Stub};

/// A proxy that forwards plain requests and opens tunnels, or gives one answer to everything.
struct Proxy {
    address: SocketAddr,
    /// The heads of the requests that it was asked for.
    heads: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    fn forwarding() -> Proxy {
        Proxy::start(None)
    }

    fn answering(status: &str, media: &str, body: &str) -> Proxy {
        Proxy::start(Some(Stub::whole(status, media, body)))
    }

    fn start(answer: Option<String>) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (noted, stopped) = (heads.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { return };
                serve(stream, answer.as_deref(), &noted);
            }
        });
        Proxy {
            address,
            heads,
            stop,
            thread: Some(thread),
        }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// The run with this proxy in a variable.
    fn over(&self, run: Run, variable: &str) -> Run {
        run.env(variable, &format!("http://{}", self.address))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut stream: TcpStream, answer: Option<&str>, heads: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    heads.lock().unwrap().push(head.clone());
    if let Some(answer) = answer {
        let _ = stream.write_all(answer.as_bytes());
        return;
    }
    let target = head.split(' ').nth(1).unwrap_or_default();
    if head.starts_with("CONNECT ") {
        let far = TcpStream::connect(target).unwrap();
        stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
        relay(&stream, &far);
    } else {
        let host = target.split('/').nth(2).unwrap_or_default();
        let mut far = TcpStream::connect(host).unwrap();
        let path = &target["http://".len() + host.len()..];
        far.write_all(head.replacen(target, path, 1).as_bytes())
            .unwrap();
        relay(&stream, &far);
    }
}

/// Copies both ways until both sides have ended.
fn relay(near: &TcpStream, far: &TcpStream) {
    let copy = |mut from: TcpStream, mut to: TcpStream| {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    };
    let (from, to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
    let there = std::thread::spawn(move || copy(from, to));
    copy(far.try_clone().unwrap(), near.try_clone().unwrap());
    let _ = near.shutdown(std::net::Shutdown::Both);
    there.join().unwrap();
}

/// A cloud without TLS and a home for it that knows what can be called.
fn plain() -> (Stub, Home) {
    let cloud = Stub::answering("200 OK", "application/json", ZONES);
    let home = cloud.home();
    home.catalogue(&cloud.url, CATALOGUE);
    (cloud, home)
}

#[test]
fn plain_calls_go_through_the_proxy_as_they_are() {
    let (_cloud, home) = plain();
    for variable in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        let proxy = Proxy::forwarding();
        let out = proxy.over(home.run("list zones"), variable).ok();
        assert!(out.contains("name = far"), "{out}");
        let heads = proxy.heads();
        assert_eq!(heads.len(), 1, "{variable}");
        assert!(heads[0].starts_with("GET http://127.0.0.1:"), "{heads:?}");
    }
    // The other scheme's proxy is none of its.
    let proxy = Proxy::forwarding();
    proxy.over(home.run("list zones"), "HTTPS_PROXY").ok();
    assert!(proxy.heads().is_empty());
}

#[test]
fn a_tunnel_shows_the_proxy_nothing_but_where_it_leads() {
    let authority = authority("authority");
    let cloud = Secure::new(&authority.signed(&params("127.0.0.1")));
    let home = cloud.home("");
    let roots = home.file("roots.pem", &authority.pem);
    for variable in ["https_proxy", "HTTPS_PROXY", "all_proxy"] {
        let proxy = Proxy::forwarding();
        let run = trusting(home.run("list zones"), &roots);
        assert!(proxy.over(run, variable).ok().contains("name = far"));
        let heads = proxy.heads();
        let host = cloud.url["https://".len()..].split('/').next().unwrap();
        assert_eq!(heads.len(), 1, "{variable}");
        assert!(
            heads[0].starts_with(&format!("CONNECT {host} HTTP/1.1\r\n")),
            "{heads:?}"
        );
        assert!(
            !heads[0].contains("KEY") && !heads[0].contains("command"),
            "{heads:?}"
        );
    }
    // What is wrong with the cloud's certificate is the cloud's and not the proxy's.
    let other = home.file("other.pem", &crate::secure::authority("other").pem);
    let proxy = Proxy::forwarding();
    let run = trusting(home.run("list zones retries=0"), &other);
    let said = proxy.over(run, "https_proxy").fails(3);
    assert!(
        said.contains("shows a certificate") && !said.contains("proxy"),
        "{said}"
    );
}

#[test]
fn loopback_goes_through_too_unless_it_is_named_and_the_built_in_cloud_never_does() {
    let (_cloud, home) = plain();
    let proxy = Proxy::forwarding();
    for (no, seen) in [
        ("", 1),
        ("localhost", 2),
        ("127.0.0.1", 2),
        ("127.0.0.0/8", 2),
        ("*", 2),
    ] {
        let run = proxy.over(home.run("list zones"), "http_proxy");
        run.env("NO_PROXY", no).ok();
        assert_eq!(proxy.heads().len(), seen, "NO_PROXY={no}");
    }
    let home = Home::new();
    let run = proxy.over(home.run("list zones"), "http_proxy");
    proxy.over(run, "ALL_PROXY").ok();
    assert_eq!(proxy.heads().len(), 2);
}

#[test]
fn a_proxys_password_is_used_and_never_shown() {
    let (_cloud, home) = plain();
    let proxy = Proxy::forwarding();
    let url = format!("http://me:hunter2@{}", proxy.address);
    let seen = home
        .run("list zones")
        .env("http_proxy", &url)
        .seen()
        .status(0);
    // "me:hunter2" in base64.
    let heads = proxy.heads();
    assert!(
        heads[0]
            .to_lowercase()
            .contains("proxy-authorization: basic bwu6ahvudgvymg=="),
        "{heads:?}"
    );
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let gone = format!("http://me:hunter2@{gone}");
    let refusing = Proxy::answering("407 Proxy Authentication Required", "text/html", "no");
    let refusing = format!("http://me:hunter2@{}", refusing.address);
    let run = |url: &str| {
        home.run("list zones retries=0")
            .env("http_proxy", url)
            .seen()
    };
    let all = [
        seen,
        run(&gone).status(3),
        run(&refusing).status(3),
        run("http://me:hunter2@").status(7),
    ];
    for seen in all {
        let text = format!("{seen:?}");
        assert!(
            !text.contains("hunter2") && !text.contains("bWU6"),
            "{text}"
        );
    }
    let log =
        std::fs::read_to_string(home.path().join(".local/state/capuchin/capuchin.log")).unwrap();
    assert!(!log.contains("hunter2"), "{log}");
}

#[test]
fn what_a_proxy_answers_is_told_as_its_own() {
    let (_cloud, home) = plain();
    for (status, media, body, line, ends, says) in [
        (
            "407 Proxy Authentication Required",
            "text/html",
            "no",
            "list zones",
            3,
            "wants a user name and a password",
        ),
        (
            "407 Proxy Authentication Required",
            "text/html",
            "no",
            "create domain name=x",
            3,
            "wants a user name and a password",
        ),
        (
            "502 Bad Gateway",
            "text/html",
            "<html>no</html>",
            "list zones",
            3,
            "answered HTTP 502 Bad Gateway in the place of",
        ),
        (
            "502 Bad Gateway",
            "text/html",
            "<html>no</html>",
            "create domain name=x",
            6,
            "it may have been carried out",
        ),
        (
            "200 OK",
            "text/html",
            "<html>Sign in</html>",
            "list zones",
            3,
            "which may have answered itself",
        ),
    ] {
        let proxy = Proxy::answering(status, media, body);
        let run = home.run(&format!("{line} retries=0"));
        let said = proxy.over(run, "http_proxy").fails(ends);
        let shown = format!("the proxy {} (http_proxy)", proxy.address);
        assert!(
            said.contains(says) && said.contains(&shown),
            "{says}: {said}"
        );
        assert_eq!(proxy.heads().len(), 1);
    }
}

#[test]
fn a_tunnel_that_is_refused_carried_nothing() {
    let authority = authority("authority");
    let cloud = Secure::new(&authority.signed(&params("127.0.0.1")));
    let home = cloud.home("retries = 0\n");
    let roots = home.file("roots.pem", &authority.pem);
    for (status, says) in [
        (
            "407 Proxy Authentication Required",
            "wants a user name and a password",
        ),
        (
            "502 Bad Gateway",
            "does not let through to https://127.0.0.1",
        ),
        ("403 Forbidden", "does not let through to https://127.0.0.1"),
    ] {
        let proxy = Proxy::answering(status, "text/html", "<html>no</html>");
        let run = trusting(home.run("create domain name=x"), &roots);
        let said = proxy.over(run, "https_proxy").fails(3);
        let shown = format!("the proxy {} (https_proxy)", proxy.address);
        assert!(
            said.contains(says) && said.contains(&shown),
            "{status}: {said}"
        );
    }
    assert_eq!(cloud.calls(), 0);
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let authority = authority("authority");
    let secure = Secure::new(&authority.signed(&params("127.0.0.1")));
    let (_cloud, home) = plain();
    for (home, variable) in [(home, "http_proxy"), (secure.home(""), "https_proxy")] {
        let roots = home.file("roots.pem", &authority.pem);
        let run = trusting(home.run("create domain name=x retries=0"), &roots);
        let said = run.env(variable, &gone.to_string()).fails(3);
        let expected = format!("the proxy {gone} ({variable}) on the way to");
        assert!(
            said.contains(&expected) && said.contains("NO_PROXY"),
            "{said}"
        );
    }
}

#[test]
fn a_socks_proxy_is_one_too() {
    let (cloud, home) = plain();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut greeting = [0; 2];
        stream.read_exact(&mut greeting).unwrap();
        let mut methods = vec![0; usize::from(greeting[1])];
        stream.read_exact(&mut methods).unwrap();
        stream.write_all(&[5, 0]).unwrap();
        // Version, connect, reserved, an IPv4 address and its port.
        let mut asked = [0; 10];
        stream.read_exact(&mut asked).unwrap();
        let port = u16::from_be_bytes([asked[8], asked[9]]);
        let far = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        relay(&stream, &far);
        asked[..8].to_vec()
    });
    let run = home
        .run("list zones")
        .env("ALL_PROXY", &format!("socks5://{address}"));
    assert!(run.ok().contains("name = far"));
    assert_eq!(server.join().unwrap(), [5, 1, 0, 1, 127, 0, 0, 1]);
    drop(cloud);
    let run = home
        .run("list zones retries=0")
        .env("ALL_PROXY", &format!("socks5://{address}"));
    let said = run.fails(3);
    assert!(
        said.contains(&format!("the proxy {address} (ALL_PROXY)")),
        "{said}"
    );
}
