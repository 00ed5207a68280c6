//! Templates, ISOs and snapshots: what machines and disks are made of and kept in.

use serde_json::json;

use crate::support::World;

fn register(world: &World, name: &str, more: &[(&str, &str)]) -> String {
    let os = world.first("listOsTypes", &[]);
    let zone = world.first("listZones", &[]);
    let mut params = vec![
        ("name", name),
        ("displaytext", name),
        ("format", "VHD"),
        ("hypervisor", "XenServer"),
        ("ostypeid", &os),
        ("url", "http://example.org/x.vhd"),
        ("zoneid", &zone),
    ];
    params.extend(more);
    let body = world.ok("registerTemplate", &params);
    body["template"][0]["id"].as_str().unwrap().to_string()
}

#[test]
fn a_template_is_registered_changed_and_deleted() {
    let world = World::new();
    let id = register(&world, "mine", &[]);
    let own = || world.rows("listTemplates", &[("templatefilter", "self")]);
    assert_eq!((own().len(), &own()[0]["isready"]), (1, &json!(true)));
    let os = world.first("listOsTypes", &[]);
    let zone = world.first("listZones", &[]);
    let wrong = |url, hypervisor| {
        world.fails(
            "registerTemplate",
            &[
                ("name", "x"),
                ("displaytext", "x"),
                ("format", "VHD"),
                ("hypervisor", hypervisor),
                ("ostypeid", &os),
                ("url", url),
                ("zoneid", &zone),
            ],
        )
    };
    assert_eq!(wrong("gopher://x/y", "XenServer").0, 431);
    assert_eq!(wrong("http://x/y.vhd", "KVM").0, 431);
    world.ok(
        "updateTemplate",
        &[
            ("id", &id),
            ("displaytext", "ours"),
            ("passwordenabled", "true"),
        ],
    );
    assert_eq!(own()[0]["displaytext"], "ours");
    let prepared = world.ok("prepareTemplate", &[("templateid", &id), ("zoneid", &zone)]);
    assert_eq!(prepared["template"][0]["name"], "mine");
    let taken = world.done("extractTemplate", &[("id", &id), ("mode", "HTTP_DOWNLOAD")]);
    assert!(taken["url"].as_str().unwrap().contains(&id));
    assert_eq!(
        world
            .fails("extractTemplate", &[("id", &id), ("mode", "POST")])
            .0,
        431
    );
    assert_eq!(
        world
            .fails("copyTemplate", &[("id", &id), ("destzoneid", &zone)])
            .0,
        431
    );
    let machine = world.done(
        "deployVirtualMachine",
        &[
            ("zoneid", &zone),
            ("templateid", &id),
            (
                "serviceofferingid",
                &world.first("listServiceOfferings", &[]),
            ),
        ],
    );
    assert_eq!(machine["password"].as_str().unwrap().len(), 9);
    let (code, text) = world.fails("deleteTemplate", &[("id", &id)]);
    assert!(code == 431 && text.contains("are using it"), "{text}");
    world.done("deleteTemplate", &[("id", &id), ("forced", "true")]);
    assert!(own().is_empty());
}

#[test]
fn a_private_template_is_used_by_those_who_may() {
    let world = World::new();
    let id = register(&world, "private", &[]);
    let user = world.user("u", "0", None);
    let seen = |filter| {
        let body = world.ok_as(
            &user,
            "listTemplates",
            &[("templatefilter", filter), ("name", "private")],
        );
        body["template"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(
        (
            seen("executable"),
            seen("community"),
            seen("sharedexecutable")
        ),
        (0, 0, 0)
    );
    let machine = [
        ("zoneid", world.first("listZones", &[])),
        ("templateid", id.clone()),
        (
            "serviceofferingid",
            world.first("listServiceOfferings", &[]),
        ),
    ];
    let machine: Vec<(&str, &str)> = machine
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(
        world.refused(&user, "deployVirtualMachine", &machine).0,
        531
    );
    let grant = [("id", id.as_str()), ("op", "add"), ("accounts", "u")];
    world.ok("updateTemplatePermissions", &grant);
    assert_eq!((seen("executable"), seen("sharedexecutable")), (1, 1));
    let permissions =
        || world.ok("listTemplatePermissions", &[("id", &id)])["templatepermission"].clone();
    assert_eq!(permissions()["account"], json!(["u"]));
    world.ok_as(&user, "deployVirtualMachine", &machine);
    world.ok("updateTemplatePermissions", &[("id", &id), ("op", "reset")]);
    assert_eq!(permissions().get("account"), None);
    assert_eq!(seen("executable"), 0);
    world.ok(
        "updateTemplatePermissions",
        &[("id", &id), ("ispublic", "true")],
    );
    assert_eq!((seen("executable"), seen("community")), (1, 1));
    assert_eq!(
        world
            .refused(&user, "updateTemplate", &[("id", &id), ("name", "x")])
            .0,
        531
    );
}

#[test]
fn a_template_is_made_of_a_stopped_machines_disk() {
    let world = World::new();
    let (_, machine) = world.in_network("one");
    let root = world.first("listVolumes", &[("type", "ROOT")]);
    let os = world.first("listOsTypes", &[]);
    let template = [
        ("name", "golden"),
        ("displaytext", "golden"),
        ("ostypeid", &os),
        ("volumeid", &root),
    ];
    assert_eq!(world.fails("createTemplate", &template).0, 431);
    world.done("stopVirtualMachine", &[("id", &machine)]);
    assert_eq!(
        world.done("createTemplate", &template)["status"],
        "Download Complete"
    );
    let all = world.rows("listTemplates", &[("templatefilter", "self")]);
    assert_eq!(all[0]["name"], "golden");
}

#[test]
fn an_iso_is_put_into_a_machine() {
    let world = World::new();
    let zone = world.first("listZones", &[]);
    let os = world.first("listOsTypes", &[]);
    let iso = [
        ("name", "tools"),
        ("displaytext", "tools"),
        ("url", "http://example.org/tools.iso"),
        ("zoneid", &zone),
    ];
    assert_eq!(
        world.fails("registerIso", &iso).0,
        431,
        "a bootable one has a system"
    );
    let bootable = [&iso[..], &[("ostypeid", os.as_str())]].concat();
    let id = world.ok("registerIso", &bootable)["iso"][0]["id"]
        .as_str()
        .unwrap()
        .to_string();
    let isos = || world.rows("listIsos", &[("isofilter", "self")]);
    world.ok("updateIso", &[("id", &id), ("displaytext", "more tools")]);
    assert_eq!(isos()[0]["displaytext"], "more tools");
    let (_, machine) = world.in_network("one");
    assert_eq!(
        world
            .fails("detachIso", &[("virtualmachineid", &machine)])
            .0,
        431
    );
    let shown = world.done("attachIso", &[("id", &id), ("virtualmachineid", &machine)]);
    assert_eq!(shown["isoname"], "tools");
    assert_eq!(
        world.rows("listVirtualMachines", &[("isoid", &id)]).len(),
        1
    );
    let (code, text) = world.fails("deleteIso", &[("id", &id)]);
    assert_eq!(
        (code, text.as_str()),
        (431, "Unable to delete iso, as it's used by other vms")
    );
    world.done("detachIso", &[("virtualmachineid", &machine)]);
    world.ok(
        "updateIsoPermissions",
        &[("id", &id), ("isextractable", "true")],
    );
    assert_eq!(
        world.ok("listIsoPermissions", &[("id", &id)])["templatepermission"]["ispublic"],
        false
    );
    world.done("extractIso", &[("id", &id), ("mode", "HTTP_DOWNLOAD")]);
    assert_eq!(world.fails("copyIso", &[("id", &id)]).0, 431);
    world.done("deleteIso", &[("id", &id)]);
    assert!(isos().is_empty());
}

#[test]
fn a_snapshot_keeps_a_disk() {
    let world = World::new();
    let (_, machine) = world.in_network("one");
    let root = world.first("listVolumes", &[("type", "ROOT")]);
    let zone = world.first("listZones", &[]);
    let free = world.id_of(
        "createVolume",
        &[("name", "d"), ("size", "1"), ("zoneid", &zone)],
    );
    let (code, text) = world.fails("createSnapshot", &[("volumeid", &free)]);
    assert!(
        code == 431 && text.contains("not in Ready state but Allocated"),
        "{text}"
    );
    let snapshot = world.done("createSnapshot", &[("volumeid", &root)]);
    assert_eq!(snapshot["state"], "BackedUp");
    assert!(
        snapshot["name"]
            .as_str()
            .unwrap()
            .starts_with("one_ROOT-1_20")
    );
    let id = snapshot["id"].as_str().unwrap();
    assert_eq!(world.fails("revertSnapshot", &[("id", id)]).0, 431);
    world.done("stopVirtualMachine", &[("id", &machine)]);
    world.done("resizeVolume", &[("id", &root), ("size", "3")]);
    world.done("revertSnapshot", &[("id", id)]);
    let volume = || world.rows("listVolumes", &[("id", &root)])[0].clone();
    assert_eq!(volume()["size"], 50 << 20);
    let copy = world.done("createVolume", &[("name", "copy"), ("snapshotid", id)]);
    assert_eq!(copy["size"], 50 << 20);
    let policy = [
        ("volumeid", root.as_str()),
        ("intervaltype", "DAILY"),
        ("schedule", "30:2"),
        ("maxsnaps", "3"),
        ("timezone", "UTC"),
    ];
    let made = world.ok("createSnapshotPolicy", &policy)["snapshotpolicy"].clone();
    let bad = [
        policy[0],
        policy[1],
        ("schedule", "99:2"),
        policy[3],
        policy[4],
    ];
    assert_eq!(world.fails("createSnapshotPolicy", &bad).0, 431);
    let policies = || world.rows("listSnapshotPolicies", &[("volumeid", &root)]);
    assert_eq!(policies()[0]["schedule"], "30:2");
    assert_eq!(
        world.fails("listSnapshotPolicies", &[]).1,
        "Unable to find a volume with id null"
    );
    let policy = made["id"].as_str().unwrap();
    world.done(
        "updateSnapshotPolicy",
        &[("id", policy), ("fordisplay", "false")],
    );
    assert_eq!(policies()[0]["fordisplay"], false);
    world.ok("deleteSnapshotPolicies", &[("id", policy)]);
    assert!(policies().is_empty());
    world.done("deleteSnapshot", &[("id", id)]);
    assert!(world.rows("listSnapshots", &[]).is_empty());
}

#[test]
fn a_snapshot_of_a_machine_is_gone_back_to() {
    let world = World::new();
    let (_, machine) = world.in_network("one");
    let first = world.id_of(
        "createVMSnapshot",
        &[("virtualmachineid", &machine), ("name", "a")],
    );
    let second = world.id_of(
        "createVMSnapshot",
        &[
            ("virtualmachineid", &machine),
            ("name", "b"),
            ("snapshotmemory", "true"),
        ],
    );
    let all = || world.rows("listVMSnapshot", &[("virtualmachineid", &machine)]);
    let called = |name| world.rows("listVMSnapshot", &[("name", name)]).len();
    assert_eq!((called("a"), called("b"), called("c")), (1, 1, 0));
    assert_eq!(
        (&all()[1]["parentName"], &all()[1]["current"]),
        (&json!("a"), &json!(true))
    );
    assert_eq!(
        world
            .fails("revertToVMSnapshot", &[("vmsnapshotid", &first)])
            .0,
        431
    );
    assert_eq!(
        world.done("revertToVMSnapshot", &[("vmsnapshotid", &second)])["name"],
        "one"
    );
    world.done("stopVirtualMachine", &[("id", &machine)]);
    world.done("revertToVMSnapshot", &[("vmsnapshotid", &first)]);
    assert_eq!(all()[0]["current"], true);
    assert_eq!(
        world
            .fails("restoreVirtualMachine", &[("virtualmachineid", &machine)])
            .0,
        431
    );
    world.done("deleteVMSnapshot", &[("vmsnapshotid", &first)]);
    assert_eq!((all().len(), all()[0].get("parent")), (1, None));
}
