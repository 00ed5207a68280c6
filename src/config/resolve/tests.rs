//! Which of file, environment and flags wins, and what does not fit together.

use super::*;
use crate::config::Places;

const TEXT: &str = r#"
profile = "prod"
output = "text"
timeout = 100
expires = "soon"

[profiles.prod]
url = "https://prod.example.org/client/api"
apikey = "PRODKEY"
secretkey = "PRODSECRET"
timeout = 200
log_file = "~/log"

[profiles.bare]
apikey = "BAREKEY"

[profiles.environment]
timeout = 300
apikey = "NEVER"
"#;

const ENDPOINT: [(&str, &str); 3] = [
    ("CLOUDSTACK_ENDPOINT", "https://env.example.org"),
    ("CLOUDSTACK_KEY", "ENVKEY"),
    ("CLOUDSTACK_SECRET", "ENVSECRET"),
];

fn file(text: &str) -> File {
    use std::fs;
    let directory = tempfile::tempdir().expect("directory");
    let config_file = directory.path().join("config.toml");
    fs::write(&config_file, text).expect("file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&config_file, fs::Permissions::from_mode(0o600)).expect("mode");
    }
    let places = Places {
        config_file,
        explicit: true,
        foreign: false,
        state: directory.path().into(),
        cache: directory.path().into(),
    };
    File::load(&places).unwrap_or_else(|error| panic!("{error}"))
}

/// `flags` in the manner of `-p prod --url https://…`.
fn settle(text: &str, vars: &[(&str, &str)], flags: &str) -> Result<Resolved> {
    let env = |name: &str| {
        vars.iter()
            .find(|(var, _)| *var == name)
            .map(|(_, value)| (*value).to_string())
    };
    let words: Vec<&str> = flags.split_ascii_whitespace().collect();
    let flag = |name: &str| {
        let at = words.iter().position(|word| *word == name)?;
        words.get(at + 1).map(|value| (*value).to_string())
    };
    let flags = Flags {
        profile: flag("-p"),
        url: flag("--url"),
        output: flag("-o"),
        ..Flags::default()
    };
    resolve(&file(text), &env, &flags)
}

fn settled(text: &str, vars: &[(&str, &str)], flags: &str) -> Resolved {
    settle(text, vars, flags).unwrap_or_else(|error| panic!("{flags}: {error}"))
}

#[test]
fn flags_win_over_environment_profile_file_and_default() {
    let environment = [("CAPUCHIN_OUTPUT", "json"), ("CAPUCHIN_TIMEOUT", "400")];
    for (text, vars, flags, name, value) in [
        (TEXT, &environment[..], "-o csv", "output", "csv"),
        (TEXT, &environment, "", "output", "json"),
        (TEXT, &[], "", "output", "text"),
        ("", &[], "", "output", "auto"),
        (TEXT, &environment, "", "timeout", "400"),
        (TEXT, &[], "", "timeout", "200"),
        (TEXT, &[], "-p bare", "timeout", "100"),
        (TEXT, &[], "-p demo", "timeout", "100"),
        ("", &[], "", "timeout", "3600"),
        (TEXT, &ENDPOINT, "", "timeout", "300"),
        // A bad value in the file gives way, to be told as a warning.
        (TEXT, &[], "", "expires", "600"),
        (TEXT, &[("CAPUCHIN_OUTPUT", "")], "", "output", "text"),
        (
            TEXT,
            &[("CAPUCHIN_TABULARIZE", "yes")],
            "",
            "output",
            "table",
        ),
        (
            TEXT,
            &[("CAPUCHIN_TABULARIZE", "yes"), ("CAPUCHIN_OUTPUT", "csv")],
            "",
            "output",
            "csv",
        ),
        (
            TEXT,
            &[("HOME", "/home/me")],
            "",
            "log_file",
            "/home/me/log",
        ),
        (TEXT, &[], "", "LOG_FILE", "~/log"),
        (TEXT, &[], "", "host", "prod.example.org"),
        (TEXT, &[], "", "port", "443"),
        (TEXT, &[], "-p bare", "host", ""),
        (TEXT, &[], "", "tabularize", "false"),
        (
            TEXT,
            &[("CAPUCHIN_EXPIRES", "0")],
            "",
            "signatureversion",
            "",
        ),
    ] {
        assert_eq!(
            settled(text, vars, flags).get(name),
            value,
            "{vars:?} {flags} {name}"
        );
    }
}

#[test]
fn address_key_and_secret_come_from_one_source() {
    let by_name = [&ENDPOINT[..], &[("CAPUCHIN_PROFILE", "prod")]].concat();
    for (text, vars, flags, profile, url, apikey) in [
        (
            TEXT,
            &[][..],
            "",
            "prod",
            "https://prod.example.org/client/api",
            "PRODKEY",
        ),
        (
            TEXT,
            &ENDPOINT,
            "",
            "environment",
            "https://env.example.org/client/api",
            "ENVKEY",
        ),
        (
            "",
            &ENDPOINT,
            "",
            "environment",
            "https://env.example.org/client/api",
            "ENVKEY",
        ),
        (
            TEXT,
            &ENDPOINT,
            "-p prod",
            "prod",
            "https://prod.example.org/client/api",
            "PRODKEY",
        ),
        (
            TEXT,
            &by_name,
            "",
            "environment",
            "https://env.example.org/client/api",
            "ENVKEY",
        ),
        (
            TEXT,
            &by_name[1..],
            "-p prod",
            "prod",
            "https://prod.example.org/client/api",
            "PRODKEY",
        ),
        (
            TEXT,
            &by_name[3..],
            "",
            "prod",
            "https://prod.example.org/client/api",
            "PRODKEY",
        ),
        (
            TEXT,
            &ENDPOINT,
            "-p environment",
            "environment",
            "https://env.example.org/client/api",
            "ENVKEY",
        ),
        (
            TEXT,
            &[],
            "--url http://other",
            "prod",
            "http://other/client/api",
            "PRODKEY",
        ),
        (
            "",
            &ENDPOINT,
            "--url http://other",
            "environment",
            "http://other/client/api",
            "ENVKEY",
        ),
    ] {
        let resolved = settled(text, vars, flags);
        assert_eq!(resolved.profile, profile, "{vars:?} {flags}");
        let endpoint = resolved.endpoint().expect("endpoint").expect("no demo");
        let secret = apikey.replace("KEY", "SECRET");
        let who = Who::Keys {
            apikey: apikey.into(),
            secretkey: Secretkey::Here(Secret::new(secret)),
        };
        assert_eq!((endpoint.servers, endpoint.who), (vec![url.into()], who));
    }
    for (text, flags) in [("", ""), (TEXT, "-p demo"), ("profile = \"demo\"", "")] {
        let resolved = settled(text, &[], flags);
        assert_eq!(
            (&resolved.origin, resolved.profile.as_str()),
            (&Origin::Demo, "demo")
        );
        assert_eq!(resolved.endpoint(), Ok(None));
    }
}

#[test]
fn what_does_not_fit_together_is_an_error() {
    for (vars, flags, status, says) in [
        (&ENDPOINT[..2], "", 7, "CLOUDSTACK_SECRET is not set"),
        (
            &ENDPOINT[1..2],
            "",
            7,
            "CLOUDSTACK_ENDPOINT and CLOUDSTACK_SECRET are not set",
        ),
        (
            &[],
            "-p environment",
            7,
            "CLOUDSTACK_ENDPOINT, CLOUDSTACK_KEY and CLOUDSTACK_SECRET are not set",
        ),
        (&[], "-p prdo", 7, "there is no profile prdo"),
        (
            &[("CAPUCHIN_PROFILE", "prdo")],
            "",
            7,
            "CAPUCHIN_PROFILE: there is no profile prdo",
        ),
        (
            &[("CAPUCHIN_OUTPUT", "jsn")],
            "",
            7,
            "CAPUCHIN_OUTPUT: output: \"jsn\" is not",
        ),
        (
            &[("CAPUCHIN_TIMEOUT", "0")],
            "",
            7,
            "CAPUCHIN_TIMEOUT: timeout: \"0\" is not",
        ),
        (&[], "-o jsn", 2, "--output: output: \"jsn\" is not"),
        (
            &[],
            "--url cloud",
            2,
            "--url: url: \"cloud\" does not begin with http",
        ),
        (&[], "-p demo --url https://c", 2, "--url needs the keys"),
    ] {
        let error = settle(TEXT, vars, flags).expect_err(says);
        assert_eq!(error.status(), status, "{error}");
        assert!(error.message.starts_with(says), "{error}");
    }
    let bad = [
        ("CLOUDSTACK_ENDPOINT", "https://me:hunter2@c"),
        ENDPOINT[1],
        ENDPOINT[2],
    ];
    let error = settle("", &bad, "").expect_err("a password");
    assert!(
        error.message.starts_with("CLOUDSTACK_ENDPOINT: "),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn what_is_set_aside_is_told() {
    for (text, vars, flags, says) in [
        (
            TEXT,
            &ENDPOINT[..],
            "-p prod",
            "CLOUDSTACK_ENDPOINT, CLOUDSTACK_KEY and CLOUDSTACK_SECRET are set aside: profile prod is in use",
        ),
        (
            TEXT,
            &ENDPOINT[..1],
            "-p demo",
            "CLOUDSTACK_ENDPOINT is set aside: profile demo is in use",
        ),
        (
            TEXT,
            &[("CAPUCHIN_URL", "https://c")],
            "",
            "CAPUCHIN_URL is not read: a cloud is named by CLOUDSTACK_ENDPOINT, CLOUDSTACK_KEY, CLOUDSTACK_SECRET together, or by a profile",
        ),
        (
            "[profiles.prod]\n",
            &[],
            "",
            "no profile is in use, so this is the built-in demo cloud (`profile use prod` chooses one)",
        ),
    ] {
        assert_eq!(settled(text, vars, flags).notes, [says]);
    }
    for flags in ["", "-p prod", "-p demo"] {
        assert!(settled(TEXT, &[], flags).notes.is_empty());
    }
    assert!(settled(TEXT, &ENDPOINT, "").notes.is_empty());
    let demo_alone = "[profiles.demo]\noutput = \"csv\"\n";
    let resolved = settled(demo_alone, &[], "");
    assert!(resolved.notes.is_empty());
    assert_eq!(resolved.get("output"), "csv");
}

#[test]
fn an_unfinished_profile_can_be_used_and_not_called() {
    let error = settled(TEXT, &[], "-p bare")
        .endpoint()
        .expect_err("no url");
    assert_eq!(error.message, "profile bare has no url and no secretkey");
    assert_eq!(
        error.hints,
        ["set url https://HOST/client/api", "set secretkey SECRETKEY"]
    );
    assert_eq!(error.status(), 7);
    let both = TEXT.replace(
        "[profiles.bare]",
        "secretkey_command = \"x\"\n[profiles.bare]",
    );
    let error = settled(&both, &[], "").endpoint().expect_err("two secrets");
    assert!(error.message.contains("which of the two"), "{error}");
    let gone = settled("profile = \"gone\"", &[], "");
    let error = gone.endpoint().expect_err("no profile");
    assert_eq!(error.message, "there is no profile gone");
}

#[test]
fn who_calls_follows_from_what_is_there() {
    let keys = "apikey = \"K\"\nsecretkey = \"S\"\n";
    let printed = "apikey = \"K\"\nsecretkey_command = \"pass cloud\"\n";
    let login = "username = \"bob\"\ndomain = \"/Sales\"\n";
    let lacks_both = "profile p has no apikey and no secretkey";
    for (port, lines, says) in [
        (8080, keys.to_string(), "keys"),
        (8096, keys.into(), "keys"),
        (8080, printed.into(), "keys"),
        (8080, format!("{keys}{login}"), "keys"),
        (8080, login.into(), "login"),
        (8096, login.into(), "login"),
        (8080, format!("{login}apikey = \"K\""), "login"),
        (8080, format!("{keys}{login}auth = \"login\""), "login"),
        (8096, String::new(), "none"),
        (8080, format!("{keys}auth = \"none\""), "none"),
        (8080, String::new(), lacks_both),
        (8096, "auth = \"keys\"".into(), lacks_both),
        (8096, "apikey = \"K\"".into(), "profile p has no secretkey"),
        (
            8080,
            format!("{keys}auth = \"login\""),
            "profile p has no username",
        ),
    ] {
        let text =
            format!("profile = \"p\"\n[profiles.p]\nurl = \"http://c:{port}/client/api\"\n{lines}");
        let told = match settled(&text, &[], "").endpoint() {
            Ok(Some(endpoint)) => match endpoint.who {
                Who::Keys { .. } => "keys".into(),
                Who::Login {
                    username, domain, ..
                } => {
                    assert_eq!((&*username, &*domain), ("bob", "/Sales"));
                    "login".into()
                }
                Who::Nobody => "none".into(),
            },
            Ok(None) => "demo".into(),
            Err(error) => error.message,
        };
        assert_eq!(told, says, "{port} {lines}");
    }
}

#[test]
fn a_line_or_a_script_has_values_of_its_own() {
    let resolved = settled(TEXT, &[], "");
    let changed = resolved.with("OUTPUT", "Json").expect("output");
    assert_eq!(
        (changed.get("output"), resolved.get("output")),
        ("json".into(), "text".into())
    );
    let changed = resolved.with("tabularize", "true").expect("tabularize");
    assert_eq!(changed.get("output"), "table");
    assert_eq!(resolved.with("timeout", "0").expect_err("0").status(), 2);
    let error = resolved.with("outptu", "json").expect_err("a slip");
    assert_eq!(error.hints, ["did you mean output?"]);
}

#[test]
fn a_script_may_set_up_its_own_connection() {
    let mut resolved = settled("", &[], "");
    for (name, value) in [("host", "localhost"), ("port", "8096"), ("apikey", "K")] {
        resolved = resolved.with(name, value).expect(name);
    }
    assert!(resolved.endpoint().is_err());
    let resolved = resolved.with("secretkey", "S").expect("secretkey");
    let endpoint = resolved.endpoint().expect("endpoint").expect("no demo");
    assert_eq!(endpoint.servers, ["http://localhost:8096/client/api"]);
}

#[test]
fn a_description_tells_origins_and_no_secret() {
    let resolved = settled(TEXT, &[("CAPUCHIN_COLOR", "0")], "-o csv");
    let described = describe(&resolved);
    assert_eq!(described.len(), SETTINGS.len());
    for (name, value, from) in [
        ("url", "https://prod.example.org/client/api", "profile prod"),
        ("host", "prod.example.org", "profile prod"),
        ("secretkey", "********", "profile prod"),
        ("color", "false", "CAPUCHIN_COLOR"),
        ("output", "csv", "--output"),
        ("timeout", "200", "profile prod"),
        ("response", "json", "default"),
    ] {
        let expected = (name.to_string(), value.to_string(), from.to_string());
        assert!(described.contains(&expected), "{expected:?} {described:?}");
    }
    assert!(!format!("{resolved:?} {described:?}").contains("PRODSECRET"));
    assert_eq!(settled("", &[], "").get("secretkey"), "");
}

#[test]
fn a_new_profile_has_a_free_name() {
    let file = file(TEXT);
    for (host, name) in [
        (None, "cloud"),
        (Some("cloud.example.org"), "cloud"),
        (Some("prod.example.org"), "prod2"),
        (Some("demo"), "demo2"),
        (Some("192.0.2.1"), "cloud"),
        (Some("::1"), "cloud"),
        (Some("https://c"), "cloud"),
    ] {
        assert_eq!(new_profile_for(&file, host), name);
    }
}
