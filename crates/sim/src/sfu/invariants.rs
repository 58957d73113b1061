//! What must hold: after every input, and once all faults are over.

use std::collections::{BTreeMap, BTreeSet};

use visavis_core::signaling::{MediaState, Source};
use visavis_core::{
    ConnectionEffect, ConnectionState, Lifecycle, ParticipantView, PublicationView, RoomView, TrackId,
    TrackSettings,
};

use super::World;
use super::ice::Reaching;
use super::server::id_of;
use crate::world::{has_raised, is_delivered, written};

/// Most messages that a room may keep for their time.
const MAX_BACKLOG: usize = 1_000;

impl World {
    /// What must hold at any time.
    pub(super) fn verify_invariants(&mut self, page: usize) {
        let view = self.pages[page].room.view();
        let tracks: Vec<_> =
            view.participants.iter().flat_map(|one| &one.publications).filter_map(|one| one.track).collect();
        let once: BTreeSet<_> = tracks.iter().collect();
        if once.len() < tracks.len() {
            self.report_violation(format!(
                "page {page} shows one track in two places: {:?}",
                view.participants
            ));
        }
        if self.pages[page].room.backlog() > MAX_BACKLOG {
            self.report_violation(format!("page {page} keeps too much"));
        }
        let prepared = usize::from(self.server.first_connection().is_some());
        if view.lifecycle == Lifecycle::Lobby && self.pages[page].browser.connections.len() > prepared {
            self.report_violation(format!("page {page} has connections in the lobby"));
        }
    }

    /// What is not as it should be at last, if anything.
    pub(super) fn divergence(&self) -> Option<String> {
        let here =
            |page: &usize| self.pages[*page].alive && self.pages[*page].room.view().lifecycle.in_call();
        let present = (0..self.pages.len()).filter(here);
        let reaching = self.reaching_server();
        let media: BTreeMap<usize, MediaState> = present.map(|page| (page, self.media(page))).collect();
        media.keys().find_map(|page| self.divergence_of(*page, &media, &reaching))
    }

    /// What is wrong about what one of those sees who are there, if anything.
    fn divergence_of(
        &self,
        page: usize,
        present: &BTreeMap<usize, MediaState>,
        reaching: &Reaching,
    ) -> Option<String> {
        let view = self.pages[page].room.view();
        if view.lifecycle != Lifecycle::Joined {
            return Some(format!("page {page} is {:?}", view.lifecycle));
        }
        let expected = self.server.sessions.get(&page).map_or(0, |session| session.connections.len());
        let connections = self.pages[page].browser.connections.len();
        if connections != expected {
            return Some(format!("page {page} has {connections} connections, and should have {expected}"));
        }
        if view.participants.len() + 1 != present.len() {
            return Some(format!("page {page} sees {} others", view.participants.len()));
        }
        if let Some(layers) = self.wrong_layers(page) {
            return Some(format!("page {page} encodes {layers:?}, not {:?}", self.server.subscribed(page)));
        }
        let arriving = self.arriving(page, reaching);
        present.iter().filter(|(other, _)| **other != page).find_map(|(other, media)| {
            let Some(seen) = view.participants.iter().find(|one| one.id == id_of(*other)) else {
                return Some(format!("page {page} does not see page {other}"));
            };
            self.missing(page, *other, *media, seen)
                .or_else(|| self.wrong_interactions(*other, &view))
                .or_else(|| self.silent_source(page, *other, *media, &arriving))
                .map(|what| format!("page {page} {what}"))
        })
    }

    /// What is wrong about somebody, as another sees them.
    fn missing(
        &self,
        page: usize,
        other: usize,
        expected: MediaState,
        seen: &ParticipantView,
    ) -> Option<String> {
        if seen.media != Some(expected) {
            return Some(format!("thinks that page {other} sends {:?}, not {expected:?}", seen.media));
        }
        let shown = self.pages[page].shown.get(&other).copied();
        let known = self.server.shown(page, other, Source::Camera);
        if known != shown {
            return Some(format!("shows page {other} {shown:?}, and the server knows {known:?}"));
        }
        let told = self.pages[page].told.get(&other);
        if told != Some(&expected) {
            return Some(format!("was told {told:?} by page {other}, not {expected:?}"));
        }
        if seen.connection.state != ConnectionState::Connected {
            return Some(format!("sees page {other} {:?}", seen.connection));
        }
        let wrong = |one: &&PublicationView| one.on && !self.belongs(page, other, one.source, one.track);
        let wrong = seen.publications.iter().find(wrong);
        let shown: MediaState = seen.publications.iter().filter(|one| one.on).map(|one| one.source).collect();
        if shown != expected {
            return Some(format!("shows {shown:?} of page {other}, not {expected:?}"));
        }
        wrong.map(|one| format!("shows the wrong {:?} of page {other}: {:?}", one.source, one.track))
    }

    /// What somebody has written is there, and whether their hand is raised; and they are known to have what was written here.
    fn wrong_interactions(&self, other: usize, view: &RoomView) -> Option<String> {
        let (their_id, theirs) = (id_of(other), self.pages[other].room.view());
        let right = written(view, Some(&their_id)).ends_with(&written(&theirs, None))
            && has_raised(view, Some(&their_id)) == has_raised(&theirs, None)
            && is_delivered(view, &their_id);
        (!right).then(|| format!("has not what page {other} wrote, or does not see their hand"))
    }

    /// No repair where nothing is broken.
    pub(super) fn verify_repair(&mut self, page: usize) {
        if self.harmless {
            self.report_violation(format!("page {page} repairs a healthy connection"));
        }
    }

    /// Counts what a page does with its connections.
    pub(super) fn count(&mut self, page: usize, effect: &ConnectionEffect) {
        self.statistics.connections += u64::from(matches!(effect, ConnectionEffect::Create(..)));
        if *effect == ConnectionEffect::RestartIce {
            self.statistics.restarts += 1;
            self.verify_repair(page);
        }
    }

    /// Whether a track is what the server forwards there.
    fn belongs(&self, page: usize, other: usize, source: Source, track: Option<TrackId>) -> bool {
        let carried = || {
            let (id, mid) = self.pages[page].tracks.get(&track?)?;
            let connection = self.pages[page].browser.connections.get(id)?;
            self.other_end(page, connection)?.forwarded.get(mid).copied()
        };
        carried() == Some((other, source))
    }

    /// What does not arrive of somebody. A picture alone may be held back, so nobody can tell that it does not flow; and one
    /// that is hidden is.
    fn silent_source(
        &self,
        page: usize,
        other: usize,
        media: MediaState,
        arriving: &BTreeSet<(usize, Source)>,
    ) -> Option<String> {
        let hidden = |source| self.server.shown(page, other, source) == Some(TrackSettings::Disabled);
        let due =
            |source: &Source| media.is_on(Source::Microphone) && media.is_on(*source) && !hidden(*source);
        let mut due = Source::MICROPHONE_AND_CAMERA.into_iter().filter(due);
        let silent = due.find(|source| !arriving.contains(&(other, *source)))?;
        Some(format!("receives no {silent:?} of page {other}"))
    }

    /// Which layers of its camera a page encodes, if not those that the server has asked for: where it takes none, there is
    /// one, and it is on.
    fn wrong_layers(&self, page: usize) -> Option<Vec<bool>> {
        let wanted = if self.server.simulcast { self.server.subscribed(page).to_vec() } else { vec![true] };
        let connections = self.pages[page].browser.connections.values();
        let encodings = connections.filter_map(|connection| connection.encodings.get(&Source::Camera));
        let mut layers = encodings.map(|all| all.as_slice().iter().map(|one| one.active).collect::<Vec<_>>());
        layers.find(|layers| *layers != wanted)
    }
}
