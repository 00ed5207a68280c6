//! `on`: a call on several profiles at once, as one list.

use crate::support::{Home, Stub};

const APIS: &str = r#"{"listapisresponse":{"count":3,"api":[{"name":"listThings","isasync":false,"params":[{"name":"id","type":"uuid"},{"name":"page","type":"integer"},{"name":"pagesize","type":"integer"}],"response":[{"name":"id","type":"string"},{"name":"size","type":"integer"}]},{"name":"deleteThing","isasync":false,"params":[{"name":"id","type":"uuid","required":true}],"response":[]},{"name":"listApis","isasync":false,"params":[],"response":[]}]}}"#;

fn cloud(things: &str) -> Stub {
    let count = things.matches("\"id\"").count();
    let list = format!("{{\"listthingsresponse\":{{\"count\":{count},\"thing\":[{things}]}}}}");
    Stub::speaking(&[
        ("listApis", "200 OK", "application/json", APIS),
        ("listThings", "200 OK", "application/json", &list),
        (
            "deleteThing",
            "200 OK",
            "application/json",
            "{\"deletethingresponse\":{\"success\":true}}",
        ),
    ])
}

fn refusing() -> Stub {
    let refusal =
        "{\"errorresponse\":{\"errorcode\":431,\"cserrorcode\":9999,\"errortext\":\"not today\"}}";
    Stub::speaking(&[
        ("listApis", "200 OK", "application/json", APIS),
        ("*", "431 X", "application/json", refusal),
    ])
}

fn home(clouds: &[(&str, &Stub)]) -> Home {
    let profiles = clouds.iter().map(|(name, stub)| {
        format!(
            "[profiles.{name}]\nurl = \"{}\"\napikey = \"KEY\"\nsecretkey = \"TOPSECRET\"\n",
            stub.url
        )
    });
    Home::new().configured(&profiles.collect::<String>())
}

#[test]
fn the_rows_of_all_are_one_list_with_the_profile_first() {
    let (one, two) = (
        cloud("{\"id\":\"a\",\"size\":3},{\"id\":\"b\",\"size\":1.10}"),
        cloud("{\"id\":\"c\",\"size\":2}"),
    );
    let home = home(&[("one", &one), ("two", &two)]);
    let seen = home.run("on all list things -o csv").seen().status(0);
    assert_eq!(
        seen.stdout,
        "profile,id,size\none,a,3\none,b,1.10\ntwo,c,2\n"
    );
    assert!(seen.stderr.contains("two: 3 APIs discovered"), "{seen:?}");
    for (line, out) in [
        (
            "on two,one list things filter=size -o csv",
            "profile,size\ntwo,2\none,3\none,1.10\n",
        ),
        (
            "on all list things where=size>1.5 sort=size -o csv",
            "profile,id,size\ntwo,c,2\none,a,3\n",
        ),
        (
            "on all list things where=profile=two filter=id -o csv",
            "profile,id\ntwo,c\n",
        ),
        (
            "on all list things limit=1 sort=-size filter=id -o csv",
            "profile,id\none,a\n",
        ),
        (
            "on all list things exclude=size -o csv",
            "profile,id\none,a\none,b\ntwo,c\n",
        ),
    ] {
        assert_eq!(home.run(line).ok(), out, "{line}");
    }
    let json = home.run("on one,two list things -o json").ok();
    assert!(json.starts_with("{\n  \"count\": 3,\n  \"thing\": [\n    {\n      \"profile\": \"one\",\n      \"id\": \"a\""), "{json}");
    let count = home.run("on all list things count=true").ok();
    assert!(count.contains('3'), "{count}");
    let held = home.script(
        "let x = on all list things\n!true\nassert $x.count == 3\nassert $x[2].profile == two\n",
    );
    held.status(0);
}

#[test]
fn a_failure_has_its_profiles_name_and_the_others_rows_are_there() {
    let (one, bad) = (cloud("{\"id\":\"a\",\"size\":3}"), refusing());
    let home = home(&[("bad", &bad), ("one", &one)]);
    let seen = home.run("on all list things -o csv").seen().status(1);
    assert_eq!(seen.stdout, "profile,id,size\none,a,3\n");
    assert!(
        seen.stderr.contains("error: bad: ") && seen.stderr.contains("not today"),
        "{seen:?}"
    );
    let seen = home.run("on bad list things -o csv").seen().status(1);
    assert_eq!(seen.stdout, "");
    let said = home.run("on bda list things").fails(7);
    assert!(said.contains("did you mean bad?"), "{said}");
    let said = home.run("on all list nosuch").fails(2);
    assert!(said.contains("one: ") && said.contains("bad: "), "{said}");
    home.run("on all").fails(2);
    home.run("on all jobs").fails(2);
    home.run("on").fails(2);
    assert!(home.run("on -h").ok().contains("Usage: on PROFILE"));
    Home::new().run("on all list zones").fails(2);
}

#[test]
fn a_changing_call_goes_once_to_each_and_is_written_down() {
    let (one, two) = (cloud(""), cloud(""));
    let home = home(&[("one", &one), ("two", &two)]);
    home.run("on all list things").ok();
    let before: Vec<usize> = [&one, &two]
        .map(|stub| stub.calls.load(std::sync::atomic::Ordering::SeqCst))
        .to_vec();
    let out = home
        .run("on one,two,one delete thing id=281a9df9-cc24-4bee-a4bc-1d4761fcfdd5 -o csv")
        .ok();
    assert_eq!(out, "profile,success\none,true\ntwo,true\n");
    for (stub, before) in [&one, &two].into_iter().zip(before) {
        assert_eq!(
            stub.calls.load(std::sync::atomic::Ordering::SeqCst),
            before + 1
        );
    }
    for profile in ["one", "two"] {
        let jobs = home.run(&format!("-p {profile} jobs -o csv")).ok();
        assert_eq!(jobs.matches("deleteThing").count(), 1, "{jobs}");
    }
}

#[cfg(unix)]
#[test]
fn a_prompt_asks_once_and_names_the_profiles() {
    let (one, two) = (cloud(""), cloud(""));
    let home = home(&[("one", &one), ("two", &two)]);
    home.run("on all list things").ok();
    let mut command = home.args(&["-p", "one"]).command();
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let mut session = rexpect::session::spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("> ").unwrap();
    session
        .send_line("on all delete thing id=281a9df9-cc24-4bee-a4bc-1d4761fcfdd5")
        .unwrap();
    session.exp_string("on one, two? [y/N] ").unwrap();
    session.send_line("n").unwrap();
    session.exp_string("was not confirmed").unwrap();
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn what_fails_on_one_leaves_the_rows_of_the_others_to_let_and_batch() {
    let (one, two, three) = (cloud("{\"id\":\"a\",\"size\":3}"), refusing(), refusing());
    let home = home(&[("one", &one), ("two", &two), ("three", &three)]);
    let seen = home
        .args(&["--keep-going"])
        .stdin("let rows = on all list things\nassert $rows.count == 1\nassert $rows[0].profile == one\n")
        .seen();
    assert_eq!(seen.status, 1, "{seen:?}");
    assert!(!seen.stderr.contains("assert"), "{seen:?}");
    for profile in ["two: ", "three: "] {
        let told = format!("error: {profile}listThings was refused");
        assert_eq!(seen.stderr.matches(&told).count(), 1, "{seen:?}");
    }
    let seen = home
        .run("batch")
        .stdin("on all list things\n")
        .seen()
        .status(0);
    let answer: serde_json::Value = serde_json::from_str(&seen.stdout).unwrap();
    assert_eq!(answer["ok"], false);
    assert_eq!(answer["result"]["thing"][0]["id"], "a", "{answer}");
    assert_eq!(answer["errors"].as_array().unwrap().len(), 2, "{answer}");
    assert_eq!(answer["error"], answer["errors"][0]);
    assert_eq!(answer["error"]["code"], 431);
    // Whoever expects that something fails is content.
    home.args(&[])
        .stdin("expect-error 431 on all list things\n")
        .seen()
        .status(0);
}
