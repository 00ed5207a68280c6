//! Autoscaling: counters, conditions on them, policies, profiles of machines, and groups behind load balancer rules.

use serde_json::{Value, json};

use super::listing::{IN_PROJECT, Listing, OWNED, PAGED, view};
use super::things::{begun, born};
use super::{Call, Done, Reply, members, templates};
use crate::api::fields::SUCCESS;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    COUNTER: id string "its id", name string "its name", source string "where it is read: cpu, snmp …",
        value string "the tag's value", zoneid string "the zone it is in";
}
fields! {
    CONDITION: id string "its id", threshold long "what it is compared with",
        relationaloperator string "EQ, GT, LT, GE or LE", counter list "the counter",
        zoneid string "the zone it is in", account string "the account it belongs to",
        projectid string "the project it belongs to", project string "that project's name",
        domainid string "the domain it belongs to", domain string "that domain's name";
}
fields! {
    SCALEPOLICY: id string "its id", action string "allow or deny",
        duration integer "how many seconds they hold before something is done",
        quiettime integer "how many seconds nothing is done afterwards", conditions list "its conditions",
        account string "the account it belongs to", projectid string "the project it belongs to",
        project string "that project's name", domainid string "the domain it belongs to",
        domain string "that domain's name";
}
fields! {
    PROFILE: id string "its id", zoneid string "the zone it is in", serviceofferingid string "the service offering",
        templateid string "the template", otherdeployparams string "more parameters for its machines, as in a URL",
        destroyvmgraceperiod integer "how many seconds a machine has before it goes",
        autoscaleuserid string "the user that makes its machines", account string "the account it belongs to",
        projectid string "the project it belongs to", domainid string "the domain it belongs to",
        domain string "that domain's name", fordisplay boolean "whether users see it";
}
fields! {
    SCALEGROUP: id string "its id", lbruleid string "the load balancer rule",
        vmprofileid string "the profile of its machines", minmembers int "how few machines it has at least",
        maxmembers int "how many machines it has at most", interval int "how many seconds lie between looks",
        state string "its state", scaleuppolicies list "the policies by which it grows",
        scaledownpolicies list "the policies by which it shrinks", account string "the account it belongs to",
        projectid string "the project it belongs to", project string "that project's name",
        domainid string "the domain it belongs to", domain string "that domain's name",
        fordisplay boolean "whether users see it";
}

apis! {
    Root "listCounters" "Lists counters" (PAGED) {
        opt "id" Id("counter") "its id";
        opt "name" Text "its name";
        opt "source" Text "where it is read: cpu, snmp …";
    } -> COUNTER |call| call.list(&Listing { kind: "counter", name: "counter", filters: &[("source", "source")] });

    Root "createCounter" "Adds a counter" () {
        req "name" Text "its name";
        req "source" Text "where it is read: cpu, snmp …";
        req "value" Text "what is read there";
    } -> COUNTER create_counter,
        job "admin.autoscale.CreateCounterCmd" on "Counter" then |call| call.end_shown("counter", "counter");

    Root "deleteCounter" "Deletes a counter that no condition has" () {
        req "id" Id("counter") "its id";
    } -> SUCCESS |call| {
            let counter = call.required_thing("id", "counter")?;
            unused(call, &counter, "condition", "Counter is in use.")?;
            Ok(begun(&counter))
        },
        job "admin.autoscale.DeleteCounterCmd" on "Counter" then |call| call.end_removed("counter");

    Everyone "listConditions" "Lists conditions" (OWNED, PAGED) {
        opt "id" Id("condition") "its id";
        opt "counterid" Id("counter") "the counter";
        opt "policyid" Id("scalepolicy") "the policy";
    } -> CONDITION list_conditions;

    Everyone "createCondition" "Compares a counter with something" () {
        req "counterid" Id("counter") "the counter";
        req "relationaloperator" Text "EQ, GT, LT, GE or LE";
        req "threshold" Long "what it is compared with";
        opt "account" Text "the account it belongs to; goes with domainid";
        opt "domainid" Id("domain") "the domain it belongs to";
    } -> CONDITION create_condition,
        job "user.autoscale.CreateConditionCmd" on "Condition" then |call| call.end_shown("condition", "condition");

    Everyone "deleteCondition" "Deletes a condition that no policy has" () {
        req "id" Id("condition") "its id";
    } -> SUCCESS |call| {
            let condition = call.own_thing("id", "condition")?;
            unused(call, &condition, "scalepolicy", "Cannot delete Condition when it is attached to an AutoScale policy.")?;
            Ok(begun(&condition))
        },
        job "user.autoscale.DeleteConditionCmd" on "Condition" then |call| call.end_removed("condition");

    Everyone "listAutoScalePolicies" "Lists autoscale policies" (OWNED, PAGED) {
        opt "id" Id("scalepolicy") "its id";
        opt "action" Text "scaleup or scaledown";
        opt "conditionid" Id("condition") "the condition";
        opt "vmgroupid" Id("scalegroup") "the group";
    } -> SCALEPOLICY list_policies;

    Everyone "createAutoScalePolicy" "Says when to scale up or down" () {
        req "action" Text "scaleup or scaledown";
        req "conditionids" List "the conditions, by commas";
        req "duration" Integer "how many seconds they hold before something is done";
        opt "quiettime" Integer "how many seconds nothing is done afterwards";
    } -> SCALEPOLICY create_policy,
        job "user.autoscale.CreateAutoScalePolicyCmd" on "AutoScalePolicy" then |call| call.end_shown("scalepolicy", "autoscalepolicy");

    Everyone "updateAutoScalePolicy" "Changes when to scale up or down" () {
        req "id" Id("scalepolicy") "its id";
        opt "conditionids" List "the conditions, by commas";
        opt "duration" Integer "how many seconds they hold before something is done";
        opt "quiettime" Integer "how many seconds nothing is done afterwards";
    } -> SCALEPOLICY update_policy,
        job "user.autoscale.UpdateAutoScalePolicyCmd" on "AutoScalePolicy" then |call| call.end_shown("scalepolicy", "autoscalepolicy");

    Everyone "deleteAutoScalePolicy" "Deletes an autoscale policy that no group has" () {
        req "id" Id("scalepolicy") "its id";
    } -> SUCCESS |call| {
            let policy = call.own_thing("id", "scalepolicy")?;
            unused(call, &policy, "scalegroup", "Cannot delete AutoScale Policy when it is in use by one or more AutoScale VM Groups")?;
            Ok(begun(&policy))
        },
        job "user.autoscale.DeleteAutoScalePolicyCmd" on "AutoScalePolicy" then |call| call.end_removed("scalepolicy");

    Everyone "listAutoScaleVmProfiles" "Lists profiles of machines" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("scaleprofile") "its id";
        opt "serviceofferingid" Id("serviceoffering") "the service offering";
        opt "templateid" Id("template") "the template";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "otherdeployparams" Text "more parameters for its machines, as in a URL";
        opt "fordisplay" Boolean "whether users see it";
    } -> PROFILE |call| call.list(&Listing { kind: "scaleprofile", name: "autoscalevmprofile", filters: &[("serviceofferingid", "serviceofferingid"), ("templateid", "templateid"), ("zoneid", "zoneid"), ("otherdeployparams", "otherdeployparams"), ("fordisplay", "fordisplay")] });

    Everyone "createAutoScaleVmProfile" "Says what machines a group makes" () {
        req "zoneid" Id("zone") "the zone it is in";
        req "serviceofferingid" Id("serviceoffering") "the service offering";
        req "templateid" Id("template") "the template";
        opt "autoscaleuserid" Id("user") "the user that makes its machines";
        opt "counterparam" Map "counterparam[0].name=… counterparam[0].value=…";
        opt "destroyvmgraceperiod" Integer "how many seconds a machine has before it goes";
        opt "otherdeployparams" Text "more parameters for its machines, as in a URL";
        opt "fordisplay" Boolean "whether users see it";
    } -> PROFILE create_profile,
        job "user.autoscale.CreateAutoScaleVmProfileCmd" on "AutoScaleVmProfile" then |call| call.end_shown("scaleprofile", "autoscalevmprofile");

    Everyone "updateAutoScaleVmProfile" "Changes what machines a group makes" () {
        req "id" Id("scaleprofile") "its id";
        opt "templateid" Id("template") "the template";
        opt "autoscaleuserid" Id("user") "the user that makes its machines";
        opt "counterparam" Map "counterparam[0].name=… counterparam[0].value=…";
        opt "destroyvmgraceperiod" Integer "how many seconds a machine has before it goes";
        opt "fordisplay" Boolean "whether users see it";
    } -> PROFILE update_profile,
        job "user.autoscale.UpdateAutoScaleVmProfileCmd" on "AutoScaleVmProfile" then |call| call.end_shown("scaleprofile", "autoscalevmprofile");

    Everyone "deleteAutoScaleVmProfile" "Deletes a profile that no group has" () {
        req "id" Id("scaleprofile") "its id";
    } -> SUCCESS |call| {
            let profile = call.own_thing("id", "scaleprofile")?;
            unused(call, &profile, "scalegroup", "Cannot delete AutoScale Vm Profile when it is in use by one or more vm groups")?;
            Ok(begun(&profile))
        },
        job "user.autoscale.DeleteAutoScaleVmProfileCmd" on "AutoScaleVmProfile" then |call| call.end_removed("scaleprofile");

    Everyone "listAutoScaleVmGroups" "Lists autoscale groups" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("scalegroup") "its id";
        opt "lbruleid" Id("loadbalancer") "the load balancer rule";
        opt "policyid" Id("scalepolicy") "the policy";
        opt "vmprofileid" Id("scaleprofile") "the profile of its machines";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "fordisplay" Boolean "whether users see it";
    } -> SCALEGROUP list_groups;

    Everyone "createAutoScaleVmGroup" "Scales the machines behind a load balancer rule" () {
        req "lbruleid" Id("loadbalancer") "the load balancer rule";
        req "minmembers" Integer "how few machines it has at least";
        req "maxmembers" Integer "how many machines it has at most";
        req "scaleuppolicyids" List "the policies by which it grows, by commas";
        req "scaledownpolicyids" List "the policies by which it shrinks, by commas";
        req "vmprofileid" Id("scaleprofile") "the profile of its machines";
        opt "interval" Integer "how many seconds lie between looks";
        opt "fordisplay" Boolean "whether users see it";
    } -> SCALEGROUP create_group,
        job "user.autoscale.CreateAutoScaleVmGroupCmd" on "AutoScaleVmGroup" then members::enable;

    Everyone "updateAutoScaleVmGroup" "Changes a disabled autoscale group" () {
        req "id" Id("scalegroup") "its id";
        opt "minmembers" Integer "how few machines it has at least";
        opt "maxmembers" Integer "how many machines it has at most";
        opt "scaleuppolicyids" List "the policies by which it grows, by commas";
        opt "scaledownpolicyids" List "the policies by which it shrinks, by commas";
        opt "interval" Integer "how many seconds lie between looks";
        opt "fordisplay" Boolean "whether users see it";
    } -> SCALEGROUP update_group,
        job "user.autoscale.UpdateAutoScaleVmGroupCmd" on "AutoScaleVmGroup" then |call| call.end_shown("scalegroup", "autoscalevmgroup");

    Everyone "enableAutoScaleVmGroup" "Enables an autoscale group" () {
        req "id" Id("scalegroup") "its id";
    } -> SCALEGROUP |call| call.begin_on("id", "scalegroup"),
        job "user.autoscale.EnableAutoScaleVmGroupCmd" on "AutoScaleVmGroup" then members::enable;

    Everyone "disableAutoScaleVmGroup" "Disables an autoscale group" () {
        req "id" Id("scalegroup") "its id";
    } -> SCALEGROUP |call| call.begin_on("id", "scalegroup"),
        job "user.autoscale.DisableAutoScaleVmGroupCmd" on "AutoScaleVmGroup" then |call| call.end_in("scalegroup", "autoscalevmgroup", "disabled");

    Everyone "deleteAutoScaleVmGroup" "Deletes an autoscale group" () {
        req "id" Id("scalegroup") "its id";
    } -> SUCCESS |call| call.begin_on("id", "scalegroup"),
        job "user.autoscale.DeleteAutoScaleVmGroupCmd" on "AutoScaleVmGroup" then |call| call.end_removed("scalegroup");
}

/// Refuses to remove what another thing of a kind refers to.
fn unused(call: &Call, thing: &Thing, kind: &str, text: &str) -> Done<()> {
    if store::mentioning(call.db, kind, &thing.uuid)?.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(536, 4375, text))
}

fn create_counter(call: &mut Call) -> Done<Reply> {
    let source = call.required("source")?.to_lowercase();
    if !matches!(source.as_str(), "snmp" | "netscaler" | "cpu" | "memory") {
        return Err(Refusal::value(format!(
            "The Source {source} does not exist; Unable to create Counter"
        )));
    }
    let zone = store::of_kind(call.db, "zone")?.into_iter().next();
    let body = json!({"source": source, "value": call.required("value")?, "zoneid": zone.map(|zone| zone.uuid)});
    let counter = call.make_common(("counter", call.required("name")?, "", ""), body)?;
    Ok(born(&counter))
}

fn list_conditions(call: &mut Call) -> Done<Reply> {
    let policy = call.thing("policyid", "scalepolicy")?;
    let counter = call.thing("counterid", "counter")?;
    let listing = Listing {
        kind: "condition",
        name: "condition",
        filters: &[],
    };
    call.list_where(&listing, |condition| {
        policy
            .as_ref()
            .is_none_or(|policy| text_of(policy, "conditions").contains(&condition.uuid))
            && counter
                .as_ref()
                .is_none_or(|counter| text_of(condition, "counter").contains(&counter.uuid))
    })
}

fn text_of(thing: &Thing, field: &str) -> String {
    thing
        .body
        .get(field)
        .map_or_else(String::new, Value::to_string)
}

fn create_condition(call: &mut Call) -> Done<Reply> {
    let counter = call.required_thing("counterid", "counter")?;
    let operator = call.required("relationaloperator")?.to_uppercase();
    if !matches!(operator.as_str(), "EQ" | "GT" | "LT" | "GE" | "LE") {
        return Err(Refusal::value(format!(
            "The Operator {operator} does not exist; Unable to create Condition."
        )));
    }
    let owner = call.owner()?;
    let before = json!({"threshold": call.number("threshold"), "relationaloperator": operator,
        "counter": [view(call.db, &counter)?], "zoneid": counter.text("zoneid")});
    let condition = call.make(
        &owner,
        ("condition", "", "", ""),
        owner.body(before, json!({})),
    )?;
    Ok(born(&condition))
}

fn conditions(call: &Call) -> Done<Vec<Value>> {
    let mut shown = Vec::new();
    for condition in call.things("conditionids", "condition")? {
        shown.push(view(call.db, &condition)?);
    }
    Ok(shown)
}

fn seconds(call: &Call, name: &str, default: i64) -> Done<i64> {
    match call.number(name).unwrap_or(default) {
        number if number >= 0 => Ok(number),
        number => Err(Refusal::value(format!(
            "{name} is an invalid value: {number}"
        ))),
    }
}

fn list_policies(call: &mut Call) -> Done<Reply> {
    let condition = call.thing("conditionid", "condition")?;
    let group = call.thing("vmgroupid", "scalegroup")?;
    let listing = Listing {
        kind: "scalepolicy",
        name: "autoscalepolicy",
        filters: &[("action", "action")],
    };
    call.list_where(&listing, |policy| {
        condition
            .as_ref()
            .is_none_or(|condition| text_of(policy, "conditions").contains(&condition.uuid))
            && group.as_ref().is_none_or(|group| {
                ["scaleuppolicies", "scaledownpolicies"]
                    .iter()
                    .any(|field| text_of(group, field).contains(&policy.uuid))
            })
    })
}

fn create_policy(call: &mut Call) -> Done<Reply> {
    let action = call.required("action")?.to_lowercase();
    if !matches!(action.as_str(), "scaleup" | "scaledown") {
        return Err(Refusal::value(
            "action is invalid, only 'scaleup' and 'scaledown' is supported",
        ));
    }
    let conditions = conditions(call)?;
    let owner = call.owner_of(&call.caller.account)?;
    let before = json!({"action": action, "duration": seconds(call, "duration", 0)?,
        "quiettime": seconds(call, "quiettime", 300)?, "conditions": conditions});
    let policy = call.make(
        &owner,
        ("scalepolicy", "", "", ""),
        owner.body(before, json!({})),
    )?;
    Ok(born(&policy))
}

/// Refuses to change what an enabled group goes by.
fn at_rest(call: &Call, thing: &Thing) -> Done<()> {
    for group in store::mentioning(call.db, "scalegroup", &thing.uuid)? {
        if group.state == "enabled" {
            return Err(Refusal::value(format!(
                "The group {} is enabled; disable it before this is changed",
                group.uuid
            )));
        }
    }
    Ok(())
}

fn update_policy(call: &mut Call) -> Done<Reply> {
    let mut policy = call.own_thing("id", "scalepolicy")?;
    at_rest(call, &policy)?;
    if call.text("conditionids").is_some() {
        policy.set("conditions", conditions(call)?);
    }
    for field in ["duration", "quiettime"] {
        if call.text(field).is_some() {
            policy.set(field, seconds(call, field, 0)?);
        }
    }
    store::update(call.db, &policy)?;
    Ok(begun(&policy))
}

fn create_profile(call: &mut Call) -> Done<Reply> {
    let zone = call.required_thing("zoneid", "zone")?;
    let template = call.required_thing("templateid", "template")?;
    templates::usable(call, &template)?;
    let offering = call.required_thing("serviceofferingid", "serviceoffering")?;
    let owner = call.owner_of(&call.caller.account)?;
    let user = scaling_user(call)?.unwrap_or_else(|| call.caller.user.clone());
    let before = json!({"zoneid": zone.uuid, "serviceofferingid": offering.uuid, "templateid": template.uuid,
        "otherdeployparams": call.text("otherdeployparams"), "destroyvmgraceperiod": seconds(call, "destroyvmgraceperiod", 120)?,
        "autoscaleuserid": user});
    let after = json!({"fordisplay": call.boolean("fordisplay").unwrap_or(true)});
    let profile = call.make(
        &owner,
        ("scaleprofile", "", "", ""),
        owner.body(before, after),
    )?;
    Ok(born(&profile))
}

fn update_profile(call: &mut Call) -> Done<Reply> {
    let mut profile = call.own_thing("id", "scaleprofile")?;
    at_rest(call, &profile)?;
    if let Some(template) = call.thing("templateid", "template")? {
        templates::usable(call, &template)?;
        profile.set("templateid", template.uuid);
    }
    if call.text("destroyvmgraceperiod").is_some() {
        profile.set(
            "destroyvmgraceperiod",
            seconds(call, "destroyvmgraceperiod", 0)?,
        );
    }
    if let Some(user) = scaling_user(call)? {
        profile.set("autoscaleuserid", user);
    }
    call.take_over(&mut profile, &[], &["fordisplay"]);
    store::update(call.db, &profile)?;
    Ok(begun(&profile))
}

/// The user that is to make machines, who has to be one that the caller may speak for.
fn scaling_user(call: &Call) -> Done<Option<String>> {
    match call.text("autoscaleuserid") {
        Some(_) => Ok(Some(call.own_thing("autoscaleuserid", "user")?.uuid)),
        None => Ok(None),
    }
}

fn list_groups(call: &mut Call) -> Done<Reply> {
    let policy = call.thing("policyid", "scalepolicy")?;
    let listing = Listing {
        kind: "scalegroup",
        name: "autoscalevmgroup",
        filters: &[
            ("lbruleid", "lbruleid"),
            ("vmprofileid", "vmprofileid"),
            ("fordisplay", "fordisplay"),
        ],
    };
    let zone = call.thing("zoneid", "zone")?;
    let mut balancers = Vec::new();
    for balancer in store::of_kind(call.db, "loadbalancer")? {
        if zone
            .as_ref()
            .is_none_or(|zone| balancer.text("zoneid") == zone.uuid)
        {
            balancers.push(balancer.uuid);
        }
    }
    call.list_where(&listing, |group| {
        balancers.contains(&group.parent)
            && policy.as_ref().is_none_or(|policy| {
                ["scaleuppolicies", "scaledownpolicies"]
                    .iter()
                    .any(|field| text_of(group, field).contains(&policy.uuid))
            })
    })
}

/// Policies of a group as it shows them, all for the same action.
fn policies(call: &Call, param: &str, action: &str) -> Done<Vec<Value>> {
    let mut shown = Vec::new();
    for policy in call.things(param, "scalepolicy")? {
        if policy.text("action") != action {
            return Err(Refusal::value(format!(
                "the policy {} is not for {action}",
                policy.uuid
            )));
        }
        shown.push(view(call.db, &policy)?);
    }
    Ok(shown)
}

fn sizes(least: i64, most: i64) -> Done<()> {
    if least < 0 || most < 1 || least > most {
        return Err(Refusal::value(format!(
            "minMembers({least})cannot be greater than maxMembers({most})"
        )));
    }
    Ok(())
}

fn create_group(call: &mut Call) -> Done<Reply> {
    let balancer = call.own_thing("lbruleid", "loadbalancer")?;
    let profile = call.own_thing("vmprofileid", "scaleprofile")?;
    if !store::children(call.db, "scalegroup", &balancer.uuid)?.is_empty() {
        return Err(Refusal::value(format!(
            "an AutoScaleVmGroup is already attached to the lb rule, the existing vm group has to be first deleted: {}",
            balancer.uuid
        )));
    }
    if !store::children(call.db, "balanced", &balancer.uuid)?.is_empty() {
        return Err(Refusal::value(
            "there are Vms already bound to the specified LoadBalancing Rule. User bound Vms and AutoScaled Vm Group cannot co-exist on a Load Balancing Rule",
        ));
    }
    let number = |name: &str| call.number(name).unwrap_or(0);
    sizes(number("minmembers"), number("maxmembers"))?;
    let owner = call.owner_like(&balancer)?;
    let before = json!({"lbruleid": balancer.uuid, "vmprofileid": profile.uuid, "minmembers": number("minmembers"),
        "maxmembers": number("maxmembers"), "interval": seconds(call, "interval", 30)?, "state": "new",
        "scaleuppolicies": policies(call, "scaleuppolicyids", "scaleup")?,
        "scaledownpolicies": policies(call, "scaledownpolicyids", "scaledown")?});
    let after = json!({"fordisplay": call.boolean("fordisplay").unwrap_or(true)});
    let group = call.make(
        &owner,
        ("scalegroup", "", "new", &balancer.uuid),
        owner.body(before, after),
    )?;
    Ok(born(&group))
}

fn update_group(call: &mut Call) -> Done<Reply> {
    let mut group = call.own_thing("id", "scalegroup")?;
    let only_shown = call.params.iter().all(|(name, _)| {
        !matches!(
            name.to_lowercase().as_str(),
            "minmembers" | "maxmembers" | "interval" | "scaleuppolicyids" | "scaledownpolicyids"
        )
    });
    if group.state == "enabled" && !only_shown {
        return Err(Refusal::value(format!(
            "An AutoScale Vm Group can be updated with minMembers/maxMembers/Interval only when it is in disabled state: {}",
            group.uuid
        )));
    }
    for field in ["minmembers", "maxmembers", "interval"] {
        if call.text(field).is_some() {
            group.set(field, seconds(call, field, 0)?);
        }
    }
    sizes(group.whole("minmembers"), group.whole("maxmembers"))?;
    for (param, field, action) in [
        ("scaleuppolicyids", "scaleuppolicies", "scaleup"),
        ("scaledownpolicyids", "scaledownpolicies", "scaledown"),
    ] {
        if call.text(param).is_some() {
            group.set(field, policies(call, param, action)?);
        }
    }
    call.take_over(&mut group, &[], &["fordisplay"]);
    store::update(call.db, &group)?;
    Ok(begun(&group))
}
