//! The offer that is made before somebody is there to hear it.

use visavis_signaling::{Remote, Timestamp};

use super::Room;
use crate::connection::{OfferConditions, PreparedOffer};
use crate::output::ConnectionEffect;
use crate::topology::ConnectionPlan;
use crate::view::Lifecycle;

impl Room {
    /// Has an offer made that the first of those who are in the room will get: as soon as the server is there, or the person
    /// has asked to join, and no device is being opened. What nobody got goes.
    pub(super) fn prepare_offer(&mut self, now: Timestamp) {
        let prepares = match self.session.lifecycle {
            Lifecycle::Lobby => self.signal_client.is_open(),
            Lifecycle::Joining => true,
            Lifecycle::Joined | Lifecycle::Reconnecting | Lifecycle::Left => {
                return self.connections.discard_prepared_offer(&mut self.out);
            }
        };
        let conditions = self.offer_conditions();
        if self.connections.prepared_offer().is_some_and(|prepared| !prepared.meets(&conditions)) {
            self.connections.discard_prepared_offer(&mut self.out);
        }
        if !(prepares && self.config.prepare_connection)
            || self.webrtc_support.is_blocked()
            || self.media.is_opening()
            || self.connections.prepared_offer().is_some()
        {
            return;
        }
        let id = self.create_peer_connection(ConnectionPlan::MeshOfferer);
        self.out.connection(id, ConnectionEffect::SetLocalDescription);
        self.connections.set_prepared_offer(PreparedOffer::new(now, id, conditions));
    }

    fn offer_conditions(&self) -> OfferConditions {
        OfferConditions {
            config: self.connection_config(),
            hang_up_channel: self.signal_client.uses_hang_up_channel(),
            captures: !self.media.tracks().is_empty(),
        }
    }

    /// The offer that is prepared, if it is still what would be made now, and can be said.
    pub(super) fn take_prepared_offer(&mut self, now: Timestamp, remote: &Remote) -> Option<PreparedOffer> {
        if !self.can_send_to(remote) {
            return None;
        }
        self.renew_prepared_offer(now);
        self.connections.take_prepared_offer()
    }

    /// Has another one made if it is not what would be made now.
    pub(super) fn renew_prepared_offer(&mut self, now: Timestamp) {
        let conditions = self.offer_conditions();
        let fits = |prepared: &PreparedOffer| prepared.is_usable(now) && prepared.meets(&conditions);
        if !self.connections.prepared_offer().is_some_and(fits) {
            self.connections.discard_prepared_offer(&mut self.out);
        }
    }
}
