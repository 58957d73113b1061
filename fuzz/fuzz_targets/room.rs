//! Fuzzes a room as a whole: see `crates/fuzz/src/room.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| visavis_fuzz::run("room", bytes));
