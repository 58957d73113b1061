//! Carries out the steps of a script.

use visavis_core::{
    Command, ConnectionId, DeviceSettings, Input, Lifecycle, MediaDeviceKind, MediaEvent, NetworkEvent,
    Reaction, Source,
};

use super::page::Peer;
use super::script::{Operation, Person, SilentFailure, has_lobby};
use super::{Action, World};
use crate::browser::Pending;
use crate::browser::devices::device;

impl World {
    pub(super) fn operate(&mut self, operation: Operation) {
        match operation {
            Operation::EnterLobby(peer) => self.enter_lobby(peer),
            Operation::Join(peer) => self.join(peer),
            Operation::Preflight(peer) => self.preflight(peer),
            Operation::Leave(peer) => {
                self.peers[peer].should_be_joined = false;
                self.input(peer, Input::Command(Command::Leave));
            }
            Operation::Crash(peer, returns) => self.crash(peer, returns),
            Operation::SetSource(peer, source, on) => {
                self.input(peer, Input::Command(Command::SetSource { source, on }));
            }
            Operation::Chat(peer, count) => self.chat(peer, count),
            Operation::RaiseHand(peer, raised) => {
                self.input(peer, Input::Command(Command::SetHandRaised(raised)));
            }
            Operation::React(peer) => {
                self.input(peer, Input::Command(Command::SendReaction(Reaction::Heart)));
            }
            Operation::Unplug(peer, source, for_good) => self.unplug(peer, source, for_good),
            Operation::SelectDevices(peer, number) => self.select_devices(peer, number),
            Operation::CutSocket(peer) => self.cut_socket(peer),
            Operation::StallSocket(peer) => self.stall_socket(peer),
            Operation::StopServer(outage) => {
                self.server_stops();
                self.schedule(outage, Action::ServerStarts);
            }
            Operation::CutPath(a, b, outage) => self.cut_path(a, b, outage),
            Operation::Isolate(peer, outage) => {
                for other in (0..self.peers.len()).filter(|other| *other != peer) {
                    self.cut_path(peer, other, outage);
                }
            }
            Operation::FailSilently(peer, other, failure) => self.fail_silently(peer, other, failure),
            Operation::Glare(peer) => self.glare(peer),
            Operation::Online(peer) => self.input(peer, Input::Network(NetworkEvent::Online)),
            Operation::NetworkChanged(peer) => self.input(peer, Input::Network(NetworkEvent::Changed)),
            Operation::Freeze(peer, time) => self.freeze(peer, time),
            Operation::Hide(peer, time) => {
                let until = self.now + time;
                self.peers[peer].hidden_until = self.peers[peer].hidden_until.max(until);
                self.schedule(time, Action::Operation(Operation::Online(peer)));
            }
            Operation::RefuseDescription(peer) => self.peers[peer].refuses_description = true,
            Operation::RefuseConnection(peer) => self.peers[peer].refuses_connection = true,
        }
    }

    /// The end of all faults.
    pub(super) fn end_faults(&mut self) {
        self.cut_paths.clear();
        self.server_starts();
        for peer in 0..self.peers.len() {
            let page = &mut self.peers[peer];
            (page.refuses_description, page.refuses_connection) = (false, false);
        }
    }

    pub(super) fn add_peer(&mut self, person: Person) -> usize {
        self.peers.push(Peer::new(self.peers.len(), person));
        self.peers.len() - 1
    }

    fn join(&mut self, peer: usize) {
        self.peers[peer].should_be_joined = true;
        let join = Command::Join { room: "r".to_owned(), name: format!("peer {peer}") };
        self.input(peer, Input::Command(join));
    }

    fn enter_lobby(&mut self, peer: usize) {
        if self.peers[peer].room.view().lifecycle == Lifecycle::Lobby {
            self.input(peer, Input::Command(Command::EnterLobby));
        }
    }

    fn preflight(&mut self, peer: usize) {
        if self.peers[peer].room.view().lifecycle == Lifecycle::Lobby {
            self.input(peer, Input::Command(Command::EnterLobby));
            self.input(peer, Input::Command(Command::Preflight(true)));
        }
    }

    fn crash(&mut self, peer: usize, returns: bool) {
        let page = &mut self.peers[peer];
        if !page.alive {
            return;
        }
        page.alive = false;
        page.should_be_joined = false;
        page.browser.connections.clear();
        self.statistics.page_crashes += 1;
        if let Some(socket) = self.peers[peer].socket.take() {
            let delay = self.random.between(0, 5_000);
            self.schedule(delay, Action::ServerSocketClosed(socket));
        }
        if returns {
            let (seed, has_devices) = (self.random.next_u64(), self.random.chance(80));
            let identity = if self.random.chance(50) { self.peers[peer].identity } else { seed };
            let successor = self.add_peer(Person { identity, seed, has_devices });
            let delay = self.random.between(500, 5_000);
            if has_lobby(seed) {
                self.schedule(0, Action::Operation(Operation::EnterLobby(successor)));
            }
            self.schedule(delay, Action::Operation(Operation::Join(successor)));
        }
    }

    /// Texts of all lengths, and each only once.
    fn chat(&mut self, peer: usize, count: u32) {
        for number in 0..count {
            let length = self.random.below(if number % 8 == 0 { 2_000 } else { 40 }) as usize;
            let text = format!("peer {peer} at {}: {number}\n{}", self.now, "x".repeat(length));
            self.input(peer, Input::Command(Command::SendChat(text)));
        }
    }

    fn unplug(&mut self, peer: usize, source: Source, for_good: bool) {
        let view = self.peers[peer].room.self_view().source(source);
        self.peers[peer].has_devices &= !for_good;
        if let Some(track) = view.track {
            self.input(peer, Input::Media(MediaEvent::TrackEnded(track)));
        }
        self.input(peer, Input::Media(MediaEvent::DevicesChanged));
    }

    fn select_devices(&mut self, peer: usize, number: usize) {
        let mut settings = DeviceSettings::default();
        for kind in [MediaDeviceKind::AudioInput, MediaDeviceKind::VideoInput] {
            settings.choose(kind, device(kind, number));
        }
        self.input(peer, Input::Command(Command::SetDevices(Box::new(settings))));
    }

    fn cut_path(&mut self, a: usize, b: usize, outage: u64) {
        let pair = (a.min(b), a.max(b));
        self.cut_paths.insert(pair);
        self.schedule(outage, Action::RestorePath(pair.0, pair.1));
    }

    /// Only what has flowed can fail in silence: a connection that never brought anything is left alone in the end, and
    /// then the two would never converge.
    fn fail_silently(&mut self, peer: usize, other: usize, failure: SilentFailure) {
        let flowing = |id: &ConnectionId| {
            let conn = &self.peers[peer].browser.connections[id];
            self.other_end(conn).is_some_and(|(owner, theirs)| {
                owner == other && conn.path.received[0] > 0 && theirs.path.received[0] > 0
            })
        };
        let id = self.peers[peer].browser.connections.keys().copied().find(flowing);
        if let Some(conn) = id.and_then(|id| self.peers[peer].browser.connections.get_mut(&id)) {
            conn.fail_silently(failure);
            self.statistics.silent_failures += 1;
        }
    }

    fn freeze(&mut self, peer: usize, time: u64) {
        self.peers[peer].freezes += 1;
        self.schedule(time, Action::Unfreeze(peer));
    }

    /// Sometimes the timers of a page come first when it wakes, sometimes what it missed.
    pub(super) fn unfreeze(&mut self, peer: usize) {
        let page = &mut self.peers[peer];
        page.freezes -= 1;
        if page.is_frozen() {
            return;
        }
        let deferred = std::mem::take(&mut page.deferred);
        let late = page.next_timer.is_some_and(|at| at <= self.now);
        if late && self.random.chance(50) {
            self.input(peer, Input::Timeout);
        }
        for action in deferred {
            self.dispatch(action);
        }
        self.input(peer, Input::Network(NetworkEvent::Online));
    }

    fn glare(&mut self, peer: usize) {
        let everywhere: Vec<_> = (0..self.peers.len())
            .flat_map(|index| self.peers[index].browser.connections.keys().map(move |id| (index, *id)))
            .collect();
        for (index, id) in everywhere {
            if index != peer && self.random.chance(50) {
                continue;
            }
            if let Some(conn) = self.peers[index].browser.connections.get_mut(&id) {
                conn.fake.request_renegotiation();
                self.schedule(0, Action::Pending(index, id, Pending::NegotiationNeeded));
            }
        }
    }
}
