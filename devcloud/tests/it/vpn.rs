//! VPN: users that come in from outside, and tunnels from VPCs to customers; private gateways and routes by them.

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

#[test]
fn users_come_in_by_the_source_nat_address() {
    let world = World::new();
    let (network, _) = world.in_network("one");
    let other = world.id_of("associateIpAddress", &[("networkid", &network)]);
    let address = world.first("listPublicIpAddresses", &[("issourcenat", "true")]);
    assert_eq!(
        world
            .fails("createRemoteAccessVpn", &[("publicipid", &other)])
            .0,
        431
    );
    let vpn = world.done("createRemoteAccessVpn", &[("publicipid", &address)]);
    assert_eq!(
        (&vpn["state"], &vpn["iprange"]),
        (&json!("Running"), &json!("10.1.2.1-10.1.2.8"))
    );
    assert_eq!(
        world
            .fails("createRemoteAccessVpn", &[("publicipid", &address)])
            .0,
        431
    );
    assert_eq!(world.rows("listFirewallRules", &[]).len(), 3);
    let user = [("username", "u"), ("password", "word")];
    world.done("addVpnUser", &user);
    assert_eq!(world.fails("addVpnUser", &user).0, 431);
    let users = world.ok("listVpnUsers", &[]);
    assert_eq!(users["vpnuser"][0]["username"], "u");
    assert!(!users.to_string().contains("word"));
    world.done("removeVpnUser", &[("username", "u")]);
    assert_eq!(world.fails("removeVpnUser", &[("username", "u")]).0, 431);
    world.done("deleteRemoteAccessVpn", &[("publicipid", &address)]);
    assert!(world.rows("listRemoteAccessVpns", &[]).is_empty());
    assert!(world.rows("listFirewallRules", &[]).is_empty());
}

#[test]
fn a_tunnel_leads_from_a_vpc_to_a_customer() {
    let world = World::new();
    let vpc = vpc(&world);
    let gateway = world.id_of("createVpnGateway", &[("vpcid", &vpc)]);
    assert_eq!(world.fails("createVpnGateway", &[("vpcid", &vpc)]).0, 431);
    assert_eq!(world.rows("listVpnGateways", &[("vpcid", &vpc)]).len(), 1);
    let customer = [
        ("name", "them"),
        ("gateway", "198.51.100.1"),
        ("cidrlist", "10.200.0.0/16"),
        ("ipsecpsk", "hush"),
        ("ikepolicy", "aes128-sha1;modp1536"),
        ("esppolicy", "aes128-sha1"),
    ];
    let them = world.id_of("createVpnCustomerGateway", &customer);
    assert_eq!(world.fails("createVpnCustomerGateway", &customer).0, 431);
    let odd = [
        customer[0],
        ("gateway", "198.51.100.2"),
        customer[2],
        customer[3],
        ("ikepolicy", "rot13-none"),
        customer[5],
    ];
    assert_eq!(world.fails("createVpnCustomerGateway", &odd).0, 431);
    let without = [
        odd[0],
        odd[1],
        odd[2],
        odd[3],
        odd[5],
        ("ikepolicy", "aes128-sha1"),
    ];
    let job = world.job("createVpnCustomerGateway", &without);
    assert_eq!(
        job["jobresult"],
        json!({"errorcode": 431, "errortext": "The customer gateway IKE policy aes128-sha1 is invalid!  Verify the \
            required Diffie Hellman (DH) group is specified."})
    );
    let pair = [
        ("s2svpngatewayid", gateway.as_str()),
        ("s2scustomergatewayid", &them),
    ];
    let tunnel = world.done("createVpnConnection", &pair);
    assert_eq!(
        (&tunnel["state"], &tunnel["gateway"]),
        (&json!("Connected"), &json!("198.51.100.1"))
    );
    assert_eq!(world.fails("createVpnConnection", &pair).0, 431);
    let tunnel = tunnel["id"].as_str().unwrap();
    assert_eq!(
        world.done("resetVpnConnection", &[("id", tunnel)])["state"],
        "Connected"
    );
    assert_eq!(
        world.rows("listVpnConnections", &[("vpcid", &vpc)]).len(),
        1
    );
    let change = [&[("id", them.as_str())], &customer[..]].concat();
    for (api, params) in [
        ("deleteVpnGateway", &[("id", gateway.as_str())][..]),
        ("deleteVpnCustomerGateway", &[("id", them.as_str())]),
        ("updateVpnCustomerGateway", &change),
    ] {
        assert_eq!(world.fails(api, params).0, 431, "{api}");
    }
    world.done("deleteVpnConnection", &[("id", tunnel)]);
    assert!(world.rows("listVpnConnections", &[]).is_empty());
    let renamed = [&change[..1], &[("name", "us")], &change[2..]].concat();
    world.done("updateVpnCustomerGateway", &renamed);
    assert_eq!(world.rows("listVpnCustomerGateways", &[])[0]["name"], "us");
    world.done("deleteVpnCustomerGateway", &[("id", &them)]);
    world.done("deleteVpnGateway", &[("id", &gateway)]);
    assert!(world.rows("listVpnCustomerGateways", &[]).is_empty());
    assert!(world.rows("listVpnGateways", &[]).is_empty());
}

#[test]
fn a_private_gateway_stays_while_routes_lead_there() {
    let world = World::new();
    let vpc = vpc(&world);
    let make = [
        ("gateway", "10.77.0.1"),
        ("ipaddress", "10.77.0.2"),
        ("netmask", "255.255.255.0"),
        ("vlan", "77"),
        ("vpcid", vpc.as_str()),
    ];
    let gateway = world.id_of("createPrivateGateway", &make);
    assert_eq!(world.fails("createPrivateGateway", &make).0, 431);
    assert_eq!(
        world.rows("listPrivateGateways", &[("vpcid", &vpc)])[0]["state"],
        "Ready"
    );
    let route = [("gatewayid", gateway.as_str()), ("cidr", "10.88.0.0/16")];
    let id = world.id_of("createStaticRoute", &route);
    assert_eq!(world.fails("createStaticRoute", &route).0, 537);
    assert_eq!(
        world.rows("listStaticRoutes", &[("vpcid", &vpc)])[0]["state"],
        "Active"
    );
    assert_eq!(
        world.fails("deletePrivateGateway", &[("id", &gateway)]).0,
        530
    );
    world.done("deleteStaticRoute", &[("id", &id)]);
    assert!(world.rows("listStaticRoutes", &[]).is_empty());
    world.done("deletePrivateGateway", &[("id", &gateway)]);
    assert!(world.rows("listPrivateGateways", &[]).is_empty());
}
