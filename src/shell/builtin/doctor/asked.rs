//! The words after `doctor`: as they were typed in, whether to send, where a report goes and the command's line out.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::line::{options, words};
use crate::shell::session::{Session, expand_home, line_words};

/// What a triage is asked for.
#[derive(Debug, Default, PartialEq)]
pub struct Asked {
    /// Whether a command that changes something is sent.
    pub send: bool,
    pub report: Option<PathBuf>,
    /// The command, as it was typed.
    pub line: Option<String>,
    /// The line's settings where there is no command.
    pub settings: Vec<(String, String)>,
    /// The words of the line.
    pub words: Vec<String>,
}

impl Asked {
    pub fn of(session: &Session, args: &[String]) -> Result<Asked> {
        let mut asked = Asked::read(&args.join(" "), &line_words())?;
        asked.report = asked
            .report
            .map(|path| expand_home(&path.to_string_lossy(), &session.env));
        Ok(asked)
    }

    fn read(line: &str, settings: &[&'static str]) -> Result<Asked> {
        let (split, _) = words::split_open(line);
        let mut asked = Asked::default();
        let mut typed = Vec::new();
        let mut all = split.words.into_iter();
        while let Some(word) = all.next() {
            let named = |file: &str| match file {
                "" => Err(Error::line("doctor --report needs the name of a file")
                    .hint("doctor --report report.txt list zones, for instance")),
                file => Ok(Some(PathBuf::from(file))),
            };
            match word.text.as_str() {
                "--send" => asked.send = true,
                "--report" => {
                    let file = all.next();
                    asked.report = named(file.as_ref().map_or("", |word| &word.text))?;
                }
                text => match text.strip_prefix("--report=") {
                    Some(file) => asked.report = named(file)?,
                    None => {
                        typed.push(line[word.span.clone()].to_string());
                        asked.words.push(word.text);
                    }
                },
            }
        }
        if asked.words.iter().any(|word| word.ends_with("=@-")) {
            return Err(Error::line(
                "doctor reads no standard input: what comes there is not there again for the call itself (@-)",
            )
            .hint("put it into a file: name=@FILE"));
        }
        let taken = options::take(&asked.words, settings);
        let setting = |word: &&str| {
            let (name, value) = word.split_once('=')?;
            Some((
                options::setting(name, settings)?.to_string(),
                value.to_string(),
            ))
        };
        let own: Vec<Option<(String, String)>> = taken.rest.iter().map(setting).collect();
        if own.iter().all(Option::is_some) {
            asked.settings = taken.settings.given;
            asked.settings.extend(own.into_iter().flatten());
        } else {
            asked.line = Some(typed.join(" "));
        }
        Ok(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_words_stay_as_they_were_typed() {
        let read = |line: &str| Asked::read(line, &["output", "timeout"]).unwrap();
        let asked = read("--send --report 'my report' create volume name='a b' -o json");
        assert!(asked.send);
        assert_eq!(asked.report, Some(PathBuf::from("my report")));
        assert_eq!(
            asked.line.as_deref(),
            Some("create volume name='a b' -o json")
        );
        assert_eq!(read("list zones --report=r").report, Some("r".into()));
        let asked = read("output=json --timeout=5");
        assert_eq!(asked.line, None);
        assert_eq!(asked.settings.len(), 2);
        assert_eq!(read("").line, None);
        for wrong in ["--report", "--report=", "create x userdata=@-"] {
            assert!(Asked::read(wrong, &[]).is_err(), "{wrong}");
        }
    }
}
