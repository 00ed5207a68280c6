//! How calls are signed and answers read, as a user of the dialect sees it.

use super::*;

fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status,
        content_type: "application/json".into(),
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

fn signed(params: &[(&str, &str)]) -> SignedCall {
    let keys = Proof::Keys {
        apikey: "KEY",
        secretkey: &Secret::new("TOPSECRET"),
    };
    proved(params, keys)
}

fn proved(params: &[(&str, &str)], proof: Proof<'_>) -> SignedCall {
    let manner = Manner {
        version: String::new(),
        method: String::new(),
        variant: 0,
        expires: 600,
        response: "json".into(),
    };
    CLOUDSTACK.sign(
        &request("createUser", params),
        "http://cloud/client/api",
        proof,
        &manner,
        1_000_000_000,
    )
}

#[test]
fn where_nobody_is_asked_for_nothing_is_signed() {
    let call = proved(&[("username", "x")], Proof::Nothing);
    let url = "http://cloud/client/api?command=createUser&response=json&username=x";
    assert_eq!((call.url.as_str(), call.body), (url, None));
    assert_eq!(call.shown, url);
}

#[test]
fn secrets_and_bulk_go_in_a_body_and_nothing_secret_is_shown() {
    let call = signed(&[("username", "x")]);
    assert!(call.body.is_none());
    assert!(
        call.url.contains("&expires=2001-09-09T01%3A56%3A40%2B0000"),
        "{}",
        call.url
    );
    let call = signed(&[("username", "x"), ("password", "hunter2")]);
    assert_eq!(call.url, "http://cloud/client/api");
    assert!(call.body.unwrap().contains("password=hunter2"));
    assert!(!call.shown.contains("hunter2") && !call.shown.contains("KEY"));
    assert!(signed(&[("name", &"x".repeat(3000))]).body.is_some());
}

#[test]
fn a_sessions_key_goes_in_the_body_and_its_cookies_in_the_head() {
    let token = Token {
        sessionkey: Secret::new("S+/="),
        cookies: Secret::new("JSESSIONID=node0"),
    };
    let call = proved(&[("username", "x")], Proof::Session(&token));
    assert_eq!(call.url, "http://cloud/client/api");
    assert_eq!(
        call.body.as_deref(),
        Some("command=createUser&response=json&username=x&sessionkey=S%2B%2F%3D")
    );
    assert_eq!(call.cookies, Some(token.cookies.clone()));
    assert!(!call.shown.contains("S%2B"), "{}", call.shown);
}

#[test]
fn what_a_server_says_of_a_secret_is_not_repeated() {
    let call = request(
        "createUser",
        &[("username", "kim"), ("password", "hunter2")],
    );
    let body = r#"{"createuserresponse":{"errorcode":431,"errortext":"Invalid parameter password value=hunter2 of kim"}}"#;
    let error = CLOUDSTACK
        .read(&call, &reply(431, body), &Types::default(), true)
        .unwrap_err();
    assert!(error.message.contains("value=******** of kim"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn a_sentence_in_place_of_an_answer_refuses_a_change_only_in_the_apis_media_type() {
    let change = request("createUser", &[]);
    for (status, content_type, body, kind) in [
        (531, "application/json", "null", Kind::Refused),
        (533, "text/xml;charset=utf-8", "No room", Kind::Refused),
        (531, "text/plain", "null", Kind::Refused),
        (533, "text/plain", "Upstream has no room", Kind::Unknown),
        (533, "", "Upstream has no room", Kind::Unknown),
        (530, "text/html", "<html>no</html>", Kind::Unknown),
        (430, "text/plain", "no", Kind::Refused),
    ] {
        let reply = Reply {
            content_type: content_type.into(),
            ..reply(status, body)
        };
        let error = CLOUDSTACK
            .read(&change, &reply, &Types::default(), true)
            .unwrap_err();
        assert_eq!(error.kind, kind, "{status} {content_type} {body}");
    }
}

#[test]
fn a_title_is_quoted_from_web_pages_only() {
    let read = |body: &str| {
        let call = request("listUsers", &[]);
        let error = CLOUDSTACK
            .read(&call, &reply(200, body), &Types::default(), true)
            .unwrap_err();
        error.message
    };
    let told = read("<html><title>Welcome</title></html>");
    assert!(told.ends_with(": Welcome"), "{told}");
    let told = read("{\"secretkey\": \"<title>hush</title>\"");
    assert!(!told.contains("hush"), "{told}");
    let told = read("<user><title>hush</title>");
    assert!(!told.contains("hush"), "{told}");
}

#[test]
fn only_the_outer_status_of_a_job_counts() {
    let start = request("deployVirtualMachine", &[]);
    let progress = |body: &str| {
        let body = format!("{{\"queryasyncjobresultresponse\":{{{body}}}}}");
        CLOUDSTACK
            .progress(&start, "7", &reply(200, &body), &Types::default())
            .unwrap()
    };
    assert!(matches!(progress("\"jobstatus\":0"), Progress::Running));
    let done = progress(r#""jobstatus":1,"jobresult":{"virtualmachine":{"id":"a","jobstatus":0}}"#);
    let Progress::Done(answer) = done else {
        panic!("{done:?}")
    };
    assert_eq!(answer.name.as_deref(), Some("virtualmachine"));
    for (body, code, text) in [
        (
            r#""jobstatus":2,"jobresultcode":530,"jobresult":{"errorcode":533,"errortext":"no room"}"#,
            533,
            "no room",
        ),
        (
            r#""jobstatus":2,"jobresultcode":551,"jobresult":"not enough capacity""#,
            551,
            "not enough capacity",
        ),
        (
            r#""jobstatus":2,"jobresultcode":530"#,
            530,
            "no reason given",
        ),
    ] {
        let Progress::Failed(error) = progress(body) else {
            panic!("{body}")
        };
        assert_eq!((error.kind, error.code), (Kind::JobFailed, Some(code)));
        assert!(error.message.contains(text), "{error}");
    }
}

#[test]
fn what_reads_and_what_changes_is_told_apart() {
    for api in [
        "listUsers",
        "getUser",
        "queryAsyncJobResult",
        "quotaIsEnabled",
        "findHostsForMigration",
    ] {
        assert!(CLOUDSTACK.reads(api), "{api}");
    }
    for api in [
        "deployVirtualMachine",
        "getUploadParamsForVolume",
        "isolateX",
        "login",
        "extractVolume",
    ] {
        assert!(!CLOUDSTACK.reads(api), "{api}");
    }
}

#[test]
fn a_typed_question_after_a_job_is_not_followed() {
    let body = r#"{"queryasyncjobresultresponse":{"jobstatus":0,"jobid":"7"}}"#;
    assert!(!CLOUDSTACK.follows("queryAsyncJobResult"));
    let started = Request {
        api: "deployVirtualMachine".into(),
        params: Vec::new(),
    };
    let outcome = CLOUDSTACK
        .read(
            &CLOUDSTACK.ask(&started, "7"),
            &reply(200, body),
            &Types::default(),
            false,
        )
        .unwrap();
    assert!(matches!(outcome, Outcome::Done(_)));
}
