//! The Test Anything Protocol, version 14 (testanything.org): a line a scenario, with a block of YAML below a failing one.

use super::{Outcome, one_line};

pub fn begin(count: usize) -> String {
    format!("TAP version 14\n1..{count}\n")
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
        member("left", list(outcome.left.iter().map(String::as_str)));
        member("output", list(outcome.output.lines()));
    }
    text.push_str("  ...\n");
    text
}

/// A string of JSON is one of YAML.
fn quoted(text: &str) -> String {
    format!(" {}", serde_json::Value::from(text))
}

fn list<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let items: String = texts
        .map(|text| format!("\n    -{}", quoted(text)))
        .collect();
    if items.is_empty() {
        " []".into()
    } else {
        items
    }
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
        assert_eq!(begin(2), "TAP version 14\n1..2\n");
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
            "    - \"name = <web>\\u001b[31m\"\n  ...\n",
        ] {
            assert!(text.contains(part), "{part:?} in {text}");
        }
    }
}
