//! XML in, the tree that the same answer has in JSON out: repeated elements are lists, types come from the catalogue.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::json::{DEEPEST, Malformed, is_number};
use super::{Name, Places, Record, Value};
use crate::catalog::Field;

/// Numbers in every answer, whatever the catalogue says.
const NUMBERS: [&str; 6] = [
    "count",
    "errorcode",
    "cserrorcode",
    "jobstatus",
    "jobprocstatus",
    "jobresultcode",
];

/// Lists of records in every answer, though catalogues are silent about some of them.
const LISTS: [&str; 4] = ["tags", "nic", "securitygroup", "affinitygroup"];

/// An element as it stands in the text.
#[derive(Default)]
struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

/// Reads an answer and gives its envelope's name and body. `fields` are what the catalogue says of the rows.
pub fn read(bytes: &[u8], fields: &[Field]) -> Result<(Name, Value), Malformed> {
    let root = parse(bytes)?;
    if root.children.is_empty() && !root.text.trim().is_empty() {
        return Err(Malformed {
            what: format!("the XML holds text where {} has its fields", root.name),
            at: 0,
        });
    }
    let name = Name::from(root.name.as_str());
    Ok((name, body(&root, fields)))
}

fn parse(bytes: &[u8]) -> Result<Element, Malformed> {
    let mut reader = Reader::from_reader(bytes);
    // One element above the outermost, so that every element has one to go into.
    let mut open = vec![Element::default()];
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let malformed = |what: String| Malformed { what, at };
        let named = |name: &[u8]| match String::from_utf8(name.to_vec()) {
            Ok(name) if name.is_empty() => Err(malformed("an element has no name".into())),
            Ok(name) => Ok(name),
            Err(_) => Err(malformed("the XML is not UTF-8".into())),
        };
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                if open.len() > DEEPEST {
                    return Err(malformed("the XML is nested too deeply".into()));
                }
                let name = named(start.name().as_ref())?;
                open.push(Element {
                    name,
                    ..Element::default()
                });
            }
            Ok(Event::Empty(start)) => {
                let name = named(start.name().as_ref())?;
                if let Some(parent) = open.last_mut() {
                    parent.children.push(Element {
                        name,
                        ..Element::default()
                    });
                }
            }
            Ok(Event::End(_)) => {
                if let (true, Some(element)) = (open.len() > 1, open.pop())
                    && let Some(parent) = open.last_mut()
                {
                    parent.children.push(element);
                }
            }
            Ok(Event::Text(text)) => std::str::from_utf8(&text)
                .map_err(|_| malformed("the XML is not UTF-8".into()))
                .and_then(|text| append(&mut open, text).map_err(malformed))?,
            Ok(Event::CData(text)) => std::str::from_utf8(&text)
                .map_err(|_| malformed("the XML is not UTF-8".into()))
                .and_then(|text| append(&mut open, text).map_err(malformed))?,
            Ok(Event::GeneralRef(reference)) => {
                let name = String::from_utf8_lossy(&reference).into_owned();
                let letter = entity(&name).ok_or_else(|| {
                    malformed(format!("the XML holds an unknown entity, &{name};"))
                })?;
                append(&mut open, letter.encode_utf8(&mut [0; 4])).map_err(malformed)?;
            }
            Ok(Event::DocType(_)) => {
                return Err(malformed(
                    "the XML declares a document type, which no answer does".into(),
                ));
            }
            Ok(Event::Eof) if open.len() > 1 => {
                return Err(malformed("the XML is cut short".into()));
            }
            Ok(Event::Eof) => break,
            Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_)) => {}
            Err(why) => return Err(malformed(format!("the XML is malformed ({why})"))),
        }
    }
    let mut roots = open.pop().map_or(Vec::new(), |top| top.children);
    match (roots.pop(), roots.is_empty()) {
        (Some(root), true) => Ok(root),
        _ => Err(Malformed {
            what: "the XML holds not one element but none or several".into(),
            at: bytes.len(),
        }),
    }
}

fn append(open: &mut [Element], text: &str) -> Result<(), String> {
    match open {
        [.., _, element] => element.text.push_str(text),
        _ if text.trim().is_empty() => {}
        _ => return Err("text stands outside the XML's one element".into()),
    }
    Ok(())
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

/// The envelope's body: a list where a count stands beside elements, else the fields of one thing or a job.
fn body(root: &Element, fields: &[Field]) -> Value {
    let counted = root.children.iter().any(|child| child.name == "count");
    let mut made = Fields::default();
    for child in &root.children {
        let known = fields.iter().find(|field| field.name == child.name);
        let lone = root.children.len() == 1 && !child.children.is_empty();
        let value = match known {
            _ if counted && child.name != "count" => nested(child, fields),
            _ if child.name == "jobresult" => result(child, fields),
            // The one record of an object answer is what the catalogue describes.
            _ if lone => nested(child, fields),
            // A list without a count: its rows are what the catalogue describes.
            None if !child.children.is_empty() => nested(child, fields),
            known => typed(child, known),
        };
        let list = match counted {
            true => child.name != "count",
            false => !lone && is_list(child, known),
        };
        made.add(&child.name, value, list);
    }
    Value::Record(made.record)
}

/// What a job ended with: flat fields, or the one record that the followed call's catalogue entry describes.
fn result(element: &Element, fields: &[Field]) -> Value {
    if element.children.is_empty() {
        return Value::String(element.text.clone());
    }
    let mut made = Fields::default();
    for child in &element.children {
        let value = if child.children.is_empty() {
            typed(child, fields.iter().find(|field| field.name == child.name))
        } else {
            nested(child, fields)
        };
        made.add(&child.name, value, false);
    }
    Value::Record(made.record)
}

/// A record whose fields the catalogue describes.
fn nested(element: &Element, fields: &[Field]) -> Value {
    if element.children.is_empty() {
        // A record of which every field is left out.
        return match element.text.is_empty() && !fields.is_empty() {
            true => Value::Record(Record::default()),
            false => scalar(&element.name, &element.text, ""),
        };
    }
    let mut made = Fields::default();
    for child in &element.children {
        let field = fields.iter().find(|field| field.name == child.name);
        made.add(&child.name, typed(child, field), is_list(child, field));
    }
    Value::Record(made.record)
}

/// Whether an element is one of a list, even if it is alone. `tags` with text in it is the text that offerings have.
fn is_list(element: &Element, field: Option<&Field>) -> bool {
    match field {
        Some(field) if matches!(field.kind.as_str(), "list" | "set") => true,
        _ if !element.children.is_empty() => LISTS.contains(&element.name.as_str()),
        Some(_) => false,
        None => element.name == "servicelist",
    }
}

/// A record being made: a field that is there already, or that is a list anyway, collects its values.
#[derive(Default)]
struct Fields {
    record: Record,
    places: Places,
}

impl Fields {
    fn add(&mut self, name: &str, value: Value, list: bool) {
        let name = Name::from(name);
        let place = self.places.of(&name, &self.record);
        match place.map(|place| &mut self.record.fields[place].1) {
            Some(Value::List(items)) => items.push(value),
            Some(first) => {
                let kept = std::mem::replace(first, Value::Null);
                *first = Value::List(vec![kept, value]);
            }
            None if list => self.record.push(name, Value::List(vec![value])),
            None => self.record.push(name, value),
        }
    }
}

fn typed(element: &Element, field: Option<&Field>) -> Value {
    let kind = field.map_or("", |field| field.kind.as_str());
    let inner = field.map_or(&[][..], |field| &field.response);
    if !element.children.is_empty() {
        return match element.name.as_str() {
            "jobresult" => result(element, inner),
            _ => nested(element, inner),
        };
    }
    if element.text.is_empty() && (kind == "map" || !inner.is_empty()) {
        return Value::Record(Record::default());
    }
    if kind == "map" || looks_like_map(&element.name, &element.text) {
        return map(&element.text);
    }
    scalar(&element.name, &element.text, kind)
}

fn scalar(name: &str, text: &str, kind: &str) -> Value {
    let number = NUMBERS.contains(&name)
        || matches!(
            kind,
            "integer" | "int" | "long" | "short" | "float" | "double"
        );
    if number && is_number(text.trim()) {
        return Value::Number(text.trim().into());
    }
    match (kind, text) {
        ("boolean", "true") => Value::Bool(true),
        ("boolean", "false") => Value::Bool(false),
        _ => Value::String(text.into()),
    }
}

/// These are maps in every answer, whatever the catalogue says.
fn looks_like_map(name: &str, text: &str) -> bool {
    matches!(name, "details" | "resourcedetails" | "storagecapabilities")
        && text.starts_with('{')
        && text.ends_with('}')
}

/// A map as Java prints it: `{a=1, b=2}`.
fn map(text: &str) -> Value {
    let Some(inside) = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
    else {
        return Value::String(text.into());
    };
    let mut record = Record::default();
    let mut places = Places::default();
    if inside.is_empty() {
        return Value::Record(record);
    }
    for part in inside.split(", ") {
        // No map has a name twice: what looks like a second one stands in a value, as a comma alone does.
        let pair = part
            .split_once('=')
            .map(|(name, value)| (Name::from(name), value))
            .filter(|(name, _)| places.of(name, &record).is_none());
        match (pair, record.fields.last_mut()) {
            (Some((name, value)), _) => record.push(name, Value::String(value.into())),
            (None, Some((_, Value::String(last)))) => {
                last.push_str(", ");
                last.push_str(part);
            }
            (None, _) => return Value::String(text.into()),
        }
    }
    Value::Record(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json;

    fn field(name: &str, kind: &str, response: Vec<Field>) -> Field {
        Field {
            name: name.into(),
            kind: kind.into(),
            response,
            ..Field::default()
        }
    }

    fn compact(text: &str, fields: &[Field]) -> String {
        let (_, body) = read(text.as_bytes(), fields).unwrap();
        let mut out = Vec::new();
        json::compact(&body, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_tree_is_that_of_json() {
        let fields = [
            field("size", "long", Vec::new()),
            field("up", "boolean", Vec::new()),
            field(
                "nic",
                "set",
                vec![field("isdefault", "boolean", Vec::new())],
            ),
            field("details", "map", Vec::new()),
            field("names", "list", Vec::new()),
        ];
        for (xml, expected) in [
            (
                "<r><count>1</count><z><size>1.10</size><up>true</up></z></r>",
                r#"{"count":1,"z":[{"size":1.10,"up":true}]}"#,
            ),
            (
                "<r><count>2</count><z><id>a</id></z><z><id>b</id></z></r>",
                r#"{"count":2,"z":[{"id":"a"},{"id":"b"}]}"#,
            ),
            ("<r></r>", "{}"),
            (
                "<r><vm><nic><isdefault>true</isdefault></nic></vm></r>",
                r#"{"vm":{"nic":[{"isdefault":true}]}}"#,
            ),
            (
                "<r><vm><details>{a=1, b=x, y}</details></vm></r>",
                r#"{"vm":{"details":{"a":"1","b":"x, y"}}}"#,
            ),
            (
                "<r><errorcode>431</errorcode><errortext>a &lt;b&gt; &amp; &#233;</errortext></r>",
                r#"{"errorcode":431,"errortext":"a <b> & é"}"#,
            ),
            (
                "<r><jobstatus>1</jobstatus><jobresult><vm><size>2</size></vm></jobresult></r>",
                r#"{"jobstatus":1,"jobresult":{"vm":{"size":2}}}"#,
            ),
            // Without a count as well, rows are what the catalogue describes.
            (
                "<r><z><size>1</size></z><z><size>2</size></z></r>",
                r#"{"z":[{"size":1},{"size":2}]}"#,
            ),
            // An empty element in a list is an empty record, as listApis has them; of a map it is an empty map.
            (
                "<r><vm><nic/><details></details><size></size></vm></r>",
                r#"{"vm":{"nic":[{}],"details":{},"size":""}}"#,
            ),
            (
                "<r><vm><size>\n 5 </size><names>a</names></vm></r>",
                r#"{"vm":{"size":5,"names":["a"]}}"#,
            ),
            // A job in a list ends with one thing, though elsewhere that thing stands in lists.
            (
                "<r><count>1</count><j><jobresult><affinitygroup><id>a</id></affinitygroup></jobresult></j></r>",
                r#"{"count":1,"j":[{"jobresult":{"affinitygroup":{"id":"a"}}}]}"#,
            ),
            // What is left of a row without a field, and a list of one among flat fields.
            ("<r><count>1</count><z></z></r>", r#"{"count":1,"z":[{}]}"#),
            (
                "<r><id>a</id><names>b</names><nic></nic></r>",
                r#"{"id":"a","names":["b"],"nic":[{}]}"#,
            ),
            (
                "<r><jobresult>no room</jobresult></r>",
                r#"{"jobresult":"no room"}"#,
            ),
        ] {
            assert_eq!(compact(xml, &fields), expected, "{xml}");
        }
    }

    #[test]
    fn a_map_keeps_what_its_values_hold() {
        let fields = [field("m", "map", Vec::new())];
        for (map, expected) in [
            ("{}", r#"{}"#),
            ("{a=}", r#"{"a":""}"#),
            ("{a=1, , b=2, }", r#"{"a":"1, ","b":"2, "}"#),
            ("{a=1, b=2, a=3}", r#"{"a":"1","b":"2, a=3"}"#),
            ("{, a=1}", r#""{, a=1}""#),
        ] {
            let xml = format!("<r><vm><m>{map}</m></vm></r>");
            let expected = format!("{{\"vm\":{{\"m\":{expected}}}}}");
            assert_eq!(compact(&xml, &fields), expected);
        }
    }

    #[test]
    fn tags_are_a_text_or_a_list_of_records() {
        let text = "<r><count>1</count><o><tags>ssd</tags></o></r>";
        let list = "<r><count>1</count><o><tags><key>a</key></tags></o></r>";
        let told = field("tags", "string", Vec::new());
        for fields in [&[told][..], &[]] {
            assert_eq!(compact(text, fields), r#"{"count":1,"o":[{"tags":"ssd"}]}"#);
            assert_eq!(
                compact(list, fields),
                r#"{"count":1,"o":[{"tags":[{"key":"a"}]}]}"#
            );
        }
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        let deep = "<a>".repeat(1000);
        for (xml, what) in [
            ("", "none or several"),
            ("<a>", "cut short"),
            ("<a></b>", "malformed"),
            ("< a='b'></>", "no name"),
            ("<a>< /></a>", "no name"),
            ("<a/><b/>", "none or several"),
            ("<a/>garbage", "outside"),
            ("hello <a/>", "outside"),
            ("hello", "outside"),
            ("&lt;a/>", "outside"),
            ("<a>no such user</a>", "text where a has its fields"),
            ("<a><![CDATA[no]]></a>", "text where"),
            ("<a>&bogus;</a>", "unknown entity"),
            (
                "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
                "document type",
            ),
            (deep.as_str(), "too deeply"),
        ] {
            let error = read(xml.as_bytes(), &[]).unwrap_err();
            assert!(error.what.contains(what), "{xml:.40}: {error}");
        }
        assert!(read(b"<a>\xff</a>", &[]).is_err());
    }
}
