//! What holds: the file, the environment and the flags in; one value a setting, and one cloud and identity, out.
//! Flags win over the environment, that over the profile, that over what the file has for all profiles.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::file::{File, is_name_letter};
use super::secret::{MASK, Secret};
use super::settings::{self, Kind, SETTINGS, Setting};
use super::{DEMO, ENVIRONMENT, address, derived, expand, given, home};
use crate::cloud;
use crate::error::{Error, Kind as ErrorKind, Result};

/// The variables that name a cloud and an identity as a whole, and the settings that they are.
const UNIT: [(&str, &str); 3] = [
    ("CLOUDSTACK_ENDPOINT", "url"),
    ("CLOUDSTACK_KEY", "apikey"),
    ("CLOUDSTACK_SECRET", "secretkey"),
];

/// The port on which a management server takes calls from anybody, where its administrator opened it.
const INTEGRATION_PORT: &str = "8096";

/// The profile of a script that sets up a connection of its own.
const SCRIPT: &str = "script";

/// What was asked for on the command line of the process, or since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    pub profile: Option<String>,
    pub url: Option<String>,
    pub output: Option<String>,
    pub apikey: Option<String>,
    pub secretkey: Option<Secret>,
}

/// Where the cloud and the identity come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Demo,
    Profile(String),
    Environment,
}

/// A cloud's addresses, one a server, and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub servers: Vec<String>,
    pub who: Who,
}

impl Endpoint {
    /// What the cloud is known by, whichever of its servers answers.
    pub fn name(&self) -> String {
        self.servers.first().cloned().unwrap_or_default()
    }
}

/// How calls prove who makes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Keys {
        apikey: String,
        secretkey: Secretkey,
    },
    Login {
        username: String,
        /// Empty where the user is to be asked.
        password: Secret,
        domain: String,
    },
    /// Not at all.
    Nobody,
}

impl Who {
    /// What tells one caller from another.
    pub fn name(&self) -> String {
        match self {
            Who::Keys { apikey, .. } => apikey.clone(),
            Who::Login {
                username, domain, ..
            } => format!("{domain}\n{username}"),
            Who::Nobody => String::new(),
        }
    }
}

/// Where the secret key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secretkey {
    Here(Secret),
    /// The first line that this command of the user's shell prints.
    Printed(String),
}

#[derive(Clone, Copy)]
enum Way {
    Keys,
    Login,
    Nobody,
}

/// All settings, settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    pub origin: Origin,
    /// The name to show at the prompt and to set values of.
    pub profile: String,
    /// What the user is to be told once.
    pub notes: Vec<String>,
    values: BTreeMap<&'static str, Settled>,
    home: Option<String>,
    /// Why the profile cannot be used, where the file has none of that name.
    missing: Option<Error>,
}

/// A value, hidden since it may be a secret, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Settled {
    value: Secret,
    from: String,
}

/// Settles what holds; a bad value of a flag or variable is an error that names it.
pub fn resolve(
    file: &File,
    env: &dyn Fn(&str) -> Option<String>,
    flags: &Flags,
) -> Result<Resolved> {
    let mut notes = Vec::new();
    let origin = origin(file, env, flags, &mut notes)?;
    let profile = match &origin {
        Origin::Demo => DEMO,
        Origin::Environment => ENVIRONMENT,
        Origin::Profile(name) => name,
    };
    let mut resolved = Resolved {
        profile: profile.into(),
        notes,
        values: BTreeMap::new(),
        home: home(env),
        missing: (!file.has(profile)).then(|| file.unknown(profile)),
        origin,
    };
    resolved.take_file(file);
    resolved.take_environment(env)?;
    resolved.take_flags(flags)?;
    Ok(resolved)
}

/// Chooses the one source of address, key and secret.
fn origin(
    file: &File,
    env: &dyn Fn(&str) -> Option<String>,
    flags: &Flags,
    notes: &mut Vec<String>,
) -> Result<Origin> {
    let of = |name: &str| match name {
        DEMO => Origin::Demo,
        name => Origin::Profile(name.into()),
    };
    let (set, unset): (Vec<_>, Vec<_>) = UNIT
        .iter()
        .map(|(var, _)| *var)
        .partition(|var| given(env, var).is_some());
    let by_flag = flags.profile.as_deref().filter(|name| *name != ENVIRONMENT);
    if let Some(name) = by_flag {
        if !file.has(name) {
            return Err(file.unknown(name));
        }
        if !set.is_empty() {
            notes.push(format!("{} set aside: profile {name} is in use", are(&set)));
        }
        return Ok(of(name));
    }
    let by_variable = given(env, "CAPUCHIN_PROFILE").filter(|name| name != ENVIRONMENT);
    if let Some(name) = by_variable.as_deref().filter(|name| !file.has(name)) {
        let error = file.unknown(name);
        return Err(Error {
            message: format!("CAPUCHIN_PROFILE: {}", error.message),
            ..error
        });
    }
    let asked =
        flags.profile.is_some() || given(env, "CAPUCHIN_PROFILE").as_deref() == Some(ENVIRONMENT);
    if unset.is_empty() {
        if let Some(name) = by_variable {
            notes.push(format!(
                "CAPUCHIN_PROFILE={name} is set aside: {} in use",
                are(&set)
            ));
        }
        return Ok(Origin::Environment);
    }
    if !set.is_empty() || asked {
        return Err(Error::local(format!(
            "{} not set: address, key and secret come from one place together",
            are(&unset)
        ))
        .hint(match set.is_empty() {
            true => "set all three, or choose a profile with -p NAME".into(),
            false => format!(
                "set it, or unset {}, or choose a profile with -p NAME",
                set.join(" and ")
            ),
        }));
    }
    let current = by_variable.as_deref().or(file.current());
    let first = file
        .profiles()
        .into_iter()
        .find(|name| name != DEMO && name != ENVIRONMENT);
    if let (None, Some(first)) = (current, first) {
        notes.push(format!(
            "no profile is in use, so this is the built-in demo cloud (`profile use {first}` chooses one)"
        ));
    }
    Ok(current.map_or(Origin::Demo, of))
}

fn are(names: &[&str]) -> String {
    let (last, rest) = match names {
        [] => return String::new(),
        [only] => return format!("{only} is"),
        [rest @ .., last] => (last, rest),
    };
    format!("{} and {last} are", rest.join(", "))
}

impl Resolved {
    fn take_file(&mut self, file: &File) {
        let profile = self.profile.clone();
        let is_profile = matches!(self.origin, Origin::Profile(_));
        for setting in SETTINGS.iter().filter(|setting| stands_for_itself(setting)) {
            if let Some(value) = file.common(setting) {
                self.put(setting.name, value, "file");
            }
            if setting.connection && !is_profile {
                continue;
            }
            if let Some(value) = file.get(&profile, setting.name) {
                self.put(setting.name, value, format!("profile {profile}"));
            }
        }
    }

    fn take_environment(&mut self, env: &dyn Fn(&str) -> Option<String>) -> Result<()> {
        let checked = |var: &str, setting: &Setting, value: &str| {
            setting.check(value).map_err(|error| Error {
                kind: ErrorKind::Local,
                message: format!("{var}: {}", error.message),
                ..error
            })
        };
        if self.origin == Origin::Environment {
            for (var, name) in UNIT {
                if let (Some(value), Some(setting)) = (given(env, var), settings::find(name)) {
                    let value = checked(var, setting, &value)?;
                    self.put(setting.name, value, var);
                }
            }
        }
        // Of two that say the same, the setting that is stored wins over the one that shows it.
        let (stored, shown): (Vec<_>, Vec<_>) = SETTINGS
            .iter()
            .partition(|setting| stands_for_itself(setting));
        for setting in shown.into_iter().chain(stored) {
            let var = format!("CAPUCHIN_{}", setting.name.to_ascii_uppercase());
            let Some(value) = given(env, &var) else {
                continue;
            };
            if setting.connection {
                self.notes.push(format!(
                    "{var} is not read: a cloud is named by {} together, or by a profile",
                    UNIT.map(|(var, _)| var).join(", ")
                ));
                continue;
            }
            let value = checked(&var, setting, &value)?;
            self.change(setting, &value, &var)?;
        }
        Ok(())
    }

    fn take_flags(&mut self, flags: &Flags) -> Result<()> {
        if flags.url.is_some() && self.origin == Origin::Demo {
            return Err(Error::line("--url needs the keys for that address, and the demo cloud's are its own")
                .hint("choose a profile with -p NAME, or set CLOUDSTACK_ENDPOINT, CLOUDSTACK_KEY and CLOUDSTACK_SECRET"));
        }
        let secretkey = flags.secretkey.as_ref();
        let secretkey = secretkey.map(|secret| secret.expose().to_string());
        for (flag, name, value) in [
            ("--url", "url", &flags.url),
            ("--output", "output", &flags.output),
            ("-k", "apikey", &flags.apikey),
            ("-s", "secretkey", &secretkey),
        ] {
            if let (Some(value), Some(setting)) = (value, settings::find(name)) {
                let value = setting.check(value).map_err(|error| Error {
                    message: format!("{flag}: {}", error.message),
                    ..error
                })?;
                self.put(setting.name, value, flag);
            }
        }
        Ok(())
    }

    fn put(&mut self, name: &'static str, value: String, from: impl Into<String>) {
        let settled = Settled {
            value: Secret::new(value),
            from: from.into(),
        };
        self.values.insert(name, settled);
    }

    fn change(&mut self, setting: &'static Setting, value: &str, from: &str) -> Result<()> {
        match derived::source(setting.name).and_then(settings::find) {
            Some(source) => {
                let value = derived::write(setting.name, value, self.raw(source.name))?;
                self.put(source.name, value, from);
            }
            None => self.put(setting.name, value.into(), from),
        }
        Ok(())
    }

    /// Whether it is a profile that says nothing of who calls.
    pub(super) fn is_keyless(&self) -> bool {
        let own = ["apikey", "secretkey", "secretkey_command", "username"];
        matches!(self.origin, Origin::Profile(_))
            && matches!(self.raw("auth"), "auto" | "keys")
            && own.iter().all(|name| self.raw(name).is_empty())
    }

    /// Whether it says nothing of where the cloud is.
    pub(super) fn is_placeless(&self) -> bool {
        self.raw("url").is_empty() && self.raw("site").is_empty()
    }

    /// Takes a value that was found elsewhere.
    pub(super) fn take(&mut self, setting: &'static Setting, value: &str, from: &str) {
        self.put(setting.name, value.into(), from);
    }

    /// The value of a setting that stands for itself; what is not set is as the kind of cloud has it.
    fn raw(&self, name: &str) -> &str {
        let own = |name: &str| {
            let mut defaults = self.kind().defaults.iter();
            defaults.find(|(own, _)| *own == name).map(|(_, own)| *own)
        };
        match self.values.get(name).map(|settled| settled.value.expose()) {
            // Nothing stands for what the kind of cloud has, where it has something of its own.
            Some("") if name != "kind" && own(name).is_some() => {}
            Some(value) => return value,
            None => {}
        }
        let usual = || settings::find(name).map_or("", |setting| setting.default);
        if name == "kind" {
            return usual();
        }
        own(name).unwrap_or_else(usual)
    }

    /// The kind of cloud.
    pub fn kind(&self) -> &'static cloud::Kind {
        cloud::kind(self.raw("kind"))
    }

    /// The addresses of the cloud, with the path of its kind's API where they name none; those of its site where none is
    /// set.
    fn servers(&self) -> Result<Vec<String>> {
        let kind = self.kind();
        let given = self.raw("url");
        if !given.is_empty() {
            return Ok(address::all(given, kind.path));
        }
        let site = self.raw("site");
        let known = kind
            .sites
            .iter()
            .find(|(name, _)| site.is_empty() || *name == site);
        match known {
            Some((_, url)) => Ok(vec![url.to_string()]),
            None if site.is_empty() => Err(self.lacking(&["url"])),
            None => {
                let names: Vec<&str> = kind.sites.iter().map(|(name, _)| *name).collect();
                let error = Error::local(format!(
                    "profile {}: {} has no site {site}",
                    self.profile, kind.about
                ));
                Err(match names.is_empty() {
                    true => error.hint("set url ADDRESS says where it is"),
                    false => error.hint(format!(
                        "its sites are {}; set url ADDRESS names any other address",
                        names.join(", ")
                    )),
                })
            }
        }
    }

    /// Gives a setting's value; of a secret only whether there is one, as `********` or nothing.
    pub fn get(&self, name: &str) -> String {
        let Some(setting) = settings::find(name) else {
            return String::new();
        };
        if let Some(source) = derived::source(setting.name) {
            let now = match source {
                "url" => self.get("url"),
                source => self.raw(source).into(),
            };
            return derived::read(setting.name, &now);
        }
        if setting.name == "url" {
            return self.servers().map_or(String::new(), |all| all.join(","));
        }
        let value = self.raw(setting.name);
        match setting.kind {
            Kind::Secret if !value.is_empty() => MASK.into(),
            Kind::Path => expand(value, self.home.as_deref()),
            _ => value.into(),
        }
    }

    /// Whether a setting is true.
    pub fn bool(&self, name: &str) -> bool {
        self.get(name) == "true"
    }

    /// Gives a number of seconds; 0 for a setting that is none.
    pub fn seconds(&self, name: &str) -> u64 {
        self.get(name).parse().unwrap_or(0)
    }

    /// Gives a time that may have a fraction of a second; none for a setting that is no time.
    pub fn duration(&self, name: &str) -> Duration {
        let seconds = self.get(name).parse().unwrap_or(0.0);
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }

    /// Gives a number of bytes; 0 for a setting that is no size.
    pub fn size(&self, name: &str) -> u64 {
        settings::bytes(&self.get(name)).unwrap_or(0)
    }

    /// Gives the file that a setting names, if it names one.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        Some(self.get(name))
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    }

    /// Gives the cloud's address and the identity, nothing for the built-in cloud;
    /// where one is missing, the error says what to type.
    pub fn endpoint(&self) -> Result<Option<Endpoint>> {
        if self.origin == Origin::Demo {
            return Ok(None);
        }
        if let Some(error) = &self.missing {
            return Err(error.clone());
        }
        let way = self.way();
        let needed: &[&str] = match way {
            Way::Keys => &["url", "apikey", "secretkey"],
            Way::Login => &["url", "username"],
            Way::Nobody => &["url"],
        };
        let lacking: Vec<&str> = needed
            .iter()
            .copied()
            .filter(|name| !self.has(name))
            .collect();
        if !lacking.is_empty() {
            return Err(self.lacking(&lacking));
        }
        let who = match way {
            Way::Keys => Who::Keys {
                apikey: self.raw("apikey").into(),
                secretkey: self.secretkey()?,
            },
            Way::Login => Who::Login {
                username: self.raw("username").into(),
                password: Secret::new(self.raw("password")),
                domain: self.raw("domain").into(),
            },
            Way::Nobody => Who::Nobody,
        };
        Ok(Some(Endpoint {
            servers: self.servers()?,
            who,
        }))
    }

    /// The setting `auth`, settled by what is there.
    fn way(&self) -> Way {
        match self.raw("auth") {
            "keys" => Way::Keys,
            "login" => Way::Login,
            "none" => Way::Nobody,
            _ if self.has("apikey") && self.has("secretkey") => Way::Keys,
            _ if self.has("username") => Way::Login,
            _ if self.has("apikey") || self.has("secretkey") => Way::Keys,
            _ if self.get("port") == INTEGRATION_PORT => Way::Nobody,
            _ => Way::Keys,
        }
    }

    /// Whether there is a value, or for the secret key a way to get it.
    fn has(&self, name: &str) -> bool {
        let elsewhere = match name {
            "secretkey" => !self.raw("secretkey_command").is_empty(),
            "url" => !self.kind().sites.is_empty(),
            _ => false,
        };
        !self.raw(name).is_empty() || elsewhere
    }

    fn lacking(&self, names: &[&str]) -> Error {
        let error = Error::local(format!(
            "profile {} has no {}",
            self.profile,
            names.join(" and no ")
        ));
        let error = names.iter().fold(error, |error, name| {
            error.hint(match *name {
                "url" => format!("set url https://HOST{}", self.kind().path),
                name => format!("set {name} {}", name.to_ascii_uppercase()),
            })
        });
        let keyless = ["apikey", "secretkey"].map(|name| names.contains(&name)) == [true, true];
        let lent = self.kind().elsewhere.filter(|keys| keys.lends);
        if let Some(elsewhere) = lent.filter(|_| keyless) {
            let [key, secret] =
                [elsewhere.apikey, elsewhere.secretkey].map(|names| names.join(" or "));
            return error.hint(format!(
                "in their place {key} with {secret}, or {}, are taken where they are there",
                elsewhere.file
            ));
        }
        let logins = (self.kind().dialect)().logout().is_some();
        if keyless && logins && self.raw("auth") != "keys" {
            error.hint("for a user with a password and no keys: set username NAME, then login")
        } else {
            error
        }
    }

    fn secretkey(&self) -> Result<Secretkey> {
        let (secret, command) = (self.raw("secretkey"), self.raw("secretkey_command"));
        match (secret.is_empty(), command.is_empty()) {
            (false, false) => Err(Error::local(format!(
                "profile {} has a secretkey and a secretkey_command: which of the two is it?",
                self.profile
            ))
            .hint("set secretkey '', or set secretkey_command '', takes one away")),
            (false, true) => Ok(Secretkey::Here(Secret::new(secret))),
            _ => Ok(Secretkey::Printed(command.into())),
        }
    }

    /// Gives a copy with a value that holds for one line or for a script.
    /// In the demo cloud a part of a connection begins one that knows nothing of the demo cloud.
    pub fn with(&self, name: &str, value: &str) -> Result<Resolved> {
        let Some(setting) = settings::find(name) else {
            let error = Error::line(format!("there is no setting {name}"));
            return Err(match settings::nearest(name).first() {
                Some(near) => error.hint(format!("did you mean {near}?")),
                None => error.hint("`set` lists them"),
            });
        };
        let value = setting.check(value)?;
        let mut changed = self.clone();
        if setting.connection && self.origin == Origin::Demo {
            changed.origin = Origin::Profile(SCRIPT.into());
            changed.profile = SCRIPT.into();
        }
        changed.change(setting, &value, "set")?;
        Ok(changed)
    }
}

fn stands_for_itself(setting: &Setting) -> bool {
    derived::source(setting.name).is_none()
}

/// Lists all settings with their values, secrets masked, and where each comes from.
pub fn describe(resolved: &Resolved) -> Vec<(String, String, String)> {
    SETTINGS
        .iter()
        .map(|setting| {
            let stored = derived::source(setting.name).unwrap_or(setting.name);
            let from = match resolved.values.get(stored) {
                Some(settled) => settled.from.clone(),
                None => "default".into(),
            };
            (setting.name.into(), resolved.get(setting.name), from)
        })
        .collect()
}

/// Gives a free name for a new profile: the first label of its host, or `cloud`, with a number where it is taken.
pub fn new_profile_for(file: &File, host: Option<&str>) -> String {
    let label = host
        .and_then(|host| host.split('.').next())
        .filter(|label| {
            label.starts_with(|letter: char| letter.is_ascii_alphabetic())
                && label.chars().all(is_name_letter)
                && label.len() <= 40
        })
        .unwrap_or("cloud");
    if !file.has(label) {
        return label.into();
    }
    (2u64..)
        .map(|number| format!("{label}{number}"))
        .find(|name| !file.has(name))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
