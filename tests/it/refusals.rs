//! Refusals as people see them: what was asked, the server's words, the codes by name, what to do; recorded ones and stubs'.

use capuchin::catalog::types::Types;
use capuchin::cloud::{Dialect, Progress, Reply, Request, cloudstack::CLOUDSTACK};
use capuchin::error::Error;

use crate::support::{Home, Stub};

#[derive(serde::Deserialize)]
struct Exchange {
    name: String,
    request: Sent,
    status: u16,
    content_type: Option<String>,
    body: Option<String>,
}

#[derive(serde::Deserialize)]
struct Sent {
    method: String,
    query: Option<String>,
    body: Option<String>,
}

const RECORDED: [&str; 6] = [
    include_str!("../recorded/calls.jsonl"),
    include_str!("../recorded/async.jsonl"),
    include_str!("../recorded/lists.jsonl"),
    include_str!("../recorded/roles.jsonl"),
    include_str!("../recorded/throttle.jsonl"),
    include_str!("../recorded/usage.jsonl"),
];

impl Exchange {
    fn request(&self) -> Request {
        let Sent { query, body, .. } = &self.request;
        let parts = [query, body].map(|part| part.as_deref().unwrap_or_default());
        let command = parts
            .iter()
            .flat_map(|part| part.split('&'))
            .find_map(|pair| pair.strip_prefix("command="));
        Request {
            api: command.unwrap_or("none").into(),
            params: Vec::new(),
        }
    }

    fn reply(&self) -> Reply {
        Reply {
            status: self.status,
            content_type: self.content_type.clone().unwrap_or_default(),
            body: self.body.clone().unwrap_or_default().into(),
            ..Reply::default()
        }
    }

    /// The refusal that it records, of a call or of a job.
    fn error(&self) -> Option<Error> {
        let (request, reply) = (self.request(), self.reply());
        if request.api == "queryAsyncJobResult" && self.status == 200 {
            return match CLOUDSTACK.progress(&request, "7", &reply, &Types::default()) {
                Ok(Progress::Failed(error)) => Some(error),
                Ok(_) => None,
                Err(error) => panic!("{}: {error}", self.name),
            };
        }
        CLOUDSTACK
            .read(&request, &reply, &Types::default(), false)
            .err()
    }
}

/// Part of a recording's name, the code's name, and part of the hint that must be there; the first that fits counts.
const EXPECTED: &[(&str, u32, &str, &str)] = &[
    ("bad-date", 431, "PARAM_ERROR", "2026-11-22T13:45:00+0000"),
    (
        "bad-parameter-value",
        431,
        "PARAM_ERROR",
        "none of the words",
    ),
    ("bad-uuid", 431, "PARAM_ERROR", "look the id up"),
    ("nonexistent", 431, "PARAM_ERROR", "look the id up"),
    (
        "control-character",
        431,
        "PARAM_ERROR",
        "control characters",
    ),
    ("missing", 431, "PARAM_ERROR", "give the parameter"),
    ("param-too-long", 431, "PARAM_ERROR", "shorten"),
    ("page-without", 431, "PARAM_ERROR", "go together"),
    ("pagesize-without", 431, "PARAM_ERROR", "go together"),
    ("pagesize-above", 431, "PARAM_ERROR", "smaller pages"),
    ("pagesize-minus1", 431, "PARAM_ERROR", "the whole list"),
    (
        "getApiLimit.",
        432,
        "UNSUPPORTED_ACTION_ERROR",
        "does not limit calls",
    ),
    (
        "root-only",
        432,
        "UNSUPPORTED_ACTION_ERROR",
        "for this identity",
    ),
    (
        "port8096-unknown",
        432,
        "UNSUPPORTED_ACTION_ERROR",
        "`sync`",
    ),
    ("login-GET", 405, "METHOD_NOT_ALLOWED", "goes by POST"),
    ("login", 531, "ACCOUNT_ERROR", "the password and the domain"),
    ("other-account", 531, "ACCOUNT_ERROR", "that account's key"),
    ("session-no-command", 400, "Bad Request", "name the command"),
    (
        "over-limit",
        535,
        "RESOURCE_ALLOCATION_ERROR",
        "list resourcelimits",
    ),
    (
        "insufficient-capacity",
        533,
        "INSUFFICIENT_CAPACITY_ERROR",
        "smaller offering",
    ),
    ("listElastistorPool", 530, "INTERNAL_ERROR", "server's log"),
    ("delete", 530, "INTERNAL_ERROR", "server's log"),
    ("throttle", 429, "API_LIMIT_EXCEED", "wait 20 s"),
    ("user-listZones", 429, "API_LIMIT_EXCEED", "wait 20 s"),
    ("user-getApiLimit", 429, "API_LIMIT_EXCEED", "wait 20 s"),
    ("", 401, "UNAUTHORIZED", "apikey and secretkey"),
    ("", 431, "PARAM_ERROR", "check the values"),
];

#[test]
fn every_recorded_refusal_is_told_with_code_name_text_and_a_hint_that_fits() {
    let mut told = 0;
    for line in RECORDED.iter().flat_map(|text| text.lines()) {
        let exchange: Exchange = serde_json::from_str(line).unwrap();
        // The other methods are none that a call is made by.
        if !["GET", "POST"].contains(&exchange.request.method.as_str()) {
            continue;
        }
        let Some(error) = exchange.error() else {
            continue;
        };
        told += 1;
        let name = &exchange.name;
        let api = exchange.request().api;
        let (code, code_name) = (
            error.code.unwrap(),
            error.said.as_ref().unwrap().name.clone(),
        );
        let expected = EXPECTED
            .iter()
            .find(|(part, number, ..)| *number == code && name.contains(part));
        let (_, _, expected_name, hint) =
            expected.unwrap_or_else(|| panic!("{name} is not expected: {error} {:?}", error.hints));
        assert_eq!(code_name, *expected_name, "{name}");
        assert!(error.message.starts_with(&api), "{name}: {error}");
        assert!(
            error
                .message
                .contains(&format!("({code} {expected_name}: ")),
            "{name}: {error}"
        );
        assert!(
            error.hints.iter().any(|told| told.contains(hint)),
            "{name}: {error} {:?}",
            error.hints
        );
        // The body holds the text, though XML writes some letters in its own way.
        let text = &error.said.as_ref().unwrap().text;
        let body = exchange.body.as_deref().unwrap_or_default();
        let beginning: String = text.chars().take_while(|c| !"\"'&".contains(*c)).collect();
        assert!(body.contains(&beginning), "{name}: {text}");
        assert_eq!(text.is_empty(), body == "null", "{name}");
        assert!(error.message.contains(text.as_str()), "{name}: {error}");
        assert_eq!(error.api.as_deref(), Some(api.as_str()), "{name}");
    }
    assert!(told > 90, "{told}");
}

#[test]
fn the_servers_exception_is_named() {
    let home = Home::new();
    home.run("list zones id=11111111-2222-3333-4444-555555555555")
        .seen()
        .status(1)
        .err("listZones was refused: ")
        .err("(431 PARAM_ERROR: a parameter is missing, or its value cannot be used)")
        .err("hint: look the id up");
    let stub = Stub::answering(
        "531 Any",
        "application/json",
        r#"{"startvirtualmachineresponse":{"errorcode":531,"cserrorcode":4365,"errortext":"not yours"}}"#,
    );
    let home = stub.home();
    home.catalogue(
        &stub.url,
        r#"{"listapisresponse":{"api":[{"name":"startVirtualMachine"}]}}"#,
    );
    home.run("start virtualmachine")
        .seen()
        .status(1)
        .err("not yours (531 ACCOUNT_ERROR: ")
        .err("; cserrorcode 4365 PermissionDeniedException)");
}

#[test]
fn answers_that_are_none_of_the_apis_say_who_gave_them() {
    for (status, media, body, expected, hint) in [
        (
            "502 Bad Gateway",
            "text/html",
            "<html><head><title>502 Bad Gateway</title></head></html>",
            "the answer (HTTP 502 Bad Gateway, text/html, 56 bytes) was not understood: it is a web page: 502 Bad Gateway",
            "proxy or load balancer",
        ),
        (
            "403 Forbidden",
            "text/html",
            "<html><h1>go away</h1></html>",
            "HTTP 403 Forbidden",
            "list of allowed addresses",
        ),
        (
            "404 Not Found",
            "text/html",
            "<!doctype html><p>nothing here</p>",
            "HTTP 404 Not Found",
            "https://HOST/client/api",
        ),
        (
            "414 Whatever",
            "text/html",
            "<html>414</html>",
            "HTTP 414 URI_TOO_LONG",
            "shorten the values",
        ),
        (
            "531 Whatever",
            "application/json",
            "null",
            "was refused: no reason given (531 ACCOUNT_ERROR: ",
            "whose the thing is",
        ),
        (
            "405 Method",
            "application/json",
            "Please do not",
            "was refused: Please do not (405 METHOD_NOT_ALLOWED: ",
            "proxy in between",
        ),
        (
            "200 OK",
            "application/json",
            "null",
            "was not understood: it holds no object",
            "check the url",
        ),
    ] {
        let stub = Stub::answering(status, media, body);
        let seen = stub.home().run("api listZones").seen();
        assert!(seen.stderr.contains(expected), "{expected}: {seen:?}");
        assert!(seen.stderr.contains(hint), "{hint}: {seen:?}");
    }
}

const OK: &str = "200 OK";
const JSON: &str = "application/json";
const ZONES: &str = r#"{"listzonesresponse":{"count":1,"zone":[{"id":"a"}]}}"#;
const NO: &str = r#"{"errorresponse":{"errorcode":401,"errortext":"unable to verify user credentials and/or request signature"}}"#;

#[test]
fn a_401_is_told_apart() {
    let apis = r#"{"listapisresponse":{"api":[{"name":"listZones"},{"name":"listVPCs"}]}}"#;
    let own = NO.replace("errorresponse", "listzonesresponse");
    let stub = Stub::speaking(&[
        ("listApis", OK, JSON, apis),
        ("listZones", "401 No", JSON, &own),
        ("*", "401 No", JSON, NO),
    ]);
    let home = stub.home();
    for (line, part) in [
        ("list zones", "so it is the API key, its secret, the clock"),
        ("api listHosts", "CloudStack 4.11 has listHosts"),
        ("api listVpc", "did you mean `listVPCs`?"),
        ("api makeCoffee", "no catalogue has the call makeCoffee"),
    ] {
        let said = home.run(line).fails(1);
        assert!(said.contains(part), "{line}: {said}");
    }
    // The same of a line of which nothing is sent.
    let said = home.run("list hosts").fails(2);
    assert!(said.contains("CloudStack 4.11 has listHosts"), "{said}");
    let said = home.run("list nothings").fails(2);
    assert!(!said.contains("CloudStack 4.11"), "{said}");
}

#[test]
fn a_cloud_that_does_not_tell_its_catalogue_has_the_shipped_one() {
    for refusal in [
        NO.to_string(),
        NO.replace("401", "432"),
        NO.replace("401", "403"),
    ] {
        let status = &refusal[30..33];
        let stub = Stub::speaking(&[
            ("listZones", OK, JSON, ZONES),
            ("*", &format!("{status} No"), JSON, &refusal),
        ]);
        let home = stub.home();
        let seen = home.run("list zones filter=id -o csv").seen().status(0);
        assert_eq!(seen.stdout, "id\na\n", "{seen:?}");
        let seen = seen.err("the catalogue of CloudStack 4.11 is used");
        assert_eq!(seen.stderr.lines().count(), 1, "{seen:?}");
        // Said once, and again when the cloud is asked again.
        assert_eq!(home.run("list zones").seen().stderr, "");
        home.run("sync")
            .seen()
            .status(0)
            .err("CloudStack 4.11 is used")
            .out("554 APIs");
        let said = home.run("list hosts").fails(1);
        assert!(said.contains("tells no catalogue of its own"), "{said}");
    }
}

#[test]
fn a_wrong_key_and_no_api_at_all_stay_errors() {
    let html = "<html><title>Welcome</title></html>";
    for (status, media, body, exit, part) in [
        ("401 No", JSON, NO, 1, "listZones is refused too"),
        ("404 Not Found", "text/html", html, 1, "HTTP 404 Not Found"),
        ("405 No", "text/html", html, 1, "METHOD_NOT_ALLOWED"),
        ("200 OK", "text/html", html, 3, "it is a web page: Welcome"),
    ] {
        let home = Stub::answering(status, media, body);
        let said = home.home().run("sync").fails(exit);
        assert!(said.contains(part), "{status}: {said}");
        assert!(said.contains("error: listApis"), "{said}");
    }
}

/// The one line of JSON among what was said.
fn json_error(said: &str) -> serde_json::Value {
    let mut lines = said.lines().filter(|line| line.starts_with('{'));
    let error = serde_json::from_str(lines.next().unwrap_or_else(|| panic!("no JSON in {said}")));
    assert!(lines.next().is_none(), "{said}");
    assert!(!said.contains("error: "), "{said}");
    error.unwrap()
}

#[test]
fn errors_are_json_where_the_output_is() {
    let home = Home::new();
    let refused = home
        .run("list zones id=11111111-2222-3333-4444-555555555555 -o json")
        .fails(1);
    let error = &json_error(&refused)["error"];
    assert_eq!(error["kind"], "refused");
    assert_eq!(error["status"], 1);
    assert_eq!(error["api"], "listZones");
    assert_eq!(error["errorcode"], 431);
    assert_eq!(error["name"], "PARAM_ERROR");
    assert_eq!(error["cserrorcode"], 9999);
    assert!(
        error["text"]
            .as_str()
            .unwrap()
            .contains("entity does not exist")
    );
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("listZones was refused: ")
    );
    assert!(
        error["hints"][0]
            .as_str()
            .unwrap()
            .contains("look the id up")
    );

    let members = error.as_object().unwrap().len();
    for (line, status, kind) in [
        ("list zoes output=json", 2, "line"),
        ("list zones 'open -o json", 2, "line"),
        ("-o json --bogus", 2, "line"),
        ("--output=json -p nosuch list zones", 7, "local"),
        ("explain nothing --output=json", 2, "line"),
        ("source nowhere -o json", 7, "local"),
    ] {
        let said = home.run(line).fails(status);
        let error = &json_error(&said)["error"];
        assert_eq!(error["kind"], kind, "{line}: {said}");
        assert_eq!(error["status"], status, "{line}: {said}");
        assert_eq!(error.as_object().unwrap().len(), members, "{line}: {said}");
    }
}

#[test]
fn the_line_decides_over_the_profile_whether_an_error_is_json() {
    let home = Home::new();
    let seen = home
        .args(&["--keep-going"])
        .stdin("list zoes -o json\nlist zoes\nset output json\nlist zoes\nlist zoes -o text\nlist 'open\n")
        .seen()
        .status(2);
    let told: Vec<&str> = seen
        .stderr
        .lines()
        .filter(|line| line.starts_with('{') || line.starts_with("error: "))
        .map(|line| &line[..1])
        .collect();
    assert_eq!(told, ["{", "e", "{", "e", "{"], "{seen:?}");
}
