//! `explain`: codes by number and by name, near misses, exit statuses as the README has them.

use crate::support::Home;

#[test]
fn codes_are_told_by_number_and_name_without_a_cloud() {
    let home = Home::new();
    for (line, part) in [
        ("explain 431", "name = PARAM_ERROR"),
        ("explain param_error", "code = 431"),
        ("explain 4350", "name = InvalidParameterValueException"),
        ("explain permissiondenied", "code = 4365"),
        ("explain 551", "meaning = an old server's job found no room"),
        ("explain 502", "kind = HTTP status"),
        ("explain exit 6", "outcome unknown"),
        ("explain 6", "kind = exit status"),
    ] {
        let seen = home.run(line).seen().status(0);
        assert!(seen.stdout.contains(part), "{line}: {seen:?}");
        assert_eq!(seen.stderr, "", "{line}");
    }
    let said = home.run("explain PARM_EROR").fails(2);
    assert!(
        said.contains("did you mean `explain PARAM_ERROR`?"),
        "{said}"
    );
    assert!(
        !home
            .path()
            .join(".local/state/capuchin/devcloud.sqlite")
            .exists()
    );
}

#[test]
fn it_is_an_answer_like_every_other() {
    let home = Home::new();
    let out = home.run("explain 431 -o json").ok();
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["code"], 431);
    assert_eq!(told["name"], "PARAM_ERROR");
    let out = home.run("explain --filter=code,name -o csv").ok();
    assert!(out.starts_with("code,name\n401,UNAUTHORIZED\n"), "{out}");
    assert!(out.lines().count() > 100, "{out}");
}

#[test]
fn exit_statuses_are_those_of_the_readme() {
    let readme = include_str!("../../README.md");
    let table = readme.split("## Exit status").nth(1).unwrap();
    let mut statuses = Vec::new();
    for row in table.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        if cells[0].parse::<u8>().is_ok() {
            statuses.push((cells[0].to_string(), cells[1].to_string()));
        }
    }
    let out = Home::new()
        .run("explain exit --filter=code,meaning -o json")
        .ok();
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    let told: Vec<(String, String)> = told["code"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["code"].to_string(),
                row["meaning"].as_str().unwrap().into(),
            )
        })
        .collect();
    assert_eq!(told, statuses);
}
