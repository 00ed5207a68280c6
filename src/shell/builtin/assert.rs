//! `assert LEFT OPERATOR RIGHT`: fails with status 8 unless the two sides are to each other as the operator says.

use regex::RegexBuilder;

use super::{Builtin, no_words};
use crate::error::{Error, Kind, Result};
use crate::line::expand::{self, unset};
use crate::line::secrets::STRUCK;
use crate::line::variables::{Held, Variable};
use crate::line::words::{self, Word};
use crate::shell::session::{Session, Shown};

pub const ASSERT: Builtin = Builtin {
    name: "assert",
    args: "LEFT ==|!=|~|<|>|contains RIGHT",
    about: "Fails with status 8 unless it holds; ~ is a regular expression",
    run,
    words: no_words,
};

const OPERATORS: [&str; 6] = ["==", "!=", "~", "<", ">", "contains"];
/// How much of a side an error shows, in characters.
const SHOWN: usize = 500;
/// No regular expression takes more memory than this, in bytes.
const LARGEST: usize = 1 << 20;

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let line = args.first().map_or("", String::as_str);
    let [left, operator, right] = parts(line)?;
    for side in [&left, &right] {
        if let Some(name) = unset(side, &session.variables) {
            return Err(Error::line(format!("assert: no variable {name} is set"))
                .hint(format!("`let {name} = …` sets one"))
                .hint("a $ that is part of a value is quoted: '$x'"));
        }
    }
    let sides = [side(&left, session)?, side(&right, session)?];
    let [known, wanted] = &sides;
    let problem = match holds(known, &operator.text, wanted)? {
        Holds::Yes => return Ok(Shown::Nothing),
        Holds::No => String::new(),
        Holds::NoNumber(text) => format!(" ({text} is no number)"),
    };
    let secret = sides.iter().any(|side| side.secret);
    let shown = |side: &Side| match secret {
        true => STRUCK.to_string(),
        false => shown(&side.text),
    };
    Err(Error::new(
        Kind::Assertion,
        format!(
            "assertion failed: {} {} {}: {} {} {}{}",
            left.text,
            operator.text,
            right.text,
            shown(known),
            operator.text,
            shown(wanted),
            if secret { "" } else { &problem }
        ),
    ))
}

fn parts(line: &str) -> Result<[Word; 3]> {
    let wrong = |what: &str| {
        Error::line(format!("assert: {what}"))
            .hint("as in `assert $vm.state == Running`; a side with blanks or a | is quoted")
            .hint(format!("the operators are {}", OPERATORS.join(" ")))
    };
    let split = words::split(line).map_err(|_| wrong("a quote is not closed"))?;
    if split.pipe.is_some() {
        return Err(wrong("it prints nothing that a pipe could read"));
    }
    let parts = <[Word; 3]>::try_from(split.words)
        .map_err(|_| wrong("two sides and an operator between them are wanted"))?;
    match OPERATORS.contains(&parts[1].text.as_str()) {
        true => Ok(parts),
        false => Err(wrong("there is no operator between the two sides")),
    }
}

/// One side: its text, and the members of a list.
struct Side {
    text: String,
    members: Option<Vec<String>>,
    secret: bool,
}

fn side(word: &Word, session: &Session) -> Result<Side> {
    let Variable { held, secret } = expand::held(word, &session.variables)?;
    let name = word
        .text
        .trim_start_matches(['$', '{'])
        .trim_end_matches('}');
    let text = held.text(name).map_err(Error::line)?;
    let members = match &held {
        Held::Rows(_) => {
            let mut members = Vec::new();
            held.each(&mut |member| {
                members.extend(member.text(name));
                true
            });
            Some(members)
        }
        _ => None,
    };
    Ok(Side {
        text,
        members,
        secret,
    })
}

enum Holds {
    Yes,
    No,
    /// What should have been a number.
    NoNumber(String),
}

fn holds(left: &Side, operator: &str, right: &Side) -> Result<Holds> {
    let yes = match operator {
        "==" => left.text == right.text,
        "!=" => left.text != right.text,
        "contains" => match &left.members {
            Some(members) => members.contains(&right.text),
            None => left.text.contains(&right.text),
        },
        "~" => RegexBuilder::new(&right.text)
            .size_limit(LARGEST)
            .build()
            .map_err(|why| Error::line(format!("assert: {why}")))?
            .is_match(&left.text),
        less_or_greater => {
            for side in [left, right] {
                if number(&side.text).is_none() {
                    return Ok(Holds::NoNumber(shown(&side.text)));
                }
            }
            let (less, greater) = ordered(&left.text, &right.text);
            if less_or_greater == "<" {
                less
            } else {
                greater
            }
        }
    };
    Ok(if yes { Holds::Yes } else { Holds::No })
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Whether the first number is less than the second, and whether it is greater. Whole numbers are compared digit by digit.
fn ordered(left: &str, right: &str) -> (bool, bool) {
    if let (Ok(left), Ok(right)) = (left.parse::<i128>(), right.parse::<i128>()) {
        return (left < right, left > right);
    }
    match (number(left), number(right)) {
        (Some(left), Some(right)) => (left < right, left > right),
        _ => (false, false),
    }
}

fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    match shown.is_empty() || shown.contains(char::is_whitespace) {
        true => format!("\"{shown}\""),
        false => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(left: &str, operator: &str, right: &str) -> Option<bool> {
        let side = |text: &str| Side {
            text: text.into(),
            members: text
                .contains(',')
                .then(|| text.split(',').map(String::from).collect()),
            secret: false,
        };
        match holds(&side(left), operator, &side(right)).ok()? {
            Holds::Yes => Some(true),
            Holds::No => Some(false),
            Holds::NoNumber(_) => None,
        }
    }

    #[test]
    fn each_operator_says_what_it_should() {
        for (left, operator, right, expected) in [
            ("Running", "==", "Running", Some(true)),
            ("1.0", "==", "1", Some(false)),
            ("a", "!=", "b", Some(true)),
            ("web-12", "~", "^web-[0-9]+$", Some(true)),
            ("web", "~", "^db", Some(false)),
            ("web", "~", "(", None),
            ("9", "<", "10", Some(true)),
            ("-1.5", "<", "-1", Some(true)),
            ("2", ">", "2", Some(false)),
            (
                "90071992547409930000001",
                ">",
                "90071992547409930000000",
                Some(true),
            ),
            ("x", "<", "1", None),
            ("", ">", "1", None),
            ("web server", "contains", "b s", Some(true)),
            ("aa,b", "contains", "a", Some(false)),
            ("aa,b", "contains", "b", Some(true)),
        ] {
            assert_eq!(
                is(left, operator, right),
                expected,
                "{left} {operator} {right}"
            );
        }
    }

    #[test]
    fn three_words_are_wanted() {
        assert!(parts("$vm.state == Running # it runs").is_ok());
        for line in [
            "",
            "a",
            "a ==",
            "a = b",
            "a == b c",
            "a == 'b",
            "a == b | c",
        ] {
            assert_eq!(parts(line).unwrap_err().kind, Kind::Line, "{line}");
        }
    }
}
