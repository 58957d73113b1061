//! Everybody with a server that forwards (RFC 7667 section 3.7).

use visavis_signaling::limits::MAX_SFU_CONNECTIONS;
use visavis_signaling::{
    ForwardedTrack, ParticipantId, Remote, SfuConnection, SfuConnectionId, SfuDirection, SfuSignal, Source,
};

use super::{ConnectionPlan, ConnectionSpec};
use crate::safety::MAX_FORWARDED_SECTIONS;

/// What is known of the connections to a selective forwarding unit.
#[derive(Debug, Default)]
pub(crate) struct Sfu {
    connections: Vec<SfuConnection>,
    /// What comes on each, as far as the server has said. It may say so before, or after, the connection exists.
    tracks: Vec<(SfuConnectionId, ForwardedTrack)>,
    /// The server says who speaks.
    pub(crate) names_speakers: bool,
}

impl Sfu {
    /// The server says something about our connections to it.
    pub(crate) fn on_signal(&mut self, signal: SfuSignal) {
        match signal {
            SfuSignal::Connections(mut connections) => {
                connections.truncate(MAX_SFU_CONNECTIONS);
                self.tracks.retain(|(connection, _)| connections.iter().any(|known| known.id == *connection));
                self.connections = connections;
            }
            SfuSignal::Tracks { connection, mut tracks } => {
                tracks.truncate(MAX_FORWARDED_SECTIONS);
                self.tracks.retain(|(of, _)| *of != connection);
                if self.connections.iter().any(|known| known.id == connection) {
                    self.tracks.extend(tracks.into_iter().map(|track| (connection, track)));
                }
            }
            SfuSignal::NegotiationNeeded(_)
            | SfuSignal::SubscribedQualities { .. }
            | SfuSignal::Speakers(_)
            | SfuSignal::SendMessage { .. }
            | SfuSignal::PeerMessage { .. } => {}
        }
    }

    /// Whether nothing is known of any.
    pub(crate) fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// What should exist.
    pub(super) fn connections(&self) -> impl Iterator<Item = ConnectionSpec> {
        self.connections.iter().map(|connection| ConnectionSpec {
            remote: Remote::Server(connection.id),
            plan: ConnectionPlan::Sfu { direction: connection.direction, simulcast: connection.simulcast },
            epoch: Some(connection.epoch),
            assumed: false,
        })
    }

    /// Whether the server offers on this connection.
    pub(crate) fn server_offers_on(&self, connection: SfuConnectionId) -> bool {
        self.connections.iter().any(|known| known.id == connection && known.direction.server_offers())
    }

    /// Where a source of somebody comes: on which connection, in which section.
    pub(crate) fn mid_of(
        &self,
        publisher: &ParticipantId,
        source: Source,
    ) -> Option<(SfuConnectionId, &str)> {
        let carries = |track: &ForwardedTrack| track.publisher == *publisher && track.source == source;
        let carrying = self.tracks.iter().find(|(_, track)| carries(track));
        carrying.map(|(connection, track)| (*connection, track.mid.as_str()))
    }

    /// The microphones that come on a connection: whose, and in which section.
    pub(crate) fn microphones_on(
        &self,
        connection: SfuConnectionId,
    ) -> impl Iterator<Item = &ForwardedTrack> {
        let on = self.tracks.iter().filter(move |(of, _)| *of == connection).map(|(_, track)| track);
        on.filter(|track| track.source == Source::Microphone)
    }

    /// The connection on which somebody is received: that of their first track, or where it would come.
    pub(crate) fn connection_of(&self, publisher: &ParticipantId) -> Option<SfuConnectionId> {
        let carrying = self.tracks.iter().find(|(_, track)| track.publisher == *publisher);
        let receives =
            |connection: &&SfuConnection| !matches!(connection.direction, SfuDirection::Publish(_));
        let receiving = || {
            self.connections
                .iter()
                .find(receives)
                .or(self.connections.first())
                .map(|connection| connection.id)
        };
        carrying.map(|(connection, _)| *connection).or_else(receiving)
    }
}
