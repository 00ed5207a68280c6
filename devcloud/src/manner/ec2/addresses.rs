//! Public addresses: EC2 names them by themselves, CloudStack by their ids.

use serde_json::{Value, json};

use super::words::{Said, Wrong};
use super::{Ask, instances, volumes};

fn rows(ask: &Ask) -> Result<Vec<Value>, Wrong> {
    ask.rows(
        "listPublicIpAddresses",
        "publicipaddress",
        &[("listall", "true")],
    )
}

/// The id of the address that a call names.
fn named(ask: &Ask) -> Result<String, Wrong> {
    let given = ask.required("PublicIp")?;
    let found = rows(ask)?
        .into_iter()
        .find(|address| address["ipaddress"] == given);
    let id = found.and_then(|address| address["id"].as_str().map(String::from));
    id.ok_or_else(|| missing(given))
}

fn missing(given: &str) -> Wrong {
    Wrong::client(
        "InvalidParameterValue",
        format!("Address '{given}' not found."),
    )
}

pub async fn allocate(ask: &Ask<'_>) -> Said {
    let zone = instances::zone(ask, None)?;
    let ended = ask
        .finish("associateIpAddress", &[("zoneid", &zone)])
        .await
        .map_err(|wrong| volumes::full(wrong, "AddressLimitExceeded"))?;
    Ok(json!({"publicIp": ended.pointer("/ipaddress/ipaddress")}))
}

pub async fn release(ask: &Ask<'_>) -> Said {
    let id = named(ask)?;
    ask.finish("disassociateIpAddress", &[("id", &id)]).await?;
    Ok(json!({"return": true}))
}

pub fn associate(ask: &Ask) -> Said {
    let id = named(ask)?;
    let machine = ask.required("InstanceId")?;
    let list = ("listVirtualMachines", "virtualmachine");
    let found = ask.one(list.0, list.1, machine, &[], instances::MISSING)?;
    let network = found.pointer("/nic/0/networkid").and_then(Value::as_str);
    let params = [
        ("ipaddressid", id.as_str()),
        ("virtualmachineid", machine),
        ("networkid", network.unwrap_or_default()),
    ];
    ask.call("enableStaticNat", &params)?;
    Ok(json!({"return": true}))
}

pub async fn disassociate(ask: &Ask<'_>) -> Said {
    let id = named(ask)?;
    ask.finish("disableStaticNat", &[("ipaddressid", &id)])
        .await?;
    Ok(json!({"return": true}))
}

pub fn describe(ask: &Ask) -> Said {
    let rows = rows(ask)?;
    let wanted = ask.query.list("PublicIp");
    for given in &wanted {
        if !rows.iter().any(|row| row["ipaddress"] == *given) {
            return Err(missing(given));
        }
    }
    let items: Vec<Value> = rows
        .iter()
        .filter(|row| wanted.is_empty() || wanted.iter().any(|given| row["ipaddress"] == *given))
        .map(|row| {
            let machine = row["virtualmachineid"].as_str().unwrap_or_default();
            json!({"publicIp": row["ipaddress"], "domain": "standard", "instanceId": machine})
        })
        .collect();
    Ok(json!({ "addressesSet": items }))
}
