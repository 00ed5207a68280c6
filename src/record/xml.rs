//! XML in, the tree that the same answer has in JSON out: repeated elements are lists, types come from the catalogue.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::json::{DEEPEST, Malformed};
use super::{Name, Value};
use crate::catalog::Field;
use crate::catalog::types::Types;

mod tree;

/// An element as it stands in the text.
#[derive(Default)]
struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

/// Reads an answer and gives its envelope's name and body. `fields` are what the catalogue says of the rows.
pub fn read(bytes: &[u8], fields: &[Field]) -> Result<(Name, Value), Malformed> {
    read_as(bytes, &Types::of(fields))
}

/// The same by types that may know more than the API's own entry.
pub fn read_as(bytes: &[u8], types: &Types) -> Result<(Name, Value), Malformed> {
    let (root, old) = parse(bytes)?;
    if root.children.is_empty() && !root.text.trim().is_empty() {
        return Err(Malformed {
            what: format!("the XML holds text where {} has its fields", root.name),
            at: 0,
        });
    }
    let name = Name::from(root.name.as_str());
    Ok((name, tree::body(&root, types, old)))
}

/// The outermost element, and whether the server is of those that print an empty element for what is not there.
fn parse(bytes: &[u8]) -> Result<(Element, bool), Malformed> {
    let mut old = true;
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
                if open.len() == 1 {
                    old = is_old(&start);
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
        (Some(root), true) => Ok((root, old)),
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
            (
                "<r><vm><size>\n 5 </size><names>a</names></vm></r>",
                r#"{"vm":{"size":5,"names":["a"]}}"#,
            ),
            // A job in a list ends with one thing, though elsewhere that thing stands in lists.
            (
                "<r><count>1</count><j><jobresult><affinitygroup><id>a</id></affinitygroup></jobresult></j></r>",
                r#"{"count":1,"j":[{"jobresult":{"affinitygroup":{"id":"a"}}}]}"#,
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
    fn what_an_empty_element_is_depends_on_the_server() {
        let fields = [
            field("size", "long", Vec::new()),
            field("nic", "set", vec![field("id", "string", Vec::new())]),
            field("details", "map", Vec::new()),
        ];
        let vm = "<vm><nic/><details></details><size/><name></name><id>a</id></vm>";
        for (version, expected) in [
            (
                " cloud-stack-version=\"4.11.1.0\"",
                r#"{"vm":{"nic":[{}],"details":{},"name":"","id":"a"}}"#,
            ),
            (" cloud-stack-version=\"3.0.1.6\"", r#"{"vm":{"id":"a"}}"#),
            (" cloud-stack-version=\"x\"", r#"{"vm":{"id":"a"}}"#),
            ("", r#"{"vm":{"id":"a"}}"#),
        ] {
            let xml = format!("<r{version}>{vm}</r>");
            assert_eq!(compact(&xml, &fields), expected, "{xml}");
        }
    }

    #[test]
    fn success_is_a_text_in_an_answer_and_a_boolean_in_a_jobs_result() {
        let told = [field("success", "boolean", Vec::new())];
        for fields in [&told[..], &[]] {
            for (xml, expected) in [
                ("<r><success>true</success></r>", r#"{"success":"true"}"#),
                (
                    "<r><jobresult><success>true</success></jobresult></r>",
                    r#"{"jobresult":{"success":true}}"#,
                ),
            ] {
                assert_eq!(compact(xml, fields), expected);
            }
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
