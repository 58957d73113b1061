//! The reference signaling server of Visavis.
//!
//! Rooms, rosters and relaying are decided by [`visavis_hub`], which knows no socket. This crate puts WebSockets around
//! it, limits everything that a client can send or refuse to read, and can serve the app from the same port, so that one
//! program is a whole deployment. The protocol is described in `docs/signaling-protocol.md`.
//!
//! Run it as the program `visavis-server`, or inside another program:
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use visavis_server::{Config, Server};
//!
//! let server = Server::bind(Config::default()).await?;
//! println!("{}", server.addr());
//! server.run_until(async { let _ = tokio::signal::ctrl_c().await; }).await
//! # }
//! ```

mod address_limiter;
mod client_registry;
mod config;
mod credentials;
mod csp;
mod files;
mod http_limiter;
mod ice_url;
mod livekit;
mod options;
mod outbound_queue;
mod proxy;
mod rate_limited_stream;
mod refusal_log;
mod routes;
mod server;
mod token;
mod token_bucket;
mod turn;
mod websocket;
mod write_timeout;

pub use config::{AddressLimits, Config, Limits};
pub use livekit::LiveKitConfig;
pub use options::Options;
pub use proxy::Network;
pub use server::Server;
pub use token_bucket::RateLimit;
pub use turn::TurnConfig;
