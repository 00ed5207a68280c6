//! What examples are made of: fitting values for parameters, and which of several things a call can work on.

use super::waits::state;
use crate::catalog::Param;
use crate::record::Record;

const BY_NAME: &[(&str, &str)] = &[
    ("Architecture", "x86_64"),
    ("Description", "An example"),
    ("Device", "/dev/sdh"),
    ("GroupDescription", "An example"),
    ("ImageLocation", "http://www.example.org/example.vhd"),
    ("InstanceType", "m1.small"),
    ("MaxCount", "1"),
    ("MinCount", "1"),
    ("Name", "example"),
    ("PublicKeyMaterial", "@id_rsa.pub"),
    ("Size", "1"),
    ("Tag", "Name"),
    ("amazonoffer", "m1.small"),
    ("cert", "@cert.pem"),
    ("cloudoffer", "Small Instance"),
];

/// Values that only this call takes so.
const BY_API: &[(&str, &str, &str)] = &[
    ("createKeyPair", "KeyName", "example"),
    ("importKeyPair", "KeyName", "example"),
    ("createSecurityGroup", "GroupName", "example"),
    ("describeImageAttribute", "Attribute", "launchPermission"),
    ("describeInstanceAttribute", "Attribute", "instanceType"),
    ("resetImageAttribute", "Attribute", "launchPermission"),
];

/// What a call needs of what the catalogue does not call required.
const NEEDS: &[(&str, &[&str])] = &[
    ("associateAddress", &["InstanceId", "PublicIp"]),
    ("createVolume", &["AvailabilityZone", "Size"]),
    ("deleteKeyPair", &["KeyName"]),
    ("deleteSecurityGroup", &["GroupName"]),
    ("disassociateAddress", &["PublicIp"]),
    ("releaseAddress", &["PublicIp"]),
    ("runInstances", &["ImageId"]),
];

pub fn sample(api: &str, param: &Param) -> Option<String> {
    let own = BY_API
        .iter()
        .find(|(known, name, _)| *known == api && *name == param.name);
    let any = || BY_NAME.iter().find(|(name, _)| *name == param.name);
    let value = own
        .map(|(.., value)| value)
        .or_else(|| any().map(|(_, value)| value))?;
    Some(value.to_string())
}

pub fn needs(api: &str) -> &'static [&'static str] {
    NEEDS
        .iter()
        .find(|(known, _)| *known == api)
        .map_or(&[], |(_, needs)| needs)
}

/// Whether a thing is in a state in which the call can work on it.
pub fn fits(api: &str, row: &Record) -> bool {
    let state = state(row);
    let state = state.as_deref().unwrap_or_default();
    match api {
        "startInstances" => state == "stopped",
        "stopInstances" | "rebootInstances" => state == "running",
        "attachVolume" | "deleteVolume" if row.get("volumeId").is_some() => state != "in-use",
        "detachVolume" if row.get("volumeId").is_some() => state == "in-use",
        _ => state != "terminated",
    }
}
