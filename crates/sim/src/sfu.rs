//! Rooms on a selective forwarding unit: pages, a fake server, and one queue of things to come.

mod channels;
mod dialect;
mod ice;
mod invariants;
mod network;
mod script;
mod server;
mod session;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use visavis_core::signaling::{MediaState, Source, Timestamp};
use visavis_core::{
    CaptureId, Command, ConnectionEvent, ConnectionId, Effect, Finding, Input, Output, PreflightEffect, Room,
    RoomConfig, SocketEffect, SocketEvent, TestId, TrackId, TrackSettings,
};

use self::dialect::{Messages, SharedDialect};
use self::ice::Path;
use self::script::{Operation, Script};
use self::server::Server;
use crate::Report;
use crate::browser::{FakeBrowser, MediaRequest, Pending};
use crate::event_queue::EventQueue;
use crate::random::Random;
use crate::run_log::RunLog;
use crate::world::{Statistics, is_chat};

/// Virtual milliseconds between two looks at ICE.
const ICE_TICK: u64 = 250;
/// Virtual milliseconds between two messages of the server that only say that it is there.
const HEARTBEAT: u64 = 5_000;
/// Virtual milliseconds that a room may take to come to rest after its last fault, and that it must stay so.
const CONVERGES_WITHIN: u64 = 120_000;
const CONVERGED_FOR: u64 = 10_000;
/// Steps after which a world is taken for a livelock.
const MAX_STEPS: u64 = 1_000_000;

/// Something to come.
#[derive(Debug)]
enum Action {
    Operation(Operation),
    RestorePath(usize),
    ForwardPictures(usize),
    Heartbeat,
    SocketReady(usize, u32),
    ToServer(usize, u32),
    ToPage(usize, u32),
    /// The server has waited long enough for somebody who has joined so many times.
    GivenUp(usize, u32),
    CaptureDone(usize, CaptureId, Vec<Source>),
    Tested(usize, TestId),
    InteractionsLoaded(usize),
    Pending(usize, ConnectionId, Pending),
    Connection(usize, ConnectionId, ConnectionEvent),
    IceTick,
}

/// Somebody's page, and what is on its way to and from it.
struct Page {
    room: Room,
    browser: FakeBrowser<Path>,
    /// Whose tracks it has: on which connection, in which section.
    tracks: BTreeMap<TrackId, (ConnectionId, String)>,
    alive: bool,
    socket: Option<u32>,
    /// It has joined on this socket: what the server says before waits.
    has_joined: bool,
    /// How often it has.
    joins: u32,
    to_server: VecDeque<String>,
    to_page: VecDeque<String>,
    /// The number of the frame that brought the last message of somebody else.
    last_message: Option<usize>,
    /// In what size it shows the cameras of the others.
    shown: BTreeMap<usize, TrackSettings>,
    /// What the others have said by message that they send.
    told: BTreeMap<usize, MediaState>,
    /// When the last of each arrives: nothing overtakes.
    arrives: [u64; 2],
    /// The server has forgotten it, or will have when it comes back.
    forgotten: bool,
    path_cut: bool,
    /// The server forwards no picture to it.
    pictures_held_back: bool,
    refuses_next_description: bool,
    /// When its room last had an input.
    touched: u64,
}

struct World {
    now: u64,
    queue: EventQueue<Action>,
    random: Random,
    messages: Rc<RefCell<Messages>>,
    server: Server,
    pages: Vec<Page>,
    sockets: u32,
    faults_end_at: u64,
    /// Nothing breaks, so there is nothing to repair.
    harmless: bool,
    log: RunLog,
    statistics: Statistics,
}

/// A room of 2 to 12 on a selective forwarding unit, decided by its seed.
pub fn run(seed: u64, trace: bool) -> Report {
    World::new(seed, trace).run()
}

impl World {
    fn new(seed: u64, trace: bool) -> Self {
        let mut random = Random::new(seed);
        let script = Script::from_random(&mut random);
        let server = Server::new(script.shape, Random::new(random.next_u64()));
        let mut world = Self {
            now: 0,
            queue: EventQueue::default(),
            random,
            messages: Rc::default(),
            server,
            pages: Vec::new(),
            sockets: 0,
            faults_end_at: script.faults_end_at(),
            harmless: script.is_harmless(),
            log: RunLog::new(trace),
            statistics: Statistics::default(),
        };
        world.trace_line(|| format!("{:?}, {} people", script.shape, script.people));
        (0..script.people).for_each(|_| world.add_page());
        for (at, operation) in script.steps {
            world.schedule(at, Action::Operation(operation));
        }
        world.schedule(ICE_TICK, Action::IceTick);
        world.schedule(HEARTBEAT, Action::Heartbeat);
        world
    }

    fn add_page(&mut self) {
        let first = self.server.first_connection();
        let channels = self.server.has_data_channels;
        let dialect = SharedDialect::new(Rc::clone(&self.messages), first, channels);
        let config = RoomConfig {
            microphone: true,
            camera: true,
            prepare_connection: first.is_some(),
            seed: self.random.next_u64(),
            ..RoomConfig::default()
        };
        let page = self.pages.len();
        self.pages.push(Page {
            room: Room::new(config, Box::new(dialect)),
            browser: FakeBrowser::new(format!("p{page}")),
            tracks: BTreeMap::new(),
            alive: true,
            socket: None,
            has_joined: false,
            joins: 0,
            to_server: VecDeque::new(),
            to_page: VecDeque::new(),
            last_message: None,
            shown: BTreeMap::new(),
            told: BTreeMap::new(),
            arrives: [0; 2],
            forgotten: false,
            path_cut: false,
            pictures_held_back: false,
            refuses_next_description: false,
            touched: 0,
        });
        self.input(page, Input::Command(Command::EnterLobby));
    }

    fn run(mut self) -> Report {
        let mut converged_since = None;
        while self.log.violation.is_none()
            && converged_since.is_none_or(|since| self.now < since + CONVERGED_FOR)
        {
            let before = self.now;
            self.step();
            if self.now > self.faults_end_at && self.now / ICE_TICK != before / ICE_TICK {
                let why = self.divergence();
                if let Some(why) = why.as_ref().filter(|_| self.now > self.faults_end_at + CONVERGES_WITHIN) {
                    self.report_violation(format!(
                        "no rest within {CONVERGES_WITHIN} ms of the last fault: {why}"
                    ));
                }
                converged_since = why.is_none().then(|| converged_since.unwrap_or(self.now));
            }
        }
        self.statistics.slowest_convergence =
            converged_since.unwrap_or(self.now).saturating_sub(self.faults_end_at);
        Report {
            violation: self.log.violation.map(|what| format!("at {} ms: {what}", self.now)),
            trace: self.log.trace.unwrap_or_default(),
            statistics: self.statistics,
            reports: Vec::new(),
        }
    }

    /// The next thing happens: an action from the queue, or the timer of a room.
    fn step(&mut self) {
        self.statistics.inputs += 1;
        if self.statistics.inputs > MAX_STEPS {
            return self.report_violation("livelock".to_owned());
        }
        let timers = self.pages.iter().enumerate().filter(|(_, page)| page.alive);
        let timer = timers
            .filter_map(|(index, page)| {
                Some((page.room.poll_timeout()?.as_millis().max(page.touched), index))
            })
            .min();
        let action = self.queue.next_at();
        match (timer, action) {
            (Some((at, page)), action) if action.is_none_or(|action| at < action) => {
                self.now = self.now.max(at);
                self.input(page, Input::Timeout);
            }
            _ => {
                if let Some((at, action)) = self.queue.pop() {
                    self.now = at;
                    self.trace_line(|| format!("{action:?}").chars().take(200).collect());
                    self.act(action);
                }
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Operation(operation) => self.operate(operation),
            Action::RestorePath(page) => self.pages[page].path_cut = false,
            Action::ForwardPictures(page) => self.pages[page].pictures_held_back = false,
            Action::Heartbeat => self.heartbeat(),
            Action::SocketReady(page, socket) => {
                if self.pages[page].socket == Some(socket) {
                    self.input(page, Input::Socket(SocketEvent::Opened));
                }
            }
            Action::ToServer(page, socket) => {
                if self.pages[page].socket == Some(socket) {
                    // What the last socket has not brought any more comes with the first of the next.
                    let waits =
                        if self.pages[page].has_joined { 1 } else { self.pages[page].to_server.len() };
                    for _ in 0..waits {
                        let frame = self.pages[page].to_server.pop_front();
                        frame.into_iter().for_each(|frame| self.on_frame(page, &frame));
                    }
                }
            }
            Action::ToPage(page, socket) => {
                if self.pages[page].socket == Some(socket)
                    && let Some(frame) = self.pages[page].to_page.pop_front()
                {
                    self.on_page_frame(page, frame);
                }
            }
            Action::GivenUp(page, joins) => {
                if self.pages[page].joins == joins {
                    self.pages[page].forgotten = true;
                    self.server.leave(page);
                    self.flush_server();
                }
            }
            Action::CaptureDone(page, capture, sources) => {
                let captured = self.pages[page].browser.captured(capture, &sources);
                self.input(page, Input::Media(captured));
            }
            Action::Tested(page, test) => self.input(page, Input::Preflight(test, Finding::Good)),
            Action::InteractionsLoaded(page) => self.input(page, Input::InteractionsLoaded),
            Action::Pending(page, id, pending) => self.finish(page, id, &pending),
            Action::Connection(page, id, event) => self.connection_event(page, id, event),
            Action::IceTick => self.ice_tick(),
        }
    }

    fn schedule(&mut self, at: u64, action: Action) {
        self.queue.schedule(at, action);
    }

    fn soon(&mut self, low: u64, high: u64, action: Action) {
        let at = self.now + self.random.between(low, high);
        self.schedule(at, action);
    }

    /// One input for a room, and everything that follows from it.
    fn input(&mut self, page: usize, input: Input) {
        let now = Timestamp::from_millis(self.now);
        let Page { room, alive: true, touched, .. } = &mut self.pages[page] else { return };
        *touched = self.now;
        // Most of them change nothing, and then there is nothing to verify.
        let is_stats = matches!(input, Input::Connection(_, ConnectionEvent::Stats(_)));
        room.handle(now, input);
        let outputs: Vec<_> = std::iter::from_fn(|| room.poll_output()).collect();
        if outputs.len() > 2000 {
            self.report_violation(format!("page {page} does not stop talking"));
        }
        let verifies = !is_stats || !outputs.is_empty();
        for output in outputs {
            self.trace_line(|| format!("  p{page} {output:?}").chars().take(200).collect());
            self.statistics.chat_messages += u64::from(is_chat(&output));
            if let Output::Effect(effect) = output {
                self.perform(page, effect);
            }
        }
        if verifies {
            self.verify_invariants(page);
        }
    }

    fn perform(&mut self, page: usize, effect: Effect) {
        match effect {
            Effect::Socket(SocketEffect::Open(_)) => {
                self.sockets += 1;
                self.pages[page].socket = Some(self.sockets);
                self.pages[page].has_joined = false;
                self.soon(5, 60, Action::SocketReady(page, self.sockets));
            }
            Effect::Socket(SocketEffect::Send(frame)) => self.send_to_server(page, frame),
            Effect::Socket(SocketEffect::Close) => {
                let Page { socket, to_server, to_page, .. } = &mut self.pages[page];
                *socket = None;
                // What was sent before the end arrives.
                let frames = std::mem::take(to_server);
                to_page.clear();
                frames.iter().for_each(|frame| self.on_frame(page, frame));
            }
            Effect::Media(effect) => {
                if let Ok(Some(MediaRequest::Capture(capture, sources))) =
                    self.pages[page].browser.perform_media(effect)
                {
                    self.soon(20, 300, Action::CaptureDone(page, capture, sources));
                }
            }
            Effect::LoadInteractions => self.soon(1, 5_000, Action::InteractionsLoaded(page)),
            Effect::Preflight(id, PreflightEffect::Start(_)) => self.soon(1, 1, Action::Tested(page, id)),
            Effect::Connection(id, effect) => {
                self.count(page, &effect);
                match self.pages[page].browser.perform(id, effect.clone()) {
                    Ok(None) => {}
                    Ok(Some(Pending::SendMessage(message))) => self.on_frame(page, &message),
                    Ok(Some(pending)) => self.soon(1, 12, Action::Pending(page, id, pending)),
                    Err(why) => {
                        self.report_violation(format!("page {page}: illegal {effect:.80?} on {id:?}: {why}"));
                    }
                }
            }
            Effect::Probe(_) | Effect::Preflight(_, PreflightEffect::End) => {}
        }
    }

    fn finish(&mut self, page: usize, id: ConnectionId, pending: &Pending) {
        let refuses =
            pending.sets_description() && std::mem::take(&mut self.pages[page].refuses_next_description);
        let (events, fault) = self.pages[page].browser.finish(id, pending, refuses);
        if let Some(fault) = fault {
            self.report_violation(format!("page {page}: {pending:.80?} on {id:?}: {fault}"));
        }
        for event in events {
            if let ConnectionEvent::Track { mid, track, .. } = &event {
                self.pages[page].tracks.insert(*track, (id, mid.clone()));
            }
            self.connection_event(page, id, event);
        }
        if matches!(pending, Pending::GetStats) {
            self.stats_done(page, id);
        }
        let gathers =
            self.pages[page].browser.connections.get_mut(&id).filter(|_| pending.sets_description());
        if let Some(candidate) = gathers.and_then(|ends| ends.starts_gathering().then(|| ends.candidate(1))) {
            for (delay, candidate) in [(5, Some(candidate)), (60, None)] {
                let event = ConnectionEvent::IceCandidate(candidate);
                self.soon(delay, delay, Action::Connection(page, id, event));
            }
        }
        if pending.sets_description() {
            self.soon(1, 5, Action::Pending(page, id, Pending::NegotiationNeeded));
        }
    }

    fn connection_event(&mut self, page: usize, id: ConnectionId, event: ConnectionEvent) {
        if self.pages[page].browser.connections.contains_key(&id) {
            self.on_channel_event(page, &event);
            self.input(page, Input::Connection(id, event));
        }
    }

    fn trace_line(&mut self, line: impl FnOnce() -> String) {
        self.log.trace_line(self.now, line);
    }

    fn report_violation(&mut self, what: String) {
        self.log.report_violation(self.now, what);
    }
}
