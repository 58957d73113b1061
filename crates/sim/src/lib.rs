//! The simulator: whole rooms against virtual time, a network that delays and breaks, the real server logic, and
//! strict fakes of what a browser provides.
//!
//! Every run is decided by one seed, so every failure can be repeated: `cargo xtask sim --seed N`.

pub mod browser;
pub mod conformance;
pub mod event_queue;
pub mod fake;
mod ice_state;
mod random;
pub mod replay;
mod run_log;
pub mod sfu;
mod world;

pub use random::Random;
pub use world::{Report, Script, Statistics};
