//! What repeats something by the dozen, needs many people, or waits as long as people do. `cargo xtask soak` runs it;
//! `cargo xtask test` and `cargo xtask ci` leave it out by this module's name.

mod files;
mod glare_and_freeze;
mod languages;
mod layout;
mod man_in_the_middle;
mod paths;
mod rooms;
mod silence;
mod soak;
mod stage;
mod turn;
mod weak_links;
