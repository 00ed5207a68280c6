//! Profiles of other kinds of cloud: added with their kind, what a new one lacks, and rules that are checked before sending.

use crate::stand_in::{Asked, StandIn, json, refused};
use crate::support::{Home, Stub};

#[test]
fn a_profile_is_added_with_its_kind_and_says_what_it_lacks() {
    let home = Home::new();
    let said = home.run("profile add a").seen().status(0).stderr;
    assert!(
        said.contains("set url URL, and set apikey KEY and set secretkey SECRET, or set username"),
        "{said}"
    );
    // One without logins and with a known address lacks the keys alone.
    let said = home
        .run("profile add n --kind cloudn")
        .seen()
        .status(0)
        .stderr;
    assert!(
        said.contains("for https://comp-api.jp-e1.cloudn-service.com/client/api; it needs: set apikey KEY and set secretkey SECRET\n"),
        "{said}"
    );
    let said = home
        .run("profile add k --kind=kcps --url http://127.0.0.1:9")
        .seen()
        .status(0)
        .stderr;
    assert!(said.contains("it needs: set apikey KEY"), "{said}");
    let shown = home.run("profile show k -o json").ok();
    for part in [
        "\"kind\": \"kcps\"",
        "\"url\": \"http://127.0.0.1:9/client/api\"",
        "\"response\": \"xml\"",
        "\"expires\": \"0\"",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn what_is_wrong_with_a_new_profile_leaves_none() {
    let home = Home::new();
    for (line, says) in [
        (
            "profile add x --kind nope",
            "\"nope\" is not cloudstack or kcps",
        ),
        (
            "profile add x --kind cloudn --site mars",
            "its sites are jp-e1",
        ),
        (
            "profile add x --site mars",
            "--url ADDRESS says where it is",
        ),
        ("profile add x --kind", "--kind needs a value"),
        (
            "profile add x --kind kcps --kind=cloudn",
            "--kind is there twice",
        ),
        ("profile add x --colour=red", "does not know --colour"),
        ("profile add --kind kcps", "takes the name first"),
        ("profile add x --url nowhere", "url: \"nowhere\""),
    ] {
        let said = home.run(line).fails(2);
        assert!(said.contains(says), "{line}: {said}");
    }
    assert!(!home.run("profile list").ok().contains("name = x"));
}

#[test]
fn tab_offers_kinds_and_their_sites() {
    let home = Home::new();
    let offered = |line: &str| home.args(&["complete", line]).ok();
    assert_eq!(
        offered("profile add x --"),
        "--kind\t\t\n--site\t\t\n--url\t\t\n".replace("\t\t", "\t")
    );
    for kind in ["cloudstack", "kcps", "cloudn"] {
        let offered = offered("profile add x --kind ");
        assert!(offered.contains(&format!("{kind}\t")), "{offered}");
    }
    assert_eq!(offered("profile add x --kind cloudn --site "), "jp-e1\t\n");
    assert_eq!(offered("profile add x --kind kcps --s"), "--site\t\n");
}

#[test]
fn rules_are_told_by_help_and_checked_before_anything_is_sent() {
    let stub = Stub::answering("200 OK", "application/json", "{}");
    let home = Home::new().configured(&format!(
        "profile = \"n\"\n[profiles.n]\nkind = \"cloudn\"\nurl = \"{}\"\napikey = \"K\"\nsecretkey = \"S\"\n",
        stub.url
    ));
    for (line, says) in [
        ("delete securitygroup", "id or name is wanted"),
        (
            "delete securitygroup id=1 name=a",
            "of id and name only one may be given",
        ),
        (
            "detach volume",
            "id or deviceid with virtualmachineid is wanted",
        ),
        (
            "detach volume deviceid=1",
            "deviceid goes with virtualmachineid",
        ),
        (
            "list virtualmachines account=a",
            "account goes with domainid",
        ),
        (
            "create securitygroup name=a domainid=1",
            "go together, and there is no account",
        ),
        (
            "list zones page=1",
            "page and pagesize go together, and there is no pagesize",
        ),
        (
            "create volume name=a zoneid=1",
            "diskofferingid or snapshotid is wanted",
        ),
        (
            "authorize securitygroupingress securitygroupid=1",
            "at least one of cidrlist and usersecuritygrouplist is wanted",
        ),
        (
            "deploy virtualmachine serviceofferingid=1 templateid=1 zoneid=1 securitygroupids=1 securitygroupnames=a",
            "securitygroupids and securitygroupnames exclude each other",
        ),
    ] {
        let said = home.run(line).fails(2);
        assert!(said.contains(says), "{line}: {said}");
        assert!(said.contains("was not sent"), "{said}");
    }
    assert_eq!(stub.calls.load(std::sync::atomic::Ordering::SeqCst), 0);
    let help = home.run("detach volume -h").ok();
    let rule = "Rules: id or deviceid with virtualmachineid, only one of them";
    assert!(help.contains(rule), "{help}");
    // CloudStack's own calls have those that every server has.
    let demo = Home::new();
    let help = demo.run("list zones -h").ok();
    assert!(
        help.contains("Rules: page and pagesize go together"),
        "{help}"
    );
    let said = demo.run("detach volume deviceid=1").fails(2);
    assert!(
        said.contains("virtualmachineid, which is missing"),
        "{said}"
    );
}

#[test]
fn what_cannot_be_right_is_sent_by_api_alone() {
    let said = r#"{"createsnapshotpolicyresponse":{"snapshotpolicy":{"id":"7"}}}"#;
    let cloud = StandIn::new(move |asked: &Asked| match asked.param("apikey") {
        None => refused(401, asked.api(), "unable to verify user credentials"),
        Some(_) => json(said),
    });
    let home = Home::new().configured(&format!(
        "profile = \"k\"\n[profiles.k]\nkind = \"kcps\"\nurl = \"{}\"\napikey = \"K\"\nsecretkey = \"S\"\nresponse = \"json\"\n",
        cloud.url
    ));
    let wrong = "intervaltype=DAILY maxsnaps=1 schedule=99:99 timezone=JST volumeid=1";
    let said = home.run(&format!("create snapshotpolicy {wrong}")).fails(2);
    assert!(
        said.contains("`api NAME …` sends a call as it is"),
        "{said}"
    );
    home.run(&format!("doctor create snapshotpolicy {wrong}"))
        .fails(2);
    assert!(cloud.asked("createSnapshotPolicy").is_empty());
    home.run(&format!("api createSnapshotPolicy {wrong}")).ok();
    assert_eq!(cloud.asked("createSnapshotPolicy").len(), 1);
    home.run(&format!("doctor --send api createSnapshotPolicy {wrong}"))
        .ok();
    assert_eq!(cloud.asked("createSnapshotPolicy").len(), 2);
}
