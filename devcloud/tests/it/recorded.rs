//! Recorded refusals of a real server, asked for again here: the same status, content type, envelope, codes and words.

use serde_json::Value;

use crate::support::{Answer, Keys, World, get, get_at, get_with, send, signed};

/// A call that a real server was sent, and what it answered.
struct Exchange {
    name: String,
    method: String,
    query: String,
    form: String,
    answer: Answer,
}

fn exchanges(text: &str) -> Vec<Exchange> {
    text.lines()
        .map(|line| {
            let whole: Value = serde_json::from_str(line).unwrap();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
            Exchange {
                name: text(&whole["name"]),
                method: text(&whole["request"]["method"]),
                query: text(&whole["request"]["query"]),
                form: text(&whole["request"]["body"]),
                answer: Answer {
                    status: u16::try_from(whole["status"].as_u64().unwrap()).unwrap(),
                    content_type: text(&whole["content_type"]),
                    description: whole["headers"]["x-description"].as_str().map(String::from),
                    cookies: Vec::new(),
                    retry_after: None,
                    date: None,
                    body: text(&whole["body"]),
                },
            }
        })
        .collect()
}

fn calls() -> Vec<Exchange> {
    exchanges(include_str!("../../../tests/recorded/calls.jsonl"))
}

fn roles() -> Vec<Exchange> {
    exchanges(include_str!("../../../tests/recorded/roles.jsonl"))
}

impl Exchange {
    fn starts(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name.starts_with(name))
    }

    /// The parameters of the query, but for those that prove who calls.
    fn params(&self) -> Vec<(String, String)> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_string(), unescape(value)))
            .filter(|(name, _)| {
                !["apikey", "signature", "sessionkey"].contains(&name.to_lowercase().as_str())
            })
            .collect()
    }

    fn command(&self) -> String {
        let params = self.params();
        let command = params.iter().find(|(name, _)| name == "command");
        command.map_or(String::new(), |(_, value)| value.clone())
    }

    /// What is different about the answer that came here.
    fn differs(&self, here: &Answer) -> Option<String> {
        let told = |answer: &Answer| {
            format!(
                "{} {} {} {:?}",
                answer.status,
                answer.content_type,
                masked(&answer.body),
                answer.description.as_deref().map(masked)
            )
        };
        let (here, there) = (told(here), told(&self.answer));
        (here != there).then(|| format!("{}: {here}\n   not {there}", self.name))
    }
}

fn unescape(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

/// A text without the ids and times in it, which no two clouds share.
fn masked(text: &str) -> String {
    let mut text = text.to_string();
    for before in ["please retry after ", "\"expireAfter\":", "<expireAfter>"] {
        // Real servers tell the interval in seconds where nothing was counted, which is the same here.
        if let Some((head, tail)) = text.split_once(before)
            && let digits = tail.chars().take_while(char::is_ascii_digit).count()
            && digits > 2
        {
            text = format!("{head}{before}MS{}", &tail[digits..]);
        }
    }
    let text = text.as_str();
    let mut masked = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let uuid = rest
            .get(..36)
            .filter(|uuid| uuid.len() == 36 && uuid::Uuid::parse_str(uuid).is_ok());
        let taken = uuid.map_or(letter.len_utf8(), str::len);
        masked.push_str(uuid.map_or(&rest[..taken], |_| "UUID"));
        rest = &rest[taken..];
    }
    masked
}

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
    for exchange in exchanges(include_str!("../../../tests/recorded/throttle.jsonl")) {
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
    for exchange in exchanges(include_str!("../../../tests/recorded/usage.jsonl")) {
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
