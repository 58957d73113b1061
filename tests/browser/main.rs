//! The shell in a real browser, with fake devices: `cargo xtask test` runs it in Chrome and in Firefox.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod chat;
mod conformance;
mod conversions;
mod dom;
mod driver;
mod element;
mod foreign;
mod languages;
mod lobby;
mod media;
mod rtc;
mod settings;
mod simulcast;
mod socket;
mod stage;
mod strangers;
mod style;
mod support;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
