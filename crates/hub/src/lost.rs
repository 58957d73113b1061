//! Those who are lost: their seats are kept for a while, and they may take up where they broke off.

use std::collections::BTreeMap;
use std::time::Duration;

use super::join::introduce;
use super::{ConnectionId, Hub, HubOutput, Member, Seat};
use visavis_signaling::dialects::visavis::messages::{Join, ServerMessage};
use visavis_signaling::signal::{ParticipantId, RejectCode};
use visavis_signaling::time::Timestamp;

impl Hub {
    /// A room of ghosts must not keep the living out.
    pub(super) fn make_room_for(&mut self, room: &str) {
        while self.rooms.len() >= self.config.max_rooms
            && !self.rooms.contains_key(room)
            && !self.lost.is_empty()
        {
            self.free_one_of_most();
        }
    }

    /// Nor must one ghost, whose tile is gone.
    pub(super) fn make_seat_for(&mut self, room: &str, id: &ParticipantId) {
        let Some(members) = self.rooms.get(room).filter(|members| !self.has_seat_for(members, id)) else {
            return;
        };
        let gone = |member: &Member| member.lost_since + self.config.yields_after <= self.now;
        let ghosts = members.iter().filter(|(_, member)| gone(member));
        let ghosts = ghosts.filter_map(|(id, member)| Some((member.lost_until?, id.clone())));
        let Some((until, id)) = ghosts.min() else { return };
        let seat = Seat { room: room.to_owned(), id };
        self.forget_lost(Some(until), &seat);
        self.free(&seat);
    }

    /// Takes a session up where it broke off, if that can be done: each side repeats what the other has missed. Of a
    /// loss that they have not been told of, the others hear nothing.
    pub(super) fn resume(&mut self, connection: ConnectionId, join: &Join, seat: &Seat) -> bool {
        let wanted = !self.config.resume_window.is_zero();
        let Some(claim) = join.session.as_ref().filter(|_| wanted) else { return false };
        let address = self.addresses.get(&connection).copied();
        let Some(member) = self.member(&seat.room, &seat.id) else { return false };
        let before = member.connection;
        let Some(session) = member.session.as_mut().filter(|session| session.can_go_on(claim)) else {
            return false;
        };
        session.take_up(claim);
        let (heard, missed) = (session.heard(), session.missed().cloned().collect::<Vec<_>>());
        member.connection = Some(connection);
        member.address = address;
        let lost_until = member.lost_until.take();
        let participant = introduce(&seat.id, member);
        self.seats.insert(connection, seat.clone());
        self.replace(before);
        self.welcome(connection, seat, Some(heard));
        self.outputs.extend(missed.into_iter().map(|message| HubOutput::Send(connection, message)));
        if lost_until.is_some() {
            self.forget_lost(lost_until, seat);
            self.tell_others(seat, &ServerMessage::ParticipantJoined { participant, resumed: true });
        }
        true
    }

    /// The connection that had the seat until now, if any, is over.
    pub(super) fn replace(&mut self, before: Option<ConnectionId>) {
        if let Some(before) = before {
            self.seats.remove(&before);
            self.reject(before, RejectCode::Replaced, "You joined again from somewhere else.");
        }
    }

    /// Keeps the seat of somebody who is lost for this long, if they can take up their session.
    pub(super) fn keep_seat(&mut self, seat: &Seat, window: Duration) -> bool {
        let now = self.now;
        let (until, wanted) = (now + window, !window.is_zero());
        let Some(member) = self.member(&seat.room, &seat.id) else { return false };
        let keeps = wanted && member.session.is_some();
        if keeps {
            member.connection = None;
            member.lost_since = now;
            member.lost_until = Some(until);
            let address = member.address;
            self.lost.insert((until, seat.room.clone(), seat.id.clone()), address);
            if self.lost.len() > self.config.max_lost {
                self.free_one_of_most();
            }
        }
        keeps
    }

    pub(super) fn free_oldest(&mut self) {
        if let Some(((_, room, id), _)) = self.lost.pop_first() {
            self.free(&Seat { room, id });
        }
    }

    /// The address that has most of the seats loses its oldest: nobody empties the pool for the others.
    fn free_one_of_most(&mut self) {
        let mut counts = BTreeMap::<_, usize>::new();
        for address in self.lost.values() {
            *counts.entry(*address).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(address, _)| address);
        let oldest = self.lost.iter().find(|(_, address)| Some(**address) == most);
        if let Some((until, room, id)) = oldest.map(|(seat, _)| seat.clone()) {
            let seat = Seat { room, id };
            self.forget_lost(Some(until), &seat);
            self.free(&seat);
        }
    }

    pub(super) fn free(&mut self, seat: &Seat) {
        if let Some(room) = self.rooms.get_mut(&seat.room) {
            room.remove(&seat.id);
            if room.is_empty() {
                self.rooms.remove(&seat.room);
            }
        }
    }

    pub(super) fn forget_lost(&mut self, until: Option<Timestamp>, seat: &Seat) {
        if let Some(until) = until {
            self.lost.remove(&(until, seat.room.clone(), seat.id.clone()));
        }
    }
}
