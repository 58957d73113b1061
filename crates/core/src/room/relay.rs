//! What Visavis pages tell each other where a server forwards their media: no data channel leads from one to the other, so it
//! carries their messages too.
//!
//! It drops what is for somebody whose connection to it is not up yet, or of such a one, and says nothing. So whoever
//! gets connected says what they send and asks for the same of the others: of two, the one who is connected later reaches the
//! other. If one of them had no socket just then, the other is learned of later than that, and is asked once more.
//!
//! All of it is in the part of the page's program that is loaded with the dialects of such servers: whoever calls it asks first
//! whether the server [carries messages](visavis_signaling::Dialect::carries_peer_messages).

use visavis_signaling::{MediaState, Offerer, Outbound, ParticipantId, Remote, Timestamp};

use super::Room;
use crate::connection::{Connection, MAX_MESSAGES_PER_MINUTE};
use crate::input::{ConnectionId, PeerChannelEvent};
use crate::output::{ConnectionEffect, DataChannel, Event};
use crate::peer_message::PeerMessage;
use crate::roster::MediaRequests;

impl Room {
    /// Sends what we publish, if it has changed since it was sent last, or may have been lost.
    #[inline(never)]
    pub(super) fn relay_media_state(&mut self, now: Timestamp, media: MediaState) {
        let has_channels = self.signal_client.data_channels().is_some();
        let is_up = |(remote, connection): (&Remote, &Connection)| {
            let is_open = !has_channels || connection.is_server_channel_open();
            remote.participant().is_none() && connection.is_connected() && is_open
        };
        let connected = self.connections.iter().any(is_up);
        let before = self.session.relayed_media;
        if connected && before != Some(media) && self.relay(now, PeerMessage::Media(media).encode()) {
            self.session.relayed_media = Some(media);
            if before.is_none() {
                self.relay(now, PeerMessage::MediaRequest.encode());
                self.repeat_interactions(None);
                self.roster.iter_mut().for_each(|member| member.media_requests = MediaRequests::default());
            }
        }
        self.request_missing_media(now);
    }

    /// Asks those again who have not said what they send: the request may have been lost, or they are known only since then.
    fn request_missing_media(&mut self, now: Timestamp) {
        if !self.relays_media() {
            return;
        }
        let forwarded = self.roster.iter_mut().filter(|member| member.is_forwarded());
        let due = forwarded.filter_map(|member| member.media_requests.poll(now).then(|| member.id.clone()));
        let due = due.collect();
        self.relay_to(now, due, PeerMessage::MediaRequest.encode());
    }

    /// When the next one is to be asked.
    #[inline(never)]
    pub(super) fn media_request_due_at(&self) -> Option<Timestamp> {
        let forwarded = self.roster.iter().filter(|member| member.is_forwarded());
        forwarded.filter_map(|member| member.media_requests.due_at()).min().filter(|_| self.relays_media())
    }

    /// Whether the others have been told what we send, and asked for the same.
    pub(super) fn relays_media(&self) -> bool {
        self.session.is_joined() && self.session.relayed_media.is_some()
    }

    /// Sends a message, as it is written, to everybody whose media a server forwards. Whether there is anybody.
    #[inline(never)]
    pub(super) fn relay(&mut self, now: Timestamp, text: String) -> bool {
        let forwarded = self.roster.iter().filter(|member| member.is_forwarded());
        let to = forwarded.map(|member| member.id.clone()).collect();
        self.relay_to(now, to, text)
    }

    /// The same to some of them. Whether there is anybody.
    pub(super) fn relay_to(&mut self, now: Timestamp, to: Vec<ParticipantId>, text: String) -> bool {
        let sends = self.session.is_joined() && self.signal_client.carries_peer_messages() && !to.is_empty();
        if sends {
            self.signal_client.send(now, Outbound::PeerMessage { to, text }, &mut self.out);
        }
        sends
    }

    /// Has the shell make the data channels of a connection to a server that carries messages on them.
    #[inline(never)]
    pub(super) fn create_server_channels(&mut self, connection: ConnectionId) {
        if let Some(channels) = self.signal_client.data_channels() {
            let create = ConnectionEffect::CreateDataChannel(DataChannel::Server(channels));
            self.out.connection(connection, create);
        }
    }

    /// An event of the data channel on which a server carries messages.
    #[inline(never)]
    pub(super) fn on_server_channel(&mut self, now: Timestamp, remote: &Remote, event: PeerChannelEvent) {
        if let PeerChannelEvent::Message(message) = event {
            return self.signal_client.on_channel_message(now, message, &mut self.out);
        }
        if event == PeerChannelEvent::Opened {
            // What was said before has reached nobody, or nothing has reached us.
            self.session.relayed_media = None;
        }
        if let Some(connection) = self.connections.get_mut(remote) {
            connection.on_peer_channel(now, event, &mut self.out);
        }
    }

    /// The server says who speaks.
    pub(super) fn on_speakers(&mut self, speaking: &[ParticipantId]) {
        self.sfu.names_speakers = true;
        for member in self.roster.iter_mut().filter(|member| member.offerer == Offerer::Sfu) {
            member.speaks = speaking.contains(&member.id);
        }
        self.follow_speakers();
    }

    /// A message that the server has carried. Of whoever says too much the rest is dropped.
    pub(super) fn on_relayed_message(&mut self, now: Timestamp, from: &ParticipantId, text: &str) {
        let Some(member) = self.roster.get_mut(from).filter(|member| member.offerer == Offerer::Sfu) else {
            return;
        };
        if !member.messages.take(now, MAX_MESSAGES_PER_MINUTE) {
            return;
        }
        match PeerMessage::decode(text) {
            Ok(Some(PeerMessage::Media(media))) => {
                let channels = self.signal_client.data_channels();
                let per_sender = channels.is_some_and(|channels| channels.per_sender.is_some());
                // Whoever is heard there may not hear us; whoever answers does, and may have missed what we have said before.
                if member.media_requests.on_answer(!per_sender) && per_sender {
                    self.repeat_interactions(Some(from));
                }
                self.on_media_state(from, media);
            }
            Ok(Some(PeerMessage::MediaRequest)) => {
                let media = PeerMessage::Media(self.media.state());
                self.relay_to(now, vec![from.clone()], media.encode());
                self.repeat_interactions(Some(from));
            }
            Ok(Some(PeerMessage::Interaction(text))) => self.on_interaction(now, from, text),
            Ok(Some(PeerMessage::Leave)) => self.remove_participant(from),
            // What a server sends of somebody is for its own messages to say.
            Ok(
                Some(
                    PeerMessage::TrackSettings(_)
                    | PeerMessage::ReceiverReport(_)
                    | PeerMessage::QualityLimitation(_),
                )
                | None,
            ) => {}
            Err(error) => self.out.event(Event::ProtocolError(error.in_text(text))),
        }
    }
}
