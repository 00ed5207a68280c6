//! JUnit's XML, as build servers read it: a suite with a case a scenario.

use quick_xml::escape::escape;

use super::{Outcome, place};

pub fn document(outcomes: &[Outcome]) -> String {
    let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    let seconds: f64 = outcomes
        .iter()
        .map(|outcome| outcome.duration.as_secs_f64())
        .sum();
    let counts = format!(
        "tests=\"{}\" failures=\"{failed}\" errors=\"0\" time=\"{seconds:.3}\"",
        outcomes.len()
    );
    let cases: String = outcomes.iter().map(case).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  \
         <testsuite name=\"capuchin\" {counts}>\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

fn case(outcome: &Outcome) -> String {
    let path = &outcome.path;
    let directory = path
        .parent()
        .map_or(String::new(), |directory| directory.display().to_string());
    let name = path.file_stem().unwrap_or(path.as_os_str());
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{:.3}\"",
        text(&directory),
        text(&name.to_string_lossy()),
        text(&path.display().to_string()),
        outcome.duration.as_secs_f64()
    );
    if outcome.passed() {
        return format!("{head}/>\n");
    }
    let error = outcome
        .failure
        .as_ref()
        .and_then(|failure| failure.error.as_ref());
    let kind = error.map_or("status", |error| error.kind.name());
    let mut details = place(outcome).unwrap_or_default();
    for left in &outcome.left {
        details.push_str(&format!("\nleft behind: {left}"));
    }
    format!(
        "{head}>\n      <failure type=\"{kind}\" message=\"{}\">{}</failure>\n      \
         <system-out>{}</system-out>\n    </testcase>\n",
        text(&outcome.reason()),
        text(&details),
        text(&outcome.output)
    )
}

/// The text as it may stand in XML; what XML cannot have at all is replaced.
fn text(text: &str) -> String {
    let allowed: String = text
        .chars()
        .map(|letter| match letter {
            '\n' | '\t' => letter,
            '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
            _ if letter.is_control() => char::REPLACEMENT_CHARACTER,
            _ => letter,
        })
        .collect();
    escape(allowed.as_str()).into_owned()
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::super::testing::outcomes;
    use super::*;

    #[test]
    fn the_document_is_well_formed_whatever_was_printed() {
        let document = document(&outcomes());
        let mut reader = Reader::from_str(&document);
        let mut cases = 0;
        loop {
            match reader.read_event().unwrap() {
                Event::Eof => break,
                Event::Start(tag) | Event::Empty(tag) => {
                    cases += usize::from(tag.name().as_ref() == b"testcase");
                }
                _ => {}
            }
        }
        assert_eq!(cases, 2);
        assert!(
            document.contains("tests=\"2\" failures=\"1\""),
            "{document}"
        );
        assert!(document.contains("classname=\"scenarios\" name=\"good\""));
        assert!(document.contains("left behind: volume v"));
        assert!(!document.contains('\u{1b}') && !document.contains('\u{0}'));
    }
}
