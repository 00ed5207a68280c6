//! The words after an API to a call. In come `name=value` words, out come its parameters and the line's settings,
//! or every problem at once; nothing is sent before all of it is right.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::nearest::{did_you_mean, nearest};
use super::options::{self, Options, Settings};
use super::secrets::{STRUCK, is_secret};
use super::subject::Language;
use super::words::quote;
use super::{byname, check, shown, unknown};
use crate::catalog::{Api, Entry, Param};
use crate::error::{Error, Result};

/// A value as it was given: as it stands, or where to read it from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    Text(String),
    /// From a variable: nothing in it has a meaning, however it begins.
    Data(String),
    /// `@path`
    File(String),
    /// `@-`
    Stdin,
}

/// A call to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The API's own spelling.
    pub name: String,
    /// None only after `api` with a name that the catalogue does not have.
    pub api: Option<Arc<Api>>,
    /// Names in the catalogue's spelling, an index such as `[0].key` as typed; in the order of the line.
    pub params: Vec<(String, Given)>,
    /// For this line only.
    pub settings: Vec<(String, String)>,
    /// Said on stderr; they are no errors.
    pub hints: Vec<String>,
    /// Whether the parameters were held against the API's; not so after `api`.
    pub checked: bool,
}

/// These belong to how a call is sent, whatever the API is.
const WIRE: [&str; 4] = ["response", "expires", "signatureversion", "apikey"];

/// A call whose words are held against the API's parameters.
pub fn checked(api: Arc<Api>, rest: &[&str], own: Options<'_>, known: &Language) -> Result<Call> {
    if let Some(error) = noun_in_parts(&api, rest, known)? {
        return Err(error);
    }
    let mut reader = Reader::new(own.settings, &own.data, own.several);
    reader.read(rest, known, |reader, name, value| {
        reader.parameter(&api, name, value, known);
    });
    reader.missing(&api);
    reader.rules(&api);
    let call = reader.finish(said(&api), api.name.clone(), Some(api), own.unanswered)?;
    Ok(Call {
        checked: true,
        ..call
    })
}

/// A call that is sent as typed, for `api NAME`.
pub fn unchecked(
    name: String,
    api: Option<Arc<Api>>,
    rest: &[&str],
    own: Options<'_>,
    known: &Language,
) -> Result<Call> {
    let mut reader = Reader::new(own.settings, &own.data, own.several);
    if api.is_none() && !known.catalog.is_empty() {
        let hint = format!(
            "`{}` is not in the catalogue and goes as it is",
            shown(&name)
        );
        reader.hints.push(hint);
    }
    reader.read(rest, known, |reader, name, value| {
        let param = api.as_deref().and_then(|api| api.param(name));
        match own_setting(name, known) {
            Some(setting) if param.is_none() => reader.settings.add(setting, value),
            _ => {
                let data = reader.is_data(name, value);
                reader.push(name.to_string(), value, data);
            }
        }
    });
    let command = format!("api {}", shown(&name));
    reader.finish(command, name, api, own.unanswered)
}

/// What has been read of a call so far, with everything that is wrong with it.
struct Reader<'w> {
    params: Vec<(String, Given)>,
    /// The names on the line, those with a wrong value too.
    names: HashSet<String>,
    settings: Settings,
    /// The names and values of those that are data.
    data: Vec<(&'w str, &'w str)>,
    /// The words with a variable's value that is more than one, where a list is wanted.
    several: Vec<&'w str>,
    hints: Vec<String>,
    problems: Vec<String>,
    /// What to do about the problems.
    advice: Vec<String>,
}

impl<'w> Reader<'w> {
    fn new(settings: Settings, data: &[&'w str], several: Vec<&'w str>) -> Reader<'w> {
        Reader {
            params: Vec::new(),
            names: HashSet::new(),
            settings,
            several,
            data: data
                .iter()
                .filter_map(|word| word.split_once('='))
                .collect(),
            hints: Vec::new(),
            problems: Vec::new(),
            advice: Vec::new(),
        }
    }

    /// Gives each `name=value` to `parameter` and finds what is wrong with the words between.
    fn read(
        &mut self,
        words: &[&str],
        known: &Language,
        parameter: impl Fn(&mut Reader<'w>, &str, &str),
    ) {
        let mut before = None;
        let mut words = words.iter().copied().peekable();
        while let Some(word) = words.next() {
            if options::is_option(word) {
                self.unknown_option(word, known);
            } else if let Some((name, value)) = word.split_once('=') {
                if name.is_empty() {
                    self.problems
                        .push(format!("`{}` has no name before the `=`", shown(word)));
                    self.advice
                        .push("no blank goes before or after the `=`".to_string());
                } else {
                    parameter(self, name, value);
                }
                before = Some((name, value));
            } else {
                let mut strays = vec![word];
                while let Some(next) = words.next_if(|w| !w.contains('=') && !options::is_option(w))
                {
                    strays.push(next);
                }
                self.stray(&strays.join(" "), before);
            }
        }
    }

    fn parameter(&mut self, api: &Api, name: &str, value: &str, known: &Language) {
        let Some(param) = api.param(name) else {
            match options::setting(name, known.settings) {
                Some(setting) => self.settings.add(setting, value),
                None => self.unknown_parameter(api, name, known),
            }
            return;
        };
        let part = name.get(param.name.len()..).unwrap_or_default();
        if !part.is_empty() && !param.members.is_empty() {
            return self.part(param, name, part, value);
        }
        if !part.is_empty() && !is_index(part) {
            let problem = format!(
                "`{}` is no parameter: an index is a number in brackets, as in `{}[0].key=value`",
                shown(name),
                param.name
            );
            self.problems.push(problem);
            return;
        }
        if part.is_empty() {
            // Whether a name stands for a value is found out when the cloud can be asked.
            let named = known.catalog.names(&api.name, &param.name).is_some();
            self.check(param, value, named);
            self.doubt(api, param, value, known);
        }
        let several = |word: &&str| word.split_once('=') == Some((name, value));
        if byname::is_list(name, &param.kind) && self.several.iter().any(several) {
            self.problems.push(format!(
                "`{name}`: what a variable in it stands for would be read as more than one name or id"
            ));
            self.advice
                .push("a name with a comma in it cannot stand in a list, where its id can".into());
            return;
        }
        let data = self.is_data(name, value);
        self.push(format!("{}{part}", param.name), value, data);
    }

    /// A part of a parameter whose parts are known.
    fn part(&mut self, param: &Param, name: &str, part: &str, value: &str) {
        let Some((member, spelt)) = param.member(part) else {
            let parts: Vec<String> = param
                .members
                .iter()
                .map(|member| format!("{}{}", param.name, member.name))
                .collect();
            let near = nearest(name, parts.iter().map(String::as_str), 3);
            let question = did_you_mean(&near).map_or(String::new(), |q| format!(": {q}"));
            self.problems.push(format!(
                "`{}` has no part `{}`{question}",
                param.name,
                shown(part)
            ));
            return;
        };
        let named = Param {
            name: format!("{}{spelt}", param.name),
            ..member.clone()
        };
        self.check(&named, value, false);
        let data = self.is_data(name, value);
        self.push(named.name, value, data);
    }

    /// Whether the value of that name, as it stands on the line, came from a variable.
    fn is_data(&self, name: &str, value: &str) -> bool {
        self.data.contains(&(name, value))
    }

    /// A value that is none of a fixed set is sent all the same, for a newer server may know it; but it is asked about.
    fn doubt(&mut self, api: &Api, param: &Param, value: &str, known: &Language) {
        let fixed = known.catalog.choices(&api.name, &param.name);
        let there = |part: &str| {
            let mut values = fixed.iter();
            values.any(|one| {
                one.value.eq_ignore_ascii_case(part) || one.name.eq_ignore_ascii_case(part)
            })
        };
        if fixed.is_empty()
            || value.is_empty()
            || value.starts_with('@')
            || value.split(',').all(there)
        {
            return;
        }
        let shown = shown_value(&param.name, value);
        let values = fixed.iter().map(|one| one.value.as_str());
        let question = did_you_mean(&nearest(value, values, 3))
            .unwrap_or_else(|| "Tab shows those that are known".into());
        let hint = format!(
            "`{}={shown}` is none of the usual values; {question}",
            param.name
        );
        self.hints.push(hint);
    }

    fn check(&mut self, param: &Param, value: &str, named: bool) {
        if value.is_empty() || value.starts_with('@') {
            return;
        }
        let name = &param.name;
        if byname::takes_ids(name, &param.kind) && byname::has_name(value) {
            return;
        }
        let problem = check::problem(&param.kind, value).filter(|_| !named);
        if let Some(problem) = problem {
            let value = shown_value(name, value);
            self.problems.push(format!("`{name}={value}`: {problem}"));
        } else if param.kind.eq_ignore_ascii_case("uuid") && !check::is_id(value) {
            let value = shown_value(name, value);
            let named = quote(&format!("{name}=name:{value}"));
            let hint = format!(
                "`{name}={value}` is no id (a uuid or a number); `{named}` looks up the thing of that name"
            );
            self.hints.push(hint);
        } else if param.kind.eq_ignore_ascii_case("map") {
            let hint = format!("`{name}` is a map: its entries go as `{name}[0].key=value`");
            self.hints.push(hint);
        }
    }

    fn push(&mut self, name: String, value: &str, data: bool) {
        if !self.names.insert(name.clone()) {
            let name = shown(&name);
            self.problems.push(format!("`{name}=` is there twice"));
            return;
        }
        let given = match data {
            true => Ok(Given::Data(value.to_string())),
            false => given(&name, value),
        };
        match given {
            Ok(Given::Stdin) if self.params.iter().any(|(_, g)| *g == Given::Stdin) => {
                let name = shown(&name);
                let problem = format!(
                    "`{name}=@-`: standard input is read once, and another parameter has it"
                );
                self.problems.push(problem);
            }
            Ok(given) => self.params.push((name, given)),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn unknown_parameter(&mut self, api: &Api, name: &str, known: &Language) {
        let base = name.split('[').next().unwrap_or(name);
        let params = api.params.iter().map(|param| param.name.as_str());
        let near = nearest(base, params.chain(known.settings.iter().copied()), 3);
        let question = did_you_mean(&near).map_or(String::new(), |q| format!(": {q}"));
        self.problems
            .push(format!("there is no parameter `{}`{question}", shown(name)));
        self.advise_help(api);
    }

    /// Words that are not `name=value`, with what stands before them: a value with blanks that nobody quoted?
    fn stray(&mut self, text: &str, before: Option<(&str, &str)>) {
        let Some((name, value)) = before.filter(|(name, _)| !name.is_empty()) else {
            let problem = format!("`{}` is not of the form name=value", shown(text));
            return self.problems.push(problem);
        };
        self.problems.push(format!(
            "`{}` is not of the form name=value; does it belong to `{}`?",
            shown_value(name, text),
            shown(name)
        ));
        let whole = match is_secret(name) {
            true => "two words".to_string(),
            false => shown(&format!("{value} {text}")),
        };
        self.advice.push(format!(
            "a value with blanks in it is quoted: {}",
            quote(&format!("{}={whole}", shown(name)))
        ));
    }

    fn unknown_option(&mut self, word: &str, known: &Language) {
        let name = word.trim_start_matches('-');
        let name = name.split('=').next().unwrap_or(name);
        let near = nearest(name, known.settings.iter().copied().chain(["help"]), 3);
        let near: Vec<String> = near.iter().map(|name| format!("--{name}")).collect();
        let question = did_you_mean(&near).map_or(String::new(), |q| format!(": {q}"));
        let option = word.split('=').next().unwrap_or(word);
        self.problems
            .push(format!("there is no option `{}`{question}", shown(option)));
    }

    fn missing(&mut self, api: &Api) {
        let names = self.names.iter();
        let given: HashSet<&str> = names
            .filter_map(|name| Some(api.param(name)?.name.as_str()))
            .collect();
        // An empty text may be meant; nothing has an empty id.
        let empty = |name: &str| {
            let mut params = self.params.iter();
            params.any(|(known, value)| known == name && *value == Given::Text(String::new()))
        };
        let missing = api.params.iter().filter(|param| param.required);
        let missing: BTreeSet<&str> = missing
            .filter(|param| {
                let name = param.name.as_str();
                let id = byname::takes_ids(name, &param.kind);
                !given.contains(name) || (id && empty(name))
            })
            .map(|param| param.name.as_str())
            .collect();
        if missing.is_empty() {
            return;
        }
        let verb = if missing.len() == 1 { "is" } else { "are" };
        self.problems.push(format!(
            "{} {verb} missing",
            Vec::from_iter(missing).join(", ")
        ));
        self.advise_help(api);
    }

    /// What the API says of its parameters together; an empty value is as none.
    fn rules(&mut self, api: &Api) {
        let params = &self.params;
        let given = |wanted: &str| {
            let of = |name: &str| api.param(name).is_some_and(|param| param.name == wanted);
            let mut values = params.iter().filter(|(name, _)| of(name));
            values.find_map(|(_, value)| match value {
                Given::Text(text) if text.is_empty() => None,
                Given::Text(text) | Given::Data(text) => Some(text.clone()),
                Given::File(_) | Given::Stdin => Some(String::new()),
            })
        };
        let problems = api.rules.iter().filter_map(|rule| rule.problem(&given));
        let problems: Vec<String> = problems.collect();
        if !problems.is_empty() {
            self.problems.extend(problems);
            self.advise_help(api);
        }
    }

    fn advise_help(&mut self, api: &Api) {
        self.advice
            .push(format!("`{} -h` shows its parameters", said(api)));
    }

    fn finish(
        mut self,
        command: String,
        name: String,
        api: Option<Arc<Api>>,
        unanswered: Option<&str>,
    ) -> Result<Call> {
        for setting in &self.settings.repeated {
            self.problems
                .push(format!("the setting `{setting}` is there twice"));
        }
        if let Some(setting) = unanswered {
            self.problems.push(format!("`--{setting}` needs a value"));
        }
        if self.problems.is_empty() {
            return Ok(Call {
                name,
                api,
                params: self.params,
                settings: self.settings.given,
                hints: self.hints,
                checked: false,
            });
        }
        let between = if self.problems.len() == 1 {
            " "
        } else {
            "\n  "
        };
        let problems = self.problems.join("\n  ");
        let mut error = Error::line(format!("`{command}` was not sent:{between}{problems}"));
        error.hints = self.advice;
        error.hints.sort();
        error.hints.dedup();
        Err(error)
    }
}

/// Verb and noun as they are typed, or the name of an API that begins with a capital.
fn said(api: &Api) -> String {
    let words = api.words();
    if words.starts_with(' ') {
        api.name.clone()
    } else {
        words
    }
}

fn own_setting(name: &str, known: &Language) -> Option<&'static str> {
    options::setting(name, known.settings).or_else(|| options::setting(name, &WIRE))
}

/// The error for `create network offering …` where the catalogue has createNetworkOffering.
fn noun_in_parts(api: &Api, rest: &[&str], known: &Language) -> Result<Option<Error>> {
    let entry = Entry {
        name: api.name.clone(),
        asynchronous: api.asynchronous,
    };
    let noun = entry.noun();
    let mut nouns = vec![noun.as_str()];
    nouns.extend(rest.iter().copied().take_while(|word| !word.contains('=')));
    let Some(phrase) = unknown::joined(entry.verb(), &nouns, known) else {
        return Ok(None);
    };
    let word = nouns.get(1).copied().unwrap_or_default();
    let message = format!("`{}` is not of the form name=value", shown(word));
    Ok(Some(
        Error::line(message).hint(format!("did you mean `{phrase}`?")),
    ))
}

/// `[0]`, `[0].key`, `[0].key[1]`
fn is_index(text: &str) -> bool {
    let Some((number, rest)) = text.strip_prefix('[').and_then(|t| t.split_once(']')) else {
        return false;
    };
    !number.is_empty()
        && number.bytes().all(|digit| digit.is_ascii_digit())
        && (rest.is_empty()
            || rest.starts_with('[')
            || rest.strip_prefix('.').is_some_and(|key| !key.is_empty()))
}

fn shown_value(name: &str, value: &str) -> String {
    if is_secret(name) {
        STRUCK.to_string()
    } else {
        shown(value)
    }
}

/// Where the value comes from: `@path`, `@-`, `@@…` for a text that begins with `@`.
fn given(name: &str, value: &str) -> std::result::Result<Given, String> {
    match value.strip_prefix('@') {
        None => Ok(Given::Text(value.to_string())),
        Some("") => Err(format!(
            "`{name}=@`: after the @ comes a file (`{name}=@path`), `-` for standard input, or a second @ for a value that begins with one",
            name = shown(name)
        )),
        Some("-") => Ok(Given::Stdin),
        Some(text) if text.starts_with('@') => Ok(Given::Text(text.to_string())),
        Some(path) => Ok(Given::File(path.to_string())),
    }
}
