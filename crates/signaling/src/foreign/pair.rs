//! One other participant: which connection of the pair is in force, and what waits for its time.

use std::time::Duration;

use super::bundle::bundle;
use super::piggyback::Peer;
use crate::limits::MAX_EARLY_CANDIDATES;
use crate::signal::{IceCandidate, Inbound, ParticipantId, SdpType, SessionDescription};
use crate::time::Timestamp;

/// How long a crossing offer waits for an answer to ours: the one whose session sorts lower gives way soon, the other
/// when the first must have spoken. A naive client that saw our offer answers within this time, one that never saw it
/// gets our answer after it, and two of ours never do both. Too short is worse than too long: if both give way, both
/// answers are in vain, and the call begins only when somebody loses patience.
const HOLD: [Duration; 2] = [Duration::from_millis(3000), Duration::from_millis(1200)];
/// An offer of ours as old as this was not heard by somebody who offers only now.
const UNHEARD: Duration = Duration::from_secs(3);
/// Whoever is announced when an offer of ours is as old as this is not the one whom it was for; before, it may be the
/// same word twice.
const STALE: Duration = Duration::from_secs(1);
/// How long to wait for candidates that travel inside a description.
const GATHERING: Duration = Duration::from_millis(2500);
/// When an offer into the silence is repeated: after this long, then after twice as long, and so on...
const REPEATS: Duration = Duration::from_secs(5);
/// ...this often. Some clients ring for each of them.
const MAX_REPEATS: u32 = 3;
/// Who has answered before and does not answer for this long is gone.
const SILENT: Duration = Duration::from_secs(10);
/// Who has never answered may be a person who has not decided yet.
const UNANSWERED: Duration = Duration::from_secs(30);

/// One other participant.
#[derive(Debug)]
pub(super) struct Pair {
    /// How the server calls them.
    pub(super) key: String,
    /// What they are called; empty where the server has no names.
    pub(super) name: String,
    /// How the room calls them.
    pub(super) id: ParticipantId,
    /// Whether they are a guess: nobody has been heard.
    pub(super) presumed: bool,
    /// What is known of them if they are one of ours.
    pub(super) peer: Option<Peer>,
    /// Which connection of the pair is in force.
    generation: u32,
    offered: Option<Offered>,
    theirs: Option<Described>,
    /// The session of theirs that a newer connection replaced.
    outdated: Option<String>,
    held: Option<(Timestamp, SessionDescription)>,
    early: Vec<IceCandidate>,
    draft: Option<Draft>,
    /// Whether an offer of ours was ever answered, or theirs heard.
    settled: bool,
    /// Whether the room has heard an offer that it has not answered. If it made one too in that moment, it will give way:
    /// ours is not said.
    owes_answer: bool,
    /// What we said last. Candidates of anything else are not said, and its echo is not heard.
    ours: Described,
}

/// An offer of ours that waits for its answer.
#[derive(Debug)]
struct Offered {
    first: Timestamp,
    last: Timestamp,
    description: SessionDescription,
    /// For when it is repeated.
    candidates: Vec<IceCandidate>,
    /// How often it was.
    repeats: u32,
}

/// What is to be known of a description.
#[derive(Debug, Default)]
struct Described {
    session: String,
    ufrags: Vec<String>,
}

impl Described {
    fn new(description: &SessionDescription) -> Self {
        let ufrags = description.ufrags().map(str::to_owned).collect();
        Self { session: session(&description.sdp), ufrags }
    }

    fn has(&self, ufrag: &str) -> bool {
        self.ufrags.iter().any(|known| known == ufrag)
    }

    fn named(self) -> Option<String> {
        (!self.session.is_empty()).then_some(self.session)
    }
}

/// A description that waits for its candidates.
#[derive(Debug)]
struct Draft {
    due: Timestamp,
    description: SessionDescription,
    candidates: Vec<IceCandidate>,
}

/// Which peer connection a description comes from: the numbers of its `o=` line, without the version that every new
/// description of the same connection counts up (RFC 8866 section 5.2).
pub(crate) fn session(sdp: &str) -> String {
    let origin = sdp.lines().find_map(|line| line.strip_prefix("o=")).unwrap_or_default();
    origin.split(' ').nth(1).unwrap_or_default().to_owned()
}

impl Pair {
    pub(super) fn new(key: &str, name: String, id: ParticipantId, presumed: bool) -> Self {
        Self {
            key: key.to_owned(),
            name,
            id,
            presumed,
            peer: None,
            generation: 0,
            offered: None,
            theirs: None,
            outdated: None,
            held: None,
            early: Vec::new(),
            draft: None,
            settled: false,
            owes_answer: false,
            ours: Described::default(),
        }
    }

    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether their description is in force in this connection.
    pub(super) fn has_described(&self) -> bool {
        self.theirs.is_some()
    }

    /// Whether an offer of ours waits for its answer.
    pub(super) fn has_offered(&self) -> bool {
        self.offered.is_some()
    }

    /// Whether whoever is announced now is somebody else.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.has_described() || self.offered.as_ref().is_some_and(|offered| offered.first + STALE <= now)
    }

    /// The room describes itself. The description, unless it waits for its candidates.
    pub(super) fn describe(
        &mut self,
        now: Timestamp,
        generation: u32,
        description: SessionDescription,
        bundles: bool,
    ) -> Option<SessionDescription> {
        if generation != self.generation {
            self.generation = generation;
            self.outdated = self.theirs.take().and_then(Described::named);
            self.owes_answer = false;
        }
        if self.owes_answer && description.sdp_type == SdpType::Offer {
            return None;
        }
        self.owes_answer = false;
        self.ours = Described::new(&description);
        if description.sdp_type == SdpType::Offer {
            let before = self.offered.as_ref().map(|offered| (offered.first, offered.repeats));
            let ((first, repeats), description) = (before.unwrap_or((now, 0)), description.clone());
            self.offered = Some(Offered { first, last: now, description, candidates: Vec::new(), repeats });
        } else {
            self.offered = None;
        }
        self.draft = None;
        if !bundles {
            return Some(description);
        }
        self.draft = Some(Draft { due: now + GATHERING, description, candidates: Vec::new() });
        None
    }

    /// The room has a candidate, or no more of them. A description if this completes one, else whether the candidate is
    /// to be said by itself.
    pub(super) fn trickle(
        &mut self,
        now: Timestamp,
        candidate: Option<&IceCandidate>,
    ) -> Result<SessionDescription, bool> {
        let ufrag = candidate.and_then(IceCandidate::ufrag);
        if ufrag.is_some_and(|ufrag| !self.ours.has(ufrag)) {
            return Err(false);
        }
        if let (Some(offered), Some(candidate)) = (&mut self.offered, candidate)
            && offered.candidates.len() < MAX_EARLY_CANDIDATES
        {
            offered.candidates.push(candidate.clone());
        }
        let Some(draft) = &mut self.draft else { return Err(true) };
        match candidate {
            Some(candidate) if draft.candidates.len() < MAX_EARLY_CANDIDATES => {
                draft.candidates.push(candidate.clone());
                Err(false)
            }
            Some(_) => Err(false),
            None => self.take_draft(now).ok_or(false),
        }
    }

    fn take_draft(&mut self, now: Timestamp) -> Option<SessionDescription> {
        let draft = self.draft.take()?;
        if let Some(offered) = &mut self.offered {
            offered.last = now;
        }
        Some(bundle(&draft.description, &draft.candidates))
    }

    /// They described themselves.
    pub(super) fn hear(&mut self, now: Timestamp, description: SessionDescription, out: &mut Vec<Inbound>) {
        let session = session(&description.sdp);
        match (description.sdp_type, &self.offered) {
            // Some servers repeat to the sender too.
            _ if !session.is_empty() && session == self.ours.session => {}
            // Nobody asked: a second responder, or a duplicate.
            (SdpType::Answer, None) => {}
            (SdpType::Answer, Some(_)) => {
                self.offered = None;
                self.held = None;
                self.accept(description, out);
            }
            (SdpType::Offer, _) if self.outdated.as_ref() == Some(&session) => {}
            (SdpType::Offer, Some(offered)) if now < offered.last + UNHEARD => {
                let polite = self.ours.session < session;
                self.held = Some((now + HOLD[usize::from(polite)], description));
            }
            (SdpType::Offer, _) => self.accept_offer(description, out),
        }
    }

    /// One of ours described themselves: it is known to which generation that belongs, and who yields when offers cross
    /// (who sorts lower). The room yields to all it hears, so the others must not.
    pub(super) fn hear_ours(&mut self, us: &str, description: SessionDescription, out: &mut Vec<Inbound>) {
        let Some(Peer { id, generation: Some(generation), .. }) = &self.peer else { return };
        let (generation, yields) = (*generation, us < id.as_str());
        let crosses = self.offered.is_some() && generation == self.generation;
        match description.sdp_type {
            SdpType::Offer if crosses && !yields => return,
            SdpType::Answer if !crosses => return,
            SdpType::Offer | SdpType::Answer => {}
        }
        if generation >= self.generation {
            self.generation = generation;
            (self.offered, self.draft) = (None, None);
            self.owes_answer = description.sdp_type == SdpType::Offer;
        }
        self.settled = true;
        self.theirs = Some(Described::new(&description));
        out.push(Inbound::Description { from: self.id.clone(), generation, description });
    }

    /// Keeps their offer until it is clear whether it is for us.
    pub(super) fn hold(&mut self, until: Timestamp, offer: SessionDescription) {
        self.held = Some((until, offer));
    }

    fn accept_offer(&mut self, description: SessionDescription, out: &mut Vec<Inbound>) {
        let session = session(&description.sdp);
        if let Some(before) = self.theirs.take_if(|theirs| theirs.session != session) {
            self.generation = self.generation.saturating_add(1);
            self.outdated = before.named();
        }
        self.offered = None;
        self.held = None;
        self.draft = None;
        self.accept(description, out);
    }

    fn accept(&mut self, description: SessionDescription, out: &mut Vec<Inbound>) {
        let theirs = Described::new(&description);
        // A client that has only one connection answers our new one with it.
        self.outdated.take_if(|outdated| *outdated == theirs.session);
        self.theirs = Some(theirs);
        self.settled = true;
        self.presumed = false;
        self.owes_answer = description.sdp_type == SdpType::Offer;
        let (from, generation) = (self.id.clone(), self.generation);
        out.push(Inbound::Description { from, generation, description });
        for candidate in std::mem::take(&mut self.early) {
            self.hear_candidate(Some(candidate), out);
        }
    }

    /// They have a candidate. It waits if it belongs to a description that has not come.
    pub(super) fn hear_candidate(&mut self, candidate: Option<IceCandidate>, out: &mut Vec<Inbound>) {
        if let Some(peer) = &self.peer {
            let generation = peer.generation.unwrap_or(self.generation);
            return out.push(Inbound::Candidate { from: self.id.clone(), generation, candidate });
        }
        let Some(theirs) = &self.theirs else { return self.keep(candidate) };
        let ufrag = candidate.as_ref().and_then(IceCandidate::ufrag);
        let known = match ufrag {
            Some(ufrag) if self.ours.has(ufrag) => return,
            Some(ufrag) => theirs.has(ufrag),
            None => self.held.is_none(),
        };
        if known {
            out.push(Inbound::Candidate { from: self.id.clone(), generation: self.generation, candidate });
        } else {
            self.keep(candidate);
        }
    }

    fn keep(&mut self, candidate: Option<IceCandidate>) {
        if let Some(candidate) = candidate
            && self.early.len() < MAX_EARLY_CANDIDATES
        {
            self.early.push(candidate);
        }
    }

    /// The connection to the server is lost, and whatever was on its way.
    pub(super) fn down(&mut self) {
        self.offered = None;
        self.held = None;
        self.draft = None;
        self.early.clear();
        self.owes_answer = false;
    }

    /// What the passing of time brings: a held offer is heard, a description or a repeated offer is said.
    pub(super) fn tick(&mut self, now: Timestamp, out: &mut Vec<Inbound>) -> Option<SessionDescription> {
        if let Some((_, offer)) = self.held.take_if(|(at, _)| *at <= now) {
            self.accept_offer(offer, out);
        }
        if self.draft.as_ref().is_some_and(|draft| draft.due <= now) {
            return self.take_draft(now);
        }
        if self.repeats_at().is_none_or(|at| at > now) {
            return None;
        }
        let offered = self.offered.as_mut()?;
        offered.last = now;
        offered.repeats += 1;
        if offered.repeats > MAX_REPEATS {
            out.push(Inbound::Unanswered);
            return None;
        }
        Some(bundle(&offered.description, &offered.candidates))
    }

    fn repeats_at(&self) -> Option<Timestamp> {
        let offered = self.offered.as_ref().filter(|_| self.presumed && self.held.is_none())?;
        let goes_on = offered.repeats <= MAX_REPEATS;
        goes_on.then(|| offered.last + REPEATS * 2_u32.pow(offered.repeats))
    }

    /// When they count as gone, unless they answer.
    pub(super) fn given_up_at(&self) -> Option<Timestamp> {
        let patience = if self.settled { SILENT } else { UNANSWERED };
        self.offered.as_ref().filter(|_| !self.presumed).map(|offered| offered.first + patience)
    }

    /// When [`Pair::tick`] is due.
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let held = self.held.as_ref().map(|(at, _)| *at);
        let draft = self.draft.as_ref().map(|draft| draft.due);
        held.into_iter().chain(draft).chain(self.repeats_at()).min()
    }
}
