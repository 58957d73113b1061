//! Pages, sockets and time.

use std::rc::Rc;

use visavis_app::AppConfig;
use visavis_app::report::{Header, redact};
use visavis_core::flight::Recorder;
use visavis_core::{
    CaptureId, Command, ConnectionEffect, ConnectionEvent, ConnectionId, Effect, Finding, Input, Lifecycle,
    Output, PeerChannelEvent, PeerConnectionState, PreflightEffect, Room, RoomView, SocketEffect,
    SocketEvent, Source, TestId,
};
use visavis_signaling::dialects::{Mapping, Options, named};
use visavis_signaling::{MediaState, Timestamp};
use visavis_sim::browser::{Connection, FakeBrowser, MediaRequest, PeerChannel, Pending};
use visavis_sim::event_queue::EventQueue;
use visavis_sim::fake::FakeConnection;

use crate::naive::{NaivePage, Tutorial};
use crate::servers::{Out, Server};

/// How long a broken path takes to be noticed, and a good one to be found.
const FAILS_AFTER: u64 = 5_000;
const CONNECTS_AFTER: u64 = 50;

enum Action {
    Opened(u32),
    Heartbeat(u32),
    FrameToServer(u32, String),
    FrameToPage(u32, Option<String>),
    Closed(u32),
    Captured(usize, CaptureId, Vec<Source>),
    TestDone(usize, TestId),
    Pending(usize, ConnectionId, Pending),
    Connection(usize, ConnectionId, ConnectionEvent),
    Path(usize, ConnectionId, bool),
}

enum Client {
    Visavis(Box<Room>),
    Naive(Box<NaivePage>),
}

struct Page {
    client: Client,
    /// When its room last had an input: from then on its timer runs.
    last_input_at: u64,
    recorder: Option<Recorder>,
    alive: bool,
    socket: Option<u32>,
    /// Of each connection it is known whether the path is good.
    browser: FakeBrowser<bool>,
}

pub(crate) struct World {
    now: u64,
    delay: u64,
    /// How late timers are: in browsers what the network brings meanwhile comes first.
    pub(crate) timer_lag: u64,
    queue: EventQueue<Action>,
    server: Box<dyn Server>,
    /// Every socket that was ever opened: whose, where, and whether the server knows it.
    sockets: Vec<(usize, visavis_signaling::Endpoint, bool)>,
    pages: Vec<Page>,
}

/// An example of `docs/mapping.md`.
fn mapping(file: &str) -> Mapping {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mapping/");
    let text = std::fs::read_to_string([folder, file, ".json"].concat()).unwrap();
    Mapping::parse(&text).unwrap()
}

impl World {
    pub(crate) fn new(server: Box<dyn Server>, delay: u64) -> Self {
        let queue = EventQueue::default();
        Self { now: 0, delay, timer_lag: 0, queue, server, sockets: Vec::new(), pages: Vec::new() }
    }

    /// A page with a flight recorder.
    pub(crate) fn add_recorded(&mut self, dialect: &str) -> usize {
        self.add_page(dialect, true)
    }

    pub(crate) fn report(&self, page: usize) -> String {
        redact(self.pages[page].recorder.as_ref().unwrap())
    }

    /// `dialect` is a name in the list, or for the one that follows a file, `mapping/` and the name of the file.
    pub(crate) fn add(&mut self, dialect: &str) -> usize {
        self.add_page(dialect, false)
    }

    fn add_page(&mut self, dialect: &str, recorded: bool) -> usize {
        let seed = self.pages.len() as u64;
        // Both halves differ: one is seen by everybody, the other is a secret of its own.
        let identity = format!("a{seed:031x}b{seed:031x}");
        let (dialect, mapping) = match dialect.split_once('/') {
            Some((dialect, file)) => (dialect, Some(Rc::new(mapping(file)))),
            None => (dialect, None),
        };
        // Whoever is first in a room has nobody to prepare for.
        let prepare_connection = seed % 2 == 1;
        let config =
            AppConfig { mapping, dialect: dialect.to_owned(), prepare_connection, ..AppConfig::default() };
        let (identities, about) = ([identity.as_str(), ""], "simulation");
        let header = Header { config: &config, fallback: "", identities, page: "", seed, about };
        let recorder = recorded.then(|| header.recorder());
        let room_config = config.room_config(seed);
        let mapping = config.mapping;
        let options = Options { url: "ws://server".into(), identity, mapping, ..Options::default() };
        let room = Room::new(room_config, (named(dialect).unwrap().make)(options));
        self.push(Client::Visavis(Box::new(room)), recorder);
        let page = self.pages.len() - 1;
        self.input(page, Input::Command(Command::EnterLobby));
        page
    }

    pub(crate) fn add_naive(&mut self, tutorial: Tutorial, room: &str) -> usize {
        let page = self.pages.len();
        let naive = NaivePage::new(tutorial, page, room);
        let endpoint = visavis_signaling::Endpoint::new(naive.url());
        self.push(Client::Naive(Box::new(naive)), None);
        self.open(page, endpoint);
        page
    }

    fn push(&mut self, client: Client, recorder: Option<Recorder>) {
        let (last_input_at, browser) = (self.now, FakeBrowser::new(format!("p{}", self.pages.len())));
        self.pages.push(Page { client, last_input_at, recorder, alive: true, socket: None, browser });
    }

    pub(crate) fn join(&mut self, page: usize, room: &str) {
        self.join_as(page, room, &format!("P{page}"));
    }

    pub(crate) fn join_as(&mut self, page: usize, room: &str, name: &str) {
        let (room, name) = (room.to_owned(), name.to_owned());
        self.input(page, Input::Command(Command::Join { room, name }));
    }

    pub(crate) fn leave(&mut self, page: usize) {
        self.input(page, Input::Command(Command::Leave));
    }

    pub(crate) fn set_source(&mut self, page: usize, source: Source, on: bool) {
        self.input(page, Input::Command(Command::SetSource { source, on }));
    }

    /// Something makes all connections of a page negotiate again.
    pub(crate) fn renegotiate(&mut self, page: usize) {
        let ids: Vec<_> = self.pages[page].browser.connections.keys().copied().collect();
        for id in ids {
            self.conn(page, id).unwrap().fake.request_renegotiation();
            self.schedule(0, Action::Pending(page, id, Pending::NegotiationNeeded));
        }
    }

    /// Whether nobody waits for an answer or has made a media section too many.
    pub(crate) fn assert_stable(&self, pages: &[usize], what: &str) {
        let connections = pages.iter().flat_map(|page| self.pages[*page].browser.connections.values());
        for fake in connections.filter(|conn| conn.path).map(|conn| &conn.fake) {
            let (state, transceivers) = (fake.signaling_state().as_str(), fake.transceiver_count());
            assert_eq!((state, transceivers), ("stable", 2), "{what}: {}", fake.fingerprint());
        }
    }

    /// Whom a page sees: names, and what they send.
    pub(crate) fn participants(&self, page: usize) -> Vec<(String, Option<MediaState>)> {
        let participants = self.view(page).participants;
        let mut seen: Vec<_> = participants.into_iter().map(|them| (them.name, them.media)).collect();
        seen.sort_by(|a, b| a.0.cmp(&b.0));
        seen
    }

    /// How many offers a naive page has heard.
    pub(crate) fn offers_received(&self, page: usize) -> u32 {
        match &self.pages[page].client {
            Client::Naive(naive) => naive.offers,
            Client::Visavis(_) => panic!("not a naive page"),
        }
    }

    /// How many good paths a page has.
    pub(crate) fn connected_paths(&self, page: usize) -> usize {
        self.pages[page].browser.connections.values().filter(|conn| conn.path).count()
    }

    pub(crate) fn crash(&mut self, page: usize) {
        self.pages[page].alive = false;
        self.pages[page].browser.connections.clear();
        if let Some(socket) = self.pages[page].socket.take() {
            self.schedule(self.delay, Action::Closed(socket));
        }
        self.update_paths();
    }

    /// The network between a page and the server breaks.
    pub(crate) fn cut_socket(&mut self, page: usize) {
        let socket = self.pages[page].socket.take().unwrap();
        self.schedule(self.delay, Action::Closed(socket));
        self.input(page, Input::Socket(SocketEvent::Closed));
    }

    pub(crate) fn view(&self, page: usize) -> RoomView {
        match &self.pages[page].client {
            Client::Visavis(room) => room.view(),
            Client::Naive(_) => panic!("a naive page has no view"),
        }
    }

    pub(crate) fn assert_connected(&self, pages: &[usize], what: &str) {
        for page in pages {
            let view = self.view(*page);
            assert_eq!(view.lifecycle, Lifecycle::Joined, "{what}: page {page} {:?}", view.problem);
            let states: Vec<_> = view
                .participants
                .iter()
                .map(|them| (them.connection.state, them.connection.reason))
                .collect();
            assert_eq!(states.len(), pages.len() - 1, "{what}: page {page} sees {states:?}");
            let good = self.connected_paths(*page);
            assert_eq!(good, pages.len() - 1, "{what}: page {page} has {good} paths, {states:?}");
        }
    }

    pub(crate) fn is_connected_to_naive(&self, page: usize) -> bool {
        self.pages[page].browser.connections.values().any(|conn| conn.path)
            && self.view(page).participants.len() == 1
    }

    pub(crate) fn run(&mut self, millis: u64) {
        let end = self.now + millis;
        let mut steps = 0;
        loop {
            let next = self.queue.next_at();
            let timer = self.next_timer();
            let at = next.into_iter().chain(timer.map(|(at, _)| at)).min();
            let Some(at) = at.filter(|at| *at <= end) else { break };
            self.now = self.now.max(at);
            steps += 1;
            assert!(steps < 100_000, "busy without end");
            match timer {
                Some((due, page)) if next.is_none_or(|next| due <= next) => self.input(page, Input::Timeout),
                _ => {
                    let (_, action) = self.queue.pop().unwrap();
                    self.dispatch(action);
                }
            }
        }
        self.now = end;
    }

    fn next_timer(&self) -> Option<(u64, usize)> {
        let timers = self.pages.iter().enumerate().filter(|(_, page)| page.alive);
        let timers = timers.filter_map(|(index, page)| match &page.client {
            Client::Visavis(room) => {
                let due = room.poll_timeout()?.as_millis();
                Some((due.max(page.last_input_at) + self.timer_lag, index))
            }
            Client::Naive(_) => None,
        });
        timers.min()
    }

    fn schedule(&mut self, delay: u64, action: Action) {
        self.queue.schedule(self.now + delay, action);
    }

    fn input(&mut self, page: usize, input: Input) {
        let now = Timestamp::from_millis(self.now);
        let Page { client: Client::Visavis(room), last_input_at, recorder, alive: true, .. } =
            &mut self.pages[page]
        else {
            return;
        };
        *last_input_at = self.now;
        recorder.iter_mut().for_each(|recorder| recorder.input(now, &input));
        room.handle(now, input);
        let outputs: Vec<_> = std::iter::from_fn(|| room.poll_output()).collect();
        recorder.iter_mut().for_each(|recorder| recorder.outputs(&outputs));
        for output in outputs {
            if let Output::Effect(effect) = output {
                self.perform(page, effect);
            }
        }
    }

    fn perform(&mut self, page: usize, effect: Effect) {
        match effect {
            Effect::Socket(SocketEffect::Open(endpoint)) => self.open(page, endpoint),
            Effect::Socket(SocketEffect::Send(frame)) => {
                let socket = self.pages[page].socket.unwrap();
                self.schedule(self.delay, Action::FrameToServer(socket, frame));
            }
            Effect::Socket(SocketEffect::Close) => {
                if let Some(socket) = self.pages[page].socket.take() {
                    self.schedule(self.delay, Action::Closed(socket));
                }
            }
            Effect::Media(effect) => {
                let request = self.pages[page].browser.perform_media(effect).unwrap();
                if let Some(MediaRequest::Capture(capture, mut sources)) = request {
                    sources.retain(|source| *source != Source::ScreenAudio);
                    self.schedule(1, Action::Captured(page, capture, sources));
                }
            }
            // Every browser here makes connections.
            Effect::Preflight(id, PreflightEffect::Start(_)) => self.schedule(1, Action::TestDone(page, id)),
            Effect::Connection(id, effect) => self.perform_connection(page, id, effect),
            Effect::Probe(_) | Effect::LoadInteractions | Effect::Preflight(_, PreflightEffect::End) => {}
        }
    }

    fn perform_connection(&mut self, page: usize, id: ConnectionId, effect: ConnectionEffect) {
        let closes = effect == ConnectionEffect::Close;
        let candidate = matches!(effect, ConnectionEffect::AddIceCandidate(_));
        if closes {
            self.close_channel(page, id);
        }
        let pending = match self.pages[page].browser.perform(id, effect) {
            // A candidate of an offer that a naive page has taken back is refused, and that does no harm.
            Err("OperationError") if candidate => None,
            pending => pending.unwrap(),
        };
        if closes || candidate {
            self.update_paths();
        }
        let Some(pending) = pending else { return };
        let delay = match pending {
            Pending::Create | Pending::NegotiationNeeded => 1,
            Pending::SetLocalDescription => 8,
            Pending::SetRemoteDescription(..) | Pending::SetProvisionalAnswer => 4,
            // Nobody counts packets here: statistics that never come prove nothing.
            Pending::GetStats => return,
            Pending::SendMessage(text) => {
                return self.deliver_to_other_end(
                    page,
                    id,
                    &ConnectionEvent::PeerChannel(PeerChannelEvent::Message(text)),
                );
            }
        };
        self.schedule(delay, Action::Pending(page, id, pending));
    }

    /// Who closes a connection over a good path closes its data channel at the other end, too.
    fn close_channel(&mut self, page: usize, id: ConnectionId) {
        let closed = &self.pages[page].browser.connections[&id];
        if !closed.path || !closed.fake.has_data_channel() {
            return;
        }
        self.deliver_to_other_end(page, id, &ConnectionEvent::HangUpChannelClosed);
        self.deliver_to_other_end(page, id, &ConnectionEvent::PeerChannel(PeerChannelEvent::Closed));
    }

    /// Something reaches the other end of a connection, over its path.
    fn deliver_to_other_end(&mut self, page: usize, id: ConnectionId, event: &ConnectionEvent) {
        let from = &self.pages[page].browser.connections[&id];
        let others = self.pages.iter().enumerate().flat_map(|(index, page)| {
            page.browser.connections.iter().map(move |(id, conn)| (index, *id, conn))
        });
        let ends = others.filter(|(.., conn)| conn.fake.can_connect_to(&from.fake));
        let ends: Vec<_> = ends
            .filter(|(.., conn)| {
                *event != ConnectionEvent::HangUpChannelClosed
                    || from.has_hang_up_channel
                    || conn.has_hang_up_channel
            })
            .map(|(index, id, _)| Action::Connection(index, id, event.clone()))
            .collect();
        ends.into_iter().for_each(|end| self.schedule(10, end));
    }

    fn open(&mut self, page: usize, endpoint: visavis_signaling::Endpoint) {
        let socket = u32::try_from(self.sockets.len()).unwrap();
        self.sockets.push((page, endpoint, false));
        self.pages[page].socket = Some(socket);
        self.schedule(2 * self.delay, Action::Opened(socket));
    }

    fn dispatch(&mut self, action: Action) {
        match action {
            Action::Opened(socket) => self.opened(socket),
            Action::Heartbeat(socket) => {
                if let (Some(ask), true) = (self.server.heartbeat(), self.sockets[socket as usize].2) {
                    let ask = ask.to_owned();
                    self.schedule(self.delay, Action::FrameToPage(socket, Some(ask)));
                    self.schedule(25_000, Action::Heartbeat(socket));
                }
            }
            Action::FrameToServer(socket, frame) => {
                if self.sockets[socket as usize].2 {
                    self.serve(|server, out| server.frame(socket, &frame, out));
                }
            }
            Action::FrameToPage(socket, frame) => self.page_receives(socket, frame),
            Action::Closed(socket) => {
                if std::mem::take(&mut self.sockets[socket as usize].2) {
                    self.serve(|server, out| server.closed(socket, out));
                }
            }
            Action::TestDone(page, id) => self.input(page, Input::Preflight(id, Finding::Good)),
            Action::Captured(page, capture, sources) => {
                let captured = self.pages[page].browser.captured(capture, &sources);
                self.input(page, Input::Media(captured));
            }
            Action::Pending(page, id, pending) => self.finish(page, id, &pending),
            Action::Connection(page, id, event) => self.connection_event(page, id, event),
            Action::Path(page, id, good) => {
                if self.conn(page, id).is_some_and(|conn| conn.path == good) {
                    let state =
                        if good { PeerConnectionState::Connected } else { PeerConnectionState::Failed };
                    self.connection_event(page, id, ConnectionEvent::ConnectionStateChange(state));
                    self.open_channel(page, id);
                }
            }
        }
    }

    /// The channel between two Visavis pages opens with the path.
    fn open_channel(&mut self, page: usize, id: ConnectionId) {
        let Some(conn) = self.pages[page].browser.connections.get(&id) else { return };
        let others = self.pages.iter().flat_map(|page| page.browser.connections.values());
        let same_pair = others.filter(|other| other.fake.can_connect_to(&conn.fake));
        let ready = same_pair.filter(|other| other.channel != PeerChannel::None).count() > 0;
        if ready && conn.path && conn.channel == PeerChannel::Connecting {
            self.conn(page, id).unwrap().channel = PeerChannel::Open;
            self.connection_event(page, id, ConnectionEvent::PeerChannel(PeerChannelEvent::Opened));
        }
    }

    fn conn(&mut self, page: usize, id: ConnectionId) -> Option<&mut Connection<bool>> {
        self.pages[page].browser.connections.get_mut(&id)
    }

    fn serve(&mut self, act: impl FnOnce(&mut dyn Server, &mut Out)) {
        let mut out = Out::new();
        act(self.server.as_mut(), &mut out);
        for (socket, frame) in out {
            self.schedule(self.delay, Action::FrameToPage(socket, frame));
        }
    }

    fn opened(&mut self, socket: u32) {
        let (page, endpoint, _) = self.sockets[socket as usize].clone();
        if self.pages[page].socket != Some(socket) {
            return;
        }
        self.sockets[socket as usize].2 = true;
        self.schedule(25_000, Action::Heartbeat(socket));
        self.serve(|server, out| server.opened(socket, &endpoint.url, &endpoint.protocols, out));
        if let Client::Naive(naive) = &mut self.pages[page].client {
            let frames = naive.opened();
            self.naive_sends(socket, frames);
        }
        self.input(page, Input::Socket(SocketEvent::Opened));
    }

    fn naive_sends(&mut self, socket: u32, frames: Vec<String>) {
        for frame in frames {
            self.schedule(self.delay + 8, Action::FrameToServer(socket, frame));
        }
        self.update_paths();
    }

    fn page_receives(&mut self, socket: u32, frame: Option<String>) {
        let Some((page, ..)) = self.sockets.get(socket as usize).cloned() else { return };
        if self.pages[page].socket != Some(socket) {
            return;
        }
        match (frame, &mut self.pages[page].client) {
            (Some(frame), Client::Visavis(_)) => self.input(page, Input::Socket(SocketEvent::Frame(frame))),
            (Some(frame), Client::Naive(naive)) => {
                let frames = naive.received(&frame);
                self.naive_sends(socket, frames);
            }
            (None, _) => {
                self.sockets[socket as usize].2 = false;
                self.pages[page].socket = None;
                let (code, reason) = (1000, "The server says goodbye.".to_owned());
                self.input(page, Input::Socket(SocketEvent::ClosedWith { code, reason }));
            }
        }
    }

    fn connection_event(&mut self, page: usize, id: ConnectionId, event: ConnectionEvent) {
        if self.conn(page, id).is_some() {
            self.input(page, Input::Connection(id, event));
        }
    }

    fn finish(&mut self, page: usize, id: ConnectionId, pending: &Pending) {
        let (mut events, fault) = self.pages[page].browser.finish(id, pending, false);
        assert_eq!(fault, None, "page {page}: {pending:?} on {id:?}");
        let Some(conn) = self.conn(page, id) else { return };
        if let Some(ConnectionEvent::LocalDescriptionSet(Ok(description))) = events.last_mut() {
            // Which connection it comes from, as browsers write it. Later pages may sort before earlier ones.
            let session = 9000 - 1000 * page + id.0 as usize;
            let origin = format!("v=0\r\no=- {session} 2 IN IP4 127.0.0.1\r\n");
            description.sdp = description.sdp.replace("v=0\r\n", &origin);
            if conn.starts_gathering() {
                for (delay, candidate) in [(5, Some(conn.candidate(1))), (60, None)] {
                    let event = ConnectionEvent::IceCandidate(candidate);
                    self.schedule(delay, Action::Connection(page, id, event));
                }
            }
        }
        events.into_iter().for_each(|event| self.connection_event(page, id, event));
        if pending.sets_description() {
            self.schedule(1, Action::Pending(page, id, Pending::NegotiationNeeded));
            self.update_paths();
        }
    }

    /// Finds out which connections have somebody at their other end, and tells them when that changes.
    fn update_paths(&mut self) {
        let mut changes = Vec::new();
        for (index, page) in self.pages.iter().enumerate() {
            for (id, conn) in &page.browser.connections {
                let mut others = self.pages.iter().filter(|other| other.alive).flat_map(Page::fakes);
                let good = others.any(|other| {
                    conn.fake.can_connect_to(other)
                        && (conn.fake.has_remote_candidate() || other.has_remote_candidate())
                });
                if good != conn.path {
                    changes.push((index, *id, good));
                }
            }
        }
        for (page, id, good) in changes {
            self.pages[page].browser.connections.get_mut(&id).unwrap().path = good;
            self.schedule(if good { CONNECTS_AFTER } else { FAILS_AFTER }, Action::Path(page, id, good));
        }
    }
}

impl Page {
    fn fakes(&self) -> Vec<&FakeConnection> {
        match &self.client {
            Client::Visavis(_) => self.browser.connections.values().map(|conn| &conn.fake).collect(),
            Client::Naive(naive) => vec![&naive.connection],
        }
    }
}
