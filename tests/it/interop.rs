//! The built-in cloud as clients that other people wrote find it: Apache Libcloud's driver, `cs` and botocore, all in
//! Python.

use std::path::Path;
use std::process::Command;

use crate::support::Home;

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/interop/bin/python");
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop");

/// Runs a script of tests/interop against a new cloud that speaks in a manner, and gives what it printed.
fn driven(script: &str, manner: &str) -> String {
    assert!(
        Path::new(PYTHON).exists(),
        "{PYTHON} is gone: tests/interop/install.sh makes it"
    );
    let home = Home::new();
    home.job_milliseconds(10);
    let served = home
        .run(&format!(
            "-o json devcloud serve --as {manner} --listen 127.0.0.1:0 --integration 127.0.0.1:0"
        ))
        .started();
    let told: serde_json::Value = serde_json::from_str(&served.line).unwrap();
    let value = |name: &str| told[name].as_str().unwrap_or_default().to_string();
    let output = Command::new(PYTHON)
        .arg(Path::new(SCRIPTS).join(script))
        .env_clear()
        .env("HOME", home.path())
        .env("PYTHONUTF8", "1")
        .env("CLOUD_URL", value("url"))
        .env("CLOUD_KEY", value("apikey"))
        .env("CLOUD_SECRET", value("secretkey"))
        .env("CLOUD_AWSAPI_URL", value("awsapiurl"))
        .env("CLOUD_OPEN_URL", value("integrationurl"))
        .current_dir(home.path())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{errors}");
    printed
}

/// How many methods and sessions pass, and how many methods fail by the driver's own fault on a real server too.
const LIBCLOUD: (usize, usize) = (96, 4);

#[test]
#[cfg_attr(not(interop), ignore = "tests/interop/install.sh has not been run")]
fn libclouds_driver_does_all_that_it_does_on_a_real_server() {
    let table = driven("libcloud_driver.py", "cloudstack");
    let count = |end: &str| table.lines().filter(|line| line.contains(end)).count();
    let seen = (count(" passes"), count(" fails as on a real server: "));
    assert_eq!(seen, LIBCLOUD, "{table}");
}

#[test]
#[cfg_attr(not(interop), ignore = "tests/interop/install.sh has not been run")]
fn the_client_cs_calls_waits_pages_and_is_refused() {
    let steps = driven("cs_client.py", "cloudstack");
    assert_eq!(steps.matches("passes").count(), 8, "{steps}");
}

#[test]
#[cfg_attr(not(interop), ignore = "tests/interop/install.sh has not been run")]
fn botocore_finds_ec2_in_cloudns_manner() {
    let steps = driven("botocore_driver.py", "cloudn");
    assert_eq!(steps.matches("passes").count(), 12, "{steps}");
}

#[test]
fn they_are_there_where_they_are_required() {
    let required = std::env::var_os("CAPUCHIN_INTEROP").is_some_and(|value| value == "required");
    assert!(
        cfg!(interop) || !required,
        "the clients of others were not there when the tests were built: run tests/interop/install.sh"
    );
}
