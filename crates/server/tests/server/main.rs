//! The server over real sockets: one test binary, a fresh server on a free port for every test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod files;
mod hostile;
mod http;
mod http_limits;
mod limits;
mod program;
mod relay;
mod resume;
mod rooms;
mod shared_addresses;
mod support;
mod token;
