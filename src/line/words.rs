//! Text to words: quotes and backslashes as in a POSIX shell, comments, and the pipe.
//! In comes a line, out come words that know where they stood. Nothing but quotes, backslash, `#` and `|` has a meaning.

use std::ops::Range;
use std::str::CharIndices;

/// One word of a line, without its quotes and backslashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// Where it stands in the line, quotes included, in bytes.
    pub span: Range<usize>,
    /// Whether nothing of it was quoted or escaped.
    pub bare: bool,
    /// Where in the text a `$` stands that nothing protects, each up to where the way of quoting changes, in bytes.
    pub dollars: Vec<Range<usize>>,
}

/// What a line consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub words: Vec<Word>,
    /// The text after the first unquoted `|`, trimmed, with its span: a line for the user's own shell.
    pub pipe: Option<(String, Range<usize>)>,
    /// From the `#` to the end of the line.
    pub comment: Option<Range<usize>>,
}

/// Why a line is not over yet: a prompt asks for more, a script reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    SingleQuote,
    DoubleQuote,
    Backslash,
}

/// The words of a whole line, or what is unfinished and at which byte it opened.
pub fn split(line: &str) -> Result<Words, (Unfinished, usize)> {
    match split_open(line) {
        (words, None) => Ok(words),
        (_, Some(unfinished)) => Err(unfinished),
    }
}

/// The words of a line that may be unfinished: its last word then goes as far as it is known.
pub fn split_open(line: &str) -> (Words, Option<(Unfinished, usize)>) {
    let mut words = Words::default();
    let mut position = 0;
    while let Some(letter) = line[position..].chars().next() {
        match letter {
            _ if is_blank(letter) => position += 1,
            '#' => {
                words.comment = Some(position..line.len());
                break;
            }
            '|' => {
                words.pipe = Some(trimmed(line, position + 1));
                break;
            }
            // Joins two lines between words and is no word itself.
            '\\' if line[position..].starts_with("\\\n") => position += 2,
            _ => {
                let (word, unfinished) = read_word(line, position);
                position = word.span.end;
                words.words.push(word);
                if unfinished.is_some() {
                    return (words, unfinished);
                }
            }
        }
    }
    (words, None)
}

/// Quotes a word so that `split` gives it back; a name before `=` stays as it is: `name='two words'`.
///
/// A POSIX shell reads the quoted word in the same way, so a hint can be pasted into one.
pub fn quote(text: &str) -> String {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && name.chars().all(is_name_letter) => {
            format!("{name}={}", quote_value(value))
        }
        _ if text.is_empty() => "''".to_string(),
        _ => quote_value(text),
    }
}

/// Blanks divide words; every other control character and every other white space belongs to them.
fn is_blank(letter: char) -> bool {
    letter.is_ascii_whitespace()
}

fn trimmed(line: &str, from: usize) -> (String, Range<usize>) {
    let rest = &line[from..];
    let text = rest.trim_matches(is_blank);
    let start = from + rest.len() - rest.trim_start_matches(is_blank).len();
    (text.to_string(), start..start + text.len())
}

fn read_word(line: &str, start: usize) -> (Word, Option<(Unfinished, usize)>) {
    let mut word = Word {
        text: String::new(),
        span: start..line.len(),
        bare: true,
        dollars: Vec::new(),
    };
    let mut letters = line[start..].char_indices();
    while let Some((offset, letter)) = letters.next() {
        let here = start + offset;
        if matches!(letter, '\'' | '"' | '\\') {
            word.end_stretch();
        }
        let unfinished = match letter {
            '\'' => read_single(&mut letters, &mut word.text),
            '"' => read_double(&mut letters, &mut word),
            '\\' => match letters.next() {
                None => Some(Unfinished::Backslash),
                Some((_, '\n')) => None,
                Some((_, escaped)) => {
                    word.text.push(escaped);
                    None
                }
            },
            _ if is_blank(letter) || letter == '|' => {
                word.span.end = here;
                word.end_stretch();
                return (word, None);
            }
            _ => {
                word.push_open(letter);
                continue;
            }
        };
        word.bare = false;
        word.end_stretch();
        if let Some(reason) = unfinished {
            return (word, Some((reason, here)));
        }
    }
    word.end_stretch();
    (word, None)
}

impl Word {
    /// Adds a letter that may begin or belong to a variable.
    fn push_open(&mut self, letter: char) {
        if letter == '$' {
            self.dollars.push(self.text.len()..usize::MAX);
        }
        self.text.push(letter);
    }

    /// The way of quoting changes: no variable goes on from here.
    fn end_stretch(&mut self) {
        let end = self.text.len();
        let open = self.dollars.iter_mut().rev();
        for dollar in open.take_while(|dollar| dollar.end == usize::MAX) {
            dollar.end = end;
        }
    }
}

/// Reads up to the closing quote, if there is one.
fn read_single(letters: &mut CharIndices<'_>, text: &mut String) -> Option<Unfinished> {
    for (_, letter) in letters {
        if letter == '\'' {
            return None;
        }
        text.push(letter);
    }
    Some(Unfinished::SingleQuote)
}

/// Reads up to the closing quote, if there is one.
fn read_double(letters: &mut CharIndices<'_>, word: &mut Word) -> Option<Unfinished> {
    while let Some((_, letter)) = letters.next() {
        match letter {
            '"' => return None,
            '\\' => {
                word.end_stretch();
                match letters.next() {
                    Some((_, '\n')) => {}
                    Some((_, escaped @ ('"' | '\\' | '$' | '`'))) => word.text.push(escaped),
                    Some((_, other)) => word.text.extend(['\\', other]),
                    None => word.text.push('\\'),
                }
            }
            _ => word.push_open(letter),
        }
    }
    Some(Unfinished::DoubleQuote)
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_.[]".contains(letter)
}

fn is_plain(letter: char) -> bool {
    is_name_letter(letter) || "/:,@%+=".contains(letter) || !letter.is_ascii()
}

fn quote_value(value: &str) -> String {
    if value.chars().all(is_plain) {
        value.to_string()
    } else if value.contains('\'') && !value.contains(['"', '\\', '$', '`', '!']) {
        format!("\"{value}\"")
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::testing::Random;

    fn texts(line: &str) -> Vec<String> {
        split(line)
            .expect(line)
            .words
            .into_iter()
            .map(|word| word.text)
            .collect()
    }

    #[test]
    fn words_are_read_as_a_posix_shell_reads_them() {
        let table: &[(&str, &[&str])] = &[
            ("", &[]),
            (" \t\r\n ", &[]),
            ("list users", &["list", "users"]),
            ("  list\tusers  ", &["list", "users"]),
            ("name='a b'", &["name=a b"]),
            (r#"name="a b"c"#, &["name=a bc"]),
            (r#"'it'\''s'"#, &["it's"]),
            (r#""a\"b\\c\$d\`e\nf""#, &[r#"a"b\c$d`e\nf"#]),
            (r"'a\b'", &[r"a\b"]),
            (r"a\ b\|c\#d", &["a b|c#d"]),
            ("''", &[""]),
            (r#"name="" x"#, &["name=", "x"]),
            ("a&b=c;d<e>f$g*h?i!j", &["a&b=c;d<e>f$g*h?i!j"]),
            ("a#b", &["a#b"]),
            ("'#a' \\#b", &["#a", "#b"]),
            ("list \\\nusers", &["list", "users"]),
            ("us\\\ners", &["users"]),
            ("\"a\\\nb\nc\"", &["ab\nc"]),
            (
                "a\u{a0}b\u{3000}c\u{2028}d",
                &["a\u{a0}b\u{3000}c\u{2028}d"],
            ),
            ("a\u{0}b\u{1b}c\u{b}d", &["a\u{0}b\u{1b}c\u{b}d"]),
            ("名前='日本 語'", &["名前=日本 語"]),
        ];
        for (line, words) in table {
            assert_eq!(texts(line), *words, "{line:?}");
        }
    }

    #[test]
    fn a_word_knows_where_it_stood() {
        let words = split(r#"list 名="ä b"c x"#).unwrap().words;
        let spans: Vec<_> = words.iter().map(|word| word.span.clone()).collect();
        assert_eq!(spans, [0..4, 5..16, 17..18]);
        let bare: Vec<_> = words.iter().map(|word| word.bare).collect();
        assert_eq!(bare, [true, false, true]);
    }

    #[test]
    fn a_word_knows_the_dollars_that_nothing_protects() {
        let table: &[(&str, &[&str])] = &[
            ("$a", &["$a"]),
            ("x=$a.b-$c", &["$a.b-$c", "$c"]),
            ("'$a'\\$b", &[]),
            (r#""$a \$b $c""#, &["$a ", "$c"]),
            (r#""$a"b"#, &["$a"]),
            ("$a'b'$c", &["$a", "$c"]),
            (r"$a\.b", &["$a"]),
            ("\"$a", &["$a"]),
        ];
        for (line, stretches) in table {
            let (words, _) = split_open(line);
            let word = &words.words[0];
            let found: Vec<&str> = word
                .dollars
                .iter()
                .map(|dollar| &word.text[dollar.clone()])
                .collect();
            assert_eq!(found, *stretches, "{line}");
        }
    }

    #[test]
    fn a_comment_begins_at_the_start_of_a_word_only() {
        let words = split("list users # all | of them 'x").unwrap();
        assert_eq!(words.words.len(), 2);
        assert_eq!((words.comment, words.pipe), (Some(11..29), None));
        assert_eq!(split("a#b").unwrap().comment, None);
        assert_eq!(split("#").unwrap().comment, Some(0..1));
    }

    #[test]
    fn the_first_unquoted_bar_begins_the_pipe() {
        let table = [
            ("list users | grep 'a # b' | wc", Some("grep 'a # b' | wc")),
            ("list users|wc -l  ", Some("wc -l")),
            ("list users |", Some("")),
            ("list users || true", Some("| true")),
            ("list users name='a|b'\\|c", None),
            ("a | echo 'unfinished", Some("echo 'unfinished")),
        ];
        for (line, pipe) in table {
            let found = split(line).unwrap().pipe;
            assert_eq!(
                found.as_ref().map(|(text, _)| text.as_str()),
                pipe,
                "{line:?}"
            );
            if let Some((text, span)) = found {
                assert_eq!(line[span], text);
            }
        }
    }

    #[test]
    fn an_unfinished_line_says_where_it_opened() {
        let table = [
            ("name='a b", Unfinished::SingleQuote, 5),
            ("é \"a \\\"", Unfinished::DoubleQuote, 3),
            ("\"a\\", Unfinished::DoubleQuote, 0),
            ("list users \\", Unfinished::Backslash, 11),
            ("a'b'\"c", Unfinished::DoubleQuote, 4),
        ];
        for (line, reason, position) in table {
            assert_eq!(split(line), Err((reason, position)), "{line:?}");
        }
    }

    #[test]
    fn an_open_word_reaches_to_the_end() {
        let (words, unfinished) = split_open("list users name='my zo");
        assert_eq!(unfinished, Some((Unfinished::SingleQuote, 16)));
        let last = words.words.last().unwrap();
        assert_eq!(
            (last.text.as_str(), last.span.clone()),
            ("name=my zo", 11..22)
        );
    }

    #[test]
    fn quoting_touches_only_what_needs_it() {
        let table = [
            ("users", "users"),
            ("", "''"),
            ("name=", "name="),
            ("name=two words", "name='two words'"),
            ("name=it's", "name=\"it's\""),
            ("name=it's \"x\"", "name='it'\\''s \"x\"'"),
            ("details[0].cpu=2", "details[0].cpu=2"),
            ("a&b", "'a&b'"),
            ("#a", "'#a'"),
            ("=x", "=x"),
            ("日本", "日本"),
        ];
        for (text, quoted) in table {
            assert_eq!(quote(text), quoted);
        }
    }

    #[test]
    fn every_word_survives_quoting() {
        let mut random = Random::new(7);
        for _ in 0..20_000 {
            let text = random.text(12);
            let line = format!("a {} b", quote(&text));
            assert_eq!(texts(&line), ["a", text.as_str(), "b"], "{line:?}");
        }
    }

    #[test]
    fn no_line_panics_and_spans_are_in_order() {
        let mut random = Random::new(11);
        for _ in 0..20_000 {
            let line = random.text(30);
            let (words, _) = split_open(&line);
            let mut end = 0;
            for word in &words.words {
                assert!(word.span.start >= end && line.get(word.span.clone()).is_some());
                assert!(!word.bare || line[word.span.clone()] == word.text);
                end = word.span.end;
            }
        }
    }

    #[test]
    fn a_line_of_ten_megabytes_is_read_in_one_go() {
        let line = format!("x name={} {}", "ä\\ ".repeat(1 << 20), "w ".repeat(3 << 20));
        let words = split(&line).unwrap().words;
        assert_eq!(words.len(), 2 + (3 << 20));
    }
}
