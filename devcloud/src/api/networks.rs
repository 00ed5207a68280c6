//! Guest networks: made, implemented when the first machine comes, changed, restarted, deleted when nothing uses them.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::addresses::ADDRESS;
use super::listing::{IN_PROJECT, Listing, OWNED, PAGED};
use super::things::{Owner, begun};
use super::{
    Call, Done, Reply, addresses, capabilities, configuration, nics, routers, vpcs, wires,
};
use crate::api::fields::{NETWORK, SUCCESS};
use crate::store::{self, Thing};
use crate::wire::Refusal;

apis! {
    Everyone "listNetworks" "Lists networks" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("network") "its id";
        opt "zoneid" Id("zone") "only those in this zone";
        opt "type" Text "Isolated or Shared";
        opt "acltype" Text "account or domain";
        opt "physicalnetworkid" Id("physicalnetwork") "the physical network";
        opt "vpcid" Id("vpc") "the VPC";
        opt "traffictype" Text "what it carries";
        opt "restartrequired" Boolean "whether it has to be restarted";
        opt "canusefordeploy" Boolean "whether only networks that machines can be made in count";
        opt "forvpc" Boolean "whether only tiers of VPCs count, or none";
        opt "supportedservices" List "only those with these services, by commas";
        opt "displaynetwork" Boolean "whether users see it";
        opt "tags" Map "its tags";
    } -> NETWORK list;

    Everyone "createNetwork" "Creates a network" () {
        req "displaytext" Text "what it is";
        req "name" Text "its name";
        req "networkofferingid" Id("networkoffering") "its offering";
        req "zoneid" Id("zone") "the zone it is in";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "aclid" Id("acllist") "the ACL of a VPC's tier";
        opt "acltype" Text "account or domain";
        opt "displaynetwork" Boolean "whether users see it";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "endip" Text "its last address";
        opt "gateway" Text "its gateway; goes with netmask";
        opt "netmask" Text "its netmask; goes with gateway";
        opt "networkdomain" Text "its DNS domain";
        opt "physicalnetworkid" Id("physicalnetwork") "the physical network that carries it";
        opt "projectid" Id("project") "the project it belongs to";
        opt "startip" Text "its first address";
        opt "subdomainaccess" Boolean "whether domains below may use it";
        opt "vlan" Text "its VLAN";
        opt "vpcid" Id("vpc") "the VPC it is part of";
    } -> NETWORK |call| {
            let name = call.required("name")?.to_string();
            let text = call.required("displaytext")?.to_string();
            let offering = call.required_thing("networkofferingid", "networkoffering")?;
            let zone = call.required_thing("zoneid", "zone")?;
            let owner = call.owner()?;
            let network = create(call, &owner, &name, &text, &offering, &zone)?;
            if let Some(first) = call.text("startip").filter(|_| offering.is("specifyipranges")) {
                wires::add_guest_range(call, &network, first)?;
            }
            call.shown("network", &network)
        };

    Everyone "updateNetwork" "Changes a network's names, DNS domain or offering" () {
        req "id" Id("network") "its id";
        opt "name" Text "its name";
        opt "displaytext" Text "what it is";
        opt "networkdomain" Text "its DNS domain";
        opt "networkofferingid" Id("networkoffering") "its new offering";
        opt "displaynetwork" Boolean "whether users see it";
        opt "changecidr" Boolean "whether its addresses may change";
        opt "guestvmcidr" Text "the part of its addresses that machines get";
    } -> NETWORK update,
        job "admin.network.UpdateNetworkCmdByAdmin" on "" then |call| call.end_shown("network", "network");

    Everyone "restartNetwork" "Restarts a network's router" () {
        req "id" Id("network") "its id";
        opt "cleanup" Boolean "whether its routers are made anew";
        opt "makeredundant" Boolean "whether it gets a second router";
    } -> ADDRESS restart,
        job "user.network.RestartNetworkCmd" on "" then end_restart;

    Everyone "deleteNetwork" "Deletes a network that no machine uses" () {
        req "id" Id("network") "its id";
        opt "forced" Boolean "whether it goes even when its router does not answer";
    } -> SUCCESS |call| {
            let network = call.own_thing("id", "network")?;
            in_use(call, &network)?;
            Ok(begun(&network))
        },
        job "user.network.DeleteNetworkCmd" on "" then |call| {
            let network = call.own_thing("id", "network")?;
            in_use(call, &network)?;
            remove(call, &network)?;
            Ok(json!({"success": true}))
        };
}

fn list(call: &mut Call) -> Done<Reply> {
    let listing = Listing {
        kind: "network",
        name: "network",
        filters: &[
            ("zoneid", "zoneid"),
            ("type", "type"),
            ("acltype", "acltype"),
            ("physicalnetworkid", "physicalnetworkid"),
            ("vpcid", "vpcid"),
            ("traffictype", "traffictype"),
            ("restartrequired", "restartrequired"),
            ("canusefordeploy", "canusefordeploy"),
            ("displaynetwork", "displaynetwork"),
        ],
    };
    let tiers = call.boolean("forvpc");
    let wanted = call.listed("supportedservices");
    if tiers.is_none() && wanted.is_empty() {
        return call.list(&listing);
    }
    call.list_where(&listing, |network| {
        let names = services(network);
        tiers.is_none_or(|tiers| tiers != network.text("vpcid").is_empty())
            && wanted.iter().all(|wanted| names.contains(wanted))
    })
}

/// The names of the services that an offering or a network has.
pub fn services(thing: &Thing) -> Vec<&str> {
    let list = thing.body.get("service").and_then(Value::as_array);
    let names = list
        .into_iter()
        .flatten()
        .filter_map(|service| service["name"].as_str());
    names.collect()
}

/// Whether a network's offering has a service.
pub fn offers(call: &Call, network: &Thing, service: &str) -> Done<bool> {
    let offering = store::by_uuid(
        call.db,
        "networkoffering",
        network.text("networkofferingid"),
    )?;
    Ok(offering.is_some_and(|offering| services(&offering).contains(&service)))
}

/// Refuses what a network's offering has no service for.
pub fn serves(call: &Call, network: &Thing, service: &str) -> Done<()> {
    if offers(call, network, service)? {
        return Ok(());
    }
    Err(Refusal::value(format!(
        "Service {service} is not supported in network id={}",
        network.uuid
    )))
}

fn in_use(call: &Call, network: &Thing) -> Done<()> {
    if !nics::machines_in(call, network)?.is_empty() {
        return Err(Refusal::new(530, 4250, "Failed to delete network"));
    }
    Ok(())
}

/// Removes a network with its router, rules and addresses.
pub fn remove(call: &Call, network: &Thing) -> Done<()> {
    for kind in ["router", "egressrule", "remotevpn", "loadbalancer"] {
        for thing in store::children(call.db, kind, &network.uuid)? {
            store::remove(call.db, &thing)?;
        }
    }
    for mut address in store::children(call.db, "publicip", &network.uuid)? {
        if network.text("vpcid").is_empty() {
            addresses::release(call, &address)?;
        } else {
            address.unset(&["associatednetworkid", "associatednetworkname"]);
            store::update(call.db, &address)?;
        }
    }
    Ok(store::remove(call.db, network)?)
}

/// Makes a network ready for its first machine: a router, and an address to go out by, where its offering has them.
pub fn implement(call: &Call, network: &mut Thing) -> Done<()> {
    if network.state == "Implemented" {
        return Ok(());
    }
    network.state = "Implemented".into();
    if network.text("type") == "Isolated" && network.text("broadcasturi").is_empty() {
        let vlan = free_vlan(call, network)?;
        network.set("broadcasturi", format!("vlan://{vlan}"));
        network.set("vlan", vlan);
    }
    store::update(call.db, network)?;
    let alone = network.text("type") == "Isolated" && network.text("vpcid").is_empty();
    if !alone || !offers(call, network, "SourceNat")? {
        return Ok(());
    }
    let zone = store::by_uuid(call.db, "zone", network.text("zoneid"))?
        .ok_or_else(|| Refusal::internal("the network's zone is gone"))?;
    let owner = call.owner_like(network)?;
    if !addresses::has_source_nat(call, network)? {
        addresses::give(call, &owner, &zone, Some(network), true, "Allocated")?;
    }
    routers::for_network(call, &owner, &zone, network)
}

/// The first VLAN of the zone's physical network that no other network has; past its range where all are taken.
fn free_vlan(call: &Call, network: &Thing) -> Done<String> {
    let own = network.text("vlan");
    if !own.is_empty() {
        return Ok(own.into());
    }
    let wires = store::children(call.db, "physicalnetwork", network.text("zoneid"))?;
    let first = wires.first().map_or("", |wire| wire.text("vlan"));
    let first = first.split(['-', ',']).next().unwrap_or_default();
    let taken: HashSet<String> = store::of_kind(call.db, "network")?
        .iter()
        .map(|other| other.text("vlan").to_string())
        .collect();
    let free = (first.parse().unwrap_or(100)..)
        .map(|vlan: u32| vlan.to_string())
        .find(|vlan| !taken.contains(vlan));
    free.ok_or_else(|| Refusal::internal("there is no VLAN left"))
}

/// Makes a network.
pub fn create(
    call: &Call,
    owner: &Owner,
    name: &str,
    text: &str,
    offering: &Thing,
    zone: &Thing,
) -> Done<Thing> {
    if offering.state == "Disabled" {
        return Err(Refusal::value(format!(
            "Can't use specified network offering id={} as its state is not Enabled",
            offering.uuid
        )));
    }
    let vpc = match call.text("vpcid") {
        Some(_) => Some(call.own_thing("vpcid", "vpc")?),
        None => None,
    };
    let (gateway, netmask) = match (call.text("gateway"), call.text("netmask")) {
        (Some(gateway), Some(netmask)) => (gateway, netmask),
        (None, None) if vpc.is_none() => ("10.1.1.1", "255.255.255.0"),
        _ => return Err(Refusal::value("gateway and netmask must be given together")),
    };
    let cidr = cidr(gateway, netmask)?;
    if vpc.is_some() != offering.is("forvpc") {
        return Err(Refusal::value(
            "Network offering can be used for VPC networks only, and no other for these",
        ));
    }
    if let Some(vpc) = &vpc {
        vpcs::fits(call, vpc, &cidr)?;
    }
    let acl = vpcs::acl_of_tier(call, vpc.as_ref())?;
    let guest = offering.body.get("guestiptype");
    let names: Vec<Value> = services(offering)
        .into_iter()
        .map(capabilities::of_network)
        .collect();
    let before = json!({"displaytext": text, "broadcastdomaintype": "Vlan", "traffictype": "Guest", "gateway": gateway,
        "netmask": netmask, "cidr": cidr, "zoneid": zone.uuid, "zonename": zone.name,
        "networkofferingid": offering.uuid, "networkofferingname": offering.name,
        "networkofferingdisplaytext": offering.body.get("displaytext"), "networkofferingavailability": "Optional",
        "issystem": false, "state": "Allocated", "related": null, "dns1": "10.147.28.6", "type": guest,
        "vlan": call.text("vlan").filter(|_| call.caller.root()), "acltype": call.text("acltype").unwrap_or("Account")});
    let after = json!({"service": names,
        "networkdomain": call.text("networkdomain").unwrap_or(&configuration::domain_suffix(call.db)?),
        "physicalnetworkid": call.text("physicalnetworkid").filter(|_| call.caller.root()), "specifyipranges": false,
        "vpcid": vpc.as_ref().map(|vpc| &vpc.uuid), "restartrequired": false, "canusefordeploy": true,
        "ispersistent": false, "tags": [], "displaynetwork": call.boolean("displaynetwork").unwrap_or(true),
        "aclid": acl, "strechedl2subnet": false});
    // A network that a root administrator makes for a domain is everybody's there.
    call.make(
        owner,
        ("network", name, "Allocated", &zone.uuid),
        owner.body(before, after),
    )
}

/// The addresses that a gateway and a netmask make.
pub fn cidr(gateway: &str, netmask: &str) -> Done<String> {
    let parsed = |text: &str| text.parse::<std::net::Ipv4Addr>().map(u32::from);
    let at = parsed(gateway).map_err(|_| Refusal::value(format!("Invalid gateway {gateway}")))?;
    let mask = parsed(netmask)
        .ok()
        .filter(|mask| mask.leading_ones() + mask.trailing_zeros() == 32);
    let mask = mask.ok_or_else(|| Refusal::value(format!("Invalid netmask {netmask}")))?;
    Ok(format!(
        "{}/{}",
        std::net::Ipv4Addr::from(at & mask),
        mask.leading_ones()
    ))
}

fn update(call: &mut Call) -> Done<Reply> {
    let mut network = call.own_thing("id", "network")?;
    call.take_over(
        &mut network,
        &["name", "displaytext", "networkdomain"],
        &["displaynetwork"],
    );
    if let Some(offering) = call.thing("networkofferingid", "networkoffering")? {
        let same = network.body.get("type") == offering.body.get("guestiptype")
            && offering.is("forvpc") != network.text("vpcid").is_empty();
        if !same {
            return Err(Refusal::value(format!(
                "Can't upgrade from network offering {} to {}; check logs for more information",
                network.text("networkofferingid"),
                offering.uuid
            )));
        }
        network.set("networkofferingid", offering.uuid.as_str());
        network.set("networkofferingname", offering.name.as_str());
        network.set("networkofferingdisplaytext", offering.text("displaytext"));
        let names: Vec<Value> = services(&offering)
            .into_iter()
            .map(capabilities::of_network)
            .collect();
        network.set("service", names);
    }
    store::update(call.db, &network)?;
    Ok(begun(&network))
}

fn restart(call: &mut Call) -> Done<Reply> {
    let network = call.own_thing("id", "network")?;
    if network.state != "Implemented" {
        return Err(Refusal::value(
            "Network is not in the right state to be restarted. Correct states are: Implemented, Setup",
        ));
    }
    Ok(begun(&network))
}

fn end_restart(call: &mut Call) -> Done<Value> {
    let mut network = call.subject("network")?;
    network.set("restartrequired", false);
    store::update(call.db, &network)?;
    routers::restart(call, &network, call.boolean("cleanup").unwrap_or(true))?;
    Ok(json!({"success": true}))
}
