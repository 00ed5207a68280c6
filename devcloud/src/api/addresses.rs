//! Public addresses: given out from VLAN ranges, to networks and VPCs, and what static NAT makes of one.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::listing::{IN_PROJECT, Listing, OWNED, PAGED, view};
use super::things::{Owner, begun, born};
use super::{Call, Done, Reply};
use crate::api::fields::SUCCESS;
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    ADDRESS: id string "its id", ipaddress string "its address", allocated date "when it was given out",
        zoneid string "the zone it is in", zonename string "that zone's name",
        issourcenat boolean "whether it is its network's source NAT address",
        account string "the account it belongs to", projectid string "the project it belongs to",
        project string "that project's name", domainid string "the domain it belongs to",
        domain string "that domain's name", forvirtualnetwork boolean "whether it is for virtual networks",
        vlanid string "the VLAN range", vlanname string "that VLAN's name",
        isstaticnat boolean "whether it is one machine's by static NAT",
        issystem boolean "whether it is the cloud's own", virtualmachineid string "the virtual machine",
        vmipaddress string "the machine's address behind it", virtualmachinename string "that machine's name",
        virtualmachinedisplayname string "that machine's name for people",
        associatednetworkid string "the network it serves", associatednetworkname string "that network's name",
        networkid string "the network it is in", state string "its state",
        physicalnetworkid string "the physical network", purpose string "what it is used for", vpcid string "the VPC",
        tags list "its tags", isportable boolean "whether it may move between regions",
        fordisplay boolean "whether users see it";
}

apis! {
    Everyone "listPublicIpAddresses" "Lists public addresses" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("publicip") "its id";
        opt "ipaddress" Text "only this address";
        opt "allocatedonly" Boolean "whether only addresses that are given out count";
        opt "associatednetworkid" Id("network") "the network it serves";
        opt "forloadbalancing" Boolean "whether only addresses with load balancer rules count";
        opt "forvirtualnetwork" Boolean "whether only addresses for virtual networks count";
        opt "issourcenat" Boolean "whether only source NAT addresses count";
        opt "isstaticnat" Boolean "whether only addresses with static NAT count";
        opt "physicalnetworkid" Id("physicalnetwork") "the physical network";
        opt "vlanid" Id("vlan") "the VLAN range";
        opt "vpcid" Id("vpc") "the VPC";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "state" Text "its state";
        opt "tags" Map "its tags";
    } -> ADDRESS list;

    Everyone "associateIpAddress" "Acquires a public address for a network, a VPC or a zone" () {
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "networkid" Id("network") "the network it serves";
        opt "projectid" Id("project") "the project it belongs to";
        opt "vpcid" Id("vpc") "the VPC it serves";
        opt "zoneid" Id("zone") "the zone it is in";
    } -> ADDRESS associate,
        job "admin.address.AssociateIPAddrCmdByAdmin" on "IpAddress" then |call| {
            let mut shown = call.end_in("publicip", "ipaddress", "Allocated")?;
            // Real servers tell how it was while they worked.
            shown["ipaddress"]["state"] = json!("Allocating");
            Ok(shown)
        };

    Everyone "disassociateIpAddress" "Gives a public address back, with the rules on it" () {
        req "id" Id("publicip") "its id";
    } -> SUCCESS disassociate,
        job "user.address.DisassociateIPAddrCmd" on "IpAddress" then |call| { let address = call.subject("publicip")?; release(call, &address)?; Ok(json!({"success": true})) };

    Everyone "updateIpAddress" "Changes whether users see a public address" () {
        req "id" Id("publicip") "its id";
        opt "fordisplay" Boolean "whether users see it";
    } -> ADDRESS |call| { let mut address = call.own_thing("id", "publicip")?; call.take_over(&mut address, &[], &["fordisplay"]); store::update(call.db, &address)?; Ok(begun(&address)) },
        job "user.address.UpdateIPAddrCmd" on "IpAddress" then |call| call.end_shown("publicip", "ipaddress");

    Everyone "enableStaticNat" "Makes a public address one machine's" () {
        req "ipaddressid" Id("publicip") "the public address";
        opt "networkid" Id("network") "the network it is in";
        req "virtualmachineid" Id("machine") "the virtual machine";
        opt "vmguestip" Text "the machine's address that it leads to";
    } -> SUCCESS enable_static_nat;

    Everyone "disableStaticNat" "Ends static NAT on a public address" () {
        req "ipaddressid" Id("publicip") "the public address";
    } -> SUCCESS |call| call.begin_on("ipaddressid", "publicip"),
        job "user.nat.DisableStaticNatCmd" on "IpAddress" then disable_static_nat;
}

/// The rules that may be on an address.
const RULES: &[&str] = &[
    "rule",
    "portforwarding",
    "loadbalancer",
    "ipforwarding",
    "remotevpn",
];

fn list(call: &mut Call) -> Done<Reply> {
    let balancing = call.boolean("forloadbalancing").unwrap_or(false);
    let listing = Listing {
        kind: "publicip",
        name: "publicipaddress",
        filters: &[
            ("ipaddress", "ipaddress"),
            ("associatednetworkid", "associatednetworkid"),
            ("forvirtualnetwork", "forvirtualnetwork"),
            ("issourcenat", "issourcenat"),
            ("isstaticnat", "isstaticnat"),
            ("physicalnetworkid", "physicalnetworkid"),
            ("vlanid", "vlanid"),
            ("vpcid", "vpcid"),
            ("zoneid", "zoneid"),
            ("state", "state"),
        ],
    };
    let mut balanced = Vec::new();
    for rule in store::of_kind(call.db, "loadbalancer")? {
        balanced.push(rule.parent);
    }
    let all = call.boolean("allocatedonly") == Some(false) && call.caller.root();
    if all {
        return list_all(call, &listing);
    }
    call.list_where(&listing, |address| {
        !balancing || balanced.contains(&address.uuid)
    })
}

/// The addresses that are given out, and after them those of the public ranges that are free.
fn list_all(call: &Call, listing: &Listing) -> Done<Reply> {
    let taken: HashSet<String> = store::of_kind(call.db, "publicip")?
        .into_iter()
        .map(|address| address.name)
        .collect();
    let mut rows = Vec::new();
    for address in call.found_open(listing)? {
        rows.push(view(call.db, &address)?);
    }
    let fits = |row: &Value| {
        let filters = listing.filters.iter();
        let mut given = filters.filter_map(|(param, field)| Some((call.text(param)?, field)));
        given.all(|(wanted, field)| match &row[*field] {
            Value::String(text) => text.eq_ignore_ascii_case(wanted),
            Value::Bool(flag) => *flag == wanted.eq_ignore_ascii_case("true"),
            _ => false,
        })
    };
    for range in store::of_kind(call.db, "vlan")? {
        let (Some((first, last)), true) = (bounds(&range), range.is("forvirtualnetwork")) else {
            continue;
        };
        let zone = store::by_uuid(call.db, "zone", range.text("zoneid"))?;
        for number in first..=last {
            let address = Ipv4Addr::from(number).to_string();
            if taken.contains(&address) {
                continue;
            }
            // Nobody keeps these, so their ids come from their range's and their own numbers.
            let id = format!("{}{number:08x}", range.uuid.get(..28).unwrap_or_default());
            let row = json!({"id": id, "ipaddress": address, "zoneid": range.text("zoneid"),
                "zonename": zone.as_ref().map(|zone| &zone.name), "issourcenat": false, "forvirtualnetwork": true,
                "vlanid": range.uuid, "vlanname": range.text("vlan"), "isstaticnat": false, "issystem": false,
                "networkid": range.text("networkid"), "state": "Free",
                "physicalnetworkid": range.text("physicalnetworkid"), "tags": [], "isportable": false, "fordisplay": true});
            if fits(&row) {
                rows.push(row);
            }
        }
    }
    call.page("publicipaddress", rows)
}

/// The first and the last address of a range, as numbers.
fn bounds(range: &Thing) -> Option<(u32, u32)> {
    let bound = |field: &str| range.text(field).parse::<Ipv4Addr>().ok().map(u32::from);
    Some((bound("startip")?, bound("endip")?))
}

/// The next address of a zone's public ranges that nobody has, with its range.
fn free(call: &Call, zone: &Thing) -> Done<(Ipv4Addr, Thing)> {
    let taken: HashSet<String> = store::of_kind(call.db, "publicip")?
        .into_iter()
        .map(|address| address.name)
        .collect();
    for range in store::children(call.db, "vlan", &zone.uuid)? {
        if !range.is("forvirtualnetwork") {
            continue;
        }
        let Some((first, last)) = bounds(&range) else {
            continue;
        };
        let found = (first..=last)
            .map(Ipv4Addr::from)
            .find(|address| !taken.contains(&address.to_string()));
        if let Some(address) = found {
            return Ok((address, range));
        }
    }
    Err(Refusal::new(
        533,
        4320,
        format!(
            "Unable to get a source nat IP address: zone {} has no free address",
            zone.name
        ),
    ))
}

/// How many addresses a zone's public ranges have.
pub fn capacity(call: &Call) -> Done<i64> {
    let mut total = 0;
    for range in store::of_kind(call.db, "vlan")? {
        let bound = |field: &str| range.text(field).parse::<Ipv4Addr>().map(u32::from);
        if let (true, Ok(first), Ok(last)) = (
            range.is("forvirtualnetwork"),
            bound("startip"),
            bound("endip"),
        ) {
            total += i64::from(last.saturating_sub(first)) + 1;
        }
    }
    Ok(total)
}

/// Gives an owner an address for a network or a VPC.
pub fn give(
    call: &Call,
    owner: &Owner,
    zone: &Thing,
    served: Option<&Thing>,
    source_nat: bool,
    state: &str,
) -> Done<Thing> {
    let (address, range) = free(call, zone)?;
    let before = json!({"ipaddress": address.to_string(), "allocated": clock::date(call.now), "zoneid": zone.uuid,
        "zonename": zone.name, "issourcenat": source_nat});
    let of_kind = |kind: &str| served.filter(|served| served.kind == kind);
    let network = of_kind("network");
    let after = json!({"forvirtualnetwork": true, "vlanid": range.uuid, "vlanname": range.text("vlan"),
        "isstaticnat": false, "issystem": false, "associatednetworkid": network.map(|network| &network.uuid),
        "associatednetworkname": network.map(|network| &network.name), "networkid": range.text("networkid"),
        "state": state, "physicalnetworkid": range.text("physicalnetworkid"),
        "vpcid": of_kind("vpc").map(|vpc| &vpc.uuid), "tags": [], "isportable": false, "fordisplay": true});
    let parent = served.map_or("", |served| served.uuid.as_str());
    let name = address.to_string();
    call.make(
        owner,
        ("publicip", &name, state, parent),
        owner.body(before, after),
    )
}

fn associate(call: &mut Call) -> Done<Reply> {
    let served = match (call.text("networkid"), call.text("vpcid")) {
        (Some(_), _) => Some(call.own_thing("networkid", "network")?),
        (None, Some(_)) => Some(call.own_thing("vpcid", "vpc")?),
        (None, None) => None,
    };
    let zone = match (&served, call.thing("zoneid", "zone")?) {
        (Some(served), _) => store::by_uuid(call.db, "zone", served.text("zoneid"))?,
        (None, zone) => zone,
    };
    let zone = zone.ok_or_else(|| {
        Refusal::value("Unable to figure out zone to assign ip to. Please specify either zoneId, or networkId, or vpcId in the call")
    })?;
    let owner = match &served {
        Some(served) if served.account != 0 => call.owner_like(served)?,
        _ => call.owner()?,
    };
    // A network's first address is the one that its machines go out by.
    let first = match &served {
        Some(served) if served.kind == "network" && served.text("type") == "Isolated" => {
            !has_source_nat(call, served)? && super::networks::offers(call, served, "SourceNat")?
        }
        _ => false,
    };
    let address = give(call, &owner, &zone, served.as_ref(), first, "Allocating")?;
    Ok(born(&address))
}

pub fn has_source_nat(call: &Call, served: &Thing) -> Done<bool> {
    let addresses = store::children(call.db, "publicip", &served.uuid)?;
    Ok(addresses.iter().any(|address| address.is("issourcenat")))
}

fn disassociate(call: &mut Call) -> Done<Reply> {
    let address = call.own_thing("id", "publicip")?;
    if address.is("issourcenat") {
        return Err(Refusal::value(
            "ip address is used for source nat purposes and can not be disassociated.",
        ));
    }
    Ok(begun(&address))
}

/// Takes an address back, with what is on it.
pub fn release(call: &Call, address: &Thing) -> Done<()> {
    for kind in RULES {
        for rule in store::children(call.db, kind, &address.uuid)? {
            store::remove(call.db, &rule)?;
        }
    }
    Ok(store::remove(call.db, address)?)
}

/// The address that a rule is made on: given out, and not wholly one machine's.
pub fn for_rules(call: &Call, param: &str, static_too: bool) -> Done<Thing> {
    let address = call.own_thing(param, "publicip")?;
    if address.is("isstaticnat") && !static_too {
        return Err(Refusal::value(format!(
            "Unable to create rule for the IP address {}: it is enabled for static NAT",
            address.uuid
        )));
    }
    Ok(address)
}

/// The network that an address serves; in a VPC, the tier that the call names.
pub fn network_of(call: &Call, address: &Thing) -> Done<Thing> {
    if let Some(network) = call.thing("networkid", "network")? {
        call.may_use(&network)?;
        return Ok(network);
    }
    store::by_uuid(call.db, "network", address.text("associatednetworkid"))?.ok_or_else(|| {
        Refusal::value(format!(
            "Unable to create rule for the IP address {} as it is not associated with any network; give networkid",
            address.uuid
        ))
    })
}

fn enable_static_nat(call: &mut Call) -> Done<Reply> {
    let mut address = call.own_thing("ipaddressid", "publicip")?;
    let machine = call.own_thing("virtualmachineid", "machine")?;
    if address.is("issourcenat") {
        return Err(Refusal::value(
            "Can't enable static nat, ip address id is a sourceNat ip address",
        ));
    }
    if address.is("isstaticnat") && address.text("virtualmachineid") != machine.uuid {
        return Err(Refusal::new(
            537,
            4360,
            format!(
                "Failed to enable static nat for the ip address id={} as it's already assigned to another vm",
                address.uuid
            ),
        ));
    }
    let mut rules = 0;
    for kind in RULES {
        rules += store::children(call.db, kind, &address.uuid)?.len();
    }
    if rules > 0 {
        return Err(Refusal::new(
            537,
            4360,
            format!(
                "Failed to enable static nat for the ip address id={} as it already has rules assigned",
                address.uuid
            ),
        ));
    }
    let network = network_of(call, &address)?;
    let guest = super::nics::address_in(&machine, &network).ok_or_else(|| {
        Refusal::value(format!("VM doesn't belong to the network {}", network.uuid))
    })?;
    let guest = call.text("vmguestip").map_or(guest, String::from);
    let mut known = machine.clone();
    known.set("publicipid", address.uuid.as_str());
    known.set("publicip", address.name.as_str());
    store::update(call.db, &known)?;
    address.set("isstaticnat", true);
    address.set("virtualmachineid", machine.uuid.as_str());
    address.set("virtualmachinename", machine.name.as_str());
    address.set("virtualmachinedisplayname", machine.text("displayname"));
    address.set("vmipaddress", guest);
    address.set("associatednetworkid", network.uuid.as_str());
    address.set("associatednetworkname", network.name.as_str());
    store::update(call.db, &address)?;
    Ok(Reply::Success)
}

/// Takes static NAT off an address, with the rules that stand on it.
pub fn without_static_nat(call: &Call, mut address: Thing) -> Done<()> {
    for rule in store::children(call.db, "ipforwarding", &address.uuid)? {
        store::remove(call.db, &rule)?;
    }
    let machine = store::by_uuid(call.db, "machine", address.text("virtualmachineid"))?;
    if let Some(mut machine) = machine {
        machine.unset(&["publicipid", "publicip"]);
        store::update(call.db, &machine)?;
    }
    address.set("isstaticnat", false);
    address.unset(&[
        "virtualmachineid",
        "virtualmachinename",
        "virtualmachinedisplayname",
        "vmipaddress",
    ]);
    Ok(store::update(call.db, &address)?)
}

fn disable_static_nat(call: &mut Call) -> Done<Value> {
    let address = call.subject("publicip")?;
    if !address.is("isstaticnat") {
        return Err(Refusal::value(format!(
            "Specified IP address id {} is not static NAT enabled",
            address.uuid
        )));
    }
    without_static_nat(call, address)?;
    Ok(json!({"success": true}))
}
