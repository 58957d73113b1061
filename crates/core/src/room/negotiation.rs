//! Descriptions and candidates of others: each goes to its connection, waits for its time, or is dropped.

use std::cmp::Ordering;

use visavis_signaling::{Negotiation, NegotiationMessage, Remote, SdpType, SessionDescription, Timestamp};

use super::Room;
use crate::connection::Connection;
use crate::topology::ConnectionPlan;

impl Room {
    /// A description or candidate arrived: it goes to its connection if that is of the same epoch, waits if its time has not
    /// come, and is dropped if its time is over.
    pub(super) fn on_negotiation(&mut self, now: Timestamp, negotiation: Negotiation) {
        let Some(connection) = self.connections.get_mut(&negotiation.remote) else {
            return self.connections.buffer_early(negotiation);
        };
        let order = negotiation.epoch.cmp(&connection.epoch());
        let Negotiation { remote, epoch, message } = negotiation;
        match (message, order) {
            (NegotiationMessage::Description(description), Ordering::Equal) => {
                connection.description_arrived(description);
            }
            (NegotiationMessage::Candidate(Some(candidate)), Ordering::Equal) => {
                connection.candidate_arrived(candidate, &mut self.out);
            }
            (NegotiationMessage::Candidate(None), Ordering::Equal) => connection.remote_candidates_ended(),
            (NegotiationMessage::Description(description), Ordering::Greater)
                if remote.participant().is_some() =>
            {
                self.accept_remote_rebuild(now, &remote, epoch, description);
            }
            // A server says first that there is another connection.
            (message, Ordering::Greater) => {
                self.connections.buffer_early(Negotiation { remote, epoch, message });
            }
            (NegotiationMessage::Description(description), Ordering::Less) => {
                self.outdated_description(now, &remote, &description);
            }
            // It belongs to a connection that is over.
            (NegotiationMessage::Candidate(_), Ordering::Less) => {}
        }
    }

    /// They have built the connection anew.
    fn accept_remote_rebuild(
        &mut self,
        now: Timestamp,
        remote: &Remote,
        epoch: u32,
        offer: SessionDescription,
    ) {
        let Some(connection) = self.connections.get_mut(remote) else { return };
        if offer.sdp_type == SdpType::Answer {
            return;
        }
        if !connection.recovery_mut().allow_remote_rebuild(now) {
            let message = NegotiationMessage::Description(offer);
            return self.connections.buffer_early_offer(Negotiation {
                remote: remote.clone(),
                epoch,
                message,
            });
        }
        let recovery = connection.recovery().for_successor(now);
        self.replace_connection(remote, epoch, ConnectionPlan::MeshAnswerer, recovery);
        if let Some(connection) = self.connections.get_mut(remote) {
            connection.description_arrived(offer);
        }
        self.replay_early(now, remote);
    }

    /// They still use a connection that is over on our side. If we are waiting for their offer, they do not know that
    /// they should make one: so we do.
    fn outdated_description(&mut self, now: Timestamp, remote: &Remote, description: &SessionDescription) {
        let waiting = self.connections.get(remote).is_some_and(Connection::is_untouched);
        if waiting && description.sdp_type == SdpType::Offer {
            self.rebuild_within_limit(now, remote);
        }
    }

    /// Hears again what somebody said too early. What is still too early is kept again.
    pub(super) fn replay_early(&mut self, now: Timestamp, remote: &Remote) {
        for negotiation in self.connections.take_early(remote) {
            self.on_negotiation(now, negotiation);
        }
    }
}
