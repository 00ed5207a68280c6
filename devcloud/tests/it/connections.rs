//! What comes over a connection besides calls: nothing, or too much, or too slowly, or on too many at once.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use devcloud::Patience;

use crate::support::{World, signed};

/// Long enough for a busy machine, and yet an end.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(100);

fn connected(world: &World) -> TcpStream {
    let stream = TcpStream::connect(world.cloud.address()).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.set_write_timeout(Some(LONG)).unwrap();
    stream
}

/// All that comes until the server closes the connection.
fn last_words(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    if let Err(why) = stream.read_to_end(&mut bytes) {
        let closed = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
        assert!(closed.contains(&why.kind()), "it stayed open: {why}");
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends a byte every few milliseconds until the connection is closed, and gives what came.
fn drip(mut stream: TcpStream) -> String {
    let mut reader = stream.try_clone().unwrap();
    let dripping = std::thread::spawn(move || {
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let said = last_words(&mut reader);
    dripping.join().unwrap();
    said
}

fn form_of(length: usize) -> String {
    format!(
        "POST /client/api HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n"
    )
}

#[test]
fn a_head_has_to_come_in_time_however_steadily_it_drips() {
    let world = World::with(Patience {
        head: SHORT,
        ..Patience::default()
    });
    // Nothing at all, the middle of a head, and the second head of a connection.
    assert_eq!(last_words(&mut connected(&world)), "");
    for begun in [
        "GET /client",
        "GET /client/api?x HTTP/1.1\r\nhost: x\r\na: ",
    ] {
        let mut stream = connected(&world);
        stream.write_all(begun.as_bytes()).unwrap();
        assert_eq!(drip(stream), "", "{begun}");
    }
    let mut stream = connected(&world);
    stream
        .write_all(b"GET /client/api HTTP/1.1\r\nhost: x\r\n\r\nGET /client")
        .unwrap();
    assert!(last_words(&mut stream).starts_with("HTTP/1.1 401 "));
}

#[test]
fn a_form_has_to_come_in_time_however_steadily_it_drips() {
    let world = World::with(Patience {
        form: SHORT,
        ..Patience::default()
    });
    let mut stream = connected(&world);
    stream.write_all(form_of(100_000).as_bytes()).unwrap();
    let said = drip(stream);
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
}

#[test]
fn an_upload_has_to_come_in_time_however_steadily_it_drips() {
    let world = World::with(Patience {
        upload: SHORT,
        ..Patience::default()
    });
    let zone = world.first("listZones", &[]);
    let way = world.ok(
        "getUploadParamsForVolume",
        &[("name", "d"), ("format", "QCOW2"), ("zoneid", &zone)],
    );
    let way = &way["getuploadparams"];
    let text = |name: &str| way[name].as_str().unwrap();
    let (host, path) = text("postURL")["http://".len()..].split_once('/').unwrap();
    let mut stream = connected(&world);
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: multipart/form-data; boundary=B\r\ncontent-length: 100000\r\n\
         x-signature: {}\r\nx-metadata: {}\r\nx-expires: {}\r\n\r\n--B\r\n",
        text("signature"),
        text("metadata"),
        text("expires")
    )
    .unwrap();
    let said = drip(stream);
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
    let volume = &world.rows("listVolumes", &[("id", text("id"))])[0];
    assert_eq!(volume["state"], "UploadError");
}

#[test]
fn an_answer_has_to_be_taken_in_time() {
    let world = World::with(Patience {
        answer: SHORT,
        ..Patience::default()
    });
    devcloud::fill(&world.state(), 250, 1, 0).unwrap();
    let query = signed(&world.admin(), "listVirtualMachines", &[]);
    let mut stream = connected(&world);
    // Answers that nobody reads fill every buffer on their way; then the server must be rid of the connection.
    let asked = format!("GET /client/api?{query} HTTP/1.1\r\nhost: x\r\n\r\n");
    while stream.write_all(asked.as_bytes()).is_ok() {}
    world.ok("listZones", &[]);
}

#[test]
fn a_large_form_is_refused_before_it_is_sent_and_one_of_unknown_length_as_soon_as_it_is_too_large()
{
    let world = World::new();
    let mut stream = connected(&world);
    stream.write_all(form_of(100 << 20).as_bytes()).unwrap();
    // Not a byte of the body has been sent.
    assert!(last_words(&mut stream).starts_with("HTTP/1.1 413 "));

    let mut stream = connected(&world);
    let head = form_of(0).replace("content-length: 0", "transfer-encoding: chunked");
    stream.write_all(head.as_bytes()).unwrap();
    let megabyte = format!("100000\r\n{}\r\n", "x".repeat(1 << 20));
    let sent = (0..100)
        .take_while(|_| stream.write_all(megabyte.as_bytes()).is_ok())
        .count();
    assert!(sent < 100, "all of it was taken");
    assert!(last_words(&mut stream).starts_with("HTTP/1.1 413 "));
    world.ok("listZones", &[]);
}

#[test]
fn the_head_of_an_uploaded_file_is_not_kept_without_end() {
    let world = World::new();
    let zone = world.first("listZones", &[]);
    let way = world.ok(
        "getUploadParamsForVolume",
        &[("name", "d"), ("format", "QCOW2"), ("zoneid", &zone)],
    );
    let way = &way["getuploadparams"];
    let text = |name: &str| way[name].as_str().unwrap();
    let (host, path) = text("postURL")["http://".len()..].split_once('/').unwrap();
    let mut stream = connected(&world);
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: multipart/form-data; boundary=B\r\ncontent-length: {}\r\n\
         x-signature: {}\r\nx-metadata: {}\r\nx-expires: {}\r\n\r\n--B\r\nx: ",
        100 << 20,
        text("signature"),
        text("metadata"),
        text("expires")
    )
    .unwrap();
    let megabyte = "x".repeat(1 << 20);
    let sent = (0..100)
        .take_while(|_| stream.write_all(megabyte.as_bytes()).is_ok())
        .count();
    assert!(sent < 99, "all of it was taken");
    let said = last_words(&mut stream);
    assert!(said.contains("the head of a part is too long"), "{said}");
}

#[test]
fn one_connection_more_than_there_may_be_closes_the_one_silent_longest_and_none_in_service() {
    let world = World::with(Patience {
        connections: 4,
        ..Patience::default()
    });
    let mut asking = connected(&world);
    let form = signed(&world.admin(), "listZones", &[("response", "json")]);
    let head = form_of(form.len()).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
    asking.write_all(head.as_bytes()).unwrap();
    // The server says that it waits for the form.
    let mut continued = [0; 25];
    asking.read_exact(&mut continued).unwrap();
    assert_eq!(&continued, b"HTTP/1.1 100 Continue\r\n\r\n");
    let mut silent: Vec<TcpStream> = (0..40).map(|_| connected(&world)).collect();
    for stream in &mut silent[..36] {
        assert_eq!(last_words(stream), "");
    }
    asking.write_all(form.as_bytes()).unwrap();
    let mut answer = [0; 12];
    asking.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

/// How many connections this process may open for a test, with room for what else it has open.
fn affordable(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // Where it cannot be raised it stays as it is.
    let _ = setrlimit(Resource::Nofile, raised);
    let most = getrlimit(Resource::Nofile).current;
    let most = most.map_or(usize::MAX, |most| {
        usize::try_from(most).unwrap_or(usize::MAX)
    });
    wanted.min(most.saturating_sub(2000).max(most / 2))
}

#[test]
fn ten_thousand_connections_keep_nobody_out() {
    let world = World::new();
    let most = affordable(10_000);
    let mut open = Vec::new();
    for number in 0..most {
        let mut stream = connected(&world);
        if number % 2 == 0 {
            // One that has been sent away already takes nothing.
            let _ = stream.write_all(b"GET /client/api?command=listZ");
        }
        open.push(stream);
        if number % 1000 == 999 {
            world.ok("listZones", &[]);
        }
    }
    world.ok("listZones", &[]);
    // The server keeps few of them: the first ones are closed by now.
    assert_eq!(last_words(&mut open[0]), "");
    drop(open);
    world.ok("listZones", &[]);
}
