//! What each form prints of lists, objects and jobs.

use super::*;
use crate::record::json;

fn body(text: &str) -> Answer {
    Answer::of(json::read(text.as_bytes()).unwrap())
}

fn job(text: &str) -> Answer {
    match json::read(text.as_bytes()).unwrap() {
        Value::Record(record) => Answer::of_job(record),
        other => panic!("{other:?}"),
    }
}

fn printed(form: &str, answer: &Answer, filter: Option<&str>, known: &[&str]) -> String {
    let paths = filter.map(select::paths);
    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
    let mut out = Vec::new();
    Printer::new(
        form,
        Surface::default(),
        paths.as_deref(),
        &known,
        Sought::default(),
        &|| false,
    )
    .unwrap()
    .print(answer, &mut out)
    .unwrap();
    String::from_utf8(out).unwrap()
}

/// What is printed of a list that comes in pages, and what is said.
fn paged(form: &str, known: &[&str], promised: usize, pages: &[&str]) -> (String, Option<String>) {
    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
    let mut printer = Printer::new(
        form,
        Surface::default(),
        None,
        &known,
        Sought::default(),
        &|| false,
    )
    .unwrap();
    let mut out = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        let mut page = body(page);
        page.recount_to(promised);
        if index == 0 {
            printer
                .begin(&page, &page.rows, Some(promised), &mut out)
                .unwrap();
        }
        printer.rows(&page.rows, &mut out).unwrap();
    }
    printer.end(&mut out).unwrap();
    (String::from_utf8(out).unwrap(), printer.note())
}

const LIST: &str = r#"{"count":2,"user":[{"id":"a","size":1.10},{"id":"b","name":"漢字","nic":[{"ip":"1"}],"tags":[]}]}"#;
const JOB: &str = r#"{"jobstatus":1,"jobid":"j","jobresult":{"vm":{"id":"a","state":"Running"}}}"#;
const RULER: &str = "==========================================================\n";

#[test]
fn text() {
    assert_eq!(
        printed("text", &body(LIST), None, &[]),
        format!(
            "count = 2\nuser:\n{RULER}id = a\nsize = 1.10\n{RULER}id = b\nname = 漢字\nnic[0].ip = 1\ntags =\n{RULER}"
        )
    );
    assert_eq!(
        printed("text", &job(JOB), None, &[]),
        format!(
            "jobstatus = 1\njobid = j\njobresult:\n{RULER}vm:\n{RULER}id = a\nstate = Running\n"
        )
    );
    assert_eq!(
        printed("text", &job(JOB), Some("state,id"), &[]),
        "state = Running\nid = a\n"
    );
    for empty in ["{}", r#"{"user":[]}"#, r#"{"count":0,"user":[]}"#] {
        assert_eq!(printed("text", &body(empty), None, &[]), "count = 0\n");
    }
    assert_eq!(
        printed("text", &body(r#"{"count":540}"#), None, &[]),
        "count = 540\n"
    );
    assert_eq!(
        printed("text", &body(r#"{"network":{"id":"a"}}"#), None, &[]),
        format!("network:\n{RULER}id = a\n")
    );
    assert_eq!(
        printed("text", &body(r#"{"success":"true"}"#), None, &[]),
        "success = true\n"
    );
    assert_eq!(
        printed("text", &body(r#"{"key":"a\n\u001bb"}"#), None, &[]),
        "key = a\n\\x1bb\n"
    );
}

#[test]
fn table() {
    assert_eq!(
        printed("table", &body(LIST), Some("id,size,name"), &[]),
        "count = 2\nuser:\n+----+------+------+\n| id | size | name |\n+----+------+------+\n| a  | 1.10 |      |\n| b  |      | 漢字 |\n+----+------+------+\n"
    );
    assert_eq!(
        printed("table", &job(JOB), None, &[]),
        "+----+---------+\n| id |  state  |\n+----+---------+\n| a  | Running |\n+----+---------+\n"
    );
    assert_eq!(printed("table", &body("{}"), None, &[]), "count = 0\n");
}

#[test]
fn a_job_without_a_result_is_filtered_as_everything_is() {
    let job = job(r#"{"jobstatus":1,"jobid":"j","jobresult":"done"}"#);
    for (form, expected) in [
        ("text", "jobresult = done\njobstatus = 1\n"),
        (
            "table",
            "+-----------+-----------+\n| jobresult | jobstatus |\n+-----------+-----------+\n|   done    |     1     |\n+-----------+-----------+\n",
        ),
        (
            "json",
            "{\n  \"jobresult\": \"done\",\n  \"jobstatus\": 1\n}\n",
        ),
        ("csv", "jobresult,jobstatus\ndone,1\n"),
    ] {
        assert_eq!(
            printed(form, &job, Some("jobresult,jobstatus"), &[]),
            expected
        );
    }
    assert_eq!(
        printed("text", &job, None, &[]),
        "jobstatus = 1\njobid = j\njobresult = done\n"
    );
}

#[test]
fn json_form() {
    assert_eq!(
        printed(
            "json",
            &body(r#"{"count":1,"user":[{"id":"a","n":1.10}]}"#),
            None,
            &[]
        ),
        "{\n  \"count\": 1,\n  \"user\": [\n    {\n      \"id\": \"a\",\n      \"n\": 1.10\n    }\n  ]\n}\n"
    );
    assert_eq!(printed("json", &body("{}"), None, &[]), "{}\n");
    assert_eq!(
        printed("json", &job(JOB), Some("id"), &[]),
        "{\n  \"vm\": {\n    \"id\": \"a\"\n  }\n}\n"
    );
    assert_eq!(
        printed("json", &body(r#"{"success":"true"}"#), None, &[]),
        "{\n  \"success\": \"true\"\n}\n"
    );
    assert_eq!(
        printed(
            "json",
            &job(r#"{"jobstatus":1,"jobresult":"done"}"#),
            None,
            &[]
        ),
        "{\n  \"jobstatus\": 1,\n  \"jobresult\": \"done\"\n}\n"
    );
}

#[test]
fn jsonl_form() {
    assert_eq!(
        printed("jsonl", &body(LIST), None, &[]),
        "{\"id\":\"a\",\"size\":1.10}\n{\"id\":\"b\",\"name\":\"漢字\",\"nic\":[{\"ip\":\"1\"}],\"tags\":[]}\n"
    );
    assert_eq!(
        printed("jsonl", &body(LIST), Some("size,id"), &[]),
        "{\"size\":1.10,\"id\":\"a\"}\n{\"id\":\"b\"}\n"
    );
    assert_eq!(printed("jsonl", &body("{}"), None, &[]), "");
    assert_eq!(
        printed("jsonl", &job(JOB), None, &[]),
        "{\"id\":\"a\",\"state\":\"Running\"}\n"
    );
}

#[test]
fn pages_are_printed_as_they_come() {
    let pages = [
        r#"{"count":9,"z":[{"id":"a"},{"id":"b","x":1}]}"#,
        r#"{"count":9,"z":[{"id":"c","y":2}]}"#,
    ];
    let (out, note) = paged("csv", &["id"], 3, &pages);
    assert_eq!(out, "id,x\na,\nb,1\nc,\n");
    let note = note.unwrap();
    assert!(
        note.contains("y came") && note.contains("filter="),
        "{note}"
    );
    let (out, _) = paged("text", &[], 3, &pages);
    assert_eq!(
        out,
        format!(
            "count = 3\nz:\n{RULER}id = a\n{RULER}id = b\nx = 1\n{RULER}id = c\ny = 2\n{RULER}"
        )
    );
    // Fewer rows came than the count promised, so it stands there once more.
    let (out, _) = paged("text", &[], 4, &pages);
    assert!(
        out.starts_with("count = 4\n") && out.ends_with("count = 3\n"),
        "{out}"
    );
    let (out, _) = paged("jsonl", &[], 4, &pages);
    assert_eq!(
        out,
        "{\"id\":\"a\"}\n{\"id\":\"b\",\"x\":1}\n{\"id\":\"c\",\"y\":2}\n"
    );
}

#[test]
fn csv_form() {
    assert_eq!(
        printed("csv", &body(LIST), None, &["id", "name", "other"]),
        "id,name,other,size,nic,tags\na,,,1.10,,\nb,漢字,,,\"[{\"\"ip\"\":\"\"1\"\"}]\",[]\n"
    );
    assert_eq!(
        printed("csv", &body(LIST), Some("name,id"), &[]),
        "name,id\n,a\n漢字,b\n"
    );
    assert_eq!(printed("csv", &body("{}"), Some("id"), &[]), "id\n");
    assert_eq!(
        printed("csv", &job(JOB), None, &[]),
        "id,state\na,Running\n"
    );
}

#[test]
fn printing_ends_between_rows_when_it_is_told_to() {
    let rows = std::cell::Cell::new(0);
    let stop = || rows.replace(rows.get() + 1) == 1;
    let mut out = Vec::new();
    let ended = Printer::new(
        "jsonl",
        Surface::default(),
        None,
        &[],
        Sought::default(),
        &stop,
    )
    .unwrap()
    .print(&body(LIST), &mut out);
    assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::Interrupted);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "{\"id\":\"a\",\"size\":1.10}\n"
    );
}
