//! The rooms of the reference server, without its sockets.
//!
//! A pure state machine: connections and their messages go in, messages for connections come out. The native server
//! puts sockets around it, and the simulator runs it under virtual time, so what is simulated is what is deployed.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::dialects::visavis::messages::{
    ClientMessage, IceServerList, Join, LeaveReason, Participant, ServerMessage, VERSION, Welcome,
};
use crate::json::JsonError;
use crate::signal::{MediaState, ParticipantId, RejectCode};

/// One socket, as the owner of the sockets numbers it. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// What a server allows and announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubConfig {
    /// Most people in one room.
    pub capacity: u32,
    /// Most rooms.
    pub max_rooms: usize,
    /// Seconds between two pings, announced to clients.
    pub heartbeat: u32,
    /// ICE servers, announced to clients.
    pub ice_servers: Option<IceServerList>,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self { capacity: 8, max_rooms: 10_000, heartbeat: 10, ice_servers: None }
    }
}

/// What the owner of the sockets must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubOutput {
    /// Send this message.
    Send(ConnectionId, ServerMessage),
    /// Close the socket once everything before this is sent.
    Close(ConnectionId),
}

#[derive(Debug)]
struct Member {
    connection: ConnectionId,
    name: String,
    media: MediaState,
}

/// One room: participants by id, so that every roster has the same order.
type Room = BTreeMap<ParticipantId, Member>;

/// Where a connection has joined.
#[derive(Debug, Clone)]
struct Seat {
    room: String,
    id: ParticipantId,
}

/// All rooms of a server.
#[derive(Debug)]
pub struct Hub {
    config: HubConfig,
    rooms: BTreeMap<String, Room>,
    seats: BTreeMap<ConnectionId, Seat>,
    outputs: VecDeque<HubOutput>,
}

/// The public id that belongs to an identity secret: the first 16 bytes of its SHA-256 (FIPS 180-4), in hexadecimal.
///
/// It proves itself: nobody can take an id without its secret, and a restarted server arrives at the same id.
pub fn participant_id(identity: &str) -> ParticipantId {
    let digest = Sha256::digest(identity.as_bytes());
    let mut id = String::with_capacity(32);
    for byte in digest.iter().take(16) {
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    ParticipantId::from_digits(id)
}

impl Hub {
    /// A server without rooms.
    pub fn new(config: HubConfig) -> Self {
        Self { config, rooms: BTreeMap::new(), seats: BTreeMap::new(), outputs: VecDeque::new() }
    }

    /// How many rooms there are.
    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// How many participants there are.
    pub fn participants(&self) -> usize {
        self.seats.len()
    }

    /// The next thing to do, in order.
    pub fn poll_output(&mut self) -> Option<HubOutput> {
        self.outputs.pop_front()
    }

    /// A frame that a client sent.
    pub fn frame(&mut self, from: ConnectionId, frame: &str) {
        self.heard(from, ClientMessage::decode(frame));
    }

    /// A frame that a client sent, as the owner of the sockets decoded it: decoding is most of the work, and needs
    /// no access to the rooms.
    pub fn heard(&mut self, from: ConnectionId, message: Result<ClientMessage, JsonError>) {
        match message {
            Ok(message) => self.message(from, message),
            Err(error) => self.refuse(from, RejectCode::BadRequest, &error.to_string()),
        }
    }

    /// A connection is lost.
    pub fn closed(&mut self, connection: ConnectionId) {
        self.depart(connection, LeaveReason::Gone);
    }

    fn message(&mut self, from: ConnectionId, message: ClientMessage) {
        match (message, self.seats.get(&from).cloned()) {
            (ClientMessage::Pong, _) => {}
            (ClientMessage::Join(join), None) => self.join(from, join),
            (ClientMessage::Join(_), Some(_)) => {
                self.refuse(
                    from,
                    RejectCode::AlreadyJoined,
                    "This connection is in a room already; leave it first.",
                );
            }
            (ClientMessage::Leave, _) => self.depart(from, LeaveReason::Left),
            (_, None) => self.refuse(from, RejectCode::NotJoined, "Send \"join\" first."),
            (ClientMessage::Description { to, generation, description }, Some(seat)) => {
                let message = ServerMessage::Description { from: seat.id, generation, description };
                self.relay(from, &seat.room, &to, message);
            }
            (ClientMessage::Candidate { to, generation, candidate }, Some(seat)) => {
                let message = ServerMessage::Candidate { from: seat.id, generation, candidate };
                self.relay(from, &seat.room, &to, message);
            }
            (ClientMessage::Media { media }, Some(seat)) => self.media(&seat, media),
        }
    }

    fn join(&mut self, connection: ConnectionId, join: Join) {
        let id = participant_id(&join.identity);
        if let Some((code, text)) = self.objection(&join, &id) {
            return self.reject(connection, code, text);
        }
        let room = self.rooms.entry(join.room.clone()).or_default();
        let member = Member { connection, name: join.name.clone(), media: join.media };
        let before = room.insert(id.clone(), member);
        self.seats.insert(connection, Seat { room: join.room.clone(), id: id.clone() });
        if let Some(before) = before {
            self.seats.remove(&before.connection);
            self.reject(before.connection, RejectCode::Replaced, "You joined again from somewhere else.");
        }
        self.welcome(connection, &join.room, &id);
        let participant = Participant { id: id.clone(), name: join.name, media: join.media };
        self.tell_others(&join.room, &id, &ServerMessage::ParticipantJoined { participant });
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
            Some(room) if room.len() >= self.config.capacity as usize && !room.contains_key(id) => {
                Some((RejectCode::RoomFull, "The room is full."))
            }
            None | Some(_) => None,
        }
    }

    fn welcome(&mut self, connection: ConnectionId, name: &str, id: &ParticipantId) {
        let room = self.rooms.get(name).into_iter().flatten();
        let others = room.filter(|(other, _)| *other != id);
        let participants = others
            .map(|(id, member)| Participant {
                id: id.clone(),
                name: member.name.clone(),
                media: member.media,
            })
            .collect();
        let welcome = Welcome {
            version: VERSION,
            id: id.clone(),
            room: name.to_owned(),
            capacity: self.config.capacity,
            heartbeat: self.config.heartbeat,
            participants,
            ice_servers: self.config.ice_servers.clone(),
        };
        self.send(connection, ServerMessage::Joined(welcome));
    }

    fn media(&mut self, seat: &Seat, media: MediaState) {
        if let Some(member) = self.rooms.get_mut(&seat.room).and_then(|room| room.get_mut(&seat.id)) {
            member.media = media;
        }
        self.tell_others(&seat.room, &seat.id, &ServerMessage::Media { from: seat.id.clone(), media });
    }

    fn relay(&mut self, from: ConnectionId, room: &str, to: &ParticipantId, message: ServerMessage) {
        match self.rooms.get(room).and_then(|room| room.get(to)) {
            Some(member) if member.connection != from => self.send(member.connection, message),
            Some(_) | None => {
                self.refuse(
                    from,
                    RejectCode::UnknownParticipant,
                    "The participant you addressed is not in the room.",
                );
            }
        }
    }

    /// The connection gives up its seat; the socket itself stays open.
    fn depart(&mut self, connection: ConnectionId, reason: LeaveReason) {
        let Some(seat) = self.seats.remove(&connection) else { return };
        if let Some(room) = self.rooms.get_mut(&seat.room) {
            room.remove(&seat.id);
            if room.is_empty() {
                self.rooms.remove(&seat.room);
            }
        }
        let message = ServerMessage::ParticipantLeft { id: seat.id.clone(), reason };
        self.tell_others(&seat.room, &seat.id, &message);
    }

    fn tell_others(&mut self, room: &str, id: &ParticipantId, message: &ServerMessage) {
        let members = self.rooms.get(room).into_iter().flatten().filter(|(other, _)| *other != id);
        let sends = members.map(|(_, member)| HubOutput::Send(member.connection, message.clone()));
        self.outputs.extend(sends);
    }

    fn send(&mut self, to: ConnectionId, message: ServerMessage) {
        self.outputs.push_back(HubOutput::Send(to, message));
    }

    /// Says no and goes on.
    fn refuse(&mut self, to: ConnectionId, code: RejectCode, text: &str) {
        self.send(to, ServerMessage::error(code, text, false));
    }

    /// Says no and hangs up.
    fn reject(&mut self, to: ConnectionId, code: RejectCode, text: &str) {
        self.send(to, ServerMessage::error(code, text, true));
        self.outputs.push_back(HubOutput::Close(to));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ConnectionId = ConnectionId(1);
    const B: ConnectionId = ConnectionId(2);
    const C: ConnectionId = ConnectionId(3);

    fn join(room: &str, secret: char) -> String {
        let identity = secret.to_string().repeat(32);
        format!(
            r#"{{"type":"join","version":1,"room":"{room}","name":"{secret}","identity":"{identity}","media":{{}}}}"#
        )
    }

    fn id(secret: char) -> ParticipantId {
        participant_id(&secret.to_string().repeat(32))
    }

    fn drain(hub: &mut Hub) -> Vec<HubOutput> {
        std::iter::from_fn(|| hub.poll_output()).collect()
    }

    fn two() -> Hub {
        let mut hub = Hub::new(HubConfig { capacity: 2, ..HubConfig::default() });
        hub.frame(A, &join("r", 'a'));
        hub.frame(B, &join("r", 'b'));
        drain(&mut hub);
        hub
    }

    fn code_of(output: &HubOutput) -> Option<(ConnectionId, &str)> {
        match output {
            HubOutput::Send(to, ServerMessage::Error { code, .. }) => Some((*to, code)),
            HubOutput::Send(..) | HubOutput::Close(_) => None,
        }
    }

    #[test]
    fn a_full_room_refuses_and_the_others_notice_nothing() {
        let mut hub = two();
        hub.frame(C, &join("r", 'c'));
        let out = drain(&mut hub);
        assert_eq!(code_of(&out[0]), Some((C, "room-full")));
        assert_eq!(out[1..], [HubOutput::Close(C)]);
    }

    #[test]
    fn the_same_identity_takes_its_seat_back() {
        let mut hub = two();
        hub.frame(C, &join("r", 'a'));
        let out = drain(&mut hub);
        assert_eq!(code_of(&out[0]), Some((A, "replaced")));
        assert!(
            matches!(&out[2], HubOutput::Send(C, ServerMessage::Joined(w)) if w.id == id('a') && w.participants.len() == 1)
        );
        assert!(
            matches!(&out[3], HubOutput::Send(B, ServerMessage::ParticipantJoined { participant }) if participant.id == id('a'))
        );
        hub.closed(A);
        assert_eq!(drain(&mut hub), [], "the old socket has no seat any more");
    }

    #[test]
    fn relays_only_inside_the_room() {
        let mut hub = two();
        hub.frame(C, &join("other", 'c'));
        drain(&mut hub);
        let frame = format!(r#"{{"type":"candidate","to":"{}","candidate":null}}"#, id('c'));
        hub.frame(A, &frame);
        assert_eq!(
            drain(&mut hub).iter().map(code_of).collect::<Vec<_>>(),
            [Some((A, "unknown-participant"))]
        );
    }

    #[test]
    fn empty_rooms_are_forgotten() {
        let mut hub = two();
        hub.frame(A, r#"{"type":"leave"}"#);
        let gone = ServerMessage::ParticipantLeft { id: id('a'), reason: LeaveReason::Left };
        assert_eq!(drain(&mut hub), [HubOutput::Send(B, gone)]);
        hub.closed(B);
        assert_eq!((hub.rooms(), hub.participants()), (0, 0));
    }

    #[test]
    fn bad_input_gets_a_code() {
        let mut hub = two();
        for (frame, code) in [
            ("nonsense", "bad-request"),
            (r#"{"type":"dance"}"#, "bad-request"),
            (&join("r", 'a'), "already-joined"),
            (r#"{"type":"candidate","to":"","candidate":null}"#, "bad-request"),
        ] {
            hub.frame(A, frame);
            assert_eq!(drain(&mut hub).iter().map(code_of).collect::<Vec<_>>(), [Some((A, code))], "{frame}");
        }
        hub.frame(C, r#"{"type":"media","media":{}}"#);
        assert_eq!(code_of(&drain(&mut hub)[0]), Some((C, "not-joined")));
    }
}
