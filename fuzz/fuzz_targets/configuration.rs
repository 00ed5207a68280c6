//! Bytes from libFuzzer in, the checks of configuration files run on them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| capuchin_fuzz::configuration::check(data));
