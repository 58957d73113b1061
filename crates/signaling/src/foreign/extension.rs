//! What two Visavis clients tell each other through servers that know nothing of it: one more field, `x`, beside the
//! description or candidate. Servers relay it unread and other clients ignore it. `docs/dialects.md` describes it for others.
//!
//! A client that sends an `x` has an id, a name and a media state, counts epochs and says goodbye; offers that cross are
//! settled by the ids, at once. As soon as two know each other, all they send is inside the `x`, and what is around it is a
//! shape that nobody else acts on: so no other client answers an offer that is not for it, and no server counts it. A client
//! without an `x`, or with one that cannot be read, is sent the messages of the server's protocol. Where a server relays
//! everything to everybody, Visavis clients are a mesh, and only one of them (the host) calls a client without `x`, because
//! such a client has one connection.

use std::time::Duration;

use super::OTHER;
use super::context::Context;
use super::peer::RemotePeer;
use crate::json::{Fields, Json};
use crate::limits::{MAX_NAME_CHARS, MAX_X_ID_BYTES, MAX_X_TEXT_BYTES, MIN_X_ID_BYTES};
use crate::normalize;
use crate::signal::{Inbound, MediaState, Offerer, RosterSignal};
use crate::text;
use crate::time::Timestamp;

/// How long a newcomer waits for other Visavis clients before it calls one without `x`: another may be in a call with it,
/// which a second offer would end. So this is longer than a round trip over a slow network.
const LISTEN_BEFORE_CALLING: Duration = Duration::from_millis(800);

/// A Visavis client, as it has introduced itself.
#[derive(Debug)]
pub(super) struct VisavisClient {
    pub(super) id: String,
    pub(super) media: MediaState,
    /// Whether it is the one that calls those without `x`.
    is_host: bool,
    /// The epoch of the messages that follow.
    pub(super) epoch: Option<u32>,
}

/// Our own introduction.
#[derive(Debug, Default)]
pub(super) struct LocalInfo {
    pub(super) id: String,
    pub(super) room: String,
    pub(super) name: String,
    pub(super) media: MediaState,
    pub(super) is_host: bool,
    pub(super) listens_until: Option<Timestamp>,
}

/// The fields of an `x`. A text that is missing is empty.
struct Extension<'a> {
    from: &'a str,
    to: &'a str,
    room: &'a str,
    name: &'a str,
    /// Only in an introduction.
    media: Option<MediaState>,
    epoch: Option<u32>,
    hello: bool,
    is_host: bool,
    bye: bool,
}

fn read(x: &Json) -> Option<Extension<'_>> {
    let media = x.at("media");
    let media = if *media == Json::Null { None } else { Some(normalize::media(media)?) };
    let epoch = match x.at("generation") {
        Json::Number(digits) => Some(digits.parse().ok()?),
        Json::Null => None,
        Json::Bool(_) | Json::Text(_) | Json::List(_) | Json::Object(_) => return None,
    };
    let extension = Extension {
        from: text_field(x, "from")?,
        to: text_field(x, "to")?,
        room: text_field(x, "room")?,
        name: text_field(x, "name")?,
        media,
        epoch,
        hello: x.flag("hello")?,
        is_host: x.flag("host")?,
        bye: x.flag("bye")?,
    };
    let plain = extension.from.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (plain && (MIN_X_ID_BYTES..=MAX_X_ID_BYTES).contains(&extension.from.len())).then_some(extension)
}

fn text_field<'a>(x: &'a Json, key: &str) -> Option<&'a str> {
    let value = x.at(key);
    if *value == Json::Null {
        Some("")
    } else {
        value.as_text().filter(|text| text.len() <= MAX_X_TEXT_BYTES)
    }
}

impl Context {
    /// Who we are, for the `x` of this visit.
    pub(super) fn set_local_info(&mut self, room: &str, name: &str, media: MediaState) {
        room.clone_into(&mut self.local.room);
        name.clone_into(&mut self.local.name);
        self.local.media = media;
    }

    /// What we send has changed.
    pub(super) fn media_changed(&mut self, media: MediaState) {
        self.local.media = media;
        // Only the answer shows whether they are a Visavis client, which is to be told.
        for peer in self.peers.iter_mut().filter(|peer| peer.visavis.is_none()) {
            peer.has_outdated_media |= peer.awaits_answer();
        }
        self.announce(false);
    }

    /// An `x` that says hello to everybody, or to one of them; Visavis clients answer with theirs. Where a server relays
    /// everything, a client that does not answer is called a little later.
    pub(crate) fn hello(&mut self, to: &str) -> Json {
        if self.profile.no_roster {
            self.local.listens_until = Some(self.now + LISTEN_BEFORE_CALLING);
        }
        Json::from(self.extension_fields(to, true)).with("hello", Json::Bool(true))
    }

    /// Sends our introduction, or `bye`, to all Visavis clients. Where the server relays everything, once is enough.
    pub(super) fn announce(&mut self, bye: bool) {
        let mut extensions = Vec::new();
        for peer in self.peers.iter().filter(|peer| peer.visavis.is_some()) {
            let to = if self.profile.no_roster { "" } else { &peer.key };
            let mut x = self.extension_fields(to, !bye);
            if bye {
                x.bool("bye", true);
            }
            extensions.push((to.to_owned(), x.into()));
            if to.is_empty() {
                break;
            }
        }
        self.extensions.append(&mut extensions);
    }

    /// A message came with this `x`. False if there is nothing else in the message for us.
    pub(crate) fn on_extension(&mut self, key: &str, x: &Json) -> bool {
        let Some(extension) = read(x) else { return self.on_no_extension(key) };
        let other_room = self.profile.mixes_rooms && extension.room != self.local.room;
        let for_others = !extension.to.is_empty() && extension.to != self.local.id;
        if other_room || for_others || extension.from == self.local.id {
            return false;
        }
        let key = if self.profile.no_roster { extension.from } else { key };
        if extension.bye && self.visavis(key).is_none_or(|visavis| visavis.id == extension.from) {
            self.participant_left(key);
        } else if let Some(media) = extension.media {
            self.on_introduction(key, &extension, media);
        }
        let Some(visavis) = self.visavis(key).filter(|visavis| visavis.id == extension.from) else {
            return false;
        };
        visavis.epoch = extension.epoch;
        let [description, candidate] = ["description", "candidate"].map(|inside| x.at(inside));
        if *description != Json::Null {
            // An error is ignored: the rest of the message has been understood.
            let _ = self.on_description(key, description, None);
        } else if *candidate != Json::Null {
            self.on_candidate(key, candidate);
        } else {
            return extension.epoch.is_some() && !self.profile.says_hello;
        }
        false
    }

    fn on_no_extension(&mut self, key: &str) -> bool {
        if let Some(visavis) = self.visavis(key) {
            visavis.epoch = None;
        }
        let mut peers = self.peers.iter().filter_map(|peer| peer.visavis.as_ref());
        !self.profile.no_roster
            || self.local.is_host
            || (self.local.listens_until.is_some() && !peers.any(|visavis| visavis.is_host))
    }

    /// A Visavis client introduces itself, perhaps not for the first time. It may be a participant that the server has
    /// announced, and that has sent nothing yet.
    fn on_introduction(&mut self, key: &str, extension: &Extension<'_>, media: MediaState) {
        let says_hello = self.profile.says_hello;
        if says_hello {
            self.follow_new_key(key, extension);
        }
        let outdated = self.peer(key).is_some_and(|peer| std::mem::take(&mut peer.has_outdated_media));
        let before = self.peer(key).map(|peer| (peer.visavis.take(), peer.has_described()));
        let visavis =
            VisavisClient { id: extension.from.to_owned(), media, is_host: extension.is_host, epoch: None };
        match before {
            Some((Some(before), _)) if before.id == extension.from => {
                self.update_client(key, extension, Some(before.media), visavis);
            }
            Some((None, false)) if !says_hello => self.update_client(key, extension, None, visavis),
            _ => {
                self.remove(key);
                self.add_peer(
                    key,
                    extension.name,
                    Some(visavis),
                    if extension.hello { Offerer::Us } else { Offerer::Them },
                );
            }
        }
        if extension.hello || outdated {
            let introduction = self.extension_fields(key, true).into();
            self.extensions.push((key.to_owned(), introduction));
        }
        self.elect_host();
    }

    /// Where Visavis clients have ids of their own, each has one key: the one that its last message came from. What was sent to
    /// an earlier key never arrived, unless a description had come from there: then its page was loaded again.
    fn follow_new_key(&mut self, key: &str, extension: &Extension<'_>) {
        let has_id = |peer: &&mut RemotePeer| {
            peer.visavis.as_ref().is_some_and(|visavis| visavis.id == extension.from)
        };
        let Some(peer) = self.peers.iter_mut().filter(|peer| peer.key != key).find(has_id) else { return };
        let (before, anew) = (peer.key.clone(), peer.has_described() && extension.hello);
        self.remove(if anew { &before } else { key });
        if let Some(peer) = self.peer(&before) {
            peer.on_disconnected();
            key.clone_into(&mut peer.key);
        }
    }

    fn update_client(
        &mut self,
        key: &str,
        extension: &Extension<'_>,
        before: Option<MediaState>,
        visavis: VisavisClient,
    ) {
        let Some(peer) = self.peer(key) else { return };
        let media = visavis.media;
        peer.visavis = Some(visavis);
        peer.expect_answer();
        if peer.name.is_empty() {
            peer.name = text::clean(extension.name, MAX_NAME_CHARS);
        }
        let info = peer.info(Offerer::Them);
        if before.is_some() && extension.hello {
            self.signals.push(Inbound::Roster(RosterSignal::Joined(info)));
        } else if before != Some(media) {
            self.signals.push(Inbound::Roster(RosterSignal::Resumed(info)));
        }
    }

    fn visavis(&mut self, key: &str) -> Option<&mut VisavisClient> {
        self.peer(key)?.visavis.as_mut()
    }

    /// Whether that is a Visavis client.
    pub(crate) fn is_visavis(&self, key: &str) -> bool {
        self.peers.iter().any(|peer| peer.key == key && peer.visavis.is_some())
    }

    /// Where a server relays everything, one Visavis client calls those without `x`: whoever does so already, or else the one
    /// whose id sorts lowest.
    pub(super) fn elect_host(&mut self) {
        if !self.profile.no_roster || !self.joined || self.local.listens_until.is_some() {
            return;
        }
        let (id, is_host) = (&self.local.id, self.local.is_host);
        let before_us = |visavis: &VisavisClient| {
            if visavis.is_host == is_host { visavis.id < *id } else { visavis.is_host }
        };
        self.local.is_host = !self.peers.iter().filter_map(|peer| peer.visavis.as_ref()).any(before_us);
        if self.local.is_host {
            self.participant_joined(OTHER, Offerer::Unknown);
        } else {
            self.remove(OTHER);
        }
        if self.local.is_host != is_host {
            self.announce(false);
        }
    }

    /// The `x` beside a description (`introduces`) or a candidate for a client that is not known to be Visavis. Where Visavis
    /// clients send a hello first it has no epoch: then what is beside it is not for them.
    pub(crate) fn extension_beside(&self, to: &str, introduces: bool) -> Json {
        if self.profile.says_hello {
            self.extension_fields(to, introduces).into()
        } else {
            self.extension_inside(to, introduces)
        }
    }

    /// The `x` that a description or candidate is put into: the epoch is always there.
    pub(super) fn extension_inside(&self, to: &str, introduces: bool) -> Json {
        let epoch = self.peers.iter().find(|peer| peer.key == to).map_or(0, RemotePeer::epoch);
        Json::from(self.extension_fields(to, introduces)).with("generation", Json::number(epoch))
    }

    /// Sender, addressee and room; with our name and media if it `introduces` us.
    fn extension_fields(&self, to: &str, introduces: bool) -> Fields {
        let mut fields = Fields::of_texts(&[("from", &self.local.id)]);
        if self.profile.no_roster && self.is_visavis(to) {
            fields.text("to", to);
        }
        if self.profile.mixes_rooms {
            fields.text("room", &self.local.room);
        }
        if introduces {
            fields.text("name", &self.local.name);
            fields.put("media", self.local.media);
            if self.local.is_host {
                fields.bool("host", true);
            }
        }
        fields
    }
}

/// An empty candidate, which every client takes for the end of candidates.
pub(crate) fn no_candidate() -> Json {
    Json::from(Fields::of_texts(&[("candidate", "")])).with("sdpMLineIndex", Json::number(0))
}
