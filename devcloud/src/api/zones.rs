//! What clouds are built of: zones, pods, clusters, hosts, storage pools and image stores, added, changed, taken away when
//! nothing is in them.

use serde_json::{Value, json};

use super::listing::{Listing, PAGED, view};
use super::things::begun;
use super::{Call, Done, Reply, in_job, machines};
use crate::api::fields::{CLUSTER, HOST, POD, POOL, SUCCESS, ZONE};
use crate::clock;
use crate::store::{self, Thing};
use crate::wire::Refusal;

fields! {
    IMAGESTORE: id string "its id", zoneid string "the zone it is in", zonename string "that zone's name",
        name string "its name", url string "where it is", protocol string "what it speaks",
        providername string "who provides it", scope scopetype "CLUSTER or ZONE";
}

apis! {
    Root "createZone" "Creates a zone; it is disabled at first" () {
        req "name" Text "its name";
        req "networktype" Text "Basic or Advanced";
        req "dns1" Text "its first DNS server";
        opt "dns2" Text "its second DNS server";
        req "internaldns1" Text "the first DNS server for its own machines";
        opt "internaldns2" Text "the second DNS server for its own machines";
        opt "allocationstate" Text "Enabled or Disabled";
        opt "guestcidraddress" Text "the guests' network";
        opt "domain" Text "the DNS domain of its networks";
        opt "domainid" Id("domain") "the domain it belongs to";
        opt "localstorageenabled" Boolean "whether hosts' disks are used";
        opt "securitygroupenabled" Boolean "whether security groups work";
    } -> ZONE create_zone;

    Root "updateZone" "Changes a zone, or whether it is in use" () {
        req "id" Id("zone") "its id";
        opt "name" Text "its name";
        opt "allocationstate" Text "Enabled or Disabled";
        opt "dns1" Text "its first DNS server";
        opt "dns2" Text "its second DNS server";
        opt "internaldns1" Text "the first DNS server for its own machines";
        opt "internaldns2" Text "the second DNS server for its own machines";
        opt "guestcidraddress" Text "the guests' network";
        opt "dhcpprovider" Text "who answers DHCP";
        opt "domain" Text "the DNS domain of its networks";
        opt "localstorageenabled" Boolean "whether hosts' disks are used";
        opt "details" Map "its details, such as details[0].name=value";
    } -> ZONE update_zone;

    Root "deleteZone" "Deletes a zone that has nothing in it" () {
        req "id" Id("zone") "its id";
    } -> SUCCESS |call| {
            let zone = call.required_thing("id", "zone")?;
            empty(call, &zone, "zone", &["pod", "network", "physicalnetwork", "publicip"])?;
            for kind in ["systemvm", "template"] {
                let things = store::mentioning(call.db, kind, &zone.uuid)?;
                for thing in things.iter().filter(|thing| thing.account == 0 && thing.text("zoneid") == zone.uuid) {
                    store::remove(call.db, thing)?;
                }
            }
            store::remove(call.db, &zone)?;
            Ok(Reply::Success)
        };

    Root "createPod" "Creates a pod" () {
        req "name" Text "its name";
        req "zoneid" Id("zone") "the zone it is in";
        req "startip" Text "its first address";
        req "gateway" Text "its gateway";
        req "netmask" Text "its netmask";
        opt "endip" Text "its last address";
        opt "allocationstate" Text "Enabled or Disabled";
    } -> POD create_pod;

    Root "updatePod" "Changes a pod" () {
        req "id" Id("pod") "its id";
        opt "name" Text "its name";
        opt "startip" Text "its first address";
        opt "endip" Text "its last address";
        opt "gateway" Text "its gateway";
        opt "netmask" Text "its netmask";
        opt "allocationstate" Text "Enabled or Disabled";
    } -> POD update_pod;

    Root "deletePod" "Deletes a pod that has nothing in it" () {
        req "id" Id("pod") "its id";
    } -> SUCCESS |call| {
            let pod = call.required_thing("id", "pod")?;
            empty(call, &pod, "pod", &["cluster"])?;
            store::remove(call.db, &pod)?;
            Ok(Reply::Success)
        };

    Root "addCluster" "Adds a cluster" () {
        req "clustername" Text "the cluster's name";
        req "clustertype" Text "CloudManaged or ExternalManaged";
        req "hypervisor" Text "what it runs on";
        req "podid" Id("pod") "the pod it is in";
        req "zoneid" Id("zone") "the zone it is in";
        opt "allocationstate" Text "Enabled or Disabled";
        opt "username" Text "the name to log in with";
        opt "password" Text "the password to log in with";
        opt "url" Text "where it is";
    } -> CLUSTER add_cluster;

    Root "updateCluster" "Changes a cluster, or whether it is in use" () {
        req "id" Id("cluster") "its id";
        opt "clustername" Text "the cluster's name";
        opt "allocationstate" Text "Enabled or Disabled";
        opt "managedstate" Text "Managed or Unmanaged";
        opt "clustertype" Text "CloudManaged or ExternalManaged";
        opt "hypervisor" Text "what it runs on";
    } -> CLUSTER update_cluster;

    Root "deleteCluster" "Deletes a cluster that has nothing in it" () {
        req "id" Id("cluster") "its id";
    } -> SUCCESS |call| {
            let cluster = call.required_thing("id", "cluster")?;
            empty(call, &cluster, "cluster", &["host", "storagepool"])?;
            store::remove(call.db, &cluster)?;
            Ok(Reply::Success)
        };

    Root "addHost" "Adds a host" () {
        req "hypervisor" Text "what it runs on";
        req "url" Text "where it is";
        req "username" Text "the name to log in with";
        req "password" Text "the password to log in with";
        req "podid" Id("pod") "the pod it is in";
        req "zoneid" Id("zone") "the zone it is in";
        opt "clusterid" Id("cluster") "the cluster it is in";
        opt "clustername" Text "the cluster's name";
        opt "hosttags" List "its tags, by commas";
        opt "allocationstate" Text "Enabled or Disabled";
    } -> HOST add_host;

    Root "updateHost" "Changes a host, or whether it is in use" () {
        req "id" Id("host") "its id";
        opt "allocationstate" Text "Enable or Disable";
        opt "hosttags" List "its tags, by commas";
        opt "oscategoryid" Id("oscategory") "the category of systems that it prefers";
    } -> HOST update_host;

    Root "deleteHost" "Deletes a host that is in maintenance" () {
        req "id" Id("host") "its id";
        opt "forced" Boolean "whether it goes although it is in use";
    } -> SUCCESS delete_host;

    Root "prepareHostForMaintenance" "Empties a host and keeps machines off it" () {
        req "id" Id("host") "its id";
    } -> HOST |call| prepare(call),
        job "admin.host.PrepareForMaintenanceCmd" on "Host" then empty_host;

    Root "cancelHostMaintenance" "Takes a host back into use" () {
        req "id" Id("host") "its id";
    } -> HOST |call| {
            let host = call.required_thing("id", "host")?;
            if host.text("resourcestate") == "Enabled" {
                return Err(Refusal::value(format!("Unable to find host with ID: {} in maintenance", host.uuid)));
            }
            Ok(begun(&host))
        },
        job "admin.host.CancelMaintenanceCmd" on "Host" then |call| in_resource_state(call, "Enabled");

    Root "reconnectHost" "Speaks to a host anew" () {
        req "id" Id("host") "its id";
    } -> HOST |call| call.begin_on_common("id", "host"),
        job "admin.host.ReconnectHostCmd" on "Host" then |call| call.end_in("host", "host", "Up");

    Root "createStoragePool" "Adds a storage pool" () {
        req "name" Text "its name";
        req "url" Text "where it is, such as nfs://host/path";
        req "zoneid" Id("zone") "the zone it is in";
        opt "podid" Id("pod") "the pod it is in";
        opt "clusterid" Id("cluster") "the cluster it is in";
        opt "scope" Text "CLUSTER or ZONE";
        opt "provider" Text "who provides it";
        opt "capacitybytes" Long "its size in bytes";
        opt "capacityiops" Long "how many operations a second it has";
        opt "hypervisor" Text "what it runs on";
        opt "tags" Text "its tags";
        opt "details" Map "its details, such as details[0].name=value";
    } -> POOL create_pool;

    Root "updateStoragePool" "Changes a storage pool, or whether it is in use" () {
        req "id" Id("storagepool") "its id";
        opt "capacitybytes" Long "its size in bytes";
        opt "capacityiops" Long "how many operations a second it has";
        opt "enabled" Boolean "whether it is in use";
        opt "tags" List "its tags";
    } -> POOL update_pool;

    Root "deleteStoragePool" "Deletes a storage pool that is in maintenance and has no volumes" () {
        req "id" Id("storagepool") "its id";
        opt "forced" Boolean "whether it goes although volumes are in it";
    } -> SUCCESS delete_pool;

    Root "enableStorageMaintenance" "Takes a storage pool out of use" () {
        req "id" Id("storagepool") "its id";
    } -> POOL |call| pool_in(call, "Up"),
        job "admin.storage.PreparePrimaryStorageForMaintenanceCmd" on "StoragePool" then |call| call.end_in("storagepool", "storagepool", "Maintenance");

    Root "cancelStorageMaintenance" "Takes a storage pool back into use" () {
        req "id" Id("storagepool") "its id";
    } -> POOL |call| pool_in(call, "Maintenance"),
        job "admin.storage.CancelPrimaryStorageMaintenanceCmd" on "StoragePool" then |call| call.end_in("storagepool", "storagepool", "Up");

    Root "listImageStores" "Lists where templates and snapshots are kept" (PAGED) {
        opt "id" Id("imagestore") "its id";
        opt "name" Text "its name";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "protocol" Text "tcp, udp, icmp or all";
        opt "provider" Text "who provides it";
    } -> IMAGESTORE |call| call.list(&Listing { kind: "imagestore", name: "imagestore", filters: &[("zoneid", "zoneid"), ("protocol", "protocol"), ("provider", "providername")] });

    Root "addImageStore" "Adds a place for templates and snapshots" () {
        req "provider" Text "who provides it";
        opt "name" Text "its name";
        opt "url" Text "where it is" <= 2048;
        opt "zoneid" Id("zone") "the zone it is in";
        opt "details" Map "its details, such as details[0].name=value";
    } -> IMAGESTORE add_store;

    Root "deleteImageStore" "Deletes a place for templates and snapshots" () {
        req "id" Id("imagestore") "its id";
    } -> SUCCESS delete_store;
}

/// Refuses to take away what has something in it.
fn empty(call: &Call, thing: &Thing, what: &str, kinds: &[&str]) -> Done<()> {
    for kind in kinds {
        if !store::children(call.db, kind, &thing.uuid)?.is_empty() {
            let named = match *kind {
                "publicip" => "public addresses",
                "physicalnetwork" => "physical networks",
                "storagepool" => "storage pools",
                "pod" => "pods",
                "cluster" => "clusters",
                "host" => "hosts",
                _ => "networks",
            };
            return Err(Refusal::new(
                530,
                4250,
                format!("The {what} cannot be deleted because there are {named} in this {what}."),
            ));
        }
    }
    Ok(())
}

/// Enabled or Disabled, as a call says it.
fn enabled(call: &Call) -> Done<Option<&'static str>> {
    match call.text("allocationstate") {
        None => Ok(None),
        Some(text) if text.eq_ignore_ascii_case("enabled") => Ok(Some("Enabled")),
        Some(text) if text.eq_ignore_ascii_case("disabled") => Ok(Some("Disabled")),
        Some(text) => Err(Refusal::value(format!(
            "Unable to resolve Allocation State '{text}' to a supported state"
        ))),
    }
}

fn unnamed_yet(call: &Call, kind: &str, name: &str, parent: Option<&str>) -> Done<()> {
    let twins = store::named(call.db, kind, name)?;
    if twins
        .iter()
        .any(|twin| parent.is_none_or(|parent| twin.parent == parent))
    {
        return Err(Refusal::value(format!(
            "A {kind} with that name already exists. Please specify a unique {kind} name."
        )));
    }
    Ok(())
}

fn address(text: &str) -> Done<()> {
    if text.parse::<std::net::IpAddr>().is_ok() {
        return Ok(());
    }
    Err(Refusal::value(format!("The address {text} is not valid")))
}

fn create_zone(call: &mut Call) -> Done<Reply> {
    let name = call.required("name")?;
    unnamed_yet(call, "zone", name, None)?;
    let kind = call.required("networktype")?;
    let kind = ["Basic", "Advanced"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(kind))
        .ok_or_else(|| {
            Refusal::value("Invalid network type; only Advanced/Basic values are supported")
        })?;
    for field in ["dns1", "internaldns1"] {
        address(call.required(field)?)?;
    }
    let secure = kind == "Basic" || call.boolean("securitygroupenabled").unwrap_or(false);
    let domain = call.thing("domainid", "domain")?;
    let body = json!({"dns1": call.required("dns1")?, "dns2": call.text("dns2"),
        "internaldns1": call.required("internaldns1")?, "internaldns2": call.text("internaldns2"),
        "guestcidraddress": call.text("guestcidraddress").or((kind == "Advanced" && !secure).then_some("10.1.1.0/24")),
        "domain": call.text("domain"), "domainid": domain.map(|domain| domain.uuid), "networktype": kind,
        "securitygroupsenabled": secure, "allocationstate": enabled(call)?.unwrap_or("Disabled"),
        "zonetoken": uuid::Uuid::new_v4().to_string(), "dhcpprovider": "VirtualRouter",
        "localstorageenabled": call.boolean("localstorageenabled").unwrap_or(false), "tags": []});
    let zone = call.make_common(("zone", name, "Enabled", ""), body)?;
    call.shown("zone", &zone)
}

fn update_zone(call: &mut Call) -> Done<Reply> {
    let mut zone = call.required_thing("id", "zone")?;
    if let Some(name) = call.text("name").filter(|name| *name != zone.name) {
        unnamed_yet(call, "zone", name, None)?;
    }
    call.take_over(
        &mut zone,
        &[
            "name",
            "dns1",
            "dns2",
            "internaldns1",
            "internaldns2",
            "guestcidraddress",
            "dhcpprovider",
            "domain",
        ],
        &["localstorageenabled"],
    );
    if let Some(state) = enabled(call)? {
        zone.set("allocationstate", state);
    }
    store::update(call.db, &zone)?;
    call.wake(&zone)?;
    call.shown("zone", &zone)
}

fn create_pod(call: &mut Call) -> Done<Reply> {
    let zone = call.required_thing("zoneid", "zone")?;
    let name = call.required("name")?;
    unnamed_yet(call, "pod", name, Some(&zone.uuid))?;
    for field in ["gateway", "startip"] {
        address(call.required(field)?)?;
    }
    let start = call.required("startip")?;
    let body = json!({"zoneid": zone.uuid, "zonename": zone.name, "gateway": call.required("gateway")?,
        "netmask": call.required("netmask")?, "startip": [start], "endip": [call.text("endip").unwrap_or(start)],
        "forsystemvms": ["0"], "vlanid": ["vlan://untagged"], "allocationstate": enabled(call)?.unwrap_or("Enabled")});
    let pod = call.make_common(("pod", name, "Enabled", &zone.uuid), body)?;
    call.shown("pod", &pod)
}

fn update_pod(call: &mut Call) -> Done<Reply> {
    let mut pod = call.required_thing("id", "pod")?;
    call.take_over(&mut pod, &["name", "gateway", "netmask"], &[]);
    for field in ["startip", "endip"] {
        if let Some(text) = call.text(field) {
            address(text)?;
            pod.set(field, json!([text]));
        }
    }
    if let Some(state) = enabled(call)? {
        pod.set("allocationstate", state);
    }
    store::update(call.db, &pod)?;
    call.shown("pod", &pod)
}

fn add_cluster(call: &mut Call) -> Done<Reply> {
    let zone = call.required_thing("zoneid", "zone")?;
    let pod = call.required_thing("podid", "pod")?;
    if pod.parent != zone.uuid {
        return Err(Refusal::value(format!(
            "Pod with name {} doesn't belong to the zone {}",
            pod.name, zone.uuid
        )));
    }
    let name = call.required("clustername")?;
    unnamed_yet(call, "cluster", name, Some(&pod.uuid))?;
    let kind = call.required("clustertype")?;
    if !matches!(kind, "CloudManaged" | "ExternalManaged") {
        return Err(Refusal::value(format!(
            "Unable to resolve {kind} to a supported value Cluster Type"
        )));
    }
    let body = json!({"podid": pod.uuid, "podname": pod.name, "zoneid": zone.uuid, "zonename": zone.name,
        "hypervisortype": call.required("hypervisor")?, "clustertype": kind,
        "allocationstate": enabled(call)?.unwrap_or("Enabled"), "managedstate": "Managed",
        "cpuovercommitratio": "1.0", "memoryovercommitratio": "1.0",
        "resourcedetails": {"memoryOvercommitRatio": "1.0", "cpuOvercommitRatio": "1.0"}});
    let cluster = call.make_common(("cluster", name, "Enabled", &pod.uuid), body)?;
    Ok(Reply::List("cluster", vec![view(call.db, &cluster)?], 1))
}

fn update_cluster(call: &mut Call) -> Done<Reply> {
    let mut cluster = call.required_thing("id", "cluster")?;
    call.take_over(&mut cluster, &["managedstate", "clustertype"], &[]);
    if let Some(name) = call.text("clustername") {
        cluster.name = name.into();
        cluster.set("name", name);
    }
    if let Some(hypervisor) = call.text("hypervisor") {
        cluster.set("hypervisortype", hypervisor);
    }
    if let Some(state) = enabled(call)? {
        cluster.set("allocationstate", state);
    }
    store::update(call.db, &cluster)?;
    call.shown("cluster", &cluster)
}

fn add_host(call: &mut Call) -> Done<Reply> {
    let zone = call.required_thing("zoneid", "zone")?;
    let pod = call.required_thing("podid", "pod")?;
    let cluster = match (
        call.thing("clusterid", "cluster")?,
        call.text("clustername"),
    ) {
        (Some(cluster), _) => cluster,
        (None, Some(name)) => store::children(call.db, "cluster", &pod.uuid)?
            .into_iter()
            .find(|cluster| cluster.name == name)
            .ok_or_else(|| Refusal::value(format!("Unable to find the cluster {name}")))?,
        (None, None) => return Err(Refusal::value("Please specify the cluster of the host")),
    };
    if pod.parent != zone.uuid || cluster.parent != pod.uuid {
        return Err(Refusal::value(format!(
            "Can't add host as the specified pod {} doesn't belong to zone {}",
            pod.name, zone.name
        )));
    }
    let hypervisor = call.required("hypervisor")?;
    if !cluster
        .text("hypervisortype")
        .eq_ignore_ascii_case(hypervisor)
    {
        return Err(Refusal::value(format!(
            "The hypervisor {hypervisor} is not that of the cluster, which is {}",
            cluster.text("hypervisortype")
        )));
    }
    let url = call.required("url")?;
    let name = url
        .split_once("://")
        .map_or(url, |(_, rest)| rest)
        .trim_end_matches('/');
    if store::named(call.db, "host", name)?
        .iter()
        .any(|host| host.parent == cluster.uuid)
    {
        return Err(Refusal::new(
            530,
            4250,
            format!("Host {name} is there already"),
        ));
    }
    let number = store::last_number(call.db, "host")? + 1;
    let body = json!({"state": "Up", "type": "Routing",
        "ipaddress": format!("172.16.16.{}", 2 + number.rem_euclid(250)), "zoneid": zone.uuid, "zonename": zone.name,
        "podid": pod.uuid, "podname": pod.name, "version": "4.11.1.0", "hypervisor": cluster.text("hypervisortype"),
        "cpunumber": 4, "cpuspeed": 8000, "memorytotal": 8_i64 << 30, "clusterid": cluster.uuid,
        "clustername": cluster.name, "clustertype": cluster.text("clustertype"), "resourcestate": "Enabled",
        "hosttags": call.text("hosttags"), "created": clock::date(call.now)});
    let host = call.make_common(("host", name, "Up", &cluster.uuid), body)?;
    call.wake(&zone)?;
    Ok(Reply::List("host", vec![view(call.db, &host)?], 1))
}

fn update_host(call: &mut Call) -> Done<Reply> {
    let mut host = call.required_thing("id", "host")?;
    call.take_over(&mut host, &["hosttags"], &[]);
    match call.text("allocationstate") {
        None => {}
        Some(text) if text.eq_ignore_ascii_case("enable") => host.set("resourcestate", "Enabled"),
        Some(text) if text.eq_ignore_ascii_case("disable") => host.set("resourcestate", "Disabled"),
        Some(text) => {
            return Err(Refusal::value(format!(
                "Invalid allocation state: {text}, only Enable/Disable are allowed"
            )));
        }
    }
    if let Some(category) = call.thing("oscategoryid", "oscategory")? {
        host.set("oscategoryid", category.uuid);
        host.set("oscategoryname", category.name);
    }
    store::update(call.db, &host)?;
    call.shown("host", &host)
}

/// The machines that run on a host.
fn guests(call: &Call, host: &Thing) -> Done<Vec<Thing>> {
    let machines = store::mentioning(call.db, "machine", &host.uuid)?;
    Ok(machines
        .into_iter()
        .filter(|machine| machine.text("hostid") == host.uuid)
        .collect())
}

fn delete_host(call: &mut Call) -> Done<Reply> {
    let host = call.required_thing("id", "host")?;
    let forced = call.boolean("forced").unwrap_or(false);
    let guests = guests(call, &host)?;
    if !forced && (host.text("resourcestate") != "Maintenance" || !guests.is_empty()) {
        return Err(Refusal::value(format!(
            "Host {} cannot be deleted as it is not in maintenance mode. Either put the host into maintenance or perform a forced deletion.",
            host.name
        )));
    }
    for mut machine in guests {
        machine.state = "Stopped".into();
        machine.unset(&["hostid", "hostname"]);
        store::update(call.db, &machine)?;
    }
    store::remove(call.db, &host)?;
    Ok(Reply::Success)
}

fn prepare(call: &mut Call) -> Done<Reply> {
    let host = call.required_thing("id", "host")?;
    if host.text("resourcestate") != "Enabled" {
        return Err(Refusal::new(
            530,
            4250,
            format!(
                "Host {} is {}, and cannot be put into maintenance",
                host.name,
                host.text("resourcestate")
            ),
        ));
    }
    Ok(begun(&host))
}

fn in_resource_state(call: &mut Call, state: &str) -> Done<Value> {
    let mut host = call.subject("host")?;
    host.set("resourcestate", state);
    store::update(call.db, &host)?;
    Ok(in_job("host", view(call.db, &host)?))
}

/// Moves the machines of a host to others; where there is no room for one, the host stays in use.
fn empty_host(call: &mut Call) -> Done<Value> {
    let shown = in_resource_state(call, "Maintenance")?;
    let host = call.subject("host")?;
    for mut machine in guests(call, &host)? {
        let place = machine.uuid.clone();
        machine.unset(&["hostid", "hostname"]);
        store::update(call.db, &machine)?;
        let other = machines::host_for(call, &machine).map_err(|_| {
            Refusal::new(530, 4250, format!("Unable to prepare {} for maintenance: there is no other host with room for {place}", host.name))
        })?;
        machine.set("hostid", other.uuid);
        machine.set("hostname", other.name);
        store::update(call.db, &machine)?;
    }
    Ok(shown)
}

fn create_pool(call: &mut Call) -> Done<Reply> {
    let zone = call.required_thing("zoneid", "zone")?;
    let scope = call.text("scope").unwrap_or("CLUSTER").to_uppercase();
    let (pod, cluster) = (
        call.thing("podid", "pod")?,
        call.thing("clusterid", "cluster")?,
    );
    if scope == "CLUSTER" && (pod.is_none() || cluster.is_none()) {
        return Err(Refusal::value(
            "Cluster/Pod should be specified for cluster wide storage",
        ));
    }
    if !matches!(scope.as_str(), "CLUSTER" | "ZONE") {
        return Err(Refusal::value(format!("Invalid scope for pool: {scope}")));
    }
    let url = call.required("url")?;
    let place = url.split_once("://").and_then(|(scheme, rest)| {
        let (host, path) = rest.split_once('/')?;
        // Some write the host as NFS mounts have it, with a colon.
        let host = host.trim_end_matches(':').to_string();
        Some((scheme.to_lowercase(), host, format!("/{path}")))
    });
    let Some((scheme, host, path)) = place else {
        return Err(Refusal::value(format!("{url} is not a valid uri")));
    };
    let kind = match scheme.as_str() {
        "nfs" => "NetworkFilesystem",
        "iscsi" => "IscsiLUN",
        "presetup" => "PreSetup",
        "sharedmountpoint" => "SharedMountPoint",
        _ => {
            return Err(Refusal::value(format!(
                "Unable to figure out the scheme for URI: {url}"
            )));
        }
    };
    let all = store::of_kind(call.db, "storagepool")?;
    if all
        .iter()
        .any(|pool| pool.text("path") == path && pool.text("ipaddress") == host)
    {
        return Err(Refusal::value(format!(
            "Storage pool {url} already in use by another pod (id={})",
            zone.uuid
        )));
    }
    let name = call.required("name")?;
    let (pod, cluster) = if scope == "CLUSTER" {
        (pod, cluster)
    } else {
        (None, None)
    };
    let body = json!({"zoneid": zone.uuid, "zonename": zone.name, "podid": pod.as_ref().map(|pod| &pod.uuid),
        "podname": pod.as_ref().map(|pod| &pod.name), "ipaddress": host, "path": path,
        "created": clock::date(call.now), "type": kind, "clusterid": cluster.as_ref().map(|cluster| &cluster.uuid),
        "clustername": cluster.as_ref().map(|cluster| &cluster.name),
        "disksizetotal": capacity(call)?.unwrap_or(1 << 40), "disksizeallocated": 0, "tags": call.text("tags"),
        "state": "Up", "scope": scope, "overprovisionfactor": "2.0",
        "provider": call.text("provider").unwrap_or("DefaultPrimary")});
    let parent = cluster.map_or_else(|| zone.uuid.clone(), |cluster| cluster.uuid);
    let pool = call.make_common(("storagepool", name, "Up", &parent), body)?;
    call.wake(&zone)?;
    call.shown("storagepool", &pool)
}

/// How much a pool is said to hold.
fn capacity(call: &Call) -> Done<Option<i64>> {
    match call.number("capacitybytes") {
        Some(size) if size <= 0 => Err(Refusal::value(format!(
            "Invalid capacitybytes {size}: it must be greater than 0"
        ))),
        size => Ok(size),
    }
}

fn update_pool(call: &mut Call) -> Done<Reply> {
    let mut pool = call.required_thing("id", "storagepool")?;
    call.take_over(&mut pool, &["tags"], &[]);
    if let Some(size) = capacity(call)? {
        pool.set("disksizetotal", size);
    }
    match call.boolean("enabled") {
        Some(true) if pool.state == "Disabled" => pool.state = "Up".into(),
        Some(false) if pool.state == "Up" => pool.state = "Disabled".into(),
        Some(_) => {
            return Err(Refusal::value(format!(
                "Storage pool {} cannot be changed while it is {}",
                pool.name, pool.state
            )));
        }
        None => {}
    }
    store::update(call.db, &pool)?;
    call.shown("storagepool", &pool)
}

fn pool_in(call: &mut Call, state: &str) -> Done<Reply> {
    let pool = call.required_thing("id", "storagepool")?;
    if pool.state != state {
        return Err(Refusal::value(format!(
            "Primary storage with id {} is not ready for this, as the status is: {}",
            pool.uuid, pool.state
        )));
    }
    Ok(begun(&pool))
}

fn delete_pool(call: &mut Call) -> Done<Reply> {
    let pool = call.required_thing("id", "storagepool")?;
    if pool.state != "Maintenance" {
        return Err(Refusal::value(format!(
            "Unable to delete storage due to it is not in Maintenance state, poolId: {}",
            pool.uuid
        )));
    }
    let first = store::of_kind(call.db, "storagepool")?
        .first()
        .is_some_and(|first| first.id == pool.id);
    let forced = call.boolean("forced").unwrap_or(false);
    let holds = if first {
        // Volumes that were never moved are in the first pool.
        store::of_kind(call.db, "volume")?
            .iter()
            .any(|volume| volume.text("storageid").is_empty())
    } else {
        !store::mentioning(call.db, "volume", &pool.uuid)?.is_empty()
    };
    if holds && !forced {
        return Err(Refusal::new(
            530,
            4250,
            format!(
                "Cannot delete pool {} as there are associated non-destroyed vols for this pool",
                pool.name
            ),
        ));
    }
    store::remove(call.db, &pool)?;
    Ok(Reply::Success)
}

fn add_store(call: &mut Call) -> Done<Reply> {
    let url = call.text("url").unwrap_or_default();
    let provider = call.required("provider")?;
    if provider.eq_ignore_ascii_case("nfs") && !url.starts_with("nfs://") {
        return Err(Refusal::value(format!("{url} is not a valid uri")));
    }
    let zone = call.thing("zoneid", "zone")?;
    let name = call.text("name").unwrap_or(url);
    if !store::named(call.db, "imagestore", name)?.is_empty() {
        return Err(Refusal::new(
            530,
            4250,
            format!("Image store with name {name} already exists"),
        ));
    }
    let protocol = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let body = json!({"zoneid": zone.as_ref().map(|zone| &zone.uuid), "zonename": zone.as_ref().map(|zone| &zone.name),
        "url": call.text("url"), "protocol": protocol, "providername": provider.to_uppercase(),
        "scope": if zone.is_some() { "ZONE" } else { "REGION" }});
    let store = call.make_common(("imagestore", name, "", ""), body)?;
    if let Some(zone) = zone {
        call.wake(&zone)?;
    }
    call.shown("imagestore", &store)
}

fn delete_store(call: &mut Call) -> Done<Reply> {
    let store = call.required_thing("id", "imagestore")?;
    let others = store::of_kind(call.db, "imagestore")?.len() > 1;
    let templates = store::of_kind(call.db, "template")?;
    if !others
        && templates
            .iter()
            .any(|template| template.text("templatetype") != "SYSTEM")
    {
        return Err(Refusal::value(
            "Cannot delete image store with active templates backup!",
        ));
    }
    store::remove(call.db, &store)?;
    Ok(Reply::Success)
}
