//! What arrives on a connection: which track carries which source of the far end.

use visavis_signaling::{MediaKind, Source};

use super::sections::{
    Direction, Section, first_section_of, has_data_channels, is_visavis, section_of, sections,
};
use crate::input::TrackId;

/// Most tracks of one far end: one for each section that a description may have.
const MAX_TRACKS: usize = crate::safety::MAX_FORWARDED_SECTIONS;

#[derive(Debug)]
struct RemoteTrack {
    mid: String,
    kind: MediaKind,
    id: TrackId,
}

/// The sections of the remote description in force, and the tracks that `track` events have brought. Either may come first.
#[derive(Debug, Default)]
pub(super) struct RemoteMedia {
    /// `None` before the first description.
    sections: Option<Vec<Section>>,
    tracks: Vec<RemoteTrack>,
    visavis: bool,
}

impl RemoteMedia {
    /// A remote description is in force.
    pub(super) fn description_set(&mut self, sdp: &str) {
        self.sections = Some(sections(sdp));
        self.visavis |= is_visavis(sdp);
    }

    /// Whether the far end has described itself at all.
    pub(super) fn is_described(&self) -> bool {
        self.sections.is_some()
    }

    /// Whether the far end is a Visavis page.
    pub(super) fn is_visavis(&self) -> bool {
        self.visavis
    }

    /// Whether they are a Visavis page, and offer or take data channels.
    pub(super) fn has_peer_channel(&self) -> bool {
        self.visavis && has_data_channels(self.sections())
    }

    /// Whether they have agreed to send neither sound nor picture, as a client that only exchanges data does.
    pub(super) fn sends_nothing(&self) -> bool {
        let sections = self.sections();
        !sections.is_empty() && !sections.iter().any(Section::sends)
    }

    /// Whether they have agreed to receive what we send in the section `mid`.
    pub(super) fn receives(&self, mid: &str) -> bool {
        self.sections().iter().any(|section| section.mid.as_deref() == Some(mid) && section.receives())
    }

    /// `track` fired for the transceiver `mid`.
    pub(super) fn add_track(&mut self, mid: String, kind: MediaKind, id: TrackId) {
        self.tracks.retain(|track| track.mid != mid || track.kind != kind);
        if self.tracks.len() < MAX_TRACKS {
            self.tracks.push(RemoteTrack { mid, kind, id });
        }
    }

    /// The track that carries `source`. Where a description has no tags for its sections (`a=mid`), or none has come, it is
    /// the first of its kind.
    pub(super) fn track(&self, source: Source) -> Option<TrackId> {
        let section = section_of(source, self.sections());
        let of = |track: &&RemoteTrack| match section {
            Some(Section { mid: Some(mid), .. }) if !track.mid.is_empty() => track.mid == *mid,
            Some(_) => track.kind == source.kind(),
            None => {
                !self.is_described()
                    && track.kind == source.kind()
                    && Source::MICROPHONE_AND_CAMERA.contains(&source)
            }
        };
        self.tracks.iter().find(of).map(|track| track.id)
    }

    /// The track that comes in the section `mid`.
    pub(super) fn track_by_mid(&self, mid: &str) -> Option<TrackId> {
        self.tracks.iter().find(|track| track.mid == mid).map(|track| track.id)
    }

    /// The source that the section `mid` carries; by its kind where sections have no tags, or nothing is known of it.
    pub(super) fn source(&self, mid: &str, kind: MediaKind) -> Option<Source> {
        let of_kind = Source::ALL.into_iter().filter(|source| source.kind() == kind);
        let mut carried = of_kind.filter(|source| {
            section_of(*source, self.sections())
                .is_some_and(|section| section.mid.as_deref().is_none_or(|tag| mid.is_empty() || tag == mid))
        });
        carried
            .next()
            .or_else(|| Source::MICROPHONE_AND_CAMERA.into_iter().find(|source| source.kind() == kind))
    }

    /// The sections of an offer in which our sources are sent back.
    pub(super) fn adoptable(offer: &str) -> Vec<(Source, Option<String>)> {
        let sections = sections(offer);
        let adoptable = Source::MICROPHONE_AND_CAMERA.into_iter().filter_map(|source| {
            first_section_of(source, &sections).map(|section| (source, section.mid.clone()))
        });
        adoptable.collect()
    }

    /// Sources that need a section of their own, because whoever offered takes nothing in theirs: some clients offer what they
    /// send as `sendonly`, and wait for an offer of what others send.
    pub(super) fn needs_own_section(&self) -> Vec<Source> {
        let first = |source| first_section_of(source, self.sections());
        let one_way = |source| first(source).is_some_and(|section| section.direction == Direction::SendOnly);
        if !Source::MICROPHONE_AND_CAMERA.into_iter().any(one_way) {
            return Vec::new();
        }
        Source::MICROPHONE_AND_CAMERA
            .into_iter()
            .filter(|source| first(*source).is_none() || one_way(*source))
            .collect()
    }

    fn sections(&self) -> &[Section] {
        self.sections.as_deref().unwrap_or_default()
    }
}
