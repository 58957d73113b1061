//! What two of ours tell each other through servers that know nothing of it: one more field, `x`, beside the description
//! or candidate. Servers relay it unread and naive pages ignore it. `docs/dialects.md` describes it for others.
//!
//! Whoever shows an `x` has an id, a name and a media state, counts generations and says goodbye; offers that cross are
//! settled by the ids, at once. As soon as two know each other, all they say is inside the `x`, and what is around it is a
//! shape that nobody else takes for anything: so no naive page answers an offer that is not for it, and no server counts
//! it. Whoever shows no `x`, or a strange one, is spoken to as ever. Where a server repeats everything to everybody, ours
//! are a mesh, and only one of them (the host) speaks with whoever shows no `x`: a naive page has one connection.

use std::time::Duration;

use super::OTHER;
use super::desk::{Desk, introduce, texts};
use crate::json::{Fields, Json, JsonError, Object};
use crate::limits::{MAX_NAME_CHARS, MAX_ROOM_CHARS, MAX_X_ID_BYTES, MIN_X_ID_BYTES};
use crate::normalize;
use crate::signal::{Inbound, MediaState, Offerer};
use crate::text;
use crate::time::Timestamp;

/// How long a newcomer waits for others of ours before it calls whoever shows no `x`: one of ours may be in a call with
/// them, and a second offer would end it. So this is longer than a question and its answer take over a slow network.
const LISTENS: Duration = Duration::from_millis(800);

/// One of ours, as they told.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) id: String,
    pub(super) media: MediaState,
    /// Whether it is they who speak with those who show no `x`.
    hosts: bool,
    /// The generation of what they say next.
    pub(super) generation: Option<u32>,
}

/// What we tell of ourselves.
#[derive(Debug, Default)]
pub(super) struct Ourselves {
    pub(super) id: String,
    pub(super) room: String,
    pub(super) name: String,
    pub(super) media: MediaState,
    pub(super) hosts: bool,
    pub(super) listens_until: Option<Timestamp>,
}

/// What an `x` says.
struct Note<'a> {
    from: &'a str,
    to: Option<&'a str>,
    room: Option<&'a str>,
    generation: Option<u32>,
    bye: bool,
    card: Option<Card>,
    description: &'a Json,
    candidate: &'a Json,
}

/// How somebody introduces themselves.
struct Card {
    name: String,
    media: MediaState,
    hosts: bool,
    hello: bool,
}

fn read(x: &Json) -> Result<Note<'_>, JsonError> {
    let x = Object::root(x)?;
    let from = x.text("from", MAX_X_ID_BYTES)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if from.len() < MIN_X_ID_BYTES || !from.bytes().all(plain) {
        return Err(x.error("from", "is no id"));
    }
    let card = x.get("media").map(|_| read_card(&x)).transpose()?;
    let bye = x.optional_bool("bye")?.unwrap_or_default();
    let to = x.optional_text("to", MAX_X_ID_BYTES)?;
    let room = x.optional_text("room", MAX_ROOM_CHARS * 4)?;
    let generation = x.optional_u32("generation")?;
    let [description, candidate] = ["description", "candidate"].map(|key| x.get(key).unwrap_or(&Json::Null));
    Ok(Note { from, to, room, generation, bye, card, description, candidate })
}

fn read_card(x: &Object<'_>) -> Result<Card, JsonError> {
    let flag = |key| x.optional_bool(key).map(Option::unwrap_or_default);
    let name = text::clean(x.optional_text("name", MAX_NAME_CHARS * 4)?.unwrap_or_default(), MAX_NAME_CHARS);
    Ok(Card { name, media: normalize::media(x)?, hosts: flag("host")?, hello: flag("hello")? })
}

impl Desk {
    /// Who we are, for the `x` of this visit.
    pub(super) fn introduce_us(&mut self, room: &str, name: &str, media: MediaState) {
        room.clone_into(&mut self.us.room);
        name.clone_into(&mut self.us.name);
        self.us.media = media;
    }

    /// What we send has changed.
    pub(super) fn media_changed(&mut self, media: MediaState) {
        self.us.media = media;
        self.tell_all();
    }

    /// An `x` that says hello to whoever is there, or to one of them; those of ours answer with theirs. Where a server
    /// repeats everything, whoever does not answer is called a little later.
    pub(crate) fn hello(&mut self, to: &str) -> Json {
        if self.manners.presumes {
            self.us.listens_until = Some(self.now + LISTENS);
        }
        Json::from(self.card(to)).with("hello", Json::Bool(true))
    }

    /// Says goodbye to ours, unless the server does.
    pub(super) fn farewell(&mut self) {
        for to in self.audience() {
            let mut bye = self.mark(&to);
            bye.bool("bye", true);
            self.asides.push((to, bye));
        }
    }

    /// Somebody speaks, and shows this. False if that was all, or is not for us.
    pub(crate) fn meet(&mut self, key: &str, x: &Json) -> bool {
        let Ok(note) = read(x) else { return self.meet_naive(key) };
        self.heed(key, &note).is_some()
    }

    fn heed(&mut self, key: &str, note: &Note<'_>) -> Option<()> {
        let strange = self.manners.mixes_rooms && note.room != Some(&self.us.room);
        let theirs = note.to.is_some_and(|to| to != self.us.id);
        if strange || theirs || note.from == self.us.id {
            return None;
        }
        let key = if self.manners.presumes { note.from } else { key };
        if note.bye {
            self.left(key);
        } else if let Some(card) = &note.card {
            self.acquaint(key, note.from, card);
        }
        let pair = self.pairs.iter_mut().find(|pair| pair.key == key)?;
        let peer = pair.peer.as_mut().filter(|peer| peer.id == note.from)?;
        peer.generation = note.generation;
        match (note.description, note.candidate) {
            (Json::Null, Json::Null) => note.generation.filter(|_| !self.manners.greets).map(|_| ()),
            (Json::Null, candidate) => {
                self.candidate(key, candidate);
                None
            }
            (description, _) => {
                self.description(key, description, None);
                None
            }
        }
    }

    fn meet_naive(&mut self, key: &str) -> bool {
        if let Some(peer) = self.pairs.iter_mut().find(|pair| pair.key == key).and_then(|p| p.peer.as_mut()) {
            peer.generation = None;
        }
        let hosted = self.pairs.iter().any(|pair| pair.peer.as_ref().is_some_and(|peer| peer.hosts));
        !self.manners.presumes || self.us.hosts || (self.us.listens_until.is_some() && !hosted)
    }

    /// One of ours introduces themselves, perhaps not for the first time.
    fn acquaint(&mut self, key: &str, from: &str, card: &Card) {
        let Card { name, media, hosts, hello } = card;
        let (hello, media, hosts) = (*hello, *media, *hosts);
        let peer = Peer { id: from.to_owned(), media, hosts, generation: None };
        let again = self.is_ours(key, Some(from));
        if again || self.may_turn_out(key) {
            self.renew(key, name, peer, hello);
        } else {
            self.remove(key);
            self.place(key, name, Some(peer), if hello { Offerer::Us } else { Offerer::Them });
        }
        if hello {
            let card = self.card(key);
            self.asides.push((key.to_owned(), card));
        }
        self.settle();
    }

    /// Whether somebody is known of whom the server has told, but who has not spoken yet.
    fn may_turn_out(&self, key: &str) -> bool {
        let silent =
            |pair: &super::pair::Pair| pair.key == key && pair.peer.is_none() && !pair.has_described();
        !self.manners.greets && self.pairs.iter().any(silent)
    }

    fn renew(&mut self, key: &str, name: &str, peer: Peer, hello: bool) {
        let Some(pair) = self.pairs.iter_mut().find(|pair| pair.key == key) else { return };
        let media = peer.media;
        if pair.name.is_empty() {
            name.clone_into(&mut pair.name);
        }
        let before = pair.peer.replace(peer).map(|peer| peer.media);
        let from = pair.id.clone();
        match before {
            None => self.signals.push(Inbound::ParticipantBack(introduce(pair, Offerer::Them))),
            Some(_) if hello => self.signals.push(Inbound::ParticipantJoined(introduce(pair, Offerer::Them))),
            Some(before) if before != media => self.signals.push(Inbound::MediaState { from, media }),
            Some(_) => {}
        }
    }

    /// Whether that is one of ours; any, or the one of this id.
    pub(crate) fn is_ours(&self, key: &str, id: Option<&str>) -> bool {
        let same = |peer: &Peer| id.is_none_or(|id| id == peer.id);
        self.pairs.iter().any(|pair| pair.key == key && pair.peer.as_ref().is_some_and(same))
    }

    /// Where a server repeats everything: one of ours speaks with those who show no `x`, and here it turns out who. Who
    /// does so goes on; else it is the one whose id sorts lowest.
    pub(super) fn settle(&mut self) {
        if !self.manners.presumes || !self.joined || self.us.listens_until.is_some() {
            return;
        }
        let (id, hosts) = (&self.us.id, self.us.hosts);
        let before_us = |peer: &Peer| if peer.hosts == hosts { peer.id < *id } else { peer.hosts };
        self.us.hosts = !self.pairs.iter().filter_map(|pair| pair.peer.as_ref()).any(before_us);
        if self.us.hosts {
            self.enter(OTHER, Offerer::Unknown);
        } else {
            self.remove(OTHER);
        }
        if self.us.hosts != hosts {
            self.tell_all();
        }
    }

    fn tell_all(&mut self) {
        for to in self.audience() {
            let card = self.card(&to);
            self.asides.push((to, card));
        }
    }

    /// By which keys all of ours are reached: one for all, where the server repeats everything.
    fn audience(&self) -> Vec<String> {
        let ours = self.pairs.iter().filter(|pair| pair.peer.is_some()).map(|pair| &pair.key);
        if self.manners.presumes {
            ours.take(1).map(|_| String::new()).collect()
        } else {
            ours.cloned().collect()
        }
    }

    /// What stands beside a description (`whole`) or a candidate for somebody who is not known to be ours. Where ours say
    /// hello first, it says nothing of a generation: then what is beside it is not for ours.
    pub(crate) fn beside(&self, to: &str, whole: bool) -> Json {
        let x = if whole { self.card(to) } else { self.mark(to) };
        if self.manners.greets { x.into() } else { self.counted(to, x) }
    }

    /// What is said to one of ours, all in one.
    pub(super) fn inside(&self, to: &str, key: &str, what: Json) -> Json {
        let x = if key == "description" { self.card(to) } else { self.mark(to) };
        self.counted(to, x).with(key, what)
    }

    fn counted(&self, to: &str, mut x: Fields) -> Json {
        if let Some(pair) = self.pairs.iter().find(|pair| pair.key == to) {
            x.number("generation", pair.generation());
        }
        x.into()
    }

    fn card(&self, to: &str) -> Fields {
        let mut card = self.mark(to);
        card.text("name", &self.us.name);
        card.put("media", self.us.media);
        if self.us.hosts {
            card.bool("host", true);
        }
        card
    }

    fn mark(&self, to: &str) -> Fields {
        let mut mark = Fields::default();
        mark.text("from", &self.us.id);
        if self.manners.presumes && self.is_ours(to, None) {
            mark.text("to", to);
        }
        if self.manners.mixes_rooms {
            mark.text("room", &self.us.room);
        }
        mark
    }
}

/// A candidate that says nothing: every client takes it for the end of candidates.
pub(crate) fn no_candidate() -> Json {
    Json::from(texts(&[("candidate", "")])).with("sdpMLineIndex", Json::number(0))
}
