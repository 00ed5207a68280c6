//! Whatever happens between the program and the cloud, the ledger tells the truth: what was carried out, what was not, and
//! nothing ran twice.

mod proxy;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use capuchin::Client;
use capuchin::client::ledger::{Ledger, Noted, Whose};
use serde_json::Value;

use crate::support::{Home, Run, Seen};
use proxy::{Dice, Proxy, Schedule};

/// A cloud in this process with a proxy before it, and what the tests need to know of its world.
pub struct World {
    pub proxy: Proxy,
    cloud: devcloud::Cloud,
    runtime: tokio::runtime::Runtime,
    direct: Client,
    ids: BTreeMap<&'static str, String>,
    /// API key and secret of an account that is no administrator.
    user: (String, String),
    _state: tempfile::TempDir,
}

impl World {
    pub fn new(job_milliseconds: u32) -> World {
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("cloud.sqlite");
        let cloud = devcloud::start(&file, ([127, 0, 0, 1], 0).into()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let direct = Client::new(&cloud.url(), cloud.apikey(), cloud.secretkey()).unwrap();
        let mut world = World {
            proxy: Proxy::new(cloud.address()),
            cloud,
            runtime,
            direct,
            ids: BTreeMap::new(),
            user: Default::default(),
            _state: state,
        };
        for (name, list, params) in [
            ("zoneid", "listZones", &[][..]),
            (
                "templateid",
                "listTemplates",
                &[("templatefilter", "featured")],
            ),
            ("serviceofferingid", "listServiceOfferings", &[]),
            ("diskofferingid", "listDiskOfferings", &[]),
        ] {
            let id = world.rows(list, params)[0]["id"]
                .as_str()
                .unwrap()
                .to_string();
            world.ids.insert(name, id);
        }
        let milliseconds = job_milliseconds.to_string();
        world.rows(
            "updateConfiguration",
            &[
                ("name", "devcloud.job.milliseconds"),
                ("value", &milliseconds),
            ],
        );
        // More machines than an account may have unless told otherwise.
        for of in ["user.vms", "volumes", "public.ips", "networks"] {
            let name = format!("max.account.{of}");
            world.rows("updateConfiguration", &[("name", &name), ("value", "-1")]);
        }
        let account = world.rows(
            "createAccount",
            &[
                ("accounttype", "0"),
                ("username", "kim"),
                ("password", "p"),
                ("firstname", "K"),
                ("lastname", "K"),
                ("email", "k@example.org"),
            ],
        );
        let id = account[0]["user"][0]["id"].as_str().unwrap().to_string();
        let keys = &world.rows("registerUserKeys", &[("id", &id)])[0];
        let text = |name: &str| keys[name].as_str().unwrap().to_string();
        world.user = (text("apikey"), text("secretkey"));
        world
    }

    /// The rows of a call made past the proxy by the administrator.
    pub fn rows(&self, api: &str, params: &[(&str, &str)]) -> Vec<Value> {
        let answer = self
            .runtime
            .block_on(self.direct.call(api, params))
            .unwrap();
        let text = |record: &capuchin::record::Record| {
            let mut out = Vec::new();
            let value = capuchin::record::Value::Record(record.clone());
            capuchin::record::json::compact(&value, &mut out).unwrap();
            serde_json::from_slice(&out).unwrap()
        };
        answer.records().map(|record| text(&record)).collect()
    }

    /// The names of what there is of a kind, with how often each is there, and the ids.
    pub fn things(&self, list: &str, name: &str) -> BTreeMap<String, Vec<String>> {
        let mut things: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in self.rows(list, &[("listall", "true")]) {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_string();
            things.entry(text(name)).or_default().push(text("id"));
        }
        things
    }

    /// A machine made past the proxy.
    fn machine(&self) -> String {
        let given = ["zoneid", "templateid", "serviceofferingid"];
        let params: Vec<(&str, &str)> =
            given.iter().map(|name| (*name, &*self.ids[name])).collect();
        let made = &self.rows("deployVirtualMachine", &params)[0];
        made["id"].as_str().unwrap().to_string()
    }

    /// How often it was rebooted.
    fn reboots(&self, machine: &str) -> usize {
        let jobs = self.rows("listAsyncJobs", &[("listall", "true")]);
        jobs.iter()
            .filter(|job| job["cmd"].as_str().unwrap().contains("RebootVM"))
            .filter(|job| job["jobinstanceid"].as_str() == Some(machine))
            .count()
    }

    /// A home whose profile reaches the cloud through the proxy.
    pub fn home(&self, root: bool) -> Home {
        let (apikey, secretkey) = match root {
            true => (self.cloud.apikey(), self.cloud.secretkey()),
            false => (self.user.0.as_str(), self.user.1.as_str()),
        };
        Home::new().configured(&format!(
            "profile = \"p\"\ntimeout = 3\nreply_timeout = 0.5\n[profiles.p]\nurl = \"{}\"\napikey = \"{apikey}\"\nsecretkey = \"{secretkey}\"\n",
            self.proxy.url()
        ))
    }

    /// Whose calls the ledger of such a home has.
    fn whose(&self, root: bool) -> Whose {
        let apikey = if root {
            self.cloud.apikey()
        } else {
            &self.user.0
        };
        Whose {
            profile: "p".into(),
            endpoint: self.proxy.url(),
            identity: apikey.into(),
        }
    }

    fn words(&self, names: &[&str]) -> String {
        let words = names
            .iter()
            .map(|name| format!("{name}={}", self.ids[name]));
        words.collect::<Vec<_>>().join(" ")
    }

    pub fn deploy(&self, more: &str) -> String {
        let words = self.words(&["zoneid", "templateid", "serviceofferingid"]);
        format!("deploy virtualmachine {words} {more}\n")
    }

    pub fn volume(&self, name: &str) -> String {
        let words = self.words(&["zoneid", "diskofferingid"]);
        format!("create volume name={name} {words}\n")
    }
}

/// A run that gives a busy machine its time.
fn patiently(run: Run) -> Run {
    run.env("CAPUCHIN_REPLY_TIMEOUT", "60")
        .env("CAPUCHIN_TIMEOUT", "60")
}

/// The ledger as `jobs all` shows it, after it asked the cloud.
fn ledger(home: &Home) -> (Seen, Vec<Value>) {
    let seen = patiently(home.run("jobs all -o json")).seen().status(0);
    let whole: Value = serde_json::from_str(&seen.stdout).unwrap();
    let rows = whole["job"].as_array().cloned().unwrap_or_default();
    (seen, rows)
}

/// The parameters that the ledger has of each call, by its number.
fn noted(home: &Home, whose: &Whose) -> BTreeMap<i64, BTreeMap<String, String>> {
    let ledger = Ledger::at(&home.path().join(".local/state/capuchin"));
    let calls = ledger.calls(whose, true).unwrap();
    let params = |call: Noted| (call.id, call.params.into_iter().collect());
    calls.into_iter().map(params).collect()
}

/// What a run of schedules came to.
#[derive(Default, Debug)]
struct Tally {
    calls: usize,
    unknown: usize,
    /// Calls on something that was there.
    by_subject: usize,
    states: BTreeMap<String, usize>,
}

fn run(world: &World, seed: u64, tally: &mut Tally) {
    let mut dice = Dice::new(seed);
    let root = dice.below(3) > 0;
    let home = world.home(root);
    patiently(home.run("sync")).ok();
    let name = |what: &str| format!("s{seed}{what}");
    let mut script = vec![
        world.deploy(&format!("name={}", name("a"))),
        world.volume(&name("v")),
        world.deploy(&format!("name={} startvm=false", name("b"))),
        "list virtualmachines filter=name\n".into(),
        world.volume(&name("w")),
    ];
    let machine = world.machine();
    if root {
        script.push(format!("reboot virtualmachine id={machine}\n"));
        script.push(format!(
            "create user account=admin username={} password=hunter2 firstname=A lastname=B email=c@example.org\n",
            name("u")
        ));
    }
    let percent = 20 + dice.below(60);
    world.proxy.forwarded();
    world.proxy.schedule(Some(Schedule { dice, percent }));
    let seen = home.args(&["--keep-going"]).stdin(script.concat()).seen();
    world.proxy.schedule(None);
    assert!(!seen.stderr.contains("hunter2"), "{seen:?}");
    world.proxy.settle();
    let mut forwarded = world.proxy.forwarded();
    patiently(home.run("jobs wait")).seen();
    let (_, entries) = ledger(&home);
    forwarded.extend(world.proxy.forwarded());

    let machines = world.things("listVirtualMachines", "name");
    let volumes = world.things("listVolumes", "name");
    let users = world.things("listUsers", "username");
    let params = noted(&home, &world.whose(root));
    let asked = script.len() - 1;
    assert_eq!(entries.len(), asked, "seed {seed}: {seen:?} {entries:?}");
    for entry in &entries {
        let api = entry["api"].as_str().unwrap();
        let state = entry["state"].as_str().unwrap();
        if api == "rebootVirtualMachine" {
            let ran = world.reboots(&machine);
            let told = format!("seed {seed}: {ran} of {entry}\n{seen:?}");
            match state {
                "done" => assert_eq!(ran, 1, "{told}"),
                "refused" | "notdone" => assert_eq!(ran, 0, "{told}"),
                other => panic!("{other}: {told}"),
            }
            tally.by_subject += 1;
            continue;
        }
        let (things, name) = match api {
            "deployVirtualMachine" => (&machines, "name"),
            "createVolume" => (&volumes, "name"),
            _ => (&users, "username"),
        };
        let called = &params[&entry["id"].as_i64().unwrap()][name];
        let there = things.get(called).cloned().unwrap_or_default();
        let told = format!("seed {seed}, {api} {called}: {entry} {there:?}\n{seen:?}");
        assert!(there.len() <= 1, "twice: {told}");
        match state {
            "done" => assert_eq!(
                entry["resourceid"].as_str(),
                there.first().map(|id| id.as_str()),
                "{told}"
            ),
            "refused" | "notdone" => assert!(there.is_empty(), "{told}"),
            "unknown" => {}
            other => panic!("{other}: {told}"),
        }
        tally.calls += 1;
        tally.unknown += usize::from(state == "unknown");
        *tally.states.entry(state.into()).or_default() += 1;
        // What the cloud got more than once it was able to refuse.
        let sent = forwarded.iter().filter(|query| {
            query.contains(&format!("command={api}&")) && query.contains(&format!("name={called}&"))
        });
        let without: Vec<&String> = sent.filter(|query| !query.contains("customid=")).collect();
        assert!(without.len() <= 1, "sent twice without an id: {told}");
    }
}

#[test]
fn whatever_the_network_does_the_ledger_tells_the_truth() {
    const SCHEDULES: u64 = 200;
    const WORLDS: u64 = 20;
    let runs = (0..WORLDS).map(|first| {
        std::thread::spawn(move || {
            let world = World::new(30);
            let mut tally = Tally::default();
            for seed in (first..SCHEDULES).step_by(WORLDS as usize) {
                run(&world, seed, &mut tally);
            }
            tally
        })
    });
    let runs: Vec<_> = runs.collect();
    let mut whole = Tally::default();
    for run in runs {
        let tally = run.join().unwrap();
        whole.calls += tally.calls;
        whole.unknown += tally.unknown;
        whole.by_subject += tally.by_subject;
        for (state, count) in tally.states {
            *whole.states.entry(state).or_default() += count;
        }
    }
    // Every one of these calls has a name or an id of its own, so the cloud can tell of each.
    assert_eq!(whole.unknown, 0, "{whole:?}");
    assert!(
        whole.calls > 900
            && whole.by_subject > 100
            && whole.states["done"] > 300
            && whole.states["notdone"] > 30,
        "{whole:?}"
    );
}

#[test]
fn a_process_killed_at_any_moment_leaves_the_truth_behind() {
    const KILLS: u64 = 50;
    let world = World::new(60);
    let mut dice = Dice::new(7);
    let mut left = 0;
    for kill in 0..KILLS {
        let home = world.home(kill % 2 == 0);
        patiently(home.run("sync")).ok();
        let name = format!("k{kill}");
        let line = world.deploy(&format!("name={name}"));
        let mut child = patiently(home.args(&line.split_whitespace().collect::<Vec<_>>()))
            .command()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(dice.below(160_000) as u64));
        // It may have come to its end already.
        let _ = child.kill();
        let ended = child.wait().unwrap();
        world.proxy.settle();
        world.proxy.forwarded();
        let (seen, entries) = ledger(&home);
        let asked = world.proxy.forwarded();
        let told = seen.stderr.contains("an earlier run ended in the middle");
        let machines = world.things("listVirtualMachines", "name");
        let there = machines.get(&name).cloned().unwrap_or_default();
        let context = format!("kill {kill}: {ended} {entries:?} {there:?} {seen:?}");
        assert!(there.len() <= 1, "{context}");
        match entries.as_slice() {
            [] => assert!(there.is_empty() && !told, "{context}"),
            [entry] => {
                let state = entry["state"].as_str().unwrap();
                match state {
                    "done" | "running" => {
                        assert_eq!(
                            entry["resourceid"].as_str(),
                            there.first().map(|id| id.as_str()),
                            "{context}"
                        );
                    }
                    "notdone" => assert!(there.is_empty(), "{context}"),
                    other => panic!("{other}: {context}"),
                }
                // What nobody is told of had come to its end before.
                let settled = state == "done" && asked.is_empty();
                assert!(told != settled && !(told && ended.success()), "{context}");
                left += usize::from(told);
            }
            _ => panic!("{context}"),
        }
        // Once looked at, nothing more is said.
        let again = home.run("jobs").seen().status(0);
        assert!(!again.stderr.contains("earlier run"), "{again:?}");
    }
    assert!(
        left > 10,
        "only {left} of {KILLS} kills hit a call under way"
    );
}
