//! One file per way to carry messages.

pub(crate) mod raw;
pub(crate) mod socket_io;
