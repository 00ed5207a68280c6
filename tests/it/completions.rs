//! Completion in other shells: the scripts are as committed, and bash offers what the program would, without a cloud.

use std::path::Path;
use std::process::Command;

use crate::support::{Home, Stub};

#[test]
fn the_committed_scripts_are_what_the_program_prints() {
    let home = Home::new();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    for (shell, file) in [
        ("bash", "capuchin.bash"),
        ("zsh", "_capuchin"),
        ("fish", "capuchin.fish"),
    ] {
        let committed = std::fs::read_to_string(directory.join(file)).unwrap_or_default();
        let printed = home.run(&format!("completions {shell}")).ok();
        assert!(
            committed == printed,
            "completions/{file} is stale: capuchin completions {shell} > completions/{file}"
        );
    }
    let said = home.run("completions bsh").fails(2);
    assert!(said.contains("did you mean `bash`"), "{said}");
    home.run("completions").fails(2);
}

/// What bash would offer where the line ends; `kind` is 9 for Tab and 63 for the list after a second one.
fn offered(home: &Home, line: &str, kind: u32) -> Vec<String> {
    // Bash takes words apart at blanks, = and :.
    let mut words: Vec<String> = Vec::new();
    let mut fresh = true;
    for letter in line.chars() {
        let breaks = "=:".contains(letter);
        match words.last_mut() {
            _ if letter == ' ' => fresh = true,
            Some(last) if !fresh && breaks == last.ends_with(['=', ':']) => last.push(letter),
            _ => {
                words.push(letter.to_string());
                fresh = false;
            }
        }
    }
    if fresh {
        words.push(String::new());
    }
    let script = r#"
        source "$SCRIPT"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_POINT=${#COMP_LINE}
        _capuchin capuchin
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let binary = Path::new(env!("CARGO_BIN_EXE_capuchin"));
    let path = std::env::var("PATH").unwrap_or_default();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    let output = Command::new("bash")
        .args(["--norc", "-uc", script, "bash"])
        .args(&words)
        .env_clear()
        .env(
            "PATH",
            format!("{}:{path}", binary.parent().unwrap().display()),
        )
        .env("HOME", home.path())
        .env("SCRIPT", directory.join("capuchin.bash"))
        .env("COMP_LINE", line)
        .env("COMP_TYPE", kind.to_string())
        .current_dir(home.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(String::from).collect()
}

#[test]
fn bash_offers_verbs_nouns_parameters_and_values() {
    let home = Home::new();
    home.run("sync").ok();
    home.file("data/user.txt", "x");
    for (line, expected) in [
        ("capuchin depl", &["deploy"][..]),
        ("capuchin deploy virt", &["virtualmachine"]),
        ("capuchin deploy virtualmachine templ", &["templateid="]),
        ("capuchin list zones available=", &["true", "false"]),
        ("capuchin list zones AVAILABLE=t", &["true"]),
        ("capuchin list events type=VM.CR", &["VM.CREATE"]),
        ("capuchin create user timezone=Asia/Tok", &["Asia/Tokyo"]),
        ("capuchin list zones filter=id,netw", &["id,networktype"]),
        ("capuchin list zones --output=csv --limi", &["--limit="]),
        ("capuchin list zones --output=cs", &["csv"]),
        ("capuchin -o jso", &["json", "jsonl"]),
        ("capuchin -o json list zo", &["zones"]),
        ("capuchin --prof", &["--profile"]),
        ("capuchin -p de", &["demo"]),
        ("capuchin --profile=de", &["demo"]),
        ("capuchin set outp", &["output"]),
        ("capuchin set output jso", &["json", "jsonl"]),
        ("capuchin profile us", &["use"]),
        ("capuchin completions ba", &["bash"]),
        ("capuchin -f da", &["data/"]),
        ("capuchin -f data/u", &["data/user.txt"]),
        (
            "capuchin deploy virtualmachine userdata=@data/",
            &["@data/user.txt"],
        ),
        ("capuchin list zones xyzzy=", &[]),
        ("capuchin --url x", &[]),
        ("capuchin list zones name=\"a ", &[]),
        (
            "capuchin list zones name=$(touch broken) ava",
            &["available="],
        ),
    ] {
        assert_eq!(offered(&home, line, 9), expected, "{line}");
    }
    assert!(!home.path().join("broken").exists());
    assert_eq!(
        offered(&home, "capuchin deploy virtualmachine servi", 63),
        ["serviceofferingid="]
    );
    let listed = offered(&home, "capuchin deploy virtualmachine ", 63);
    assert_eq!(listed[0], "serviceofferingid=  (required)");
}

#[test]
fn the_profile_on_the_line_says_whose_catalogue_is_asked() {
    let catalogue = include_str!("../../src/cloud/cloudstack/listapis-4.11.json");
    let stub = Stub::answering("200 OK", "application/json", catalogue);
    let home = stub.home();
    home.run("sync").ok();
    home.run("-p demo sync").ok();
    let calls = stub.calls.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(offered(&home, "capuchin list ucsb", 9), ["ucsblades"]);
    assert_eq!(
        offered(&home, "capuchin -p stub list ucsb", 9),
        ["ucsblades"]
    );
    for line in [
        "capuchin -p demo list ucsb",
        "capuchin --profile demo list ucsb",
        "capuchin --profile=demo list ucsb",
        "capuchin list -p demo ucsb",
    ] {
        assert_eq!(offered(&home, line, 9), [""; 0], "{line}");
    }
    assert_eq!(stub.calls.load(std::sync::atomic::Ordering::SeqCst), calls);
}
