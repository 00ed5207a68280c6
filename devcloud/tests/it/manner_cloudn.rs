//! The cloud in the manner of Cloudn Compute: 38 commands by GET, and the manual's rules of parameters that go together.

use devcloud::Cloud;
use serde_json::Value;

use crate::support::{Answer, Keys, World, get, post, signed};

fn call(cloud: &Cloud, keys: &Keys, api: &str, params: &[(&str, &str)]) -> Answer {
    let mut all = vec![("response", "json")];
    all.extend(params);
    get(cloud, &signed(keys, api, &all))
}

fn ok(cloud: &Cloud, keys: &Keys, api: &str, params: &[(&str, &str)]) -> Value {
    let answer = call(cloud, keys, api, params);
    assert_eq!(answer.status, 200, "{api}: {answer:?}");
    answer.inner()
}

#[test]
fn there_are_the_manuals_commands_and_no_others() {
    let world = World::new();
    let cloud = world.speaking("cloudn");
    let commands = include_str!("../../src/manner/cloudn/commands.txt");
    assert_eq!(commands.lines().count(), 38);
    for command in commands.lines() {
        let answer = call(&cloud, &world.admin(), command, &[]);
        assert!(matches!(answer.status, 200 | 431), "{command}: {answer:?}");
    }
    for command in ["listApis", "listNetworks", "login", "listSnapshot", ""] {
        let answer = call(&cloud, &world.admin(), command, &[]);
        assert_eq!(answer.status, 432, "{command}");
        let text = &answer.whole()["errorresponse"]["errortext"];
        assert_eq!(text, "The given command does not exist");
    }
}

#[test]
fn calls_come_by_get_and_answers_are_xml_unless_json_is_asked_for() {
    let world = World::new();
    let cloud = world.speaking("cloudn");
    let query = signed(&world.admin(), "listZones", &[]);
    let zones = get(&cloud, &query);
    let root = "<listzonesresponse cloud-stack-version=\"4.0.2\"><count>1</count>";
    assert!(zones.body.contains(root), "{zones:?}");
    assert_eq!(post(&cloud, &query).status, 405);
    let mut wrong = world.admin();
    wrong.1.push('x');
    let refused = get(&cloud, &signed(&wrong, "listZones", &[]));
    assert_eq!(refused.status, 401);
    assert!(refused.body.contains("<listzonesresponse"), "{refused:?}");
}

#[test]
fn parameters_go_together_as_the_manual_says() {
    let world = World::new();
    let cloud = world.speaking("cloudn");
    let zone = world.first("listZones", &[]);
    let offering = world.named("listDiskOfferings", "Custom");
    let none = "6b0b8d2c-0000-4000-8000-000000000000";
    for (api, params, said) in [
        (
            "listVirtualMachines",
            vec![("account", "admin")],
            "Parameter account needs parameter domainid",
        ),
        (
            "listZones",
            vec![("page", "1")],
            "Parameter page needs parameter pagesize",
        ),
        (
            "listZones",
            vec![("expires", "2099-01-01T00:00:00+0900")],
            "Parameter expires needs parameter signatureversion",
        ),
        (
            "deleteSecurityGroup",
            vec![],
            "Either id or name is to be given",
        ),
        (
            "deleteSecurityGroup",
            vec![("id", none), ("name", "n")],
            "Either id or name is to be given",
        ),
        (
            "detachVolume",
            vec![("deviceid", "1")],
            "Either id or deviceid with virtualmachineid is to be given",
        ),
        (
            "createVolume",
            vec![("name", "v"), ("zoneid", &zone)],
            "Either diskofferingid or snapshotid is to be given",
        ),
        (
            "createVolume",
            vec![("name", "v"), ("diskofferingid", &offering)],
            "Unable to execute API command createvolume due to missing parameter zoneid",
        ),
        (
            "authorizeSecurityGroupIngress",
            vec![("securitygroupname", "default")],
            "At least one of cidrlist and usersecuritygrouplist is to be given",
        ),
        (
            "extractVolume",
            vec![("id", none), ("mode", "TAPE"), ("zoneid", &zone)],
            "Invalid value TAPE for parameter mode",
        ),
    ] {
        let refused = call(&cloud, &world.admin(), api, &params);
        let body = refused.inner();
        assert_eq!(body["errorcode"], 431, "{api}: {refused:?}");
        let text = body["errortext"].as_str().unwrap();
        assert!(text.starts_with(said), "{api}: {text}");
    }
    let both = [
        ("expires", "2099-01-01T00:00:00+0900"),
        ("signatureVersion", "3"),
    ];
    ok(&cloud, &world.admin(), "listZones", &both);
}

#[test]
fn what_it_names_otherwise_works_over_the_same_world() {
    let world = World::new();
    let cloud = world.speaking("cloudn");
    let user = world.user("someone", "0", None);
    let image = world.first("listTemplates", &[("templatefilter", "featured")]);
    let size = world.first("listServiceOfferings", &[]);
    let zone = world.first("listZones", &[]);
    let parts = [
        ("templateid", image.as_str()),
        ("serviceofferingid", &size),
        ("zoneid", &zone),
    ];
    let begun = ok(&cloud, &user, "deployVirtualMachine", &parts);
    let id = begun["id"].as_str().unwrap();
    let long = "A".repeat(2049);
    let data = [parts[0], parts[1], parts[2], ("userdata", long.as_str())];
    assert_eq!(
        call(&cloud, &user, "deployVirtualMachine", &data).status,
        431
    );
    let destroyed = ok(&cloud, &user, "destroyVirtualMachine", &[("id", id)]);
    let job = ("jobid", destroyed["jobid"].as_str().unwrap());
    assert_eq!(
        ok(&cloud, &user, "queryAsyncJobResult", &[job])["jobstatus"],
        1
    );
    // Here users may take back what they destroyed.
    let back = ok(&cloud, &user, "recoverVirtualMachine", &[("id", id)]);
    assert_eq!(back["virtualmachine"]["state"], "Stopped");

    let system = world.first("listOsTypes", &[]);
    let template = [
        ("name", "up"),
        ("displaytext", "up"),
        ("url", "http://example.org/a.vhd"),
        ("zoneid", &zone),
        ("ostypeid", &system),
        ("format", "VHD"),
        ("hypervisor", "XenServer"),
    ];
    let made = ok(&cloud, &user, "uploadTemplate", &template);
    assert_eq!(made["template"][0]["name"], "up");
}
