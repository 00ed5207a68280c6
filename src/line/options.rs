//! The words that are ours wherever they stand: `--filter=…`, `--filter …`, `-o json`, `-h`.
//! In come the words of a line, out come the settings and the other words in their order.

/// Short for `--confirm=false`.
pub const YES: &str = "--yes";
const CONFIRM: &str = "confirm";
/// Short for `--showurl=reveal`.
pub const REVEAL: &str = "--reveal";
const SHOWURL: &str = "showurl";

/// A line's words, ours taken out.
#[derive(Debug, Default)]
pub struct Options<'w> {
    /// Whether `-h`, `-help` or `--help` stood among the words.
    pub help: bool,
    pub settings: Settings,
    pub rest: Vec<&'w str>,
    /// The setting that the last word named without giving its value.
    pub unanswered: Option<&'static str>,
    /// Those `name=value` whose values are data: no sign in them has a meaning.
    pub data: Vec<&'w str>,
    /// Those in which the value of a variable would be read as several names or ids, where a list is wanted.
    pub several: Vec<&'w str>,
}

/// Settings that hold for one line, in the order in which they were given.
#[derive(Debug, Default)]
pub struct Settings {
    pub given: Vec<(String, String)>,
    /// Those given a second time.
    pub repeated: Vec<&'static str>,
}

impl Settings {
    pub fn add(&mut self, name: &'static str, value: &str) {
        if self.given.iter().any(|(other, _)| other == name) {
            self.repeated.push(name);
        } else {
            self.given.push((name.to_string(), value.to_string()));
        }
    }
}

/// Takes help and the known settings out of a line's words; unknown `--x` stay where they are.
pub fn take<'w>(words: &'w [String], known: &[&'static str]) -> Options<'w> {
    let mut options = Options::default();
    let mut words = words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        if is_help(word) {
            options.help = true;
        } else if is_yes(word, known) {
            options.settings.add(CONFIRM, "false");
        } else if is_reveal(word, known) {
            options.settings.add(SHOWURL, "reveal");
        } else if let Some((name, value)) = with_value(word, known) {
            options.settings.add(name, value);
        } else if let Some(name) = without_value(word, known) {
            match words.next_if(|next| !is_help(next)) {
                Some(value) => options.settings.add(name, value),
                None => options.unanswered = Some(name),
            }
        } else {
            options.rest.push(word);
        }
    }
    options
}

/// The output form that the words ask for, whatever else is wrong with them.
pub fn output<S: AsRef<str>>(words: &[S]) -> Option<String> {
    let mut found = None;
    let mut words = words.iter().map(AsRef::as_ref).peekable();
    while let Some(word) = words.next() {
        let named = word.trim_start_matches("--").split_once('=');
        found = match named {
            Some((name, form)) if name.eq_ignore_ascii_case("output") => Some(form),
            _ if word == "-o" || word.eq_ignore_ascii_case("--output") => {
                words.peek().copied().or(found)
            }
            _ => found,
        };
    }
    found.map(str::to_ascii_lowercase)
}

/// Whether the word asks for help.
pub fn is_help(word: &str) -> bool {
    matches!(word, "-h" | "-help" | "--help")
}

/// Whether the word is an option that takes no value.
pub fn is_switch(word: &str, known: &[&'static str]) -> bool {
    is_help(word) || is_yes(word, known) || is_reveal(word, known)
}

/// Whether the word is the answer to the question that a call would be asked for.
fn is_yes(word: &str, known: &[&'static str]) -> bool {
    word == YES && known.contains(&CONFIRM)
}

/// Whether the word asks for the whole addresses of the line's calls.
fn is_reveal(word: &str, known: &[&'static str]) -> bool {
    word == REVEAL && known.contains(&SHOWURL)
}

/// Whether the word looks like an option: a dash that no number follows.
pub fn is_option(word: &str) -> bool {
    let after = word.strip_prefix('-').and_then(|rest| rest.chars().next());
    after.is_some_and(|letter| !letter.is_ascii_digit())
}

/// The setting of that name, in any case.
pub fn setting(name: &str, known: &[&'static str]) -> Option<&'static str> {
    known
        .iter()
        .copied()
        .find(|known| known.eq_ignore_ascii_case(name))
}

fn with_value<'w>(word: &'w str, known: &[&'static str]) -> Option<(&'static str, &'w str)> {
    let (name, value) = word.strip_prefix("--")?.split_once('=')?;
    Some((setting(name, known)?, value))
}

fn without_value(word: &str, known: &[&'static str]) -> Option<&'static str> {
    match word {
        "-o" => setting("output", known),
        _ => setting(word.strip_prefix("--")?, known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["output", "filter"];

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_string).collect()
    }

    #[test]
    fn ours_are_taken_out_and_the_rest_keeps_its_order() {
        let words = words("list --filter=id,name=x users -o json filter=id --x -1 --Filter -h");
        let options = take(&words, KNOWN);
        assert!(options.help);
        assert_eq!(options.rest, ["list", "users", "filter=id", "--x", "-1"]);
        assert_eq!(options.unanswered, Some("filter"));
        assert_eq!(
            options.settings.given,
            [
                ("filter".to_string(), "id,name=x".to_string()),
                ("output".to_string(), "json".to_string())
            ]
        );
    }

    #[test]
    fn a_setting_given_twice_is_noticed() {
        let words = words("--output=json -o text");
        assert_eq!(take(&words, KNOWN).settings.repeated, ["output"]);
        assert_eq!(take(&words, &[]).rest, ["--output=json", "-o", "text"]);
    }

    #[test]
    fn yes_answers_beforehand() {
        let words = words("destroy x --yes");
        let options = take(&words, &["confirm"]);
        assert_eq!(options.rest, ["destroy", "x"]);
        let given = ("confirm".to_string(), "false".to_string());
        assert_eq!(options.settings.given, [given]);
        assert_eq!(take(&words, KNOWN).rest, ["destroy", "x", "--yes"]);
    }

    #[test]
    fn the_output_form_is_found_on_lines_that_are_wrong() {
        for (line, form) in [
            ("list zones", None),
            ("list zones -o json", Some("json")),
            ("--output JSON list", Some("json")),
            ("list output=json --output=text", Some("text")),
            ("list zones -o", None),
            ("list zones name=output=json", None),
        ] {
            assert_eq!(output(&words(line)).as_deref(), form, "{line}");
        }
    }

    #[test]
    fn a_negative_number_is_no_option() {
        assert!(is_option("-x") && is_option("--x") && is_option("--"));
        assert!(!is_option("-1") && !is_option("-") && !is_option("x"));
    }
}
