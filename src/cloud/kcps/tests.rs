//! KCPS2 as its documents have it: which commands there are, which question goes with which job, what is never sent.

use super::*;
use crate::catalog::types::Types;
use crate::catalog::{Api, Catalog};
use crate::cloud::{Dialect, Manner, Progress, Proof, Reply, kind};
use crate::config::secret::Secret;
use crate::error::Error;

fn dialect() -> Box<dyn Dialect> {
    (kind("kcps").dialect)()
}

fn apis() -> Vec<Api> {
    dialect().shipped().unwrap().apis
}

fn request(api: &str, params: &[(&str, &str)]) -> Request {
    let params = params.iter();
    Request {
        api: api.into(),
        params: params
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
    }
}

fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status,
        body: body.as_bytes().to_vec().into(),
        ..Reply::default()
    }
}

#[test]
fn the_catalogue_is_the_vendors_and_whole() {
    let apis = apis();
    assert_eq!(apis.len(), 89);
    let asynchronous = apis.iter().filter(|api| api.asynchronous).count();
    assert_eq!(asynchronous, 43);
    // A file for a template is ours and never sent.
    let sent = apis.iter().flat_map(|api| &api.params);
    assert_eq!(sent.filter(|param| param.name != "file").count(), 336);
    let find = |name: &str| apis.iter().find(|api| api.name == name).unwrap();
    let deploy = find("deployPremiumVirtualMachine");
    assert!(deploy.asynchronous && deploy.param("hostname").unwrap().required);
    let (_, spelt) = deploy.spelt("IPTONETWORKLIST[0].networkId").unwrap();
    assert_eq!(spelt, "iptonetworklist[0].networkid");
    assert!(deploy.response.iter().any(|field| field.name == "nic"));
    assert_eq!(find("listPremiumHosts").response.len(), 14);
    assert_eq!(
        find("listVirtualMachines").param("id").unwrap().kind,
        "uuid"
    );
}

#[test]
fn every_list_choice_sample_and_undoing_is_about_something_of_the_catalogue() {
    let catalog = Catalog::of(apis());
    let has = |api: &str, param: &str| {
        let api = catalog.api(api).unwrap().unwrap_or_else(|| panic!("{api}"));
        assert!(api.param(param).is_some(), "{} {param}", api.name);
    };
    for (api, param, _) in PRESET.samples.iter().filter(|(api, ..)| *api != "*") {
        has(api, param);
    }
    for row in PRESET.undoings {
        has(row.undo.0, "id");
        has(row.list.0, "id");
    }
    let deploy = catalog.api("deployPremiumVirtualMachine").unwrap().unwrap();
    let zone = [("zoneid".to_string(), "z".to_string())];
    for (param, list) in [
        ("hostname", "listPremiumHosts"),
        ("iptonetworklist[0].networkid", "listNetworks"),
        ("templateid", "listTemplates"),
    ] {
        let listing = dialect().listing(&catalog, &deploy, param, &zone).unwrap();
        assert_eq!(listing.request.api, list);
        assert!(listing.missing.is_empty(), "{listing:?}");
        let narrowed = ("zoneid".to_string(), "z".to_string());
        assert!(listing.request.params.contains(&narrowed), "{listing:?}");
    }
    let add = catalog.api("addPremiumHosts").unwrap().unwrap();
    let listing = dialect().listing(&catalog, &add, "distributiongroup", &[]);
    assert_eq!(listing.unwrap().value, "name");
}

#[test]
fn calls_are_signed_as_the_vendors_script_signs_them() {
    let manner = Manner {
        variant: 0,
        expires: 0,
        response: "xml".into(),
        version: String::new(),
        method: String::new(),
    };
    let proof = Proof::Keys {
        apikey: "K",
        secretkey: &Secret::new("S"),
    };
    let call = request("startVirtualMachine", &[("id", "1")]);
    let signed = dialect().sign(&call, "https://h/client/api", proof, &manner, 0);
    let begin = "https://h/client/api?command=startVirtualMachine&id=1&apikey=K&signature=";
    assert!(signed.url.starts_with(begin), "{}", signed.url);
}

#[test]
fn each_job_has_its_question_and_a_wrong_one_is_put_in_the_other_way() {
    let dialect = dialect();
    for (api, asker, line) in [
        (
            "startVirtualMachine",
            "queryExAsyncJobResult",
            "query exasyncjobresult jobid=7",
        ),
        (
            "deployValueVirtualMachine",
            "queryExAsyncJobResult",
            "query exasyncjobresult jobid=7",
        ),
        (
            "deployPremiumVirtualMachine",
            "queryExAsyncJobResult",
            "query exasyncjobresult jobid=7",
        ),
        (
            "deployFlexibleVirtualMachine",
            "queryExAsyncJobResult",
            "query exasyncjobresult jobid=7",
        ),
        (
            "rebootVirtualMachine",
            "queryAsyncJobResult",
            "query asyncjobresult jobid=7",
        ),
        (
            "createSnapshot",
            "queryAsyncJobResult",
            "query asyncjobresult jobid=7",
        ),
    ] {
        let request = request(api, &[]);
        assert_eq!(dialect.ask(&request, "7").api, asker, "{api}");
        assert_eq!(dialect.ask_line(&request, "7"), line, "{api}");
    }
    let refused = |text: &str, code: u16| -> Error {
        let body = format!(
            "<queryasyncjobresultresponse cloud-stack-version=\"4.3.0.2\"><errorcode>{code}</errorcode>\
             <cserrorcode>400</cserrorcode><errortext>{text}</errortext></queryasyncjobresultresponse>"
        );
        let question = request("queryAsyncJobResult", &[("jobid", "7")]);
        let read = dialect.read(&question, &reply(code, &body), &Types::default(), false);
        read.unwrap_err()
    };
    let question = request("queryAsyncJobResult", &[("jobid", "7")]);
    let unknown = refused(
        "Unable to find a job by id 7, or entity does not exist",
        500,
    );
    let other = dialect.rephrased(&question, &unknown).unwrap();
    assert_eq!(
        (other.api.as_str(), &other.params),
        ("queryExAsyncJobResult", &question.params)
    );
    assert_eq!(
        dialect.rephrased(&other, &unknown).unwrap().api,
        "queryAsyncJobResult"
    );
    let wrong_key = refused("unable to verify user credentials", 401);
    assert_eq!(dialect.rephrased(&question, &wrong_key), None);
    let list = request("listVolumes", &[("id", "7")]);
    assert_eq!(dialect.rephrased(&list, &unknown), None);
}

#[test]
fn a_jobs_machine_has_numbers_and_dates_in_either_format() {
    let dialect = dialect();
    let apis = apis();
    let api = apis
        .iter()
        .find(|api| api.name == "deployValueVirtualMachine");
    let types = Types::of(&api.unwrap().response);
    let json = r#"{"queryexasyncjobresultresponse":{"jobstatus":1,"jobresult":{"virtualmachine":
        {"id":"1","cpunumber":"2","rootdeviceid":"0","created":1514271600000,"name":"007"}}}}"#;
    let xml = "<queryexasyncjobresultresponse><jobstatus>1</jobstatus><jobresult><virtualmachine><id>1</id>\
        <cpunumber>2</cpunumber><rootdeviceid>0</rootdeviceid><created>1514271600000</created><name>007</name>\
        </virtualmachine></jobresult></queryexasyncjobresultresponse>";
    let mut rows = Vec::new();
    for body in [json, xml] {
        let asked = request("deployValueVirtualMachine", &[]);
        let progress = dialect.progress(&asked, "7", &reply(200, body), &types);
        let Ok(Progress::Done(answer)) = progress else {
            panic!("{progress:?}");
        };
        let row = answer.records().next().unwrap();
        assert_eq!(
            row.text("created").as_deref(),
            Some("2017-12-26T07:00:00+0000")
        );
        rows.push(row);
    }
    assert_eq!(rows[0], rows[1]);
}

#[test]
fn a_schedule_that_would_become_a_daily_one_is_not_sent() {
    for (interval, schedule, right) in [
        ("DAILY", "30:02", true),
        ("daily", "0:23", true),
        ("DAILY", "60:02", false),
        ("DAILY", "30:02:1", false),
        ("WEEKLY", "30:02:7", true),
        ("WEEKLY", "30:02:8", false),
        ("WEEKLY", "30:02", false),
        ("MONTHLY", "00:00:28", true),
        ("MONTHLY", "00:00:29", false),
        ("MONTHLY", "00:00:+1", false),
        ("MONTHLY", "", false),
        ("HOURLY", "x", true),
    ] {
        let params = [("intervaltype", interval), ("schedule", schedule)];
        let objection = dialect().objection(&request("createSnapshotPolicy", &params));
        assert_eq!(objection.is_none(), right, "{interval} {schedule}");
    }
}

#[test]
fn what_takes_away_asks_first_and_machines_are_undone_by_destroying_them() {
    for api in ["removePremiumHost", "deleteVolume", "destroyVirtualMachine"] {
        assert!(dialect().loses(&request(api, &[])).is_some(), "{api}");
    }
    for api in [
        "addPremiumHosts",
        "stopVirtualMachine",
        "deployValueVirtualMachine",
    ] {
        assert!(dialect().loses(&request(api, &[])).is_none(), "{api}");
    }
    let undoing = dialect().undoing("deployValueVirtualMachine").unwrap();
    assert_eq!(undoing.undo.0, "destroyVirtualMachine");
    assert!(dialect().undoing("createVMSnapshot").is_some());
}

#[test]
fn the_vendors_time_zone_is_a_name() {
    let names = dialect().names("createSnapshotPolicy", "timezone").unwrap();
    assert!(names.find("JST").is_some() && names.find("Asia/Tokyo").is_some());
}
