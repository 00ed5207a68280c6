//! The commands of Cloudn's manual: what their words ask for, and the lines that come of recorded answers.

use super::*;
use crate::cloud::ec2::catalog;

fn asked(line: &str) -> Result<Spoken> {
    let words: Vec<String> = line.split(' ').map(String::from).collect();
    let tool = TOOLS.iter().find(|tool| tool.name == words[0]).unwrap();
    (tool.call)(&words[1..])
}

fn told(line: &str) -> String {
    match asked(line) {
        Ok(call) => {
            let params = call.params.iter();
            let params: Vec<String> = params
                .map(|(name, value)| format!(" {name}={value}"))
                .collect();
            format!("{}{}", call.api, params.concat())
        }
        Err(error) => format!("! {}", error.message),
    }
}

#[test]
fn each_command_of_the_manual_is_a_call() {
    for (line, expected) in [
        ("ec2-describe-instances", "describeInstances"),
        (
            "ec2-describe-instances i-1 i-2",
            "describeInstances InstanceId=i-1,i-2",
        ),
        (
            "ec2-describe-instances -F instance-state-name=running",
            "describeInstances Filter.instance-state-name=running",
        ),
        (
            "ec2-run-instances ami-1",
            "runInstances ImageId=ami-1 MinCount=1 MaxCount=1",
        ),
        (
            "ec2-run-instances ami-1 -n 2-3 -t m1.small -g a -g b",
            "runInstances ImageId=ami-1 MinCount=2 MaxCount=3 InstanceType=m1.small SecurityGroup=a,b",
        ),
        ("ec2-reboot-instances i-1", "rebootInstances InstanceId=i-1"),
        (
            "ec2-start-instances i-1 i-2",
            "startInstances InstanceId=i-1,i-2",
        ),
        (
            "ec2-stop-instances i-1 --force",
            "stopInstances InstanceId=i-1 Force=true",
        ),
        (
            "ec2-terminate-instances i-1",
            "terminateInstances InstanceId=i-1",
        ),
        (
            "ec2-modify-instance-attribute i-1 -t m1.large",
            "modifyInstanceAttribute InstanceId=i-1 InstanceType.Value=m1.large",
        ),
        (
            "ec2-create-image i-1 -n tmpl1 --request-timeout 600",
            "createImage InstanceId=i-1 Name=tmpl1",
        ),
        ("ec2-describe-images", "describeImages"),
        ("ec2-deregister ami-1", "deregisterImage ImageId=ami-1"),
        (
            "ec2-modify-image-attribute ami-1 -l -a u1 -r all",
            "modifyImageAttribute ImageId=ami-1 LaunchPermission.Add.1.UserId=u1 LaunchPermission.Remove.1.Group=all",
        ),
        (
            "ec2-create-snapshot vol-1 --request-timeout=600",
            "createSnapshot VolumeId=vol-1",
        ),
        (
            "ec2-delete-snapshot snap-1",
            "deleteSnapshot SnapshotId=snap-1",
        ),
        ("ec2-describe-snapshots", "describeSnapshots"),
        (
            "ec2-attach-volume vol-1 -i i-1",
            "attachVolume VolumeId=vol-1 InstanceId=i-1",
        ),
        ("ec2-delete-volume vol-1", "deleteVolume VolumeId=vol-1"),
        ("ec2-describe-volumes", "describeVolumes"),
        (
            "ec2-detach-volume vol-1 -i i-1",
            "detachVolume VolumeId=vol-1 InstanceId=i-1",
        ),
        ("ec2-create-image i-1", "! -n NAME is missing"),
        ("ec2-attach-volume vol-1", "! -i INSTANCE is missing"),
        ("ec2-stop-instances", "! an INSTANCE is missing"),
        ("ec2-deregister a b", "! b is one word too many"),
        ("ec2-create-image i-1 -n", "! -n needs a value"),
        (
            "ec2-describe-instances -K key.pem",
            "! there is no option -K here",
        ),
        (
            "ec2-modify-image-attribute ami-1 -l",
            "! it does not say what is to change",
        ),
    ] {
        assert_eq!(told(line), expected, "{line}");
    }
    let limited = asked("ec2-create-snapshot vol-1 --request-timeout 600").unwrap();
    assert!(limited.settings.contains(&("reply_timeout", "600".into())));
    assert_eq!(TOOLS.len(), 18);
    for tool in TOOLS {
        let asked = (tool.call)(&["a", "-n", "b"].map(String::from)).or_else(|_| {
            (tool.call)(&["a".to_string()])
                .or_else(|_| (tool.call)(&["a", "-t", "b"].map(String::from)))
                .or_else(|_| (tool.call)(&["a", "-i", "b"].map(String::from)))
                .or_else(|_| (tool.call)(&["a", "-l", "-a", "b"].map(String::from)))
        });
        let asked = asked.unwrap();
        let api = &catalog::action(asked.api).unwrap().api;
        for (name, _) in &asked.params {
            assert_eq!(api.spelt(name).unwrap().1, *name, "{}", tool.name);
        }
    }
}
