//! The rooms of the reference server, without its sockets.
//!
//! A pure state machine: clients' messages go in, messages for clients come out ([`HubOutput`]). The native server
//! puts sockets around it, and the simulator runs it under virtual time, so what is simulated is what is deployed.
//!
//! A member whose connection is lost keeps a reserved seat for a while, and messages for it are kept in the backlog of
//! its session: if it reconnects in time, the session is resumed and nothing was lost. The others are told `gone` at
//! once all the same, because most members that are lost do not come back.

mod byte_budget;
mod deposits;
mod join;
mod resume;
mod session;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

pub use self::byte_budget::ByteBudget;
use self::deposits::Deposits;
pub use self::deposits::MAX_DEPOSITS;
use self::session::Session;
use visavis_signaling::dialects::visavis::messages::{
    ClientMessage, IceServerList, LeaveReason, ServerMessage,
};
use visavis_signaling::json::JsonError;
use visavis_signaling::limits::MAX_ROOM_CHARS;
use visavis_signaling::text;
use visavis_signaling::time::Timestamp;
use visavis_signaling::{MediaState, ParticipantId, RejectCode};

/// How long the seat of a page that went away is reserved. A reload takes a second or two, and somebody who wants to join
/// a full room should not wait much longer than that for a seat that is not claimed again.
const RELOAD_GRACE: Duration = Duration::from_secs(10);

/// A client's connection (one WebSocket), as the owner of the sockets numbers it. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u64);

/// What a server allows and announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubConfig {
    /// Most participants in one room, disconnected ones included.
    pub capacity: u32,
    /// Most rooms.
    pub max_rooms: usize,
    /// Seconds between two pings, announced to clients.
    pub heartbeat: u32,
    /// ICE servers, announced to clients.
    pub ice_servers: Option<IceServerList>,
    /// How long the seat of a disconnected member is reserved, and its session can be resumed. Zero disables both.
    pub resume_window: Duration,
    /// How long after the loss the reserved seat may be given to somebody else who finds the room full: by then the
    /// clients of the others have removed the member's tile. Has no effect beyond `resume_window`.
    pub evictable_after: Duration,
    /// Most reserved seats in all rooms together; beyond that, the address that has most of them loses its oldest.
    pub max_reserved_seats: usize,
    /// Most bytes in the backlogs of all sessions together; beyond that, the largest backlog is dropped.
    pub max_backlog_bytes: usize,
    /// How long an offer is kept for whoever joins next. Zero: none is, nor is any taken with `join`.
    pub deposit_lifetime: Duration,
    /// Most bytes of the offers that are kept; what is more is left out.
    pub max_deposit_bytes: usize,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            capacity: 8,
            max_rooms: 10_000,
            heartbeat: 10,
            ice_servers: None,
            resume_window: Duration::from_secs(60),
            evictable_after: Duration::from_secs(20),
            max_reserved_seats: 10_000,
            max_backlog_bytes: 256 * 1024 * 1024,
            deposit_lifetime: Duration::from_secs(60),
            max_deposit_bytes: 64 * 1024 * 1024,
        }
    }
}

impl HubConfig {
    pub(crate) fn accepts_offers(&self) -> bool {
        !self.deposit_lifetime.is_zero()
    }
}

/// What the owner of the sockets has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubOutput {
    /// Send this message.
    Send(ClientId, ServerMessage),
    /// Close the socket once everything before this is sent.
    Close(ClientId),
}

#[derive(Debug)]
struct Member {
    /// `None` while it is disconnected.
    client: Option<ClientId>,
    name: String,
    media: MediaState,
    session: Option<Session>,
    deposits: Deposits,
    /// When the connection was lost; meaningful only while `client` is `None`.
    disconnected_at: Timestamp,
    /// When the reserved seat expires; `None` while connected.
    reserved_until: Option<Timestamp>,
    /// The address of the client, if [`Hub::on_connected`] was told.
    address: Option<IpAddr>,
}

/// One room: participants by id, so that every roster has the same order.
type Room = BTreeMap<ParticipantId, Member>;

/// Names a member: the key of the room, and the id in it.
#[derive(Debug, Clone)]
struct MemberKey {
    room: String,
    id: ParticipantId,
}

/// All rooms of a server.
#[derive(Debug)]
pub struct Hub {
    config: HubConfig,
    now: Timestamp,
    rooms: BTreeMap<String, Room>,
    joined: BTreeMap<ClientId, MemberKey>,
    addresses: BTreeMap<ClientId, IpAddr>,
    /// Reserved seats, ordered by the time at which they expire, with the address that each belongs to.
    reservations: BTreeMap<(Timestamp, String, ParticipantId), Option<IpAddr>>,
    backlog_budget: ByteBudget,
    deposit_budget: ByteBudget,
    /// When offers that are kept expire, oldest first.
    deposit_expiries: VecDeque<(Timestamp, MemberKey)>,
    outputs: VecDeque<HubOutput>,
}

/// The participant id that belongs to an identity secret: the first 16 bytes of its SHA-256 (FIPS 180-4), in hexadecimal.
///
/// It proves itself: nobody can take an id without its secret, and a restarted server arrives at the same id.
pub fn participant_id(identity: &str) -> ParticipantId {
    let digest = Sha256::digest(identity.as_bytes());
    ParticipantId::from_bytes(std::array::from_fn(|index| digest[index]))
}

/// The form of a room's name that all its spellings share: a capital is the same as its small letter, and a letter with an accent the
/// same in one character or in two (canonical caseless matching, Unicode chapter 3.13, by way of capitals, so that `ß` is
/// `ss` and a final `ς` is a `σ`). The name is cleaned already. Its key may be longer: it is cut to what a name may be, or clients
/// would cut it, and the links that they hand out would lead to another room.
pub fn room_key(name: &str) -> String {
    let decomposed = name.nfd().filter(|c| *c != text::EMOJI_PRESENTATION_SELECTOR);
    // Small letters first, for the capital ẞ is its own capital.
    let capitals = decomposed.flat_map(char::to_lowercase).flat_map(char::to_uppercase);
    let folded: String = capitals.flat_map(char::to_lowercase).nfc().collect();
    text::clean(&folded, MAX_ROOM_CHARS)
}

impl Hub {
    /// A hub without rooms. `now` is the time at which it starts.
    pub fn new(config: HubConfig, now: Timestamp) -> Self {
        Self {
            backlog_budget: ByteBudget::new(config.max_backlog_bytes),
            deposit_budget: ByteBudget::new(config.max_deposit_bytes),
            deposit_expiries: VecDeque::new(),
            config,
            now,
            rooms: BTreeMap::new(),
            joined: BTreeMap::new(),
            addresses: BTreeMap::new(),
            reservations: BTreeMap::new(),
            outputs: VecDeque::new(),
        }
    }

    /// The configuration this was made with.
    pub fn config(&self) -> &HubConfig {
        &self.config
    }

    /// How many rooms there are, those with disconnected members only included.
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// Whether a join of a new room would be refused.
    pub fn is_full(&self) -> bool {
        self.rooms.len() >= self.config.max_rooms && self.reservations.is_empty()
    }

    /// How many participants are connected.
    pub fn participant_count(&self) -> usize {
        self.joined.len()
    }

    /// The participant id of a client; `None` if it is in no room.
    pub fn participant_of(&self, client: ClientId) -> Option<&ParticipantId> {
        self.joined.get(&client).map(|key| &key.id)
    }

    /// The next output, in order; `None` once all are taken.
    pub fn poll_output(&mut self) -> Option<HubOutput> {
        self.outputs.pop_front()
    }

    /// When to call [`Hub::advance`] at the latest; `None` if nothing is due.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.reservations.first_key_value().map(|((until, ..), _)| *until)
    }

    /// Sets the time, and removes members whose reserved seat has expired. Call it before every other input.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        while self.poll_timeout().is_some_and(|until| until <= self.now) {
            self.expire_oldest();
        }
        self.expire_deposits();
    }

    /// Tells a new client's address, by which reserved seats are limited. Optional: clients without one share a limit.
    pub fn on_connected(&mut self, client: ClientId, address: IpAddr) {
        self.addresses.insert(client, address);
    }

    /// A text frame from a client.
    pub fn on_frame(&mut self, from: ClientId, frame: &str) {
        self.on_message(from, ClientMessage::decode(frame));
    }

    /// A frame from a client, decoded already: decoding is most of the work, and needs no access to the rooms, so the
    /// server does it outside its lock.
    pub fn on_message(&mut self, from: ClientId, message: Result<ClientMessage, JsonError>) {
        // A refused message counts too: the client counts it when it sends it.
        if message.as_ref().map_or(true, ClientMessage::counts)
            && let Some(session) = self.session(from)
        {
            session.count_received();
        }
        match message {
            Ok(message) => self.dispatch(from, message),
            Err(error) => self.send_error(from, RejectCode::BadRequest, &error.to_string()),
        }
        self.enforce_backlog_limit();
    }

    /// Drops the largest backlogs while all together exceed the budget; those sessions cannot be resumed then.
    fn enforce_backlog_limit(&mut self) {
        while self.backlog_budget.is_exceeded() {
            let members = self.rooms.values_mut().flat_map(BTreeMap::values_mut);
            let sessions = members.filter_map(|member| member.session.as_mut());
            let Some(largest) = sessions.max_by_key(|session| session.backlog_bytes()) else { return };
            largest.clear_backlog();
        }
    }

    /// The `ping` for a client, with what its session has received. The owner of the sockets sends it at every heartbeat.
    pub fn ping_message(&mut self, client: ClientId) -> ServerMessage {
        ServerMessage::Ping { received: self.session(client).map(|session| session.received()) }
    }

    /// A client's connection is lost. Its session may be resumed.
    pub fn on_disconnected(&mut self, client: ClientId) {
        self.leave_room(client, Departure::Disconnected);
        self.addresses.remove(&client);
    }

    /// A client's page goes away: it closed the WebSocket with 1001 (RFC 6455 section 7.4.1). Following a link, closing the
    /// tab and reloading look the same from here, so the others are told `left`, and the seat is reserved for a reload only.
    pub fn on_going_away(&mut self, client: ClientId) {
        self.leave_room(client, Departure::GoingAway);
    }

    /// The owner of the sockets ends a client's connection, for instance because it exceeded a limit: its session is over.
    pub fn remove_client(&mut self, client: ClientId) {
        self.leave_room(client, Departure::Final(LeaveReason::Gone));
    }

    fn dispatch(&mut self, from: ClientId, message: ClientMessage) {
        match (message, self.joined.get(&from).cloned()) {
            (ClientMessage::Pong { received }, _) => self.on_pong(from, received),
            (ClientMessage::Join(join), None) => self.join(from, join),
            (ClientMessage::Join(_), Some(_)) => {
                self.send_error(
                    from,
                    RejectCode::AlreadyJoined,
                    "This connection is in a room already; leave it first.",
                );
            }
            (ClientMessage::Preflight, _) => {
                let list = self.config.ice_servers.clone().unwrap_or_default();
                let accepts_offers = self.config.accepts_offers();
                self.send(from, ServerMessage::IceServers { list, accepts_offers });
            }
            (ClientMessage::Leave, _) => self.leave_room(from, Departure::Final(LeaveReason::Left)),
            (_, None) => self.send_error(from, RejectCode::NotJoined, "Send \"join\" first."),
            (ClientMessage::Description { to, epoch, description }, Some(key)) => {
                let message =
                    ServerMessage::Description { from: key.id, epoch, description, exchanged: None };
                self.relay(from, &key.room, &to, message);
            }
            (ClientMessage::Candidate { to, epoch, candidate }, Some(key)) => {
                let message = ServerMessage::Candidate { from: key.id, epoch, candidate };
                self.relay(from, &key.room, &to, message);
            }
            (ClientMessage::Media { media }, Some(key)) => self.on_media_state(&key, media),
            (ClientMessage::Deposit(deposit), Some(key)) if self.config.accepts_offers() => {
                self.on_deposit(&key, deposit);
            }
            (ClientMessage::Deposit(_), Some(_)) => {}
        }
    }

    fn member(&mut self, room: &str, id: &ParticipantId) -> Option<&mut Member> {
        self.rooms.get_mut(room)?.get_mut(id)
    }

    fn session(&mut self, client: ClientId) -> Option<&mut Session> {
        let key = self.joined.get(&client)?;
        self.rooms.get_mut(&key.room)?.get_mut(&key.id)?.session.as_mut()
    }

    fn on_pong(&mut self, client: ClientId, received: Option<u32>) {
        if let (Some(count), Some(session)) = (received, self.session(client)) {
            session.acknowledge(count);
        }
    }

    fn on_media_state(&mut self, key: &MemberKey, media: MediaState) {
        if let Some(member) = self.member(&key.room, &key.id) {
            member.media = media;
        }
        self.broadcast_from(key, &ServerMessage::Media { from: key.id.clone(), media });
    }

    /// Passes a message on to one member of the room, but not back to its sender.
    fn relay(&mut self, from: ClientId, room: &str, to: &ParticipantId, message: ServerMessage) {
        let member = self.rooms.get_mut(room).and_then(|room| room.get_mut(to));
        match member {
            Some(member) if member.client != Some(from) => member.send(message, &mut self.outputs),
            Some(_) | None => {
                self.send_error(
                    from,
                    RejectCode::UnknownParticipant,
                    "The participant you addressed is not in the room.",
                );
            }
        }
    }

    /// Takes a client out of its room, or reserves its seat; the socket itself stays open.
    fn leave_room(&mut self, client: ClientId, departure: Departure) {
        let Some(key) = self.joined.remove(&client) else { return };
        let window = self.config.resume_window;
        let (reason, reserved_for) = match departure {
            Departure::Final(reason) => (reason, Duration::ZERO),
            Departure::GoingAway => (LeaveReason::Left, window.min(RELOAD_GRACE)),
            Departure::Disconnected => (LeaveReason::Gone, window),
        };
        if !self.reserve_seat(&key, reserved_for) {
            self.remove_from_room(&key);
        }
        let message = ServerMessage::ParticipantLeft { id: key.id.clone(), reason };
        self.broadcast_from(&key, &message);
        self.enforce_backlog_limit();
    }

    /// Sends a message to all other members of the room.
    fn broadcast_from(&mut self, key: &MemberKey, message: &ServerMessage) {
        let members = self.rooms.get_mut(&key.room).into_iter().flatten();
        for (_, member) in members.filter(|(other, _)| **other != key.id) {
            member.send(message.clone(), &mut self.outputs);
        }
    }

    fn send(&mut self, to: ClientId, message: ServerMessage) {
        self.outputs.push_back(HubOutput::Send(to, message));
    }

    /// Sends an error; the connection stays open.
    fn send_error(&mut self, to: ClientId, code: RejectCode, text: &str) {
        self.send(to, ServerMessage::error(code, text, false));
    }

    /// Sends an error and closes the connection.
    fn send_error_and_close(&mut self, to: ClientId, code: RejectCode, text: &str) {
        self.send(to, ServerMessage::error(code, text, true));
        self.outputs.push_back(HubOutput::Close(to));
    }
}

/// How a client leaves its room.
#[derive(Debug, Clone, Copy)]
enum Departure {
    /// The connection is lost; the session may be resumed.
    Disconnected,
    /// The page goes away; it may be reloading.
    GoingAway,
    /// The session is over.
    Final(LeaveReason),
}

impl Member {
    /// Sends a message that is part of the session; a disconnected member receives it when it resumes.
    fn send(&mut self, message: ServerMessage, outputs: &mut VecDeque<HubOutput>) {
        if let Some(session) = &mut self.session {
            session.record_sent(&message);
        }
        if let Some(client) = self.client {
            outputs.push_back(HubOutput::Send(client, message));
        }
    }
}
