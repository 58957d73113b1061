//! One other participant: which connection of the pair is in force, and what waits for its time.

use std::time::Duration;

use super::candidates::with_candidates;
use super::description::{DescriptionInfo, session};
use super::extension::VisavisClient;
use crate::limits::MAX_EARLY_CANDIDATES;
use crate::signal::{
    IceCandidate, Inbound, Offerer, ParticipantId, ParticipantInfo, SdpType, ServerSignal, SessionDescription,
};
use crate::time::Timestamp;

/// How long a crossing offer waits for an answer to ours: the one whose session sorts lower gives way soon, the other
/// when the first must have spoken. A naive client that saw our offer answers within this time, one that never saw it
/// gets our answer after it, and two of ours never do both. Too short is worse than too long: if both give way, both
/// answers are in vain, and the call begins only when somebody loses patience.
const HOLD_CROSSING_OFFER: [Duration; 2] = [Duration::from_millis(3000), Duration::from_millis(1200)];
/// An offer of ours as old as this was not heard by somebody who offers only now.
const UNHEARD_OFFER: Duration = Duration::from_secs(3);
/// Whoever is announced when an offer of ours is as old as this is not the one whom it was for; before, it may be the
/// same word twice.
const STALE_OFFER: Duration = Duration::from_secs(1);
/// How long to wait for candidates that travel inside a description.
const GATHERING_TIMEOUT: Duration = Duration::from_millis(2500);
/// When an offer into the silence is repeated: after this long, then after twice as long, and so on...
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
    /// Whether they are a guess: nobody has been heard.
    pub(super) unconfirmed: bool,
    /// What is known of them if they are one of ours.
    pub(super) visavis: Option<VisavisClient>,
    /// Which connection of the pair is in force.
    epoch: u32,
    pending_offer: Option<PendingOffer>,
    remote: Option<DescriptionInfo>,
    /// The session of theirs that a newer connection replaced.
    outdated_session: Option<String>,
    held: Option<(Timestamp, SessionDescription)>,
    early_candidates: Vec<IceCandidate>,
    gathering: Option<GatheringDescription>,
    /// Whether an offer of ours was ever answered, or theirs heard.
    answered: bool,
    /// Whether the room has heard an offer that it has not answered. If it made one too in that moment, it will give way:
    /// ours is not said.
    owes_answer: bool,
    /// What we said last. Candidates of anything else are not said, and its echo is not heard.
    local: DescriptionInfo,
}

/// An offer of ours that waits for its answer.
#[derive(Debug)]
struct PendingOffer {
    first: Timestamp,
    last: Timestamp,
    description: SessionDescription,
    /// For when it is repeated.
    candidates: Vec<IceCandidate>,
    /// How often it was.
    repeats: u32,
}

/// A description that waits for its candidates.
#[derive(Debug)]
struct GatheringDescription {
    due: Timestamp,
    description: SessionDescription,
    candidates: Vec<IceCandidate>,
}

impl RemotePeer {
    pub(super) fn new(key: &str, name: String, id: ParticipantId, unconfirmed: bool) -> Self {
        Self {
            key: key.to_owned(),
            name,
            id,
            unconfirmed,
            visavis: None,
            epoch: 0,
            pending_offer: None,
            remote: None,
            outdated_session: None,
            held: None,
            early_candidates: Vec::new(),
            gathering: None,
            answered: false,
            owes_answer: false,
            local: DescriptionInfo::default(),
        }
    }

    /// Who they are, for the room.
    pub(super) fn info(&self, offerer: Offerer) -> ParticipantInfo {
        let media = self.visavis.as_ref().map(|client| client.media);
        ParticipantInfo { id: self.id.clone(), name: self.name.clone(), media, offerer, session: None }
    }

    pub(super) fn has_answered(&self) -> bool {
        self.answered
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Whether their description is in force in this connection.
    pub(super) fn has_described(&self) -> bool {
        self.remote.is_some()
    }

    /// Whether an offer of ours waits for its answer.
    pub(super) fn awaits_answer(&self) -> bool {
        self.pending_offer.is_some()
    }

    /// Whether whoever is announced now is somebody else.
    pub(super) fn is_replaced(&self, now: Timestamp) -> bool {
        self.has_described()
            || self
                .pending_offer
                .as_ref()
                .is_some_and(|pending_offer| pending_offer.first + STALE_OFFER <= now)
    }

    /// The room describes itself. The description, unless it waits for its candidates.
    pub(super) fn on_local_description(
        &mut self,
        now: Timestamp,
        epoch: u32,
        description: SessionDescription,
        candidates_in_description: bool,
    ) -> Option<SessionDescription> {
        if epoch != self.epoch {
            self.epoch = epoch;
            self.outdated_session = self.remote.take().and_then(DescriptionInfo::into_session);
            self.owes_answer = false;
        }
        if self.owes_answer && description.sdp_type == SdpType::Offer {
            return None;
        }
        self.owes_answer = false;
        self.local = DescriptionInfo::new(&description);
        if description.sdp_type == SdpType::Offer {
            let before =
                self.pending_offer.as_ref().map(|pending_offer| (pending_offer.first, pending_offer.repeats));
            let ((first, repeats), description) = (before.unwrap_or((now, 0)), description.clone());
            self.pending_offer =
                Some(PendingOffer { first, last: now, description, candidates: Vec::new(), repeats });
        } else {
            self.pending_offer = None;
        }
        self.gathering = None;
        if !candidates_in_description {
            return Some(description);
        }
        self.gathering =
            Some(GatheringDescription { due: now + GATHERING_TIMEOUT, description, candidates: Vec::new() });
        None
    }

    /// The room has a candidate, or no more of them. A description if this completes one, else whether the candidate is
    /// to be said by itself.
    pub(super) fn on_local_candidate(
        &mut self,
        now: Timestamp,
        candidate: Option<&IceCandidate>,
    ) -> Result<SessionDescription, bool> {
        let ufrag = candidate.and_then(IceCandidate::ufrag);
        if ufrag.is_some_and(|ufrag| !self.local.has(ufrag)) {
            return Err(false);
        }
        if let (Some(pending_offer), Some(candidate)) = (&mut self.pending_offer, candidate)
            && pending_offer.candidates.len() < MAX_EARLY_CANDIDATES
        {
            pending_offer.candidates.push(candidate.clone());
        }
        let Some(gathering) = &mut self.gathering else { return Err(true) };
        match candidate {
            Some(candidate) if gathering.candidates.len() < MAX_EARLY_CANDIDATES => {
                gathering.candidates.push(candidate.clone());
                Err(false)
            }
            Some(_) => Err(false),
            None => self.complete_gathering(now).ok_or(false),
        }
    }

    fn complete_gathering(&mut self, now: Timestamp) -> Option<SessionDescription> {
        let gathering = self.gathering.take()?;
        if let Some(pending_offer) = &mut self.pending_offer {
            pending_offer.last = now;
        }
        Some(with_candidates(&gathering.description, &gathering.candidates))
    }

    /// They described themselves.
    pub(super) fn on_remote_description(
        &mut self,
        now: Timestamp,
        description: SessionDescription,
        out: &mut Vec<Inbound>,
    ) {
        let session = session(&description.sdp);
        match (description.sdp_type, &self.pending_offer) {
            // Some servers repeat to the sender too.
            _ if !session.is_empty() && session == self.local.session => {}
            // Nobody asked: a second responder, or a duplicate.
            (SdpType::Answer, None) => {}
            (SdpType::Answer, Some(_)) => {
                self.pending_offer = None;
                self.held = None;
                self.accept(description, out);
            }
            (SdpType::Offer, _) if self.outdated_session.as_ref() == Some(&session) => {}
            (SdpType::Offer, Some(pending_offer)) if now < pending_offer.last + UNHEARD_OFFER => {
                let polite = self.local.session < session;
                self.held = Some((now + HOLD_CROSSING_OFFER[usize::from(polite)], description));
            }
            (SdpType::Offer, _) => self.accept_offer(description, out),
        }
    }

    /// One of ours described themselves: it is known to which generation that belongs, and who yields when offers cross
    /// (who sorts lower). The room yields to all it hears, so the others must not.
    pub(super) fn on_visavis_description(
        &mut self,
        local: &str,
        description: SessionDescription,
        out: &mut Vec<Inbound>,
    ) {
        let Some(VisavisClient { id, epoch: Some(epoch), .. }) = &self.visavis else { return };
        let (epoch, yields) = (*epoch, local < id.as_str());
        let crosses = self.pending_offer.is_some() && epoch == self.epoch;
        match description.sdp_type {
            SdpType::Offer if crosses && !yields => return,
            SdpType::Answer if !crosses => return,
            SdpType::Offer | SdpType::Answer => {}
        }
        if epoch >= self.epoch {
            self.epoch = epoch;
            (self.pending_offer, self.gathering) = (None, None);
            self.owes_answer = description.sdp_type == SdpType::Offer;
        }
        self.answered = true;
        self.remote = Some(DescriptionInfo::new(&description));
        out.push(Inbound::description(self.id.clone(), epoch, description));
    }

    /// Keeps their offer until it is clear whether it is for us.
    pub(super) fn hold_offer(&mut self, until: Timestamp, offer: SessionDescription) {
        self.held = Some((until, offer));
    }

    fn accept_offer(&mut self, description: SessionDescription, out: &mut Vec<Inbound>) {
        let session = session(&description.sdp);
        if let Some(before) = self.remote.take_if(|remote| remote.session != session) {
            self.epoch = self.epoch.saturating_add(1);
            self.outdated_session = before.into_session();
        }
        self.pending_offer = None;
        self.held = None;
        self.gathering = None;
        self.accept(description, out);
    }

    fn accept(&mut self, description: SessionDescription, out: &mut Vec<Inbound>) {
        let remote = DescriptionInfo::new(&description);
        // A client that has only one connection answers our new one with it.
        self.outdated_session.take_if(|outdated_session| *outdated_session == remote.session);
        self.remote = Some(remote);
        self.answered = true;
        self.unconfirmed = false;
        self.owes_answer = description.sdp_type == SdpType::Offer;
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
        let Some(remote) = &self.remote else { return self.buffer_candidate(candidate) };
        let ufrag = candidate.as_ref().and_then(IceCandidate::ufrag);
        let known = match ufrag {
            Some(ufrag) if self.local.has(ufrag) => return,
            Some(ufrag) => remote.has(ufrag),
            None => self.held.is_none(),
        };
        if known {
            out.push(Inbound::candidate(self.id.clone(), self.epoch, candidate));
        } else {
            self.buffer_candidate(candidate);
        }
    }

    fn buffer_candidate(&mut self, candidate: Option<IceCandidate>) {
        if let Some(candidate) = candidate
            && self.early_candidates.len() < MAX_EARLY_CANDIDATES
        {
            self.early_candidates.push(candidate);
        }
    }

    /// The connection to the server is lost, and whatever was on its way.
    pub(super) fn on_disconnected(&mut self) {
        self.pending_offer = None;
        self.held = None;
        self.gathering = None;
        self.early_candidates.clear();
        self.owes_answer = false;
    }

    /// What the passing of time brings: a held offer is heard, a description or a repeated offer is said.
    pub(super) fn on_timeout(
        &mut self,
        now: Timestamp,
        out: &mut Vec<Inbound>,
    ) -> Option<SessionDescription> {
        if let Some((_, offer)) = self.held.take_if(|(at, _)| *at <= now) {
            self.accept_offer(offer, out);
        }
        if self.gathering.as_ref().is_some_and(|gathering| gathering.due <= now) {
            return self.complete_gathering(now);
        }
        if self.repeats_at().is_none_or(|at| at > now) {
            return None;
        }
        let pending_offer = self.pending_offer.as_mut()?;
        pending_offer.last = now;
        pending_offer.repeats += 1;
        if pending_offer.repeats > MAX_REPEATS {
            out.push(Inbound::Server(ServerSignal::Unanswered));
            return None;
        }
        Some(with_candidates(&pending_offer.description, &pending_offer.candidates))
    }

    fn repeats_at(&self) -> Option<Timestamp> {
        let pending_offer =
            self.pending_offer.as_ref().filter(|_| self.unconfirmed && self.held.is_none())?;
        let goes_on = pending_offer.repeats <= MAX_REPEATS;
        goes_on.then(|| pending_offer.last + REPEAT_OFFER * 2_u32.pow(pending_offer.repeats))
    }

    /// When they count as gone, unless they answer.
    pub(super) fn given_up_at(&self) -> Option<Timestamp> {
        let patience = if self.answered { ANSWER_TIMEOUT } else { FIRST_ANSWER_TIMEOUT };
        self.pending_offer
            .as_ref()
            .filter(|_| !self.unconfirmed)
            .map(|pending_offer| pending_offer.first + patience)
    }

    /// When [`RemotePeer::on_timeout`] is due.
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let held = self.held.as_ref().map(|(at, _)| *at);
        let gathering = self.gathering.as_ref().map(|gathering| gathering.due);
        held.into_iter().chain(gathering).chain(self.repeats_at()).min()
    }
}
