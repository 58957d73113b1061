//! The link to the signaling server: one socket, its dialect, and the patience to open it again.

mod close_reason;
mod discovery;
mod server_abilities;

use visavis_signaling::limits::MAX_FRAME_BYTES;
use visavis_signaling::{Dialect, DialectInput, DialectOutput, Inbound, Outbound, ParticipantId, Timestamp};

pub(crate) use self::close_reason::CloseReason;
use self::discovery::ServerDiscovery;
use crate::backoff::Backoff;
use crate::contact_policy::ContactPolicy;
use crate::input::SocketEvent;
use crate::outbox::Outbox;
use crate::output::{Effect, Event, SocketEffect};
use crate::queue::Queue;
use crate::timing::{JOIN_TIMEOUT, RECONNECT_FIRST, RECONNECT_FIRST_TO_SFU, SOCKET_OPEN_TIMEOUT};
use crate::trace::{self, TraceKind};
use crate::unreachable::UnreachableReason;

/// What the room learns from the link.
#[derive(Debug)]
pub(crate) enum SignalEvent {
    /// A new socket is open: say who we are.
    Opened,
    /// The socket is lost; another will be opened.
    Lost,
    /// The server has closed the socket and wants no other.
    ClosedForGood,
    /// The server said something.
    Signal(Inbound),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not wanted.
    Idle,
    /// The shell is opening a socket; given up at the deadline.
    Opening(Timestamp),
    /// Open. If a deadline is set, the server owes us an answer to `join` by then.
    Open(Option<Timestamp>),
    /// The last attempt failed; the next is due then.
    Waiting(Timestamp),
}

pub(crate) struct SignalClient {
    dialect: Box<dyn Dialect>,
    state: State,
    /// What the room has not heard yet.
    events: Queue<SignalEvent>,
    backoff: Backoff,
    discovery: ServerDiscovery,
    /// What the server said when it closed the last socket.
    close_reason: Option<CloseReason>,
    contact_policy: ContactPolicy,
    /// Whether the person wants to be in a room: until then no socket is opened by which we would be.
    join_wanted: bool,
    /// Whether somebody wants to know what passes.
    tracing: bool,
}

impl SignalClient {
    pub(crate) fn new(dialect: Box<dyn Dialect>, seed: u64, contact_policy: ContactPolicy) -> Self {
        Self {
            dialect,
            state: State::Idle,
            events: Queue::default(),
            backoff: Backoff::new(seed),
            discovery: ServerDiscovery::default(),
            close_reason: None,
            contact_policy,
            join_wanted: false,
            tracing: false,
        }
    }

    /// Tells what passes from now on, or stops telling.
    pub(crate) fn set_trace(&mut self, on: bool) {
        self.tracing = on;
    }

    fn trace_line(&self, kind: TraceKind, text: &str, out: &mut Outbox) {
        if self.tracing {
            out.event(Event::Traced(kind, text.to_owned()));
        }
    }

    /// What has happened next, in order: also what the dialect heard while it was told to send something. So the room
    /// asks for it when it has finished what it is doing.
    pub(crate) fn next_event(&mut self) -> Option<SignalEvent> {
        self.events.pop()
    }

    /// Whether the room has not heard everything yet.
    pub(crate) fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Where the server is.
    pub(crate) fn url(&self) -> String {
        self.dialect.endpoint().url
    }

    /// The same, if there is a server to it.
    pub(crate) fn server(&self) -> Option<String> {
        self.dialect.probe().map(|_| self.url())
    }

    /// Why the server has closed the socket, if it said so and none is open.
    pub(crate) fn close_reason(&self) -> Option<&CloseReason> {
        self.close_reason.as_ref().filter(|_| !self.is_open())
    }

    /// How many attempts in a row have failed.
    pub(crate) fn failed_attempts(&self) -> u32 {
        self.backoff.attempts()
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Whether the server may not be contacted before the person asks for something that needs it.
    pub(crate) fn awaits_permission(&self) -> bool {
        let asks = self.contact_policy == ContactPolicy::OnRequest && self.discovery.uses_chosen_server();
        asks || self.dialect.joins_by_opening() && !self.join_wanted
    }

    /// The person asks for something that needs the server.
    pub(crate) fn permit_contact(&mut self) {
        if self.discovery.uses_chosen_server() {
            self.contact_policy = ContactPolicy::AtOnce;
        }
    }

    /// The person wants to be in a room. Where opening the socket is joining, the dialect has to know which.
    pub(crate) fn begin_join(&mut self, now: Timestamp, join: Outbound, out: &mut Outbox) {
        self.permit_contact();
        self.join_wanted = true;
        if self.dialect.joins_by_opening() {
            self.drive_dialect(now, DialectInput::Send(join), out);
        }
    }

    /// Whether the link has heard that.
    pub(crate) fn is_join_wanted(&self) -> bool {
        self.join_wanted
    }

    /// They are back in the lobby, and the link stays as it is.
    pub(crate) fn cancel_join(&mut self) {
        self.join_wanted = false;
    }

    /// The link is wanted: opens the socket unless that is under way.
    pub(crate) fn open(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.state == State::Idle {
            self.connect(now, out);
        }
    }

    /// The link is not wanted any more, nor what it has heard.
    pub(crate) fn close(&mut self, now: Timestamp, out: &mut Outbox) {
        if matches!(self.state, State::Opening(_) | State::Open(_)) {
            out.effect(Effect::Socket(SocketEffect::Close));
        }
        self.state = State::Idle;
        self.drive_dialect(now, DialectInput::Closed, out);
        self.events.clear();
        self.join_wanted = false;
        self.close_reason = None;
        self.backoff.reset();
        self.discovery.reset();
    }

    /// Cuts a wait short.
    pub(crate) fn reconnect_now(&mut self, now: Timestamp, out: &mut Outbox) {
        if matches!(self.state, State::Waiting(_)) {
            self.connect(now, out);
        }
    }

    /// A person asks to try again: perhaps they have mended what was in the way.
    pub(crate) fn retry(&mut self, now: Timestamp, out: &mut Outbox) {
        self.discovery.reset();
        match self.state {
            State::Waiting(_) => self.connect(now, out),
            State::Idle if self.close_reason.is_some() => self.connect(now, out),
            State::Idle | State::Opening(_) | State::Open(_) => {}
        }
    }

    /// Says something to the server. Lost if there is no socket: whatever must survive that is said again after
    /// [`SignalEvent::Opened`]. A leave is worth the dialect's attention all the same: it must not take up what is over.
    pub(crate) fn send(&mut self, now: Timestamp, outbound: Outbound, out: &mut Outbox) {
        if !self.is_open() && outbound != Outbound::Leave {
            return;
        }
        if matches!(outbound, Outbound::Join { .. }) {
            self.state = State::Open(Some(now + JOIN_TIMEOUT));
        }
        self.drive_dialect(now, DialectInput::Send(outbound), out);
    }

    /// The server let us in: the link is as good as it gets.
    pub(crate) fn on_joined(&mut self) {
        if self.is_open() {
            self.state = State::Open(None);
            self.backoff.reset();
        }
    }

    /// The server has said that it closes.
    pub(crate) fn on_server_closing(&mut self) {
        self.backoff.on_server_closing();
    }

    /// The server refused for now: hang up and try again later.
    pub(crate) fn reconnect_later(&mut self, now: Timestamp, out: &mut Outbox) {
        self.on_failed(now, true, out);
    }

    /// Somebody has closed that channel. What that means is for the dialect to say, with or without a socket.
    pub(crate) fn on_hang_up_channel_closed(&mut self, now: Timestamp, id: ParticipantId, out: &mut Outbox) {
        self.drive_dialect(now, DialectInput::HangUpChannelClosed(id), out);
    }

    /// A message came on a data channel of a server that forwards.
    pub(crate) fn on_channel_message(&mut self, now: Timestamp, message: String, out: &mut Outbox) {
        self.trace_line(TraceKind::In, &message, out);
        self.drive_dialect(now, DialectInput::ChannelMessage(message), out);
    }

    pub(crate) fn on_socket_event(&mut self, now: Timestamp, event: SocketEvent, out: &mut Outbox) {
        match &event {
            SocketEvent::Opened => self.trace_line(TraceKind::Socket, "open", out),
            SocketEvent::Frame(frame) => self.trace_line(TraceKind::In, frame, out),
            // It holds a token.
            SocketEvent::TokenResponse { status, .. } => {
                self.trace_line(TraceKind::Socket, &["token: ", &status.to_string()].concat(), out);
            }
            SocketEvent::Closed => self.trace_line(TraceKind::Socket, "closed", out),
            SocketEvent::ClosedWith { code, reason } => {
                let line = ["closed: ", &code.to_string(), " ", reason].concat();
                self.trace_line(TraceKind::Socket, &line, out);
            }
        }
        match (event, self.state) {
            (SocketEvent::Opened, State::Opening(_)) => {
                self.state = State::Open(None);
                self.discovery.on_opened(now);
                self.drive_dialect(now, DialectInput::Opened, out);
                self.events.push(SignalEvent::Opened);
            }
            (SocketEvent::Frame(frame), State::Open(_)) => {
                self.discovery.confirm_server();
                self.drive_dialect(now, DialectInput::Frame(frame), out);
            }
            (SocketEvent::TokenResponse { status, body }, State::Opening(_)) => {
                self.drive_dialect(now, DialectInput::TokenResponse { status, body }, out);
                if self.dialect.endpoint().token_request.is_none() {
                    self.connect(now, out);
                } else {
                    self.on_failed(now, false, out);
                }
            }
            (SocketEvent::Closed, State::Opening(_) | State::Open(_)) => {
                self.on_failed(now, false, out);
            }
            (SocketEvent::ClosedWith { code, reason }, State::Opening(_) | State::Open(_)) => {
                let close_reason = CloseReason::new(code, &reason);
                // With a close frame it was open: Firefox tells of nothing else when that has come before the page is told.
                if matches!(self.state, State::Opening(_)) && self.dialect.joins_by_opening() {
                    self.drive_dialect(now, DialectInput::Opened, out);
                }
                if close_reason.is_final() {
                    self.close_for_good(now, out);
                } else {
                    self.on_failed(now, false, out);
                }
                self.close_reason = Some(close_reason);
            }
            // A late word of a socket that is given up.
            (
                SocketEvent::Opened
                | SocketEvent::Frame(_)
                | SocketEvent::TokenResponse { .. }
                | SocketEvent::Closed
                | SocketEvent::ClosedWith { .. },
                _,
            ) => {}
        }
    }

    pub(crate) fn timeout(&mut self, now: Timestamp, out: &mut Outbox) {
        match self.state {
            State::Waiting(at) if at <= now => self.connect(now, out),
            State::Opening(at) | State::Open(Some(at)) if at <= now => {
                self.on_failed(now, true, out);
            }
            State::Open(_) => self.drive_dialect(now, DialectInput::Timeout, out),
            State::Idle | State::Opening(_) | State::Waiting(_) => {}
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        match self.state {
            State::Idle => None,
            State::Opening(at) | State::Waiting(at) => Some(at),
            State::Open(owed) => owed.into_iter().chain(self.dialect.poll_timeout()).min(),
        }
    }

    fn connect(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.awaits_permission() {
            return;
        }
        self.state = State::Opening(now + SOCKET_OPEN_TIMEOUT);
        // A person wants it all the same.
        self.close_reason.take_if(|close_reason| close_reason.is_final());
        let endpoint = self.dialect.endpoint();
        self.trace_line(TraceKind::Socket, &endpoint.url, out);
        out.effect(Effect::Socket(SocketEffect::Open(endpoint)));
    }

    fn on_failed(&mut self, now: Timestamp, socket_exists: bool, out: &mut Outbox) {
        if socket_exists {
            out.effect(Effect::Socket(SocketEffect::Close));
        }
        self.discovery.on_closed(now);
        // It owed us an answer to `join`.
        if matches!(self.state, State::Open(Some(_))) {
            self.discovery.reason = UnreachableReason::NoReply;
        }
        self.close_reason = None;
        let first = if self.dialect.joins_by_opening() { RECONNECT_FIRST_TO_SFU } else { RECONNECT_FIRST };
        self.state = State::Waiting(now + self.backoff.next_wait(now, first));
        self.drive_dialect(now, DialectInput::Closed, out);
        if matches!(self.state, State::Waiting(_)) {
            self.events.push(SignalEvent::Lost);
        }
    }

    /// The server has closed the socket for good.
    fn close_for_good(&mut self, now: Timestamp, out: &mut Outbox) {
        self.state = State::Idle;
        self.backoff.reset();
        self.drive_dialect(now, DialectInput::Closed, out);
        self.events.push(SignalEvent::ClosedForGood);
    }

    /// The dialect wants another socket, and nothing has failed.
    fn reconnect_at_new_url(&mut self, now: Timestamp, out: &mut Outbox) {
        out.effect(Effect::Socket(SocketEffect::Close));
        self.drive_dialect(now, DialectInput::Closed, out);
        self.events.push(SignalEvent::Lost);
        self.connect(now, out);
    }

    fn drive_dialect(&mut self, now: Timestamp, input: DialectInput, out: &mut Outbox) {
        if let DialectInput::Send(outbound) = &input
            && self.tracing
        {
            self.trace_line(TraceKind::Outbound, &trace::describe_outbound(outbound), out);
        }
        let mut outputs = Vec::new();
        self.dialect.handle(now, input, &mut outputs);
        for output in outputs {
            match output {
                // The server would close the socket upon it.
                DialectOutput::Frame(frame) if frame.len() > MAX_FRAME_BYTES => {
                    self.trace_line(TraceKind::Invalid, "too large to be sent", out);
                    out.event(Event::ProtocolError("too-large".to_owned()));
                }
                DialectOutput::Frame(frame) if self.is_open() => {
                    self.trace_line(TraceKind::Out, &frame, out);
                    out.effect(Effect::Socket(SocketEffect::Send(frame)));
                }
                DialectOutput::Frame(_) => {}
                DialectOutput::Signal(signal) => {
                    if self.tracing {
                        self.trace_line(TraceKind::Inbound, &trace::describe_inbound(&signal), out);
                    }
                    self.events.push(SignalEvent::Signal(signal));
                }
                DialectOutput::Invalid(why) => {
                    self.trace_line(TraceKind::Invalid, &why, out);
                    out.event(Event::ProtocolError(why));
                }
                DialectOutput::ServerSilent => {
                    self.trace_line(TraceKind::Socket, "silent for too long", out);
                    self.on_failed(now, true, out);
                }
                DialectOutput::UrlChanged if self.is_open() => self.reconnect_at_new_url(now, out),
                DialectOutput::UrlChanged => self.reconnect_now(now, out),
            }
        }
    }
}
