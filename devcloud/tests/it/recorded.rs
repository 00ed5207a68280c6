//! Recorded refusals of a real server, asked for again here: the same status, content type, envelope, codes and words.

use serde_json::Value;

use crate::support::{World, get, signed};

/// Refusals that have to do with what that server had, or with APIs and ways in that are not offered here.
fn elsewhere(name: &str, command: &str, offered: &[String]) -> bool {
    name.starts_with("session")
        || name.starts_with("login")
        || name.starts_with("sign")
        || name.starts_with("auth")
        || name.starts_with("port8096")
        || name.starts_with("post")
        || name.starts_with("empty-query")
        || name.starts_with("method")
        || name.starts_with("updateConfiguration-bad")
        || (!offered.iter().any(|known| known == command)
            && !name.contains("unknown")
            && !name.contains("no-command"))
}

fn unescape(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

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
    for line in include_str!("../../../tests/recorded/calls.jsonl").lines() {
        let exchange: Value = serde_json::from_str(line).unwrap();
        let name = exchange["name"].as_str().unwrap();
        let (Some(query), Some(body)) = (
            exchange["request"]["query"].as_str(),
            exchange["body"].as_str(),
        ) else {
            continue;
        };
        let params: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_string(), unescape(value)))
            .filter(|(name, _)| !["apikey", "signature"].contains(&name.to_lowercase().as_str()))
            .collect();
        let command = params
            .iter()
            .find(|(name, _)| name == "command")
            .map_or("", |(_, value)| value);
        if exchange["status"] == 200 || elsewhere(name, command, &offered) {
            continue;
        }
        let borrowed: Vec<(&str, &str)> = params
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let answer = get(&world.cloud, &signed(&world.admin(), "", &borrowed));
        compared += 1;
        let described = exchange["headers"]["x-description"]
            .as_str()
            .map(String::from);
        let same = answer.status == exchange["status"]
            && answer.content_type == exchange["content_type"].as_str().unwrap_or_default()
            && answer.body == body
            && answer.description == described;
        if !same {
            wrong.push(format!(
                "{name}: {} {} {:?}\n   not {} {body} {described:?}",
                answer.status, answer.body, answer.description, exchange["status"]
            ));
        }
    }
    assert!(compared > 20, "{compared}");
    assert!(
        wrong.is_empty(),
        "{compared} compared\n{}",
        wrong.join("\n")
    );
}
