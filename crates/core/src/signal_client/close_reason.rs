//! What a server says when it closes the socket: a code, and a sentence or none.

use visavis_signaling::limits::MAX_ERROR_CHARS;
use visavis_signaling::text;

/// The close frame of a server (RFC 6455 section 5.5.1).
#[derive(Debug)]
pub(crate) struct CloseReason {
    pub(crate) code: u16,
    /// Cleaned and cut; may be empty.
    pub(crate) reason: String,
}

impl CloseReason {
    pub(super) fn new(code: u16, reason: &str) -> Self {
        Self { code, reason: text::clean(reason, MAX_ERROR_CHARS) }
    }

    /// Whether it says anything that is not known without it.
    pub(crate) fn is_informative(&self) -> bool {
        self.is_final() || !self.reason.is_empty()
    }

    /// Whether trying again by itself cannot help. 1008 is a policy; 3000 and 3003 are registered with IANA as
    /// "unauthorized" and "forbidden"; from 4000 on the codes are the server's own, which it gives where it knows what is
    /// wrong. By a common custom their last three digits are a status of HTTP: then those for "request timeout", "too many
    /// requests" and what is the server's own fault pass.
    pub(crate) fn is_final(&self) -> bool {
        match self.code {
            4408 | 4429 | 4500..=4599 => false,
            1008 | 3000 | 3003 | 4000..=4999 => true,
            _ => false,
        }
    }
}
