//! Which calls take something away for good, and what undoes what.

use crate::catalog::verb_of;
use crate::cloud::{Loss, Request, Source, Undoing};

use Source::{Given, Made, Text};

/// Verbs that end the existence of a thing, or give it back to a pool from which others may take it at once.
const VERBS: [&str; 4] = ["delete", "deregister", "release", "terminate"];

/// Calls that begin so and take away what another call says again.
const HARMLESS: [&str; 3] = ["deleteCertificate", "deleteOfferMapping", "deleteTags"];

/// Parameters that name what is lost, best first.
const NAMING: [&str; 8] = [
    "InstanceId",
    "VolumeId",
    "SnapshotId",
    "ImageId",
    "KeyName",
    "GroupName",
    "GroupId",
    "PublicIp",
];

pub fn loss(request: &Request) -> Option<Loss> {
    let api = &request.api;
    let mut verb = verb_of(api).to_string();
    if verb.is_empty() {
        // Typed as it goes over the wire.
        verb = api.to_ascii_lowercase();
    }
    let ends = VERBS.iter().any(|known| verb.starts_with(known));
    if !ends || HARMLESS.iter().any(|known| api.eq_ignore_ascii_case(known)) {
        return None;
    }
    let given = |wanted: &&str| {
        let mut params = request.params.iter();
        params.find(|(name, _)| {
            let base = name.split('.').next().unwrap_or(name);
            base.eq_ignore_ascii_case(wanted)
        })
    };
    let param = NAMING.iter().find_map(given);
    Some(Loss {
        param: param.map(|(name, _)| name.clone()),
        remark: "",
    })
}

/// The states of an instance that is there; one that was terminated is listed for a while.
const THERE: &str = "pending,running,stopping,stopped";

static TABLE: [Undoing; 8] = [
    Undoing {
        makes: "runInstances",
        undo: ("terminateInstances", &[("InstanceId", Made)]),
        list: (
            "describeInstances",
            &[
                ("InstanceId", Made),
                ("Filter.instance-state-name", Text(THERE)),
            ],
        ),
    },
    Undoing {
        makes: "createVolume",
        undo: ("deleteVolume", &[("VolumeId", Made)]),
        list: ("describeVolumes", &[("VolumeId", Made)]),
    },
    Undoing {
        makes: "createSnapshot",
        undo: ("deleteSnapshot", &[("SnapshotId", Made)]),
        list: ("describeSnapshots", &[("SnapshotId", Made)]),
    },
    Undoing {
        makes: "createImage",
        undo: ("deregisterImage", &[("ImageId", Made)]),
        list: ("describeImages", &[("ImageId", Made)]),
    },
    Undoing {
        makes: "registerImage",
        undo: ("deregisterImage", &[("ImageId", Made)]),
        list: ("describeImages", &[("ImageId", Made)]),
    },
    Undoing {
        makes: "createKeyPair",
        undo: ("deleteKeyPair", &[("KeyName", Given("keyname"))]),
        list: ("describeKeyPairs", &[("KeyName", Given("keyname"))]),
    },
    Undoing {
        makes: "createSecurityGroup",
        undo: ("deleteSecurityGroup", &[("GroupName", Given("groupname"))]),
        list: (
            "describeSecurityGroups",
            &[("GroupName", Given("groupname"))],
        ),
    },
    Undoing {
        makes: "allocateAddress",
        undo: ("releaseAddress", &[("PublicIp", Made)]),
        list: ("describeAddresses", &[("PublicIp", Made)]),
    },
];

pub fn undoing(api: &str) -> Option<&'static Undoing> {
    TABLE.iter().find(|row| row.makes == api)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::ec2::catalog::{action, actions};

    fn lost(api: &str, params: &[&str]) -> Option<Option<String>> {
        let params = params
            .iter()
            .map(|name| (name.to_string(), "x".to_string()));
        let request = Request {
            api: api.into(),
            params: params.collect(),
        };
        loss(&request).map(|loss| loss.param)
    }

    #[test]
    fn what_is_gone_for_good_is_told_from_what_another_call_undoes() {
        for (api, params, expected) in [
            (
                "terminateInstances",
                &["InstanceId"][..],
                Some(Some("InstanceId")),
            ),
            (
                "TerminateInstances",
                &["InstanceId.1"],
                Some(Some("InstanceId.1")),
            ),
            (
                "deleteSecurityGroup",
                &["GroupName"],
                Some(Some("GroupName")),
            ),
            ("releaseAddress", &["PublicIp"], Some(Some("PublicIp"))),
            ("deregisterImage", &[], Some(None)),
            ("stopInstances", &["InstanceId"], None),
            ("detachVolume", &["VolumeId"], None),
            ("deleteTags", &["ResourceId"], None),
        ] {
            let expected = expected.map(|param| param.map(String::from));
            assert_eq!(lost(api, params), expected, "{api}");
        }
        let asking = actions()
            .iter()
            .filter(|action| lost(&action.api.name, &[]).is_some());
        assert_eq!(asking.count(), 7);
    }

    #[test]
    fn each_call_of_the_table_is_one_of_the_cloud_and_takes_what_it_is_given() {
        for row in &TABLE {
            let made = &action(row.makes).unwrap().api;
            for (name, params) in [row.undo, row.list] {
                let api = &action(name).unwrap().api;
                for (param, source) in params {
                    assert!(api.spelt(param).is_some(), "{name} {param}");
                    if let Given(given) = source {
                        assert!(made.param(given).is_some(), "{} {given}", row.makes);
                    }
                }
            }
        }
    }
}
