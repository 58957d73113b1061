//! What all dialects of other people's servers share, so that each of them is little more than its messages.
//!
//! The Visavis server tells who is in the room, counts epochs and says who left. These servers do not, each in its own
//! way. The [`Context`] makes up for it: it gives everybody an id, derives epochs from the descriptions, puts
//! candidates into descriptions where old clients need that, keeps crossing offers apart, and notices who is silent for
//! too long. [`ForeignDialect`] joins a carrier, a [`Protocol`] and its context into a [`Dialect`].

mod candidates;
mod context;
mod description;
mod extension;
mod peer;
mod signaling_state;

pub(crate) use self::context::{Context, Outgoing};
pub(crate) use self::description::session;
pub(crate) use self::extension::no_candidate;
use crate::carrier::{Carrier, CarrierInput, CarrierOutput, Message};
use crate::dialect::{Dialect, DialectInput, DialectOutput, Endpoint, Probe};
use crate::json::Json;
use crate::limits::MAX_FRAME_BYTES;
use crate::malformed::Malformed;
use crate::rejection::Rejection;
use crate::signal::{IceCandidate, Negotiation, NegotiationMessage, Outbound, Remote, SessionDescription};
use crate::time::Timestamp;

/// The key of the only other one, where a server has no ids.
pub(crate) const OTHER: &str = "other";

/// What a server is like, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Profile {
    /// Most people in a room; zero if the server has no limit.
    pub(crate) capacity: u32,
    /// Others do not notice when our socket is replaced: who was there still is. If not, we come back as somebody new.
    pub(crate) survives_reconnect: bool,
    /// Candidates are put into the description, because clients of this server take no others. Visavis clients do.
    pub(crate) candidates_in_description: bool,
    /// The server does not tell who is in the room: an offer is broadcast and repeated, in case somebody is.
    pub(crate) no_roster: bool,
    /// Visavis clients send a [`Context::hello`] before anything else, so that they know each other by ids of their own.
    /// Required with `no_roster`.
    pub(crate) says_hello: bool,
    /// The server also relays messages of other rooms.
    pub(crate) mixes_rooms: bool,
    /// Clients hang up by closing a data channel beside the media.
    pub(crate) uses_hang_up_channel: bool,
    /// The server says who has left. If not, only unanswered offers can tell.
    pub(crate) announces_leave: bool,
}

/// The wish to be in a room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct JoinRequest {
    pub(crate) room: String,
    pub(crate) name: String,
}

/// The messages of one kind of server, received and sent. `to` and every key are the server's own ids of people, or [`OTHER`].
pub(crate) trait Protocol {
    fn profile(&self) -> Profile;

    /// The URL for the next attempt; some servers want the room in it.
    fn url(&self, url: &str) -> String {
        url.to_owned()
    }

    /// How to look at the server when the WebSocket cannot be opened, if it has something better than its carrier has.
    fn probe(&self, _url: &str) -> Option<Probe> {
        None
    }

    /// The carrier is up. `id` is how the server calls this connection, if it tells.
    fn on_connected(&mut self, _id: Option<&str>, _context: &mut Context) {}

    /// Enter the room; only while the carrier is up, and again on each new one.
    fn join(&mut self, request: &JoinRequest, context: &mut Context);

    /// A message of the server.
    ///
    /// # Errors
    /// If that makes no sense; then nothing may have changed.
    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed>;

    /// Send an offer or answer.
    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context);

    /// Send a candidate, or the end of candidates.
    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context);

    /// Send an extension message, which only other Visavis clients read, in a shape that no server and no other client rejects
    /// or acts on. To a client that is not known to be Visavis only a [`Context::hello`] is sent. An empty `to` is everybody.
    fn send_extension(&mut self, _to: &str, _x: Json, _context: &mut Context) {}

    /// Leave the room, if the server has a message for it.
    fn leave(&mut self, _context: &mut Context) {}

    /// Somebody has closed the data channel beside the media.
    fn on_hang_up_channel_closed(&mut self, key: &str, context: &mut Context) {
        context.participant_left(key);
    }

    /// The moment of [`Context::set_timer`] has come.
    fn on_timer(&mut self, _context: &mut Context) {}

    /// The connection is lost, and what the server knew of us with it.
    fn on_disconnected(&mut self) {}
}

/// A dialect of somebody else's server.
pub(crate) struct ForeignDialect {
    url: String,
    carrier: Box<dyn Carrier>,
    protocol: Box<dyn Protocol>,
    context: Context,
    connected: bool,
    request: Option<JoinRequest>,
    rejection: Option<Rejection>,
    /// [`Outbound::Preflight`] waits for the carrier to be up: there is nothing else to ask such a server before joining.
    preflight_pending: bool,
}

impl ForeignDialect {
    /// `id` is our id among Visavis clients.
    pub(crate) fn new(url: &str, carrier: Box<dyn Carrier>, protocol: Box<dyn Protocol>, id: String) -> Self {
        let context = Context::new(protocol.profile(), id);
        Self {
            url: url.to_owned(),
            carrier,
            protocol,
            context,
            connected: false,
            request: None,
            rejection: None,
            preflight_pending: false,
        }
    }

    fn drive_carrier(&mut self, input: CarrierInput, out: &mut Vec<DialectOutput>) {
        let mut outputs = Vec::new();
        self.carrier.handle(self.context.now, input, &mut outputs);
        for output in outputs {
            match output {
                // It belongs to the connection that is being replaced.
                CarrierOutput::Connected(_) | CarrierOutput::Message(_) if self.context.url_changed => {}
                CarrierOutput::Frame(frame) => out.push(DialectOutput::Frame(frame)),
                CarrierOutput::Invalid(why) => out.push(DialectOutput::Invalid(why)),
                CarrierOutput::ServerSilent => self.context.reconnect(),
                CarrierOutput::Rejected(rejection) => {
                    self.rejection = Some(rejection.clone());
                    self.context.refuse(rejection);
                }
                CarrierOutput::Connected(id) => {
                    self.connected = true;
                    self.protocol.on_connected(id.as_deref(), &mut self.context);
                    self.answer_preflight();
                    self.join_if_connected();
                }
                CarrierOutput::Message(message) => {
                    if self.protocol.on_message(&message, &mut self.context).is_err() {
                        let why = ["a message makes no sense: ", &message.event].concat();
                        out.push(DialectOutput::Invalid(why));
                    }
                }
            }
        }
    }

    fn join_if_connected(&mut self) {
        if let (true, Some(request)) = (self.connected, &self.request) {
            self.protocol.join(request, &mut self.context);
        }
    }

    /// Answers [`Outbound::Preflight`], once it is known whether the server accepts us.
    fn answer_preflight(&mut self) {
        if let Some(rejection) = self.rejection.clone().filter(|_| self.preflight_pending) {
            self.context.refuse(rejection);
        } else if self.connected && self.preflight_pending {
            self.context.confirm_reachable();
        }
        self.preflight_pending &= !self.connected;
    }

    fn send(&mut self, outbound: Outbound) {
        match outbound {
            Outbound::Join { room, name, media, offers: _ } => {
                self.context.set_local_info(&room, &name, media);
                self.request = Some(JoinRequest { room, name });
                match &self.rejection {
                    Some(rejection) => self.context.refuse(rejection.clone()),
                    None => self.join_if_connected(),
                }
            }
            Outbound::Negotiation(Negotiation { remote, epoch, message }) => {
                let Remote::Participant(to) = remote else { return };
                let outgoing = match message {
                    NegotiationMessage::Description(description) => {
                        self.context.on_local_description(&to, epoch, description)
                    }
                    NegotiationMessage::Candidate(candidate) => {
                        self.context.on_local_candidate(&to, candidate)
                    }
                };
                self.send_outgoing(outgoing);
            }
            Outbound::Sfu(..)
            | Outbound::TrackSettings { .. }
            | Outbound::Deposit(_)
            | Outbound::PeerMessage { .. } => {}
            Outbound::MediaState(media) => self.context.media_changed(media),
            Outbound::Preflight => {
                self.preflight_pending = true;
                self.answer_preflight();
            }
            Outbound::Leave => {
                if !self.context.profile.announces_leave {
                    self.context.announce(true);
                }
                self.send_extensions();
                self.protocol.leave(&mut self.context);
                self.request = None;
                self.context.forget_all();
            }
        }
    }

    fn send_extensions(&mut self) {
        while let Some((to, x)) = self.context.next_extension() {
            self.protocol.send_extension(&to, x, &mut self.context);
        }
    }

    fn send_outgoing(&mut self, outgoing: Option<Outgoing>) {
        match outgoing {
            Some(Outgoing::Description(key, description)) if self.context.is_visavis(&key) => {
                self.send_inside_extension(&key, "description", Json::from(&description));
            }
            Some(Outgoing::Description(key, description)) => {
                self.protocol.send_description(&key, &description, &mut self.context);
            }
            Some(Outgoing::Candidate(key, Some(candidate))) if self.context.is_visavis(&key) => {
                self.send_inside_extension(&key, "candidate", Json::from(&candidate));
            }
            Some(Outgoing::Candidate(key, candidate)) if !self.context.is_visavis(&key) => {
                self.protocol.send_candidate(&key, candidate.as_ref(), &mut self.context);
            }
            // Visavis clients need no end of candidates.
            Some(Outgoing::Candidate(..)) | None => {}
        }
    }

    fn send_inside_extension(&mut self, to: &str, field: &str, what: Json) {
        let x = self.context.extension_inside(to, field == "description").with(field, what);
        self.protocol.send_extension(to, x, &mut self.context);
    }

    fn on_timeout(&mut self) {
        if self.context.take_timer() {
            self.protocol.on_timer(&mut self.context);
        }
        for outgoing in self.context.take_outgoing() {
            self.send_outgoing(Some(outgoing));
        }
    }

    fn close(&mut self, out: &mut Vec<DialectOutput>) {
        self.drive_carrier(CarrierInput::Closed, out);
        self.protocol.on_disconnected();
        self.context.on_disconnected();
        self.connected = false;
        self.request = None;
        self.rejection = None;
        self.preflight_pending = false;
    }

    /// Sends the messages of the protocol through the carrier, and its signals to the room.
    fn drain(&mut self, out: &mut Vec<DialectOutput>) {
        self.send_extensions();
        for message in self.context.take_messages() {
            self.drive_carrier(CarrierInput::Send(message), out);
        }
        out.extend(self.context.take_signals().into_iter().map(DialectOutput::Signal));
        out.extend(self.context.take_reconnect());
    }
}

impl Dialect for ForeignDialect {
    fn endpoint(&self) -> Endpoint {
        self.carrier.endpoint(&self.protocol.url(&self.url))
    }

    fn probe(&self) -> Option<Probe> {
        let of_carrier = || self.carrier.probe(&self.protocol.url(&self.url));
        Some(self.protocol.probe(&self.url).unwrap_or_else(of_carrier))
    }

    fn handle(&mut self, now: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>) {
        self.context.now = now;
        match input {
            DialectInput::Opened => {
                self.close(out);
                self.drive_carrier(CarrierInput::Opened, out);
            }
            DialectInput::Frame(frame) if frame.len() > MAX_FRAME_BYTES => {
                out.push(DialectOutput::Invalid("a frame is too long".to_owned()));
            }
            DialectInput::Frame(frame) => self.drive_carrier(CarrierInput::Frame(frame), out),
            DialectInput::Closed => self.close(out),
            DialectInput::Send(outbound) => self.send(outbound),
            DialectInput::Timeout => {
                self.drive_carrier(CarrierInput::Timeout, out);
                self.on_timeout();
            }
            DialectInput::ChannelMessage(_) | DialectInput::TokenResponse { .. } => {}
            DialectInput::HangUpChannelClosed(id) => {
                if let Some(key) = self.context.key_of(&id) {
                    self.protocol.on_hang_up_channel_closed(&key, &mut self.context);
                }
            }
        }
        self.drain(out);
    }

    fn uses_hang_up_channel(&self) -> bool {
        self.protocol.profile().uses_hang_up_channel
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        self.carrier.poll_timeout().into_iter().chain(self.context.poll_timeout()).min()
    }
}
