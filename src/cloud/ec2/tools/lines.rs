//! The lines of EC2's API tools: an answer's rows in, lines of a word and fields with tabs between them out; a field that is not
//! there is empty.

use crate::cloud::Request;
use crate::cloud::ec2::waits::state;
use crate::record::answer::Answer;
use crate::record::{Record, Value};

/// The text of a field by its path; nothing that does something to a terminal is in it.
fn text(row: &Record, path: &str) -> String {
    let found = match path.split_once('.') {
        Some((outer, inner)) => row
            .get(outer)
            .and_then(Value::as_record)
            .and_then(|row| row.text(inner)),
        None => row.text(path),
    };
    let text = found.unwrap_or_default();
    text.chars().filter(|letter| !letter.is_control()).collect()
}

fn records(row: &Record, name: &str) -> Vec<Record> {
    match row.get(name) {
        Some(Value::List(items)) => items.iter().filter_map(Value::as_record).cloned().collect(),
        _ => Vec::new(),
    }
}

fn line(word: &str, fields: &[String]) -> String {
    let mut line = word.to_string();
    for field in fields {
        line.push('\t');
        line.push_str(field);
    }
    line.push('\n');
    line
}

fn by_paths(word: &str, row: &Record, paths: &[&str]) -> String {
    let fields: Vec<String> = paths.iter().map(|path| text(row, path)).collect();
    line(word, &fields)
}

fn each(answer: &Answer, shown: impl FnMut(Record) -> String) -> String {
    answer.records().map(shown).collect()
}

fn tags(row: &Record, kind: &str, id: &str) -> String {
    let tags = records(row, "tagSet");
    let tags = tags.iter().map(|tag| {
        let fields = [
            kind.into(),
            text(row, id),
            text(tag, "key"),
            text(tag, "value"),
        ];
        line("TAG", &fields)
    });
    tags.collect()
}

/// Instances below the reservations that they were made by.
pub fn reservations(_: &Request, answer: &Answer) -> String {
    let mut last = None;
    each(answer, |row| {
        let mut lines = String::new();
        let reservation = text(&row, "reservationId");
        if last.as_ref() != Some(&reservation) {
            let groups = records(&row, "groupSet");
            let named = groups.iter().map(|group| {
                let name = text(group, "groupName");
                if name.is_empty() {
                    text(group, "groupId")
                } else {
                    name
                }
            });
            let groups: Vec<String> = named.collect();
            let fields = [reservation.clone(), text(&row, "ownerId"), groups.join(",")];
            lines.push_str(&line("RESERVATION", &fields));
            last = Some(reservation);
        }
        lines + &instance(&row)
    })
}

fn instance(row: &Record) -> String {
    let codes = records(row, "productCodes");
    let codes: Vec<String> = codes.iter().map(|code| text(code, "productCode")).collect();
    let paths =
        |paths: &[&str]| -> Vec<String> { paths.iter().map(|path| text(row, path)).collect() };
    let mut fields = paths(&["instanceId", "imageId", "dnsName", "privateDnsName"]);
    fields.push(state(row).unwrap_or_default());
    fields.extend(paths(&["keyName", "amiLaunchIndex"]));
    fields.push(codes.join(","));
    fields.extend(paths(&[
        "instanceType",
        "launchTime",
        "placement.availabilityZone",
        "kernelId",
        "ramdiskId",
        "platform",
    ]));
    fields.push(format!("monitoring-{}", text(row, "monitoring.state")));
    fields.extend(paths(&[
        "ipAddress",
        "privateIpAddress",
        "vpcId",
        "subnetId",
        "rootDeviceType",
    ]));
    let mut lines = line("INSTANCE", &fields);
    for disk in records(row, "blockDeviceMapping") {
        let paths = [
            "deviceName",
            "ebs.volumeId",
            "ebs.attachTime",
            "ebs.deleteOnTermination",
        ];
        lines.push_str(&by_paths("BLOCKDEVICE", &disk, &paths));
    }
    lines + &tags(row, "instance", "instanceId")
}

/// Instances with the state that they were in and the one that they are in now.
pub fn changes(_: &Request, answer: &Answer) -> String {
    each(answer, |row| {
        let fields = [
            text(&row, "instanceId"),
            text(&row, "previousState.name"),
            state(&row).unwrap_or_default(),
        ];
        line("INSTANCE", &fields)
    })
}

pub fn images(_: &Request, answer: &Answer) -> String {
    each(answer, |row| {
        let open = match text(&row, "isPublic").as_str() {
            "true" => "public",
            _ => "private",
        };
        let paths =
            |paths: &[&str]| -> Vec<String> { paths.iter().map(|path| text(&row, path)).collect() };
        let mut fields = paths(&["imageId", "imageLocation", "imageOwnerId", "imageState"]);
        fields.extend([open.into(), String::new()]);
        fields.extend(paths(&[
            "architecture",
            "imageType",
            "kernelId",
            "ramdiskId",
            "platform",
            "rootDeviceType",
            "virtualizationType",
            "hypervisor",
        ]));
        let mut lines = line("IMAGE", &fields);
        for disk in records(&row, "blockDeviceMapping") {
            let paths = ["deviceName", "ebs.snapshotId", "ebs.volumeSize"];
            lines.push_str(&by_paths("BLOCKDEVICEMAPPING", &disk, &paths));
        }
        lines + &tags(&row, "image", "imageId")
    })
}

pub fn volumes(_: &Request, answer: &Answer) -> String {
    let paths = [
        "volumeId",
        "size",
        "snapshotId",
        "availabilityZone",
        "status",
        "createTime",
        "volumeType",
    ];
    each(answer, |row| {
        let mut lines = by_paths("VOLUME", &row, &paths);
        for attached in records(&row, "attachmentSet") {
            lines.push_str(&by_paths("ATTACHMENT", &attached, &ATTACHMENT));
        }
        lines + &tags(&row, "volume", "volumeId")
    })
}

const ATTACHMENT: [&str; 5] = ["volumeId", "instanceId", "device", "status", "attachTime"];

pub fn attachment(_: &Request, answer: &Answer) -> String {
    each(answer, |row| match row.get("attachmentSet") {
        // What was waited for is told as the volume that it is.
        Some(_) => {
            let attached = records(&row, "attachmentSet");
            let attached = attached
                .iter()
                .map(|one| by_paths("ATTACHMENT", one, &ATTACHMENT));
            attached.collect()
        }
        None => by_paths("ATTACHMENT", &row, &ATTACHMENT),
    })
}

pub fn snapshots(_: &Request, answer: &Answer) -> String {
    let paths = [
        "snapshotId",
        "volumeId",
        "status",
        "startTime",
        "progress",
        "ownerId",
        "volumeSize",
        "description",
    ];
    each(answer, |row| {
        by_paths("SNAPSHOT", &row, &paths) + &tags(&row, "snapshot", "snapshotId")
    })
}

/// The image that was made, or that was named.
pub fn image_id(request: &Request, answer: &Answer) -> String {
    let made = answer.records().find_map(|row| row.text("imageId"));
    let id = made.unwrap_or_else(|| given(request, "ImageId"));
    line("IMAGE", &[id])
}

pub fn deleted_snapshot(request: &Request, _: &Answer) -> String {
    line("SNAPSHOT", &[given(request, "SnapshotId")])
}

pub fn deleted_volume(request: &Request, _: &Answer) -> String {
    line("VOLUME", &[given(request, "VolumeId")])
}

pub fn instance_attribute(request: &Request, _: &Answer) -> String {
    let fields = [
        given(request, "InstanceId"),
        given(request, "InstanceType.Value"),
    ];
    line("instanceType", &fields)
}

pub fn image_attribute(request: &Request, _: &Answer) -> String {
    let id = given(request, "ImageId");
    let lines = request.params.iter().filter_map(|(name, value)| {
        let mut parts = name.split('.');
        Some(match (parts.next()?, parts.next(), parts.nth(1)) {
            ("LaunchPermission", Some(way), Some(member)) => {
                let member = if member == "Group" { "group" } else { "userId" };
                let way = way.to_uppercase();
                line(
                    "launchPermission",
                    &[id.clone(), way, member.into(), value.clone()],
                )
            }
            ("Description", ..) => line("description", &[id.clone(), value.clone()]),
            _ => return None,
        })
    });
    lines.collect()
}

pub fn nothing(_: &Request, _: &Answer) -> String {
    String::new()
}

fn given(request: &Request, wanted: &str) -> String {
    let mut params = request.params.iter();
    let given = params.find(|(name, _)| name == wanted);
    given.map_or(String::new(), |(_, value)| value.clone())
}
