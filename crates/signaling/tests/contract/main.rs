//! What every dialect in the list must do, whatever its server is like.
//!
//! `tests/transcripts/<dialect>/` holds conversations with its server; the files say how they are written. To write a new
//! one, write what the server sends and what the room says, run the tests with `VISAVIS_WRITE_TRANSCRIPTS=1`, and read
//! what came out very carefully.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bounds;
mod livekit;
mod mappings;
mod messages;
#[path = "../common/mutate.rs"]
mod mutate;
mod player;
mod script;
mod table;
mod transcripts;
