//! Everything that comes out of a room.

use visavis_signaling::{Endpoint, IceCandidate, IceServer, ParticipantId, Probe, SessionDescription};

use crate::check::{Test, TestId};
use crate::input::{CaptureId, ConnectionId, Source, TrackId};
use crate::trace::TraceKind;

/// What comes out of a room, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// The shell must do this.
    Effect(Effect),
    /// This has happened; whoever is interested may tell.
    Event(Event),
}

/// How a new peer connection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It makes the first offer: one sendrecv transceiver per [`Source`], in the order of [`Source::ALL`].
    Offerer,
    /// It waits for the first offer and adopts the transceivers that come with it: the first of each kind carries the
    /// microphone or the camera, and is turned to sendrecv before the answer.
    Answerer,
}

/// What `RTCConfiguration` a connection gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectionConfig {
    /// `iceServers`.
    pub ice_servers: Vec<IceServer>,
    /// `iceTransportPolicy: "relay"`.
    pub relay_only: bool,
    /// A data channel beside the media, on which nothing is said: an offerer makes it before the offer, an answerer takes
    /// what comes, and [`ChannelClosed`](crate::ConnectionEvent::ChannelClosed) tells when the other side closes it.
    pub channel: bool,
}

/// A decision that the shell carries out. Effects of one connection are carried out in order; an answer comes back as an
/// [`Input`](crate::Input).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Open the signaling socket. There is never more than one.
    OpenSocket(Endpoint),
    /// Send a text frame.
    SendFrame(String),
    /// Close the socket, after what was sent; no [`SocketEvent`](crate::SocketEvent) follows.
    CloseSocket,
    /// Ask a server over plain HTTP, without cookies and for a few seconds at most; answered by
    /// [`Input::Probed`](crate::Input::Probed).
    Probe(Probe),
    /// Call `getUserMedia` once for all that is asked for, so that the person is asked once.
    GetUserMedia {
        /// Names the answer.
        capture: CaptureId,
        /// Ask for a microphone.
        microphone: bool,
        /// Ask for a camera.
        camera: bool,
    },
    /// Stop a local track for good: the device is released and its light goes out.
    StopTrack(TrackId),
    /// Set `enabled` of a local track.
    SetTrackEnabled(TrackId, bool),
    /// Make a peer connection and attach all its handlers.
    CreateConnection(ConnectionId, Role, ConnectionConfig),
    /// Close a peer connection and forget its remote tracks. No event of it is wanted any more.
    CloseConnection(ConnectionId),
    /// Send this track, or nothing, as this source (`RTCRtpSender.replaceTrack`; needs no negotiation). May come before
    /// the transceiver exists: then it takes effect as soon as it does.
    ReplaceTrack(ConnectionId, Source, Option<TrackId>),
    /// `setLocalDescription()` without argument; answered by `LocalDescriptionSet`. Never while another description
    /// operation of this connection is under way.
    SetLocalDescription(ConnectionId),
    /// `setRemoteDescription(description)`; answered by `RemoteDescriptionSet`. Never while another description
    /// operation of this connection is under way.
    SetRemoteDescription(ConnectionId, SessionDescription),
    /// `addIceCandidate(candidate)`. Failures are harmless.
    AddIceCandidate(ConnectionId, IceCandidate),
    /// `setConfiguration(configuration)`: the servers for the next time it looks for a path.
    SetConfiguration(ConnectionId, ConnectionConfig),
    /// `restartIce()`; `negotiationneeded` follows.
    RestartIce(ConnectionId),
    /// `getStats()`, because it is time to see whether media flows; answered by `Stats`. Failures are harmless.
    GetStats(ConnectionId),
    /// Try something out, for the check before a call, and say whatever is found ([`Input::Tested`](crate::Input::Tested))
    /// until [`Effect::EndTest`].
    Test(TestId, Test),
    /// Enough of that: close and let go of all that was opened for it.
    EndTest(TestId),
}

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody joined after us.
    ParticipantJoined(ParticipantId, String),
    /// Somebody left, or was lost for good.
    ParticipantLeft(ParticipantId, String),
    /// The server refused one message of ours, or sent something that could not be understood; the call goes on.
    /// For logs.
    ProtocolError(String),
    /// Something passed between us and the server. Only after [`Command::Trace`](crate::Command::Trace). It may hold what
    /// is nobody's business.
    Traced(TraceKind, String),
}
