//! The prompt on a pseudo-terminal: banner, the guide's session, completion, Ctrl-C, history, leaving.

use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

use crate::support::Home;

const TAB: char = '\t';

fn open(home: &Home) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_capuchin"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .current_dir(home.path());
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("> ").unwrap();
    session
}

fn leave(mut session: PtySession) {
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn the_banner_names_the_cloud_and_the_guides_session_goes_its_way() {
    let home = Home::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_capuchin"));
    command
        .env_clear()
        .env("HOME", home.path())
        .env("TERM", "xterm");
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("built-in demo cloud").unwrap();
    session
        .exp_string("Type help or ? to list commands.")
        .unwrap();
    session.exp_string("(demo) > ").unwrap();
    session.send_line("sync").unwrap();
    session.exp_string("APIs discovered and cached").unwrap();
    session.exp_string("(demo) > ").unwrap();
    session.send_line("set tabularize true").unwrap();
    session.exp_string("(demo) > ").unwrap();
    session
        .send_line("list users filter=id,domain,account")
        .unwrap();
    session.exp_string("count = 1").unwrap();
    session.exp_string("user:").unwrap();
    session.exp_string("+-----").unwrap();
    session.exp_string("(demo) > ").unwrap();
    session.send_line("set prompt myprompt>").unwrap();
    session.exp_string("myprompt> ").unwrap();
    session.send_line("create network -h").unwrap();
    session
        .exp_string("Required args: displaytext name networkofferingid zoneid")
        .unwrap();
    session.send_line("EOF").unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn tab_completes_verbs_nouns_parameters_and_built_ins() {
    let home = Home::new();
    let mut session = open(&home);
    session
        .send(&format!("depl{TAB}virtualm{TAB}templ{TAB}"))
        .unwrap();
    session.flush().unwrap();
    session
        .exp_string("deploy virtualmachine templateid=")
        .unwrap();
    session.send_control('u').unwrap();
    session.send(&format!("prof{TAB}us{TAB}de{TAB}")).unwrap();
    session.flush().unwrap();
    session.exp_string("profile use demo").unwrap();
    session.send_control('c').unwrap();
    // What is typed together with Ctrl-C goes with the line.
    session.exp_string("> ").unwrap();
    leave(session);
}

#[test]
fn control_c_clears_the_line_and_control_d_leaves() {
    let home = Home::new();
    let mut session = open(&home);
    session.send("list bogus").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("> ").unwrap();
    session.send_line("list zones filter=networktype").unwrap();
    session.exp_string("Advanced").unwrap();
    session.send_control('d').unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn control_c_stops_the_wait_and_the_job_goes_on() {
    let home = Home::new();
    let words = format!(
        "templateid={} serviceofferingid={} zoneid={}",
        home.value("list templates templatefilter=featured", "id"),
        home.value("list serviceofferings", "id"),
        home.value("list zones", "id"),
    );
    home.job_milliseconds(600_000);
    let mut session = open(&home);
    session
        .send_line(&format!("deploy virtualmachine name=w {words}"))
        .unwrap();
    session.exp_string("(job ").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("query asyncjobresult jobid=").unwrap();
    session.send_line("jobs").unwrap();
    session.exp_string("running").unwrap();
    leave(session);
}

#[test]
fn control_c_ends_a_shell_command_and_not_the_shell() {
    let home = Home::new();
    home.run("list zones").ok();
    let mut session = open(&home);
    session.send_line("!echo started; sleep 60").unwrap();
    session.exp_string("started\r\n").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("> ").unwrap();
    leave(session);
}

#[test]
fn history_is_kept_without_secrets() {
    let home = Home::new();
    let mut session = open(&home);
    session.send_line("list zones filter=name").unwrap();
    session.exp_string("devcloud").unwrap();
    session
        .send_line("create domain name=x password=hunter2")
        .unwrap();
    session.exp_string("error").unwrap();
    leave(session);
    let mut session = open(&home);
    session.send_line("history").unwrap();
    session.exp_string("1  list zones filter=name").unwrap();
    leave(session);
    let kept =
        std::fs::read_to_string(home.path().join(".local/state/capuchin/histories/demo")).unwrap();
    assert!(!kept.contains("hunter2"), "{kept}");
}

#[test]
fn two_shells_share_one_cloud_and_a_reset_reaches_both() {
    let home = Home::new();
    let mut session = open(&home);
    home.run("create domain name=seen-by-both").ok();
    session
        .send_line("list domains listall=true filter=name")
        .unwrap();
    session.exp_string("seen-by-both").unwrap();
    home.run("devcloud reset").ok();
    session
        .send_line("list domains name=seen-by-both listall=true")
        .unwrap();
    session.exp_string("count = 0").unwrap();
    leave(session);
}
