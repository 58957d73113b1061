//! Just enough ICE and RTP: who hears whom, how long silence takes to be noticed, and what the counters say.

use visavis_core::{ConnectionEvent, ConnectionId, PeerConnectionState, Source};

use super::page::Conn;
use super::script::Wedge;
use super::{Action, ICE_TICK, World};

/// Milliseconds of silence until `disconnected`, `failed`, and until a connection that never worked is `failed`.
const DISCONNECTED_AFTER: u64 = 5_000;
const FAILED_AFTER: u64 = 20_000;
const NEVER_CONNECTED_AFTER: u64 = 30_000;
/// Milliseconds until packets and states tell that something has healed.
const NOTICES_WITHIN: u64 = 600;
/// Packets of each source in one tick.
const PACKETS: u32 = 12;

impl World {
    pub(super) fn ice_tick(&mut self) {
        self.schedule(ICE_TICK, Action::IceTick);
        for peer in 0..self.peers.len() {
            for id in self.peers[peer].browser.connections.keys().copied().collect::<Vec<_>>() {
                self.tick(peer, id);
            }
        }
    }

    fn tick(&mut self, peer: usize, id: ConnectionId) {
        let Some(conn) = self.peers[peer].browser.connections.get(&id) else { return };
        let (hears, arriving) = (self.hears(peer, conn), self.arriving(peer, conn));
        let now = self.now;
        let Some(conn) = self.peers[peer].browser.connections.get_mut(&id) else { return };
        conn.count(arriving);
        if !hears || conn.wedged().is_some() {
            conn.path.ailing_at = now;
        }
        if let Some(state) = conn.next_state(now, hears) {
            conn.path.state = state;
            self.schedule(0, Action::Connection(peer, id, ConnectionEvent::ConnectionStateChange(state)));
        }
        self.channel_tick(peer, id);
    }

    /// The connection at the other end, and whose it is.
    pub(super) fn other_end(&self, conn: &Conn) -> Option<(usize, &Conn)> {
        let (peer, id) = conn.fake.remote_fingerprint()?.strip_prefix('p')?.split_once('c')?;
        let peer: usize = peer.parse().ok()?;
        let other = self.peers.get(peer)?.browser.connections.get(&ConnectionId(id.parse().ok()?))?;
        Some((peer, other))
    }

    pub(super) fn hears(&self, peer: usize, conn: &Conn) -> bool {
        self.other_end(conn).is_some_and(|(owner, other)| {
            !self.is_cut(peer, owner)
                && conn.fake.matches(&other.fake)
                && (conn.fake.has_candidate() || other.fake.has_candidate())
        })
    }

    /// Which sources of the other side reach a connection.
    pub(super) fn arriving(&self, peer: usize, conn: &Conn) -> [bool; 4] {
        let Some((owner, other)) = self.other_end(conn) else { return [false; 4] };
        let mutual = other.fake.remote_fingerprint() == Some(conn.fake.fingerprint());
        let open = mutual && conn.carries() && other.carries() && !self.is_cut(peer, owner);
        Source::ALL.map(|source| open && other.sends(source) && !conn.misses(source))
    }

    pub(super) fn is_cut(&self, a: usize, b: usize) -> bool {
        self.cut_paths.contains(&(a.min(b), a.max(b)))
    }

    /// Whether a room believes something of the other side that is not so, and may take its silence for a fault.
    pub(super) fn is_mistaken(&self, peer: usize, conn: &Conn) -> bool {
        self.other_end(conn).is_some_and(|(owner, _)| {
            let page = &self.peers[owner];
            let view = self.peers[peer].room.view();
            let believed = view.participants.into_iter().find(|other| other.id == page.id);
            believed.and_then(|other| other.media).is_some_and(|media| media != page.media())
        })
    }

    /// Whether nothing at all is wrong with a connection, and it has had the time to notice: then nobody may touch it.
    pub(super) fn is_sound(&self, peer: usize, conn: &Conn) -> bool {
        conn.path.ailing_at + NOTICES_WITHIN < self.now
            && self.other_end(conn).is_some_and(|(owner, other)| {
                let page = &self.peers[owner];
                page.alive && page.wants_in && conn.is_sound() && other.is_sound() && self.hears(peer, conn)
            })
    }
}

impl Conn {
    /// The next `connectionState`, if it changes.
    fn next_state(&mut self, now: u64, hears: bool) -> Option<PeerConnectionState> {
        if hears {
            self.path.bad_since = None;
            let good_since = *self.path.good_since.get_or_insert(now);
            let mended = self.path.failed_with.is_none()
                || self.path.failed_with.as_deref() != self.fake.local_ufrag();
            let connects = self.path.state != PeerConnectionState::Connected && mended && now > good_since;
            return connects.then(|| {
                self.path.failed_with = None;
                PeerConnectionState::Connected
            });
        }
        self.path.good_since = None;
        let silent = now - *self.path.bad_since.get_or_insert(now);
        match self.path.state {
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
        self.path.failed_with = self.fake.local_ufrag().map(str::to_owned);
        Some(PeerConnectionState::Failed)
    }

    /// From now on it fails in silence.
    pub(super) fn wedge(&mut self, wedge: Wedge) {
        self.path.wedged = Some((wedge, self.fake.local_ufrag().unwrap_or_default().to_owned()));
    }

    /// How it fails in silence. New credentials cure some of it.
    pub(super) fn wedged(&self) -> Option<Wedge> {
        let (wedge, ufrag) = self.path.wedged.as_ref()?;
        let restarted = self.fake.local_ufrag() != Some(ufrag);
        let cured = restarted && matches!(wedge, Wedge::Deaf | Wedge::Stuck);
        (!cured).then_some(*wedge)
    }

    fn carries(&self) -> bool {
        self.path.state == PeerConnectionState::Connected
    }

    /// Whether messages pass, as far as this end can tell.
    pub(super) fn carries_data(&self) -> bool {
        self.carries() && self.fake.has_channel() && matches!(self.wedged(), None | Some(Wedge::Voiceless))
    }

    fn sends(&self, source: Source) -> bool {
        let agreed = self.mid(source).is_some_and(|mid| self.fake.is_agreed(&mid));
        agreed && self.sending.contains_key(&source) && self.wedged() != Some(Wedge::Stuck)
    }

    fn misses(&self, source: Source) -> bool {
        match self.wedged() {
            Some(Wedge::Deaf | Wedge::Dead) => true,
            Some(Wedge::Voiceless) => source == Source::Microphone,
            Some(Wedge::Stuck) | None => false,
        }
    }

    fn is_sound(&self) -> bool {
        self.carries()
            && self.path.known == self.path.state
            && self.wedged().is_none()
            && !self.path.refused
            && self.is_stable()
    }

    fn count(&mut self, arriving: [bool; 4]) {
        let leaving = Source::ALL.map(|source| self.carries() && self.sends(source));
        let captured = self.sending.contains_key(&Source::Camera);
        let (camera, path) = (Source::Camera as usize, &mut self.path);
        for (counter, grows) in path.frames.iter_mut().zip([arriving[camera], leaving[camera], captured]) {
            *counter += u32::from(grows);
        }
        let counters = path.received.iter_mut().zip(arriving).chain(path.sent.iter_mut().zip(leaving));
        for (counter, grows) in counters {
            *counter += if grows { PACKETS } else { 0 };
        }
    }
}
