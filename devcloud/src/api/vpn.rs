//! VPN: remote access with its users, and tunnels between the gateways of VPCs and of customers.

use serde_json::{Value, json};

use super::listing::{IN_PROJECT, Listing, OWNED, PAGED, view};
use super::things::{begun, born};
use super::{Call, Done, Reply, addresses, in_job, networks, rules};
use crate::api::fields::SUCCESS;
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    REMOTE: id string "its id", publicipid string "the public address", publicip string "its public address",
        iprange string "the addresses that callers get, such as 10.1.2.1-10.1.2.8",
        presharedkey string "the secret that both sides know", account string "the account it belongs to",
        projectid string "the project it belongs to", project string "that project's name",
        domainid string "the domain it belongs to", domain string "that domain's name", state string "its state",
        fordisplay boolean "whether users see it";
}
fields! {
    VPNUSER: id string "its id", username string "the name to log in with", account string "the account it belongs to",
        projectid string "the project it belongs to", project string "that project's name",
        domainid string "the domain it belongs to", domain string "that domain's name", state string "its state";
}
fields! {
    GATEWAY: id string "its id", publicip string "its public address", vpcid string "the VPC",
        account string "the account it belongs to", projectid string "the project it belongs to",
        project string "that project's name", domainid string "the domain it belongs to",
        domain string "that domain's name", removed date "when it was removed",
        fordisplay boolean "whether users see it";
}
fields! {
    CUSTOMER: id string "its id", name string "its name", gateway string "its gateway",
        ipaddress string "its address", cidrlist string "the networks that it is for, by commas",
        ipsecpsk string "the secret that both sides know",
        ikepolicy string "how the key is agreed on, such as aes128-sha1;modp1536",
        esppolicy string "how packets are secured, such as aes128-sha1",
        ikelifetime long "how many seconds the key lasts", esplifetime long "how many seconds the securing lasts",
        dpd boolean "whether a dead other side is noticed",
        forceencap boolean "whether packets are always wrapped for NAT", account string "the account it belongs to",
        projectid string "the project it belongs to", project string "that project's name",
        domainid string "the domain it belongs to", domain string "that domain's name",
        removed date "when it was removed";
}
fields! {
    TUNNEL: id string "its id", s2svpngatewayid string "the VPC's gateway", publicip string "its public address",
        s2scustomergatewayid string "the customer's gateway", gateway string "its gateway",
        cidrlist string "the networks that it is for, by commas", ipsecpsk string "the secret that both sides know",
        ikepolicy string "how the key is agreed on, such as aes128-sha1;modp1536",
        esppolicy string "how packets are secured, such as aes128-sha1",
        ikelifetime long "how many seconds the key lasts", esplifetime long "how many seconds the securing lasts",
        dpd boolean "whether a dead other side is noticed",
        forceencap boolean "whether packets are always wrapped for NAT",
        passive boolean "whether the other side begins", account string "the account it belongs to",
        projectid string "the project it belongs to", project string "that project's name",
        domainid string "the domain it belongs to", domain string "that domain's name", state string "its state",
        created date "when it was made", removed date "when it was removed",
        fordisplay boolean "whether users see it";
}

apis! {
    Everyone "listRemoteAccessVpns" "Lists remote access VPNs" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("remotevpn") "its id";
        opt "networkid" Id("network") "the network it is in";
        opt "publicipid" Id("publicip") "the public address";
        opt "fordisplay" Boolean "whether users see it";
    } -> REMOTE |call| call.list(&Listing { kind: "remotevpn", name: "remoteaccessvpn", filters: &[("networkid", "networkid"), ("publicipid", "publicipid"), ("fordisplay", "fordisplay")] });

    Everyone "createRemoteAccessVpn" "Lets VPN users in by a network's source NAT address" () {
        req "publicipid" Id("publicip") "the public address";
        opt "iprange" Text "the addresses that callers get, such as 10.1.2.1-10.1.2.8";
        opt "openfirewall" Boolean "whether the firewall is opened for it; true if left out";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "fordisplay" Boolean "whether users see it";
    } -> REMOTE create_remote,
        job "user.vpn.CreateRemoteAccessVpnCmd" on "None" then |call| call.end_in("remotevpn", "remoteaccessvpn", "Running");

    Everyone "deleteRemoteAccessVpn" "Ends remote access by a public address" () {
        req "publicipid" Id("publicip") "the public address";
    } -> SUCCESS |call| Ok(begun(&remote_on(call)?)),
        job "user.vpn.DeleteRemoteAccessVpnCmd" on "" then |call| { rules::close_firewall(call, &call.subject("remotevpn")?)?; call.end_removed("remotevpn") };

    Everyone "listVpnUsers" "Lists VPN users" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("vpnuser") "its id";
        opt "username" Text "the name to log in with";
    } -> VPNUSER |call| call.list(&Listing { kind: "vpnuser", name: "vpnuser", filters: &[("username", "username")] });

    Everyone "addVpnUser" "Adds a VPN user" () {
        req "username" Text "the name to log in with";
        req "password" Text "the password to log in with";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> VPNUSER add_user,
        job "user.vpn.AddVpnUserCmd" on "None" then |call| call.end_in("vpnuser", "vpnuser", "Active");

    Everyone "removeVpnUser" "Removes a VPN user" () {
        req "username" Text "the name to log in with";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> SUCCESS |call| {
            let owner = call.owner()?;
            let name = call.required("username")?;
            let users = store::named(call.db, "vpnuser", name)?;
            let user = users.into_iter().find(|user| user.account == owner.id).ok_or_else(|| Refusal::value(format!("Could not find vpn user {name}")))?;
            Ok(begun(&user))
        },
        job "user.vpn.RemoveVpnUserCmd" on "" then |call| call.end_removed("vpnuser");

    Everyone "listVpnGateways" "Lists the VPN gateways of VPCs" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("vpngateway") "its id";
        opt "vpcid" Id("vpc") "the VPC";
        opt "fordisplay" Boolean "whether users see it";
    } -> GATEWAY |call| call.list(&Listing { kind: "vpngateway", name: "vpngateway", filters: &[("vpcid", "vpcid"), ("fordisplay", "fordisplay")] });

    Everyone "createVpnGateway" "Gives a VPC a VPN gateway" () {
        req "vpcid" Id("vpc") "the VPC";
        opt "fordisplay" Boolean "whether users see it";
    } -> GATEWAY create_gateway,
        job "user.vpn.CreateVpnGatewayCmd" on "None" then |call| call.end_shown("vpngateway", "vpngateway");

    Everyone "deleteVpnGateway" "Deletes a VPC's VPN gateway that has no connection" () {
        req "id" Id("vpngateway") "its id";
    } -> SUCCESS |call| {
            let gateway = call.own_thing("id", "vpngateway")?;
            unconnected(call, &gateway, "VPN gateway")?;
            Ok(begun(&gateway))
        },
        job "user.vpn.DeleteVpnGatewayCmd" on "" then |call| call.end_removed("vpngateway");

    Everyone "listVpnCustomerGateways" "Lists customers' VPN gateways" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("customergateway") "its id";
    } -> CUSTOMER |call| call.list(&Listing { kind: "customergateway", name: "vpncustomergateway", filters: &[] });

    Everyone "createVpnCustomerGateway" "Registers a customer's VPN gateway" () {
        opt "name" Text "its name";
        req "gateway" Text "its gateway";
        req "cidrlist" Text "the networks that it is for, by commas";
        req "ipsecpsk" Text "the secret that both sides know";
        req "ikepolicy" Text "how the key is agreed on, such as aes128-sha1;modp1536";
        req "esppolicy" Text "how packets are secured, such as aes128-sha1";
        opt "ikelifetime" Long "how many seconds the key lasts";
        opt "esplifetime" Long "how many seconds the securing lasts";
        opt "dpd" Boolean "whether a dead other side is noticed";
        opt "forceencap" Boolean "whether packets are always wrapped for NAT";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> CUSTOMER |_| Ok(Reply::Job { thing: String::new(), created: false }),
        job "user.vpn.CreateVpnCustomerGatewayCmd" on "" then create_customer;

    Everyone "updateVpnCustomerGateway" "Changes a customer's VPN gateway" () {
        req "id" Id("customergateway") "its id";
        opt "name" Text "its name";
        req "gateway" Text "its gateway";
        req "cidrlist" Text "the networks that it is for, by commas";
        req "ipsecpsk" Text "the secret that both sides know";
        req "ikepolicy" Text "how the key is agreed on, such as aes128-sha1;modp1536";
        req "esppolicy" Text "how packets are secured, such as aes128-sha1";
        opt "ikelifetime" Long "how many seconds the key lasts";
        opt "esplifetime" Long "how many seconds the securing lasts";
        opt "dpd" Boolean "whether a dead other side is noticed";
        opt "forceencap" Boolean "whether packets are always wrapped for NAT";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
    } -> CUSTOMER update_customer,
        job "user.vpn.UpdateVpnCustomerGatewayCmd" on "" then |call| call.end_shown("customergateway", "vpncustomergateway");

    Everyone "deleteVpnCustomerGateway" "Deletes a customer's VPN gateway that has no connection" () {
        req "id" Id("customergateway") "its id";
    } -> SUCCESS |call| {
            let customer = call.own_thing("id", "customergateway")?;
            unconnected(call, &customer, "VPN customer gateway")?;
            Ok(begun(&customer))
        },
        job "user.vpn.DeleteVpnCustomerGatewayCmd" on "" then |call| call.end_removed("customergateway");

    Everyone "listVpnConnections" "Lists VPN connections" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("vpnconnection") "its id";
        opt "vpcid" Id("vpc") "the VPC";
        opt "fordisplay" Boolean "whether users see it";
    } -> TUNNEL list_connections;

    Everyone "createVpnConnection" "Connects a VPC's VPN gateway with a customer's" () {
        req "s2svpngatewayid" Id("vpngateway") "the VPC's gateway";
        req "s2scustomergatewayid" Id("customergateway") "the customer's gateway";
        opt "passive" Boolean "whether the other side begins";
        opt "fordisplay" Boolean "whether users see it";
    } -> TUNNEL create_connection,
        job "user.vpn.CreateVpnConnectionCmd" on "None" then |call| {
            let state = if call.boolean("passive").unwrap_or(false) { "Disconnected" } else { "Connected" };
            call.end_in("vpnconnection", "vpnconnection", state)
        };

    Everyone "resetVpnConnection" "Connects anew" () {
        req "id" Id("vpnconnection") "its id";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
    } -> TUNNEL |call| {
            let mut connection = call.own_thing("id", "vpnconnection")?;
            connection.state = "Connecting".into();
            store::update(call.db, &connection)?;
            Ok(begun(&connection))
        },
        job "user.vpn.ResetVpnConnectionCmd" on "" then |call| call.end_in("vpnconnection", "vpnconnection", "Connected");

    Everyone "deleteVpnConnection" "Ends a VPN connection" () {
        req "id" Id("vpnconnection") "its id";
    } -> SUCCESS |call| call.begin_on("id", "vpnconnection"),
        job "user.vpn.DeleteVpnConnectionCmd" on "" then |call| call.end_removed("vpnconnection");
}

fn create_remote(call: &mut Call) -> Done<Reply> {
    let address = addresses::for_rules(call, "publicipid", false)?;
    if !address.is("issourcenat") {
        return Err(Refusal::value(
            "Vpn service can only be configured on the Source NAT IP",
        ));
    }
    if !store::children(call.db, "remotevpn", &address.uuid)?.is_empty() {
        return Err(Refusal::value(
            "A Remote Access VPN already exists for this public Ip address",
        ));
    }
    let network = store::by_uuid(call.db, "network", address.text("associatednetworkid"))?;
    if let Some(network) = &network {
        networks::serves(call, network, "Vpn")?;
    }
    let owner = call.owner_like(&address)?;
    let key: String = uuid::Uuid::new_v4()
        .simple()
        .to_string()
        .chars()
        .take(24)
        .collect();
    let before = json!({"publicipid": address.uuid, "publicip": address.name,
        "iprange": call.text("iprange").unwrap_or("10.1.2.1-10.1.2.8"), "presharedkey": key});
    let after = json!({"state": "Added", "networkid": network.as_ref().map(|network| &network.uuid),
        "fordisplay": call.boolean("fordisplay").unwrap_or(true)});
    let remote = call.make(
        &owner,
        ("remotevpn", "", "Added", &address.uuid),
        owner.body(before, after),
    )?;
    if let Some(network) = &network {
        for port in [500, 1701, 4500] {
            rules::open_firewall(call, &address, network, &remote, "udp", (port, port))?;
        }
    }
    Ok(born(&remote))
}

fn remote_on(call: &Call) -> Done<Thing> {
    let address = call.own_thing("publicipid", "publicip")?;
    store::children(call.db, "remotevpn", &address.uuid)?
        .into_iter()
        .next()
        .ok_or_else(|| Refusal::value("there is no remote access VPN on that address"))
}

fn add_user(call: &mut Call) -> Done<Reply> {
    let owner = call.owner()?;
    let name = call.required("username")?;
    let named = |letter: char| letter.is_ascii_alphanumeric() || "@.+-_".contains(letter);
    if name.len() > 63 || !name.chars().all(named) {
        return Err(Refusal::value(
            "Username has to be begin with an alphabet have 3-64 characters including alphabets, numbers and the set '@.-_'",
        ));
    }
    let password = call.required("password")?;
    if password.len() < 3 || password.len() > 31 {
        return Err(Refusal::value(
            "Password has to be 3-31 characters including alphabets and numbers",
        ));
    }
    let users = store::named(call.db, "vpnuser", name)?;
    if users.iter().any(|user| user.account == owner.id) {
        return Err(Refusal::value(format!(
            "VPN User with name {name} is already added for account {}",
            owner.name
        )));
    }
    let body = owner.body(json!({"username": name}), json!({"state": "Add"}));
    let user = call.make(&owner, ("vpnuser", name, "Add", ""), body)?;
    Ok(born(&user))
}

fn create_gateway(call: &mut Call) -> Done<Reply> {
    let vpc = call.own_thing("vpcid", "vpc")?;
    if !store::children(call.db, "vpngateway", &vpc.uuid)?.is_empty() {
        return Err(Refusal::value(format!(
            "The VPN gateway of VPC {} already existed!",
            vpc.uuid
        )));
    }
    let all = store::children(call.db, "publicip", &vpc.uuid)?;
    let address = all.iter().find(|address| address.is("issourcenat"));
    let address = address.ok_or_else(|| {
        Refusal::new(
            530,
            4250,
            format!("Cannot found source nat ip of vpc {}", vpc.uuid),
        )
    })?;
    let owner = call.owner_like(&vpc)?;
    let body = owner.body(
        json!({"publicip": address.name, "vpcid": vpc.uuid}),
        json!({"fordisplay": call.boolean("fordisplay").unwrap_or(true)}),
    );
    let gateway = call.make(&owner, ("vpngateway", "", "", &vpc.uuid), body)?;
    Ok(born(&gateway))
}

fn unconnected(call: &Call, gateway: &Thing, what: &str) -> Done<()> {
    if store::mentioning(call.db, "vpnconnection", &gateway.uuid)?.is_empty() {
        return Ok(());
    }
    Err(Refusal::value(format!(
        "Unable to delete {what}: {} because there is existing VPN connection",
        gateway.uuid
    )))
}

/// The Diffie-Hellman groups that keys are agreed on with.
const GROUPS: [&str; 7] = [
    "modp1024", "modp1536", "modp2048", "modp3072", "modp4096", "modp6144", "modp8192",
];

/// The fields of a customer's gateway, checked.
fn customer(call: &Call) -> Done<Value> {
    let gateway = call.required("gateway")?;
    if gateway.parse::<std::net::Ipv4Addr>().is_err() {
        return Err(Refusal::value(format!(
            "The customer gateway ip {gateway} is invalid!"
        )));
    }
    for cidr in call.listed("cidrlist") {
        rules::valid_cidr(cidr).map_err(|_| {
            Refusal::value(format!(
                "The customer gateway guest cidr list {cidr} is invalid guest cidr!"
            ))
        })?;
    }
    for (field, name) in [("ikepolicy", "IKE"), ("esppolicy", "ESP")] {
        let policy = call.required(field)?;
        let known = policy.split(',').all(|one| {
            let (first, group) = one.split_once(';').unwrap_or((one, ""));
            let ciphers = first.split_once('-').is_some_and(|(cipher, hash)| {
                ["3des", "aes128", "aes192", "aes256"].contains(&cipher)
                    && ["md5", "sha1", "sha256", "sha384", "sha512"].contains(&hash)
            });
            // Only packets can do without a group of their own.
            ciphers && (GROUPS.contains(&group) || (group.is_empty() && name == "ESP"))
        });
        if !known {
            let hint = match name {
                "IKE" => "  Verify the required Diffie Hellman (DH) group is specified.",
                _ => "",
            };
            return Err(Refusal::value(format!(
                "The customer gateway {name} policy {policy} is invalid!{hint}"
            )));
        }
    }
    let lifetime = |name: &str, default: i64| call.number(name).unwrap_or(default);
    Ok(
        json!({"gateway": gateway, "ipaddress": gateway, "cidrlist": call.required("cidrlist")?,
        "ipsecpsk": call.required("ipsecpsk")?, "ikepolicy": call.required("ikepolicy")?,
        "esppolicy": call.required("esppolicy")?, "ikelifetime": lifetime("ikelifetime", 86_400),
        "esplifetime": lifetime("esplifetime", 3600), "dpd": call.boolean("dpd").unwrap_or(false),
        "forceencap": call.boolean("forceencap").unwrap_or(false)}),
    )
}

fn create_customer(call: &mut Call) -> Done<Value> {
    let owner = call.owner()?;
    let body = customer(call)?;
    let gateway = call.required("gateway")?;
    for other in store::of_account(call.db, "customergateway", owner.id)? {
        if other.text("gateway") == gateway
            || call.text("name").is_some_and(|name| other.name == name)
        {
            return Err(Refusal::value(format!(
                "The customer gateway with ip {gateway} already existed!"
            )));
        }
    }
    let name = call
        .text("name")
        .map_or_else(|| format!("VPN-{gateway}"), String::from);
    let thing = call.make(
        &owner,
        ("customergateway", &name, "", ""),
        owner.body(body, json!({})),
    )?;
    Ok(in_job("vpncustomergateway", view(call.db, &thing)?))
}

fn update_customer(call: &mut Call) -> Done<Reply> {
    let mut gateway = call.own_thing("id", "customergateway")?;
    for connection in store::mentioning(call.db, "vpnconnection", &gateway.uuid)? {
        if connection.state != "Error" {
            return Err(Refusal::value(
                "Unable to update customer gateway with connections in non-Error state!",
            ));
        }
    }
    if let Value::Object(fields) = customer(call)? {
        gateway.body.extend(fields);
    }
    call.take_over(&mut gateway, &["name"], &[]);
    store::update(call.db, &gateway)?;
    Ok(begun(&gateway))
}

fn list_connections(call: &mut Call) -> Done<Reply> {
    let gateways = match call.thing("vpcid", "vpc")? {
        Some(vpc) => Some(store::children(call.db, "vpngateway", &vpc.uuid)?),
        None => None,
    };
    let listing = Listing {
        kind: "vpnconnection",
        name: "vpnconnection",
        filters: &[("fordisplay", "fordisplay")],
    };
    call.list_where(&listing, |connection| {
        gateways.as_ref().is_none_or(|gateways| {
            gateways
                .iter()
                .any(|gateway| gateway.uuid == connection.parent)
        })
    })
}

fn create_connection(call: &mut Call) -> Done<Reply> {
    let gateway = call.own_thing("s2svpngatewayid", "vpngateway")?;
    let customer = call.own_thing("s2scustomergatewayid", "customergateway")?;
    if gateway.account != customer.account {
        return Err(Refusal::value(
            "VPN connection can only be esitablished between same account's VPN gateway and customer gateway!",
        ));
    }
    let there = store::children(call.db, "vpnconnection", &gateway.uuid)?;
    if there
        .iter()
        .any(|connection| connection.text("s2scustomergatewayid") == customer.uuid)
    {
        return Err(Refusal::value(format!(
            "The vpn connection with customer gateway id {} and vpn gateway id {} already existed!",
            customer.uuid, gateway.uuid
        )));
    }
    let owner = call.owner_like(&gateway)?;
    let mut before = json!({"s2svpngatewayid": gateway.uuid, "publicip": gateway.text("publicip"),
        "s2scustomergatewayid": customer.uuid});
    for field in [
        "gateway",
        "cidrlist",
        "ipsecpsk",
        "ikepolicy",
        "esppolicy",
        "ikelifetime",
        "esplifetime",
        "dpd",
        "forceencap",
    ] {
        before[field] = customer.body.get(field).cloned().unwrap_or_default();
    }
    before["passive"] = json!(call.boolean("passive").unwrap_or(false));
    let after = json!({"state": "Pending", "created": clock::date(call.now),
        "fordisplay": call.boolean("fordisplay").unwrap_or(true)});
    let connection = call.make(
        &owner,
        ("vpnconnection", "", "Pending", &gateway.uuid),
        owner.body(before, after),
    )?;
    Ok(born(&connection))
}
