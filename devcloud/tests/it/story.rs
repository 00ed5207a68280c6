//! The life of a recorded server told again here, call by call: a zone is built, machines run in it, others look and try. Each
//! answer is held beside the recorded one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::exchanges::{self, Exchange};
use crate::likeness::{differences, tree};
use crate::support::{Answer, Keys, World, get, get_at, signed};

/// What was told so far.
struct Story {
    world: World,
    /// Ids of that server, and what they are here.
    ids: HashMap<String, String>,
    /// The API that began a job, by the job's id there.
    jobs: HashMap<String, String>,
    offered: BTreeSet<String>,
    /// The integration port's URL, while calls go there.
    integration: Option<String>,
    /// What is different, and the exchanges that show it.
    found: BTreeMap<String, BTreeSet<String>>,
    compared: usize,
}

impl Story {
    fn begin() -> Story {
        let world = World::empty();
        let offered = world
            .rows("listApis", &[])
            .iter()
            .map(|api| api["name"].as_str().unwrap().to_string())
            .collect();
        Story {
            world,
            ids: HashMap::new(),
            jobs: HashMap::new(),
            offered,
            integration: None,
            found: BTreeMap::new(),
            compared: 0,
        }
    }

    /// Sets the cloud's clock.
    fn as_of(&self, second: i64) {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let now = i64::try_from(now.as_secs()).unwrap();
        devcloud::set_clock(&self.world.state(), second - now).unwrap();
    }

    /// Whether jobs end at once, or when the clock is moved.
    fn at_once(&self, yes: bool) {
        let value = if yes { "0" } else { "5000" };
        let params = [("name", "devcloud.job.milliseconds"), ("value", value)];
        self.world.ok("updateConfiguration", &params);
    }

    /// Takes an id here for one there.
    fn stands_for(&mut self, there: &str, here: &str) {
        self.ids.insert(there.into(), here.into());
    }

    /// What had happened before others than the administrator called: a user may have one machine and has begun it, in a
    /// network of their own, and two machines were too large for every host.
    fn limit_users(&mut self, domain: &str, user: &Keys) {
        let limit = [
            ("resourcetype", "0"),
            ("max", "1"),
            ("account", "user1"),
            ("domainid", domain),
        ];
        self.world.ok("updateResourceLimit", &limit);
        let zone = self.world.first("listZones", &[]);
        let offering = self.world.named(
            "listNetworkOfferings",
            "DefaultIsolatedNetworkOfferingWithSourceNatService",
        );
        let network = [
            ("name", "unet"),
            ("displaytext", "unet"),
            ("zoneid", &zone),
            ("networkofferingid", &offering),
        ];
        let network = self.world.ok_as(user, "createNetwork", &network)["network"]["id"].clone();
        self.stands_for(
            "39ce6f2a-5b6f-4c1b-958e-30247dbb222e",
            network.as_str().unwrap(),
        );
        let large = [
            ("name", "huge"),
            ("displaytext", "h"),
            ("cpunumber", "64"),
            ("cpuspeed", "9000"),
            ("memory", "900000"),
        ];
        let large = self.world.ok("createServiceOffering", &large)["serviceoffering"]["id"].clone();
        let template = self
            .world
            .first("listTemplates", &[("templatefilter", "featured")]);
        for there in [
            "88ef78aa-f0f1-4328-9acb-8cb9841e6d0e",
            "373b4705-3df0-4630-8cd0-569e6ccacce7",
        ] {
            let machine = [
                ("zoneid", zone.as_str()),
                ("serviceofferingid", large.as_str().unwrap()),
                ("templateid", &template),
            ];
            let begun = self.world.ok("deployVirtualMachine", &machine);
            self.stands_for(there, begun["jobid"].as_str().unwrap());
        }
    }

    /// Sends a recorded call as somebody, with the ids that things have here, and compares.
    fn tell(&mut self, exchange: &Exchange, keys: &Keys) {
        let command = exchange.command();
        // Commands that no server has.
        let elsewhere = ["", "listNothing", "listVpcs", "listIdps"].contains(&command.as_str());
        if !self.offered.contains(&command) && !elsewhere {
            return;
        }
        let mut params = exchange.params();
        for (_, value) in &mut params {
            if let Some(own) = self.ids.get(value) {
                *value = own.clone();
            }
        }
        let params: Vec<(&str, &str)> = params
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let runs = exchange
            .answer
            .body
            .contains("\"jobstatus\":0,\"jobprocstatus\"")
            || exchange
                .answer
                .body
                .contains("<jobstatus>0</jobstatus><jobprocstatus>");
        if command == "queryAsyncJobResult" && !runs {
            devcloud::advance(&self.world.state(), 60_000).unwrap();
        }
        let here = match &self.integration {
            Some(url) => get_at(url, &exchange.query),
            None => get(&self.world.cloud, &signed(keys, "", &params)),
        };
        self.learn(exchange, &command, &here);
        let api = match self.jobs.get(&exchange.param("jobid")) {
            Some(api) => format!("{api} job"),
            None => command,
        };
        self.compared += 1;
        if APART
            .iter()
            .any(|(name, _)| exchange.name.starts_with(name))
        {
            assert_eq!(here.status, exchange.answer.status, "{}", exchange.name);
            return;
        }
        for difference in differences(&exchange.answer, &here) {
            let seen = self.found.entry(format!("{api} {difference}")).or_default();
            seen.insert(exchange.name.clone());
        }
    }

    /// Every difference has its reason, and every reason its difference.
    fn ends(self, at_least: usize) {
        assert!(self.compared >= at_least, "only {} compared", self.compared);
        let reasoned = |difference: &String| DIFFERENT.iter().any(|(known, _)| known == difference);
        let wrong: Vec<String> = self
            .found
            .iter()
            .filter(|(difference, _)| !reasoned(difference))
            .map(|(difference, seen)| format!("{difference}\n   {seen:?}"))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let gone: Vec<&str> = DIFFERENT
            .iter()
            .map(|(known, _)| *known)
            .filter(|known| !self.found.contains_key(*known))
            .collect();
        assert!(gone.is_empty(), "no longer different: {gone:?}");
    }

    /// Takes note of the ids that the same things have there and here.
    fn learn(&mut self, exchange: &Exchange, command: &str, here: &Answer) {
        if exchange.answer.status != 200 || here.status != 200 {
            return;
        }
        let (there, here) = (tree(&exchange.answer), tree(here));
        let started = there.as_object().and_then(|body| body.values().next());
        let job = started.and_then(|body| body.pointer("/jobid").or(body.pointer("/0/jobid/0")));
        if let Some(job) = job.and_then(Value::as_str)
            && command != "queryAsyncJobResult"
        {
            self.jobs.insert(job.into(), command.into());
        }
        self.same(&there, &here);
    }

    fn same(&mut self, there: &Value, here: &Value) {
        match (there, here) {
            (Value::String(there), Value::String(here)) => {
                let uuid = |text: &str| text.len() == 36 && uuid::Uuid::parse_str(text).is_ok();
                if uuid(there) && uuid(here) {
                    self.ids.entry(there.clone()).or_insert(here.clone());
                }
            }
            (Value::Array(there), Value::Array(here)) => {
                for (at, there) in there.iter().enumerate() {
                    let named =
                        |row: &&Value| row["name"].is_string() && row["name"] == there["name"];
                    if let Some(here) = here.iter().find(named).or(here.get(at)) {
                        self.same(there, here);
                    }
                }
            }
            (Value::Object(there), Value::Object(here)) => {
                for (name, there) in there {
                    if let Some(here) = here.get(name) {
                        self.same(there, here);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Each call before what was asked about its job.
fn in_order(mut exchanges: Vec<Exchange>) -> Vec<Exchange> {
    exchanges.sort_by_key(|exchange| {
        let mut name = exchange.name.clone();
        for (place, word) in ["-poll1", "-poll2", "-job-pending", "-job-done"]
            .iter()
            .enumerate()
        {
            if name.contains(word) {
                name = name.replace(word, "");
                return (name, place + 1);
            }
        }
        (name, 0)
    });
    exchanges
}

/// Refusals for want of room first, then the user's machine, then what others and they themselves see of it.
fn by_cause(mut exchanges: Vec<Exchange>) -> Vec<Exchange> {
    let causes = ["admin-", "user-deploy1.json", "poll", "over-limit"];
    exchanges.sort_by_key(|exchange| {
        let cause = causes
            .iter()
            .rposition(|cause| exchange.name.contains(cause));
        cause.map_or(1, |cause| cause * 2)
    });
    exchanges
}

/// The things that were made on that server before its lists were asked for.
fn one_of_everything(world: &World, ids: &HashMap<String, String>) {
    let here = |there: &str| ids[there].as_str();
    let machine = here("f3987bd0-bcd5-46c8-996b-a57760fff79a");
    let network = here("13df0671-93e0-4bb4-baa4-49c557c6bd11");
    let zone = world.first("listZones", &[]);
    world.done(
        "createProject",
        &[("name", "proj1"), ("displaytext", "project one")],
    );
    world.done(
        "createAffinityGroup",
        &[("name", "ag1"), ("type", "host anti-affinity")],
    );
    world.ok("createInstanceGroup", &[("name", "ig1")]);
    world.ok("createSecurityGroup", &[("name", "sg1")]);
    let forwarded = world.id_of("associateIpAddress", &[("networkid", network)]);
    world.done(
        "createPortForwardingRule",
        &[
            ("ipaddressid", forwarded.as_str()),
            ("protocol", "tcp"),
            ("publicport", "2222"),
            ("privateport", "22"),
            ("virtualmachineid", machine),
        ],
    );
    let balanced = world.id_of("associateIpAddress", &[("networkid", network)]);
    let balancer = world.id_of(
        "createLoadBalancerRule",
        &[
            ("name", "lb1"),
            ("publicipid", balanced.as_str()),
            ("publicport", "80"),
            ("privateport", "8080"),
            ("algorithm", "roundrobin"),
        ],
    );
    world.done(
        "assignToLoadBalancerRule",
        &[("id", &balancer), ("virtualmachineids", machine)],
    );
    world.done(
        "createLBStickinessPolicy",
        &[
            ("lbruleid", balancer.as_str()),
            ("name", "st1"),
            ("methodname", "LbCookie"),
        ],
    );
    world.done(
        "createEgressFirewallRule",
        &[("networkid", network), ("protocol", "all")],
    );
    let vpc = world.id_of(
        "createVPC",
        &[
            ("name", "vpc1"),
            ("displaytext", "vpc one"),
            ("cidr", "10.9.0.0/16"),
            ("vpcofferingid", &world.first("listVPCOfferings", &[])),
            ("zoneid", &zone),
        ],
    );
    let acl = world.id_of("createNetworkACLList", &[("name", "acl1"), ("vpcid", &vpc)]);
    world.done(
        "createNetworkACL",
        &[
            ("aclid", acl.as_str()),
            ("protocol", "tcp"),
            ("startport", "22"),
            ("endport", "22"),
            ("number", "10"),
        ],
    );
    world.done("createVpnGateway", &[("vpcid", &vpc)]);
    world.done("addVpnUser", &[("username", "vpnu"), ("password", "word")]);
    let root = world.first("listVolumes", &[("type", "ROOT")]);
    world.done(
        "createSnapshot",
        &[("volumeid", &root), ("name", "rootsnap")],
    );
    world.done(
        "createVMSnapshot",
        &[("virtualmachineid", machine), ("name", "vms1")],
    );
    let role = world.ok(
        "createRole",
        &[
            ("name", "myrole"),
            ("type", "User"),
            ("description", "mine"),
        ],
    );
    world.ok(
        "createRolePermission",
        &[
            ("roleid", role["role"]["id"].as_str().unwrap()),
            ("rule", "list*"),
            ("permission", "allow"),
        ],
    );
    let deploy = |name: &str| {
        world.id_of(
            "deployVirtualMachine",
            &[
                ("name", name),
                ("zoneid", zone.as_str()),
                (
                    "serviceofferingid",
                    here("00796ad7-801d-4f1c-bdbc-cdfb1438744d"),
                ),
                ("templateid", here("b9b0371c-e611-11f1-83f4-02fc00000001")),
                ("networkids", network),
            ],
        )
    };
    deploy("vm2");
    let third = deploy("vm3");
    world.done(
        "destroyVirtualMachine",
        &[("id", &third), ("expunge", "true")],
    );
}

/// What stays different, and why.
const DIFFERENT: &[(&str, &str)] = &[
    (
        "listApis listapisresponse.api.params.since is missing",
        "since which version a parameter is there says nothing of a cloud that has one version",
    ),
    (
        "listApis listapisresponse.api.response.response is missing",
        "the fields of records inside a record are not declared one by one",
    ),
    (
        "listAsyncJobs listasyncjobsresponse.asyncjobs.jobresult.portableiprange is missing",
        "there are no portable addresses",
    ),
    (
        "listAsyncJobs listasyncjobsresponse.asyncjobs.jobresult.vpnuser is there",
        "there it failed to add the user of a VPN, for want of a real router",
    ),
    (
        "listVpnUsers listvpnusersresponse.vpnuser.state says Active and not one of {\"Add\"}",
        "as above",
    ),
];

/// Exchanges whose records cannot be compared, and why.
const APART: &[(&str, &str)] = &[
    (
        "listUsageRecords.",
        "there nothing had been counted yet; here usage is up to date at any time",
    ),
    (
        "page1.",
        "which records are on a page of usage depends on how often it was counted",
    ),
    ("page2.", "as above"),
];

/// When that server was asked, in seconds since 1970: 2026-11-22T01:15:00+0000.
const THEN: i64 = 1_795_310_100;

#[test]
fn a_real_servers_life_is_the_same_here() {
    let mut story = Story::begin();
    let admin = story.world.admin();
    story.as_of(THEN);
    story.stands_for("CentOS", "Linux");
    for exchange in in_order(exchanges::seed()) {
        story.tell(&exchange, &admin);
    }
    for exchange in in_order(exchanges::jobs()) {
        story.tell(&exchange, &admin);
    }
    // Those that nobody signed, and those that come by other ways, have tests of their own.
    let unsigned = [
        "login",
        "sign",
        "auth",
        "post",
        "empty-query",
        "method",
        "session",
        "port8096",
    ];
    for exchange in in_order(exchanges::calls()) {
        if !exchange.starts(&unsigned)
            || (exchange.answer.status == 200 && exchange.starts(&["sign", "auth"]))
        {
            story.tell(&exchange, &admin);
        }
    }
    let loopback = ([127, 0, 0, 1], 0).into();
    story.integration = story.world.cloud.open_integration(loopback).ok();
    for exchange in exchanges::calls() {
        if exchange.starts(&["port8096"]) {
            story.tell(&exchange, &admin);
        }
    }
    story.integration = None;
    story.at_once(true);
    one_of_everything(&story.world, &story.ids);
    let domain = story.world.ok("createDomain", &[("name", "d1")])["domain"]["id"].clone();
    let domain = domain.as_str().unwrap();
    let chief = story.world.user("dadmin", "2", Some(domain));
    let user = story.world.user("user1", "0", Some(domain));
    let other = story.world.user("u2", "0", Some(domain));
    story.at_once(false);
    for exchange in in_order(exchanges::lists()) {
        story.tell(&exchange, &admin);
    }
    story.limit_users(domain, &user);
    for exchange in by_cause(exchanges::roles()) {
        let keys = match exchange.name.split('-').next().unwrap() {
            "da" => &chief,
            "user" => &user,
            "u2" => &other,
            _ => &admin,
        };
        story.tell(&exchange, keys);
    }
    for exchange in in_order(exchanges::usage()) {
        story.tell(&exchange, &admin);
    }
    story.ends(460);
}
