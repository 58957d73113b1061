//! What the end-to-end tests stand on: real browsers driven through WebDriver, the real server, and a relay between the
//! two that can hold, repeat and lose frames.
//!
//! Everything a test asserts is seen from outside: in the page's documented attributes, in decoded pixels, in sound.
//! Every child process ends with the value that started it, also when a test panics.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a harness that cannot go on says what it saw and stops"
)]

mod archive;
pub mod browser;
pub mod bundle;
pub mod call;
mod display;
pub mod foreign_server;
pub mod janus;
pub mod livekit;
mod livekit_token;
pub mod network;
pub mod page;
mod picture;
pub mod preflight;
pub mod process;
pub mod recording;
pub mod redis;
pub mod relay;
pub mod screen;
pub mod server;
pub mod site;
pub mod snapshot;
pub mod sub_path;
pub mod tools;
pub mod turn;
mod voice;
mod webdriver;
mod webkit;

pub use browser::{Browser, Setup};
pub use bundle::Bundle;
pub use foreign_server::ForeignServer;
pub use janus::{Janus, JanusRooms};
pub use livekit::{LiveKit, LiveKitOptions, Token};
pub use network::{Host, Network};
pub use page::Page;
pub use redis::Redis;
pub use relay::{Relay, RelayedServer};
pub use server::Server;
pub use site::StaticSite;
pub use snapshot::{Snapshot, Tile, Video};
pub use sub_path::SubPathProxy;
pub use turn::Turn;
