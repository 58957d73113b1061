//! Data channels between pages: they open once a path is good, and lose nothing while it is there.

use visavis_core::{ConnectionEvent, ConnectionId, PeerChannelEvent, PeerMessage};

use super::page::Conn;
use super::{Action, World};
use crate::browser::PeerChannel;

/// Milliseconds until the other end hears that a channel is closed.
const CLOSES_WITHIN: u64 = 50;

impl World {
    /// Opens the channel of a connection if it can, and delivers what waits in it.
    pub(super) fn channel_tick(&mut self, peer: usize, id: ConnectionId) {
        let Some((other, other_id)) = self.channel_end(peer, id) else { return };
        let Some(conn) = self.peers[peer].browser.connections.get_mut(&id) else { return };
        if conn.channel == PeerChannel::Connecting {
            conn.channel = PeerChannel::Open;
            let opened = ConnectionEvent::PeerChannel(PeerChannelEvent::Opened);
            self.schedule(0, Action::Connection(peer, id, opened));
        }
        self.deliver(peer, id, other, other_id);
    }

    /// A page closes a connection: what it has said last still arrives, and the other end hears that the channel is closed.
    pub(super) fn close_channel(&mut self, peer: usize, id: ConnectionId) {
        let Some((other, other_id)) = self.channel_end(peer, id) else { return };
        self.deliver(peer, id, other, other_id);
        let closed = ConnectionEvent::PeerChannel(PeerChannelEvent::Closed);
        self.schedule(CLOSES_WITHIN, Action::Connection(other, other_id, closed));
    }

    fn deliver(&mut self, peer: usize, id: ConnectionId, other: usize, other_id: ConnectionId) {
        let other_conn = self.peers[other].browser.connections.get(&other_id);
        if other_conn.is_none_or(|other_conn| other_conn.channel != PeerChannel::Open) {
            return;
        }
        let Some(conn) = self.peers[peer].browser.connections.get_mut(&id) else { return };
        let outgoing = std::mem::take(&mut conn.path.outgoing);
        let other_conn = self.peers[other].browser.connections.get_mut(&other_id);
        other_conn
            .into_iter()
            .for_each(|other_conn| other_conn.path.incoming.extend(outgoing.iter().cloned()));
        for text in outgoing {
            let message = ConnectionEvent::PeerChannel(PeerChannelEvent::Message(text));
            self.schedule(0, Action::Connection(other, other_id, message));
        }
    }

    /// A message comes to a page: each once, in order, and none is left out.
    pub(super) fn verify_message(&mut self, peer: usize, id: ConnectionId, text: &str) {
        let Some(conn) = self.peers[peer].browser.connections.get_mut(&id) else { return };
        let sent = conn.path.incoming.pop_front();
        if let Ok(Some(PeerMessage::Media(_))) = PeerMessage::decode(text) {
            conn.path.heard.clone_from(&sent);
        }
        if sent.as_deref() != Some(text) {
            self.report_violation(format!("peer {peer} hears {text:?} instead of {sent:?}"));
        }
    }

    /// Whether the end of an open channel has heard the newest of what the other one sends. Where a channel is not, both know:
    /// it is closed, or waits for the path. Where it is open and nothing passes, somebody notices by the media, if any is due.
    pub(super) fn has_received_newest(&self, conn: &Conn) -> bool {
        let Some((owner, other)) = self.other_end(conn) else { return true };
        let newest = PeerMessage::Media(self.peers[owner].media()).encode();
        let open = [conn, other].into_iter().all(is_open);
        !open || conn.path.heard.as_ref() == Some(&newest)
    }

    /// Whether what is said on the channel of a connection passes.
    pub(super) fn has_open_channel(&self, conn: &Conn) -> bool {
        self.other_end(conn).is_some_and(|(_, other)| [conn, other].into_iter().all(is_open))
    }

    /// The other end of the channel of a connection, while data passes between the two.
    fn channel_end(&self, peer: usize, id: ConnectionId) -> Option<(usize, ConnectionId)> {
        let conn = self.peers[peer].browser.connections.get(&id)?;
        let (other, end) = self.other_end(conn)?;
        let has_channel = |channel| matches!(channel, PeerChannel::Connecting | PeerChannel::Open);
        let delivers = conn.delivers_messages() && end.delivers_messages() && self.is_reachable(peer, conn);
        let (_, other_id) = conn.fake.remote_fingerprint()?.split_once('c')?;
        let both = has_channel(conn.channel) && has_channel(end.channel);
        (delivers && both).then_some((other, ConnectionId(other_id.parse().ok()?)))
    }
}

fn is_open(end: &Conn) -> bool {
    end.channel == PeerChannel::Open && end.delivers_messages()
}
