//! `profile import`: what other tools are configured with becomes profiles, when it is asked for.

use crate::support::Home;

const CMK: &str = "prompt = 🐱\nasyncblock = false\ntimeout = 1800\noutput = table\nprofile = prod\ndebug = true\n\n\
    [prod]\nurl = https://prod.example.org/client/api\nusername = admin\npassword = hunter2\napikey = CMKKEY\nsecretkey = TOPSECRET\n";
const CS: &str = "[cloudstack]\nendpoint = https://lab.example.org/client/api\nkey = CSKEY\nsecret = TOPSECRET\nexpiration = -1\nmethod = post\n\n\
    [prod]\nendpoint = https://other.example.org/client/api\nkey = OTHER\nsecret = TOPSECRET\n";

fn home() -> Home {
    let home = Home::new();
    home.file(".cmk/config", CMK);
    home.file(".cloudstack.ini", CS);
    home
}

fn hides(text: &str) {
    for secret in ["TOPSECRET", "hunter2"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn what_is_found_is_shown_and_nothing_is_made_unasked() {
    let home = home();
    let seen = home.run("profile import -o csv").seen().status(0);
    assert_eq!(
        seen.stdout,
        "name,url,apikey,secretkey,username,password,from,there\n\
         prod,https://prod.example.org/client/api,CMKKEY,********,,,~/.cmk/config [prod],\n\
         cloudstack,https://lab.example.org/client/api,CSKEY,********,,,~/.cloudstack.ini [cloudstack],\n\
         prod2,https://other.example.org/client/api,OTHER,********,,,~/.cloudstack.ini [prod],\n"
    );
    hides(&seen.stderr);
    assert!(seen.stderr.contains("--yes"), "{seen:?}");
    assert!(!home.config().exists());
}

#[test]
fn profiles_are_made_and_what_has_no_place_is_named() {
    let home = home();
    let seen = home.run("profile import --yes").seen().status(0);
    hides(&seen.stderr);
    assert!(seen.stderr.contains("set aside: debug"), "{seen:?}");
    assert!(seen.stderr.contains("method"), "{seen:?}");
    assert!(seen.stderr.contains("`profile use prod`"), "{seen:?}");
    let text = std::fs::read_to_string(home.config()).unwrap();
    assert_eq!(
        text,
        "[profiles.prod]\nurl = \"https://prod.example.org/client/api\"\napikey = \"CMKKEY\"\nsecretkey = \"TOPSECRET\"\n\
         output = \"table\"\nasyncblock = false\ntimeout = 1800\n\n\
         [profiles.cloudstack]\nurl = \"https://lab.example.org/client/api\"\napikey = \"CSKEY\"\nsecretkey = \"TOPSECRET\"\nexpires = 0\n\n\
         [profiles.prod2]\nurl = \"https://other.example.org/client/api\"\napikey = \"OTHER\"\nsecretkey = \"TOPSECRET\"\n"
    );
    // A second time there is nothing to make.
    let seen = home.run("profile import --yes").seen().status(0);
    assert!(seen.stderr.contains("prod is there already"), "{seen:?}");
    assert_eq!(std::fs::read_to_string(home.config()).unwrap(), text);
}

#[test]
fn one_is_taken_by_name_and_replaces_another_only_when_told() {
    let home = home();
    home.run("profile add prod").ok();
    home.run("set apikey MINE").ok();
    home.run("profile import CMKKEY").fails(2);
    let said = home.run("profile import cloudstak").fails(2);
    assert!(said.contains("did you mean cloudstack?"), "{said}");
    home.run("profile import cloudstack").ok();
    home.run("profile import prod2").ok();
    let listed = home.run("profile list -o csv").ok();
    assert!(
        listed.contains("prod2,https://prod.example.org/client/api,false"),
        "{listed}"
    );
    assert!(home.run("set apikey").ok().contains("MINE"));
    home.run("profile remove prod2").ok();
    home.run("profile import prod --replace").ok();
    let shown = home.run("set apikey").ok();
    assert!(shown.contains("CMKKEY"), "{shown}");
}

#[test]
fn a_malformed_file_is_told_by_its_line_and_the_others_count() {
    let home = home();
    home.file(".cmk/config", "output = json\nthis is no line\n");
    let seen = home.run("profile import -o csv").seen().status(0);
    assert!(seen.stderr.contains("~/.cmk/config, line 2"), "{seen:?}");
    assert!(seen.stdout.contains("cloudstack,"), "{seen:?}");
    home.file(".cloudstack.ini", b"\xff\xfe\x00");
    let said = home.run("profile import").fails(7);
    assert!(said.contains(".cloudstack.ini, line 1"), "{said}");
    let said = Home::new().run("profile import").fails(7);
    assert!(said.contains("nothing was found"), "{said}");
}

#[test]
fn the_environment_is_a_cloud_too() {
    let home = Home::new();
    let out = home
        .run("profile import --yes")
        .env("CLOUDSTACK_ENDPOINT", "https://edge.example.org/client/api")
        .env("CLOUDSTACK_KEY", "ENVKEY")
        .env("CLOUDSTACK_SECRET", "TOPSECRET")
        .env("CLOUDSTACK_TIMEOUT", "30")
        .seen()
        .status(0);
    hides(&out.stderr);
    let listed = home.run("profile show edge -o json").ok();
    assert!(
        listed.contains("ENVKEY") && listed.contains("\"reply_timeout\": \"30\""),
        "{listed}"
    );
}

#[cfg(unix)]
#[test]
fn somebody_at_a_terminal_is_asked() {
    let home = home();
    let mut command = home.run("profile import").command();
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let mut session = rexpect::session::spawn_command(command, Some(20_000)).unwrap();
    session.exp_string("which of them").unwrap();
    session.send_line("cloudstack").unwrap();
    session.exp_string("profile cloudstack is made").unwrap();
    session.exp_eof().unwrap();
    let text = std::fs::read_to_string(home.config()).unwrap();
    assert!(
        text.contains("[profiles.cloudstack]") && !text.contains("prod"),
        "{text}"
    );
}

#[test]
fn keys_for_ec2_are_imported_where_its_address_is_told() {
    let home = Home::new();
    home.file(
        ".aws/credentials",
        "[default]\naws_access_key_id = AWSKEY\naws_secret_access_key = TOPSECRET\n[lab]\naws_access_key_id = LABKEY\naws_secret_access_key = TOPSECRET\n",
    );
    let said = home.run("profile import").fails(7);
    assert!(
        said.contains("nothing was found") && said.contains("~/.aws/credentials"),
        "{said}"
    );
    let run = |words: &str| {
        home.run(words)
            .env("EC2_URL", "https://ec2.example.org/awsapi")
    };
    let seen = run("profile import --yes").seen().status(0);
    hides(&seen.stderr);
    assert_eq!(
        std::fs::read_to_string(home.config()).unwrap(),
        "[profiles.ec2]\nkind = \"ec2\"\nurl = \"https://ec2.example.org/awsapi\"\napikey = \"AWSKEY\"\nsecretkey = \"TOPSECRET\"\n\n\
         [profiles.lab]\nkind = \"ec2\"\nurl = \"https://ec2.example.org/awsapi\"\napikey = \"LABKEY\"\nsecretkey = \"TOPSECRET\"\n"
    );
}
