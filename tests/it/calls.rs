//! Calls and jobs against the built-in cloud: what is followed, what is left to run, what fails and how.

use crate::support::{Home, Stub};

/// The ids that a machine needs, as words of a line.
fn ingredients(home: &Home) -> String {
    format!(
        "templateid={} serviceofferingid={} zoneid={}",
        home.value("list templates templatefilter=featured", "id"),
        home.value("list serviceofferings", "id"),
        home.value("list zones", "id"),
    )
}

#[test]
fn the_first_use_syncs_by_itself_and_says_so() {
    let home = Home::new();
    home.run("list zones")
        .seen()
        .status(0)
        .err("APIs discovered and cached");
    let seen = home.run("list zones").seen().status(0);
    assert!(!seen.stderr.contains("discovered"), "{seen:?}");
    let out = home.run("sync").ok();
    let count: usize = out.split(' ').next().unwrap().parse().unwrap();
    assert!(count >= 45, "{out}");
    assert!(out.ends_with("APIs discovered and cached\n"), "{out}");
}

#[test]
fn a_broken_cache_is_built_anew() {
    let home = Home::new();
    home.run("list zones").ok();
    let directory = home.path().join(".cache/capuchin/catalogue");
    let file = std::fs::read_dir(directory)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let whole = std::fs::read(&file).unwrap();
    let mut scribbled = whole.clone();
    let middle = whole.len() / 3;
    scribbled[middle..].fill(b'x');
    for bad in [&b""[..], b"garbage", &whole[..whole.len() / 2], &scribbled] {
        std::fs::write(&file, bad).unwrap();
        home.run("list zones filter=name")
            .seen()
            .status(0)
            .out("devcloud");
    }
}

#[test]
fn a_job_is_followed_and_its_record_printed_as_the_guide_shows() {
    let home = Home::new();
    let out = home
        .run(&format!(
            "deploy virtualmachine name=one {}",
            ingredients(&home)
        ))
        .ok();
    let ruler = "=".repeat(58);
    for part in [
        "jobstatus = 1",
        "jobid = ",
        "jobresulttype = object",
        &format!("jobresult:\n{ruler}\nvirtualmachine:\n{ruler}\n"),
        "state = Running",
    ] {
        assert!(out.contains(part), "no {part:?} in {out}");
    }
    assert!(home.run("list virtualmachines").ok().contains("name = one"));
}

#[test]
fn filters_and_forms_hold_for_jobs_too() {
    let home = Home::new();
    let words = ingredients(&home);
    let out = home
        .run(&format!(
            "deploy virtualmachine name=two {words} filter=name,state"
        ))
        .ok();
    assert!(
        out.contains("name = two") && out.contains("state = Running"),
        "{out}"
    );
    assert!(!out.contains("templateid"), "{out}");
    let out = home
        .run(&format!("deploy virtualmachine name=three {words} -o json"))
        .ok();
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["virtualmachine"]["name"], "three");
    let out = home.run("stop virtualmachine id=").seen();
    assert_ne!(out.status, 0);
}

#[test]
fn a_failed_job_has_its_own_status_and_the_real_reason() {
    let home = Home::new();
    let words = ingredients(&home);
    home.run(&format!("deploy virtualmachine name=m {words}"))
        .ok();
    let root = home.value("list volumes type=ROOT", "id");
    let machine = home.value("list virtualmachines", "id");
    let seen = home
        .args(&[
            "attach",
            "volume",
            &format!("id={root}"),
            &format!("virtualmachineid={machine}"),
        ])
        .seen();
    assert!([1, 4].contains(&seen.status), "{seen:?}");
    assert!(seen.stderr.contains("attachVolume"), "{seen:?}");
}

#[test]
fn a_job_can_be_left_to_run_and_goes_on_without_us() {
    let home = Home::new();
    let words = ingredients(&home);
    let out = home
        .run(&format!(
            "deploy virtualmachine name=left {words} asyncblock=false -o json"
        ))
        .ok();
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    let (job, id) = (
        answer["jobid"].as_str().unwrap(),
        answer["id"].as_str().unwrap(),
    );
    home.job_milliseconds(0);
    // The process that started it is gone; whoever looks after its end finds it done.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let out = home.run(&format!("query asyncjobresult jobid={job}")).ok();
        if out.contains("jobstatus = 1") {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{out}");
    }
    assert_eq!(
        home.value(&format!("list virtualmachines id={id}"), "state"),
        "Running"
    );
}

#[test]
fn the_wait_ends_with_its_time_and_says_how_to_ask_again() {
    let home = Home::new();
    let words = ingredients(&home);
    home.job_milliseconds(600_000);
    let said = home
        .run(&format!(
            "deploy virtualmachine name=slow {words} timeout=1"
        ))
        .fails(5);
    assert!(said.contains("query asyncjobresult jobid="), "{said}");
    let seen = home.script(format!(
        "deploy virtualmachine name=slower {words} asyncblock=false\njobs\n"
    ));
    assert!(seen.stdout.contains("state = running"), "{seen:?}");
    assert!(
        seen.stdout.contains("api = deployVirtualMachine"),
        "{seen:?}"
    );
}

#[test]
fn a_cloud_that_is_not_there_has_status_3() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let home = Home::new().configured(&format!(
        "profile = \"gone\"\n[profiles.gone]\nurl = \"http://{address}/client/api\"\napikey = \"K\"\nsecretkey = \"S\"\n"
    ));
    let said = home.run("list zones").fails(3);
    assert!(said.contains("could not be reached"), "{said}");
    assert!(said.contains("hint"), "{said}");
}

#[test]
fn a_changing_call_without_an_answer_has_status_6_and_a_reading_one_3() {
    let stub = Stub::new("");
    let home = stub.home();
    home.run("list zones").fails(3);
    home.catalogue(
        &stub.url,
        r#"{"listapisresponse":{"count":2,"api":[{"name":"createDomain","isasync":false,"params":[{"name":"name","type":"string","required":true}],"response":[]},{"name":"listZones","isasync":false,"params":[],"response":[]}]}}"#,
    );
    let said = home.run("create domain name=x").fails(6);
    assert!(said.contains("its answer never came"), "{said}");
    home.run("list zones").fails(3);
}

#[test]
fn a_reading_call_goes_again_and_a_changing_one_never() {
    let catalogue = r#"{"listapisresponse":{"count":2,"api":[{"name":"createDomain","isasync":false,"params":[{"name":"name","type":"string","required":true}],"response":[]},{"name":"listZones","isasync":false,"params":[],"response":[]}]}}"#;
    let answer = Stub::whole(
        "200 OK",
        "application/json",
        r#"{"listzonesresponse":{"count":1,"zone":[{"id":"a"}]}}"#,
    );
    for (line, status, calls) in [
        ("list zones", 0, 3),
        ("list zones retries=1", 3, 2),
        ("create domain name=x", 6, 1),
    ] {
        let stub = Stub::dropping(2, answer.clone());
        let home = stub.home();
        home.catalogue(&stub.url, catalogue);
        home.run(line).seen().status(status);
        assert_eq!(
            stub.calls.load(std::sync::atomic::Ordering::SeqCst),
            calls,
            "{line}"
        );
    }
}

#[test]
fn refusals_carry_the_servers_words_and_codes() {
    let home = Home::new();
    home.run("list zones id=11111111-2222-3333-4444-555555555555")
        .seen()
        .status(1)
        .err("entity does not exist")
        .err("431 PARAM_ERROR");
    home.run("api listNonsense").seen().status(1).err("401");
}

#[test]
fn a_list_is_whole_although_the_server_stops_in_silence() {
    let home = Home::new();
    home.args(&[
        "update",
        "configuration",
        "name=default.page.size",
        "value=2",
    ])
    .ok();
    let seen = home
        .run("list serviceofferings filter=name -o csv")
        .seen()
        .status(0);
    assert_eq!(seen.stdout.lines().count(), 4, "{seen:?}");
    assert!(!seen.stderr.contains("warning"), "{seen:?}");
    let out = home
        .run("list serviceofferings page=1 pagesize=2 filter=name -o csv")
        .ok();
    assert_eq!(out.lines().count(), 3, "{out}");
}

#[test]
fn a_server_that_repeats_a_page_for_ever_is_noticed() {
    let stub = Stub::answering(
        "200 OK",
        "application/json",
        r#"{"listthingsresponse":{"count":5,"thing":[{"id":"a"},{"id":"b"}]}}"#,
    );
    let home = stub.home();
    let catalogue = r#"{"listapisresponse":{"count":1,"api":[{"name":"listThings","isasync":false,"params":[{"name":"page","type":"integer"},{"name":"pagesize","type":"integer"}],"response":[]}]}}"#;
    home.catalogue(&stub.url, catalogue);
    let seen = home.run("list things -o csv").seen().status(0);
    assert_eq!(seen.stdout, "id\na\nb\n", "{seen:?}");
    seen.err("the same on every page");
}

#[test]
fn a_page_goes_with_its_size() {
    let home = Home::new();
    for line in ["list zones page=1", "list zones pagesize=5"] {
        let said = home.run(line).fails(2);
        assert!(said.contains("go together"), "{said}");
    }
}

#[test]
fn a_clock_that_is_wrong_is_told_and_put_right() {
    let body = r#"{"listzonesresponse":{"errorcode":401,"errortext":"no"}}"#;
    let head = "HTTP/1.1 401 Unauthorized\r\ndate: Tue, 24 Nov 2099 00:00:00 GMT";
    let stub = Stub::new(format!(
        "{head}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    ));
    let seen = stub.home().run("api listZones").seen().status(1);
    // The catalogue is asked for first, signed anew with the server's time, and refused all the same; then the key is tried.
    assert_eq!(
        stub.calls.load(std::sync::atomic::Ordering::SeqCst),
        3,
        "{seen:?}"
    );
    seen.err("behind the cloud's");
}
