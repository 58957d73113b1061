//! Everything that goes into a room.

use visavis_signaling::{IceCandidate, Probe, SessionDescription};

use crate::check::{Finding, TestId};
use crate::safety::Fingerprint;
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

/// Where a track comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The person's voice.
    Microphone,
    /// The person's picture.
    Camera,
}

impl Source {
    /// Every source, in the order of the media sections that carry them.
    pub const ALL: [Self; 2] = [Self::Microphone, Self::Camera];

    /// The name in `data-source` attributes and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Camera => "camera",
        }
    }
}

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
    /// Do not wait for the next attempt to reach the server: try now.
    RetryNow,
    /// Do not wait for a server that has never been there: speak to the tabs of this browser, or whatever else was made for
    /// pages without a server ([`Room::with_fallback`](crate::Room::with_fallback)).
    UseFallback,
    /// Check, in the lobby, whether a call would work; or put the results away.
    Check(bool),
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
    /// What came of a [`CheckEffect::Start`](crate::CheckEffect::Start) so far.
    Check(TestId, Finding),
    /// A peer connection did something.
    Connection(ConnectionId, ConnectionEvent),
    /// A device did something.
    Media(MediaEvent),
    /// Something happened to the network.
    Network(NetworkEvent),
    /// The moment of [`Room::poll_timeout`](crate::Room::poll_timeout) has come.
    Timeout,
}

/// What happened to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkEvent {
    /// The browser says that it is back, or the page was resumed from sleep.
    Online,
    /// It may be another one. Browsers say so often and for small reasons: a reason to look, not to act.
    Changed,
}

/// What the signaling socket did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketEvent {
    /// It is open.
    Opened,
    /// A text frame arrived.
    Frame(String),
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
    /// `icecandidate` fired; `None` is the end of candidates.
    IceCandidate(Option<IceCandidate>),
    /// `connectionState` is now this.
    ConnectionStateChange(PeerConnectionState),
    /// `track` fired: the remote sends this source on this track.
    Track(Source, TrackId),
    /// The answer to [`ConnectionEffect::GetStats`](crate::ConnectionEffect::GetStats).
    Stats(Flow),
    /// The other side has closed the data channel beside the media.
    ChannelClosed,
    /// `getRemoteCertificates()`, once the connection is up: the certificate that is really in use. Told for each transport,
    /// though with bundling there is one.
    RemoteCertificate(Fingerprint),
}

/// RTP packets that a connection has carried so far, by [`Source`] in the order of [`Source::ALL`] (`packetsReceived` and
/// `packetsSent` of W3C webrtc-stats, summed over the streams of a kind).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flow {
    /// Received.
    pub received: [u32; Source::ALL.len()],
    /// Sent.
    pub sent: [u32; Source::ALL.len()],
    /// What became of the pictures.
    pub frames: Frames,
}

/// Frames of pictures so far. A counter that the browser does not have is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Frames {
    /// Of theirs (`framesDecoded`; none are if what comes is of no known codec).
    pub decoded: Option<u32>,
    /// Of ours, for them (`framesEncoded`).
    pub encoded: Option<u32>,
    /// Of what our camera gives (`frames` of the source).
    pub captured: Option<u32>,
}

/// `RTCPeerConnectionState` (W3C webrtc-pc 4.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerConnectionState {
    /// Nothing has begun.
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
    /// The answer to [`MediaEffect::GetUserMedia`](crate::MediaEffect::GetUserMedia): the tracks that were asked for.
    Captured {
        /// Which capture.
        capture: CaptureId,
        /// The microphone's track, if it was asked for.
        microphone: Option<TrackId>,
        /// The camera's track, if it was asked for.
        camera: Option<TrackId>,
    },
    /// The answer to [`MediaEffect::GetUserMedia`](crate::MediaEffect::GetUserMedia): no track at all.
    CaptureFailed {
        /// Which capture.
        capture: CaptureId,
        /// Why.
        error: MediaError,
    },
    /// A track ended by itself: the device was unplugged, or its permission withdrawn.
    TrackEnded(TrackId),
    /// `devicechange` fired: a device was plugged in or pulled out.
    DevicesChanged,
}
