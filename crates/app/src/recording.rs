//! Recordings of a call: where pictures stand in them, and how the file is made whole.

pub mod composition;
pub mod webm;
