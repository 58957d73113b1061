//! What a preflight test says about something that does not work.

use visavis_signaling::RejectCode;

use crate::input::MediaError;
use crate::unreachable::UnreachableReason;

/// Why something does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The signaling server is out of reach.
    Unreachable(UnreachableReason),
    /// The signaling server does not let us in.
    Rejected(RejectCode),
    /// The device cannot be opened.
    Device(MediaError),
    /// The device is not open yet: most likely the browser still waits for an answer.
    Unopened,
    /// Nothing comes from the device.
    Nothing,
    /// What comes from it is black or silent.
    Blank,
    /// It is muted, but not by us.
    Muted,
    /// The browser does not accept this ICE server.
    Invalid,
    /// The ICE server does not answer.
    NoAnswer,
    /// The browser makes no connections.
    Blocked,
    /// The browser makes connections that know no address.
    Hidden,
    /// The ICE server answers with this error (RFC 8489 section 14.8, RFC 8656 section 19).
    Error(u16),
}

/// Why something is not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// The person has switched it off.
    Off,
    /// There is none.
    None,
    /// This browser does not tell.
    Unclear,
}
