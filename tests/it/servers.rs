//! Clouds of several management servers: who is asked, and who in the place of one that does not answer.

use std::net::{TcpListener, TcpStream};

use crate::stand_in::{Asked, StandIn, json};
use crate::support::{Home, Stub};

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

/// An address at which nobody listens, and nobody can begin to while this lives: a connection has it for its own end.
struct Nobody {
    url: String,
    _held: (TcpListener, TcpStream),
}

impl Nobody {
    fn new() -> Nobody {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        Nobody {
            url: format!("http://{}/client/api", stream.local_addr().unwrap()),
            _held: (listener, stream),
        }
    }
}

fn home(servers: &[&str]) -> Home {
    let listed: Vec<String> = servers.iter().map(|url| format!("\"{url}\"")).collect();
    Home::new().configured(&format!(
        "profile = \"prod\"\n[profiles.prod]\nurl = [{}]\napikey = \"KEY\"\nsecretkey = \"S\"\n",
        listed.join(", ")
    ))
}

#[test]
fn calls_go_to_a_server_that_answers_and_a_note_says_so_once() {
    let (gone, cloud) = (Nobody::new(), StandIn::new(answers));
    let home = home(&[&gone.url, &cloud.url]);
    let seen = home
        .script("list zones filter=name\nlist zones filter=name\ncreate domain name=x\n")
        .status(0);
    assert_eq!(seen.stdout.matches("name = one").count(), 2, "{seen:?}");
    let gone = &gone.url;
    let note = format!("{gone} could not be reached; {} is used", cloud.url);
    assert_eq!(seen.stderr.matches(&note).count(), 1, "{seen:?}");
    assert_eq!(
        cloud.apis(),
        ["listApis", "listZones", "listZones", "createDomain"]
    );
    // A changing call goes there as well, since nothing of it went to the other.
    home.run("create domain name=y").ok();
    assert_eq!(cloud.asked("createDomain").len(), 2);
}

#[test]
fn a_server_that_is_busy_or_breaks_off_is_passed_over_by_reading_calls_alone() {
    let busy = StandIn::new(|asked| match asked.api() {
        "createDomain" => String::new(),
        _ => Stub::whole("503 Service Unavailable", "text/html", "<html>busy</html>"),
    });
    let cloud = StandIn::new(answers);
    let home = home(&[&busy.url, &cloud.url]);
    home.run("list zones")
        .seen()
        .status(0)
        .err("answers HTTP 503");
    home.run("create domain name=x retries=5").seen().status(6);
    assert_eq!(busy.asked("createDomain").len(), 1);
    assert!(cloud.asked("createDomain").is_empty());
    drop(cloud);
    home.run("list zones retries=0")
        .seen()
        .status(3)
        .err("no server of this cloud answers");
}

#[test]
fn a_job_is_asked_after_at_whichever_server_answers() {
    let starts = StandIn::new(|asked| match asked.api() {
        "queryAsyncJobResult" => String::new(),
        _ => answers(asked),
    });
    let cloud = StandIn::new(answers);
    let home = home(&[&starts.url, &cloud.url]);
    home.run("start thing id=t filter=state")
        .seen()
        .status(0)
        .out("state = Running");
    assert_eq!(cloud.apis(), ["queryAsyncJobResult"]);
}

#[test]
fn a_list_is_set_as_a_whole_and_shows_the_parts_of_its_first() {
    let home = Home::new();
    home.run("profile add prod").ok();
    home.run("set url http://a:81/x,https://b").ok();
    let text = std::fs::read_to_string(home.config()).unwrap();
    assert!(
        text.contains(r#"["http://a:81/x", "https://b/"]"#),
        "{text}"
    );
    home.run("set url")
        .seen()
        .out("http://a:81/x,https://b/client/api");
    home.run("set port").seen().out("81");
    for words in [
        "set host c",
        "set port 80",
        "set path /y",
        "set protocol http",
    ] {
        let said = home.run(words).fails(2);
        assert!(said.contains("url is a list of servers"), "{said}");
    }
    home.run("set url http://a,b").fails(2);
}

#[test]
fn two_servers_of_the_built_in_cloud_are_logged_in_at_and_stand_in_for_each_other() {
    let home = Home::new();
    let state = home.path().join("served.sqlite");
    let serve = || ::devcloud::start(&state, ([127, 0, 0, 1], 0).into()).unwrap();
    let (first, second) = (serve(), serve());
    let home = home.configured(&format!(
        "profile = \"prod\"\n[profiles.prod]\nurl = [\"{}\", \"{}\"]\nusername = \"admin\"\n",
        first.url(),
        second.url()
    ));
    let seen = home
        .run("login password=@-")
        .stdin("password\n")
        .seen()
        .status(0);
    assert_eq!(
        seen.stderr.matches("is logged in at").count(),
        2,
        "{seen:?}"
    );
    home.run("create domain name=before").ok();
    drop(first);
    let seen = home
        .script("list domains name=before listall=true filter=name\ncreate domain name=after\n")
        .status(0);
    assert!(seen.stdout.contains("name = before"), "{seen:?}");
    assert_eq!(
        seen.stderr.matches("could not be reached").count(),
        1,
        "{seen:?}"
    );
    let seen = home.run("logout").seen().status(0);
    assert!(
        seen.stderr.contains("logged out at") && seen.stderr.contains("ends by itself"),
        "{seen:?}"
    );
}

#[test]
fn a_session_at_one_server_is_enough() {
    let home = Home::new();
    let state = home.path().join("served.sqlite");
    let cloud = ::devcloud::start(&state, ([127, 0, 0, 1], 0).into()).unwrap();
    let gone = Nobody::new();
    let home = home.configured(&format!(
        "profile = \"prod\"\n[profiles.prod]\nurl = [\"{}\", \"{}\"]\nusername = \"admin\"\n",
        gone.url,
        cloud.url()
    ));
    home.run("login password=@-")
        .stdin("password\n")
        .seen()
        .status(0)
        .err("is logged in at")
        .err("could not be reached");
    home.run("create domain name=x").ok();
    home.run("logout").ok();
    let said = home.run("list zones").fails(7);
    assert!(said.contains("hint: login"), "{said}");
}
