//! JSON in, a tree out, and back: fields keep their order, numbers their spelling, field names are shared.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Write};

use super::{Name, Places, Record, Value};

/// Deeper than this no answer goes; a reader that recursed further could be brought down.
pub const DEEPEST: usize = 128;

/// Why bytes are no answer: what is wrong, and at which byte.
#[derive(Clone, Debug, PartialEq)]
pub struct Malformed {
    pub what: String,
    pub at: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

/// Reads one JSON value with nothing after it.
pub fn read(bytes: &[u8]) -> Result<Value, Malformed> {
    let mark = b"\xef\xbb\xbf";
    let mut reader = Reader {
        bytes,
        at: if bytes.starts_with(mark) {
            mark.len()
        } else {
            0
        },
        names: HashSet::new(),
    };
    let value = reader.value(0)?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.malformed("something follows the end of the JSON")),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    names: HashSet<Name>,
}

impl<'a> Reader<'a> {
    fn malformed(&self, what: &str) -> Malformed {
        let what = if self.at >= self.bytes.len() {
            "the JSON is cut short"
        } else {
            what
        };
        Malformed {
            what: what.into(),
            at: self.at,
        }
    }

    /// The next byte that is no white space, not taken.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes the byte if it comes next.
    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<Value, Malformed> {
        if depth > DEEPEST {
            return Err(self.malformed("the JSON is nested too deeply"));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Ok(Value::String(self.string()?.into_owned())),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => Err(self.malformed("this is no JSON")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Malformed> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.malformed("this is no JSON"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn object(&mut self, depth: usize) -> Result<Value, Malformed> {
        self.at += 1;
        let mut record = Record::default();
        let mut places = Places::default();
        if self.take(b'}') {
            return Ok(Value::Record(record));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.malformed("a field has no name"));
            }
            let text = self.string()?;
            let name = match self.names.get(&*text) {
                Some(name) => name.clone(),
                None => {
                    let name = Name::from(&*text);
                    self.names.insert(name.clone());
                    name
                }
            };
            if !self.take(b':') {
                return Err(self.malformed("a field has no value"));
            }
            let value = self.value(depth + 1)?;
            // Of a field that stands there twice the last one counts, as servers and clients have it.
            match places.of(&name, &record) {
                Some(place) => record.fields[place].1 = value,
                None => record.fields.push((name, value)),
            }
            if self.take(b'}') {
                return Ok(Value::Record(record));
            }
            if !self.take(b',') {
                return Err(self.malformed("neither a comma nor the object's end follows"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Malformed> {
        self.at += 1;
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take(b']') {
                return Ok(Value::List(items));
            }
            if !self.take(b',') {
                return Err(self.malformed("neither a comma nor the list's end follows"));
            }
        }
    }

    fn string(&mut self) -> Result<std::borrow::Cow<'a, str>, Malformed> {
        let start = self.at;
        self.at += 1;
        let mut plain = true;
        loop {
            match self.bytes.get(self.at) {
                None => return Err(self.malformed("a string does not end")),
                Some(b'"') => break,
                Some(b'\\') => {
                    plain = false;
                    self.at += 2;
                }
                Some(byte) => {
                    plain &= *byte >= b' ';
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        let literal = &self.bytes[start..self.at];
        if plain {
            return std::str::from_utf8(&literal[1..literal.len() - 1])
                .map(Into::into)
                .map_err(|why| Malformed {
                    what: "a string is not UTF-8".into(),
                    at: start + 1 + why.valid_up_to(),
                });
        }
        // Escapes are rare and left to the library.
        serde_json::from_slice::<String>(literal)
            .map(Into::into)
            .map_err(|why| {
                // The library counts lines and columns from the string's own start.
                let why = why.to_string();
                let why = why.split(" at line ").next().unwrap_or_default();
                Malformed {
                    what: format!("a string is malformed ({why})"),
                    at: start,
                }
            })
    }

    fn number(&mut self) -> Result<Value, Malformed> {
        let start = self.at;
        let spelt = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        while self.bytes.get(self.at).is_some_and(spelt) {
            self.at += 1;
        }
        let literal = &self.bytes[start..self.at];
        let text = String::from_utf8_lossy(literal).into_owned();
        if is_number(&text) {
            Ok(Value::Number(text))
        } else {
            Err(Malformed {
                what: "this is no number".into(),
                at: start,
            })
        }
    }
}

/// Whether the text is a number as JSON spells it, with nothing around it.
pub(super) fn is_number(text: &str) -> bool {
    // The library knows what a number is; its own reading of it is not kept. It would pass over white space.
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && text.ends_with(|last: char| last.is_ascii_digit())
        && serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()
}

/// Writes the value in two-space steps as `jq .` does; `indent` is how deep its own line stands.
pub fn write(value: &Value, indent: usize, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::List(items) if !items.is_empty() => {
            out.write_all(b"[\n")?;
            for (index, item) in items.iter().enumerate() {
                separator(index, indent + 1, out)?;
                write(item, indent + 1, out)?;
            }
            out.write_all(b"\n")?;
            spaces(indent, out)?;
            out.write_all(b"]")
        }
        Value::Record(record) if !record.fields.is_empty() => {
            out.write_all(b"{\n")?;
            for (index, (name, value)) in record.fields.iter().enumerate() {
                separator(index, indent + 1, out)?;
                string(name, out)?;
                out.write_all(b": ")?;
                write(value, indent + 1, out)?;
            }
            out.write_all(b"\n")?;
            spaces(indent, out)?;
            out.write_all(b"}")
        }
        other => compact(other, out),
    }
}

/// Goes to the next line before every member but the first.
pub fn separator(index: usize, indent: usize, out: &mut dyn Write) -> io::Result<()> {
    if index > 0 {
        out.write_all(b",\n")?;
    }
    spaces(indent, out)
}

fn spaces(indent: usize, out: &mut dyn Write) -> io::Result<()> {
    for _ in 0..indent {
        out.write_all(b"  ")?;
    }
    Ok(())
}

/// Writes a string with its quotes.
pub fn string(text: &str, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(out, text).map_err(io::Error::from)
}

/// Writes the value on one line without blanks.
pub fn compact(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::Null => out.write_all(b"null"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Number(spelling) => out.write_all(spelling.as_bytes()),
        Value::String(text) => string(text, out),
        Value::List(items) => {
            out.write_all(b"[")?;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.write_all(b",")?;
                }
                compact(item, out)?;
            }
            out.write_all(b"]")
        }
        Value::Record(record) => {
            out.write_all(b"{")?;
            for (index, (name, value)) in record.fields.iter().enumerate() {
                if index > 0 {
                    out.write_all(b",")?;
                }
                string(name, out)?;
                out.write_all(b":")?;
                compact(value, out)?;
            }
            out.write_all(b"}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compacted(text: &str) -> String {
        let mut out = Vec::new();
        compact(&read(text.as_bytes()).unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn order_and_spelling_stay() {
        for text in [
            r#"{"b":1.10,"a":12345678901234567890123,"c":1E2,"d":-0.0}"#,
            r#"[null,true,false,"",[],{}]"#,
            r#"{"é":"漢字 <b&>","e":"a\"b\\c\n\u0001"}"#,
        ] {
            assert_eq!(compacted(text), text);
        }
        assert_eq!(compacted("\u{feff} [ 1 , 2 ] "), "[1,2]");
        assert_eq!(compacted(r#""\u00e9\ud83d\ude00""#), "\"é😀\"");
        assert_eq!(compacted(r#"{"a":1,"b":2,"a":3}"#), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn pretty_is_as_jq_has_it() {
        let mut out = Vec::new();
        write(&read(br#"{"a":[1,{"b":[]}],"c":{}}"#).unwrap(), 0, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}"
        );
    }

    #[test]
    fn what_is_no_json_is_an_error_that_says_where() {
        for (text, what) in [
            (&b""[..], "cut short"),
            (b"   ", "cut short"),
            (b"{\"a\":", "cut short"),
            (b"{\"a\":1", "cut short"),
            (b"[1,", "cut short"),
            (b"\"abc", "cut short"),
            (b"\"abc\\", "cut short"),
            (b"hello", "no JSON"),
            (b"<html>", "no JSON"),
            (b"tru", "no JSON"),
            (b"{1:2}", "no name"),
            (b"{\"a\" 1}", "no value"),
            (b"[1 2]", "comma"),
            (b"{} x", "follows"),
            (b"01", "no number"),
            (b"1.", "no number"),
            (b"-", "no number"),
            (b"1e", "no number"),
            (b"\"\xff\"", "not UTF-8"),
            (b"\"\\ud800\"", "malformed"),
            (b"\"\\x\"", "malformed"),
            (b"\xef\xbb\xbf", "cut short"),
            (b"\"\x01\"", "malformed"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.what.contains(what), "{text:?}: {error}");
        }
        let deep = [vec![b'['; 1_000_000], vec![b']'; 1_000_000]].concat();
        assert!(read(&deep).unwrap_err().what.contains("nested"));
    }

    #[test]
    fn an_object_of_very_many_fields_is_read_in_time() {
        let fields: Vec<String> = (0..200_000)
            .map(|number| format!("\"f{number}\":{number}"))
            .collect();
        let text = format!("{{{},\"f7\":\"last\"}}", fields.join(","));
        let Value::Record(record) = read(text.as_bytes()).unwrap() else {
            panic!("no record")
        };
        assert_eq!(record.fields.len(), 200_000);
        assert_eq!(record.fields[7].1, Value::String("last".into()));
    }

    #[test]
    fn the_place_is_counted_in_the_bytes_that_came() {
        for (text, told) in [
            (&b"{\"a\": x}"[..], "this is no JSON at byte 6"),
            (b"\xef\xbb\xbf{\"a\": x}", "this is no JSON at byte 9"),
            (
                b"[\"\\ud800a\"]",
                "a string is malformed (unexpected end of hex escape) at byte 1",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn every_cut_of_an_answer_is_an_error() {
        let text = br#"{"r":{"count":1,"zone":[{"id":"a\u00e9","n":[1.5,null,true]}]}}"#;
        for end in 0..text.len() {
            assert!(read(&text[..end]).is_err(), "{end}");
        }
    }
}
