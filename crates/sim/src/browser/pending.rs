//! What takes a while.

use visavis_core::signaling::SessionDescription;

use super::Adopted;

/// What a connection was asked for and does later.
#[derive(Debug, Clone)]
pub enum Pending {
    /// It is made, and looks at whether `negotiationneeded` is to fire.
    Create,
    /// It looks at whether `negotiationneeded` is to fire.
    NegotiationNeeded,
    /// `setLocalDescription()` settles.
    SetLocalDescription,
    /// `setRemoteDescription(description)` settles.
    SetRemoteDescription(SessionDescription, Adopted),
    /// `setRemoteDescription({type: "pranswer"})` settles. In its turn it was set at once.
    SetProvisionalAnswer,
    /// `getStats()` settles. The world knows the numbers.
    GetStats,
    /// A message is on its way. The world knows to whom.
    SendMessage(String),
}

impl Pending {
    /// Whether a description is set.
    pub fn sets_description(&self) -> bool {
        matches!(self, Self::SetLocalDescription | Self::SetRemoteDescription(..))
    }
}

/// `readyState` of the data channel to another Visavis page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PeerChannel {
    /// There is none.
    #[default]
    None,
    /// It waits for the path. The world knows when it opens.
    Connecting,
    /// Both sides can send.
    Open,
    /// It is over.
    Closed,
}
