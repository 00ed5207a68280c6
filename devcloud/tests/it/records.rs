//! Lists that look at a cloud from above: free addresses, domains below another, measures, and what was put away of events
//! and alerts.

use serde_json::{Value, json};

use crate::support::World;

fn texts(rows: &[Value], field: &str) -> Vec<String> {
    rows.iter()
        .map(|row| row[field].as_str().unwrap().to_string())
        .collect()
}

#[test]
fn free_addresses_are_listed_where_administrators_ask_for_them() {
    let world = World::new();
    let (network, _) = world.in_network("one");
    let given = world.done("associateIpAddress", &[("networkid", &network)]);
    let given = given["ipaddress"].as_str().unwrap();
    let all = [
        ("allocatedonly", "false"),
        ("pagesize", "500"),
        ("page", "1"),
    ];
    let rows = world.rows("listPublicIpAddresses", &all);
    let states = |state: &str| rows.iter().filter(|row| row["state"] == state).count();
    assert_eq!(states("Allocated"), 2, "with the source NAT address");
    assert!(states("Free") > 10);
    let mut addresses = texts(&rows, "ipaddress");
    assert!(addresses.contains(&given.to_string()));
    let count = addresses.len();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), count, "each once");
    let mut ids = texts(&rows, "id");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "each with an id of its own");
    let free = [&all[..], &[("state", "Free")]].concat();
    let free = world.rows("listPublicIpAddresses", &free);
    assert_eq!(free.len(), states("Free"));
    assert_eq!(free[0].get("account"), None);
    assert_eq!(world.rows("listPublicIpAddresses", &[]).len(), 2);
    let user = world.user("u", "0", None);
    assert_eq!(
        world.ok_as(&user, "listPublicIpAddresses", &all),
        json!({}),
        "users see their own"
    );
}

#[test]
fn domains_are_listed_below_another() {
    let world = World::new();
    let root = world.first("listDomains", &[("name", "ROOT")]);
    let domain = |name: &str, above: &str| {
        let made = world.ok("createDomain", &[("name", name), ("parentdomainid", above)]);
        made["domain"]["id"].as_str().unwrap().to_string()
    };
    let top = domain("top", &root);
    let sub = domain("sub", &top);
    domain("leaf", &sub);
    domain("side", &root);
    let names = |params: &[(&str, &str)]| texts(&world.rows("listDomainChildren", params), "name");
    assert_eq!(names(&[]), ["top", "side"]);
    assert_eq!(names(&[("id", &top)]), ["sub"]);
    let all = [("id", top.as_str()), ("isrecursive", "true")];
    assert_eq!(names(&all), ["sub", "leaf"]);
    assert_eq!(names(&[("name", "leaf"), ("listall", "true")]), ["leaf"]);
    let chief = world.user("chief", "2", Some(&top));
    let body = world.ok_as(&chief, "listDomainChildren", &[]);
    assert_eq!(body["domain"][0]["name"], "sub");
    assert_eq!(
        world
            .refused(&chief, "listDomainChildren", &[("id", &root)])
            .0,
        531
    );
    let user = world.user("u", "0", Some(&top));
    assert_eq!(world.refused(&user, "listDomainChildren", &[]).0, 432);
}

#[test]
fn events_are_archived_by_those_whose_they_are() {
    let world = World::new();
    world.machine("one");
    let user = world.user("u", "0", None);
    let events = || world.rows("listEvents", &[("type", "VM.CREATE")]);
    assert_eq!(events().len(), 3);
    let first = events()[0]["id"].as_str().unwrap().to_string();
    let one = [("ids", first.as_str())];
    assert_eq!(
        world.refused(&user, "archiveEvents", &one),
        (
            431,
            "Unable to archive Events, one or more parameters has invalid values".into()
        )
    );
    world.ok("archiveEvents", &one);
    assert_eq!(events().len(), 2);
    assert!(events().iter().all(|event| event["id"] != *first));
    world.ok("archiveEvents", &[("type", "VM.CREATE")]);
    assert_eq!(events().len(), 0);
    assert_eq!(world.fails("archiveEvents", &[]).0, 431);
}

#[test]
fn alerts_are_archived_and_deleted() {
    let world = World::new();
    let alerts = || world.rows("listAlerts", &[]);
    let first = alerts()[0]["id"].as_str().unwrap().to_string();
    assert_eq!(world.fails("deleteAlerts", &[]).0, 431);
    assert_eq!(world.fails("archiveAlerts", &[("ids", "nobody")]).0, 431);
    let before = alerts().len();
    world.ok("archiveAlerts", &[("ids", &first)]);
    assert_eq!(alerts().len(), before - 1);
    world.ok("deleteAlerts", &[("type", "ALERT.MANAGEMENT")]);
    assert_eq!(
        world.fails("archiveAlerts", &[("ids", &first)]).0,
        431,
        "gone"
    );
}

#[test]
fn measures_follow_what_runs() {
    let world = World::new();
    let host = || world.rows("listHostsMetrics", &[])[0].clone();
    assert_eq!(host()["instances"], "0 / 0");
    let machine = world.machine("one");
    let id = machine["id"].as_str().unwrap();
    let busy = host();
    assert_eq!(busy["instances"], "1 / 1");
    assert_ne!(busy["cpuallocatedghz"], "0.00 Ghz");
    assert_eq!(busy["name"], "devcloud-host", "beside what the host is");
    let measured = &world.rows("listVirtualMachinesMetrics", &[("id", id)])[0];
    assert_eq!(measured["cputotal"], "0.1 Ghz");
    assert_eq!(measured["memorytotal"], "0.10 GB");
    assert_eq!(measured["ipaddress"], machine["nic"][0]["ipaddress"]);
    let volumes = world.rows("listVolumesMetrics", &[("virtualmachineid", id)]);
    assert_eq!(volumes[0]["sizegb"], "0.05 GB");
    let pool = &world.rows("listStoragePoolsMetrics", &[])[0];
    assert_eq!(pool["disksizetotalgb"], "1024.00 GB");
    let all = world.ok("listInfrastructure", &[]);
    assert_eq!(
        (
            &all["infrastructure"]["hosts"],
            &all["infrastructure"]["routers"]
        ),
        (&json!(1), &json!(1))
    );
    world.done("stopVirtualMachine", &[("id", id)]);
    assert_eq!(host()["instances"], "0 / 0");
}
