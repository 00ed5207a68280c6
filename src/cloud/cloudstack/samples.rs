//! What examples are made of: fitting values for parameters that are no ids, what a call needs beyond what the catalogue
//! requires, and which of several things a call can work on.

use crate::catalog::Param;
use crate::record::Record;

/// Values by the parameter's name.
const BY_NAME: &[(&str, &str)] = &[
    ("account", "admin"),
    ("accounttype", "0"),
    ("algorithm", "roundrobin"),
    ("allocationstate", "Enabled"),
    ("cidr", "10.1.2.0/24"),
    ("cidrlist", "10.0.0.0/8"),
    ("description", "An example"),
    ("displayname", "An example"),
    ("displaytext", "An example"),
    ("dns1", "192.0.2.53"),
    ("email", "user@example.org"),
    ("endip", "10.1.2.100"),
    ("endport", "80"),
    ("firstname", "An"),
    ("format", "QCOW2"),
    ("gateway", "10.1.2.1"),
    ("guestcidraddress", "10.1.2.0/24"),
    ("guestiptype", "Isolated"),
    ("hostname", "host.example.org"),
    ("internaldns1", "192.0.2.53"),
    ("intervaltype", "DAILY"),
    ("ipaddress", "10.1.2.10"),
    ("isofilter", "executable"),
    ("lastname", "Example"),
    ("maxsnaps", "8"),
    ("name", "example"),
    ("netmask", "255.255.255.0"),
    ("networkdomain", "example.org"),
    ("networktype", "Advanced"),
    ("newname", "example"),
    ("password", "change-me"),
    ("privateport", "80"),
    ("protocol", "tcp"),
    ("publicport", "80"),
    ("resourcetype", "UserVm"),
    ("schedule", "30:2"),
    ("scope", "zone"),
    ("startip", "10.1.2.2"),
    ("startport", "80"),
    ("templatefilter", "featured"),
    ("timezone", "Etc/UTC"),
    ("traffictype", "Guest"),
    ("url", "http://www.example.org/example"),
    ("username", "example"),
    ("vlan", "100"),
];

/// Values that only this call takes so.
const BY_API: &[(&str, &str, &str)] = &[
    ("updateConfiguration", "name", "default.page.size"),
    ("updateConfiguration", "value", "500"),
    ("getUploadParamsForVolume", "format", "QCOW2"),
    ("createDiskOffering", "disksize", "5"),
    ("createServiceOffering", "cpuspeed", "500"),
    ("createServiceOffering", "memory", "512"),
    ("createTags", "tags", "example"),
    ("createUser", "username", "another"),
    ("extractTemplate", "mode", "HTTP_DOWNLOAD"),
    ("extractVolume", "mode", "HTTP_DOWNLOAD"),
    ("listStorageProviders", "type", "primary"),
    ("resizeVolume", "size", "10"),
    ("updateResourceCount", "resourcetype", "0"),
    ("updateResourceLimit", "resourcetype", "0"),
];

/// What a call needs of what the catalogue does not call required.
const NEEDS: &[(&str, &[&str])] = &[
    ("assignVirtualMachine", &["account", "domainid"]),
    ("associateIpAddress", &["zoneid"]),
    (
        "authorizeSecurityGroupEgress",
        &[
            "cidrlist",
            "endport",
            "protocol",
            "securitygroupid",
            "startport",
        ],
    ),
    (
        "authorizeSecurityGroupIngress",
        &[
            "cidrlist",
            "endport",
            "protocol",
            "securitygroupid",
            "startport",
        ],
    ),
    ("createDiskOffering", &["disksize"]),
    ("createLoadBalancerRule", &["publicipid"]),
    (
        "createServiceOffering",
        &["cpunumber", "cpuspeed", "memory"],
    ),
    ("createTemplate", &["volumeid"]),
    ("createVolume", &["name", "diskofferingid", "zoneid"]),
    ("deleteAffinityGroup", &["id"]),
    ("deleteSecurityGroup", &["id"]),
    ("deleteSnapshotPolicies", &["id"]),
    ("detachVolume", &["id"]),
    ("disableAccount", &["id"]),
    ("enableAccount", &["id"]),
    ("listLBHealthCheckPolicies", &["lbruleid"]),
    ("listLBStickinessPolicies", &["lbruleid"]),
    ("listSnapshotPolicies", &["volumeid"]),
    ("listSslCerts", &["accountid"]),
    ("migrateVirtualMachine", &["hostid"]),
    ("registerIso", &["ostypeid"]),
    ("resizeVolume", &["size"]),
    ("updateAccount", &["id"]),
    ("updateConfiguration", &["value"]),
    ("updateHypervisorCapabilities", &["id"]),
    ("updateNetworkOffering", &["id"]),
    ("updateSnapshotPolicy", &["id"]),
    ("updateVolume", &["id"]),
];

/// Stands for whatever a field says.
const ANY: &str = "*";
const STOPPED: &[&str] = &["Stopped"];
const YES: &[&str] = &["true"];
const NO: &[&str] = &["false"];
/// The types of accounts that may go: the cloud's first one, a root administrator's, may not.
const NO_ROOT: &[&str] = &["0", "2"];

/// What a thing has to be like for a call: by the call and its parameter, a field and the values of which it has one. Empty
/// stands for a field that is not there.
const FITTING: &[(&str, &str, &str, &[&str])] = &[
    ("assignVirtualMachine", "virtualmachineid", "state", STOPPED),
    ("attachVolume", "id", "type", &["DATADISK"]),
    ("attachVolume", "id", "virtualmachineid", &[""]),
    ("changeServiceForVirtualMachine", "id", "state", STOPPED),
    ("createIpForwardingRule", "ipaddressid", "isstaticnat", YES),
    ("createTemplate", "volumeid", "vmstate", STOPPED),
    ("deleteAccount", "id", "accounttype", NO_ROOT),
    ("deleteDomain", "id", "parentdomainid", &[ANY]),
    ("deleteNetworkOffering", "id", "isdefault", NO),
    ("deleteUser", "id", "accounttype", NO_ROOT),
    ("deleteVPCOffering", "id", "isdefault", NO),
    ("deleteVolume", "id", "type", &["DATADISK"]),
    ("deleteVolume", "id", "virtualmachineid", &[""]),
    ("detachVolume", "id", "type", &["DATADISK"]),
    ("detachVolume", "id", "virtualmachineid", &[ANY]),
    ("detachIso", "virtualmachineid", "isoid", &[ANY]),
    ("disableAccount", "id", "accounttype", NO_ROOT),
    ("disableStaticNat", "ipaddressid", "isstaticnat", YES),
    ("disableUser", "id", "accounttype", NO_ROOT),
    ("disassociateIpAddress", "id", "issourcenat", NO),
    ("enableStaticNat", "ipaddressid", "issourcenat", NO),
    ("expungeVirtualMachine", "id", "state", &["Destroyed"]),
    ("extractVolume", "id", "vmstate", &["Stopped", ""]),
    ("lockUser", "id", "accounttype", NO_ROOT),
    (
        "migrateVirtualMachine",
        "virtualmachineid",
        "state",
        &["Running"],
    ),
    ("migrateVolume", "volumeid", "virtualmachineid", &[""]),
    ("rebootVirtualMachine", "id", "state", &["Running"]),
    ("recoverVirtualMachine", "id", "state", &["Destroyed"]),
    ("removeNicFromVirtualMachine", "nicid", "isdefault", NO),
    ("resetPasswordForVirtualMachine", "id", "state", STOPPED),
    ("resetSSHKeyForVirtualMachine", "id", "state", STOPPED),
    ("scaleVirtualMachine", "id", "state", STOPPED),
    ("startRouter", "id", "state", STOPPED),
    ("startSystemVm", "id", "state", STOPPED),
    ("startVirtualMachine", "id", "state", STOPPED),
    ("stopVirtualMachine", "id", "state", &["Running"]),
    (
        "updateDefaultNicForVirtualMachine",
        "nicid",
        "isdefault",
        NO,
    ),
    ("updateVMAffinityGroup", "id", "state", STOPPED),
];

/// The states in which nothing but the calls above has use for a thing.
const GONE: [&str; 4] = ["Destroyed", "Expunging", "Error", "Expunged"];

/// What locks somebody out, or takes away what they have: an example of it names ordinary users only.
const LOCKING: [&str; 6] = [
    "deleteAccount",
    "deleteUser",
    "disableAccount",
    "disableUser",
    "lockAccount",
    "lockUser",
];

/// A value for a parameter that is no id; `today` is a date as the API takes it.
pub fn sample(api: &str, param: &Param, today: &str) -> Option<String> {
    let own = BY_API
        .iter()
        .find(|(of, name, _)| *of == api && *name == param.name)
        .map(|(.., value)| *value);
    let named = || BY_NAME.iter().find(|(name, _)| *name == param.name);
    if let Some(value) = own.or_else(|| named().map(|(_, value)| *value)) {
        return Some(value.to_string());
    }
    match param.kind.as_str() {
        "boolean" => Some("true".into()),
        "integer" | "long" | "short" | "float" | "double" | "int" => Some("1".into()),
        "date" | "tzdate" => Some(today.into()),
        _ => None,
    }
}

/// The parameters that a call needs beyond those that the catalogue requires.
pub fn needs(api: &str) -> &'static [&'static str] {
    let mut needs = NEEDS.iter();
    needs
        .find(|(of, _)| *of == api)
        .map_or(&[], |(_, params)| params)
}

/// Whether the call can work on a thing, given as its list has it, by way of that parameter.
pub fn fits(api: &str, param: &str, row: &Record) -> bool {
    let of = |field: &str| row.text(field).unwrap_or_default();
    if LOCKING.contains(&api) && of("accounttype") != "0" {
        return false;
    }
    let rules = || {
        FITTING
            .iter()
            .filter(|(call, name, ..)| *call == api && *name == param)
    };
    let gone = GONE.contains(&of("state").as_str());
    let asked = rules().any(|(_, _, field, _)| *field == "state");
    let fits = |(_, _, field, values): &(&str, &str, &str, &[&str])| {
        let said = of(field);
        values.contains(&said.as_str()) || (values.contains(&ANY) && !said.is_empty())
    };
    (asked || !gone) && rules().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Value;

    #[test]
    fn the_tables_are_in_order_and_values_fit_their_types() {
        assert!(BY_NAME.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let param = |name: &str, kind: &str| Param {
            name: name.into(),
            kind: kind.into(),
            ..Param::default()
        };
        for (name, kind, expected) in [
            ("templatefilter", "string", Some("featured")),
            ("forced", "boolean", Some("true")),
            ("size", "long", Some("1")),
            ("startdate", "date", Some("2026-01-31")),
            ("userapikey", "string", None),
        ] {
            let value = sample("listX", &param(name, kind), "2026-01-31");
            assert_eq!(value.as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn calls_work_on_what_fits_them() {
        let row = |fields: &[(&str, &str)]| {
            let mut row = Record::default();
            for (name, value) in fields {
                row.push(*name, Value::String(value.to_string()));
            }
            row
        };
        let machine = |state: &str| row(&[("state", state)]);
        for (api, state, expected) in [
            ("stopVirtualMachine", "Running", true),
            ("stopVirtualMachine", "Stopped", false),
            ("recoverVirtualMachine", "Destroyed", true),
            ("attachIso", "Running", true),
            ("attachIso", "Destroyed", false),
            ("resetPasswordForVirtualMachine", "Running", false),
        ] {
            assert_eq!(fits(api, "id", &machine(state)), expected, "{api} {state}");
        }
        let data = row(&[("type", "DATADISK"), ("state", "Ready")]);
        let used = row(&[
            ("type", "DATADISK"),
            ("virtualmachineid", "1"),
            ("vmstate", "Running"),
        ]);
        let root = row(&[
            ("type", "ROOT"),
            ("virtualmachineid", "1"),
            ("vmstate", "Running"),
        ]);
        let fitting = |api: &str| [&data, &used, &root].map(|row| fits(api, "id", row));
        assert_eq!(fitting("attachVolume"), [true, false, false]);
        assert_eq!(fitting("detachVolume"), [false, true, false]);
        assert!(fits(
            "attachVolume",
            "virtualmachineid",
            &machine("Stopped")
        ));
    }
}
