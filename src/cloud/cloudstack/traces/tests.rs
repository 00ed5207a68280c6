//! How a call whose answer was lost is told among the jobs and things of a cloud.

use super::*;
use crate::cloud::Dialect;
use crate::record::json;

const SENT: i64 = 1_795_311_005; // 2026-11-22T01:30:05+0000
const VM: &str = "f3987bd0-bcd5-46c8-996b-a57760fff79a";
const OTHER: &str = "8dd70e09-55a0-4269-b0f9-1ff908482ecb";

fn lost(api: &str, params: &[(&str, &str)]) -> Lost {
    Lost {
        api: api.into(),
        params: params
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
        custom: None,
        starts_job: !["createUser", "deleteUser", "updateUser"].contains(&api),
        sent: SENT,
        now: SENT + 60,
    }
}

fn rows(text: &str) -> Vec<Record> {
    match json::read(text.as_bytes()).unwrap() {
        Value::List(rows) => rows
            .into_iter()
            .map(|row| row.as_record().unwrap().clone())
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn job(id: &str, class: &str, second: u32, more: &str) -> String {
    format!(
        r#"{{"cmd":"org.apache.{class}","created":"2026-11-22T01:30:{second:02}+0000","jobid":"{id}"{more}}}"#
    )
}

fn jobs(jobs: &[String]) -> Vec<Record> {
    rows(&format!("[{}]", jobs.join(",")))
}

fn sought(lost: &Lost, found: &[Record]) -> Finding {
    find(lost, Some(found), None, &|job| job == "known")
}

fn is(job: &str, resource: &str) -> Finding {
    Finding::Taken {
        job: Some(job.into()),
        resource: Some(resource.into()),
    }
}

#[test]
fn a_chosen_id_decides() {
    let mut deploy = lost("deployVirtualMachine", &[("name", "web")]);
    deploy.custom = Some(VM.into());
    let instance = format!(r#","jobinstanceid":"{VM}""#);
    let found = jobs(&[
        job("a", "DeployVMCmdByAdmin", 6, ""),
        job("b", "DeployVMCmdByAdmin", 6, &instance),
    ]);
    assert_eq!(find(&deploy, Some(&found), None, &|_| false), is("b", VM));
    let things = rows(&format!(r#"[{{"id":"{VM}"}}]"#));
    let without = Finding::Taken {
        job: None,
        resource: Some(VM.into()),
    };
    assert_eq!(find(&deploy, Some(&[]), Some(&things), &|_| false), without);
    assert_eq!(
        find(&deploy, Some(&[]), Some(&[]), &|_| false),
        Finding::Absent
    );
    deploy.now = SENT + 2 * FORGOTTEN;
    for (things, jobs) in [(None, None), (Some(&[][..]), Some(&[][..]))] {
        assert!(matches!(
            find(&deploy, jobs, things, &|_| false),
            Finding::Unsure(_)
        ));
    }
}

#[test]
fn a_job_names_what_it_works_on() {
    let stop = lost("stopVirtualMachine", &[("id", VM)]);
    let on = |id: &str| format!(r#","jobinstanceid":"{id}""#);
    let one = job("a", "StopVMCmdByAdmin", 6, &on(VM));
    let others = [
        job("b", "StopVMCmd", 6, &on(OTHER)),
        job("c", "StartVMCmdByAdmin", 6, &on(VM)),
        job("known", "StopVMCmd", 6, &on(VM)),
        job("d", "VmWorkStop", 6, ""),
        job("e", "StopVMCmd", 0, &on(VM)).replace("01:30:00", "01:20:00"),
    ];
    assert_eq!(sought(&stop, &jobs(&others)), Finding::Absent);
    let with = [&others[..], std::slice::from_ref(&one)].concat();
    assert_eq!(sought(&stop, &jobs(&with)), is("a", VM));
    let twice = [one, job("f", "StopVMCmd", 7, &on(VM))];
    let Finding::Unsure(why) = sought(&stop, &jobs(&twice)) else {
        panic!("two jobs are one")
    };
    assert_eq!(why, "2 such jobs began at that time: a, f");
}

#[test]
fn what_a_job_made_has_the_values_asked_for() {
    let made = |name: &str| {
        format!(
            r#","jobinstanceid":"{VM}","jobresult":{{"virtualmachine":{{"id":"{VM}","name":"{name}","zoneid":"z"}}}}"#
        )
    };
    let deploy = lost("deployVirtualMachine", &[("name", "web"), ("zoneid", "z")]);
    let web = job("a", "DeployVMCmd", 6, &made("web"));
    let db = job("b", "DeployVMCmd", 6, &made("db"));
    assert_eq!(
        sought(&deploy, &jobs(&[db.clone(), web.clone()])),
        is("a", VM)
    );
    assert_eq!(sought(&deploy, &jobs(&[db])), Finding::Absent);
    // A zone is no sign, and a job that runs says nothing yet.
    let nameless = lost("deployVirtualMachine", &[("zoneid", "z")]);
    assert!(matches!(
        sought(&nameless, &jobs(&[web])),
        Finding::Unsure(_)
    ));
    let pending = job(
        "c",
        "DeployVMCmd",
        6,
        &format!(r#","jobinstanceid":"{VM}""#),
    );
    assert!(matches!(
        sought(&deploy, &jobs(std::slice::from_ref(&pending))),
        Finding::Unsure(_)
    ));
    // The list knows its name before the job ends.
    let things = rows(&format!(r#"[{{"id":"{VM}","name":"web"}}]"#));
    let found = find(&deploy, Some(&jobs(&[pending])), Some(&things), &|_| false);
    assert_eq!(found, is("c", VM));
}

#[test]
fn a_call_without_a_job_is_told_by_its_thing() {
    let user = lost("createUser", &[("username", "kim")]);
    let listed = |text: &str| find(&user, None, Some(&rows(text)), &|_| false);
    let fresh = r#"{"id":"u","username":"kim","created":"2026-11-22T01:30:06+0000"}"#;
    let old = r#"{"id":"v","username":"kim","created":"2026-11-21T01:30:06+0000"}"#;
    let undated = r#"{"id":"w","username":"kim"}"#;
    let one = Finding::Taken {
        job: None,
        resource: Some("u".into()),
    };
    assert_eq!(listed(&format!("[{fresh},{old}]")), one);
    assert_eq!(listed(&format!("[{old}]")), Finding::Absent);
    assert_eq!(listed("[]"), Finding::Absent);
    assert!(matches!(
        listed(&format!("[{undated}]")),
        Finding::Unsure(_)
    ));
    assert!(matches!(
        listed(&format!("[{fresh},{fresh}]")),
        Finding::Unsure(_)
    ));
    let delete = lost("deleteUser", &[("id", "u")]);
    let left = |text: &str| find(&delete, None, Some(&rows(text)), &|_| false);
    // Somebody else may have removed it, or it never was.
    assert!(matches!(left("[]"), Finding::Unsure(_)));
    assert_eq!(left(&format!("[{fresh}]")), Finding::Absent);
    let update = lost("updateUser", &[("id", "u"), ("email", "x")]);
    assert!(matches!(
        find(&update, None, Some(&rows(&format!("[{fresh}]"))), &|_| {
            false
        }),
        Finding::Unsure(_)
    ));
}

#[test]
fn every_recorded_class_name_is_its_apis() {
    for (api, class) in [
        ("createVolume", "CreateVolumeCmdByAdmin"),
        ("attachVolume", "AttachVolumeCmdByAdmin"),
        ("createPhysicalNetwork", "CreatePhysicalNetworkCmd"),
        (
            "configureVirtualRouterElement",
            "ConfigureVirtualRouterElementCmd",
        ),
        ("deployVirtualMachine", "DeployVMCmdByAdmin"),
        ("deployVirtualMachine", "DeployVMCmd"),
        ("associateIpAddress", "AssociateIPAddrCmdByAdmin"),
        ("createVPC", "CreateVPCCmdByAdmin"),
        ("createNetworkACLList", "CreateNetworkACLListCmd"),
        ("createVMSnapshot", "CreateVMSnapshotCmd"),
        ("rebootVirtualMachine", "RebootVMCmdByAdmin"),
        ("addResourceDetail", "AddResourceDetailCmd"),
    ] {
        let job = rows(&format!(r#"[{{"cmd":"org.apache.cloudstack.{class}"}}]"#));
        assert!(is_of(&lost(api, &[]), &job[0]), "{api}");
        assert!(!is_of(&lost("deleteVolume", &[]), &job[0]), "{api}");
    }
}

#[test]
fn the_lists_come_from_the_catalogue() {
    let shipped = crate::cloud::cloudstack::CLOUDSTACK.shipped().unwrap();
    let catalog = Catalog::of(shipped.apis);
    let asked = |lost: &Lost| {
        let things = things_of(lost, &catalog).unwrap();
        let jobs = jobs_since(lost, &catalog).unwrap();
        let shown = |request: Request| {
            let params = request.params.iter();
            let pairs: Vec<String> = params
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            format!("{} {}", request.api, pairs.join(" "))
        };
        (things.map(shown), jobs.map(shown))
    };
    let mut deploy = lost(
        "deployVirtualMachine",
        &[("name", "web"), ("projectid", "p")],
    );
    let (things, jobs) = asked(&deploy);
    assert_eq!(
        things.as_deref(),
        Some("listVirtualMachines name=web listall=true projectid=p")
    );
    assert_eq!(
        jobs.as_deref(),
        Some("listAsyncJobs startdate=2026-11-21T19:30:05+0000")
    );
    deploy.custom = Some(VM.into());
    assert!(
        asked(&deploy)
            .0
            .unwrap()
            .starts_with("listVirtualMachines id=f3987bd0")
    );
    for (api, params, expected) in [
        (
            "createUser",
            [("username", "kim")],
            "listUsers username=kim listall=true",
        ),
        (
            "createAccount",
            [("username", "kim")],
            "listAccounts name=kim listall=true",
        ),
        (
            "registerTemplate",
            [("name", "t")],
            "listTemplates name=t listall=true templatefilter=self",
        ),
        (
            "createSecurityGroup",
            [("name", "s")],
            "listSecurityGroups keyword=s listall=true",
        ),
        (
            "deleteNetworkOffering",
            [("id", "n")],
            "listNetworkOfferings id=n",
        ),
        ("createSnapshotPolicy", [("volumeid", "n")], ""),
    ] {
        let (things, _) = asked(&lost(api, &params));
        assert_eq!(things.unwrap_or_default(), expected, "{api}");
    }
    assert!(custom_id(&catalog.api("deployVirtualMachine").unwrap().unwrap()).is_some());
    assert!(custom_id(&catalog.api("updateVirtualMachine").unwrap().unwrap()).is_none());
}
