//! `doctor` at clouds of other kinds: what their servers say of a wrong key, command, argument and clock, and where their
//! reports go.

use crate::stand_in::{Asked, StandIn, json, refused};
use crate::support::{Home, Run, Running, Seen, Stub};

const HOSTNAME: &str = "hostname=kc2-west01-Losv-000031";

fn of_kind(kind: &str, url: &str, more: &str) -> Home {
    Home::new().configured(&format!(
        "profile = \"p\"\n[profiles.p]\nkind = \"{kind}\"\nurl = \"{url}\"\napikey = \"KEYOFMINE\"\nsecretkey = \"TOPSECRET\"\n{more}"
    ))
}

/// The step that failed, with what came and what to do.
fn failing(run: Run, status: i32) -> (String, String, String) {
    let seen = run.seen().status(status);
    let whole: serde_json::Value = serde_json::from_str(&seen.stdout).unwrap();
    let last = whole["step"].as_array().unwrap().last().unwrap();
    assert_eq!(last["status"], "failed", "{last}");
    let text = |name: &str| last[name].as_str().unwrap().to_string();
    (text("step"), text("came"), text("do"))
}

fn doctor(home: &Home, words: &str) -> Run {
    home.run(&format!("doctor -o json {words}"))
}

/// The built-in cloud in that manner, and a home with its keys.
fn serving(manner: &str) -> (Home, Running, Home, String) {
    let server = Home::new();
    let running = server
        .run(&format!("-o json devcloud serve --as {manner}"))
        .started();
    let told: serde_json::Value = serde_json::from_str(&running.line).unwrap();
    let text = |name: &str| told[name].as_str().unwrap().to_string();
    let url = text("url");
    let keys = of_kind(manner, &url, "");
    let config = std::fs::read_to_string(keys.config()).unwrap();
    let config = config
        .replace("KEYOFMINE", &text("apikey"))
        .replace("TOPSECRET", &text("secretkey"));
    let keys = keys.configured(&config);
    (server, running, keys, url)
}

#[test]
fn the_branches_of_kddis_triage() {
    let (_server, running, keys, url) = serving("kcps");
    // Normal: a job's id, and its end.
    let zone = keys.value("list zones", "id");
    let template = keys.value("list templates templatefilter=featured", "id");
    let offering = keys.value("list serviceofferings", "id");
    let words = format!(
        "deploy premiumvirtualmachine name=test hypervisor=VMware zoneid={zone} templateid={template} serviceofferingid={offering}"
    );
    let seen = keys.run("doctor list zones").seen().status(0);
    assert!(seen.stdout.contains("version 4.3.0.2"), "{seen:?}");
    // 401: the key, or its secret.
    let (step, came, advice) = failing(doctor(&of_kind("kcps", &url, ""), ""), 1);
    assert_eq!(step, "key");
    assert!(
        came.contains("Unable to verify user credentials and/or request signature."),
        "{came}"
    );
    assert!(advice.contains("set secretkey SECRET"), "{advice}");
    // 403 under errorresponse: a mistyped command, which the catalogue knows before.
    let (step, _, advice) = failing(doctor(&keys, "startVirtualMachin id=1"), 2);
    assert_eq!(step, "command");
    assert!(
        advice.contains("did you mean `startVirtualMachine`"),
        "{advice}"
    );
    let (step, came, advice) = failing(doctor(&keys, "--send api startVirtualMachin id=1"), 1);
    assert_eq!(step, "issued");
    assert!(came.contains("403"), "{came}");
    assert!(
        advice.contains("did you mean `startVirtualMachine`"),
        "{advice}"
    );
    // 500 with cserrorcode 400: an argument, by the cloud's own list and by its words.
    keys.run(&format!(
        "add premiumhosts zoneid={zone} hypervisor=VMware number=2"
    ))
    .ok();
    let networks = keys.value("list networks", "id");
    let words = format!("{words} {HOSTNAME} iptonetworklist[0].networkid={networks}");
    let (step, came, _) = failing(doctor(&keys, &words), 2);
    assert_eq!(step, "arguments");
    assert!(
        came.contains(&format!("the suspicious one is `{HOSTNAME}`")),
        "{came}"
    );
    assert!(
        came.contains("they begin with devcloud, and this one with kc2"),
        "{came}"
    );
    let unchecked = words.replace(
        "deploy premiumvirtualmachine",
        "api deployPremiumVirtualMachine",
    );
    let (step, came, advice) = failing(doctor(&keys, &format!("--send {unchecked}")), 1);
    assert_eq!(step, "issued");
    assert!(
        came.contains("The Host you specified could not be found.")
            && came.contains("cserrorcode 400"),
        "{came}"
    );
    assert!(
        advice.starts_with("the suspicious argument is hostname"),
        "{advice}"
    );
    // No answer: the address.
    drop(running);
    let (step, _, advice) = failing(doctor(&keys, ""), 3);
    assert_eq!(step, "tcp");
    assert!(
        advice.contains("set port") && advice.contains("KDDI WVS"),
        "{advice}"
    );
}

#[test]
fn a_host_of_another_place_than_the_zone_is_suspected_where_no_list_tells() {
    let cloud = StandIn::new(|asked: &Asked| match (asked.param("apikey"), asked.api()) {
        (None, api) => refused(401, api, "unable to verify user credentials"),
        (_, "listZones") => json(
            r#"{"listzonesresponse":{"count":1,"zone":[{"id":"aaaaaaaa-93b2-4545-a502-23d20b48ef2a","name":"jp2-east01"}]}}"#,
        ),
        (_, api) => refused(432, api, "not for you"),
    });
    let home = of_kind("kcps", &cloud.url, "retries = 0\n");
    let id = "aaaaaaaa-93b2-4545-a502-23d20b48ef2a";
    let words = format!(
        "deploy premiumvirtualmachine name=test hypervisor=VMware zoneid={id} templateid={id} serviceofferingid={id} {HOSTNAME} iptonetworklist[0].networkid={id}"
    );
    let (step, came, advice) = failing(doctor(&home, &words), 2);
    assert_eq!(step, "arguments");
    assert!(
        came.contains(
            "zoneid is jp2-east01, whose things begin with jp2, and this one begins with kc2"
        ),
        "{came}"
    );
    assert!(advice.contains("begins with jp2"), "{advice}");
    assert!(cloud.asked("deployPremiumVirtualMachine").is_empty());
}

#[test]
fn a_report_for_kddi_has_its_numbers_and_goes_to_its_form_or_first_to_the_line() {
    let refusing = StandIn::new(|asked: &Asked| {
        refused(
            401,
            asked.api(),
            "Unable to verify user credentials and/or request signature.",
        )
    });
    let numbers = "contract = \"M12345678\"\nline = \"W0001\"\n";
    let mine = of_kind("kcps", &refusing.url, numbers);
    let report = |home: &Home| -> (Seen, String) {
        let seen = home.run("doctor --report r.txt").seen();
        let text = std::fs::read_to_string(home.path().join("r.txt")).unwrap();
        (seen, text)
    };
    let (seen, text) = report(&mine);
    for part in [
        "KDDI Cloud Platform Service",
        "M12345678",
        "W0001",
        "errorcode 401",
        "Support",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert!(
        !text.contains("KEYOFMINE") && !text.contains("TOPSECRET"),
        "{text}"
    );
    assert!(
        seen.stderr.contains("Support") && !seen.stderr.contains("WVS"),
        "{seen:?}"
    );
    drop(refusing);
    let (seen, text) = report(&mine);
    assert!(
        text.contains("goes to the desk of the line") && text.contains("else to the form Support"),
        "{text}"
    );
    assert!(seen.stderr.contains("KDDI WVS"), "{seen:?}");
    // A number of another form is told where it is set, and before anything is tried.
    for wrong in ["12345678", "M1234567", "M123456789", "M1234567x"] {
        let said = mine.run(&format!("set contract {wrong}")).fails(2);
        assert!(said.contains("M12345678"), "{said}");
        let home = of_kind(
            "kcps",
            "http://127.0.0.1:1/",
            &format!("contract = \"{wrong}\"\n"),
        );
        assert_eq!(failing(doctor(&home, ""), 7).0, "profile");
    }
    mine.run("set contract M87654321").ok();
    // Where no vendor says how its numbers look, any will do.
    Home::new().run("profile add x").ok();
    let other = of_kind("cloudstack", "http://127.0.0.1:1/", "");
    other.run("set contract 2026/11").ok();
}

#[test]
fn ec2_says_in_pages_and_sentences_who_is_wrong() {
    let page = |text: &str, code: u16| {
        let body = format!(
            "<html><head><title>Error</title></head><body><h1>HTTP Status {code} - {text}</h1></body></html>"
        );
        Stub::whole(&format!("{code} X"), "text/html", &body)
    };
    for (answer, status) in [
        (
            Stub::whole("403 Forbidden", "text/plain", "Access denied"),
            "403",
        ),
        (
            page("The request has an unregistered access key", 404),
            "404",
        ),
    ] {
        let cloud = StandIn::new(move |asked: &Asked| match asked.param("AWSAccessKeyId") {
            None => page("Missing AWSAccessKeyId parameter", 530),
            Some(_) => answer.clone(),
        });
        let home = of_kind("ec2", &cloud.url.replace("/client/api", "/awsapi"), "");
        let (step, came, _) = failing(doctor(&home, ""), 1);
        assert_eq!(step, "key", "{came}");
        assert!(came.contains(status), "{came}");
    }
    let elsewhere = StandIn::new(move |_| page("/awsapi", 404));
    let home = of_kind("ec2", &elsewhere.url, "");
    let (step, ..) = failing(doctor(&home, ""), 1);
    assert_eq!(step, "api");
}

#[test]
fn navers_gateway_takes_no_clock_that_is_five_minutes_off() {
    let denied = r#"{"error":{"errorCode":"200","message":"Authentication Failed"}}"#;
    let cloud = StandIn::new(move |_| Stub::whole("401 Unauthorized", "application/json", denied));
    let address = cloud.url.replace("/client/api", "");
    let mine = of_kind("ncloud", &address, "");
    let (step, came, advice) = failing(doctor(&mine, "get serverinstancelist"), 1);
    assert_eq!(step, "key");
    assert!(came.contains("Authentication Failed"), "{came}");
    assert!(
        advice.contains("sub account") || advice.contains("API key page"),
        "{advice}"
    );
    let late = StandIn::new(move |_| {
        let whole = Stub::whole("401 Unauthorized", "application/json", denied);
        whole.replacen("\r\n", "\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\n", 1)
    });
    let mine = of_kind("ncloud", &late.url.replace("/client/api", ""), "");
    let (step, came, _) = failing(doctor(&mine, ""), 7);
    assert_eq!(step, "clock");
    assert!(came.contains("calls are void"), "{came}");
}

/// A cloud of that kind that answers a call by nobody with 401, and every other so.
fn answering(kind: &str, answer: &str) -> (StandIn, Home) {
    let answer = answer.to_string();
    let signed = |asked: &Asked| {
        ["apikey", "AWSAccessKeyId"]
            .iter()
            .any(|name| asked.param(name).is_some())
            || asked.header("x-ncp-iam-access-key").is_some()
    };
    let unsigned = match kind {
        "ec2" => Stub::whole(
            "401 X",
            "text/xml",
            "<Response><Errors><Error><Code>AuthFailure</Code><Message>who</Message></Error></Errors></Response>",
        ),
        "ncloud" => Stub::whole(
            "401 X",
            "application/json",
            r#"{"error":{"errorCode":"200","message":"Authentication Failed"}}"#,
        ),
        _ => refused(401, "listZones", "unable to verify user credentials"),
    };
    let cloud = StandIn::new(move |asked: &Asked| match signed(asked) {
        true => answer.clone(),
        false => unsigned.clone(),
    });
    let url = match kind {
        "ncloud" => cloud.url.replace("/client/api", "/"),
        "ec2" => cloud.url.replace("/client/api", "/awsapi"),
        _ => cloud.url.clone(),
    };
    let home = of_kind(kind, &url, "");
    (cloud, home)
}

#[test]
fn a_cloud_that_cannot_take_calls_just_now_takes_no_key() {
    let gateway = |status: &str, code: u32| {
        let body = format!(r#"{{"error":{{"errorCode":"{code}","message":"Not now"}}}}"#);
        Stub::whole(status, "application/json", &body)
    };
    let coded = |status: &str, code: &str| {
        let body = format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>Not now</Message></Error></Errors></Response>"
        );
        Stub::whole(status, "text/xml", &body)
    };
    let not_now = |code: u16| refused(code, "listZones", "Not now");
    for (kind, answer) in [
        ("cloudstack", not_now(530)),
        ("cloudstack", not_now(429)),
        ("kcps", not_now(500)),
        ("cloudn", not_now(533)),
        ("cloudn", not_now(429)),
        ("ec2", coded("500 X", "InternalError")),
        ("ec2", coded("503 X", "Unavailable")),
        ("ec2", coded("503 X", "RequestLimitExceeded")),
        ("ncloud", gateway("500 X", 500)),
        ("ncloud", gateway("504 X", 510)),
        ("ncloud", gateway("500 X", 900)),
        ("ncloud", gateway("403 X", 230)),
        ("ncloud", gateway("429 X", 410)),
    ] {
        let (_cloud, home) = answering(kind, &answer);
        let seen = doctor(&home, "").seen();
        let whole: serde_json::Value = serde_json::from_str(&seen.stdout).unwrap();
        let last = whole["step"].as_array().unwrap().last().unwrap();
        assert_eq!(last["step"], "key", "{kind} {answer} {seen:?}");
        assert_eq!(last["status"], "failed", "{kind} {answer} {last}");
        assert!([1, 3].contains(&seen.status), "{kind} {answer} {seen:?}");
        let came = last["came"].as_str().unwrap();
        assert!(came.contains("Not now"), "{kind} {came}");
    }
}

#[test]
fn a_refusal_of_the_probe_itself_leaves_the_key_accepted() {
    for (kind, code) in [("cloudstack", 432), ("kcps", 403), ("cloudn", 431)] {
        let (_cloud, home) = answering(kind, &refused(code, "listZones", "not this call"));
        let seen = doctor(&home, "").seen();
        let whole: serde_json::Value = serde_json::from_str(&seen.stdout).unwrap();
        let steps = whole["step"].as_array().unwrap();
        let key = steps.iter().find(|row| row["step"] == "key").unwrap();
        assert_eq!(
            (&key["status"], &key["came"]),
            (&"warn".into(), &"accepted".into()),
            "{kind} {seen:?}"
        );
    }
}

#[test]
fn a_number_that_navers_list_does_not_have_is_the_suspicious_argument() {
    let list = |asked: &Asked| {
        let rows = r#"[{"serverInstanceNo":"4299","serverName":"web"}]"#;
        let body = match asked.api() {
            "getServerInstanceList" => format!(
                r#"{{"getServerInstanceListResponse":{{"returnCode":"0","returnMessage":"success","totalRows":1,"serverInstanceList":{rows}}}}}"#
            ),
            api => format!(
                r#"{{"{api}Response":{{"returnCode":"0","returnMessage":"success","totalRows":0}}}}"#
            ),
        };
        Stub::whole("200 OK", "application/json", &body)
    };
    let cloud = StandIn::new(list);
    let home = of_kind("ncloud", &cloud.url.replace("/client/api", "/"), "");
    let (step, came, advice) = failing(
        doctor(&home, "stop serverinstances serverinstancenolist=4298"),
        2,
    );
    assert_eq!(step, "arguments");
    assert!(came.contains("=4298`"), "{came}");
    assert!(advice.contains("4299"), "{advice}");
    let seen = home.run("doctor stop serverinstances serverinstancenolist=4299");
    assert!(
        seen.seen()
            .stdout
            .contains("found serverInstanceNoList=4299")
    );
    assert!(cloud.asked("stopServerInstances").is_empty());
}
