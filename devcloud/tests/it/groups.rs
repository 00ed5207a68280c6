//! Groups that machines are in: security, affinity, and those that they are shown in; SSH key pairs and tags on them.

use rsa::PrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::traits::PublicKeyParts;
use serde_json::json;

use crate::support::World;

#[test]
fn a_security_group_lets_in_what_it_is_told() {
    let world = World::new();
    let create = [("name", "web"), ("description", "servers")];
    let group = world.ok("createSecurityGroup", &create)["securitygroup"].clone();
    let id = group["id"].as_str().unwrap();
    assert_eq!(world.fails("createSecurityGroup", &create).0, 431);
    let rule = [
        ("securitygroupid", id),
        ("protocol", "tcp"),
        ("startport", "80"),
        ("endport", "80"),
        ("cidrlist", "0.0.0.0/0"),
    ];
    let shown = || world.rows("listSecurityGroups", &[("id", id)])[0].clone();
    for (authorize, field, revoke) in [
        (
            "authorizeSecurityGroupIngress",
            "ingressrule",
            "revokeSecurityGroupIngress",
        ),
        (
            "authorizeSecurityGroupEgress",
            "egressrule",
            "revokeSecurityGroupEgress",
        ),
    ] {
        world.done(authorize, &rule);
        let rules = shown()[field].clone();
        assert_eq!(
            (&rules[0]["startport"], &rules[0]["cidr"]),
            (&json!(80), &json!("0.0.0.0/0"))
        );
        let rule = rules[0]["ruleid"].as_str().unwrap();
        world.done(revoke, &[("id", rule)]);
        assert_eq!(shown()[field], json!([]));
        assert_eq!(world.fails(revoke, &[("id", rule)]).0, 431);
    }
    let zone = world.first("listZones", &[]);
    let template = world.first("listTemplates", &[("templatefilter", "featured")]);
    let offering = world.first("listServiceOfferings", &[]);
    let machine = world.done(
        "deployVirtualMachine",
        &[
            ("zoneid", &zone),
            ("templateid", &template),
            ("serviceofferingid", &offering),
            ("securitygroupids", id),
        ],
    );
    assert_eq!(machine["securitygroup"][0]["name"], "web");
    assert_eq!(shown()["virtualmachinecount"], 1);
    let (code, text) = world.fails("deleteSecurityGroup", &[("id", id)]);
    assert!(code == 536 && text.contains("in use"), "{text}");
    let machine = machine["id"].as_str().unwrap();
    world.done(
        "destroyVirtualMachine",
        &[("id", machine), ("expunge", "true")],
    );
    world.ok("deleteSecurityGroup", &[("name", "web")]);
    assert!(
        world
            .rows("listSecurityGroups", &[("securitygroupname", "web")])
            .is_empty()
    );
}

#[test]
fn affinity_groups_change_while_a_machine_is_stopped() {
    let world = World::new();
    assert_eq!(world.rows("listAffinityGroupTypes", &[]).len(), 2);
    let create = [("name", "apart"), ("type", "host anti-affinity")];
    let group = world.id_of("createAffinityGroup", &create);
    assert_eq!(world.fails("createAffinityGroup", &create).0, 431);
    assert_eq!(
        world
            .fails("createAffinityGroup", &[("name", "x"), ("type", "y")])
            .0,
        431
    );
    let (_, machine) = world.in_network("one");
    let change = [("id", machine.as_str()), ("affinitygroupids", &group)];
    assert_eq!(world.fails("updateVMAffinityGroup", &change).0, 431);
    world.done("stopVirtualMachine", &[("id", &machine)]);
    world.done("updateVMAffinityGroup", &change);
    let groups = world.rows("listAffinityGroups", &[("virtualmachineid", &machine)]);
    assert_eq!(groups[0]["virtualmachineIds"], json!([machine]));
    world.done("deleteAffinityGroup", &[("id", &group)]);
    assert!(world.rows("listAffinityGroups", &[]).is_empty());
    let machines = world.rows("listVirtualMachines", &[("id", &machine)]);
    assert_eq!(machines[0]["affinitygroup"], json!([]));
}

#[test]
fn machines_are_shown_in_groups() {
    let world = World::new();
    let (_, machine) = world.in_network("one");
    world.ok(
        "updateVirtualMachine",
        &[("id", &machine), ("group", "web")],
    );
    let group = world.named("listInstanceGroups", "web");
    assert_eq!(
        world.fails("createInstanceGroup", &[("name", "web")]).0,
        431
    );
    world.ok("updateInstanceGroup", &[("id", &group), ("name", "www")]);
    let machines = || world.rows("listVirtualMachines", &[("groupid", &group)]);
    assert_eq!(machines()[0]["group"], "www");
    world.ok("deleteInstanceGroup", &[("id", &group)]);
    assert!(world.rows("listInstanceGroups", &[]).is_empty());
    assert_eq!(world.rows("listVirtualMachines", &[])[0].get("group"), None);
}

#[test]
fn key_pairs_are_an_accounts_own() {
    let world = World::new();
    let pair = world.ok("createSSHKeyPair", &[("name", "mine")])["keypair"].clone();
    let pem = pair["privatekey"].as_str().unwrap();
    assert!(pem.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    let secret = PrivateKey::from_pkcs1_pem(pem).unwrap();
    assert_eq!(secret.n_bits_precision(), 2048);
    let (code, text) = world.fails("createSSHKeyPair", &[("name", "mine")]);
    assert_eq!(
        (code, text.as_str()),
        (431, "A key pair with name 'mine' already exists.")
    );
    let key =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPOIUmSkdegpHuGS7vziXpfMYOBgCp50J1sf4VSBBrqi me@here";
    let registered = world.ok(
        "registerSSHKeyPair",
        &[("name", "theirs"), ("publickey", key)],
    );
    assert_eq!(
        registered["keypair"]["fingerprint"], "8c:85:3a:eb:dd:e5:31:94:43:67:0e:84:a4:45:79:6f",
        "as ssh-keygen says it"
    );
    for wrong in [
        "nonsense",
        // Cut off, and of another kind than it says.
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 me@here",
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIPOIUmSkdegpHuGS7vziXpfMYOBgCp50J1sf4VSBBrqi",
    ] {
        let params = [("name", "x"), ("publickey", wrong)];
        assert_eq!(world.fails("registerSSHKeyPair", &params).0, 431, "{wrong}");
    }
    let names = || {
        world
            .rows("listSSHKeyPairs", &[])
            .iter()
            .map(|row| row["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), [json!("mine"), json!("theirs")]);
    let (_, machine) = world.in_network("one");
    let reset = [("id", machine.as_str()), ("keypair", "theirs")];
    assert_eq!(world.fails("resetSSHKeyForVirtualMachine", &reset).0, 431);
    world.done("stopVirtualMachine", &[("id", &machine)]);
    assert_eq!(
        world.done("resetSSHKeyForVirtualMachine", &reset)["keypair"],
        "theirs"
    );
    assert_eq!(
        world
            .rows("listVirtualMachines", &[("keypair", "theirs")])
            .len(),
        1
    );
    let user = world.user("u", "0", None);
    assert_eq!(world.ok_as(&user, "listSSHKeyPairs", &[]), json!({}));
    assert_eq!(
        world
            .refused(&user, "deleteSSHKeyPair", &[("name", "mine")])
            .0,
        431
    );
    world.ok("deleteSSHKeyPair", &[("name", "mine")]);
    assert_eq!(names(), [json!("theirs")]);
}

#[test]
fn tags_are_put_on_things_and_choose_them() {
    let world = World::new();
    let (_, machine) = world.in_network("one");
    world.machine("two");
    let tag = [
        ("resourceids", machine.as_str()),
        ("resourcetype", "UserVm"),
        ("tags[0].key", "env"),
        ("tags[0].value", "prod é+&="),
    ];
    world.done("createTags", &tag);
    assert_eq!(world.fails("createTags", &tag).0, 530);
    let tags = || world.rows("listTags", &[("key", "env")]);
    assert_eq!(
        (tags().len(), &tags()[0]["value"]),
        (1, &json!("prod é+&="))
    );
    let chosen = world.rows("listVirtualMachines", &[tag[2], tag[3]]);
    assert_eq!(
        (chosen.len(), &chosen[0]["tags"][0]["key"]),
        (1, &json!("env"))
    );
    let others = world.rows("listVirtualMachines", &[tag[2], ("tags[0].value", "test")]);
    assert!(others.is_empty());
    world.done("deleteTags", &tag[..3]);
    assert!(tags().is_empty());
    world.done("createTags", &tag);
    world.done(
        "destroyVirtualMachine",
        &[("id", &machine), ("expunge", "true")],
    );
    assert!(tags().is_empty(), "tags go with what they are on");
    let bad = [
        ("resourceids", "1"),
        ("resourcetype", "Moon"),
        tag[2],
        tag[3],
    ];
    assert_eq!(world.fails("createTags", &bad).0, 431);
}
