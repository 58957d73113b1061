//! Our types through the browser's own, and back.

use js_sys::JSON;
use visavis::element::address::{Asked, asked_by, naming};
use visavis::rtc::convert;
use visavis_core::signaling::{IceCandidate, IceServer, SdpType, SessionDescription};
use visavis_core::{ConnectionConfig, ServerChoice};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{RtcIceCandidate, RtcPeerConnection, RtcSessionDescription};

fn json(value: &JsValue) -> String {
    JSON::stringify(value).unwrap().into()
}

fn candidate(fragment: Option<&str>) -> IceCandidate {
    IceCandidate {
        candidate: "candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host".into(),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: fragment.map(str::to_owned),
    }
}

#[wasm_bindgen_test]
fn candidates_come_back_unchanged() {
    for ours in [candidate(Some("abcd")), IceCandidate { sdp_m_line_index: None, ..candidate(Some("abcd")) }]
    {
        let theirs = RtcIceCandidate::new(convert::candidate(&ours).unchecked_ref()).unwrap();
        assert_eq!(convert::read_candidate(&theirs), ours);
    }
}

#[wasm_bindgen_test]
fn what_is_absent_stays_absent() {
    let bare = IceCandidate { sdp_mid: None, sdp_m_line_index: Some(1), ..candidate(None) };
    let written = json(&convert::candidate(&bare));
    assert!(!written.contains("sdpMid"), "{written}");
    assert!(!written.contains("usernameFragment"), "{written}");
    assert!(written.contains(r#""sdpMLineIndex":1"#), "{written}");
}

#[wasm_bindgen_test]
fn descriptions_come_back_unchanged() {
    for sdp_type in [SdpType::Offer, SdpType::Answer] {
        let ours = SessionDescription { sdp_type, sdp: "v=0\r\n".into() };
        let init = convert::description(&ours);
        let theirs = RtcSessionDescription::new_with_description_init_dict(init.unchecked_ref()).unwrap();
        assert_eq!(convert::read_description(&theirs), Some(ours));
    }
}

#[wasm_bindgen_test]
fn the_browser_takes_our_configuration() {
    let turn = IceServer {
        urls: vec!["turn:192.0.2.1:3478".into(), "turns:192.0.2.1".into()],
        username: Some("ann".into()),
        credential: Some("secret".into()),
    };
    let stun = IceServer { urls: vec!["stun:192.0.2.1".into()], username: None, credential: None };
    let config = ConnectionConfig { ice_servers: vec![turn, stun], relay_only: true, channel: false };
    let pc =
        RtcPeerConnection::new_with_configuration(convert::configuration(&config).unchecked_ref()).unwrap();
    let kept = json(&pc.get_configuration());
    for part in
        [r#""bundlePolicy":"max-bundle""#, r#""iceTransportPolicy":"relay""#, "turns:192.0.2.1", "ann"]
    {
        assert!(kept.contains(part), "{part} is not in {kept}");
    }
    pc.close();
}

#[wasm_bindgen_test]
fn an_address_asks_for_a_room_and_names_it() {
    let asked = asked_by("https://example.org/app/?room=tea%20time&name=Ann&join");
    assert_eq!(
        asked,
        Asked { room: Some("tea time".into()), name: Some("Ann".into()), join: true, ..Asked::default() }
    );
    assert_eq!(asked_by("https://example.org/"), Asked::default());
    assert_eq!(naming("https://example.org/?room=tea&join", "tea", None), None);
    let named = naming("https://example.org/?name=Ann", "a&b", None).unwrap();
    let expected = Asked { room: Some("a&b".into()), name: Some("Ann".into()), ..Asked::default() };
    assert_eq!(asked_by(&named), expected);
    let server = ServerChoice::new("ayame", "wss://example.org/a?b=c&d", true).unwrap();
    let named = naming("https://example.org/?room=tea", "tea", Some(&server)).unwrap();
    assert_eq!(asked_by(&named).server, Some(Ok(server)));
}
