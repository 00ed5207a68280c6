//! Recorded refusals of a real server, asked for again here: the same status, content type, envelope, codes and words.

use serde_json::Value;

use crate::exchanges::{self, Exchange, calls, roles};
use crate::support::{Answer, Keys, World, get, get_at, get_with, send, signed};

/// Sends a recorded call as somebody, with some parameters that are other things here.
fn replayed(world: &World, exchange: &Exchange, keys: &Keys, others: &[(&str, &str)]) -> Answer {
    let params = exchange.params();
    let params: Vec<(&str, &str)> = params
        .iter()
        .map(|(name, value)| {
            let other = others.iter().find(|(known, _)| known == name);
            (
                name.as_str(),
                other.map_or(value.as_str(), |(_, value)| value),
            )
        })
        .collect();
    get(&world.cloud, &signed(keys, "", &params))
}

fn all_the_same(compared: usize, at_least: usize, wrong: &[String]) {
    assert!(compared >= at_least, "only {compared} compared");
    assert!(
        wrong.is_empty(),
        "{compared} compared\n{}",
        wrong.join("\n")
    );
}

/// Refusals that have to do with what that server had, with other ways in, or with APIs that are not offered here.
fn elsewhere(exchange: &Exchange, offered: &[String]) -> bool {
    let command = exchange.command();
    exchange.starts(UNSIGNED)
        || exchange.starts(&[
            "session",
            "port8096",
            "updateConfiguration-bad",
            "user-",
            "da-",
        ])
        || (!offered.contains(&command)
            && !exchange.name.contains("unknown")
            && !exchange.name.contains("no-command"))
}

/// Those that are refused for how they came, whatever they ask for.
const UNSIGNED: &[&str] = &["login", "sign", "auth", "post", "empty-query", "method"];

#[test]
fn refusals_are_those_of_a_real_server() {
    let world = World::new();
    let offered: Vec<String> = world
        .rows("listApis", &[])
        .iter()
        .map(|api| api["name"].as_str().unwrap().to_string())
        .collect();
    let mut compared = 0;
    let mut wrong = Vec::new();
    for exchange in calls().into_iter().chain(roles()) {
        if exchange.answer.status == 200 || elsewhere(&exchange, &offered) {
            continue;
        }
        let answer = replayed(&world, &exchange, &world.admin(), &[]);
        compared += 1;
        wrong.extend(exchange.differs(&answer));
    }
    all_the_same(compared, 36, &wrong);
}

#[test]
fn what_nobody_signed_is_refused_as_it_is_there() {
    let world = World::new();
    let mut compared = 0;
    let mut wrong = Vec::new();
    for exchange in calls() {
        if exchange.answer.status == 200 || !exchange.starts(UNSIGNED) {
            continue;
        }
        let media = match exchange.form.starts_with('{') {
            true => "application/json",
            false => "application/x-www-form-urlencoded",
        };
        let request = format!(
            "{} /client/api?{} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {media}\r\ncontent-length: {}\r\n\r\n{}",
            exchange.method,
            exchange.query,
            exchange.form.len(),
            exchange.form
        );
        let answer = send(&world.cloud, &request);
        compared += 1;
        wrong.extend(exchange.differs(&answer));
        assert_eq!(
            exchange.name.starts_with("login"),
            answer.cookies.iter().any(|cookie| {
                cookie.starts_with("JSESSIONID=node0") && cookie.ends_with(".node0;Path=/client")
            }),
            "{answer:?}"
        );
    }
    all_the_same(compared, 25, &wrong);
}

#[test]
fn what_sessions_are_refused_is_what_they_are_refused_there() {
    let world = World::new();
    let mut compared = 0;
    let mut wrong = Vec::new();
    for exchange in calls() {
        if exchange.answer.status == 200 || !exchange.starts(&["session"]) {
            continue;
        }
        let session = world.login("username=admin&password=password");
        let mut query = exchange.query.clone();
        if let Some((before, key)) = exchange.query.split_once("sessionkey=")
            && key != "wrong"
        {
            query = format!("{before}sessionkey={}", session.key);
        }
        if exchange.starts(&["session-after-logout"]) {
            get_with(&world.cloud, "command=logout", &session.cookie);
        }
        let answer = get_with(&world.cloud, &query, &session.cookie);
        compared += 1;
        wrong.extend(exchange.differs(&answer));
    }
    all_the_same(compared, 5, &wrong);
}

#[test]
fn the_integration_port_answers_as_it_does_there() {
    let world = World::new();
    let url = world
        .cloud
        .open_integration(([127, 0, 0, 1], 0).into())
        .unwrap();
    let mut compared = 0;
    let mut wrong = Vec::new();
    // What it lists of that server's own is not here.
    for exchange in calls() {
        if exchange.starts(&["port8096-unknown", "port8096-listUsers"])
            && !exchange.name.contains("listall")
        {
            compared += 1;
            wrong.extend(exchange.differs(&get_at(&url, &exchange.query)));
        }
    }
    all_the_same(compared, 2, &wrong);
}

#[test]
fn throttling_is_that_of_a_real_server() {
    let world = World::new();
    let user = world.user("user1", "0", None);
    for (name, value) in [
        ("api.throttling.interval", "20"),
        ("api.throttling.max", "5"),
        ("api.throttling.enabled", "true"),
    ] {
        world.ok("updateConfiguration", &[("name", name), ("value", value)]);
    }
    let mut compared = 0;
    let mut wrong = Vec::new();
    for exchange in exchanges::throttle() {
        let keys = if exchange.name.contains("-admin-") {
            world.admin()
        } else {
            user.clone()
        };
        if exchange.name.contains("after-interval") {
            world.ok("resetApiLimit", &[]);
        }
        let answer = replayed(&world, &exchange, &keys, &[]);
        compared += 1;
        // The zones are each cloud's own.
        if exchange.answer.status == 200 && exchange.command() == "listZones" {
            assert_eq!(answer.status, 200, "{}", exchange.name);
        } else {
            wrong.extend(exchange.differs(&answer));
        }
        assert_eq!(answer.retry_after, None, "{}", exchange.name);
    }
    all_the_same(compared, 15, &wrong);
}

#[test]
fn what_is_the_same_everywhere_is_the_same_here() {
    let world = World::new();
    let mut compared = 0;
    let mut wrong = Vec::new();
    for exchange in calls() {
        if exchange.starts(&["listUsageTypes"]) {
            let answer = replayed(&world, &exchange, &world.admin(), &[]);
            compared += 1;
            wrong.extend(exchange.differs(&answer));
        }
    }
    all_the_same(compared, 2, &wrong);
}

#[test]
fn a_user_has_the_recorded_fields_in_their_order() {
    let world = World::new();
    let keys = |body: &Value| -> Vec<String> {
        let user = body["listusersresponse"]["user"][0].as_object().unwrap();
        // Roles of their own are not here.
        user.keys()
            .filter(|name| *name != "roleid")
            .cloned()
            .collect()
    };
    let there = calls()
        .into_iter()
        .find(|exchange| exchange.name == "session-listUsers.json")
        .unwrap();
    let there: Value = serde_json::from_str(&there.answer.body).unwrap();
    let session = world.login("username=admin&password=password");
    let here = world.in_session(&session, "command=listUsers").whole();
    assert_eq!(keys(&here), keys(&there));
}

#[test]
fn usage_of_nobody_is_refused_as_it_is_there() {
    let world = World::new();
    let root = world.first("listDomains", &[]);
    let mut compared = 0;
    let mut wrong = Vec::new();
    for exchange in exchanges::usage() {
        let dates = exchange.starts(&["enddate-before-data", "future"]);
        if exchange.answer.status != 200 || dates {
            let answer = replayed(&world, &exchange, &world.admin(), &[("domainid", &root)]);
            compared += 1;
            wrong.extend(exchange.differs(&answer));
        }
    }
    all_the_same(compared, 6, &wrong);
}

#[test]
fn what_users_may_not_do_is_refused_as_it_is_there() {
    let world = World::new();
    let machine = world.machine("admins");
    let user = world.user("user1", "0", None);
    let mut compared = 0;
    let mut wrong = Vec::new();
    for exchange in roles() {
        if !exchange.starts(&["user-root-only-command", "user-other-account-vm-start"]) {
            continue;
        }
        let id = machine["id"].as_str().unwrap();
        let answer = replayed(&world, &exchange, &user, &[("id", id)]);
        compared += 1;
        wrong.extend(exchange.differs(&answer));
    }
    all_the_same(compared, 4, &wrong);
}
