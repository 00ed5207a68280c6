//! The cloud as CloudStack 4.0: everything but discovery, which a client has to do without.

use crate::support::{World, get, signed};

#[test]
fn an_old_server_has_no_discovery_and_says_which_version_it_is() {
    let world = World::new();
    let cloud = world.speaking("4.0");
    let call =
        |api: &str, params: &[(&str, &str)]| get(&cloud, &signed(&world.admin(), api, params));

    let refused = call("listApis", &[("response", "json")]);
    assert_eq!(refused.status, 432);
    assert_eq!(
        refused.whole()["errorresponse"]["errortext"],
        "The given command does not exist"
    );
    assert_eq!(call("listZonse", &[]).status, 432);
    // Who calls does not matter to a command that is not there.
    assert_eq!(get(&cloud, "command=listApis").status, 432);
    assert_eq!(get(&cloud, "command=listZones").status, 401);

    let zones = call("listZones", &[]);
    assert_eq!(zones.status, 200);
    let root = "<listzonesresponse cloud-stack-version=\"4.0.2\">";
    assert!(zones.body.contains(root), "{zones:?}");
    assert!(
        refused_in_xml(&call("startVirtualMachine", &[])),
        "{zones:?}"
    );
}

fn refused_in_xml(answer: &crate::support::Answer) -> bool {
    let root = "<startvirtualmachineresponse cloud-stack-version=\"4.0.2\">";
    answer.status == 431 && answer.body.contains(root)
}

#[test]
fn one_world_speaks_in_several_manners_at_once() {
    let world = World::new();
    world.machine("both");
    let old = world.speaking("4.0");
    let seen = get(
        &old,
        &signed(
            &world.admin(),
            "listVirtualMachines",
            &[("response", "json")],
        ),
    );
    assert_eq!(seen.inner()["virtualmachine"][0]["name"], "both");
    assert!(devcloud::Manner::names().any(|name| name == "4.0"));
    assert!("5.0".parse::<devcloud::Manner>().is_err());
}
