//! Scripts: a file, standard input or what was typed, step by step, to the end or to the first failure.

pub mod blocks;
mod lines;

use std::io::{self, BufRead, BufReader};
use std::path::Path;

use blocks::{Blocks, For, Line, Step, Wrong};
use lines::Lines;

use super::input::Input;
use super::session::{Ended, Failure, Mode, Session};
use crate::error::{Error, Kind, Result};
use crate::line::expand;
use crate::line::secrets::strike;
use crate::line::variables::Variable;

/// Runs the commands in a file and tells how it ended; settings changed there last for the file only.
pub fn run_file(session: &mut Session, path: &Path) -> Result<Ended> {
    let unread = |why: io::Error| {
        Error::local(format!("{} could not be read: {why}", path.display()))
            .hint("check the path and its permissions")
    };
    let file = std::fs::File::open(path).map_err(unread)?;
    if file.metadata().is_ok_and(|known| known.is_dir()) {
        return Err(Error::local(format!("{} is a directory", path.display())));
    }
    session.sources.push(path.to_path_buf());
    let name = path.display().to_string();
    let ended = run(session, BufReader::new(file), &name, false);
    session.sources.pop();
    Ok(ended)
}

/// Runs the commands on standard input.
pub fn run_stdin(session: &mut Session) -> Result<Ended> {
    let input = Input::begin(session.network()?)?;
    Ok(run(session, input, "standard input", true))
}

/// Runs what was typed at a prompt: a failure ends the loop that it is in and nothing else.
pub fn run_typed(session: &mut Session, step: Result<Step, Box<Wrong>>) -> Ended {
    let mut runner = Runner::new(session, "what was typed");
    let flow = match step {
        Ok(Step::Line(line)) => return runner.session.execute(&line.text),
        Ok(step) => runner.step(&step),
        Err(wrong) => runner.wrong(&wrong),
    };
    runner.ended(flow)
}

fn run(session: &mut Session, input: impl BufRead, name: &str, stdin: bool) -> Ended {
    let settings = session.resolved.clone();
    // Where a file is run by lines of standard input, that stays in use.
    let stdin = stdin || session.mode == Mode::Script { stdin: true };
    let mode = std::mem::replace(&mut session.mode, Mode::Script { stdin });
    let ended = Runner::new(session, name).run(Lines::new(input));
    session.mode = mode;
    session.resolved = settings;
    ended
}

/// Whether the next step is run.
#[derive(Clone, Copy, PartialEq)]
enum Flow {
    On,
    Stop,
    /// `exit` was there, with this status, or nobody reads what is printed.
    Leave(u8),
}

/// A script on its way.
struct Runner<'a> {
    session: &'a mut Session,
    name: &'a str,
    /// How often Ctrl-C had been pressed before.
    presses: u64,
    /// The loops around the line in work: where each begins, and which round it is in.
    rounds: Vec<(usize, usize)>,
    first_failure: u8,
}

impl<'a> Runner<'a> {
    fn new(session: &'a mut Session, name: &'a str) -> Runner<'a> {
        Runner {
            presses: session.presses(),
            session,
            name,
            rounds: Vec::new(),
            first_failure: 0,
        }
    }

    fn run<R: BufRead>(mut self, mut lines: Lines<R>) -> Ended {
        let mut blocks = Blocks::default();
        loop {
            let next = lines.next();
            // What came of a line whose end was not waited for is no line.
            if self.interrupted() {
                let flow = self.interrupt(0);
                return self.ended(flow);
            }
            let flow = match next {
                Ok(Some(line)) => match blocks.take(line) {
                    None => Flow::On,
                    Some(Ok(step)) => self.step(&step),
                    Some(Err(wrong)) => self.wrong(&wrong),
                },
                Ok(None) => {
                    if let Some(wrong) = blocks.finish() {
                        self.wrong(&wrong);
                    }
                    Flow::Stop
                }
                Err(error) => {
                    let line = Line {
                        number: lines.first,
                        text: String::new(),
                    };
                    let flow = match blocks.unread(line.clone(), error).break_value() {
                        Some(error) => self.wrong(&Wrong { line, error }),
                        None => Flow::On,
                    };
                    if lines.broken { Flow::Stop } else { flow }
                }
            };
            if flow != Flow::On {
                return self.ended(flow);
            }
        }
    }

    fn ended(&self, flow: Flow) -> Ended {
        let (leave, status) = match flow {
            Flow::Leave(status) => (true, status),
            _ => (false, 0),
        };
        Ended {
            status: if self.first_failure == 0 {
                status
            } else {
                self.first_failure
            },
            leave,
        }
    }

    fn step(&mut self, step: &Step) -> Flow {
        match step {
            Step::Line(line) => self.line(line),
            Step::For(found) => self.rounds(found),
        }
    }

    fn line(&mut self, line: &Line) -> Flow {
        self.session.told = None;
        let ended = self.session.execute(&line.text);
        if ended.leave {
            return Flow::Leave(ended.status);
        }
        if self.interrupted() {
            return self.interrupt(ended.status);
        }
        match ended.status {
            0 => Flow::On,
            status => self.failed(line, status),
        }
    }

    /// Runs a loop's body for each thing that its words stand for.
    fn rounds(&mut self, found: &For) -> Flow {
        let held: Result<Vec<Variable>> = found
            .words
            .iter()
            .map(|word| expand::held(word, &self.session.variables))
            .collect();
        let held = match held {
            Ok(held) => held,
            Err(error) => {
                let line = found.head.clone();
                return self.wrong(&Wrong { line, error });
            }
        };
        self.rounds.push((found.head.number, 0));
        let mut flow = Flow::On;
        for Variable { held, secret } in held {
            held.each(&mut |held| {
                if let Some((_, round)) = self.rounds.last_mut() {
                    *round += 1;
                }
                let variable = Variable { held, secret };
                self.session.variables.set(&found.variable, variable);
                flow = self.round(found);
                flow == Flow::On
            });
            if flow != Flow::On {
                break;
            }
        }
        self.rounds.pop();
        flow
    }

    fn round(&mut self, found: &For) -> Flow {
        for step in &found.body {
            match self.step(step) {
                Flow::On => {}
                other => return other,
            }
        }
        match self.interrupted() {
            true => self.interrupt(0),
            false => Flow::On,
        }
    }

    fn wrong(&mut self, wrong: &Wrong) -> Flow {
        let status = self.session.failed(&wrong.error).status;
        self.failed(&wrong.line, status)
    }

    /// Notes a failure and says where it is.
    fn failed(&mut self, line: &Line, status: u8) -> Flow {
        if self.first_failure == 0 {
            self.first_failure = status;
        }
        let mut place = format!("{}, line {}", self.name, line.number);
        for (head, round) in self.rounds.iter().rev() {
            place.push_str(&format!(", round {round} of the for in line {head}"));
        }
        let line = shown(&line.text);
        let goes_on = self.session.keep_going;
        let what = if goes_on { "failed" } else { "stopped" };
        self.session.ui.say(&format!("{what} at {place}: {line}"));
        let error = self.session.told.clone();
        // What stands innermost tells most, and comes first.
        self.session
            .failure
            .get_or_insert(Failure { place, line, error });
        if goes_on { Flow::On } else { Flow::Stop }
    }

    fn interrupted(&self) -> bool {
        self.session.presses() > self.presses
    }

    fn interrupt(&mut self, status: u8) -> Flow {
        let error = Error::new(Kind::Interrupted, format!("{} was interrupted", self.name));
        let interrupted = self.session.failed(&error).status;
        if self.first_failure == 0 {
            self.first_failure = if status == 0 { interrupted } else { status };
        }
        Flow::Stop
    }
}

/// The line as an error shows it: as it was typed, without its secrets; its beginning is enough to find it.
fn shown(line: &str) -> String {
    const MOST: usize = 200;
    let mut shown: String = line.chars().take(MOST).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    strike(shown.trim_ascii_start())
}
