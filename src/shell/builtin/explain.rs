//! `explain`: what a code means and what to do about it: the cloud's errorcodes and cserrorcodes, HTTP's statuses, exit statuses.

use super::{Builtin, Known};
use crate::cloud::{Code, Dialect, http};
use crate::error::{Error, Kind, Result};
use crate::line::nearest::{did_you_mean, nearest};
use crate::record::answer::Answer;
use crate::record::{Record, Value};
use crate::shell::session::{Session, Shown, View};

pub const EXPLAIN: Builtin = Builtin {
    name: "explain",
    args: "[CODE | NAME | exit STATUS]",
    about: "Tells what the code of an error or an exit status means",
    run,
    words,
};

const EXIT: &str = "exit status";

fn words(known: &Known, given: &[&str]) -> Vec<String> {
    let codes = all(&*(known.kind.dialect)());
    let mut words: Vec<String> = match given {
        [] => {
            let named = codes.iter().filter(|code| is_one_word(code.name));
            let names = named.map(|code| code.name.to_string());
            names.chain(["exit".to_string()]).collect()
        }
        ["exit"] => of_exit(&codes)
            .map(|code| code.number.to_string())
            .collect(),
        _ => Vec::new(),
    };
    // The guide lists most exceptions twice.
    words.sort();
    words.dedup();
    words
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    let codes = all(&*session.dialect());
    let form = session.resolved.get("output");
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let listed: Vec<&Code> = match words[..] {
        [] => codes.iter().collect(),
        ["exit"] => of_exit(&codes).collect(),
        ["exit", status] => {
            let exits: Vec<Code> = of_exit(&codes).cloned().collect();
            let asked = asked(status, &exits);
            if asked.is_empty() {
                return Err(unknown(&format!("exit {status}"), &["explain exit".into()]));
            }
            return Ok(shown(&asked, form));
        }
        ref words => {
            let wanted = words.join(" ");
            let asked = asked(&wanted, &codes);
            if asked.is_empty() {
                return Err(unknown(&wanted, &near(&wanted, &codes)));
            }
            return Ok(shown(&asked, form));
        }
    };
    if form == "auto" && session.ui.to_terminal() {
        session.ui.say(
            "`explain CODE` tells what each means and what to do; `explain -o text` all of it",
        );
    }
    let rows = listed.into_iter().map(row).collect();
    Ok(View::of(Answer::table("code", rows), form))
}

/// Every code that there is something to say of.
fn all(dialect: &dyn Dialect) -> Vec<Code> {
    let mut all = dialect.codes();
    all.extend(http::STATUSES.iter().cloned());
    all.extend(exits());
    all
}

/// The exit statuses as codes, in their order.
fn exits() -> Vec<Code> {
    let exit = |number: u8, name, (meaning, advice)| Code {
        number: u32::from(number),
        name,
        member: EXIT,
        meaning,
        advice,
    };
    let mut exits = vec![exit(0, "success", ("success", "nothing is left to do"))];
    exits.extend(Kind::ALL.map(|kind| exit(kind.status(), kind.name(), kind.meaning())));
    exits.sort_by_key(|code| code.number);
    exits
}

/// The exit statuses and what each means.
pub fn exit_statuses() -> Vec<(String, &'static str)> {
    exits()
        .into_iter()
        .map(|code| (code.number.to_string(), code.meaning))
        .collect()
}

fn of_exit(codes: &[Code]) -> impl Iterator<Item = &Code> {
    codes.iter().filter(|code| code.member == EXIT)
}

/// Those that are meant: by number, exit statuses where it is no other code; by name, or where nothing is called so by how
/// names begin.
fn asked(wanted: &str, codes: &[Code]) -> Vec<Code> {
    let some =
        |is: &dyn Fn(&&Code) -> bool| -> Vec<Code> { codes.iter().filter(is).cloned().collect() };
    if let Ok(number) = wanted.parse::<u32>() {
        if number == Code::UNNUMBERED {
            return Vec::new();
        }
        let of = |exit: bool| some(&|code| code.number == number && (code.member == EXIT) == exit);
        let found = of(false);
        return if found.is_empty() { of(true) } else { found };
    }
    if wanted.is_empty() {
        return Vec::new();
    }
    let named = |name: &str| some(&|code| code.name.eq_ignore_ascii_case(name));
    let name = bare(wanted);
    let found = match named(wanted) {
        found if found.is_empty() && !name.is_empty() => named(name),
        found => found,
    };
    if !found.is_empty() || name.is_empty() {
        return found;
    }
    let lower = name.to_lowercase();
    some(&|code| code.name.to_lowercase().starts_with(&lower))
}

/// The name without what logs have before it: the packages that an exception is in.
fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Which errors a code means.
pub struct Matching(Vec<Code>);

/// The code of that number or name; nothing where no code is called so. A number may be one that nothing is known of.
pub fn matching(wanted: &str, dialect: &dyn Dialect) -> Option<Matching> {
    if let Ok(number) = wanted.parse::<u32>() {
        let any = |member| Code {
            number,
            name: "",
            member,
            meaning: "",
            advice: "",
        };
        return Some(Matching([EXIT, "errorcode", "cserrorcode"].map(any).into()));
    }
    let codes = all(dialect);
    let named = |name: &str| -> Vec<Code> {
        let named = codes.iter();
        let named = named.filter(|code| !name.is_empty() && code.name.eq_ignore_ascii_case(name));
        named.cloned().collect()
    };
    let found = [named(wanted), named(bare(wanted))];
    let found = found.into_iter().find(|codes| !codes.is_empty());
    found.map(Matching)
}

impl Matching {
    pub fn is(&self, error: &Error) -> bool {
        self.0.iter().any(|code| match code.member {
            "cserrorcode" => error.cserrorcode == Some(code.number),
            EXIT => u32::from(error.status()) == code.number,
            _ if code.number == Code::UNNUMBERED => {
                let said = error.said.as_ref();
                said.is_some_and(|said| said.name.eq_ignore_ascii_case(code.name))
            }
            _ => error.code == Some(code.number),
        })
    }

    pub fn is_status(&self, status: u8) -> bool {
        let status = u32::from(status);
        self.0
            .iter()
            .any(|code| code.member == EXIT && code.number == status)
    }
}

/// The lines that ask for what is spelt or counted nearly like that.
fn near(wanted: &str, codes: &[Code]) -> Vec<String> {
    let numbers = codes
        .iter()
        .filter(|code| code.number != Code::UNNUMBERED)
        .map(|code| code.number.to_string());
    let names = codes.iter().map(|code| code.name.to_string());
    let others = numbers.chain(names.filter(|name| !name.is_empty()));
    let near = nearest(wanted, others, 4);
    near.iter().map(|near| format!("explain {near}")).collect()
}

fn unknown(wanted: &str, near: &[String]) -> Error {
    let error = Error::line(format!("no code is known as {wanted}"));
    let error = match did_you_mean(near) {
        Some(question) => error.hint(question),
        None => error,
    };
    error.hint("`explain` alone lists them all")
}

/// One code as one thing, several as a list; sentences read better below each other than side by side.
fn shown(codes: &[Code], form: String) -> Shown {
    let form = if form == "auto" { "text".into() } else { form };
    let answer = match codes {
        [code] => Answer::of(Value::Record(row(code))),
        codes => Answer::table("code", codes.iter().map(row).collect()),
    };
    View::of(answer, form)
}

fn row(code: &Code) -> Record {
    let mut row = Record::default();
    row.push(
        "code",
        match code.number {
            Code::UNNUMBERED => Value::Null,
            number => Value::Number(number.to_string()),
        },
    );
    for (name, text) in [
        ("kind", code.member),
        ("name", code.name),
        ("meaning", code.meaning),
        ("advice", code.advice),
    ] {
        row.push(name, Value::String(text.into()));
    }
    row
}

fn is_one_word(name: &str) -> bool {
    !name.is_empty() && !name.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud;

    fn told(wanted: &str) -> Vec<(u32, &'static str)> {
        let found = asked(wanted, &all(&*cloud::usual()));
        found
            .iter()
            .map(|code| (code.number, code.member))
            .collect()
    }

    #[test]
    fn a_code_is_found_by_number_and_by_name() {
        for (wanted, expected) in [
            ("431", &[(431, "errorcode")][..]),
            ("4350", &[(4350, "cserrorcode")]),
            ("502", &[(502, "HTTP status")]),
            ("403", &[(403, "errorcode"), (403, "HTTP status")]),
            ("6", &[(6, EXIT)]),
            ("0", &[(0, EXIT)]),
            ("param_error", &[(431, "errorcode")]),
            ("PARAM", &[(431, "errorcode")]),
            ("bad gateway", &[(502, "HTTP status")]),
            (
                "com.cloud.exception.InvalidParameterValueException",
                &[(4350, "cserrorcode"), (4490, "cserrorcode")],
            ),
            ("invalidp", &[(4350, "cserrorcode"), (4490, "cserrorcode")]),
            ("4351", &[]),
            ("com.", &[]),
            ("", &[]),
        ] {
            assert_eq!(told(wanted), expected, "{wanted}");
        }
    }

    #[test]
    fn an_error_is_matched_by_each_of_its_codes() {
        let mut error = Error::new(Kind::Refused, "no");
        (error.code, error.cserrorcode) = (Some(431), Some(4350));
        for (code, expected) in [
            ("431", true),
            ("4350", true),
            ("1", true),
            ("PARAM_ERROR", true),
            ("InvalidParameterValueException", true),
            ("refused", true),
            ("530", false),
            ("4", false),
            ("jobfailed", false),
        ] {
            assert_eq!(
                matching(code, &*cloud::usual()).unwrap().is(&error),
                expected,
                "{code}"
            );
        }
        assert!(matching("PARAM", &*cloud::usual()).is_none());
        assert!(matching("", &*cloud::usual()).is_none());
    }

    #[test]
    fn near_misses_are_offered() {
        let near = |wanted: &str| near(wanted, &all(&*cloud::usual()));
        assert!(near("4351").contains(&"explain 4350".to_string()));
        assert_eq!(near("PARM_ERROR"), ["explain PARAM_ERROR"]);
        assert!(near("xyzzy").is_empty());
    }
}
