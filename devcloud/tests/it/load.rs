//! Many who call at once, on two servers of one world: nothing that was acknowledged is lost, and nothing is there twice.

use std::collections::{BTreeMap, HashSet};

use devcloud::Cloud;
use serde_json::Value;

use crate::support::{Keys, World, get, signed};

/// One who calls one of the servers.
struct Caller<'a> {
    keys: Keys,
    cloud: &'a Cloud,
}

impl Caller<'_> {
    fn call(&self, api: &str, params: &[(&str, &str)]) -> Value {
        let all = [&[("response", "json")], params].concat();
        let answer = get(self.cloud, &signed(&self.keys, api, &all));
        assert_eq!(answer.status, 200, "{api} {params:?}: {answer:?}");
        answer.inner()
    }

    /// Makes an asynchronous call and waits for its end; gives the id of what it made or changed.
    fn done(&self, api: &str, params: &[(&str, &str)]) -> String {
        let begun = self.call(api, params);
        let job = begun["jobid"].as_str().unwrap();
        loop {
            let record = self.call("queryAsyncJobResult", &[("jobid", job)]);
            match record["jobstatus"].as_i64() {
                Some(0) => {}
                Some(1) => return begun["id"].as_str().unwrap_or_default().into(),
                _ => panic!("{api} {params:?}: {record}"),
            }
        }
    }
}

/// What somebody left behind: the state of each machine, and the volume that is on it.
type Left = BTreeMap<String, (&'static str, Option<String>)>;

/// Some lives of machines in a place, one after another: each third is gone in the end, the others have a volume.
fn lives(caller: &Caller, place: &[(&str, &str)], name: &str) -> Left {
    let mut left = Left::new();
    for round in 0..9 {
        let name = format!("{name}-{round}");
        let named = [("name", name.as_str())];
        let machine = caller.done("deployVirtualMachine", &[&named, place].concat());
        let id = [("id", machine.as_str())];
        let disk = [named[0], place[0], place[3]];
        let volume = caller.done("createVolume", &disk);
        let attach = [("id", volume.as_str()), ("virtualmachineid", &machine)];
        caller.done("attachVolume", &attach);
        let page = [("page", "1"), ("pagesize", "500"), ("name", &name)];
        assert_eq!(caller.call("listVirtualMachines", &page)["count"], 1);
        match round % 3 {
            0 => {
                left.insert(machine, ("Running", Some(volume)));
            }
            1 => {
                caller.done("stopVirtualMachine", &id);
                left.insert(machine, ("Stopped", Some(volume)));
            }
            _ => {
                caller.done("detachVolume", &[("id", &volume)]);
                caller.done("destroyVirtualMachine", &[id[0], ("expunge", "true")]);
            }
        }
    }
    left
}

#[test]
fn what_many_do_at_once_is_all_there_and_nothing_of_it_twice() {
    let world = World::new();
    let second = world.again();
    let place = [
        ("zoneid", &*world.first("listZones", &[])),
        (
            "templateid",
            &*world.first("listTemplates", &[("templatefilter", "featured")]),
        ),
        (
            "serviceofferingid",
            &*world.first("listServiceOfferings", &[]),
        ),
        ("diskofferingid", &*world.first("listDiskOfferings", &[])),
    ];
    let left: Vec<Left> = std::thread::scope(|scope| {
        let threads: Vec<_> = [&world.cloud, &second, &world.cloud, &second]
            .into_iter()
            .enumerate()
            .map(|(number, cloud)| {
                let keys = world.admin();
                scope.spawn(move || lives(&Caller { keys, cloud }, &place, &format!("m{number}")))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let left: Left = left.into_iter().flatten().collect();
    let rows = world.rows("listVirtualMachines", &[]);
    let shown: BTreeMap<&str, &str> = rows
        .iter()
        .map(|row| (row["id"].as_str().unwrap(), row["state"].as_str().unwrap()))
        .collect();
    let expected: BTreeMap<&str, &str> = left
        .iter()
        .map(|(id, (state, _))| (id.as_str(), *state))
        .collect();
    assert_eq!(shown, expected);
    let addresses: HashSet<&str> = rows
        .iter()
        .map(|row| row["nic"][0]["ipaddress"].as_str().unwrap())
        .collect();
    assert_eq!(addresses.len(), rows.len());
    let volumes = world.rows("listVolumes", &[]);
    for (machine, (_, volume)) in &left {
        let row = volumes
            .iter()
            .find(|row| row["id"] == **volume.as_ref().unwrap());
        assert_eq!(row.unwrap()["virtualmachineid"], **machine);
    }
    let domain = world.first("listDomains", &[]);
    let counted = world.rows(
        "updateResourceCount",
        &[("domainid", &domain), ("account", "admin")],
    );
    let count = |name: &str| {
        let row = counted.iter().find(|row| row["resourcetypename"] == *name);
        row.unwrap()["resourcecount"].as_u64().unwrap() as usize
    };
    assert_eq!(
        (count("user_vm"), count("volume"), count("network")),
        (rows.len(), volumes.len(), 1)
    );
}
