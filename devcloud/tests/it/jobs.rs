//! Jobs in lists: whose they are, since when, and what they are called; the fields are those that were recorded.

use serde_json::{Value, json};

use crate::support::{Keys, World};

/// Begins a volume and gives its job's id.
fn volume(world: &World, keys: &Keys, name: &str) -> String {
    let zone = world.first("listZones", &[]);
    let params = [("name", name), ("size", "1"), ("zoneid", zone.as_str())];
    let begun = world.ok_as(keys, "createVolume", &params);
    begun["jobid"].as_str().unwrap().to_string()
}

fn ids(world: &World, keys: &Keys, params: &[(&str, &str)]) -> Vec<String> {
    let body = world.ok_as(keys, "listAsyncJobs", params);
    let jobs = body["asyncjobs"].as_array().cloned().unwrap_or_default();
    jobs.iter()
        .map(|job| job["jobid"].as_str().unwrap().to_string())
        .collect()
}

#[test]
fn jobs_come_in_the_order_in_which_they_began() {
    let world = World::new();
    let admin = world.admin();
    let begun: Vec<String> = ["a", "b", "c"]
        .map(|name| volume(&world, &admin, name))
        .into();
    assert_eq!(ids(&world, &admin, &[]), begun);
    let page = [("page", "2"), ("pagesize", "2")];
    assert_eq!(ids(&world, &admin, &page), begun[2..]);
    assert_eq!(world.ok("listAsyncJobs", &page)["count"], 3);
    let listed = &world.rows("listAsyncJobs", &[])[1];
    assert_eq!(*listed, world.ended(&begun[1]));
}

#[test]
fn a_job_looks_as_it_was_recorded() {
    let world = World::new();
    let machine = world.machine("one");
    let id = machine["id"].as_str().unwrap();
    world.job("stopVirtualMachine", &[("id", id)]);
    let disk = volume(&world, &world.admin(), "d");
    let disk = world.ended(&disk)["jobresult"]["volume"]["id"].clone();
    assert_eq!(
        world.rows("listVolumes", &[("name", "d")])[0]["state"],
        "Allocated"
    );
    let pair = [("id", disk.as_str().unwrap()), ("virtualmachineid", id)];
    world.job("attachVolume", &pair);
    let failed = world.job("attachVolume", &pair);
    assert_eq!(failed["jobstatus"], 2);
    let here = world.rows("listAsyncJobs", &[]);
    let mut compared = 0;
    for line in include_str!("../../../tests/recorded/async.jsonl").lines() {
        let exchange: Value = serde_json::from_str(line).unwrap();
        let body: Value = serde_json::from_str(exchange["body"].as_str().unwrap()).unwrap();
        let job = &body["queryasyncjobresultresponse"];
        let twin = here
            .iter()
            .find(|other| other["cmd"] == job["cmd"] && other["jobstatus"] == job["jobstatus"]);
        let Some(twin) = twin else { continue };
        let shape = |job: &Value| {
            let fields: Vec<(String, bool)> = job
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.clone(), value.is_string()))
                .collect();
            let result: Vec<String> = job["jobresult"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect();
            (
                fields,
                result,
                job["jobinstancetype"].clone(),
                job["jobresultcode"].clone(),
            )
        };
        assert_eq!(shape(twin), shape(job), "{}", exchange["name"]);
        compared += 1;
    }
    assert_eq!(here.len(), 5);
    assert!(compared >= 5, "{compared}");
}

#[test]
fn startdate_and_keyword_choose() {
    let world = World::new();
    let admin = world.admin();
    let job = volume(&world, &admin, "a");
    world.machine("one");
    let created = world.ended(&job)["created"].as_str().unwrap().to_string();
    let since = |date: &str| ids(&world, &admin, &[("startdate", date)]).len();
    assert_eq!(since(&created), 2, "a job that began in that second counts");
    assert_eq!(since("2000-01-01T00:00:00+0000"), 2);
    assert_eq!(since("2099-01-01T00:00:00+0900"), 0);
    assert_eq!(
        ids(&world, &admin, &[("keyword", "CreateVolume")]),
        [job.as_str()]
    );
    assert_eq!(ids(&world, &admin, &[("keyword", "deployvm")]).len(), 1);
    for date in [
        "2026-11-22",
        "2026-11-22T02:00:00Z",
        "2026-11-22T02:00:00+00:00",
        "soon",
    ] {
        assert_eq!(
            world.refused(&admin, "listAsyncJobs", &[("startdate", date)]),
            (
                431,
                format!(
                    "Unable to parse date {date} for command listasyncjobs, please pass dates in the format mentioned \
                     in the api documentation"
                )
            )
        );
    }
}

#[test]
fn whoever_began_a_job_sees_it() {
    let world = World::new();
    let domain = world.ok("createDomain", &[("name", "top")])["domain"]["id"].clone();
    let domain = domain.as_str().unwrap();
    let (chief, worker) = (
        world.user("chief", "2", Some(domain)),
        world.user("worker", "0", Some(domain)),
    );
    let (admin, outsider) = (world.admin(), world.user("outsider", "0", None));
    let all = [("listall", "true")];
    let jobs: Vec<String> = [&admin, &chief, &worker, &outsider]
        .iter()
        .map(|keys| volume(&world, keys, "d"))
        .collect();
    assert_eq!(ids(&world, &admin, &[]), jobs[..1]);
    assert_eq!(ids(&world, &admin, &all), jobs);
    assert_eq!(
        ids(
            &world,
            &admin,
            &[("account", "worker"), ("domainid", domain)]
        ),
        jobs[2..3]
    );
    assert_eq!(ids(&world, &admin, &[("domainid", domain)]), jobs[1..3]);
    assert_eq!(ids(&world, &chief, &[]), jobs[1..2]);
    assert_eq!(ids(&world, &chief, &all), jobs[1..3]);
    assert_eq!(ids(&world, &worker, &all), jobs[2..3]);
    let ask = |keys: &Keys, job: &str| world.json(keys, "queryAsyncJobResult", &[("jobid", job)]);
    assert_eq!(ask(&admin, &jobs[2]).status, 200);
    assert_eq!(ask(&chief, &jobs[2]).status, 200);
    assert_eq!(ask(&chief, &jobs[3]).status, 531);
    let refused = ask(&worker, &jobs[3]);
    let text = refused.inner()["errortext"].as_str().unwrap().to_string();
    assert_eq!(refused.inner()["cserrorcode"], 4365);
    assert!(
        text.starts_with("Account Acct[")
            && text.ends_with("-worker] is not authorized to see job id=4"),
        "{text}"
    );
    let class = |job: &str| world.ended(job)["cmd"].clone();
    assert_eq!(
        class(&jobs[0]),
        "org.apache.cloudstack.api.command.admin.volume.CreateVolumeCmdByAdmin"
    );
    for job in &jobs[1..] {
        assert_eq!(
            class(job),
            json!("org.apache.cloudstack.api.command.user.volume.CreateVolumeCmd")
        );
    }
}

#[test]
fn the_class_of_a_users_machine_is_the_recorded_one() {
    let world = World::new();
    let user = world.user("u", "0", None);
    let params = [
        ("zoneid", world.first("listZones", &[])),
        (
            "templateid",
            world.first("listTemplates", &[("templatefilter", "featured")]),
        ),
        (
            "serviceofferingid",
            world.first("listServiceOfferings", &[]),
        ),
    ];
    let params: Vec<(&str, &str)> = params
        .iter()
        .map(|(name, id)| (*name, id.as_str()))
        .collect();
    world.ok_as(&user, "deployVirtualMachine", &params);
    let job = world.ok_as(&user, "listAsyncJobs", &[])["asyncjobs"][0].clone();
    let recorded = include_str!("../../../tests/recorded/roles.jsonl");
    let class = job["cmd"].as_str().unwrap();
    assert_eq!(
        class,
        "org.apache.cloudstack.api.command.user.vm.DeployVMCmd"
    );
    assert!(recorded.contains(&format!("\\\"cmd\\\":\\\"{class}\\\"")));
}
