//! What the page needs around a room and the room itself does not know.
//!
//! Here belongs what turns texts, bytes and numbers into others for the page alone, without a browser: `config.json`,
//! what a person wants of their devices, what a recorded file lacks,
//! and the choice of a server, the head of a report and what is private in it, names for rooms, where the tiles stand, web
//! addresses in what people write, the words that two people compare, the shortcuts of the keyboard,
//! and what is left in the browser. What decides about a call belongs to `visavis-core`, what
//! touches the browser to the page (`src`).

mod config;
pub mod details;
pub mod device_settings;
pub mod layout;
pub mod links;
pub mod messages;
pub mod recording;
pub mod report;
mod room_name;
pub mod safety_words;
pub mod shortcuts;
pub mod stored_data;
pub mod zoom;

pub use config::{
    AppConfig, ChoiceError, ChoicePolicy, ConfigError, ReadMapping, ServerChoice, is_mixed_content, needs_url,
};
pub use room_name::{ROOM_NAME_BYTES, generate_room_name};
