//! The first steps of a triage: the profile, the way to each of its servers, and whether the key is taken there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Case;
use crate::client::sessions::Sessions;
use crate::client::transport::{Route, address};
use crate::client::{Client, Options, interrupted};
use crate::cloud::{Access, Identity, Outcome, Sent};
use crate::config::resolve::{Resolved, Who};
use crate::config::secret::Secret;
use crate::doctor::way::{self, Now, Server};
use crate::doctor::{Found, Status, Step};
use crate::error::{Doubt, Error, Kind, Result};
use crate::shell::calls::options_of;
use crate::shell::session::Session;

impl Case {
    /// Whether a server was reached where the key is taken.
    pub(super) fn reach(&mut self, session: &mut Session) -> Result<bool> {
        let start = Instant::now();
        let tried = format!("profile {}", self.resolved.profile);
        let got = self
            .contract(session)
            .and_then(|()| session.access_of(&self.resolved));
        let (access, route) = match got {
            Ok(got) => got,
            Err(error) => {
                self.findings
                    .add(Found::failed(Step::Profile, tried, error).taking(start.elapsed()));
                return Ok(false);
            }
        };
        let came = format!(
            "{} at {}, called {}",
            self.resolved.kind().about,
            access.servers.join(", "),
            called_with(&access.identity)
        );
        let found = Found::well(Step::Profile, tried, came);
        self.findings.add(found.taking(start.elapsed()));
        self.servers.clone_from(&access.servers);
        self.secrets = secrets(&access.identity);
        let route = way::bounded(&route);
        let mut reached = false;
        for server in &access.servers {
            let named = (access.servers.len() > 1).then(|| address(server).to_string());
            let mut found = look(session, &self.resolved, server, &route)?;
            let well = |found: &[Found]| {
                found
                    .iter()
                    .all(|found| !matches!(found.status, Status::Failed(_)))
            };
            if well(&found) {
                let access = Access {
                    servers: vec![server.clone()],
                    identity: access.identity.clone(),
                };
                found.push(key(session, &self.resolved, access, &route)?);
            }
            reached |= well(&found);
            for mut found in found {
                found.server.clone_from(&named);
                self.findings.add(found);
            }
        }
        Ok(reached)
    }

    /// The number of the contract, where the vendor has a form for it.
    fn contract(&self, session: &Session) -> Result<()> {
        let contract = self.resolved.get("contract");
        match session.dialect().desk() {
            Some(desk) if !contract.is_empty() && !(desk.is_contract)(&contract) => {
                Err(desk.no_contract(&contract).hint("set contract NUMBER"))
            }
            _ => Ok(()),
        }
    }
}

/// The steps on the way to a server.
fn look(
    session: &mut Session,
    resolved: &Resolved,
    server: &str,
    route: &Route,
) -> Result<Vec<Found>> {
    let network = session.network()?;
    let now = Arc::new(Now::default());
    let mut interrupt = network.interrupt();
    let (url, route, told) = (server.to_string(), route.clone(), now.clone());
    let (kind, manner) = (resolved.kind(), options_of(resolved).manner);
    let work = async move {
        let dialect = (kind.dialect)();
        let server = Server {
            url: &url,
            route: &route,
            dialect: &*dialect,
            manner: &manner,
        };
        tokio::select! {
            found = way::examine(&server, &now) => Ok(found),
            () = interrupt.pressed() => Err(stopped()),
        }
    };
    let found = network.run(work, |elapsed| {
        session
            .ui
            .spin(&format!("doctor: {}", told.told()), elapsed);
    });
    session.ui.clear_spinner();
    found?
}

/// Whether the key is taken there: by a call that everybody may make.
fn key(session: &mut Session, resolved: &Resolved, access: Access, route: &Route) -> Result<Found> {
    let start = Instant::now();
    let nobody = matches!(access.identity, Identity::Nobody);
    let login = matches!(access.identity, Identity::Login(_));
    let log = session.log();
    let observer = Arc::new(move |sent: &Sent| log.sent(sent));
    let sessions = Sessions::below(&session.places.state);
    let dialect = (resolved.kind().dialect)();
    let probe = dialect.probe();
    let how = called_with(&access.identity);
    let client = Client::with(dialect, access, route, Some(observer), None, Some(sessions))?;
    let client = Arc::new(client);
    let options = Options {
        retries: 0,
        throttle_wait: Duration::ZERO,
        ..options_of(resolved)
    };
    let (caller, request) = (client.clone(), probe.clone());
    let outcome = session.on_network(
        &client,
        || "doctor: key".into(),
        |mut interrupt| async move {
            tokio::select! {
                outcome = caller.fetch(&request, &options) => outcome,
                () = interrupt.pressed() => Err(interrupted(&request, true)),
            }
        },
    )?;
    let tried = format!("{} {how}", probe.api);
    let found = match outcome {
        Ok(Outcome::Done(_) | Outcome::Started { .. }) => {
            let came = if nobody { "answered" } else { "accepted" };
            Found::well(Step::Key, tried, came)
        }
        Err(error) if error.kind == Kind::Interrupted => return Err(error),
        Err(error) if client.dialect().blames_caller(&error) && !login => {
            Found::failed(Step::Key, tried, of_the_caller(error, nobody))
        }
        // The call was understood, and who makes it was not in question.
        Err(error) if is_of_the_call(&error) && !login => {
            let advice = format!("{} itself was refused: {}", probe.api, error.message);
            Found::well(Step::Key, tried, "accepted").noticing(advice)
        }
        Err(error) => Found::failed(Step::Key, tried, error),
    };
    Ok(found.taking(start.elapsed()))
}

/// Whether a refusal is about the call itself: the cloud works, takes calls just now, and lets this caller in.
fn is_of_the_call(error: &Error) -> bool {
    let Some(said) = &error.said else {
        return false;
    };
    let about_it = match error.code.unwrap_or_default() {
        // Forbidden is a call that is not known or not for everybody, where the cloud means that by it.
        403 => said.doubt == Some(Doubt::Command),
        408 | 429 => false,
        code => code < 500,
    };
    error.kind == Kind::Refused && about_it
}

fn of_the_caller(mut error: Error, nobody: bool) -> Error {
    let hints = match nobody {
        true => vec!["this server wants to know who calls: `set auth keys`, with apikey and secretkey".to_string()],
        false => vec![
            "it is the API key, its secret, or a user who is disabled: `set apikey KEY` and `set secretkey SECRET` put a wrong pair right".to_string(),
        ],
    };
    error.hints.splice(0..0, hints);
    error
}

fn stopped() -> Error {
    Error::new(Kind::Interrupted, "doctor was interrupted")
}

/// How calls show who makes them, as the end of a sentence.
fn called_with(identity: &Identity) -> String {
    match identity {
        Identity::Keys { .. } => "with an API key and its secret".into(),
        Identity::Login(login) => format!("in a session of {}", login.username),
        Identity::Nobody => "unsigned".into(),
    }
}

/// What shows who calls.
fn secrets(identity: &Identity) -> Vec<Secret> {
    let all = match identity {
        Identity::Keys { apikey, secretkey } => vec![Secret::new(apikey), secretkey.clone()],
        Identity::Login(login) => login.password.iter().cloned().collect(),
        Identity::Nobody => Vec::new(),
    };
    all.into_iter()
        .filter(|secret| !secret.is_empty())
        .collect()
}

/// Who calls, for a report: never the key itself.
pub(super) fn caller(who: &Who) -> String {
    match who {
        Who::Keys { .. } => "a user with an API key (not told here)".into(),
        Who::Login {
            username, domain, ..
        } => match domain.as_str() {
            "" => username.clone(),
            domain => format!("{username} of domain {domain}"),
        },
        Who::Nobody => "nobody: calls go unsigned".into(),
    }
}
