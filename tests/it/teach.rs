//! Help that teaches: overviews that fit the terminal, things, settings, topics, searches, and examples that run.

use std::process::Command;

use rexpect::session::spawn_command;
use unicode_width::UnicodeWidthStr;

use crate::support::{Home, Stub};

/// The example at the end of a call's help: what is said of it, and the line.
fn example(home: &Home, call: &str) -> (String, String) {
    let out = home.run(&format!("{call} -h")).ok();
    let at = out.find("\nExample").unwrap();
    let (said, line) = out[at..].trim_end().rsplit_once('\n').unwrap();
    (said.trim().replace('\n', " "), line.to_string())
}

fn fits(text: &str) {
    let wide = text.lines().find(|line| line.width() > 80);
    assert_eq!(wide, None, "{text}");
}

#[test]
fn the_overview_counts_verbs_and_groups_built_ins_in_80_columns() {
    let home = Home::new();
    let out = home.run("help").ok();
    fits(&out);
    assert!(out.contains("deploy 1"), "{out}");
    assert!(out.contains("\n The cloud\n  sync  "), "{out}");
    let groups = out.split("\n\n").nth(1).unwrap();
    for name in capuchin_builtins(&home) {
        let lines = groups
            .lines()
            .filter(|line| line.starts_with(&format!("  {name} ")));
        assert_eq!(lines.count(), 1, "{name} in {out}");
    }
}

/// The built-ins, as the page of the manual has them.
fn capuchin_builtins(home: &Home) -> Vec<String> {
    let page = home.run("man").ok();
    let section = page.split(".SH \"BUILT-IN COMMANDS\"").nth(1).unwrap();
    let section = section.split("\n.SH").next().unwrap();
    let heads = section.split(".TP\n").skip(1);
    heads
        .map(|head| {
            let head = head.replace("\\-", "-");
            let name = head.trim_start_matches("\\fB");
            name.split('\\').next().unwrap().to_string()
        })
        .collect()
}

#[test]
fn a_thing_a_verb_a_setting_and_a_topic_are_told() {
    let home = Home::new();
    for (line, parts) in [
        (
            "help virtualmachine",
            &[
                "deploy virtualmachine (A)",
                "list virtualmachines",
                "Stops a virtual machine",
            ][..],
        ),
        ("help virtualmachines", &["deploy virtualmachine (A)"]),
        ("help list", &["commands with the verb list:", "list zones"]),
        ("help list zones", &["Required args:", "\nExample"]),
        (
            "help set",
            &[
                "Usage: set",
                "\n  timeout",
                "How many seconds to wait for a job",
            ],
        ),
        (
            "help set timeout",
            &["default  3600", "now      3600 (from: default)"],
        ),
        ("set -h Timeout", &["timeout: How many seconds"]),
        ("help timeout", &["timeout: How many seconds"]),
        ("help output", &["jsonl", "output: The form"]),
        ("help line", &["filter=", "limit=N"]),
        ("help exit status", &["6    a changing call was sent"]),
        (
            "help domain",
            &["list domains", "domain: The path of that user's domain"],
        ),
        (
            "jobs -h",
            &[
                "Usage: jobs",
                "Example: jobs all",
                "Tab offers: all wait show forget",
            ],
        ),
        ("help profile use", &["Usage: profile"]),
        (
            "help login",
            &["Usage: login", "Required args: password username"],
        ),
    ] {
        let out = home.run(line).ok();
        let head = out.split("\nExample").next().unwrap();
        fits(head);
        for part in parts {
            assert!(out.contains(part), "no {part:?} in {line}: {out}");
        }
    }
}

#[test]
fn a_mistyped_word_is_asked_about() {
    let home = Home::new();
    for (line, question) in [
        ("help lsit", "did you mean `list`"),
        ("help zonse", "`zones`"),
        ("help set timeot", "did you mean `timeout`"),
        ("help list zonse", "did you mean `help list zones`"),
        ("help xyzzy", "`apropos xyzzy`"),
    ] {
        let said = home.run(line).fails(2);
        assert!(said.contains(question), "{line}: {said}");
    }
}

#[test]
fn apropos_finds_commands_and_settings_best_first() {
    let home = Home::new();
    let out = home.run("apropos zones").ok();
    let first: Vec<&str> = out.lines().take(4).collect();
    let found = first.iter().any(|line| line.starts_with("  list zones "));
    assert!(found, "{out}");
    assert!(
        out.contains("create volume (A)") && out.contains("takes zoneid"),
        "{out}"
    );
    fits(&out);
    let out = home.run("apropos seconds job").ok();
    assert!(out.starts_with("  set timeout "), "{out}");
    let seen = home.run("apropos virtaulmachine").seen().status(0);
    assert_eq!(seen.stdout, "");
    assert!(
        seen.stderr.contains("did you mean `virtualmachine`"),
        "{seen:?}"
    );
    home.run("apropos").fails(2);
}

#[test]
fn on_first_use_examples_have_what_the_built_in_cloud_has_and_run() {
    let home = Home::new();
    let (said, line) = example(&home, "stop virtualmachine");
    assert!(said.contains("there is no virtualmachine yet"), "{said}");
    assert!(said.contains("`deploy virtualmachine -h`"), "{said}");
    assert_eq!(line, "stop virtualmachine id=ID");

    let (said, line) = example(&home, "deploy virtualmachine");
    assert!(said.contains("zoneid is devcloud"), "{said}");
    home.script(&line).status(0);
    // The machine is in the next example though the last one saw none.
    let (_, line) = example(&home, "stop virtualmachine");
    home.script(&line).status(0);
    let (said, _) = example(&home, "stop virtualmachine");
    assert!(
        said.contains("no virtualmachine here is as this needs it"),
        "{said}"
    );
    for call in [
        "start virtualmachine",
        "reboot virtualmachine",
        "update virtualmachine",
        "create volume",
        "attach volume",
        "detach volume",
        "delete volume",
        "destroy virtualmachine",
        "recover virtualmachine",
        "destroy virtualmachine",
        "expunge virtualmachine",
        "create network",
        "delete network",
        "create diskoffering",
        "create serviceoffering",
        "create domain",
        "update domain",
        "create account",
        "create user",
        "update user",
        "register userkeys",
        "update configuration",
        "get uploadparamsforvolume",
        "get uploadparamsfortemplate",
        "list usagerecords",
        "list templates",
        "create volume",
        "update volume",
        "associate ipaddress",
        "enable account",
        "disable account",
        "delete account",
        "create securitygroup",
        "authorize securitygroupingress",
        "update networkoffering",
        "update resourcelimit",
        "extract template",
    ] {
        let (said, line) = example(&home, call);
        assert!(!said.contains("put a value in"), "{call}: {said}");
        let seen = home.script(&line);
        assert_eq!(seen.status, 0, "{line}: {seen:?}");
    }
}

#[test]
fn every_list_of_the_built_in_cloud_has_an_example_that_runs() {
    let home = Home::new();
    let nouns = home.run("help list").ok();
    let mut lines = String::new();
    for entry in nouns.lines().filter(|line| line.starts_with("  list ")) {
        let noun = entry.split_whitespace().nth(1).unwrap();
        let (said, line) = example(&home, &format!("list {noun}"));
        // Some lists are of things of a thing, and there may be none.
        if !said.contains("there is no") {
            lines += &line;
            lines.push('\n');
        }
    }
    assert!(lines.lines().count() > 70, "{lines}");
    home.script(&lines).status(0);
}

#[test]
fn examples_leave_alone_what_their_call_cannot_work_on() {
    let home = Home::new();
    for call in [
        "delete user",
        "disable account",
        "delete domain",
        "delete networkoffering",
        "start systemvm",
    ] {
        let (said, _) = example(&home, call);
        assert!(said.contains("here is as this needs it"), "{call}: {said}");
    }
    let (_, line) = example(&home, "list virtualmachines");
    assert_eq!(line, "list virtualmachines filter=id,name,state");
}

#[test]
fn help_waits_for_no_cloud_and_runs_nothing_that_prints_a_secret() {
    let catalogue = include_str!("../../src/cloud/cloudstack/listapis-4.11.json");
    let stub = Stub::answering("200 OK", "application/json", catalogue);
    let home = stub.home();
    home.run("sync").ok();
    let url = stub.url.clone();
    drop(stub);
    // Nobody listens there any more.
    let (said, line) = example(&home, "deploy virtualmachine");
    assert!(said.contains("put a value in for"), "{said}");
    assert_eq!(
        line,
        "deploy virtualmachine serviceofferingid=SERVICEOFFERINGID templateid=TEMPLATEID zoneid=ZONEID"
    );
    let printed = home.path().join("printed");
    let home = home.configured(&format!(
        "profile = \"stub\"\n[profiles.stub]\nurl = \"{url}\"\napikey = \"KEY\"\nsecretkey_command = \"touch {}; echo x\"\n",
        printed.display()
    ));
    home.run("deploy virtualmachine -h").ok();
    assert!(!printed.exists());
}

#[test]
fn the_manual_page_is_clean_and_tells_everything() {
    let home = Home::new();
    let page = home.run("man").ok();
    assert!(page.is_ascii(), "{page}");
    for part in [
        ".TH CAPUCHIN 1",
        ".SH SYNOPSIS",
        "secretkey_command",
        "apropos",
        ".SH \"EXIT STATUS\"",
        ".SH ENVIRONMENT",
        ".SH FILES",
        "\\-\\-keep\\-going",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    let blank = page
        .lines()
        .find(|line| line.ends_with(' ') || line.is_empty());
    assert_eq!(blank, None);
}

#[test]
fn at_a_prompt_help_is_followed_by_what_it_shows() {
    let home = Home::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_capuchin"));
    command
        .env_clear()
        .env("HOME", home.path())
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .current_dir(home.path());
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("(demo) > ").unwrap();
    session.send_line("apropos offering disk").unwrap();
    session.exp_string("list diskofferings").unwrap();
    session.exp_string("(demo) > ").unwrap();
    session.send_line("create volume -h").unwrap();
    session.exp_string("zoneid is devcloud").unwrap();
    session.exp_string("\r\ncreate volume ").unwrap();
    let rest = session.exp_string("\r\n").unwrap();
    session.exp_string("(demo) > ").unwrap();
    session
        .send_line(&format!("create volume {rest} filter=name"))
        .unwrap();
    session.exp_string("name = example").unwrap();
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn no_example_locks_the_administrator_out() {
    let home = Home::new();
    for call in [
        "lock user",
        "disable user",
        "delete account",
        "lock account",
    ] {
        let (said, line) = example(&home, call);
        assert!(said.contains("put a value in"), "{call}: {said}");
        assert!(line.ends_with("=ID") || !line.contains('-'), "{line}");
    }
}
