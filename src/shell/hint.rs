//! What may follow on a line, shown in grey behind the cursor. In come the line and the language, or a line of the
//! history, out comes what is shown and what is taken over. Pure.

use super::highlight::inner_command;
use crate::catalog::Api;
use crate::line::command::Language;
use crate::line::commands::commands;
use crate::line::options;
use crate::line::subject::{Subject, subject};
use crate::line::words::split_open;

/// The most letters of a hint that are shown.
const MOST: usize = 200;

/// What is shown behind the cursor, and what it becomes when it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub shown: String,
    pub text: String,
}

/// The rest of a line of the history that begins like the one that is typed.
pub fn of_history(line: &str, earlier: &str) -> Option<Hint> {
    let text = earlier.strip_prefix(line)?;
    let mut shown: String = text
        .chars()
        .take_while(|letter| *letter != '\n')
        .take(MOST)
        .map(|letter| match letter.is_control() {
            true => char::REPLACEMENT_CHARACTER,
            false => letter,
        })
        .collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    (!text.is_empty()).then(|| Hint {
        shown,
        text: text.to_string(),
    })
}

/// The required parameters that the call at the end of the line still lacks; the first of them is taken over.
pub fn of_call(line: &str, language: &Language<'_>) -> Option<Hint> {
    let last = commands(line).spans.pop()?;
    // A line end after it has ended it.
    if line[last.end..].contains('\n') {
        return None;
    }
    let text = &line[last];
    let (split, unfinished) = split_open(text);
    if unfinished.is_some() || split.pipe.is_some() || split.comment.is_some() {
        return None;
    }
    let touched = split
        .words
        .last()
        .is_some_and(|word| word.span.end == text.len());
    let words: Vec<String> = split.words.into_iter().map(|word| word.text).collect();
    let own = options::take(&words, language.settings);
    if own.help || own.unanswered.is_some() {
        return None;
    }
    let mut words = own.rest;
    if let Some(inner) = inner_command(&words, language) {
        let builtin = words
            .first()
            .is_some_and(|first| language.builtin(first).is_some());
        words.drain(..if builtin { inner } else { 0 });
    }
    let Ok(Subject::Api { api, rest }) = subject(&words, language) else {
        return None;
    };
    let missing: Vec<&str> = missing(&api, &rest);
    // What is typed at the end may be the beginning of one of them; after a whole word a blank comes first.
    match rest.last().filter(|_| touched) {
        Some(word) if word.ends_with('=') => None,
        Some(word) if !word.contains('=') => going_on(word, &missing),
        _ if touched => hint(" ", &missing),
        _ => hint("", &missing),
    }
}

fn missing<'a>(api: &'a Api, rest: &[&str]) -> Vec<&'a str> {
    let given = |name: &str| {
        rest.iter().any(|word| {
            let given = word.split(['=', '[']).next().unwrap_or_default();
            word.contains('=') && given.eq_ignore_ascii_case(name)
        })
    };
    let mut missing: Vec<&str> = Vec::new();
    for param in api.params.iter().filter(|param| param.required) {
        // A server may tell the same parameter twice.
        if !given(&param.name) && !missing.contains(&param.name.as_str()) {
            missing.push(&param.name);
        }
    }
    missing
}

/// The rest of the first missing one that begins like the word, and the others after it.
fn going_on(word: &str, missing: &[&str]) -> Option<Hint> {
    let at = missing.iter().position(|name| {
        let start = name.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    })?;
    let mut ordered = vec![&missing[at][word.len()..]];
    ordered.extend(
        missing
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at)
            .map(|(_, name)| *name),
    );
    hint("", &ordered)
}

fn hint(lead: &str, names: &[&str]) -> Option<Hint> {
    let first = names.first()?;
    let all: Vec<String> = names.iter().map(|name| format!("{name}=")).collect();
    Some(Hint {
        shown: format!("{lead}{}", all.join(" ")),
        text: format!("{lead}{first}="),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::testing::{BUILTINS, Random, SETTINGS, small};

    fn call(line: &str) -> Option<(String, String)> {
        let catalog = small();
        let language = Language {
            catalog: &catalog,
            builtins: BUILTINS,
            settings: SETTINGS,
        };
        of_call(line, &language).map(|hint| (hint.shown, hint.text))
    }

    #[test]
    fn what_a_call_still_needs_is_hinted() {
        let all = "serviceofferingid= templateid= zoneid=";
        for (line, shown, text) in [
            ("deploy virtualmachine ", all, "serviceofferingid="),
            (
                "deploy virtualmachine",
                &format!(" {all}"),
                " serviceofferingid=",
            ),
            (
                "list zones\ndeploy virtualmachine ",
                all,
                "serviceofferingid=",
            ),
            ("watch 5 deploy virtualmachine ", all, "serviceofferingid="),
            (
                "deploy virtualmachine templateid=x zo",
                "neid= serviceofferingid=",
                "neid=",
            ),
            (
                "deploy virtualmachine TemplateId=x size=1",
                " serviceofferingid= zoneid=",
                " serviceofferingid=",
            ),
            ("query asyncjobresult --output=json ", "jobid=", "jobid="),
        ] {
            assert_eq!(call(line), Some((shown.into(), text.into())), "{line}");
        }
        for line in [
            "",
            "list users ",
            "deploy ",
            "deploy virtualmachine zoneid=",
            "deploy virtualmachine bogus",
            "deploy virtualmachine -h ",
            "deploy virtualmachine | ",
            "deploy virtualmachine # ",
            "deploy virtualmachine name='a b",
            "start virtualmachine id=1 ",
            "deploy virtualmachine\n",
        ] {
            assert_eq!(call(line), None, "{line}");
        }
    }

    #[test]
    fn a_line_of_the_history_goes_on_from_what_is_typed() {
        let hint = of_history("list z", "list zones").unwrap();
        assert_eq!((hint.shown.as_str(), hint.text.as_str()), ("ones", "ones"));
        let hint = of_history("x", "x name='a\nb'").unwrap();
        assert_eq!(
            (hint.shown.as_str(), hint.text.as_str()),
            (" name='a…", " name='a\nb'")
        );
        assert_eq!(of_history("x", "x"), None);
        assert_eq!(of_history("x", "y"), None);
    }

    #[test]
    fn no_line_panics() {
        let catalog = small();
        let language = Language {
            catalog: &catalog,
            builtins: BUILTINS,
            settings: SETTINGS,
        };
        let mut random = Random::new(43);
        for _ in 0..20_000 {
            of_call(&random.line(), &language);
        }
    }
}
