//! What Tab offers, at a prompt and to other programs: values from the cloud by name and id, held up by nothing.

use std::process::Command;
use std::sync::mpsc::channel;

use rexpect::ReadUntil;
use rexpect::session::{PtySession, spawn_command};

use crate::stand_in::{Asked, StandIn, json, refused};
use crate::support::Home;

const KEYS: &str = "apikey = \"KEY\"\nsecretkey = \"SECRET\"";
const APIS: &str = r#"{"listapisresponse":{"count":5,"api":[
    {"name":"listZones","params":[{"name":"id","type":"uuid"},{"name":"keyword","type":"string"},
        {"name":"page","type":"integer"},{"name":"pagesize","type":"integer"}]},
    {"name":"listTemplates","params":[{"name":"templatefilter","type":"string","required":true},
        {"name":"zoneid","type":"uuid"},{"name":"page","type":"integer"},{"name":"pagesize","type":"integer"}]},
    {"name":"createZone","params":[{"name":"name","type":"string","required":true}]},
    {"name":"createPod","params":[{"name":"zoneid","type":"uuid","required":true}]},
    {"name":"deployVirtualMachine","params":[{"name":"zoneid","type":"uuid"},{"name":"templateid","type":"uuid"},
        {"name":"userdata","type":"string"}]}]}}"#;

/// A cloud of three zones and two templates.
fn small(asked: &Asked) -> String {
    match asked.api() {
        "listApis" => json(APIS),
        "listZones" => json(
            r#"{"listzonesresponse":{"count":3,"zone":[{"id":"11aa","name":"Tokyo East","allocationstate":"Enabled"},
            {"id":"22bb","name":"Osaka","allocationstate":"Disabled"},{"id":"33cc","name":"Kyoto"}]}}"#,
        ),
        "listTemplates" => json(
            r#"{"listtemplatesresponse":{"count":2,"template":[{"id":"t1","name":"Alma"},{"id":"t2","name":"Debian"}]}}"#,
        ),
        "createZone" => json(r#"{"createzoneresponse":{"zone":{"id":"44dd","name":"Nara"}}}"#),
        api => refused(431, api, "no"),
    }
}

#[test]
fn complete_prints_value_tab_and_label_without_asking_the_cloud() {
    let home = Home::new();
    // With no catalogue kept, the built-ins are known, and the cloud stays as it is.
    assert_eq!(home.args(&["complete", "hist"]).ok(), "history\t\n");
    assert!(
        !home
            .path()
            .join(".local/state/capuchin/devcloud.sqlite")
            .exists()
    );
    home.run("list zones").ok();
    for (line, expected) in [
        ("list zo", "zones\t\n"),
        ("deploy virtualmachine zone", "zoneid=\trequired\n"),
        ("list zones output=js", "json\t\njsonl\t\n"),
        ("output=", ""),
        ("list users listall=", "true\t\nfalse\t\n"),
        ("list zones | gr", ""),
    ] {
        assert_eq!(home.args(&["complete", line]).ok(), expected, "{line}");
    }
}

fn open(home: &Home) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_capuchin"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .current_dir(home.path());
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("> ").unwrap();
    session
}

/// Presses Tab until that is there, as people do: a Tab waits for an answer only for a moment.
fn tab_until(session: &mut PtySession, seen: &str) {
    for _ in 0..500 {
        session.send("\t").unwrap();
        session.flush().unwrap();
        // The bell tells that there is nothing, or several; what is put into the line rings none.
        let either = vec![
            ReadUntil::String(seen.into()),
            ReadUntil::String("\u{7}".into()),
        ];
        if session.exp_any(either).unwrap().1 == seen {
            return;
        }
    }
    panic!("{seen} never came");
}

/// Runs a line in place of what is typed, to its end.
fn run(session: &mut PtySession, line: &str) {
    session.send_control('u').unwrap();
    session.send_line(line).unwrap();
    // The editor lets go of the terminal for as long as the line runs.
    session.exp_string("\u{1b}[?2004l").unwrap();
    session.exp_string("(prod) > ").unwrap();
}

fn leave(mut session: PtySession) {
    session.send_control('u').unwrap();
    session.send_line("exit").unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn several_values_are_shown_and_leave_the_line_and_a_single_one_goes_in() {
    let cloud = StandIn::new(small);
    let home = cloud.home(KEYS);
    let mut session = open(&home);
    session.send("create pod zoneid=").unwrap();
    tab_until(&mut session, "Tokyo East  11aa  Enabled");
    session.exp_string("Osaka       22bb  Disabled").unwrap();
    // A part of a name, a beginning of an id, and letters that come in this order.
    for (typed, id) in [("saka", "22bb"), ("33", "33cc"), ("tkye", "11aa")] {
        session.send_control('u').unwrap();
        session
            .send(&format!("create pod zoneid='{typed}"))
            .unwrap();
        tab_until(&mut session, &format!("zoneid={id} "));
    }
    session.send_control('u').unwrap();
    session.send("create pod zoneid=name:to").unwrap();
    tab_until(&mut session, "zoneid='name:Tokyo East' ");
    session.send_control('u').unwrap();
    session.send("create pod zoneid=yo").unwrap();
    tab_until(&mut session, "Kyoto");
    session.send(" typed-on").unwrap();
    session.flush().unwrap();
    let seen = session.exp_string(" typed-on").unwrap();
    assert!(seen.contains("> create pod zoneid=yo\r"), "{seen}");
    leave(session);
    assert_eq!(cloud.asked("listZones").len(), 1);
}

#[test]
fn what_is_typed_already_narrows_the_list() {
    let cloud = StandIn::new(small);
    let home = cloud.home(KEYS);
    let mut session = open(&home);
    session
        .send("deploy virtualmachine zoneid=11aa templateid=deb")
        .unwrap();
    tab_until(&mut session, "templateid=t2 ");
    session.send_control('u').unwrap();
    session
        .send("deploy virtualmachine zoneid=name:Osaka templateid=deb")
        .unwrap();
    tab_until(&mut session, "templateid=t2 ");
    leave(session);
    let asked = cloud.asked("listTemplates");
    assert_eq!(asked[0].param("zoneid"), Some("11aa"));
    assert_eq!(asked[1].param("zoneid"), Some("22bb"));
    assert_eq!(asked[0].param("page"), Some("1"));
}

#[test]
fn a_list_is_kept_until_a_call_changes_what_it_lists() {
    let cloud = StandIn::new(small);
    let home = cloud.home(KEYS);
    let mut session = open(&home);
    let mut look = |line: &str| {
        session.send("create pod zoneid=osa").unwrap();
        tab_until(&mut session, "zoneid=22bb ");
        run(&mut session, line);
        cloud.asked("listZones").len()
    };
    assert_eq!(look("list templates templatefilter=self"), 1);
    assert_eq!(look("create zone name=Nara"), 1);
    assert_eq!(look("create pod zoneid=1"), 2);
    assert_eq!(look("sync"), 2);
    leave(session);
}

#[test]
fn a_cloud_that_never_answers_holds_no_line() {
    let (end, ended) = channel::<()>();
    let cloud = StandIn::new(move |asked| match asked.api() {
        "listApis" => json(APIS),
        _ => {
            let _ = ended.recv();
            String::new()
        }
    });
    let home = cloud.home(KEYS);
    let mut session = open(&home);
    session.send("create pod zoneid=").unwrap();
    for _ in 0..3 {
        session.send("\t").unwrap();
        session.flush().unwrap();
        session.exp_char('\u{7}').unwrap();
    }
    session.send("typed-on").unwrap();
    session.flush().unwrap();
    session.exp_string("typed-on").unwrap();
    leave(session);
    // The question was put once, however often Tab was pressed.
    assert_eq!(cloud.asked("listZones").len(), 1);
    drop(end);
}

#[test]
fn a_cloud_that_refuses_offers_nothing_and_says_nothing() {
    let cloud = StandIn::new(|asked| match asked.api() {
        "listApis" => json(APIS),
        api => refused(432, api, "not for you"),
    });
    let home = cloud.home(KEYS);
    let mut session = open(&home);
    session.send("create pod zoneid=").unwrap();
    session.send("\t").unwrap();
    session.flush().unwrap();
    session.exp_char('\u{7}').unwrap();
    session.send("x").unwrap();
    session.send_control('u').unwrap();
    session.send_line("list zones").unwrap();
    let seen = session.exp_string("error: ").unwrap();
    assert!(!seen.contains("not for you"), "{seen}");
    leave(session);
    assert!(!home.path().join(".local/state/capuchin/ledger").exists());
    // Whoever asks in so many words is told why there is nothing.
    let said = home
        .args(&["complete", "--values", "create pod zoneid="])
        .fails(1);
    assert!(said.contains("not for you"), "{said}");
}

#[test]
fn values_can_be_turned_off() {
    let cloud = StandIn::new(small);
    let home = cloud.home(KEYS);
    let mut session = open(&home);
    run(&mut session, "set paramcompletion false");
    session.send("create pod zon\tosa\t").unwrap();
    session.flush().unwrap();
    session.exp_string("zoneid=").unwrap();
    session.exp_char('\u{7}').unwrap();
    leave(session);
    assert_eq!(cloud.asked("listZones").len(), 0);
    home.args(&["complete", "--values", "create pod zoneid="])
        .ok();
    assert_eq!(cloud.asked("listZones").len(), 0);
}

#[test]
fn no_command_for_a_secret_is_run_at_a_tab() {
    let cloud = StandIn::new(small);
    let keeper = "apikey = \"KEY\"\nsecretkey_command = \"touch ran; echo SECRET\"";
    let home = cloud.home(keeper);
    home.run("sync").ok();
    let ran = home.path().join("ran");
    std::fs::remove_file(&ran).unwrap();
    let mut session = open(&home);
    session.send("create pod zoneid=\t").unwrap();
    session.flush().unwrap();
    session.exp_char('\u{7}').unwrap();
    assert!(!ran.exists() && cloud.asked("listZones").is_empty());
    // Once a call has needed the key, it is there.
    run(&mut session, "list templates templatefilter=self");
    session.send("create pod zoneid=osa").unwrap();
    tab_until(&mut session, "zoneid=22bb ");
    leave(session);
}

#[test]
fn a_long_list_is_narrowed_by_the_server_and_the_rest_counted() {
    let cloud = StandIn::new(|asked| match asked.api() {
        "listApis" => json(APIS),
        "listZones" => match asked.param("keyword") {
            Some("web") => {
                json(r#"{"listzonesresponse":{"count":1,"zone":[{"id":"77","name":"my web"}]}}"#)
            }
            Some(_) => json(r#"{"listzonesresponse":{}}"#),
            None => {
                let mut rows: Vec<String> = (0..249)
                    .map(|row| format!("{{\"id\":\"id-{row}\",\"name\":\"zone {row:03}\"}}"))
                    .collect();
                rows.push(r#"{"id":"5f0e3c1a-7d21-4222-8333-444455556666","name":"last"}"#.into());
                json(&format!(
                    "{{\"listzonesresponse\":{{\"count\":10000,\"zone\":[{}]}}}}",
                    rows.join(",")
                ))
            }
        },
        api => refused(431, api, "no"),
    });
    let home = cloud.home(KEYS);
    let mut session = open(&home);
    session.send("create pod zoneid=").unwrap();
    tab_until(&mut session, " more: type part of a name or id");
    session.send("web").unwrap();
    tab_until(&mut session, "zoneid=77 ");
    // So much of an id is nothing else's, however long the list is.
    session.send_control('u').unwrap();
    session.send("create pod zoneid=5F0e3c1a").unwrap();
    tab_until(&mut session, "zoneid=5f0e3c1a-7d21-4222-8333-444455556666 ");
    leave(session);
    assert_eq!(cloud.asked("listZones").len(), 3);
    // What the first page has may not be all there is, so a single one of it stays out of the line.
    let seen = home
        .args(&["complete", "--values", "create pod zoneid=zn007"])
        .seen();
    let seen = seen.status(0).out("id-7\tzone 007\n");
    seen.err("among the first 250 of 10,000");
}

#[test]
fn files_settings_and_fixed_values_are_offered() {
    let home = Home::new();
    home.file("data dir/two words.txt", "x");
    home.run("list zones").ok();
    for (line, expected) in [
        ("deploy virtualmachine userdata=@da", "@data dir/\t\n"),
        (
            "deploy virtualmachine userdata='@data dir/",
            "@data dir/two words.txt\t\n",
        ),
        ("deploy virtualmachine userdata=@-", ""),
        (
            "list templates templatefilter=self",
            "self\t\nselfexecutable\t\n",
        ),
        ("set paramcompletion=t", "true\t\n"),
        ("set OUTPUT=js", "json\t\njsonl\t\n"),
        ("profile use d", "demo\t\n"),
        ("list zones count=", "true\t\nfalse\t\n"),
        ("list zones sort=-networkt", "-networktype\t\n"),
        ("devcloud serve --as k", "kcps\t\n"),
    ] {
        assert_eq!(home.args(&["complete", line]).ok(), expected, "{line}");
    }
}

#[test]
fn jobs_are_offered_by_number_and_by_the_clouds_id() {
    let home = Home::new();
    let zone = home.value("list zones", "id");
    home.run(&format!("create volume name=data size=1 zoneid={zone}"))
        .ok();
    let job = home.value("jobs", "jobid");
    let seen = home.args(&["complete", "jobs show "]).ok();
    assert_eq!(seen, "1\tcreateVolume  done\n");
    let seen = home.args(&["complete", "query asyncjobresult jobid="]).ok();
    assert_eq!(seen, format!("{job}\tcreateVolume  done\n"));
    assert_eq!(home.args(&["complete", "jobs wait "]).ok(), "all\t\n");
}

#[test]
fn values_of_the_built_in_cloud_are_asked_for_by_other_programs() {
    let home = Home::new();
    let zone = home.value("list zones", "id");
    let seen = home
        .args(&["complete", "--values", "deploy virtualmachine zoneid=DEV"])
        .ok();
    assert_eq!(seen, format!("{zone}\tdevcloud  Enabled\n"));
    let seen = home
        .args(&["complete", "--values", "deploy virtualmachine zoneid=name:"])
        .ok();
    assert_eq!(seen, "name:devcloud\tdevcloud  Enabled\n");
    assert_eq!(
        home.args(&["complete", "deploy virtualmachine zoneid="])
            .ok(),
        ""
    );
}
