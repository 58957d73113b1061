//! The counters of one participant's connection at length, while somebody looks at them. In the part of the page's program that
//! is loaded on demand, but for the question whose they are.

use visavis_signaling::{ParticipantId, Remote, Source, Timestamp};

use super::Room;
use crate::connection::Connection;
use crate::details::{ConnectionDetails, DetailsSample, StreamDetails, StreamDirection};
use crate::input::ConnectionId;
use crate::output::{ConnectionEffect, Event};

impl Room {
    /// Somebody wants to look at the details of this participant, or at none any more.
    #[inline(never)]
    pub(super) fn set_details(&mut self, participant: Option<ParticipantId>) {
        self.details_of = participant;
        self.get_details();
    }

    /// Has them read: with each sample of the counters.
    #[inline(never)]
    pub(super) fn get_details(&mut self) {
        let Some(member) = self.details_of.as_ref().and_then(|id| self.roster.get(id)) else { return };
        let receiving = self.remote_of(member);
        let receiving = receiving.and_then(|remote| self.connections.get(&remote)?.id());
        let sending = self.sending_connection(member).and_then(Connection::id);
        let sending = sending.filter(|sending| Some(*sending) != receiving);
        for id in receiving.into_iter().chain(sending) {
            self.out.connection(id, ConnectionEffect::GetDetails);
        }
    }

    /// They were read.
    #[inline(never)]
    pub(super) fn on_details(
        &mut self,
        now: Timestamp,
        id: ConnectionId,
        remote: &Remote,
        details: ConnectionDetails,
    ) {
        let Some(member) = self.details_of.as_ref().and_then(|id| self.roster.get(id)) else { return };
        let Some(connection) = self.connections.get(remote) else { return };
        let receives = self.remote_of(member).as_ref() == Some(remote);
        let source = |stream: &StreamDetails| self.source_of(&member.id, remote, connection, stream);
        let streams = details.streams.into_iter();
        let sample = DetailsSample {
            at: now,
            participant: member.id.clone(),
            connection: id,
            forwarded: member.is_forwarded(),
            path: details.path.filter(|_| receives),
            streams: streams.filter_map(|stream| Some((source(&stream)?, stream))).collect(),
        };
        self.out.event(Event::Details(Box::new(sample)));
    }

    /// What a stream carries; `None` if it is of somebody else.
    fn source_of(
        &self,
        id: &ParticipantId,
        remote: &Remote,
        connection: &Connection,
        stream: &StreamDetails,
    ) -> Option<Source> {
        match (stream.direction, remote) {
            (StreamDirection::Sent, _) => connection.local_source(&stream.mid, stream.kind),
            (StreamDirection::Received, Remote::Participant(_)) => {
                connection.remote_source(&stream.mid, stream.kind)
            }
            (StreamDirection::Received, Remote::Server(server)) => Source::ALL
                .into_iter()
                .find(|source| self.sfu.mid_of(id, *source) == Some((*server, &stream.mid))),
        }
    }
}
