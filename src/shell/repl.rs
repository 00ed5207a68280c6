//! The prompt: lines in from a terminal, executed one after another until somebody leaves.

use super::editor::{Input, Read};
use super::session::Session;
use crate::line::secrets::has_secret;
use crate::line::words;

/// Shown while a line goes on: a quote is open, or a backslash ended it.
const MORE: &str = "... ";

/// Runs the prompt until Ctrl-D or `exit` and gives the exit status.
pub fn run(session: &mut Session, input: &mut dyn Input) -> u8 {
    session.ui.say(&format!(
        "Capuchin {}. Type help or ? to list commands.",
        env!("CARGO_PKG_VERSION")
    ));
    session.history = input.remembered();
    // From here on Ctrl-C ends what a line does, and never the shell.
    if let Err(error) = session.network() {
        return session.failed(&error).status;
    }
    // Completion needs to know what can be called; without a cloud the prompt still serves for `set`.
    if let Err(error) = session.catalog() {
        session.failed(&error);
    }
    loop {
        let known = session.known();
        input.know(session.known_catalog(), known);
        let line = match read_whole(input, &prompt(session)) {
            Ok(Read::Line(line)) => line,
            Ok(Read::Cancelled) => continue,
            Ok(Read::End) => return 0,
            Err(error) => return session.failed(&error).status,
        };
        if line.trim().is_empty() {
            continue;
        }
        if !has_secret(&line) {
            input.remember(&line);
            session.history.push(line.clone());
        }
        for command in commands(&line) {
            let ended = session.execute(&command);
            if ended.leave {
                return ended.status;
            }
        }
    }
}

/// The commands of a text that was pasted or typed over several lines: a line each, unless a quote or backslash joins it
/// to the next.
fn commands(text: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut open: Option<words::Unfinished> = None;
    for line in text.split('\n') {
        match (open, commands.last_mut()) {
            (Some(words::Unfinished::Backslash), Some(last)) => {
                last.pop();
                last.push_str(line);
            }
            (Some(_), Some(last)) => {
                last.push('\n');
                last.push_str(line);
            }
            _ => commands.push(line.into()),
        }
        let whole = commands.last().map_or("", String::as_str);
        open = words::split(whole).err().map(|(unfinished, _)| unfinished);
    }
    commands.retain(|command| !command.trim().is_empty());
    commands
}

/// Reads until the line is whole: quotes are closed and no backslash ends it.
fn read_whole(input: &mut dyn Input, prompt: &str) -> crate::error::Result<Read> {
    let mut line = match input.read(prompt)? {
        Read::Line(line) => line,
        other => return Ok(other),
    };
    while let Err((unfinished, _)) = words::split(&line) {
        match input.read(MORE)? {
            Read::Line(more) => {
                if unfinished == words::Unfinished::Backslash {
                    line.pop();
                } else {
                    line.push('\n');
                }
                line.push_str(&more);
            }
            other => return Ok(other),
        }
    }
    Ok(Read::Line(line))
}

/// The prompt that the user set, or the profile's name.
fn prompt(session: &Session) -> String {
    match session.resolved.get("prompt") {
        set if set.is_empty() => format!("({}) > ", session.resolved.profile),
        set => format!("{} ", set.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalog::Catalog;
    use crate::error::Result;
    use crate::shell::builtin::Known;

    struct Typed(Vec<Read>);

    impl Input for Typed {
        fn read(&mut self, _: &str) -> Result<Read> {
            Ok(if self.0.is_empty() {
                Read::End
            } else {
                self.0.remove(0)
            })
        }
        fn remember(&mut self, _: &str) {}
        fn know(&mut self, _: Arc<Catalog>, _: Known) {}
        fn remembered(&self) -> Vec<String> {
            Vec::new()
        }
    }

    #[test]
    fn a_pasted_script_is_a_command_a_line() {
        for (text, expected) in [
            ("list zones\nlist pods\n", vec!["list zones", "list pods"]),
            ("list \\\nzones", vec!["list zones"]),
            ("x name='a\nb'\n\ny", vec!["x name='a\nb'", "y"]),
        ] {
            assert_eq!(commands(text), expected, "{text}");
        }
    }

    fn whole(typed: &[&str]) -> Read {
        let lines = typed.iter().map(|line| Read::Line(line.to_string()));
        read_whole(&mut Typed(lines.collect()), "> ").unwrap()
    }

    #[test]
    fn an_open_quote_and_a_last_backslash_go_on() {
        assert_eq!(whole(&["list zones"]), Read::Line("list zones".into()));
        assert_eq!(
            whole(&["list \\", "zones"]),
            Read::Line("list zones".into())
        );
        assert_eq!(
            whole(&["x name='a", "b'"]),
            Read::Line("x name='a\nb'".into())
        );
        assert_eq!(whole(&["x name='a"]), Read::End);
    }
}
