//! Calls between real browsers, from outside: what people see and hear, and what they can do when something is wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accessibility;
mod blocked;
mod browsers;
mod candidate_order;
mod captures;
mod chat;
mod development;
mod device_settings;
mod devices;
mod early_offers;
mod glare_and_reload;
mod iframes;
mod join_cost;
mod join_errors;
mod layout;
mod links;
mod long;
mod man_in_the_middle;
mod mapping;
mod no_server;
mod outages;
mod paths;
mod preflight;
mod report;
mod rooms;
mod safety;
mod screen_paths;
mod screens;
mod server_menu;
mod sources;
mod track_settings;
mod turn;
mod unreachable_server;
mod video;
mod webkit;
