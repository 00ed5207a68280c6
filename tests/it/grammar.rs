//! What a line means: quoting, settings on the line, and what is refused before anything is sent.

use crate::support::{Home, Stub};

#[test]
fn verbs_nouns_and_names_come_in_any_case() {
    let home = Home::new();
    for line in [
        "list zones filter=name",
        "LIST Zones FILTER=name",
        "listZones filter=name",
        "listzones --filter=name",
        "command=listZones filter=name",
        "list zones NAME=devcloud filter=name",
        "api listZones name=devcloud filter=name",
    ] {
        let out = home.run(line).ok();
        assert!(out.contains("name = devcloud"), "{line}: {out}");
    }
}

#[test]
fn values_are_sent_as_they_are_meant() {
    let home = Home::new();
    let tricky = "a & b=c; \"d\" 'e' ~*+ é漢字";
    let quoted = "a & b=c; \\\"d\\\" 'e' ~*+ é漢字";
    home.script(format!(
        "deploy virtualmachine name=quoted displayname=\"{quoted}\" templateid={} serviceofferingid={} zoneid={}",
        home.value("list templates templatefilter=featured", "id"),
        home.value("list serviceofferings", "id"),
        home.value("list zones", "id"),
    ))
    .status(0);
    let out = home
        .run("list virtualmachines name=quoted --filter=displayname -o json")
        .ok();
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["virtualmachine"][0]["displayname"], tricky);
}

#[test]
fn a_file_and_standard_input_are_sent_as_values() {
    let home = Home::new();
    home.file("domain.txt", "from-file");
    home.run("create domain name=@domain.txt").ok();
    home.run("create domain name=@-").stdin("from-stdin").ok();
    home.run("create domain name=@@literal").ok();
    let out = home
        .run("list domains listall=true filter=name -o csv")
        .ok();
    for name in ["from-file", "from-stdin", "@literal"] {
        assert!(out.contains(name), "{out}");
    }
    let said = home.run("create domain name=@missing").fails(2);
    assert!(said.contains("missing"), "{said}");
    home.script("create domain name=@-\nlist zones")
        .status(2)
        .err("which is the script itself");
}

#[test]
fn mistakes_are_all_told_before_anything_is_sent() {
    let home = Home::new();
    let said = home
        .run("deploy virtualmachine zonid=1 startvm=perhaps size=big")
        .fails(2);
    for part in [
        "zonid",
        "zoneid",
        "startvm",
        "perhaps",
        "size",
        "big",
        "serviceofferingid",
        "templateid",
    ] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    let log = std::fs::read_to_string(home.path().join(".local/state/capuchin/capuchin.log"));
    assert!(!log.unwrap().contains("command=deployVirtualMachine"));
}

#[test]
fn unknown_commands_name_the_nearest() {
    let home = Home::new();
    for (line, near) in [
        ("lst zones", "list zones"),
        ("list zonse", "list zones"),
        ("listZone", "listZones"),
        ("list", "help list"),
        ("list virtual machines", "list virtualmachines"),
        ("synk", "sync"),
    ] {
        let said = home.run(line).fails(2);
        assert!(said.contains(near), "{line}: {said}");
    }
}

#[test]
fn uuid_parameters_take_numbers_and_the_cloud_has_the_last_word() {
    let home = Home::new();
    home.run("list zones id=1").ok();
    home.run("list virtualmachines projectid=-1").ok();
    let seen = home.run("list zones id=nonsense").seen();
    assert_eq!(seen.status, 1, "{seen:?}");
    assert!(seen.stderr.contains("hint"), "{seen:?}");
    assert!(seen.stderr.contains("431"), "{seen:?}");
}

#[test]
fn an_empty_value_and_map_members_pass() {
    let home = Home::new();
    home.run("list zones name=").ok();
    home.run("list zones tags[0].key=a tags[0].value=b").ok();
}

#[test]
fn built_ins_and_apis_of_one_verb_live_together() {
    let stub = Stub::answering(
        "200 OK",
        "application/json",
        r#"{"listapisresponse":{"count":1,"api":[{"name":"syncStoragePool","isasync":false,"params":[{"name":"id","type":"uuid","required":true}],"response":[]}]}}"#,
    );
    let home = stub.home();
    assert_eq!(home.run("sync").ok(), "1 APIs discovered and cached\n");
    let said = home.run("sync storagepool").fails(2);
    assert!(said.contains("id"), "{said}");
}

#[test]
fn settings_hold_for_their_line() {
    let home = Home::new();
    let seen = home.script("list zones output=json filter=name\nlist zones filter=name");
    assert!(seen.stdout.contains("\"name\": \"devcloud\""), "{seen:?}");
    assert!(seen.stdout.contains("name = devcloud"), "{seen:?}");
    let said = home.run("list zones output=jsn").fails(2);
    assert!(said.contains("json"), "{said}");
    home.run("list zones response=xml expires=30").ok();
    home.run("list zones signatureversion=3 expires=0").ok();
}

#[test]
fn help_tells_the_parameters_in_the_guides_manner() {
    let home = Home::new();
    for flag in ["-h", "-help", "--help"] {
        let out = home.run(&format!("deploy virtualmachine {flag}")).ok();
        assert!(out.contains("(A)"), "{out}");
        assert!(
            out.contains("Required args: serviceofferingid templateid zoneid"),
            "{out}"
        );
        assert!(out.contains("\nArgs: "), "{out}");
    }
    let out = home.run("help").ok();
    assert!(out.contains("deploy") && out.contains("profile"), "{out}");
    assert!(home.run("help list").ok().contains("list zones"));
    assert!(home.run("set -h").ok().contains("Usage: set"));
}

#[test]
fn help_is_there_where_a_profile_is_not_finished() {
    let home = crate::support::Home::new();
    home.run("profile add empty").ok();
    for line in ["help", "help set", "set -h"] {
        home.run(line).seen().status(0).out("Shows all settings");
    }
}

#[test]
fn a_value_that_none_of_the_usual_ones_is_asked_about_and_sent() {
    let home = Home::new();
    home.run("list templates templatefilter=featred")
        .seen()
        .status(1)
        .err("`templatefilter=featred` is none of the usual values; did you mean `featured`?");
    home.run("stop virtualmachine id=")
        .seen()
        .status(2)
        .err("id is missing");
}
