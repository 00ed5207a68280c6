//! Bytes from libFuzzer in, the checks of answers in JSON run on them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| capuchin_fuzz::json_answer::check(data));
