//! Fuzzes every dialect: see `crates/fuzz/src/dialects.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| visavis_fuzz::run("dialects", bytes));
