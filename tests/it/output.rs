//! What is printed: forms, filters, and what goes to stdout and what to stderr.

use crate::support::{Home, Stub};

/// A cloud whose listThings answers this; its catalogue knows listThings.
fn stub(body: &str) -> (Stub, Home) {
    let stub = Stub::answering("200 OK", "application/json;charset=utf-8", body);
    let home = stub.home();
    home.catalogue(
        &stub.url,
        r#"{"listapisresponse":{"count":1,"api":[{"name":"listThings","isasync":false,"params":[],"response":[{"name":"id","type":"string"},{"name":"name","type":"string"},{"name":"size","type":"long"}]}]}}"#,
    );
    (stub, home)
}

#[test]
fn the_guides_table_has_the_filters_columns_in_their_order() {
    let home = Home::new();
    let out = home
        .run("list users filter=id,domain,account output=table")
        .ok();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[..2], ["count = 1", "user:"]);
    assert!(
        lines[2].starts_with("+-----") && lines[2].ends_with("-+"),
        "{out}"
    );
    assert_eq!(
        lines[3].split('|').map(str::trim).collect::<Vec<_>>(),
        ["", "id", "domain", "account", ""]
    );
    assert_eq!(
        lines[5].split('|').map(str::trim).collect::<Vec<_>>()[2..4],
        ["ROOT", "admin"]
    );
    assert_eq!(lines.len(), 7);
}

#[test]
fn text_is_key_value_lines_between_rulers() {
    let home = Home::new();
    let out = home.run("list templates templatefilter=all").ok();
    let ruler = "=".repeat(58);
    assert!(
        out.starts_with(&format!("count = 2\ntemplate:\n{ruler}\n")),
        "{out}"
    );
    assert_eq!(out.matches(&ruler).count(), 3, "{out}");
}

#[test]
fn json_is_the_answer_without_its_envelope() {
    let home = Home::new();
    let out = home.run("list zones -o json").ok();
    assert!(
        out.starts_with("{\n  \"count\": 1,\n  \"zone\": [\n    {\n"),
        "{out}"
    );
    assert_eq!(home.run("list virtualmachines -o json").ok(), "{}\n");
    let out = home.run("list users filter=account,username -o json").ok();
    assert!(out.find("account").unwrap() < out.find("username").unwrap());
    assert!(!out.contains("\"id\""), "{out}");
}

#[test]
fn csv_has_a_header_and_a_row_each() {
    let home = Home::new();
    let out = home
        .run("list serviceofferings filter=name,memory -o csv")
        .ok();
    let mut lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.remove(0), "name,memory");
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "Medium Instance,1024",
            "Small Instance,512",
            "tinyOffering,100"
        ]
    );
}

#[test]
fn columns_come_from_all_rows_and_numbers_keep_their_spelling() {
    let (_stub, home) = stub(
        r#"{"listthingsresponse":{"count":2,"thing":[{"id":"a","size":1.10},{"id":"b","name":"<b&>","size":12345678901234567890123}]}}"#,
    );
    let out = home.run("list things -o json").ok();
    for part in ["1.10", "12345678901234567890123", "\"<b&>\""] {
        assert!(out.contains(part), "{out}");
    }
    let out = home.run("list things -o table").ok();
    let header: Vec<&str> = out
        .lines()
        .nth(3)
        .unwrap()
        .split('|')
        .map(str::trim)
        .collect();
    assert_eq!(header, ["", "id", "size", "name", ""]);
    let out = home.run("list things -o csv").ok();
    assert_eq!(
        out,
        "id,name,size\na,,1.10\nb,<b&>,12345678901234567890123\n"
    );
}

#[test]
fn a_terminal_is_not_driven_by_the_cloud() {
    let (_stub, home) =
        stub(r#"{"listthingsresponse":{"count":1,"thing":[{"id":"\u001b[2J","name":"a\tb"}]}}"#);
    for form in ["text", "table"] {
        let out = home.run(&format!("list things -o {form}")).ok();
        assert!(!out.contains('\x1b'), "{out:?}");
    }
}

#[test]
fn a_field_that_nobody_knows_is_warned_about() {
    let home = Home::new();
    let seen = home
        .run("list zones filter=name,netwroktype")
        .seen()
        .status(0);
    let seen = seen.err("netwroktype").err("networktype");
    assert_eq!(seen.stdout.matches(" = ").count(), 2, "{seen:?}");
}

#[test]
fn nested_fields_are_reached_by_dots() {
    let home = Home::new();
    let words = format!(
        "templateid={} serviceofferingid={} zoneid={}",
        home.value("list templates templatefilter=featured", "id"),
        home.value("list serviceofferings", "id"),
        home.value("list zones", "id"),
    );
    home.run(&format!("deploy virtualmachine name=n {words}"))
        .ok();
    let out = home
        .run("list virtualmachines filter=name,nic.ipaddress -o csv")
        .ok();
    assert!(out.starts_with("name,nic.ipaddress\nn,10."), "{out}");
    assert!(
        home.run("list virtualmachines")
            .ok()
            .contains("nic[0].ipaddress = 10.")
    );
}

#[test]
fn raw_is_the_body_as_it_came() {
    let body = "{ \"listthingsresponse\":\r\n{\"count\":9,\"thing\":[{\"id\":\"\\u0061\",\"size\":1.0}]} }\n";
    let (stub, home) = stub(body);
    let seen = home.run("list things -o raw").seen().status(0);
    assert_eq!((seen.stdout.as_str(), seen.stderr.as_str()), (body, ""));
    assert_eq!(stub.calls.load(std::sync::atomic::Ordering::SeqCst), 1);
    let seen = home
        .run("list things -o raw filter=id limit=1")
        .seen()
        .status(0);
    assert_eq!(seen.stdout, body);
    seen.err("filter= is set aside").err("limit= is set aside");
    let home = Home::new();
    let zones = home.run("list zones response=xml -o raw").ok();
    assert!(
        zones.starts_with("<?xml") && zones.contains("<listzonesresponse"),
        "{zones}"
    );
    // Of a job it is the answer that told its end, and what was made here is JSON.
    let zone = home.value("list zones", "id");
    let volume = home
        .run(&format!("create volume name=v size=1 zoneid={zone} -o raw"))
        .ok();
    assert!(
        volume.starts_with("{\"queryasyncjobresultresponse\":{"),
        "{volume}"
    );
    let made = home.run("profile list -o raw").ok();
    assert!(made.starts_with("{\n  \"count\": "), "{made}");
    home.run("list zones id=11111111-2222-3333-4444-555555555555 -o raw")
        .seen()
        .status(1)
        .err("entity does not exist");
}

#[test]
fn errors_are_no_data() {
    let home = Home::new();
    let seen = home
        .run("list zones id=11111111-2222-3333-4444-555555555555")
        .seen()
        .status(1);
    assert_eq!(seen.stdout, "");
    assert!(!seen.stderr.contains('\x1b'), "{seen:?}");
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly() {
    let home = Home::new();
    let program = env!("CARGO_BIN_EXE_capuchin");
    let seen = home
        .args(&[
            "shell",
            &format!("{program} list templates templatefilter=all 2>err | true; cat err"),
        ])
        .seen();
    assert!(!seen.stdout.contains("Broken pipe"), "{seen:?}");
}
