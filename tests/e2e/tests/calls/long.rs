//! What repeats something by the dozen, needs many people, or waits as long as people do. `cargo xtask soak` and
//! `cargo xtask ci` run it, and `cargo xtask test` leaves it out by this module's name.

mod layout;
mod lying;
mod paths;
mod rooms;
mod silence;
mod soak;
mod trials;
mod turn;
