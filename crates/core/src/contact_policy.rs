//! When a server may be contacted.

/// When the chosen server may be contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContactPolicy {
    /// As soon as the lobby opens, so that joining is quick.
    #[default]
    AtOnce,
    /// Not before the person joins or asks for a preflight test: only a link names it, and whoever wrote the link learns nothing
    /// of those who merely open it.
    OnRequest,
}
