//! How far away the server is: whether an answer that goes through it would take longer than an exchange of offers.

use visavis_signaling::{EarlyOffers, Outbound, Timestamp};

use super::Room;
use crate::connection::PreparedOffer;
use crate::timing::EXCHANGE_MIN_RTT;
use crate::view::Lifecycle;

impl Room {
    /// The server is asked whether it takes offers.
    pub(in crate::room) fn ask_for_offers(&mut self, now: Timestamp) {
        if self.signal_client.early_offers() == EarlyOffers::Unknown {
            // Another socket, and perhaps another network.
            (self.deposits.server_rtt, self.deposits.asked_again) = (None, false);
        }
        self.deposits.asked_at = now;
        self.signal_client.send(now, Outbound::Preflight, &mut self.out);
    }

    /// It has answered.
    pub(in crate::room) fn answered_for_offers(&mut self, now: Timestamp) {
        let rtt = now.since(self.deposits.asked_at);
        self.deposits.server_rtt = Some(self.deposits.server_rtt.map_or(rtt, |before| before.min(rtt)));
    }

    /// Somebody joins. How long a socket that is opened only now takes tells how far away the server is, if the browser has
    /// nothing else to do: not in a page that is still starting.
    pub(in crate::room) fn measure_opening(&mut self, now: Timestamp) {
        let idle = self.connections.prepared_offer().is_some_and(PreparedOffer::is_complete);
        self.deposits.opening_since = (idle && !self.signal_client.is_open()).then_some(now);
    }

    /// It was not opened: the next attempt begins later.
    pub(in crate::room) fn discard_opening_time(&mut self) {
        self.deposits.opening_since = None;
    }

    /// It is open.
    pub(super) fn use_opening_time(&mut self, now: Timestamp) {
        if let Some(since) = self.deposits.opening_since.take() {
            // TCP and the upgrade (RFC 6455 section 4), and TLS 1.3 between them (RFC 8446 section 2).
            let round_trips = if self.signal_client.url().starts_with("wss:") { 3 } else { 2 };
            self.deposits.server_rtt.get_or_insert(now.since(since) / round_trips);
        }
    }

    /// Whether an answer would take longer than an exchange.
    pub(super) fn server_is_far(&self) -> bool {
        self.deposits.server_rtt.is_some_and(|rtt| rtt >= EXCHANGE_MIN_RTT)
    }

    /// Asks again how far away the server is, once nothing else is to be done.
    pub(super) fn confirm_distance(&mut self, now: Timestamp) {
        let complete = self.connections.prepared_offer().is_some_and(PreparedOffer::is_complete);
        if complete
            && self.session.lifecycle == Lifecycle::Lobby
            && self.server_is_far()
            && !self.deposits.asked_again
        {
            self.deposits.asked_again = true;
            self.ask_for_offers(now);
        }
    }
}
