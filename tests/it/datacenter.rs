//! A datacentre from a file: the calls of a recorded zone in their order, gone on with after an error, and used in the end.

use crate::support::{Home, Seen};

const ADVANCED: &str = include_str!("../../scenarios/datacenter/advanced.cfg");
const BASIC: &str = include_str!("../../scenarios/datacenter/basic.cfg");
const GROUPS: &str = include_str!("../../scenarios/datacenter/advanced-security-groups.cfg");
const RECORDED: &str = include_str!("../recorded/seed.jsonl");

/// A home whose built-in cloud has no zone and jobs that end at once, with these files.
fn empty(files: &[(&str, &str)]) -> Home {
    let home = Home::new();
    home.run("devcloud reset --empty").ok();
    home.job_milliseconds(0);
    for (name, text) in files {
        home.file(name, text);
    }
    home
}

/// An API and the names of its parameters.
type Sent = (String, Vec<String>);

fn sent(query: &str) -> Option<Sent> {
    const WIRE: [&str; 4] = ["command", "response", "apiKey", "signature"];
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
    let (_, api) = pairs.clone().find(|(name, _)| *name == "command")?;
    let names = pairs
        .by_ref()
        .map(|(name, _)| name.to_string())
        .filter(|name| !WIRE.contains(&name.as_str()));
    Some((api.to_string(), names.collect())).filter(|(api, _)| api != "queryAsyncJobResult")
}

/// The calls that went for lines that begin so, jobs apart.
fn logged(home: &Home, line: &str) -> Vec<Sent> {
    let log = home.path().join(".local/state/capuchin/capuchin.log");
    let text = std::fs::read_to_string(log).unwrap();
    assert!(!text.contains("password=password"), "{text}");
    text.lines()
        .filter_map(|row| {
            let fields: Vec<&str> = row.split('\t').collect();
            let (_, query) = fields[2].split_once('?')?;
            fields[1].starts_with(line).then(|| sent(query)).flatten()
        })
        .collect()
}

fn recorded() -> Vec<Sent> {
    RECORDED
        .lines()
        .filter_map(|line| {
            let exchange: serde_json::Value = serde_json::from_str(line).unwrap();
            let request = &exchange["request"];
            let query = request["query"].as_str().or(request["body"].as_str());
            sent(query.unwrap())
        })
        .collect()
}

/// Deploys a machine in the one zone there is, and gives its fields.
fn machine(home: &Home) -> serde_json::Value {
    let zone = home.value("list zones", "name");
    let template = home.value("list templates templatefilter=featured", "id");
    let line = format!(
        "deploy virtualmachine zoneid=name:{zone} serviceofferingid=name:tinyOffering templateid={template} name=first -o json"
    );
    let told: serde_json::Value = serde_json::from_str(&home.run(&line).ok()).unwrap();
    told["virtualmachine"].clone()
}

fn deployed(home: &Home, file: &str) -> Seen {
    home.run(&format!("datacenter deploy {file} -o json"))
        .seen()
        .status(0)
}

#[test]
fn the_calls_are_those_of_a_recorded_zone_and_a_machine_runs_in_it() {
    let home = empty(&[("advanced.cfg", ADVANCED)]);
    let seen = deployed(&home, "advanced.cfg");
    let told: serde_json::Value = serde_json::from_str(&seen.stdout).unwrap();
    assert_eq!(told["zone"][0]["name"], "Sandbox-simulator");
    for said in [
        "\n 5/36 createZone Sandbox-simulator: ",
        "\n36/36 updateZone Sandbox-simulator: done\n",
        "only when the management server is restarted: enable.dynamic.scale.vm, ",
    ] {
        assert!(seen.stderr.contains(said), "{said}: {}", seen.stderr);
    }
    let mut went = logged(&home, "datacenter");
    // Whether it is there already is looked at only where something may be.
    const LOOKED: [&str; 3] = ["listApis", "listConfigurations", "listZones"];
    went.retain(|(api, _)| !LOOKED.contains(&api.as_str()));
    let mut wanted = recorded();
    // The VLANs are given again where there are some; who recorded it left them as they were.
    for (api, names) in &mut wanted {
        if api == "updatePhysicalNetwork" {
            names.push("vlan".into());
        }
    }
    assert_eq!(went, wanted);
    let machine = machine(&home);
    assert_eq!(machine["state"], "Running");
    assert_eq!(machine["hypervisor"], "Simulator");
    assert_eq!(
        home.value("list publicipaddresses", "ipaddress"),
        "192.168.2.2"
    );
    assert_eq!(home.value("list systemvms", "state"), "Running");
}

#[test]
fn what_is_there_is_found_and_nothing_is_made_twice() {
    let home = empty(&[("advanced.cfg", ADVANCED)]);
    deployed(&home, "advanced.cfg");
    let counts = |home: &Home| {
        let lines = ["zones", "pods", "hosts", "storagepools", "imagestores"];
        lines.map(|noun| home.run(&format!("list {noun} count=true")).ok())
    };
    let before = counts(&home);
    let seen = deployed(&home, "advanced.cfg");
    assert_eq!(counts(&home), before);
    for said in [
        "createZone Sandbox-simulator: is there already, ",
        "addHost http://sim/c1/h1: is there already, ",
        "updateZone Sandbox-simulator: is so already",
        "nothing was changed",
    ] {
        assert!(seen.stderr.contains(said), "{said}: {}", seen.stderr);
    }
}

#[test]
fn an_error_stops_it_and_the_next_run_goes_on_from_there() {
    let home = empty(&[("advanced.cfg", ADVANCED)]);
    for (api, status) in [("addHost", 1), ("createPhysicalNetwork", 4)] {
        let fault = ["devcloud", "fault", "add", api];
        let kind: &[&str] = match status {
            4 => &["job-fails", "the wire is cut", "once"],
            _ => &["533", "1"],
        };
        home.args(&[&fault[..], kind].concat()).ok();
    }
    let line = "datacenter deploy advanced.cfg";
    let said = home.run(line).fails(4);
    for part in [
        "createPhysicalNetwork Sandbox-pnet, call 6 of 36 (zones[0].physical_networks[0] in the file): ",
        "the wire is cut",
        "`datacenter deploy advanced.cfg` goes on from there",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = home.run(line).fails(1);
    assert!(said.contains("call 26 of 36"), "{said}");
    assert!(said.contains("createZone Sandbox-simulator: is there already"));
    home.run(line).ok();
    assert_eq!(home.run("list hosts count=true").ok().trim(), "4");
    assert_eq!(
        home.run("list physicalnetworks count=true").ok().trim(),
        "1"
    );
    assert_eq!(machine(&home)["state"], "Running");
}

#[test]
fn zones_with_security_groups_share_a_network() {
    for (file, text, address, later) in [
        ("basic.cfg", BASIC, "172.16.16.20", "podid"),
        ("groups.cfg", GROUPS, "172.16.17.20", "networkid"),
    ] {
        let home = empty(&[(file, text)]);
        deployed(&home, file);
        let went = logged(&home, "datacenter");
        let place = |api: &str| went.iter().position(|(name, _)| name == api);
        assert!(place("createNetwork") < place("createPod"), "{went:?}");
        let range = went.iter().find(|(api, _)| api == "createVlanIpRange");
        let (_, names) = range.unwrap();
        assert!(names.iter().any(|name| name == later), "{names:?}");
        let machine = machine(&home);
        assert_eq!(machine["nic"][0]["ipaddress"], address, "{file}");
        assert_eq!(machine["securitygroup"][0]["name"], "default", "{file}");
        let again = deployed(&home, file);
        assert!(again.stderr.contains("nothing was changed"), "{again:?}");
    }
}

#[test]
fn a_dry_run_sends_nothing_and_prints_lines_that_can_be_typed() {
    let home = empty(&[("advanced.cfg", ADVANCED)]);
    let lines = home.run("datacenter deploy advanced.cfg --dry-run").ok();
    assert!(logged(&home, "datacenter").is_empty());
    assert!(lines.contains("let zone = create zone name=Sandbox-simulator "));
    assert!(lines.contains(" zoneid=$zone.id "));
    assert!(
        lines.contains(" username=root password=********\n"),
        "{lines}"
    );
    home.script(&lines).status(0);
    assert_eq!(machine(&home)["state"], "Running");
    let again = deployed(&home, "advanced.cfg");
    assert!(again.stderr.contains("nothing was changed"), "{again:?}");
}

#[test]
fn a_file_that_is_none_is_refused_before_anything_is_sent() {
    let home = empty(&[
        ("broken.cfg", "# a comment\n{\"zones\": [\n{\"name\": }]}"),
        ("short.cfg", "{\"zones\": [{\"name\": \"z\"}]}"),
        (
            "typo.cfg",
            &ADVANCED.replace("\"guestcidraddress\"", "\"guestcidr\""),
        ),
    ]);
    home.file("bytes.cfg", [b'{', 0xff]);
    home.file("huge.cfg", vec![b' '; (16 << 20) + 1]);
    for (words, said) in [
        (
            "deploy broken.cfg",
            "broken.cfg: it is not JSON: expected value at line 3",
        ),
        (
            "deploy short.cfg",
            "short.cfg: zones[0].networktype is missing",
        ),
        ("deploy bytes.cfg", "bytes.cfg is not UTF-8 text (byte 1)"),
        ("deploy huge.cfg", "larger than 16 MB"),
        ("deploy none.cfg", "none.cfg could not be read"),
        ("deploy .", "could not be read"),
        ("deploy", "datacenter takes `deploy FILE [--dry-run]`"),
        ("deploy a.cfg --now", "datacenter takes"),
        ("destroy a.cfg", "datacenter takes"),
    ] {
        let message = home.run(&format!("datacenter {words}")).fails(2);
        assert!(message.contains(said), "{words}: {message}");
    }
    assert!(logged(&home, "datacenter").is_empty());
    home.run("datacenter deploy typo.cfg --dry-run")
        .seen()
        .status(0)
        .err("zones[0].guestcidr is unknown here and left out");
}
