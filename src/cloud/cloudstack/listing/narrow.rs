//! What was typed of a call that narrows a list of values for it, and never hides a right one.

use crate::catalog::Api;

/// A typed parameter that a list of the same parameter may be narrowed by, and the lists; none for all. Others are left out
/// because they would hide what is right: storage of a whole zone is in no cluster, a machine that is to get a network is not
/// yet in it.
const NARROWING: [(&str, &[&str]); 15] = [
    ("zoneid", &[]),
    (
        "podid",
        &[
            "listClusters",
            "listHosts",
            "listInternalLoadBalancerVMs",
            "listRouters",
            "listStorageNetworkIpRange",
            "listSystemVms",
            "listVirtualMachines",
        ],
    ),
    ("clusterid", &["listHosts"]),
    (
        "hypervisor",
        &[
            "listClusters",
            "listGuestOsMapping",
            "listHosts",
            "listHypervisorCapabilities",
            "listTemplates",
        ],
    ),
    (
        "physicalnetworkid",
        &[
            "listBaremetalDhcp",
            "listBaremetalPxeServers",
            "listBigSwitchBcfDevices",
            "listBrocadeVcsDevices",
            "listNetscalerLoadBalancers",
            "listNetworkServiceProviders",
            "listNiciraNvpDevices",
            "listOpenDaylightControllers",
            "listPaloAltoFirewalls",
            "listTrafficTypes",
            "listVlanIpRanges",
        ],
    ),
    (
        "vpcid",
        &[
            "listInternalLoadBalancerVMs",
            "listNetworkACLLists",
            "listNetworks",
            "listPrivateGateways",
            "listPublicIpAddresses",
            "listRouters",
            "listStaticRoutes",
            "listVirtualMachines",
            "listVpnGateways",
        ],
    ),
    ("virtualmachineid", &["listNics", "listVMSnapshot"]),
    ("networkid", &["listNics"]),
    ("volumeid", &["listSnapshotPolicies", "listSnapshots"]),
    ("oscategoryid", &["listOsTypes"]),
    ("roleid", &["listRolePermissions"]),
    ("aclid", &["listNetworkACLs"]),
    (
        "lbruleid",
        &["listLBHealthCheckPolicies", "listLBStickinessPolicies"],
    ),
    ("templatefilter", &["listTemplates"]),
    ("isofilter", &["listIsos"]),
];

/// Lists of what others may use too, which the owner's account would hide.
const SHARED: [&str; 4] = [
    "listAffinityGroups",
    "listIsos",
    "listNetworks",
    "listTemplates",
];

/// The parameters of `list` that what was typed for `api` gives, but for the parameter `own` that is sought itself.
pub fn narrowing<'g>(
    api: &Api,
    own: &str,
    list: &Api,
    given: &[&'g (String, String)],
) -> Vec<(&'g str, &'g str)> {
    let reading = api.name.starts_with("list");
    let has = |name: &str| list.param(name).is_some();
    let typed = |name: &str| given.iter().any(|(known, _)| known == name);
    let plain = list.name.strip_suffix("Metrics").unwrap_or(&list.name);
    // Accounts and users are in a domain; what else is in it belongs to an account there.
    let of_domain = matches!(plain, "listAccounts" | "listUsers");
    let owned = has("account") && has("domainid") && !SHARED.contains(&plain);
    given
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| *name != own && has(name))
        .filter(|(name, _)| match *name {
            "projectid" => true,
            "account" => owned && typed("domainid"),
            "domainid" => of_domain || (owned && (typed("account") || reading)),
            "isrecursive" => reading && (of_domain || owned) && typed("domainid"),
            name => NARROWING.iter().any(|(known, lists)| {
                *known == name && (lists.is_empty() || lists.contains(&plain))
            }),
        })
        .collect()
}
