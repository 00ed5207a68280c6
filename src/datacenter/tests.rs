//! Files to plans: what is refused, what is left out, and what no line shows.

use super::plan;

fn fails(text: &str) -> String {
    plan(text).unwrap_err().message
}

#[test]
fn what_is_wrong_is_told_with_its_line_or_path() {
    let zone = |more: &str| {
        format!(
            "{{\"zones\": [{{\"name\": \"z\", \"networktype\": \"Advanced\", \"dns1\": \"1.1.1.1\", \"internaldns1\": \"1.1.1.1\"{more}}}]}}"
        )
    };
    for (text, said) in [
        ("# one\n# two\n{\"zones\": [}".to_string(), "line 3"),
        (String::new(), "not JSON"),
        ("[]".into(), "an object is wanted, and a list came"),
        ("{}".into(), "nothing to be built"),
        ("{\"zones\": {}}".into(), "zones: a list is wanted"),
        ("{\"zones\": [1]}".into(), "zones[0]: an object is wanted"),
        ("{\"zones\": [{}]}".into(), "zones[0].name is missing"),
        (
            "{\"zones\": [{\"name\": \"z\", \"networktype\": \"Flat\"}]}".into(),
            "zones[0].networktype: Basic or Advanced is wanted, and Flat came",
        ),
        (zone(", \"dns2\": []"), "zones[0].dns2: a text is wanted"),
        (
            zone(", \"enabled\": \"perhaps\""),
            "zones[0].enabled: true or false is wanted",
        ),
        (
            zone(", \"domain\": \"a\\u001b[2J\""),
            "zones[0].domain has a control character",
        ),
        (
            zone(", \"pods\": [{\"name\": \"p\"}]"),
            "zones[0].pods[0].startip is missing",
        ),
        (
            zone(", \"physical_networks\": [{\"name\": \"a\"}, {\"name\": \"A\"}]"),
            "zones[0].physical_networks[1] and zones[0].physical_networks[0] have the same name",
        ),
        (
            zone(", \"securitygroupenabled\": \"true\""),
            "zones[0].ipranges is missing",
        ),
        (
            zone(", \"details\": {\"a b\": \"c\"}"),
            "zones[0].details: keys of letters",
        ),
        ("[".repeat(100_000), "recursion limit"),
    ] {
        let message = fails(&text);
        assert!(message.contains(said), "{said}: {message}");
    }
}

#[test]
fn what_is_not_used_is_told_and_no_secret_is_in_a_line() {
    let text = r##"
# the whole
{"zones": [{"name": "z", "networktype": "advanced", "dns1": "8.8.8.8", "internaldns1": "8.8.8.8", "gestcidraddress": "x",
  "vmwaredc": {"name": "dc", "vcenter": "v", "username": "u", "password": "hush"},
  "pods": [{"name": "$p", "startip": "10.0.0.2", "netmask": "255.0.0.0", "gateway": "10.0.0.1", "clusters": [
    {"clustername": "c", "hypervisor": "VMware", "clustertype": "ExternalManaged", "url": "http://u:hush@v/dc/c",
     "username": "u", "password": "hush", "hosts": [{"url": "http://h", "username": "root", "password": "hush"}]}]}],
  "secondaryStorages": [
    {"provider": "SMB", "url": "cifs://h/x?user=u&password=hush"},
    {"provider": "S3", "details": {"accesskey": "a", "secretkey": "hush"}}],
  "details": [{"key": "k", "value": "v"}], "enabled": "False"}],
 "globalConfig": [{"name": "ldap.bind.password", "value": "hush"}, {"name": "instance.name", "value": "@QA 1"}]}
"##;
    let plan = plan(text).unwrap();
    let lines: Vec<String> = plan.steps.iter().map(super::plan::Step::line).collect();
    let text = lines.join("\n");
    assert!(!text.contains("hush"), "{text}");
    let abouts: String = plan.steps.iter().map(|step| step.about.as_str()).collect();
    assert!(!abouts.contains("hush"), "{abouts}");
    assert_eq!(
        lines.first().unwrap(),
        "update configuration name=ldap.bind.password value=********"
    );
    assert_eq!(
        lines[1],
        "update configuration name=instance.name value='@@QA 1'"
    );
    assert_eq!(
        lines[3],
        "let pod = create pod name='$p' zoneid=$zone.id startip=10.0.0.2 netmask=255.0.0.0 gateway=10.0.0.1"
    );
    assert_eq!(
        lines[4],
        "add vmwaredc zoneid=$zone.id name=dc vcenter=v username=u password=********"
    );
    assert_eq!(
        lines.last().unwrap(),
        "update zone id=$zone.id details[0].key=k details[0].value=v"
    );
    assert_eq!(plan.notes.len(), 1, "{:?}", plan.notes);
    assert!(plan.notes[0].contains("zones[0].gestcidraddress"));
    assert!(plan.notes[0].contains("guestcidraddress"));
}
