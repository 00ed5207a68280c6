//! Access control groups, which are security groups that go with a VPC, and their rules.

use serde_json::{Value, json};

use super::ask::{Ask, Done, settling};
use super::given::{Given, missing, wrong};
use super::words::{Fault, OTHER, Reply, code};
use crate::store::{self, Thing};

/// A group whose rules are on their way.
const CHANGING: &str = "1007009";

/// The two ways of a rule: its code and name, the field that has such rules, and what adds and ends them.
pub struct Way {
    code: &'static str,
    name: &'static str,
    field: &'static str,
    adds: &'static str,
    ends: &'static str,
}

const IN: Way = Way {
    code: "INBND",
    name: "Inbound",
    field: "ingressrule",
    adds: "authorizeSecurityGroupIngress",
    ends: "revokeSecurityGroupIngress",
};
const OUT: Way = Way {
    code: "OTBND",
    name: "Outbound",
    field: "egressrule",
    adds: "authorizeSecurityGroupEgress",
    ends: "revokeSecurityGroupEgress",
};

/// The groups that go with a VPC.
pub fn of_vpc(ask: &Ask, vpc: &Thing) -> Done<Vec<Thing>> {
    let mut groups = Vec::new();
    for group in ask.own("securitygroup")? {
        if ask.noted(&group.uuid, "vpc")? == vpc.uuid {
            groups.push(group);
        }
    }
    Ok(groups)
}

fn view(ask: &Ask, group: &Thing) -> Done<Value> {
    let changing = ask.pending(&group.uuid)?.is_some();
    let (status, name) = if changing {
        ("SET", "setting")
    } else {
        ("RUN", "run")
    };
    let vpc = ask.noted(&group.uuid, "vpc")?;
    Ok(json!({
        "accessControlGroupNo": group.id.to_string(),
        "accessControlGroupName": group.name,
        "isDefault": ask.noted(&group.uuid, "default")? == true,
        "vpcNo": ask.number_of("vpc", vpc.as_str().unwrap_or_default())?,
        "accessControlGroupStatus": code(status, name),
        "accessControlGroupDescription": group.text("description"),
    }))
}

/// All groups that go with a VPC, as those do not that CloudStack gives every account.
pub fn list(ask: &mut Ask) -> Done<Reply> {
    let mut groups = Vec::new();
    for group in ask.own("securitygroup")? {
        if !ask.noted(&group.uuid, "vpc")?.is_null() {
            groups.push(group);
        }
    }
    ask.listed(&groups, |group| view(ask, group))
}

/// Makes a group of a VPC.
pub fn add(ask: &mut Ask, vpc: &Thing, name: &str, about: &str, default: bool) -> Done<Thing> {
    let answer = ask.call(
        "createSecurityGroup",
        &[("name", name), ("description", about)],
    )?;
    let uuid = answer["securitygroup"]["id"]
        .as_str()
        .unwrap_or_default()
        .to_string();
    ask.keep(&uuid, json!({"vpc": vpc.uuid, "default": default}))?;
    let made = ask.look(|db| store::by_uuid(db, "securitygroup", &uuid))?;
    made.ok_or_else(|| Fault::service(OTHER, "the group is gone"))
}

pub fn create(ask: &mut Ask) -> Done<Reply> {
    let vpc = ask.thing("vpcNo", "vpc")?;
    let name = match ask.given.text("accessControlGroupName") {
        Some(name) => name.to_string(),
        None => format!("acg{:.10}", uuid::Uuid::new_v4().simple().to_string()),
    };
    let about = ask
        .given
        .text("accessControlGroupDescription")
        .unwrap_or_default()
        .to_string();
    let group = add(ask, &vpc, &name, &about, false)?;
    ask.shown(&[group], |group| view(ask, group))
}

/// The group that a call names, which goes with the VPC that it names.
fn named(ask: &Ask) -> Done<Thing> {
    let group = ask.thing("accessControlGroupNo", "securitygroup")?;
    let vpc = ask.thing("vpcNo", "vpc")?;
    match ask.noted(&group.uuid, "vpc")? == vpc.uuid {
        true => Ok(group),
        false => Err(wrong("vpcNo", &vpc.id.to_string())),
    }
}

pub fn delete(ask: &mut Ask) -> Done<Reply> {
    let group = named(ask)?;
    if ask.noted(&group.uuid, "default")? == true {
        return Err(Fault::service(
            OTHER,
            "The default access control group stays",
        ));
    }
    let wanted = json!(group.uuid);
    let used = ask.own("interface")?.iter().any(|one| {
        let groups = one.body.get("groups").and_then(Value::as_array);
        groups.is_some_and(|groups| groups.contains(&wanted))
    });
    if used {
        return Err(Fault::service(
            OTHER,
            format!("The access control group {} is in use", group.id),
        ));
    }
    let shown = ask.shown(std::slice::from_ref(&group), |group| view(ask, group))?;
    ask.call("deleteSecurityGroup", &[("id", &group.uuid)])?;
    Ok(shown)
}

/// The code, name and number of a protocol.
pub fn protocol(text: &str) -> Value {
    let text = text.to_uppercase();
    let number = match text.as_str() {
        "TCP" => 6,
        "UDP" => 17,
        "ICMP" => 1,
        other => other.parse().unwrap_or(0),
    };
    json!({"code": text, "codeName": text.to_lowercase(), "number": number})
}

/// A range of ports as answers have it.
pub fn ports(rule: &Value) -> String {
    match (rule["startport"].as_i64(), rule["endport"].as_i64()) {
        (Some(first), Some(last)) if first == last => first.to_string(),
        (Some(first), Some(last)) => format!("{first}-{last}"),
        _ => String::new(),
    }
}

fn rule_view(ask: &Ask, group: &Thing, way: &Way, rule: &Value) -> Done<Value> {
    let id = rule["ruleid"].as_str().unwrap_or_default();
    let trusted = rule["securitygroupname"].as_str();
    let trusted = match trusted {
        Some(name) => ask
            .own("securitygroup")?
            .into_iter()
            .find(|group| group.name == name),
        None => None,
    };
    Ok(json!({
        "accessControlGroupNo": group.id.to_string(),
        "protocolType": protocol(rule["protocol"].as_str().unwrap_or_default()),
        "ipBlock": rule["cidr"],
        "portRange": ports(rule),
        "accessControlGroupSequence": trusted.map(|group| group.id.to_string()),
        "accessControlGroupRuleType": code(way.code, way.name),
        "accessControlGroupRuleDescription": ask.noted(&group.uuid, id)?,
    }))
}

fn rules<'a>(group: &'a Thing, way: &Way) -> &'a [Value] {
    let rules = group.body.get(way.field).and_then(Value::as_array);
    rules.map_or(&[], Vec::as_slice)
}

pub fn rule_list(ask: &mut Ask) -> Done<Reply> {
    let group = ask.thing("accessControlGroupNo", "securitygroup")?;
    let all: Vec<(&Way, &Value)> = [&IN, &OUT]
        .into_iter()
        .flat_map(|way| rules(&group, way).iter().map(move |rule| (way, rule)))
        .collect();
    ask.listed(&all, |(way, rule)| rule_view(ask, &group, way, rule))
}

/// What a rule lets through, as CloudStack's calls and rules have it.
struct Traffic {
    protocol: String,
    ports: Option<(String, String)>,
    block: Option<String>,
    trusted: Option<Thing>,
}

/// The first and the last of a range of ports.
pub fn port_range(text: &str) -> Done<(String, String)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let port = |text: &str| {
        let port: Result<u16, _> = text.trim().parse();
        port.map_err(|_| wrong("portRange", text))
    };
    let (first, last) = (port(first)?, port(last)?);
    match first <= last {
        true => Ok((first.to_string(), last.to_string())),
        false => Err(wrong("portRange", text)),
    }
}

impl Traffic {
    fn of(ask: &Ask, given: &Given) -> Done<Traffic> {
        let protocol = given.required("protocolTypeCode")?.to_uppercase();
        let number: Option<u8> = protocol.parse().ok();
        let known = ["TCP", "UDP", "ICMP"].contains(&protocol.as_str());
        if !known && number.is_none_or(|number| number == 0) {
            return Err(wrong("protocolTypeCode", &protocol));
        }
        let ports = match (protocol.as_str(), given.text("portRange")) {
            ("TCP" | "UDP", Some(range)) => Some(port_range(range)?),
            ("TCP" | "UDP", None) => return Err(missing("accessControlGroupRuleList.portRange")),
            _ => None,
        };
        let block = given.text("ipBlock").map(String::from);
        let trusted = match given.text("accessControlGroupSequence") {
            Some(number) => {
                Some(ask.numbered("securitygroup", "accessControlGroupSequence", number)?)
            }
            None => None,
        };
        if block.is_some() == trusted.is_some() {
            return Err(missing("accessControlGroupRuleList.ipBlock"));
        }
        Ok(Traffic {
            protocol,
            ports,
            block,
            trusted,
        })
    }

    fn is(&self, rule: &Value) -> bool {
        let same_protocol = rule["protocol"]
            .as_str()
            .is_some_and(|protocol| protocol.eq_ignore_ascii_case(&self.protocol));
        let range = match &self.ports {
            Some((first, last)) if first == last => first.clone(),
            Some((first, last)) => format!("{first}-{last}"),
            None => String::new(),
        };
        let same_origin = match (&self.block, &self.trusted) {
            (Some(block), _) => rule["cidr"] == **block,
            (None, Some(group)) => rule["securitygroupname"] == *group.name,
            (None, None) => false,
        };
        same_protocol && same_origin && (self.ports.is_none() || ports(rule) == range)
    }
}

/// Adds the rules of a call to its group, or takes them away.
fn change(ask: &mut Ask, way: &Way, adds: bool) -> Done<Reply> {
    let group = named(ask)?;
    if ask.pending(&group.uuid)?.is_some() {
        return Err(Fault::service(
            CHANGING,
            format!(
                "The access control group {} is being changed. Please try again.",
                group.id
            ),
        ));
    }
    let given = ask.given.records("accessControlGroupRuleList");
    if given.is_empty() {
        return Err(missing("accessControlGroupRuleList"));
    }
    let mut all = Vec::new();
    for one in &given {
        let traffic = Traffic::of(ask, one)?;
        let there = rules(&group, way).iter().find(|rule| traffic.is(rule));
        match (adds, there) {
            (true, Some(_)) => {
                return Err(Fault::parameter(format!(
                    "The rule is there already: {}",
                    traffic.protocol
                )));
            }
            (false, None) => return Err(wrong("accessControlGroupRuleList", &traffic.protocol)),
            (_, there) => all.push((
                traffic,
                there.cloned(),
                one.text("accessControlGroupRuleDescription"),
            )),
        }
    }
    let account = ask.caller.account.name.clone();
    let mut changed = Vec::new();
    for (traffic, there, about) in &all {
        if let Some(rule) = there {
            changed.push(rule_view(ask, &group, way, rule)?);
            let id = rule["ruleid"].as_str().unwrap_or_default().to_string();
            ask.call(way.ends, &[("id", &id)])?;
            continue;
        }
        let protocol = traffic.protocol.to_lowercase();
        let mut params = vec![
            ("securitygroupid", group.uuid.as_str()),
            ("protocol", &protocol),
        ];
        if let Some((first, last)) = &traffic.ports {
            params.extend([("startport", first.as_str()), ("endport", last)]);
        }
        if protocol == "icmp" {
            params.extend([("icmptype", "-1"), ("icmpcode", "-1")]);
        }
        if let Some(block) = &traffic.block {
            params.push(("cidrlist", block));
        }
        if let Some(trusted) = &traffic.trusted {
            params.extend([
                ("usersecuritygrouplist[0].account", account.as_str()),
                ("usersecuritygrouplist[0].group", &trusted.name),
            ]);
        }
        ask.call(way.adds, &params)?;
        let now = ask.look(|db| store::by_uuid(db, "securitygroup", &group.uuid))?;
        let Some(now) = now else { continue };
        let Some(rule) = rules(&now, way).iter().find(|rule| traffic.is(rule)) else {
            continue;
        };
        if let (Some(about), Some(id)) = (about, rule["ruleid"].as_str()) {
            ask.keep(&group.uuid, json!({ id: about }))?;
        }
        changed.push(rule_view(ask, &now, way, rule)?);
    }
    let total = changed.len();
    Ok(Reply::List(changed, total))
}

pub fn add_inbound(ask: &mut Ask) -> Done<Reply> {
    change(ask, &IN, true)
}

pub fn add_outbound(ask: &mut Ask) -> Done<Reply> {
    change(ask, &OUT, true)
}

pub fn remove_inbound(ask: &mut Ask) -> Done<Reply> {
    change(ask, &IN, false)
}

pub fn remove_outbound(ask: &mut Ask) -> Done<Reply> {
    change(ask, &OUT, false)
}

/// Whether something of a kind of the manner's own is on its way: a code and its name.
pub fn standing(thing: Option<&Thing>) -> Value {
    match thing.is_some_and(settling) {
        true => code("INIT", "init"),
        false => code("RUN", "run"),
    }
}
