//! What must always be true, and what must be true in the end.

use visavis_core::signaling::ParticipantId;
use visavis_core::{ConnectionState, Lifecycle, ParticipantView};

use super::World;

impl World {
    /// True after every step.
    pub(super) fn check_peer(&mut self, peer: usize) {
        let page = &self.peers[peer];
        let view = page.room.view();
        let people = view.participants.len();
        let connections = page.connections.len();
        if connections != people {
            self.violate(format!("peer {peer} has {connections} connections for {people} people"));
        } else if view.participants.iter().any(|other| other.id == page.id) {
            self.violate(format!("peer {peer} sees itself"));
        } else if view.lifecycle == Lifecycle::Left && !page.tracks.is_empty() {
            self.violate(format!("peer {peer} has left, but its devices are on"));
        }
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.unrest().is_none()
    }

    /// What is not as it should be in the end.
    pub(super) fn unrest(&self) -> Option<String> {
        (0..self.peers.len()).filter(|peer| self.peers[*peer].alive).find_map(|peer| self.unrest_of(peer))
    }

    fn unrest_of(&self, peer: usize) -> Option<String> {
        let page = &self.peers[peer];
        let view = page.room.view();
        if !page.wants_in {
            let clean = page.connections.is_empty() && view.participants.is_empty();
            return (!clean).then(|| format!("peer {peer} is out but not clean"));
        }
        if view.lifecycle != Lifecycle::Joined {
            return Some(format!("peer {peer} is {:?}", view.lifecycle));
        }
        let expected = self.peers.iter().filter(|other| other.alive && other.wants_in && other.id != page.id);
        let mut expected: Vec<&ParticipantId> = expected.map(|other| &other.id).collect();
        let mut seen: Vec<&ParticipantId> = view.participants.iter().map(|other| &other.id).collect();
        expected.sort();
        seen.sort();
        if seen != expected {
            return Some(format!("peer {peer} sees {seen:?} instead of {expected:?}"));
        }
        view.participants.iter().find_map(|other| self.unrest_between(peer, other))
    }

    fn unrest_between(&self, peer: usize, other: &ParticipantView) -> Option<String> {
        let page = self.peers.iter().find(|page| page.id == other.id && page.alive)?;
        let media = page.room.view().me;
        let truth = (media.microphone.state.as_str() == "on", media.camera.state.as_str() == "on");
        let told = other.media.map(|media| (media.microphone, media.camera));
        if other.connection != ConnectionState::Connected {
            return Some(format!(
                "peer {peer} and {}: {:?} {:?}",
                other.name, other.connection, other.reason
            ));
        }
        if other.camera.is_none() || other.microphone.is_none() {
            return Some(format!("peer {peer} has no tracks of {}", other.name));
        }
        if told != Some(truth) {
            return Some(format!("peer {peer} believes {told:?} of {}, who is {truth:?}", other.name));
        }
        let sent = [media.microphone.track, media.camera.track].into_iter().flatten().count();
        let sends = |conn: &super::peer::Conn| {
            conn.sending.len() == sent && conn.sending.values().all(|t| page.tracks.contains(t))
        };
        (!page.connections.values().all(sends))
            .then(|| format!("{} sends something else than it should", other.name))
    }
}
