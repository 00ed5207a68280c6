//! The codes of CloudStack's refusals: a number in, its name, meaning and advice out. The table itself is codes.txt.

use crate::cloud::Code;

const TABLE: &str = include_str!("codes.txt");

/// Errorcodes are HTTP statuses too and have three digits, cserrorcodes have four.
const MEMBERS: [&str; 2] = ["errorcode", "cserrorcode"];

/// Every code there is: errorcodes first, each kind by its number.
pub fn all() -> Vec<Code> {
    let mut all: Vec<Code> = codes().collect();
    all.sort_by_key(|code| code.number);
    all
}

/// The code of that number, an errorcode's or a cserrorcode's.
pub fn find(number: u32) -> Option<Code> {
    codes().find(|code| code.number == number)
}

fn codes() -> impl Iterator<Item = Code> {
    TABLE.lines().filter_map(row).flatten()
}

/// The codes of a line: one for each of its numbers; none for a comment.
fn row(line: &'static str) -> Option<impl Iterator<Item = Code>> {
    if line.starts_with('#') {
        return None;
    }
    let mut columns = line.split(" | ");
    let numbers = columns.next()?.split(' ');
    let (name, meaning, advice) = (columns.next()?, columns.next()?, columns.next()?);
    Some(numbers.filter_map(move |number| {
        let number = number.parse().ok()?;
        Some(Code {
            number,
            name: if name == "-" { "" } else { name },
            member: MEMBERS[usize::from(number >= 1000)],
            meaning,
            advice,
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_of_the_guide_is_told_once_and_in_plain_words() {
        let all = all();
        let of = |member: &str| -> Vec<u32> {
            let of = all.iter().filter(|code| code.member == member);
            of.map(|code| code.number).collect()
        };
        // The guide counts exceptions in steps of five, without a gap.
        let counted: Vec<u32> = (4250..=4545).step_by(5).chain([9999]).collect();
        assert_eq!(of("cserrorcode"), counted);
        let errorcodes = of("errorcode");
        assert!(errorcodes.windows(2).all(|pair| pair[0] < pair[1]));
        for number in [401, 403, 405, 414, 436, 500, 551]
            .into_iter()
            .chain(429..=432)
            .chain(530..=539)
        {
            assert!(errorcodes.contains(&number), "{number}");
        }
        for code in &all {
            assert!(
                code.meaning.len() > 10 && code.advice.len() > 10,
                "{code:?}"
            );
            assert!(!code.meaning.ends_with('.'), "{code:?}");
            assert!(!code.name.contains(' '), "{code:?}");
        }
        let lines = TABLE.lines().filter(|line| !line.is_empty());
        let rows = lines.filter(|line| !line.starts_with('#'));
        assert!(rows.into_iter().all(|line| row(line).is_some()));
    }

    #[test]
    fn a_code_is_found_by_its_number() {
        let name = |number| find(number).map(|code| code.name);
        assert_eq!(name(431), Some("PARAM_ERROR"));
        assert_eq!(name(4490), Some("InvalidParameterValueException"));
        assert_eq!(name(4351), None);
    }
}
