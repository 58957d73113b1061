//! The other side is told in what size we show them.

use visavis_signaling::{Timestamp, VideoSettings};

use super::Connection;
use crate::outbox::Outbox;
use crate::output::ConnectionEffect;
use crate::peer_message::PeerMessage;

impl Connection {
    /// Tells in what size we show them, if it is time to.
    pub(crate) fn send_track_settings(&mut self, now: Timestamp, newest: VideoSettings, out: &mut Outbox) {
        if self.can_send_messages() && self.peer_channel.track_settings.take(now, newest) {
            self.effect(ConnectionEffect::SendMessage(PeerMessage::TrackSettings(newest).encode()), out);
        }
    }

    /// When it is time to, if nothing else happens before.
    pub(crate) fn track_settings_due_at(&self) -> Option<Timestamp> {
        self.peer_channel.track_settings.due_at().filter(|_| self.can_send_messages())
    }
}
