//! The text of `-h` for one API, in the manner of the guide (section 8.3), with a table of the parameters below it.
//! In come the API and the width of the terminal in columns, out come whole lines.

pub mod apropos;
pub mod example;
pub mod layout;
pub mod overview;
pub mod topics;

use unicode_width::UnicodeWidthStr;

use self::layout::{NARROWEST, clean, padded, table_row, wrap};
use crate::catalog::{Api, Param};
use crate::record::select::wanted;

/// What an API does and takes, in lines that are at most `width` columns wide.
pub fn api_help(api: &Api, width: usize) -> String {
    let width = width.max(NARROWEST);
    let mut params: Vec<&Param> = api.params.iter().collect();
    params.sort_by_key(|param| (param.name.as_str(), !param.required));
    // A server may tell the same parameter twice.
    params.dedup_by_key(|param| param.name.as_str());
    let required = params.iter().filter(|param| param.required);
    let required: Vec<&str> = required.map(|param| param.name.as_str()).collect();
    let all: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();

    let mut lines = wrap(&about(api), width);
    lines.extend(wrap(
        &format!("Required args: {}", required.join(" ")),
        width,
    ));
    lines.extend(wrap(&format!("Args: {}", all.join(" ")), width));
    if !params.is_empty() {
        lines.push(String::new());
        let with_parts = params
            .iter()
            .flat_map(|param| std::iter::once(Param::clone(param)).chain(param.parts()));
        lines.extend(table(&with_parts.collect::<Vec<_>>(), width));
    }
    if !api.rules.is_empty() {
        lines.push(String::new());
        let rules = api.rules.iter().map(|rule| clean(&rule.to_string()));
        let rules = format!("Rules: {}", rules.collect::<Vec<_>>().join("; "));
        lines.extend(wrap(&rules, width));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The description; `(A)` marks what goes on after the call has returned.
fn about(api: &Api) -> String {
    let mark = if api.asynchronous { " (A)" } else { "" };
    format!("{}{mark}", api.description)
}

/// The words that say what of the answer is printed, in the order in which they are done.
pub fn printed(api: &Api, width: usize) -> String {
    let words = wanted::WORDS.iter().map(|word| match api.param(word) {
        Some(_) => format!("--{word}"),
        None => (*word).to_string(),
    });
    let words: Vec<String> = words.collect();
    let line = format!("What is printed: {}", words.join(" "));
    format!("{}\n", wrap(&line, width.max(NARROWEST)).join("\n"))
}

fn table(params: &[Param], width: usize) -> Vec<String> {
    let described = params.iter().any(|param| !param.description.is_empty());
    let rows = params.iter().map(|param| {
        let mark = if param.required { "yes" } else { "" };
        [clean(&param.name), clean(&param.kind), mark.to_string()]
    });
    let head = ["name", "type", "required"].map(str::to_string);
    let rows: Vec<[String; 3]> = std::iter::once(head).chain(rows).collect();
    let widths = [0, 1, 2].map(|column| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    });
    let indent = widths.iter().map(|width| width + 2).sum::<usize>();
    let meanings = params.iter().map(|param| param.description.as_str());
    let meanings = std::iter::once("meaning").chain(meanings);
    let mut lines = Vec::new();
    for (row, meaning) in rows.iter().zip(meanings) {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| padded(cell, width));
        let cells = cells.collect::<Vec<_>>().join("  ");
        let meaning = if described { meaning } else { "" };
        lines.extend(table_row(&cells, meaning, indent, width));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::testing::{recorded, small};

    fn help(name: &str, width: usize) -> String {
        api_help(&small().api(name).unwrap().unwrap(), width)
    }

    fn described() -> Api {
        let mut api = Api::clone(&small().api("runDiagnostics").unwrap().unwrap());
        api.description = "Runs ping, arping or traceroute on a system VM".to_string();
        for param in &mut api.params {
            param.description = format!("the {} of what is\u{1b}[2J looked at", param.name);
        }
        api
    }

    #[test]
    fn help_is_as_the_guide_shows_it_with_a_table() {
        assert_eq!(
            api_help(&described(), 50),
            "\
Runs ping, arping or traceroute on a system VM (A)
Required args: targetid
Args: targetid type

name      type    required  meaning
targetid  uuid    yes       the targetid of what
                            is [2J looked at
type      string            the type of what is
                            [2J looked at
"
        );
    }

    #[test]
    fn meanings_go_below_where_there_is_no_room_beside() {
        let text = api_help(&described(), 36);
        let table = text.split("\n\n").nth(1).unwrap_or_default();
        assert_eq!(
            table,
            "\
name      type    required
    meaning
targetid  uuid    yes
    the targetid of what is [2J
    looked at
type      string
    the type of what is [2J looked
    at
"
        );
    }

    #[test]
    fn lists_of_parameters_go_on_at_the_margin() {
        let text = help("createNetwork", 60);
        let expected = "(A)\nRequired args: displaytext name networkofferingid zoneid\n\
                        Args: acltype details displaytext forvpc name\nnetworkofferingid vlan zoneid\n\n";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn without_descriptions_there_is_no_column_for_them() {
        assert_eq!(
            help("runDiagnostics", 80),
            "(A)\nRequired args: targetid\nArgs: targetid type\n\n\
             name      type    required\n\
             targetid  uuid    yes\n\
             type      string\n"
        );
        assert_eq!(help("logout", 80), "Required args:\nArgs:\n");
    }

    #[test]
    fn every_recorded_api_has_help() {
        let catalog = recorded();
        for entry in catalog.entries() {
            let api = catalog.api(&entry.name).unwrap().unwrap();
            for width in [0, 40, 80, usize::MAX] {
                let text = api_help(&api, width);
                assert!(text.contains("Required args:") && text.ends_with('\n'));
                assert!(
                    width != 80 || text.lines().all(|line| line.width() <= 80),
                    "{text}"
                );
            }
        }
    }
}
