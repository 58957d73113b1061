//! Neutral signals: what a room hears and says, whatever the server.
//!
//! Names are those of the WebRTC standard (W3C webrtc-pc) wherever it has one.

use std::fmt;
use std::time::Duration;

use crate::limits::MAX_ID_BYTES;

/// Who a participant is, for as long as they are in the room.
///
/// An opaque, non-empty text of at most [`MAX_ID_BYTES`] bytes that the server (or the dialect) chose. It never passes
/// through a number, and it is never shown to people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParticipantId(String);

impl ParticipantId {
    /// Takes an id from the network. `None` if it is empty or longer than [`MAX_ID_BYTES`].
    pub fn new(id: impl Into<String>) -> Option<Self> {
        let id = id.into();
        (!id.is_empty() && id.len() <= MAX_ID_BYTES).then_some(Self(id))
    }

    /// The id that has these 16 bytes, in hexadecimal.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(bytes)))
    }

    /// An id of our own making, known to be within its bounds.
    pub(crate) fn from_trusted(id: String) -> Self {
        debug_assert!(!id.is_empty(), "made here, so within its bounds");
        debug_assert!(id.len() <= MAX_ID_BYTES, "made here, so within its bounds");
        Self(id)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ParticipantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `RTCSdpType`, of which only these two ever cross the wire (rollback is implicit, W3C webrtc-pc 4.4.1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SdpType {
    /// Proposes a session.
    Offer,
    /// Accepts the proposal.
    Answer,
}

impl SdpType {
    /// Its name in the standard and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Answer => "answer",
        }
    }
}

/// `RTCSessionDescriptionInit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDescription {
    /// Offer or answer.
    pub sdp_type: SdpType,
    /// The session description, RFC 8866.
    pub sdp: String,
}

impl SessionDescription {
    /// The ICE user name fragments (`a=ice-ufrag`, RFC 8839 section 5.4) that this description announces, in order.
    pub fn ufrags(&self) -> impl Iterator<Item = &str> {
        self.sdp.lines().filter_map(|line| line.strip_prefix("a=ice-ufrag:")).map(str::trim)
    }
}

/// `RTCIceCandidateInit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceCandidate {
    /// The `candidate-attribute` of RFC 8839 section 5.1; empty means "no more for this generation".
    pub candidate: String,
    /// Which media section it belongs to, by identification tag.
    pub sdp_mid: Option<String>,
    /// Which media section it belongs to, by position.
    pub sdp_m_line_index: Option<u16>,
    /// Which ICE generation it belongs to.
    pub username_fragment: Option<String>,
}

impl IceCandidate {
    /// The ICE user name fragment: the field, or else the `ufrag` extension inside the candidate line
    /// (Chromium writes it there; servers that drop unknown fields keep it).
    pub fn ufrag(&self) -> Option<&str> {
        self.username_fragment.as_deref().or_else(|| {
            let mut words = self.candidate.split_ascii_whitespace();
            words.find(|word| *word == "ufrag")?;
            words.next()
        })
    }
}

/// What a participant sends at the moment, told to the others so that a silent or dark tile can say why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MediaState {
    /// A microphone is open and not muted.
    pub microphone: bool,
    /// A camera is on.
    pub camera: bool,
    /// A screen is being shared.
    pub screen: bool,
}

/// `RTCIceServer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` URLs (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// User name for TURN.
    pub username: Option<String>,
    /// Credential for TURN.
    pub credential: Option<String>,
}

/// ICE servers, and how long their credentials last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IceServers {
    /// The servers; an empty list means direct connections only.
    pub servers: Vec<IceServer>,
    /// Time from now until the credentials expire; `None` if they do not.
    pub expires_in: Option<Duration>,
}

/// Who makes the first offer between us and one other participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offerer {
    /// We do.
    Us,
    /// They do.
    Them,
    /// Nobody can tell, nor whether anybody is there: the server relays to whoever listens. We offer into the silence.
    Unknown,
}

/// Another participant, as the server introduces them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParticipantInfo {
    /// Who they are.
    pub id: ParticipantId,
    /// What they are called; cleaned by [`text::clean`](crate::text::clean), may be empty.
    pub name: String,
    /// What they send, if the server tells.
    pub media: Option<MediaState>,
    /// Who offers first.
    pub offerer: Offerer,
    /// What tells one life of theirs from the next, if the server says: another one under the same id has lost all its
    /// connections (a page that was reloaded, for instance).
    pub session: Option<String>,
}

/// We are in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// Who we are.
    pub id: ParticipantId,
    /// Everybody else in the room.
    pub participants: Vec<ParticipantInfo>,
    /// ICE servers of the signaling server, if it has any to give.
    pub ice_servers: Option<IceServers>,
    /// How many people the room takes, if the server tells.
    pub capacity: Option<u32>,
    /// What the room is called from now on, if the server makes the names: this is what others need to join.
    pub room: Option<String>,
}

/// Why a server refused something. The text form ([`RejectCode::as_str`]) is stable and part of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectCode {
    /// The message could not be understood.
    BadRequest,
    /// The server speaks another version of the protocol.
    UnsupportedVersion,
    /// Something was sent before joining.
    NotJoined,
    /// A second join on one socket.
    AlreadyJoined,
    /// The room has no place left.
    RoomFull,
    /// The last place in the room is kept for somebody who is lost; before long it is theirs again, or free.
    SeatKept,
    /// The server takes no more rooms or connections at the moment.
    ServerFull,
    /// The addressee is not in the room.
    UnknownParticipant,
    /// A frame or field is over its limit.
    TooLarge,
    /// Too many messages in too short a time.
    RateLimited,
    /// The same identity joined from another socket.
    Replaced,
    /// The server is shutting down.
    ServerClosing,
    /// A token is missing or wrong.
    Unauthorised,
    /// A moderator removed us.
    Kicked,
    /// A code that this version does not know.
    Unknown,
}

impl RejectCode {
    const NAMES: [(Self, &'static str); 15] = [
        (Self::BadRequest, "bad-request"),
        (Self::UnsupportedVersion, "unsupported-version"),
        (Self::NotJoined, "not-joined"),
        (Self::AlreadyJoined, "already-joined"),
        (Self::RoomFull, "room-full"),
        (Self::SeatKept, "seat-kept"),
        (Self::ServerFull, "server-full"),
        (Self::UnknownParticipant, "unknown-participant"),
        (Self::TooLarge, "too-large"),
        (Self::RateLimited, "rate-limited"),
        (Self::Replaced, "replaced"),
        (Self::ServerClosing, "server-closing"),
        (Self::Unauthorised, "unauthorised"),
        (Self::Kicked, "kicked"),
        (Self::Unknown, "unknown"),
    ];

    /// Every code there is.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMES.into_iter().map(|(code, _)| code)
    }

    /// The stable name of the code.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(code, _)| *code == self).map_or("unknown", |(_, name)| name)
    }

    /// The code of that name; [`RejectCode::Unknown`] for names of later versions.
    pub fn from_name(name: &str) -> Self {
        Self::NAMES.iter().find(|(_, known)| *known == name).map_or(Self::Unknown, |(code, _)| *code)
    }

    /// Whether trying again by itself cannot help: only a person can change something.
    pub fn is_final(self) -> bool {
        match self {
            Self::UnsupportedVersion
            | Self::RoomFull
            | Self::Replaced
            | Self::Unauthorised
            | Self::Kicked
            | Self::AlreadyJoined => true,
            Self::BadRequest
            | Self::NotJoined
            | Self::SeatKept
            | Self::ServerFull
            | Self::UnknownParticipant
            | Self::TooLarge
            | Self::RateLimited
            | Self::ServerClosing
            | Self::Unknown => false,
        }
    }
}

/// The server refused something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// What it refused, in a form for programs.
    pub code: RejectCode,
    /// What the server says about it, cleaned; may be empty.
    pub text: String,
    /// Whether the server closes the connection after this.
    pub closes: bool,
}

/// What a room hears from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound {
    /// The answer to [`Outbound::Join`].
    Joined(Joined),
    /// The other answer to [`Outbound::Join`]: the server takes up where the last socket broke off. What was said
    /// meanwhile follows, nothing is lost, and whoever was in the room still is, unless what follows says otherwise.
    Resumed {
        /// ICE servers of the signaling server, if it has any to give.
        ice_servers: Option<IceServers>,
    },
    /// Somebody joined, or came back with the same id.
    ParticipantJoined(ParticipantInfo),
    /// Somebody came back whom the server had lost, and nothing between us is lost. Or there is more to tell of somebody who
    /// never left: their name, what they send.
    ParticipantResumed(ParticipantInfo),
    /// Somebody left on purpose: their tile goes at once.
    ParticipantLeft(ParticipantId),
    /// The server lost somebody's connection. Their media may well be fine, so their tile stays while it plays.
    ParticipantGone(ParticipantId),
    /// An offer or answer.
    Description {
        /// From whom.
        from: ParticipantId,
        /// Which connection of the pair, counted from zero; see [`Outbound::Description`].
        epoch: u32,
        /// The offer or answer.
        description: SessionDescription,
    },
    /// A candidate, or `None` for the end of candidates.
    Candidate {
        /// From whom.
        from: ParticipantId,
        /// Which connection of the pair.
        epoch: u32,
        /// The candidate.
        candidate: Option<IceCandidate>,
    },
    /// What somebody sends has changed.
    MediaState {
        /// Who.
        from: ParticipantId,
        /// What they send now.
        media: MediaState,
    },
    /// New ICE servers or credentials; also the answer to [`Outbound::Check`].
    IceServers(IceServers),
    /// The server refused something.
    Rejected(Rejection),
    /// Nobody has answered who may have been there ([`Offerer::Unknown`]), and nobody is called any more.
    Unanswered,
}

/// What a room says to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outbound {
    /// Enter the room; first on every new socket.
    Join {
        /// Name of the room.
        room: String,
        /// Name of the person.
        name: String,
        /// What they send at the moment.
        media: MediaState,
    },
    /// An offer or answer for one participant.
    Description {
        /// For whom.
        to: ParticipantId,
        /// Which connection of the pair: the first is 0, and each one that replaces a broken one counts one more.
        /// Whoever hears an older number ignores it, whoever hears a newer one starts afresh.
        epoch: u32,
        /// The offer or answer.
        description: SessionDescription,
    },
    /// A candidate for one participant, or `None` for the end of candidates.
    Candidate {
        /// For whom.
        to: ParticipantId,
        /// Which connection of the pair.
        epoch: u32,
        /// The candidate.
        candidate: Option<IceCandidate>,
    },
    /// What we send has changed.
    MediaState(MediaState),
    /// Leave on purpose.
    Leave,
    /// Before joining: is anybody there? The answer is [`Inbound::IceServers`], or [`Inbound::Rejected`] with
    /// [`RejectCode::BadRequest`] from a server that does not know the question.
    Check,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_bounded() {
        assert_eq!(ParticipantId::new(""), None);
        assert_eq!(ParticipantId::new("x".repeat(MAX_ID_BYTES + 1)), None);
        assert!(ParticipantId::new("x".repeat(MAX_ID_BYTES)).is_some());
    }

    #[test]
    fn ufrag_from_field_or_line() {
        let mut candidate = IceCandidate {
            candidate: "candidate:1 1 udp 1 127.0.0.1 9 typ host generation 0 ufrag XMrW network-id 1".into(),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        };
        assert_eq!(candidate.ufrag(), Some("XMrW"));
        candidate.username_fragment = Some("abcd".into());
        assert_eq!(candidate.ufrag(), Some("abcd"));
    }

    #[test]
    fn codes_round_trip() {
        for (code, name) in RejectCode::NAMES {
            assert_eq!(code.as_str(), name);
            assert_eq!(RejectCode::from_name(name), code);
        }
        assert_eq!(RejectCode::from_name("from-the-future"), RejectCode::Unknown);
    }
}
