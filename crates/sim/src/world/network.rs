//! Sockets between peers and the server, and the server itself: the real [`Hub`].

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use visavis_core::signaling::Timestamp;
use visavis_core::signaling::dialects::visavis::messages::ServerMessage;
use visavis_core::{Input, SocketEvent};
use visavis_hub::{Hub, HubConfig, HubOutput};

use super::{Action, World};

/// One socket; never used twice.
pub(super) type SocketId = u64;

/// Milliseconds after which the server gives up a client that does not answer pings.
const PING_TIMEOUT: u64 = 25_000;

pub(super) struct Server {
    config: HubConfig,
    /// `None` while it is down.
    hub: Option<Hub>,
    /// Who is at the other end, and when its last frame came.
    sockets: BTreeMap<SocketId, (usize, u64)>,
    /// Sockets whose packets vanish without anybody being told.
    stalled: BTreeSet<SocketId>,
    next_socket: SocketId,
    /// When the last frame of a socket arrives, by socket and direction: TCP keeps the order.
    arrivals: BTreeMap<(SocketId, bool), u64>,
}

impl Server {
    /// A relay that reorders and repeats (`reorders_candidates`) cannot count what passes through it: there nothing is taken up.
    /// Whoever died takes a place until that is noticed: there is one more for each.
    pub(super) fn new(reorders_candidates: bool) -> Self {
        let resume_window = Duration::from_secs(if reorders_candidates { 0 } else { 60 });
        let config = HubConfig { resume_window, capacity: 24, ..HubConfig::default() };
        Self {
            hub: Some(Hub::new(config.clone(), Timestamp::from_millis(0))),
            config,
            sockets: BTreeMap::new(),
            stalled: BTreeSet::new(),
            next_socket: 0,
            arrivals: BTreeMap::new(),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.hub.is_some()
    }
}

impl World {
    pub(super) fn open_socket(&mut self, peer: usize) -> SocketId {
        let socket = self.server.next_socket;
        self.server.next_socket += 1;
        // What was said on the socket before may arrive later.
        let at = self.now + self.random.between(2, 200);
        self.schedule_at(at, Action::SocketReady(peer, socket));
        socket
    }

    pub(super) fn socket_ready(&mut self, peer: usize, socket: SocketId) {
        if self.peers[peer].socket != Some(socket) || !self.peers[peer].alive {
            return;
        }
        if self.server.is_up() {
            self.server.sockets.insert(socket, (peer, self.now));
            self.peers[peer].socket_open = true;
            self.input(peer, Input::Socket(SocketEvent::Opened));
        } else {
            self.socket_event(peer, socket, SocketEvent::Closed);
        }
    }

    pub(super) fn send_to_server(&mut self, socket: SocketId, frame: String) {
        if self.server.stalled.contains(&socket) {
            return;
        }
        let at = self.arrival_time(socket, true, &frame);
        self.schedule_at(at, Action::FrameToServer(socket, frame));
    }

    pub(super) fn server_receives(&mut self, socket: SocketId, frame: &str) {
        let (Some(hub), Some((_, last_frame_at))) =
            (&mut self.server.hub, self.server.sockets.get_mut(&socket))
        else {
            return;
        };
        *last_frame_at = self.now;
        hub.advance(Timestamp::from_millis(self.now));
        hub.on_frame(visavis_hub::ClientId(socket), frame);
        self.perform_hub_outputs();
    }

    pub(super) fn server_socket_closed(&mut self, socket: SocketId) {
        self.server.sockets.remove(&socket);
        if let Some(hub) = &mut self.server.hub {
            hub.advance(Timestamp::from_millis(self.now));
            hub.on_disconnected(visavis_hub::ClientId(socket));
        }
        self.perform_hub_outputs();
    }

    fn perform_hub_outputs(&mut self) {
        while let Some(output) = self.server.hub.as_mut().and_then(Hub::poll_output) {
            match output {
                HubOutput::Send(to, message) => self.send_to_peer(to.0, &message),
                HubOutput::Close(socket) => self.server_closes(socket.0),
            }
        }
    }

    fn server_closes(&mut self, socket: SocketId) {
        let Some((peer, _)) = self.server.sockets.remove(&socket) else { return };
        let at = self.arrival_time(socket, false, "");
        let closed = SocketEvent::ClosedWith { code: 1000, reason: String::new() };
        self.schedule_at(at, Action::SocketEvent(peer, socket, closed));
    }

    fn send_to_peer(&mut self, socket: SocketId, message: &ServerMessage) {
        let Some((peer, _)) = self.server.sockets.get(&socket).copied() else { return };
        if self.server.stalled.contains(&socket) {
            return;
        }
        let resumed = matches!(message, ServerMessage::Joined(welcome) if welcome.resumed.is_some());
        self.statistics.resumes += u64::from(resumed);
        let exchanged = matches!(message, ServerMessage::Description { exchanged: Some(_), .. });
        self.statistics.exchanges += u64::from(exchanged);
        let frame = message.encode();
        let copies = if self.is_reordered(&frame) && self.random.chance(20) { 2 } else { 1 };
        for _ in 0..copies {
            let at = self.arrival_time(socket, false, &frame);
            self.schedule_at(at, Action::SocketEvent(peer, socket, SocketEvent::Frame(frame.clone())));
        }
    }

    pub(super) fn socket_event(&mut self, peer: usize, socket: SocketId, event: SocketEvent) {
        if self.peers[peer].socket != Some(socket) {
            return;
        }
        if matches!(event, SocketEvent::Closed | SocketEvent::ClosedWith { .. }) {
            self.peers[peer].socket = None;
            self.peers[peer].socket_open = false;
        }
        self.input(peer, Input::Socket(event));
    }

    /// When a frame arrives. In order, except candidates that are reordered (`reorders_candidates`).
    fn arrival_time(&mut self, socket: SocketId, to_server: bool, frame: &str) -> u64 {
        if self.is_reordered(frame) {
            return self.now + self.random.between(0, 400);
        }
        let delay =
            if self.reorders_candidates { self.random.between(1, 150) } else { self.random.between(1, 40) };
        let last = self.server.arrivals.entry((socket, to_server)).or_default();
        *last = (self.now + delay).max(*last);
        *last
    }

    fn is_reordered(&self, frame: &str) -> bool {
        self.reorders_candidates && frame.starts_with(r#"{"type":"candidate""#)
    }

    pub(super) fn heartbeat(&mut self) {
        self.schedule(10_000, Action::Heartbeat);
        let dead =
            |(_, (_, last_frame_at)): &(&SocketId, &(usize, u64))| *last_frame_at + PING_TIMEOUT < self.now;
        let dead: Vec<_> = self.server.sockets.iter().filter(dead).map(|(socket, _)| *socket).collect();
        for socket in dead {
            self.server_socket_closed(socket);
        }
        for socket in self.server.sockets.keys().copied().collect::<Vec<_>>() {
            let ping = self.server.hub.as_mut().map(|hub| hub.ping_message(visavis_hub::ClientId(socket)));
            if let Some(ping) = ping {
                self.send_to_peer(socket, &ping);
            }
        }
    }

    /// The peer hangs up.
    pub(super) fn close_socket(&mut self, socket: SocketId) {
        let at = self.arrival_time(socket, true, "");
        self.schedule_at(at, Action::ServerSocketClosed(socket));
    }

    /// The connection breaks; both ends are told.
    pub(super) fn cut_socket(&mut self, peer: usize) {
        let Some(socket) = self.peers[peer].socket.filter(|_| self.peers[peer].socket_open) else { return };
        self.statistics.socket_losses += 1;
        let (here, there) = (self.random.between(0, 300), self.random.between(0, 300));
        self.schedule(here, Action::SocketEvent(peer, socket, SocketEvent::Closed));
        self.schedule(there, Action::ServerSocketClosed(socket));
    }

    /// The connection breaks; nobody is told.
    pub(super) fn stall_socket(&mut self, peer: usize) {
        self.statistics.socket_losses += u64::from(self.peers[peer].socket.is_some());
        self.server.stalled.extend(self.peers[peer].socket);
    }

    pub(super) fn server_stops(&mut self) {
        self.statistics.server_crashes += u64::from(self.server.is_up());
        self.server.hub = None;
        for (socket, (peer, _)) in std::mem::take(&mut self.server.sockets) {
            let delay = self.random.between(0, 100);
            self.schedule(delay, Action::SocketEvent(peer, socket, SocketEvent::Closed));
        }
    }

    pub(super) fn server_starts(&mut self) {
        if !self.server.is_up() {
            let now = Timestamp::from_millis(self.now);
            self.server.hub = Some(Hub::new(self.server.config.clone(), now));
        }
    }
}
