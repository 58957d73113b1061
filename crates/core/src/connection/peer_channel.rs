//! The data channel to another Visavis page: what was told last in each direction, and how much may be said.

use visavis_signaling::{MediaState, Timestamp};

use super::Connection;
use crate::input::PeerChannelEvent;
use crate::outbox::Outbox;
use crate::output::{ConnectionEffect, Event};
use crate::peer_message::PeerMessage;
use crate::rate_limiter::RateLimiter;

/// Most messages in a minute that are listened to. Nobody switches anything so often.
const MAX_MESSAGES_PER_MINUTE: usize = 240;

/// Its `readyState`, and whether there is room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Closed,
    Open,
    /// So much waits to be sent that the newest state of things is better told later than all of them now.
    Congested,
}

#[derive(Debug, Default)]
pub(super) struct PeerChannel {
    state: State,
    /// What they were told last that we publish.
    told: Option<MediaState>,
    messages: RateLimiter,
}

impl Connection {
    /// Tells what we publish, if they have heard something else last.
    pub(crate) fn send_media_state(&mut self, media: MediaState, out: &mut Outbox) {
        let channel = &self.peer_channel;
        if self.is_visavis() && channel.state == State::Open && channel.told != Some(media) {
            self.peer_channel.told = Some(media);
            self.effect(ConnectionEffect::SendMessage(PeerMessage::Media(media).encode()), out);
        }
    }

    /// Says goodbye, whatever waits to be sent before.
    pub(crate) fn send_leave(&self, out: &mut Outbox) {
        if self.is_visavis() && self.peer_channel.state != State::Closed {
            self.effect(ConnectionEffect::SendMessage(PeerMessage::Leave.encode()), out);
        }
    }

    /// The data channel did something; what they say, if it is that.
    pub(crate) fn on_peer_channel(
        &mut self,
        now: Timestamp,
        event: PeerChannelEvent,
        out: &mut Outbox,
    ) -> Option<PeerMessage> {
        let channel = &mut self.peer_channel;
        match event {
            PeerChannelEvent::Opened => channel.state = State::Open,
            PeerChannelEvent::Message(text) if channel.state != State::Closed => {
                return self.read_message(now, &text, out);
            }
            PeerChannelEvent::BufferedAmountHigh if channel.state == State::Open => {
                channel.state = State::Congested;
            }
            PeerChannelEvent::BufferedAmountLow if channel.state == State::Congested => {
                channel.state = State::Open;
            }
            PeerChannelEvent::Closed => *channel = PeerChannel::default(),
            PeerChannelEvent::Message(_)
            | PeerChannelEvent::BufferedAmountHigh
            | PeerChannelEvent::BufferedAmountLow => {}
        }
        None
    }

    fn read_message(&mut self, now: Timestamp, text: &str, out: &mut Outbox) -> Option<PeerMessage> {
        if !self.peer_channel.messages.take(now, MAX_MESSAGES_PER_MINUTE) {
            self.peer_channel = PeerChannel::default();
            self.effect(ConnectionEffect::ClosePeerChannel, out);
            out.event(Event::ProtocolError("Too many messages on a data channel.".to_owned()));
            return None;
        }
        let message = PeerMessage::decode(text);
        message.unwrap_or_else(|error| {
            out.event(Event::ProtocolError(error.in_text(text)));
            None
        })
    }
}
