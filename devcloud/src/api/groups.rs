//! Security groups with what they let in and out, affinity groups, and the groups that machines are shown in.

use serde_json::{Value, json};

use super::listing::{IN_PROJECT, Listing, OWNED, PAGED, view};
use super::things::{Owner, begun, born};
use super::{Call, Done, Reply, in_job, rules};
use crate::api::fields::{MACHINE, SUCCESS};
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    SECURITYGROUP: id string "its id", name string "its name", description string "what it is",
        account string "the account it belongs to", projectid string "the project it belongs to",
        project string "that project's name", domainid string "the domain it belongs to",
        domain string "that domain's name", ingressrule set "what may come in", egressrule set "what may go out",
        tags set "its tags", virtualmachinecount integer "how many virtual machines",
        virtualmachineids set "the virtual machines";
}
fields! {
    SECURITYRULE: ruleid string "the rule's id", protocol string "what it speaks", startport integer "the first port",
        endport integer "the last port", icmptype integer "the type of ICMP messages; -1 for all",
        icmpcode integer "the code of ICMP messages; -1 for all",
        securitygroupname string "the security group's name", account string "the account it belongs to",
        cidr string "its addresses", tags set "its tags";
}
fields! {
    AFFINITYGROUP: id string "its id", name string "its name", account string "the account it belongs to",
        projectid string "the project it belongs to", project string "that project's name",
        domainid string "the domain it belongs to", domain string "that domain's name", description string "what it is",
        r#type string "its type", virtualmachineIds list "the virtual machines";
}
fields! {
    AFFINITYTYPE: r#type string "its type";
}
fields! {
    INSTANCEGROUP: id string "its id", name string "its name", created date "when it was made",
        account string "the account it belongs to", projectid string "the project it belongs to",
        project string "that project's name", domainid string "the domain it belongs to",
        domain string "that domain's name";
}

apis! {
    Everyone "listSecurityGroups" "Lists security groups" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("securitygroup") "its id";
        opt "securitygroupname" Text "only the group of this name";
        opt "virtualmachineid" Id("machine") "only the groups of this machine";
        opt "tags" Map "its tags";
    } -> SECURITYGROUP list_security;

    Everyone "createSecurityGroup" "Creates a security group" () {
        req "name" Text "its name";
        opt "description" Text "what it is";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> SECURITYGROUP create_security;

    Everyone "deleteSecurityGroup" "Deletes a security group that no machine is in" () {
        opt "id" Id("securitygroup") "its id";
        opt "name" Text "its name";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> SUCCESS delete_security;

    Everyone "authorizeSecurityGroupIngress" "Lets traffic in to the machines of a security group" () {
        opt "securitygroupid" Id("securitygroup") "the security group";
        opt "securitygroupname" Text "the security group's name";
        opt "protocol" Text "tcp, udp, icmp or all";
        opt "startport" Integer "the first port";
        opt "endport" Integer "the last port";
        opt "cidrlist" List "the networks that it is for, by commas";
        opt "icmptype" Integer "the type of ICMP messages; -1 for all";
        opt "icmpcode" Integer "the code of ICMP messages; -1 for all";
        opt "usersecuritygrouplist" Map "usersecuritygrouplist[0].account=… usersecuritygrouplist[0].group=…";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> SECURITYRULE |call| authorize(call, "ingressrule"),
        job "user.securitygroup.AuthorizeSecurityGroupIngressCmd" on "SecurityGroup" then |call| call.end_shown("securitygroup", "securitygroup");

    Everyone "authorizeSecurityGroupEgress" "Lets traffic out of the machines of a security group" () {
        opt "securitygroupid" Id("securitygroup") "the security group";
        opt "securitygroupname" Text "the security group's name";
        opt "protocol" Text "tcp, udp, icmp or all";
        opt "startport" Integer "the first port";
        opt "endport" Integer "the last port";
        opt "cidrlist" List "the networks that it is for, by commas";
        opt "icmptype" Integer "the type of ICMP messages; -1 for all";
        opt "icmpcode" Integer "the code of ICMP messages; -1 for all";
        opt "usersecuritygrouplist" Map "usersecuritygrouplist[0].account=… usersecuritygrouplist[0].group=…";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> SECURITYRULE |call| authorize(call, "egressrule"),
        job "user.securitygroup.AuthorizeSecurityGroupEgressCmd" on "SecurityGroup" then |call| call.end_shown("securitygroup", "securitygroup");

    Everyone "revokeSecurityGroupIngress" "Ends what a security group lets in" () {
        req "id" Uuid "the rule";
    } -> SUCCESS |call| revoke(call, "ingressrule"),
        job "user.securitygroup.RevokeSecurityGroupIngressCmd" on "SecurityGroup" then |_| Ok(json!({"success": true}));

    Everyone "revokeSecurityGroupEgress" "Ends what a security group lets out" () {
        req "id" Uuid "the rule";
    } -> SUCCESS |call| revoke(call, "egressrule"),
        job "user.securitygroup.RevokeSecurityGroupEgressCmd" on "SecurityGroup" then |_| Ok(json!({"success": true}));

    Everyone "listAffinityGroupTypes" "Lists the types that affinity groups may have" (PAGED) {} -> AFFINITYTYPE |call| {
            let rows = AFFINITIES.iter().map(|name| json!({"type": name})).collect();
            call.page("affinityGroupType", rows)
        };

    Everyone "listAffinityGroups" "Lists affinity groups" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("affinitygroup") "its id";
        opt "name" Text "its name";
        opt "type" Text "its type";
        opt "virtualmachineid" Id("machine") "only the groups of this machine";
    } -> AFFINITYGROUP list_affinity;

    Everyone "createAffinityGroup" "Creates an affinity group" () {
        req "name" Text "its name";
        req "type" Text "host affinity or host anti-affinity";
        opt "description" Text "what it is";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> AFFINITYGROUP create_affinity,
        job "user.affinitygroup.CreateAffinityGroupCmd" on "AffinityGroup" then |call| call.end_shown("affinitygroup", "affinitygroup");

    Everyone "deleteAffinityGroup" "Deletes an affinity group that no machine is in" () {
        opt "id" Id("affinitygroup") "its id";
        opt "name" Text "its name";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> SUCCESS delete_affinity,
        job "user.affinitygroup.DeleteAffinityGroupCmd" on "AffinityGroup" then |call| call.end_removed("affinitygroup");

    Everyone "updateVMAffinityGroup" "Puts a stopped machine into other affinity groups" () {
        req "id" Id("machine") "its id";
        opt "affinitygroupids" List "the affinity groups, by commas";
        opt "affinitygroupnames" List "the affinity groups' names, by commas";
    } -> MACHINE update_affinity,
        job "admin.affinitygroup.UpdateVMAffinityGroupCmdByAdmin" on "VirtualMachine" then |call| {
            let machine = call.subject("machine")?;
            Ok(in_job("virtualmachine", view(call.db, &machine)?))
        };

    Everyone "listInstanceGroups" "Lists the groups that machines are shown in" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("instancegroup") "its id";
        opt "name" Text "its name";
    } -> INSTANCEGROUP |call| call.list(&Listing { kind: "instancegroup", name: "instancegroup", filters: &[] });

    Everyone "createInstanceGroup" "Creates a group that machines are shown in" () {
        req "name" Text "its name";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "projectid" Id("project") "the project it belongs to";
    } -> INSTANCEGROUP |call| {
            let owner = call.owner()?;
            let group = instance_group(call, &owner, call.required("name")?, false)?;
            call.shown("instancegroup", &group)
        };

    Everyone "updateInstanceGroup" "Renames a group that machines are shown in" () {
        req "id" Id("instancegroup") "its id";
        opt "name" Text "its name";
    } -> INSTANCEGROUP |call| {
            let mut group = call.own_thing("id", "instancegroup")?;
            call.take_over(&mut group, &["name"], &[]);
            store::update(call.db, &group)?;
            for mut machine in store::mentioning(call.db, "machine", &group.uuid)? {
                machine.set("group", group.name.as_str());
                store::update(call.db, &machine)?;
            }
            call.shown("instancegroup", &group)
        };

    Everyone "deleteInstanceGroup" "Deletes a group that machines are shown in; they stay" () {
        req "id" Id("instancegroup") "its id";
    } -> SUCCESS |call| {
            let group = call.own_thing("id", "instancegroup")?;
            for mut machine in store::mentioning(call.db, "machine", &group.uuid)? {
                machine.unset(&["group", "groupid"]);
                store::update(call.db, &machine)?;
            }
            store::remove(call.db, &group)?;
            Ok(Reply::Success)
        };
}

const AFFINITIES: [&str; 2] = ["host affinity", "host anti-affinity"];

/// The group of that name that machines of an owner are shown in, made where there is none and that is allowed.
pub fn instance_group(call: &Call, owner: &Owner, name: &str, there_too: bool) -> Done<Thing> {
    let groups = store::named(call.db, "instancegroup", name)?;
    match groups.into_iter().find(|group| group.account == owner.id) {
        Some(group) if there_too => Ok(group),
        Some(_) => Err(Refusal::value(format!(
            "Unable to create vm group, a group with name {name} already exists for account {}",
            owner.name
        ))),
        None => {
            let body = owner.body(json!({"created": clock::date(call.now)}), json!({}));
            call.make(owner, ("instancegroup", name, "", ""), body)
        }
    }
}

/// The security group that everybody has.
pub fn default_group(call: &Call, owner: &Owner) -> Done<Thing> {
    let groups = store::named(call.db, "securitygroup", "default")?;
    match groups.into_iter().find(|group| group.account == owner.id) {
        Some(group) => Ok(group),
        None => add_security(call, owner, "default", Some("Default Security Group")),
    }
}

fn add_security(call: &Call, owner: &Owner, name: &str, text: Option<&str>) -> Done<Thing> {
    let body = owner.body(
        json!({"description": text}),
        json!({"ingressrule": [], "egressrule": [], "tags": []}),
    );
    call.make(owner, ("securitygroup", name, "", ""), body)
}

fn list_security(call: &mut Call) -> Done<Reply> {
    let of_machine = match call.text("virtualmachineid") {
        Some(_) => Some(call.own_thing("virtualmachineid", "machine")?),
        None => None,
    };
    let named = call.text("securitygroupname").map(String::from);
    let listing = Listing {
        kind: "securitygroup",
        name: "securitygroup",
        filters: &[],
    };
    let reply = call.list_where(&listing, |group| {
        named.as_ref().is_none_or(|name| group.name == *name)
            && of_machine.as_ref().is_none_or(|machine| {
                members(machine, "securitygroup").contains(&group.uuid.as_str())
            })
    })?;
    let Reply::List(name, mut rows, count) = reply else {
        return Ok(reply);
    };
    for row in &mut rows {
        let id = row["id"].as_str().unwrap_or_default();
        let machines = store::mentioning(call.db, "machine", id)?;
        row["virtualmachinecount"] = json!(machines.len());
        row["virtualmachineids"] = machines.iter().map(|machine| json!(machine.uuid)).collect();
    }
    Ok(Reply::List(name, rows, count))
}

/// The ids of the groups that a machine is in, by the field that has them.
fn members<'a>(machine: &'a Thing, field: &str) -> Vec<&'a str> {
    let groups = machine.body.get(field).and_then(Value::as_array);
    let ids = groups
        .into_iter()
        .flatten()
        .filter_map(|group| group["id"].as_str());
    ids.collect()
}

fn create_security(call: &mut Call) -> Done<Reply> {
    let owner = call.owner()?;
    let name = call.required("name")?;
    let twins = store::named(call.db, "securitygroup", name)?;
    if name == "default" || twins.iter().any(|group| group.account == owner.id) {
        return Err(Refusal::value(format!(
            "Unable to create security group, a group with name {name} already exists."
        )));
    }
    let group = add_security(call, &owner, name, call.text("description"))?;
    call.shown("securitygroup", &group)
}

/// The group that a call names, by id or by name.
fn group(call: &Call, kind: &str, id: &str, name: &str) -> Done<Thing> {
    if call.text(id).is_some() {
        return call.own_thing(id, kind);
    }
    let Some(given) = call.text(name) else {
        return Err(Refusal::value(format!("Either {id} or {name} is required")));
    };
    let owner = call.owner()?;
    if kind == "securitygroup" && given == "default" {
        return default_group(call, &owner);
    }
    store::named(call.db, kind, given)?
        .into_iter()
        .find(|group| group.account == owner.id)
        .ok_or_else(|| {
            Refusal::value(format!(
                "Unable to find group by name {given} for account {}",
                owner.name
            ))
        })
}

fn delete_security(call: &mut Call) -> Done<Reply> {
    let group = group(call, "securitygroup", "id", "name")?;
    if group.name == "default" {
        return Err(Refusal::value("The network group default is reserved"));
    }
    let used = !store::mentioning(call.db, "machine", &group.uuid)?.is_empty();
    let trusted = store::of_account(call.db, "securitygroup", group.account)?
        .iter()
        .any(|other| {
            other.uuid != group.uuid
                && other.body.values().any(|value| {
                    value
                        .to_string()
                        .contains(&format!("\"securitygroupname\":\"{}\"", group.name))
                })
        });
    if used || trusted {
        return Err(Refusal::new(
            536,
            4375,
            "Cannot delete group when it's in use by virtual machines",
        ));
    }
    store::remove(call.db, &group)?;
    Ok(Reply::Success)
}

fn authorize(call: &mut Call, way: &str) -> Done<Reply> {
    let mut group = group(
        call,
        "securitygroup",
        "securitygroupid",
        "securitygroupname",
    )?;
    let traffic = match call.text("protocol") {
        Some(_) => rules::traffic(call)?,
        None => return Err(Refusal::value("Please specify the protocol of the rule")),
    };
    let mut origins: Vec<Value> = call
        .listed("cidrlist")
        .iter()
        .map(|cidr| json!({"cidr": cidr}))
        .collect();
    let trusted = call.map("usersecuritygrouplist");
    if let (Some(account), Some(name)) = (trusted.get("account"), trusted.get("group")) {
        origins.push(json!({"account": account, "securitygroupname": name}));
    }
    if origins.is_empty() {
        return Err(Refusal::value(
            "At least one cidr or at least one security group needs to be specified",
        ));
    }
    let mut rules = group
        .body
        .get(way)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    for origin in origins {
        let mut rule = traffic.clone();
        if let (Value::Object(rule), Value::Object(origin)) = (&mut rule, origin) {
            rule.extend(origin);
            rule.retain(|_, value| !value.is_null());
            rule.insert("tags".into(), json!([]));
        }
        let twin = rules.iter().any(|other| {
            let mut other = other.clone();
            if let Value::Object(fields) = &mut other {
                fields.shift_remove("ruleid");
            }
            other == rule
        });
        if twin {
            continue;
        }
        rule["ruleid"] = json!(uuid::Uuid::new_v4().to_string());
        rules.push(rule);
    }
    group.set(way, rules);
    store::update(call.db, &group)?;
    Ok(begun(&group))
}

fn revoke(call: &mut Call, way: &str) -> Done<Reply> {
    let id = call.required("id")?;
    for mut group in store::mentioning(call.db, "securitygroup", id)? {
        let mut rules = group
            .body
            .get(way)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let before = rules.len();
        rules.retain(|rule| rule["ruleid"] != *id);
        if rules.len() < before {
            call.may_use(&group)?;
            group.set(way, rules);
            store::update(call.db, &group)?;
            return Ok(begun(&group));
        }
    }
    Err(call.no_entity("id", id))
}

/// The security groups that a new machine is in, as its field has them; none where the call names none and the zone has
/// no security groups.
pub fn security_of(call: &Call, owner: &Owner, zone: &Thing) -> Done<Value> {
    let mut groups = call.things("securitygroupids", "securitygroup")?;
    for name in call.listed("securitygroupnames") {
        let found = store::named(call.db, "securitygroup", name)?;
        groups.extend(found.into_iter().filter(|group| group.account == owner.id));
    }
    if groups.is_empty() && zone.is("securitygroupsenabled") {
        groups.push(default_group(call, owner)?);
    }
    Ok(groups
        .iter()
        .map(|group| json!({"id": group.uuid, "name": group.name, "description": group.text("description")}))
        .collect())
}

fn list_affinity(call: &mut Call) -> Done<Reply> {
    let of_machine = match call.text("virtualmachineid") {
        Some(_) => Some(call.own_thing("virtualmachineid", "machine")?),
        None => None,
    };
    let listing = Listing {
        kind: "affinitygroup",
        name: "affinitygroup",
        filters: &[("type", "type")],
    };
    let reply = call.list_where(&listing, |group| {
        of_machine
            .as_ref()
            .is_none_or(|machine| members(machine, "affinitygroup").contains(&group.uuid.as_str()))
    })?;
    let Reply::List(name, mut rows, count) = reply else {
        return Ok(reply);
    };
    for row in &mut rows {
        let id = row["id"].as_str().unwrap_or_default();
        let machines = store::mentioning(call.db, "machine", id)?;
        if !machines.is_empty() {
            row["virtualmachineIds"] = machines.iter().map(|machine| json!(machine.uuid)).collect();
        }
    }
    Ok(Reply::List(name, rows, count))
}

fn create_affinity(call: &mut Call) -> Done<Reply> {
    let owner = call.owner()?;
    let name = call.required("name")?;
    let kind = call.required("type")?;
    if !AFFINITIES.contains(&kind) {
        return Err(Refusal::value(format!(
            "Unable to create affinity group, invalid affinity group type{kind}"
        )));
    }
    let twins = store::named(call.db, "affinitygroup", name)?;
    if twins.iter().any(|group| group.account == owner.id) {
        return Err(Refusal::value(format!(
            "Unable to create affinity group, a group with name {name} already exists."
        )));
    }
    let body = owner.body(
        json!({}),
        json!({"description": call.text("description"), "type": kind}),
    );
    let group = call.make(&owner, ("affinitygroup", name, "", ""), body)?;
    Ok(born(&group))
}

fn delete_affinity(call: &mut Call) -> Done<Reply> {
    let group = group(call, "affinitygroup", "id", "name")?;
    for mut machine in store::mentioning(call.db, "machine", &group.uuid)? {
        let mut groups = machine
            .body
            .get("affinitygroup")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        groups.retain(|known| known["id"] != *group.uuid);
        machine.set("affinitygroup", groups);
        store::update(call.db, &machine)?;
    }
    Ok(begun(&group))
}

/// The affinity groups that a call names, as a machine's field has them.
pub fn affinity_of(call: &Call, owner: &Owner) -> Done<Value> {
    let mut groups = call.things("affinitygroupids", "affinitygroup")?;
    for name in call.listed("affinitygroupnames") {
        let found = store::named(call.db, "affinitygroup", name)?;
        let group = found.into_iter().find(|group| group.account == owner.id);
        groups.push(group.ok_or_else(|| {
            Refusal::value(format!("Unable to find affinity group by name {name}"))
        })?);
    }
    Ok(groups
        .iter()
        .map(|group| json!({"id": group.uuid, "name": group.name, "type": group.text("type")}))
        .collect())
}

fn update_affinity(call: &mut Call) -> Done<Reply> {
    let mut machine = call.own_thing("id", "machine")?;
    if machine.state != "Stopped" {
        return Err(Refusal::value(format!(
            "Unable update affinity groups: the vm {} is not stopped",
            machine.uuid
        )));
    }
    let owner = call.owner_like(&machine)?;
    let groups = affinity_of(call, &owner)?;
    machine.set("affinitygroup", groups);
    store::update(call.db, &machine)?;
    Ok(begun(&machine))
}
