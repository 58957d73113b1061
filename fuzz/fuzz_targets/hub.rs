//! Fuzzes the rooms of our own server: see `crates/fuzz/src/hub.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| visavis_fuzz::run("hub", bytes));
