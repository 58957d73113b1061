//! Everybody with a server that forwards (RFC 7667 section 3.7).

use visavis_signaling::limits::MAX_LEGS;
use visavis_signaling::{ForwardedTrack, Leg, LegDirection, LegId, ParticipantId, Remote, SfuSignal, Source};

use super::{ConnectionSpec, TransceiverPlan};
use crate::by_id::ById;
use crate::safety::MAX_FORWARDED_SECTIONS;

/// What is known of the connections to a selective forwarding unit.
#[derive(Debug, Default)]
pub(crate) struct Sfu {
    legs: Vec<Leg>,
    /// What comes on each, as far as the server has said. It may say so before, or after, the connection exists.
    tracks: ById<LegId, Vec<ForwardedTrack>>,
}

impl Sfu {
    /// The server says something about our connections to it.
    pub(crate) fn on_signal(&mut self, signal: SfuSignal) {
        match signal {
            SfuSignal::Legs(mut legs) => {
                legs.truncate(MAX_LEGS);
                let gone = |leg: &&LegId| !legs.iter().any(|known| known.id == **leg);
                for leg in self.tracks.keys().filter(gone).copied().collect::<Vec<_>>() {
                    self.tracks.remove(&leg);
                }
                self.legs = legs;
            }
            SfuSignal::Tracks { leg, mut tracks } => {
                tracks.truncate(MAX_FORWARDED_SECTIONS);
                self.tracks.remove(&leg);
                if self.legs.iter().any(|known| known.id == leg) {
                    self.tracks.insert(leg, tracks);
                }
            }
        }
    }

    /// One connection for each leg.
    pub(super) fn connections(&self) -> impl Iterator<Item = ConnectionSpec> {
        self.legs.iter().map(|leg| ConnectionSpec {
            remote: Remote::Server(leg.id),
            plan: TransceiverPlan::Leg(leg.direction.clone()),
            epoch: Some(leg.epoch),
        })
    }

    /// Whether the server offers on this connection.
    pub(crate) fn offers_on(&self, leg: LegId) -> bool {
        self.legs.iter().any(|known| known.id == leg && known.direction == LegDirection::Subscribe)
    }

    /// Where a source of somebody comes: on which connection, in which section.
    pub(crate) fn section_of(&self, publisher: &ParticipantId, source: Source) -> Option<(LegId, &str)> {
        self.tracks.iter().find_map(|(leg, tracks)| {
            let carried =
                tracks.iter().find(|track| track.publisher == *publisher && track.source == source)?;
            Some((*leg, carried.mid.as_str()))
        })
    }

    /// The connection on which somebody is received: that of their first track, or where it would come.
    pub(crate) fn leg_of(&self, publisher: &ParticipantId) -> Option<LegId> {
        let carries = |tracks: &[ForwardedTrack]| tracks.iter().any(|track| track.publisher == *publisher);
        let carrying = self.tracks.iter().find(|(_, tracks)| carries(tracks)).map(|(leg, _)| *leg);
        let receives = |leg: &&Leg| !matches!(leg.direction, LegDirection::Publish(_));
        let receiving = || self.legs.iter().find(receives).or(self.legs.first()).map(|leg| leg.id);
        carrying.or_else(receiving)
    }
}
