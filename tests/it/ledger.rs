//! The ledger as people meet it: what `jobs` shows, waits for and forgets, ids chosen for new things, what is never written.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::faults::World;
use crate::support::{Home, Stub};

/// How many of the calls that the cloud got were of this API, and how many of those chose an id.
fn counted(world: &World, api: &str) -> (usize, usize) {
    let calls = world.proxy.forwarded();
    let of_api = calls
        .iter()
        .filter(|call| call.contains(&format!("command={api}&")));
    let chosen = of_api.clone().filter(|call| call.contains("&customid="));
    (of_api.count(), chosen.count())
}

#[test]
fn ids_are_chosen_where_the_cloud_allows_it() {
    let world = World::new(0);
    let root = world.home(true);
    root.run("sync").ok();
    world.proxy.forwarded();
    root.run(&world.deploy("name=one filter=state")).ok();
    assert_eq!(counted(&world, "deployVirtualMachine"), (1, 1));
    root.run(&world.volume("v")).ok();
    assert_eq!(counted(&world, "createVolume"), (1, 1));
    root.run(&world.deploy("name=two filter=state --customid=false"))
        .ok();
    assert_eq!(counted(&world, "deployVirtualMachine"), (1, 0));

    let user = world.home(false);
    user.run("sync").ok();
    world.proxy.forwarded();
    let out = user.run(&world.deploy("name=three filter=name")).ok();
    assert_eq!(out, "name = three\n");
    // Refused with the id, it went without, and that is remembered.
    assert_eq!(counted(&world, "deployVirtualMachine"), (2, 1));
    user.run(&world.volume("w")).ok();
    assert_eq!(counted(&world, "createVolume"), (1, 0));
    let whole = world.things("listVirtualMachines", "name");
    assert_eq!(whole["three"].len(), 1, "{whole:?}");
}

#[test]
fn nothing_is_sent_that_cannot_be_written_down() {
    let world = World::new(0);
    let home = world.home(true);
    home.run("sync").ok();
    home.file(
        ".local/state/capuchin/ledger/calls.sqlite",
        "x".repeat(9000),
    );
    world.proxy.forwarded();
    let said = home.run(&world.deploy("name=never")).fails(7);
    assert!(
        said.contains("was not sent") && said.contains("move it away"),
        "{said}"
    );
    assert_eq!(counted(&world, "deployVirtualMachine"), (0, 0));
    // Reading needs no ledger.
    home.run("list zones").ok();
}

#[test]
fn secrets_are_in_no_file_of_the_state_directory() {
    let world = World::new(0);
    let home = world.home(true);
    let line = "create user account=admin username=kim2 password=hunter2 firstname=K lastname=K email=k@example.org";
    home.run(line).ok();
    let out = home.run("jobs show 1").ok();
    assert!(out.contains("params.password = ********"), "{out}");
    assert!(out.contains("params.username = kim2"), "{out}");
    let mut directories = vec![home.path().to_path_buf()];
    let mut files = 0;
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("hunter2"), "{}", path.display());
        }
    }
    assert!(files > 2);
}

#[test]
fn a_start_that_changes_nothing_has_no_ledger() {
    let home = Home::new();
    home.run("list zones").ok();
    home.run("jobs").seen().status(0).out("count = 0");
    assert!(!home.path().join(".local/state/capuchin/ledger").exists());
}

#[test]
fn jobs_waits_for_the_ends_and_tells_the_worst() {
    let world = World::new(150);
    let home = world.home(true);
    for name in ["a", "b"] {
        home.run(&world.deploy(&format!("name={name} asyncblock=false")))
            .ok();
    }
    // Those that have come to their end by then are not waited for, but may be asked for.
    home.run("jobs wait").ok();
    let out = home.run("jobs wait 1 2 filter=id,state -o csv").ok();
    assert_eq!(out, "id,state\n1,done\n2,done\n");
    let id = world.things("listVirtualMachines", "name")["b"][0].clone();
    for id in ["2", &id] {
        let out = home
            .args(&["jobs", "show", id, "--filter=id,params.name"])
            .ok();
        assert_eq!(out, "id = 2\nparams.name = b\n");
    }
    home.run("jobs wait nonsense").fails(2);
    home.run("jobs fly").fails(2);
    home.run("jobs forget 1").ok();
    home.run("jobs show 1").fails(2);

    // Jobs that go on are given up in time, and those that fail are told.
    world.rows(
        "updateConfiguration",
        &[("name", "devcloud.job.milliseconds"), ("value", "600000")],
    );
    home.run(&world.deploy("name=slow asyncblock=false")).ok();
    let said = home.run("jobs wait timeout=1").fails(5);
    assert!(said.contains("still runs"), "{said}");
}

#[test]
fn a_call_that_another_process_sends_is_left_to_it() {
    let world = World::new(600_000);
    let home = world.home(true);
    home.run("sync").ok();
    let line = world.deploy("name=elsewhere");
    let mut child = home
        .args(&line.split_whitespace().collect::<Vec<_>>())
        .command()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let seen = home.run("jobs filter=state -o csv").seen().status(0);
        assert!(!seen.stderr.contains("earlier run"), "{seen:?}");
        if seen.stdout == "state\nrunning\n" {
            break;
        }
        assert!(Instant::now() < deadline, "{seen:?}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let seen = home.run("list zones").seen().status(0);
    assert_eq!(
        seen.stderr
            .matches("left 1 job that nobody waited for")
            .count(),
        1,
        "{seen:?}"
    );
}

#[test]
fn a_world_that_starts_over_has_no_calls() {
    let home = Home::new();
    home.run("create domain name=x").ok();
    home.run("jobs").seen().status(0).out("createDomain");
    home.run("devcloud reset").ok();
    home.run("jobs").seen().status(0).out("count = 0");
}

#[test]
fn a_lost_answer_is_told_with_what_to_do() {
    let stub = Stub::new("");
    let home = stub.home();
    home.catalogue(
        &stub.url,
        r#"{"listapisresponse":{"count":1,"api":[{"name":"createDomain","isasync":false,"params":[{"name":"name","type":"string","required":true}],"response":[]}]}}"#,
    );
    let said = home.run("create domain name=x").fails(6);
    assert!(said.contains("`jobs` asks the cloud"), "{said}");
    // The cloud cannot be asked, so the call stays open and the reason is told.
    let seen = home.run("jobs filter=api,state -o csv").seen().status(0);
    assert_eq!(seen.stdout, "api,state\ncreateDomain,unknown\n", "{seen:?}");
}
