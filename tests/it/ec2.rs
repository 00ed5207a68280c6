//! EC2's Query API spoken with: to moto's server behind a signature check that is not the program's, to the built-in cloud in
//! Cloudn's manner, and to servers that answer as CloudStack's servlet does when something is wrong.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;

use crate::support::{Home, Running, Stub};

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/interop/bin/python");
const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/ec2_server.py");

/// A home whose profile is such a cloud.
fn home_of(url: &str, apikey: &str, secretkey: &str) -> Home {
    Home::new().configured(&format!(
        "profile = \"cloud\"\n[profiles.cloud]\nkind = \"ec2\"\nurl = \"{url}\"\napikey = \"{apikey}\"\nsecretkey = \"{secretkey}\"\n"
    ))
}

/// Moto's EC2, which ends with its standard input.
struct Moto {
    child: Child,
    url: String,
}

impl Moto {
    /// `version` is the one version of the API that is taken.
    fn taking(version: &str) -> Moto {
        assert!(
            Path::new(PYTHON).exists(),
            "{PYTHON} is gone: tests/interop/install.sh makes it"
        );
        let mut child = Command::new(PYTHON)
            .arg(SERVER)
            .env_clear()
            .env("PYTHONUTF8", "1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("EC2_KEY", "KEY")
            .env("EC2_SECRET", "TOP/SECRET+")
            .env("EC2_VERSION", version)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        let url = url.trim().to_string();
        assert!(!url.is_empty(), "moto did not start");
        Moto { child, url }
    }

    fn home(&self) -> Home {
        home_of(&self.url, "KEY", "TOP/SECRET+")
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
#[cfg_attr(not(interop), ignore = "tests/interop/install.sh has not been run")]
fn instances_volumes_images_and_groups_of_motos_live_their_lives() {
    let moto = Moto::taking("2012-08-15");
    let home = moto.home();
    let seen = home.script(
        "\
let i = run instances imageid=ami-12c6146b mincount=1 maxcount=1 instancetype='m1.small' userdata='#!/bin/sh'
assert $i.instanceState.name == running
describe instances instanceid=$i.instanceId filter=instanceState,instanceState.code -o csv
stop instances instanceid=$i.instanceId filter=instanceState
describe instances filter.instance-state-name=running filter.image-id=ami-12c6146b filter=instanceId
modify instanceattribute instanceid=$i.instanceId instancetype.value=m1.large
start instances instanceid=$i.instanceId filter=instanceState,instanceType
let v = create volume size=1 availabilityzone=us-east-1a
attach volume volumeid=$v.volumeId instanceid=$i.instanceId device=/dev/sdh filter=status,attachmentSet[0].device
let s = create snapshot volumeid=$v.volumeId description='a b*c~d é'
describe snapshots snapshotid=$s.snapshotId filter=status,description
delete snapshot snapshotid=$s.snapshotId
detach volume volumeid=$v.volumeId instanceid=$i.instanceId filter=status
delete volume volumeid=$v.volumeId
expect-error InvalidVolume.NotFound describe volumes volumeid=$v.volumeId
let m = create image instanceid=$i.instanceId name=tmpl1
assert $m.imageState == available
describe images imageid=$m.imageId filter=name
deregister image imageid=$m.imageId
create keypair keyname=k filter=keyName
describe keypairs filter=keyName
delete keypair keyname=k
create securitygroup groupname=web groupdescription=w filter=return
authorize securitygroupingress groupname=web ippermissions.1.ipprotocol=tcp ippermissions.1.fromport=80 ippermissions.1.toport=80 ippermissions.1.ipranges.1.cidrip=10.0.0.0/8 filter=return
describe securitygroups groupname=web filter=ipPermissions[0].ipRanges[0].cidrIp
delete securitygroup groupname=web
create tags resourceid=$i.instanceId tag.1.key=Name tag.1.value=front
reboot instances instanceid=name:front
terminate instances instanceid=name:front filter=instanceState
",
    );
    let said: Vec<&str> = seen
        .stdout
        .lines()
        .filter(|line| line.contains(" = ") || line.contains(','))
        .filter(|line| !line.contains("requestId") && !line.contains("keyPairId"))
        .collect();
    let expected = "\
instanceState,instanceState.code
running,16
instanceState = stopped
count = 0
instanceState = running
instanceType = m1.large
status = in-use
attachmentSet[0].device = /dev/sdh
status = completed
description = a b*c~d é
status = available
name = tmpl1
return = true
keyName = k
keyName = k
return = true
return = true
ipPermissions[0].ipRanges[0].cidrIp = 10.0.0.0/8
instanceState = terminated";
    assert_eq!(said, expected.lines().collect::<Vec<_>>(), "{seen:#?}");
    assert_eq!(seen.status, 0, "{}", seen.stderr);
    let jobs = home.run("jobs where=state!=done -o csv").ok();
    assert_eq!(jobs.lines().count(), 1, "{jobs}");
}

#[test]
#[cfg_attr(not(interop), ignore = "tests/interop/install.sh has not been run")]
fn the_tools_commands_print_their_lines_of_motos() {
    let moto = Moto::taking("2010-11-15");
    let home = moto.home();
    let run = home
        .run("ec2-run-instances ami-12c6146b -n 2 -t m1.small")
        .seen();
    assert_eq!(run.status, 0, "{run:?}");
    // The first version is not taken by this server.
    assert_eq!(
        run.stderr.matches("2010-11-15 is used").count(),
        1,
        "{run:?}"
    );
    let lines: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(lines[0][0], "RESERVATION");
    let of = |word: &str| lines.iter().filter(|line| line[0] == word).count();
    assert_eq!(
        (of("INSTANCE"), of("BLOCKDEVICE")),
        (2, 2),
        "{}",
        run.stdout
    );
    let id = lines[1][1].to_string();
    assert_eq!(lines[1][2], "ami-12c6146b");
    assert_eq!(lines[1][9], "m1.small");
    assert_eq!(lines[1][15], "monitoring-disabled");
    let stopped = home.args(&["ec2-stop-instances", &id]).ok();
    assert_eq!(stopped, format!("INSTANCE\t{id}\trunning\tstopping\n"));
    let listed = home.args(&["ec2-describe-instances", &id]).ok();
    assert!(listed.contains("\tstopped\t"), "{listed}");
    let json = home
        .args(&["ec2-describe-instances", &id, "-o", "json"])
        .ok();
    assert!(json.contains("\"reservationId\""), "{json}");
    let missing = home.run("ec2-describe-instances i-nope").fails(1);
    assert!(missing.contains("InvalidInstanceID.NotFound"), "{missing}");
}

#[test]
#[cfg_attr(not(interop), ignore = "tests/interop/install.sh has not been run")]
fn each_way_of_signing_is_taken_and_a_wrong_key_or_secret_is_not() {
    let moto = Moto::taking("2012-08-15");
    let home = moto.home();
    for way in [
        "",
        "signature_method=HmacSHA1",
        "expires=600",
        "signature_method=HmacSHA1 expires=60",
    ] {
        home.run(&format!("describe availabilityzones limit=1 {way}"))
            .ok();
    }
    let slash = home_of(&format!("{}/", moto.url), "KEY", "TOP/SECRET+");
    slash.run("describe availabilityzones").ok();
    let wrong = home_of(&moto.url, "KEY", "OTHER")
        .run("describe instances")
        .fails(1);
    assert!(
        wrong.contains("Access denied") && wrong.contains("set secretkey"),
        "{wrong}"
    );
    let unknown = home_of(&moto.url, "NOBODY", "OTHER")
        .run("describe instances")
        .fails(1);
    assert!(unknown.contains("set userkeys"), "{unknown}");
    let version = home
        .run("describe instances api_version=2009-10-31")
        .fails(1);
    assert!(
        version.contains("Unsupported Version value: 2009-10-31"),
        "{version}"
    );
}

#[test]
#[cfg_attr(not(interop), ignore = "tests/interop/install.sh has not been run")]
fn the_vectors_are_those_that_botocore_makes() {
    let made = Command::new(PYTHON)
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/interop/sign_vectors.py"
        ))
        .env_clear()
        .env("PYTHONUTF8", "1")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&made.stderr);
    let kept = include_str!("../recorded/ec2/signing.json");
    assert_eq!(String::from_utf8_lossy(&made.stdout), kept, "{errors}");
}

/// The built-in cloud in Cloudn's manner, with a home whose profile is its EC2 part.
fn cloudn() -> (Home, Home, Running) {
    let served = Home::new();
    served.job_milliseconds(50);
    let running = served
        .run("-o json devcloud serve --as cloudn --listen 127.0.0.1:0")
        .started();
    let told: serde_json::Value = serde_json::from_str(&running.line).unwrap();
    let text = |name: &str| told[name].as_str().unwrap().to_string();
    let home = home_of(&text("awsapiurl"), &text("apikey"), &text("secretkey"));
    (home, served, running)
}

#[test]
fn the_built_in_cloud_is_registered_with_and_worked_with() {
    let (home, served, _running) = cloudn();
    let early = home.run("describe instances").fails(1);
    assert!(early.contains("set userkeys"), "{early}");
    home.run("set userkeys")
        .seen()
        .status(0)
        .out("User keys set successfully");
    let log =
        std::fs::read_to_string(home.path().join(".local/state/capuchin/capuchin.log")).unwrap();
    let secret = std::fs::read_to_string(home.config()).unwrap();
    let secret = secret
        .split("secretkey = \"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!(
        log.contains("SetUserKeys") && !log.contains(secret),
        "{log}"
    );

    let seen = home.script(
        "\
let zone = describe availabilityzones limit=1
let images = describe images
let i = run instances imageid=$images[0].imageId mincount=1 maxcount=1 instancetype='Small Instance' placement.availabilityzone=$zone.zoneName
assert $i.instanceState.name == running
stop instances instanceid=$i.instanceId filter=instanceState
start instances instanceid=$i.instanceId filter=instanceState
expect-error InvalidInstanceID.NotFound stop instances instanceid=11111111-1111-1111-1111-111111111111
let v = create volume size=1 availabilityzone=$zone.zoneName
attach volume volumeid=$v.volumeId instanceid=$i.instanceId device=/dev/sdb
detach volume volumeid=$v.volumeId
delete volume volumeid=$v.volumeId
terminate instances instanceid=$i.instanceId filter=instanceState
",
    );
    assert_eq!(seen.status, 0, "{seen:?}");
    let states: Vec<&str> = seen
        .stdout
        .lines()
        .filter(|line| line.starts_with("instanceState"))
        .collect();
    assert_eq!(
        states,
        [
            "instanceState = stopped",
            "instanceState = running",
            "instanceState = terminated"
        ],
        "{seen:?}"
    );
    // CloudStack 4.1 takes the older version alone, which is found out and said.
    served
        .run("update configuration name=devcloud.awsapi.version value=2010-11-15")
        .ok();
    let older = home.run("describe availabilityzones").seen();
    assert_eq!(older.status, 0, "{older:?}");
    assert!(older.stderr.contains("2010-11-15 is used"), "{older:?}");
    let tool = home.run("ec2-describe-instances").ok();
    assert!(tool.starts_with("RESERVATION\t"), "{tool}");
    // A call that is late for a wrong clock goes again with the cloud's time.
    served.run("devcloud clock offset 2h").ok();
    let late = home.run("describe availabilityzones").seen();
    assert_eq!(late.status, 0, "{late:?}");
    assert!(late.stderr.contains("clock is"), "{late:?}");
    let wrong = std::fs::read_to_string(home.config())
        .unwrap()
        .replace(secret, "WRONG");
    std::fs::write(home.config(), wrong).unwrap();
    let denied = home.run("describe instances").fails(1);
    assert!(denied.contains("Access denied"), "{denied}");
}

/// A servlet that answers actions with what the table has for them: status, media and body.
fn servlet(table: &'static [(&'static str, &'static str, &'static str)]) -> (Stub, Home) {
    let stub = Stub::with(move |_, head| {
        let action = head
            .split(['?', '&', ' '])
            .find_map(|part| part.strip_prefix("Action="));
        let found = table
            .iter()
            .find(|(known, ..)| Some(*known) == action || *known == "*");
        let (_, status, body) = found.copied().unwrap_or(("", "404 Not Found", ""));
        let media = if body.starts_with("<html") {
            "text/html"
        } else {
            "text/xml"
        };
        Stub::whole(status, media, body).into_bytes()
    });
    let home = home_of(
        &stub.url.replace("/client/api", "/awsapi"),
        "KEY",
        "TOPSECRET",
    );
    (stub, home)
}

const PENDING: &str = "<RunInstancesResponse><instancesSet><item><instanceId>i-1</instanceId><instanceState><code>0</code>\
    <name>pending</name></instanceState></item></instancesSet></RunInstancesResponse>";
const STILL_PENDING: &str = "<DescribeInstancesResponse><reservationSet><item><reservationId>r-1</reservationId><instancesSet>\
    <item><instanceId>i-1</instanceId><instanceState><code>0</code><name>pending</name></instanceState></item></instancesSet>\
    </item></reservationSet></DescribeInstancesResponse>";

#[test]
fn what_does_not_come_to_its_state_in_time_goes_on() {
    let (_stub, home) = servlet(&[
        ("RunInstances", "200 OK", PENDING),
        ("DescribeInstances", "200 OK", STILL_PENDING),
    ]);
    let line = "run instances imageid=ami-1 mincount=1 maxcount=1";
    let ended = home.run(&format!("{line} timeout=1")).fails(5);
    assert!(
        ended.contains("the change of i-1 to running still runs")
            && ended.contains("describe instances instanceid=i-1"),
        "{ended}"
    );
    let left = home
        .run(&format!("{line} asyncblock=false filter=instanceState"))
        .seen();
    assert_eq!(
        (left.status, left.stdout.contains("instanceState = pending")),
        (0, true),
        "{left:?}"
    );
    assert!(
        left.stderr.contains("the change of i-1 to running runs"),
        "{left:?}"
    );
    let jobs = home.run("jobs filter=api,state,jobid -o csv").ok();
    assert_eq!(
        jobs.matches("runInstances,running,i-1").count(),
        2,
        "{jobs}"
    );
}

#[test]
fn what_comes_to_another_state_has_failed() {
    const DEAD: &str = "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>\
        <instanceState><code>48</code><name>terminated</name></instanceState><stateReason><code>Server.x</code>\
        <message>no room</message></stateReason></item></instancesSet></item></reservationSet></DescribeInstancesResponse>";
    let (_stub, home) = servlet(&[
        ("RunInstances", "200 OK", PENDING),
        ("DescribeInstances", "200 OK", DEAD),
    ]);
    let failed = home
        .run("run instances imageid=ami-1 mincount=1 maxcount=1")
        .fails(4);
    assert!(
        failed.contains("i-1 is terminated and not running: no room"),
        "{failed}"
    );
}

#[test]
fn a_lost_answer_is_looked_for_with_describe() {
    const STOPPED: &str = "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>\
        <instanceState><code>80</code><name>stopped</name></instanceState></item></instancesSet></item></reservationSet>\
        </DescribeInstancesResponse>";
    const NONE: &str = "<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>";
    let stub = Stub::with(|_, head| match head {
        head if head.contains("Action=DescribeInstances") => {
            Stub::whole("200 OK", "text/xml", STOPPED).into_bytes()
        }
        head if head.contains("Action=DescribeVolumes") => {
            Stub::whole("200 OK", "text/xml", NONE).into_bytes()
        }
        _ => Vec::new(),
    });
    let home = home_of(
        &stub.url.replace("/client/api", "/awsapi"),
        "KEY",
        "TOPSECRET",
    );
    let found = home
        .run("stop instances instanceid=i-1 filter=instanceState")
        .seen();
    assert_eq!(found.status, 0, "{found:?}");
    assert!(
        found.stdout.contains("instanceState = stopped") && found.stderr.contains("was lost"),
        "{found:?}"
    );
    let unsure = home.run("start instances instanceid=i-1").fails(6);
    assert!(unsure.contains("i-1 is stopped"), "{unsure}");
    let absent = home.run("create volume size=1 availabilityzone=z").fails(6);
    assert!(absent.contains("no trace"), "{absent}");
}

#[test]
fn refusals_keep_their_statuses_and_are_explained() {
    const PAGE: &str = "<html><head><title>Apache Tomcat/6.0.33 - Error report</title></head><body><h1>HTTP Status 530 - Missing \
        Signature parameter</h1></body></html>";
    const REFUSED: &str = "<?xml version=\"1.0\"?><Response><Errors><Error><Code>Client.InvalidAMIID.NotFound</Code>\
        <Message>no image x</Message></Error></Errors><RequestID>1</RequestID></Response>";
    let (stub, home) = servlet(&[
        ("DescribeInstances", "530 Refused", PAGE),
        ("*", "400 Bad Request", REFUSED),
    ]);
    let missing = home.run("describe instances").fails(1);
    assert!(
        missing.contains("Missing Signature parameter (530"),
        "{missing}"
    );
    let image = home.run("deregister image imageid=x -o json").fails(1);
    let error: serde_json::Value = serde_json::from_str(image.lines().last().unwrap()).unwrap();
    assert_eq!(error["error"]["name"], "InvalidAMIID.NotFound");
    assert_eq!(error["error"]["errorcode"], 400);
    home.run("expect-error InvalidAMIID.NotFound deregister image imageid=x")
        .ok();
    home.run("expect-error InvalidVolume.NotFound deregister image imageid=x")
        .fails(8);
    let told = home.run("explain InvalidAMIID.NotFound").ok();
    assert!(told.contains("describe images"), "{told}");
    let calls = stub.calls.load(Ordering::SeqCst);
    let mistyped = home.run("describe instanses").fails(2);
    assert!(
        mistyped.contains("did you mean `describe instances`"),
        "{mistyped}"
    );
    let empty = home.run("stop instances instanceid=").fails(2);
    assert!(empty.contains("InstanceId is missing"), "{empty}");
    let empty = home.run("describe instances instanceid=").fails(2);
    assert!(empty.contains("InstanceId= is empty"), "{empty}");
    let word = home.run("ec2-create-image i-1").fails(2);
    assert!(
        word.contains("-n NAME is missing") && word.contains("usage: ec2-create-image"),
        "{word}"
    );
    assert_eq!(stub.calls.load(Ordering::SeqCst), calls);
    // The commands of the tools belong to this kind of cloud.
    let elsewhere = Home::new().run("ec2-describe-instances").fails(2);
    assert!(elsewhere.contains("is not a command"), "{elsewhere}");
}

#[test]
fn lists_in_parts_come_whole() {
    let stub = Stub::with(|_, head| {
        let part = |next: &str, id: &str| {
            format!(
                "<DescribeVolumesResponse><volumeSet><item><volumeId>{id}</volumeId></item></volumeSet>{next}</DescribeVolumesResponse>"
            )
        };
        let body = match head.contains("NextToken=a%2Fb") {
            false => part("<nextToken>a/b</nextToken>", "vol-1"),
            true => part("<nextToken/>", "vol-2"),
        };
        Stub::whole("200 OK", "text/xml", &body).into_bytes()
    });
    let home = home_of(
        &stub.url.replace("/client/api", "/awsapi"),
        "KEY",
        "TOPSECRET",
    );
    let whole = home.run("describe volumes filter=volumeId -o csv").ok();
    assert_eq!(whole, "volumeId\nvol-1\nvol-2\n");
    let part = home
        .run("describe volumes maxresults=1 filter=volumeId -o csv")
        .ok();
    assert_eq!(part, "volumeId\nvol-1\n");
    let calls = stub.calls.load(Ordering::SeqCst);
    let second = home
        .run("describe volumes maxresults=1 nexttoken=x filter=volumeId -o csv")
        .ok();
    assert_eq!(second, "volumeId\nvol-1\n");
    assert_eq!(stub.calls.load(Ordering::SeqCst), calls + 1);
}

#[test]
fn a_list_whose_next_part_is_always_the_same_ends_and_is_said_to_lack_something() {
    let stub = Stub::with(|_, _| {
        let body = "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId></item></volumeSet><nextToken>again</nextToken></DescribeVolumesResponse>";
        Stub::whole("200 OK", "text/xml", body).into_bytes()
    });
    let home = home_of(
        &stub.url.replace("/client/api", "/awsapi"),
        "KEY",
        "TOPSECRET",
    );
    let listed = home
        .run("describe volumes filter=volumeId -o csv")
        .seen()
        .status(0)
        .err("the list is not whole");
    assert_eq!(listed.stdout, "volumeId\nvol-1\nvol-1\n");
    assert_eq!(stub.calls.load(Ordering::SeqCst), 2);
}

#[test]
fn parts_filters_and_the_tools_commands_are_completed_and_told_by_help() {
    let (_stub, home) = servlet(&[("*", "200 OK", STILL_PENDING)]);
    home.run("sync").ok();
    let offered = |line: &str| home.args(&["complete", line]).ok();
    let words = offered("describe instances filter.instance-st");
    assert!(words.contains("Filter.instance-state-name="), "{words}");
    let words = offered("run instances placement.av");
    assert!(words.contains("Placement.AvailabilityZone="), "{words}");
    assert!(offered("ec2-describe-i").contains("ec2-describe-images"));
    let ids = home
        .args(&["complete", "--values", "stop instances instanceid="])
        .ok();
    assert!(ids.contains("i-1"), "{ids}");
    let help = home.run("ec2-create-image -h").ok();
    assert!(help.contains("INSTANCE -n NAME"), "{help}");
    let help = home.run("run instances -h").ok();
    assert_eq!(
        help.matches("BlockDeviceMapping.1.DeviceName").count(),
        1,
        "{help}"
    );
    let help = home.run("stop instances -h").ok();
    assert!(
        help.contains("InstanceId") && help.contains("CloudStack takes no notice of it"),
        "{help}"
    );
}
