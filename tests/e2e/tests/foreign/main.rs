//! Calls through other people's servers, and with other people's clients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod clients;
mod crossing;
mod interactions;
mod janus;
mod livekit;
mod livekit_messages;
mod long;
mod old_pages;
mod peerjs;
mod scenes;
mod screens;
mod servers;
