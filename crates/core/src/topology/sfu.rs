//! Everybody with a server that forwards (RFC 7667 section 3.7).

use visavis_signaling::limits::MAX_LEGS;
use visavis_signaling::{ForwardedTrack, Leg, LegDirection, LegId, ParticipantId, Remote, SfuSignal, Source};

use super::{ConnectionPlan, ConnectionSpec};
use crate::safety::MAX_FORWARDED_SECTIONS;

/// What is known of the connections to a selective forwarding unit.
#[derive(Debug, Default)]
pub(crate) struct Sfu {
    legs: Vec<Leg>,
    /// What comes on each, as far as the server has said. It may say so before, or after, the connection exists.
    tracks: Vec<(LegId, ForwardedTrack)>,
}

impl Sfu {
    /// The server says something about our connections to it.
    pub(crate) fn on_signal(&mut self, signal: SfuSignal) {
        match signal {
            SfuSignal::Legs(mut legs) => {
                legs.truncate(MAX_LEGS);
                self.tracks.retain(|(leg, _)| legs.iter().any(|known| known.id == *leg));
                self.legs = legs;
            }
            SfuSignal::Tracks { leg, mut tracks } => {
                tracks.truncate(MAX_FORWARDED_SECTIONS);
                self.tracks.retain(|(of, _)| *of != leg);
                if self.legs.iter().any(|known| known.id == leg) {
                    self.tracks.extend(tracks.into_iter().map(|track| (leg, track)));
                }
            }
            SfuSignal::PeerMessage { .. } => {}
        }
    }

    /// One connection for each leg.
    pub(super) fn connections(&self) -> impl Iterator<Item = ConnectionSpec> {
        self.legs.iter().map(|leg| ConnectionSpec {
            remote: Remote::Server(leg.id),
            plan: ConnectionPlan::Leg(leg.direction),
            epoch: Some(leg.epoch),
            unconfirmed: false,
        })
    }

    /// Whether the server offers on this connection.
    pub(crate) fn server_offers_on(&self, leg: LegId) -> bool {
        self.legs.iter().any(|known| known.id == leg && known.direction == LegDirection::Subscribe)
    }

    /// Where a source of somebody comes: on which connection, in which section.
    pub(crate) fn mid_of(&self, publisher: &ParticipantId, source: Source) -> Option<(LegId, &str)> {
        let carries = |track: &ForwardedTrack| track.publisher == *publisher && track.source == source;
        let carrying = self.tracks.iter().find(|(_, track)| carries(track));
        carrying.map(|(leg, track)| (*leg, track.mid.as_str()))
    }

    /// The microphones that come on a connection: whose, and in which section.
    pub(crate) fn microphones_on(&self, leg: LegId) -> impl Iterator<Item = &ForwardedTrack> {
        let on = self.tracks.iter().filter(move |(of, _)| *of == leg).map(|(_, track)| track);
        on.filter(|track| track.source == Source::Microphone)
    }

    /// The connection on which somebody is received: that of their first track, or where it would come.
    pub(crate) fn leg_of(&self, publisher: &ParticipantId) -> Option<LegId> {
        let carrying = self.tracks.iter().find(|(_, track)| track.publisher == *publisher);
        let receives = |leg: &&Leg| !matches!(leg.direction, LegDirection::Publish(_));
        let receiving = || self.legs.iter().find(receives).or(self.legs.first()).map(|leg| leg.id);
        carrying.map(|(leg, _)| *leg).or_else(receiving)
    }
}
