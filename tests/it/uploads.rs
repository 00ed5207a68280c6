//! Files for volumes, templates and ISOs: what is sent, what is shown, and what is said where it goes wrong.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rexpect::session::{PtySession, spawn_command};

use crate::secure::{Secure, authority, params, trusting};
use crate::support::{Home, Seen, Stub};

/// How much the files of these tests hold: more than the buffers between two processes.
const SIZE: usize = 12 << 20;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 % 251) as u8).collect()
}

/// Of `bytes(SIZE)`, by md5sum.
const SUM: &str = "5caa3a052b41faf182e9ca238e23f864";

/// A home whose built-in cloud works fast on what arrives, with a file.
fn home() -> (Home, String) {
    let home = Home::new();
    home.file("disk.qcow2", bytes(SIZE));
    home.job_milliseconds(0);
    let zone = home.value("list zones", "id");
    (home, format!("zoneid={zone}"))
}

fn volume(zone: &str, more: &str) -> String {
    format!("get uploadparamsforvolume name=data {zone} format=QCOW2 {more}")
}

#[test]
fn a_file_arrives_byte_for_byte_and_its_list_shows_it() {
    let (home, zone) = home();
    let line = volume(
        &zone,
        &format!("file=disk.qcow2 checksum={SUM} filter=name,state,size -o csv"),
    );
    let seen = home.run(&line).seen().status(0);
    assert_eq!(
        seen.stdout,
        format!("name,state,size\ndata,Uploaded,{SIZE}\n")
    );
    assert!(
        seen.stderr
            .contains("disk.qcow2 (12.00 MiB) goes to 127.0.0.1:"),
        "{seen:?}"
    );
    assert!(seen.stderr.contains("is let in until 20"), "{seen:?}");
    for response in ["json", "xml"] {
        let line = format!(
            "get uploadparamsfortemplate name=t displaytext=t {zone} format=VHD hypervisor=XenServer ostypeid={} \
             file=disk.qcow2 response={response} -o json",
            home.value("list ostypes", "id")
        );
        let seen = home.run(&line).seen().status(0);
        let answer: serde_json::Value = serde_json::from_str(&seen.stdout).unwrap();
        let row = &answer["template"][0];
        assert_eq!(
            (&row["size"], &row["checksum"]),
            (&SIZE.into(), &SUM.into()),
            "{answer}"
        );
        assert_eq!(
            (&row["isready"], &row["status"]),
            (&true.into(), &"Download Complete".into())
        );
        seen.err("hint: format=VHD and the file disk.qcow2 do not go together");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_found_before_anything_is_sent() {
    let (home, zone) = home();
    home.file("empty.qcow2", "");
    std::fs::create_dir(home.path().join("folder")).unwrap();
    for (file, says) in [
        ("gone.qcow2", "gone.qcow2 could not be read"),
        ("empty.qcow2", "is empty"),
        ("folder", "no ordinary file"),
        ("/dev/null", "no ordinary file"),
        ("@-", "its size has to be known"),
    ] {
        let said = home.run(&volume(&zone, &format!("file={file}"))).fails(2);
        assert!(said.contains(says), "{file}: {said}");
    }
    assert_eq!(home.run("list volumes -o csv").ok().lines().count(), 1);
    assert!(!home.run("jobs").ok().contains("getUploadParams"));
    // Only three calls take a file.
    home.run("list zones file=disk.qcow2").fails(2);
    let help = home.run("get uploadparamsforvolume -h").ok();
    assert!(help.contains("a file on this machine"), "{help}");
    assert!(!home.run("list zones -h").ok().contains("a file"));
}

#[test]
fn what_the_cloud_refuses_has_its_words_and_what_to_do() {
    let (home, zone) = home();
    let wrong = volume(&zone, "file=disk.qcow2 checksum=00");
    let said = home.run(&wrong).fails(4);
    assert!(said.contains("the checksum of the file is"), "{said}");
    assert!(said.contains("delete volume id="), "{said}");
    home.args(&[
        "update",
        "configuration",
        "name=upload.operation.timeout",
        "value=0",
    ])
    .ok();
    let said = home.run(&volume(&zone, "file=disk.qcow2")).fails(4);
    assert!(
        said.contains("(HTTP 400): request not valid anymore."),
        "{said}"
    );
    assert!(said.contains("good for one upload, until 20"), "{said}");
    assert_eq!(home.value("list volumes", "state"), "UploadError");
    let jobs = home.run("jobs").ok();
    assert!(
        jobs.contains("state = failed") && jobs.contains("not valid anymore"),
        "{jobs}"
    );
}

#[test]
fn an_upload_need_not_be_followed_and_shows_no_signature() {
    let (home, zone) = home();
    home.job_milliseconds(600_000);
    let seen = home
        .run(&volume(&zone, "file=disk.qcow2 asyncblock=false -o json"))
        .seen()
        .status(0);
    let answer: serde_json::Value = serde_json::from_str(&seen.stdout).unwrap();
    let params = answer["getuploadparams"].as_object().unwrap();
    assert_eq!(params.keys().collect::<Vec<_>>(), ["id"]);
    let id = params["id"].as_str().unwrap();
    assert!(
        seen.stderr.contains(&format!("list volumes id={id}")),
        "{seen:?}"
    );
    let said = home
        .run(&volume(&zone, "file=disk.qcow2 timeout=1"))
        .fails(5);
    assert!(said.contains("is not ready after 1 s"), "{said}");
    assert!(said.contains("list volumes id="), "{said}");
    let log =
        std::fs::read_to_string(home.path().join(".local/state/capuchin/capuchin.log")).unwrap();
    assert!(
        log.contains("/upload/") && !log.contains("signature"),
        "{log}"
    );
}

/// What an upload server does with a file.
#[derive(Clone, Copy, PartialEq)]
enum Does {
    /// Takes it and answers with that status and text.
    Answers(&'static str, &'static str),
    /// Closes after so many bytes.
    ClosesAfter(usize),
    /// Takes all of it and closes.
    ClosesAtTheEnd,
    /// Reads none of it.
    ReadsNothing,
    /// Takes all of it and says nothing.
    SaysNothing,
}

/// The head and the body of what was uploaded.
type Uploaded = (String, Vec<u8>);

/// A cloud that announces uploads to its own port, or elsewhere, and lists what it is told to.
struct Cloud {
    url: String,
    address: SocketAddr,
    uploads: Arc<Mutex<Vec<Uploaded>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

const CATALOGUE: &str = r#"{"listapisresponse":{"count":4,"api":[
    {"name":"getUploadParamsForVolume","isasync":false,"params":[{"name":"name","type":"string","required":true}],"response":[]},
    {"name":"getUploadParamsForIso","isasync":false,"params":[{"name":"name","type":"string","required":true}],"response":[]},
    {"name":"listVolumes","isasync":false,"params":[{"name":"id","type":"uuid"}],"response":[]},
    {"name":"listIsos","isasync":false,"params":[{"name":"id","type":"uuid"}],"response":[]}]}}"#;

impl Cloud {
    /// `row` is what its lists show of the thing.
    fn new(does: Does, row: &str) -> Cloud {
        Cloud::sending_to(None, does, row)
    }

    fn sending_to(post: Option<&str>, does: Does, row: &str) -> Cloud {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let post = post.map_or_else(|| format!("http://{address}/upload/I"), String::from);
        let announced = format!(
            r#"{{"x":{{"getuploadparams":{{"id":"I","postURL":"{post}","metadata":"META","expires":"EXPIRY","signature":"SIGNED"}}}}}}"#
        );
        let listed = format!(r#"{{"x":{{"count":1,"thing":[{{"id":"I",{row}}}]}}}}"#);
        let uploads = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (noted, stopped) = (uploads.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { return };
                let head = head_of(&mut stream);
                if head.starts_with("POST /upload/") {
                    open.extend(take(stream, head, does, &noted));
                    continue;
                }
                let body = match head.contains("command=getUploadParams") {
                    true => &announced,
                    false => &listed,
                };
                let answer = Stub::whole("200 OK", "application/json", body);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Cloud {
            url: format!("http://{address}/client/api"),
            address,
            uploads,
            stop,
            thread: Some(thread),
        }
    }

    fn home(&self) -> Home {
        let home = Home::new().configured(&format!(
            "profile = \"p\"\nretries = 0\n[profiles.p]\nurl = \"{}\"\napikey = \"KEY\"\nsecretkey = \"TOPSECRET\"\n",
            self.url
        ));
        home.catalogue(&self.url, CATALOGUE);
        home.file("disk.qcow2", bytes(SIZE));
        home
    }

    fn run(&self, more: &str) -> Seen {
        let line = format!("get uploadparamsforvolume name=n file=disk.qcow2 {more}");
        self.home().run(&line).seen()
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Takes a file as that is done; a connection that stays open is given back.
fn take(
    mut stream: TcpStream,
    head: String,
    does: Does,
    uploads: &Mutex<Vec<Uploaded>>,
) -> Option<TcpStream> {
    let lower = head.to_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.unwrap().parse().unwrap();
    let wanted = match does {
        Does::ReadsNothing => 0,
        Does::ClosesAfter(bytes) => bytes,
        _ => length,
    };
    let mut body = vec![0; wanted];
    stream.read_exact(&mut body).unwrap();
    uploads.lock().unwrap().push((head, body));
    match does {
        Does::Answers(status, text) => {
            let answer = Stub::whole(status, "text/plain", text);
            let _ = stream.write_all(answer.as_bytes());
            None
        }
        Does::ClosesAfter(_) | Does::ClosesAtTheEnd => None,
        Does::ReadsNothing | Does::SaysNothing => Some(stream),
    }
}

#[test]
fn what_is_sent_is_a_form_with_the_signature_in_its_head() {
    let cloud = Cloud::new(
        Does::Answers("200 OK", "upload successful."),
        r#""state":"Uploaded""#,
    );
    let seen = cloud.run("-o json").status(0);
    assert!(seen.stdout.contains("Uploaded"), "{seen:?}");
    let uploads = cloud.uploads.lock().unwrap();
    let [(head, body)] = uploads.as_slice() else {
        panic!("{} uploads", uploads.len())
    };
    let head = head.to_lowercase();
    for line in [
        "post /upload/i http/1.1",
        "x-signature: signed",
        "x-metadata: meta",
        "x-expires: expiry",
        "content-type: multipart/form-data; boundary=",
    ] {
        assert!(head.contains(line), "no {line} in {head}");
    }
    assert!(
        !head.contains("transfer-encoding") && !head.contains("referer"),
        "{head}"
    );
    assert!(
        !head.contains("apikey") && !head.contains("topsecret"),
        "{head}"
    );
    let start = String::from_utf8_lossy(&body[..300]).into_owned();
    assert!(
        start.contains(r#"form-data; name="file"; filename="disk.qcow2""#),
        "{start}"
    );
    let at = body
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap()
        + 4;
    assert!(body[at..].starts_with(&bytes(SIZE)));
    assert!(body[at + SIZE..].starts_with(b"\r\n--"));
    let text = format!("{seen:?}");
    assert!(!text.contains("SIGNED") && !text.contains("META"), "{text}");
}

#[test]
fn a_broken_upload_failed_and_says_how_far_it_was() {
    for (does, says) in [
        (Does::ClosesAfter(100_000), "broke off after"),
        (
            Does::Answers("400 Bad Request", "signature validation failed."),
            "(HTTP 400): signature validation failed.",
        ),
        (
            Does::Answers("302 Found", ""),
            "(HTTP 302): it gave no reason",
        ),
        (
            Does::Answers("413 Too Large", "<html>no</html>"),
            "(HTTP 413): it answered with a web page",
        ),
    ] {
        let cloud = Cloud::new(does, r#""state":"Uploaded""#);
        let seen = cloud.run("").status(4);
        assert!(seen.stderr.contains(says), "{says}: {seen:?}");
        assert!(
            seen.stderr
                .contains("the volume I is left without its file"),
            "{seen:?}"
        );
        assert_eq!(cloud.uploads.lock().unwrap().len(), 1);
    }
    let cloud = Cloud::new(Does::ReadsNothing, r#""state":"Uploaded""#);
    let seen = cloud.run("idle_timeout=0.3").status(4);
    assert!(seen.stderr.contains("it stood still for 0.3 s"), "{seen:?}");
    assert!(seen.stderr.contains("idle_timeout=SECONDS"), "{seen:?}");
    // Nobody is there, or nobody that can be trusted.
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let cloud = Cloud::sending_to(
        Some(&format!("http://{gone}/upload/I")),
        Does::ReadsNothing,
        r#""state":"NotUploaded""#,
    );
    let seen = cloud.run("").status(4);
    assert!(seen.stderr.contains("could not be reached"), "{seen:?}");
}

#[test]
fn an_upload_without_an_answer_is_asked_after_before_it_is_unknown() {
    for does in [
        Does::ClosesAtTheEnd,
        Does::SaysNothing,
        Does::Answers("502 Bad Gateway", "<html>no</html>"),
    ] {
        for (row, more, status) in [
            (r#""state":"Uploaded""#, "", 0),
            (r#""state":"UploadError""#, "", 4),
            (r#""state":"NotUploaded""#, "timeout=1", 6),
            (r#""state":"Uploaded""#, "asyncblock=false", 6),
        ] {
            let cloud = Cloud::new(does, row);
            let seen = cloud
                .run(&format!("reply_timeout=0.5 {more}"))
                .status(status);
            if status == 6 {
                assert!(
                    seen.stderr.contains("no answer tells that it was taken"),
                    "{seen:?}"
                );
                assert!(seen.stderr.contains("list volumes id=I"), "{seen:?}");
            }
        }
    }
}

#[test]
fn an_iso_is_ready_when_its_list_says_so() {
    let does = Does::Answers("200 OK", "upload successful.");
    let cloud = Cloud::new(does, r#""isready":true"#);
    let line = "get uploadparamsforiso name=n file=disk.qcow2";
    cloud.home().run(line).seen().status(0);
    let cloud = Cloud::new(does, r#""isready":false,"status":"UploadAbandoned""#);
    let said = cloud.home().run(line).fails(4);
    assert!(
        said.contains("(iso I): the upload failed: UploadAbandoned"),
        "{said}"
    );
}

#[test]
fn the_way_to_the_upload_server_is_the_profiles() {
    let authority = authority("authority");
    let storage = Secure::new(&authority.signed(&params("127.0.0.1")));
    let post = storage.url.replace("/client/api", "/upload/I");
    let cloud = Cloud::sending_to(Some(&post), Does::ReadsNothing, r#""state":"Uploaded""#);
    let home = cloud.home();
    let none = home.file("none.pem", &crate::secure::authority("none").pem);
    home.file("roots.pem", &authority.pem);
    let line = "get uploadparamsforvolume name=n file=disk.qcow2";
    let said = trusting(home.run(line), &none).fails(4);
    assert!(
        said.contains("nobody signed whom this machine trusts"),
        "{said}"
    );
    assert!(said.contains("set cacert FILE"), "{said}");
    assert_eq!(storage.calls(), 0);
    trusting(home.run(&format!("{line} cacert=roots.pem")), &none).ok();
    let seen = trusting(home.run(&format!("{line} verifycert=false")), &none)
        .seen()
        .status(0);
    assert!(seen.stderr.contains("verifycert is false"), "{seen:?}");
    assert_eq!(storage.calls(), 2);
}

fn prompt(home: &Home) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_capuchin"));
    command
        .env_clear()
        .env("HOME", home.path())
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .current_dir(home.path());
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("> ").unwrap();
    session
}

#[test]
fn control_c_ends_an_upload_and_the_wait_for_one() {
    let cloud = Cloud::new(Does::ReadsNothing, r#""state":"NotUploaded""#);
    let stalled = cloud.home();
    let mut session = prompt(&stalled);
    let line = "get uploadparamsforvolume name=n file=disk.qcow2";
    session.send_line(line).unwrap();
    session.exp_string("disk.qcow2 [").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("was interrupted after").unwrap();
    session.exp_string("> ").unwrap();
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap();

    let (home, zone) = home();
    home.job_milliseconds(600_000);
    let mut session = prompt(&home);
    // A file is completed where one is wanted.
    session.send(&volume(&zone, "file=di\t")).unwrap();
    session.flush().unwrap();
    session.exp_string("file=disk.qcow2").unwrap();
    session.send_line("").unwrap();
    // The spinner tells what is waited for.
    session.exp_regex(r"volume [0-9a-f-]{36} [0-9]+ s").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("the wait was interrupted").unwrap();
    session.exp_string("list volumes id=").unwrap();
    session.exp_string("> ").unwrap();
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap();
}
