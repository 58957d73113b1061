//! What keeps a connection from coming about, as soon as it is known: on our side, on theirs, and how they are told.

use visavis_signaling::limits::{MAX_FRAME_BYTES, MAX_SDP_BYTES};
use visavis_signaling::{NegotiationMessage, SdpType, SessionDescription, json};

use super::{Connection, Context, PeerConnectionSlot};
use crate::output::Role;
use crate::view::ConnectionReason;

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
pub(super) fn refused_by(description: &SessionDescription) -> Option<ConnectionReason> {
    let mut lines = description.sdp.lines();
    Some(match lines.find_map(|line| line.strip_prefix(ATTRIBUTE))? {
        "blocked" => ConnectionReason::BlockedThere,
        _ => ConnectionReason::Incompatible,
    })
}

impl Connection {
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
            Role::Offerer | Role::SfuOfferer => SdpType::Offer,
            Role::Answerer => SdpType::Answer,
        };
        // Only other Visavis pages know what it means.
        if cx.remote.participant().is_some() {
            let description = refusal(sdp_type, reason);
            cx.negotiate(self.epoch, NegotiationMessage::Description(description));
        }
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
