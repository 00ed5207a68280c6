//! The built-in cloud as other programs meet it: served on ports of its own.

use std::io::{Read, Write};

use crate::support::Home;

/// What a GET without keys is answered there, head and all.
fn get(url: &str, query: &str) -> String {
    let (address, path) = url["http://".len()..].split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /{path}?{query} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn it_is_served_with_keys_and_where_asked_without() {
    let home = Home::new();
    let served = home
        .run("-o json devcloud serve --integration 127.0.0.1:0")
        .started();
    let told: serde_json::Value = serde_json::from_str(&served.line).unwrap();
    let url = |name: &str| told[name].as_str().unwrap();
    assert!(get(url("url"), "command=listZones").starts_with("HTTP/1.1 401"));
    let zones = get(url("integrationurl"), "command=listZones");
    assert!(zones.contains("<name>devcloud</name>"), "{zones}");
    drop(served);
    let served = home
        .run("-o json devcloud serve --listen=127.0.0.1:0")
        .started();
    assert!(!served.line.contains("integrationurl"), "{}", served.line);
}

#[test]
fn it_is_served_in_the_manner_that_is_asked_for() {
    let home = Home::new();
    let served = home.run("-o json devcloud serve --as kcps").started();
    let told: serde_json::Value = serde_json::from_str(&served.line).unwrap();
    let answer = get(told["url"].as_str().unwrap(), "command=listApis");
    assert!(
        answer.contains("<errortext> Forbidden </errortext>"),
        "{answer}"
    );
    assert!(told.get("awsapiurl").is_none());
    drop(served);
    let served = home.run("-o json devcloud serve --as=cloudn").started();
    let told: serde_json::Value = serde_json::from_str(&served.line).unwrap();
    let answer = get(
        told["awsapiurl"].as_str().unwrap(),
        "Action=CloudEC2Version",
    );
    assert!(answer.contains("<CloudEC2Version>2012-08-15<"), "{answer}");
}

#[test]
fn it_is_filled_on_demand() {
    let home = Home::new();
    let seen = home.run("devcloud seed large").seen().status(0);
    assert!(seen.stderr.contains("10000 machines"), "{seen:?}");
    let page = home
        .run("list virtualmachines page=20 pagesize=500 filter=name -o csv")
        .ok();
    assert_eq!(page.lines().count(), 501);
    assert!(home.run("devcloud seed").fails(2).contains("seed large"));
}

#[test]
fn addresses_are_checked_before_it_is_served() {
    let home = Home::new();
    for (line, status, said) in [
        ("devcloud serve --integration", 2, "devcloud takes"),
        ("devcloud serve --port 1", 2, "devcloud takes"),
        ("devcloud serve --as", 2, "devcloud takes"),
        (
            "devcloud serve --as azure",
            2,
            "it speaks as cloudstack, 4.0, kcps, cloudn",
        ),
        (
            "devcloud serve --listen here",
            2,
            "--listen here: not an address",
        ),
        ("devcloud serve --integration 0.0.0.0:0", 7, "loopback"),
    ] {
        let seen = home.run(line).fails(status);
        assert!(seen.contains(said), "{line}: {seen}");
    }
}
