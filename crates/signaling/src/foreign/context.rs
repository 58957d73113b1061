//! What a [`Protocol`](super::Protocol) works on: the people it knows, and what it has to say to the room and the server.

use super::pair::Pair;
use super::piggyback::{Ourselves, Peer};
use super::{OTHER, Profile};
use crate::carrier::Message;
use crate::dialect::DialectOutput;
use crate::json::{Fields, Json};
use crate::limits::{MAX_ERROR_CHARS, MAX_ID_BYTES, MAX_NAME_CHARS, MAX_PARTICIPANTS};
use crate::normalize::loose;
use crate::signal::{
    IceCandidate, IceServers, Inbound, Joined, Offerer, ParticipantId, ParticipantInfo, RejectCode,
    Rejection, SdpType, SessionDescription,
};
use crate::text;
use crate::time::Timestamp;

/// How the room calls ourselves. It sorts before every id of others, so the room always gives way when offers cross: the
/// context has seen to it that only one side does.
const ME: &str = "!";

/// Something to be said about one participant.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// An offer or answer.
    Describe(String, SessionDescription),
    /// A candidate, or the end of candidates.
    Trickle(String, Option<IceCandidate>),
}

/// The people a protocol knows, and what waits to be said to the room and to the server.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) now: Timestamp,
    pub(super) profile: Profile,
    pub(super) us: Ourselves,
    pub(super) pairs: Vec<Pair>,
    /// How many have ever entered: nobody gets the id of somebody before.
    entered: u32,
    pub(super) joined: bool,
    pub(super) signals: Vec<Inbound>,
    messages: Vec<Message>,
    /// What ours are told besides, and by which key; an empty one is everybody.
    pub(super) asides: Vec<(String, Json)>,
    wake_at: Option<Timestamp>,
    reopen: Option<DialectOutput>,
}

impl Context {
    pub(super) fn new(profile: Profile, id: String) -> Self {
        Self {
            now: Timestamp::default(),
            profile,
            us: Ourselves { id, ..Ourselves::default() },
            pairs: Vec::new(),
            entered: 0,
            joined: false,
            signals: Vec::new(),
            messages: Vec::new(),
            asides: Vec::new(),
            wake_at: None,
            reopen: None,
        }
    }

    /// Says an event.
    pub(crate) fn emit(&mut self, event: &str, args: Vec<Json>) {
        self.messages.push(Message::event(event, args));
    }

    /// Says a plain message.
    pub(crate) fn say(&mut self, value: impl Into<Json>) {
        self.messages.push(Message::plain(value));
    }

    /// Calls [`Protocol::wake`](super::Protocol::wake) at that moment, instead of any other.
    pub(crate) fn wake_at(&mut self, at: Option<Timestamp>) {
        self.wake_at = at;
    }

    /// Opens a new socket, because the old one is stuck.
    pub(crate) fn reopen(&mut self) {
        self.reopen = Some(DialectOutput::Stalled);
    }

    /// Opens a new socket, because the URL has changed.
    pub(crate) fn move_on(&mut self) {
        self.reopen = Some(DialectOutput::Moved);
    }

    /// Whether this socket is about to be replaced by one with another URL.
    pub(super) fn moves(&self) -> bool {
        self.reopen == Some(DialectOutput::Moved)
    }

    /// We are in the room.
    pub(crate) fn joined(&mut self) {
        self.joined_with(None, None);
    }

    /// We are in the room, and the server told something about it.
    pub(crate) fn joined_with(&mut self, room: Option<String>, ice_servers: Option<IceServers>) {
        if self.joined {
            return;
        }
        self.joined = true;
        let keeps = self.profile.keeps_pairs;
        let (kept, lost) = std::mem::take(&mut self.pairs)
            .into_iter()
            .partition(|p| keeps && (p.is_settled() || p.peer.is_some()));
        self.pairs = kept;
        let lost: Vec<Pair> = lost;
        self.signals.push(Inbound::Joined(Joined {
            id: known_id(ME),
            participants: self.pairs.iter().map(|pair| introduce(pair, Offerer::Us)).collect(),
            ice_servers,
            capacity: (self.profile.capacity > 0).then_some(self.profile.capacity),
            room,
        }));
        self.signals.extend(lost.into_iter().map(|pair| Inbound::ParticipantLeft(pair.id)));
    }

    /// Whether we are in the room.
    pub(crate) fn is_in(&self) -> bool {
        self.joined
    }

    /// Whether somebody of that key is in the room (or presumed to be).
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.pairs.iter().any(|pair| pair.key == key)
    }

    /// Whether their description is in force.
    pub(crate) fn has_described(&self, key: &str) -> bool {
        self.pairs.iter().any(|pair| pair.key == key && pair.has_described())
    }

    /// Somebody comes where there is place for one: whoever was there is gone. Whether anybody was.
    pub(crate) fn make_place(&mut self, key: &str) -> bool {
        let now = self.now;
        let over = |pair: &Pair| pair.key == key && pair.peer.is_none() && pair.is_over(now);
        let found = self.pairs.iter().any(over);
        if found {
            self.left(key);
        }
        found
    }

    /// The keys of all others.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.pairs.iter().map(|pair| pair.key.clone()).collect()
    }

    /// What the server calls somebody.
    pub(super) fn key_of(&self, id: &ParticipantId) -> Option<String> {
        self.pairs.iter().find(|pair| pair.id == *id).map(|pair| pair.key.clone())
    }

    /// Somebody is in the room. Nothing is new if they are known.
    pub(crate) fn enter(&mut self, key: &str, offerer: Offerer) {
        self.enter_as(key, "", offerer);
    }

    /// Somebody is in the room, and this is what they are called.
    pub(crate) fn enter_as(&mut self, key: &str, name: &str, offerer: Offerer) {
        self.place(key, name, None, offerer);
    }

    /// Somebody was to offer, and has not: we do.
    pub(crate) fn offer_to(&mut self, key: &str) {
        let silent = |pair: &&Pair| pair.key == key && !pair.has_described() && !pair.has_offered();
        let turned = self.pairs.iter().find(silent).map(|pair| introduce(pair, Offerer::Us));
        self.signals.extend(turned.map(Inbound::ParticipantJoined));
    }

    /// Calls somebody once who may be there. They are in the room as soon as they answer.
    pub(crate) fn call(&mut self, key: &str) {
        self.enter(key, Offerer::Unknown);
        if let Some(pair) = self.pair(key) {
            pair.presumed = false;
        }
    }

    /// Puts somebody in the room, unless they are there. Those of ours who say hello before anything else go by the same
    /// id whenever they come back: what has happened between us counts on.
    pub(super) fn place(&mut self, key: &str, name: &str, peer: Option<Peer>, offerer: Offerer) {
        let fits = !key.is_empty() && key.len() <= MAX_ID_BYTES - 16 && self.pairs.len() < MAX_PARTICIPANTS;
        if !self.joined || !fits || self.knows(key) {
            return;
        }
        let id = match &peer {
            Some(peer) if self.profile.greets => peer.id.clone(),
            Some(_) | None => {
                self.entered = self.entered.wrapping_add(1);
                [key, "~", &self.entered.to_string()].concat()
            }
        };
        if self.pairs.iter().any(|pair| pair.id.as_str() == id) {
            return;
        }
        let name = text::clean(name, MAX_NAME_CHARS);
        let mut pair = Pair::new(key, name, known_id(&id), offerer == Offerer::Unknown);
        pair.peer = peer;
        self.signals.push(Inbound::ParticipantJoined(introduce(&pair, offerer)));
        self.pairs.push(pair);
    }

    pub(super) fn pair(&mut self, key: &str) -> Option<&mut Pair> {
        self.pairs.iter_mut().find(|pair| pair.key == key)
    }

    /// Somebody has left.
    pub(crate) fn left(&mut self, key: &str) {
        self.remove(key);
        self.settle();
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Some(index) = self.pairs.iter().position(|pair| pair.key == key) {
            let pair = self.pairs.remove(index);
            self.signals.push(Inbound::ParticipantLeft(pair.id));
        }
    }

    /// The others are all those for whom this is so.
    pub(crate) fn retain(&mut self, here: impl Fn(&str) -> bool) {
        self.keys().iter().filter(|key| !here(key)).for_each(|key| self.left(key));
    }

    /// Somebody described themselves, in whatever shape. Who is not known enters. `known` is the type of the description,
    /// if the message tells.
    pub(crate) fn description(&mut self, key: &str, value: &Json, known: Option<SdpType>) -> Option<()> {
        self.description_as(key, "", value, known)
    }

    /// The same, of somebody who is called this.
    pub(crate) fn description_as(
        &mut self,
        key: &str,
        name: &str,
        value: &Json,
        known: Option<SdpType>,
    ) -> Option<()> {
        let description = loose::description(value, known)?;
        let (now, listens_until) =
            (self.now, self.us.listens_until.filter(|_| key == OTHER && !self.us.hosts));
        if listens_until.is_some() && description.sdp_type == SdpType::Answer {
            return Some(());
        }
        self.enter_as(key, name, Offerer::Them);
        let Some(pair) = self.pairs.iter_mut().find(|pair| pair.key == key) else { return Some(()) };
        match listens_until {
            _ if pair.peer.is_some() => pair.hear_ours(&self.us.id, description, &mut self.signals),
            Some(until) => pair.hold(until, description),
            None => pair.hear(now, description, &mut self.signals),
        }
        Some(())
    }

    /// Somebody has a candidate, or no more. Nobody enters by that: a late one of somebody who left is nothing.
    pub(crate) fn candidate(&mut self, key: &str, value: &Json) {
        let candidate = loose::candidate(value);
        if let Some(pair) = self.pairs.iter_mut().find(|pair| pair.key == key) {
            pair.hear_candidate(candidate, &mut self.signals);
        }
    }

    /// The server refuses. `words` are its own, or none: a sentence of ours would be quoted as if it were the server's.
    pub(crate) fn reject(&mut self, code: RejectCode, words: &str, closes: bool) {
        let text = text::clean(words, MAX_ERROR_CHARS);
        self.refuse(Rejection { code, text, closes });
    }

    /// Nobody has answered, and nobody is called any more.
    pub(crate) fn unanswered(&mut self) {
        self.signals.push(Inbound::Unanswered);
    }

    /// The server is there, and has nothing to tell.
    pub(super) fn is_there(&mut self) {
        self.signals.push(Inbound::IceServers(IceServers::default()));
    }

    pub(super) fn refuse(&mut self, rejection: Rejection) {
        if rejection.code.is_final() {
            self.forget_all();
        }
        self.signals.push(Inbound::Rejected(rejection));
    }

    /// The room is over, and everybody with it.
    pub(super) fn forget_all(&mut self) {
        self.pairs.clear();
        self.joined = false;
        self.wake_at = None;
        self.us.hosts = false;
        self.us.listens_until = None;
    }

    /// The connection to the server is lost.
    pub(super) fn down(&mut self) {
        self.joined = false;
        self.wake_at = None;
        self.reopen = None;
        self.signals.clear();
        self.messages.clear();
        self.asides.clear();
        self.us.listens_until = None;
        self.pairs.iter_mut().for_each(Pair::down);
    }

    pub(super) fn describe(
        &mut self,
        to: &ParticipantId,
        generation: u32,
        description: SessionDescription,
    ) -> Option<Due> {
        let (now, bundles) = (self.now, self.profile.bundles);
        let pair = self.pairs.iter_mut().find(|pair| pair.id == *to)?;
        let description = pair.describe(now, generation, description, bundles && pair.peer.is_none())?;
        Some(Due::Describe(pair.key.clone(), description))
    }

    pub(super) fn trickle(&mut self, to: &ParticipantId, candidate: Option<IceCandidate>) -> Option<Due> {
        let pair = self.pairs.iter_mut().find(|pair| pair.id == *to)?;
        match pair.trickle(self.now, candidate.as_ref()) {
            Ok(description) => Some(Due::Describe(pair.key.clone(), description)),
            Err(true) => Some(Due::Trickle(pair.key.clone(), candidate)),
            Err(false) => None,
        }
    }

    /// What is to be said because time has passed. Who is silent for too long has left.
    pub(super) fn take_due(&mut self) -> Vec<Due> {
        let (now, tells_leave) = (self.now, self.profile.tells_leave);
        let mut due = Vec::new();
        if self.us.listens_until.take_if(|until| *until <= now).is_some() {
            self.settle();
        }
        for pair in &mut self.pairs {
            let description = pair.tick(now, &mut self.signals);
            due.extend(description.map(|description| Due::Describe(pair.key.clone(), description)));
        }
        let gone = |pair: &Pair| !tells_leave && pair.given_up_at().is_some_and(|at| at <= now);
        while let Some(pair) = self.pairs.iter().find(|pair| gone(pair)) {
            let key = pair.key.clone();
            self.left(&key);
        }
        due
    }

    pub(super) fn take_wake(&mut self) -> bool {
        self.wake_at.take_if(|at| *at <= self.now).is_some()
    }

    pub(super) fn take_messages(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.messages)
    }

    pub(super) fn next_aside(&mut self) -> Option<(String, Json)> {
        (!self.asides.is_empty()).then(|| self.asides.remove(0))
    }

    pub(super) fn take_signals(&mut self) -> Vec<Inbound> {
        std::mem::take(&mut self.signals)
    }

    pub(super) fn take_reopen(&mut self) -> Option<DialectOutput> {
        self.reopen.take()
    }

    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        if !self.signals.is_empty() || self.reopen.is_some() {
            return Some(Timestamp::default());
        }
        let silent = self.pairs.iter().filter(|_| !self.profile.tells_leave).filter_map(Pair::given_up_at);
        let due = self.pairs.iter().filter_map(Pair::poll_timeout);
        due.chain(silent).chain(self.wake_at).chain(self.us.listens_until).min()
    }
}

pub(super) fn introduce(pair: &Pair, offerer: Offerer) -> ParticipantInfo {
    let media = pair.peer.as_ref().map(|peer| peer.media);
    ParticipantInfo { id: pair.id.clone(), name: pair.name.clone(), media, offerer, session: None }
}

/// An id of our own making, known to be within its bounds.
fn known_id(text: &str) -> ParticipantId {
    ParticipantId::from_digits(text.to_owned())
}

/// An object with these texts.
pub(crate) fn texts(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::default();
    for (key, text) in pairs {
        fields.text(key, text);
    }
    fields
}
