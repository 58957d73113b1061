//! The world: peers, a server, a network, and one queue of things to come.

mod browser;
mod channels;
mod ice;
mod invariants;
mod network;
mod operate;
mod page;
mod script;
mod shrink;

use std::collections::BTreeSet;
use std::ops::AddAssign;

use visavis_app::report;
use visavis_core::signaling::Timestamp;
use visavis_core::{
    CaptureId, ConnectionEffect, ConnectionEvent, ConnectionId, Effect, Event, Input, InteractionEvent,
    Output, SocketEvent, Source, TestId,
};

pub(crate) use self::invariants::{has_raised, is_delivered, written};
use self::network::{Server, SocketId};
use self::page::Peer;
use self::script::Operation;
pub use self::script::Script;
use crate::browser::Pending;
use crate::event_queue::EventQueue;
use crate::random::Random;
use crate::run_log::RunLog;

/// Virtual milliseconds between two updates of ICE.
const ICE_TICK: u64 = 250;
/// Virtual milliseconds from the last fault within which every view must match the model.
const CONVERGES_WITHIN: u64 = 150_000;
/// Virtual milliseconds for which they must then keep matching.
const STAYS_CONVERGED_FOR: u64 = 15_000;
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
    /// Connections that were made to fail while their browser calls them connected.
    pub silent_failures: u64,
    /// Sockets that broke.
    pub socket_losses: u64,
    /// Servers that died and forgot everything.
    pub server_crashes: u64,
    /// Pages that died without a word.
    pub page_crashes: u64,
    /// Lost sockets after which the session went on.
    pub resumes: u64,
    /// Newcomers' offers that the server exchanged for a deposited one.
    pub exchanges: u64,
    /// How often somebody was told that somebody else has written something.
    pub chat_messages: u64,
    /// Offers that went to a server that forwards with the request to join, and that it answered.
    pub early_offers: u64,
    /// Connections made.
    pub connections: u64,
    /// Inputs handled.
    pub inputs: u64,
    /// Longest virtual time from the last fault until every view matched the model, in milliseconds.
    pub slowest_convergence: u64,
}

impl AddAssign for Statistics {
    fn add_assign(&mut self, other: Self) {
        self.glares += other.glares;
        self.restarts += other.restarts;
        self.rebuilds += other.rebuilds;
        self.silent_failures += other.silent_failures;
        self.socket_losses += other.socket_losses;
        self.server_crashes += other.server_crashes;
        self.page_crashes += other.page_crashes;
        self.resumes += other.resumes;
        self.exchanges += other.exchanges;
        self.chat_messages += other.chat_messages;
        self.early_offers += other.early_offers;
        self.connections += other.connections;
        self.inputs += other.inputs;
        self.slowest_convergence = self.slowest_convergence.max(other.slowest_convergence);
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
    RestorePath(usize, usize),
    Unfreeze(usize),
    EndFaults,
    SocketReady(usize, SocketId),
    FrameToServer(SocketId, String),
    SocketEvent(usize, SocketId, SocketEvent),
    ServerSocketClosed(SocketId),
    ServerStarts,
    Heartbeat,
    Pending(usize, ConnectionId, Pending),
    Connection(usize, ConnectionId, ConnectionEvent),
    CaptureDone(usize, CaptureId, Vec<Source>),
    Enumerated(usize),
    InteractionsLoaded(usize),
    TestDone(usize, TestId),
    IceTick,
}

impl Action {
    /// Whose page it happens in: it waits while that sleeps.
    fn page(&self) -> Option<usize> {
        match self {
            Self::SocketReady(peer, _)
            | Self::SocketEvent(peer, ..)
            | Self::Pending(peer, ..)
            | Self::Connection(peer, ..)
            | Self::CaptureDone(peer, ..)
            | Self::Enumerated(peer)
            | Self::InteractionsLoaded(peer)
            | Self::TestDone(peer, _)
            | Self::Operation(
                Operation::EnterLobby(peer)
                | Operation::Join(peer)
                | Operation::Preflight(peer)
                | Operation::Leave(peer)
                | Operation::SetSource(peer, ..)
                | Operation::Chat(peer, _)
                | Operation::RaiseHand(peer, _)
                | Operation::React(peer)
                | Operation::Unplug(peer, ..)
                | Operation::SelectDevices(peer, _)
                | Operation::Online(peer)
                | Operation::NetworkChanged(peer),
            ) => Some(*peer),
            Self::Operation(
                Operation::Crash(..)
                | Operation::CutSocket(_)
                | Operation::StallSocket(_)
                | Operation::StopServer(_)
                | Operation::CutPath(..)
                | Operation::Isolate(..)
                | Operation::FailSilently(..)
                | Operation::Glare(_)
                | Operation::Freeze(..)
                | Operation::Hide(..)
                | Operation::RefuseDescription(_)
                | Operation::RefuseConnection(_),
            )
            | Self::RestorePath(..)
            | Self::Unfreeze(_)
            | Self::EndFaults
            | Self::FrameToServer(..)
            | Self::ServerSocketClosed(_)
            | Self::ServerStarts
            | Self::Heartbeat
            | Self::IceTick => None,
        }
    }
}

/// Whether somebody is told that somebody else has written something.
pub(crate) fn is_chat(output: &Output) -> bool {
    matches!(output, Output::Event(Event::Interaction(InteractionEvent::ChatReceived(_))))
}

struct World {
    now: u64,
    queue: EventQueue<Action>,
    random: Random,
    peers: Vec<Peer>,
    server: Server,
    /// Pairs of peers between which no media packet gets through.
    cut_paths: BTreeSet<(usize, usize)>,
    /// Candidates overtake descriptions, and come twice.
    reorders_candidates: bool,
    /// When the last fault ends.
    faults_end_at: u64,
    timers_in_a_row: u32,
    log: RunLog,
    statistics: Statistics,
}

impl World {
    fn new(script: &Script, trace: bool) -> Self {
        let mut world = Self {
            now: 0,
            queue: EventQueue::default(),
            random: Random::new(!script.seed),
            peers: Vec::new(),
            server: Server::new(script.reorders_candidates),
            cut_paths: BTreeSet::new(),
            reorders_candidates: script.reorders_candidates,
            faults_end_at: script.faults_end_at(),
            timers_in_a_row: 0,
            log: RunLog::new(trace),
            statistics: Statistics::default(),
        };
        for person in &script.people {
            world.add_peer(*person);
        }
        for (at, operation) in &script.steps {
            world.schedule_at(*at, Action::Operation(*operation));
        }
        world.schedule_at(world.faults_end_at, Action::EndFaults);
        world
    }

    fn run(mut self) -> Report {
        self.schedule(ICE_TICK, Action::IceTick);
        self.schedule(10_000, Action::Heartbeat);
        let mut converged_since = None;
        while self.log.violation.is_none()
            && converged_since.is_none_or(|since| self.now < since + STAYS_CONVERGED_FOR)
        {
            let before = self.now;
            self.step();
            // Looked at now and then: it takes as long as a hundred steps.
            if self.now > self.faults_end_at && self.now / ICE_TICK != before / ICE_TICK {
                converged_since = self.converged_since(converged_since);
            }
        }
        self.statistics.slowest_convergence =
            converged_since.unwrap_or(self.now).saturating_sub(self.faults_end_at);
        Report {
            violation: self.log.violation.map(|what| format!("at {} ms: {what}", self.now)),
            trace: self.log.trace.unwrap_or_default(),
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
    fn converged_since(&mut self, since: Option<u64>) -> Option<u64> {
        let why = self.divergence();
        if let Some(why) = why.as_ref().filter(|_| self.now > self.faults_end_at + CONVERGES_WITHIN) {
            self.report_violation(format!(
                "not converged within {CONVERGES_WITHIN} ms of the last fault: {why}"
            ));
        }
        why.is_none().then(|| since.unwrap_or(self.now))
    }

    /// The next thing happens: an action from the queue, or a peer's timer.
    fn step(&mut self) {
        self.statistics.inputs += 1;
        if self.statistics.inputs > MAX_STEPS {
            return self.report_violation("livelock".to_owned());
        }
        let timer = self.next_timer();
        let action = self.queue.next_at();
        match (timer, action) {
            (Some((at, peer)), action) if action.is_none_or(|action| at <= action) => {
                self.timers_in_a_row = if at > self.now { 0 } else { self.timers_in_a_row + 1 };
                self.now = self.now.max(at);
                self.input(peer, Input::Timeout);
                if self.timers_in_a_row > MAX_TIMERS {
                    self.report_violation(format!("the timer of peer {peer} does not stop"));
                }
            }
            (_, Some(at)) => {
                self.now = at;
                self.timers_in_a_row = 0;
                if let Some((_, action)) = self.queue.pop() {
                    self.dispatch_or_defer(action);
                }
            }
            (_, None) => self.report_violation("nothing left to do".to_owned()),
        }
    }

    fn next_timer(&self) -> Option<(u64, usize)> {
        let timers = self.peers.iter().enumerate();
        timers.filter_map(|(index, peer)| Some((peer.timer()?, index))).min()
    }

    /// A page that sleeps hears of everything when it wakes up.
    fn dispatch_or_defer(&mut self, action: Action) {
        let page = action.page().and_then(|peer| self.peers.get_mut(peer));
        match page.filter(|page| page.is_frozen()) {
            Some(page) => page.deferred.push(action),
            None => self.dispatch(action),
        }
    }

    fn dispatch(&mut self, action: Action) {
        self.trace_line(|| format!("{action:?}").chars().take(160).collect());
        match action {
            Action::Operation(operation) => self.operate(operation),
            Action::RestorePath(a, b) => {
                self.cut_paths.remove(&(a, b));
            }
            Action::Unfreeze(peer) => self.unfreeze(peer),
            Action::EndFaults => self.end_faults(),
            Action::TestDone(peer, test) => self.test_done(peer, test),
            Action::SocketReady(peer, socket) => self.socket_ready(peer, socket),
            Action::FrameToServer(socket, frame) => self.server_receives(socket, &frame),
            Action::SocketEvent(peer, socket, event) => self.socket_event(peer, socket, event),
            Action::ServerSocketClosed(socket) => self.server_socket_closed(socket),
            Action::ServerStarts => self.server_starts(),
            Action::Heartbeat => self.heartbeat(),
            Action::Pending(peer, connection, pending) => self.finish(peer, connection, &pending),
            Action::Connection(peer, connection, event) => self.connection_event(peer, connection, event),
            Action::CaptureDone(peer, capture, sources) => self.capture_done(peer, capture, &sources),
            Action::Enumerated(peer) => self.enumerated(peer),
            Action::InteractionsLoaded(peer) => self.input(peer, Input::InteractionsLoaded),
            Action::IceTick => self.ice_tick(),
        }
    }

    fn schedule(&mut self, after: u64, action: Action) {
        self.schedule_at(self.now + after, action);
    }

    fn schedule_at(&mut self, at: u64, action: Action) {
        self.queue.schedule(at, action);
    }

    /// One input for a peer's room, and everything that follows from it.
    fn input(&mut self, peer: usize, input: Input) {
        if !self.peers[peer].alive {
            return;
        }
        let now = Timestamp::from_millis(self.now);
        // Two inputs in five: most of them change nothing, and then there is nothing to check.
        let is_stats = matches!(input, Input::Connection(_, ConnectionEvent::Stats(_)));
        let page = &mut self.peers[peer];
        page.recorder.iter_mut().for_each(|recorder| recorder.input(now, &input));
        page.room.handle(now, input);
        let (mut outputs, mut recorded) = (0, Vec::new());
        let (mut closed, mut created) = (0, 0);
        while let Some(output) = self.peers[peer].room.poll_output() {
            outputs += 1;
            closed +=
                u64::from(matches!(output, Output::Effect(Effect::Connection(_, ConnectionEffect::Close))));
            created += u64::from(matches!(
                output,
                Output::Effect(Effect::Connection(_, ConnectionEffect::Create(..)))
            ));
            self.statistics.chat_messages += u64::from(is_chat(&output));
            self.trace_line(|| format!("  p{peer} {output:?}").chars().take(160).collect());
            if self.peers[peer].recorder.is_some() {
                recorded.push(output.clone());
            }
            self.output(peer, output);
            if outputs > 2000 {
                return self.report_violation(format!("peer {peer} does not stop talking"));
            }
        }
        self.peers[peer].recorder.iter_mut().for_each(|recorder| recorder.outputs(&recorded));
        self.statistics.rebuilds += created.min(closed);
        self.peers[peer].next_timer = self.peers[peer].room.poll_timeout().map(Timestamp::as_millis);
        if outputs > 0 || !is_stats {
            self.verify_invariants(peer);
        }
    }

    fn trace_line(&mut self, line: impl FnOnce() -> String) {
        self.log.trace_line(self.now, line);
    }

    fn report_violation(&mut self, what: String) {
        self.log.report_violation(self.now, what);
    }

    fn report_illegal_effect(&mut self, peer: usize, effect: &Effect, why: &str) {
        self.report_violation(format!("peer {peer}: illegal {effect:?}: {why}").chars().take(300).collect());
    }
}
