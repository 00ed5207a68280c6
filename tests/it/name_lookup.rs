//! Names in place of ids: looked up before a call is sent, on the built-in cloud and on one that stands in.

use crate::stand_in::{Asked, StandIn, json, refused};
use crate::support::{Home, Seen};

const DEPLOY: [&str; 5] = [
    "deploy",
    "virtualmachine",
    "zoneid=name:devcloud",
    "templateid=name:tiny Linux",
    "serviceofferingid=name:TINYOFFERING",
];

/// The addresses that were sent to, as the log has them, without how they begin.
fn sent(home: &Home) -> Vec<String> {
    let log = home.path().join(".local/state/capuchin/capuchin.log");
    let text = std::fs::read_to_string(log).unwrap();
    let addresses = text.split(['\t', '\n']);
    addresses
        .filter_map(|part| Some(part.split_once("?command=")?.1.to_string()))
        .collect()
}

fn sends(home: &Home, api: &str) -> Vec<String> {
    let begins = format!("{api}&");
    let sent = sent(home).into_iter();
    sent.filter(|call| call.starts_with(&begins)).collect()
}

fn deploy(home: &Home, more: &[&str]) -> Seen {
    let words: Vec<&str> = DEPLOY.iter().chain(more).copied().collect();
    home.args(&words).seen()
}

#[test]
fn names_become_ids_and_what_is_known_narrows_the_next() {
    let home = Home::new();
    let zone = home.value("list zones", "id");
    let seen = deploy(&home, &["name=web"]);
    assert_eq!(seen.status, 0, "{}", seen.stderr);
    assert!(!seen.stderr.contains("is no id"), "{}", seen.stderr);
    let call = sends(&home, "deployVirtualMachine").remove(0);
    assert!(call.contains(&format!("zoneid={zone}")), "{call}");
    assert!(!call.contains("name%3A"), "{call}");
    let templates = sends(&home, "listTemplates").remove(0);
    assert!(templates.contains(&format!("zoneid={zone}")), "{templates}");
    assert!(
        templates.contains("templatefilter=executable"),
        "{templates}"
    );
    assert!(templates.contains("keyword=tiny%20Linux"), "{templates}");

    // Its own name does for its id, in a script too, and only the changing calls are in the ledger.
    let seen = home.script("stop virtualmachine id=name:web filter=state\njobs all filter=api");
    assert_eq!(seen.status, 0, "{}", seen.stderr);
    assert!(seen.stdout.contains("state = Stopped"), "{}", seen.stdout);
    assert!(!seen.stdout.contains("api = list"), "{}", seen.stdout);
}

#[test]
fn a_name_that_nothing_has_is_told_with_the_nearest_and_nothing_is_sent() {
    let home = Home::new();
    home.run("deploy virtualmachine zoneid=name:devclod templateid=1 serviceofferingid=1")
        .seen()
        .status(2)
        .err("`deploy virtualmachine` was not sent: `zoneid=name:devclod`")
        .err("hint: did you mean `devcloud`?");
    home.run("destroy virtualmachine id=name:web -o json")
        .seen()
        .status(2)
        .err("\"kind\":\"line\"")
        .err("has nothing in it");
    home.run("destroy virtualmachine id=name:")
        .seen()
        .status(2)
        .err("there is no name after `name:`");
    assert!(sends(&home, "deployVirtualMachine").is_empty());
    assert!(sends(&home, "destroyVirtualMachine").is_empty());
}

#[test]
fn of_several_things_of_one_name_each_is_shown_and_none_is_taken() {
    let home = Home::new();
    let volumes: Vec<String> = (0..2)
        .map(|_| home.value("create volume name=data size=1 zoneid=name:devcloud", "id"))
        .collect();
    let seen = home.run("delete volume id=name:data").seen();
    assert_eq!(seen.status, 2, "{}", seen.stderr);
    assert!(seen.stderr.contains("2 have that name"), "{}", seen.stderr);
    for id in &volumes {
        let row = format!("{id}  data  Allocated  devcloud");
        assert!(seen.stderr.contains(&row), "{}", seen.stderr);
    }
    assert!(sends(&home, "deleteVolume").is_empty());
}

#[test]
fn names_stand_in_lists_beside_ids_but_not_with_commas() {
    let home = Home::new();
    let mut ids = Vec::new();
    for name in ["a", "b"] {
        ids.push(home.value(
            &format!(
                "create network name={name} displaytext={name} zoneid=name:devcloud \
                 networkofferingid=name:DefaultIsolatedNetworkOfferingWithSourceNatService"
            ),
            "id",
        ));
    }
    let networks = format!("networkids=name:b,{}", ids[0]);
    let seen = deploy(&home, &["name=two", &networks]);
    assert_eq!(seen.status, 0, "{}", seen.stderr);
    let call = sends(&home, "deployVirtualMachine").remove(0);
    let both = format!("networkids={}%2C{}", ids[1], ids[0]);
    assert!(call.contains(&both), "{call}");

    let seen = deploy(&home, &["name=three", "networkids=name:a, b"]);
    assert_eq!(seen.status, 2, "{}", seen.stderr);
    assert!(
        seen.stderr
            .contains("a name with a comma in it cannot stand in a list"),
        "{}",
        seen.stderr
    );
    assert_eq!(sends(&home, "deployVirtualMachine").len(), 1);
}

#[test]
fn only_what_takes_ids_is_looked_up_and_only_in_checked_calls() {
    let home = Home::new();
    home.run("create volume name=name:x size=1 zoneid=name:devcloud filter=name")
        .seen()
        .status(0)
        .out("name = name:x");
    home.run("api listVirtualMachines id=name:web")
        .seen()
        .status(1);
    let calls = sends(&home, "listVirtualMachines");
    assert!(calls[0].contains("id=name%3Aweb"), "{calls:?}");
}

const APIS: &str = r#"{"listapisresponse":{"api":[
    {"name":"deployVirtualMachine","params":[{"name":"networkids","type":"list"},{"name":"zoneid","type":"uuid"},
        {"name":"iptonetworklist","type":"map"},{"name":"details","type":"map"},{"name":"secretid","type":"uuid"}]},
    {"name":"listNetworks","params":[{"name":"zoneid","type":"uuid"},{"name":"page","type":"integer"},
        {"name":"pagesize","type":"integer"}]},
    {"name":"listZones","params":[{"name":"keyword","type":"string"},{"name":"page","type":"integer"},
        {"name":"pagesize","type":"integer"}]}]}}"#;

/// A cloud whose zones have no `x` under a keyword but under their description, and whose networks come in two pages.
fn stand_in(zones: fn(&Asked) -> String) -> StandIn {
    StandIn::new(move |asked| match asked.api() {
        "listApis" => json(APIS),
        "listZones" => zones(asked),
        "listNetworks" if asked.param("zoneid") != Some("7") => refused(431, "listNetworks", "no"),
        "listNetworks" => {
            let row = |id: usize| format!(r#"{{"id":"{id}","name":"n{id}"}}"#);
            let from = asked.param("page").map_or(1, |page| page.parse().unwrap());
            let rows: Vec<String> = (from * 2 - 1..=from * 2).map(row).collect();
            let body = format!(r#"{{"r":{{"count":4,"network":[{}]}}}}"#, rows.join(","));
            json(&body)
        }
        _ => json(r#"{"r":{"success":"true"}}"#),
    })
}

const KEYS: &str = "apikey = \"KEY\"\nsecretkey = \"SECRET\"";

#[test]
fn names_are_found_in_the_order_that_they_need_in_whole_lists_and_in_members() {
    let cloud = stand_in(|asked| match asked.param("keyword") {
        Some(_) => json(r#"{"r":{}}"#),
        None => json(r#"{"r":{"count":1,"zone":[{"id":"7","description":"the zone"}]}}"#),
    });
    let home = cloud.home(KEYS);
    home.args(&[
        "deploy",
        "virtualmachine",
        "networkids=name:n4,name:n1",
        "iptonetworklist[0].networkid=name:n3",
        "details[0].note=name:n1",
        "zoneid=name:the zone",
    ])
    .seen()
    .status(0);
    let call = cloud.asked("deployVirtualMachine").remove(0);
    assert_eq!(call.param("networkids"), Some("4%2C1"));
    assert_eq!(call.param("iptonetworklist[0].networkid"), Some("3"));
    assert_eq!(call.param("details[0].note"), Some("name%3An1"));
    assert_eq!(call.param("zoneid"), Some("7"));
}

#[test]
fn a_look_up_that_fails_says_what_was_looked_up_and_nothing_is_sent() {
    let cloud = stand_in(|_| refused(401, "listZones", "unable to verify user credentials"));
    let home = cloud.home(KEYS);
    home.run("deploy virtualmachine zoneid=name:devcloud")
        .seen()
        .status(1)
        .err("`zoneid=name:devcloud` could not be looked up, and deployVirtualMachine was not sent: listZones")
        .err("hint: the catalogue has this call, so it is the API key");
    home.run("deploy virtualmachine secretid=name:x")
        .seen()
        .status(2)
        .err("no list is known of what it takes");
    assert!(cloud.asked("deployVirtualMachine").is_empty());
}

#[test]
fn a_machine_is_not_called_as_the_host_that_it_runs_on() {
    let home = Home::new();
    deploy(&home, &["name=web"]).status(0);
    let host = home.value("list virtualmachines", "hostname");
    home.args(&["stop", "virtualmachine", &format!("id=name:{host}")])
        .seen()
        .status(2)
        .err("nothing of that name");
    assert!(sends(&home, "stopVirtualMachine").is_empty());
    let line = format!("stop virtualmachine id={host}");
    let offered = home.args(&["complete", "--values", &line]).seen().status(0);
    assert_eq!(offered.stdout, "");
}

#[test]
fn one_of_a_name_in_a_part_of_a_list_is_not_taken_before_the_rest_is_seen() {
    let cloud = stand_in(|asked| match asked.param("keyword") {
        // The keyword is not looked for in this field.
        Some(_) => json(r#"{"r":{}}"#),
        None => {
            let row = |id: usize| format!(r#"{{"id":"{id}","displayname":"d{}"}}"#, id % 3);
            let from = asked.param("page").map_or(1, |page| page.parse().unwrap());
            let rows: Vec<String> = (from * 3 - 2..=from * 3).map(row).collect();
            json(&format!(
                r#"{{"r":{{"count":6,"zone":[{}]}}}}"#,
                rows.join(",")
            ))
        }
    });
    let home = cloud.home(KEYS);
    home.run("deploy virtualmachine zoneid=name:d1")
        .seen()
        .status(2)
        .err("2 have that name");
    home.run("deploy virtualmachine zoneid=name:d7")
        .seen()
        .status(2)
        .err("nor among its first 3");
    assert!(cloud.asked("deployVirtualMachine").is_empty());
}
