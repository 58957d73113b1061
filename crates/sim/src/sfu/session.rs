//! Somebody in the room of a selective forwarding unit, and the connections that they should have.

use std::collections::BTreeMap;

use visavis_core::RIDS;
use visavis_core::signaling::{
    ForwardedTrack, MediaKind, MediaState, PublishedSources, SfuConnection, SfuConnectionId, SfuDirection,
    Source, VideoSettings,
};

use crate::browser::kind_of;
use crate::fake::{FakeConnection, SectionKind, SignalingState};

/// How many connections it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One to publish, one to subscribe (Janus, LiveKit).
    TwoConnections,
    /// One for everything, on which the page offers (LiveKit's newer mode).
    OneConnection,
    /// One for each stream (Galène).
    OneForEachStream,
}

/// What somebody sends together: microphone and camera, or the screen with its sound.
type Stream = (usize, PublishedSources);

/// The stream that a track is part of.
fn stream_of((page, source): (usize, Source)) -> Stream {
    let screen = PublishedSources::DisplayMedia.contains(source);
    (page, if screen { PublishedSources::DisplayMedia } else { PublishedSources::UserMedia })
}

/// The server's end of a connection.
#[derive(Debug)]
pub(super) struct ServerConnection {
    pub(super) epoch: u32,
    pub(super) fake: FakeConnection,
    pub(super) direction: SfuDirection,
    /// The only stream that it carries, where there is one for each.
    stream: Option<Stream>,
    /// What is published in its sections.
    pub(super) published: BTreeMap<Source, String>,
    /// What is forwarded in its sections.
    pub(super) forwarded: BTreeMap<String, (usize, Source)>,
    pub(super) offer_wanted: bool,
    /// What an offer of the page was asked for to receive, since its last one.
    pub(super) asked_for: Vec<(usize, Source)>,
}

/// In how many sections of each kind everything is received at first, where there is one connection.
pub(super) const FIRST_RECEIVERS: usize = 2;

/// Somebody in the room.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) name: String,
    pub(super) media: MediaState,
    pub(super) connections: BTreeMap<SfuConnectionId, ServerConnection>,
    pub(super) sent_connections: Vec<SfuConnection>,
    pub(super) sent_tracks: BTreeMap<SfuConnectionId, Vec<ForwardedTrack>>,
    /// In what size they show the others.
    pub(super) shown: BTreeMap<usize, VideoSettings>,
    /// Which layers of their camera they were told that anybody receives, on each connection.
    pub(super) sent_qualities: BTreeMap<u32, [bool; RIDS.len()]>,
}

/// The connection on which a stream is received where there is one for each; before them come those that publish.
fn subscriber_of((page, sources): Stream) -> SfuConnectionId {
    let screen = sources == PublishedSources::DisplayMedia;
    SfuConnectionId(2 + 2 * u32::try_from(page).unwrap_or(u32::MAX / 4) + u32::from(screen))
}

impl Session {
    /// Which connections there should be, and the stream that one is for.
    fn desired_connections(
        &self,
        shape: Shape,
        wanted: &[(usize, Source)],
    ) -> Vec<(SfuConnectionId, SfuDirection, Option<Stream>)> {
        let publish = |id, sources| (SfuConnectionId(id), SfuDirection::Publish(sources), None);
        match shape {
            Shape::TwoConnections => {
                let mut connections = vec![publish(0, PublishedSources::All)];
                // There is nothing to offer before there is somebody to hear.
                if !wanted.is_empty() || self.connections.contains_key(&SfuConnectionId(1)) {
                    connections.push((SfuConnectionId(1), SfuDirection::Subscribe, None));
                }
                connections
            }
            Shape::OneConnection => {
                let count = |kind| wanted.iter().filter(|(_, source)| source.kind() == kind).count();
                // Sections are never taken back.
                let (had_audio, had_video) =
                    match self.connections.get(&SfuConnectionId(0)).map(|connection| connection.direction) {
                        Some(SfuDirection::Both { audio, video, .. }) => (audio, video),
                        Some(SfuDirection::Publish(_) | SfuDirection::Subscribe) | None => {
                            (FIRST_RECEIVERS, FIRST_RECEIVERS)
                        }
                    };
                let audio = count(MediaKind::Audio).max(had_audio);
                let video = count(MediaKind::Video).max(had_video);
                vec![(
                    SfuConnectionId(0),
                    SfuDirection::Both { publishes: PublishedSources::All, audio, video },
                    None,
                )]
            }
            Shape::OneForEachStream => {
                let screen =
                    self.media.is_on(Source::Screen).then_some(publish(1, PublishedSources::DisplayMedia));
                let streams: BTreeMap<SfuConnectionId, Stream> = wanted
                    .iter()
                    .map(|track| stream_of(*track))
                    .map(|stream| (subscriber_of(stream), stream))
                    .collect();
                let subscribed =
                    streams.into_iter().map(|(id, stream)| (id, SfuDirection::Subscribe, Some(stream)));
                [publish(0, PublishedSources::UserMedia)]
                    .into_iter()
                    .chain(screen)
                    .chain(subscribed)
                    .collect()
            }
        }
    }

    /// Makes the connections that there should be, and gives up the others.
    pub(super) fn update_connections(
        &mut self,
        page: usize,
        shape: Shape,
        simulcast: bool,
        wanted: &[(usize, Source)],
        connections_made: &mut u32,
    ) {
        let desired = self.desired_connections(shape, wanted);
        self.connections.retain(|id, _| desired.iter().any(|(desired, ..)| desired == id));
        for (id, direction, stream) in desired {
            let connection = self.connections.entry(id).or_insert_with(|| {
                *connections_made += 1;
                let mut fake = FakeConnection::new(format!("s{page}c{connections_made}"));
                if simulcast {
                    fake.take_simulcast();
                }
                ServerConnection {
                    epoch: *connections_made,
                    fake,
                    direction,
                    stream,
                    published: BTreeMap::new(),
                    forwarded: BTreeMap::new(),
                    offer_wanted: false,
                    asked_for: Vec::new(),
                }
            });
            connection.direction = direction;
        }
    }

    /// Puts what they should receive into sections, where the server offers; what they should not receive any more goes.
    pub(super) fn forward(&mut self, wanted: &[(usize, Source)]) {
        for connection in self.connections.values_mut() {
            let stream = connection.stream;
            let mine = |track: &(usize, Source)| {
                wanted.contains(track) && stream.is_none_or(|stream| stream == stream_of(*track))
            };
            let before = connection.forwarded.len();
            connection.forwarded.retain(|_, track| mine(track));
            connection.offer_wanted |= connection.forwarded.len() < before;
            if connection.direction == SfuDirection::Subscribe {
                let tracks: Vec<_> = wanted.iter().copied().filter(mine).collect();
                connection.forward(&tracks);
            }
        }
    }

    /// The connection for which an offer of theirs is needed, since they should receive more than they do, if they have not
    /// been asked for it.
    pub(super) fn negotiation_needed(&mut self, wanted: &[(usize, Source)]) -> Option<SfuConnectionId> {
        let both = |connection: &ServerConnection| matches!(connection.direction, SfuDirection::Both { .. });
        let (id, connection) = self.connections.iter_mut().find(|(_, connection)| both(connection))?;
        let missing = |track: &&(usize, Source)| !connection.forwarded.values().any(|known| known == *track);
        let missing: Vec<_> = wanted.iter().filter(missing).copied().collect();
        let needed = !missing.is_empty() && missing != connection.asked_for;
        connection.asked_for = missing;
        needed.then_some(*id)
    }
}

impl ServerConnection {
    /// Puts tracks into sections; a section that is free is used again.
    pub(super) fn forward(&mut self, tracks: &[(usize, Source)]) {
        for track in tracks {
            if self.forwarded.values().any(|known| known == track) {
                continue;
            }
            if let Some(mid) = self.free_section(kind_of(track.1)) {
                self.forwarded.insert(mid, *track);
                self.offer_wanted = true;
            }
        }
    }

    /// A section in which nothing comes; where the server offers, a new one if there is none.
    fn free_section(&mut self, kind: SectionKind) -> Option<String> {
        let free = |mid: &String| {
            !self.forwarded.contains_key(mid) && !self.published.values().any(|published| published == mid)
        };
        if self.direction == SfuDirection::Subscribe {
            let known = self.fake.sections_of(kind).into_iter().find(free);
            let may_add = self.fake.signaling_state() == SignalingState::Stable;
            return known.or_else(|| may_add.then(|| self.fake.reserve_section(kind)));
        }
        let agreed = self.fake.remote_sections().into_iter().filter(|(_, of)| *of == kind);
        agreed.map(|(mid, _)| mid).find(free)
    }
}
