//! What the words of a line are, shown by colour while they are typed. In come the line, the cursor, the language and which
//! variables are set, out come stretches of the line with their styles, or the line painted. Pure.

use std::ops::Range;

use crate::catalog::Api;
use crate::line::command::Language;
use crate::line::commands::commands;
use crate::line::expand::{name_of, path_of};
use crate::line::options;
use crate::line::subject::{Subject, subject};
use crate::line::words::{Word, split_open};

/// Longer lines are pasted and not typed; they are shown as they are, at once.
pub const LONGEST: usize = 16 << 10;

/// What a stretch of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A verb, a noun, a built-in.
    Known,
    /// A word that means nothing and cannot become one that does.
    Unknown,
    Quoted,
    /// One that is set; any other `$` is text.
    Variable,
    Pipe,
    Comment,
}

pub const PLAIN: &str = "\x1b[0m";
pub const DIM: &str = "\x1b[2m";

impl Style {
    fn escape(self) -> &'static str {
        match self {
            Style::Known => "\x1b[1m",
            Style::Unknown => "\x1b[31m",
            Style::Quoted => "\x1b[32m",
            Style::Variable => "\x1b[35m",
            Style::Pipe => "\x1b[36m",
            Style::Comment => DIM,
        }
    }
}

type Stretch = (Range<usize>, Style);

/// Whether a variable of that name is set.
type IsSet<'a> = &'a dyn Fn(&str) -> bool;

/// The line with colours. `cursor` is where somebody still types; nothing when the line is over.
pub fn paint(
    line: &str,
    cursor: Option<usize>,
    language: &Language<'_>,
    is_set: IsSet<'_>,
) -> String {
    let mut painted = String::with_capacity(line.len() * 2);
    let mut end = 0;
    for (place, style) in highlight(line, cursor, language, is_set) {
        painted.push_str(&line[end..place.start]);
        painted.push_str(style.escape());
        painted.push_str(&line[place.clone()]);
        painted.push_str(PLAIN);
        end = place.end;
    }
    painted.push_str(&line[end..]);
    painted
}

/// The stretches that have a style, in their order; none reaches into the next.
pub fn highlight(
    line: &str,
    cursor: Option<usize>,
    language: &Language<'_>,
    is_set: IsSet<'_>,
) -> Vec<Stretch> {
    let mut found = Vec::new();
    // What the commands before it will have set by then.
    let mut bound = Vec::new();
    for span in commands(line).spans {
        let start = span.start;
        let text = &line[span];
        let cursor = cursor.and_then(|cursor| cursor.checked_sub(start));
        let is_set = |name: &str| is_set(name) || bound.contains(&name);
        let stretches = command(text, cursor, language, &is_set).into_iter();
        found.extend(
            stretches.map(|(place, style)| (place.start + start..place.end + start, style)),
        );
        bound.extend(bound_by(text));
    }
    found
}

/// The name that `let` or `for` gives a value.
fn bound_by(text: &str) -> Option<&str> {
    let text = text.trim_ascii_start();
    let rest = text.strip_prefix("let").or(text.strip_prefix("for"))?;
    let name = name_of(rest.trim_ascii_start());
    (rest.starts_with([' ', '\t']) && !name.is_empty()).then_some(name)
}

fn command(
    text: &str,
    cursor: Option<usize>,
    language: &Language<'_>,
    is_set: IsSet<'_>,
) -> Vec<Stretch> {
    let blank = text.len() - text.trim_ascii_start().len();
    // The rest belongs to the user's shell.
    if text[blank..].starts_with('!') {
        return vec![(blank..blank + 1, Style::Pipe)];
    }
    let (split, _) = split_open(text);
    if let Some(first) = split.words.first().filter(|first| first.text == "shell") {
        return vec![(first.span.clone(), Style::Known)];
    }
    let mut stretches = Vec::new();
    let at_cursor = |word: &Word| {
        cursor.is_some_and(|cursor| (word.span.start..=word.span.end).contains(&cursor))
    };
    let typed: Vec<Typed> = split
        .words
        .iter()
        .map(|word| Typed {
            raw: &text[word.span.clone()],
            start: word.span.start,
            text: &word.text,
            open: at_cursor(word),
        })
        .collect();
    mark(&typed, language, is_set, &mut stretches);
    let after_words = split.words.last().map_or(0, |word| word.span.end);
    if split.pipe.is_some()
        && let Some(bar) = text[after_words..].find('|')
    {
        let bar = after_words + bar;
        stretches.push((bar..bar + 1, Style::Pipe));
    }
    if let Some(comment) = split.comment {
        stretches.push((comment, Style::Comment));
    }
    stretches
}

/// A word as it stands in the line.
struct Typed<'a> {
    raw: &'a str,
    start: usize,
    text: &'a str,
    /// Whether somebody is still typing it.
    open: bool,
}

impl Typed<'_> {
    fn place(&self) -> Range<usize> {
        self.start..self.start + self.raw.len()
    }

    /// Whether it may still become one of these.
    fn may_become<'w>(&self, mut words: impl Iterator<Item = &'w str>) -> bool {
        self.open && words.any(|word| begins(word, self.text))
    }
}

fn mark(words: &[Typed], language: &Language<'_>, is_set: IsSet<'_>, stretches: &mut Vec<Stretch>) {
    let (plain, options) = apart(words, language);
    let texts: Vec<&str> = plain.iter().map(|word| word.text).collect();
    // A catalogue that can't be read makes the line wrong later, and says so.
    let subject = subject(&texts, language).unwrap_or(Subject::Unknown);
    let leading = |rest: &[&str]| plain.len() - rest.len();
    let mut styles: Vec<Option<Style>> = vec![None; plain.len()];
    let mut api_of_line = None;
    match &subject {
        Subject::Api { rest, .. } if texts[0].contains('=') => {
            debug_assert!(rest.len() < plain.len());
        }
        Subject::Api { api, rest } => {
            styles[..leading(rest)].fill(Some(Style::Known));
            api_of_line = Some((api, leading(rest)));
        }
        Subject::Unchecked { api, .. } => {
            styles[0] = Some(Style::Known);
            styles[1] = api.as_ref().map(|_| Style::Known);
        }
        Subject::Builtin { .. } => {
            styles[0] = Some(Style::Known);
            if let Some(inner) = inner_command(&texts, language) {
                // What stands before the command is the built-in's own.
                let (outer, command) = words.split_at(place_of(words, plain[inner]));
                for word in outer {
                    let style = (word.start == plain[0].start).then_some(Style::Known);
                    word_stretches(word, style, is_set, stretches);
                }
                return mark(command, language, is_set, stretches);
            }
        }
        Subject::Verb { verb, rest } => {
            styles[0] = Some(Style::Known);
            if !rest.is_empty() {
                let nouns = language.catalog.nouns(verb);
                let becomes = plain[1].may_become(nouns.iter().map(String::as_str));
                styles[1] = (!becomes).then_some(Style::Unknown);
            }
        }
        Subject::UnknownApi(name) => {
            let command = plain.iter().position(|word| {
                word.text
                    .split_once('=')
                    .is_some_and(|(_, value)| value == *name)
            });
            if let Some(at) = command {
                let mut names = language.catalog.entries().iter();
                let becomes = plain[at].open && names.any(|entry| begins(&entry.name, name));
                styles[at] = (!becomes).then_some(Style::Unknown);
            }
        }
        Subject::Unknown => {
            if let Some(first) = plain.first().filter(|first| !first.text.contains('=')) {
                let becomes = first.text.starts_with(['?', '$'])
                    || first.may_become(language.catalog.entries().iter().map(|e| e.name.as_str()))
                    || first.may_become(language.builtins.iter().copied());
                styles[0] = (!becomes).then_some(Style::Unknown);
            }
        }
    }
    let mut marked: Vec<(&Typed, Option<Style>, bool)> = Vec::new();
    for (index, word) in plain.iter().enumerate() {
        let unknown_name = api_of_line
            .as_ref()
            .is_some_and(|(api, from)| index >= *from && !is_parameter(word, api, language));
        marked.push((word, styles[index], unknown_name));
    }
    marked.extend(
        options
            .into_iter()
            .map(|(word, known)| (word, None, !known)),
    );
    marked.sort_by_key(|(word, ..)| word.start);
    for (word, style, unknown_name) in marked {
        match word.raw.find('=') {
            Some(equals) if unknown_name && equals > 0 => {
                stretches.push((word.start..word.start + equals, Style::Unknown));
                values(&word.raw[equals..], word.start + equals, is_set, stretches);
            }
            _ if unknown_name => stretches.push((word.place(), Style::Unknown)),
            _ => word_stretches(word, style, is_set, stretches),
        }
    }
}

fn place_of(words: &[Typed], wanted: &Typed) -> usize {
    let found = words.iter().position(|word| word.start == wanted.start);
    found.unwrap_or(words.len())
}

/// The words without the options of the line, and the options, known or not.
fn apart<'w, 'a>(
    words: &'w [Typed<'a>],
    language: &Language<'_>,
) -> (Vec<&'w Typed<'a>>, Vec<(&'w Typed<'a>, bool)>) {
    let mut plain = Vec::new();
    let mut found = Vec::new();
    let mut value_follows = false;
    for word in words {
        let name = word.text.split('=').next().unwrap_or_default();
        if value_follows {
            value_follows = false;
            found.push((word, true));
        } else if !options::is_option(word.text) {
            plain.push(word);
        } else if options::is_switch(word.text, language.settings) {
            found.push((word, true));
        } else {
            let long = name.strip_prefix("--");
            let setting = long.and_then(|name| options::setting(name, language.settings));
            let known = setting.is_some() || word.text == "-o";
            value_follows = known && !word.text.contains('=');
            let settings = language.settings.iter();
            let becomes = long
                .is_some_and(|name| settings.clone().any(|known| begins(known, name)))
                || SWITCHES.iter().any(|switch| switch.starts_with(word.text));
            found.push((word, known || (word.open && becomes)));
        }
    }
    (plain, found)
}

const SWITCHES: [&str; 5] = ["-o", "-help", "--help", options::YES, options::REVEAL];

/// The place among the words of a built-in where a whole command begins, as after `watch 5` or `let vm =`.
pub fn inner_command(words: &[&str], language: &Language<'_>) -> Option<usize> {
    (1..words.len().saturating_sub(1)).find(|at| {
        language.verb(words[*at]).is_some_and(|verb| {
            let noun = words[at + 1];
            let mut entries = language.catalog.entries().iter();
            entries.any(|entry| entry.verb() == verb && entry.noun().eq_ignore_ascii_case(noun))
        })
    })
}

/// Whether a word after an API is a parameter or a setting, or may become one.
fn is_parameter(word: &Typed, api: &Api, language: &Language<'_>) -> bool {
    if word.text.starts_with('$') {
        return true;
    }
    let known = |name: &str| {
        api.param(name).is_some() || options::setting(name, language.settings).is_some()
    };
    match word.text.split_once('=') {
        Some((name, _)) => name.is_empty() || known(name),
        None => {
            let params = api.params.iter().map(|param| param.name.as_str());
            let names = params.chain(language.settings.iter().copied());
            word.may_become(names) || (word.open && word.text.contains('[') && known(word.text))
        }
    }
}

fn word_stretches(
    word: &Typed,
    style: Option<Style>,
    is_set: IsSet<'_>,
    stretches: &mut Vec<Stretch>,
) {
    match style {
        Some(style) => stretches.push((word.place(), style)),
        None => values(word.raw, word.start, is_set, stretches),
    }
}

/// The quoted parts of a word and the variables in it.
fn values(raw: &str, start: usize, is_set: IsSet<'_>, stretches: &mut Vec<Stretch>) {
    let bytes = raw.as_bytes();
    let mut at = 0;
    // Where the quoted stretch at hand began, and by what it ends.
    let mut quoted: Option<(usize, u8)> = None;
    while let Some(&byte) = bytes.get(at) {
        match (byte, quoted) {
            (b'\\', None | Some((_, b'"'))) => at += 1,
            (b'\'' | b'"', None) => quoted = Some((at, byte)),
            (_, Some((from, quote))) if byte == quote => {
                stretches.push((start + from..start + at + 1, Style::Quoted));
                quoted = None;
            }
            (b'$', None | Some((_, b'"'))) => {
                if let Some((length, style)) = variable(&raw[at..], is_set) {
                    if let Some((from, quote)) = quoted {
                        if from < at {
                            stretches.push((start + from..start + at, Style::Quoted));
                        }
                        quoted = Some((at + length, quote));
                    }
                    stretches.push((start + at..start + at + length, style));
                    at += length;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    if let Some((from, _)) = quoted.filter(|(from, _)| *from < raw.len()) {
        stretches.push((start + from..start + raw.len(), Style::Quoted));
    }
}

/// How long the variable is that the text begins with, `$vm[0].id` or `${vm.id}`, and how it is shown: with braces a name
/// that is not set is an error.
fn variable(text: &str, is_set: IsSet<'_>) -> Option<(usize, Style)> {
    if let Some(rest) = text.strip_prefix("${") {
        let inner = &rest[..rest.find('}')?];
        let style = match is_set(name_of(inner)) {
            true => Style::Variable,
            false => Style::Unknown,
        };
        return Some((inner.len() + 3, style));
    }
    let name = name_of(&text[1..]);
    let path = path_of(&text[1 + name.len()..]);
    is_set(name).then_some((1 + name.len() + path.len(), Style::Variable))
}

fn begins(word: &str, typed: &str) -> bool {
    word.get(..typed.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

#[cfg(test)]
mod tests;
