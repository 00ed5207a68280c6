//! Configurations of other command-line tools for clouds: a text or the environment in, what profiles of ours would be
//! made of it out, and what has no place in one. Nothing is read or written here.

use std::collections::BTreeMap;

use ini::{Ini, ParseOption};

use super::secret::Secret;
use super::settings::{self, Setting};
use super::{address, file, given};
use crate::cloud::{self, Elsewhere};
use crate::error::{Error, Result};

/// Whose manner a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// CloudMonkey, in Go (`~/.cmk/config`) or in Python (`~/.cloudmonkey/config`).
    Cmk,
    /// The Python client cs (`cloudstack.ini`).
    Cs,
}

/// What a file has.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub found: Vec<Found>,
    /// The profile that the tool has in use.
    pub current: Option<String>,
}

/// A cloud and who asks it.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its name there.
    pub name: String,
    pub from: String,
    values: Vec<(&'static Setting, Secret)>,
    /// What has no place in a profile of ours, and why where that is no matter of course.
    pub aside: Vec<String>,
}

/// The variables of cs, without what they all begin with, and its words for the same in a file.
const VARIABLES: &[(&str, &str)] = &[
    ("ENDPOINT", "endpoint"),
    ("KEY", "key"),
    ("SECRET", "secret"),
    ("METHOD", "method"),
    ("TIMEOUT", "timeout"),
    ("RETRY", "retry"),
    ("JOB_TIMEOUT", "job_timeout"),
    ("POLL_INTERVAL", "poll_interval"),
    ("EXPIRATION", "expiration"),
    ("VERIFY", "verify"),
    ("CERT", "cert"),
    ("CERT_KEY", "cert_key"),
    ("DANGEROUS_NO_TLS_VERIFY", "dangerous_no_tls_verify"),
];

/// What CloudMonkey shows after the profile's name unless it is told something else.
const USUAL_PROMPT: &str = "🐱";

type Values = BTreeMap<String, String>;

/// Reads a file's text; `from` is how the file is named. An error tells the line that is malformed.
pub fn read(tool: Tool, from: &str, text: &str) -> Result<Taken> {
    let sections = sections(tool, from, text)?;
    Ok(match tool {
        Tool::Cmk => of_cmk(from, sections),
        Tool::Cs => Taken {
            found: of_cs(from, sections),
            current: None,
        },
    })
}

/// What the variables of cs name, where they name a cloud.
pub fn environment(env: &dyn Fn(&str) -> Option<String>) -> Option<Found> {
    let set = VARIABLES.iter().filter_map(|(variable, word)| {
        let value = given(env, &format!("CLOUDSTACK_{variable}"))?;
        Some((word.to_string(), value))
    });
    let set: Values = set.collect();
    let host = address::part(&address::check(set.get("endpoint")?).ok()?, "host");
    let name = host.split('.').next().unwrap_or_default();
    Some(cs_profile(name, "CLOUDSTACK_*", &set))
}

/// Whether a section's keys are those that tools take by themselves.
pub fn is_usual(section: &str) -> bool {
    section.is_empty() || section.eq_ignore_ascii_case("default")
}

/// The keys in a file of a kind of cloud's tools, a pair a section.
pub fn keys(elsewhere: &Elsewhere, text: &str) -> Result<Vec<Found>> {
    let sections = sections(Tool::Cs, elsewhere.file, text)?;
    let [key, secret] = elsewhere.words;
    let pairs = sections.iter().filter_map(|(name, values)| {
        let value = |word: &str| values.get(word).filter(|value| !value.is_empty());
        Some(Found::with_keys(
            name,
            elsewhere.file,
            value(key)?,
            value(secret)?,
        ))
    });
    Ok(pairs.collect())
}

/// The same as clouds to be profiles of their kind: what the file's text has, where there is one, and what the environment has.
pub fn of_kind(
    kind: &cloud::Kind,
    text: Option<&str>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Found>> {
    let Some(elsewhere) = kind.elsewhere else {
        return Ok(Vec::new());
    };
    let first = |names: &[&str]| names.iter().find_map(|name| given(env, name));
    let url = first(elsewhere.url).unwrap_or_default();
    // Keys for clouds at other addresses are nothing to import.
    if url.is_empty() && kind.sites.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = text.map_or(Ok(Vec::new()), |text| keys(elsewhere, text))?;
    if let (Some(key), Some(secret)) = (first(elsewhere.apikey), first(elsewhere.secretkey)) {
        let variables = elsewhere.apikey.first().copied().unwrap_or_default();
        let begins = variables.split('_').next().unwrap_or_default();
        found.push(Found::with_keys("", &format!("{begins}_*"), &key, &secret));
    }
    for found in &mut found {
        if is_usual(&found.name) {
            found.name = kind.name.into();
        }
        found.put("kind", "kind", kind.name);
        found.put("url", "url", &url);
    }
    Ok(found)
}

/// A name that no profile has: this one as far as it can be one, with a number where it is taken.
pub fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let name: String = name
        .chars()
        .skip_while(|letter| !letter.is_ascii_alphanumeric())
        .map(|letter| match file::is_name_letter(letter) {
            true => letter,
            false => '-',
        })
        .take(40)
        .collect();
    let name = match name.as_str() {
        "" => "cloud",
        name => name.trim_end_matches('-'),
    };
    std::iter::once(name.to_string())
        .chain((2_u64..).map(|number| format!("{name}{number}")))
        .find(|name| !taken(name))
        .unwrap_or_default()
}

impl Found {
    fn new(name: &str, from: &str) -> Found {
        Found {
            name: name.into(),
            from: from.into(),
            values: Vec::new(),
            aside: Vec::new(),
        }
    }

    /// What has keys and nothing else.
    pub(super) fn with_keys(name: &str, from: &str, apikey: &str, secretkey: &str) -> Found {
        let mut found = Found::new(name, from);
        found.put("apikey", "apikey", apikey);
        found.put("secretkey", "secretkey", secretkey);
        found
    }

    /// Whether it tells where a cloud is, or its kind does.
    pub fn names_cloud(&self) -> bool {
        !self.get("url").is_empty() || !cloud::kind(self.get("kind")).sites.is_empty()
    }

    /// The settings and their values, in the order of the table of settings.
    pub fn values(&self) -> impl Iterator<Item = (&'static Setting, &str)> {
        let mut values: Vec<_> = self.values.iter().collect();
        let place = |setting: &Setting| {
            let mut all = settings::SETTINGS.iter();
            all.position(|other| other.name == setting.name)
        };
        values.sort_by_key(|(setting, _)| place(setting));
        values
            .into_iter()
            .map(|(setting, value)| (*setting, value.expose()))
    }

    /// The value of a setting; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        let mut values = self.values.iter();
        let found = values.find(|(setting, _)| setting.name == name);
        found.map_or("", |(_, value)| value.expose())
    }

    /// Takes a value if the setting can have it; an empty one is none.
    fn put(&mut self, name: &str, word: &str, value: &str) {
        let Some(setting) = settings::find(name).filter(|_| !value.is_empty()) else {
            return;
        };
        match setting.check(value) {
            Ok(value) => {
                self.values.retain(|(other, _)| other.name != name);
                self.values.push((setting, Secret::new(value)));
            }
            Err(why) => self.aside.push(format!("{word} ({})", why.message)),
        }
    }
}

/// The sections with their keys in lower case, in the order in which they come; what is there twice is what came last.
fn sections(tool: Tool, from: &str, text: &str) -> Result<Vec<(String, Values)>> {
    let options = ParseOption {
        enabled_quote: false,
        enabled_escape: false,
        ..ParseOption::default()
    };
    let text = text.trim_start_matches('\u{feff}');
    let parsed = Ini::load_from_str_opt(text, options).map_err(|why| {
        let line = why.line.clamp(1, text.lines().count().max(1));
        Error::local(format!(
            "{from}, line {line}: it is neither [SECTION] nor NAME = VALUE"
        ))
        .hint(format!("mend line {line}, or move the file away"))
    })?;
    let mut sections: Vec<(String, Values)> = Vec::new();
    for (name, properties) in parsed.iter() {
        let name = name.unwrap_or_default().trim();
        let at = sections.iter().position(|(known, _)| known == name);
        let at = at.unwrap_or_else(|| {
            sections.push((name.into(), Values::new()));
            sections.len() - 1
        });
        for (key, value) in properties.iter() {
            let value = plain(tool, value);
            sections[at].1.insert(key.trim().to_lowercase(), value);
        }
    }
    Ok(sections)
}

/// A value as the tool reads it: CloudMonkey's library takes a remark and quotes off.
fn plain(tool: Tool, value: &str) -> String {
    let mut value = value.trim();
    if tool == Tool::Cmk {
        let remark = [" #", " ;"].iter().filter_map(|sign| value.find(sign));
        value = remark.min().map_or(value, |at| value[..at].trim_end());
        for quote in ['"', '\'', '`'] {
            let within = value.strip_prefix(quote);
            if let Some(within) = within.and_then(|value| value.strip_suffix(quote)) {
                return within.into();
            }
        }
    }
    value.into()
}

fn of_cmk(from: &str, sections: Vec<(String, Values)>) -> Taken {
    let general =
        |name: &str| matches!(name.to_lowercase().as_str(), "" | "default" | "core" | "ui");
    let (common, others): (Vec<_>, Vec<_>) =
        sections.into_iter().partition(|(name, _)| general(name));
    let mut for_all = Values::new();
    for (_, values) in common {
        for_all.extend(values);
    }
    let current = for_all.remove("profile").filter(|name| !name.is_empty());
    // The first versions had one cloud, in [server], and its keys apart from it.
    let keys = others.iter().find(|(name, _)| name == "user");
    let keys = keys.map(|(_, values)| values.clone()).unwrap_or_default();
    let alone = |values: &Values| values.contains_key("host") && !values.contains_key("url");
    let apart = others.iter().any(|(_, values)| alone(values));
    let mut found = Vec::new();
    for (name, mut values) in others {
        if name == "user" && apart {
            continue;
        }
        if alone(&values) {
            for (key, value) in &keys {
                values.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        found.push(cmk_profile(&name, from, &for_all, values));
    }
    Taken { found, current }
}

fn cmk_profile(name: &str, from: &str, for_all: &Values, mut values: Values) -> Found {
    let mut found = Found::new(name, from);
    let mut url = values.remove("url").unwrap_or_default();
    let parts = ["protocol", "host", "port", "path"].map(|part| (part, values.remove(part)));
    if url.is_empty() && parts[1].1.is_some() {
        url = address::START.into();
        for (part, value) in parts {
            let changed = value.map(|value| address::with_part(&url, part, &value));
            match changed {
                Some(Ok(changed)) => url = changed,
                Some(Err(why)) => found.aside.push(format!("{part} ({})", why.message)),
                None => {}
            }
        }
    }
    found.put("url", "url", &url);
    let has = |name: &str| values.get(name).is_some_and(|value| !value.is_empty());
    let keys = has("apikey") && has("secretkey");
    if !for_all.is_empty() {
        let own = std::mem::take(&mut values);
        values = for_all.clone();
        values.extend(own);
    }
    for (word, value) in &values {
        match word.as_str() {
            // Every profile has these, used or not; one identity never stands in for another.
            "username" | "password" | "domain" if keys => {
                if !matches!((word.as_str(), value.as_str()), ("domain", "/") | (_, "")) {
                    found.aside.push(format!("{word} (the keys are used)"));
                }
            }
            "domain" if value == "/" => {}
            "username" | "password" | "domain" | "apikey" | "secretkey" | "asyncblock"
            | "timeout" | "verifycert" | "color" | "expires" | "paramcompletion" => {
                found.put(word, word, value);
            }
            "verifysslcert" => found.put("verifycert", word, value),
            "autocomplete" => found.put("paramcompletion", word, value),
            "output" | "display" => found.put("output", word, form(value)),
            "tabularize" if value == "true" => found.put("output", word, "table"),
            "tabularize" => {}
            "signatureversion" if value == "3" => {}
            // The times of its calls had no end then.
            "signatureversion" => found.put("expires", word, "0"),
            "prompt" if value == USUAL_PROMPT => {}
            "prompt" if value.contains(['{', '}']) => found.aside.push(word.clone()),
            "prompt" if value.trim_end().ends_with('>') => {
                found.put("prompt", word, &format!("({{profile}}) {value}"));
            }
            "prompt" if !value.is_empty() => {
                found.put("prompt", word, &format!("({{profile}}) {value} >"));
            }
            _ => found.aside.push(word.clone()),
        }
    }
    found
}

/// The form of ours that is like the one of CloudMonkey's; `default` is what its Python version printed as text.
fn form(output: &str) -> &str {
    match output {
        "default" => "text",
        output => output,
    }
}

fn of_cs(from: &str, sections: Vec<(String, Values)>) -> Vec<Found> {
    let (common, regions): (Vec<_>, Vec<_>) = sections
        .into_iter()
        .partition(|(name, _)| matches!(name.as_str(), "" | "DEFAULT"));
    let mut for_all = Values::new();
    for (_, values) in common {
        for_all.extend(values);
    }
    let regions = regions.into_iter().map(|(name, values)| {
        let mut all = for_all.clone();
        all.extend(values);
        cs_profile(&name, from, &all)
    });
    regions.collect()
}

fn cs_profile(name: &str, from: &str, values: &Values) -> Found {
    let mut found = Found::new(name, from);
    let truth = |value: &str| match value.to_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Some(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Some(false),
        _ => None,
    };
    for (word, value) in values {
        match word.as_str() {
            "endpoint" => found.put("url", word, value),
            "key" => found.put("apikey", word, value),
            "secret" => found.put("secretkey", word, value),
            "timeout" => found.put("reply_timeout", word, value),
            "job_timeout" => found.put("timeout", word, value),
            "retry" => found.put("retries", word, value),
            // A negative one signs without an end.
            "expiration" if value.starts_with('-') => found.put("expires", word, "0"),
            "expiration" => found.put("expires", word, value),
            "verify" => match truth(value) {
                Some(truth) => found.put("verifycert", word, &truth.to_string()),
                None => found.put("cacert", word, value),
            },
            "dangerous_no_tls_verify" if values.contains_key("verify") => {}
            "dangerous_no_tls_verify" => match truth(value) {
                Some(truth) => found.put("verifycert", word, &(!truth).to_string()),
                None => found.aside.push(word.clone()),
            },
            "cert" => {
                found.put("cert", word, value);
                // Without a file of its own the key is in the same.
                let key = values.get("cert_key").unwrap_or(value);
                found.put("key", "cert_key", key);
            }
            "cert_key" => {}
            "method" => found
                .aside
                .push("method (each call goes as it has to)".into()),
            _ => found.aside.push(word.clone()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(tool: Tool, text: &str) -> String {
        let taken = read(tool, "FILE", text).unwrap();
        let told = taken.found.iter().map(|found| {
            let values = found.values();
            let values = values.map(|(setting, value)| format!("{}={value}", setting.name));
            let values: Vec<String> = values.collect();
            let aside = found.aside.join(", ");
            format!("{}: {} | {aside}", found.name, values.join(" "))
        });
        told.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn cmk_has_its_settings_before_its_profiles() {
        let text = "prompt = 🐱\nasyncblock = true # wait\ntimeout = soon\noutput = json\nprofile = prod\ndebug = false\n\
            [prod]\nurl = https://c.example.org/client/api\nusername = admin\npassword = password\ndomain = /\n\
            apikey = KEY\nsecretkey = \"SECRET\"\n[lab]\nurl = http://lab:8080/client/api\nusername = me\npassword = a=b;c\n";
        assert_eq!(
            all(Tool::Cmk, text),
            "prod: url=https://c.example.org/client/api apikey=KEY secretkey=SECRET output=json asyncblock=true | \
            debug, password (the keys are used), timeout (timeout: \"soon\" is not seconds from 1 to 31536000), username (the keys are used)\n\
            lab: url=http://lab:8080/client/api username=me password=a=b;c output=json asyncblock=true | \
            debug, timeout (timeout: \"soon\" is not seconds from 1 to 31536000)"
        );
        let taken = read(Tool::Cmk, "FILE", text).unwrap();
        assert_eq!(taken.current.as_deref(), Some("prod"));
        assert!(!format!("{taken:?}").contains("SECRET"));
    }

    #[test]
    fn the_python_versions_have_theirs_in_sections() {
        let text = "[core]\nprofile = server\nasyncblock = false\nhistory_file = /h\n[ui]\nprompt = cloud >\ndisplay = default\n\
            [server]\nurl = https://c/client/api\napikey = K\nsecretkey = S\nexpires = 60\nverifysslcert = false\nsignatureversion = 3\n";
        assert_eq!(
            all(Tool::Cmk, text),
            "server: url=https://c/client/api apikey=K secretkey=S verifycert=false output=text asyncblock=false expires=60 \
            prompt=({profile}) cloud > | history_file"
        );
        let oldest = "[server]\nhost = c.example.org\nport = 8443\nprotocol = https\npath = /client/api\n[user]\napikey = K\nsecretkey = S\n";
        assert_eq!(
            all(Tool::Cmk, oldest),
            "server: url=https://c.example.org:8443/client/api apikey=K secretkey=S | "
        );
    }

    #[test]
    fn cs_has_a_section_a_region() {
        let text = "[DEFAULT]\ntimeout = 30\n[cloudstack]\nendpoint = https://c/client/api\nkey = K\nsecret = S%%x\nmethod = post\n\
            expiration = -1\ndangerous_no_tls_verify = true\ntheme = x\n[two]\nendpoint = https://d/client/api\nkey = L\nverify = /ca.pem\ncert = /c.pem\n";
        assert_eq!(
            all(Tool::Cs, text),
            "cloudstack: url=https://c/client/api apikey=K secretkey=S%%x verifycert=false reply_timeout=30 expires=0 | \
            method (each call goes as it has to), theme\n\
            two: url=https://d/client/api apikey=L cacert=/ca.pem cert=/c.pem key=/c.pem reply_timeout=30 | "
        );
        let env = |name: &str| match name {
            "CLOUDSTACK_ENDPOINT" => Some("https://cloud.example.org/client/api".to_string()),
            "CLOUDSTACK_KEY" => Some("K".into()),
            _ => None,
        };
        let found = environment(&env).unwrap();
        assert_eq!((found.name.as_str(), found.get("apikey")), ("cloud", "K"));
        assert!(environment(&|_| None).is_none());
    }

    #[test]
    fn a_malformed_file_is_told_by_its_line() {
        for (text, line) in [("a = 1\nno sense\n", 2), ("[open\na = 1\n", 2), ("x", 1)] {
            let error = read(Tool::Cmk, "FILE", text).unwrap_err();
            let begins = format!("FILE, line {line}: ");
            assert!(error.message.starts_with(&begins), "{text:?} {error}");
        }
        for text in [
            "",
            "\u{feff}[a]\nurl = https://c/\n",
            "[]\n=\n",
            "[a]\n[a]\n",
        ] {
            let _ = read(Tool::Cs, "FILE", text);
        }
    }

    #[test]
    fn names_become_names_of_profiles() {
        let taken = |name: &str| ["prod", "prod2", "demo"].contains(&name);
        for (name, free) in [
            ("lab", "lab"),
            ("prod", "prod3"),
            ("demo", "demo2"),
            ("my cloud", "my-cloud"),
            ("…", "cloud"),
            ("é!x", "x"),
        ] {
            assert_eq!(free_name(name, taken), free, "{name}");
        }
    }
}
