//! The configuration file read, changed and kept, from several processes too.

use super::*;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const PROD: &str = r#"# mine
profile = "prod" # the one in use
color = false

# the real thing
[profiles.prod]
url = "https://prod.example.org/client/api"
apikey = "KEY"
secretkey = "TOPSECRET" # from the UI
timeout = 60 # seconds
colour = "blue"
"#;

/// A home with that configuration, or none.
fn home(text: Option<&str>) -> (TempDir, Places) {
    let directory = tempfile::tempdir().expect("directory");
    let places = Places {
        config_file: directory.path().join("new/config.toml"),
        explicit: false,
        foreign: false,
        state: directory.path().join("state"),
        cache: directory.path().join("cache"),
    };
    if let Some(text) = text {
        fs::create_dir(directory.path().join("new")).expect("directory");
        fs::write(&places.config_file, text).expect("file");
        mode(&places.config_file, 0o600);
    }
    (directory, places)
}

#[cfg(unix)]
fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
}

#[cfg(not(unix))]
fn mode(_: &Path, _: u32) {}

fn set(places: &Places, profile: &str, name: &str, value: &str) -> Result<()> {
    let setting = settings::find(name).expect(name);
    File::edit(places, |file| file.set(profile, setting, value))
}

fn text(places: &Places) -> String {
    fs::read_to_string(&places.config_file).expect("file")
}

fn refusal<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("this is to be refused"),
        Err(error) => error,
    }
}

#[test]
fn several_servers_are_a_list() {
    let text = "[profiles.p]\nurl = [\"https://a\", \"https://b\"] # two\n";
    let (_home, places) = home(Some(text));
    let file = File::load(&places).expect("file");
    let list = "https://a/,https://b/";
    assert_eq!(file.get("p", "url").as_deref(), Some(list));
    assert!(file.warnings().is_empty());
    assert!(set(&places, "p", "port", "80").is_err());
    set(&places, "p", "url", "https://c, https://d").expect("a list");
    let written = "url = [\"https://c/\", \"https://d/\"] # two";
    assert!(self::text(&places).contains(written));
    set(&places, "p", "url", "https://c").expect("one");
    assert!(self::text(&places).contains("url = \"https://c/\" # two"));
    let (_home, places) = home(Some("[profiles.p]\nurl = [1]\noutput = [\"csv\"]\n"));
    let file = File::load(&places).expect("file");
    assert_eq!(file.get("p", "url"), None);
    assert_eq!(file.warnings().len(), 2);
}

#[test]
fn values_are_read_by_profile() {
    let (_home, places) = home(Some(PROD));
    let file = File::load(&places).expect("file");
    assert_eq!(file.profiles(), ["prod"]);
    assert_eq!(file.current(), Some("prod"));
    assert_eq!(file.get("prod", "apikey").as_deref(), Some("KEY"));
    assert_eq!(file.get("prod", "TimeOut").as_deref(), Some("60"));
    assert_eq!(file.get("prod", "output"), None);
    assert_eq!(file.get("test", "apikey"), None);
}

#[test]
fn an_edit_changes_its_value_and_nothing_else() {
    let (_home, places) = home(Some(PROD));
    set(&places, "prod", "timeout", "90").expect("timeout");
    set(&places, "prod", "secretkey", "OTHER").expect("secretkey");
    set(&places, "prod", "port", "8443").expect("port");
    let expected = PROD
        .replace("timeout = 60 #", "timeout = 90 #")
        .replace("TOPSECRET", "OTHER")
        .replace("prod.example.org/", "prod.example.org:8443/");
    assert_eq!(text(&places), expected);
}

#[test]
fn what_changes_nothing_writes_nothing() {
    let (home, places) = home(None);
    assert!(File::edit(&places, |_| Ok(())).is_ok());
    assert!(!places.config_file.exists());
    assert!(File::load(&places).is_ok());
    let error = refusal(set(&places, "nosuch", "output", "json"));
    assert_eq!(error.message, "there is no profile nosuch");
    assert!(!places.config_file.exists());
    drop(home);
}

#[test]
fn a_new_file_is_filled_by_setting_values() {
    let (_home, places) = home(None);
    set(&places, DEMO, "output", "json").expect("output");
    File::edit(&places, |file| file.add("prod")).expect("add");
    for (name, value) in [
        ("host", "cloud.example.org"),
        ("port", "443"),
        ("protocol", "https"),
        ("apikey", "KEY"),
        ("timeout", "60"),
        ("color", "no"),
        ("tabularize", "true"),
        ("signatureversion", ""),
    ] {
        set(&places, "prod", name, value).expect(name);
    }
    File::edit(&places, |file| file.switch("prod")).expect("switch");
    let expected = r#"profile = "prod"
[profiles.demo]
output = "json"

[profiles.prod]
url = "https://cloud.example.org/"
apikey = "KEY"
timeout = 60
color = false
output = "table"
expires = 0
"#;
    assert_eq!(text(&places), expected);
    assert!(File::load(&places).expect("file").warnings().is_empty());
}

#[cfg(unix)]
#[test]
fn the_file_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_home, places) = home(None);
    set(&places, DEMO, "output", "json").expect("output");
    let mode_of = |path: &Path| fs::metadata(path).expect("file").permissions().mode() & 0o777;
    let directory = places.config_file.parent().expect("directory");
    assert_eq!(mode_of(&places.config_file), 0o600);
    assert_eq!(mode_of(directory), 0o700);
    let names = fs::read_dir(directory).expect("directory").count();
    assert_eq!(names, 2, "the file and its lock");
}

#[cfg(unix)]
#[test]
fn a_file_open_to_others_is_refused_and_left_alone() {
    let (_home, places) = home(Some(PROD));
    for open in [0o640, 0o604, 0o620] {
        mode(&places.config_file, open);
        let error = refusal(File::load(&places));
        assert_eq!(error.kind, crate::error::Kind::Local);
        let path = places.config_file.display();
        assert_eq!(error.hints, [format!("chmod 600 {path}")]);
        assert!(set(&places, "prod", "output", "json").is_err());
    }
    assert_eq!(text(&places), PROD);
    mode(&places.config_file, 0o400);
    assert!(File::load(&places).is_ok());
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let (home, mut places) = home(Some(PROD));
    let real = places.config_file.clone();
    let link = home.path().join("link.toml");
    std::os::unix::fs::symlink("new/config.toml", &link).expect("link");
    places.config_file = link.clone();
    set(&places, "prod", "output", "json").expect("output");
    assert!(fs::symlink_metadata(&link).expect("link").is_symlink());
    assert!(
        fs::read_to_string(real)
            .expect("file")
            .contains("output = \"json\"")
    );
    // A link may lead to a file that is yet to be.
    let early = home.path().join("early.toml");
    std::os::unix::fs::symlink("later.toml", &early).expect("link");
    places.config_file = early;
    set(&places, DEMO, "output", "json").expect("output");
    assert!(home.path().join("later.toml").is_file());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_can_be_read_and_not_written() {
    let (_home, mut places) = home(None);
    places.config_file = "/dev/null".into();
    places.explicit = true;
    assert!(File::load(&places).is_ok_and(|file| file.profiles().is_empty()));
    assert!(set(&places, DEMO, "output", "json").is_err());
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let (_home, mut places) = home(None);
    places.explicit = true;
    let error = refusal(File::load(&places));
    assert!(error.message.starts_with("there is no configuration file"));
    assert!(error.hints[0].contains("install -m 600"), "{error:?}");
    assert!(set(&places, DEMO, "output", "json").is_err());
}

#[test]
fn what_is_not_toml_is_told_by_line_and_never_shown() {
    for (bad, line) in [
        ("a = 1\nsecretkey = TOPSECRET\n", "line 2"),
        ("[profiles.prod]\n\nsecretkey = \"TOPSECRET\n", "line 3"),
        ("a = 1\na = \"TOPSECRET\"\n", "line 2"),
    ] {
        let (_home, places) = home(Some(bad));
        let error = refusal(File::load(&places));
        assert!(error.message.contains(line), "{error:?}");
        assert!(!format!("{error:?}").contains("TOPSECRET"), "{error:?}");
    }
    let (_home, places) = home(Some(""));
    fs::write(&places.config_file, b"a = 1\nb = \"\xff\"\n").expect("file");
    let error = refusal(File::load(&places));
    assert!(
        error.message.contains("line 2: it is not UTF-8"),
        "{error:?}"
    );
}

#[test]
fn edits_at_the_same_time_are_all_kept() {
    let (_home, places) = home(None);
    std::thread::scope(|threads| {
        for number in 0..4 {
            let places = &places;
            threads.spawn(move || {
                for turn in 0..5 {
                    let name = format!("p{number}.{turn}");
                    File::edit(places, |file| file.add(&name)).expect("add");
                }
            });
        }
    });
    assert_eq!(File::load(&places).expect("file").profiles().len(), 20);
}

#[test]
fn bad_values_warn_do_not_count_and_are_mended_by_set() {
    let bad = r#"output = "jsn"
timeout = "soon" # ever
apikey = "KEY"
profile = "gone"

[profiles.prod]
verifycert = [1]
host = "c"
secretkey = "TOP SECRET"
outptu = "json"

[profiles.demo]
url = "https://c/"
"#;
    let (_home, places) = home(Some(bad));
    let file = File::load(&places).expect("file");
    assert_eq!(file.get("prod", "verifycert"), None);
    let warnings = file.warnings();
    for (warning, says) in warnings.iter().zip([
        "output: \"jsn\" is not auto or table or wide or text or column or json or jsonl or csv or yaml or xml or raw or chart, so the value does not count; `set output VALUE` mends it",
        "timeout: \"soon\" is not seconds",
        "apikey is not read outside of a profile",
        "verifycert: it is no text, number, true or false in profile prod",
        "host in profile prod is not read from the file: url is, in its place",
        "secretkey: what was given is not one word without blanks in profile prod",
        "there is no setting outptu in profile prod; did you mean output?",
        "url in profile demo is not read: demo is the built-in cloud",
        "profile = \"gone\" names no profile",
    ]) {
        assert!(warning.contains(says), "{warning}: {says}");
        assert!(!warning.contains("SECRET"), "{warning}");
    }
    assert_eq!(warnings.len(), 9);
    for (name, value) in [
        ("output", "csv"),
        ("timeout", "90"),
        ("verifycert", "true"),
        ("secretkey", "OTHER"),
    ] {
        set(&places, "prod", name, value).expect(name);
    }
    let file = File::load(&places).expect("file");
    assert_eq!(file.warnings().len(), 5, "{:?}", file.warnings());
    assert!(text(&places).contains("output = \"csv\"\ntimeout = 90 # ever"));
    assert!(text(&places).contains("verifycert = true"));
}

#[test]
fn profiles_are_added_chosen_and_removed() {
    let (_home, places) = home(Some(PROD));
    let edit = |change: &dyn Fn(&mut File) -> Result<()>| File::edit(&places, change);
    edit(&|file| file.add("test.2_b-c")).expect("add");
    let again = refusal(edit(&|file| file.add("prod")));
    assert_eq!(again.hints, ["`profile use prod` chooses it"]);
    for name in ["", "-p", ".x", "a b", "ü", "a/b", DEMO, ENVIRONMENT] {
        assert_eq!(refusal(edit(&|file| file.add(name))).status(), 2, "{name}");
    }
    let slip = refusal(edit(&|file| file.switch("prdo")));
    assert_eq!(
        (slip.status(), slip.hints[0].as_str()),
        (7, "did you mean prod?")
    );
    edit(&|file| file.switch(DEMO)).expect("demo is always there");
    edit(&|file| file.switch("test.2_b-c")).expect("switch");
    assert!(text(&places).contains("profile = \"test.2_b-c\" # the one in use"));
    edit(&|file| file.remove("test.2_b-c")).expect("remove");
    assert_eq!(File::load(&places).expect("file").current(), Some(DEMO));
    edit(&|file| file.switch("prod")).expect("switch");
    edit(&|file| file.remove("prod")).expect("remove");
    let file = File::load(&places).expect("file");
    assert!(file.profiles().is_empty() && file.current().is_none());
    assert!(!text(&places).contains("KEY"), "{}", text(&places));
    assert!(
        refusal(edit(&|file| file.remove(DEMO)))
            .message
            .contains("always there")
    );
}

#[test]
fn the_demo_cloud_has_no_connection_of_the_users() {
    let (_home, places) = home(None);
    for name in ["url", "host", "apikey", "secretkey"] {
        let error = refusal(set(&places, DEMO, name, "x"));
        assert!(error.message.contains("built-in cloud"), "{error}");
    }
}

#[test]
fn a_profile_below_the_wrong_name_is_not_lost() {
    let text = "[profile.prod]\nsecretkey = \"TOPSECRET\"\n";
    let (_home, places) = home(Some(text));
    let error = refusal(File::edit(&places, |file| file.switch(DEMO)));
    assert!(error.hints[0].contains("[profiles.NAME]"), "{error:?}");
    assert_eq!(fs::read_to_string(&places.config_file).unwrap(), text);
    let warnings = File::load(&places).expect("file").warnings();
    assert!(warnings[0].contains("[profiles.NAME]"), "{warnings:?}");
}

#[test]
fn any_way_to_write_a_table_can_be_edited() {
    for (text, add) in [
        ("profiles = { prod = { output = \"json\" } }\n", true),
        ("profiles.prod.output = \"json\"\n", true),
        ("[profiles]\nprod.output = \"json\"\n", true),
        ("[profiles]\nprod = { output = \"json\" }\n", true),
        ("profiles = 3\n", false),
        ("[[profiles]]\nx = 1\n", false),
        (
            "\u{feff}profile = \"prod\"\r\n[profiles.prod]\r\noutput = \"json\"\r\n",
            true,
        ),
    ] {
        let (_home, places) = home(Some(text));
        let added = File::edit(&places, |file| file.add("test"));
        assert_eq!(added.is_ok(), add, "{text}: {added:?}");
        if add {
            set(&places, "prod", "output", "csv").expect(text);
            set(&places, "test", "apikey", "KEY").expect(text);
            let file = File::load(&places).expect(text);
            assert_eq!(file.profiles(), ["prod", "test"]);
            assert_eq!(file.get("prod", "output").as_deref(), Some("csv"));
            assert_eq!(file.get("test", "apikey").as_deref(), Some("KEY"));
        }
    }
}
