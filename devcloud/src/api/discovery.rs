//! listApis and listCapabilities: what this cloud offers to the one who asks.

use serde_json::{Value, json};

use super::configuration::{THROTTLING, THROTTLING_INTERVAL, THROTTLING_MAX, flag, number};
use super::fields::{self, Field};
use super::{Access, Api, Call, Done, Reply, Takes, all, opt, roles, type_name};
use crate::wire::VERSION;

pub const APIS: &[Api] = &[
    Api {
        name: "listApis",
        about: "Lists the APIs that the caller may call, with their parameters and answers",
        access: Access::Everyone,
        params: &[&[opt("name", Takes::Text, "only the API of this name")]],
        answers: fields::API,
        run: list_apis,
        job: None,
    },
    Api {
        name: "listCapabilities",
        about: "Lists what this cloud is able to do",
        access: Access::Everyone,
        params: &[],
        answers: fields::CAPABILITY,
        run: list_capabilities,
        job: None,
    },
];

fn list_apis(call: &mut Call) -> Done<Reply> {
    let wanted = call.text("name");
    let mut apis = Vec::new();
    for api in all().filter(|api| wanted.is_none_or(|name| api.name == name)) {
        if roles::permits(call.db, &call.caller, api.access, api.name)? {
            apis.push(declaration(api));
        }
    }
    if let (Some(name), true) = (wanted, apis.is_empty()) {
        return Err(crate::wire::Refusal::param(format!(
            "The API {name} is not known or not for this account"
        )));
    }
    let count = apis.len();
    Ok(Reply::List("api", apis, count))
}

fn declaration(api: &Api) -> Value {
    let related: Vec<&str> = all()
        .filter(|other| std::ptr::eq(other.answers, api.answers) && other.name != api.name)
        .map(|other| other.name)
        .collect();
    let params: Vec<Value> = api
        .params
        .iter()
        .copied()
        .flatten()
        .map(|param| {
            let mut told = json!({
                "name": param.name,
                "description": param.about,
                "type": type_name(param.takes),
                "length": param.length,
                "required": param.required,
            });
            if let Takes::Id(kind) = param.takes {
                told["related"] = json!(lists_of(kind));
            }
            told
        })
        .collect();
    json!({
        "name": api.name,
        "description": api.about,
        "isasync": api.job.is_some(),
        "related": related.join(","),
        "params": params,
        "response": api.answers.iter().map(field).collect::<Vec<_>>(),
    })
}

fn field(field: &Field) -> Value {
    // `type` is a word of Rust's own and written r#type there.
    let name = field.name.trim_start_matches("r#");
    json!({"name": name, "description": field.about, "type": field.kind})
}

/// The list that holds the things which a parameter names.
fn lists_of(kind: &str) -> &'static str {
    match kind {
        "zone" => "listZones",
        "pod" => "listPods",
        "cluster" => "listClusters",
        "host" => "listHosts",
        "storagepool" => "listStoragePools",
        "template" => "listTemplates",
        "serviceoffering" => "listServiceOfferings",
        "diskoffering" => "listDiskOfferings",
        "networkoffering" => "listNetworkOfferings",
        "network" => "listNetworks",
        "machine" => "listVirtualMachines",
        "volume" => "listVolumes",
        "user" => "listUsers",
        "account" => "listAccounts",
        "domain" => "listDomains",
        "ostype" => "listOsTypes",
        "imagestore" => "listImageStores",
        "stagingstore" => "listSecondaryStagingStores",
        "provider" => "listNetworkServiceProviders",
        "traffictype" => "listTrafficTypes",
        "element" => "listVirtualRouterElements",
        "storageips" => "listStorageNetworkIpRange",
        "role" => "listRoles",
        "rolerule" => "listRolePermissions",
        "hypervisorability" => "listHypervisorCapabilities",
        "vpngateway" => "listVpnGateways",
        "customergateway" => "listVpnCustomerGateways",
        "vpnconnection" => "listVpnConnections",
        "vpnuser" => "listVpnUsers",
        "remotevpn" => "listRemoteAccessVpns",
        "staticroute" => "listStaticRoutes",
        "counter" => "listCounters",
        "condition" => "listConditions",
        "scalepolicy" => "listAutoScalePolicies",
        "scaleprofile" => "listAutoScaleVmProfiles",
        "scalegroup" => "listAutoScaleVmGroups",
        "trafficmonitor" => "listTrafficMonitors",
        "iso" => "listIsos",
        "publicip" => "listPublicIpAddresses",
        "snapshot" => "listSnapshots",
        "policy" => "listSnapshotPolicies",
        "vmsnapshot" => "listVMSnapshot",
        "project" => "listProjects",
        "projectinvitation" => "listProjectInvitations",
        "rule" => "listFirewallRules",
        "egressrule" => "listEgressFirewallRules",
        "portforwarding" => "listPortForwardingRules",
        "ipforwarding" => "listIpForwardingRules",
        "loadbalancer" => "listLoadBalancerRules",
        "router" => "listRouters",
        "systemvm" => "listSystemVms",
        "vpc" => "listVPCs",
        "vpcoffering" => "listVPCOfferings",
        "acllist" => "listNetworkACLLists",
        "aclrule" => "listNetworkACLs",
        "securitygroup" => "listSecurityGroups",
        "affinitygroup" => "listAffinityGroups",
        "instancegroup" => "listInstanceGroups",
        "oscategory" => "listOsCategories",
        "physicalnetwork" => "listPhysicalNetworks",
        "vlan" => "listVlanIpRanges",
        "privategateway" => "listPrivateGateways",
        _ => "",
    }
}

fn list_capabilities(call: &mut Call) -> Done<Reply> {
    let mut record = json!({"securitygroupsenabled": false, "cloudstackversion": VERSION, "userpublictemplateenabled": true,
            "supportELB": "false", "projectinviterequired": false, "allowusercreateprojects": true,
            "customdiskofferingminsize": 1, "customdiskofferingmaxsize": 1024, "regionsecondaryenabled": false,
            "kvmsnapshotenabled": false, "allowuserviewdestroyedvm": false, "allowuserexpungerecovervm": false});
    if flag(call.db, THROTTLING)? {
        record["apilimitinterval"] = json!(number(call.db, THROTTLING_INTERVAL)?);
        record["apilimitmax"] = json!(number(call.db, THROTTLING_MAX)?);
    }
    Ok(Reply::One("capability", record))
}
