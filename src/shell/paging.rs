//! Whether what a line comes to is shown by a pager, and by which: a setting and the environment in, a program out.

use super::session::{Mode, Session};
use crate::ui::pager::Program;

/// What turns it off, in the setting.
const OFF: [&str; 5] = ["off", "false", "no", "none", "cat"];

impl Session {
    /// Lets what is printed from here on go through a pager, where somebody looks and it is longer than the screen.
    pub(super) fn page(&self) {
        let looked_at = matches!(self.mode, Mode::Prompt | Mode::OneShot);
        let set = self.resolved.get("pager");
        if looked_at && let Some(program) = program(&set, &*self.env) {
            self.ui.page(program);
        }
    }
}

fn program(set: &str, env: &dyn Fn(&str) -> Option<String>) -> Option<Program> {
    if env("TERM").is_some_and(|term| term == "dumb") {
        return None;
    }
    let line = match set.trim() {
        "" => match env("PAGER") {
            None => return Some(Program::Less),
            Some(line) => line,
        },
        set => set.to_string(),
    };
    let line = line.trim();
    let off = line.is_empty() || OFF.contains(&&*line.to_ascii_lowercase());
    (!off).then(|| Program::Line(line.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_wins_over_the_environment_and_both_can_say_no() {
        let line = |text: &str| Some(Program::Line(text.into()));
        for (set, pager, expected) in [
            ("", None, Some(Program::Less)),
            ("", Some("less -S"), line("less -S")),
            ("", Some(""), None),
            ("", Some("cat"), None),
            ("more", Some("less"), line("more")),
            ("off", Some("less"), None),
            ("false", None, None),
        ] {
            let env = |name: &str| pager.filter(|_| name == "PAGER").map(String::from);
            assert_eq!(program(set, &env), expected, "{set} {pager:?}");
        }
        assert_eq!(program("more", &|_| Some("dumb".into())), None);
    }
}
