//! What passes between us and the server, and how each of it was understood: for people who get a server and a dialect
//! to speak with each other.

use visavis_signaling::{
    Inbound, Negotiation, NegotiationMessage, Outbound, RosterSignal, SdpType, ServerSignal,
    SessionDescription, SfuRequest, SfuSignal,
};

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

/// A signal, in few words. Never inlined: it is in the part of the page's program that is loaded on demand
/// (`xtask/split/src/parts.rs`).
#[inline(never)]
pub(crate) fn describe_inbound(signal: &Inbound) -> String {
    let (what, id) = match signal {
        Inbound::Server(ServerSignal::Joined(joined)) => ("joined as", joined.id.as_str()),
        Inbound::Server(ServerSignal::Resumed { .. }) => return "resumed".to_owned(),
        Inbound::Server(ServerSignal::IceServers(_)) => return "ICE servers".to_owned(),
        Inbound::Server(ServerSignal::Muted(source)) => return ["muted: ", source.as_str()].concat(),
        Inbound::Server(ServerSignal::Unanswered) => return "nobody answers".to_owned(),
        Inbound::Server(ServerSignal::Rejected(rejection)) => ("rejected:", rejection.code.as_str()),
        Inbound::Roster(RosterSignal::Joined(info)) => ("joins:", info.id.as_str()),
        Inbound::Roster(RosterSignal::Resumed(info)) => ("is back:", info.id.as_str()),
        Inbound::Roster(RosterSignal::Left(id)) => ("left:", id.as_str()),
        Inbound::Roster(RosterSignal::Lost(id)) => ("is gone:", id.as_str()),
        Inbound::Roster(RosterSignal::MediaState { from, .. }) => ("media:", from.as_str()),
        Inbound::Sfu(SfuSignal::Connections(_)) => ("connections to the server", ""),
        Inbound::Sfu(SfuSignal::Tracks { .. }) => ("forwarded tracks", ""),
        Inbound::Sfu(SfuSignal::NegotiationNeeded(_)) => ("negotiation needed", ""),
        Inbound::Sfu(SfuSignal::SubscribedQualities { .. }) => ("subscribed qualities", ""),
        Inbound::Sfu(SfuSignal::Speakers(_)) => ("speakers", ""),
        Inbound::Sfu(SfuSignal::SendMessage { .. }) => ("message for a data channel", ""),
        Inbound::Sfu(SfuSignal::PeerMessage { from, .. }) => ("message of", from.as_str()),
        Inbound::Negotiation(negotiation) => describe_negotiation(negotiation),
        Inbound::Exchanged(exchanged) => ("offer, in exchange for ours:", exchanged.from.as_str()),
    };
    [what, " ", id].concat()
}

/// What the room says, in few words.
#[inline(never)]
pub(crate) fn describe_outbound(outbound: &Outbound) -> String {
    let (what, to) = match outbound {
        Outbound::Join { room, .. } => ("join", room.as_str()),
        Outbound::Negotiation(negotiation) => describe_negotiation(negotiation),
        Outbound::Sfu(_, SfuRequest::RestartIce) => ("restart ICE", "server"),
        Outbound::Sfu(_, SfuRequest::Rebuild) => ("replace connection", "server"),
        Outbound::MediaState(_) => ("media", ""),
        Outbound::TrackSettings { publisher, .. } => ("sizes of", publisher.as_str()),
        Outbound::Deposit(_) => ("offer for whoever comes", ""),
        Outbound::PeerMessage { .. } => ("message", ""),
        Outbound::Leave => ("leave", ""),
        Outbound::Preflight => ("check", ""),
    };
    [what, " ", to].concat()
}

fn describe_negotiation(Negotiation { remote, message, .. }: &Negotiation) -> (&'static str, &str) {
    let what = match message {
        NegotiationMessage::Description(SessionDescription { sdp_type: SdpType::Offer, .. }) => "offer:",
        NegotiationMessage::Description(SessionDescription { sdp_type: SdpType::Answer, .. }) => "answer:",
        NegotiationMessage::Candidate(Some(_)) => "candidate:",
        NegotiationMessage::Candidate(None) => "last candidate:",
    };
    (what, remote.participant().map_or("server", |id| id.as_str()))
}
