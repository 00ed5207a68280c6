//! The commands of Amazon's EC2 API tools that Cloudn's manual shows, as aliases: their words in, a call out; its answer in, the
//! lines out that the tools print. As the tools do, they tell what the call answered and wait for nothing more.

mod lines;
mod words;

use crate::cloud::{Spoken, Tool};
use crate::error::{Error, Result};
use words::Words;

pub static TOOLS: &[Tool] = &[
    Tool {
        name: "ec2-attach-volume",
        args: "VOLUME -i INSTANCE [-d DEVICE]",
        about: "Attaches a volume to an instance, as EC2's API tools do",
        call: attach_volume,
        lines: lines::attachment,
    },
    Tool {
        name: "ec2-create-image",
        args: "INSTANCE -n NAME [-d DESCRIPTION] [--request-timeout SECONDS]",
        about: "Makes an image of an instance, as EC2's API tools do",
        call: create_image,
        lines: lines::image_id,
    },
    Tool {
        name: "ec2-create-snapshot",
        args: "VOLUME [-d DESCRIPTION] [--request-timeout SECONDS]",
        about: "Makes a snapshot of a volume, as EC2's API tools do",
        call: create_snapshot,
        lines: lines::snapshots,
    },
    Tool {
        name: "ec2-delete-snapshot",
        args: "SNAPSHOT",
        about: "Deletes a snapshot, as EC2's API tools do",
        call: |args| one(args, "SNAPSHOT", "deleteSnapshot", "SnapshotId"),
        lines: lines::deleted_snapshot,
    },
    Tool {
        name: "ec2-delete-volume",
        args: "VOLUME",
        about: "Deletes a volume, as EC2's API tools do",
        call: |args| one(args, "VOLUME", "deleteVolume", "VolumeId"),
        lines: lines::deleted_volume,
    },
    Tool {
        name: "ec2-deregister",
        args: "IMAGE",
        about: "Removes an image, as EC2's API tools do",
        call: |args| one(args, "IMAGE", "deregisterImage", "ImageId"),
        lines: lines::image_id,
    },
    Tool {
        name: "ec2-describe-images",
        args: "[IMAGE…] [-F NAME=VALUE]",
        about: "Lists images in the lines of EC2's API tools",
        call: |args| several(args, "describeImages", "ImageId"),
        lines: lines::images,
    },
    Tool {
        name: "ec2-describe-instances",
        args: "[INSTANCE…] [-F NAME=VALUE]",
        about: "Lists instances in the lines of EC2's API tools",
        call: |args| several(args, "describeInstances", "InstanceId"),
        lines: lines::reservations,
    },
    Tool {
        name: "ec2-describe-snapshots",
        args: "[SNAPSHOT…] [-F NAME=VALUE]",
        about: "Lists snapshots in the lines of EC2's API tools",
        call: |args| several(args, "describeSnapshots", "SnapshotId"),
        lines: lines::snapshots,
    },
    Tool {
        name: "ec2-describe-volumes",
        args: "[VOLUME…] [-F NAME=VALUE]",
        about: "Lists volumes in the lines of EC2's API tools",
        call: |args| several(args, "describeVolumes", "VolumeId"),
        lines: lines::volumes,
    },
    Tool {
        name: "ec2-detach-volume",
        args: "VOLUME [-i INSTANCE] [-d DEVICE]",
        about: "Takes a volume from its instance, as EC2's API tools do",
        call: detach_volume,
        lines: lines::attachment,
    },
    Tool {
        name: "ec2-modify-image-attribute",
        args: "IMAGE -l (-a ENTITY | -r ENTITY)… | IMAGE -d DESCRIPTION",
        about: "Changes who may use an image, or its description, as EC2's API tools do",
        call: modify_image,
        lines: lines::image_attribute,
    },
    Tool {
        name: "ec2-modify-instance-attribute",
        args: "INSTANCE -t TYPE",
        about: "Changes the type of a stopped instance, as EC2's API tools do",
        call: modify_instance,
        lines: lines::instance_attribute,
    },
    Tool {
        name: "ec2-reboot-instances",
        args: "INSTANCE…",
        about: "Restarts instances, as EC2's API tools do",
        call: |args| some(args, "rebootInstances"),
        lines: lines::nothing,
    },
    Tool {
        name: "ec2-run-instances",
        args: "IMAGE [-n COUNT] [-t TYPE] [-k KEY] [-g GROUP]… [-z ZONE] [-d USER_DATA]",
        about: "Makes instances of an image, as EC2's API tools do",
        call: run_instances,
        lines: lines::reservations,
    },
    Tool {
        name: "ec2-start-instances",
        args: "INSTANCE…",
        about: "Starts instances, as EC2's API tools do",
        call: |args| some(args, "startInstances"),
        lines: lines::changes,
    },
    Tool {
        name: "ec2-stop-instances",
        args: "INSTANCE… [-f]",
        about: "Stops instances, as EC2's API tools do",
        call: |args| some(args, "stopInstances"),
        lines: lines::changes,
    },
    Tool {
        name: "ec2-terminate-instances",
        args: "INSTANCE…",
        about: "Destroys instances, as EC2's API tools do",
        call: |args| some(args, "terminateInstances"),
        lines: lines::changes,
    },
];

/// A call with the words that all tools have in common.
fn spoken(api: &'static str, params: Vec<(&str, String)>, words: &Words) -> Spoken {
    let mut settings = vec![("asyncblock", "false".to_string())];
    if let Some(seconds) = words.value("--request-timeout") {
        settings.push(("reply_timeout", seconds.into()));
    }
    let params = params.into_iter().filter(|(_, value)| !value.is_empty());
    Spoken {
        api,
        params: params.map(|(name, value)| (name.into(), value)).collect(),
        settings,
    }
}

/// A call on one thing.
fn one(args: &[String], what: &str, api: &'static str, param: &'static str) -> Result<Spoken> {
    let words = Words::read(args, &[], &[])?;
    Ok(spoken(api, vec![(param, words.one(what)?)], &words))
}

/// A list, of all things or some.
fn several(args: &[String], api: &'static str, param: &'static str) -> Result<Spoken> {
    let words = Words::read(args, &["-F", "--filter"], &[])?;
    let mut call = spoken(api, vec![(param, words.rest.join(","))], &words);
    let filters = words.values("-F").chain(words.values("--filter"));
    for filter in filters {
        let (name, value) = filter
            .split_once('=')
            .ok_or_else(|| Error::line(format!("{filter} is no filter: NAME=VALUE is wanted")))?;
        call.params.push((format!("Filter.{name}"), value.into()));
    }
    Ok(call)
}

/// A call on instances, of which there has to be one.
fn some(args: &[String], api: &'static str) -> Result<Spoken> {
    let force: &[&str] = if api == "stopInstances" {
        &["-f", "--force"]
    } else {
        &[]
    };
    let words = Words::read(args, &[], force)?;
    if words.rest.is_empty() {
        return Err(Error::line("an INSTANCE is missing").hint("`describe instances` lists them"));
    }
    let mut params = vec![("InstanceId", words.rest.join(","))];
    if force.iter().any(|word| words.has(word)) {
        params.push(("Force", "true".into()));
    }
    Ok(spoken(api, params, &words))
}

fn run_instances(args: &[String]) -> Result<Spoken> {
    const VALUED: [&str; 6] = ["-n", "-t", "-k", "-g", "-z", "-d"];
    let words = Words::read(args, &VALUED, &[])?;
    let count = words.value("-n").unwrap_or("1");
    let (least, most) = count.split_once('-').unwrap_or((count, count));
    let given = |name: &str| words.value(name).unwrap_or_default().to_string();
    let groups: Vec<&str> = words.values("-g").collect();
    let params = vec![
        ("ImageId", words.one("IMAGE")?),
        ("MinCount", least.into()),
        ("MaxCount", most.into()),
        ("InstanceType", given("-t")),
        ("KeyName", given("-k")),
        ("SecurityGroup", groups.join(",")),
        ("Placement.AvailabilityZone", given("-z")),
        ("UserData", given("-d")),
    ];
    Ok(spoken("runInstances", params, &words))
}

fn modify_instance(args: &[String]) -> Result<Spoken> {
    let words = Words::read(args, &["-t", "--instance-type"], &[])?;
    let kind = words.value("-t").or_else(|| words.value("--instance-type"));
    let params = vec![
        ("InstanceId", words.one("INSTANCE")?),
        ("InstanceType.Value", words::needed(kind, "-t TYPE")?),
    ];
    Ok(spoken("modifyInstanceAttribute", params, &words))
}

fn create_image(args: &[String]) -> Result<Spoken> {
    let words = Words::read(args, &["-n", "--name", "-d"], &[])?;
    let name = words.value("-n").or_else(|| words.value("--name"));
    let params = vec![
        ("InstanceId", words.one("INSTANCE")?),
        ("Name", words::needed(name, "-n NAME")?),
        ("Description", words.value("-d").unwrap_or_default().into()),
    ];
    Ok(spoken("createImage", params, &words))
}

fn create_snapshot(args: &[String]) -> Result<Spoken> {
    let words = Words::read(args, &["-d"], &[])?;
    let params = vec![
        ("VolumeId", words.one("VOLUME")?),
        ("Description", words.value("-d").unwrap_or_default().into()),
    ];
    Ok(spoken("createSnapshot", params, &words))
}

fn attach_volume(args: &[String]) -> Result<Spoken> {
    let call = volume(args, "attachVolume")?;
    let has = |wanted: &str| call.params.iter().any(|(name, _)| name == wanted);
    match has("InstanceId") {
        true => Ok(call),
        false => Err(Error::line("-i INSTANCE is missing")),
    }
}

fn detach_volume(args: &[String]) -> Result<Spoken> {
    volume(args, "detachVolume")
}

fn volume(args: &[String], api: &'static str) -> Result<Spoken> {
    let words = Words::read(args, &["-i", "-d"], &[])?;
    let given = |name: &str| words.value(name).unwrap_or_default().to_string();
    let params = vec![
        ("VolumeId", words.one("VOLUME")?),
        ("InstanceId", given("-i")),
        ("Device", given("-d")),
    ];
    Ok(spoken(api, params, &words))
}

fn modify_image(args: &[String]) -> Result<Spoken> {
    let words = Words::read(args, &["-a", "-r", "-d"], &["-l", "--launch-permission"])?;
    let mut call = spoken(
        "modifyImageAttribute",
        vec![
            ("ImageId", words.one("IMAGE")?),
            (
                "Description.Value",
                words.value("-d").unwrap_or_default().into(),
            ),
        ],
        &words,
    );
    for (option, way) in [("-a", "Add"), ("-r", "Remove")] {
        for (number, entity) in (1..).zip(words.values(option)) {
            // Everybody is a group, an account is a user.
            let member = if entity == "all" { "Group" } else { "UserId" };
            let name = format!("LaunchPermission.{way}.{number}.{member}");
            call.params.push((name, entity.into()));
        }
    }
    match call.params.len() {
        1 => Err(Error::line("it does not say what is to change")
            .hint("-l -a ENTITY lets an account (or `all`) use the image, -l -r ENTITY no more, -d TEXT describes it")),
        _ => Ok(call),
    }
}

#[cfg(test)]
mod tests;
