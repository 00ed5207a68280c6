//! Recorded calls that were signed by one rule or another, signed the same way here: the one that was good there is good here,
//! and so is no other.

use crate::exchanges::{Exchange, calls};
use crate::support::{Answer, Keys, World, encode, get, post, signature, signed};

/// The parameters that a rule signs, as pairs that are ready to be joined.
type Rule = fn(&[(String, String)]) -> Vec<String>;

/// As Java's URLEncoder writes values, which is the rule.
fn as_java(params: &[(String, String)]) -> Vec<String> {
    in_order(params, encode)
}

/// As RFC 3986 has it and Python's `quote`: a star is escaped and a tilde is not.
fn as_python(params: &[(String, String)]) -> Vec<String> {
    in_order(params, |value| {
        encode(value).replace('*', "%2A").replace("%7E", "~")
    })
}

/// The values by the rule, the names in the order that they have in lower case.
fn by_lower_case(params: &[(String, String)]) -> Vec<String> {
    let mut params = params.to_vec();
    params.sort_by_key(|(name, _)| name.to_lowercase());
    pairs(&params, encode)
}

/// By the rule, without the parameter that was added afterwards.
fn without_keyword(params: &[(String, String)]) -> Vec<String> {
    let kept: Vec<(String, String)> = params
        .iter()
        .filter(|(name, _)| name != "keyword")
        .cloned()
        .collect();
    as_java(&kept)
}

fn in_order(params: &[(String, String)], written: fn(&str) -> String) -> Vec<String> {
    let mut params = params.to_vec();
    params.sort();
    pairs(&params, written)
}

fn pairs(params: &[(String, String)], written: fn(&str) -> String) -> Vec<String> {
    params
        .iter()
        .map(|(name, value)| format!("{name}={}", written(value)))
        .collect()
}

/// By which rule each was signed, by the end of its name.
const RULES: &[(&str, Rule)] = &[
    ("python-quote.json", as_python),
    ("post-star.json", as_python),
    ("sort-lowercased.json", by_lower_case),
    ("lowersort.json", by_lower_case),
    ("extra-unsigned-param.json", without_keyword),
];

fn rule_of(exchange: &Exchange) -> Rule {
    let known = RULES.iter().find(|(end, _)| exchange.name.ends_with(end));
    known.map_or(as_java, |(_, rule)| *rule)
}

/// Sends a recorded call with our key, signed by its rule.
fn resent(world: &World, exchange: &Exchange) -> Answer {
    let Keys(key, secret) = world.admin();
    let mut params = exchange.params();
    params.push(("apiKey".into(), key));
    let signature = signature(&secret, &rule_of(exchange)(&params));
    let query = pairs(&params, encode).join("&");
    let query = format!("{query}&signature={}", encode(&signature));
    match exchange.method.as_str() {
        "POST" => post(&world.cloud, &query),
        _ => get(&world.cloud, &query),
    }
}

#[test]
fn signatures_are_good_by_the_rule_of_a_real_server() {
    let world = World::new();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for exchange in calls() {
        let signed = exchange.starts(&["sign-", "post-star", "post-utf8"])
            && !exchange.name.contains("plus-unencoded");
        if signed {
            compared += 1;
            let here = resent(&world, &exchange).status;
            if here != exchange.answer.status {
                wrong.push(format!("{} is {here}", exchange.name));
            }
        }
    }
    assert!(compared >= 16, "only {compared} compared");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_bare_plus_in_a_signature_is_a_space() {
    let world = World::new();
    let admin = world.admin();
    // A signature has one in three of four cases.
    let query = (0..)
        .map(|number| signed(&admin, "listZones", &[("keyword", &format!("k{number}"))]))
        .find(|query| query.contains("%2B"))
        .unwrap();
    assert_eq!(get(&world.cloud, &query).status, 200);
    assert_eq!(get(&world.cloud, &query.replace("%2B", "+")).status, 401);
}

#[test]
fn a_session_is_answered_what_a_key_is() {
    let world = World::new();
    let query = signed(&world.admin(), "listUsers", &[("response", "json")]);
    let by_key = get(&world.cloud, &query);
    let session = world.login("username=admin&password=password");
    let in_session = world.in_session(&session, "command=listUsers");
    assert_eq!((in_session.status, in_session.body), (200, by_key.body));
}
