//! Where we stand with the server.

use visavis_signaling::{IceServer, MediaState, ParticipantId, Rejection, Timestamp};

use crate::view::Lifecycle;

/// The room that we are in, or want to be in, and what the server has said to us alone.
#[derive(Debug, Default)]
pub(super) struct Session {
    pub(super) lifecycle: Lifecycle,
    /// Why the server did not let us in, or does not any more.
    pub(super) rejection: Option<Rejection>,
    /// Nobody answers, and nobody is called any more.
    pub(super) unanswered: bool,
    /// What the room is called.
    pub(super) room: String,
    /// What we are called.
    pub(super) name: String,
    /// Who we are there.
    pub(super) id: Option<ParticipantId>,
    pub(super) capacity: Option<u32>,
    /// What the server was last told that we send.
    pub(super) announced_media: MediaState,
    /// What those whose media a server forwards were last told by message that we send; `None` if they may have missed it, and we
    /// theirs.
    pub(super) relayed_media: Option<MediaState>,
    /// When its last message came.
    pub(super) server_message_at: Timestamp,
    /// What it gives for finding a path.
    pub(super) ice_servers: Vec<IceServer>,
}

impl Session {
    pub(super) fn is_joined(&self) -> bool {
        self.lifecycle == Lifecycle::Joined
    }

    /// Whether `join` is what the server is to hear first.
    pub(super) fn wants_to_join(&self) -> bool {
        matches!(self.lifecycle, Lifecycle::Joining | Lifecycle::Reconnecting)
    }
}
