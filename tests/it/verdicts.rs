//! What a scenario is judged by and what its report tells: the first failure, errors that count, no secrets.

use crate::support::Home;

#[test]
fn an_error_that_was_expected_hides_no_earlier_failure() {
    let home = Home::new();
    home.file(
        "t.cap",
        "assert first == failure\nexpect-error 431 list zones id=nope\nexpect-error list zones\n",
    );
    let seen = home.run("test t.cap --keep-going").seen().status(8);
    seen.out("t.cap, line 1").out("first == failure");
    home.file("inner.cap", "assert inner == failure\n");
    home.file("u.cap", "expect-error source inner.cap\nassert 1 == 2\n");
    let seen = home.run("test u.cap").seen().status(8);
    seen.out("u.cap, line 2");
}

#[test]
fn without_a_code_only_the_cloud_and_assertions_count() {
    let home = Home::new();
    for line in [
        "list zones id=nope",
        "assert 1 == 2",
        "expect-error list zones",
    ] {
        home.script(format!("expect-error {line}\n")).status(0);
    }
    for (line, status) in [
        ("list zones idd=nope", 2),
        ("list zones id='nope", 2),
        ("source nowhere.cap", 7),
        ("!exit 3", 3),
    ] {
        home.script(format!("expect-error {line}\n"))
            .status(8)
            .err(&format!("expect-error {status} COMMAND"));
        home.script(format!("expect-error {status} {line}\n"))
            .status(0);
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/client/api", nobody.local_addr().unwrap());
    drop(nobody);
    let home = home.configured(&format!(
        "profile = \"gone\"\n[profiles.gone]\nurl = \"{url}\"\napikey = \"KEY\"\nsecretkey = \"TOPSECRET\"\nretries = 0\n"
    ));
    home.catalogue(
        &url,
        r#"{"listapisresponse":{"count":1,"api":[{"name":"listThings","params":[],"response":[]}]}}"#,
    );
    home.script("expect-error list things\n")
        .status(8)
        .err("expect-error 3");
    home.script("expect-error unreachable list things\n")
        .status(0);
}

#[test]
fn a_value_in_a_list_of_names_names_one_thing() {
    let home = Home::new();
    for value in ["a,name:b", "a,7"] {
        home.script(format!(
            "let n = '{value}'\nlist virtualmachines ids=name:$n\n"
        ))
        .status(2)
        .err("more than one name or id");
    }
    home.script("let n = 'a,b'\nlist zones id=name:$n\n")
        .status(2)
        .err("nothing of that name");
}

#[test]
fn reports_tell_no_secret_that_was_printed() {
    let home = Home::new();
    let made = "create user account=admin username=ann password=x-of-ann email=a@example.org firstname=A lastname=B";
    let id = home.value(made, "id");
    for form in ["text", "json", "csv", "yaml", "raw"] {
        home.file(
            "t.cap",
            format!("register userkeys id={id} -o {form}\nassert $x == 1\n"),
        );
        for report in ["tap", "human", "junit"] {
            let seen = home
                .run(&format!("test t.cap --format {report}"))
                .seen()
                .status(2);
            // Of the two keys one is no secret.
            let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
            let words = seen.stdout.split(|letter| !is_part(letter));
            let keys = words.filter(|word| word.len() > 80).count();
            assert_eq!(keys, 1, "{form} {report}: {seen:?}");
            assert!(
                seen.stdout.contains("********"),
                "{form} {report}: {seen:?}"
            );
        }
    }
}

#[test]
fn a_loop_over_secrets_tells_none() {
    let home = Home::new();
    let seen = home
        .run("--keep-going")
        .stdin("for password in hunter2 hunter3\nlist zones id=$password\nassert $password == x\nend\nfor password in hunter2 ${\nend\n")
        .seen();
    for text in [&seen.stdout, &seen.stderr] {
        assert!(!text.contains("hunter"), "{text}");
    }
    let log = home.path().join(".local/state/capuchin/capuchin.log");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(!log.contains("hunter"), "{log}");
    let help = home.run("for -h").ok();
    assert!(
        help.contains("\n  for ") && help.contains("\n  end\n"),
        "{help}"
    );
}
