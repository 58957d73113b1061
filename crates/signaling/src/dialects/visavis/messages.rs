//! Every message of the `visavis` protocol, both ways, as `docs/signaling-protocol.md` describes them.

mod read;
mod write;

use crate::offers::{Deposit, GivenOffer, JoinOffer};
use crate::rejection::RejectCode;
use crate::signal::{IceCandidate, IceServer, MediaState, ParticipantId, SessionDescription};

/// The version of the protocol that this code speaks.
pub const VERSION: u32 = 1;

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientMessage {
    /// Enter a room.
    Join(Join),
    /// An offer or answer for one participant.
    Description {
        /// For whom.
        to: ParticipantId,
        /// Which connection of the pair; `generation` on the wire.
        epoch: u32,
        /// The offer or answer.
        description: SessionDescription,
    },
    /// A candidate for one participant.
    Candidate {
        /// For whom.
        to: ParticipantId,
        /// Which connection of the pair; `generation` on the wire.
        epoch: u32,
        /// The candidate; null is the end of candidates.
        candidate: Option<IceCandidate>,
    },
    /// What we send has changed.
    Media {
        /// What we send now.
        media: MediaState,
    },
    /// An offer for whoever joins next, in place of the last one.
    Deposit(Deposit),
    /// Leave on purpose.
    Leave,
    /// The answer to `ping`.
    Pong {
        /// How many messages of the session were received, so that the server need not keep them any longer; `heard` on the wire.
        received: Option<u32>,
    },
    /// Asks for the ICE servers that a call would use; `check` on the wire. Answered by `ice-servers`, joined or not.
    Preflight,
}

/// The first message on every socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Version of the protocol.
    pub version: u32,
    /// Name of the room.
    pub room: String,
    /// Name of the person; may be empty.
    pub name: String,
    /// A secret that only this participant knows. The server derives the public id from it, so whoever shows the same
    /// secret again is the same participant, even to a server that has been restarted.
    pub identity: String,
    /// What they send.
    pub media: MediaState,
    /// The session to resume, or to begin; without one a lost connection cannot be resumed.
    pub session: Option<SessionClaim>,
    /// Offers for those who are in the room, each for one of them.
    pub offers: Vec<JoinOffer>,
}

/// The session that a client asks to resume, or begins: all that passes between it and the server, over one socket after
/// another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionClaim {
    /// Which session, not secret: another one under the same identity means that the client has forgotten everything,
    /// for instance because its page was reloaded.
    pub id: String,
    /// How many messages of it were received; absent if there is nothing to resume. `heard` on the wire.
    pub received: Option<u32>,
    /// How many of its own messages the client can no longer send again. `forgot` on the wire.
    pub backlog_start: u32,
    /// How many times the client has sent `join` before this, so that one that comes late from an old socket is told from a
    /// newer one.
    pub attempt: u32,
}

/// Somebody in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Who they are.
    pub id: ParticipantId,
    /// What they are called.
    pub name: String,
    /// What they send.
    pub media: MediaState,
    /// Their session; when it changes, they have forgotten everything.
    pub session: Option<String>,
}

/// ICE servers with the time their credentials last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IceServerList {
    /// The servers.
    pub servers: Vec<IceServer>,
    /// Seconds until the credentials expire; absent if they do not.
    pub expires_in: Option<u32>,
}

/// The answer to `join`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// Version of the protocol.
    pub version: u32,
    /// Who we are.
    pub id: ParticipantId,
    /// The room, as the server cleaned its name.
    pub room: String,
    /// How many people the room takes.
    pub capacity: u32,
    /// Seconds between two `ping`s of the server.
    pub heartbeat: u32,
    /// Everybody else in the room; the newcomer offers to each of them.
    pub participants: Vec<Participant>,
    /// ICE servers to use, if the server has any.
    pub ice_servers: Option<IceServerList>,
    /// If the session is resumed: how many messages of the client the server has received in it (`heard` on the wire). The
    /// client sends those after that again; what it has not received itself follows this message.
    pub resumed: Option<u32>,
    /// Whether the server takes offers with `join`, and deposits; `offers` on the wire.
    pub accepts_offers: bool,
    /// Who has got the offers that went with `join`.
    pub given_offers: Vec<GivenOffer>,
}

/// Why somebody is no longer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveReason {
    /// They left on purpose.
    Left,
    /// Their connection to the server was lost.
    Gone,
}

/// What a server sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerMessage {
    /// The answer to `join`.
    Joined(Welcome),
    /// Somebody joined, or came back with the same id.
    ParticipantJoined {
        /// Who.
        participant: Participant,
        /// Whether they resume their session: then nothing is lost, and nothing has to be repaired.
        resumed: bool,
    },
    /// Somebody is no longer there.
    ParticipantLeft {
        /// Who.
        id: ParticipantId,
        /// Why.
        reason: LeaveReason,
    },
    /// An offer or answer from one participant.
    Description {
        /// From whom.
        from: ParticipantId,
        /// Which connection of the pair; `generation` on the wire.
        epoch: u32,
        /// The offer or answer.
        description: SessionDescription,
        /// For an offer: they have got this deposit of the receiver in exchange ([`Deposit::number`]).
        exchanged: Option<u32>,
    },
    /// A candidate from one participant.
    Candidate {
        /// From whom.
        from: ParticipantId,
        /// Which connection of the pair; `generation` on the wire.
        epoch: u32,
        /// The candidate; null is the end of candidates.
        candidate: Option<IceCandidate>,
    },
    /// What somebody sends has changed.
    Media {
        /// Who.
        from: ParticipantId,
        /// What they send now.
        media: MediaState,
    },
    /// New ICE servers or credentials.
    IceServers {
        /// The servers.
        list: IceServerList,
        /// Whether the server takes offers with `join`, and deposits.
        accepts_offers: bool,
    },
    /// Something was refused.
    Error {
        /// What, for programs.
        code: String,
        /// What, for people.
        text: String,
        /// Whether the server closes the connection after this.
        closes: bool,
    },
    /// A sign of life; answer with `pong`.
    Ping {
        /// How many messages of the session were received, so that the client need not keep them any longer; `heard` on the wire.
        received: Option<u32>,
    },
}

impl ClientMessage {
    /// Whether it counts as a message of the session.
    pub fn counts(&self) -> bool {
        match self {
            Self::Description { .. } | Self::Candidate { .. } | Self::Media { .. } => true,
            Self::Join(_) | Self::Deposit(_) | Self::Leave | Self::Pong { .. } | Self::Preflight => false,
        }
    }
}

impl ServerMessage {
    /// An error frame.
    pub fn error(code: RejectCode, text: impl Into<String>, closes: bool) -> Self {
        Self::Error { code: code.as_str().to_owned(), text: text.into(), closes }
    }
}
