//! KDDI's KCPS2: the calls of its documents with the answers that they show, its jobs, and a whole session with the built-in
//! cloud in its manner.

use capuchin::cloud::cloudstack::sign;
use serde_json::Value;

use crate::stand_in::{Asked, StandIn};
use crate::support::{Home, Running, Seen, Stub};

const MACHINE: &str = "5c5ee1ab-8b0b-4b3e-9b4e-0c6f0f4b7a11";
const JOB: &str = "3d9ebfa2-7e01-42bf-9c79-7d79af02210b";
const STARTED: &str = "<startvirtualmachineresponse cloud-stack-version=\"4.3.0.2\"><jobid>3d9ebfa2-7e01-42bf-9c79-7d79af02210b\
                       </jobid></startvirtualmachineresponse>";

fn xml(status: &str, body: &str) -> String {
    Stub::whole(status, "text/xml;charset=UTF-8", body)
}

/// A refusal as its documents show them.
fn refused(code: u16, api: &str, text: &str) -> String {
    let envelope = format!("{}response", api.to_lowercase());
    xml(
        &format!("{code} X"),
        &format!(
            "<{envelope} cloud-stack-version=\"4.3.0.2\"><errorcode>{code}</errorcode><cserrorcode>400</cserrorcode>\
             <errortext>{text}</errortext></{envelope}>"
        ),
    )
}

fn home(url: &str) -> Home {
    Home::new().configured(&format!(
        "profile = \"k\"\n[profiles.k]\nkind = \"kcps\"\nurl = \"{url}\"\napikey = \"KEY\"\nsecretkey = \"TOPSECRET\"\n"
    ))
}

#[test]
fn the_vendors_script_is_spoken_as_a_one_shot_in_scripts_and_by_its_own_name() {
    let cloud = StandIn::new(|_| xml("200 OK", STARTED));
    let home = home(&cloud.url);
    let call = format!("command=startVirtualMachine id={MACHINE}");
    let settings = "asyncblock=false output=raw showurl=true";
    let address = format!("{}?command=startVirtualMachine&id={MACHINE}", cloud.url);
    let masked = format!("SEND URL: {address}&apikey=********&signature=********\n");
    for seen in [
        home.run(&format!("{call} {settings}")).seen(),
        home.script(format!("{call} {settings}\n")),
        home.script(format!(
            "set showurl true\n./kick_api.sh {call} asyncblock=false -o raw\n"
        )),
        home.run(&format!("start virtualmachine id={MACHINE} {settings}"))
            .seen(),
    ] {
        let seen = seen.status(0);
        assert_eq!(seen.stdout.trim_end(), STARTED, "{seen:?}");
        assert!(seen.stderr.contains(&masked), "{seen:?}");
        let asks = format!("query exasyncjobresult jobid={JOB}");
        assert!(seen.stderr.contains(&asks), "{seen:?}");
        assert!(!seen.stderr.contains("TOPSECRET"), "{seen:?}");
    }
    let pairs = [
        ("command", "startVirtualMachine"),
        ("id", MACHINE),
        ("apikey", "KEY"),
    ];
    let pairs = pairs.map(|(name, value)| (name.to_string(), value.to_string()));
    let signature = sign::signature(&pairs, "TOPSECRET");
    let whole = format!(
        "SEND URL: {address}&apikey=KEY&{}\n",
        sign::query(&[("signature".into(), signature)])
    );
    let line = format!("{call} asyncblock=false --reveal");
    home.run(&line).seen().status(0).err(&whole);
    // Four calls of the page, and the one that was revealed.
    assert_eq!(cloud.asked("startVirtualMachine").len(), 5);
    let log = home.path().join(".local/state/capuchin/capuchin.log");
    assert!(!std::fs::read_to_string(log).unwrap().contains("signature="));
}

#[test]
fn the_errors_of_the_vendors_triage_are_told_apart() {
    let cloud = StandIn::new(|asked: &Asked| match asked.api() {
        "startVirtualMachine" => refused(
            401,
            "startVirtualMachine",
            "Unable to verify user credentials and/or request signature.",
        ),
        "deployPremiumVirtualMachine" => refused(
            500,
            "deployPremiumVirtualMachine",
            "The Host you specified could not be found.",
        ),
        _ => xml(
            "403 X",
            "<errorresponse><errorcode>403</errorcode><errortext> Forbidden </errortext></errorresponse>",
        ),
    });
    let home = home(&cloud.url);
    let said = home
        .run(&format!("command=startVirtualMachine id={MACHINE}"))
        .fails(1);
    for part in [
        "Unable to verify user credentials",
        "401",
        "so it is the API key, its secret",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(!said.contains("may not have the call"), "{said}");
    // A mistyped command is noticed here; sent all the same it is forbidden.
    let said = home
        .run(&format!("command=startVirtualMachin id={MACHINE}"))
        .fails(2);
    assert!(
        said.contains("did you mean `startVirtualMachine`?"),
        "{said}"
    );
    let said = home
        .run(&format!("api startVirtualMachin id={MACHINE}"))
        .fails(1);
    assert!(said.contains("Forbidden (403"), "{said}");
    assert!(
        said.contains("did you mean `startVirtualMachine`?"),
        "{said}"
    );
    let said = home
        .run(&format!(
            "command=deployPremiumVirtualMachine name=test hypervisor=VMware zoneid={MACHINE} templateid={MACHINE} \
             serviceofferingid={MACHINE} hostname=kc2-west01-Losv-000031 iptonetworklist[0].networkid={MACHINE}"
        ))
        .fails(1);
    assert!(
        said.contains("The Host you specified could not be found."),
        "{said}"
    );
    assert!(said.contains("cserrorcode 400"), "{said}");
    let sent = cloud.asked("deployPremiumVirtualMachine");
    assert_eq!(sent.len(), 1);
    let names: Vec<&str> = sent[0].target.split(['?', '&']).collect();
    assert!(
        names.iter().any(|pair| pair.starts_with("iptonetworklist")),
        "{names:?}"
    );
    assert!(sent[0].param("response").is_none() && sent[0].param("expires").is_none());
    // No answer at all: nobody listens there any more.
    let url = cloud.url.clone();
    drop(cloud);
    let home = self::home(&url);
    let line = format!("command=startVirtualMachine id={MACHINE} retries=0");
    let said = home.run(&line).fails(3);
    assert!(said.contains("nothing was sent"), "{said}");
}

/// A cloud that knows the jobs of some calls by one question and of the others by the other, with loose JSON and XML.
fn with_jobs(format: &'static str) -> StandIn {
    StandIn::new(move |asked: &Asked| {
        let known = matches!(
            (asked.api(), asked.param("jobid").unwrap_or_default()),
            ("queryExAsyncJobResult", "own") | ("queryAsyncJobResult", "other")
        );
        let answer = |envelope: &str, inner: &str| match format {
            "json" => Stub::whole(
                "200 OK",
                "application/json",
                &format!("{{\"{envelope}\":{inner}}}"),
            ),
            _ => {
                let tree: Value = serde_json::from_str(inner).unwrap();
                xml(
                    "200 OK",
                    &format!("<{envelope}>{}</{envelope}>", elements(&tree)),
                )
            }
        };
        match asked.api() {
            "startVirtualMachine" => answer("startvirtualmachineresponse", r#"{"jobid":"own"}"#),
            "rebootVirtualMachine" => {
                answer("rebootvirtualmachineresponse", r#"{"jobid":"other"}"#)
            }
            "queryExAsyncJobResult" | "queryAsyncJobResult" if known => answer(
                &format!("{}response", asked.api().to_lowercase()),
                r#"{"jobstatus":1,"jobprocstatus":0,"jobresult":{"virtualmachine":{"id":"7","name":"web","cpunumber":"2",
                    "rootdeviceid":"0","created":1514271600000}}}"#,
            ),
            api => refused(500, api, "Unable to execute: entity does not exist"),
        }
    })
}

fn elements(tree: &Value) -> String {
    let Value::Object(fields) = tree else {
        return tree.as_str().map_or_else(|| tree.to_string(), String::from);
    };
    let fields = fields.iter();
    fields
        .map(|(name, value)| format!("<{name}>{}</{name}>", elements(value)))
        .collect()
}

#[test]
fn each_job_is_asked_after_with_the_command_that_knows_it() {
    for format in ["xml", "json"] {
        let cloud = with_jobs(format);
        let home = home(&cloud.url);
        for api in ["start", "reboot"] {
            let line = format!(
                "{api} virtualmachine id={MACHINE} response={format} filter=cpunumber,rootdeviceid,created -o json"
            );
            let machine: Value = serde_json::from_str(&home.run(&line).ok()).unwrap();
            let machine = machine.get("virtualmachine").unwrap_or(&machine).clone();
            assert_eq!(machine["cpunumber"], 2, "{machine}");
            assert_eq!(machine["rootdeviceid"], 0, "{machine}");
            assert_eq!(machine["created"], "2017-12-26T07:00:00+0000", "{machine}");
        }
        assert_eq!(cloud.asked("queryExAsyncJobResult").len(), 1);
        assert_eq!(cloud.asked("queryAsyncJobResult").len(), 1);
        // By hand the wrong question is put in the other way.
        for (line, job) in [
            ("query asyncjobresult", "own"),
            ("query exasyncjobresult", "other"),
        ] {
            let shown = home
                .run(&format!("{line} jobid={job} response={format}"))
                .ok();
            assert!(shown.contains("jobstatus = 1"), "{shown}");
            assert!(
                shown.contains("created = 2017-12-26T07:00:00+0000"),
                "{shown}"
            );
        }
        let line = format!("query asyncjobresult jobid=nobodys response={format}");
        let said = home.run(&line).fails(1);
        assert!(said.contains("queryAsyncJobResult was refused"), "{said}");
    }
}

#[test]
fn where_the_server_resets_connections_lists_go_again_and_changes_do_not() {
    let zones = "<listzonesresponse><count>1</count><zone><id>1</id><name>jp2-east01</name></zone></listzonesresponse>";
    let cloud = StandIn::new(move |asked: &Asked| match (asked.api(), asked.nth) {
        ("listZones", 0..3) => String::new(),
        ("listZones", _) => xml("200 OK", zones),
        _ => String::new(),
    });
    let home = home(&cloud.url);
    assert_eq!(
        home.run("list zones filter=name -o csv").ok(),
        "name\njp2-east01\n"
    );
    assert_eq!(cloud.asked("listZones").len(), 4);
    home.run(&format!("stop virtualmachine id={MACHINE}"))
        .fails(6);
    assert_eq!(cloud.asked("stopVirtualMachine").len(), 1);
}

#[test]
fn what_the_vendor_does_not_take_is_not_sent() {
    let cloud = StandIn::new(|_| String::new());
    let home = home(&cloud.url);
    let policy = "create snapshotpolicy volumeid=1 timezone=JST";
    for (line, says) in [
        (
            format!("{policy} intervaltype=WEEKLY maxsnaps=8 schedule=30:2"),
            "MM:HH:DD, where DD is 1 (Sunday) to 7",
        ),
        (
            format!("{policy} intervaltype=DAILY maxsnaps=9 schedule=30:2"),
            "maxsnaps is from 1 to 8",
        ),
        (
            "add premiumhosts zoneid=1 hypervisor=VMware number=6".into(),
            "number is from 1 to 5",
        ),
        (
            "create volume name=a diskofferingid=1 size=15 zoneid=1".into(),
            "size is from 10 to 2000 in steps of 10",
        ),
        (
            "deploy valuevirtualmachine iptonetworklist[0].colour=1".into(),
            "`iptonetworklist` has no part `[0].colour`",
        ),
    ] {
        let said = home.run(&line).fails(2);
        assert!(said.contains(says), "{line}: {said}");
    }
    assert_eq!(cloud.apis(), Vec::<String>::new());
}

/// The built-in cloud served in the vendor's manner, and a home with a profile of it.
struct Served {
    cloud: Home,
    home: Home,
    url: String,
    _running: Running,
}

fn served() -> Served {
    let cloud = Home::new();
    let running = cloud.run("-o json devcloud serve --as kcps").started();
    let told: Value = serde_json::from_str(&running.line).unwrap();
    let text = |name: &str| told[name].as_str().unwrap().to_string();
    let home = Home::new().configured(&format!(
        "profile = \"k\"\n[profiles.k]\nkind = \"kcps\"\nurl = \"{}\"\napikey = \"{}\"\nsecretkey = \"{}\"\n",
        text("url"),
        text("apikey"),
        text("secretkey")
    ));
    Served {
        cloud,
        home,
        url: text("url"),
        _running: running,
    }
}

impl Served {
    fn ok(&self, line: &str) -> String {
        self.home.run(line).ok()
    }

    fn line(&self, words: &[&str]) -> Seen {
        self.home.args(words).seen()
    }
}

#[test]
fn a_session_in_both_manners_with_the_built_in_cloud() {
    let served = served();
    // The world has its first network with its first machine, which the vendor's catalogue cannot make.
    let parts = [
        "zoneid=name:devcloud",
        "templateid=name:tiny Linux",
        "serviceofferingid=name:tinyOffering",
    ];
    let mut first = vec!["deploy", "virtualmachine", "name=first"];
    first.extend(parts);
    served.cloud.args(&first).ok();

    let seen = served
        .line(&["list", "zones", "filter=name", "-o", "csv"])
        .status(0);
    assert_eq!(seen.stdout, "name\ndevcloud\n");
    seen.err("89 APIs in the catalogue of KCPS2");
    let seen = served.line(&["list", "zones", "-o", "raw"]).status(0);
    seen.out("<listzonesresponse cloud-stack-version=\"4.3.0.2\">");

    // A machine in the shell's manner, with a network that Tab knows.
    let offered = served.line(&[
        "complete",
        "--values",
        "deploy valuevirtualmachine iptonetworklist[0].networkid=",
    ]);
    let network = offered.status(0).stdout;
    let network = network.split('\t').next().unwrap();
    assert_eq!(network.len(), 36, "{network}");
    let network = format!("iptonetworklist[0].networkid={network}");
    let mut deploy = vec![
        "deploy",
        "valuevirtualmachine",
        "name=web",
        "hypervisor=VMware",
        &network,
    ];
    deploy.extend(parts);
    deploy.extend(["filter=name,state", "-o", "csv"]);
    assert_eq!(
        served.line(&deploy).status(0).stdout,
        "name,state\nweb,Running\n"
    );

    // The same machine in the manner of the vendor's script.
    let id = served.home.value("list virtualmachines name=web", "id");
    assert_eq!(
        served.ok(&format!(
            "command=stopVirtualMachine id={id} filter=state -o csv"
        )),
        "state\nStopped\n"
    );
    let begun = served.ok(&format!(
        "./kick_api.sh command=startVirtualMachine id={id} asyncblock=false filter=jobid -o csv"
    ));
    let job = begun.lines().nth(1).unwrap();
    let asked = format!("command=queryAsyncJobResult jobid={job} filter=jobid -o csv");
    assert_eq!(served.ok(&asked), format!("jobid\n{job}\n"));
    served.ok("jobs wait all");
    assert_eq!(
        served
            .home
            .value(&format!("list virtualmachines id={id}"), "state"),
        "Running"
    );

    // Hosts of one's own, and a machine on one of them.
    served.ok("add premiumhosts zoneid=name:devcloud hypervisor=VMware number=1");
    let host = served.home.value("list premiumhosts", "name");
    let host_word = format!("hostname={host}");
    let mut deploy = vec![
        "deploy",
        "premiumvirtualmachine",
        "name=own",
        "hypervisor=VMware",
        &network,
        &host_word,
    ];
    deploy.extend(parts);
    deploy.extend(["filter=name,state", "-o", "csv"]);
    assert_eq!(
        served.line(&deploy).status(0).stdout,
        "name,state\nown,Running\n"
    );
    let offered = served.line(&["complete", "--values", "remove premiumhost name="]);
    assert!(offered.status(0).stdout.contains(&host));

    // What its documents' triage is about.
    let wrong = deploy.iter().map(|word| {
        if *word == host_word {
            "hostname=kc2-west01-Losv-000031"
        } else {
            word
        }
    });
    let wrong: Vec<&str> = wrong.collect();
    served
        .line(&wrong)
        .status(1)
        .err("The Host you specified could not be found.");
    served
        .line(&["api", "startVirtualMachin", &format!("id={id}")])
        .status(1)
        .err("did you mean `startVirtualMachine`?");
    let other = home(&served.url);
    other
        .run("list zones")
        .seen()
        .status(1)
        .err("so it is the API key, its secret");

    // Asked anew, it does not tell what can be called, and the shipped catalogue stays.
    let seen = served.line(&["sync"]).status(0);
    seen.err("listApis was refused: Forbidden").err("KCPS2");
    assert!(served.ok("catalog show -o json").contains("\"apis\": 89"));
}
