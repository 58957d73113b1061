//! Pages, sockets and time.

use std::collections::BTreeMap;
use std::rc::Rc;

use visavis_app::AppConfig;
use visavis_app::report::{Header, redact};
use visavis_core::flight::Recorder;
use visavis_core::{
    CaptureId, CheckEffect, Command, ConnectionEffect, ConnectionEvent, ConnectionId, Effect, Finding, Input,
    Lifecycle, MediaEffect, MediaEvent, OperationError, Output, PeerConnectionState, Role, Room, RoomConfig,
    RoomView, SocketEffect, SocketEvent, Source, TestId, TrackId,
};
use visavis_signaling::dialects::{Mapping, Options, named};
use visavis_signaling::{IceCandidate, MediaState, SessionDescription, Timestamp};
use visavis_sim::fake::FakeConnection;

use crate::connection::{Adopted, Conn, kind_of};
use crate::naive::{Naive, Tutorial};
use crate::servers::{Out, Server};

/// How long a broken path takes to be noticed, and a good one to be found.
const BREAKS: u64 = 5_000;
const CONNECT_TIMEOUT: u64 = 50;

enum Action {
    Opened(u32),
    Heartbeat(u32),
    ToServer(u32, String),
    ToPage(u32, Option<String>),
    Closed(u32),
    Captured(usize, CaptureId, Vec<Source>),
    Tested(usize, TestId),
    Check(usize, ConnectionId),
    Local(usize, ConnectionId),
    Remote(usize, ConnectionId, SessionDescription, Adopted),
    Candidate(usize, ConnectionId, Option<IceCandidate>),
    Path(usize, ConnectionId, bool),
    ChannelClosed(usize, ConnectionId),
}

enum Client {
    Ours(Box<Room>),
    Naive(Box<Naive>),
}

struct Page {
    client: Client,
    /// When its room last had an input: from then on its timer runs.
    touched: u64,
    recorder: Option<Recorder>,
    alive: bool,
    socket: Option<u32>,
    connections: BTreeMap<ConnectionId, Conn>,
}

pub(crate) struct World {
    now: u64,
    delay: u64,
    /// How late timers are: in browsers what the network brings meanwhile comes first.
    pub(crate) lag: u64,
    order: u64,
    queue: BTreeMap<(u64, u64), Action>,
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
        let queue = BTreeMap::new();
        Self { now: 0, delay, lag: 0, order: 0, queue, server, sockets: Vec::new(), pages: Vec::new() }
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
        let config = AppConfig { mapping, dialect: dialect.to_owned(), ..AppConfig::default() };
        let (identities, about) = ([identity.as_str(), ""], "simulation");
        let header = Header { config: &config, fallback: "", identities, page: "", seed, about };
        let recorder = recorded.then(|| header.recorder());
        let mapping = config.mapping;
        let options = Options { url: "ws://server".into(), identity, mapping, ..Options::default() };
        let config = RoomConfig { microphone: true, camera: true, seed, ..RoomConfig::default() };
        let room = Room::new(config, (named(dialect).unwrap().make)(options));
        self.push(Client::Ours(Box::new(room)), recorder);
        let page = self.pages.len() - 1;
        self.input(page, Input::Command(Command::EnterLobby));
        page
    }

    pub(crate) fn add_naive(&mut self, tutorial: Tutorial, room: &str) -> usize {
        let page = self.pages.len();
        let naive = Naive::new(tutorial, page, room);
        let endpoint = visavis_signaling::Endpoint { url: naive.url().into(), protocols: Vec::new() };
        self.push(Client::Naive(Box::new(naive)), None);
        self.open(page, endpoint);
        page
    }

    fn push(&mut self, client: Client, recorder: Option<Recorder>) {
        let (touched, connections) = (self.now, BTreeMap::new());
        self.pages.push(Page { client, touched, recorder, alive: true, socket: None, connections });
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

    pub(crate) fn switch(&mut self, page: usize, source: Source, on: bool) {
        self.input(page, Input::Command(Command::SetSource { source, on }));
    }

    /// Something makes all connections of a page negotiate again.
    pub(crate) fn renegotiate(&mut self, page: usize) {
        let ids: Vec<_> = self.pages[page].connections.keys().copied().collect();
        for id in ids {
            self.conn(page, id).unwrap().fake.want_renegotiation();
            self.soon(0, Action::Check(page, id));
        }
    }

    /// Whether nobody waits for an answer or has made a media section too many.
    pub(crate) fn must_be_settled(&self, pages: &[usize], what: &str) {
        let connections = pages.iter().flat_map(|page| self.pages[*page].connections.values());
        for fake in connections.filter(|conn| conn.good).map(|conn| &conn.fake) {
            let (state, transceivers) = (fake.signaling().as_str(), fake.transceivers());
            assert_eq!((state, transceivers), ("stable", 2), "{what}: {}", fake.fingerprint());
        }
    }

    /// Whom a page sees: names, and what they send.
    pub(crate) fn sees(&self, page: usize) -> Vec<(String, Option<MediaState>)> {
        let participants = self.view(page).participants;
        let mut seen: Vec<_> = participants.into_iter().map(|them| (them.name, them.media)).collect();
        seen.sort_by(|a, b| a.0.cmp(&b.0));
        seen
    }

    /// How many offers a naive page has heard.
    pub(crate) fn offers_to(&self, page: usize) -> u32 {
        match &self.pages[page].client {
            Client::Naive(naive) => naive.offers,
            Client::Ours(_) => panic!("not a naive page"),
        }
    }

    /// How many good paths a page has.
    pub(crate) fn paths(&self, page: usize) -> usize {
        self.pages[page].connections.values().filter(|conn| conn.good).count()
    }

    pub(crate) fn crash(&mut self, page: usize) {
        self.pages[page].alive = false;
        self.pages[page].connections.clear();
        if let Some(socket) = self.pages[page].socket.take() {
            self.soon(self.delay, Action::Closed(socket));
        }
        self.look_at_paths();
    }

    /// The network between a page and the server breaks.
    pub(crate) fn cut(&mut self, page: usize) {
        let socket = self.pages[page].socket.take().unwrap();
        self.soon(self.delay, Action::Closed(socket));
        self.input(page, Input::Socket(SocketEvent::Closed));
    }

    pub(crate) fn view(&self, page: usize) -> RoomView {
        match &self.pages[page].client {
            Client::Ours(room) => room.view(),
            Client::Naive(_) => panic!("a naive page has no view"),
        }
    }

    pub(crate) fn must_be_connected(&self, pages: &[usize], what: &str) {
        for page in pages {
            let view = self.view(*page);
            assert_eq!(view.lifecycle, Lifecycle::Joined, "{what}: page {page} {:?}", view.problem);
            let states: Vec<_> = view
                .participants
                .iter()
                .map(|them| (them.connection.state, them.connection.reason))
                .collect();
            assert_eq!(states.len(), pages.len() - 1, "{what}: page {page} sees {states:?}");
            let good = self.paths(*page);
            assert_eq!(good, pages.len() - 1, "{what}: page {page} has {good} paths, {states:?}");
        }
    }

    pub(crate) fn talks_to_naive(&self, page: usize) -> bool {
        self.pages[page].connections.values().any(|conn| conn.good) && self.view(page).participants.len() == 1
    }

    pub(crate) fn run(&mut self, millis: u64) {
        let end = self.now + millis;
        let mut steps = 0;
        loop {
            let next = self.queue.keys().next().map(|(at, _)| *at);
            let timer = self.next_timer();
            let at = next.into_iter().chain(timer.map(|(at, _)| at)).min();
            let Some(at) = at.filter(|at| *at <= end) else { break };
            self.now = self.now.max(at);
            steps += 1;
            assert!(steps < 100_000, "busy without end");
            match timer {
                Some((due, page)) if next.is_none_or(|next| due <= next) => self.input(page, Input::Timeout),
                _ => {
                    let (_, action) = self.queue.pop_first().unwrap();
                    self.act(action);
                }
            }
        }
        self.now = end;
    }

    fn next_timer(&self) -> Option<(u64, usize)> {
        let timers = self.pages.iter().enumerate().filter(|(_, page)| page.alive);
        let timers = timers.filter_map(|(index, page)| match &page.client {
            Client::Ours(room) => {
                let due = room.poll_timeout()?.as_millis();
                Some((due.max(page.touched) + self.lag, index))
            }
            Client::Naive(_) => None,
        });
        timers.min()
    }

    fn soon(&mut self, delay: u64, action: Action) {
        self.order += 1;
        self.queue.insert((self.now + delay, self.order), action);
    }

    fn input(&mut self, page: usize, input: Input) {
        let now = Timestamp::from_millis(self.now);
        let Page { client: Client::Ours(room), touched, recorder, alive: true, .. } = &mut self.pages[page]
        else {
            return;
        };
        *touched = self.now;
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
                self.soon(self.delay, Action::ToServer(socket, frame));
            }
            Effect::Socket(SocketEffect::Close) => {
                if let Some(socket) = self.pages[page].socket.take() {
                    self.soon(self.delay, Action::Closed(socket));
                }
            }
            Effect::Media(MediaEffect::GetUserMedia { capture, sources }) => {
                self.soon(1, Action::Captured(page, capture, sources));
            }
            Effect::Media(MediaEffect::GetDisplayMedia { capture }) => {
                self.soon(1, Action::Captured(page, capture, vec![Source::Screen]));
            }
            // Every browser here makes connections.
            Effect::Check(id, CheckEffect::Start(_)) => self.soon(1, Action::Tested(page, id)),
            Effect::Connection(id, effect) => self.perform_connection(page, id, effect),
            Effect::Probe(_)
            | Effect::Check(_, CheckEffect::End)
            | Effect::Media(MediaEffect::StopTrack(_) | MediaEffect::SetTrackEnabled(..)) => {}
        }
    }

    fn perform_connection(&mut self, page: usize, id: ConnectionId, effect: ConnectionEffect) {
        match effect {
            ConnectionEffect::Create(role, _) => {
                let mut fake = FakeConnection::new(format!("p{page}c{}", id.0));
                let mut transceivers = Vec::new();
                if role == Role::Offerer {
                    for source in Source::FIRST {
                        transceivers.push((source, fake.add_transceiver(kind_of(source)), None));
                    }
                    fake.create_channel();
                }
                let conn = Conn { fake, transceivers, tracks: Vec::new(), good: false, gathered: None };
                self.pages[page].connections.insert(id, conn);
                self.soon(1, Action::Check(page, id));
            }
            ConnectionEffect::Close => {
                self.close_channel(page, id);
                self.pages[page].connections.remove(&id);
                self.look_at_paths();
            }
            ConnectionEffect::SetLocalDescription => self.soon(8, Action::Local(page, id)),
            ConnectionEffect::SetRemoteDescription(description, adopted) => {
                self.soon(4, Action::Remote(page, id, description, adopted));
            }
            ConnectionEffect::AddIceCandidate(candidate) => {
                let conn = self.pages[page].connections.get_mut(&id).unwrap();
                // A candidate of an offer that a naive page has taken back is refused, and that does no harm.
                let _ = conn.fake.add_candidate(&candidate);
                self.look_at_paths();
            }
            ConnectionEffect::AddTransceiver(source) => {
                let conn = self.pages[page].connections.get_mut(&id).unwrap();
                conn.transceivers.push((source, conn.fake.add_transceiver(kind_of(source)), None));
                self.soon(1, Action::Check(page, id));
            }
            ConnectionEffect::RestartIce => {
                self.pages[page].connections.get_mut(&id).unwrap().fake.restart_ice();
                self.soon(1, Action::Check(page, id));
            }
            ConnectionEffect::CreateDataChannel(_) => {
                self.pages[page].connections.get_mut(&id).unwrap().fake.create_channel();
            }
            // Nobody counts packets here: a look that is not answered proves nothing.
            ConnectionEffect::GetStats
            | ConnectionEffect::ReplaceTrack(..)
            | ConnectionEffect::SendMessage(_)
            | ConnectionEffect::ClosePeerChannel
            | ConnectionEffect::SetConfiguration(..) => {}
        }
    }

    /// Who closes a connection over a good path closes its data channel at the other end, too.
    fn close_channel(&mut self, page: usize, id: ConnectionId) {
        let closed = &self.pages[page].connections[&id];
        if !closed.good || !closed.fake.has_channel() {
            return;
        }
        let others = self
            .pages
            .iter()
            .enumerate()
            .flat_map(|(index, page)| page.connections.iter().map(move |(id, conn)| (index, *id, conn)));
        let ends = others.filter(|(.., conn)| conn.fake.matches(&closed.fake));
        let ends: Vec<_> = ends.map(|(index, id, _)| Action::ChannelClosed(index, id)).collect();
        ends.into_iter().for_each(|end| self.soon(10, end));
    }

    fn open(&mut self, page: usize, endpoint: visavis_signaling::Endpoint) {
        let socket = u32::try_from(self.sockets.len()).unwrap();
        self.sockets.push((page, endpoint, false));
        self.pages[page].socket = Some(socket);
        self.soon(2 * self.delay, Action::Opened(socket));
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Opened(socket) => self.opened(socket),
            Action::Heartbeat(socket) => {
                if let (Some(ask), true) = (self.server.heartbeat(), self.sockets[socket as usize].2) {
                    let ask = ask.to_owned();
                    self.soon(self.delay, Action::ToPage(socket, Some(ask)));
                    self.soon(25_000, Action::Heartbeat(socket));
                }
            }
            Action::ToServer(socket, frame) => {
                if self.sockets[socket as usize].2 {
                    self.serve(|server, out| server.frame(socket, &frame, out));
                }
            }
            Action::ToPage(socket, frame) => self.page_hears(socket, frame),
            Action::Closed(socket) => {
                if std::mem::take(&mut self.sockets[socket as usize].2) {
                    self.serve(|server, out| server.closed(socket, out));
                }
            }
            Action::Tested(page, id) => self.input(page, Input::Check(id, Finding::Good)),
            Action::Captured(page, capture, sources) => {
                let tracks = sources.into_iter().map(|source| (source, self.new_track())).collect();
                self.input(page, Input::Media(MediaEvent::Captured { capture, tracks }));
            }
            Action::Check(page, id) => {
                let needed = self.conn(page, id).is_some_and(|conn| conn.fake.negotiation_needed());
                if needed {
                    self.input(page, Input::Connection(id, ConnectionEvent::NegotiationNeeded));
                }
            }
            Action::Local(page, id) => self.local(page, id),
            Action::Remote(page, id, description, adopted) => self.remote(page, id, &description, &adopted),
            Action::Candidate(page, id, candidate) => {
                if self.conn(page, id).is_some() {
                    self.input(page, Input::Connection(id, ConnectionEvent::IceCandidate(candidate)));
                }
            }
            Action::ChannelClosed(page, id) => {
                if self.conn(page, id).is_some() {
                    self.input(page, Input::Connection(id, ConnectionEvent::HangUpChannelClosed));
                }
            }
            Action::Path(page, id, good) => {
                if self.conn(page, id).is_some_and(|conn| conn.good == good) {
                    let state =
                        if good { PeerConnectionState::Connected } else { PeerConnectionState::Failed };
                    self.input(page, Input::Connection(id, ConnectionEvent::ConnectionStateChange(state)));
                }
            }
        }
    }

    fn conn(&mut self, page: usize, id: ConnectionId) -> Option<&mut Conn> {
        self.pages[page].connections.get_mut(&id)
    }

    fn serve(&mut self, act: impl FnOnce(&mut dyn Server, &mut Out)) {
        let mut out = Out::new();
        act(self.server.as_mut(), &mut out);
        for (socket, frame) in out {
            self.soon(self.delay, Action::ToPage(socket, frame));
        }
    }

    fn opened(&mut self, socket: u32) {
        let (page, endpoint, _) = self.sockets[socket as usize].clone();
        if self.pages[page].socket != Some(socket) {
            return;
        }
        self.sockets[socket as usize].2 = true;
        self.soon(25_000, Action::Heartbeat(socket));
        self.serve(|server, out| server.opened(socket, &endpoint.url, &endpoint.protocols, out));
        if let Client::Naive(naive) = &mut self.pages[page].client {
            let frames = naive.opened();
            self.naive_says(socket, frames);
        }
        self.input(page, Input::Socket(SocketEvent::Opened));
    }

    fn naive_says(&mut self, socket: u32, frames: Vec<String>) {
        for frame in frames {
            self.soon(self.delay + 8, Action::ToServer(socket, frame));
        }
        self.look_at_paths();
    }

    fn page_hears(&mut self, socket: u32, frame: Option<String>) {
        let Some((page, ..)) = self.sockets.get(socket as usize).cloned() else { return };
        if self.pages[page].socket != Some(socket) {
            return;
        }
        match (frame, &mut self.pages[page].client) {
            (Some(frame), Client::Ours(_)) => self.input(page, Input::Socket(SocketEvent::Frame(frame))),
            (Some(frame), Client::Naive(naive)) => {
                let frames = naive.heard(&frame);
                self.naive_says(socket, frames);
            }
            (None, _) => {
                self.sockets[socket as usize].2 = false;
                self.pages[page].socket = None;
                let (code, reason) = (1000, "The server says goodbye.".to_owned());
                self.input(page, Input::Socket(SocketEvent::ClosedWith { code, reason }));
            }
        }
    }

    fn new_track(&mut self) -> TrackId {
        self.order += 1;
        TrackId(u32::try_from(self.order).unwrap())
    }

    fn local(&mut self, page: usize, id: ConnectionId) {
        let Some(conn) = self.conn(page, id) else { return };
        let result = conn.fake.set_local().map(|mut description| {
            // Which connection it comes from, as browsers write it. Later pages may sort before earlier ones.
            let session = 9000 - 1000 * page + id.0 as usize;
            let origin = format!("v=0\r\no=- {session} 2 IN IP4 127.0.0.1\r\n");
            description.sdp = description.sdp.replace("v=0\r\n", &origin);
            description
        });
        let result = result.map_err(|name| OperationError { name: name.to_owned() });
        let ufrag = conn.fake.local_ufrag().unwrap().to_owned();
        let new = conn.gathered.replace(ufrag.clone()) != Some(ufrag.clone());
        if new {
            let candidate = IceCandidate {
                candidate: format!("candidate:1 1 udp 1 127.0.0.1 9 typ host ufrag {ufrag}"),
                sdp_mid: Some("0".into()),
                sdp_m_line_index: Some(0),
                username_fragment: Some(ufrag),
            };
            self.soon(5, Action::Candidate(page, id, Some(candidate)));
            self.soon(60, Action::Candidate(page, id, None));
        }
        for (source, mid) in self.conn(page, id).map(Conn::associate).unwrap_or_default() {
            self.input(page, Input::Connection(id, ConnectionEvent::TransceiverAssociated(source, mid)));
        }
        self.input(page, Input::Connection(id, ConnectionEvent::LocalDescriptionSet(result)));
        self.soon(1, Action::Check(page, id));
        self.look_at_paths();
    }

    fn remote(&mut self, page: usize, id: ConnectionId, description: &SessionDescription, adopted: &Adopted) {
        let Some(conn) = self.conn(page, id) else { return };
        let result = conn.fake.set_remote(description);
        // Candidates inside the description count like others.
        for line in description.sdp.lines().filter_map(|line| line.strip_prefix("a=candidate:")) {
            let candidate = IceCandidate {
                candidate: ["candidate:", line].concat(),
                sdp_mid: None,
                sdp_m_line_index: Some(0),
                username_fragment: None,
            };
            let _ = conn.fake.add_candidate(&candidate);
        }
        assert!(result.is_ok(), "page {page}: setRemoteDescription on {id:?}: {result:?}");
        for (mid, kind) in self.conn(page, id).map(|conn| conn.adopt(adopted)).unwrap_or_default() {
            let event = ConnectionEvent::Track { mid, kind, track: self.new_track() };
            self.input(page, Input::Connection(id, event));
        }
        self.input(page, Input::Connection(id, ConnectionEvent::RemoteDescriptionSet(Ok(()))));
        self.soon(1, Action::Check(page, id));
        self.look_at_paths();
    }

    /// Finds out which connections have somebody at their other end, and tells them when that changes.
    fn look_at_paths(&mut self) {
        let mut news = Vec::new();
        for (index, page) in self.pages.iter().enumerate() {
            for (id, conn) in &page.connections {
                let mut others = self.pages.iter().filter(|other| other.alive).flat_map(Page::fakes);
                let good = others.any(|other| {
                    conn.fake.matches(other) && (conn.fake.has_candidate() || other.has_candidate())
                });
                if good != conn.good {
                    news.push((index, *id, good));
                }
            }
        }
        for (page, id, good) in news {
            self.pages[page].connections.get_mut(&id).unwrap().good = good;
            self.soon(if good { CONNECT_TIMEOUT } else { BREAKS }, Action::Path(page, id, good));
        }
    }
}

impl Page {
    fn fakes(&self) -> Vec<&FakeConnection> {
        match &self.client {
            Client::Ours(_) => self.connections.values().map(|conn| &conn.fake).collect(),
            Client::Naive(naive) => vec![&naive.connection],
        }
    }
}
