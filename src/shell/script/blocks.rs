//! Lines to steps: a line is one, and so is a `for` with all that stands up to its `end`. Pure.

use std::ops::ControlFlow;

use crate::error::{Error, Result};
use crate::line::expand::is_name;
use crate::line::words::{self, Word};

/// Loops within loops go no deeper.
const DEEPEST: usize = 64;

/// A line of a script and its number, from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub number: usize,
    pub text: String,
}

/// What a script does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Line(Line),
    For(For),
}

/// A loop, ready to be run.
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    pub head: Line,
    pub variable: String,
    /// What the variable stands for, one after another.
    pub words: Vec<Word>,
    pub body: Vec<Step>,
}

/// A wrong step and the line to blame.
pub struct Wrong {
    pub line: Line,
    pub error: Error,
}

/// What begins or ends a block.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    For,
    End,
}

fn mark(text: &str) -> Option<Mark> {
    match text.split_ascii_whitespace().next() {
        Some("for") => Some(Mark::For),
        Some("end") => Some(Mark::End),
        _ => None,
    }
}

/// How many loops the lines leave open, for a prompt that asks for more.
pub fn open<'l>(lines: impl Iterator<Item = &'l str>) -> usize {
    lines.fold(0, |open, line| match mark(line) {
        Some(Mark::For) if !asks_for_help(line) => open + 1,
        Some(Mark::End) => open.saturating_sub(1),
        _ => open,
    })
}

fn asks_for_help(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace().skip(1);
    matches!(
        (words.next(), words.next()),
        (Some("-h" | "-help" | "--help"), None)
    )
}

/// Loops begun and not ended, the innermost last.
#[derive(Default)]
pub struct Blocks {
    open: Vec<For>,
    /// The first thing that is wrong; what stands in the loop is read to its end all the same, so that nothing of it runs.
    wrong: Option<Wrong>,
}

impl Blocks {
    /// Takes the next line; gives a step when one is whole.
    pub fn take(&mut self, line: Line) -> Option<Result<Step, Box<Wrong>>> {
        match mark(&line.text) {
            Some(Mark::For) if !asks_for_help(&line.text) => self.begin(line),
            // Without a loop it is a line like any other, and the built-in of that name says what is wrong.
            Some(Mark::End) if !self.open.is_empty() => return self.end(line),
            _ => return self.step(Step::Line(line)),
        }
        None
    }

    /// A line that could not be read belongs to the loop around it; without one it is given back.
    pub fn unread(&mut self, line: Line, error: Error) -> ControlFlow<Error> {
        if self.open.is_empty() {
            return ControlFlow::Break(error);
        }
        self.wrong.get_or_insert(Wrong { line, error });
        ControlFlow::Continue(())
    }

    /// There are no more lines: a loop that is open is wrong.
    pub fn finish(&mut self) -> Option<Wrong> {
        let open = std::mem::take(&mut self.open).into_iter().next_back()?;
        let wrong = self.wrong.take();
        Some(wrong.unwrap_or_else(|| {
            Wrong {
                error: Error::line(format!(
                    "the for that begins in line {} has no end, and nothing of it was run",
                    open.head.number
                ))
                .hint("a line with `end` alone ends it"),
                line: open.head,
            }
        }))
    }

    fn begin(&mut self, line: Line) {
        let head = match head(&line.text) {
            _ if self.open.len() >= DEEPEST => Err(Error::line(format!(
                "loops stand {DEEPEST} deep within one another, and no deeper"
            ))),
            head => head,
        };
        let (variable, words) = head.unwrap_or_else(|error| {
            let line = line.clone();
            self.wrong.get_or_insert(Wrong { line, error });
            Default::default()
        });
        self.open.push(For {
            head: line,
            variable,
            words,
            body: Vec::new(),
        });
    }

    fn end(&mut self, line: Line) -> Option<Result<Step, Box<Wrong>>> {
        let alone = words::split(&line.text)
            .is_ok_and(|words| words.words.len() == 1 && words.pipe.is_none());
        if !alone {
            let error = Error::line("end stands alone on its line");
            self.wrong.get_or_insert(Wrong { line, error });
        }
        let whole = self.open.pop()?;
        self.step(Step::For(whole))
    }

    fn step(&mut self, step: Step) -> Option<Result<Step, Box<Wrong>>> {
        if let Some(around) = self.open.last_mut() {
            around.body.push(step);
            return None;
        }
        Some(match self.wrong.take() {
            Some(wrong) => Err(Box::new(wrong)),
            None => Ok(step),
        })
    }
}

/// The variable of a loop and the words that it goes over.
fn head(text: &str) -> Result<(String, Vec<Word>)> {
    let form = "for NAME in WORD…, as in `for z in $zones.id`";
    let wrong = |what: String| Error::line(what).hint(form);
    let found = words::split(text).map_err(|_| wrong("for: a quote is not closed".into()))?;
    if found.pipe.is_some() {
        return Err(wrong(
            "for: a pipe belongs to a line between for and end".into(),
        ));
    }
    let mut words = found.words.into_iter().skip(1);
    let name = words.next().map_or(String::new(), |word| word.text);
    if !is_name(&name) {
        return Err(wrong(
            "for needs the name of a variable: letters, digits and _".into(),
        ));
    }
    if words.next().is_none_or(|word| word.text != "in") {
        return Err(wrong(format!("for {name}: `in` is missing")));
    }
    Ok((name, words.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps and errors, a line each.
    fn told(script: &str) -> Vec<String> {
        let mut blocks = Blocks::default();
        let mut told = Vec::new();
        for (place, text) in script.lines().enumerate() {
            let line = Line {
                number: place + 1,
                text: text.into(),
            };
            match blocks.take(line) {
                Some(Ok(step)) => told.push(step_told(&step)),
                Some(Err(wrong)) => told.push(wrong_told(&wrong)),
                None => {}
            }
        }
        told.extend(blocks.finish().map(|wrong| wrong_told(&wrong)));
        told
    }

    fn step_told(step: &Step) -> String {
        match step {
            Step::Line(line) => line.text.trim().to_string(),
            Step::For(found) => {
                let body: Vec<String> = found.body.iter().map(step_told).collect();
                format!("{}{{{}}}", found.variable, body.join(";"))
            }
        }
    }

    fn wrong_told(wrong: &Wrong) -> String {
        format!("{}: {}", wrong.line.number, wrong.error.message)
    }

    #[test]
    fn a_loop_is_one_step_with_all_that_stands_in_it() {
        let script = "a\nfor x in 1 2\n b $x\n for y in $x # c\n  c\n end # d\nend\nd";
        assert_eq!(told(script), ["a", "x{b $x;y{c}}", "d"]);
        assert_eq!(told("end\nforce x\nfor -h"), ["end", "force x", "for -h"]);
        assert_eq!(told("for x in\nend"), ["x{}"]);
    }

    #[test]
    fn what_is_wrong_in_a_loop_keeps_all_of_it_from_running() {
        for (script, expected) in [
            (
                "for x in 1\na\nfor y in 2\nend",
                "1: the for that begins in line 1 has no end, and nothing of it was run",
            ),
            (
                "for 1x in 1\na\nend",
                "1: for needs the name of a variable: letters, digits and _",
            ),
            ("for x 1\na\nend", "1: for x: `in` is missing"),
            ("for x in 1\na\nend b", "3: end stands alone on its line"),
            ("for x in 'a\nb\nend", "1: for: a quote is not closed"),
            (
                "for x in 1 | wc\nend",
                "1: for: a pipe belongs to a line between for and end",
            ),
        ] {
            assert_eq!(told(script), [expected], "{script}");
        }
        let deep = "for x in 1\n".repeat(65) + &"end\n".repeat(65);
        assert!(told(&deep)[0].starts_with("65: loops stand"));
    }

    #[test]
    fn a_prompt_knows_that_a_loop_is_open() {
        for (text, expected) in [
            ("list zones", 0),
            ("for x in a", 1),
            ("for x in a\nfor y in b\nend", 1),
            ("for x in a\nend", 0),
            ("end\nfor x in a", 1),
            ("for -h", 0),
        ] {
            assert_eq!(open(text.lines()), expected, "{text}");
        }
    }
}
