//! A line without its secrets: words are looked at one after another, and what is quoted as a line of its own.

use super::{STRUCK, entry_of, is_secret, is_secret_setting, key_of, within};

/// What may stand between a name and its value.
const BETWEEN: [&str; 7] = ["=", "==", "!=", "~", "<", ">", "contains"];

/// Built-ins with a command in them.
const CARRIERS: [&str; 4] = ["expect-error", "watch", "complete", "doctor"];

/// The line with the value of every secret struck out; `set secretkey …` and `--password …` too.
pub fn strike(line: &str) -> String {
    Striker::of(line, false).strike(line)
}

/// Whether a name of a secret that stands alone has its value in the next word.
#[derive(Clone, Copy, PartialEq)]
enum Follows {
    No,
    /// Only after a sign such as `=`: what is quoted may be prose.
    AfterSign,
    Yes,
}

/// A command of another tool whose user data follow this option.
const TOOL: (&str, &str) = ("ec2-run-instances", "-d");

struct Striker {
    /// Whether the line was quoted within another.
    quoted: bool,
    /// What of the call makes a secret of its members: a setting of the cloud, a key of Swift, the entries of maps whose key
    /// is a secret's name, wherever on the line it stands.
    configuration: bool,
    swift: bool,
    entries: Vec<String>,
    /// Whether one side of an assertion is a secret.
    asserts: bool,
    /// The words so far.
    before: Vec<String>,
    follows: Follows,
    /// `set` takes all that follows the name for the value, blanks and all.
    set: bool,
    /// Whoever types a password after `login` is refused, and the line told of.
    login: bool,
    /// The values of a loop over secrets.
    values: bool,
}

impl Striker {
    fn of(line: &str, quoted: bool) -> Striker {
        let lower = line.to_ascii_lowercase();
        let configuration = lower.contains("configuration")
            && lower.split_ascii_whitespace().any(|word| {
                let name = word.trim_matches(['"', '\'']).strip_prefix("name=");
                name.is_some_and(is_secret_setting)
            });
        let mut entries = Vec::new();
        // Lines may be of megabytes: what few have is looked for first.
        let with_entries = if line.contains(']') { line } else { "" };
        for piece in pieces(with_entries) {
            if let Some((name, key)) = unquoted(piece).split_once('=')
                && is_secret(key)
            {
                entries.extend(key_of(name));
            }
        }
        let with_assert = if line.contains("assert") { line } else { "" };
        let words = pieces(with_assert).into_iter().map(unquoted);
        let mut after_assert = words.skip_while(|word| word != "assert");
        Striker {
            quoted,
            configuration,
            swift: lower.contains("swift"),
            entries,
            asserts: after_assert.any(|word| word.starts_with('$') && is_secret(&word)),
            before: Vec::new(),
            follows: Follows::No,
            set: false,
            login: false,
            values: false,
        }
    }

    fn strike(mut self, line: &str) -> String {
        let mut struck = String::with_capacity(line.len());
        for piece in pieces(line) {
            if piece.trim().is_empty() {
                struck.push_str(piece);
                continue;
            }
            let bare = unquoted(piece);
            let was_set = self.set;
            let (text, value) = self.struck(piece, &bare);
            struck.push_str(&text);
            if value && was_set {
                return struck;
            }
            self.set = bare == "set" || (was_set && self.follows != Follows::No);
            self.login = (self.login && !bare.starts_with('|')) || self.begins_login(&bare);
            self.before.push(bare);
        }
        struck
    }

    /// The word as it stays, and whether that is the value of a name.
    fn struck(&mut self, piece: &str, bare: &str) -> (String, bool) {
        let follows = std::mem::replace(&mut self.follows, Follows::No);
        let assertion = self.asserts && self.before.iter().any(|word| word == "assert");
        match bare.split_once('=') {
            // `let password = …` and `assert $k.secretkey == …`: the value follows yet.
            _ if follows != Follows::No && BETWEEN.contains(&bare) => {
                self.follows = Follows::Yes;
                (piece.to_string(), false)
            }
            _ if assertion && BETWEEN.contains(&bare) => (piece.to_string(), false),
            _ if assertion && !bare.starts_with('$') => (STRUCK.to_string(), true),
            Some((name, value))
                if (is_secret(name) || self.by_call(name))
                    && !value.is_empty()
                    && !name.contains(' ') =>
            {
                (format!("{name}={STRUCK}"), true)
            }
            None if self.login && !bare.starts_with(['|', '-']) => (STRUCK.to_string(), true),
            _ if self.values => (STRUCK.to_string(), true),
            _ if self.is_user_data() => (STRUCK.to_string(), true),
            _ if follows == Follows::Yes => (STRUCK.to_string(), true),
            _ => {
                let secret = !bare.contains(['=', ' ']) && is_secret(bare) && !assertion;
                let looped = self.before.last().is_some_and(|word| word == "for");
                if self.before.len() == 2 && bare == "in" {
                    self.values = self.before[0] == "for" && is_secret(&self.before[1]);
                }
                self.follows = match secret && !looped {
                    false => Follows::No,
                    true if self.quoted && !self.set && !bare.starts_with("--") => {
                        Follows::AfterSign
                    }
                    true => Follows::Yes,
                };
                (within_word(piece), false)
            }
        }
    }

    fn by_call(&self, name: &str) -> bool {
        entry_of(name).is_some_and(|entry| self.entries.contains(&entry))
            || (self.configuration && name.eq_ignore_ascii_case("value"))
            || (self.swift && name.eq_ignore_ascii_case("key"))
    }

    /// Whether the word is what that tool is given for new machines to run.
    fn is_user_data(&self) -> bool {
        let (tool, option) = TOOL;
        let of_tool = |word: &String| word.ends_with(tool);
        self.before.last().is_some_and(|word| word == option) && self.before.iter().any(of_tool)
    }

    /// Whether the word is the command `login`: at the beginning, or where a built-in has a command in it.
    fn begins_login(&self, bare: &str) -> bool {
        match self.before.first().map(String::as_str) {
            None => bare == "login",
            Some("let") if self.before.len() == 1 => bare.ends_with("=login"),
            Some("let") => bare == "login" && self.before.iter().any(|word| word.ends_with('=')),
            Some(first) => bare == "login" && CARRIERS.contains(&first),
        }
    }
}

/// A word that is no value of a secret, without those in it.
fn within_word(piece: &str) -> String {
    let struck = within::strike(piece);
    let quoted = struck.contains(['"', '\'']) && struck.contains(char::is_whitespace);
    if !quoted {
        return struck;
    }
    let line = unquoted(&struck);
    let inner = Striker::of(&line, true).strike(&line);
    match inner == line {
        true => struck,
        false => format!("'{inner}'"),
    }
}

fn unquoted(piece: &str) -> String {
    piece
        .chars()
        .filter(|letter| !matches!(letter, '"' | '\'' | '\\'))
        .collect()
}

/// The line cut where words begin and end, blanks included; quotes hold a word together, closed or not.
fn pieces(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut in_blank = true;
    let mut quote = None;
    let mut escaped = false;
    for (at, letter) in line.char_indices() {
        let blank = letter.is_ascii_whitespace() && quote.is_none() && !escaped;
        if blank != in_blank {
            pieces.push(&line[start..at]);
            start = at;
            in_blank = blank;
        }
        if escaped {
            escaped = false;
        } else if letter == '\\' && quote != Some('\'') {
            escaped = true;
        } else if quote == Some(letter) {
            quote = None;
        } else if quote.is_none() && matches!(letter, '"' | '\'') {
            quote = Some(letter);
        }
    }
    pieces.push(&line[start..]);
    pieces
}
