//! What must always be true, and what must be true in the end.

use visavis_core::signaling::{MediaState, ParticipantId};
use visavis_core::{ConnectionReason, ConnectionState, Lifecycle, ParticipantView, RoomView, Source, Test};

use super::World;
use super::page::Peer;

/// Most messages that may wait inside a room for each person in it. Nobody here sends more than a few at a time.
const MAX_BACKLOG: usize = 60;

/// What a room should show of somebody once everything is at rest.
#[derive(Debug, PartialEq, Eq)]
struct Seen<'a> {
    id: &'a ParticipantId,
    name: String,
    media: Option<MediaState>,
    /// What it can show: there is a track.
    tracks: Vec<Source>,
    connection: &'static str,
    reason: &'static str,
}

impl<'a> Seen<'a> {
    /// The truth, which no room knows.
    fn truth(number: usize, page: &'a Peer) -> Self {
        let media = page.media();
        let shown = |source: &Source| Source::FIRST.contains(source) || media.is_on(*source);
        Self {
            id: &page.id,
            name: format!("peer {number}"),
            media: Some(media),
            tracks: Source::ALL.into_iter().filter(shown).collect(),
            connection: ConnectionState::Connected.as_str(),
            reason: ConnectionReason::None.as_str(),
        }
    }

    fn by(view: &'a ParticipantView) -> Self {
        Self {
            id: &view.id,
            name: view.name.clone(),
            media: view.media,
            tracks: Source::ALL.into_iter().filter(|source| view.track(*source).is_some()).collect(),
            connection: view.connection.state.as_str(),
            reason: view.connection.reason.as_str(),
        }
    }
}

impl World {
    /// True after every step.
    pub(super) fn check_peer(&mut self, peer: usize) {
        let page = &self.peers[peer];
        let view = page.room.view();
        let (people, connections) = (view.participants.len(), page.browser.connections.len());
        let spare = page.spare();
        let out = matches!(view.lifecycle, Lifecycle::Left | Lifecycle::Lobby);
        let what = if connections > people + spare.min(1) {
            format!("has {connections} connections for {people} people")
        } else if view.participants.iter().any(|other| other.id == page.id) {
            "sees itself".to_owned()
        } else if view.lifecycle == Lifecycle::Left && !page.is_put_away() {
            "has left, but not everything is put away".to_owned()
        } else if view.lifecycle != Lifecycle::Lobby
            && page.tests.values().any(|test| *test != Test::Connection)
        {
            "still tries out what a call would need".to_owned()
        } else if out && people > 0 {
            "sees people, but is not in the room".to_owned()
        } else if page.room.backlog() > MAX_BACKLOG * (people + 1) {
            format!("holds {} messages", page.room.backlog())
        } else {
            return;
        };
        self.violate(format!("peer {peer} {what}"));
    }

    /// What is not as it should be in the end.
    pub(super) fn unrest(&self) -> Option<String> {
        (0..self.peers.len()).filter(|peer| self.peers[*peer].alive).find_map(|peer| self.unrest_of(peer))
    }

    fn unrest_of(&self, peer: usize) -> Option<String> {
        let page = &self.peers[peer];
        let view = page.room.view();
        if !page.wants_in {
            let clean = page.browser.connections.is_empty() && view.participants.is_empty();
            return (!clean).then(|| format!("peer {peer} is out but not clean"));
        }
        if view.lifecycle != Lifecycle::Joined || view.problem.is_some() {
            return Some(format!("peer {peer} is {:?}, {:?}", view.lifecycle, view.problem));
        }
        self.wrong_view(peer, &view).or_else(|| self.wrong_media(peer))
    }

    /// The view equals the model.
    fn wrong_view(&self, peer: usize, view: &RoomView) -> Option<String> {
        let others = self
            .peers
            .iter()
            .enumerate()
            .filter(|(other, page)| *other != peer && page.alive && page.wants_in);
        let mut truth: Vec<_> = others.map(|(other, page)| Seen::truth(other, page)).collect();
        let mut seen: Vec<_> = view.participants.iter().map(Seen::by).collect();
        seen.retain(|one| truth.iter().position(|other| other == one).map(|at| truth.remove(at)).is_none());
        (truth.len() + seen.len() > 0).then(|| format!("peer {peer} sees {seen:?} instead of {truth:?}"))
    }

    /// What people say they send, they send, and it arrives.
    fn wrong_media(&self, peer: usize) -> Option<String> {
        let page = &self.peers[peer];
        let people = page.room.view().participants.len();
        if page.browser.connections.len() != people + page.spare() {
            return Some(format!(
                "peer {peer} has {} connections for {people} people",
                page.browser.connections.len()
            ));
        }
        page.browser.connections.values().filter(|conn| !conn.fake.is_untouched()).find_map(|conn| {
            let sends_right = conn.sending.len() == page.browser.tracks.len()
                && conn.sending.values().all(|track| page.browser.tracks.contains(track));
            let hears = self.other_end(conn).is_some_and(|(owner, _)| {
                let media = self.peers[owner].media();
                let [voice, picture, screen, sound] = self.arriving(peer, conn);
                (voice || !media.microphone)
                    && (voice || picture || !media.camera)
                    && (screen || !media.screen)
                    && (sound || !media.screen_audio)
            });
            (!sends_right || !hears)
                .then(|| format!("peer {peer} misses something, or sends the wrong thing"))
        })
    }
}

impl Peer {
    /// What it really sends.
    pub(super) fn media(&self) -> MediaState {
        let me = self.room.view().me;
        me.sources.iter().filter(|view| view.state.as_str() == "on").map(|view| view.source).collect()
    }

    /// How many connections it has that nobody uses yet.
    fn spare(&self) -> usize {
        self.browser.connections.values().filter(|conn| conn.fake.is_untouched()).count()
    }

    fn is_put_away(&self) -> bool {
        self.browser.tracks.is_empty()
            && self.tests.is_empty()
            && self.socket.is_none()
            && self.browser.connections.is_empty()
            && self.next_timer.is_none()
    }
}
