//! The rooms and the lines to everybody in them, behind one lock.
//!
//! One lock, because what everybody hears must have one order: a roster and the leave that follows it must not swap.
//! It is held for microseconds: frames are parsed before it is taken, and sockets are written to after it is released.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tracing::debug;
use visavis_signaling::dialects::visavis::messages::{ClientMessage, IceServerList, ServerMessage};
use visavis_signaling::hub::{ConnectionId, Hub, HubOutput};
use visavis_signaling::{ParticipantId, RejectCode, Timestamp};

use crate::config::Config;
use crate::line::{Cut, Delivery, Line, Overflow, line};
use crate::relay::Relay;

/// Connections over the limit that are let in, only to be told `server-full`.
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
    relay: Option<Relay>,
    /// Who has credentials for the relays, and when they get new ones.
    credentials: BTreeMap<ConnectionId, (Instant, ParticipantId)>,
    lines: BTreeMap<ConnectionId, Line>,
    next: u64,
    closing: bool,
}

/// How many there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Census {
    pub(crate) rooms: usize,
    pub(crate) participants: usize,
    pub(crate) connections: usize,
}

/// A place at the switchboard, given back on drop, whatever the reason.
#[derive(Debug)]
pub(crate) struct Ticket {
    switchboard: Arc<Switchboard>,
    id: ConnectionId,
}

impl Switchboard {
    pub(crate) fn new(config: &Config) -> Self {
        let exchange = Exchange {
            hub: Hub::new(config.hub()),
            begun: Instant::now(),
            relay: config.relay.clone(),
            credentials: BTreeMap::new(),
            lines: BTreeMap::new(),
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

    /// Takes a new connection; `None` if there is not even room to tell it that there is no room.
    pub(crate) fn open(self: &Arc<Self>) -> Option<Place> {
        let mut exchange = self.lock();
        let before = exchange.lines.len();
        if exchange.closing || before >= self.max_connections.saturating_add(SURPLUS) {
            return None;
        }
        let (line, delivery, cut) = line(self.queue.0, self.queue.1);
        let id = exchange.admit(line);
        if before >= self.max_connections {
            exchange.reject(id, RejectCode::ServerFull, "This server takes no more people at the moment.");
        }
        Some((Ticket { switchboard: Arc::clone(self), id }, delivery, cut))
    }

    pub(crate) fn census(&self) -> Census {
        let exchange = self.lock();
        Census {
            rooms: exchange.hub.rooms(),
            participants: exchange.hub.participants(),
            connections: exchange.lines.len(),
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
    fn admit(&mut self, line: Line) -> ConnectionId {
        let id = ConnectionId(self.next);
        self.next += 1;
        self.lines.insert(id, line);
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
                HubOutput::Send(to, mut message) => {
                    self.add_relay(to, &mut message);
                    self.on_line(to, |line| line.send(message.encode()));
                }
                HubOutput::Close(to) => self.on_line(to, Line::close),
            }
        }
    }

    /// Whoever is let in gets credentials for the relays; and whoever asks, before a call, whether those work.
    fn add_relay(&mut self, to: ConnectionId, message: &mut ServerMessage) {
        let Some(relay) = &self.relay else { return };
        match message {
            ServerMessage::Joined(welcome) => {
                self.credentials.insert(to, (Instant::now() + relay.refresh_after(), welcome.id.clone()));
                let list = welcome.ice_servers.take();
                welcome.ice_servers = Some(with_relay(list, relay, &welcome.id));
            }
            // Nobody in particular: quotas of the relay are per connection then.
            ServerMessage::IceServers(list) => {
                if let Some(id) = ParticipantId::new(format!("check{}", to.0)) {
                    *list = with_relay(Some(std::mem::take(list)), relay, &id);
                }
            }
            ServerMessage::ParticipantJoined { .. }
            | ServerMessage::ParticipantLeft { .. }
            | ServerMessage::Description { .. }
            | ServerMessage::Candidate { .. }
            | ServerMessage::Media { .. }
            | ServerMessage::Error { .. }
            | ServerMessage::Ping { .. } => {}
        }
    }

    /// Frees the seats that nobody came back to, and sends new credentials to those whose own are half way through.
    fn tick(&mut self) {
        self.hub();
        self.deliver();
        let Some(relay) = self.relay.clone() else { return };
        let (now, lines) = (Instant::now(), &self.lines);
        self.credentials.retain(|id, _| lines.contains_key(id));
        let mut due = Vec::new();
        for (id, (at, participant)) in self.credentials.iter_mut().filter(|(_, (at, _))| *at <= now) {
            *at = now + relay.refresh_after();
            due.push((*id, participant.clone()));
        }
        let stun = self.hub.config().ice_servers.clone();
        for (id, participant) in due {
            let list = with_relay(stun.clone(), &relay, &participant);
            self.on_line(id, |line| line.send(ServerMessage::IceServers(list).encode()));
        }
        self.deliver();
    }

    /// Uses a line, if it still is there. If it overflows it is cut, and its participant is gone for the others.
    fn on_line(&mut self, id: ConnectionId, action: impl FnOnce(&mut Line) -> Result<(), Overflow>) {
        if let Some(Err(Overflow)) = self.lines.get_mut(&id).map(action) {
            debug!(connection = id.0, "reads too slowly");
            self.lines.remove(&id);
            self.hub().expelled(id);
        }
    }

    /// Says no; the connection goes on.
    fn refuse(&mut self, id: ConnectionId, code: RejectCode, text: &str) {
        self.on_line(id, |line| line.send(ServerMessage::error(code, text, false).encode()));
        self.deliver();
    }

    /// Says no and hangs up; the others hear that this one is gone.
    fn reject(&mut self, id: ConnectionId, code: RejectCode, text: &str) {
        debug!(connection = id.0, code = code.as_str(), "rejected");
        self.on_line(id, |line| line.send(ServerMessage::error(code, text, true).encode()));
        self.on_line(id, Line::close);
        self.hub().expelled(id);
        self.deliver();
    }
}

fn with_relay(list: Option<IceServerList>, relay: &Relay, id: &ParticipantId) -> IceServerList {
    let mut servers = list.unwrap_or_default().servers;
    servers.push(relay.mint(id));
    IceServerList { servers, expires_in: u32::try_from(relay.ttl.as_secs()).ok() }
}

impl Ticket {
    /// The number of this connection, for logs.
    pub(crate) fn number(&self) -> u64 {
        self.id.0
    }

    /// The client sent a text frame.
    pub(crate) fn frame(&self, frame: &str) {
        // Parsed here, outside the lock: this is most of the work.
        let message = ClientMessage::decode(frame);
        let mut exchange = self.switchboard.lock();
        if exchange.lines.get(&self.id).is_some_and(|line| !line.is_closing()) {
            exchange.hub().heard(self.id, message);
            exchange.deliver();
        }
    }

    /// The frame that asks the client for a sign of life.
    pub(crate) fn ping(&self) -> String {
        self.switchboard.lock().hub.ping(self.id).encode()
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
        exchange.hub().closed(self.id);
        exchange.deliver();
        let empty = exchange.lines.is_empty();
        drop(exchange);
        if empty {
            self.switchboard.emptied.notify_waiters();
        }
    }
}
