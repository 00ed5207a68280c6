//! Words that pick and sort rows, of any text on any tree: nothing goes wrong but what is told, and orders are orders.

use std::cmp::Ordering;

use capuchin::record::answer::Answer;
use capuchin::record::json;
use capuchin::record::rows::{Row, Rows};
use capuchin::record::select::order::{By, Key, natural, sort};
use capuchin::record::select::path::Path;
use capuchin::record::select::query::Query;
use capuchin::record::select::wanted::{WORDS, Wanted};
use capuchin::record::{Record, Value};
use proptest::prelude::*;

use super::answers::tree;
use super::{cases, text};

/// Texts that mean something to somebody: numbers, dates, names that count.
fn told() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[+-]?[0-9]{0,3}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{1,2})?".prop_map(Value::String),
        "201[34]-0[12]-[12][0-9](T[012][0-9]:00:00([+-]0[0-9]00)?)?".prop_map(Value::String),
        "[aAbB1-]{0,4}".prop_map(Value::String),
        tree(),
    ]
}

fn rows(values: Vec<Value>) -> Rows {
    let rows = values.into_iter().map(|value| {
        let mut record = Record::default();
        record.push("a", value);
        Value::Record(record)
    });
    rows.collect::<Vec<_>>().into()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn keys_have_one_order(values in proptest::collection::vec(told(), 3)) {
        let keys: Vec<Key> = values.into_iter().map(Key::of).collect();
        for a in &keys {
            prop_assert_eq!(a.cmp(a), Ordering::Equal);
            for b in &keys {
                prop_assert_eq!(a.cmp(b), b.cmp(a).reverse());
                for c in &keys {
                    if a <= b && b <= c {
                        prop_assert!(a <= c, "{:?} {:?} {:?}", a, b, c);
                    }
                }
            }
        }
    }

    #[test]
    fn texts_have_one_order(a in text(6), b in text(6), c in text(6)) {
        prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
        prop_assert_eq!(natural(&a, &b) == Ordering::Equal, a == b);
        if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
            prop_assert!(natural(&a, &c).is_le());
        }
    }

    #[test]
    fn sorting_keeps_every_row_and_puts_it_in_its_place(values in proptest::collection::vec(told(), 0..12)) {
        let all = rows(values);
        for by in ["a", "-a"] {
            let sorted = sort(&all, &By::all(by));
            prop_assert_eq!(sorted.len(), all.len());
            let path = Path::of("a");
            let keys: Vec<Key> = sorted.iter().map(|row| path.of_row(&row).map_or(Key::Missing, Key::of)).collect();
            let there = keys.iter().take_while(|key| **key != Key::Missing).count();
            prop_assert!(keys[there..].iter().all(|key| *key == Key::Missing));
            let falls = |pair: &[Key]| pair[0] > pair[1];
            let rises = |pair: &[Key]| pair[0] < pair[1];
            let wrong = keys[..there].windows(2).any(if by == "a" { &falls as &dyn Fn(&[Key]) -> bool } else { &rises });
            prop_assert!(!wrong);
        }
    }

    #[test]
    fn a_path_finds_the_same_in_bytes_and_in_trees(row in tree(), path in text(8)) {
        let mut bytes = Vec::new();
        json::compact(&row, &mut bytes).unwrap();
        let written = String::from_utf8(bytes).unwrap();
        let path = Path::of(&path);
        prop_assert_eq!(path.of_row(&Row::Json(&written)), path.of_row(&Row::from(row.clone())));
        let mut row = row;
        path.take_out(&mut row);
    }

    #[test]
    fn any_word_is_taken_or_refused(value in text(30), document in tree()) {
        for word in WORDS {
            let mut wanted = Wanted::default();
            if wanted.take(word, &value).is_ok() {
                wanted.age = true;
                let mut answer = Answer::of(document.clone());
                wanted.pick_from(&mut answer);
                wanted.arrange(&mut answer, None);
                wanted.shape(&mut answer.rows, "2013-04-10T10:00:00Z".parse().unwrap());
                for form in ["text", "json"] {
                    let _ = wanted.clone().asked(answer.clone(), form);
                }
            }
        }
    }

    #[test]
    fn a_query_for_all_of_a_document_gives_all_of_it(document in tree()) {
        let found = Query::read("@").unwrap().of(&document).unwrap();
        prop_assert_eq!(found, document);
    }

    #[test]
    fn any_expression_is_understood_or_refused(
        expression in "[a-c@\\[\\]\\?\\(\\)\\{\\}\\.\\*:,&|!<>=`'\"0-9 -]{0,30}",
        document in tree(),
    ) {
        if let Ok(query) = Query::read(&expression) {
            let _ = query.of(&document);
        }
    }
}
