//! Images: templates as EC2 shows and changes them.

use serde_json::{Value, json};

use super::words::{Said, Wrong, owner, tags};
use super::{Ask, Missing, instances, volumes};

const TEMPLATES: (&str, &str) = ("listTemplates", "template");
/// All that the caller can make instances of.
const USABLE: &[(&str, &str)] = &[("templatefilter", "executable")];
const MISSING: Missing = Missing {
    code: "InvalidAMIID.NotFound",
    what: "image",
};

const FILTERS: &[(&str, &str)] = &[
    ("architecture", "architecture"),
    ("description", "description"),
    ("hypervisor", "hypervisor"),
    ("image-id", "imageId"),
    ("image-type", "imageType"),
    ("is-public", "isPublic"),
    ("name", "name"),
    ("owner-id", "imageOwnerId"),
    ("state", "imageState"),
    ("tag-key", "tagSet/*/key"),
    ("tag-value", "tagSet/*/value"),
];

/// A template as EC2 shows it.
fn image(row: &Value) -> Value {
    let hypervisor = row["hypervisor"].as_str().unwrap_or_default();
    let bits = if row["bits"] == 32 { "i386" } else { "x86_64" };
    let state = match row["isready"] == true {
        true => "available",
        false => "pending",
    };
    json!({"imageId": row["id"], "imageLocation": "", "imageState": state, "imageOwnerId": owner(row),
        "isPublic": row["ispublic"] == true, "architecture": bits, "imageType": "machine", "name": row["name"],
        "description": row["displaytext"], "rootDeviceType": "ebs", "rootDeviceName": "/dev/sda1",
        "blockDeviceMapping": [], "virtualizationType": "hvm", "tagSet": tags(row),
        "hypervisor": hypervisor.trim_end_matches("Server").to_lowercase()})
}

pub fn one(ask: &Ask, id: &str) -> Said {
    ask.one(TEMPLATES.0, TEMPLATES.1, id, USABLE, MISSING)
}

/// The image that an action is about.
fn named<'a>(ask: &'a Ask) -> Result<(&'a str, Value), Wrong> {
    let id = ask.required("ImageId")?;
    Ok((id, one(ask, id)?))
}

pub fn describe(ask: &Ask) -> Said {
    let rows = ask.meant("ImageId", TEMPLATES, USABLE, MISSING)?;
    let items = ask
        .query
        .filtered(rows.iter().map(image).collect(), FILTERS)?;
    Ok(json!({ "imagesSet": items }))
}

/// Makes an image of an instance's root disk, for which one that runs is stopped meanwhile.
pub async fn create(ask: &Ask<'_>) -> Said {
    let id = ask.required("InstanceId")?;
    let name = ask.required("Name")?;
    let list = ("listVirtualMachines", "virtualmachine");
    let machine = ask.one(list.0, list.1, id, &[], instances::MISSING)?;
    let root = [
        ("virtualmachineid", id),
        ("type", "ROOT"),
        ("listall", "true"),
    ];
    let disks = ask.rows("listVolumes", "volume", &root)?;
    let disk = disks.first().and_then(|disk| disk["id"].as_str());
    let disk = disk.ok_or_else(|| {
        Wrong::client(
            "IncorrectState",
            format!("The instance '{id}' has no root volume"),
        )
    })?;
    let systems = ask.rows("listOsTypes", "ostype", &[])?;
    let template = machine["templateid"].as_str().unwrap_or_default();
    let system = one(ask, template).ok();
    let system = system.as_ref().or(systems.first());
    let system = system.and_then(|row| row["ostypeid"].as_str().or(row["id"].as_str()));
    let params = [
        ("name", name),
        ("displaytext", ask.query.text("Description").unwrap_or(name)),
        ("volumeid", disk),
        ("ostypeid", system.unwrap_or_default()),
    ];
    let runs = machine["state"] == "Running";
    if runs {
        ask.finish("stopVirtualMachine", &[("id", id)]).await?;
    }
    let ended = ask.finish("createTemplate", &params).await;
    if runs {
        ask.finish("startVirtualMachine", &[("id", id)]).await?;
    }
    let ended = ended.map_err(|wrong| volumes::full(wrong, "TemplateLimitExceeded"))?;
    Ok(json!({"imageId": ended.pointer("/template/id")}))
}

/// Makes an image of what is at a URL. Its architecture may say `format:zone:system:hypervisor`, as far as one cares.
pub fn register(ask: &Ask) -> Said {
    let (url, name) = (ask.required("ImageLocation")?, ask.required("Name")?);
    let mut parts = ask.required("Architecture")?.split(':');
    let format = parts.next().filter(|format| !format.contains('_'));
    let zone = instances::zone(ask, parts.next())?;
    let systems = ask.rows("listOsTypes", "ostype", &[])?;
    let system = match parts.next() {
        Some(name) => systems.iter().find(|row| row["description"] == name),
        None => systems.first(),
    };
    let system = system.and_then(|row| row["id"].as_str());
    let hypervisors = ask.rows("listHypervisors", "hypervisor", &[])?;
    let usual = hypervisors.first().and_then(|row| row["name"].as_str());
    let params = [
        ("name", name),
        ("displaytext", ask.query.text("Description").unwrap_or(name)),
        ("url", url),
        ("format", format.unwrap_or("VHD")),
        ("zoneid", &zone),
        ("ostypeid", system.unwrap_or_default()),
        ("hypervisor", parts.next().or(usual).unwrap_or_default()),
    ];
    let made = ask.call("registerTemplate", &params)?;
    Ok(json!({"imageId": made.pointer("/template/0/id")}))
}

pub async fn deregister(ask: &Ask<'_>) -> Said {
    let (id, _) = named(ask)?;
    ask.finish("deleteTemplate", &[("id", id)]).await?;
    Ok(json!({"return": true}))
}

/// The accounts that a parameter's elements name, and whether everybody is among them.
fn meant(ask: &Ask, name: &str) -> (String, bool) {
    let mut accounts = Vec::new();
    let mut everybody = false;
    for (member, value) in ask.query.members(name).into_iter().flatten() {
        match member {
            "UserId" => accounts.push(value),
            "Group" => everybody |= value == "all",
            _ => {}
        }
    }
    (accounts.join(","), everybody)
}

pub fn modify(ask: &Ask) -> Said {
    let (id, _) = named(ask)?;
    let mut changed = false;
    if let Some(text) = ask.query.text("Description.Value") {
        ask.call("updateTemplate", &[("id", id), ("displaytext", text)])?;
        changed = true;
    }
    for (name, op, public) in [
        ("LaunchPermission.Add", "add", "true"),
        ("LaunchPermission.Remove", "remove", "false"),
    ] {
        let (accounts, everybody) = meant(ask, name);
        if !accounts.is_empty() {
            let params = [("id", id), ("accounts", accounts.as_str()), ("op", op)];
            ask.call("updateTemplatePermissions", &params)?;
        }
        if everybody {
            ask.call(
                "updateTemplatePermissions",
                &[("id", id), ("ispublic", public)],
            )?;
        }
        changed |= everybody || !accounts.is_empty();
    }
    match changed {
        true => Ok(json!({"return": true})),
        false => Err(Wrong::client(
            "MissingParameter",
            "Missing required parameter - Description.Value or LaunchPermission",
        )),
    }
}

pub fn attribute(ask: &Ask) -> Said {
    let (id, template) = named(ask)?;
    match ask.required("Attribute")? {
        "description" => {
            Ok(json!({"imageId": id, "description": {"value": template["displaytext"]}}))
        }
        "launchPermission" => {
            let told = ask.call("listTemplatePermissions", &[("id", id)])?;
            let accounts = told.pointer("/templatepermission/account");
            let accounts = accounts.and_then(Value::as_array).into_iter().flatten();
            let mut items: Vec<Value> = accounts.map(|name| json!({ "userId": name })).collect();
            if template["ispublic"] == true {
                items.push(json!({"group": "all"}));
            }
            Ok(json!({"imageId": id, "launchPermission": items}))
        }
        other => Err(Wrong::value("Attribute", other)),
    }
}

pub fn reset(ask: &Ask) -> Said {
    let (id, _) = named(ask)?;
    match ask.required("Attribute")? {
        "launchPermission" => {
            ask.call("updateTemplatePermissions", &[("id", id), ("op", "reset")])?;
            Ok(json!({"return": true}))
        }
        other => Err(Wrong::value("Attribute", other)),
    }
}
