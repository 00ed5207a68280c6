//! The cloud in the manner of KDDI Cloud Platform Service Ver2: its catalogue and no more, its refusals, its own machines,
//! hosts and jobs.

use devcloud::Cloud;
use serde_json::Value;

use crate::support::{Answer, Keys, World, get, signed};

struct Kcps {
    world: World,
    cloud: Cloud,
}

impl Kcps {
    fn new() -> Kcps {
        let world = World::new();
        let cloud = world.speaking("kcps");
        Kcps { world, cloud }
    }

    fn call(&self, api: &str, params: &[(&str, &str)]) -> Answer {
        get(&self.cloud, &signed(&self.world.admin(), api, params))
    }

    fn json(&self, api: &str, params: &[(&str, &str)]) -> Answer {
        let mut all = vec![("response", "json")];
        all.extend(params);
        self.call(api, &all)
    }

    fn ok(&self, api: &str, params: &[(&str, &str)]) -> Value {
        let answer = self.json(api, params);
        assert_eq!(answer.status, 200, "{api}: {answer:?}");
        answer.inner()
    }

    /// The text of a refusal of an argument.
    fn wrong(&self, api: &str, params: &[(&str, &str)]) -> String {
        let answer = self.json(api, params);
        let body = answer.inner();
        assert_eq!(answer.status, 500, "{answer:?}");
        assert_eq!(
            (&body["errorcode"], &body["cserrorcode"]),
            (&500.into(), &400.into())
        );
        body["errortext"].as_str().unwrap().to_string()
    }

    /// What a machine is made of.
    fn parts(&self, name: &str) -> Vec<(String, String)> {
        let network = self.network();
        [
            ("zoneid", self.world.first("listZones", &[])),
            (
                "templateid",
                self.world
                    .first("listTemplates", &[("templatefilter", "featured")]),
            ),
            (
                "serviceofferingid",
                self.world.first("listServiceOfferings", &[]),
            ),
            ("hypervisor", "VMware".into()),
            ("name", name.into()),
            ("iptonetworklist[0].networkid", network),
        ]
        .map(|(name, value)| (name.to_string(), value))
        .into()
    }

    /// The network that every account is given.
    fn network(&self) -> String {
        let listed = self.ok("listNetworks", &[]);
        assert_eq!(listed["count"], 1, "{listed}");
        assert_eq!(listed["network"][0]["name"], "PublicFrontSegment");
        listed["network"][0]["id"].as_str().unwrap().into()
    }

    fn deploy(&self, api: &str, parts: &[(String, String)]) -> Value {
        let params: Vec<(&str, &str)> = parts
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let begun = self.ok(api, &params);
        let job = begun["jobid"].as_str().unwrap();
        let ended = self.ok("queryExAsyncJobResult", &[("jobid", job)]);
        assert_eq!(ended["jobstatus"], 1, "{ended}");
        ended["jobresult"]["virtualmachine"].clone()
    }
}

#[test]
fn answers_are_xml_of_its_version_unless_json_is_asked_for() {
    let kcps = Kcps::new();
    let zones = kcps.call("listZones", &[]);
    assert_eq!(zones.status, 200);
    assert_eq!(zones.content_type, "text/xml;charset=utf-8");
    let root = "<listzonesresponse cloud-stack-version=\"4.3.0.2\"><count>1</count>";
    assert!(zones.body.contains(root), "{zones:?}");
    assert_eq!(kcps.ok("listZones", &[])["zone"][0]["name"], "devcloud");
}

#[test]
fn a_command_that_is_not_in_the_catalogue_is_forbidden_by_the_gate() {
    let kcps = Kcps::new();
    for command in [
        "startVirtualMachin",
        "listApis",
        "listHosts",
        "login",
        "deployVirtualMachine",
        "updateConfiguration",
        "",
        "a\u{1}<b>",
    ] {
        let refused = kcps.call(command, &[]);
        assert_eq!(refused.status, 403, "{command}");
        assert_eq!(
            refused.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><errorresponse><errorcode>403</errorcode>\
             <errortext> Forbidden </errortext></errorresponse>"
        );
    }
    // It does not look who calls.
    assert_eq!(get(&kcps.cloud, "command=listApis").status, 403);
    let json = kcps.json("listApis", &[]).whole();
    assert_eq!(json["errorresponse"]["errortext"], " Forbidden ");
    assert!(json["errorresponse"].get("cserrorcode").is_none());
}

#[test]
fn every_command_of_the_catalogue_is_there() {
    let kcps = Kcps::new();
    let commands = include_str!("../../src/manner/kcps/commands.txt");
    assert_eq!(commands.lines().count(), 89);
    for command in commands.lines() {
        // None of them is unknown: some list, the others miss an argument.
        let answer = kcps.call(command, &[]);
        assert!(matches!(answer.status, 200 | 500), "{command}: {answer:?}");
    }
}

#[test]
fn a_bad_key_or_signature_is_refused_in_the_commands_own_envelope() {
    let kcps = Kcps::new();
    let admin = kcps.world.admin();
    for keys in [
        Keys("nobody".into(), admin.1.clone()),
        Keys(admin.0.clone(), "wrong".into()),
    ] {
        let refused = get(
            &kcps.cloud,
            &signed(&keys, "startVirtualMachine", &[("id", "1")]),
        );
        assert_eq!(refused.status, 401);
        assert_eq!(
            refused.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <startvirtualmachineresponse cloud-stack-version=\"4.3.0.2\"><errorcode>401</errorcode>\
             <cserrorcode>400</cserrorcode><errortext>Unable to verify user credentials and/or request signature.\
             </errortext></startvirtualmachineresponse>"
        );
    }
}

#[test]
fn machines_are_deployed_in_three_ways_and_their_jobs_asked_after_with_the_right_command() {
    let kcps = Kcps::new();
    for (api, name) in [
        ("deployValueVirtualMachine", "value"),
        ("deployFlexibleVirtualMachine", "flexible"),
    ] {
        let machine = kcps.deploy(api, &kcps.parts(name));
        assert_eq!(machine["state"], "Running");
        // Its JSON has loose types in a job's result, and there alone.
        assert!(machine["cpunumber"].is_string(), "{machine}");
        assert!(machine["rootdeviceid"].is_string(), "{machine}");
        assert!(machine["created"].as_i64().unwrap() > 1_700_000_000_000);
        let id = machine["id"].as_str().unwrap();
        let listed = kcps.ok("listVirtualMachines", &[("id", id)])["virtualmachine"][0].clone();
        assert_eq!(listed["name"], name);
        assert!(listed["cpunumber"].is_number(), "{listed}");

        let stop = kcps.ok("stopVirtualMachine", &[("id", id)]);
        let job = ("jobid", stop["jobid"].as_str().unwrap());
        let text = kcps.wrong("queryExAsyncJobResult", &[job]);
        assert!(text.contains("entity does not exist"), "{text}");
        assert_eq!(kcps.ok("queryAsyncJobResult", &[job])["jobstatus"], 1);
        let start = kcps.ok("startVirtualMachine", &[("id", id)]);
        let job = ("jobid", start["jobid"].as_str().unwrap());
        kcps.wrong("queryAsyncJobResult", &[job]);
        assert_eq!(kcps.ok("queryExAsyncJobResult", &[job])["jobstatus"], 1);
    }
}

#[test]
fn a_machine_needs_its_network_and_the_vendors_hypervisor() {
    let kcps = Kcps::new();
    let parts = kcps.parts("odd");
    let wrong = |parts: &[(String, String)]| {
        let params: Vec<(&str, &str)> = parts
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        kcps.wrong("deployValueVirtualMachine", &params)
    };
    let mut other = parts.clone();
    other[3].1 = "KVM".into();
    assert!(wrong(&other).contains("hypervisor"));
    let mut second = parts.clone();
    second[5].0 = "iptonetworklist[1].networkid".into();
    assert!(wrong(&second).contains("[1].networkid"));
    let text = wrong(&parts[..5]);
    assert!(text.contains("missing parameter iptonetworklist"), "{text}");
    let mut both = parts.clone();
    let offering = kcps.world.named("listDiskOfferings", "Custom");
    both.push(("size".into(), "10".into()));
    both.push(("diskofferingid".into(), offering));
    assert!(wrong(&both).contains("mutually exclusive"));

    let mut parts = kcps.parts("roomy");
    parts.push(("size".into(), "20".into()));
    let machine = kcps.deploy("deployValueVirtualMachine", &parts);
    let id = machine["id"].as_str().unwrap();
    let disks = kcps.ok(
        "listVolumes",
        &[("virtualmachineid", id), ("type", "DATADISK")],
    );
    assert_eq!(disks["volume"][0]["size"], 20_u64 << 30);
}

#[test]
fn premium_machines_stay_on_the_host_that_was_rented_for_them() {
    let kcps = Kcps::new();
    let zone = kcps.world.first("listZones", &[]);
    let rented = [
        ("zoneid", zone.as_str()),
        ("hypervisor", "VMware"),
        ("number", "2"),
        ("distributiongroup", "GROUP2"),
    ];
    let hosts = kcps.ok("addPremiumHosts", &rented);
    assert_eq!(hosts["count"], 2);
    assert_eq!(hosts["host"][1]["distributionGroupName"], "GROUP2");
    let name = hosts["host"][1]["name"].as_str().unwrap().to_string();
    let six = [rented[0], rented[1], ("number", "6")];
    assert!(kcps.wrong("addPremiumHosts", &six).contains("from 1 to 5"));

    let mut parts = kcps.parts("premium");
    parts.push(("hostname".into(), name.replace("devcloud", "kc2-west01")));
    let params: Vec<(&str, &str)> = parts
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let refused = kcps.call("deployPremiumVirtualMachine", &params);
    assert_eq!(
        refused.body,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <deploypremiumvirtualmachineresponse cloud-stack-version=\"4.3.0.2\"><errorcode>500</errorcode>\
         <cserrorcode>400</cserrorcode><errortext>The Host you specified could not be found.</errortext>\
         </deploypremiumvirtualmachineresponse>"
    );

    parts.last_mut().unwrap().1 = name.clone();
    let machine = kcps.deploy("deployPremiumVirtualMachine", &parts);
    assert_eq!(machine["hostname"], name.as_str());
    let id = machine["id"].as_str().unwrap();
    kcps.ok("stopVirtualMachine", &[("id", id)]);
    kcps.ok("startVirtualMachine", &[("id", id)]);
    let listed = kcps.ok("listPremiumVirtualMachines", &[]);
    assert_eq!(listed["count"], 1);
    assert_eq!(listed["virtualmachine"][0]["hostname"], name.as_str());

    // Ordinary machines do not go there, and the host stays while it has one.
    let ordinary = kcps.deploy("deployValueVirtualMachine", &kcps.parts("ordinary"));
    assert_eq!(ordinary["hostname"], "devcloud-host");
    assert!(
        kcps.wrong("removePremiumHost", &[("name", &name)])
            .contains("virtual machines")
    );
    kcps.ok("destroyVirtualMachine", &[("id", id), ("expunge", "true")]);
    assert_eq!(
        kcps.ok("listPremiumVirtualMachines", &[]),
        serde_json::json!({})
    );
    kcps.ok("removePremiumHost", &[("name", &name)]);
    let left = kcps.ok("listPremiumHosts", &[("zoneid", &zone)]);
    assert_eq!(left["count"], 1);
    let groups = kcps.ok("listDistributionGroups", &[]);
    assert_eq!(groups["distributiongroup"][0]["name"], "GROUP1");

    // What one account rents is nobody else's.
    let other = kcps.world.user("other", "0", None);
    let seen = get(&kcps.cloud, &signed(&other, "listPremiumHosts", &[]));
    assert!(!seen.body.contains("Losv"), "{seen:?}");
}

#[test]
fn the_vendors_limits_hold() {
    let kcps = Kcps::new();
    let zone = kcps.world.first("listZones", &[]);
    let offering = kcps.world.named("listDiskOfferings", "Custom");
    let disk = |size: &'static str| {
        vec![
            ("name", "d"),
            ("size", size),
            ("diskofferingid", &offering),
            ("zoneid", &zone),
        ]
    };
    for size in ["5", "15", "2010"] {
        let text = kcps.wrong("createVolume", &disk(size));
        assert!(text.contains("from 10 to 2000 in steps of 10"), "{text}");
    }
    let text = kcps.wrong("createVolume", &disk("20")[..3]);
    assert!(text.starts_with("Either name, size"), "{text}");
    let made = kcps.ok("createVolume", &disk("20"));
    let volume = made["id"].as_str().unwrap();
    kcps.ok(
        "queryAsyncJobResult",
        &[("jobid", made["jobid"].as_str().unwrap())],
    );
    let machine = kcps.deploy("deployValueVirtualMachine", &kcps.parts("m"));
    let machine = machine["id"].as_str().unwrap();
    kcps.ok(
        "attachVolume",
        &[("id", volume), ("virtualmachineid", machine)],
    );

    let policy = |kind: &'static str, schedule: &'static str, most: &'static str| {
        [
            ("volumeid", volume),
            ("intervaltype", kind),
            ("schedule", schedule),
            ("maxsnaps", most),
            ("timezone", "JST"),
        ]
    };
    for (kind, schedule, interval) in [
        ("MONTHLY", "15:3:28", 3),
        ("WEEKLY", "15:3:7", 2),
        ("WEEKLY", "15:3:9", 1),
        ("MONTHLY", "15:3", 1),
    ] {
        let made = kcps.ok("createSnapshotPolicy", &policy(kind, schedule, "8"));
        assert_eq!(made["snapshotpolicy"]["intervaltype"], interval, "{made}");
    }
    kcps.wrong("createSnapshotPolicy", &policy("HOURLY", "15", "1"));
    let text = kcps.wrong("createSnapshotPolicy", &policy("DAILY", "15:3", "9"));
    assert!(text.contains("at most 8"), "{text}");
}

#[test]
fn trouble_comes_in_its_words_too() {
    let kcps = Kcps::new();
    let add = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let fault = devcloud::faults::Fault::parse(&words).unwrap();
        devcloud::faults::add(&kcps.world.state(), &fault).unwrap()
    };
    add("listZones 401 once");
    let refused = kcps.call("listZones", &[]);
    assert!(
        refused.body.contains("<cserrorcode>400</cserrorcode>"),
        "{refused:?}"
    );
    let parts = kcps.parts("fails");
    add("deployValueVirtualMachine job-fails Insufficient capacity once");
    let params: Vec<(&str, &str)> = parts
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let begun = kcps.ok("deployValueVirtualMachine", &params);
    let job = ("jobid", begun["jobid"].as_str().unwrap());
    let ended = kcps.ok("queryExAsyncJobResult", &[job]);
    assert_eq!(ended["jobstatus"], 2);
    assert_eq!(ended["jobresult"]["errortext"], "Insufficient capacity");
}
