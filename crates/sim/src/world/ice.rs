//! Just enough ICE: who hears whom, and how long silence takes to be noticed.

use visavis_core::{ConnectionEvent, ConnectionId, PeerConnectionState};

use super::peer::Conn;
use super::{Action, ICE_TICK, World};

/// Milliseconds of silence until `disconnected`, `failed`, and until a connection that never worked is `failed`.
const DISCONNECTED_AFTER: u64 = 5_000;
const FAILED_AFTER: u64 = 20_000;
const NEVER_CONNECTED_AFTER: u64 = 30_000;

impl World {
    pub(super) fn ice_tick(&mut self) {
        self.schedule(ICE_TICK, Action::IceTick);
        let all: Vec<(usize, ConnectionId)> = self
            .peers
            .iter()
            .enumerate()
            .filter(|(_, peer)| peer.alive)
            .flat_map(|(index, peer)| peer.connections.keys().map(move |id| (index, *id)))
            .collect();
        for (peer, id) in all {
            let hears = self.hears_somebody(peer, id);
            let now = self.now;
            let Some(conn) = self.peers[peer].connections.get_mut(&id) else { continue };
            if let Some(state) = conn.next_state(now, hears) {
                conn.state = state;
                self.connection_event(peer, id, ConnectionEvent::StateChanged(state));
            }
        }
    }

    fn hears_somebody(&self, peer: usize, id: ConnectionId) -> bool {
        let Some(conn) = self.peers[peer].connections.get(&id) else { return false };
        let others = self.peers.iter().enumerate().filter(|(other, page)| *other != peer && page.alive);
        others
            .filter(|(other, _)| !self.is_cut(peer, *other))
            .flat_map(|(_, page)| page.connections.values())
            .any(|other| {
                conn.fake.matches(&other.fake) && (conn.fake.has_candidate() || other.fake.has_candidate())
            })
    }

    pub(super) fn is_cut(&self, a: usize, b: usize) -> bool {
        self.cut_paths.contains(&(a.min(b), a.max(b)))
    }
}

impl Conn {
    /// The next `connectionState`, if it changes.
    fn next_state(&mut self, now: u64, hears: bool) -> Option<PeerConnectionState> {
        if hears {
            self.bad_since = None;
            let good_since = *self.good_since.get_or_insert(now);
            let mended = self.failed_with.is_none() || self.failed_with.as_deref() != self.fake.local_ufrag();
            let connects = self.state != PeerConnectionState::Connected && mended && now > good_since;
            return connects.then(|| {
                self.failed_with = None;
                PeerConnectionState::Connected
            });
        }
        self.good_since = None;
        let silent = now - *self.bad_since.get_or_insert(now);
        match self.state {
            PeerConnectionState::Connected if silent >= DISCONNECTED_AFTER => {
                Some(PeerConnectionState::Disconnected)
            }
            PeerConnectionState::Disconnected if silent >= FAILED_AFTER => self.fail(),
            PeerConnectionState::New | PeerConnectionState::Connecting if silent >= NEVER_CONNECTED_AFTER => {
                self.fail()
            }
            PeerConnectionState::New
            | PeerConnectionState::Connecting
            | PeerConnectionState::Connected
            | PeerConnectionState::Disconnected
            | PeerConnectionState::Failed
            | PeerConnectionState::Closed => None,
        }
    }

    fn fail(&mut self) -> Option<PeerConnectionState> {
        self.failed_with = self.fake.local_ufrag().map(str::to_owned);
        Some(PeerConnectionState::Failed)
    }
}
