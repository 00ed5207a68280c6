//! The world at its beginning: the zone `devcloud` of the developer guide's DevCloud, with an administrator and something to deploy.

use rusqlite::{Connection, Result};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::store::{self, Thing};
use crate::{clock, credentials};

const GIGABYTE: i64 = 1 << 30;
/// What the administrator logs in with, as on every new cloud.
const PASSWORD: &str = "password";

fn fields(body: Value) -> Map<String, Value> {
    match body {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Adds a thing of the cloud's own; its id and name come first in its body.
fn add(
    db: &Connection,
    kind: &str,
    name: &str,
    parent: &str,
    state: &str,
    body: Value,
) -> Result<Thing> {
    let uuid = Uuid::new_v4().to_string();
    let mut whole = Map::new();
    whole.insert("id".into(), json!(uuid));
    whole.insert("name".into(), json!(name));
    whole.extend(fields(body));
    let mut thing = Thing {
        id: 0,
        number: 0,
        uuid,
        kind: kind.into(),
        name: name.into(),
        account: 0,
        domain: 0,
        parent: parent.into(),
        state: state.into(),
        body: whole,
    };
    store::insert(db, &mut thing)?;
    Ok(thing)
}

/// A key as long as the servers make them.
pub fn key() -> String {
    use base64::Engine;
    let bytes: Vec<u8> = (0..4).flat_map(|_| Uuid::new_v4().into_bytes()).collect();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Adds a root administrator's account with its user, who is given.
fn person(
    db: &Connection,
    name: &str,
    root: &Thing,
    keys: Option<(String, String)>,
) -> Result<Thing> {
    let now = clock::date(clock::now());
    let mut account = add(
        db,
        "account",
        name,
        &root.uuid,
        "enabled",
        json!({"accounttype": 1, "roletype": "Admin", "rolename": "Root Admin", "domainid": root.uuid, "domain": "ROOT",
            "state": "enabled", "isdefault": true, "created": now}),
    )?;
    account.account = account.id;
    account.domain = root.id;
    store::update(db, &account)?;
    let uuid = Uuid::new_v4().to_string();
    let mut body = fields(
        json!({"id": uuid, "username": name, "firstname": "Admin", "lastname": "User",
            "email": "admin@mailprovider.com", "created": now, "state": "enabled", "account": name,
            "accounttype": 1, "usersource": "native", "roletype": "Admin", "rolename": "Root Admin",
            "domainid": root.uuid, "domain": "ROOT"}),
    );
    let keys_given = keys.is_some();
    if let Some((apikey, secretkey)) = keys {
        body.insert("apikey".into(), json!(apikey));
        body.insert("secretkey".into(), json!(secretkey));
    }
    body.extend(fields(
        json!({"accountid": account.uuid, "iscallerchilddomain": false, "isdefault": true}),
    ));
    if keys_given {
        let mut group = add(
            db,
            "securitygroup",
            "default",
            "",
            "",
            json!({"description": "Default Security Group", "account": name, "domainid": root.uuid, "domain": "ROOT",
                "ingressrule": [], "egressrule": [], "tags": []}),
        )?;
        group.account = account.id;
        group.domain = root.id;
        store::update(db, &group)?;
    }
    let mut user = Thing {
        id: 0,
        number: 0,
        uuid,
        kind: "user".into(),
        name: name.into(),
        account: account.id,
        domain: root.id,
        parent: account.uuid,
        state: "enabled".into(),
        body,
    };
    store::insert(db, &mut user)?;
    Ok(user)
}

/// Fills empty tables. `keys` are those that the administrator had before.
pub fn seed(db: &Connection, keys: Option<(String, String)>) -> Result<()> {
    fresh(db, keys)?;
    devcloud(db)
}

/// The zone of DevCloud, with something to deploy.
fn devcloud(db: &Connection) -> Result<()> {
    let now = clock::date(clock::now());
    let zone = add(
        db,
        "zone",
        "devcloud",
        "",
        "Enabled",
        json!({"dns1": "10.147.28.6", "internaldns1": "10.147.28.6", "guestcidraddress": "10.1.1.0/24",
            "networktype": "Advanced", "securitygroupsenabled": false, "allocationstate": "Enabled",
            "zonetoken": Uuid::new_v4().to_string(), "dhcpprovider": "VirtualRouter", "localstorageenabled": false,
            "tags": []}),
    )?;
    let pod = add(
        db,
        "pod",
        "devcloud-pod",
        &zone.uuid,
        "Enabled",
        json!({"zoneid": zone.uuid, "zonename": "devcloud", "gateway": "172.16.15.1", "netmask": "255.255.255.0",
            "startip": ["172.16.15.2"], "endip": ["172.16.15.200"], "forsystemvms": ["0"],
            "vlanid": ["vlan://untagged"], "allocationstate": "Enabled"}),
    )?;
    let cluster = add(
        db,
        "cluster",
        "devcloud-cluster",
        &pod.uuid,
        "Enabled",
        json!({"podid": pod.uuid, "podname": pod.name, "zoneid": zone.uuid, "zonename": "devcloud",
            "hypervisortype": "XenServer", "clustertype": "CloudManaged", "allocationstate": "Enabled",
            "managedstate": "Managed", "cpuovercommitratio": "1.0", "memoryovercommitratio": "1.0",
            "resourcedetails": {"memoryOvercommitRatio": "1.0", "cpuOvercommitRatio": "1.0"}}),
    )?;
    add(
        db,
        "host",
        "devcloud-host",
        &cluster.uuid,
        "Up",
        json!({"state": "Up", "type": "Routing", "ipaddress": "192.168.56.10", "zoneid": zone.uuid,
            "zonename": "devcloud", "podid": pod.uuid, "podname": pod.name, "version": "4.11.1.0",
            "hypervisor": "XenServer", "cpunumber": 16, "cpuspeed": 2000, "memorytotal": 64 * GIGABYTE,
            "clusterid": cluster.uuid, "clustername": cluster.name, "clustertype": "CloudManaged",
            "resourcestate": "Enabled", "created": now}),
    )?;
    add(
        db,
        "storagepool",
        "devcloud-primary",
        &cluster.uuid,
        "Up",
        json!({"zoneid": zone.uuid, "zonename": "devcloud", "podid": pod.uuid, "podname": pod.name,
            "ipaddress": "192.168.56.10", "path": "/opt/storage/primary", "created": now, "type": "NetworkFilesystem",
            "clusterid": cluster.uuid, "clustername": cluster.name, "disksizetotal": 1024 * GIGABYTE,
            "disksizeallocated": 0, "disksizeused": 0, "state": "Up", "scope": "CLUSTER", "overprovisionfactor": "2.0",
            "provider": "DefaultPrimary", "storagecapabilities": {"VOLUME_SNAPSHOT_QUIESCEVM": "false"}}),
    )?;
    for (name, kind, size) in [
        ("SystemVM Template (XenServer)", "SYSTEM", 2 * GIGABYTE),
        ("tiny Linux", "BUILTIN", 50 << 20),
    ] {
        template(db, name, kind, size, "XenServer", &zone)?;
    }
    wires(db, &zone, &pod)
}

/// Adds a template of the cloud's own to a zone, ready for use.
pub fn template(
    db: &Connection,
    name: &str,
    kind: &str,
    size: i64,
    hypervisor: &str,
    zone: &Thing,
) -> Result<Thing> {
    let root = store::of_kind(db, "domain")?.into_iter().next();
    let os = store::named(db, "ostype", "Other Linux (64-bit)")?
        .into_iter()
        .next();
    add(
        db,
        "template",
        name,
        &zone.uuid,
        "Active",
        json!({"displaytext": name, "ispublic": kind != "SYSTEM", "created": clock::date(clock::now()), "isready": true,
            "passwordenabled": false, "format": "VHD", "isfeatured": kind != "SYSTEM", "crossZones": true,
            "ostypeid": os.as_ref().map(|os| &os.uuid), "ostypename": os.as_ref().map(|os| &os.name),
            "account": "system", "zoneid": zone.uuid, "zonename": zone.name, "status": "Download Complete",
            "size": size, "templatetype": kind, "hypervisor": hypervisor, "domain": "ROOT",
            "domainid": root.as_ref().map(|root| &root.uuid), "isextractable": false, "bits": 64,
            "sshkeyenabled": false, "isdynamicallyscalable": false, "tags": []}),
    )
}

/// What a server has that was never used: an administrator and offerings, and no zone.
pub fn fresh(db: &Connection, keys: Option<(String, String)>) -> Result<()> {
    let now = clock::date(clock::now());
    let root = add(
        db,
        "domain",
        "ROOT",
        "",
        "Active",
        json!({"level": 0, "haschild": false, "path": "ROOT", "state": "Active"}),
    )?;
    let mut root = root;
    root.domain = root.id;
    store::update(db, &root)?;
    // As on every cloud, the first account is the cloud's own.
    person(db, "system", &root, None)?;
    let keys = keys.unwrap_or_else(|| (key(), key()));
    let admin = person(db, "admin", &root, Some(keys))?;
    credentials::set_password(db, admin.id, PASSWORD)?;
    let categories = [
        "CentOS", "Debian", "RedHat", "SUSE", "Windows", "Other", "Ubuntu",
    ];
    for name in categories {
        let category = add(db, "oscategory", name, "", "", json!({}))?;
        for os in systems_of(name) {
            let body =
                json!({"oscategoryid": category.uuid, "description": os, "isuserdefined": false});
            nameless(db, add(db, "ostype", os, "", "", body)?)?;
        }
    }
    for (name, cpus, speed, memory) in [
        ("tinyOffering", 1, 100, 100),
        ("Small Instance", 1, 500, 512),
        ("Medium Instance", 1, 1000, 1024),
    ] {
        add(
            db,
            "serviceoffering",
            name,
            "",
            "Active",
            json!({"displaytext": name, "cpunumber": cpus, "cpuspeed": speed, "memory": memory, "created": now,
                "storagetype": "shared", "provisioningtype": "thin", "offerha": false, "limitcpuuse": false,
                "isvolatile": false, "issystem": false, "defaultuse": false, "iscustomized": false}),
        )?;
    }
    for (name, size) in [("Small", 5), ("Medium", 20), ("Large", 100), ("Custom", 0)] {
        add(
            db,
            "diskoffering",
            name,
            "",
            "Active",
            json!({"displaytext": format!("{name} Disk"), "disksize": size, "created": now,
                "iscustomized": size == 0, "storagetype": "shared", "provisioningtype": "thin",
                "displayoffering": true}),
        )?;
    }
    offerings(db)?;
    kinds(db)?;
    let name = "ALERT.MANAGEMENT";
    let about = "Management server node 127.0.0.1 is up";
    add(
        db,
        "alert",
        name,
        "",
        "",
        json!({"type": 14, "name": name, "description": about, "sent": now}),
    )?;
    Ok(())
}

/// The offering that a network has where nobody chooses one.
const SOURCE_NAT: &str = "DefaultIsolatedNetworkOfferingWithSourceNatService";

const WITHOUT_NAT: &[&str] = &["Dhcp", "Dns", "UserData"];
const WITH_NAT: &[&str] = &[
    "Vpn",
    "SourceNat",
    "StaticNat",
    "Lb",
    "UserData",
    "Dhcp",
    "Dns",
    "Firewall",
    "PortForwarding",
];
const WITH_GROUPS: &[&str] = &["Dhcp", "Dns", "UserData", "SecurityGroup"];
const OF_TIERS: &[&str] = &[
    "Vpn",
    "SourceNat",
    "StaticNat",
    "UserData",
    "NetworkACL",
    "Lb",
    "Dhcp",
    "Dns",
    "PortForwarding",
];

/// Services as answers have them, each by one provider.
fn services(names: &[&str], provider: &str) -> Value {
    names
        .iter()
        .map(|name| crate::api::service_of_offering(name, provider))
        .collect()
}

/// The same as VPCs have them, who do not say what they are able to do.
fn plain(names: &[&str], provider: &str) -> Value {
    names
        .iter()
        .map(|name| json!({"name": name, "provider": [{"name": provider}]}))
        .collect()
}

/// What networks and VPCs can be made of, and what routers are.
fn offerings(db: &Connection) -> Result<()> {
    let now = clock::date(clock::now());
    let of_system = |name: &str| {
        let body = json!({"displaytext": name, "cpunumber": 1, "cpuspeed": 500, "memory": 256, "created": now});
        add(db, "systemoffering", name, "", "Active", body)
    };
    let routers = of_system("System Offering For Software Router")?;
    of_system("System Offering For Console Proxy")?;
    of_system("System Offering For Secondary Storage VM")?;
    for (name, guest, text, names, of_vpc) in [
        (
            SOURCE_NAT,
            "Isolated",
            "Offering for isolated networks with source NAT",
            WITH_NAT,
            false,
        ),
        (
            "DefaultIsolatedNetworkOffering",
            "Isolated",
            "Offering for isolated networks without source NAT",
            WITHOUT_NAT,
            false,
        ),
        (
            "DefaultSharedNetworkOffering",
            "Shared",
            "Offering for shared networks",
            WITHOUT_NAT,
            false,
        ),
        (
            "DefaultIsolatedNetworkOfferingForVpcNetworks",
            "Isolated",
            "Offering for the tiers of VPCs",
            OF_TIERS,
            true,
        ),
        (
            "DefaultSharedNetworkOfferingWithSGService",
            "Shared",
            "Offering for shared networks with security groups",
            WITH_GROUPS,
            false,
        ),
        (
            "DefaultSharedNetscalerEIPandELBNetworkOffering",
            "Shared",
            "Offering for shared networks with elastic addresses and balancing",
            WITH_GROUPS,
            false,
        ),
    ] {
        let provider = if of_vpc {
            "VpcVirtualRouter"
        } else {
            "VirtualRouter"
        };
        add(
            db,
            "networkoffering",
            name,
            "",
            "Enabled",
            json!({"displaytext": text, "traffictype": "Guest", "isdefault": true, "specifyvlan": guest == "Shared",
                "conservemode": true, "specifyipranges": guest == "Shared", "availability": if name == SOURCE_NAT { "Required" } else { "Optional" },
                "networkrate": 200, "state": "Enabled", "guestiptype": guest,
                "serviceofferingid": routers.uuid, "service": services(names, provider),
                "forvpc": of_vpc, "ispersistent": false, "egressdefaultpolicy": false,
                "supportsstrechedl2subnet": false, "supportspublicaccess": false}),
        )?;
    }
    add(
        db,
        "vpcoffering",
        "Default VPC offering",
        "",
        "Enabled",
        json!({"displaytext": "Default VPC Offering", "isdefault": true, "state": "Enabled",
            "service": plain(OF_TIERS, "VpcVirtualRouter"), "distributedvpcrouter": false,
            "supportsregionLevelvpc": false}),
    )?;
    for (name, about) in [
        ("default_deny", "Default Network ACL Deny All"),
        ("default_allow", "Default Network ACL Allow All"),
    ] {
        let list = add(
            db,
            "acllist",
            name,
            "",
            "",
            json!({"description": about, "fordisplay": true}),
        )?;
        let action = if name == "default_deny" {
            "Deny"
        } else {
            "Allow"
        };
        for (number, way) in [(1, "Ingress"), (2, "Egress")] {
            let rule = add(
                db,
                "aclrule",
                "",
                &list.uuid,
                "Active",
                json!({"protocol": "all", "traffictype": way, "state": "Active", "cidrlist": "0.0.0.0/0", "tags": [],
                    "aclid": list.uuid, "number": number, "action": action, "fordisplay": true}),
            )?;
            nameless(db, rule)?;
        }
    }
    Ok(())
}

/// Answers do not show the names of some things.
fn nameless(db: &Connection, mut thing: Thing) -> Result<Thing> {
    thing.body.shift_remove("name");
    store::update(db, &thing)?;
    Ok(thing)
}

/// The physical network with public addresses, and the cloud's own machines in the zone.
fn wires(db: &Connection, zone: &Thing, pod: &Thing) -> Result<()> {
    let now = clock::date(clock::now());
    let wire = add(
        db,
        "physicalnetwork",
        "devcloud-network",
        &zone.uuid,
        "Enabled",
        json!({"broadcastdomainrange": "ZONE", "zoneid": zone.uuid, "state": "Enabled", "vlan": "100-4000",
            "isolationmethods": "VLAN"}),
    )?;
    let range = add(
        db,
        "vlan",
        "",
        &zone.uuid,
        "",
        json!({"forvirtualnetwork": true, "zoneid": zone.uuid, "vlan": "vlan://50", "account": "system",
            "domainid": "", "domain": "ROOT", "gateway": "10.147.40.1", "netmask": "255.255.254.0",
            "startip": "10.147.40.10", "endip": "10.147.41.250", "networkid": Uuid::new_v4().to_string(),
            "physicalnetworkid": wire.uuid, "forsystemvms": false}),
    )?;
    let mut range = nameless(db, range)?;
    if let Some(root) = store::of_kind(db, "domain")?.first() {
        range.body.insert("domainid".into(), json!(root.uuid));
        store::update(db, &range)?;
    }
    for kind in ["Public", "Guest", "Management"] {
        let traffic = add(
            db,
            "traffictype",
            kind,
            &wire.uuid,
            "",
            json!({"traffictype": kind, "physicalnetworkid": wire.uuid}),
        )?;
        nameless(db, traffic)?;
    }
    for (name, services) in [("VirtualRouter", WITH_NAT), ("VpcVirtualRouter", OF_TIERS)] {
        let provider = add(
            db,
            "provider",
            name,
            &wire.uuid,
            "Enabled",
            json!({"physicalnetworkid": wire.uuid, "state": "Enabled", "servicelist": services,
                "canenableindividualservice": true}),
        )?;
        let element = add(
            db,
            "element",
            name,
            &provider.uuid,
            "",
            json!({"nspid": provider.uuid, "enabled": true}),
        )?;
        nameless(db, element)?;
    }
    let url = "nfs://192.168.56.10/opt/storage/secondary";
    add(
        db,
        "imagestore",
        url,
        &zone.uuid,
        "",
        json!({"zoneid": zone.uuid, "zonename": zone.name, "url": url, "protocol": "nfs", "providername": "NFS",
            "scope": "ZONE"}),
    )?;
    let template = store::of_kind(db, "template")?.into_iter().next();
    for (name, kind, last) in [
        ("s-1-VM", "secondarystoragevm", 3),
        ("v-2-VM", "consoleproxy", 4),
    ] {
        add(
            db,
            "systemvm",
            name,
            &zone.uuid,
            "Running",
            json!({"systemvmtype": kind, "zoneid": zone.uuid, "zonename": zone.name, "dns1": "10.147.28.6",
                "gateway": "10.147.40.1", "podid": pod.uuid,
                "hostid": store::of_kind(db, "host")?.first().map(|host| host.uuid.clone()),
                "hostname": "devcloud-host", "hypervisor": "XenServer", "privateip": format!("172.16.15.{last}"),
                "privatenetmask": "255.255.255.0", "linklocalip": format!("169.254.0.{last}"),
                "publicip": format!("10.147.40.{last}"), "publicnetmask": "255.255.254.0",
                "templateid": template.as_ref().map(|template| template.uuid.clone()), "created": now,
                "state": "Running", "activeviewersessions": 0}),
        )?;
    }
    Ok(())
}

/// The operating systems of a category, as real servers call them.
fn systems_of(category: &str) -> &'static [&'static str] {
    match category {
        "CentOS" => &[
            "CentOS 5.5 (64-bit)",
            "CentOS 5.6 (64-bit)",
            "CentOS 6.5 (64-bit)",
            "CentOS 7",
        ],
        "Debian" => &["Debian GNU/Linux 7(64-bit)", "Debian GNU/Linux 8 (64-bit)"],
        "RedHat" => &[
            "Red Hat Enterprise Linux 6.5 (64-bit)",
            "Red Hat Enterprise Linux 7",
        ],
        "SUSE" => &["SUSE Linux Enterprise Server 11 SP2 (64-bit)"],
        "Windows" => &[
            "Windows Server 2008 R2 (64-bit)",
            "Windows Server 2012 R2 (64-bit)",
        ],
        "Ubuntu" => &["Ubuntu 12.04 (64-bit)", "Ubuntu 14.04 (64-bit)"],
        "Other" => &["Other Linux (64-bit)"],
        _ => &[],
    }
}

/// The region, the roles and the hypervisors that there are.
fn kinds(db: &Connection) -> Result<()> {
    let region = add(
        db,
        "region",
        "Local",
        "",
        "",
        json!({"endpoint": "http://localhost:8080/client/", "gslbserviceenabled": true,
            "portableipserviceenabled": false}),
    )?;
    let mut region = region;
    region.body.insert("id".into(), json!(1));
    store::update(db, &region)?;
    for (name, kind, about) in [
        ("Root Admin", "Admin", "Default root admin role"),
        (
            "Resource Admin",
            "ResourceAdmin",
            "Default resource admin role",
        ),
        ("Domain Admin", "DomainAdmin", "Default domain admin role"),
        ("User", "User", "Default user role"),
    ] {
        add(
            db,
            "role",
            name,
            "",
            "",
            json!({"type": kind, "description": about}),
        )?;
    }
    for (hypervisor, machines) in [("XenServer", 150), ("KVM", 50), ("VMware", 128)] {
        let ability = add(
            db,
            "hypervisorability",
            hypervisor,
            "",
            "",
            json!({"hypervisor": hypervisor, "hypervisorversion": "default", "maxguestslimit": machines,
                "maxdatavolumeslimit": 13, "securitygroupenabled": hypervisor != "VMware",
                "storagemotionenabled": false}),
        )?;
        nameless(db, ability)?;
    }
    Ok(())
}
