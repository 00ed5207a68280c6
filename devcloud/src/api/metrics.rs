//! Lists with measures beside what they list: how much of hosts, machines, volumes and storage pools is given out and used.

use serde_json::{Map, Value, json};

use super::fields::{self, Field};
use super::listing::{IN_PROJECT, OWNED, PAGED};
use super::order::Order;
use super::{Call, Done, Reply, all};
use crate::store::{self, Load};
use crate::wire::Refusal;

fields! {
    HOST: powerstate powerstate "whether its management board has it on", instances string "how many machines run there, and how many are there",
        cputotalghz string "its processors", cpuusedghz string "how much of them is used",
        cpuallocatedghz string "how much of them is given out", memorytotalgb string "its memory",
        memoryusedgb string "how much of it is used", memoryallocatedgb string "how much of it is given out",
        networkread string "how much came in", networkwrite string "how much went out",
        cputhreshold boolean "whether so much is used that somebody should know",
        cpudisablethreshold boolean "whether so much is used that it takes no more machines",
        cpuallocatedthreshold boolean "whether so much is given out that somebody should know",
        cpuallocateddisablethreshold boolean "whether so much is given out that it takes no more machines",
        memorythreshold boolean "the same of its memory", memorydisablethreshold boolean "the same of its memory",
        memoryallocatedthreshold boolean "the same of its memory",
        memoryallocateddisablethreshold boolean "the same of its memory";
}
fields! {
    MACHINE: ipaddress string "its address", cputotal string "its processors", memorytotal string "its memory",
        networkread string "how much came in", networkwrite string "how much went out",
        diskiopstotal long "how often its disks were read and written";
}
fields! {
    VOLUME: sizegb string "its size in GB";
}
fields! {
    POOL: disksizeusedgb string "how much of it is used", disksizetotalgb string "its size",
        disksizeallocatedgb string "how much of it is given out",
        disksizeunallocatedgb string "how much of it is not given out",
        storageusagethreshold boolean "whether so much is used that somebody should know",
        storageusagedisablethreshold boolean "whether so much is used that it takes no more volumes",
        storageallocatedthreshold boolean "whether so much is given out that somebody should know",
        storageallocateddisablethreshold boolean "whether so much is given out that it takes no more volumes";
}
fields! {
    INFRASTRUCTURE: zones integer "how many zones there are", pods integer "how many pods",
        clusters integer "how many clusters", hosts integer "how many hosts",
        storagepools integer "how many storage pools", imagestores integer "how many image stores",
        systemvms integer "how many system VMs", routers integer "how many routers",
        cpusockets integer "how many processors the hosts have";
}

apis! {
    Root "listHostsMetrics" "Lists hosts with how much of them is given out and used" (PAGED) {
        opt "id" Id("host") "its id";
        opt "name" Text "its name";
        opt "type" Text "only hosts for this, such as Routing";
        opt "state" Text "its state";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "clusterid" Id("cluster") "the cluster it is in";
    } -> HOST |call| measured(call, "listHosts", fields::HOST, of_host);

    Root "listVirtualMachinesMetrics" "Lists virtual machines with what they have and use" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("machine") "its id";
        opt "name" Text "its name";
        opt "state" Text "its state";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "hostid" Id("host") "the host it runs on";
        opt "networkid" Id("network") "only those in this network";
    } -> MACHINE |call| measured(call, "listVirtualMachines", fields::MACHINE, of_machine);

    Root "listVolumesMetrics" "Lists volumes with their sizes in GB" (OWNED, IN_PROJECT, PAGED) {
        opt "id" Id("volume") "its id";
        opt "name" Text "its name";
        opt "type" Text "ROOT or DATADISK";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "virtualmachineid" Id("machine") "the machine it is attached to";
    } -> VOLUME |call| measured(call, "listVolumes", fields::VOLUME, of_volume);

    Root "listStoragePoolsMetrics" "Lists storage pools with how much of them is given out and used" (PAGED) {
        opt "id" Id("storagepool") "its id";
        opt "name" Text "its name";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "clusterid" Id("cluster") "the cluster it serves";
    } -> POOL |call| measured(call, "listStoragePools", fields::POOL, of_pool);

    Root "listInfrastructure" "Counts zones, pods, clusters, hosts and what else a cloud is made of" () {} -> INFRASTRUCTURE count;
}

type Measure = fn(&Value, &Measures) -> Value;

/// What measures are taken from besides the record itself.
struct Measures {
    load: std::collections::HashMap<String, Load>,
}

/// The list that another API gives, each record with its measures before it.
fn measured(
    call: &mut Call,
    base: &str,
    declared: &'static [Field],
    measure: Measure,
) -> Done<Reply> {
    let api = all()
        .find(|api| api.name == base)
        .ok_or_else(|| Refusal::internal("there is nothing to measure"))?;
    let Reply::List(name, rows, count) = (api.run)(call)? else {
        return Err(Refusal::internal("what is measured is no list"));
    };
    let order = Order::of(declared);
    let measures = Measures {
        load: store::load(call.db)?,
    };
    let rows = rows
        .into_iter()
        .map(|row| {
            let row = order.arrange(row);
            let measured = measure(&row, &measures);
            let mut whole = Map::new();
            let fields = |part: &Value| part.as_object().cloned().unwrap_or_default();
            whole.extend(
                fields(&measured)
                    .into_iter()
                    .filter(|(field, _)| row.get(field).is_none()),
            );
            whole.extend(
                fields(&row)
                    .into_iter()
                    .filter(|(field, _)| !left_out(base, field)),
            );
            // What is said of a field in another way stays in its place.
            whole.extend(fields(&measured));
            Value::Object(whole)
        })
        .collect();
    Ok(Reply::List(name, rows, count))
}

/// What real servers leave out of hosts that they list with measures.
fn left_out(base: &str, field: &str) -> bool {
    base == "listHosts"
        && matches!(
            field,
            "hostha" | "outofbandmanagement" | "memorywithoverprovisioning"
        )
}

fn whole(row: &Value, field: &str) -> i64 {
    row[field].as_i64().unwrap_or(0)
}

fn gigabytes(bytes: i64) -> String {
    format!("{:.2} GB", bytes as f64 / f64::from(1 << 30))
}

fn of_host(host: &Value, measures: &Measures) -> Value {
    let load = host["id"].as_str().and_then(|id| measures.load.get(id));
    let load = load.copied().unwrap_or_default();
    let gigahertz = |megahertz: i64| format!("{:.2} Ghz", megahertz as f64 / 1000.0);
    let speed = whole(host, "cpunumber") * whole(host, "cpuspeed");
    json!({"powerstate": "Disabled", "instances": format!("{0} / {0}", load.machines),
        "cputotalghz": format!("{} (x 1.0)", gigahertz(speed)), "cpuusedghz": gigahertz(0),
        "cpuallocatedghz": gigahertz(load.speed),
        "memorytotalgb": format!("{} (x 1.0)", gigabytes(whole(host, "memorytotal"))), "memoryusedgb": gigabytes(0),
        "memoryallocatedgb": gigabytes(load.memory << 20), "networkread": gigabytes(0), "networkwrite": gigabytes(0),
        "cputhreshold": false, "cpudisablethreshold": false,
        "cpuallocatedthreshold": mostly(load.speed, speed, 75), "cpuallocateddisablethreshold": mostly(load.speed, speed, 85),
        "memorythreshold": false, "memorydisablethreshold": false,
        "memoryallocatedthreshold": mostly(load.memory << 20, whole(host, "memorytotal"), 75),
        "memoryallocateddisablethreshold": mostly(load.memory << 20, whole(host, "memorytotal"), 85)})
}

/// Whether more of something is taken than so many per cent.
fn mostly(taken: i64, whole: i64, percent: i64) -> bool {
    taken.saturating_mul(100) > whole.saturating_mul(percent)
}

fn of_machine(machine: &Value, _: &Measures) -> Value {
    let speed = (whole(machine, "cpunumber") * whole(machine, "cpuspeed")) as f64 / 1000.0;
    json!({"ipaddress": machine["nic"][0]["ipaddress"], "cputotal": format!("{speed:.1} Ghz"),
        "memorytotal": gigabytes(whole(machine, "memory") << 20), "networkread": "0.00 MB", "networkwrite": "0.00 MB",
        "diskiopstotal": 0})
}

fn of_volume(volume: &Value, _: &Measures) -> Value {
    let kind = match volume["storagetype"].as_str() {
        Some("local") => "Local",
        _ => "Shared",
    };
    json!({"sizegb": gigabytes(whole(volume, "size")),
        "storagetype": format!("{kind} ({})", volume["type"].as_str().unwrap_or_default())})
}

fn of_pool(pool: &Value, _: &Measures) -> Value {
    let (total, allocated) = (
        whole(pool, "disksizetotal"),
        whole(pool, "disksizeallocated"),
    );
    json!({"disksizeusedgb": gigabytes(0), "disksizetotalgb": gigabytes(total),
        "disksizeallocatedgb": gigabytes(allocated), "disksizeunallocatedgb": gigabytes(total - allocated),
        "storageusagethreshold": false, "storageusagedisablethreshold": false,
        "storageallocatedthreshold": mostly(allocated, total, 75),
        "storageallocateddisablethreshold": mostly(allocated, total, 85)})
}

fn count(call: &mut Call) -> Done<Reply> {
    let of = |kind: &str| -> Done<usize> { Ok(store::of_kind(call.db, kind)?.len()) };
    let sockets = store::total(call.db, "host", "cpunumber")?;
    Ok(Reply::One(
        "infrastructure",
        json!({"zones": of("zone")?, "pods": of("pod")?, "clusters": of("cluster")?, "hosts": of("host")?,
            "storagepools": of("storagepool")?, "imagestores": of("imagestore")?, "systemvms": of("systemvm")?,
            "routers": of("router")?, "cpusockets": sockets}),
    ))
}
