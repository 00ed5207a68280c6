//! A line in: its words cover it, and what it means is meant again when it is said in the plainest way.

use std::sync::LazyLock;

use capuchin::catalog::{Api, Catalog};
use capuchin::error::Kind;
use capuchin::line::call::Given;
use capuchin::line::command::{Command, Language, parse, parse_words};
use capuchin::line::words::{Words, quote, split, split_open};

const BUILTINS: &[&str] = &[
    "EOF", "api", "exit", "help", "history", "quit", "set", "shell", "sync",
];
const SETTINGS: &[&str] = &[
    "apikey",
    "expires",
    "filter",
    "output",
    "response",
    "signatureversion",
    "timeout",
];

/// An API of each sort: names with and without a noun, in capitals, with parameters of every type, a noun that begins
/// as another one does.
const APIS: &str = r#"[
    {"name": "listZones", "params": [{"name": "id", "type": "uuid"}, {"name": "filter", "type": "string"}]},
    {"name": "createNetwork", "isasync": true, "params": [
        {"name": "name", "type": "string", "required": true}, {"name": "details", "type": "map"},
        {"name": "forvpc", "type": "boolean"}, {"name": "vlan", "type": "short"}, {"name": "password", "type": "string"},
        {"name": "startdate", "type": "date"}, {"name": "networkids", "type": "list"}]},
    {"name": "createNetworkOffering", "params": [{"name": "tags", "type": "map"}, {"name": "size", "type": "long"}]},
    {"name": "login", "params": [{"name": "domainId", "type": "integer"}]},
    {"name": "syncStoragePool", "params": []},
    {"name": "DescribeInstances", "params": [{"name": "InstanceId", "type": "list"}]}
]"#;

static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| Catalog::of(serde_json::from_str::<Vec<Api>>(APIS).expect("the APIs above")));

pub fn check(data: &[u8]) {
    let Ok(line) = std::str::from_utf8(data) else {
        return;
    };
    let words = covers(line);
    survives_quoting(&words);
    is_meant_again(line, &words);
}

/// Every byte of a line belongs to a word, to what divides words, to the pipe or to the comment.
fn covers(line: &str) -> Words {
    let (words, unfinished) = split_open(line);
    match unfinished {
        None => assert_eq!(split(line), Ok(words.clone())),
        Some(reason) => assert_eq!(split(line), Err(reason)),
    }
    let mut end = 0;
    for (place, word) in words.words.iter().enumerate() {
        let text = line
            .get(word.span.clone())
            .expect("a word begins and ends between letters");
        assert!(divides(&line[end..word.span.start]), "{line:?} {word:?}");
        assert!(!word.bare || text == word.text, "{line:?} {word:?}");
        end = word.span.end;
        if unfinished.is_none() || place + 1 < words.words.len() {
            let alone = split(text).expect("a whole word").words;
            assert_eq!(alone.len(), 1, "{text:?}");
            assert_eq!(alone[0].text, word.text);
        }
    }
    let rest = &line[end..];
    match (&words.pipe, &words.comment, unfinished) {
        (Some((text, span)), None, None) => {
            assert_eq!(&line[span.clone()], text);
            let before = line[end..span.start].trim_matches(|c: char| c.is_ascii_whitespace());
            let bar = before.trim_start_matches("\\\n").trim_ascii_start();
            assert!(bar.ends_with('|'), "{line:?}");
            assert!(line[span.end..].trim_ascii().is_empty(), "{line:?}");
        }
        (None, Some(comment), None) => {
            assert!(line[comment.start..].starts_with('#') && comment.end == line.len());
            assert!(divides(&line[end..comment.start]), "{line:?}");
        }
        (None, None, Some((_, position))) => {
            assert!(rest.is_empty() && position < line.len() && line.is_char_boundary(position));
        }
        (None, None, None) => assert!(divides(rest), "{line:?}"),
        other => panic!("{line:?} {other:?}"),
    }
    words
}

/// Whether a text stands between words: blanks, and backslashes that join lines.
fn divides(text: &str) -> bool {
    text.replace("\\\n", " ").trim_ascii().is_empty()
}

fn survives_quoting(words: &Words) {
    let quoted: Vec<String> = words.words.iter().map(|word| quote(&word.text)).collect();
    let again = split(&quoted.join(" ")).expect("quoted words end");
    assert!(again.pipe.is_none() && again.comment.is_none());
    let before = words.words.iter().map(|word| &word.text);
    assert!(
        before.eq(again.words.iter().map(|word| &word.text)),
        "{words:?}"
    );
}

fn is_meant_again(line: &str, words: &Words) {
    let language = Language {
        catalog: &CATALOG,
        builtins: BUILTINS,
        settings: SETTINGS,
    };
    let meant = match parse(line, &language) {
        Ok(meant) => meant,
        Err(error) => {
            assert_eq!(error.kind, Kind::Line, "{line:?}");
            let texts = error.hints.iter().chain([&error.message]);
            for text in texts {
                let obeyed = |letter: char| letter.is_control() && letter != '\n';
                assert!(!text.contains(obeyed), "{line:?} {text:?}");
            }
            return;
        }
    };
    let texts: Vec<String> = words.words.iter().map(|word| word.text.clone()).collect();
    let plain = match &meant.command {
        // What belongs to the user's shell is said in its words and not in ours.
        Command::Builtin { name: "shell", .. } => return,
        // `?-x` is one word.
        Command::Builtin { args, .. } if args.first().is_some_and(|arg| arg.starts_with('-')) => {
            return;
        }
        // `api` is refused unless a name follows at once, and the plainest way would have a word follow.
        Command::Builtin {
            name: "api", args, ..
        } if !args.is_empty() => return,
        Command::Empty => String::new(),
        Command::ApiHelp(api) => format!("{} -h", api.name),
        Command::VerbHelp(verb) => format!("{verb} -h"),
        // After `shell` everything is the user's shell's.
        Command::BuiltinHelp(name) => format!("-h {name}"),
        Command::Builtin {
            name,
            args,
            settings,
        } => said(name, args.iter().cloned(), settings),
        Command::Call(call) => said(
            &call.name,
            call.params.iter().map(parameter),
            &call.settings,
        ),
    };
    let of_words = parse_words(&texts, &language);
    assert_eq!(of_words.as_ref(), Ok(&meant.command), "{line:?}");
    let pipe = meant.pipe.as_ref();
    let pipe = pipe.map_or(String::new(), |pipe| format!(" | {pipe}"));
    // Only the typed line tells whether a call goes unchecked.
    let again = ["", "api "].map(|before| parse(&format!("{before}{plain}{pipe}"), &language));
    assert!(
        again.contains(&Ok(meant.clone())),
        "{line:?} {meant:?} {again:?}"
    );
}

fn said(name: &str, words: impl Iterator<Item = String>, settings: &[(String, String)]) -> String {
    let settings = settings
        .iter()
        .map(|(name, value)| format!("--{name}={value}"));
    let words = words.chain(settings).map(|word| quote(&word));
    let words: Vec<String> = [quote(name)].into_iter().chain(words).collect();
    words.join(" ")
}

fn parameter((name, given): &(String, Given)) -> String {
    match given {
        Given::Text(text) if text.starts_with('@') => format!("{name}=@{text}"),
        Given::Text(text) | Given::Data(text) => format!("{name}={text}"),
        Given::File(path) => format!("{name}=@{path}"),
        Given::Stdin => format!("{name}=@-"),
    }
}
