//! `catalog`: what is known of what can be called, and what a sync changed.

use crate::support::{Home, Stub};

fn answer(apis: &str) -> String {
    let count = apis.matches("isasync").count();
    format!("{{\"listapisresponse\":{{\"count\":{count},\"api\":[{apis}]}}}}")
}

const ZONES: &str =
    r#"{"name":"listZones","isasync":false,"params":[{"name":"id","type":"uuid"}],"response":[]}"#;
const ZONES_LATER: &str = r#"{"name":"listZones","isasync":false,"params":[{"name":"id","type":"uuid","required":true},{"name":"name","type":"string"}],"response":[]}"#;
const USERS: &str = r#"{"name":"listUsers","isasync":false,"params":[],"response":[]}"#;
const HOSTS: &str = r#"{"name":"listHosts","isasync":false,"params":[],"response":[]}"#;

/// A cloud whose second answer is another catalogue.
fn changing() -> Stub {
    Stub::with(|call, _| {
        let apis = match call {
            0 => format!("{ZONES},{USERS}"),
            _ => format!("{ZONES_LATER},{HOSTS}"),
        };
        Stub::whole("200 OK", "application/json", &answer(&apis)).into_bytes()
    })
}

#[test]
fn a_diff_tells_what_the_last_sync_changed() {
    let stub = changing();
    let home = stub.home();
    home.run("sync").ok();
    let said = home.run("catalog diff").fails(7);
    assert!(said.contains("no earlier catalogue"), "{said}");
    home.run("sync").ok();
    assert_eq!(
        home.run("catalog diff -o csv").ok(),
        "api,param,change,before,now\n\
         listHosts,,came,,\n\
         listUsers,,went,,\n\
         listZones,id,changed,uuid,\"uuid, required\"\n\
         listZones,name,came,,string\n"
    );
    let few = home.run("catalog diff where=change=came count=true").ok();
    assert!(few.contains('2'), "{few}");
    home.run("sync").ok();
    let seen = home.run("catalog diff").seen().status(0);
    assert!(seen.stderr.contains("no difference"), "{seen:?}");
}

#[test]
fn another_profiles_catalogue_is_compared() {
    let stub = changing();
    let home = stub.home();
    home.run("sync").ok();
    let said = home.run("catalog diff demo").fails(7);
    assert!(said.contains("-p demo sync"), "{said}");
    home.run("-p demo sync").ok();
    let rows = home.run("catalog diff demo where=change=came -o csv").ok();
    assert!(rows.lines().count() <= 1, "{rows}");
    let rows = home.run("catalog diff demo where=change=went -o csv").ok();
    assert!(rows.contains("deployVirtualMachine,,went"), "{rows}");
    home.run("catalog diff nosuch").fails(7);
    home.run("catalog dif").fails(2);
}

#[test]
fn show_tells_how_many_there_are_and_whose() {
    let home = Home::new();
    let shown = home.run("catalog show -o json").ok();
    for part in [
        "\"apis\": 3",
        "\"synced\": \"20",
        "\"toldby\": \"the cloud\"",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let version = home
        .run("list capabilities filter=cloudstackversion -o csv")
        .ok();
    let version = version.lines().nth(1).unwrap();
    assert!(
        shown.contains(&format!("\"version\": \"{version}\"")),
        "{shown}"
    );
}
