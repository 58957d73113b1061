//! Calls between real browsers, from outside: what people see and hear, and what they can do when something is wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod blocked;
mod browsers;
mod captures;
mod check;
mod development;
mod devices;
mod explained;
mod frames;
mod layout;
mod links;
mod long;
mod lying;
mod mapping;
mod menu;
mod no_server;
mod obstacles;
mod outages;
mod paths;
mod pictures;
mod report;
mod rooms;
mod safety;
mod screen_paths;
mod screens;
mod switches;
mod trials;
mod turn;
mod unruly;
mod webkit;
