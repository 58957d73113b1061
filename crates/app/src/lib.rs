//! What the page needs around a room and the room itself does not know.
//!
//! Here belongs what turns texts, bytes and numbers into others for the page alone, without a browser: names for rooms,
//! where the tiles stand, the words that two people compare. What decides about a call belongs to `visavis-core`, what
//! touches the browser to the page (`src`).

pub mod layout;
mod proposal;
pub mod safety_words;

pub use proposal::{PROPOSAL_BYTES, propose_room};
