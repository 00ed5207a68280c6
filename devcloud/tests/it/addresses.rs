//! Public addresses and what is on them: static NAT, firewall, egress, port forwarding, load balancers.

use serde_json::json;

use crate::support::World;

#[test]
fn the_first_machine_brings_its_network_a_router_and_an_address() {
    let world = World::new();
    assert!(world.rows("listPublicIpAddresses", &[]).is_empty());
    let (network, _) = world.in_network("one");
    let addresses = world.rows(
        "listPublicIpAddresses",
        &[("associatednetworkid", &network)],
    );
    assert_eq!(addresses.len(), 1);
    assert_eq!(addresses[0]["issourcenat"], true);
    assert_eq!(addresses[0]["state"], "Allocated");
    let id = addresses[0]["id"].as_str().unwrap();
    let (code, text) = world.fails("disassociateIpAddress", &[("id", id)]);
    assert!(code == 431 && text.contains("source nat"), "{text}");
    let routers = world.rows("listRouters", &[("networkid", &network)]);
    assert_eq!(routers[0]["state"], "Running");
    assert_eq!(routers[0]["publicip"], addresses[0]["ipaddress"]);
    let router = routers[0]["id"].as_str().unwrap();
    let state = || world.rows("listRouters", &[("id", router)])[0]["state"].clone();
    world.done("stopRouter", &[("id", router)]);
    assert_eq!(state(), "Stopped");
    assert_eq!(world.fails("rebootRouter", &[("id", router)]).0, 530);
    world.done("startRouter", &[("id", router)]);
    world.done("rebootRouter", &[("id", router)]);
    assert_eq!(state(), "Running");
    world.done("destroyRouter", &[("id", router)]);
    assert!(world.rows("listRouters", &[]).is_empty());
    world.done("restartNetwork", &[("id", &network)]);
    assert_eq!(world.rows("listRouters", &[]).len(), 1);
}

#[test]
fn an_address_is_given_and_taken_back_with_its_rules() {
    let world = World::new();
    let (network, machine) = world.in_network("one");
    let address = world.done("associateIpAddress", &[("networkid", &network)]);
    assert_eq!(
        (&address["issourcenat"], &address["state"]),
        (&json!(false), &json!("Allocated"))
    );
    let id = address["id"].as_str().unwrap();
    let web = [
        ("ipaddressid", id),
        ("protocol", "tcp"),
        ("startport", "80"),
        ("endport", "90"),
    ];
    let rule = world.id_of("createFirewallRule", &web);
    let (code, text) = world.fails("createFirewallRule", &web);
    assert!(code == 537 && text.contains("conflicts"), "{text}");
    let mut office = web.to_vec();
    office.push(("cidrlist", "10.0.0.0/8"));
    let other = world.id_of("createFirewallRule", &office);
    assert_eq!(world.fails("createFirewallRule", &office).0, 537);
    world.done("deleteFirewallRule", &[("id", &other)]);
    let rules = || world.rows("listFirewallRules", &[("ipaddressid", id)]);
    assert_eq!(rules()[0]["cidrlist"], "0.0.0.0/0");
    world.done(
        "updateFirewallRule",
        &[("id", &rule), ("fordisplay", "false")],
    );
    assert_eq!(rules()[0]["fordisplay"], false);
    world.done("deleteFirewallRule", &[("id", &rule)]);
    assert!(rules().is_empty());
    let forward = [
        ("ipaddressid", id),
        ("protocol", "tcp"),
        ("publicport", "2222"),
        ("privateport", "22"),
        ("virtualmachineid", &machine),
    ];
    let forwarding = world.id_of("createPortForwardingRule", &forward);
    assert_eq!(world.fails("createPortForwardingRule", &forward).0, 537);
    assert_eq!(rules()[0]["startport"], 2222, "the firewall opens for it");
    world.done(
        "updatePortForwardingRule",
        &[("id", &forwarding), ("privateport", "2022")],
    );
    let forwardings = || world.rows("listPortForwardingRules", &[]);
    assert_eq!(forwardings()[0]["privateport"], "2022");
    let (code, text) = {
        let answer = world.json(
            &world.admin(),
            "enableStaticNat",
            &[("ipaddressid", id), ("virtualmachineid", &machine)],
        );
        (answer.status, answer.body)
    };
    assert!(code == 537 && text.contains("rules assigned"), "{text}");
    world.done("deletePortForwardingRule", &[("id", &forwarding)]);
    assert!(forwardings().is_empty() && rules().is_empty());
    world.id_of("createPortForwardingRule", &forward);
    world.done("updateIpAddress", &[("id", id), ("fordisplay", "false")]);
    let shown = world.rows("listPublicIpAddresses", &[("id", id)]);
    assert_eq!(shown[0]["fordisplay"], false);
    world.done("disassociateIpAddress", &[("id", id)]);
    assert_eq!(world.rows("listPublicIpAddresses", &[]).len(), 1);
    assert!(forwardings().is_empty());
}

#[test]
fn static_nat_makes_an_address_one_machines() {
    let world = World::new();
    let (network, machine) = world.in_network("one");
    let id = world.id_of("associateIpAddress", &[("networkid", &network)]);
    let rule = [
        ("ipaddressid", id.as_str()),
        ("protocol", "tcp"),
        ("startport", "22"),
    ];
    assert_eq!(world.fails("createIpForwardingRule", &rule).0, 431);
    let pair = [("ipaddressid", id.as_str()), ("virtualmachineid", &machine)];
    assert_eq!(world.ok("enableStaticNat", &pair)["success"], "true");
    let shown = || world.rows("listPublicIpAddresses", &[("id", &id)])[0].clone();
    assert_eq!(shown()["virtualmachinename"], "one");
    let forwarding = world.id_of("createIpForwardingRule", &rule);
    let listed = world.rows("listIpForwardingRules", &[("virtualmachineid", &machine)]);
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0]["startport"], &listed[0]["endport"]),
        (&22.into(), &22.into())
    );
    world.done("deleteIpForwardingRule", &[("id", &forwarding)]);
    assert!(world.rows("listIpForwardingRules", &[]).is_empty());
    let (code, _) = world.fails(
        "createPortForwardingRule",
        &[
            ("ipaddressid", &id),
            ("protocol", "tcp"),
            ("publicport", "1"),
            ("privateport", "1"),
            ("virtualmachineid", &machine),
        ],
    );
    assert_eq!(code, 431);
    world.done("disableStaticNat", &[("ipaddressid", &id)]);
    assert_eq!(shown()["isstaticnat"], false);
    assert_eq!(
        world.fails("disableStaticNat", &[("ipaddressid", &id)]).0,
        431
    );
    world.ok("enableStaticNat", &pair);
    world.done(
        "destroyVirtualMachine",
        &[("id", &machine), ("expunge", "true")],
    );
    assert_eq!(shown()["isstaticnat"], false);
}

#[test]
fn egress_rules_are_a_networks() {
    let world = World::new();
    let (network, _) = world.in_network("one");
    let rule = [("networkid", network.as_str()), ("protocol", "all")];
    let id = world.id_of("createEgressFirewallRule", &rule);
    assert_eq!(world.fails("createEgressFirewallRule", &rule).0, 537);
    let rules = || world.rows("listEgressFirewallRules", &[("networkid", &network)]);
    assert_eq!(rules()[0]["cidrlist"], "10.1.1.0/24");
    world.done(
        "updateEgressFirewallRule",
        &[("id", &id), ("fordisplay", "false")],
    );
    assert_eq!(rules()[0]["fordisplay"], false);
    world.done("deleteEgressFirewallRule", &[("id", &id)]);
    assert!(rules().is_empty());
}

#[test]
fn a_load_balancer_has_machines_behind_it() {
    let world = World::new();
    let (network, machine) = world.in_network("one");
    let address = world.id_of("associateIpAddress", &[("networkid", &network)]);
    let rule = [
        ("publicipid", address.as_str()),
        ("name", "web"),
        ("algorithm", "roundrobin"),
        ("publicport", "80"),
        ("privateport", "8080"),
    ];
    let id = world.id_of("createLoadBalancerRule", &rule);
    assert_eq!(world.fails("createLoadBalancerRule", &rule).0, 537);
    world.done(
        "updateLoadBalancerRule",
        &[("id", &id), ("algorithm", "source")],
    );
    let rules = world.rows("listLoadBalancerRules", &[("publicipid", &address)]);
    assert_eq!(
        (&rules[0]["algorithm"], &rules[0]["state"]),
        (&json!("source"), &json!("Active"))
    );
    assert_eq!(
        world
            .rows("listPublicIpAddresses", &[("forloadbalancing", "true")])
            .len(),
        1
    );
    let behind = || world.rows("listLoadBalancerRuleInstances", &[("id", &id)]);
    let pair = [("id", id.as_str()), ("virtualmachineids", &machine)];
    world.done("assignToLoadBalancerRule", &pair);
    assert_eq!(behind()[0]["name"], "one");
    assert_eq!(world.fails("assignToLoadBalancerRule", &pair).0, 431);
    assert_eq!(
        world
            .rows("listLoadBalancerRules", &[("virtualmachineid", &machine)])
            .len(),
        1
    );
    world.done("removeFromLoadBalancerRule", &pair);
    assert!(behind().is_empty());
    assert_eq!(world.fails("removeFromLoadBalancerRule", &pair).0, 431);
    let policy = [
        ("lbruleid", id.as_str()),
        ("name", "sticky"),
        ("methodname", "LbCookie"),
        ("param[0].name", "cookie-name"),
        ("param[0].value", "x"),
    ];
    world.done("createLBStickinessPolicy", &policy);
    let policies = || world.rows("listLBStickinessPolicies", &[("lbruleid", &id)]);
    assert_eq!(
        policies()[0]["stickinesspolicy"][0]["methodname"],
        "LbCookie"
    );
    assert_eq!(world.fails("createLBStickinessPolicy", &policy).0, 431);
    let policy = policies()[0]["stickinesspolicy"][0]["id"].clone();
    world.done(
        "deleteLBStickinessPolicy",
        &[("id", policy.as_str().unwrap())],
    );
    assert_eq!(policies()[0]["stickinesspolicy"], json!([]));
    assert_eq!(
        world.fails("listLBStickinessPolicies", &[]).1,
        "load balancer rule ID and stickiness policy ID can't be null"
    );
    world.done("deleteLoadBalancerRule", &[("id", &id)]);
    assert!(world.rows("listLoadBalancerRules", &[]).is_empty());
    assert!(world.rows("listFirewallRules", &[]).is_empty());
}
