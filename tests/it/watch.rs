//! `watch`: on a terminal in its place with what changed marked, elsewhere round after round; and the other things that are
//! drawn while somebody waits.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use rexpect::session::{PtySession, spawn_command};

use crate::support::{Home, Stub};

const CATALOGUE: &str = r#"{"listapisresponse":{"count":1,"api":[
    {"name":"listThings","isasync":false,"params":[{"name":"page","type":"integer"},{"name":"pagesize","type":"integer"}],
     "response":[{"name":"id","type":"string"}]}]}}"#;

/// A cloud whose one thing has another state each time it is listed; every third time it cannot be listed.
fn changing() -> (Stub, Home) {
    let asked = Arc::new(AtomicUsize::new(0));
    let stub = Stub::with(move |_, _| {
        let time = asked.fetch_add(1, Ordering::SeqCst);
        if time % 3 == 2 {
            let body = r#"{"listthingsresponse":{"errorcode":431,"errortext":"not now"}}"#;
            return Stub::whole("431 Bad", "application/json", body).into_bytes();
        }
        let body = format!(
            r#"{{"listthingsresponse":{{"count":1,"thing":[{{"id":"t","state":"state{time}"}}]}}}}"#
        );
        Stub::whole("200 OK", "application/json", &body).into_bytes()
    });
    let home = stub.home();
    home.catalogue(&stub.url, CATALOGUE);
    (stub, home)
}

fn on_terminal(home: &Home, args: &[&str]) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_capuchin"));
    command
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm")
        .current_dir(home.path());
    spawn_command(command, Some(60_000)).unwrap()
}

fn status(session: &PtySession) -> i32 {
    match session.process.wait().unwrap() {
        rexpect::process::wait::WaitStatus::Exited(_, status) => status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_changed_is_marked_in_its_place_until_control_c() {
    let (_stub, home) = changing();
    let mut session = on_terminal(&home, &["watch", "0.1", "list", "things"]);
    session.exp_string("every 0.1 s: list things").unwrap();
    session.exp_string("state0").unwrap();
    // The second round begins at the corner again, and its changed word is marked.
    session.exp_string("\x1b[H").unwrap();
    session.exp_string("\x1b[7mstate1\x1b[27m").unwrap();
    // A failure stands in its place, and the watch goes on.
    session.exp_string("not now").unwrap();
    session.exp_string("state3").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("\x1b[?1049l").unwrap();
    // What was seen last stays, with its time, and no longer marked.
    session.exp_string("every 0.1 s: list things").unwrap();
    let rest = session.exp_eof().unwrap();
    assert!(!rest.contains("\x1b[7m"), "{rest}");
    assert!(
        rest.contains("| t  | state") || rest.contains("not now"),
        "{rest}"
    );
    assert_eq!(status(&session), 0);
}

#[test]
fn what_was_watched_for_so_many_rounds_is_there_afterwards() {
    let (_stub, home) = changing();
    let line = ["watch", "--rounds", "2", "0.1", "list", "things"];
    let mut session = on_terminal(&home, &line);
    session.exp_string("\x1b[?1049l").unwrap();
    session.exp_string("| t  | state1 |").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(status(&session), 0);
    // A message is not cut as the lines of an answer are.
    let line = ["watch", "--rounds", "1", "list", "things"];
    let mut session = on_terminal(&home, &line);
    session.exp_string("\x1b[?1049l").unwrap();
    let rest = session.exp_eof().unwrap();
    assert!(
        rest.contains("not now") && rest.contains("hint: "),
        "{rest}"
    );
    assert!(rest.contains("shows the parameters)"), "{rest}");
}

#[test]
fn without_a_terminal_rounds_follow_one_another() {
    let (_stub, home) = changing();
    let args = [
        "watch",
        "--rounds",
        "2",
        "0.1",
        "list",
        "things",
        "filter=state",
        "-o",
        "csv",
    ];
    assert_eq!(home.args(&args).ok(), "state\nstate0\n\nstate\nstate1\n");
    // The status is that of the last round.
    let seen = home.run("watch 0.1 --rounds=1 list things").seen();
    seen.status(1).err("not now");
}

#[test]
fn only_what_reads_is_watched() {
    let home = Home::new();
    for line in [
        "watch",
        "watch 5",
        "watch 0 list zones",
        "watch --rounds 0 list zones",
        "watch --rounds 1 create domain name=x",
        "watch --rounds 1 api createDomain name=x",
        "watch --rounds 1 jobs forget 1",
        "watch --rounds 1 set age true",
        "watch --rounds 1 watch list zones",
        "watch --rounds 1 !true",
        "watch --rounds 1 list zones bogus=1",
    ] {
        home.run(line).fails(2);
    }
    let printed = home
        .run("-o csv watch --rounds 1 profile list filter=name")
        .ok();
    assert!(printed.starts_with("name\n"), "{printed}");
    assert!(home.run("watch -h").ok().contains("[SECONDS]"));
}

#[test]
fn a_retry_is_told_once() {
    let answer = r#"{"listthingsresponse":{}}"#;
    let stub = Stub::dropping(2, Stub::whole("200 OK", "application/json", answer));
    let home = stub.home();
    home.catalogue(&stub.url, CATALOGUE);
    let seen = home.run("list things").seen().status(0);
    assert_eq!(
        seen.stderr.matches("the call goes again").count(),
        1,
        "{seen:?}"
    );
}

/// Fetched in pages, of which those after the first come when the gate is dropped.
fn paged() -> (Stub, Home, Sender<()>) {
    let (gate, opened) = channel::<()>();
    let stub = Stub::with(move |_, head| {
        let page: usize = head
            .split(['?', '&', ' '])
            .find_map(|pair| pair.strip_prefix("page="))
            .map_or(0, |number| number.parse().unwrap());
        if page > 1 {
            // Nothing is sent: it ends when the gate is gone.
            let _ = opened.recv();
        }
        let body =
            format!(r#"{{"listthingsresponse":{{"count":3,"thing":[{{"id":"t{page}"}}]}}}}"#);
        Stub::whole("200 OK", "application/json", &body).into_bytes()
    });
    let home = stub.home();
    home.catalogue(&stub.url, CATALOGUE);
    (stub, home, gate)
}

#[test]
fn a_bar_goes_over_the_pages_of_a_long_list() {
    let (_stub, home, gate) = paged();
    let mut session = on_terminal(&home, &["list", "things", "-o", "json"]);
    session.exp_string("listThings [").unwrap();
    session.exp_string("1 of 3 rows").unwrap();
    drop(gate);
    session.exp_string("\"t3\"").unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn nothing_is_drawn_where_progress_is_off() {
    let (_stub, home, gate) = paged();
    home.run("set progress false").ok();
    let mut session = on_terminal(&home, &["list", "things", "-o", "csv"]);
    // Its first row is there, and the second page is waited for.
    session.exp_string("t1").unwrap();
    drop(gate);
    let all = session.exp_eof().unwrap();
    assert!(all.contains("t3") && !all.contains("rows"), "{all}");
}

#[test]
fn a_process_that_is_told_to_end_says_how_to_ask_after_its_job() {
    let home = Home::new();
    let words = format!(
        "templateid={} serviceofferingid={} zoneid={}",
        home.value("list templates templatefilter=featured", "id"),
        home.value("list serviceofferings", "id"),
        home.value("list zones", "id"),
    );
    home.job_milliseconds(600_000);
    let line = format!("deploy virtualmachine name=w {words}");
    let mut session = on_terminal(&home, &line.split(' ').collect::<Vec<_>>());
    session.exp_string("(job ").unwrap();
    let process = session.process.child_pid.to_string();
    Command::new("kill")
        .args(["-TERM", &process])
        .status()
        .unwrap();
    session.exp_string("query asyncjobresult jobid=").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(status(&session), 5);
}

#[test]
fn a_variable_in_what_is_watched_is_a_value_there_too() {
    let home = Home::new();
    home.file("secret.txt", "what the file holds");
    for value in ["@secret.txt", "name:devcloud", "two words", "a|b"] {
        let script = format!(
            "let v = '{value}'\nlet d = create domain name=$v\n\
             watch --rounds 1 list domains name=$v listall=true filter=name -o csv\n\
             expect-error 431 watch --rounds 1 list domains id=$v\nlet gone = delete domain id=$d.id\n"
        );
        let seen = home.script(script.as_bytes()).status(0);
        assert_eq!(seen.stdout, format!("name\n{value}\n"), "{seen:?}");
    }
    let log = home.path().join(".local/state/capuchin/capuchin.log");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(!log.contains("file%20holds"), "{log}");
}
