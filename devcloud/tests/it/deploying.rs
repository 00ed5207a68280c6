//! What a machine is made with besides a template and an offering: addresses in networks, more disks, an ISO, user data.

use serde_json::{Value, json};

use crate::support::World;

/// What every machine is made with.
fn basis(world: &World) -> Vec<(&'static str, String)> {
    vec![
        ("zoneid", world.first("listZones", &[])),
        (
            "serviceofferingid",
            world.first("listServiceOfferings", &[]),
        ),
        (
            "templateid",
            world.first("listTemplates", &[("templatefilter", "featured")]),
        ),
    ]
}

/// The basis with more, or with others in place of what has the same name.
fn with<'a>(
    basis: &'a [(&'a str, String)],
    more: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let kept = basis
        .iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    kept.map(|(name, value)| (*name, value.as_str()))
        .chain(more.iter().copied())
        .collect()
}

fn network(world: &World, name: &str) -> String {
    let offering = world.named(
        "listNetworkOfferings",
        "DefaultIsolatedNetworkOfferingWithSourceNatService",
    );
    let made = world.ok(
        "createNetwork",
        &[
            ("name", name),
            ("displaytext", name),
            ("zoneid", &world.first("listZones", &[])),
            ("networkofferingid", &offering),
        ],
    );
    made["network"]["id"].as_str().unwrap().to_string()
}

#[test]
fn a_machine_has_the_addresses_that_it_is_given() {
    let world = World::new();
    let (one, two) = (network(&world, "one"), network(&world, "two"));
    let basis = basis(&world);
    let list = [
        ("iptonetworklist[0].networkid", one.as_str()),
        ("iptonetworklist[0].ip", "10.1.1.77"),
        ("iptonetworklist[1].networkid", &two),
    ];
    let machine = world.done("deployVirtualMachine", &with(&basis, &list));
    let nics = machine["nic"].as_array().unwrap();
    assert_eq!(nics.len(), 2);
    assert_eq!(
        (&nics[0]["networkid"], &nics[0]["ipaddress"]),
        (&json!(one), &json!("10.1.1.77"))
    );
    assert_eq!(nics[1]["networkid"], json!(two));
    assert_eq!(
        (&nics[0]["isdefault"], &nics[1]["isdefault"]),
        (&json!(true), &json!(false))
    );
    // The address is taken now.
    let again = with(&basis, &list[..2]);
    assert_eq!(world.fails("deployVirtualMachine", &again).0, 533);
    let both = [list[0], ("networkids", two.as_str())];
    assert_eq!(
        world.fails("deployVirtualMachine", &with(&basis, &both)),
        (
            431,
            "ipToNetworkMap can't be specified along with networkIds or ipAddress".into()
        )
    );
}

#[test]
fn a_machine_has_the_disks_that_it_is_given() {
    let world = World::new();
    let basis = basis(&world);
    let template = basis[2].1.as_str();
    let (small, medium) = (
        world.named("listDiskOfferings", "Small"),
        world.named("listDiskOfferings", "Medium"),
    );
    let disks = [
        ("diskofferingid", small.as_str()),
        ("datadiskofferinglist[0].datadisktemplateid", template),
        ("datadiskofferinglist[0].diskofferingid", &medium),
        ("datadiskofferinglist[1].datadisktemplateid", template),
        ("datadiskofferinglist[1].diskofferingid", &small),
    ];
    let machine = world.id_of("deployVirtualMachine", &with(&basis, &disks));
    let volumes = world.rows("listVolumes", &[("virtualmachineid", &machine)]);
    let mut sizes: Vec<(&str, i64)> = volumes
        .iter()
        .filter(|volume| volume["type"] == "DATADISK")
        .map(|volume| {
            let gigabytes = volume["size"].as_i64().unwrap() >> 30;
            (volume["diskofferingname"].as_str().unwrap(), gigabytes)
        })
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [("Medium", 20), ("Small", 5), ("Small", 5)]);
    let wrong = [disks[1], ("datadiskofferinglist[0].diskofferingid", "none")];
    assert_eq!(
        world.fails("deployVirtualMachine", &with(&basis, &wrong)).0,
        431
    );
}

#[test]
fn a_machine_is_installed_from_an_iso_on_an_empty_disk() {
    let world = World::new();
    let basis = basis(&world);
    let os = world.first("listOsTypes", &[]);
    let register = |name: &str, bootable: &str| -> String {
        let iso = world.ok(
            "registerIso",
            &[
                ("name", name),
                ("displaytext", name),
                ("url", "http://example.org/cd.iso"),
                ("zoneid", &basis[0].1),
                ("ostypeid", &os),
                ("bootable", bootable),
            ],
        );
        iso["iso"][0]["id"].as_str().unwrap().to_string()
    };
    let (iso, data) = (register("setup", "true"), register("data", "false"));
    let disk = world.named("listDiskOfferings", "Medium");
    let from = |iso: &str, more: &[(&str, &str)]| -> (u64, String) {
        let given: Vec<(&str, &str)> = [("templateid", iso)].iter().chain(more).copied().collect();
        world.fails("deployVirtualMachine", &with(&basis, &given))
    };
    let whole = [
        ("diskofferingid", disk.as_str()),
        ("hypervisor", "XenServer"),
    ];
    assert!(from(&iso, &[]).1.contains("requires a disk offering"));
    assert!(
        from(&iso, &whole[..1])
            .1
            .contains("hypervisor parameter is needed")
    );
    assert!(from(&data, &whole).1.contains("that is bootable"));
    let given: Vec<(&str, &str)> = [("templateid", iso.as_str())]
        .iter()
        .chain(&whole)
        .copied()
        .collect();
    let machine = world.done("deployVirtualMachine", &with(&basis, &given));
    assert_eq!(
        (
            &machine["state"],
            &machine["isoname"],
            &machine["hypervisor"]
        ),
        (&json!("Running"), &json!("setup"), &json!("XenServer"))
    );
    let id = machine["id"].as_str().unwrap();
    let volumes = world.rows("listVolumes", &[("virtualmachineid", id)]);
    let root: Vec<(&Value, i64)> = volumes
        .iter()
        .map(|volume| (&volume["type"], volume["size"].as_i64().unwrap() >> 30))
        .collect();
    assert_eq!(root, [(&json!("ROOT"), 20)]);
    let detached = world.done("detachIso", &[("virtualmachineid", id)]);
    assert_eq!(detached.get("isoid"), None);
}

#[test]
fn user_data_is_base64() {
    let world = World::new();
    let basis = basis(&world);
    let plain = with(&basis, &[("userdata", "#!/bin/sh echo")]);
    assert_eq!(
        world.fails("deployVirtualMachine", &plain),
        (431, "User data is not base64 encoded".into())
    );
    let good = with(&basis, &[("userdata", "IyEvYmluL3No")]);
    let machine = world.id_of("deployVirtualMachine", &good);
    let read = world.ok(
        "getVirtualMachineUserData",
        &[("virtualmachineid", &machine)],
    );
    assert_eq!(read["virtualmachineuserdata"]["userdata"], "IyEvYmluL3No");
}
