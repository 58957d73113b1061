//! What to show: plain data, derived from the room whenever it is asked for, stored nowhere.

use std::rc::Rc;

use visavis_signaling::{MediaState, ParticipantId, RejectCode, Source};

use crate::devices::Devices;
use crate::input::{MediaError, TrackId};
use crate::interactions::InteractionsView;
use crate::preflight::PreflightResult;
use crate::quality::QualityIssue;
use crate::safety::Fingerprints;
use crate::unreachable::UnreachableReason;

/// Where the person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lifecycle {
    /// Choosing a room.
    #[default]
    Lobby,
    /// Waiting for the server to let us in.
    Joining,
    /// In the room.
    Joined,
    /// In the room, but the server is out of reach for now. Media goes on.
    Reconnecting,
    /// Out again.
    Left,
}

impl Lifecycle {
    /// The name in `data-state` and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lobby => "lobby",
            Self::Joining => "joining",
            Self::Joined => "joined",
            Self::Reconnecting => "reconnecting",
            Self::Left => "left",
        }
    }

    /// Whether a call is going on, so that the stage is to be shown.
    pub fn in_call(self) -> bool {
        matches!(self, Self::Joined | Self::Reconnecting)
    }
}

/// Why we are not, or no longer, in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The server cannot be reached. It is tried again by itself.
    Unreachable {
        /// The URL that was tried.
        url: String,
        /// How many attempts in a row have failed.
        attempts: u32,
        /// Why, as far as it is known.
        obstacle: UnreachableReason,
    },
    /// The server said no.
    Rejected {
        /// What it refused.
        code: RejectCode,
        /// What it said about it, cleaned; may be empty.
        text: String,
    },
    /// The server closed the connection, and said why.
    Closed {
        /// The status code of the close frame (RFC 6455 section 7.4).
        code: u16,
        /// Its reason, cleaned; may be empty.
        reason: String,
        /// It is tried again by itself.
        retried: bool,
    },
    /// Nobody in the room has answered, and nobody is called any more.
    Unanswered,
}

/// How one of our own sources is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceState {
    /// Off, or muted.
    Off,
    /// The device is being opened.
    Starting,
    /// Live.
    On,
    /// Live, but for a while it has given nothing: the lid is closed, or another program has it.
    Stalled,
    /// Wanted, but the device said no.
    Failed(MediaError),
}

impl SourceState {
    /// The name in `data-` attributes and in the API; for failures see [`MediaError::as_str`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Starting => "starting",
            Self::On => "on",
            Self::Stalled => "stalled",
            Self::Failed(_) => "failed",
        }
    }

    /// Whether the person has it on: a press switches it off.
    pub fn is_switched_on(self) -> bool {
        match self {
            Self::On | Self::Stalled | Self::Starting => true,
            Self::Off | Self::Failed(_) => false,
        }
    }
}

/// One of our own sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceView {
    /// Which.
    pub source: Source,
    /// How it is doing.
    pub state: SourceState,
    /// Its track, if there is one; a muted microphone keeps its track.
    pub track: Option<TrackId>,
}

impl SourceView {
    /// A source that is off.
    pub(crate) fn off(source: Source) -> Self {
        Self { source, state: SourceState::Off, track: None }
    }
}

/// Ourselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfView {
    /// Who we are; known once joined.
    pub id: Option<ParticipantId>,
    /// What we are called.
    pub name: String,
    /// Everything that we can publish, in the order of [`Source::ALL`].
    pub sources: Vec<SourceView>,
    /// What is wrong with what we send, or with all that comes to us.
    pub issue: Option<QualityIssue>,
}

impl SelfView {
    /// How one of our sources is doing.
    pub fn source(&self, source: Source) -> SourceView {
        self.sources.iter().find(|view| view.source == source).copied().unwrap_or(SourceView::off(source))
    }
}

/// How the media connection to one participant is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// Not there yet.
    Connecting,
    /// Media can flow.
    Connected,
    /// It was there, it broke, and it is being repaired.
    Reconnecting,
    /// Several repairs failed; it is tried again at longer intervals.
    Failed,
}

impl ConnectionState {
    /// The name in `data-connection` and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Reconnecting => "reconnecting",
            Self::Failed => "failed",
        }
    }
}

/// Why a connection is in the state it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionReason {
    /// Nothing to explain.
    None,
    /// They have not answered yet.
    Waiting,
    /// Looking for a path between the two networks.
    FindingPath,
    /// The path that carried the media is silent.
    PathLost,
    /// The same, and the server is out of reach, so that nothing can be done about it yet.
    WaitingForServer,
    /// The browser calls the connection good, but nothing comes of what they say they send. While reconnecting, it is
    /// being renewed; while connected, that did not help, and the silence is probably on their side.
    NoMedia,
    /// The connection is good, and their program has agreed to send neither sound nor picture over it.
    SendsNothing,
    /// They say that they send a picture, and there were frames of it, but for a while there have been none: their camera
    /// gives nothing. The same page tells them.
    PictureStalled,
    /// They say that they send a picture, but not a frame of it could be shown: the two browsers may have no common codec.
    NoPicture,
    /// Our camera gives frames, but nothing of them goes to this participant, for the same reason.
    PictureUnseen,
    /// They have lost the server, and their media path is silent too: perhaps they are gone.
    PeerGone,
    /// No path between the two networks was found, and there is no relay to go round by.
    NoPath,
    /// No path was found, not even through the relay.
    NoPathWithRelay,
    /// Our browser has no address that it would use, and no relay to go round by: it is to hide them.
    NoAddresses,
    /// The same on their side.
    NoAddressesThere,
    /// Our browser makes no connections: it has no WebRTC, or something keeps it from that.
    Blocked,
    /// The same on their side.
    BlockedThere,
    /// What they ask for has more parts than one person needs, or the answer to it is larger than a server takes.
    TooLarge,
    /// A description of theirs names another certificate than the one before, or several.
    Untrusted,
    /// The other side sent a description that this browser refuses.
    Incompatible,
    /// This browser refuses to make the connection, whoever is at the other end.
    Refused,
}

impl ConnectionReason {
    /// The name in `data-reason` and in the API; empty for [`ConnectionReason::None`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Waiting => "waiting",
            Self::FindingPath => "finding-path",
            Self::PathLost => "path-lost",
            Self::WaitingForServer => "waiting-for-server",
            Self::NoMedia => "no-media",
            Self::SendsNothing => "sends-nothing",
            Self::PictureStalled => "picture-stalled",
            Self::NoPicture => "no-picture",
            Self::PictureUnseen => "picture-unseen",
            Self::PeerGone => "peer-gone",
            Self::NoPath => "no-path",
            Self::NoPathWithRelay => "no-path-with-relay",
            Self::NoAddresses => "no-addresses",
            Self::NoAddressesThere => "no-addresses-there",
            Self::Blocked => "blocked",
            Self::BlockedThere => "blocked-there",
            Self::TooLarge => "too-large",
            Self::Untrusted => "untrusted",
            Self::Incompatible => "incompatible",
            Self::Refused => "refused",
        }
    }
}

/// How the connection that carries what somebody sends is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionView {
    /// How.
    pub state: ConnectionState,
    /// Why.
    pub reason: ConnectionReason,
    /// What the safety words are made of; there while the connection is.
    pub fingerprints: Option<Fingerprints>,
    /// What is wrong with the sound and the pictures that it carries, while it stands and there is nothing else to explain.
    pub issue: Option<QualityIssue>,
}

/// Something that somebody publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicationView {
    /// What.
    pub source: Source,
    /// Whether it is sent at the moment: a microphone is not muted, a camera is on. Taken for so where their server does not
    /// tell.
    pub on: bool,
    /// The track that carries it, once there is one.
    pub track: Option<TrackId>,
}

/// Somebody else in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParticipantView {
    /// Who they are.
    pub id: ParticipantId,
    /// What they are called; may be empty.
    pub name: String,
    /// What they say they send; `None` if their server does not tell.
    pub media: Option<MediaState>,
    /// Whether they speak, as far as it is heard here.
    pub speaking: bool,
    /// The connection that carries it.
    pub connection: ConnectionView,
    /// What they publish, in the order of [`Source::ALL`]: a microphone and a camera, on or not, and what else they send.
    pub publications: Vec<PublicationView>,
}

impl ParticipantView {
    /// Something that they publish, if they do.
    pub fn publication(&self, source: Source) -> Option<PublicationView> {
        self.publications.iter().find(|publication| publication.source == source).copied()
    }

    /// The track that carries one of their sources.
    pub fn track(&self, source: Source) -> Option<TrackId> {
        self.publication(source)?.track
    }
}

/// Everything there is to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomView {
    /// Where the person is.
    pub lifecycle: Lifecycle,
    /// What stands between them and the room, if anything.
    pub problem: Option<Problem>,
    /// There is no server where it should be, so the dialect that is there for that case speaks instead
    /// ([`Room::with_fallback`](crate::Room::with_fallback)).
    pub fallback: bool,
    /// Whether [`Command::UseFallback`](crate::Command::UseFallback) would do something in the lobby.
    pub may_fall_back: bool,
    /// The room; empty before the first join.
    pub room: String,
    /// How many people the room takes, if the server tells.
    pub capacity: Option<u32>,
    /// Ourselves.
    pub me: SelfView,
    /// The others, in the order in which they appeared: a tile never jumps because somebody else came or went.
    pub participants: Vec<ParticipantView>,
    /// Whoever of the others speaks, or spoke last: of several one, who stays it through pauses.
    pub active_speaker: Option<ParticipantId>,
    /// This browser makes no peer connections: it has none, or something keeps pages from them.
    pub blocked: bool,
    /// What the preflight test before a call has found out; empty if nobody has asked for one.
    pub preflight: Vec<PreflightResult>,
    /// The devices of this machine, once they are known.
    pub devices: Option<Rc<Devices>>,
    /// Chat and raised hands, once anybody has used one of them.
    pub interactions: Option<Rc<InteractionsView>>,
}

impl RoomView {
    /// What a room shows that has only been asked to let somebody in, or to show its lobby: the devices that are `wanted` are
    /// being opened. For whoever shows it before there is a room.
    pub fn opening(lifecycle: Lifecycle, room: &str, name: &str, wanted: &[Source]) -> Self {
        let state = |source| if wanted.contains(&source) { SourceState::Starting } else { SourceState::Off };
        let source = |source| SourceView { source, state: state(source), track: None };
        Self {
            lifecycle,
            problem: None,
            fallback: false,
            may_fall_back: false,
            room: room.to_owned(),
            capacity: None,
            me: SelfView {
                id: None,
                name: name.to_owned(),
                sources: Source::ALL.into_iter().map(source).collect(),
                issue: None,
            },
            participants: Vec::new(),
            active_speaker: None,
            blocked: false,
            preflight: Vec::new(),
            devices: None,
            interactions: None,
        }
    }
}
