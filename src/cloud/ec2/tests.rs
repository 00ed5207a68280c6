//! How calls are signed and answers read, as a user of the dialect sees it: the exchanges that were recorded, and refusals in
//! each of the ways in which servers word them.

use super::*;
use crate::config::secret::Secret;
use crate::error::Kind;
use crate::record::Value;

const SECRET: &str = "TOPSECRET";

fn reply(status: u16, body: &str) -> Reply {
    let html = body.trim_start().to_lowercase().starts_with("<html");
    Reply {
        status,
        content_type: if html { "text/html" } else { "text/xml" }.into(),
        body: body.as_bytes().to_vec().into(),
        ..Reply::default()
    }
}

fn request(api: &str, params: &[(&str, &str)]) -> Request {
    Request {
        api: api.into(),
        params: params
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
    }
}

fn manner(expires: u64) -> Manner {
    Manner {
        version: VERSIONS[0].into(),
        method: "hmacsha256".into(),
        variant: 0,
        expires,
        response: "xml".into(),
    }
}

fn signed(api: &str, params: &[(&str, &str)], manner: &Manner) -> SignedCall {
    let proof = Proof::Keys {
        apikey: "KEY",
        secretkey: &Secret::new(SECRET),
    };
    Ec2.sign(
        &request(api, params),
        "http://cloud:7080/awsapi",
        proof,
        manner,
        1_000_000_000,
    )
}

/// An exchange as it was recorded.
#[derive(serde::Deserialize)]
struct Exchange {
    request: Sent,
    status: u16,
    body: String,
}

#[derive(serde::Deserialize)]
struct Sent {
    params: Vec<(String, String)>,
}

fn recorded() -> Vec<(Request, Reply)> {
    let text = include_str!("../../../tests/recorded/ec2/exchanges.jsonl");
    let exchanges = text.lines().map(|line| {
        let Exchange {
            request: Sent { params },
            status,
            body,
        } = serde_json::from_str(line).unwrap();
        let action = params.iter().find(|(name, _)| name == "Action").unwrap();
        let action = catalog::action(&action.1).unwrap();
        let own = params
            .iter()
            .filter(|(name, _)| action.api.param(name).is_some());
        let request = Request {
            api: action.api.name.clone(),
            params: own.cloned().collect(),
        };
        (request, reply(status, &body))
    });
    exchanges.collect()
}

/// What an answer comes to: its things by their ids, with their state, and what is waited for.
fn told(request: &Request, reply: &Reply) -> String {
    let (job, answer) = match Ec2.read(request, reply, &Types::default(), Ec2.follows(&request.api))
    {
        Ok(Outcome::Done(answer)) => (None, answer),
        Ok(Outcome::Started { job, answer }) => (Some(job), answer),
        Err(error) => return format!("{:?} {:?}: {}", error.kind, error.code, error.message),
    };
    let rows = answer.records().map(|row| {
        let id = answer.id.as_deref().and_then(|id| row.text(id));
        let first = || {
            row.fields
                .first()
                .map(|(name, value)| format!("{name}={}", value.scalar().unwrap_or_default()))
        };
        let known = id.or_else(first).unwrap_or_default();
        format!("{known} {}", waits::state(&row).unwrap_or_default())
            .trim_end()
            .to_string()
    });
    let rows: Vec<String> = rows.collect();
    let job = job.map_or(String::new(), |job| format!(" -> {job}"));
    format!("{}{job}", rows.join(", "))
}

#[test]
fn what_was_recorded_comes_to_rows() {
    let expected = [
        "i-cb28e0f978e3b9fa1 running",
        "i-b39094ede54030e45 pending -> i-b39094ede54030e45",
        "i-b39094ede54030e45 stopping -> i-b39094ede54030e45",
        "i-b39094ede54030e45 pending -> i-b39094ede54030e45",
        "requestId=request-id",
        "ami-edd0ccfb126236a0a -> ami-edd0ccfb126236a0a",
        "vol-063fa417d64303cdd available",
        "vol-063fa417d64303cdd attaching -> vol-063fa417d64303cdd",
        "vol-063fa417d64303cdd in-use",
        "vol-063fa417d64303cdd detaching -> vol-063fa417d64303cdd",
        "snap-a83003f2987195b33 completed",
        "snap-a83003f2987195b33 completed",
        "requestId=request-id",
        "requestId=request-id",
        "requestId=request-id",
        "i-b39094ede54030e45 shutting-down -> i-b39094ede54030e45",
        "Refused Some(400): TerminateInstances was refused: The instance ID 'i-nope' does not exist \
         (InvalidInstanceID.NotFound: there is no such instance)",
    ];
    let exchanges = recorded();
    assert_eq!(exchanges.len(), expected.len());
    for ((request, reply), expected) in exchanges.iter().zip(expected) {
        assert_eq!(told(request, reply), expected, "{}", request.api);
    }
}

#[test]
fn instances_are_rows_with_their_reservation_and_typed_fields() {
    let (request, reply) = &recorded()[0];
    let Ok(Outcome::Done(answer)) = Ec2.read(request, reply, &Types::default(), false) else {
        panic!("no answer");
    };
    let row = answer.records().next().unwrap();
    assert_eq!(
        row.text("reservationId").as_deref(),
        Some("r-d68311b9f671f64cd")
    );
    let state = row.get("instanceState").and_then(Value::as_record).unwrap();
    assert_eq!(state.get("code"), Some(&Value::Number("16".into())));
    assert_eq!(state.text("name").as_deref(), Some("running"));
    assert_eq!(row.get("ebsOptimized"), Some(&Value::Bool(false)));
    assert_eq!(row.get("groupSet"), Some(&Value::List(Vec::new())));
    assert_eq!(row.text("reason").as_deref(), Some(""));
    let Some(Value::List(disks)) = row.get("blockDeviceMapping") else {
        panic!("{row:?}");
    };
    let disk = disks[0].as_record().unwrap().get("ebs").unwrap();
    assert_eq!(
        disk.as_record().unwrap().text("status").as_deref(),
        Some("attached")
    );
    assert_eq!(answer.name.as_deref(), Some("instancesSet"));
}

#[test]
fn lists_may_be_empty_prefixed_or_of_an_action_that_nobody_knows() {
    for (api, body, expected) in [
        (
            "describeVolumes",
            "<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>",
            "",
        ),
        ("describeVolumes", "<DescribeVolumesResponse/>", ""),
        (
            "describeKeyPairs",
            "<n:DescribeKeyPairsResponse xmlns:n='x'><n:keySet><n:item><n:keyName>k</n:keyName></n:item></n:keySet></n:DescribeKeyPairsResponse>",
            "keyName=k",
        ),
        (
            "describeVpcs",
            "<DescribeVpcsResponse><requestId>1</requestId><vpcSet><item><vpcId>v</vpcId></item></vpcSet></DescribeVpcsResponse>",
            "vpcId=v",
        ),
        (
            "deleteVolume",
            "<DeleteVolumeResponse><requestId>1</requestId><return>true</return></DeleteVolumeResponse>",
            "return=true",
        ),
        (
            "cloudEC2Version",
            "<CloudEC2Version>1.08</CloudEC2Version>",
            "CloudEC2Version=1.08",
        ),
        (
            "setOfferMapping",
            "offering mapping set successfully",
            "message=offering mapping set successfully",
        ),
    ] {
        assert_eq!(
            told(&request(api, &[]), &reply(200, body)),
            expected,
            "{api}"
        );
    }
    // Several reservations are one list.
    let item = |id: &str| format!("<item><instanceId>{id}</instanceId></item>");
    let reservation = |id: &str, inside: &str| {
        format!(
            "<item><reservationId>{id}</reservationId><groupSet><item><groupId>g</groupId></item></groupSet><instancesSet>{inside}</instancesSet></item>"
        )
    };
    let body = format!(
        "<DescribeInstancesResponse><reservationSet>{}{}</reservationSet></DescribeInstancesResponse>",
        reservation("r1", &(item("a") + &item("b"))),
        reservation("r2", &item("c"))
    );
    assert_eq!(
        told(&request("describeInstances", &[]), &reply(200, &body)),
        "a, b, c"
    );
}

#[test]
fn refusals_do_not_repeat_the_secrets_of_the_call() {
    let asked = request(
        "runInstances",
        &[("ImageId", "m-1"), ("UserData", "hush-hush")],
    );
    for value in ["hush-hush", "aHVzaC1odXNo"] {
        let body = format!(
            "<Response><Errors><Error><Code>InvalidParameterValue</Code><Message>{value} of m-1 is wrong</Message></Error></Errors></Response>"
        );
        let error = Ec2
            .read(&asked, &reply(400, &body), &Types::default(), true)
            .unwrap_err();
        assert!(
            error.message.contains("******** of m-1"),
            "{}",
            error.message
        );
        assert_eq!(error.said.unwrap().text, "******** of m-1 is wrong");
    }
}

#[test]
fn refusals_are_understood_however_they_are_worded() {
    let xml = |code: &str| {
        format!(
            "<?xml version=\"1.0\"?><Response><Errors><Error><Code>{code}</Code><Message>No.</Message></Error></Errors><RequestID>1</RequestID></Response>"
        )
    };
    let page = |status: &str| {
        format!(
            "<html><head><title>Apache Tomcat/6.0.33 - Error report</title></head><body><h1>HTTP Status {status}</h1><p><b>type</b> Status report</p></body></html>"
        )
    };
    for (api, status, body, kind, says) in [
        (
            "stopInstances",
            400,
            xml("Client.IncorrectState"),
            Kind::Refused,
            "StopInstances was refused: No. (IncorrectState: ",
        ),
        (
            "stopInstances",
            500,
            xml("Server.InternalError"),
            Kind::Unknown,
            "StopInstances came to no end: No. (InternalError: ",
        ),
        (
            "stopInstances",
            503,
            xml("Unavailable"),
            Kind::Unknown,
            "(Unavailable: ",
        ),
        (
            "stopInstances",
            400,
            xml("InternalFailure"),
            Kind::Refused,
            "(InternalFailure: ",
        ),
        (
            "describeInstances",
            500,
            xml("Server.InternalError"),
            Kind::Refused,
            "DescribeInstances was refused: No. (InternalError: ",
        ),
        (
            "stopInstances",
            500,
            xml("Server.InsufficientInstanceCapacity"),
            Kind::Refused,
            "(InsufficientInstanceCapacity: ",
        ),
        (
            "stopInstances",
            400,
            xml("Client.Strange"),
            Kind::Refused,
            "(Strange)",
        ),
        (
            "stopInstances",
            403,
            "Access denied".into(),
            Kind::Refused,
            "Access denied (403 ACCESS_DENIED: ",
        ),
        (
            "stopInstances",
            530,
            page("530 - Missing Version parameter"),
            Kind::Refused,
            "Missing Version parameter (530 ",
        ),
        (
            "stopInstances",
            531,
            page("531 - Unsupported Version value: 1"),
            Kind::Refused,
            "Unsupported Version value: 1 (531 ",
        ),
        ("stopInstances", 404, page("404 - "), Kind::Refused, "404"),
        (
            "stopInstances",
            500,
            "java.lang.NullPointerException".into(),
            Kind::Unknown,
            "java.lang.NullPointerException",
        ),
        (
            "describeInstances",
            500,
            "java.lang.NullPointerException".into(),
            Kind::Unreachable,
            "Exception",
        ),
        (
            "describeInstances",
            200,
            "<html><title>Login</title></html>".into(),
            Kind::Unreachable,
            "a web page: Login",
        ),
        (
            "stopInstances",
            200,
            String::new(),
            Kind::Unknown,
            "it is empty",
        ),
        (
            "stopInstances",
            200,
            "<StopInstances".into(),
            Kind::Unknown,
            "not understood",
        ),
        (
            "stopInstances",
            502,
            page("502 - Bad Gateway"),
            Kind::Unknown,
            "HTTP 502",
        ),
        (
            "stopInstances",
            200,
            format!("{}{}", "<a>".repeat(9000), "</a>".repeat(9000)),
            Kind::Unknown,
            "nested too deeply",
        ),
    ] {
        let error = Ec2
            .read(
                &request(api, &[]),
                &reply(status, &body),
                &Types::default(),
                true,
            )
            .unwrap_err();
        assert_eq!(error.kind, kind, "{status} {body} {error:?}");
        assert!(error.message.contains(says), "{status} {}", error.message);
        assert!(!error.hints.is_empty(), "{error:?}");
    }
    let mistyped = Ec2.read(
        &request("describeInstanses", &[]),
        &reply(500, "<html><h1>KeyError</h1></html>"),
        &Types::default(),
        false,
    );
    let said = mistyped.unwrap_err().said.unwrap();
    assert_eq!(said.doubt, Some(crate::error::Doubt::Command));
}

#[test]
fn calls_carry_what_the_api_wants_and_secrets_are_in_no_address() {
    let call = signed("stopInstances", &[("InstanceId", "a,b")], &manner(0));
    let query = "AWSAccessKeyId=KEY&Action=StopInstances&InstanceId.1=a&InstanceId.2=b&SignatureMethod=HmacSHA256\
                 &SignatureVersion=2&Timestamp=2001-09-09T01%3A46%3A40Z&Version=2012-08-15&Signature=";
    assert!(
        call.url
            .starts_with(&format!("http://cloud:7080/awsapi?{query}")),
        "{}",
        call.url
    );
    assert_eq!(call.body, None);
    assert_eq!(
        call.shown,
        "http://cloud:7080/awsapi?Action=StopInstances&InstanceId.1=a&InstanceId.2=b"
    );
    let expiring = Manner {
        method: "hmacsha1".into(),
        ..manner(600)
    };
    let call = signed("describeInstances", &[], &expiring);
    assert!(
        call.url
            .contains("&Expires=2001-09-09T01%3A56%3A40Z&SignatureMethod=HmacSHA1&"),
        "{}",
        call.url
    );
    let call = signed("runInstances", &[("UserData", "hush")], &manner(0));
    assert!(call.url.ends_with("/awsapi") && call.body.unwrap().contains("UserData=aHVzaA%3D%3D"));
    assert!(!call.shown.contains("aHVzaA"), "{}", call.shown);
    let long = "x".repeat(5000);
    assert!(
        signed("createImage", &[("Description", &long)], &manner(0))
            .body
            .is_some()
    );
    // The servlet is told the keys of the profile, unsigned.
    let call = signed("setUserKeys", &[], &manner(0));
    assert_eq!(
        call.body.as_deref(),
        Some("Action=SetUserKeys&accesskey=KEY&secretkey=TOPSECRET")
    );
    assert!(!call.shown.contains(SECRET) && call.url.ends_with("/awsapi"));
    let call = signed(
        "setUserKeys",
        &[("accesskey", "A"), ("secretkey", "B")],
        &manner(0),
    );
    assert_eq!(
        call.body.as_deref(),
        Some("Action=SetUserKeys&accesskey=A&secretkey=B")
    );
}

#[test]
fn another_version_is_tried_where_one_is_not_taken() {
    let refused = reply(
        531,
        "<html><h1>HTTP Status 531 - Unsupported Version</h1></html>",
    );
    let (other, note) = Ec2
        .otherwise(&request("stopInstances", &[]), &refused, &manner(0))
        .unwrap();
    assert_eq!(other.version, "2010-11-15");
    assert!(
        note.contains("2012-08-15") && note.contains("set api_version 2010-11-15"),
        "{note}"
    );
    assert!(
        Ec2.otherwise(&request("stopInstances", &[]), &refused, &other)
            .is_none()
    );
    let chosen = Manner {
        version: "2009-10-31".into(),
        ..manner(0)
    };
    assert!(
        Ec2.otherwise(&request("stopInstances", &[]), &refused, &chosen)
            .is_none()
    );
    let late = reply(
        531,
        "<html><h1>HTTP Status 531 - Expires parameter value is in the past: expired</h1></html>",
    );
    assert!(
        Ec2.otherwise(&request("stopInstances", &[]), &late, &manner(0))
            .is_none()
    );
    assert!(Ec2.unauthorized(&late) && !Ec2.unauthorized(&refused));
    assert!(
        Ec2.otherwise(&request("stopInstances", &[]), &reply(530, ""), &manner(0))
            .is_none()
    );
}

#[test]
fn a_body_is_signed_as_the_server_reads_it() {
    let denied = reply(403, "Access denied");
    let script = [
        ("UserData", "#!/bin/sh"),
        ("InstanceType", "Small Instance*~"),
    ];
    let run = request("runInstances", &script);
    let (other, _) = Ec2.otherwise(&run, &denied, &manner(0)).unwrap();
    assert!(Ec2.otherwise(&run, &denied, &other).is_none());
    let bodies =
        [manner(0), other].map(|manner| signed("runInstances", &script, &manner).body.unwrap());
    let [usual, form] = bodies
        .each_ref()
        .map(|body| body.split("&Signature=").next().unwrap());
    assert_eq!(usual, form);
    assert_ne!(bodies[0], bodies[1]);
    let pairs =
        [("B", "a b*c~d/"), ("A", "é")].map(|(name, value)| (name.to_string(), value.to_string()));
    assert_eq!(sign::form(&pairs), "A=%C3%A9&B=a+b*c%7Ed%2F");
    // Where nothing is read differently the signature was wrong.
    for params in [&script[..1], &script[1..]] {
        assert!(
            Ec2.otherwise(&request("runInstances", params), &denied, &manner(0))
                .is_none()
        );
    }
}

#[test]
fn late_calls_and_too_many_of_them_are_told_from_other_refusals() {
    let refusal = |code: &str| {
        let body =
            format!("<Response><Errors><Error><Code>{code}</Code></Error></Errors></Response>");
        reply(400, &body)
    };
    for (code, late, many) in [
        ("RequestExpired", true, false),
        ("Client.RequestExpired", true, false),
        ("RequestLimitExceeded", false, true),
        ("Client.Throttling", false, true),
        ("InvalidParameterValue", false, false),
    ] {
        let reply = refusal(code);
        assert_eq!(Ec2.unauthorized(&reply), late, "{code}");
        assert_eq!(Ec2.throttled(&reply, 0).is_some(), many, "{code}");
    }
}

fn progress(api: &str, job: &str, status: u16, body: &str) -> String {
    let request = request(api, &[]);
    match Ec2.progress(&request, job, &reply(status, body), &Types::default()) {
        Ok(Progress::Running) => "running".into(),
        Ok(Progress::Done(answer)) => {
            let rows = answer.records().filter_map(|row| waits::state(&row));
            format!("done {}", rows.collect::<Vec<_>>().join(","))
        }
        Ok(Progress::Failed(error)) => error.message,
        Err(error) => format!("{:?}", error.kind),
    }
}

#[test]
fn a_verb_is_done_when_its_things_are_in_the_state_that_it_aims_at() {
    let instance = |id: &str, state: &str| {
        format!(
            "<item><instanceId>{id}</instanceId><instanceState><code>1</code><name>{state}</name></instanceState><stateReason><message>full</message></stateReason></item>"
        )
    };
    let instances = |items: &[String]| {
        format!(
            "<R><reservationSet><item><instancesSet>{}</instancesSet></item></reservationSet></R>",
            items.concat()
        )
    };
    let gone = "<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code></Error></Errors></Response>";
    let both =
        |first: &str, second: &str| instances(&[instance("a", first), instance("b", second)]);
    for (api, job, status, body, expected) in [
        ("runInstances", "a,b", 200, both("running", "pending"), "running"),
        ("runInstances", "a,b", 200, both("running", "running"), "done running,running"),
        ("runInstances", "a,b", 200, instances(&[instance("a", "running")]), "running"),
        ("runInstances", "a,b", 200, both("running", "terminated"), "RunInstances failed: b is terminated and not running: full"),
        ("runInstances", "a", 400, gone.to_string(), "running"),
        ("startInstances", "a", 200, instances(&[instance("a", "stopped")]), "running"),
        ("stopInstances", "a,b", 200, both("stopped", "stopping"), "running"),
        ("stopInstances", "a", 200, instances(&[instance("a", "terminated")]), "StopInstances failed: a is terminated and not stopped: full"),
        ("terminateInstances", "a,b", 200, instances(&[instance("a", "terminated")]), "done terminated,terminated"),
        ("terminateInstances", "a", 400, gone.to_string(), "done terminated"),
        ("createVolume", "v", 200, "<R><volumeSet><item><volumeId>v</volumeId><status>creating</status></item></volumeSet></R>".into(), "running"),
        ("attachVolume", "v", 200, "<R><volumeSet><item><volumeId>v</volumeId><status>in-use</status></item></volumeSet></R>".into(), "done in-use"),
        ("detachVolume", "v", 200, "<R><volumeSet><item><volumeId>v</volumeId><status>in-use</status></item></volumeSet></R>".into(), "running"),
        ("createSnapshot", "s", 200, "<R><snapshotSet><item><snapshotId>s</snapshotId><status>error</status></item></snapshotSet></R>".into(), "CreateSnapshot failed: s is error and not completed"),
        ("createImage", "m", 200, "<R><imagesSet><item><imageId>m</imageId><imageState>available</imageState></item></imagesSet></R>".into(), "done available"),
        ("createImage", "m", 403, "Access denied".into(), "Refused"),
    ] {
        assert_eq!(progress(api, job, status, &body), expected, "{api} {body}");
    }
    let stop = request("stopInstances", &[]);
    assert_eq!(
        Ec2.ask_line(&stop, "a,b"),
        "describe instances instanceid=a,b"
    );
    assert_eq!(Ec2.under_way(&stop, "a,b"), "the change of a, b to stopped");
    assert!(!Ec2.follows("rebootInstances") && !Ec2.follows("deleteVolume"));
}

#[test]
fn lists_by_token_go_on_unless_a_part_was_asked_for() {
    let mut answer = Answer::default();
    answer.head.push("nextToken", Value::String("t".into()));
    let next = |params: &[(&str, &str)]| {
        let next = Ec2.next(&request("describeInstances", params), &answer);
        next.map(|next| next.params.len())
    };
    assert_eq!(next(&[]), Some(1));
    assert_eq!(next(&[("InstanceId", "a")]), Some(2));
    assert_eq!(next(&[("InstanceId", "a"), ("NextToken", "s")]), None);
    assert_eq!(next(&[("MaxResults", "5")]), None);
    assert_eq!(next(&[("MaxResults", "5"), ("NextToken", "s")]), None);
    assert_eq!(
        Ec2.next(&request("describeInstances", &[]), &Answer::default()),
        None
    );
}

#[test]
fn an_empty_list_of_ids_is_not_sent() {
    let error = Ec2
        .objection(&request("stopInstances", &[("InstanceId", "")]))
        .unwrap();
    assert!(
        error.message.contains("InstanceId= is empty"),
        "{}",
        error.message
    );
    assert!(
        Ec2.objection(&request("stopInstances", &[("InstanceId", "a")]))
            .is_none()
    );
    assert!(
        Ec2.reads("DescribeInstances")
            && Ec2.reads("getPasswordData")
            && !Ec2.reads("runInstances")
    );
}
