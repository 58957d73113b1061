//! The link to the signaling server: one socket, its dialect, and the patience to open it again.

mod farewell;
mod search;

use visavis_signaling::limits::MAX_FRAME_BYTES;
use visavis_signaling::{Dialect, DialectInput, DialectOutput, Inbound, Outbound, ParticipantId, Timestamp};

pub(crate) use self::farewell::Farewell;
use self::search::Search;
use crate::backoff::Backoff;
use crate::config::Contact;
use crate::input::SocketEvent;
use crate::outbox::Outbox;
use crate::output::{Effect, Event};
use crate::reach::Obstacle;
use crate::timing::{JOIN_ANSWERED, SOCKET_OPENS};
use crate::trace::{self, TraceKind};

/// What the room learns from the link.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A new socket is open: say who we are.
    Opened,
    /// The socket is lost; another will be opened.
    Lost,
    /// The server has closed the socket and wants no other.
    Refused,
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

pub(crate) struct Link {
    dialect: Box<dyn Dialect>,
    state: State,
    backoff: Backoff,
    search: Search,
    /// What the server said when it closed the last socket.
    farewell: Option<Farewell>,
    contact: Contact,
    /// Whether somebody wants to know what passes.
    traced: bool,
}

impl Link {
    pub(crate) fn new(dialect: Box<dyn Dialect>, seed: u64, contact: Contact) -> Self {
        Self {
            dialect,
            state: State::Idle,
            backoff: Backoff::new(seed),
            search: Search::default(),
            farewell: None,
            contact,
            traced: false,
        }
    }

    /// Tells what passes from now on, or stops telling.
    pub(crate) fn trace(&mut self, on: bool) {
        self.traced = on;
    }

    fn note(&self, kind: TraceKind, text: &str, out: &mut Outbox) {
        if self.traced {
            out.event(Event::Traced(kind, text.to_owned()));
        }
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
    pub(crate) fn farewell(&self) -> Option<&Farewell> {
        self.farewell.as_ref().filter(|_| !self.is_open())
    }

    /// How many attempts in a row have failed.
    pub(crate) fn failed_attempts(&self) -> u32 {
        self.backoff.attempts()
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Whether the server may not be contacted before the person asks for something that needs it.
    pub(crate) fn waits_for_request(&self) -> bool {
        self.contact == Contact::OnRequest && self.search.speaks_to_chosen()
    }

    /// The person asks for something that needs the server.
    pub(crate) fn request(&mut self) {
        if self.search.speaks_to_chosen() {
            self.contact = Contact::AtOnce;
        }
    }

    /// The link is wanted: opens the socket unless that is under way.
    pub(crate) fn open(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.state == State::Idle {
            self.connect(now, out);
        }
    }

    /// The link is not wanted any more.
    pub(crate) fn close(&mut self, now: Timestamp, out: &mut Outbox) {
        if matches!(self.state, State::Opening(_) | State::Open(_)) {
            out.effect(Effect::CloseSocket);
        }
        self.feed(now, DialectInput::Closed, out, &mut Vec::new());
        self.state = State::Idle;
        self.farewell = None;
        self.backoff.reset();
        self.search.begin();
    }

    /// Cuts a wait short.
    pub(crate) fn retry_now(&mut self, now: Timestamp, out: &mut Outbox) {
        if matches!(self.state, State::Waiting(_)) {
            self.connect(now, out);
        }
    }

    /// A person asks to try again: perhaps they have mended what was in the way.
    pub(crate) fn ask_again(&mut self, now: Timestamp, out: &mut Outbox) {
        self.search.begin();
        match self.state {
            State::Waiting(_) => self.connect(now, out),
            State::Idle if self.farewell.is_some() => self.connect(now, out),
            State::Idle | State::Opening(_) | State::Open(_) => {}
        }
    }

    /// Says something to the server. Lost if there is no socket: whatever must survive that is said again after
    /// [`Heard::Opened`]. A leave is worth the dialect's attention all the same: it must not take up what is over.
    pub(crate) fn send(&mut self, now: Timestamp, outbound: Outbound, out: &mut Outbox) {
        if !self.is_open() && outbound != Outbound::Leave {
            return;
        }
        if matches!(outbound, Outbound::Join { .. }) {
            self.state = State::Open(Some(now + JOIN_ANSWERED));
        }
        self.feed(now, DialectInput::Send(outbound), out, &mut Vec::new());
    }

    /// The server let us in: the link is as good as it gets.
    pub(crate) fn confirm(&mut self) {
        if self.is_open() {
            self.state = State::Open(None);
            self.backoff.reset();
        }
    }

    /// The server has said that it closes.
    pub(crate) fn server_closes(&mut self) {
        self.backoff.server_closes();
    }

    /// The server refused for now: hang up and try again later.
    pub(crate) fn hang_up(&mut self, now: Timestamp, out: &mut Outbox) -> Vec<Heard> {
        let mut heard = Vec::new();
        self.fail(now, true, out, &mut heard);
        heard
    }

    /// Whether connections carry a channel whose end means goodbye.
    pub(crate) fn hangs_up_by_channel(&self) -> bool {
        self.dialect.hangs_up_by_channel()
    }

    /// Somebody has closed that channel. What that means is for the dialect to say, with or without a socket.
    pub(crate) fn hung_up(&mut self, now: Timestamp, id: ParticipantId, out: &mut Outbox) -> Vec<Heard> {
        let mut heard = Vec::new();
        self.feed(now, DialectInput::HungUp(id), out, &mut heard);
        heard
    }

    pub(crate) fn socket_event(
        &mut self,
        now: Timestamp,
        event: SocketEvent,
        out: &mut Outbox,
    ) -> Vec<Heard> {
        let mut heard = Vec::new();
        match &event {
            SocketEvent::Opened => self.note(TraceKind::Socket, "open", out),
            SocketEvent::Frame(frame) => self.note(TraceKind::In, frame, out),
            SocketEvent::Closed => self.note(TraceKind::Socket, "closed", out),
            SocketEvent::ClosedWith { code, reason } => {
                self.note(TraceKind::Socket, &["closed: ", &code.to_string(), " ", reason].concat(), out);
            }
        }
        match (event, self.state) {
            (SocketEvent::Opened, State::Opening(_)) => {
                self.state = State::Open(None);
                self.search.opened(now);
                self.feed(now, DialectInput::Opened, out, &mut heard);
                heard.push(Heard::Opened);
            }
            (SocketEvent::Frame(frame), State::Open(_)) => {
                self.search.prove();
                self.feed(now, DialectInput::Frame(frame), out, &mut heard);
            }
            (SocketEvent::Closed, State::Opening(_) | State::Open(_)) => {
                self.fail(now, false, out, &mut heard);
            }
            (SocketEvent::ClosedWith { code, reason }, State::Opening(_) | State::Open(_)) => {
                let farewell = Farewell::new(code, &reason);
                if farewell.is_final() {
                    self.give_up(now, out, &mut heard);
                } else {
                    self.fail(now, false, out, &mut heard);
                }
                self.farewell = Some(farewell);
            }
            // A late word of a socket that is given up.
            (
                SocketEvent::Opened
                | SocketEvent::Frame(_)
                | SocketEvent::Closed
                | SocketEvent::ClosedWith { .. },
                _,
            ) => {}
        }
        heard
    }

    pub(crate) fn timeout(&mut self, now: Timestamp, out: &mut Outbox) -> Vec<Heard> {
        let mut heard = Vec::new();
        match self.state {
            State::Waiting(at) if at <= now => self.connect(now, out),
            State::Opening(at) | State::Open(Some(at)) if at <= now => self.fail(now, true, out, &mut heard),
            State::Open(_) => self.feed(now, DialectInput::Timeout, out, &mut heard),
            State::Idle | State::Opening(_) | State::Waiting(_) => {}
        }
        heard
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        match self.state {
            State::Idle => None,
            State::Opening(at) | State::Waiting(at) => Some(at),
            State::Open(owed) => owed.into_iter().chain(self.dialect.poll_timeout()).min(),
        }
    }

    fn connect(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.waits_for_request() {
            return;
        }
        self.state = State::Opening(now + SOCKET_OPENS);
        // A person wants it all the same.
        self.farewell.take_if(|farewell| farewell.is_final());
        let endpoint = self.dialect.endpoint();
        self.note(TraceKind::Socket, &endpoint.url, out);
        out.effect(Effect::OpenSocket(endpoint));
    }

    fn fail(&mut self, now: Timestamp, socket_exists: bool, out: &mut Outbox, heard: &mut Vec<Heard>) {
        if socket_exists {
            out.effect(Effect::CloseSocket);
        }
        self.search.closed(now);
        // It owed us an answer to `join`.
        if matches!(self.state, State::Open(Some(_))) {
            self.search.obstacle = Obstacle::NoReply;
        }
        self.farewell = None;
        self.state = State::Waiting(now + self.backoff.next_wait(now));
        self.feed(now, DialectInput::Closed, out, heard);
        heard.push(Heard::Lost);
    }

    /// The server has closed the socket for good.
    fn give_up(&mut self, now: Timestamp, out: &mut Outbox, heard: &mut Vec<Heard>) {
        self.state = State::Idle;
        self.backoff.reset();
        self.feed(now, DialectInput::Closed, out, heard);
        heard.push(Heard::Refused);
    }

    /// The dialect wants another socket, and nothing has failed.
    fn move_on(&mut self, now: Timestamp, out: &mut Outbox, heard: &mut Vec<Heard>) {
        out.effect(Effect::CloseSocket);
        self.feed(now, DialectInput::Closed, out, heard);
        heard.push(Heard::Lost);
        self.connect(now, out);
    }

    fn feed(&mut self, now: Timestamp, input: DialectInput, out: &mut Outbox, heard: &mut Vec<Heard>) {
        if let DialectInput::Send(outbound) = &input
            && self.traced
        {
            self.note(TraceKind::Said, &trace::said(outbound), out);
        }
        let mut outputs = Vec::new();
        self.dialect.handle(now, input, &mut outputs);
        for output in outputs {
            match output {
                // The server would close the socket upon it.
                DialectOutput::Frame(frame) if frame.len() > MAX_FRAME_BYTES => {
                    self.note(TraceKind::Misunderstood, "too large to be sent", out);
                    out.event(Event::ProtocolError("too-large".to_owned()));
                }
                DialectOutput::Frame(frame) if self.is_open() => {
                    self.note(TraceKind::Out, &frame, out);
                    out.effect(Effect::SendFrame(frame));
                }
                DialectOutput::Frame(_) => {}
                DialectOutput::Signal(signal) => {
                    if self.traced {
                        self.note(TraceKind::Heard, &trace::heard(&signal), out);
                    }
                    heard.push(Heard::Signal(signal));
                }
                DialectOutput::Misunderstood(why) => {
                    self.note(TraceKind::Misunderstood, &why, out);
                    out.event(Event::ProtocolError(why));
                }
                DialectOutput::Stalled => {
                    self.note(TraceKind::Socket, "silent for too long", out);
                    self.fail(now, true, out, heard);
                }
                DialectOutput::Moved if self.is_open() => self.move_on(now, out, heard),
                DialectOutput::Moved => {}
            }
        }
    }
}
