//! The wire as others see it: transcripts, the reference document, and frames that nobody should send.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
#[path = "../common/mutate.rs"]
mod mutate;
mod mutations;
mod protocol_doc;
mod script;
mod server;
