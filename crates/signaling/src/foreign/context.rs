//! What a [`Protocol`](super::Protocol) works on: the participants it knows, and what is to be sent to the room and the server.

use super::extension::{LocalInfo, VisavisClient};
use super::peer::RemotePeer;
use super::{OTHER, Profile};
use crate::carrier::Message;
use crate::dialect::DialectOutput;
use crate::json::Json;
use crate::limits::{MAX_ERROR_CHARS, MAX_ID_BYTES, MAX_NAME_CHARS, MAX_PARTICIPANTS};
use crate::malformed::Malformed;
use crate::normalize::loose;
use crate::rejection::{RejectCode, Rejection};
use crate::signal::{
    IceCandidate, IceServers, Inbound, Joined, Offerer, ParticipantId, RosterSignal, SdpType, ServerSignal,
    SessionDescription,
};
use crate::text;
use crate::time::Timestamp;

/// How the room calls ourselves. It sorts before every id of others, so the room always gives way when offers cross: the
/// context has seen to it that only one side does.
const ME: &str = "!";

/// Something to be sent to one participant.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// An offer or answer.
    Description(String, SessionDescription),
    /// A candidate, or the end of candidates.
    Candidate(String, Option<IceCandidate>),
}

/// The participants a protocol knows, and what is to be sent to the room and to the server.
#[derive(Debug)]
pub(crate) struct Context {
    /// When the present input came; the origin of time before the first.
    pub(crate) now: Timestamp,
    pub(super) profile: Profile,
    pub(super) local: LocalInfo,
    pub(super) peers: Vec<RemotePeer>,
    /// How many have ever entered, so that nobody gets the id of an earlier participant.
    entered_count: u32,
    pub(super) joined: bool,
    pub(super) signals: Vec<Inbound>,
    messages: Vec<Message>,
    /// Extension messages to be sent, with the key of the addressee; an empty one is everybody.
    pub(super) extensions: Vec<(String, Json)>,
    timer: Option<Timestamp>,
    reconnect: Option<DialectOutput>,
    /// This socket is about to be replaced by one with another URL: what still comes belongs to who we were there.
    pub(super) url_changed: bool,
}

impl Context {
    pub(super) fn new(profile: Profile, id: String) -> Self {
        Self {
            now: Timestamp::default(),
            profile,
            local: LocalInfo { id, ..LocalInfo::default() },
            peers: Vec::new(),
            entered_count: 0,
            joined: false,
            signals: Vec::new(),
            messages: Vec::new(),
            extensions: Vec::new(),
            timer: None,
            reconnect: None,
            url_changed: false,
        }
    }

    /// Sends an event.
    pub(crate) fn emit(&mut self, event: &str, args: Vec<Json>) {
        self.messages.push(Message::event(event, args));
    }

    /// Sends a plain message.
    pub(crate) fn send(&mut self, value: impl Into<Json>) {
        self.messages.push(Message::plain(value));
    }

    /// Calls [`Protocol::on_timer`](super::Protocol::on_timer) at that moment, instead of any other.
    pub(crate) fn set_timer(&mut self, at: Option<Timestamp>) {
        self.timer = at;
    }

    /// Opens a new socket, because the old one is stuck.
    pub(crate) fn reconnect(&mut self) {
        self.reconnect = Some(DialectOutput::ServerSilent);
    }

    /// Opens a new socket, because the URL has changed.
    pub(crate) fn reconnect_at_new_url(&mut self) {
        self.reconnect = Some(DialectOutput::UrlChanged);
        self.url_changed = true;
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
        let keeps = self.profile.survives_reconnect;
        let is_kept = |peer: &RemotePeer| keeps && (peer.has_answered() || peer.visavis.is_some());
        let (kept, lost): (_, Vec<_>) = std::mem::take(&mut self.peers).into_iter().partition(is_kept);
        self.peers = kept;
        self.signals.push(Inbound::Server(ServerSignal::Joined(Joined {
            id: ParticipantId::from_trusted(ME.to_owned()),
            participants: self.peers.iter().map(|peer| peer.info(Offerer::Us)).collect(),
            ice_servers,
            capacity: (self.profile.capacity > 0).then_some(self.profile.capacity),
            room,
            given_offers: Vec::new(),
        })));
        self.signals.extend(lost.into_iter().map(|peer| Inbound::Roster(RosterSignal::Left(peer.id))));
    }

    /// Whether we are in the room.
    pub(crate) fn is_joined(&self) -> bool {
        self.joined
    }

    /// Whether somebody of that key is in the room (or presumed to be).
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.peers.iter().any(|peer| peer.key == key)
    }

    /// Whether their description is in force.
    pub(crate) fn has_described(&self, key: &str) -> bool {
        self.peers.iter().any(|peer| peer.key == key && peer.has_described())
    }

    /// Somebody comes where there is place for one: whoever was there is gone. Whether anybody was.
    pub(crate) fn replace_previous(&mut self, key: &str) -> bool {
        let now = self.now;
        let over = |peer: &RemotePeer| peer.key == key && peer.visavis.is_none() && peer.is_replaced(now);
        let found = self.peers.iter().any(over);
        if found {
            self.participant_left(key);
        }
        found
    }

    /// The keys of all others.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.peers.iter().map(|peer| peer.key.clone()).collect()
    }

    /// What the server calls somebody.
    pub(super) fn key_of(&self, id: &ParticipantId) -> Option<String> {
        self.peers.iter().find(|peer| peer.id == *id).map(|peer| peer.key.clone())
    }

    /// Somebody is in the room. Nothing is new if they are known.
    pub(crate) fn participant_joined(&mut self, key: &str, offerer: Offerer) {
        self.participant_joined_as(key, "", offerer);
    }

    /// Somebody is in the room, and this is what they are called.
    pub(crate) fn participant_joined_as(&mut self, key: &str, name: &str, offerer: Offerer) {
        self.add_peer(key, name, None, offerer);
    }

    /// Somebody was to offer, and has not: we do.
    pub(crate) fn offer_instead(&mut self, key: &str) {
        let silent = |peer: &&RemotePeer| peer.key == key && !peer.has_described() && !peer.awaits_answer();
        let turned = self.peers.iter().find(silent).map(|peer| peer.info(Offerer::Us));
        self.signals.extend(turned.map(|info| Inbound::Roster(RosterSignal::Joined(info))));
    }

    /// Calls somebody once who may be there. They are in the room as soon as they answer.
    pub(crate) fn participant_assumed(&mut self, key: &str) {
        self.participant_joined(key, Offerer::Unknown);
        if let Some(peer) = self.peer(key) {
            peer.expect_answer();
        }
    }

    /// Puts somebody in the room, unless they are there. Visavis clients that send a hello before anything else keep their id
    /// when they come back, and so the epochs go on.
    pub(super) fn add_peer(
        &mut self,
        key: &str,
        name: &str,
        visavis: Option<VisavisClient>,
        offerer: Offerer,
    ) {
        let fits = !key.is_empty() && key.len() <= MAX_ID_BYTES - 16 && self.peers.len() < MAX_PARTICIPANTS;
        if !self.joined || !fits || self.knows(key) {
            return;
        }
        let id = match &visavis {
            Some(visavis) if self.profile.says_hello => visavis.id.clone(),
            Some(_) | None => {
                self.entered_count = self.entered_count.wrapping_add(1);
                [key, "~", &self.entered_count.to_string()].concat()
            }
        };
        if self.peers.iter().any(|peer| peer.id.as_str() == id) {
            return;
        }
        let name = text::clean(name, MAX_NAME_CHARS);
        let mut peer = RemotePeer::new(key, name, ParticipantId::from_trusted(id), offerer);
        peer.visavis = visavis;
        self.signals.push(Inbound::Roster(RosterSignal::Joined(peer.info(offerer))));
        self.peers.push(peer);
    }

    pub(super) fn peer(&mut self, key: &str) -> Option<&mut RemotePeer> {
        self.peers.iter_mut().find(|peer| peer.key == key)
    }

    /// Somebody has left.
    pub(crate) fn participant_left(&mut self, key: &str) {
        self.remove(key);
        self.elect_host();
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Some(index) = self.peers.iter().position(|peer| peer.key == key) {
            let peer = self.peers.remove(index);
            self.signals.push(Inbound::Roster(RosterSignal::Left(peer.id)));
        }
    }

    /// Removes all participants who are not present, by their keys.
    pub(crate) fn retain_participants(&mut self, is_present: impl Fn(&str) -> bool) {
        self.keys().iter().filter(|key| !is_present(key)).for_each(|key| self.participant_left(key));
    }

    /// A description of somebody, in whatever shape. A participant that is not known is added. `known` is its type, if the
    /// message tells.
    ///
    /// # Errors
    /// If it is no description.
    pub(crate) fn on_description(
        &mut self,
        key: &str,
        value: &Json,
        known: Option<SdpType>,
    ) -> Result<(), Malformed> {
        self.on_description_as(key, "", value, known)
    }

    /// The same, of somebody who is called this.
    pub(crate) fn on_description_as(
        &mut self,
        key: &str,
        name: &str,
        value: &Json,
        known: Option<SdpType>,
    ) -> Result<(), Malformed> {
        let description = loose::description(value, known).ok_or(Malformed)?;
        let (now, listens_until) =
            (self.now, self.local.listens_until.filter(|_| key == OTHER && !self.local.is_host));
        if listens_until.is_some() && description.sdp_type == SdpType::Answer {
            return Ok(());
        }
        self.participant_joined_as(key, name, Offerer::Them);
        let Some(peer) = self.peers.iter_mut().find(|peer| peer.key == key) else { return Ok(()) };
        match listens_until {
            _ if peer.visavis.is_some() => {
                peer.on_visavis_description(&self.local.id, description, &mut self.signals);
            }
            Some(until) => peer.hold_offer(until, description),
            None => peer.on_remote_description(now, description, &mut self.signals),
        }
        Ok(())
    }

    /// A candidate of somebody, or the end of their candidates. Adds nobody: a late one of somebody who left is ignored.
    pub(crate) fn on_candidate(&mut self, key: &str, value: &Json) {
        let candidate = loose::candidate(value);
        if let Some(peer) = self.peers.iter_mut().find(|peer| peer.key == key) {
            peer.on_remote_candidate(candidate, &mut self.signals);
        }
    }

    /// The server refuses. `reason` is what the server says of it, or empty: the page quotes it.
    pub(crate) fn reject(&mut self, code: RejectCode, reason: &str, closes: bool) {
        let text = text::clean(reason, MAX_ERROR_CHARS);
        self.refuse(Rejection { code, text, closes });
    }

    /// Nobody has answered, and nobody is called any more.
    pub(crate) fn unanswered(&mut self) {
        self.signals.push(Inbound::Server(ServerSignal::Unanswered));
    }

    /// The server is there, and has nothing to tell.
    pub(super) fn confirm_reachable(&mut self) {
        self.signals.push(Inbound::Server(ServerSignal::IceServers(IceServers::default())));
    }

    pub(super) fn refuse(&mut self, rejection: Rejection) {
        if rejection.code.is_final() {
            self.forget_all();
        }
        self.signals.push(Inbound::Server(ServerSignal::Rejected(rejection)));
    }

    /// The room is over, and everybody with it.
    pub(super) fn forget_all(&mut self) {
        self.peers.clear();
        self.joined = false;
        self.timer = None;
        self.local.is_host = false;
        self.local.listens_until = None;
    }

    /// The connection to the server is lost.
    pub(super) fn on_disconnected(&mut self) {
        self.joined = false;
        self.timer = None;
        self.reconnect = None;
        self.url_changed = false;
        self.signals.clear();
        self.messages.clear();
        self.extensions.clear();
        self.local.listens_until = None;
        self.peers.iter_mut().for_each(RemotePeer::on_disconnected);
    }

    pub(super) fn on_local_description(
        &mut self,
        to: &ParticipantId,
        epoch: u32,
        description: SessionDescription,
    ) -> Option<Outgoing> {
        let (now, candidates_in_description) = (self.now, self.profile.candidates_in_description);
        let peer = self.peers.iter_mut().find(|peer| peer.id == *to)?;
        let candidates_in_description = candidates_in_description && peer.visavis.is_none();
        peer.on_local_description(now, epoch, description, candidates_in_description)
    }

    pub(super) fn on_local_candidate(
        &mut self,
        to: &ParticipantId,
        candidate: Option<IceCandidate>,
    ) -> Option<Outgoing> {
        let peer = self.peers.iter_mut().find(|peer| peer.id == *to)?;
        peer.on_local_candidate(self.now, candidate)
    }

    /// What is to be sent because time has passed. Who is silent for too long has left.
    pub(super) fn take_outgoing(&mut self) -> Vec<Outgoing> {
        let (now, announces_leave) = (self.now, self.profile.announces_leave);
        let mut outgoing = Vec::new();
        if self.local.listens_until.take_if(|until| *until <= now).is_some() {
            self.elect_host();
        }
        for peer in &mut self.peers {
            outgoing.extend(peer.on_timeout(now, &mut self.signals));
        }
        let gone = |peer: &RemotePeer| !announces_leave && peer.given_up_at().is_some_and(|at| at <= now);
        while let Some(peer) = self.peers.iter().find(|peer| gone(peer)) {
            let key = peer.key.clone();
            self.participant_left(&key);
        }
        outgoing
    }

    pub(super) fn take_timer(&mut self) -> bool {
        self.timer.take_if(|at| *at <= self.now).is_some()
    }

    pub(super) fn take_messages(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.messages)
    }

    pub(super) fn next_extension(&mut self) -> Option<(String, Json)> {
        (!self.extensions.is_empty()).then(|| self.extensions.remove(0))
    }

    pub(super) fn take_signals(&mut self) -> Vec<Inbound> {
        std::mem::take(&mut self.signals)
    }

    pub(super) fn take_reconnect(&mut self) -> Option<DialectOutput> {
        self.reconnect.take()
    }

    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let silent =
            self.peers.iter().filter(|_| !self.profile.announces_leave).filter_map(RemotePeer::given_up_at);
        let outgoing = self.peers.iter().filter_map(RemotePeer::poll_timeout);
        outgoing.chain(silent).chain(self.timer).chain(self.local.listens_until).min()
    }
}
