//! Values by name: usage, alert and event types and time zones, the guide's and the cloud's own; and the dates of usage records.

use std::sync::atomic::Ordering;

use crate::support::{Home, Stub};

const OK: &str = "200 OK";
const JSON: &str = "application/json";
const APIS: &str = r#"{"listapisresponse":{"api":[
    {"name":"listUsageRecords","params":[{"name":"startdate","type":"date","required":true},
        {"name":"enddate","type":"date","required":true},{"name":"type","type":"long"}]},
    {"name":"listAlerts","params":[{"name":"type","type":"string"}]},
    {"name":"listEvents","params":[{"name":"type","type":"string"}]},
    {"name":"createUser","params":[{"name":"timezone","type":"string"}]},
    {"name":"listUsageTypes"},{"name":"listEventTypes"}]}}"#;
const USAGE_TYPES: &str = r#"{"listusagetypesresponse":{"count":3,"usagetype":[
    {"usagetypeid":1,"description":"Running Vm Usage"},{"usagetypeid":6,"description":"Volume Usage"},
    {"usagetypeid":21,"description":"VM Disk usage(I/O Read)"}]}}"#;
const EVENT_TYPES: &str =
    r#"{"listeventtypesresponse":{"count":1,"eventtype":[{"name":"VM.EXPUNGE"}]}}"#;
const NO: &str = r#"{"x":{"errorcode":432,"errortext":"no"}}"#;
const EMPTY: &str = r#"{"xresponse":{}}"#;
const DAY: &str = "startdate=2026-11-22 enddate=2026-11-22";

fn cloud() -> Stub {
    Stub::speaking(&[
        ("listApis", OK, JSON, APIS),
        ("listUsageTypes", OK, JSON, USAGE_TYPES),
        ("listEventTypes", OK, JSON, EVENT_TYPES),
        ("*", OK, JSON, EMPTY),
    ])
}

/// The address that was sent to last, as the log has it.
fn sent(home: &Home) -> String {
    let log = home.path().join(".local/state/capuchin/capuchin.log");
    let text = std::fs::read_to_string(log).unwrap();
    let mut addresses = text.split(['\t', '\n']).rev();
    let sent = addresses.find(|part| part.contains("?command="));
    sent.unwrap_or_default().to_string()
}

#[test]
fn names_in_any_case_become_the_clouds_values() {
    let stub = cloud();
    let home = stub.home();
    home.run("sync").ok();
    for (line, part) in [
        (format!("list usagerecords {DAY} type=RUNNING_VM"), "type=1"),
        (format!("list usagerecords {DAY} type=vpn_users"), "type=14"),
        (format!("list usagerecords {DAY} type=99"), "type=99"),
        ("list alerts type=console_proxy".into(), "type=10"),
        ("list alerts type=3".into(), "type=3"),
        ("list events type=vm.create".into(), "type=VM.CREATE"),
        (
            "create user timezone=asia/tokyo".into(),
            "timezone=Asia%2FTokyo",
        ),
        (
            "create user timezone=europe/berlin".into(),
            "timezone=Europe%2FBerlin",
        ),
        ("create user timezone=GMT+9".into(), "timezone=GMT%2B9"),
        // Unchecked calls go as they are typed.
        ("api listAlerts type=memory".into(), "type=memory"),
    ] {
        let seen = home.run(&line).seen().status(0);
        assert_eq!(seen.stderr, "", "{line}");
        let sent = sent(&home);
        let ends = |text: &str| sent.split('&').any(|word| word == text);
        assert!(ends(part), "{line}: {sent}");
    }
    // Nothing but the catalogue and those calls was asked for.
    assert_eq!(stub.calls.load(Ordering::SeqCst), 11);
}

#[test]
fn a_name_that_the_guide_lacks_is_asked_for_once_and_the_clouds_list_wins() {
    let stub = cloud();
    let home = stub.home();
    home.run("sync").ok();
    let count = || stub.calls.load(Ordering::SeqCst);
    let line = format!("list usagerecords {DAY} type=vm_disk_io_read");
    assert_eq!(home.run(&line).seen().stderr, "");
    assert_eq!(count(), 3);
    assert!(sent(&home).contains("type=21"), "{}", sent(&home));
    assert_eq!(home.run(&line).seen().stderr, "");
    assert_eq!(count(), 4);
    // The guide has it, and this cloud does not.
    home.run(&format!("list usagerecords {DAY} type=VPN_USERS"))
        .seen()
        .status(0)
        .err("warning: this cloud lists no usage type VPN_USERS");
    assert!(sent(&home).contains("type=14"), "{}", sent(&home));
    // Another table is another question, and sync begins anew.
    assert_eq!(home.run("list events type=VM.EXPUNGE").seen().stderr, "");
    assert_eq!(count(), 7);
    home.run("sync").ok();
    home.run(&line).ok();
    assert_eq!(count(), 10);
}

#[test]
fn an_unknown_name_is_warned_about_and_sent() {
    let stub = cloud();
    let home = stub.home();
    for (line, what, near) in [
        (
            format!("list usagerecords {DAY} type=RUNING_VM"),
            "usage type",
            "RUNNING_VM",
        ),
        ("list alerts type=memmory".into(), "alert type", "MEMORY"),
        (
            "list events type=VM.CREAT".into(),
            "event type",
            "VM.CREATE",
        ),
        (
            "create user timezone=Asia/Tokio".into(),
            "time zone",
            "Asia/Tokyo",
        ),
    ] {
        let seen = home.run(&line).seen().status(0);
        assert!(
            seen.stderr.contains(&format!("no {what} is known")),
            "{seen:?}"
        );
        assert!(
            seen.stderr.contains(&format!("did you mean `{near}`")),
            "{seen:?}"
        );
        let typed = line.rsplit('=').next().unwrap().replace('/', "%2F");
        assert!(
            sent(&home).contains(&format!("={typed}")),
            "{}",
            sent(&home)
        );
    }
    home.run("create user timezone=Mars/Olympus")
        .seen()
        .status(0)
        .err("no time zone is known by this name; it goes as it is");
}

#[test]
fn a_cloud_that_lists_nothing_is_asked_once_a_session() {
    let stub = Stub::speaking(&[
        ("listApis", OK, JSON, APIS),
        ("listEventTypes", "432 No", JSON, NO),
        ("*", OK, JSON, EMPTY),
    ]);
    let home = stub.home();
    let seen = home
        .script("list events type=A.B\nlist events type=A.C\n")
        .status(0);
    assert_eq!(
        seen.stderr.matches("no event type is known").count(),
        2,
        "{seen:?}"
    );
    assert_eq!(stub.calls.load(Ordering::SeqCst), 4);
}

#[test]
fn usage_is_asked_for_by_dates_in_the_forms_that_servers_take() {
    let stub = cloud();
    let home = stub.home();
    home.run("sync").ok();
    for (dates, status) in [
        (&["startdate=2026-11-22", "enddate=2026-11-22"][..], 0),
        (
            &[
                "startdate=2026-11-22 00:00:00",
                "enddate=2026-11-22 23:59:59",
            ],
            0,
        ),
        (
            &[
                "startdate=2026-11-22T00:00:00+0000",
                "enddate=2026-11-22T23:59:59+0000",
            ],
            0,
        ),
        (&["startdate=2026-11-22", "enddate=2026-11-22 23:59:59"], 0),
        // As answers print them.
        (
            &[
                "startdate=2026-11-22'T'01:16:46+00:00",
                "enddate=2026-11-22",
            ],
            0,
        ),
        (&["startdate=yesterday", "enddate=2026-11-22"], 2),
        (&["startdate=2026-02-30", "enddate=2026-11-22"], 2),
        (&["enddate=2026-11-22"], 2),
    ] {
        let words: Vec<&str> = ["list", "usagerecords"]
            .iter()
            .chain(dates)
            .copied()
            .collect();
        let seen = home.args(&words).seen();
        assert_eq!(seen.status, status, "{dates:?}: {seen:?}");
    }
}

#[test]
fn dates_of_usage_records_stay_as_they_came() {
    let recorded = include_str!("../recorded/usage.jsonl");
    let line = recorded
        .lines()
        .find(|line| line.contains("\"usageid.json\""));
    let exchange: serde_json::Value = serde_json::from_str(line.unwrap()).unwrap();
    let stub = Stub::speaking(&[
        ("listApis", OK, JSON, APIS),
        ("*", OK, JSON, exchange["body"].as_str().unwrap()),
    ]);
    let home = stub.home();
    let out = home
        .run(&format!(
            "list usagerecords {DAY} type=RUNNING_VM filter=startdate -o csv"
        ))
        .ok();
    assert!(out.starts_with("startdate\n2026-11-22'T'"), "{out}");
    assert!(out.contains("+00:00\n"), "{out}");
}
