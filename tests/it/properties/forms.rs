//! Any rows in any form at any width: nothing panics, nothing fitted is wider than the terminal, nothing drives it, and YAML
//! and XML read back as the tree that they were printed from.

use capuchin::config::settings::OUTPUTS;
use capuchin::print::Printer;
use capuchin::print::surface::{Surface, drives};
use capuchin::record::answer::Answer;
use capuchin::record::select::Sought;
use capuchin::record::{Record, Value, json};
use proptest::prelude::*;
use saphyr::{LoadableYamlNode, ScalarOwned, YamlOwned};
use unicode_width::UnicodeWidthStr;

use super::answers::{record, tree};
use super::{cases, text};

/// Rows whose fields have names that tables look for, and others.
fn rows() -> impl Strategy<Value = Vec<Value>> {
    let known = proptest::sample::select(vec![
        "id",
        "name",
        "state",
        "nic",
        "ipaddress",
        "created",
        "zoneid",
        "memory",
        "percentused",
        "displaytext",
    ]);
    let name = prop_oneof![3 => known.prop_map(String::from), 1 => text(8)];
    let value = prop_oneof![1 => tree(), 2 => text(60).prop_map(Value::String)];
    let fields = proptest::collection::btree_map(name, value, 0..12);
    let row = prop_oneof![
        1 => tree(),
        9 => fields.prop_map(|fields| record(fields.into_iter().collect())),
    ];
    proptest::collection::vec(row, 0..5)
}

fn list(name: &str, rows: Vec<Value>) -> Answer {
    let mut body = Record::default();
    body.push("count", Value::Number(rows.len().to_string()));
    body.push(name, Value::List(rows));
    Answer::of(Value::Record(body))
}

fn printed(form: &str, surface: Surface, filter: Option<&[String]>, answer: &Answer) -> String {
    let mut out = Vec::new();
    let mut printer =
        Printer::new(form, surface, filter, &[], Sought::default(), &|| false).unwrap();
    printer.print(answer, &mut out).unwrap();
    let left = printer.left().unwrap_or_default();
    if let Some(width) = surface.width {
        assert!(left.width() <= width, "{left}");
    }
    String::from_utf8(out).unwrap()
}

fn on(width: usize) -> Surface {
    Surface {
        width: Some(width),
        color: false,
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn what_is_fitted_fits(rows in rows(), name in text(6), width in 20..200usize) {
        let answer = list(&name, rows);
        for form in ["table", "column", "chart"] {
            for line in printed(form, on(width), None, &answer).lines() {
                prop_assert!(line.width() <= width, "{form} {width}: {line}");
            }
        }
    }

    #[test]
    fn what_is_asked_for_fits_where_it_can(rows in rows(), width in 40..200usize) {
        let filter = ["name", "id", "nic.ipaddress", "displaytext", "missing"].map(String::from);
        let answer = list("thing", rows);
        let out = printed("table", on(width), Some(&filter), &answer);
        for line in out.lines() {
            prop_assert!(line.width() <= width, "{width}: {line}");
        }
        let header = out.lines().nth(3).unwrap_or_default();
        prop_assert!(out.starts_with("count = 0") || header.matches('|').count() == 6, "{out}");
    }

    #[test]
    fn no_form_drives_a_terminal(rows in rows(), name in text(6)) {
        let answer = list(&name, rows);
        for form in OUTPUTS.iter().filter(|form| **form != "auto") {
            let out = printed(form, on(80), None, &answer);
            let driving = out.chars().find(|letter| drives(*letter) && !matches!(letter, '\n' | '\t'));
            prop_assert!(driving.is_none(), "{form}: {out:?}");
        }
    }

    #[test]
    fn json_at_a_terminal_is_the_same_json(rows in rows()) {
        let answer = list("thing", rows);
        let there = json::read(printed("json", on(80), None, &answer).as_bytes());
        let piped = json::read(printed("json", Surface::default(), None, &answer).as_bytes());
        prop_assert_eq!(there.unwrap(), piped.unwrap());
    }

    #[test]
    fn yaml_reads_back_as_the_tree(rows in rows(), name in text(6)) {
        let answer = list(&name, rows);
        let out = printed("yaml", Surface::default(), None, &answer);
        let piped = json::read(printed("json", Surface::default(), None, &answer).as_bytes()).unwrap();
        let read = YamlOwned::load_from_str(&out);
        prop_assert!(read.is_ok(), "{read:?}\n{out}");
        let read = read.unwrap();
        prop_assert_eq!(read.len(), 1);
        prop_assert!(same(&read[0], &piped), "{:?}\n{:?}\n{}", read[0], piped, out);
    }

    #[test]
    fn xml_is_well_formed_and_has_every_text(rows in rows(), name in text(6)) {
        let answer = list(&name, rows);
        let out = printed("xml", Surface::default(), None, &answer);
        let mut expected = Vec::new();
        for (_, value) in &answer.head.fields {
            leaves(value, &mut expected);
        }
        for row in answer.rows.values() {
            leaves(&row, &mut expected);
        }
        prop_assert_eq!(texts(&out), expected, "{}", out);
    }
}

/// Whether YAML read what JSON says; its numbers lose their spelling.
fn same(yaml: &YamlOwned, value: &Value) -> bool {
    match (yaml, value) {
        (YamlOwned::Value(ScalarOwned::Null), Value::Null) => true,
        (YamlOwned::Value(ScalarOwned::Boolean(read)), Value::Bool(bool)) => read == bool,
        (YamlOwned::Value(ScalarOwned::String(read)), Value::String(text)) => read == text,
        (YamlOwned::Value(ScalarOwned::Integer(read)), Value::Number(number)) => {
            number.parse::<i64>() == Ok(*read)
        }
        (YamlOwned::Value(ScalarOwned::FloatingPoint(read)), Value::Number(number)) => {
            number.parse::<f64>().is_ok_and(|number| number == **read)
        }
        (YamlOwned::Sequence(read), Value::List(items)) => {
            read.len() == items.len() && read.iter().zip(items).all(|(read, item)| same(read, item))
        }
        (YamlOwned::Mapping(read), Value::Record(record)) => {
            read.len() == record.fields.len()
                && read
                    .iter()
                    .zip(&record.fields)
                    .all(|((key, read), (name, value))| {
                        key.as_str() == Some(name) && same(read, value)
                    })
        }
        _ => false,
    }
}

fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::List(items) if !items.is_empty() => {
            items.iter().for_each(|item| leaves(item, found))
        }
        Value::Record(record) if !record.fields.is_empty() => {
            record
                .fields
                .iter()
                .for_each(|(_, value)| leaves(value, found));
        }
        leaf => found.push(leaf.scalar().unwrap_or_default()),
    }
}

/// The texts of the elements that have no others in them, as a reader finds them.
fn texts(xml: &str) -> Vec<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut found, mut text, mut leaf) = (Vec::new(), String::new(), None::<bool>);
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) => {
                text.clear();
                leaf =
                    Some(start.attributes().any(|attribute| {
                        attribute.expect("well-formed").key.as_ref() == b"escapes"
                    }));
            }
            Event::Empty(empty) => {
                empty.attributes().for_each(|attribute| {
                    attribute.expect("well-formed");
                });
                found.push(String::new());
                leaf = None;
            }
            Event::Text(part) => text.push_str(std::str::from_utf8(&part).unwrap()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().unwrap() {
                Some(letter) => text.push(letter),
                None => text.push(match &*reference {
                    b"lt" => '<',
                    b"gt" => '>',
                    b"amp" => '&',
                    other => panic!("{other:?}"),
                }),
            },
            Event::End(_) => {
                if let Some(escapes) = leaf.take() {
                    let own = std::mem::take(&mut text);
                    found.push(match escapes {
                        true => unescaped(&own),
                        false => own,
                    });
                }
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

/// What JSON's escapes mean.
fn unescaped(text: &str) -> String {
    let mut letters = text.chars();
    let mut made = String::new();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            made.push(letter);
            continue;
        }
        match letters.next() {
            Some('u') => {
                let code: String = letters.by_ref().take(4).collect();
                made.extend(char::from_u32(u32::from_str_radix(&code, 16).unwrap()));
            }
            other => made.extend(other),
        }
    }
    made
}
