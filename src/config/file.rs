//! The configuration file: TOML text in, profiles and their values out; edits keep comments, order and unknown keys.

use std::path::PathBuf;

use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, TomlError, Value};

use super::foreign::{self, Tool};
use super::settings::{self, Kind, SETTINGS, Setting, closest};
use super::{DEMO, ENVIRONMENT, Places, derived, disk};
use crate::error::{Error, Result};

/// The longest name that a profile can be given.
const LONGEST_NAME: usize = 64;

/// The profile that CloudMonkey has in use unless it is told otherwise.
const LOCAL: &str = "localcloud";

/// The configuration as it was when it was read.
pub struct File {
    path: PathBuf,
    document: DocumentMut,
}

impl File {
    /// Reads the file; one that is not there and was not named is empty.
    /// A file that others can read is refused.
    pub fn load(places: &Places) -> Result<File> {
        let path = places.config_file.clone();
        if places.foreign {
            let text = disk::read_foreign(&path)?.unwrap_or_default();
            return File::adopt(path, &text);
        }
        let text = match disk::read(&path)? {
            Some(text) => text,
            None if places.explicit => {
                return Err(Error::local(format!(
                    "there is no configuration file {}",
                    path.display()
                ))
                .hint(format!(
                    "make an empty one: install -m 600 /dev/null {}",
                    disk::quoted(&path)
                )));
            }
            None => String::new(),
        };
        File::parse(path, &text)
    }

    /// Reads a text as the file at that path would be read.
    pub fn parse(path: PathBuf, text: &str) -> Result<File> {
        match text.parse() {
            Ok(document) => Ok(File { path, document }),
            Err(why) => {
                let why: TomlError = why;
                // The error's own text repeats the line, which may hold a key.
                let before = text.get(..why.span().map_or(0, |span| span.start));
                let line = 1 + before.map_or(0, |text| text.matches('\n').count());
                Err(Error::local(format!(
                    "{}, line {line}: {}",
                    path.display(),
                    why.message()
                ))
                .hint(format!(
                    "mend line {line}; values are like output = \"json\""
                )))
            }
        }
    }

    /// Applies an edit to what the file holds now, whoever else edits it, and writes it if it changed.
    pub fn edit(places: &Places, change: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
        if places.foreign {
            return Err(Error::local(format!(
                "{} is CloudMonkey's, which is read and never written",
                places.config_file.display()
            ))
            .hint("`capuchin profile import` takes it over into a configuration that is written"));
        }
        let lock = disk::lock(&places.config_file, places.explicit)?;
        let mut file = File::load(places)?;
        let before = file.text();
        change(&mut file)?;
        let after = file.text();
        if after != before {
            // What could not be read again must not take the place of what could.
            File::parse(file.path, &after)?;
            lock.write(&after)?;
        }
        Ok(())
    }

    /// CloudMonkey's configuration as one of ours; what of it has no place here is left out.
    fn adopt(path: PathBuf, text: &str) -> Result<File> {
        let taken = foreign::read(Tool::Cmk, &path.display().to_string(), text)?;
        // It prints JSON unless it is told otherwise.
        let mut file = File::parse(path, "output = \"json\"\n")?;
        let mut current = taken.current.unwrap_or_else(|| LOCAL.into());
        for found in taken.found {
            let mut name = found.name.clone();
            if is_reserved(&name) {
                let free = foreign::free_name(&name, |name| file.has(name));
                if current == name {
                    current.clone_from(&free);
                }
                name = free;
            }
            file.table_mut(&name)?;
            for (setting, value) in found.values() {
                file.put(&name, setting, value)?;
            }
        }
        if file.profiles().is_empty() {
            file.table_mut(LOCAL)?;
            current = LOCAL.into();
        }
        replace(file.document.as_table_mut(), "profile", current.into());
        Ok(file)
    }

    /// The text, with what edits have changed.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// The profiles in the file's order.
    pub fn profiles(&self) -> Vec<String> {
        self.tables().map(|(name, _)| name.into()).collect()
    }

    /// The profile that the file has in use.
    pub fn current(&self) -> Option<&str> {
        self.document.get("profile").and_then(Item::as_str)
    }

    /// The profile's own value of a setting; a value that the setting cannot have counts as none.
    pub fn get(&self, profile: &str, setting: &str) -> Option<String> {
        value(self.table(profile)?, settings::find(setting)?)?.ok()
    }

    /// The value that a setting has for all profiles without one of their own.
    pub(super) fn common(&self, setting: &Setting) -> Option<String> {
        if setting.connection {
            return None;
        }
        value(self.document.as_table(), setting)?.ok()
    }

    /// Whether a profile of that name can be used: one of the file's, the built-in cloud's, the environment's.
    pub fn has(&self, profile: &str) -> bool {
        is_reserved(profile) || self.table(profile).is_some()
    }

    /// Whether the name is not the user's to give.
    pub fn is_reserved(profile: &str) -> bool {
        is_reserved(profile)
    }

    /// Refuses a profile that cannot be used.
    pub fn known(&self, profile: &str) -> Result<()> {
        match self.has(profile) {
            true => Ok(()),
            false => Err(self.unknown(profile)),
        }
    }

    /// The error for a profile that is not there; names the nearest that is.
    pub(super) fn unknown(&self, profile: &str) -> Error {
        let mut names = self.profiles();
        if !names.iter().any(|name| name == DEMO) {
            names.push(DEMO.into());
        }
        let error = Error::local(format!("there is no profile {profile}"));
        let near = closest(profile, names.iter().map(String::as_str));
        match near.first() {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint(format!("there are: {}", names.join(", "))),
        }
        .hint(format!("`profile add {profile}` makes one"))
    }

    /// Sets a value of a profile; connection settings only of a profile that is in the file.
    pub fn set(&mut self, profile: &str, setting: &'static Setting, value: &str) -> Result<()> {
        if setting.connection && is_reserved(profile) {
            return Err(Error::line(format!(
                "{} cannot be set: {}",
                setting.name,
                reserved(profile)
            ))
            .hint("`profile add NAME` begins a profile for another cloud"));
        }
        if !self.has(profile) {
            return Err(self.unknown(profile));
        }
        let value = setting.check(value)?;
        let Some(source) = derived::source(setting.name).and_then(settings::find) else {
            return self.put(profile, setting, &value);
        };
        let now = self
            .get(profile, source.name)
            .or_else(|| self.common(source))
            .unwrap_or_else(|| source.default.into());
        let value = derived::write(setting.name, &value, &now)?;
        self.put(profile, source, &value)
    }

    fn put(&mut self, profile: &str, setting: &Setting, text: &str) -> Result<()> {
        // A bad value for all profiles would be told at every start, so it is mended where it stands.
        let common = self.document.as_table_mut();
        if !setting.connection && matches!(value(common, setting), Some(Err(_))) {
            write(common, setting, text);
            if self
                .table(profile)
                .is_none_or(|own| !own.contains_key(setting.name))
            {
                return Ok(());
            }
        }
        write(self.table_mut(profile)?, setting, text);
        Ok(())
    }

    /// Adds a profile without values.
    pub fn add(&mut self, profile: &str) -> Result<()> {
        if is_reserved(profile) {
            return Err(
                Error::line(format!("{profile} cannot be added: {}", reserved(profile)))
                    .hint("choose another name"),
            );
        }
        let begins = profile.starts_with(|letter: char| letter.is_ascii_alphanumeric());
        if !begins || profile.len() > LONGEST_NAME || !profile.chars().all(is_name_letter) {
            return Err(Error::line(format!("\"{}\" is no name for a profile", profile.escape_debug()))
                .hint("a name is of letters, digits, dots, underscores and hyphens, and begins with a letter or digit"));
        }
        if self.table(profile).is_some() {
            return Err(Error::line(format!("there is a profile {profile} already"))
                .hint(format!("`profile use {profile}` chooses it")));
        }
        self.table_mut(profile).map(|_| ())
    }

    /// Removes a profile with its keys; if it was in use, the built-in cloud is.
    pub fn remove(&mut self, profile: &str) -> Result<()> {
        if is_reserved(profile) {
            return Err(Error::line(format!(
                "{profile} cannot be removed: {}",
                reserved(profile)
            )));
        }
        if self.table(profile).is_none() {
            return Err(self.unknown(profile));
        }
        let used = self.current() == Some(profile);
        if let Some(profiles) = self
            .document
            .get_mut("profiles")
            .and_then(Item::as_table_like_mut)
        {
            profiles.remove(profile);
        }
        match (used, self.profiles().is_empty()) {
            (false, _) => Ok(()),
            (true, true) => {
                self.document.remove("profile");
                Ok(())
            }
            (true, false) => self.switch(DEMO),
        }
    }

    /// Has the file use a profile, which must be there.
    pub fn switch(&mut self, profile: &str) -> Result<()> {
        if profile == ENVIRONMENT {
            return Err(
                Error::line(format!("{profile} cannot be chosen: {}", reserved(profile)))
                    .hint("start capuchin with the three set and without -p"),
            );
        }
        if !self.has(profile) {
            return Err(self.unknown(profile));
        }
        if self.document.get("profile").is_some_and(holds_more) {
            // Somebody's keys may be in it.
            return Err(Error::local(format!(
                "{profile} cannot be chosen: profile in {} is a table",
                self.path.display()
            ))
            .hint("rename it by hand: a profile is [profiles.NAME]"));
        }
        replace(self.document.as_table_mut(), "profile", profile.into());
        Ok(())
    }

    /// What in the file is not understood and does not count, in sentences for the user.
    pub fn warnings(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (key, item) in self.document.iter() {
            match key {
                "profile" if holds_more(item) => {
                    found
                        .push("profile is a table: rename it, a profile is [profiles.NAME]".into());
                }
                "profile" if item.as_str().is_none() => {
                    found.push("profile is not a text: `profile use NAME` mends it".into());
                }
                "profile" => {}
                "profiles" => match item.as_table_like() {
                    Some(profiles) => self.warn_of_profiles(profiles, &mut found),
                    None => found.push("profiles is not a table: make it [profiles.NAME]".into()),
                },
                _ => found.extend(warning(key, item, None)),
            }
        }
        if let Some(current) = self.current().filter(|current| !self.has(current)) {
            found.push(format!(
                "profile = \"{current}\" names no profile: `profile use NAME` mends it"
            ));
        }
        found
            .into_iter()
            .map(|what| format!("{}: {what}", self.path.display()))
            .collect()
    }

    fn warn_of_profiles(&self, profiles: &dyn TableLike, found: &mut Vec<String>) {
        for (name, item) in profiles.iter() {
            match item.as_table_like() {
                Some(values) => {
                    found.extend(
                        values
                            .iter()
                            .filter_map(|(key, item)| warning(key, item, Some(name))),
                    );
                }
                None => found.push(format!("profiles.{name} is not a table")),
            }
        }
    }

    fn tables(&self) -> impl Iterator<Item = (&str, &dyn TableLike)> {
        self.document
            .get("profiles")
            .and_then(Item::as_table_like)
            .into_iter()
            .flat_map(TableLike::iter)
            .filter_map(|(name, item)| Some((name, item.as_table_like()?)))
    }

    fn table(&self, profile: &str) -> Option<&dyn TableLike> {
        self.tables()
            .find(|(name, _)| *name == profile)
            .map(|(_, table)| table)
    }

    /// The profile's table, made where there is none.
    fn table_mut(&mut self, profile: &str) -> Result<&mut dyn TableLike> {
        let path = self.path.display();
        let no_table = |what: String| {
            Error::local(format!("{path}: {what} is not a table")).hint(
                "mend it by hand: a profile is [profiles.NAME] and lines like output = \"json\"",
            )
        };
        let inline = self
            .document
            .get("profiles")
            .is_some_and(Item::is_inline_table);
        // Within braces a table has to be one in braces as well.
        let empty = if inline {
            Item::Value(InlineTable::new().into())
        } else {
            Item::Table(Table::new())
        };
        let mut parent = Table::new();
        parent.set_implicit(true);
        let profiles = self
            .document
            .entry("profiles")
            .or_insert(Item::Table(parent))
            .as_table_like_mut()
            .ok_or_else(|| no_table("profiles".into()))?;
        profiles
            .entry(profile)
            .or_insert(empty)
            .as_table_like_mut()
            .ok_or_else(|| no_table(format!("profiles.{profile}")))
    }
}

/// The value of a setting in a table: none, a good one in its canonical spelling, or a bad one.
fn value(table: &dyn TableLike, setting: &Setting) -> Option<Result<String>> {
    let item = table.get(setting.name)?;
    let text = match item.as_value() {
        Some(Value::String(text)) => text.value().clone(),
        Some(Value::Integer(number)) => number.value().to_string(),
        Some(Value::Float(number)) => number.value().to_string(),
        Some(Value::Boolean(truth)) => truth.value().to_string(),
        Some(Value::Array(several)) if setting.kind == Kind::Url => {
            let texts: Vec<&str> = several.iter().filter_map(Value::as_str).collect();
            if texts.len() != several.len() {
                let what = format!("{}: it is no list of texts", setting.name);
                return Some(Err(Error::line(what)));
            }
            texts.join(",")
        }
        _ => {
            let what = format!("{}: it is no text, number, true or false", setting.name);
            return Some(Err(Error::line(what)));
        }
    };
    Some(setting.check(&text))
}

/// What is wrong with a key; at the top level where there is no profile.
fn warning(key: &str, item: &Item, profile: Option<&str>) -> Option<String> {
    let place = profile.map_or(String::new(), |name| format!(" in profile {name}"));
    let Some(setting) = SETTINGS.iter().find(|setting| setting.name == key) else {
        let near = settings::nearest(key);
        let near = near
            .first()
            .map_or(String::new(), |near| format!("; did you mean {near}?"));
        return Some(format!("there is no setting {key}{place}{near}"));
    };
    if let Some(source) = derived::source(key) {
        return Some(format!(
            "{key}{place} is not read from the file: {source} is, in its place"
        ));
    }
    if setting.connection {
        match profile {
            None => {
                return Some(format!(
                    "{key} is not read outside of a profile: put it below [profiles.NAME]"
                ));
            }
            Some(name) if is_reserved(name) => {
                return Some(format!("{key}{place} is not read: {}", reserved(name)));
            }
            Some(_) => {}
        }
    }
    let mut table = Table::new();
    table.insert(key, item.clone());
    let why = value(&table, setting)?.err()?;
    Some(format!(
        "{}{place}, so the value does not count; `set {key} VALUE` mends it",
        why.message
    ))
}

/// Writes a value in the TOML type that its setting's kind asks for.
fn write(table: &mut dyn TableLike, setting: &Setting, text: &str) {
    let value = match setting.kind {
        Kind::Bool => Value::from(text == "true"),
        Kind::Seconds | Kind::Count(_) | Kind::Port => text
            .parse::<i64>()
            .map_or_else(|_| Value::from(text), Value::from),
        Kind::Limit => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(whole), _) => Value::from(whole),
            (_, Ok(fraction)) => Value::from(fraction),
            _ => Value::from(text),
        },
        Kind::Url if text.contains(',') => Value::Array(text.split(',').collect()),
        _ => Value::from(text),
    };
    replace(table, setting.name, value);
}

/// Puts a value in the place of another, whose comment stays.
fn replace(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        _ => {
            table.insert(key, Item::Value(value));
        }
    }
}

/// Whether it is a table or several, which a value in its place would take with it.
fn holds_more(item: &Item) -> bool {
    item.is_table_like() || item.is_array_of_tables()
}

fn is_reserved(profile: &str) -> bool {
    profile == DEMO || profile == ENVIRONMENT
}

/// Why the name is not the user's to give.
fn reserved(profile: &str) -> String {
    if profile == DEMO {
        format!("{DEMO} is the built-in cloud, which is always there and has keys of its own")
    } else {
        format!(
            "{ENVIRONMENT} is the cloud of CLOUDSTACK_ENDPOINT, CLOUDSTACK_KEY and CLOUDSTACK_SECRET"
        )
    }
}

pub(super) fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "._-".contains(letter)
}

#[cfg(test)]
mod tests;
