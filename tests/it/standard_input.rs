//! Standard input while it is the script: nobody else reads it, and Ctrl-C is heard while nothing comes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use rexpect::session::spawn_command;

use crate::support::{Home, Stub};

/// Lines for batch and the statuses that their answers have.
fn answered(home: &Home, lines: &str) -> Vec<u64> {
    let seen = home.run("batch").stdin(lines).seen().status(0);
    let status = |line: &str| {
        let answer: serde_json::Value = serde_json::from_str(line).expect(line);
        answer["error"]["status"].as_u64().unwrap_or(0)
    };
    seen.stdout.lines().map(status).collect()
}

#[test]
fn a_file_that_is_sourced_reads_none_of_the_lines_after_it() {
    let home = Home::new();
    for (name, line, status) in [
        ("call.cap", "create domain name=@-", 2),
        ("login.cap", "login username=a password=@-", 2),
        ("set.cap", "set secretkey @-", 2),
        ("shell.cap", "!cat", 0),
        ("nested.cap", "source call.cap", 2),
    ] {
        home.file(name, format!("{line}\n"));
        let script = format!("source {name}\n!echo after\n");
        assert_eq!(answered(&home, &script), [status, 0], "{line}");
        let seen = home.run("--keep-going").stdin(&script).seen();
        assert_eq!(seen.stdout, "after\n", "{line}: {seen:?}");
        assert_eq!(seen.status as u64, status, "{line}: {seen:?}");
    }
    assert_eq!(answered(&home, "test call.cap\n!echo after\n"), [2, 0]);
}

#[test]
fn ctrl_c_ends_what_waits_for_its_next_line() {
    let home = Home::new();
    for words in [&["batch"][..], &[]] {
        let mut child = home
            .args(words)
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "list zones filter=name").unwrap();
        write!(stdin, "!touch half").unwrap();
        stdin.flush().unwrap();
        let mut answer = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut answer).unwrap();
        let process = child.id().to_string();
        let killed = Command::new("kill").args(["-INT", &process]).status();
        assert!(killed.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{words:?}");
        // A line that had not come to its end is not run.
        assert!(!home.path().join("half").exists(), "{words:?}");
    }
}

#[test]
fn scenarios_run_the_command_for_the_secret_key_once_and_ask_nothing() {
    let answer = r#"{"listthingsresponse":{}}"#;
    let apis = r#"{"listapisresponse":{"count":1,"api":[{"name":"listThings","params":[],"response":[]}]}}"#;
    let stub = Stub::speaking(&[
        ("listApis", "200 OK", "application/json", apis),
        ("*", "200 OK", "application/json", answer),
    ]);
    let home = Home::new().configured(&format!(
        "profile = \"stub\"\n[profiles.stub]\nurl = \"{}\"\napikey = \"KEY\"\nsecretkey_command = \"echo x >> ran; echo TOPSECRET\"\n",
        stub.url
    ));
    for name in ["a", "b", "c"] {
        home.file(&format!("all/{name}.cap"), "list things\n");
    }
    home.run("test all --parallel 2").ok();
    let ran = std::fs::read_to_string(home.path().join("ran")).unwrap();
    assert_eq!(ran, "x\n");
    home.file("login.cap", "set auth login\nlogin username=ann\n");
    let mut command = home.run("test login.cap").command();
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    let all = session.exp_eof().unwrap();
    assert!(all.contains("nobody to ask"), "{all}");
    assert!(all.contains("password=@FILE"), "{all}");
}
