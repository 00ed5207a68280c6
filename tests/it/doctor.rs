//! `doctor`: each step failing in turn, what it says of that, the status, and what is written into a report.

use std::net::TcpListener;

use rcgen::date_time_ymd;

use crate::secure::{Secure, authority, params, self_signed, trusting};
use crate::stand_in::{Asked, StandIn, json, refused};
use crate::support::{Home, Run, Seen, Stub};

const APIS: &str = r#"{"listapisresponse":{"count":5,"api":[
    {"name":"startVirtualMachine","isasync":true,"params":[{"name":"id","type":"uuid","required":true}],"response":[]},
    {"name":"deployVirtualMachine","isasync":true,"params":[{"name":"hostname","type":"string"},{"name":"userpassword","type":"string"}],"response":[]},
    {"name":"createDomain","isasync":false,"params":[{"name":"name","type":"string","required":true}],"response":[]},
    {"name":"listVirtualMachines","isasync":false,"params":[{"name":"id","type":"uuid"}],"response":[]},
    {"name":"listZones","isasync":false,"params":[],"response":[]}]}}"#;
const ZONES: &str = r#"{"listzonesresponse":{"count":1,"zone":[{"id":"1","name":"one"}]}}"#;
const ID: &str = "7ed6d5da-93b2-4545-a502-23d20b48ef2a";

fn status(status: &str, body: &str) -> String {
    Stub::whole(status, "application/json", body)
}

/// A cloud that takes the key and answers what is asked for; `other` answers the rest.
fn cloud(other: impl Fn(&Asked) -> Option<String> + Send + 'static) -> StandIn {
    StandIn::new(move |asked| {
        if asked.param("apikey").is_none() {
            return refused(401, asked.api(), "unable to verify user credentials");
        }
        match asked.api() {
            "listApis" => json(APIS),
            "listZones" => json(ZONES),
            _ => other(asked).unwrap_or_else(|| refused(530, asked.api(), "not here")),
        }
    })
}

fn prod(url: &str) -> Home {
    prod_with(url, "apikey = \"KEYOFMINE\"\nsecretkey = \"TOPSECRET\"\n")
}

fn prod_with(url: &str, more: &str) -> Home {
    Home::new().configured(&format!(
        "profile = \"prod\"\n[profiles.prod]\nurl = \"{url}\"\n{more}"
    ))
}

/// The rows as JSON, and how the run ended.
fn steps(run: Run) -> (Vec<serde_json::Value>, Seen) {
    let seen = run.seen();
    let whole: serde_json::Value =
        serde_json::from_str(&seen.stdout).unwrap_or_else(|why| panic!("{why} in {seen:?}"));
    let rows = whole["step"].as_array().unwrap().clone();
    assert_eq!(whole["count"], rows.len());
    (rows, seen)
}

/// The step that failed, which has to be the last one, with what came and what to do.
fn failing(run: Run, status: i32) -> (String, String, String) {
    let (rows, seen) = steps(run);
    assert_eq!(seen.status, status, "{seen:?}");
    let (last, before) = rows.split_last().unwrap();
    assert!(
        before
            .iter()
            .all(|row| ["ok", "skipped", "warn"].contains(&row["status"].as_str().unwrap())),
        "{before:?}"
    );
    let text = |name: &str| last[name].as_str().unwrap().to_string();
    assert!(
        ["failed", "running"].contains(&&text("status")[..]),
        "{last}"
    );
    assert!(!text("tried").is_empty());
    // The same is told on stderr, for whoever reads no rows.
    assert!(seen.stderr.contains(r#"{"error":{"#), "{seen:?}");
    (text("step"), text("came"), text("do"))
}

fn doctor(home: &Home, words: &str) -> Run {
    home.run(&format!("doctor -o json {words}"))
}

#[test]
fn all_is_well_in_the_built_in_cloud() {
    let home = Home::new();
    let (rows, seen) = steps(doctor(&home, ""));
    assert_eq!(seen.status, 0, "{seen:?}");
    let names: Vec<&str> = rows.iter().filter_map(|row| row["step"].as_str()).collect();
    assert_eq!(
        names,
        [
            "profile", "name", "tcp", "tls", "http", "api", "clock", "key", "command"
        ]
    );
    for row in &rows {
        let members: Vec<&String> = row.as_object().unwrap().keys().collect();
        assert_eq!(members, ["step", "status", "tried", "came", "do", "ms"]);
        let expected = if row["step"] == "tls" {
            "skipped"
        } else {
            "ok"
        };
        assert_eq!(row["status"], expected, "{row}");
        assert!(row["ms"].is_u64(), "{row}");
    }
    let (rows, seen) = steps(doctor(&home, "list zones"));
    assert_eq!((rows.len(), seen.status), (12, 0), "{seen:?}");
    assert_eq!(rows[10]["came"], "answered");
    // For people it is a line a step.
    let text = home.run("doctor").ok();
    assert_eq!(text.lines().count(), 9, "{text}");
    assert!(
        text.contains("  key        ok       listZones with an API key"),
        "{text}"
    );
    let csv = home.run("doctor filter=step,status -o csv").ok();
    assert!(csv.starts_with("step,status\nprofile,ok\n"), "{csv}");
}

#[test]
fn a_profile_that_lacks_something_is_the_first_to_fail() {
    let home = prod_with("http://127.0.0.1:1/client/api", "apikey = \"K\"\n");
    let (step, came, advice) = failing(doctor(&home, "list zones"), 7);
    assert_eq!(
        (step.as_str(), came.as_str()),
        ("profile", "profile prod has no secretkey")
    );
    assert!(advice.contains("set secretkey"), "{advice}");
    let home = prod_with(
        "http://127.0.0.1:1/client/api",
        "apikey = \"K\"\nsecretkey_command = \"false\"\n",
    );
    assert_eq!(failing(doctor(&home, ""), 7).0, "profile");
    let home = prod("http://127.0.0.1:1/client/api");
    let (step, came, _) = failing(doctor(&home, "").env("http_proxy", "ftp://x"), 7);
    assert_eq!(step, "profile");
    assert!(came.contains("http_proxy"), "{came}");
}

#[test]
fn a_name_without_an_address_and_a_port_where_nobody_listens() {
    let home_of_name = prod("http://no-such-host.invalid/client/api");
    let (step, came, advice) = failing(doctor(&home_of_name, "list zones"), 3);
    assert_eq!(step, "name");
    assert!(came.contains("no-such-host.invalid"), "{came}");
    assert!(
        advice.contains("set host") && advice.contains("getent hosts"),
        "{advice}"
    );
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let home = prod(&format!("http://{gone}/client/api"));
    let (step, came, advice) = failing(doctor(&home, "list zones"), 3);
    assert_eq!(step, "tcp");
    assert!(
        came.contains(&gone.to_string()) && came.contains("refused"),
        "{came}"
    );
    assert!(!came.contains("os error"), "{came}");
    assert!(advice.contains("set port"), "{advice}");
}

#[test]
fn a_certificate_is_told_of_whether_it_is_right_or_wrong() {
    let authority = authority("authority");
    let mut expired = params("127.0.0.1");
    expired.not_before = date_time_ymd(2019, 1, 2);
    expired.not_after = date_time_ymd(2020, 2, 29);
    for (pair, says) in [
        (
            authority.signed(&expired),
            &["expired on 2020-02-29", "from 2019-01-02 until 2020-02-29"][..],
        ),
        (
            authority.signed(&params("cloud.example.org")),
            &[
                "another name: cloud.example.org",
                "certificate for cloud.example.org",
            ],
        ),
        (
            self_signed("127.0.0.1"),
            &["self-signed", "certificate for 127.0.0.1"],
        ),
    ] {
        let cloud = Secure::new(&pair);
        let home = cloud.home("");
        let roots = home.file("roots.pem", &authority.pem);
        let (step, came, advice) = failing(trusting(doctor(&home, "list zones"), &roots), 3);
        assert_eq!(step, "tls");
        for part in says {
            assert!(came.contains(part), "no {part} in {came}");
        }
        assert!(advice.contains("nothing was sent"), "{advice}");
        assert_eq!(cloud.calls(), 0);
    }
    let mut soon = params("127.0.0.1");
    soon.not_after =
        (std::time::SystemTime::now() + std::time::Duration::from_secs(5 * 86_400)).into();
    for (pair, status, advises) in [
        (authority.signed(&params("127.0.0.1")), "ok", ""),
        (authority.signed(&soon), "warn", "have it renewed"),
    ] {
        let cloud = Secure::new(&pair);
        let home = cloud.home("");
        let roots = home.file("roots.pem", &authority.pem);
        let (rows, seen) = steps(trusting(doctor(&home, "list zones"), &roots));
        assert_eq!(seen.status, 0, "{seen:?}");
        assert_eq!(rows[3]["status"], status);
        let came = rows[3]["came"].as_str().unwrap();
        assert!(
            came.contains("a certificate for 127.0.0.1, by CN=authority"),
            "{came}"
        );
        assert!(
            rows[3]["do"].as_str().unwrap().contains(advises),
            "{rows:?}"
        );
    }
    let unchecked = Secure::new(&self_signed("elsewhere"));
    let home = unchecked.home("");
    let (rows, _) = steps(doctor(&home, "list zones verifycert=false"));
    assert_eq!(rows[3]["status"], "warn", "{rows:?}");
    assert!(
        rows[3]["do"]
            .as_str()
            .unwrap()
            .contains("set verifycert true")
    );
}

#[test]
fn what_listens_and_speaks_no_http_or_says_nothing() {
    let odd = Stub::new("220 mail.example.org ESMTP\r\n");
    let (step, ..) = failing(doctor(&prod(&odd.url), "list zones"), 3);
    assert_eq!(step, "http");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/client/api", silent.local_addr().unwrap());
    let (step, came, _) = failing(doctor(&prod(&url), "reply_timeout=0.2"), 3);
    assert_eq!(step, "http");
    assert!(came.contains("0.2 s"), "{came}");
}

#[test]
fn a_page_in_the_apis_place_is_told_apart() {
    let page = "<!doctype html><html><title>Sign in</title></html>";
    let login = Stub::answering("200 OK", "text/html", page);
    let (step, came, advice) = failing(doctor(&prod(&login.url), "list zones"), 3);
    assert_eq!(step, "api");
    assert!(
        came.contains("a web page") && came.contains("Sign in"),
        "{came}"
    );
    assert!(advice.contains("set url"), "{advice}");
    let moved = Stub::new(
        "HTTP/1.1 302 Found\r\nlocation: https://sso.example.org/?a=b\r\ncontent-length: 0\r\n\r\n",
    );
    let (step, came, _) = failing(doctor(&prod(&moved.url), ""), 1);
    assert_eq!(step, "api");
    assert!(
        came.contains("sends callers on to https://sso.example.org/"),
        "{came}"
    );
    // A proxy's own page, and a proxy that does not get through.
    let cloud = cloud(|_| None);
    let proxy = |stub: &Stub| stub.url.replace("/client/api", "");
    let home = prod(&cloud.url);
    let by = |stub: &Stub| doctor(&home, "").env("http_proxy", &proxy(stub));
    let (step, _, advice) = failing(by(&login), 3);
    assert_eq!(step, "api");
    assert!(advice.contains("the proxy 127.0.0.1"), "{advice}");
    let bad = Stub::answering("502 Bad Gateway", "text/html", page);
    let (step, came, advice) = failing(by(&bad), 3);
    assert_eq!(step, "http");
    assert!(came.contains("in the place of"), "{came}");
    assert!(advice.contains("NO_PROXY"), "{advice}");
    // The steps say that they are about the proxy.
    let (rows, _) = steps(by(&bad));
    assert!(
        rows[2]["tried"]
            .as_str()
            .unwrap()
            .contains("of the proxy 127.0.0.1"),
        "{rows:?}"
    );
    assert_eq!(cloud.apis().len(), 0);
}

#[test]
fn a_wrong_clock_is_measured() {
    let home = Home::new();
    home.run("devcloud clock offset 60s").ok();
    let (rows, seen) = steps(doctor(&home, ""));
    assert_eq!(seen.status, 0, "{seen:?}");
    assert_eq!(rows[6]["status"], "warn");
    let came = rows[6]["came"].as_str().unwrap();
    assert!(
        came.starts_with("this machine's clock is 6")
            || came.starts_with("this machine's clock is 59"),
        "{came}"
    );
    home.run("devcloud clock offset 2h").ok();
    let (step, came, advice) = failing(doctor(&home, "list zones"), 7);
    assert_eq!(step, "clock");
    assert!(
        came.contains("s behind the cloud's, so that calls are void"),
        "{came}"
    );
    assert!(
        advice.contains("set this machine's clock right"),
        "{advice}"
    );
    // Signatures without an end do not mind.
    assert_eq!(steps(doctor(&home, "expires=0")).1.status, 0);
}

#[test]
fn a_wrong_key_a_wrong_password_and_a_port_that_asks_for_nothing() {
    let stranger = StandIn::new(|asked| {
        refused(
            401,
            asked.api(),
            "unable to verify user credentials and/or request signature",
        )
    });
    let (step, came, advice) = failing(doctor(&prod(&stranger.url), "list zones"), 1);
    assert_eq!(step, "key");
    assert!(came.contains("unable to verify user credentials"), "{came}");
    assert!(advice.contains("set secretkey SECRET"), "{advice}");
    let server = Home::new();
    let running = server
        .run("-o json devcloud serve --integration 127.0.0.1:0")
        .started();
    let told: serde_json::Value = serde_json::from_str(&running.line).unwrap();
    let url = told["url"].as_str().unwrap();
    let login = |password: &str| {
        prod_with(
            url,
            &format!("username = \"admin\"\npassword = \"{password}\"\n"),
        )
    };
    let (rows, seen) = steps(doctor(&login("password"), "list zones"));
    assert_eq!(seen.status, 0, "{seen:?}");
    assert!(
        rows[7]["tried"]
            .as_str()
            .unwrap()
            .contains("in a session of admin"),
        "{rows:?}"
    );
    let (step, _, advice) = failing(doctor(&login("hunter2"), "list zones"), 1);
    assert_eq!(step, "key");
    assert!(advice.contains("password"), "{advice}");
    let open = told["integrationurl"].as_str().unwrap();
    let (rows, seen) = steps(doctor(&prod_with(open, "auth = \"none\"\n"), "list zones"));
    assert_eq!(seen.status, 0, "{seen:?}");
    assert_eq!(rows[7]["came"], "answered");
    let (step, _, advice) = failing(doctor(&prod_with(url, "auth = \"none\"\n"), ""), 1);
    assert_eq!(step, "key");
    assert!(advice.contains("set auth keys"), "{advice}");
}

#[test]
fn a_mistyped_command_has_its_nearest_names_in_every_servers_style() {
    let new = cloud(|asked| {
        (asked.api() == "listZoness").then(|| {
        status("401 Unauthorized", r#"{"errorresponse":{"errorcode":401,"errortext":"unable to verify user credentials and/or request signature"}}"#)
    })
    });
    let old = cloud(|asked| {
        (asked.api() == "listZoness").then(|| {
            status(
                "403 Forbidden",
                r#"{"errorresponse":{"errorcode":403,"errortext":" Forbidden "}}"#,
            )
        })
    });
    for cloud in [&new, &old] {
        let home = prod(&cloud.url);
        let (step, came, advice) = failing(doctor(&home, "list zoness"), 2);
        assert_eq!(step, "command");
        assert!(came.contains("zoness"), "{came}");
        assert!(advice.contains("list zones"), "{advice}");
        assert!(cloud.asked("listZoness").is_empty());
        // Sent unchecked it is the cloud that refuses it.
        let (rows, seen) = steps(doctor(&home, "api listZoness"));
        assert_eq!(seen.status, 1, "{seen:?}");
        assert_eq!(rows[8]["status"], "warn");
        let last = rows.last().unwrap();
        assert_eq!(last["step"], "issued");
        assert!(
            last["do"]
                .as_str()
                .unwrap()
                .contains("did you mean `listZones`"),
            "{last}"
        );
    }
    let (step, came, _) = failing(doctor(&prod(&new.url), "jobs all"), 2);
    assert_eq!(
        (step.as_str(), came.as_str()),
        ("command", "that is no call of a cloud")
    );
}

#[test]
fn wrong_arguments_are_told_before_anything_is_sent() {
    let cloud = cloud(|asked| {
        (asked.api() == "listVirtualMachines").then(|| {
            json(r#"{"listvirtualmachinesresponse":{"count":2,"virtualmachine":[{"id":"aaaaaaaa-93b2-4545-a502-23d20b48ef2a","name":"web"},{"id":"bbbbbbbb-93b2-4545-a502-23d20b48ef2a","name":"db"}]}}"#)
        })
    });
    let home = prod(&cloud.url);
    let (step, came, _) = failing(doctor(&home, "start virtualmachine"), 2);
    assert_eq!(step, "arguments");
    assert!(came.contains("id is missing"), "{came}");
    let (step, came, advice) = failing(doctor(&home, &format!("start virtualmachine id={ID}")), 2);
    assert_eq!(step, "arguments");
    assert!(
        came.contains(&format!("the suspicious one is `id={ID}`")),
        "{came}"
    );
    assert!(came.contains("has 2 things, and none is that"), "{came}");
    assert!(advice.contains("list virtualmachines"), "{advice}");
    let (_, _, advice) = failing(doctor(&home, "start virtualmachine id=web"), 2);
    assert!(
        advice.contains("its id is aaaaaaaa-93b2-4545-a502-23d20b48ef2a")
            && advice.contains("id=name:web"),
        "{advice}"
    );
    let (step, came, _) = failing(doctor(&home, "start virtualmachine id=name:mail"), 2);
    assert_eq!(step, "arguments");
    assert!(came.contains("has nothing of that name"), "{came}");
    assert!(cloud.asked("startVirtualMachine").is_empty());
}

#[test]
fn a_changing_command_is_sent_only_when_that_is_said() {
    let cloud = cloud(|asked| {
        Some(match asked.api() {
            "deployVirtualMachine" => refused(
                500,
                asked.api(),
                "The Host you specified could not be found.",
            ),
            "createDomain" => json(r#"{"createdomainresponse":{"domain":{"id":"d"}}}"#),
            _ => return None,
        })
    });
    let home = prod(&cloud.url);
    let words = "deploy virtualmachine hostname=kc2-west01 userpassword=hunter2";
    let (rows, seen) = steps(doctor(&home, words));
    assert_eq!(seen.status, 0, "{seen:?}");
    let last = &rows[10..];
    assert!(
        last.iter().all(|row| row["status"] == "skipped"),
        "{last:?}"
    );
    assert!(
        last[0]["came"].as_str().unwrap().contains("doctor --send"),
        "{last:?}"
    );
    assert!(cloud.asked("deployVirtualMachine").is_empty());
    let (step, came, advice) = failing(doctor(&home, &format!("--send {words}")), 1);
    assert_eq!(step, "issued");
    assert!(
        came.contains("The Host you specified could not be found."),
        "{came}"
    );
    assert!(
        advice.starts_with("the suspicious argument is hostname"),
        "{advice}"
    );
    assert_eq!(cloud.asked("deployVirtualMachine").len(), 1);
    // What the ledger has of it is told the next time.
    let (step, came, advice) = failing(doctor(&home, words), 1);
    assert_eq!(step, "issued");
    assert!(came.contains("The Host you specified"), "{came}");
    assert!(
        advice.contains("the suspicious argument is hostname"),
        "{advice}"
    );
    assert_eq!(cloud.asked("deployVirtualMachine").len(), 1);
    let (rows, _) = steps(doctor(&home, "--send create domain name=x"));
    assert_eq!(rows[10]["came"], "answered");
}

#[test]
fn jobs_that_fail_and_jobs_that_go_on() {
    let home = Home::new();
    let offering = home.value("list diskofferings", "id");
    let zone = home.value("list zones", "id");
    let volume = format!("create volume name=data zoneid={zone} diskofferingid={offering}");
    let (rows, seen) = steps(doctor(&home, &format!("--send {volume}")));
    assert_eq!(seen.status, 0, "{seen:?}");
    assert_eq!(rows[11]["came"], "it ended well");
    let (rows, _) = steps(doctor(&home, &volume));
    assert!(
        rows[10]["came"]
            .as_str()
            .unwrap()
            .starts_with("taken, as job "),
        "{rows:?}"
    );
    assert_eq!(rows[11]["came"], "it ended well");
    home.args(&[
        "devcloud",
        "fault",
        "add",
        "createVolume",
        "job-fails",
        "no room",
        "once",
    ])
    .ok();
    let (step, came, _) = failing(doctor(&home, &format!("--send {volume}")), 4);
    assert_eq!(step, "progress");
    assert!(came.contains("no room"), "{came}");
    assert_eq!(failing(doctor(&home, &volume), 4).0, "progress");
    home.job_milliseconds(600_000);
    let (rows, seen) = steps(doctor(&home, &format!("--send {volume} timeout=1")));
    assert_eq!(seen.status, 5, "{seen:?}");
    assert_eq!(rows[11]["status"], "running");
    let (step, came, advice) = failing(doctor(&home, &volume), 5);
    assert_eq!(step, "progress");
    assert!(came.contains("it has run for 0 minutes"), "{came}");
    assert!(advice.contains("jobs wait"), "{advice}");
}

#[test]
fn each_server_of_a_cloud_is_looked_at() {
    let cloud = cloud(|_| None);
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let gone = format!("http://{gone}/client/api");
    let both = prod(&format!("{gone},{}", cloud.url));
    let (rows, seen) = steps(doctor(&both, "list zones"));
    assert_eq!(seen.status, 3, "{seen:?}");
    let failed: Vec<_> = rows
        .iter()
        .filter(|row| row["status"] == "failed")
        .collect();
    assert_eq!(failed.len(), 1, "{rows:?}");
    assert_eq!(
        (&failed[0]["step"], &failed[0]["server"]),
        (&"tcp".into(), &gone.clone().into())
    );
    // The command is tried at the one that is there.
    assert_eq!(rows.last().unwrap()["step"], "progress");
    assert_eq!(seen.stderr.matches("tcp of http://").count(), 1, "{seen:?}");
}

#[test]
fn a_report_has_what_a_desk_asks_for_and_no_secret() {
    let cloud = cloud(|asked| {
        // A server that repeats the key and what it was sent.
        (asked.api() == "deployVirtualMachine").then(|| {
            refused(
                431,
                asked.api(),
                "KEYOFMINE may not, with TOPSECRET and hunter2",
            )
        })
    });
    let home = prod_with(
        &cloud.url,
        "apikey = \"KEYOFMINE\"\nsecretkey = \"TOPSECRET\"\nservice = \"Cloud Nine\"\ncontract = \"M12345678\"\nline = \"N-42\"\n",
    );
    let old = home.file("report.txt", "from before");
    let run = home.run(
        "doctor --report report.txt --send deploy virtualmachine hostname=h userpassword=hunter2",
    );
    let seen = run
        .seen()
        .status(1)
        .err("the report is in report.txt")
        .err("whoever runs the cloud");
    let report = std::fs::read_to_string(&old).unwrap();
    for part in [
        "Cloud Nine",
        "M12345678",
        "N-42",
        &cloud.url,
        "capuchin 0",
        "deployVirtualMachine",
        "hostname=h",
        "errorcode 431",
        "may not, with",
        "issued failed",
        "tried:",
        "came:",
    ] {
        assert!(report.contains(part), "no {part} in {report}");
    }
    for secret in ["KEYOFMINE", "TOPSECRET", "hunter2", "from before"] {
        assert!(!report.contains(secret), "{secret} in {report}");
    }
    assert!(!seen.stdout.contains("hunter2"), "{seen:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&old).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // A report of a cloud that is well is one, too; one that cannot be written is a fault on this side.
    home.run("doctor --report=well.txt").ok();
    let well = std::fs::read_to_string(home.path().join("well.txt")).unwrap();
    assert!(well.contains("all steps went well"), "{well}");
    home.run("doctor --report no/such/directory")
        .seen()
        .status(7)
        .err("the report could not be written");
    for words in ["doctor --report", "doctor create domain name=@-"] {
        home.run(words).seen().status(2);
    }
}

#[test]
fn a_slow_job_that_runs_over_an_hour_is_told_of_in_jobs_and_by_doctor() {
    let home = Home::new();
    home.job_milliseconds(100);
    let zone = home.value("list zones", "id");
    let offering = home.value("list diskofferings", "id");
    home.run(&format!(
        "create volume name=data zoneid={zone} diskofferingid={offering}"
    ))
    .ok();
    home.job_milliseconds(600_000);
    let volume = home.value("list volumes name=data", "id");
    let template = home.value("list templates templatefilter=featured", "id");
    let service = home.value("list serviceofferings", "id");
    let deploy = format!(
        "deploy virtualmachine zoneid={zone} templateid={template} serviceofferingid={service}"
    );
    home.run(&format!("{deploy} asyncblock=false")).ok();
    home.run(&format!("delete volume id={volume}")).seen();
    let seen = home.run("jobs").seen().status(0);
    assert!(!seen.stderr.contains("too long"), "{seen:?}");
    let ledger = home
        .path()
        .join(".local/state/capuchin/ledger/calls.sqlite");
    let db = rusqlite::Connection::open(ledger).unwrap();
    db.execute("UPDATE call SET sent = sent - 3700000", [])
        .unwrap();
    let seen = home.run("jobs").seen().status(0);
    let said = "deployVirtualMachine (an instance from a template) is not done after an hour";
    assert_eq!(seen.stderr.matches("too long").count(), 1, "{seen:?}");
    assert!(
        seen.stderr.contains(said) && seen.stderr.contains("doctor --report FILE"),
        "{seen:?}"
    );
    let (step, _, advice) = failing(doctor(&home, &deploy), 5);
    assert_eq!(step, "progress");
    assert!(advice.contains(said), "{advice}");
}
