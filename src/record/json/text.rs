//! JSON text that was looked through before: its items and members found, and laid out anew, without a tree.

use std::borrow::Cow;

use super::string;
use super::write::spaces;

/// Whether the byte is white space between JSON's parts.
pub fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Where the string that begins at `start` ends, its quotes included, and whether it means what stands there: without
/// escapes and control characters. Nothing if it does not end.
pub fn string_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut plain = true;
    let mut at = start + 1;
    loop {
        match *bytes.get(at)? {
            b'"' => return Some((at + 1, plain)),
            b'\\' => {
                plain = false;
                at += 2;
            }
            byte => {
                plain &= byte >= b' ';
                at += 1;
            }
        }
    }
}

/// The items of a list, each as the text it has.
pub fn items(list: &str) -> impl Iterator<Item = &str> {
    let mut walk = Walk::into(list);
    std::iter::from_fn(move || walk.next())
}

/// The text of an object's member of that name, if it has one.
pub fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let mut walk = Walk::into(object);
    let mut found = None;
    if !object.trim_start().starts_with('{') {
        return None;
    }
    while let (Some(key), Some(value)) = (walk.next(), walk.next()) {
        // The last one counts of several.
        if meant(key) == name {
            found = Some(value);
        }
    }
    found
}

/// Gives an object's members, each with the text that its value has, in their order.
pub fn members(object: &str, each: &mut dyn FnMut(&str, &str)) {
    let mut walk = Walk::into(object);
    while object.trim_start().starts_with('{')
        && let (Some(name), Some(value)) = (walk.next(), walk.next())
    {
        each(&meant(name), value);
    }
}

/// Gives the names of an object's members, in their order.
pub fn names(object: &str, each: &mut dyn FnMut(&str)) {
    let mut walk = Walk::into(object);
    // A list has no names.
    while object.trim_start().starts_with('{')
        && let (Some(name), Some(_)) = (walk.next(), walk.next())
    {
        each(&meant(name));
    }
}

/// What a name in its quotes means.
fn meant(name: &str) -> Cow<'_, str> {
    match name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
    {
        Some(plain) if !plain.contains('\\') => plain.into(),
        _ => serde_json::from_str::<String>(name)
            .unwrap_or_default()
            .into(),
    }
}

/// Goes through what stands between two brackets.
struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    /// Enters the list or object that the text is; of anything else there is nothing to go through.
    fn into(text: &'a str) -> Walk<'a> {
        let start = text.trim_start_matches(|letter: char| letter.is_ascii_whitespace());
        let at = match start.starts_with(['[', '{']) {
            true => text.len() - start.len() + 1,
            false => text.len(),
        };
        Walk { text, at }
    }

    /// The next value: an item, a name or a member in turn.
    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        while bytes
            .get(self.at)
            .is_some_and(|byte| is_blank(*byte) || matches!(byte, b',' | b':'))
        {
            self.at += 1;
        }
        let start = self.at;
        let end = value_end(bytes, start);
        self.at = end;
        self.text.get(start..end).filter(|value| !value.is_empty())
    }
}

/// Where the value ends that begins at `start`; there, if none does.
fn value_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0usize;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = string_end(bytes, at).map_or(bytes.len(), |(end, _)| end);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Lays a value out as `json::write` does.
pub fn pretty(value: &str, indent: usize, out: &mut Vec<u8>) {
    let bytes = value.as_bytes();
    let mut depth = indent;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                out.push(byte);
                let next = (at + 1..bytes.len()).find(|next| !is_blank(bytes[*next]));
                match next.map(|next| (next, bytes[next])) {
                    Some((next, close @ (b'}' | b']'))) => {
                        out.push(close);
                        at = next;
                    }
                    _ => {
                        depth += 1;
                        line(depth, out);
                    }
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                line(depth, out);
                out.push(byte);
            }
            b',' => {
                out.push(b',');
                line(depth, out);
            }
            b':' => out.extend_from_slice(b": "),
            _ => {
                at = leaf(value, at, out);
                continue;
            }
        }
        at += 1;
    }
}

/// Lays a value out as `json::compact` does.
pub fn compact(value: &str, out: &mut Vec<u8>) {
    let mut at = 0;
    while at < value.len() {
        at = leaf(value, at, out);
        if let Some(&byte) = value.as_bytes().get(at)
            && matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':')
        {
            out.push(byte);
            at += 1;
        }
    }
}

fn line(depth: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    // Writing into memory does not fail.
    let _ = spaces(depth, out);
}

/// Writes what stands at `at` if it is a string, number or word, leaves white space out, and gives the place after it.
fn leaf(value: &str, at: usize, out: &mut Vec<u8>) -> usize {
    let bytes = value.as_bytes();
    let Some(&byte) = bytes.get(at) else {
        return value.len();
    };
    if byte == b'"' {
        let (end, plain) = string_end(bytes, at).unwrap_or((value.len(), true));
        let literal = &value[at..end];
        // What has escapes is written with those only that are needed.
        let spelt = (!plain).then(|| serde_json::from_str::<String>(literal).ok());
        match spelt.flatten() {
            Some(text) => {
                let _ = string(&text, out);
            }
            None => out.extend_from_slice(literal.as_bytes()),
        }
        return end;
    }
    let ends =
        |byte: u8| is_blank(byte) || matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"');
    let end = (at..value.len())
        .find(|next| ends(bytes[*next]))
        .unwrap_or(value.len());
    out.extend_from_slice(&bytes[at..end]);
    (end..value.len())
        .find(|next| !is_blank(bytes[*next]))
        .unwrap_or(value.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json;

    const TEXTS: [&str; 12] = [
        r#"{"id":"a","n":1.10,"nic":[{"ip":"1"},{}],"tags":[],"t":true,"z":null}"#,
        "  { \"a\" :\t[ 1 ,\r\n2, [ ] , { } ] ,\"b\":{\"c\":\"d\"} } ",
        r#""\u00e9\/\u0026 \"q\" \\ \u0001 {[,:]}""#,
        r#"{"a\"b":"c\\","{":"}","[":"]",",":":"}"#,
        "[]",
        "{}",
        "[ ]",
        "1E+2",
        "\"\"",
        "null",
        r#"[[[[]]],[{"a":[{}]}]]"#,
        r#"["漢字 \ud83d\ude00","<b&>"]"#,
    ];

    #[test]
    fn a_text_laid_out_anew_is_what_its_tree_is_written_as() {
        for text in TEXTS {
            let value = json::read(text.as_bytes()).unwrap();
            for indent in [0, 2] {
                let (mut laid, mut written) = (Vec::new(), Vec::new());
                pretty(text, indent, &mut laid);
                json::write(&value, indent, &mut written).unwrap();
                assert_eq!(
                    String::from_utf8(laid),
                    String::from_utf8(written),
                    "{text}"
                );
            }
            let (mut laid, mut written) = (Vec::new(), Vec::new());
            compact(text, &mut laid);
            json::compact(&value, &mut written).unwrap();
            assert_eq!(
                String::from_utf8(laid),
                String::from_utf8(written),
                "{text}"
            );
        }
    }

    #[test]
    fn items_and_members_are_found_as_they_stand() {
        let list = r#" [ "a,]" , {"b":[1,2]},-1.5e3 ,[], true]"#;
        let found: Vec<&str> = items(list).collect();
        assert_eq!(found, ["\"a,]\"", "{\"b\":[1,2]}", "-1.5e3", "[]", "true"]);
        let object = r#"{"x":{"id":"inner"},"id":"outer", "\u0069d":"spelt","id" : 7 }"#;
        assert_eq!(member(object, "id"), Some("7"));
        assert_eq!(member(object, "none"), None);
        let spelt = r#"{"id":"a","\u0069d":"b"}"#;
        assert_eq!(member(spelt, "id"), Some("\"b\""));
        let mut told = Vec::new();
        names(object, &mut |name| told.push(name.to_string()));
        assert_eq!(told, ["x", "id", "id", "id"]);
        for text in ["[\"id\",1]", "7", "\"id\"", "[]", ""] {
            assert_eq!(member(text, "id"), None, "{text}");
            names(text, &mut |name| panic!("{name}"));
        }
        assert_eq!(
            items("7").count() + items("[]").count() + items("[ ]").count(),
            0
        );
    }
}
