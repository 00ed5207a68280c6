//! Events: what was done, by whom and when, and the types that there are.

use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

use super::listing::{OWNED, PAGED, Seen};
use super::{Access, Api, Call, Caller, Done, Param, Reply, Takes, all, fields, opt};
use crate::wire::Refusal;
use crate::{clock, store};

/// The types that real servers know, one a line.
const TYPES: &str = include_str!("event_types.txt");

pub const APIS: &[Api] = &[
    Api {
        name: "listEventTypes",
        about: "Lists the types that events may have",
        access: Access::Everyone,
        params: &[],
        answers: fields::EVENTTYPE,
        run: |_| {
            let mut names: Vec<String> = TYPES.lines().map(String::from).collect();
            names.extend(
                all()
                    .filter(|api| api.job.is_some())
                    .map(|api| kind_of(api.name)),
            );
            names.sort();
            names.dedup();
            let count = names.len();
            let rows = names.iter().map(|name| json!({"name": name})).collect();
            Ok(Reply::List("eventtype", rows, count))
        },
        job: None,
    },
    Api {
        name: "listEvents",
        about: "Lists events, newest first",
        access: Access::Everyone,
        params: &[
            &[
                opt("id", Takes::Uuid, "the id of the event"),
                opt(
                    "type",
                    Takes::Text,
                    "only events of this type, such as VM.CREATE",
                ),
                opt(
                    "level",
                    Takes::Text,
                    "only events of this level: INFO, WARN or ERROR",
                ),
                opt(
                    "startdate",
                    Takes::Date,
                    "only events of this day or later, such as 2026-11-22 or 2026-11-22 00:00:00",
                ),
                opt("enddate", Takes::Date, "only events of this day or earlier"),
            ],
            OWNED,
            PAGED,
        ],
        answers: fields::EVENT,
        run: list,
        job: None,
    },
    Api {
        name: "archiveEvents",
        about: "Takes events of the caller's account out of the lists, and keeps them",
        access: Access::Everyone,
        params: &[WHICH],
        answers: fields::SUCCESS,
        run: |call| {
            let ids = meant(call, "archive")?;
            store::archive_events(call.db, &ids)?;
            Ok(Reply::Success)
        },
        job: None,
    },
    Api {
        name: "deleteEvents",
        about: "Deletes events of the caller's account",
        access: Access::Everyone,
        params: &[WHICH],
        answers: fields::SUCCESS,
        run: |call| {
            let ids = meant(call, "delete")?;
            store::remove_events(call.db, &ids)?;
            Ok(Reply::Success)
        },
        job: None,
    },
];

/// Which events are archived or deleted.
const WHICH: &[Param] = &[
    opt("ids", Takes::List, "the ids of the events, by commas"),
    opt("type", Takes::Text, "only events of this type"),
    opt("startdate", Takes::Date, "only events of this day or later"),
    opt("enddate", Takes::Date, "only events of this day or earlier"),
];

/// The types of events that are not named like their API.
const KINDS: &[(&str, &str)] = &[
    ("activateProject", "PROJECT.ACTIVATE"),
    ("addAccountToProject", "PROJECT.ACCOUNT.ADD"),
    ("addNetworkServiceProvider", "SERVICE.PROVIDER.CREATE"),
    ("addTrafficType", "TRAFFIC.TYPE.CREATE"),
    ("addVpnUser", "VPN.USER.ADD"),
    ("assignToLoadBalancerRule", "LB.ASSIGN.TO.RULE"),
    ("associateIpAddress", "NET.IPASSIGN"),
    ("authorizeSecurityGroupEgress", "SG.AUTH.EGRESS"),
    ("authorizeSecurityGroupIngress", "SG.AUTH.INGRESS"),
    ("cancelHostMaintenance", "MAINT.CANCEL"),
    ("cancelStorageMaintenance", "MAINT.CANCEL.PS"),
    ("configureVirtualRouterElement", "NETWORK.ELEMENT.CONFIGURE"),
    ("createEgressFirewallRule", "FIREWALL.OPEN"),
    ("createFirewallRule", "FIREWALL.OPEN"),
    ("createLBStickinessPolicy", "LB.STICKINESSPOLICY.CREATE"),
    ("createLoadBalancerRule", "LB.CREATE"),
    ("createPhysicalNetwork", "PHYSICAL.NETWORK.CREATE"),
    ("createPortForwardingRule", "NET.RULEADD"),
    ("createPrivateGateway", "PRIVATE.GATEWAY.CREATE"),
    ("createRemoteAccessVpn", "VPN.REMOTE.ACCESS.CREATE"),
    ("createStaticRoute", "STATIC.ROUTE.CREATE"),
    ("createStorageNetworkIpRange", "STORAGE.IP.RANGE.CREATE"),
    ("createVPCOffering", "VPC.OFFERING.CREATE"),
    ("createVpnConnection", "VPN.S2S.CONNECTION.CREATE"),
    (
        "createVpnCustomerGateway",
        "VPN.S2S.CUSTOMER.GATEWAY.CREATE",
    ),
    ("createVpnGateway", "VPN.S2S.VPN.GATEWAY.CREATE"),
    ("deleteAccountFromProject", "PROJECT.ACCOUNT.REMOVE"),
    ("deleteEgressFirewallRule", "FIREWALL.CLOSE"),
    ("deleteFirewallRule", "FIREWALL.CLOSE"),
    ("deleteLBStickinessPolicy", "LB.STICKINESSPOLICY.DELETE"),
    ("deleteLoadBalancerRule", "LB.DELETE"),
    ("deleteNetworkServiceProvider", "SERVICE.PROVIDER.DELETE"),
    ("deletePhysicalNetwork", "PHYSICAL.NETWORK.DELETE"),
    ("deletePortForwardingRule", "NET.RULEDELETE"),
    ("deletePrivateGateway", "PRIVATE.GATEWAY.DELETE"),
    ("deleteProjectInvitation", "PROJECT.INVITATION.REMOVE"),
    ("deleteRemoteAccessVpn", "VPN.REMOTE.ACCESS.DESTROY"),
    ("deleteStaticRoute", "STATIC.ROUTE.DELETE"),
    ("deleteStorageNetworkIpRange", "STORAGE.IP.RANGE.DELETE"),
    ("deleteTrafficType", "TRAFFIC.TYPE.DELETE"),
    ("deleteVPCOffering", "VPC.OFFERING.DELETE"),
    ("deleteVpnConnection", "VPN.S2S.CONNECTION.DELETE"),
    (
        "deleteVpnCustomerGateway",
        "VPN.S2S.CUSTOMER.GATEWAY.DELETE",
    ),
    ("deleteVpnGateway", "VPN.S2S.VPN.GATEWAY.DELETE"),
    ("deployVirtualMachine", "VM.CREATE"),
    ("destroyVirtualMachine", "VM.DESTROY"),
    ("disableStaticNat", "STATICNAT.DISABLE"),
    ("disassociateIpAddress", "NET.IPRELEASE"),
    ("enableStorageMaintenance", "MAINT.PREPARE.PS"),
    ("expungeVirtualMachine", "VM.EXPUNGE"),
    ("migrateVirtualMachine", "VM.MIGRATE"),
    ("prepareHostForMaintenance", "MAINT.PREPARE"),
    ("rebootVirtualMachine", "VM.REBOOT"),
    ("recoverVirtualMachine", "VM.RECOVER"),
    ("removeFromLoadBalancerRule", "LB.REMOVE.FROM.RULE"),
    ("removeVpnUser", "VPN.USER.REMOVE"),
    ("resetPasswordForVirtualMachine", "VM.RESETPASSWORD"),
    ("resetVpnConnection", "VPN.S2S.CONNECTION.RESET"),
    ("restoreVirtualMachine", "VM.RESTORE"),
    ("revokeSecurityGroupEgress", "SG.REVOKE.EGRESS"),
    ("revokeSecurityGroupIngress", "SG.REVOKE.INGRESS"),
    ("scaleVirtualMachine", "VM.UPGRADE"),
    ("startVirtualMachine", "VM.START"),
    ("stopVirtualMachine", "VM.STOP"),
    ("updateLoadBalancerRule", "LB.UPDATE"),
    ("updateNetworkServiceProvider", "SERVICE.PROVIDER.UPDATE"),
    ("updatePhysicalNetwork", "PHYSICAL.NETWORK.UPDATE"),
    ("updatePortForwardingRule", "NET.RULEMODIFY"),
    ("updateProjectInvitation", "PROJECT.INVITATION.UPDATE"),
    ("updateTrafficType", "TRAFFIC.TYPE.UPDATE"),
    ("updateVPCOffering", "VPC.OFFERING.UPDATE"),
    ("updateVirtualMachine", "VM.UPDATE"),
    (
        "updateVpnCustomerGateway",
        "VPN.S2S.CUSTOMER.GATEWAY.UPDATE",
    ),
];

/// The type of the events that an API leaves: VM.CREATE for deployVirtualMachine.
pub fn kind_of(api: &str) -> String {
    if let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == api) {
        return (*kind).into();
    }
    let split = api
        .find(|letter: char| letter.is_ascii_uppercase())
        .unwrap_or(api.len());
    format!("{}.{}", &api[split..], &api[..split]).to_uppercase()
}

/// What there is to say of something that happens.
pub struct Event<'a> {
    pub kind: &'a str,
    pub state: &'a str,
    pub about: &'a str,
    /// The event that this one follows.
    pub after: Option<&'a str>,
}

/// Keeps an event of the account that calls, and gives its id.
pub fn add(db: &Connection, caller: &Caller, event: &Event, now: i64) -> Done<String> {
    let domain = store::by_id(db, "domain", caller.account.domain)?;
    let (uuid, name) = domain.map_or_else(Default::default, |domain| (domain.uuid, domain.name));
    let user = store::by_uuid(db, "user", &caller.user)?.map_or_else(String::new, |user| user.name);
    let failed = event.state == "Error";
    let id = Uuid::new_v4().to_string();
    let mut body = json!({"id": id, "username": user, "type": event.kind,
        "level": if failed { "ERROR" } else { "INFO" }, "description": format!("{}: {}", event.state, event.about),
        "account": caller.account.name, "domainid": uuid, "domain": name, "created": clock::date(now),
        "state": if failed { "Completed" } else { event.state }});
    if let Some(after) = event.after {
        body["parentid"] = json!(after);
    }
    store::add_event(db, caller.account.id, &body)?;
    Ok(id)
}

impl Call<'_> {
    /// Keeps an event about the thing that the call is about.
    pub fn event(&self, state: &str, thing: &str, after: Option<&str>) -> Done<String> {
        let event = Event {
            kind: &kind_of(self.api.name),
            state,
            about: &format!("{} {thing}", noun(self.api)),
            after,
        };
        add(self.db, &self.caller, &event, self.now)
    }
}

/// What an API works on, in the server's word for it or the API's.
fn noun(api: &Api) -> &'static str {
    let instance = api.job.as_ref().map_or("", |work| work.instance);
    if !matches!(instance, "" | "None") {
        return instance;
    }
    let split = api.name.find(|letter: char| letter.is_ascii_uppercase());
    &api.name[split.unwrap_or(0)..]
}

/// Whether an event is of the time that the call asks for.
fn in_time(call: &Call, body: &Value) -> bool {
    let (from, to) = (call.date("startdate"), call.date("enddate"));
    let created = body["created"].as_str().and_then(clock::moment);
    created.is_none_or(|created| {
        from.is_none_or(|from| created >= from) && to.is_none_or(|to| created <= to)
    })
}

/// The ids of the events that a call archives or deletes.
fn meant(call: &Call, verb: &str) -> Done<Vec<String>> {
    let ids = call.listed("ids");
    let given = ["ids", "type", "startdate", "enddate"];
    if given.iter().all(|name| call.text(name).is_none()) {
        return Err(Refusal::value(
            "either ids, type or enddate must be specified",
        ));
    }
    let mut gone = Vec::new();
    for (account, body) in store::events(call.db)? {
        let id = body["id"].as_str().unwrap_or_default();
        let meant = account == call.caller.account.id
            && in_time(call, &body)
            && call.text("type").is_none_or(|kind| body["type"] == kind)
            && (ids.is_empty() || ids.contains(&id));
        if meant {
            gone.push(id.to_string());
        }
    }
    if gone.len() < ids.len() {
        return Err(Refusal::value(format!(
            "Unable to {verb} Events, one or more parameters has invalid values"
        )));
    }
    Ok(gone)
}

fn list(call: &mut Call) -> Done<Reply> {
    let seen = Seen::by(call)?;
    let wanted = |body: &Value| {
        in_time(call, body)
            && body.get("archived").is_none()
            && ["id", "type", "level"]
                .iter()
                .all(|name| call.text(name).is_none_or(|text| body[*name] == text))
            && call.text("keyword").is_none_or(|word| {
                let text = body["description"].as_str().unwrap_or_default();
                text.to_lowercase().contains(&word.to_lowercase())
            })
    };
    let mut rows = Vec::new();
    for (account, body) in store::events(call.db)? {
        if wanted(&body) && seen.sees_account(call, account)? {
            rows.push(body);
        }
    }
    call.page("event", rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_types_that_servers_know() {
        for (api, kind) in KINDS {
            assert!(
                all().any(|known| known.name == *api),
                "{api} is not offered"
            );
            // The guide's table has no words for these two.
            let known = TYPES.lines().any(|line| line == *kind);
            assert!(
                known || ["VM.EXPUNGE", "VM.RECOVER"].contains(kind),
                "{kind}"
            );
        }
    }
}
