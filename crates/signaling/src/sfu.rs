//! What a selective forwarding unit (RFC 7667 section 3.7) says about our connections to it, in neutral words.
//!
//! Servers differ in how many they want: one for each direction (Janus, LiveKit), one for everything (LiveKit's newer mode),
//! or one for each stream (Galène). A dialect names those that should exist and says what comes on them; the room does the
//! rest.

use crate::dialect::BinaryFrames;
use crate::signal::ParticipantId;
use crate::sources::Source;

/// Identifies a [`SfuConnection`]. Chosen by the dialect; at most one connection has it at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SfuConnectionId(pub u32);

/// One `RTCPeerConnection` between this client and a selective forwarding unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SfuConnection {
    /// Its id.
    pub id: SfuConnectionId,
    /// Which peer connection it is: if it differs from the one before, that is closed and a new one is made.
    pub epoch: u32,
    /// Which media it carries, and who offers.
    pub direction: SfuDirection,
    /// Whether our camera is sent on it as three layers, the rids `q`, `h` and `f` in this order (a quarter of its width and
    /// height, a half, and all of it; less is left out of a small picture), if the answer takes them
    /// (`a=simulcast`, RFC 8853). Else, or without it, it is sent once.
    pub simulcast: bool,
}

/// Which media a [`SfuConnection`] carries, and who makes its offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SfuDirection {
    /// We offer, and send these sources.
    Publish(PublishedSources),
    /// The server offers, and sends what others publish.
    Subscribe,
    /// We offer, send these sources, and take what others publish in as many sections as the server asks for.
    Both {
        /// What we send.
        publishes: PublishedSources,
        /// How many `recvonly` audio transceivers it needs.
        audio: usize,
        /// How many `recvonly` video transceivers it needs.
        video: usize,
    },
}

impl SfuDirection {
    /// Whether the server makes its offers, and we never do.
    pub fn server_offers(self) -> bool {
        match self {
            Self::Subscribe => true,
            Self::Publish(_) | Self::Both { .. } => false,
        }
    }

    /// Whether this source of ours is sent on it.
    pub fn publishes(self, source: Source) -> bool {
        match self {
            Self::Publish(sources) | Self::Both { publishes: sources, .. } => sources.contains(source),
            Self::Subscribe => false,
        }
    }
}

/// Which of our sources a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishedSources {
    /// All of them.
    All,
    /// Microphone and camera.
    UserMedia,
    /// The screen and its sound.
    DisplayMedia,
}

impl PublishedSources {
    /// Whether this source is one of them.
    pub fn contains(self, source: Source) -> bool {
        match self {
            Self::All => true,
            Self::UserMedia => !source.is_display(),
            Self::DisplayMedia => source.is_display(),
        }
    }
}

/// The data channels on which a selective forwarding unit carries messages of its participants. Whoever offers on a connection
/// announces them on it (RFC 8832); they are reliable and ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SfuDataChannels {
    /// The label of the one that is used.
    pub label: &'static str,
    /// The label of another that the server waits for, and on which nothing is said.
    pub unused: Option<&'static str>,
    /// How messages become binary ones, and back, if they are not text.
    pub binary: Option<BinaryFrames>,
    /// If the server opens a channel for each sender, on the connection on which we receive.
    pub per_sender: Option<ChannelPerSender>,
}

/// A server that opens a channel for each sender, labelled with who that is. It drops what somebody says as long as we do not
/// receive them, which they are not told; so what was said before they have heard us may be lost.
#[derive(Debug, Clone, Copy)]
pub struct ChannelPerSender {
    /// Makes one text for the dialect of a label and a message.
    pub join: fn(label: &str, message: &str) -> String,
}

impl PartialEq for ChannelPerSender {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.join, other.join)
    }
}

impl Eq for ChannelPerSender {}

/// A track of somebody that is forwarded to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardedTrack {
    /// The media section that carries it. The same one may carry another track later.
    pub mid: String,
    /// Who publishes it.
    pub publisher: ParticipantId,
    /// What it is of.
    pub source: Source,
}

/// What a selective forwarding unit says about our connections to it (connections and tracks each time whole: repeating them
/// changes nothing), and what others say through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SfuSignal {
    /// The connections that should exist.
    Connections(Vec<SfuConnection>),
    /// What a connection carries. May name sections and people that are not known yet.
    Tracks {
        /// Which connection.
        connection: SfuConnectionId,
        /// What comes on it.
        tracks: Vec<ForwardedTrack>,
    },
    /// What comes on this connection, where we make the offers, is about to change, for which it needs an offer of ours.
    NegotiationNeeded(SfuConnectionId),
    /// Which layers of a source of ours anybody receives, from the lowest to the highest quality: the others need not be sent
    /// (`SubscribedQualityUpdate` of LiveKit). It counts for the connections that send the source now; before it is said,
    /// all of them are sent. A source without simulcast is sent as long as there is any.
    SubscribedQualities {
        /// What it is about.
        source: Source,
        /// Low, medium, high: the rids `q`, `h` and `f`.
        enabled: [bool; 3],
    },
    /// These speak, and nobody else whose media it forwards: a server that says so does not tell how loud a packet is.
    Speakers(Vec<ParticipantId>),
    /// This is to be said on the data channel of a connection: see
    /// [`Dialect::data_channels`](crate::Dialect::data_channels).
    SendMessage {
        /// Which connection.
        connection: SfuConnectionId,
        /// A message as the server wants it: text, or what [`SfuDataChannels::binary`] makes of it.
        message: String,
    },
    /// Somebody says this to us: see [`Dialect::carries_peer_messages`](crate::Dialect::carries_peer_messages).
    PeerMessage {
        /// Who.
        from: ParticipantId,
        /// A message between Visavis pages, or anything else.
        text: String,
    },
}

/// What we want of a selective forwarding unit, because a connection to it is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SfuRequest {
    /// An offer with new ICE credentials, on a connection where the server offers.
    RestartIce,
    /// Another connection in its place: [`SfuSignal::Connections`] with another epoch.
    Rebuild,
}
