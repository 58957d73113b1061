//! The rooms of our own server, with three honest clients and some that send anything. Whatever those do, the honest
//! hear who is in their room, and nothing else.

mod honest;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use visavis_hub::{ClientId, Hub, HubConfig, HubOutput};
use visavis_signaling::dialects::visavis::messages::{ClientMessage, ServerMessage};
use visavis_signaling::{DialectInput, ParticipantId, Timestamp};

use self::honest::HonestClient;
use crate::script::{lines, number, pick, text_of};

/// Connections of clients that are not honest.
const HOSTILE_CLIENTS: u64 = 5;
/// Most that may follow from one frame: a session is repeated, and everybody hears of it.
const MAX_OUTPUTS: usize = 600;

/// Marks: `j` an honest client joins a room, `l` leaves, `m` tells its media, `k` checks, `o` offers to another, `x` loses its socket;
/// `<` another connection sends a frame, `c` closes, `e` is thrown out by the owner of the sockets; `~` so many seconds
/// pass. `{0}` to `{2}` in a frame are the ids of the honest.
pub(crate) fn run(bytes: &[u8]) {
    let mut harness = HubHarness::new();
    for (mark, rest) in lines(&text_of(bytes)) {
        harness.step(mark, &rest);
        harness.assert_invariants();
    }
}

/// Where somebody is, as the hub itself has said.
type Seat = (String, ParticipantId);

struct HubHarness {
    hub: Hub,
    now: Timestamp,
    honest: Vec<HonestClient>,
    /// Which connection each of the others has at the moment.
    hostile: Vec<Option<ClientId>>,
    open: BTreeSet<ClientId>,
    seats: BTreeMap<ClientId, Seat>,
    next_client_id: u64,
    /// What honest clients have sent and the hub has not read.
    sent: VecDeque<(ClientId, String)>,
}

impl HubHarness {
    fn new() -> Self {
        let now = Timestamp::from_millis(0);
        let config = HubConfig { capacity: 4, max_rooms: 3, max_reserved_seats: 2, ..HubConfig::default() };
        Self {
            hub: Hub::new(config, now),
            now,
            honest: (0..3).map(HonestClient::new).collect(),
            hostile: vec![None; HOSTILE_CLIENTS as usize],
            open: BTreeSet::new(),
            seats: BTreeMap::new(),
            next_client_id: 0,
            sent: VecDeque::new(),
        }
    }

    fn step(&mut self, mark: char, rest: &str) {
        let (who, words) = number(rest);
        let (client, other) = (who as usize % self.honest.len(), who as usize % self.hostile.len());
        match mark {
            'j' => self.join(client, words),
            'l' => self.send_from(client, HonestClient::leave),
            'm' => self.send_from(client, HonestClient::media),
            'k' => self.send_from(client, HonestClient::preflight),
            'o' => {
                let ids: Vec<_> = self.honest.iter().map(HonestClient::id).collect();
                if let Some(to) = pick(&ids, number(words).0) {
                    self.send_from(client, |honest, now| honest.offer(now, to));
                }
            }
            'x' => {
                if let Some(connection) = self.honest.get(client).and_then(|honest| honest.connection) {
                    self.disconnect(connection, false);
                }
            }
            '<' => self.hostile_frame(other, words),
            'c' | 'e' => {
                if let Some(connection) = self.hostile.get(other).copied().flatten() {
                    self.disconnect(connection, mark == 'e');
                }
            }
            '~' => {
                self.now = self.now + Duration::from_secs(who.min(1000));
                self.hub.advance(self.now);
            }
            _ => {}
        }
        self.deliver_all();
    }

    fn connect(&mut self) -> ClientId {
        let connection = ClientId(self.next_client_id);
        self.next_client_id += 1;
        self.open.insert(connection);
        connection
    }

    fn join(&mut self, client: usize, room: &str) {
        let connection = match self.honest.get(client) {
            Some(HonestClient { connection: None, .. }) => self.connect(),
            Some(_) | None => return,
        };
        self.send_from(client, |honest, now| honest.join(now, connection, room));
    }

    fn send_from(&mut self, client: usize, act: impl FnOnce(&mut HonestClient, Timestamp) -> Vec<String>) {
        let Some(honest) = self.honest.get_mut(client) else { return };
        let frames = act(honest, self.now);
        if let Some(connection) = honest.connection {
            self.sent.extend(frames.into_iter().map(|frame| (connection, frame)));
        }
    }

    fn hostile_frame(&mut self, other: usize, words: &str) {
        let connection = match self.hostile.get(other).copied().flatten() {
            Some(connection) => connection,
            None => self.connect(),
        };
        if let Some(entry) = self.hostile.get_mut(other) {
            *entry = Some(connection);
        }
        let frame = (0..self.honest.len()).fold(words.to_owned(), |frame, client| {
            let id = self.honest.get(client).map(|honest| honest.id().to_string());
            frame.replace(&format!("{{{client}}}"), &id.unwrap_or_default())
        });
        self.sent.push_back((connection, frame));
    }

    /// A socket is gone.
    fn disconnect(&mut self, connection: ClientId, removed: bool) {
        self.open.remove(&connection);
        self.seats.remove(&connection);
        for honest in self.honest.iter_mut().filter(|honest| honest.connection == Some(connection)) {
            honest.closed(self.now);
        }
        for entry in self.hostile.iter_mut().filter(|entry| **entry == Some(connection)) {
            *entry = None;
        }
        if removed { self.hub.remove_client(connection) } else { self.hub.on_disconnected(connection) }
    }

    /// Everything that was sent arrives, and everything that follows from it.
    fn deliver_all(&mut self) {
        self.drain_outputs();
        while let Some((connection, frame)) = self.sent.pop_front() {
            if !self.open.contains(&connection) {
                continue;
            }
            if matches!(ClientMessage::decode(&frame), Ok(ClientMessage::Leave)) {
                self.seats.remove(&connection);
            }
            self.hub.on_frame(connection, &frame);
            self.drain_outputs();
        }
    }

    fn drain_outputs(&mut self) {
        let mut outputs = 0;
        let mut closing = BTreeSet::new();
        while let Some(output) = self.hub.poll_output() {
            outputs += 1;
            assert!(outputs <= MAX_OUTPUTS, "{outputs} answers to one frame");
            match output {
                HubOutput::Send(to, message) => {
                    assert!(self.open.contains(&to), "said to nobody: {message:?}");
                    assert!(!closing.contains(&to), "said to nobody: {message:?}");
                    self.on_message(to, &message);
                }
                HubOutput::Close(connection) => {
                    assert!(closing.insert(connection), "closed twice");
                    self.seats.remove(&connection);
                }
            }
        }
        for connection in closing {
            self.disconnect(connection, false);
            self.drain_outputs();
        }
    }

    fn on_message(&mut self, to: ClientId, message: &ServerMessage) {
        let frame = message.encode();
        assert_eq!(ServerMessage::decode(&frame).as_ref(), Ok(&Some(message.clone())), "unreadable: {frame}");
        if let ServerMessage::Joined(welcome) = message {
            self.seats.insert(to, (welcome.room.clone(), welcome.id.clone()));
        }
        for honest in self.honest.iter_mut().filter(|honest| honest.connection == Some(to)) {
            let answers = honest.input(self.now, DialectInput::Frame(frame.clone()));
            self.sent.extend(answers.into_iter().map(|answer| (to, answer)));
        }
    }

    fn assert_invariants(&self) {
        assert_eq!(self.hub.participant_count(), self.seats.len(), "everybody has a seat");
        assert!(self.hub.room_count() <= 3, "rooms are bounded");
        for honest in self.honest.iter().filter(|honest| honest.joined) {
            let Some(connection) = honest.connection else { continue };
            let Some((room, id)) = self.seats.get(&connection) else {
                unreachable!("an honest client is in a room, and the hub does not know")
            };
            assert_eq!(*id, honest.id(), "somebody else's id");
            let others: Vec<_> =
                self.seats.values().filter(|(other, _)| other == room).map(|(_, id)| id).collect();
            assert!(others.len() <= 4, "a room is full");
            let others: BTreeSet<_> = others.into_iter().filter(|other| *other != id).cloned().collect();
            assert_eq!(honest.roster, others, "{id} in {room}");
        }
    }
}
