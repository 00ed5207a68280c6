//! NTT Communications' Cloudn Compute (FLAT): CloudStack by GET alone, without discovery and logins, as its manual 1.1 has it.

use super::cloudstack::CloudStack;
use super::cloudstack::preset::{OWN, Preset};
use super::{Kind, Request};

pub const KIND: Kind = Kind {
    name: "cloudn",
    about: "NTT Communications Cloudn Compute (FLAT)",
    sites: &[(
        "jp-e1",
        "https://comp-api.jp-e1.cloudn-service.com/client/api",
    )],
    path: "/client/api",
    defaults: &[],
    elsewhere: None,
    dialect: || Box::new(CloudStack::of(&PRESET)),
};

/// How much user data an address takes, in letters of base64.
const USER_DATA: usize = 2048;

static PRESET: Preset = Preset {
    of: "Cloudn Compute FLAT (manual 1.1)",
    catalogue: Some(include_str!("catalogue.txt")),
    discovers: false,
    logins: false,
    names_xml: false,
    posts: false,
    choices: include_str!("choices.txt"),
    lists: include_str!("lists.txt"),
    objection,
    // The manual's own slips, which its server may share.
    slips: &[
        ("*", "jjobid", "jobid"),
        ("*", "jobporcstatus", "jobprocstatus"),
        ("*", "domiain", "domain"),
        ("*securitygroup*", "endpoint", "endport"),
        ("*securitygroup*", "icmpctype", "icmptype"),
        ("queryAsyncJobResult", "endpoint", "endport"),
        ("queryAsyncJobResult", "icmpctype", "icmptype"),
        ("listSecurityGroups", "asynchjobs", "securitygroup"),
        ("listZones", "serviceoffering", "zone"),
    ],
    other_names: &[("listSnapshots", "listSnapshot")],
    ..OWN
};

fn objection(request: &Request) -> Option<String> {
    let mut params = request.params.iter();
    let (_, data) = params.find(|(name, _)| name.eq_ignore_ascii_case("userdata"))?;
    (data.len() > USER_DATA).then(|| {
        format!(
            "userdata has {} letters of base64, and its calls go by GET, which takes {USER_DATA}",
            data.len()
        )
    })
}

#[cfg(test)]
mod tests;
