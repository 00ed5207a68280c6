//! `devcloud`: the built-in cloud, served to other programs or started over.

use std::net::SocketAddr;

use super::{Builtin, first_word};
use crate::config::private_directory;
use crate::error::{Error, Result};
use crate::record::answer::Answer;
use crate::record::{Record, Value};
use crate::shell::clouds::BUILT_IN;
use crate::shell::session::{Session, Shown, View};

pub const DEVCLOUD: Builtin = Builtin {
    name: "devcloud",
    args: "serve [--listen ADDRESS:PORT] | reset",
    about: "Serves the built-in cloud to other programs until Ctrl-C, or starts it over",
    run,
    words: |_, given| first_word(given, &["serve", "reset"]),
};

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["reset"] => reset(session),
        ["serve"] => serve(session, "127.0.0.1:0"),
        ["serve", "--listen", address] => serve(session, address),
        ["serve", word] => match word.strip_prefix("--listen=") {
            Some(address) => serve(session, address),
            None => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

fn wrong() -> Error {
    Error::line("devcloud takes `serve`, `serve --listen ADDRESS:PORT` or `reset`")
}

fn reset(session: &mut Session) -> Result<Shown> {
    let state = session.demo_state();
    make_directory(&state)?;
    devcloud::reset(&state).map_err(|why| Error::local(why.to_string()))?;
    // What was asked of the world that is gone is of no use in the next one.
    session.ledger.forget_cloud(BUILT_IN)?;
    session.ui.say("the built-in cloud starts over");
    Ok(Shown::Nothing)
}

fn serve(session: &mut Session, address: &str) -> Result<Shown> {
    let address: SocketAddr = address.parse().map_err(|_| {
        Error::line(format!(
            "--listen {address}: not an address and a port, such as 127.0.0.1:8080"
        ))
    })?;
    let state = session.demo_state();
    make_directory(&state)?;
    let cloud = devcloud::start(&state, address).map_err(|why| Error::local(why.to_string()))?;
    if !address.ip().is_loopback() {
        session.ui.warn(&format!(
            "{address} can be reached from other machines, and whoever reads the keys below is its administrator"
        ));
    }
    let mut row = Record::default();
    row.push("url", Value::String(cloud.url()));
    row.push("apikey", Value::String(cloud.apikey().into()));
    row.push("secretkey", Value::String(cloud.secretkey().into()));
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

fn make_directory(state: &std::path::Path) -> Result<()> {
    match state.parent() {
        Some(directory) => private_directory(directory).map_err(|why| {
            Error::local(format!("{} could not be made: {why}", directory.display()))
                .hint("check its permissions, or set XDG_STATE_HOME")
        }),
        None => Ok(()),
    }
}
