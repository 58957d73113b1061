//! The language of the fake SFU. Its frames are numbers of messages that both ends share: what is tried here is what a room
//! makes of a selective forwarding unit, not how one writes it down.

use std::cell::RefCell;
use std::rc::Rc;

use visavis_core::signaling::{
    Dialect, DialectInput, DialectOutput, EarlyOffers, Endpoint, Inbound, JoinOffer, Outbound, ParticipantId,
    ServerSignal, SfuConnection, SfuConnectionId, SfuDataChannels, SfuDirection, SfuSignal, Timestamp,
};

/// Everything that was ever said, in both directions.
#[derive(Debug, Default)]
pub(super) struct Messages {
    to_server: Vec<Outbound>,
    to_page: Vec<Vec<Inbound>>,
}

impl Messages {
    /// The frame that says this to a page.
    pub(super) fn write(&mut self, signals: Vec<Inbound>) -> String {
        self.to_page.push(signals);
        (self.to_page.len() - 1).to_string()
    }

    /// The message of somebody that a frame for a page carries, if it does.
    pub(super) fn carried(&self, frame: &str) -> Option<(ParticipantId, String)> {
        match self.signals(frame).first()? {
            Inbound::Sfu(SfuSignal::PeerMessage { from, text }) => Some((from.clone(), text.clone())),
            Inbound::Sfu(
                SfuSignal::Connections(_)
                | SfuSignal::Tracks { .. }
                | SfuSignal::NegotiationNeeded(_)
                | SfuSignal::SubscribedQualities { .. }
                | SfuSignal::Speakers(_)
                | SfuSignal::SendMessage { .. },
            )
            | Inbound::Server(_)
            | Inbound::Roster(_)
            | Inbound::Negotiation(_)
            | Inbound::Exchanged(_) => None,
        }
    }

    /// Whether a frame for a page holds a [`ServerSignal::Joined`].
    pub(super) fn has_joined_signal(&self, frame: &str) -> bool {
        let is_joined = |signal: &Inbound| matches!(signal, Inbound::Server(ServerSignal::Joined(_)));
        self.signals(frame).iter().any(is_joined)
    }

    /// What a frame for a page says.
    fn signals(&self, frame: &str) -> &[Inbound] {
        let signals = frame.parse().ok().and_then(|number: usize| self.to_page.get(number));
        signals.map_or(&[], Vec::as_slice)
    }

    /// What a page has said in a frame.
    pub(super) fn read(&self, frame: &str) -> Option<Outbound> {
        self.to_server.get(frame.parse::<usize>().ok()?).cloned()
    }
}

/// What a page speaks.
pub(super) struct SharedDialect {
    messages: Rc<RefCell<Messages>>,
    /// The connection that the server wants first, where its offer goes with the opening of the socket.
    first: Option<SfuConnection>,
    /// Messages are carried on data channels.
    has_channels: bool,
    /// The connection on which we may say something.
    publishes_on: Option<SfuConnectionId>,
    open: bool,
    /// The offer that goes with the next request to join.
    offers: Vec<JoinOffer>,
}

impl SharedDialect {
    pub(super) fn new(
        messages: Rc<RefCell<Messages>>,
        first: Option<SfuConnection>,
        has_channels: bool,
    ) -> Self {
        Self { messages, first, has_channels, publishes_on: None, open: false, offers: Vec::new() }
    }
}

impl Dialect for SharedDialect {
    fn endpoint(&self) -> Endpoint {
        Endpoint::new("ws://sfu")
    }

    fn handle(&mut self, _: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>) {
        let mut messages = self.messages.borrow_mut();
        match input {
            DialectInput::Send(Outbound::Join { offers, .. }) if !self.open => self.offers = offers,
            DialectInput::Send(mut outbound) => {
                if let Outbound::Join { offers, .. } = &mut outbound {
                    offers.clone_from(&self.offers);
                }
                let on_channel = self.has_channels && matches!(outbound, Outbound::PeerMessage { .. });
                messages.to_server.push(outbound);
                let frame = (messages.to_server.len() - 1).to_string();
                out.extend(match (on_channel, self.publishes_on) {
                    (false, _) => Some(DialectOutput::Frame(frame)),
                    (true, Some(connection)) => {
                        let signal = SfuSignal::SendMessage { connection, message: frame };
                        Some(DialectOutput::Signal(Inbound::Sfu(signal)))
                    }
                    (true, None) => None,
                });
            }
            DialectInput::Frame(frame) | DialectInput::ChannelMessage(frame) => {
                let signals = messages.signals(&frame);
                for signal in signals {
                    if let Inbound::Sfu(SfuSignal::Connections(connections)) = signal {
                        // The room has used it, or it is for nothing.
                        self.offers.clear();
                        let publishes = |one: &&SfuConnection| one.direction != SfuDirection::Subscribe;
                        self.publishes_on = connections.iter().find(publishes).map(|one| one.id);
                        let made = connections.iter().map(|connection| connection.epoch).max();
                        if let (Some(first), Some(epoch)) = (&mut self.first, made) {
                            first.epoch = epoch + 1;
                        }
                    }
                }
                out.extend(signals.iter().cloned().map(DialectOutput::Signal));
            }
            DialectInput::Opened => self.open = true,
            DialectInput::Closed => self.open = false,
            DialectInput::Timeout
            | DialectInput::HangUpChannelClosed(_)
            | DialectInput::TokenResponse { .. } => {}
        }
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }

    fn joins_by_opening(&self) -> bool {
        self.first.is_some()
    }

    fn early_offers(&self) -> EarlyOffers {
        if self.first.is_some() { EarlyOffers::WithJoin } else { EarlyOffers::Unsupported }
    }

    fn first_connection(&self) -> Option<SfuConnection> {
        self.first
    }

    fn data_channels(&self) -> Option<SfuDataChannels> {
        let channels = SfuDataChannels { label: "messages", unused: None, binary: None, per_sender: None };
        self.has_channels.then_some(channels)
    }

    fn carries_peer_messages(&self) -> bool {
        true
    }
}
