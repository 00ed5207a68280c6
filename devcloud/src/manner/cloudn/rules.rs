//! What the manual says of parameters together: which of two, both or none, and what a value may be.

use crate::api::fields::{MACHINE, TEMPLATE};
use crate::api::{Call, Done, Reply};
use crate::wire::Refusal;

apis! {
    Everyone "recoverVirtualMachine" "Recovers a destroyed machine" () {
        req "id" Id("machine") "the virtual machine";
    } -> MACHINE |call| call.instead("recoverVirtualMachine", call.params).map(Reply::Flat);

    Everyone "uploadTemplate" "Registers a template that is at a URL" () {
        req "name" Text "its name";
        req "url" Text "where it is" <= 2048;
    } -> TEMPLATE |call| call.instead("registerTemplate", call.params).map(Reply::Flat);
}

/// Parameters that go together: where the first is given the second must be.
const WITH: &[(&str, &str)] = &[
    ("account", "domainid"),
    ("expires", "signatureversion"),
    ("page", "pagesize"),
    ("pagesize", "page"),
];

/// Sets of parameters of which a command takes exactly one.
const EITHER: &[(&str, &[&[&str]])] = &[
    ("deleteSecurityGroup", &[&["id"], &["name"]]),
    (
        "authorizeSecurityGroupIngress",
        &[&["securitygroupid"], &["securitygroupname"]],
    ),
    (
        "authorizeSecurityGroupEgress",
        &[&["securitygroupid"], &["securitygroupname"]],
    ),
    (
        "detachVolume",
        &[&["id"], &["deviceid", "virtualmachineid"]],
    ),
    ("createVolume", &[&["diskofferingid"], &["snapshotid"]]),
];

/// What more commands require than CloudStack does.
const REQUIRED: &[(&str, &[&str])] = &[("createVolume", &["name", "zoneid"])];

/// What parameters may be.
const VALUES: &[(&str, &[&str])] = &[
    (
        "keyboard",
        &[
            "de", "de-ch", "es", "fi", "fr", "fr-be", "fr-ch", "is", "it", "jp", "nl-be", "no",
            "pt", "uk", "us",
        ],
    ),
    ("format", &["QCOW2", "OVA", "VHD"]),
    ("mode", &["HTTP_DOWNLOAD", "FTP_UPLOAD"]),
];

/// Refuses what the manual does not allow.
pub fn check(call: &Call) -> Done<()> {
    let given = |name: &str| call.text(name).is_some();
    let wrong = |text: String| Err(Refusal::param(text));
    for (name, other) in WITH {
        if given(name) && !given(other) {
            return wrong(format!("Parameter {name} needs parameter {other}"));
        }
    }
    let of_call = |(name, _): &&(&str, _)| *name == call.api.name;
    if let Some((_, names)) = REQUIRED.iter().find(|(name, _)| *name == call.api.name)
        && let Some(name) = names.iter().find(|name| !given(name))
    {
        return Err(call.missing(name));
    }
    if let Some((_, sets)) = EITHER.iter().find(of_call) {
        let whole = |set: &&&[&str]| set.iter().all(|name| given(name));
        if sets.iter().filter(whole).count() != 1 {
            let sets: Vec<String> = sets.iter().map(|set| set.join(" with ")).collect();
            return wrong(format!("Either {} is to be given", sets.join(" or ")));
        }
    }
    if given("securitygroupids") && given("securitygroupnames") {
        return wrong("Either securitygroupids or securitygroupnames is to be given".into());
    }
    if call.api.name.starts_with("authorizeSecurityGroup") {
        let groups = |(name, _): &(String, String)| {
            name.to_lowercase().starts_with("usersecuritygrouplist[")
        };
        if !given("cidrlist") && !call.params.iter().any(groups) {
            return wrong(
                "At least one of cidrlist and usersecuritygrouplist is to be given".into(),
            );
        }
    }
    for (name, values) in VALUES {
        if let Some(value) = call.text(name)
            && !values.contains(&value)
        {
            return wrong(format!(
                "Invalid value {value} for parameter {name}: it is one of {}",
                values.join(", ")
            ));
        }
    }
    if call.text("userdata").is_some_and(|data| data.len() > 2048) {
        return wrong("User data is too long: at most 2048 bytes of base64".into());
    }
    Ok(())
}
