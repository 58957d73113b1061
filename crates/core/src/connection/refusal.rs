//! What keeps a connection from coming about, as soon as it is known: on our side, on theirs, and how they are told.

use visavis_signaling::limits::{MAX_FRAME_BYTES, MAX_SDP_BYTES};
use visavis_signaling::{NegotiationMessage, SdpType, SessionDescription, json};

use super::{Connection, Context, PeerConnectionSlot};
use crate::output::Role;
use crate::view::ConnectionReason;

/// Whose candidates.
pub(super) const OURS: usize = 0;
pub(super) const THEIRS: usize = 1;

/// What tells a refusal from other descriptions, with the reason as the refusing side calls it. An attribute that nobody
/// knows is ignored (RFC 8866 section 5.13), and a description without media sections hurts nobody: so servers and clients
/// that know nothing of it need not. `docs/signaling-protocol.md` describes it for others.
const ATTRIBUTE: &str = "a=visavis-refusal:";

/// What stands around a description in a frame, at most: ids, names of fields, what a carrier adds.
const AROUND: usize = 4096;

/// Whether a description of ours fits into a frame, as JSON. A server closes the socket upon a larger one, and with it
/// the signaling of everybody; and how large an answer gets is up to whoever offers.
pub(super) fn fits(sdp: &str) -> bool {
    let mut quoted = String::with_capacity(sdp.len());
    json::quote(sdp, &mut quoted);
    sdp.len() <= MAX_SDP_BYTES && quoted.len() + AROUND <= MAX_FRAME_BYTES
}

/// A description without media, in place of one that cannot be made.
fn refusal(sdp_type: SdpType, reason: ConnectionReason) -> SessionDescription {
    let sdp =
        ["v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", ATTRIBUTE, reason.as_str(), "\r\n"].concat();
    SessionDescription { sdp_type, sdp }
}

/// Why they refuse, as it is called on our side; `None` for any other description.
fn refused_by(description: &SessionDescription) -> Option<ConnectionReason> {
    let mut lines = description.sdp.lines();
    Some(match lines.find_map(|line| line.strip_prefix(ATTRIBUTE))? {
        "blocked" => ConnectionReason::BlockedThere,
        _ => ConnectionReason::Incompatible,
    })
}

impl Connection {
    /// They have said something: what it says of them at once, and for its time.
    pub(crate) fn description_arrived(&mut self, description: SessionDescription) {
        if let Some(reason) = refused_by(&description) {
            self.failure = Some(reason);
            return;
        }
        self.clear_failure(ConnectionReason::BlockedThere);
        if description.sdp.lines().any(|line| line.starts_with("a=candidate:")) {
            self.note_candidate(THEIRS);
        }
        self.negotiator.push(description);
    }

    /// The browser does not make a connection. The other side is told, or it would wait.
    pub(crate) fn creation_failed(&mut self, cx: &mut Context<'_>) {
        if self.slot == PeerConnectionSlot::Empty {
            self.slot = PeerConnectionSlot::Refused;
        }
        self.refuse(ConnectionReason::Blocked, cx);
    }

    /// It comes to nothing, and the other side is told why.
    pub(super) fn refuse(&mut self, reason: ConnectionReason, cx: &mut Context<'_>) {
        self.fail(reason, cx.now);
        let sdp_type = match self.role() {
            Role::Offerer | Role::Publisher => SdpType::Offer,
            Role::Answerer => SdpType::Answer,
        };
        // Only other pages of ours know what it means.
        if cx.remote.participant().is_some() {
            let description = refusal(sdp_type, reason);
            cx.negotiate(self.epoch, NegotiationMessage::Description(description));
        }
    }

    /// There is a candidate.
    pub(super) fn note_candidate(&mut self, whose: usize) {
        if let Some(has) = self.has_candidates.get_mut(whose) {
            *has = true;
        }
        self.clear_failure(without_addresses(whose));
    }

    /// No candidate follows. Where there was none at all, nothing can be connected: a browser that is to hide its
    /// addresses gathers none (Chromium's `disable_non_proxied_udp`), unless a relay helps.
    pub(super) fn candidates_ended(&mut self, whose: usize) {
        if self.has_candidates.get(whose) == Some(&false) {
            self.failure = Some(without_addresses(whose));
        }
    }

    /// No candidate of theirs follows.
    pub(crate) fn their_candidates_ended(&mut self) {
        self.candidates_ended(THEIRS);
    }

    /// What was known of the connection that this one replaces, as long as nothing else is known.
    pub(crate) fn inherit_failure(&mut self, before: Option<ConnectionReason>) {
        self.failure = before.filter(|reason| match reason {
            ConnectionReason::Blocked
            | ConnectionReason::BlockedThere
            | ConnectionReason::NoAddresses
            | ConnectionReason::NoAddressesThere => true,
            ConnectionReason::None
            | ConnectionReason::Waiting
            | ConnectionReason::FindingPath
            | ConnectionReason::PathLost
            | ConnectionReason::WaitingForServer
            | ConnectionReason::NoMedia
            | ConnectionReason::SendsNothing
            | ConnectionReason::PictureStalled
            | ConnectionReason::NoPicture
            | ConnectionReason::PictureUnseen
            | ConnectionReason::PeerGone
            | ConnectionReason::NoPath
            | ConnectionReason::NoPathWithRelay
            | ConnectionReason::Refused
            | ConnectionReason::TooLarge
            | ConnectionReason::Untrusted
            | ConnectionReason::Incompatible => false,
        });
    }

    /// That is not so any more.
    pub(super) fn clear_failure(&mut self, reason: ConnectionReason) {
        self.failure.take_if(|known| *known == reason);
    }
}

fn without_addresses(whose: usize) -> ConnectionReason {
    if whose == OURS { ConnectionReason::NoAddresses } else { ConnectionReason::NoAddressesThere }
}
