//! Joining a room: checks, and the answer.

use visavis_signaling::dialects::visavis::messages::{Join, Participant, ServerMessage, VERSION, Welcome};
use visavis_signaling::{GivenOffer, ParticipantId, RejectCode};

use super::deposits::Deposits;
use super::session::Session;
use super::{ClientId, Hub, Member, MemberKey, Room, participant_id, room_key};

/// Why a `join` is not accepted.
#[derive(Debug)]
struct Refusal {
    code: RejectCode,
    text: &'static str,
}

impl Refusal {
    fn new(code: RejectCode, text: &'static str) -> Self {
        Self { code, text }
    }
}

impl Hub {
    pub(super) fn join(&mut self, client: ClientId, mut join: Join) {
        join.room = room_key(&join.room);
        let id = participant_id(&join.identity);
        self.evict_for_room_limit(&join.room);
        self.evict_for_capacity(&join.room, &id);
        if let Err(Refusal { code, text }) = self.validate_join(&join, &id) {
            return self.send_error_and_close(client, code, text);
        }
        let key = MemberKey { room: join.room.clone(), id };
        if !self.try_resume(client, &join, &key) {
            self.admit(client, join, &key);
        }
    }

    /// Whether this join can be accepted.
    fn validate_join(&self, join: &Join, id: &ParticipantId) -> Result<(), Refusal> {
        if join.version != VERSION {
            return Err(Refusal::new(RejectCode::UnsupportedVersion, "This server speaks version 1."));
        }
        match self.rooms.get(&join.room) {
            None if self.rooms.len() >= self.config.max_rooms => {
                Err(Refusal::new(RejectCode::ServerFull, "This server takes no more rooms at the moment."))
            }
            Some(room) if is_stale_join(room, join, id) => {
                Err(Refusal::new(RejectCode::Replaced, "You joined again since."))
            }
            Some(room) if !self.has_seat_for(room, id) => Err(room_full_error(room)),
            None | Some(_) => Ok(()),
        }
    }

    pub(super) fn has_seat_for(&self, room: &Room, id: &ParticipantId) -> bool {
        room.len() < self.config.capacity as usize || room.contains_key(id)
    }

    /// Adds the client to the room with a new session; a client that held the same id before is replaced.
    fn admit(&mut self, client: ClientId, join: Join, key: &MemberKey) {
        let Join { room, name, media, session, offers, .. } = join;
        let session = session.map(|claim| Session::new(claim, self.backlog_budget.clone()));
        let address = self.addresses.get(&client).copied();
        let member = Member {
            client: Some(client),
            name,
            media,
            session,
            deposits: Deposits::default(),
            disconnected_at: self.now,
            reserved_until: None,
            address,
        };
        let participant = participant_info(&key.id, &member);
        let replaced = self.rooms.entry(room).or_default().insert(key.id.clone(), member);
        self.joined.insert(client, key.clone());
        if let Some(replaced) = replaced {
            self.cancel_reservation(replaced.reserved_until, key);
            self.replace_client(replaced.client);
        }
        let offers = if self.config.accepts_offers() { offers } else { Vec::new() };
        let (given, messages) = self.give_offers(key, offers);
        self.send_joined(client, key, None, given);
        self.broadcast_from(key, &ServerMessage::ParticipantJoined { participant, resumed: false });
        for (to, message) in messages {
            if let Some(member) = self.rooms.get_mut(&key.room).and_then(|room| room.get_mut(&to)) {
                member.send(message, &mut self.outputs);
            }
        }
    }

    pub(super) fn send_joined(
        &mut self,
        client: ClientId,
        key: &MemberKey,
        resumed: Option<u32>,
        given_offers: Vec<GivenOffer>,
    ) {
        let room = self.rooms.get(&key.room).into_iter().flatten();
        // A client that resumes its session knows the others.
        let others =
            room.filter(|(id, member)| resumed.is_none() && **id != key.id && member.client.is_some());
        let participants = others.map(|(id, member)| participant_info(id, member)).collect();
        let welcome = Welcome {
            version: VERSION,
            id: key.id.clone(),
            room: key.room.clone(),
            capacity: self.config.capacity,
            heartbeat: self.config.heartbeat,
            participants,
            ice_servers: self.config.ice_servers.clone(),
            resumed,
            accepts_offers: self.config.accepts_offers(),
            given_offers,
        };
        self.send(client, ServerMessage::Joined(welcome));
    }
}

/// Why a full room refuses: with a seat that is reserved for a disconnected member it is worth trying again soon.
fn room_full_error(room: &Room) -> Refusal {
    if room.values().any(|member| member.reserved_until.is_some()) {
        Refusal::new(RejectCode::SeatKept, "The last seat is kept for somebody whose connection was lost.")
    } else {
        Refusal::new(RejectCode::RoomFull, "The room is full.")
    }
}

/// Whether the same page has joined with a later attempt: this `join` was sent on a socket that it has given up.
fn is_stale_join(room: &Room, join: &Join, id: &ParticipantId) -> bool {
    let session = room.get(id).and_then(|member| member.session.as_ref());
    session.zip(join.session.as_ref()).is_some_and(|(session, claim)| session.is_newer_than(claim))
}

pub(super) fn participant_info(id: &ParticipantId, member: &Member) -> Participant {
    Participant {
        id: id.clone(),
        name: member.name.clone(),
        media: member.media,
        session: member.session.as_ref().map(|session| session.id.clone()),
    }
}
