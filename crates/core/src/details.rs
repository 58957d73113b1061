//! What the counters of a connection say at length, for a person who wants to look at them: its path, and each stream of it.
//!
//! Nothing is decided by it. Whatever a browser does not tell is `None`, and never zero.

use visavis_signaling::{MediaKind, ParticipantId, Source, Timestamp, VideoSize};

use crate::input::ConnectionId;

/// Most streams of one connection that are looked at: a camera in three layers both ways, and everything else, many times over.
pub const MAX_DETAILED_STREAMS: usize = 64;

/// `RTCIceCandidateType` (W3C webrtc-pc): what kind of address one end of a path has. The address itself is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CandidateType {
    /// One of the computer's own.
    Host,
    /// One that a STUN server, or the other end, has seen: behind a NAT.
    Reflexive,
    /// That of a relay (TURN).
    Relay,
}

impl CandidateType {
    /// The type of that name: `srflx` and `prflx` are both reflexive.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "host" => Some(Self::Host),
            "srflx" | "prflx" => Some(Self::Reflexive),
            "relay" => Some(Self::Relay),
            _ => None,
        }
    }
}

/// `protocol` and `relayProtocol` of a candidate (W3C webrtc-stats).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportProtocol {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS, to a relay.
    Tls,
}

impl TransportProtocol {
    /// The protocol of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "udp" => Some(Self::Udp),
            "tcp" => Some(Self::Tcp),
            "tls" => Some(Self::Tls),
            _ => None,
        }
    }
}

/// The pair of candidates that is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PathDetails {
    /// What kind of address our end has.
    pub local: Option<CandidateType>,
    /// What kind of address the other end has.
    pub remote: Option<CandidateType>,
    /// What it goes over: to the relay, if ours is one.
    pub protocol: Option<TransportProtocol>,
    /// `currentRoundTripTime`, in milliseconds.
    pub round_trip: Option<u32>,
}

/// Which way a stream goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamDirection {
    /// From them (`inbound-rtp`).
    Received,
    /// To them (`outbound-rtp`, and of `remote-inbound-rtp` what they say of it).
    Sent,
}

/// One RTP stream, or one layer of a stream that is sent in several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamDetails {
    /// Which way it goes.
    pub direction: StreamDirection,
    /// The `mid` of its transceiver; empty if the browser does not tell.
    pub mid: String,
    /// What it carries.
    pub kind: MediaKind,
    /// The name of the codec (`mimeType` of `codec`, without its kind); empty if the browser does not tell.
    pub codec: String,
    /// Bytes so far, without headers.
    pub bytes: Option<u64>,
    /// Packets so far.
    pub packets: Option<u32>,
    /// Packets that were lost so far, of what is received.
    pub lost: Option<u32>,
    /// `fractionLost` of what is sent, in thousandths.
    pub fraction_lost: Option<u16>,
    /// How unevenly packets come, in milliseconds.
    pub jitter: Option<u32>,
    /// To the other end and back, in milliseconds; only of what is sent.
    pub round_trip: Option<u32>,
    /// The size of its frames.
    pub size: Option<VideoSize>,
    /// Frames per second.
    pub frame_rate: Option<u32>,
}

impl StreamDetails {
    /// One of which nothing else is known.
    pub fn new(direction: StreamDirection, mid: String, kind: MediaKind) -> Self {
        Self {
            direction,
            mid,
            kind,
            codec: String::new(),
            bytes: None,
            packets: None,
            lost: None,
            fraction_lost: None,
            jitter: None,
            round_trip: None,
            size: None,
            frame_rate: None,
        }
    }
}

/// What `getStats()` says of a connection at length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectionDetails {
    /// Its path.
    pub path: Option<PathDetails>,
    /// Its streams, at most [`MAX_DETAILED_STREAMS`].
    pub streams: Vec<StreamDetails>,
}

/// The same, as far as one participant has to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetailsSample {
    /// When it was taken.
    pub at: Timestamp,
    /// Who that is.
    pub participant: ParticipantId,
    /// Of which connection it is. Counters of another one begin anew.
    pub connection: ConnectionId,
    /// Whether a server forwards what passes on it.
    pub forwarded: bool,
    /// The path, if what they send comes on it.
    pub path: Option<PathDetails>,
    /// The streams that are theirs or for them, and what they carry.
    pub streams: Vec<(Source, StreamDetails)>,
}
