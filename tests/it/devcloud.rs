//! The built-in cloud as other programs meet it: served on ports of its own.

use std::io::{BufRead, BufReader, Read, Write};

use crate::support::{Home, Running};

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

#[test]
fn it_is_there_for_other_machines_only_where_told_and_then_it_says_so() {
    for (line, says) in [
        ("-o json devcloud serve", false),
        ("-o json devcloud serve --listen 0.0.0.0:0", true),
    ] {
        let home = Home::new();
        let mut child = home.run(line).piped();
        let mut told = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut told).unwrap();
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        let url = told["url"].as_str().unwrap();
        assert_eq!(url.starts_with("http://127.0.0.1:"), !says, "{url}");
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let warned = said.contains("can be reached from other machines");
        assert_eq!(warned, says, "{said}");
    }
}

/// The JSON that a call through a port without keys is answered, without its envelope; nothing where the server is gone.
fn told(url: &str, query: &str) -> Option<serde_json::Value> {
    let (address, path) = url["http://".len()..].split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    let request = format!(
        "GET /{path}?response=json&{query} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (_, body) = text.split_once("\r\n\r\n")?;
    let whole: serde_json::Value = serde_json::from_str(body).ok()?;
    whole.as_object()?.values().next().cloned()
}

#[test]
fn what_was_acknowledged_outlives_a_server_that_is_killed() {
    let home = Home::new();
    let serve = || {
        home.run("-o json devcloud serve --integration 127.0.0.1:0")
            .started()
    };
    let open = |served: &Running| -> String {
        let told: serde_json::Value = serde_json::from_str(&served.line).unwrap();
        told["integrationurl"].as_str().unwrap().into()
    };
    let served = serve();
    let url = open(&served);
    let first = |query: &str| {
        let list = told(&url, query).unwrap();
        let rows = list
            .as_object()
            .unwrap()
            .values()
            .find(|rows| rows.is_array());
        rows.unwrap()[0]["id"].as_str().unwrap().to_string()
    };
    let deploy = format!(
        "command=deployVirtualMachine&zoneid={}&templateid={}&serviceofferingid={}",
        first("command=listZones"),
        first("command=listTemplates&templatefilter=featured"),
        first("command=listServiceOfferings")
    );
    let (acknowledge, acknowledged) = std::sync::mpsc::channel();
    let calls = |place: usize| {
        // One that makes domains at once, and one that has machines made by jobs.
        (0..).map_while(move |round| {
            let query = match place {
                0 => format!("command=createDomain&name=d-{round}"),
                _ => format!("{deploy}&name=m-{place}-{round}"),
            };
            told(&url, &query)
        })
    };
    let mut seen = Vec::new();
    std::thread::scope(|scope| {
        for place in 0..3 {
            let (answers, acknowledge) = (calls.clone()(place), acknowledge.clone());
            scope.spawn(move || answers.for_each(|answer| acknowledge.send(answer).unwrap()));
        }
        drop(acknowledge);
        seen.extend(acknowledged.iter().take(40));
        // Killed as by kill -9, whatever it is doing.
        drop(served);
        seen.extend(acknowledged.iter());
    });
    let served = serve();
    let url = open(&served);
    let ids = |query: &str| told(&url, query).unwrap().to_string();
    let domains = ids("command=listDomains&listall=true");
    let machines = ids("command=listVirtualMachines&listall=true");
    for answer in seen {
        if let Some(domain) = answer["domain"]["id"].as_str() {
            assert!(domains.contains(domain), "{answer}");
            continue;
        }
        let (machine, job) = (answer["id"].as_str(), answer["jobid"].as_str());
        assert!(machines.contains(machine.unwrap()), "{answer}");
        let job = told(
            &url,
            &format!("command=queryAsyncJobResult&jobid={}", job.unwrap()),
        );
        assert!(job.unwrap()["jobstatus"].is_number(), "{answer}");
    }
}
