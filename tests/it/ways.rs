//! Ways in: keys and where they are kept, and who calls.

use crate::stand_in::{StandIn, json};

const ZONES: &str = r#"{"listzonesresponse":{"count":1,"zone":[{"id":"a","name":"one"}]}}"#;
const APIS: &str = r#"{"listapisresponse":{"count":2,"api":[{"name":"createDomain","isasync":false,"params":[{"name":"name","type":"string","required":true}],"response":[]},{"name":"listZones","isasync":false,"params":[],"response":[]}]}}"#;

fn answers(api: &str) -> String {
    match api {
        "listApis" => json(APIS),
        "listZones" => json(ZONES),
        "createDomain" => json(r#"{"createdomainresponse":{"domain":{"id":"d","name":"x"}}}"#),
        _ => json("{\"errorresponse\":{\"errorcode\":432,\"errortext\":\"no such API\"}}"),
    }
}

#[cfg(unix)]
#[test]
fn a_secret_key_is_printed_by_a_command_that_runs_once() {
    let cloud = StandIn::new(|asked| answers(asked.api()));
    let home =
        cloud.home("apikey = \"KEY\"\nsecretkey_command = \"cat >>took; echo ran >>ran; cat key\"");
    home.file("key", "TOPSECRET\nuser: me\n");
    let script = "list zones filter=name\nlist zones filter=name\n!cat ran\n";
    let seen = home.script(script).status(0);
    assert_eq!(seen.stdout.matches("ran").count(), 1, "{seen:?}");
    // The lines of the script are not the command's to read.
    assert_eq!(seen.stdout.matches("name = one").count(), 2, "{seen:?}");
    let calls = cloud.asked("listZones");
    assert!(calls.iter().all(|call| call.param("signature").is_some()));
    // A built-in needs no cloud, so nothing is asked of whoever keeps the key.
    home.run("set").seen().status(0).out("cat key");
    let ran = std::fs::read_to_string(home.path().join("ran")).unwrap();
    assert_eq!(ran, "ran\n");
    let log = home.path().join(".local/state/capuchin/capuchin.log");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(!log.contains("TOPSECRET"), "{log}");
}

#[test]
fn a_command_for_the_secret_key_may_ask_at_the_terminal() {
    let cloud = StandIn::new(|asked| answers(asked.api()));
    let home = cloud.home(
        "apikey = \"KEY\"\nsecretkey_command = \"echo PIN: >&2; read -r pin && echo KEY$pin\"",
    );
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_capuchin"));
    command
        .args(["list", "zones", "filter=name"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("SHELL", "/bin/sh");
    let mut session = rexpect::session::spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("PIN:").unwrap();
    session.send_line("1234").unwrap();
    session.exp_string("one").unwrap();
    session.exp_eof().unwrap();
}

#[cfg(unix)]
#[test]
fn a_command_that_prints_no_secret_key_is_an_error_with_its_status() {
    let cloud = StandIn::new(|asked| answers(asked.api()));
    let home = cloud.home("apikey = \"KEY\"\nsecretkey_command = \"echo HUSH; exit 3\"");
    let said = home.run("list zones").fails(7);
    assert!(
        said.contains("`echo HUSH; exit 3` failed (exit status: 3)"),
        "{said}"
    );
    home.run("set secretkey_command true").ok();
    let said = home.run("list zones").fails(7);
    assert!(said.contains("`true` printed no secret key"), "{said}");
    home.run("set secretkey TOPSECRET").ok();
    let said = home.run("list zones").fails(7);
    assert!(said.contains("which of the two"), "{said}");
    home.args(&["set", "secretkey_command", ""]).ok();
    home.run("list zones").ok();
    assert!(cloud.asked("listZones").len() == 1);
}
