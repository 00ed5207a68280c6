//! Called by the name `cmk`: CloudMonkey's flags and configuration, which stays as it is.

use crate::support::{Home, Run, Stub};

const ZONES: &str = r#"{"listzonesresponse":{"count":1,"zone":[{"id":"a","name":"one"}]}}"#;
const APIS: &str = r#"{"listapisresponse":{"count":2,"api":[{"name":"listZones","isasync":false,"params":[{"name":"id","type":"uuid"}],"response":[]},{"name":"listApis","isasync":false,"params":[],"response":[]}]}}"#;

fn stub() -> Stub {
    Stub::speaking(&[
        ("listApis", "200 OK", "application/json", APIS),
        ("*", "200 OK", "application/json", ZONES),
    ])
}

fn configured(url: &str, common: &str) -> Home {
    let home = Home::new();
    home.file(
        ".cmk/config",
        format!("{common}profile = prod\n[prod]\nurl = {url}\napikey = KEY\nsecretkey = TOPSECRET\n[other]\nurl = http://127.0.0.1:1/client/api\napikey = K\nsecretkey = S\n"),
    );
    home
}

fn cmk(home: &Home, words: &str) -> Run {
    let link = home.path().join("cmk");
    if !link.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_capuchin"), &link).unwrap();
    }
    let words: Vec<&str> = words.split_whitespace().collect();
    home.program(&link, &words)
}

#[test]
fn its_configuration_is_read_and_stays_as_it_is() {
    let stub = stub();
    let home = configured(&stub.url, "prompt = 🐱\nasyncblock = true\n");
    let before = std::fs::read_to_string(home.path().join(".cmk/config")).unwrap();
    let out = cmk(&home, "list zones").ok();
    assert_eq!(
        out,
        "{\n  \"count\": 1,\n  \"zone\": [\n    {\n      \"id\": \"a\",\n      \"name\": \"one\"\n    }\n  ]\n}\n"
    );
    assert_eq!(cmk(&home, "-o csv list zones").ok(), "id,name\na,one\n");
    // Environment and configuration of the other names are not its own.
    let out = cmk(&home, "list zones filter=name")
        .env("CLOUDSTACK_KEY", "X")
        .env("CAPUCHIN_PROFILE", "nosuch")
        .ok();
    assert!(out.contains("one"), "{out}");
    cmk(&home, "-p other list zones").fails(3);
    let said = cmk(&home, "-p othr list zones").fails(7);
    assert!(said.contains("did you mean other?"), "{said}");
    let said = cmk(&home, "profile add mine").fails(7);
    assert!(said.contains("capuchin profile import"), "{said}");
    home.file("script", "");
    let seen = cmk(&home, "")
        .stdin("set output csv\nlist zones\nprofile use other\nset url\n")
        .seen();
    assert!(seen.stdout.starts_with("id,name\na,one\n"), "{seen:?}");
    assert!(seen.stdout.contains("127.0.0.1:1"), "{seen:?}");
    cmk(&home, "set output text").ok();
    let after = std::fs::read_to_string(home.path().join(".cmk/config")).unwrap();
    assert_eq!(before, after);
    assert!(!home.config().exists());
}

#[test]
fn what_it_is_configured_to_print_counts() {
    let stub = stub();
    let home = configured(&stub.url, "output = text\n");
    assert!(cmk(&home, "list zones").ok().contains("name = one"));
}

#[test]
fn a_cloud_is_named_by_flags_and_the_secret_is_warned_of() {
    let stub = stub();
    let home = Home::new();
    let line = format!("-u {} -k KEY -s TOPSECRET -d list zones", stub.url);
    let seen = cmk(&home, &line).seen().status(0);
    assert!(seen.stdout.starts_with("{\n  \"count\": 1"), "{seen:?}");
    assert!(seen.stderr.contains("`ps`"), "{seen:?}");
    assert!(seen.stderr.contains("capuchin.log"), "{seen:?}");
    assert!(!seen.stderr.contains("TOPSECRET"), "{seen:?}");
    let said = cmk(&home, "list zones").fails(7);
    assert!(said.contains("-u URL -k KEY -s SECRET"), "{said}");
    let said = cmk(&home, "-c missing list zones").fails(7);
    assert!(said.contains("missing"), "{said}");
}

#[test]
fn help_and_version_are_its_own() {
    let home = Home::new();
    let help = cmk(&home, "-h").ok();
    for flag in ["-h", "-v", "-o", "-p", "-d", "-c", "-u", "-k", "-s"] {
        assert!(help.contains(&format!("  {flag}")), "{flag} in {help}");
    }
    assert!(cmk(&home, "-v").ok().starts_with("cmk "));
    cmk(&home, "-x").fails(2);
    home.file(".cmk/config", "nonsense\n");
    let said = cmk(&home, "list zones").fails(7);
    assert!(said.contains("config, line 1"), "{said}");
}

#[test]
fn its_variables_stand_in_for_flags_that_are_not_given() {
    let stub = stub();
    let home = Home::new();
    let named = |run: Run| {
        run.env("CMK_URL", &stub.url)
            .env("CMK_OUTPUT", "csv")
            .env("CMK_DEBUG", "true")
    };
    for (apikey, secretkey) in [
        ("CMK_APIKEY", "CMK_SECRETKEY"),
        ("CMK_API_KEY", "CMK_SECRET_KEY"),
    ] {
        let run = named(cmk(&home, "list zones"))
            .env(apikey, "KEY")
            .env(secretkey, "TOPSECRET");
        let seen = run.seen().status(0);
        assert_eq!(seen.stdout, "id,name\na,one\n");
        assert!(seen.stderr.contains("capuchin.log"), "{seen:?}");
        // Nobody sees the environment in `ps`.
        assert!(!seen.stderr.contains("`ps`"), "{seen:?}");
    }
    // Flags win, and a variable over the configuration.
    let home = configured(&stub.url, "output = text\n");
    let run = || cmk(&home, "list zones").env("CMK_OUTPUT", "csv");
    assert_eq!(run().ok(), "id,name\na,one\n");
    let run = cmk(&home, "-o text list zones").env("CMK_OUTPUT", "csv");
    assert!(run.ok().contains("name = one"));
    run_on_other(&home);
}

/// Another profile by its variable, and the configuration's by the flag.
fn run_on_other(home: &Home) {
    cmk(home, "list zones").env("CMK_PROFILE", "other").fails(3);
    cmk(home, "-p prod list zones")
        .env("CMK_PROFILE", "other")
        .ok();
}
