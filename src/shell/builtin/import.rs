//! `profile import`: what other tools are configured with, shown and made into profiles of ours.

use std::path::PathBuf;

use crate::cloud::{self, Elsewhere};
use crate::config::file::File;
use crate::config::foreign::{Found, Tool, environment, free_name, of_kind, read};
use crate::config::read_foreign;
use crate::config::secret::MASK;
use crate::error::{Error, Result};
use crate::line::nearest::nearest;
use crate::record::answer::Answer;
use crate::record::{Record, Value};
use crate::shell::ask;
use crate::shell::help::layout::entries;
use crate::shell::session::{Mode, Session, Shown, View, expand_home, unwritten};

const REPLACE: &str = "--replace";
/// How much of a key tells it from others.
const KEY_LETTERS: usize = 8;

/// A cloud that was found, and what becomes of it.
struct Offer {
    found: Found,
    /// The name that its profile is to have.
    name: String,
    /// The profile that is the same cloud and identity already.
    there: Option<String>,
}

pub fn run(session: &mut Session, args: &[&str]) -> Result<Shown> {
    let replace = args.contains(&REPLACE);
    let names: Vec<&str> = args
        .iter()
        .filter(|arg| **arg != REPLACE)
        .flat_map(|arg| arg.split(','))
        .filter(|name| !name.is_empty())
        .collect();
    if let Some(option) = names.iter().find(|name| name.starts_with('-')) {
        return Err(Error::line(format!("profile import knows no {option}"))
            .hint("profile import [NAME…] [--replace] [--yes]"));
    }
    let offers = offers(session, replace)?;
    let yes = !session.resolved.bool("confirm");
    let chosen = match (names.is_empty(), yes) {
        (true, true) => offers.iter().collect(),
        (true, false) => {
            let shown = table(session, &offers);
            let asks =
                matches!(session.mode, Mode::Prompt | Mode::OneShot) && ask::possible(&session.ui);
            if !asks {
                session.ui.say(
                    "nothing was made: `profile import NAME…` takes those that are named, `profile import --yes` all",
                );
                return Ok(shown);
            }
            if let Shown::Answer(view) = &shown {
                session.print(view).map_err(|why| unwritten(&why))?;
            }
            let typed = ask::line("which of them (names, all, or nothing)? ")?;
            let names: Vec<&str> = typed
                .split([',', ' '])
                .filter(|name| !name.is_empty())
                .collect();
            choose(&offers, &names)?
        }
        (false, _) => choose(&offers, &names)?,
    };
    take(session, &chosen, replace)
}

/// All that is configured in places that are known; a file that cannot be read is told of, and is no reason to lose the others.
fn offers(session: &Session, replace: bool) -> Result<Vec<Offer>> {
    let mut places = vec![
        (Tool::Cmk, "~/.cmk/config".to_string()),
        (Tool::Cmk, "~/.cloudmonkey/config".to_string()),
        (Tool::Cs, "~/.cloudstack.ini".to_string()),
        (Tool::Cs, "./cloudstack.ini".to_string()),
    ];
    if let Some(path) = (session.env)("CLOUDSTACK_CONFIG").filter(|path| !path.is_empty()) {
        places.push((Tool::Cs, path));
    }
    let mut found = Vec::new();
    let mut broken = None;
    for (tool, place) in &places {
        let path: PathBuf = expand_home(place, &session.env);
        let text = read_foreign(&path);
        match text.and_then(|text| text.map(|text| read(*tool, place, &text)).transpose()) {
            Ok(taken) => found.extend(taken.unwrap_or_default().found),
            Err(error) => {
                session.ui.warn(&error.message);
                broken = Some(error);
            }
        }
    }
    found.extend(environment(&*session.env));
    let mut keys: Vec<&'static Elsewhere> = Vec::new();
    for kind in cloud::KINDS {
        // Kinds that keep their keys in the same place are one, and the first is meant.
        let Some(elsewhere) = kind.elsewhere.filter(|elsewhere| !keys.contains(elsewhere)) else {
            continue;
        };
        keys.push(elsewhere);
        let path = expand_home(elsewhere.file, &session.env);
        let text = read_foreign(&path);
        match text.and_then(|text| of_kind(kind, text.as_deref(), &*session.env)) {
            Ok(taken) => found.extend(taken),
            Err(error) => {
                session.ui.warn(&error.message);
                broken = Some(error);
            }
        }
    }
    found.retain(|found| {
        let cloud = found.names_cloud();
        if !cloud {
            session.ui.warn(&format!(
                "[{}] of {} is set aside: it names no cloud",
                found.name, found.from
            ));
        }
        cloud
    });
    if found.is_empty() {
        let places = places.iter().map(|(_, place)| place.as_str());
        let places: Vec<&str> = places.chain(keys.iter().map(|keys| keys.file)).collect();
        return Err(broken.unwrap_or_else(|| {
            Error::local(format!(
                "nothing was found to import: there is no cloud in {} and CLOUDSTACK_*",
                places.join(", ")
            ))
            .hint("`profile add NAME` begins a profile")
        }));
    }
    let mut offers: Vec<Offer> = Vec::new();
    for found in found {
        let there = same(&session.file, &found);
        let taken = |name: &str| {
            let reserved = File::is_reserved(name);
            let file = !replace && session.file.has(name);
            reserved || file || offers.iter().any(|offer| offer.name == name)
        };
        let name = match &there {
            Some(there) => there.clone(),
            None => free_name(&found.name, taken),
        };
        offers.push(Offer { found, name, there });
    }
    Ok(offers)
}

/// The profile that asks the same cloud with the same identity.
fn same(file: &File, found: &Found) -> Option<String> {
    file.profiles().into_iter().find(|name| {
        ["kind", "url", "apikey", "secretkey", "username"]
            .iter()
            .all(|setting| {
                let own = file.get(name, setting).unwrap_or_default();
                own == found.get(setting)
            })
    })
}

fn table(session: &Session, offers: &[Offer]) -> Shown {
    let rows = offers.iter().map(|offer| {
        let found = &offer.found;
        let secret = |name: &str| match found.get(name) {
            "" => "",
            _ => MASK,
        };
        let mut row = Record::default();
        for (name, value) in [
            ("name", offer.name.as_str()),
            ("url", url(found)),
            ("apikey", found.get("apikey")),
            ("secretkey", secret("secretkey")),
            ("username", found.get("username")),
            ("password", secret("password")),
            ("from", &format!("{} [{}]", found.from, found.name)),
            ("there", if offer.there.is_some() { "already" } else { "" }),
        ] {
            row.push(name, Value::String(value.into()));
        }
        row
    });
    let shown = View::of(
        Answer::table("profile", rows.collect()),
        session.resolved.get("output"),
    );
    match shown {
        Shown::Answer(mut view) if session.ui.to_terminal() => {
            view.readable = Some(readable(offers, session.ui.width()));
            Shown::Answer(view)
        }
        shown => shown,
    }
}

/// What was found for a person at a terminal: all that tells one from another, whatever the width.
fn readable(offers: &[Offer], width: usize) -> String {
    let rows: Vec<(String, String)> = offers
        .iter()
        .map(|offer| {
            let found = &offer.found;
            let has = |name: &str| !found.get(name).is_empty();
            let mut parts = vec![found.get("url").to_string()];
            if has("apikey") {
                let key = found.get("apikey");
                let begun: String = key.chars().take(KEY_LETTERS).collect();
                let more = if begun == key { "" } else { "…" };
                let secret = if has("secretkey") { "its" } else { "no" };
                parts.push(format!("key {begun}{more} with {secret} secret"));
            }
            if has("username") {
                let password = if has("password") { "a" } else { "no" };
                let name = found.get("username");
                parts.push(format!("user {name} with {password} password"));
            }
            parts.push(format!("from {} [{}]", found.from, found.name));
            if offer.there.is_some() {
                parts.push("there already".into());
            }
            (offer.name.clone(), parts.join("; "))
        })
        .collect();
    entries(&rows, width)
}

/// Where it is: its own address, or that of its kind.
fn url(found: &Found) -> &str {
    let sites = cloud::kind(found.get("kind")).sites.first();
    match (found.get("url"), sites) {
        ("", Some((_, url))) => url,
        (url, _) => url,
    }
}

/// Those of these names, as they are called there or are to be called here.
fn choose<'o>(offers: &'o [Offer], names: &[&str]) -> Result<Vec<&'o Offer>> {
    if names == ["all"] {
        return Ok(offers.iter().collect());
    }
    let is = |offer: &Offer, name: &str| offer.name == name || offer.found.name == name;
    for name in names {
        if !offers.iter().any(|offer| is(offer, name)) {
            let error = Error::line(format!("nothing was found that is called {name}"));
            let known = offers.iter().map(|offer| offer.name.as_str());
            let near = nearest(name, known, 1).pop();
            return Err(match near {
                Some(near) => error.hint(format!("did you mean {near}?")),
                None => error.hint("`profile import` shows what was found"),
            });
        }
    }
    let chosen = offers
        .iter()
        .filter(|offer| names.iter().any(|name| is(offer, name)));
    Ok(chosen.collect())
}

/// Makes the profiles, all or none, and says what became of each.
fn take(session: &mut Session, chosen: &[&Offer], replace: bool) -> Result<Shown> {
    if chosen.is_empty() {
        session.ui.say("nothing was made");
        return Ok(Shown::Nothing);
    }
    let (there, new): (Vec<&Offer>, Vec<&Offer>) = chosen
        .iter()
        .copied()
        .partition(|offer| offer.there.is_some());
    for offer in there {
        session.ui.say(&format!(
            "profile {} is there already: {} [{}]",
            offer.name, offer.found.from, offer.found.name
        ));
    }
    if new.is_empty() {
        return Ok(Shown::Nothing);
    }
    File::edit(&session.places, |file| {
        for offer in &new {
            if replace && file.profiles().contains(&offer.name) {
                let used = file.current() == Some(offer.name.as_str());
                file.remove(&offer.name)?;
                file.add(&offer.name)?;
                if used {
                    file.switch(&offer.name)?;
                }
            } else {
                file.add(&offer.name)?;
            }
            for (setting, value) in offer.found.values() {
                file.set(&offer.name, setting, value)?;
            }
        }
        Ok(())
    })?;
    let profile = session.resolved.profile.clone();
    session.reload()?;
    for offer in &new {
        let found = &offer.found;
        let aside = match found.aside.is_empty() {
            true => String::new(),
            false => format!("; set aside: {}", found.aside.join(", ")),
        };
        session.ui.say(&format!(
            "profile {} is made from {} [{}]{aside}",
            offer.name, found.from, found.name
        ));
    }
    if let Some(first) = new.first().filter(|offer| offer.name != profile) {
        session.ui.say(&format!(
            "profile {profile} is in use: `profile use {}` chooses the new one",
            first.name
        ));
    }
    Ok(Shown::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_profiles_apart_is_shown_at_any_width_and_no_secret() {
        let text = "[prod]\nurl = https://prod.example.org/client/api\napikey = ABCDEFGHIJKLMNOP\nsecretkey = TOPSECRET\n[lab]\nurl = https://lab.example.org/client/api\nusername = admin\npassword = hunter2\n";
        let found = read(Tool::Cmk, "~/.cmk/config", text).unwrap().found;
        let offers: Vec<Offer> = found
            .into_iter()
            .map(|found| Offer {
                name: found.name.clone(),
                there: Some(found.name.clone()).filter(|name| name == "lab"),
                found,
            })
            .collect();
        for width in [20, 40, 80, 200] {
            let shown = readable(&offers, width);
            let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
            for part in [
                "https://prod.example.org/client/api; key ABCDEFGH… with its secret; from ~/.cmk/config [prod]",
                "user admin with a password; from ~/.cmk/config [lab]; there already",
            ] {
                assert!(
                    words.replace(' ', "").contains(&part.replace(' ', "")),
                    "{shown}"
                );
            }
            assert!(!shown.contains("TOPSECRET") && !shown.contains("hunter2"));
        }
    }
}
