//! Everything that goes into a room.

use visavis_signaling::{
    IceCandidate, MediaKind, ParticipantId, Probe, SessionDescription, Source, TrackSettings,
};

use crate::details::ConnectionDetails;
use crate::devices::{DeviceSettings, EnumeratedDevices};
use crate::files::{FileCommand, FileEvent};
use crate::interactions::Reaction;
use crate::preflight::{Finding, TestId};
use crate::safety::Fingerprint;
use crate::send_stats::SendStats;
use crate::unreachable::ProbeResult;

/// One `RTCPeerConnection`, as the room numbers them. Never used twice, so a late event of a closed one names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u32);

/// One live `MediaStreamTrack` on the shell's shelf. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub u32);

/// One call of `getUserMedia`, so that an answer finds its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaptureId(pub u32);

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Show the lobby: opens the devices that are wanted, so that the person sees themselves before they join, and the
    /// socket, so that joining is quick. Also the way back from [`Lifecycle::Left`](crate::Lifecycle::Left), and while
    /// joining the way to take that back.
    EnterLobby,
    /// Enter a room, from the lobby or after leaving. Devices open meanwhile; nobody waits for them.
    Join {
        /// Name of the room; cleaned and cut to [`MAX_ROOM_CHARS`](visavis_signaling::limits::MAX_ROOM_CHARS).
        room: String,
        /// Name of the person; cleaned and cut, may be empty.
        name: String,
    },
    /// Leave the room, close everything, switch the devices off.
    Leave,
    /// Switch a source on or off. Switching on one that failed tries the device again.
    SetSource {
        /// Which.
        source: Source,
        /// On or off.
        on: bool,
    },
    /// Use these devices, and use them like that. The first of these asks the browser for its devices too
    /// ([`RoomView::devices`](crate::RoomView::devices)). Only from the part of the program that is loaded on demand.
    SetDevices(Box<DeviceSettings>),
    /// Somebody's video is shown in another size, or not any more. They are told, so that they need not send more than that.
    SetTrackSettings {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        source: Source,
        /// How it is shown; `None` if there is nothing that could show it.
        settings: Option<TrackSettings>,
    },
    /// Do not wait for the next attempt to reach the server: try now.
    RetryNow,
    /// Do not wait for a server that has never been there: speak to the tabs of this browser, or whatever else was made for
    /// pages without a server ([`Room::with_fallback`](crate::Room::with_fallback)).
    UseFallback,
    /// Check, in the lobby, whether a call would work; or put the results away.
    Preflight(bool),
    /// Write this to everybody in the room; cleaned, and cut to [`MAX_CHAT_CHARS`](crate::MAX_CHAT_CHARS). This one, and the four
    /// that follow, come only from the part of the program that is loaded on demand.
    SendChat(String),
    /// The person has seen what has been written so far.
    MarkChatRead,
    /// Raise a hand, or lower it.
    SetHandRaised(bool),
    /// Tell everybody that the person records the call, or does not any more.
    SetRecording(bool),
    /// Show everybody this for a moment.
    SendReaction(Reaction),
    /// Offer a file, or receive one. Only from the part of the program that is loaded on demand.
    File(FileCommand),
    /// Tell the details of the connection to this participant ([`Event::Details`](crate::Event::Details)) with every sample of the
    /// counters, or of nobody any more. Only from the part of the program that is loaded on demand.
    SetDetails(Option<ParticipantId>),
    /// Tell what passes between us and the server ([`Event::Traced`](crate::Event::Traced)), or stop telling.
    Trace(bool),
}

/// Everything that goes into a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A person asks for something.
    Command(Command),
    /// The signaling socket did something.
    Socket(SocketEvent),
    /// The answer to [`Effect::Probe`](crate::Effect::Probe).
    Probed(Probe, ProbeResult),
    /// What came of a [`PreflightEffect::Start`](crate::PreflightEffect::Start) so far.
    Preflight(TestId, Finding),
    /// A peer connection did something.
    Connection(ConnectionId, ConnectionEvent),
    /// A device did something.
    Media(MediaEvent),
    /// Something happened to the network.
    Network(NetworkEvent),
    /// The answer to [`Effect::LoadInteractions`](crate::Effect::LoadInteractions), once it is done.
    InteractionsLoaded,
    /// The moment of [`Room::poll_timeout`](crate::Room::poll_timeout) has come.
    Timeout,
}

/// What happened to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkEvent {
    /// The browser says that it is back, or the page was resumed from sleep.
    Online,
    /// It may be another one. Browsers say so often and for small reasons: a reason to take a sample, not to repair.
    Changed,
}

/// What the signaling socket did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketEvent {
    /// It is open.
    Opened,
    /// A frame arrived.
    Frame(String),
    /// Instead of a socket there was a question, and this is the answer
    /// ([`Endpoint::token_request`](visavis_signaling::Endpoint::token_request)).
    TokenResponse {
        /// The status of HTTP; 0 if nobody has answered.
        status: u16,
        /// What was said.
        body: String,
    },
    /// It is closed, or never opened. Comes exactly once for every
    /// [`SocketEffect::Open`](crate::SocketEffect::Open) that was not followed by
    /// [`Effect::Socket(SocketEffect::Close)`](crate::Effect::Socket(SocketEffect::Close)), and never after that.
    Closed,
    /// The same, and the server has said why in its close frame (RFC 6455 section 5.5.1).
    ClosedWith {
        /// The status code.
        code: u16,
        /// The reason, as it came; may be empty.
        reason: String,
    },
}

/// Why an operation on a peer connection failed: the name of the `DOMException`, for logs and the simulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationError {
    /// `DOMException.name`, for instance `InvalidStateError`.
    pub name: String,
}

/// What a peer connection did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionEvent {
    /// The browser refused to make it (Firefox does when offline).
    CreationFailed,
    /// `negotiationneeded` fired (W3C webrtc-pc 4.7.3).
    NegotiationNeeded,
    /// The answer to [`ConnectionEffect::SetLocalDescription`](crate::ConnectionEffect::SetLocalDescription): the description it made.
    LocalDescriptionSet(Result<SessionDescription, OperationError>),
    /// The answer to [`ConnectionEffect::SetRemoteDescription`](crate::ConnectionEffect::SetRemoteDescription).
    RemoteDescriptionSet(Result<(), OperationError>),
    /// The browser has taken that of [`ConnectionEffect::SetProvisionalAnswer`](crate::ConnectionEffect::SetProvisionalAnswer).
    ProvisionalAnswerSet,
    /// `icecandidate` fired; `None` is the end of candidates.
    IceCandidate(Option<IceCandidate>),
    /// `connectionState` is now this.
    ConnectionStateChange(PeerConnectionState),
    /// `track` fired.
    Track {
        /// The `mid` of its transceiver.
        mid: String,
        /// What the track is.
        kind: MediaKind,
        /// The track, as it was registered.
        track: TrackId,
    },
    /// The transceiver that sends a source of ours is associated with the media section of this `mid` (RFC 8829 section
    /// 3.4.1). Comes before the description that says so.
    TransceiverAssociated(Source, String),
    /// The answer to [`ConnectionEffect::GetStats`](crate::ConnectionEffect::GetStats).
    Stats(Stats),
    /// The other part of the same answer: what we send, and the path that it goes.
    SendStats(SendStats),
    /// The answer to [`ConnectionEffect::GetDetails`](crate::ConnectionEffect::GetDetails).
    Details(Box<ConnectionDetails>),
    /// The answer to a [`ConnectionEffect::File`](crate::ConnectionEffect::File), or how far it is.
    File(FileEvent),
    /// The received media sections in which somebody speaks, by their `mid` ([`SpeechDetector`](crate::SpeechDetector)). Comes
    /// whenever they are others than before; nobody does where a browser does not tell, and while a page is hidden.
    Speech(Vec<String>),
    /// [`DataChannel::Peer`](crate::DataChannel::Peer) did something, or that of
    /// [`DataChannel::Server`](crate::DataChannel::Server).
    PeerChannel(PeerChannelEvent),
    /// The other side has closed the channel that it announced, or [`DataChannel::HangUp`](crate::DataChannel::HangUp).
    HangUpChannelClosed,
    /// `getRemoteCertificates()`, once the connection is up: the certificate that is really in use. Told for each transport,
    /// though with bundling there is one.
    RemoteCertificate(Fingerprint),
}

/// What the data channel to another Visavis page did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerChannelEvent {
    /// It is open.
    Opened,
    /// A text of at most [`MAX_PEER_MESSAGE_BYTES`](crate::MAX_PEER_MESSAGE_BYTES) arrived; what is longer, or no text, is
    /// dropped.
    Message(String),
    /// More than [`PEER_CHANNEL_BUFFERED_AMOUNT_LIMIT`](crate::PEER_CHANNEL_BUFFERED_AMOUNT_LIMIT) bytes wait to be sent after what was sent last.
    BufferedAmountHigh,
    /// `bufferedamountlow`: not any more.
    BufferedAmountLow,
    /// It is closed.
    Closed,
}

/// What `getStats()` counts of the streams of a connection (W3C webrtc-stats).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stats {
    /// Streams that are received (`inbound-rtp`).
    pub inbound: Vec<StreamStats>,
    /// Streams that are sent (`outbound-rtp`).
    pub outbound: Vec<StreamStats>,
    /// Frames that our own video sources have given so far (`frames` of `media-source`); `None` if the browser does not count
    /// them.
    pub captured: Vec<(Source, Option<u32>)>,
    /// Packets of received sound that were lost so far (`packetsLost` of `inbound-rtp`, of all streams together).
    pub audio_packets_lost: u32,
}

/// One RTP stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamStats {
    /// The `mid` of its transceiver; empty if the browser does not tell.
    pub mid: String,
    /// What it carries.
    pub kind: MediaKind,
    /// Packets so far (`packetsReceived`, `packetsSent`).
    pub packets: u32,
    /// Frames so far (`framesDecoded`, `framesEncoded`); `None` of sound, and if the browser does not count them.
    pub frames: Option<u32>,
    /// Packets that were lost so far (`packetsLost`); `None` of what is sent.
    pub lost: Option<u32>,
}

/// `RTCPeerConnectionState` (W3C webrtc-pc 4.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PeerConnectionState {
    /// Nothing has begun.
    #[default]
    New,
    /// ICE or DTLS are at work.
    Connecting,
    /// Media can flow.
    Connected,
    /// The path is silent; it may come back by itself.
    Disconnected,
    /// The path is lost.
    Failed,
    /// Closed.
    Closed,
}

/// Why a device cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaError {
    /// `NotAllowedError`: the person, the browser or a policy said no.
    Denied,
    /// `NotFoundError`: there is no such device.
    NotFound,
    /// `NotReadableError` or `AbortError`: the device is there but another program has it, or it is broken.
    Busy,
    /// `navigator.mediaDevices` is absent: the page is not secure (neither https nor localhost).
    Insecure,
    /// Anything else.
    Unknown,
    /// `NotAllowedError`, and the permissions policy of the page, or of the one around it, does not allow the device (W3C
    /// Permissions Policy): the person has nothing to decide.
    Policy,
    /// `navigator.mediaDevices` is absent although the page is secure: a setting, an extension or an embedding program
    /// has taken it away.
    Unavailable,
}

impl MediaError {
    /// The stable name, for `data-` attributes and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::NotFound => "not-found",
            Self::Busy => "busy",
            Self::Insecure => "insecure",
            Self::Unknown => "unknown",
            Self::Policy => "policy",
            Self::Unavailable => "unavailable",
        }
    }

    /// Whether this page gets no device at all, whichever it asks for.
    pub fn is_for_all(self) -> bool {
        matches!(self, Self::Insecure | Self::Unavailable)
    }
}

/// What a device did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaEvent {
    /// The answer to [`MediaEffect::GetUserMedia`](crate::MediaEffect::GetUserMedia) or
    /// [`MediaEffect::GetDisplayMedia`](crate::MediaEffect::GetDisplayMedia): the tracks that it brought.
    Captured {
        /// Which capture.
        capture: CaptureId,
        /// The tracks, and what they are of.
        tracks: Vec<(Source, TrackId)>,
    },
    /// The other answer: no track at all.
    CaptureFailed {
        /// Which capture.
        capture: CaptureId,
        /// Why.
        error: MediaError,
    },
    /// A track ended by itself: the device was unplugged, or its permission withdrawn.
    TrackEnded(TrackId),
    /// `devicechange` fired: a device was plugged in or pulled out. Or a track of ours gives nothing for the moment (`mute`).
    DevicesChanged,
    /// The answer to [`MediaEffect::EnumerateDevices`](crate::MediaEffect::EnumerateDevices). It comes again by itself when
    /// permissions change, or what our tracks give.
    DevicesEnumerated(Box<EnumeratedDevices>),
}
