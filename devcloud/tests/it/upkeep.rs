//! What is done to machines and disks besides their life: sizes, interfaces, owners, hosts.

use serde_json::json;

use crate::support::World;

#[test]
fn a_machine_is_resized_while_it_is_stopped() {
    let world = World::new();
    let (_, machine) = world.in_network("one");
    let offering = world.named("listServiceOfferings", "Medium Instance");
    let change = [("id", machine.as_str()), ("serviceofferingid", &offering)];
    let (code, text) = world.fails("changeServiceForVirtualMachine", &change);
    assert!(code == 431 && text.contains("is stopped"), "{text}");
    assert_eq!(world.fails("scaleVirtualMachine", &change).0, 431);
    world.done("stopVirtualMachine", &[("id", &machine)]);
    world.ok("changeServiceForVirtualMachine", &change);
    let shown = || world.rows("listVirtualMachines", &[("id", &machine)])[0].clone();
    assert_eq!(
        (&shown()["memory"], &shown()["serviceofferingname"]),
        (&json!(1024), &json!("Medium Instance"))
    );
    let smaller = [
        change[0],
        (
            "serviceofferingid",
            &world.named("listServiceOfferings", "tinyOffering"),
        ),
    ];
    assert_eq!(world.done("scaleVirtualMachine", &smaller)["memory"], 100);
    assert_eq!(shown()["memory"], 100);
    assert_eq!(
        world
            .fails("resetPasswordForVirtualMachine", &[("id", &machine)])
            .0,
        431
    );
    let root = world.first("listVolumes", &[("type", "ROOT")]);
    assert_eq!(
        world.done("restoreVirtualMachine", &[("virtualmachineid", &machine)])["name"],
        "one"
    );
    assert_ne!(world.first("listVolumes", &[("type", "ROOT")]), root);
    let data = world.ok(
        "getVirtualMachineUserData",
        &[("virtualmachineid", &machine)],
    );
    assert_eq!(data["virtualmachineuserdata"]["userdata"], "");
}

#[test]
fn a_machine_has_several_interfaces() {
    let world = World::new();
    let (first, machine) = world.in_network("one");
    let zone = world.first("listZones", &[]);
    let offering = world.first("listNetworkOfferings", &[]);
    let second = world.ok(
        "createNetwork",
        &[
            ("name", "back"),
            ("displaytext", "back"),
            ("networkofferingid", &offering),
            ("zoneid", &zone),
            ("gateway", "10.2.0.1"),
            ("netmask", "255.255.0.0"),
        ],
    )["network"]
        .clone();
    assert_eq!(second["cidr"], "10.2.0.0/16");
    let second = second["id"].as_str().unwrap();
    let add = [
        ("virtualmachineid", machine.as_str()),
        ("networkid", second),
    ];
    assert_eq!(
        world.done("addNicToVirtualMachine", &add)["nic"][1]["ipaddress"],
        "10.2.0.2"
    );
    assert_eq!(world.fails("addNicToVirtualMachine", &add).0, 530);
    assert_eq!(world.fails("deleteNetwork", &[("id", second)]).0, 530);
    let nics = || world.rows("listNics", &[("virtualmachineid", &machine)]);
    let (one, two) = (nics()[0]["id"].clone(), nics()[1]["id"].clone());
    let nic = |id| [("virtualmachineid", machine.as_str()), ("nicid", id)];
    let (one, two) = (one.as_str().unwrap(), two.as_str().unwrap());
    assert_eq!(world.fails("removeNicFromVirtualMachine", &nic(one)).0, 530);
    world.done("updateDefaultNicForVirtualMachine", &nic(two));
    assert_eq!(
        (&nics()[0]["isdefault"], &nics()[1]["isdefault"]),
        (&json!(false), &json!(true))
    );
    let more = world.done("addIpToNic", &[("nicid", two)]);
    assert_eq!(more["ipaddress"], "10.2.0.3");
    assert_eq!(
        world
            .fails("addIpToNic", &[("nicid", two), ("ipaddress", "10.2.0.3")])
            .0,
        533
    );
    world.done("removeIpFromNic", &[("id", more["id"].as_str().unwrap())]);
    assert_eq!(nics()[1].get("secondaryip"), None);
    let moved = [("nicid", two), ("ipaddress", "10.2.0.9")];
    assert_eq!(world.fails("updateVmNicIp", &moved).0, 431);
    world.done("stopVirtualMachine", &[("id", &machine)]);
    world.done("updateVmNicIp", &moved);
    assert_eq!(nics()[1]["ipaddress"], "10.2.0.9");
    world.done("startVirtualMachine", &[("id", &machine)]);
    world.done("removeNicFromVirtualMachine", &nic(one));
    assert_eq!(
        world
            .rows("listVirtualMachines", &[("networkid", second)])
            .len(),
        1
    );
    world.done("deleteNetwork", &[("id", &first)]);
    assert_eq!(world.rows("listNetworks", &[]).len(), 1);
    world.done("updateNetwork", &[("id", second), ("displaytext", "front")]);
    assert_eq!(world.rows("listNetworks", &[])[0]["displaytext"], "front");
}

#[test]
fn a_machine_is_given_to_another_account() {
    let world = World::new();
    let (_, machine) = world.in_network("one");
    let user = world.user("u", "0", None);
    let domain = world.first("listDomains", &[("name", "ROOT")]);
    let give = [
        ("virtualmachineid", machine.as_str()),
        ("account", "u"),
        ("domainid", &domain),
    ];
    assert_eq!(world.fails("assignVirtualMachine", &give).0, 431);
    world.done("stopVirtualMachine", &[("id", &machine)]);
    world.ok("assignVirtualMachine", &give);
    assert_eq!(
        world.ok_as(&user, "listVirtualMachines", &[])["virtualmachine"][0]["account"],
        "u"
    );
    assert_eq!(world.ok_as(&user, "listVolumes", &[])["count"], 1);
    assert!(world.rows("listVirtualMachines", &[]).is_empty());
}

#[test]
fn a_machine_moves_to_another_host() {
    let world = World::new();
    let (_, machine) = world.in_network("one");
    let id = [("virtualmachineid", machine.as_str())];
    let host = world.first("listHosts", &[]);
    let to = |host| [("virtualmachineid", machine.as_str()), ("hostid", host)];
    assert_eq!(world.fails("migrateVirtualMachine", &to(&host)).0, 431);
    assert!(world.rows("findHostsForMigration", &id).is_empty());
    devcloud::fill(&world.state(), 1, 1, 0).unwrap();
    let others = world.rows("findHostsForMigration", &id);
    let other = others[0]["id"].as_str().unwrap();
    assert_eq!(
        world.done("migrateVirtualMachine", &to(other))["hostid"],
        other
    );
    assert_eq!(
        world
            .rows("listVirtualMachines", &[("hostid", other), ("name", "one")])
            .len(),
        1
    );
}

#[test]
fn a_disk_grows_and_moves() {
    let world = World::new();
    let zone = world.first("listZones", &[]);
    let id = world.id_of(
        "createVolume",
        &[("name", "d"), ("size", "5"), ("zoneid", &zone)],
    );
    let shown = || world.rows("listVolumes", &[("id", &id)])[0].clone();
    world.done("resizeVolume", &[("id", &id), ("size", "8")]);
    assert_eq!(shown()["size"], 8_i64 << 30);
    let (code, text) = world.fails("resizeVolume", &[("id", &id), ("size", "2")]);
    assert!(code == 431 && text.contains("shrinkok"), "{text}");
    world.done(
        "resizeVolume",
        &[("id", &id), ("size", "2"), ("shrinkok", "true")],
    );
    assert_eq!(shown()["size"], 2_i64 << 30);
    world.done("updateVolume", &[("id", &id), ("displayvolume", "false")]);
    assert_eq!(shown()["displayvolume"], false);
    let pool = world.first("listStoragePools", &[]);
    assert_eq!(
        world
            .fails("migrateVolume", &[("volumeid", &id), ("storageid", &pool)])
            .0,
        431
    );
    let (_, machine) = world.in_network("one");
    world.done(
        "attachVolume",
        &[("id", &id), ("virtualmachineid", &machine)],
    );
    let mode = [
        ("id", id.as_str()),
        ("mode", "HTTP_DOWNLOAD"),
        ("zoneid", &zone),
    ];
    assert_eq!(world.fails("extractVolume", &mode).0, 431);
    world.done("detachVolume", &[("id", &id)]);
    assert!(
        world.done("extractVolume", &mode)["url"]
            .as_str()
            .unwrap()
            .contains(&id)
    );
    assert_eq!(
        world.done("migrateVolume", &[("volumeid", &id), ("storageid", &pool)])["storage"],
        "devcloud-primary"
    );
    let upload = [
        ("name", "up"),
        ("format", "VHD"),
        ("url", "http://example.org/x.vhd"),
        ("zoneid", &zone),
    ];
    let up = world.id_of("uploadVolume", &upload);
    assert_eq!(
        world.rows("listVolumes", &[("id", &up)])[0]["state"],
        "Uploaded"
    );
    let wrong = [upload[0], upload[1], ("url", "gopher://x"), upload[3]];
    assert_eq!(world.fails("uploadVolume", &wrong).0, 431);
}
