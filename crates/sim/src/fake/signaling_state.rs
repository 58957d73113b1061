//! Between which two descriptions a connection is (W3C webrtc-pc 4.3.1).

/// `RTCSignalingState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalingState {
    /// No offer is open.
    Stable,
    /// We have offered.
    HaveLocalOffer,
    /// They have offered.
    HaveRemoteOffer,
    /// We have offered, and they have answered provisionally.
    HaveRemotePranswer,
    /// The connection is closed.
    Closed,
}

impl SignalingState {
    /// The name the browser gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::HaveLocalOffer => "have-local-offer",
            Self::HaveRemoteOffer => "have-remote-offer",
            Self::HaveRemotePranswer => "have-remote-pranswer",
            Self::Closed => "closed",
        }
    }
}
