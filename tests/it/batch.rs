//! `capuchin batch`: a line of JSON for each line on standard input, for programs in other languages.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Home, Stub};

fn answers(home: &Home, lines: impl AsRef<[u8]>, status: i32) -> Vec<Value> {
    let seen = home.run("batch").stdin(lines).seen().status(status);
    let answers: Vec<Value> = seen
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    for (place, answer) in answers.iter().enumerate() {
        assert_eq!(answer["line"], place + 1, "{answer}");
    }
    answers
}

#[test]
fn each_line_has_its_answer() {
    let home = Home::new();
    let lines = "list zones filter=name\n\
        \n\
        # a comment\n\
        list zones id=nope\n\
        let z = list zones\n\
        list zones id=$z.id filter=networktype\n\
        list zones | grep -c ^name\n\
        !echo hi; cat\n\
        !exit 9\n\
        list zones filter=name -o csv\n\
        help exit\n\
        bogus\n\
        for x in 1 2\n\
        end\n\
        list zones \\\n\
        create domain name=@-\n\
        login password=@-\n\
        assert 1 == 2\n\
        set output csv\n\
        list zones filter=name";
    let found = answers(&home, lines, 0);
    assert_eq!(found.len(), 20);
    let results = [
        (0, r#"{"count":1,"zone":[{"name":"devcloud"}]}"#),
        (1, "null"),
        (2, "null"),
        (4, "null"),
        (5, r#"{"count":1,"zone":[{"networktype":"Advanced"}]}"#),
        (6, r#""1\n""#),
        (7, r#""hi\n""#),
        (9, r#""name\ndevcloud\n""#),
        (18, "null"),
        (19, r#"{"count":1,"zone":[{"name":"devcloud"}]}"#),
    ];
    for (place, result) in results {
        assert_eq!(found[place]["ok"], true, "{}", found[place]);
        assert_eq!(found[place]["result"].to_string(), result);
    }
    for (place, status) in [
        (3, 1),
        (8, 9),
        (11, 2),
        (12, 2),
        (13, 2),
        (14, 2),
        (15, 2),
        (16, 2),
        (17, 8),
    ] {
        let answer = &found[place];
        assert_eq!(answer["ok"], false, "{answer}");
        assert_eq!(answer["error"]["status"], status, "{answer}");
        assert!(answer["error"]["message"].is_string(), "{answer}");
    }
    assert_eq!(found[3]["error"]["code"], 431);
    assert_eq!(found[8]["error"]["code"], Value::Null);
    assert!(
        found[10]["result"]
            .as_str()
            .unwrap()
            .contains("Usage: exit")
    );
}

#[test]
fn numbers_keep_their_spelling_and_errors_stay_off_stderr() {
    let home = Home::new();
    let raw = "{\"listzonesresponse\":{\"count\":1,\"zone\":[{\"price\":1.10,\"big\":12345678901234567890123}]}}";
    let apis = r#"{"listapisresponse":{"count":1,"api":[{"name":"listZones","params":[],"response":[]}]}}"#;
    let stub = Stub::speaking(&[
        ("listApis", "200 OK", "application/json", apis),
        ("*", "200 OK", "application/json", raw),
    ]);
    let served = stub.home();
    let seen = served
        .run("batch")
        .stdin("api listZones\n")
        .seen()
        .status(0);
    assert!(
        seen.stdout
            .contains(r#""zone":[{"price":1.10,"big":12345678901234567890123}]"#),
        "{seen:?}"
    );
    let seen = home.run("batch").stdin("bogus\n").seen().status(0);
    assert!(!seen.stderr.contains("error"), "{seen:?}");
}

#[test]
fn hostile_lines_are_answered_and_the_next_ones_too() {
    let home = Home::new();
    let mut lines = b"\xff\xfe\n".to_vec();
    lines.extend_from_slice(b"create domain name=");
    lines.extend(std::iter::repeat_n(b'x', 10 << 20));
    lines.extend_from_slice(b"y=\"\n\0\n\r\nlist zones filter=name\r\n");
    let found = answers(&home, lines, 0);
    let ok: Vec<bool> = found.iter().map(|answer| answer["ok"] == true).collect();
    assert_eq!(ok, [false, false, false, true, true]);
}

#[test]
fn exit_is_answered_and_ends_it() {
    let home = Home::new();
    let found = answers(&home, "exit 3\nlist zones\n", 3);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["ok"], true);
    assert_eq!(answers(&home, "", 0).len(), 0);
    home.run("batch all").fails(2);
    home.script("batch\n").status(2);
}

#[test]
fn an_answer_comes_before_the_next_line_is_sent() {
    let home = Home::new();
    let mut child = home
        .run("batch")
        .command()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut ask = |line: &str| -> Value {
        writeln!(stdin, "{line}").unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    };
    let zones = ask("list zones");
    let id = zones["result"]["zone"][0]["id"]
        .as_str()
        .unwrap()
        .to_string();
    let zone = ask(&format!("list zones id={id} filter=name"));
    assert_eq!(zone["result"]["zone"][0]["name"], "devcloud");
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let home = Home::new();
    home.run("list zones").ok();
    let mut child = home
        .run("batch")
        .command()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let _ = stdin.write_all(b"list zones\n\n\n");
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_example_of_the_readme_runs() {
    let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let example: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("    import json, subprocess"))
        .take_while(|line| line.starts_with("    "))
        .map(|line| &line[4..])
        .collect();
    assert_eq!(example.len(), 10, "{example:?}");
    let home = Home::new();
    let file = home.file("example.py", example.join("\n"));
    let mut command = home.run("").command();
    let program = std::path::Path::new(command.get_program()).to_path_buf();
    let path = command
        .get_envs()
        .find_map(|(name, value)| (name == "PATH").then_some(value)?)
        .unwrap_or_default()
        .to_os_string();
    let mut paths: Vec<_> = std::env::split_paths(&path).collect();
    paths.insert(0, program.parent().unwrap().to_path_buf());
    command = std::process::Command::new("python3");
    command
        .arg(file)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", std::env::join_paths(paths).unwrap());
    // The same conversation is held above; this is only whether the example is right, where there is a Python.
    let Ok(output) = command.output() else { return };
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(printed.trim(), "devcloud 0", "{output:?}");
}

#[test]
fn a_script_that_fails_answers_with_its_own_error() {
    let home = Home::new();
    home.file("s.cap", "list zones id=no-such-zone\n");
    let printed = home
        .run("batch")
        .stdin("source s.cap\nexpect-error 431 source s.cap\n")
        .ok();
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines[0].contains("\"code\":431"), "{printed}");
    assert!(lines[1].contains("\"ok\":true"), "{printed}");
}
