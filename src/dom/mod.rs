//! The few things every part of the shell needs from the DOM.

mod listener;

pub use listener::Listener;
