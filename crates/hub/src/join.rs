//! Who is let in.

use super::session::Session;
use super::{ConnectionId, Hub, Member, Room, Seat, participant_id, room_key};
use visavis_signaling::dialects::visavis::messages::{Join, Participant, ServerMessage, VERSION, Welcome};
use visavis_signaling::signal::{ParticipantId, RejectCode};

impl Hub {
    pub(super) fn join(&mut self, connection: ConnectionId, mut join: Join) {
        join.room = room_key(&join.room);
        let id = participant_id(&join.identity);
        self.make_room_for(&join.room);
        self.make_seat_for(&join.room, &id);
        if let Some((code, text)) = self.objection(&join, &id) {
            return self.reject(connection, code, text);
        }
        let seat = Seat { room: join.room.clone(), id };
        if !self.resume(connection, &join, &seat) {
            self.enter(connection, join, &seat);
        }
    }

    /// Why this join cannot be accepted, if so.
    fn objection(&self, join: &Join, id: &ParticipantId) -> Option<(RejectCode, &'static str)> {
        if join.version != VERSION {
            return Some((RejectCode::UnsupportedVersion, "This server speaks version 1."));
        }
        match self.rooms.get(&join.room) {
            None if self.rooms.len() >= self.config.max_rooms => {
                Some((RejectCode::ServerFull, "This server takes no more rooms at the moment."))
            }
            Some(room) if is_outdated(room, join, id) => {
                Some((RejectCode::Replaced, "You joined again since."))
            }
            Some(room) if !self.has_seat_for(room, id) => Some(full(room)),
            None | Some(_) => None,
        }
    }

    pub(super) fn has_seat_for(&self, room: &Room, id: &ParticipantId) -> bool {
        room.len() < self.config.capacity as usize || room.contains_key(id)
    }

    /// Begins anew, whoever had the seat before.
    fn enter(&mut self, connection: ConnectionId, join: Join, seat: &Seat) {
        let Join { room, name, media, session, .. } = join;
        let session = session.map(|claim| Session::new(claim, self.kept.clone()));
        let address = self.addresses.get(&connection).copied();
        let member = Member {
            connection: Some(connection),
            name,
            media,
            session,
            lost_since: self.now,
            lost_until: None,
            address,
        };
        let participant = introduce(&seat.id, &member);
        let before = self.rooms.entry(room).or_default().insert(seat.id.clone(), member);
        self.seats.insert(connection, seat.clone());
        if let Some(before) = before {
            self.forget_lost(before.lost_until, seat);
            self.replace(before.connection);
        }
        self.welcome(connection, seat, None);
        self.tell_others(seat, &ServerMessage::ParticipantJoined { participant, resumed: false });
    }

    pub(super) fn welcome(&mut self, connection: ConnectionId, seat: &Seat, resumed: Option<u32>) {
        let room = self.rooms.get(&seat.room).into_iter().flatten();
        // Who takes a session up knows the others.
        let others =
            room.filter(|(id, member)| resumed.is_none() && **id != seat.id && member.connection.is_some());
        let participants = others.map(|(id, member)| introduce(id, member)).collect();
        let welcome = Welcome {
            version: VERSION,
            id: seat.id.clone(),
            room: seat.room.clone(),
            capacity: self.config.capacity,
            heartbeat: self.config.heartbeat,
            participants,
            ice_servers: self.config.ice_servers.clone(),
            resumed,
        };
        self.send(connection, ServerMessage::Joined(welcome));
    }
}

/// A seat that is kept for somebody who is lost is free before long, so it is worth asking again.
fn full(room: &Room) -> (RejectCode, &'static str) {
    if room.values().any(|member| member.lost_until.is_some()) {
        (RejectCode::SeatKept, "The last seat is kept for somebody whose connection was lost.")
    } else {
        (RejectCode::RoomFull, "The room is full.")
    }
}

/// Whether the same client has been let in with a later `join`: this one comes from a socket that it has given up.
fn is_outdated(room: &Room, join: &Join, id: &ParticipantId) -> bool {
    let session = room.get(id).and_then(|member| member.session.as_ref());
    session.zip(join.session.as_ref()).is_some_and(|(session, claim)| session.outdates(claim))
}

pub(super) fn introduce(id: &ParticipantId, member: &Member) -> Participant {
    Participant {
        id: id.clone(),
        name: member.name.clone(),
        media: member.media,
        session: member.session.as_ref().map(|session| session.id.clone()),
    }
}
