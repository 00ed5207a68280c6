//! Calls as they go over the wire, answers as they come back, and what is made of refusals.

use bytes::Bytes;

use super::*;
use crate::record::{Value, json};

const URL: &str = "https://ncloud.apigw.ntruss.com";

fn request(line: &str) -> Request {
    let mut words = line.split(' ');
    Request {
        api: words.next().unwrap_or_default().into(),
        params: words
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
    }
}

fn signed(line: &str, url: &str) -> SignedCall {
    let manner = Manner {
        expires: 600,
        response: "json".into(),
        version: String::new(),
        method: String::new(),
        variant: 0,
    };
    let secretkey = Secret::new("SECRETKEYEXAMPLE");
    let proof = Proof::Keys {
        apikey: "ACCESSKEYEXAMPLE",
        secretkey: &secretkey,
    };
    Ncloud(Platform::Vpc).sign_at(&request(line), url, proof, &manner, 1_505_290_625_682)
}

fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status,
        content_type: "application/json".into(),
        body: Bytes::from(body.to_string()),
        ..Reply::default()
    }
}

fn read(line: &str, reply: &Reply) -> Result<Outcome> {
    Ncloud(Platform::Vpc).read(&request(line), reply, &types(line), true)
}

fn types(line: &str) -> Types {
    let catalog = Catalog::of(Platform::Vpc.apis());
    let api = catalog.api(&request(line).api).unwrap().unwrap();
    Types::of(&api.response)
}

#[test]
fn a_call_is_a_get_with_its_proof_in_the_head() {
    let call = signed("getServerInstanceList regionCode=KR", URL);
    assert_eq!(
        call.url,
        "https://ncloud.apigw.ntruss.com/vserver/v2/getServerInstanceList?regionCode=KR&responseFormatType=json"
    );
    assert_eq!((call.body, &call.shown), (None, &call.url));
    let headers: Vec<(&str, &str)> = call
        .headers
        .iter()
        .map(|(name, value)| (*name, value.expose()))
        .collect();
    assert_eq!(
        headers,
        [
            ("x-ncp-apigw-timestamp", "1505290625682"),
            ("x-ncp-iam-access-key", "ACCESSKEYEXAMPLE"),
            (
                "x-ncp-apigw-signature-v2",
                "AdLYCeBkjJcMLKwRSaX/QcKdxGvhUNtPDnXQP7rQ/A4="
            ),
        ]
    );
}

#[test]
fn secrets_and_what_is_long_go_in_a_body() {
    let call = signed(
        "getRootPassword serverInstanceNo=7 privateKey=hush-hush",
        URL,
    );
    assert!(
        call.url.ends_with("/vserver/v2/getRootPassword"),
        "{}",
        call.url
    );
    assert!(call.body.unwrap().contains("privateKey=hush-hush"));
    assert!(!call.shown.contains("hush"), "{}", call.shown);
    // The body is not signed.
    let other = signed("getRootPassword serverInstanceNo=8 privateKey=x", URL);
    assert!(call.headers == other.headers);
    let long = format!("createInitScript initScriptContent={}", "x".repeat(3000));
    assert!(signed(&long, URL).body.is_some());
}

#[test]
fn what_leaves_things_as_they_were_may_show_late() {
    for (line, late) in [
        ("rebootServerInstances serverInstanceNoList=7", true),
        ("changeServerInstanceSpec serverInstanceNo=7", true),
        ("addNetworkAclInboundRule networkAclNo=7", true),
        ("stopServerInstances serverInstanceNoList=7", false),
        ("terminateServerInstances serverInstanceNoList=7", false),
        ("createServerInstances serverName=web", false),
        ("getServerInstanceList", false),
    ] {
        let told = Ncloud(Platform::Vpc).shows_late(&request(line));
        assert_eq!(told, late, "{line}");
    }
}

#[test]
fn the_address_may_be_a_service_or_any_other() {
    for (url, line, expected) in [
        (
            URL,
            "createVpc",
            "https://ncloud.apigw.ntruss.com/vpc/v2/createVpc?",
        ),
        (
            "https://ncloud.apigw.ntruss.com/vserver/v2",
            "createVpc",
            "https://ncloud.apigw.ntruss.com/vpc/v2/createVpc?",
        ),
        ("https://h/v2", "createVpc", "https://h/vpc/v2/createVpc?"),
        ("https://h/x/v2", "createVpc", "https://h/vpc/v2/createVpc?"),
        (
            "https://h/a/x/v2/",
            "createVpc",
            "https://h/a/vpc/v2/createVpc?",
        ),
        ("https://v2", "createVpc", "https://v2/vpc/v2/createVpc?"),
        ("https://h/", "createVpc", "https://h/vpc/v2/createVpc?"),
        (
            "http://127.0.0.1:8080/cloud/",
            "server/getZoneList",
            "http://127.0.0.1:8080/cloud/server/v2/getZoneList?",
        ),
        (
            "http://127.0.0.1:8080/",
            "vmysql/getCloudMysqlInstanceList",
            "http://127.0.0.1:8080/vmysql/v2/getCloudMysqlInstanceList?",
        ),
    ] {
        let call = signed(line, url);
        assert!(call.url.starts_with(expected), "{}", call.url);
    }
    let typed = signed("getZoneList responseformattype=xml", URL);
    assert!(
        typed.url.ends_with("getZoneList?responseformattype=xml"),
        "{}",
        typed.url
    );
}

const JSON: &str = r#"{"getServerInstanceListResponse":{"requestId":"r-1","returnCode":"0","returnMessage":"success","totalRows":3,"serverInstanceList":[{"serverInstanceNo":"7","serverName":"web","serverDescription":"","memorySize":4294967296,"isProtectServerTermination":false,"serverInstanceStatus":{"code":"RUN","codeName":"Server run state"},"networkInterfaceNoList":["1","2"],"eventList":[]}]}}"#;
const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><getServerInstanceListResponse><requestId>r-1</requestId><returnCode>0</returnCode><returnMessage>success</returnMessage><totalRows>3</totalRows>\n<serverInstanceList><serverInstance><serverInstanceNo>7</serverInstanceNo><serverName>web</serverName><serverDescription/><memorySize>4294967296</memorySize><isProtectServerTermination>false</isProtectServerTermination><serverInstanceStatus><code>RUN</code><codeName>Server run state</codeName></serverInstanceStatus><networkInterfaceNoList><networkInterfaceNo>1</networkInterfaceNo><networkInterfaceNo>2</networkInterfaceNo></networkInterfaceNoList><eventList></eventList></serverInstance></serverInstanceList></getServerInstanceListResponse>";

#[test]
fn xml_says_the_same_as_json() {
    let of = |body: &str| match read("getServerInstanceList", &reply(200, body)).unwrap() {
        Outcome::Done(answer) => answer,
        started => panic!("{started:?}"),
    };
    let (json, xml) = (of(JSON), of(XML));
    assert_eq!(json.head, xml.head);
    assert_eq!((&json.name, &json.rows), (&xml.name, &xml.rows));
    assert_eq!(json.resource().as_deref(), Some("7"));
    assert_eq!(Ncloud(Platform::Vpc).total(&json), Some(3));
    let empty = "<getServerInstanceListResponse><returnCode>0</returnCode><totalRows>0</totalRows><serverInstanceList/></getServerInstanceListResponse>";
    let empty = of(empty);
    assert_eq!(
        (empty.name.as_deref(), empty.rows.len()),
        (Some("serverInstanceList"), 0)
    );
}

#[test]
fn a_scalar_answer_is_one_thing() {
    let key = "<createLoginKeyResponse><returnCode>0</returnCode><returnMessage>success</returnMessage><privateKey>-----BEGIN\nx</privateKey></createLoginKeyResponse>";
    let Outcome::Done(answer) = read("createLoginKey keyName=x", &reply(200, key)).unwrap() else {
        panic!("nothing is waited for");
    };
    let row = answer.rows.values().next();
    let Some(Value::Record(row)) = row else {
        panic!("{answer:?}");
    };
    assert_eq!(row.text("privateKey").as_deref(), Some("-----BEGIN\nx"));
}

#[test]
fn both_envelopes_of_refusals_are_understood() {
    for (status, body, code, says) in [
        (
            401,
            r#"{"error":{"errorCode":"210","message":"Permission Denied","details":"Invalid signature."}}"#,
            210,
            "was refused: Permission Denied (Invalid signature.) (HTTP 401, errorCode 210: ",
        ),
        (
            401,
            "<?xml version=\"1.0\"?><error><errorCode>200</errorCode><message>Authentication Failed</message></error>",
            200,
            "was refused: Authentication Failed (HTTP 401, errorCode 200: ",
        ),
        (
            400,
            r#"{"responseError":{"returnCode":"800","returnMessage":"vpcNo is required."}}"#,
            800,
            "was refused: vpcNo is required. (HTTP 400, returnCode 800: ",
        ),
        (
            400,
            "<responseError><returnCode>1007000</returnCode><returnMessage>none</returnMessage></responseError>",
            1_007_000,
            "was refused: none (HTTP 400, returnCode 1007000: ",
        ),
        (
            200,
            r#"{"createVpcResponse":{"returnCode":"99999","returnMessage":"odd"}}"#,
            99999,
            "was refused: odd (HTTP 200, returnCode 99999)",
        ),
    ] {
        let error = read("createVpc ipv4CidrBlock=10.0.0.0/16", &reply(status, body)).unwrap_err();
        assert_eq!(error.kind, Kind::Refused, "{error}");
        assert_eq!(
            (error.code, error.cserrorcode),
            (Some(u32::from(status)), Some(code))
        );
        assert!(error.message.contains(says), "{error}");
        assert!(error.said.is_some() && !error.hints.is_empty(), "{error}");
    }
}

#[test]
fn a_gateway_that_lost_its_service_leaves_a_changing_call_in_doubt() {
    let body = r#"{"error":{"errorCode":"510","message":"Endpoint Timeout"}}"#;
    let kind = |line: &str| read(line, &reply(504, body)).unwrap_err().kind;
    assert_eq!(kind("createVpc ipv4CidrBlock=10.0.0.0/16"), Kind::Unknown);
    assert_eq!(kind("getVpcList"), Kind::Unreachable);
}

#[test]
fn strange_answers_are_errors_and_no_panics() {
    for body in [
        "",
        "null",
        "[]",
        "{",
        "{}",
        "<",
        "<a/>",
        "<a><b></a>",
        "<html><title>Sign in</title></html>",
        "\u{feff}<x>",
        r#"{"a":1,"b":2}"#,
        r#"{"error":1}"#,
        r#"{"error":{}}"#,
        "<error/>",
        "<!DOCTYPE x><x/>",
    ] {
        for status in [200, 400, 503] {
            let outcome = read("getVpcList", &reply(status, body));
            let is_empty_list = body == "<a/>" && status == 200;
            assert!(
                outcome.is_err() || is_empty_list,
                "{status} {body} {outcome:?}"
            );
        }
    }
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert!(read("getVpcList", &reply(200, &deep)).is_err());
}

#[test]
fn busy_things_and_quotas_are_waited_for() {
    let ncloud = Ncloud(Platform::Vpc);
    let busy = |code: &str| {
        let body = format!(r#"{{"responseError":{{"returnCode":"{code}","returnMessage":"x"}}}}"#);
        ncloud.busy(&reply(400, &body))
    };
    for code in [
        "1007009", "1011002", "1012005", "1003016", "1200004", "1250000", "1250700",
    ] {
        assert!(busy(code), "{code}");
    }
    for code in ["800", "25013", "1007000"] {
        assert!(!busy(code), "{code}");
    }
    let quota = reply(
        429,
        r#"{"error":{"errorCode":"410","message":"Throttle Limited"}}"#,
    );
    assert_eq!(ncloud.throttled(&quota, 0), Some(Throttle::Untold));
    assert_eq!(ncloud.throttled(&reply(200, JSON), 0), None);
    let later = Reply {
        retry_after: Some("7".into()),
        ..quota
    };
    let wait = Some(Throttle::For(Duration::from_secs(7)));
    assert_eq!(ncloud.throttled(&later, 0), wait);
}

#[test]
fn a_call_that_starts_something_names_its_things() {
    let body = r#"{"stopServerInstancesResponse":{"returnCode":"0","totalRows":1,"serverInstanceList":[{"serverInstanceNo":"7"}]}}"#;
    let line = "stopServerInstances serverInstanceNoList=7";
    let Outcome::Started { job, answer } = read(line, &reply(200, body)).unwrap() else {
        panic!("it is to be waited for");
    };
    assert_eq!(
        (job.as_str(), answer.resource().as_deref()),
        ("7", Some("7"))
    );
    let ncloud = Ncloud(Platform::Vpc);
    assert_eq!(ncloud.under_way(&request(line), "7"), "serverInstanceNo 7");
    assert_eq!(
        ncloud.ask_line(&request(line), "7"),
        "get serverinstancelist serverinstancenolist=7"
    );
    // A diagnostic interrupt leads to no status that could be waited for.
    let interrupt = body.replace("stopServerInstances", "interruptServerInstance");
    let outcome = read(
        "interruptServerInstance serverInstanceNo=7",
        &reply(200, &interrupt),
    );
    assert!(matches!(outcome, Ok(Outcome::Done(_))));
}

#[test]
fn what_is_lost_is_told() {
    let loss = |line: &str| Ncloud(Platform::Vpc).loses(&request(line));
    let param = |line: &str| loss(line).unwrap().param;
    assert_eq!(
        param("terminateServerInstances regionCode=KR serverInstanceNoList=7").as_deref(),
        Some("serverInstanceNoList")
    );
    assert_eq!(
        param("deleteAccessControlGroup vpcNo=1 accessControlGroupNo=2").as_deref(),
        Some("accessControlGroupNo")
    );
    assert_eq!(
        param("deleteLoginKeys keyNameList=x").as_deref(),
        Some("keyNameList")
    );
    assert!(loss("restoreNasVolumeWithSnapshot nasVolumeInstanceNo=1").is_some());
    assert!(loss("stopServerInstances serverInstanceNoList=7").is_none());
    assert!(loss("server/terminateServerInstances serverInstanceNoList=7").is_some());
}

#[test]
fn a_code_with_its_name_is_its_code() {
    let row =
        json::value(r#"{"status":{"code":"RUN","codeName":"running"},"other":{"code":1,"x":2}}"#);
    let row = row.as_record().unwrap();
    assert_eq!(row.text("status").as_deref(), Some("RUN"));
    assert_eq!(row.text("other"), None);
}
