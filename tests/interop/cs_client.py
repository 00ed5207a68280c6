"""Drives a CloudStack cloud with the client `cs`: answers, jobs, pages, expiry, errors.

Takes the cloud's address and keys from CLOUD_URL, CLOUD_KEY and CLOUD_SECRET and the address that asks for no keys from
CLOUD_OPEN_URL: a new cloud with one zone. Ends with status 1 where something is not as it should be.
"""

import json
import os
import subprocess
import sys
import time
from datetime import timedelta

from cs import CloudStack, CloudStackApiException

URL, KEY, SECRET = (os.environ[name] for name in ("CLOUD_URL", "CLOUD_KEY", "CLOUD_SECRET"))


def client(**settings):
    given = {"endpoint": URL, "key": KEY, "secret": SECRET, "poll_interval": 0.02, "timeout": 60, **settings}
    return CloudStack(**given)


def refused(status, code, words, call):
    """Checks a refusal: HTTP's status, the code and words that go with it."""
    try:
        answer = call()
    except CloudStackApiException as error:
        assert error.response.status_code == status, (words, error)
        assert error.error["errorcode"] == status and error.error.get("cserrorcode") == code, (words, error)
        assert words in error.error["errortext"], error
        return error
    raise AssertionError(f"not refused: {words}: {answer}")


def answers(cloud):
    zones = cloud.listZones()
    assert zones["count"] == 1 and zones["zone"][0]["name"] == "devcloud", zones
    assert cloud.listVirtualMachines() == {}
    assert cloud.listVirtualMachines(fetch_list=True) == []
    assert cloud.listZones(json=False).startswith("<?xml"), "XML where no JSON is asked for"
    assert "listzonesresponse" in cloud.listZones(json=False)


def ways_to_sign(cloud):
    # Values of every kind that is signed: spaces, what URLs keep for themselves, other scripts.
    for name in ("a b", "a+b=c&d", "50%", "naïve 日本", "a*b", "/?#[]@!$'(),;:"):
        group = cloud.createInstanceGroup(name=name)["instancegroup"]
        assert group["name"] == name, group
        assert cloud.listInstanceGroups(name=name)["count"] == 1
        assert cloud.deleteInstanceGroup(id=group["id"])["success"] == "true"
    # Python leaves a tilde bare, and a real server signs it encoded.
    refused(401, None, "unable to verify user credentials", lambda: cloud.createInstanceGroup(name="~"))
    assert client(method="post").listZones() == cloud.listZones()
    # Without an end to its time, as clients sign by the first version.
    assert client(expiration=timedelta(seconds=-1)).listZones() == cloud.listZones()


def expiry(cloud):
    ahead = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(time.time() + 600))
    past = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(time.time() - 600))
    assert cloud.listZones(expires=ahead, signatureVersion="3")["count"] == 1
    for expires in (past, ahead.replace("+0000", "Z"), ahead.replace("+0000", "+00:00"), "tomorrow"):
        refused(401, None, "unable to verify user credentials", lambda: cloud.listZones(expires=expires, signatureVersion="3"))


def jobs(cloud):
    zone = cloud.listZones()["zone"][0]["id"]
    image = cloud.listTemplates(templatefilter="featured")["template"][0]["id"]
    size = cloud.listServiceOfferings(name="tinyOffering")["serviceoffering"][0]["id"]
    begun = cloud.deployVirtualMachine(zoneid=zone, templateid=image, serviceofferingid=size, name="web")
    assert set(begun) == {"id", "jobid"}, begun
    machine = cloud._jobresult(begun["jobid"])["virtualmachine"]
    assert (machine["id"], machine["name"], machine["state"]) == (begun["id"], "web", "Running"), machine
    asked = cloud.queryAsyncJobResult(jobid=begun["jobid"])
    assert (asked["jobstatus"], asked["jobresultcode"], asked["jobresulttype"]) == (1, 0, "object"), asked
    stopped = cloud.stopVirtualMachine(id=machine["id"], fetch_result=True)["virtualmachine"]
    assert stopped["state"] == "Stopped", stopped
    tagged = cloud.createTags(resourceids=[machine["id"]], resourcetype="UserVm", tags={"key": "role", "value": "web"}, fetch_result=True)
    assert tagged == {"success": True}, tagged
    assert cloud.listVirtualMachines(tags={"key": "role", "value": "web"})["count"] == 1
    # A job that fails: the machine has no such disk, and HTTP says nothing of it.
    disk = cloud.listDiskOfferings(name="Small")["diskoffering"][0]["id"]
    volume = cloud.createVolume(name="data", zoneid=zone, diskofferingid=disk, fetch_result=True)["volume"]
    try:
        cloud.detachVolume(id=volume["id"], fetch_result=True)
    except CloudStackApiException as error:
        assert error.error["errorcode"] == 431 and "not attached" in error.error["errortext"], error
    else:
        raise AssertionError("detached what was not attached")
    assert cloud.deleteVolume(id=volume["id"]) == {"success": "true"}
    gone = cloud.destroyVirtualMachine(id=machine["id"], expunge=True, fetch_result=True)["virtualmachine"]
    assert gone["id"] == machine["id"], gone
    assert cloud.listVirtualMachines() == {}


def pages(cloud):
    for number in range(7):
        cloud.createInstanceGroup(name=f"group-{number}")
    page = cloud.listInstanceGroups(page=2, pagesize=3)
    assert (page["count"], len(page["instancegroup"])) == (7, 3), page
    assert cloud.listInstanceGroups(page=4, pagesize=3) == {"count": 7}
    listed = cloud.listInstanceGroups(fetch_list=True, pagesize=2)
    assert sorted(one["name"] for one in listed) == [f"group-{number}" for number in range(7)], listed
    refused(431, 4350, "max allowed page size", lambda: cloud.listInstanceGroups(page=1, pagesize=501))


def errors(cloud):
    refused(401, None, "unable to verify user credentials", lambda: cloud.listNothing())
    refused(401, None, "unable to verify user credentials", lambda: client(key="nobody's").listZones())
    refused(401, None, "unable to verify user credentials", lambda: client(secret="wrong").listZones())
    refused(431, 9999, "missing parameter zoneid", lambda: cloud.deployVirtualMachine())
    refused(431, 9999, "entity does not exist", lambda: cloud.stopVirtualMachine(id="6b0b8d2c-0000-4000-8000-000000000000"))
    refused(431, 9999, "invalid value", lambda: cloud.stopVirtualMachine(id="nope"))


def command_line(_):
    settings = {"CLOUDSTACK_ENDPOINT": URL, "CLOUDSTACK_KEY": KEY, "CLOUDSTACK_SECRET": SECRET, "CLOUDSTACK_POLL_INTERVAL": "0.02"}

    def run(*words):
        command = [sys.executable, "-m", "cs", *words]
        return subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True)

    zones = run("listZones", "name=devcloud")
    assert zones.returncode == 0 and json.loads(zones.stdout)["count"] == 1, zones
    domain = json.loads(run("createDomain", "name=shelf").stdout)["domain"]["id"]
    deleted = run("deleteDomain", f"id={domain}")
    assert json.loads(deleted.stdout) == {"success": True}, deleted
    wrong = run("stopVirtualMachine", "id=nope")
    assert wrong.returncode != 0 and "431" in wrong.stderr, wrong


def without_keys():
    cloud = client(endpoint=os.environ["CLOUD_OPEN_URL"], key=None, secret=None)
    assert cloud.listZones()["count"] == 1
    refused(432, 9999, "Unknown API command", lambda: cloud.listNothing())


def main():
    cloud = client()
    for step in (answers, ways_to_sign, expiry, jobs, pages, errors, command_line):
        step(cloud)
        print(step.__name__, "passes")
    without_keys()
    print("without_keys passes")


if __name__ == "__main__":
    main()
