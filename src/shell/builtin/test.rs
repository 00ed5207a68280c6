//! `test PATH…`: runs scenario files, each by itself, and reports them.

use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;

use super::{Builtin, Known};
use crate::error::{Error, Result};
use crate::shell::report::{human, junit, tap};
use crate::shell::scenario;
use crate::shell::session::{self, Session, Shown};

const FLAGS: [&str; 3] = ["--parallel", "--format", "--junit"];

pub const TEST: Builtin = Builtin {
    name: "test",
    args: "PATH… [--parallel N] [--format tap|junit|human] [--junit FILE]",
    about: "Runs scenario files, and the *.cap of directories, as tests",
    run,
    words,
};

fn words(_: &Known, _: &[&str]) -> Vec<String> {
    FLAGS.map(String::from).to_vec()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    Human,
    Tap,
    Junit,
}

#[derive(Debug, PartialEq)]
struct Wanted {
    paths: Vec<String>,
    parallel: usize,
    format: Option<Format>,
    junit: Option<String>,
}

fn run(session: &mut Session, args: &[String]) -> Result<Shown> {
    if session.ui.is_recorded() {
        return Err(
            Error::line("a scenario runs no others").hint("`source FILE` runs a script in it")
        );
    }
    let wanted = wanted(args)?;
    let format = wanted.format.unwrap_or(match session.ui.to_terminal() {
        true => Format::Human,
        false => Format::Tap,
    });
    let paths = scenario::find(&wanted.paths)?;
    // Whether the report can be written is known before anything is run.
    let file = wanted.junit.as_deref().map(create).transpose()?;
    let mut unwritten = None;
    let mut print = |session: &Session, text: String| match session.ui.print(&text) {
        Ok(()) => ControlFlow::Continue(()),
        Err(why) => {
            unwritten.get_or_insert(why);
            ControlFlow::Break(())
        }
    };
    if format == Format::Tap {
        let _ = print(session, tap::begin(paths.len()));
    }
    let outcomes = scenario::run(
        session,
        &paths,
        wanted.parallel,
        |session, place, outcome| match format {
            Format::Human => print(session, human::outcome(outcome)),
            Format::Tap => print(session, tap::outcome(place + 1, outcome)),
            Format::Junit => ControlFlow::Continue(()),
        },
    )?;
    let _ = match format {
        Format::Human => print(session, human::end(&outcomes)),
        Format::Tap => ControlFlow::Continue(()),
        Format::Junit => print(session, junit::document(&outcomes)),
    };
    if let Some(mut file) = file {
        file.write_all(junit::document(&outcomes).as_bytes())
            .map_err(|why| session::unwritten(&why))?;
    }
    match unwritten {
        // Whoever read has enough.
        Some(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(Shown::Leave(0)),
        Some(why) => Err(session::unwritten(&why)),
        None => {
            let failed = outcomes.iter().find(|outcome| !outcome.passed());
            Ok(Shown::Status(failed.map_or(0, |outcome| outcome.status)))
        }
    }
}

fn create(path: &str) -> Result<File> {
    File::create(path).map_err(|why| {
        Error::local(format!("the report {path} could not be written: {why}"))
            .hint("check the path and its permissions")
    })
}

fn wanted(args: &[String]) -> Result<Wanted> {
    let mut wanted = Wanted {
        paths: Vec::new(),
        parallel: 1,
        format: None,
        junit: None,
    };
    let wrong = |what: String| Error::line(what).hint(format!("test {}", TEST.args));
    let mut args = args.iter().map(String::as_str);
    while let Some(word) = args.next() {
        if !word.starts_with('-') {
            wanted.paths.push(word.into());
            continue;
        }
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word, None),
        };
        if !FLAGS.contains(&flag) {
            return Err(wrong(format!("test: there is no option {flag}")));
        }
        let value = value
            .or_else(|| args.next())
            .ok_or_else(|| wrong(format!("test: {flag} needs a value")))?;
        match flag {
            "--parallel" => {
                let number = value
                    .parse()
                    .ok()
                    .filter(|number| (1..=64).contains(number));
                wanted.parallel = number.ok_or_else(|| {
                    wrong(format!(
                        "--parallel {value}: a number from 1 to 64 is wanted"
                    ))
                })?;
            }
            "--format" => {
                wanted.format = Some(match value {
                    "human" => Format::Human,
                    "tap" => Format::Tap,
                    "junit" => Format::Junit,
                    _ => return Err(wrong(format!("--format {value}: there is no such report"))),
                });
            }
            _ => wanted.junit = Some(value.into()),
        }
    }
    match wanted.paths.is_empty() {
        true => Err(wrong("test needs a file or a directory".into())),
        false => Ok(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Option<Wanted> {
        let words: Vec<String> = line.split(' ').map(String::from).collect();
        wanted(&words).ok()
    }

    #[test]
    fn flags_stand_before_and_after_the_paths() {
        let found = of("--parallel 4 a b --format=tap --junit x.xml").unwrap();
        assert_eq!(found.paths, ["a", "b"]);
        assert_eq!((found.parallel, found.format), (4, Some(Format::Tap)));
        assert_eq!(found.junit.as_deref(), Some("x.xml"));
        for line in [
            "",
            "--parallel",
            "a --parallel 0",
            "a --format x",
            "a --bogus",
            "--format tap",
        ] {
            assert_eq!(of(line).filter(|found| found.paths != [""]), None, "{line}");
        }
    }
}
