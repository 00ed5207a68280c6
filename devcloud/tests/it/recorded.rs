//! Recorded refusals for how a call comes, and the throttle, of a real server, asked for again here: the same status, content
//! type, envelope, codes and words. What keys are answered is in `story.rs`.

use crate::exchanges::{self, Exchange, calls};
use crate::support::{Answer, Keys, World, get, get_with, send, signed};

/// Sends a recorded call as somebody.
fn replayed(world: &World, exchange: &Exchange, keys: &Keys) -> Answer {
    let params = exchange.params();
    let params: Vec<(&str, &str)> = params
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
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

/// Those that are refused for how they came, whatever they ask for.
const UNSIGNED: &[&str] = &["login", "sign", "auth", "post", "empty-query", "method"];

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
        let answer = replayed(&world, &exchange, &keys);
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
