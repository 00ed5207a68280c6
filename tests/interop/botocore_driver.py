"""Drives EC2's part of Cloudn's manner with botocore, which signs by version 2 and sends everything by POST.

Takes the address of the EC2 calls and an administrator's keys from CLOUD_AWSAPI_URL, CLOUD_KEY and CLOUD_SECRET, and the
address that asks for no keys from CLOUD_OPEN_URL: a new cloud with one zone. Ends with status 1 where something is not as
it should be.
"""

import os
import urllib.error
import urllib.parse
import urllib.request

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

URL, KEY, SECRET, OPEN = (os.environ[name] for name in ("CLOUD_AWSAPI_URL", "CLOUD_KEY", "CLOUD_SECRET", "CLOUD_OPEN_URL"))
NOWHERE = "6b0b8d2c-0000-4000-8000-000000000000"


def fetched(url, **params):
    """Status and text of a plain call."""
    try:
        with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(params)}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def client(version, key=KEY, secret=SECRET):
    settings = Config(signature_version="v2", retries={"max_attempts": 0})
    session = botocore.session.get_session()
    return session.create_client(
        "ec2", region_name="east", api_version=version, endpoint_url=URL, config=settings,
        aws_access_key_id=key, aws_secret_access_key=secret,
    )


def refused(status, code, call):
    """Checks a refusal: HTTP's status and EC2's code."""
    try:
        answer = call()
    except ClientError as error:
        seen = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response.get("Error", {}).get("Code")
        assert seen[0] == status and code in (None, seen[1]), (status, code, error)
        return
    raise AssertionError(f"not refused: {code}: {answer}")


def wait(ec2, name, ids):
    ec2.get_waiter(name).wait(InstanceIds=ids, WaiterConfig={"Delay": 0.02, "MaxAttempts": 2000})


def only(answer, name):
    assert len(answer[name]) == 1, answer
    return answer[name][0]


def state(ec2, machine):
    return only(only(ec2.describe_instances(InstanceIds=[machine]), "Reservations"), "Instances")["State"]


def offering():
    fetched(OPEN, command="createServiceOffering", name="m1.large", displaytext="large", cpunumber=1, cpuspeed=600, memory=256)


def unsigned_alike(version):
    """A space in a form is signed otherwise by Java, here as on a real server."""
    try:
        client(version).create_key_pair(KeyName="two words")
    except ResponseParserError as error:
        # The words come bare, which botocore takes for broken XML.
        assert "Access denied" in str(error), error
    else:
        raise AssertionError("a space was signed as Java signs it")


def registration(version):
    ec2 = client(version)
    refused(404, None, ec2.describe_instances)
    assert fetched(URL, Action="SetUserKeys", accesskey=KEY, secretkey="wrong")[0] == 401
    assert fetched(URL, Action="SetUserKeys", accesskey=KEY, secretkey=SECRET) == (200, "User keys set successfully")
    assert ec2.describe_instances()["Reservations"] == []
    refused(404, None, client(version, key="nobody's").describe_instances)
    try:
        client(version, secret="wrong").describe_instances()
    except ResponseParserError as error:
        assert "Access denied" in str(error), error
    else:
        raise AssertionError("a wrong signature was taken")


def versions(version):
    other = "2014-09-01" if version == "2016-11-15" else "2016-11-15"
    refused(531, None, client(other).describe_instances)
    assert fetched(URL, Action="CloudEC2Version")[1].count(f">{version}<") == 1


def run(ec2, **settings):
    image = ec2.describe_images()["Images"][0]["ImageId"]
    return ec2.run_instances(ImageId=image, MinCount=1, MaxCount=settings.pop("count", 1), **settings)


def instances(version):
    ec2 = client(version)
    zone = only(ec2.describe_availability_zones(), "AvailabilityZones")["ZoneName"]
    reserved = run(ec2, count=2, InstanceType="tinyOffering", Placement={"AvailabilityZone": zone})
    ids = [machine["InstanceId"] for machine in reserved["Instances"]]
    assert len(ids) == 2 and reserved["OwnerId"].endswith(":admin"), reserved
    wait(ec2, "instance_running", ids)
    machine = only(only(ec2.describe_instances(InstanceIds=ids[:1]), "Reservations"), "Instances")
    assert machine["State"] == {"Code": 16, "Name": "running"}, machine
    assert (machine["InstanceType"], machine["Placement"]["AvailabilityZone"]) == ("tinyOffering", zone), machine
    assert only(machine, "BlockDeviceMappings")["DeviceName"] == "/dev/sda1", machine
    assert machine["LaunchTime"].year >= 2026 and machine["PrivateIpAddress"], machine
    ec2.reboot_instances(InstanceIds=ids)
    wait(ec2, "instance_running", ids)

    change = only(ec2.stop_instances(InstanceIds=ids[:1]), "StoppingInstances")
    assert change["PreviousState"] == {"Code": 16, "Name": "running"}, change
    # It is on its way or there already.
    assert change["CurrentState"]["Name"] in ("stopping", "stopped"), change
    wait(ec2, "instance_stopped", ids[:1])
    stopped = [{"Name": "instance-state-name", "Values": ["stopped"]}]
    found = only(only(ec2.describe_instances(Filters=stopped), "Reservations"), "Instances")
    assert (found["InstanceId"], found["State"]["Code"]) == (ids[0], 80), found
    ec2.modify_instance_attribute(InstanceId=ids[0], InstanceType={"Value": "m1.large"})
    told = ec2.describe_instance_attribute(InstanceId=ids[0], Attribute="instanceType")
    assert told["InstanceType"]["Value"] == "m1.large", told
    change = only(ec2.start_instances(InstanceIds=ids[:1]), "StartingInstances")
    assert change["CurrentState"]["Name"] in ("pending", "running"), change
    wait(ec2, "instance_running", ids)
    refused(400, "IncorrectState", lambda: ec2.modify_instance_attribute(InstanceId=ids[0], InstanceType={"Value": "tinyOffering"}))

    change = ec2.terminate_instances(InstanceIds=ids)["TerminatingInstances"]
    assert {one["CurrentState"]["Code"] for one in change} <= {32, 48}, change
    wait(ec2, "instance_terminated", ids)
    assert state(ec2, ids[0]) == {"Code": 48, "Name": "terminated"}


def volumes(version):
    ec2 = client(version)
    machine = run(ec2)["Instances"][0]["InstanceId"]
    wait(ec2, "instance_running", [machine])
    disk = ec2.create_volume(AvailabilityZone="devcloud", Size=2)
    assert (disk["Size"], disk["State"], disk["AvailabilityZone"]) == (2, "available", "devcloud"), disk
    disk = disk["VolumeId"]
    held = ec2.attach_volume(VolumeId=disk, InstanceId=machine, Device="/dev/sdh")
    assert (held["Device"], held["State"], held["InstanceId"]) == ("/dev/sdh", "attached", machine), held
    found = only(ec2.describe_volumes(Filters=[{"Name": "attachment.device", "Values": ["/dev/sdh"]}]), "Volumes")
    assert (found["VolumeId"], found["State"]) == (disk, "in-use"), found
    refused(400, "InvalidDevice.InUse", lambda: ec2.attach_volume(VolumeId=disk, InstanceId=machine, Device="/dev/sdh"))
    refused(400, "IncorrectState", lambda: ec2.delete_volume(VolumeId=disk))
    assert ec2.detach_volume(VolumeId=disk, InstanceId=machine)["State"] == "detached"

    taken = ec2.create_snapshot(VolumeId=disk)
    assert (taken["State"], taken["Progress"], taken["VolumeSize"]) == ("completed", "100%", 2), taken
    again = ec2.create_volume(AvailabilityZone="devcloud", SnapshotId=taken["SnapshotId"])
    assert again["Size"] == 2, again
    found = only(ec2.describe_snapshots(SnapshotIds=[taken["SnapshotId"]]), "Snapshots")
    assert found["VolumeId"] == disk, found
    for one in (disk, again["VolumeId"]):
        ec2.delete_volume(VolumeId=one)
        refused(400, "InvalidVolume.NotFound", lambda: ec2.describe_volumes(VolumeIds=[one]))
    ec2.delete_snapshot(SnapshotId=taken["SnapshotId"])
    assert ec2.describe_snapshots()["Snapshots"] == []

    image = ec2.create_image(InstanceId=machine, Name="made", Description="of-a-machine")["ImageId"]
    wait(ec2, "instance_running", [machine])
    found = only(ec2.describe_images(ImageIds=[image]), "Images")
    assert (found["Name"], found["State"], found["Public"]) == ("made", "available", False), found
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
    assert only(ec2.describe_images(ImageIds=[image]), "Images")["Public"] is True
    ec2.deregister_image(ImageId=image)
    refused(400, "InvalidAMIID.NotFound", lambda: ec2.describe_images(ImageIds=[image]))

    ec2.create_tags(Resources=[machine], Tags=[{"Key": "role", "Value": version}])
    tagged = [{"Name": "tag-key", "Values": ["r?le"]}, {"Name": "tag-value", "Values": [version]}]
    found = only(only(ec2.describe_instances(Filters=tagged), "Reservations"), "Instances")
    assert found["Tags"] == [{"Key": "role", "Value": version}], found
    ec2.terminate_instances(InstanceIds=[machine])


def others(version):
    ec2 = client(version)
    assert "PRIVATE KEY" in ec2.create_key_pair(KeyName="pair")["KeyMaterial"]
    assert only(ec2.describe_key_pairs(), "KeyPairs")["KeyName"] == "pair"
    refused(400, "InvalidKeyPair.Duplicate", lambda: ec2.create_key_pair(KeyName="pair"))
    ec2.delete_key_pair(KeyName="pair")
    group = ec2.create_security_group(GroupName="web", Description="for-the-web")["GroupId"]
    ec2.authorize_security_group_ingress(GroupName="web", IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])
    found = only(ec2.describe_security_groups(GroupNames=["web"]), "SecurityGroups")
    assert (found["GroupId"], only(found, "IpPermissions")["ToPort"]) == (group, 81), found
    ec2.revoke_security_group_ingress(GroupName="web", IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])
    ec2.delete_security_group(GroupName="web")
    refused(400, "InvalidGroup.NotFound", lambda: ec2.describe_security_groups(GroupNames=["web"]))


def errors(version):
    ec2 = client(version)
    refused(400, "InvalidInstanceID.NotFound", lambda: ec2.terminate_instances(InstanceIds=[NOWHERE]))
    refused(400, "InvalidInstanceID.NotFound", lambda: ec2.stop_instances(InstanceIds=["i-nope"]))
    refused(400, "InvalidAMIID.NotFound", lambda: ec2.run_instances(ImageId=NOWHERE, MinCount=1, MaxCount=1))
    refused(400, "InvalidZone.NotFound", lambda: ec2.create_volume(AvailabilityZone="elsewhere", Size=1))
    refused(400, "Unsupported", lambda: ec2.describe_instances(Filters=[{"Name": "colour", "Values": ["blue"]}]))
    refused(400, "Unsupported", ec2.describe_regions)


def main():
    offering()
    for version in ("2016-11-15", "2014-09-01"):
        fetched(OPEN, command="updateConfiguration", name="devcloud.awsapi.version", value=version)
        steps = [registration, unsigned_alike] if version == "2016-11-15" else []
        for step in (*steps, versions, instances, volumes, others, errors):
            step(version)
            print(version, step.__name__, "passes")


if __name__ == "__main__":
    main()
