//! What is told of the sound and pictures of each person, and of ours.

use visavis_signaling::{MediaState, ParticipantId, Remote, Source, Timestamp};

use super::Room;
use crate::connection::Connection;
use crate::input::{Stats, StreamStats};
use crate::quality::{OwnPaths, PathState, QualityLimitation};
use crate::roster::Member;

impl Room {
    /// The counters of one connection: those it carries may be told of something else than before, and so may we.
    pub(super) fn judge_quality(&mut self, now: Timestamp, remote: &Remote, stats: &Stats) {
        let carried = self.received_on(remote);
        for id in &carried {
            let counted = self.microphone_of(id, remote, stats).and_then(|stream| {
                // Where a browser does not count what is lost, nothing is known of it.
                Some((stream.packets, stream.lost?))
            });
            if let (Some(member), Some((received, lost))) = (self.roster.get_mut(id), counted) {
                member.quality.count(now, received, lost);
            }
        }
        let paths: Vec<_> = self.roster.iter().map(|member| self.path_of(now, member)).collect();
        let own = OwnPaths::of(&paths);
        for (member, path) in self.roster.iter_mut().zip(&paths) {
            if carried.contains(&member.id) {
                member.quality.sample(now, path, &own);
            }
        }
        self.own_quality.sample(now, &paths, &own);
    }

    /// The stream of somebody's voice.
    fn microphone_of<'a>(
        &self,
        id: &ParticipantId,
        remote: &Remote,
        stats: &'a Stats,
    ) -> Option<&'a StreamStats> {
        let connection = self.connections.get(remote)?;
        let forwarded = match remote {
            Remote::Participant(_) => None,
            Remote::Server(_) => Some(self.sfu.mid_of(id, Source::Microphone)?.1),
        };
        stats.inbound.iter().find(|stream| match forwarded {
            Some(mid) => stream.mid == mid,
            None => connection.remote_source(&stream.mid, stream.kind) == Some(Source::Microphone),
        })
    }

    /// The connection on which somebody gets what we send, if that is another than the one on which they are received.
    pub(super) fn sending_connection(&self, member: &Member) -> Option<&Connection> {
        let to_server = |(remote, connection): &(&Remote, &Connection)| {
            remote.participant().is_none() && connection.plan().sends(Source::Microphone)
        };
        let sending = member.is_forwarded().then(|| self.connections.iter().find(to_server)).flatten();
        sending.map(|(_, connection)| connection)
    }

    /// What is known of the way to somebody and back. Where a server forwards, ours is the one to the server.
    fn path_of(&self, now: Timestamp, member: &Member) -> PathState {
        let has_video = |media: MediaState| Source::VIDEO.into_iter().any(|source| media.is_on(source));
        let remote = self.remote_of(member);
        let connection = remote.as_ref().and_then(|remote| self.connections.get(remote));
        let Some(connection) = connection.filter(|connection| connection.is_connected()) else {
            return PathState::default();
        };
        let (theirs, sends) = (connection.remote_limitation(), member.media.is_some_and(has_video));
        let sending = self.sending_connection(member).unwrap_or(connection);
        PathState {
            connected: true,
            inbound_loss: member.quality.inbound_loss(),
            theirs: if sends { theirs } else { QualityLimitation::default() },
            outbound_loss: sending.outbound_loss(now),
            ours: sending.limitation(),
        }
    }
}
