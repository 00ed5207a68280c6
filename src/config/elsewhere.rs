//! Settings with the keys that a kind of cloud's own tools keep, for a profile that has none: the environment's before those of
//! a file, as the vendor's tools have it.

use std::path::Path;

use super::file::File;
use super::foreign::{self, Found};
use super::resolve::{self, Flags, Resolved};
use super::settings;
use super::{expand, given, home, read_foreign};
use crate::cloud::Elsewhere;
use crate::error::{Error, Result};

/// Settles what holds, and looks for keys where the profile in use has none.
pub fn settle(
    file: &File,
    env: &dyn Fn(&str) -> Option<String>,
    flags: &Flags,
) -> Result<Resolved> {
    let mut resolved = resolve::resolve(file, env, flags)?;
    let lent = resolved.kind().elsewhere.filter(|keys| keys.lends);
    let Some(elsewhere) = lent.filter(|_| resolved.is_keyless()) else {
        return Ok(resolved);
    };
    let found = match of_environment(elsewhere, env) {
        Some(found) => Some(found),
        None => of_file(elsewhere, env)?,
    };
    let profile = resolved.profile.clone();
    if let Some((found, from)) = found {
        for name in ["apikey", "secretkey"] {
            if let Some(setting) = settings::find(name) {
                resolved.take(setting, found.get(name), &from);
            }
        }
        resolved.notes.push(format!(
            "profile {profile} has no keys: those of {from} are used"
        ));
    }
    if let Some((variable, url)) = first(elsewhere.url, env)
        && resolved.is_placeless()
        && let Some(setting) = settings::find("url")
    {
        let url = setting.check(&url).map_err(|error| Error {
            message: format!("{variable}: {}", error.message),
            ..error
        })?;
        resolved.take(setting, &url, variable);
        resolved.notes.push(format!(
            "profile {profile} has no url and no site: that of {variable} is used"
        ));
    }
    Ok(resolved)
}

/// The first of the variables that is set, with its value.
fn first(
    variables: &'static [&'static str],
    env: &dyn Fn(&str) -> Option<String>,
) -> Option<(&'static str, String)> {
    let mut variables = variables.iter();
    variables.find_map(|name| Some((*name, given(env, name)?)))
}

/// The pair of keys that variables have, and their names.
fn of_environment(
    elsewhere: &'static Elsewhere,
    env: &dyn Fn(&str) -> Option<String>,
) -> Option<(Found, String)> {
    let (key_from, key) = first(elsewhere.apikey, env)?;
    let (secret_from, secret) = first(elsewhere.secretkey, env)?;
    let from = format!("{key_from} and {secret_from}");
    Some((Found::with_keys("", &from, &key, &secret), from))
}

/// The pair that the file has, before all sections or in the one that tools take by themselves.
fn of_file(
    elsewhere: &'static Elsewhere,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<(Found, String)>> {
    let path = expand(elsewhere.file, home(env).as_deref());
    let Some(text) = read_foreign(Path::new(&path))? else {
        return Ok(None);
    };
    let found = foreign::keys(elsewhere, &text)?.into_iter();
    let mut usual = found.filter(|found| foreign::is_usual(&found.name));
    Ok(usual
        .next()
        .map(|found| (found, elsewhere.file.to_string())))
}
