//! The rooms and the lines to everybody in them, behind one lock.
//!
//! One lock, because what everybody hears must have one order: a roster and the leave that follows it must not swap.
//! It is held for microseconds: frames are parsed before it is taken, and sockets are written to after it is released.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use visavis_hub::{ByteBudget, ClientId, Hub, HubOutput};
use visavis_signaling::dialects::visavis::messages::{ClientMessage, ServerMessage};
use visavis_signaling::{RejectCode, Timestamp};

use crate::addresses::{Act, Guest, Source};
use crate::config::Config;
use crate::credentials::Credentials;
use crate::line::{Cut, Delivery, Line, Overflow, line};
use crate::refusals::Refusals;

/// Connections over a limit that are let in, only to be told so.
const SURPLUS: usize = 64;

/// How often it is looked whether something is due: seats to free, credentials to refresh.
const TICK: Duration = Duration::from_millis(500);

/// What a connection has: itself, what it is sent, and the word that ends it.
pub(crate) type Place = (Ticket, Delivery, Cut);

/// Everybody who is connected.
#[derive(Debug)]
pub(crate) struct Switchboard {
    exchange: Mutex<Exchange>,
    emptied: Notify,
    max_connections: usize,
    queue: (usize, usize),
}

#[derive(Debug)]
struct Exchange {
    hub: Hub,
    begun: Instant,
    credentials: Credentials,
    refusals: Arc<Refusals>,
    lines: BTreeMap<ClientId, Line>,
    sources: BTreeMap<ClientId, Source>,
    /// What waits in all lines.
    queued: ByteBudget,
    /// How many are there only to be told that there is no place for them.
    surplus: usize,
    next: u64,
    closing: bool,
}

/// How many there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Census {
    pub(crate) rooms: usize,
    pub(crate) participants: usize,
    pub(crate) connections: usize,
    /// Whether one more would be refused.
    pub(crate) full: bool,
}

/// A place at the switchboard, given back on drop, whatever the reason.
#[derive(Debug)]
pub(crate) struct Ticket {
    switchboard: Arc<Switchboard>,
    id: ClientId,
    /// `None` if there is no place for it.
    guest: Option<Arc<Guest>>,
}

impl Switchboard {
    pub(crate) fn new(config: &Config, refusals: Arc<Refusals>) -> Self {
        let exchange = Exchange {
            hub: Hub::new(config.hub()),
            begun: Instant::now(),
            credentials: Credentials::new(config.relay.clone()),
            refusals,
            lines: BTreeMap::new(),
            sources: BTreeMap::new(),
            queued: ByteBudget::new(config.bounds.max_queued_bytes),
            surplus: 0,
            next: 0,
            closing: false,
        };
        Self {
            exchange: Mutex::new(exchange),
            emptied: Notify::new(),
            max_connections: config.bounds.max_connections,
            queue: (config.bounds.queue_messages, config.bounds.queue_bytes),
        }
    }

    /// Takes a new connection. Without a place for it, because there are too many of them or of its address, it is told
    /// so; `None` if there is not even room for that.
    pub(crate) fn open(self: &Arc<Self>, source: Source, guest: Option<Guest>) -> Option<Place> {
        let mut exchange = self.lock();
        let refusal = match &guest {
            _ if exchange.connections() >= self.max_connections => {
                Some((RejectCode::ServerFull, "This server takes no more people at the moment."))
            }
            Some(_) => None,
            None => Some((RejectCode::RateLimited, "Too many connections come from your address.")),
        };
        if exchange.closing || (refusal.is_some() && exchange.surplus >= SURPLUS) {
            return None;
        }
        let (line, delivery, cut) = line(self.queue.0, self.queue.1, exchange.queued.clone());
        let id = exchange.admit(line, source);
        if let Some((code, text)) = refusal {
            exchange.surplus += 1;
            exchange.reject(id, code, text);
        }
        let guest = guest.filter(|_| refusal.is_none()).map(Arc::new);
        Some((Ticket { switchboard: Arc::clone(self), id, guest }, delivery, cut))
    }

    pub(crate) fn census(&self) -> Census {
        let exchange = self.lock();
        Census {
            rooms: exchange.hub.room_count(),
            participants: exchange.hub.participant_count(),
            connections: exchange.lines.len(),
            full: exchange.connections() >= self.max_connections || exchange.hub.is_full(),
        }
    }

    /// Tells everybody that the server is closing, and hangs up.
    pub(crate) fn close(&self) {
        let mut exchange = self.lock();
        exchange.closing = true;
        let everybody: Vec<_> = exchange.lines.keys().copied().collect();
        for id in everybody {
            exchange.reject(id, RejectCode::ServerClosing, "The server is closing.");
        }
    }

    /// Cuts everybody off at once.
    pub(crate) fn cut(&self) {
        let mut exchange = self.lock();
        exchange.closing = true;
        exchange.lines.clear();
    }

    /// Does what is due, for ever.
    pub(crate) async fn keep_time(&self) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.lock().tick();
        }
    }

    /// Waits until nobody is connected.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.census().connections == 0 {
                return;
            }
            emptied.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Exchange> {
        self.exchange.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exchange {
    /// Those that have a place.
    fn connections(&self) -> usize {
        self.sources.len().saturating_sub(self.surplus)
    }

    fn admit(&mut self, line: Line, source: Source) -> ClientId {
        let id = ClientId(self.next);
        self.next += 1;
        self.lines.insert(id, line);
        self.sources.insert(id, source);
        self.hub.on_connected(id, source.address());
        id
    }

    /// The rooms, at this moment.
    fn hub(&mut self) -> &mut Hub {
        let elapsed = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.hub.advance(Timestamp::from_millis(elapsed));
        &mut self.hub
    }

    /// Does what the hub wants done.
    fn deliver(&mut self) {
        while let Some(output) = self.hub.poll_output() {
            match output {
                HubOutput::Send(to, message) => self.send(to, message),
                HubOutput::Close(to) => self.on_line(to, Line::close),
            }
        }
    }

    fn send(&mut self, to: ClientId, mut message: ServerMessage) {
        let Some(source) = self.sources.get(&to).copied() else { return };
        self.credentials.add(&self.hub, to, source, &mut message);
        if let ServerMessage::Error { code, closes: true, .. } = &message {
            self.note(RejectCode::from_name(code), source);
        }
        self.on_line(to, |line| line.send(message.encode()));
    }

    /// A line in the log for every refusal. That a server closes or somebody came back is none.
    fn note(&self, code: RejectCode, source: Source) {
        if !matches!(code, RejectCode::ServerClosing | RejectCode::Replaced) {
            self.refusals.note(code.as_str(), source);
        }
    }

    /// Frees the seats that nobody came back to, and sends new credentials to those whose own are half way through.
    fn tick(&mut self) {
        self.hub();
        self.deliver();
        for (id, message) in self.credentials.renew(&self.hub) {
            self.on_line(id, |line| line.send(message.encode()));
        }
        self.deliver();
    }

    /// Uses a line, if it still is there. If it overflows it is cut; if all together hold too much, the one that holds
    /// most is.
    fn on_line(&mut self, id: ClientId, action: impl FnOnce(&mut Line) -> Result<(), Overflow>) {
        if let Some(Err(Overflow)) = self.lines.get_mut(&id).map(action) {
            self.give_up(id);
        }
        while self.queued.is_exceeded() {
            let Some((id, _)) = self.lines.iter().max_by_key(|(_, line)| line.waiting()) else { return };
            self.give_up(*id);
        }
    }

    /// Cuts the line of a client that reads too slowly; its participant is gone for the others.
    fn give_up(&mut self, id: ClientId) {
        if let Some(source) = self.sources.get(&id) {
            self.refusals.note("slow-reader", *source);
        }
        self.lines.remove(&id);
        self.hub().remove_client(id);
    }

    /// Says no; the connection goes on.
    fn refuse(&mut self, id: ClientId, code: RejectCode, text: &str) {
        self.send(id, ServerMessage::error(code, text, false));
        self.deliver();
    }

    /// Says no and hangs up; the others hear that this one is gone.
    fn reject(&mut self, id: ClientId, code: RejectCode, text: &str) {
        self.send(id, ServerMessage::error(code, text, true));
        self.on_line(id, Line::close);
        self.hub().remove_client(id);
        self.deliver();
    }
}

impl Ticket {
    /// The number of this connection, for logs.
    pub(crate) fn number(&self) -> u64 {
        self.id.0
    }

    /// Whose address and connection are counted; `None` if this one is here only to hear that there is no place for it.
    pub(crate) fn guest(&self) -> Option<Arc<Guest>> {
        self.guest.clone()
    }

    /// The client sent a text frame.
    pub(crate) fn frame(&self, frame: &str) {
        // Parsed here, outside the lock: this is most of the work.
        let message = ClientMessage::decode(frame);
        match &message {
            Ok(ClientMessage::Join(_)) if !self.may(Act::Join) => {
                return self.reject(RejectCode::RateLimited, "Too many joins in too short a time.");
            }
            Ok(ClientMessage::Check) if !self.may(Act::Check) => return self.refuse_check(),
            Ok(_) | Err(_) => {}
        }
        let mut exchange = self.switchboard.lock();
        if exchange.lines.get(&self.id).is_some_and(|line| !line.is_closing()) {
            exchange.hub().on_message(self.id, message);
            exchange.deliver();
        }
    }

    fn may(&self, act: Act) -> bool {
        self.guest.as_ref().is_none_or(|guest| guest.may(act, 1.0))
    }

    /// The connection goes on: whoever waits in the lobby should not lose it because a neighbour asks too often.
    fn refuse_check(&self) {
        self.refuse(RejectCode::RateLimited, "Too many checks in too short a time; wait a minute.");
        if let Some(guest) = &self.guest {
            self.switchboard.lock().refusals.note("check", guest.source());
        }
    }

    /// The frame that asks the client for a sign of life.
    pub(crate) fn ping(&self) -> String {
        self.switchboard.lock().hub.ping_message(self.id).encode()
    }

    /// The client's page goes; the end of the connection follows.
    pub(crate) fn went_away(&self) {
        let mut exchange = self.switchboard.lock();
        exchange.hub().on_going_away(self.id);
        exchange.deliver();
    }

    /// Says no; the connection goes on.
    pub(crate) fn refuse(&self, code: RejectCode, text: &str) {
        self.switchboard.lock().refuse(self.id, code, text);
    }

    /// Says no and hangs up.
    pub(crate) fn reject(&self, code: RejectCode, text: &str) {
        self.switchboard.lock().reject(self.id, code, text);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut exchange = self.switchboard.lock();
        exchange.lines.remove(&self.id);
        exchange.sources.remove(&self.id);
        exchange.surplus -= usize::from(self.guest.is_none());
        exchange.hub().on_disconnected(self.id);
        exchange.deliver();
        let empty = exchange.lines.is_empty();
        drop(exchange);
        if empty {
            self.switchboard.emptied.notify_waiters();
        }
    }
}
