//! A peer connection whose first offer is made before anybody is there to hear it.
//!
//! To make a connection, its offer and its first candidates takes a browser 50 to 100 ms, and most of that nobody has to wait
//! for: it is done in the lobby, once the server is there, or while the server is still to answer. An offer names nobody,
//! so that the first of those who are in the room gets it, with all candidates that are known by then; a server that takes it
//! gets it with `join`, or, in a room, as a deposit for whoever joins next.

use std::time::Duration;

use visavis_signaling::limits::MAX_EARLY_OFFER_BYTES;
use visavis_signaling::{IceCandidate, SdpType, SessionDescription, Source, Timestamp};

use super::derived_answer::derive;
use super::initial_scale::REDUCED_INITIAL_SCALE;
use super::provisional::provisional_answer;
use super::sections::{announce, split_sections};
use super::{Connection, Context, PeerConnectionSlot, Recovery};
use crate::input::{ConnectionEvent, ConnectionId};
use crate::outbox::Outbox;
use crate::output::{ConnectionConfig, ConnectionEffect, DataChannel};
use crate::topology::ConnectionPlan;

/// Most candidates that are kept. Browsers gather about ten.
const MAX_CANDIDATES: usize = 64;
/// How long one is good for. Mappings of NATs last longer than that as long as the browser keeps them alive, but somebody who
/// comes back to the lobby after a while may have changed the network.
const MAX_AGE: Duration = Duration::from_secs(300);

/// How long a deposit is left with the server, which keeps it a little longer.
const MAX_DEPOSIT_AGE: Duration = Duration::from_secs(50);
/// How long a deposit waits for candidates. Nobody waits for it.
const GATHERING_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection that nobody is at the other end of, and what the browser has said of it.
#[derive(Debug)]
pub(crate) struct PreparedOffer {
    pub(crate) id: ConnectionId,
    conditions: OfferConditions,
    created_at: Timestamp,
    offer: Offer,
    candidates: Vec<Option<IceCandidate>>,
    /// The sections of our transceivers.
    mids: Vec<(Source, String)>,
    handed_over: Option<HandedOver>,
}

/// Whom the server was given an offer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recipient {
    /// Somebody who is in the room that we join. The offer begins the connection of this epoch.
    Member { epoch: u32 },
    /// The server, which answers it itself, as that of its connection of this epoch.
    Server { epoch: u32 },
    /// Whoever joins next, as the deposit of this number.
    Newcomer { deposit: u32 },
}

/// An offer that the server was given.
#[derive(Debug)]
struct HandedOver {
    recipient: Recipient,
    at: Timestamp,
    /// As it was said.
    sdp: String,
    /// How many of the candidates are in it.
    candidates: usize,
}

/// Which side of ICE a connection is on (RFC 8445 section 6.1.1). Whoever has described itself first by an answer is the controlled
/// one, and stays so when it offers. Two controlling ones take Chromium 50 ms more to connect, and one time in five up to 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IceRole {
    Controlling,
    /// It has answered an offer that nobody has made ([`super::provisional`]).
    Controlled,
}

/// What an offer depends on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OfferConditions {
    pub(crate) ice_role: IceRole,
    /// What is to pass on the connection.
    pub(crate) plan: ConnectionPlan,
    pub(crate) config: ConnectionConfig,
    /// It has a channel to hang up.
    pub(crate) hang_up_channel: bool,
    /// A device is open: before, browsers gather host candidates with names in place of addresses, which not every network
    /// resolves (RFC 8828 section 5.2, draft-ietf-mmusic-mdns-ice-candidates).
    pub(crate) captures: bool,
}

/// How far the browser is with it.
#[derive(Debug)]
enum Offer {
    Pending,
    Made(SessionDescription),
    Failed,
}

impl PreparedOffer {
    /// One that the shell has been asked for just now.
    pub(crate) fn new(now: Timestamp, id: ConnectionId, conditions: OfferConditions) -> Self {
        Self {
            id,
            conditions,
            created_at: now,
            offer: Offer::Pending,
            candidates: Vec::new(),
            mids: Vec::new(),
            handed_over: None,
        }
    }

    /// Whom the server was given it for.
    pub(crate) fn recipient(&self) -> Option<Recipient> {
        self.handed_over.as_ref().map(|handed_over| handed_over.recipient)
    }

    /// The offer with all candidates that are known, to be given to the server. `None` if it is not there yet, or too long.
    pub(crate) fn hand_over(&mut self, now: Timestamp, recipient: Recipient) -> Option<SessionDescription> {
        let Offer::Made(SessionDescription { sdp_type, sdp }) = &self.offer else { return None };
        let sdp = announce(&with_candidates(sdp, &self.candidates), &self.mids);
        if sdp.len() > MAX_EARLY_OFFER_BYTES {
            return None;
        }
        let description = SessionDescription { sdp_type: *sdp_type, sdp: sdp.clone() };
        let candidates = self.candidates.len();
        self.handed_over = Some(HandedOver { recipient, at: now, sdp, candidates });
        Some(description)
    }

    /// The server has not given it to anybody.
    pub(crate) fn take_back(&mut self) {
        self.handed_over.take_if(|handed_over| !matches!(handed_over.recipient, Recipient::Server { .. }));
    }

    /// What is to pass on its connection.
    pub(crate) fn plan(&self) -> ConnectionPlan {
        self.conditions.plan
    }

    /// When it is to be deposited, or has been with the server for long enough.
    pub(crate) fn deposit_due_at(&self) -> Option<Timestamp> {
        match (&self.offer, &self.handed_over) {
            (_, Some(HandedOver { recipient: Recipient::Newcomer { .. }, at, .. })) => {
                Some(*at + MAX_DEPOSIT_AGE)
            }
            (_, Some(HandedOver { recipient: Recipient::Server { .. }, .. })) => None,
            (Offer::Made(_), _) if self.is_complete() => Some(self.created_at),
            (Offer::Made(_), _) => Some(self.created_at + GATHERING_TIMEOUT),
            (Offer::Pending | Offer::Failed, _) => None,
        }
    }

    /// The answer that whoever got it would give, made from an offer of theirs.
    pub(crate) fn derive_answer(
        &self,
        theirs: &SessionDescription,
        we_begin_dtls: bool,
    ) -> Option<SessionDescription> {
        derive(&self.handed_over.as_ref()?.sdp, &theirs.sdp, we_begin_dtls)
    }

    /// The browser says something of it.
    pub(crate) fn on_event(&mut self, event: ConnectionEvent, out: &mut Outbox) {
        match event {
            // Where it answers an offer that nobody has made: what every answerer does, and then an offer of its own.
            ConnectionEvent::RemoteDescriptionSet(Ok(())) => {
                out.connection(self.id, ConnectionEffect::CreateDataChannel(DataChannel::Peer));
                out.connection(self.id, REDUCED_INITIAL_SCALE);
                out.connection(self.id, ConnectionEffect::SetLocalDescription);
            }
            ConnectionEvent::LocalDescriptionSet(Ok(description))
                if description.sdp_type == SdpType::Answer =>
            {
                out.connection(self.id, ConnectionEffect::SetLocalDescription);
            }
            ConnectionEvent::LocalDescriptionSet(Ok(description)) => {
                if self.conditions.ice_role == IceRole::Controlling && !self.plan().is_sfu() {
                    let answer = provisional_answer(&description.sdp);
                    out.connection(self.id, ConnectionEffect::SetProvisionalAnswer(answer));
                }
                self.offer = Offer::Made(description);
            }
            ConnectionEvent::CreationFailed
            | ConnectionEvent::LocalDescriptionSet(Err(_))
            | ConnectionEvent::RemoteDescriptionSet(Err(_)) => self.offer = Offer::Failed,
            ConnectionEvent::IceCandidate(candidate) if self.candidates.len() < MAX_CANDIDATES => {
                self.candidates.push(candidate);
            }
            ConnectionEvent::TransceiverAssociated(source, mid) => self.mids.push((source, mid)),
            ConnectionEvent::IceCandidate(_)
            | ConnectionEvent::NegotiationNeeded
            | ConnectionEvent::ProvisionalAnswerSet
            | ConnectionEvent::ConnectionStateChange(_)
            | ConnectionEvent::Track { .. }
            | ConnectionEvent::Stats(_)
            | ConnectionEvent::SendStats(_)
            | ConnectionEvent::Details(_)
            | ConnectionEvent::File(_)
            | ConnectionEvent::PeerChannel(_)
            | ConnectionEvent::HangUpChannelClosed
            | ConnectionEvent::RemoteCertificate(_)
            | ConnectionEvent::Speech(_) => {}
        }
    }

    /// Whether the browser is at work on it.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.offer, Offer::Pending)
    }

    /// Whether the browser has nothing to add to it.
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.offer, Offer::Made(_)) && self.candidates.contains(&None)
    }

    /// Whether it is as good as one that would be made under these conditions.
    pub(crate) fn meets(&self, conditions: &OfferConditions) -> bool {
        let OfferConditions { ice_role, plan, config, hang_up_channel, captures } = &self.conditions;
        *ice_role == conditions.ice_role
            && *plan == conditions.plan
            && *config == conditions.config
            && *hang_up_channel == conditions.hang_up_channel
            && (*captures || !conditions.captures)
    }

    /// As the browser has made it.
    pub(crate) fn sdp(&self) -> Option<&str> {
        match &self.offer {
            Offer::Made(description) => Some(&description.sdp),
            Offer::Pending | Offer::Failed => None,
        }
    }

    /// Whether the browser has refused to make it.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.offer, Offer::Failed)
    }

    /// Whether it can be used.
    pub(crate) fn is_usable(&self, now: Timestamp) -> bool {
        !self.has_failed() && now.since(self.created_at) <= MAX_AGE
    }
}

impl Connection {
    /// Has the transceivers made with which a connection to a selective forwarding unit begins.
    pub(crate) fn add_transceivers_of(plan: ConnectionPlan, id: ConnectionId, out: &mut Outbox) {
        if plan.is_sfu() {
            let now = Timestamp::default();
            Self::new(0, plan, false, Recovery::new(now, false)).set_id(id, out);
        }
    }

    /// Somebody is there who gets a prepared offer, with all candidates that are known by now. If the browser is still at work
    /// on it, everything follows as if it had just been asked.
    pub(crate) fn use_offer(&mut self, prepared: PreparedOffer, cx: &mut Context<'_>) {
        if prepared.recipient().is_some() {
            // By now the server may want more sections.
            let plan = std::mem::replace(&mut self.plan, prepared.plan());
            self.use_handed_over_offer(prepared, None, cx);
            self.recovery.restart_unless_connected(cx.now);
            return self.set_plan(plan, cx.out);
        }
        let PreparedOffer { id, offer, candidates, mids, .. } = prepared;
        self.take_over(id, mids, cx.out);
        let follow = match &offer {
            Offer::Made(_) => candidates.iter().filter(|candidate| candidate.is_none()).cloned().collect(),
            Offer::Pending | Offer::Failed => candidates.clone(),
        };
        if let Offer::Made(SessionDescription { sdp_type, sdp }) = offer {
            let sdp = with_candidates(&sdp, &candidates);
            self.has_candidates.local = candidates.iter().any(Option::is_some);
            self.local_description_set(SessionDescription { sdp_type, sdp }, cx);
        }
        for candidate in follow {
            self.candidate_gathered(candidate, cx);
        }
    }

    /// Its peer connection is there, and has been asked for its first offer.
    fn take_over(&mut self, id: ConnectionId, mids: Vec<(Source, String)>, out: &mut Outbox) {
        // It has them already: as long as it has no number, nobody is asked to make any.
        self.add_planned_transceivers(out);
        self.slot = PeerConnectionSlot::Created(id);
        self.negotiator.local_description_prepared();
        for (source, mid) in mids {
            self.associated(source, mid);
        }
    }

    /// Somebody has got an offer that the server was given, and this is their answer, if it is known.
    pub(crate) fn use_handed_over_offer(
        &mut self,
        prepared: PreparedOffer,
        answer: Option<SessionDescription>,
        cx: &mut Context<'_>,
    ) {
        let PreparedOffer { id, candidates, mids, handed_over, .. } = prepared;
        let Some(HandedOver { sdp, candidates: said, .. }) = handed_over else { return };
        self.take_over(id, mids, cx.out);
        self.negotiator.local_description_set(SdpType::Offer);
        self.certificates.on_local_description(&sdp);
        let (said, follow) = candidates.split_at(said.min(candidates.len()));
        self.has_candidates.local = said.iter().any(Option::is_some);
        for candidate in said.iter().filter(|candidate| candidate.is_none()).chain(follow) {
            self.candidate_gathered(candidate.clone(), cx);
        }
        if let Some(answer) = answer {
            self.description_arrived(answer);
        }
    }
}

/// A description with candidates in their sections (RFC 8839 section 5.1), as browsers write those that they know when
/// `localDescription` is read.
fn with_candidates(sdp: &str, candidates: &[Option<IceCandidate>]) -> String {
    let mut written = String::with_capacity(sdp.len() + 160 * candidates.len());
    let mut parts = split_sections(sdp).into_iter();
    written.push_str(parts.next().unwrap_or_default());
    for (index, section) in (0..).zip(parts) {
        written.push_str(section);
        let mid = section.lines().find_map(|line| line.strip_prefix("a=mid:")).unwrap_or_default().trim_end();
        for candidate in candidates.iter().flatten().filter(|candidate| belongs(candidate, index, mid)) {
            ["a=", &candidate.candidate, "\r\n"].iter().for_each(|part| written.push_str(part));
        }
    }
    written
}

fn belongs(candidate: &IceCandidate, index: u16, mid: &str) -> bool {
    match &candidate.sdp_mid {
        Some(of) => of == mid,
        None => candidate.sdp_m_line_index == Some(index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDP: &str = "v=0\r\nm=audio 9 X 0\r\na=mid:0\r\nm=video 9 X 0\r\na=mid:1\r\n";

    fn candidate(line: &str, mid: Option<&str>, index: Option<u16>) -> IceCandidate {
        IceCandidate {
            candidate: line.into(),
            sdp_mid: mid.map(Into::into),
            sdp_m_line_index: index,
            username_fragment: None,
        }
    }

    #[test]
    fn each_candidate_is_in_its_section() {
        let candidates = [
            Some(candidate("candidate:1", Some("0"), Some(0))),
            Some(candidate("candidate:2", None, Some(1))),
            Some(candidate("candidate:3", Some("1"), None)),
            Some(candidate("candidate:4", Some("nobody"), None)),
            None,
        ];
        let expected = "v=0\r\nm=audio 9 X 0\r\na=mid:0\r\na=candidate:1\r\n\
                        m=video 9 X 0\r\na=mid:1\r\na=candidate:2\r\na=candidate:3\r\n";
        assert_eq!(with_candidates(SDP, &candidates), expected);
        assert_eq!(with_candidates(SDP, &[]), SDP);
        assert_eq!(with_candidates("v=0\r\n", &candidates), "v=0\r\n");
    }
}
