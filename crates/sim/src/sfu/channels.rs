//! Messages on the data channels of a server that carries them there.

use visavis_core::signaling::{Inbound, ParticipantId, SfuDirection, SfuSignal};
use visavis_core::{ConnectionEvent, ConnectionId, PeerChannelEvent};

use super::server::id_of;
use super::{Action, World};
use crate::browser::PeerChannel;

/// Virtual milliseconds from one end to the other.
const DELAY: u64 = 20;
/// Virtual milliseconds until a channel of a connection that has come up is open.
const OPENS_WITHIN: u64 = 80;

impl World {
    /// A connection is up: its channel will be open soon.
    pub(super) fn open_channel(&mut self, page: usize, id: ConnectionId) {
        let connection = self.pages[page].browser.connections.get_mut(&id);
        if let Some(connection) =
            connection.filter(|connection| connection.channel == PeerChannel::Connecting)
        {
            connection.channel = PeerChannel::Open;
            let opened = ConnectionEvent::PeerChannel(PeerChannelEvent::Opened);
            self.soon(1, OPENS_WITHIN, Action::Connection(page, id, opened));
        }
    }

    /// The server carries a message to somebody on the channel of their connection that subscribes, if that is open.
    pub(super) fn send_on_channel(&mut self, from: usize, to: usize, text: &str) {
        let connections = self.pages[to].browser.connections.iter();
        let mut open = connections.filter(|(_, connection)| {
            let receives = |direction| !matches!(direction, SfuDirection::Publish(_));
            connection.channel == PeerChannel::Open
                && self.other_end(to, connection).is_some_and(|other| receives(other.direction))
        });
        let Some((id, _)) = open.next() else { return };
        let message = SfuSignal::PeerMessage { from: id_of(from), text: text.to_owned() };
        let frame = self.messages.borrow_mut().write(vec![Inbound::Sfu(message)]);
        let event = ConnectionEvent::PeerChannel(PeerChannelEvent::Message(frame));
        self.schedule(self.now + DELAY, Action::Connection(to, *id, event));
    }

    /// Something happens on a channel of a page.
    pub(super) fn on_channel_event(&mut self, page: usize, event: &ConnectionEvent) {
        if let ConnectionEvent::PeerChannel(PeerChannelEvent::Message(frame)) = event {
            let carried: Option<(ParticipantId, String)> = self.messages.borrow().carried(frame);
            if let Some((from, text)) = carried {
                self.on_carried_message(page, frame, &from, &text);
            }
        }
    }
}
