//! What holds for any input: signatures, trees through JSON and XML, words through quoting, paths, configuration.
//! The cases are random and the same in every run.

#[path = "properties/answers.rs"]
mod answers;
#[path = "properties/configuration.rs"]
mod configuration;
#[path = "properties/forms.rs"]
mod forms;
#[path = "properties/lines.rs"]
mod lines;
#[path = "properties/select.rs"]
mod select;
#[path = "properties/signing.rs"]
mod signing;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

/// As many cases, the same in every run, and no file left behind where one fails.
fn cases(number: u32) -> Config {
    Config {
        cases: number,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x5eed),
        ..Config::default()
    }
}

/// Letters of every sort: what has a meaning somewhere, what is hard to lower, join, show or send.
fn letter() -> impl Strategy<Value = char> {
    let marked: Vec<char> = " \t\n\r\0\u{1b}\u{7f}\u{85}\u{a0}\u{2028}\u{3000}\u{feff}\u{202e}'\"\\|#=&+%~*!?.,:;@-_/$`<>()[]{}\
         aZ09ÄßİıǅKςé\u{301}\u{200d}日本語ＡＢ\u{e000}\u{ffff}😀👨🇯\u{10ffff}"
        .chars()
        .collect();
    prop_oneof![
        2 => proptest::sample::select(marked),
        1 => any::<char>(),
        1 => proptest::char::range(' ', '~'),
    ]
}

fn text(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(letter(), 0..=most).prop_map(String::from_iter)
}
