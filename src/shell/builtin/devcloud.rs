//! `devcloud`: the built-in cloud, served to other programs, filled, started over, given trouble or time.

mod trouble;

use std::net::SocketAddr;
use std::path::Path;

use devcloud::Manner;

use super::{Builtin, Known, first_word};
use crate::config::private_directory;
use crate::error::{Error, Result};
use crate::record::answer::Answer;
use crate::record::{Record, Value};
use crate::shell::clouds::BUILT_IN;
use crate::shell::session::{Session, Shown, View};

pub const DEVCLOUD: Builtin = Builtin {
    name: "devcloud",
    args: "serve [--as MANNER] [--listen ADDRESS:PORT] [--integration ADDRESS:PORT] | seed large | reset [--empty] | fault add|list|remove … | clock advance|offset DURATION",
    about: "Serves, fills, resets or troubles the built-in cloud",
    run,
    words,
};

fn words(_: &Known, given: &[&str]) -> Vec<String> {
    match given {
        ["serve", .., "--as"] => first_word(&[], &Manner::names().collect::<Vec<_>>()),
        ["serve", ..] => first_word(&[], &["--as", "--listen", "--integration"]),
        ["seed"] => first_word(&[], &["large"]),
        ["fault"] => first_word(&[], &["add", "list", "remove"]),
        ["fault", "add", _] => first_word(&[], trouble::KINDS),
        ["reset"] => first_word(&[], &["--empty"]),
        ["clock"] => first_word(&[], &["advance", "offset"]),
        _ => first_word(given, &["serve", "seed", "reset", "fault", "clock"]),
    }
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["reset"] => reset(session, devcloud::reset, "starts over"),
        ["reset", "--empty"] => reset(
            session,
            devcloud::reset_empty,
            "starts over without a zone; `datacenter deploy FILE` builds one",
        ),
        ["seed", "large"] => seed_large(session),
        ["serve", ref flags @ ..] => {
            let serving = Serving::of(flags)?;
            serve(session, &serving)
        }
        ["fault", ref words @ ..] => trouble::fault(session, words),
        ["clock", ref words @ ..] => trouble::clock(session, words),
        _ => Err(wrong()),
    }
}

fn wrong() -> Error {
    Error::line(
        "devcloud takes `serve [--as MANNER] [--listen ADDRESS:PORT] [--integration ADDRESS:PORT]`, `seed large`, `reset [--empty]`, \
         `fault add|list|remove` or `clock advance|offset`",
    )
}

/// What is served, where and in which manner.
struct Serving {
    listen: SocketAddr,
    integration: Option<SocketAddr>,
    manner: Manner,
}

impl Serving {
    /// What `--as`, `--listen` and `--integration` say, as two words or with `=` between.
    fn of(flags: &[&str]) -> Result<Serving> {
        let mut serving = Serving {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            integration: None,
            manner: Manner::default(),
        };
        let mut flags = flags.iter();
        while let Some(flag) = flags.next() {
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, value),
                None => (*flag, *flags.next().ok_or_else(wrong)?),
            };
            let address = || {
                value.parse().map_err(|_| {
                    Error::line(format!(
                        "{name} {value}: not an address and a port, such as 127.0.0.1:8080"
                    ))
                })
            };
            match name {
                "--listen" => serving.listen = address()?,
                "--integration" => serving.integration = Some(address()?),
                "--as" => {
                    let manner = value.parse::<Manner>();
                    serving.manner = manner.map_err(|why| Error::line(why.to_string()))?;
                }
                _ => return Err(wrong()),
            }
        }
        Ok(serving)
    }
}

fn reset(
    session: &mut Session,
    start_over: fn(&Path) -> std::result::Result<(), devcloud::Error>,
    done: &str,
) -> Result<Shown> {
    session.confirm("devcloud reset")?;
    let state = session.demo_state();
    make_directory(&state)?;
    start_over(&state).map_err(|why| Error::local(why.to_string()))?;
    // What was asked of the world that is gone is of no use in the next one.
    session.ledger.forget_cloud(BUILT_IN)?;
    session.values.forget();
    session.ui.say(&format!("the built-in cloud {done}"));
    Ok(Shown::Nothing)
}

/// Makes it large enough to try lists on that come in many pages.
fn seed_large(session: &mut Session) -> Result<Shown> {
    const MACHINES: u32 = 10_000;
    const NETWORKS: u32 = 500;
    const VOLUMES: u32 = 2_000;
    let state = session.demo_state();
    make_directory(&state)?;
    devcloud::fill(&state, MACHINES, NETWORKS, VOLUMES)
        .map_err(|why| Error::local(why.to_string()))?;
    session.values.forget();
    session.ui.say(&format!(
        "the built-in cloud has {MACHINES} machines, {NETWORKS} networks and {VOLUMES} volumes more; `devcloud reset` starts it over"
    ));
    Ok(Shown::Nothing)
}

fn serve(session: &mut Session, serving: &Serving) -> Result<Shown> {
    let state = session.demo_state();
    make_directory(&state)?;
    let address = serving.listen;
    let cloud = devcloud::start_as(&state, address, serving.manner)
        .map_err(|why| Error::local(why.to_string()))?;
    if let Some(address) = serving.integration {
        let opened = cloud.open_integration(address);
        opened.map_err(|why| Error::local(why.to_string()))?;
    }
    if !address.ip().is_loopback() {
        session.ui.warn(&format!(
            "{address} can be reached from other machines, and whoever reads the keys below, or knows the administrator's \
             password, is its administrator"
        ));
    }
    let mut row = Record::default();
    row.push("url", Value::String(cloud.url()));
    row.push("apikey", Value::String(cloud.apikey().into()));
    row.push("secretkey", Value::String(cloud.secretkey().into()));
    if let Some(url) = cloud.awsapi_url() {
        row.push("awsapiurl", Value::String(url));
    }
    if let Some(url) = cloud.integration_url() {
        row.push("integrationurl", Value::String(url));
    }
    let form = session.resolved.get("output");
    announce(session, &form, row)?;
    session.ui.say("Ctrl-C ends it");
    let mut interrupt = session.network()?.interrupt();
    session
        .network()?
        .run(async move { interrupt.pressed().await }, |_| ())?;
    Ok(Shown::Nothing)
}

/// One line of JSON for programs, else the ordinary forms.
fn announce(session: &Session, form: &str, row: Record) -> Result<()> {
    let unwritten =
        |why: std::io::Error| Error::local(format!("the output could not be written: {why}"));
    if form == "json" {
        let fields: serde_json::Map<String, serde_json::Value> = row
            .fields
            .iter()
            .map(|(name, value)| (name.to_string(), value.scalar().into()))
            .collect();
        let line = serde_json::Value::Object(fields);
        return session.ui.print(&format!("{line}\n")).map_err(unwritten);
    }
    let Shown::Answer(view) = View::of(Answer::of(Value::Record(row)), form.into()) else {
        return Ok(());
    };
    session.print(&view).map_err(unwritten)
}

fn make_directory(state: &Path) -> Result<()> {
    match state.parent() {
        Some(directory) => private_directory(directory).map_err(|why| {
            Error::local(format!("{} could not be made: {why}", directory.display()))
                .hint("check its permissions, or set XDG_STATE_HOME")
        }),
        None => Ok(()),
    }
}
