//! EC2's Query API beside Cloudn's commands: who may call, what answers and errors look like, what its actions do to the
//! same world.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use devcloud::Cloud;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha1::Sha1;
use sha2::Sha256;

use crate::support::{Answer, Keys, World, send};

const BARE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'-')
    .remove(b'~')
    .remove(b'_');
const VERSION: &str = "2012-08-15";
const NOWHERE: &str = "6b0b8d2c-0000-4000-8000-000000000000";

/// How a call is made.
struct Ec2 {
    world: World,
    cloud: Cloud,
    keys: Keys,
    path: &'static str,
    host: &'static str,
    method: &'static str,
    hash: &'static str,
}

fn encode(value: &str) -> String {
    percent_encode(value.as_bytes(), BARE).to_string()
}

impl Ec2 {
    fn unregistered() -> Ec2 {
        let world = World::new();
        let cloud = world.speaking("cloudn");
        let keys = world.admin();
        Ec2 {
            world,
            cloud,
            keys,
            path: "/awsapi",
            host: "Cloud.example:1234",
            method: "GET",
            hash: "HmacSHA256",
        }
    }

    fn new() -> Ec2 {
        let ec2 = Ec2::unregistered();
        assert_eq!(ec2.register(&ec2.keys).status, 200);
        ec2
    }

    fn register(&self, keys: &Keys) -> Answer {
        self.plain(&format!(
            "Action=SetUserKeys&accesskey={}&secretkey={}",
            keys.0, keys.1
        ))
    }

    /// A query as it is.
    fn plain(&self, query: &str) -> Answer {
        send(
            &self.cloud,
            &format!(
                "GET {}?{query} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
                self.path, self.host
            ),
        )
    }

    /// The parameters of a call, sorted, without its signature.
    fn params(&self, action: &str, params: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = [
            ("Action", action),
            ("AWSAccessKeyId", &self.keys.0),
            ("SignatureMethod", self.hash),
            ("SignatureVersion", "2"),
            ("Version", VERSION),
        ]
        .iter()
        .chain(params)
        .map(|(name, value)| ((*name).to_string(), (*value).to_string()))
        .collect();
        if !params.iter().any(|(name, _)| *name == "Expires") {
            all.push(("Expires".into(), "2099-01-01T00:00:00Z".into()));
        }
        // What is given again takes the place of the usual.
        let mut kept: Vec<(String, String)> = Vec::new();
        for (name, value) in all.into_iter().rev() {
            if !kept.iter().any(|(known, _)| *known == name) {
                kept.push((name, value));
            }
        }
        kept.retain(|(_, value)| value != "-");
        kept.sort();
        kept
    }

    fn sign(&self, query: &str) -> String {
        let string = format!(
            "{}\n{}\n{}\n{query}",
            self.method,
            self.host.to_lowercase(),
            self.path
        );
        let secret = self.keys.1.as_bytes();
        let digest = match self.hash {
            "HmacSHA1" => Hmac::<Sha1>::new_from_slice(secret)
                .unwrap()
                .chain_update(string)
                .finalize()
                .into_bytes()
                .to_vec(),
            _ => Hmac::<Sha256>::new_from_slice(secret)
                .unwrap()
                .chain_update(string)
                .finalize()
                .into_bytes()
                .to_vec(),
        };
        encode(&STANDARD.encode(digest))
    }

    /// A signed call; a parameter of value `-` is left out.
    fn call(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        let query: Vec<String> = self
            .params(action, params)
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let query = query.join("&");
        let signed = format!("{query}&Signature={}", self.sign(&query));
        match self.method {
            "POST" => send(
                &self.cloud,
                &format!(
                    "POST {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
                     content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{signed}",
                    self.path,
                    self.host,
                    signed.len()
                ),
            ),
            _ => self.plain(&signed),
        }
    }

    fn ok(&self, action: &str, params: &[(&str, &str)]) -> String {
        let answer = self.call(action, params);
        assert_eq!(answer.status, 200, "{action}: {answer:?}");
        answer.body
    }

    /// Status and code of an error.
    fn wrong(&self, action: &str, params: &[(&str, &str)]) -> (u16, String) {
        let answer = self.call(action, params);
        let start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Errors><Error><Code>";
        assert!(answer.body.starts_with(start), "{action}: {answer:?}");
        assert_eq!(answer.content_type, "text/xml;charset=utf-8");
        assert!(answer.body.contains("</Error></Errors><RequestID>"));
        (answer.status, texts(&answer.body, "Code")[0].clone())
    }

    /// A machine that runs.
    fn machine(&self) -> String {
        let image = texts(&self.ok("DescribeImages", &[]), "imageId")[0].clone();
        let run = self.ok(
            "RunInstances",
            &[("ImageId", &image), ("MinCount", "1"), ("MaxCount", "1")],
        );
        let id = texts(&run, "instanceId")[0].clone();
        self.until(&id, "running");
        id
    }

    fn until(&self, id: &str, state: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let body = self.ok("DescribeInstances", &[("InstanceId.1", id)]);
            if body.contains(&format!("<name>{state}</name>")) {
                return;
            }
            assert!(Instant::now() < deadline, "{body}");
        }
    }
}

/// The texts of the elements of a name.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open)
        .skip(1)
        .map(|rest| rest.split(&close).next().unwrap().to_string())
        .collect()
}

#[test]
fn calls_are_signed_over_the_host_and_path_as_they_came() {
    let mut ec2 = Ec2::new();
    for path in ["/awsapi", "/awsapi/", "/awsapi/rest/AmazonEC2"] {
        for method in ["GET", "POST"] {
            for hash in ["HmacSHA256", "HmacSHA1"] {
                (ec2.path, ec2.method, ec2.hash) = (path, method, hash);
                let body = ec2.ok("DescribeInstances", &[]);
                let root = "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2012-08-15/\"><requestId>";
                assert!(body.contains(root), "{body}");
            }
        }
    }
    // An action's name may be in any case, and its answer is not.
    assert!(
        ec2.ok("describeimages", &[])
            .contains("<DescribeImagesResponse ")
    );
    (ec2.path, ec2.method) = ("/awsapi", "GET");
    let query = ec2.call("DescribeInstances", &[]).status;
    assert_eq!(query, 200);
    ec2.host = "elsewhere";
    assert_eq!(ec2.call("DescribeInstances", &[]).status, 200);
}

#[test]
fn what_is_missing_or_not_supported_is_said_by_the_server_in_front() {
    let ec2 = Ec2::new();
    for (name, value, status, said) in [
        (
            "AWSAccessKeyId",
            "-",
            530,
            "Missing AWSAccessKeyId parameter",
        ),
        (
            "SignatureMethod",
            "-",
            530,
            "Missing SignatureMethod parameter",
        ),
        (
            "SignatureVersion",
            "-",
            530,
            "Missing SignatureVersion parameter",
        ),
        ("Version", "-", 530, "Missing Version parameter"),
        (
            "Expires",
            "-",
            530,
            "Missing Timestamp or Expires parameter",
        ),
        ("Action", "-", 530, "Missing Action parameter"),
        (
            "SignatureMethod",
            "HmacMD5",
            531,
            "Unsupported SignatureMethod value: HmacMD5",
        ),
        (
            "SignatureVersion",
            "4",
            531,
            "Unsupported SignatureVersion value: 4",
        ),
        (
            "Version",
            "2011-01-01",
            531,
            "Unsupported Version value: 2011-01-01",
        ),
        ("Expires", "2020-01-01T00:00:00Z", 531, "expired"),
        ("Expires", "<b>", 531, "expired"),
        ("AWSAccessKeyId", "nobody", 404, "call SetUserKeys"),
    ] {
        let answer = ec2.call("DescribeInstances", &[(name, value)]);
        assert_eq!(answer.status, status, "{name}={value}: {answer:?}");
        assert_eq!(answer.content_type, "text/html;charset=utf-8");
        assert!(answer.body.contains(said), "{name}={value}: {answer:?}");
        assert!(!answer.body.contains("<b>message</b> <u><b>"), "{answer:?}");
    }
    let unsigned = ec2.plain(&format!(
        "Action=DescribeInstances&AWSAccessKeyId={}&Version={VERSION}",
        ec2.keys.0
    ));
    assert_eq!(unsigned.status, 530);
    assert!(unsigned.body.contains("Missing Signature parameter"));

    let old = ec2.call(
        "DescribeInstances",
        &[("Expires", "-"), ("Timestamp", "2020-01-01T00:00:00Z")],
    );
    assert_eq!(old.status, 531);
    let now = jiff::Timestamp::now().to_string();
    ec2.ok(
        "DescribeInstances",
        &[("Expires", "-"), ("Timestamp", &now)],
    );
}

#[test]
fn a_wrong_signature_is_denied_in_bare_words() {
    let mut ec2 = Ec2::new();
    ec2.keys.1.push('x');
    let denied = ec2.call("DescribeInstances", &[]);
    assert_eq!(
        (denied.status, denied.body.as_str()),
        (403, "Access denied")
    );
    assert_eq!(denied.content_type, "text/plain;charset=utf-8");
}

#[test]
fn keys_are_registered_before_they_are_answered() {
    let ec2 = Ec2::unregistered();
    let refused = ec2.call("DescribeInstances", &[]);
    assert_eq!(refused.status, 404);
    assert!(refused.body.contains("call SetUserKeys"), "{refused:?}");
    let wrong = Keys(ec2.keys.0.clone(), "wrong".into());
    assert_eq!(ec2.register(&wrong).status, 401);
    let set = ec2.register(&ec2.keys);
    assert_eq!(
        (set.status, set.body.as_str()),
        (200, "User keys set successfully")
    );
    ec2.ok("DescribeInstances", &[]);
    // A key that its account no longer has is nobody's.
    let user = ec2.world.first("listUsers", &[]);
    let keys = ec2.world.ok("registerUserKeys", &[("id", &user)]);
    assert!(keys["userkeys"]["apikey"].is_string());
    assert_eq!(ec2.call("DescribeInstances", &[]).status, 404);
}

#[test]
fn the_version_is_a_setting_and_the_first_one_says_whose_fault_it_is() {
    let ec2 = Ec2::new();
    let unknown = [("InstanceId.1", NOWHERE)];
    let (status, code) = ec2.wrong("StopInstances", &unknown);
    assert_eq!((status, code.as_str()), (400, "InvalidInstanceID.NotFound"));
    ec2.world.ok(
        "updateConfiguration",
        &[("name", "devcloud.awsapi.version"), ("value", "2010-11-15")],
    );
    assert_eq!(ec2.call("DescribeInstances", &[]).status, 531);
    let version = ("Version", "2010-11-15");
    let (status, code) = ec2.wrong("StopInstances", &[unknown[0], version]);
    assert_eq!(
        (status, code.as_str()),
        (400, "Client.InvalidInstanceID.NotFound")
    );
    let body = ec2.ok("DescribeInstances", &[version]);
    assert!(body.contains("/doc/2010-11-15/"), "{body}");
    assert!(
        ec2.plain("Action=CloudEC2Version")
            .body
            .contains(">2010-11-15<")
    );
}

#[test]
fn instances_go_through_their_states() {
    let ec2 = Ec2::new();
    ec2.world.ok(
        "updateConfiguration",
        &[("name", "devcloud.job.milliseconds"), ("value", "600000")],
    );
    let image = texts(&ec2.ok("DescribeImages", &[]), "imageId")[0].clone();
    let run = ec2.ok(
        "RunInstances",
        &[("ImageId", &image), ("MinCount", "1"), ("MaxCount", "2")],
    );
    let ids = texts(&run, "instanceId");
    assert_eq!(ids.len(), 2, "{run}");
    let pass = || devcloud::advance(&ec2.world.state(), 1_200_000).unwrap();
    let states = |body: &str| (texts(body, "code"), texts(body, "name"));
    let one = [("InstanceId.1", ids[0].as_str())];
    assert!(run.contains("<instanceState><code>0</code><name>pending</name></instanceState>"));
    pass();
    for (action, codes) in [
        ("StopInstances", ["64", "16"]),
        ("StartInstances", ["0", "80"]),
        ("TerminateInstances", ["32", "16"]),
    ] {
        let body = ec2.ok(action, &one);
        let seen: Vec<String> = states(&body).0;
        assert_eq!(seen, codes, "{action}: {body}");
        pass();
    }
    let gone = ec2.ok("DescribeInstances", &one);
    assert!(
        gone.contains("<code>48</code><name>terminated</name>"),
        "{gone}"
    );
    // What is as wanted stays as it is.
    let again = ec2.ok("TerminateInstances", &one);
    assert_eq!(states(&again).0, ["48", "48"]);
    // An unknown one among several keeps all as they are.
    let both = [("InstanceId.1", ids[1].as_str()), ("InstanceId.2", NOWHERE)];
    assert_eq!(ec2.wrong("StopInstances", &both).0, 400);
    let running = ec2.ok("DescribeInstances", &[("InstanceId.1", &ids[1])]);
    assert!(running.contains("<code>16</code>"), "{running}");
    // The machines are CloudStack's, by the same ids.
    assert_eq!(
        ec2.world.rows("listVirtualMachines", &[("id", &ids[1])])[0]["state"],
        "Running"
    );
}

#[test]
fn filters_keep_what_they_ask_for() {
    let ec2 = Ec2::new();
    let (first, second) = (ec2.machine(), ec2.machine());
    ec2.ok("StopInstances", &[("InstanceId.1", &first)]);
    ec2.until(&first, "stopped");
    let found =
        |filters: &[(&str, &str)]| texts(&ec2.ok("DescribeInstances", filters), "instanceId");
    let by_state = [
        ("Filter.1.Name", "instance-state-name"),
        ("Filter.1.Value.1", "stopp*"),
    ];
    assert_eq!(found(&by_state), [first.as_str()]);
    let two_values = [by_state[0], by_state[1], ("Filter.1.Value.2", "r?nning")];
    assert_eq!(found(&two_values).len(), 2);
    let and = [
        ("Filter.1.Name", "instance-state-code"),
        ("Filter.1.Value.1", "16"),
        ("Filter.2.Name", "instance-id"),
        ("Filter.2.Value.1", first.as_str()),
    ];
    assert!(found(&and).is_empty());
    let unknown = [("Filter.1.Name", "colour"), ("Filter.1.Value.1", "blue")];
    assert_eq!(ec2.wrong("DescribeInstances", &unknown).1, "Unsupported");
    ec2.ok(
        "CreateTags",
        &[
            ("ResourceId.1", &second),
            ("Tag.1.Key", "role"),
            ("Tag.1.Value", "the web"),
        ],
    );
    let tagged = [
        ("Filter.1.Name", "tag-value"),
        ("Filter.1.Value.1", "the web"),
    ];
    assert_eq!(found(&tagged), [second.as_str()]);
    let tags = ec2.ok("DescribeTags", &[]);
    assert_eq!(texts(&tags, "resourceType"), ["instance"]);
}

#[test]
fn disks_snapshots_and_images_are_waited_for() {
    let ec2 = Ec2::new();
    let machine = ec2.machine();
    let disk = ec2.ok(
        "CreateVolume",
        &[("AvailabilityZone", "devcloud"), ("Size", "3")],
    );
    assert!(disk.contains("<status>available</status>"), "{disk}");
    let id = texts(&disk, "volumeId")[0].clone();
    let on = [
        ("VolumeId", id.as_str()),
        ("InstanceId", machine.as_str()),
        ("Device", "/dev/xvdc"),
    ];
    assert!(
        ec2.ok("AttachVolume", &on)
            .contains("<device>/dev/sdc</device>")
    );
    assert_eq!(ec2.wrong("AttachVolume", &on).1, "InvalidDevice.InUse");
    let odd = [on[0], on[1], ("Device", "drive-c")];
    assert_eq!(ec2.wrong("AttachVolume", &odd).1, "InvalidParameterValue");
    assert_eq!(ec2.wrong("DeleteVolume", &on[..1]).1, "IncorrectState");
    let instance = ec2.ok("DescribeInstances", &[("InstanceId.1", &machine)]);
    assert_eq!(texts(&instance, "deviceName"), ["/dev/sda1", "/dev/sdc"]);
    let snapshot = ec2.ok("CreateSnapshot", &on[..1]);
    assert!(
        snapshot.contains("<status>completed</status>"),
        "{snapshot}"
    );
    let off = ec2.ok("DetachVolume", &on[..1]);
    assert!(off.contains("<status>detached</status>"), "{off}");
    assert_eq!(
        ec2.wrong("DetachVolume", &on[..1]).1,
        "InvalidAttachment.NotFound"
    );
    ec2.ok("DeleteVolume", &on[..1]);
    assert_eq!(
        ec2.wrong("DeleteVolume", &on[..1]).1,
        "InvalidVolume.NotFound"
    );

    let image = ec2.ok(
        "CreateImage",
        &[
            ("InstanceId", &machine),
            ("Name", "made of it"),
            ("Description", "a <b> & c"),
        ],
    );
    let image = texts(&image, "imageId")[0].clone();
    let shown = ec2.ok("DescribeImages", &[("ImageId.1", &image)]);
    assert!(
        shown.contains("<description>a &lt;b&gt; &amp; c</description>"),
        "{shown}"
    );
    // The machine was stopped for it, and runs again.
    ec2.until(&machine, "running");
    let data = [("InstanceId", machine.as_str()), ("UserData.Value", "aGk=")];
    ec2.ok("ModifyInstanceAttribute", &data);
    let told = [("InstanceId", machine.as_str()), ("Attribute", "userData")];
    let told = ec2.ok("DescribeInstanceAttribute", &told);
    assert!(
        told.contains("<userData><value>aGk=</value></userData>"),
        "{told}"
    );
    ec2.ok("DeregisterImage", &[("ImageId", &image)]);
    let brought = [
        ("ImageLocation", "http://example.org/a.vhd"),
        ("Architecture", "VHD:devcloud"),
        ("Name", "brought"),
    ];
    let brought = texts(&ec2.ok("RegisterImage", &brought), "imageId")[0].clone();
    ec2.ok("DescribeImages", &[("ImageId.1", &brought)]);
    assert_eq!(
        ec2.wrong("DeregisterImage", &[("ImageId", &image)]).1,
        "InvalidAMIID.NotFound"
    );
}

#[test]
fn addresses_lead_to_instances() {
    let ec2 = Ec2::new();
    let machine = ec2.machine();
    let address = ec2.ok("AllocateAddress", &[]);
    let address = texts(&address, "publicIp")[0].clone();
    let both = [
        ("PublicIp", address.as_str()),
        ("InstanceId", machine.as_str()),
    ];
    ec2.ok("AssociateAddress", &both);
    let shown = ec2.ok("DescribeAddresses", &[("PublicIp.1", &address)]);
    assert_eq!(texts(&shown, "instanceId"), [machine.as_str()]);
    ec2.ok("DisassociateAddress", &both[..1]);
    ec2.ok("ReleaseAddress", &both[..1]);
    assert_eq!(ec2.wrong("ReleaseAddress", &both[..1]).0, 400);
}

#[test]
fn groups_let_in_what_they_are_told_to() {
    let ec2 = Ec2::new();
    for name in ["web", "db"] {
        let made = [("GroupName", name), ("GroupDescription", "for tests")];
        ec2.ok("CreateSecurityGroup", &made);
        assert_eq!(
            ec2.wrong("CreateSecurityGroup", &made).1,
            "InvalidGroup.Duplicate"
        );
    }
    let permission = [
        ("GroupName", "db"),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "5432"),
        ("IpPermissions.1.ToPort", "5432"),
        ("IpPermissions.1.Groups.1.UserId", "admin"),
        ("IpPermissions.1.Groups.1.GroupName", "web"),
    ];
    ec2.ok("AuthorizeSecurityGroupIngress", &permission);
    assert_eq!(
        ec2.wrong("AuthorizeSecurityGroupIngress", &permission).1,
        "InvalidPermission.Duplicate"
    );
    let asked = [
        ("Filter.1.Name", "ip-permission.group-name"),
        ("Filter.1.Value.1", "web"),
    ];
    let shown = ec2.ok("DescribeSecurityGroups", &asked);
    assert!(shown.contains("<fromPort>5432</fromPort>"), "{shown}");
    ec2.ok("RevokeSecurityGroupIngress", &permission);
    assert_eq!(
        ec2.wrong("RevokeSecurityGroupIngress", &permission).1,
        "InvalidPermission.NotFound"
    );
    ec2.ok("DeleteSecurityGroup", &[("GroupName", "db")]);
    let gone = ec2.wrong("DeleteSecurityGroup", &[("GroupName", "db")]);
    assert_eq!(gone.1, "InvalidGroup.NotFound");
}

#[test]
fn offerings_have_amazons_names_where_the_administrator_says_so() {
    let ec2 = Ec2::new();
    let set = ec2.call(
        "SetOfferMapping",
        &[
            ("amazonoffer", "m1.medium"),
            ("cloudoffer", "Medium Instance"),
        ],
    );
    assert_eq!(set.status, 200, "{set:?}");
    let image = texts(&ec2.ok("DescribeImages", &[]), "imageId")[0].clone();
    let run = |kind: &str| {
        ec2.call(
            "RunInstances",
            &[
                ("ImageId", &image),
                ("MinCount", "1"),
                ("MaxCount", "1"),
                ("InstanceType", kind),
            ],
        )
    };
    let medium = run("m1.medium");
    assert_eq!(
        texts(&medium.body, "instanceType"),
        ["m1.medium"],
        "{medium:?}"
    );
    let machines = ec2.world.rows("listVirtualMachines", &[]);
    assert_eq!(machines[0]["serviceofferingname"], "Medium Instance");
    assert_eq!(run("m9.huge").status, 400);
    ec2.call("DeleteOfferMapping", &[("amazonoffer", "m1.medium")]);
    assert_eq!(run("m1.medium").status, 400);
}

#[test]
fn nobody_reaches_what_is_another_accounts() {
    let mut ec2 = Ec2::new();
    let machine = ec2.machine();
    ec2.keys = ec2.world.user("other", "0", None);
    assert_eq!(ec2.register(&ec2.keys).status, 200);
    let one = [("InstanceId.1", machine.as_str())];
    assert_eq!(
        ec2.wrong("TerminateInstances", &one).1,
        "InvalidInstanceID.NotFound"
    );
    assert!(texts(&ec2.ok("DescribeInstances", &[]), "instanceId").is_empty());
    assert_eq!(
        ec2.call(
            "SetOfferMapping",
            &[("amazonoffer", "a"), ("cloudoffer", "b")]
        )
        .status,
        401
    );
    let tag = [
        ("ResourceId.1", machine.as_str()),
        ("Tag.1.Key", "k"),
        ("Tag.1.Value", "v"),
    ];
    assert_eq!(ec2.wrong("CreateTags", &tag).0, 400);
}

#[test]
fn wrong_values_are_refused_and_limits_hold() {
    let ec2 = Ec2::new();
    let image = texts(&ec2.ok("DescribeImages", &[]), "imageId")[0].clone();
    let run = |least: &str, most: &str| {
        ec2.wrong(
            "RunInstances",
            &[("ImageId", &image), ("MinCount", least), ("MaxCount", most)],
        )
        .1
    };
    assert_eq!(run("2", "1"), "InvalidParameterCombination");
    assert_eq!(run("0", "1"), "InvalidParameterValue");
    assert_eq!(run("-1", "x"), "InvalidParameterValue");
    assert_eq!(run("1", "99999999999999999999"), "InvalidParameterValue");
    assert_eq!(run("1", "4000000000"), "InstanceLimitExceeded");
    assert_eq!(
        ec2.wrong("RunInstances", &[("MinCount", "1")]).1,
        "MissingParameter"
    );
    assert_eq!(ec2.wrong("StopInstances", &[]).1, "MissingParameter");
    for id in [
        "1",
        "i-nope",
        "' OR 1=1 --",
        "<x>&",
        "\u{1}",
        &"a".repeat(3000),
    ] {
        let (status, code) = ec2.wrong("StopInstances", &[("InstanceId.1", id)]);
        assert_eq!(
            (status, code.as_str()),
            (400, "InvalidInstanceID.NotFound"),
            "{id}"
        );
    }
    assert_eq!(ec2.wrong("DescribeRegions", &[]).1, "Unsupported");
    let broken = ec2.plain("Action=%zz");
    assert_eq!(broken.status, 400);
    assert_eq!(ec2.plain("Action=%ff").status, 400);
    let delete = "DELETE /awsapi HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert_eq!(send(&ec2.cloud, delete).status, 405);
    let other = "GET /awsapis HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert_eq!(send(&ec2.cloud, other).status, 404);
}

#[test]
fn instances_that_are_too_few_do_not_stay() {
    let mut ec2 = Ec2::new();
    ec2.keys = ec2.world.user("small", "0", None);
    ec2.register(&ec2.keys);
    let image = texts(&ec2.ok("DescribeImages", &[]), "imageId")[0].clone();
    let run = |least: &'static str, most: &'static str| {
        [
            ("ImageId", image.clone()),
            ("MinCount", least.into()),
            ("MaxCount", most.into()),
        ]
    };
    let call = |params: [(&'static str, String); 3]| {
        let params = params
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        ec2.call("RunInstances", &params)
    };
    let refused = call(run("21", "21"));
    assert!(
        refused.body.contains("<Code>InstanceLimitExceeded</Code>"),
        "{refused:?}"
    );
    let left = ec2.ok("DescribeInstances", &[]);
    assert!(!left.contains("<name>running</name>"), "{left}");
    // Down to the least that is asked for, as many come as may be.
    let most = texts(&call(run("1", "25")).body, "instanceId").len();
    assert!((1..=20).contains(&most), "{most}");
}

#[test]
fn trouble_strikes_an_action_by_its_name_and_by_that_of_the_api_behind_it() {
    let ec2 = Ec2::new();
    let add = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let fault = devcloud::faults::Fault::parse(&words).unwrap();
        devcloud::faults::add(&ec2.world.state(), &fault).unwrap()
    };
    add("DescribeImages 533 no room once");
    let (status, code) = ec2.wrong("DescribeImages", &[]);
    assert_eq!(
        (status, code.as_str()),
        (500, "InsufficientInstanceCapacity")
    );
    add("listTemplates 503 once");
    assert_eq!(ec2.call("DescribeImages", &[]).status, 503);
    add("CreateVolume job-fails the disks are gone once");
    let failed = ec2.call(
        "CreateVolume",
        &[("AvailabilityZone", "devcloud"), ("Size", "1")],
    );
    assert_eq!(failed.status, 500);
    assert!(failed.body.contains("the disks are gone"), "{failed:?}");
    ec2.ok(
        "CreateVolume",
        &[("AvailabilityZone", "devcloud"), ("Size", "1")],
    );
}
