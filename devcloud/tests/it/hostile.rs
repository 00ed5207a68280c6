//! Those who want in and may not: without keys, with others' things, with calls overheard, with values that are no values.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::support::{Answer, Keys, World, get, post, signed};

/// The APIs that a caller may call.
fn apis(world: &World, keys: &Keys) -> Vec<Value> {
    let body = world.ok_as(keys, "listApis", &[]);
    body["api"].as_array().unwrap().clone()
}

fn name(api: &Value) -> &str {
    api["name"].as_str().unwrap()
}

#[test]
fn no_api_is_there_for_one_without_good_keys() {
    let world = World::new();
    let Keys(key, secret) = world.admin();
    let unknown = Keys("x".repeat(86), secret.clone());
    let wrong = Keys(key.clone(), "y".repeat(86));
    for api in apis(&world, &world.admin()) {
        let api = name(&api);
        // These are what one without keys comes in and goes out by.
        if ["login", "logout"].contains(&api) {
            continue;
        }
        let good = signed(&world.admin(), api, &[]);
        let (unsigned, _) = good.split_once("&signature=").unwrap();
        for query in [
            format!("command={api}"),
            format!("command={api}&apikey={key}"),
            format!("command={api}&apikey={key}&signature="),
            unsigned.to_string(),
            signed(&unknown, api, &[]),
            signed(&wrong, api, &[]),
            // What was signed is not what is sent.
            format!("{good}&id=1"),
        ] {
            assert_eq!(get(&world.cloud, &query).status, 401, "{query}");
        }
    }
}

#[test]
fn no_api_is_there_for_one_whose_role_has_not_got_it() {
    let world = World::new();
    let user = world.user("u", "0", None);
    let theirs = apis(&world, &user);
    let theirs: Vec<&str> = theirs.iter().map(name).collect();
    let all = apis(&world, &world.admin());
    let others: Vec<&str> = all
        .iter()
        .map(name)
        .filter(|name| !theirs.contains(name))
        .collect();
    assert!(theirs.len() > 100 && others.len() > 100);
    for api in others {
        let (code, text) = world.refused(&user, api, &[]);
        assert_eq!(code, 432, "{api}");
        let expected = "does not exist or is not available for this account";
        assert!(text.contains(expected), "{api}: {text}");
    }
}

#[test]
fn a_call_that_was_overheard_is_of_no_use_once_it_has_expired() {
    let world = World::new();
    let expires = Timestamp::now() + SignedDuration::from_mins(5);
    let expires = expires.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string();
    let params = [
        ("name", "d"),
        ("signatureVersion", "3"),
        ("expires", &expires),
    ];
    let call = signed(&world.admin(), "createDomain", &params);
    assert_eq!(get(&world.cloud, &call).status, 200);
    devcloud::set_clock(&world.state(), 600).unwrap();
    assert_eq!(get(&world.cloud, &call).status, 401);
    // Nor does it help to say that it expires later.
    let later = call.replacen("expires=20", "expires=21", 1);
    assert_ne!(later, call);
    assert_eq!(get(&world.cloud, &later).status, 401);
}

/// One thing of each kind that an ordinary user can have, by the list that shows it.
fn estate(world: &World, keys: &Keys, name: &str) -> BTreeMap<&'static str, String> {
    let mut estate = BTreeMap::new();
    let zone = &*world.first("listZones", &[]);
    let offering = &*world.first("listServiceOfferings", &[]);
    let template = &*world.first("listTemplates", &[("templatefilter", "featured")]);
    let disk = &*world.first("listDiskOfferings", &[]);
    let mut make = |list: &'static str, api: &str, params: &[(&str, &str)]| -> String {
        let id = made(world, keys, api, params);
        assert!(!id.is_empty(), "{api}");
        estate.insert(list, id.clone());
        id
    };
    let called = &*format!("{name}-1");
    let text = [("name", called), ("displaytext", called)];
    let pair = [("name", called)];
    world.ok_as(keys, "createSSHKeyPair", &pair);
    let affinity = &*make(
        "listAffinityGroups",
        "createAffinityGroup",
        &[("name", called), ("type", "host anti-affinity")],
    );
    make("listInstanceGroups", "createInstanceGroup", &pair);
    make("listSecurityGroups", "createSecurityGroup", &pair);
    make("listProjects", "createProject", &text);
    let machine = &*make(
        "listVirtualMachines",
        "deployVirtualMachine",
        &[
            ("name", called),
            ("zoneid", zone),
            ("templateid", template),
            ("serviceofferingid", offering),
            ("keypair", called),
            ("affinitygroupids", affinity),
        ],
    );
    let of_machine = [("virtualmachineid", machine)];
    let shown = world.ok_as(keys, "listVirtualMachines", &[("id", machine)]);
    let network = shown["virtualmachine"][0]["nic"][0]["networkid"].as_str();
    let network = network.unwrap().to_string();
    let in_network = [("networkid", &*network)];
    let root = world.ok_as(keys, "listVolumes", &of_machine);
    let root = root["volume"][0]["id"].as_str().unwrap().to_string();
    let of_root = [("volumeid", &*root)];
    make("listSnapshots", "createSnapshot", &of_root);
    make(
        "listSnapshotPolicies",
        "createSnapshotPolicy",
        &[
            of_root[0],
            ("intervaltype", "hourly"),
            ("maxsnaps", "1"),
            ("schedule", "1"),
            ("timezone", "UTC"),
        ],
    );
    make(
        "listVolumes",
        "createVolume",
        &[("name", called), ("zoneid", zone), ("diskofferingid", disk)],
    );
    make("listVMSnapshot", "createVMSnapshot", &of_machine);
    let os = &*world.first("listOsTypes", &[]);
    let image = [
        text[0],
        text[1],
        ("zoneid", zone),
        ("ostypeid", os),
        ("url", "http://example.org/image"),
    ];
    let vhd = [("hypervisor", "XenServer"), ("format", "VHD")];
    let template = [&image[..], &vhd].concat();
    make("listTemplates", "registerTemplate", &template);
    make("listIsos", "registerIso", &image);
    let address = || made(world, keys, "associateIpAddress", &in_network);
    let (first, second, third) = (&*address(), &*address(), &*address());
    make("listPublicIpAddresses", "associateIpAddress", &in_network);
    let ports = [("protocol", "tcp"), ("startport", "80"), ("endport", "80")];
    let on_first = [&[("ipaddressid", first)], &ports[..]].concat();
    make("listFirewallRules", "createFirewallRule", &on_first);
    let out = [&in_network[..], &ports].concat();
    make("listEgressFirewallRules", "createEgressFirewallRule", &out);
    let forward = [
        ("ipaddressid", first),
        ("protocol", "tcp"),
        ("publicport", "22"),
        ("privateport", "22"),
        of_machine[0],
    ];
    make(
        "listPortForwardingRules",
        "createPortForwardingRule",
        &forward,
    );
    let balanced = [
        ("publicipid", second),
        ("name", called),
        ("algorithm", "source"),
        ("publicport", "80"),
        ("privateport", "80"),
    ];
    let balancer = &*make("listLoadBalancerRules", "createLoadBalancerRule", &balanced);
    let still = [("ipaddressid", third), of_machine[0]];
    world.ok_as(keys, "enableStaticNat", &still);
    let on_third = [&[("ipaddressid", third)], &ports[..]].concat();
    make("listIpForwardingRules", "createIpForwardingRule", &on_third);
    let source = [("issourcenat", "true"), ("associatednetworkid", &network)];
    let source = world.ok_as(keys, "listPublicIpAddresses", &source);
    let source = source["publicipaddress"][0]["id"].as_str().unwrap();
    make(
        "listRemoteAccessVpns",
        "createRemoteAccessVpn",
        &[("publicipid", source)],
    );
    let word = [("username", called), ("password", "word")];
    make("listVpnUsers", "addVpnUser", &word);
    let private = [
        text[0],
        text[1],
        ("cidr", "10.9.0.0/16"),
        ("vpcofferingid", &*world.first("listVPCOfferings", &[])),
        ("zoneid", zone),
    ];
    let vpc = &*make("listVPCs", "createVPC", &private);
    let of_vpc = [("vpcid", vpc)];
    let named = [pair[0], of_vpc[0]];
    let list = &*make("listNetworkACLLists", "createNetworkACLList", &named);
    let rule = [("aclid", list), ("protocol", "tcp"), ("number", "7")];
    make("listNetworkACLs", "createNetworkACL", &rule);
    let gateway = &*make("listVpnGateways", "createVpnGateway", &of_vpc);
    let customer = [
        pair[0],
        ("gateway", "198.51.100.1"),
        ("cidrlist", "10.200.0.0/16"),
        ("ipsecpsk", "hush"),
        ("ikepolicy", "aes128-sha1;modp1536"),
        ("esppolicy", "aes128-sha1"),
    ];
    let customer = &*make(
        "listVpnCustomerGateways",
        "createVpnCustomerGateway",
        &customer,
    );
    let ends = [
        ("s2svpngatewayid", gateway),
        ("s2scustomergatewayid", customer),
    ];
    make("listVpnConnections", "createVpnConnection", &ends);
    let compare = [
        ("counterid", &*world.first("listCounters", &[])),
        ("relationaloperator", "GT"),
        ("threshold", "80"),
    ];
    let condition = &*make("listConditions", "createCondition", &compare);
    let policy = |action| {
        [
            ("action", action),
            ("conditionids", condition),
            ("duration", "30"),
        ]
    };
    let down = made(world, keys, "createAutoScalePolicy", &policy("scaledown"));
    let up = &*make(
        "listAutoScalePolicies",
        "createAutoScalePolicy",
        &policy("scaleup"),
    );
    let template = &*world.first("listTemplates", &[("templatefilter", "featured")]);
    let profile = [
        ("zoneid", zone),
        ("serviceofferingid", offering),
        ("templateid", template),
    ];
    let profile = &*make(
        "listAutoScaleVmProfiles",
        "createAutoScaleVmProfile",
        &profile,
    );
    let group = [
        ("lbruleid", balancer),
        ("minmembers", "1"),
        ("maxmembers", "2"),
        ("scaleuppolicyids", up),
        ("scaledownpolicyids", &down),
        ("vmprofileid", profile),
    ];
    make("listAutoScaleVmGroups", "createAutoScaleVmGroup", &group);
    let tag = [
        ("resourceids", machine),
        ("resourcetype", "UserVm"),
        ("tags[0].key", "whose"),
        ("tags[0].value", called),
    ];
    made(world, keys, "createTags", &tag);
    estate.insert("listNetworks", network);
    for (list, record) in [("listUsers", "user"), ("listAccounts", "account")] {
        let own = world.ok_as(keys, list, &[]);
        let id = own[record][0]["id"].as_str().unwrap();
        estate.insert(list, id.to_string());
    }
    estate
}

/// The id of what somebody's call made; nothing where it made nothing that has one.
fn made(world: &World, keys: &Keys, api: &str, params: &[(&str, &str)]) -> String {
    let answer = world.ok_as(keys, api, params);
    let shown = match answer["jobid"].as_str() {
        Some(job) => {
            let record = world.ended(job);
            assert_eq!(record["jobstatus"], 1, "{api}: {record}");
            record["jobresult"].clone()
        }
        None => answer,
    };
    let fields = shown.as_object().unwrap();
    let thing = fields
        .values()
        .find(|value| value.is_object() || value.is_array());
    let thing = thing.map(|thing| thing.get(0).unwrap_or(thing));
    let id = thing.and_then(|thing| thing["id"].as_str());
    id.unwrap_or_default().to_string()
}

/// All that somebody's lists show, without what moves by itself.
fn whole_of(world: &World, keys: &Keys) -> BTreeMap<String, Value> {
    let lists = apis(world, keys);
    let lists = lists.iter().map(name).filter(|name| {
        let moving = [
            "listEvents",
            "listAsyncJobs",
            "listApis",
            "listUsageRecords",
        ];
        name.starts_with("list") && !moving.contains(name)
    });
    let shown = |list: &str| world.json(keys, list, &[("listall", "true")]).whole();
    lists.map(|list| (list.to_string(), shown(list))).collect()
}

/// Everything by which others' things could be read, changed, removed or attached to one's own: an API with one parameter
/// that names what is somebody else's, and everything else one's own.
#[test]
fn what_belongs_to_another_is_out_of_reach_by_any_parameter_of_any_api() {
    let world = World::new();
    world.ok(
        "updateConfiguration",
        &[("name", "max.account.public.ips"), ("value", "40")],
    );
    let (alice, mallory) = (
        world.user("alice", "0", None),
        world.user("mallory", "0", None),
    );
    let counter = [("name", "load"), ("source", "snmp"), ("value", "1.3.6.1")];
    world.job("createCounter", &counter);
    let theirs = estate(&world, &alice, "alice");
    let own = estate(&world, &mallory, "mallory");
    let domain = world.first("listDomains", &[]);
    let before = whole_of(&world, &alice);
    let mut tried = 0;
    let mut wrong = Vec::new();
    for api in apis(&world, &mallory) {
        let params = api["params"].as_array().unwrap();
        let ordinary: Vec<(&str, String)> = params
            .iter()
            .filter(|param| param["required"] == true)
            .map(|param| (param["name"].as_str().unwrap(), ordinary(param, &own)))
            .collect();
        let mut attacks: Vec<Vec<(&str, &str)>> = params
            .iter()
            .filter_map(|param| {
                let id = theirs.get(param["related"].as_str()?)?;
                Some(vec![(param["name"].as_str()?, id.as_str())])
            })
            .collect();
        let takes = |name: &str| params.iter().any(|param| param["name"] == *name);
        if takes("account") && takes("domainid") {
            attacks.push(vec![("account", "alice"), ("domainid", &domain)]);
        }
        for (param, value) in BY_NAME {
            if takes(param) {
                attacks.push(vec![(param, value)]);
            }
        }
        for attack in attacks {
            let others = ordinary
                .iter()
                .filter(|(name, _)| attack.iter().all(|(param, _)| param != name));
            let mut call: Vec<(&str, &str)> = others
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            call.extend(&attack);
            let answer = world.json(&mallory, name(&api), &call);
            tried += 1;
            if let Some(way) = let_in(&world, &mallory, &answer, &theirs) {
                wrong.push(format!("{} {attack:?}: {way}", name(&api)));
            }
        }
    }
    assert!(tried > 200, "{tried}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let after = whole_of(&world, &alice);
    for (list, shown) in before {
        assert_eq!(after[&list], shown, "{list}");
    }
}

/// Parameters that name things by their names.
const BY_NAME: [(&str, &str); 6] = [
    ("keypair", "alice-1"),
    ("group", "alice-1"),
    ("securitygroupname", "alice-1"),
    ("securitygroupnames", "alice-1"),
    ("affinitygroupnames", "alice-1"),
    ("username", "alice-1"),
];

/// A value for a parameter that is one's own or as good as any.
fn ordinary(param: &Value, own: &BTreeMap<&str, String>) -> String {
    if let Some(id) = param["related"].as_str().and_then(|list| own.get(list)) {
        return id.clone();
    }
    let value = match (
        param["name"].as_str().unwrap(),
        param["type"].as_str().unwrap(),
    ) {
        ("url", _) => "http://example.org/image",
        ("algorithm", _) => "source",
        ("protocol", _) => "tcp",
        ("keypair", _) => "mallory-1",
        ("relationaloperator", _) => "GT",
        ("password", _) => "word1",
        (_, "date") => "2026-01-01",
        (_, "tzdate") => "2026-01-01T00:00:00+0000",
        _ => "1",
    };
    value.into()
}

/// How an answer let somebody in; nothing where it was a refusal or shows nothing of others'.
fn let_in(
    world: &World,
    keys: &Keys,
    answer: &Answer,
    theirs: &BTreeMap<&str, String>,
) -> Option<String> {
    if answer.body.contains("could not be used") {
        return Some(answer.body.clone());
    }
    if answer.status != 200 {
        return None;
    }
    let mut shown = answer.inner();
    if let Some(job) = shown["jobid"].as_str() {
        let record = world.ok_as(keys, "queryAsyncJobResult", &[("jobid", job)]);
        if record["jobstatus"] == 2 {
            return None;
        }
        shown = record["jobresult"].clone();
    }
    let shown = shown.to_string();
    let seen = shown.contains("\"alice\"") || theirs.values().any(|id| shown.contains(id));
    seen.then_some(shown)
}

/// What no name and no text is, but for those who look for a way in.
pub const STRANGE: [&str; 2] = [
    "x'); DROP TABLE thing; --\" OR 1=1 ]]><a b=\"&x;\">&#1;%00%s${jndi:x}",
    "\u{0}\u{1}\u{8}\t\n\u{b}\u{1b}[2J\u{7f}\u{85}\u{fffe}\u{ffff}\u{202e}🐒",
];
/// What no number should be.
pub const EXTREME: [&str; 4] = [
    "-9223372036854775808",
    "9007199254740991",
    "-2147483648",
    "1e9",
];

/// A strange value in every parameter of every API, and strange names of parameters.
#[test]
fn no_value_of_any_parameter_breaks_an_api_or_an_answer() {
    let world = World::new();
    let mut tried = 0;
    for api in apis(&world, &world.admin()) {
        let params = api["params"].as_array().unwrap();
        let own = BTreeMap::new();
        let required: Vec<(String, String)> = params
            .iter()
            .filter(|param| param["required"] == true)
            .map(|param| {
                (
                    param["name"].as_str().unwrap().into(),
                    ordinary(param, &own),
                )
            })
            .collect();
        let mut attacks = Vec::new();
        for param in params {
            let known = param["name"].as_str().unwrap();
            if ["long", "integer", "short"].contains(&param["type"].as_str().unwrap()) {
                let extreme = EXTREME.into_iter().map(|value| (known.to_string(), value));
                attacks.extend(extreme);
            }
            for strange in STRANGE {
                attacks.push((known.to_string(), strange));
                if param["type"] == "map" {
                    attacks.push((format!("{known}[0].{strange}"), "1"));
                    attacks.push((format!("{known}[0].key"), strange));
                }
            }
        }
        for (place, (param, value)) in attacks.into_iter().enumerate() {
            let form = if place % 2 == 0 { "xml" } else { "json" };
            let mut call = vec![("response", form), (&param, value)];
            let others = required.iter().filter(|(known, _)| *known != param);
            call.extend(others.map(|(name, value)| (name.as_str(), value.as_str())));
            let query = signed(&world.admin(), name(&api), &call);
            let answer = match name(&api) {
                "login" => post(&world.cloud, &query),
                _ => get(&world.cloud, &query),
            };
            sound(&answer, &format!("{} {call:?}", name(&api)));
            tried += 1;
            if answer.status == 401 {
                // It took away from the administrator who is calling.
                devcloud::reset(&world.state()).unwrap();
            }
        }
    }
    assert!(tried > 4000, "{tried}");
    for api in apis(&world, &world.admin()) {
        if name(&api).starts_with("list") {
            for form in ["xml", "json"] {
                let call = [("response", form), ("listall", "true")];
                let answer = get(&world.cloud, &signed(&world.admin(), name(&api), &call));
                sound(&answer, name(&api));
            }
        }
    }
}

/// Refuses an answer that is not well-formed, or that tells of something broken inside.
pub fn sound(answer: &Answer, call: &str) {
    assert!(
        !answer.body.contains("could not be used"),
        "{call}: {answer:?}"
    );
    // A text without its envelope, as real servers have it.
    if answer.body == "Invalid domain id entered, please enter a valid one" {
        return;
    }
    if answer.content_type.contains("json") {
        let parsed = serde_json::from_str::<Value>(&answer.body);
        assert!(parsed.is_ok(), "{call}: {answer:?}");
        return;
    }
    let wrong = unwell(&answer.body);
    assert!(wrong.is_none(), "{call}: {wrong:?} in {answer:?}");
}

/// What is wrong with a text as XML.
fn unwell(xml: &str) -> Option<String> {
    let possible = |letter: char| {
        letter >= ' ' && !matches!(letter, '\u{fffe}' | '\u{ffff}')
            || matches!(letter, '\t' | '\n' | '\r')
    };
    if let Some(letter) = xml.chars().find(|letter| !possible(*letter)) {
        return Some(format!("the character {letter:?}"));
    }
    let mut reader = Reader::from_str(xml);
    let mut depth = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                depth += 1;
                let name = String::from_utf8_lossy(element.name().as_ref()).into_owned();
                let letters =
                    |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
                let begins = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
                if !name.starts_with(begins) || !name.chars().all(letters) {
                    return Some(format!("the name {name:?}"));
                }
            }
            Ok(Event::End(_)) => depth -= 1,
            Ok(Event::Eof) => return (depth != 0).then(|| "its end".into()),
            Ok(_) => {}
            Err(why) => return Some(why.to_string()),
        }
    }
}
