//! Just enough ICE and RTP: which ends reach each other, after how long `connectionState` changes, and what the counters say.

use visavis_core::{ConnectionEvent, ConnectionId, Source};

use super::page::Conn;
use super::script::SilentFailure;
use super::{Action, ICE_TICK, World};

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
        let (reachable, received_sources) =
            (self.is_reachable(peer, conn), self.received_sources(peer, conn));
        let now = self.now;
        let Some(conn) = self.peers[peer].browser.connections.get_mut(&id) else { return };
        conn.update_counters(received_sources);
        if !reachable || conn.silent_failure().is_some() {
            conn.path.last_unhealthy_at = now;
        }
        if let Some(state) = conn.path.ice.tick(now, reachable, conn.fake.local_ufrag()) {
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

    pub(super) fn is_reachable(&self, peer: usize, conn: &Conn) -> bool {
        self.other_end(conn).is_some_and(|(owner, other)| {
            !self.is_cut(peer, owner)
                && conn.fake.can_connect_to(&other.fake)
                && (conn.fake.has_remote_candidate() || other.fake.has_remote_candidate())
        })
    }

    /// Which sources of the other side reach a connection.
    pub(super) fn received_sources(&self, peer: usize, conn: &Conn) -> [bool; Source::ALL.len()] {
        let Some((owner, other)) = self.other_end(conn) else { return [false; Source::ALL.len()] };
        let mutual = other.fake.remote_fingerprint() == Some(conn.fake.fingerprint());
        let open = mutual
            && conn.path.ice.is_connected()
            && other.path.ice.is_connected()
            && !self.is_cut(peer, owner);
        Source::ALL.map(|source| open && other.sends(source) && !conn.drops_inbound(source))
    }

    pub(super) fn is_cut(&self, a: usize, b: usize) -> bool {
        self.cut_paths.contains(&(a.min(b), a.max(b)))
    }

    /// Whether a room has an outdated media state of the other side, and may take missing media for a fault.
    pub(super) fn has_stale_media_state(&self, peer: usize, conn: &Conn) -> bool {
        self.other_end(conn).is_some_and(|(owner, _)| {
            let page = &self.peers[owner];
            let view = self.peers[peer].room.view();
            let believed = view.participants.into_iter().find(|other| other.id == page.id);
            believed.and_then(|other| other.media).is_some_and(|media| media != page.media())
        })
    }

    /// Whether nothing is wrong with a connection at either end, and both have had the time to notice: then no repair may touch it.
    pub(super) fn is_healthy(&self, peer: usize, conn: &Conn) -> bool {
        conn.path.last_unhealthy_at + NOTICES_WITHIN < self.now
            && self.other_end(conn).is_some_and(|(owner, other)| {
                let page = &self.peers[owner];
                page.alive
                    && page.should_be_joined
                    && conn.is_healthy()
                    && other.is_healthy()
                    && self.is_reachable(peer, conn)
            })
    }
}

impl Conn {
    /// From now on it fails silently.
    pub(super) fn fail_silently(&mut self, failure: SilentFailure) {
        self.path.silent_failure = Some((failure, self.fake.local_ufrag().unwrap_or_default().to_owned()));
    }

    /// How it fails silently; an ICE restart repairs some of it.
    pub(super) fn silent_failure(&self) -> Option<SilentFailure> {
        let (failure, ufrag) = self.path.silent_failure.as_ref()?;
        let restarted = self.fake.local_ufrag() != Some(ufrag);
        let repaired = restarted
            && matches!(
                failure,
                SilentFailure::ReceivesNothingUntilRestart | SilentFailure::SendsNothingUntilRestart
            );
        (!repaired).then_some(*failure)
    }

    /// Whether messages pass, as far as this end can tell.
    pub(super) fn delivers_messages(&self) -> bool {
        self.path.ice.is_connected()
            && self.fake.has_data_channel()
            && matches!(self.silent_failure(), None | Some(SilentFailure::ReceivesNoAudio))
    }

    fn sends(&self, source: Source) -> bool {
        let negotiated = self.mid(source).is_some_and(|mid| self.fake.is_negotiated(&mid));
        negotiated
            && self.sending.contains_key(&source)
            && self.silent_failure() != Some(SilentFailure::SendsNothingUntilRestart)
    }

    fn drops_inbound(&self, source: Source) -> bool {
        match self.silent_failure() {
            Some(SilentFailure::ReceivesNothingUntilRestart | SilentFailure::ReceivesNothing) => true,
            Some(SilentFailure::ReceivesNoAudio) => source == Source::Microphone,
            Some(SilentFailure::SendsNothingUntilRestart) | None => false,
        }
    }

    fn is_healthy(&self) -> bool {
        self.path.ice.is_connected()
            && self.path.reported_state == self.path.ice.state
            && self.silent_failure().is_none()
            && !self.path.description_refused
            && self.is_stable()
    }

    fn update_counters(&mut self, received_sources: [bool; Source::ALL.len()]) {
        let leaving = Source::ALL.map(|source| self.path.ice.is_connected() && self.sends(source));
        let captured = self.sending.contains_key(&Source::Camera);
        let (camera, path) = (Source::Camera as usize, &mut self.path);
        for (counter, grows) in
            path.frames.iter_mut().zip([received_sources[camera], leaving[camera], captured])
        {
            *counter += u32::from(grows);
        }
        let counters =
            path.received.iter_mut().zip(received_sources).chain(path.sent.iter_mut().zip(leaving));
        for (counter, grows) in counters {
            *counter += if grows { PACKETS } else { 0 };
        }
    }
}
