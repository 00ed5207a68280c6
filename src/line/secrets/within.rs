//! Secrets within a word that is no `name=value` of one: `user=a&password=…`, `{"secretkey": "…"}`, an address with a token.

use super::{STRUCK, is_secret};

const QUOTES: [char; 3] = ['"', '\'', '\\'];

/// The word with the value struck of each secret that is named in it.
pub fn strike(word: &str) -> String {
    let mut struck = String::with_capacity(word.len());
    let mut done = 0;
    for (at, sign) in word.match_indices(['=', ':']) {
        if at < done || !is_secret(name_before(&word[..at])) {
            continue;
        }
        if let Some((start, end)) = value_after(word, at + sign.len()) {
            struck.push_str(&word[done..start]);
            struck.push_str(STRUCK);
            done = end;
        }
    }
    struck.push_str(&word[done..]);
    struck
}

fn name_before(text: &str) -> &str {
    let text = text.trim_end_matches(QUOTES);
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let start = text.trim_end_matches(is_part).len();
    &text[start..]
}

/// Where the value begins and ends; nothing where there is none.
fn value_after(word: &str, from: usize) -> Option<(usize, usize)> {
    let rest = word[from..].trim_start_matches(['=', ' ']);
    let start = word.len() - rest.len();
    // A quote that is closed holds the value together, blanks and all.
    if let Some(quote) = rest
        .chars()
        .next()
        .filter(|letter| QUOTES[..2].contains(letter))
        && let Some(length) = rest[1..].find(quote)
    {
        return (length > 0).then_some((start + 1, start + 1 + length));
    }
    let rest = rest.trim_start_matches(QUOTES);
    let start = word.len() - rest.len();
    let ends = |letter: char| letter.is_whitespace() || "&,;|)}\"'\\".contains(letter);
    let length = rest.find(ends).unwrap_or(rest.len());
    (length > 0).then_some((start, start + length))
}
