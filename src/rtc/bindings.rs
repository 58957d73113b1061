//! What web-sys lacks, or declares without `catch` although it throws.

use js_sys::{Array, Object, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Event, EventTarget, MediaStream, RtcIceCandidate, RtcRtpSender, RtcRtpTransceiver};

#[wasm_bindgen]
extern "C" {
    /// `RTCPeerConnection`.
    #[derive(Clone)]
    #[wasm_bindgen(js_name = RTCPeerConnection, extends = web_sys::RtcPeerConnection, extends = EventTarget)]
    pub(super) type PeerConnection;

    /// The constructor throws for a bad ICE server, and in Firefox when offline.
    #[wasm_bindgen(constructor, js_class = "RTCPeerConnection", catch)]
    pub(super) fn new(configuration: &Object) -> Result<PeerConnection, JsValue>;

    /// `connectionState`; nothing of what is no real connection. As a text: an enumeration brings code that panics for values
    /// which it does not know.
    #[wasm_bindgen(method, getter, js_name = connectionState)]
    pub(super) fn state(this: &PeerConnection) -> Option<String>;

    /// `iceConnectionState`.
    #[wasm_bindgen(method, getter, js_name = iceConnectionState)]
    pub(super) fn ice_state(this: &PeerConnection) -> Option<String>;

    /// `setLocalDescription()` without argument: the browser makes the description that fits its state.
    #[wasm_bindgen(method, js_name = setLocalDescription, catch)]
    pub(super) fn set_local(this: &PeerConnection) -> Result<Promise, JsValue>;

    /// `createAnswer()`.
    #[wasm_bindgen(method, js_name = createAnswer, catch)]
    pub(super) fn create_answer(this: &PeerConnection) -> Result<Promise, JsValue>;

    /// `setLocalDescription(description)`.
    #[wasm_bindgen(method, js_name = setLocalDescription, catch)]
    pub(super) fn set_local_to(this: &PeerConnection, description: &Object) -> Result<Promise, JsValue>;

    /// `setRemoteDescription(description)`.
    #[wasm_bindgen(method, js_name = setRemoteDescription, catch)]
    pub(super) fn set_remote(this: &PeerConnection, description: &Object) -> Result<Promise, JsValue>;

    /// `addIceCandidate(candidate)`.
    #[wasm_bindgen(method, js_name = addIceCandidate, catch)]
    pub(super) fn add_candidate(this: &PeerConnection, candidate: &Object) -> Result<Promise, JsValue>;

    /// `setConfiguration(configuration)`; old browsers lack it.
    #[wasm_bindgen(method, js_name = setConfiguration, catch)]
    pub(super) fn configure(this: &PeerConnection, configuration: &Object) -> Result<(), JsValue>;

    /// `restartIce()`.
    #[wasm_bindgen(method, js_name = restartIce, catch)]
    pub(super) fn restart_ice(this: &PeerConnection) -> Result<(), JsValue>;

    /// `getStats()`: every counter of the connection.
    #[wasm_bindgen(method, js_name = getStats, catch)]
    pub(super) fn stats(this: &PeerConnection) -> Result<Promise, JsValue>;

    /// `RTCStatsReport`.
    pub(super) type StatsReport;

    /// `values()`; from it `Array.from` makes a list.
    #[wasm_bindgen(method)]
    pub(super) fn values(this: &StatsReport) -> JsValue;

    /// One entry of it. Every kind of entry has other members.
    pub(super) type Stat;

    /// `type`.
    #[wasm_bindgen(method, getter, js_name = type)]
    pub(super) fn stat_type(this: &Stat) -> String;

    /// `kind`, of streams.
    #[wasm_bindgen(method, getter)]
    pub(super) fn kind(this: &Stat) -> Option<String>;

    /// `mid`, of streams; old browsers lack it.
    #[wasm_bindgen(method, getter)]
    pub(super) fn mid(this: &Stat) -> Option<String>;

    /// `trackIdentifier`, of sources: the `id` of the track.
    #[wasm_bindgen(method, getter, js_name = trackIdentifier)]
    pub(super) fn track_identifier(this: &Stat) -> Option<String>;

    /// `packetsReceived`, of incoming streams.
    #[wasm_bindgen(method, getter, js_name = packetsReceived)]
    pub(super) fn received(this: &Stat) -> Option<f64>;

    /// `packetsSent`, of outgoing streams.
    #[wasm_bindgen(method, getter, js_name = packetsSent)]
    pub(super) fn sent(this: &Stat) -> Option<f64>;

    /// `framesDecoded`, of incoming streams.
    #[wasm_bindgen(method, getter, js_name = framesDecoded)]
    pub(super) fn decoded(this: &Stat) -> Option<f64>;

    /// `framesEncoded`, of outgoing streams.
    #[wasm_bindgen(method, getter, js_name = framesEncoded)]
    pub(super) fn encoded(this: &Stat) -> Option<f64>;

    /// `frames`, of sources.
    #[wasm_bindgen(method, getter, js_name = frames)]
    pub(super) fn captured(this: &Stat) -> Option<f64>;

    /// `width`, of sources.
    #[wasm_bindgen(method, getter)]
    pub(super) fn width(this: &Stat) -> Option<f64>;

    /// `height`, of sources.
    #[wasm_bindgen(method, getter)]
    pub(super) fn height(this: &Stat) -> Option<f64>;

    /// `availableOutgoingBitrate`, of candidate pairs.
    #[wasm_bindgen(method, getter, js_name = availableOutgoingBitrate)]
    pub(super) fn available_outgoing_bitrate(this: &Stat) -> Option<f64>;

    /// `packetsLost`, of incoming streams; below zero if some came twice.
    #[wasm_bindgen(method, getter, js_name = packetsLost)]
    pub(super) fn lost(this: &Stat) -> Option<f64>;

    /// `addTransceiver(kind, init)`.
    #[wasm_bindgen(method, js_name = addTransceiver, catch)]
    pub(super) fn add_transceiver(
        this: &PeerConnection,
        kind: &str,
        init: &Object,
    ) -> Result<RtcRtpTransceiver, JsValue>;

    /// `createDataChannel(label, init)`.
    #[wasm_bindgen(method, js_name = createDataChannel, catch)]
    pub(super) fn create_channel(
        this: &PeerConnection,
        label: &str,
        init: &Object,
    ) -> Result<DataChannel, JsValue>;

    /// `RTCDataChannel`.
    #[wasm_bindgen(extends = EventTarget)]
    #[derive(Clone)]
    pub(super) type DataChannel;

    /// `send(text)`: throws unless it is open, or if its buffer is full.
    #[wasm_bindgen(method, catch)]
    pub(super) fn send(this: &DataChannel, text: &str) -> Result<(), JsValue>;

    /// `close()`.
    #[wasm_bindgen(method)]
    pub(super) fn close(this: &DataChannel);

    /// `bufferedAmount`, in bytes.
    #[wasm_bindgen(method, getter, js_name = bufferedAmount)]
    pub(super) fn buffered_amount(this: &DataChannel) -> f64;

    /// `bufferedAmountLowThreshold = ...`, in bytes.
    #[wasm_bindgen(method, setter, js_name = bufferedAmountLowThreshold)]
    pub(super) fn set_buffered_amount_low_threshold(this: &DataChannel, bytes: u32);

    /// `RTCDataChannelEvent`.
    #[wasm_bindgen(extends = Event)]
    pub(super) type ChannelEvent;

    /// `channel`: somebody else's data channel.
    #[wasm_bindgen(method, getter)]
    pub(super) fn channel(this: &ChannelEvent) -> DataChannel;

    /// `RTCPeerConnectionIceErrorEvent`.
    #[wasm_bindgen(extends = Event)]
    pub(super) type IceErrorEvent;

    /// `errorCode`: that of STUN, or 701 if the server was not reached.
    #[wasm_bindgen(method, getter, js_name = errorCode)]
    pub(super) fn error_code(this: &IceErrorEvent) -> u16;

    /// `RTCRtpTransceiver`, whose direction cannot be set once it is stopped.
    #[wasm_bindgen(extends = RtcRtpTransceiver)]
    #[derive(Clone)]
    pub(super) type Transceiver;

    /// `direction = ...`.
    #[wasm_bindgen(method, setter, js_name = direction, catch)]
    pub(super) fn set_direction(this: &Transceiver, direction: &str) -> Result<(), JsValue>;

    /// `RTCRtpSender`.
    #[wasm_bindgen(extends = RtcRtpSender)]
    pub(super) type Sender;

    /// `setStreams(stream)`; absent in old browsers.
    #[wasm_bindgen(method, js_name = setStreams, catch)]
    pub(super) fn set_streams(this: &Sender, stream: &MediaStream) -> Result<(), JsValue>;

    /// `replaceTrack(track)`, where `null` sends nothing.
    #[wasm_bindgen(method, js_name = replaceTrack, catch)]
    pub(super) fn replace(this: &Sender, track: &JsValue) -> Result<Promise, JsValue>;

    /// `getParameters()`.
    #[wasm_bindgen(method, js_name = getParameters, catch)]
    pub(super) fn parameters(this: &Sender) -> Result<SendParameters, JsValue>;

    /// `setParameters(parameters)`.
    #[wasm_bindgen(method, js_name = setParameters, catch)]
    pub(super) fn set_parameters(this: &Sender, parameters: &SendParameters) -> Result<Promise, JsValue>;

    /// `transport`; absent in old browsers.
    #[wasm_bindgen(method, getter)]
    pub(super) fn transport(this: &Sender) -> Option<DtlsTransport>;

    /// `RTCRtpSendParameters`.
    pub(super) type SendParameters;

    /// `encodings`; absent in old browsers.
    #[wasm_bindgen(method, getter)]
    pub(super) fn encodings(this: &SendParameters) -> Option<Array>;

    /// `RTCDtlsTransport`.
    pub(super) type DtlsTransport;

    /// `getRemoteCertificates()`: the chain that the other side has shown, in DER; empty before it has.
    #[wasm_bindgen(method, js_name = getRemoteCertificates, catch)]
    pub(super) fn remote_certificates(this: &DtlsTransport) -> Result<Array, JsValue>;

    /// `RTCIceCandidate`.
    #[wasm_bindgen(extends = RtcIceCandidate)]
    pub(super) type Candidate;

    /// `usernameFragment`.
    #[wasm_bindgen(method, getter, js_name = usernameFragment)]
    pub(super) fn username_fragment(this: &Candidate) -> Option<String>;
}
