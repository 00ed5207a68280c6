//! Any text as the configuration, and edits that keep every line that they did not touch.

use capuchin::config::settings::find;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{cases, text};
use crate::fuzz::configuration;

/// What people write into the file, a line each: keys once in a table, tables once, comments and blank lines between.
fn file() -> impl Strategy<Value = Vec<String>> {
    let tables = proptest::collection::btree_map("[a-z0-9]{1,5}", lines(), 1..4);
    (lines(), tables).prop_map(|(common, tables)| {
        let mut all = common;
        for (name, lines) in tables {
            all.push(format!("[profiles.{name}] # {name}"));
            all.extend(lines);
        }
        all
    })
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    let keys = select(vec![
        "output",
        "timeout",
        "verifycert",
        "apikey",
        "url",
        "prompt",
        "colour",
        "x-y",
        "retries",
        "secretkey",
    ]);
    let value = prop_oneof![
        (-9..99_999_i32).prop_map(|number| number.to_string()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        "\"[^\\p{Cc}\"\\\\#]{0,8}\"",
        select(vec![
            "\"json\"",
            "'csv'",
            "[1, 2]",
            "{ a = 1 }",
            "1.5",
            "1979-05-27"
        ])
        .prop_map(String::from),
    ];
    let comment = proptest::option::of("[^\\p{Cc}]{0,8}");
    let around = (
        select(vec!["", "  "]),
        select(vec![" = ", "="]),
        comment.clone(),
    );
    let line = (value, around).prop_map(|(value, (before, equals, comment))| {
        let comment = comment.map_or(String::new(), |comment| format!(" #{comment}"));
        (before, format!("{equals}{value}{comment}"))
    });
    let pairs = proptest::collection::btree_map(keys, line, 0..6);
    let pairs = pairs.prop_map(|pairs| {
        let lines = pairs
            .into_iter()
            .map(|(key, (before, rest))| format!("{before}{key}{rest}"));
        lines.collect::<Vec<_>>()
    });
    let between =
        comment.prop_map(|comment| comment.map_or(String::new(), |comment| format!("#{comment}")));
    (
        pairs.prop_shuffle(),
        proptest::collection::vec(between, 0..3),
    )
        .prop_map(|(mut lines, between)| {
            let places = lines.len() + 1;
            for (at, line) in between.into_iter().enumerate() {
                lines.insert((at * 7) % places, line);
            }
            lines
        })
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn any_text_is_refused_or_read(text in text(60)) {
        configuration::check(text.as_bytes());
    }

    #[test]
    fn what_people_write_is_read_settled_and_edited(lines in file(), (from, cut) in any::<(Index, Index)>(), put in text(2)) {
        let mut text = lines.join("\n");
        configuration::check(text.as_bytes());
        // With a slip in it as well.
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let from = from.index(places.len());
        let to = (from + cut.index(3)).min(places.len() - 1);
        text.replace_range(places[from]..places[to], &put);
        configuration::check(text.as_bytes());
    }

    #[test]
    fn an_edit_keeps_every_other_line(
        lines in file(),
        profile in any::<Index>(),
        (setting, value) in select(vec![("output", "csv"), ("timeout", "17"), ("apikey", "KEY"), ("prompt", "> ")]),
    ) {
        let text = format!("{}\n", lines.join("\n"));
        let mut file = configuration::read(&text).unwrap();
        let profiles = file.profiles();
        let profile = profile.get(&profiles[..]);
        file.set(profile, find(setting).unwrap(), value).unwrap();
        let after = file.text();
        let mut new = after.lines().peekable();
        let mut changes = 0;
        for old in text.lines() {
            if new.next_if_eq(&old).is_some() {
                continue;
            }
            // A value in its place keeps the comment; a new one has a line of its own.
            changes += 1;
            let line = new.next().unwrap();
            prop_assert!(line.trim_start().starts_with(setting), "{line}\n{after}");
            if old.trim_start().starts_with(setting) {
                let comment = old.split_once('#').map(|(_, comment)| comment);
                prop_assert!(comment.is_none_or(|comment| line.ends_with(comment)), "{line}");
            } else {
                prop_assert_eq!(new.next(), Some(old), "{}", after);
            }
        }
        changes += new.count();
        // The profile's value, and a bad one for all profiles.
        prop_assert!(changes <= 2, "{after}");
    }
}
