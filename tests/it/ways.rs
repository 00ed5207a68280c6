//! Ways in: keys and where they are kept, and who calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rexpect::session::{PtySession, spawn_command};

use crate::stand_in::{Asked, StandIn, json, refused};
use crate::support::Home;

const ZONES: &str = r#"{"listzonesresponse":{"count":1,"zone":[{"id":"a","name":"one"}]}}"#;
const APIS: &str = r#"{"listapisresponse":{"count":2,"api":[{"name":"createDomain","isasync":false,"params":[{"name":"name","type":"string","required":true}],"response":[]},{"name":"listZones","isasync":false,"params":[],"response":[]}]}}"#;

fn answers(api: &str) -> String {
    match api {
        "listApis" => json(APIS),
        "listZones" => json(ZONES),
        "createDomain" => json(r#"{"createdomainresponse":{"domain":{"id":"d","name":"x"}}}"#),
        _ => json("{\"errorresponse\":{\"errorcode\":432,\"errortext\":\"no such API\"}}"),
    }
}

#[cfg(unix)]
#[test]
fn a_secret_key_is_printed_by_a_command_that_runs_once() {
    let cloud = StandIn::new(|asked| answers(asked.api()));
    let home =
        cloud.home("apikey = \"KEY\"\nsecretkey_command = \"cat >>took; echo ran >>ran; cat key\"");
    home.file("key", "TOPSECRET\nuser: me\n");
    let script = "list zones filter=name\nlist zones filter=name\n!cat ran\n";
    let seen = home.script(script).status(0);
    assert_eq!(seen.stdout.matches("ran").count(), 1, "{seen:?}");
    // The lines of the script are not the command's to read.
    assert_eq!(seen.stdout.matches("name = one").count(), 2, "{seen:?}");
    let calls = cloud.asked("listZones");
    assert!(calls.iter().all(|call| call.param("signature").is_some()));
    // A built-in needs no cloud, so nothing is asked of whoever keeps the key.
    home.run("set").seen().status(0).out("cat key");
    let ran = std::fs::read_to_string(home.path().join("ran")).unwrap();
    assert_eq!(ran, "ran\n");
    let log = home.path().join(".local/state/capuchin/capuchin.log");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(!log.contains("TOPSECRET"), "{log}");
}

#[test]
fn a_command_for_the_secret_key_may_ask_at_the_terminal() {
    let cloud = StandIn::new(|asked| answers(asked.api()));
    let home = cloud.home(
        "apikey = \"KEY\"\nsecretkey_command = \"echo PIN: >&2; read -r pin && echo KEY$pin\"",
    );
    let mut session = terminal(&home, &["list", "zones", "filter=name"]);
    session.exp_string("PIN:").unwrap();
    session.send_line("1234").unwrap();
    session.exp_string("one").unwrap();
    session.exp_eof().unwrap();
}

#[cfg(unix)]
#[test]
fn a_command_that_prints_no_secret_key_is_an_error_with_its_status() {
    let cloud = StandIn::new(|asked| answers(asked.api()));
    let home = cloud.home("apikey = \"KEY\"\nsecretkey_command = \"echo HUSH; exit 3\"");
    let said = home.run("list zones").fails(7);
    assert!(
        said.contains("`echo HUSH; exit 3` failed (exit status: 3)"),
        "{said}"
    );
    home.run("set secretkey_command true").ok();
    let said = home.run("list zones").fails(7);
    assert!(said.contains("`true` printed no secret key"), "{said}");
    home.run("set secretkey TOPSECRET").ok();
    let said = home.run("list zones").fails(7);
    assert!(said.contains("which of the two"), "{said}");
    home.args(&["set", "secretkey_command", ""]).ok();
    home.run("list zones").ok();
    assert!(cloud.asked("listZones").len() == 1);
}

/// The program on a terminal of its own.
pub fn terminal(home: &Home, args: &[&str]) -> PtySession {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_capuchin"));
    command
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .current_dir(home.path());
    spawn_command(command, Some(60_000)).unwrap()
}

#[test]
fn the_integration_port_is_called_without_a_name() {
    let cloud = StandIn::new(|asked| answers(asked.api()));
    let home = cloud.home("auth = \"none\"\napikey = \"KEY\"");
    home.run("list zones").ok();
    let call = &cloud.asked("listZones")[0];
    for name in [
        "apikey",
        "signature",
        "signatureversion",
        "expires",
        "sessionkey",
    ] {
        assert_eq!(call.param(name), None, "{call:?}");
    }
    let said = home.run("login username=bob password=@-").fails(2);
    assert!(said.contains("without saying who"), "{said}");
}

/// A cloud of which bob with the password `hunter2` is a user. Sessions are numbered, and only the last one counts.
struct Logins {
    cloud: StandIn,
    last: Arc<AtomicUsize>,
}

impl Logins {
    fn new() -> Logins {
        let last = Arc::new(AtomicUsize::new(0));
        let known = last.clone();
        let cloud = StandIn::new(move |asked| session(asked, &known));
        Logins { cloud, last }
    }

    fn end_session(&self) {
        self.last.fetch_add(1, Ordering::SeqCst);
    }

    fn logins(&self) -> usize {
        self.cloud.asked("login").len()
    }
}

fn session(asked: &Asked, last: &AtomicUsize) -> String {
    let api = asked.api();
    if api == "login" {
        if asked.body.is_empty() {
            return refused(405, api, "Please use HTTP POST");
        }
        let known = [
            ("username", "bob"),
            ("password", "hunter2"),
            ("domain", "%2FSales"),
        ];
        if known
            .iter()
            .any(|(name, value)| asked.param(name) != Some(value))
        {
            return refused(
                531,
                api,
                "Failed to authenticate user bob in domain 1; please provide valid credentials",
            );
        }
        let number = last.fetch_add(1, Ordering::SeqCst) + 1;
        let answer = json(&format!(
            "{{\"loginresponse\":{{\"username\":\"bob\",\"sessionkey\":\"HUSHKEY+{number}\"}}}}"
        ));
        return answer.replacen("\r\n", &format!(
            "\r\nset-cookie: JSESSIONID=HUSHCOOKIE{number};Path=/client\r\nset-cookie: sessionkey=HUSHKEY+{number};HttpOnly\r\n"
        ), 1);
    }
    if api == "logout" {
        last.fetch_add(1, Ordering::SeqCst);
        return json("{\"logoutresponse\":{\"description\":\"success\"}}");
    }
    let number = last.load(Ordering::SeqCst);
    let cookies = format!("JSESSIONID=HUSHCOOKIE{number}; sessionkey=HUSHKEY+{number}");
    let key = format!("HUSHKEY%2B{number}");
    if asked.param("sessionkey") == Some(&key) && asked.header("cookie") == Some(&cookies) {
        answers(api)
    } else {
        refused(401, api, "unable to verify user credentials")
    }
}

const BOB: &str = "username = \"bob\"\ndomain = \"/Sales\"";
const BOB_WITH_PASSWORD: &str = "username = \"bob\"\ndomain = \"/Sales\"\npassword = \"hunter2\"";

/// All that a home keeps, but its configuration.
fn kept(home: &Home) -> String {
    fn walk(path: &std::path::Path, text: &mut String) {
        for entry in std::fs::read_dir(path).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, text);
            } else if !path.ends_with("config.toml")
                && !path.parent().unwrap().ends_with("sessions")
            {
                text.push_str(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
            }
        }
    }
    let mut text = String::new();
    walk(home.path(), &mut text);
    text
}

#[test]
fn login_asks_without_echo_and_the_next_process_has_the_session() {
    let logins = Logins::new();
    let home = logins.cloud.home("");
    let mut asking = terminal(&home, &["login"]);
    asking.exp_string("Username: ").unwrap();
    asking.send_line("bob").unwrap();
    asking.exp_string("Password of bob: ").unwrap();
    asking.send_line("wrong").unwrap();
    asking
        .exp_string("Failed to authenticate user bob")
        .unwrap();
    asking.exp_eof().unwrap();
    let mut asking = terminal(&home, &["login", "username=bob", "domain=/Sales"]);
    asking.exp_string("Password of bob: ").unwrap();
    asking.send_line("hunter2").unwrap();
    let shown = asking.exp_string("bob is logged in at http://").unwrap();
    assert!(!shown.contains("hunter2"), "{shown}");
    asking.exp_eof().unwrap();
    // Who logged in is who calls from now on, in whatever process.
    home.run("set username").seen().out("bob");
    assert!(home.run("list zones filter=name").ok().contains("one"));
    home.run("create domain name=x").ok();
    assert_eq!(logins.logins(), 2);
    for call in logins.cloud.asked("listZones") {
        assert_eq!(
            call.target, "/client/api",
            "the session's key is in no address"
        );
        assert_eq!(call.param("signature"), None);
    }
    let everything = format!("{}{:?}", kept(&home), home.run("set").seen());
    for secret in ["hunter2", "HUSH"] {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
}

#[test]
fn control_c_at_the_password_gives_the_login_up() {
    let logins = Logins::new();
    let home = logins.cloud.home(BOB);
    let mut asking = terminal(&home, &["login"]);
    asking.exp_string("Password of bob: ").unwrap();
    asking.send_control('c').unwrap();
    asking.exp_string("nothing was sent").unwrap();
    asking.exp_eof().unwrap();
    assert_eq!(logins.logins(), 0);
}

#[test]
fn a_password_is_read_from_a_file_or_a_line_of_standard_input_and_never_from_the_line() {
    let logins = Logins::new();
    let home = logins.cloud.home(BOB);
    for words in [
        "login password=hunter2",
        "login password=@@hunter2",
        "login hunter2",
        "login password=",
    ] {
        let said = home.run(words).fails(2);
        assert!(!said.contains("hunter2"), "{said}");
    }
    let said = home.run("login").stdin("hunter2\n").fails(2);
    assert!(said.contains("nobody to ask"), "{said}");
    home.script("login password=@-\nhunter2\n")
        .status(2)
        .err("the script itself");
    assert_eq!(logins.logins(), 0);
    home.run("login password=@-")
        .stdin("hunter2\nand more\n")
        .ok();
    home.run("logout").ok();
    home.file("word", "hunter2\r\n");
    home.run("login password=@word").ok();
    home.run("login password=@nowhere").fails(2);
    home.run("list zones").ok();
    assert_eq!(logins.logins(), 2);
}

#[test]
fn a_call_logs_in_by_itself_where_it_can() {
    let logins = Logins::new();
    let home = logins.cloud.home(BOB_WITH_PASSWORD);
    home.run("list zones").ok();
    home.run("list zones").ok();
    assert_eq!(logins.logins(), 1);
    let said = logins.cloud.home(BOB).run("list zones").fails(7);
    assert!(said.contains("bob is not logged in at http://"), "{said}");
    assert!(said.contains("hint: login"), "{said}");
}

#[test]
fn a_session_that_has_ended_is_renewed_once_and_the_call_goes_again() {
    let logins = Logins::new();
    let home = logins.cloud.home(BOB_WITH_PASSWORD);
    home.run("list zones").ok();
    logins.end_session();
    // A refused caller changed nothing.
    home.run("create domain name=x").ok();
    assert_eq!(logins.logins(), 2);
    assert_eq!(logins.cloud.asked("createDomain").len(), 2);
}

#[test]
fn a_session_that_nobody_can_renew_is_an_error_that_says_login() {
    let logins = Logins::new();
    let home = logins.cloud.home(BOB);
    home.run("login password=@-").stdin("hunter2\n").ok();
    home.run("list zones").ok();
    logins.end_session();
    let said = home.run("list zones").fails(1);
    assert!(
        said.contains("has ended") && said.contains("hint: login"),
        "{said}"
    );
    home.run("list zones").fails(7);
    assert_eq!(logins.cloud.asked("listZones").len(), 2);
}

#[test]
fn at_a_terminal_the_password_is_asked_for_when_a_session_has_ended() {
    let logins = Logins::new();
    let home = logins.cloud.home(BOB);
    home.run("login password=@-").stdin("hunter2\n").ok();
    home.run("list zones").ok();
    logins.end_session();
    let mut asking = terminal(&home, &["list", "zones", "filter=name"]);
    asking.exp_string("Password of bob at http://").unwrap();
    asking.send_line("hunter2").unwrap();
    asking.exp_string("one").unwrap();
    asking.exp_eof().unwrap();
    logins.end_session();
    let mut asking = terminal(&home, &["create", "domain", "name=x"]);
    asking.exp_string("Password of bob at http://").unwrap();
    asking.send_control('c').unwrap();
    let before = asking.exp_string("was interrupted").unwrap();
    let after = asking.exp_eof().unwrap();
    assert!(!after.contains("may have"), "{before}{after}");
    assert_eq!(logins.logins(), 2);
    home.run("login password=@-").stdin("hunter2\n").ok();
    home.run("jobs all -o csv").seen().status(0).out("notdone");
}

#[test]
fn secrets_are_set_from_a_file_from_standard_input_or_unseen_at_a_terminal() {
    let home = Home::new().configured("[profiles.prod]\nurl = \"http://127.0.0.1:9/client/api\"\n");
    let kept = || std::fs::read_to_string(home.config()).unwrap();
    home.file("key", "FROMFILE\n");
    home.run("-p prod set secretkey @key").ok();
    assert!(kept().contains("secretkey = \"FROMFILE\""), "{}", kept());
    home.run("-p prod set secretkey @-").stdin("PIPED\r\n").ok();
    assert!(kept().contains("secretkey = \"PIPED\""), "{}", kept());
    home.run("-p prod set secretkey @@at").ok();
    assert!(kept().contains("secretkey = \"@at\""), "{}", kept());
    home.run("-p prod set secretkey @nosuch").fails(2);
    let mut asking = terminal(&home, &["-p", "prod", "set", "password"]);
    asking.exp_string("password (not shown): ").unwrap();
    asking.send_line("TYPED").unwrap();
    let shown = asking.exp_eof().unwrap();
    assert!(!shown.contains("TYPED"), "{shown}");
    assert!(kept().contains("password = \"TYPED\""), "{}", kept());
}

#[test]
fn a_refused_password_is_tried_once_and_not_until_the_account_is_locked() {
    let logins = Logins::new();
    let lines = BOB_WITH_PASSWORD.replace("hunter2", "old");
    let home = logins.cloud.home(&lines);
    let seen = home
        .run("--keep-going")
        .stdin("api listZones\napi listZones\n")
        .seen()
        .status(1);
    assert_eq!(
        seen.stderr.matches("Failed to authenticate").count(),
        2,
        "{seen:?}"
    );
    assert!(
        seen.stderr.contains("check username, password and domain"),
        "{seen:?}"
    );
    assert_eq!(logins.cloud.apis(), ["login"]);
}

#[test]
fn processes_that_find_their_session_ended_at_once_log_in_once() {
    let logins = Logins::new();
    let home = logins.cloud.home(BOB_WITH_PASSWORD);
    home.run("list zones").ok();
    logins.end_session();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| home.run("list zones").ok());
        }
    });
    assert_eq!(logins.logins(), 2);
}

#[test]
fn logout_ends_the_session_here_and_there() {
    let logins = Logins::new();
    let home = logins.cloud.home(BOB);
    home.run("logout").seen().status(0).err("no session");
    home.run("login password=@-").stdin("hunter2\n").ok();
    let sessions = home.path().join(".local/state/capuchin/sessions");
    let files = || {
        let names = std::fs::read_dir(&sessions).unwrap();
        names
            .filter(|entry| {
                !entry
                    .as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .ends_with(".lock")
            })
            .count()
    };
    assert_eq!(files(), 1);
    home.run("logout").seen().status(0).err("logged out");
    assert_eq!(files(), 0);
    let call = &logins.cloud.asked("logout")[0];
    assert_eq!(call.param("sessionkey"), Some("HUSHKEY%2B1"));
    home.run("list zones").fails(7);
    home.run("login password=@-").stdin("hunter2\n").ok();
    drop(logins);
    home.run("logout").seen().status(0).err("ends by itself");
    assert_eq!(files(), 0);
}

#[test]
fn where_keys_are_used_login_says_so() {
    let logins = Logins::new();
    let home = logins.cloud.home("apikey = \"KEY\"\nsecretkey = \"S\"");
    for words in ["login username=bob password=@-", "logout"] {
        let said = home.run(words).fails(2);
        assert!(
            said.contains("with keys") && said.contains("set auth login"),
            "{said}"
        );
    }
    let said = Home::new().run("login username=bob password=@-").fails(2);
    assert!(said.contains("demo cloud"), "{said}");
    assert_eq!(logins.logins(), 0);
}

/// The built-in cloud, served to a home that logs in with the profile's lines.
fn built_in(lines: &str) -> (Home, ::devcloud::Cloud) {
    let home = Home::new();
    let state = home.path().join("served.sqlite");
    let cloud = ::devcloud::start(&state, ([127, 0, 0, 1], 0).into()).unwrap();
    let home = home.configured(&format!(
        "profile = \"served\"\n[profiles.served]\nurl = \"{}\"\n{lines}\n",
        cloud.url()
    ));
    (home, cloud)
}

#[test]
fn the_built_in_cloud_is_called_in_a_session() {
    let (home, _cloud) = built_in("username = \"admin\"");
    let wrong = home.run("login password=@-").stdin("wrong\n").fails(1);
    assert!(
        wrong.contains("Failed to authenticate user admin"),
        "{wrong}"
    );
    home.run("login password=@-").stdin("password\n").ok();
    assert!(
        home.run("list users filter=username")
            .ok()
            .contains("admin")
    );
    assert!(
        home.run("list zones filter=name --response xml")
            .ok()
            .contains("devcloud")
    );
    let zone = home.value("list zones", "id");
    home.run(&format!("create volume name=data size=1 zoneid={zone}"))
        .ok();
    // In a session, real servers tell a command that they do not know from a caller that they do not know.
    let said = home.run("api listNonsense").fails(1);
    assert!(said.contains("432"), "{said}");
    home.run("logout").ok();
    home.run("list zones").fails(7);
}

#[test]
fn a_session_that_the_built_in_cloud_has_ended_is_renewed() {
    let (home, _cloud) = built_in("username = \"admin\"\npassword = \"password\"");
    home.run("list zones").ok();
    home.run("api logout").ok();
    home.run("create domain name=after").ok();
    home.run("list domains name=after listall=true")
        .seen()
        .out("after");
    let log =
        std::fs::read_to_string(home.path().join(".local/state/capuchin/capuchin.log")).unwrap();
    assert_eq!(log.matches("command=login").count(), 2, "{log}");
    assert!(
        !log.contains("password=password") && !log.contains("sessionkey="),
        "{log}"
    );
}

#[test]
fn the_built_in_clouds_integration_port_is_called_without_a_name() {
    let (home, cloud) = built_in("auth = \"none\"");
    home.run("list zones").fails(1);
    let url = cloud.open_integration(([127, 0, 0, 1], 0).into()).unwrap();
    home.args(&["set", "url", &url]).ok();
    assert!(home.run("list zones filter=name").ok().contains("devcloud"));
}

#[test]
fn a_clock_that_is_far_from_the_clouds_keeps_nobody_out() {
    let home = Home::new();
    let state = home.path().join("served.sqlite");
    let cloud = ::devcloud::start(&state, ([127, 0, 0, 1], 0).into()).unwrap();
    let url = cloud.url();
    let home = home.configured(&format!(
        "profile = \"keys\"\n[profiles.keys]\nurl = \"{url}\"\napikey = \"{}\"\nsecretkey = \"{}\"\n\
         [profiles.admin]\nurl = \"{url}\"\nusername = \"admin\"\npassword = \"password\"\n",
        cloud.apikey(),
        cloud.secretkey()
    ));
    home.run("-p admin update configuration name=devcloud.clock.offset value=7200")
        .ok();
    home.run("create domain name=keys")
        .seen()
        .status(0)
        .err("behind the cloud's; calls are signed with the cloud's time");
    // Nothing of a session is signed, so there is nothing to put right.
    let seen = home
        .run("-p admin create domain name=session")
        .seen()
        .status(0);
    assert!(!seen.stderr.contains("clock"), "{seen:?}");
    home.run("-p admin api logout").ok();
    home.run("-p admin create domain name=renewed").ok();
}
