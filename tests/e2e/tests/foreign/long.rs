//! Every server, every client and every way in which offers cross. `cargo xtask soak` and `cargo xtask ci` run it, and
//! `cargo xtask test` leaves it out by this module's name.

mod clients;
mod crossing;
mod janus;
mod livekit;
mod servers;
