//! Profiles, settings, the environment and flags: what wins, what is written, what is never shown.

use crate::support::{Home, Stub};

const EMPTY: &str = r#"{"listapisresponse":{"count":1,"api":[{"name":"listZones","isasync":false,"params":[],"response":[]}]}}"#;

fn stub() -> Stub {
    Stub::answering("200 OK", "application/json", EMPTY)
}

#[test]
fn set_writes_for_good_and_a_script_does_not() {
    let home = Home::new();
    home.run("set output json").ok();
    assert!(home.run("list zones").ok().starts_with('{'));
    home.script("set output text\nlist zones filter=name\n")
        .status(0)
        .out("name = devcloud");
    assert!(home.run("list zones").ok().starts_with('{'));
    assert!(home.run("set output").ok().contains("json"));
    home.run("set tabularize true").ok();
    assert!(home.run("list zones").ok().contains("+---"));
    home.run("set tabularize false").ok();
    assert!(
        home.run("list zones filter=name")
            .ok()
            .contains("name = devcloud")
    );
}

#[test]
fn bad_values_are_refused_and_never_lock_anybody_out() {
    let home = Home::new();
    home.run("set output jsn").fails(2);
    home.run("set timeout 0").fails(2);
    home.run("set nosuch 1").fails(2);
    let home = home.configured("output = \"jsn\"\ntimeout = \"soon\"\n");
    let seen = home.run("list zones filter=name").seen().status(0);
    assert!(seen.stderr.contains("jsn"), "{seen:?}");
    home.run("set output csv").ok();
    assert!(
        home.run("list zones filter=name")
            .ok()
            .starts_with("name\n")
    );
}

#[test]
fn a_connection_setting_on_the_demo_cloud_begins_a_profile() {
    let home = Home::new();
    let said = home
        .run("set host cloud.example.org")
        .seen()
        .status(0)
        .stderr;
    assert!(said.contains("new profile"), "{said}");
    home.run("set port 8443").ok();
    home.run("set protocol https").ok();
    home.run("set apikey KEY").ok();
    home.run("set secretkey TOPSECRET").ok();
    let out = home.run("set url").ok();
    assert!(
        out.contains("https://cloud.example.org:8443/client/api"),
        "{out}"
    );
    home.run("profile use demo").ok();
    assert!(home.run("list zones filter=name").ok().contains("devcloud"));
}

#[test]
fn profiles_are_added_used_listed_and_removed() {
    let home = Home::new();
    home.run("profile add prod").ok();
    home.run("set url https://prod.example.org/client/api").ok();
    let said = home.run("list zones").fails(7);
    assert!(said.contains("apikey"), "{said}");
    assert!(
        home.run("profile list -o csv")
            .ok()
            .contains("prod,https://prod.example.org/client/api,true,cloudstack")
    );
    let said = home.run("profile use prdo").fails(7);
    assert!(said.contains("prod"), "{said}");
    home.run("-p prdo list zones").fails(7);
    home.run("profile use demo").ok();
    home.run("profile remove prod").ok();
    assert!(!home.run("profile list").ok().contains("prod"));
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new().configured("output = \"json\"\n");
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(home.config(), open).unwrap();
    let said = home.run("list zones").fails(7);
    assert!(said.contains("chmod 600"), "{said}");
}

#[test]
fn comments_stay_and_the_file_is_the_owners_alone() {
    let home = Home::new().configured("# mine\noutput = \"text\" # for eyes\n");
    home.run("set output json").ok();
    let text = std::fs::read_to_string(home.config()).unwrap();
    assert!(text.contains("# mine") && text.contains("json"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(home.config())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    home.run("-c missing.toml list zones").fails(7);
    home.run("list zones")
        .env("CAPUCHIN_CONFIG", "missing.toml")
        .fails(7);
}

#[test]
fn endpoint_key_and_secret_come_from_one_source() {
    let stub = stub();
    let home = Home::new();
    let environment = |words: &str| {
        home.run(words)
            .env("CLOUDSTACK_ENDPOINT", &stub.url)
            .env("CLOUDSTACK_KEY", "ENVKEY")
            .env("CLOUDSTACK_SECRET", "ENVSECRET")
    };
    assert_eq!(environment("sync").ok(), "1 APIs discovered and cached\n");
    let seen = environment("-p demo list zones filter=name")
        .seen()
        .status(0);
    assert!(seen.stdout.contains("devcloud"), "{seen:?}");
    let said = home
        .run("list zones")
        .env("CLOUDSTACK_KEY", "ENVKEY")
        .fails(7);
    assert!(said.contains("CLOUDSTACK_SECRET"), "{said}");
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_profile() {
    let home = Home::new().configured("output = \"csv\"\n");
    assert!(
        home.run("list zones filter=name")
            .ok()
            .starts_with("name\n")
    );
    assert!(
        home.run("list zones filter=name")
            .env("CAPUCHIN_OUTPUT", "json")
            .ok()
            .starts_with('{')
    );
    let out = home
        .run("list zones filter=name -o text")
        .env("CAPUCHIN_OUTPUT", "json")
        .ok();
    assert!(out.starts_with("count"), "{out}");
}

#[test]
fn secrets_are_nowhere_to_be_seen() {
    let stub = stub();
    let home = stub.home();
    for words in [
        "set",
        "set secretkey",
        "profile show",
        "sync",
        "list zones",
        "api createUser password=hunter2",
    ] {
        let seen = home.run(words).seen();
        for secret in ["TOPSECRET", "hunter2"] {
            assert!(
                !seen.stdout.contains(secret) && !seen.stderr.contains(secret),
                "{words}: {seen:?}"
            );
        }
    }
    let log =
        std::fs::read_to_string(home.path().join(".local/state/capuchin/capuchin.log")).unwrap();
    assert!(log.contains("command=listZones"), "{log}");
    for secret in ["TOPSECRET", "hunter2", "signature=", "KEY"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    let fields = log.lines().next().unwrap().split('\t').count();
    assert_eq!(fields, 5, "{log}");
}
