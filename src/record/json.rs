//! JSON in, a tree out: fields keep their order, numbers their spelling, field names are shared. An answer's
//! rows need no tree: the whole body is looked through once, and each row is read when it is wanted.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use super::body::{Lists, Scanned};
use super::{Name, Places, Record, Value};

pub mod text;
mod write;

pub use write::{compact, separator, string, write};

/// Deeper than this no answer goes; a reader that recursed further could be brought down.
pub const DEEPEST: usize = 128;

const BYTE_ORDER_MARK: &str = "\u{feff}";

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
    let mut reader = Reader::new(bytes)?;
    reader.names = Some(HashSet::new());
    let value = reader.value(0)?;
    reader.end()?;
    Ok(value)
}

/// Looks through a whole answer and reads all of it but the lists of its body. The error is a reason for people.
pub fn scan(bytes: &[u8]) -> Result<Scanned, String> {
    let told = |bad: Malformed| bad.to_string();
    let mut reader = Reader::new(bytes).map_err(told)?;
    if reader.peek() != Some(b'{') {
        reader.skip(0).and_then(|()| reader.end()).map_err(told)?;
        return Err("it holds no object".into());
    }
    let (mut names, mut found) = (HashSet::new(), None);
    reader
        .members(&mut |reader, name| {
            // Of a member that stands there twice the last one counts, here too.
            found = None;
            if reader.peek() == Some(b'{') {
                let (fields, lists) = reader.body()?;
                found = Some(Scanned {
                    envelope: Name::from(&*name),
                    fields,
                    lists,
                });
            } else {
                reader.skip(1)?;
            }
            names.insert(name);
            Ok(())
        })
        .and_then(|()| reader.end())
        .map_err(told)?;
    match (names.len(), found, names.iter().next()) {
        (1, Some(found), _) => Ok(found),
        (1, None, Some(name)) => Err(format!("its one member, {name}, is no object")),
        (members, _, _) => Err(format!(
            "it holds {members} members where an envelope has one"
        )),
    }
}

/// The value of a text that was looked through before.
pub fn value(text: &str) -> Value {
    let mut reader = Reader {
        text,
        at: 0,
        names: None,
    };
    reader.value(0).unwrap_or(Value::Null)
}

type Went = Result<(), Malformed>;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The names that were met, where they are to be shared.
    names: Option<HashSet<Name>>,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Result<Reader<'a>, Malformed> {
        let text = std::str::from_utf8(bytes).map_err(|why| Malformed {
            what: "the JSON is not UTF-8".into(),
            at: why.valid_up_to(),
        })?;
        let at = if text.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        Ok(Reader {
            text,
            at,
            names: None,
        })
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn malformed(&self, what: &str) -> Malformed {
        let what = if self.at >= self.text.len() {
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
        while let Some(byte) = self.byte() {
            if !text::is_blank(byte) {
                return Some(byte);
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

    fn end(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.malformed("something follows the end of the JSON")),
        }
    }

    fn deep(&self, depth: usize) -> Result<(), Malformed> {
        if depth > DEEPEST {
            return Err(self.malformed("the JSON is nested too deeply"));
        }
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Value, Malformed> {
        self.deep(depth)?;
        match self.peek() {
            Some(b'{') => {
                let mut made = Fields::default();
                self.members(&mut |reader, name| {
                    let name = reader.name(&name);
                    let value = reader.value(depth + 1)?;
                    made.set(name, value);
                    Ok(())
                })?;
                Ok(Value::Record(made.record))
            }
            Some(b'[') => {
                let mut items = Vec::new();
                self.items(&mut |reader| {
                    items.push(reader.value(depth + 1)?);
                    Ok(())
                })?;
                Ok(Value::List(items))
            }
            Some(b'"') => Ok(Value::String(self.string()?.into_owned())),
            Some(b'-' | b'0'..=b'9') => Ok(Value::Number(self.number()?.into())),
            Some(b't') => self.word("true").map(|()| Value::Bool(true)),
            Some(b'f') => self.word("false").map(|()| Value::Bool(false)),
            Some(b'n') => self.word("null").map(|()| Value::Null),
            _ => Err(self.malformed("this is no JSON")),
        }
    }

    /// Looks through a value without keeping anything of it.
    fn skip(&mut self, depth: usize) -> Result<(), Malformed> {
        self.deep(depth)?;
        match self.peek() {
            Some(b'{') => self.members(&mut |reader, _| reader.skip(depth + 1)),
            Some(b'[') => self.items(&mut |reader| reader.skip(depth + 1)),
            Some(b'"') => self.string().map(|_| ()),
            Some(b'-' | b'0'..=b'9') => self.number().map(|_| ()),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => Err(self.malformed("this is no JSON")),
        }
    }

    /// An answer's body, which stands in the envelope; its lists are looked through only.
    fn body(&mut self) -> Result<(Record, Lists), Malformed> {
        let (mut made, mut lists) = (Fields::default(), Lists::new());
        self.members(&mut |reader, name| {
            let name = Name::from(&*name);
            if reader.peek() != Some(b'[') {
                let value = reader.value(2)?;
                lists.remove(&made.set(name, value));
                return Ok(());
            }
            reader.deep(2)?;
            let (start, mut count) = (reader.at, 0);
            reader.items(&mut |reader| {
                count += 1;
                reader.skip(3)
            })?;
            let place = made.set(name, Value::List(Vec::new()));
            lists.insert(place, (start..reader.at, count));
            Ok(())
        })?;
        Ok((made.record, lists))
    }

    fn word(&mut self, word: &str) -> Result<(), Malformed> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.malformed("this is no JSON"));
        }
        self.at += word.len();
        Ok(())
    }

    fn name(&mut self, text: &str) -> Name {
        let Some(names) = &mut self.names else {
            return Name::from(text);
        };
        match names.get(text) {
            Some(name) => name.clone(),
            None => {
                let name = Name::from(text);
                names.insert(name.clone());
                name
            }
        }
    }

    /// Goes through the object that comes next; `each` is given a member's name and takes its value.
    fn members(
        &mut self,
        each: &mut dyn FnMut(&mut Reader<'a>, Cow<'a, str>) -> Went,
    ) -> Result<(), Malformed> {
        self.at += 1;
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.malformed("a field has no name"));
            }
            let name = self.string()?;
            if !self.take(b':') {
                return Err(self.malformed("a field has no value"));
            }
            each(self, name)?;
            if self.take(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.malformed("neither a comma nor the object's end follows"));
            }
        }
    }

    /// Goes through the list that comes next; `each` takes an item.
    fn items(&mut self, each: &mut dyn FnMut(&mut Reader<'a>) -> Went) -> Result<(), Malformed> {
        self.at += 1;
        if self.take(b']') {
            return Ok(());
        }
        loop {
            each(self)?;
            if self.take(b']') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.malformed("neither a comma nor the list's end follows"));
            }
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        let start = self.at;
        let Some((end, plain)) = text::string_end(self.text.as_bytes(), start) else {
            self.at = self.text.len();
            return Err(self.malformed("a string does not end"));
        };
        self.at = end;
        if plain {
            return Ok(Cow::Borrowed(&self.text[start + 1..end - 1]));
        }
        // Escapes are rare and left to the library.
        serde_json::from_str::<String>(&self.text[start..end])
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

    fn number(&mut self) -> Result<&'a str, Malformed> {
        let start = self.at;
        let spelt = |byte: u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        while self.byte().is_some_and(spelt) {
            self.at += 1;
        }
        let literal = &self.text[start..self.at];
        if is_number(literal) {
            Ok(literal)
        } else {
            Err(Malformed {
                what: "this is no number".into(),
                at: start,
            })
        }
    }
}

/// A record being read.
#[derive(Default)]
struct Fields {
    record: Record,
    places: Places,
}

impl Fields {
    /// Puts the field in its place and tells which that is. Of a field that stands there twice the last one counts, as
    /// servers and clients have it.
    fn set(&mut self, name: Name, value: Value) -> usize {
        match self.places.of(&name, &self.record) {
            Some(place) => {
                self.record.fields[place].1 = value;
                place
            }
            None => {
                self.record.fields.push((name, value));
                self.record.fields.len() - 1
            }
        }
    }
}

/// Whether the text is a number as JSON spells it, with nothing around it.
pub fn is_number(text: &str) -> bool {
    let digits = |bytes: &[u8]| {
        bytes
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let mut rest = text.as_bytes();
    rest = rest.strip_prefix(b"-").unwrap_or(rest);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest[0] == b'0') {
        return false;
    }
    rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', exponent @ ..] => exponent,
            exponent => exponent,
        };
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests;
