//! What is said on data channels: by another Visavis page, or by a server that carries messages.

use visavis_signaling::{Remote, Timestamp};

use super::Room;
use crate::input::PeerChannelEvent;
use crate::peer_message::PeerMessage;

impl Room {
    /// Something happened on the data channel of a connection.
    pub(super) fn on_data_channel(&mut self, now: Timestamp, remote: &Remote, event: PeerChannelEvent) {
        if remote.participant().is_none() {
            return self.on_server_channel(now, remote, event);
        }
        let Some(connection) = self.connections.get_mut(remote) else { return };
        if let Some(message) = connection.on_peer_channel(now, event, &mut self.out) {
            self.on_peer_message(now, remote, message);
        }
    }

    /// A message of another Visavis page on the data channel. It may come before the browser says that their description is
    /// set (seen in Chromium), so `is_visavis` is not asked for.
    fn on_peer_message(&mut self, now: Timestamp, remote: &Remote, message: PeerMessage) {
        let (Some(id), Some(connection)) = (remote.participant(), self.connections.get_mut(remote)) else {
            return;
        };
        match message {
            PeerMessage::Media(media) => self.on_media_state(id, media),
            // A channel loses nothing.
            PeerMessage::MediaRequest => {}
            PeerMessage::TrackSettings(shown) => connection.set_shown(shown),
            PeerMessage::ReceiverReport(lost) => connection.on_receiver_report(now, lost),
            PeerMessage::QualityLimitation(limitation) => connection.set_remote_limitation(limitation),
            PeerMessage::Interaction(text) => self.on_interaction(now, id, text),
            PeerMessage::Leave => self.remove_participant(id),
        }
    }
}
