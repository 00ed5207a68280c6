//! The words that say what of an answer is printed, on lists in pages, single things, job results and the shell's own tables.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use crate::support::{Home, Stub};

const CATALOGUE: &str = r#"{"listapisresponse":{"count":2,"api":[
    {"name":"listThings","isasync":false,"params":[{"name":"page","type":"integer"},{"name":"pagesize","type":"integer"}],
     "response":[{"name":"id","type":"string"},{"name":"size","type":"long"}]},
    {"name":"listOwnThings","isasync":false,"params":[{"name":"where","type":"string"},{"name":"count","type":"integer"}],
     "response":[{"name":"id","type":"string"}]}]}}"#;

const ROWS: [&str; 5] = [
    r#"{"id":"t10","size":1.10,"nic":[{"ip":"10.1.1.2"},{"ip":"10.1.1.3"}],"created":"2013-04-10T10:16:16+0900"}"#,
    r#"{"id":"t9","size":20}"#,
    r#"{"id":"t8","size":3,"nic":[{"ip":"10.1.1.10"}]}"#,
    r#"{"id":"t7"}"#,
    r#"{"id":"t6","size":12345678901234567890123}"#,
];

/// A cloud whose lists stop at two rows, with the heads of the calls that came.
fn cloud() -> (Stub, Home, Arc<Mutex<Vec<String>>>) {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = heads.clone();
    let stub = Stub::with(move |_, head| {
        seen.lock().unwrap().push(head.to_string());
        let page: usize = head
            .split(['?', '&', ' '])
            .find_map(|pair| pair.strip_prefix("page="))
            .map_or(1, |number| number.parse().unwrap());
        let rows = ROWS.iter().skip(page * 2 - 2).take(2).copied();
        let rows: Vec<&str> = rows.collect();
        let own = if head.contains("listOwnThings") {
            "own"
        } else {
            ""
        };
        let body = format!(
            r#"{{"list{own}thingsresponse":{{"count":5,"thing":[{}]}}}}"#,
            rows.join(",")
        );
        Stub::whole("200 OK", "application/json", &body).into_bytes()
    });
    let home = stub.home();
    home.catalogue(&stub.url, CATALOGUE);
    (stub, home, heads)
}

fn csv(home: &Home, words: &[&str]) -> String {
    let line = ["list", "things", "-o", "csv", "filter=id"];
    let printed = home.args(&[&line[..], words].concat()).ok();
    printed.lines().skip(1).collect::<Vec<_>>().join(" ")
}

#[test]
fn rows_are_picked_and_sorted_in_every_page() {
    let (_stub, home, _) = cloud();
    for (words, ids) in [
        (&["where=size>3"][..], "t9 t6"),
        (&["where=size=1.1"], "t10"),
        (&["where=size=,id~^t"], "t7"),
        (&["where=nic.ip=10.1.1.3"], "t10"),
        (&["where=nic.ip!="], "t10 t8"),
        (&["where=created<2013-04-11"], "t10"),
        (&["sort=id"], "t6 t7 t8 t9 t10"),
        (&["sort=-size"], "t6 t9 t8 t10 t7"),
        (&["sort=size", "limit=2"], "t10 t8"),
        (&["sort=-nic.ip", "where=nic.ip~^10"], "t8 t10"),
        (&["--where", "id=t7", "--sort=id"], "t7"),
        (&["where=id=t1\\,0"], ""),
    ] {
        assert_eq!(csv(&home, words), ids, "{words:?}");
    }
}

#[test]
fn the_count_is_that_of_what_is_printed() {
    let (_stub, home, _) = cloud();
    let printed = home.run("list things where=size>3 -o json filter=id").ok();
    let whole: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(whole["count"], 2);
    assert_eq!(whole["thing"][1]["id"], "t6");
    // In text the rows are printed as they come, and counted at their end.
    let printed = home.run("list things where=size>3 -o text filter=id").ok();
    assert!(
        printed.starts_with("thing:\n===") && printed.ends_with("\ncount = 2\n"),
        "{printed}"
    );
    assert_eq!(
        home.run("list things where=id=x -o text").ok(),
        "count = 0\n"
    );
    for (line, number) in [
        ("list things count=true", "5\n"),
        ("list things count=true -o json", "5\n"),
        ("list things count=true where=size>3 -o csv", "2\n"),
        ("list things count=true limit=1", "1\n"),
        ("profile list count=true", "2\n"),
    ] {
        assert_eq!(home.run(line).ok(), number, "{line}");
    }
}

#[test]
fn no_page_is_fetched_after_the_last_row_that_is_wanted() {
    let (stub, home, _) = cloud();
    let seen = home
        .run("list things where=id~t limit=1 -o json")
        .seen()
        .status(0);
    seen.out("t10")
        .err("limit=1: the first 1 rows that where= keeps");
    // The list as it was asked for, page 1, and the page that was under way.
    assert!(stub.calls.load(Ordering::SeqCst) <= 4);
}

#[test]
fn what_a_word_says_is_checked_before_anything_is_sent() {
    let (stub, home, _) = cloud();
    for (words, told) in [
        (&["where=size"][..], "where: `size` has no operator"),
        (
            &["where=id~("],
            "is no regular expression: unclosed group (column 4)",
        ),
        (&["where=id=a,=b"], "no field stands before `=` (column 6)"),
        (&["query=thing[?"], "query: "),
        (&["query=nosuch(@)"], "nosuch"),
        (
            &["query=thing", "count=true"],
            "count= and query= do not go together",
        ),
        (&["count=maybe"], "neither true nor false"),
        (&["sort=a", "sort=b"], "twice"),
    ] {
        let args = [&["list", "things"], words].concat();
        let told_by = home.args(&args).fails(2);
        assert!(told_by.contains(told), "{told_by}");
    }
    assert_eq!(stub.calls.load(Ordering::SeqCst), 0);
}

#[test]
fn fields_are_left_out_and_misspelt_ones_are_named() {
    let (_stub, home, _) = cloud();
    let seen = home
        .run("list things exclude=size,nic.ip,creatd -o jsonl")
        .seen()
        .status(0);
    let seen = seen.out("{\"id\":\"t10\",\"nic\":[{},{}],\"created\":\"2013");
    seen.err("no field creatd in the answer; did you mean created?");
    let seen = home
        .run("list things sort=-sise where=idd=3,size>3 -o csv")
        .seen();
    seen.err("no field idd in the answer; did you mean id?")
        .err("no field sise in the answer; did you mean size?");
    let printed = home.run("list things exclude=size limit=1 -o csv").ok();
    assert!(printed.starts_with("id,nic,created\n"), "{printed}");
}

#[test]
fn a_query_is_answered_in_every_form() {
    let (_stub, home, _) = cloud();
    for (words, printed) in [
        (
            &["query=thing[].id", "-o", "text"][..],
            "t10\nt9\nt8\nt7\nt6\n",
        ),
        (&["query=thing[?size>`3`].id | [0]", "-o", "text"], "t9\n"),
        (&["query=thing[0].size", "-o", "json"], "1.10\n"),
        (
            &["query=thing[4].size", "-o", "text"],
            "12345678901234567890123\n",
        ),
        (
            &["query=thing[:2].{size:size,id:id}", "-o", "csv"],
            "size,id\n1.10,t10\n20,t9\n",
        ),
        (
            &["query=thing[:2].{size:size,id:id}", "-o", "jsonl"],
            "{\"size\":1.10,\"id\":\"t10\"}\n{\"size\":20,\"id\":\"t9\"}\n",
        ),
        (
            &["query=[count,length(thing)]", "-o", "json"],
            "[\n  5,\n  5\n]\n",
        ),
        (
            &["query=thing[0]", "filter=id", "-o", "json"],
            "{\n  \"id\": \"t10\"\n}\n",
        ),
        (&["query=nothing", "-o", "text"], ""),
        (&["query=nothing", "-o", "json"], "null\n"),
    ] {
        let args = [&["list", "things"], words].concat();
        assert_eq!(home.args(&args).ok(), printed, "{words:?}");
    }
    // What only the answer shows to be wrong is no wrong line: calls were made.
    let told = home
        .args(&["list", "things", "query=sum(thing[].id)"])
        .fails(7);
    assert!(told.contains("query: "), "{told}");
}

#[test]
fn a_parameter_of_the_api_wins_over_a_word_of_that_name() {
    let (_stub, home, heads) = cloud();
    let line = [
        "list",
        "ownthings",
        "where=x",
        "count=2",
        "--where=id=t9",
        "-o",
        "csv",
        "filter=id",
    ];
    assert_eq!(home.args(&line).ok(), "id\nt9\n");
    let heads = heads.lock().unwrap();
    assert!(
        heads[0].contains("where=x") && heads[0].contains("count=2"),
        "{heads:?}"
    );
}

#[test]
fn dates_are_told_as_ages() {
    let (_stub, home, _) = cloud();
    let line = "list things limit=1 filter=created -o csv";
    assert!(home.run(line).ok().contains("2013-04-10T10:16:16+0900"));
    let aged = home.run(&format!("{line} age=true")).ok();
    let years = aged.trim_start_matches("created\n").trim_end();
    assert!(years.contains('y') && !years.contains('-'), "{aged}");
    home.run("set age true").ok();
    assert_eq!(home.run(line).ok(), aged);
}

#[test]
fn single_things_job_results_and_built_ins_have_the_same_words() {
    let home = Home::new();
    let ids = format!(
        "name=web zoneid={} templateid={} serviceofferingid={}",
        home.value("list zones", "id"),
        home.value("list templates templatefilter=featured", "id"),
        home.value("list serviceofferings", "id"),
    );
    let deployed = home
        .run(&format!(
            "deploy virtualmachine {ids} query=virtualmachine.nic[0].ipaddress -o text"
        ))
        .ok();
    assert_eq!(deployed.split('.').count(), 4, "{deployed}");
    let account = home
        .run("create domain name=x query=domain.name -o json")
        .ok();
    assert_eq!(account, "\"x\"\n");
    let none = home.run("create domain name=y where=name=z -o json").ok();
    assert_eq!(none, "{}\n");
    assert_eq!(home.run("jobs where=api~deploy count=true").ok(), "1\n");
    let names = home
        .run("set where=name~^(age|progress)$ sort=-name filter=name -o csv")
        .ok();
    assert_eq!(names, "name\nprogress\nage\n");
    let left = home
        .run("profile list exclude=name -o csv where=name=demo")
        .ok();
    assert!(!left.starts_with("name"), "{left}");
    let told = home
        .run("list zones where=name=devcloud -o raw")
        .seen()
        .status(0);
    told.err("where= is set aside: raw is the body as it came");
}
