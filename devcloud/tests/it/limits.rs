//! Throttling: who is counted, what is told of it, and that settings take hold at once.

use serde_json::json;

use crate::support::{Keys, World};

fn set(world: &World, name: &str, value: &str) {
    let name = format!("api.throttling.{name}");
    world.ok("updateConfiguration", &[("name", &name), ("value", value)]);
}

/// A world where an account may make three calls in an hour.
fn throttled() -> (World, Keys) {
    let world = World::new();
    let user = world.user("u", "0", None);
    set(&world, "interval", "3600");
    set(&world, "max", "3");
    set(&world, "enabled", "true");
    (world, user)
}

fn statuses(world: &World, keys: &Keys, calls: usize) -> Vec<u16> {
    (0..calls)
        .map(|_| world.json(keys, "listZones", &[]).status)
        .collect()
}

#[test]
fn nobody_is_counted_unless_somebody_says_so() {
    let world = World::new();
    let user = world.user("u", "0", None);
    assert_eq!(statuses(&world, &user, 40), [200; 40]);
    for api in ["getApiLimit", "resetApiLimit"] {
        let answer = world.json(&world.admin(), api, &[]);
        let body = answer.whole();
        assert_eq!(
            body["errorresponse"]["errortext"],
            "This api is only available when api.throttling.enabled = true."
        );
    }
    let settings = world.rows("listConfigurations", &[("keyword", "throttling")]);
    let told: Vec<(&str, &str)> = settings
        .iter()
        .map(|row| {
            (
                row["name"].as_str().unwrap(),
                row["value"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("api.throttling.cachesize", "50000"),
            ("api.throttling.enabled", "false"),
            ("api.throttling.interval", "1"),
            ("api.throttling.max", "25")
        ]
    );
}

#[test]
fn accounts_are_counted_and_root_administrators_are_not() {
    let (world, user) = throttled();
    let other = world.user("v", "0", None);
    let told = world.ok("listCapabilities", &[])["capability"].clone();
    assert_eq!(
        (&told["apilimitinterval"], &told["apilimitmax"]),
        (&json!(3600), &json!(3))
    );
    assert_eq!(statuses(&world, &user, 5), [200, 200, 200, 429, 429]);
    assert_eq!(statuses(&world, &other, 2), [200, 200]);
    assert_eq!(statuses(&world, &world.admin(), 9), [200; 9]);
    let limit = world.ok_as(&other, "getApiLimit", &[])["apilimit"].clone();
    assert_eq!(
        (&limit["account"], &limit["apiIssued"], &limit["apiAllowed"]),
        (&json!("v"), &json!(3), &json!(0))
    );
    assert!((3_500_000..=3_600_000).contains(&limit["expireAfter"].as_i64().unwrap()));
    // A session counts for the same account.
    let session = world.login("username=u&password=p");
    assert_eq!(world.in_session(&session, "command=listZones").status, 429);
    let id =
        world.ok("listAccounts", &[("name", "u"), ("listall", "true")])["account"][0]["id"].clone();
    world.ok("resetApiLimit", &[("account", id.as_str().unwrap())]);
    assert_eq!(statuses(&world, &user, 1), [200]);
    assert_eq!(statuses(&world, &other, 1), [429]);
    world.ok("resetApiLimit", &[]);
    assert_eq!(statuses(&world, &other, 1), [200]);
    assert_eq!(world.refused(&user, "resetApiLimit", &[]).0, 432);
}

#[test]
fn settings_take_hold_at_once() {
    let (world, user) = throttled();
    assert_eq!(statuses(&world, &user, 4)[3], 429);
    set(&world, "max", "6");
    assert_eq!(statuses(&world, &user, 3), [200, 200, 429]);
    set(&world, "enabled", "false");
    assert_eq!(statuses(&world, &user, 1), [200]);
    let admin = world.admin();
    for (name, value, text) in [
        (
            "api.throttling.enabled",
            "yes",
            "Please enter either 'true' or 'false'.",
        ),
        (
            "api.throttling.max",
            "0",
            "There was error in trying to parse value: 0. Please enter a valid integer value for parameter api.throttling.max",
        ),
    ] {
        let refused = world.refused(
            &admin,
            "updateConfiguration",
            &[("name", name), ("value", value)],
        );
        assert_eq!(refused, (431, text.into()));
    }
}

#[test]
fn each_server_counts_for_itself_and_remembers_so_many() {
    let (mut world, user) = throttled();
    assert_eq!(statuses(&world, &user, 4)[3], 429);
    let other = world.user("v", "0", None);
    set(&world, "cachesize", "1");
    assert_eq!(statuses(&world, &other, 1), [200]);
    assert_eq!(
        statuses(&world, &user, 1),
        [200],
        "forgotten for the other's sake"
    );
    assert_eq!(statuses(&world, &user, 3)[2], 429);
    world.cloud = world.again();
    assert_eq!(statuses(&world, &user, 1), [200]);
}

#[test]
fn a_count_starts_over_when_its_time_is_up() {
    let world = World::new();
    let user = world.user("u", "0", None);
    set(&world, "interval", "1");
    set(&world, "max", "1");
    set(&world, "enabled", "true");
    let first = std::time::Instant::now();
    while statuses(&world, &user, 1) != [429] {}
    while statuses(&world, &user, 1) == [429] {
        assert!(first.elapsed().as_secs() < 30);
    }
}
