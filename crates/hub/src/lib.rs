//! The rooms of the reference server, without its sockets.
//!
//! A pure state machine: connections and their messages go in, messages for connections come out. The native server
//! puts sockets around it, and the simulator runs it under virtual time, so what is simulated is what is deployed.
//!
//! Who is lost keeps a seat for a while, and what is said to them waits: if they come back in time, their session goes
//! on as if nothing had been. The others hear `gone` all the same, because most of those who are lost are lost for good.

mod budget;
mod join;
mod lost;
mod session;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

pub use self::budget::Budget;
use self::session::Session;
use visavis_signaling::dialects::visavis::messages::{
    ClientMessage, IceServerList, LeaveReason, ServerMessage,
};
use visavis_signaling::json::JsonError;
use visavis_signaling::signal::{MediaState, ParticipantId, RejectCode};
use visavis_signaling::text;
use visavis_signaling::time::Timestamp;

/// How long the seat of a page that went away waits for it. A reload takes a second or two, and a newcomer to a full room
/// should not wait much longer than that for a seat that nobody comes back to.
const RELOAD: Duration = Duration::from_secs(10);

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
    /// How long somebody who is lost keeps their seat. It counts as taken so long: who blinks must not lose it to a
    /// newcomer, and a ghost must not block it for ever. With zero nothing is ever taken up.
    pub resume_window: Duration,
    /// From then on the seat of somebody who is lost goes to a newcomer who finds the room full: by then the others
    /// have given them up, and see a free place.
    pub yields_after: Duration,
    /// Most seats of lost people; one more, and the address that has most of them loses its oldest.
    pub max_lost: usize,
    /// Most bytes that are kept to be repeated, in all sessions together.
    pub max_kept_bytes: usize,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            capacity: 8,
            max_rooms: 10_000,
            heartbeat: 10,
            ice_servers: None,
            resume_window: Duration::from_secs(60),
            yields_after: Duration::from_secs(20),
            max_lost: 10_000,
            max_kept_bytes: 256 * 1024 * 1024,
        }
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
    /// `None` while they are lost.
    connection: Option<ConnectionId>,
    name: String,
    media: MediaState,
    session: Option<Session>,
    /// Since when, if they are lost...
    lost_since: Timestamp,
    /// ...and when their seat is free.
    lost_until: Option<Timestamp>,
    /// Where they came from, if the owner of the sockets has told.
    address: Option<IpAddr>,
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
    now: Timestamp,
    rooms: BTreeMap<String, Room>,
    seats: BTreeMap<ConnectionId, Seat>,
    addresses: BTreeMap<ConnectionId, IpAddr>,
    /// The seats of those who are lost, by the time at which they are free, and the address that each belongs to.
    lost: BTreeMap<(Timestamp, String, ParticipantId), Option<IpAddr>>,
    kept: Budget,
    outputs: VecDeque<HubOutput>,
}

/// The public id that belongs to an identity secret: the first 16 bytes of its SHA-256 (FIPS 180-4), in hexadecimal.
///
/// It proves itself: nobody can take an id without its secret, and a restarted server arrives at the same id.
pub fn participant_id(identity: &str) -> ParticipantId {
    let digest = Sha256::digest(identity.as_bytes());
    ParticipantId::from_bytes(std::array::from_fn(|index| digest[index]))
}

/// What all spellings of a room's name share: a capital is the same as its small letter, and a letter with an accent the
/// same in one character or in two (canonical caseless matching, Unicode chapter 3.13, by way of capitals, so that `ß` is
/// `ss` and a final `ς` is a `σ`). The name is cleaned already.
pub fn room_key(name: &str) -> String {
    let apart = name.nfd().filter(|c| *c != text::EMOJI_PRESENTATION_SELECTOR);
    apart.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

impl Hub {
    /// A server without rooms.
    pub fn new(config: HubConfig) -> Self {
        Self {
            kept: Budget::new(config.max_kept_bytes),
            config,
            now: Timestamp::default(),
            rooms: BTreeMap::new(),
            seats: BTreeMap::new(),
            addresses: BTreeMap::new(),
            lost: BTreeMap::new(),
            outputs: VecDeque::new(),
        }
    }

    /// What it allows and announces.
    pub fn config(&self) -> &HubConfig {
        &self.config
    }

    /// How many rooms there are, those of lost people included.
    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// Whether there is no room for one more room.
    pub fn is_full(&self) -> bool {
        self.rooms.len() >= self.config.max_rooms && self.lost.is_empty()
    }

    /// How many participants there are, without those who are lost.
    pub fn participants(&self) -> usize {
        self.seats.len()
    }

    /// Who this connection is, if it is in a room.
    pub fn participant(&self, connection: ConnectionId) -> Option<&ParticipantId> {
        self.seats.get(&connection).map(|seat| &seat.id)
    }

    /// The next thing to do, in order.
    pub fn poll_output(&mut self) -> Option<HubOutput> {
        self.outputs.pop_front()
    }

    /// When to come back with [`Hub::advance`] at the latest.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.lost.first_key_value().map(|((until, ..), _)| *until)
    }

    /// Tells the time; call it before anything that happens at that time. Seats that nobody came back to are free.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        while self.poll_timeout().is_some_and(|until| until <= self.now) {
            self.free_oldest();
        }
    }

    /// A connection comes from this address. Who does not tell has all connections from one.
    pub fn opened(&mut self, connection: ConnectionId, address: IpAddr) {
        self.addresses.insert(connection, address);
    }

    /// A frame that a client sent.
    pub fn frame(&mut self, from: ConnectionId, frame: &str) {
        self.heard(from, ClientMessage::decode(frame));
    }

    /// A frame that a client sent, as the owner of the sockets decoded it: decoding is most of the work, and needs
    /// no access to the rooms.
    pub fn heard(&mut self, from: ConnectionId, message: Result<ClientMessage, JsonError>) {
        // What is refused counts too: the client cannot know before it hears so.
        if message.as_ref().map_or(true, ClientMessage::counts)
            && let Some(session) = self.session(from)
        {
            session.hear();
        }
        match message {
            Ok(message) => self.message(from, message),
            Err(error) => self.refuse(from, RejectCode::BadRequest, &error.to_string()),
        }
        self.keep_less();
    }

    /// If too much is kept in all sessions together, those in which most is kept must begin anew after a loss.
    fn keep_less(&mut self) {
        while self.kept.is_exceeded() {
            let members = self.rooms.values_mut().flat_map(BTreeMap::values_mut);
            let sessions = members.filter_map(|member| member.session.as_mut());
            let Some(most) = sessions.max_by_key(|session| session.kept_bytes()) else { return };
            most.forget_all();
        }
    }

    /// The sign of life for a connection. Sent by the owner of the sockets, who has the clock for it.
    pub fn ping(&mut self, connection: ConnectionId) -> ServerMessage {
        ServerMessage::Ping { heard: self.session(connection).map(|session| session.heard()) }
    }

    /// A connection is lost. Its participant may come back and go on.
    pub fn closed(&mut self, connection: ConnectionId) {
        self.depart(connection, Departure::Lost);
        self.addresses.remove(&connection);
    }

    /// The page behind a connection goes: it closes with 1001 (RFC 6455 section 7.4.1). Whoever leaves by a link, closes a
    /// tab or reloads looks the same from here, so the others hear that they left, and only a short reload finds the seat.
    pub fn went_away(&mut self, connection: ConnectionId) {
        self.depart(connection, Departure::Away);
    }

    /// A connection is over because its client broke a rule: nothing is kept for it.
    pub fn expelled(&mut self, connection: ConnectionId) {
        self.depart(connection, Departure::Over(LeaveReason::Gone));
    }

    fn message(&mut self, from: ConnectionId, message: ClientMessage) {
        match (message, self.seats.get(&from).cloned()) {
            (ClientMessage::Pong { heard }, _) => self.acknowledged(from, heard),
            (ClientMessage::Join(join), None) => self.join(from, join),
            (ClientMessage::Join(_), Some(_)) => {
                self.refuse(
                    from,
                    RejectCode::AlreadyJoined,
                    "This connection is in a room already; leave it first.",
                );
            }
            (ClientMessage::Check, _) => {
                let list = self.config.ice_servers.clone().unwrap_or_default();
                self.send(from, ServerMessage::IceServers(list));
            }
            (ClientMessage::Leave, _) => self.depart(from, Departure::Over(LeaveReason::Left)),
            (_, None) => self.refuse(from, RejectCode::NotJoined, "Send \"join\" first."),
            (ClientMessage::Description { to, epoch, description }, Some(seat)) => {
                let message = ServerMessage::Description { from: seat.id, epoch, description };
                self.relay(from, &seat.room, &to, message);
            }
            (ClientMessage::Candidate { to, epoch, candidate }, Some(seat)) => {
                let message = ServerMessage::Candidate { from: seat.id, epoch, candidate };
                self.relay(from, &seat.room, &to, message);
            }
            (ClientMessage::Media { media }, Some(seat)) => self.media(&seat, media),
        }
    }

    fn member(&mut self, room: &str, id: &ParticipantId) -> Option<&mut Member> {
        self.rooms.get_mut(room)?.get_mut(id)
    }

    fn session(&mut self, connection: ConnectionId) -> Option<&mut Session> {
        let seat = self.seats.get(&connection)?;
        self.rooms.get_mut(&seat.room)?.get_mut(&seat.id)?.session.as_mut()
    }

    fn acknowledged(&mut self, connection: ConnectionId, heard: Option<u32>) {
        if let (Some(heard), Some(session)) = (heard, self.session(connection)) {
            session.acknowledge(heard);
        }
    }

    fn media(&mut self, seat: &Seat, media: MediaState) {
        if let Some(member) = self.member(&seat.room, &seat.id) {
            member.media = media;
        }
        self.tell_others(seat, &ServerMessage::Media { from: seat.id.clone(), media });
    }

    fn relay(&mut self, from: ConnectionId, room: &str, to: &ParticipantId, message: ServerMessage) {
        let member = self.rooms.get_mut(room).and_then(|room| room.get_mut(to));
        match member {
            Some(member) if member.connection != Some(from) => member.tell(message, &mut self.outputs),
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
    fn depart(&mut self, connection: ConnectionId, departure: Departure) {
        let Some(seat) = self.seats.remove(&connection) else { return };
        let window = self.config.resume_window;
        let (reason, kept) = match departure {
            Departure::Over(reason) => (reason, Duration::ZERO),
            Departure::Away => (LeaveReason::Left, window.min(RELOAD)),
            Departure::Lost => (LeaveReason::Gone, window),
        };
        if !self.keep_seat(&seat, kept) {
            self.free(&seat);
        }
        let message = ServerMessage::ParticipantLeft { id: seat.id.clone(), reason };
        self.tell_others(&seat, &message);
        self.keep_less();
    }

    fn tell_others(&mut self, seat: &Seat, message: &ServerMessage) {
        let members = self.rooms.get_mut(&seat.room).into_iter().flatten();
        for (_, member) in members.filter(|(other, _)| **other != seat.id) {
            member.tell(message.clone(), &mut self.outputs);
        }
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

/// How a connection gives up its seat.
#[derive(Debug, Clone, Copy)]
enum Departure {
    Lost,
    Away,
    Over(LeaveReason),
}

impl Member {
    /// Says something that counts; who is lost hears it if they come back.
    fn tell(&mut self, message: ServerMessage, outputs: &mut VecDeque<HubOutput>) {
        if let Some(session) = &mut self.session {
            session.keep(&message);
        }
        if let Some(connection) = self.connection {
            outputs.push_back(HubOutput::Send(connection, message));
        }
    }
}
