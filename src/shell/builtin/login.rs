//! `login` and `logout`: a session of a user with a password, begun and ended.

use super::{Builtin, Known, no_words};
use crate::client::At;
use crate::config::file;
use crate::config::resolve::{Origin, Resolved, Who};
use crate::config::secret::Secret;
use crate::config::settings;
use crate::error::{Error, Kind, Result};
use crate::shell::ask;
use crate::shell::session::{Mode, Session, Shown};

const WORDS: [&str; 3] = ["username=", "domain=", "password=@"];

pub const LOGIN: Builtin = Builtin {
    name: "login",
    args: "[username=NAME] [domain=PATH] [password=@FILE or @-]",
    about: "Logs in by name and password, which it asks for; the session is kept for the next calls",
    run: login,
    words,
};

pub const LOGOUT: Builtin = Builtin {
    name: "logout",
    args: "",
    about: "Ends the session that login began",
    run: logout,
    words: no_words,
};

fn words(_: &Known, given: &[&str]) -> Vec<String> {
    let left = WORDS.iter().filter(|word| {
        let name = word.split('=').next().unwrap_or_default();
        !given
            .iter()
            .any(|given| given.split('=').next() == Some(name))
    });
    left.map(ToString::to_string).collect()
}

/// What stood on the line.
#[derive(Default)]
struct Given {
    username: Option<String>,
    domain: Option<String>,
    /// From where the password is to be read.
    password: Option<String>,
}

fn login(session: &mut Session, args: &[String]) -> Result<Shown> {
    let given = given(args)?;
    own_login(&session.resolved)?;
    // Ctrl-C at a question is heard from here on.
    session.network()?;
    let mut resolved = session.resolved.clone();
    for (name, value) in [("username", &given.username), ("domain", &given.domain)] {
        if let Some(value) = value {
            resolved = resolved.with(name, value)?;
        }
    }
    if resolved.get("username").is_empty() {
        let typed = session.ui.wait_for_user(|| username(session))?;
        resolved = resolved.with("username", &typed)?;
    }
    let Some(Who::Login {
        username, password, ..
    }) = resolved.endpoint()?.map(|endpoint| endpoint.who)
    else {
        return Err(keys(&resolved));
    };
    warn_of_plain_text(session, &resolved);
    let password = match &given.password {
        Some(place) => Some(ask::from_place(session, "password", place)?),
        None if password.is_empty() => {
            Some(session.ui.wait_for_user(|| typed(session, &username))?)
        }
        None => None,
    };
    let client = session.client_of(&resolved)?;
    let caller = client.clone();
    let all = session.on_network(&client, || "login".into(), |mut interrupt| async move {
        tokio::select! {
            all = caller.log_in(password) => Ok(all),
            () = interrupt.pressed() => Err(Error::new(Kind::Interrupted, "login was interrupted")),
        }
    })??;
    let mut failed = None;
    let mut entered = false;
    for At { url, outcome } in all {
        match outcome {
            Ok(()) => {
                entered = true;
                session.ui.say(&format!("{username} is logged in at {url}"));
            }
            Err(error) => {
                if let Some(error) = failed.replace(error) {
                    session.ui.warn(&error.message);
                }
            }
        }
    }
    match failed {
        Some(error) if !entered => return Err(error),
        Some(error) => session.ui.warn(&error.message),
        None => {}
    }
    remember(session, resolved)?;
    Ok(Shown::Nothing)
}

fn logout(session: &mut Session, args: &[String]) -> Result<Shown> {
    if !args.is_empty() {
        return Err(Error::line("logout takes no arguments"));
    }
    own_login(&session.resolved)?;
    let client = session.client()?;
    let caller = client.clone();
    let all = session.on_network(&client, || "logout".into(), |mut interrupt| async move {
        tokio::select! {
            all = caller.log_out() => Ok(all),
            () = interrupt.pressed() => Err(Error::new(Kind::Interrupted, "logout was interrupted")),
        }
    })??;
    // What was typed for it goes with the session.
    session.client = None;
    if all.is_empty() {
        session.ui.say("there was no session to end");
    }
    for At { url, outcome } in all {
        match outcome {
            Ok(()) => session.ui.say(&format!("logged out at {url}")),
            Err(error) if error.kind == Kind::Local => return Err(error),
            Err(error) => session.ui.warn(&format!(
                "the session is forgotten here, and at {url} it ends by itself: {}",
                error.message
            )),
        }
    }
    Ok(Shown::Nothing)
}

fn given(args: &[String]) -> Result<Given> {
    let mut given = Given::default();
    for word in args {
        let wrong = || {
            // What stands there may be a password.
            Error::line("login takes username=NAME, domain=PATH and password=@FILE")
                .hint("login username=bob asks for the password")
        };
        let (name, value) = word.split_once('=').ok_or_else(wrong)?;
        let place = match name.to_ascii_lowercase().as_str() {
            "username" => &mut given.username,
            "domain" => &mut given.domain,
            "password" => {
                let named = value.strip_prefix('@').filter(|place| !place.is_empty());
                if named.is_none_or(|place| place.starts_with('@')) {
                    return Err(Error::line(
                        "login: a password on the line can be seen in the list of processes and in the shell's history",
                    )
                    .hint("leave it out to be asked, or have it read: password=@FILE, or password=@- for standard input"));
                }
                given.password = named.map(Into::into);
                continue;
            }
            _ => return Err(wrong()),
        };
        *place = Some(value.into());
    }
    Ok(given)
}

/// The profile has to be one that logs in, or `login` would begin a session that no call uses.
fn own_login(resolved: &Resolved) -> Result<()> {
    match resolved.origin {
        Origin::Demo => Err(
            Error::line("the built-in demo cloud is called with keys of its own")
                .hint("`profile add NAME` is for another cloud"),
        ),
        Origin::Environment => Err(Error::line(
            "calls are made with the keys of the environment (CLOUDSTACK_KEY, CLOUDSTACK_SECRET)",
        )
        .hint("choose a profile with -p NAME")),
        Origin::Profile(_) => match resolved.with("username", "somebody")?.endpoint() {
            Ok(Some(endpoint)) if !matches!(endpoint.who, Who::Login { .. }) => Err(keys(resolved)),
            // What else is lacking is told with the real name.
            _ => Ok(()),
        },
    }
}

fn keys(resolved: &Resolved) -> Error {
    let how = match resolved.get("auth").as_str() {
        "none" => "without saying who makes them",
        _ => "with keys",
    };
    Error::line(format!(
        "calls of profile {} are made {how} (auth {})",
        resolved.profile,
        resolved.get("auth")
    ))
    .hint("set auth login")
}

/// A password that goes over a network in plain text is anybody's.
fn warn_of_plain_text(session: &Session, resolved: &Resolved) {
    let host = resolved.get("host");
    let local = ["localhost", "127.0.0.1", "[::1]"].contains(&host.as_str());
    if resolved.get("protocol") == "http" && !local {
        session.ui.warn(&format!(
            "the password goes to {host} unencrypted, for everybody on the way to read"
        ));
    }
}

fn username(session: &Session) -> Result<String> {
    if !ask::possible(&session.ui) {
        return Err(Error::line("login needs a username").hint("login username=NAME"));
    }
    ask::line("Username: ")
}

fn typed(session: &Session, username: &str) -> Result<Secret> {
    if !ask::possible(&session.ui) {
        return Err(Error::line(
            "login needs a password, and there is nobody to ask: standard input is no terminal, or scenarios are run",
        )
        .hint("have it read: password=@FILE, or password=@- for a line of standard input")
        .hint("or keep it in the profile: `set password` asks for it"));
    }
    ask::password(&format!("Password of {username}: "))
}

/// Whoever has logged in is who calls from now on: the next process finds the session by the name.
fn remember(session: &mut Session, resolved: Resolved) -> Result<()> {
    let changed: Vec<_> = ["username", "domain"]
        .into_iter()
        .filter(|name| session.resolved.get(name) != resolved.get(name))
        .filter_map(settings::find)
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    if let Mode::Script { .. } = session.mode {
        session.resolved = resolved;
        return Ok(());
    }
    let profile = &resolved.profile;
    file::File::edit(&session.places, |file| {
        changed
            .iter()
            .try_for_each(|setting| file.set(profile, setting, &resolved.get(setting.name)))
    })?;
    session.reload()
}
