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
use super::context::{Context, introduce, texts};
use super::pair::Pair;
use crate::json::{Fields, Json};
use crate::limits::{MAX_NAME_CHARS, MAX_X_ID_BYTES, MAX_X_TEXT_BYTES, MIN_X_ID_BYTES};
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

/// What an `x` says. A text that is not there is empty.
struct Note<'a> {
    from: &'a str,
    to: &'a str,
    room: &'a str,
    name: &'a str,
    /// Whoever tells this introduces themselves.
    media: Option<MediaState>,
    generation: Option<u32>,
    hello: bool,
    hosts: bool,
    bye: bool,
}

fn read(x: &Json) -> Option<Note<'_>> {
    let media = x.at("media");
    let media = if *media == Json::Null { None } else { Some(normalize::media(media)?) };
    let generation = match x.at("generation") {
        Json::Number(digits) => Some(digits.parse().ok()?),
        Json::Null => None,
        Json::Bool(_) | Json::Text(_) | Json::List(_) | Json::Object(_) => return None,
    };
    let note = Note {
        from: word(x, "from")?,
        to: word(x, "to")?,
        room: word(x, "room")?,
        name: word(x, "name")?,
        media,
        generation,
        hello: x.flag("hello")?,
        hosts: x.flag("host")?,
        bye: x.flag("bye")?,
    };
    let plain = note.from.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (plain && (MIN_X_ID_BYTES..=MAX_X_ID_BYTES).contains(&note.from.len())).then_some(note)
}

fn word<'a>(x: &'a Json, key: &str) -> Option<&'a str> {
    let value = x.at(key);
    if *value == Json::Null {
        Some("")
    } else {
        value.as_text().filter(|text| text.len() <= MAX_X_TEXT_BYTES)
    }
}

impl Context {
    /// Who we are, for the `x` of this visit.
    pub(super) fn introduce_us(&mut self, room: &str, name: &str, media: MediaState) {
        room.clone_into(&mut self.us.room);
        name.clone_into(&mut self.us.name);
        self.us.media = media;
    }

    /// What we send has changed.
    pub(super) fn media_changed(&mut self, media: MediaState) {
        self.us.media = media;
        self.tell_all(false);
    }

    /// An `x` that says hello to whoever is there, or to one of them; those of ours answer with theirs. Where a server
    /// repeats everything, whoever does not answer is called a little later.
    pub(crate) fn hello(&mut self, to: &str) -> Json {
        if self.profile.presumes {
            self.us.listens_until = Some(self.now + LISTENS);
        }
        Json::from(self.mark(to, true)).with("hello", Json::Bool(true))
    }

    /// Tells all of ours how we are, or goodbye. Where the server repeats everything, once is enough.
    pub(super) fn tell_all(&mut self, bye: bool) {
        let mut asides = Vec::new();
        for pair in self.pairs.iter().filter(|pair| pair.peer.is_some()) {
            let to = if self.profile.presumes { "" } else { &pair.key };
            let mut x = self.mark(to, !bye);
            if bye {
                x.bool("bye", true);
            }
            asides.push((to.to_owned(), x.into()));
            if to.is_empty() {
                break;
            }
        }
        self.asides.append(&mut asides);
    }

    /// Somebody speaks, and shows this. False if that was all, or is not for us.
    pub(crate) fn meet(&mut self, key: &str, x: &Json) -> bool {
        let Some(note) = read(x) else { return self.meet_naive(key) };
        let strange = self.profile.mixes_rooms && note.room != self.us.room;
        let for_others = !note.to.is_empty() && note.to != self.us.id;
        if strange || for_others || note.from == self.us.id {
            return false;
        }
        let key = if self.profile.presumes { note.from } else { key };
        if note.bye && self.peer(key).is_none_or(|peer| peer.id == note.from) {
            self.left(key);
        } else if let Some(media) = note.media {
            self.acquaint(key, &note, media);
        }
        let Some(peer) = self.peer(key).filter(|peer| peer.id == note.from) else { return false };
        peer.generation = note.generation;
        let [description, candidate] = ["description", "candidate"].map(|inside| x.at(inside));
        if *description != Json::Null {
            self.description(key, description, None);
        } else if *candidate != Json::Null {
            self.candidate(key, candidate);
        } else {
            return note.generation.is_some() && !self.profile.greets;
        }
        false
    }

    fn meet_naive(&mut self, key: &str) -> bool {
        if let Some(peer) = self.peer(key) {
            peer.generation = None;
        }
        let mut peers = self.pairs.iter().filter_map(|pair| pair.peer.as_ref());
        !self.profile.presumes
            || self.us.hosts
            || (self.us.listens_until.is_some() && !peers.any(|peer| peer.hosts))
    }

    /// One of ours introduces themselves, perhaps not for the first time. Whom the server has announced and who has not
    /// spoken yet may turn out to be one.
    fn acquaint(&mut self, key: &str, note: &Note<'_>, media: MediaState) {
        let greets = self.profile.greets;
        if greets {
            self.follow(key, note);
        }
        let before = self.pair(key).map(|pair| (pair.peer.take(), pair.has_described()));
        let peer = Peer { id: note.from.to_owned(), media, hosts: note.hosts, generation: None };
        match before {
            Some((Some(before), _)) if before.id == note.from => {
                self.renew(key, note, Some(before.media), peer);
            }
            Some((None, false)) if !greets => self.renew(key, note, None, peer),
            _ => {
                self.remove(key);
                self.place(key, note.name, Some(peer), if note.hello { Offerer::Us } else { Offerer::Them });
            }
        }
        if note.hello {
            let card = self.mark(key, true).into();
            self.asides.push((key.to_owned(), card));
        }
        self.settle();
    }

    /// Where ours go by ids of their own, one of them has only one key: the one that was heard last. What was said to
    /// another never arrived, if nothing of theirs has come from there; if something has, their page has come anew.
    fn follow(&mut self, key: &str, note: &Note<'_>) {
        let theirs = |pair: &&mut Pair| pair.peer.as_ref().is_some_and(|peer| peer.id == note.from);
        let Some(pair) = self.pairs.iter_mut().filter(|pair| pair.key != key).find(theirs) else { return };
        let (before, anew) = (pair.key.clone(), pair.has_described() && note.hello);
        self.remove(if anew { &before } else { key });
        if let Some(pair) = self.pair(&before) {
            pair.down();
            key.clone_into(&mut pair.key);
        }
    }

    fn renew(&mut self, key: &str, note: &Note<'_>, before: Option<MediaState>, peer: Peer) {
        let Some(pair) = self.pair(key) else { return };
        let media = peer.media;
        pair.peer = Some(peer);
        if pair.name.is_empty() {
            pair.name = text::clean(note.name, MAX_NAME_CHARS);
        }
        let info = introduce(pair, Offerer::Them);
        if before.is_some() && note.hello {
            self.signals.push(Inbound::ParticipantJoined(info));
        } else if before != Some(media) {
            self.signals.push(Inbound::ParticipantBack(info));
        }
    }

    fn peer(&mut self, key: &str) -> Option<&mut Peer> {
        self.pair(key)?.peer.as_mut()
    }

    /// Whether that is one of ours.
    pub(crate) fn is_ours(&self, key: &str) -> bool {
        self.pairs.iter().any(|pair| pair.key == key && pair.peer.is_some())
    }

    /// Where a server repeats everything: one of ours speaks with those who show no `x`, and here it turns out who. Who
    /// does so goes on; else it is the one whose id sorts lowest.
    pub(super) fn settle(&mut self) {
        if !self.profile.presumes || !self.joined || self.us.listens_until.is_some() {
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
            self.tell_all(false);
        }
    }

    /// What stands beside a description (`whole`) or a candidate for somebody who is not known to be ours. Where ours say
    /// hello first, it says nothing of a generation: then what is beside it is not for ours.
    pub(crate) fn beside(&self, to: &str, whole: bool) -> Json {
        if self.profile.greets { self.mark(to, whole).into() } else { self.counted(to, whole) }
    }

    /// The same for what goes inside: the generation is always told.
    pub(super) fn counted(&self, to: &str, whole: bool) -> Json {
        let generation = self.pairs.iter().find(|pair| pair.key == to).map_or(0, Pair::generation);
        Json::from(self.mark(to, whole)).with("generation", Json::number(generation))
    }

    /// Who speaks, to whom and where; with how we are if it is to be `whole`.
    fn mark(&self, to: &str, whole: bool) -> Fields {
        let mut mark = texts(&[("from", &self.us.id)]);
        if self.profile.presumes && self.is_ours(to) {
            mark.text("to", to);
        }
        if self.profile.mixes_rooms {
            mark.text("room", &self.us.room);
        }
        if whole {
            mark.text("name", &self.us.name);
            mark.put("media", self.us.media);
            if self.us.hosts {
                mark.bool("host", true);
            }
        }
        mark
    }
}

/// A candidate that says nothing: every client takes it for the end of candidates.
pub(crate) fn no_candidate() -> Json {
    Json::from(texts(&[("candidate", "")])).with("sdpMLineIndex", Json::number(0))
}
