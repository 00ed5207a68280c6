//! Physical networks with what they carry and who serves them, and ranges of addresses.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::listing::{Listing, PAGED, view};
use super::things::{begun, born};
use super::{Call, Done, Reply, capabilities, networks};
use crate::api::fields::SUCCESS;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    WIRE: id string "its id", name string "its name", broadcastdomainrange string "ZONE or POD",
        zoneid string "the zone it is in", state string "its state", vlan string "its VLAN",
        isolationmethods string "how networks are kept apart", networkspeed string "its speed",
        domainid string "the domain it belongs to", tags string "its tags";
}
fields! {
    TRAFFIC: id string "its id", physicalnetworkid string "the physical network";
}
fields! {
    PROVIDER: name string "its name", physicalnetworkid string "the physical network",
        destinationphysicalnetworkid string "the physical network that it leads to", state string "its state",
        id string "its id", servicelist list "its services, by commas",
        canenableindividualservice boolean "whether its services are enabled one by one";
}
fields! {
    ELEMENT: id string "its id", nspid string "the provider", enabled boolean "whether it is in use",
        account string "the account it belongs to", projectid string "the project it belongs to",
        project string "that project's name", domainid string "the domain it belongs to",
        domain string "that domain's name";
}
fields! {
    BALANCERELEMENT: id string "its id", nspid string "the provider", enabled boolean "whether it is in use";
}
fields! {
    SERVICE: name string "its name", provider list "who provides it", capability list "what it is able to do";
}
fields! {
    IMPLEMENTOR: traffictype string "what it carries", traffictypeimplementor string "who carries it";
}
fields! {
    RANGE: id string "its id", forvirtualnetwork boolean "whether it is for virtual networks",
        zoneid string "the zone it is in", vlan string "its VLAN", account string "the account it belongs to",
        domainid string "the domain it belongs to", domain string "that domain's name", podid string "the pod it is in",
        podname string "that pod's name", gateway string "its gateway", netmask string "its netmask",
        startip string "its first address", endip string "its last address", networkid string "the network it is in",
        physicalnetworkid string "the physical network", forsystemvms boolean "whether it is for system VMs";
}
fields! {
    STORAGEIPS: id string "its id", vlan integer "its VLAN", startip string "its first address",
        endip string "its last address", gateway string "its gateway", netmask string "its netmask",
        networkid string "the network it is in", podid string "the pod it is in", zoneid string "the zone it is in";
}

apis! {
    Root "listPhysicalNetworks" "Lists physical networks" (PAGED) {
        opt "id" Id("physicalnetwork") "its id";
        opt "name" Text "its name";
        opt "zoneid" Id("zone") "the zone it is in";
    } -> WIRE |call| call.list(&Listing { kind: "physicalnetwork", name: "physicalnetwork", filters: &[("zoneid", "zoneid")] });

    Root "createPhysicalNetwork" "Creates a physical network; it is disabled at first" () {
        req "name" Text "its name";
        req "zoneid" Id("zone") "the zone it is in";
        opt "vlan" Text "its VLANs, such as 100-200";
        opt "broadcastdomainrange" Text "ZONE or POD";
        opt "isolationmethods" List "how networks are kept apart";
        opt "networkspeed" Text "its speed";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "tags" List "its tags";
    } -> WIRE create,
        job "admin.network.CreatePhysicalNetworkCmd" on "PhysicalNetwork" then |call| call.end_shown("physicalnetwork", "physicalnetwork");

    Root "updatePhysicalNetwork" "Changes a physical network, or whether it is in use" () {
        req "id" Id("physicalnetwork") "its id";
        opt "state" Text "Enabled or Disabled";
        opt "vlan" Text "its VLANs, such as 100-200";
        opt "networkspeed" Text "its speed";
        opt "tags" List "its tags";
    } -> WIRE update,
        job "admin.network.UpdatePhysicalNetworkCmd" on "" then |call| call.end_shown("physicalnetwork", "physicalnetwork");

    Root "deletePhysicalNetwork" "Deletes a physical network without public addresses" () {
        req "id" Id("physicalnetwork") "its id";
    } -> SUCCESS |call| {
            let wire = call.required_thing("id", "physicalnetwork")?;
            if !store::mentioning(call.db, "vlan", &wire.uuid)?.is_empty() {
                return Err(Refusal::value("The Physical Network cannot be deleted because there are IP ranges in it"));
            }
            Ok(begun(&wire))
        },
        job "admin.network.DeletePhysicalNetworkCmd" on "PhysicalNetwork" then |call| {
            let wire = call.subject("physicalnetwork")?;
            for kind in ["traffictype", "provider"] {
                for thing in store::children(call.db, kind, &wire.uuid)? {
                    for element in store::children(call.db, "element", &thing.uuid)? {
                        store::remove(call.db, &element)?;
                    }
                    store::remove(call.db, &thing)?;
                }
            }
            call.end_removed("physicalnetwork")
        };

    Root "listTrafficTypes" "Lists what a physical network carries" (PAGED) {
        req "physicalnetworkid" Id("physicalnetwork") "the physical network";
    } -> TRAFFIC |call| call.list(&Listing { kind: "traffictype", name: "traffictype", filters: &[("physicalnetworkid", "physicalnetworkid")] });

    Root "addTrafficType" "Has a physical network carry something" () {
        req "physicalnetworkid" Id("physicalnetwork") "the physical network";
        req "traffictype" Text "Guest, Management, Public or Storage";
        opt "xennetworklabel" Text "the name of the hosts' network that carries it";
        opt "kvmnetworklabel" Text "the name of the hosts' network that carries it";
        opt "vmwarenetworklabel" Text "the name of the hosts' network that carries it";
        opt "vlan" Text "its VLAN";
        opt "isolationmethod" Text "how networks are kept apart";
    } -> TRAFFIC add_traffic,
        job "admin.usage.AddTrafficTypeCmd" on "TrafficType" then |call| call.end_shown("traffictype", "traffictype");

    Root "updateTrafficType" "Changes the names of the hosts' networks that carry something" () {
        req "id" Id("traffictype") "its id";
        opt "xennetworklabel" Text "the name of the hosts' network that carries it";
        opt "kvmnetworklabel" Text "the name of the hosts' network that carries it";
        opt "vmwarenetworklabel" Text "the name of the hosts' network that carries it";
    } -> TRAFFIC |call| {
            let mut traffic = call.required_thing("id", "traffictype")?;
            call.take_over(&mut traffic, &LABELS, &[]);
            store::update(call.db, &traffic)?;
            Ok(begun(&traffic))
        },
        job "admin.usage.UpdateTrafficTypeCmd" on "TrafficType" then |call| call.end_shown("traffictype", "traffictype");

    Root "deleteTrafficType" "Has a physical network carry something no longer" () {
        req "id" Id("traffictype") "its id";
    } -> SUCCESS |call| call.begin_on_common("id", "traffictype"),
        job "admin.usage.DeleteTrafficTypeCmd" on "TrafficType" then |call| call.end_removed("traffictype");

    Root "listTrafficTypeImplementors" "Lists who carries what" (PAGED) {
        opt "traffictype" Text "what it carries";
    } -> IMPLEMENTOR |call| {
            let wanted = call.text("traffictype");
            let rows = IMPLEMENTORS
                .iter()
                .filter(|(name, _)| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name)))
                .map(|(name, by)| json!({"traffictype": name, "traffictypeimplementor": by}))
                .collect();
            call.page("traffictypeimplementorresponse", rows)
        };

    Root "listNetworkServiceProviders" "Lists who serves the networks of physical networks" (PAGED) {
        opt "name" Text "its name";
        opt "physicalnetworkid" Id("physicalnetwork") "the physical network";
        opt "state" Text "its state";
    } -> PROVIDER |call| call.list(&Listing { kind: "provider", name: "networkserviceprovider", filters: &[("physicalnetworkid", "physicalnetworkid"), ("state", "state")] });

    Root "addNetworkServiceProvider" "Adds a provider to a physical network; it is disabled at first" () {
        req "name" Text "its name";
        req "physicalnetworkid" Id("physicalnetwork") "the physical network";
        opt "destinationphysicalnetworkid" Id("physicalnetwork") "the physical network that it leads to";
        opt "servicelist" List "its services, by commas";
    } -> PROVIDER |call| {
            let wire = call.required_thing("physicalnetworkid", "physicalnetwork")?;
            let provider = add_provider(call, &wire, call.required("name")?)?;
            Ok(born(&provider))
        },
        job "admin.network.AddNetworkServiceProviderCmd" on "PhysicalNetworkServiceProvider" then |call| call.end_shown("provider", "networkserviceprovider");

    Root "updateNetworkServiceProvider" "Enables a provider, or ends that" () {
        req "id" Id("provider") "its id";
        opt "state" Text "Enabled, Disabled or Shutdown";
        opt "servicelist" List "its services, by commas";
    } -> PROVIDER update_provider,
        job "admin.network.UpdateNetworkServiceProviderCmd" on "" then |call| call.end_shown("provider", "networkserviceprovider");

    Root "deleteNetworkServiceProvider" "Takes a provider off a physical network" () {
        req "id" Id("provider") "its id";
    } -> SUCCESS |call| {
            let provider = call.required_thing("id", "provider")?;
            if provider.state == "Enabled" {
                return Err(Refusal::new(530, 4250, format!("Provider {} is enabled, and has to be shut down before", provider.name)));
            }
            Ok(begun(&provider))
        },
        job "admin.network.DeleteNetworkServiceProviderCmd" on "PhysicalNetworkServiceProvider" then |call| {
            let provider = call.subject("provider")?;
            for element in store::children(call.db, "element", &provider.uuid)? {
                store::remove(call.db, &element)?;
            }
            call.end_removed("provider")
        };

    Root "listVirtualRouterElements" "Lists the virtual routers of providers" (PAGED) {
        opt "id" Id("element") "its id";
        opt "enabled" Boolean "whether it is in use";
        opt "nspid" Id("provider") "the provider";
    } -> ELEMENT |call| elements(call, "virtualrouterelement", &["VirtualRouter", "VpcVirtualRouter"]);

    Root "createVirtualRouterElement" "Gives a provider a virtual router" () {
        req "nspid" Id("provider") "the provider";
    } -> ELEMENT |call| {
            let provider = call.required_thing("nspid", "provider")?;
            let element = add_element(call, &provider)?;
            Ok(born(&element))
        },
        job "admin.router.CreateVirtualRouterElementCmd" on "None" then |call| call.end_shown("element", "virtualrouterelement");

    Root "configureVirtualRouterElement" "Enables the virtual router of a provider, or ends that" () {
        req "id" Id("element") "its id";
        req "enabled" Boolean "whether it is in use";
    } -> ELEMENT configure,
        job "admin.router.ConfigureVirtualRouterElementCmd" on "None" then |call| call.end_shown("element", "virtualrouterelement");

    Root "listInternalLoadBalancerElements" "Lists the internal load balancers of providers" (PAGED) {
        opt "id" Id("element") "its id";
        opt "enabled" Boolean "whether it is in use";
        opt "nspid" Id("provider") "the provider";
    } -> BALANCERELEMENT |call| elements(call, "internalloadbalancerelement", &["InternalLbVm"]);

    Root "configureInternalLoadBalancerElement" "Enables the internal load balancer of a provider, or ends that" () {
        req "id" Id("element") "its id";
        req "enabled" Boolean "whether it is in use";
    } -> BALANCERELEMENT configure,
        job "admin.internallb.ConfigureInternalLoadBalancerElementCmd" on "" then |call| call.end_shown("element", "internalloadbalancerelement");

    Everyone "listSupportedNetworkServices" "Lists the services that networks may have, and who serves them" (PAGED) {
        opt "service" Text "the service";
        opt "provider" Text "who provides it";
    } -> SERVICE list_services;

    Root "listVlanIpRanges" "Lists ranges of addresses" (PAGED) {
        opt "id" Id("vlan") "its id";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "vlan" Text "its VLAN";
        opt "networkid" Id("network") "the network it is in";
        opt "physicalnetworkid" Id("physicalnetwork") "the physical network";
        opt "podid" Id("pod") "the pod it is in";
        opt "forvirtualnetwork" Boolean "whether it is for virtual networks";
    } -> RANGE |call| call.list(&Listing {
            kind: "vlan",
            name: "vlaniprange",
            filters: &[("zoneid", "zoneid"), ("vlan", "vlan"), ("networkid", "networkid"), ("physicalnetworkid", "physicalnetworkid"), ("podid", "podid"), ("forvirtualnetwork", "forvirtualnetwork")],
        });

    Root "createVlanIpRange" "Adds a range of addresses" () {
        opt "zoneid" Id("zone") "the zone it is in";
        opt "startip" Text "its first address";
        opt "endip" Text "its last address";
        opt "gateway" Text "its gateway";
        opt "netmask" Text "its netmask";
        opt "vlan" Text "its VLAN";
        opt "forvirtualnetwork" Boolean "whether it is for virtual networks";
        opt "forsystemvms" Boolean "whether it is for system VMs";
        opt "physicalnetworkid" Id("physicalnetwork") "the physical network";
        opt "networkid" Id("network") "the network it is in";
        opt "podid" Id("pod") "the pod it is in";
    } -> RANGE create_range;

    Root "deleteVlanIpRange" "Deletes a range of addresses of which none is given out" () {
        req "id" Id("vlan") "its id";
    } -> SUCCESS |call| {
            let range = call.required_thing("id", "vlan")?;
            if !store::mentioning(call.db, "publicip", &range.uuid)?.is_empty() {
                return Err(Refusal::value("Can't delete the range: addresses of it are given out"));
            }
            store::remove(call.db, &range)?;
            Ok(Reply::Success)
        };

    Root "listStorageNetworkIpRange" "Lists ranges of addresses for storage" (PAGED) {
        opt "id" Id("storageips") "its id";
        opt "podid" Id("pod") "the pod it is in";
        opt "zoneid" Id("zone") "the zone it is in";
    } -> STORAGEIPS |call| call.list(&Listing { kind: "storageips", name: "storagenetworkiprange", filters: &[("podid", "podid"), ("zoneid", "zoneid")] });

    Root "createStorageNetworkIpRange" "Adds a range of addresses for storage" () {
        req "podid" Id("pod") "the pod it is in";
        req "startip" Text "its first address";
        opt "endip" Text "its last address";
        req "gateway" Text "its gateway";
        req "netmask" Text "its netmask";
        opt "vlan" Integer "its VLAN";
    } -> STORAGEIPS create_storage_range,
        job "admin.network.CreateStorageNetworkIpRangeCmd" on "None" then |call| call.end_shown("storageips", "storagenetworkiprange");

    Root "updateStorageNetworkIpRange" "Changes a range of addresses for storage" () {
        req "id" Id("storageips") "its id";
        opt "startip" Text "its first address";
        opt "endip" Text "its last address";
        opt "netmask" Text "its netmask";
        opt "vlan" Integer "its VLAN";
    } -> STORAGEIPS |call| {
            let mut range = call.required_thing("id", "storageips")?;
            call.take_over(&mut range, &["startip", "endip", "netmask"], &[]);
            if let Some(vlan) = call.number("vlan") {
                range.set("vlan", vlan);
            }
            bounds(range.text("startip"), range.text("endip"))?;
            store::update(call.db, &range)?;
            Ok(begun(&range))
        },
        job "admin.network.UpdateStorageNetworkIpRangeCmd" on "None" then |call| call.end_shown("storageips", "storagenetworkiprange");

    Root "deleteStorageNetworkIpRange" "Deletes a range of addresses for storage" () {
        req "id" Id("storageips") "its id";
    } -> SUCCESS |call| call.begin_on_common("id", "storageips"),
        job "admin.network.DeleteStorageNetworkIpRangeCmd" on "None" then |call| call.end_removed("storageips");
}

const LABELS: [&str; 3] = ["xennetworklabel", "kvmnetworklabel", "vmwarenetworklabel"];

const IMPLEMENTORS: [(&str, &str); 5] = [
    ("Public", "PublicNetworkGuru"),
    ("Management", "PodBasedNetworkGuru"),
    ("Control", "ControlNetworkGuru"),
    ("Storage", "StorageNetworkGuru"),
    ("Guest", "ExternalGuestNetworkGuru"),
];

/// The providers that there are, and their services.
const PROVIDERS: [(&str, &[&str]); 4] = [
    (
        "VirtualRouter",
        &[
            "Vpn",
            "Dhcp",
            "Dns",
            "Gateway",
            "Firewall",
            "Lb",
            "SourceNat",
            "StaticNat",
            "PortForwarding",
            "UserData",
        ],
    ),
    (
        "VpcVirtualRouter",
        &[
            "Vpn",
            "Dhcp",
            "Dns",
            "Gateway",
            "Lb",
            "SourceNat",
            "StaticNat",
            "PortForwarding",
            "UserData",
            "NetworkACL",
        ],
    ),
    ("InternalLbVm", &["Lb"]),
    ("SecurityGroupProvider", &["SecurityGroup"]),
];

/// Whether there is a service of that name.
pub fn known_service(name: &str) -> bool {
    PROVIDERS
        .iter()
        .any(|(_, services)| services.contains(&name))
}

fn create(call: &mut Call) -> Done<Reply> {
    let zone = call.required_thing("zoneid", "zone")?;
    let name = call.required("name")?;
    if zone.text("networktype") == "Basic"
        && !store::children(call.db, "physicalnetwork", &zone.uuid)?.is_empty()
    {
        return Err(Refusal::value(
            "Cannot add the physical network to basic zone, there is a physical network already existing in this basic Zone",
        ));
    }
    let body = json!({"broadcastdomainrange": call.text("broadcastdomainrange").unwrap_or("ZONE").to_uppercase(),
        "zoneid": zone.uuid, "state": "Disabled", "vlan": call.text("vlan"),
        "isolationmethods": call.text("isolationmethods").unwrap_or("VLAN"),
        "networkspeed": call.text("networkspeed"), "tags": call.text("tags")});
    let wire = call.make_common(("physicalnetwork", name, "Disabled", &zone.uuid), body)?;
    for (name, _) in PROVIDERS {
        let provider = add_provider(call, &wire, name)?;
        if name != "SecurityGroupProvider" {
            add_element(call, &provider)?;
        }
    }
    Ok(born(&wire))
}

fn update(call: &mut Call) -> Done<Reply> {
    let mut wire = call.required_thing("id", "physicalnetwork")?;
    call.take_over(&mut wire, &["vlan", "networkspeed", "tags"], &[]);
    if let Some(state) = call.text("state") {
        let known = ["Enabled", "Disabled"];
        let state = known
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(state));
        wire.state = state
            .ok_or_else(|| {
                Refusal::value("Unable to resolve state to a supported value Enabled or Disabled")
            })?
            .into();
    }
    store::update(call.db, &wire)?;
    Ok(begun(&wire))
}

fn add_traffic(call: &mut Call) -> Done<Reply> {
    let wire = call.required_thing("physicalnetworkid", "physicalnetwork")?;
    let kind = call.required("traffictype")?;
    let known = ["Guest", "Management", "Public", "Storage"];
    let kind = known
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(kind))
        .ok_or_else(|| {
            Refusal::value(format!(
                "Unable to resolve Traffic Type '{kind}' to a supported value"
            ))
        })?;
    let there = store::children(call.db, "traffictype", &wire.uuid)?;
    if there
        .iter()
        .any(|traffic| traffic.text("traffictype") == kind)
    {
        return Err(Refusal::new(
            530,
            4250,
            format!("This Traffic Type is already present for the physical network: {kind}"),
        ));
    }
    let mut body = json!({"traffictype": kind, "physicalnetworkid": wire.uuid});
    for label in LABELS {
        if let Some(text) = call.text(label) {
            body[label] = json!(text);
        }
    }
    let traffic = call.make_common(("traffictype", kind, "", &wire.uuid), body)?;
    Ok(born(&traffic))
}

fn add_provider(call: &Call, wire: &Thing, name: &str) -> Done<Thing> {
    let services = PROVIDERS.iter().find(|(known, _)| *known == name);
    let (_, services) = services.ok_or_else(|| {
        Refusal::value(format!(
            "Unable to find the Network Element implementing the Service Provider '{name}'"
        ))
    })?;
    if store::children(call.db, "provider", &wire.uuid)?
        .iter()
        .any(|provider| provider.name == name)
    {
        return Err(Refusal::new(
            530,
            4250,
            format!(
                "The '{name}' provider already exists on physical network : {}",
                wire.uuid
            ),
        ));
    }
    let listed = call.listed("servicelist");
    let services: Vec<&str> = services
        .iter()
        .copied()
        .filter(|service| listed.is_empty() || listed.contains(service))
        .collect();
    let body = json!({"physicalnetworkid": wire.uuid, "state": "Disabled", "servicelist": services,
        "canenableindividualservice": name != "SecurityGroupProvider"});
    call.make_common(("provider", name, "Disabled", &wire.uuid), body)
}

fn add_element(call: &Call, provider: &Thing) -> Done<Thing> {
    if !store::children(call.db, "element", &provider.uuid)?.is_empty() {
        return Err(Refusal::new(
            530,
            4250,
            format!("The provider {} has its element already", provider.name),
        ));
    }
    let body = json!({"nspid": provider.uuid, "enabled": false});
    call.make_common(("element", &provider.name, "", &provider.uuid), body)
}

fn update_provider(call: &mut Call) -> Done<Reply> {
    let mut provider = call.required_thing("id", "provider")?;
    if let Some(state) = call.text("state") {
        let known = ["Enabled", "Disabled", "Shutdown"];
        let state = known
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(state))
            .ok_or_else(|| {
                Refusal::value(format!(
                    "Unable to resolve the state '{state}' to a supported state"
                ))
            })?;
        let elements = store::children(call.db, "element", &provider.uuid)?;
        if state == "Enabled" && elements.iter().any(|element| !element.is("enabled")) {
            return Err(Refusal::new(
                530,
                4250,
                "Provider is not ready, cannot Enable the provider, please configure the provider first",
            ));
        }
        provider.state = state.into();
    }
    let services = call.listed("servicelist");
    if !services.is_empty() {
        provider.set("servicelist", json!(services));
    }
    store::update(call.db, &provider)?;
    Ok(begun(&provider))
}

fn elements(call: &Call, name: &'static str, providers: &[&str]) -> Done<Reply> {
    let listing = Listing {
        kind: "element",
        name,
        filters: &[("enabled", "enabled"), ("nspid", "nspid")],
    };
    call.list_where(&listing, |element| {
        providers.contains(&element.name.as_str())
    })
}

fn configure(call: &mut Call) -> Done<Reply> {
    let mut element = call.required_thing("id", "element")?;
    call.take_over(&mut element, &[], &["enabled"]);
    store::update(call.db, &element)?;
    Ok(begun(&element))
}

fn list_services(call: &mut Call) -> Done<Reply> {
    let (service, provider) = (call.text("service"), call.text("provider"));
    let mut names: Vec<&str> = PROVIDERS
        .iter()
        .flat_map(|(_, services)| services.iter().copied())
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut rows = Vec::new();
    for name in names
        .into_iter()
        .filter(|name| service.is_none_or(|service| service == *name))
    {
        let by: Vec<Value> = PROVIDERS
            .iter()
            .filter(|(known, services)| {
                services.contains(&name) && provider.is_none_or(|provider| provider == *known)
            })
            .map(|(known, _)| json!({"name": known, "canenableindividualservice": true}))
            .collect();
        if !by.is_empty() {
            rows.push(
                json!({"name": name, "provider": by, "capability": capabilities::of_service(name)}),
            );
        }
    }
    call.page("networkservice", rows)
}

/// The first and the last of a range of addresses, in their order.
fn bounds(first: &str, last: &str) -> Done<(u32, u32)> {
    let parsed = |text: &str| text.parse::<Ipv4Addr>().map(u32::from);
    match (parsed(first), parsed(last)) {
        (Ok(first), Ok(last)) if first <= last => Ok((first, last)),
        _ => Err(Refusal::value(format!(
            "Please specify a valid IP range: {first} to {last} is none"
        ))),
    }
}

fn create_range(call: &mut Call) -> Done<Reply> {
    let network = call.thing("networkid", "network")?;
    let wire = call.thing("physicalnetworkid", "physicalnetwork")?;
    let pod = call.thing("podid", "pod")?;
    let zone = match (call.thing("zoneid", "zone")?, &network, &wire) {
        (Some(zone), _, _) => zone,
        (None, Some(other), _) | (None, None, Some(other)) => {
            store::by_uuid(call.db, "zone", other.text("zoneid"))?
                .ok_or_else(|| Refusal::value("Unable to find the zone of the range"))?
        }
        (None, None, None) => return Err(Refusal::value("Please specify the zone of the range")),
    };
    let wire = match wire {
        Some(wire) => Some(wire),
        None => store::children(call.db, "physicalnetwork", &zone.uuid)?
            .into_iter()
            .next(),
    };
    let start = call
        .text("startip")
        .ok_or_else(|| Refusal::value("Please specify either ipv4 or ipv6 parameters"))?;
    let end = call.text("endip").unwrap_or(start);
    let (first, last) = bounds(start, end)?;
    for field in ["gateway", "netmask"] {
        let text = call.text(field).unwrap_or_default();
        if text.parse::<Ipv4Addr>().is_err() {
            return Err(Refusal::value(format!("Please specify a valid {field}")));
        }
    }
    let public = call.boolean("forvirtualnetwork").unwrap_or(true);
    for range in store::of_kind(call.db, "vlan")? {
        let (from, to) = bounds(range.text("startip"), range.text("endip"))?;
        if range.text("zoneid") == zone.uuid && first <= to && from <= last {
            return Err(Refusal::value(format!(
                "The IP range {start} to {end} has IPs that overlap with the range {} to {}",
                range.text("startip"),
                range.text("endip")
            )));
        }
    }
    let root = store::of_kind(call.db, "domain")?.into_iter().next();
    let vlan = call.text("vlan").unwrap_or("untagged");
    let vlan = if vlan.contains("://") {
        vlan.to_string()
    } else {
        format!("vlan://{vlan}")
    };
    if let Some(mut network) = network.clone().filter(|_| pod.is_some()) {
        // The network of a Basic zone has the addresses that its pods have.
        let (gateway, netmask) = (call.required("gateway")?, call.required("netmask")?);
        network.set("cidr", networks::cidr(gateway, netmask)?);
        network.set("gateway", gateway);
        network.set("netmask", netmask);
        store::update(call.db, &network)?;
    }
    let carried = network.map_or_else(|| uuid::Uuid::new_v4().to_string(), |network| network.uuid);
    let body = json!({"forvirtualnetwork": public, "zoneid": zone.uuid, "vlan": vlan, "account": "system",
        "domainid": root.as_ref().map(|root| &root.uuid), "domain": root.as_ref().map(|root| &root.name),
        "podid": pod.as_ref().map(|pod| &pod.uuid), "podname": pod.as_ref().map(|pod| &pod.name),
        "gateway": call.text("gateway"), "netmask": call.text("netmask"), "startip": start, "endip": end,
        "networkid": carried, "physicalnetworkid": wire.map(|wire| wire.uuid),
        "forsystemvms": call.boolean("forsystemvms").unwrap_or(false)});
    let range = call.make_common(("vlan", "", "", &zone.uuid), body)?;
    Ok(Reply::One("vlan", view(call.db, &range)?))
}

/// The bounds of the ranges from which the machines in a shared network get their addresses; none where it has no range.
pub fn guest_ranges(call: &Call, network: &Thing) -> Done<Vec<(u32, u32)>> {
    let ranges = store::mentioning(call.db, "vlan", &network.uuid)?;
    let own = ranges
        .iter()
        .filter(|range| range.text("networkid") == network.uuid);
    own.map(|range| bounds(range.text("startip"), range.text("endip")))
        .collect()
}

/// The range of addresses that a shared network is made with.
pub fn add_guest_range(call: &Call, network: &Thing, first: &str) -> Done<()> {
    let last = call.text("endip").unwrap_or(first);
    bounds(first, last)?;
    let body = json!({"forvirtualnetwork": false, "zoneid": network.text("zoneid"),
        "vlan": format!("vlan://{}", call.text("vlan").unwrap_or("untagged")), "account": "system",
        "gateway": network.text("gateway"), "netmask": network.text("netmask"), "startip": first, "endip": last,
        "networkid": network.uuid, "physicalnetworkid": call.text("physicalnetworkid"), "forsystemvms": false});
    call.make_common(("vlan", "", "", network.text("zoneid")), body)?;
    Ok(())
}

fn create_storage_range(call: &mut Call) -> Done<Reply> {
    let pod = call.required_thing("podid", "pod")?;
    let start = call.required("startip")?;
    let end = call.text("endip").unwrap_or(start);
    let (first, last) = bounds(start, end)?;
    for range in store::children(call.db, "storageips", &pod.uuid)? {
        let (from, to) = bounds(range.text("startip"), range.text("endip"))?;
        if first <= to && from <= last {
            return Err(Refusal::value(format!(
                "The IP range {start} to {end} overlaps with one that is there"
            )));
        }
    }
    let body = json!({"vlan": call.number("vlan"), "startip": start, "endip": end, "gateway": call.required("gateway")?,
        "netmask": call.required("netmask")?, "networkid": uuid::Uuid::new_v4().to_string(), "podid": pod.uuid,
        "zoneid": pod.text("zoneid")});
    let range = call.make_common(("storageips", "", "", &pod.uuid), body)?;
    Ok(born(&range))
}
