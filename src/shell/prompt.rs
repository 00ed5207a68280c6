//! The prompt: a template and what there is to say at the moment in, what is shown before a line out. Pure.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::print::surface::{DIM, PLAIN, RED, drives};

/// What may stand in braces, and what it shows.
pub const NAMES: &[(&str, &str)] = &[
    ("profile", "the profile in use"),
    ("user", "the user who logs in, where there is one"),
    ("host", "the cloud's host"),
    ("time", "the time of day"),
    ("status", "the exit status of the last command"),
    ("elapsed", "how long the last command took"),
];

const USUAL: &str = "({profile}) >";
/// A command that took longer than this is told of without being asked for.
const LONG: Duration = Duration::from_secs(2);

/// What there is to say.
#[derive(Clone, Debug, Default)]
pub struct Situation {
    pub profile: String,
    pub user: String,
    pub host: String,
    pub time: String,
    /// The last command's exit status.
    pub status: u8,
    /// How long the last command took, until that was told.
    pub elapsed: Option<Duration>,
}

/// A prompt twice: as its width is counted, and with colours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    pub plain: String,
    pub styled: String,
}

/// The prompt of a template; an empty one is the usual. What it does not know in braces it shows as it stands.
pub fn prompt(template: &str, now: &Situation) -> Prompt {
    let template = match template.trim_end() {
        "" => USUAL,
        template => template,
    };
    let mut text = String::new();
    for part in parts(template) {
        match part {
            Part::Text(literal) => text.push_str(literal),
            Part::Name(name, written) => match value(name, now) {
                Some(value) => text.push_str(&value),
                None => text.push_str(written),
            },
        }
    }
    let text = harmless(&text);
    let told = parts(template).any(|part| matches!(part, Part::Name("elapsed", _)));
    let long = now.elapsed.filter(|elapsed| *elapsed > LONG && !told);
    let took = long.map_or(String::new(), |elapsed| format!("[{}] ", spelt(elapsed)));
    let plain = format!("{took}{text} ");
    let mut styled = String::new();
    if !took.is_empty() {
        styled.push_str(&format!("{DIM}{took}{PLAIN}"));
    }
    if now.status == 0 {
        styled.push_str(&format!("{text} "));
    } else {
        styled.push_str(&format!("{RED}{text}{PLAIN} "));
    }
    Prompt { plain, styled }
}

/// Refuses a template with a name that nothing is known of.
pub fn check(template: &str) -> Result<()> {
    let unknown = parts(template).find_map(|part| match part {
        Part::Name(name, _) if !NAMES.iter().any(|(known, _)| *known == name) => Some(name),
        _ => None,
    });
    match unknown {
        None => Ok(()),
        Some(name) => {
            let known: Vec<String> = NAMES
                .iter()
                .map(|(name, _)| format!("{{{name}}}"))
                .collect();
            Err(
                Error::line(format!("prompt: there is nothing to show for {{{name}}}"))
                    .hint(format!("there are {}", known.join(", ")))
                    .hint(format!("{{{{{name}}} shows the braces themselves")),
            )
        }
    }
}

fn value(name: &str, now: &Situation) -> Option<String> {
    Some(match name {
        "profile" => now.profile.clone(),
        "user" => now.user.clone(),
        "host" => now.host.clone(),
        "time" => now.time.clone(),
        "status" => now.status.to_string(),
        "elapsed" => now.elapsed.map_or(String::new(), spelt),
        _ => return None,
    })
}

enum Part<'a> {
    Text(&'a str),
    /// The name, and how it was written.
    Name(&'a str, &'a str),
}

/// `{name}` is a name, `{{` a brace, and everything else text.
fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (part, length) = match rest.find('{') {
            Some(0) => brace(rest),
            Some(at) => (Part::Text(&rest[..at]), at),
            None => (Part::Text(rest), rest.len()),
        };
        rest = &rest[length..];
        Some(part)
    })
}

fn brace(text: &str) -> (Part<'_>, usize) {
    if text.starts_with("{{") {
        return (Part::Text("{"), 2);
    }
    let name = text[1..].split('}').next().unwrap_or_default();
    let written = name.len() + 2;
    let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match text.get(..written) {
        Some(whole) if named => (Part::Name(name, whole), written),
        _ => (Part::Text("{"), 1),
    }
}

/// Seconds with a tenth below a minute, whole ones above.
fn spelt(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", elapsed.as_millis() as f64 / 1000.0),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Text without what a terminal would obey; its width could not be told otherwise either.
fn harmless(text: &str) -> String {
    let letter = |letter: char| match drives(letter) {
        true => char::REPLACEMENT_CHARACTER,
        false => letter,
    };
    text.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Situation {
        Situation {
            profile: "prod".into(),
            host: "cloud.example.org".into(),
            time: "12:34:56".into(),
            ..Situation::default()
        }
    }

    #[test]
    fn a_template_shows_what_it_names() {
        for (template, shown) in [
            ("", "(prod) > "),
            ("  ", "(prod) > "),
            ("myprompt>", "myprompt> "),
            (
                "{profile}@{host} {time} {status}$ ",
                "prod@cloud.example.org 12:34:56 0$ ",
            ),
            ("{user}>", "> "),
            ("{{profile} {", "{profile} { "),
            ("{} {no such} {bogus} }>", "{} {no such} {bogus} }> "),
            ("日本語 {profile}", "日本語 prod "),
            ("a\u{1b}[2J\u{7}>", "a\u{fffd}[2J\u{fffd}> "),
        ] {
            assert_eq!(prompt(template, &now()).plain, shown, "{template}");
        }
    }

    #[test]
    fn a_failure_is_red_and_only_what_took_long_is_told() {
        let mut now = Situation {
            status: 1,
            elapsed: Some(Duration::from_millis(1999)),
            ..now()
        };
        let shown = prompt("", &now);
        assert_eq!(shown.plain, "(prod) > ");
        assert_eq!(shown.styled, "\u{1b}[31m(prod) >\u{1b}[0m ");
        now.status = 0;
        now.elapsed = Some(Duration::from_millis(3240));
        let shown = prompt("", &now);
        assert_eq!(shown.plain, "[3.2 s] (prod) > ");
        assert_eq!(shown.styled, "\u{1b}[2m[3.2 s] \u{1b}[0m(prod) > ");
        assert_eq!(prompt("{elapsed}>", &now).plain, "3.2 s> ");
        now.elapsed = Some(Duration::from_secs(3725));
        assert_eq!(prompt("", &now).plain, "[1 h 2 min] (prod) > ");
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_there_are() {
        check("{profile} {time}> {} { {no such} {{bogus}").unwrap();
        let error = check("{bogus}>").unwrap_err();
        assert!(error.message.contains("{bogus}"), "{error}");
        assert!(error.hints[0].contains("{profile}"), "{error:?}");
        check("{{bogus}>").unwrap();
    }

    #[test]
    fn no_template_panics() {
        let mut random = crate::line::testing::Random::new(5);
        for _ in 0..5_000 {
            let template = random.text(12).replace('q', "{").replace('"', "}");
            let _ = check(&template);
            let shown = prompt(&template, &now());
            assert!(!shown.plain.contains(char::is_control));
        }
    }
}
