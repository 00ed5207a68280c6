//! Which list has the values of a parameter: its name in, the call and the fields of its rows out.

use crate::catalog::{Api, Catalog};
use crate::cloud::Request;
use crate::cloud::listing::Listing;

/// A list, and the parameters whose values it has: by their last part that is no number.
struct Line {
    params: &'static [&'static str],
    list: &'static str,
    value: &'static str,
    names: &'static [&'static str],
    labels: &'static [&'static str],
    states: &'static [&'static str],
}

const NAMED: &[&str] = &["tagSet[Name]"];

static LISTS: [Line; 10] = [
    Line {
        params: &["InstanceId", "ResourceId"],
        list: "describeInstances",
        value: "instanceId",
        names: NAMED,
        labels: &["dnsName", "privateDnsName", "ipAddress", "privateIpAddress"],
        states: &["instanceState.name"],
    },
    Line {
        params: &["ImageId"],
        list: "describeImages",
        value: "imageId",
        names: &["name"],
        labels: &["description", "imageLocation"],
        states: &["imageState"],
    },
    Line {
        params: &["VolumeId"],
        list: "describeVolumes",
        value: "volumeId",
        names: NAMED,
        labels: &[],
        states: &["status"],
    },
    Line {
        params: &["SnapshotId"],
        list: "describeSnapshots",
        value: "snapshotId",
        names: NAMED,
        labels: &["description", "volumeId"],
        states: &["status"],
    },
    Line {
        params: &["KeyName"],
        list: "describeKeyPairs",
        value: "keyName",
        names: &[],
        labels: &["keyFingerprint"],
        states: &[],
    },
    Line {
        params: &["GroupName", "SecurityGroup", "SourceSecurityGroupName"],
        list: "describeSecurityGroups",
        value: "groupName",
        names: &[],
        labels: &["groupDescription"],
        states: &[],
    },
    Line {
        params: &["GroupId", "SecurityGroupId"],
        list: "describeSecurityGroups",
        value: "groupId",
        names: &["groupName"],
        labels: &["groupDescription"],
        states: &[],
    },
    Line {
        params: &["PublicIp"],
        list: "describeAddresses",
        value: "publicIp",
        names: &[],
        labels: &["instanceId"],
        states: &[],
    },
    Line {
        params: &["AllocationId", "AssociationId"],
        list: "describeAddresses",
        value: "allocationId",
        names: &["publicIp"],
        labels: &[],
        states: &[],
    },
    Line {
        params: &["AvailabilityZone", "ZoneName"],
        list: "describeAvailabilityZones",
        value: "zoneName",
        names: &[],
        labels: &[],
        states: &["zoneState"],
    },
];

/// Actions whose parameter of that name names what they make.
const NEW: [(&str, &str); 3] = [
    ("createKeyPair", "KeyName"),
    ("importKeyPair", "KeyName"),
    ("createSecurityGroup", "GroupName"),
];

pub fn listing(catalog: &Catalog, api: &Api, param: &str) -> Option<Listing> {
    if NEW.contains(&(api.name.as_str(), param)) {
        return None;
    }
    let is_number = |part: &&str| part.bytes().all(|letter| letter.is_ascii_digit());
    let last = param.rsplit('.').find(|part| !is_number(part))?;
    let line = LISTS.iter().find(|line| line.params.contains(&last))?;
    // What the filters are called tells more of them than their parts do.
    if param.starts_with("Filter.") || catalog.api(line.list).ok()?.is_none() {
        return None;
    }
    let value = match last {
        "AssociationId" => "associationId",
        _ => line.value,
    };
    Some(Listing {
        request: Request {
            api: line.list.into(),
            params: Vec::new(),
        },
        missing: Vec::new(),
        keyword: false,
        paged: false,
        by_value: None,
        within: Vec::new(),
        value,
        names: line.names.into(),
        labels: line.labels.into(),
        states: line.states.into(),
    })
}
