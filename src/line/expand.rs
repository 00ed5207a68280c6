//! Variables in words: in come words that know their `$`, and what is set; out come texts that know what of them is data.
//! Only names that are set stand for something; what they stand for is never split, and never read as syntax again.

use std::ops::Range;

use super::byname;
use super::secrets::{STRUCK, is_secret};
use super::shown;
use super::variables::{Held, Variable, Variables};
use super::words::Word;
use crate::error::{Error, Result};

/// A word with values in place of its variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    pub text: String,
    /// Where in the text values of variables stand.
    pub values: Vec<Range<usize>>,
    /// Whether one of them came from where secrets are.
    pub secret: bool,
}

/// A word as it is used: with its variables replaced, or the one value that it stands for.
pub fn expand(word: &Word, variables: &Variables) -> Result<Text> {
    let mut text = Text::default();
    let mut done = 0;
    for dollar in &word.dollars {
        // A `$` within the braces of another belongs to what is there.
        if dollar.start < done {
            continue;
        }
        let Some((found, end)) = reference(&word.text, dollar, variables)? else {
            continue;
        };
        text.text.push_str(&word.text[done..dollar.start]);
        let value = found.variable.held.text(found.name).map_err(Error::line)?;
        let start = text.text.len();
        text.text.push_str(&value);
        text.values.push(start..text.text.len());
        text.secret |= found.variable.secret;
        done = end;
    }
    text.text.push_str(&word.text[done..]);
    Ok(text)
}

/// The value itself where the word is one variable and nothing else: a thing and a list stay what they are.
pub fn whole(word: &Word, variables: &Variables) -> Result<Option<Variable>> {
    let Some(dollar) = word.dollars.first().filter(|dollar| dollar.start == 0) else {
        return Ok(None);
    };
    Ok(reference(&word.text, dollar, variables)?
        .filter(|(_, end)| *end == word.text.len())
        .map(|(found, _)| found.variable))
}

/// What the word stands for.
pub fn held(word: &Word, variables: &Variables) -> Result<Variable> {
    if let Some(variable) = whole(word, variables)? {
        return Ok(variable);
    }
    let text = expand(word, variables)?;
    Ok(Variable {
        held: Held::Text(text.text),
        secret: text.secret,
    })
}

/// The names after an open `$` that nobody has set: they stay as they are, and an assertion wants to know.
pub fn unset<'w>(word: &'w Word, variables: &Variables) -> Option<&'w str> {
    word.dollars.iter().find_map(|dollar| {
        let name = name_of(&word.text[dollar.start + 1..dollar.end]);
        (!name.is_empty() && variables.get(name).is_none()).then_some(name)
    })
}

/// Whether the text can be a variable's name.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && name_of(text) == text
}

/// The words of a command with values in place of variables. A value that the command would read as more than a value is
/// an error: it may come from a cloud.
pub fn command(words: &[Word], variables: &Variables) -> Result<Vec<Text>> {
    let mut texts = Vec::with_capacity(words.len());
    for (place, word) in words.iter().enumerate() {
        let text = expand(word, variables)?;
        if let Some(problem) = read_as_more(place, &text) {
            return Err(
                Error::line(format!("`{}`: {problem}", unsecret(&word.text)))
                    .hint("a variable stands for a value: name=$variable"),
            );
        }
        texts.push(text);
    }
    Ok(texts)
}

fn read_as_more(place: usize, text: &Text) -> Option<&'static str> {
    let first = text.values.first()?;
    if place == 0 && first.start == 0 {
        return Some("no command is taken from a variable");
    }
    let equals = text.equals();
    if let Some(at) = equals
        && text.values.iter().any(|value| value.start == at + 2)
        && (text.text[at + 1..].starts_with("@@") || &text.text[at + 1..] == "@-")
    {
        return Some("what the variable stands for would be read as more than the name of a file");
    }
    let name_ends = equals.unwrap_or(text.text.len());
    if text.values.iter().all(|value| value.start > name_ends) {
        return None;
    }
    if equals.is_some() {
        return Some("no name is taken from a variable");
    }
    if first.start == 0 && text.text.starts_with(['-', '!', '?']) && !is_number(&text.text) {
        return Some("what the variable stands for would be read as an option");
    }
    text.text
        .contains('=')
        .then_some("what the variable stands for would be read as name=value")
}

impl Text {
    /// Where the `=` stands that was typed.
    fn equals(&self) -> Option<usize> {
        let within = |at: usize| self.values.iter().any(|value| value.contains(&at));
        self.text
            .match_indices('=')
            .map(|(at, _)| at)
            .find(|at| !within(*at))
    }

    /// Whether what stands after the `=` begins with the value of a variable, so that no sign in it has a meaning.
    pub fn is_data(&self) -> bool {
        self.equals()
            .is_some_and(|at| self.values.iter().any(|value| value.start == at + 1))
    }
}

impl Text {
    /// Whether a list in which things are named would take the value of a variable in it for more than one of them, or for
    /// a name where none was typed.
    pub fn is_several(&self) -> bool {
        let Some(at) = self.equals().filter(|_| !self.is_data()) else {
            return false;
        };
        let several = |value: &Range<usize>| {
            let text = &self.text[value.clone()];
            match self.text[..value.start].ends_with(',') {
                true => text.split(',').any(byname::has_name),
                false => text.contains(','),
            }
        };
        byname::has_name(&self.text[at + 1..])
            && self
                .values
                .iter()
                .filter(|value| value.start > at)
                .any(several)
    }
}

/// The word as an error shows it.
fn unsecret(word: &str) -> String {
    match word.split_once('=') {
        Some((name, value)) if is_secret(name) && !value.is_empty() => {
            format!("{}={STRUCK}", shown(name))
        }
        _ => shown(word),
    }
}

fn is_number(text: &str) -> bool {
    text.strip_prefix('-')
        .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
}

struct Found<'t> {
    name: &'t str,
    variable: Variable,
}

/// The variable that the `$` begins and where it ends in the text; nothing where no such name is set.
fn reference<'t>(
    text: &'t str,
    dollar: &Range<usize>,
    variables: &Variables,
) -> Result<Option<(Found<'t>, usize)>> {
    let stretch = &text[dollar.start + 1..dollar.end];
    if let Some(inner) = stretch.strip_prefix('{') {
        let Some((inner, _)) = inner.split_once('}') else {
            // What stands around it may be a secret, whatever it is given to.
            let place = text
                .split_once('=')
                .map_or("$".to_string(), |(name, _)| format!("{}=…$", shown(name)));
            return Err(Error::line(format!("`{place}{{…`: the }} is missing"))
                .hint("a $ that is part of a value is quoted: '${x'"));
        };
        let end = dollar.start + 1 + inner.len() + 2;
        let name = name_of(inner);
        let path = &inner[name.len()..];
        if name.is_empty() || !(path.is_empty() || path.starts_with(['.', '['])) {
            return Err(
                Error::line(format!("`${{{}}}` is no name of a variable", shown(inner)))
                    .hint("a $ that is part of a value is quoted: '${x}'"),
            );
        }
        let Some(variable) = variables.get(name) else {
            return Err(Error::line(format!("no variable {} is set", shown(name)))
                .hint(format!("`let {name} = …` sets one"))
                .hint("a $ that is part of a value is quoted: '${x}'"));
        };
        return found(name, path, variable, variables).map(|found| Some((found, end)));
    }
    let name = name_of(stretch);
    let Some(variable) = variables.get(name) else {
        return Ok(None);
    };
    let path = path_of(&stretch[name.len()..]);
    let end = dollar.start + 1 + name.len() + path.len();
    found(name, path, variable, variables).map(|found| Some((found, end)))
}

fn found<'t>(
    name: &'t str,
    path: &str,
    variable: &Variable,
    variables: &Variables,
) -> Result<Found<'t>> {
    let path = path.strip_prefix('.').unwrap_or(path);
    let variable = variable.at(name, path).map_err(Error::line)?;
    if variable.secret {
        // From here on it may come under any name.
        variable.held.each(&mut |member| {
            if let Held::Text(text) = member {
                variables.hidden().learn(&text);
            }
            true
        });
    }
    Ok(Found { name, variable })
}

/// The name of a variable that the text begins with; empty where none does.
pub fn name_of(text: &str) -> &str {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let end = text.find(|letter| !is_letter(letter)).unwrap_or(text.len());
    let name = &text[..end];
    // `$5` and its like are prices.
    match name.starts_with(|letter: char| letter.is_ascii_digit()) {
        true => "",
        false => name,
    }
}

/// `.field` and `[0]` as long as they follow one another; a dot that no letter follows ends a sentence.
pub fn path_of(text: &str) -> &str {
    let mut end = 0;
    loop {
        let rest = &text[end..];
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let step = if let Some(field) = rest.strip_prefix('.') {
            let length = field
                .find(|letter| !is_letter(letter))
                .unwrap_or(field.len());
            (length > 0).then_some(length + 1)
        } else {
            rest.strip_prefix('[').and_then(|index| {
                let digits = index.find(|letter: char| !letter.is_ascii_digit())?;
                (digits > 0 && index[digits..].starts_with(']')).then_some(digits + 2)
            })
        };
        match step {
            Some(step) => end += step,
            None => return &text[..end],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::testing::Random;
    use crate::line::words::{split, split_open};
    use crate::record::json;

    fn variables() -> Variables {
        let mut variables = Variables::default();
        for (name, value) in [
            ("n", "\"web\""),
            ("sly", "\"@/etc/passwd | -x name=y 'z'\""),
            ("dash", "\"--yes\""),
            ("pair", "\"filter=id\""),
            ("minus", "\"-1\""),
            ("none", "\"\""),
            (
                "vm",
                r#"{"id":"a","name":"two words","nic":[{"ip":"10.1.1.2"}]}"#,
            ),
            ("zones", r#"[{"id":"a"},{"id":"b"}]"#),
            ("k", r#"{"secretkey":"hush"}"#),
        ] {
            let value = json::read(value.as_bytes()).unwrap();
            variables.set(name, Held::from(value).into());
        }
        variables
    }

    fn texts(line: &str) -> std::result::Result<Vec<String>, String> {
        let words = split(line).expect(line).words;
        let texts = command(&words, &variables()).map_err(|error| error.message)?;
        Ok(texts.into_iter().map(|text| text.text).collect())
    }

    #[test]
    fn names_that_are_set_stand_for_values() {
        for (line, expected) in [
            ("x a=$n", "a=web"),
            ("x a=$vm.id,$vm.name", "a=a,two words"),
            ("x \"a=$vm.name!\"", "a=two words!"),
            ("x a='$n'", "a=$n"),
            (r"x a=\$n", "a=$n"),
            ("x a=web-${n}_1", "a=web-web_1"),
            ("x a=${vm.nic[0].ip}:$vm.nic[0].ip.", "a=10.1.1.2:10.1.1.2."),
            ("x a=$5$HOME,cost$", "a=$5$HOME,cost$"),
            ("x a=$$n", "a=$web"),
            ("x a=$nn", "a=$nn"),
            ("x a=\"$n\"n", "a=webn"),
            ("x ids=$zones.id", "ids=a,b"),
            ("x a=$zones[1].id/$zones.count", "a=b/2"),
            ("x a=$sly", "a=@/etc/passwd | -x name=y 'z'"),
            ("x a=$none", "a="),
            ("x $minus", "-1"),
        ] {
            assert_eq!(texts(line).unwrap()[1], expected, "{line}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_an_error() {
        for (line, part) in [
            ("x a=${nobody}", "no variable nobody is set"),
            ("x a=${n", "} is missing"),
            ("x a=${}", "no name"),
            ("x a=${n-1}", "no name"),
            ("x a=$vm.color", "it has id, name, nic"),
            ("x a=$vm", "name a field"),
            ("x a=$zones", "name a field"),
            ("x a=$n.txt", "${n}.txt"),
            ("$n a=1", "no command"),
            ("x $n=1", "no name is taken"),
            ("x $dash", "read as an option"),
            ("x $pair", "read as name=value"),
            ("x a=@$sly", "more than the name of a file"),
        ] {
            let message = texts(line).unwrap_err();
            assert!(message.contains(part), "{line}: {message}");
        }
    }

    #[test]
    fn data_is_told_from_what_was_typed() {
        for (line, data) in [
            ("a=$sly", true),
            ("a=@$n", false),
            ("a=name:$n", false),
            ("a=x", false),
            ("a=$none@x", true),
        ] {
            let word = &split(line).unwrap().words[0];
            assert_eq!(
                expand(word, &variables()).unwrap().is_data(),
                data,
                "{line}"
            );
        }
    }

    #[test]
    fn a_value_in_a_list_of_names_is_one_of_them() {
        let mut variables = variables();
        for (name, value) in [
            ("two", "a,name:b"),
            ("sly7", "a,7"),
            ("ids", "7,8"),
            ("named", "name:b"),
        ] {
            variables.set(name, Held::Text(value.into()).into());
        }
        for (line, several) in [
            ("ids=name:$two", true),
            ("ids=name:$sly7", true),
            ("ids=name:x,$two", true),
            ("ids=name:x,$named", true),
            ("ids=name:x,$ids", false),
            ("ids=name:$n,name:$n", false),
            ("ids=$two", false),
            ("ids=x$ids", false),
        ] {
            let word = &split(line).unwrap().words[0];
            let text = expand(word, &variables).unwrap();
            assert_eq!(text.is_several(), several, "{line}");
        }
    }

    #[test]
    fn a_secret_is_no_part_of_an_error() {
        for line in [
            "x password=hunter2${x",
            "x set hunter2${x",
            "x password=hunter2,@$sly=x",
            "x $n=x password=hunter2$n$pair",
        ] {
            let message = texts(line).err().unwrap_or_default();
            assert!(!message.contains("hunter2"), "{line}: {message}");
        }
        assert!(
            texts("x password=hunter2${x")
                .unwrap_err()
                .contains("password=…")
        );
    }

    #[test]
    fn a_word_that_is_one_variable_is_what_it_stands_for() {
        let held = |line: &str| {
            let word = &split(line).unwrap().words[0];
            held(word, &variables()).unwrap()
        };
        assert!(matches!(held("$vm").held, Held::Thing(_)));
        assert!(matches!(held("${zones}").held, Held::Rows(_)));
        assert_eq!(held("$n$n").held, Held::Text("webweb".into()));
        assert!(held("$k.secretkey").secret && held("x$k.secretkey").secret);
    }

    #[test]
    fn no_line_panics_and_one_without_dollars_stays() {
        let mut random = Random::new(23);
        for _ in 0..20_000 {
            let line = format!("x{}$n{}", random.text(20), random.text(10));
            for word in split_open(&line).0.words {
                let Ok(text) = expand(&word, &variables()) else {
                    continue;
                };
                assert!(!word.dollars.is_empty() || text.text == word.text, "{line}");
                for value in text.values {
                    assert!(text.text.get(value).is_some());
                }
            }
        }
    }
}
