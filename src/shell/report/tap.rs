//! The Test Anything Protocol, version 13, which every reader knows (testanything.org): a line a scenario, with a block of YAML below a failing one.

use super::{Outcome, one_line};

pub fn begin(count: usize) -> String {
    format!("TAP version 13\n1..{count}\n")
}

/// `number` counts from 1.
pub fn outcome(number: usize, outcome: &Outcome) -> String {
    let result = if outcome.passed() { "ok" } else { "not ok" };
    let name = one_line(&outcome.path.display().to_string());
    let name = name.replace('\\', "\\\\").replace('#', "\\#");
    let mut text = format!("{result} {number} - {name}\n  ---\n");
    let mut member = |name: &str, value: String| text.push_str(&format!("  {name}:{value}\n"));
    member(
        "duration_ms",
        format!(" {:.3}", outcome.duration.as_secs_f64() * 1000.0),
    );
    if !outcome.passed() {
        member("status", format!(" {}", outcome.status));
        member("message", quoted(&outcome.reason()));
        if let Some(failure) = &outcome.failure {
            member("at", quoted(&failure.place));
            member("line", quoted(failure.line.trim()));
        }
        member("left", list(&outcome.left));
        member("output", block(&outcome.output));
    }
    text.push_str("  ...\n");
    text
}

/// A string of JSON is one of YAML.
fn quoted(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|letter| if breaks(letter) { ' ' } else { letter })
        .collect();
    format!(" {}", serde_json::Value::from(text))
}

/// What JSON has as it is and YAML as the end of a line, or not at all.
fn breaks(letter: char) -> bool {
    matches!(
        letter,
        '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

fn list(texts: &[String]) -> String {
    let items: String = texts
        .iter()
        .map(|text| format!("\n    -{}", quoted(text)))
        .collect();
    if items.is_empty() {
        " []".into()
    } else {
        items
    }
}

/// Lines as they are, behind a sign that keeps their blanks. Readers of TAP take an item of a list for a map where a colon
/// stands behind its first word, quoted or not, so that this is no list.
fn block(text: &str) -> String {
    if text.is_empty() {
        return " []".into();
    }
    let lines = text.lines().map(|line| {
        let line: String = line
            .chars()
            .map(|letter| if breaks(letter) { ' ' } else { letter })
            .collect();
        format!("\n    | {}", one_line(&line))
    });
    format!(" |{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::super::testing::outcomes;
    use super::*;

    #[test]
    fn a_failure_has_a_block_that_is_yaml() {
        let [passed, failed] = &outcomes()[..] else {
            panic!()
        };
        assert_eq!(begin(2), "TAP version 13\n1..2\n");
        assert_eq!(
            outcome(1, passed),
            "ok 1 - scenarios/good.cap\n  ---\n  duration_ms: 1234.000\n  ...\n"
        );
        let text = outcome(2, failed);
        for part in [
            "not ok 2 - scenarios/\\#bad \"one\".cap\n",
            "  status: 8\n",
            "  message: \"assertion failed: $a == \\\"<&]]>\\u001b\\u0000\"\n",
            "  at: \"scenarios/#bad \\\"one\\\".cap, line 3\"\n",
            "  left:\n    - \"volume v (data): delete volume id=v\"\n",
            "  output: |\n    | name = <web> [31m\n  ...\n",
        ] {
            assert!(text.contains(part), "{part:?} in {text}");
        }
    }

    #[test]
    fn no_letter_ends_a_line_of_the_block() {
        let [_, failed] = &outcomes()[..] else {
            panic!()
        };
        let mut failed = failed.clone();
        failed.output = "error: a\n  b\u{2028}c\u{85}d\u{fffe}\r\n\n\te\u{0}".into();
        failed.left = vec!["domain x (a\u{2029}b\u{9b}1m)".into()];
        let text = outcome(1, &failed);
        for part in [
            "  output: |\n    | error: a\n    |   b c d \n    | \n    |  e \n  ...\n",
            "    - \"domain x (a b 1m)\"\n",
        ] {
            assert!(text.contains(part), "{part:?} in {text}");
        }
    }
}
