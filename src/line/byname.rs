//! Names in place of ids: `zoneid=name:devcloud`, `networkids=name:a,name:b`. A parameter and its value in, which parts of the
//! value are names out.

use super::check::is_id;

/// What stands before a name where an id is wanted.
pub const BY_NAME: &str = "name:";

/// A part of a value that ids are wanted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// It goes as it is.
    Id(String),
    Name(String),
}

/// Whether a parameter is one for ids, by its name and the catalogue's type of it.
pub fn takes_ids(name: &str, kind: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = ["id", "ids", "no", "nolist"];
    // Codes that name things are words; others are numbers, as those of ICMP.
    let code = name.ends_with("code") && kind.eq_ignore_ascii_case("string");
    kind.eq_ignore_ascii_case("uuid") || code || ends.iter().any(|end| name.ends_with(end))
}

/// Whether such a parameter takes several, with commas between.
pub fn is_list(name: &str, kind: &str) -> bool {
    name.to_ascii_lowercase().ends_with("ids")
        || (kind.eq_ignore_ascii_case("list") && !name.contains('.'))
}

/// Whether a value is or holds a name.
pub fn has_name(value: &str) -> bool {
    value.starts_with(BY_NAME) || (value.contains(",name:") && value.split(',').any(is_named))
}

/// The parts of a value that has names in it. In a list a comma parts them, so that no name there can have one.
pub fn parts(value: &str, list: bool) -> Result<Vec<Part>, String> {
    let part = |text: &str| match text.strip_prefix(BY_NAME) {
        Some(name) => Part::Name(name.to_string()),
        None => Part::Id(text.to_string()),
    };
    let parts: Vec<Part> = match list {
        true => value.split(',').map(part).collect(),
        false => vec![part(value)],
    };
    for part in &parts {
        match part {
            Part::Name(name) if name.is_empty() => {
                return Err("there is no name after `name:`".into());
            }
            Part::Id(text) if list && !is_id(text) => {
                return Err(format!(
                    "`{}` is neither an id nor begins with `name:`; a name with a comma in it cannot stand in a list, \
                     where its id can",
                    super::shown(text)
                ));
            }
            _ => {}
        }
    }
    Ok(parts)
}

fn is_named(part: &str) -> bool {
    part.starts_with(BY_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_stand_in_a_list_and_a_name_alone_may_have_commas() {
        let name = |text: &str| Part::Name(text.into());
        let id = |text: &str| Part::Id(text.into());
        assert_eq!(parts("name:a, b", false), Ok(vec![name("a, b")]));
        assert_eq!(
            parts("name:a b,7,name:c", true),
            Ok(vec![name("a b"), id("7"), name("c")])
        );
        assert!(parts("name:a,b", true).unwrap_err().contains("comma"));
        assert!(parts("name:", false).is_err());
        assert!(parts("7,name:", true).is_err());
    }

    #[test]
    fn only_what_begins_a_part_is_a_name() {
        for (value, expected) in [
            ("name:a", true),
            ("7,name:a", true),
            ("a name:b", false),
            ("7", false),
            ("", false),
        ] {
            assert_eq!(has_name(value), expected, "{value}");
        }
        assert!(takes_ids("zoneid", "uuid") && takes_ids("networkids", "list"));
        assert!(!takes_ids("icmpcode", "integer"));
        assert!(!takes_ids("name", "string") && !takes_ids("displaytext", "string"));
    }
}
