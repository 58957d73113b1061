//! What people do and what breaks, chosen by the seed.

use visavis_core::{Command, ConnectionEvent, Input, Source};

use super::peer::Peer;
use super::{Action, World};

/// Most operations in one script.
const MAX_OPERATIONS: u64 = 14;
/// Milliseconds over which a script is spread.
const SPREAD: u64 = 60_000;

/// One thing that somebody does or that breaks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operation {
    Join(usize),
    Leave(usize),
    /// The page dies without a word; sometimes it comes back as a new one, sometimes as the same person.
    Crash(usize, bool),
    Toggle(usize, Source, bool),
    CutSocket(usize),
    SilenceSocket(usize),
    StopServer,
    CutPath(usize, usize),
    HealPath(usize, usize),
    /// Both browsers want to renegotiate at the same moment.
    Glare(usize),
    Online(usize),
    /// The end of all faults.
    Heal,
}

impl World {
    pub(super) fn write_script(&mut self) {
        let people = self.random.between(2, 4);
        for _ in 0..people {
            let peer = self.add_peer(None);
            let at = self.random.below(2_000);
            self.schedule(at, Action::Operation(Operation::Join(peer)));
        }
        for _ in 0..self.random.below(MAX_OPERATIONS) {
            let at = self.random.below(SPREAD);
            let operation = self.choose();
            self.schedule(at, Action::Operation(operation));
        }
        self.script_end = SPREAD + 15_000;
        self.schedule(SPREAD + 10_000, Action::Operation(Operation::Heal));
    }

    /// Another page, of a new person or of one who has been here.
    fn add_peer(&mut self, person: Option<u64>) -> usize {
        let seed = self.random.next_u64();
        let has_devices = self.random.chance(80);
        self.peers.push(Peer::new(person.unwrap_or(seed), seed, has_devices));
        self.peers.len() - 1
    }

    fn choose(&mut self) -> Operation {
        let peers = self.peers.len() as u64;
        let peer = self.random.below(peers) as usize;
        let other = self.random.below(peers) as usize;
        let yes = self.random.chance(50);
        let source = if self.random.chance(50) { Source::Camera } else { Source::Microphone };
        match self.random.below(12) {
            0 => Operation::Leave(peer),
            1 => Operation::Crash(peer, yes),
            2 | 3 => Operation::Toggle(peer, source, yes),
            4 => Operation::CutSocket(peer),
            5 => Operation::SilenceSocket(peer),
            6 => Operation::StopServer,
            7 => Operation::CutPath(peer, other),
            8 => Operation::Join(peer),
            9 | 10 => Operation::Glare(peer),
            _ => Operation::Online(peer),
        }
    }

    pub(super) fn operate(&mut self, operation: Operation) {
        match operation {
            Operation::Join(peer) => self.join(peer),
            Operation::Leave(peer) => {
                self.peers[peer].wants_in = false;
                self.input(peer, Input::Command(Command::Leave));
            }
            Operation::Crash(peer, returns) => self.crash(peer, returns),
            Operation::Toggle(peer, source, on) => {
                self.input(peer, Input::Command(Command::SetSource { source, on }));
            }
            Operation::CutSocket(peer) => self.cut_socket(peer),
            Operation::SilenceSocket(peer) => self.silence_socket(peer),
            Operation::StopServer => {
                self.server_stops();
                let outage = self.random.between(100, 20_000);
                self.schedule(outage, Action::ServerStarts);
            }
            Operation::CutPath(a, b) => self.cut_path(a, b),
            Operation::HealPath(a, b) => {
                self.cut_paths.remove(&(a, b));
            }
            Operation::Glare(peer) => self.glare(peer),
            Operation::Online(peer) => self.input(peer, Input::Online),
            Operation::Heal => {
                self.cut_paths.clear();
                self.server_starts();
            }
        }
    }

    fn join(&mut self, peer: usize) {
        self.peers[peer].wants_in = true;
        let join = Command::Join { room: "r".to_owned(), name: format!("peer {peer}") };
        self.input(peer, Input::Command(join));
    }

    fn crash(&mut self, peer: usize, returns: bool) {
        let page = &mut self.peers[peer];
        if !page.alive {
            return;
        }
        page.alive = false;
        page.wants_in = false;
        page.connections.clear();
        if let Some(socket) = page.socket.take() {
            let delay = self.random.between(0, 5_000);
            self.schedule(delay, Action::ServerLosesSocket(socket));
        }
        if returns {
            let person = self.peers[peer].person;
            let same = self.random.chance(50).then_some(person);
            let successor = self.add_peer(same);
            let delay = self.random.between(500, 5_000);
            self.schedule(delay, Action::Operation(Operation::Join(successor)));
        }
    }

    fn cut_path(&mut self, a: usize, b: usize) {
        let pair = (a.min(b), a.max(b));
        self.cut_paths.insert(pair);
        let outage = self.random.between(500, 40_000);
        self.schedule(outage, Action::Operation(Operation::HealPath(pair.0, pair.1)));
    }

    fn glare(&mut self, peer: usize) {
        let everywhere: Vec<_> = (0..self.peers.len())
            .flat_map(|index| self.peers[index].connections.keys().map(move |id| (index, *id)))
            .collect();
        for (index, id) in everywhere {
            if index != peer && self.random.chance(50) {
                continue;
            }
            if let Some(conn) = self.peers[index].connections.get_mut(&id) {
                conn.fake.want_renegotiation();
                if conn.fake.negotiation_needed() {
                    self.connection_event(index, id, ConnectionEvent::NegotiationNeeded);
                }
            }
        }
    }
}
