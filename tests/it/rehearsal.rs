//! `devcloud fault` and `devcloud clock`: trouble and time for the built-in cloud, as a user asks for them.

use crate::support::Home;

#[test]
fn trouble_is_added_seen_and_taken_away() {
    let home = Home::new();
    home.args(&[
        "devcloud",
        "fault",
        "add",
        "listZones",
        "533",
        "no room",
        "once",
    ])
    .seen()
    .status(0)
    .err("listZones 533 \"no room\" once");
    let listed = home.run("devcloud fault list -o csv").ok();
    assert_eq!(
        listed,
        "id,api,fault,of\n1,listZones,\"533 \"\"no room\"\" once\",call\n"
    );
    home.run("list zones").seen().status(1).err("no room");
    home.run("list zones").ok();
    home.run("devcloud fault add * 530").ok();
    home.run("list zones").fails(1);
    home.run("devcloud fault remove all").ok();
    home.run("list zones").ok();
    for wrong in [
        "devcloud fault add listZones burns",
        "devcloud fault add listNothing 530",
        "devcloud fault remove 99",
        "devcloud fault remove it",
        "devcloud clock advance soon",
        "devcloud clock advance -2h",
        "devcloud clock",
    ] {
        home.run(wrong).fails(2);
    }
}

#[test]
fn a_lost_answer_is_rehearsed_and_stands_in_the_ledger() {
    let home = Home::new();
    home.run("devcloud fault add createDomain lose once").ok();
    let seen = home.run("create domain name=x").seen();
    assert_eq!(seen.status, 6, "{seen:?}");
    let there = home
        .run("list domains name=x listall=true filter=name")
        .ok();
    assert!(there.contains("name = x"), "{there} {seen:?}");
    let jobs = home.run("jobs all -o csv").ok();
    assert!(jobs.contains("unknown"), "{jobs} {seen:?}");
}

#[test]
fn time_goes_by_and_the_clock_goes_wrong_where_asked() {
    let home = Home::new();
    home.run("list zones").ok();
    home.run("devcloud clock advance 2h 30m")
        .seen()
        .status(0)
        .err("9000 seconds went by");
    home.run("devcloud clock offset 1h")
        .seen()
        .status(0)
        .err("3600 seconds ahead");
    home.run("list zones").seen().status(0).err("clock");
    home.run("devcloud clock offset 0").ok();
    let seen = home.run("list zones").seen().status(0);
    assert!(!seen.stderr.contains("clock"), "{seen:?}");
}
