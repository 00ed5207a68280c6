//! Trouble that was asked for, and time that was made to pass.

use std::io::{Read, Write};
use std::net::TcpStream;

use devcloud::faults::{self, Fault};
use serde_json::json;

use crate::support::{World, get, signed};

fn add(world: &World, words: &str) -> i64 {
    let words: Vec<&str> = words.split(' ').collect();
    faults::add(&world.state(), &Fault::parse(&words).unwrap()).unwrap()
}

/// All that comes for a query, an empty text where the connection breaks.
fn raw(world: &World, query: &str) -> String {
    let mut stream = TcpStream::connect(world.cloud.address()).unwrap();
    write!(
        stream,
        "GET /client/api?{query} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    // A connection that was reset has nothing more to read.
    let _ = stream.read_to_string(&mut text);
    text
}

#[test]
fn a_call_is_refused_so_often_and_no_more() {
    let world = World::new();
    add(&world, "listzones 533 no room at all 2");
    for _ in 0..2 {
        let refused = world.refused(&world.admin(), "listZones", &[]);
        assert_eq!(refused, (533, "no room at all".into()));
        world.ok("listUsers", &[]);
    }
    world.ok("listZones", &[]);
    assert_eq!(faults::list(&world.state()).unwrap(), []);
    // The same words as everywhere, in the envelope of the call.
    add(&world, "* 401 once");
    let answer = world.json(&world.admin(), "listZones", &[]);
    assert_eq!(answer.status, 401);
    assert!(
        answer.whole()["listzonesresponse"]["errorcode"] == 401,
        "{answer:?}"
    );
}

#[test]
fn trouble_outlives_the_server_and_ends_when_it_is_taken_away() {
    let world = World::new();
    let number = add(&world, "listZones 530");
    let world = world.restarted();
    assert_eq!(world.refused(&world.admin(), "listZones", &[]).0, 530);
    assert_eq!(world.refused(&world.admin(), "listZones", &[]).0, 530);
    assert_eq!(faults::remove(&world.state(), Some(number)).unwrap(), 1);
    world.ok("listZones", &[]);
    let unknown = Fault::parse(&["listNothing", "530"]).unwrap();
    assert!(faults::add(&world.state(), &unknown).is_err());
}

#[test]
fn a_job_fails_in_the_words_asked_for_and_leaves_what_a_failure_leaves() {
    let world = World::new();
    let machine = world.machine("one");
    let id = machine["id"].as_str().unwrap();
    add(
        &world,
        "stopVirtualMachine job-fails Insufficient capacity once",
    );
    let job = world.job("stopVirtualMachine", &[("id", id)]);
    assert_eq!(job["jobstatus"], 2);
    assert_eq!(
        job["jobresult"],
        json!({"errorcode": 530, "errortext": "Insufficient capacity"})
    );
    let state = || world.rows("listVirtualMachines", &[("id", id)])[0]["state"].clone();
    assert_eq!(state(), "Running");
    let job = world.job("stopVirtualMachine", &[("id", id)]);
    assert_eq!(
        (job["jobstatus"].clone(), state()),
        (json!(1), json!("Stopped"))
    );
    add(&world, "startVirtualMachine job-fails once");
    world.job("startVirtualMachine", &[("id", id)]);
    assert_eq!(state(), "Stopped");
    add(&world, "deployVirtualMachine job-fails once");
    let (zone, template) = (
        world.first("listZones", &[]),
        world.first("listTemplates", &[("templatefilter", "featured")]),
    );
    let offering = world.first("listServiceOfferings", &[]);
    let params = [
        ("zoneid", zone.as_str()),
        ("templateid", &template),
        ("serviceofferingid", &offering),
        ("name", "two"),
    ];
    world.job("deployVirtualMachine", &params);
    let left = world.rows("listVirtualMachines", &[("name", "two")]);
    assert_eq!(left[0]["state"], "Error");
}

#[test]
fn connections_break_before_and_after_the_work() {
    let world = World::new();
    let query = |name: &str| {
        let params = [("response", "json"), ("name", name)];
        signed(&world.admin(), "createDomain", &params)
    };
    let domains = || world.rows("listDomains", &[("listall", "true")]).len();
    let before = domains();
    add(&world, "createDomain drop once");
    assert_eq!(raw(&world, &query("a")), "");
    assert_eq!(domains(), before);
    add(&world, "createDomain lose once");
    assert_eq!(raw(&world, &query("a")), "");
    assert_eq!(domains(), before + 1);
    assert!(raw(&world, &query("b")).starts_with("HTTP/1.1 200"));
}

#[test]
fn pages_of_others_and_throttling_come_as_they_do() {
    let world = World::new();
    let query = signed(&world.admin(), "listZones", &[("response", "json")]);
    add(&world, "listZones 503 once");
    let answer = get(&world.cloud, &query);
    assert_eq!(answer.status, 503);
    assert!(answer.body.starts_with("<html>"), "{answer:?}");
    add(&world, "listZones html once");
    assert!(raw(&world, &query).contains("\r\ncontent-type: text/html"));
    add(&world, "listZones throttled 1500ms once");
    let (code, text) = world.refused(&world.admin(), "listZones", &[]);
    assert_eq!(code, 429);
    assert!(text.ends_with("please retry after 1500 ms."), "{text}");
    add(&world, "listZones latency 1ms once");
    add(&world, "listZones jitter 1ms p=1");
    world.ok("listZones", &[]);
}

/// The guide's day (usage, section 10): deployed at noon, stopped at six, started at eleven, looked at at midnight.
#[test]
fn the_guides_day_is_seven_hours_of_running_and_twelve_of_being_there() {
    const HOUR: i64 = 3_600_000;
    let world = World::new();
    let machine = world.machine("one");
    let id = machine["id"].as_str().unwrap();
    let advance = |hours: i64| devcloud::advance(&world.state(), hours * HOUR).unwrap();
    advance(6);
    world.job("stopVirtualMachine", &[("id", id)]);
    advance(5);
    world.job("startVirtualMachine", &[("id", id)]);
    advance(1);
    let made = world.rows("listVirtualMachines", &[("id", id)])[0]["created"].clone();
    let from = made.as_str().unwrap()[..10].to_string();
    let to = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let hours = |usage: &str| -> f64 {
        let params = [
            ("startdate", from.as_str()),
            ("enddate", &to),
            ("type", usage),
            ("usageid", id),
        ];
        let records = world.rows("listUsageRecords", &params);
        records
            .iter()
            .map(|record| record["rawusage"].as_str().unwrap().parse::<f64>().unwrap())
            .sum()
    };
    assert_eq!((hours("1").round(), hours("2").round()), (7.0, 12.0));
}

#[test]
fn jobs_end_when_time_goes_by() {
    let world = World::new();
    let machine = world.machine("one");
    world.ok(
        "updateConfiguration",
        &[("name", "devcloud.job.milliseconds"), ("value", "3600000")],
    );
    let id = machine["id"].as_str().unwrap();
    let started = world.ok("stopVirtualMachine", &[("id", id)]);
    let job = started["jobid"].as_str().unwrap();
    let status = || world.ok("queryAsyncJobResult", &[("jobid", job)])["jobstatus"].clone();
    assert_eq!(status(), 0);
    devcloud::advance(&world.state(), 3_600_000).unwrap();
    assert_eq!(status(), 1);
}
