//! The reference signaling server of Visavis.
//!
//! Rooms, rosters and relaying are decided by [`visavis_hub`], which knows no socket. This crate is the
//! socket around it: it bounds everything a stranger can send or refuse to read, and it can serve the app from the
//! same port, so that one program is a whole deployment. What is said on the wire is in `docs/signaling-protocol.md`.
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

mod addresses;
mod bucket;
mod config;
mod connection;
mod credentials;
mod door;
mod files;
mod ice_url;
mod impatient;
mod line;
mod metered;
mod options;
mod policy;
mod proxy;
mod refusals;
mod relay;
mod routes;
mod server;
mod switchboard;

pub use bucket::Rate;
pub use config::{AddressBounds, Bounds, Config};
pub use options::Options;
pub use proxy::Network;
pub use relay::Relay;
pub use server::Server;
