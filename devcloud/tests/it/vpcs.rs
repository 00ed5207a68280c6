//! VPCs: tiers inside their addresses, ACLs with rules, offerings.

use serde_json::json;

use crate::support::World;

fn vpc(world: &World) -> String {
    world.id_of(
        "createVPC",
        &[
            ("name", "private"),
            ("displaytext", "ours"),
            ("cidr", "10.9.0.0/16"),
            ("vpcofferingid", &world.first("listVPCOfferings", &[])),
            ("zoneid", &world.first("listZones", &[])),
        ],
    )
}

fn tier(world: &World, vpc: &str, name: &str, gateway: &str) -> crate::support::Answer {
    world.json(
        &world.admin(),
        "createNetwork",
        &[
            ("name", name),
            ("displaytext", name),
            (
                "networkofferingid",
                &world.first("listNetworkOfferings", &[("forvpc", "true")]),
            ),
            ("zoneid", &world.first("listZones", &[])),
            ("gateway", gateway),
            ("netmask", "255.255.255.0"),
            ("vpcid", vpc),
        ],
    )
}

#[test]
fn tiers_lie_within_their_vpc() {
    let world = World::new();
    let id = vpc(&world);
    assert_eq!(world.rows("listRouters", &[("vpcid", &id)]).len(), 1);
    assert_eq!(tier(&world, &id, "out", "10.8.0.1").status, 431);
    let web = tier(&world, &id, "web", "10.9.1.1").inner()["network"].clone();
    assert_eq!(
        (&web["cidr"], &web["vpcid"]),
        (&json!("10.9.1.0/24"), &json!(id))
    );
    assert_eq!(tier(&world, &id, "twin", "10.9.1.1").status, 431);
    let shown = || world.rows("listVPCs", &[("id", &id)])[0].clone();
    assert_eq!(shown()["network"][0]["name"], "web");
    assert_eq!(world.rows("listNetworks", &[("vpcid", &id)]).len(), 1);
    world.done("updateVPC", &[("id", &id), ("name", "closed")]);
    assert_eq!(shown()["name"], "closed");
    let router = world.first("listRouters", &[("vpcid", &id)]);
    world.done("restartVPC", &[("id", &id), ("cleanup", "true")]);
    assert_ne!(world.first("listRouters", &[("vpcid", &id)]), router);
    let (code, text) = world.fails("deleteVPC", &[("id", &id)]);
    assert!(code == 530 && text.contains("used by 1 networks"), "{text}");
    world.done("deleteNetwork", &[("id", web["id"].as_str().unwrap())]);
    world.done("deleteVPC", &[("id", &id)]);
    assert!(world.rows("listVPCs", &[]).is_empty());
    assert!(world.rows("listRouters", &[]).is_empty());
    assert!(world.rows("listPublicIpAddresses", &[]).is_empty());
}

#[test]
fn an_acl_is_a_vpcs_and_its_rules_are_numbered() {
    let world = World::new();
    let id = vpc(&world);
    let web = tier(&world, &id, "web", "10.9.1.1").inner()["network"]["id"].clone();
    let web = web.as_str().unwrap();
    assert_eq!(
        world.rows("listNetworkACLs", &[("networkid", web)])[0]["action"],
        "Deny"
    );
    let acl = world.id_of("createNetworkACLList", &[("name", "mine"), ("vpcid", &id)]);
    let rule = [
        ("aclid", acl.as_str()),
        ("protocol", "tcp"),
        ("startport", "80"),
        ("action", "allow"),
        ("number", "7"),
    ];
    let made = world.done("createNetworkACL", &rule);
    assert_eq!(
        (&made["number"], &made["state"]),
        (&json!(7), &json!("Active"))
    );
    let (code, text) = world.fails("createNetworkACL", &rule);
    assert!(
        code == 431 && text.contains("number 7 already exists"),
        "{text}"
    );
    let item = made["id"].as_str().unwrap();
    world.done(
        "updateNetworkACLItem",
        &[("id", item), ("action", "deny"), ("number", "9")],
    );
    let rules = || world.rows("listNetworkACLs", &[("aclid", &acl)]);
    assert_eq!(
        (&rules()[0]["action"], &rules()[0]["number"]),
        (&json!("Deny"), &json!(9))
    );
    world.done(
        "replaceNetworkACLList",
        &[("aclid", &acl), ("networkid", web)],
    );
    assert_eq!(
        world.rows("listNetworkACLLists", &[("networkid", web)])[0]["name"],
        "mine"
    );
    assert_eq!(world.fails("deleteNetworkACLList", &[("id", &acl)]).0, 530);
    world.done(
        "updateNetworkACLList",
        &[("id", &acl), ("fordisplay", "false")],
    );
    assert_eq!(
        world.rows("listNetworkACLLists", &[("id", &acl)])[0]["fordisplay"],
        false
    );
    world.done("deleteNetworkACL", &[("id", item)]);
    assert!(rules().is_empty());
    let allow = world.named("listNetworkACLLists", "default_allow");
    world.done(
        "replaceNetworkACLList",
        &[("aclid", &allow), ("networkid", web)],
    );
    world.done("deleteNetworkACLList", &[("id", &acl)]);
    assert_eq!(
        world.fails("deleteNetworkACLList", &[("id", &allow)]).0,
        431
    );
    assert_eq!(world.rows("listNetworkACLLists", &[]).len(), 2);
}

#[test]
fn a_vpc_offering_is_enabled_before_it_is_used() {
    let world = World::new();
    let id = world.id_of(
        "createVPCOffering",
        &[
            ("name", "own"),
            ("displaytext", "own"),
            ("supportedservices", "Dhcp,Dns,SourceNat"),
        ],
    );
    let zone = world.first("listZones", &[]);
    let make = [
        ("name", "v"),
        ("displaytext", "v"),
        ("cidr", "10.0.0.0/8"),
        ("vpcofferingid", id.as_str()),
        ("zoneid", &zone),
    ];
    assert_eq!(world.fails("createVPC", &make).0, 431);
    world.done("updateVPCOffering", &[("id", &id), ("state", "Enabled")]);
    let made = world.id_of("createVPC", &make);
    assert_eq!(world.fails("deleteVPCOffering", &[("id", &id)]).0, 431);
    world.done("deleteVPC", &[("id", &made)]);
    world.done("deleteVPCOffering", &[("id", &id)]);
    assert_eq!(world.rows("listVPCOfferings", &[]).len(), 1);
}
