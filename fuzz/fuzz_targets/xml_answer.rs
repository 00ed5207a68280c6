//! Bytes from libFuzzer in, the checks of answers in XML run on them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| capuchin_fuzz::xml_answer::check(data));
