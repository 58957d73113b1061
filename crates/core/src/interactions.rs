//! What people tell each other beside sound and picture: chat, raised hands, reactions, and who records. Loaded on demand:
//! nothing here may be called before that, see `room/interactions.rs`.
//!
//! A page tells only what is its own: what its person has written in this room, and whether they have raised a hand or record.
//! It tells that to each of the others as soon as there is a way to them, all of it, and from then on what is new. So whoever
//! comes late hears from those who are present what was said, nobody can speak for another, and no server has to keep anything.

mod chat_log;
mod message;
mod reaction;

use std::mem;
use std::rc::Rc;

use visavis_signaling::text::clean_lines;
use visavis_signaling::{ParticipantId, Timestamp};

use self::chat_log::ChatLog;
pub use self::chat_log::ChatMessage;
pub use self::message::{Interaction, WrittenMessage};
pub use self::reaction::Reaction;
use crate::by_id::ById;
use crate::files::{AnyFiles, FileId, FilesView};
use crate::input::ConnectionId;
use crate::rate_limiter::RateLimiter;
use crate::roster::Roster;

/// Longest text of one chat message, in characters.
pub const MAX_CHAT_CHARS: usize = 2000;
/// Most chat messages of one author that are kept and told; of more, the oldest are forgotten...
const MAX_LOG_MESSAGES: usize = 200;
/// ...and most characters of all of them together.
const MAX_LOG_CHARS: usize = 32_000;
/// Most chat messages in one message of the peer protocol...
const MAX_MESSAGES_IN_PACKET: usize = 32;
/// ...and most characters of them. Four bytes each, with what is around them, are less than 15 KB: other people's servers carry
/// no more. Characters and not bytes, so that a report, which has no texts, is replayed with the same division.
const MAX_PACKET_CHARS: usize = 3000;
/// Most messages to one participant in a minute, but for reactions. What is over waits, and goes together.
const MAX_UPDATES_PER_MINUTE: usize = 60;
/// Most reactions in a minute, of us and of each of the others.
const MAX_REACTIONS_PER_MINUTE: usize = 30;
/// Most times in a minute that we are told that one participant has written something, or raised their hand.
const MAX_EVENTS_PER_MINUTE: usize = 30;

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InteractionEvent {
    /// Somebody has written this; the last of what came together.
    ChatReceived(Rc<ChatMessage>),
    /// Somebody, of this name, has raised their hand.
    HandRaised(ParticipantId, String),
    /// Somebody, of this name, has begun to record the call, or has stopped.
    Recording(ParticipantId, String, bool),
    /// Somebody, or we ourselves, show this for a moment.
    Reaction(Option<ParticipantId>, Reaction),
    /// Somebody offers this file, or it was received, or was not: the view has it.
    File(FileId),
}

/// Why somebody does not have what we have written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undelivered {
    /// They have not said yet that they have it: there is no way to them at the moment, or it is on its way.
    Pending,
    /// Theirs is another program, or the server between us carries no messages.
    Impossible,
}

/// What there is to show of chat and raised hands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InteractionsView {
    /// What was written, in the order in which it was.
    pub chat: Rc<Vec<Rc<ChatMessage>>>,
    /// How many messages of others have come since [`Command::MarkChatRead`](crate::Command::MarkChatRead).
    pub unread: u32,
    /// Who has a hand raised, in the order in which they were; `None` is us.
    pub hands: Vec<Option<ParticipantId>>,
    /// Who records the call; `None` is us.
    pub recorders: Vec<Option<ParticipantId>>,
    /// Who does not have all that we have written, or never will.
    pub undelivered: Vec<(ParticipantId, Undelivered)>,
    /// What there is to show of files.
    pub files: Rc<FilesView>,
}

/// A way on which something was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// The data channel of this connection: it loses nothing.
    Channel(ConnectionId),
    /// A server that forwards, which may.
    Relayed(ParticipantId),
}

/// What was told on a link.
#[derive(Debug, Default)]
struct Told {
    /// The number of the last chat message of ours.
    chat: u32,
    /// Since when our hand is raised, or that it is not.
    hand: Option<Option<Timestamp>>,
    /// Whether we record.
    recording: Option<bool>,
    /// Up to which chat message we have theirs.
    received: (u32, u32),
    updates: RateLimiter,
}

/// What is known of somebody else.
#[derive(Debug, Default)]
struct Person {
    /// Which life of theirs this is, if the server tells.
    session: Option<String>,
    /// The log that they tell of, and the number of the last chat message in it that we have.
    log: u32,
    newest: u32,
    /// The last chat message of ours that they have.
    received: u32,
    /// Since when their hand is raised, by our clock.
    hand: Option<i64>,
    /// Whether they record.
    recording: bool,
    reactions: RateLimiter,
    events: RateLimiter,
}

/// Who says something.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) id: ParticipantId,
    pub(crate) name: String,
    /// Which life of theirs this is, if the server tells.
    pub(crate) session: Option<String>,
}

/// Everything about them in one room.
#[derive(Debug)]
pub(crate) struct Interactions {
    /// Names our log: another one in each room, too.
    log: u32,
    /// The number of the last chat message of ours; 0 before the first.
    last_id: u32,
    /// Since when our hand is raised; the outer `None` if it never was in this room, and nobody need be told.
    hand: Option<Option<Timestamp>>,
    /// Whether we record; `None` if we never did in this room, and nobody need be told.
    recording: Option<bool>,
    reactions: RateLimiter,
    pub(crate) chat: ChatLog,
    /// How many messages of others nobody has seen.
    pub(crate) unread: u32,
    people: ById<ParticipantId, Person>,
    told: ById<Link, Told>,
    /// When something may be told that has to wait.
    pub(crate) due_at: Option<Timestamp>,
    pub(crate) files: AnyFiles,
    pub(crate) view: Rc<InteractionsView>,
}

fn millis(at: Timestamp) -> i64 {
    i64::try_from(at.as_millis()).unwrap_or(i64::MAX)
}

impl Interactions {
    /// Nothing was said yet; `log` is another number in each page.
    pub(crate) fn new(log: u32) -> Self {
        Self {
            log,
            last_id: 0,
            hand: None,
            recording: None,
            reactions: RateLimiter::default(),
            chat: ChatLog::default(),
            unread: 0,
            people: ById::default(),
            told: ById::default(),
            due_at: None,
            files: AnyFiles::new(log),
            view: Rc::default(),
        }
    }

    /// We write something.
    pub(crate) fn write(&mut self, now: Timestamp, text: &str) {
        let text = clean_lines(text, MAX_CHAT_CHARS);
        if !text.is_empty() {
            self.last_id += 1;
            let (log, id) = (self.log, self.last_id);
            let (author, name, written_at) = (None, String::new(), millis(now));
            self.chat.add(ChatMessage { author, name, written_at, text, log, id });
        }
    }

    /// We raise our hand, or lower it. To raise it again changes nothing: those who wait keep their turn.
    pub(crate) fn set_hand_raised(&mut self, now: Timestamp, raised: bool) {
        if raised != self.hand.flatten().is_some() {
            self.hand = Some(raised.then_some(now));
        }
    }

    /// We begin to record the call, or stop.
    pub(crate) fn set_recording(&mut self, recording: bool) {
        if recording != self.recording.unwrap_or_default() {
            self.recording = Some(recording);
        }
    }

    /// Whether we may show one more reaction, which then counts.
    pub(crate) fn may_react(&mut self, now: Timestamp) -> bool {
        self.reactions.take(now, MAX_REACTIONS_PER_MINUTE)
    }

    /// We are out of the room.
    #[inline(never)]
    pub(crate) fn leave_room(&mut self) {
        *self = Self::new(self.log.wrapping_add(1));
    }

    /// What was told through the server, to somebody or to everybody, may be lost.
    #[inline(never)]
    pub(crate) fn forget_relayed(&mut self, to: Option<&ParticipantId>) {
        let is_lost = |link: &Link| match link {
            Link::Relayed(id) => to.is_none_or(|to| to == id),
            Link::Channel(_) => false,
        };
        for told in self.told.iter_mut().filter(|(link, _)| is_lost(link)).map(|(_, told)| told) {
            // How much may be told in a minute stays as it is.
            *told = Told { updates: mem::take(&mut told.updates), ..Told::default() };
        }
    }

    /// A message of somebody in the room; gives what is to be told of it.
    pub(crate) fn receive(
        &mut self,
        now: Timestamp,
        from: &Sender,
        message: Interaction,
    ) -> Option<InteractionEvent> {
        let person = person(&mut self.people, from);
        let (id, name) = (from.id.clone(), from.name.clone());
        match message {
            Interaction::Chat { log, messages } => {
                if person.log != log || person.newest == 0 {
                    (person.log, person.newest) = (log, self.chat.newest_id(&id, log));
                }
                self.receive_chat(now, from, messages)
            }
            Interaction::ChatReceived { log, id } => {
                if log == self.log && id <= self.last_id {
                    person.received = person.received.max(id);
                }
                None
            }
            Interaction::Hand(age) => {
                let was_raised = person.hand.is_some();
                person.hand = age.map(|age| millis(now) - i64::from(age));
                let tells = person.hand.is_some() && !was_raised;
                (tells && person.events.take(now, MAX_EVENTS_PER_MINUTE))
                    .then_some(InteractionEvent::HandRaised(id, name))
            }
            Interaction::Recording(recording) => {
                let tells = mem::replace(&mut person.recording, recording) != recording;
                (tells && person.events.take(now, MAX_EVENTS_PER_MINUTE))
                    .then_some(InteractionEvent::Recording(id, name, recording))
            }
            Interaction::Reaction(reaction) => person
                .reactions
                .take(now, MAX_REACTIONS_PER_MINUTE)
                .then_some(InteractionEvent::Reaction(Some(id), reaction)),
        }
    }

    fn receive_chat(
        &mut self,
        now: Timestamp,
        from: &Sender,
        messages: Vec<WrittenMessage>,
    ) -> Option<InteractionEvent> {
        let person = person(&mut self.people, from);
        let mut last = None;
        for WrittenMessage { id, age, text } in messages {
            let text = clean_lines(&text, MAX_CHAT_CHARS);
            if id <= person.newest || text.is_empty() {
                continue;
            }
            // What was kept back on its way arrives as if it were younger: nothing stands before what its author wrote earlier.
            let earliest =
                self.chat.newest_of(&from.id, person.log).map_or(i64::MIN, |before| before.written_at);
            let message = ChatMessage {
                author: Some(from.id.clone()),
                name: from.name.clone(),
                written_at: (millis(now) - i64::from(age)).max(earliest),
                text,
                log: person.log,
                id,
            };
            person.newest = id;
            last = Some(self.chat.add(message));
            self.unread = self.unread.saturating_add(1);
        }
        let last = last.filter(|_| person.events.take(now, MAX_EVENTS_PER_MINUTE));
        last.map(InteractionEvent::ChatReceived)
    }

    /// Who is there, and which channels are, before everybody is told what they do not know. Of those who are not, and of an earlier
    /// life of the others, only what they have written stays.
    pub(crate) fn begin_update(&mut self, roster: &Roster, channels: &[ConnectionId]) {
        self.due_at = None;
        let is_over = |(id, person): &(&ParticipantId, &Person)| {
            roster.get(id).is_none_or(|member| member.session != person.session)
        };
        let over: Vec<_> = self.people.iter().filter(is_over).map(|(id, _)| id.clone()).collect();
        over.iter().for_each(|id| drop(self.people.remove(id)));
        let is_cut = |link: &&Link| match link {
            Link::Channel(id) => !channels.contains(id),
            Link::Relayed(id) => over.contains(id) || roster.get(id).is_none(),
        };
        let cut: Vec<_> = self.told.keys().filter(is_cut).cloned().collect();
        cut.iter().for_each(|link| drop(self.told.remove(link)));
    }

    /// What somebody is told now on a link that is open and has room.
    pub(crate) fn updates(&mut self, now: Timestamp, link: &Link, to: &ParticipantId) -> Vec<String> {
        let received = self.people.get(to).map_or((0, 0), |person| (person.log, person.newest));
        let (log, hand, recording, chat) = (self.log, self.hand, self.recording, &self.chat);
        let told = self.told.get_or_insert_with(link, Told::default);
        let mut updates = Vec::new();
        loop {
            let message = if received.1 > 0 && told.received != received {
                Interaction::ChatReceived { log: received.0, id: received.1 }
            } else if hand.is_some() && told.hand != hand {
                Interaction::Hand(hand.flatten().map(|since| age(now, millis(since))))
            } else if let Some(now_recording) = recording.filter(|_| told.recording != recording) {
                Interaction::Recording(now_recording)
            } else if told.chat < self.last_id {
                Interaction::Chat { log, messages: chat.packet(now, told.chat) }
            } else {
                return updates;
            };
            if !told.updates.take(now, MAX_UPDATES_PER_MINUTE) {
                let free_at = told.updates.free_at(MAX_UPDATES_PER_MINUTE);
                self.due_at = Some(self.due_at.map_or(free_at, |due| due.min(free_at)));
                return updates;
            }
            match &message {
                Interaction::ChatReceived { .. } => told.received = received,
                Interaction::Hand(_) => told.hand = hand,
                Interaction::Recording(_) => told.recording = recording,
                Interaction::Chat { messages, .. } => {
                    told.chat = messages.last().map_or(self.last_id, |message| message.id);
                }
                Interaction::Reaction(_) => {}
            }
            updates.push(message.encode());
        }
    }

    /// Whether there is something of ours that somebody does not have.
    pub(crate) fn has_missed(&self, id: &ParticipantId) -> bool {
        let received = self.people.get(id).map_or(0, |person| person.received);
        received < self.last_id
    }

    /// Who has a hand raised, in the order in which they were.
    pub(crate) fn hands(&self) -> Vec<Option<ParticipantId>> {
        let others = self.people.iter().filter_map(|(id, person)| Some((person.hand?, Some(id.clone()))));
        let own = self.hand.flatten().map(|since| (millis(since), None));
        let mut hands: Vec<_> = others.chain(own).collect();
        hands.sort_by_key(|(since, _)| *since);
        hands.into_iter().map(|(_, id)| id).collect()
    }

    /// Who records the call.
    pub(crate) fn recorders(&self) -> Vec<Option<ParticipantId>> {
        let recording = self.people.iter().filter(|(_, person)| person.recording);
        let others = recording.map(|(id, _)| Some(id.clone()));
        self.recording.unwrap_or_default().then_some(None).into_iter().chain(others).collect()
    }
}

/// What is known of somebody in the room.
fn person<'a>(people: &'a mut ById<ParticipantId, Person>, sender: &Sender) -> &'a mut Person {
    let new = || Person { session: sender.session.clone(), ..Person::default() };
    let person = people.get_or_insert_with(&sender.id, new);
    if person.session != sender.session {
        *person = new();
    }
    person
}

fn age(now: Timestamp, since: i64) -> u32 {
    u32::try_from((millis(now) - since).max(0)).unwrap_or(u32::MAX)
}
