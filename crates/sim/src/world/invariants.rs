//! What must always be true, and what must be true in the end.

use visavis_core::signaling::{MediaState, ParticipantId};
use visavis_core::{ConnectionReason, ConnectionState, Lifecycle, ParticipantView, RoomView, Source, Test};

use super::World;
use super::page::Peer;

/// Most messages that may wait inside a room for each person in it. Nobody here sends more than a few at a time.
const MAX_BACKLOG: usize = 60;

/// What a room should show of a participant once all faults are over.
#[derive(Debug, PartialEq, Eq)]
struct Shown<'a> {
    id: &'a ParticipantId,
    name: String,
    media: Option<MediaState>,
    /// What it can show: there is a track.
    tracks: Vec<Source>,
    connection: &'static str,
    reason: &'static str,
}

impl<'a> Shown<'a> {
    /// What the model expects.
    fn expected(number: usize, page: &'a Peer) -> Self {
        let media = page.media();
        let shown = |source: &Source| Source::MICROPHONE_AND_CAMERA.contains(source) || media.is_on(*source);
        Self {
            id: &page.id,
            name: format!("peer {number}"),
            media: Some(media),
            tracks: Source::ALL.into_iter().filter(shown).collect(),
            connection: ConnectionState::Connected.as_str(),
            reason: ConnectionReason::None.as_str(),
        }
    }

    fn from(view: &'a ParticipantView) -> Self {
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
    pub(super) fn verify_invariants(&mut self, peer: usize) {
        let page = &self.peers[peer];
        let view = page.room.view();
        let (people, connections) = (view.participants.len(), page.browser.connections.len());
        let not_in_room = matches!(view.lifecycle, Lifecycle::Left | Lifecycle::Lobby);
        let what = if connections > people + page.browser.most_made_ahead(view.lifecycle) {
            format!("has {connections} connections for {people} people")
        } else if view.participants.iter().any(|other| other.id == page.id) {
            "sees itself".to_owned()
        } else if view.lifecycle == Lifecycle::Left && !page.holds_no_resources() {
            "has left, but still holds resources".to_owned()
        } else if view.lifecycle != Lifecycle::Lobby
            && page.tests.values().any(|test| *test != Test::Connection)
        {
            "still tries out what a call would need".to_owned()
        } else if not_in_room && people > 0 {
            "sees people, but is not in the room".to_owned()
        } else if page.room.backlog() > MAX_BACKLOG * (people + 1) {
            format!("holds {} messages", page.room.backlog())
        } else {
            return;
        };
        self.report_violation(format!("peer {peer} {what}"));
    }

    /// What is not as it should be in the end.
    pub(super) fn divergence(&self) -> Option<String> {
        (0..self.peers.len()).filter(|peer| self.peers[*peer].alive).find_map(|peer| self.divergence_of(peer))
    }

    fn divergence_of(&self, peer: usize) -> Option<String> {
        let page = &self.peers[peer];
        let view = page.room.view();
        if !page.should_be_joined {
            let most = if view.lifecycle == Lifecycle::Lobby { 1 } else { 0 };
            let empty = page.browser.connections.len() <= most && view.participants.is_empty();
            return (!empty)
                .then(|| format!("peer {peer} has left but still has connections or participants"));
        }
        if view.lifecycle != Lifecycle::Joined || view.problem.is_some() {
            return Some(format!("peer {peer} is {:?}, {:?}", view.lifecycle, view.problem));
        }
        self.wrong_view(peer, &view)
            .or_else(|| self.wrong_media(peer))
            .or_else(|| self.wrong_interactions(peer, &view))
    }

    /// The view equals the model.
    fn wrong_view(&self, peer: usize, view: &RoomView) -> Option<String> {
        let others = self
            .peers
            .iter()
            .enumerate()
            .filter(|(other, page)| *other != peer && page.alive && page.should_be_joined);
        let mut expected: Vec<_> = others.map(|(other, page)| Shown::expected(other, page)).collect();
        let mut seen: Vec<_> = view.participants.iter().map(Shown::from).collect();
        seen.retain(|one| {
            expected.iter().position(|other| other == one).map(|at| expected.remove(at)).is_none()
        });
        (expected.len() + seen.len() > 0)
            .then(|| format!("peer {peer} sees {seen:?} instead of {expected:?}"))
    }

    /// What people say they send, they send, and it arrives.
    fn wrong_media(&self, peer: usize) -> Option<String> {
        let page = &self.peers[peer];
        let people = page.room.view().participants.len();
        if page.browser.connections.len() != people + page.browser.most_made_ahead(Lifecycle::Joined) {
            return Some(format!(
                "peer {peer} has {} connections for {people} people",
                page.browser.connections.len()
            ));
        }
        page.browser.connections.values().filter(|conn| conn.fake.has_remote_description()).find_map(|conn| {
            let sends_its_tracks = conn.sending.len() == page.browser.tracks.len()
                && conn.sending.values().all(|track| page.browser.tracks.contains(track));
            let receives_all = self.other_end(conn).is_some_and(|(owner, _)| {
                let media = self.peers[owner].media();
                let received = self.received_sources(peer, conn);
                let is_received = |source: Source| received[source as usize];
                Source::ALL.into_iter().all(|source| {
                    let heard = source == Source::Camera && is_received(Source::Microphone);
                    heard || is_received(source) || !media.is_on(source)
                })
            });
            (!sends_its_tracks || !receives_all || !self.has_received_newest(conn))
                .then(|| format!("peer {peer} misses something, or sends the wrong thing"))
        })
    }
}

impl World {
    /// Of everybody to whom a channel leads, what they have written is there, to the last word, and whether their hand is raised;
    /// and they are known to have what was written here.
    fn wrong_interactions(&self, peer: usize, view: &RoomView) -> Option<String> {
        let connections = self.peers[peer].browser.connections.values();
        connections.filter(|conn| self.has_open_channel(conn)).find_map(|conn| {
            let owner = self.other_end(conn)?.0;
            let their_id = Some(&self.peers[owner].id);
            let theirs = self.peers[owner].room.view();
            let right = written(view, their_id).ends_with(&written(&theirs, None))
                && has_raised(view, their_id) == has_raised(&theirs, None)
                && is_delivered(view, &self.peers[owner].id);
            (!right)
                .then(|| format!("peer {peer} has not what peer {owner} wrote, or does not see their hand"))
        })
    }
}

/// What somebody has written, as it is shown; `None` is the page's own person.
pub(crate) fn written<'a>(view: &'a RoomView, author: Option<&ParticipantId>) -> Vec<&'a str> {
    let chat = view.interactions.iter().flat_map(|interactions| interactions.chat.iter());
    chat.filter(|message| message.author.as_ref() == author).map(|message| &*message.text).collect()
}

/// Whether somebody has a hand raised, as it is shown; `None` is the page's own person.
pub(crate) fn has_raised(view: &RoomView, who: Option<&ParticipantId>) -> bool {
    let mut hands = view.interactions.iter().flat_map(|interactions| interactions.hands.iter());
    hands.any(|hand| hand.as_ref() == who)
}

/// Whether somebody is known to have all that was written in a page.
pub(crate) fn is_delivered(view: &RoomView, to: &ParticipantId) -> bool {
    let mut missed = view.interactions.iter().flat_map(|interactions| interactions.undelivered.iter());
    !missed.any(|(id, _)| id == to)
}

impl Peer {
    /// What it really sends.
    pub(super) fn media(&self) -> MediaState {
        let me = self.room.self_view();
        me.sources.iter().filter(|view| view.state.as_str() == "on").map(|view| view.source).collect()
    }

    fn holds_no_resources(&self) -> bool {
        self.browser.tracks.is_empty()
            && self.tests.is_empty()
            && self.socket.is_none()
            && self.browser.connections.is_empty()
            && self.next_timer.is_none()
    }
}
