//! The world: peers, a server, a network, and one queue of things to come.

mod checks;
mod ice;
mod network;
mod peer;
mod script;

use std::collections::{BTreeMap, BTreeSet};

use visavis_core::signaling::{SessionDescription, Timestamp};
use visavis_core::{CaptureId, ConnectionEvent, ConnectionId, Effect, Input, Output, SocketEvent};

use self::network::{Server, SocketId};
use self::peer::Peer;
use self::script::Operation;
use crate::random::Random;

/// Virtual milliseconds between two looks at ICE.
const ICE_TICK: u64 = 250;
/// Virtual milliseconds that a world may take to come to rest after its last fault.
const REST_WITHIN: u64 = 150_000;
/// Virtual milliseconds that it must then stay at rest.
const REST_FOR: u64 = 15_000;
/// Steps after which a world is taken for a livelock.
const MAX_STEPS: u64 = 400_000;

/// What happened in many runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Offers that met an offer.
    pub glares: u64,
    /// ICE restarts.
    pub restarts: u64,
    /// Connections that took another's place.
    pub rebuilds: u64,
    /// Lost sockets after which the session went on.
    pub resumes: u64,
    /// Connections made.
    pub connections: u64,
    /// Inputs handled.
    pub steps: u64,
    /// Longest virtual time from the last fault to rest, in milliseconds.
    pub slowest_rest: u64,
}

impl Statistics {
    /// Adds another run to these.
    pub fn add(&mut self, other: &Self) {
        self.glares += other.glares;
        self.restarts += other.restarts;
        self.rebuilds += other.rebuilds;
        self.resumes += other.resumes;
        self.connections += other.connections;
        self.steps += other.steps;
        self.slowest_rest = self.slowest_rest.max(other.slowest_rest);
    }
}

/// The outcome of one run.
#[derive(Debug, Clone)]
pub struct Report {
    /// What went wrong, if anything did.
    pub violation: Option<String>,
    /// What happened, line by line, if a trace was asked for.
    pub trace: Vec<String>,
    /// How much happened.
    pub statistics: Statistics,
}

/// Something to come.
#[derive(Debug, Clone)]
enum Action {
    Operation(Operation),
    SocketReady(usize, SocketId),
    ToServer(SocketId, String),
    ToPeer(usize, SocketId, SocketEvent),
    ServerLosesSocket(SocketId),
    ServerStarts,
    Heartbeat,
    LocalDone(usize, ConnectionId),
    RemoteDone(usize, ConnectionId, SessionDescription),
    Connection(usize, ConnectionId, ConnectionEvent),
    CheckNegotiation(usize, ConnectionId),
    CaptureDone(usize, CaptureId, bool, bool),
    IceTick,
}

struct World {
    now: u64,
    queue: BTreeMap<(u64, u64), Action>,
    sequence: u64,
    random: Random,
    peers: Vec<Peer>,
    server: Server,
    /// Pairs of peers between which no media packet gets through.
    cut_paths: BTreeSet<(usize, usize)>,
    /// Candidates overtake descriptions, and come twice.
    chaos: bool,
    /// When the last fault or wish of the script is due.
    script_end: u64,
    violation: Option<String>,
    trace: Option<Vec<String>>,
    statistics: Statistics,
}

/// Runs one world, decided by its seed, to the end.
pub fn run(seed: u64, trace: bool) -> Report {
    let mut world = World::new(seed, trace);
    world.write_script();
    world.run();
    Report {
        violation: world.violation.map(|what| format!("at {} ms: {what}", world.now)),
        trace: world.trace.unwrap_or_default(),
        statistics: world.statistics,
    }
}

impl World {
    fn new(seed: u64, trace: bool) -> Self {
        let mut random = Random::new(seed);
        let chaos = random.chance(50);
        Self {
            now: 0,
            queue: BTreeMap::new(),
            sequence: 0,
            random,
            peers: Vec::new(),
            server: Server::new(chaos),
            cut_paths: BTreeSet::new(),
            chaos,
            script_end: 0,
            violation: None,
            trace: trace.then(Vec::new),
            statistics: Statistics::default(),
        }
    }

    fn run(&mut self) {
        self.schedule(ICE_TICK, Action::IceTick);
        self.schedule(10_000, Action::Heartbeat);
        let mut rest_since = None;
        while self.violation.is_none() && rest_since.is_none_or(|since| self.now < since + REST_FOR) {
            self.step();
            if self.now >= self.script_end {
                rest_since = self.is_at_rest().then(|| rest_since.unwrap_or(self.now));
            }
            if rest_since.is_none() && self.now > self.script_end + REST_WITHIN {
                let why = self.unrest().unwrap_or_default();
                self.violate(format!("no rest within {REST_WITHIN} ms of the last fault: {why}"));
            }
        }
        let rested = rest_since.unwrap_or(self.now).saturating_sub(self.script_end);
        self.statistics.slowest_rest = rested;
    }

    /// The next thing happens: an action from the queue, or a peer's timer.
    fn step(&mut self) {
        self.statistics.steps += 1;
        if self.statistics.steps > MAX_STEPS {
            return self.violate("livelock".to_owned());
        }
        let timer = self.next_timer();
        let action = self.queue.first_key_value().map(|((at, _), _)| *at);
        match (timer, action) {
            (Some((at, peer)), action) if action.is_none_or(|action| at <= action) => {
                self.now = self.now.max(at);
                self.input(peer, Input::Timeout);
            }
            (_, Some(at)) => {
                self.now = at;
                if let Some((_, action)) = self.queue.pop_first() {
                    self.act(action);
                }
            }
            (_, None) => self.violate("nothing left to do".to_owned()),
        }
    }

    fn next_timer(&self) -> Option<(u64, usize)> {
        let timers = self.peers.iter().enumerate().filter(|(_, peer)| peer.alive);
        timers.filter_map(|(index, peer)| Some((peer.room.poll_timeout()?.as_millis(), index))).min()
    }

    fn act(&mut self, action: Action) {
        self.note(|| format!("{action:?}").chars().take(160).collect());
        match action {
            Action::Operation(operation) => self.operate(operation),
            Action::SocketReady(peer, socket) => self.socket_ready(peer, socket),
            Action::ToServer(socket, frame) => self.server_hears(socket, &frame),
            Action::ToPeer(peer, socket, event) => self.peer_hears(peer, socket, event),
            Action::ServerLosesSocket(socket) => self.server_loses(socket),
            Action::ServerStarts => self.server_starts(),
            Action::Heartbeat => self.heartbeat(),
            Action::LocalDone(peer, connection) => self.local_done(peer, connection),
            Action::RemoteDone(peer, connection, description) => {
                self.remote_done(peer, connection, &description);
            }
            Action::Connection(peer, connection, event) => self.connection_event(peer, connection, event),
            Action::CheckNegotiation(peer, connection) => self.check_negotiation(peer, connection),
            Action::CaptureDone(peer, capture, microphone, camera) => {
                self.capture_done(peer, capture, microphone, camera);
            }
            Action::IceTick => self.ice_tick(),
        }
    }

    fn schedule(&mut self, after: u64, action: Action) {
        self.schedule_at(self.now + after, action);
    }

    fn schedule_at(&mut self, at: u64, action: Action) {
        self.sequence += 1;
        self.queue.insert((at, self.sequence), action);
    }

    /// One input for a peer's room, and everything that follows from it.
    fn input(&mut self, peer: usize, input: Input) {
        if !self.peers[peer].alive {
            return;
        }
        let now = Timestamp::from_millis(self.now);
        self.peers[peer].room.handle(now, input);
        let mut outputs = 0;
        let (mut closed, mut created) = (0, 0);
        while let Some(output) = self.peers[peer].room.poll_output() {
            outputs += 1;
            closed += u64::from(matches!(output, Output::Effect(Effect::CloseConnection(_))));
            created += u64::from(matches!(output, Output::Effect(Effect::CreateConnection(..))));
            self.note(|| format!("  p{peer} {output:?}").chars().take(160).collect());
            self.output(peer, output);
            if outputs > 2000 {
                return self.violate(format!("peer {peer} does not stop talking"));
            }
        }
        self.statistics.rebuilds += created.min(closed);
        self.check_peer(peer);
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>7} {}", self.now, line()));
        }
    }

    fn violate(&mut self, what: String) {
        self.note(|| format!("VIOLATION {what}"));
        self.violation.get_or_insert(what);
    }

    fn illegal(&mut self, peer: usize, effect: &Effect, why: &str) {
        self.violate(format!("peer {peer}: illegal {effect:?}: {why}").chars().take(300).collect());
    }
}
