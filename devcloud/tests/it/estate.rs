//! What the cloud itself is made of: how much there is of it, and its own machines.

use crate::support::World;

#[test]
fn capacity_is_told_in_per_cent() {
    let world = World::new();
    let memory = || world.rows("listCapacity", &[("type", "0")])[0].clone();
    assert_eq!(memory()["percentused"], "0");
    world.machine("one");
    let used = memory();
    assert_eq!(used["capacityused"], 100 << 20);
    assert_eq!(used["percentused"], "0.15");
    let rows = world.rows("listCapacity", &[]);
    let names: Vec<&str> = rows
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"CPU") && names.contains(&"VIRTUAL_NETWORK_PUBLIC_IP"),
        "{names:?}"
    );
    let sorted = world.rows("listCapacity", &[("sortby", "usage")]);
    assert_ne!(sorted[0]["percentused"], "0");
    let cluster = world.first("listClusters", &[]);
    let rows = world.rows("listCapacity", &[("clusterid", &cluster)]);
    assert_eq!(rows[0]["clustername"], "devcloud-cluster");
}

#[test]
fn a_large_world_has_hosts_for_its_machines() {
    let world = World::new();
    devcloud::fill(&world.state(), 200, 2, 10).unwrap();
    for row in world.rows("listCapacity", &[]) {
        let percent: f64 = row["percentused"].as_str().unwrap().parse().unwrap();
        assert!(percent <= 100.0, "{row}");
    }
    assert_eq!(world.rows("listHosts", &[]).len(), 5);
}

#[test]
fn hosts_have_only_so_much_room() {
    let world = World::new();
    let offering = world.ok(
        "createServiceOffering",
        &[
            ("name", "huge"),
            ("displaytext", "huge"),
            ("cpunumber", "1"),
            ("cpuspeed", "100"),
            ("memory", "50000"),
        ],
    )["serviceoffering"]["id"]
        .clone();
    let zone = world.first("listZones", &[]);
    let template = world.first("listTemplates", &[("templatefilter", "featured")]);
    let machine = [
        ("zoneid", zone.as_str()),
        ("templateid", &template),
        ("serviceofferingid", offering.as_str().unwrap()),
    ];
    world.done("deployVirtualMachine", &machine);
    let (code, text) = world.fails("deployVirtualMachine", &machine);
    assert!(code == 533, "{text}");
    assert!(
        text.starts_with("Unable to create a deployment for VM[User|i-2-"),
        "{text}"
    );
}

#[test]
fn system_machines_stop_start_and_are_replaced() {
    let world = World::new();
    let proxy = world.first("listSystemVms", &[("systemvmtype", "consoleproxy")]);
    let id = [("id", proxy.as_str())];
    let state = || world.rows("listSystemVms", &id)[0]["state"].clone();
    world.done("stopSystemVm", &id);
    assert_eq!(state(), "Stopped");
    assert_eq!(world.fails("rebootSystemVm", &id).0, 530);
    world.done("startSystemVm", &id);
    world.done("rebootSystemVm", &id);
    assert_eq!(state(), "Running");
    world.done("destroySystemVm", &id);
    let rows = world.rows("listSystemVms", &[]);
    assert_eq!(
        (rows.len(), &rows[1]["name"]),
        (2, &serde_json::json!("v-3-VM"))
    );
    assert_eq!(
        world.rows("listOsCategories", &[("name", "Other")]).len(),
        1
    );
}
