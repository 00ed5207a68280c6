//! A configuration file's text in: it is refused with its line, or read, settled and edited, and an edit changes what it
//! is meant to change and nothing else.

use std::collections::BTreeMap;

use capuchin::Result;
use capuchin::config::file::File;
use capuchin::config::resolve::{Flags, resolve};
use capuchin::config::settings::{SETTINGS, find};
use capuchin::error::Kind;
use toml_edit::{DocumentMut, Item, TableLike, Value};

/// Values by the keys that lead to them.
pub type Values = BTreeMap<Vec<String>, String>;

pub fn read(text: &str) -> Result<File> {
    File::parse("/home/me/config.toml".into(), text)
}

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let file = match read(text) {
        Ok(file) => file,
        Err(error) => return is_told(text, &error),
    };
    assert_eq!(values(&file.text()), values(text));
    settles(&file);
    let mut names: Vec<String> = file.profiles().into_iter().take(1).collect();
    names.extend(["demo".into(), "new".into()]);
    for name in names {
        edits(&file, &name);
    }
}

/// The error names the file and one of its lines.
fn is_told(text: &str, error: &capuchin::Error) {
    assert_eq!(error.kind, Kind::Local);
    let line = error
        .message
        .strip_prefix("/home/me/config.toml, line ")
        .and_then(|rest| rest.split(':').next())
        .and_then(|number| number.parse::<usize>().ok());
    assert!(
        line.is_some_and(|line| (1..=text.matches('\n').count() + 1).contains(&line)),
        "{error:?}"
    );
}

/// Whatever the file says, every setting has a value that it can have; what does not count is told.
fn settles(file: &File) {
    for warning in file.warnings() {
        assert!(warning.starts_with("/home/me/config.toml: "), "{warning}");
    }
    let flags = file.profiles().into_iter().take(3).map(|name| Flags {
        profile: Some(name),
        ..Flags::default()
    });
    for flags in flags.chain([Flags::default()]) {
        let Ok(resolved) = resolve(file, &|_| None, &flags) else {
            continue;
        };
        for setting in SETTINGS {
            let value = resolved.get(setting.name);
            assert!(
                value.is_empty() || setting.check(&value).is_ok() || value == "********",
                "{} {value:?}",
                setting.name
            );
        }
        // A profile without an address or keys is told so.
        let _ = resolved.endpoint();
    }
}

fn edits(file: &File, name: &str) {
    let before = values(&file.text());
    // A setting that shows another one is written there.
    for (setting, value, written, spelt) in [
        ("output", "csv", "output", r#""csv""#),
        ("timeout", "17", "timeout", "17"),
        ("verifycert", "no", "verifycert", "false"),
        ("apikey", "KEY", "apikey", r#""KEY""#),
        ("host", "cloud.example.org", "url", "cloud.example.org"),
        ("tabularize", "true", "output", r#""table""#),
    ] {
        let setting = find(setting).expect("the settings above");
        let Some(after) = edited(file, |file| file.set(name, setting, value)) else {
            continue;
        };
        let after = values(&after);
        // A bad value for all profiles is mended where it stands.
        let places = [vec!["profiles", name, written], vec![written]];
        let mut found = after
            .iter()
            .filter(|(keys, _)| places.iter().any(|place| place == *keys));
        assert!(found.any(|(_, value)| value.contains(spelt)), "{after:?}");
        only_differ(&before, &after, |keys| match keys {
            [profiles, own, key, ..] if profiles == "profiles" => own == name && key == written,
            [common, ..] => common == written,
            _ => false,
        });
    }
    if let Some(after) = edited(file, |file| file.add(name)) {
        only_differ(&before, &values(&after), |_| false);
        assert!(has(&after, name), "{after}");
    }
    if let Some(after) = edited(file, |file| file.remove(name)) {
        only_differ(&before, &values(&after), |keys| match keys {
            [profile] => profile == "profile",
            [profiles, own, ..] => profiles == "profiles" && own == name,
            _ => false,
        });
        assert!(!has(&after, name), "{after}");
    }
    if let Some(after) = edited(file, |file| file.switch(name)) {
        only_differ(
            &before,
            &values(&after),
            |keys| matches!(keys, [profile] if profile == "profile"),
        );
        let again = read(&after).expect("an edit leaves a configuration");
        assert_eq!(again.current(), Some(name));
    }
}

/// The text after an edit, unless the edit is refused.
fn edited(file: &File, edit: impl FnOnce(&mut File) -> Result<()>) -> Option<String> {
    let mut copy = read(&file.text()).expect("what was read can be read again");
    edit(&mut copy).ok()?;
    Some(copy.text())
}

fn has(text: &str, name: &str) -> bool {
    let file = read(text).expect("an edit leaves a configuration");
    file.profiles().iter().any(|profile| profile == name)
}

/// Nothing but the values of some keys differs.
fn only_differ(before: &Values, after: &Values, which: impl Fn(&[String]) -> bool) {
    let others = |values: &Values| -> Values {
        let kept = values.iter().filter(|(keys, _)| !which(keys));
        kept.map(|(keys, value)| (keys.clone(), value.clone()))
            .collect()
    };
    assert_eq!(others(before), others(after));
}

/// All values of a text in TOML, without tables that are empty.
pub fn values(text: &str) -> Values {
    let document: DocumentMut = text.parse().expect("TOML");
    let mut found = Values::new();
    of_table(document.as_table(), &mut Vec::new(), &mut found);
    found
}

fn of_table(table: &dyn TableLike, keys: &mut Vec<String>, found: &mut Values) {
    for (key, item) in table.iter() {
        keys.push(key.to_string());
        of_item(item, keys, found);
        keys.pop();
    }
}

fn of_item(item: &Item, keys: &mut Vec<String>, found: &mut Values) {
    if let Some(table) = item.as_table_like() {
        return of_table(table, keys, found);
    }
    match item {
        Item::Value(value) => {
            found.insert(keys.clone(), spelt(value));
        }
        Item::ArrayOfTables(tables) => {
            for (place, table) in tables.iter().enumerate() {
                keys.push(place.to_string());
                of_table(table, keys, found);
                keys.pop();
            }
        }
        Item::Table(_) | Item::None => {}
    }
}

/// The value without the blanks and comments around it.
fn spelt(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", text.value()),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(spelt).collect();
            format!("[{}]", items.join(", "))
        }
        Value::InlineTable(table) => {
            let mut inner = Values::new();
            of_table(table, &mut Vec::new(), &mut inner);
            format!("{inner:?}")
        }
        other => other.clone().decorated("", "").to_string(),
    }
}
