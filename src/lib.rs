//! Visavis in the browser: the effects and the user interface of a room. See ARCHITECTURE.md for the map.
#![cfg(target_arch = "wasm32")]

pub mod dom;
pub mod driver;
pub mod element;
mod files;
pub mod media;
mod on_demand;
pub mod probe;
pub mod rtc;
pub mod socket;
mod storage;
pub mod tracks;
pub mod ui;
