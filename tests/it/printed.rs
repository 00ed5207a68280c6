//! Every output form over answers that a real server gave, and over one that is hostile: snapshots beside this file.

use bytes::Bytes;
use capuchin::catalog::types::Types;
use capuchin::cloud::cloudstack::CLOUDSTACK;
use capuchin::cloud::{Dialect, Outcome, Progress, Reply, Request};
use capuchin::config::settings::OUTPUTS;
use capuchin::print::Printer;
use capuchin::print::surface::Surface;
use capuchin::record::answer::Answer;
use capuchin::record::select::{self, Sought};

const LISTS: &str = include_str!("../recorded/lists.jsonl");
const CALLS: &str = include_str!("../recorded/calls.jsonl");
const JOBS: &str = include_str!("../recorded/async.jsonl");
const USAGE: &str = include_str!("../recorded/usage.jsonl");

const HOSTILE: &str = r#"{"listthingsresponse":{"count":3,"thing":[
    {"id":"a","name":"\u001b[2J\u0007bell","state":"Running","size":1.10,"note":"no","tags":[]},
    {"id":"b","name":"漢字の名前\u009b31m","state":"Error","size":12345678901234567890123,"note":"two\nlines\n","a<b":"\u0000"},
    {"id":"c","name":"👨‍👩‍👧 \u202eevil","state":"Stopping","size":1E+2,"note":"- 12:30 #","details":{"on":"yes","":null}}]}}"#;

fn reply(body: &str) -> Reply {
    Reply {
        status: 200,
        content_type: "application/json".into(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        ..Reply::default()
    }
}

fn request(api: &str) -> Request {
    Request {
        api: api.into(),
        params: Vec::new(),
    }
}

/// The body of a recorded exchange.
fn body(file: &str, name: &str) -> String {
    let exchange = file
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .find(|exchange| exchange["name"] == name)
        .unwrap_or_else(|| panic!("{name}"));
    exchange["body"].as_str().unwrap().to_string()
}

fn answer(api: &str, body: &str) -> Answer {
    match CLOUDSTACK.read(&request(api), &reply(body), &Types::default(), false) {
        Ok(Outcome::Done(answer)) => answer,
        other => panic!("{other:?}"),
    }
}

fn job(name: &str) -> Answer {
    let body = body(JOBS, name);
    match CLOUDSTACK.progress(
        &request("stopVirtualMachine"),
        "7",
        &reply(&body),
        &Types::default(),
    ) {
        Ok(Progress::Done(answer)) => answer,
        other => panic!("{other:?}"),
    }
}

/// All that is printed and said.
fn printed(form: &str, surface: Surface, filter: Option<&str>, answer: &Answer) -> String {
    let paths = filter.map(select::paths);
    let mut out = Vec::new();
    let sought = Sought::default();
    let mut printer =
        Printer::new(form, surface, paths.as_deref(), &[], sought, &|| false).unwrap();
    printer.print(answer, &mut out).unwrap();
    let said = [printer.note(), printer.left()].into_iter().flatten();
    let said: String = said.map(|line| format!("--- {line}\n")).collect();
    format!("{}{said}", String::from_utf8(out).unwrap())
}

/// What a file gets, in every form one after another, and a terminal of two widths where that differs.
fn every_form(answer: &Answer) -> String {
    let mut all = String::new();
    for form in OUTPUTS.iter().filter(|form| **form != "auto") {
        let piped = printed(form, Surface::default(), None, answer);
        all.push_str(&format!("## {form}\n{piped}"));
        let mut last = piped;
        for width in [80, 200] {
            let surface = Surface {
                width: Some(width),
                color: false,
            };
            let there = printed(form, surface, None, answer);
            if there != last {
                all.push_str(&format!("## {form}, {width} columns\n{there}"));
                last = there;
            }
        }
    }
    // Snapshots are read by people and tools alike, so nothing in them may drive a terminal.
    all.chars()
        .map(|letter| match letter {
            '\n' | '\t' => letter.to_string(),
            _ if letter.is_control() => format!("␛{:02x}", u32::from(letter)),
            _ => letter.to_string(),
        })
        .collect()
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn machines() {
    let body = body(LISTS, "listVirtualMachines.json");
    snapshot(
        "machines",
        &every_form(&answer("listVirtualMachines", &body)),
    );
}

#[test]
fn zones() {
    let body = body(LISTS, "listZones.json");
    snapshot("zones", &every_form(&answer("listZones", &body)));
}

#[test]
fn capacities() {
    let body = body(LISTS, "listCapacity.json");
    snapshot("capacities", &every_form(&answer("listCapacity", &body)));
}

#[test]
fn an_empty_list() {
    let body = body(CALLS, "empty-listVirtualMachines-keyword.json");
    snapshot("empty", &every_form(&answer("listVirtualMachines", &body)));
}

#[test]
fn one_object() {
    let body = body(JOBS, "005-createNetwork");
    snapshot("object", &every_form(&answer("createNetwork", &body)));
}

#[test]
fn a_jobs_end() {
    snapshot("job", &every_form(&job("015-stopVirtualMachine-job-done")));
}

#[test]
fn a_hostile_answer() {
    snapshot("hostile", &every_form(&answer("listThings", HOSTILE)));
}

#[test]
fn usage_records_as_a_chart() {
    let body = body(USAGE, "page1.json");
    let answer = answer("listUsageRecords", &body);
    let chart = |width| {
        let surface = Surface {
            width: Some(width),
            color: false,
        };
        printed("chart", surface, None, &answer)
    };
    snapshot("usage", &format!("{}\n{}", chart(80), chart(40)));
}

#[test]
fn tables_of_many_kinds_fit_80_columns() {
    let mut all = String::new();
    for name in [
        "listUsers",
        "listRouters",
        "listVolumesMetrics",
        "listStoragePools",
        "listPublicIpAddresses",
        "listFirewallRules",
        "listAlerts",
        "listAsyncJobs",
        "listSnapshots",
        "listNetworkOfferings",
        "listHostsMetrics",
        "listProjects",
    ] {
        let answer = answer(name, &body(LISTS, &format!("{name}.json")));
        let surface = Surface {
            width: Some(80),
            color: false,
        };
        let table = printed("table", surface, None, &answer);
        // A dozen lines tell enough.
        let table: Vec<&str> = table.lines().collect();
        let (first, last) = (table.len().min(12), table.last().unwrap_or(&""));
        all.push_str(&format!(
            "## {name}\n{}\n{last}\n",
            table[..first].join("\n")
        ));
    }
    snapshot("tables", &all);
}

#[test]
fn colours_and_what_is_asked_for() {
    let machines = body(LISTS, "listVirtualMachines.json");
    let answer = answer(
        "listVirtualMachines",
        &machines.replacen("Running", "Stopped", 1),
    );
    let surface = Surface {
        width: Some(60),
        color: true,
    };
    let mut all = String::new();
    for form in ["table", "wide", "column", "text", "csv", "json"] {
        all.push_str(&printed(
            form,
            surface,
            Some("name,state,id,templatename"),
            &answer,
        ));
    }
    snapshot("colours", &all.replace('\x1b', "␛"));
}
