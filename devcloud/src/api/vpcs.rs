//! VPCs: their offerings, their tiers' ACLs with rules, and restarting one.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::listing::{IN_PROJECT, Listing, OWNED, PAGED, view};
use super::things::{begun, born};
use super::{Call, Done, Reply, addresses, networks, routers, rules};
use crate::api::fields::SUCCESS;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    VPC: id string "its id", name string "its name", displaytext string "what it is", state string "its state",
        zoneid string "the zone it is in", zonename string "that zone's name", service list "the service",
        cidr string "its addresses", vpcofferingid string "the VPC's offering", created date "when it was made",
        account string "the account it belongs to", projectid string "the project it belongs to",
        project string "that project's name", domainid string "the domain it belongs to",
        domain string "that domain's name", network list "its networks",
        restartrequired boolean "whether it has to be restarted", networkdomain string "its DNS domain",
        tags list "its tags", fordisplay boolean "whether users see it",
        distributedvpcrouter boolean "whether each host has a router of it",
        regionlevelvpc boolean "whether it spans a region", redundantvpcrouter boolean "whether it has a second router";
}
fields! {
    VPCOFFERING: id string "its id", name string "its name", displaytext string "what it is",
        isdefault boolean "whether it is the default one", state string "its state", service list "the service",
        distributedvpcrouter boolean "whether each host has a router of it",
        supportsregionLevelvpc boolean "whether it spans a region";
}
fields! {
    ACLLIST: id string "its id", name string "its name", description string "what it is", vpcid string "the VPC",
        fordisplay boolean "whether users see it";
}
fields! {
    ACLRULE: id string "its id", protocol string "what it speaks", startport string "the first port",
        endport string "the last port", traffictype string "what it carries", state string "its state",
        cidrlist string "the networks that it is for, by commas",
        icmptype integer "the type of ICMP messages; -1 for all",
        icmpcode integer "the code of ICMP messages; -1 for all", tags list "its tags", aclid string "its ACL",
        number integer "its place among the rules", action string "allow or deny",
        fordisplay boolean "whether users see it";
}

apis! {
    Everyone "listVPCs" "Lists VPCs" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("vpc") "its id";
        opt "name" Text "its name";
        opt "displaytext" Text "what it is";
        opt "state" Text "its state";
        opt "cidr" Text "its addresses";
        opt "vpcofferingid" Id("vpcoffering") "the VPC's offering";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "restartrequired" Boolean "whether it has to be restarted";
        opt "fordisplay" Boolean "whether users see it";
        opt "tags" Map "its tags";
    } -> VPC list;

    Everyone "createVPC" "Creates a VPC" () {
        req "name" Text "its name";
        req "displaytext" Text "what it is";
        req "cidr" Text "its addresses";
        req "vpcofferingid" Id("vpcoffering") "the VPC's offering";
        req "zoneid" Id("zone") "the zone it is in";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
        opt "networkdomain" Text "its DNS domain";
        opt "start" Boolean "whether its router starts at once; true if left out";
        opt "fordisplay" Boolean "whether users see it";
    } -> VPC create,
        job "admin.vpc.CreateVPCCmdByAdmin" on "None" then |call| end(call);

    Everyone "updateVPC" "Changes a VPC's name or text" () {
        req "id" Id("vpc") "its id";
        opt "name" Text "its name";
        opt "displaytext" Text "what it is";
        opt "fordisplay" Boolean "whether users see it";
    } -> VPC |call| { let mut vpc = call.own_thing("id", "vpc")?; call.take_over(&mut vpc, &["name", "displaytext"], &["fordisplay"]); if let Some(name) = call.text("name") { vpc.set("name", name); } store::update(call.db, &vpc)?; Ok(begun(&vpc)) },
        job "admin.vpc.UpdateVPCCmdByAdmin" on "" then |call| end(call);

    Everyone "restartVPC" "Restarts a VPC's router" () {
        req "id" Id("vpc") "its id";
        opt "cleanup" Boolean "whether its routers are made anew";
        opt "makeredundant" Boolean "whether it gets a second router";
    } -> VPC |call| call.begin_on("id", "vpc"),
        job "user.vpc.RestartVPCCmd" on "" then |call| { let mut vpc = call.subject("vpc")?; vpc.set("restartrequired", false); store::update(call.db, &vpc)?; routers::restart(call, &vpc, call.boolean("cleanup").unwrap_or(false))?; end(call) };

    Everyone "deleteVPC" "Deletes a VPC that has no tiers" () {
        req "id" Id("vpc") "its id";
    } -> SUCCESS delete,
        job "user.vpc.DeleteVPCCmd" on "" then end_delete;

    Everyone "listVPCOfferings" "Lists VPC offerings" (PAGED) {
        opt "id" Id("vpcoffering") "its id";
        opt "name" Text "its name";
        opt "displaytext" Text "what it is";
        opt "isdefault" Boolean "whether only those count that came with the cloud";
        opt "state" Text "its state";
        opt "supportedservices" List "only those with these services, by commas";
    } -> VPCOFFERING list_offerings;

    Root "createVPCOffering" "Creates a VPC offering" () {
        req "name" Text "its name";
        req "displaytext" Text "what it is";
        req "supportedservices" List "its services, by commas";
        opt "serviceofferingid" Uuid "the service offering";
        opt "serviceproviderlist" Map "serviceproviderlist[0].service=… serviceproviderlist[0].provider=…";
        opt "servicecapabilitylist" Map "servicecapabilitylist[0].service=… and what it can";
    } -> VPCOFFERING create_offering,
        job "admin.vpc.CreateVPCOfferingCmd" on "None" then |call| call.end_shown("vpcoffering", "vpcoffering");

    Root "updateVPCOffering" "Changes a VPC offering's names or state" () {
        req "id" Id("vpcoffering") "its id";
        opt "name" Text "its name";
        opt "displaytext" Text "what it is";
        opt "state" Text "Enabled or Disabled";
    } -> VPCOFFERING update_offering,
        job "admin.vpc.UpdateVPCOfferingCmd" on "" then |call| call.end_shown("vpcoffering", "vpcoffering");

    Root "deleteVPCOffering" "Deletes a VPC offering that no VPC has" () {
        req "id" Id("vpcoffering") "its id";
    } -> SUCCESS delete_offering,
        job "admin.vpc.DeleteVPCOfferingCmd" on "" then |call| call.end_removed("vpcoffering");

    Everyone "listNetworkACLLists" "Lists the ACLs of VPCs" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("acllist") "its id";
        opt "name" Text "its name";
        opt "networkid" Id("network") "only the one of this tier";
        opt "vpcid" Id("vpc") "the VPC";
        opt "fordisplay" Boolean "whether users see it";
    } -> ACLLIST list_acls;

    Everyone "createNetworkACLList" "Creates an ACL for a VPC's tiers" () {
        req "name" Text "its name";
        req "vpcid" Id("vpc") "the VPC";
        opt "description" Text "what it is";
        opt "fordisplay" Boolean "whether users see it";
    } -> ACLLIST create_acl,
        job "user.network.CreateNetworkACLListCmd" on "None" then |call| call.end_shown("acllist", "networkacllist");

    Everyone "updateNetworkACLList" "Changes whether users see an ACL" () {
        req "id" Id("acllist") "its id";
        opt "fordisplay" Boolean "whether users see it";
    } -> SUCCESS |call| { let mut acl = own_acl(call, "id")?; call.take_over(&mut acl, &[], &["fordisplay"]); store::update(call.db, &acl)?; Ok(begun(&acl)) },
        job "user.network.UpdateNetworkACLListCmd" on "" then |_| Ok(json!({"success": true}));

    Everyone "deleteNetworkACLList" "Deletes an ACL that no tier has" () {
        req "id" Id("acllist") "its id";
    } -> SUCCESS delete_acl,
        job "user.network.DeleteNetworkACLListCmd" on "" then end_delete_acl;

    Everyone "replaceNetworkACLList" "Gives a tier or a private gateway another ACL" () {
        req "aclid" Id("acllist") "its ACL";
        opt "networkid" Id("network") "the tier";
        opt "gatewayid" Id("privategateway") "the private gateway";
    } -> SUCCESS |call| { let (target, _) = replaced(call)?; Ok(begun(&target)) },
        job "user.network.ReplaceNetworkACLListCmd" on "" then |call| { let (mut target, acl) = replaced(call)?; target.set("aclid", acl.uuid); store::update(call.db, &target)?; Ok(json!({"success": true})) };

    Everyone "listNetworkACLs" "Lists the rules of ACLs" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("aclrule") "its id";
        opt "aclid" Id("acllist") "its ACL";
        opt "networkid" Id("network") "only those of this tier's ACL";
        opt "action" Text "allow or deny";
        opt "protocol" Text "tcp, udp, icmp or all";
        opt "traffictype" Text "Ingress or Egress";
        opt "tags" Map "its tags";
        opt "fordisplay" Boolean "whether users see it";
    } -> ACLRULE list_rules;

    Everyone "createNetworkACL" "Adds a rule to an ACL" () {
        req "protocol" Text "tcp, udp, icmp or all";
        opt "aclid" Id("acllist") "its ACL";
        opt "networkid" Id("network") "in place of aclid: the tier that has it";
        opt "action" Text "allow or deny";
        opt "cidrlist" List "the networks that it is for, by commas";
        opt "startport" Integer "the first port";
        opt "endport" Integer "the last port";
        opt "icmptype" Integer "the type of ICMP messages; -1 for all";
        opt "icmpcode" Integer "the code of ICMP messages; -1 for all";
        opt "number" Integer "its place among the rules";
        opt "traffictype" Text "Ingress or Egress";
        opt "fordisplay" Boolean "whether users see it";
    } -> ACLRULE create_rule,
        job "user.network.CreateNetworkACLCmd" on "None" then |call| call.end_in("aclrule", "networkacl", "Active");

    Everyone "updateNetworkACLItem" "Changes a rule of an ACL" () {
        req "id" Id("aclrule") "its id";
        opt "protocol" Text "tcp, udp, icmp or all";
        opt "action" Text "allow or deny";
        opt "cidrlist" List "the networks that it is for, by commas";
        opt "startport" Integer "the first port";
        opt "endport" Integer "the last port";
        opt "icmptype" Integer "the type of ICMP messages; -1 for all";
        opt "icmpcode" Integer "the code of ICMP messages; -1 for all";
        opt "number" Integer "its place among the rules";
        opt "traffictype" Text "Ingress or Egress";
        opt "fordisplay" Boolean "whether users see it";
    } -> ACLRULE update_rule,
        job "user.network.UpdateNetworkACLItemCmd" on "" then |call| call.end_shown("aclrule", "networkacl");

    Everyone "deleteNetworkACL" "Deletes a rule of an ACL" () {
        req "id" Id("aclrule") "its id";
    } -> SUCCESS |call| Ok(begun(&own_rule(call)?)),
        job "user.network.DeleteNetworkACLCmd" on "" then |call| call.end_removed("aclrule");
}

fn parsed(cidr: &str) -> Option<(u32, u32)> {
    let (address, bits) = cidr.split_once('/')?;
    let address = u32::from(address.parse::<Ipv4Addr>().ok()?);
    let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32)?;
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    Some((address & mask, mask))
}

fn within(inner: &str, outer: &str) -> bool {
    let (Some((inner, mask)), Some((outer, wider))) = (parsed(inner), parsed(outer)) else {
        return false;
    };
    wider.leading_ones() <= mask.leading_ones() && inner & wider == outer
}

/// Refuses addresses for a tier that are not the VPC's, or another tier's.
pub fn fits(call: &Call, vpc: &Thing, cidr: &str) -> Done<()> {
    if !within(cidr, vpc.text("cidr")) {
        return Err(Refusal::value(format!(
            "Network cidr {cidr} is not within vpc [VPC [{}-{}] cidr range",
            vpc.number, vpc.name
        )));
    }
    for tier in tiers(call, vpc)? {
        let other = tier.text("cidr");
        if within(cidr, other) || within(other, cidr) {
            return Err(Refusal::value(format!(
                "Network cidr {cidr} crosses other network cidr {other} belonging to the same vpc {}",
                vpc.uuid
            )));
        }
    }
    Ok(())
}

fn tiers(call: &Call, vpc: &Thing) -> Done<Vec<Thing>> {
    let networks = store::mentioning(call.db, "network", &vpc.uuid)?;
    Ok(networks
        .into_iter()
        .filter(|network| network.text("vpcid") == vpc.uuid)
        .collect())
}

/// The id of the ACL that a new tier gets: the one that was asked for, or the one that denies all.
pub fn acl_of_tier(call: &Call, vpc: Option<&Thing>) -> Done<Option<String>> {
    if vpc.is_none() {
        return Ok(None);
    }
    if let Some(acl) = call.thing("aclid", "acllist")? {
        call.may_use(&acl)?;
        return Ok(Some(acl.uuid));
    }
    let acls = store::named(call.db, "acllist", "default_deny")?;
    Ok(acls.into_iter().next().map(|acl| acl.uuid))
}

/// A VPC as answers show it, with its tiers.
fn shown(call: &Call, vpc: &Thing) -> Done<Value> {
    let mut shown = view(call.db, vpc)?;
    let tiers = tiers(call, vpc)?;
    shown["network"] = tiers
        .iter()
        .map(|tier| view(call.db, tier))
        .collect::<Done<_>>()?;
    Ok(shown)
}

fn end(call: &mut Call) -> Done<Value> {
    let vpc = call.subject("vpc")?;
    Ok(super::in_job("vpc", shown(call, &vpc)?))
}

fn list(call: &mut Call) -> Done<Reply> {
    let reply = call.list(&Listing {
        kind: "vpc",
        name: "vpc",
        filters: &[
            ("displaytext", "displaytext"),
            ("state", "state"),
            ("cidr", "cidr"),
            ("vpcofferingid", "vpcofferingid"),
            ("zoneid", "zoneid"),
            ("restartrequired", "restartrequired"),
            ("fordisplay", "fordisplay"),
        ],
    })?;
    let Reply::List(name, rows, count) = reply else {
        return Ok(reply);
    };
    let rows = rows
        .iter()
        .map(|row| {
            let vpc = store::by_uuid(call.db, "vpc", row["id"].as_str().unwrap_or_default())?;
            vpc.map_or_else(|| Ok(row.clone()), |vpc| shown(call, &vpc))
        })
        .collect::<Done<_>>()?;
    Ok(Reply::List(name, rows, count))
}

fn create(call: &mut Call) -> Done<Reply> {
    let owner = call.owner()?;
    let zone = call.required_thing("zoneid", "zone")?;
    let offering = call.required_thing("vpcofferingid", "vpcoffering")?;
    if offering.state != "Enabled" {
        return Err(Refusal::value(
            "Unable to create vpc as the offering is not enabled",
        ));
    }
    let cidr = call.required("cidr")?;
    if parsed(cidr).is_none() {
        return Err(Refusal::value(format!("Invalid CIDR specified {cidr}")));
    }
    let name = call.required("name")?;
    let domain = format!("cs{:x}cloud.internal", owner.number);
    let before = json!({"displaytext": call.required("displaytext")?, "state": "Enabled", "zoneid": zone.uuid,
        "zonename": zone.name, "cidr": cidr, "vpcofferingid": offering.uuid,
        "networkdomain": call.text("networkdomain").unwrap_or(&domain), "restartrequired": false});
    let after = json!({"network": [], "service": offering.body.get("service"), "tags": [],
        "fordisplay": call.boolean("fordisplay").unwrap_or(true), "distributedvpcrouter": false,
        "regionlevelvpc": false, "redundantvpcrouter": false});
    let vpc = call.make(
        &owner,
        ("vpc", name, "Enabled", &zone.uuid),
        owner.body(before, after),
    )?;
    addresses::give(call, &owner, &zone, Some(&vpc), true, "Allocated")?;
    if call.boolean("start").unwrap_or(true) {
        routers::for_vpc(call, &owner, &zone, &vpc)?;
    }
    Ok(born(&vpc))
}

fn delete(call: &mut Call) -> Done<Reply> {
    let vpc = call.own_thing("id", "vpc")?;
    unused(call, &vpc)?;
    Ok(begun(&vpc))
}

fn unused(call: &Call, vpc: &Thing) -> Done<()> {
    let tiers = tiers(call, vpc)?.len();
    if tiers > 0 {
        return Err(Refusal::new(
            530,
            4250,
            format!(
                "Can't delete VPC [VPC [{}-{}] as its used by {tiers} networks",
                vpc.number, vpc.name
            ),
        ));
    }
    Ok(())
}

fn end_delete(call: &mut Call) -> Done<Value> {
    let vpc = call.subject("vpc")?;
    unused(call, &vpc)?;
    for acl in store::children(call.db, "acllist", &vpc.uuid)? {
        for rule in store::children(call.db, "aclrule", &acl.uuid)? {
            store::remove(call.db, &rule)?;
        }
        store::remove(call.db, &acl)?;
    }
    for gateway in store::children(call.db, "privategateway", &vpc.uuid)? {
        for route in store::children(call.db, "staticroute", &gateway.uuid)? {
            store::remove(call.db, &route)?;
        }
        store::remove(call.db, &gateway)?;
    }
    for address in store::children(call.db, "publicip", &vpc.uuid)? {
        addresses::release(call, &address)?;
    }
    for kind in ["router", "vpngateway"] {
        for thing in store::children(call.db, kind, &vpc.uuid)? {
            store::remove(call.db, &thing)?;
        }
    }
    call.end_removed("vpc")
}

fn list_offerings(call: &mut Call) -> Done<Reply> {
    let wanted = call.listed("supportedservices");
    let listing = Listing {
        kind: "vpcoffering",
        name: "vpcoffering",
        filters: &[
            ("displaytext", "displaytext"),
            ("isdefault", "isdefault"),
            ("state", "state"),
        ],
    };
    call.list_where(&listing, |offering| {
        let names = networks::services(offering);
        wanted.iter().all(|wanted| names.contains(wanted))
    })
}

fn create_offering(call: &mut Call) -> Done<Reply> {
    let provider = json!([{"name": "VpcVirtualRouter"}]);
    let services: Vec<Value> = call
        .listed("supportedservices")
        .iter()
        .map(|name| json!({"name": name, "provider": provider}))
        .collect();
    let name = call.required("name")?;
    let body = json!({"displaytext": call.required("displaytext")?, "isdefault": false, "state": "Disabled", "service": services, "distributedvpcrouter": false,
        "supportsregionLevelvpc": false});
    let offering = call.make_common(("vpcoffering", name, "Disabled", ""), body)?;
    Ok(born(&offering))
}

fn update_offering(call: &mut Call) -> Done<Reply> {
    let mut offering = call.required_thing("id", "vpcoffering")?;
    call.take_over(&mut offering, &["name", "displaytext"], &[]);
    if let Some(state) = call.text("state") {
        if !matches!(state, "Enabled" | "Disabled") {
            return Err(Refusal::value(format!("Invalid state: {state}")));
        }
        offering.state = state.into();
    }
    store::update(call.db, &offering)?;
    Ok(begun(&offering))
}

fn delete_offering(call: &mut Call) -> Done<Reply> {
    let offering = call.required_thing("id", "vpcoffering")?;
    if offering.is("isdefault") {
        return Err(Refusal::value("Default network offering can't be deleted"));
    }
    let used = store::mentioning(call.db, "vpc", &offering.uuid)?.len();
    if used > 0 {
        return Err(Refusal::value(format!(
            "Can't delete vpc offering {} as its used by {used} vpcs. To make the network offering unavaiable, disable it",
            offering.uuid
        )));
    }
    Ok(begun(&offering))
}

/// An ACL that the caller may change: one of their VPCs'.
fn own_acl(call: &Call, param: &str) -> Done<Thing> {
    let acl = call.required_thing(param, "acllist")?;
    if acl.parent.is_empty() {
        return Err(Refusal::value(format!(
            "Default ACL {} cannot be changed or removed",
            acl.name
        )));
    }
    call.may_use(&acl)?;
    Ok(acl)
}

/// A rule of such an ACL.
fn own_rule(call: &Call) -> Done<Thing> {
    let rule = call.own_thing("id", "aclrule")?;
    let of_cloud =
        store::by_uuid(call.db, "acllist", &rule.parent)?.is_none_or(|acl| acl.parent.is_empty());
    if of_cloud {
        return Err(Refusal::value(
            "The rules of default ACLs cannot be changed or removed",
        ));
    }
    Ok(rule)
}

fn list_acls(call: &mut Call) -> Done<Reply> {
    let tier = call.thing("networkid", "network")?;
    let listing = Listing {
        kind: "acllist",
        name: "networkacllist",
        filters: &[("fordisplay", "fordisplay")],
    };
    let vpc = call.thing("vpcid", "vpc")?;
    call.list_where(&listing, |acl| {
        tier.as_ref()
            .is_none_or(|tier| tier.text("aclid") == acl.uuid)
            && vpc
                .as_ref()
                .is_none_or(|vpc| acl.parent.is_empty() || acl.parent == vpc.uuid)
    })
}

fn create_acl(call: &mut Call) -> Done<Reply> {
    let vpc = call.own_thing("vpcid", "vpc")?;
    let owner = call.owner_like(&vpc)?;
    let name = call.required("name")?;
    let body = json!({"description": call.text("description"), "vpcid": vpc.uuid,
        "fordisplay": call.boolean("fordisplay").unwrap_or(true)});
    let acl = call.make(&owner, ("acllist", name, "", &vpc.uuid), body)?;
    Ok(born(&acl))
}

fn delete_acl(call: &mut Call) -> Done<Reply> {
    let acl = own_acl(call, "id")?;
    if !store::mentioning(call.db, "network", &acl.uuid)?.is_empty() {
        return Err(Refusal::new(
            530,
            4250,
            "ACL is still associated with networks",
        ));
    }
    Ok(begun(&acl))
}

fn end_delete_acl(call: &mut Call) -> Done<Value> {
    let acl = call.subject("acllist")?;
    for rule in store::children(call.db, "aclrule", &acl.uuid)? {
        store::remove(call.db, &rule)?;
    }
    call.end_removed("acllist")
}

/// What gets another ACL, and that ACL.
fn replaced(call: &Call) -> Done<(Thing, Thing)> {
    let acl = call.required_thing("aclid", "acllist")?;
    call.may_use(&acl)?;
    let target = match (call.text("networkid"), call.text("gatewayid")) {
        (Some(_), None) => call.own_thing("networkid", "network")?,
        (None, Some(_)) => call.own_thing("gatewayid", "privategateway")?,
        _ => {
            return Err(Refusal::value(
                "Please specify either networkId or gatewayId, and not both",
            ));
        }
    };
    let vpc = target.text("vpcid");
    if vpc.is_empty() {
        return Err(Refusal::value(
            "Network ACL can be created just for networks of type VPC",
        ));
    }
    if !acl.parent.is_empty() && acl.parent != vpc {
        return Err(Refusal::value(format!(
            "ACL {} does not belong to the VPC of {}",
            acl.uuid, target.uuid
        )));
    }
    Ok((target, acl))
}

fn list_rules(call: &mut Call) -> Done<Reply> {
    let tier = call.thing("networkid", "network")?;
    let listing = Listing {
        kind: "aclrule",
        name: "networkacl",
        filters: &[
            ("aclid", "aclid"),
            ("action", "action"),
            ("protocol", "protocol"),
            ("traffictype", "traffictype"),
            ("fordisplay", "fordisplay"),
        ],
    };
    call.list_where(&listing, |rule| {
        tier.as_ref()
            .is_none_or(|tier| tier.text("aclid") == rule.parent)
    })
}

/// The ACL that a new rule joins: the one named, or a tier's own.
fn acl_for_rule(call: &Call) -> Done<Thing> {
    if call.text("aclid").is_some() {
        return own_acl(call, "aclid");
    }
    if call.text("networkid").is_none() {
        return Err(Refusal::value(
            "Cannot create Network ACL Item. ACL Id or network Id is required",
        ));
    }
    let mut tier = call.own_thing("networkid", "network")?;
    let vpc = store::by_uuid(call.db, "vpc", tier.text("vpcid"))?.ok_or_else(|| {
        Refusal::value("Network ACL can be created just for networks of type VPC")
    })?;
    let acl = store::by_uuid(call.db, "acllist", tier.text("aclid"))?;
    if let Some(acl) = acl.filter(|acl| !acl.parent.is_empty()) {
        return Ok(acl);
    }
    // A tier with one of the cloud's own ACLs gets an ACL of its own.
    let owner = call.owner_like(&vpc)?;
    let name = format!("VPC_{}_Tier_{}_ACL", vpc.name, tier.name);
    let body = json!({"description": name, "vpcid": vpc.uuid, "fordisplay": true});
    let acl = call.make(&owner, ("acllist", &name, "", &vpc.uuid), body)?;
    tier.set("aclid", acl.uuid.as_str());
    store::update(call.db, &tier)?;
    Ok(acl)
}

/// The number of a rule, which no other of its ACL has.
fn number(call: &Call, acl: &str, own: Option<&str>) -> Done<Option<i64>> {
    let Some(number) = call.number("number") else {
        return Ok(None);
    };
    let rules = store::children(call.db, "aclrule", acl)?;
    let twin = rules
        .iter()
        .any(|rule| rule.whole("number") == number && Some(rule.uuid.as_str()) != own);
    if twin {
        return Err(Refusal::value(format!(
            "ACL item with number {number} already exists in ACL: {acl}"
        )));
    }
    if number < 1 {
        return Err(Refusal::value("Invalid number. Number cannot be < 1"));
    }
    Ok(Some(number))
}

fn one_of<'a>(call: &'a Call, param: &str, known: &[&'a str]) -> Done<Option<&'a str>> {
    let Some(given) = call.text(param) else {
        return Ok(None);
    };
    let found = known.iter().find(|known| known.eq_ignore_ascii_case(given));
    found.map(|found| Some(*found)).ok_or_else(|| {
        Refusal::value(format!(
            "Invalid {param}: {given}. It is {}",
            known.join(" or ")
        ))
    })
}

fn create_rule(call: &mut Call) -> Done<Reply> {
    let acl = acl_for_rule(call)?;
    let mut body = rules::traffic(call)?;
    // Ports are texts here, and numbers in firewalls.
    for field in ["startport", "endport"] {
        if let Some(port) = body[field].as_i64() {
            body[field] = json!(port.to_string());
        }
    }
    let rules = store::children(call.db, "aclrule", &acl.uuid)?;
    let last = rules
        .iter()
        .map(|rule| rule.whole("number"))
        .max()
        .unwrap_or(0);
    let number = number(call, &acl.uuid, None)?.unwrap_or(last + 1);
    let more = json!({"traffictype": one_of(call, "traffictype", &["Ingress", "Egress"])?.unwrap_or("Ingress"),
        "state": "Staged", "cidrlist": call.text("cidrlist").unwrap_or("0.0.0.0/0"), "tags": [], "aclid": acl.uuid,
        "number": number, "action": one_of(call, "action", &["Allow", "Deny"])?.unwrap_or("Allow"),
        "fordisplay": call.boolean("fordisplay").unwrap_or(true)});
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    let owner = call.owner_like(&acl)?;
    let rule = call.make(&owner, ("aclrule", "", "Staged", &acl.uuid), body)?;
    Ok(born(&rule))
}

fn update_rule(call: &mut Call) -> Done<Reply> {
    let mut rule = own_rule(call)?;
    if let Some(number) = number(call, &rule.parent, Some(&rule.uuid))? {
        rule.set("number", number);
    }
    for cidr in call.listed("cidrlist") {
        rules::valid_cidr(cidr)?;
    }
    if let Some(action) = one_of(call, "action", &["Allow", "Deny"])? {
        rule.set("action", action);
    }
    if let Some(way) = one_of(call, "traffictype", &["Ingress", "Egress"])? {
        rule.set("traffictype", way);
    }
    call.take_over(&mut rule, &["cidrlist", "protocol"], &["fordisplay"]);
    for field in ["startport", "endport"] {
        if let Some(value) = call.number(field) {
            rule.set(field, value.to_string());
        }
    }
    for field in ["icmptype", "icmpcode"] {
        if let Some(value) = call.number(field) {
            rule.set(field, value);
        }
    }
    store::update(call.db, &rule)?;
    Ok(begun(&rule))
}
