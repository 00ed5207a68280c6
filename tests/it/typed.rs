//! Variables while lines are typed: kept at a terminal, shown by colour, offered by Tab.

use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

use crate::support::Home;

const UNDO: &str = "\x15";

/// A prompt on a terminal that has a size, so that there may be a pager.
fn open(home: &Home, rows: u16, columns: u16) -> PtySession {
    let program = env!("CARGO_BIN_EXE_capuchin");
    let mut command = Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(format!("stty rows {rows} cols {columns}; exec {program}"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm")
        .current_dir(home.path());
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("> ").unwrap();
    session
}

fn send(session: &mut PtySession, keys: &str) {
    session.send(keys).unwrap();
    session.flush().unwrap();
}

#[test]
fn what_is_kept_is_not_shown_on_a_terminal_of_any_size() {
    for (rows, columns) in [(24, 80), (50, 200)] {
        let home = Home::new();
        home.run("list zones").ok();
        let mut session = open(&home, rows, columns);
        session.send_line("let all = list zones").unwrap();
        let shown = session.exp_string("> ").unwrap();
        session.send_line("assert $all.count == 1").unwrap();
        let asserted = session.exp_string("> ").unwrap();
        session
            .send_line("expect-error 431 list zones id=nope")
            .unwrap();
        let expected = session.exp_string("> ").unwrap();
        session.send_line("exit").unwrap();
        session.exp_eof().unwrap();
        for text in [shown, asserted, expected] {
            assert!(
                !text.contains("devcloud") && !text.contains("error:"),
                "{text}"
            );
        }
    }
}

#[test]
fn names_that_are_set_are_coloured_and_offered_with_their_fields() {
    let home = Home::new();
    let mut session = open(&home, 24, 80);
    session.send_line("let all = list zones").unwrap();
    session.exp_string("> ").unwrap();
    send(&mut session, "list zones id=$nobody.id");
    send(&mut session, " name=$all.name");
    let typed = session.exp_string("\x1b[35m$all.name\x1b[0m").unwrap();
    assert!(typed.contains("$nobody.id"), "{typed}");
    assert!(!typed.contains("\x1b[35m$nobody"), "{typed}");
    // The one name goes in, then the one field, and what stands before them stays.
    send(
        &mut session,
        &format!("{UNDO}list zones name='x' id=$a\t.networkt\t"),
    );
    session
        .exp_string("name=\x1b[32m'x'\x1b[0m id=\x1b[35m$all.networktype")
        .unwrap();
    send(&mut session, &format!("{UNDO}assert $all.\t"));
    session.exp_string("$all.count").unwrap();
    send(&mut session, UNDO);
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn a_loop_is_called_back_as_a_whole_and_one_with_a_secret_not_at_all() {
    let home = Home::new();
    let mut session = open(&home, 24, 80);
    for line in [
        "for n in one two",
        "create user username=$n password=hunter2",
        "end",
        "for n in three four",
        "list zones name=$n filter=id",
    ] {
        session.send_line(line).unwrap();
    }
    session.send_line("end").unwrap();
    session.send_line("!echo ran").unwrap();
    session.exp_string("\nran").unwrap();
    session.exp_string("> ").unwrap();
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap();
    let kept = home.args(&["history"]).seen().stdout;
    assert!(
        !kept.contains("hunter2") && !kept.contains("one two"),
        "{kept}"
    );
    assert!(
        kept.contains("    1  for n in three four\nlist zones name=$n filter=id\nend\n"),
        "{kept}"
    );
}

#[test]
fn the_time_of_a_command_has_none_of_the_users() {
    let home = Home::new();
    home.run("create domain name=spare").ok();
    let id = home.value("list domains name=spare listall=true", "id");
    let mut session = open(&home, 24, 80);
    session.send_line("set prompt {elapsed}>").unwrap();
    session.exp_string(" s>").unwrap();
    let asked = std::time::Instant::now();
    session
        .send_line(&format!("delete domain id={id}"))
        .unwrap();
    session.exp_string("? [y/N] ").unwrap();
    // Somebody who thinks for longer than the call took to be ready for the question, several times over.
    let ready = asked.elapsed();
    while asked.elapsed() < ready * 4 + std::time::Duration::from_millis(300) {
        std::thread::yield_now();
    }
    session.send_line("n").unwrap();
    let told = session.exp_regex(r"[0-9.]+ s>").unwrap().1;
    let seconds: f64 = told.trim_end_matches(" s>").parse().unwrap();
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap();
    assert!(
        seconds < (ready * 2).as_secs_f64() + 0.2,
        "{told} after {ready:?}"
    );
}
