//! The offer that is made before somebody is there to hear it: in the lobby for the first of those who are in the room, and in a
//! room, where the server takes deposits, for whoever joins next.

mod distance;

use std::time::Duration;

use visavis_signaling::{
    Deposit, EarlyOffers, ExchangedOffer, GivenOffer, JoinOffer, Negotiation, NegotiationMessage, Outbound,
    Remote, SessionDescription, Timestamp,
};

use super::Room;
use crate::connection::{
    Connection, IceRole, OfferConditions, PreparedOffer, Recipient, Recovery, mirrored_offer,
};
use crate::input::{ConnectionEvent, ConnectionId};
use crate::output::{ConnectionConfig, ConnectionEffect};
use crate::rate_limiter::RateLimiter;
use crate::timing::{DEPOSIT_DELAY, DEPOSITS_PER_MINUTE, RATE_LIMIT_PERIOD};
use crate::topology::ConnectionPlan;
use crate::view::Lifecycle;

/// When the next offer is deposited.
#[derive(Debug, Default)]
pub(super) struct DepositSchedule {
    /// Not before: whoever has just come has the processor to themselves.
    next_at: Timestamp,
    next_number: u32,
    rate: RateLimiter,
    /// Since when a socket is being opened by whoever joins, with nothing else to be done.
    opening_since: Option<Timestamp>,
    /// When the server was asked whether it takes offers, and how long it took to say so.
    asked_at: Timestamp,
    server_rtt: Option<Duration>,
    /// An offer of ours, where the browser takes provisional answers and all that goes with them.
    own_offer: Option<String>,
    /// Whether that was asked again. The first answer may have waited for a page that was still starting.
    asked_again: bool,
}

impl Room {
    /// Has an offer made as soon as it may be of use and no device is being opened, and gives it to the server if that takes
    /// it. What is of no use any more goes.
    pub(super) fn prepare_offer(&mut self, now: Timestamp) {
        self.discard_useless_offer(now);
        let prepares = match self.session.lifecycle {
            Lifecycle::Lobby => self.signal_client.is_open() || self.may_prepare_unasked(),
            Lifecycle::Joining => true,
            Lifecycle::Joined => self.may_deposit() && self.deposits.next_at <= now,
            Lifecycle::Reconnecting | Lifecycle::Left => false,
        };
        if self.connections.prepared_offer().is_none()
            && prepares
            && self.config.prepare_connection
            && !self.webrtc_support.is_blocked()
            && (!self.media.is_opening() || self.joins_with_offer())
        {
            let conditions = self.offer_conditions();
            let id = self.begin_offer(&conditions);
            self.connections.set_prepared_offer(PreparedOffer::new(now, id, conditions));
        }
        self.deposit_offer(now);
        self.confirm_distance(now);
    }

    fn begin_offer(&mut self, conditions: &OfferConditions) -> ConnectionId {
        let own_offer = self.deposits.own_offer.as_deref();
        if let (IceRole::Controlled, Some(offer)) = (conditions.ice_role, own_offer) {
            let (description, adopted) = mirrored_offer(offer);
            let id = self.create_peer_connection(ConnectionPlan::MeshAnswerer);
            self.out.connection(id, ConnectionEffect::SetRemoteDescription { description, adopted });
            return id;
        }
        let id = self.create_peer_connection(conditions.plan);
        Connection::add_transceivers_of(conditions.plan, id, &mut self.out);
        self.out.connection(id, ConnectionEffect::SetLocalDescription);
        id
    }

    /// The browser says something of the connection that is prepared.
    pub(super) fn on_prepared_offer_event(&mut self, id: ConnectionId, event: ConnectionEvent) {
        // One that has been discarded meanwhile has nothing more to say.
        if event == ConnectionEvent::ProvisionalAnswerSet
            && let Some(prepared) = self.connections.prepared_offer().filter(|prepared| prepared.id == id)
        {
            self.deposits.own_offer = prepared.sdp().map(str::to_owned);
        }
        self.connections.on_prepared_offer_event(id, event, &mut self.out);
    }

    /// Whether an offer can be made although the server may not be contacted yet: if nobody else hears of it either.
    fn may_prepare_unasked(&self) -> bool {
        self.signal_client.awaits_permission() && self.connection_config() == ConnectionConfig::default()
    }

    /// Whether somebody joins where an offer goes with that.
    pub(super) fn joins_with_offer(&self) -> bool {
        self.session.lifecycle == Lifecycle::Joining
            && self.signal_client.early_offers() == EarlyOffers::WithJoin
    }

    /// Whether to open the socket waits for the offer that goes with it.
    pub(super) fn awaits_join_offer(&self) -> bool {
        self.joins_with_offer() && self.connections.prepared_offer().is_some_and(PreparedOffer::is_pending)
    }

    fn discard_useless_offer(&mut self, now: Timestamp) {
        let Some(prepared) = self.connections.prepared_offer() else { return };
        let conditions = self.offer_conditions();
        let usable = prepared.is_usable(now) && prepared.meets(&conditions);
        let useful = match (self.session.lifecycle, prepared.recipient()) {
            // The server may have given it to somebody, unless it wants another connection now.
            (Lifecycle::Joining, Some(_)) => prepared.plan() == conditions.plan,
            (Lifecycle::Lobby | Lifecycle::Joining, _) => prepared.meets(&conditions),
            (Lifecycle::Joined, Some(Recipient::Newcomer { .. })) => {
                usable && self.may_deposit() && prepared.deposit_due_at().is_none_or(|at| now < at)
            }
            // The server has yet to say which connections it wants.
            (Lifecycle::Joined | Lifecycle::Reconnecting, Some(Recipient::Server { .. })) => {
                self.sfu.is_empty()
            }
            (Lifecycle::Joined, _) => usable && self.may_deposit(),
            (Lifecycle::Reconnecting | Lifecycle::Left, _) => false,
        };
        let failed = prepared.has_failed() && self.session.lifecycle == Lifecycle::Joined;
        if failed && self.deposits.own_offer.take().is_some() {
            // Without provisional answers it may.
            self.connections.discard_prepared_offer(&mut self.out);
        } else if failed {
            self.give_up_deposit(now);
        } else if !useful {
            self.connections.discard_prepared_offer(&mut self.out);
        }
    }

    /// The browser makes no offer that the server would take. It is not asked again for a while.
    fn give_up_deposit(&mut self, now: Timestamp) {
        self.connections.discard_prepared_offer(&mut self.out);
        self.deposits.next_at = now + RATE_LIMIT_PERIOD;
    }

    /// Whether an offer is to lie with the server for whoever joins next.
    fn may_deposit(&self) -> bool {
        let people = self.roster.iter().count() + 1;
        self.config.prepare_connection
            && self.signal_client.early_offers() == EarlyOffers::Accepted
            && self.session.capacity.is_none_or(|capacity| people < capacity as usize)
    }

    /// Gives the server the offer that is prepared, once it is complete.
    fn deposit_offer(&mut self, now: Timestamp) {
        let due = |prepared: &PreparedOffer| {
            !matches!(prepared.recipient(), Some(Recipient::Newcomer { .. }))
                && prepared.deposit_due_at().is_some_and(|at| at <= now)
        };
        let Some(prepared) = self.connections.prepared_offer_mut().filter(|prepared| due(prepared)) else {
            return;
        };
        if self.session.lifecycle != Lifecycle::Joined || !self.deposits.rate.take(now, DEPOSITS_PER_MINUTE) {
            return;
        }
        let number = self.deposits.next_number;
        self.deposits.next_number = number.wrapping_add(1);
        let Some(offer) = prepared.hand_over(now, Recipient::Newcomer { deposit: number }) else {
            return self.give_up_deposit(now);
        };
        let deposit = Outbound::Deposit(Deposit { number, offer });
        self.signal_client.send(now, deposit, &mut self.out);
        self.prepare_answerer();
    }

    /// When there is something to do for a deposit.
    pub(super) fn deposit_due_at(&self) -> Option<Timestamp> {
        if !(self.session.is_joined() && self.may_deposit()) || self.media.is_opening() {
            return None;
        }
        let free_at = self.deposits.rate.free_at(DEPOSITS_PER_MINUTE);
        match self.connections.prepared_offer() {
            None if self.webrtc_support.is_blocked() => None,
            None => Some(self.deposits.next_at),
            Some(prepared) => match prepared.recipient() {
                Some(Recipient::Newcomer { .. }) => prepared.deposit_due_at(),
                Some(Recipient::Member { .. } | Recipient::Server { .. }) | None => {
                    prepared.deposit_due_at().map(|at| at.max(free_at))
                }
            },
        }
    }

    /// Leaves the processor to a connection that is about to begin.
    pub(super) fn postpone_deposit(&mut self, now: Timestamp) {
        self.deposits.next_at = now + DEPOSIT_DELAY;
    }

    fn offer_conditions(&self) -> OfferConditions {
        let first = self.signal_client.first_connection();
        let answers_itself = self.deposits.own_offer.is_some()
            && self.session.lifecycle == Lifecycle::Joined
            && self.may_deposit();
        OfferConditions {
            ice_role: if answers_itself { IceRole::Controlled } else { IceRole::Controlling },
            plan: first.map_or(ConnectionPlan::MeshOfferer, |first| ConnectionPlan::Sfu {
                direction: first.direction,
                simulcast: first.simulcast,
            }),
            config: self.connection_config(),
            hang_up_channel: self.signal_client.uses_hang_up_channel(),
            // A server is found by its own address, whatever we call ours.
            captures: first.is_some() || !self.media.tracks().is_empty(),
        }
    }

    /// The offer that is prepared for such a connection, if it is still what would be made now, and can be said; or if the
    /// server that is to answer it has had it with `join`.
    pub(super) fn take_prepared_offer(
        &mut self,
        now: Timestamp,
        remote: &Remote,
        plan: ConnectionPlan,
    ) -> Option<PreparedOffer> {
        if !self.can_send_to(remote) {
            return None;
        }
        self.renew_prepared_offer(now);
        let prepared = self.connections.prepared_offer()?;
        let epoch = self.connections.get(remote).map(Connection::epoch);
        let fits = match prepared.recipient() {
            None => prepared.plan() == plan,
            Some(Recipient::Server { epoch: said }) => plan.is_sfu() && Some(said) == epoch,
            Some(Recipient::Member { .. } | Recipient::Newcomer { .. }) => false,
        };
        if fits { self.connections.take_prepared_offer() } else { None }
    }

    /// Has another one made if it is not what would be made now. One that the server has may be on its way to somebody.
    pub(super) fn renew_prepared_offer(&mut self, now: Timestamp) {
        let conditions = self.offer_conditions();
        let fits = |prepared: &PreparedOffer| {
            prepared.recipient().is_some() || (prepared.is_usable(now) && prepared.meets(&conditions))
        };
        if !self.connections.prepared_offer().is_some_and(fits) {
            self.connections.discard_prepared_offer(&mut self.out);
        }
    }

    /// The offer that goes with `join`: the one that is prepared, unless the server is known not to take it. One that has not
    /// been asked ignores it.
    pub(super) fn join_offers(&mut self, now: Timestamp) -> Vec<JoinOffer> {
        let unsupported = match self.signal_client.early_offers() {
            EarlyOffers::Unsupported => true,
            EarlyOffers::Unknown | EarlyOffers::Accepted => false,
            // It went with the opening of the socket.
            EarlyOffers::WithJoin => self.signal_client.is_open(),
        };
        if self.session.lifecycle != Lifecycle::Joining || unsupported {
            return Vec::new();
        }
        self.renew_prepared_offer(now);
        self.use_opening_time(now);
        let unused = self.connections.unused_epoch();
        // Whoever takes no provisional answers leaves no deposit that is controlled.
        let exchange = self.deposits.own_offer.is_some() || self.server_is_far();
        let first = self.signal_client.first_connection();
        let Some(prepared) = self.connections.prepared_offer_mut() else { return Vec::new() };
        let epoch = match (first, prepared.recipient()) {
            (Some(first), _) => first.epoch,
            // Somebody may have got it, and hears from us anew.
            (None, Some(Recipient::Member { epoch })) => epoch.saturating_add(1),
            (None, Some(Recipient::Server { .. } | Recipient::Newcomer { .. }) | None) => unused,
        };
        let recipient =
            if first.is_some() { Recipient::Server { epoch } } else { Recipient::Member { epoch } };
        let offer = prepared.hand_over(now, recipient);
        offer.map(|offer| JoinOffer { epoch, offer, exchange }).into_iter().collect()
    }

    /// We are in a room. An offer that went with `join` is still ours if the server takes none.
    pub(super) fn take_back_join_offer(&mut self) {
        if self.signal_client.early_offers() != EarlyOffers::Accepted
            && let Some(prepared) = self.connections.prepared_offer_mut()
        {
            prepared.take_back();
        }
    }

    /// Somebody has got the offer that went with `join`.
    pub(super) fn on_offer_given(&mut self, now: Timestamp, given: GivenOffer) {
        let GivenOffer { to, index: 0, exchanged_for } = given else { return };
        let remote = Remote::Participant(to);
        let prepared = self.connections.prepared_offer();
        let Some(Recipient::Member { epoch }) = prepared.and_then(PreparedOffer::recipient) else { return };
        if self.connections.get(&remote).is_none() {
            return;
        }
        let Some(prepared) = self.connections.take_prepared_offer() else { return };
        let answer =
            exchanged_for.and_then(|offer| prepared.derive_answer(&offer, self.begins_dtls(&remote)));
        self.use_handed_over_offer(now, &remote, epoch, prepared, answer);
    }

    /// A newcomer has got our deposit, and we have their offer.
    pub(super) fn on_exchanged_offer(&mut self, now: Timestamp, exchanged: ExchangedOffer) {
        let ExchangedOffer { from, epoch, offer, deposit } = exchanged;
        let remote = Remote::Participant(from);
        let recipient = self.connections.prepared_offer().and_then(PreparedOffer::recipient);
        let is_there = recipient == Some(Recipient::Newcomer { deposit });
        let answer = self
            .connections
            .prepared_offer()
            .filter(|_| is_there && self.connections.get(&remote).is_some())
            .and_then(|prepared| prepared.derive_answer(&offer, self.begins_dtls(&remote)));
        self.postpone_deposit(now);
        if answer.is_some()
            && let Some(prepared) = self.connections.take_prepared_offer()
        {
            return self.use_handed_over_offer(now, &remote, epoch, prepared, answer);
        }
        let message = NegotiationMessage::Description(offer);
        self.on_negotiation(now, Negotiation { remote: remote.clone(), epoch, message });
        if is_there {
            self.connections.discard_prepared_offer(&mut self.out);
        } else {
            // They may have taken it for the other half of a connection, and it is no more.
            self.rebuild_within_limit(now, &remote);
        }
    }

    fn use_handed_over_offer(
        &mut self,
        now: Timestamp,
        remote: &Remote,
        epoch: u32,
        prepared: PreparedOffer,
        answer: Option<SessionDescription>,
    ) {
        let recovery = Recovery::new(now, self.is_polite(remote));
        self.replace_connection(remote, epoch, ConnectionPlan::MeshOfferer, recovery);
        self.with_connection(now, remote, |connection, cx| {
            connection.use_handed_over_offer(prepared, answer, cx);
        });
        self.replay_early(now, remote);
    }

    /// Whether the DTLS handshake is ours to begin: both ends can tell.
    fn begins_dtls(&self, remote: &Remote) -> bool {
        self.is_polite(remote)
    }
}
