//! XML in, the tree that the same answer has in JSON out: repeated elements are lists, types come from the catalogue. An
//! answer's rows need no tree: the whole body is looked through once, and each row is read when it is wanted.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::body::{Body, Lists, Scanned};
use super::json::{DEEPEST, Malformed};
use super::{Name, Record, Value};
use crate::catalog::Field;
use crate::catalog::types::Types;
use tree::{Made, Tree};

mod tree;

/// How the elements of an answer are read.
#[derive(Clone, Debug)]
pub struct Manner {
    types: Types,
    /// The server is one of those that print an empty element for what is not there.
    old: bool,
}

/// An element as it stands in the text.
#[derive(Debug, Default)]
pub struct Element<'a> {
    pub name: &'a str,
    pub text: Cow<'a, str>,
    pub children: Vec<Element<'a>>,
}

/// Reads an answer as it stands, for clouds whose elements mean something else than CloudStack's.
pub fn element(bytes: &[u8]) -> Result<Element<'_>, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|why| not_utf8(why.valid_up_to()))?;
    let bare = text.trim_start_matches('\u{feff}');
    // What is wrong with it is found out before it is read.
    let mut walk = Walk::new(bare);
    walk.root()?;
    walk.runs()?;
    walk.end()?;
    let read = Walk::new(bare).element();
    read.ok_or_else(|| Malformed {
        what: "the XML holds no element".into(),
        at: 0,
    })
}

fn not_utf8(at: usize) -> Malformed {
    Malformed {
        what: "the XML is not UTF-8".into(),
        at,
    }
}

/// Reads an answer and gives its envelope's name and body. `fields` are what the catalogue says of the rows.
pub fn read(bytes: &[u8], fields: &[Field]) -> Result<(Name, Value), Malformed> {
    let bytes = bytes::Bytes::copy_from_slice(bytes);
    let (scanned, manner) = scan(&bytes, &Types::of(fields))?;
    let envelope = scanned.envelope.clone();
    let body = Body::of_scanned_xml(&bytes, scanned, &manner).into_record();
    Ok((envelope, Value::Record(body)))
}

/// Looks through a whole answer and reads all of it but the rows of its list.
pub fn scan(bytes: &[u8], types: &Types) -> Result<(Scanned, Manner), Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|why| not_utf8(why.valid_up_to()))?;
    // The reader passes over a byte order mark and counts from after it.
    let bare = text.trim_start_matches('\u{feff}');
    let mark = text.len() - bare.len();
    let mut walk = Walk::new(bare);
    let root = walk.root()?;
    let (runs, blank) = walk.runs()?;
    walk.end()?;
    if runs.is_empty() && !blank {
        return Err(Malformed {
            what: format!("the XML holds text where {root} has its fields"),
            at: 0,
        });
    }
    let manner = Manner {
        types: types.clone(),
        old: walk.old,
    };
    let (fields, mut lists) = body(bare, root, &runs, &manner);
    for (span, _) in lists.values_mut() {
        *span = span.start + mark..span.end + mark;
    }
    let envelope = Name::from(root);
    Ok((
        Scanned {
            envelope,
            fields,
            lists,
        },
        manner,
    ))
}

/// The rows that stand one after another in a text that was looked through.
pub fn rows(elements: &[u8], manner: Manner) -> impl Iterator<Item = Value> {
    let mut walk = Walk::new(std::str::from_utf8(elements).unwrap_or_default());
    std::iter::from_fn(move || {
        let element = walk.element()?;
        Some(Tree::new(&manner).row(&element))
    })
}

/// Children of one name that stand one after another.
struct Run<'a> {
    name: &'a str,
    span: Range<usize>,
    count: usize,
}

/// The envelope's body: a list where a count stands beside elements, else the fields of one thing or a job.
fn body(text: &str, root: &str, runs: &[Run], manner: &Manner) -> (Record, Lists) {
    let tree = Tree::new(manner);
    let counted = runs.iter().any(|run| run.name == "count");
    let lone = runs.len() == 1 && runs[0].count == 1;
    let mut names = HashSet::new();
    let scattered = !runs.iter().all(|run| names.insert(run.name));
    let (mut made, mut lists) = (Made::default(), Lists::new());
    for run in runs {
        let listed = counted && run.name != "count";
        let mut elements = Walk::new(&text[run.span.clone()]);
        let first = elements.element().unwrap_or_default();
        let described = first.is_described(manner.types.own(), lone);
        if !scattered && (listed || (run.count > 1 && described)) {
            let place = made.record.fields.len();
            made.add(run.name, Value::List(Vec::new()), false);
            lists.insert(place, (run.span.clone(), run.count));
            continue;
        }
        let rest = std::iter::from_fn(|| elements.element());
        for element in std::iter::once(first).chain(rest) {
            let value = match listed {
                true => Some(tree.row(&element)),
                false => tree.member(root, &element, lone),
            };
            if let Some(value) = value {
                let list = listed || (!lone && tree.is_list(root, &element));
                made.add(run.name, value, list);
            }
        }
    }
    (made.record, lists)
}

/// What comes next in a text.
enum Token<'a> {
    Open(&'a str),
    Close,
    Text(Cow<'a, str>),
    End,
}

/// Goes through a text token by token and refuses what no answer holds.
struct Walk<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    depth: usize,
    old: bool,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str) -> Walk<'a> {
        let mut reader = Reader::from_reader(text.as_bytes());
        reader.config_mut().expand_empty_elements = true;
        Walk {
            text,
            reader,
            depth: 0,
            old: true,
        }
    }

    fn at(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    fn next(&mut self) -> Result<Token<'a>, Malformed> {
        loop {
            let at = self.at();
            let malformed = |what: String| Malformed { what, at };
            return Ok(match self.reader.read_event() {
                Ok(Event::Start(start)) => {
                    if self.depth >= DEEPEST {
                        return Err(malformed("the XML is nested too deeply".into()));
                    }
                    if self.depth == 0 {
                        self.old = is_old(&start);
                    }
                    self.depth += 1;
                    let length = start.name().as_ref().len();
                    match self.text.get(at + 1..at + 1 + length) {
                        Some("") | None => return Err(malformed("an element has no name".into())),
                        Some(name) => Token::Open(name),
                    }
                }
                Ok(Event::End(_)) => {
                    self.depth -= 1;
                    Token::Close
                }
                Ok(Event::Text(text)) => Token::Text(as_text(text.into_inner())),
                Ok(Event::CData(text)) => Token::Text(as_text(text.into_inner())),
                Ok(Event::GeneralRef(reference)) => {
                    let name = String::from_utf8_lossy(&reference).into_owned();
                    let letter = entity(&name).ok_or_else(|| {
                        malformed(format!("the XML holds an unknown entity, &{name};"))
                    })?;
                    Token::Text(letter.to_string().into())
                }
                Ok(Event::DocType(_)) => {
                    return Err(malformed(
                        "the XML declares a document type, which no answer does".into(),
                    ));
                }
                Ok(Event::Eof) if self.depth > 0 => {
                    return Err(malformed("the XML is cut short".into()));
                }
                Ok(Event::Eof) => Token::End,
                Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_)) => continue,
                Ok(Event::Empty(_)) => continue,
                Err(why) => return Err(malformed(format!("the XML is malformed ({why})"))),
            });
        }
    }

    /// Enters the outermost element and gives its name.
    fn root(&mut self) -> Result<&'a str, Malformed> {
        loop {
            match self.next()? {
                Token::Open(name) => return Ok(name),
                Token::End => return Err(self.not_one()),
                Token::Text(text) => self.blank(&text)?,
                Token::Close => {}
            }
        }
    }

    /// Refuses text that is more than white space where the outermost element alone may stand.
    fn blank(&self, text: &str) -> Result<(), Malformed> {
        if text.trim().is_empty() {
            return Ok(());
        }
        Err(Malformed {
            what: "text stands outside the XML's one element".into(),
            at: self.at(),
        })
    }

    /// Goes through the children of the element that was entered, and tells whether all text between them is blank.
    fn runs(&mut self) -> Result<(Vec<Run<'a>>, bool), Malformed> {
        let mut runs: Vec<Run> = Vec::new();
        let mut blank = true;
        loop {
            let start = self.at();
            match self.next()? {
                Token::Open(name) => {
                    let inside = self.depth;
                    while self.depth >= inside {
                        self.next()?;
                    }
                    match runs.last_mut() {
                        Some(run) if run.name == name => {
                            run.span.end = self.at();
                            run.count += 1;
                        }
                        _ => runs.push(Run {
                            name,
                            span: start..self.at(),
                            count: 1,
                        }),
                    }
                }
                Token::Text(text) => blank &= text.trim().is_empty(),
                Token::Close | Token::End => return Ok((runs, blank)),
            }
        }
    }

    fn end(&mut self) -> Result<(), Malformed> {
        loop {
            match self.next()? {
                Token::End => return Ok(()),
                Token::Open(_) => return Err(self.not_one()),
                Token::Text(text) => self.blank(&text)?,
                Token::Close => {}
            }
        }
    }

    fn not_one(&self) -> Malformed {
        Malformed {
            what: "the XML holds not one element but none or several".into(),
            at: self.at(),
        }
    }

    /// Reads the next element of a text that was looked through; what stands between elements is left out.
    fn element(&mut self) -> Option<Element<'a>> {
        loop {
            match self.next().ok()? {
                Token::Open(name) => return self.inside(name),
                Token::End => return None,
                Token::Close | Token::Text(_) => {}
            }
        }
    }

    fn inside(&mut self, name: &'a str) -> Option<Element<'a>> {
        let mut element = Element {
            name,
            ..Element::default()
        };
        loop {
            match self.next().ok()? {
                Token::Open(name) => element.children.push(self.inside(name)?),
                Token::Text(text) if element.text.is_empty() => element.text = text,
                Token::Text(text) => element.text.to_mut().push_str(&text),
                Token::Close => return Some(element),
                Token::End => return None,
            }
        }
    }
}

/// The whole text was looked at as UTF-8 before.
fn as_text(bytes: Cow<[u8]>) -> Cow<str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
    }
}

/// The five entities of XML and characters by number; nothing is ever looked up.
fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// Servers up to the guide's 4.1 print an empty element for what JSON leaves out; later ones only for an empty text. A
/// server that does not tell its version is taken for an old one.
fn is_old(root: &BytesStart) -> bool {
    let version = root
        .try_get_attribute("cloud-stack-version")
        .ok()
        .flatten()
        .and_then(|attribute| String::from_utf8(attribute.value.into_owned()).ok())
        .unwrap_or_default();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>());
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < (4, 2),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
