//! A large world: many machines, networks and disks, each its own, fetched page by page.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::World;

/// All rows of a list, in pages.
fn pages(world: &World, api: &str, size: usize) -> Vec<Value> {
    let size = size.to_string();
    let pages = (1..).map(|page: usize| {
        let page = page.to_string();
        world.rows(api, &[("page", page.as_str()), ("pagesize", &size)])
    });
    pages
        .take_while(|rows| !rows.is_empty())
        .flatten()
        .collect()
}

fn distinct(rows: &[Value], pointer: &str) -> usize {
    let values: HashSet<&str> = rows
        .iter()
        .map(|row| row.pointer(pointer).unwrap().as_str().unwrap())
        .collect();
    values.len()
}

#[test]
fn everything_in_a_large_world_is_its_own() {
    let world = World::new();
    devcloud::fill(&world.state(), 1200, 60, 300).unwrap();
    let machines = pages(&world, "listVirtualMachines", 500);
    assert_eq!(machines.len(), 1200);
    for field in [
        "/id",
        "/name",
        "/instancename",
        "/nic/0/ipaddress",
        "/nic/0/macaddress",
    ] {
        assert_eq!(distinct(&machines, field), 1200, "{field}");
    }
    assert_eq!(distinct(&machines, "/state"), 3);
    assert_eq!(distinct(&machines, "/nic/0/networkid"), 60);
    let networks = pages(&world, "listNetworks", 7);
    assert_eq!(
        (distinct(&networks, "/name"), distinct(&networks, "/cidr")),
        (60, 60)
    );
    let volumes = pages(&world, "listVolumes", 500);
    assert_eq!((volumes.len(), distinct(&volumes, "/name")), (300, 300));
    let attached: Vec<Value> = volumes
        .into_iter()
        .filter(|volume| volume["state"] == "Ready")
        .collect();
    assert_eq!(
        (attached.len(), distinct(&attached, "/virtualmachineid")),
        (150, 150)
    );
    let unpaged = world.ok("listVirtualMachines", &[]);
    let shown = unpaged["virtualmachine"].as_array().unwrap().len();
    assert_eq!((&unpaged["count"], shown), (&json!(1200), 500));
}

#[test]
fn lists_of_a_large_world_are_chosen_from_as_those_of_a_small_one() {
    let world = World::new();
    devcloud::fill(&world.state(), 100, 10, 0).unwrap();
    let count = |params: &[(&str, &str)]| world.rows("listVirtualMachines", params).len();
    assert_eq!(count(&[("state", "running")]), 70);
    assert_eq!(count(&[("state", "Stopped"), ("zoneid", "1")]), 25);
    assert_eq!(count(&[("name", "vm-00007")]), 1);
    assert_eq!(count(&[("name", "vm-00007"), ("state", "Stopped")]), 0);
    assert_eq!(count(&[("keyword", "VM-0001")]), 10);
    assert_eq!(count(&[("id", "7"), ("name", "vm-00008")]), 0);
    let offering = world.first("listServiceOfferings", &[]);
    assert_eq!(count(&[("serviceofferingid", &offering)]), 34);
    let stopped = world.rows("listVirtualMachines", &[("state", "Stopped")]);
    let id = stopped[0]["id"].as_str().unwrap();
    assert_eq!(
        world.job("startVirtualMachine", &[("id", id)])["jobstatus"],
        1
    );
    assert_eq!(count(&[("state", "Running")]), 71);
    world.machine("one-more");
    assert_eq!(count(&[]), 101);
    let accounts = world.ok("listAccounts", &[]);
    assert_eq!(accounts["account"][0]["vmtotal"], 101);
    let network = world.first("listNetworks", &[]);
    assert_eq!(
        world
            .refused(&world.admin(), "deleteNetwork", &[("id", &network)])
            .0,
        530
    );
}

#[test]
fn a_world_is_filled_twice_or_not_at_all() {
    let world = World::new();
    for _ in 0..2 {
        devcloud::fill(&world.state(), 40, 2, 5).unwrap();
    }
    let machines = world.rows("listVirtualMachines", &[]);
    assert_eq!(
        (
            distinct(&machines, "/name"),
            distinct(&machines, "/nic/0/ipaddress")
        ),
        (80, 80)
    );
    assert_eq!(world.rows("listVolumes", &[]).len(), 10);
    let error = devcloud::fill(&world.state(), 251, 1, 0).unwrap_err();
    assert!(error.to_string().contains("need 2 networks"), "{error}");
    assert_eq!(world.rows("listNetworks", &[]).len(), 4);
}
