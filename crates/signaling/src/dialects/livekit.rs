//! LiveKit, a server that forwards media: how its messages are laid out in bytes.

mod schema;
pub mod wire;
