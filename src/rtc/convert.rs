//! Between our own types and the WebIDL dictionaries of W3C webrtc-pc.
//!
//! By hand: three small dictionaries do not pay for a serialiser (see `cargo xtask size`).

use js_sys::{Array, Object, Reflect};
use visavis_core::signaling::{IceCandidate, IceServer, SdpType, SessionDescription};
use visavis_core::{ConnectionConfig, Flow, Frames, OperationError, Source};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{RtcIceCandidate, RtcSdpType, RtcSessionDescription};

use super::bindings::{Candidate, Stat, StatsReport};
use crate::dom::object;

fn optional(text: Option<&str>) -> JsValue {
    text.map_or(JsValue::UNDEFINED, JsValue::from_str)
}

/// `RTCConfiguration`. Bundled to the utmost: one path for everything that two people send each other.
pub fn configuration(config: &ConnectionConfig) -> Object {
    let servers: Array = config.ice_servers.iter().map(ice_server).collect();
    object(&[
        ("iceServers", servers.into()),
        ("iceTransportPolicy", if config.relay_only { "relay" } else { "all" }.into()),
        ("bundlePolicy", "max-bundle".into()),
    ])
}

fn ice_server(server: &IceServer) -> Object {
    let urls: Array = server.urls.iter().map(|url| JsValue::from_str(url)).collect();
    object(&[
        ("urls", urls.into()),
        ("username", optional(server.username.as_deref())),
        ("credential", optional(server.credential.as_deref())),
    ])
}

/// `RTCSessionDescriptionInit`.
pub fn description(description: &SessionDescription) -> Object {
    let sdp_type = match description.sdp_type {
        SdpType::Offer => "offer",
        SdpType::Answer => "answer",
    };
    object(&[("type", sdp_type.into()), ("sdp", JsValue::from_str(&description.sdp))])
}

/// Our form of an `RTCSessionDescription`; `None` for a rollback or a provisional answer, which we never make.
pub fn read_description(description: &RtcSessionDescription) -> Option<SessionDescription> {
    let sdp_type = match description.type_() {
        RtcSdpType::Offer => SdpType::Offer,
        RtcSdpType::Answer => SdpType::Answer,
        RtcSdpType::Pranswer | RtcSdpType::Rollback | _ => return None,
    };
    Some(SessionDescription { sdp_type, sdp: description.sdp() })
}

/// `RTCIceCandidateInit`.
pub fn candidate(candidate: &IceCandidate) -> Object {
    object(&[
        ("candidate", JsValue::from_str(&candidate.candidate)),
        ("sdpMid", optional(candidate.sdp_mid.as_deref())),
        ("sdpMLineIndex", candidate.sdp_m_line_index.into()),
        ("usernameFragment", optional(candidate.username_fragment.as_deref())),
    ])
}

/// Our form of an `RTCIceCandidate`.
pub fn read_candidate(candidate: &RtcIceCandidate) -> IceCandidate {
    IceCandidate {
        candidate: candidate.candidate(),
        sdp_mid: candidate.sdp_mid(),
        sdp_m_line_index: candidate.sdp_m_line_index(),
        username_fragment: candidate.unchecked_ref::<Candidate>().username_fragment(),
    }
}

/// `MediaStreamTrack.kind`, also that of a stream in the statistics.
pub(super) fn kind_of(source: Source) -> &'static str {
    match source {
        Source::Microphone => "audio",
        Source::Camera => "video",
    }
}

/// The packets and frames of all streams, by kind.
pub(super) fn flow(report: &StatsReport) -> Flow {
    let mut flow = Flow::default();
    // Whoever counts frames at all: where there is no common codec, there is no stream to count them.
    let mut frames = Frames { decoded: Some(0), encoded: Some(0), captured: None };
    for stat in Array::from(&report.values()).into_iter().map(JsCast::unchecked_into::<Stat>) {
        // `remote-` ones repeat what the other side has counted.
        let (packets, packet_count, frames, frame_count) = match stat.stat_type().as_str() {
            "inbound-rtp" => (Some(&mut flow.received), stat.received(), &mut frames.decoded, stat.decoded()),
            "outbound-rtp" => (Some(&mut flow.sent), stat.sent(), &mut frames.encoded, stat.encoded()),
            "media-source" => (None, None, &mut frames.captured, stat.captured()),
            _ => continue,
        };
        let kind = stat.kind();
        let Some(source) = Source::ALL.into_iter().find(|source| kind.as_deref() == Some(kind_of(*source)))
        else {
            continue;
        };
        if let (Some(packets), Some(count)) = (packets, packet_count) {
            let counter = &mut packets[source as usize];
            *counter = counter.wrapping_add(whole(count));
        }
        if source == Source::Camera {
            *frames = frame_count.map(|count| frames.unwrap_or_default().wrapping_add(whole(count)));
        }
    }
    Flow { frames, ..flow }
}

fn whole(count: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let count = count as u32;
    count
}

/// What a promise was rejected with.
pub fn operation_error(error: &JsValue) -> OperationError {
    let name = Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string());
    OperationError { name: name.unwrap_or_else(|| "Error".to_owned()) }
}
