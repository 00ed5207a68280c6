//! Variables after an open `$`: in come the line, the cursor and what is set, out come the names, and after a name the fields
//! that it has.

use super::{Candidate, Completion, before_cursor};
use crate::line::variables::Brief;
use crate::line::words::split_open;

/// The names and fields that go on from a `$` at the cursor; nothing where none is typed, or a shell reads it.
pub fn complete(line: &str, cursor: usize, set: &[Brief]) -> Option<Completion> {
    let typed = before_cursor(line, cursor);
    let (words, _) = split_open(typed);
    let first = words.words.first()?;
    let foreign = first.text.starts_with('!') || (first.text == "shell" && words.words.len() > 1);
    if foreign || words.pipe.is_some() || words.comment.is_some() {
        return None;
    }
    let word = words.words.last()?;
    let dollar = word.dollars.last()?;
    if word.span.end != typed.len() || dollar.end != word.text.len() {
        return None;
    }
    let open = &word.text[dollar.start..];
    // What is read without its quotes stands in the line as it is read.
    let start = typed.strip_suffix(open)?.len();
    let brace = if open.starts_with("${") { "{" } else { "" };
    let path = &open[1 + brace.len()..];
    let candidates: Vec<Candidate> = set
        .iter()
        .flat_map(|variable| going_on(variable, path))
        .map(|(path, label)| Candidate {
            text: format!("${brace}{path}"),
            value: format!("${path}"),
            display: match label.is_empty() {
                true => format!("${path}"),
                false => format!("${path}  {label}"),
            },
            label,
        })
        .collect();
    (!candidates.is_empty()).then_some(Completion {
        start,
        candidates,
        wanted: None,
    })
}

/// The name itself, or its fields once the name is typed.
fn going_on(variable: &Brief, typed: &str) -> Vec<(String, String)> {
    let Some(rest) = typed.strip_prefix(variable.name.as_str()) else {
        let begins = variable.name.starts_with(typed);
        let whole = || (variable.name.clone(), variable.what.clone());
        return begins.then(whole).into_iter().collect();
    };
    if rest.is_empty() && variable.fields.is_empty() {
        return vec![(variable.name.clone(), variable.what.clone())];
    }
    let fields = variable.fields.iter().map(|field| format!(".{field}"));
    fields
        .filter(|field| field.starts_with(rest))
        .map(|field| (format!("{}{field}", variable.name), String::new()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(line: &str) -> Option<(usize, Vec<String>)> {
        let brief = |name: &str, fields: &[&str]| Brief {
            name: name.into(),
            what: "a thing".into(),
            fields: fields.iter().map(ToString::to_string).collect(),
        };
        let set = [
            brief("n", &[]),
            brief("vm", &["id", "state"]),
            brief("vms", &["count", "id"]),
        ];
        let found = complete(line, line.len(), &set)?;
        let texts = found.candidates.into_iter().map(|found| found.text);
        Some((found.start, texts.collect()))
    }

    #[test]
    fn names_that_are_set_and_their_fields_go_on_from_a_dollar() {
        for (line, start, texts) in [
            ("list users id=$", 14, &["$n", "$vm", "$vms"][..]),
            ("list users id=$n", 14, &["$n"]),
            ("assert $v", 7, &["$vm", "$vms"]),
            ("assert $vm", 7, &["$vm.id", "$vm.state", "$vms"]),
            ("assert $vm.s", 7, &["$vm.state"]),
            ("assert $vms.c", 7, &["$vms.count"]),
            ("list users account=\"a ${v", 22, &["${vm", "${vms"]),
            ("list users account=é$vm.i", 21, &["$vm.id"]),
        ] {
            let texts = texts.iter().map(ToString::to_string).collect();
            assert_eq!(offered(line), Some((start, texts)), "{line}");
        }
    }

    #[test]
    fn a_protected_dollar_an_unknown_name_and_a_shell_get_none() {
        for line in [
            "",
            "$x",
            "list users id='$",
            "list users id=\\$",
            "list users id=$vm ",
            "list users id=$zone",
            "list users | grep $",
            "!echo $",
            "shell echo $",
            "list users # $",
        ] {
            assert_eq!(offered(line), None, "{line}");
        }
    }

    #[test]
    fn no_line_panics() {
        let mut random = crate::line::testing::Random::new(47);
        for _ in 0..20_000 {
            let line = random.line().replace('=', "=$");
            for cursor in 0..=line.len() {
                complete(&line, cursor, &[]);
            }
        }
    }
}
