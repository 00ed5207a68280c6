//! Bytes from libFuzzer in, the checks of lines run on them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| capuchin_fuzz::lexer::check(data));
