//! What destroys asks first at a prompt, and nowhere else.

use rexpect::session::{PtySession, spawn_command};

use crate::support::Home;

fn open(home: &Home) -> PtySession {
    let mut command = home.args(&[]).command();
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("> ").unwrap();
    session
}

fn leave(mut session: PtySession) {
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap();
}

/// A domain to delete, by its id.
fn domain(home: &Home) -> String {
    home.run("create domain name=spare").ok();
    home.value("list domains name=spare listall=true", "id")
}

fn is_there(home: &Home) -> bool {
    !home
        .value("list domains name=spare listall=true", "id")
        .is_empty()
}

fn asks(session: &mut PtySession, line: &str, question: &str) {
    session.send_line(line).unwrap();
    session.exp_string(question).unwrap();
    session.exp_string("? [y/N] ").unwrap();
}

#[test]
fn a_machine_is_named_with_its_state_and_what_its_call_does_besides() {
    let home = Home::new();
    let offering = home.value("list serviceofferings", "id");
    home.args(&[
        "deploy",
        "virtualmachine",
        "name=web",
        "zoneid=name:devcloud",
        "templateid=name:tiny Linux",
        &format!("serviceofferingid={offering}"),
    ])
    .ok();
    let mut session = open(&home);
    let line = "destroy virtualmachine id=name:web expunge=true";
    session.send_line(line).unwrap();
    session.exp_string("destroy virtualmachine web (").unwrap();
    session
        .exp_string(", Running) (nothing recovers it)? [y/N] ")
        .unwrap();
    session.send_line("n").unwrap();
    session.exp_string("nothing was sent").unwrap();
    leave(session);
}

#[test]
fn only_yes_is_yes() {
    let home = Home::new();
    let id = domain(&home);
    let mut session = open(&home);
    let question = format!("delete domain spare ({}", &id[..8]);
    let line = format!("delete domain id={id}");
    for answer in ["", "n", "yess", "list zones"] {
        asks(&mut session, &line, &question);
        session.send_line(answer).unwrap();
        session.exp_string("nothing was sent").unwrap();
        session.exp_string("> ").unwrap();
    }
    for key in ['c', 'd'] {
        asks(&mut session, &line, &question);
        session.send_control(key).unwrap();
        session.exp_string("nothing was sent").unwrap();
        session.exp_string("> ").unwrap();
    }
    assert!(is_there(&home));
    asks(&mut session, "delete domain id=name:spare", &question);
    session.send_line("Yes").unwrap();
    session.exp_string("success = true").unwrap();
    leave(session);
    assert!(!is_there(&home));
}

#[test]
fn what_the_cloud_does_not_tell_is_named_by_its_id() {
    let home = Home::new();
    let mut session = open(&home);
    let id = "281a9df9-cc24-4bee-a4bc-1d4761fcfdd5";
    asks(
        &mut session,
        &format!("api deleteDomain id={id}"),
        &format!("delete domain id={id}"),
    );
    session.send_line("").unwrap();
    session.exp_string("nothing was sent").unwrap();
    // Secrets are no part of the question.
    let line = "delete sshkeypair name=x password=hunter2";
    session.send_line(&format!("api {line}")).unwrap();
    let shown = session.exp_string("> ").unwrap();
    assert!(!shown.contains("password=hunter2? "), "{shown}");
    leave(session);
}

#[test]
fn yes_on_the_line_and_the_setting_answer_beforehand() {
    let home = Home::new();
    let mut session = open(&home);
    for line in ["--yes", "--confirm=false", "confirm=false"] {
        let id = domain(&home);
        session
            .send_line(&format!("delete domain id={id} {line}"))
            .unwrap();
        session.exp_string("success = true").unwrap();
    }
    session.exp_string("> ").unwrap();
    session.send_line("set confirm false").unwrap();
    let id = domain(&home);
    session
        .send_line(&format!("delete domain id={id}"))
        .unwrap();
    session.exp_string("success = true").unwrap();
    leave(session);
}

#[test]
fn starting_the_built_in_cloud_over_asks_too() {
    let home = Home::new();
    domain(&home);
    let mut session = open(&home);
    asks(&mut session, "devcloud reset", "devcloud reset");
    session.send_line("n").unwrap();
    session.exp_string("nothing was done").unwrap();
    assert!(is_there(&home));
    session.send_line("devcloud reset --yes").unwrap();
    session.exp_string("starts over").unwrap();
    leave(session);
    assert!(!is_there(&home));
}

#[test]
fn nobody_is_asked_in_scripts_and_one_shots() {
    let home = Home::new();
    let id = domain(&home);
    home.run(&format!("delete domain id={id}")).ok();
    let id = domain(&home);
    assert_eq!(home.script(format!("delete domain id={id}\n")).status, 0);
    let id = domain(&home);
    home.file("script", format!("delete domain id={id} --yes\n"));
    let mut session = open(&home);
    session.send_line("source script").unwrap();
    session.exp_string("success = true").unwrap();
    leave(session);
    assert!(!is_there(&home));
}
