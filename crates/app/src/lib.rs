//! What the page needs around a room and the room itself does not know.
//!
//! Here belongs what turns texts, bytes and numbers into others for the page alone, without a browser: `config.json`
//! and the choice of a server, the head of a report and what is private in it, names for rooms, where the tiles stand, the
//! words that two people compare. What decides about a call belongs to `visavis-core`, what
//! touches the browser to the page (`src`).

mod config;
pub mod layout;
mod proposal;
pub mod report;
pub mod safety_words;

pub use config::{
    AppConfig, ChoiceError, Choosing, ConfigError, ReadMapping, ServerChoice, is_insecure, needs_url,
};
pub use proposal::{PROPOSAL_BYTES, propose_room};
