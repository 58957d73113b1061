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
use super::context::Context;
use super::peer::RemotePeer;
use crate::json::{Fields, Json};
use crate::limits::{MAX_NAME_CHARS, MAX_X_ID_BYTES, MAX_X_TEXT_BYTES, MIN_X_ID_BYTES};
use crate::normalize;
use crate::signal::{Inbound, MediaState, Offerer, RosterSignal};
use crate::text;
use crate::time::Timestamp;

/// How long a newcomer waits for others of ours before it calls whoever shows no `x`: one of ours may be in a call with
/// them, and a second offer would end it. So this is longer than a question and its answer take over a slow network.
const LISTEN_BEFORE_CALLING: Duration = Duration::from_millis(800);

/// One of ours, as they told.
#[derive(Debug)]
pub(super) struct VisavisClient {
    pub(super) id: String,
    pub(super) media: MediaState,
    /// Whether it is they who speak with those who show no `x`.
    hosts: bool,
    /// The generation of what they say next.
    pub(super) epoch: Option<u32>,
}

/// What we tell of ourselves.
#[derive(Debug, Default)]
pub(super) struct LocalInfo {
    pub(super) id: String,
    pub(super) room: String,
    pub(super) name: String,
    pub(super) media: MediaState,
    pub(super) hosts: bool,
    pub(super) listens_until: Option<Timestamp>,
}

/// What an `x` says. A text that is not there is empty.
struct Extension<'a> {
    from: &'a str,
    to: &'a str,
    room: &'a str,
    name: &'a str,
    /// Whoever tells this introduces themselves.
    media: Option<MediaState>,
    epoch: Option<u32>,
    hello: bool,
    hosts: bool,
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
        from: word(x, "from")?,
        to: word(x, "to")?,
        room: word(x, "room")?,
        name: word(x, "name")?,
        media,
        epoch,
        hello: x.flag("hello")?,
        hosts: x.flag("host")?,
        bye: x.flag("bye")?,
    };
    let plain = extension.from.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (plain && (MIN_X_ID_BYTES..=MAX_X_ID_BYTES).contains(&extension.from.len())).then_some(extension)
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
    pub(super) fn set_local_info(&mut self, room: &str, name: &str, media: MediaState) {
        room.clone_into(&mut self.local.room);
        name.clone_into(&mut self.local.name);
        self.local.media = media;
    }

    /// What we send has changed.
    pub(super) fn media_changed(&mut self, media: MediaState) {
        self.local.media = media;
        // Only the answer shows whether they are one of ours, and wants to know.
        for peer in self.peers.iter_mut().filter(|peer| peer.visavis.is_none()) {
            peer.knows_old_media |= peer.awaits_answer();
        }
        self.announce(false);
    }

    /// An `x` that says hello to whoever is there, or to one of them; those of ours answer with theirs. Where a server
    /// repeats everything, whoever does not answer is called a little later.
    pub(crate) fn hello(&mut self, to: &str) -> Json {
        if self.profile.no_roster {
            self.local.listens_until = Some(self.now + LISTEN_BEFORE_CALLING);
        }
        Json::from(self.extension_fields(to, true)).with("hello", Json::Bool(true))
    }

    /// Tells all of ours how we are, or goodbye. Where the server repeats everything, once is enough.
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

    /// Somebody speaks, and shows this. False if that was all, or is not for us.
    pub(crate) fn on_extension(&mut self, key: &str, x: &Json) -> bool {
        let Some(extension) = read(x) else { return self.on_no_extension(key) };
        let strange = self.profile.mixes_rooms && extension.room != self.local.room;
        let for_others = !extension.to.is_empty() && extension.to != self.local.id;
        if strange || for_others || extension.from == self.local.id {
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
            // What is none is as good as nothing: the rest of the message has been understood.
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
            || self.local.hosts
            || (self.local.listens_until.is_some() && !peers.any(|visavis| visavis.hosts))
    }

    /// One of ours introduces themselves, perhaps not for the first time. Whom the server has announced and who has not
    /// spoken yet may turn out to be one.
    fn on_introduction(&mut self, key: &str, extension: &Extension<'_>, media: MediaState) {
        let says_hello = self.profile.says_hello;
        if says_hello {
            self.follow_new_key(key, extension);
        }
        let outdated = self.peer(key).is_some_and(|peer| std::mem::take(&mut peer.knows_old_media));
        let before = self.peer(key).map(|peer| (peer.visavis.take(), peer.has_described()));
        let visavis =
            VisavisClient { id: extension.from.to_owned(), media, hosts: extension.hosts, epoch: None };
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
            let card = self.extension_fields(key, true).into();
            self.extensions.push((key.to_owned(), card));
        }
        self.elect_host();
    }

    /// Where ours go by ids of their own, one of them has only one key: the one that was heard last. What was said to
    /// another never arrived, if nothing of theirs has come from there; if something has, their page has come anew.
    fn follow_new_key(&mut self, key: &str, extension: &Extension<'_>) {
        let theirs = |peer: &&mut RemotePeer| {
            peer.visavis.as_ref().is_some_and(|visavis| visavis.id == extension.from)
        };
        let Some(peer) = self.peers.iter_mut().filter(|peer| peer.key != key).find(theirs) else { return };
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

    /// Whether that is one of ours.
    pub(crate) fn is_visavis(&self, key: &str) -> bool {
        self.peers.iter().any(|peer| peer.key == key && peer.visavis.is_some())
    }

    /// Where a server repeats everything: one of ours speaks with those who show no `x`, and here it turns out who. Who
    /// does so goes on; else it is the one whose id sorts lowest.
    pub(super) fn elect_host(&mut self) {
        if !self.profile.no_roster || !self.joined || self.local.listens_until.is_some() {
            return;
        }
        let (id, hosts) = (&self.local.id, self.local.hosts);
        let before_us =
            |visavis: &VisavisClient| if visavis.hosts == hosts { visavis.id < *id } else { visavis.hosts };
        self.local.hosts = !self.peers.iter().filter_map(|peer| peer.visavis.as_ref()).any(before_us);
        if self.local.hosts {
            self.participant_joined(OTHER, Offerer::Unknown);
        } else {
            self.remove(OTHER);
        }
        if self.local.hosts != hosts {
            self.announce(false);
        }
    }

    /// What stands beside a description (`whole`) or a candidate for somebody who is not known to be ours. Where ours say
    /// hello first, it says nothing of a generation: then what is beside it is not for ours.
    pub(crate) fn extension_beside(&self, to: &str, whole: bool) -> Json {
        if self.profile.says_hello {
            self.extension_fields(to, whole).into()
        } else {
            self.extension_inside(to, whole)
        }
    }

    /// The same for what goes inside: the generation is always told.
    pub(super) fn extension_inside(&self, to: &str, whole: bool) -> Json {
        let epoch = self.peers.iter().find(|peer| peer.key == to).map_or(0, RemotePeer::epoch);
        Json::from(self.extension_fields(to, whole)).with("generation", Json::number(epoch))
    }

    /// Who speaks, to whom and where; with how we are if it is to be `whole`.
    fn extension_fields(&self, to: &str, whole: bool) -> Fields {
        let mut mark = Fields::of_texts(&[("from", &self.local.id)]);
        if self.profile.no_roster && self.is_visavis(to) {
            mark.text("to", to);
        }
        if self.profile.mixes_rooms {
            mark.text("room", &self.local.room);
        }
        if whole {
            mark.text("name", &self.local.name);
            mark.put("media", self.local.media);
            if self.local.hosts {
                mark.bool("host", true);
            }
        }
        mark
    }
}

/// A candidate that says nothing: every client takes it for the end of candidates.
pub(crate) fn no_candidate() -> Json {
    Json::from(Fields::of_texts(&[("candidate", "")])).with("sdpMLineIndex", Json::number(0))
}
