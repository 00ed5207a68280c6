//! Lists of a world that has one of everything, beside the recorded lists of a real server: the same envelope, the same name
//! of the list, and fields of the same names and types.

use serde_json::Value;

use crate::support::{World, get, signed};

/// What recorded rows have and the rows here do not, as `API field`: numbers that nothing here measures, and what belongs to
/// hosts and features that are not there.
const NOT_HERE: &[&str] = &[
    "listNetworkOfferings serviceofferingid",
    "listSnapshots ostypeid",
    "listSnapshots osdisplayname",
    "listSupportedNetworkServices capability",
    "listUsers roleid",
    "listVirtualMachines cpuused",
    "listVirtualMachines networkkbsread",
    "listVirtualMachines networkkbswrite",
    "listVirtualMachines diskkbsread",
    "listVirtualMachines diskkbswrite",
    "listVirtualMachines memorykbs",
    "listVirtualMachines memoryintfreekbs",
    "listVirtualMachines memorytargetkbs",
    "listVirtualMachines diskioread",
    "listVirtualMachines diskiowrite",
    "listVirtualMachines guestosid",
    "listVirtualMachines ostypeid",
];

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "map",
    }
}

/// One of everything that lists show.
fn everything(world: &World) {
    let (network, machine) = world.in_network("one");
    let address = world.id_of("associateIpAddress", &[("networkid", &network)]);
    let forward = [
        ("ipaddressid", address.as_str()),
        ("protocol", "tcp"),
        ("publicport", "2222"),
        ("privateport", "22"),
        ("virtualmachineid", &machine),
    ];
    world.done("createPortForwardingRule", &forward);
    world.done(
        "createEgressFirewallRule",
        &[("networkid", &network), ("protocol", "all")],
    );
    let tag = [
        ("resourceids", machine.as_str()),
        ("resourcetype", "UserVm"),
        ("tags[0].key", "env"),
        ("tags[0].value", "test"),
    ];
    world.done("createTags", &tag);
    let root = world.first("listVolumes", &[("type", "ROOT")]);
    world.done("createSnapshot", &[("volumeid", &root)]);
    world.done("createVMSnapshot", &[("virtualmachineid", &machine)]);
    let role = world.ok("createRole", &[("name", "reader"), ("type", "User")]);
    world.ok(
        "createRolePermission",
        &[
            ("roleid", role["role"]["id"].as_str().unwrap()),
            ("rule", "list*"),
            ("permission", "allow"),
        ],
    );
    world.done(
        "createAffinityGroup",
        &[("name", "ag"), ("type", "host anti-affinity")],
    );
    world.ok("createInstanceGroup", &[("name", "ig")]);
    world.ok(
        "createSecurityGroup",
        &[("name", "sg"), ("description", "text")],
    );
    world.done("createProject", &[("name", "p"), ("displaytext", "p")]);
    world.done("addVpnUser", &[("username", "vpnu"), ("password", "word")]);
    let vpc = [
        ("name", "private"),
        ("displaytext", "ours"),
        ("cidr", "10.9.0.0/16"),
        ("vpcofferingid", &world.first("listVPCOfferings", &[])),
        ("zoneid", &world.first("listZones", &[])),
    ];
    let vpc = world.id_of("createVPC", &vpc);
    world.done("createVpnGateway", &[("vpcid", &vpc)]);
}

#[test]
fn lists_have_the_recorded_shapes() {
    let world = World::new();
    everything(&world);
    let apis = world.ok("listApis", &[]);
    let offered: Vec<&str> = apis["api"]
        .as_array()
        .unwrap()
        .iter()
        .map(|api| api["name"].as_str().unwrap())
        .collect();
    let (mut compared, mut wrong) = (0, Vec::new());
    for line in include_str!("../../../tests/recorded/lists.jsonl").lines() {
        let exchange: Value = serde_json::from_str(line).unwrap();
        let name = exchange["name"].as_str().unwrap();
        let Some(api) = name
            .strip_suffix(".json")
            .filter(|api| offered.contains(api))
        else {
            continue;
        };
        if exchange["status"] != 200 {
            continue;
        }
        let mut params = vec![("response", "json")];
        for param in exchange["request"]["query"].as_str().unwrap().split('&') {
            if let Some((name, value)) = param.split_once('=')
                && ["listall", "isofilter", "templatefilter"].contains(&name)
            {
                params.push((name, value));
            }
        }
        let there: Value = serde_json::from_str(exchange["body"].as_str().unwrap()).unwrap();
        let here = get(&world.cloud, &signed(&world.admin(), api, &params)).whole();
        let (envelope, there) = there.as_object().unwrap().iter().next().unwrap();
        let Some(here) = here.get(envelope) else {
            wrong.push(format!("{api} answers no {envelope}"));
            continue;
        };
        compared += 1;
        for (list, rows) in there.as_object().unwrap() {
            let (Some(row), Some(like)) =
                (rows.get(0), here.get(list).and_then(|rows| rows.get(0)))
            else {
                if rows.is_array() {
                    wrong.push(format!("{api} has no {list}"));
                }
                continue;
            };
            for (field, value) in row.as_object().unwrap() {
                let same_row = |rows: &Value| {
                    rows.as_array()
                        .unwrap()
                        .iter()
                        .find_map(|row| row.get(field).cloned())
                };
                match same_row(&here[list]) {
                    None if NOT_HERE.contains(&format!("{api} {field}").as_str()) => {}
                    None => wrong.push(format!("{api} {field}")),
                    Some(other) if kind(&other) != kind(value) => {
                        wrong.push(format!(
                            "{api} {field} is a {} and not a {}",
                            kind(&other),
                            kind(value)
                        ));
                    }
                    Some(_) => {}
                }
            }
            for field in like.as_object().unwrap().keys() {
                let known = rows
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|row| row.get(field).is_some());
                if !known {
                    wrong.push(format!("{api} has {field} besides"));
                }
            }
        }
    }
    assert!(compared > 30, "only {compared} compared");
    assert!(
        wrong.is_empty(),
        "{compared} compared\n{}",
        wrong.join("\n")
    );
}
