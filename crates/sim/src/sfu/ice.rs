//! Which connections reach the server, which packets pass on them, and what the counters say.

use std::collections::{BTreeMap, BTreeSet};

use visavis_core::signaling::{MediaState, SfuDirection, Source, TrackSettings};
use visavis_core::{
    ConnectionEvent, ConnectionId, MediaKind, PeerConnectionState, SourceState, Stats, StreamStats,
};

use super::script::SilentFailure;
use super::session::ServerConnection;
use super::{Action, ICE_TICK, World};
use crate::browser::Connection;
use crate::fake::SectionKind;
use crate::ice_state::IceState;

/// Packets of each source in one tick.
const PACKETS: u32 = 12;
/// Packets after which a room has found in a sample that they flow.
const ESTABLISHED: u32 = 16 * PACKETS;

/// Whose packets reach the server.
pub(super) type Reaching = BTreeSet<(usize, Source)>;
/// A connection of a page.
pub(super) type Conn = Connection<Path>;

/// What the world knows of the path of a connection.
#[derive(Debug, Default)]
pub(super) struct Path {
    ice: IceState,
    /// How it fails while the browser calls it connected.
    failure: Option<Failure>,
    /// Packets so far, by section.
    received: BTreeMap<String, u32>,
    sent: BTreeMap<String, u32>,
    /// Frames that the camera has given.
    captured: u32,
}

#[derive(Debug)]
struct Failure {
    kind: SilentFailure,
    /// The only section that is silent, if it is one.
    mid: Option<String>,
    /// The ufrag when it began.
    ufrag: String,
}

impl Path {
    fn established(counters: &BTreeMap<String, u32>, mid: &str) -> bool {
        counters.get(mid).is_some_and(|packets| *packets >= ESTABLISHED)
    }
}

impl Conn {
    /// How it fails; an ICE restart repairs some of it.
    fn failure(&self) -> Option<&Failure> {
        let failure = self.path.failure.as_ref()?;
        let restarted = self.fake.local_ufrag() != Some(failure.ufrag.as_str());
        (!restarted || !failure.kind.ends_with_restart()).then_some(failure)
    }

    fn drops_inbound(&self, mid: &str) -> bool {
        self.failure().is_some_and(|failure| {
            !failure.kind.is_of_sender() && failure.mid.as_deref().is_none_or(|only| only == mid)
        })
    }

    /// The section in which a source leaves, if it does.
    fn sends(&self, source: Source) -> Option<String> {
        let mid = self.mid(source).filter(|mid| self.fake.is_negotiated(mid))?;
        let stopped = self.failure().is_some_and(|failure| failure.kind.is_of_sender());
        (self.path.ice.is_connected() && self.sending.contains_key(&source) && !stopped).then_some(mid)
    }
}

impl World {
    /// The server's end of a connection, if both ends agree that they are.
    pub(super) fn other_end(&self, page: usize, connection: &Conn) -> Option<&ServerConnection> {
        let mut others = self.server.sessions.get(&page)?.connections.values();
        others.find(|other| connection.fake.remote_fingerprint() == Some(other.fake.fingerprint()))
    }

    pub(super) fn ice_tick(&mut self) {
        self.schedule(self.now + ICE_TICK, Action::IceTick);
        let mut changes = Vec::new();
        let reaching = self.reaching_server();
        for (index, page) in self.pages.iter().enumerate().filter(|(_, page)| page.alive) {
            for (id, connection) in &page.browser.connections {
                let reaches = self.other_end(index, connection).is_some_and(|other| {
                    connection.fake.can_connect_to(&other.fake) && connection.fake.has_remote_candidate()
                });
                let received = self.received_sections(index, connection, &reaching);
                changes.push((index, *id, reaches && !page.path_cut, received));
            }
        }
        for (page, id, good, received) in changes {
            let now = self.now;
            let Some(connection) = self.pages[page].browser.connections.get_mut(&id) else { continue };
            connection.count(received);
            if let Some(state) = connection.path.ice.tick(now, good, connection.fake.local_ufrag()) {
                self.connection_event(page, id, ConnectionEvent::ConnectionStateChange(state));
                if state == PeerConnectionState::Connected {
                    self.open_channel(page, id);
                }
            }
        }
    }

    /// Whether one of the connections of a page that go this way is up.
    pub(super) fn is_active(&self, page: usize, goes: impl Fn(SfuDirection) -> bool) -> bool {
        self.pages[page].browser.connections.values().any(|connection| {
            connection.path.ice.is_connected()
                && self.other_end(page, connection).is_some_and(|other| goes(other.direction))
        })
    }

    /// Whose packets reach the server.
    pub(super) fn reaching_server(&self) -> Reaching {
        let publishers = self.pages.iter().enumerate().filter(|(_, page)| page.alive && !page.path_cut);
        let connections = publishers.flat_map(|(index, page)| {
            page.browser.connections.values().map(move |connection| (index, connection))
        });
        let reaches = |(page, connection): (usize, &Conn)| {
            let other = self.other_end(page, connection)?;
            let published = other.published.iter();
            let sent = published.filter(|(source, mid)| connection.sends(**source).as_ref() == Some(*mid));
            Some(sent.map(|(source, _)| (page, *source)).collect::<Vec<_>>())
        };
        connections.filter_map(reaches).flatten().collect()
    }

    /// The sections in which packets arrive.
    fn received_sections(&self, page: usize, connection: &Conn, reaching: &Reaching) -> Vec<String> {
        if self.pages[page].path_cut || !connection.path.ice.is_connected() {
            return Vec::new();
        }
        let Some(other) = self.other_end(page, connection) else { return Vec::new() };
        let arrives = |(mid, track): &(&String, &(usize, Source))| {
            let held_back = (track.1.kind() == MediaKind::Video && self.pages[page].pictures_held_back)
                || self.server.shown(page, track.0, track.1) == Some(TrackSettings::Disabled);
            connection.fake.is_negotiated(mid)
                && !connection.drops_inbound(mid)
                && !held_back
                && reaching.contains(track)
        };
        other.forwarded.iter().filter(arrives).map(|(mid, _)| mid.clone()).collect()
    }

    /// What arrives at a page, and of whom.
    pub(super) fn arriving(&self, page: usize, reaching: &Reaching) -> BTreeSet<(usize, Source)> {
        let connections = self.pages[page].browser.connections.values();
        let tracks = connections.filter_map(|connection| {
            let other = self.other_end(page, connection)?;
            let received = self.received_sections(page, connection, reaching);
            Some(received.into_iter().filter_map(|mid| other.forwarded.get(&mid).copied()))
        });
        tracks.flatten().collect()
    }

    /// What somebody says that they send.
    pub(super) fn media(&self, page: usize) -> MediaState {
        let sources = self.pages[page].room.self_view().sources;
        sources.iter().filter(|one| one.state == SourceState::On).map(|one| one.source).collect()
    }

    /// One of the connections of a page on which packets flow fails silently; only if somebody can notice.
    pub(super) fn fail_silently(&mut self, page: usize, number: usize, kind: SilentFailure) {
        let mut candidates: Vec<(ConnectionId, String)> = Vec::new();
        for (id, connection) in &self.pages[page].browser.connections {
            let mids = self.watched_sections(page, connection, kind);
            candidates.extend(mids.into_iter().map(|mid| (*id, mid)));
        }
        if candidates.is_empty() {
            return;
        }
        let (id, mid) = &candidates[number % candidates.len()];
        if let Some(connection) = self.pages[page].browser.connections.get_mut(id) {
            self.statistics.silent_failures += 1;
            let ufrag = connection.fake.local_ufrag().unwrap_or_default().to_owned();
            let mid = (kind == SilentFailure::ReceivesNoMicrophone).then(|| mid.clone());
            connection.path.failure = Some(Failure { kind, mid, ufrag });
        }
    }

    /// The sections of microphones that are on, in which packets have passed.
    fn watched_sections(&self, page: usize, connection: &Conn, kind: SilentFailure) -> Vec<String> {
        if kind.is_of_sender() {
            let mid =
                connection.sends(Source::Microphone).filter(|_| self.media(page).is_on(Source::Microphone));
            return mid.filter(|mid| Path::established(&connection.path.sent, mid)).into_iter().collect();
        }
        let Some(other) = self.other_end(page, connection) else { return Vec::new() };
        let mut received = self.received_sections(page, connection, &self.reaching_server());
        received.retain(|mid| {
            let on = |(publisher, source): &(usize, Source)| {
                *source == Source::Microphone && self.media(*publisher).is_on(Source::Microphone)
            };
            other.forwarded.get(mid).is_some_and(on) && Path::established(&connection.path.received, mid)
        });
        received
    }

    pub(super) fn stats_done(&mut self, page: usize, id: ConnectionId) {
        let Some(connection) = self.pages[page].browser.connections.get(&id) else { return };
        let stream = |mid: &String, kind, packets: u32| {
            let frames = (kind == MediaKind::Video).then_some(packets);
            StreamStats { mid: mid.clone(), kind, packets, frames, lost: None }
        };
        let path = &connection.path;
        let kinds: BTreeMap<_, _> = connection.fake.remote_sections().into_iter().collect();
        let inbound = path.received.iter().filter_map(|(mid, packets)| {
            let audio = *kinds.get(mid)? == SectionKind::Audio;
            Some(stream(mid, if audio { MediaKind::Audio } else { MediaKind::Video }, *packets))
        });
        let outbound = Source::ALL.into_iter().filter_map(|source| {
            let mid = connection.mid(source)?;
            Some(stream(&mid, source.kind(), *path.sent.get(&mid)?))
        });
        let stats = Stats {
            inbound: inbound.collect(),
            outbound: outbound.collect(),
            captured: vec![(Source::Camera, Some(path.captured))],
            audio_packets_lost: 0,
        };
        self.connection_event(page, id, ConnectionEvent::Stats(stats));
    }
}

impl Conn {
    fn count(&mut self, received: Vec<String>) {
        let leaving = Source::ALL.map(|source| self.sends(source));
        let path = &mut self.path;
        path.captured += u32::from(self.sending.contains_key(&Source::Camera));
        received.into_iter().for_each(|mid| *path.received.entry(mid).or_default() += PACKETS);
        leaving.into_iter().flatten().for_each(|mid| *path.sent.entry(mid).or_default() += PACKETS);
    }
}
