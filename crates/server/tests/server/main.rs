//! The server over real sockets: one test binary, a fresh server on a free port for every test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bounds;
mod crowds;
mod door;
mod files;
mod hostile;
mod http;
mod program;
mod relay;
mod resume;
mod rooms;
mod support;
