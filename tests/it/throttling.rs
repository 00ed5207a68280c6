//! Clouds that take no more calls for a while: waited for as they say, and said so.

use crate::stand_in::{Asked, StandIn, json, refused};
use crate::support::{Home, Stub};
use crate::ways::terminal;

const APIS: &str = r#"{"listapisresponse":{"count":3,"api":[{"name":"startThing","isasync":true,"params":[{"name":"id","type":"string","required":true}],"response":[]},{"name":"createDomain","isasync":false,"params":[{"name":"name","type":"string","required":true}],"response":[]},{"name":"listZones","isasync":false,"params":[],"response":[]}]}}"#;

fn answers(asked: &Asked) -> String {
    match asked.api() {
        "listApis" => json(APIS),
        "listZones" => json(r#"{"listzonesresponse":{"count":1,"zone":[{"name":"one"}]}}"#),
        "createDomain" => json(r#"{"createdomainresponse":{"domain":{"id":"d"}}}"#),
        "startThing" => json(r#"{"startthingresponse":{"jobid":"7"}}"#),
        _ => json(
            r#"{"queryasyncjobresultresponse":{"jobstatus":1,"jobresult":{"thing":{"id":"t","state":"Running"}}}}"#,
        ),
    }
}

/// A cloud that has the first calls of each kind wait for so long.
fn throttling(calls: usize, milliseconds: u32) -> (StandIn, Home) {
    let cloud = StandIn::new(move |asked| match asked.api() {
        "listApis" => answers(asked),
        api if asked.nth < calls => refused(
            429,
            api,
            &format!(
                "The given user has reached his/her account api limit, please retry after {milliseconds} ms."
            ),
        ),
        _ => answers(asked),
    });
    let home = cloud.home("apikey = \"KEY\"\nsecretkey = \"S\"");
    (cloud, home)
}

const WAITING: &str = "the cloud lets this account make no more calls for 1 s; waiting";

#[test]
fn a_throttled_call_waits_and_says_so_and_is_made_once() {
    let (cloud, home) = throttling(1, 20);
    home.run("list zones").seen().status(0).err(WAITING);
    home.run("create domain name=x")
        .seen()
        .status(0)
        .err(WAITING);
    assert_eq!(cloud.asked("createDomain").len(), 2);
    home.run("jobs all -o csv").seen().out("done");
}

#[test]
fn a_wait_that_is_too_long_is_an_error_that_tells_how_long() {
    let (cloud, home) = throttling(9, 90_000);
    home.run("sync").ok();
    for (words, says) in [
        ("list zones", "for 90 s, and throttle_wait is 60 s"),
        (
            "list zones throttle_wait=0",
            "throttle_wait is 0, which never waits",
        ),
        (
            "create domain name=x throttle_wait=5",
            "throttle_wait is 5 s",
        ),
    ] {
        let said = home.run(words).fails(1);
        assert!(said.contains("429") && said.contains(says), "{said}");
    }
    assert_eq!(cloud.asked("listZones").len(), 2);
    // A throttled call did nothing, so there is nothing to look for.
    home.run("jobs all -o csv").seen().out("notdone");
    assert_eq!(
        cloud
            .apis()
            .iter()
            .filter(|api| *api != "listZones")
            .count(),
        2
    );
}

#[test]
fn a_job_whose_questions_are_throttled_is_no_job_that_failed() {
    for words in [
        "start thing id=t filter=state",
        "start thing id=t filter=state throttle_wait=0",
    ] {
        let cloud = StandIn::new(|asked| match asked.api() {
            "queryAsyncJobResult" if asked.nth < 2 => {
                refused(429, asked.api(), "please retry after 50 ms.")
            }
            _ => answers(asked),
        });
        let home = cloud.home("apikey = \"KEY\"\nsecretkey = \"S\"");
        home.run(words).seen().status(0).out("state = Running");
        assert_eq!(cloud.asked("queryAsyncJobResult").len(), 3);
    }
}

#[test]
fn control_c_ends_the_wait_and_nothing_was_done() {
    let cloud = StandIn::new(|asked| match asked.api() {
        "createDomain" => {
            let page = Stub::whole(
                "429 Too Many Requests",
                "text/html",
                "<html>slow down</html>",
            );
            page.replacen("\r\n", "\r\nretry-after: 40\r\n", 1)
        }
        _ => answers(asked),
    });
    let home = cloud.home("apikey = \"KEY\"\nsecretkey = \"S\"");
    let mut waiting = terminal(&home, &["create", "domain", "name=x"]);
    waiting
        .exp_string("no more calls for 40 s; waiting")
        .unwrap();
    waiting.send_control('c').unwrap();
    waiting.exp_string("createDomain was interrupted").unwrap();
    let rest = waiting.exp_eof().unwrap();
    assert!(!rest.contains("may have been"), "{rest}");
    home.run("jobs all -o csv").seen().out("notdone");
}

#[test]
fn the_built_in_cloud_throttles_a_user_who_waits() {
    let home = Home::new();
    let state = home.path().join("served.sqlite");
    let cloud = ::devcloud::start(&state, ([127, 0, 0, 1], 0).into()).unwrap();
    let url = cloud.url();
    let home = home.configured(&format!(
        "profile = \"root\"\n[profiles.root]\nurl = \"{url}\"\napikey = \"{}\"\nsecretkey = \"{}\"\n\
         [profiles.bob]\nurl = \"{url}\"\nusername = \"bob\"\npassword = \"hunter2\"\n",
        cloud.apikey(),
        cloud.secretkey()
    ));
    home.run("create account accounttype=0 email=b@example.org firstname=B lastname=B username=bob password=hunter2")
        .ok();
    home.run("-p bob list zones").ok();
    for (name, value) in [("max", "1"), ("interval", "2"), ("enabled", "true")] {
        let name = format!("name=api.throttling.{name}");
        home.args(&["update", "configuration", &name, &format!("value={value}")])
            .ok();
    }
    let seen = home
        .run("-p bob")
        .stdin("list zones filter=name\n".repeat(2))
        .seen()
        .status(0)
        .err("the cloud lets this account make no more calls for ");
    assert_eq!(
        seen.stdout.matches("name = devcloud").count(),
        2,
        "{seen:?}"
    );
}
