//! Resuming sessions: the seats of disconnected members are reserved for a while, and evicted when they are needed.

use std::collections::BTreeMap;
use std::time::Duration;

use visavis_signaling::dialects::visavis::messages::{Join, ServerMessage};
use visavis_signaling::time::Timestamp;
use visavis_signaling::{ParticipantId, RejectCode};

use super::join::participant_info;
use super::{ClientId, Hub, HubOutput, Member, MemberKey};

impl Hub {
    /// Evicts reserved seats until there is a room to spare, if this join needs a new one.
    pub(super) fn evict_for_room_limit(&mut self, room: &str) {
        while self.rooms.len() >= self.config.max_rooms
            && !self.rooms.contains_key(room)
            && !self.reservations.is_empty()
        {
            self.evict_from_largest_address();
        }
    }

    /// Evicts the oldest evictable reserved seat of a full room, if this join needs one
    /// ([`HubConfig::evictable_after`](super::HubConfig::evictable_after)).
    pub(super) fn evict_for_capacity(&mut self, room: &str, id: &ParticipantId) {
        let Some(members) = self.rooms.get(room).filter(|members| !self.has_seat_for(members, id)) else {
            return;
        };
        let evictable = |member: &Member| member.disconnected_at + self.config.evictable_after <= self.now;
        let candidates = members.iter().filter(|(_, member)| evictable(member));
        let candidates = candidates.filter_map(|(id, member)| Some((member.reserved_until?, id.clone())));
        let Some((until, id)) = candidates.min() else { return };
        let key = MemberKey { room: room.to_owned(), id };
        self.cancel_reservation(Some(until), &key);
        self.remove_from_room(&key);
    }

    /// Resumes the client's session if both sides can still repeat what the other has not received; false otherwise.
    /// The others are told only if they were told of the loss before.
    pub(super) fn try_resume(&mut self, client: ClientId, join: &Join, key: &MemberKey) -> bool {
        let enabled = !self.config.resume_window.is_zero();
        let Some(claim) = join.session.as_ref().filter(|_| enabled) else { return false };
        let address = self.addresses.get(&client).copied();
        let Some(member) = self.member(&key.room, &key.id) else { return false };
        let replaced = member.client;
        let Some(session) = member.session.as_mut().filter(|session| session.can_resume(claim)) else {
            return false;
        };
        session.resume(claim);
        let (received, backlog) = (session.received(), session.unacknowledged().cloned().collect::<Vec<_>>());
        member.client = Some(client);
        member.address = address;
        let reserved_until = member.reserved_until.take();
        let participant = participant_info(&key.id, member);
        self.joined.insert(client, key.clone());
        self.replace_client(replaced);
        self.send_joined(client, key, Some(received), Vec::new());
        self.outputs.extend(backlog.into_iter().map(|message| HubOutput::Send(client, message)));
        if reserved_until.is_some() {
            self.cancel_reservation(reserved_until, key);
            self.broadcast_from(key, &ServerMessage::ParticipantJoined { participant, resumed: true });
        }
        true
    }

    /// Closes the connection that had the seat until now, if there is one.
    pub(super) fn replace_client(&mut self, replaced: Option<ClientId>) {
        if let Some(replaced) = replaced {
            self.joined.remove(&replaced);
            self.send_error_and_close(
                replaced,
                RejectCode::Replaced,
                "You joined again from somewhere else.",
            );
        }
    }

    /// Reserves the seat of a disconnected member for `window`; false if it has no session to resume, or `window` is zero.
    pub(super) fn reserve_seat(&mut self, key: &MemberKey, window: Duration) -> bool {
        let now = self.now;
        let (until, enabled) = (now + window, !window.is_zero());
        let Some(member) = self.member(&key.room, &key.id) else { return false };
        let reserved = enabled && member.session.is_some();
        if reserved {
            member.client = None;
            member.deposits.clear();
            member.disconnected_at = now;
            member.reserved_until = Some(until);
            let address = member.address;
            self.reservations.insert((until, key.room.clone(), key.id.clone()), address);
            if self.reservations.len() > self.config.max_reserved_seats {
                self.evict_from_largest_address();
            }
        }
        reserved
    }

    pub(super) fn expire_oldest(&mut self) {
        if let Some(((_, room, id), _)) = self.reservations.pop_first() {
            self.remove_from_room(&MemberKey { room, id });
        }
    }

    /// Evicts the oldest reserved seat of the address that has most of them, so that no address uses up the pool.
    fn evict_from_largest_address(&mut self) {
        let mut counts = BTreeMap::<_, usize>::new();
        for address in self.reservations.values() {
            *counts.entry(*address).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(address, _)| address);
        let oldest = self.reservations.iter().find(|(_, address)| Some(**address) == most);
        if let Some((until, room, id)) = oldest.map(|(key, _)| key.clone()) {
            let key = MemberKey { room, id };
            self.cancel_reservation(Some(until), &key);
            self.remove_from_room(&key);
        }
    }

    pub(super) fn remove_from_room(&mut self, key: &MemberKey) {
        if let Some(room) = self.rooms.get_mut(&key.room) {
            room.remove(&key.id);
            if room.is_empty() {
                self.rooms.remove(&key.room);
            }
        }
    }

    pub(super) fn cancel_reservation(&mut self, until: Option<Timestamp>, key: &MemberKey) {
        if let Some(until) = until {
            self.reservations.remove(&(until, key.room.clone(), key.id.clone()));
        }
    }
}
