//! KDDI Cloud Platform Service Ver2: CloudStack 4.3 with a catalogue of the vendor's, machines, hosts and jobs of its own, called
//! once at a time.

use super::cloudstack::CloudStack;
use super::cloudstack::preset::{OWN, Preset};
use super::desk::Desk;
use super::{Kind, Request, Source, Undoing};

pub const KIND: Kind = Kind {
    name: "kcps",
    about: "KDDI Cloud Platform Service Ver2",
    // Each customer has an address of their own, which the vendor's console shows.
    sites: &[],
    path: "/client/api",
    // Its server resets connections now and then, so reading calls go again more often.
    defaults: &[("response", "xml"), ("expires", "0"), ("retries", "8")],
    elsewhere: None,
    dialect: || Box::new(CloudStack::of(&PRESET)),
};

/// The calls whose jobs only the vendor's own question knows.
const OWN_JOBS: &[&str] = &[
    "deployFlexibleVirtualMachine",
    "deployPremiumVirtualMachine",
    "deployValueVirtualMachine",
    "startVirtualMachine",
];

static PRESET: Preset = Preset {
    of: "KCPS2 (CloudStack 4.3.0.2)",
    catalogue: Some(include_str!("catalogue.txt")),
    logins: false,
    names_xml: false,
    one_at_a_time: true,
    askers: &[
        ("queryExAsyncJobResult", OWN_JOBS),
        ("queryAsyncJobResult", &[]),
    ],
    choices: include_str!("choices.txt"),
    lists: include_str!("lists.txt"),
    names: &[("timezone", "JST")],
    samples: &[
        ("*", "format", "OVA"),
        ("*", "hypervisor", "VMware"),
        ("*", "timezone", "JST"),
        ("*", "number", "1"),
        ("deployPremiumVirtualMachine", "hostname", ""),
        ("removePremiumHost", "name", ""),
        ("createFirewallRule", "protocol", "TCP"),
        ("createVolume", "size", "10"),
        ("createLBStickinessPolicy", "methodname", "SourceBased"),
        ("createLoadBalancerRule", "openfirewall", "false"),
        ("createPortForwardingRule", "openfirewall", "false"),
    ],
    undoings: &[
        undone_by_destroying("deployFlexibleVirtualMachine"),
        undone_by_destroying("deployPremiumVirtualMachine"),
        undone_by_destroying("deployValueVirtualMachine"),
    ],
    objection,
    loose: true,
    scripts: &["kick_api.sh"],
    desk: Some(&DESK),
    places: &[("deployPremiumVirtualMachine", "hostname", "zoneid")],
    ..OWN
};

/// The vendor's desk, and what its form asks for.
static DESK: Desk = Desk {
    service: "KDDI Cloud Platform Service",
    form: "the form Support at the top of the Admin Console (https://admin.cloud-platform.kddi.ne.jp/), after the login",
    line: "the desk of the line (KDDI WVS or another VPN, `set line NUMBER`)",
    contract: "M and digits, nine letters in all, as in M12345678",
    is_contract,
};

fn is_contract(text: &str) -> bool {
    let digits = text.strip_prefix('M').unwrap_or_default();
    digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_digit())
}

const fn undone_by_destroying(makes: &'static str) -> Undoing {
    Undoing {
        makes,
        undo: ("destroyVirtualMachine", &[("id", Source::Made)]),
        list: ("listVirtualMachines", &[("id", Source::Made)]),
    }
}

/// A schedule that is not as its interval wants it, which the server takes for a daily one without a word.
fn objection(request: &Request) -> Option<String> {
    if !request.api.eq_ignore_ascii_case("createSnapshotPolicy") {
        return None;
    }
    let given = |wanted: &str| {
        let mut params = request.params.iter();
        let found = params.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map_or("", |(_, value)| value.as_str())
    };
    let (form, days) = match given("intervaltype").to_ascii_uppercase().as_str() {
        "DAILY" => ("MM:HH", None),
        "WEEKLY" => ("MM:HH:DD, where DD is 1 (Sunday) to 7", Some(7)),
        "MONTHLY" => ("MM:HH:DD, where DD is 1 to 28", Some(28)),
        _ => return None,
    };
    let schedule = given("schedule");
    let number = |text: &str| match text.bytes().all(|digit| digit.is_ascii_digit()) {
        true => text.parse::<u8>().ok(),
        false => None,
    };
    let parts: Vec<Option<u8>> = schedule.split(':').map(number).collect();
    let right = match (parts.as_slice(), days) {
        ([Some(minute), Some(hour)], None) => *minute < 60 && *hour < 24,
        ([Some(minute), Some(hour), Some(day)], Some(days)) => {
            *minute < 60 && *hour < 24 && (1..=days).contains(day)
        }
        _ => false,
    };
    (!right).then(|| {
        format!(
            "schedule is {form} for intervaltype={}; anything else silently becomes a daily one",
            given("intervaltype").to_ascii_uppercase()
        )
    })
}

#[cfg(test)]
mod tests;
