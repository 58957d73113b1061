//! What `getStats()` says of what we send, and of the path that it goes (W3C webrtc-stats).

use visavis_signaling::VideoSize;

/// One sample. What a browser does not tell is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SendStats {
    /// The size of what our camera gives (`width` and `height` of `media-source`).
    pub camera: Option<VideoSize>,
    /// The size of what we share.
    pub screen: Option<VideoSize>,
    /// `availableOutgoingBitrate` of the candidate pair in use, in bits per second. Firefox has none.
    pub available_outgoing_bitrate: Option<u32>,
}
