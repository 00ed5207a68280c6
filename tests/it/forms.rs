//! Output at a terminal of 80 columns and 24 rows: what fits, what is told of the rest, colours, and the pager.

use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

use crate::support::{Home, Stub};

/// A cloud whose listThings answers with so many things.
fn cloud(things: usize) -> (Stub, Home) {
    let rows: Vec<String> = (0..things)
        .map(|number| {
            let state = if number % 2 == 0 { "Running" } else { "Stopped" };
            format!(
                r#"{{"id":"{number:08}-0000-4000-8000-000000000000","name":"thing-{number}","state":"{state}","zonename":"z","haenable":false,"zoneid":"{number:08}-1111-4000-8000-000000000000","displaytext":"a\u009b31m \u001b[2J"}}"#
            )
        })
        .collect();
    let body = format!(
        r#"{{"listthingsresponse":{{"count":{things},"thing":[{}]}}}}"#,
        rows.join(",")
    );
    let stub = Stub::answering("200 OK", "application/json", &body);
    let home = stub.home();
    home.catalogue(
        &stub.url,
        r#"{"listapisresponse":{"count":1,"api":[{"name":"listThings","isasync":false,"params":[],"response":[{"name":"id","type":"string"}]}]}}"#,
    );
    (stub, home)
}

/// The program on a terminal, with these words and variables, and how it ended.
fn open(home: &Home, words: &str, env: &[(&str, &str)]) -> PtySession {
    let program = env!("CARGO_BIN_EXE_capuchin");
    let mut command = Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(format!(
            "trap : INT; stty rows 24 cols 80 -echo; {program} {words}; echo \"status=$?\""
        ))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm")
        .envs(env.iter().copied())
        .current_dir(home.path());
    spawn_command(command, Some(60_000)).unwrap()
}

/// All that such a terminal shows.
fn shown(home: &Home, words: &str, env: &[(&str, &str)]) -> String {
    let text = open(home, words, env).exp_eof().unwrap();
    // Each byte came as a character of its own.
    let bytes: Vec<u8> = text.chars().map(|byte| byte as u8).collect();
    String::from_utf8_lossy(&bytes).replace('\r', "")
}

/// A pager that says that it is one.
fn marking(home: &Home) -> String {
    let path = home.file("pager", "echo PAGED\ncat\necho LEFT\n");
    format!("sh {}", path.display())
}

#[test]
fn a_table_fits_the_terminal_and_what_is_left_out_is_told() {
    let (_stub, home) = cloud(3);
    let out = shown(&home, "list things", &[("NO_COLOR", "1")]);
    assert!(!out.contains('\x1b') && !out.contains('\u{9b}'), "{out:?}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[..2], ["count = 3", "thing:"]);
    let header: Vec<&str> = lines[3].split('|').map(str::trim).collect();
    assert_eq!(
        header[1..],
        ["name", "state", "zonename", "id", ""],
        "{out}"
    );
    // It stands below the table.
    let told = lines[lines.len() - 2];
    assert!(
        told.starts_with("not shown: ") && told.contains("-o wide shows all"),
        "{out}"
    );
    let wide = shown(&home, "list things -o wide", &[("PAGER", "")]);
    assert!(wide.contains("haenable") && !wide.contains("not shown"));
    // What was asked for is there, in that order, and ids are whole.
    let asked = shown(
        &home,
        "list things filter=zonename,id,displaytext,haenable,state",
        &[("NO_COLOR", "1")],
    );
    let header: Vec<&str> = asked
        .lines()
        .nth(3)
        .unwrap()
        .split('|')
        .map(str::trim)
        .collect();
    assert!(
        header[1].starts_with("zone") && header[2] == "id",
        "{asked}"
    );
    assert_eq!(header.len(), 7);
    assert!(
        asked.contains("00000002-0000-4000-8000-000000000000"),
        "{asked}"
    );
    assert!(
        asked.lines().all(|line| line.chars().count() <= 80),
        "{asked}"
    );
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let (_stub, home) = cloud(2);
    let out = shown(&home, "list things", &[]);
    assert!(out.contains("\x1b[32mRunning\x1b[0m"), "{out:?}");
    assert!(out.contains("\x1b[33mStopped\x1b[0m"), "{out:?}");
    assert!(out.contains("\x1b[2mnot shown: "), "{out:?}");
    let out = shown(&home, "list things -o text", &[]);
    assert!(out.contains("state = \x1b[32mRunning"), "{out:?}");
    let piped = home.run("list things -o table").ok();
    assert!(
        !piped.contains('\x1b') && piped.contains("haenable"),
        "{piped:?}"
    );
    home.run("set color false").ok();
    assert!(!shown(&home, "list things", &[]).contains('\x1b'));
}

#[test]
fn no_form_lets_the_cloud_drive_the_terminal() {
    let (_stub, home) = cloud(2);
    for form in [
        "json", "jsonl", "csv", "yaml", "xml", "raw", "column", "wide", "text",
    ] {
        let out = shown(
            &home,
            &format!("list things -o {form}"),
            &[("NO_COLOR", "1")],
        );
        assert!(!out.contains(['\x1b', '\u{9b}']), "{form}: {out:?}");
    }
    // A file gets what came.
    assert!(
        home.run("list things -o csv")
            .ok()
            .contains("\u{9b}31m \x1b[2J")
    );
}

#[test]
fn a_pager_shows_what_is_longer_than_the_screen() {
    let (_stub, home) = cloud(40);
    let pager = marking(&home);
    for form in ["table", "text", "json", "csv"] {
        let out = shown(
            &home,
            &format!("list things -o {form}"),
            &[("PAGER", &pager)],
        );
        let at = |part: &str| out.find(part).unwrap_or_else(|| panic!("{part}: {out}"));
        assert!(
            at("PAGED") < at("thing-0") && at("thing-39") < at("LEFT"),
            "{out}"
        );
        assert!(out.ends_with("status=0\n"), "{out}");
    }
    // What is said waits until the pager is left.
    let out = shown(&home, "list things", &[("PAGER", &pager)]);
    assert!(out.find("LEFT") < out.find("not shown"), "{out}");
    home.args(&["set", "pager", &pager]).ok();
    assert!(shown(&home, "list things", &[]).contains("PAGED"));
    home.run("set pager off").ok();
    let out = shown(&home, "list things", &[("PAGER", &pager)]);
    assert!(!out.contains("PAGED"), "{out}");
}

#[test]
fn no_pager_shows_what_is_short_or_is_not_looked_at() {
    let (_stub, home) = cloud(15);
    let pager = marking(&home);
    let env = [("PAGER", &*pager)];
    assert!(!shown(&home, "list things", &env).contains("PAGED"));
    let (_stub, home) = cloud(40);
    let pager = marking(&home);
    home.file("script", "list things\n");
    for words in [
        "-f script",
        "< script",
        "source script",
        "list things > out",
    ] {
        let out = shown(&home, words, &[("PAGER", &*pager)]);
        assert!(!out.contains("PAGED"), "{words}: {out}");
    }
    for none in ["", "cat"] {
        let out = shown(&home, "list things", &[("PAGER", none)]);
        assert!(
            out.contains("thing-39") && out.ends_with("status=0\n"),
            "{out}"
        );
    }
}

#[test]
fn a_pager_that_fails_hides_nothing() {
    let (_stub, home) = cloud(40);
    for broken in ["/nowhere/pager", "exit 3", "kill -9 $$"] {
        let out = shown(&home, "list things", &[("PAGER", broken)]);
        assert_eq!(out.matches("thing-0 ").count(), 1, "{broken}: {out}");
        assert_eq!(out.matches("thing-39").count(), 1, "{broken}: {out}");
        let said = format!("the pager `{broken}` did not work");
        assert!(out.contains(&said), "{broken}: {out}");
        assert!(out.ends_with("status=0\n"), "{broken}: {out}");
    }
}

#[test]
fn a_pager_that_is_left_ends_it_quietly() {
    let (_stub, home) = cloud(5000);
    for form in ["table", "csv"] {
        let out = shown(
            &home,
            &format!("list things -o {form}"),
            &[("PAGER", "head -n 9"), ("NO_COLOR", "1")],
        );
        assert!(!out.contains("thing-39") && !out.contains("error"), "{out}");
        assert_eq!(out.contains("not shown: "), form == "table", "{out}");
        assert!(out.ends_with("status=0\n"), "{out}");
    }
}

#[test]
fn reading_in_a_pager_is_no_time_that_a_command_took() {
    let (_stub, home) = cloud(40);
    // Longer than what the prompt tells of.
    let pager = "sleep 2.2; cat";
    let mut session = open(&home, "", &[("PAGER", pager), ("NO_COLOR", "1")]);
    session.exp_string("(stub) > ").unwrap();
    session.send_line("list things").unwrap();
    session.exp_string("thing-39").unwrap();
    let after = session.exp_string("(stub) > ").unwrap();
    assert!(!after.contains(" s] "), "{after}");
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn control_c_is_the_pagers() {
    let (_stub, home) = cloud(40);
    let path = home.file(
        "pager",
        "trap 'echo caught; exit 0' INT\ncat > /dev/null\necho ready\nread line < /dev/tty\n",
    );
    let pager = format!("sh {}", path.display());
    let mut session = open(&home, "", &[("PAGER", &pager), ("NO_COLOR", "1")]);
    session.exp_string("(stub) > ").unwrap();
    session.send_line("list things").unwrap();
    session.exp_string("ready").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("caught").unwrap();
    session.exp_string("(stub) > ").unwrap();
    session.send_line("exit").unwrap();
    session.exp_string("status=0").unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn a_saved_form_that_is_none_is_set_aside() {
    let (stub, home) = cloud(1);
    let text = format!(
        "output = \"teal\"\nprofile = \"stub\"\n[profiles.stub]\nurl = \"{}\"\napikey = \"KEY\"\nsecretkey = \"TOPSECRET\"\n",
        stub.url
    );
    let home = home.configured(&text);
    let seen = home.run("list things").seen().status(0).err("teal");
    assert!(seen.stdout.contains("name = thing-0"), "{seen:?}");
    home.run("list things -o json").ok();
    home.run("set output json").ok();
    assert!(home.run("list things").ok().starts_with('{'));
}
