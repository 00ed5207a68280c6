//! Usage records, made of what really ran and was there; the lists of types, and alerts.

use serde_json::{Value, json};

use crate::support::{World, get, signed};

/// What was used on the day of a date of an answer.
fn used(world: &World, date: &str, more: &[(&str, &str)]) -> Vec<Value> {
    let params = [
        &[("startdate", &date[..10]), ("enddate", &date[..10])],
        more,
    ]
    .concat();
    world.rows("listUsageRecords", &params)
}

fn types(records: &[Value]) -> Vec<i64> {
    records
        .iter()
        .map(|record| record["usagetype"].as_i64().unwrap())
        .collect()
}

/// A machine's id and the date of its making.
fn machine(world: &World) -> (String, String) {
    let machine = world.machine("one");
    let text = |name: &str| machine[name].as_str().unwrap().to_string();
    (text("id"), text("created"))
}

#[test]
fn what_runs_and_what_is_there_is_used() {
    let world = World::new();
    let (id, date) = machine(&world);
    let records = used(&world, &date, &[]);
    let mut seen = types(&records);
    seen.sort_unstable();
    assert_eq!(seen, [1, 2, 3, 6, 13]);
    let one = |kind: &str| used(&world, &date, &[("type", kind)])[0].clone();
    assert_eq!(
        one("1")["description"],
        "one running time (ServiceOffering: 1) (Template: 2)"
    );
    assert_eq!(
        one("2")["description"],
        "one allocated (ServiceOffering: 1) (Template: 2)"
    );
    assert_eq!(
        one("6")["description"],
        "Volume Id: 1 usage time (Template: 2)"
    );
    assert_eq!(one("1")["usageid"], json!(id));
    assert_eq!(used(&world, &date, &[("usageid", &id)]).len(), 2);
    assert_eq!(
        used(&world, &date, &[("usageid", &id), ("type", "6")]).len(),
        0
    );
    assert_eq!(used(&world, &date, &[("type", "99")]).len(), 0);
    let day = &date[..10];
    assert_eq!(one("1")["startdate"], format!("{day}'T'00:00:00+00:00"));
    assert!(
        one("1")["enddate"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{day}'T'"))
    );
}

#[test]
fn records_look_as_they_were_recorded() {
    let world = World::new();
    let (_, date) = machine(&world);
    let (zone, offering) = (
        world.first("listZones", &[]),
        world.first("listDiskOfferings", &[]),
    );
    world.job(
        "createVolume",
        &[
            ("name", "d"),
            ("diskofferingid", &offering),
            ("zoneid", &zone),
        ],
    );
    let here = used(&world, &date, &[]);
    let there: Value = include_str!("../../../tests/recorded/usage.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|exchange| exchange["name"] == "all.json")
        .map(|exchange| serde_json::from_str(exchange["body"].as_str().unwrap()).unwrap())
        .unwrap();
    let shape = |record: &Value| -> Vec<(String, u8)> {
        let kind = |value: &Value| match value {
            Value::String(_) => 1,
            Value::Number(_) => 2,
            Value::Array(_) => 3,
            _ => 4,
        };
        let fields = record.as_object().unwrap().iter();
        fields
            .map(|(name, value)| (name.clone(), kind(value)))
            .collect()
    };
    let shapes: Vec<_> = there["listusagerecordsresponse"]["usagerecord"]
        .as_array()
        .unwrap()
        .iter()
        .map(shape)
        .collect();
    assert_eq!(here.len(), 6);
    for record in &here {
        assert!(shapes.contains(&shape(record)), "{record}");
        let raw = record["rawusage"].as_str().unwrap();
        assert_eq!(record["usage"], format!("{raw} Hrs"));
        assert!(raw.parse::<f64>().unwrap() < 24.0);
    }
    let query = [("startdate", &date[..10]), ("enddate", &date[..10])];
    let answer = get(
        &world.cloud,
        &signed(&world.admin(), "listUsageRecords", &query),
    );
    assert!(
        answer
            .body
            .contains("&apos;T&apos;00:00:00+00:00</startdate>"),
        "{answer:?}"
    );
}

#[test]
fn dates_are_taken_in_the_recorded_forms() {
    let world = World::new();
    let (_, date) = machine(&world);
    let day = &date[..10];
    let count = |from: &str, to: &str| {
        let params = [("startdate", from), ("enddate", to)];
        world.rows("listUsageRecords", &params).len()
    };
    let whole = |form: &dyn Fn(&str) -> String| count(&form("00:00:00"), &form("23:59:59"));
    assert_eq!(whole(&|_| day.into()), 5);
    assert_eq!(whole(&|time| format!("{day} {time}")), 5);
    assert_eq!(whole(&|time| format!("{day}T{time}+0000")), 5);
    assert_eq!(count("2000-01-01", "2000-01-02"), 0);
    assert_eq!(count(&format!("{day} 00:00:01"), day), 0, "only whole days");
    let admin = world.admin();
    let params = [("startdate", "2026-11-23"), ("enddate", "2026-11-21")];
    assert_eq!(
        world.refused(&admin, "listUsageRecords", &params),
        (
            431,
            "Incorrect Date Range. Start date: Mon Nov 23 00:00:00 UTC 2026 is after end date:Sat Nov 21 23:59:59 UTC \
             2026"
                .into()
        )
    );
    assert_eq!(
        world.refused(&admin, "listUsageRecords", &params[..1]).0,
        431
    );
}

#[test]
fn what_has_stopped_or_gone_was_used_all_the_same() {
    let world = World::new();
    let (id, date) = machine(&world);
    let raw = |kind: &str| used(&world, &date, &[("type", kind)])[0]["rawusage"].clone();
    world.job("stopVirtualMachine", &[("id", &id)]);
    let ran = raw("1");
    world.job("startVirtualMachine", &[("id", &id)]);
    world.job("stopVirtualMachine", &[("id", &id)]);
    assert_eq!(
        used(&world, &date, &[("type", "1")]).len(),
        1,
        "one record a day"
    );
    let number = |value: Value| value.as_str().unwrap().parse::<f64>().unwrap();
    assert!(number(raw("1")) >= number(ran));
    world.job("destroyVirtualMachine", &[("id", &id), ("expunge", "true")]);
    let amounts = || -> Vec<Value> {
        let records = used(&world, &date, &[("usageid", &id)]);
        assert_eq!(records[0]["name"], "one");
        records
            .iter()
            .map(|record| record["rawusage"].clone())
            .collect()
    };
    let gone = amounts();
    assert_eq!(gone.len(), 2);
    world.machine("two");
    assert_eq!(amounts(), gone, "what is gone is used no more");
}

#[test]
fn records_come_in_pages_and_to_administrators() {
    let world = World::new();
    let (_, date) = machine(&world);
    let domain = world.ok("createDomain", &[("name", "top")])["domain"]["id"].clone();
    let domain = domain.as_str().unwrap();
    let chief = world.user("chief", "2", Some(domain));
    let user = world.user("u", "0", None);
    let day = [("startdate", &date[..10]), ("enddate", &date[..10])];
    let page = |page: &str| {
        let params = [&day[..], &[("page", page), ("pagesize", "2")]].concat();
        let body = world.ok("listUsageRecords", &params);
        (
            body["count"].clone(),
            body["usagerecord"].as_array().map(Vec::len),
        )
    };
    assert_eq!(page("1"), (json!(5), Some(2)));
    assert_eq!(page("3"), (json!(5), Some(1)));
    assert_eq!(page("99"), (json!(5), None));
    let zone = world.first("listZones", &[]);
    world.ok_as(
        &chief,
        "createVolume",
        &[("name", "d"), ("size", "1"), ("zoneid", &zone)],
    );
    assert_eq!(used(&world, &date, &[]).len(), 6);
    assert_eq!(used(&world, &date, &[("domainid", domain)]).len(), 1);
    assert_eq!(
        used(&world, &date, &[("account", "chief"), ("domainid", domain)]).len(),
        1
    );
    let account = world.ok("listAccounts", &[("name", "chief"), ("domainid", domain)]);
    let account = account["account"][0]["id"].as_str().unwrap();
    assert_eq!(used(&world, &date, &[("accountid", account)]).len(), 1);
    assert_eq!(world.ok_as(&chief, "listUsageRecords", &day)["count"], 1);
    assert_eq!(world.json(&user, "listUsageRecords", &day).status, 432);
}

#[test]
fn types_and_alerts_are_listed() {
    let world = World::new();
    let user = world.user("u", "0", None);
    let types = world.ok_as(&user, "listEventTypes", &[]);
    let names: Vec<&str> = types["eventtype"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind["name"].as_str().unwrap())
        .collect();
    assert_eq!(types["count"], names.len());
    world.machine("one");
    for event in world.rows("listEvents", &[("listall", "true")]) {
        assert!(names.contains(&event["type"].as_str().unwrap()), "{event}");
    }
    for known in ["LB.ASSIGN.TO.RULE", "SSVM.HA", "USER.LOGIN", "VM.EXPUNGE"] {
        assert!(names.contains(&known), "{known}");
    }
    let alerts = world.rows("listAlerts", &[]);
    let fields: Vec<&String> = alerts[0].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["id", "type", "name", "description", "sent"]);
    let count = |params: &[(&str, &str)]| world.rows("listAlerts", params).len();
    assert_eq!(count(&[("type", "14"), ("name", "ALERT.MANAGEMENT")]), 1);
    assert_eq!(
        count(&[
            ("id", alerts[0]["id"].as_str().unwrap()),
            ("keyword", "SERVER")
        ]),
        1
    );
    assert_eq!(
        (count(&[("type", "1")]), count(&[("keyword", "disk")])),
        (0, 0)
    );
    assert_eq!(world.json(&user, "listAlerts", &[]).status, 432);
}

#[test]
fn events_are_of_days() {
    let world = World::new();
    world.machine("one");
    let count = |from: &str, to: &str| {
        world
            .rows("listEvents", &[("startdate", from), ("enddate", to)])
            .len()
    };
    assert_eq!(count("2000-01-01", "2099-01-01"), 3);
    assert_eq!(count("2000-01-01", "2000-01-02"), 0);
    assert_eq!(count("2098-01-01", "2099-01-01"), 0);
}

#[test]
fn a_user_is_found_by_key() {
    let world = World::new();
    let user = world.user("u", "0", None);
    let found = world.ok("getUser", &[("userapikey", &user.0)]);
    assert_eq!(found["user"]["username"], "u");
    assert!(found["user"].get("secretkey").is_none());
    let admin = world.admin();
    assert_eq!(
        world.refused(&admin, "getUser", &[("userapikey", "nobody's")]),
        (431, "User with specified API key does not exist".into())
    );
    assert_eq!(
        world
            .json(&user, "getUser", &[("userapikey", &user.0)])
            .status,
        432
    );
}
