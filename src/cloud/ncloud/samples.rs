//! Values for examples: what a parameter that is no number of a thing may be, what calls need beyond what the catalogue
//! requires, and the things that they can work on.

use super::choices;
use crate::catalog::Param;
use crate::record::Record;

/// Values by the name of a parameter, or of a part of one.
const VALUES: [(&str, &str); 25] = [
    ("blockStorageSize", "10"),
    ("blockStorageName", "data1"),
    ("ipv4CidrBlock", "10.0.0.0/16"),
    ("subnet", "10.0.1.0/24"),
    ("subnetTypeCode", "PUBLIC"),
    ("supportedSubnetTypeCode", "PUBLIC"),
    ("networkInterfaceOrder", "0"),
    ("ruleActionCode", "ALLOW"),
    ("destinationCidrBlock", "192.168.0.0/16"),
    ("order", "0"),
    ("serverName", "web1"),
    ("keyName", "key1"),
    ("loadBalancerTypeCode", "NETWORK"),
    ("targetGroupProtocolTypeCode", "TCP"),
    ("healthCheckProtocolTypeCode", "TCP"),
    ("protocolTypeCode", "TCP"),
    ("port", "80"),
    ("osTypeCode", "LNX"),
    ("initScriptContent", "@init.sh"),
    ("publicKey", "@key.pub"),
    ("volumeSize", "500"),
    ("volumeName", "share1"),
    ("volumeAllotmentProtocolTypeCode", "NFS"),
    ("serverImageName", "image1"),
    ("minSize", "1"),
];

/// What a call makes no sense without beyond the required parameters.
const NEEDS: [(&str, &[&str]); 3] = [
    (
        "createServerInstances",
        &["serverImageNo", "serverSpecCode"],
    ),
    ("createBlockStorageInstance", &["zoneCode"]),
    ("changeServerInstanceSpec", &["serverSpecCode"]),
];

/// The status of the things that a call works on.
const FITTING: [(&str, &str, &str, &str); 6] = [
    (
        "startServerInstances",
        "serverInstanceNoList",
        "serverInstanceStatus",
        "NSTOP",
    ),
    (
        "stopServerInstances",
        "serverInstanceNoList",
        "serverInstanceStatus",
        "RUN",
    ),
    (
        "rebootServerInstances",
        "serverInstanceNoList",
        "serverInstanceStatus",
        "RUN",
    ),
    (
        "terminateServerInstances",
        "serverInstanceNoList",
        "serverInstanceStatus",
        "NSTOP",
    ),
    (
        "attachBlockStorageInstance",
        "blockStorageInstanceNo",
        "blockStorageInstanceStatus",
        "CREAT",
    ),
    (
        "detachBlockStorageInstances",
        "blockStorageInstanceNoList",
        "blockStorageInstanceStatus",
        "ATTAC",
    ),
];

pub fn sample(param: &Param) -> Option<String> {
    // Of a part of a list's things its own name counts.
    let own = param.name.rsplit('.').next().unwrap_or(&param.name);
    let known = VALUES.iter().find(|(name, _)| *name == own);
    let fixed = || choices::choices(own).into_iter().next();
    known
        .map(|(_, value)| value.to_string())
        .or_else(|| fixed().map(|named| named.value))
        .or_else(|| match param.kind.as_str() {
            "boolean" => Some("true".into()),
            "integer" | "long" | "float" => Some("1".into()),
            _ => None,
        })
}

pub fn needs(action: &str) -> &'static [&'static str] {
    let mut needs = NEEDS.iter();
    needs
        .find(|(own, _)| *own == action)
        .map_or(&[], |(_, params)| params)
}

/// Whether the call can work on a thing, given as its list has it, by way of that parameter.
pub fn fits(action: &str, param: &str, row: &Record) -> bool {
    let mut rules = FITTING
        .iter()
        .filter(|(own, name, ..)| *own == action && *name == param);
    rules.all(|(.., field, status)| row.text(field).as_deref() == Some(status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::cloud::ncloud::catalogue::Platform;

    #[test]
    fn the_tables_are_about_what_there_is() {
        let catalog = Catalog::of(Platform::Vpc.apis());
        let api = |name: &str| catalog.api(name).unwrap().unwrap();
        for (name, params) in NEEDS {
            assert!(
                params.iter().all(|param| api(name).param(param).is_some()),
                "{name}"
            );
        }
        for (name, param, ..) in FITTING {
            assert!(api(name).param(param).is_some(), "{name} {param}");
        }
        let apis = Platform::Vpc.apis();
        for (name, _) in VALUES {
            let mut params = apis.iter().flat_map(|api| &api.params);
            let is = |param: &Param| {
                param.name == name || param.parts().any(|part| part.name.ends_with(name))
            };
            assert!(params.any(is), "{name}");
        }
    }
}
