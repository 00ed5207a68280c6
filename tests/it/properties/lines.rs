//! Words through quoting, lines through their own meaning, paths through rows.

use capuchin::line::words::{quote, split};
use capuchin::record::select::Sought;
use capuchin::record::{Value, select};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::answers::tree;
use super::{cases, text};
use crate::fuzz::lexer;

/// Lines that mean something nearly, and any text between.
fn line() -> impl Strategy<Value = String> {
    let pieces = proptest::sample::select(vec![
        "list ",
        "zones ",
        "listZones ",
        "create network ",
        "offering ",
        "name=",
        "details[0].k=",
        "vlan=",
        "forvpc=",
        "true ",
        "password=",
        "command=",
        "api ",
        "sync storagepool ",
        "help ",
        "?",
        "!",
        "shell ",
        "login ",
        "-h ",
        "-o ",
        "--output=",
        "--filter ",
        "id=",
        "@",
        "@-",
        "'",
        "\"",
        "\\",
        "\n",
        " | ",
        " # ",
        " ",
        "=",
    ]);
    let piece = prop_oneof![3 => pieces.prop_map(String::from), 1 => text(6)];
    proptest::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn any_words_come_back_from_their_quoting(words in proptest::collection::vec(text(12), 0..6)) {
        let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
        let found = split(&quoted.join(" ")).unwrap();
        prop_assert!(found.pipe.is_none() && found.comment.is_none());
        let texts: Vec<String> = found.words.into_iter().map(|word| word.text).collect();
        prop_assert_eq!(texts, words);
    }

    #[test]
    fn words_cover_any_line_and_what_it_means_can_be_said_again(line in line()) {
        lexer::check(line.as_bytes());
    }

    #[test]
    fn words_cover_any_text(line in text(40)) {
        lexer::check(line.as_bytes());
    }

    #[test]
    fn any_paths_keep_fields_of_the_row_in_their_order(row in tree(), asked in text(20)) {
        let paths = select::paths(&asked);
        for path in &paths {
            prop_assert!(!path.is_empty() && path.trim() == path && !path.contains(','));
        }
        let kept = select::filter(&row, &paths);
        let mut wanted = paths.iter();
        for (name, _) in &kept.fields {
            prop_assert!(wanted.any(|path| *path == **name), "{name} of {asked:?}");
        }
        let mut sought = Sought::of(&paths, &[]);
        sought.see(&row.clone().into());
        let unknown = sought.unknown();
        for path in &paths {
            let found = kept.get(path).is_some();
            prop_assert!(found != unknown.iter().any(|(name, _)| name == path), "{path}");
        }
    }

    #[test]
    fn every_value_of_a_row_is_found_by_its_path(row in plain_row()) {
        let mut paths = Vec::new();
        paths_of(&row, "", &mut paths);
        for (path, value) in paths {
            let kept = select::filter(&row, std::slice::from_ref(&path));
            prop_assert_eq!(kept.get(&path), Some(&value));
        }
    }
}

/// A row whose names are names, as rows have them.
fn plain_row() -> impl Strategy<Value = Value> {
    let leaf = text(5).prop_map(Value::String);
    leaf.prop_recursive(4, 24, 4, |inner| {
        let names = proptest::collection::btree_map("[a-z]{1,6}", inner.clone(), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::List),
            names.prop_map(|fields| super::answers::record(fields.into_iter().collect())),
        ]
    })
}

/// The paths that lead to each value of a row, with places in lists.
fn paths_of(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    let step = |name: &str| match path {
        "" => name.to_string(),
        path => format!("{path}.{name}"),
    };
    if !path.is_empty() {
        found.push((path.to_string(), value.clone()));
    }
    match value {
        Value::Record(record) => {
            for (name, value) in &record.fields {
                paths_of(value, &step(name), found);
            }
        }
        Value::List(items) => {
            for (place, item) in items.iter().enumerate() {
                paths_of(item, &step(&place.to_string()), found);
            }
        }
        _ => {}
    }
}

/// A hint that quotes words is there to be pasted into a shell.
#[cfg(unix)]
#[test]
fn a_posix_shell_reads_quoted_words_in_the_same_way() {
    use proptest::strategy::ValueTree;
    let words = proptest::collection::vec(text(12), 300);
    let words = words
        .new_tree(&mut TestRunner::new(cases(1)))
        .unwrap()
        .current();
    // No shell's word holds a NUL.
    let words: Vec<String> = words.iter().map(|word| word.replace('\0', "")).collect();
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", &format!("printf '%s\\0' {}", quoted.join(" "))])
        .output()
        .unwrap();
    let read = String::from_utf8(output.stdout).unwrap();
    let read: Vec<&str> = read.split_terminator('\0').collect();
    assert_eq!(read, words, "{}", String::from_utf8_lossy(&output.stderr));
}
