//! Who calls by a login: sessions made where there are none, renewed where they have ended, kept for the next process.

use std::sync::Mutex as Shared;
use std::time::Duration;

use tokio::sync::{Mutex, oneshot};

use super::sessions::{Sessions, Turn};
use super::transport::{Failure, Reached};
use super::wire::{Wire, locked};
use crate::cloud::{self, Dialect, Login, Manner, Proof, Token};
use crate::config::secret::Secret;
use crate::error::{Error, Kind};

/// How long a question waits for somebody who can put it to the user.
const UNHEARD: Duration = Duration::from_secs(5);

/// A password that only the user knows, asked for while a call is under way.
pub struct Question {
    pub text: String,
    answer: oneshot::Sender<Option<Secret>>,
}

impl Question {
    /// Gives what was typed, or nothing where the user gave up. A question that is dropped is one that nobody heard.
    pub fn answer(self, typed: Option<Secret>) {
        // Whoever asked may have been interrupted.
        let _ = self.answer.send(typed);
    }
}

/// How the login at one server went, or the end of the session there.
pub struct At {
    pub url: String,
    pub outcome: Result<(), Error>,
}

/// The sessions of one user.
pub struct Logins {
    login: Login,
    kept: Option<Sessions>,
    /// The sessions that this process uses, by server.
    servers: Vec<Server>,
    /// The password that the user typed.
    typed: Shared<Option<Secret>>,
    /// Why the password was refused: accounts are locked after a few refusals, so one is enough.
    refused: Shared<Option<Error>>,
    question: Shared<Option<Question>>,
}

struct Server {
    url: String,
    token: Mutex<Option<Token>>,
}

impl Logins {
    pub fn new(login: Login, servers: &[String], kept: Option<Sessions>) -> Logins {
        let servers = servers.iter().map(|url| Server {
            url: url.clone(),
            token: Mutex::default(),
        });
        Logins {
            login,
            kept,
            servers: servers.collect(),
            typed: Shared::default(),
            refused: Shared::default(),
            question: Shared::default(),
        }
    }

    /// What is to be asked of the user now.
    pub fn question(&self) -> Option<Question> {
        locked(&self.question).take()
    }

    /// Whether a call can be made at a server without the user, as far as is known.
    pub fn lets_in(&self, server: usize) -> bool {
        let Server { url, token } = &self.servers[server];
        self.login.password.is_some()
            || locked(&self.typed).is_some()
            // Where it is held, somebody is about to have one.
            || token.try_lock().map_or(true, |known| known.is_some())
            || self.load(url).is_some()
    }

    /// The session at a server; `ended` is the one that the server takes no more. Where there is none a login makes it.
    pub async fn token(
        &self,
        wire: &Wire,
        dialect: &dyn Dialect,
        server: usize,
        ended: Option<&Token>,
    ) -> Result<Token, Failure> {
        let Server { url, token } = &self.servers[server];
        let good = |token: &Token| Some(token) != ended;
        // Held for as long as it takes, so that calls side by side log in once.
        let mut known = token.lock().await;
        *known = known.take().filter(good);
        if known.is_none() {
            *known = self.load(url).filter(good);
        }
        if let Some(token) = &*known {
            return Ok(token.clone());
        }
        let password = match self.password(url, ended.is_some()).await {
            Ok(password) => password,
            Err(failure) => {
                self.forget(url, ended);
                return Err(failure);
            }
        };
        let _turn = self.turn(wire, url).await;
        // Whoever had the turn before may have logged in.
        *known = self.load(url).filter(good);
        if let Some(token) = &*known {
            return Ok(token.clone());
        }
        let token = self.log_in(wire, dialect, url, &password).await?;
        *known = Some(token.clone());
        Ok(token)
    }

    /// Logs in at every server, with this password or the profile's; a refusal ends it, as it would be the same everywhere.
    pub async fn log_in_everywhere(
        &self,
        wire: &Wire,
        dialect: &dyn Dialect,
        password: Option<Secret>,
    ) -> Vec<At> {
        if password.is_some() {
            locked(&self.typed).clone_from(&password);
        }
        *locked(&self.refused) = None;
        let mut all = Vec::new();
        for Server { url, token } in &self.servers {
            let mut known = token.lock().await;
            let outcome = match self.password(url, false).await {
                Ok(password) => {
                    let _turn = self.turn(wire, url).await;
                    self.log_in(wire, dialect, url, &password).await
                }
                Err(failure) => Err(failure),
            };
            let outcome = match outcome {
                Ok(token) => {
                    *known = Some(token);
                    Ok(())
                }
                Err(failure) => Err(failure.error),
            };
            let refused = outcome
                .as_ref()
                .is_err_and(|error| error.kind == Kind::Refused);
            all.push(At {
                url: url.clone(),
                outcome,
            });
            if refused {
                break;
            }
        }
        all
    }

    /// Ends the sessions, and forgets them also where the server cannot be told.
    pub async fn log_out(&self, wire: &Wire, dialect: &dyn Dialect, manner: &Manner) -> Vec<At> {
        *locked(&self.typed) = None;
        let mut all = Vec::new();
        for Server { url, token } in &self.servers {
            let mut known = token.lock().await;
            let Some(token) = known.take().or_else(|| self.load(url)) else {
                continue;
            };
            let told = match dialect.logout() {
                Some(request) => {
                    let proof = Proof::Session(&token);
                    let call = dialect.sign(&request, url, proof, manner, wire.now());
                    wire.send(&request.api, &call, true).await.map(|_| ())
                }
                None => Ok(()),
            };
            let outcome = match self.kept.as_ref().map(|kept| kept.forget(url, &self.login)) {
                Some(Err(why)) => Err(Error::local(format!(
                    "the session at {url} could not be forgotten: {why}"
                ))
                .hint("delete the files in the state directory's sessions")),
                _ => told.map_err(|failure| failure.error),
            };
            all.push(At {
                url: url.clone(),
                outcome,
            });
        }
        all
    }

    /// Logs in at a server and keeps what that gives.
    async fn log_in(
        &self,
        wire: &Wire,
        dialect: &dyn Dialect,
        url: &str,
        password: &Secret,
    ) -> Result<Token, Failure> {
        let call = dialect.login(url, &self.login, password);
        let call = call.ok_or_else(|| Failure {
            error: cloud::no_logins(),
            reached: Reached::Refusal,
        })?;
        // A login whose answer is lost leaves a session that nobody uses, and the call itself has not gone yet.
        let reply = wire.send("login", &call, true).await.map_err(unsent)?;
        let token = match dialect.logged_in(&reply) {
            Ok(token) => token,
            Err(error) if error.kind == Kind::Refused => {
                *locked(&self.typed) = None;
                if self.login.password.as_ref() == Some(password) {
                    *locked(&self.refused) = Some(error.clone());
                }
                return Err(refusal(error));
            }
            Err(error) => {
                return Err(Failure {
                    error,
                    reached: Reached::Nobody,
                });
            }
        };
        if let Some(Err(why)) = self
            .kept
            .as_ref()
            .map(|kept| kept.save(url, &self.login, &token))
        {
            wire.note(format!(
                "the session could not be kept for the next process: {why}"
            ));
        }
        Ok(token)
    }

    /// The password: typed before, the profile's, or to be typed now where a session has ended under way.
    async fn password(&self, url: &str, ended: bool) -> Result<Secret, Failure> {
        if let Some(typed) = locked(&self.typed).clone() {
            return Ok(typed);
        }
        let username = &self.login.username;
        if let Some(password) = &self.login.password {
            return match locked(&self.refused).clone() {
                None => Ok(password.clone()),
                Some(error) => Err(refusal(error)),
            };
        }
        if !ended {
            return Err(refusal(
                Error::local(format!("{username} is not logged in at {url}")).hint("login"),
            ));
        }
        let ended = format!(
            "the session of {username} at {url} has ended, and the call was not carried out"
        );
        match self.ask(format!("Password of {username} at {url}: ")).await {
            Some(Some(typed)) => {
                locked(&self.typed).replace(typed.clone());
                Ok(typed)
            }
            Some(None) => Err(refusal(Error::new(
                Kind::Interrupted,
                format!("{ended}: the login was interrupted"),
            ))),
            None => Err(refusal(Error::new(Kind::Refused, ended).hint(
                "login, or `set password PASSWORD` at a prompt for sessions that are renewed by themselves",
            ))),
        }
    }

    /// What the user types, where there is somebody to put the question and somebody to answer it.
    async fn ask(&self, text: String) -> Option<Option<Secret>> {
        let (answer, mut typed) = oneshot::channel();
        locked(&self.question).replace(Question { text, answer });
        tokio::select! {
            typed = &mut typed => return typed.ok(),
            () = tokio::time::sleep(UNHEARD) => {}
        }
        match self.question() {
            Some(_) => None,
            None => typed.await.ok(),
        }
    }

    fn load(&self, url: &str) -> Option<Token> {
        self.kept.as_ref()?.load(url, &self.login)
    }

    /// Forgets a session that has ended, unless another process has made a new one.
    fn forget(&self, url: &str, ended: Option<&Token>) {
        if let (Some(kept), Some(ended)) = (&self.kept, ended)
            && kept.load(url, &self.login).as_ref() == Some(ended)
        {
            // One that stays is refused again, and no harm done.
            let _ = kept.forget(url, &self.login);
        }
    }

    /// Waits for the turn to log in; nothing where there are no turns to be had.
    async fn turn(&self, wire: &Wire, url: &str) -> Option<Turn> {
        let (kept, login, url) = (self.kept.clone()?, self.login.clone(), url.to_string());
        let turn = tokio::task::spawn_blocking(move || kept.turn(&url, &login)).await;
        match turn.ok()? {
            Ok(turn) => Some(turn),
            Err(why) => {
                wire.note(format!(
                    "sessions cannot be shared with other processes: {why}"
                ));
                None
            }
        }
    }
}

/// A failure of the login, as a failure of the call that has not gone yet.
fn unsent(failure: Failure) -> Failure {
    match failure.reached {
        Reached::Server => Failure {
            reached: Reached::Nobody,
            ..failure
        },
        _ => failure,
    }
}

fn refusal(error: Error) -> Failure {
    Failure {
        error,
        reached: Reached::Refusal,
    }
}
