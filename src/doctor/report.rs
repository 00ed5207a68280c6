//! What a vendor's desk, or whoever runs the cloud, asks for: a triage in, a text out, and the file that it goes into.
//! The text has no key and no secret; who writes it strikes out what else is one.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use super::{Findings, Found, Status};
use crate::cloud::desk::Desk;
use crate::error::{Error, Result};
use crate::print::surface::harmless;

/// How moments are written.
pub const DATE: &str = "%Y-%m-%dT%H:%M:%S+0000";

/// All that a report tells.
pub struct Report<'a> {
    /// The settings service, contract and line.
    pub settings: [String; 3],
    pub desk: Option<&'static Desk>,
    pub profile: &'a str,
    pub kind: &'a str,
    pub servers: &'a [String],
    pub caller: String,
    /// The call's address without key, signature and secrets.
    pub call: Option<String>,
    pub findings: &'a Findings,
    /// When the triage ended.
    pub now: String,
    pub took: Duration,
    /// Takes out of a text what no report may hold.
    pub strike: &'a dyn Fn(&str) -> String,
}

/// The report as a text.
pub fn text(report: &Report<'_>) -> String {
    let [service, contract, line] = &report.settings;
    let usual = report.desk.map_or("", |desk| desk.service);
    let service = if service.is_empty() { usual } else { service };
    // Folded first, a secret with blanks would be another text.
    let clean = |value: &str| one_line(&(report.strike)(value));
    let set = |value: &str, name: &str| match value {
        "" => format!("not given (`set {name} …`)"),
        value => value.to_string(),
    };
    let mut text = String::new();
    let mut put = |name: &str, value: &str| {
        text.push_str(&format!("{:<10} {}\n", format!("{name}:"), clean(value)));
    };
    put("Service", &set(service, "service"));
    put("Contract", &set(contract, "contract"));
    put("Line", &set(line, "line"));
    put(
        "Cloud",
        &format!("{} (profile {})", report.kind, report.profile),
    );
    put("Address", &report.servers.join(", "));
    put("Caller", &report.caller);
    put(
        "Program",
        &format!(
            "capuchin {} ({} {})",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH
        ),
    );
    put(
        "Time",
        &format!(
            "{} (the end of the triage, which took {} ms)",
            report.now,
            report.took.as_millis()
        ),
    );
    if let Some(call) = &report.call {
        put("Call", call);
    }
    put("Verdict", &verdict(report.findings));
    text.push_str("\nSteps\n");
    for found in &report.findings.0 {
        text.push_str(&told(found, &clean));
    }
    text.push_str(&format!(
        "\n{}\n",
        capital(&whom(report.desk, report.findings.cut_off()))
    ));
    text
}

/// The step that failed, with the codes that the cloud gave.
fn verdict(findings: &Findings) -> String {
    let failed = findings.0.iter().find_map(|found| match &found.status {
        Status::Failed(error) => Some((found.step, error)),
        _ => None,
    });
    let Some((step, error)) = failed else {
        return "all steps went well".into();
    };
    let codes = [
        ("errorcode", error.code),
        ("cserrorcode", error.cserrorcode),
    ];
    let codes: String = codes
        .iter()
        .filter_map(|(name, code)| Some(format!(", {name} {}", (*code)?)))
        .collect();
    let text = error.said.as_ref().map_or("", |said| said.text.as_str());
    let text = if text.is_empty() {
        ""
    } else {
        &format!(", {text}")
    };
    format!(
        "{} failed ({}{codes}{text})",
        step.name(),
        error.kind.name()
    )
}

fn told(found: &Found, clean: &dyn Fn(&str) -> String) -> String {
    let server = found.server.as_ref();
    let server = server.map_or(String::new(), |server| format!(" at {server}"));
    let mut text = format!(
        "  {:<8} {}{server}, {}, {} ms\n",
        found.status.name(),
        found.step.name(),
        found.ended.strftime(DATE),
        found.took.as_millis()
    );
    let mut put = |name: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("    {name}: {}\n", clean(value)));
        }
    };
    put("tried", &found.tried);
    put("came", &found.came);
    found.advice.iter().for_each(|advice| put("do", advice));
    text
}

/// Whom the report goes to, as the end of a sentence.
pub fn whom(desk: Option<&Desk>, cut_off: bool) -> String {
    match (desk, cut_off) {
        (Some(desk), true) => format!(
            "where every terminal of the site is cut off it goes to {} first, else to {}",
            desk.line, desk.form
        ),
        (Some(desk), false) => format!("it goes to {}", desk.form),
        (None, _) => "it goes to whoever runs the cloud".into(),
    }
}

/// Writes the report into a file that nobody else can read.
pub fn write(path: &Path, text: &str) -> Result<()> {
    private(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|why| {
            Error::local(format!(
                "the report could not be written to {}: {why}",
                path.display()
            ))
            .hint("name a file in a directory of yours: doctor --report FILE")
        })
}

fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        options.mode(0o600);
        let file = options.open(path)?;
        if file.metadata()?.is_file() {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}

/// The text on one line that does nothing to a terminal on which the report is looked at.
fn one_line(text: &str) -> String {
    harmless(&text.split_whitespace().collect::<Vec<_>>().join(" "), &[])
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}
