//! Capacity: how much memory, processor time, storage and how many addresses there are, and how many are used.

use serde_json::{Value, json};

use super::listing::PAGED;
use super::{Call, Done, Reply, addresses};
use crate::store::{self, Thing};

fields! {
    CAPACITY: r#type short "its type", name string "its name", zoneid string "the zone it is in",
        zonename string "that zone's name", podid string "the pod it is in", podname string "that pod's name",
        clusterid string "the cluster it is in", clustername string "that cluster's name",
        capacityallocated long "how much is given out", capacityused long "how much is used",
        capacitytotal long "how much there is", percentused string "how many per cent of it are used";
}

apis! {
    Root "listCapacity" "Tells how much there is of everything, and how much of it is used" (PAGED) {
        opt "type" Integer "only the capacity of this number, such as 0 for memory";
        opt "zoneid" Id("zone") "the zone it is in";
        opt "podid" Id("pod") "the pod it is in";
        opt "clusterid" Id("cluster") "the cluster it is in";
        opt "sortby" Text "usage, for the fullest first";
        opt "fetchlatest" Boolean "whether it is counted anew";
    } -> CAPACITY list;
}

/// What a place has and uses: the number and name of its kind, how much is used and how much there is.
struct Kind {
    number: i64,
    name: &'static str,
    used: i64,
    total: i64,
    /// Whether what is used was given out by the cloud, which is told twice then.
    given: bool,
}

fn sum(things: &[Thing], field: &str) -> i64 {
    things.iter().map(|thing| thing.whole(field)).sum()
}

/// What is counted once for a whole zone.
fn of_zone(call: &Call) -> Done<Vec<Kind>> {
    let count = |kind: &str| -> Done<i64> {
        Ok(i64::try_from(store::of_kind(call.db, kind)?.len()).unwrap_or(i64::MAX))
    };
    let private = count("router")? + count("systemvm")?;
    let secondary = sum(&store::of_kind(call.db, "template")?, "size")
        + sum(&store::of_kind(call.db, "iso")?, "size");
    let plain = |number, name, used, total| Kind {
        number,
        name,
        used,
        total,
        given: false,
    };
    Ok(vec![
        plain(
            4,
            "VIRTUAL_NETWORK_PUBLIC_IP",
            count("publicip")?,
            addresses::capacity(call)?,
        ),
        plain(5, "PRIVATE_IP", private, 199),
        plain(6, "SECONDARY_STORAGE", secondary, 4 << 40),
        plain(
            7,
            "VLAN",
            store::in_state(call.db, "network", "Implemented")?,
            4000,
        ),
        plain(19, "GPU", 0, 0),
    ])
}

/// What hosts and pools have, in all or in one cluster.
fn of_hosts(call: &Call, cluster: Option<&str>) -> Done<Vec<Kind>> {
    let within = |kind: &str| -> Done<Vec<Thing>> {
        let things = store::of_kind(call.db, kind)?;
        Ok(things
            .into_iter()
            .filter(|thing| cluster.is_none_or(|cluster| thing.text("clusterid") == cluster))
            .collect())
    };
    let hosts = within("host")?;
    let pools = within("storagepool")?;
    let load = store::load(call.db)?;
    let (mut memory, mut speed, mut cores) = (0, 0, 0);
    for host in &hosts {
        if let Some(used) = load.get(&host.uuid) {
            memory += used.memory << 20;
            speed += used.speed;
            cores += used.cores;
        }
    }
    let all_speed = hosts
        .iter()
        .map(|host| host.whole("cpunumber") * host.whole("cpuspeed"))
        .sum();
    let disks = sum(&pools, "disksizetotal");
    // Only the cloud as a whole knows which pool a volume is in, which is the first.
    let first = store::of_kind(call.db, "storagepool")?.into_iter().next();
    let holds = pools
        .iter()
        .any(|pool| first.as_ref().is_some_and(|first| first.id == pool.id));
    let volumes = if holds {
        store::total(call.db, "volume", "size")?
    } else {
        0
    };
    let kind = |number, name, used, total, given| Kind {
        number,
        name,
        used,
        total,
        given,
    };
    Ok(vec![
        kind(0, "MEMORY", memory, sum(&hosts, "memorytotal"), true),
        kind(1, "CPU", speed, all_speed, true),
        kind(2, "STORAGE", 0, disks, false),
        kind(3, "STORAGE_ALLOCATED", volumes, disks * 2, false),
        kind(90, "CPU_CORE", cores, sum(&hosts, "cpunumber"), true),
    ])
}

/// So many hundredths of a per cent as real servers write them, without zeros at the end.
fn percent(used: i64, total: i64) -> String {
    if total <= 0 {
        return "0".into();
    }
    let hundredths = (i128::from(used) * 10_000 + i128::from(total) / 2) / i128::from(total);
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

fn list(call: &mut Call) -> Done<Reply> {
    let wanted = call.number("type");
    let mut places: Vec<(Value, Vec<Kind>)> = Vec::new();
    let zones = match call.thing("zoneid", "zone")? {
        Some(zone) => vec![zone],
        None => store::of_kind(call.db, "zone")?,
    };
    let pod = call.thing("podid", "pod")?;
    let cluster = call.thing("clusterid", "cluster")?;
    if pod.is_some() || cluster.is_some() {
        let clusters = match cluster {
            Some(cluster) => vec![cluster],
            None => store::of_kind(call.db, "cluster")?
                .into_iter()
                .filter(|cluster| {
                    pod.as_ref()
                        .is_none_or(|pod| cluster.text("podid") == pod.uuid)
                })
                .collect(),
        };
        for cluster in clusters {
            let place = json!({"zoneid": cluster.text("zoneid"), "zonename": cluster.text("zonename"),
                "podid": cluster.text("podid"), "podname": cluster.text("podname"), "clusterid": cluster.uuid,
                "clustername": cluster.name});
            let kinds = of_hosts(call, Some(&cluster.uuid))?;
            places.push((place, kinds));
        }
    } else {
        for (index, zone) in zones.into_iter().enumerate() {
            let mut kinds = Vec::new();
            let clusters = store::of_kind(call.db, "cluster")?;
            for cluster in clusters
                .iter()
                .filter(|cluster| cluster.text("zoneid") == zone.uuid)
            {
                for kind in of_hosts(call, Some(&cluster.uuid))? {
                    match kinds
                        .iter_mut()
                        .find(|known: &&mut Kind| known.number == kind.number)
                    {
                        Some(known) => {
                            known.used += kind.used;
                            known.total += kind.total;
                        }
                        None => kinds.push(kind),
                    }
                }
            }
            if index == 0 {
                kinds.extend(of_zone(call)?);
            }
            kinds.sort_by_key(|kind| kind.number);
            places.push((json!({"zoneid": zone.uuid, "zonename": zone.name}), kinds));
        }
    }
    let mut rows = Vec::new();
    for (place, kinds) in places {
        for kind in kinds
            .iter()
            .filter(|kind| wanted.is_none_or(|wanted| wanted == kind.number))
        {
            let mut row = json!({"type": kind.number, "name": kind.name});
            if let (Value::Object(row), Value::Object(place)) = (&mut row, &place) {
                row.extend(place.clone());
                if kind.given {
                    row.insert("capacityallocated".into(), json!(kind.used));
                }
            }
            row["capacityused"] = json!(kind.used);
            row["capacitytotal"] = json!(kind.total);
            row["percentused"] = json!(percent(kind.used, kind.total));
            rows.push(row);
        }
    }
    if call
        .text("sortby")
        .is_some_and(|by| by.eq_ignore_ascii_case("usage"))
    {
        let share = |row: &Value| {
            let text = row["percentused"].as_str().unwrap_or_default();
            text.parse::<f64>().unwrap_or(0.0)
        };
        rows.sort_by(|one, other| share(other).total_cmp(&share(one)));
    }
    let count = rows.len();
    Ok(Reply::List("capacity", rows, count))
}
