//! The world: peers, a server, a network, and one queue of things to come.

mod browser;
mod channels;
mod checks;
mod ice;
mod network;
mod operate;
mod page;
mod script;
mod shrink;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use visavis_app::report;
use visavis_core::signaling::Timestamp;
use visavis_core::{
    CaptureId, ConnectionEffect, ConnectionEvent, ConnectionId, Effect, Input, Output, SocketEvent, Source,
    TestId,
};

use self::network::{Server, SocketId};
use self::page::Peer;
use self::script::Operation;
pub use self::script::Script;
use crate::browser::Pending;
use crate::random::Random;

/// Virtual milliseconds between two looks at ICE.
const ICE_TICK: u64 = 250;
/// Virtual milliseconds that a world may take to come to rest after its last fault.
const REST_WITHIN: u64 = 150_000;
/// Virtual milliseconds that it must then stay at rest.
const REST_FOR: u64 = 15_000;
/// Steps after which a world is taken for a livelock.
const MAX_STEPS: u64 = 1_000_000;
/// Timers of one room in a row, at one moment, after which it is taken for a livelock.
const MAX_TIMERS: u32 = 50;

/// What happened in many runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Offers that met an offer.
    pub glares: u64,
    /// ICE restarts.
    pub restarts: u64,
    /// Connections that took another's place.
    pub rebuilds: u64,
    /// Connections that failed in silence.
    pub wedges: u64,
    /// Sockets that broke.
    pub socket_losses: u64,
    /// Servers that died and forgot everything.
    pub server_crashes: u64,
    /// Pages that died without a word.
    pub page_crashes: u64,
    /// Lost sockets after which the session went on.
    pub resumes: u64,
    /// Connections made.
    pub connections: u64,
    /// Inputs handled.
    pub inputs: u64,
    /// Longest virtual time from the last fault to rest, in milliseconds.
    pub slowest_rest: u64,
}

impl AddAssign for Statistics {
    fn add_assign(&mut self, other: Self) {
        self.glares += other.glares;
        self.restarts += other.restarts;
        self.rebuilds += other.rebuilds;
        self.wedges += other.wedges;
        self.socket_losses += other.socket_losses;
        self.server_crashes += other.server_crashes;
        self.page_crashes += other.page_crashes;
        self.resumes += other.resumes;
        self.connections += other.connections;
        self.inputs += other.inputs;
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
    /// What the flight recorders of all pages say, if they were asked for.
    pub reports: Vec<String>,
}

/// Something to come.
#[derive(Debug, Clone)]
enum Action {
    Operation(Operation),
    HealPath(usize, usize),
    Thaw(usize),
    Heal,
    SocketReady(usize, SocketId),
    ToServer(SocketId, String),
    ToPeer(usize, SocketId, SocketEvent),
    ServerLosesSocket(SocketId),
    ServerStarts,
    Heartbeat,
    Pending(usize, ConnectionId, Pending),
    Connection(usize, ConnectionId, ConnectionEvent),
    CaptureDone(usize, CaptureId, Vec<Source>),
    Tested(usize, TestId),
    IceTick,
}

impl Action {
    /// Whose page it happens in: it waits while that sleeps.
    fn page(&self) -> Option<usize> {
        match self {
            Self::SocketReady(peer, _)
            | Self::ToPeer(peer, ..)
            | Self::Pending(peer, ..)
            | Self::Connection(peer, ..)
            | Self::CaptureDone(peer, ..)
            | Self::Tested(peer, _)
            | Self::Operation(
                Operation::Join(peer)
                | Operation::Check(peer)
                | Operation::Leave(peer)
                | Operation::Toggle(peer, ..)
                | Operation::Unplug(peer, ..)
                | Operation::Online(peer)
                | Operation::NetworkChanged(peer),
            ) => Some(*peer),
            Self::Operation(
                Operation::Crash(..)
                | Operation::CutSocket(_)
                | Operation::SilenceSocket(_)
                | Operation::StopServer(_)
                | Operation::CutPath(..)
                | Operation::Isolate(..)
                | Operation::Wedge(..)
                | Operation::Glare(_)
                | Operation::Freeze(..)
                | Operation::Hide(..)
                | Operation::Refuse(_)
                | Operation::RefuseConnection(_),
            )
            | Self::HealPath(..)
            | Self::Thaw(_)
            | Self::Heal
            | Self::ToServer(..)
            | Self::ServerLosesSocket(_)
            | Self::ServerStarts
            | Self::Heartbeat
            | Self::IceTick => None,
        }
    }
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
    /// When the last fault ends.
    healed_at: u64,
    timers_in_a_row: u32,
    violation: Option<String>,
    trace: Option<Vec<String>>,
    statistics: Statistics,
}

impl World {
    fn new(script: &Script, trace: bool) -> Self {
        let mut world = Self {
            now: 0,
            queue: BTreeMap::new(),
            sequence: 0,
            random: Random::new(!script.seed),
            peers: Vec::new(),
            server: Server::new(script.chaos),
            cut_paths: BTreeSet::new(),
            chaos: script.chaos,
            healed_at: script.heals_at(),
            timers_in_a_row: 0,
            violation: None,
            trace: trace.then(Vec::new),
            statistics: Statistics::default(),
        };
        for person in &script.people {
            world.add_peer(*person);
        }
        for (at, operation) in &script.steps {
            world.schedule_at(*at, Action::Operation(*operation));
        }
        world.schedule_at(world.healed_at, Action::Heal);
        world
    }

    fn run(mut self) -> Report {
        self.schedule(ICE_TICK, Action::IceTick);
        self.schedule(10_000, Action::Heartbeat);
        let mut rest_since = None;
        while self.violation.is_none() && rest_since.is_none_or(|since| self.now < since + REST_FOR) {
            let before = self.now;
            self.step();
            // Looked at now and then: it takes as long as a hundred steps.
            if self.now > self.healed_at && self.now / ICE_TICK != before / ICE_TICK {
                rest_since = self.rest(rest_since);
            }
        }
        self.statistics.slowest_rest = rest_since.unwrap_or(self.now).saturating_sub(self.healed_at);
        Report {
            violation: self.violation.map(|what| format!("at {} ms: {what}", self.now)),
            trace: self.trace.unwrap_or_default(),
            statistics: self.statistics,
            reports: self
                .peers
                .iter()
                .filter_map(|page| page.recorder.as_ref())
                .map(report::redact)
                .collect(),
        }
    }

    /// Since when everything is as it should be.
    fn rest(&mut self, since: Option<u64>) -> Option<u64> {
        let why = self.unrest();
        if let Some(why) = why.as_ref().filter(|_| self.now > self.healed_at + REST_WITHIN) {
            self.violate(format!("no rest within {REST_WITHIN} ms of the last fault: {why}"));
        }
        why.is_none().then(|| since.unwrap_or(self.now))
    }

    /// The next thing happens: an action from the queue, or a peer's timer.
    fn step(&mut self) {
        self.statistics.inputs += 1;
        if self.statistics.inputs > MAX_STEPS {
            return self.violate("livelock".to_owned());
        }
        let timer = self.next_timer();
        let action = self.queue.first_key_value().map(|((at, _), _)| *at);
        match (timer, action) {
            (Some((at, peer)), action) if action.is_none_or(|action| at <= action) => {
                self.timers_in_a_row = if at > self.now { 0 } else { self.timers_in_a_row + 1 };
                self.now = self.now.max(at);
                self.input(peer, Input::Timeout);
                if self.timers_in_a_row > MAX_TIMERS {
                    self.violate(format!("the timer of peer {peer} does not stop"));
                }
            }
            (_, Some(at)) => {
                self.now = at;
                self.timers_in_a_row = 0;
                if let Some((_, action)) = self.queue.pop_first() {
                    self.act_or_wait(action);
                }
            }
            (_, None) => self.violate("nothing left to do".to_owned()),
        }
    }

    fn next_timer(&self) -> Option<(u64, usize)> {
        let timers = self.peers.iter().enumerate();
        timers.filter_map(|(index, peer)| Some((peer.timer()?, index))).min()
    }

    /// A page that sleeps hears of everything when it wakes up.
    fn act_or_wait(&mut self, action: Action) {
        let page = action.page().and_then(|peer| self.peers.get_mut(peer));
        match page.filter(|page| page.is_frozen()) {
            Some(page) => page.missed.push(action),
            None => self.act(action),
        }
    }

    fn act(&mut self, action: Action) {
        self.note(|| format!("{action:?}").chars().take(160).collect());
        match action {
            Action::Operation(operation) => self.operate(operation),
            Action::HealPath(a, b) => {
                self.cut_paths.remove(&(a, b));
            }
            Action::Thaw(peer) => self.thaw(peer),
            Action::Heal => self.heal(),
            Action::Tested(peer, test) => self.tested(peer, test),
            Action::SocketReady(peer, socket) => self.socket_ready(peer, socket),
            Action::ToServer(socket, frame) => self.server_hears(socket, &frame),
            Action::ToPeer(peer, socket, event) => self.peer_hears(peer, socket, event),
            Action::ServerLosesSocket(socket) => self.server_loses(socket),
            Action::ServerStarts => self.server_starts(),
            Action::Heartbeat => self.heartbeat(),
            Action::Pending(peer, connection, pending) => self.finish(peer, connection, &pending),
            Action::Connection(peer, connection, event) => self.connection_event(peer, connection, event),
            Action::CaptureDone(peer, capture, sources) => self.capture_done(peer, capture, &sources),
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
        // Two inputs in five: most of them change nothing, and then there is nothing to check.
        let is_look = matches!(input, Input::Connection(_, ConnectionEvent::Stats(_)));
        let page = &mut self.peers[peer];
        page.recorder.iter_mut().for_each(|recorder| recorder.input(now, &input));
        page.room.handle(now, input);
        let (mut outputs, mut told) = (0, Vec::new());
        let (mut closed, mut created) = (0, 0);
        while let Some(output) = self.peers[peer].room.poll_output() {
            outputs += 1;
            closed +=
                u64::from(matches!(output, Output::Effect(Effect::Connection(_, ConnectionEffect::Close))));
            created += u64::from(matches!(
                output,
                Output::Effect(Effect::Connection(_, ConnectionEffect::Create(..)))
            ));
            self.note(|| format!("  p{peer} {output:?}").chars().take(160).collect());
            if self.peers[peer].recorder.is_some() {
                told.push(output.clone());
            }
            self.output(peer, output);
            if outputs > 2000 {
                return self.violate(format!("peer {peer} does not stop talking"));
            }
        }
        self.peers[peer].recorder.iter_mut().for_each(|recorder| recorder.outputs(&told));
        self.statistics.rebuilds += created.min(closed);
        self.peers[peer].next_timer = self.peers[peer].room.poll_timeout().map(Timestamp::as_millis);
        if outputs > 0 || !is_look {
            self.check_peer(peer);
        }
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
