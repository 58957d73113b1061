//! All WebSocket clients: the hub and the outbound queue of each client, behind one lock.
//!
//! One lock, because messages must have one order for all: a roster and the leave that follows it must not swap. It is
//! held for microseconds: frames are parsed before it is taken, and sockets are written to after it is released.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use visavis_hub::{ByteBudget, ClientId, Hub, HubOutput};
use visavis_signaling::dialects::visavis::messages::{ClientMessage, ServerMessage};
use visavis_signaling::{RejectCode, Timestamp};

use crate::address_limiter::{AddressKey, LimitedAction, WebSocketPermit};
use crate::config::Config;
use crate::credentials::TurnCredentials;
use crate::outbound_queue::{AbortSignal, OutboundQueue, OutboundReceiver, QueueFull, outbound_queue};
use crate::refusal_log::RefusalLog;

/// Most connections over a limit that are accepted all the same, to send them the error. More are refused over HTTP.
const MAX_REFUSED_CLIENTS: usize = 64;

/// How often expired seats are removed and credentials renewed.
const TIMER_INTERVAL: Duration = Duration::from_millis(500);

/// A client that was added to the registry.
#[derive(Debug)]
pub(crate) struct RegisteredClient {
    pub(crate) handle: ClientHandle,
    /// The frames to send to it.
    pub(crate) queue: OutboundReceiver,
    /// When to abort its connection.
    pub(crate) abort: AbortSignal,
}

/// All connected clients.
#[derive(Debug)]
pub(crate) struct ClientRegistry {
    state: Mutex<RegistryState>,
    emptied: Notify,
    max_connections: usize,
    queue_limits: (usize, usize),
}

#[derive(Debug)]
struct RegistryState {
    hub: Hub,
    /// When the hub's time was zero.
    started_at: Instant,
    credentials: TurnCredentials,
    refusal_log: Arc<RefusalLog>,
    queues: BTreeMap<ClientId, OutboundQueue>,
    addresses: BTreeMap<ClientId, AddressKey>,
    /// The bytes in all queues together.
    queued_total: ByteBudget,
    /// How many of the clients are over a limit, and stay only until they have received the error.
    refused: usize,
    next: u64,
    closing: bool,
}

/// Numbers for `/healthz`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RegistryStats {
    pub(crate) rooms: usize,
    pub(crate) participants: usize,
    pub(crate) connections: usize,
    /// Whether one more client, or one more room, would be refused.
    pub(crate) full: bool,
}

/// A client in the registry, which is removed when this is dropped, whatever the reason.
#[derive(Debug)]
pub(crate) struct ClientHandle {
    registry: Arc<ClientRegistry>,
    id: ClientId,
    /// `None` for a client that is over a limit.
    permit: Option<Arc<WebSocketPermit>>,
}

impl ClientRegistry {
    pub(crate) fn new(config: &Config, refusal_log: Arc<RefusalLog>) -> Self {
        let state = RegistryState {
            hub: Hub::new(config.hub(), Timestamp::from_millis(0)),
            started_at: Instant::now(),
            credentials: TurnCredentials::new(config.turn.clone()),
            refusal_log,
            queues: BTreeMap::new(),
            addresses: BTreeMap::new(),
            queued_total: ByteBudget::new(config.limits.max_queued_bytes),
            refused: 0,
            next: 0,
            closing: false,
        };
        Self {
            state: Mutex::new(state),
            emptied: Notify::new(),
            max_connections: config.limits.max_connections,
            queue_limits: (config.limits.queue_messages, config.limits.queue_bytes),
        }
    }

    /// Adds a new client. Without a `permit`, or if there are too many clients, it is sent the error and closed. `None` if
    /// the server is closing, or if [`MAX_REFUSED_CLIENTS`] are being told that already.
    pub(crate) fn register(
        self: &Arc<Self>,
        address: AddressKey,
        permit: Option<WebSocketPermit>,
    ) -> Option<RegisteredClient> {
        let mut state = self.lock();
        let refusal = match &permit {
            _ if state.admitted_count() >= self.max_connections => {
                Some((RejectCode::ServerFull, "This server takes no more people at the moment."))
            }
            Some(_) => None,
            None => Some((RejectCode::RateLimited, "Too many connections come from your address.")),
        };
        if state.closing || (refusal.is_some() && state.refused >= MAX_REFUSED_CLIENTS) {
            return None;
        }
        let (sender, queue, abort) =
            outbound_queue(self.queue_limits.0, self.queue_limits.1, state.queued_total.clone());
        let id = state.insert(sender, address);
        if let Some((code, text)) = refusal {
            state.refused += 1;
            state.send_error_and_close(id, code, text);
        }
        let permit = permit.filter(|_| refusal.is_none()).map(Arc::new);
        let handle = ClientHandle { registry: Arc::clone(self), id, permit };
        Some(RegisteredClient { handle, queue, abort })
    }

    pub(crate) fn stats(&self) -> RegistryStats {
        let state = self.lock();
        RegistryStats {
            rooms: state.hub.room_count(),
            participants: state.hub.participant_count(),
            connections: state.queues.len(),
            full: state.admitted_count() >= self.max_connections || state.hub.is_full(),
        }
    }

    /// Sends `server-closing` to all clients, and closes their connections.
    pub(crate) fn shut_down(&self) {
        let mut state = self.lock();
        state.closing = true;
        let clients: Vec<_> = state.queues.keys().copied().collect();
        for id in clients {
            state.send_error_and_close(id, RejectCode::ServerClosing, "The server is closing.");
        }
    }

    /// Aborts all connections at once.
    pub(crate) fn abort_all(&self) {
        let mut state = self.lock();
        state.closing = true;
        state.queues.clear();
    }

    /// Does what is due by time, every [`TIMER_INTERVAL`]; never returns.
    pub(crate) async fn run_timers(&self) {
        let mut ticks = tokio::time::interval(TIMER_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.lock().tick();
        }
    }

    /// Waits until no client is connected.
    pub(crate) async fn wait_until_empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.stats().connections == 0 {
                return;
            }
            emptied.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, RegistryState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RegistryState {
    /// How many clients are not over a limit.
    fn admitted_count(&self) -> usize {
        self.addresses.len().saturating_sub(self.refused)
    }

    fn insert(&mut self, queue: OutboundQueue, address: AddressKey) -> ClientId {
        let id = ClientId(self.next);
        self.next += 1;
        self.queues.insert(id, queue);
        self.addresses.insert(id, address);
        self.hub.on_connected(id, address.address());
        id
    }

    /// The hub, with its time set to now.
    fn hub(&mut self) -> &mut Hub {
        let elapsed = u64::try_from(self.started_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.hub.advance(Timestamp::from_millis(elapsed));
        &mut self.hub
    }

    /// Performs all outputs of the hub.
    fn perform_outputs(&mut self) {
        while let Some(output) = self.hub.poll_output() {
            match output {
                HubOutput::Send(to, message) => self.send(to, message),
                HubOutput::Close(to) => self.with_queue(to, OutboundQueue::close),
            }
        }
    }

    fn send(&mut self, to: ClientId, mut message: ServerMessage) {
        let Some(address) = self.addresses.get(&to).copied() else { return };
        self.credentials.add(&self.hub, to, address, &mut message);
        if let ServerMessage::Error { code, closes: true, .. } = &message {
            self.log_refusal(RejectCode::from_name(code), address);
        }
        self.with_queue(to, |queue| queue.send(message.encode()));
    }

    /// Logs an error that closes a connection, unless it is no refusal (the server closes, or the client came back).
    fn log_refusal(&self, code: RejectCode, address: AddressKey) {
        if !matches!(code, RejectCode::ServerClosing | RejectCode::Replaced) {
            self.refusal_log.record(code.as_str(), address);
        }
    }

    /// Removes expired seats, and sends new TURN credentials where they are due.
    fn tick(&mut self) {
        self.hub();
        self.perform_outputs();
        for (id, message) in self.credentials.renew(&self.hub) {
            self.with_queue(id, |queue| queue.send(message.encode()));
        }
        self.perform_outputs();
    }

    /// Uses a client's queue, if the client is still there. If that queue is full then, its client is dropped; if all
    /// queues together exceed their budget, the client with the longest is.
    fn with_queue(&mut self, id: ClientId, action: impl FnOnce(&mut OutboundQueue) -> Result<(), QueueFull>) {
        if let Some(Err(QueueFull)) = self.queues.get_mut(&id).map(action) {
            self.drop_slow_client(id);
        }
        while self.queued_total.is_exceeded() {
            let Some((id, _)) = self.queues.iter().max_by_key(|(_, queue)| queue.queued_bytes()) else {
                return;
            };
            self.drop_slow_client(*id);
        }
    }

    /// Aborts the connection of a client that reads too slowly, and ends its session.
    fn drop_slow_client(&mut self, id: ClientId) {
        if let Some(address) = self.addresses.get(&id) {
            self.refusal_log.record("slow-reader", *address);
        }
        self.queues.remove(&id);
        self.hub().remove_client(id);
    }

    /// Sends an error; the connection stays open.
    fn send_error(&mut self, id: ClientId, code: RejectCode, text: &str) {
        self.send(id, ServerMessage::error(code, text, false));
        self.perform_outputs();
    }

    /// Sends an error, closes the connection and ends its session.
    fn send_error_and_close(&mut self, id: ClientId, code: RejectCode, text: &str) {
        self.send(id, ServerMessage::error(code, text, true));
        self.with_queue(id, OutboundQueue::close);
        self.hub().remove_client(id);
        self.perform_outputs();
    }
}

impl ClientHandle {
    /// The number of this client, for logs.
    pub(crate) fn number(&self) -> u64 {
        self.id.0
    }

    /// The permit of its address; `None` for a client that is over a limit.
    pub(crate) fn permit(&self) -> Option<Arc<WebSocketPermit>> {
        self.permit.clone()
    }

    /// Handles a text frame from the client.
    pub(crate) fn on_text(&self, frame: &str) {
        // Parsed here, outside the lock: this is most of the work.
        let message = ClientMessage::decode(frame);
        match &message {
            Ok(ClientMessage::Join(_)) if !self.try_consume(LimitedAction::Join) => {
                return self
                    .send_error_and_close(RejectCode::RateLimited, "Too many joins in too short a time.");
            }
            Ok(ClientMessage::Preflight) if !self.try_consume(LimitedAction::Preflight) => {
                return self.refuse_preflight();
            }
            Ok(_) | Err(_) => {}
        }
        let mut state = self.registry.lock();
        if state.queues.get(&self.id).is_some_and(|queue| !queue.is_closing()) {
            state.hub().on_message(self.id, message);
            state.perform_outputs();
        }
    }

    fn try_consume(&self, action: LimitedAction) -> bool {
        self.permit.as_ref().is_none_or(|permit| permit.try_consume(action, 1.0))
    }

    /// Refuses a `check`. The connection stays open: a client in the lobby should not lose it because another one behind
    /// the same address checks too often.
    fn refuse_preflight(&self) {
        self.send_error(RejectCode::RateLimited, "Too many checks in too short a time; wait a minute.");
        if let Some(permit) = &self.permit {
            self.registry.lock().refusal_log.record("check", permit.key());
        }
    }

    /// The `ping` frame for this client.
    pub(crate) fn ping_frame(&self) -> String {
        self.registry.lock().hub.ping_message(self.id).encode()
    }

    /// The client has closed with 1001 (going away); the end of the stream follows.
    pub(crate) fn on_going_away(&self) {
        let mut state = self.registry.lock();
        state.hub().on_going_away(self.id);
        state.perform_outputs();
    }

    /// Sends an error; the connection stays open.
    pub(crate) fn send_error(&self, code: RejectCode, text: &str) {
        self.registry.lock().send_error(self.id, code, text);
    }

    /// Sends an error, closes the connection and ends its session.
    pub(crate) fn send_error_and_close(&self, code: RejectCode, text: &str) {
        self.registry.lock().send_error_and_close(self.id, code, text);
    }
}

impl Drop for ClientHandle {
    fn drop(&mut self) {
        let mut state = self.registry.lock();
        state.queues.remove(&self.id);
        state.addresses.remove(&self.id);
        state.refused -= usize::from(self.permit.is_none());
        state.hub().on_disconnected(self.id);
        state.perform_outputs();
        let empty = state.queues.is_empty();
        drop(state);
        if empty {
            self.registry.emptied.notify_waiters();
        }
    }
}
