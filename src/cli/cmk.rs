//! The program called by the name `cmk`: CloudMonkey's flags in, its configuration as it is, never written to, and JSON out.

use std::ffi::OsString;
use std::io::{IsTerminal, stdin};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, ArgAction, Parser};

use crate::config::Places;
use crate::config::resolve::Flags;
use crate::config::secret::Secret;
use crate::error::{Error, Result};
use crate::shell::session::{Env, Mode, Session, expand_home};

/// Its variables, which name no cloud of CloudMonkey's, begin so.
const OURS: [&str; 3] = ["CLOUDSTACK_", "CAPUCHIN_PROFILE", "CAPUCHIN_CONFIG"];

/// CloudMonkey's variables for flags that are not given; two have been spelt in both ways.
const URL: &[&str] = &["CMK_URL"];
const APIKEY: &[&str] = &["CMK_APIKEY", "CMK_API_KEY"];
const SECRETKEY: &[&str] = &["CMK_SECRETKEY", "CMK_SECRET_KEY"];
const OUTPUT: &[&str] = &["CMK_OUTPUT"];
const PROFILE: &[&str] = &["CMK_PROFILE"];
const CONFIG: &[&str] = &["CMK_CONFIG"];
const DEBUG: &[&str] = &["CMK_DEBUG"];

/// Capuchin in the place of CloudMonkey: its flags, its configuration, its JSON.
#[derive(Parser)]
#[command(name = "cmk", version, disable_version_flag = true)]
#[command(arg = Arg::new("version").short('v').action(ArgAction::Version).help("Print the version"))]
#[command(override_usage = "cmk [OPTIONS] [COMMAND …]")]
#[command(
    after_help = "Without a command: the prompt, or the script on standard input. Flags stand before the command."
)]
pub struct Cmk {
    /// The output form, json unless the configuration says another: json, text, table, column, csv …
    #[arg(short = 'o', value_name = "FORM")]
    output: Option<String>,
    /// The profile to use
    #[arg(short = 'p', value_name = "NAME")]
    profile: Option<String>,
    /// Say where calls are logged
    #[arg(short = 'd')]
    debug: bool,
    /// The configuration file [default: ~/.cmk/config]
    #[arg(short = 'c', value_name = "FILE")]
    config: Option<PathBuf>,
    /// The address of the API, in place of the profile's
    #[arg(short = 'u', value_name = "URL")]
    url: Option<String>,
    /// The API key, in place of the profile's
    #[arg(short = 'k', value_name = "KEY")]
    apikey: Option<String>,
    /// The secret key, in place of the profile's; everybody on this machine sees it in `ps`
    #[arg(short = 's', value_name = "SECRET")]
    secretkey: Option<String>,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    words: Vec<String>,
}

/// Whether the program was called by that name.
pub fn is_called(args: &[OsString]) -> bool {
    let program = args.first().map(Path::new);
    program
        .and_then(Path::file_stem)
        .is_some_and(|stem| stem == "cmk")
}

/// As Go reads a truth.
fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True")
}

/// The session that the flags ask for, and the words of the command.
pub fn session(cmk: Cmk, env: &Env) -> Result<(Session, Vec<String>)> {
    if let Some(flag) = cmk.words.first().filter(|word| word.starts_with('-')) {
        return Err(Error::line(format!("cmk has no flag {flag}")).hint("cmk -h lists them"));
    }
    let mode = match (cmk.words.is_empty(), stdin().is_terminal()) {
        (false, _) => Mode::OneShot,
        (true, true) => Mode::Prompt,
        (true, false) => Mode::Script { stdin: true },
    };
    let given = |names: &[&str]| {
        let values = names.iter().filter_map(|name| env(name));
        values
            .map(|value| value.trim().to_string())
            .find(|value| !value.is_empty())
    };
    let warns = cmk.secretkey.is_some();
    let cmk = Cmk {
        url: cmk.url.or_else(|| given(URL)),
        apikey: cmk.apikey.or_else(|| given(APIKEY)),
        secretkey: cmk.secretkey.or_else(|| given(SECRETKEY)),
        output: cmk.output.or_else(|| given(OUTPUT)),
        profile: cmk.profile.or_else(|| given(PROFILE)),
        config: cmk.config.or_else(|| given(CONFIG).map(PathBuf::from)),
        debug: cmk.debug || given(DEBUG).is_some_and(|text| is_true(&text)),
        words: cmk.words,
    };
    let path = cmk
        .config
        .unwrap_or_else(|| expand_home("~/.cmk/config", env));
    if !path.exists() && cmk.url.is_none() {
        return Err(
            Error::local(format!("there is no configuration {}", path.display()))
                .hint("name one with -c FILE, or the cloud with -u URL -k KEY -s SECRET")
                .hint("capuchin by its own name has a cloud built in"),
        );
    }
    let all = env.clone();
    let env: Env = Arc::new(move |name| {
        let ours = OURS.iter().any(|begins| name.starts_with(begins));
        if ours { None } else { all(name) }
    });
    let places = Places {
        foreign: true,
        ..Places::find(Some(&path), &*env)?
    };
    let flags = Flags {
        profile: cmk.profile,
        url: cmk.url,
        output: cmk.output,
        apikey: cmk.apikey,
        secretkey: cmk.secretkey.map(Secret::new),
    };
    let log = places.state.join("capuchin.log");
    let session = Session::open(places, env, flags, mode)?;
    if warns {
        session.ui.warn(
            "-s shows the secret key to everybody on this machine, in `ps`: a profile of the configuration does not",
        );
    }
    if cmk.debug {
        session
            .ui
            .say(&format!("calls are logged in {}", log.display()));
    }
    Ok((session, cmk.words))
}
