//! One other participant: which connection of the pair is in force, and what waits for its time.
//!
//! Three things are known of everybody, and change on their own:
//!
//! - how sure it is that they are there ([`Presence`]): it only ever grows;
//! - which offer waits for what ([`SignalingState`], where the table of its states is);
//! - which of their sessions is in force, and which is over ([`RemoteSession`]).
//!
//! | presence | how it begins | our offer without an answer |
//! | - | - | - |
//! | `Assumed` | nobody says who is there | is repeated, and is nobody's fault |
//! | `Announced` | the server, or they themselves | after 30 s they are gone, unless the server says who leaves |
//! | `Answered` | they have offered, or answered | the same after 10 s |

use std::time::Duration;

use super::candidates::with_candidates;
use super::context::Outgoing;
use super::description::{DescriptionInfo, RemoteSession, session};
use super::extension::VisavisClient;
use super::signaling_state::SignalingState;
use crate::limits::MAX_EARLY_CANDIDATES;
use crate::signal::{
    IceCandidate, Inbound, Offerer, ParticipantId, ParticipantInfo, SdpType, ServerSignal, SessionDescription,
};
use crate::time::Timestamp;

/// How long a crossing offer waits for an answer to ours: the one whose session sorts lower gives way soon, the other
/// when the first must have spoken. A naive client that saw our offer answers within this time, one that never saw it
/// gets our answer after it, and two Visavis clients never do both. Too short is worse than too long: if both give way, both
/// answers are in vain, and the call begins only when a timeout ends one of them.
const HOLD_CROSSING_OFFER: [Duration; 2] = [Duration::from_millis(3000), Duration::from_millis(1200)];
/// An offer of ours as old as this was not received by somebody who offers only now.
const UNRECEIVED_OFFER_AGE: Duration = Duration::from_secs(3);
/// Whoever is announced when an offer of ours is as old as this is not the one whom it was for; before, it may be the
/// same word twice.
const STALE_OFFER_AGE: Duration = Duration::from_secs(1);
/// How long to wait for candidates that travel inside a description.
const GATHERING_TIMEOUT: Duration = Duration::from_millis(2500);
/// When a broadcast offer is repeated: after this long, then after twice as long, and so on...
const REPEAT_OFFER: Duration = Duration::from_secs(5);
/// ...this often. Some clients ring for each of them.
const MAX_REPEATS: u32 = 3;
/// Who has answered before and does not answer for this long is gone.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Who has never answered may be a person who has not decided yet.
const FIRST_ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// One other participant.
#[derive(Debug)]
pub(super) struct RemotePeer {
    /// How the server calls them.
    pub(super) key: String,
    /// What they are called; empty where the server has no names.
    pub(super) name: String,
    /// How the room calls them.
    pub(super) id: ParticipantId,
    /// What is known of them if they are a Visavis client.
    pub(super) visavis: Option<VisavisClient>,
    /// Our media state has changed since our offer, which is all that they have received.
    pub(super) has_outdated_media: bool,
    /// Which connection of the pair is in force.
    epoch: u32,
    presence: Presence,
    state: SignalingState,
    remote: RemoteSession,
    /// Candidates of theirs that belong to a description that has not come.
    early_candidates: Vec<IceCandidate>,
    /// Our last description. Candidates of others are not sent, and its echo is ignored.
    local: DescriptionInfo,
    /// The same, while it waits for its candidates.
    gathering: Option<GatheringDescription>,
}

/// How sure it is that somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// Nothing has come from them; if they are there, they receive our offer.
    Assumed,
    /// They are in the room.
    Announced,
    /// They have answered an offer of ours, or made one.
    Answered,
}

/// A description that waits for its candidates.
#[derive(Debug)]
struct GatheringDescription {
    due: Timestamp,
    description: SessionDescription,
    candidates: Vec<IceCandidate>,
}

impl RemotePeer {
    pub(super) fn new(key: &str, name: String, id: ParticipantId, offerer: Offerer) -> Self {
        let presence = if offerer == Offerer::Unknown { Presence::Assumed } else { Presence::Announced };
        Self {
            key: key.to_owned(),
            name,
            id,
            visavis: None,
            has_outdated_media: false,
            epoch: 0,
            presence,
            state: SignalingState::default(),
            remote: RemoteSession::default(),
            early_candidates: Vec::new(),
            local: DescriptionInfo::default(),
            gathering: None,
        }
    }

    /// Who they are, for the room.
    pub(super) fn info(&self, offerer: Offerer) -> ParticipantInfo {
        let media = self.visavis.as_ref().map(|client| client.media);
        ParticipantInfo { id: self.id.clone(), name: self.name.clone(), media, offerer, session: None }
    }

    /// Whether they have ever answered an offer of ours, or made one.
    pub(super) fn has_answered(&self) -> bool {
        self.presence == Presence::Answered
    }

    /// From now on they are gone if they do not answer, also if they were only assumed to be there.
    pub(super) fn expect_answer(&mut self) {
        if self.presence == Presence::Assumed {
            self.presence = Presence::Announced;
        }
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Whether their description is in force in this connection.
    pub(super) fn has_described(&self) -> bool {
        self.remote.current.is_some()
    }

    /// Whether an offer of ours waits for its answer.
    pub(super) fn awaits_answer(&self) -> bool {
        self.state.local_offer().is_some()
    }

    /// Whether whoever is announced now is somebody else.
    pub(super) fn is_replaced(&self, now: Timestamp) -> bool {
        self.has_described()
            || self.state.local_offer().is_some_and(|local| local.first + STALE_OFFER_AGE <= now)
    }

    /// A description of the room. Gives what is to be sent, unless that waits for its candidates.
    pub(super) fn on_local_description(
        &mut self,
        now: Timestamp,
        epoch: u32,
        description: SessionDescription,
        candidates_in_description: bool,
    ) -> Option<Outgoing> {
        if epoch != self.epoch {
            self.epoch = epoch;
            self.remote.replace();
            self.state.on_new_connection();
        }
        match (description.sdp_type, &self.state) {
            (SdpType::Offer, SignalingState::HaveRemoteOffer) => return None,
            (SdpType::Offer, _) => self.state.on_local_offer(now, description.clone()),
            (SdpType::Answer, _) => self.state.on_local_answer(),
        }
        self.local = DescriptionInfo::new(&description);
        self.gathering = None;
        if !candidates_in_description {
            return Some(self.outgoing(description));
        }
        self.gathering =
            Some(GatheringDescription { due: now + GATHERING_TIMEOUT, description, candidates: Vec::new() });
        None
    }

    /// The room has a candidate, or no more of them. Gives what is to be sent: the candidate by itself, or the description that
    /// has waited for all of them.
    pub(super) fn on_local_candidate(
        &mut self,
        now: Timestamp,
        candidate: Option<IceCandidate>,
    ) -> Option<Outgoing> {
        let ufrag = candidate.as_ref().and_then(IceCandidate::ufrag);
        if ufrag.is_some_and(|ufrag| !self.local.has(ufrag)) {
            return None;
        }
        if let (Some(local), Some(candidate)) = (self.state.local_offer_mut(), &candidate) {
            push_bounded(&mut local.candidates, candidate.clone());
        }
        match (&mut self.gathering, candidate) {
            (None, candidate) => Some(Outgoing::Candidate(self.key.clone(), candidate)),
            (Some(gathering), Some(candidate)) => {
                push_bounded(&mut gathering.candidates, candidate);
                None
            }
            (Some(_), None) => self.complete_gathering(now),
        }
    }

    fn complete_gathering(&mut self, now: Timestamp) -> Option<Outgoing> {
        let gathering = self.gathering.take()?;
        if let Some(local) = self.state.local_offer_mut() {
            local.last = now;
        }
        Some(self.outgoing(with_candidates(&gathering.description, &gathering.candidates)))
    }

    fn outgoing(&self, description: SessionDescription) -> Outgoing {
        Outgoing::Description(self.key.clone(), description)
    }

    /// A description of theirs.
    pub(super) fn on_remote_description(
        &mut self,
        now: Timestamp,
        description: SessionDescription,
        out: &mut Vec<Inbound>,
    ) {
        let session = session(&description.sdp);
        match (description.sdp_type, self.state.local_offer()) {
            // Some servers repeat to the sender too.
            _ if !session.is_empty() && session == self.local.session => {}
            // Nobody asked: a second responder, or a duplicate.
            (SdpType::Answer, None) => {}
            (SdpType::Answer, Some(_)) => self.accept(description, out),
            (SdpType::Offer, _) if self.remote.outdated.as_ref() == Some(&session) => {}
            (SdpType::Offer, Some(local)) if now < local.last + UNRECEIVED_OFFER_AGE => {
                let polite = self.local.session < session;
                self.hold_offer(now + HOLD_CROSSING_OFFER[usize::from(polite)], description);
            }
            (SdpType::Offer, _) => self.accept_offer(description, out),
        }
    }

    /// A description of a Visavis client: its epoch is known, and who yields when offers cross (whoever sorts lower). The room
    /// always yields, so an offer that it should ignore is dropped here.
    pub(super) fn on_visavis_description(
        &mut self,
        local: &str,
        description: SessionDescription,
        out: &mut Vec<Inbound>,
    ) {
        let Some(VisavisClient { id, epoch: Some(epoch), .. }) = &self.visavis else { return };
        let (epoch, yields) = (*epoch, local < id.as_str());
        let crosses = self.awaits_answer() && epoch == self.epoch;
        match description.sdp_type {
            SdpType::Offer if crosses && !yields => return,
            SdpType::Answer if !crosses => return,
            SdpType::Offer | SdpType::Answer => {}
        }
        if epoch >= self.epoch {
            self.epoch = epoch;
            self.gathering = None;
            self.set_signaling_state(description.sdp_type);
        }
        if self.presence == Presence::Announced {
            self.presence = Presence::Answered;
        }
        self.remote.accept(&description);
        out.push(Inbound::description(self.id.clone(), epoch, description));
    }

    /// Keeps their offer until it is clear whether it is for us.
    pub(super) fn hold_offer(&mut self, until: Timestamp, offer: SessionDescription) {
        self.state.hold(until, offer);
    }

    fn accept_offer(&mut self, description: SessionDescription, out: &mut Vec<Inbound>) {
        let session = session(&description.sdp);
        if self.remote.current.as_ref().is_some_and(|current| current.session != session) {
            self.epoch = self.epoch.saturating_add(1);
            self.remote.replace();
        }
        self.gathering = None;
        self.accept(description, out);
    }

    /// A description of theirs goes to the room: whatever has waited for it is over.
    fn set_signaling_state(&mut self, sdp_type: SdpType) {
        self.state = match sdp_type {
            SdpType::Offer => SignalingState::HaveRemoteOffer,
            SdpType::Answer => SignalingState::Stable,
        };
    }

    fn accept(&mut self, description: SessionDescription, out: &mut Vec<Inbound>) {
        self.remote.accept(&description);
        self.presence = Presence::Answered;
        self.set_signaling_state(description.sdp_type);
        let (from, epoch) = (self.id.clone(), self.epoch);
        out.push(Inbound::description(from, epoch, description));
        for candidate in std::mem::take(&mut self.early_candidates) {
            self.on_remote_candidate(Some(candidate), out);
        }
    }

    /// They have a candidate. It waits if it belongs to a description that has not come.
    pub(super) fn on_remote_candidate(&mut self, candidate: Option<IceCandidate>, out: &mut Vec<Inbound>) {
        if let Some(visavis) = &self.visavis {
            let epoch = visavis.epoch.unwrap_or(self.epoch);
            return out.push(Inbound::candidate(self.id.clone(), epoch, candidate));
        }
        let Some(remote) = &self.remote.current else { return self.buffer_candidate(candidate) };
        let ufrag = candidate.as_ref().and_then(IceCandidate::ufrag);
        let known = match ufrag {
            Some(ufrag) if self.local.has(ufrag) => return,
            Some(ufrag) => remote.has(ufrag),
            None => self.state.held_offer().is_none(),
        };
        if known {
            out.push(Inbound::candidate(self.id.clone(), self.epoch, candidate));
        } else {
            self.buffer_candidate(candidate);
        }
    }

    fn buffer_candidate(&mut self, candidate: Option<IceCandidate>) {
        if let Some(candidate) = candidate {
            push_bounded(&mut self.early_candidates, candidate);
        }
    }

    /// The connection to the server is lost, and whatever was on its way.
    pub(super) fn on_disconnected(&mut self) {
        self.state = SignalingState::Stable;
        self.gathering = None;
        self.early_candidates.clear();
    }

    /// What is due: a held offer goes to the room, a description or a repeated offer is sent.
    pub(super) fn on_timeout(&mut self, now: Timestamp, out: &mut Vec<Inbound>) -> Option<Outgoing> {
        if let Some(offer) = self.state.take_due_offer(now) {
            self.accept_offer(offer, out);
        }
        if self.gathering.as_ref().is_some_and(|gathering| gathering.due <= now) {
            return self.complete_gathering(now);
        }
        if self.repeats_at().is_none_or(|at| at > now) {
            return None;
        }
        let local = self.state.local_offer_mut()?;
        local.last = now;
        local.repeats += 1;
        if local.repeats > MAX_REPEATS {
            out.push(Inbound::Server(ServerSignal::Unanswered));
            return None;
        }
        let description = with_candidates(&local.description, &local.candidates);
        Some(self.outgoing(description))
    }

    /// When our offer is sent again. Never while theirs is held: then somebody is there.
    fn repeats_at(&self) -> Option<Timestamp> {
        let SignalingState::HaveLocalOffer(local) = &self.state else { return None };
        let goes_on = self.presence == Presence::Assumed && local.repeats <= MAX_REPEATS;
        goes_on.then(|| local.last + REPEAT_OFFER * 2_u32.pow(local.repeats))
    }

    /// When they count as gone, unless they answer.
    pub(super) fn given_up_at(&self) -> Option<Timestamp> {
        let timeout = match self.presence {
            Presence::Assumed => return None,
            Presence::Announced => FIRST_ANSWER_TIMEOUT,
            Presence::Answered => ANSWER_TIMEOUT,
        };
        Some(self.state.local_offer()?.first + timeout)
    }

    /// When [`RemotePeer::on_timeout`] is due.
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let held = self.state.held_offer().map(|held| held.until);
        let gathering = self.gathering.as_ref().map(|gathering| gathering.due);
        held.into_iter().chain(gathering).chain(self.repeats_at()).min()
    }
}

fn push_bounded(candidates: &mut Vec<IceCandidate>, candidate: IceCandidate) {
    if candidates.len() < MAX_EARLY_CANDIDATES {
        candidates.push(candidate);
    }
}
