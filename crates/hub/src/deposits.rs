//! Offers that are given before it is known whom they are for: those of members for whoever joins next, and those of a
//! newcomer for whoever is there.

use std::collections::VecDeque;
use std::time::Duration;

use visavis_signaling::dialects::visavis::messages::ServerMessage;
use visavis_signaling::limits::MAX_JOIN_OFFERS;
use visavis_signaling::time::Timestamp;
use visavis_signaling::{Deposit, GivenOffer, JoinOffer, ParticipantId};

use super::{ByteBudget, Hub, Member, MemberKey};

/// How many a member may deposit in [`deposit_lifetime`](super::HubConfig::deposit_lifetime); what is more is left out.
pub const MAX_DEPOSITS: usize = 10;

/// What a member has deposited.
#[derive(Debug, Default)]
pub(super) struct Deposits {
    kept: Option<KeptDeposit>,
    /// When the last ones came.
    times: VecDeque<Timestamp>,
}

#[derive(Debug)]
struct KeptDeposit {
    deposit: Deposit,
    until: Timestamp,
    budget: ByteBudget,
}

impl Drop for KeptDeposit {
    fn drop(&mut self) {
        self.budget.remove(self.deposit.offer.sdp.len());
    }
}

impl Deposits {
    /// Keeps an offer in place of the last one, unless there were too many, or there is no room; whether it does.
    fn put(&mut self, now: Timestamp, deposit: Deposit, lifetime: Duration, budget: &ByteBudget) -> bool {
        self.times.retain(|at| now.since(*at) < lifetime);
        self.kept = None;
        if self.times.len() >= MAX_DEPOSITS {
            return false;
        }
        self.times.push_back(now);
        budget.add(deposit.offer.sdp.len());
        let kept = KeptDeposit { deposit, until: now + lifetime, budget: budget.clone() };
        self.kept = Some(kept).filter(|_| !budget.is_exceeded());
        self.kept.is_some()
    }

    /// The offer that is kept, once.
    fn take(&mut self, now: Timestamp) -> Option<Deposit> {
        self.kept.take().filter(|kept| now < kept.until).map(|kept| kept.deposit.clone())
    }

    /// Forgets the offer that is kept: whoever made it cannot be reached.
    pub(super) fn clear(&mut self) {
        self.kept = None;
    }

    fn is_live(&self, now: Timestamp) -> bool {
        self.kept.as_ref().is_some_and(|kept| now < kept.until)
    }
}

impl Hub {
    /// Keeps an offer of a member for whoever joins next.
    pub(super) fn on_deposit(&mut self, key: &MemberKey, deposit: Deposit) {
        let (now, lifetime, budget) = (self.now, self.config.deposit_lifetime, self.deposit_budget.clone());
        let Some(member) = self.member(&key.room, &key.id) else { return };
        if member.deposits.put(now, deposit, lifetime, &budget) {
            self.deposit_expiries.push_back((now + lifetime, key.clone()));
        }
    }

    /// Forgets offers that nobody has come for.
    pub(super) fn expire_deposits(&mut self) {
        let now = self.now;
        while self.deposit_expiries.front().is_some_and(|(until, _)| *until <= now) {
            let expired = self.deposit_expiries.pop_front();
            let member =
                expired.and_then(|(_, key)| self.member(&key.room, &key.id).map(|m| &mut m.deposits));
            if let Some(deposits) = member.filter(|deposits| !deposits.is_live(now)) {
                deposits.clear();
            }
        }
    }

    /// Gives each offer of a newcomer to one of those who are in the room, first to those who have deposited one: theirs goes
    /// to the newcomer in exchange. What the newcomer is to hear of it, and what they are.
    pub(super) fn give_offers(
        &mut self,
        key: &MemberKey,
        offers: Vec<JoinOffer>,
    ) -> (Vec<GivenOffer>, Vec<(ParticipantId, ServerMessage)>) {
        let now = self.now;
        let room = self.rooms.get_mut(&key.room).into_iter().flatten();
        let mut others: Vec<(&ParticipantId, &mut Member)> =
            room.filter(|(id, member)| **id != key.id && member.client.is_some()).collect();
        others.sort_by_key(|(_, member)| !member.deposits.is_live(now));
        let (mut given, mut messages) = (Vec::new(), Vec::new());
        for ((index, offer), (to, member)) in (0..).zip(offers.into_iter().take(MAX_JOIN_OFFERS)).zip(others)
        {
            let deposit = if offer.exchange { member.deposits.take(now) } else { None };
            let exchanged = deposit.as_ref().map(|deposit| deposit.number);
            let exchanged_for = deposit.map(|deposit| deposit.offer);
            given.push(GivenOffer { to: to.clone(), index, exchanged_for });
            let JoinOffer { epoch, offer: description, .. } = offer;
            let from = key.id.clone();
            messages.push((to.clone(), ServerMessage::Description { from, epoch, description, exchanged }));
        }
        (given, messages)
    }
}
