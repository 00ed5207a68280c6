//! Lists narrowed by what was typed, and lists of clouds that have fewer APIs or others.

use super::*;
use crate::catalog::{Field, Param};
use crate::cloud::Dialect;
use crate::cloud::cloudstack::CLOUDSTACK;

fn whole() -> Vec<Api> {
    CLOUDSTACK.shipped().unwrap().apis
}

fn pairs(given: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    given.iter().map(owned).collect()
}

fn of(apis: &[Api], api: &str, param: &str, given: &[(&str, &str)]) -> Option<Listing> {
    let catalog = Catalog::of(apis.to_vec());
    let api = catalog.api(api).unwrap().unwrap();
    listing("", &catalog, &api, param, &pairs(given))
}

/// The call as one line, without `listall`.
fn call(listing: &Listing) -> String {
    let mut line = listing.request.api.clone();
    for (name, value) in &listing.request.params {
        if name != "listall" {
            line += &format!(" {name}={value}");
        }
    }
    line
}

#[test]
fn what_was_typed_narrows_a_list_unless_it_would_hide_what_is_right() {
    let apis = whole();
    for (api, param, given, expected) in [
        (
            "deployVirtualMachine",
            "templateid",
            &[("zoneid", "z")][..],
            "listTemplates zoneid=z templatefilter=executable",
        ),
        (
            "listTemplates",
            "id",
            &[("templatefilter", "self"), ("zoneid", "z")],
            "listTemplates templatefilter=self zoneid=z",
        ),
        (
            "deployVirtualMachine",
            "networkids",
            &[("zoneid", "z"), ("account", "a"), ("domainid", "d")],
            "listNetworks zoneid=z",
        ),
        (
            "deployVirtualMachine",
            "securitygroupids",
            &[("account", "a"), ("domainid", "d")],
            "listSecurityGroups account=a domainid=d",
        ),
        (
            "deployVirtualMachine",
            "securitygroupids",
            &[("account", "a")],
            "listSecurityGroups",
        ),
        (
            "deployVirtualMachine",
            "networkids",
            &[("projectid", "p")],
            "listNetworks projectid=p",
        ),
        (
            "deployVirtualMachine",
            "account",
            &[("domainid", "d"), ("account", "a")],
            "listAccounts domainid=d",
        ),
        (
            "deployVirtualMachine",
            "zoneid",
            &[("zoneid", "z"), ("domainid", "d")],
            "listZones",
        ),
        (
            "deployVirtualMachine",
            "serviceofferingid",
            &[("domainid", "d"), ("account", "a")],
            "listServiceOfferings",
        ),
        (
            "attachVolume",
            "id",
            &[("virtualmachineid", "v")],
            "listVolumes",
        ),
        (
            "detachVolume",
            "id",
            &[("virtualmachineid", "v")],
            "listVolumes virtualmachineid=v",
        ),
        (
            "migrateVirtualMachine",
            "hostid",
            &[("virtualmachineid", "v")],
            "findHostsForMigration virtualmachineid=v",
        ),
        (
            "migrateVirtualMachine",
            "hostid",
            &[],
            "listHosts type=Routing",
        ),
        (
            "migrateVolume",
            "storageid",
            &[("volumeid", "v")],
            "findStoragePoolsForMigration id=v",
        ),
        (
            "scaleVirtualMachine",
            "serviceofferingid",
            &[("id", "v")],
            "listServiceOfferings virtualmachineid=v",
        ),
        (
            "createStoragePool",
            "clusterid",
            &[("podid", "p"), ("zoneid", "z")],
            "listClusters podid=p zoneid=z",
        ),
        (
            "listVirtualMachines",
            "storageid",
            &[("podid", "p"), ("zoneid", "z")],
            "listStoragePools zoneid=z",
        ),
        (
            "addNicToVirtualMachine",
            "virtualmachineid",
            &[("networkid", "n")],
            "listVirtualMachines",
        ),
        (
            "createPortForwardingRule",
            "virtualmachineid",
            &[("networkid", "n")],
            "listVirtualMachines networkid=n",
        ),
        (
            "updateDefaultNicForVirtualMachine",
            "nicid",
            &[("virtualmachineid", "v")],
            "listNics virtualmachineid=v",
        ),
        (
            "replaceNetworkACLList",
            "aclid",
            &[("networkid", "n")],
            "listNetworkACLLists",
        ),
        (
            "assignVirtualMachine",
            "virtualmachineid",
            &[("account", "a"), ("domainid", "d")],
            "listVirtualMachines",
        ),
        ("moveUser", "id", &[("account", "a")], "listUsers"),
        (
            "createTags",
            "resourceids",
            &[("resourcetype", "uservm")],
            "listVirtualMachines",
        ),
        (
            "deployVirtualMachine",
            "iptonetworklist[0].networkid",
            &[("zoneid", "z")],
            "listNetworks zoneid=z",
        ),
        (
            "deployVirtualMachine",
            "templateid",
            &[("zoneid", "name:devcloud")],
            "listTemplates templatefilter=executable",
        ),
    ] {
        let found = of(&apis, api, param, given).unwrap_or_else(|| panic!("{api}.{param}"));
        assert_eq!(call(&found), expected, "{api}.{param}");
        assert!(found.missing.is_empty(), "{api}.{param}");
    }
    assert_eq!(of(&apis, "createTags", "resourceids", &[]), None);
    assert_eq!(of(&apis, "createVolume", "customid", &[]), None);
    assert_eq!(of(&apis, "createVolume", "name", &[]), None);
}

#[test]
fn a_list_says_how_it_is_asked() {
    let apis = whole();
    let machines = of(&apis, "destroyVirtualMachine", "id", &[]).unwrap();
    let everyones = ("listall".to_string(), "true".to_string());
    assert!(machines.request.params.contains(&everyones));
    assert_eq!(
        (machines.keyword, machines.paged, machines.by_value),
        (true, true, Some("id"))
    );
    let roles = of(&apis, "deleteRole", "id", &[]).unwrap();
    assert_eq!((roles.keyword, roles.paged), (false, false));
    let nics = of(&apis, "listNics", "nicid", &[("virtualmachineid", "v")]).unwrap();
    assert_eq!(nics.by_value, Some("nicid"));
    let nics = of(&apis, "addIpToNic", "nicid", &[]).unwrap();
    assert_eq!((nics.within, nics.by_value), (vec!["nic"], None));
    let keys = of(&apis, "deployVirtualMachine", "keypair", &[]).unwrap();
    assert_eq!((keys.value, keys.by_value), ("name", Some("name")));
    let blades = of(&apis, "associateUcsProfileToBlade", "bladeid", &[]).unwrap();
    assert_eq!(blades.missing, ["ucsmanagerid"]);
}

fn api(name: &str, params: &[(&str, &str, &str)], fields: &[&str]) -> Api {
    Api {
        name: name.into(),
        params: params
            .iter()
            .map(|(name, kind, related)| Param {
                name: name.to_string(),
                kind: kind.to_string(),
                related: related.to_string(),
                ..Param::default()
            })
            .collect(),
        response: fields
            .iter()
            .map(|name| Field {
                name: name.to_string(),
                ..Field::default()
            })
            .collect(),
        ..Api::default()
    }
}

#[test]
fn a_cloud_is_asked_for_no_list_that_it_does_not_have() {
    let apis = [
        api(
            "migrateVirtualMachine",
            &[("hostid", "uuid", ""), ("virtualmachineid", "uuid", "")],
            &[],
        ),
        api("listHosts", &[], &["id"]),
        api("listVirtualMachinesMetrics", &[], &[]),
    ];
    let hosts = of(
        &apis,
        "migrateVirtualMachine",
        "hostid",
        &[("virtualmachineid", "v")],
    );
    assert_eq!(hosts.unwrap().request.api, "listHosts");
    let machines = of(&apis, "migrateVirtualMachine", "virtualmachineid", &[]);
    assert_eq!(machines.unwrap().request.api, "listVirtualMachinesMetrics");
    assert_eq!(of(&apis[..1], "migrateVirtualMachine", "hostid", &[]), None);
    let apis = [
        api(
            "createPod",
            &[
                ("physicalnetworkid", "uuid", "listNetworks"),
                ("gatewayid", "uuid", ""),
            ],
            &[],
        ),
        api("listNetworks", &[], &["id"]),
        api("listGateways", &[], &["id"]),
    ];
    assert_eq!(of(&apis, "createPod", "physicalnetworkid", &[]), None);
    let gateways = of(&apis, "createPod", "gatewayid", &[]);
    assert_eq!(gateways.unwrap().request.api, "listGateways");
}

#[test]
fn parameters_that_no_table_knows_are_listed_by_their_names_and_then_by_what_is_related() {
    let apis = [
        api(
            "paintFancyThing",
            &[
                ("id", "uuid", ""),
                ("sourcebrushid", "uuid", ""),
                ("colour", "uuid", "createPaint,listPaintsMetrics,listPaints"),
                ("batteryids", "list", ""),
                ("reason", "string", "listPaints"),
            ],
            &[],
        ),
        api("resizeBrushShape", &[("id", "uuid", "")], &[]),
        api("listFancyThings", &[("id", "uuid", "")], &["id", "name"]),
        api("listBrushes", &[], &["id"]),
        api("listBatteries", &[], &["id"]),
        api("listPaints", &[], &["id"]),
        api("listPaintsMetrics", &[], &["id"]),
    ];
    for (name, param, expected) in [
        ("paintFancyThing", "id", Some("listFancyThings")),
        ("paintFancyThing", "sourcebrushid", Some("listBrushes")),
        ("paintFancyThing", "batteryids", Some("listBatteries")),
        ("paintFancyThing", "colour", Some("listPaints")),
        ("paintFancyThing", "reason", None),
        ("resizeBrushShape", "id", Some("listBrushes")),
        ("listFancyThings", "id", Some("listFancyThings")),
    ] {
        let found = of(&apis, name, param, &[]).map(|found| found.request.api);
        assert_eq!(found.as_deref(), expected, "{name}.{param}");
    }
}
