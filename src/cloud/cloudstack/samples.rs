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
    ("updateResourceCount", "resourcetype", "0"),
    ("updateResourceLimit", "resourcetype", "0"),
];

/// What a call needs of what the catalogue does not call required.
const NEEDS: &[(&str, &[&str])] = &[
    ("associateIpAddress", &["networkid"]),
    ("createDiskOffering", &["disksize"]),
    ("createLoadBalancerRule", &["publicipid"]),
    (
        "createServiceOffering",
        &["cpunumber", "cpuspeed", "memory"],
    ),
    ("createTemplate", &["volumeid"]),
    ("createVolume", &["name", "diskofferingid", "zoneid"]),
    ("detachVolume", &["id"]),
    ("listLBHealthCheckPolicies", &["lbruleid"]),
    ("listLBStickinessPolicies", &["lbruleid"]),
    ("listSnapshotPolicies", &["volumeid"]),
    ("listSslCerts", &["accountid"]),
    ("updateAccount", &["id"]),
    ("updateConfiguration", &["value"]),
];

/// Stands for whatever a field says.
const ANY: &str = "*";

/// What a thing has to be like for a call: by the call and its parameter, a field and the values of which it has one. Empty
/// stands for a field that is not there.
const FITTING: &[(&str, &str, &str, &[&str])] = &[
    ("attachVolume", "id", "type", &["DATADISK"]),
    ("attachVolume", "id", "virtualmachineid", &[""]),
    ("deleteVolume", "id", "type", &["DATADISK"]),
    ("deleteVolume", "id", "virtualmachineid", &[""]),
    ("detachVolume", "id", "type", &["DATADISK"]),
    ("detachVolume", "id", "virtualmachineid", &[ANY]),
    ("expungeVirtualMachine", "id", "state", &["Destroyed"]),
    ("rebootVirtualMachine", "id", "state", &["Running"]),
    ("recoverVirtualMachine", "id", "state", &["Destroyed"]),
    ("scaleVirtualMachine", "id", "state", &["Stopped"]),
    ("startVirtualMachine", "id", "state", &["Stopped"]),
    ("stopVirtualMachine", "id", "state", &["Running"]),
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
