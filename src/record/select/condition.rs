//! `where=`: conditions on a row's fields, all of which must hold. Text in, conditions or what is wrong at which place out.

use std::cmp::Ordering;

use regex::Regex;

use super::age::Date;
use super::decimal::Decimal;
use super::order::natural;
use super::path::Path;
use crate::error::{Error, Result};
use crate::record::rows::Row;
use crate::record::{Value, json};

/// What must hold of a field.
#[derive(Clone, Debug)]
pub struct Condition {
    pub path: Path,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    /// Nothing stands there, or what is empty.
    Empty,
    Filled,
    Is(Text),
    IsNot(Text),
    Like(Regex),
    /// Against the text, in one of these orders.
    Order(Text, [Ordering; 2]),
}

/// What a field is held against.
#[derive(Clone, Debug)]
struct Text {
    text: String,
    number: Option<Decimal>,
    date: Option<Date>,
}

impl PartialEq for Condition {
    fn eq(&self, other: &Condition) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

/// The operators; one that begins with another stands before it.
const OPERATORS: [&str; 8] = ["!=", ">=", "<=", "==", "=", "~", ">", "<"];

impl Condition {
    /// The conditions of `state=Running,memory>512,name~^web`; commas are and.
    pub fn all(text: &str) -> Result<Vec<Condition>> {
        parts(text)
            .into_iter()
            .filter(|(_, part)| !part.trim().is_empty())
            .map(|(at, part)| Condition::of(part, at))
            .collect()
    }

    /// One condition that begins at the letter `at` of `where=`.
    fn of(part: &str, at: usize) -> Result<Condition> {
        let wrong = |what: String, place: usize| {
            let column = at + part.get(..place).map_or(0, |before| before.chars().count()) + 1;
            Error::line(format!("where: {what} (column {column})")).hint(
                "as in where=state=Running,memory>512,name~^web; a comma in a value is \\, or stands in quotes",
            )
        };
        let place = part.find(['=', '!', '<', '>', '~']).unwrap_or(part.len());
        let (field, rest) = part.split_at(place);
        let Some(operator) = OPERATORS
            .iter()
            .find(|operator| rest.starts_with(**operator))
        else {
            let what = match rest.is_empty() {
                true => format!("`{}` has no operator (= != ~ > >= < <=)", part.trim()),
                false => "`!` stands before = only".into(),
            };
            return Err(wrong(what, place));
        };
        let path = Path::of(unquoted(field.trim()));
        if path.text.is_empty() {
            return Err(wrong(format!("no field stands before `{operator}`"), place));
        }
        let after = place + operator.len();
        let value = value(rest[operator.len()..].trim());
        let test = match (*operator, value.is_empty()) {
            ("=" | "==", true) => Test::Empty,
            ("!=", true) => Test::Filled,
            ("=" | "==", false) => Test::Is(Text::of(value)),
            ("!=", false) => Test::IsNot(Text::of(value)),
            ("~", _) => Test::Like(Regex::new(&value).map_err(|why| {
                wrong(
                    format!(
                        "{}: `{value}` is no regular expression: {}",
                        path.text,
                        reason(&why)
                    ),
                    after,
                )
            })?),
            (_, true) => return Err(wrong(format!("nothing stands after `{operator}`"), after)),
            (operator, false) => {
                let far = if operator.starts_with('>') {
                    Ordering::Greater
                } else {
                    Ordering::Less
                };
                let near = if operator.ends_with('=') {
                    Ordering::Equal
                } else {
                    far
                };
                Test::Order(Text::of(value), [far, near])
            }
        };
        Ok(Condition { path, test })
    }

    /// Whether it holds; of a list, whether it does for one of its items.
    pub fn holds(&self, row: &Row) -> bool {
        let found = self.path.of_row(row);
        let any =
            |test: &dyn Fn(&Value) -> bool| found.as_ref().is_some_and(|value| among(value, test));
        match &self.test {
            Test::Empty => !any(&|_| true),
            Test::Filled => any(&|_| true),
            Test::Is(text) => any(&|value| text.is(value)),
            Test::IsNot(text) => !any(&|value| text.is(value)),
            Test::Like(pattern) => any(&|value| pattern.is_match(&shown(value))),
            Test::Order(text, orders) => any(&|value| orders.contains(&text.compared(value))),
        }
    }
}

/// Whether the test is true of the value or one of its items; nothing is true of what is empty.
fn among(value: &Value, test: &dyn Fn(&Value) -> bool) -> bool {
    match value {
        Value::List(items) => items.iter().any(|item| among(item, test)),
        Value::Null => false,
        Value::String(text) if text.is_empty() => false,
        Value::Record(record) if record.fields.is_empty() => false,
        value => test(value),
    }
}

impl Text {
    fn of(text: String) -> Text {
        Text {
            number: Decimal::read(&text),
            date: Date::read(&text),
            text,
        }
    }

    /// Numbers are the same by value, everything else letter for letter.
    fn is(&self, value: &Value) -> bool {
        match (value, &self.number) {
            (Value::Number(spelling), Some(number)) => {
                Decimal::read(spelling).as_ref() == Some(number)
            }
            (value, _) => shown(value) == self.text,
        }
    }

    /// How the value stands to the text: as numbers or moments where both are such, else as sorted text.
    fn compared(&self, value: &Value) -> Ordering {
        let shown = shown(value);
        if let (Some(left), Some(right)) = (&self.number, Decimal::read(&shown)) {
            return right.cmp(left);
        }
        match (&self.date, Date::read(&shown)) {
            (Some(left), Some(right)) => right.against(left),
            _ => natural(&shown, &self.text),
        }
    }
}

fn shown(value: &Value) -> String {
    value.scalar().unwrap_or_else(|| {
        let mut text = Vec::new();
        // Writing into memory does not fail.
        let _ = json::compact(value, &mut text);
        String::from_utf8(text).unwrap_or_default()
    })
}

/// The parts between commas, each with the number of letters before it; a comma after a backslash or in quotes that a
/// value begins with divides nothing.
fn parts(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let (mut start, mut letters) = (0, 0);
    let mut quote = None;
    let mut before = ' ';
    for (count, (at, letter)) in text.char_indices().enumerate() {
        match (letter, quote) {
            ('"' | '\'', None) if matches!(before, '=' | '~' | '<' | '>') => quote = Some(letter),
            (_, Some(open)) if letter == open && before != '\\' => quote = None,
            (',', None) if before != '\\' => {
                parts.push((letters, &text[start..at]));
                start = at + 1;
                letters = count + 1;
            }
            _ => {}
        }
        before = letter;
    }
    parts.push((letters, &text[start..]));
    parts
}

fn unquoted(text: &str) -> &str {
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}

/// A value without its quotes, and with its commas as they are meant.
fn value(text: &str) -> String {
    match unquoted(text) {
        inside if inside.len() < text.len() => inside.replace("\\\"", "\""),
        _ => text.replace("\\,", ","),
    }
}

/// The last line of what the library says, which draws the place over several.
fn reason(why: &regex::Error) -> String {
    let text = why.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = r#"{"id":"a","name":"web-1,x","state":"Running","memory":1024,"price":1.10,"big":12345678901234567890123,
        "group":"","note":null,"created":"2013-04-10T10:16:16+0900","usage":"0.50","ha":true,
        "nic":[{"ip":"10.1.1.2","mtu":9},{"ip":"10.1.1.3"}],"tags":[]}"#;

    fn holds(text: &str) -> bool {
        let conditions = Condition::all(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        conditions
            .iter()
            .all(|condition| condition.holds(&Row::Json(MACHINE)))
    }

    #[test]
    fn conditions_hold_for_what_people_mean() {
        for text in [
            "state=Running",
            "STATE==Running",
            "state!=Stopped",
            "state~^Run",
            "state~(?i)running",
            "memory>512",
            "memory>=1024,memory<=1024",
            "memory<1024.5",
            "price=1.1",
            "price>1.09",
            "usage>0.4",
            "usage=0.50",
            "big=12345678901234567890123",
            "big>12345678901234567890122",
            "group=",
            "note=",
            "tags=",
            "zzz=",
            "name!=",
            "name=web-1\\,x",
            "name=\"web-1,x\"",
            "name='web-1,x',state=Running",
            "name~\\d\\,x$",
            "nic.ip=10.1.1.2",
            "nic.ip=10.1.1.3",
            "nic[1].ip=10.1.1.3",
            "nic.ip!=10.1.1.4",
            "nic.mtu<10",
            "ha=true",
            "created>2013-04-10",
            "created<2013-04-10T10:17",
            "created=2013-04-10T10:16:16+0900",
            "created>2013-04-10T01:00:00Z",
            "name<web-2",
            "zzz!=x",
            "",
            " , state = Running ,",
        ] {
            assert!(holds(text), "{text}");
        }
        for text in [
            "state=running",
            "state!=Running",
            "memory>1024",
            "usage=0.5",
            "big=12345678901234567890124",
            "group!=",
            "zzz~.",
            "zzz>0",
            "nic.ip!=10.1.1.2",
            "nic.ip=10.1.1.4",
            "state=Running,memory<5",
            "created>2013-04-11",
            "name=web-1",
            "note!=",
            "name~^x",
        ] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, told) in [
            (
                "state",
                "where: `state` has no operator (= != ~ > >= < <=) (column 6)",
            ),
            ("a=1,=x", "where: no field stands before `=` (column 5)"),
            ("a!b", "where: `!` stands before = only (column 2)"),
            ("a>", "where: nothing stands after `>` (column 3)"),
            (
                "ä=1,name~(",
                "where: name: `(` is no regular expression: unclosed group (column 10)",
            ),
        ] {
            let error = Condition::all(text).unwrap_err();
            assert_eq!(error.message, told, "{text}");
        }
    }
}
