//! The report for people: a line a scenario, what a failing one printed and left, and how many there were.

use super::{Outcome, one_line, place};

pub fn outcome(outcome: &Outcome) -> String {
    let mark = if outcome.passed() { "passed" } else { "FAILED" };
    let path = one_line(&outcome.path.display().to_string());
    let mut text = format!(
        "{mark}  {path}  ({:.2} s)\n",
        outcome.duration.as_secs_f64()
    );
    if outcome.passed() {
        return text;
    }
    if let Some(place) = place(outcome) {
        text.push_str(&format!("  at {}\n", one_line(&place)));
    }
    text.push_str(&format!("  {}\n", one_line(&outcome.reason())));
    for left in &outcome.left {
        text.push_str(&format!("  left behind: {}\n", one_line(left)));
    }
    for line in outcome.output.lines() {
        text.push_str(&format!("  | {}\n", one_line(line)));
    }
    text
}

pub fn end(outcomes: &[Outcome]) -> String {
    let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    format!("{} passed, {failed} failed\n", outcomes.len() - failed)
}

#[cfg(test)]
mod tests {
    use super::super::testing::outcomes;
    use super::*;

    #[test]
    fn a_failure_is_told_with_its_line_what_is_left_and_what_was_printed() {
        let [passed, failed] = &outcomes()[..] else {
            panic!()
        };
        assert_eq!(outcome(passed), "passed  scenarios/good.cap  (1.23 s)\n");
        assert_eq!(
            outcome(failed),
            "FAILED  scenarios/#bad \"one\".cap  (1.23 s)\n  \
             at scenarios/#bad \"one\".cap, line 3: assert $a == '<&]]>'\n  \
             assertion failed: $a == \"<&]]>  \n  \
             left behind: volume v (data): delete volume id=v\n  \
             | name = <web> [31m\n"
        );
        assert_eq!(end(&outcomes()), "1 passed, 1 failed\n");
    }
}
