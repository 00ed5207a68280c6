//! Rules on public addresses and networks: firewall, egress, port forwarding, and forwarding behind static NAT.

use serde_json::{Value, json};

use super::addresses::{for_rules, network_of};
use super::listing::{IN_PROJECT, Listing, OWNED, PAGED};
use super::things::{begun, born};
use super::{Call, Done, Reply, networks, nics};
use crate::api::fields::SUCCESS;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    FIREWALLRULE: id string "its id", protocol string "what it speaks", startport integer "the first port",
        endport integer "the last port", ipaddressid string "the public address",
        networkid string "the network it is in", ipaddress string "its address", state string "its state",
        cidrlist string "the networks that it is for, by commas",
        icmptype integer "the type of ICMP messages; -1 for all",
        icmpcode integer "the code of ICMP messages; -1 for all", tags list "its tags",
        fordisplay boolean "whether users see it", destcidrlist string "the networks that it leads to, by commas";
}
fields! {
    FORWARDING: id string "its id", privateport string "the first port of the machine",
        privateendport string "the last port of the machine", protocol string "what it speaks",
        publicport string "the first public port", publicendport string "the last public port",
        virtualmachineid string "the virtual machine", virtualmachinename string "that machine's name",
        virtualmachinedisplayname string "that machine's name for people", ipaddressid string "the public address",
        ipaddress string "its address", state string "its state",
        cidrlist string "the networks that it is for, by commas", tags list "its tags",
        vmguestip string "the machine's address that it leads to", networkid string "the network it is in",
        fordisplay boolean "whether users see it";
}

apis! {
    Everyone "listFirewallRules" "Lists the firewall rules of public addresses" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("rule") "its id";
        opt "ipaddressid" Id("publicip") "the public address";
        opt "networkid" Id("network") "the network it is in";
        opt "tags" Map "its tags";
        opt "fordisplay" Boolean "whether users see it";
    } -> FIREWALLRULE |call| list(call, "rule", "firewallrule");

    Everyone "createFirewallRule" "Lets traffic through to a public address" () {
        req "ipaddressid" Id("publicip") "the public address";
        req "protocol" Text "tcp, udp, icmp or all";
        opt "startport" Integer "the first port";
        opt "endport" Integer "the last port";
        opt "cidrlist" List "the networks that it is for, by commas";
        opt "icmptype" Integer "the type of ICMP messages; -1 for all";
        opt "icmpcode" Integer "the code of ICMP messages; -1 for all";
        opt "fordisplay" Boolean "whether users see it";
        opt "type" Text "user or system";
    } -> FIREWALLRULE create_firewall,
        job "user.firewall.CreateFirewallRuleCmd" on "FirewallRule" then |call| call.end_in("rule", "firewallrule", "Active");

    Everyone "updateFirewallRule" "Changes whether users see a firewall rule" () {
        req "id" Id("rule") "its id";
        opt "fordisplay" Boolean "whether users see it";
    } -> FIREWALLRULE |call| update(call, "rule"),
        job "user.firewall.UpdateFirewallRuleCmd" on "FirewallRule" then |call| call.end_shown("rule", "firewallrule");

    Everyone "deleteFirewallRule" "Deletes a firewall rule" () {
        req "id" Id("rule") "its id";
    } -> SUCCESS |call| call.begin_on("id", "rule"),
        job "user.firewall.DeleteFirewallRuleCmd" on "FirewallRule" then |call| call.end_removed("rule");

    Everyone "listEgressFirewallRules" "Lists what may leave networks" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("egressrule") "its id";
        opt "networkid" Id("network") "the network it is in";
        opt "tags" Map "its tags";
        opt "fordisplay" Boolean "whether users see it";
    } -> FIREWALLRULE |call| list(call, "egressrule", "firewallrule");

    Everyone "createEgressFirewallRule" "Lets traffic out of a network, or stops it where all may go out" () {
        req "networkid" Id("network") "the network it is in";
        req "protocol" Text "tcp, udp, icmp or all";
        opt "startport" Integer "the first port";
        opt "endport" Integer "the last port";
        opt "cidrlist" List "the networks that it is for, by commas";
        opt "destcidrlist" List "the networks that it leads to, by commas";
        opt "icmptype" Integer "the type of ICMP messages; -1 for all";
        opt "icmpcode" Integer "the code of ICMP messages; -1 for all";
        opt "fordisplay" Boolean "whether users see it";
        opt "type" Text "user or system";
    } -> FIREWALLRULE create_egress,
        job "user.firewall.CreateEgressFirewallRuleCmd" on "FirewallRule" then |call| call.end_in("egressrule", "firewallrule", "Active");

    Everyone "updateEgressFirewallRule" "Changes whether users see an egress rule" () {
        req "id" Id("egressrule") "its id";
        opt "fordisplay" Boolean "whether users see it";
    } -> FIREWALLRULE |call| update(call, "egressrule"),
        job "user.firewall.UpdateEgressFirewallRuleCmd" on "FirewallRule" then |call| call.end_shown("egressrule", "firewallrule");

    Everyone "deleteEgressFirewallRule" "Deletes an egress rule" () {
        req "id" Id("egressrule") "its id";
    } -> SUCCESS |call| call.begin_on("id", "egressrule"),
        job "user.firewall.DeleteEgressFirewallRuleCmd" on "FirewallRule" then |call| call.end_removed("egressrule");

    Everyone "listPortForwardingRules" "Lists port forwarding rules" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("portforwarding") "its id";
        opt "ipaddressid" Id("publicip") "the public address";
        opt "networkid" Id("network") "the network it is in";
        opt "tags" Map "its tags";
        opt "fordisplay" Boolean "whether users see it";
    } -> FORWARDING |call| list(call, "portforwarding", "portforwardingrule");

    Everyone "createPortForwardingRule" "Leads ports of a public address to a machine" () {
        req "ipaddressid" Id("publicip") "the public address";
        req "privateport" Integer "the first port of the machine";
        opt "privateendport" Integer "the last port of the machine";
        req "protocol" Text "tcp, udp, icmp or all";
        req "publicport" Integer "the first public port";
        opt "publicendport" Integer "the last public port";
        req "virtualmachineid" Id("machine") "the virtual machine";
        opt "vmguestip" Text "the machine's address that it leads to";
        opt "networkid" Id("network") "the network it is in";
        opt "cidrlist" List "the networks that it is for, by commas";
        opt "openfirewall" Boolean "whether the firewall is opened for it; true if left out";
        opt "fordisplay" Boolean "whether users see it";
    } -> FORWARDING create_forwarding,
        job "user.firewall.CreatePortForwardingRuleCmd" on "FirewallRule" then |call| call.end_in("portforwarding", "portforwardingrule", "Active");

    Everyone "updatePortForwardingRule" "Leads a port forwarding rule to another machine or port" () {
        req "id" Id("portforwarding") "its id";
        opt "privateport" Integer "the first port of the machine";
        opt "privateendport" Integer "the last port of the machine";
        opt "virtualmachineid" Id("machine") "the virtual machine";
        opt "vmguestip" Text "the machine's address that it leads to";
        opt "fordisplay" Boolean "whether users see it";
    } -> FORWARDING update_forwarding,
        job "user.firewall.UpdatePortForwardingRuleCmd" on "" then |call| call.end_shown("portforwarding", "portforwardingrule");

    Everyone "deletePortForwardingRule" "Deletes a port forwarding rule" () {
        req "id" Id("portforwarding") "its id";
    } -> SUCCESS |call| call.begin_on("id", "portforwarding"),
        job "user.firewall.DeletePortForwardingRuleCmd" on "FirewallRule" then end_forwarding;

    Everyone "listIpForwardingRules" "Lists the forwarding rules of addresses with static NAT" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("ipforwarding") "its id";
        opt "ipaddressid" Id("publicip") "the public address";
        opt "virtualmachineid" Id("machine") "the virtual machine";
    } -> FORWARDING |call| list(call, "ipforwarding", "ipforwardingrule");

    Everyone "createIpForwardingRule" "Lets traffic through to a machine by an address with static NAT" () {
        req "ipaddressid" Id("publicip") "the public address";
        req "protocol" Text "tcp, udp, icmp or all";
        req "startport" Integer "the first port";
        opt "endport" Integer "the last port";
        opt "cidrlist" List "the networks that it is for, by commas";
        opt "openfirewall" Boolean "whether the firewall is opened for it; true if left out";
    } -> FORWARDING create_ip_forwarding,
        job "user.nat.CreateIpForwardingRuleCmd" on "FirewallRule" then |call| call.end_in("ipforwarding", "ipforwardingrule", "Active");

    Everyone "deleteIpForwardingRule" "Deletes a forwarding rule of an address with static NAT" () {
        req "id" Id("ipforwarding") "its id";
    } -> SUCCESS |call| call.begin_on("id", "ipforwarding"),
        job "user.nat.DeleteIpForwardingRuleCmd" on "FirewallRule" then |call| call.end_removed("ipforwarding");
}

fn list(call: &Call, kind: &str, name: &'static str) -> Done<Reply> {
    call.list(&Listing {
        kind,
        name,
        filters: &[
            ("ipaddressid", "ipaddressid"),
            ("networkid", "networkid"),
            ("virtualmachineid", "virtualmachineid"),
            ("fordisplay", "fordisplay"),
        ],
    })
}

fn update(call: &mut Call, kind: &str) -> Done<Reply> {
    let mut rule = call.own_thing("id", kind)?;
    call.take_over(&mut rule, &[], &["fordisplay"]);
    store::update(call.db, &rule)?;
    Ok(begun(&rule))
}

/// What a rule is for: its protocol with ports or ICMP's type and code, checked.
pub fn traffic(call: &Call) -> Done<Value> {
    let protocol = call.required("protocol")?.to_lowercase();
    let number = protocol.parse::<u8>().is_ok();
    if !number && !matches!(protocol.as_str(), "tcp" | "udp" | "icmp" | "all") {
        return Err(Refusal::value(format!("Invalid protocol: {protocol}")));
    }
    let (start, end) = (call.number("startport"), call.number("endport"));
    let end = end.or(start);
    for port in [start, end].into_iter().flatten() {
        valid_port("port", port)?;
    }
    if start > end {
        return Err(Refusal::value("Start port can't be bigger than end port"));
    }
    let icmp = call.text("icmptype").is_some() || call.text("icmpcode").is_some();
    if protocol == "icmp" && start.is_some() {
        return Err(Refusal::value(
            "Can't specify start/end port when protocol is ICMP",
        ));
    }
    if protocol != "icmp" && icmp {
        return Err(Refusal::value(
            "Can specify icmpCode and icmpType for ICMP protocol only",
        ));
    }
    for cidr in call.listed("cidrlist") {
        valid_cidr(cidr)?;
    }
    let of_icmp = |name: &str| (protocol == "icmp").then(|| call.number(name).unwrap_or(-1));
    Ok(
        json!({"protocol": protocol, "startport": start, "endport": end, "icmptype": of_icmp("icmptype"),
        "icmpcode": of_icmp("icmpcode")}),
    )
}

pub fn valid_port(what: &str, port: i64) -> Done<()> {
    if (1..=65_535).contains(&port) {
        return Ok(());
    }
    Err(Refusal::value(format!(
        "{what} is an invalid value: {port}"
    )))
}

pub fn valid_cidr(cidr: &str) -> Done<()> {
    let good = cidr.split_once('/').is_some_and(|(address, bits)| {
        address.parse::<std::net::Ipv4Addr>().is_ok()
            && bits.parse::<u8>().is_ok_and(|bits| bits <= 32)
            || address.parse::<std::net::Ipv6Addr>().is_ok()
                && bits.parse::<u8>().is_ok_and(|bits| bits <= 128)
    });
    if good {
        return Ok(());
    }
    Err(Refusal::new(
        531,
        4350,
        format!("Source cidrs formatting error {cidr}"),
    ))
}

/// The sources of a firewall rule that names none.
const ANYWHERE: &str = "0.0.0.0/0";

/// The firewall rules that have a source, as it is spelt, in common with these: others may open the same ports.
fn sharing(mut rules: Vec<Thing>, cidrs: &str) -> Vec<Thing> {
    let named = |list: &str, cidr: &str| list.split(',').any(|known| known.trim() == cidr.trim());
    rules.retain(|rule| {
        let known = rule.text("cidrlist");
        cidrs.split(',').any(|cidr| named(known, cidr))
    });
    rules
}

/// Refuses ports that another rule of an address has already.
pub fn free_ports(
    rules: &[Thing],
    protocol: &str,
    (first, last): (i64, i64),
    (start, end): (&str, &str),
) -> Done<()> {
    // A load balancer's rule that says none is for TCP.
    let speaks = |rule: &&Thing| match rule.text("protocol") {
        "" => protocol == "tcp",
        known => known == protocol,
    };
    for rule in rules.iter().filter(speaks) {
        let port = |field: &str| {
            let value = rule.body.get(field);
            value.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
        };
        let from = port(start).unwrap_or(1);
        let to = port(end).or(port(start)).unwrap_or(65_535);
        if first <= to && from <= last {
            return Err(Refusal::new(
                537,
                4360,
                format!(
                    "The range specified, {first}-{last}, conflicts with rule {} which has {from}-{to}",
                    rule.uuid
                ),
            ));
        }
    }
    Ok(())
}

fn create_firewall(call: &mut Call) -> Done<Reply> {
    let address = for_rules(call, "ipaddressid", true)?;
    let network = network_of(call, &address)?;
    let mut body = traffic(call)?;
    let protocol = body["protocol"].as_str().unwrap_or_default().to_string();
    let start = body["startport"].as_i64();
    let range = (
        start.unwrap_or(1),
        body["endport"].as_i64().unwrap_or(65_535),
    );
    let cidrs = call.text("cidrlist").unwrap_or(ANYWHERE);
    if protocol != "icmp" {
        let rules = sharing(store::children(call.db, "rule", &address.uuid)?, cidrs);
        free_ports(&rules, &protocol, range, ("startport", "endport"))?;
    }
    let more = json!({"ipaddressid": address.uuid, "networkid": network.uuid, "ipaddress": address.name,
        "state": "Staged", "cidrlist": cidrs, "tags": [], "fordisplay": call.boolean("fordisplay").unwrap_or(true)});
    join(&mut body, more);
    let rule = keep(call, &address, ("rule", &address.uuid), body)?;
    Ok(born(&rule))
}

fn join(body: &mut Value, more: Value) {
    if let (Value::Object(body), Value::Object(more)) = (body, more) {
        body.extend(more);
    }
}

/// Keeps a rule, which belongs to whom the thing does that it is on. Users see only their own, and rules say not whose.
fn keep(call: &Call, like: &Thing, (kind, parent): (&str, &str), body: Value) -> Done<Thing> {
    let owner = call.owner_like(like)?;
    call.make(&owner, (kind, "", "Staged", parent), body)
}

fn create_egress(call: &mut Call) -> Done<Reply> {
    let network = call.own_thing("networkid", "network")?;
    if !network.text("vpcid").is_empty() {
        return Err(Refusal::value(
            "Egress firewall rules are not supported for network tiers of a VPC",
        ));
    }
    let mut body = traffic(call)?;
    let more = json!({"networkid": network.uuid, "state": "Staged",
        "cidrlist": call.text("cidrlist").unwrap_or(network.text("cidr")), "tags": [],
        "fordisplay": call.boolean("fordisplay").unwrap_or(true),
        "destcidrlist": call.text("destcidrlist").unwrap_or_default()});
    let rules = store::children(call.db, "egressrule", &network.uuid)?;
    let same = |rule: &&Thing| {
        ["protocol", "startport", "endport", "icmptype", "icmpcode"]
            .iter()
            .all(|field| rule.body.get(*field) == body.get(*field).filter(|value| !value.is_null()))
            && rule.text("cidrlist") == more["cidrlist"]
    };
    if let Some(rule) = rules.iter().find(same) {
        return Err(Refusal::new(
            537,
            4360,
            format!("New rule conflicts with existing rule {}", rule.uuid),
        ));
    }
    join(&mut body, more);
    let rule = keep(call, &network, ("egressrule", &network.uuid), body)?;
    Ok(born(&rule))
}

/// The machine that a rule leads to, and its address in the rule's network.
fn target(call: &Call, network: &Thing) -> Done<(Thing, String)> {
    let machine = call.own_thing("virtualmachineid", "machine")?;
    if matches!(machine.state.as_str(), "Destroyed" | "Expunging") {
        return Err(Refusal::value(format!("Invalid user vm: {}", machine.uuid)));
    }
    let own = nics::address_in(&machine, network).ok_or_else(|| {
        Refusal::value(format!("VM doesn't belong to the network {}", network.uuid))
    })?;
    let guest = call.text("vmguestip").map_or(own, String::from);
    Ok((machine, guest))
}

fn create_forwarding(call: &mut Call) -> Done<Reply> {
    let address = for_rules(call, "ipaddressid", false)?;
    let network = network_of(call, &address)?;
    networks::serves(call, &network, "PortForwarding")?;
    let protocol = call.required("protocol")?.to_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp") {
        return Err(Refusal::value(format!("Invalid protocol: {protocol}")));
    }
    let number = |name: &str| call.number(name).unwrap_or(0);
    let (public, private) = (number("publicport"), number("privateport"));
    let public_end = call.number("publicendport").unwrap_or(public);
    let private_end = call.number("privateendport").unwrap_or(private);
    for (what, port) in [
        ("publicPort", public),
        ("publicPort", public_end),
        ("privatePort", private),
        ("privatePort", private_end),
    ] {
        valid_port(what, port)?;
    }
    if public_end - public != private_end - private || public_end < public {
        return Err(Refusal::value(
            "Source port and destination port ranges should be of equal sizes.",
        ));
    }
    let (machine, guest) = target(call, &network)?;
    let mut rules = store::children(call.db, "portforwarding", &address.uuid)?;
    free_ports(
        &rules,
        &protocol,
        (public, public_end),
        ("publicport", "publicendport"),
    )?;
    rules = store::children(call.db, "loadbalancer", &address.uuid)?;
    free_ports(
        &rules,
        &protocol,
        (public, public_end),
        ("publicport", "publicport"),
    )?;
    let body = json!({"privateport": private.to_string(), "privateendport": private_end.to_string(),
        "protocol": protocol, "publicport": public.to_string(), "publicendport": public_end.to_string(),
        "virtualmachineid": machine.uuid, "virtualmachinename": machine.name,
        "virtualmachinedisplayname": machine.text("displayname"), "ipaddressid": address.uuid,
        "ipaddress": address.name, "state": "Staged", "cidrlist": call.text("cidrlist").unwrap_or_default(), "tags": [],
        "vmguestip": guest, "networkid": network.uuid, "fordisplay": call.boolean("fordisplay").unwrap_or(true)});
    let rule = keep(call, &address, ("portforwarding", &address.uuid), body)?;
    open_firewall(
        call,
        &address,
        &network,
        &rule,
        &protocol,
        (public, public_end),
    )?;
    Ok(born(&rule))
}

/// Opens the firewall for a rule, unless the call says not to or the network has none of its own.
pub fn open_firewall(
    call: &Call,
    address: &Thing,
    network: &Thing,
    rule: &Thing,
    protocol: &str,
    (first, last): (i64, i64),
) -> Done<()> {
    let open = call.boolean("openfirewall").unwrap_or(true);
    if !open || !network.text("vpcid").is_empty() {
        return Ok(());
    }
    let rules = sharing(store::children(call.db, "rule", &address.uuid)?, ANYWHERE);
    free_ports(&rules, protocol, (first, last), ("startport", "endport"))?;
    let body = json!({"protocol": protocol, "startport": first, "endport": last, "ipaddressid": address.uuid,
        "networkid": network.uuid, "ipaddress": address.name, "state": "Active", "cidrlist": ANYWHERE, "tags": [],
        "fordisplay": true, "relatedto": rule.uuid});
    let mut opened = keep(call, address, ("rule", &address.uuid), body)?;
    opened.state = "Active".into();
    // Who opened it is nobody's business but the rule's that it goes with.
    opened.unset(&["relatedto"]);
    opened.name = rule.uuid.clone();
    Ok(store::update(call.db, &opened)?)
}

/// Closes what the firewall was opened for.
pub fn close_firewall(call: &Call, rule: &Thing) -> Done<()> {
    for opened in store::named(call.db, "rule", &rule.uuid)? {
        store::remove(call.db, &opened)?;
    }
    Ok(())
}

fn end_forwarding(call: &mut Call) -> Done<Value> {
    close_firewall(call, &call.subject("portforwarding")?)?;
    call.end_removed("portforwarding")
}

fn update_forwarding(call: &mut Call) -> Done<Reply> {
    let mut rule = call.own_thing("id", "portforwarding")?;
    call.take_over(&mut rule, &[], &["fordisplay"]);
    for (param, field) in [
        ("privateport", "privateport"),
        ("privateendport", "privateendport"),
    ] {
        if let Some(port) = call.number(param) {
            valid_port("privatePort", port)?;
            rule.set(field, port.to_string());
            if call.text("privateendport").is_none() {
                rule.set("privateendport", port.to_string());
            }
        }
    }
    if call.text("virtualmachineid").is_some() {
        let network = store::by_uuid(call.db, "network", rule.text("networkid"))?
            .ok_or_else(|| Refusal::value("the network of the rule is gone"))?;
        let (machine, guest) = target(call, &network)?;
        rule.set("virtualmachineid", machine.uuid.as_str());
        rule.set("virtualmachinename", machine.name.as_str());
        rule.set("virtualmachinedisplayname", machine.text("displayname"));
        rule.set("vmguestip", guest);
    }
    store::update(call.db, &rule)?;
    Ok(begun(&rule))
}

fn create_ip_forwarding(call: &mut Call) -> Done<Reply> {
    let address = call.own_thing("ipaddressid", "publicip")?;
    if !address.is("isstaticnat") {
        return Err(Refusal::value(format!(
            "Can't create ip forwarding rule for the ip address where static nat is not enabled: {}",
            address.uuid
        )));
    }
    let traffic = traffic(call)?;
    let number = |name: &str| traffic[name].as_i64().unwrap_or(0);
    let (start, end) = (number("startport"), number("endport"));
    let protocol = traffic["protocol"].as_str().unwrap_or_default().to_string();
    let rules = store::children(call.db, "ipforwarding", &address.uuid)?;
    free_ports(&rules, &protocol, (start, end), ("startport", "endport"))?;
    let body = json!({"protocol": protocol,
        "virtualmachineid": address.text("virtualmachineid"),
        "virtualmachinename": address.text("virtualmachinename"),
        "virtualmachinedisplayname": address.text("virtualmachinedisplayname"), "ipaddressid": address.uuid,
        "ipaddress": address.name, "startport": start, "endport": end, "state": "Staged"});
    let rule = keep(call, &address, ("ipforwarding", &address.uuid), body)?;
    Ok(born(&rule))
}
