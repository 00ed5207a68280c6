//! A cloud whose clock is wrong: what it says, what it refuses, and what it does not do sooner or later for it.

use jiff::Timestamp;
use jiff::fmt::strtime;

use crate::support::{Answer, World, get, send, signed};

fn set(world: &World, seconds: i64) {
    let seconds = seconds.to_string();
    world.ok(
        "updateConfiguration",
        &[("name", "devcloud.clock.offset"), ("value", &seconds)],
    );
}

/// By how many seconds a date is ahead of the true time, to the minute.
fn ahead(form: &str, date: &str) -> i64 {
    let moment = strtime::parse(form, date.replace("GMT", "+0000"));
    let moment = moment.unwrap().to_timestamp().unwrap().as_second();
    let ahead = moment - Timestamp::now().as_second();
    (ahead as f64 / 60.0).round() as i64 * 60
}

fn header(answer: &Answer) -> i64 {
    ahead("%a, %d %b %Y %H:%M:%S %z", answer.date.as_ref().unwrap())
}

/// The status of a call that is good until so many seconds from the true now.
fn expiring(world: &World, seconds: i64) -> u16 {
    let moment = Timestamp::from_second(Timestamp::now().as_second() + seconds).unwrap();
    let expires = moment.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string();
    let params = [("expires", expires.as_str()), ("signatureVersion", "3")];
    get(&world.cloud, &signed(&world.admin(), "listZones", &params)).status
}

#[test]
fn every_answer_has_one_date_of_the_clouds_clock() {
    let world = World::new();
    for offset in [0, 3600, -7200] {
        set(&world, offset);
        let answer = world.json(&world.admin(), "listZones", &[]);
        assert_eq!(header(&answer), offset);
        assert_eq!(header(&get(&world.cloud, "command=listZones")), offset);
        for request in ["GET /nowhere HTTP/1.1", "PUT /client/api HTTP/1.1"] {
            let answer = send(
                &world.cloud,
                &format!("{request}\r\nhost: x\r\nconnection: close\r\n\r\n"),
            );
            assert_eq!(header(&answer), offset, "{request}");
        }
    }
    let url = world
        .cloud
        .open_integration(([127, 0, 0, 1], 0).into())
        .unwrap();
    assert_eq!(
        header(&crate::support::get_at(&url, "command=listZones")),
        -7200
    );
}

#[test]
fn expiry_is_judged_by_the_clouds_clock() {
    let world = World::new();
    assert_eq!((expiring(&world, 600), expiring(&world, -600)), (200, 401));
    set(&world, 3600);
    assert_eq!((expiring(&world, 600), expiring(&world, 4200)), (401, 200));
    set(&world, -3600);
    assert_eq!(
        (expiring(&world, -600), expiring(&world, -4200)),
        (200, 401)
    );
    // Calls that say nothing of time are good at any.
    world.ok("listZones", &[]);
    set(&world, 0);
    let admin = world.admin();
    let wrong = [("name", "devcloud.clock.offset"), ("value", "late")];
    assert_eq!(world.refused(&admin, "updateConfiguration", &wrong).0, 431);
}

#[test]
fn what_is_dated_is_dated_by_it_and_what_takes_time_is_not() {
    let world = World::new();
    let session = world.login("username=admin&password=password");
    set(&world, -86_400);
    let machine = world.machine("one");
    let created = machine["created"].as_str().unwrap();
    let of_answer = |date: &str| ahead("%Y-%m-%dT%H:%M:%S%z", date);
    assert_eq!(of_answer(created), -86_400);
    let jobs = world.rows("listAsyncJobs", &[("startdate", created)]);
    assert_eq!(jobs.len(), 1);
    assert_eq!(of_answer(jobs[0]["created"].as_str().unwrap()), -86_400);
    let day = [("startdate", &created[..10]), ("enddate", &created[..10])];
    assert_eq!(world.rows("listUsageRecords", &day).len(), 5);
    // Neither jobs nor sessions wait a day, nor end a day early.
    set(&world, 86_400);
    assert_eq!(world.in_session(&session, "command=listZones").status, 200);
    let slow = [("name", "devcloud.job.milliseconds"), ("value", "600000")];
    world.ok("updateConfiguration", &slow);
    let id = machine["id"].as_str().unwrap();
    let job = world.ok("stopVirtualMachine", &[("id", id)])["jobid"].clone();
    set(&world, 2 * 86_400);
    let job = world.ok("queryAsyncJobResult", &[("jobid", job.as_str().unwrap())]);
    assert_eq!(job["jobstatus"], 0);
}
