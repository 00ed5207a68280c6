//! Network ACLs and their rules. A rule's priority is told apart by its way; CloudStack numbers the rules of both ways
//! together, so those that lead out come after all that lead in.

use serde_json::{Value, json};

use super::ask::{Ask, Done, date};
use super::given::{Given, missing, wrong};
use super::groups::{port_range, ports, protocol};
use super::words::{Fault, OTHER, Reply, code};
use crate::store::{self, Thing};

/// An ACL whose rules are on their way.
const CHANGING: &str = "1012005";
/// The last priority, and where the numbers of rules begin that lead out.
const LAST: i64 = 199;
const OUTWARDS: i64 = 1000;

fn view(ask: &Ask, acl: &Thing) -> Done<Value> {
    let status = match changing(ask, acl)? {
        true => code("SET", "setting"),
        false => code("RUN", "run"),
    };
    Ok(json!({
        "networkAclNo": acl.id.to_string(),
        "networkAclName": acl.name,
        "vpcNo": ask.number_of("vpc", &acl.parent)?,
        "networkAclStatus": status,
        "networkAclDescription": ask.noted(&acl.uuid, "description")?,
        "createDate": ask.note(&acl.uuid)?.map(|note| date(note.text("created"))),
        "isDefault": ask.noted(&acl.uuid, "default")? == true,
    }))
}

fn rules(ask: &Ask, acl: &Thing) -> Done<Vec<Thing>> {
    ask.look(|db| store::children(db, "aclrule", &acl.uuid))
}

/// Whether something goes on with an ACL or one of its rules.
fn changing(ask: &Ask, acl: &Thing) -> Done<bool> {
    for thing in rules(ask, acl)?.iter().chain([acl]) {
        if ask.pending(&thing.uuid)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

pub fn list(ask: &mut Ask) -> Done<Reply> {
    let acls = ask.own("acllist")?;
    ask.listed(&acls, |acl| view(ask, acl))
}

pub fn show(ask: &Ask, acl: &Thing) -> Done<Reply> {
    ask.shown(std::slice::from_ref(acl), |acl| view(ask, acl))
}

/// Makes an ACL of a VPC.
pub fn add(ask: &mut Ask, vpc: &Thing, name: &str, about: &str, default: bool) -> Done<Thing> {
    let params = [
        ("name", name),
        ("vpcid", vpc.uuid.as_str()),
        ("description", about),
    ];
    let answer = ask.call("createNetworkACLList", &params)?;
    let uuid = answer["id"].as_str().unwrap_or_default().to_string();
    ask.keep(&uuid, json!({"description": about, "default": default}))?;
    let made = ask.look(|db| store::by_uuid(db, "acllist", &uuid))?;
    made.ok_or_else(|| Fault::service(OTHER, "the network ACL is gone"))
}

pub fn create(ask: &mut Ask) -> Done<Reply> {
    let vpc = ask.thing("vpcNo", "vpc")?;
    let name = match ask.given.text("networkAclName") {
        Some(name) => name.to_string(),
        None => format!("nacl{:.10}", uuid::Uuid::new_v4().simple().to_string()),
    };
    let about = ask
        .given
        .text("networkAclDescription")
        .unwrap_or_default()
        .to_string();
    let acl = add(ask, &vpc, &name, &about, false)?;
    show(ask, &acl)
}

pub fn delete(ask: &mut Ask) -> Done<Reply> {
    let acl = ask.thing("networkAclNo", "acllist")?;
    idle(ask, &acl)?;
    if ask.noted(&acl.uuid, "default")? == true {
        return Err(Fault::service(OTHER, "The default network ACL stays"));
    }
    ask.call("deleteNetworkACLList", &[("id", &acl.uuid)])?;
    show(ask, &acl)
}

pub fn describe(ask: &mut Ask) -> Done<Reply> {
    let acl = ask.thing("networkAclNo", "acllist")?;
    let about = ask
        .given
        .text("networkAclDescription")
        .unwrap_or_default()
        .to_string();
    ask.keep(&acl.uuid, json!({"description": about}))?;
    show(ask, &acl)
}

fn idle(ask: &Ask, acl: &Thing) -> Done<()> {
    match changing(ask, acl)? {
        true => Err(Fault::service(
            CHANGING,
            format!(
                "The rules of network ACL {} are being changed. Please try again.",
                acl.id
            ),
        )),
        false => Ok(()),
    }
}

fn is_outward(rule: &Thing) -> bool {
    rule.text("traffictype") == "Egress"
}

fn priority(rule: &Thing) -> i64 {
    rule.whole("number") - if is_outward(rule) { OUTWARDS } else { 0 }
}

fn rule_view(ask: &Ask, acl: &Thing, rule: &Thing) -> Done<Value> {
    let action = match rule.text("action") {
        "Deny" => code("DROP", "Drop"),
        _ => code("ALLOW", "Allow"),
    };
    let way = match is_outward(rule) {
        true => code("OTBND", "Outbound"),
        false => code("INBND", "Inbound"),
    };
    Ok(json!({
        "networkAclNo": acl.id.to_string(),
        "priority": priority(rule),
        "protocolType": protocol(rule.text("protocol")),
        "portRange": ports(&Value::Object(rule.body.clone())),
        "ruleAction": action,
        "createDate": ask.note(&rule.uuid)?.map(|note| date(note.text("created"))),
        "ipBlock": rule.text("cidrlist"),
        "networkAclRuleType": way,
        "networkAclRuleDescription": ask.noted(&rule.uuid, "description")?,
    }))
}

pub fn rule_list(ask: &mut Ask) -> Done<Reply> {
    let acl = ask.thing("networkAclNo", "acllist")?;
    let mut rules = rules(ask, &acl)?;
    rules.sort_by_key(|rule| rule.whole("number"));
    ask.listed(&rules, |rule| rule_view(ask, &acl, rule))
}

/// What a rule says, as CloudStack's calls have it.
fn said(given: &Given, outward: bool) -> Done<Vec<(&'static str, String)>> {
    let protocol = given.required("protocolTypeCode")?.to_lowercase();
    if given.text("denyAllowGroupNo").is_some() {
        return Err(Fault::parameter(
            "The built-in cloud has no deny-allow groups",
        ));
    }
    let priority = given
        .number("priority")?
        .ok_or_else(|| missing("networkAclRuleList.priority"))?;
    if !(1..=LAST).contains(&priority) {
        return Err(wrong("priority", &priority.to_string()));
    }
    let action = match given.required("ruleActionCode")? {
        "ALLOW" => "Allow",
        "DROP" => "Deny",
        other => return Err(wrong("ruleActionCode", other)),
    };
    let way = if outward { "Egress" } else { "Ingress" };
    let number = priority + if outward { OUTWARDS } else { 0 };
    let mut said = vec![
        ("protocol", protocol.clone()),
        ("number", number.to_string()),
        ("traffictype", way.into()),
        ("action", action.into()),
        ("cidrlist", given.required("ipBlock")?.into()),
    ];
    match (protocol.as_str(), given.text("portRange")) {
        ("tcp" | "udp", Some(range)) => {
            let (first, last) = port_range(range)?;
            said.extend([("startport", first), ("endport", last)]);
        }
        ("tcp" | "udp", None) => return Err(missing("networkAclRuleList.portRange")),
        ("icmp", _) => said.extend([("icmptype", "-1".into()), ("icmpcode", "-1".into())]),
        _ => {}
    }
    Ok(said)
}

fn add_rules(ask: &mut Ask, outward: bool) -> Done<Reply> {
    let acl = ask.thing("networkAclNo", "acllist")?;
    idle(ask, &acl)?;
    let given = ask.given.records("networkAclRuleList");
    if given.is_empty() {
        return Err(missing("networkAclRuleList"));
    }
    let mut all = Vec::new();
    for one in &given {
        all.push((said(one, outward)?, one.text("networkAclRuleDescription")));
    }
    let mut made = Vec::new();
    for (said, about) in &all {
        let mut params = vec![("aclid", acl.uuid.as_str())];
        params.extend(said.iter().map(|(name, value)| (*name, value.as_str())));
        let answer = ask.call("createNetworkACL", &params)?;
        let uuid = answer["id"].as_str().unwrap_or_default().to_string();
        ask.keep(&uuid, json!({"description": about}))?;
        made.extend(ask.look(|db| store::by_uuid(db, "aclrule", &uuid))?);
    }
    ask.shown(&made, |rule| rule_view(ask, &acl, rule))
}

fn remove_rules(ask: &mut Ask, outward: bool) -> Done<Reply> {
    let acl = ask.thing("networkAclNo", "acllist")?;
    idle(ask, &acl)?;
    let given = ask.given.records("networkAclRuleList");
    let rules = rules(ask, &acl)?;
    let mut gone = Vec::new();
    for one in &given {
        let wanted = one.number("priority")?;
        let found = rules
            .iter()
            .find(|rule| is_outward(rule) == outward && Some(priority(rule)) == wanted);
        let found = found.ok_or_else(|| {
            wrong(
                "networkAclRuleList",
                one.text("priority").unwrap_or_default(),
            )
        })?;
        gone.push(found.clone());
    }
    if gone.is_empty() {
        return Err(missing("networkAclRuleList"));
    }
    let shown = ask.shown(&gone, |rule| rule_view(ask, &acl, rule))?;
    for rule in &gone {
        ask.call("deleteNetworkACL", &[("id", &rule.uuid)])?;
    }
    Ok(shown)
}

pub fn add_inbound(ask: &mut Ask) -> Done<Reply> {
    add_rules(ask, false)
}

pub fn add_outbound(ask: &mut Ask) -> Done<Reply> {
    add_rules(ask, true)
}

pub fn remove_inbound(ask: &mut Ask) -> Done<Reply> {
    remove_rules(ask, false)
}

pub fn remove_outbound(ask: &mut Ask) -> Done<Reply> {
    remove_rules(ask, true)
}
