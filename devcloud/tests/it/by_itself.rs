//! What happens as time goes by, without anybody calling for it: downloads end, policies take snapshots, groups of machines
//! keep their size, destroyed machines go.

use serde_json::{Value, json};

use crate::support::World;

/// A world in which downloads take their time and jobs do not wait for it.
fn in_real_time() -> World {
    let world = World::new();
    world.set("devcloud.job.milliseconds", "");
    world
}

/// What an asynchronous call made or changed, once the time has passed that its job takes.
fn done(world: &World, api: &str, params: &[(&str, &str)]) -> Value {
    let begun = world.ok(api, params);
    world.pass(2);
    let job = world.ended(begun["jobid"].as_str().unwrap());
    assert_eq!(job["jobstatus"], 1, "{api}: {job}");
    let result = job["jobresult"].as_object().unwrap();
    result.values().next().unwrap().clone()
}

#[test]
fn a_template_cannot_be_used_before_it_is_downloaded() {
    let world = in_real_time();
    let (zone, os) = (
        world.first("listZones", &[]),
        world.first("listOsTypes", &[]),
    );
    let made = world.ok(
        "registerTemplate",
        &[
            ("name", "mine"),
            ("displaytext", "mine"),
            ("format", "VHD"),
            ("hypervisor", "XenServer"),
            ("ostypeid", &os),
            ("url", "http://example.org/mine.vhd"),
            ("zoneid", &zone),
        ],
    );
    let id = made["template"][0]["id"].as_str().unwrap();
    let shown = || {
        let rows = world.rows("listTemplates", &[("templatefilter", "self"), ("id", id)]);
        (rows[0]["isready"].clone(), rows[0]["status"].clone())
    };
    assert_eq!(shown().0, json!(false));
    assert!(shown().1.as_str().unwrap().ends_with("% Downloaded"));
    let deploy = [
        ("zoneid", zone.as_str()),
        ("templateid", id),
        (
            "serviceofferingid",
            &world.first("listServiceOfferings", &[]),
        ),
    ];
    assert_eq!(
        world.fails("deployVirtualMachine", &deploy),
        (
            431,
            format!("Template {id} has not been completely downloaded to zone {zone}")
        )
    );
    world.pass(10);
    assert_eq!(shown(), (json!(true), json!("Download Complete")));
    assert_eq!(
        done(&world, "deployVirtualMachine", &deploy)["state"],
        "Running"
    );
}

#[test]
fn an_iso_and_a_volume_come_in_their_time_too() {
    let world = in_real_time();
    let zone = world.first("listZones", &[]);
    let machine = done(
        &world,
        "deployVirtualMachine",
        &[
            ("name", "one"),
            ("zoneid", &zone),
            (
                "templateid",
                &world.first("listTemplates", &[("templatefilter", "featured")]),
            ),
            (
                "serviceofferingid",
                &world.first("listServiceOfferings", &[]),
            ),
        ],
    );
    let iso = world.ok(
        "registerIso",
        &[
            ("name", "cd"),
            ("displaytext", "cd"),
            ("url", "http://example.org/cd.iso"),
            ("zoneid", &zone),
            ("bootable", "false"),
        ],
    );
    let iso = iso["iso"][0]["id"].as_str().unwrap();
    let attach = [
        ("id", iso),
        ("virtualmachineid", machine["id"].as_str().unwrap()),
    ];
    assert_eq!(world.fails("attachIso", &attach).0, 431);
    world.pass(10);
    let rows = world.rows("listIsos", &[("id", iso)]);
    assert_eq!(rows[0]["status"], "Successfully Installed");
    assert_eq!(done(&world, "attachIso", &attach)["isoid"], iso);
    let volume = done(
        &world,
        "uploadVolume",
        &[
            ("name", "up"),
            ("format", "VHD"),
            ("url", "http://example.org/up.vhd"),
            ("zoneid", &zone),
        ],
    );
    assert_eq!(volume["state"], "UploadOp");
    world.pass(10);
    let rows = world.rows("listVolumes", &[("id", volume["id"].as_str().unwrap())]);
    assert_eq!(rows[0]["state"], "Uploaded");
}

/// The id of the root volume of a machine that runs.
fn disk(world: &World) -> String {
    world.machine("one");
    world.first("listVolumes", &[("type", "ROOT")])
}

#[test]
fn a_policy_takes_snapshots_and_keeps_only_so_many() {
    let world = World::new();
    let volume = disk(&world);
    world.done(
        "createSnapshot",
        &[("volumeid", &volume), ("name", "by hand")],
    );
    let policy = world.ok(
        "createSnapshotPolicy",
        &[
            ("volumeid", volume.as_str()),
            ("intervaltype", "HOURLY"),
            ("schedule", "30"),
            ("timezone", "UTC"),
            ("maxsnaps", "2"),
        ],
    );
    let taken = || -> Vec<Value> {
        let rows = world.rows("listSnapshots", &[("volumeid", &volume)]);
        rows.into_iter()
            .filter(|row| row["intervaltype"] == "HOURLY")
            .collect()
    };
    assert_eq!(taken().len(), 0);
    world.pass(3600);
    assert_eq!(taken().len(), 1);
    assert!(taken()[0]["created"].as_str().unwrap().contains(":30:00+"));
    assert_eq!(taken()[0]["state"], "BackedUp");
    let first = taken()[0]["id"].clone();
    world.pass(5 * 3600);
    let kept = taken();
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().all(|snapshot| snapshot["id"] != first));
    let id = policy["snapshotpolicy"]["id"].as_str().unwrap();
    world.ok("deleteSnapshotPolicies", &[("id", id)]);
    world.pass(5 * 3600);
    assert_eq!(taken().len(), 2, "as they were");
    let all = world.rows("listSnapshots", &[("volumeid", &volume)]);
    assert!(all.iter().any(|row| row["name"] == "by hand"));
}

#[test]
fn a_policy_keeps_no_more_than_the_settings_allow() {
    let world = World::new();
    let volume = disk(&world);
    for (interval, schedule) in [
        ("HOURLY", "30"),
        ("DAILY", "30:1"),
        ("WEEKLY", "30:1:1"),
        ("MONTHLY", "30:1:1"),
    ] {
        let policy = |most: &str| {
            let params = [
                ("volumeid", volume.as_str()),
                ("intervaltype", interval),
                ("schedule", schedule),
                ("timezone", "UTC"),
                ("maxsnaps", most),
            ];
            world.json(&world.admin(), "createSnapshotPolicy", &params)
        };
        let refused = policy("9");
        assert_eq!(
            refused.inner()["errortext"],
            format!("maxSnaps: 9 exceeds limit: 8 for interval type: {interval}")
        );
        let setting = format!("snapshot.max.{}", interval.to_lowercase());
        world.set(&setting, "9");
        assert_eq!(policy("9").status, 200);
    }
}

#[test]
fn a_group_has_as_many_machines_as_it_shall_have() {
    let world = World::new();
    let (network, machine) = world.in_network("one");
    let address = world.id_of("associateIpAddress", &[("networkid", &network)]);
    let balancer = world.id_of(
        "createLoadBalancerRule",
        &[
            ("name", "lb"),
            ("publicipid", &address),
            ("publicport", "80"),
            ("privateport", "80"),
            ("algorithm", "roundrobin"),
        ],
    );
    let counter = world.id_of(
        "createCounter",
        &[("name", "cpu"), ("source", "cpu"), ("value", "1")],
    );
    let condition = world.id_of(
        "createCondition",
        &[
            ("counterid", counter.as_str()),
            ("relationaloperator", "GT"),
            ("threshold", "80"),
        ],
    );
    let policy = |action: &str| {
        let params = [
            ("action", action),
            ("conditionids", condition.as_str()),
            ("duration", "30"),
        ];
        world.id_of("createAutoScalePolicy", &params)
    };
    let rows = world.rows("listVirtualMachines", &[("id", &machine)]);
    let profile = world.id_of(
        "createAutoScaleVmProfile",
        &[
            ("zoneid", rows[0]["zoneid"].as_str().unwrap()),
            (
                "serviceofferingid",
                rows[0]["serviceofferingid"].as_str().unwrap(),
            ),
            ("templateid", rows[0]["templateid"].as_str().unwrap()),
        ],
    );
    let group = world.id_of(
        "createAutoScaleVmGroup",
        &[
            ("lbruleid", balancer.as_str()),
            ("minmembers", "2"),
            ("maxmembers", "3"),
            ("scaleuppolicyids", &policy("scaleup")),
            ("scaledownpolicyids", &policy("scaledown")),
            ("vmprofileid", &profile),
        ],
    );
    let members = || -> Vec<String> {
        let rows = world.rows("listLoadBalancerRuleInstances", &[("id", &balancer)]);
        rows.iter()
            .map(|row| row["id"].as_str().unwrap().to_string())
            .collect()
    };
    let first = members();
    assert_eq!(first.len(), 2);
    let rows = world.rows("listVirtualMachines", &[("networkid", &network)]);
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["state"] == "Running"));
    // One that goes is made up for when the group is looked after next.
    world.done(
        "destroyVirtualMachine",
        &[("id", &first[0]), ("expunge", "true")],
    );
    assert_eq!(members().len(), 1);
    world.pass(30);
    let second = members();
    assert_eq!(second.len(), 2);
    assert!(second.contains(&first[1]) && !second.contains(&first[0]));
    // A disabled group is left alone, and a smaller one gives machines up.
    world.done("disableAutoScaleVmGroup", &[("id", &group)]);
    let smaller = [
        ("id", group.as_str()),
        ("minmembers", "1"),
        ("maxmembers", "1"),
    ];
    world.done("updateAutoScaleVmGroup", &smaller);
    world.pass(300);
    assert_eq!(members().len(), 2);
    world.done("enableAutoScaleVmGroup", &[("id", &group)]);
    assert_eq!(members().len(), 1);
}

#[test]
fn a_destroyed_machine_goes_when_its_time_has_passed() {
    let world = World::new();
    let machine = |name: &str| world.machine(name)["id"].as_str().unwrap().to_string();
    let (gone, back) = (machine("gone"), machine("back"));
    let there = |id: &str| {
        let rows = world.rows("listVirtualMachines", &[]);
        rows.iter().any(|row| row["id"] == id)
    };
    for id in [&gone, &back] {
        world.done("destroyVirtualMachine", &[("id", id)]);
    }
    world.ok("recoverVirtualMachine", &[("id", &back)]);
    world.pass(86_000);
    assert!(there(&gone) && there(&back));
    world.pass(500);
    assert!(!there(&gone) && there(&back));
    world.set("expunge.delay", "10");
    world.done("destroyVirtualMachine", &[("id", &back)]);
    assert!(there(&back));
    world.pass(11);
    assert!(!there(&back));
}
