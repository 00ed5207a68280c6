//! The cloud in use: its client, its catalogue, and the built-in one when that is it; each made when first needed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::builtin;
use super::calls::options_of;
use super::names::Vocabulary;
use super::refused;
use super::secretkey;
use super::session::Session;
use super::values::{Source, Way};
use crate::catalog::{Api, Catalog, cache};
use crate::client::discovery::{Found, Instead, discover};
use crate::client::ledger::{Noted, State, Whose};
use crate::client::network::Network;
use crate::client::proxies::Proxies;
use crate::client::sessions::Sessions;
use crate::client::tls::Tls;
use crate::client::transport::{Limits, Route, host};
use crate::client::{Addresses, Book, Client};
use crate::cloud::{Access, Dialect, Identity, Login, Sent};
use crate::config::private_directory;
use crate::config::resolve::{Resolved, Secretkey, Who};
use crate::config::secret::Secret;
use crate::config::settings;
use crate::error::{Error, Kind, Result};

/// What stands for the built-in cloud where another has an address.
pub const BUILT_IN: &str = "built-in";

/// Which cloud, asked by whom: what tells one client and one catalogue from another.
#[derive(Clone, PartialEq)]
pub struct Place {
    kind: &'static str,
    endpoint: String,
    servers: Vec<String>,
    /// Nothing for the built-in cloud, which has one caller.
    who: Option<Who>,
    trust: Tls,
    limits: Limits,
}

impl Place {
    /// What tells it from others in few words: where, and who asks.
    fn name(&self) -> (String, String) {
        let who = self.who.as_ref().map_or(String::new(), Who::name);
        (self.endpoint.clone(), who)
    }
}

/// The built-in cloud, which runs from its first use on.
pub struct Demo {
    /// Where it keeps its state.
    state: PathBuf,
    cloud: Mutex<Option<devcloud::Cloud>>,
    /// The key of the administrator that was given out last.
    given: Mutex<String>,
}

impl Demo {
    pub fn at(state: PathBuf) -> Demo {
        Demo {
            state,
            cloud: Mutex::new(None),
            given: Mutex::default(),
        }
    }

    /// The way to it; it is started where it does not run yet.
    pub fn access(&self) -> Result<Access> {
        let mut cloud = self.cloud.lock().unwrap_or_else(|held| held.into_inner());
        if cloud.is_none() {
            if let Some(directory) = self.state.parent() {
                private_directory(directory).map_err(|why| {
                    Error::local(format!("{} could not be made: {why}", directory.display()))
                        .hint("check its permissions, or set XDG_STATE_HOME")
                })?;
            }
            let started = devcloud::start(&self.state, ([127, 0, 0, 1], 0).into());
            *cloud = Some(started.map_err(|why| Error::local(why.to_string()))?);
        }
        let cloud = cloud
            .as_ref()
            .ok_or_else(|| Error::local("the built-in cloud is not there"))?;
        let url = cloud.url();
        let (apikey, secretkey) =
            devcloud::admin_keys(&self.state).map_err(|why| Error::local(why.to_string()))?;
        let mut given = self.given.lock().unwrap_or_else(|held| held.into_inner());
        given.clone_from(&apikey);
        Ok(Access {
            servers: vec![url],
            identity: Identity::Keys {
                apikey,
                secretkey: Secret::new(secretkey),
            },
        })
    }

    /// Whether the administrator has other keys than those that the way to it was last given with.
    fn renewed(&self) -> bool {
        let given = self.given.lock().unwrap_or_else(|held| held.into_inner());
        devcloud::admin_keys(&self.state).is_ok_and(|(apikey, _)| apikey != *given)
    }
}

impl PartialEq for Demo {
    fn eq(&self, other: &Demo) -> bool {
        self.state == other.state
    }
}

impl Session {
    /// The network's thread, started by the first call.
    pub fn network(&mut self) -> Result<Arc<Network>> {
        if let Some(network) = &self.network {
            return Ok(network.clone());
        }
        let network = Arc::new(Network::start()?);
        self.network = Some(network.clone());
        Ok(network)
    }

    /// How often Ctrl-C was pressed since calls were first made.
    pub fn presses(&self) -> u64 {
        self.network.as_ref().map_or(0, |network| network.presses())
    }

    /// Where the built-in cloud keeps its state.
    pub fn demo_state(&self) -> PathBuf {
        self.demo.state.clone()
    }

    /// How the cloud in use is spoken to.
    pub fn dialect(&self) -> Box<dyn Dialect> {
        (self.resolved.kind().dialect)()
    }

    /// The client of the cloud in use.
    pub fn client(&mut self) -> Result<Arc<Client>> {
        let resolved = self.resolved.clone();
        self.client_of(&resolved)
    }

    pub(super) fn client_of(&mut self, resolved: &Resolved) -> Result<Arc<Client>> {
        let place = self.place(resolved)?;
        if let Some((known, client)) = &self.client
            && *known == place
            && !(place.who.is_none() && self.demo.renewed())
        {
            return Ok(client.clone());
        }
        let (access, route) = self.access_of(resolved)?;
        for url in access
            .servers
            .iter()
            .filter(|url| url.starts_with("https:"))
        {
            self.warn_once(route.trust.warnings(host(url)));
        }
        let log = self.log();
        let book = Book {
            ledger: self.ledger.clone(),
            whose: self.whose(resolved)?,
        };
        let observer = Arc::new(move |sent: &Sent| log.sent(sent));
        let sessions = Sessions::below(&self.places.state);
        let client = Client::with(
            (resolved.kind().dialect)(),
            access,
            &route,
            Some(observer),
            Some(book),
            Some(sessions),
        )?;
        let client = Arc::new(client);
        self.client = Some((place, client.clone()));
        Ok(client)
    }

    /// How the cloud that those settings name is got at, and by whom.
    pub(super) fn access_of(&mut self, resolved: &Resolved) -> Result<(Access, Route)> {
        let place = self.place(resolved)?;
        let access = match resolved.endpoint()? {
            Some(endpoint) => Access {
                identity: self.identity(&endpoint.who)?,
                servers: endpoint.servers,
            },
            None => self.demo()?,
        };
        Ok((access, self.route(&place)?))
    }

    /// Says what has not been said since the process began.
    pub(super) fn warn_once(&mut self, warnings: Vec<String>) {
        for warning in warnings {
            if !self.warned.contains(&warning) {
                self.ui.warn(&warning);
                self.warned.push(warning);
            }
        }
    }

    /// Who calls, with the secret at hand.
    fn identity(&mut self, who: &Who) -> Result<Identity> {
        Ok(match who {
            Who::Keys { apikey, secretkey } => Identity::Keys {
                apikey: apikey.clone(),
                secretkey: self.secretkey(secretkey)?,
            },
            Who::Login {
                username,
                password,
                domain,
            } => Identity::Login(Login {
                username: username.clone(),
                domain: domain.clone(),
                password: Some(password.clone()).filter(|password| !password.is_empty()),
            }),
            Who::Nobody => Identity::Nobody,
        })
    }

    /// The secret key itself; a command that prints it is run once a process.
    fn secretkey(&mut self, key: &Secretkey) -> Result<Secret> {
        let command = match key {
            Secretkey::Here(secret) => return Ok(secret.clone()),
            Secretkey::Printed(command) => command,
        };
        if let Some(secret) = self.printed.get(command) {
            return Ok(secret.clone());
        }
        let secret = secretkey::printed(&self.shell(), command)?;
        self.printed.insert(command.clone(), secret.clone());
        Ok(secret)
    }

    /// Starts the built-in cloud, once a process.
    pub fn demo(&mut self) -> Result<Access> {
        self.demo.access()
    }

    /// Where completion asks for values, each answer taking so long at most. Nothing where a command would have to be run
    /// for the secret key, unless that `may_run`.
    pub(super) fn value_source(
        &mut self,
        limit: Duration,
        may_run: bool,
    ) -> Result<Option<Source>> {
        let resolved = self.resolved.clone();
        let place = self.place(&resolved)?;
        let endpoint = resolved.endpoint()?;
        let way = match &endpoint {
            Some(endpoint) => {
                let printed = |command| self.printed.contains_key(command);
                if let Who::Keys {
                    secretkey: Secretkey::Printed(command),
                    ..
                } = &endpoint.who
                    && !may_run
                    && !printed(command)
                {
                    return Ok(None);
                }
                Way::Of(Access {
                    servers: endpoint.servers.clone(),
                    identity: self.identity(&endpoint.who)?,
                })
            }
            None => Way::Demo(self.demo.clone()),
        };
        let log = self.log();
        let mut options = options_of(&resolved);
        // Rows are read as JSON, and whoever waits at a Tab waits for no second try.
        options.manner.response = "json".into();
        options.addresses = Addresses::Untold;
        options.retries = 0;
        options.throttle_wait = Duration::ZERO;
        Ok(Some(Source {
            route: self.route(&place)?,
            kind: resolved.kind(),
            place: place.name(),
            way,
            observer: Arc::new(move |sent: &Sent| log.sent_for("(completion)", sent)),
            sessions: Sessions::below(&self.places.state),
            network: self.network()?,
            options,
            limit,
        }))
    }

    /// How the servers of a place are reached.
    fn route(&self, place: &Place) -> Result<Route> {
        Ok(Route {
            trust: place.trust.clone(),
            tls: place.servers.iter().any(|url| url.starts_with("https:")),
            proxies: match place.who {
                Some(_) => Proxies::read(&*self.env)?,
                None => Proxies::default(),
            },
            limits: place.limits,
        })
    }

    /// Whose calls the ledger is asked for.
    pub fn whose(&self, resolved: &Resolved) -> Result<Whose> {
        Ok(match resolved.endpoint()? {
            Some(endpoint) => Whose {
                profile: resolved.profile.clone(),
                endpoint: endpoint.name(),
                identity: endpoint.who.name(),
            },
            None => Whose {
                profile: resolved.profile.clone(),
                endpoint: BUILT_IN.into(),
                identity: String::new(),
            },
        })
    }

    /// Says what processes left open that ended before they should have; never a reason to fail.
    pub fn tell_left(&self) {
        match self.ledger.left() {
            Ok(left) if left.is_empty() => {}
            Ok(left) => self.ui.warn(&told_left(&left, &self.resolved.profile)),
            Err(error) => self.ui.warn(&error.message),
        }
    }

    pub(super) fn place(&self, resolved: &Resolved) -> Result<Place> {
        let trust = Tls {
            verifycert: resolved.bool("verifycert"),
            cacert: resolved.path("cacert"),
            cert: resolved.path("cert"),
            key: resolved.path("key"),
        };
        let limits = Limits {
            connect: resolved.duration("connect_timeout"),
            reply: resolved.duration("reply_timeout"),
            idle: resolved.duration("idle_timeout"),
            bytes: resolved.size("max_reply"),
        };
        let kind = resolved.kind().name;
        Ok(match resolved.endpoint()? {
            Some(endpoint) => Place {
                kind,
                endpoint: endpoint.name(),
                servers: endpoint.servers,
                who: Some(endpoint.who),
                trust,
                limits,
            },
            None => Place {
                kind,
                endpoint: BUILT_IN.into(),
                servers: Vec::new(),
                who: None,
                trust,
                limits,
            },
        })
    }

    /// What can be called, for a line that begins so: a built-in makes do with what is known without asking.
    pub(super) fn catalog_for<'a>(
        &mut self,
        mut words: impl Iterator<Item = &'a str>,
    ) -> Result<Arc<Catalog>> {
        let first = words.next().unwrap_or_default();
        // `sync` alone is the built-in, and with a noun it may be an API such as syncStoragePool.
        let call = match first {
            "api" => true,
            "sync" => words
                .next()
                .is_some_and(|word| !word.starts_with(['-', '|', '#'])),
            // What needs no question may be looked at for a verb `set`, too.
            "set" if self.dialect().discovery().is_none() => {
                if words.next().is_some_and(is_no_setting) {
                    return Ok(self.catalog().unwrap_or_else(|_| self.known_catalog()));
                }
                false
            }
            _ => false,
        };
        let builtin = builtin::find(first).is_some() && !call;
        if first.is_empty() || builtin || first.starts_with(['!', '#', '?']) {
            return Ok(self.known_catalog());
        }
        let known = self.known_catalog();
        if !known.is_empty() {
            return Ok(known);
        }
        // The line's own way to the cloud holds for the question what can be called, too.
        let own = reached_by(words);
        let (resolved, _) = self.for_line(&own)?;
        let kept = std::mem::replace(&mut self.resolved, resolved);
        let catalog = self.catalog();
        self.resolved = kept;
        catalog
    }

    /// The catalogue as far as it is known without asking the cloud.
    pub fn known_catalog(&mut self) -> Arc<Catalog> {
        let Ok(place) = self.place(&self.resolved) else {
            return Arc::new(Catalog::of(Vec::new()));
        };
        if let Some((known, catalog)) = &self.catalog
            && *known == place
        {
            return catalog.clone();
        }
        let path = self.cache_path(&place);
        match cache::load(&path) {
            Some(catalog) => {
                let catalog =
                    Arc::new(catalog.with_lexicon(Vocabulary::beside(path, self.dialect())));
                self.catalog = Some((place, catalog.clone()));
                catalog
            }
            None => Arc::new(Catalog::of(Vec::new())),
        }
    }

    /// The catalogue of the cloud in use; asks the cloud where nothing is known yet, and says so.
    pub fn catalog(&mut self) -> Result<Arc<Catalog>> {
        let known = self.known_catalog();
        if !known.is_empty() {
            return Ok(known);
        }
        if let Some(catalog) = self.unpacked()? {
            return Ok(catalog);
        }
        let catalog = self.sync()?;
        if !catalog.shipped() {
            self.ui.say(&format!(
                "{} APIs discovered and cached (first use of this cloud and key)",
                catalog.len()
            ));
        }
        Ok(catalog)
    }

    /// Asks the cloud what can be called, and keeps it; says where another catalogue has to stand in for the cloud's own.
    pub fn sync(&mut self) -> Result<Arc<Catalog>> {
        let place = self.place(&self.resolved)?;
        let client = self.client()?;
        let caller = client.clone();
        let mut options = options_of(&self.resolved);
        // A catalogue is read as JSON.
        options.manner.response = "json".into();
        let found = self.on_network(&client, || "sync".into(), |mut interrupt| async move {
            tokio::select! {
                found = discover(&caller, &options) => found,
                () = interrupt.pressed() => Err(Error::new(Kind::Interrupted, "sync was interrupted")),
            }
        });
        let Found { apis, instead } = found??;
        if apis.is_empty() {
            return Err(Error::new(
                Kind::Refused,
                "sync: the cloud answered that this identity may call nothing",
            )
            .hint("check apikey and secretkey (`set`)"));
        }
        match &instead {
            Some(Instead {
                of,
                refusal: Some(refusal),
            }) => {
                let said = refusal.said.as_ref().map_or("", |said| said.text.as_str());
                let api = refusal.api.as_deref().unwrap_or("the call for it");
                self.ui.warn(&format!(
                    "this cloud does not tell what can be called, so the catalogue of {of} is used; some of its APIs may not be there ({api} was refused: {said})"
                ));
            }
            Some(Instead { of, refusal: None }) => self.ui.say(&told_shipped(of, apis.len())),
            None => {}
        }
        self.keep_catalogue(place, apis, instead.is_some())
    }

    /// The catalogue that comes with the kind of cloud, for kinds of which it is all there is to ask before a `sync`.
    fn unpacked(&mut self) -> Result<Option<Arc<Catalog>>> {
        let dialect = self.dialect();
        if !dialect.ships() {
            return Ok(None);
        }
        let place = self.place(&self.resolved)?;
        let shipped = dialect.shipped()?;
        self.ui.say(&told_shipped(shipped.of, shipped.apis.len()));
        let catalog = self.keep_catalogue(place, shipped.apis, true)?;
        Ok(Some(catalog))
    }

    /// Keeps a catalogue for the next processes, and has this one use it.
    fn keep_catalogue(
        &mut self,
        place: Place,
        apis: Vec<Api>,
        shipped: bool,
    ) -> Result<Arc<Catalog>> {
        let path = self.cache_path(&place);
        let catalog = match cache::store(&path, &apis, shipped) {
            Ok(()) => cache::load(&path).unwrap_or_else(|| Catalog::of(apis).as_shipped(shipped)),
            // A catalogue that can't be kept still serves this session.
            Err(error) => {
                self.ui.warn(&error.message);
                Catalog::of(apis).as_shipped(shipped)
            }
        };
        let catalog = Arc::new(catalog.with_lexicon(Vocabulary::beside(path, self.dialect())));
        self.catalog = Some((place, catalog.clone()));
        Ok(catalog)
    }

    /// The error of a line that does not name a command here, with what is known of it elsewhere.
    pub(super) fn elsewhere<'w>(
        &mut self,
        error: Error,
        words: impl Iterator<Item = &'w str>,
    ) -> Error {
        let here = self.known_catalog();
        let words: Vec<&str> = words
            .filter(|word| !word.starts_with('-'))
            .take(2)
            .collect();
        // Where the shipped catalogue stands in already, it knows no more.
        if error.kind != Kind::Line || here.is_empty() || here.shipped() {
            return error;
        }
        let dialect = self.dialect();
        refused::elsewhere(error, &words, &here, || dialect.shipped().ok())
    }

    /// Where the catalogue of the cloud is kept that those settings name.
    pub(super) fn catalogue_path(&self, resolved: &Resolved) -> Result<PathBuf> {
        Ok(self.cache_path(&self.place(resolved)?))
    }

    pub(super) fn cache_path(&self, place: &Place) -> PathBuf {
        let identity = match &place.who {
            Some(who) => who.name(),
            // It changes with the build, and so does what can be called.
            None => devcloud::fingerprint(),
        };
        cache::path(&self.places.cache, place.kind, &place.endpoint, &identity)
    }
}

/// Whether a word after `set` may be a noun, as in `set offermapping`.
fn is_no_setting(word: &str) -> bool {
    let name = word.split('=').next().unwrap_or(word);
    settings::find(name).is_none() && name.bytes().all(|letter| letter.is_ascii_alphabetic())
}

fn told_shipped(of: &str, count: usize) -> String {
    format!("{count} APIs in the catalogue of {of}, which comes with the program")
}

/// What was left, on one line: how many calls without an answer, how many jobs, and of which profile.
fn told_left(left: &[Noted], profile: &str) -> String {
    let named = |state: State| {
        let mut names: Vec<&str> = left
            .iter()
            .filter(|call| call.state == state)
            .map(|call| call.api.as_str())
            .collect();
        let count = names.len();
        names.dedup();
        let more = names.len().saturating_sub(3);
        names.truncate(3);
        let more = if more > 0 { ", …" } else { "" };
        (count, format!("{}{more}", names.join(", ")))
    };
    let mut parts = Vec::new();
    let (unanswered, names) = named(State::Sent);
    if unanswered > 0 {
        let calls = if unanswered == 1 { "call" } else { "calls" };
        parts.push(format!("{unanswered} {calls} without an answer ({names})"));
    }
    let (running, names) = named(State::Running);
    if running > 0 {
        let jobs = if running == 1 { "job" } else { "jobs" };
        parts.push(format!("{running} {jobs} that nobody waited for ({names})"));
    }
    let mut others: Vec<&str> = left
        .iter()
        .map(|call| call.profile.as_str())
        .filter(|other| *other != profile)
        .collect();
    others.sort_unstable();
    others.dedup();
    let line = match others.as_slice() {
        [] => "`jobs` asks the cloud".into(),
        [other] => format!("`jobs` of profile {other} (-p {other}) asks the cloud"),
        several => format!(
            "`jobs` of the profiles {} asks the clouds",
            several.join(", ")
        ),
    };
    format!(
        "an earlier run ended in the middle and left {}; {line} what became of it",
        parts.join(" and ")
    )
}

/// The settings among a line's words that say how the cloud is reached; `words` are those after the first.
pub(super) fn reached_by<'a>(words: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    const WAY: [&str; 7] = [
        "verifycert",
        "cacert",
        "retries",
        "throttle_wait",
        "connect_timeout",
        "reply_timeout",
        "idle_timeout",
    ];
    words
        .filter_map(|word| {
            let (name, value) = word.strip_prefix("--").unwrap_or(word).split_once('=')?;
            let name = name.to_ascii_lowercase();
            WAY.contains(&name.as_str())
                .then(|| (name, value.to_string()))
        })
        .collect()
}
