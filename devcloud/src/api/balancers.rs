//! Load balancer rules on public addresses: the machines behind them and how clients stick to one.

use serde_json::{Value, json};

use super::listing::{IN_PROJECT, Listing, OWNED, PAGED, view};
use super::things::{begun, born};
use super::{Call, Done, Reply, addresses, in_job, networks, nics, rules};
use crate::api::fields::SUCCESS;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    BALANCER: id string "its id", name string "its name", description string "what it is",
        publicipid string "the public address", publicip string "its public address",
        publicport string "the first public port", privateport string "the first port of the machine",
        algorithm string "roundrobin, leastconn or source", networkid string "the network it is in",
        cidrlist string "the networks that it is for, by commas", account string "the account it belongs to",
        projectid string "the project it belongs to", project string "that project's name",
        domainid string "the domain it belongs to", domain string "that domain's name", state string "its state",
        zoneid string "the zone it is in", zonename string "that zone's name", protocol string "what it speaks",
        tags list "its tags", fordisplay boolean "whether users see it";
}
fields! {
    STICKINESS: lbruleid string "the load balancer rule", name string "its name", description string "what it is",
        account string "the account it belongs to", domainid string "the domain it belongs to",
        domain string "that domain's name", state string "its state", zoneid string "the zone it is in",
        stickinesspolicy list "its stickiness policies";
}
fields! {
    BEHIND: lbvmipaddresses list "their addresses", loadbalancerruleinstance uservmresponse "the machines behind it";
}

apis! {
    Everyone "listLoadBalancerRules" "Lists load balancer rules" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("loadbalancer") "its id";
        opt "name" Text "its name";
        opt "publicipid" Id("publicip") "the public address";
        opt "networkid" Id("network") "the network it is in";
        opt "virtualmachineid" Id("machine") "only those with this machine behind them";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "tags" Map "its tags";
        opt "fordisplay" Boolean "whether users see it";
    } -> BALANCER list;

    Everyone "createLoadBalancerRule" "Creates a load balancer rule" () {
        req "algorithm" Text "roundrobin, leastconn or source";
        req "name" Text "its name";
        req "privateport" Integer "the first port of the machine";
        req "publicport" Integer "the first public port";
        opt "publicipid" Id("publicip") "the public address";
        opt "networkid" Id("network") "the network it is in";
        opt "description" Text "what it is" <= 4096;
        opt "protocol" Text "tcp, udp, icmp or all";
        opt "cidrlist" List "the networks that it is for, by commas";
        opt "openfirewall" Boolean "whether the firewall is opened for it; true if left out";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "fordisplay" Boolean "whether users see it";
    } -> BALANCER create,
        job "user.loadbalancer.CreateLoadBalancerRuleCmd" on "FirewallRule" then |call| {
            let mut shown = call.end_in("loadbalancer", "loadbalancer", "Active")?;
            // Real servers tell how it was before machines were put behind it.
            shown["loadbalancer"]["state"] = json!("Add");
            Ok(shown)
        };

    Everyone "updateLoadBalancerRule" "Changes a load balancer rule's name, text or algorithm" () {
        req "id" Id("loadbalancer") "its id";
        opt "name" Text "its name";
        opt "description" Text "what it is" <= 4096;
        opt "algorithm" Text "roundrobin, leastconn or source";
        opt "protocol" Text "tcp, udp, icmp or all";
        opt "fordisplay" Boolean "whether users see it";
    } -> BALANCER update,
        job "user.loadbalancer.UpdateLoadBalancerRuleCmd" on "LoadBalancerRule" then |call| call.end_shown("loadbalancer", "loadbalancer");

    Everyone "deleteLoadBalancerRule" "Deletes a load balancer rule" () {
        req "id" Id("loadbalancer") "its id";
    } -> SUCCESS |call| call.begin_on("id", "loadbalancer"),
        job "user.loadbalancer.DeleteLoadBalancerRuleCmd" on "LoadBalancerRule" then |call| { rules::close_firewall(call, &call.subject("loadbalancer")?)?; call.end_removed("loadbalancer") };

    Everyone "assignToLoadBalancerRule" "Puts machines behind a load balancer rule" () {
        req "id" Id("loadbalancer") "its id";
        opt "virtualmachineids" List "the virtual machines";
        opt "vmidipmap" Map "vmidipmap[0].vmid=… vmidipmap[0].vmip=…";
    } -> SUCCESS assign,
        job "user.loadbalancer.AssignToLoadBalancerRuleCmd" on "" then |_| Ok(json!({"success": true}));

    Everyone "removeFromLoadBalancerRule" "Takes machines from behind a load balancer rule" () {
        req "id" Id("loadbalancer") "its id";
        opt "virtualmachineids" List "the virtual machines";
        opt "vmidipmap" Map "vmidipmap[0].vmid=… vmidipmap[0].vmip=…";
    } -> SUCCESS take_away,
        job "user.loadbalancer.RemoveFromLoadBalancerRuleCmd" on "" then |_| Ok(json!({"success": true}));

    Everyone "listLoadBalancerRuleInstances" "Lists the machines behind a load balancer rule" (PAGED) {
        req "id" Id("loadbalancer") "its id";
        opt "applied" Boolean "whether machines behind it are listed; true if left out";
        opt "lbvmips" Boolean "whether their addresses are told";
    } -> BEHIND list_machines;

    Everyone "listLBStickinessPolicies" "Lists the stickiness policies of a load balancer rule" (PAGED) {
        opt "id" Uuid "only this policy";
        opt "lbruleid" Id("loadbalancer") "the load balancer rule";
        opt "fordisplay" Boolean "whether users see it";
    } -> STICKINESS list_policies;

    Everyone "createLBStickinessPolicy" "Makes clients stick to a machine behind a load balancer rule" () {
        req "lbruleid" Id("loadbalancer") "the load balancer rule";
        req "methodname" Text "LbCookie, AppCookie or SourceBased";
        req "name" Text "its name";
        opt "description" Text "what it is";
        opt "param" Map "param[0].name=… param[0].value=…";
        opt "fordisplay" Boolean "whether users see it";
    } -> STICKINESS create_policy,
        job "user.loadbalancer.CreateLBStickinessPolicyCmd" on "None" then |call| { let balancer = call.own_thing("lbruleid", "loadbalancer")?; Ok(in_job("stickinesspolicies", policies(call, &balancer)?)) };

    Everyone "deleteLBStickinessPolicy" "Deletes a stickiness policy" () {
        req "id" Uuid "its id";
    } -> SUCCESS delete_policy,
        job "user.loadbalancer.DeleteLBStickinessPolicyCmd" on "" then |_| Ok(json!({"success": true}));
}

/// The machines behind a rule, by id. Kept apart from the fields that answers show.
fn behind(call: &Call, balancer: &Thing) -> Done<Vec<Thing>> {
    let mut machines = Vec::new();
    for link in store::children(call.db, "balanced", &balancer.uuid)? {
        machines.extend(store::by_uuid(call.db, "machine", &link.name)?);
    }
    Ok(machines)
}

fn list(call: &mut Call) -> Done<Reply> {
    let listing = Listing {
        kind: "loadbalancer",
        name: "loadbalancerrule",
        filters: &[
            ("publicipid", "publicipid"),
            ("networkid", "networkid"),
            ("zoneid", "zoneid"),
            ("fordisplay", "fordisplay"),
        ],
    };
    let Some(machine) = call.thing("virtualmachineid", "machine")? else {
        return call.list(&listing);
    };
    let links = store::named(call.db, "balanced", &machine.uuid)?;
    call.list_where(&listing, |balancer| {
        links.iter().any(|link| link.parent == balancer.uuid)
    })
}

fn algorithm(call: &Call) -> Done<()> {
    let known = ["roundrobin", "leastconn", "source"];
    match call.text("algorithm") {
        Some(given) if !known.contains(&given) => {
            Err(Refusal::value(format!("Invalid algorithm: {given}")))
        }
        _ => Ok(()),
    }
}

fn create(call: &mut Call) -> Done<Reply> {
    algorithm(call)?;
    let address = match call.text("publicipid") {
        Some(_) => addresses::for_rules(call, "publicipid", false)?,
        None => {
            let network = call.own_thing("networkid", "network")?;
            let all = store::children(call.db, "publicip", &network.uuid)?;
            all.into_iter()
                .find(|address| !address.is("isstaticnat"))
                .ok_or_else(|| {
                    Refusal::value(
                        "the network has no public address for the rule; give publicipid",
                    )
                })?
        }
    };
    let network = addresses::network_of(call, &address)?;
    networks::serves(call, &network, "Lb")?;
    let number = |name: &str| call.number(name).unwrap_or(0);
    let (public, private) = (number("publicport"), number("privateport"));
    rules::valid_port("publicPort", public)?;
    rules::valid_port("privatePort", private)?;
    let protocol = call.text("protocol").unwrap_or("tcp").to_lowercase();
    for (kind, fields) in [
        ("loadbalancer", ("publicport", "publicport")),
        ("portforwarding", ("publicport", "publicendport")),
    ] {
        let there = store::children(call.db, kind, &address.uuid)?;
        rules::free_ports(&there, &protocol, (public, public), fields)?;
    }
    let owner = call.owner_like(&address)?;
    let name = call.required("name")?;
    let before = json!({"description": call.text("description"), "publicipid": address.uuid, "publicip": address.name,
        "publicport": public.to_string(), "privateport": private.to_string(),
        "algorithm": call.required("algorithm")?, "cidrlist": call.text("cidrlist").unwrap_or_default()});
    let after = json!({"state": "Add", "zoneid": address.text("zoneid"), "zonename": address.text("zonename"),
        "protocol": call.text("protocol"), "networkid": network.uuid, "tags": [],
        "fordisplay": call.boolean("fordisplay").unwrap_or(true)});
    let balancer = call.make(
        &owner,
        ("loadbalancer", name, "Add", &address.uuid),
        owner.body(before, after),
    )?;
    rules::open_firewall(
        call,
        &address,
        &network,
        &balancer,
        &protocol,
        (public, public),
    )?;
    Ok(born(&balancer))
}

fn update(call: &mut Call) -> Done<Reply> {
    algorithm(call)?;
    let mut balancer = call.own_thing("id", "loadbalancer")?;
    call.take_over(
        &mut balancer,
        &["name", "description", "algorithm", "protocol"],
        &["fordisplay"],
    );
    store::update(call.db, &balancer)?;
    Ok(begun(&balancer))
}

/// The machines that a call names, by ids or by a map of ids and addresses.
fn meant(call: &Call) -> Done<Vec<Thing>> {
    let mut machines = call.things("virtualmachineids", "machine")?;
    for (name, id) in call.map("vmidipmap") {
        if name == "vmid" {
            let machine = call.find("vmidipmap", "machine", id.as_str().unwrap_or_default())?;
            call.may_use(&machine)?;
            machines.push(machine);
        }
    }
    if machines.is_empty() {
        return Err(Refusal::value(
            "Both instance id and vmip map are empty, you need to provide one of them",
        ));
    }
    Ok(machines)
}

fn assign(call: &mut Call) -> Done<Reply> {
    let balancer = call.own_thing("id", "loadbalancer")?;
    let network = store::by_uuid(call.db, "network", balancer.text("networkid"))?
        .ok_or_else(|| Refusal::value("the network of the rule is gone"))?;
    let owner = call.owner_like(&balancer)?;
    let there: Vec<String> = behind(call, &balancer)?
        .into_iter()
        .map(|machine| machine.uuid)
        .collect();
    for machine in meant(call)? {
        if there.contains(&machine.uuid) {
            return Err(Refusal::value(format!(
                "VM {} is already mapped to load balancer.",
                machine.uuid
            )));
        }
        if !matches!(machine.state.as_str(), "Running" | "Stopped" | "Starting") {
            return Err(Refusal::value(format!(
                "Invalid instance id: {}",
                machine.uuid
            )));
        }
        if nics::address_in(&machine, &network).is_none() {
            return Err(Refusal::value(format!(
                "VM {} cannot be added because it doesn't belong in the same network as the load balancer rule",
                machine.uuid
            )));
        }
        call.make(
            &owner,
            ("balanced", &machine.uuid, "", &balancer.uuid),
            json!({}),
        )?;
    }
    Ok(begun(&balancer))
}

fn take_away(call: &mut Call) -> Done<Reply> {
    let balancer = call.own_thing("id", "loadbalancer")?;
    let links = store::children(call.db, "balanced", &balancer.uuid)?;
    for machine in meant(call)? {
        let link = links
            .iter()
            .find(|link| link.name == machine.uuid)
            .ok_or_else(|| {
                Refusal::value(format!(
                    "The vm {} is not in the load balancer rule",
                    machine.uuid
                ))
            })?;
        store::remove(call.db, link)?;
    }
    Ok(begun(&balancer))
}

fn list_machines(call: &mut Call) -> Done<Reply> {
    let balancer = call.own_thing("id", "loadbalancer")?;
    let network = store::by_uuid(call.db, "network", balancer.text("networkid"))?;
    let behind = behind(call, &balancer)?;
    let mut rows = Vec::new();
    if call.boolean("lbvmips").unwrap_or(false) {
        for machine in &behind {
            let address = network
                .as_ref()
                .and_then(|network| nics::address_in(machine, network));
            rows.push(json!({"loadbalancerruleinstance": view(call.db, machine)?,
                "lbvmipaddresses": address.into_iter().collect::<Vec<_>>()}));
        }
        return call.page("lbrulevmidip", rows);
    }
    let applied = call.boolean("applied").unwrap_or(true);
    if !applied {
        // Those that could be put behind it.
        let network = network.ok_or_else(|| Refusal::value("the network of the rule is gone"))?;
        for machine in nics::machines_in(call, &network)? {
            if behind.iter().all(|other| other.uuid != machine.uuid) {
                rows.push(view(call.db, &machine)?);
            }
        }
        return call.page("loadbalancerruleinstance", rows);
    }
    for machine in &behind {
        rows.push(view(call.db, machine)?);
    }
    call.page("loadbalancerruleinstance", rows)
}

/// The policies of a rule as answers show them: one record with a list inside.
fn policies(call: &Call, balancer: &Thing) -> Done<Value> {
    let mut list = Vec::new();
    for policy in store::children(call.db, "stickiness", &balancer.uuid)? {
        list.push(view(call.db, &policy)?);
    }
    Ok(
        json!({"lbruleid": balancer.uuid, "account": balancer.body.get("account"),
        "domainid": balancer.body.get("domainid"), "domain": balancer.body.get("domain"),
        "stickinesspolicy": list}),
    )
}

fn list_policies(call: &mut Call) -> Done<Reply> {
    let balancer = match (call.text("lbruleid"), call.text("id")) {
        (Some(_), _) => call.own_thing("lbruleid", "loadbalancer")?,
        (None, Some(id)) => {
            let policy = call.find("id", "stickiness", id)?;
            call.may_use(&policy)?;
            store::by_uuid(call.db, "loadbalancer", &policy.parent)?
                .ok_or_else(|| Refusal::internal("the rule of the policy is gone"))?
        }
        (None, None) => {
            return Err(Refusal::value(
                "load balancer rule ID and stickiness policy ID can't be null",
            ));
        }
    };
    let shown = policies(call, &balancer)?;
    call.page("stickinesspolicies", vec![shown])
}

fn create_policy(call: &mut Call) -> Done<Reply> {
    let balancer = call.own_thing("lbruleid", "loadbalancer")?;
    let method = call.required("methodname")?;
    let known = ["LbCookie", "AppCookie", "SourceBased"];
    let method = known
        .iter()
        .find(|known| known.eq_ignore_ascii_case(method))
        .ok_or_else(|| {
            Refusal::value(format!(
                "Failed:  Stickiness method {method} is not supported"
            ))
        })?;
    if !store::children(call.db, "stickiness", &balancer.uuid)?.is_empty() {
        return Err(Refusal::value(
            "There is already policy attached to the LB rule",
        ));
    }
    let owner = call.owner_like(&balancer)?;
    let name = call.required("name")?;
    let body = json!({"methodname": method, "description": call.text("description"), 
        "fordisplay": call.boolean("fordisplay").unwrap_or(true), "params": call.map("param")});
    let policy = call.make(&owner, ("stickiness", name, "Active", &balancer.uuid), body)?;
    Ok(born(&policy))
}

fn delete_policy(call: &mut Call) -> Done<Reply> {
    let policy = call.own_thing("id", "stickiness")?;
    store::remove(call.db, &policy)?;
    Ok(begun(&policy))
}
