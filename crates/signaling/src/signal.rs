//! Neutral signals: what a room hears and says, whatever the server.
//!
//! Names are those of the WebRTC standard (W3C webrtc-pc) wherever it has one.

use std::fmt;
use std::time::Duration;

use crate::limits::MAX_ID_BYTES;
use crate::offers::{Deposit, ExchangedOffer, GivenOffer, JoinOffer};
use crate::rejection::Rejection;
use crate::sfu::{SfuConnectionId, SfuRequest, SfuSignal};
use crate::sources::Source;
use crate::track_settings::VideoSettings;

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

/// What a participant sends at the moment, told to the others so that a silent or dark tile can say why, and a screen that
/// is shared no more goes at once.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct MediaState {
    /// A bit for each source.
    on: u8,
}

impl MediaState {
    /// Whether it says that `source` is sent. A muted microphone is not.
    pub fn is_on(self, source: Source) -> bool {
        self.on & 1 << source as u8 != 0
    }

    /// The same, but for one source.
    #[must_use]
    pub fn with(self, source: Source, on: bool) -> Self {
        let bit = 1 << source as u8;
        Self { on: if on { self.on | bit } else { self.on & !bit } }
    }
}

impl fmt::Debug for MediaState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(Source::ALL.into_iter().filter(|source| self.is_on(*source))).finish()
    }
}

impl<const N: usize> From<[Source; N]> for MediaState {
    /// Exactly these sources are sent.
    fn from(sources: [Source; N]) -> Self {
        sources.into_iter().collect()
    }
}

impl FromIterator<Source> for MediaState {
    /// Exactly these sources are sent.
    fn from_iter<T: IntoIterator<Item = Source>>(sources: T) -> Self {
        sources.into_iter().fold(Self::default(), |state, source| state.with(source, true))
    }
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
    /// Nobody does: what they publish comes by way of a selective forwarding unit, and no connection leads to them.
    Sfu,
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
    /// Who has got the offers that went with [`Outbound::Join`].
    pub given_offers: Vec<GivenOffer>,
}

/// What a room hears: in groups of those whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound {
    /// About us and the server.
    Server(ServerSignal),
    /// About who is in the room, and what they send.
    Roster(RosterSignal),
    /// About our connections to a selective forwarding unit, and what comes on them.
    Sfu(SfuSignal),
    /// About one peer connection.
    Negotiation(Negotiation),
    /// About an offer that we had deposited.
    Exchanged(ExchangedOffer),
}

/// What the server says to us alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerSignal {
    /// The answer to [`Outbound::Join`].
    Joined(Joined),
    /// The other answer to [`Outbound::Join`]: the server takes up where the last socket broke off. What was said
    /// meanwhile follows, nothing is lost, and whoever was in the room still is, unless what follows says otherwise.
    Resumed {
        /// ICE servers of the signaling server, if it has any to give.
        ice_servers: Option<IceServers>,
    },
    /// New ICE servers or credentials; also the answer to [`Outbound::Preflight`].
    IceServers(IceServers),
    /// The server refused something.
    Rejected(Rejection),
    /// Somebody with the right to it has muted a source of ours: it is switched off, and only we switch it on again.
    Muted(Source),
    /// Nobody has answered who may have been there ([`Offerer::Unknown`]), and nobody is called any more.
    Unanswered,
}

/// What changes among the others in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RosterSignal {
    /// Somebody joined, or came back with the same id.
    Joined(ParticipantInfo),
    /// Somebody came back whom the server had lost, and nothing between us is lost. Or there is more to tell of somebody who
    /// never left: their name, what they send.
    Resumed(ParticipantInfo),
    /// Somebody left on purpose: their tile goes at once.
    Left(ParticipantId),
    /// The server lost somebody's connection. Their media may well be fine, so their tile stays while it plays.
    Lost(ParticipantId),
    /// What somebody sends has changed.
    MediaState {
        /// Who.
        from: ParticipantId,
        /// What they send now.
        media: MediaState,
    },
}

/// The far end of one `RTCPeerConnection`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remote {
    /// A participant, in a mesh.
    Participant(ParticipantId),
    /// A selective forwarding unit (RFC 7667 section 3.7).
    Server(SfuConnectionId),
}

impl Remote {
    /// The participant, if it is one.
    pub fn participant(&self) -> Option<&ParticipantId> {
        match self {
            Self::Participant(id) => Some(id),
            Self::Server(_) => None,
        }
    }
}

/// A step in the negotiation of one peer connection, in either direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negotiation {
    /// The far end: whom it comes from, or whom it is for.
    pub remote: Remote,
    /// Which connection to them (`generation` on the wire): the first is 0, and each one that replaces a broken one counts one
    /// more. Whoever receives an older number ignores it, whoever receives a newer one makes a new connection.
    pub epoch: u32,
    /// The step.
    pub message: NegotiationMessage,
}

/// A step in the negotiation of a peer connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NegotiationMessage {
    /// An offer or answer.
    Description(SessionDescription),
    /// A candidate, or `None` for the end of candidates.
    Candidate(Option<IceCandidate>),
}

impl Inbound {
    /// An offer or answer of somebody.
    pub fn description(from: ParticipantId, epoch: u32, description: SessionDescription) -> Self {
        let message = NegotiationMessage::Description(description);
        Self::Negotiation(Negotiation { remote: Remote::Participant(from), epoch, message })
    }

    /// A candidate of somebody, or the end of their candidates.
    pub fn candidate(from: ParticipantId, epoch: u32, candidate: Option<IceCandidate>) -> Self {
        let message = NegotiationMessage::Candidate(candidate);
        Self::Negotiation(Negotiation { remote: Remote::Participant(from), epoch, message })
    }
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
        /// Offers for those who are in the room: not for a server that is known to take none
        /// ([`EarlyOffers::Unsupported`](crate::EarlyOffers::Unsupported)).
        offers: Vec<JoinOffer>,
    },
    /// An offer for whoever joins next, in place of the last one: only for a server that takes it.
    Deposit(Deposit),
    /// A step in the negotiation of one peer connection.
    Negotiation(Negotiation),
    /// One of our connections to a selective forwarding unit is broken.
    Sfu(SfuConnectionId, SfuRequest),
    /// What we send has changed.
    MediaState(MediaState),
    /// In what size we show the videos of somebody whose media a selective forwarding unit forwards (`UpdateTrackSettings` of
    /// LiveKit): those that are `Disabled` need not be forwarded, of the others nothing larger, and of what is `None`
    /// nothing is known, so it is forwarded whole. It counts for tracks and connections to come too, until they leave. Said
    /// again to a server that may have forgotten it: repeating it changes nothing.
    TrackSettings {
        /// Whose they are.
        publisher: ParticipantId,
        /// All that is known of them.
        settings: VideoSettings,
    },
    /// Carry this message between Visavis pages to these participants, each at most once and in order. Only where
    /// [`Dialect::carries_peer_messages`](crate::Dialect::carries_peer_messages).
    PeerMessage {
        /// Whom it is for.
        to: Vec<ParticipantId>,
        /// The message.
        text: String,
    },
    /// Leave on purpose.
    Leave,
    /// Asks for the ICE servers that a call would use, for the preflight test (`check` in the `visavis`
    /// protocol). The answer is [`ServerSignal::IceServers`], or [`ServerSignal::Rejected`] with
    /// [`RejectCode::BadRequest`](crate::RejectCode::BadRequest) from a server that does not know the message.
    Preflight,
}

impl Outbound {
    /// An offer or answer for somebody.
    pub fn description(to: ParticipantId, epoch: u32, description: SessionDescription) -> Self {
        let message = NegotiationMessage::Description(description);
        Self::Negotiation(Negotiation { remote: Remote::Participant(to), epoch, message })
    }

    /// A candidate for somebody, or the end of ours.
    pub fn candidate(to: ParticipantId, epoch: u32, candidate: Option<IceCandidate>) -> Self {
        let message = NegotiationMessage::Candidate(candidate);
        Self::Negotiation(Negotiation { remote: Remote::Participant(to), epoch, message })
    }
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
}
