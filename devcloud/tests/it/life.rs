//! Things change and stay changed: machines, volumes, domains; across servers, resets and processes that are gone.

use serde_json::json;

use crate::support::World;

#[test]
fn a_machine_lives() {
    let world = World::new();
    let machine = world.machine("one");
    assert_eq!(machine["state"], "Running");
    assert_eq!(machine["jobstatus"], 0);
    let id = machine["id"].as_str().unwrap();
    let state =
        || world.ok("listVirtualMachines", &[("id", id)])["virtualmachine"][0]["state"].clone();
    let admin = world.admin();
    assert_eq!(
        world
            .refused(&admin, "recoverVirtualMachine", &[("id", id)])
            .0,
        431
    );
    for (api, then) in [
        ("stopVirtualMachine", "Stopped"),
        ("startVirtualMachine", "Running"),
        ("rebootVirtualMachine", "Running"),
        ("destroyVirtualMachine", "Destroyed"),
    ] {
        assert_eq!(world.job(api, &[("id", id)])["jobstatus"], 1);
        assert_eq!(state(), then, "{api}");
    }
    assert_eq!(
        world
            .refused(&admin, "startVirtualMachine", &[("id", id)])
            .0,
        530
    );
    world.ok("recoverVirtualMachine", &[("id", id)]);
    assert_eq!(state(), "Stopped");
    world.ok(
        "updateVirtualMachine",
        &[("id", id), ("displayname", "uno"), ("details[0].a", "b")],
    );
    let shown = world.ok("listVirtualMachines", &[("id", id)])["virtualmachine"][0].clone();
    assert_eq!(
        (&shown["displayname"], &shown["details"]),
        (&json!("uno"), &json!({"a": "b"}))
    );
    world.job("destroyVirtualMachine", &[("id", id), ("expunge", "true")]);
    assert!(world.rows("listVirtualMachines", &[]).is_empty());
    assert!(world.rows("listVolumes", &[]).is_empty());
}

#[test]
fn a_name_is_taken_once_in_a_network() {
    let world = World::new();
    world.machine("one");
    let zone = world.first("listZones", &[]);
    let template = world.first("listTemplates", &[("templatefilter", "featured")]);
    let offering = world.first("listServiceOfferings", &[]);
    let words = [
        ("zoneid", zone.as_str()),
        ("templateid", &template),
        ("serviceofferingid", &offering),
    ];
    let admin = world.admin();
    let twin = [&words[..], &[("name", "one")]].concat();
    let (code, text) = world.refused(&admin, "deployVirtualMachine", &twin);
    assert!(code == 431 && text.contains("already exists"), "{text}");
    assert_eq!(world.rows("listVirtualMachines", &[]).len(), 1);
}

#[test]
fn an_id_is_chosen_once_by_root_administrators() {
    let world = World::new();
    let uuid = "0d4fa2ba-3f0e-4d60-9e2f-1c35a5c9a111";
    let zone = world.first("listZones", &[]);
    let template = world.first("listTemplates", &[("templatefilter", "featured")]);
    let offering = world.first("listServiceOfferings", &[]);
    let machine = [
        ("zoneid", zone.as_str()),
        ("templateid", &template),
        ("serviceofferingid", &offering),
    ];
    let volume = [("zoneid", zone.as_str()), ("size", "1")];
    let admin = world.admin();
    let user = world.user("u", "0", None);
    let chief = world.user("chief", "2", None);
    // Everything there is that a refused call could have left.
    let all = || {
        let lists = [
            "VirtualMachines",
            "Volumes",
            "Networks",
            "AsyncJobs",
            "Events",
        ];
        lists.map(|list| {
            world
                .rows(&format!("list{list}"), &[("listall", "true")])
                .len()
        })
    };
    for (api, list, params) in [
        ("deployVirtualMachine", "listVirtualMachines", &machine[..]),
        ("createVolume", "listVolumes", &volume[..]),
    ] {
        let chosen = |keys, uuid, name| {
            let params = [params, &[("customid", uuid), ("name", name)]].concat();
            let answer = world.json(keys, api, &params);
            let body = answer.inner();
            let text = body["errortext"].as_str().unwrap_or_default().to_string();
            (answer.status, body["cserrorcode"].clone(), text)
        };
        let uuid = &uuid.replace("111", if api == "createVolume" { "222" } else { "111" });
        let before = all();
        let not_theirs = (
            531,
            json!(4365),
            "Please check your permissions, you are not allowed to create/update custom id".into(),
        );
        assert_eq!(chosen(&user, uuid, "one"), not_theirs);
        assert_eq!(chosen(&chief, uuid, "one"), not_theirs);
        let short = &uuid[1..];
        let malformed = format!("UUID: {short} doesn't follow the UUID format");
        assert_eq!(chosen(&admin, short, "one"), (431, json!(4350), malformed));
        assert_eq!(all(), before, "{api} left something");
        assert_eq!(world.json(&admin, list, &[("id", uuid)]).status, 431);
        assert_eq!(chosen(&admin, uuid, "one").0, 200);
        let before = all();
        let again = format!("UUID: {uuid} already exists so can't create/update with custom id");
        for name in ["one", "two"] {
            assert_eq!(
                chosen(&admin, uuid, name),
                (431, json!(4350), again.clone())
            );
        }
        assert_eq!(all(), before, "{api} left something");
        let rows = world.rows(list, &[("id", uuid)]);
        assert_eq!((rows.len(), &rows[0]["name"]), (1, &json!("one")));
    }
}

#[test]
fn a_volume_is_attached_once_and_deleted_when_free() {
    let world = World::new();
    let machine = world.machine("one");
    let machine = machine["id"].as_str().unwrap();
    let zone = world.first("listZones", &[]);
    let job = world.job(
        "createVolume",
        &[("name", "d"), ("size", "2"), ("zoneid", &zone)],
    );
    let volume = job["jobresult"]["volume"]["id"].as_str().unwrap();
    let pair = [("id", volume), ("virtualmachineid", machine)];
    assert_eq!(world.job("attachVolume", &pair)["jobstatus"], 1);
    let again = world.job("attachVolume", &pair);
    assert_eq!(again["jobstatus"], 2);
    assert_eq!(again["jobresultcode"], 530);
    assert_eq!(
        again["jobresult"],
        json!({"errorcode": 431, "errortext": "Please specify a volume that is not attached to any VM."})
    );
    let admin = world.admin();
    assert_eq!(
        world.refused(&admin, "deleteVolume", &[("id", volume)]).0,
        431
    );
    let root = world.first("listVolumes", &[("type", "ROOT")]);
    assert_eq!(world.job("detachVolume", &[("id", &root)])["jobstatus"], 2);
    assert_eq!(
        world.refused(&admin, "deleteVolume", &[("id", &root)]).0,
        431
    );
    assert_eq!(world.job("detachVolume", &[("id", volume)])["jobstatus"], 1);
    assert_eq!(
        world.ok("deleteVolume", &[("id", volume)]),
        json!({"success": "true"})
    );
    assert_eq!(world.rows("listVolumes", &[]).len(), 1);
}

#[test]
fn networks_in_use_and_domains_with_accounts_stay() {
    let world = World::new();
    world.machine("one");
    let network = world.first("listNetworks", &[]);
    let admin = world.admin();
    assert_eq!(
        world
            .refused(&admin, "deleteNetwork", &[("id", &network)])
            .0,
        530
    );
    let domain = world.ok("createDomain", &[("name", "sales")])["domain"]["id"].clone();
    let domain = domain.as_str().unwrap();
    assert_eq!(
        world
            .refused(&admin, "createDomain", &[("name", "sales")])
            .0,
        431
    );
    world.user("u", "0", Some(domain));
    assert_eq!(world.job("deleteDomain", &[("id", domain)])["jobstatus"], 2);
    let renamed = world.ok("updateDomain", &[("id", domain), ("name", "trade")]);
    assert_eq!(renamed["domain"]["name"], "trade");
    let users = world.rows("listUsers", &[("domainid", domain)]);
    assert_eq!(users[0]["domain"], "trade");
    assert_eq!(
        world.job("deleteDomain", &[("id", domain), ("cleanup", "true")])["jobstatus"],
        1
    );
    assert!(
        world
            .rows("listUsers", &[("username", "u"), ("listall", "true")])
            .is_empty()
    );
}

#[test]
fn two_servers_share_one_world() {
    let world = World::new();
    let other = world.again();
    world.machine("seen-by-both");
    let query = crate::support::signed(
        &world.admin(),
        "listVirtualMachines",
        &[("response", "json")],
    );
    assert!(
        crate::support::get(&other, &query)
            .body
            .contains("seen-by-both")
    );
}

#[test]
fn a_job_goes_on_when_its_server_is_gone() {
    let mut world = World::new();
    let zone = world.first("listZones", &[]);
    let started = world.ok(
        "createVolume",
        &[("name", "d"), ("size", "1"), ("zoneid", &zone)],
    );
    world.cloud = world.again();
    assert_eq!(
        world.ended(started["jobid"].as_str().unwrap())["jobstatus"],
        1
    );
}

#[test]
fn a_reset_reaches_servers_that_run_and_keeps_the_keys() {
    let world = World::new();
    world.machine("gone-soon");
    devcloud::reset(&world.state()).unwrap();
    assert!(world.rows("listVirtualMachines", &[]).is_empty());
    assert_eq!(world.rows("listZones", &[]).len(), 1);
}

#[test]
fn a_file_that_is_no_world_is_an_error_and_stays() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x");
    let text = "this is a letter to my aunt, and not a database at all, whatever its name may say"
        .repeat(20);
    std::fs::write(&path, &text).unwrap();
    let error = devcloud::start(&path, ([127, 0, 0, 1], 0).into())
        .err()
        .unwrap();
    assert!(error.to_string().contains("delete it"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn events_tell_what_was_done() {
    let world = World::new();
    world.machine("one");
    let events = world.rows("listEvents", &[("type", "VM.CREATE")]);
    let states: Vec<&serde_json::Value> = events.iter().map(|event| &event["state"]).collect();
    assert_eq!(states, ["Completed", "Started", "Scheduled"]);
    for event in &events[..2] {
        assert_eq!(event["parentid"], events[2]["id"]);
    }
    assert_eq!(world.rows("listAsyncJobs", &[]).len(), 1);
}
