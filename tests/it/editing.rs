//! What is seen while a line is typed at a prompt: colours, hints, several lines, history, the prompt itself.

use rexpect::session::{PtySession, spawn_command};

use crate::support::Home;

const RIGHT: &str = "\x1b[C";
const UP: &str = "\x1b[A";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";
const RED: &str = "\x1b[31m";
const BOLD: &str = "\x1b[1m";
/// What the editor sends when it begins to read, and at no key.
const READING: &str = "\x1b[?2004h";

/// A prompt in colour; its own text is the first that ends in `>`.
fn open(home: &Home, variables: &[(&str, &str)]) -> PtySession {
    let mut command = home.args(&[]).command();
    command.env("TERM", "xterm");
    for (name, value) in variables {
        command.env(name, value);
    }
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("> ").unwrap();
    session
}

fn plain(home: &Home) -> PtySession {
    open(home, &[("NO_COLOR", "1")])
}

fn send(session: &mut PtySession, keys: &str) {
    session.send(keys).unwrap();
    session.flush().unwrap();
}

/// Runs a line and waits for the next prompt.
fn run(session: &mut PtySession, line: &str, shown: &str) -> String {
    session.send_line(line).unwrap();
    let before = session.exp_string(shown).unwrap();
    session.exp_string("> ").unwrap();
    before
}

fn leave(mut session: PtySession) -> String {
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap()
}

#[test]
fn missing_parameters_are_hinted_and_the_first_is_taken_over() {
    let home = Home::new();
    let mut session = open(&home, &[]);
    send(&mut session, "deploy virtualmachine ");
    session
        .exp_string(&format!(
            "{DIM}zoneid= serviceofferingid= templateid={PLAIN}"
        ))
        .unwrap();
    send(&mut session, &format!("{RIGHT}7 "));
    session
        .exp_string(&format!("zoneid=7 {DIM}serviceofferingid="))
        .unwrap();
    session.send_control('u').unwrap();
    leave(session);
}

#[test]
fn the_history_is_hinted_first_and_the_end_key_takes_it_over() {
    let home = Home::new();
    let mut session = open(&home, &[]);
    run(&mut session, "list zones filter=networktype", "Advanced");
    send(&mut session, "list zo");
    session
        .exp_string(&format!("{DIM}nes filter=networktype"))
        .unwrap();
    session.send_control('e').unwrap();
    session.send_line("").unwrap();
    session.exp_string("Advanced").unwrap();
    leave(session);
}

#[test]
fn words_show_whether_they_are_known() {
    let home = Home::new();
    let mut session = open(&home, &[]);
    send(&mut session, "list zon");
    session
        .exp_string(&format!("{BOLD}list{PLAIN} zon"))
        .unwrap();
    send(&mut session, "x bog=1");
    session.exp_string(&format!("{RED}zonx{PLAIN}")).unwrap();
    session.send_control('u').unwrap();
    send(&mut session, "list zones bog='a b' ");
    session
        .exp_string(&format!(
            "{BOLD}zones{PLAIN} {RED}bog{PLAIN}=\x1b[32m'a b'{PLAIN}"
        ))
        .unwrap();
    session.send_control('u').unwrap();
    leave(session);
}

#[test]
fn without_colours_nothing_is_coloured_or_hinted() {
    for variables in [&[("NO_COLOR", "1")][..], &[("TERM", "dumb")]] {
        let home = Home::new();
        let mut session = open(&home, variables);
        session.send_line("deploy virtualmachine").unwrap();
        let before = session.exp_string("hint:").unwrap();
        assert!(
            !before.contains("\x1b[2m") && !before.contains("\x1b[1m"),
            "{before:?}"
        );
        session.exp_string("> ").unwrap();
        let rest = leave(session);
        assert!(!rest.contains("\x1b[31m"), "{rest:?}");
    }
    let home = Home::new();
    home.run("set color false").ok();
    let mut session = open(&home, &[]);
    session.send_line("list bogus").unwrap();
    let before = session.exp_string("hint:").unwrap();
    assert!(!before.contains("\x1b[31m"), "{before:?}");
    leave(session);
}

#[test]
fn a_pasted_script_is_shown_and_run_a_command_a_line() {
    let home = Home::new();
    let mut session = plain(&home);
    let script = "!echo o'n'e # it's\nlist zones \\\n filter=networktype\n!echo thr'e'e";
    send(&mut session, &format!("\x1b[200~{script}\x1b[201~"));
    session.exp_string("thr'e'e").unwrap();
    session.send_line("").unwrap();
    for shown in ["one\r\n", "Advanced", "three\r\n"] {
        session.exp_string(shown).unwrap();
    }
    session.exp_string("> ").unwrap();
    session.send_line("history").unwrap();
    for shown in [
        "1  !echo o'n'e # it's",
        "2  list zones \\",
        "3  !echo thr'e'e",
    ] {
        session.exp_string(shown).unwrap();
    }
    leave(session);
}

#[test]
fn an_interrupted_command_takes_the_rest_of_the_paste_along() {
    let home = Home::new();
    let mut session = plain(&home);
    send(
        &mut session,
        "\x1b[200~!echo started; sleep 60\n!echo no'w'\x1b[201~\r",
    );
    session.exp_string("started\r\n").unwrap();
    session.send_control('c').unwrap();
    session
        .exp_string("the command after it was not run")
        .unwrap();
    session.exp_string("> ").unwrap();
    assert!(!leave(session).contains("now"));
}

#[test]
fn an_open_line_goes_on_and_is_edited_as_one() {
    let home = Home::new();
    let mut session = plain(&home);
    send(&mut session, "list zones \\\rfilter='id,\rnetworktype'\r");
    session.exp_string("Advanced").unwrap();
    session.exp_string("> ").unwrap();
    // It comes back whole, and a key changes its last line.
    send(&mut session, &format!("{UP}x\r"));
    session.exp_string("no field networktypex").unwrap();
    session.exp_string("> ").unwrap();
    send(&mut session, "list 'a\rb");
    session.send_control('c').unwrap();
    session.exp_string(READING).unwrap();
    session.exp_string("> ").unwrap();
    run(&mut session, "!echo f'i'ne", "fine\r\n");
    leave(session);
}

#[test]
fn lines_that_are_typed_ahead_are_run() {
    let home = Home::new();
    let mut session = plain(&home);
    send(&mut session, "!echo o'n'e\r!echo tw'o'\r!echo thr'e'e\r");
    for shown in ["one\r\n", "two\r\n", "three\r\n"] {
        session.exp_string(shown).unwrap();
    }
    leave(session);
}

#[test]
fn two_prompts_of_a_profile_share_their_history_and_another_profile_has_its_own() {
    let home = Home::new();
    let mut one = plain(&home);
    let mut other = plain(&home);
    run(&mut one, "!echo fr'o'm-one", "from-one\r\n");
    run(&mut one, "create user password=hunter2", "error");
    // The other finds it at its next prompt.
    run(&mut other, "!echo ready", "ready\r\n");
    other.send_control('r').unwrap();
    send(&mut other, "m-one");
    other.exp_string("fr'o'm-one").unwrap();
    other.send_line("").unwrap();
    other.exp_string("from-one\r\n").unwrap();
    leave(one);
    leave(other);
    let shown = home.run("history 2").ok();
    assert_eq!(shown, "    2  !echo fr'o'm-one\n    3  exit\n");
    let file = home.path().join(".local/state/capuchin/histories/demo");
    assert!(!std::fs::read_to_string(file).unwrap().contains("hunter2"));
    home.run("profile add prod").ok();
    assert_eq!(home.run("history -p prod").ok(), "");
}

#[test]
fn what_was_kept_before_profiles_had_their_own_is_not_lost() {
    let home = Home::new();
    home.file(
        ".local/state/capuchin/history",
        "#V2\nlist zones\nlist \\\\\\npods\n",
    );
    assert_eq!(
        home.run("history").ok(),
        "    1  list zones\n    2  list \\\npods\n"
    );
    let file = home.file("mine", "list users\n");
    home.args(&["set", "history_file", file.to_str().unwrap()])
        .ok();
    let session = plain(&home);
    leave(session);
    assert_eq!(home.run("history").ok(), "    1  list users\n    2  exit\n");
}

#[test]
fn the_prompt_is_red_after_a_failure_and_tells_what_took_long() {
    let home = Home::new();
    let mut session = open(&home, &[]);
    session.send_line("list bogus").unwrap();
    session
        .exp_string(&format!("{RED}(demo) >{PLAIN} "))
        .unwrap();
    session.send_line("!sleep 2.1").unwrap();
    session
        .exp_string(&format!("{DIM}[2.1 s] {PLAIN}(demo) > "))
        .unwrap();
    session.send_line("").unwrap();
    session.exp_string("\n").unwrap();
    assert!(!leave(session).contains(" s] "));
}

#[test]
fn the_prompt_is_a_template() {
    let home = Home::new();
    let mut session = plain(&home);
    run(
        &mut session,
        "set prompt {bogus}>",
        "{profile}, {user}, {host}",
    );
    session
        .send_line("set prompt '日本 {profile}:{status} $'")
        .unwrap();
    session.exp_string(" demo:0 $ ").unwrap();
    // The cursor stands behind letters of two columns.
    session.exp_string("\x1b[14C").unwrap();
    session.send_line("list bogus").unwrap();
    session.exp_string(" demo:2 $ ").unwrap();
    session.send_line("set prompt myprompt>").unwrap();
    session.exp_string("myprompt> ").unwrap();
    leave(session);
    // What a file says is shown as far as it is understood.
    let home = Home::new().configured("prompt = \"{bogus} {profile}>\"\n");
    let mut command = home.args(&[]).command();
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("{bogus} demo> ").unwrap();
    leave(session);
}

#[cfg(unix)]
#[test]
fn a_terminated_prompt_leaves_the_terminal_as_it_was() {
    let home = Home::new();
    let program = env!("CARGO_BIN_EXE_capuchin");
    let mut command = std::process::Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(format!("{program}; echo ended $?; stty -a; read end"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("TERM", "xterm")
        .env("NO_COLOR", "1");
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("> ").unwrap();
    session.send_line("!echo parent $PPID").unwrap();
    session.exp_regex("parent [0-9]").unwrap();
    session.exp_string("> ").unwrap();
    session.send_line("!kill $PPID").unwrap();
    session.exp_string("ended 143").unwrap();
    session.exp_string(" icanon").unwrap();
    session.send_line("").unwrap();
    session.exp_eof().unwrap();
}
