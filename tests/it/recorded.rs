//! The recorded catalogue of a real server, served to the program: it syncs, completes and helps.

use crate::support::Stub;

#[test]
fn the_catalogue_of_554_apis_loads_and_helps() {
    let body = include_str!("../../src/cloud/cloudstack/listapis-4.11.json");
    let stub = Stub::answering("200 OK", "application/json", body);
    let home = stub.home();
    assert_eq!(home.run("sync").ok(), "554 APIs discovered and cached\n");
    let out = home.run("deploy virtualmachine -h").ok();
    assert!(
        out.contains("Required args: serviceofferingid templateid zoneid"),
        "{out}"
    );
    let out = home.run("help list").ok();
    assert!(
        out.starts_with("145 commands with the verb list:\n"),
        "{out}"
    );
    let calls = out.lines().filter(|line| line.starts_with("  list "));
    assert_eq!(calls.count(), 145, "{out}");
    let said = home.run("list virtualmachine").fails(2);
    assert!(said.contains("list virtualmachines"), "{said}");
}
