//! Every server, every client and every way in which offers cross. `cargo xtask soak` runs it; `cargo xtask test` and
//! `cargo xtask ci` leave it out by this module's name.

mod clients;
mod crossing;
mod janus;
mod livekit;
mod many;
mod servers;
