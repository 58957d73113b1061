//! Everything that comes out of a room.

use std::rc::Rc;

use visavis_signaling::{
    Endpoint, IceCandidate, IceServer, MediaKind, ParticipantId, Probe, SessionDescription, SfuDataChannels,
    Source,
};

use crate::details::DetailsSample;
use crate::devices::{DeviceChange, Devices, MediaDeviceKind};
use crate::encoding::Encodings;
use crate::files::FileEffect;
use crate::input::{CaptureId, ConnectionId, TrackId};
use crate::interactions::InteractionEvent;
use crate::preflight::{Test, TestId};
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
    /// It makes the first offer, with a sendrecv transceiver for each of [`Source::MICROPHONE_AND_CAMERA`], in that order, and
    /// [`DataChannel::Peer`].
    Offerer,
    /// It waits for the first offer and adopts transceivers that come with it ([`ConnectionEffect::SetRemoteDescription`]).
    Answerer,
    /// It makes the first offer, and begins with nothing: transceivers follow one by one
    /// ([`ConnectionEffect::AddTransceiver`], [`ConnectionEffect::AddReceiver`]).
    SfuOfferer,
}

/// What `RTCConfiguration` a connection gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectionConfig {
    /// `iceServers`.
    pub ice_servers: Vec<IceServer>,
    /// `iceTransportPolicy: "relay"`.
    pub relay_only: bool,
}

/// A data channel beside the media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataChannel {
    /// Between two Visavis pages, for [`PeerMessage`](crate::PeerMessage)s: reliable, ordered, and negotiated by
    /// [`PEER_CHANNEL_ID`] and [`PEER_CHANNEL_LABEL`], so that others hear nothing of it.
    Peer,
    /// Announced in-band (RFC 8832), as clients of PeerJS and simple-peer expect it. Nothing is said on it; its end means
    /// goodbye.
    HangUp,
    /// Those on which a selective forwarding unit carries messages. Where it offers, it announces them, and the shell waits for
    /// the one that is used.
    Server(SfuDataChannels),
}

/// The stream of [`DataChannel::Peer`] (RFC 8831 section 6.5). Ids of channels that are announced count up from 0 and 1, and
/// strangers announce theirs: this one is beyond the few that anybody makes.
pub const PEER_CHANNEL_ID: u16 = 100;
/// Its label.
pub const PEER_CHANNEL_LABEL: &str = "visavis";
/// While more bytes than this wait in it, only what must be said is ([`PeerChannelEvent::BufferedAmountLow`] ends that).
///
/// [`PeerChannelEvent::BufferedAmountLow`]: crate::PeerChannelEvent::BufferedAmountLow
pub const PEER_CHANNEL_BUFFERED_AMOUNT_LIMIT: u32 = 64 * 1024;

/// A decision that the shell carries out, in groups of those who do. Answers come back as an [`Input`](crate::Input).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The signaling socket.
    Socket(SocketEffect),
    /// Ask a server over plain HTTP, without cookies and for a few seconds at most; answered by
    /// [`Input::Probed`](crate::Input::Probed).
    Probe(Probe),
    /// One peer connection. The effects of a connection are carried out in order.
    Connection(ConnectionId, ConnectionEffect),
    /// Our own devices.
    Media(MediaEffect),
    /// One of the things that are tried out for the preflight test before a call.
    Preflight(TestId, PreflightEffect),
    /// Load what reads and shows chat, reactions and raised hands: somebody has used one of them. Asked for once, and tried until it
    /// is there; answered by [`Input::InteractionsLoaded`](crate::Input::InteractionsLoaded).
    LoadInteractions,
}

/// What to do with the signaling socket. There is never more than one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketEffect {
    /// Open it.
    Open(Endpoint),
    /// Send a text frame.
    Send(String),
    /// Close it, after what was sent; no [`SocketEvent`](crate::SocketEvent) follows.
    Close,
}

/// What to do with a peer connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionEffect {
    /// Make it and attach all its handlers.
    Create(Role, ConnectionConfig),
    /// Close it and forget its remote tracks. No event of it is wanted any more. A message that was sent just before still
    /// goes out.
    Close,
    /// Send this track, or nothing, as this source (`RTCRtpSender.replaceTrack`; needs no negotiation). May come before
    /// the transceiver exists: then it takes effect as soon as it does.
    ReplaceTrack(Source, Option<TrackId>),
    /// Encode this source like that (`RTCRtpSender.setParameters`, W3C webrtc-pc 5.2). Comes when there is a transceiver for it. A
    /// browser that has another number of encodings, because it knows no simulcast or does not know yet that the answer has
    /// none, changes nothing. Failures are harmless.
    SetParameters(Source, Encodings),
    /// `setLocalDescription()` without argument; answered by `LocalDescriptionSet`. Never while another description
    /// operation of this connection is under way.
    SetLocalDescription,
    /// `setRemoteDescription(description)`; answered by `RemoteDescriptionSet`. Never while another description
    /// operation of this connection is under way.
    SetRemoteDescription {
        /// Its argument.
        description: SessionDescription,
        /// Which transceivers of this offer are to send our sources, by their `mid` (if there is none, the first transceiver
        /// of the kind of the source): once the description is set, their `direction` becomes `sendrecv`.
        adopted: Vec<(Source, Option<String>)>,
    },
    /// `setRemoteDescription({type: "pranswer", sdp})`, after our own offer; answered by `ProvisionalAnswerSet` unless the browser
    /// refuses it, which is harmless. May come while the browser is at work on nothing else of this connection; another description
    /// may follow at once, and the browser sets them in turn.
    SetProvisionalAnswer(String),
    /// `addTransceiver(kind, {direction: "sendonly"})` for this source; `negotiationneeded` follows. A transceiver that has
    /// sent it before only receives from then on. Layers are its `sendEncodings`; without any the browser does as it
    /// likes.
    AddTransceiver(Source, Encodings),
    /// `addTransceiver(kind, {direction: "recvonly"})`; `negotiationneeded` follows.
    AddReceiver(MediaKind),
    /// `createDataChannel`. Comes before the first description of ours.
    CreateDataChannel(DataChannel),
    /// Send this text on [`DataChannel::Peer`], or on that of [`DataChannel::Server`].
    SendMessage(String),
    /// Close [`DataChannel::Peer`]; no event of it follows.
    ClosePeerChannel,
    /// `addIceCandidate(candidate)`. Failures are harmless.
    AddIceCandidate(IceCandidate),
    /// `setConfiguration(configuration)`: the servers for the next time it looks for a path.
    SetConfiguration(ConnectionConfig),
    /// `restartIce()`; `negotiationneeded` follows.
    RestartIce,
    /// `getStats()`, because it is time to see whether media flows; answered by `Stats`. Failures are harmless.
    GetStats,
    /// `getStats()`, because somebody looks at the details; answered by `Details`. Failures are harmless.
    GetDetails,
    /// Carry a file, because somebody wants it; answered by `File`.
    File(FileEffect),
}

/// What to do with our own devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaEffect {
    /// Call `getUserMedia` once for all that is asked for, so that the person is asked once.
    GetUserMedia {
        /// Names the answer.
        capture: CaptureId,
        /// What to ask for: the microphone, the camera or both.
        sources: Vec<Source>,
        /// Which devices, and how, if anybody has ever asked for it; else whatever the browser likes.
        devices: Option<Rc<Devices>>,
    },
    /// Call `getDisplayMedia`, with the sound of what is shared where the browser has it.
    GetDisplayMedia {
        /// Names the answer.
        capture: CaptureId,
    },
    /// Stop a local track for good: the device is released and its light goes out.
    StopTrack(TrackId),
    /// Set `enabled` of a local track.
    SetTrackEnabled(TrackId, bool),
    /// `enumerateDevices()`, and what our tracks come from; answered by `DevicesEnumerated`, unless the part of the program
    /// that does it cannot be loaded.
    EnumerateDevices,
}

/// What to do for the preflight test before a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreflightEffect {
    /// Try this out, and say whatever is found ([`Input::Preflight`](crate::Input::Preflight)) until [`PreflightEffect::End`].
    Start(Test),
    /// Enough of that: close and let go of all that was opened for it.
    End,
}

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody joined after us.
    ParticipantJoined(ParticipantId, String),
    /// Somebody left, or was lost for good.
    ParticipantLeft(ParticipantId, String),
    /// The server has switched this source of ours off, because somebody with the right to it wanted that.
    Muted(Source),
    /// Another device is in use than before (its label, cleaned; may be empty), and not because somebody has just chosen it.
    DeviceChanged(MediaDeviceKind, DeviceChange, String),
    /// Somebody has written something, raised a hand or reacted.
    Interaction(InteractionEvent),
    /// The details of the connection to somebody, as they are now. Only after [`Command::SetDetails`](crate::Command::SetDetails).
    Details(Box<DetailsSample>),
    /// The server refused one message of ours, or sent something that could not be understood; the call goes on.
    /// For logs.
    ProtocolError(String),
    /// Something passed between us and the server. Only after [`Command::Trace`](crate::Command::Trace). It may hold what
    /// is nobody's business.
    Traced(TraceKind, String),
}
