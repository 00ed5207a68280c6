//! A zone is built from nothing, used, and taken apart again; nothing goes while something is in it.

use serde_json::{Value, json};

use crate::support::World;

fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_string()
}

/// A zone as datacentre files describe them, in their order of calls; the ids of zone, pod, cluster and host.
fn build(world: &World) -> [String; 4] {
    let zone = id(&world.ok(
        "createZone",
        &[
            ("name", "second"),
            ("networktype", "Advanced"),
            ("dns1", "10.0.0.1"),
            ("internaldns1", "10.0.0.1"),
        ],
    )["zone"]);
    let wire = world.id_of(
        "createPhysicalNetwork",
        &[("name", "wire"), ("zoneid", &zone), ("vlan", "100-200")],
    );
    for kind in ["Guest", "Management", "Public"] {
        let traffic = [("physicalnetworkid", wire.as_str()), ("traffictype", kind)];
        world.id_of("addTrafficType", &traffic);
        assert_eq!(world.fails("addTrafficType", &traffic).0, 530);
    }
    let named = [
        ("physicalnetworkid", wire.as_str()),
        ("name", "VirtualRouter"),
    ];
    let provider = world.first("listNetworkServiceProviders", &named);
    let enable = [("id", provider.as_str()), ("state", "Enabled")];
    let (code, text) = world.fails("updateNetworkServiceProvider", &enable);
    assert!(code == 530 && text.contains("not ready"), "{text}");
    let element = world.first("listVirtualRouterElements", &[("nspid", &provider)]);
    world.done(
        "configureVirtualRouterElement",
        &[("id", &element), ("enabled", "true")],
    );
    world.done("updateNetworkServiceProvider", &enable);
    assert_eq!(
        world.rows("listNetworkServiceProviders", &named)[0]["state"],
        "Enabled"
    );
    world.done(
        "updatePhysicalNetwork",
        &[("id", &wire), ("state", "Enabled")],
    );
    let wires = world.rows("listPhysicalNetworks", &[("zoneid", &zone)]);
    assert_eq!(wires[0]["state"], "Enabled");
    let pod = id(&world.ok(
        "createPod",
        &[
            ("name", "pod"),
            ("zoneid", &zone),
            ("startip", "172.17.0.2"),
            ("endip", "172.17.0.200"),
            ("gateway", "172.17.0.1"),
            ("netmask", "255.255.255.0"),
        ],
    )["pod"]);
    let range = [
        ("zoneid", zone.as_str()),
        ("startip", "10.150.0.2"),
        ("endip", "10.150.0.9"),
        ("gateway", "10.150.0.1"),
        ("netmask", "255.255.255.0"),
        ("vlan", "77"),
        ("forvirtualnetwork", "true"),
    ];
    assert_eq!(
        world.ok("createVlanIpRange", &range)["vlan"]["vlan"],
        "vlan://77"
    );
    let (code, text) = world.fails("createVlanIpRange", &range);
    assert!(code == 431 && text.contains("overlap"), "{text}");
    let cluster = id(&world.ok(
        "addCluster",
        &[
            ("clustername", "c"),
            ("clustertype", "CloudManaged"),
            ("hypervisor", "XenServer"),
            ("podid", &pod),
            ("zoneid", &zone),
        ],
    )["cluster"][0]);
    let host = [
        ("hypervisor", "xenserver"),
        ("url", "http://host-1"),
        ("username", "root"),
        ("password", "p"),
        ("podid", &pod),
        ("zoneid", &zone),
        ("clusterid", &cluster),
    ];
    let host = id(&world.ok("addHost", &host)["host"][0]);
    let pool = [
        ("name", "ps"),
        ("url", "nfs://10.0.0.9/primary"),
        ("zoneid", &zone),
        ("podid", &pod),
        ("clusterid", &cluster),
    ];
    world.ok("createStoragePool", &pool);
    assert_eq!(world.fails("createStoragePool", &pool).0, 431);
    let store = [
        ("provider", "NFS"),
        ("url", "nfs://10.0.0.9/secondary"),
        ("zoneid", &zone),
    ];
    world.ok("addImageStore", &store);
    world.ok(
        "updateZone",
        &[("id", &zone), ("allocationstate", "Enabled")],
    );
    [zone, pod, cluster, host]
}

#[test]
fn a_zone_is_built_and_used() {
    let world = World::new();
    let [zone, ..] = build(&world);
    let template = world.first("listTemplates", &[("templatefilter", "featured")]);
    let offering = world.first("listServiceOfferings", &[]);
    let machine = world.done(
        "deployVirtualMachine",
        &[
            ("zoneid", &zone),
            ("templateid", &template),
            ("serviceofferingid", &offering),
        ],
    );
    assert_eq!(machine["hostname"], "host-1");
    let address = &world.rows("listPublicIpAddresses", &[("zoneid", &zone)])[0];
    assert_eq!(address["ipaddress"], "10.150.0.2");
    let range = world.first("listVlanIpRanges", &[("zoneid", &zone)]);
    assert_eq!(world.fails("deleteVlanIpRange", &[("id", &range)]).0, 431);
    assert_eq!(world.rows("listCapacity", &[("type", "0")]).len(), 2);
}

#[test]
fn a_zone_is_taken_apart_from_the_inside() {
    let world = World::new();
    let [zone, pod, cluster, host] = build(&world);
    for (api, id, code) in [
        ("deleteZone", &zone, 530),
        ("deletePod", &pod, 530),
        ("deleteCluster", &cluster, 530),
        ("deleteHost", &host, 431),
    ] {
        assert_eq!(world.fails(api, &[("id", id)]).0, code, "{api}");
    }
    world.done("prepareHostForMaintenance", &[("id", &host)]);
    let hosts = world.rows("listHosts", &[("id", &host)]);
    assert_eq!(hosts[0]["resourcestate"], "Maintenance");
    world.ok("deleteHost", &[("id", &host)]);
    let pool = world.named("listStoragePools", "ps");
    assert_eq!(world.fails("deleteStoragePool", &[("id", &pool)]).0, 431);
    world.done("enableStorageMaintenance", &[("id", &pool)]);
    assert_eq!(
        world.fails("enableStorageMaintenance", &[("id", &pool)]).0,
        431
    );
    world.done("cancelStorageMaintenance", &[("id", &pool)]);
    world.done("enableStorageMaintenance", &[("id", &pool)]);
    world.ok("deleteStoragePool", &[("id", &pool)]);
    world.ok("deleteCluster", &[("id", &cluster)]);
    world.ok("deletePod", &[("id", &pod)]);
    let wire = world.first("listPhysicalNetworks", &[("zoneid", &zone)]);
    assert_eq!(
        world.fails("deletePhysicalNetwork", &[("id", &wire)]).0,
        431
    );
    let range = world.first("listVlanIpRanges", &[("zoneid", &zone)]);
    world.ok("deleteVlanIpRange", &[("id", &range)]);
    world.done("deletePhysicalNetwork", &[("id", &wire)]);
    world.ok("deleteZone", &[("id", &zone)]);
    assert_eq!(world.rows("listZones", &[]).len(), 1);
}

#[test]
fn what_a_zone_is_made_of_changes() {
    let world = World::new();
    let [zone, pod, cluster, host] = build(&world);
    let zones = [
        ("name", "second"),
        ("networktype", "Odd"),
        ("dns1", "1.1.1.1"),
        ("internaldns1", "1.1.1.1"),
    ];
    assert_eq!(world.fails("createZone", &zones).0, 431);
    assert_eq!(
        world.ok("updateZone", &[("id", &zone), ("dns1", "9.9.9.9")])["zone"]["dns1"],
        "9.9.9.9"
    );
    assert_eq!(
        world.ok("updatePod", &[("id", &pod), ("endip", "172.17.0.99")])["pod"]["endip"],
        json!(["172.17.0.99"])
    );
    world.ok(
        "updateCluster",
        &[("id", &cluster), ("allocationstate", "Disabled")],
    );
    assert_eq!(
        world.rows("listClusters", &[("id", &cluster)])[0]["allocationstate"],
        "Disabled"
    );
    world.ok(
        "updateHost",
        &[("id", &host), ("allocationstate", "Disable")],
    );
    assert_eq!(
        world.rows("listHosts", &[("id", &host)])[0]["resourcestate"],
        "Disabled"
    );
    world.done("cancelHostMaintenance", &[("id", &host)]);
    assert_eq!(
        world.fails("cancelHostMaintenance", &[("id", &host)]).0,
        431
    );
    world.done("reconnectHost", &[("id", &host)]);
    assert_eq!(world.rows("listHosts", &[("id", &host)])[0]["state"], "Up");
    let pool = world.named("listStoragePools", "ps");
    let changed = world.ok(
        "updateStoragePool",
        &[("id", &pool), ("capacitybytes", "7")],
    );
    assert_eq!(changed["storagepool"]["disksizetotal"], 7);
    let store = world.named("listImageStores", "nfs://10.0.0.9/secondary");
    world.ok("deleteImageStore", &[("id", &store)]);
    let stores = world.rows("listImageStores", &[]);
    assert_eq!(stores.len(), 1);
    let last = stores[0]["id"].as_str().unwrap();
    assert_eq!(world.fails("deleteImageStore", &[("id", last)]).0, 431);
}

#[test]
fn machines_leave_a_host_before_its_maintenance() {
    let world = World::new();
    let (_, machine) = world.in_network("one");
    let host = world.first("listHosts", &[]);
    let (code, text) = world.fails("prepareHostForMaintenance", &[("id", &host)]);
    assert!(code == 530 && text.contains("no other host"), "{text}");
    assert_eq!(world.rows("listHosts", &[])[0]["resourcestate"], "Enabled");
    devcloud::fill(&world.state(), 1, 1, 0).unwrap();
    world.done("prepareHostForMaintenance", &[("id", &host)]);
    let moved = world.rows("listVirtualMachines", &[("id", &machine)])[0].clone();
    assert_eq!(
        (&moved["state"], &moved["hostname"]),
        (&json!("Running"), &json!("devcloud-host-0002"))
    );
}

#[test]
fn providers_traffic_and_storage_ranges_come_and_go() {
    let world = World::new();
    let wire = world.first("listPhysicalNetworks", &[]);
    let on_wire = [("physicalnetworkid", wire.as_str())];
    let traffic = world.id_of("addTrafficType", &[on_wire[0], ("traffictype", "Storage")]);
    world.done(
        "updateTrafficType",
        &[("id", &traffic), ("xennetworklabel", "blue")],
    );
    let types = || world.rows("listTrafficTypes", &on_wire);
    assert_eq!(
        (types().len(), &types()[3]["xennetworklabel"]),
        (4, &json!("blue"))
    );
    world.done("deleteTrafficType", &[("id", &traffic)]);
    assert_eq!(types().len(), 3);
    assert_eq!(
        world
            .rows("listTrafficTypeImplementors", &[("traffictype", "Guest")])
            .len(),
        1
    );
    let provider = [on_wire[0], ("name", "InternalLbVm")];
    let id = world.id_of("addNetworkServiceProvider", &provider);
    assert_eq!(world.fails("addNetworkServiceProvider", &provider).0, 530);
    assert_eq!(
        world
            .fails("addNetworkServiceProvider", &[on_wire[0], ("name", "Moon")])
            .0,
        431
    );
    let element = world.id_of("createVirtualRouterElement", &[("nspid", &id)]);
    assert_eq!(
        world.first("listInternalLoadBalancerElements", &[("nspid", &id)]),
        element
    );
    world.done(
        "configureInternalLoadBalancerElement",
        &[("id", &element), ("enabled", "true")],
    );
    world.done(
        "updateNetworkServiceProvider",
        &[("id", &id), ("state", "Enabled")],
    );
    assert_eq!(
        world
            .fails("deleteNetworkServiceProvider", &[("id", &id)])
            .0,
        530
    );
    world.done(
        "updateNetworkServiceProvider",
        &[("id", &id), ("state", "Shutdown")],
    );
    world.done("deleteNetworkServiceProvider", &[("id", &id)]);
    assert_eq!(world.rows("listNetworkServiceProviders", &on_wire).len(), 2);
    let services = world.rows("listSupportedNetworkServices", &[("service", "Lb")]);
    assert_eq!(services[0]["provider"][0]["name"], "VirtualRouter");
    let pod = world.first("listPods", &[]);
    let range = [
        ("podid", pod.as_str()),
        ("startip", "10.5.0.2"),
        ("endip", "10.5.0.9"),
        ("gateway", "10.5.0.1"),
        ("netmask", "255.255.255.0"),
    ];
    let id = world.id_of("createStorageNetworkIpRange", &range);
    assert_eq!(world.fails("createStorageNetworkIpRange", &range).0, 431);
    world.done(
        "updateStorageNetworkIpRange",
        &[("id", &id), ("endip", "10.5.0.7")],
    );
    let ranges = || world.rows("listStorageNetworkIpRange", &[("podid", &pod)]);
    assert_eq!(ranges()[0]["endip"], "10.5.0.7");
    world.done("deleteStorageNetworkIpRange", &[("id", &id)]);
    assert!(ranges().is_empty());
}

#[test]
fn offerings_change_and_go_when_nobody_has_them() {
    let world = World::new();
    let offering = [
        ("name", "plain"),
        ("displaytext", "plain"),
        ("guestiptype", "Isolated"),
        ("supportedservices", "Dhcp,Dns"),
        ("traffictype", "Guest"),
    ];
    let id = id(&world.ok("createNetworkOffering", &offering)["networkoffering"]);
    assert_eq!(world.fails("createNetworkOffering", &offering).0, 431);
    let zone = world.first("listZones", &[]);
    let network = [
        ("name", "n"),
        ("displaytext", "n"),
        ("networkofferingid", id.as_str()),
        ("zoneid", &zone),
    ];
    assert_eq!(
        world.fails("createNetwork", &network).0,
        431,
        "it is disabled"
    );
    world.ok(
        "updateNetworkOffering",
        &[("id", &id), ("state", "Enabled")],
    );
    let made = world.ok("createNetwork", &network)["network"]["id"].clone();
    assert_eq!(world.fails("deleteNetworkOffering", &[("id", &id)]).0, 431);
    world.done("deleteNetwork", &[("id", made.as_str().unwrap())]);
    world.ok("deleteNetworkOffering", &[("id", &id)]);
    assert!(
        world
            .rows("listNetworkOfferings", &[("name", "plain")])
            .is_empty()
    );
    let service = world.first("listServiceOfferings", &[]);
    world.ok(
        "updateServiceOffering",
        &[("id", &service), ("displaytext", "tiny")],
    );
    assert_eq!(
        world.rows("listServiceOfferings", &[])[0]["displaytext"],
        "tiny"
    );
    let disk = world.first("listDiskOfferings", &[]);
    world.ok("updateDiskOffering", &[("id", &disk), ("name", "Little")]);
    assert_eq!(world.rows("listDiskOfferings", &[])[0]["name"], "Little");
    let abilities = world.rows("listHypervisorCapabilities", &[("hypervisor", "XenServer")]);
    let ability = abilities[0]["id"].as_str().unwrap();
    world.ok(
        "updateHypervisorCapabilities",
        &[("id", ability), ("maxguestslimit", "9")],
    );
    let abilities = world.rows("listHypervisorCapabilities", &[("id", ability)]);
    assert_eq!(abilities[0]["maxguestslimit"], 9);
}

#[test]
fn regions_directories_and_stores_are_the_clouds_neighbours() {
    let world = World::new();
    let region = [
        ("id", "2"),
        ("name", "North"),
        ("endpoint", "http://north/client/"),
    ];
    assert_eq!(world.ok("addRegion", &region)["region"]["id"], 2);
    assert_eq!(world.fails("addRegion", &region).0, 431);
    world.ok("updateRegion", &[("id", "2"), ("name", "South")]);
    assert_eq!(
        world.rows("listRegions", &[("id", "2")])[0]["name"],
        "South"
    );
    world.ok("removeRegion", &[("id", "2")]);
    assert_eq!(world.rows("listRegions", &[]).len(), 1);
    assert_eq!(world.fails("removeRegion", &[("id", "1")]).0, 431);
    assert_eq!(
        world.rows("listRoles", &[("type", "User")])[0]["name"],
        "User"
    );
    assert_eq!(world.fails("ldapConfig", &[("hostname", "ldap")]).0, 431);
    let ldap = [
        ("hostname", "ldap"),
        ("searchbase", "dc=example"),
        ("queryfilter", "(uid=%u)"),
        ("bindpass", "secret"),
    ];
    assert_eq!(world.ok("ldapConfig", &ldap)["ldapconfig"]["port"], "389");
    let told = world.ok("ldapConfig", &[("listall", "true")]);
    assert_eq!(told["ldapconfig"]["hostname"], "ldap");
    assert!(!told.to_string().contains("secret"));
    world.ok("addSwift", &[("url", "http://swift/v1")]);
    assert_eq!(
        world.fails("addSwift", &[("url", "http://swift/v1")]).0,
        431
    );
    assert_eq!(world.rows("listSwifts", &[])[0]["url"], "http://swift/v1");
    let zone = world.first("listZones", &[]);
    let monitor = world.ok(
        "addTrafficMonitor",
        &[("zoneid", &zone), ("url", "http://10.0.0.7/")],
    );
    assert_eq!(
        world.rows("listTrafficMonitors", &[("zoneid", &zone)])[0]["ipaddress"],
        "10.0.0.7"
    );
    world.ok(
        "deleteTrafficMonitor",
        &[("id", monitor["trafficmonitor"]["id"].as_str().unwrap())],
    );
    assert!(
        world
            .rows("listTrafficMonitors", &[("zoneid", &zone)])
            .is_empty()
    );
}

#[test]
fn who_may_provide_storage_is_listed_by_type() {
    let world = World::new();
    let image = world.rows("listStorageProviders", &[("type", "image")]);
    assert!(image.iter().any(|row| row["name"] == "NFS"));
    assert!(image.iter().all(|row| row["type"] == "IMAGE"));
    assert_eq!(world.fails("listStorageProviders", &[("type", "x")]).0, 431);
}
