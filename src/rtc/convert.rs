//! Between our own types and the WebIDL dictionaries of W3C webrtc-pc.
//!
//! By hand: three small dictionaries do not pay for a serialiser (see `cargo xtask size`).

use js_sys::{Array, Object, Reflect};
use visavis_core::signaling::{IceCandidate, IceServer, SdpType, SessionDescription};
use visavis_core::{ConnectionConfig, OperationError};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{RtcIceCandidate, RtcSdpType, RtcSessionDescription};

use super::bindings::Candidate;
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

/// What a promise was rejected with.
pub fn operation_error(error: &JsValue) -> OperationError {
    let name = Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string());
    OperationError { name: name.unwrap_or_else(|| "Error".to_owned()) }
}
