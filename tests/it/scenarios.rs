//! `capuchin test`: the scenarios of this repository on the built-in cloud, and what is told of those that fail.

use std::path::{Path, PathBuf};

use crate::support::Home;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// How many things of each kind there are.
fn world(home: &Home) -> Vec<usize> {
    [
        "virtualmachines",
        "volumes",
        "snapshots",
        "accounts",
        "users",
        "domains",
        "projects",
    ]
    .map(|noun| {
        let listed = home.run(&format!("list {noun} listall=true filter=id -o csv"));
        listed.ok().lines().count()
    })
    .to_vec()
}

fn passes(name: &str) {
    let home = Home::new();
    let before = world(&home);
    let path = directory().join(name);
    let seen = home.args(&["test", path.to_str().unwrap()]).seen();
    assert_eq!(seen.status, 0, "{}", seen.stdout);
    assert!(seen.stdout.contains("\nok 1 - "), "{seen:?}");
    assert_eq!(world(&home), before, "{name} leaves something behind");
}

#[test]
fn errors() {
    passes("errors.cap");
}

#[test]
fn guide() {
    passes("guide.cap");
}

#[test]
fn machine() {
    passes("machine.cap");
}

#[test]
fn networks() {
    passes("networks.cap");
}

#[test]
fn projects() {
    passes("projects.cap");
}

#[test]
fn users() {
    passes("users.cap");
}

#[test]
fn volumes() {
    passes("volumes.cap");
}

#[test]
fn every_scenario_has_a_test_above() {
    let names = std::fs::read_dir(directory()).unwrap();
    let mut names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".cap"))
        .collect();
    names.sort();
    let tested = [
        "errors", "guide", "machine", "networks", "projects", "users", "volumes",
    ];
    assert_eq!(names, tested.map(|name| format!("{name}.cap")));
}

#[test]
fn all_of_them_run_beside_each_other_on_one_cloud() {
    let home = Home::new();
    let seen = home
        .args(&["test", directory().to_str().unwrap(), "--parallel", "7"])
        .seen();
    assert_eq!(seen.status, 0, "{}", seen.stdout);
    let passed = seen
        .stdout
        .lines()
        .filter(|line| line.starts_with("ok "))
        .count();
    assert_eq!(passed, 7, "{}", seen.stdout);
    assert!(
        seen.stdout.starts_with("TAP version 13\n1..7\nok 1 - "),
        "{seen:?}"
    );
}

/// Three scenarios, of which the second fails with a domain and a volume left.
fn three(home: &Home) {
    home.file("t/a.cap", "let v = 1\nset output json\nassert $v == 1\n");
    home.file(
        "t/b.cap",
        "let zones = list zones\n\
         let kept = create domain name='left & lost'\n\
         let gone = create domain name=gone\n\
         delete domain id=$gone.id\n\
         let offering = list diskofferings name=Small\n\
         create volume name=data zoneid=$zones.id diskofferingid=$offering.id filter=name\n\
         assert $zones.name == <nowhere>\n",
    );
    home.file(
        "t/in/c.cap",
        "assert '$v' == '$v'\nlist zones filter=name\nexpect-error 2 assert $v == 1\n",
    );
    home.file("t/notes.txt", "bogus\n");
}

#[test]
fn a_failure_is_reported_with_its_line_and_what_is_left() {
    let home = Home::new();
    three(&home);
    let seen = home.run("test t --junit out.xml").seen().status(8);
    let ids = |noun: &str, name: &str| {
        let listed = home
            .run(&format!("list {noun} listall=true filter=id,name -o csv"))
            .ok();
        let row = listed
            .lines()
            .find(|line| line.ends_with(name))
            .unwrap()
            .to_string();
        row.split(',').next().unwrap().to_string()
    };
    let (domain, volume) = (ids("domains", "left & lost"), ids("volumes", "data"));
    for part in [
        "TAP version 13\n1..3\nok 1 - t/a.cap\n".to_string(),
        "not ok 2 - t/b.cap\n".into(),
        "  status: 8\n".into(),
        "  message: \"assertion failed: $zones.name == <nowhere>: devcloud == <nowhere>\"\n".into(),
        "  at: \"t/b.cap, line 7\"\n  line: \"assert $zones.name == <nowhere>\"\n".into(),
        format!(
            "  left:\n    - \"volume {volume} (data): delete volume id={volume}\"\n    - \"domain {domain} (left & lost): delete domain id={domain}\"\n"
        ),
        "    | name = data\n".into(),
        "ok 3 - t/in/c.cap\n".into(),
    ] {
        assert!(seen.stdout.contains(&part), "{part}\n{}", seen.stdout);
    }
    assert!(!seen.stdout.contains("gone"), "{seen:?}");
    let xml = std::fs::read_to_string(home.path().join("out.xml")).unwrap();
    for part in [
        "<testsuite name=\"capuchin\" tests=\"3\" failures=\"1\" errors=\"0\"",
        "classname=\"t\" name=\"b\" file=\"t/b.cap\"",
        "<failure type=\"assertion\" message=\"assertion failed: $zones.name == &lt;nowhere&gt;",
        "(left &amp; lost): delete domain id=",
        "\nname = data\n",
        "classname=\"t/in\" name=\"c\"",
    ] {
        assert!(xml.contains(part), "{part}\n{xml}");
    }
    // What is told to delete it does.
    home.run(&format!("delete volume id={volume}")).ok();
    home.run(&format!("delete domain id={domain}")).ok();
}

#[test]
fn people_and_build_servers_have_reports_of_their_own() {
    let home = Home::new();
    three(&home);
    let seen = home
        .run("test t/a.cap t/b.cap --format human")
        .seen()
        .status(8);
    for part in [
        "passed  t/a.cap  (",
        "FAILED  t/b.cap  (",
        "  at t/b.cap, line 7: assert",
        "  left behind: volume ",
        "  | name = data\n",
        "\n1 passed, 1 failed\n",
    ] {
        assert!(seen.stdout.contains(part), "{part}\n{}", seen.stdout);
    }
    let seen = home.run("test t/a.cap --format junit").seen().status(0);
    assert!(seen.stdout.starts_with("<?xml version=\"1.0\""), "{seen:?}");
    assert!(seen.stdout.ends_with("</testsuites>\n"), "{seen:?}");
}

#[test]
fn the_status_is_that_of_the_first_that_fails() {
    let home = Home::new();
    home.file("s/a.cap", "assert 1 == 1\n");
    home.file("s/b.cap", "bogus\n");
    home.file("s/c.cap", "assert 1 == 2\n");
    home.run("test s --parallel 3").fails(2);
    home.run("test s/c.cap s/b.cap").fails(8);
    home.run("test s/missing.cap").fails(7);
    std::fs::create_dir(home.path().join("empty")).unwrap();
    home.run("test empty").fails(2);
    home.run("test").fails(2);
    home.run("test s --format bogus").fails(2);
    home.run("test s --junit missing/x.xml").fails(7);
    home.file("circle.cap", "test circle.cap\n");
    home.run("test circle.cap").fails(2);
    let seen = home.args(&["--var", "n=5", "test", "--parallel", "2", "v.cap"]);
    home.file("v.cap", "assert $n == 5\nset timeout 7\n");
    seen.ok();
}
