//! The prompt: lines in from a terminal, executed one after another until somebody leaves.

use std::time::{Duration, Instant};

use jiff::Zoned;

use super::editor::{Input, Read};
use super::prompt::{Prompt, Situation, prompt};
use super::restore;
use super::script;
use super::script::blocks::{Blocks, Line};
use super::session::{Ended, Session};
use crate::error::Kind;
use crate::line::commands::commands;

/// What came of the last command.
#[derive(Default)]
struct Last {
    status: u8,
    /// How long it took, until a prompt has told it.
    elapsed: Option<Duration>,
}

/// Runs the prompt until Ctrl-D or `exit` and gives the exit status.
pub fn run(session: &mut Session, input: &mut dyn Input) -> u8 {
    session.ui.say(&format!(
        "Capuchin {}. Type help or ? to list commands.",
        env!("CARGO_PKG_VERSION")
    ));
    // From here on Ctrl-C ends what a line does, and never the shell.
    match session.network() {
        Ok(network) => network.before_end(restore::putting_back()),
        Err(error) => return session.failed(&error).status,
    }
    // Completion needs to know what can be called; without a cloud the prompt still serves for `set`.
    if let Err(error) = session.catalog() {
        session.failed(&error);
    }
    let mut last = Last::default();
    loop {
        let known = session.known();
        input.know(session.known_catalog(), known);
        input.recall(session.history().lines());
        if let Some(trouble) = session.history().trouble() {
            session.ui.warn(&trouble);
        }
        let shown = prompt_of(session, &last);
        let text = match input.read(&shown, session.ui.color()) {
            Ok(Read::Line(text)) => text,
            Ok(Read::Cancelled) => continue,
            Ok(Read::End) => return 0,
            Err(error) => return session.failed(&error).status,
        };
        last.elapsed = None;
        if let Some(ended) = run_all(session, &text, &mut last) {
            return ended.status;
        }
    }
}

/// Runs the commands of what was typed or pasted; gives the end of the one that ends the session. One that was
/// interrupted takes those after it along.
fn run_all(session: &mut Session, text: &str, last: &mut Last) -> Option<Ended> {
    let spans = commands(text).spans;
    let count = spans.len();
    let mut blocks = Blocks::default();
    let mut block = None;
    for (index, span) in spans.into_iter().enumerate() {
        let command = &text[span.clone()];
        let presses = session.presses();
        let (start, pondered) = (Instant::now(), session.ui.pondered());
        let line = Line {
            number: index + 1,
            text: command.into(),
        };
        // A loop is run when its end is there.
        let Some(step) = blocks.take(line) else {
            block.get_or_insert(span.start);
            continue;
        };
        // It is called back as a whole.
        let from = block.take().unwrap_or(span.start);
        session.history().add(&text[from..span.end]);
        let ended = script::run_typed(session, step);
        *last = Last {
            status: ended.status,
            elapsed: Some(
                start
                    .elapsed()
                    .saturating_sub(session.ui.pondered() - pondered),
            ),
        };
        if ended.leave {
            return Some(ended);
        }
        let interrupted = ended.status == Kind::Interrupted.status() || session.presses() > presses;
        let left = count - index - 1;
        if interrupted && left > 0 {
            let rest = match left {
                1 => "the command after it was".to_string(),
                _ => format!("the {left} commands after it were"),
            };
            session.ui.say(&format!(
                "{rest} not run: what came before was interrupted or not confirmed"
            ));
            return None;
        }
    }
    None
}

fn prompt_of(session: &Session, last: &Last) -> Prompt {
    let setting = |name: &str| session.resolved.get(name);
    let now = Situation {
        profile: session.resolved.profile.clone(),
        user: setting("username"),
        host: setting("host"),
        time: Zoned::now().strftime("%H:%M:%S").to_string(),
        status: last.status,
        elapsed: last.elapsed,
    };
    prompt(&setting("prompt"), &now)
}
