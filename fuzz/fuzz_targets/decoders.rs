//! Fuzzes every reader of what strangers wrote: see `crates/fuzz/src/decoders.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| visavis_fuzz::run("decoders", bytes));
