//! The data channel to another Visavis page: the media state that was sent last, and how much may be sent or received.

use visavis_signaling::{MediaState, Timestamp};

use super::Connection;
use crate::input::PeerChannelEvent;
use crate::outbox::Outbox;
use crate::output::{ConnectionEffect, Event, Role};
use crate::peer_message::PeerMessage;
use crate::quality::QualityLimitation;
use crate::rate_limiter::RateLimiter;
use crate::settings_queue::SettingsQueue;

/// Most messages that may be received of one sender in a minute: nobody switches sources so often.
pub(crate) const MAX_MESSAGES_PER_MINUTE: usize = 240;

/// Its `readyState`, and whether there is room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Closed,
    Open,
    /// So much is buffered that only the newest state is sent, once it is not.
    Congested,
}

#[derive(Debug, Default)]
pub(super) struct PeerChannel {
    state: State,
    /// The media state that was sent last.
    sent_media: Option<MediaState>,
    /// In what size we show them.
    pub(super) track_settings: SettingsQueue,
    /// How our videos are limited, as it was sent last, and theirs, as they have said.
    sent_limitation: QualityLimitation,
    remote_limitation: QualityLimitation,
    messages: RateLimiter,
}

impl Connection {
    /// Whether there is somebody on the channel who understands what is said, and room for it.
    pub(crate) fn can_send_messages(&self) -> bool {
        self.is_visavis() && self.peer_channel.state == State::Open
    }

    /// Whether it is known that there is nobody on a channel who would understand: the other side is no Visavis page, or takes no
    /// data channels.
    pub(crate) fn has_no_peer_channel(&self) -> bool {
        self.is_connected() && self.is_answered() && !self.remote_media.has_peer_channel()
    }

    /// Sends a message, as it is written. Only while [`can_send_messages`](Self::can_send_messages).
    pub(crate) fn send_message(&self, text: String, out: &mut Outbox) {
        self.effect(ConnectionEffect::SendMessage(text), out);
    }

    /// Sends what we publish, if it has changed since it was sent last.
    pub(crate) fn send_media_state(&mut self, media: MediaState, out: &mut Outbox) {
        if self.can_send_messages() && self.peer_channel.sent_media != Some(media) {
            self.peer_channel.sent_media = Some(media);
            self.effect(ConnectionEffect::SendMessage(PeerMessage::Media(media).encode()), out);
        }
    }

    /// Sends how our videos are limited, if that has changed since it was sent last.
    pub(super) fn send_limitation(&mut self, limitation: QualityLimitation, out: &mut Outbox) {
        if self.can_send_messages() && self.peer_channel.sent_limitation != limitation {
            self.peer_channel.sent_limitation = limitation;
            let text = PeerMessage::QualityLimitation(limitation).encode();
            self.effect(ConnectionEffect::SendMessage(text), out);
        }
    }

    /// They say how their videos are limited.
    pub(crate) fn set_remote_limitation(&mut self, limitation: QualityLimitation) {
        self.peer_channel.remote_limitation = limitation;
    }

    /// How their videos are limited, as they have said.
    pub(crate) fn remote_limitation(&self) -> QualityLimitation {
        self.peer_channel.remote_limitation
    }

    /// Sends that we leave, even while much is buffered.
    pub(crate) fn send_leave(&self, out: &mut Outbox) {
        if self.is_visavis() && self.peer_channel.state != State::Closed {
            self.effect(ConnectionEffect::SendMessage(PeerMessage::Leave.encode()), out);
        }
    }

    /// Whether something can be said to a server that forwards, on its data channel.
    pub(crate) fn is_server_channel_open(&self) -> bool {
        self.role() != Role::Answerer && self.peer_channel.state != State::Closed
    }

    /// Says something to a server that forwards, on its data channel.
    pub(crate) fn send_to_server(&self, message: String, out: &mut Outbox) {
        if self.is_server_channel_open() {
            self.effect(ConnectionEffect::SendMessage(message), out);
        }
    }

    /// An event of the data channel; gives the message, if it is one.
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
            PeerChannelEvent::Closed => {
                *channel = PeerChannel::default();
                self.forget_shown();
            }
            PeerChannelEvent::Message(_)
            | PeerChannelEvent::BufferedAmountHigh
            | PeerChannelEvent::BufferedAmountLow => {}
        }
        None
    }

    fn read_message(&mut self, now: Timestamp, text: &str, out: &mut Outbox) -> Option<PeerMessage> {
        if !self.peer_channel.messages.take(now, MAX_MESSAGES_PER_MINUTE) {
            self.peer_channel = PeerChannel::default();
            self.forget_shown();
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
