//! The fuzz targets' corpora: what the targets check on nightly holds for each seed here as well.

use std::path::Path;

use crate::fuzz::{configuration, json_answer, lexer, xml_answer};

fn every_seed_of(target: &str, check: fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut seeds = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        // What a run of the fuzzer found here is named by its SHA-1 and not kept.
        if path.file_name().is_some_and(|name| name.len() == 40) {
            continue;
        }
        let seed = std::fs::read(&path).unwrap();
        let held = std::panic::catch_unwind(|| check(&seed));
        assert!(held.is_ok(), "{}", path.display());
        seeds += 1;
    }
    assert!(seeds >= 30, "{seeds}");
}

#[test]
fn lines() {
    every_seed_of("lexer", lexer::check);
}

#[test]
fn json_answers() {
    every_seed_of("json_answer", json_answer::check);
}

#[test]
fn xml_answers() {
    every_seed_of("xml_answer", xml_answer::check);
}

#[test]
fn configuration_files() {
    every_seed_of("configuration", configuration::check);
}
