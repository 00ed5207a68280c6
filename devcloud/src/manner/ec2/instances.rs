//! Instances: machines as EC2 shows and changes them.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::words::{Said, Wrong, moment, owner, tags};
use super::{Ask, Missing, offers, volumes};
use crate::store;

const MACHINES: (&str, &str) = ("listVirtualMachines", "virtualmachine");
pub const MISSING: Missing = Missing {
    code: "InvalidInstanceID.NotFound",
    what: "instance",
};
/// How many are run by one call at most.
const MOST: i64 = 250;

const FILTERS: &[(&str, &str)] = &[
    ("availability-zone", "placement/availabilityZone"),
    ("dns-name", "dnsName"),
    ("group-id", "groupSet/*/groupId"),
    ("hypervisor", "hypervisor"),
    ("image-id", "imageId"),
    ("instance-id", "instanceId"),
    ("instance-state-code", "instanceState/code"),
    ("instance-state-name", "instanceState/name"),
    ("instance-type", "instanceType"),
    ("ip-address", "ipAddress"),
    ("owner-id", "ownerId"),
    ("private-ip-address", "privateIpAddress"),
    ("root-device-name", "rootDeviceName"),
    ("tag-key", "tagSet/*/key"),
    ("tag-value", "tagSet/*/value"),
];

/// What machines are shown with: their disks, which of them are being destroyed, and Amazon's names of offerings.
struct Around {
    disks: HashMap<String, Vec<Value>>,
    going: HashSet<String>,
    names: Vec<(String, String)>,
}

impl Around {
    fn look(ask: &Ask, machines: &[Value]) -> Result<Around, Wrong> {
        let mut volumes = Vec::new();
        // The disks of a few are not looked for among those of all.
        match machines {
            few if few.len() < 20 => {
                for machine in few {
                    let id = machine["id"].as_str().unwrap_or_default();
                    let on = [("virtualmachineid", id), ("listall", "true")];
                    volumes.extend(ask.rows("listVolumes", "volume", &on)?);
                }
            }
            _ => volumes = ask.rows("listVolumes", "volume", &[("listall", "true")])?,
        }
        let mut disks: HashMap<String, Vec<Value>> = HashMap::new();
        for volume in volumes {
            if let Some(machine) = volume["virtualmachineid"].as_str() {
                disks.entry(machine.into()).or_default().push(volume);
            }
        }
        Ok(Around {
            disks,
            going: going(ask),
            names: offers::names(ask),
        })
    }
}

/// The machines that are being destroyed: CloudStack shows them stopping.
fn going(ask: &Ask) -> HashSet<String> {
    let looked = ask
        .desk
        .look(|db| store::worked_on(db, "destroyVirtualMachine"));
    looked.unwrap_or_default()
}

/// A machine's state in EC2's words.
fn state(machine: &Value, going: &HashSet<String>) -> Value {
    let id = machine["id"].as_str().unwrap_or_default();
    let (code, name) = match machine["state"].as_str().unwrap_or_default() {
        "Starting" => (0, "pending"),
        "Stopping" if going.contains(id) => (32, "shutting-down"),
        "Stopping" => (64, "stopping"),
        "Stopped" => (80, "stopped"),
        "Destroyed" | "Expunging" | "Error" => (48, "terminated"),
        _ => (16, "running"),
    };
    json!({"code": code, "name": name})
}

fn groups(machine: &Value) -> Value {
    let groups = machine["securitygroup"].as_array().into_iter().flatten();
    groups
        .map(|group| json!({"groupId": group["id"], "groupName": group["name"]}))
        .collect()
}

/// A machine as EC2 shows it.
fn instance(machine: &Value, around: &Around) -> Value {
    let id = machine["id"].as_str().unwrap_or_default();
    let disks = around.disks.get(id).map_or(&[][..], Vec::as_slice);
    let disks: Vec<Value> = disks.iter().map(volumes::mapping).collect();
    let private = machine.pointer("/nic/0/ipaddress");
    let public = machine.get("publicip").or(private);
    let hypervisor = machine["hypervisor"].as_str().unwrap_or_default();
    json!({"instanceId": id, "imageId": machine["templateid"], "instanceState": state(machine, &around.going),
        "privateDnsName": "", "dnsName": "", "reason": "", "keyName": machine["keypair"], "amiLaunchIndex": 0,
        "productCodes": [], "instanceType": offers::type_of(&around.names, machine), "launchTime": moment(machine, "created"),
        "placement": {"availabilityZone": machine["zonename"], "groupName": ""}, "monitoring": {"state": "disabled"},
        "privateIpAddress": private, "ipAddress": public, "groupSet": groups(machine), "architecture": "x86_64",
        "rootDeviceType": "ebs", "rootDeviceName": "/dev/sda1", "blockDeviceMapping": disks,
        "virtualizationType": "hvm", "tagSet": tags(machine), "hypervisor": hypervisor.trim_end_matches("Server").to_lowercase()})
}

pub fn describe(ask: &Ask) -> Said {
    let machines = ask.meant("InstanceId", MACHINES, &[], MISSING)?;
    let around = Around::look(ask, &machines)?;
    // A filter may ask whose a machine is, which is told of its reservation.
    let flat = machines.iter().map(|machine| {
        let mut item = instance(machine, &around);
        item["ownerId"] = json!(owner(machine));
        item
    });
    let kept = ask.query.filtered(flat.collect(), FILTERS)?;
    let reservations: Vec<Value> = kept
        .into_iter()
        .map(|mut item| {
            let owner = item["ownerId"].take();
            // Every machine has a reservation of its own.
            json!({"reservationId": item["instanceId"], "ownerId": owner, "groupSet": item["groupSet"],
                "instancesSet": [item]})
        })
        .collect();
    Ok(json!({ "reservationSet": reservations }))
}

pub async fn run(ask: &Ask<'_>) -> Said {
    let image = ask.required("ImageId")?;
    let (least, most) = (count(ask, "MinCount")?, count(ask, "MaxCount")?);
    if least > most {
        return Err(Wrong::client(
            "InvalidParameterCombination",
            format!("MinCount {least} is more than MaxCount {most}"),
        ));
    }
    super::images::one(ask, image)?;
    let zone = zone(ask, ask.query.text("Placement.AvailabilityZone"))?;
    let offering = offers::id_of(ask, ask.query.text("InstanceType"))?;
    let mut params = vec![
        ("templateid", image.to_string()),
        ("zoneid", zone),
        ("serviceofferingid", offering),
    ];
    for (given, param) in [("KeyName", "keypair"), ("UserData", "userdata")] {
        params.extend(ask.query.text(given).map(|value| (param, value.into())));
    }
    for (given, param) in [
        ("SecurityGroup", "securitygroupnames"),
        ("SecurityGroupId", "securitygroupids"),
    ] {
        let groups = ask.query.list(given);
        if !groups.is_empty() {
            params.push((param, groups.join(",")));
        }
    }
    if let Some(size) = ask.query.text("size") {
        params.push(("diskofferingid", volumes::open_offering(ask)?));
        params.push(("size", size.into()));
    }
    let params: Vec<(&str, &str)> = params
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let ids = deploy(ask, &params, least, most).await?;
    let machines = ids
        .iter()
        .map(|id| ask.one(MACHINES.0, MACHINES.1, id, &[], MISSING))
        .collect::<Result<Vec<Value>, Wrong>>()?;
    let around = Around::look(ask, &machines)?;
    let first = machines.first().cloned().unwrap_or_default();
    let instances: Vec<Value> = machines
        .iter()
        .map(|machine| instance(machine, &around))
        .collect();
    Ok(
        json!({"reservationId": first["id"], "ownerId": owner(&first), "groupSet": groups(&first),
        "instancesSet": instances}),
    )
}

/// Deploys as many as there is room for, and none where those are too few.
async fn deploy(
    ask: &Ask<'_>,
    params: &[(&str, &str)],
    least: i64,
    most: i64,
) -> Result<Vec<String>, Wrong> {
    let mut begun: Vec<(String, String)> = Vec::new();
    let text = |answer: &Value, field: &str| answer[field].as_str().unwrap_or_default().to_string();
    for number in 0..most {
        match ask.call("deployVirtualMachine", params) {
            Ok(answer) => begun.push((text(&answer, "id"), text(&answer, "jobid"))),
            Err(_) if number >= least => break,
            Err(wrong) => {
                for (id, job) in &begun {
                    // Whether it came up or not, it goes.
                    let _ = ask.desk.ended(job).await;
                    let whole = [("id", id.as_str()), ("expunge", "true")];
                    ask.finish("destroyVirtualMachine", &whole).await?;
                }
                return Err(wrong);
            }
        }
    }
    Ok(begun.into_iter().map(|(id, _)| id).collect())
}

fn count(ask: &Ask, name: &str) -> Result<i64, Wrong> {
    let given = ask.required(name)?;
    match given.parse() {
        Ok(count) if count > MOST => Err(Wrong::client(
            "InstanceLimitExceeded",
            format!("{name} {given} is more than {MOST}"),
        )),
        Ok(count) if count > 0 => Ok(count),
        _ => Err(Wrong::value(name, given)),
    }
}

/// The id of the zone of a name, or of the first one.
pub fn zone(ask: &Ask, name: Option<&str>) -> Result<String, Wrong> {
    let zones = ask.rows("listZones", "zone", &[])?;
    let found = zones
        .iter()
        .find(|zone| name.is_none_or(|name| zone["name"] == name));
    let id = found.and_then(|zone| zone["id"].as_str());
    id.map(String::from).ok_or_else(|| {
        Wrong::client(
            "InvalidZone.NotFound",
            format!("The zone '{}' does not exist", name.unwrap_or_default()),
        )
    })
}

pub fn zones(ask: &Ask) -> Said {
    let zones = ask.rows("listZones", "zone", &[])?;
    let wanted = ask.query.list("ZoneName");
    for name in &wanted {
        zone(ask, Some(name))?;
    }
    let items: Vec<Value> = zones
        .iter()
        .filter(|zone| wanted.is_empty() || wanted.iter().any(|name| zone["name"] == *name))
        .map(|zone| json!({"zoneName": zone["name"], "zoneState": "available", "regionName": "", "messageSet": []}))
        .collect();
    Ok(json!({ "availabilityZoneInfo": items }))
}

/// Makes a change begin on every instance that is named, but for those that are as wanted; each must be there.
fn change(ask: &Ask, command: &str, more: &[(&str, &str)], as_wanted: &[&str]) -> Said {
    if ask.query.list("InstanceId").is_empty() {
        ask.required("InstanceId.1")?;
    }
    let machines = ask.meant("InstanceId", MACHINES, &[], MISSING)?;
    let mut items = Vec::new();
    for before in machines {
        let id = before["id"].as_str().unwrap_or_default();
        let was = state(&before, &going(ask));
        let there = as_wanted.iter().any(|state| before["state"] == *state);
        if !there {
            let mut params = vec![("id", id)];
            params.extend(more);
            ask.call(command, &params)?;
        }
        let after = ask.one(MACHINES.0, MACHINES.1, id, &[], MISSING)?;
        items.push(
            json!({"instanceId": id, "currentState": state(&after, &going(ask)), "previousState": was}),
        );
    }
    Ok(json!({ "instancesSet": items }))
}

pub fn start(ask: &Ask) -> Said {
    change(ask, "startVirtualMachine", &[], &["Running", "Starting"])
}

pub fn stop(ask: &Ask) -> Said {
    let forced = ask
        .query
        .text("Force")
        .filter(|force| force.eq_ignore_ascii_case("true"));
    let more: &[(&str, &str)] = match forced {
        Some(_) => &[("forced", "true")],
        None => &[],
    };
    let as_wanted = ["Stopped", "Stopping", "Destroyed", "Expunging"];
    change(ask, "stopVirtualMachine", more, &as_wanted)
}

pub fn terminate(ask: &Ask) -> Said {
    change(
        ask,
        "destroyVirtualMachine",
        &[],
        &["Destroyed", "Expunging"],
    )
}

pub fn reboot(ask: &Ask) -> Said {
    change(ask, "rebootVirtualMachine", &[], &[])?;
    Ok(json!({"return": true}))
}

pub fn modify(ask: &Ask) -> Said {
    let id = ask.required("InstanceId")?;
    let machine = ask.one(MACHINES.0, MACHINES.1, id, &[], MISSING)?;
    match (
        ask.query.text("InstanceType.Value"),
        ask.query.text("UserData.Value"),
    ) {
        (Some(wanted), None) => {
            if machine["state"] != "Stopped" {
                return Err(Wrong::client(
                    "IncorrectState",
                    format!("The instance '{id}' is not stopped"),
                ));
            }
            let offering = offers::id_of(ask, Some(wanted))?;
            let params = [("id", id), ("serviceofferingid", &offering)];
            ask.call("changeServiceForVirtualMachine", &params)?;
        }
        (None, Some(data)) => {
            ask.call("updateVirtualMachine", &[("id", id), ("userdata", data)])?;
        }
        _ => {
            return Err(Wrong::client(
                "InvalidParameterCombination",
                "Either InstanceType.Value or UserData.Value is to be given",
            ));
        }
    }
    Ok(json!({"return": true}))
}

pub fn attribute(ask: &Ask) -> Said {
    let id = ask.required("InstanceId")?;
    let wanted = ask.required("Attribute")?;
    let machine = ask.one(MACHINES.0, MACHINES.1, id, &[], MISSING)?;
    let value = match wanted {
        "instanceType" => {
            json!({"instanceType": {"value": offers::type_of(&offers::names(ask), &machine)}})
        }
        "rootDeviceName" => json!({"rootDeviceName": {"value": "/dev/sda1"}}),
        "groupSet" => json!({"groupSet": groups(&machine)}),
        "userData" => {
            let data = ask.call("getVirtualMachineUserData", &[("virtualmachineid", id)])?;
            json!({"userData": {"value": data.pointer("/virtualmachineuserdata/userdata")}})
        }
        _ => return Err(Wrong::value("Attribute", wanted)),
    };
    let mut answer = json!({ "instanceId": id });
    if let (Value::Object(answer), Value::Object(value)) = (&mut answer, value) {
        answer.extend(value);
    }
    Ok(answer)
}
