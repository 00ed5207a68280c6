//! Lines and what is shown of their words.

use super::*;
use crate::line::testing::{BUILTINS, Random, SETTINGS, recorded, small};

fn shown(line: &str, cursor: Option<usize>) -> Vec<(String, Style)> {
    let catalog = small();
    let language = Language {
        catalog: &catalog,
        builtins: BUILTINS,
        settings: SETTINGS,
    };
    highlight(line, cursor, &language, &is_set)
        .into_iter()
        .map(|(place, style)| (line[place].to_string(), style))
        .collect()
}

fn is_set(name: &str) -> bool {
    ["b", "vm", "x"].contains(&name)
}

fn words_of(line: &str, cursor: Option<usize>, wanted: Style) -> Vec<String> {
    let stretches = shown(line, cursor).into_iter();
    let wanted = stretches.filter(|(_, style)| *style == wanted);
    wanted.map(|(text, _)| text).collect()
}

#[test]
fn verbs_nouns_and_built_ins_are_known() {
    for (line, known) in [
        ("list users id=1", vec!["list", "users"]),
        ("LIST Users", vec!["LIST", "Users"]),
        ("listUsers", vec!["listUsers"]),
        ("--output json list users", vec!["list", "users"]),
        ("api listUsers x=1", vec!["api", "listUsers"]),
        ("api whatEver x=1", vec!["api"]),
        ("help list", vec!["help"]),
        ("watch 5 list users id=1", vec!["watch", "list", "users"]),
        ("shell ls | wc", vec!["shell"]),
        (
            "list users\nlist zones",
            vec!["list", "users", "list", "zones"],
        ),
    ] {
        assert_eq!(words_of(line, None, Style::Known), known, "{line}");
    }
}

#[test]
fn what_means_nothing_is_red() {
    for (line, unknown) in [
        ("frobnicate users", vec!["frobnicate"]),
        ("list bogus", vec!["bogus"]),
        ("list users bogus=1 id=2", vec!["bogus"]),
        ("list users bogus id=2", vec!["bogus"]),
        ("list users --bogus=1 --output=json", vec!["--bogus"]),
        ("command=listBogus", vec!["command=listBogus"]),
        ("create network details[0].x=1 zonid='a b'", vec!["zonid"]),
        ("watch 5 list users bogus=1", vec!["bogus"]),
        ("api listUsers bogus=1", vec![]),
        ("list users filter=id output=json -o text", vec![]),
        ("set prompt x", vec![]),
        ("!frobnicate", vec![]),
        ("list users -h", vec![]),
    ] {
        assert_eq!(words_of(line, None, Style::Unknown), unknown, "{line}");
    }
}

#[test]
fn a_word_that_may_become_known_is_not_red_while_it_is_typed() {
    for (line, over, typed) in [
        ("li", 1, 0),
        ("hel", 1, 0),
        ("list us", 1, 0),
        ("list users acc", 1, 0),
        ("list users out", 1, 0),
        ("list users --ou", 1, 0),
        ("command=listU", 1, 0),
        ("create network details[0", 1, 0),
        ("lx", 1, 1),
        ("list usx", 1, 1),
        ("list users accx", 1, 1),
        ("list users accx=", 1, 1),
    ] {
        let count = |cursor| words_of(line, cursor, Style::Unknown).len();
        assert_eq!(
            (count(None), count(Some(line.len()))),
            (over, typed),
            "{line}"
        );
    }
    // Somebody who types elsewhere is done with it.
    assert_eq!(words_of("list us id=1", Some(12), Style::Unknown), ["us"]);
}

#[test]
fn quotes_variables_pipes_and_comments_are_told_apart() {
    let line = "list users account='a $b' id=$vm.id x";
    assert_eq!(words_of(line, None, Style::Quoted), ["'a $b'"]);
    assert_eq!(words_of(line, None, Style::Variable), ["$vm.id"]);
    let line = "list users account=\"a $b.\" id=${x} # it's | all";
    assert_eq!(words_of(line, None, Style::Quoted), ["\"a ", ".\""]);
    assert_eq!(words_of(line, None, Style::Variable), ["$b", "${x}"]);
    assert_eq!(words_of(line, None, Style::Comment), ["# it's | all"]);
    let line = "list users name='a|b' | grep '|'";
    assert_eq!(words_of(line, None, Style::Pipe), ["|"]);
    assert_eq!(
        words_of("list users account='open", None, Style::Quoted),
        ["'open"]
    );
    assert_eq!(
        words_of("list users account=a$ $1", None, Style::Variable),
        [""; 0]
    );
}

#[test]
fn only_variables_that_are_set_look_like_some() {
    for (line, variables, unknown) in [
        ("list users id=$vm[0].id.", vec!["$vm[0].id"], vec![]),
        ("list users id=$nobody.id", vec![], vec![]),
        (
            "list users id=${vm.id} account=${nobody}",
            vec!["${vm.id}"],
            vec!["${nobody}"],
        ),
        ("list users id=${nob", vec![], vec![]),
        (
            "for u in $x\n  list users id=$u.id\nend",
            vec!["$x", "$u.id"],
            vec![],
        ),
        (
            "let u = list users\nlist users id=$u.id",
            vec!["$u.id"],
            vec![],
        ),
        ("letter u\nlist users id=$u", vec![], vec![]),
    ] {
        assert_eq!(words_of(line, None, Style::Variable), variables, "{line}");
        let mut others = words_of(line, None, Style::Unknown);
        others.retain(|word| word.contains('$'));
        assert_eq!(others, unknown, "{line}");
    }
}

#[test]
fn painting_adds_colours_and_nothing_else() {
    let catalog = small();
    let language = Language {
        catalog: &catalog,
        builtins: BUILTINS,
        settings: SETTINGS,
    };
    assert_eq!(
        paint("list users bogus=1", None, &language, &is_set),
        "\u{1b}[1mlist\u{1b}[0m \u{1b}[1musers\u{1b}[0m \u{1b}[31mbogus\u{1b}[0m=1"
    );
}

#[test]
fn no_line_panics_and_stretches_are_in_order() {
    let catalog = small();
    let language = Language {
        catalog: &catalog,
        builtins: BUILTINS,
        settings: SETTINGS,
    };
    let mut random = Random::new(41);
    for _ in 0..30_000 {
        let line = random.line();
        for cursor in [None, Some(random.below(line.len() + 2))] {
            let mut end = 0;
            for (place, _) in highlight(&line, cursor, &language, &is_set) {
                assert!(place.start >= end && place.end > place.start, "{line:?}");
                assert!(line.get(place.clone()).is_some(), "{line:?}");
                end = place.end;
            }
            paint(&line, cursor, &language, &is_set);
        }
    }
}

#[test]
fn a_key_costs_little_with_a_large_catalogue() {
    let catalog = recorded();
    let language = Language {
        catalog: &catalog,
        builtins: BUILTINS,
        settings: SETTINGS,
    };
    let line = "deploy virtualmachine name=web zoneid=281a9df9-cc24-4bee-a4bc-1d4761fcfdd5 bogus=1";
    let start = std::time::Instant::now();
    for cursor in 0..line.len() {
        paint(&line[..cursor], Some(cursor), &language, &is_set);
    }
    // The slowest machine without optimisation is far below this; one look at every API a key is far above.
    assert!(
        start.elapsed() < std::time::Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
}
