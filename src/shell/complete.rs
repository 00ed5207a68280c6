//! What may come next on a line. In come the line, the cursor and the language, out come candidates,
//! or the word that the values of a parameter are wanted: asking the cloud for them is not done here.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalog::names::Named;
use crate::catalog::{self, Api, Field, Param};
use crate::line::command::Language;
use crate::line::options;
use crate::line::subject::{Subject, subject};
use crate::line::words::{quote, split_open};

/// One way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Replaces the text from the start of the completion up to the cursor.
    pub text: String,
    /// What it is without quotes: the word, or what follows its `=`.
    pub value: String,
    /// What there is to say of it; often nothing.
    pub label: String,
    /// What is shown of it.
    pub display: String,
}

/// What the cloud or the file system would have to be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub api: Arc<Api>,
    /// In the catalogue's spelling, an index such as `[0].key` as typed.
    pub param: String,
    /// The value as far as it is typed, without quotes; it may begin with `@`.
    pub prefix: String,
    /// The parameters before it on the line.
    pub given: Vec<(String, String)>,
}

impl Wanted {
    /// What stands before the path of a file of this machine, where one is wanted: `@`, or nothing.
    pub fn of_file(&self) -> Option<&'static str> {
        let param = self.api.param(&self.param);
        if param.is_some_and(|param| param.kind == catalog::FILE) {
            return Some("");
        }
        let path = self.prefix.strip_prefix(AT)?;
        // `@@` begins a value with an @, and `@-` is standard input.
        (!path.starts_with(AT) && path != "-").then_some(AT)
    }

    /// Whether several values may stand there, with commas between.
    pub fn is_list(&self) -> bool {
        let param = self.api.param(&self.param);
        let list = param.is_some_and(is_list) && !self.param.contains('.');
        list || self.param.ends_with("ids")
    }
}

/// What may stand at the cursor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Completion {
    /// The byte where the replaced word begins.
    pub start: usize,
    pub candidates: Vec<Candidate>,
    /// Set when the values of a parameter are wanted that only the cloud knows.
    pub wanted: Option<Wanted>,
}

/// Settings whose values are fields of the answer, divided by commas.
const OF_FIELDS: [&str; 3] = ["filter", "exclude", "sort"];
/// Settings of an answer's output, the most wanted first.
const OF_OUTPUT: [&str; 9] = [
    "filter", "where", "sort", "limit", "exclude", "query", "count", "age", "output",
];
/// What may follow a field in a condition.
const OPERATORS: [&str; 5] = ["=", "!=", "~", ">", "<"];
/// What a value begins with that is read from a file.
const AT: &str = "@";
/// The label of a parameter that the call cannot do without.
const REQUIRED: &str = "required";

/// Finds what may stand at the cursor; only the text before it counts.
///
/// `builtin_words` gives the words that may follow a built-in and its arguments so far, `setting_values` the values of a setting.
pub fn complete(
    line: &str,
    cursor: usize,
    language: &Language<'_>,
    builtin_words: &dyn Fn(&str, &[&str]) -> Vec<String>,
    setting_values: &dyn Fn(&str) -> Vec<String>,
) -> Completion {
    let typed = before_cursor(line, cursor);
    let (words, _) = split_open(typed);
    let mut start = typed.len();
    if words.pipe.is_some() || words.comment.is_some() {
        return Completion {
            start,
            ..Completion::default()
        };
    }
    let mut current = String::new();
    let mut before = Vec::new();
    for word in words.words {
        if word.span.end == typed.len() {
            start = word.span.start;
            current = word.text;
        } else {
            before.push(word.text);
        }
    }
    let place = Place {
        current: &current,
        language,
        builtin_words,
        setting_values,
    };
    let (candidates, wanted) = match place.find(carried(&before, language)) {
        Found::Candidates(candidates) => (candidates, None),
        Found::Wanted(wanted) => (Vec::new(), Some(wanted)),
    };
    Completion {
        start,
        candidates,
        wanted,
    }
}

/// The words of the command that `watch`, `doctor`, `on`, `let` or `expect-error` is to carry out, or all of them.
fn carried<'w>(words: &'w [String], language: &Language<'_>) -> &'w [String] {
    let [first, rest @ ..] = words else {
        return words;
    };
    let mut rest = match (first.as_str(), rest) {
        ("watch", rest) => rest,
        ("doctor", rest) => return carried(after_options(rest), language),
        // The profiles themselves are words of its own.
        ("on", [_, rest @ ..]) => return carried(rest, language),
        ("let", [_, equals, rest @ ..]) if equals == "=" => return carried(rest, language),
        ("let", [name, rest @ ..]) if name.ends_with('=') => return carried(rest, language),
        ("expect-error", [code, rest @ ..])
            if language.verb(code).is_none() && language.builtin(code).is_none() =>
        {
            return carried(rest, language);
        }
        ("expect-error", rest) => return carried(rest, language),
        _ => return words,
    };
    loop {
        rest = match rest {
            [option, _, rest @ ..] if option == "--rounds" => rest,
            [word, rest @ ..]
                if word.starts_with("--rounds=")
                    || word.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                rest
            }
            _ => return rest,
        };
    }
}

/// The words after the options of `doctor`.
fn after_options(words: &[String]) -> &[String] {
    match words {
        [option, _, rest @ ..] if option == "--report" => after_options(rest),
        [option, rest @ ..] if option == "--send" || option.starts_with("--report=") => {
            after_options(rest)
        }
        _ => words,
    }
}

fn before_cursor(line: &str, cursor: usize) -> &str {
    let end = line.floor_char_boundary(cursor);
    line.get(..end).unwrap_or(line)
}

enum Found {
    Candidates(Vec<Candidate>),
    Wanted(Wanted),
}

/// The word at the cursor and all that can be said about it.
struct Place<'a> {
    current: &'a str,
    language: &'a Language<'a>,
    builtin_words: &'a dyn Fn(&str, &[&str]) -> Vec<String>,
    setting_values: &'a dyn Fn(&str) -> Vec<String>,
}

impl Place<'_> {
    fn find(&self, before: &[String]) -> Found {
        let first = before.first().map_or(self.current, String::as_str);
        if first.starts_with('!') || (first == "shell" && !before.is_empty()) {
            return Found::Candidates(Vec::new());
        }
        let own = options::take(before, self.language.settings);
        let given = own.settings.given.iter().map(|(name, _)| name.as_str());
        let given: Vec<&str> = given.collect();
        let words = own.rest.as_slice();
        let subject = subject(words, self.language).unwrap_or(Subject::Unknown);
        let api = match &subject {
            Subject::Api { api, .. } => Some(api),
            Subject::Unchecked { api, .. } => api.as_ref(),
            _ => None,
        };
        if let Some(setting) = own.unanswered {
            return self.setting(setting, "", self.current, api);
        }
        if self.current.starts_with('-') {
            if let Subject::Builtin { name, rest } = &subject {
                let own = self.after_builtin(name, rest);
                let own: Vec<String> = own
                    .into_iter()
                    .filter(|word| word.starts_with('-') && begins(word, self.current))
                    .collect();
                if !own.is_empty() {
                    return self.matching(own);
                }
            }
            return self.option(&given, api);
        }
        match subject {
            Subject::Api { api, rest } => self.after_api(&api, words, &rest, &given),
            Subject::Unchecked { api, rest, .. } => match api {
                Some(api) => self.after_api(&api, words, &rest, &given),
                None => self.after_unknown_api(&given),
            },
            Subject::Builtin { name, rest } => {
                match (name, &rest[..], self.current.split_once('=')) {
                    ("set", [], Some((name, value))) => {
                        self.setting(&name.to_ascii_lowercase(), &format!("{name}="), value, None)
                    }
                    _ => self.matching(self.after_builtin(name, &rest)),
                }
            }
            Subject::Verb { verb, rest } if rest.is_empty() => {
                self.matching(self.language.catalog.nouns(&verb))
            }
            Subject::Unknown if words.iter().all(|word| word.contains('=')) => {
                self.matching(self.first_words(words))
            }
            _ => Found::Candidates(Vec::new()),
        }
    }

    /// Those of the words that go on from what is typed; a word that ends in `=` is not over with it.
    fn matching(&self, words: impl IntoIterator<Item = String>) -> Found {
        let candidates = words
            .into_iter()
            .filter(|word| begins(word, self.current))
            .map(|word| match word.ends_with('=') {
                true => open(&word),
                false => whole(&word),
            });
        Found::Candidates(candidates.collect())
    }

    /// Verbs and built-ins; whole names of APIs where nothing else begins like this, and after `command=`.
    fn first_words(&self, words: &[&str]) -> Vec<String> {
        if let Some((name, _)) = self.current.split_once('=') {
            return match name.eq_ignore_ascii_case("command") {
                true => self.api_names(&format!("{name}=")),
                false => Vec::new(),
            };
        }
        if !words.is_empty() {
            return vec!["command=".to_string()];
        }
        let known = self.verbs_and_builtins();
        if known.iter().any(|word| begins(word, self.current)) {
            known
        } else {
            self.api_names("")
        }
    }

    fn verbs_and_builtins(&self) -> Vec<String> {
        let verbs = self.language.catalog.verbs().into_iter();
        // A built-in's case counts, so `e` is no beginning of EOF.
        let builtins = self.language.builtins.iter().copied();
        let builtins = builtins.filter(|name| name.starts_with(self.current));
        let words: BTreeSet<&str> = verbs
            .chain(builtins)
            .filter(|word| !word.is_empty())
            .collect();
        words.into_iter().map(str::to_string).collect()
    }

    /// What help tells of: the things too, once a letter of theirs is typed.
    fn told_by_help(&self) -> Vec<String> {
        let mut words = self.verbs_and_builtins();
        if !self.current.is_empty() {
            let entries = self.language.catalog.entries().iter();
            let nouns: BTreeSet<String> = entries.map(|one| one.noun().to_lowercase()).collect();
            words.extend(nouns.into_iter().filter(|noun| !noun.is_empty()));
            words.sort_unstable();
            words.dedup();
        }
        words
    }

    fn api_names(&self, lead: &str) -> Vec<String> {
        let entries = self.language.catalog.entries().iter();
        entries
            .map(|entry| format!("{lead}{}", entry.name))
            .collect()
    }

    fn after_builtin(&self, name: &str, rest: &[&str]) -> Vec<String> {
        let nouns = |verb: &str| self.language.catalog.nouns(verb);
        match (name, rest) {
            ("help", []) => self.told_by_help(),
            ("devcloud", ["fault", "add"]) => self.api_names(""),
            ("help", [verb]) => nouns(verb),
            ("api", []) => self.api_names(""),
            // `sync` alone is the built-in, `sync storagepool` the API.
            (_, []) => {
                let mut words = nouns(name);
                words.extend((self.builtin_words)(name, rest));
                words
            }
            _ => (self.builtin_words)(name, rest),
        }
    }

    fn after_api(&self, api: &Arc<Api>, words: &[&str], rest: &[&str], given: &[&str]) -> Found {
        let Some((name, value)) = self.current.split_once('=') else {
            let mut candidates = parameters(api, rest, self.current);
            candidates.extend(self.settings(api, rest, given, ""));
            if let [verb] = words {
                // `login` may be a whole API and a verb with nouns.
                let nouns = self.language.catalog.nouns(verb);
                candidates.extend(nouns.iter().map(|noun| whole(noun)));
            }
            candidates.retain(|candidate| begins(&candidate.value, self.current));
            return Found::Candidates(candidates);
        };
        match api.param(name) {
            Some(param) if param.kind.eq_ignore_ascii_case("boolean") => {
                let values = ["true", "false"].map(|value| format!("{}={value}", param.name));
                self.values(values, &format!("{}={value}", param.name))
            }
            Some(param) if !value.starts_with(AT) => {
                let catalog = self.language.catalog;
                let fixed = catalog.choices(&api.name, &param.name);
                if !fixed.is_empty() {
                    return Found::Candidates(fixed_candidates(param, &fixed, value));
                }
                match catalog.names(&api.name, &param.name) {
                    Some(names) => {
                        let values = names
                            .offered(value)
                            .map(|offered| format!("{}={offered}", param.name));
                        self.values(values, &format!("{}={value}", param.name))
                    }
                    None => Found::Wanted(wanted(api, param, name, value, rest)),
                }
            }
            Some(param) => Found::Wanted(wanted(api, param, name, value, rest)),
            None => match options::setting(name, self.language.settings) {
                Some(setting) => self.setting(setting, &format!("{name}="), value, Some(api)),
                None => Found::Candidates(Vec::new()),
            },
        }
    }

    /// After `api NAME` with a name that the catalogue does not have only settings are known.
    fn after_unknown_api(&self, given: &[&str]) -> Found {
        match self.current.split_once('=') {
            Some((name, value)) => match options::setting(name, self.language.settings) {
                Some(setting) => self.setting(setting, &format!("{name}="), value, None),
                None => Found::Candidates(Vec::new()),
            },
            None => self.matching(self.setting_names(given, "")),
        }
    }

    /// A word that begins with a dash.
    fn option(&self, given: &[&str], api: Option<&Arc<Api>>) -> Found {
        if let Some((name, value)) = self.current.split_once('=') {
            let known = self.language.settings;
            let setting = name
                .strip_prefix("--")
                .and_then(|n| options::setting(n, known));
            return match setting {
                Some(setting) => self.setting(setting, &format!("{name}="), value, api),
                None => Found::Candidates(Vec::new()),
            };
        }
        let names = self.setting_names(given, "--");
        let asked = self.language.settings.contains(&"confirm") && !given.contains(&"confirm");
        let switches = ["--help", options::YES, options::REVEAL]
            .into_iter()
            .filter(|word| *word != options::YES || asked);
        self.matching(names.into_iter().chain(switches.map(String::from)))
    }

    fn setting_names(&self, given: &[&str], lead: &str) -> Vec<String> {
        let settings = self.language.settings.iter();
        settings
            .filter(|setting| !given.contains(setting))
            .map(|setting| format!("{lead}{setting}="))
            .collect()
    }

    /// The settings that no parameter of the API hides: those that say what is printed, and the others once a letter of
    /// theirs is typed.
    fn settings(&self, api: &Api, rest: &[&str], given: &[&str], lead: &str) -> Vec<Candidate> {
        let on_line: Vec<&str> = names(rest).collect();
        let place = |setting: &String| {
            let name = setting.trim_end_matches('=');
            OF_OUTPUT.iter().position(|of| *of == name)
        };
        let mut settings = self.setting_names(given, lead);
        settings.retain(|setting| !self.current.is_empty() || place(setting).is_some());
        settings.sort_by_key(|setting| place(setting).unwrap_or(OF_OUTPUT.len()));
        settings
            .iter()
            .filter(|setting| {
                let name = setting.trim_end_matches('=');
                api.param(name).is_none() && !on_line.iter().any(|on| on.eq_ignore_ascii_case(name))
            })
            .map(|setting| open(setting))
            .collect()
    }

    /// The values of a setting; `lead` is what stands before the value in the same word.
    fn setting(&self, setting: &str, lead: &str, value: &str, api: Option<&Arc<Api>>) -> Found {
        if OF_FIELDS.contains(&setting) {
            let fields = api.map_or(&[][..], |api| api.response.as_slice());
            return Found::Candidates(field_candidates(fields, lead, value));
        }
        if setting == "where" {
            let fields = api.map_or(&[][..], |api| api.response.as_slice());
            return Found::Candidates(condition_candidates(fields, lead, value));
        }
        let values = (self.setting_values)(setting);
        let values = values.iter().map(|value| format!("{lead}{value}"));
        self.values(values, &format!("{lead}{value}"))
    }

    /// Those of the whole words `name=value` that go on from what is typed.
    fn values(&self, words: impl IntoIterator<Item = String>, typed: &str) -> Found {
        let candidates = words.into_iter().filter(|word| begins(word, typed));
        Found::Candidates(candidates.map(|word| whole(&word)).collect())
    }
}

/// A word after which the next one begins.
pub fn whole(word: &str) -> Candidate {
    let going_on = open(word);
    Candidate {
        text: format!("{} ", going_on.text),
        ..going_on
    }
}

/// A word that may go on.
pub fn open(word: &str) -> Candidate {
    let value = match word.split_once('=') {
        Some((_, value)) if !value.is_empty() => value,
        _ => word,
    };
    Candidate {
        text: quote(word),
        value: value.to_string(),
        label: String::new(),
        display: value.to_string(),
    }
}

fn begins(word: &str, typed: &str) -> bool {
    let mut letters = word.chars().flat_map(char::to_lowercase);
    typed
        .chars()
        .flat_map(char::to_lowercase)
        .all(|letter| letters.next() == Some(letter))
}

/// The names of the words that are `name=value`.
fn names<'w>(words: &'w [&'w str]) -> impl Iterator<Item = &'w str> {
    words
        .iter()
        .filter_map(|word| word.split_once('=').map(|(name, _)| name))
}

fn is_list(param: &Param) -> bool {
    param.kind.eq_ignore_ascii_case("list")
}

/// The values of a fixed set that go on from what is typed; after the commas of a list those that are not in it yet.
fn fixed_candidates(param: &Param, fixed: &[Named], value: &str) -> Vec<Candidate> {
    let comma = value.rfind(',').filter(|_| is_list(param));
    let (done, typed) = value.split_at(comma.map_or(0, |at| at + 1));
    let known = fixed.iter().filter(|known| {
        begins(&known.value, typed) && !done.split(',').any(|done| done == known.value)
    });
    let candidates = known.map(|known| {
        let made = whole(&format!("{}={done}{}", param.name, known.value));
        if known.name == known.value {
            return Candidate {
                display: known.value.clone(),
                ..made
            };
        }
        Candidate {
            label: known.name.clone(),
            display: format!("{}  {}", known.value, known.name),
            ..made
        }
    });
    candidates.collect()
}

fn wanted(api: &Arc<Api>, param: &Param, name: &str, value: &str, rest: &[&str]) -> Wanted {
    Wanted {
        api: Arc::clone(api),
        param: api
            .spelt(name)
            .map_or_else(|| param.name.clone(), |(_, spelt)| spelt),
        prefix: value.to_string(),
        given: given_params(api, rest),
    }
}

fn given_params(api: &Api, rest: &[&str]) -> Vec<(String, String)> {
    rest.iter()
        .filter_map(|word| {
            let (name, value) = word.split_once('=')?;
            Some((api.spelt(name)?.1, value.to_string()))
        })
        .collect()
}

/// The parameters that are not on the line yet, the required ones first.
fn parameters(api: &Api, rest: &[&str], typed: &str) -> Vec<Candidate> {
    let mut params: Vec<&Param> = api.params.iter().collect();
    params.sort_by_key(|param| (param.name.as_str(), !param.required));
    // A server may tell the same parameter twice.
    params.dedup_by_key(|param| param.name.as_str());
    params.sort_by_key(|param| !param.required);
    params
        .iter()
        .flat_map(|param| {
            let given = || names(rest).any(|name| name.eq_ignore_ascii_case(&param.name));
            let words = if param.kind.eq_ignore_ascii_case("map") && param.members.is_empty() {
                entries(param, rest, typed)
            } else if !param.members.is_empty() && (!is_list(param) || begins_part(param, typed)) {
                parts(param, rest, typed)
            } else if given() {
                Vec::new()
            } else {
                vec![format!("{}=", param.name)]
            };
            // A part may do for the whole.
            let there = names(rest).any(|name| {
                api.param(name)
                    .is_some_and(|known| known.name == param.name)
            });
            let required = param.required && (!there || param.members.is_empty());
            words.into_iter().map(move |word| match required {
                true => Candidate {
                    label: REQUIRED.into(),
                    display: format!("{word} ({REQUIRED})"),
                    ..open(&word)
                },
                false => open(&word),
            })
        })
        .collect()
}

/// The next entry of a map, and those begun once the bracket is typed: `details[0].`, `details[1].`
fn entries(param: &Param, rest: &[&str], typed: &str) -> Vec<String> {
    let mut indexes: BTreeSet<usize> = names(rest)
        .filter_map(|name| {
            let (base, index) = name.split_once('[')?;
            let (index, _) = index.split_once(']')?;
            base.eq_ignore_ascii_case(&param.name)
                .then(|| index.parse().ok())?
        })
        .collect();
    let next = indexes.last().map_or(0, |last| last.saturating_add(1));
    if !typed.contains('[') {
        indexes.clear();
    }
    indexes.insert(next);
    let indexes = indexes.iter();
    indexes
        .map(|index| format!("{}[{index}].", param.name))
        .collect()
}

/// Whether what is typed goes on after the parameter's name.
fn begins_part(param: &Param, typed: &str) -> bool {
    let part = typed
        .get(..param.name.len())
        .filter(|base| base.eq_ignore_ascii_case(&param.name))
        .and_then(|base| typed.get(base.len()..));
    part.is_some_and(|part| part.starts_with(['.', '[']))
}

/// The parts that are not on the line: of the next number, and once a part is begun of those that were begun before.
fn parts(param: &Param, rest: &[&str], typed: &str) -> Vec<String> {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let given: Vec<String> = names(rest)
        .filter_map(|name| {
            let base = name.get(..param.name.len())?;
            let same = base.eq_ignore_ascii_case(&param.name);
            same.then(|| param.member(&name[base.len()..]))?
                .map(|(_, spelt)| spelt)
        })
        .collect();
    let number = |part: &str| -> Option<u64> {
        let digits = part
            .split(|letter| !is_digit(letter))
            .find(|run| !run.is_empty());
        digits?.parse().ok()
    };
    let begun: BTreeSet<u64> = given.iter().filter_map(|part| number(part)).collect();
    let mut words = Vec::new();
    for member in &param.members {
        let Some(first) = number(&member.name) else {
            words.push(member.name.clone());
            continue;
        };
        let next = match param.kind.as_str() {
            catalog::RECORD => first,
            _ => begun.last().map_or(first, |last| last.saturating_add(1)),
        };
        let mut numbers = BTreeSet::from([next]);
        if begins_part(param, typed) {
            numbers.extend(&begun);
        }
        words.extend(numbers.into_iter().map(|number| {
            member
                .name
                .replacen(&first.to_string(), &number.to_string(), 1)
        }));
    }
    words.retain(|word| !given.contains(word));
    words
        .into_iter()
        .map(|word| format!("{}{word}=", param.name))
        .collect()
}

/// The fields that may follow the last comma; those of a nested record once its name is typed.
fn field_candidates(fields: &[Field], lead: &str, value: &str) -> Vec<Candidate> {
    let (done, segment) = match value.rsplit_once(',') {
        Some((done, segment)) => (format!("{done},"), segment),
        None => (String::new(), value),
    };
    // `-` before a field sorts downwards, and a quoted list may have blanks after its commas.
    let field = segment.trim_start_matches([' ', '-']);
    let sign = segment.strip_suffix(field).unwrap_or("");
    let taken: Vec<&str> = done
        .split(',')
        .map(|name| name.trim_matches([' ', '-']))
        .collect();
    let mut paths = Vec::new();
    collect_paths(fields, "", field, &mut paths);
    paths
        .iter()
        .filter(|path| !taken.contains(&path.as_str()))
        .map(|path| Candidate {
            display: path.clone(),
            ..open(&format!("{lead}{done}{sign}{path}"))
        })
        .collect()
}

/// The fields that a condition after the last comma may be about, and the operators once one is there.
fn condition_candidates(fields: &[Field], lead: &str, value: &str) -> Vec<Candidate> {
    let segment = value.rsplit_once(',').map_or(value, |(_, segment)| segment);
    if segment.contains(['=', '!', '~', '<', '>']) {
        return Vec::new();
    }
    let found = field_candidates(fields, lead, value);
    let mut paths = Vec::new();
    collect_paths(fields, "", segment, &mut paths);
    match paths.iter().any(|path| path == segment) {
        true if paths.len() == 1 => {
            // A quote that is closed could not be written on in.
            let operators = OPERATORS.map(|operator| Candidate {
                text: format!("{lead}{value}{operator}"),
                value: format!("{segment}{operator}"),
                label: String::new(),
                display: format!("{segment}{operator}"),
            });
            operators.into()
        }
        _ => found,
    }
}

fn collect_paths(fields: &[Field], above: &str, typed: &str, paths: &mut Vec<String>) {
    for field in fields.iter().filter(|field| !field.name.is_empty()) {
        let path = format!("{above}{}", field.name);
        if begins(&path, typed) && !paths.contains(&path) {
            paths.push(path.clone());
        }
        if !field.response.is_empty() && begins(typed, &path) {
            collect_paths(&field.response, &format!("{path}."), typed, paths);
        }
    }
}

pub mod variables;

#[cfg(test)]
mod tests;
