//! VPCs and their subnets, which are tiers.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::ask::{Ask, Done, REGION, date};
use super::given::wrong;
use super::groups::{self, standing};
use super::words::{Fault, OTHER, Reply, code};
use super::{acls, routes};
use crate::store::{self, Thing};

/// The networks that a VPC may be part of.
const PRIVATE: [(&str, u32); 3] = [("10.0.0.0", 8), ("172.16.0.0", 12), ("192.168.0.0", 16)];

fn view(ask: &Ask, vpc: &Thing) -> Done<Value> {
    let status = match ask.pending(&vpc.uuid)?.map(|pending| pending.api.as_str()) {
        Some("createVPC") => code("CREATING", "creating"),
        Some("deleteVPC") => code("TERMTING", "terminating"),
        _ => code("RUN", "run"),
    };
    Ok(json!({
        "vpcNo": vpc.id.to_string(),
        "vpcName": vpc.name,
        "ipv4CidrBlock": vpc.text("cidr"),
        "vpcStatus": status,
        "regionCode": REGION,
        "createDate": ask.note(&vpc.uuid)?.map(|note| date(note.text("created"))),
    }))
}

pub fn list(ask: &mut Ask) -> Done<Reply> {
    let vpcs = ask.own("vpc")?;
    ask.listed(&vpcs, |vpc| view(ask, vpc))
}

/// A block's first address and how many bits of it are the network's.
fn block(text: &str) -> Option<(u32, u32)> {
    let (address, bits) = text.split_once('/')?;
    let address = u32::from(address.parse::<Ipv4Addr>().ok()?);
    let bits: u32 = bits.parse().ok().filter(|bits| (16..=28).contains(bits))?;
    let host = u32::MAX.checked_shr(bits).unwrap_or(0);
    (address & host == 0).then_some((address, bits))
}

fn is_private(text: &str) -> bool {
    let Some((address, bits)) = block(text) else {
        return false;
    };
    PRIVATE.iter().any(|(first, wide)| {
        let first = first.parse::<Ipv4Addr>().map_or(0, u32::from);
        let mask = u32::MAX.checked_shl(32 - wide).unwrap_or(0);
        bits >= *wide && address & mask == first
    })
}

pub fn create(ask: &mut Ask) -> Done<Reply> {
    let cidr = ask.given.required("ipv4CidrBlock")?.to_string();
    if !is_private(&cidr) {
        return Err(wrong("ipv4CidrBlock", &cidr));
    }
    let name = match ask.given.text("vpcName") {
        Some(name) => name.to_string(),
        None => format!("vpc{:.10}", uuid::Uuid::new_v4().simple().to_string()),
    };
    if ask.own("vpc")?.iter().any(|vpc| vpc.name == name) {
        return Err(Fault::parameter(format!("The VPC name {name} is in use")));
    }
    let offering = ask.look(|db| store::of_kind(db, "vpcoffering"))?;
    let offering = offering
        .into_iter()
        .find(|offering| offering.state == "Enabled");
    let offering =
        offering.ok_or_else(|| Fault::service(OTHER, "there is no offering for VPCs"))?;
    let zone = ask.zone("zoneCode")?;
    let params = [
        ("name", name.as_str()),
        ("displaytext", &name),
        ("cidr", &cidr),
        ("vpcofferingid", &offering.uuid),
        ("zoneid", &zone.uuid),
    ];
    let answer = ask.call("createVPC", &params)?;
    let uuid = answer["id"].as_str().unwrap_or_default().to_string();
    let vpc = ask.look(|db| store::by_uuid(db, "vpc", &uuid))?;
    let vpc = vpc.ok_or_else(|| Fault::service(OTHER, "the VPC is gone"))?;
    ask.keep(&uuid, json!({}))?;
    // What every VPC has from the beginning.
    groups::add(
        ask,
        &vpc,
        &format!("{name}-default-acg"),
        &format!("VPC [{name}] default ACG"),
        true,
    )?;
    acls::add(ask, &vpc, &format!("{name}-default-network-acl"), "", true)?;
    routes::add_defaults(ask, &vpc)?;
    ask.shown(&[vpc], |vpc| view(ask, vpc))
}

/// Deletes a VPC with what it had from the beginning, where nothing else of it is left.
pub fn delete(ask: &mut Ask) -> Done<Reply> {
    let vpc = ask.thing("vpcNo", "vpc")?;
    let in_use = |what: &str| Fault::service(OTHER, format!("The VPC {} has {what}", vpc.id));
    if !subnets_of(ask, &vpc)?.is_empty() {
        return Err(in_use("subnets"));
    }
    let groups = groups::of_vpc(ask, &vpc)?;
    for group in &groups {
        if ask.noted(&group.uuid, "default")? != true {
            return Err(in_use("access control groups"));
        }
    }
    if !ask
        .look(|db| store::children(db, "natgateway", &vpc.uuid))?
        .is_empty()
    {
        return Err(in_use("NAT gateways"));
    }
    ask.call("deleteVPC", &[("id", &vpc.uuid)])?;
    for group in &groups {
        ask.call("deleteSecurityGroup", &[("id", &group.uuid)])?;
    }
    for table in ask.look(|db| store::children(db, "routetable", &vpc.uuid))? {
        ask.remove(&table)?;
    }
    ask.shown(&[vpc], |vpc| view(ask, vpc))
}

/// The subnets of a VPC.
pub fn subnets_of(ask: &Ask, vpc: &Thing) -> Done<Vec<Thing>> {
    let networks = ask.own("network")?.into_iter();
    Ok(networks
        .filter(|network| network.text("vpcid") == vpc.uuid)
        .collect())
}

pub fn subnet_view(ask: &Ask, subnet: &Thing) -> Done<Value> {
    let kind = ask.noted(&subnet.uuid, "kind")?;
    let kind = kind.as_str().unwrap_or("PRIVATE");
    let usage = ask.noted(&subnet.uuid, "usage")?;
    let usage = usage.as_str().unwrap_or("GEN");
    Ok(json!({
        "subnetNo": subnet.id.to_string(),
        "vpcNo": ask.number_of("vpc", subnet.text("vpcid"))?,
        "zoneCode": ask.zone_of(subnet)?,
        "subnetName": subnet.name,
        "subnet": subnet.text("cidr"),
        "subnetStatus": standing(ask.note(&subnet.uuid)?),
        "createDate": ask.note(&subnet.uuid)?.map(|note| date(note.text("created"))),
        "subnetType": code(kind, if kind == "PUBLIC" { "Public" } else { "Private" }),
        "usageType": code(usage, if usage == "GEN" { "General" } else { usage }),
        "networkAclNo": ask.number_of("acllist", subnet.text("aclid"))?,
    }))
}

pub fn subnets(ask: &mut Ask) -> Done<Reply> {
    let mut subnets = ask.own("network")?;
    subnets.retain(|network| !network.text("vpcid").is_empty());
    ask.listed(&subnets, |subnet| subnet_view(ask, subnet))
}

pub fn create_subnet(ask: &mut Ask) -> Done<Reply> {
    let vpc = ask.thing("vpcNo", "vpc")?;
    let acl = ask.thing("networkAclNo", "acllist")?;
    if acl.parent != vpc.uuid {
        return Err(wrong("networkAclNo", &acl.id.to_string()));
    }
    let zone = ask.zone("zoneCode")?;
    let cidr = ask.given.required("subnet")?.to_string();
    let (first, bits) = block(&cidr).ok_or_else(|| wrong("subnet", &cidr))?;
    let kind = ask.given.required("subnetTypeCode")?.to_string();
    if !["PUBLIC", "PRIVATE"].contains(&kind.as_str()) {
        return Err(wrong("subnetTypeCode", &kind));
    }
    let usage = ask.given.text("usageTypeCode").unwrap_or("GEN").to_string();
    if !["GEN", "LOADB", "BM", "NATGW"].contains(&usage.as_str()) {
        return Err(wrong("usageTypeCode", &usage));
    }
    let name = match ask.given.text("subnetName") {
        Some(name) => name.to_string(),
        None => format!("subnet{:.10}", uuid::Uuid::new_v4().simple().to_string()),
    };
    let offering = ask.look(|db| store::of_kind(db, "networkoffering"))?;
    let offering = offering
        .into_iter()
        .find(|offering| offering.is("forvpc") && offering.state == "Enabled");
    let offering =
        offering.ok_or_else(|| Fault::service(OTHER, "there is no offering for subnets"))?;
    let gateway = Ipv4Addr::from(first + 1).to_string();
    let mask = Ipv4Addr::from(u32::MAX.checked_shl(32 - bits).unwrap_or(0)).to_string();
    let params = [
        ("name", name.as_str()),
        ("displaytext", &name),
        ("networkofferingid", &offering.uuid),
        ("zoneid", &zone.uuid),
        ("vpcid", &vpc.uuid),
        ("aclid", &acl.uuid),
        ("gateway", &gateway),
        ("netmask", &mask),
    ];
    let answer = ask.call("createNetwork", &params)?;
    let uuid = answer["network"]["id"]
        .as_str()
        .unwrap_or_default()
        .to_string();
    ask.keep(&uuid, json!({"kind": kind, "usage": usage}))?;
    let subnet = ask.look(|db| store::by_uuid(db, "network", &uuid))?;
    let subnet = subnet.ok_or_else(|| Fault::service(OTHER, "the subnet is gone"))?;
    routes::join_default(ask, &vpc, &subnet, kind == "PUBLIC")?;
    ask.shown(&[subnet], |subnet| subnet_view(ask, subnet))
}

/// The subnet that a parameter names.
pub fn subnet(ask: &Ask, name: &str) -> Done<Thing> {
    let subnet = ask.thing(name, "network")?;
    match subnet.text("vpcid").is_empty() {
        false => Ok(subnet),
        true => Err(wrong(name, &subnet.id.to_string())),
    }
}

pub fn delete_subnet(ask: &mut Ask) -> Done<Reply> {
    let subnet = subnet(ask, "subnetNo")?;
    let waiting = ask.own("interface")?;
    let waiting = waiting
        .iter()
        .any(|one| one.text("subnet") == subnet.uuid && !one.body.contains_key("nic"));
    if waiting {
        return Err(Fault::service(
            OTHER,
            format!("The subnet {} has network interfaces", subnet.id),
        ));
    }
    ask.call("deleteNetwork", &[("id", &subnet.uuid)])?;
    routes::leave_all(ask, &subnet)?;
    ask.shown(&[subnet], |subnet| subnet_view(ask, subnet))
}

/// Gives a subnet another network ACL.
pub fn set_acl(ask: &mut Ask) -> Done<Reply> {
    let acl = ask.thing("networkAclNo", "acllist")?;
    let subnet = subnet(ask, "subnetNo")?;
    let params = [("aclid", acl.uuid.as_str()), ("networkid", &subnet.uuid)];
    ask.call("replaceNetworkACLList", &params)?;
    acls::show(ask, &acl)
}
