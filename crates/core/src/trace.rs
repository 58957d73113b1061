//! What passes between us and the server, and how each of it was understood: for people who get a server and a dialect
//! to speak with each other.

use visavis_signaling::{IceCandidate, Inbound, Outbound, SdpType};

/// What a line of the trace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceKind {
    /// Something happened to the socket.
    Socket,
    /// The server sent this frame.
    In,
    /// We sent this frame.
    Out,
    /// What the dialect made of it for the room.
    Inbound,
    /// What the room says, before the dialect puts it into words.
    Outbound,
    /// A frame made no sense, and why.
    Invalid,
}

impl TraceKind {
    /// The stable name, for `data-` attributes and people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::In => "in",
            Self::Out => "out",
            Self::Inbound => "heard",
            Self::Outbound => "said",
            Self::Invalid => "misunderstood",
        }
    }
}

/// A signal, in few words.
pub(crate) fn describe_inbound(signal: &Inbound) -> String {
    let (what, id) = match signal {
        Inbound::Joined(joined) => ("joined as", &joined.id),
        Inbound::Resumed { .. } => return "resumed".to_owned(),
        Inbound::ParticipantJoined(info) => ("joins:", &info.id),
        Inbound::ParticipantResumed(info) => ("is back:", &info.id),
        Inbound::ParticipantLeft(id) => ("left:", id),
        Inbound::ParticipantGone(id) => ("is gone:", id),
        Inbound::Description { from, description, .. } => (describe_sdp_type(description.sdp_type), from),
        Inbound::Candidate { from, candidate, .. } => (candidate_or_end(candidate.as_ref()), from),
        Inbound::MediaState { from, .. } => ("media:", from),
        Inbound::IceServers(_) => return "ICE servers".to_owned(),
        Inbound::Unanswered => return "nobody answers".to_owned(),
        Inbound::Rejected(rejection) => return ["rejected: ", rejection.code.as_str()].concat(),
    };
    [what, " ", id.as_str()].concat()
}

/// What the room says, in few words.
pub(crate) fn describe_outbound(outbound: &Outbound) -> String {
    let (what, to) = match outbound {
        Outbound::Join { room, .. } => ("join", room.as_str()),
        Outbound::Description { to, description, .. } => {
            (describe_sdp_type(description.sdp_type), to.as_str())
        }
        Outbound::Candidate { to, candidate, .. } => (candidate_or_end(candidate.as_ref()), to.as_str()),
        Outbound::MediaState(_) => ("media", ""),
        Outbound::Leave => ("leave", ""),
        Outbound::Check => ("check", ""),
    };
    [what, " ", to].concat()
}

fn describe_sdp_type(kind: SdpType) -> &'static str {
    match kind {
        SdpType::Offer => "offer:",
        SdpType::Answer => "answer:",
    }
}

fn candidate_or_end(candidate: Option<&IceCandidate>) -> &'static str {
    if candidate.is_some() { "candidate:" } else { "last candidate:" }
}
